package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// reacting sets how reactions fare, nil for well.
func (w *world) reacting(react func(ctx context.Context, channel, emoji string, on bool) error) {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	w.board.react = react
}

// Where Discord does not answer, more marks wait than are looked at in one go; those of
// another channel show at once all the same.
func TestASlowChannelDelaysNoOthersMarks(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		slow := w.thread()
		w.receive(newcomer(1))
		w.settle()
		quick := w.board.made[1]
		w.reacting(func(ctx context.Context, channel, _ string, _ bool) error {
			if channel != slow {
				return nil
			}
			<-ctx.Done()
			return &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "Discord gave no clear answer", Err: ctx.Err()}
		})
		const many = 250
		for i := range many {
			w.staff(slow, fmt.Sprint(5000+i), "satu")
		}
		time.Sleep(time.Second)
		w.staff(quick, "7000", "dua")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		w.wantMark("7000", "☑️")
		w.wantMark("5000")
		w.reacting(nil)
		w.settle()
		for i := range many {
			w.wantMark(fmt.Sprint(5000+i), "☑️")
		}
	})
}

// A right is missing: the ops channel is told once, and nothing is asked for again and
// again. Given back, the next change shows.
func TestMarksWithoutTheRight(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		th := w.thread()
		asked := 0
		w.reacting(func(context.Context, string, string, bool) error {
			w.board.mu.Lock()
			defer w.board.mu.Unlock()
			asked++
			return &bridge.SendError{Certainty: bridge.Blocked, Denied: true, RetryAfter: time.Minute, Reason: "the bot lacks a permission there: Add Reactions"}
		})
		w.staff(th, "5000", "satu")
		w.staff(th, "5001", "// catatan")
		for range 10 {
			w.settle()
		}
		if asked == 0 || asked > 6 {
			w.t.Errorf("%d marks were asked for", asked)
		}
		if views, err := w.store.Views(w.t.Context(), 10); err != nil || len(views) > 0 {
			w.t.Errorf("marks that still wait: %v %v", views, err)
		}
		told := 0
		for _, s := range w.board.threads["ops"] {
			if strings.Contains(s.content, "bot tidak punya izin Add Reactions") {
				told++
			}
		}
		if told != 1 {
			w.t.Errorf("the ops channel was told %d times", told)
		}
		w.reacting(nil)
		if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: byLID, IDs: []string{"ID-d/5000/0.1"}, At: time.Now()}); err != nil {
			w.t.Fatal(err)
		}
		w.settle()
		w.wantMark("5000", "✅")
	})
}

// A mark was put and the one before it could not be removed: the next one removes both.
func TestNoMarkIsLeftBehind(t *testing.T) {
	// From when there are ids of Discord: this run knows that it alone marked the message.
	liveFrom(t, time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), func(w *world) {
		w.client("m1", "halo")
		w.settle()
		id := snow(time.Now())
		w.staff(w.thread(), id, "satu")
		w.settle()
		w.wantMark(id, "☑️")
		w.reacting(func(_ context.Context, _, _ string, on bool) error {
			if on {
				return nil
			}
			return &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "Discord gave no clear answer"}
		})
		receipt := func(read bool) {
			if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: byLID, IDs: []string{"ID-d/" + id + "/0.1"}, Read: read, At: time.Now()}); err != nil {
				w.t.Fatal(err)
			}
		}
		receipt(false)
		w.settle()
		w.wantMark(id, "☑️", "✅")
		receipt(true)
		w.reacting(nil)
		w.settle()
		w.wantMark(id, "👀")
	})
}

// A right is missing in a channel of the desk's own: what is told names the channel.
func TestWhatIsHeldUpIsNamed(t *testing.T) {
	live(t, func(w *world) {
		w.board.mu.Lock()
		w.board.fail = func(string, int) (bool, error) {
			return false, &bridge.SendError{Certainty: bridge.Blocked, Denied: true, Reason: "the bot lacks a permission there: Send Messages"}
		}
		w.board.mu.Unlock()
		note := bridge.OpsNote("n1", "halo ops")
		note.Lane = bridge.ChannelLane("intake")
		if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { tx.Send(note); return nil }); err != nil {
			w.t.Fatal(err)
		}
		w.settle()
		w.board.mu.Lock()
		w.board.fail = nil
		w.board.mu.Unlock()
		w.settle()
		w.settle()
		if got := fmt.Sprint(w.board.threads["ops"]); strings.Count(got, "Kiriman ke kanal intake tertahan: bot tidak punya izin Send Messages") != 1 {
			w.t.Errorf("the ops channel shows %s", got)
		}
		if got := fmt.Sprint(w.board.threads["intake"]); strings.Count(got, "halo ops") != 1 {
			w.t.Errorf("the intake channel shows %s", got)
		}
	})
}
