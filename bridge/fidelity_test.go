package bridge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// picture is an image of a client with the given content.
func (w *world) picture(id, content, caption string) bridge.ClientMessage {
	w.phone.put(id, content)
	return bridge.ClientMessage{ID: id, Kind: bridge.KindImage, Text: caption, Media: &bridge.Media{
		Kind: bridge.KindImage, Name: id + ".jpg", MIME: "image/jpeg", Size: int64(len(content)), Ref: refTo(id),
	}}
}

// whoHasIt begins the line that says who accepted a ticket: it stands in every story in
// which somebody answers, and is left out where the story is about something else.
const whoHasIt = "✋ "

// lines are what a thread shows, without the greeting and who has the ticket.
func (w *world) lines() (all []said) {
	w.t.Helper()
	id := w.thread()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for _, s := range w.board.threads[id] {
		if !strings.Contains(s.content, "Teks otomatis") && !strings.HasPrefix(s.content, whoHasIt) {
			all = append(all, s)
		}
	}
	return all
}

func (w *world) wantLines(want ...string) {
	w.t.Helper()
	var got []string
	for _, s := range w.lines() {
		got = append(got, s.content)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("thread shows\n%q\nwant\n%q", got, want)
	}
}

func (w *world) reactionsOn(message string) []string {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	return slices.Clone(w.board.reactions[message])
}

var in2025 = time.Date(2025, 1, 14, 2, 0, 0, 0, time.UTC)

// ticks lets a moment pass, enough for everything that does not wait for an outage.
func ticks() { time.Sleep(5 * time.Second); synctest.Wait() }

func TestClientFileIsShownWhereItWasSent(t *testing.T) {
	live(t, func(w *world) {
		w.client("1", "ini fotonya")
		w.receive(w.picture("2", "JPEG satu", "struk"))
		w.client("3", "sudah?")
		w.receive(w.picture("2", "JPEG satu", "struk")) // again
		ticks()
		w.wantLines("**Ana:** ini fotonya", "**Ana:** struk <2.jpg JPEG satu>", "**Ana:** sudah?")
	})
}

func TestSlowFileGivesWayAndFollows(t *testing.T) {
	live(t, func(w *world) {
		w.phone.takes = map[string]time.Duration{"2": 90 * time.Second}
		w.receive(w.picture("2", "JPEG lambat", "struk"))
		w.client("3", "sudah?")
		time.Sleep(75 * time.Second)
		synctest.Wait()
		shown := w.lines()
		if len(shown) != 2 || !strings.HasPrefix(shown[0].content, "**Ana:** struk\n⏳ *Gambar `2.jpg`") || shown[1].content != "**Ana:** sudah?" {
			t.Fatalf("thread shows %q", shown)
		}
		w.settle()
		shown = w.lines()
		if len(shown) != 3 || !strings.HasSuffix(shown[2].content, "<2.jpg JPEG lambat>") || shown[2].replyTo != shown[0].id {
			t.Errorf("thread shows %q", shown)
		}
	})
}

func TestFileThatCannotBeHadStandsIn(t *testing.T) {
	live(t, func(w *world) {
		for i, fault := range []bridge.Fault{bridge.Gone, bridge.Mismatch, bridge.TooLarge, bridge.Forbidden, bridge.Swells, bridge.Empty, bridge.BadAddress, bridge.Malformed} {
			w.phone.trouble = func(string, int) error { return &bridge.MediaError{Fault: fault} }
			w.receive(w.picture(fmt.Sprint(i), "JPEG", ""))
			ticks()
			shown := w.lines()
			last := shown[len(shown)-1].content
			if len(shown) != i+1 || !strings.Contains(last, fmt.Sprintf("⚠️ *Gambar `%d.jpg` (4 B) ", i)) {
				t.Errorf("%s shows %q", fault, last)
			}
			if w.phone.asked[fmt.Sprint(i)] != 1 {
				t.Errorf("%s was asked for %d times", fault, w.phone.asked[fmt.Sprint(i)])
			}
		}
	})
}

func TestFileThatIsAnnouncedTooLargeIsNotFetched(t *testing.T) {
	live(t, func(w *world) {
		m := w.picture("1", "JPEG", "")
		m.Media.Size = 4 << 30
		w.receive(m)
		ticks()
		if shown := w.lines(); len(shown) != 1 || !strings.Contains(shown[0].content, "(4.0 GB) terlalu besar") || w.phone.asked["1"] != 0 {
			t.Errorf("thread shows %q", shown)
		}
	})
}

func TestFileBeyondDiscordsLimitStandsInAtOnce(t *testing.T) {
	live(t, func(w *world) {
		w.board.limit = 20
		w.receive(w.picture("1", "JPEG "+strings.Repeat("x", 30), ""))
		ticks()
		if shown := w.lines(); len(shown) != 1 || !strings.Contains(shown[0].content, "terlalu besar untuk Discord") {
			t.Errorf("thread shows %q", shown)
		}
	})
}

func TestFileIsFetchedAgainAfterTrouble(t *testing.T) {
	live(t, func(w *world) {
		w.phone.trouble = func(_ string, attempt int) error {
			if attempt < 3 {
				return errors.New("connection reset")
			}
			return nil
		}
		w.receive(w.picture("1", "JPEG akhirnya", ""))
		ticks()
		w.wantLines("**Ana:** 🖼️ *Gambar* <1.jpg JPEG akhirnya>")
	})
}

func TestAlbumIsOneMessage(t *testing.T) {
	live(t, func(w *world) {
		for i := range 4 {
			m := w.picture(fmt.Sprint(i), fmt.Sprint("JPEG ", i), "")
			m.Album = "liburan"
			if i == 0 {
				m.Text = "foto-fotonya"
			}
			w.receive(m)
			time.Sleep(300 * time.Millisecond)
		}
		w.client("x", "itu semua")
		ticks()
		w.wantLines("**Ana:** foto-fotonya <0.jpg JPEG 0> <1.jpg JPEG 1> <2.jpg JPEG 2> <3.jpg JPEG 3>", "**Ana:** itu semua")
		// One that comes late is not lost.
		m := w.picture("9", "JPEG 9", "")
		m.Album = "liburan"
		w.receive(m)
		ticks()
		w.wantLines("**Ana:** foto-fotonya <0.jpg JPEG 0> <1.jpg JPEG 1> <2.jpg JPEG 2> <3.jpg JPEG 3>", "**Ana:** itu semua", "**Ana:** 🖼️ *Gambar* <9.jpg JPEG 9>")
	})
}

func TestAlbumBeyondTenGoesOnInAnotherMessage(t *testing.T) {
	live(t, func(w *world) {
		for i := range 13 {
			m := w.picture(fmt.Sprint(i), fmt.Sprint("JPEG ", i), "")
			m.Album = "banyak"
			w.receive(m)
		}
		ticks()
		shown := w.lines()
		if len(shown) != 2 || strings.Count(shown[0].content, "JPEG") != 10 || strings.Count(shown[1].content, "JPEG") != 3 {
			t.Errorf("thread shows %q", shown)
		}
	})
}

func TestContactCardIsAFile(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "1", Kind: bridge.KindContact, Contacts: []bridge.Contact{{Name: "Budi", Card: "BEGIN:VCARD\nVERSION:3.0\nFN:Budi\nTEL:+62811\nEND:VCARD"}}})
		ticks()
		shown := w.lines()
		if len(shown) != 1 || !strings.Contains(shown[0].content, "<Budi.vcf BEGIN:VCARD") || !strings.Contains(shown[0].content, "+62811") {
			t.Errorf("thread shows %q", shown)
		}
	})
}

func TestClientQuotesAndIsQuoted(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "pertama")
		ticks()
		th := w.thread()
		agent := snow(time.Now())
		w.staff(th, agent, "sudah kami cek")
		ticks()
		w.receive(bridge.ClientMessage{ID: "2", Text: "yang ini", Quote: &bridge.Quote{ID: "1", Text: "pertama"}})
		w.receive(bridge.ClientMessage{ID: "3", Text: "terima kasih", Quote: &bridge.Quote{ID: "ID-d/" + agent + "/0.1", Own: true, Text: "sudah kami cek"}})
		w.receive(bridge.ClientMessage{ID: "4", Text: "dan itu", Quote: &bridge.Quote{ID: "lama", Text: "dari tahun lalu"}})
		ticks()
		shown := w.lines()
		if len(shown) != 4 || shown[1].replyTo != shown[0].id || shown[2].replyTo != agent || shown[3].replyTo != "" ||
			!strings.Contains(shown[3].content, "dari tahun lalu") || strings.Contains(shown[1].content, "Membalas") {
			t.Fatalf("thread shows %q", shown)
		}
		for i, to := range []string{shown[1].id, agent} {
			m := bridge.StaffMessage{ID: snow(time.Now()), Channel: th, Author: "sari", Roles: []string{agentRole}, Text: fmt.Sprint("jawab ", i), ReplyTo: to, At: time.Now()}
			if err := w.relay.Reply(w.t.Context(), m); err != nil {
				t.Fatal(err)
			}
			ticks()
		}
		w.wantPhone("99@lid: Selamat datang.", "99@lid: sudah kami cek",
			"99@lid: [> 2 false yang ini] jawab 0", "99@lid: [> ID-d/"+agent+"/0.1 true sudah kami cek] jawab 1")
	})
}

func TestClientReactions(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "pertama")
		ticks()
		th := w.thread()
		agent := snow(time.Now())
		w.staff(th, agent, "beres")
		ticks()
		react := func(id, target string, own bool, emoji string) {
			w.receive(bridge.ClientMessage{ID: id, Kind: bridge.KindReaction, Target: target, TargetOwn: own, Text: emoji})
			ticks()
		}
		reply := "ID-d/" + agent + "/0.1"
		react("r1", reply, true, "👍")
		w.wantMark(agent, "☑️", "👍")
		react("r1", reply, true, "👍") // again
		react("r2", reply, true, "❤️")
		w.wantMark(agent, "☑️", "❤️")
		react("r3", reply, true, "")
		w.wantMark(agent, "☑️")
		first := w.lines()[0].id
		react("r4", "1", false, "🙏")
		w.wantMark(first, "🙏")
		w.wantLines("**Ana:** pertama")
		react("r5", reply, true, "✅") // means something else here
		shown := w.lines()
		if len(shown) != 2 || shown[1].replyTo != agent || !strings.Contains(shown[1].content, "✅") {
			t.Errorf("thread shows %q", shown)
		}
		w.wantMark(agent, "☑️")
	})
}

func TestClientEditsAndDeletes(t *testing.T) {
	live(t, func(w *world) {
		w.client("1", "alamt saya")
		ticks()
		w.receive(bridge.ClientMessage{ID: "e1", Kind: bridge.KindEdit, Target: "1", Text: "alamat saya"})
		w.receive(bridge.ClientMessage{ID: "x1", Kind: bridge.KindDelete, Target: "1"})
		ticks()
		shown := w.lines()
		if len(shown) != 3 || shown[0].content != "**Ana:** alamt saya" || shown[1].replyTo != shown[0].id || !strings.Contains(shown[1].content, "alamat saya") ||
			shown[2].replyTo != shown[0].id || !slices.Equal(w.reactionsOn(shown[0].id), []string{"🗑️"}) {
			t.Errorf("thread shows %q", shown)
		}
	})
}

func TestCallIsAnsweredOnce(t *testing.T) {
	live(t, func(w *world) {
		w.policy.Sentences["call"] = "Mohon tuliskan ya kak."
		for range 3 {
			w.receive(bridge.ClientMessage{ID: "call-A", Kind: bridge.KindCall})
		}
		w.receive(bridge.ClientMessage{ID: "call-B", Kind: bridge.KindCall})
		ticks()
		w.wantPhone("99@lid: Selamat datang.", "99@lid: Mohon tuliskan ya kak.", "99@lid: Mohon tuliskan ya kak.")
		if shown := w.lines(); len(shown) != 2 {
			t.Errorf("thread shows %q", shown)
		}
	})
}

func TestOnlyAllowedGroupsAreHeard(t *testing.T) {
	live(t, func(w *world) {
		w.policy.Groups = []string{"120@g.us"}
		w.relay = bridge.NewRelay(w.store, w.policy, w.log)
		for _, chat := range []bridge.Address{"666@g.us", "120@g.us"} {
			m := bridge.ClientMessage{ID: "g" + string(chat), Chat: chat, Text: "halo semua", Group: &bridge.Group{Name: "Toko", Sender: "7@lid", SenderName: "Budi"}}
			w.receive(m)
		}
		ticks()
		if len(w.board.posts) != 1 || !strings.Contains(w.board.posts[0], "Toko") {
			t.Errorf("posts: %q", w.board.posts)
		}
		if shown := w.lines(); len(shown) != 1 || !strings.Contains(shown[0].content, "Budi") || !strings.Contains(shown[0].content, "halo semua") {
			t.Errorf("thread shows %q", shown)
		}
		w.wantPhone() // a group is not greeted
		w.staff(w.thread(), snow(time.Now()), "halo juga")
		ticks()
		w.wantPhone("120@g.us: halo juga")
	})
}
