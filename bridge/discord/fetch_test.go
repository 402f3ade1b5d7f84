package discord

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// filed lets sari post files and returns what the inbox got of them.
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
	s.ready()
	thread := s.thread("HE-1")
	data := bytes.Repeat([]byte("x"), 100_000)
	_, got := s.filed(thread, discordtest.File{Name: "a.bin", Data: data})
	s.set.exchange = time.Second
	c := s.client()
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
	if err := fetch(discordtest.FileFailure{Slow: 150 * time.Millisecond}); err != nil { // longer than the patience, but it moves
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

// A file server that sends elsewhere is not followed, wherever that is.
func TestNoFileIsFetchedFromElsewhere(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/elsewhere":
			elsewhere.Add(1)
		case strings.HasPrefix(r.URL.Path, "/attachments/") && r.Host == hostFiles:
			http.Redirect(w, r, "http://"+r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()+"/elsewhere", http.StatusFound)
		default: // the message, asked for again
			fmt.Fprint(w, `{"id":"2","channel_id":"1","attachments":[{"id":"3","url":"https://cdn.discordapp.com/attachments/1/3/b"}]}`)
		}
	}))
	defer server.Close()
	network, err := Loopback(server.URL)
	must(t, err)
	s := newStage(t, discordtest.Options{})
	s.opts.Network = network
	ref := json.RawMessage(`{"c":"1","m":"2","a":"3","u":"https://cdn.discordapp.com/attachments/1/3/a"}`)
	err = s.client().Fetch(t.Context(), ref, io.Discard)
	if e := sendErr(t, err); e.Certainty != bridge.NotSent || e.Outage || elsewhere.Load() != 0 {
		t.Errorf("asked elsewhere %d times: %+v", elsewhere.Load(), e)
	}
}
