package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// edit changes an agent's message at a moment, twice, as a redelivery would.
func (w *world) edit(id, text string, at time.Time, roles ...string) {
	w.t.Helper()
	if len(roles) == 0 {
		roles = []string{agentRole}
	}
	m := bridge.StaffMessage{ID: id, Channel: w.thread(), Author: "sari", Name: "Sari", Roles: roles, Text: text, At: at, Edited: at}
	for range 2 {
		if err := w.relay.Edited(w.t.Context(), m); err != nil {
			w.t.Fatalf("edit %s: %v", id, err)
		}
	}
}

// remove deletes a message in the thread, twice.
func (w *world) remove(id string) {
	w.t.Helper()
	for range 2 {
		if err := w.relay.Deleted(w.t.Context(), w.thread(), id, time.Now()); err != nil {
			w.t.Fatalf("delete %s: %v", id, err)
		}
	}
}

// lines are what the thread shows as answers to a message.
func (w *world) linesOn(message string) (lines []string) {
	w.t.Helper()
	id := w.thread()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for _, s := range w.board.threads[id] {
		if s.replyTo == message {
			lines = append(lines, s.content)
		}
	}
	return lines
}

func (w *world) wantLineOn(message string, parts ...string) {
	w.t.Helper()
	lines := w.linesOn(message)
	if len(lines) != len(parts) {
		w.t.Errorf("%s is answered %q, want %d lines", message, lines, len(parts))
		return
	}
	for i, part := range parts {
		if part == "" || !strings.Contains(lines[i], part) {
			w.t.Errorf("%s is answered %q, want something with %q", message, lines[i], part)
		}
	}
}

const greeting = "99@lid: Selamat datang."

// What an agent changes or deletes follows to the client, also when it was not sent yet.
func TestEditsAndDeletionsFollow(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.staff(w.thread(), "5001", "Baik kak, **kami** cek")
		w.staff(w.thread(), "5002", "salah kirim")
		w.settle()
		w.edit("5001", "Baik kak, **kami** cek dulu", time.Now())
		w.remove("5002")
		w.settle()
		w.wantPhone(greeting, "99@lid: Baik kak, *kami* cek dulu", "99@lid: (ditarik)")

		w.phone.mu.Lock()
		w.phone.up = false
		w.phone.mu.Unlock()
		w.staff(w.thread(), "5003", "satu")
		w.edit("5003", "dua", time.Now())
		w.edit("5003", "tiga", time.Now().Add(time.Second))
		w.edit("5003", "dua", time.Now()) // heard of too late
		w.staff(w.thread(), "5004", "empat")
		w.remove("5004")
		w.edit("5004", "lima", time.Now()) // what is gone is not changed
		w.settle()
		w.phone.mu.Lock()
		w.phone.up = true
		w.phone.mu.Unlock()
		w.settle()
		w.wantPhone(greeting, "99@lid: Baik kak, *kami* cek dulu", "99@lid: (ditarik)", "99@lid: tiga", "99@lid: (ditarik)")
		if lines := slices.Concat(w.linesOn("5001"), w.linesOn("5003"), w.linesOn("5004")); len(lines) > 0 {
			t.Errorf("agents were told %q", lines)
		}
		var edits, deletions int
		for e := range w.store.Events(w.t.Context(), w.number()) {
			switch e.What {
			case "agent_edited":
				edits++
			case "agent_deleted":
				deletions++
			}
		}
		if edits != 3 || deletions != 2 {
			t.Errorf("%d edits and %d deletions in the log, want 3 and 2", edits, deletions)
		}
	})
}

// An edit or a revoke whose answer was lost, or which found WhatsApp away, is made once.
func TestEditsThroughFaults(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.staff(w.thread(), "5001", "satu")
		w.staff(w.thread(), "5002", "dua")
		w.settle()
		w.phone.mu.Lock()
		w.phone.fail = func(_ string, attempt int) (bool, error) {
			switch attempt {
			case 1:
				return false, &bridge.SendError{Certainty: bridge.Blocked, Reason: "WhatsApp is not connected"}
			case 2:
				return true, &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "WhatsApp did not answer in time"}
			}
			return true, nil
		}
		w.phone.mu.Unlock()
		w.edit("5001", "SATU", time.Now())
		w.remove("5002")
		w.settle()
		w.wantPhone(greeting, "99@lid: SATU", "99@lid: (ditarik)")
	})
}

// The process dies at any step of an edit, a revoke, a rewrite or a notice: the next one
// finishes each once.
func TestEditsThroughCrashes(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"claimed", "begun", "pre-post", "posted", "committed"} {
		for _, way := range []string{"w.", "d."} {
			t.Run(way+step, func(t *testing.T) {
				live(t, func(w *world) {
					w.receive(bridge.ClientMessage{ID: "m1", Unreadable: "no session"})
					w.settle()
					w.staff(w.thread(), "5001", "satu")
					w.staff(w.thread(), "5002", "dua")
					w.settle()
					crash := func(on bool) {
						w.leaseMu.Lock()
						defer w.leaseMu.Unlock()
						w.crashAt = map[string]bool{way + step: on}
					}
					crash(true)
					w.edit("5001", "SATU", time.Now())
					w.remove("5002")
					w.receive(bridge.ClientMessage{ID: "m1", Text: "terbaca"})
					time.Sleep(time.Second)
					for range 2 {
						w.restart() // it dies once more
						time.Sleep(time.Second)
					}
					crash(false)
					w.restart()
					w.settle()
					w.wantPhone(greeting, "99@lid: SATU", "99@lid: (ditarik)")
					w.wantThread("**Ana:** terbaca", autoNote, "⬆️ Pesan yang tadinya belum terbaca kini terbaca.")
				})
			})
		}
	}
}

// Beyond what WhatsApp allows, the message itself says so.
func TestTooLateToFollow(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.staff(w.thread(), "5001", "harga 10")
		w.settle()
		time.Sleep(14 * time.Minute) // 16 since it was sent
		w.edit("5001", "harga 100", time.Now())
		w.settle()
		w.wantLineOn("5001", "hanya mengizinkannya dalam 15 menit")
		w.wantPhone(greeting, "99@lid: harga 10")
		w.away(46 * time.Hour)
		w.staff(w.thread(), "5002", "masih bisa")
		w.settle()
		w.away(110 * time.Minute)
		w.remove("5001") // 2 days and some minutes
		w.remove("5002")
		w.settle()
		w.wantPhone(greeting, "99@lid: harga 10", "99@lid: (ditarik)")
		lines := w.linesOn("5001")
		if last := lines[len(lines)-1]; !strings.Contains(last, "tidak dapat ditarik lagi") || !strings.Contains(last, "harga 10") {
			t.Errorf("the last line is %q", last)
		}
	})
}

// A long message goes in parts: each is changed for itself, what became shorter is
// taken back, and what became longer is left as it is and said so.
func TestEditsInParts(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		a, b, c := strings.Repeat("aaa ", 1000), strings.Repeat("bbb ", 1000), strings.Repeat("ccc ", 1000)
		w.staff(w.thread(), "5001", a+b)
		w.settle()
		if n := len(w.phone.shown); n != 3 {
			t.Fatalf("%d messages on the phone, want 3", n)
		}
		first := w.phone.shown[1]
		w.edit("5001", a+strings.TrimSuffix(b, "bbb ")+"BBB", time.Now())
		w.settle()
		if got := w.phone.shown; got[1] != first || !strings.HasSuffix(got[2], "bbb BBB") {
			t.Errorf("phone shows %.20q", got)
		}
		for id, n := range w.phone.tries {
			if strings.HasSuffix(id, "/0") && strings.HasPrefix(id, "ID-e/") {
				t.Errorf("a part that did not change was changed %d times: %s", n, id)
			}
		}
		w.edit("5001", a+b+c, time.Now().Add(time.Second))
		w.settle()
		w.wantLineOn("5001", "lebih panjang")
		w.edit("5001", "singkat", time.Now().Add(2*time.Second))
		w.settle()
		w.wantPhone(greeting, "99@lid: singkat", "99@lid: (ditarik)")
		w.edit("5001", a+b, time.Now().Add(3*time.Second)) // what was taken back does not return
		w.settle()
		w.wantPhone(greeting, "99@lid: singkat", "99@lid: (ditarik)")
		w.wantLineOn("5001", "lebih panjang", "lebih panjang")
		w.remove("5001")
		w.settle()
		w.wantPhone(greeting, "99@lid: (ditarik)", "99@lid: (ditarik)")
	})
}

// An edit sends nothing that was not for the client before: neither notes nor the
// words of others; whoever wanted it reads what to do.
func TestEditsLeakNothing(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		th := w.thread()
		w.staff(th, "5001", "// klien ini cerewet")
		w.staff(th, "5002", "bug lama", "role-developer")
		w.staff(th, "5003", "Baik kak\n// jangan beri diskon\nkami cek")
		w.staff(th, "5004", "Sebentar kak")
		w.staff(th, "5005", "Terima kasih")
		w.settle()
		shown := slices.Clone(w.phone.shown)
		at := time.Now()
		w.edit("5001", "klien ini cerewet", at)
		w.edit("5002", "bug lama, sudah diperbaiki", at, "role-developer")
		w.edit("5003", "Baik kak\njangan beri diskon\nkami cek", at)
		w.edit("5004", "// Sebentar kak", at)
		w.edit("5005", "Terima kasih banyak", at, "role-developer") // the role was taken away
		w.settle()
		w.wantPhone(shown...)
		w.wantLineOn("5001", "tulislah sebagai pesan baru")
		w.wantLineOn("5002")
		w.wantLineOn("5003", "tadinya catatan")
		w.wantLineOn("5004", "hapuslah pesan ini")
		w.wantLineOn("5005", "tidak lagi berperan")
		w.edit("5003", "Baik kak\n// jangan beri diskon\nkami cek sekarang", at.Add(time.Second))
		w.remove("5001")
		w.settle()
		w.wantPhone(greeting, "99@lid: Baik kak\nkami cek sekarang", "99@lid: Sebentar kak", "99@lid: Terima kasih")
	})
}

// What never got through is not taken back; retried after an edit it says the new words,
// retried after a deletion it says nothing.
func TestEditsOfTheDead(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.phone.mu.Lock()
		w.phone.fail = func(id string, _ int) (bool, error) {
			return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "the number is not on WhatsApp"}
		}
		w.phone.mu.Unlock()
		w.staff(w.thread(), "5001", "lama")
		w.staff(w.thread(), "5002", "batal")
		w.settle()
		w.edit("5001", "baru", time.Now())
		w.remove("5002")
		w.settle()
		w.phone.mu.Lock()
		w.phone.fail = nil
		w.phone.mu.Unlock()
		w.wantMark("5001", "❌")
		w.retry("d/5001/0.1")
		w.retry("d/5002/0.1")
		w.settle()
		w.wantPhone(greeting, "99@lid: baru")
		w.wantMark("5001", "☑️")
		w.wantLineOn("5001", "✅ Terkirim ke klien setelah dikirim ulang.")
		w.wantLineOn("5002", "tidak terdaftar", "sudah dihapus di Discord")
	})
}

// An edit that WhatsApp refuses can be retried, and says when it arrived.
func TestRefusedEdit(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.staff(w.thread(), "5001", "lama")
		w.settle()
		w.phone.mu.Lock()
		w.phone.fail = func(id string, attempt int) (bool, error) {
			if attempt == 1 {
				return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "WhatsApp refused the message (error 400)"}
			}
			return true, nil
		}
		w.phone.mu.Unlock()
		at := time.Now()
		w.edit("5001", "baru", at)
		w.settle()
		w.wantLineOn("5001", "❌ Perubahan pesan ini tidak sampai ke klien")
		for l := range w.store.Dead(w.t.Context()) {
			w.retry(l.ID)
		}
		w.settle()
		w.wantPhone(greeting, "99@lid: baru")
		w.wantLineOn("5001", "✅ Perubahannya sampai")
	})
}

// What can still be changed is known after a restart, with the version that was heard
// of; deleted, old and unsent-for-ever messages are not among it.
func TestRecent(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		th := w.thread()
		old, a, b, c := snow(time.Now().Add(-49*time.Hour)), snow(time.Now().Add(-time.Hour)), snow(time.Now()), snow(time.Now().Add(time.Second))
		for _, id := range []string{old, a, b, c} {
			w.staff(th, id, "kata "+id)
		}
		w.staff(th, snow(time.Now().Add(2*time.Second)), "// catatan")
		edited := time.Now().Add(123456 * time.Nanosecond)
		w.edit(a, "kata lain", edited)
		w.remove(b)
		w.settle()
		relay := bridge.NewRelay(w.store, w.policy, w.log)
		got, err := relay.Recent(w.t.Context(), th)
		if err != nil || len(got) != 2 || got[0].ID != a || !got[0].Edited.Equal(edited) || got[1].ID != c || !got[1].Edited.IsZero() {
			t.Errorf("recent: %+v %v", got, err)
		}
		if threads, err := relay.RecentThreads(w.t.Context()); err != nil || !slices.Equal(threads, []string{th}) {
			t.Errorf("threads: %v %v", threads, err)
		}
		if got, err := relay.Recent(w.t.Context(), "another"); err != nil || len(got) != 0 {
			t.Errorf("of a foreign channel: %v %v", got, err)
		}
		w.away(48 * time.Hour)
		if threads, err := w.relay.RecentThreads(w.t.Context()); err != nil || len(threads) != 0 {
			t.Errorf("two days later: %v %v", threads, err)
		}
	})
}

// Foreign channels are named so, what was not taken in yet comes with the words it has,
// and a change moves no cursor.
func TestCursorMovesByKnowledgeOnly(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		th := w.thread()
		cursor := func() string {
			t.Helper()
			last, known, err := w.relay.Cursor(w.t.Context(), th)
			if err != nil || !known {
				t.Fatalf("cursor: %v %v", known, err)
			}
			return last
		}
		m := bridge.StaffMessage{ID: "7001", Channel: "foreign", Roles: []string{agentRole}, Text: "x", At: time.Now(), Edited: time.Now()}
		if err := w.relay.Edited(w.t.Context(), m); !errors.Is(err, bridge.ErrNotOurs) {
			t.Errorf("an edit in a foreign channel: %v", err)
		}
		if err := w.relay.Deleted(w.t.Context(), "foreign", "7001", time.Now()); !errors.Is(err, bridge.ErrNotOurs) {
			t.Errorf("a deletion in a foreign channel: %v", err)
		}
		w.staff(th, "6001", "satu")
		if got := cursor(); got != "6001" {
			t.Errorf("cursor at %s after 6001", got)
		}
		at := time.Now()
		w.edit("6005", "belum dibaca", at) // never heard of
		w.remove("6006")
		w.edit("6001", "SATU", at)
		w.remove("6001")
		if got := cursor(); got != "6001" {
			t.Errorf("an edit or a deletion moved the cursor to %s", got)
		}
		w.staff(th, "5999", "dari celah") // found by a catch-up from an older place
		if got := cursor(); got != "6001" {
			t.Errorf("an older message moved the cursor to %s", got)
		}
		m = bridge.StaffMessage{ID: "6005", Channel: th, Author: "sari", Roles: []string{agentRole}, Text: "belum dibaca", At: at, Edited: at}
		if err := w.relay.Reply(w.t.Context(), m); err != nil {
			t.Fatal(err)
		}
		w.edit("6005", "belum dibaca", at)
		w.edit("6005", "sudah", at.Add(time.Second))
		w.settle()
		w.wantPhone(greeting, "99@lid: (ditarik)", "99@lid: dari celah", "99@lid: sudah")
		if got := cursor(); got != "6005" {
			t.Errorf("cursor at %s after 6005", got)
		}
	})
}

// A message of ours is changed where it stands; where it is gone, the words come anew.
func TestRewrite(t *testing.T) {
	live(t, func(w *world) {
		say := func(letters ...ledger.Letter) {
			t.Helper()
			if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
				for _, l := range letters {
					tx.Send(l)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			w.settle()
		}
		ops := func() (shown []string) {
			w.board.mu.Lock()
			defer w.board.mu.Unlock()
			for _, s := range w.board.threads["ops"] {
				shown = append(shown, s.content)
			}
			return shown
		}
		lane := bridge.ChannelLane("ops")
		w.board.mu.Lock()
		w.board.fail = func(_ string, attempt int) (bool, error) {
			if attempt == 1 {
				return true, &bridge.SendError{Certainty: bridge.Unknown, Outage: true, RetryAfter: 90 * time.Second, Reason: "no answer"}
			}
			return true, nil
		}
		w.board.mu.Unlock()
		say(bridge.OpsNote("o1", "satu"), bridge.OpsNote("o2", "dua"), bridge.Rewrite("r1", lane, ledger.DeskLog, "o1", "SATU"))
		w.settle()
		w.settle()
		if got := ops(); !slices.Equal(got, []string{"SATU", "dua"}) {
			t.Errorf("ops shows %q", got)
		}
		w.board.mu.Lock()
		w.board.threads["ops"] = w.board.threads["ops"][1:]
		w.board.mu.Unlock()
		say(bridge.Rewrite("r2", lane, ledger.DeskLog, "r1", "lagi"), bridge.Rewrite("r3", lane, ledger.DeskLog, "never", "baru"))
		w.settle()
		say(bridge.Rewrite("r4", lane, ledger.DeskLog, "r2", "LAGI"))
		w.settle()
		w.settle()
		if got := ops(); !slices.Equal(got, []string{"dua", "LAGI", "baru"}) {
			t.Errorf("ops shows %q", got)
		}
	})
}

// number is the number of the first ticket.
func (w *world) number() string {
	w.t.Helper()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	number, _, _ := strings.Cut(w.board.posts[0], " ·")
	return number
}

// retry revives a dead letter, as the button does.
func (w *world) retry(letter string) {
	w.t.Helper()
	if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		l, ok, err := tx.Revive(letter)
		if err != nil || !ok {
			return errors.Join(err, errors.New("no such dead letter: "+letter))
		}
		return bridge.RefreshMark(tx, l.Log, l.ID)
	}); err != nil {
		w.t.Fatal(err)
	}
}

var _ bridge.Outbox = (*store.Store)(nil)
