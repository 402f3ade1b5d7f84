package whatsapp

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
)

func TestNetworkSettingsAreChecked(t *testing.T) {
	key := strings.Repeat("0f", 32)
	for _, good := range []string{"http://127.0.0.1:4000", "http://127.0.0.1:4000/", "http://[::1]:4000", "http://localhost:4000"} {
		if n, err := ParseNetwork(good, key); err != nil || n.Real() {
			t.Errorf("%s: %v", good, err)
		}
	}
	if n, err := ParseNetwork("", ""); err != nil || !n.Real() || n.Identity() == must(ParseNetwork("http://127.0.0.1:1", key)).Identity() {
		t.Errorf("real: %v", err)
	}
	for _, bad := range [][2]string{
		{"http://127.0.0.1:4000", ""}, {"", key}, {"https://127.0.0.1:4000", key}, {"http://10.0.0.1:4000", key},
		{"http://example.com:4000", key}, {"http://127.0.0.1", key}, {"http://127.0.0.1:4000/x", key},
		{"http://a:b@127.0.0.1:4000", key}, {"127.0.0.1:4000", key}, {"http://127.0.0.1:4000", "0f"}, {"http://127.0.0.1:4000", strings.Repeat("zz", 32)},
	} {
		if _, err := ParseNetwork(bad[0], bad[1]); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
	_, err := ParseNetwork("http://example.com:1", "x")
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not all problems at once: %v", err)
	}
}

func TestOnlyWhatsAppPassesTheDoor(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Host+r.URL.RequestURI())
		if r.URL.Path == "/endless" {
			w.(http.Flusher).Flush()
			for range 64 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
			return
		}
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	defer server.Close()
	n := must(ParseNetwork(server.URL, strings.Repeat("0f", 32)))
	client := n.mediaClient(mediaLimit)
	client.Transport.(*door).limit = 1 << 20
	response, err := client.Get("https://mmg.whatsapp.net/v/x?hash=1")
	if err != nil {
		t.Fatal(err)
	}
	if body := must(io.ReadAll(response.Body)); string(body) != "ok" || got[0] != "mmg.whatsapp.net/v/x?hash=1" {
		t.Fatalf("%q %q", body, got)
	}
	for _, address := range []string{
		"http://mmg.whatsapp.net/", "https://example.com/", "https://whatsapp.net.example.com/", "https://evilwhatsapp.net/",
		"https://mmg.whatsapp.net:8443/", "https://127.0.0.1/", server.URL, "https://mmg.whatsapp.net/elsewhere",
		"https://web.whatsapp.com/",
	} {
		response, err := client.Get(address)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, errForeignHost) {
			t.Errorf("%s: %v", address, err)
		}
	}
	response, err = client.Get("https://mmg.whatsapp.net/endless")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(response.Body); !errors.Is(err, errTooLarge) || len(data) != 1<<20 {
		t.Errorf("read %d bytes: %v", len(data), err)
	}
	_ = response.Body.Close()
}

func TestLogsHideNumbersAndStanzas(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	log := libraryLog{zap.New(core)}
	node := &waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"notify": "Budi"}, Content: []byte("rahasia")}
	log.Sub("Recv").Warnf("odd %s from %s", node, "628123456789@s.whatsapp.net")
	log.Errorf("handler panicked: %v", "628123456789")
	log.Debugf("%s", node)
	log.Infof("%s", node)
	want := []string{"whatsmeow: odd <message> from ***6789@s.whatsapp.net", "whatsmeow: handler panicked: ***6789"}
	for i, e := range logs.All() {
		if e.Message != want[i] {
			t.Errorf("logged %q, want %q", e.Message, want[i])
		}
	}
	if logs.Len() != 2 || logs.All()[1].Level != zap.ErrorLevel {
		t.Errorf("logged %+v", logs.All())
	}
}

// Errors of the store and of the library name addresses.
func TestErrorsAreLoggedWithoutNumbers(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error {
		return fmt.Errorf("take in %s: %w", m.Chat, bridge.ErrNotStored)
	})
	must(budi.Send("halo"))
	d.awaitState(StateHeld)
	if d.logs.FilterMessageSnippet("inbox does not store").Len() == 0 {
		t.Error("nothing is logged")
	}
	for _, e := range d.logs.All() {
		if line := fmt.Sprint(e.Message, e.ContextMap()); strings.Contains(line, budi.LID().User) {
			t.Errorf("logged %s", line)
		}
	}
	err := d.Send(soon(t), "62812000001:x@s.whatsapp.net", "3EB0A", bridge.Outgoing{Text: "x"})
	if e := sendError(t, err); strings.Contains(e.Error(), "62812000001") {
		t.Errorf("error %v", e)
	}
}

func TestNoNumberIsLoggedInAWholeConversation(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi Rahasia")
	must(budi.Send("kata sandi saya"))
	m := d.awaitMessages(1)[0]
	_ = d.Send(soon(t), m.Chat, "3EB0A", bridge.Outgoing{Text: "jawaban rahasia"})
	d.net.RefuseMessages(1, 463)
	_ = d.Send(soon(t), m.Chat, "3EB0B", bridge.Outgoing{Text: "jawaban rahasia"})
	d.inbox.setRefuse(func(*bridge.ClientMessage, *bridge.Receipt) error { return bridge.ErrNotStored })
	must(budi.Send("kata sandi baru"))
	d.awaitState(StateHeld)
	d.inbox.setRefuse(nil)
	d.acked()
	d.net.Unlink()
	d.awaitState(StateLoggedOut)
	d.stop()
	for _, e := range d.logs.All() {
		line := fmt.Sprint(e.Message, e.ContextMap())
		for _, secret := range []string{budi.Number(), d.net.Business().Number(), budi.LID().User, "sandi", "rahasia", "Rahasia"} {
			if strings.Contains(line, secret) {
				t.Errorf("%q is in the log: %s", secret, line)
			}
		}
	}
}

// What is carried is bounded by whoever asks for it, up to what WhatsApp takes.
func TestLargestFilesPass(t *testing.T) {
	door, ok := (Network{}).mediaClient(defaultSettings().largestFile).Transport.(*door)
	if !ok || door.limit < 2000<<20 {
		t.Fatalf("%+v", door)
	}
}
