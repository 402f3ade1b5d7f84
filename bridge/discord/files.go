package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// A fileRef is what [Client.Fetch] needs to know of a file; it is kept in the store.
type fileRef struct {
	Channel string `json:"c"`
	Message string `json:"m"`
	ID      string `json:"a"`
	URL     string `json:"u"`
	Size    int64  `json:"n,omitzero"` // 0: not said
}

const (
	mostDownload = 512 << 20 // more than Discord takes from anybody
	hostFiles    = "cdn.discordapp.com"
	hostPreviews = "media.discordapp.net"
)

// errLinkDead means that a file's address does not work any more.
var errLinkDead = errors.New("the file's address does not work")

// Fetch writes the content of a person's file to w. An address that has expired is
// asked for anew, once. Its error is a [bridge.MediaError] when trying again will not
// help, a [bridge.SendError], or what w said; w may have got bytes by then.
func (c *Client) Fetch(ctx context.Context, ref json.RawMessage, w io.Writer) error {
	var f fileRef
	if err := json.Unmarshal(ref, &f); err != nil || !isID(f.Channel) || !isID(f.Message) || !isID(f.ID) {
		return &bridge.MediaError{Fault: bridge.Malformed, Err: err}
	}
	if !isFileAddress(f.URL) {
		return &bridge.MediaError{Fault: bridge.BadAddress}
	}
	if f.Size > mostDownload {
		return &bridge.MediaError{Fault: bridge.TooLarge}
	}
	select {
	case c.downloads <- struct{}{}:
		defer func() { <-c.downloads }()
	case <-ctx.Done():
		return &bridge.SendError{Certainty: bridge.NotSent, Reason: "other files came first", Err: ctx.Err()}
	}
	if !expired(f.URL, c.now()) {
		if err := c.download(ctx, f.URL, f.Size, w); !errors.Is(err, errLinkDead) {
			return err
		}
	}
	fresh, err := c.freshAddress(ctx, f)
	if err != nil {
		return err
	}
	err = c.download(ctx, fresh, f.Size, w)
	if errors.Is(err, errLinkDead) {
		return &bridge.SendError{Certainty: bridge.NotSent, Reason: "Discord does not give the file out", Err: err}
	}
	return err
}

// freshAddress asks for the message again: its addresses are new each time.
func (c *Client) freshAddress(ctx context.Context, f fileRef) (string, error) {
	var m message
	err := c.rest.do(ctx, "read message", http.MethodGet, "/channels/"+f.Channel+"/messages/"+f.Message, nil, &m)
	if isCode(err, codeUnknownMessage, codeUnknownChannel) {
		return "", &bridge.MediaError{Fault: bridge.Gone, Err: err}
	}
	if err != nil {
		return "", sendError(err, "View Channel and Read Message History")
	}
	for _, a := range m.everyFile() {
		if a.ID == f.ID {
			if !isFileAddress(a.URL) {
				return "", &bridge.MediaError{Fault: bridge.BadAddress}
			}
			return a.URL, nil
		}
	}
	return "", &bridge.MediaError{Fault: bridge.Gone, Err: errors.New("the message no longer has the file")}
}

// download writes what is at an address to w. It gives up when nothing comes for a
// while, however long the whole takes.
func (c *Client) download(ctx context.Context, address string, size int64, w io.Writer) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	patience := time.AfterFunc(c.set.exchange, cancel)
	defer patience.Stop()
	req, err := http.NewRequestWithContext(inner, http.MethodGet, address, nil)
	if err != nil {
		return &bridge.MediaError{Fault: bridge.BadAddress}
	}
	if req, err = c.net.aim(req); err != nil {
		return &bridge.MediaError{Fault: bridge.BadAddress, Err: err}
	}
	resp, err := c.cdn.RoundTrip(req)
	if err != nil {
		return sendError(&apiError{op: "fetch file", cause: stopped(ctx, err)}, "")
	}
	defer resp.Body.Close()
	if err := answered(resp); err != nil {
		return err
	}
	if size > 0 && resp.ContentLength >= 0 && resp.ContentLength != size {
		return &bridge.MediaError{Fault: bridge.Mismatch, Err: fmt.Errorf("%d bytes, %d were announced", resp.ContentLength, size)}
	}
	most := cmp.Or(max(size, 0), mostDownload)
	out := &watchedWriter{w: w, moved: func() { patience.Reset(c.set.exchange) }}
	n, err := io.Copy(out, io.LimitReader(resp.Body, most+1))
	switch {
	case out.err != nil:
		return fmt.Errorf("keep file: %w", out.err)
	case n > most && size > 0:
		return &bridge.MediaError{Fault: bridge.Mismatch, Err: fmt.Errorf("more than the %d bytes that were announced", size)}
	case n > most:
		return &bridge.MediaError{Fault: bridge.TooLarge}
	case err != nil:
		return sendError(&apiError{op: "fetch file", cause: stopped(ctx, err)}, "")
	case size > 0 && n != size:
		return &bridge.MediaError{Fault: bridge.Mismatch, Err: fmt.Errorf("%d bytes, %d were announced", n, size)}
	case n == 0:
		return &bridge.MediaError{Fault: bridge.Empty}
	}
	return nil
}

// answered judges the head of an answer of the file server.
func answered(resp *http.Response) error {
	switch status := resp.StatusCode; {
	case status == http.StatusOK:
		return nil
	case status == http.StatusTooManyRequests:
		return sendError(&apiError{op: "fetch file", Status: status, Message: http.StatusText(status), retry: retryAfter(resp)}, "")
	case status >= 300 && status < 500: // another place that it names is not asked
		return fmt.Errorf("fetch file: HTTP %d: %w", status, errLinkDead)
	default:
		return sendError(&apiError{op: "fetch file", Status: status, Message: http.StatusText(status), page: true}, "")
	}
}

// stopped says what ended an exchange: its own patience is no word of the caller's.
func stopped(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return errors.New("nothing came for too long")
	}
	return err
}

// A watchedWriter tells of progress, and what the writer behind it said.
type watchedWriter struct {
	w     io.Writer
	moved func()
	err   error
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	w.moved()
	n, err := w.w.Write(p)
	w.err = err
	w.moved()
	return n, err
}

// isFileAddress reports an address of Discord's file servers.
func isFileAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.User == nil && slices.Contains([]string{hostFiles, hostPreviews}, u.Host)
}

// expired reports an address that says of itself that its time is over.
func expired(address string, now time.Time) bool {
	u, err := url.Parse(address)
	if err != nil {
		return true
	}
	until, err := strconv.ParseInt(u.Query().Get("ex"), 16, 64)
	return err == nil && !now.Before(time.Unix(until, 0))
}

func isID(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// fit refuses files that Discord would refuse. A file that is only too large for what
// has been learnt meanwhile is [bridge.NotSent]: its message can be made without it.
func (c *Client) fit(files []bridge.File) error {
	if len(files) > mostFiles {
		return unfit(fmt.Sprintf("a message in Discord holds at most %d files", mostFiles), bridge.Refused, bridge.TooLarge)
	}
	total := int64(requestRest)
	for _, f := range files {
		switch {
		case f.Size <= 0:
			return unfit("the file is empty", bridge.Refused, bridge.Empty)
		case f.Size > c.Limit():
			return unfit(fmt.Sprintf("the file is larger than the %d bytes that Discord takes", c.Limit()), bridge.NotSent, bridge.TooLarge)
		}
		total += f.Size
	}
	if total > mostRequest {
		return unfit(fmt.Sprintf("a request to Discord holds at most %d bytes", mostRequest), bridge.Refused, bridge.TooLarge)
	}
	return nil
}

func unfit(reason string, certainty bridge.Certainty, fault bridge.Fault) error {
	return &bridge.SendError{Certainty: certainty, Reason: reason, Err: &bridge.MediaError{Fault: fault}}
}

// tooLarge learns from the answer that files were too large: together they were not, so
// the largest one was.
func (c *Client) tooLarge(err error, files []bridge.File) error {
	if len(files) == 0 || !isStatus(err, http.StatusRequestEntityTooLarge) && !isCode(err, codeTooLarge) {
		return nil
	}
	largest := slices.MaxFunc(files, func(a, b bridge.File) int { return cmp.Compare(a.Size, b.Size) })
	c.limit.refused(largest.Size)
	return &bridge.SendError{Certainty: bridge.NotSent, Reason: "the file is larger than Discord takes",
		Err: &bridge.MediaError{Fault: bridge.TooLarge, Err: err}}
}

// attachments name the files of a message by their place.
func attachments(files []bridge.File) []attachment {
	var out []attachment
	for i, f := range files {
		a := attachment{ID: strconv.Itoa(i), Name: fileName(f.Name)}
		if a.Name != f.Name {
			a.Description = clip(strings.TrimSpace(printable(f.Name)), 200)
		}
		out = append(out, a)
	}
	return out
}
