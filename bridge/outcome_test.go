package bridge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// refuses makes WhatsApp refuse a letter, by the end of its name, or take everything ("").
func (w *world) refuses(text func(id string) bool) {
	w.phone.mu.Lock()
	defer w.phone.mu.Unlock()
	w.phone.fail = func(id string, _ int) (bool, error) {
		if text != nil && text(id) {
			return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "the number is not on WhatsApp"}
		}
		return true, nil
	}
}

// resolvable is a desk with closing sentences and an accepted easy ticket.
func resolvable(t *testing.T, story func(w *world)) {
	t.Helper()
	liveFrom(t, in2025, func(w *world) {
		w.desk(func(d *bridge.Desk) {
			d.Sentences = ticket.Sentences{ticket.AutoText: "Selamat datang.", ticket.SayClosingEasy: "Saya tutup ya kak.", ticket.SayChecking: "Kami cek."}
		})
		w.client("m1", "halo")
		w.settle()
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
			events, err := t.Accept("sari", tx.Now())
			if err != nil {
				return nil, err
			}
			more, err := t.Classify(ticket.Easy, "sari", tx.Now())
			return append(events, more...), err
		})
		w.writtenBy("sari", "5001", "Sudah saya perbaiki")
		w.settle()
		story(w)
	})
}

func (w *world) resolve() {
	w.t.Helper()
	w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
		return t.Resolve("a", "b", "sari", tx.Now())
	})
}

// Silence counts from when WhatsApp took the closing sentence, not from resolving, and
// only of the present resolution.
func TestClosingSentenceAtItsOutcome(t *testing.T) {
	resolvable(t, func(w *world) {
		w.phone.mu.Lock()
		w.phone.up = false
		w.phone.mu.Unlock()
		w.resolve()
		time.Sleep(time.Hour)
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
			return t.Reopen("keliru", "sari", tx.Now())
		})
		time.Sleep(time.Hour)
		w.resolve()
		if tk := w.ticketNow(); !tk.ClosingSent.IsZero() || !tk.SilentFrom.IsZero() {
			t.Errorf("while WhatsApp is away: %+v", tk)
		}
		w.refuses(func(id string) bool { return false })
		w.phone.mu.Lock()
		w.phone.up = true
		w.phone.mu.Unlock()
		back := w.now()
		w.settle()
		if tk := w.ticketNow(); tk.ClosingSent.Before(back) || !tk.SilentFrom.Equal(tk.ClosingSent) {
			t.Errorf("sent at %s, silent from %s, back since %s", tk.ClosingSent, tk.SilentFrom, back)
		}
		if n := w.eventsOf("closing_sent"); n != 1 {
			t.Errorf("the closing sentence was accepted %d times", n)
		}
		w.greeted("99@lid: Sudah saya perbaiki", "99@lid: Saya tutup ya kak.", "99@lid: Saya tutup ya kak.")
	})
}

// A closing sentence that WhatsApp refuses calls the agent, with all he may do about it;
// sent again it counts as ever.
func TestClosingSentenceIsRefused(t *testing.T) {
	resolvable(t, func(w *world) {
		w.refuses(func(id string) bool { return true })
		w.resolve()
		w.settle()
		tk := w.ticketNow()
		if _, waits := tk.Waiting(ticket.Client, ticket.Staff); !waits || tk.State != ticket.Resolved || !tk.ClosingSent.IsZero() {
			t.Errorf("after the refusal: %+v", tk)
		}
		if n := len(w.linesOf("Tidak terkirim ke klien: “Saya tutup ya kak.”")); n != 1 {
			t.Errorf("%d lines name the sentence that was not sent", n)
		}
		line := w.linesOf("kalimat penutup tidak sampai")
		if len(line) != 1 || !slices.Equal(w.board.pings[line[0].id], []string{"sari"}) {
			t.Fatalf("the agent is told %v", line)
		}
		var ids []string
		for _, b := range w.board.buttons[line[0].id] {
			ids = append(ids, b.ID)
		}
		if !slices.Equal(ids, []string{"t:close", "t:reopen"}) {
			t.Errorf("he may press %q", ids)
		}
		w.refuses(nil)
		dead, _, err := w.store.DeadLetters(w.t.Context(), 0, 10)
		if err != nil || len(dead) != 1 {
			t.Fatalf("dead: %v, %v", dead, err)
		}
		w.retry(dead[0].Letter.ID)
		w.settle()
		tk = w.ticketNow()
		if _, waits := tk.Waiting(ticket.Client, ticket.Staff); waits || tk.SilentFrom.IsZero() {
			t.Errorf("after the retry: %+v", tk)
		}
		w.greeted("99@lid: Sudah saya perbaiki", "99@lid: Saya tutup ya kak.")
	})
}

// A desk without a closing sentence closes its tickets all the same.
func TestNoClosingSentence(t *testing.T) {
	resolvable(t, func(w *world) {
		w.desk(func(d *bridge.Desk) { delete(d.Sentences, ticket.SayClosingEasy) })
		w.resolve()
		w.settle()
		if tk := w.ticketNow(); tk.SilentFrom.IsZero() || w.eventsOf("closing_sent") != 1 {
			t.Errorf("after resolving: %+v", tk)
		}
	})
}

// A sentence with something new is news when WhatsApp took it.
func TestNewsAtTheirOutcome(t *testing.T) {
	resolvable(t, func(w *world) {
		before := w.ticketNow().LastNews
		w.phone.mu.Lock()
		w.phone.up = false
		w.phone.mu.Unlock()
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) { return t.Checking("sari", tx.Now()) })
		time.Sleep(time.Hour)
		if got := w.ticketNow().LastNews; !got.Equal(before) {
			t.Errorf("news at %s, while WhatsApp is away", got)
		}
		w.phone.mu.Lock()
		w.phone.up = true
		w.phone.mu.Unlock()
		back := w.now()
		w.settle()
		if tk := w.ticketNow(); tk.LastNews.Before(back) || tk.LastStaff.After(back) {
			t.Errorf("news at %s, words at %s, back since %s", tk.LastNews, tk.LastStaff, back)
		}
		w.greeted("99@lid: Sudah saya perbaiki", "99@lid: Kami cek.")
	})
}

// linesOf are those of the thread with some words.
func (w *world) linesOf(part string) (all []said) {
	for _, s := range w.lines() {
		if containsFold(s.content, part) {
			all = append(all, s)
		}
	}
	return all
}
