package bridge_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A deed is one thing that happens in an office, and how long nothing happens then.
type deed struct {
	What, Guest, Who, Arg int
	Pause                 time.Duration
}

// String is how a failing story reads.
func (d deed) String() string {
	return fmt.Sprintf("%s(guest %d, %s, %d) then %s", deeds[d.What].name, d.Guest, crew[d.Who], d.Arg, d.Pause)
}

var (
	crew   = []string{"sari", "dewi", "andi"}
	pauses = []time.Duration{5 * time.Second, 5 * time.Second, time.Minute, 3 * time.Minute, 11 * time.Minute, 21 * time.Minute, 2 * time.Hour, 25 * time.Hour}
	words  = []string{
		"halo, stok salah", "makasih", "sudah bisa kak", "belum bisa", "ok", "👍", "5", "1", "bintang 7", "jelek sekali",
		"STOP", "mulai", "kapan selesai?", "kode OTP saya CODE", "password saya rahasiaCODE", "CODE",
	}
	buttons = []string{
		"t:accept", "t:class:easy", "t:class:normal", "t:class:hard", "t:check", "t:close", "t:reopen", "t:access", "t:takeover", "t:more",
		"t:complaint", "t:complaint:off", "t:warranty:claim", "t:class", "t:issue",
	}
)

// A model is an office to which anything happens, and what is known of it beside the
// store.
type model struct {
	*office
	guests  []*guest
	secrets map[string]string // ticket by code that was sealed
	codes   int
	reports int
	phoned  map[string][]string        // tickets of the telephone, by guest
	written map[string]map[string]bool // WhatsApp's ids of what a guest wrote
	err     error
}

// fault keeps the first thing that is wrong.
func (m *model) fault(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

var deeds = []struct {
	name   string
	weight int
	do     func(m *model, d deed, number string)
}{
	{"writes", 6, func(m *model, d deed, _ string) { m.clientWrites(m.guests[d.Guest], words[d.Arg%len(words)]) }},
	{"presses", 8, func(m *model, d deed, number string) {
		m.asks(d, number, bot.Interaction{Button: buttons[d.Arg%len(buttons)]})
	}},
	{"works", 5, func(m *model, d deed, number string) {
		m.asks(d, number, bot.Interaction{Button: "t:accept"})
		m.asks(d, number, bot.Interaction{Button: buttons[1+d.Arg%2]})
		if d.Arg >= 4 {
			m.asks(d, number, bot.Interaction{Form: "f:resolve", Fields: map[string]string{"summary": "stok", "solution": "disesuaikan"}})
		}
	}},
	{"sends a code", 3, func(m *model, d deed, number string) {
		m.asks(d, number, bot.Interaction{Button: "t:access"})
		m.clientWrites(m.guests[d.Guest], words[len(words)-1-d.Arg%3])
		m.reveal()
	}},
	{"finishes", 4, func(m *model, d deed, _ string) {
		m.clientWrites(m.guests[d.Guest], []string{"sudah bisa kak", "belum bisa", "5", "makasih", "1 jelek"}[d.Arg%5])
	}},
	{"resolves", 4, func(m *model, d deed, number string) {
		m.asks(d, number, bot.Interaction{Form: "f:resolve", Fields: map[string]string{"summary": "stok", "solution": "disesuaikan"}})
	}},
	{"ends, and begins again", 2, func(m *model, d deed, number string) {
		for range 1 + d.Arg%2 {
			m.asks(d, number, bot.Interaction{Button: "t:accept"})
			m.asks(d, number, bot.Interaction{Button: "t:class:easy"})
			m.asks(d, number, bot.Interaction{Form: "f:resolve", Fields: map[string]string{"summary": "stok", "solution": "disesuaikan"}})
			m.asks(d, number, bot.Interaction{Button: "t:close"})
			if d.Arg >= 8 {
				m.asks(d, number, bot.Interaction{Button: "t:reopen"})
			}
		}
	}},
	{"drops", 1, func(m *model, d deed, number string) {
		m.asks(d, number, bot.Interaction{Form: "f:drop", Fields: map[string]string{"reason": "salah kirim"}})
	}},
	{"asks for data", 1, func(m *model, d deed, number string) {
		m.asks(d, number, bot.Interaction{Form: "f:data", Fields: map[string]string{"data": "nomor nota\nfoto"}})
	}},
	{"answers", 4, func(m *model, d deed, number string) {
		if m.ticket(number).Thread != "" {
			m.writes(crew[d.Who], number, []string{"Baik kak, kami cek", "// catatan", "<@dewi> tolong lihat", "Silakan dicoba kak"}[d.Arg%4])
		}
	}},
	{"commands", 3, func(m *model, d deed, number string) {
		other := crew[(d.Who+1)%2]
		m.asks(d, number, []bot.Interaction{
			{Command: "ticket escalate", Options: map[string]string{"to": "supervisor", "reason": "berat"}},
			{Command: "ticket answer-escalation", Options: map[string]string{"answer": "lanjutkan"}},
			{Command: "ticket transfer", Options: map[string]string{"to": other, "note": "tolong"}, Members: map[string][]string{other: {agentRole}}},
			{Command: "ticket snooze", Options: map[string]string{"until": "2h"}},
			{Form: "f:schedule", Fields: map[string]string{"text": "Kabar nanti", "when": "3h", "drop": "ya"}},
			{Command: "ticket close"},
			{Command: "ticket transcript"},
			{Form: "f:leave:" + crew[d.Who] + ":team", Fields: map[string]string{"note": "selesai"}},
		}[d.Arg%8])
	}},
	// Reports to developers come with their own commands; here they open and end.
	{"reports", 2, func(m *model, d deed, number string) {
		m.change(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			if d.Arg%2 == 0 || len(t.Reports) == 0 {
				m.reports++
				return t.Escalate(fmt.Sprint("R", m.reports), "POS", crew[d.Who], at)
			}
			return t.ReportEnded(t.Reports[0], false, "bayu", at), nil
		})
		if d.Arg%3 == 0 {
			m.asks(d, number, bot.Interaction{Form: "f:drop", Fields: map[string]string{"reason": "salah kirim"}})
		}
	}},
	{"rests", 1, func(m *model, d deed, number string) {
		m.change(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return t.Snooze(at.Add(time.Duration(1+d.Arg)*time.Hour), crew[d.Who], at, ticket.DefaultPolicy())
		})
	}},
	{"schedules", 1, func(m *model, d deed, number string) {
		m.change(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return t.Schedule(ticket.Scheduled{ID: fmt.Sprint("S", d.Arg%3), Text: "kabar", Due: at.Add(time.Duration(1+d.Arg) * 10 * time.Minute), By: crew[d.Who], DropIfClientWrites: d.Arg%2 == 0}, at, ticket.DefaultPolicy())
		})
	}},
	{"goes", 2, func(m *model, d deed, _ string) {
		m.goes(crew[d.Who], []ticket.Presence{ticket.OnDuty, ticket.OffDuty, ticket.OnBreak}[d.Arg%3])
	}},
	{"fires", 2, func(m *model, d deed, number string) {
		kinds := []string{ticket.TimerOffer, ticket.TimerSilence, ticket.TimerFirstResponse, ticket.TimerRating, ticket.TimerSilentAgent, ticket.TimerScheduled}
		m.look(func(tx *ledger.Tx) error {
			return m.policy.Fire(tx, ledger.Timer{Kind: kinds[d.Arg%len(kinds)], ID: number, Due: tx.Now()})
		})
	}},
	{"restarts", 1, func(m *model, d deed, _ string) { m.closes(); time.Sleep(d.Pause / 2); m.open() }},
	{"phones", 1, func(m *model, d deed, number string) {
		m.look(func(tx *ledger.Tx) error {
			g := m.guests[d.Guest]
			t, err := m.policy.Register(tx, bridge.Registration{ID: "p" + g.phone, Channel: ticket.Phone, Name: g.name, Phone: customer.Phone(g.phone), By: crew[d.Who]})
			m.phoned[g.name] = append(m.phoned[g.name], t.Number)
			return err
		})
	}},
	{"puts together", 2, func(m *model, d deed, number string) {
		for _, from := range m.phoned[m.guests[d.Guest].name] {
			_, _ = m.store.Update(m.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
				_, err := m.policy.Merge(tx, number, from, crew[d.Who])
				return err
			})
		}
	}},
	{"is read late", 3, func(m *model, d deed, _ string) {
		g := m.guests[d.Guest]
		locked := bridge.ClientMessage{ID: fmt.Sprint("U", d.Arg%4), Chat: g.address, Phone: g.phone, Name: g.name, Unreadable: "no session", At: time.Now()}
		open := locked
		open.Unreadable, open.Kind, open.Text = "", bridge.KindPlainText, words[d.Arg%(len(words)-3)]
		for _, one := range []bridge.ClientMessage{locked, open}[d.Arg%2:] {
			m.brings(one)
		}
		m.written[g.name][locked.ID] = true
	}},
	{"looks at secrets", 2, func(m *model, _ deed, _ string) { m.reveal() }},
}

// clientWrites lets a client write; a code he is asked for is a secret from then on.
func (m *model) clientWrites(g *guest, text string) {
	m.codes++
	code := fmt.Sprintf("%06d", 480000+m.codes*7)
	number := g.conversation().Open
	asked := number != "" && !m.ticket(number).AccessFrom.IsZero() && strings.Contains(text, "CODE")
	g.says(strings.ReplaceAll(text, "CODE", code))
	m.written[g.name][fmt.Sprint("C", m.n)] = true
	if asked {
		m.secrets[code] = number
	}
}

// brings is a message as it comes from WhatsApp.
func (m *model) brings(one bridge.ClientMessage) {
	if err := m.relay.Receive(m.t.Context(), one); err != nil {
		m.fault("message %s: %w", one.ID, err)
	}
	synctest.Wait()
}

// asks lets somebody ask for something, and nobody see what he must not.
func (m *model) asks(d deed, number string, i bot.Interaction) {
	if m.ticket(number).Thread == "" {
		return
	}
	answer := m.ask(crew[d.Who], number, i)
	for code := range m.secrets {
		if strings.Contains(answer, code) {
			m.fault("the answer to %s shows %s: %q", i.Button+i.Form+i.Command, code, answer)
		}
	}
}

// change makes a transition that has no button yet; a refusal is fine.
func (m *model) change(number string, fn func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)) {
	_, _ = m.store.Update(m.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		return m.policy.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t, tx.Now()) })
	})
}

// reveal lets everybody press the button of every secret: only the ticket's agent may
// see it.
func (m *model) reveal() {
	for _, number := range m.numbers() {
		for _, e := range m.eventsOf(number) {
			if e.What != "secret_sealed" {
				continue
			}
			for _, user := range crew {
				answer := m.ask(user, number, bot.Interaction{Button: bridge.SecretPrefix + number + ":" + e.Data["secret"]})
				for code, of := range m.secrets {
					if strings.Contains(answer, code) && (of != number || user != m.ticket(number).Agent) {
						m.fault("%s sees %s of ticket %s, whose agent is %q", user, code, of, m.ticket(of).Agent)
					}
				}
			}
		}
	}
}

// target is the ticket that a deed is about: the guest's open one, or his last.
func (m *model) target(d deed) string {
	c := m.guests[d.Guest].conversation()
	if c.Open != "" {
		return c.Open
	}
	return c.Last
}

// check looks for what must never be.
func (m *model) check() {
	if err := m.timersFit(); err != nil {
		m.fault("%w", err)
	}
	for _, number := range m.numbers() {
		t := m.ticket(number)
		if err := history(m.eventsOf(number), t); err != nil {
			m.fault("ticket %s: %w", number, err)
		}
		open := t.State != ticket.Closed
		for _, g := range m.guests {
			c := g.conversation()
			if c.ID != t.Conversation {
				continue
			}
			if points := c.Open == number || slices.Contains(c.Also, number); points != open {
				m.fault("ticket %s is %s, and its conversation points at %q, %v", number, t.State, c.Open, c.Also)
			}
		}
	}
	m.board.mu.Lock()
	defer m.board.mu.Unlock()
	shown := map[string]int{}
	for _, said := range m.board.threads {
		for _, s := range said {
			for name := range m.written {
				if strings.HasPrefix(s.content, "**"+name+":** ") {
					shown[name]++
				}
			}
			for code := range m.secrets {
				if strings.Contains(s.content, code) {
					m.fault("everybody reads %q", s.content)
				}
			}
		}
	}
	for name, written := range m.written {
		if shown[name] != len(written) {
			m.fault("%s wrote %d messages, and %d are shown", name, len(written), shown[name])
		}
	}
}

// history tells a ticket's life from its log alone, and compares.
func history(events []ledger.Event, t ticket.Ticket) error {
	var agent, class string
	var silent, resolved, closed bool
	asked, reports := 0, map[string]bool{}
	for _, e := range events {
		switch e.What {
		case "accepted":
			if agent != "" && !silent || e.Data["from"] != agent {
				return fmt.Errorf("%s accepts what %s has", e.By, agent)
			}
			agent, silent = e.By, false
		case "transferred", "taken_over":
			if e.Data["from"] != agent {
				return fmt.Errorf("%s of %s, and %s has it", e.What, e.Data["from"], agent)
			}
			agent, silent = e.Data["to"], false
		case "released":
			agent, silent = "", false
		case "agent_silent":
			silent = true
		case "classified", "reclassified":
			class = e.Data["class"]
		case "escalated", "escalated_again":
			if id := e.Data["report"]; id != "" {
				reports[id] = true
			}
		case "report_ended":
			delete(reports, e.Data["report"])
		case "resolved":
			if class == "" || resolved || closed || len(reports) > 0 {
				return fmt.Errorf("resolved as %q, resolved %v, closed %v, reports %v", class, resolved, closed, reports)
			}
			resolved = true
		case "closed":
			if closed || len(reports) > 0 {
				return fmt.Errorf("closed, closed before %v, reports %v", closed, reports)
			}
			closed = true
		case "reopened":
			if !resolved && !closed {
				return fmt.Errorf("re-opened while open")
			}
			resolved, closed = false, false
		case "rating_asked":
			if asked++; asked > 1 || !closed {
				return fmt.Errorf("asked for a rating %d times, closed %v", asked, closed)
			}
		}
	}
	switch {
	case agent != t.Agent:
		return fmt.Errorf("the log gives it to %q, the ticket to %q", agent, t.Agent)
	case closed != (t.State == ticket.Closed), len(reports) != len(t.Reports), class != string(t.Class):
		return fmt.Errorf("by the log closed %v, reports %v, class %q; the ticket is %s, %v, %q", closed, reports, class, t.State, t.Reports, t.Class)
	case t.State == ticket.Closed && len(t.Reports) > 0:
		return fmt.Errorf("closed with reports %v", t.Reports)
	case t.State == ticket.Resolved && t.Class == "":
		return fmt.Errorf("resolved without a class")
	}
	return nil
}

// modelTime bounds how long stories are tried, unless -rapid.checks says how many.
const modelTime = 9 * time.Second

// Whatever clients, staff and the clock do, in whatever order, and whenever the desk is
// restarted: no forbidden state is ever reached. It guards: one agent at a time; no
// resolution without a class, none and no closing with an open report; one question for a
// rating; secrets seen by the ticket's agent alone; the ticket as its log tells it; the
// conversation pointing at its open tickets; the timers that its state calls for.
func TestOfficeModel(t *testing.T) {
	t.Parallel()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	var kinds []int
	for i, d := range deeds {
		for range d.weight {
			kinds = append(kinds, i)
		}
	}
	some := rapid.Custom(func(rt *rapid.T) deed {
		return deed{
			What: rapid.SampledFrom(kinds).Draw(rt, "what"), Guest: rapid.IntRange(0, 1).Draw(rt, "guest"), Who: rapid.IntRange(0, 2).Draw(rt, "who"),
			Arg: rapid.IntRange(0, 31).Draw(rt, "arg"), Pause: rapid.SampledFrom(pauses).Draw(rt, "pause"),
		}
	})
	begun, failed := time.Now(), false
	rapid.Check(t, func(rt *rapid.T) {
		if !failed && !asked && time.Since(begun) > modelTime {
			return
		}
		story := rapid.SliceOfN(some, 5, 20).Draw(rt, "story")
		var err error
		inOffice(t, "2026-11-23 08:30", func(o *office) {
			m := &model{
				office: o, guests: []*guest{o.guest(1, "Ana"), o.guest(2, "Budi")}, secrets: map[string]string{},
				phoned: map[string][]string{}, written: map[string]map[string]bool{"Ana": {}, "Budi": {}},
			}
			m.goes("sari", ticket.OnDuty)
			for _, g := range m.guests {
				m.clientWrites(g, "halo")
			}
			m.till(time.Now().Add(5 * time.Second))
			for n, d := range story {
				deeds[d.What].do(m, d, m.target(d))
				m.till(time.Now().Add(d.Pause))
				if m.check(); m.err != nil {
					m.err = fmt.Errorf("after %d of %v: %w", n+1, story, m.err)
					break
				}
			}
			err = m.err
		})
		if err != nil {
			failed = true // its shortest form may take as long as it takes
			rt.Fatal(err)
		}
	})
}
