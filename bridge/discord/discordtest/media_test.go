package discordtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// send is a message with files, as a client writes it that knows more than discordgo.
func send(t *testing.T, b *bot, channel string, payload any, files ...discordtest.File) (*discordgo.Message, error) {
	t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	part := func(disposition, kind string, data []byte) {
		w := must(parts.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}}))(t)
		must(w.Write(data))(t)
	}
	part(`form-data; name="payload_json"`, "application/json", must(json.Marshal(payload))(t))
	for i, f := range files {
		part(`form-data; name="files[`+string(rune('0'+i))+`]"; filename="`+f.Name+`"`, f.ContentType, f.Data)
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	url := discordgo.EndpointChannelMessages(channel)
	raw, err := b.RequestWithLockedBucket("POST", url, parts.FormDataContentType(), body.Bytes(), discordgo.NewRatelimiter().LockBucket(url), 0)
	if err != nil {
		return nil, err
	}
	m := new(discordgo.Message)
	return m, json.Unmarshal(raw, m)
}

func TestPeopleSendMoreThanWords(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	sari := d.AddMember("sari")
	first := must(sari.Post(d.general, "awal", discordtest.PostOptions{Files: []discordtest.File{{Name: "a.png", ContentType: "image/png", Data: []byte("png")}}}))(t)
	must(sari.Post(d.general, "", discordtest.PostOptions{Stickers: []string{"Halo"}, ReplyTo: first.ID}))(t)
	must(sari.Post(d.general, "", discordtest.PostOptions{Poll: &discordtest.Poll{Question: "Kapan?", Answers: []string{"pagi", "sore"}}}))(t)
	voice := must(sari.Post(d.general, "", discordtest.PostOptions{Voice: &discordtest.Voice{Data: []byte("OggS"), Length: 1500 * time.Millisecond, Waveform: []byte{1, 2}}}))(t)
	forward := must(sari.Forward(first.ID, d.general))(t)

	got := make([]*discordgo.Message, 5)
	for i := range got {
		got[i] = event[*discordgo.Message](t, b, "MESSAGE_CREATE", i)
	}
	if got[1].StickerItems[0].Name != "Halo" || got[1].MessageReference.MessageID != first.ID {
		t.Errorf("sticker %+v", got[1])
	}
	if got[2].Poll == nil || got[2].Poll.Answers[1].Media.Text != "sore" {
		t.Errorf("poll %+v", got[2].Poll)
	}
	if got[3].Flags&discordgo.MessageFlags(1<<13) == 0 || !voice.Voice || voice.Attachments[0].Seconds != 1.5 {
		t.Errorf("voice message %+v", got[3])
	}
	if len(got[4].MessageSnapshots) != 1 || got[4].MessageSnapshots[0].Message.Content != "awal" || len(forward.Forwarded[0].Attachments) != 1 {
		t.Errorf("forward %+v", got[4])
	}
	if file, ok := d.File(forward.Forwarded[0].Attachments[0].ID); !ok || string(file) != "png" {
		t.Errorf("the forward's file is %q", file)
	}
	must(b.ChannelMessages(d.general, 100, "", "", ""))(t) // every kind fits the API description
	if _, err := sari.Post(d.general, "", discordtest.PostOptions{Stickers: []string{"a", "b", "c", "d"}}); err == nil {
		t.Error("four stickers were sent")
	}
}

func TestVoiceMessagesAreOneRecording(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := newBot(t, d.Server, nil)
	ogg := discordtest.File{Name: "voice-message.ogg", ContentType: "audio/ogg", Data: []byte("OggS")}
	meta := []map[string]any{{"id": "0", "filename": "voice-message.ogg", "duration_secs": 2.5, "waveform": "AAEC"}}
	m := must(send(t, b, d.general, map[string]any{"flags": 1 << 13, "attachments": meta}, ogg))(t)
	if seen, _ := d.Message(m.ID); !seen.Voice || seen.Attachments[0].Seconds != 2.5 || seen.Attachments[0].Waveform != "AAEC" {
		t.Errorf("voice message %+v", seen)
	}
	d.ExpectProblem("more than a recording")
	if _, err := send(t, b, d.general, map[string]any{"content": "a", "flags": 1 << 13, "attachments": meta}, ogg); code(err) != 50159 {
		t.Errorf("with words: %v", err)
	}
	d.ExpectProblem("without length or waveform")
	if _, err := send(t, b, d.general, map[string]any{"flags": 1 << 13}, ogg); code(err) != 50161 {
		t.Errorf("without its length: %v", err)
	}
	d.ExpectProblem("edit of a voice message")
	if _, err := b.ChannelMessageEdit(d.general, m.ID, "a"); code(err) != 50162 {
		t.Errorf("edit: %v", err)
	}
	d.SetBotPermissions(discordtest.DeskPermissions)
	d.SetMemberPermissions(discordtest.MemberPermissions &^ discordtest.PermissionSendVoiceMessages)
	if _, err := send(t, b, d.general, map[string]any{"flags": 1 << 13, "attachments": meta}, ogg); code(err) != 50173 {
		t.Errorf("without the permission: %v", err)
	}
}

func TestFilesInARequestAreChecked(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := newBot(t, d.Server, nil)
	file := discordtest.File{Name: "a.bin", ContentType: "application/octet-stream", Data: []byte("x")}
	d.ExpectProblem("Attachment data not found")
	if _, err := send(t, b, d.general, map[string]any{"attachments": []map[string]any{{"id": "3"}}}, file); code(err) != 50035 {
		t.Errorf("an attachment that is not there: %v", err)
	}
	d.ExpectProblem("has no file name")
	if _, err := send(t, b, d.general, map[string]any{}, discordtest.File{ContentType: "text/plain", Data: []byte("x")}); code(err) != 50035 {
		t.Errorf("a file without a name: %v", err)
	}
	d.ExpectProblem("empty message")
	if _, err := send(t, b, d.general, map[string]any{}, discordtest.File{Name: "empty", ContentType: "text/plain"}); code(err) != 50006 {
		t.Errorf("an empty file alone: %v", err)
	}
}

func TestFileServerFails(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := newBot(t, d.Server, nil)
	dewi := d.AddMember("dewi")
	m := must(dewi.Post(d.general, "", discordtest.PostOptions{Files: []discordtest.File{{Name: "a", Data: bytes.Repeat([]byte("x"), 1000)}}}))(t)
	get := func() (int, int, error) {
		resp := must(b.Client.Get(m.Attachments[0].URL))(t)
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		return resp.StatusCode, len(data), err
	}
	d.InjectFile(discordtest.FileFailure{Status: http.StatusBadGateway})
	if status, _, _ := get(); status != http.StatusBadGateway {
		t.Errorf("status %d", status)
	}
	d.InjectFile(discordtest.FileFailure{Cut: 300})
	if _, n, err := get(); err == nil || n != 300 {
		t.Errorf("cut: %d bytes, %v", n, err)
	}
	d.InjectFile(discordtest.FileFailure{Extra: 5})
	if _, n, err := get(); err != nil || n != 1005 {
		t.Errorf("too long: %d bytes, %v", n, err)
	}
	d.InjectFile(discordtest.FileFailure{Slow: time.Millisecond})
	if _, n, err := get(); err != nil || n != 1000 {
		t.Errorf("slow: %d bytes, %v", n, err)
	}
	if err := dewi.Delete(m.ID); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := get(); status != http.StatusNotFound || d.Stats().DeadLinks != 1 {
		t.Errorf("a deleted message's file: %d", status)
	}
}

func TestReactionsAreCleared(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	sari, boss := d.AddMember("sari"), d.AddMember("boss")
	d.AddRole("mod", discordtest.PermissionManageMessages, false)
	boss.SetRoles("mod")
	m := must(sari.Post(d.general, "a", discordtest.PostOptions{}))(t)
	for _, emoji := range []string{"👍", "❤️"} {
		if err := sari.React(m.ID, emoji); err != nil {
			t.Fatal(err)
		}
	}
	if err := sari.ClearReactions(m.ID, ""); err == nil || !strings.Contains(err.Error(), "50013") {
		t.Errorf("without the permission: %v", err)
	}
	if err := boss.ClearReactions(m.ID, "👍"); err != nil {
		t.Fatal(err)
	}
	if got := event[*discordgo.MessageReaction](t, b, "MESSAGE_REACTION_REMOVE_EMOJI", 0); got.Emoji.Name != "👍" || got.MessageID != m.ID {
		t.Errorf("event %+v", got)
	}
	if err := boss.ClearReactions(m.ID, ""); err != nil {
		t.Fatal(err)
	}
	event[*discordgo.MessageReaction](t, b, "MESSAGE_REACTION_REMOVE_ALL", 0)
	if seen, _ := d.Message(m.ID); len(seen.Reactions) != 0 {
		t.Errorf("reactions left: %+v", seen.Reactions)
	}
}
