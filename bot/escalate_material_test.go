package bot_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// menu uses an entry of a message's menu.
func (p *person) menu(name string, m bot.Target) bot.Answer {
	return p.handle(p.ask(bot.Interaction{Command: name, Target: &m}))
}

func shotFile(id string) bridge.StaffFile {
	return bridge.StaffFile{ID: id, Name: id + ".png", MIME: "image/png", Size: 10, Ref: json.RawMessage(`{"c":"77"}`)}
}

// forwarded are the bodies of what a report's post is shown.
func (r *room) forwarded(id string) (out []string) {
	r.t.Helper()
	all, err := r.st.Waiting(r.t.Context(), bridge.ReportLane(id), 0)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, l := range all {
		if strings.HasPrefix(l.ID, "fw/") {
			out = append(out, string(l.Body))
		}
	}
	return out
}

// A message goes where it belongs: nowhere yet, into what is being written, into the one
// report, or into the one of several that is chosen.
func TestSendToReport(t *testing.T) {
	r := newRoom(t)
	sari := r.hard()
	note := bot.Target{ID: "9001", Author: "sari", Text: "// layar kasir", Files: []bridge.StaffFile{shotFile("51")}}
	a := sari.menu("Send to report", note)
	r.says(a, "belum punya laporan")
	r.offers(a, "t:report", "more:forward")
	r.says(sari.menu("Send to report", bot.Target{ID: "9000", Author: "sari"}), "tidak berisi teks atau berkas")
	r.says(sari.handle(sari.ask(bot.Interaction{Command: "Send to report"})), "hanya berlaku pada pesan")

	r.says(sari.button("t:report"), "Belum ada gambar atau video di tiket ini. Unggah di thread ini dengan kata pertama `//`")
	for range 2 {
		a = sari.menu("Send to report", note)
		r.says(a, "Ditambahkan sebagai bukti")
		r.says(a, "1 berkas (nomor 1)")
	}
	r.says(sari.menu("Send to report", bot.Target{ID: "9002", Author: "sari", Text: "hanya kata"}), "masih ditulis")
	sari.choose(a, "t:report-team", "POS")
	sari.fill("t:report-text", "place", "Grup Maju", "detail", "Stok minus", "reproduction", "Opname")
	r.says(sari.button("t:report-send"), "HE-1-R1")
	if got := r.report("HE-1-R1").Form.Evidence; len(got) != 1 {
		t.Errorf("the evidence is %v", got)
	}

	found := bot.Target{ID: "9003", Author: "sari", Text: "Di demo juga **begitu** @everyone"}
	for range 2 {
		r.says(sari.menu("Send to report", found), "Diteruskan ke laporan `HE-1-R1`")
	}
	if all := r.forwarded("HE-1-R1"); len(all) != 1 || !strings.Contains(all[0], "Di demo juga") {
		t.Errorf("the post is shown %v", all)
	}

	f := sari.form(bot.Interaction{Button: "more:forward:qa", Message: "9"})
	sari.send(f.ID, "detail", "Barang retak")
	a = sari.menu("Send to report", bot.Target{ID: "9004", Bot: true, Author: "halo", Text: "**Budi:** retaknya di sini"})
	r.says(a, "Ke laporan mana")
	r.restart()
	dewi := r.as("dewi", bot.Agent)
	other := dewi.menu("Send to report", bot.Target{ID: "9005", Author: "dewi", Text: "lain"})
	r.says(sari.choose(a, "t:to-report:9004", "HE-1-R2"), "sudah lewat") // dewi asked since
	a = sari.menu("Send to report", bot.Target{ID: "9004", Bot: true, Author: "halo", Text: "**Budi:** retaknya di sini"})
	r.says(sari.choose(a, "t:to-report:9004", "HE-1-R2"), "Diteruskan ke laporan `HE-1-R2`")
	r.says(sari.choose(a, "t:to-report:9004", "HE-1-R2"), "sudah lewat")
	r.says(dewi.choose(other, "t:to-report:9005", "HE-1-R1"), "sudah lewat")
	if all := r.forwarded("HE-1-R2"); len(all) != 1 || !strings.Contains(all[0], "retaknya") {
		t.Errorf("the post of QA is shown %v", all)
	}

	sari.button("t:report") // one more is being written
	a = sari.menu("Send to report", bot.Target{ID: "9006", Author: "sari", Text: "lagi", Files: []bridge.StaffFile{shotFile("52"), {ID: "53", Name: "a.xlsx", MIME: "application/zip"}}})
	if len(a.Selects) != 1 || len(a.Selects[0].Options) != 3 {
		t.Fatalf("the places are %+v", a.Selects)
	}
	r.says(sari.choose(a, "t:to-report:9006", "draft"), "Ditambahkan sebagai bukti")
	if d, ok := r.draft(); !ok || len(d.Form.Evidence) != 1 {
		t.Errorf("the draft is %+v", d)
	}
	if lines, err := r.st.Waiting(t.Context(), bridge.ClientLane("c1"), 0); err != nil || slices.ContainsFunc(lines, func(l ledger.Letter) bool { return strings.Contains(string(l.Body), "demo") }) {
		t.Errorf("the client reads %v %v", lines, err)
	}
}

// What the party asked for is answered by a message that is forwarded.
func TestAForwardedMessageAnswers(t *testing.T) {
	r, sari, toni := reported(t)
	toni.fill("r:data", "question", "Versi?")
	r.says(sari.menu("Send to report", bot.Target{ID: "9001", Author: "sari", Text: "versi 4"}), "Diteruskan")
	if got := r.report("HE-1-R1"); got.State != escalation.Taken || got.Owner != "toni" {
		t.Errorf("it is %s of %q", got.State, got.Owner)
	}
	r.says(toni.menu("Send to report", bot.Target{ID: "9001", Author: "sari", Text: "x"}), "Hanya ")
	boss := r.developer("boss", bot.Agent)
	r.says(boss.menu("Send to report", bot.Target{ID: "9002", Author: "boss", Text: "x"}), "post sebuah laporan")
}
