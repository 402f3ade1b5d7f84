package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/ticket"
)

// A door is a desk at which clients arrive: standard sentences, office hours, the clock
// and both networks. Whatever comes in comes twice.
type door struct {
	*world
	n    int
	seen int // of what the phone shows
	halt func()
}

// atDoor tells a story that begins at a moment of the office's clock.
func atDoor(t *testing.T, at string, set func(*bridge.Desk), story func(d *door)) {
	t.Helper()
	liveFrom(t, clockTime(at), func(w *world) {
		w.policy.Sentences, w.policy.Zone, w.policy.Calendar = ticket.Defaults(), wib, officeHours(t)
		w.policy.Roles = map[string][]string{"sales": {"role-sales"}, "assistant_manager": {"role-am"}}
		w.policy.Types = customer.DefaultTypes()
		if set != nil {
			set(&w.policy)
		}
		w.restart()
		d := &door{world: w}
		d.halt = d.clock()
		story(d)
		d.halt()
		d.checkContacts()
	})
}

// clock fires every timer of the desk.
func (d *door) clock() (stop func()) {
	kinds := map[string]scheduler.Kind{}
	for kind, fire := range d.policy.Timers() {
		kinds[kind] = scheduler.Kind{Fire: fire}
	}
	ctx, cancel := context.WithCancel(d.t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := scheduler.New(d.store, kinds, time.Now, func() bool { return true }, d.log).Run(ctx); err != nil {
			d.t.Errorf("scheduler: %v", err)
		}
	})
	return func() { cancel(); work.Wait() }
}

// rest lets time go by with nobody at work: what is due meanwhile comes late.
func (d *door) rest(long time.Duration) {
	d.t.Helper()
	if long > 0 {
		d.halt()
		d.away(long)
		d.halt = d.clock()
		ticks()
	}
}

// comes is a message of the client, twice.
func (d *door) comes(m bridge.ClientMessage) (id string) {
	d.t.Helper()
	if m.ID == "" {
		d.n++
		m.ID = fmt.Sprintf("M%03d", d.n)
	}
	d.receive(m)
	d.receive(m)
	ticks()
	return m.ID
}

func (d *door) writes(text string) string {
	d.t.Helper()
	return d.comes(bridge.ClientMessage{Text: text})
}

// sent is WhatsApp's id of the last message on the phone that holds some words.
func (d *door) sent(words string) string {
	d.t.Helper()
	d.phone.mu.Lock()
	defer d.phone.mu.Unlock()
	for i := len(d.phone.shown) - 1; i >= 0; i-- {
		if strings.Contains(d.phone.shown[i], words) {
			return d.phone.order[i]
		}
	}
	d.t.Fatalf("nothing on the phone says %q: %q", words, d.phone.shown)
	return ""
}

func (d *door) votes(on string, options ...string) {
	d.t.Helper()
	d.comes(bridge.ClientMessage{Kind: bridge.KindVote, Target: d.sent(on), TargetOwn: true, Votes: options})
}

func (d *door) reacts(on, emoji string) {
	d.t.Helper()
	d.comes(bridge.ClientMessage{Kind: bridge.KindReaction, Target: d.sent(on), TargetOwn: true, Text: emoji})
}

func (d *door) quotes(on, text string) {
	d.t.Helper()
	d.comes(bridge.ClientMessage{Text: text, Quote: &bridge.Quote{ID: d.sent(on), Own: true, Text: on}})
}

// news are the words that came to the phone since the last look.
func (d *door) news() (all []string) {
	d.phone.mu.Lock()
	defer d.phone.mu.Unlock()
	for _, line := range d.phone.shown[d.seen:] {
		_, text, _ := strings.Cut(line, ": ")
		all = append(all, text)
	}
	d.seen = len(d.phone.shown)
	return all
}

// wantNews compares the beginnings of what came to the phone.
func (d *door) wantNews(want ...string) {
	d.t.Helper()
	got := d.news()
	for i, g := range got {
		if i < len(want) && strings.HasPrefix(g, want[i]) {
			got[i] = want[i]
		}
	}
	if !slices.Equal(got, want) {
		d.t.Errorf("the phone got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (d *door) update(fn func(tx *ledger.Tx) error) {
	d.t.Helper()
	if _, err := d.store.Update(d.t.Context(), ledger.Cause{}, fn); err != nil {
		d.t.Fatal(err)
	}
}

// tickets are all there are, by their number's order.
func (d *door) tickets() (all []ticket.Ticket) {
	d.t.Helper()
	d.board.mu.Lock()
	posts := slices.Clone(d.board.posts)
	d.board.mu.Unlock()
	for _, title := range posts {
		number, _, _ := strings.Cut(title, " ")
		d.update(func(tx *ledger.Tx) error {
			t, _, err := ticket.Load(tx, number)
			if !slices.ContainsFunc(all, func(o ticket.Ticket) bool { return o.Number == t.Number }) {
				all = append(all, t)
			}
			return err
		})
	}
	return all
}

// the is the one ticket there is.
func (d *door) the() ticket.Ticket {
	d.t.Helper()
	all := d.tickets()
	if len(all) != 1 {
		d.t.Fatalf("%d tickets, want one", len(all))
	}
	return all[0]
}

func (d *door) conversation() (c ticket.Conversation) {
	d.update(func(tx *ledger.Tx) (err error) {
		c, _, err = ticket.ByAddress(tx, string(byLID))
		return err
	})
	return c
}

func (d *door) contact() (c customer.Contact) {
	d.t.Helper()
	d.update(func(tx *ledger.Tx) (err error) {
		c, _, err = customer.ByPhone(tx, "628123456001")
		return err
	})
	return c
}

func (d *door) do(number string, fn func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)) {
	d.t.Helper()
	d.update(func(tx *ledger.Tx) error {
		return d.policy.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t, tx.Now()) })
	})
}

// resolves takes a ticket from wherever it is to its closing sentence.
func (d *door) resolves(number string, class ticket.Class) {
	d.t.Helper()
	d.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		events := t.Take("sari", at)
		more, err := t.Classify(class, "sari", at)
		if err != nil {
			return nil, err
		}
		last, err := t.Resolve("stok", "diperbaiki", "sari", at)
		return slices.Concat(events, more, last), err
	})
	ticks()
	d.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.ClosingAccepted(at), nil })
	d.news()
}

// closed opens a ticket and closes it, and its client is asked for stars.
func (d *door) closed(class ticket.Class) ticket.Ticket {
	d.t.Helper()
	d.writes("stok tidak cocok")
	number := d.conversation().Open
	d.resolves(number, class)
	d.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Close("sari", at) })
	ticks()
	if got := d.news(); len(got) != 1 || !strings.HasPrefix(got[0], "?Seberapa puas") {
		d.t.Fatalf("after closing the phone got %q", got)
	}
	return d.tickets()[0]
}

// thread are the lines of a ticket's thread.
func (d *door) threadOf(t ticket.Ticket) (all []said) {
	d.board.mu.Lock()
	defer d.board.mu.Unlock()
	return slices.Clone(d.board.threads[t.Thread])
}

func (d *door) lastLine(t ticket.Ticket, words string) said {
	d.t.Helper()
	lines := d.threadOf(t)
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i].content, words) {
			return lines[i]
		}
	}
	d.t.Fatalf("no line of %s says %q: %q", t.Number, words, lines)
	return said{}
}

func (d *door) buttonsOf(message string) (ids []string) {
	d.board.mu.Lock()
	defer d.board.mu.Unlock()
	for _, b := range d.board.buttons[message] {
		ids = append(ids, b.ID)
	}
	return ids
}

// events counts the events of a log by name.
func (d *door) events(log string) map[string]int {
	d.t.Helper()
	count := map[string]int{}
	for e, err := range d.store.Events(d.t.Context(), log) {
		if err != nil {
			d.t.Fatal(err)
		}
		count[e.What]++
	}
	return count
}

// checkContacts compares what is kept with a person with his tickets, and a ticket's tag
// and place with its state.
func (d *door) checkContacts() {
	d.t.Helper()
	synctest.Wait()
	for _, t := range d.tickets() {
		if t.Contact == "" || t.MergedInto != "" || t.IsTalk() { // a merged one is no concern of its own
			continue
		}
		d.update(func(tx *ledger.Tx) error {
			c, ok, err := customer.Load(tx, t.Contact)
			i := slices.IndexFunc(c.Figures.Recent, func(line customer.Ticket) bool { return line.Number == t.Number })
			if err == nil && (!ok || i < 0 || c.Figures.Recent[i].Stars != t.Rating.Stars || !c.Figures.Recent[i].Closed.Equal(t.ClosedAt.Truncate(time.Millisecond))) {
				d.t.Errorf("contact %+v does not know how %s stands: %+v", c.Figures, t.Number, t)
			}
			return err
		})
		d.board.mu.Lock()
		tag, archived := d.board.tags[t.Thread], d.board.archived[t.Thread]
		d.board.mu.Unlock()
		if tag != t.Tag() || archived != (t.State == ticket.Closed) {
			d.t.Errorf("%s is %s, and its post is tagged %q, archived %v", t.Number, t.State, tag, archived)
		}
	}
}

type (
	ledgerEvent = ledger.Event
	ledgerTx    = ledger.Tx
)

// all is everything a ticket's thread shows.
func (d *door) all(t ticket.Ticket) string {
	var b strings.Builder
	for _, line := range d.threadOf(t) {
		b.WriteString(line.content + "\n")
	}
	return b.String()
}

// sentText is the last message on the phone that holds some words.
func (d *door) sentText(words string) string {
	d.t.Helper()
	id := d.sent(words)
	d.phone.mu.Lock()
	defer d.phone.mu.Unlock()
	_, text, _ := strings.Cut(d.phone.shown[slices.Index(d.phone.order, id)], ": ")
	return text
}
