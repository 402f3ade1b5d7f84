package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A library is files in memory, by their hashes.
type library map[string][]byte

func (l library) Open(hash string) (io.ReadSeekCloser, error) {
	data, ok := l[hash]
	if !ok {
		return nil, os.ErrNotExist
	}
	return file{bytes.NewReader(data)}, nil
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

// sends lets the client send a file that is in the library.
func (r *room) sends(id, kind, mime string, data []byte) (key string) {
	r.t.Helper()
	key = "w/c1/" + id
	r.files["hash-"+id] = data
	r.filed(key, map[string]any{"v": 1, "st": "stored", "t": "HE-1", "k": kind, "n": id, "f": map[string]any{"h": "hash-" + id, "s": len(data), "m": mime}})
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Log("HE-1", ledger.Event{What: "client_wrote", By: "client", Ref: id, Data: map[string]string{"kind": kind, "mime": mime, "size": "10"}})
		return nil
	})
	return key
}

func (r *room) filed(key string, doc map[string]any) {
	r.t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		r.t.Fatal(err)
	}
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error { return tx.Put(ledger.Ref{Kind: "media", ID: key}, body) })
}

// painted is a picture of one colour.
func painted(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(p, p.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// company gives the ticket a company with an outlet group.
func (r *room) company() {
	r.t.Helper()
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c, _, err := customer.Create("k1", "PT Maju", "sari", tx.Now())
		if err != nil {
			return err
		}
		if _, err := c.Settle(customer.Panel, "Grup Maju", "sari", tx.Now()); err != nil {
			return err
		}
		return c.Save(tx)
	})
	r.change(func(t *ticket.Ticket, _ time.Time) ([]ledger.Event, error) {
		t.Customer, t.Gist = "k1", "*stok minus* semua"
		return nil, nil
	})
}

func (r *room) report(id string) (out escalation.Report) {
	r.t.Helper()
	doc, err := r.st.Doc(r.t.Context(), ledger.Ref{Kind: escalation.KindReport, ID: id})
	if err != nil || doc.Data == nil {
		r.t.Fatalf("no report %s: %v", id, err)
	}
	if out, err = escalation.Decode(doc.Data); err != nil {
		r.t.Fatal(err)
	}
	return out
}

// draft is the draft of the ticket; ok is false when there is none.
func (r *room) draft() (d escalation.Draft, ok bool) {
	r.t.Helper()
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) (err error) {
		d, ok, err = escalation.LoadDraft(tx, "HE-1")
		return err
	})
	return d, ok
}

// choose uses a select of an answer.
func (p *person) choose(a bot.Answer, id string, labels ...string) bot.Answer {
	p.t.Helper()
	for _, s := range a.Selects {
		if s.ID != id && !strings.HasPrefix(s.ID, id) {
			continue
		}
		var values []string
		for _, o := range s.Options {
			if slices.ContainsFunc(labels, func(l string) bool { return strings.Contains(o.Value+" "+o.Label["id"], l) }) {
				values = append(values, o.Value)
			}
		}
		if len(values) != len(labels) {
			p.t.Fatalf("%v are not all in %+v", labels, s.Options)
		}
		return p.handle(p.ask(bot.Interaction{Button: s.ID, Values: values, Message: "9"}))
	}
	p.t.Fatalf("no select %s in %+v", id, a.Selects)
	return bot.Answer{}
}

func given(a bot.Answer, id string) (out []string) {
	for _, s := range a.Selects {
		for _, o := range s.Options {
			if s.ID == id && o.Given {
				out = append(out, o.Label["id"]+o.Value[:0])
				if o.Label == nil {
					out[len(out)-1] = o.Value
				}
			}
		}
	}
	return out
}

// hard makes the ticket sari's, of class hard.
func (r *room) hard() *person {
	r.t.Helper()
	sari := r.as("sari", bot.Agent)
	r.silent(sari.button("t:accept"))
	r.silent(sari.button("t:class:hard"))
	return sari
}

// written fills in everything that a report of POS needs, and sends it.
func (r *room) written(sari *person) escalation.Report {
	r.t.Helper()
	r.sends("shot", bridge.KindImage, "image/png", painted(r.t, 8, 8, color.White))
	a := sari.button("t:report")
	sari.choose(a, "t:report-team", "POS")
	a = sari.fill("t:report-text", "place", "Grup Maju", "detail", "Stok minus setelah opname", "reproduction", "Opname di akun demo")
	r.says(a, "Lengkap")
	r.says(sari.button("t:report-send"), "HE-1-R1")
	return r.report("HE-1-R1")
}

// A report is written step by step, by two people and over a restart: nothing that was
// typed or chosen is lost, and what is missing is named.
func TestAReportIsWrittenStepByStep(t *testing.T) {
	r := newRoom(t)
	r.company()
	first := r.sends("first", bridge.KindImage, "image/jpeg", jpegOf(t, 1200, 900, color.RGBA{200, 0, 0, 255}))
	video := r.sends("film", bridge.KindVideo, "video/mp4", []byte("x"))
	r.sends("voice", bridge.KindVoice, "audio/ogg", []byte("x"))
	sari := r.hard()
	a := sari.button("t:report")
	r.says(a, "Masih kurang:** tim developer; detail kendala; reproduksi di akun demo, atau alasan mengapa tidak bisa; screenshot atau video")
	r.says(a, "Grup outlet (panel):** Grup Maju")
	r.offers(a, "t:report-text", "t:carry", "t:report-drop")
	if len(a.Selects) != 2 || len(a.Selects[0].Options) != 6 || len(a.Selects[1].Options) != 2 || len(a.Files) != 1 {
		t.Fatalf("the form shows %+v and %d files", a.Selects, len(a.Files))
	}
	looksLike(t, a.Files[0], 2, color.RGBA{200, 0, 0, 255})

	a = sari.choose(a, "t:report-team", "POS")
	a = sari.choose(a, "t:report-proof", "1 · gambar dari klien", "2 · video dari klien")
	r.says(a, "2 berkas (nomor 1, 2)")
	f := sari.form(bot.Interaction{Button: "t:report-text", Message: "9"})
	if len(f.Fields) != 4 || f.Fields[0].Value != "Grup Maju" || f.Fields[0].Label != "Grup outlet (panel)" || f.Fields[1].Value != "stok minus semua" {
		t.Errorf("the form is %+v", f)
	}
	a = sari.send(f.ID, "place", "Grup Maju", "detail", "Stok minus\nsetelah opname **penting** <@1>", "reproduction", " ", "not-reproducible", "")
	r.says(a, "Masih kurang:** reproduksi di akun demo, atau alasan mengapa tidak bisa.")
	r.offers(a, "t:report-text:missing", "t:report-text", "t:carry", "t:report-drop")
	r.says(sari.button("t:report-send"), "Belum lengkap")
	r.restart()

	dewi := r.as("dewi", bot.Agent)
	a = dewi.button("t:report")
	if got := given(a, "t:report-team"); !slices.Equal(got, []string{"POS"}) || len(given(a, "t:report-proof")) != 2 {
		t.Errorf("after the restart %v is chosen, and %v", got, given(a, "t:report-proof"))
	}
	f = dewi.form(bot.Interaction{Button: a.Buttons[0].ID, Message: "9"})
	if len(f.Fields) != 2 || f.Fields[0].ID != "reproduction" {
		t.Errorf("what is missing is asked for by %+v", f.Fields)
	}
	a = dewi.send(f.ID, "not-reproducible", "Akun demo tidak punya outlet itu")
	r.says(a, "Lengkap. Periksa, lalu kirim.")
	r.says(a, "Stok minus setelah opname \\*\\*penting\\*\\*")
	r.offers(a, "t:report-send", "t:report-text", "t:carry", "t:report-drop")

	var wg sync.WaitGroup
	answers := make([]bot.Answer, 2)
	for n, p := range []*person{sari, dewi} {
		i := p.ask(bot.Interaction{Button: "t:report-send", Message: "9"})
		wg.Go(func() { answers[n] = r.desk.Handle(t.Context(), i) })
	}
	wg.Wait()
	texts := answers[0].Text + answers[1].Text
	if strings.Count(texts, "dikirim ke tim **POS**") != 1 || strings.Count(texts, "sudah dikirim atau dibuang") != 1 {
		t.Errorf("two who press at once read %q", texts)
	}
	got, now := r.report("HE-1-R1"), r.ticket()
	want := escalation.Form{System: "panel", Place: "Grup Maju", Detail: "Stok minus\nsetelah opname **penting** <@1>", NotReproducible: "Akun demo tidak punya outlet itu", Evidence: []string{first, video}}
	if fmt.Sprint(got.Form) != fmt.Sprint(want) || got.Team != "POS" || got.First() != "HE-1" {
		t.Errorf("the report is %+v", got)
	}
	if _, ok := r.draft(); ok || now.State != ticket.WaitingDeveloper || count(r.events(), "escalated") != 1 {
		t.Errorf("at the end the ticket is %s, %v", now.State, r.events())
	}
}

// looksLike checks a sheet of pictures: its size, and the colour of the first.
func looksLike(t *testing.T, f bot.File, across int, first color.RGBA) {
	t.Helper()
	sheet, err := jpeg.Decode(bytes.NewReader(f.Data))
	if err != nil {
		t.Fatal(err)
	}
	if want := image.Rect(0, 0, across*204-4, 200); sheet.Bounds() != want || len(f.Data) > 200<<10 {
		t.Errorf("the sheet is %v in %d bytes, want %v", sheet.Bounds(), len(f.Data), want)
	}
	r, g, b, _ := sheet.At(150, 100).RGBA()
	for _, d := range []int{int(r>>8) - int(first.R), int(g>>8) - int(first.G), int(b>>8) - int(first.B)} {
		if d > 12 || d < -12 {
			t.Errorf("the first picture is %v, want %v", sheet.At(150, 100), first)
			break
		}
	}
}

func jpegOf(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(p, p.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What cannot be looked at has its place on the sheet all the same.
func TestTheSheetOfOddFiles(t *testing.T) {
	r := newRoom(t)
	r.sends("broken", bridge.KindImage, "image/png", []byte("no picture"))
	r.sends("wide", bridge.KindImage, "image/png", painted(t, 400, 1, color.White))
	r.sends("long", bridge.KindImage, "image/png", painted(t, 1, 400, color.White))
	r.filed("w/c1/late", map[string]any{"v": 1, "st": "pending", "t": "HE-1", "k": "image", "m": "image/png"})
	r.filed("w/c1/lost", map[string]any{"v": 1, "st": "failed", "t": "HE-1", "k": "image", "m": "image/png", "e": "gone"})
	update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		for _, id := range []string{"late", "lost", "unknown"} {
			tx.Log("HE-1", ledger.Event{What: "client_wrote", Ref: id, Data: map[string]string{"kind": "image", "mime": "image/png"}})
		}
		return nil
	})
	for n := range 30 {
		r.sends(fmt.Sprintf("more-%02d", n), bridge.KindImage, "image/png", painted(t, 10, 10, color.White))
	}
	a := r.hard().button("t:report")
	if len(a.Selects) != 2 || len(a.Selects[1].Options) != 25 || a.Selects[1].Most != 10 || len(a.Files) != 1 {
		t.Fatalf("the form shows %+v", a.Selects)
	}
	for _, o := range a.Selects[1].Options {
		if len(o.Value) > 100 || utf8.RuneCountInString(o.Label["id"]) > 100 || utf8.RuneCountInString(o.Hint) > 100 {
			t.Errorf("a choice is too long: %+v", o)
		}
	}
}

// The longest texts fit: into the draft, what is shown of it, and the report.
func TestTheLongestReport(t *testing.T) {
	r := newRoom(t)
	r.sends("shot", bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	sari := r.hard()
	sari.choose(sari.button("t:report"), "t:report-team", "Smart Repair")
	long := strings.Repeat("*é_ ", 375)
	a := sari.fill("t:report-text", "place", strings.Repeat("é", 120), "detail", long, "reproduction", long, "not-reproducible", long)
	r.says(a, "Lengkap")
	r.says(sari.button("t:report-send"), "dikirim ke tim")
	a = sari.button("t:report")
	r.says(a, "Masih kurang")
	a = sari.fill("t:report-text", "detail", strings.Repeat("😀", 1500), "reproduction", strings.Repeat("😀", 1500), "not-reproducible", strings.Repeat("😀", 1500))
	r.says(a, "terlalu panjang")
	r.says(a, "untuk disalin")
}

// Only one picture is taken for granted; a team is when the type of the issue is one.
func TestWhatADraftBeginsWith(t *testing.T) {
	r := newRoom(t)
	key := r.sends("shot", bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	sari := r.hard()
	sari.command("ticket issue", "type", "BI")
	r.says(sari.command("ticket escalate", "to", "developer", "reason", "Kasir macet"), "Masih kurang:** grup outlet / domain; reproduksi")
	long := strings.Repeat("Kasir macet total ", 90)
	a := sari.command("ticket escalate", "to", "developer", "reason", long)
	r.says(a, "terlalu panjang")
	r.says(a, "Kasir macet total Kasir")
	if d, ok := r.draft(); !ok || d.Team != "BI" || !slices.Equal(d.Form.Evidence, []string{key}) || d.By != "sari" || d.Form.Detail != "Kasir macet" {
		t.Errorf("it begins with %+v", d)
	}
	for range 2 {
		sari.command("ticket escalate", "to", "developer", "reason", "sejak pagi")
	}
	if d, _ := r.draft(); d.Form.Detail != "Kasir macet\nsejak pagi" {
		t.Errorf("the detail is %q", d.Form.Detail)
	}
	r.says(sari.button("t:report-drop"), "dibuang")
	r.says(sari.button("t:report-drop"), "dibuang")
	if d, ok := r.draft(); ok {
		t.Errorf("there is still %+v", d)
	}
	r.says(sari.button("t:report-send"), "sudah dikirim atau dibuang")
}

// A form that opened without what was written already takes nothing away.
func TestABlindFormTakesNothingAway(t *testing.T) {
	r := newRoom(t)
	sari := r.hard()
	sari.fill("t:report-text", "place", "maju.example.com", "detail", "Stok minus", "reproduction", "Opname")
	sari.send("f:report:blind", "place", "", "detail", "", "reproduction", "Opname dua kali", "not-reproducible", "")
	d, _ := r.draft()
	if d.Form.Place != "maju.example.com" || d.Form.System != "private" || d.Form.Detail != "Stok minus" || d.Form.Reproduction != "Opname dua kali" {
		t.Errorf("the draft is %+v", d.Form)
	}
	f := sari.form(bot.Interaction{Button: "t:report-text", Message: "9"})
	dewi := r.as("dewi", bot.Agent) // fills in meanwhile what sari's form shows empty
	dewi.fill("t:report-text", "not-reproducible", "Akun demo kosong")
	sari.send(f.ID, "place", "maju.example.com", "detail", "Stok minus", "reproduction", "Opname tiga kali", "not-reproducible", "")
	if d, _ = r.draft(); d.Form.Reproduction != "Opname tiga kali" || d.Form.NotReproducible != "Akun demo kosong" {
		t.Errorf("of two who write at once the draft is %+v", d.Form)
	}
	sari.fill("t:report-text", "place", "maju.example.com", "detail", "Stok minus", "reproduction", "", "not-reproducible", "Tidak ada datanya")
	if d, _ = r.draft(); d.Form.Reproduction != "" || d.Form.NotReproducible != "Tidak ada datanya" {
		t.Errorf("the draft is %+v", d.Form)
	}
}

// What cannot go to developers now says why, with the way on.
func TestWhoCannotReportIsLedOn(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	a := sari.button("t:report")
	r.says(a, "Belum ada yang menangani")
	r.offers(a, "t:accept")
	sari.button("t:accept")
	sari.fill("t:drop", "reason", "Salah kirim")
	a = sari.button("t:report")
	r.says(a, "sudah ditutup")
	r.offers(a, "t:reopen")
	a = sari.send("f:report", "detail", "Stok minus")
	r.says(a, "sudah ditutup")
	r.says(a, "Stok minus")
	without := bot.NewDesk(bot.Options{Store: kept{r.st}, Rights: everyRight, Log: zap.NewNop()})
	sari.button("t:reopen")
	a = without.Handle(context.Background(), sari.ask(bot.Interaction{Button: "t:report", Message: "9"}))
	r.says(a, "halo.yaml")
	r.offers(a, "t:escalate")
}

// Another ticket's report can be waited for: chosen from a list, or by its number.
func TestManyTicketsWaitForOneReport(t *testing.T) {
	r := newRoom(t)
	r.written(r.hard())
	r.second(t)
	dewi := r.as("dewi", bot.Agent)
	dewi.at = "78"
	r.says(dewi.button("t:accept"), "")
	r.says(dewi.button("t:report"), "Laporan ke developer untuk HE-2")
	a := dewi.button("t:carry")
	r.offers(a, "t:carry-find", "t:report")
	f := dewi.form(bot.Interaction{Button: a.Buttons[0].ID, Message: "9"})
	r.says(dewi.send(f.ID, "report", "he-9-r1"), "Tidak ada laporan ke developer bernomor itu")
	r.says(dewi.choose(a, "t:carry", "HE-1-R1"), "HE-2 kini menunggu laporan `HE-1-R1`")
	r.says(dewi.send(f.ID, "report", "he-1-r1"), "memang sudah menunggu")
	r.says(dewi.button("t:carry"), "Belum ada laporan lain")
	got := r.report("HE-1-R1")
	if !slices.Equal(got.Tickets, []string{"HE-1", "HE-2"}) {
		t.Errorf("it is waited for by %v", got.Tickets)
	}
	doc, err := r.st.Doc(t.Context(), ledger.Ref{Kind: escalation.KindDraft, ID: "HE-2"})
	if err != nil || doc.Data != nil {
		t.Errorf("the empty draft stays: %s %v", doc.Data, err)
	}
}

// second is the thread 78 of ticket HE-2.
func (r *room) second(t *testing.T) {
	t.Helper()
	update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c2", Reply: "629@s.whatsapp.net", Name: "Ani"}
		tk := ticket.Open(&c, "HE-2", tx.Now())
		tk.Thread = "78"
		if err := c.Save(tx); err != nil {
			return err
		}
		if err := (ticket.Thread{ID: "78", Ticket: "HE-2", Cursor: "78"}).Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
}

// Sales, QA and Engineering are asked by a form; the ticket goes on meanwhile.
func TestATicketIsForwardedToAParty(t *testing.T) {
	r := newRoom(t)
	r.company()
	sari := r.hard()
	a := sari.button("more:forward")
	r.offers(a, "t:report", "more:forward:sales", "more:forward:qa", "more:forward:engineering")
	f := sari.form(bot.Interaction{Button: a.Buttons[2].ID, Message: "9"})
	if f.Title != "Teruskan ke QA" || f.Fields[0].Value != "stok minus semua" {
		t.Errorf("the form is %+v", f)
	}
	r.says(sari.send(f.ID, "detail", "Barang retak saat dibuka"), "Diteruskan ke **QA** sebagai `HE-1-R1`")
	f = sari.form(bot.Interaction{Command: "ticket forward", Options: map[string]string{"to": "sales"}})
	r.says(sari.send(f.ID, "detail", " "), "Isi detail kendalanya")
	r.says(sari.send(f.ID, "detail", "Boleh diskon?"), "Diteruskan ke **Sales** sebagai `HE-1-R2`")
	got := r.report("HE-1-R1")
	if got.Party != escalation.QA || got.Form.Detail != "Barang retak saat dibuka" || got.Form.Place != "Grup Maju" {
		t.Errorf("the report is %+v", got)
	}
	if now := r.ticket(); now.State != ticket.Assigned || !now.Escalated.IsZero() || len(now.Reports) != 0 {
		t.Errorf("the ticket is %s, escalated %v", now.State, now.Escalated)
	}
	sari.button("t:class:easy")
	sari.fill("t:resolve", "summary", "a", "solution", "b")
	sari.button("t:close")
	r.says(sari.command("ticket forward", "to", "qa"), "sudah ditutup")
}
