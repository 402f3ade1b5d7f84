package whatsapp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/socket"
	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
)

// mostHosts is how many of WhatsApp's media hosts are tried.
const mostHosts = 3

// Fetch implements [bridge.Phone]. A file that WhatsApp's hosts have no more is asked
// of the linked phone.
func (c *Client) Fetch(ctx context.Context, data json.RawMessage, w io.Writer) error {
	var ref mediaRef
	if err := json.Unmarshal(data, &ref); err != nil {
		return &bridge.MediaError{Fault: bridge.Malformed, Err: fmt.Errorf("decode reference: %w", err)}
	}
	if _, known := fileUses[ref.Type]; !known || ref.Path == "" || len(ref.Key) != fileKeySize || len(ref.Sum) == 0 || len(ref.EncSum) == 0 {
		return &bridge.MediaError{Fault: bridge.Malformed, Err: errors.New("the reference is not complete")}
	}
	return c.withFiles(ctx, func(ctx context.Context, l *link) error {
		err := l.fetch(ctx, ref, w)
		if e, ok := errors.AsType[*bridge.MediaError](err); !ok || e.Fault != bridge.Gone {
			return err
		}
		path, askErr := l.uploadAgain(ctx, ref)
		if askErr != nil {
			return askErr
		}
		ref.Path = path
		return l.fetch(ctx, ref, w)
	})
}

// withFiles gives the link to what moves a file, and sees to it that closing the
// link ends it.
func (c *Client) withFiles(ctx context.Context, move func(context.Context, *link) error) (err error) {
	l := c.link.Load()
	switch {
	case !c.allowed():
		return blocked(reasonNotLeading, nil)
	case l == nil || !l.ready() || !l.begin():
		return blocked(reasonNotConnected, nil)
	}
	defer l.work.Done()
	defer func() {
		if r := recover(); r != nil {
			l.c.log.Error("moving a file panicked", zap.String("panic", mask(fmt.Sprint(r))))
			err = &bridge.SendError{Certainty: bridge.NotSent, Reason: "moving the file broke off"}
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.stopping, cancel)()
	return move(ctx, l)
}

// fetch tries WhatsApp's hosts in turn, until one began to answer.
func (l *link) fetch(ctx context.Context, ref mediaRef, w io.Writer) error {
	hosts, err := l.mediaHosts(ctx, false)
	if err != nil {
		return err
	}
	written := &counted{to: w}
	for _, host := range hosts.names {
		err = l.download(ctx, host, ref, written)
		if _, final := errors.AsType[*bridge.MediaError](err); err == nil || final || written.n > 0 || ctx.Err() != nil {
			break
		}
	}
	return err
}

type counted struct {
	to io.Writer
	n  int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.n += int64(n)
	return n, err
}

func (l *link) download(ctx context.Context, host string, ref mediaRef, w *counted) error {
	mark := "?"
	if strings.Contains(ref.Path, "?") {
		mark = "&"
	}
	address := "https://" + host + ref.Path + mark + "hash=" + base64.URLEncoding.EncodeToString(ref.EncSum) + "&mms-type=" + ref.Type + "&__wa-mms="
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return &bridge.MediaError{Fault: bridge.Malformed, Err: maskedError{err}}
	}
	response, err := l.askMedia(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if err := mediaStatus(response); err != nil {
		return err
	}
	err = unseal(w, response.Body, ref)
	switch {
	case errors.Is(err, errTooLarge):
		return &bridge.MediaError{Fault: bridge.TooLarge, Err: errTooLarge}
	case err == nil && w.n == 0:
		return &bridge.MediaError{Fault: bridge.Empty}
	case err == nil:
		return nil
	}
	if why, ok := errors.AsType[errMismatch](err); ok {
		return &bridge.MediaError{Fault: bridge.Mismatch, Err: why}
	}
	if _, ok := errors.AsType[*bridge.MediaError](err); ok {
		return err
	}
	return &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: "the file broke off on its way", Err: maskedError{err}}
}

// askMedia sends a request to a media host as the library does.
func (l *link) askMedia(request *http.Request) (*http.Response, error) {
	request.Header.Set("Origin", socket.Origin)
	request.Header.Set("Referer", socket.Origin+"/")
	response, err := l.media.Do(request)
	switch {
	case err == nil:
		return response, nil
	case errors.Is(err, errForeignHost):
		return nil, &bridge.MediaError{Fault: bridge.BadAddress, Err: errForeignHost}
	case errors.Is(err, errTooLarge):
		return nil, &bridge.MediaError{Fault: bridge.TooLarge, Err: errTooLarge}
	}
	return nil, &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: "WhatsApp's media host cannot be reached", Err: maskedError{err}}
}

const hostAnswered = "WhatsApp's media host answered with status %d"

// mediaStatus says what the answer of a media host means; nil for a good one.
func mediaStatus(response *http.Response) error {
	code := response.StatusCode
	switch {
	case code == http.StatusOK:
		return nil
	case code == http.StatusForbidden, code == http.StatusNotFound, code == http.StatusGone:
		return &bridge.MediaError{Fault: bridge.Gone, Err: fmt.Errorf(hostAnswered, code)}
	case code == http.StatusRequestEntityTooLarge:
		return &bridge.MediaError{Fault: bridge.TooLarge, Err: fmt.Errorf(hostAnswered, code)}
	case code == http.StatusTooManyRequests:
		return &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: retryAfter(response, time.Minute), Reason: "WhatsApp asks us to slow down"}
	}
	return &bridge.SendError{Certainty: bridge.NotSent, Outage: code >= 500, RetryAfter: retryAfter(response, 0), Reason: fmt.Sprintf(hostAnswered, code)}
}

// retryAfter is how long a host asks to wait, an hour at most.
func retryAfter(response *http.Response, otherwise time.Duration) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return otherwise
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}

// hosts are where files lie, and the pass for leaving some.
type hosts struct {
	names []string
	pass  string
}

// mediaHosts asks WhatsApp where files lie, unless that is known and not to be
// asked anew.
func (l *link) mediaHosts(ctx context.Context, anew bool) (hosts, error) {
	//lint:ignore SA1019 nothing else of the library tells the hosts, and its own transfers keep whole files
	conn, err := l.cli.DangerousInternals().RefreshMediaConn(ctx, anew)
	switch {
	case errors.Is(err, whatsmeow.ErrIQTimedOut), disconnected(err), errors.Is(err, whatsmeow.ErrNotConnected):
		return hosts{}, blocked("WhatsApp does not answer", err)
	case err != nil:
		return hosts{}, &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: "WhatsApp did not say where files are", Err: maskedError{err}}
	case len(conn.Hosts) == 0:
		return hosts{}, &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: "WhatsApp names no media host"}
	}
	found := hosts{pass: conn.Auth}
	for _, host := range conn.Hosts[:min(len(conn.Hosts), mostHosts)] {
		found.names = append(found.names, host.Hostname)
	}
	return found, nil
}
