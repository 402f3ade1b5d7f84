package whatsapp

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// next waits for one more message and returns it.
func (d *desk) next(before int) bridge.ClientMessage {
	d.t.Helper()
	return d.awaitMessages(before + 1)[before]
}

func TestPlacesCardsAndLinksComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.SendLocation(whatsapptest.Place{Latitude: -6.2, Longitude: 106.8, Name: "Kantor", Address: "Jl. A 1"}))
	if m := d.next(0); m.Kind != bridge.KindLocation || m.Live || m.Place == nil || *m.Place != (bridge.Place{Latitude: -6.2, Longitude: 106.8, Name: "Kantor", Address: "Jl. A 1"}) {
		t.Errorf("%+v", m)
	}
	const card = "BEGIN:VCARD\nVERSION:3.0\nFN:Sari\nTEL;type=CELL;waid=62811:+62 811\nEND:VCARD"
	must(budi.SendContacts(whatsapptest.Contact{Name: "Sari", VCard: card}))
	must(budi.SendContacts(whatsapptest.Contact{Name: "Sari", VCard: card}, whatsapptest.Contact{Name: "Dewi"}))
	if m := d.next(1); m.Kind != bridge.KindContact || !slices.Equal(m.Contacts, []bridge.Contact{{Name: "Sari", Card: card}}) {
		t.Errorf("%+v", m)
	}
	if m := d.next(2); !slices.Equal(m.Contacts, []bridge.Contact{{Name: "Sari", Card: card}, {Name: "Dewi"}}) {
		t.Errorf("%+v", m)
	}
	must(budi.SendLink("lihat https://toko.id", whatsapptest.Link{URL: "https://toko.id", Title: "Toko", Description: "Murah"}))
	if m := d.next(3); m.Text != "lihat https://toko.id" || m.Link == nil || *m.Link != (bridge.Link{URL: "https://toko.id", Title: "Toko", Text: "Murah"}) {
		t.Errorf("%+v", m)
	}
	d.acked()
}

func TestRepliesForwardsAndTimersComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	mine := budi.Screen()[0].ID
	ours := budi.Received()[0].ID
	must(budi.Reply(mine, "soal ini"))
	if m := d.next(1); m.Quote == nil || *m.Quote != (bridge.Quote{ID: mine, Kind: bridge.KindPlainText, Text: "halo"}) {
		t.Errorf("%+v, %+v", m, m.Quote)
	}
	must(budi.Do(whatsapptest.Draft{ReplyTo: ours, Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: []byte("x")}}))
	if m := d.next(2); m.Media == nil || m.Quote == nil || *m.Quote != (bridge.Quote{ID: ours, Own: true, Kind: bridge.KindPlainText, Text: "ya"}) {
		t.Errorf("%+v, %+v", m, m.Quote)
	}
	must(budi.Forward("kabar", 7))
	if m := d.next(3); m.Forwarded != 7 || m.Text != "kabar" {
		t.Errorf("%+v", m)
	}
	must(budi.SendFading("rahasia", 24*time.Hour))
	if m := d.next(4); m.Fades != 24*time.Hour || m.Text != "rahasia" {
		t.Errorf("%+v", m)
	}
	must(budi.SetFading(7 * 24 * time.Hour))
	must(budi.SetFading(0))
	if m := d.next(5); m.Kind != kindTimer || m.Fades != 7*24*time.Hour {
		t.Errorf("%+v", m)
	}
	if m := d.next(6); m.Kind != kindTimer || m.Fades != 0 {
		t.Errorf("%+v", m)
	}
	d.acked()
}

// What is done on the linked phone itself comes as the desk's own, of every kind.
func TestOwnPhoneSendsEveryKind(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	phone := d.net.Business()
	theirs := budi.Screen()[0].ID
	text := must(phone.Send(budi, "kami cek"))
	for _, draft := range []whatsapptest.Draft{
		{Media: &whatsapptest.Media{Kind: whatsapptest.KindVoice, Data: []byte("x"), Length: time.Second}},
		{Place: &whatsapptest.Place{Latitude: 1}},
		{Text: "ini", ReplyTo: theirs},
		{React: theirs, Emoji: "🙏"},
		{Edit: text, Text: "kami sudah cek"},
		{Delete: text},
	} {
		must(phone.Do(budi, draft))
	}
	got := d.awaitMessages(8)[1:]
	for i, want := range []bridge.ClientMessage{
		{Kind: bridge.KindPlainText, Text: "kami cek"}, {Kind: bridge.KindVoice}, {Kind: bridge.KindLocation},
		{Kind: bridge.KindPlainText, Text: "ini"},
		{Kind: bridge.KindReaction, Text: "🙏", Target: theirs},
		{Kind: bridge.KindEdit, Text: "kami sudah cek", Target: text, TargetOwn: true},
		{Kind: bridge.KindDelete, Target: text, TargetOwn: true},
	} {
		m := got[i]
		if !m.Own || m.Kind != want.Kind || m.Text != want.Text || m.Target != want.Target || m.TargetOwn != want.TargetOwn || m.Unreadable != "" {
			t.Errorf("%d: %+v, want %+v", i, m, want)
		}
		if m.Chat == "" || m.Phone != budi.Number() {
			t.Errorf("%d: whose chat: %+v", i, m)
		}
	}
	if q := got[3].Quote; q == nil || q.ID != theirs || q.Own {
		t.Errorf("quote %+v", q)
	}
	d.acked()
}

// Content that lies, is enormous or makes no sense is told within bounds, and what
// follows it comes through.
func TestHostileContentIsBounded(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	long := strings.Repeat("\u202e<@1>@everyone ", 9_000) // beyond textLimit
	nested := &waE2E.Message{Conversation: new("dalam")}
	for range 30 {
		nested = &waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: nested}}
	}
	quoting := &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new("x")}}
	for range 30 {
		quoting = &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new(long[:1000]), ContextInfo: &waE2E.ContextInfo{
			StanzaID: new(long[:1000]), Participant: new("not an address @@"), QuotedMessage: proto.CloneOf(quoting),
		}}}
	}
	var options []*waE2E.PollCreationMessage_Option
	for range 1000 {
		options = append(options, &waE2E.PollCreationMessage_Option{OptionName: new("x\x00" + long[:100])})
	}
	attacks := []*waE2E.Message{
		nested, quoting,
		{DocumentMessage: &waE2E.DocumentMessage{FileName: new("../../" + long), FileLength: new(uint64(1 << 63)), Mimetype: new(long[:5000]), DirectPath: new(long[:5000]), MediaKey: []byte(long[:5000])}},
		{ImageMessage: &waE2E.ImageMessage{}},
		{PollCreationMessage: &waE2E.PollCreationMessage{Name: &long, Options: options}},
		{PollUpdateMessage: &waE2E.PollUpdateMessage{}},
		{ReactionMessage: &waE2E.ReactionMessage{Text: &long}},
		{EncReactionMessage: &waE2E.EncReactionMessage{}},
		{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum()}},
		{EncCommentMessage: &waE2E.EncCommentMessage{}},
		{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum()}},
		{LocationMessage: &waE2E.LocationMessage{Name: &long, DegreesLatitude: new(1e300)}},
	}
	// The simulator shows a vote, and a modified app sends something else.
	poll := must(budi.SendPoll("Kapan?", 1, "Besok"))
	for i, attack := range attacks {
		must(budi.Do(whatsapptest.Draft{Vote: poll, Options: []string{"Besok"}, Alter: func(m *waE2E.Message) {
			proto.Reset(m)
			proto.Merge(m, attack)
		}}))
		m := d.next(i + 1)
		m.ID, m.Chat, m.Alt = "", "", ""
		if why := bounded(m); why != "" {
			t.Errorf("%d: %s", i, why)
		}
	}
	must(budi.Send("masih di sini"))
	if m := d.next(len(attacks) + 1); m.Text != "masih di sini" {
		t.Errorf("%+v", m)
	}
	d.acked()
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}
