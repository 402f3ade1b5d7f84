package bridge_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// 23 November 2026 is a Monday, the 25th a holiday, the 26th a half day; lunch is from
// 12 to 13, Saturday ends at 14.

// Reminder and breach come in working time, to the millisecond: an answer after exactly
// two minutes is in time.
func TestFirstResponseOnTheClock(t *testing.T) {
	for _, test := range []struct{ name, written, offered, reminded, breached string }{
		{"in the morning", "2026-11-23 09:00:00.123", "2026-11-23 09:00:00.123", "2026-11-23 09:01:00.123", "2026-11-23 09:02:00.124"},
		{"over lunch", "2026-11-23 11:59:30.000", "2026-11-23 11:59:30.000", "2026-11-23 13:00:30.000", "2026-11-23 13:01:30.001"},
		{"in the break", "2026-11-23 12:20:00.000", "2026-11-23 13:00:00.000", "2026-11-23 13:01:00.000", "2026-11-23 13:02:00.001"},
		{"a minute before closing", "2026-11-23 16:59:00.000", "2026-11-23 16:59:00.000", "2026-11-23 17:00:00.000", "2026-11-24 08:01:00.001"},
		{"before a holiday", "2026-11-24 16:58:30.000", "2026-11-24 16:58:30.000", "2026-11-24 16:59:30.000", "2026-11-26 08:00:30.001"},
		{"on a holiday", "2026-11-25 10:00:00.000", "2026-11-26 08:00:00.000", "2026-11-26 08:01:00.000", "2026-11-26 08:02:00.001"},
		{"before a half day ends", "2026-11-26 11:59:00.500", "2026-11-26 11:59:00.500", "2026-11-27 08:00:00.500", "2026-11-27 08:01:00.501"},
		{"before the weekend", "2026-11-28 13:58:59.999", "2026-11-28 13:58:59.999", "2026-11-28 13:59:59.999", "2026-11-30 08:01:00.000"},
		{"on a Sunday", "2026-11-29 23:59:59.999", "2026-11-30 08:00:00.000", "2026-11-30 08:01:00.000", "2026-11-30 08:02:00.001"},
	} {
		t.Run(test.name, func(t *testing.T) {
			onShift(t, "2026-11-23 07:00", func(s *shift) {
				s.comes("sari")
				s.until(test.written)
				number := s.opens()
				s.until(test.breached)
				s.want(number, test.offered+" offered sari", test.reminded+" first_reminder", test.breached+" first_response_breached")
			})
		})
	}
}

func TestAnAnswerInTimeIsNoBreach(t *testing.T) {
	onShift(t, "2026-11-23 11:59:00", func(s *shift) {
		s.comes("sari")
		first, second := s.opens(), s.opens()
		s.until("2026-11-23 13:00:59.999")
		s.accepts(first, "sari")
		s.until("2026-11-23 13:01:00.000") // two minutes of working time
		s.answers(second, "sari")
		s.until("2026-11-23 13:04:00")
		s.want(first, "2026-11-23 11:59:00.000 offered sari", "2026-11-23 12:00:00.000 first_reminder")
		s.want(second, "2026-11-23 11:59:00.000 offered sari", "2026-11-23 12:00:00.000 first_reminder")
	})
}

// A pile of messages of the night, accepted before opening, is not a breach.
func TestAcceptedBeforeOpening(t *testing.T) {
	onShift(t, "2026-11-23 05:00", func(s *shift) {
		one, two := s.opens(), s.opens()
		s.until("2026-11-23 07:30")
		s.comes("sari", "dewi")
		s.accepts(one, "sari")
		s.until("2026-11-23 08:05")
		s.want(one)
		s.want(two, "2026-11-23 08:00:00.000 offered dewi", "2026-11-23 08:01:00.000 first_reminder",
			"2026-11-23 08:02:00.001 first_response_breached", "2026-11-23 08:05:00.000 offered sari")
	})
}

// Who has least is offered next; two messages of one moment go to two people; somebody
// with a full plate gets none; when nobody is left the assistant manager hears of it once.
func TestOffers(t *testing.T) {
	onShift(t, "2026-11-23 09:00", func(s *shift) {
		s.comes("sari", "dewi", "budi")
		s.goes("budi", ticket.OnBreak)
		s.update(func(tx *ledger.Tx) error {
			d, err := ticket.LoadDuty(tx, "dewi")
			d.Capacity = 2
			if err != nil {
				return err
			}
			return d.Save(tx)
		})
		var numbers []string
		for range 5 {
			numbers = append(numbers, s.opens())
		}
		s.until("2026-11-23 09:00:01")
		var to []string
		for _, n := range numbers {
			to = append(to, s.ticket(n).OfferedTo)
		}
		// dewi comes before sari by her id, has two at most.
		if want := []string{"dewi", "sari", "dewi", "sari", "sari"}; !slices.Equal(to, want) {
			t.Errorf("offered to %v, want %v", to, want)
		}
		for _, n := range numbers[1:] {
			s.accepts(n, s.ticket(n).OfferedTo)
		}
		// dewi lets hers go by, sari too, and nobody is left until budi is back.
		s.until("2026-11-23 09:22")
		s.goes("budi", ticket.OnDuty)
		s.until("2026-11-23 09:25")
		if got := s.events(numbers[0], "offered", "nobody_to_offer"); !slices.Equal(got, []string{
			"2026-11-23 09:00:00.000 offered dewi", "2026-11-23 09:05:00.000 offered sari",
			"2026-11-23 09:10:00.000 nobody_to_offer", "2026-11-23 09:25:00.000 offered budi",
		}) {
			t.Errorf("the first ticket: %q", got)
		}
		for user, want := range map[string]int{"sari": 3, "dewi": 1, "budi": 1} {
			if rows, err := s.store.Index(s.t.Context(), ticket.IndexAgent(user), store.Range{}); err != nil || len(rows) != want {
				t.Errorf("%s has %v, want %d (%v)", user, rows, want, err)
			}
		}
	})
}

// Where everybody has let a ticket go, another round begins half an hour after the last
// offer, and the assistant manager hears at its end that nobody is left again.
func TestAnotherRoundOfOffers(t *testing.T) {
	onShift(t, "2026-11-23 09:00", func(s *shift) {
		s.comes("sari", "dewi")
		number := s.opens()
		s.until("2026-11-23 09:51")
		if got := s.events(number, "offered", "nobody_to_offer"); !slices.Equal(got, []string{
			"2026-11-23 09:00:00.000 offered dewi", "2026-11-23 09:05:00.000 offered sari", "2026-11-23 09:10:00.000 nobody_to_offer",
			"2026-11-23 09:35:00.000 offered dewi", "2026-11-23 09:40:00.000 offered sari", "2026-11-23 09:45:00.000 nobody_to_offer",
		}) {
			t.Errorf("offers: %q", got)
		}
		s.accepts(number, "sari")
		s.until("2026-11-23 10:30")
	})
}

// Offers made by two processes in one instant go to different people, too.
func TestOffersAtOnce(t *testing.T) {
	onShift(t, "2026-11-23 09:00", func(s *shift) {
		s.comes("a", "b", "c", "d")
		s.down()
		var numbers []string
		for range 8 {
			numbers = append(numbers, s.opens())
		}
		var all sync.WaitGroup
		for _, number := range numbers {
			all.Go(func() {
				s.fire(s.t.Context(), ticket.TimerOffer, number)
			})
		}
		all.Wait()
		has := map[string]int{}
		for _, number := range numbers {
			has[s.ticket(number).OfferedTo]++
		}
		if want := map[string]int{"a": 2, "b": 2, "c": 2, "d": 2}; !maps.Equal(has, want) {
			t.Errorf("offered %v, want %v", has, want)
		}
	})
}

// fire lets a timer of a ticket fire now, whether it is due or not.
func (s *shift) fire(ctx context.Context, kind, number string) {
	if _, err := s.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		return s.desk.Fire(tx, ledger.Timer{Kind: kind, ID: number, Due: tx.Now()})
	}); err != nil {
		s.t.Errorf("fire %s: %v", kind, err)
	}
}

// The client of a silent agent is found another; a reminder comes before, and each ten
// minutes.
func TestSilentAgent(t *testing.T) {
	onShift(t, "2026-11-23 11:30", func(s *shift) {
		s.comes("sari")
		number := s.opens()
		s.until("2026-11-23 11:30:10")
		s.accepts(number, "sari")
		s.answers(number, "sari")
		s.until("2026-11-23 11:45")
		s.writes(number)
		s.comes("dewi")
		s.until("2026-11-23 13:21")
		s.want(number, "2026-11-23 11:30:00.000 offered sari",
			"2026-11-23 11:55:00.000 reply_reminder", "2026-11-23 13:05:00.000 reply_reminder",
			// After 30 minutes of working time, and to somebody else.
			"2026-11-23 13:15:00.000 reply_reminder", "2026-11-23 13:15:00.000 agent_silent", "2026-11-23 13:15:00.000 offered dewi",
			"2026-11-23 13:20:00.000 nobody_to_offer")
		s.accepts(number, "dewi")
		if got := s.ticket(number); got.Agent != "dewi" || got.Silent {
			t.Errorf("it is %s's, silent %v", got.Agent, got.Silent)
		}
	})
}

// The client's silence counts by the clock on the wall, lunch or not, from WhatsApp's
// acceptance; a word of the client stops it.
func TestClosingBySilence(t *testing.T) {
	onShift(t, "2026-11-23 11:00", func(s *shift) {
		s.comes("sari")
		quiet, talks := s.opens(), s.opens()
		for _, number := range []string{quiet, talks} {
			s.accepts(number, "sari")
			s.classifies(number, ticket.Normal)
		}
		s.until("2026-11-23 11:50:00.250")
		s.resolves(quiet)
		s.resolves(talks)
		s.until("2026-11-23 12:05")
		s.writes(talks)
		s.until("2026-11-23 12:10:00.249")
		if s.ticket(quiet).State != ticket.Resolved {
			t.Error("closed too early")
		}
		s.until("2026-11-23 12:31")
		if got := s.events(quiet, "closed"); !slices.Equal(got, []string{"2026-11-23 12:10:00.250 closed"}) || s.ticket(quiet).Ending != ticket.EndSilence {
			t.Errorf("closed at %v", got)
		}
		if s.ticket(talks).State != ticket.Resolved {
			t.Error("a ticket whose client wrote was closed")
		}
		s.update(func(tx *ledger.Tx) error {
			c, _, err := ticket.LoadConversation(tx, "c1")
			if err == nil && (c.Open != "" || c.Last != quiet) {
				t.Errorf("the conversation points at %q, last %q", c.Open, c.Last)
			}
			return err
		})
	})
}

// Targets run from opening, in working time, whatever the moment of classifying.
func TestTargets(t *testing.T) {
	onShift(t, "2026-11-24 16:50", func(s *shift) {
		s.comes("sari")
		easy, hard := s.opens(), s.opens()
		for _, number := range []string{easy, hard} {
			s.accepts(number, "sari")
			s.answers(number, "sari")
		}
		s.until("2026-11-26 08:05")
		s.classifies(easy, ticket.Easy)
		s.classifies(hard, ticket.Hard)
		s.until("2026-12-01 12:00")
		// 30 minutes: ten on Tuesday, none on the holiday, twenty on the half day.
		if got, want := s.events(easy, "target_near", "target_missed"), []string{"2026-11-26 08:12:30.000 target_near", "2026-11-26 08:20:00.000 target_missed"}; !slices.Equal(got, want) {
			t.Errorf("easy: %q, want %q", got, want)
		}
		// 720: 10, 240 on Thursday, 470 of Friday's 480; 540 on Friday after 290 of them.
		if got, want := s.events(hard, "target_near", "target_missed"), []string{"2026-11-27 13:50:00.000 target_near", "2026-11-27 16:50:00.000 target_missed"}; !slices.Equal(got, want) {
			t.Errorf("hard: %q, want %q", got, want)
		}
		// Two hours without news, and each further two.
		if got := s.events(hard, "news_reminder"); len(got) < 3 || got[0] != "2026-11-26 09:50:00.000 news_reminder" || got[1] != "2026-11-26 11:50:00.000 news_reminder" || got[2] != "2026-11-27 09:50:00.000 news_reminder" {
			t.Errorf("news: %q", got)
		}
	})
}

// Rest, scheduled words and the end of a rating keep the time on the wall.
func TestRestScheduleAndRating(t *testing.T) {
	onShift(t, "2026-11-23 16:00", func(s *shift) {
		s.comes("sari")
		number := s.opens()
		s.accepts(number, "sari")
		s.answers(number, "sari")
		s.writes(number)
		s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return t.Snooze(clockTime("2026-11-25 19:30"), "sari", at, ticket.DefaultPolicy())
		})
		for id, due := range map[string]string{"late": "2026-11-25 22:15", "soon": "2026-11-23 21:00:00.007"} {
			s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
				return t.Schedule(ticket.Scheduled{ID: id, Text: "kabar " + id, Due: clockTime(due), By: "sari"}, at, ticket.DefaultPolicy())
			})
		}
		s.until("2026-11-25 23:00")
		got := s.events(number, "woken", "scheduled_due", "reply_reminder", "agent_silent")
		if want := []string{"2026-11-23 21:00:00.007 scheduled_due", "2026-11-25 19:30:00.000 woken", "2026-11-25 19:30:00.000 reply_reminder", "2026-11-25 22:15:00.000 scheduled_due"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		s.until("2026-11-26 09:00")
		if got := s.events(number, "agent_silent"); !slices.Equal(got, []string{"2026-11-26 08:30:00.000 agent_silent"}) {
			t.Errorf("after the rest: %q", got)
		}
		s.answers(number, "sari")
		s.classifies(number, ticket.Normal)
		s.resolves(number)
		s.until("2026-11-26 09:20")
		if s.ticket(number).Rating.Asked.IsZero() {
			s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
				return t.AskRating(time.Time{}, at, ticket.DefaultPolicy())
			})
		}
		s.until("2026-11-28 00:00")
		if got := s.events(number, "rating_lapsed"); !slices.Equal(got, []string{"2026-11-27 09:20:00.000 rating_lapsed"}) {
			t.Errorf("lapsed: %q", got)
		}
	})
}

// A desk that was down for a day says of what it missed what still matters, once.
func TestDownOverSeveral(t *testing.T) {
	onShift(t, "2026-11-23 08:59", func(s *shift) {
		s.comes("sari")
		s.until("2026-11-23 09:00")
		fresh, slow, done := s.opens(), s.opens(), s.opens()
		for _, number := range []string{slow, done} {
			s.accepts(number, "sari")
			s.classifies(number, ticket.Easy)
		}
		s.resolves(done)
		s.down()
		time.Sleep(time.Until(clockTime("2026-11-24 10:00")))
		s.up()
		s.until("2026-11-24 10:00:01")
		const at = "2026-11-24 10:00:00.000 "
		s.want(fresh, "2026-11-23 09:00:00.000 offered sari", at+"first_response_breached", at+"nobody_to_offer")
		s.want(slow, "2026-11-23 09:00:00.000 offered sari", at+"reply_reminder", at+"agent_silent", at+"target_missed", at+"nobody_to_offer")
		if got := s.events(done, "closed", "target_missed"); !slices.Equal(got, []string{at + "closed"}) {
			t.Errorf("the resolved one: %q", got)
		}
	})
}

// Each timer, fired twice at its time, changes once; fired early, it changes nothing.
func TestEachTimerFiredTwiceChangesOnce(t *testing.T) {
	accepted := func(s *shift) string {
		s.comes("sari")
		number := s.opens()
		s.accepts(number, "sari")
		s.answers(number, "sari")
		return number
	}
	classed := func(class ticket.Class) func(*shift) string {
		return func(s *shift) string {
			number := accepted(s)
			s.classifies(number, class)
			return number
		}
	}
	begin := map[string]func(s *shift) string{
		ticket.TimerFirstReminder: (*shift).opens,
		ticket.TimerFirstResponse: (*shift).opens,
		ticket.TimerOffer: func(s *shift) string {
			s.comes("sari")
			time.Sleep(time.Until(clockTime("2026-11-23 12:30")))
			return s.opens()
		},
		ticket.TimerReply:       func(s *shift) string { n := accepted(s); s.writes(n); return n },
		ticket.TimerSilentAgent: func(s *shift) string { n := accepted(s); s.writes(n); return n },
		ticket.TimerNews:        classed(ticket.Hard),
		ticket.TimerTargetNear:  classed(ticket.Easy),
		ticket.TimerTarget:      classed(ticket.Easy),
		ticket.TimerSilence:     func(s *shift) string { n := classed(ticket.Easy)(s); s.resolves(n); return n },
		ticket.TimerWake: func(s *shift) string {
			n := accepted(s)
			s.do(n, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
				return t.Snooze(at.Add(time.Hour), "sari", at, ticket.DefaultPolicy())
			})
			return n
		},
		ticket.TimerScheduled: func(s *shift) string {
			n := accepted(s)
			s.do(n, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
				return t.Schedule(ticket.Scheduled{ID: "x", Text: "kabar", Due: at.Add(time.Hour), By: "sari"}, at, ticket.DefaultPolicy())
			})
			return n
		},
		ticket.TimerRating: func(s *shift) string {
			n := classed(ticket.Easy)(s)
			s.resolves(n)
			s.do(n, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Close("sari", at) })
			if s.ticket(n).Rating.Asked.IsZero() {
				s.do(n, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
					return t.AskRating(time.Time{}, at, ticket.DefaultPolicy())
				})
			}
			return n
		},
	}
	for kind, story := range begin {
		t.Run(kind, func(t *testing.T) {
			onShift(t, "2026-11-23 09:00", func(s *shift) {
				s.down()
				number := story(s)
				i := slices.IndexFunc(s.ticket(number).Due(ticket.DefaultPolicy(), s.desk.Calendar), func(d ledger.Timer) bool { return d.Kind == kind })
				if i < 0 {
					t.Fatal("it is not owed")
				}
				due := s.ticket(number).Due(ticket.DefaultPolicy(), s.desk.Calendar)[i].Due
				early := s.look(number)
				if time.Now().Before(due) {
					time.Sleep(time.Until(due) - time.Millisecond)
					s.fire(s.t.Context(), kind, number)
					if now := s.look(number); now != early {
						t.Errorf("fired a millisecond early:\n%s\nbefore\n%s", now, early)
					}
					time.Sleep(time.Millisecond)
				}
				s.fire(s.t.Context(), kind, number)
				once := s.look(number)
				if once == early {
					t.Error("it changed nothing")
				}
				s.fire(s.t.Context(), kind, number)
				if twice := s.look(number); twice != once {
					t.Errorf("the second time:\n%s\nthe first\n%s", twice, once)
				}
				// Timers of other kinds are still to come: they fire as they would have.
				s.up()
				s.until(time.Now().In(wib).Add(time.Second).Format("2006-01-02 15:04:05.000"))
			})
		})
	}
	if len(begin) != 12 {
		t.Errorf("%d kinds, want 12", len(begin))
	}
}

// look is everything the store has on a ticket: its log, its timers, what waits to leave.
func (s *shift) look(number string) string {
	s.t.Helper()
	var all strings.Builder
	all.WriteString(fmt.Sprintf("%+v\n", s.ticket(number)))
	for e, err := range s.store.Events(s.t.Context(), number) {
		all.WriteString(fmt.Sprint(e.What, e.At, err, "\n"))
	}
	lanes, err := s.store.Lanes(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, lane := range lanes {
		n, err := s.store.LaneLen(s.t.Context(), lane.Lane)
		all.WriteString(fmt.Sprint(lane.Lane, n, err, "\n"))
	}
	return all.String() + strings.Join(timersOf(s.t, s.store), "\n")
}

// A timer of a ticket that is gone, and one nobody set, do no harm.
func TestATimerOfNothing(t *testing.T) {
	onShift(t, "2026-11-23 09:00", func(s *shift) {
		s.fire(s.t.Context(), ticket.TimerSilence, "HE-9999")
		number := s.opens()
		before := s.look(number)
		s.down()
		for _, kind := range []string{ticket.TimerSilence, ticket.TimerRating, ticket.TimerWake, "ticket_unheard"} {
			s.fire(s.t.Context(), kind, number)
		}
		s.down()
		if now := s.look(number); now != before {
			t.Errorf("changed:\n%s\nbefore\n%s", now, before)
		}
	})
}
