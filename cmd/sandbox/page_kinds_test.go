package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keep writes a file for the browser to choose.
func keep(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pick chooses files in a part of the page and waits until they lie in its tray.
func (v *visitor) pick(part string, paths ...string) {
	v.t.Helper()
	v.run(chromedp.SetUploadFiles(chromedp.CSS(part+" .picker"), paths))
	v.until(fmt.Sprintf("document.querySelectorAll(%s).length === %d", strconv.Quote(part+" .tray .chip"), len(paths)))
	v.focused(part + " textarea")
}

// loaded is the condition that a picture has come.
func loaded(selector string) string {
	return fmt.Sprintf("[...document.querySelectorAll(%s)].some((one) => one.complete && one.naturalWidth > 0)", strconv.Quote(selector))
}

// choose opens the menu of a part and takes an entry.
func (v *visitor) choose(part, entry string) {
	v.t.Helper()
	v.run(chromedp.Click(chromedp.CSS(part + " .clip")))
	v.until(`document.getElementById('menu').matches(':popover-open')`)
	v.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("[...document.querySelectorAll('#menu button')].find((one) => one.querySelector('.i-%s')).click()", entry)))
}

// tool uses a button of the last message with those words of its own.
func (v *visitor) tool(list, words, name string) {
	v.t.Helper()
	v.sees(list+" .message", words)
	v.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		"[...document.querySelectorAll(%s)].findLast((one) => one.querySelector('.text')?.innerText.includes(%s)).querySelector('.tools .i-%s').closest('button').click()",
		strconv.Quote(list+" .message"), strconv.Quote(words), name)))
}

func TestPageSendsEveryKindFromThePhone(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 800)
	v.sees("#room-messages", "Selamat pagi kak Ana")
	const phone, chat, room = "#phone-0", "#phone-0 .messages", "#room-messages"

	v.pick(phone, keep(t, "layar.png", picture(420, 260)))
	v.press("ini layarnya", kb.Enter)
	v.until(loaded(chat + " .mine .shot img"))
	v.until(loaded(room + " .shot img"))
	v.sees(room, "ini layarnya")
	v.until(`document.querySelector('#phone-0 .tray').hidden`)

	v.pick(phone, keep(t, "suara.ogg", recording(2*time.Second)))
	v.press(kb.Enter)
	v.sees(chat+" .sound", "0:02")
	v.until(`document.querySelector('#room-messages .sound audio')`)
	v.run(chromedp.Click(chromedp.CSS(chat + " .sound .play")))
	v.until(`document.querySelector('#phone-0 .sound audio').currentTime > 0`)

	name := "nota \u202efdp.html"
	v.pick(phone, keep(t, name, []byte("<!doctype html><script>document.title='owned'</script>")))
	v.press(kb.Enter)
	v.sees(chat+" .file", "nota \ufffdfdp.html")
	v.pick(phone, keep(t, "a.png", picture(60, 40)), keep(t, "b.png", picture(40, 60)))
	v.press("dua sekaligus", kb.Enter)
	v.until(`document.querySelectorAll('#phone-0 .shot').length === 3`)

	v.choose(phone, "pin")
	v.until(`document.getElementById('dialog').open`)
	v.run(chromedp.Click(chromedp.CSS("#dialog .primary")))
	v.sees(chat+" .place", "Outlet Kemang")
	v.sees(room, "Outlet Kemang")
	if !v.has(`document.querySelector('#phone-0 .place').href.startsWith('https://www.google.com/maps?q=-6.2607,106.8137')`) {
		t.Error("the place leads nowhere")
	}
	v.choose(phone, "contact")
	v.run(chromedp.SendKeys(chromedp.CSS(`#dialog [name="name"]`), "<b>Toko</b> Maju"), chromedp.SendKeys(chromedp.CSS(`#dialog [name="phone"]`), "081234567999"+kb.Enter))
	v.sees(chat+" .contact", "<b>Toko</b> Maju")
	v.choose(phone, "poll")
	v.run(chromedp.SendKeys(chromedp.CSS(`#dialog [name="question"]`), "Kapan?"), chromedp.SendKeys(chromedp.CSS(`#dialog [name="options"]`), "Pagi\nSiang"), chromedp.Click(chromedp.CSS("#dialog .primary")))
	v.sees(chat+" .poll", "Kapan?")
	v.sees(room, "Kapan?")
	v.run(chromedp.Click(chromedp.CSS(chat + " .poll .option:last-child")))
	v.until(`document.querySelector('#phone-0 .poll .option:last-child.mine')`)

	v.tool(chat, "Selamat pagi kak Ana", "react")
	v.run(chromedp.Click(chromedp.CSS("#reactions button")))
	v.sees(chat+" .theirs .reacted", "👍")
	v.tool(chat, "ini layarnya", "edit")
	v.press(" ya", kb.Enter)
	v.sees(chat+" .mine", "ini layarnya ya")
	v.tool(chat, "ini layarnya", "reply")
	v.press("balasannya", kb.Enter)
	v.sees(chat+" .mine .quote", "ini layarnya ya")
	v.tool(chat, "dua sekaligus", "delete")
	v.until(`document.querySelectorAll('#phone-0 .shot').length === 2`)
	v.settle()
	if v.has(`document.title === 'owned' || document.querySelector('.messages b b') || document.documentElement.scrollWidth > innerWidth`) {
		t.Error("content became part of the page, or wider than it")
	}
}

func TestPageSendsEveryKindFromStaff(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 800)
	v.sees("#room-messages", "Selamat pagi kak Ana")
	const phone, room = "#phone-0 .messages", "#room-messages"

	v.tool(room, "tetap kosong", "reply")
	v.pick("#room-form", keep(t, "langkah.png", picture(300, 200)))
	v.press("langkahnya", kb.Enter)
	v.until(loaded(room + " .shot img"))
	v.until(loaded(phone + " .theirs .shot img"))
	v.sees(phone+" .theirs .quote", "tetap kosong")
	v.until(`((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 48)(document.getElementById('room-scroll'))`)
	v.pick("#room-form", keep(t, "panduan.pdf", []byte("%PDF-1.4\n%%EOF")))
	v.press(kb.Enter)
	v.sees(room+" .file", "panduan.pdf")
	v.sees(phone+" .theirs .file", "panduan.pdf")
	v.tool(room, "tetap kosong", "react")
	v.run(chromedp.Click(chromedp.CSS("#reactions button")))
	v.sees(phone+" .mine .reacted", "👍")
	v.press("salh ketik", kb.Enter)
	v.sees(phone+" .theirs", "salh ketik")
	v.tool(room, "salh ketik", "edit")
	v.until(`document.getElementById('discord-text').value === 'salh ketik'`)
	v.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('discord-text').value = 'salah ketik'`))
	v.press(kb.Enter)
	v.sees(phone+" .theirs", "salah ketik")
	v.tool(room, "salah ketik", "delete")
	v.until(`[...document.querySelectorAll('#phone-0 .theirs')].every((one) => !one.innerText.includes('salah ketik'))`)
	v.choose("#room-form", "poll")
	v.run(chromedp.SendKeys(chromedp.CSS(`#dialog [name="question"]`), "Kapan kak?"), chromedp.SendKeys(chromedp.CSS(`#dialog [name="options"]`), "Pagi\nSiang"), chromedp.Click(chromedp.CSS("#dialog .primary")))
	v.sees(room+" .poll", "Kapan kak?")
	v.settle()
}

func TestPageShowsHowFarAFileIs(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 390, 844)
	v.sees("#phone-0 .message", "laporan penjualan")
	v.run(chromedp.Evaluate[chromedp.Void](`{
		const real = XMLHttpRequest.prototype.send;
		XMLHttpRequest.prototype.send = function (body) {
			window.release = () => { XMLHttpRequest.prototype.send = real; real.call(this, body); };
			this.upload.dispatchEvent(new ProgressEvent('progress', { lengthComputable: true, loaded: 3, total: 4 }));
		};
	}`))
	v.pick("#phone-0", keep(t, strings.Repeat("panjang", 20)+".pdf", make([]byte, 3<<20)))
	v.sees("#phone-0 .chip", "3.1 MB")
	v.press(kb.Enter)
	v.until(`document.querySelector('#phone-0 .going progress').value === 0.75`)
	if v.has(`document.documentElement.scrollWidth > innerWidth`) {
		t.Error("a file on its way is wider than the window")
	}
	v.run(chromedp.Evaluate[chromedp.Void]("window.release()"))
	v.until(`document.querySelector('#phone-0 .tray').hidden`)
	v.sees("#phone-0 .mine .file", "3.1 MB")
	if v.has(`document.documentElement.scrollWidth > innerWidth`) {
		t.Error("a long name is wider than the window")
	}

	v.run(chromedp.SetUploadFiles(chromedp.CSS("#phone-0 .picker"), []string{keep(t, "raksasa.bin", make([]byte, mostFile+1))}))
	v.sees(".toast.bad", "raksasa.bin is too large: 105 MB")
	if v.has(`document.querySelector('#phone-0 .chip')`) {
		t.Error("a file that is too large lies in the tray")
	}
	v.settle()
}
