package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/desk"
)

// A bench is a running sandbox and a client of its control API.
type bench struct {
	t   *testing.T
	s   *sandbox
	url string
	// giveUp ends the test; who plays by other rules than t sets it.
	giveUp func(format string, args ...any)
}

// hushed takes away what a desk does by itself, and what makes it wait: for stories of the
// networks and the page.
func hushed(c *desk.Config) {
	closed, err := calendar.New(calendar.Plan{Zone: c.Zone})
	if err != nil {
		panic(err)
	}
	c.Calendar, c.Greet, c.Undo, c.Flood = closed, bridge.GreetNever, 0, bridge.Flood{}
}

// start runs a sandbox for one test, with nobody in it; quiet unless told otherwise.
func start(t *testing.T, o options) *bench {
	t.Helper()
	o.Log = zaptest.NewLogger(t, zaptest.Level(zapLevel()))
	o.Problem = func(text string) { t.Error(text) }
	if o.Policy == nil {
		o.Policy = hushed
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 11, 23, 9, 0, 0, 0, jakarta())
	}
	s, err := open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx) }()
	server := httptest.NewServer(s.handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	ready, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := s.prepare(ready); err != nil {
		t.Fatal(err)
	}
	return &bench{t, s, server.URL, t.Fatalf}
}

// do calls the API and returns the status and the answer.
func (b *bench) do(method, path, body string) (int, []byte) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+"/sandbox/"+path, strings.NewReader(body))
	if err != nil {
		b.giveUp("%v", err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.giveUp("%v", err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.giveUp("%v", err)
	}
	return answer.StatusCode, bytes.TrimSpace(data)
}

// post is a call that must succeed; into may be nil.
func (b *bench) post(path string, body, into any) {
	b.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.giveUp("%v", err)
	}
	status, answer := b.do("POST", path, string(data))
	b.decode(path, status, answer, into)
}

func (b *bench) get(path string, into any) {
	b.t.Helper()
	status, answer := b.do("GET", path, "")
	b.decode(path, status, answer, into)
}

func (b *bench) decode(path string, status int, answer []byte, into any) {
	b.t.Helper()
	if status != http.StatusOK {
		b.giveUp("%s answered %d %s", path, status, answer)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer, into); err != nil {
		b.giveUp("%s answered %s: %v", path, answer, err)
	}
}

func (b *bench) settle() {
	b.t.Helper()
	var answer struct {
		Settled bool
		Waiting int
	}
	b.post("settle", obj{}, &answer)
	if !answer.Settled {
		b.giveUp("not settled, %d waiting", answer.Waiting)
	}
}

type obj = map[string]any

// The parts of answers the stories look at.
type (
	idOf    struct{ ID string }
	onPhone struct {
		ID, Kind, Text, Status string
		FromMe                 bool   `json:"from_me"`
		ReplyTo                string `json:"reply_to"`
		Edited, Deleted        bool
		Reactions              map[string]string
		Album                  string
		ViewOnce               bool `json:"view_once"`
		Forwarded              int
		Fades                  float64
		File                   *inFile
		Location               *struct {
			Latitude, Longitude float64
			Name                string
		}
		Contacts []struct{ Name, Phone, VCard string }
		Poll     *struct {
			Question string
			Options  []string
			Votes    map[string][]string
		}
	}
	inFile struct {
		Name, MIME, SHA256, Problem, Path string
		Size                              int64
		Seconds                           float64
		Width, Height                     int
	}
	inGuild struct {
		ID, Name, Parent string
		Type             int
		Tags             []string
		Archived, Locked bool
		VisibleTo        []string `json:"visible_to"`
	}
	inChannel struct {
		ID, Content string
		ReplyTo     string `json:"reply_to"`
		Author      struct {
			Name string
			Bot  bool
		}
		Embeds     []obj
		Components []struct {
			Components []struct {
				Label    string
				CustomID string `json:"custom_id"`
				Disabled bool
			}
		}
		Reactions []struct {
			Emoji string
			Users []struct{ Name string }
		}
		Attachments []struct {
			Filename, Path string
			ContentType    string `json:"content_type"`
			Seconds        float64
			Width          int
		}
		Voice    bool
		Stickers []string
		Poll     struct {
			Question string
			Answers  []string
		}
		Forwarded []struct{ Content string }
	}
)

func (b *bench) screen(phone string) []onPhone {
	b.t.Helper()
	var all []onPhone
	b.get("customers/"+phone+"/messages", &all)
	return all
}

func (b *bench) channel(id string) []inChannel {
	b.t.Helper()
	var all []inChannel
	b.get("discord/channels/"+id+"/messages", &all)
	return all
}

// thread is the only post of the tickets' forum.
func (b *bench) thread() inGuild {
	b.t.Helper()
	var all []inGuild
	b.get("discord/channels", &all)
	posts := slices.DeleteFunc(all, func(c inGuild) bool { return c.Type != 11 })
	if len(posts) != 1 {
		b.t.Fatalf("%d posts: %+v", len(posts), posts)
	}
	return posts[0]
}

const ana = "6281234567001"

// write lets Ana write her first message and returns its id.
func (b *bench) write(text string) string {
	b.t.Helper()
	b.post("customers", obj{"phone": ana, "name": "Ana Wijaya"}, nil)
	var sent idOf
	b.post("customers/"+ana+"/messages", obj{"text": text}, &sent)
	b.settle()
	return sent.ID
}

func TestClientAndAgentTalk(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true, Checked: true})
	first := b.write("halo *kak*")
	screen := b.screen(ana)
	if len(screen) != 2 || screen[0].ID != first || !screen[0].FromMe || !strings.HasPrefix(screen[1].Text, "Selamat datang") {
		t.Fatalf("phone shows %+v", screen)
	}
	thread := b.thread()
	if !slices.Contains(thread.Tags, "new") {
		t.Errorf("tags %q", thread.Tags)
	}
	shown := b.channel(thread.ID)
	if len(shown) != 3 || len(shown[0].Embeds) != 1 || !strings.Contains(shown[1].Content, "halo **kak**") || !shown[1].Author.Bot {
		t.Fatalf("thread shows %+v", shown)
	}

	var answer idOf
	b.post("discord/channels/"+thread.ID+"/messages", obj{"as": "sari", "content": "**siap**, kak"}, &answer)
	b.post("discord/channels/"+thread.ID+"/messages", obj{"as": "sari", "content": "// dicek dulu"}, nil)
	b.post("discord/channels/"+thread.ID+"/messages", obj{"as": "maya", "content": "klien ini sedang menawar"}, nil)
	b.settle()
	screen = b.screen(ana)
	if len(screen) != 3 || screen[2].Text != "*siap*, kak" || screen[2].FromMe {
		t.Fatalf("phone shows %+v", screen)
	}
	b.post("customers/"+ana+"/messages", obj{"text": "terima kasih", "reply_to": screen[2].ID}, nil)
	b.post("customers/"+ana+"/presence", obj{"read": true}, nil)
	b.settle()
	if screen = b.screen(ana); screen[3].ReplyTo != screen[2].ID || screen[2].Status != "read" {
		t.Errorf("phone shows %+v", screen[2:])
	}
	shown = b.channel(thread.ID)
	last := shown[len(shown)-1]
	if !strings.Contains(last.Content, "terima kasih") {
		t.Errorf("thread ends with %+v", last)
	}
	i := slices.IndexFunc(shown, func(m inChannel) bool { return m.ID == answer.ID })
	if i < 0 || len(shown[i].Reactions) != 1 || shown[i].Reactions[0].Emoji != "👀" {
		t.Errorf("the agent's message is marked %+v", shown[i])
	}
}

func TestTicketIsClosedByCommand(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	thread := b.thread()
	var tickets []struct{ Number, State, Thread string }
	b.get("tickets", &tickets)
	if len(tickets) != 1 || tickets[0].State != "new" || tickets[0].Thread != thread.ID || tickets[0].Number != "HE-261123-0001" {
		t.Fatalf("tickets %+v", tickets)
	}
	var seen struct {
		Message struct {
			Content   string
			Ephemeral bool
		}
	}
	use := obj{"as": "maya", "channel": thread.ID, "command": "ticket close", "options": obj{}}
	b.post("discord/interactions", use, &seen)
	if !seen.Message.Ephemeral || seen.Message.Content == "" {
		t.Errorf("maya sees %+v", seen)
	}
	use["as"] = "sari"
	b.post("discord/interactions", use, &seen)
	b.settle()
	if thread = b.thread(); !thread.Archived || !slices.Contains(thread.Tags, "closed") {
		t.Errorf("thread %+v", thread)
	}
	var one struct {
		State  string
		Events []struct{ What string }
	}
	b.get("tickets/HE-261123-0001", &one)
	if one.State != "closed" || !slices.ContainsFunc(one.Events, func(e struct{ What string }) bool { return e.What == "closed" }) {
		t.Errorf("ticket %+v", one)
	}
}

func TestOnlySomeSeeATicket(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	thread := b.thread()
	if !slices.Contains(thread.VisibleTo, "sari") || slices.Contains(thread.VisibleTo, "bayu") {
		t.Errorf("the ticket is visible to %q", thread.VisibleTo)
	}
	status, answer := b.do("POST", "discord/channels/"+thread.ID+"/messages", `{"as":"bayu","content":"halo"}`)
	if status != http.StatusForbidden || !strings.Contains(string(answer), "bayu does not see "+thread.Name) {
		t.Errorf("bayu got %d %s", status, answer)
	}
	var state struct{ Channels []inGuild }
	b.get("state", &state)
	if !slices.ContainsFunc(state.Channels, func(c inGuild) bool { return slices.Contains(c.VisibleTo, "bayu") }) {
		t.Error("bayu sees no channel at all")
	}
}

func TestFaultsHoldBackAndClear(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	thread := b.thread()
	b.post("faults", obj{"whatsapp": obj{"outage": true}}, nil)
	b.post("discord/channels/"+thread.ID+"/messages", obj{"as": "sari", "content": "siap"}, nil)
	b.settle()
	if n := len(b.screen(ana)); n != 2 {
		t.Errorf("%d messages came through an outage", n)
	}
	var now faults
	b.post("faults", obj{"whatsapp": obj{}}, &now)
	if now != (faults{}) {
		t.Errorf("still in force: %+v", now)
	}
	b.settle()
	if screen := b.screen(ana); len(screen) != 3 || screen[2].Text != "siap" {
		t.Errorf("phone shows %+v", screen)
	}
	b.post("faults", obj{"discord": obj{"outage": true}}, nil)
	b.post("customers/"+ana+"/messages", obj{"text": "masih ada?"}, nil)
	b.settle()
	before := len(b.channel(thread.ID))
	b.post("faults", obj{"discord": obj{}}, nil)
	b.settle()
	if after := len(b.channel(thread.ID)); after != before+1 {
		t.Errorf("%d messages, then %d", before, after)
	}
}

func TestRefusedMessageIsSentAgainByButton(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	room := "discord/channels/" + b.thread().ID + "/messages"
	var now faults
	b.post("faults", obj{"whatsapp": obj{"refuse_next": 1}}, &now)
	if now != (faults{}) {
		t.Errorf("what happens once stays in force: %+v", now)
	}
	var answer idOf
	b.post(room, obj{"as": "sari", "content": "baik kak"}, &answer)
	b.settle()
	if n := len(b.screen(ana)); n != 2 {
		t.Fatalf("the phone shows %d messages", n)
	}
	find := func(matches func(inChannel) bool) inChannel {
		t.Helper()
		shown := b.channel(b.thread().ID)
		i := slices.IndexFunc(shown, matches)
		if i < 0 {
			t.Fatalf("not in the thread: %+v", shown)
		}
		return shown[i]
	}
	marks := func() (all []string) {
		for _, r := range find(func(m inChannel) bool { return m.ID == answer.ID }).Reactions {
			all = append(all, r.Emoji)
		}
		return all
	}
	notice := find(func(m inChannel) bool { return m.ReplyTo == answer.ID })
	if !strings.Contains(notice.Content, "Tidak terkirim") || len(notice.Components) != 1 || notice.Components[0].Components[0].Label != "Kirim ulang" {
		t.Fatalf("the notice is %+v", notice)
	}
	if got := marks(); !slices.Contains(got, "❌") {
		t.Errorf("the refused message is marked %q", got)
	}
	click := obj{"as": "sari", "message": notice.ID, "custom_id": notice.Components[0].Components[0].CustomID}
	b.post("discord/interactions", click, nil)
	b.settle()
	if after := find(func(m inChannel) bool { return m.ID == notice.ID }); len(after.Components) != 0 {
		t.Errorf("the notice can be pressed again: %+v", after.Components)
	}
	if screen := b.screen(ana); len(screen) != 3 || screen[2].Text != "baik kak" {
		t.Errorf("the phone shows %+v", screen)
	}
	if got := marks(); slices.Contains(got, "❌") {
		t.Errorf("the delivered message is marked %q", got)
	}

	b.post("faults", obj{"whatsapp": obj{"refuse_next": 1}}, nil)
	b.post("faults", obj{"whatsapp": obj{}}, nil)
	b.post(room, obj{"as": "sari", "content": "sudah pulih"}, nil)
	b.settle()
	if n := len(b.screen(ana)); n != 4 {
		t.Errorf("the phone shows %d messages after the fault was cleared", n)
	}
}

func TestStoreThatIsDownLosesNothing(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	thread := b.thread()
	before := len(b.channel(thread.ID))
	b.post("faults", obj{"store": obj{"down": true}}, nil)
	b.post("customers/"+ana+"/messages", obj{"text": "saat Redis mati"}, nil)
	b.settle()
	if got := len(b.channel(thread.ID)); got != before {
		t.Errorf("%d messages, then %d", before, got)
	}
	b.post("faults", obj{"store": obj{}}, nil)
	b.settle()
	shown := b.channel(thread.ID)
	if len(shown) != before+1 || !strings.Contains(shown[before].Content, "saat Redis mati") {
		t.Errorf("%d messages, then %+v", before, shown)
	}
}

func TestUsedDataFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "whatsapp.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := open(t.Context(), options{Data: dir}); err == nil || !strings.Contains(err.Error(), "must be empty") {
		t.Errorf("got %v, %v", s, err)
	}
	c := command(io.Discard, io.Discard)
	c.SetArgs([]string{"--start", "tomorrow"})
	if err := c.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "--start") {
		t.Errorf("got %v", err)
	}
}

func TestClockMovesForwardOnly(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	var at struct{ Now time.Time }
	b.post("clock", obj{"advance": "20m"}, &at)
	if got := at.Now.Sub(b.s.options.Start); got < 20*time.Minute || got > 21*time.Minute {
		t.Errorf("moved by %s", got)
	}
	b.post("clock", obj{"to": "2026-11-24T08:00:00+07:00"}, &at)
	if want := time.Date(2026, 11, 24, 8, 0, 0, 0, jakarta()); at.Now.Before(want) || at.Now.Sub(want) > time.Minute {
		t.Errorf("now %s", at.Now)
	}
	for _, body := range []string{`{"advance":"-5m"}`, `{"to":"2026-11-23T08:00:00+07:00"}`, `{}`, `{"advance":"soon"}`, `{"advance":"900000h"}`} {
		if status, answer := b.do("POST", "clock", body); status != http.StatusBadRequest {
			t.Errorf("%s answered %d %s", body, status, answer)
		}
	}
}

func TestWhatPeopleChange(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	id := b.write("salah ketik")
	phone := "customers/" + ana + "/messages"
	b.post(phone, obj{"edit": id, "text": "benar"}, nil)
	b.post(phone, obj{"react": "👍", "to": b.screen(ana)[1].ID}, nil)
	if screen := b.screen(ana); screen[0].Text != "benar" || !screen[0].Edited || screen[1].Reactions["me"] != "👍" {
		t.Errorf("phone shows %+v", screen)
	}
	b.post(phone, obj{"delete": id}, nil)
	if screen := b.screen(ana); !screen[0].Deleted {
		t.Errorf("phone shows %+v", screen[0])
	}
	room := "discord/channels/" + b.thread().ID + "/messages"
	var note idOf
	b.post(room, obj{"as": "sari", "content": "// catatan"}, &note)
	b.post(room, obj{"as": "sari", "edit": note.ID, "content": "// catatan baru"}, nil)
	b.post(room, obj{"as": "dewi", "react": "👍", "to": note.ID}, nil)
	b.settle()
	i := slices.IndexFunc(b.channel(b.thread().ID), func(m inChannel) bool { return m.ID == note.ID })
	if i < 0 || b.channel(b.thread().ID)[i].Content != "// catatan baru" {
		t.Fatalf("no edited note in %+v", b.channel(b.thread().ID))
	}
	b.post(room, obj{"as": "sari", "delete": note.ID}, nil)
	if slices.ContainsFunc(b.channel(b.thread().ID), func(m inChannel) bool { return m.ID == note.ID }) {
		t.Error("the note is still there")
	}
	b.settle()
}

func TestProgramSaysWhenItIsReadyAndEndsCleanly(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	c := command(in, t.Output())
	c.SetArgs([]string{"--listen", "127.0.0.1:0"})
	over := make(chan error, 1)
	go func() {
		over <- c.ExecuteContext(ctx)
		in.Close()
	}()
	var url string
	if _, err := fmt.Fscanf(out, "sandbox ready on %s\n", &url); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(url + "/sandbox/state")
	if err != nil {
		t.Fatal(err)
	}
	var state stateView
	err = json.NewDecoder(answer.Body).Decode(&state)
	answer.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	// Ana is among those who buy, too.
	if !state.Ready || len(state.Customers) != len(customers)+len(buyers)-1 || len(state.Staff) != len(staff) || len(state.Channels) < 5 || state.Clock.Now.In(jakarta()).Hour() != 9 {
		t.Errorf("state %+v", state)
	}
	cancel()
	if err := <-over; err != nil {
		t.Error(err)
	}
}
