package ticket

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// whats are the names of events.
func whats(events []ledger.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.What)
	}
	return strings.Join(all, " ")
}

// key is the refusal's, "" for none.
func key(err error) string {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Key
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// loaded is the ticket as a load gives it back.
func loaded(t Ticket) Ticket {
	t.kept = t.Agent
	return t
}

// always is a clock without closing time.
type always struct{}

func (always) Next(t time.Time) (time.Time, bool)         { return t, true }
func (always) Add(t time.Time, d time.Duration) time.Time { return t.Add(d) }
func (always) Between(a, b time.Time) time.Duration       { return max(0, b.Sub(a)) }

// office is a clock with hours from 08:00 to 17:00 UTC, every day.
type office struct{}

func (office) hours(t time.Time) (opens, closes time.Time) {
	day := t.Truncate(24 * time.Hour)
	return day.Add(8 * time.Hour), day.Add(17 * time.Hour)
}

func (o office) Next(t time.Time) (time.Time, bool) {
	opens, closes := o.hours(t)
	switch {
	case t.Before(opens):
		return opens, true
	case t.Before(closes):
		return t, true
	}
	return opens.Add(24 * time.Hour), true
}

func (o office) Add(t time.Time, d time.Duration) time.Time {
	for d > 0 {
		t, _ = o.Next(t)
		_, closes := o.hours(t)
		if left := closes.Sub(t); d > left {
			t, d = closes, d-left
			continue
		}
		return t.Add(d)
	}
	return t
}

func (o office) Between(a, b time.Time) (d time.Duration) {
	for day := a.Truncate(24 * time.Hour); day.Before(b); day = day.Add(24 * time.Hour) {
		opens, closes := o.hours(day)
		d += max(0, earlier(closes, b).Sub(later(opens, a)))
	}
	return d
}

// A desk lives through one ticket: at is desk time.
type story struct {
	*testing.T
	tk   Ticket
	conv Conversation
	at   time.Time
	p    Policy
	c    Clock
	log  []ledger.Event
}

// tells starts a story with a ticket whose client has just written.
func tells(t *testing.T) *story {
	s := &story{T: t, at: noon, p: DefaultPolicy(), c: always{}, conv: Conversation{ID: "c1"}}
	s.tk = Open(&s.conv, "HE-1", s.at)
	s.did("", "")(s.tk.ClientWrote(s.at, false))
	return s
}

// did checks what a step answered, takes it in, and takes the clock a second on.
func (s *story) did(want, refusal string) func([]ledger.Event, error) {
	return func(events []ledger.Event, err error) {
		s.Helper()
		if got := whats(events); got != want {
			s.Errorf("events %q, want %q", got, want)
		}
		if got := key(err); got != refusal {
			s.Errorf("refused %q, want %q", got, refusal)
		}
		s.log = append(s.log, events...)
		s.conv.Follow(s.tk)
		s.at = s.at.Add(time.Second)
	}
}

// said is did for steps that nothing refuses.
func (s *story) said(want string) func([]ledger.Event) {
	return func(events []ledger.Event) {
		s.Helper()
		s.did(want, "")(events, nil)
	}
}

// twice does a step, and again: the second time nothing happens.
func (s *story) twice(want string, step func() ([]ledger.Event, error)) {
	s.Helper()
	s.did(want, "")(step())
	before := s.tk
	s.did("", "")(step())
	if !reflect.DeepEqual(s.tk, before) {
		s.Errorf("the second %s changed the ticket from\n%+v to\n%+v", want, before, s.tk)
	}
}

// refused checks that a step is refused and changes nothing.
func (s *story) refused(refusal string, step func() ([]ledger.Event, error)) {
	s.Helper()
	before := s.tk
	s.did("", refusal)(step())
	if !reflect.DeepEqual(s.tk, before) {
		s.Errorf("a refused step changed the ticket from\n%+v to\n%+v", before, s.tk)
	}
}

func (s *story) state(want State) {
	s.Helper()
	if s.tk.State != want {
		s.Errorf("the ticket is %s, want %s", s.tk.State, want)
	}
}

// runs lets the clock run until then, with every timer at its time.
func (s *story) runs(until time.Time) {
	s.Helper()
	for {
		var next ledger.Timer
		for _, d := range s.tk.Due(s.p, s.c) {
			if next.Kind == "" || d.Due.Before(next.Due) {
				next = d
			}
		}
		if next.Kind == "" || next.Due.After(until) {
			break
		}
		s.at = later(s.at, next.Due)
		events := s.tk.Fire(next.Kind, s.at, s.p, s.c)
		s.log = append(s.log, events...)
		if reflect.DeepEqual(s.tk.Due(s.p, s.c), []ledger.Timer{next}) {
			s.Fatalf("%s is due for ever", next.Kind)
		}
	}
	s.conv.Follow(s.tk)
	s.at = later(s.at, until)
}

// times are when an event happened, since the story began.
func (s *story) times(what string) (all []time.Duration) {
	for _, e := range s.log {
		if e.What == what {
			all = append(all, e.At.Sub(noon))
		}
	}
	return all
}

func (s *story) resolved(class Class) *story {
	s.Helper()
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("classified", "")(s.tk.Classify(class, "sari", s.at))
	if class == Hard {
		s.did("escalated", "")(s.tk.EscalateToSupervisor("stuck", "sari", s.at))
	}
	s.said("waited")(s.tk.StaffWrote("sari", s.at))
	s.did("resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.said("closing_sent")(s.tk.ClosingAccepted(s.at))
	return s
}

func (s *story) closed(class Class) *story {
	s.Helper()
	s.resolved(class)
	s.did("closed", "")(s.tk.Close("sari", s.at))
	return s
}
