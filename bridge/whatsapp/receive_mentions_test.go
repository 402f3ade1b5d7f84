package whatsapp

import (
	"fmt"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// Whom a text mentions is written by number, never by the digits of a LID.
func TestMentionsShowNumbers(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	must(budi.Do(whatsapptest.Draft{Message: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text:        new("@" + budi.LID().User + " dan @123456789012345 dan @" + budi.Number()),
		ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{budi.LID().String(), "123456789012345@lid", budi.PN().String()}},
	}}}))
	if m := d.next(1); m.Text != "@+"+budi.Number()+" dan @seseorang dan @+"+budi.Number() {
		t.Fatalf("%q", m.Text)
	}
}

// What is mentioned neither swells a text nor changes other words of it, and however
// many there are, no LID is left that reads as a number.
func TestMentionsAreBounded(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	named := func(text string, addresses ...string) string {
		r := reading{}
		if !r.readContent(&events.Message{Message: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: &text, ContextInfo: &waE2E.ContextInfo{MentionedJID: addresses},
		}}}) {
			t.Fatal("not read")
		}
		return d.link.Load().nameMentions(r.m.Text, r.mentions)
	}
	for _, odd := range []string{"", "@lid", "s.whatsapp.net", "s@lid", "seseorang@lid", strings.Repeat("9", 50_000) + "@lid", "62811@g.us"} {
		text := strings.Repeat("@s @62811 ", 100)
		if got := named(text, odd, odd, odd); got != text {
			t.Errorf("%.20q changed the text to %d bytes", odd, len(got))
		}
	}
	if got := named("@123 @1234 a@123b @", "123@lid"); got != "@seseorang @1234 a@seseorangb @" {
		t.Errorf("%q", got)
	}
	if got := named(strings.Repeat("@1", textLimit/2), "1@lid"); len(got) > textLimit+64 {
		t.Errorf("swells to %d bytes", len(got))
	}
	var text strings.Builder
	var all []string
	for i := range 300 {
		fmt.Fprintf(&text, "@9876543210%03d ", i)
		all = append(all, fmt.Sprintf("9876543210%03d@lid", i))
	}
	if got := named(text.String(), all...); strings.Trim(got, "@seorang ") != "" {
		t.Errorf("left %q", got)
	}
}

// The words that a message answers are shown as well.
func TestMentionsInQuotesShowNumbers(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	lid := budi.LID()
	must(budi.Do(whatsapptest.Draft{Message: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: new("soal itu"), ContextInfo: &waE2E.ContextInfo{
			StanzaID: new(budi.Screen()[0].ID), Participant: new(lid.String()),
			QuotedMessage: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
				Text: new("tanya @" + lid.User), ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{lid.String()}},
			}},
		},
	}}}))
	if m := d.next(1); m.Quote == nil || m.Quote.Text != "tanya @+"+budi.Number() {
		t.Fatalf("%+v", m.Quote)
	}
}

// Names of people in a message are a stranger's words like all others.
func TestAddressesInContentAreBounded(t *testing.T) {
	long := strings.Repeat("9", 100_000)
	for participant, want := range map[string]bridge.Address{
		"62811@s.whatsapp.net": "62811@s.whatsapp.net", "998:7@lid": "998@lid",
		long + "@lid": "", "<@1>@lid": "", "62811@evil": "", "@lid": "", "lid": "",
	} {
		info := types.MessageInfo{ID: types.MessageID(long)}
		info.IsGroup = true
		r := reading{info: &info}
		r.readContent(&events.Message{Message: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			ContextInfo: &waE2E.ContextInfo{StanzaID: new("A1"), Participant: &participant},
		}}})
		if r.m.Quote == nil || r.m.Quote.Sender != want {
			t.Errorf("%.30q: %+v", participant, r.m.Quote)
		}
		if len(r.m.Media.Ref) > 1000 {
			t.Errorf("a reference of %d bytes", len(r.m.Media.Ref))
		}
	}
}
