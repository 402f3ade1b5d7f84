package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

const (
	talkNumber = "FU-261123-0003"
	talkThread = "88"
)

// A salon is a desk with the talk of a follow-up's card in thread 88, in which the client
// wrote twice: his words stand in messages 6001 and 6002.
type salon struct {
	t    *testing.T
	st   *store.Store
	desk *bot.Desk
	d    bridge.Desk
	n    int
}

func newSalon(t *testing.T, kind ticket.Talk) *salon {
	t.Helper()
	client := storetest.Memory(t)
	s := &salon{t: t, st: store.New(client, store.Options{Desk: "test"})}
	s.d = bridge.Desk{
		Zone: time.UTC, Prefix: "HE", AgentRoles: []string{"agent"}, NotePrefix: "//", MessageID: func(l string) string { return "3EB0" + l },
		Roles: map[string][]string{"sales": {"sales"}, "manager": {"manager"}, "agent": {"agent"}}, Sentences: ticket.Defaults(),
	}
	s.update(func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1", Reply: "62812@s.whatsapp.net", Addresses: []string{"62812@s.whatsapp.net"}, Name: "Ana", Talk: talkNumber, TalkAt: tx.Now()}
		if err := c.Save(tx); err != nil {
			return err
		}
		if err := tx.Put(ledger.Ref{Kind: ticket.KindAlias, ID: "62812@s.whatsapp.net"}, []byte("c1")); err != nil {
			return err
		}
		tk, events := ticket.OpenTalk(talkNumber, kind, "Toko Maju", "c1", "", "", true, tx.Now())
		tk.Thread = talkThread
		if err := (ticket.Thread{ID: talkThread, Ticket: talkNumber, Cursor: talkThread}).Save(tx); err != nil {
			return err
		}
		return s.d.BeginTalk(tx, tk, events)
	})
	relay := bridge.NewRelay(s.st, s.d, zaptest.NewLogger(t))
	for n, text := range []string{"belum kak", "aplikasinya tidak bisa dibuka"} {
		m := bridge.ClientMessage{ID: []string{"M1", "M2"}[n], Chat: "62812@s.whatsapp.net", Kind: bridge.KindPlainText, Name: "Ana", Text: text, At: time.Now()}
		if err := relay.Receive(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	lease, err := s.st.Acquire(t.Context(), "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 { // the post, and the two messages
		l, _, ok, err := s.st.Begin(t.Context(), lease.Epoch, bridge.ThreadLane(talkNumber))
		if err != nil || !ok {
			t.Fatal(n, err)
		}
		out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent, Ext: []string{talkThread, "6001", "6002"}[n]}
		if _, err := s.st.Update(t.Context(), ledger.Cause{Outcome: &out}, func(*ledger.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	s.desk = bot.NewDesk(bot.Options{Store: kept{s.st}, Rights: everyRight, Bridge: s.d, Log: zaptest.NewLogger(t)})
	return s
}

func (s *salon) update(fn func(tx *ledger.Tx) error) {
	s.t.Helper()
	update(s.t, s.st, ledger.Cause{}, fn)
}

// asks is what somebody with a role asks for in the talk's thread, and the answer to it.
func (s *salon) asks(role string, i bot.Interaction) string {
	s.t.Helper()
	s.n++
	i.ID, i.User, i.Roles, i.Channel, i.At = "i"+string(rune('a'+s.n/26))+string(rune('a'+s.n%26)), "rina", []string{role}, talkThread, time.Now()
	a := s.desk.Handle(s.t.Context(), i)
	return a.Text
}

func (s *salon) load(number string) (t ticket.Ticket, ok bool) {
	s.update(func(tx *ledger.Tx) (err error) {
		t, ok, err = ticket.Load(tx, number)
		return err
	})
	return t, ok
}

// Every command and button of a ticket is refused in a talk with a sentence that leads on,
// but for those about words and people.
func TestStepsOfATicketAreRefusedInATalk(t *testing.T) {
	s := newSalon(t, ticket.TalkFollowUp)
	before, _ := s.load(talkNumber)
	fits := []string{"/ticket note", "/ticket transcript", "/ticket find", "/ticket new"}
	for name, may := range bot.Table() {
		if !strings.HasPrefix(name, "/ticket ") || slices.Contains(fits, name) {
			continue
		}
		i := bot.Interaction{Command: name[1:], Options: map[string]string{"class": "easy", "text": "x", "type": "POS", "summary": "x", "solution": "x", "reason": "x",
			"answer": "x", "note": "x", "until": "2h", "to": "u9", "when": "2h", "at": "2h", "into": "HE-1", "number": "HE-1", "mark": "on"},
			Members: map[string][]string{"u9": {"agent"}}}
		switch name {
		case "/ticket warranty":
			i.Options["step"] = "claim"
		case "/ticket forward":
			i.Options["to"] = "sales"
		}
		got := s.asks(may[len(may)-1], i)
		if !strings.Contains(got, "tindak lanjut, bukan tiket") {
			t.Errorf("%s is answered %q", name, got)
		}
	}
	for _, button := range []string{"t:accept", "t:class:hard", "t:report", "t:carry", "t:more", "t:close", "t:reopen", "more:merge", "more:snooze", "t:check", "t:access"} {
		if got := s.asks("manager", bot.Interaction{Button: button, Values: []string{"1h"}}); !strings.Contains(got, "tindak lanjut, bukan tiket") {
			t.Errorf("%s is answered %q", button, got)
		}
	}
	if now, _ := s.load(talkNumber); now.Step != before.Step || now.Agent != "" {
		t.Errorf("the talk changed: %+v", now)
	}
	if got := s.asks("sales", bot.Interaction{Command: "ticket note", Options: map[string]string{"text": "telepon sore"}}); got != "" {
		t.Errorf("a note is answered %q", got)
	}
	if got := s.asks("agent", bot.Interaction{Command: "ticket transcript"}); !strings.Contains(got, "Transkrip tiket FU-261123-0003") {
		t.Errorf("a transcript is answered %q", got)
	}
}

// What is held in a talk of sales is decided by who is heard there.
func TestWhoDecidesInATalk(t *testing.T) {
	for _, story := range []struct {
		kind      ticket.Talk
		role      string
		other     string
		forbidden string
	}{
		{ticket.TalkFollowUp, "sales", "agent", "Hanya "},
		{ticket.TalkCallback, "agent", "sales", "Hanya "},
	} {
		s := newSalon(t, story.kind)
		m := bridge.StaffMessage{ID: "5001", Channel: talkThread, Author: "rina", Roles: []string{story.role}, Text: "<@12345> tolong cek", At: time.Now()}
		if err := bridge.NewRelay(s.st, s.d, zaptest.NewLogger(t)).Reply(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := s.asks(story.other, bot.Interaction{Button: bridge.HoldSend + "5001"}); !strings.Contains(got, story.forbidden) {
			t.Errorf("%s: %s is answered %q", story.kind, story.other, got)
		}
		for n := range 2 {
			want := []string{"Dikirim ke klien", "sudah dikirim"}[n]
			if got := s.asks(story.role, bot.Interaction{Button: bridge.HoldSend + "5001"}); !strings.Contains(got, want) {
				t.Errorf("%s: %s is answered %q", story.kind, story.role, got)
			}
		}
	}
}

// The button below a client's words makes one ticket of them, whoever presses it, and says
// where it is.
func TestATicketIsMadeOfATalk(t *testing.T) {
	s := newSalon(t, ticket.TalkFollowUp)
	press := func(role string) string {
		return s.asks(role, bot.Interaction{Button: bridge.TalkTicket, Message: "6002"})
	}
	if got := press("developer"); !strings.Contains(got, "Hanya ") {
		t.Errorf("a developer is answered %q", got)
	}
	first := press("sales")
	var c ticket.Conversation
	s.update(func(tx *ledger.Tx) (err error) {
		c, _, err = ticket.LoadConversation(tx, "c1")
		return err
	})
	if c.Open == "" || !strings.Contains(first, "Tiket `"+c.Open+"` berisi pesan klien") {
		t.Errorf("%q is open; the answer is %q", c.Open, first)
	}
	s.update(func(tx *ledger.Tx) error {
		tk, _, err := ticket.Load(tx, c.Open)
		if err != nil {
			return err
		}
		tk.Thread = "99"
		return tk.Save(tx)
	})
	if again := press("agent"); !strings.Contains(again, "sudah dijadikan tiket") && !strings.Contains(again, "<#99>") {
		t.Errorf("pressed again: %q", again)
	}
	tk, ok := s.load(c.Open)
	if !ok || c.Tickets != 1 || tk.Conversation != "c1" || !strings.Contains(tk.Gist, "tidak bisa dibuka") {
		t.Errorf("the ticket is %+v", tk)
	}
	lane, err := s.st.Waiting(t.Context(), bridge.ThreadLane(c.Open), 0)
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, l := range lane {
		shown.Write(l.Body)
	}
	if !strings.Contains(shown.String(), "tidak bisa dibuka") || strings.Contains(shown.String(), "belum kak") {
		t.Errorf("the ticket shows %s", shown.String())
	}
}
