package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// has gives somebody so many tickets at work, each found by as many words as can be.
func (s *shift) has(user string, n int) (numbers []string) {
	s.t.Helper()
	for range n {
		number := s.opens()
		s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			t.Begin(strings.Repeat("nota ", 3) + "printer kasir gudang cabang retur faktur kuitansi diskon")
			return t.Identify("p-"+number, "toko", user, at), nil
		})
		s.accepts(number, user)
		s.classifies(number, ticket.Hard)
		s.answers(number, user)
		numbers = append(numbers, number)
	}
	return numbers
}

// presence is whether somebody is on duty.
func (s *shift) presence(user string) (p ticket.Presence) {
	s.t.Helper()
	s.update(func(tx *ledger.Tx) error {
		d, err := ticket.LoadDuty(tx, user)
		p = d.Presence
		return err
	})
	return p
}

// Whoever goes may have more tickets than one commit could hold, and more offers than that.
func TestGoingWithAFullPlate(t *testing.T) {
	onShift(t, "2026-11-23 09:00", func(s *shift) {
		s.comes("sari")
		s.has("sari", 30)
		s.desk.Policy = ticket.DefaultPolicy()
		s.desk.Policy.Capacity = 60
		s.down()
		s.up()
		for range 20 {
			s.opens()
		}
		for _, to := range []ticket.Presence{ticket.OnBreak, ticket.OffDuty} {
			s.update(func(tx *ledger.Tx) error { _, err := s.desk.Go(tx, "sari", to, "sari"); return err })
			if got := s.presence("sari"); got != to {
				t.Errorf("she is %q, want %q", got, to)
			}
		}
		for n := range 50 {
			got := s.ticket(fmt.Sprintf("HE-%04d", n+1))
			if n < 30 && got.Agent != "sari" {
				t.Errorf("%s is %q's", got.Number, got.Agent)
			}
		}
	})
}

// At the end of a shift every client who waits is handed to the team, however many there
// are; who is answered stays.
func TestEndOfAShiftWithAFullPlate(t *testing.T) {
	onShift(t, "2026-11-23 09:00", func(s *shift) {
		s.comes("sari", "dewi")
		s.update(func(tx *ledger.Tx) error { return s.desk.Roster(tx, "sari", "mon-fri 08:00-16:00", "sari") })
		waiting, answered := s.has("sari", 30), s.has("sari", 10)
		s.until("2026-11-23 15:58")
		for _, number := range waiting {
			s.writes(number)
		}
		s.until("2026-11-23 16:00:01")
		if got := s.presence("sari"); got != ticket.OffDuty {
			t.Errorf("after her shift she is %q", got)
		}
		for _, number := range waiting {
			if got := s.ticket(number); got.Agent != "" || len(s.events(number, "released")) != 1 {
				t.Errorf("%s is %q's, released %d times", number, got.Agent, len(s.events(number, "released")))
			}
		}
		for _, number := range answered {
			if got := s.ticket(number); got.Agent != "sari" {
				t.Errorf("%s is %q's", number, got.Agent)
			}
		}
	})
}

// Who comes back while his tickets are still being handed over keeps the rest.
func TestBackBeforeAllIsHandedOver(t *testing.T) {
	onShift(t, "2026-11-23 09:00", func(s *shift) {
		s.comes("sari", "dewi")
		s.update(func(tx *ledger.Tx) error { return s.desk.Roster(tx, "sari", "mon-fri 08:00-16:00", "sari") })
		numbers := s.has("sari", 9)
		s.until("2026-11-23 15:58")
		for _, number := range numbers {
			s.writes(number)
		}
		s.down()
		time.Sleep(time.Until(clockTime("2026-11-23 16:00")))
		s.update(func(tx *ledger.Tx) error {
			return s.desk.Shift(tx, ledger.Timer{Kind: ticket.TimerShift, ID: "sari", Due: tx.Now()})
		})
		s.update(func(tx *ledger.Tx) error { _, err := s.desk.Go(tx, "sari", ticket.OnDuty, "sari"); return err })
		s.up()
		s.until("2026-11-23 16:00:05")
		kept := 0
		for _, number := range numbers {
			if s.ticket(number).Agent == "sari" {
				kept++
			}
		}
		if kept == 0 || kept == len(numbers) || s.presence("sari") != ticket.OnDuty {
			t.Errorf("she keeps %d of %d, and is %q", kept, len(numbers), s.presence("sari"))
		}
	})
}
