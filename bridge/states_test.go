package bridge_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
)

// Nothing but a letter's own failures counts towards its death, however long it takes;
// and whatever is over is over for all kinds of letters.
func TestWhatCountsTowardsDeath(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  bridge.SendError
		dies bool
	}{
		{"429", bridge.SendError{Certainty: bridge.Blocked, RetryAfter: 2 * time.Minute, Reason: "Discord's rate limit"}, false},
		{"429 without a time", bridge.SendError{Certainty: bridge.Blocked, Reason: "WhatsApp asks us to slow down"}, false},
		{"5xx", bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "Discord gave no clear answer"}, false},
		{"no answer", bridge.SendError{Certainty: bridge.Unknown, Outage: true, RetryAfter: 2 * time.Minute, Reason: "WhatsApp did not answer in time"}, false},
		{"not reached", bridge.SendError{Certainty: bridge.NotSent, Outage: true, RetryAfter: 2 * time.Minute, Reason: "the session database failed"}, false},
		{"a right is missing", bridge.SendError{Certainty: bridge.Refused, Denied: true, Reason: "the bot lacks a permission there: Send Messages"}, false},
		{"odd answers", bridge.SendError{Certainty: bridge.Unknown, Reason: "WhatsApp answered with error 499"}, true},
		{"no keys", bridge.SendError{Certainty: bridge.NotSent, RetryAfter: time.Minute, Reason: "WhatsApp gave no keys for the client's phone"}, true},
		{"refused", bridge.SendError{Certainty: bridge.Refused, Reason: "the number is not on WhatsApp"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			live(t, func(w *world) {
				w.client("m1", "halo")
				w.settle()
				th := w.thread()
				w.staff(th, "5000", "satu")
				w.staff(th, "5001", "dua")
				w.settle()
				fail := func(string, int) (bool, error) { return false, new(test.err) }
				w.board.mu.Lock()
				w.phone.mu.Lock()
				w.board.fail, w.phone.fail = fail, fail
				w.phone.mu.Unlock()
				w.board.mu.Unlock()
				w.client("m2", "kedua")
				w.receive(newcomer(1)) // a post
				w.edit("5000", "SATU", time.Now())
				w.remove("5001")
				w.staff(th, "5002", "tiga")
				time.Sleep(14 * time.Minute)
				if !test.dies {
					w.board.mu.Lock()
					marks := w.board.reactions["5002"]
					w.board.mu.Unlock()
					if fmt.Sprint(marks) != "[🕓]" && test.name != "a right is missing" {
						t.Errorf("while it waits it is marked %q", marks)
					}
				}
				time.Sleep(80 * time.Minute)
				dead := 0
				for l, err := range w.store.Dead(w.t.Context()) {
					if dead++; err != nil || l.Kind == "post" {
						t.Errorf("buried: %s %v", l.ID, err)
					}
				}
				if test.dies != (dead > 0) {
					t.Errorf("%d letters were buried", dead)
				}
				w.board.mu.Lock()
				w.phone.mu.Lock()
				w.board.fail, w.phone.fail = nil, nil
				w.phone.mu.Unlock()
				w.board.mu.Unlock()
				for range 3 {
					w.settle()
				}
				if n := len(w.board.posts); n != 2 {
					t.Errorf("%d posts, want two", n)
				}
				if !test.dies { // the edit came too late
					w.phone.shown = slices.DeleteFunc(w.phone.shown, func(s string) bool { return strings.HasPrefix(s, "90001@lid") })
					w.wantPhone(greeting, "99@lid: satu", "99@lid: (ditarik)", "99@lid: tiga")
					w.wantMark("5002", "☑️")
					w.wantLineOn("5000", "15 menit")
				}
			})
		})
	}
}

// Hundreds of messages (thousands in a soak) in all states: after a restart each shows its own, also what
// changed while nobody was there to show it.
func TestMarksAfterARestart(t *testing.T) {
	t.Parallel()
	liveFrom(t, time.Date(2025, 1, 14, 2, 0, 0, 0, time.UTC), func(w *world) {
		messages := 400
		if os.Getenv("HALO_TEST_SOAK") != "" {
			messages = 5000
		}
		w.client("m1", "halo")
		w.settle()
		th := w.thread()
		w.phone.mu.Lock()
		w.phone.fail = func(id string, _ int) (bool, error) {
			if strings.Contains(id, "7/0.1") {
				return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "the number is not on WhatsApp"}
			}
			return true, nil
		}
		w.phone.mu.Unlock()
		id := func(i int) string { return fmt.Sprint(50_000 + i) }
		for i := range messages {
			w.staff(th, id(i), fmt.Sprint("pesan ", i))
		}
		for range 5 {
			w.settle()
		}
		receipts := func(read bool, of func(i int) bool) {
			var ids []string
			for i := range messages {
				if of(i) {
					ids = append(ids, "ID-d/"+id(i)+"/0.1")
				}
			}
			if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: byLID, IDs: ids, Read: read, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		receipts(false, func(i int) bool { return i < messages*6/10 })
		w.settle()
		w.stop()
		receipts(true, func(i int) bool { return i < messages*3/10 })
		receipts(false, func(i int) bool { return i < messages*7/10 })
		w.restart()
		for range 5 {
			w.settle()
		}
		wrong := 0
		for i := range messages {
			want := "[☑️]"
			switch {
			case i%10 == 7:
				want = "[❌]"
			case i < messages*3/10:
				want = "[👀]"
			case i < messages*7/10:
				want = "[✅]"
			}
			if got := fmt.Sprint(w.board.reactions[id(i)]); got != want {
				if wrong++; wrong < 5 {
					t.Errorf("message %d is marked %s, want %s", i, got, want)
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%d of %d marks are wrong", wrong, messages)
		}
	})
}

// The link goes down between a message and its sending, or was down when we started:
// the message says that it waits.
func TestWaitingMarkWhenTheLinkGoes(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.phone.mu.Lock()
		w.phone.fail = func(string, int) (bool, error) {
			return false, &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: time.Hour, Reason: "WhatsApp asks us to slow down"}
		}
		w.phone.mu.Unlock()
		th := w.thread()
		w.staff(th, "5001", "satu")
		time.Sleep(time.Second)
		w.staff(th, "5002", "dua")
		time.Sleep(time.Second)
		w.wantMark("5002")
		w.phone.mu.Lock()
		w.phone.up, w.phone.fail = false, nil
		w.phone.mu.Unlock()
		time.Sleep(20 * time.Second)
		w.wantMark("5002", "🕓")
		w.restart()
		w.settle()
		w.phone.mu.Lock()
		w.phone.up = true
		w.phone.mu.Unlock()
		time.Sleep(time.Hour)
		w.wantMark("5001", "☑️")
		w.wantMark("5002", "☑️")
	})
}

// clock fires the bridge's timers until the story's end.
func (w *world) clock() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		kinds := map[string]scheduler.Kind{bridge.TimerUndelivered: {Fire: bridge.Undelivered}}
		scheduler.New(w.store, kinds, time.Now, func() bool { return true }, w.log).Run(ctx)
	})
	return func() { cancel(); work.Wait() }
}

// A message that WhatsApp took and no phone got says so after a day, once; one that
// arrived, was taken back or belongs to a closed ticket does not.
func TestUndeliveredForADay(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		th := w.thread()
		w.staff(th, "5001", strings.Repeat("panjang ", 700)) // two parts, one line
		w.staff(th, "5002", "sampai")
		w.staff(th, "5003", "ditarik")
		w.settle()
		w.remove("5003")
		arrived := func(ids ...string) {
			if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: byLID, IDs: ids, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		arrived("ID-auto/" + w.number())
		if due, next, err := w.store.Due(w.t.Context(), time.Now().Add(25*time.Hour), 100); err != nil || len(due) != 4 || !next.IsZero() {
			t.Errorf("timers: %v %v %v, want those of four texts", due, next, err)
		}
		w.away(23 * time.Hour)
		arrived("ID-d/5002/0.1")
		stop := w.clock()
		time.Sleep(65 * time.Minute)
		stop()
		w.wantLineOn("5001", "Sudah 24 jam")
		w.wantLineOn("5002")
		w.wantLineOn("5003")
		w.staff(th, "5004", "terlambat")
		w.settle()
		w.closeTicket(w.number())
		w.away(25 * time.Hour)
		stop = w.clock()
		w.settle()
		stop()
		w.wantLineOn("5004")
		if due, _, err := w.store.Due(w.t.Context(), time.Now().Add(48*time.Hour), 100); err != nil || len(due) != 0 {
			t.Errorf("timers left: %v %v", due, err)
		}
	})
}

// A letter that died twice and got through at last: every notice says so.
func TestRetriedNotices(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.phone.mu.Lock()
		w.phone.fail = func(_ string, attempt int) (bool, error) {
			if attempt <= 2 {
				return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "the number is not on WhatsApp"}
			}
			return true, nil
		}
		w.phone.mu.Unlock()
		w.staff(w.thread(), "5001", "tiga kali")
		for range 2 {
			w.settle()
			w.wantMark("5001", "❌")
			w.retry("d/5001/0.1")
		}
		w.settle()
		w.wantMark("5001", "☑️")
		w.wantLineOn("5001", "✅ Terkirim", "✅ Terkirim")
		if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: byLID, IDs: []string{"ID-d/5001/0.1"}, Read: true, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.wantMark("5001", "👀")
	})
}

// A dead letter is described in one safe line.
func TestDescribe(t *testing.T) {
	at := time.Date(2025, 1, 14, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		l    ledger.Letter
		want string
	}{
		{ledger.Letter{Log: "HE-250114-0007", Lane: "wa/c1", Kind: "text", At: at, Body: []byte(`{"text":"*tebal* @everyone\nbaris dua"}`)},
			"`HE-250114-0007` · ke klien · “tebal @\u200beveryone baris dua” · <t:1736845200:f>"},
		{ledger.Letter{Log: "HE-250114-0007", Lane: "dc/HE-250114-0007", Kind: "say", Body: []byte(`{"content":"**Ana:** a\\_b ||rahasia||"}`)},
			"`HE-250114-0007` · ke thread · “Ana: ab rahasia”"},
		{ledger.Letter{Log: ledger.DeskLog, Lane: "ch/ops", Kind: "say", Body: []byte(`{"content":"x"}`)}, "ke kanal ops · “x”"},
		{ledger.Letter{Log: "HE-1", Lane: "wa/c1", Kind: "revoke"}, "`HE-1` · penarikan pesan dari klien"},
		{ledger.Letter{Log: "HE-1", Lane: "dc/HE-1", Kind: "tags", Body: []byte(`broken`)}, "`HE-1` · tanda pada post"},
	} {
		if got := bridge.Describe(test.l); got != test.want {
			t.Errorf("described as\n%s\nwant\n%s", got, test.want)
		}
	}
	long := bridge.Describe(ledger.Letter{Log: "HE-1", Kind: "text", Body: []byte(`{"text":"` + strings.Repeat("é", 5000) + `"}`)})
	if n := len([]rune(long)); n > 130 {
		t.Errorf("a description of %d characters", n)
	}
	if got := bridge.Why(ledger.Status{Reason: "the number is not on WhatsApp"}); got != "nomor ini tidak terdaftar di WhatsApp" {
		t.Errorf("why: %s", got)
	}
}
