package discord

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
		". . a.txt":                       "a.txt",
		strings.Repeat("a", 119) + "  b":  strings.Repeat("a", 119),
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
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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

// A held file is being read until it is closed.
type held struct{ reading, closed chan struct{} }

func (h held) Read([]byte) (int, error) {
	close(h.reading)
	<-h.closed
	return 0, io.ErrClosedPipe
}

func (h held) Close() error {
	close(h.closed)
	return nil
}

// A request that is given up closes the file under whoever reads it: the file is not at fault.
func TestAFileClosedUnderItsReaderIsNoFault(t *testing.T) {
	t.Parallel()
	h := held{make(chan struct{}), make(chan struct{})}
	f, err := newForm(map[string]string{}, []bridge.File{{Name: "a", Size: 3, Open: func() (io.ReadCloser, error) { return h, nil }}})
	if err != nil {
		t.Fatal(err)
	}
	b := f.body(func(bool) {})
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, b)
		read <- err
	}()
	<-h.reading
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, errOver) || b.broken() != nil {
		t.Errorf("ended as %v, broken: %v", err, b.broken())
	}
}

// An upload that does not move, or is not answered, is given up, and may have arrived.
func TestAnUploadThatDoesNotMoveIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	thread := s.thread("HE-1")
	s.set.exchange = time.Second
	c := s.client()
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
