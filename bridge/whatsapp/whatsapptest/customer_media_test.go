package whatsapptest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
)

func withBudi(t *testing.T) (*whatsapptest.Network, *bot, *whatsapptest.Phone) {
	t.Helper()
	n, b := linked(t, whatsapptest.Options{})
	return n, b, n.AddCustomer(whatsapptest.Customer{Phone: "6281200000001", Name: "Budi"})
}

// Files of every kind come out of the real library as they went in.
func TestCustomersSendFiles(t *testing.T) {
	_, b, budi := withBudi(t)
	data := bytes.Repeat([]byte("isi berkas "), 9000)
	must(t)(budi.SendImage(data, "struk"))
	must(t)(budi.SendVideo(data, "film", 3*time.Second))
	must(t)(budi.SendGIF(data, ""))
	must(t)(budi.SendVoice(data, 7*time.Second))
	must(t)(budi.SendAudio(data, time.Minute))
	must(t)(budi.SendDocument(data, "laporan.pdf", "application/pdf", ""))
	must(t)(budi.SendDocument(data, "laporan.pdf", "application/pdf", "bulan Mei"))
	must(t)(budi.SendSticker(data, true))
	must(t)(budi.SendViewOnce(whatsapptest.Media{Kind: whatsapptest.KindImage, Data: data}, "sekali"))
	album, err := budi.SendAlbum("libur",
		whatsapptest.Media{Kind: whatsapptest.KindImage, Data: data}, whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: data})
	check(t, err)
	must(t)(budi.Do(whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: data}, Text: "balas", ReplyTo: album[1], Forwarded: 5}))

	list := waitFor[*events.Message](b, 13)
	var files []whatsmeow.DownloadableMessage
	for _, e := range list {
		m := e.Message
		for _, f := range []whatsmeow.DownloadableMessage{m.GetImageMessage(), m.GetVideoMessage(), m.GetAudioMessage(), m.GetDocumentMessage(), m.GetStickerMessage()} {
			if f.GetDirectPath() != "" {
				files = append(files, f)
			}
		}
	}
	if len(files) != 12 {
		t.Fatalf("%d files", len(files))
	}
	for i, file := range files {
		got, err := b.Download(t.Context(), file)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("file %d: %d bytes, %v", i, len(got), err)
		}
	}
	last := list[len(list)-1].Message.GetImageMessage()
	if last.GetCaption() != "balas" || last.GetContextInfo().GetStanzaID() != album[1] || last.GetContextInfo().GetForwardingScore() != 5 ||
		last.GetContextInfo().GetQuotedMessage().GetImageMessage().GetCaption() != "libur" {
		t.Errorf("reply is %v", last)
	}
	kinds := []string{}
	for _, m := range budi.Screen() {
		kinds = append(kinds, m.Kind)
	}
	if want := []string{"image", "video", "gif", "voice", "audio", "document", "document", "sticker", "image", "album", "image", "video", "image"}; !slices.Equal(kinds, want) {
		t.Errorf("screen is %v", kinds)
	}
}

func TestMediaHostsFail(t *testing.T) {
	n, b, budi := withBudi(t)
	data := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 50000)
	id := must(t)(budi.SendImage(data, ""))
	image := waitFor[*events.Message](b, 1)[0].Message.GetImageMessage()
	download := func() error {
		file, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		if err := b.DownloadToFile(t.Context(), image, file); err != nil {
			return err
		}
		_, _ = file.Seek(0, io.SeekStart)
		if got, err := io.ReadAll(file); err != nil || !bytes.Equal(got, data) {
			t.Errorf("file is %d bytes, %v", len(got), err)
		}
		return nil
	}
	if err := download(); err != nil {
		t.Fatal(err)
	}
	n.FailDownloads(whatsapptest.MediaFault{Spoil: true})
	if err := download(); !errors.Is(err, whatsmeow.ErrInvalidMediaEncSHA256) {
		t.Errorf("a changed file: %v", err)
	}
	n.FailDownloads(whatsapptest.MediaFault{Cut: true})
	if err := download(); err == nil {
		t.Error("half a file is one")
	}
	if err := n.ExpireMedia(id, 404); err != nil {
		t.Fatal(err)
	}
	if err := download(); !errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith404) {
		t.Errorf("an expired file: %v", err)
	}
	// The phone leaves it with the media hosts once more.
	e := waitFor[*events.Message](b, 1)[0]
	if err := b.SendMediaRetryReceipt(t.Context(), &e.Info, image.GetMediaKey()); err != nil {
		t.Fatal(err)
	}
	retried := waitFor[*events.MediaRetry](b, 1)[0]
	answer, err := whatsmeow.DecryptMediaRetryNotification(retried, image.GetMediaKey())
	if err != nil {
		t.Fatal(err)
	}
	image.DirectPath = answer.DirectPath
	if err := download(); err != nil {
		t.Errorf("the file that was left again: %v", err)
	}
	n.Business().SetReuploads(false)
	if err := b.SendMediaRetryReceipt(t.Context(), &e.Info, image.GetMediaKey()); err != nil {
		t.Fatal(err)
	}
	_, err = whatsmeow.DecryptMediaRetryNotification(waitFor[*events.MediaRetry](b, 2)[1], image.GetMediaKey())
	if !errors.Is(err, whatsmeow.ErrMediaNotAvailableOnPhone) {
		t.Errorf("a file the phone has no more: %v", err)
	}
}

func TestCustomersSendEverythingElse(t *testing.T) {
	n, b, budi := withBudi(t)
	must(t)(budi.SendLocation(whatsapptest.Place{Latitude: -6.2, Longitude: 106.8, Name: "Kantor"}))
	must(t)(budi.SendLiveLocation(whatsapptest.Place{Latitude: 1, Longitude: 2}, "di jalan"))
	must(t)(budi.SendContacts(whatsapptest.Contact{Name: "Ani", VCard: "BEGIN:VCARD\nEND:VCARD"}))
	must(t)(budi.SendContacts(whatsapptest.Contact{Name: "Ani"}, whatsapptest.Contact{Name: "Eko"}))
	must(t)(budi.Forward("terusan", 7))
	must(t)(budi.SendFading("sebentar", 24*time.Hour))
	must(t)(budi.SetFading(7 * 24 * time.Hour))
	must(t)(budi.SendLink("lihat https://example.com", whatsapptest.Link{URL: "https://example.com", Title: "Contoh"}))
	group := n.AddGroup("Toko", budi)
	must(t)(budi.SendToGroup(group, "halo grup"))
	// The key of the group comes as a message of its own.
	list := slices.DeleteFunc(waitFor[*events.Message](b, 10), func(e *events.Message) bool {
		return e.Message.GetSenderKeyDistributionMessage() != nil
	})
	m := func(i int) *waE2E.Message { return list[i].Message }
	switch {
	case m(0).GetLocationMessage().GetName() != "Kantor", m(1).GetLiveLocationMessage().GetCaption() != "di jalan",
		m(2).GetContactMessage().GetDisplayName() != "Ani", len(m(3).GetContactsArrayMessage().GetContacts()) != 2,
		m(4).GetExtendedTextMessage().GetContextInfo().GetForwardingScore() != 7,
		m(5).GetExtendedTextMessage().GetContextInfo().GetExpiration() != 86400,
		m(6).GetProtocolMessage().GetEphemeralExpiration() != 604800,
		m(7).GetExtendedTextMessage().GetTitle() != "Contoh":
		t.Errorf("messages are %v", list)
	}
	last := list[8]
	if !last.Info.IsGroup || last.Info.Chat != group.JID() || last.Info.Sender.User != budi.LID().User || last.Info.SenderAlt.User != budi.Number() || m(8).GetConversation() != "halo grup" {
		t.Errorf("in the group came %+v %v", last.Info, m(8))
	}
	info, err := b.GetGroupInfo(t.Context(), group.JID())
	if err != nil || info.Name != "Toko" || len(info.Participants) != 2 {
		t.Errorf("group is %+v, %v", info, err)
	}
	call := budi.Call(true)
	if offer := waitFor[*events.CallOffer](b, 1)[0]; offer.CallID != call || offer.CallCreatorAlt.User != budi.Number() {
		t.Errorf("call is %+v", offer)
	}
	budi.HangUp(call)
	waitFor[*events.CallTerminate](b, 1)
	budi.Record()
	if p := waitFor[*events.ChatPresence](b, 1)[0]; p.Media != "audio" {
		t.Errorf("presence is %+v", p)
	}
	must(t)(budi.SendWithheld())
	waitFor[*events.UndecryptableMessage](b, 1)
	if err := n.WaitAcked(soon(t)); err != nil {
		t.Error(err)
	}
}

func TestCustomersVoteAndEditInSecret(t *testing.T) {
	_, b, budi := withBudi(t)
	must(t)(budi.SendPoll("makan apa?", 1, "nasi", "mi"))
	own := waitFor[*events.Message](b, 1)[0]
	must(t)(budi.Vote(own.Info.ID, "mi"))
	check := func(vote *events.Message, want ...string) {
		t.Helper()
		got, err := b.DecryptPollVote(t.Context(), vote)
		if err != nil || len(got.GetSelectedOptions()) != len(want) {
			t.Fatalf("vote is %v, %v", got, err)
		}
		for i, hash := range whatsmeow.HashPollOptions(want) {
			if !bytes.Equal(hash, got.GetSelectedOptions()[i]) {
				t.Errorf("vote %d is another", i)
			}
		}
	}
	check(waitFor[*events.Message](b, 2)[1], "mi")

	sent, err := b.SendMessage(t.Context(), budi.LID(), b.BuildPollCreation("kapan?", []string{"pagi", "sore"}, 0))
	if err != nil {
		t.Fatal(err)
	}
	must(t)(budi.Vote(sent.ID, "pagi", "sore"))
	check(waitFor[*events.Message](b, 3)[2], "pagi", "sore")
	must(t)(budi.Vote(sent.ID))
	check(waitFor[*events.Message](b, 4)[3])
	poll := budi.Received()[0]
	if poll.Kind != whatsapptest.KindPoll || poll.Poll.Question != "kapan?" || !slices.Equal(poll.Poll.Options, []string{"pagi", "sore"}) || len(poll.Poll.Votes["me"]) != 0 {
		t.Errorf("poll is %+v", poll.Poll)
	}

	id := must(t)(budi.Do(whatsapptest.Draft{Text: "salah", Secret: true}))
	must(t)(budi.Edit(id, "benar"))
	edit := waitFor[*events.Message](b, 6)[5]
	open, err := b.DecryptSecretEncryptedMessage(t.Context(), edit)
	if err != nil || open.GetProtocolMessage().GetEditedMessage().GetConversation() != "benar" {
		t.Errorf("edit is %v, %v", open, err)
	}
	picture := must(t)(budi.SendImage([]byte("x"), "lama"))
	must(t)(budi.Edit(picture, "baru"))
	e := waitFor[*events.Message](b, 8)[7]
	if e.Message.GetProtocolMessage().GetEditedMessage().GetImageMessage().GetCaption() != "baru" {
		t.Errorf("edit is %v", e.Message)
	}
}

// A phone opens what the real library sends it, and says what it could not.
func TestPhonesOpenFiles(t *testing.T) {
	n, b, budi := withBudi(t)
	b.say(budi.LID(), "halo")
	data := bytes.Repeat([]byte("gambar"), 30000)
	up, err := b.Upload(t.Context(), data, whatsmeow.MediaImage)
	check(t, err)
	picture := func(change func(*waE2E.ImageMessage)) *waE2E.Message {
		m := &waE2E.ImageMessage{
			URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileSHA256: up.FileSHA256,
			FileEncSHA256: up.FileEncSHA256, FileLength: &up.FileLength, Mimetype: new("image/png"), Caption: new("ini"),
		}
		change(m)
		return &waE2E.Message{ImageMessage: m}
	}
	sent, err := b.SendMessage(t.Context(), budi.LID(), picture(func(*waE2E.ImageMessage) {}))
	check(t, err)
	got, err := budi.File(sent.ID)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("file is %d bytes, %v", len(got), err)
	}
	shown := budi.Received()[1]
	if shown.Kind != whatsapptest.KindImage || shown.Text != "ini" || shown.Media.Problem != "" || shown.Media.Size != int64(len(data)) {
		t.Errorf("phone shows %+v", shown)
	}
	if ups := n.Uploads(); len(ups) != 1 || ups[0].Kind != "image" || ups[0].Size <= int64(len(data)) {
		t.Errorf("uploads are %+v", ups)
	}
	for part, change := range map[string]func(*waE2E.ImageMessage){
		"another hash":   func(m *waE2E.ImageMessage) { m.FileSHA256 = make([]byte, 32) },
		"bytes long":     func(m *waE2E.ImageMessage) { m.FileLength = new(uint64(1)) },
		"MAC is wrong":   func(m *waE2E.ImageMessage) { m.MediaKey = make([]byte, 32) },
		"not complete":   func(m *waE2E.ImageMessage) { m.MediaKey = nil },
		"not with":       func(m *waE2E.ImageMessage) { m.DirectPath = new("/v/t62.7118-24/nowhere?x=1") },
		"of type \"text": func(m *waE2E.ImageMessage) { m.Mimetype = new("text/html") },
	} {
		n.ExpectProblem(part)
		before := len(n.Problems())
		_, err := b.SendMessage(t.Context(), budi.LID(), picture(change))
		check(t, err)
		if len(n.Problems()) != before+1 {
			t.Errorf("nobody minds: %s", part)
		}
	}
}
