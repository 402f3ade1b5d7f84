package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/haloerzap/halo/desk"
)

// working leaves the desk's policy as every desk has it.
func working(*desk.Config) {}

// as lets a colleague act in Discord.
func (v *visitor) as(name string) {
	v.t.Helper()
	v.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const who = document.getElementById('as'); who.value = %q; who.dispatchEvent(new Event('change')); }`, name)))
}

// in opens a channel or post by a part of its name.
func (v *visitor) in(name string) {
	v.t.Helper()
	v.click("#channels button", name)
	v.sees("#room-name", name)
}

// click presses the newest thing of a kind with those words, with the mouse, once nothing
// moves any more.
func (v *visitor) click(kind, words string) {
	v.t.Helper()
	find := fmt.Sprintf("[...document.querySelectorAll(%s)].findLast((one) => !one.disabled && one.innerText.includes(%s))", strconv.Quote(kind), strconv.Quote(words))
	v.until(find)
	v.settle()
	v.until(find + "?.scrollIntoView({ block: 'center' }) ?? true")
	at, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]float64](fmt.Sprintf("((box) => [box.x + box.width / 2, box.y + box.height / 2])(%s.getBoundingClientRect())", find)))
	if err != nil || len(at) != 2 {
		v.t.Fatalf("where %q is: %v", words, err)
	}
	v.run(chromedp.MouseClickXY(at[0], at[1]))
}

// button presses a button of the desk.
func (v *visitor) button(label string) {
	v.t.Helper()
	v.click("#room-messages .press", label)
}

// form fills the open form in, field by field in their order, and sends it.
func (v *visitor) form(values ...string) {
	v.t.Helper()
	v.until(fmt.Sprintf("document.querySelectorAll('#dialog[open] :is(input, textarea, select)').length >= %d", len(values)))
	for n, value := range values {
		v.run(chromedp.SendKeys(chromedp.CSS(fmt.Sprintf("#dialog .field:nth-of-type(%d) :is(input, textarea, select)", n+1)), value))
	}
	v.run(chromedp.Click(chromedp.CSS("#dialog .primary")))
	v.until("!document.getElementById('dialog').open")
}

// client writes on one of the two phones.
func (v *visitor) client(phone int, text string) {
	v.t.Helper()
	v.run(chromedp.SendKeys(chromedp.CSS(fmt.Sprintf("#phone-%d textarea", phone)), strings.ReplaceAll(text, "\n", " ")+kb.Enter))
}

// staff writes in the open thread.
func (v *visitor) staff(text string) {
	v.t.Helper()
	v.run(chromedp.SendKeys(chromedp.CSS("#discord-text"), text+kb.Enter))
}

// A clock time in an option is no option of its own, and a command that asks for its
// options may lead to another form.
func TestPageTakesCommandsWithOptions(t *testing.T) {
	t.Parallel()
	v := visit(t, options{Policy: working}, 1280, 820)
	v.sees("#room-messages", "menangani tiket ini")
	v.staff("/ticket snooze until: besok 10:30")
	v.sees("#room-messages .whisper", "24 Nov 2026, 10:30")
	v.staff("/ticket escalate")
	v.sees("#dialog[open] h2", "/ticket escalate")
	v.run(chromedp.Click(chromedp.CSS("#dialog .primary")))
	v.sees("#dialog[open] h2", "Eskalasi ke supervisor")
	v.settle()
	v.form("Semua outlet berhenti")
	v.sees("#room-messages .press", "Jawab")
}
