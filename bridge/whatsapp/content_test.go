package whatsapp

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestEveryKindHasAName(t *testing.T) {
	future := func(m *waE2E.Message) *waE2E.FutureProofMessage { return &waE2E.FutureProofMessage{Message: m} }
	image := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: new("struk")}}
	edited := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: &waE2E.Message{Conversation: new("baru")},
	}}
	for name, test := range map[string]struct {
		message *waE2E.Message
		want    content
		silent  bool
	}{
		"text":       {message: &waE2E.Message{Conversation: new("halo")}, want: content{kind: "text", text: "halo"}},
		"rich text":  {message: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new("halo")}}, want: content{kind: "text", text: "halo"}},
		"image":      {message: image, want: content{kind: "image", text: "struk"}},
		"view once":  {message: &waE2E.Message{ViewOnceMessageV2: future(image)}, want: content{kind: "view_once", text: "struk"}},
		"vanishing":  {message: &waE2E.Message{EphemeralMessage: future(image)}, want: content{kind: "image", text: "struk"}},
		"video":      {message: &waE2E.Message{VideoMessage: &waE2E.VideoMessage{}}, want: content{kind: "video"}},
		"round":      {message: &waE2E.Message{PtvMessage: &waE2E.VideoMessage{}}, want: content{kind: "video"}},
		"voice":      {message: &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: new(true)}}, want: content{kind: "voice"}},
		"audio":      {message: &waE2E.Message{AudioMessage: &waE2E.AudioMessage{}}, want: content{kind: "audio"}},
		"document":   {message: &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: new("a.pdf"), Caption: new("ini")}}, want: content{kind: "document", text: "a.pdf\nini"}},
		"captioned":  {message: &waE2E.Message{DocumentWithCaptionMessage: future(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: new("a.pdf")}})}, want: content{kind: "document", text: "a.pdf"}},
		"sticker":    {message: &waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, want: content{kind: "sticker"}},
		"location":   {message: &waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: new("Kantor"), DegreesLatitude: new(-6.2), DegreesLongitude: new(106.8)}}, want: content{kind: "location", text: "Kantor\n-6.200000, 106.800000"}},
		"contact":    {message: &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: new("Sari")}}, want: content{kind: "contact", text: "Sari"}},
		"contacts":   {message: &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{Contacts: []*waE2E.ContactMessage{{DisplayName: new("Sari")}, {DisplayName: new("Dewi")}}}}, want: content{kind: "contact", text: "Sari\nDewi"}},
		"poll":       {message: &waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{Name: new("Kapan?")}}, want: content{kind: "poll", text: "Kapan?"}},
		"vote":       {message: &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{}}, want: content{kind: "vote", unreadable: "votes are not read yet"}},
		"reaction":   {message: &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Text: new("👍")}}, want: content{kind: "reaction", text: "👍"}},
		"unreaction": {message: &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{}}, want: content{kind: "reaction", text: "(ditarik kembali)"}},
		"edit":       {message: &waE2E.Message{EditedMessage: future(edited)}, want: content{kind: "edit", text: "baru"}},
		"bare edit":  {message: edited, want: content{kind: "edit", text: "baru"}},
		"delete":     {message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_REVOKE.Enum()}}, want: content{kind: "delete"}},
		"choice":     {message: &waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: new("Paket A")}}, want: content{kind: "text", text: "Paket A"}},
		"order":      {message: &waE2E.Message{OrderMessage: &waE2E.OrderMessage{Message: new("2 buah")}}, want: content{kind: "order", text: "2 buah"}},
		"payment":    {message: &waE2E.Message{InvoiceMessage: &waE2E.InvoiceMessage{}}, want: content{kind: "unknown", unreadable: "this version cannot show it (invoiceMessage)"}},
		"nothing":    {message: &waE2E.Message{}, want: content{kind: "unknown", unreadable: "it is empty"}},
		"timer":      {message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum()}}, silent: true},
		"album":      {message: &waE2E.Message{AlbumMessage: &waE2E.AlbumMessage{}}, silent: true},
		"group key":  {message: &waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{}}, silent: true},
	} {
		got, ok := readContent((&events.Message{RawMessage: test.message}).UnwrapRaw())
		if ok == test.silent || ok && got != test.want {
			t.Errorf("%s: %+v %v, want %+v", name, got, ok, test.want)
		}
	}
}

func TestActionsAndOwnPhoneComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	id := must(budi.Send("halo"))
	must(budi.Edit(id, "halo semua"))
	must(budi.React(id, "👍"))
	must(budi.Delete(id))
	must(budi.Do(whatsapptest.Draft{Message: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: new("struk")}}}))
	own := must(d.net.Business().Send(budi, "kami cek dulu"))
	messages := d.awaitMessages(6)
	for i, want := range []struct{ kind, text string }{
		{"text", "halo"}, {"edit", "halo semua"}, {"reaction", "👍"}, {"delete", ""}, {"image", "struk"}, {"text", "kami cek dulu"},
	} {
		m := messages[i]
		if m.Kind != want.kind || m.Text != want.text || m.Own != (i == 5) || m.Unreadable != "" {
			t.Errorf("%d: %+v", i, m)
		}
		if m.Chat != bridge.Address(budi.Address().String()) || m.Phone != budi.Number() {
			t.Errorf("%d: addresses of %+v", i, m)
		}
	}
	if messages[5].ID != own || messages[5].Name != "" {
		t.Errorf("own message %+v", messages[5])
	}
	d.acked()
}

func TestTextIsCleaned(t *testing.T) {
	for text, want := range map[string]string{
		"a\x00b\x1b[31mc":      "ab[31mc",
		"a\xffb":               "a\uFFFDb",
		"a\r\nb\rc\u2028d":     "a\nb\nc\nd",
		"tab\tdan zalgo z̷̢":   "tab\tdan zalgo z̷̢",
		"\u202emoc.live//:ptt": "\u202emoc.live//:ptt", // what it may do is the reader's to decide
	} {
		if got := cleanText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	long := cleanText(strings.Repeat("é", textLimit))
	if !utf8.ValidString(long) || len(long) > textLimit+40 || !strings.HasSuffix(long, fmt.Sprintf("\n[... %d more bytes cut]", textLimit)) {
		t.Errorf("cut to %d bytes, ends with %q", len(long), long[len(long)-40:])
	}
	if got := cleanName(" Budi\n\u0000  S" + strings.Repeat("x", 5000)); !strings.HasPrefix(got, "Budi Sx") || utf8.RuneCountInString(got) != nameLimit {
		t.Errorf("name %q", got)
	}
	for id, same := range map[string]bool{"3EB0AA": true, "call-ab.c": true, "": false, "a b": false, strings.Repeat("A", 65): false, "{x}": false, "é": false} {
		if got := cleanID(id); (got == id) != same || got != cleanID(id) || len(got) > idLimit {
			t.Errorf("id %q: %q", id, got)
		}
	}
}

func FuzzContent(f *testing.F) {
	f.Add([]byte("\x0a\x04halo"))
	f.Add(must(proto.Marshal(&waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{Conversation: new("x")}}})))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m waE2E.Message
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		c, ok := readContent((&events.Message{RawMessage: &m}).UnwrapRaw())
		if ok && (c.kind == "" || !utf8.ValidString(c.text) || len(c.text) > textLimit+64) {
			t.Fatalf("%+v", c)
		}
	})
}
