package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// inReports tells a story of a desk with developers, and of Ana, whose hard ticket sari has.
func inReports(t *testing.T, story func(b *bench)) {
	t.Helper()
	inOffice(t, "2026-11-23 09:00", func(o *office) {
		o.closes()
		o.policy.Teams = []bridge.Team{{Name: "Back End", Roles: []string{backRole}, Leads: []string{leadRole}}, {Name: "POS", Roles: []string{posRole}, Leads: []string{leadRole}}}
		o.policy.Reports = escalation.DefaultPolicy()
		o.policy.Roles = map[string][]string{bot.Agent: {agentRole}, bot.AssistantManager: {managerRole}}
		o.policy.Guild = "77"
		o.open()
		o.goes("sari", ticket.OnDuty)
		b := &bench{office: o, ana: o.guest(1, "Ana")}
		b.ana.says("stok minus semua")
		b.number = b.ana.conversation().Open
		b.pause(time.Second)
		b.presses("sari", b.number, "t:accept")
		b.presses("sari", b.number, "t:class:hard")
		b.pause(5 * time.Second)
		story(b)
	})
}

// sendsFile is a file of a client's.
func (g *guest) sendsFile(kind, mime, content string) {
	g.o.t.Helper()
	g.o.n++
	id := fmt.Sprint("F", g.o.n)
	g.o.phone.put(id, content)
	m := bridge.ClientMessage{ID: id, Chat: g.address, Phone: g.phone, Name: g.name, Kind: kind, At: time.Now(),
		Media: &bridge.Media{Kind: kind, Name: id, MIME: mime, Size: int64(len(content)), Ref: refTo(id)}}
	if err := g.o.relay.Receive(g.o.t.Context(), m); err != nil {
		g.o.t.Errorf("%s sends %s: %v", g.name, content, err)
	}
	synctest.Wait()
}

// files are what of a ticket can be shown.
func (b *bench) files(number string) (all []bridge.TicketFile) {
	b.t.Helper()
	all, err := bridge.TicketFiles(b.t.Context(), staffShelf{b.store}, number)
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// What passed through a thread can be evidence: of the client and of the staff, and of a
// ticket that was merged into it; recordings, and what never came, cannot.
func TestTheFilesOfATicket(t *testing.T) {
	inReports(t, func(b *bench) {
		b.ana.sendsFile(bridge.KindImage, "image/png", "layar")
		b.ana.sendsFile(bridge.KindVoice, "audio/ogg", "suara")
		b.ana.sendsFile(bridge.KindVideo, "video/mp4", "film")
		b.phone.trouble = func(id string, _ int) error {
			if b.phone.content[id] == "hilang" {
				return &bridge.MediaError{Fault: bridge.Gone}
			}
			return nil
		}
		b.ana.sendsFile(bridge.KindImage, "image/png", "hilang")
		b.pause(10 * time.Second)
		b.n++
		m := bridge.StaffMessage{ID: snow(time.Now()), Channel: b.ticket(b.number).Thread, Author: "sari", Name: "Sari", Roles: []string{agentRole}, Text: "begini?",
			Files: []bridge.StaffFile{b.attach("a.png", "image/png", "contoh satu"), b.attach("b.pdf", "application/pdf", "contoh dua")}, At: time.Now()}
		b.reply(m)
		b.pause(10 * time.Second)

		sara := b.guest(2, "Sara")
		sara.says("layar saya juga")
		other := sara.conversation().Open
		sara.sendsFile(bridge.KindImage, "image/png", "layar Sara")
		b.pause(10 * time.Second)
		var contents []string
		for _, f := range b.files(b.number) {
			contents = append(contents, fmt.Sprint(string(b.library.content[f.Hash]), " ", f.Client, f.Picture, f.Video))
		}
		if want := []string{"layar true true false", "film true false true", "contoh satu false true false", "contoh dua false false false"}; !slices.Equal(contents, want) {
			t.Errorf("the files are %q, want %q", contents, want)
		}
		b.look(func(tx *ledger.Tx) error { // the same person after all
			tx.Log(b.number, ledger.Event{What: "merged_from", By: "sari", Data: map[string]string{"ticket": other}})
			tx.Log(other, ledger.Event{What: "merged_from", By: "sari", Data: map[string]string{"ticket": b.number}})
			return nil
		})
		if all := b.files(b.number); len(all) != 5 || string(b.library.content[all[4].Hash]) != "layar Sara" {
			t.Errorf("with those of the merged one: %+v", all)
		}
	})
}

// uses is an interaction in a thread; what comes back is what the person sees.
func (b *bench) uses(who, thread string, i bot.Interaction) bot.Answer {
	b.t.Helper()
	b.n++
	i.ID, i.User, i.Name, i.At, i.Locale, i.Channel, i.Roles = fmt.Sprint("use", b.n), who, who, time.Now(), "id", thread, rolesOf[who]
	if i.Command == "" {
		i.Message = "9"
	}
	if f, ok := b.bot.Form(b.t.Context(), i); ok {
		b.t.Errorf("%s%s opens %s first", i.Command, i.Button, f.ID)
	}
	answer := b.bot.Handle(b.t.Context(), i)
	b.pause(5 * time.Second)
	return answer
}

// fills presses a button, and sends the form that opens.
func (b *bench) fills(who, thread, button string, fields map[string]string) bot.Answer {
	b.t.Helper()
	i := bot.Interaction{ID: "form" + button, User: who, At: time.Now(), Locale: "id", Channel: thread, Roles: rolesOf[who], Button: button, Message: "9"}
	f, ok := b.bot.Form(b.t.Context(), i)
	if !ok {
		b.t.Errorf("%s opens no form for %s: %q", button, who, b.bot.Handle(b.t.Context(), i).Text)
	}
	return b.uses(who, thread, bot.Interaction{Form: f.ID, Fields: fields})
}

// button is the one below the last line of a thread whose id begins so.
func (b *bench) button(thread, prefix string) string {
	b.t.Helper()
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	for _, s := range slices.Backward(b.board.threads[thread]) {
		for _, x := range b.board.buttons[s.id] {
			if strings.HasPrefix(x.ID, prefix) {
				return x.ID
			}
		}
	}
	b.t.Errorf("no button %s in %s", prefix, thread)
	return prefix
}

// The story of the procedure, by what people press: a hard ticket, developers who ask for
// data, a client who sends a video, a re-test that fails and one that passes, and a rating.
func TestAHardTicketFromTheFirstPressToTheRating(t *testing.T) {
	inReports(t, func(b *bench) {
		thread := b.ticket(b.number).Thread
		b.ana.sendsFile(bridge.KindImage, "image/png", "layar penuh")
		b.pause(10 * time.Second)

		b.uses("sari", thread, bot.Interaction{Button: b.button(thread, "t:report")})
		b.uses("sari", thread, bot.Interaction{Button: "t:report-team", Values: []string{"Back End"}})
		a := b.fills("sari", thread, "t:report-text", map[string]string{"place": "Toko Ana", "detail": "Stok minus setelah opname", "reproduction": "Opname di akun demo"})
		if !strings.Contains(a.Text, "Lengkap") {
			t.Fatalf("the draft says %q", a.Text)
		}
		b.uses("sari", thread, bot.Interaction{Button: "t:report-send"})
		b.pause(10 * time.Second)
		b.id = b.number + "-R1"
		post := b.report(b.id).Thread
		if shown := strings.Join(b.lines(post), "\n"); post == "" || !strings.Contains(shown, "layar penuh") {
			t.Errorf("the post is %q", shown)
		}

		b.uses("bayu", post, bot.Interaction{Button: "r:take"})
		b.fills("bayu", post, "r:data", map[string]string{"question": "Videonya? kata developer"})
		b.ana.sendsFile(bridge.KindVideo, "video/mp4", "film opname")
		b.pause(10 * time.Second)
		b.uses("sari", thread, bot.Interaction{Button: b.button(thread, "r:forward:")})
		b.pause(10 * time.Second)
		if shown := strings.Join(b.lines(post), "\n"); !strings.Contains(shown, "film opname") {
			t.Errorf("the post is not shown the video: %q", shown)
		}
		b.fills("bayu", post, "r:adjusted", map[string]string{"result": "ditambal, kata developer"})
		b.fills("sari", thread, b.button(thread, "r:fail:"), map[string]string{"reason": "Masih minus"})
		b.fills("bayu", post, "r:adjusted", map[string]string{"result": "ditambal lagi, kata developer"})
		b.uses("sari", thread, bot.Interaction{Button: b.button(thread, "r:pass:")})
		b.pause(10 * time.Second)

		b.resolves("sari", b.number, "Stok minus", "Disesuaikan developer")
		b.pause(10 * time.Second)
		b.ana.says("sudah, terima kasih")
		b.pause(time.Minute)
		b.ana.says("5")
		b.pause(time.Minute)
		got, rep := b.ticket(b.number), b.report(b.id)
		if got.State != ticket.Closed || got.Rating.Stars != 5 || rep.Ending != escalation.EndPassed || rep.Failed != 1 {
			t.Errorf("at the end the ticket is %s with %d stars, the report %+v", got.State, got.Rating.Stars, rep)
		}
		if sees := strings.Join(b.ana.sees(), "\n"); strings.Contains(sees, "developer") || strings.Contains(sees, "Opname di akun demo") || strings.Contains(sees, "Masih minus") {
			t.Errorf("the client reads %q", sees)
		}
	})
}
