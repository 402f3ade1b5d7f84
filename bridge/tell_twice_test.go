package bridge_test

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// toldElsewhere are the events whose repetition another test plays.
var toldElsewhere = map[string]string{
	"first_reminder":          "TestEachTimerFiredTwiceChangesOnce",
	"first_response_breached": "TestEachTimerFiredTwiceChangesOnce",
	"reply_reminder":          "TestEachTimerFiredTwiceChangesOnce",
	"news_reminder":           "TestEachTimerFiredTwiceChangesOnce",
	"target_near":             "TestEachTimerFiredTwiceChangesOnce",
	"target_missed":           "TestEachTimerFiredTwiceChangesOnce",
	"agent_silent":            "TestEachTimerFiredTwiceChangesOnce",
	"scheduled_due":           "TestEachTimerFiredTwiceChangesOnce",
	"report_returned":         "TestAClientsNotYetTakesTheReportUpAgain",
	"report_came":             "TestAReportGoesOnInAnotherTicket",
	"merged_from":             "TestWhatComesAfterAMergeGoesToTheRightTicket",
}

// Every step that is told, played twice: as when two people press one button, or Discord
// and the clock bring something again. The second time nothing is said, and the ticket
// stays as it is.
func TestEachStepTwiceIsToldOnce(t *testing.T) {
	t.Parallel()
	s := newTale(t)
	s.duty = []string{"sari", "budi"}
	p := ticket.DefaultPolicy()
	due := s.now.Add(48 * time.Hour)
	form := ticket.WarrantyForm{Product: "Mesin", Serial: "1", Purchased: "2026", Status: "aktif", Complaint: "mati", Action: "ganti"}
	type step func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error)
	quiet := func(fn func(tk *ticket.Ticket, at time.Time) []ledger.Event) step {
		return func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return fn(tk, at), nil }
	}
	message := func(id string) step {
		return func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.Schedule(ticket.Scheduled{ID: id, Text: "kabar", Due: due, By: "sari"}, at, p)
		}
	}
	resolve := func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		return tk.Resolve("stok", "hitung ulang", "sari", at)
	}
	confirm := func(r ticket.Reply) step {
		return func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Confirm(r, at) }
	}
	reopen := func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Reopen("lupa", "budi", at) }
	claim := func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.ClaimWarranty("sari", at) }

	played, asked := map[string]bool{}, 0
	for i, do := range []step{
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Offer("sari", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Release("sari", "sibuk", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.NobodyToOffer(at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Accept("budi", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Release("budi", "pulang", at) },
		quiet(func(tk *ticket.Ticket, at time.Time) []ledger.Event { return tk.Take("sari", at) }),
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Transfer("budi", "sari", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.TakeOver("sari", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.Classify(ticket.Easy, "sari", at)
		},
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.Classify(ticket.Normal, "sari", at)
		},
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.SetIssue("stok", "sari", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.MarkComplaint(true, "sari", at)
		},
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.MarkComplaint(false, "sari", at)
		},
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.RequestData([]string{"foto"}, "sari", at)
		},
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.RequestAccess("sari", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Checking("sari", at) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Snooze(due, "sari", at, p) },
		quiet(func(tk *ticket.Ticket, at time.Time) []ledger.Event { return tk.Wake("sari", at) }),
		message("s1"),
		quiet(func(tk *ticket.Ticket, at time.Time) []ledger.Event { return tk.Unschedule("s1", "sari", at) }),
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.EscalateToSupervisor("izin", "sari", at)
		},
		quiet(func(tk *ticket.Ticket, at time.Time) []ledger.Event {
			return tk.SupervisorAnswered("boleh", "budi", at)
		}),
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.Escalate("r1", "POS", "sari", at)
		},
		quiet(func(tk *ticket.Ticket, at time.Time) []ledger.Event { return tk.ReportEnded("r1", false, "sari", at) }),
		claim,
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.RefuseWarranty("segel", "nita", at)
		},
		claim,
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.AcceptWarranty(form, "nita", at)
		},
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.CloseWarranty("diganti", "nita", at)
		},
		resolve,
		quiet(func(tk *ticket.Ticket, at time.Time) []ledger.Event { return tk.ClosingAccepted(at) }),
		confirm(ticket.Unclear), confirm(ticket.No), resolve, confirm(ticket.Yes),
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Rate(2, at, p) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Comment("lama", at, p) },
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return tk.FinishReview("sudah dibahas", "budi", at)
		},
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.ReopenByClient(at, p) },
		resolve, reopen, resolve,
		quiet(func(tk *ticket.Ticket, at time.Time) []ledger.Event { return tk.ClosingFailed(at) }),
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Close("sari", at) },
		reopen,
		func(tk *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return tk.Drop("dobel", "sari", at) },
	} {
		s.now = s.now.Add(time.Minute)
		var events []ledger.Event
		first := s.run(func(tx *ledger.Tx) error {
			return s.desk.Change(tx, taleNumber, func(tk *ticket.Ticket, _ *ticket.Conversation) (_ []ledger.Event, err error) {
				events, err = do(tk, tx.Now())
				return events, err
			})
		})
		if len(events) == 0 {
			t.Fatalf("step %d does nothing", i)
		}
		for _, e := range events {
			played[e.What] = true
		}
		for _, l := range first {
			if l.Kind == "poll" && strings.HasSuffix(l.ID, "."+ticket.SayRating) {
				asked++
			}
		}
		ref := ledger.Ref{Kind: ticket.KindTicket, ID: taleNumber}
		was := s.docs[ref].Data
		s.now = s.now.Add(time.Second)
		again := s.run(func(tx *ledger.Tx) error {
			err := s.desk.Change(tx, taleNumber, func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
				return do(tk, tx.Now())
			})
			if refusal, ok := errors.AsType[*ticket.Refusal](err); ok {
				t.Logf("step %d, %s: the second time refused, %s", i, events[len(events)-1].What, refusal.Key)
				return nil
			}
			return err
		})
		if len(again) > 0 {
			t.Errorf("step %d, %s: said again %q", i, events[len(events)-1].What, shows(t, again[0]))
		}
		// Another look for somebody to offer it to is noted.
		if !bytes.Equal(was, s.docs[ref].Data) && events[0].What != "nobody_to_offer" {
			t.Errorf("step %d, %s: the ticket changed again\n%s\n%s", i, events[len(events)-1].What, was, s.docs[ref].Data)
		}
	}
	s.once()
	if asked != 1 {
		t.Errorf("asked for stars %d times in three closings", asked)
	}
	played["rating_asked"] = asked > 0 // it follows from the closing
	told, _ := bridge.Told()
	for _, name := range told {
		if played[name] == (toldElsewhere[name] != "") {
			t.Errorf("%s: played here %v, elsewhere %q; want one of them", name, played[name], toldElsewhere[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(toldElsewhere)) {
		if !slices.Contains(told, name) {
			t.Errorf("%s is told no more", name)
		}
	}
}
