package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// last is the newest message of a phone.
func (b *bench) last(phone string) onPhone {
	b.t.Helper()
	screen := b.screen(phone)
	return screen[len(screen)-1]
}

// posted finds the first message in the tickets' thread that matches.
func (b *bench) posted(what string, matches func(inChannel) bool) inChannel {
	b.t.Helper()
	shown := b.channel(b.thread().ID)
	i := slices.IndexFunc(shown, matches)
	if i < 0 {
		b.t.Fatalf("%s is not in the thread: %+v", what, shown)
	}
	return shown[i]
}

func TestClientSendsFiles(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	first := b.write("halo")
	phone := "customers/" + ana + "/messages"
	photo, voice := picture(120, 90), recording(3*time.Second)
	webp := append([]byte("RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00"), make([]byte, 10)...)
	for _, c := range []struct {
		file   sent
		fields map[string]string
		want   onPhone
	}{
		{sent{"layar.png", "image/png", photo}, map[string]string{"caption": "ini *layarnya*", "reply_to": first},
			onPhone{Kind: "image", Text: "ini *layarnya*", ReplyTo: first, File: &inFile{MIME: "image/png", Width: 120, Height: 90}}},
		{sent{"suara.ogg", "audio/ogg", voice}, nil, onPhone{Kind: "voice", File: &inFile{MIME: "audio/ogg; codecs=opus", Seconds: 3}}},
		{sent{"lagu.ogg", "audio/ogg", voice}, map[string]string{"kind": "audio"}, onPhone{Kind: "audio", File: &inFile{MIME: "audio/ogg"}}},
		{sent{"nota 1.pdf", "application/pdf", []byte("%PDF-1.4 nota")}, map[string]string{"caption": "notanya"},
			onPhone{Kind: "document", Text: "notanya", File: &inFile{Name: "nota 1.pdf", MIME: "application/pdf"}}},
		{sent{"film.mp4", "video/mp4", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")}, map[string]string{"seconds": "7"},
			onPhone{Kind: "video", File: &inFile{MIME: "video/mp4", Seconds: 7}}},
		{sent{"stiker.webp", "image/webp", webp}, map[string]string{"kind": "sticker"}, onPhone{Kind: "sticker", File: &inFile{MIME: "image/webp", Width: 512, Height: 512}}},
		{sent{"sekali.png", "", photo}, map[string]string{"view_once": "true"}, onPhone{Kind: "image", ViewOnce: true, File: &inFile{MIME: "image/png", Width: 120, Height: 90}}},
		{sent{"foto.jpg", "image/jpeg", []byte("MZ")}, map[string]string{"name": "../x"}, onPhone{Kind: "image", File: &inFile{MIME: "image/jpeg"}}},
	} {
		id := b.put(phone, c.fields, c.file)
		got := b.last(ana)
		if got.File == nil {
			t.Errorf("%s is shown as %+v", c.file.name, got)
			continue
		}
		file := *got.File
		_, data := b.file(file.Path)
		if got.ID != id || !got.FromMe || !bytes.Equal(data, c.file.data) || file.Size != int64(len(data)) || file.SHA256 == "" {
			t.Errorf("%s is shown as %+v with the file %+v", c.file.name, got, file)
		}
		file.Path, file.SHA256, file.Size = "", "", 0
		got.ID, got.FromMe, got.Status, got.File = "", false, "", &file
		if fmt.Sprintf("%+v %+v", got, *got.File) != fmt.Sprintf("%+v %+v", withFile(c.want, got.File), *c.want.File) {
			t.Errorf("%s is shown as %+v %+v, want %+v %+v", c.file.name, got, file, c.want, *c.want.File)
		}
	}
	b.settle()

	// The way through the desk: the same bytes at a message in the thread.
	shown := b.posted("the picture", func(m inChannel) bool {
		return strings.Contains(m.Content, "ini **layarnya**") && len(m.Attachments) == 1
	})
	if _, data := b.file(shown.Attachments[0].Path); !bytes.Equal(data, photo) {
		t.Errorf("the picture came through with %d bytes", len(data))
	}
	b.posted("the document", func(m inChannel) bool {
		return len(m.Attachments) == 1 && strings.Contains(m.Attachments[0].Filename, "nota")
	})
	b.posted("the voice message", func(m inChannel) bool {
		return len(m.Attachments) == 1 && strings.HasPrefix(m.Attachments[0].ContentType, "audio/ogg")
	})
}

// withFile is m with another pointer to its file, for printing alike.
func withFile(m onPhone, f *inFile) onPhone {
	m.File = f
	return m
}

func TestClientSendsAnAlbum(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	var made struct{ IDs []string }
	path := "customers/" + ana + "/messages"
	status, answer := b.upload(path, map[string]string{"caption": "dua layar"}, sent{"a.png", "image/png", picture(40, 30)}, sent{"b.png", "image/png", picture(50, 30)})
	b.decode(path, status, answer, &made)
	b.settle()
	var pictures []onPhone
	for _, m := range b.screen(ana) {
		if m.Kind == "image" {
			pictures = append(pictures, m)
		}
	}
	if len(made.IDs) != 2 || len(pictures) != 2 || pictures[0].Text != "dua layar" || pictures[0].Album == "" || pictures[1].Album != pictures[0].Album {
		t.Errorf("album %q is shown as %+v", made.IDs, pictures)
	}
}

func TestClientSendsPlacesCardsAndPolls(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	phone := "customers/" + ana + "/messages"
	var made idOf
	b.post(phone, obj{"location": obj{"latitude": -6.26, "longitude": 106.81, "name": "Outlet Kemang", "address": "Jl. Kemang Raya 1"}}, nil)
	if m := b.last(ana); m.Kind != "location" || m.Location == nil || m.Location.Name != "Outlet Kemang" || m.Location.Latitude != -6.26 {
		t.Errorf("location is shown as %+v", m)
	}
	b.post(phone, obj{"location": obj{"latitude": -6.2, "longitude": 106.8, "live": true}}, nil)
	if m := b.last(ana); m.Kind != "live_location" || m.Location == nil {
		t.Errorf("live location is shown as %+v", m)
	}
	b.post(phone, obj{"contact": obj{"name": "Toko; \"Maju\", Jaya", "phone": "+62 812-3456-7999"}}, nil)
	if m := b.last(ana); m.Kind != "contact" || len(m.Contacts) != 1 || m.Contacts[0].Phone != "+6281234567999" || !strings.Contains(m.Contacts[0].VCard, `FN:Toko\; "Maju"\, Jaya`) {
		t.Errorf("contact is shown as %+v", m)
	}
	b.post(phone, obj{"poll": obj{"question": "Kapan?", "options": []string{"Pagi", "Siang", "Malam"}, "most": 1}}, &made)
	b.post(phone, obj{"vote": []string{"Siang"}, "to": made.ID}, nil)
	if m := b.last(ana); m.Kind != "poll" || m.Poll == nil || m.Poll.Question != "Kapan?" || !slices.Equal(m.Poll.Votes["me"], []string{"Siang"}) {
		t.Errorf("poll is shown as %+v %+v", m, m.Poll)
	}
	b.post(phone, obj{"vote": []string{}, "to": made.ID}, nil)
	if m := b.last(ana); len(m.Poll.Votes["me"]) != 0 {
		t.Errorf("the vote that was taken back is shown as %+v", m.Poll)
	}
	b.settle()
	b.posted("the location", func(m inChannel) bool { return strings.Contains(fmt.Sprint(m), "Outlet Kemang") })
	b.posted("the contact", func(m inChannel) bool { return strings.Contains(fmt.Sprint(m), "6281234567999") })
	b.posted("the poll", func(m inChannel) bool { return strings.Contains(fmt.Sprint(m), "Kapan?") })
}

// What a client deletes is gone from the phone, file included.
func TestDeletedFileIsGoneFromThePhone(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	phone := "customers/" + ana + "/messages"
	id := b.put(phone, map[string]string{"caption": "salah"}, sent{"a.png", "image/png", picture(40, 30)})
	b.post(phone, obj{"edit": id, "text": "benar"}, nil)
	if m := b.last(ana); m.Text != "benar" || !m.Edited || m.File == nil {
		t.Errorf("the edited caption is shown as %+v", m)
	}
	path := b.last(ana).File.Path
	b.post(phone, obj{"delete": id}, nil)
	if m := b.last(ana); !m.Deleted || m.File != nil || m.Text != "" {
		t.Errorf("the deleted picture is shown as %+v", m)
	}
	if answer, _ := b.file(path); answer.StatusCode != 404 {
		t.Errorf("its file answered %d", answer.StatusCode)
	}
	b.settle()
}

func TestAgentSendsEveryKind(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	first := b.write("halo")
	thread := b.thread().ID
	room := "discord/channels/" + thread + "/messages"
	asked := b.posted("the greeting", func(m inChannel) bool { return strings.Contains(m.Content, "halo") })
	photo := picture(120, 90)
	id := b.put(room, map[string]string{"as": "sari", "content": "coba **ini**", "reply_to": asked.ID}, sent{"langkah.png", "image/png", photo})
	note := b.put(room, map[string]string{"as": "sari", "content": "// arsip"}, sent{"a.txt", "text/plain", []byte("a")}, sent{"b.txt", "text/plain", []byte("b")})
	voice := b.put(room, map[string]string{"as": "sari", "voice": "true"}, sent{"suara.ogg", "audio/ogg", recording(2 * time.Second)})
	for _, c := range []struct {
		id    string
		files int
		voice bool
	}{{id, 1, false}, {note, 2, false}, {voice, 1, true}} {
		m := b.posted("the message", func(m inChannel) bool { return m.ID == c.id })
		if len(m.Attachments) != c.files || m.Voice != c.voice || c.voice && m.Attachments[0].Seconds != 2 {
			t.Errorf("the channel shows %+v", m)
		}
	}
	if m := b.posted("the picture", func(m inChannel) bool { return m.ID == id }); m.ReplyTo != asked.ID || m.Attachments[0].Width != 120 {
		t.Errorf("the channel shows %+v", m)
	}
	b.post("discord/channels/"+thread+"/typing", obj{"as": "sari"}, nil)
	b.settle()

	// The way through the desk.
	screen := b.screen(ana)
	i := slices.IndexFunc(screen, func(m onPhone) bool { return m.Kind == "image" })
	if i < 0 || screen[i].Text != "coba *ini*" || screen[i].ReplyTo != first || screen[i].File == nil || screen[i].File.Problem != "" {
		t.Fatalf("the phone shows %+v", screen)
	}
	if _, data := b.file(screen[i].File.Path); !bytes.Equal(data, photo) {
		t.Errorf("the picture came through with %d bytes", len(data))
	}
	if !slices.ContainsFunc(screen, func(m onPhone) bool { return m.Kind == "voice" && m.File.Seconds == 2 }) {
		t.Errorf("the phone shows no voice message: %+v", screen)
	}
	if slices.ContainsFunc(screen, func(m onPhone) bool { return m.Kind == "document" }) {
		t.Errorf("the phone shows a note: %+v", screen)
	}
	var words idOf
	b.post(room, obj{"as": "sari", "content": "coba ini"}, &words)
	b.settle()
	b.post(room, obj{"as": "sari", "react": "👍", "to": asked.ID}, nil)
	b.post(room, obj{"as": "sari", "edit": words.ID, "content": "coba itu"}, nil)
	b.settle()
	if screen = b.screen(ana); screen[0].Reactions["them"] != "👍" || b.last(ana).Text != "coba itu" || !b.last(ana).Edited {
		t.Errorf("the phone shows %+v", screen)
	}
	b.post(room, obj{"as": "sari", "unreact": "👍", "to": asked.ID}, nil)
	b.post(room, obj{"as": "sari", "delete": id}, nil)
	b.settle()
	if screen = b.screen(ana); len(screen[0].Reactions) != 0 || !screen[i].Deleted || screen[i].File != nil {
		t.Errorf("the phone shows %+v", screen)
	}
}

func TestAgentSendsStickersPollsAndForwards(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	room := "discord/channels/" + b.thread().ID + "/messages"
	var sticker, poll, forward, note idOf
	b.post(room, obj{"as": "sari", "content": "// catatan"}, &note)
	b.post(room, obj{"as": "sari", "stickers": []string{"wave"}}, &sticker)
	b.post(room, obj{"as": "sari", "poll": obj{"question": "Kapan?", "answers": []string{"Pagi", "Siang"}}}, &poll)
	b.post(room, obj{"as": "sari", "forward": note.ID}, &forward)
	for id, holds := range map[string]func(inChannel) bool{
		sticker.ID: func(m inChannel) bool { return slices.Equal(m.Stickers, []string{"wave"}) },
		poll.ID:    func(m inChannel) bool { return m.Poll.Question == "Kapan?" && len(m.Poll.Answers) == 2 },
		forward.ID: func(m inChannel) bool { return len(m.Forwarded) == 1 && m.Forwarded[0].Content == "// catatan" },
	} {
		if m := b.posted(id, func(m inChannel) bool { return m.ID == id }); !holds(m) {
			t.Errorf("the channel shows %+v", m)
		}
	}
	b.settle()
}
