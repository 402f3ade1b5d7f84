package discordtest_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// wire is a bare gateway client, for what a library does not let one do.
type wire struct {
	t  *testing.T
	ws *websocket.Conn
}

func dialWire(t *testing.T, s *discordtest.Server) *wire {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+s.Addr()+"/gateway-ws/?v=9&encoding=json", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	w := &wire{t, ws}
	if hello := w.next(); hello.Op != 10 {
		t.Fatalf("first packet %+v", hello)
	}
	return w
}

type packet struct {
	Op int             `json:"op"`
	S  int64           `json:"s"`
	T  string          `json:"t"`
	D  json.RawMessage `json:"d"`
}

func (w *wire) next() packet {
	w.t.Helper()
	w.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	var p packet
	if err := w.ws.ReadJSON(&p); err != nil {
		w.t.Fatalf("read packet: %v", err)
	}
	return p
}

// until skips to a dispatch.
func (w *wire) until(name string) packet {
	w.t.Helper()
	for {
		if p := w.next(); p.T == name {
			return p
		}
	}
}

func (w *wire) send(op int, d any) {
	w.t.Helper()
	if err := w.ws.WriteJSON(map[string]any{"op": op, "d": d}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) wantClose(code int) {
	w.t.Helper()
	w.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		if _, _, err := w.ws.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, code) {
				w.t.Fatalf("closed with %v, want %d", err, code)
			}
			return
		}
	}
}

func (w *wire) login(s *discordtest.Server, intents discordtest.Intent) (sessionID string) {
	w.t.Helper()
	w.send(2, map[string]any{"token": s.Token(), "intents": intents, "properties": map[string]any{}})
	var ready struct {
		SessionID string `json:"session_id"`
	}
	if err := json.Unmarshal(w.until("READY").D, &ready); err != nil {
		w.t.Fatal(err)
	}
	return ready.SessionID
}

const wireIntents = discordtest.IntentGuilds | discordtest.IntentGuildMessages | discordtest.IntentMessageContent

// A cut connection is resumed and everything missed is replayed in order.
func TestResumeReplays(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	event[discordgo.Guild](t, b, "GUILD_CREATE", 0)
	steady(t, d.Server, 1)
	d.CutGateway()
	if err := d.WaitFor(t.Context(), func() bool { return !d.Connected() }); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"1", "2", "3"} {
		must(d.sari.Post(d.general, text, discordtest.PostOptions{}))(t)
	}
	event[map[string]any](t, b, "RESUMED", 0)
	var missed []string
	for i := range 3 {
		missed = append(missed, event[discordgo.MessageCreate](t, b, "MESSAGE_CREATE", i).Content)
	}
	if st := d.Stats(); !slices.Equal(missed, []string{"1", "2", "3"}) || st.Resumes != 1 || st.Identifies != 1 {
		t.Fatalf("missed %q, stats %+v", missed, st)
	}
}

// Op 7 makes the client resume, op 9 makes it identify anew.
func TestReconnectAndInvalidSession(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	event[discordgo.Guild](t, b, "GUILD_CREATE", 0)
	steady(t, d.Server, 1)
	d.Reconnect()
	event[map[string]any](t, b, "RESUMED", 0)
	steady(t, d.Server, 2)
	d.InvalidateSessions(false)
	event[discordgo.Guild](t, b, "GUILD_CREATE", 1)
	if st := d.Stats(); st.Identifies != 2 {
		t.Fatalf("stats %+v", st)
	}
}

func TestSessionEndsWith1000(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	for _, end := range []struct {
		code int
		op   int
	}{{websocket.CloseNormalClosure, 9}, {4000, 0}} {
		w := dialWire(t, d.Server)
		id := w.login(d.Server, wireIntents)
		w.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(end.code, ""))
		if err := d.WaitFor(t.Context(), func() bool { return !d.Connected() }); err != nil {
			t.Fatal(err)
		}
		w = dialWire(t, d.Server)
		w.send(6, map[string]any{"token": d.Token(), "session_id": id, "seq": 2})
		if p := w.next(); p.Op != end.op {
			t.Fatalf("resume after %d: %+v", end.code, p)
		}
	}
}

func TestCloseCodes(t *testing.T) {
	d := newDesk(t, discordtest.Options{DeniedIntents: discordtest.IntentGuildMembers})
	identify := func(token string, intents discordtest.Intent) map[string]any {
		return map[string]any{"token": token, "intents": intents, "properties": map[string]any{}}
	}
	w := dialWire(t, d.Server)
	w.send(2, identify("wrong", 1))
	w.wantClose(4004)
	w = dialWire(t, d.Server)
	w.send(2, identify(d.Token(), discordtest.IntentGuildMembers))
	w.wantClose(4014)

	d.ExpectProblem("op 8 before login")
	w = dialWire(t, d.Server)
	w.send(8, map[string]any{})
	w.wantClose(4003)
	d.ExpectProblem("op 77")
	w = dialWire(t, d.Server)
	w.login(d.Server, wireIntents)
	w.send(77, nil)
	w.wantClose(4001)
	d.ExpectProblem("no packet")
	w = dialWire(t, d.Server)
	w.ws.WriteMessage(websocket.TextMessage, []byte("{"))
	w.wantClose(4002)

	w = dialWire(t, d.Server)
	id := w.login(d.Server, wireIntents)
	w.ws.Close()
	w = dialWire(t, d.Server)
	w.send(6, map[string]any{"token": d.Token(), "session_id": id, "seq": 99})
	w.wantClose(4007)
	d.SetFaults(discordtest.Faults{ResumeClose: 4009})
	w = dialWire(t, d.Server)
	w.send(6, map[string]any{"token": d.Token(), "session_id": id, "seq": 2})
	w.wantClose(4009)

	d.SetFaults(discordtest.Faults{ReconnectFirst: true})
	w = dialWire(t, d.Server)
	w.send(2, identify(d.Token(), 1))
	if p := w.next(); p.Op != 7 {
		t.Fatalf("op 7 first: %+v", p)
	}

	d.SetFaults(discordtest.Faults{NoAck: true})
	w = dialWire(t, d.Server)
	w.login(d.Server, wireIntents)
	w.send(1, 1)
	d.SetToken("another")
	w.wantClose(4004)
}

// Without the message content intent other people's words are empty; without
// an intent its events do not come.
func TestIntents(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	blind, deaf := dialWire(t, d.Server), dialWire(t, d.Server)
	blind.login(d.Server, discordtest.IntentGuilds|discordtest.IntentGuildMessages)
	deaf.login(d.Server, discordtest.IntentGuilds)
	must(d.sari.Post(d.general, "rahasia", discordtest.PostOptions{}))(t)
	must(d.sari.Post(d.general, "halo <@"+d.BotID()+">", discordtest.PostOptions{}))(t)
	d.AddChannel(discordtest.NewChannel{Name: "later"})

	var m discordgo.Message
	if json.Unmarshal(blind.until("MESSAGE_CREATE").D, &m); m.Content != "" {
		t.Fatalf("content without intent: %q", m.Content)
	}
	if json.Unmarshal(blind.until("MESSAGE_CREATE").D, &m); m.Content == "" {
		t.Fatal("a mention of the bot was stripped")
	}
	deaf.until("GUILD_CREATE")
	if p := deaf.next(); p.T != "CHANNEL_CREATE" {
		t.Fatalf("deaf heard %s", p.T)
	}
	b := newBot(t, d.Server, nil)
	if got := must(b.ChannelMessages(d.general, 10, "", "", ""))(t); got[1].Content != "rahasia" {
		t.Fatalf("REST content %q", got[1].Content)
	}
	d.DenyIntents(discordtest.IntentMessageContent)
	if got := must(b.ChannelMessages(d.general, 10, "", "", ""))(t); got[1].Content != "" {
		t.Fatalf("REST content with the portal switch off: %q", got[1].Content)
	}
}

// The bot hears nothing from channels it cannot see.
func TestHiddenChannelIsSilent(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	hidden := d.AddChannel(discordtest.NewChannel{Name: "hidden", Overwrites: []discordtest.Overwrite{
		{ID: d.GuildID(), Deny: discordtest.PermissionViewChannel},
		{ID: d.sari.ID(), Member: true, Allow: discordtest.PermissionViewChannel}}})
	b := openBot(t, d.Server)
	must(d.sari.Post(hidden, "psst", discordtest.PostOptions{}))(t)
	must(d.sari.Post(d.general, "halo", discordtest.PostOptions{}))(t)
	if m := event[discordgo.MessageCreate](t, b, "MESSAGE_CREATE", 0); m.Content != "halo" {
		t.Fatalf("heard %q", m.Content)
	}
	if _, err := b.ChannelMessageSend(hidden, "x"); code(err) != 50001 {
		t.Fatalf("write in a hidden channel: %v", err)
	}
}

// An outage cuts the gateway and refuses REST; afterwards the session resumes.
func TestOutage(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	w := dialWire(t, d.Server)
	id := w.login(d.Server, wireIntents)
	last := w.until("GUILD_CREATE").S
	d.SetFaults(discordtest.Faults{Outage: true})
	if _, _, err := w.ws.ReadMessage(); err == nil {
		t.Fatal("the gateway lived on")
	}
	b := newBot(t, d.Server, nil)
	if _, err := b.ChannelMessageSend(d.general, "x"); err == nil {
		t.Fatal("REST lived on")
	}
	must(d.sari.Post(d.general, "meanwhile", discordtest.PostOptions{}))(t)
	d.SetFaults(discordtest.Faults{})
	w = dialWire(t, d.Server)
	w.send(6, map[string]any{"token": d.Token(), "session_id": id, "seq": last})
	w.until("MESSAGE_CREATE")
	w.until("RESUMED")
}

// WaitFor ends with its context.
func TestWaitForGivesUp(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.WaitFor(ctx, func() bool { return false }); err == nil {
		t.Fatal("waited for ever")
	}
}
