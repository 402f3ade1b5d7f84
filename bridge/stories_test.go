package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
)

const autoNote = "-# 🤖 Teks otomatis kepada klien:\n> Selamat datang."

func TestMainStory(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo, *stok* tidak cocok")
		w.client("m2", "tolong ya")
		w.settle()
		w.wantThread("**Ana:** halo, **stok** tidak cocok", autoNote, "**Ana:** tolong ya")
		w.wantPhone("99@lid: Selamat datang.")

		w.staff(w.thread(), "5001", "Baik kak, **kami cek**")
		w.settle()
		w.wantPhone("99@lid: Selamat datang.", "99@lid: Baik kak, *kami cek*")
		w.wantMark("5001", "☑️")
		if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: "628123456001@s.whatsapp.net", IDs: []string{"ID-d/5001/0.1"}, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.wantMark("5001", "✅")
		if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: "99@lid", IDs: []string{"ID-d/5001/0.1"}, Read: true, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.wantMark("5001", "👀")
		if got := w.board.tags[w.thread()]; got != "assigned" {
			t.Errorf("post is tagged %q, want assigned", got)
		}
	})
}

func TestEverythingTwiceIsOnce(t *testing.T) {
	live(t, func(w *world) {
		for range 2 {
			w.client("m1", "halo")
		}
		w.settle()
		for range 2 {
			w.staff(w.thread(), "5001", "baik")
			w.settle()
		}
		w.client("m1", "halo")
		for range 2 {
			if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: "99@lid", IDs: []string{"ID-d/5001/0.1"}, Read: true, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
			w.settle()
		}
		w.wantMark("5001", "👀")
		w.wantThread("**Ana:** halo", autoNote)
		w.wantPhone("99@lid: Selamat datang.", "99@lid: baik")
		if len(w.board.posts) != 1 {
			t.Errorf("posts: %q, want one", w.board.posts)
		}
	})
}

func TestWhatStaysInside(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.staff(w.thread(), "5001", "// tanya gudang dulu")
		w.staff(w.thread(), "5002", "saya developer, ini bug lama", "role-developer")
		w.staff("another-channel", "5003", "makan siang?")
		w.settle()
		w.wantPhone("99@lid: Selamat datang.")
		w.wantMark("5001", "📝")
		w.wantMark("5002", "🔒")
		w.wantMark("5003")
	})
}

// A send whose answer was lost is repeated and still shown once; order holds.
func TestLostAnswers(t *testing.T) {
	lost := func(what string, attempt int) (bool, error) {
		if attempt == 1 {
			return true, &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "no answer"}
		}
		return true, nil
	}
	live(t, func(w *world) {
		w.board.fail, w.phone.fail = lost, lost
		w.client("m1", "satu")
		w.client("m2", "dua")
		w.settle()
		w.wantThread("**Ana:** satu", autoNote, "**Ana:** dua")
		w.staff(w.thread(), "5001", "tiga")
		w.staff(w.thread(), "5002", "empat")
		w.settle()
		w.wantPhone("99@lid: Selamat datang.", "99@lid: tiga", "99@lid: empat")
		w.wantMark("5001", "☑️")
		w.wantMark("5002", "☑️")
		if len(w.board.posts) != 1 {
			t.Errorf("posts: %q, want one", w.board.posts)
		}
		if want := []string{w.thread()}; !slices.Equal(w.board.caughtUp, want) {
			t.Errorf("caught up with %q, want the post whose making was not confirmed, %q", w.board.caughtUp, want)
		}
	})
}

// Beyond the nonce window the channel itself tells that a message arrived.
func TestLostAnswerFoundAfterTheNonceWindow(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "ok")
		w.settle()
		w.board.mu.Lock()
		w.board.fail = func(what string, attempt int) (bool, error) {
			if attempt == 1 || strings.HasPrefix(what, "say") && attempt < 3 {
				return attempt == 1, &bridge.SendError{Certainty: bridge.Unknown, Outage: true, RetryAfter: 90 * time.Second, Reason: "no answer"}
			}
			return true, nil
		}
		w.board.tries = map[string]int{}
		w.board.mu.Unlock()
		w.client("m2", "ok") // the same words again: not to be mistaken for the first
		for range 3 {
			w.settle()
		}
		w.wantThread("**Ana:** ok", autoNote, "**Ana:** ok")
	})
}

// A long outage loses nothing, buries nothing, does not hammer the network, and
// ends by itself.
func TestOutage(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.board.mu.Lock()
		w.board.fail = func(string, int) (bool, error) {
			return false, &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "Discord answers 503"}
		}
		w.board.mu.Unlock()
		for i := range 20 {
			w.client(fmt.Sprintf("n%d", i), fmt.Sprint(i))
		}
		w.board.mu.Lock()
		w.board.tries = map[string]int{}
		w.board.mu.Unlock()
		time.Sleep(40 * time.Minute)
		w.board.mu.Lock()
		if n := w.board.tries["say **Ana:** 0"]; n < 40 || n > 200 {
			t.Errorf("%d attempts in 40 minutes", n)
		}
		w.board.fail = nil
		w.board.mu.Unlock()
		w.settle()
		want := []string{"**Ana:** halo", autoNote}
		for i := range 20 {
			want = append(want, fmt.Sprintf("**Ana:** %d", i))
		}
		w.wantThread(want...)
	})
}

// A refused message does not block the ones behind it, and is visible.
func TestRefusals(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.board.mu.Lock()
		w.board.fail = func(what string, _ int) (bool, error) {
			if what == "say **Ana:** terlarang" {
				return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "invalid form body"}
			}
			return true, nil
		}
		w.board.mu.Unlock()
		w.phone.mu.Lock()
		w.phone.fail = func(id string, attempt int) (bool, error) {
			if strings.HasPrefix(id, "ID-d/5001") && attempt == 1 {
				return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "the number is not on WhatsApp"}
			}
			return true, nil
		}
		w.phone.mu.Unlock()
		w.client("m2", "terlarang")
		w.client("m3", "lanjut")
		w.staff(w.thread(), "5001", "gagal")
		w.staff(w.thread(), "5002", "berhasil")
		w.settle()
		id := w.thread()
		w.board.mu.Lock()
		shown := w.board.threads[id]
		w.board.mu.Unlock()
		if len(shown) != 6 || !strings.HasPrefix(shown[2].content, "⚠️ Pesan") || shown[3].content != "**Ana:** lanjut" ||
			!strings.HasPrefix(shown[4].content, whoHasIt) || !strings.HasPrefix(shown[5].content, "❌ Tidak terkirim") || shown[5].replyTo != "5001" {
			t.Errorf("thread shows %q", shown)
		}
		w.wantMark("5001", "❌")
		w.wantMark("5002", "☑️")
		w.wantPhone("99@lid: Selamat datang.", "99@lid: berhasil")
	})
}

// A post that Discord refuses holds everything of its ticket back, says so once,
// and goes on by itself when the reason is gone.
func TestRefusedPost(t *testing.T) {
	live(t, func(w *world) {
		w.board.mu.Lock()
		w.board.fail = func(what string, _ int) (bool, error) {
			if what == "post" {
				return false, &bridge.SendError{Certainty: bridge.Refused, Gone: true, Reason: "the permission Create Public Threads is missing"}
			}
			return true, nil
		}
		w.board.mu.Unlock()
		w.client("m1", "satu")
		w.client("m2", "dua")
		time.Sleep(time.Hour)
		w.board.mu.Lock()
		if n := w.board.tries["post"]; n < 10 || n > 130 {
			t.Errorf("%d attempts in an hour", n)
		}
		if n := len(w.board.threads["ops"]); n != 1 {
			t.Errorf("the ops channel was told %d times", n)
		}
		w.board.fail = nil
		w.board.mu.Unlock()
		w.settle()
		w.wantThread("**Ana:** satu", autoNote, "**Ana:** dua")
	})
}

func TestNoteLinesStayInside(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.staff(w.thread(), "5001", "Baik kak\n  // jangan bilang soal diskon\nkami cek")
		w.staff(w.thread(), "5002", "** **")
		w.settle()
		w.wantPhone("99@lid: Selamat datang.", "99@lid: Baik kak\nkami cek")
		w.wantMark("5001", "📝", "☑️")
		id := w.thread()
		w.board.mu.Lock()
		defer w.board.mu.Unlock()
		if last := w.board.threads[id][len(w.board.threads[id])-1]; last.replyTo != "5002" || !strings.Contains(last.content, "Tidak ada yang dikirim") {
			t.Errorf("an empty message was answered with %q", last)
		}
	})
}

// Somebody answers on the linked phone itself: that is a human answer, and shows.
func TestAnswerFromThePhone(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.receive(bridge.ClientMessage{ID: "o1", Text: "sebentar ya", Own: true})
		w.settle()
		w.wantThread("**Ana:** halo", autoNote, "**📱 Dari ponsel desk:** sebentar ya")
		if got := w.board.tags[w.thread()]; got != "assigned" {
			t.Errorf("post is tagged %q, want assigned", got)
		}
	})
}

// Two conversations turn out to be one person, each with an open ticket: both
// stay alive, and the marks of both move.
func TestTwoConversationsOnePerson(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "m1", Text: "dari nomor", Chat: "628@s.whatsapp.net"})
		w.settle()
		first := w.thread()
		w.receive(bridge.ClientMessage{ID: "m2", Text: "dari lid", Chat: "77@lid"})
		w.settle()
		w.board.mu.Lock()
		second := ""
		for id := range w.board.threads {
			if !slices.Contains([]string{"ops", "intake", "qa", first}, id) {
				second = id
			}
		}
		w.board.mu.Unlock()
		w.staff(second, "5001", "jawaban")
		w.receive(bridge.ClientMessage{ID: "m3", Text: "orang yang sama", Chat: "628@s.whatsapp.net", Alt: "77@lid"})
		w.settle()
		if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: "77@lid", IDs: []string{"ID-d/5001/0.1"}, Read: true, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.wantMark("5001", "👀")
		if len(w.board.posts) != 2 {
			t.Errorf("posts: %q, want two", w.board.posts)
		}
	})
}

// What can never be stored is set aside, visibly, and blocks nothing.
func TestOddMessages(t *testing.T) {
	live(t, func(w *world) {
		m := bridge.ClientMessage{ID: strings.Repeat("x", 5000), Chat: "99@lid", Text: "id panjang", Kind: bridge.KindPlainText}
		for range 2 {
			if err := w.relay.Receive(w.t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		w.expect = "message set aside"
		m = bridge.ClientMessage{ID: "m2", Chat: bridge.Address(strings.Repeat("y", 5000) + "@lid"), Text: "alamat panjang", At: time.Now()}
		for range 2 {
			if err := w.relay.Receive(w.t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		w.settle()
		id := w.thread()
		w.board.mu.Lock()
		defer w.board.mu.Unlock()
		if len(w.board.threads[id]) != 2 || len(w.board.threads["ops"]) != 1 {
			t.Errorf("thread %q, ops %q", w.board.threads[id], w.board.threads["ops"])
		}
	})
}

// A message that fails again and again for reasons of its own is given up after
// about an hour, visibly, and what waits behind it goes on.
func TestGivenUp(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.phone.mu.Lock()
		w.phone.fail = func(id string, _ int) (bool, error) {
			if strings.HasPrefix(id, "ID-d/5001/") {
				return false, &bridge.SendError{Certainty: bridge.Unknown, Reason: "WhatsApp answered with error 499"}
			}
			return true, nil
		}
		w.phone.mu.Unlock()
		w.staff(w.thread(), "5001", "tidak pernah sampai")
		w.staff(w.thread(), "5002", "menunggu di belakangnya")
		time.Sleep(20 * time.Minute)
		w.wantMark("5001", "🕓")
		w.wantPhone("99@lid: Selamat datang.")
		time.Sleep(2 * time.Hour)
		w.wantMark("5001", "❌")
		w.wantPhone("99@lid: Selamat datang.", "99@lid: menunggu di belakangnya")
		w.phone.mu.Lock()
		defer w.phone.mu.Unlock()
		if n := w.phone.tries["ID-d/5001/0.1"]; n != 24 {
			t.Errorf("given up after %d attempts, want 24", n)
		}
	})
}

// Somebody deletes the ticket's thread: the next words open it anew.
func TestDeletedThread(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		first := w.thread()
		w.board.mu.Lock()
		delete(w.board.threads, first)
		w.board.mu.Unlock()
		w.client("m2", "masih ada?")
		w.settle()
		w.wantThread("**Ana:** masih ada?")
		if len(w.board.posts) != 2 {
			t.Errorf("posts: %q, want two", w.board.posts)
		}
	})
}

// What was not the leader's to say stays unsaid.
func TestNoLeaseNoWord(t *testing.T) {
	live(t, func(w *world) {
		until := w.lease.Until
		w.leaseMu.Lock()
		w.lease.Until = time.Now().Add(-time.Second)
		w.leaseMu.Unlock()
		w.client("m1", "halo")
		w.settle()
		w.wantPhone()
		w.leaseMu.Lock()
		w.lease.Until = until
		w.leaseMu.Unlock()
		w.settle()
		w.wantPhone("99@lid: Selamat datang.")
	})
}

func TestLongTextLosesNothing(t *testing.T) {
	live(t, func(w *world) {
		words := strings.Repeat("kata panjang sekali ", 5000) // 100 kB
		w.client("m1", words)
		w.client("m2", "sesudahnya")
		w.settle()
		id := w.thread()
		w.board.mu.Lock()
		defer w.board.mu.Unlock()
		var all strings.Builder
		for _, s := range w.board.threads[id] {
			if len([]rune(s.content)) > 2000 {
				t.Errorf("a message of %d characters", len([]rune(s.content)))
			}
			all.WriteString(s.content + " ")
		}
		if got, want := strings.Count(all.String(), "kata panjang sekali"), 5000; got != want {
			t.Errorf("%d of %d repetitions arrived", got, want)
		}
		if last := w.board.threads[id][len(w.board.threads[id])-1]; last.content != "**Ana:** sesudahnya" {
			t.Errorf("the last message is %q", last.content)
		}
	})
}

func TestUnreadableAndOtherKinds(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "m1", Unreadable: "no session"})
		w.receive(bridge.ClientMessage{ID: "m1", Text: "sekarang terbaca"})
		w.receive(bridge.ClientMessage{ID: "m2", Kind: "image", Text: "lihat @everyone"})
		w.receive(bridge.ClientMessage{ID: "m3", Text: "dari ponsel", Own: true})
		w.settle()
		id := w.thread()
		w.board.mu.Lock()
		defer w.board.mu.Unlock()
		got := w.board.threads[id]
		if len(got) != 4 || got[0].content != "**Ana:** sekarang terbaca" ||
			!strings.Contains(got[2].content, "gambar") || strings.Contains(got[2].content, "@everyone") ||
			!strings.Contains(got[3].content, "Dari ponsel desk") {
			t.Errorf("thread shows %q", got)
		}
	})
}

// While WhatsApp is away an agent's message says that it waits, and then that it went.
func TestWaitingMark(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.phone.mu.Lock()
		w.phone.up = false
		w.phone.mu.Unlock()
		w.staff(w.thread(), "5001", "sebentar")
		w.settle()
		w.wantMark("5001", "🕓")
		w.phone.mu.Lock()
		w.phone.up = true
		w.phone.mu.Unlock()
		w.settle()
		w.wantMark("5001", "☑️")
		w.wantPhone("99@lid: Selamat datang.", "99@lid: sebentar")
	})
}

// What speaks of an earlier message opens no ticket; a word does.
func TestEchoesOpenNothing(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "r1", Kind: "reaction", Text: "👍"})
		w.settle()
		w.wantPhone()
		if len(w.board.posts) != 0 {
			t.Errorf("posts: %q, want none", w.board.posts)
		}
		w.client("m1", "halo")
		w.receive(bridge.ClientMessage{ID: "r2", Kind: "reaction", Text: "👍"})
		w.receive(bridge.ClientMessage{ID: "e1", Kind: "edit", Text: "halo semua"})
		w.receive(bridge.ClientMessage{ID: "z1", Text: "\u200b"})
		w.settle()
		w.wantThread("**Ana:** halo", autoNote, "**Ana:** 💬 *Bereaksi pada sebuah pesan:* 👍",
			"**Ana**\n✏️ *Mengubah sebuah pesan menjadi:*\nhalo semua", "**Ana:** *(pesan kosong)*")
	})
}
