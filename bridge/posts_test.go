package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// newcomer is the message of client i.
func newcomer(i int) bridge.ClientMessage {
	return bridge.ClientMessage{
		ID: fmt.Sprint("n", i), Text: fmt.Sprintf("stok *toko* %d tidak cocok", i),
		Chat: bridge.Address(fmt.Sprintf("9%04d@lid", i)), Alt: bridge.Address(fmt.Sprintf("62812%04d@s.whatsapp.net", i)),
	}
}

// limitPosts lets the board open n posts, then none for wait, and so on, as Discord's
// unpublished limit does; it reports how often it was asked in vain.
func (w *world) limitPosts(n int, wait time.Duration) (refused func() int) {
	var reset time.Time
	left, vain := n, 0
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	w.board.fail = func(what string, _ int) (bool, error) {
		if what != "post" {
			return true, nil
		}
		if now := time.Now(); !now.Before(reset) {
			left, reset = n, now.Add(wait)
		}
		if left == 0 {
			vain++
			return false, &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: time.Until(reset), Reason: "Discord's rate limit"}
		}
		left--
		return true, nil
	}
	return func() int { w.board.mu.Lock(); defer w.board.mu.Unlock(); return vain }
}

// A hundred and fifty new tickets meet a limit of 50 posts in 219 seconds: what is said in open
// threads goes through at once all the while, one message in the intake channel says
// who waits, and in the end all have their post and nothing was asked in vain for long.
func TestNewTicketsDoNotHoldUpOpenOnes(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		th := w.thread()
		w.board.finds = 0
		vain := w.limitPosts(50, 219*time.Second)
		for i := range 150 {
			w.receive(newcomer(i))
		}
		for i := range 100 {
			words := fmt.Sprintf("pesan ke-%d", i)
			w.client(fmt.Sprint("x", i), words)
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			w.board.mu.Lock()
			shown := w.board.threads[th]
			w.board.mu.Unlock()
			if last := shown[len(shown)-1].content; last != "**Ana:** "+words {
				t.Fatalf("after 100 ms the open thread ends in %q, want %q", last, words)
			}
			time.Sleep(900 * time.Millisecond)
		}
		list := w.intake()
		if len(list) != 1 || !strings.Contains(list[0], "100 tiket menunggu") || !strings.Contains(list[0], "… dan 80 lagi") ||
			!strings.Contains(list[0], " — stok toko ") || strings.Count(list[0], "\n• ") != 20 {
			t.Errorf("intake shows %q", list)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := len(w.board.posts); n != 151 {
			t.Errorf("%d posts, want 151", n)
		}
		if list := w.intake(); len(list) != 1 || !strings.Contains(list[0], "kini sudah punya post") {
			t.Errorf("in the end intake shows %q", list)
		}
		if n := vain(); n > 30 {
			t.Errorf("%d posts were tried in vain", n)
		}
		if n := w.board.finds; n != 0 {
			t.Errorf("the forum was searched %d times for posts that were certainly not made", n)
		}
	})
}

func (w *world) intake() (shown []string) {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for _, s := range w.board.threads["intake"] {
		shown = append(shown, s.content)
	}
	return shown
}

// The announcement is finished by whoever leads next, and a second crowd gets a new one.
func TestBurstSurvivesARestart(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.limitPosts(5, 219*time.Second)
		for i := range 12 {
			w.receive(newcomer(i))
		}
		time.Sleep(30 * time.Second)
		if list := w.intake(); len(list) != 1 || !strings.Contains(list[0], "7 tiket menunggu") {
			t.Errorf("intake shows %q", list)
		}
		w.restart()
		time.Sleep(20 * time.Minute)
		if list := w.intake(); len(list) != 1 || !strings.Contains(list[0], "kini sudah punya post") {
			t.Errorf("after the restart intake shows %q", list)
		}
		for i := range 12 {
			w.receive(newcomer(100 + i))
		}
		time.Sleep(20 * time.Minute)
		if list := w.intake(); len(list) != 2 || !strings.Contains(list[1], "kini sudah punya post") {
			t.Errorf("after a second crowd intake shows %q", list)
		}
		synctest.Wait()
		if n := len(w.board.posts); n != 24 {
			t.Errorf("%d posts, want 24", n)
		}
	})
}

// A post is made once, however its making goes wrong: its answer was lost, the process
// died before it was written down, or it appears only after we gave up waiting.
func TestOnePostWhateverHappens(t *testing.T) {
	lost := &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "no answer"}
	for name, fault := range map[string]func(w *world) func(what string, attempt int) (bool, error){
		"lost answer": func(*world) func(string, int) (bool, error) {
			return func(what string, attempt int) (bool, error) {
				if what == "post" && attempt == 1 {
					return true, lost
				}
				return true, nil
			}
		},
		"not made, unclear": func(*world) func(string, int) (bool, error) {
			return func(what string, attempt int) (bool, error) {
				if what == "post" && attempt <= 3 {
					return false, lost
				}
				return true, nil
			}
		},
		"limit, then lost answer": func(*world) func(string, int) (bool, error) {
			return func(what string, attempt int) (bool, error) {
				switch {
				case what == "post" && attempt == 1:
					return false, &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: time.Second, Reason: "limit"}
				case what == "post" && attempt == 2:
					return true, lost
				}
				return true, nil
			}
		},
		"delayed": func(w *world) func(string, int) (bool, error) {
			w.board.delay = 20 * time.Second
			return func(string, int) (bool, error) { return true, nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			live(t, func(w *world) {
				w.board.fail = fault(w)
				w.client("m1", "satu")
				w.settle()
				w.client("m2", "dua")
				w.settle()
				w.wantThread("**Ana:** satu", autoNote, "**Ana:** dua")
				if len(w.board.posts) != 1 {
					t.Errorf("posts: %q, want one", w.board.posts)
				}
			})
		})
	}
	t.Run("crash before the commit", func(t *testing.T) {
		live(t, func(w *world) {
			w.leaseMu.Lock()
			w.crashAt = map[string]bool{"d.posted": true}
			w.leaseMu.Unlock()
			w.client("m1", "satu")
			time.Sleep(time.Second)
			w.leaseMu.Lock()
			w.crashAt = nil
			w.leaseMu.Unlock()
			w.restart()
			w.settle()
			w.wantThread("**Ana:** satu", autoNote)
			if len(w.board.posts) != 1 {
				t.Errorf("posts: %q, want one", w.board.posts)
			}
		})
	})
}

// A board that takes fifty requests a second gets no more than it can take before
// their deadlines, however many lanes there are.
func TestManyNewTicketsAtOnce(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		turn := make(chan struct{}, 1)
		late := make(chan struct{}, 10_000)
		w.board.queue = func(ctx context.Context) error {
			select {
			case turn <- struct{}{}:
				time.Sleep(20 * time.Millisecond)
				<-turn
				return nil
			case <-ctx.Done():
				late <- struct{}{}
				return &bridge.SendError{Certainty: bridge.Blocked, Reason: "the queue is full"}
			}
		}
		const clients = 200
		for i := range clients {
			w.receive(bridge.ClientMessage{
				ID: fmt.Sprint("m", i), Text: "halo",
				Chat: bridge.Address(fmt.Sprintf("9%d@lid", i)), Alt: bridge.Address(fmt.Sprintf("62812%d@s.whatsapp.net", i)),
			})
		}
		w.settle()
		if n := len(w.board.posts); n != clients || len(late) > 0 {
			t.Errorf("%d posts, %d attempts that waited in vain", n, len(late))
		}
	})
}
