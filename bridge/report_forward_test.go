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
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// sends is a client's message of any kind.
func (g *guest) sends(id string, m bridge.ClientMessage) {
	g.o.t.Helper()
	m.ID, m.Chat, m.Phone, m.Name, m.At = id, g.address, g.phone, g.name, time.Now()
	if err := g.o.relay.Receive(g.o.t.Context(), m); err != nil {
		g.o.t.Errorf("%s sends %s: %v", g.name, id, err)
	}
	synctest.Wait()
}

// asks is the developer's question.
func (b *bench) asks(question string) {
	b.t.Helper()
	b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return r.NeedData(question, "bayu", at)
	})
}

// forwards shows a message of the ticket's thread in the post, twice.
func (b *bench) forwards(f bridge.Forward) {
	b.t.Helper()
	for range 2 {
		b.look(func(tx *ledger.Tx) error { return b.policy.ForwardMessage(tx, b.id, f) })
		synctest.Wait()
		b.pause(5 * time.Second)
	}
}

// forwardsWords forwards what the client answered, and says what that was refused for.
func (b *bench) forwardsWords() (refused string) {
	b.t.Helper()
	_, err := b.store.Update(b.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return b.policy.ForwardWords(tx, b.id, "sari") })
	if no, ok := errors.AsType[*escalation.Refusal](err); ok {
		refused = no.Key
	} else if err != nil {
		b.t.Errorf("forward words: %v", err)
	}
	synctest.Wait()
	b.pause(5 * time.Second)
	return refused
}

// inThread is the id of the message of the ticket's thread that contains something.
func (b *bench) inThread(part string) string {
	b.t.Helper()
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	for _, s := range b.board.threads[b.ticketThread()] {
		if strings.Contains(s.content, part) {
			return s.id
		}
	}
	b.t.Fatalf("nothing in the thread contains %q", part)
	return ""
}

// undated is what the post shows since, with dates taken out.
func (b *bench) undated(m looked) (all []string) {
	for _, line := range b.posted()[m.post:] {
		if from := strings.Index(line, " · <t:"); from >= 0 {
			line = line[:from] + line[from+strings.Index(line[from:], ">")+1:]
		}
		all = append(all, line)
	}
	return all
}

// What the client writes while data is needed is proposed once and forwarded at one press,
// words and files, those that come late included; then nothing waits any more.
func TestTheClientsAnswerIsForwarded(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.asks("videonya?")
		m := b.mark()
		b.phone.put("v1", "MP4 film")
		b.phone.takes = map[string]time.Duration{"v1": 4 * time.Minute}
		b.ana.says("ini *notanya* N-77 @everyone")
		b.ana.sends("V1", bridge.ClientMessage{Kind: bridge.KindVideo, Text: "dan filmnya", Media: &bridge.Media{Kind: bridge.KindVideo, Name: "layar.mp4", MIME: "video/mp4", Size: 8, Ref: refTo("v1")}})
		b.ana.sends("S1", bridge.ClientMessage{Kind: bridge.KindSticker, Unreadable: "no keys"})
		b.ana.sends("P1", bridge.ClientMessage{Kind: bridge.KindLocation, Place: &bridge.Place{Latitude: -6.2, Longitude: 106.8, Name: "Toko"}})
		b.pause(90 * time.Second)
		var proposed []string
		for _, line := range b.shown()[m.thread:] {
			if strings.Contains(line, "[r:forward:"+b.id+"]") {
				proposed = append(proposed, line)
			}
		}
		if len(proposed) != 1 || !strings.Contains(proposed[0], "→ [sari]") {
			t.Errorf("proposed %q", proposed)
		}
		b.ana.sends("S1", bridge.ClientMessage{Text: "terbaca sekarang", Kind: bridge.KindPlainText}) // at last
		if got := b.report(b.id); got.State != escalation.NeedsData || len(got.Words) != 4 {
			t.Errorf("%d answers wait in a report that is %s", len(got.Words), got.State)
		}
		m = b.mark()
		if no := b.forwardsWords(); no != "" {
			t.Errorf("refused: %s", no)
		}
		if no := b.forwardsWords(); no != "no_words" {
			t.Errorf("again: refused for %q", no)
		}
		b.pause(6 * time.Minute)
		by := "|-# Diteruskan oleh <@sari> · [pesan asli](https://discord.com/channels/77/" + b.ticketThread() + "/"
		got := b.undated(m)
		want := []string{
			"📨 **Jawaban klien · Ana**" + by + b.inThread("notanya") + ")|> ini **notanya** N-77 @\u200beveryone",
			"📨 **Jawaban klien · Ana**" + by + b.inThread("filmnya") + ")|> dan filmnya|⏳ *Video `layar.mp4` (8 B) masih diunduh; muncul di bawah bila sudah ada.*",
			"📨 **Jawaban klien · Ana**" + by + b.inThread("Lokasi") + ")|> 📍 Toko|> https://www.google.com/maps/search/?api=1&query=-6.200000,106.800000",
			"📨 **Jawaban klien · Ana**" + by + b.inThread("terbaca sekarang") + ")|> terbaca sekarang",
			"📥 <@bayu> data yang diminta sudah datang dari <@sari>. → [bayu]",
			"⬆️ Berkas yang tadi belum dapat ditampilkan: <layar.mp4 MP4 film>",
		}
		if !slices.Equal(got, want) {
			t.Errorf("the post shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if thread := b.shown(); !slices.ContainsFunc(thread, func(line string) bool { return strings.HasPrefix(line, "⬆️ Berkas") }) {
			t.Errorf("the thread misses the late file: %q", thread)
		}
		if r := b.report(b.id); r.State != escalation.Taken || len(r.Words) > 0 {
			t.Errorf("the report is %s with %d answers", r.State, len(r.Words))
		}
		m = b.mark()
		b.ana.says("masih ada lagi") // nobody asked for more
		if got := b.report(b.id); len(got.Words) > 0 || len(b.posted()) > m.post {
			t.Errorf("kept %d words that nobody asked for", len(got.Words))
		}
	})
}

// A long answer is forwarded whole, in its order.
func TestALongAnswerIsForwardedWhole(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.asks("ceritanya?")
		m := b.mark()
		var story strings.Builder
		for i := range 700 {
			story.WriteString("kata" + string(rune('a'+i%26)) + " ")
		}
		b.ana.says(story.String())
		b.forwardsWords()
		var words strings.Builder
		for _, line := range b.undated(m) {
			if _, said, ok := strings.Cut(line, ")|> "); ok {
				words.WriteString(said + " ")
			}
		}
		if got := strings.Fields(words.String()); !slices.Equal(got, strings.Fields(story.String())) {
			t.Errorf("%d of 700 words came: %q", len(got), b.undated(m))
		}
	})
}

// What somebody chooses in the ticket's thread is shown in the post once: a client's
// message with its files, the agent's own findings, and secrets stay masked.
func TestMessagesAreForwardedByHand(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.phone.put("p1", "JPEG satu")
		b.phone.put("p2", "JPEG dua")
		b.board.put("f1", "PNG uji")
		for _, id := range []string{"p1", "p2"} {
			b.ana.sends(strings.ToUpper(id), bridge.ClientMessage{Kind: bridge.KindImage, Album: "A", Media: &bridge.Media{Kind: bridge.KindImage, Name: id + ".jpg", Size: 9, Ref: refTo(id)}})
		}
		b.ana.says("password: rahasia99 dan layarnya begini")
		b.pause(10 * time.Second)
		secret := b.inThread("layarnya begini")
		b.writes("sari", b.number, "// sudah saya uji, <@12> lihat")
		note := snow(time.Now())
		m := b.mark()
		b.silentToClients(func() {
			b.asks("ada bukti?")
			b.forwards(bridge.Forward{By: "sari", Message: b.inThread("p1.jpg"), Text: "**Ana:** 🖼️ *Gambar*"})
			if got := b.report(b.id).State; got != escalation.Taken {
				t.Errorf("the report is %s", got)
			}
			b.forwards(bridge.Forward{By: "sari", Message: secret, Text: "**Ana:** password: rahasia99 dan layarnya begini", Ticket: b.number})
			b.forwards(bridge.Forward{By: "sari", Author: "dewi", Message: note, Text: "sudah saya uji <@12> di akun demo, otp 483920, sandi: rahasia99, hasilnya sama", Files: []bridge.StaffFile{{ID: "5", Name: "uji.png", MIME: "image/png", Ref: refTo("f1")}}})
		})
		got := b.undated(m)
		by := "|-# Diteruskan oleh <@sari> · [pesan asli](https://discord.com/channels/77/" + b.ticketThread() + "/"
		want := []string{
			"❓ <@bayu> membutuhkan data:|> ada bukti?|-# Agen sudah dipanggil di thread tiketnya.",
			"📨 **Dari klien · Ana**" + by + b.inThread("p1.jpg") + ")|> 🖼️ *Gambar* <p1.jpg JPEG satu> <p2.jpg JPEG dua>",
			"📥 <@bayu> data yang diminta sudah datang dari <@sari>. → [bayu]",
			"📨 **Dari klien · Ana**" + by + secret + ")|> password: •••••• begini",
		}
		if len(got) != 5 || !slices.Equal(got[:4], want) {
			t.Errorf("the post shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if last := got[len(got)-1]; !strings.HasPrefix(last, "📨 **Dari agen <@dewi>**"+by+note+")|> sudah saya uji @") || strings.Contains(last, "rahasia99") ||
			strings.Contains(last, "483920") || strings.Contains(last, "<@12>") || !strings.HasSuffix(last, " <uji.png PNG uji>") {
			t.Errorf("the finding shows %q", last)
		}
		b.verifyAll()
		_, err := b.store.Update(b.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
			return b.policy.ForwardMessage(tx, b.id, bridge.Forward{By: "sari", Message: "1", Text: "terlambat"})
		})
		if no, ok := errors.AsType[*escalation.Refusal](err); !ok || no.Key != "closed" {
			t.Errorf("forwarding to a closed report: %v", err)
		}
		_, err = b.store.Update(b.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return b.policy.ForwardWords(tx, "HE-1-R9", "sari") })
		if !errors.Is(err, bridge.ErrNoReport) {
			t.Errorf("forwarding to nowhere: %v", err)
		}
	})
}

// What a post showed that was deleted can be shown again in the one that takes its place.
func TestASecondPostIsShownThingsAgain(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.ana.says("stoknya minus di kasir")
		b.pause(5 * time.Second)
		f := bridge.Forward{By: "sari", Message: b.inThread("di kasir"), Text: "**Ana:** stoknya minus di kasir"}
		b.forwards(f)
		post := b.report(b.id).Thread
		b.board.mu.Lock()
		delete(b.board.threads, post)
		b.board.mu.Unlock()
		if err := b.relay.PostDeleted(b.t.Context(), post); err != nil {
			t.Error(err)
		}
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain("joko", at) })
		b.pause(10 * time.Second)
		b.forwards(f)
		shown := 0
		for _, line := range b.posted() {
			if strings.Contains(line, "stoknya minus di kasir") {
				shown++
			}
		}
		if shown != 1 {
			t.Errorf("the second post shows %q", b.posted())
		}
		// A developer who answers it is shown below the client's message.
		b.board.mu.Lock()
		var on string
		for _, s := range b.board.threads[b.board.made[2]] {
			if strings.Contains(s.content, "di kasir") {
				on = s.id
			}
		}
		b.board.mu.Unlock()
		b.inPost("bayu", "sudah ketemu", func(m *bridge.StaffMessage) { m.ReplyTo = on })
		b.board.mu.Lock()
		defer b.board.mu.Unlock()
		for _, s := range b.board.threads[b.ticketThread()] {
			if strings.Contains(s.content, "sudah ketemu") && s.replyTo != f.Message {
				t.Errorf("it answers %q, not %q", s.replyTo, f.Message)
			}
		}
	})
}

// verifyAll lets the report pass.
func (b *bench) verifyAll() {
	b.t.Helper()
	b.adjusts("bayu", "beres")
	b.verifies(true, "")
}

// Evidence of a report that is being written: a client's files are there already, others
// are fetched once.
func TestFilesAreKeptAsEvidence(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.phone.put("p1", "JPEG satu")
		b.board.put("f1", "PNG uji")
		b.ana.sends("P1", bridge.ClientMessage{Kind: bridge.KindImage, Text: "layarnya", Media: &bridge.Media{Kind: bridge.KindImage, Name: "p1.jpg", Size: 9, Ref: refTo("p1")}})
		b.pause(10 * time.Second)
		var all [][]string
		keep := func(message string, files ...bridge.StaffFile) {
			b.look(func(tx *ledger.Tx) error {
				keys, err := b.policy.KeepFiles(tx, b.number, message, files)
				all = append(all, keys)
				return err
			})
			b.pause(5 * time.Second)
		}
		mine := bridge.StaffFile{ID: "5", Name: "uji.png", MIME: "image/png", Ref: refTo("f1")}
		keep(b.inThread("layarnya"), bridge.StaffFile{ID: "9", Name: "p1.jpg", Ref: refTo("nowhere")})
		keep("4242", mine)
		keep("4242", mine, mine)
		keep("4243")
		if len(all[0]) != 1 || !strings.HasPrefix(all[0][0], "w/") || !slices.Equal(all[1], []string{"k/4242/5"}) || !slices.Equal(all[2], all[1]) || len(all[3]) > 0 {
			t.Errorf("kept %q", all)
		}
		if b.board.asked["f1"] != 1 || b.board.asked["nowhere"] != 0 {
			t.Errorf("fetched %v", b.board.asked)
		}
		b.library.mu.Lock()
		defer b.library.mu.Unlock()
		if len(b.library.content) != 2 {
			t.Errorf("the library holds %d files", len(b.library.content))
		}
	})
}

// What was forwarded before the developer asked can be his answer all the same: forwarding
// it again points at it, and nobody is waited for any more.
func TestWhatWasForwardedBeforeAnswers(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.ana.says("nota N-77")
		nota := b.inThread("N-77")
		f := bridge.Forward{By: "sari", Message: nota, Text: "**Ana:** nota N-77"}
		b.forwards(f)
		for range 2 {
			m := b.mark()
			b.asks("nomor nota?")
			b.forwards(f)
			if got := b.report(b.id).State; got != escalation.Taken {
				t.Errorf("the report is %s", got)
			}
			if got := b.posted()[m.post+1:]; !slices.Equal(got, []string{"📨 <@sari> menjawab dengan yang sudah diteruskan tadi.", "📥 <@bayu> data yang diminta sudah datang dari <@sari>. → [bayu]"}) {
				t.Errorf("the post shows %q", got)
			}
		}
		b.board.mu.Lock()
		defer b.board.mu.Unlock()
		post := b.board.threads[b.board.made[1]]
		shows := func(part string) int {
			return slices.IndexFunc(post, func(s said) bool { return strings.Contains(s.content, part) })
		}
		if first, points := shows("N-77"), shows("diteruskan tadi"); first < 0 || points < 0 || post[points].replyTo != post[first].id {
			t.Errorf("the post shows %+v", post)
		}
	})
}

// A code that the client sends while data is needed is masked in what waits to be
// forwarded, and in what is.
func TestASecretAnswerIsForwardedMasked(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.asks("akun demonya?")
		b.presses("sari", b.number, "t:access")
		b.ana.says("password: rahasia99")
		b.ana.says("rahasia99")
		b.ana.says("nomor nota 4711")
		words := fmt.Sprintf("%+v", b.report(b.id).Words)
		if strings.Contains(words, "rahasia99") || !strings.Contains(words, "4711") {
			t.Errorf("what waits is %s", words)
		}
		m := b.mark()
		if no := b.forwardsWords(); no != "" {
			t.Errorf("refused: %s", no)
		}
		b.forwards(bridge.Forward{By: "sari", Message: b.inThread("4711"), Text: "password: rahasia99"})
		if all := strings.Join(b.posted()[m.post:], "\n"); strings.Contains(all, "rahasia99") || !strings.Contains(all, "4711") {
			t.Errorf("the post shows %s", all)
		}
	})
}
