package whatsapptest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

const mediaAuth = "sim-media-auth"

// MediaFault is what becomes of an upload or a download. The zero value is none.
type MediaFault struct {
	// Status is answered instead of doing it: 404 and 410 tell that a file
	// expired, 5xx pass.
	Status int
	// Cut ends the connection halfway.
	Cut bool
	// Spoil changes a byte in the middle of a download.
	Spoil bool
	// Endless makes a download go on for ever.
	Endless bool
	// Pause is made before every 64 KiB of a download, and before an upload is
	// answered.
	Pause time.Duration
}

// mediaFaults are the lasting faults and the single ones still to come.
type mediaFaults struct {
	upload, download           MediaFault
	nextUploads, nextDownloads []MediaFault
}

// SetMediaFaults sets the lasting faults of the media hosts.
func (n *Network) SetMediaFaults(upload, download MediaFault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.blobs.faults.upload, n.blobs.faults.download = upload, download
	n.touch()
}

// FailUploads decides the fate of the next uploads, one each.
func (n *Network) FailUploads(faults ...MediaFault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.blobs.faults.nextUploads = append(n.blobs.faults.nextUploads, faults...)
}

// FailDownloads decides the fate of the next downloads, one each.
func (n *Network) FailDownloads(faults ...MediaFault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.blobs.faults.nextDownloads = append(n.blobs.faults.nextDownloads, faults...)
}

// Upload is a file that a client left with the media hosts.
type Upload struct {
	Kind string // of the path: image, video, audio, document
	Path string
	Size int64 // encrypted
}

// Uploads returns what clients uploaded, oldest first.
func (n *Network) Uploads() []Upload {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.blobs.uploads)
}

// ExpireMedia makes the media hosts answer every request for a message's file with
// a status, as they do after some weeks (404 or 410); 0 brings it back.
func (n *Network) ExpireMedia(id string, status int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := false
	each := func(s *screen) {
		if message := s.byID[id]; message != nil && message.sealed != nil {
			if kept := n.blobs.byPath[pathOf(message.sealed.directPath)]; kept != nil {
				kept.status, found = status, true
			}
		}
	}
	for _, phone := range n.phones {
		each(&phone.screen)
	}
	for _, chat := range n.business.chats {
		each(chat)
	}
	if !found {
		return fmt.Errorf("expire media: %w: %s", ErrUnknownMessage, id)
	}
	n.touch()
	return nil
}

func pathOf(directPath string) string {
	path, _, _ := strings.Cut(directPath, "?")
	return path
}

// isMediaRequest checks what all requests to media hosts have in common.
func (n *Network) isMediaRequest(w http.ResponseWriter, r *http.Request) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case r.Host == webHost:
		n.problem("media request to %s", r.Host)
	case r.Header.Get("Origin") != "https://"+webHost:
		n.problem("media request with origin %q", r.Header.Get("Origin"))
	default:
		return true
	}
	http.Error(w, "misdirected", http.StatusMisdirectedRequest)
	return false
}

func (n *Network) takeUpload(w http.ResponseWriter, r *http.Request) {
	if !n.isMediaRequest(w, r) {
		return
	}
	kind, token := r.PathValue("kind"), r.PathValue("token")
	n.mu.Lock()
	fault := n.blobs.faults.upload
	if next := n.blobs.faults.nextUploads; len(next) > 0 {
		fault, n.blobs.faults.nextUploads = next[0], next[1:]
	}
	if !slices.Contains([]string{"image", "video", "audio", "document"}, kind) {
		n.problem("upload of unknown kind %q", kind)
	}
	if query := r.URL.Query(); query.Get("auth") != mediaAuth || query.Get("token") != token {
		n.problem("upload without the right auth and token")
	}
	n.mu.Unlock()
	if !n.pause(r, fault.Pause) {
		return
	}
	switch {
	case fault.Status != 0:
		http.Error(w, http.StatusText(fault.Status), fault.Status)
		return
	case fault.Cut:
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		panic(http.ErrAbortHandler)
	}
	kept, err := n.keepUpload(r.Body, token)
	if err != nil {
		n.mu.Lock()
		n.problem("upload: %v", err)
		n.mu.Unlock()
		http.Error(w, "bad upload", http.StatusBadRequest)
		return
	}
	n.mu.Lock()
	n.blobs.uploads = append(n.blobs.uploads, Upload{Kind: kind, Path: kept.path, Size: kept.size})
	n.touch()
	n.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{
		"url": "https://" + mediaHost + kept.directPath(), "direct_path": kept.directPath(), "handle": token[:8],
	})
}

func (n *Network) keepUpload(body io.Reader, token string) (*blob, error) {
	file, err := n.newFile()
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, sum), body)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil && base64.URLEncoding.EncodeToString(sum.Sum(nil)) != token {
		err = fmt.Errorf("the content does not have the hash of its token")
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.publish(file.Name(), size, [32]byte(sum.Sum(nil))), nil
}

// pause waits; false when the request or the network ended.
func (n *Network) pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-n.stopped.Done():
	}
	return false
}

func (n *Network) serveMedia(w http.ResponseWriter, r *http.Request) {
	if !n.isMediaRequest(w, r) {
		return
	}
	n.mu.Lock()
	fault := n.blobs.faults.download
	if next := n.blobs.faults.nextDownloads; len(next) > 0 {
		fault, n.blobs.faults.nextDownloads = next[0], next[1:]
	}
	kept := n.blobs.byPath[r.URL.Path]
	if kept != nil && r.URL.Query().Get("hash") != base64.URLEncoding.EncodeToString(kept.sum[:]) {
		n.problem("download of %s with a wrong hash", r.URL.Path)
	}
	n.mu.Unlock()
	switch {
	case fault.Status != 0:
		http.Error(w, http.StatusText(fault.Status), fault.Status)
	case kept == nil:
		http.NotFound(w, r)
	case kept.status != 0:
		http.Error(w, http.StatusText(kept.status), kept.status)
	default:
		n.deliverMedia(w, r, kept, fault)
	}
}

func (n *Network) deliverMedia(w http.ResponseWriter, r *http.Request, kept *blob, fault MediaFault) {
	file, err := os.Open(kept.file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = file.Close() }()
	if !fault.Endless {
		w.Header().Set("Content-Length", fmt.Sprint(kept.size))
	}
	chunk := make([]byte, 64<<10)
	for sent := int64(0); ; {
		if !n.pause(r, fault.Pause) {
			return
		}
		limit := int64(len(chunk))
		if fault.Cut {
			limit = min(limit, kept.size/2-sent)
		}
		count, err := file.Read(chunk[:max(limit, 0)])
		if fault.Spoil && sent <= kept.size/2 && kept.size/2 < sent+int64(count) {
			chunk[kept.size/2-sent] ^= 0x40
		}
		sent += int64(count)
		if _, failed := w.Write(chunk[:count]); failed != nil {
			return
		}
		if fault.Cut && sent >= kept.size/2 {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		if err != nil {
			break
		}
	}
	for filler := bytes.Repeat([]byte{0}, len(chunk)); fault.Endless; {
		if _, err := w.Write(filler); err != nil || n.stopped.Err() != nil {
			return
		}
	}
}
