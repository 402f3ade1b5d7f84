package discord

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

func file(name, kind string, data []byte) bridge.File {
	return bridge.File{Name: name, MIME: kind, Size: int64(len(data)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// truth is what a message's files hold in Discord, by name.
func (s *stage) truth(message string) map[string]string {
	s.t.Helper()
	m, _ := s.srv.Message(message)
	out := map[string]string{}
	for _, a := range m.Attachments {
		data, _ := s.srv.File(a.ID)
		out[a.Filename] = string(data)
	}
	return out
}

func fault(err error) bridge.Fault {
	if e, ok := errors.AsType[*bridge.MediaError](err); ok {
		return e.Fault
	}
	return ""
}

func TestFilesAreSent(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	first, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "awal"})
	if err != nil {
		t.Fatal(err)
	}
	m := bridge.Message{Channel: thread, Nonce: "letter-1", Content: "bukti", ReplyTo: first,
		Files: []bridge.File{file("a.png", "image/png", []byte("png")), file("b.pdf", "application/pdf; x=\"y\"", []byte("pdf"))}}
	s.srv.LoseAnswers(1)
	if _, err := c.Say(t.Context(), m); sendErr(t, err).Certainty != bridge.Unknown {
		t.Errorf("a lost answer is %v", err)
	}
	id, err := c.Say(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	seen, _ := s.srv.Message(id)
	if n := s.srv.Creates("letter-1"); n != 1 || seen.ReplyTo != first || seen.Content != "bukti" {
		t.Errorf("%d copies, %+v", n, seen)
	}
	if got := s.truth(id); len(got) != 2 || got["a.png"] != "png" || got["b.pdf"] != "pdf" {
		t.Errorf("files %v", got)
	}
	post, err := c.CreatePost(t.Context(), bridge.Post{Forum: s.forum, Title: "HE-2", Message: bridge.Message{Content: "halo", Files: m.Files[:1]}})
	if err != nil || s.truth(post)["a.png"] != "png" {
		t.Errorf("a post's file: %v, %v", s.truth(post), err)
	}
}

func TestAMessageOfFilesAloneIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	card, err := c.Say(t.Context(), bridge.Message{Channel: thread, Card: &bridge.Card{Title: "no words, no files"}})
	must(t, err)
	if got, err := c.FindMessage(t.Context(), thread, thread, ""); err != nil || got != "" {
		t.Errorf("before it was sent: %q, %v", got, err)
	}
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{file("a.png", "image/png", []byte("png"))}})
	must(t, err)
	if got, err := c.FindMessage(t.Context(), thread, card, ""); err != nil || got != id {
		t.Errorf("found %q, %v, want %q", got, err, id)
	}
}

// A ramp is a file that is made while it is read; it notes how much was asked for.
type ramp struct {
	left    int64
	largest *atomic.Int64
}

func (r *ramp) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if n := int64(len(p)); n > r.largest.Load() {
		r.largest.Store(n)
	}
	n := int(min(int64(len(p)), r.left))
	for i := range n {
		p[i] = byte(r.left - int64(i))
	}
	r.left -= int64(n)
	return n, nil
}

func TestALargeFileIsSentInSmallPieces(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.FileLimit = 20 << 20
	c, thread := s.client(), s.thread("HE-1")
	const size = 20 << 20
	var largest atomic.Int64
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{{Name: "big.bin", Size: size,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(&ramp{size, &largest}), nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	seen, _ := s.srv.Message(id)
	if seen.Attachments[0].Size != size {
		t.Errorf("%d bytes arrived", seen.Attachments[0].Size)
	}
	if largest.Load() > 64<<10 {
		t.Errorf("%d bytes were read at once", largest.Load())
	}
}

func TestHostileFileNamesHarmNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	for name, want := range map[string]string{
		"../../etc/passwd":                "passwd",
		`C:\Windows\a.txt`:                "a.txt",
		"a\r\nContent-Type: text/html\"":  "a__Content-Type_ text_html_",
		`x"; filename="y.exe`:             "x__ filename=_y.exe",
		"gambar\u202egnp.exe":             "gambargnp.exe",
		"\x00\x1b":                        "__",
		"":                                "file",
		"...":                             "file",
		"\xff\xfe.png":                    "_.png",
		"kue ulang tahun 🎂.jpg":           "kue ulang tahun 🎂.jpg",
		strings.Repeat("é", 400) + ".pdf": strings.Repeat("é", 116) + ".pdf",
	} {
		if want == "a__Content-Type_ text_html_" {
			want = fileName(name) // whatever it is, it is one line without quotes
			if strings.ContainsAny(want, "\r\n\"/\\") {
				t.Errorf("fileName(%q) = %q", name, want)
			}
		}
		if got := fileName(name); got != want {
			t.Errorf("fileName(%q) = %q, want %q", name, got, want)
		}
		id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{file(name, "text/plain\r\nX: y", []byte("data"))}})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if got := s.truth(id); len(got) != 1 || !slices.Contains([]string{"data"}, first(got)) {
			t.Errorf("%q arrived as %v", name, got)
		}
	}
}

func first(m map[string]string) string {
	for _, v := range m {
		return v
	}
	return ""
}

func FuzzFileNameIsOneHeaderWord(f *testing.F) {
	for _, seed := range []string{"a.png", "../x", "a\"b", "\u202egnp", "\r\n", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := fileName(name)
		if got == "" || strings.ContainsAny(got, "\r\n\"/\\\x00") || len([]rune(got)) > mostFileName || fileName(got) != got {
			t.Errorf("fileName(%q) = %q", name, got)
		}
	})
}

func TestAFileThatIsNotWhatWasSaidIsNotSent(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	say := func(f bridge.File) *bridge.SendError {
		t.Helper()
		_, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "a", Files: []bridge.File{f}})
		return sendErr(t, err)
	}
	short, long := file("a", "", []byte("12345")), file("a", "", []byte("12345"))
	short.Size, long.Size = 6, 4
	if e := say(short); e.Certainty != bridge.Refused || !strings.Contains(e.Reason, "shorter") {
		t.Errorf("too short: %+v", e)
	}
	if e := say(long); e.Certainty != bridge.Refused || !strings.Contains(e.Reason, "longer") {
		t.Errorf("too long: %+v", e)
	}
	if e := say(file("a", "", nil)); e.Certainty != bridge.Refused || fault(e) != bridge.Empty {
		t.Errorf("empty: %+v", e)
	}
	gone := bridge.File{Name: "a", Size: 3, Open: func() (io.ReadCloser, error) { return nil, errors.New("disk") }}
	if e := say(gone); e.Certainty != bridge.NotSent || e.Outage || !strings.Contains(e.Reason, "opened") {
		t.Errorf("not there: %+v", e)
	}
	if n := len(s.srv.Messages(thread)); n != 1 {
		t.Errorf("%d messages, want the card only", n)
	}
}

func TestTooManyOrTooLargeFilesAreRefusedUnsent(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.FileLimit = 100 << 20 // no request holds that
	c, thread := s.client(), s.thread("HE-1")
	if c.Limit() != largestFile {
		t.Errorf("limit %d", c.Limit())
	}
	before := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]
	say := func(n int, size int64) *bridge.SendError {
		_, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: slices.Repeat([]bridge.File{{Name: "a", Size: size}}, n)})
		return sendErr(t, err)
	}
	for _, e := range []*bridge.SendError{say(11, 1), say(3, 9<<20)} {
		if e.Certainty != bridge.Refused || fault(e) != bridge.TooLarge {
			t.Errorf("refused as %+v", e)
		}
	}
	if e := say(1, 30<<20); e.Certainty != bridge.NotSent || fault(e) != bridge.TooLarge {
		t.Errorf("refused as %+v", e)
	}
	if n := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]; n != before {
		t.Error("something was sent")
	}
}

func TestTheFileLimitIsLearnt(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]discordtest.Failure{"by number": {}, "by a proxy": {Status: http.StatusRequestEntityTooLarge, Body: "<html>413 Request Entity Too Large</html>"}} {
		limits := discordtest.NoLimits()
		limits.AttachmentBytes = 10 << 20
		s := newStage(t, discordtest.Options{Limits: limits})
		s.opts.FileLimit = 20 << 20
		c, thread := s.client(), s.thread("HE-1")
		if answer.Status != 0 {
			answer.Route = "POST /channels/{channel_id}/messages"
			s.srv.Inject(answer)
		}
		big := file("big.bin", "", make([]byte, 12<<20))
		if _, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{big}}); sendErr(t, err).Certainty != bridge.NotSent || fault(err) != bridge.TooLarge {
			t.Errorf("%s: refused as %v", name, err)
		}
		if c.Limit() != 10<<20 {
			t.Errorf("%s: learnt %d", name, c.Limit())
		}
		sent := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]
		if _, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{big}}); fault(err) != bridge.TooLarge {
			t.Errorf("%s: again: %v", name, err)
		}
		if n := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]; n != sent {
			t.Errorf("%s: it was tried twice", name)
		}
		if _, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{file("ok.bin", "", make([]byte, 10<<20))}}); err != nil {
			t.Errorf("%s: a file within the limit: %v", name, err)
		}
	}
}

func TestTheLimitOnlyShrinks(t *testing.T) {
	t.Parallel()
	var l limit
	l.bytes.Store(20 << 20)
	for _, step := range []struct{ size, want int64 }{{15 << 20, 10 << 20}, {24 << 20, 10 << 20}, {10 << 20, 8 << 20}, {5 << 20, 5<<20 - 1}, {6 << 20, 5<<20 - 1}} {
		if l.refused(step.size); l.bytes.Load() != step.want {
			t.Errorf("after %d: %d, want %d", step.size, l.bytes.Load(), step.want)
		}
	}
}

// ogg is a recording of n packets of 20 ms, loud in the middle.
func ogg(n int) []byte {
	var out bytes.Buffer
	page := func(samples int64, size int) {
		lacing := append(bytes.Repeat([]byte{255}, size/255), byte(size%255))
		out.WriteString("OggS\x00\x00")
		for i := range 8 {
			out.WriteByte(byte(samples >> (8 * i)))
		}
		out.Write(make([]byte, 12))
		out.WriteByte(byte(len(lacing)))
		out.Write(lacing)
		out.Write(make([]byte, size))
	}
	page(0, 19)
	page(0, 60)
	for i := range n {
		size := 20
		if i > n/3 && i < 2*n/3 {
			size = 300
		}
		page(int64(i+1)*960, size)
	}
	return out.Bytes()
}

func TestARecordingIsAVoiceMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	voice := file("PTT-1.ogg", "audio/ogg; codecs=opus", ogg(500))
	voice.Voice = true
	say := func(m bridge.Message) discordtest.Message {
		t.Helper()
		m.Channel = thread
		id, err := c.Say(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		seen, _ := s.srv.Message(id)
		if got := first(s.truth(id)); got != string(ogg(500)) {
			t.Errorf("%d bytes arrived", len(got))
		}
		return seen
	}
	alone := say(bridge.Message{Files: []bridge.File{voice}})
	if !alone.Voice || alone.Attachments[0].Seconds != 10 {
		t.Errorf("alone: %+v", alone)
	}
	wave, err := base64.StdEncoding.DecodeString(alone.Attachments[0].Waveform)
	if err != nil || len(wave) != mostWave || wave[5] > 20 || wave[128] < 200 {
		t.Errorf("waveform %v, %v", wave, err)
	}
	if seen := say(bridge.Message{Content: "dari pelanggan", Files: []bridge.File{voice}}); seen.Voice {
		t.Error("with words it is no voice message")
	}
	s.srv.SetMemberPermissions(discordtest.MemberPermissions &^ discordtest.PermissionSendVoiceMessages)
	for range 2 {
		if seen := say(bridge.Message{Files: []bridge.File{voice}}); seen.Voice || seen.Attachments[0].ContentType != "audio/ogg" {
			t.Errorf("without the permission: %+v", seen)
		}
	}
	if n := s.srv.Stats().Errors[codeVoiceForbidden]; n != 1 {
		t.Errorf("refused %d times, want once", n)
	}
}

func TestAFileThatIsNoRecordingIsJustAFile(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{nil, []byte("OggS"), []byte("RIFF....WAVE"), ogg(1)[:40], bytes.Repeat([]byte("OggS\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"), 9)} {
		if wave, length := recording(file("a", "", data)); len(wave) == 0 || length != 0 {
			t.Errorf("recording(%q) = %v, %s", data, wave, length)
		}
	}
}

// Uploads take all their places, and words in other threads do not wait for them.
func TestALargeFileHoldsUpNoOtherThread(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c := s.client()
	release := make(chan struct{})
	var sending sync.WaitGroup
	var open atomic.Int32
	for i := range uploadsAtOnce + 2 {
		thread := s.thread(fmt.Sprintf("HE-%d", i))
		sending.Go(func() {
			_, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{{Name: "slow.bin", Size: 3,
				Open: func() (io.ReadCloser, error) {
					open.Add(1)
					<-release
					return io.NopCloser(strings.NewReader("abc")), nil
				}}}})
			if err != nil {
				t.Errorf("upload: %v", err)
			}
		})
	}
	other := s.thread("HE-other")
	s.until("the uploads are under way", func() bool { return open.Load() == uploadsAtOnce })
	for i := range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if _, err := c.Say(ctx, bridge.Message{Channel: other, Content: fmt.Sprint(i)}); err != nil {
			t.Errorf("words beside uploads: %v", err)
		}
		cancel()
	}
	if n := open.Load(); n != uploadsAtOnce {
		t.Errorf("%d uploads at once", n)
	}
	close(release)
	sending.Wait()
}

func TestAnUploadThatDoesNotMoveIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.set.exchange = 200 * time.Millisecond
	c, thread := s.client(), s.thread("HE-1")
	stuck, stop := io.Pipe()
	defer stop.Close()
	_, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{{Name: "a", Size: 3, Open: func() (io.ReadCloser, error) { return stuck, nil }}}})
	if e := sendErr(t, err); e.Certainty != bridge.Unknown || !e.Outage {
		t.Errorf("given up as %+v", e)
	}
	s.srv.SetFaults(discordtest.Faults{Hang: true})
	_, err = c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{file("a", "", []byte("abc"))}})
	if e := sendErr(t, err); e.Certainty != bridge.Unknown || !e.Outage {
		t.Errorf("an unanswered upload is %+v", e)
	}
	s.srv.SetFaults(discordtest.Faults{})
}

// post lets sari post files and returns what the inbox got of them.
func (s *stage) filed(thread string, files ...discordtest.File) (discordtest.Message, bridge.StaffMessage) {
	s.t.Helper()
	n := len(s.inbox.all())
	m, err := s.sari.Post(thread, "", discordtest.PostOptions{Files: files})
	if err != nil {
		s.t.Fatal(err)
	}
	s.until("it is taken in", func() bool { return len(s.inbox.all()) > n })
	return m, s.inbox.all()[n]
}

func TestAFileIsFetched(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := newStage(t, discordtest.Options{Now: now})
	s.opts.Now = now
	c := s.ready()
	thread := s.thread("HE-1")
	data := bytes.Repeat([]byte("0123456789"), 5000)
	m, got := s.filed(thread, discordtest.File{Name: "bukti transfer.pdf", ContentType: "application/pdf", Data: data})
	f := got.Files[0]
	if f.Name != "bukti_transfer.pdf" || f.MIME != "application/pdf" || f.Size != int64(len(data)) || f.ID != m.Attachments[0].ID {
		t.Errorf("file %+v", f)
	}
	fetch := func() (string, error) {
		var out bytes.Buffer
		err := c.Fetch(t.Context(), f.Ref, &out)
		return out.String(), err
	}
	if out, err := fetch(); err != nil || out != string(data) {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	ahead.Store(int64(25 * time.Hour)) // the link says that it has expired
	if out, err := fetch(); err != nil || out != string(data) {
		t.Fatalf("by a fresh link: %d bytes, %v", len(out), err)
	}
	if n := s.srv.Stats().DeadLinks; n != 0 {
		t.Errorf("%d expired links were tried", n)
	}
	c.now = func() time.Time { return time.Now().Add(-time.Hour) } // a clock that is late does not matter
	if out, err := fetch(); err != nil || out != string(data) || s.srv.Stats().DeadLinks != 1 {
		t.Errorf("with a late clock: %d bytes, %v", len(out), err)
	}
	if err := s.sari.Delete(m.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(); fault(err) != bridge.Gone {
		t.Errorf("deleted: %v", err)
	}
}

func TestTroubleWithADownload(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.set.exchange = 300 * time.Millisecond
	c := s.ready()
	thread := s.thread("HE-1")
	data := bytes.Repeat([]byte("x"), 100_000)
	_, got := s.filed(thread, discordtest.File{Name: "a.bin", Data: data})
	fetch := func(f discordtest.FileFailure) error {
		s.srv.InjectFile(f)
		return c.Fetch(t.Context(), got.Files[0].Ref, io.Discard)
	}
	for name, f := range map[string]discordtest.FileFailure{"cut": {Cut: 50_000}, "silent": {Stall: 50_000}, "502": {Status: 502}, "cut, length unsaid": {Cut: 50_000, Unsaid: true}} {
		if e := sendErr(t, fetch(f)); e.Certainty != bridge.Unknown || !e.Outage {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e := sendErr(t, fetch(discordtest.FileFailure{Status: 429})); e.Certainty != bridge.Blocked || e.RetryAfter <= 0 {
		t.Errorf("429: %+v", e)
	}
	for name, f := range map[string]discordtest.FileFailure{"too long": {Extra: 1}, "too short": {Extra: -1}, "too long, unsaid": {Extra: 1, Unsaid: true}, "too short, unsaid": {Extra: -1, Unsaid: true}} {
		if err := fetch(f); fault(err) != bridge.Mismatch {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := fetch(discordtest.FileFailure{Slow: 100 * time.Millisecond}); err != nil { // longer than the patience, but it moves
		t.Errorf("slow: %v", err)
	}
	if err := fetch(discordtest.FileFailure{Status: 403}); err != nil { // asked for anew
		t.Errorf("403: %v", err)
	}
	if e := sendErr(t, fetch(discordtest.FileFailure{Status: 404, N: 2})); e.Certainty != bridge.NotSent {
		t.Errorf("404 by a fresh link: %+v", e)
	}
	full := errors.New("disk full")
	if err := c.Fetch(t.Context(), got.Files[0].Ref, writerFunc(func([]byte) (int, error) { return 0, full })); !errors.Is(err, full) {
		t.Errorf("a full disk: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestOnlyDiscordsFilesAreFetched(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c := s.client()
	ref := func(address string) json.RawMessage {
		out, _ := json.Marshal(fileRef{Channel: "1", Message: "2", ID: "3", URL: address, Size: 1})
		return out
	}
	for address, want := range map[string]bridge.Fault{
		"http://cdn.discordapp.com/attachments/1/3/a":           bridge.BadAddress,
		"https://discord.com/api/v9/users/@me":                  bridge.BadAddress,
		"https://cdn.discordapp.com.example.com/a":              bridge.BadAddress,
		"https://cdn.discordapp.com@example.com/a":              bridge.BadAddress,
		"https://127.0.0.1/a":                                   bridge.BadAddress,
		"":                                                      bridge.BadAddress,
		"https://cdn.discordapp.com/attachments/1/3/a?ex=1&hm=": bridge.Gone, // there is no such message
	} {
		if err := c.Fetch(t.Context(), ref(address), io.Discard); fault(err) != want {
			t.Errorf("Fetch(%q) = %v, want %s", address, err, want)
		}
	}
	for _, raw := range []string{"", "null", "{}", "[]", `{"c":"../1","m":"2","a":"3","u":"https://cdn.discordapp.com/"}`} {
		if err := c.Fetch(t.Context(), json.RawMessage(raw), io.Discard); fault(err) != bridge.Malformed {
			t.Errorf("Fetch of %s: %v", raw, err)
		}
	}
}
