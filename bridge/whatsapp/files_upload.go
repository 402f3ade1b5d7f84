package whatsapp

import (
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// An uploadRef is a file that we left with WhatsApp, ready for a message; as JSON it
// is [bridge.Upload.Ref]. It can be fetched again too.
type uploadRef struct {
	mediaRef
	Kind string `json:"kind"`
	URL  string `json:"url,omitzero"`
	At   int64  `json:"at"` // Unix seconds
	// Wave is how loud a voice note is at 64 points, 0 to 100.
	Wave []byte `json:"wave,omitzero"`
	// Length of a voice note as its own clock tells, in seconds.
	Length uint32 `json:"len,omitzero"`
}

// Upload implements [bridge.Phone]. It reads the file twice: the hash of what is
// encrypted is told before it.
func (c *Client) Upload(ctx context.Context, kind string, r io.ReadSeeker) (json.RawMessage, error) {
	store, known := fileType(kind)
	if !known {
		return nil, &bridge.MediaError{Fault: bridge.Malformed, Err: fmt.Errorf("a %q is no file", kind)}
	}
	ref := uploadRef{mediaRef: mediaRef{Type: store, Key: make([]byte, fileKeySize)}, Kind: kind}
	_, _ = crand.Read(ref.Key) // never fails
	keys, err := newFileKeys(ref.Key, store)
	if err != nil {
		return nil, &bridge.MediaError{Fault: bridge.Malformed, Err: err}
	}
	sealed, err := ref.measure(r, keys)
	if err != nil {
		return nil, err
	}
	err = c.withFiles(ctx, func(ctx context.Context, l *link) error {
		return l.upload(ctx, &ref, sealed, func() (io.Reader, error) {
			if _, err := r.Seek(0, io.SeekStart); err != nil {
				return nil, fmt.Errorf("rewind file: %w", err)
			}
			return newSealer(r, keys), nil
		})
	})
	if err != nil {
		return nil, err
	}
	ref.At = time.Now().Unix()
	data, err := json.Marshal(ref)
	if err != nil {
		return nil, fmt.Errorf("encode reference: %w", err)
	}
	return data, nil
}

// measure encrypts a file for its hashes alone and returns how long that is.
func (u *uploadRef) measure(r io.ReadSeeker, keys fileKeys) (int64, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("rewind file: %w", err)
	}
	from := io.Reader(r)
	var sound oggScan
	if u.Kind == bridge.KindVoice {
		from = io.TeeReader(r, &sound)
	}
	sealer, sum := newSealer(from, keys), sha256.New()
	sealed, err := io.Copy(sum, sealer)
	if err != nil {
		return 0, err
	}
	if sealer.size == 0 {
		return 0, &bridge.MediaError{Fault: bridge.Empty}
	}
	u.Sum, u.EncSum, u.Size = sealer.plain.Sum(nil), sum.Sum(nil), sealer.size
	u.Wave, u.Length = sound.wave(), sound.seconds()
	return sealed, nil
}

// upload tries WhatsApp's hosts in turn, and once more with a new pass.
func (l *link) upload(ctx context.Context, ref *uploadRef, size int64, open func() (io.Reader, error)) error {
	var err error
	for _, anew := range []bool{false, true} {
		var found hosts
		if found, err = l.mediaHosts(ctx, anew); err != nil {
			return err
		}
		for _, host := range found.names {
			var content io.Reader
			if content, err = open(); err != nil {
				return err
			}
			if err = l.post(ctx, host, found.pass, ref, size, content); err == nil || ctx.Err() != nil {
				return err
			}
			if e, ok := errors.AsType[*bridge.MediaError](err); ok && e.Fault != bridge.Gone {
				return err
			}
		}
		if !errors.Is(err, errPass) {
			return err
		}
	}
	return err
}

// handout is the body of one request. Transports may go on reading it after they
// answered, but the next attempt needs the file for itself.
type handout struct {
	mu   sync.Mutex
	from io.Reader
	over bool
}

// Read implements [io.Reader].
func (h *handout) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return 0, io.ErrClosedPipe
	}
	return h.from.Read(p)
}

func (h *handout) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
}

var errPass = errors.New("the pass does not count any more")

func (l *link) post(ctx context.Context, host, pass string, ref *uploadRef, size int64, content io.Reader) error {
	token := base64.URLEncoding.EncodeToString(ref.EncSum)
	address := url.URL{
		Scheme: "https", Host: host, Path: "/mms/" + ref.Type + "/" + token,
		RawQuery: url.Values{"auth": {pass}, "token": {token}}.Encode(),
	}
	body := &handout{from: content}
	defer body.end()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), body)
	if err != nil {
		return fmt.Errorf("leave file with WhatsApp: %w", maskedError{err})
	}
	request.ContentLength = size
	response, err := l.askMedia(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if code := response.StatusCode; code == http.StatusUnauthorized || code == http.StatusForbidden {
		return &bridge.SendError{Certainty: bridge.NotSent, Reason: fmt.Sprintf("WhatsApp did not take the file (status %d)", code), Err: errPass}
	}
	if err := mediaStatus(response); err != nil {
		if e, ok := errors.AsType[*bridge.MediaError](err); ok && e.Fault == bridge.Gone {
			return &bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp did not take the file", Err: e.Err}
		}
		return err
	}
	var answer struct {
		URL  string `json:"url"`
		Path string `json:"direct_path"`
	}
	const answerLimit = 64 << 10
	if err := json.NewDecoder(io.LimitReader(response.Body, answerLimit)).Decode(&answer); err != nil || !strings.HasPrefix(answer.Path, "/") {
		return &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: "WhatsApp's media host did not say where the file is", Err: err}
	}
	ref.Path, ref.URL = answer.Path, answer.URL
	return nil
}
