package bridge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// says is a message of an agent in the first thread.
func (w *world) says(m bridge.StaffMessage) string {
	w.t.Helper()
	time.Sleep(time.Second)
	m.ID, m.Channel, m.Author, m.Name, m.At = snow(time.Now()), w.thread(), "sari", "Sari", time.Now()
	m.Roles = []string{agentRole}
	if err := w.relay.Reply(w.t.Context(), m); err != nil {
		w.t.Fatalf("reply %s: %v", m.ID, err)
	}
	return m.ID
}

// attach is a file of an agent with the given content.
func (w *world) attach(name, mime, content string) bridge.StaffFile {
	w.board.put(name, content)
	return bridge.StaffFile{ID: name, Name: name, MIME: mime, Size: int64(len(content)), Ref: refTo(name)}
}

func (w *world) greeted(want ...string) {
	w.t.Helper()
	w.wantPhone(append([]string{"99@lid: Selamat datang."}, want...)...)
}

// notices are what halo said under a message.
func (w *world) notices(message string) (all []string) {
	for _, s := range w.lines() {
		if s.replyTo == message {
			all = append(all, s.content)
		}
	}
	return all
}

func TestAgentsFilesGoByWhatTheyAre(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		id := w.says(bridge.StaffMessage{Text: "ini caranya", Files: []bridge.StaffFile{
			w.attach("a.jpg", "image/jpeg", "JPEG a"), w.attach("b.mp4", "video/mp4", "MP4 b"), w.attach("c.pdf", "image/jpeg", "%PDF-1 c"),
			w.attach("d.webp", "image/webp", "WEBP d"), w.attach("e.mp3", "audio/mpeg", "MP3 e"),
		}})
		w.settle()
		w.greeted("99@lid: <image a.jpg JPEG a> ini caranya", "99@lid: <video b.mp4 MP4 b>", "99@lid: <document c.pdf %PDF-1 c>",
			"99@lid: <sticker d.webp WEBP d>", "99@lid: <voice e.mp3 OPUS of MP3 e>")
		w.wantMark(id, "☑️")
		if len(w.notices(id)) != 0 {
			t.Errorf("notices: %q", w.notices(id))
		}
	})
}

func TestVoiceWithoutTranscoderIsAudioAndSaidSo(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.library.mute = true
		w.client("1", "halo")
		ticks()
		id := w.says(bridge.StaffMessage{Text: "dengarkan", Files: []bridge.StaffFile{w.attach("e.mp3", "audio/mpeg", "MP3 e")}})
		w.settle()
		w.greeted("99@lid: <audio e.mp3 MP3 e>", "99@lid: dengarkan")
		if n := w.notices(id); len(n) != 1 || !strings.Contains(n[0], "ffmpeg") {
			t.Errorf("notices: %q", n)
		}
	})
}

func TestLongCaptionFollows(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		long := strings.Repeat("kata ", 300)
		w.says(bridge.StaffMessage{Text: long, Files: []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG a")}})
		w.settle()
		w.greeted("99@lid: <image a.jpg JPEG a>", "99@lid: "+strings.TrimSpace(long))
	})
}

func TestAgentsFileThatCannotGoSaysSo(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		id := w.says(bridge.StaffMessage{Text: "pasang ini", Files: []bridge.StaffFile{w.attach("setup.exe", "", "MZ program")}})
		w.says(bridge.StaffMessage{Text: "sudah?"})
		w.settle()
		w.greeted("99@lid: sudah?")
		w.wantMark(id, "❌")
		if n := w.notices(id); len(n) != 1 || !strings.Contains(n[0], "`setup.exe`") || !strings.Contains(n[0], "menjalankan program") {
			t.Errorf("notices: %q", n)
		}
	})
}

func TestUploadIsDoneOnceWhateverTheSendingTakes(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		w.phone.fail = func(id string, attempt int) (bool, error) {
			if strings.Contains(id, "d/") && attempt < 4 {
				return attempt > 1, errors.New("no answer")
			}
			return true, nil
		}
		w.says(bridge.StaffMessage{Files: []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG a")}})
		w.settle()
		w.greeted("99@lid: <image a.jpg JPEG a>")
		if !slices.Equal(w.phone.given, []string{"image: JPEG a"}) {
			t.Errorf("uploads: %q", w.phone.given)
		}
	})
}

func TestPollsAndStickersOfAgents(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		w.says(bridge.StaffMessage{Poll: &bridge.Poll{Question: "Kapan?", Options: []string{"pagi", "siang"}, Choices: 1}})
		many := bridge.Poll{Question: "Mana?"}
		for i := range 13 {
			many.Options = append(many.Options, fmt.Sprint("pilihan ", i))
		}
		id := w.says(bridge.StaffMessage{Poll: &many})
		w.says(bridge.StaffMessage{Stickers: []string{"Wumpus"}})
		w.says(bridge.StaffMessage{Snapshots: []bridge.Snapshot{{Text: "kabar lama", Files: []bridge.StaffFile{w.attach("f.jpg", "image/jpeg", "JPEG f")}}}})
		w.settle()
		if n := w.notices(id); len(n) != 1 || !strings.Contains(n[0], "paling banyak 12 pilihan") {
			t.Errorf("notices: %q", n)
		}
		shown := w.phone.shown
		if len(shown) != 5 || shown[1] != `99@lid: ?Kapan? ["pagi" "siang"]` || !strings.Contains(shown[2], "12. pilihan 11") ||
			shown[3] != "99@lid: [stiker: Wumpus]" || !strings.Contains(shown[4], "<image f.jpg JPEG f>") || !strings.Contains(shown[4], "kabar lama") {
			t.Errorf("phone shows %q", shown)
		}
	})
}

func TestAgentsReactions(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		mine := w.says(bridge.StaffMessage{Text: "siap"})
		ticks()
		first := w.lines()[0].id
		react := func(user, message, emoji string, custom, on bool, roles ...string) {
			t.Helper()
			for range 2 { // again
				s := bridge.StaffReaction{Thread: w.thread(), Message: message, User: user, Roles: roles, Emoji: emoji, Custom: custom, On: on, At: time.Now()}
				if err := w.relay.Reacted(w.t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			ticks()
		}
		react("sari", first, "👍", false, true, agentRole)
		react("andi", first, "❤️", false, true, agentRole)
		react("andi", first, "❤️", false, false, agentRole)
		react("sari", first, "👍", false, false, agentRole)
		react("tamu", first, "🔥", false, true, "role-other")
		react("sari", mine, "🎉", false, true, agentRole)
		react("sari", first, "blobcat", true, true, agentRole)
		w.greeted("99@lid: siap", "99@lid: (👍 on 1 false)", "99@lid: (❤️ on 1 false)", "99@lid: (👍 on 1 false)", "99@lid: ( on 1 false)",
			"99@lid: (🎉 on ID-d/"+mine+"/0.1 true)")
		if n := w.notices(first); len(n) != 1 || !strings.Contains(n[0], "blobcat") {
			t.Errorf("notices: %q", n)
		}
		if err := w.relay.Reacted(w.t.Context(), bridge.StaffReaction{Thread: "elsewhere", Message: "1", Emoji: "👍", On: true}); !errors.Is(err, bridge.ErrNotOurs) {
			t.Errorf("a reaction elsewhere: %v", err)
		}
	})
}

// A moderator who clears reactions takes them from the client too.
func TestClearedReactionsAreTakenBack(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		first := w.lines()[0].id
		react := func(user, emoji string, on bool) {
			t.Helper()
			for range 2 { // again
				s := bridge.StaffReaction{Thread: w.thread(), Message: first, User: user, Roles: []string{agentRole}, Emoji: emoji, On: on, At: time.Now()}
				if err := w.relay.Reacted(w.t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			ticks()
		}
		react("sari", "👍", true)
		react("andi", "🔥", true)
		react("budi", "🔥", true)
		react("", "🔥", false) // of one emoji
		react("andi", "🎉", true)
		react("", "", false) // of all
		w.greeted("99@lid: (👍 on 1 false)", "99@lid: (🔥 on 1 false)", "99@lid: (👍 on 1 false)", "99@lid: (🎉 on 1 false)", "99@lid: ( on 1 false)")
	})
}

// What stays inside stays there when it is forwarded: its words, and its files.
func TestForwardedNotesStayInside(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		secret := w.attach("rahasia.jpg", "image/jpeg", "JPEG rahasia")
		w.says(bridge.StaffMessage{Snapshots: []bridge.Snapshot{{Text: "// jangan beri diskon", Files: []bridge.StaffFile{secret}}}})
		w.says(bridge.StaffMessage{Snapshots: []bridge.Snapshot{{Text: "jam buka 9-17\n// tapi Jumat libur"}}})
		w.settle()
		w.greeted("99@lid: _Diteruskan:_\njam buka 9-17")
	})
}

func TestEditsAndDeletionsOfMessagesWithFiles(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		files := []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG a"), w.attach("b.jpg", "image/jpeg", "JPEG b")}
		id := w.says(bridge.StaffMessage{Text: "ini", Files: files})
		ticks()
		edit := func(text string, files ...bridge.StaffFile) {
			m := bridge.StaffMessage{ID: id, Channel: w.thread(), Author: "sari", Roles: []string{agentRole}, Text: text, Files: files, At: time.Now(), Edited: time.Now()}
			if err := w.relay.Edited(w.t.Context(), m); err != nil {
				t.Fatal(err)
			}
			ticks()
		}
		edit("ini", files[0]) // the second picture was taken out
		w.greeted("99@lid: <image a.jpg JPEG a> ini", "99@lid: (ditarik)")
		edit("itu", files[0])
		w.greeted("99@lid: itu", "99@lid: (ditarik)")
		edit(strings.Repeat("panjang ", 200), files[0])
		if n := w.notices(id); len(n) != 1 || !strings.Contains(n[0], "terlalu panjang") {
			t.Errorf("notices: %q", n)
		}
		edit("itu") // the first picture too: its words go with it
		if n := w.notices(id); len(n) != 2 || !strings.Contains(n[1], "ikut tertarik") {
			t.Errorf("notices: %q", n)
		}
		w.settle()
		w.greeted("99@lid: (ditarik)", "99@lid: (ditarik)")
	})
}

// Words that changed while their file was on its way are the ones that go.
func TestCaptionChangedBeforeItIsSent(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		w.phone.fail = func(id string, attempt int) (bool, error) {
			return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "WhatsApp answered with error 500"}
		}
		files := []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG a")}
		id := w.says(bridge.StaffMessage{Text: "ini", Files: files})
		ticks()
		m := bridge.StaffMessage{ID: id, Channel: w.thread(), Author: "sari", Roles: []string{agentRole}, Text: "itu", Files: files, At: time.Now(), Edited: time.Now()}
		if err := w.relay.Edited(w.t.Context(), m); err != nil {
			t.Fatal(err)
		}
		ticks()
		w.phone.fail = nil
		for l, err := range w.store.Dead(w.t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			w.retry(l.ID)
		}
		w.settle()
		w.greeted("99@lid: <image a.jpg JPEG a> itu")
	})
}

func TestClientSeesThatAnAgentRead(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		w.client("2", "ada orang?")
		w.settle()
		if len(w.phone.read) != 0 {
			t.Fatalf("read by nobody: %q", w.phone.read)
		}
		w.staff(w.thread(), snow(time.Now()), "// sebentar")
		ticks()
		if len(w.phone.read) != 0 {
			t.Fatalf("a note is no sign for the client: %q", w.phone.read)
		}
		w.staff(w.thread(), snow(time.Now()), "ada kak")
		ticks()
		w.client("3", "syukurlah")
		w.staff(w.thread(), snow(time.Now()), "baik")
		ticks()
		if !slices.Equal(w.phone.read, []string{"1", "2", "3"}) {
			t.Errorf("read: %q", w.phone.read)
		}
	})
}

func TestTypingIsShownBothWays(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		for range 5 {
			w.relay.ClientTyping(w.t.Context(), "99@lid", "", true)
			w.relay.StaffTyping(w.t.Context(), w.thread(), "sari")
			w.relay.StaffTyping(w.t.Context(), "elsewhere", "sari")
			time.Sleep(time.Second)
		}
		w.settle()
		if !slices.Equal(w.board.typed, []string{w.thread()}) {
			t.Errorf("threads that showed typing: %q", w.board.typed)
		}
		if want := []string{"watch 99@lid", "typing 99@lid true", "typing 99@lid false"}; !slices.Equal(w.phone.signs, want) {
			t.Errorf("phone saw %q, want %q", w.phone.signs, want)
		}
	})
}

// Who answers a file that came later answers the client's message.
func TestAnswerToAFileThatCameLate(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		w.phone.takes = map[string]time.Duration{"2": 90 * time.Second}
		w.receive(w.picture("2", "JPEG lambat", "struk"))
		w.settle()
		shown := w.lines()
		if len(shown) != 3 || shown[2].replyTo != shown[1].id {
			t.Fatalf("thread shows %q", shown)
		}
		w.says(bridge.StaffMessage{Text: "terbaca", ReplyTo: shown[2].id})
		s := bridge.StaffReaction{Thread: w.thread(), Message: shown[2].id, User: "sari", Roles: []string{agentRole}, Emoji: "👍", On: true, At: time.Now()}
		if err := w.relay.Reacted(w.t.Context(), s); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.greeted("99@lid: [> 2 false struk] terbaca", "99@lid: (👍 on 2 false)")
	})
}

// An agent who is quicker than Discord's answer to us still answers the message that he
// sees; what was never noted is answered without a quote, and holds nobody up for long.
func TestAnswerBeforeTheMessageIsNoted(t *testing.T) {
	for name, lost := range map[string]bool{"answer delayed": false, "never noted": true} {
		t.Run(name, func(t *testing.T) {
			liveFrom(t, in2025, func(w *world) {
				w.client("1", "halo")
				ticks()
				ours, began := "1499", time.Now()
				m := bridge.StaffMessage{ID: snow(began), Channel: w.thread(), Author: "sari", Name: "Sari", Roles: []string{agentRole},
					Text: "ini", ReplyTo: ours, ReplyOurs: true, At: began}
				react := bridge.StaffReaction{Thread: w.thread(), Message: ours, Ours: true, User: "sari", Roles: []string{agentRole}, Emoji: "👍", On: true, At: began}
				if !lost {
					time.AfterFunc(time.Second, func() { // the client's message, which stands in the thread already
						w.client("2", "yang mana?")
					})
					w.board.next = 498
				}
				for range 2 { // again
					if err := w.relay.Reply(w.t.Context(), m); err != nil {
						t.Fatal(err)
					}
					if err := w.relay.Reacted(w.t.Context(), react); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took > 13*time.Second {
					t.Errorf("it took %s", took)
				}
				w.settle()
				if lost {
					w.greeted("99@lid: ini")
				} else {
					w.greeted("99@lid: [> 2 false yang mana?] ini", "99@lid: (👍 on 2 false)")
				}
			})
		})
	}
}
