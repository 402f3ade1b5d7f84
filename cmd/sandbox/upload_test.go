package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// sent is a file on its way to the control API.
type sent struct {
	name, mime string
	data       []byte
}

// upload calls the API with files and returns the status and the answer.
func (b *bench) upload(path string, fields map[string]string, files ...sent) (int, []byte) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, one := range files {
		h := textproto.MIMEHeader{"Content-Disposition": {multipart.FileContentDisposition("file", one.name)}}
		if one.mime != "" {
			h.Set("Content-Type", one.mime)
		}
		part, err := w.CreatePart(h)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := part.Write(one.data); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.send(path, w.FormDataContentType(), &body)
}

// send posts a body of any type.
func (b *bench) send(path, kind string, body io.Reader) (int, []byte) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "POST", b.url+"/sandbox/"+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, bytes.TrimSpace(data)
}

// put uploads what must be taken and returns the id of the message.
func (b *bench) put(path string, fields map[string]string, files ...sent) string {
	b.t.Helper()
	var made idOf
	status, answer := b.upload(path, fields, files...)
	b.decode(path, status, answer, &made)
	return made.ID
}

// file downloads a path of an answer.
func (b *bench) file(path string) (*http.Response, []byte) {
	b.t.Helper()
	answer, err := http.Get(b.url + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, data
}

// told is the error in an answer, "" when there is none.
func told(answer []byte) string {
	var body struct{ Error string }
	_ = json.Unmarshal(answer, &body) // no JSON, no error told
	return body.Error
}

// picture is a PNG with something to look at: the screen of a till that shows an
// empty report.
func picture(width, height int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	fill := func(x, y, w, h int, c color.RGBA) {
		for i := max(0, x); i < min(x+w, width); i++ {
			for j := max(0, y); j < min(y+h, height); j++ {
				m.SetRGBA(i, j, c)
			}
		}
	}
	line := height / 12
	fill(0, 0, width, height, color.RGBA{246, 248, 250, 255})
	fill(0, 0, width, line*2, color.RGBA{47, 125, 107, 255})
	fill(line/2, line/2, width/3, line, color.RGBA{222, 236, 232, 255})
	fill(line/2, line*3, width/4, line/2, color.RGBA{120, 135, 145, 255})
	for i := range 3 {
		fill(line/2+i*width/3, line*4, width/3-line, line*2, color.RGBA{255, 255, 255, 255})
		fill(line+i*width/3, line*9/2, width/8, line/2, color.RGBA{200, 208, 214, 255})
	}
	fill(line/2, line*7, width-line, line*9/2, color.RGBA{255, 255, 255, 255})
	for i := range 7 {
		high := line/3 + (i*5%7)*line/9
		fill(line+i*(width-2*line)/7, line*11-high, (width-2*line)/10, high, color.RGBA{214, 222, 227, 255})
	}
	fill(width/3, line*9, width/3, line/2, color.RGBA{196, 76, 66, 255})
	var out bytes.Buffer
	_ = png.Encode(&out, m) // a buffer takes everything
	return out.Bytes()
}

// recording is OGG with Opus: so much silence.
func recording(length time.Duration) []byte {
	var out bytes.Buffer
	const step = 960 // samples of a packet of 20 ms
	page := func(flags byte, at uint64, number uint32, packets ...[]byte) {
		head := append([]byte("OggS\x00"), flags)
		head = binary.LittleEndian.AppendUint64(head, at)
		head = binary.LittleEndian.AppendUint32(head, 7)
		head = binary.LittleEndian.AppendUint32(head, number)
		head = binary.LittleEndian.AppendUint32(head, 0)
		head = append(head, byte(len(packets)))
		for _, p := range packets {
			head = append(head, byte(len(p)))
		}
		whole := append(head, bytes.Join(packets, nil)...)
		binary.LittleEndian.PutUint32(whole[22:], oggSum(whole))
		out.Write(whole)
	}
	page(2, 0, 0, []byte("OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"))
	page(0, 0, 1, []byte("OpusTags\x04\x00\x00\x00halo\x00\x00\x00\x00"))
	n := uint64(length / (20 * time.Millisecond))
	for i := uint64(0); i < n; i += 50 {
		var packets [][]byte
		for range min(50, n-i) {
			packets = append(packets, []byte{0xf8, 0xff, 0xfe})
		}
		flags := byte(0)
		if i+50 >= n {
			flags = 4
		}
		page(flags, min(i+50, n)*step, uint32(2+i/50), packets...)
	}
	return out.Bytes()
}

// oggSum is the checksum of a page.
func oggSum(page []byte) (sum uint32) {
	for _, b := range page {
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&(1<<31) != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

func TestUploadsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	phone, room := "customers/"+ana+"/messages", "discord/channels/"+b.thread().ID+"/messages"
	small := sent{"a.txt", "text/plain", []byte("isi")}
	many := make([]sent, 11)
	for i := range many {
		many[i] = small
	}
	limit := b.s.discord.Limits().AttachmentBytes
	for _, c := range []struct {
		path   string
		fields map[string]string
		files  []sent
		status int
		words  string
	}{
		{phone, map[string]string{"caption": "x"}, nil, 400, "file is missing"},
		{phone, map[string]string{"title": "x"}, []sent{small}, 400, "title"},
		{phone, map[string]string{"kind": "film"}, []sent{small}, 400, "kind"},
		{phone, map[string]string{"seconds": "-1"}, []sent{small}, 400, "seconds"},
		{phone, map[string]string{"view_once": "maybe"}, []sent{small}, 400, "view_once"},
		{phone, map[string]string{"reply_to": "none"}, []sent{small}, 404, "none"},
		{phone, map[string]string{"caption": "\xff"}, []sent{small}, 400, "UTF-8"},
		{phone, nil, []sent{small, small}, 400, "album"},
		{"customers/6289999999999/messages", nil, []sent{small}, 404, "6289999999999"},
		{"customers/" + ana + "/presence", nil, []sent{small}, 400, "no files"},
		{room, map[string]string{"as": "nobody"}, []sent{small}, 404, "nobody"},
		{room, map[string]string{"as": "bayu"}, []sent{small}, 403, "does not see"},
		{room, map[string]string{"as": "sari", "reply_to": "1"}, []sent{small}, 404, "1"},
		{room, map[string]string{"as": "sari"}, many, 400, "Invalid Form Body"},
		{room, map[string]string{"as": "sari", "voice": "true"}, []sent{small}, 400, "OGG"},
		{room, map[string]string{"as": "sari"}, []sent{{"large.bin", "", make([]byte, limit+1)}}, 413, "Discord takes"},
	} {
		status, answer := b.upload(c.path, c.fields, c.files...)
		if got := told(answer); status != c.status || got == "" || !strings.Contains(got, c.words) {
			t.Errorf("%s %v answered %d %s, want %d with %q", c.path, c.fields, status, answer, c.status, c.words)
		}
	}
	endless := io.MultiReader(strings.NewReader("--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n"), io.LimitReader(zeros{}, mostUpload+1))
	status, answer := b.send(phone, "multipart/form-data; boundary=x", endless)
	if status != http.StatusRequestEntityTooLarge || told(answer) == "" {
		t.Errorf("too large without a length answered %d %s", status, answer)
	}
	if status, answer := b.send(phone, "multipart/form-data; boundary=x", strings.NewReader("--y")); status != http.StatusBadRequest || told(answer) == "" {
		t.Errorf("a broken form answered %d %s", status, answer)
	}
	b.settle()
	if n := len(b.screen(ana)); n != 2 {
		t.Errorf("the phone shows %d messages", n)
	}
}

// zeros are a body that does not end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestFilesNeverRunInAPage(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	html := []byte(`<!doctype html><script>alert(1)</script>`)
	gifScript := append([]byte("GIF89a"), html...)
	for _, c := range []struct {
		file       sent
		kind, how  string
		nameIsGone string
	}{
		{sent{"gambar.svg", "image/svg+xml", svg}, "application/octet-stream", "attachment; filename=gambar.svg", ""},
		{sent{"foto.jpg", "image/jpeg", html}, "application/octet-stream", "attachment", ""},
		{sent{"halaman.html", "text/html", html}, "application/octet-stream", "attachment; filename=halaman.html", ""},
		{sent{"a.gif", "image/gif", gifScript}, "image/gif", "inline", ""},
		{sent{"foto.png", "image/png", picture(40, 30)}, "image/png", "inline", ""},
		{sent{"../../etc/\u202egnp.exe", "application/pdf", []byte("MZ")}, "application/octet-stream", "attachment; filename=_gnp.exe", "\u202e"},
		{sent{"kosong.bin", "application/pdf", nil}, "application/octet-stream", "attachment; filename=kosong.bin", ""},
	} {
		id := b.put("customers/"+ana+"/messages", nil, c.file)
		answer, data := b.file("/sandbox/customers/" + ana + "/files/" + id)
		h := answer.Header
		if answer.StatusCode != 200 || h.Get("Content-Type") != c.kind || h.Get("Content-Disposition") != c.how || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !bytes.Equal(data, c.file.data) {
			t.Errorf("%q came with %d %v and %d bytes", c.file.name, answer.StatusCode, h, len(data))
		}
	}
	room := "discord/channels/" + b.thread().ID + "/messages"
	id := b.put(room, map[string]string{"as": "sari", "content": "// lihat"}, sent{"halaman.html", "text/html", html})
	note := b.posted("the note", func(m inChannel) bool { return m.ID == id })
	if len(note.Attachments) != 1 {
		t.Fatalf("the note is %+v", note)
	}
	answer, data := b.file(note.Attachments[0].Path)
	if h := answer.Header; h.Get("Content-Type") != "application/octet-stream" || h.Get("Content-Disposition") != "attachment; filename=halaman.html" || !bytes.Equal(data, html) {
		t.Errorf("the file came with %v", h)
	}
	for _, path := range []string{"/sandbox/customers/" + ana + "/files/none", "/sandbox/customers/1/files/none", "/sandbox/discord/files/1/x", "/sandbox/customers/" + ana + "/files/" + b.screen(ana)[0].ID} {
		if answer, data := b.file(path); answer.StatusCode != http.StatusNotFound || told(data) == "" {
			t.Errorf("%s answered %d %s", path, answer.StatusCode, data)
		}
	}
	b.settle()
}
