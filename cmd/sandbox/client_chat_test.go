package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// told finds words in the tickets' thread.
func (b *bench) told(what, words string) {
	b.t.Helper()
	b.posted(what, func(m inChannel) bool { return strings.Contains(m.Content, words) })
}

func TestClientForwards(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	first := b.write("halo")
	phone := "customers/" + ana + "/messages"
	b.post(phone, obj{"text": "katanya besok tutup", "forwarded": 1, "reply_to": first}, nil)
	if m := b.last(ana); m.Forwarded != 1 || m.ReplyTo != first {
		t.Errorf("the phone shows %+v", m)
	}
	b.put(phone, map[string]string{"forwarded": "5", "caption": "sebarkan"}, sent{"a.png", "image/png", picture(40, 30)})
	if m := b.last(ana); m.Forwarded != 5 || m.File == nil {
		t.Errorf("the phone shows %+v", m)
	}
	b.settle()
	b.posted("the rumour", func(m inChannel) bool {
		return strings.Contains(m.Content, "Diteruskan") && strings.Contains(m.Content, "katanya besok tutup")
	})
	b.posted("the picture", func(m inChannel) bool {
		return strings.Contains(m.Content, "Sering diteruskan") && len(m.Attachments) == 1
	})
}

// What is new disappears from the moment the client wants it; a change of what is there
// does not.
func TestClientSetsDisappearingMessages(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	first := b.write("halo")
	phone := "customers/" + ana + "/messages"
	lasting := func() float64 {
		var state stateView
		b.get("state", &state)
		i := slices.IndexFunc(state.Customers, func(c customerView) bool { return c.Phone == ana })
		return state.Customers[i].Disappearing
	}
	for range 2 { // again changes nothing
		b.post(phone, obj{"disappearing": 86400}, nil)
	}
	b.post(phone, obj{"text": "rahasia"}, nil)
	if m := b.last(ana); m.Fades != 86400 || lasting() != 86400 {
		t.Errorf("the phone shows %+v, messages last %v s", m, lasting())
	}
	b.put(phone, nil, sent{"nota.pdf", "application/pdf", []byte("%PDF-1.4 nota")})
	if m := b.last(ana); m.Fades != 86400 || m.File == nil {
		t.Errorf("the phone shows %+v", m)
	}
	b.post(phone, obj{"edit": first, "text": "halo kak"}, nil)
	b.post(phone, obj{"disappearing": 0}, nil)
	b.post(phone, obj{"text": "biasa"}, nil)
	if m := b.last(ana); m.Fades != 0 || lasting() != 0 {
		t.Errorf("the phone shows %+v, messages last %v s", m, lasting())
	}
	b.settle()
	b.told("the notice", "Pesan sementara dinyalakan")
	b.told("the span of a message", "hilang dari WhatsApp setelah")
	b.told("the edit", "halo kak")
	b.told("the end", "Pesan sementara dimatikan")
}

func TestClientCalls(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	var call idOf
	b.post("customers/"+ana+"/calls", obj{"video": true}, &call)
	b.post("customers/"+ana+"/calls", obj{"hang_up": call.ID}, nil)
	if status, _ := b.do("POST", "customers/"+ana+"/calls", `{"hang_up":"`+call.ID+`"}`); status != 404 {
		t.Errorf("a call that is over ends again with %d", status)
	}
	b.settle()
	b.told("the call", "Menelepon lewat WhatsApp")
	sentences := 0
	for _, m := range b.screen(ana) {
		if strings.Contains(m.Text, "belum bisa menerima panggilan") {
			sentences++
		}
	}
	if sentences != 1 {
		t.Errorf("the client is told %d times that nobody answers calls", sentences)
	}
}

func TestEveryCallIsInItsTable(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	for path, calls := range new(sandbox).calls() {
		for method := range calls {
			if !strings.Contains(string(table), "| `"+method+" "+path+"` |") {
				t.Errorf("API.md says nothing of %s %s", method, path)
			}
		}
	}
}

func TestPageForwardsCallsAndSetsDisappearing(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 800)
	v.sees("#room-messages", "Selamat pagi kak Ana")
	const phone, chat, room = "#phone-0", "#phone-0 .messages", "#room-messages"
	v.choose(phone, "forwarded")
	v.run(chromedp.SendKeys(chromedp.CSS(`#dialog [name="text"]`), "katanya besok tutup"), chromedp.Click(chromedp.CSS("#dialog .primary")))
	v.sees(chat+" .mine .hint", "orwarded")
	v.sees(room, "Diteruskan")
	v.choose(phone, "timer")
	v.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('#dialog [name="after"]').value = '604800'`), chromedp.Click(chromedp.CSS("#dialog .primary")))
	v.until(`!document.getElementById('dialog').open`)
	v.run(chromedp.SendKeys(chromedp.CSS(phone+" textarea"), "rahasia"+kb.Enter))
	v.sees(chat+" .mine .hint", "7 d")
	v.sees(room, "Pesan sementara dinyalakan")
	v.choose(phone, "call")
	v.sees(room, "Menelepon lewat WhatsApp")
	v.sees(chat+" .theirs", "belum bisa menerima panggilan")
	v.settle()
}

// Whatever a message holds can be reached and used by keyboard, one message at a time.
func TestPageReachesFilesByKeyboard(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 800)
	v.sees("#room-messages", "Selamat pagi kak Ana")
	v.put("customers/6281234567001/messages", nil, sent{"nota.pdf", "application/pdf", []byte("%PDF-1.4 nota")})
	v.put("customers/6281234567001/messages", nil, sent{"suara.ogg", "audio/ogg", recording(2e9)})
	v.until(`document.querySelector('#phone-0 .sound') && document.querySelector('#room-messages .sound')`)
	v.settle()
	v.pressWith(kb.ModifierAlt, "1")
	v.focused("#phone-0 textarea")
	v.pressWith(kb.ModifierShift, kb.Tab)
	v.focused("#phone-0 .message:last-child .play")
	v.press(kb.ArrowUp)
	v.focused("#phone-0 .message:has(.file)")
	v.press(kb.Tab)
	v.focused("#phone-0 a.file")
	v.press(kb.Tab)
	v.focused("#phone-0 .tools button")
	if v.has(`document.querySelector('#phone-0 .play').tabIndex >= 0`) {
		t.Error("Tab stops at what another message holds")
	}
	v.press(kb.ArrowDown)
	v.focused("#phone-0 .message:last-child")
	v.press(kb.Tab)
	v.focused("#phone-0 .play")
}
