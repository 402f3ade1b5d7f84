package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A whisper is a message that one person sees.
type whisper struct {
	ID, Content string
	Ephemeral   bool
	Attachments []struct{ ID, Filename string }
}

// newest waits until the newest message that a person sees in a channel is as it
// should be.
func (b *bench) newest(as, channel, what string, ok func(whisper) bool) whisper {
	b.t.Helper()
	end := time.Now().Add(time.Minute)
	for {
		var all []whisper
		b.get("discord/channels/"+channel+"/messages?as="+as, &all)
		if n := len(all); n > 0 && ok(all[n-1]) {
			return all[n-1]
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s in vain; %s sees %+v", what, as, all)
		}
		time.Sleep(20 * time.Millisecond) // the control API gives no sign
	}
}

// The phone removes the desk; the assistant manager links it again: the picture is
// his alone, and can be scanned.
func TestTheDeskIsLinkedAgain(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	ops := b.s.discord.ChannelID("halo-ops")
	health := func() (state string) {
		var v struct {
			Health struct{ WhatsApp struct{ State string } }
		}
		b.get("state", &v)
		return v.Health.WhatsApp.State
	}
	if state := health(); state != "ready" {
		t.Errorf("at first WhatsApp is %q", state)
	}
	b.post("faults", obj{"whatsapp": obj{"unlink": true}}, nil)
	for end := time.Now().Add(time.Minute); health() != "logged out"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("WhatsApp is %q", health())
		}
	}
	var seen struct{ Message whisper }
	b.post("discord/interactions", obj{"as": "sari", "channel": ops, "command": "desk pair"}, &seen)
	if !strings.HasPrefix(seen.Message.Content, "Hanya ") {
		t.Errorf("sari sees %+v", seen)
	}
	b.post("discord/interactions", obj{"as": "andi", "channel": ops, "command": "desk pair"}, nil)
	shown := b.newest("andi", ops, "waited for the picture", func(m whisper) bool { return len(m.Attachments) == 1 })
	if !shown.Ephemeral {
		t.Errorf("andi sees %+v", shown)
	}
	status, picture := b.do("GET", "discord/files/"+shown.Attachments[0].ID+"/"+shown.Attachments[0].Filename, "")
	if status != http.StatusOK || !strings.HasPrefix(string(picture), "\x89PNG") {
		t.Errorf("the picture is answered with %d and %d bytes", status, len(picture))
	}
	var others []whisper
	b.get("discord/channels/"+ops+"/messages?as=lina", &others)
	for _, m := range others {
		if m.Ephemeral || len(m.Attachments) > 0 {
			t.Errorf("lina sees %+v", m)
		}
	}
	b.post("whatsapp/link", obj{"scan": shown.ID}, nil)
	b.newest("andi", ops, "waited for the link", func(m whisper) bool {
		return m.ID == shown.ID && strings.Contains(m.Content, "WhatsApp tertaut") && len(m.Attachments) == 0
	})
	for body, want := range map[string]int{`{}`: 400, `{"scan":"1"}`: 404, `{"scan":"1","code":"2"}`: 400, `{"code":"short"}`: 409} {
		if status, answer := b.do("POST", "whatsapp/link", body); status != want {
			t.Errorf("%s is answered with %d %s", body, status, answer)
		}
	}
	if status, _ := b.do("GET", "discord/files/1/x.png", ""); status != http.StatusNotFound {
		t.Errorf("a file that is not there is answered with %d", status)
	}
}

// On the page the picture is shown to who asked, changes to the last word when it is
// scanned, and is gone for everybody else.
func TestPageShowsThePictureToLinkTheDesk(t *testing.T) {
	t.Parallel()
	v := visit(t, options{}, 1280, 800)
	v.s.whatsapp.Unlink()
	v.actAs("andi")
	v.until(`document.querySelector('#room-messages .message')`)
	v.run(chromedp.SendKeys(chromedp.CSS("#discord-text"), "/desk pair"+kb.Enter))
	v.until(`document.querySelector('#room-messages .whisper .picture')?.naturalWidth > 300`)
	v.sees("#room-messages .whisper .press", "📱")
	v.run(chromedp.Click(chromedp.CSS("#room-messages .whisper .press")))
	v.sees("#room-messages .whisper", "WhatsApp tertaut")
	v.until(`!document.querySelector('#room-messages .picture')`)
	v.run(chromedp.SendKeys(chromedp.CSS("#discord-text"), "/desk status"+kb.Enter))
	v.sees("#room-messages .whisper", "Keadaan desk")
	v.actAs("lina")
	v.until(`!document.querySelector('#room-messages .whisper')`)
}

// actAs chooses who acts in Discord.
func (v *visitor) actAs(name string) {
	v.t.Helper()
	v.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{ const who = document.getElementById('as'); who.value = %q; who.dispatchEvent(new Event('change')); }`, name)))
}
