package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var screenshot = flag.String("screenshot", "", "file to keep the picture of the page in (PNG, 1280x800)")

// A visitor looks at the page of a running sandbox in Chromium.
type visitor struct {
	*bench
	ctx context.Context
}

// visit opens the page in a window of the given size. What the page reports as
// an error fails the test.
func visit(t *testing.T, o options, width, height int64) *visitor {
	t.Helper()
	binary := chromium(t)
	b := start(t, o)
	allocated, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()),
		chromedp.ExecPath(binary), chromedp.WindowSize(int(width), int(height)),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
	)
	t.Cleanup(end)
	ctx, stop := chromedp.NewContext(allocated)
	t.Cleanup(stop)
	v := &visitor{b, ctx}
	messages := chromedp.Console(ctx)
	v.run(chromedp.EmulateViewport(width, height))
	var reading sync.WaitGroup
	reading.Go(func() { v.listen(messages) })
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		reading.Wait()
	})
	v.run(chromedp.Navigate(b.url))
	v.until(`document.body.classList.contains('ready')`)
	return v
}

// listen fails the test for every error the page reports.
func (v *visitor) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.IsException() || m.Type == "error" {
			v.t.Errorf("the page reports %s", m)
		}
	}
}

// chromium finds the browser; without one the test is skipped, except where
// everything must run.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium found: apt install chromium")
	}
	t.Skip("no Chromium found: apt install chromium")
	return ""
}

func (v *visitor) run(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// until waits for a condition in the page. The page's policy forbids polling
// from inside it.
func (v *visitor) until(condition string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if err != nil && ctx.Err() == nil {
			v.t.Fatalf("waiting for %s: %v", condition, err)
		}
		if holds {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			v.t.Fatalf("never: %s\nthe page shows: %.2000s", condition, v.text("body"))
		}
	}
}

// sees waits until part of the page shows words.
func (v *visitor) sees(selector, words string) {
	v.t.Helper()
	v.until(fmt.Sprintf("[...document.querySelectorAll(%s)].some((one) => one.innerText.includes(%s))", strconv.Quote(selector), strconv.Quote(words)))
}

// text is what a part of the page shows, for reports.
func (v *visitor) text(selector string) string {
	text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("document.querySelector("+strconv.Quote(selector)+")?.innerText ?? ''"))
	if err != nil {
		return err.Error()
	}
	return text
}

// has asks the page once.
func (v *visitor) has(condition string) bool {
	v.t.Helper()
	holds, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
	if err != nil {
		v.t.Fatal(err)
	}
	return holds
}

func (v *visitor) press(keys ...string) {
	v.t.Helper()
	for _, key := range keys {
		v.run(chromedp.KeyEvent(key))
	}
}

func (v *visitor) pressWith(modifier kb.Modifier, key string) {
	v.t.Helper()
	v.run(chromedp.KeyEvent(key, chromedp.KeyModifiers(modifier)))
}

// focused waits until the keyboard is on an element.
func (v *visitor) focused(selector string) {
	v.t.Helper()
	v.until("document.activeElement?.matches(" + strconv.Quote(selector) + ")")
}

func TestPageCarriesAConversation(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 800)
	v.sees("#phone-0 .mine", "laporan penjualan")
	v.sees("#room-messages", "Selamat pagi kak Ana")

	v.run(chromedp.SendKeys(chromedp.CSS("#phone-1 textarea"), "Halo kak, tombol *Simpan* di menu Kasir abu-abu"+kb.Enter))
	v.sees("#phone-1 .mine strong", "Simpan")
	v.sees("#phone-1 .theirs", "Selamat datang di HaloERZAP")
	v.sees("#channels .post .unread", "Budi Santoso")
	v.run(chromedp.Click(chromedp.CSS(`#channels .post button[title*="Budi"]`)))
	v.sees("#room-name", "Budi Santoso")
	v.sees("#room-messages .message strong", "Simpan")

	v.run(chromedp.SendKeys(chromedp.CSS("#discord-text"), "Baik kak Budi, coba isi dulu kolom _PIN_ ya"+kb.Enter))
	v.sees("#room-messages .message", "coba isi dulu kolom")
	v.sees("#phone-1 .theirs em", "PIN")
	v.sees("#room-messages .reactions", "👀")
	v.sees("#room-about .tag", "assigned")
	if v.has(`document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight`) {
		t.Error("the page is larger than its window")
	}

	v.pick("#phone-1", keep(t, "suara.ogg", recording(4*time.Second)))
	v.press(kb.Enter)
	v.sees("#phone-1 .mine .sound", "0:04")
	v.until(`document.querySelector('#room-messages .sound')`)
	v.pick("#phone-0", keep(t, "layar.png", picture(420, 260)))
	v.run(chromedp.SendKeys(chromedp.CSS("#phone-0 textarea"), "Ini tangkapan layarnya kak, nama penggunanya *ana.kemang*"+kb.Enter))
	v.until(loaded("#phone-0 .mine .shot img"))

	v.run(chromedp.SendKeys(chromedp.CSS("#phone-1 textarea"), "Sudah bisa, terima kasih banyak kak"+kb.Enter))
	v.sees("#room-messages .message", "Sudah bisa")
	v.run(chromedp.Click(chromedp.CSS(`#channels .post button[title*="Ana"]`)))
	v.sees("#room-messages", "Selamat pagi kak Ana")
	v.sees("#room-messages .reactions", "👀")
	v.until(loaded("#room-messages .shot img"))
	keepPicture(v)
}

// keepPicture writes the screenshot that was asked for.
func keepPicture(v *visitor) {
	v.t.Helper()
	if *screenshot == "" {
		return
	}
	v.settle()
	v.run(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(*screenshot), 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(*screenshot, picture, 0o644); err != nil {
		v.t.Fatal(err)
	}
}

func TestPageWorksByKeyboard(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 720)
	v.sees("#room-messages", "Selamat pagi kak Ana")

	v.press(kb.Tab)
	v.focused(".skip")
	v.press(kb.Enter)
	v.focused("#discord-text")
	v.press("baris satu")
	v.pressWith(kb.ModifierShift, kb.Enter)
	v.press("baris dua", kb.Enter)
	v.sees("#phone-0 .theirs", "baris satu\nbaris dua")

	v.press(kb.ArrowUp)
	v.until(`!document.getElementById('room-context').hidden`)
	v.press(kb.Escape)
	v.until(`document.getElementById('room-context').hidden && document.getElementById('discord-text').value === ''`)

	v.pressWith(kb.ModifierAlt, "1")
	v.focused("#phone-0 textarea")
	v.pressWith(kb.ModifierShift, kb.Tab)
	v.focused("#phone-0 .message:last-child")
	v.press("r")
	v.focused("#phone-0 textarea")
	v.press("ini balasan", kb.Enter)
	v.sees("#phone-0 .mine .quote", "baris satu")
	v.sees("#room-messages .message", "ini balasan")

	v.pressWith(kb.ModifierAlt, "3")
	v.focused("#discord-text")
	v.press("/ticket clo")
	v.sees("#room-slash", "/ticket close")
	v.press(kb.Tab, kb.Enter)
	v.sees("#room-messages .whisper", "HE-261123-0001")
	v.sees("#room-about .tag", "closed")
}

func TestPageFitsANarrowWindow(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 390, 844)
	overflow := `document.documentElement.scrollWidth > innerWidth`
	v.sees("#phone-0 .message", "laporan penjualan")
	if v.has(overflow) {
		t.Error("the phone is wider than the window")
	}
	v.run(chromedp.SendKeys(chromedp.CSS("#phone-0 textarea"), "masih ada?"+kb.Enter), chromedp.Click(chromedp.CSS(`.tabs [data-tab="discord"]`)))
	v.sees("#channels .post", "Ana Wijaya")
	if v.has(overflow) {
		t.Error("the list of channels is wider than the window")
	}
	v.run(chromedp.Click(chromedp.CSS(`#channels .post button`)))
	v.sees("#room-messages .message", "masih ada?")
	v.focused("#discord-text")
	if v.has(overflow) {
		t.Error("the thread is wider than the window")
	}
	v.press("masih kak", kb.Enter)
	v.sees("#room-messages .message", "masih kak")
	v.run(chromedp.Click(chromedp.CSS("#discord-back")))
	v.until(`document.querySelector('.side').offsetParent !== null`)
	v.run(chromedp.Click(chromedp.CSS(`.tabs [data-tab="phone-0"]`)))
	v.sees("#phone-0 .theirs", "masih kak")

	v.post("customers", obj{"phone": "6281234567003", "name": strings.Repeat("Panjang ", 7)}, nil)
	v.post("customers/6281234567003/messages", obj{"text": strings.Repeat("x", 500)}, nil)
	v.run(chromedp.Click(chromedp.CSS(`.tabs [data-tab="discord"]`)))
	v.sees("#channels .post", "Panjang")
	v.run(chromedp.Click(chromedp.CSS(`#channels .post button[title*="Panjang"]`)))
	v.sees("#room-messages .message", "xxx")
	if v.has(overflow) {
		t.Error("a long name makes the thread wider than the window")
	}
}

func TestPageRunsNothingThatPeopleWrite(t *testing.T) {
	t.Parallel()
	v := visit(t, options{Empty: true}, 1280, 720)
	hostile := []string{
		`<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
		"[klik](javascript:document.title='owned') https://example.org/a?b=<b>",
		"```\n</code><iframe src=//example.org>``` `</textarea>`",
		"> <@1> **" + strings.Repeat("*_~`", 400),
	}
	v.post("customers", obj{"phone": ana, "name": `<b onclick=x>"Ana"</b>`}, nil)
	for _, text := range hostile {
		v.post("customers/"+ana+"/messages", obj{"text": text}, nil)
	}
	drawing := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="parent.document.title='owned'"><script>document.title='owned'</script></svg>`)
	phone := "customers/" + ana + "/messages"
	v.put(phone, map[string]string{"kind": "image", "caption": hostile[0]}, sent{"a.jpg", "image/jpeg", drawing})
	v.put(phone, map[string]string{"name": hostile[0] + ".html"}, sent{"b", "text/html", []byte(hostile[0])})
	v.post(phone, obj{"location": obj{"latitude": 1, "longitude": 2, "name": hostile[0], "address": hostile[1]}}, nil)
	v.post(phone, obj{"contact": obj{"name": hostile[0], "phone": "081234567"}}, nil)
	v.post(phone, obj{"poll": obj{"question": hostile[0], "options": []string{hostile[1], hostile[2]}}}, nil)
	v.settle()
	room := "discord/channels/" + v.thread().ID + "/messages"
	v.put(room, map[string]string{"as": "sari", "content": "// " + hostile[0]}, sent{hostile[0] + ".svg", "image/svg+xml", drawing}, sent{"c.png", "image/png", drawing})
	v.post(room, obj{"as": "sari", "poll": obj{"question": hostile[0], "answers": []string{"<b>", "</button>"}}}, nil)
	v.post(room, obj{"as": "sari", "stickers": []string{"<script>"}}, nil)
	for _, text := range hostile {
		v.post(room, obj{"as": "sari", "content": "// " + text[:min(len(text), 1900)]}, nil)
	}
	v.settle()
	v.until(fmt.Sprintf("document.querySelectorAll('#phone-0 .mine').length === %d", len(hostile)+5))
	v.until(`document.querySelectorAll('#phone-0 .file').length === 2 && document.querySelector('#phone-0 .place')`)
	v.run(chromedp.Click(chromedp.CSS("#channels .post button")))
	v.sees("#room-messages", "onerror")
	v.until(`document.querySelectorAll('#room-messages .file').length >= 2 && !document.querySelector('#room-messages .shot')`)
	if v.has(`document.title === 'owned' || document.querySelector('.messages :is(script, iframe, [onerror], [onclick], a[href^="javascript"])') || [...document.querySelectorAll('.messages img')].some((one) => !one.src.endsWith('icon.svg'))`) {
		t.Error("content became part of the page")
	}
}

func TestPageShowsWhatThePersonSees(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 720)
	v.sees("#channels .post", "Ana Wijaya")
	choose := func(name string) {
		v.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const who = document.getElementById('as'); who.value = %q; who.dispatchEvent(new Event('change')); }`, name)))
	}
	choose("bayu")
	v.until(`!document.querySelector('#channels .post') && document.querySelector('#channels .channel')`)
	if text := v.text(".room"); strings.Contains(text, "Selamat pagi") {
		t.Errorf("bayu reads %s", text)
	}
	choose("sari")
	v.run(chromedp.Click(chromedp.CSS(`#channels .post button`)))
	v.sees("#room-messages", "Selamat pagi kak Ana")
}

// An answer that was long on its way is older than what events told meanwhile.
func TestPageKeepsWhatIsNewest(t *testing.T) {
	t.Parallel()
	v := visit(t, options{Empty: true}, 1280, 720)
	v.run(chromedp.Evaluate[chromedp.Void](`{
		const real = fetch;
		let added = false;
		window.fetch = async (path, ...rest) => {
			const answer = await real(path, ...rest);
			added ||= path.endsWith('/customers');
			if (added && path.endsWith('/state')) await new Promise((release) => { window.release = () => { window.fetch = real; release(); }; });
			return answer;
		};
	}`))
	v.run(chromedp.Click(chromedp.CSS("#phone-0 .add")),
		chromedp.SendKeys(chromedp.CSS(`#dialog [name="name"]`), "Ana Wijaya"), chromedp.SendKeys(chromedp.CSS(`#dialog [name="phone"]`), ana+kb.Enter))
	v.until("window.release")
	v.post("customers/"+ana+"/messages", obj{"text": "halo"}, nil)
	v.sees("#channels .post", "Ana Wijaya")
	v.run(chromedp.Evaluate[chromedp.Void]("window.release()"))
	v.until("!document.getElementById('dialog').open")
	v.sees("#phone-0 .mine", "halo")
	if !v.has("document.querySelector('#channels .post')") {
		t.Error("an older answer took the post away")
	}
}

func TestPageTriesARefusedMessage(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 720)
	v.sees("#room-messages", "Selamat pagi kak Ana")
	v.run(chromedp.Click(chromedp.CSS("#faults-button")), chromedp.Click(chromedp.CSS(`[data-once="refuse_next"]`)))
	v.until(`document.querySelector('.toast')`)
	v.press(kb.Escape)
	v.run(chromedp.SendKeys(chromedp.CSS("#discord-text"), "ini ditolak dulu"+kb.Enter))
	v.sees("#room-messages .reactions", "❌")
	v.sees("#room-messages .press", "Kirim ulang")
	v.run(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#room-messages .press")].find((one) => one.innerText.includes("Kirim ulang")).click()`))
	v.sees("#phone-0 .theirs", "ini ditolak dulu")
}

func TestPageMovesTheClockAndSetsFaults(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 720)
	v.run(chromedp.Click(chromedp.CSS(`[data-advance="1h"]`)))
	v.sees("#now", "10:0")
	v.run(chromedp.Click(chromedp.CSS("#faults-button")), chromedp.Click(chromedp.CSS(`[data-part="whatsapp"] [data-field="outage"]`)))
	v.until(`!document.getElementById('link-whatsapp').classList.contains('up')`)
	v.sees("#faults-count", "1")
	v.press(kb.Escape)
	v.until(`!document.getElementById('faults').matches(':popover-open')`)
	v.run(chromedp.Click(chromedp.CSS("#faults-button")), chromedp.Click(chromedp.CSS("#faults-clear")))
	v.until(`document.getElementById('link-whatsapp').classList.contains('up') && document.getElementById('faults-count').hidden`)
}
