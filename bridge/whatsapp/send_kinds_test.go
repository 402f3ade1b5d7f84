package whatsapp

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// talkTo makes a customer whose phone shows one message of his own.
func talkTo(t *testing.T, d *desk) (budi *whatsapptest.Phone, to bridge.Address, first string) {
	t.Helper()
	budi = d.customer("Budi")
	first, err := budi.Send("halo")
	if err != nil {
		t.Fatal(err)
	}
	return budi, d.awaitMessages(1)[0].Chat, first
}

// lastOf is the newest message of the desk on a phone.
func lastOf(t *testing.T, phone *whatsapptest.Phone) whatsapptest.Message {
	t.Helper()
	got := phone.Received()
	if len(got) == 0 {
		t.Fatal("nothing arrived")
	}
	return got[len(got)-1]
}

func (d *desk) upload(kind string, data []byte) json.RawMessage {
	d.t.Helper()
	ref, err := d.Upload(soon(d.t), kind, bytes.NewReader(data))
	if err != nil {
		d.t.Fatal(err)
	}
	return ref
}

// oggPages is an Ogg file of Opus with packets of these sizes, 20 ms each.
func oggPages(sizes ...int) []byte {
	var file []byte
	page := func(position uint64, content []byte) {
		head := append([]byte("OggS\x00\x00"), make([]byte, 20)...)
		binary.LittleEndian.PutUint64(head[6:], position)
		var lengths []byte
		for left := len(content); ; left -= 255 {
			if left < 255 {
				lengths = append(lengths, byte(left))
				break
			}
			lengths = append(lengths, 255)
		}
		file = append(append(append(append(file, head...), byte(len(lengths))), lengths...), content...)
	}
	page(0, append([]byte("OpusHead\x01\x01"), make([]byte, 9)...))
	page(0, append([]byte("OpusTags"), make([]byte, 8)...))
	for i, size := range sizes {
		page(uint64(i+1)*960, make([]byte, size))
	}
	return file
}

// Every kind of file arrives on the phone as what it is, byte by byte.
func TestFilesOfEveryKindReachThePhone(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, to, _ := talkTo(t, d)
	voice := oggPages(slices.Repeat([]int{20, 200}, 150)...)
	plain := bytes.Repeat([]byte("isi berkas\n"), 7000)
	for _, test := range []struct {
		upload bridge.Upload
		text   string
		data   []byte
		want   whatsapptest.Attachment
	}{
		{bridge.Upload{Kind: bridge.KindImage, MIME: "image/png", Width: 640, Height: 480}, "struk", plain, whatsapptest.Attachment{MIME: "image/png", Width: 640, Height: 480}},
		{bridge.Upload{Kind: bridge.KindImage}, "", plain, whatsapptest.Attachment{MIME: "image/jpeg"}},
		{bridge.Upload{Kind: bridge.KindVideo, Length: 1500 * time.Millisecond}, "film", plain, whatsapptest.Attachment{MIME: "video/mp4", Length: 2 * time.Second}},
		{bridge.Upload{Kind: bridge.KindGIF}, "", plain, whatsapptest.Attachment{MIME: "video/mp4"}},
		{bridge.Upload{Kind: bridge.KindVoice, MIME: "audio/ogg"}, "", voice, whatsapptest.Attachment{MIME: "audio/ogg; codecs=opus", Length: 6 * time.Second}},
		{bridge.Upload{Kind: bridge.KindAudio, MIME: "audio/mpeg", Length: 90 * time.Second}, "", plain, whatsapptest.Attachment{MIME: "audio/mpeg", Length: 90 * time.Second}},
		{bridge.Upload{Kind: bridge.KindDocument, Name: "laporan.pdf", MIME: "application/pdf"}, "", plain, whatsapptest.Attachment{Name: "laporan.pdf", MIME: "application/pdf"}},
		{bridge.Upload{Kind: bridge.KindDocument, Name: "data.csv"}, "bulan Mei", plain, whatsapptest.Attachment{Name: "data.csv", MIME: "application/octet-stream"}},
		{bridge.Upload{Kind: bridge.KindSticker, Animated: true}, "", plain, whatsapptest.Attachment{MIME: "image/webp", Width: 512, Height: 512, Animated: true}},
	} {
		name := test.upload.Kind + " " + test.text
		test.upload.Ref = d.upload(test.upload.Kind, test.data)
		id := MessageID("files", name)
		if err := d.Send(soon(t), to, id, bridge.Outgoing{Text: test.text, Media: &test.upload}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := lastOf(t, budi)
		if got.ID != id || got.Kind != test.upload.Kind || got.Text != test.text || got.Media == nil {
			t.Fatalf("%s: phone shows %+v", name, got)
		}
		a := *got.Media
		wave := a.Waveform
		test.want.Size, a.SHA256, a.Waveform = int64(len(test.data)), "", nil
		if fmt.Sprint(a) != fmt.Sprint(test.want) {
			t.Errorf("%s: file is %+v, want %+v", name, a, test.want)
		}
		if content, err := budi.File(id); err != nil || !bytes.Equal(content, test.data) {
			t.Errorf("%s: content is %d bytes, %v", name, len(content), err)
		}
		if voiced := len(wave) == wavePoints && slices.Max(wave) == 100; voiced != (test.upload.Kind == bridge.KindVoice) {
			t.Errorf("%s: waveform %v", name, wave)
		}
	}
}

func TestEverythingButFilesReachesThePhone(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, to, first := talkTo(t, d)
	send := func(o bridge.Outgoing) whatsapptest.Message {
		t.Helper()
		if err := d.Send(soon(t), to, MessageID("kinds", fmt.Sprint(len(budi.Received()))), o); err != nil {
			t.Fatal(err)
		}
		return lastOf(t, budi)
	}
	if got := send(bridge.Outgoing{Place: &bridge.Place{Latitude: -6.2, Longitude: 106.8, Name: "Kantor", Address: "Jl. Sudirman 1"}}); got.Kind != whatsapptest.KindLocation ||
		*got.Place != (whatsapptest.Place{Latitude: -6.2, Longitude: 106.8, Name: "Kantor", Address: "Jl. Sudirman 1"}) {
		t.Errorf("place is %+v", got)
	}
	card := "BEGIN:VCARD\nVERSION:3.0\nFN:Ani\nEND:VCARD"
	if got := send(bridge.Outgoing{Contact: &bridge.Contact{Name: "Ani", Card: card}}); got.Kind != whatsapptest.KindContact || got.Contacts[0] != (whatsapptest.Contact{Name: "Ani", VCard: card}) {
		t.Errorf("contact is %+v", got)
	}
	poll := send(bridge.Outgoing{Poll: &bridge.Poll{Question: "kapan?", Options: []string{"pagi", "sore"}, Choices: 1}})
	if poll.Kind != whatsapptest.KindPoll || poll.Poll.Question != "kapan?" || !slices.Equal(poll.Poll.Options, []string{"pagi", "sore"}) || poll.Poll.Most != 1 {
		t.Errorf("poll is %+v", poll)
	}
	if _, err := budi.Vote(poll.ID, "sore"); err != nil {
		t.Fatal(err)
	}
	if got := d.awaitMessages(2)[1]; got.Kind != bridge.KindVote || got.Target != poll.ID || !slices.Equal(got.Votes, []string{"sore"}) {
		t.Errorf("vote is %+v", got)
	}
	// A question that is sent again keeps its secret: votes stay readable.
	if err := d.Send(soon(t), to, poll.ID, bridge.Outgoing{Poll: &bridge.Poll{Question: "kapan?", Options: []string{"pagi", "sore"}, Choices: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := budi.Vote(poll.ID, "pagi"); err != nil {
		t.Fatal(err)
	}
	if got := d.awaitMessages(3)[2]; !slices.Equal(got.Votes, []string{"pagi"}) {
		t.Errorf("second vote is %+v", got)
	}
	for _, emoji := range []string{"👍", "🙏", ""} {
		if err := d.Send(soon(t), to, MessageID("react", emoji), bridge.Outgoing{Reaction: &bridge.Reaction{Target: first, Emoji: emoji}}); err != nil {
			t.Fatal(err)
		}
		if got := budi.Screen()[0].Reactions["them"]; got != emoji {
			t.Errorf("reaction is %q, want %q", got, emoji)
		}
	}
	if err := d.Send(soon(t), to, MessageID("react", "own"), bridge.Outgoing{Reaction: &bridge.Reaction{Target: poll.ID, Own: true, Emoji: "❤️"}}); err != nil {
		t.Fatal(err)
	}
	if got := lastOf(t, budi).Reactions["them"]; got != "❤️" {
		t.Errorf("reaction to the desk's own is %q", got)
	}
}

// Answers quote what they answer: the client's and the desk's own, of any kind, by
// the address that the chat has.
func TestQuotesNameWhatTheyAnswer(t *testing.T) {
	for name, addressing := range map[string]whatsapptest.Addressing{"lid": whatsapptest.ByLID, "number": whatsapptest.ByPhoneNumber} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := linked(t, quick())
			budi, to, first := talkTo(t, d)
			budi.SetAddressing(addressing)
			picture, err := budi.SendImage([]byte("gambar"), "struk")
			if err != nil {
				t.Fatal(err)
			}
			own := MessageID("quotes", "own")
			document := d.upload(bridge.KindDocument, []byte("isi"))
			for i, test := range []struct {
				out   bridge.Outgoing
				quote bridge.Quote
				shows string
			}{
				{bridge.Outgoing{Text: "ya"}, bridge.Quote{ID: first, Kind: "text", Text: "halo"}, "halo"},
				{bridge.Outgoing{Text: "sudah masuk"}, bridge.Quote{ID: picture, Kind: bridge.KindImage, Text: "struk"}, "struk"},
				{bridge.Outgoing{Text: "lihat lagi"}, bridge.Quote{ID: own, Own: true, Text: "ya"}, "ya"},
				{bridge.Outgoing{Media: &bridge.Upload{Kind: bridge.KindDocument, Name: "a.txt", Ref: document}, Text: "ini"}, bridge.Quote{ID: picture, Kind: bridge.KindImage}, "image"},
			} {
				id := own
				if i > 0 {
					id = MessageID("quotes", fmt.Sprint(i))
				}
				test.out.Quote = &test.quote
				if err := d.Send(soon(t), to, id, test.out); err != nil {
					t.Fatal(err)
				}
				if got := lastOf(t, budi); got.ID != id || got.ReplyTo != test.quote.ID || got.Quote != test.shows || got.Text != test.out.Text {
					t.Errorf("%d: phone shows %+v", i, got)
				}
			}
		})
	}
}

// A caption changes and its file stays; a text that answers still does; what has no
// words cannot be changed. All of it can be taken back.
func TestCaptionsAreEditedAndFilesTakenBack(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, to, first := talkTo(t, d)
	data := []byte("isi")
	quote := &bridge.Quote{ID: first, Kind: "text", Text: "halo"}
	for name, o := range map[string]bridge.Outgoing{
		"image":    {Text: "lama", Media: &bridge.Upload{Kind: bridge.KindImage, Ref: d.upload(bridge.KindImage, data)}},
		"bare":     {Media: &bridge.Upload{Kind: bridge.KindVideo, Ref: d.upload(bridge.KindVideo, data)}},
		"document": {Text: "lama", Media: &bridge.Upload{Kind: bridge.KindDocument, Name: "a.pdf", Ref: d.upload(bridge.KindDocument, data)}, Quote: quote},
		"answer":   {Text: "lama", Quote: quote},
	} {
		id := MessageID("edit", name)
		if err := d.Send(soon(t), to, id, o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before := lastOf(t, budi)
		if err := d.EditText(soon(t), to, MessageID("edited", name), id, "baru"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after := lastOf(t, budi)
		if after.ID != id || after.Text != "baru" || !after.Edited || after.Kind != before.Kind || after.ReplyTo != before.ReplyTo {
			t.Errorf("%s: phone shows %+v", name, after)
		}
		if before.Media != nil {
			if content, err := budi.File(id); err != nil || !bytes.Equal(content, data) {
				t.Errorf("%s: file is %q, %v", name, content, err)
			}
			if err := d.EditText(soon(t), to, MessageID("emptied", name), id, ""); err != nil || lastOf(t, budi).Text != "" {
				t.Errorf("%s: the caption stays: %v", name, err)
			}
		}
		if err := d.Revoke(soon(t), to, MessageID("revoked", name), id); err != nil || !lastOf(t, budi).Deleted {
			t.Errorf("%s: taken back: %v", name, err)
		}
	}
	id := MessageID("edit", "place")
	if err := d.Send(soon(t), to, id, bridge.Outgoing{Place: &bridge.Place{Latitude: 1, Longitude: 2}}); err != nil {
		t.Fatal(err)
	}
	if e := sendError(t, d.EditText(soon(t), to, MessageID("edited", "place"), id, "baru")); e.Certainty != bridge.Refused {
		t.Errorf("edit of a place: %+v", e)
	}
}

// A phone that lost its sessions asks again and gets every kind.
func TestEveryKindIsSentAgainToAPhoneThatCouldNotReadIt(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, to, first := talkTo(t, d)
	data := []byte("isi")
	kinds := map[string]bridge.Outgoing{
		"image":    {Text: "struk", Media: &bridge.Upload{Kind: bridge.KindImage, Ref: d.upload(bridge.KindImage, data)}},
		"voice":    {Media: &bridge.Upload{Kind: bridge.KindVoice, Ref: d.upload(bridge.KindVoice, oggPages(10, 20))}},
		"sticker":  {Media: &bridge.Upload{Kind: bridge.KindSticker, Ref: d.upload(bridge.KindSticker, data)}},
		"location": {Place: &bridge.Place{Latitude: 1, Longitude: 2, Name: "x"}},
		"contact":  {Contact: &bridge.Contact{Name: "Ani", Card: "BEGIN:VCARD\nEND:VCARD"}},
		"poll":     {Poll: &bridge.Poll{Question: "?", Options: []string{"a", "b"}}},
		"text":     {Text: "ya", Quote: &bridge.Quote{ID: first, Kind: "text", Text: "halo"}},
	}
	for kind, o := range kinds {
		budi.LoseSessions()
		if err := d.Send(soon(t), to, MessageID("again", kind), o); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool {
			i := slices.IndexFunc(s, func(m whatsapptest.Message) bool { return m.ID == MessageID("again", kind) })
			return i >= 0 && s[i].Kind == kind
		}); err != nil {
			t.Fatalf("%s: %v: %+v", kind, err, budi.Received())
		}
	}
	budi.LoseSessions()
	if err := d.Send(soon(t), to, MessageID("again", "reaction"), bridge.Outgoing{Reaction: &bridge.Reaction{Target: first, Emoji: "👍"}}); err != nil {
		t.Fatal(err)
	}
	if err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[0].Reactions["them"] == "👍" }); err != nil {
		t.Error(err)
	}
}

func TestWhatNoAppCouldShowIsRefused(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, to, _ := talkTo(t, d)
	image := d.upload(bridge.KindImage, []byte("x"))
	thirteen := strings.Split("a b c d e f g h i j k l m", " ")
	for name, o := range map[string]bridge.Outgoing{
		"two things":          {Place: &bridge.Place{}, Contact: &bridge.Contact{Card: "x"}},
		"no target":           {Reaction: &bridge.Reaction{Emoji: "👍"}},
		"off the map":         {Place: &bridge.Place{Latitude: 91}},
		"no number":           {Place: &bridge.Place{Longitude: math.NaN()}},
		"no card":             {Contact: &bridge.Contact{Name: "Ani"}},
		"one option":          {Poll: &bridge.Poll{Question: "?", Options: []string{"a"}}},
		"too many options":    {Poll: &bridge.Poll{Question: "?", Options: thirteen}},
		"the same option":     {Poll: &bridge.Poll{Question: "?", Options: []string{"a", "a"}}},
		"no question":         {Poll: &bridge.Poll{Options: []string{"a", "b"}}},
		"words beside a poll": {Text: "x", Poll: &bridge.Poll{Question: "?", Options: []string{"a", "b"}}},
		"no reference":        {Media: &bridge.Upload{Kind: bridge.KindImage}},
		"another kind":        {Media: &bridge.Upload{Kind: bridge.KindVideo, Ref: image}},
		"no kind":             {Media: &bridge.Upload{Kind: "text", Ref: image}},
		"words on a sticker":  {Text: "x", Media: &bridge.Upload{Kind: bridge.KindSticker, Ref: image}},
	} {
		if e := sendError(t, d.Send(soon(t), to, MessageID("odd", name), o)); e.Certainty != bridge.Refused || e.Reason == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if got := budi.Received(); len(got) != 0 {
		t.Errorf("phone shows %+v", got)
	}
	if _, err := d.Upload(soon(t), "poll", bytes.NewReader([]byte("x"))); mediaFault(err) != bridge.Malformed {
		t.Errorf("upload of a poll: %v", err)
	}
	if _, err := d.Upload(soon(t), bridge.KindImage, bytes.NewReader(nil)); mediaFault(err) != bridge.Empty {
		t.Errorf("upload of nothing: %v", err)
	}
}

// mediaFault is why a file cannot be had, "" for another reason.
func mediaFault(err error) bridge.Fault {
	if e, ok := errors.AsType[*bridge.MediaError](err); ok {
		return e.Fault
	}
	return ""
}
