package customer

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/ledger"
)

// KindPace is the one document ("desk") that says how many messages went that the desk
// sends first, and whether any may.
const KindPace ledger.Kind = "pace"

// mostSent bounds what is remembered of a day, and so what may be sent on one, whatever
// the rates say.
const mostSent = 800

// Rates bound what the desk sends first. The zero Rates send nothing.
type Rates struct {
	Least, Most time.Duration // between two messages, drawn anew each time
	Hour, Day   int           // at most in 60 minutes, and on one local day
	NewDay      int           // the cap of a day while the number is new
	New         time.Duration // for how long a number is new
}

// A Pace is what is known of a number's messages: how many went, and whether any may.
type Pace struct {
	Number string      // the linked number, masked
	Since  time.Time   // linked since
	Sent   []time.Time // the last ones, oldest first: of the last 25 hours, at most mostSent
	Next   time.Time   // before that none may leave
	Paused Pause
}

// A Pause holds everything back until a person resumes. The zero Pause is none.
type Pause struct {
	By  string // Discord user id, or "halo"
	Why string // "person", "ban", "time_lock", "463"
	At  time.Time
}

// On reports whether there is a pause.
func (p Pause) On() bool { return !p.At.IsZero() }

// When is the first moment from now on at which a message may leave, by hours, gap and
// caps; ok is false while there is a pause, or never will be one. Days are those of hours'
// zone. A number of which it is not known since when it is linked is new.
func (p Pace) When(now time.Time, r Rates, hours *calendar.Calendar) (at time.Time, ok bool) {
	if p.Paused.On() || hours == nil || r.Hour <= 0 || r.Day <= 0 {
		return time.Time{}, false
	}
	at = later(now, p.Next)
	if n := len(p.Sent); n > 0 {
		at = later(at, p.Sent[n-1].Add(r.Least))
	}
	for range 1000 { // each time is one rule that moves it on
		next, ok := p.allowed(at, r, hours)
		if !ok {
			return time.Time{}, false
		}
		if !next.After(at) {
			return at, true
		}
		at = next
	}
	return time.Time{}, false
}

// allowed is at itself when every rule lets a message leave then, else the first moment
// after it at which the rule that does not may.
func (p Pace) allowed(at time.Time, r Rates, hours *calendar.Calendar) (time.Time, bool) {
	opening, ok := hours.Next(at)
	if !ok || opening.After(at) {
		return opening, ok
	}
	most, until := r.today(p.Since, at)
	y, m, d := at.In(hours.Zone()).Date()
	if p.since(startOf(y, m, d, hours.Zone())) >= most {
		tomorrow := startOf(y, m, d+1, hours.Zone())
		if !until.IsZero() && until.Before(tomorrow) || most <= 0 {
			return until, !until.IsZero()
		}
		return tomorrow, true
	}
	hour := at.Add(-time.Hour)
	if n := p.since(hour.Add(1)); n >= r.Hour {
		return p.Sent[len(p.Sent)-r.Hour].Add(time.Hour), true
	}
	return at, true
}

// today is how many may leave on the day of at; until is when more may, because the number
// is no longer new, zero if that is past or not known.
func (r Rates) today(since, at time.Time) (most int, until time.Time) {
	most = min(r.Day, mostSent)
	if r.New <= 0 {
		return most, time.Time{}
	}
	if !since.IsZero() {
		if until = since.Add(r.New); !at.Before(until) {
			return most, time.Time{}
		}
	}
	return min(most, max(r.NewDay, 0)), until
}

// since is how many left at or after a moment.
func (p Pace) since(from time.Time) int {
	i, _ := slices.BinarySearchFunc(p.Sent, from, time.Time.Compare)
	return len(p.Sent) - i
}

// startOf is the first instant of a day, whatever the clocks do at midnight.
func startOf(y int, m time.Month, d int, zone *time.Location) time.Time {
	start := time.Date(y, m, d, 0, 0, 0, 0, zone)
	want := time.Date(y, m, d, 12, 0, 0, 0, zone).Day()
	switch {
	case start.Day() != want:
		return start.Add(time.Hour) // there is no midnight
	case start.Add(-time.Hour).Day() == want:
		return start.Add(-time.Hour) // there are two
	}
	return start
}

// remembered is how long messages that went are: longer than any day of a calendar.
const remembered = 25 * time.Hour

// Went notes that one left; gap is the time until the next may.
func (p *Pace) Went(at time.Time, gap time.Duration) {
	at = millisecond(at)
	p.Sent = append(slices.Clone(p.Sent), at)
	slices.SortFunc(p.Sent, time.Time.Compare)
	newest := p.Sent[len(p.Sent)-1]
	p.Sent = slices.DeleteFunc(p.Sent, func(t time.Time) bool { return newest.Sub(t) > remembered })
	p.Sent = p.Sent[max(len(p.Sent)-mostSent, 0):]
	p.Next = later(p.Next, at.Add(max(gap, 0)))
}

// Stop begins a pause; the one that stands stays.
func (p *Pace) Stop(by, why string, at time.Time) []ledger.Event {
	if p.Paused.On() {
		return nil
	}
	p.Paused = Pause{By: line(by, mostID), Why: line(why, longReason), At: millisecond(at)}
	return []ledger.Event{event("outreach_paused", by, at, "why", p.Paused.Why, "number", p.Number)}
}

// Resume ends it.
func (p *Pace) Resume(by string, at time.Time) []ledger.Event {
	if !p.Paused.On() {
		return nil
	}
	e := event("outreach_resumed", by, at, "paused_by", p.Paused.By, "why", p.Paused.Why, "since", moment(p.Paused.At))
	p.Paused = Pause{}
	return []ledger.Event{e}
}

// Link notes which number is linked: another one is new. Of a number in clear only as much
// is kept as tells it from others.
func (p *Pace) Link(number string, at time.Time) []ledger.Event {
	number = masked(number)
	if number == "" || number == p.Number {
		return nil
	}
	e := event("outreach_number", "halo", at, "from", p.Number, "to", number)
	p.Number, p.Since = number, millisecond(at)
	return []ledger.Event{e}
}

// masked leaves the first four and the last four digits of a number.
func masked(number string) string {
	number = strings.TrimPrefix(line(number, mostID), "+")
	if len(number) <= 8 || !digitsOnly(number) {
		return number
	}
	return number[:4] + "…" + number[len(number)-4:]
}

type storedPace struct {
	V      int         `json:"v"`
	Number string      `json:"number,omitzero"`
	Since  int64       `json:"since,omitzero"`
	Sent   []int64     `json:"sent,omitzero"`
	Next   int64       `json:"next,omitzero"`
	Paused storedBlock `json:"paused,omitzero"`
}

var paceRef = ledger.Ref{Kind: KindPace, ID: "desk"}

// Save writes it.
func (p Pace) Save(tx *ledger.Tx) error {
	s := storedPace{
		V: 1, Number: line(p.Number, mostID), Since: millis(p.Since), Next: millis(p.Next),
		Paused: storedBlock{line(p.Paused.By, mostID), millis(p.Paused.At), line(p.Paused.Why, longReason)},
	}
	for _, at := range p.Sent[max(len(p.Sent)-mostSent, 0):] {
		s.Sent = append(s.Sent, millis(at))
	}
	return put(tx, paceRef, s)
}

// LoadPace reads it; a desk that sent nothing has the zero Pace.
func LoadPace(tx *ledger.Tx) (Pace, error) {
	data, err := tx.Doc(paceRef)
	if err != nil || data == nil {
		return Pace{}, err
	}
	return DecodePace(data)
}

// DecodePace reads it as stored, of any version.
func DecodePace(data []byte) (Pace, error) {
	var s storedPace
	if err := decodeAs("pace", data, &s, &s.V); err != nil {
		return Pace{}, err
	}
	p := Pace{
		Number: s.Number, Since: fromMillis(s.Since), Next: fromMillis(s.Next),
		Paused: Pause{s.Paused.By, s.Paused.Why, fromMillis(s.Paused.At)},
	}
	for _, ms := range s.Sent {
		p.Sent = append(p.Sent, fromMillis(ms))
	}
	return p, nil
}
