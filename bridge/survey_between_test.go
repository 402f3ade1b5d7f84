package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// aQuestion tells a story in which Ana has the first question of a survey.
func aQuestion(t *testing.T, story func(p *poll, ana *guest)) {
	t.Helper()
	aPoll(t, "2026-12-01 08:30", func(p *poll) {
		p.goes("sari", ticket.OnDuty)
		p.company("ana", "Toko Ana")
		ana := p.person(1, "Ana", "ana")
		p.ordered("PO-1", "ana", 100)
		p.job()
		p.pause(5 * time.Minute)
		p.wantLast(ana, 1, "(1 dari 6)")
		story(p, ana)
	})
}

const theOne = "SV-2612-0001"

// An answer that is none is asked for again, twice; then a person asks. Who has no time is
// left in peace, and goes on when he likes.
func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "nanti ya kak, lagi sibuk")
		p.wantLast(ana, 2, "Bila sudah ada waktu")
		p.till(clockTime("2026-12-05 21:00"))
		p.answers(ana, "7")
		p.wantLast(ana, 3, "angka 1 sampai 5")
		p.answers(ana, "5")
		p.wantLast(ana, 4, "(2 dari 6)")
		p.answers(ana, "4.5", "sangat puas kak")
		p.wantLast(ana, 6, "angka 1 sampai 5")
		if c := ana.conversation(); c.Open != "" {
			p.t.Fatalf("a ticket opened: %+v", c)
		}
		p.answers(ana, "9")
		if c := ana.conversation(); c.Open == "" || c.Survey != theOne {
			p.t.Errorf("nobody was asked to help: %+v", c)
		}
		want := []string{"planned", "sent", "postponed", "repeated", "answered", "repeated", "repeated", "rested"}
		if got := p.steps(theOne); !slices.Equal(got, want) {
			p.t.Errorf("steps %q\nwant  %q", got, want)
		}
	})
}

// A question in between becomes a ticket, which has the word until it is closed and rated;
// then the open question is asked once more, and the survey goes on.
func TestAQuestionInBetween(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "5", "kak stok saya minus semua setelah opname, kenapa ya?")
		number := ana.conversation().Open
		if number == "" || p.survey(theOne).State != customer.SurveyRests {
			p.t.Fatalf("no ticket: %+v", ana.conversation())
		}
		p.presses("sari", number, "t:accept")
		p.presses("sari", number, "t:class:easy")
		p.answers(ana, "3") // an answer to the agent, for all anybody knows
		if s := p.survey(theOne); len(s.Answers) != 1 {
			p.t.Errorf("the ticket's words were taken for the survey: %+v", s)
		}
		p.resolves("sari", number, "stok", "hitung ulang")
		p.pause(30 * time.Minute)
		if tk := p.ticket(number); tk.State != ticket.Closed || ana.conversation().Open != "" {
			p.t.Fatalf("not closed: %+v", tk)
		}
		n, _ := ana.seen()
		p.answers(ana, "5", "mantap kak")
		if tk := p.ticket(number); tk.Rating.Stars != 5 || tk.Rating.Comment == "" {
			p.t.Fatalf("the rating went elsewhere: %+v", tk.Rating)
		}
		p.pause(10 * time.Minute)
		if got, last := ana.seen(); got != n+3 || !strings.Contains(last, "kita lanjutkan survei") || !strings.Contains(last, "(2 dari 6)") {
			p.t.Fatalf("the question was not asked again: %d after %d, %q", got, n, last)
		}
		p.answers(ana, "4", "4", "4", "10", "sukses terus")
		if s := p.survey(theOne); s.State != customer.SurveyDone || s.Comment != "sukses terus" {
			p.t.Errorf("the survey is %+v", s)
		}
		if n := ana.conversation().Tickets; n != 1 {
			p.t.Errorf("%d tickets", n)
		}
	})
}

// Two tickets in a row, the second without a rating: the question is asked again after
// each, once.
func TestTwoTicketsInBetween(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		for range 2 {
			p.answers(ana, "printer kasir tidak mau mencetak struk sejak pagi")
			number := ana.conversation().Open
			if number == "" {
				p.t.Fatal("no ticket")
			}
			p.presses("sari", number, "t:accept")
			p.presses("sari", number, "t:class:easy")
			p.resolves("sari", number, "printer", "driver")
			p.till(time.Now().Add(30 * time.Hour))
			if s := p.survey(theOne); s.State != customer.SurveyAsked {
				p.t.Fatalf("the survey is %+v", s)
			}
		}
		again := 0
		for _, text := range ana.sees() {
			if strings.Contains(text, "kita lanjutkan survei") {
				again++
			}
		}
		if again != 2 {
			p.t.Errorf("asked again %d times:\n%s", again, strings.Join(ana.sees(), "\n"))
		}
	})
}

// Who opts out in the middle is asked nothing more, and what he answered before stays.
func TestOptOutInTheMiddle(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "1", "BERHENTI")
		p.wantLast(ana, 3, "tidak akan mengirim info")
		p.till(clockTime("2027-01-20 12:00"))
		if n, _ := ana.seen(); n != 3 {
			p.t.Errorf("he was written to: %q", ana.sees())
		}
		s := p.survey(theOne)
		if s.State != customer.SurveyLapsed || s.Why != "opted_out" || ana.conversation().Survey != "" {
			p.t.Errorf("the survey is %+v", s)
		}
		wantHas(p.t, "the low answer all the same", strings.Join(p.channel("intake"), "\n"), "★☆☆☆☆ 1/5", "Tidak dijawab sampai selesai")
	})
}

// An answer that the client edits is corrected, and so is one to which he answers anew.
func TestAnEditCorrects(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "1")
		ana.sends("E1", bridge.ClientMessage{Kind: bridge.KindEdit, Target: "C1", Text: "4"})
		p.pause(10 * time.Second)
		p.answers(ana, "3", "ok 5")
		p.wantLast(ana, 4, "(4 dari 6)")
		id := ""
		p.phone.mu.Lock()
		for i, text := range p.phone.shown {
			if strings.Contains(text, "(2 dari 6)") {
				id = p.phone.order[i]
			}
		}
		p.phone.mu.Unlock()
		ana.sends("Q1", bridge.ClientMessage{Kind: bridge.KindPlainText, Text: "2 aja deh", Quote: &bridge.Quote{ID: id, Own: true}})
		p.pause(10 * time.Second)
		if s := p.survey(theOne); s.Answers[customer.Performance] != 4 || s.Answers[customer.Quality] != 2 || s.At != customer.Service {
			p.t.Errorf("the survey is %+v", s)
		}
		if c := ana.conversation(); c.Open != "" {
			p.t.Errorf("a ticket opened: %+v", c)
		}
	})
}

// A survey lives through restarts, goes on after days, and ends after a fortnight of
// silence. Each timer and each message that comes twice changes nothing.
func TestASurveyInterrupted(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "5")
		p.closes()
		time.Sleep(13 * 24 * time.Hour)
		p.open()
		p.pause(time.Minute)
		m := bridge.ClientMessage{ID: "X1", Chat: ana.address, Phone: ana.phone, Name: "Ana", Text: "4", Kind: bridge.KindPlainText, At: time.Now()}
		for range 2 {
			if err := p.relay.Receive(p.t.Context(), m); err != nil {
				p.t.Error(err)
			}
			synctest.Wait()
		}
		p.pause(time.Minute)
		p.wantLast(ana, 3, "(3 dari 6)")
		p.till(time.Now().Add(15 * 24 * time.Hour))
		s := p.survey(theOne)
		if s.State != customer.SurveyLapsed || s.Why != "silence" || len(s.Answers) != 2 {
			p.t.Errorf("the survey is %+v", s)
		}
		before := p.steps(theOne)
		for _, kind := range []string{customer.TimerSurvey, bridge.TimerSurveyResume, bridge.TimerSurveyList} {
			id := theOne
			if kind == bridge.TimerSurveyList {
				id = "SV-2612"
			}
			for range 2 {
				p.look(func(tx *ledger.Tx) error {
					return p.policy.Timers()[kind](tx, ledger.Timer{Kind: kind, ID: id, Due: tx.Now()})
				})
			}
		}
		if got := p.steps(theOne); !slices.Equal(got, before) {
			p.t.Errorf("timers that came again did %q", got[len(before):])
		}
		if tally := p.round("SV-2612").Tally; tally.Returned != 0 || tally.Ended != 1 || tally.Sent != 1 {
			p.t.Errorf("the tally is %+v", tally)
		}
		p.answers(ana, "4") // too late: what it means is for a person to see
		if c := ana.conversation(); c.Open == "" {
			p.t.Errorf("the late answer was lost: %+v", c)
		}
	})
}
