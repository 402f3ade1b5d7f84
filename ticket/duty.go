package ticket

import (
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Presence says whether somebody can be offered tickets.
type Presence string

// The presences. Somebody never heard of is off duty.
const (
	OnDuty  Presence = "on"
	OffDuty Presence = "off"
	OnBreak Presence = "break"
)

// A Duty is one member of the staff as the desk knows him.
type Duty struct {
	User     string // Discord user id
	Presence Presence
	Since    time.Time
	Offered  time.Time // his last offer of a ticket, zero for never
	Capacity int       // open tickets at most, 0 for the desk's figure
	Name     string    // what clients call him, "" for his name in Discord
	Shift    Shift     // his weekly hours, "" for none
}

// DutyLog is the log of what somebody's presence was.
func DutyLog(user string) string { return "duty/" + user }

// Go changes the presence, by himself or by somebody for him. What he has is handed
// over ticket by ticket ([Ticket.Release]).
func (d *Duty) Go(to Presence, by string, at time.Time) []ledger.Event {
	if d.Presence == to || d.Presence == "" && to == OffDuty {
		return nil
	}
	what := map[Presence]string{OnDuty: "came_on_duty", OffDuty: "went_off_duty", OnBreak: "took_break"}[to]
	if what == "" {
		return nil
	}
	since := ""
	if !d.Since.IsZero() {
		since = moment(d.Since)
	}
	e := event(at, what, by, "user", d.User, "from", string(d.Presence), "since", since)
	d.Presence, d.Since = to, at
	return []ledger.Event{e}
}

// Candidate is the person as [Pick] looks at him, with the number of his open tickets.
func (d Duty) Candidate(open int, p Policy) Candidate {
	capacity := d.Capacity
	if capacity <= 0 {
		capacity = p.Capacity
	}
	return Candidate{User: d.User, Presence: d.Presence, Open: open, Capacity: capacity, Offered: d.Offered}
}

type storedDuty struct {
	V        int    `json:"v"`
	User     string `json:"user"`
	Presence string `json:"presence"`
	Since    int64  `json:"since,omitzero"`
	Offered  int64  `json:"offered,omitzero"`
	Capacity int    `json:"capacity,omitzero"`
	Name     string `json:"name,omitzero"`
	Shift    string `json:"shift,omitzero"`
}

// Save writes the duty and keeps the index of those who are on duty or on a break.
func (d Duty) Save(tx *ledger.Tx) error {
	if d.Presence == OnDuty || d.Presence == OnBreak {
		tx.Index(IndexDuty, d.User, d.Since.UnixMilli())
	} else {
		tx.Unindex(IndexDuty, d.User)
	}
	return put(tx, ledger.Ref{Kind: KindDuty, ID: d.User}, storedDuty{
		V: 1, User: d.User, Presence: string(d.Presence), Since: millis(d.Since), Offered: millis(d.Offered), Capacity: d.Capacity, Name: d.Name, Shift: string(d.Shift),
	})
}

// LoadDuty reads a person's duty; somebody never heard of is off duty.
func LoadDuty(tx *ledger.Tx, user string) (Duty, error) {
	data, err := tx.Doc(ledger.Ref{Kind: KindDuty, ID: user})
	if err != nil || data == nil {
		return Duty{User: user, Presence: OffDuty}, err
	}
	return DecodeDuty(data)
}

// DecodeDuty reads a stored duty of any version.
func DecodeDuty(data []byte) (Duty, error) {
	var s storedDuty
	if err := decode(data, &s, &s.V, 1); err != nil {
		return Duty{}, fmt.Errorf("decode duty: %w", err)
	}
	return Duty{
		User: s.User, Presence: Presence(s.Presence), Since: fromMillis(s.Since), Offered: fromMillis(s.Offered), Capacity: s.Capacity, Name: s.Name, Shift: Shift(s.Shift),
	}, nil
}

// IndexDuty holds who is on duty or on a break, scored by since when in UTC milliseconds.
const IndexDuty = "duty"
