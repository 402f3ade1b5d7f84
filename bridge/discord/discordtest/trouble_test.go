package discordtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// What happens to messages beside edits looks as it does at Discord: previews come
// without the time of an edit, some without anything else; a sweep is one event.
func TestPreviewsAndSweeps(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	w := dialWire(t, d.Server)
	w.login(d.Server, wireIntents)
	w.until("GUILD_CREATE")
	one := must(d.sari.Post(d.general, "one", discordtest.PostOptions{}))(t)
	two := must(d.sari.Post(d.general, "two", discordtest.PostOptions{}))(t)
	type update struct {
		ID      string            `json:"id"`
		IDs     []string          `json:"ids"`
		Content *string           `json:"content"`
		Edited  *string           `json:"edited_timestamp"`
		Embeds  []json.RawMessage `json:"embeds"`
	}
	next := func(name string) (u update) {
		t.Helper()
		if err := json.Unmarshal(w.until(name).D, &u); err != nil {
			t.Fatal(err)
		}
		return u
	}
	d.Unfurl(one.ID, true)
	if u := next("MESSAGE_UPDATE"); u.ID != one.ID || u.Content != nil || len(u.Embeds) != 1 {
		t.Errorf("bare preview %+v", u)
	}
	d.Unfurl(one.ID, false)
	if u := next("MESSAGE_UPDATE"); u.Content == nil || *u.Content != "one" || u.Edited != nil {
		t.Errorf("preview %+v", u)
	}
	d.BulkDelete(d.general, one.ID, "77", two.ID)
	if u := next("MESSAGE_DELETE_BULK"); strings.Join(u.IDs, " ") != one.ID+" "+two.ID || len(d.Messages(d.general)) != 0 {
		t.Errorf("sweep %+v", u)
	}
}

// A server that is away is silent, and nothing of that time is replayed; back, it is
// described anew.
func TestAServerThatIsAway(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	w := dialWire(t, d.Server)
	w.login(d.Server, wireIntents)
	w.until("GUILD_CREATE")
	d.SetGuildAvailable(false)
	if p := w.next(); p.T != "GUILD_DELETE" || !strings.Contains(string(p.D), `"unavailable":true`) {
		t.Fatalf("going away: %+v", p)
	}
	must(d.sari.Post(d.general, "unheard", discordtest.PostOptions{}))(t)
	d.SetGuildAvailable(true)
	if p := w.next(); p.T != "GUILD_CREATE" {
		t.Fatalf("coming back: %s", p.T)
	}
	must(d.sari.Post(d.general, "heard", discordtest.PostOptions{}))(t)
	if p := w.next(); p.T != "MESSAGE_CREATE" || !strings.Contains(string(p.D), `"heard"`) {
		t.Fatalf("afterwards: %s %s", p.T, p.D)
	}
}

// Events can come twice under one number, and as bytes that say nothing; the numbers go on.
func TestDoubledAndGarbledEvents(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	w := dialWire(t, d.Server)
	w.login(d.Server, wireIntents)
	before := w.until("GUILD_CREATE").S
	d.SetFaults(discordtest.Faults{Twice: true})
	must(d.sari.Post(d.general, "twice", discordtest.PostOptions{}))(t)
	if one, two := w.until("MESSAGE_CREATE"), w.until("MESSAGE_CREATE"); one.S != two.S || one.S != before+1 {
		t.Errorf("events %d and %d after %d", one.S, two.S, before)
	}
	d.SetFaults(discordtest.Faults{})
	d.GarbleEvents(1)
	must(d.sari.Post(d.general, "garbled", discordtest.PostOptions{}))(t)
	if kind, data, err := w.ws.ReadMessage(); err != nil || kind != websocket.BinaryMessage || json.Valid(data) {
		t.Fatalf("garbled event: %d %q %v", kind, data, err)
	}
	must(d.sari.Post(d.general, "clear", discordtest.PostOptions{}))(t)
	if p := w.until("MESSAGE_CREATE"); p.S != before+3 {
		t.Errorf("the event after it has number %d, want %d", p.S, before+3)
	}
}

// The proxy's ban may keep to itself how long it lasts.
func TestABanWithoutAnEnd(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	for _, silent := range []bool{false, true} {
		d.SetFaults(discordtest.Faults{HTML429: true, NoRetryAfter: silent})
		resp := must(http.Get(d.URL() + "/api/v10/gateway"))(t)
		resp.Body.Close()
		if resp.StatusCode != http.StatusTooManyRequests || (resp.Header.Get("Retry-After") == "") != silent {
			t.Errorf("silent %t: %d, Retry-After %q", silent, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
}

// The limits that Discord keeps to itself hold unless they are switched off.
func TestHiddenLimitsAreOnByDefault(t *testing.T) {
	l := discordtest.DefaultLimits()
	for name, limit := range map[string]discordtest.Limit{"posts": l.ThreadCreate, "renames": l.Rename, "old edits": l.OldEdit} {
		if limit.N == 0 || limit.Per == 0 {
			t.Errorf("there is no limit on %s", name)
		}
	}
}
