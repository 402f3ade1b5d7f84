package bridge_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// files are what a network keeps for a while, by the reference {"id": ...}. A file
// may fail, and take its time.
type files struct {
	fmu     sync.Mutex
	content map[string]string                       // guarded by fmu
	asked   map[string]int                          // guarded by fmu
	trouble func(id string, attempt int) error      // of fetching
	takes   map[string]time.Duration                // how long fetching takes
	given   []string                                // "kind: content" of uploads
	refuse  func(kind string, content string) error // of uploading
}

func fileID(ref json.RawMessage) string {
	var r struct{ ID string }
	_ = json.Unmarshal(ref, &r) // "" for what is none
	return r.ID
}

func refTo(id string) json.RawMessage { return json.RawMessage(fmt.Sprintf(`{"id":%q}`, id)) }

func (f *files) put(id, content string) {
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if f.content == nil {
		f.content = map[string]string{}
	}
	f.content[id] = content
}

func (f *files) Fetch(ctx context.Context, ref json.RawMessage, w io.Writer) error {
	id := fileID(ref)
	f.fmu.Lock()
	if f.asked == nil {
		f.asked = map[string]int{}
	}
	f.asked[id]++
	attempt, content, ok := f.asked[id], f.content[id], false
	_, ok = f.content[id]
	f.fmu.Unlock()
	if d := f.takes[id]; d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if f.trouble != nil {
		if err := f.trouble(id, attempt); err != nil {
			return err
		}
	}
	if !ok {
		return &bridge.MediaError{Fault: bridge.Gone}
	}
	_, err := io.WriteString(w, content)
	return err
}

func (f *files) Upload(_ context.Context, kind string, r io.ReadSeeker) (json.RawMessage, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	f.fmu.Lock()
	defer f.fmu.Unlock()
	if f.refuse != nil {
		if err := f.refuse(kind, string(content)); err != nil {
			return nil, err
		}
	}
	f.given = append(f.given, kind+": "+string(content))
	return json.Marshal(map[string]string{"id": fmt.Sprint("up", len(f.given)), "content": string(content)})
}

// render is how a message looks on the client's phone.
func (p *phone) render(o bridge.Outgoing) string {
	var b strings.Builder
	if o.Quote != nil {
		fmt.Fprintf(&b, "[> %s %v %s] ", o.Quote.ID, o.Quote.Own, o.Quote.Text)
	}
	switch {
	case o.Media != nil:
		var ref struct{ Content string }
		_ = json.Unmarshal(o.Media.Ref, &ref) // shows as empty
		fmt.Fprintf(&b, "<%s %s %s> ", o.Media.Kind, o.Media.Name, ref.Content)
	case o.Reaction != nil:
		fmt.Fprintf(&b, "(%s on %s %v)", o.Reaction.Emoji, o.Reaction.Target, o.Reaction.Own)
	case o.Poll != nil:
		fmt.Fprintf(&b, "?%s %q", o.Poll.Question, o.Poll.Options)
	}
	b.WriteString(o.Text)
	return strings.TrimRight(b.String(), " ")
}

func (p *phone) Typing(_ context.Context, to bridge.Address, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signs = append(p.signs, fmt.Sprintf("typing %s %v", to, on))
	return nil
}

func (p *phone) Watch(_ context.Context, to bridge.Address) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signs = append(p.signs, "watch "+string(to))
	return nil
}

func (p *phone) MarkRead(_ context.Context, _ bridge.Address, ids []string, _ time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read = append(p.read, ids...)
	return nil
}

// render is how a message looks in Discord.
func (b *board) render(m bridge.Message) string {
	var s strings.Builder
	s.WriteString(m.Content)
	for _, f := range m.Files {
		r, err := f.Open()
		if err != nil {
			return err.Error()
		}
		data, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return err.Error()
		}
		s.WriteString(fmt.Sprintf(" <%s %s>", f.Name, data))
	}
	return s.String()
}

func (b *board) Limit() int64 {
	if b.limit == 0 {
		return 10 << 20
	}
	return b.limit
}

func (b *board) Typing(_ context.Context, thread string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.typed = append(b.typed, thread)
	return nil
}

// library keeps files in memory.
type library struct {
	mu      sync.Mutex
	content map[string][]byte
	mute    bool // no voice notes can be made
}

func newLibrary() *library { return &library{content: map[string][]byte{}} }

func (l *library) Put(_ context.Context, r io.Reader, limit int64) (bridge.Stored, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return bridge.Stored{}, err
	case int64(len(data)) > limit:
		return bridge.Stored{}, &bridge.MediaError{Fault: bridge.TooLarge}
	case len(data) == 0:
		return bridge.Stored{}, &bridge.MediaError{Fault: bridge.Empty}
	case bytes.HasPrefix(data, []byte("MZ")):
		return bridge.Stored{}, &bridge.MediaError{Fault: bridge.Forbidden}
	}
	return l.keep(data), nil
}

func (l *library) keep(data []byte) bridge.Stored {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	l.mu.Lock()
	defer l.mu.Unlock()
	l.content[hash] = data
	mime := http.DetectContentType(data)
	for prefix, is := range map[string]string{"JPEG": "image/jpeg", "MP4": "video/mp4", "MP3": "audio/mpeg", "WEBP": "image/webp", "OPUS": "audio/ogg; codecs=opus"} {
		if bytes.HasPrefix(data, []byte(prefix)) {
			mime = is
		}
	}
	return bridge.Stored{Hash: hash, Size: int64(len(data)), MIME: mime}
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

func (l *library) Open(hash string) (io.ReadSeekCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	data, ok := l.content[hash]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return reader{bytes.NewReader(data)}, nil
}

func (l *library) Voice(_ context.Context, hash string) (bridge.Stored, error) {
	if l.mute {
		return bridge.Stored{}, errors.New("no ffmpeg")
	}
	l.mu.Lock()
	data := slices.Clone(l.content[hash])
	l.mu.Unlock()
	if bytes.HasPrefix(data, []byte("OPUS")) {
		return l.keep(data), nil
	}
	stored := l.keep(append([]byte("OPUS of "), data...))
	stored.Length = 3 * time.Second
	return stored, nil
}

func (l *library) Name(untrusted, _ string) string {
	if untrusted == "" {
		return "berkas"
	}
	return untrusted
}
