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

const (
	backRole  = "role-back-end"
	posRole   = "role-pos"
	leadRole  = "role-lead"
	salesRole = "role-sales"
)

// A bench is an office with developers: one hard ticket of Ana's, which sari has, and one
// report of it to the team Back End.
type bench struct {
	*office
	ana    *guest
	number string
	id     string
	// dying is called before a step of the report, alive a second after it; nil for no.
	dying, alive func()
}

// aReport tells a story of a report that begins on a Monday at 09:00.
func aReport(t *testing.T, story func(b *bench)) {
	t.Helper()
	inOffice(t, "2026-11-23 09:00", func(o *office) {
		o.closes()
		o.policy.Teams = []bridge.Team{{Name: "Back End", Roles: []string{backRole}, Leads: []string{leadRole}}, {Name: "POS", Roles: []string{posRole}, Leads: []string{leadRole}}}
		o.policy.Reports = escalation.DefaultPolicy()
		o.policy.Roles = map[string][]string{bot.Agent: {agentRole}, bot.AssistantManager: {managerRole}, "sales": {salesRole}, "developer_lead": {leadRole}}
		o.policy.Guild = "77"
		o.open()
		o.goes("sari", ticket.OnDuty)
		b := &bench{office: o, ana: o.guest(1, "Ana")}
		b.ana.says("stok minus semua")
		b.number = b.ana.conversation().Open
		b.pause(time.Second)
		b.presses("sari", b.number, "t:accept")
		b.presses("sari", b.number, "t:class:hard")
		b.id = b.opens(escalation.Developers, "Back End")
		b.pause(10 * time.Second)
		story(b)
	})
}

// pause lets a while go by, with everything at work.
func (b *bench) pause(d time.Duration) { b.t.Helper(); b.till(time.Now().Add(d)) }

func formOf(party escalation.Party) escalation.Form {
	if party != escalation.Developers {
		return escalation.Form{Detail: "Bolehkah diskon 5 %?"}
	}
	return escalation.Form{System: "panel", Place: "Toko Ana", Detail: "Stok minus setelah opname @everyone", Reproduction: "Opname di akun demo", Evidence: []string{"k1"}}
}

// opens makes a report of the ticket.
func (b *bench) opens(party escalation.Party, team string) (id string) {
	b.t.Helper()
	b.look(func(tx *ledger.Tx) (err error) {
		id, err = b.policy.OpenReport(tx, bridge.NewReport{Party: party, Team: team, Ticket: b.number, Form: formOf(party), By: "sari"})
		return err
	})
	synctest.Wait()
	return id
}

func (o *office) report(id string) (r escalation.Report) {
	o.t.Helper()
	o.look(func(tx *ledger.Tx) (err error) {
		r, _, err = escalation.Load(tx, id)
		return err
	})
	return r
}

// reports are all that there are, by the titles of their posts.
func (o *office) reports() (all []escalation.Report) {
	o.board.mu.Lock()
	var ids []string
	for _, title := range o.board.posts {
		if id, _, _ := strings.Cut(title, " "); strings.Contains(id, "-R") && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	o.board.mu.Unlock()
	for _, id := range ids {
		all = append(all, o.report(id))
	}
	return all
}

// does makes a transition of the report and lets the desk work.
func (b *bench) does(fn func(r *escalation.Report, at time.Time) ([]ledger.Event, error)) {
	b.t.Helper()
	if b.dying != nil {
		b.dying()
	}
	b.look(func(tx *ledger.Tx) error {
		return b.policy.ChangeReport(tx, b.id, func(r *escalation.Report) ([]ledger.Event, error) { return fn(r, tx.Now()) })
	})
	synctest.Wait()
	if b.alive != nil {
		time.Sleep(time.Second)
		b.alive()
	}
	b.pause(5 * time.Second)
}

// quietly is does for a transition without a refusal.
func quietly(fn func(r *escalation.Report, at time.Time) []ledger.Event) func(*escalation.Report, time.Time) ([]ledger.Event, error) {
	return func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return fn(r, at), nil }
}

func (b *bench) takes(who string) {
	b.t.Helper()
	b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Take(who, false, at) })
}

func (b *bench) adjusts(who, result string) {
	b.t.Helper()
	b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Adjust(result, who, at) })
}

func (b *bench) verifies(pass bool, note string) {
	b.t.Helper()
	b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return r.Verify(pass, note, "sari", at)
	})
}

// line is a message of a thread as people meet it: what it says, whom it rings, its buttons.
func (o *office) lines(thread string) (all []string) {
	o.board.mu.Lock()
	defer o.board.mu.Unlock()
	for _, s := range o.board.threads[thread] {
		var line strings.Builder
		line.WriteString(strings.ReplaceAll(s.content, "\n", "|"))
		if p := o.board.pings[s.id]; len(p) > 0 {
			line.WriteString(fmt.Sprint(" → ", p))
		}
		for _, x := range o.board.buttons[s.id] {
			line.WriteString(" [" + x.ID + "]")
		}
		all = append(all, line.String())
	}
	return all
}

// since returns what was added to a thread since it had n lines.
func (b *bench) posted() []string { return b.lines(b.report(b.id).Thread) }
func (b *bench) shown() []string  { return b.lines(b.ticket(b.number).Thread) }

// wantNew compares what was said in the post and in the ticket's thread since the last look.
type looked struct{ post, thread, phone int }

func (b *bench) mark() looked { return looked{len(b.posted()), len(b.shown()), len(b.ana.sees())} }

func (b *bench) wantSince(m looked, post, thread, phone []string) {
	b.t.Helper()
	for _, c := range []struct {
		name      string
		got, want []string
	}{{"post", b.posted()[m.post:], post}, {"thread", b.shown()[m.thread:], thread}, {"phone", b.ana.sees()[m.phone:], phone}} {
		if !slices.Equal(c.got, c.want) {
			b.t.Errorf("%s shows\n%s\nwant\n%s", c.name, strings.Join(c.got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// The head of the post: title, tags, the team's role once, the developers' template.
func TestAReportsPost(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		r := b.report(b.id)
		if r.Thread == "" {
			t.Fatal("no post")
		}
		b.board.mu.Lock()
		title, first, tags := b.board.posts[1], b.board.cards[r.Thread][0], b.board.tags[r.Thread]
		b.board.mu.Unlock()
		if want := b.id + " · Back End · Stok minus setelah opname"; !strings.HasPrefix(title, want) || tags != "Back End,open" {
			t.Errorf("title %q, tags %q", title, tags)
		}
		if !slices.Equal(first.PingRoles, []string{backRole}) || first.Content != "<@&"+backRole+">" || len(first.PingUsers) > 0 {
			t.Errorf("the first message calls %q %q in %q", first.PingUsers, first.PingRoles, first.Content)
		}
		var names []string
		for _, f := range first.Card.Fields {
			names = append(names, f.Name)
		}
		if want := []string{"Grup Outlet (panel)", "Detail Kendala", "Reproduksi di akun demo", "Screenshot/Video", "Untuk", "Pemegang", "Tiket", "Agen", "Kelas", "Pelapor", "Status sejak"}; !slices.Equal(names, want) {
			t.Errorf("the head has %q", names)
		}
		if f := first.Card.Fields[1].Value; strings.Contains(f, "@everyone") {
			t.Errorf("the detail calls: %q", f)
		}
		if f := first.Card.Fields[6].Value; f != "["+b.number+"](https://discord.com/channels/77/"+b.ticket(b.number).Thread+")" {
			t.Errorf("the way to the ticket is %q", f)
		}
	})
}

// A hard ticket: the developer asks, adjusts, the agent fails it, it is adjusted again and
// passes. Everybody hears what concerns him; the client hears nothing but that it is done.
func TestAReportFromOpeningToPass(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		m := b.mark()
		b.takes("bayu")
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.NeedData("Nomor nota?", "bayu", at)
		})
		b.does(quietly(func(r *escalation.Report, at time.Time) []ledger.Event { return r.DataCame("sari", at) }))
		b.adjusts("bayu", "indeks dibangun ulang")
		b.verifies(false, "masih minus")
		b.adjusts("bayu", "dihitung ulang")
		b.verifies(true, "")
		b.pause(10 * time.Second)
		report := "[**" + b.id + "**](https://discord.com/channels/77/" + b.report(b.id).Thread + ")"
		asks := " [r:pass:" + b.id + "] [r:fail:" + b.id + "]"
		b.wantSince(m, []string{
			"🙋 <@bayu> menangani laporan ini.",
			"❓ <@bayu> membutuhkan data:|> Nomor nota?|-# Agen sudah dipanggil di thread tiketnya.",
			"📥 <@bayu> data yang diminta sudah datang dari <@sari>. → [bayu]",
			"🛠️ <@bayu> menyatakan laporan ini sudah disesuaikan.|> indeks dibangun ulang|-# Agen diminta menguji ulang di akun demo. [r:pass] [r:fail]",
			"❌ <@bayu> uji ulang oleh <@sari> belum lolos (ke-1):|> masih minus → [bayu]",
			"🛠️ <@bayu> menyatakan laporan ini sudah disesuaikan.|> dihitung ulang|-# Agen diminta menguji ulang di akun demo. [r:pass] [r:fail]",
			"✅ <@sari> menguji ulang: lolos. Laporan ini ditutup, terima kasih.",
		}, []string{
			"🙋 <@bayu> menangani laporan " + report + ".",
			"❓ <@sari> Back End (<@bayu>) membutuhkan data untuk laporan " + report + ":|> Nomor nota?|Mintalah kepada klien bila perlu, lalu teruskan jawabannya dengan menu pesan *Kirim ke laporan*. → [sari] [t:data] [t:access]",
			"📤 Jawaban sudah diteruskan ke laporan " + report + " oleh <@sari>.",
			"🛠️ <@sari> Back End (<@bayu>) menyatakan laporan " + report + " sudah disesuaikan.|> indeks dibangun ulang|Uji ulang di akun demo, lalu tekan hasilnya. → [sari]" + asks,
			"❌ <@sari> menguji ulang laporan " + report + ": belum lolos (ke-1). Laporan kembali ke developer.|> masih minus",
			"🛠️ <@sari> Back End (<@bayu>) menyatakan laporan " + report + " sudah disesuaikan.|> dihitung ulang|Uji ulang di akun demo, lalu tekan hasilnya. → [sari]" + asks,
			"✅ Laporan " + report + " lolos uji ulang dan ditutup. [t:data] [t:access] [t:check] [t:resolve] [r:reopen:" + b.id + "]",
			"-# 🤖 Teks otomatis kepada klien:|> " + bridge.ToDiscord(ticket.Defaults()[ticket.SayAdjusted]),
		}, []string{ticket.Defaults()[ticket.SayAdjusted]})
		b.wantPost(bridge.PostState{Tags: []string{"Back End", "closed"}, Archived: true, Locked: true})
		var heads []string
		b.board.mu.Lock()
		for _, m := range b.board.cards[b.report(b.id).Thread] {
			heads = append(heads, strings.TrimPrefix(m.Card.Title, b.id+" · "))
		}
		b.board.mu.Unlock()
		if want := []string{"Menunggu diambil", "Dikerjakan", "Butuh data", "Dikerjakan", "Disesuaikan, menunggu uji ulang", "Dikerjakan", "Disesuaikan, menunggu uji ulang", "Ditutup, lolos uji ulang"}; !slices.Equal(heads, want) {
			t.Errorf("the head showed %q", heads)
		}
		if tk := b.ticket(b.number); len(tk.Reports) > 0 || !slices.Equal(tk.Passed, []string{b.id}) {
			t.Errorf("the ticket waits for %q, passed %q", tk.Reports, tk.Passed)
		}
	})
}

// wantPost compares how the report's post stands.
func (b *bench) wantPost(want bridge.PostState) {
	b.t.Helper()
	thread := b.report(b.id).Thread
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	if got := b.board.arranged[thread]; !slices.Equal(got.Tags, want.Tags) || got.Archived != want.Archived || got.Locked != want.Locked || b.board.archived[thread] != want.Archived {
		b.t.Errorf("the post stands as %+v (archived %v), want %+v", got, b.board.archived[thread], want)
	}
}
