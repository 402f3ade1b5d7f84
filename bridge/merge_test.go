package bridge_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// people is a desk's clients as they really are, beside what the store believes: each
// has a number and a LID, and what ties both together is learned now or never.
type people struct {
	t       *rapid.T
	store   *store.Store
	relay   *bridge.Relay
	group   map[bridge.Address]int // addresses known to be one person's have one number
	open    map[int][]string       // groups' open tickets
	past    map[int][]string       // groups' closed tickets
	tickets []string
	closed  map[string]bool
	said    map[string]int      // client's message -> group when it came
	order   []string            // client's messages as they came
	written map[string][]string // replies by ticket, as they came
	sent    []bridge.ClientMessage
	clock   int
}

// known makes addresses one person's, and returns the person.
func (p *people) known(addresses ...bridge.Address) int {
	to := -1
	for _, a := range addresses {
		g, ok := p.group[a]
		switch {
		case !ok && to < 0:
			p.clock++
			to = p.clock
		case to < 0:
			to = g
		case ok && g != to:
			for b, of := range p.group {
				if of == g {
					p.group[b] = to
				}
			}
			for m, of := range p.said {
				if of == g {
					p.said[m] = to
				}
			}
			p.open[to] = append(p.open[to], p.open[g]...)
			p.past[to] = append(p.past[to], p.past[g]...)
			delete(p.open, g)
			delete(p.past, g)
		}
		p.group[a] = to
	}
	return to
}

// writes lets somebody write; a message may come a second time.
func (p *people) writes(t *rapid.T) {
	i := rapid.IntRange(0, 2).Draw(t, "person")
	chat, alt := bridge.Address(fmt.Sprintf("6281%d@s.whatsapp.net", i)), bridge.Address(fmt.Sprintf("9%d@lid", i))
	if rapid.Bool().Draw(t, "by LID") {
		chat, alt = alt, chat
	}
	if rapid.IntRange(0, 2).Draw(t, "the other is known") > 0 {
		alt = ""
	}
	p.clock++
	m := bridge.ClientMessage{
		ID: fmt.Sprintf("M%04d", p.clock), Chat: chat, Alt: alt, At: time.Now(), Name: fmt.Sprint("Klien ", i),
		Kind: bridge.KindPlainText, Own: rapid.IntRange(0, 4).Draw(t, "own") == 0,
	}
	m.Text = m.ID
	p.take(m)
}

func (p *people) again(t *rapid.T) {
	if len(p.sent) == 0 {
		t.Skip()
	}
	p.take(rapid.SampledFrom(p.sent).Draw(t, "message"))
}

func (p *people) take(m bridge.ClientMessage) {
	if err := p.relay.Receive(p.t.Context(), m); err != nil {
		p.t.Fatal(err)
	}
	if _, again := p.said[m.ID]; again {
		return // changes nothing
	}
	addresses := []bridge.Address{m.Chat}
	if m.Alt != "" {
		addresses = append(addresses, m.Alt)
	}
	g := p.known(addresses...)
	p.said[m.ID], p.order, p.sent = g, append(p.order, m.ID), append(p.sent, m)
	number := p.conversation(m.Chat).Open
	switch {
	case len(p.open[g]) > 0:
	case len(p.past[g]) > 0 && m.Own: // a last word in the ticket that has just closed
		if number != "" {
			p.t.Fatalf("%s of the desk opened ticket %q", m.ID, number)
		}
	case len(p.past[g]) > 0: // soon after closing the client's words re-open
		if !slices.Contains(p.past[g], number) {
			p.t.Fatalf("%s opened ticket %q, want one of %q again", m.ID, number, p.past[g])
		}
		p.open[g], p.closed[number] = []string{number}, false
		p.past[g] = slices.DeleteFunc(p.past[g], func(n string) bool { return n == number })
	default:
		if number == "" || slices.Contains(p.tickets, number) {
			p.t.Fatalf("%s opened ticket %q, want a new one", m.ID, number)
		}
		p.open[g], p.tickets = []string{number}, append(p.tickets, number)
		p.update(func(tx *ledger.Tx) error { return ticket.Thread{ID: "th" + number, Ticket: number}.Save(tx) })
	}
}

// answers lets an agent write in any ticket, also a closed one.
func (p *people) answers(t *rapid.T) {
	if len(p.tickets) == 0 {
		t.Skip()
	}
	number := rapid.SampledFrom(p.tickets).Draw(t, "ticket")
	p.clock++
	id := fmt.Sprintf("%05d", p.clock)
	m := bridge.StaffMessage{ID: id, Channel: "th" + number, Author: "sari", Roles: []string{agentRole}, Text: id, At: time.Now()}
	if err := p.relay.Reply(p.t.Context(), m); err != nil {
		p.t.Fatal(err)
	}
	if !p.closed[number] {
		p.written[number] = append(p.written[number], id)
	}
}

func (p *people) closes(t *rapid.T) {
	open := slices.Concat(slices.Collect(maps.Values(p.open))...)
	if len(open) == 0 || rapid.IntRange(0, 3).Draw(t, "close") > 0 {
		t.Skip()
	}
	slices.Sort(open)
	number := rapid.SampledFrom(open).Draw(t, "ticket")
	p.update(func(tx *ledger.Tx) error {
		tk, _, err := ticket.Load(tx, number)
		if err != nil {
			return err
		}
		c, _, err := ticket.LoadConversation(tx, tk.Conversation)
		if err != nil {
			return err
		}
		if _, err := tk.Drop("", "sari", tx.Now()); err != nil {
			return err
		}
		c.Follow(tk)
		if err := c.Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	p.closed[number] = true
	for g := range p.open {
		if slices.Contains(p.open[g], number) {
			p.past[g] = append(p.past[g], number)
		}
		p.open[g] = slices.DeleteFunc(p.open[g], func(n string) bool { return n == number })
	}
}

func (p *people) update(fn func(tx *ledger.Tx) error) {
	p.t.Helper()
	if _, err := p.store.Update(p.t.Context(), ledger.Cause{}, fn); err != nil {
		p.t.Fatal(err)
	}
}

func (p *people) conversation(a bridge.Address) (c ticket.Conversation) {
	p.update(func(tx *ledger.Tx) error {
		var ok bool
		var err error
		if c, ok, err = ticket.ByAddress(tx, string(a)); err == nil && !ok {
			err = fmt.Errorf("nobody is known as %s", a)
		}
		return err
	})
	return c
}

// check compares what the store believes with what is so.
func (p *people) check(t *rapid.T) {
	members := map[int][]string{}
	for a, g := range p.group {
		members[g] = append(members[g], string(a))
	}
	ids := map[string]int{}
	for a, g := range p.group {
		c := p.conversation(a)
		if other, ok := ids[c.ID]; ok && other != g || c.Into != "" {
			t.Fatalf("%s is conversation %+v, which is another's", a, c)
		}
		ids[c.ID] = g
		if !sameElements(c.Addresses, members[g]) {
			t.Fatalf("addresses of %+v, want %q", c, members[g])
		}
		var open []string
		if c.Open != "" {
			open = append([]string{c.Open}, c.Also...)
		}
		if !sameElements(open, p.open[g]) || c.Open == "" && len(c.Also) > 0 {
			t.Fatalf("open tickets of %+v, want %q", c, p.open[g])
		}
	}
	if len(ids) != len(members) {
		t.Fatalf("%d conversations for %d persons", len(ids), len(members))
	}
	rows, err := p.store.Index(t.Context(), ticket.IndexOpen, store.Range{})
	if want := slices.Concat(slices.Collect(maps.Values(p.open))...); err != nil || len(rows) != len(want) {
		t.Fatalf("index of open tickets: %v %v, want %q", rows, err, want)
	}
	p.checkLanes(t)
}

// checkLanes looks whether every word stands in its lane once, in order.
func (p *people) checkLanes(t *rapid.T) {
	count := map[string]int{}
	for _, number := range p.tickets {
		var came []string
		for _, text := range p.lane(bridge.ThreadLane(number), "") {
			for _, id := range p.order {
				if strings.HasSuffix(text, " "+id) {
					came, count[id] = append(came, id), count[id]+1
				}
			}
		}
		if !slices.IsSorted(came) {
			t.Fatalf("ticket %s got %q", number, came)
		}
		var tk ticket.Ticket
		p.update(func(tx *ledger.Tx) (err error) { tk, _, err = ticket.Load(tx, number); return err })
		replies := slices.DeleteFunc(p.lane(bridge.ClientLane(tk.Conversation), number), func(s string) bool { return s == "Selamat datang." || s == "" }) // that something was read has no words
		if !slices.Equal(replies, p.written[number]) {
			t.Fatalf("the client of %s is owed %q, want %q", number, replies, p.written[number])
		}
	}
	for _, id := range p.order {
		if count[id] != 1 {
			t.Fatalf("message %s stands %d times", id, count[id])
		}
	}
}

// lane are the texts that wait in a lane, of one ticket or all.
func (p *people) lane(lane, number string) (texts []string) {
	letters, err := p.store.Waiting(p.t.Context(), lane, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, l := range letters {
		var body struct{ Text, Content string }
		if l.Kind == "tags" || l.Kind == "post" || number != "" && l.Log != number {
			continue
		}
		if err := json.Unmarshal(l.Body, &body); err != nil {
			p.t.Fatal(err)
		}
		texts = append(texts, body.Text+body.Content)
	}
	return texts
}

func sameElements(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// Whenever two conversations turn out to be one person's, nothing of either is lost:
// tickets, messages, their order, and what is owed to the client.
func TestAliasMergeModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		client, shut := storetest.NewMemory()
		defer shut()
		st := store.New(client, store.Options{Desk: "test"})
		p := &people{
			t: rt, store: st, group: map[bridge.Address]int{}, open: map[int][]string{}, past: map[int][]string{}, closed: map[string]bool{},
			said: map[string]int{}, written: map[string][]string{},
			relay: bridge.NewRelay(st, bridge.Desk{
				Prefix: "HE", Zone: time.UTC, Sentences: ticket.Sentences{ticket.AutoText: "Selamat datang."},
				AgentRoles: []string{agentRole}, NotePrefix: "//", MessageID: func(s string) string { return "ID-" + s },
			}, zap.NewNop()),
		}
		rt.Repeat(map[string]func(*rapid.T){"writes": p.writes, "again": p.again, "answers": p.answers, "closes": p.closes})
		p.check(rt)
		storetest.Check(t, client, "test")
	})
}
