package bridge

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// How a firing looks at the queue.
const (
	looksPerFiring   = 50 // messages looked at in one commit
	refusedPerFiring = 4  // of them refused: each writes a dozen rows
	// heldUp is after which a message that does not leave its lane, because of what
	// stands before it there, lets the next one go first.
	heldUp = 15 * time.Minute
)

// FireOutreach takes in that a message may leave: the letter of the one asked for first is
// written, if it still may be sent; those before it that may not are dropped for a reason.
// While there is a pause nothing happens: its end sets the timer again.
func (d Desk) FireOutreach(tx *ledger.Tx, _ ledger.Timer) error {
	pace, err := customer.LoadPace(tx)
	if err != nil || pace.Paused.On() {
		return err
	}
	u, err := loadUnderway(tx)
	if err != nil {
		return err
	}
	if wait := fromMillis(u.At).Add(heldUp); u.ID != "" && tx.Now().Before(wait) {
		tx.Set(ledger.Timer{Kind: customer.TimerOutreach, ID: "desk", Due: wait})
		return nil
	}
	at, ok := pace.When(tx.Now(), d.Rates, d.Calendar)
	if !ok {
		return nil
	}
	if at.After(tx.Now()) {
		tx.Set(ledger.Timer{Kind: customer.TimerOutreach, ID: "desk", Due: at})
		return nil
	}
	skip := u.ID
	if skip != "" {
		if err := d.backOutreach(tx, skip, "held_up"); err != nil {
			return err
		}
	}
	return d.nextOutreach(tx, skip)
}

// nextOutreach writes the letter of the first message that may be sent.
func (d Desk) nextOutreach(tx *ledger.Tx, skip string) error {
	first, err := d.rows(Page{Index: customer.IndexOutreach, Limit: looksPerFiring})
	if err != nil {
		return fmt.Errorf("look at what waits to be sent first: %w", err)
	}
	refused := 0
	for _, row := range first {
		id := row.Member
		o, ok, err := customer.LoadOutreach(tx, id)
		switch {
		case err != nil:
			return err
		case !ok || o.State != customer.OutreachWaiting:
			tx.Unindex(customer.IndexOutreach, id) // a row that was left behind
			continue
		case id == skip:
			continue
		}
		why, err := d.unfit(tx, o)
		if err != nil {
			return err
		}
		if why == "" {
			return d.departs(tx, o)
		}
		if err := d.refuseOutreach(tx, o, why, ""); err != nil {
			return err
		}
		if refused++; refused == refusedPerFiring {
			break
		}
	}
	if refused == refusedPerFiring || len(first) == looksPerFiring || skip != "" {
		tx.Set(ledger.Timer{Kind: customer.TimerOutreach, ID: "desk", Due: tx.Now().Add(time.Second)})
	}
	return nil
}

// departs writes the letter of a message.
func (d Desk) departs(tx *ledger.Tx, o customer.Outreach) error {
	if !o.Depart(tx.Now()) {
		return nil
	}
	c, _, err := ticket.LoadConversation(tx, o.Conversation)
	if err != nil {
		return err
	}
	if err := saveOutreach(tx, o); err != nil {
		return err
	}
	u := underway{ID: o.ID, Turn: o.Turn, At: tx.Now().UnixMilli()}
	if err := u.save(tx); err != nil {
		return err
	}
	// WhatsApp's id is that of the message and not of the turn: whatever an attempt that
	// was not answered brought, the client sees it once.
	l := letter(outreachLetter(o), ClientLane(c.ID), o.Log, kindText, textBody{Text: d.withWayOut(o), Say: o.Say, Outreach: o.ID})
	l.Ext = d.MessageID("outreach/" + o.ID)
	tx.Send(l)
	logOutreach(tx, o, "outreach_written", "halo", map[string]string{"turn": fmt.Sprint(o.Turn)})
	tx.Set(ledger.Timer{Kind: customer.TimerOutreach, ID: "desk", Due: tx.Now().Add(heldUp)})
	return nil
}

// outreachLetter is the id of the letter of a message in its turn.
func outreachLetter(o customer.Outreach) string { return fmt.Sprintf("outreach/%s/%d", o.ID, o.Turn) }

// withWayOut is the text of a message, with the sentence that says how to have no more of
// them: a survey says it in its own words.
func (d Desk) withWayOut(o customer.Outreach) string {
	hint := d.Sentences[ticket.SayOptOutHint]
	if hint == "" || o.Kind == customer.OutreachSurvey || strings.Contains(o.Text, hint) {
		return o.Text
	}
	return strings.TrimRight(o.Text, "\n ") + "\n\n" + hint
}

// gapAfter is the time from a message to the next one: between the least and the most of
// the rates, by the message and its turn, so that a commit that runs again means the same.
func (d Desk) gapAfter(o customer.Outreach) time.Duration {
	room := (d.Rates.Most - d.Rates.Least).Milliseconds()
	if room <= 0 {
		return d.Rates.Least
	}
	sum := sha256.Sum256([]byte(outreachLetter(o)))
	return d.Rates.Least + time.Duration(binary.BigEndian.Uint64(sum[:8])%uint64(room+1))*time.Millisecond
}

// fromMillis is a stored time.
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms) }

// backOutreach puts a message whose letter did not leave back into the queue: that letter
// is worth nothing from now on, wherever it stands.
func (d Desk) backOutreach(tx *ledger.Tx, id, why string) error {
	o, ok, err := customer.LoadOutreach(tx, id)
	if err != nil {
		return err
	}
	if ok && o.Back(tx.Now()) {
		if err := saveOutreach(tx, o); err != nil {
			return err
		}
		logOutreach(tx, o, "outreach_back", "halo", map[string]string{"why": why})
	}
	return d.landOutreach(tx, id)
}
