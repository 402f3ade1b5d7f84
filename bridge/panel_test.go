package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// panel is what stands in the intake channel: how many messages, and the last one's card.
func (w *world) panel() (messages int, shows []string) {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	all := w.board.threads["intake"]
	if len(all) == 0 {
		return 0, nil
	}
	cards := w.board.cards[all[len(all)-1].id]
	if len(cards) == 0 {
		return len(all), nil
	}
	card := cards[len(cards)-1].Card
	shows = append(shows, strings.Split(card.Text, "\n")...)
	for _, f := range card.Fields {
		shows = append(shows, f.Name+": "+strings.ReplaceAll(f.Value, "\n", "|"))
	}
	return len(all), shows
}

func (w *world) wantPanel(want ...string) {
	w.t.Helper()
	n, got := w.panel()
	if n != 1 || !slices.Equal(got, want) {
		w.t.Errorf("%d messages, the panel shows\n%s\nwant\n%s", n, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// onDuty makes somebody come on duty.
func (w *world) onDuty(user string) {
	w.t.Helper()
	_, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		d := ticket.Duty{User: user}
		d.Go(ticket.OnDuty, user, tx.Now())
		w.policy.RefreshPanel(tx)
		return d.Save(tx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// The panel says whose clients wait and who is there. It is one message, changed at most
// every ten seconds; when it is old or gone a new one takes its place.
func TestThePanelIsOneMessageThatKeepsUp(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.policy.Panel = true
		w.restart()
		w.onDuty("sari")
		w.settle()
		empty := []string{"✅ Tidak ada klien yang menunggu jawaban.", "Tiket terbuka: 0 dari batas 15", "Sedang dicarikan agen: 0", "Menunggu jawaban: 0", "Bertugas: <@sari> · 0 tiket"}
		w.wantPanel(empty...)

		number, asked := w.firstNumber(), time.Now()
		w.client("m1", "stok tidak cocok")
		time.Sleep(15 * time.Second)
		th := w.thread()
		waits := fmt.Sprintf("⏳ <t:%d:R> · <#%s> · ", asked.Unix(), th)
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Accept("sari", time.Now()) })
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
			return tk.Classify(ticket.Hard, "sari", time.Now())
		})
		w.settle()
		w.wantPanel(waits+"<@sari> · Hard", "Tiket terbuka: 1 dari batas 15", "Sedang dicarikan agen: 0", "Menunggu jawaban: 1", "Bertugas: <@sari> · 1 tiket")

		// Many changes are few edits.
		w.board.mu.Lock()
		id := w.board.threads["intake"][0].id
		before := w.board.tries["update "+id]
		w.board.mu.Unlock()
		for i := range 60 {
			class := ticket.Classes()[i%3]
			w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Classify(class, "sari", time.Now()) })
			time.Sleep(time.Second)
		}
		w.board.mu.Lock()
		if n := w.board.tries["update "+id] - before; n < 3 || n > 7 {
			w.t.Errorf("%d edits in a minute, want about 6", n)
		}
		w.board.mu.Unlock()

		// An old one is replaced when something changes, a deleted one too.
		time.Sleep(2 * time.Hour)
		w.onDuty("budi")
		w.settle()
		after := []string{waits + "<@sari> · Hard", "Tiket terbuka: 1 dari batas 15", "Sedang dicarikan agen: 0", "Menunggu jawaban: 1", "Bertugas: <@sari> · 1 tiket|<@budi> · 0 tiket"}
		w.wantPanel(after...)
		w.board.mu.Lock()
		second := w.board.threads["intake"][0].id
		w.board.threads["intake"] = nil
		w.board.fail = func(what string, _ int) (bool, error) {
			if what == "update "+second {
				return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "the message was deleted in Discord"}
			}
			return true, nil
		}
		w.board.mu.Unlock()
		if second == id {
			w.t.Error("the old message was kept")
		}
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
			return tk.Classify(ticket.Easy, "sari", time.Now())
		})
		w.settle()
		after[0] = waits + "<@sari> · Easy"
		w.wantPanel(after...)
	})
}

// Whoever leads next finds a panel that was announced and perhaps written.
func TestThePanelSurvivesACrash(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.policy.Panel = true
		w.restart()
		w.board.mu.Lock()
		w.board.fail = func(what string, attempt int) (bool, error) {
			if strings.HasPrefix(what, "say 📋") && attempt == 1 {
				return true, &bridge.SendError{Certainty: bridge.Unknown, Outage: true, RetryAfter: 5 * time.Minute, Reason: "no answer"}
			}
			return true, nil
		}
		w.board.mu.Unlock()
		w.onDuty("sari")
		time.Sleep(3 * time.Second)
		w.away(10 * time.Minute)
		w.settle()
		w.onDuty("budi")
		w.settle()
		w.wantPanel("✅ Tidak ada klien yang menunggu jawaban.", "Tiket terbuka: 0 dari batas 15", "Sedang dicarikan agen: 0", "Menunggu jawaban: 0",
			"Bertugas: <@sari> · 0 tiket|<@budi> · 0 tiket")
	})
}

// A panel that arrived although nobody said so, and is out of date by then, is put right.
func TestThePanelThatArrivedUnheardIsPutRight(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.policy.Panel = true
		w.board.mu.Lock()
		w.board.fail = func(what string, attempt int) (bool, error) {
			if strings.HasPrefix(what, "say 📋") && attempt == 1 {
				return true, &bridge.SendError{Certainty: bridge.Unknown, Outage: true, RetryAfter: 5 * time.Minute, Reason: "no answer"}
			}
			return true, nil
		}
		w.board.mu.Unlock()
		w.restart()
		time.Sleep(3 * time.Second)
		w.onDuty("sari")
		w.settle()
		time.Sleep(10 * time.Minute)
		w.wantPanel("✅ Tidak ada klien yang menunggu jawaban.", "Tiket terbuka: 0 dari batas 15", "Sedang dicarikan agen: 0", "Menunggu jawaban: 0",
			"Bertugas: <@sari> · 0 tiket")
	})
}

// Of more people on duty than there is room for, the panel names some and counts the rest.
func TestThePanelNamesWholePeople(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.policy.Panel = true
		w.restart()
		for i := range 40 {
			w.onDuty(fmt.Sprint(100000000000000000 + i))
		}
		w.settle()
		time.Sleep(time.Minute)
		_, shows := w.panel()
		named := strings.Split(strings.TrimPrefix(shows[len(shows)-1], "Bertugas: "), "|")
		n := len(named) - 1
		if want := fmt.Sprintf("… dan %d lagi", 40-n); n < 20 || named[n] != want || !strings.HasSuffix(named[n-1], "> · 0 tiket") {
			t.Errorf("%d are named, and at last %q", n, named[max(0, n-1):])
		}
	})
}
