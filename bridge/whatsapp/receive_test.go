package whatsapp

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// next waits for one more message and returns it.
func (d *desk) next(before int) bridge.ClientMessage {
	d.t.Helper()
	return d.awaitMessages(before + 1)[before]
}

// A client sends every kind of file; what arrives says what it is, and can be fetched.
func TestFilesComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	data := []byte("isi berkas")
	sum := sha256.Sum256(data)
	for i, test := range []struct {
		send whatsapptest.Draft
		want bridge.ClientMessage
	}{
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: data}, Text: "struk"},
			bridge.ClientMessage{Kind: bridge.KindImage, Text: "struk", Media: &bridge.Media{Kind: bridge.KindImage, MIME: "image/jpeg"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: data, Length: 5 * time.Second}},
			bridge.ClientMessage{Kind: bridge.KindVideo, Media: &bridge.Media{Kind: bridge.KindVideo, MIME: "video/mp4", Length: 5 * time.Second}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: data}, Alter: func(m *waE2E.Message) {
			m.PtvMessage, m.VideoMessage = m.VideoMessage, nil
		}}, bridge.ClientMessage{Kind: kindRound, Media: &bridge.Media{Kind: bridge.KindVideo, MIME: "video/mp4"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindGIF, Data: data}, Text: "lucu"},
			bridge.ClientMessage{Kind: bridge.KindGIF, Text: "lucu", Media: &bridge.Media{Kind: bridge.KindGIF, MIME: "video/mp4", Animated: true}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindVoice, Data: data, Length: 12 * time.Second}},
			bridge.ClientMessage{Kind: bridge.KindVoice, Media: &bridge.Media{Kind: bridge.KindVoice, MIME: "audio/ogg; codecs=opus", Length: 12 * time.Second}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindAudio, Data: data, Length: time.Minute}},
			bridge.ClientMessage{Kind: bridge.KindAudio, Media: &bridge.Media{Kind: bridge.KindAudio, MIME: "audio/mpeg", Length: time.Minute}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindDocument, Data: data, Name: "../nota\u202efdp.pdf", MIME: "application/pdf"}, Text: "nota"},
			bridge.ClientMessage{Kind: bridge.KindDocument, Text: "nota", Media: &bridge.Media{Kind: bridge.KindDocument, Name: "_notafdp.pdf", MIME: "application/pdf"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindSticker, Data: data}},
			bridge.ClientMessage{Kind: bridge.KindSticker, Media: &bridge.Media{Kind: bridge.KindSticker, MIME: "image/webp"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindSticker, Data: data, Animated: true}},
			bridge.ClientMessage{Kind: bridge.KindSticker, Media: &bridge.Media{Kind: bridge.KindSticker, MIME: "image/webp", Animated: true}}},
	} {
		id := must(budi.Do(test.send))
		got := d.next(i)
		if got.ID != id || got.Media == nil || got.Media.Size != int64(len(data)) || !slices.Equal(got.Media.Sum, sum[:]) {
			t.Fatalf("%+v, its file %+v", got, got.Media)
		}
		if fetched := fetched(t, d, got.Media.Ref); fetched != string(data) {
			t.Errorf("%s: fetched %q", got.Kind, fetched)
		}
		got.Media.Size, got.Media.Sum, got.Media.Ref = 0, nil, nil
		if got.Kind != test.want.Kind || got.Text != test.want.Text || !reflect.DeepEqual(got.Media, test.want.Media) {
			t.Errorf("%+v with %+v, want %+v", got, got.Media, test.want.Media)
		}
	}
	d.acked()
}

func fetched(t *testing.T, d *desk, ref json.RawMessage) string {
	t.Helper()
	var b strings.Builder
	d.awaitReady()
	if err := d.Fetch(soon(t), ref, &b); err != nil {
		t.Errorf("fetch: %v", err)
	}
	return b.String()
}

func TestAlbumAndViewOnceComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	ids := must(budi.SendAlbum("liburan", whatsapptest.Media{Kind: whatsapptest.KindImage, Data: []byte("1")},
		whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: []byte("2")}))
	album := d.awaitMessages(2)
	for i, m := range album {
		if m.Album != ids[0] || m.ID != ids[i+1] || m.Media == nil {
			t.Errorf("%+v", m)
		}
	}
	if album[0].Text != "liburan" || album[1].Text != "" {
		t.Errorf("captions %q, %q", album[0].Text, album[1].Text)
	}
	must(budi.SendViewOnce(whatsapptest.Media{Kind: whatsapptest.KindImage, Data: []byte("rahasia")}, "sekali"))
	if m := d.next(2); !m.ViewOnce || m.Kind != bridge.KindImage || m.Text != "sekali" || fetched(t, d, m.Media.Ref) != "rahasia" {
		t.Errorf("%+v", m)
	}
	must(budi.SendWithheld())
	if m := d.next(3); !m.ViewOnce || m.Kind != kindViewOnce || m.Unreadable == "" {
		t.Errorf("%+v", m)
	}
	d.acked()
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

// Where a person goes is told at the beginning and every ten minutes, not at every step.
func TestLiveLocationDoesNotFlood(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.SendLiveLocation(whatsapptest.Place{Latitude: 1, Longitude: 2}, "jalan"))
	if m := d.next(0); !m.Live || m.Text != "jalan" || m.Place.Latitude != 1 {
		t.Fatalf("%+v", m)
	}
	for step := range 20 {
		must(budi.Do(whatsapptest.Draft{Place: &whatsapptest.Place{Latitude: 1, Longitude: 3}, Live: true, Alter: func(m *waE2E.Message) {
			m.LiveLocationMessage.SequenceNumber, m.LiveLocationMessage.TimeOffset = new(int64(step+2)), new(uint32(10*(step+1)))
		}}))
	}
	must(budi.Send("sampai"))
	if m := d.next(1); m.Text != "sampai" {
		t.Fatalf("%+v", m)
	}
	d.acked()
	must(budi.SendLiveLocation(whatsapptest.Place{Latitude: 5}, "lagi"))
	if m := d.next(2); !m.Live || m.Text != "lagi" {
		t.Fatalf("a new share: %+v", m)
	}
}

func TestPollsAndVotesComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	for _, addressing := range []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber} {
		budi := d.customer("Budi")
		budi.SetAddressing(addressing)
		at := len(d.inbox.all())
		poll := must(budi.SendPoll("Kapan?", 1, "Besok", "Lusa"))
		m := d.next(at)
		if m.Kind != bridge.KindPoll || m.Poll == nil || !reflect.DeepEqual(*m.Poll, bridge.Poll{Question: "Kapan?", Options: []string{"Besok", "Lusa"}, Choices: 1}) {
			t.Fatalf("%+v", m)
		}
		must(budi.Vote(poll, "Lusa"))
		if m := d.next(at + 1); m.Kind != bridge.KindVote || m.Target != poll || m.TargetOwn || !slices.Equal(m.Votes, []string{"Lusa"}) || m.Unreadable != "" {
			t.Fatalf("vote %+v", m)
		}
		must(budi.Vote(poll))
		if m := d.next(at + 2); m.Kind != bridge.KindVote || len(m.Votes) != 0 || m.Unreadable != "" {
			t.Fatalf("vote taken back %+v", m)
		}
		d.acked()
		ours := MessageID("acc", "poll"+budi.Number())
		err := d.Send(soon(t), addressOf(budi), ours, bridge.Outgoing{Poll: &bridge.Poll{Question: "Warna?", Options: []string{"Merah", "Biru"}}})
		if err != nil {
			t.Fatal(err)
		}
		must(budi.Vote(ours, "Merah", "Biru"))
		if m := d.next(at + 3); m.Kind != bridge.KindVote || m.Target != ours || !m.TargetOwn || !slices.Equal(m.Votes, []string{"Merah", "Biru"}) {
			t.Fatalf("vote in ours %+v", m)
		}
	}
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}

// Votes for a poll from before the restart are named; for one that nobody knows they
// are told as unreadable.
func TestVotesOutliveARestart(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	poll := must(budi.SendPoll("Kapan?", 0, "Besok", "Lusa"))
	d.awaitMessages(1)
	d.acked()
	d.restart()
	d.awaitReady()
	must(budi.Vote(poll, "Besok"))
	if m := d.next(1); !slices.Equal(m.Votes, []string{"Besok"}) {
		t.Fatalf("%+v", m)
	}
	if _, err := d.db.Exec(`DELETE FROM halo_polls`); err != nil {
		t.Fatal(err)
	}
	must(budi.Vote(poll, "Lusa"))
	if m := d.next(2); m.Kind != bridge.KindVote || m.Target != poll || m.Unreadable == "" {
		t.Fatalf("%+v", m)
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

// Edits of texts and captions, also in the new, encrypted form, and reactions and
// deletions name the message that they are about.
func TestChangesNameTheirTarget(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	ours := budi.Received()[0].ID
	picture := must(budi.SendImage([]byte("x"), "struk"))
	secret := must(budi.Do(whatsapptest.Draft{Text: "salah", Secret: true}))
	must(budi.Edit(picture, "struk baru"))
	must(budi.Edit(secret, "benar"))
	must(budi.React(ours, "👍🏽"))
	must(budi.React(ours, ""))
	must(budi.Delete(picture))
	got := d.awaitMessages(8)[3:]
	for i, want := range []bridge.ClientMessage{
		{Kind: bridge.KindEdit, Text: "struk baru", Target: picture},
		{Kind: bridge.KindEdit, Text: "benar", Target: secret},
		{Kind: bridge.KindReaction, Text: "👍🏽", Target: ours, TargetOwn: true},
		{Kind: bridge.KindReaction, Target: ours, TargetOwn: true},
		{Kind: bridge.KindDelete, Target: picture},
	} {
		if m := got[i]; m.Kind != want.Kind || m.Text != want.Text || m.Target != want.Target || m.TargetOwn != want.TargetOwn || m.Unreadable != "" || m.Media != nil {
			t.Errorf("%d: %+v, want %+v", i, m, want)
		}
	}
	d.acked()
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
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

// Groups are heard when they are on the list, with who wrote.
func TestListedGroupsAreHeard(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	budi, sari := d.customer("Budi"), d.customer("Sari")
	ours, others := d.net.AddGroup("Proyek", budi, sari), d.net.AddGroup("Arisan", budi, sari)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d.options.Groups = []string{ours.JID().String()}
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	must(budi.SendToGroup(others, "bukan untuk desk"))
	id := must(budi.SendToGroup(ours, "untuk desk"))
	m := d.next(0)
	if m.ID != id || m.Text != "untuk desk" || m.Chat != bridge.Address(ours.JID().String()) || m.Phone != "" || m.Name != "Proyek" {
		t.Fatalf("%+v", m)
	}
	if g := m.Group; g == nil || g.Name != "Proyek" || g.SenderName != "Budi" || g.SenderPhone != budi.Number() || g.Sender != addressOf(budi) {
		t.Fatalf("group %+v", m.Group)
	}
	must(sari.SendToGroup(ours, "dua"))
	if m := d.next(1); m.Group == nil || m.Group.SenderName != "Sari" {
		t.Fatalf("%+v", m)
	}
	d.acked()
	if got := texts(d.inbox.all()); !slices.Equal(got, []string{"untuk desk", "dua"}) {
		t.Fatalf("heard %q", got)
	}
}

// A call is told once, whether its end comes too or comes alone.
func TestCallsAreToldOnce(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	call := budi.Call(true)
	first := d.next(0)
	if first.Kind != bridge.KindCall || first.ID != "call-"+call || first.Phone != budi.Number() {
		t.Fatalf("%+v", first)
	}
	budi.HangUp(call)
	budi.HangUp("lost")
	messages := d.awaitMessages(3)
	if m := messages[1]; m.ID != first.ID || m.Kind != bridge.KindCall || m.Chat != first.Chat {
		t.Errorf("its end is another call: %+v", m)
	}
	if m := messages[2]; m.ID != "call-lost" || m.Kind != bridge.KindCall {
		t.Errorf("%+v", m)
	}
	d.acked()
}

// typist is an inbox that hears who is writing.
type typist struct {
	*inbox
	saw []bool
	who bridge.Address
}

func (w *typist) ClientTyping(_ context.Context, chat, _ bridge.Address, on bool) {
	w.inbox.mu.Lock()
	defer w.inbox.mu.Unlock()
	w.saw, w.who = append(w.saw, on), chat
	w.touch()
}

func TestClientTypingIsHeard(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	hears := &typist{inbox: d.inbox}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d.options.Inbox = hears
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	budi := d.talking("Budi")
	budi.Compose(true)
	budi.Compose(false)
	budi.Record()
	_, err := d.inbox.wait(soon(t), func([]bridge.ClientMessage, []bridge.Receipt) bool {
		d.inbox.mu.Lock()
		defer d.inbox.mu.Unlock()
		return len(hears.saw) == 3
	})
	if err != nil || !slices.Equal(hears.saw, []bool{true, false, true}) || hears.who != addressOf(budi) {
		t.Fatalf("saw %v of %s", hears.saw, hears.who)
	}
}

// A new phone, and a new number, are told in the chat; the number leads to the person
// that the old one was.
func TestNewPhoneAndNewNumberAreTold(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	after := types.NewJID("628999000111", types.DefaultUserServer)
	must(budi.SendNode(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{"type": "encrypt", "from": budi.PN()},
		Content: []waBinary.Node{{Tag: "identity"}}}))
	m := d.next(1)
	if m.Kind != kindIdentity || m.Phone != budi.Number() || !strings.HasPrefix(m.ID, "identity-") {
		t.Fatalf("%+v", m)
	}
	must(budi.SendNode(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{"type": "contacts", "from": types.ServerJID},
		Content: []waBinary.Node{{Tag: "modify", Attrs: waBinary.Attrs{"old": budi.PN(), "new": after}}}}))
	m = d.next(2)
	if m.Kind != kindNumber || m.Text != "+"+budi.Number() || m.Chat != bridge.Address(after.String()) || m.Alt != bridge.Address(budi.PN().String()) || m.Phone != after.User {
		t.Fatalf("%+v", m)
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
