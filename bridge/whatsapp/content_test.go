package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestEveryKindHasAName(t *testing.T) {
	type message = bridge.ClientMessage
	future := func(m *waE2E.Message) *waE2E.FutureProofMessage { return &waE2E.FutureProofMessage{Message: m} }
	image := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: new("struk")}}
	key := &waCommon.MessageKey{ID: new("A1"), FromMe: new(true)}
	edited := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: &waE2E.Message{Conversation: new("baru")},
	}}
	poll := &waE2E.PollCreationMessage{Name: new("Kapan?"), SelectableOptionsCount: new(uint32(1)), Options: []*waE2E.PollCreationMessage_Option{{OptionName: new("Besok")}}}
	for name, test := range map[string]struct {
		message *waE2E.Message
		want    message
		silent  bool
	}{
		"text":           {message: &waE2E.Message{Conversation: new("halo")}, want: message{Kind: "text", Text: "halo"}},
		"rich text":      {message: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new("halo")}}, want: message{Kind: "text", Text: "halo"}},
		"link":           {message: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new("https://x.id"), MatchedText: new("https://x.id"), Title: new("Toko")}}, want: message{Kind: "text", Text: "https://x.id", Link: &bridge.Link{URL: "https://x.id", Title: "Toko"}}},
		"image":          {message: image, want: message{Kind: "image", Text: "struk", Media: &bridge.Media{Kind: "image"}}},
		"view once":      {message: &waE2E.Message{ViewOnceMessageV2: future(image)}, want: message{Kind: "image", Text: "struk", ViewOnce: true, Media: &bridge.Media{Kind: "image"}}},
		"once by flag":   {message: &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: new(true), ViewOnce: new(true)}}, want: message{Kind: "voice", ViewOnce: true, Media: &bridge.Media{Kind: "voice"}}},
		"vanishing":      {message: &waE2E.Message{EphemeralMessage: future(image)}, want: message{Kind: "image", Text: "struk", Media: &bridge.Media{Kind: "image"}}},
		"video":          {message: &waE2E.Message{VideoMessage: &waE2E.VideoMessage{Seconds: new(uint32(65))}}, want: message{Kind: "video", Media: &bridge.Media{Kind: "video", Length: 65 * time.Second}}},
		"gif":            {message: &waE2E.Message{VideoMessage: &waE2E.VideoMessage{GifPlayback: new(true)}}, want: message{Kind: "gif", Media: &bridge.Media{Kind: "gif", Animated: true}}},
		"round":          {message: &waE2E.Message{PtvMessage: &waE2E.VideoMessage{}}, want: message{Kind: "round", Media: &bridge.Media{Kind: "video"}}},
		"voice":          {message: &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: new(true), Seconds: new(uint32(3)), Mimetype: new("audio/OGG; codecs=opus")}}, want: message{Kind: "voice", Media: &bridge.Media{Kind: "voice", Length: 3 * time.Second, MIME: "audio/ogg; codecs=opus"}}},
		"audio":          {message: &waE2E.Message{AudioMessage: &waE2E.AudioMessage{}}, want: message{Kind: "audio", Media: &bridge.Media{Kind: "audio"}}},
		"document":       {message: &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: new("a.pdf"), Caption: new("ini"), FileLength: new(uint64(9))}}, want: message{Kind: "document", Text: "ini", Media: &bridge.Media{Kind: "document", Name: "a.pdf", Size: 9}}},
		"captioned":      {message: &waE2E.Message{DocumentWithCaptionMessage: future(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{Title: new("a.pdf")}})}, want: message{Kind: "document", Media: &bridge.Media{Kind: "document", Name: "a.pdf"}}},
		"sticker":        {message: &waE2E.Message{StickerMessage: &waE2E.StickerMessage{IsAnimated: new(true)}}, want: message{Kind: "sticker", Media: &bridge.Media{Kind: "sticker", Animated: true}}},
		"lottie":         {message: &waE2E.Message{LottieStickerMessage: future(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{IsLottie: new(true)}})}, want: message{Kind: "sticker", Media: &bridge.Media{Kind: "sticker", Animated: true}}},
		"pack":           {message: &waE2E.Message{StickerPackMessage: &waE2E.StickerPackMessage{Name: new("Kucing"), Publisher: new("Ana")}}, want: message{Kind: "sticker_pack", Text: "Kucing\nAna"}},
		"location":       {message: &waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: new("Kantor"), Address: new("Jl. A"), DegreesLatitude: new(-6.2), DegreesLongitude: new(106.8)}}, want: message{Kind: "location", Place: &bridge.Place{Latitude: -6.2, Longitude: 106.8, Name: "Kantor", Address: "Jl. A"}}},
		"no place":       {message: &waE2E.Message{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: new(math.NaN()), DegreesLongitude: new(math.Inf(-1))}}, want: message{Kind: "location", Place: &bridge.Place{Longitude: -180}}},
		"live":           {message: &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{Caption: new("jalan"), DegreesLatitude: new(1.5)}}, want: message{Kind: "location", Live: true, Text: "jalan", Place: &bridge.Place{Latitude: 1.5}}},
		"contact":        {message: &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: new("Sari"), Vcard: new("BEGIN:VCARD")}}, want: message{Kind: "contact", Contacts: []bridge.Contact{{Name: "Sari", Card: "BEGIN:VCARD"}}}},
		"contacts":       {message: &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{Contacts: []*waE2E.ContactMessage{{DisplayName: new("Sari")}, {DisplayName: new("Dewi")}}}}, want: message{Kind: "contact", Contacts: []bridge.Contact{{Name: "Sari"}, {Name: "Dewi"}}}},
		"poll":           {message: &waE2E.Message{PollCreationMessageV3: poll}, want: message{Kind: "poll", Poll: &bridge.Poll{Question: "Kapan?", Options: []string{"Besok"}, Choices: 1}}},
		"wrapped poll":   {message: &waE2E.Message{PollCreationMessageV4: future(&waE2E.Message{PollCreationMessage: poll})}, want: message{Kind: "poll", Poll: &bridge.Poll{Question: "Kapan?", Options: []string{"Besok"}, Choices: 1}}},
		"closed vote":    {message: &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{PollCreationMessageKey: key}}, want: message{Kind: "vote", Target: "A1", Unreadable: "it could not be opened"}},
		"poll result":    {message: &waE2E.Message{PollResultSnapshotMessage: &waE2E.PollResultSnapshotMessage{Name: new("Kapan?"), PollVotes: []*waE2E.PollResultSnapshotMessage_PollVote{{OptionName: new("Besok"), OptionVoteCount: new(int64(2))}}}}, want: message{Kind: "poll_result", Text: "Kapan?\n• Besok: 2"}},
		"reaction":       {message: &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: &waCommon.MessageKey{ID: new("B2"), FromMe: new(false)}, Text: new("👍")}}, want: message{Kind: "reaction", Text: "👍", Target: "B2", TargetOwn: true}},
		"unreaction":     {message: &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key}}, want: message{Kind: "reaction", Target: "A1"}},
		"edit":           {message: &waE2E.Message{EditedMessage: future(edited)}, want: message{Kind: "edit", Text: "baru", Target: "A1"}},
		"bare edit":      {message: edited, want: message{Kind: "edit", Text: "baru", Target: "A1"}},
		"empty edit":     {message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum()}}, want: message{Kind: "edit", Target: "A1", Unreadable: "it is empty"}},
		"empty comment":  {message: &waE2E.Message{CommentMessage: &waE2E.CommentMessage{TargetMessageKey: key}}, want: message{Kind: "unknown", Unreadable: "it is empty", Quote: &bridge.Quote{ID: "A1"}}},
		"caption edit":   {message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: image}}, want: message{Kind: "edit", Text: "struk", Target: "A1"}},
		"delete":         {message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_REVOKE.Enum()}}, want: message{Kind: "delete", Target: "A1"}},
		"pin":            {message: &waE2E.Message{PinInChatMessage: &waE2E.PinInChatMessage{Key: key, Type: waE2E.PinInChatMessage_PIN_FOR_ALL.Enum()}}, want: message{Kind: "pin", Target: "A1"}},
		"comment":        {message: &waE2E.Message{CommentMessage: &waE2E.CommentMessage{Message: &waE2E.Message{Conversation: new("ya")}, TargetMessageKey: key}}, want: message{Kind: "text", Text: "ya", Quote: &bridge.Quote{ID: "A1"}}},
		"choice":         {message: &waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: new("Paket A")}}, want: message{Kind: "text", Text: "Paket A"}},
		"list":           {message: &waE2E.Message{ListMessage: &waE2E.ListMessage{Title: new("Paket"), Sections: []*waE2E.ListMessage_Section{{Rows: []*waE2E.ListMessage_Row{{Title: new("A")}}}}}}, want: message{Kind: "text", Text: "Paket\n• A"}},
		"order":          {message: &waE2E.Message{OrderMessage: &waE2E.OrderMessage{Message: new("2 buah"), TotalAmount1000: new(int64(150_000_500)), TotalCurrencyCode: new("IDR")}}, want: message{Kind: "order", Text: "2 buah\nIDR 150000.50"}},
		"event":          {message: &waE2E.Message{EventMessage: &waE2E.EventMessage{Name: new("Rapat"), StartTime: new(int64(1_700_000_000))}}, want: message{Kind: "event", Text: "Rapat\n2023-11-14 22:13 UTC"}},
		"invoice":        {message: &waE2E.Message{InvoiceMessage: &waE2E.InvoiceMessage{Note: new("lunas")}}, want: message{Kind: "invoice", Text: "lunas"}},
		"nothing":        {message: &waE2E.Message{}, want: message{Kind: "unknown", Unreadable: "it is empty"}},
		"phone only":     {message: &waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{}}, want: message{Kind: "unknown", Unreadable: "only the phone can show it"}},
		"timer":          {message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: new(uint32(604800))}}, want: message{Kind: "timer", Fades: 7 * 24 * time.Hour}},
		"album":          {message: &waE2E.Message{AlbumMessage: &waE2E.AlbumMessage{}}, silent: true},
		"group key":      {message: &waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{}}, silent: true},
		"bare protocol":  {message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{}}, silent: true},
		"forwarded":      {message: &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: new("a"), ContextInfo: &waE2E.ContextInfo{IsForwarded: new(true), Expiration: new(uint32(60))}}}, want: message{Kind: "text", Text: "a", Forwarded: 1, Fades: time.Minute}},
		"quoting":        {message: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{ContextInfo: &waE2E.ContextInfo{StanzaID: new("C3"), Participant: new("628@s.whatsapp.net"), QuotedMessage: image}}}, want: message{Kind: "image", Media: &bridge.Media{Kind: "image"}, Quote: &bridge.Quote{ID: "C3", Own: true, Kind: "image", Text: "struk"}}},
		"of an album":    {message: &waE2E.Message{ImageMessage: image.ImageMessage, MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{AssociationType: waE2E.MessageAssociation_MEDIA_ALBUM.Enum(), ParentMessageKey: key}}}, want: message{Kind: "image", Text: "struk", Album: "A1", Media: &bridge.Media{Kind: "image"}}},
		"larger version": {message: &waE2E.Message{AssociatedChildMessage: future(&waE2E.Message{ImageMessage: image.ImageMessage, MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{AssociationType: waE2E.MessageAssociation_HD_IMAGE_DUAL_UPLOAD.Enum(), ParentMessageKey: key}}})}, want: message{Kind: "image", Text: "struk", Quote: &bridge.Quote{ID: "A1"}, Media: &bridge.Media{Kind: "image"}}},
	} {
		e := (&events.Message{RawMessage: test.message}).UnwrapRaw()
		r := reading{info: &e.Info, own: func(jid types.JID) bool { return jid.User == "628" }}
		ok := r.readContent(e)
		if r.m.Media != nil {
			if len(r.m.Media.Ref) == 0 {
				t.Errorf("%s: nothing to fetch it by", name)
			}
			r.m.Media.Ref = nil
		}
		if ok == test.silent || ok && !reflect.DeepEqual(r.m, test.want) {
			t.Errorf("%s: %+v %v, want %+v", name, r.m, ok, test.want)
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

func TestNamesOfFilesLeadNowhere(t *testing.T) {
	for name, want := range map[string]string{
		"struk.pdf":                       "struk.pdf",
		"../../etc/passwd":                "_.._etc_passwd",
		`C:\Windows\a.exe`:                "C__Windows_a.exe",
		"foto\u202egpj.exe":               "fotogpj.exe",
		"a\x00b\n.pdf":                    "ab .pdf",
		"...":                             "",
		strings.Repeat("é", 300) + ".pdf": strings.Repeat("é", 115) + "….pdf",
		"👨‍👩‍👧.jpg":                       "👨‍👩‍👧.jpg",
	} {
		if got := cleanFileName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for mime, want := range map[string]string{"Image/JPEG": "image/jpeg", "x": "", "a/b\r\nX: y": "", strings.Repeat("a/", 80): ""} {
		if got := cleanMIME(mime); got != want {
			t.Errorf("%q: %q", mime, got)
		}
	}
}

// A file's place is WhatsApp's, whatever host its sender names.
func TestRefsNameNoHost(t *testing.T) {
	sum := bytes.Repeat([]byte{1}, 32)
	for _, test := range []struct {
		image *waE2E.ImageMessage
		want  mediaRef
	}{
		{&waE2E.ImageMessage{DirectPath: new("/v/t1?x=1"), URL: new("https://evil.example/a"), MediaKey: sum, FileSHA256: sum, FileEncSHA256: sum, FileLength: new(uint64(5))},
			mediaRef{Type: "image", Path: "/v/t1?x=1", Key: sum, Sum: sum, EncSum: sum, Size: 5}},
		{&waE2E.ImageMessage{URL: new("https://mmg.whatsapp.net/v/t1?x=1"), MediaKey: sum[:5]}, mediaRef{Type: "image", Path: "/v/t1?x=1"}},
		{&waE2E.ImageMessage{URL: new("https://evil.example/?a=.whatsapp.net"), FileLength: new(uint64(math.MaxUint64))}, mediaRef{Type: "image", Size: math.MaxInt64}},
		{&waE2E.ImageMessage{DirectPath: new("@evil.example/x")}, mediaRef{Type: "image"}},
		{&waE2E.ImageMessage{DirectPath: new("/" + strings.Repeat("a", 5000))}, mediaRef{Type: "image"}},
	} {
		var got mediaRef
		if err := json.Unmarshal((&reading{}).describe("image", "image", test.image).Ref, &got); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: %+v %v, want %+v", test.image, got, err, test.want)
		}
	}
}

func TestManyAndLargeCardsAreBounded(t *testing.T) {
	array := &waE2E.ContactsArrayMessage{}
	for i := range 1000 {
		card := fmt.Sprintf("BEGIN:VCARD\nVERSION:3.0\nFN:Orang %d\nTEL:+62%d\nPHOTO;ENCODING=b:%s\nEND:VCARD", i, i, strings.Repeat("A", 20_000))
		array.Contacts = append(array.Contacts, &waE2E.ContactMessage{DisplayName: new(fmt.Sprint("Orang ", i)), Vcard: new(card)})
	}
	var r reading
	if !r.readContent(&events.Message{Message: &waE2E.Message{ContactsArrayMessage: array}}) {
		t.Fatal("not told")
	}
	if len(r.m.Contacts) != mostContacts || r.m.Text != "[+950]" {
		t.Fatalf("%d cards, %q", len(r.m.Contacts), r.m.Text)
	}
	if card := bridge.ParseVCard(r.m.Contacts[7].Card); card.Name != "Orang 7" || len(card.Phones) != 1 || len(r.m.Contacts[7].Card) > 300 {
		t.Fatalf("%+v", card)
	}
}

// bounded says what of a message is longer than it may be, or "".
func bounded(m bridge.ClientMessage) string {
	data, err := json.Marshal(m)
	switch {
	case err != nil:
		return err.Error()
	case m.Kind == "" || len(m.Kind) > 60:
		return "kind " + m.Kind
	case !utf8.ValidString(m.Text) || len(m.Text) > textLimit+64:
		return "text"
	case len(data) > 6*textLimit+mostContacts*2*(cardLimit+8*nameLimit)+mostOptions*8*optionLimit+64<<10:
		return fmt.Sprintf("%d bytes in all", len(data))
	case len(m.Target) > idLimit || len(m.Album) > idLimit || m.Quote != nil && len(m.Quote.ID) > idLimit:
		return "an id"
	case m.Media != nil && (m.Media.Size < 0 || m.Media.Length < 0 || !json.Valid(m.Media.Ref)):
		return "a file"
	case m.Place != nil && (math.Abs(m.Place.Latitude) > 90 || math.Abs(m.Place.Longitude) > 180):
		return "a place"
	}
	return ""
}

func FuzzContent(f *testing.F) {
	f.Add([]byte("\x0a\x04halo"))
	for _, m := range []*waE2E.Message{
		{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{Conversation: new("x")}}},
		{ContactMessage: &waE2E.ContactMessage{Vcard: new(strings.Repeat("TEL:1\n", 4000))}},
		{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: new(math.Inf(1))}},
		{DocumentMessage: &waE2E.DocumentMessage{FileName: new("../\u202ea"), FileLength: new(uint64(math.MaxUint64)), ContextInfo: &waE2E.ContextInfo{StanzaID: new("x"), QuotedMessage: &waE2E.Message{}}}},
		{PollCreationMessageV5: &waE2E.PollCreationMessage{Options: []*waE2E.PollCreationMessage_Option{nil, {}}}},
		{ReactionMessage: &waE2E.ReactionMessage{}}, {InvoiceMessage: &waE2E.InvoiceMessage{Note: new("x")}},
	} {
		f.Add(must(proto.Marshal(m)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m waE2E.Message
		if proto.Unmarshal(data, &m) != nil {
			return
		}
		var r reading
		if !r.readContent((&events.Message{RawMessage: &m}).UnwrapRaw()) {
			return
		}
		if why := bounded(r.m); why != "" {
			t.Fatalf("%s: %+v", why, r.m)
		}
		if r.m.Unreadable == "its content is malformed" {
			t.Fatal("reading it panicked")
		}
		optionSums(&m)
	})
}
