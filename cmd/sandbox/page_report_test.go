package main

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pickFrom chooses from a list of the desk, by its hint.
func (v *visitor) pickFrom(hint, value string) {
	v.t.Helper()
	find := fmt.Sprintf("[...document.querySelectorAll('#room-messages select.choice')].findLast((one) => one.ariaLabel === %s)", strconv.Quote(hint))
	v.until(find)
	v.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const list = %s; list.value = %q; list.dispatchEvent(new Event('change')); }`, find, value)))
}

// alone leaves of the whispers in the room the newest.
func (v *visitor) alone() {
	v.t.Helper()
	v.run(chromedp.Evaluate[chromedp.Void](`for (const one of [...document.querySelectorAll('.whisper .only .textual')].slice(0, -1)) one.click()`))
}

// toDevelopers lets sari write a report of Ana's ticket, and bayu ask for data; see is called
// where there is something to look at, with its name.
func (v *visitor) toDevelopers(see func(scene string)) {
	v.t.Helper()
	v.sees("#room-messages", "Selamat pagi kak Ana")
	v.button("Hard")
	v.sees("#room-messages", "menetapkan kelas")
	v.pick("#phone-0", keep(v.t, "layar.png", picture(320, 110)))
	v.client(0, "Ini tangkapan layarnya kak")
	v.pick("#phone-0", keep(v.t, "kosong.png", picture(200, 110)))
	v.client(0, "yang ini juga kosong")
	v.sees("#room-messages", "yang ini juga kosong")
	v.until(`document.querySelectorAll('#room-messages .shot img').length >= 2`)
	v.button("Eskalasi ke developer")
	v.sees("#room-messages .whisper", "Masih kurang")
	v.pickFrom("Tim developer yang dituju", "Back End")
	v.sees("#room-messages .whisper", "✅ Tim: Back End")
	v.until(`[...document.querySelectorAll('.several input')].length >= 2`)
	v.settle()
	v.run(chromedp.Evaluate[chromedp.Void](`for (const one of [...document.querySelectorAll('.several')].at(-1).querySelectorAll('input')) if (!one.checked) one.click()`))
	v.click("#room-messages .several .press", "")
	v.sees("#room-messages .whisper", "2 berkas")
	v.button("Isi laporan")
	v.form("Grup Kemang", "", "Buka laporan penjualan akun demo, pilih hari ini: kosong")
	v.sees("#room-messages .whisper", "Lengkap")
	v.alone()
	see("report")
	v.button("Kirim laporan")
	v.sees("#room-messages .whisper", "dikirim ke tim")

	v.as("bayu")
	v.in("Back End")
	v.sees("#room-messages .embed", "Menunggu diambil")
	v.until(`!document.querySelector('#channels').innerText.includes('halo-desk')`)
	v.button("Ambil")
	v.sees("#room-about .tag", "taken")
	v.button("Butuh data")
	v.form("Rekaman layar saat filter tanggalnya diganti")
	v.sees("#room-about .tag", "needs data")
	v.staff("Indeks malam tidak jalan sejak Sabtu")

	v.as("sari")
	v.in("Ana")
	v.sees("#room-messages", "Indeks malam tidak jalan")
	v.client(0, "Baru saja saya ganti ke kemarin kak, hasilnya sama")
	v.button("Teruskan ke laporan")
	v.sees("#room-messages", "Jawaban sudah diteruskan")
	v.as("bayu")
	v.in("Back End")
	v.sees("#room-messages", "data yang diminta sudah datang")
}

// Developers work on the page as they do on Discord: they see the reports alone, and what
// they write stays inside.
func TestPageGoesToDevelopers(t *testing.T) {
	t.Parallel()
	v := visit(t, options{Policy: working}, 1280, 820)
	v.toDevelopers(func(string) {})
	v.button("Sudah disesuaikan")
	v.form("Indeks dibangun ulang")
	v.sees("#room-about .tag", "adjusted")
	v.as("sari")
	v.in("Ana")
	v.click("#room-messages a.mention", "Back End")
	v.sees("#room-name", "Back End")
	v.in("Ana")
	const toMessage = `[...document.querySelectorAll('#room-messages a')].findLast((one) => one.href.startsWith('https://discord.com/channels/') && one.href.split('/').length > 6)`
	v.until(toMessage)
	v.run(chromedp.Evaluate[chromedp.Void](toMessage + ".click()"))
	v.sees("#room-name", "Back End")
	v.focused("#room-messages .message")
	v.in("Ana")
	v.button("Lolos")
	v.sees("#phone-0 .theirs", "sudah kami sesuaikan")
	v.press(kb.Escape)
	if v.has(`document.getElementById('phones').innerText.includes('Indeks')`) {
		t.Error("the client reads a developer's word")
	}
	if v.has(`document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight`) {
		t.Error("the page is larger than its window")
	}
}
