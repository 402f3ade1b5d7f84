package whatsapp

import (
	"slices"
	"testing"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// Answers reach a group that the desk listens to, and no other.
func TestAnswersReachAGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	budi, ani := d.customer("Budi"), d.customer("Ani")
	group, other := d.net.AddGroup("Toko", budi, ani), d.net.AddGroup("Lain", budi)
	d.end()
	d.options.Groups = []string{group.JID().String()}
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	first := must(budi.SendToGroup(group, "halo semua"))
	heard := d.awaitMessages(1)[0]
	if heard.Group == nil || heard.Group.Sender == "" {
		t.Fatalf("heard %+v", heard)
	}
	answer, picture := MessageID("group", "answer"), MessageID("group", "picture")
	for id, o := range map[string]bridge.Outgoing{
		answer:  {Text: "halo Budi", Quote: &bridge.Quote{ID: first, Sender: heard.Group.Sender, Kind: "text", Text: "halo semua"}},
		picture: {Text: "ini", Media: &bridge.Upload{Kind: bridge.KindImage, Ref: d.upload(bridge.KindImage, []byte("isi"))}},
	} {
		if err := d.Send(soon(t), heard.Chat, id, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Send(soon(t), heard.Chat, MessageID("group", "react"), bridge.Outgoing{Reaction: &bridge.Reaction{Target: first, Sender: heard.Group.Sender, Emoji: "👍"}}); err != nil {
		t.Fatal(err)
	}
	if err := d.EditText(soon(t), heard.Chat, MessageID("group", "edit"), answer, "halo, Budi"); err != nil {
		t.Fatal(err)
	}
	for _, phone := range []*whatsapptest.Phone{budi, ani} {
		screen := phone.Screen()
		find := func(id string) whatsapptest.Message {
			i := slices.IndexFunc(screen, func(m whatsapptest.Message) bool { return m.ID == id })
			if i < 0 {
				t.Fatalf("%s does not show %s", phone.Name(), id)
			}
			return screen[i]
		}
		if m := find(answer); m.Text != "halo, Budi" || !m.Edited || m.ReplyTo != first || m.Group != group.JID().String() {
			t.Errorf("%s shows %+v", phone.Name(), m)
		}
		if data, err := phone.File(picture); err != nil || string(data) != "isi" || find(picture).Text != "ini" {
			t.Errorf("%s has %q, %v", phone.Name(), data, err)
		}
		if m := find(first); m.Reactions["them"] != "👍" {
			t.Errorf("%s shows %+v", phone.Name(), m)
		}
	}
	if e := sendError(t, d.Send(soon(t), bridge.Address(other.JID().String()), MessageID("group", "other"), bridge.Outgoing{Text: "x"})); e.Certainty != bridge.Refused {
		t.Errorf("to another group: %+v", e)
	}
	if err := d.Typing(soon(t), heard.Chat, true); err != nil {
		t.Error(err)
	}
}
