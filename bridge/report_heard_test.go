package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// rolesOf are the people of these stories: one of the team, its lead, agents, a passer-by.
var rolesOf = map[string][]string{"bayu": {backRole}, "joko": {leadRole}, "sari": {agentRole}, "dewi": {agentRole}, "rudi": {posRole}, "maya": {salesRole}}

// inPost is what somebody writes in the report's post; change completes the message.
func (b *bench) inPost(who, text string, change ...func(*bridge.StaffMessage)) bridge.StaffMessage {
	b.t.Helper()
	b.pause(time.Second)
	b.n++
	m := bridge.StaffMessage{ID: snow(time.Now()), Channel: b.report(b.id).Thread, Author: who, Name: strings.ToUpper(who[:1]) + who[1:], Roles: rolesOf[who], Text: text, At: time.Now()}
	for _, c := range change {
		c(&m)
	}
	b.reply(m)
	return m
}

// reply takes a message in twice: the second time changes nothing.
func (b *bench) reply(m bridge.StaffMessage) {
	b.t.Helper()
	for range 2 {
		if err := b.relay.Reply(b.t.Context(), m); err != nil {
			b.t.Errorf("%s writes %q: %v", m.Author, m.Text, err)
		}
		synctest.Wait()
	}
	b.pause(3 * time.Second)
}

// edits changes a message, twice.
func (b *bench) edits(m bridge.StaffMessage, text string, change ...func(*bridge.StaffMessage)) bridge.StaffMessage {
	b.t.Helper()
	b.pause(time.Second)
	m.Text, m.Edited = text, time.Now()
	for _, c := range change {
		c(&m)
	}
	for range 2 {
		if err := b.relay.Edited(b.t.Context(), m); err != nil {
			b.t.Errorf("edit %q: %v", text, err)
		}
		synctest.Wait()
	}
	b.pause(3 * time.Second)
	return m
}

func (b *bench) deletes(m bridge.StaffMessage) {
	b.t.Helper()
	for range 2 {
		if err := b.relay.Deleted(b.t.Context(), m.Channel, m.ID, time.Now()); err != nil {
			b.t.Errorf("delete %q: %v", m.Text, err)
		}
		synctest.Wait()
	}
	b.pause(3 * time.Second)
}

// head is the line above somebody's words in the ticket's thread, without its sign.
func (b *bench) head(m bridge.StaffMessage, who string) string {
	return who + " · di laporan [" + b.id + "](https://discord.com/channels/77/" + m.Channel + "/" + m.ID + ") · <@sari>"
}

const (
	ofBayu = "**Bayu** · Back End"
	ofRudi = "**Rudi**"
)

// silentToClients checks that no letter to a client was made of what follows.
func (b *bench) silentToClients(story func()) {
	b.t.Helper()
	before := b.ana.sees()
	story()
	b.pause(10 * time.Second)
	if now := b.ana.sees(); !slices.Equal(before, now) {
		b.t.Errorf("the client sees %q", now[len(before):])
	}
}

// What developers write is shown in the ticket's thread, by whom and where; a question
// rings the agent. Nothing of it reaches the client.
func TestWhatDevelopersWriteIsShownInTheThread(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.policy.Names.User = func(id string) string { return map[string]string{"11": "Sa_ri", "12": "@everyone"}[id] }
		b.closes()
		b.open()
		b.takes("bayu")
		m := b.mark()
		b.silentToClients(func() {
			one := b.inPost("bayu", "sudah dicek <@11>, **indeksnya** rusak\n@everyone <@&5> <:ok:99> <@12>")
			two := b.inPost("bayu", "versi berapa ya?", func(m *bridge.StaffMessage) { m.ReplyTo = one.ID })
			three := b.inPost("rudi", "di POS aman", func(m *bridge.StaffMessage) {
				m.Stickers = []string{"jempol_atas"}
				m.Poll = &bridge.Poll{Question: "Rilis?", Options: []string{"hari ini", "besok"}}
				m.Snapshots = []bridge.Snapshot{{Text: "kata tim <@11>"}}
			})
			b.wantSince(m, []string{}, []string{
				"💬 " + b.head(one, ofBayu) + "|> sudah dicek @Sa_ri, **indeksnya** rusak|> @\u200beveryone @tim \\:ok: @@\u200beveryone",
				"💬 " + b.head(two, ofBayu) + "|> versi berapa ya? → [sari]",
				"💬 " + b.head(three, ofRudi) + "|> di POS aman|> 🏷️ *Stiker:* jempol_atas|> 📊 Rilis?|> ▫️ hari ini|> ▫️ besok|> ↪️ *Diteruskan:*|> kata tim @Sa_ri → [sari]",
			}, []string{})
		})
		b.board.mu.Lock()
		thread := b.board.threads[b.ticketThread()]
		first, second := thread[len(thread)-3], thread[len(thread)-2]
		b.board.mu.Unlock()
		if second.replyTo != first.id {
			t.Errorf("the answer answers %q, not %q", second.replyTo, first.id)
		}
	})
}

// ticketThread is the ticket's thread, for who holds the board already.
func (b *bench) ticketThread() string { return b.board.made[0] }

// An edit rewrites the line, also before it has left, and a deletion strikes it out; doing
// either twice, or late, changes nothing more.
func TestWhatDevelopersChangeFollows(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		m := b.mark()
		b.silentToClients(func() {
			one := b.inPost("bayu", "stoknya salah hitung")
			first := b.edits(one, "stoknya salah hitung sejak versi 4")
			b.wantSince(m, []string{}, []string{"💬 " + b.head(one, ofBayu) + "|> stoknya salah hitung sejak versi 4"}, []string{})
			b.edits(one, strings.Repeat("panjang sekali ", 180)) // two messages now
			if got := b.shown()[m.thread:]; len(got) != 2 || !strings.Contains(got[1], "panjang sekali") {
				t.Errorf("a long edit shows %q", got)
			}
			b.edits(one, "pendek lagi")
			b.wantSince(m, []string{}, []string{"💬 " + b.head(one, ofBayu) + "|> pendek lagi", "-# ✂️ Bagian ini dihapus penulisnya."}, []string{})
			if err := b.relay.Edited(b.t.Context(), first); err != nil { // an older version comes again
				t.Error(err)
			}
			b.deletes(one)
			b.edits(one, "sesudah dihapus")
			b.wantSince(m, []string{}, []string{
				"🗑️ " + b.head(one, ofBayu) + " · *dihapus penulisnya*|> ~~pendek lagi~~", "-# ✂️ Bagian ini dihapus penulisnya."}, []string{})

			b.board.mu.Lock()
			b.board.up = false
			b.board.mu.Unlock()
			m = b.mark()
			two := b.inPost("bayu", "belum berangkat")
			b.edits(two, "sudah diperbaiki")
			three := b.inPost("bayu", "salah kirim\n\n`ini` juga")
			b.deletes(three)
			b.board.mu.Lock()
			b.board.up = true
			b.board.mu.Unlock()
			b.courier.Poke()
			b.pause(5 * time.Second)
			b.wantSince(m, []string{}, []string{"💬 " + b.head(two, ofBayu) + "|> sudah diperbaiki",
				"🗑️ " + b.head(three, ofBayu) + " · *dihapus penulisnya*|> ~~salah kirim~~|> |> ~~ini juga~~"}, []string{})
		})
	})
}

// What was changed while nobody listened is looked for in the post of an open report.
func TestRecentWordsInAPostAreKnown(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		one, agents := b.inPost("bayu", "satu"), b.inPost("sari", "catatan agen")
		two := b.inPost("bayu", "dua")
		b.edits(one, "satu!")
		b.deletes(two)
		thread := b.report(b.id).Thread
		recent, err := b.relay.Recent(b.t.Context(), thread)
		if err != nil || len(recent) != 1 || recent[0].ID != one.ID || recent[0].Edited.IsZero() {
			t.Errorf("recent are %+v, %v (not %s)", recent, err, agents.ID)
		}
		threads, err := b.relay.RecentThreads(b.t.Context())
		if err != nil || !slices.Contains(threads, thread) {
			t.Errorf("threads with recent messages are %q, %v", threads, err)
		}
		if last, known, err := b.relay.Cursor(b.t.Context(), thread); last != two.ID || !known || err != nil {
			t.Errorf("the post is read up to %q, %v, %v", last, known, err)
		}
		late := agents
		late.ID, late.Edited = snow(time.Now().Add(time.Hour)), time.Now() // it will be taken in with the words it has then
		if err := b.relay.Edited(b.t.Context(), late); err != nil {
			t.Error(err)
		}
	})
}

// A question rings the agent; the question mark of an address asks nothing.
func TestAnAddressIsNoQuestion(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		for text, rings := range map[string]bool{
			"lihat https://contoh.id/log?id=7":        false,
			"<https://contoh.id/?a=1&b=2> sudah":      false,
			"sudah lihat https://contoh.id/log?id=7?": true,
			"https://contoh.id ?":                     true,
			"bagaimana？":                              true,
		} {
			m := b.mark()
			b.inPost("bayu", text)
			if got := b.shown()[m.thread:]; len(got) != 1 || strings.HasSuffix(got[0], "→ [sari]") != rings {
				t.Errorf("%q shows %q", text, got)
			}
		}
	})
}

// Files that developers attach come along, later if they must; one that is taken off its
// message is named.
func TestFilesOfDevelopersAreShown(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.board.put("f1", "log lama")
		b.board.put("f2", "PNG")
		b.board.takes = map[string]time.Duration{"f2": 3 * time.Minute}
		m := b.mark()
		b.silentToClients(func() {
			one := b.inPost("bayu", "lihat ini", func(m *bridge.StaffMessage) {
				m.Files = []bridge.StaffFile{{ID: "1", Name: "log.txt", MIME: "text/plain", Ref: refTo("f1")}, {ID: "2", Name: "layar.png", MIME: "image/png", Ref: refTo("f2")}}
			})
			b.pause(5 * time.Minute)
			got := b.shown()[m.thread:]
			if len(got) != 2 || got[0] != "💬 "+b.head(one, ofBayu)+"|> lihat ini|⏳ *Gambar `layar.png` masih diunduh; muncul di bawah bila sudah ada.* <log.txt log lama>" ||
				got[1] != "⬆️ Berkas yang tadi belum dapat ditampilkan: <layar.png PNG>" {
				t.Errorf("the thread shows %q", got)
			}
			b.edits(one, "lihat ini saja", func(m *bridge.StaffMessage) { m.Files = m.Files[1:] })
			if got := b.shown()[m.thread]; got != "💬 "+b.head(one, ofBayu)+"|> lihat ini saja|> 🗑️ *Berkas dihapus penulisnya:* log.txt" {
				t.Errorf("without the file it shows %q", got)
			}
			b.edits(one, "lihat yang ini", func(m *bridge.StaffMessage) { m.Files = m.Files[1:] })
			if got := b.shown()[m.thread]; got != "💬 "+b.head(one, ofBayu)+"|> lihat yang ini|> 🗑️ *Berkas dihapus penulisnya:* log.txt" {
				t.Errorf("after a further edit it shows %q", got)
			}
		})
	})
}

// What the agent writes in the post stays there and answers the party; what another agent
// writes does too, and the agent hears of it.
func TestWhatAgentsWriteInThePostAnswers(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		asks := func() {
			b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
				return r.NeedData("nomor nota?", "bayu", at)
			})
		}
		state := func(want escalation.State) {
			t.Helper()
			if got := b.report(b.id).State; got != want {
				t.Errorf("the report is %s, want %s", got, want)
			}
		}
		asks()
		m := b.mark()
		b.inPost("bayu", "tolong ya") // who asked does not answer himself
		state(escalation.NeedsData)
		b.inPost("sari", "N-77")
		state(escalation.Taken)
		b.wantSince(m, []string{"📥 <@bayu> data yang diminta sudah datang dari <@sari>. → [bayu]"}, b.shown()[m.thread:], []string{})
		if got := b.shown()[m.thread:]; len(got) != 2 || strings.Contains(strings.Join(got, ""), "N-77") {
			t.Errorf("the thread shows %q", got)
		}
		asks()
		m = b.mark()
		dewi := b.inPost("dewi", "dari saya: N-78")
		state(escalation.Taken)
		if got := b.shown()[m.thread]; got != "💬 "+b.head(dewi, "**Dewi**")+"|> dari saya: N-78" {
			t.Errorf("the thread shows %q", got)
		}
		var log []string
		for _, e := range b.eventsOf(b.id) {
			if e.What == "report_wrote" || e.What == "report_data_came" {
				log = append(log, e.What+" "+e.By+" "+e.Data["text"])
			}
		}
		if want := []string{"report_wrote bayu tolong ya", "report_wrote sari N-77", "report_data_came sari ", "report_wrote dewi dari saya: N-78", "report_data_came dewi "}; !slices.Equal(log, want) {
			t.Errorf("the log has %q", log)
		}
		log = nil
		for _, e := range b.eventsOf(b.number) {
			if e.What == "developer_wrote" {
				log = append(log, e.By+" "+e.Data["text"]+" "+e.Data["report"])
			}
		}
		if want := []string{"bayu tolong ya " + b.id, "sari N-77 " + b.id, "dewi dari saya: N-78 " + b.id}; !slices.Equal(log, want) {
			t.Errorf("the ticket's log has %q", log)
		}
	})
}

// A client's secret that somebody repeats in the post is masked wherever it is kept or
// shown, and he is asked to delete it.
func TestASecretInThePostStaysMasked(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.presses("sari", b.number, "t:access")
		b.ana.says("password: rahasia99")
		m := b.mark()
		b.inPost("dewi", "masuk pakai rahasia99 ya")
		b.inPost("sari", "ya, rahasia99")
		asked := 0
		for _, line := range b.posted()[m.post:] {
			if strings.HasPrefix(line, "🔐 Pesan ini memuat kode") {
				asked++
			}
		}
		if asked != 2 {
			t.Errorf("the post shows %q", b.posted()[m.post:])
		}
		for _, line := range b.shown() {
			if strings.Contains(line, "rahasia99") {
				t.Errorf("the thread shows %q", line)
			}
		}
		for _, log := range []string{b.id, b.number} {
			for _, e := range b.eventsOf(log) {
				if strings.Contains(e.Data["text"], "rahasia99") {
					t.Errorf("the log has %+v", e)
				}
			}
		}
	})
}

// A question to another party ends nothing of the ticket: what is written there after the
// ticket is closed is shown, and its post goes back into the archive.
func TestWordsReachAClosedTicketsThread(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.verifyAll()
		b.id = b.opens(escalation.Sales, "")
		b.pause(10 * time.Second)
		b.resolves("sari", b.number, "stok", "dihitung ulang")
		b.pause(time.Hour)
		if got := b.ticket(b.number).State; got != ticket.Closed {
			t.Fatalf("the ticket is %s", got)
		}
		m := b.mark()
		b.silentToClients(func() { b.inPost("maya", "boleh 5 %") })
		if got := b.shown()[m.thread:]; len(got) != 1 || !strings.HasSuffix(got[0], "|> boleh 5 %") {
			t.Errorf("the thread shows %q", got)
		}
		b.board.mu.Lock()
		defer b.board.mu.Unlock()
		if !b.board.archived[b.ticketThread()] {
			t.Error("the ticket's post stays out of the archive")
		}
	})
}
