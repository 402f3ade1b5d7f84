package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// A member of the test's group.
type member struct {
	address bridge.Address
	name    string
	phone   string
}

var (
	budi = member{"7@lid", "Budi", "628111"}
	joko = member{"8@lid", "Joko", "628222"}
)

const group = bridge.Address("120@g.us")

// inGroup runs a story in a group that the desk listens to.
func inGroup(t *testing.T, story func(w *world)) {
	t.Helper()
	liveFrom(t, in2025, func(w *world) {
		w.policy.Groups = []string{string(group)}
		w.restart()
		story(w)
	})
}

// writes is a message of a member, which comes twice.
func (w *world) writes(by member, m bridge.ClientMessage) {
	w.t.Helper()
	m.Chat, m.Group = group, &bridge.Group{Name: "Toko", Sender: by.address, SenderName: by.name, SenderPhone: by.phone}
	w.receive(m)
	w.receive(m)
	ticks()
}

// What a member changes or deletes is his own message alone, under whichever of his
// addresses; what he tries on another's is a line in his name.
func TestMembersChangeOnlyWhatTheyWrote(t *testing.T) {
	inGroup(t, func(w *world) {
		w.writes(budi, bridge.ClientMessage{ID: "1", Text: "stok habis"})
		first := w.lines()[0].id
		w.writes(joko, bridge.ClientMessage{ID: "e1", Kind: bridge.KindEdit, Target: "1", Text: "stok ada"})
		w.writes(joko, bridge.ClientMessage{ID: "x1", Kind: bridge.KindDelete, Target: "1"})
		w.wantMark(first)
		w.wantLines("**Budi:** stok habis",
			"**Joko**\n⚠️ *Mencoba mengubah pesan yang bukan tulisannya; pesan itu tetap seperti semula. Teks darinya:*\nstok ada",
			"**Joko:** ⚠️ *Menghapus pesan yang bukan tulisannya; di sini pesan itu tetap seperti semula.*")

		numbered := budi
		numbered.address = "628111@s.whatsapp.net"
		w.writes(numbered, bridge.ClientMessage{ID: "e2", Kind: bridge.KindEdit, Target: "1", Text: "stok tinggal dua"})
		w.writes(budi, bridge.ClientMessage{ID: "x2", Kind: bridge.KindDelete, Target: "1"})
		w.wantMark(first, "🗑️")
		shown := w.lines()
		if len(shown) != 5 || shown[3].content != "**Budi**\n✏️ *Mengubah sebuah pesan menjadi:*\nstok tinggal dua" || shown[3].replyTo != first || shown[4].replyTo != first {
			t.Errorf("thread shows %q", shown)
		}
	})
}

// A line that speaks of a message is no way to that message: who takes his own line back
// takes back nothing else.
func TestMembersLineLeadsNobodyToAnothersMessage(t *testing.T) {
	inGroup(t, func(w *world) {
		w.writes(budi, bridge.ClientMessage{ID: "1", Text: "stok habis"})
		w.writes(joko, bridge.ClientMessage{ID: "r1", Kind: bridge.KindReaction, Target: "1", Text: "✅"}) // in words: it means something else here
		w.writes(joko, bridge.ClientMessage{ID: "x1", Kind: bridge.KindDelete, Target: "r1"})
		w.wantMark(w.lines()[0].id)
	})
}

// Nobody but the desk changes what the desk wrote, in a group and in a chat of two.
func TestClientsChangeNothingOfTheDesk(t *testing.T) {
	inGroup(t, func(w *world) {
		w.writes(budi, bridge.ClientMessage{ID: "1", Text: "halo"})
		inGroup := w.says(bridge.StaffMessage{Text: "stok ada"})
		ticks()
		for _, kind := range []string{bridge.KindEdit, bridge.KindDelete} {
			w.writes(budi, bridge.ClientMessage{ID: "b" + kind, Kind: kind, Target: "ID-d/" + inGroup + "/0.1", TargetOwn: true, Text: "gratis"})
		}
		w.wantMark(inGroup, "☑️")
		if n := w.notices(inGroup); len(n) != 2 || !strings.HasPrefix(n[0], "**Budi**\n⚠️ *Mencoba mengubah") || !strings.HasPrefix(n[1], "**Budi:** ⚠️ *Menghapus") {
			t.Errorf("lines on it: %q", n)
		}
	})
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		ours := w.says(bridge.StaffMessage{Text: "harganya 5000"})
		ticks()
		for _, kind := range []string{bridge.KindEdit, bridge.KindDelete} {
			for range 2 {
				w.receive(bridge.ClientMessage{ID: "a" + kind, Kind: kind, Target: "ID-d/" + ours + "/0.1", TargetOwn: true, Text: "gratis"})
			}
		}
		ticks()
		w.wantMark(ours, "☑️")
		if n := w.notices(ours); len(n) != 2 || !strings.HasPrefix(n[0], "**Ana**\n⚠️ *Mencoba mengubah") || !strings.HasPrefix(n[1], "**Ana:** ⚠️ *Menghapus") {
			t.Errorf("lines on it: %q", n)
		}
		for range 2 { // the linked phone may: it is the desk's
			w.receive(bridge.ClientMessage{ID: "own", Own: true, Kind: bridge.KindDelete, Target: "ID-d/" + ours + "/0.1", TargetOwn: true})
		}
		ticks()
		w.wantMark(ours, "☑️", "🗑️")
	})
}

// Who takes a reaction or a vote back takes back his own.
func TestMembersTakeBackOnlyTheirOwnReactionsAndVotes(t *testing.T) {
	inGroup(t, func(w *world) {
		w.writes(budi, bridge.ClientMessage{ID: "1", Text: "setuju?"})
		first := w.lines()[0].id
		react := func(by member, id, emoji string) {
			w.writes(by, bridge.ClientMessage{ID: id, Kind: bridge.KindReaction, Target: "1", Text: emoji})
		}
		react(budi, "r1", "👍")
		react(joko, "r2", "👍")
		react(joko, "r3", "")
		w.wantMark(first, "👍")
		react(joko, "r4", "🔥")
		numbered := budi
		numbered.address = "628111@s.whatsapp.net"
		react(numbered, "r5", "")
		w.wantMark(first, "🔥")

		poll := w.says(bridge.StaffMessage{Poll: &bridge.Poll{Question: "Kapan?", Options: []string{"pagi", "siang"}, Choices: 1}})
		ticks()
		vote := func(by member, id string, votes ...string) {
			w.writes(by, bridge.ClientMessage{ID: id, Kind: bridge.KindVote, Target: "ID-d/" + poll + "/0.1", TargetOwn: true, Votes: votes})
		}
		vote(budi, "v1", "pagi")
		vote(joko, "v2", "siang")
		vote(joko, "v3")
		if n := strings.Join(w.notices(poll), "\n"); !strings.HasSuffix(n, "pagi 1") {
			t.Errorf("lines on the poll: %q", n)
		}
	})
}

// A message that cannot be read yet waits for its own words: another member's, under the
// same id, are another message.
func TestMembersIDsAreTheirOwn(t *testing.T) {
	inGroup(t, func(w *world) {
		w.writes(budi, bridge.ClientMessage{ID: "1", Unreadable: "no session"})
		w.writes(joko, bridge.ClientMessage{ID: "1", Text: "saya Budi, kirim ke alamat baru"})
		w.writes(budi, bridge.ClientMessage{ID: "1", Text: "kirim ke alamat lama"})
		w.writes(joko, bridge.ClientMessage{ID: "x", Kind: bridge.KindDelete, Target: "1"})
		shown := w.lines()
		if len(shown) < 2 || shown[0].content != "**Budi:** kirim ke alamat lama" || shown[1].content != "**Joko:** saya Budi, kirim ke alamat baru" {
			t.Fatalf("thread shows %q", shown)
		}
		w.wantMark(shown[0].id)
		answer := bridge.StaffReaction{Thread: w.thread(), Message: shown[1].id, User: "sari", Roles: []string{agentRole}, Emoji: "👀", On: true, At: time.Now()}
		for range 2 {
			if err := w.relay.Reacted(w.t.Context(), answer); err != nil {
				t.Fatal(err)
			}
		}
		ticks()
		if want := "120@g.us: (👀 on 1 false)"; !slices.Contains(w.phone.shown, want) {
			t.Errorf("phone shows %q", w.phone.shown)
		}
	})
}

// Pictures of two members are two messages, whatever album they name.
func TestMembersAlbumsAreTheirOwn(t *testing.T) {
	inGroup(t, func(w *world) {
		for i, by := range []member{budi, joko, budi} {
			id := string(rune('a' + i))
			m := w.picture(id, "JPEG "+id, "")
			m.Album, m.Chat, m.Group = "liburan", group, &bridge.Group{Name: "Toko", Sender: by.address, SenderName: by.name}
			w.receive(m)
			w.receive(m)
		}
		ticks()
		w.wantLines("**Budi:** 🖼️ *Gambar* <a.jpg JPEG a> <c.jpg JPEG c>", "**Joko:** 🖼️ *Gambar* <b.jpg JPEG b>")
	})
}

// WhatsApp does not tell that a group got a message: nobody is told that it did not.
func TestNobodyWaitsForAGroupsReceipts(t *testing.T) {
	inGroup(t, func(w *world) {
		w.writes(budi, bridge.ClientMessage{ID: "1", Text: "halo"})
		w.says(bridge.StaffMessage{Text: "halo juga"})
		w.says(bridge.StaffMessage{Files: []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG a")}})
		w.settle()
		if due, _, err := w.store.Due(w.t.Context(), time.Now().Add(48*time.Hour), 100); err != nil || len(due) != 0 {
			t.Errorf("timers: %v %v", due, err)
		}
	})
}

// What the linked phone does to earlier messages or to the chat is no answer to the client.
func TestOnlyWordsOfThePhoneAreAnAnswer(t *testing.T) {
	live(t, func(w *world) {
		w.client("1", "halo")
		ticks()
		answered := func() bool {
			t.Helper()
			for e, err := range w.store.Events(w.t.Context(), w.number()) {
				if err != nil {
					t.Fatal(err)
				}
				if e.What == "responded" {
					return true
				}
			}
			return false
		}
		for range 2 {
			w.receive(bridge.ClientMessage{ID: "t", Own: true, Kind: "timer", Fades: 24 * time.Hour})
			w.receive(bridge.ClientMessage{ID: "p", Own: true, Kind: "pin", Target: "1"})
		}
		if ticks(); answered() {
			t.Error("a timer or a pin counts as an answer")
		}
		w.receive(bridge.ClientMessage{ID: "a", Own: true, Text: "halo juga"})
		if ticks(); !answered() {
			t.Error("words of the phone are no answer")
		}
	})
}

// A vote that comes when no ticket is open stands where the poll does.
func TestVoteAfterTheTicketWasClosed(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		poll := w.says(bridge.StaffMessage{Poll: &bridge.Poll{Question: "Puas?", Options: []string{"ya", "tidak"}, Choices: 1}})
		ticks()
		w.closeTicket(w.number())
		for range 2 {
			w.receive(bridge.ClientMessage{ID: "v", Kind: bridge.KindVote, Target: "ID-d/" + poll + "/0.1", TargetOwn: true, Votes: []string{"ya"}})
		}
		ticks()
		if n := w.notices(poll); len(n) != 1 || !strings.Contains(n[0], "*Memilih:* ya") || !strings.Contains(n[0], "ya 1") {
			t.Errorf("lines on the poll: %q", n)
		}
		if len(w.board.posts) != 1 {
			t.Errorf("posts: %q", w.board.posts)
		}
	})
}
