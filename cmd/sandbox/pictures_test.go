package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/haloerzap/halo/desk"
)

var pictures = flag.Bool("pictures", false, "write the pictures of the documentation into docs/")

// TestPictures plays the scenes that docs/desk.md and README.md show, and writes their
// pictures:
//
//	go test ./cmd/sandbox -run TestPictures -pictures
//
// It proves nothing that other tests do not, so without the flag it is skipped.
func TestPictures(t *testing.T) {
	if !*pictures {
		t.Skip("-pictures is not set: the pictures of the documentation stay as they are")
	}
	v := visit(t, options{Policy: working}, 1280, 820)
	v.sees("#room-messages", "Selamat pagi kak Ana")
	v.in("halo-intake")
	v.as("dewi")
	v.button("Mulai bertugas")
	v.sees("#room-messages .whisper", "bertugas")
	v.client(1, "Halo kak, nota di kasir tidak bisa dicetak sejak pagi")
	v.sees("#channels .post", "Budi")
	v.in("Budi")
	v.sees("#room-messages .press", "Terima")
	v.picture("desk-new.png", ".room")

	v.button("Terima")
	v.sees("#phone-1 .theirs", "Laporan kakak telah")
	v.button("Normal")
	v.sees("#room-messages", "menetapkan kelas")
	v.in("halo-intake")
	v.client(0, "Sudah saya kirim ya kak")
	v.sees("#room-messages .embed", "Ana")
	v.run(chromedp.Evaluate[chromedp.Void](`for (const one of document.querySelectorAll('.whisper .textual')) one.click()`))
	v.picture("desk-panel.png", "#room-messages .message")

	v.in("Budi")
	v.staff("Nota sudah bisa dicetak lagi kak, silakan dicoba")
	v.sees("#phone-1 .theirs", "silakan dicoba")
	v.button("Selesaikan")
	v.form("Nota tidak tercetak sejak pagi", "Antrean printer dikosongkan")
	v.sees("#phone-1 .theirs", "Apakah laporan kakak")
	v.picture("sandbox.png", "body")
	v.client(1, "sudah bisa kak, makasih")
	v.sees("#phone-1 .theirs", "Seberapa puas")
	v.client(1, "lima")
	v.sees("#phone-1 .theirs", "komentar")
	v.sees("#room-messages", "5 dari 5")
	v.run(chromedp.Evaluate[chromedp.Void](`{
		for (const one of document.querySelectorAll('#phones > :first-child, .side')) one.style.display = 'none';
		Object.assign(document.querySelector('main').style, { width: '860px', gridTemplateColumns: '320px 526px' });
		document.getElementById('phones').style.gridTemplateColumns = '1fr';
	}`))
	v.picture("desk-closing.png", "main")
}

// TestPicturesOfReports plays the scenes of a report, as TestPictures does those of a ticket.
func TestPicturesOfReports(t *testing.T) {
	if !*pictures {
		t.Skip("-pictures is not set: the pictures of the documentation stay as they are")
	}
	v := visit(t, options{Policy: working}, 1280, 1450)
	v.toDevelopers(func(scene string) { v.picture("desk-"+scene+".png", "#room-messages .whisper:last-of-type") })
	v.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('room-scroll').scrollTop = 0`))
	v.picture("desk-developers.png", ".discord")
}

// picture writes how a part of the page looks, once nothing moves any more.
func (v *visitor) picture(name, part string) {
	v.t.Helper()
	v.settle()
	v.run(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.MouseClickXY(640, 4))
	v.run(chromedp.Evaluate[chromedp.Void](`{
		const still = new CSSStyleSheet();
		still.replaceSync('* { animation: none !important; transition: none !important; }');
		document.adoptedStyleSheets = [still];
	}`))
	picture, err := chromedp.Run(v.ctx, chromedp.Screenshot(chromedp.CSS(part)))
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("..", "..", "docs", name), picture, 0o644); err != nil {
		v.t.Fatal(err)
	}
}

// TestPicturesOfSales plays the scenes that docs/sales.md shows.
func TestPicturesOfSales(t *testing.T) {
	if !*pictures {
		t.Skip("-pictures is not set: the pictures of the documentation stay as they are")
	}
	v := visit(t, options{Policy: func(*desk.Config) {}}, 1280, 1100)
	v.sees("#room-messages", "Selamat pagi kak Ana")
	v.as("maya")
	v.run(chromedp.Click(chromedp.CSS("[data-month]")))
	v.sees("#channels .post", "Daftar tindak lanjut")
	v.in("Daftar tindak lanjut")
	v.sees("#room-messages .embed", "0 dari 15")
	v.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('room-scroll').scrollTop = 0`))
	v.picture("sales-list.png", ".room")

	v.in("CV Sinar Gemilang")
	v.button("Kirim")
	v.in("Borneo Trading")
	v.button("Kirim")
	v.in("Bumi Lestari")
	v.button("Kirim")
	v.in("Bumi Lestari")
	v.sees("#room-messages", "Pesan masuk antrean")
	v.as("andi")
	v.in("halo-ops")
	v.staff("/desk outreach")
	v.sees("#room-messages .whisper", "menunggu")
	v.picture("sales-queue.png", "#room-messages .whisper:last-of-type")

	v.as("maya")
	v.run(chromedp.Click(chromedp.CSS(`[data-advance="1h"]`)))
	v.says("6281234567011", "Boleh kak, 10 dus ya. Harganya masih sama?")
	v.in("CV Sinar Gemilang")
	v.sees("#room-messages", "klien membalas")
	v.picture("sales-card.png", ".room")

	for _, text := range []string{"5", "empat kak", "⭐⭐⭐⭐"} {
		v.says("6281234567016", text)
	}
	v.run(chromedp.Evaluate[chromedp.Void](`{
		const choose = document.querySelector('#phone-1 select');
		choose.value = '6281234567016';
		choose.dispatchEvent(new Event('change', { bubbles: true }));
	}`))
	v.sees("#phone-1 .theirs", "4 dari 6")
	v.picture("sales-survey.png", "#phone-1")
}

// says lets a client write, whoever's phone the page shows.
func (v *visitor) says(phone, text string) {
	v.t.Helper()
	v.post("customers/"+phone+"/messages", obj{"text": text}, nil)
	v.settle()
}
