package bridge

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// What the desk sends first (follow-ups, reminders, surveys) waits in one queue. A durable
// timer writes one letter at a time (outreach_fire.go), and the courier asks once more
// before it leaves (outreach_leave.go). What answers a client never waits for any of it: a
// letter of the queue is in a client's lane only while it may go, and is taken out unsent
// when it may not any more.

// outreachTo is the index of what waits for a contact or is on its way to him, scored by
// when it was asked for in UTC milliseconds.
func outreachTo(contact string) string { return "outreach-to/" + contact }

// Approach asks that a message be sent first, when its turn comes. One whose reason was
// there before changes nothing, but for one that was dropped: a person (By) may ask for
// that again, a job may not. It does not look whether it may be sent: that is done in the
// commit that writes its letter.
func (d Desk) Approach(tx *ledger.Tx, o customer.Outreach) error {
	was, ok, err := customer.LoadOutreach(tx, o.ID)
	if err != nil || ok && (was.State != customer.OutreachDropped || !isPerson(o.By)) {
		return err
	}
	if o.Asked.IsZero() {
		o.Asked = tx.Now()
	}
	o.State, o.Turn, o.Ended, o.Why = customer.OutreachWaiting, was.Turn, time.Time{}, ""
	if err := saveOutreach(tx, o); err != nil {
		return err
	}
	logOutreach(tx, o, "outreach_asked", o.By, nil)
	return d.wakeOutreach(tx)
}

// isPerson reports whether something was asked for by somebody of the staff.
func isPerson(by string) bool {
	_, other := NoStaff(by, false)
	return !other
}

// DropOutreach takes a message that has not left out of the queue, for a reason. Its owner
// (follow-up, survey) hears it; one that was sent or dropped before stays as it is.
func (d Desk) DropOutreach(tx *ledger.Tx, id, why string) error {
	o, ok, err := customer.LoadOutreach(tx, id)
	if err != nil || !ok {
		return err
	}
	_, err = d.dropOutreach(tx, o, why)
	return err
}

// dropOutreach is DropOutreach of one that was loaded. It reports whether it was dropped.
func (d Desk) dropOutreach(tx *ledger.Tx, o customer.Outreach, why string) (bool, error) {
	if !o.Drop(why, tx.Now()) {
		return false, nil
	}
	if err := saveOutreach(tx, o); err != nil {
		return true, err
	}
	logOutreach(tx, o, "outreach_dropped", "halo", map[string]string{"why": o.Why})
	if err := d.landOutreach(tx, o.ID); err != nil {
		return true, err
	}
	return true, d.outreachEnded(tx, o)
}

// refuseOutreach drops a message that may not be sent, and tells who asked for it. detail
// is the reason in words where the key says too little.
func (d Desk) refuseOutreach(tx *ledger.Tx, o customer.Outreach, why, detail string) error {
	dropped, err := d.dropOutreach(tx, o, why)
	if err != nil || !dropped {
		return err
	}
	return d.tellRefused(tx, o, why, detail)
}

// DropOutreachTo takes what waits for a contact out of the queue, for a reason: everything,
// or what is of some kinds. Who asked for it is told.
func (d Desk) DropOutreachTo(tx *ledger.Tx, contact, why string, kinds ...customer.OutreachKind) error {
	if contact == "" {
		return nil
	}
	who, ok, err := customer.Load(tx, contact)
	if err != nil {
		return err
	}
	all := []string{contact}
	if ok {
		all = append(append(all, who.ID), who.Was...)
	}
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		waiting, err := d.members(outreachTo(id))
		if err != nil {
			return err
		}
		for _, id := range waiting {
			o, ok, err := customer.LoadOutreach(tx, id)
			if err != nil {
				return err
			}
			if !ok || len(kinds) > 0 && !slices.Contains(kinds, o.Kind) {
				continue
			}
			if err := d.refuseOutreach(tx, o, why, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// saveOutreach writes a message with its rows.
func saveOutreach(tx *ledger.Tx, o customer.Outreach) error {
	if o.State == customer.OutreachWaiting || o.State == customer.OutreachLeaving {
		tx.Index(outreachTo(o.Contact), o.ID, o.Asked.UnixMilli())
	} else {
		tx.Unindex(outreachTo(o.Contact), o.ID)
	}
	return o.Save(tx)
}

// logOutreach logs what became of a message, to the log of its card or survey.
func logOutreach(tx *ledger.Tx, o customer.Outreach, what, by string, data map[string]string) {
	if data == nil {
		data = map[string]string{}
	}
	data["kind"], data["contact"] = string(o.Kind), o.Contact
	if by == "" {
		by = "halo"
	}
	tx.Log(o.Log, ledger.Event{What: what, By: by, Ref: o.ID, Data: data})
}

// outreachEnded lets the owner of a message follow: WhatsApp took it, or it was dropped
// (Why != "").
func (d Desk) outreachEnded(tx *ledger.Tx, o customer.Outreach) error {
	if o.Kind == customer.OutreachSurvey {
		return d.surveyReached(tx, o)
	}
	return d.followUpReached(tx, o)
}

// kindUnderway is the one document ("desk") that names the message of the queue whose
// letter is in a lane: there is one at a time, so that the gap between two is that between
// their leaving, also after an outage.
const kindUnderway ledger.Kind = "outreach_underway"

var underwayRef = ledger.Ref{Kind: kindUnderway, ID: "desk"}

type underway struct {
	V    int    `json:"v"`
	ID   string `json:"id,omitzero"` // of the message, "" for none
	Turn int    `json:"turn,omitzero"`
	At   int64  `json:"at,omitzero"`   // when its letter was written, UTC milliseconds
	Left bool   `json:"left,omitzero"` // an attempt was begun: it counts
}

func loadUnderway(tx *ledger.Tx) (u underway, err error) {
	data, err := tx.Doc(underwayRef)
	if err != nil || data == nil {
		return u, err
	}
	if err := json.Unmarshal(data, &u); err != nil {
		return u, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, underwayRef, err)
	}
	return u, nil
}

func (u underway) save(tx *ledger.Tx) error {
	u.V = 1
	data, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("encode %s: %w", underwayRef, err)
	}
	return tx.Put(underwayRef, data)
}

// landOutreach notes that a message is not under way any more, and lets the next one go
// when it may.
func (d Desk) landOutreach(tx *ledger.Tx, id string) error {
	u, err := loadUnderway(tx)
	if err != nil {
		return err
	}
	if u.ID == id {
		if err := (underway{}).save(tx); err != nil {
			return err
		}
	}
	return d.wakeOutreach(tx)
}

// wakeOutreach sets the timer of the queue to when the next message may leave. What it
// writes makes a firing that has not seen the change look again.
func (d Desk) wakeOutreach(tx *ledger.Tx) error {
	u, err := loadUnderway(tx)
	if err != nil {
		return err
	}
	if err := u.save(tx); err != nil {
		return err
	}
	pace, err := customer.LoadPace(tx)
	if err != nil || pace.Paused.On() {
		return err // the end of the pause sets it
	}
	if u.ID != "" { // its end sets it anew
		tx.Set(ledger.Timer{Kind: customer.TimerOutreach, ID: "desk", Due: fromMillis(u.At).Add(heldUp)})
		return nil
	}
	if at, ok := pace.When(tx.Now(), d.Rates, d.Calendar); ok {
		tx.Set(ledger.Timer{Kind: customer.TimerOutreach, ID: "desk", Due: at})
	}
	return nil
}

// reached notes in the client's conversation that a message was sent to him: what he writes
// now is about it. A survey notes it itself.
func (d Desk) reached(tx *ledger.Tx, o customer.Outreach) error {
	if o.Kind == customer.OutreachSurvey {
		return nil
	}
	c, ok, err := ticket.LoadConversation(tx, o.Conversation)
	if err != nil || !ok {
		return err
	}
	c.TalkSent(o.Log, tx.Now())
	return c.Save(tx)
}
