package desk

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A haystack is everything that was found lying about, by where it lay.
type haystack map[string][]byte

// formsOf are the ways in which words may stand in bytes.
func formsOf(secret string) map[string][]byte {
	forms := map[string][]byte{
		"plain": []byte(secret), "hex": []byte(hex.EncodeToString([]byte(secret))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))),
		"query": []byte(url.QueryEscape(secret)), "path": []byte(url.PathEscape(secret)), "quoted": []byte(strings.Trim(fmt.Sprintf("%q", secret), `"`)),
	}
	for _, html := range []bool{true, false} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if err := e.Encode(secret); err != nil {
			panic(err)
		}
		forms[fmt.Sprint("json ", html)] = bytes.Trim(b.Bytes(), "\"\n")
	}
	var utf16 strings.Builder
	for _, r := range secret {
		fmt.Fprintf(&utf16, `\u%04x`, r)
	}
	forms["escaped"] = []byte(utf16.String())
	// Wherever it begins, what lies between its ends looks one of three ways.
	for shift := range 3 {
		for name, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			all := enc.EncodeToString(append(make([]byte, shift), secret...))
			from := (shift*8 + 5) / 6
			forms[fmt.Sprint(name, shift)] = []byte(all[from : (shift+len(secret))*8/6])
		}
	}
	return forms
}

// find says where a secret lies, in whatever form.
func (h haystack) find(secret string) (places []string) {
	forms := formsOf(secret)
	for _, place := range slices.Sorted(maps.Keys(h)) {
		for form, needle := range forms {
			if contains(h[place], needle, secret) {
				places = append(places, place+" ("+form+")")
			}
		}
	}
	return places
}

// contains leaves out digits that are a part of a longer number, such as a time.
func contains(hay, needle []byte, secret string) bool {
	digits := strings.Trim(secret, "0123456789") == "" && string(needle) == secret
	for at := 0; ; {
		i := bytes.Index(hay[at:], needle)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(needle)
		if !digits || (from == 0 || !isDigit(hay[from-1])) && (to == len(hay) || !isDigit(hay[to])) {
			return true
		}
		at = from + 1
	}
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// folder adds every file below a folder.
func (h haystack) folder(t *testing.T, name, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // it may vanish meanwhile
		}
		data, err := os.ReadFile(path)
		if err == nil {
			h[name+path[len(dir):]] = data
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// redis adds every key, as it is read and as it is dumped, after the server has written
// all of it to its files.
func (h haystack) redis(t *testing.T, client store.Client, node *storetest.Node) {
	t.Helper()
	ctx := t.Context()
	if err := client.ConfigSet(ctx, "rdbcompression", "no").Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Save(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	h["redis"] = []byte(storetest.Dump(ctx, client))
	keys, err := client.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		dumped, err := client.Dump(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		h["dump "+key] = []byte(key + dumped)
	}
	h.folder(t, "redis", node.Dir)
}

// logs adds what was logged, at every level.
func (h haystack) logs(t *testing.T, name string, w *world) {
	t.Helper()
	var all bytes.Buffer
	for _, e := range w.logs.All() {
		fmt.Fprintf(&all, "%s %s %s %v\n%s\n", e.Level, e.LoggerName, e.Message, e.ContextMap(), e.Stack)
	}
	h[name] = all.Bytes()
}

// world adds what everybody can see there, with what was edited and deleted.
func (h haystack) world(t *testing.T, w *world) {
	t.Helper()
	for _, c := range w.stage.discord.Channels() {
		data, err := json.Marshal([]any{c, w.stage.discord.Messages(c.ID), w.stage.discord.History(c.ID)})
		if err != nil {
			t.Fatal(err)
		}
		h["discord "+c.ID] = data
		for _, m := range w.stage.discord.Messages(c.ID) {
			for _, a := range m.Attachments {
				if file, ok := w.stage.discord.File(a.ID); ok {
					h["file "+a.ID] = file
				}
			}
		}
	}
}

// A tap keeps every request that a desk makes of Discord over HTTP.
type tap struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func tapped(t *testing.T, endpoint string) (address string, into *tap) {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	into = new(tap)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		into.mu.Lock()
		fmt.Fprintf(&into.all, "%s %s %v\n%s\n", r.Method, r.URL, r.Header, body)
		into.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, into
}

func (p *tap) bytes() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.all.Bytes())
}

// The search finds what is there, in every form, and what is not there it does not find.
func TestTheSearchForSecretsFinds(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"48291377", "Kopi#77<x>&\"\\ü"} {
		for form, needle := range formsOf(secret) {
			h := haystack{"here": slices.Concat([]byte("vor "), needle, []byte(" nach"))}
			if len(h.find(secret)) == 0 {
				t.Errorf("%q as %s is not found", secret, form)
			}
		}
		for before := range 4 {
			text := append(bytes.Repeat([]byte("x"), before), secret+"yz"...)
			h := haystack{"here": []byte(base64.StdEncoding.EncodeToString(text))}
			if len(h.find(secret)) == 0 {
				t.Errorf("%q after %d bytes in base64 is not found", secret, before)
			}
		}
	}
	if got := (haystack{"here": []byte("id 1482913771, at 48291376")}).find("48291377"); got != nil {
		t.Errorf("found in %v", got)
	}
}
