package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// An office is the whole desk at work in virtual time: the relay, the courier, the
// commands of the staff and the clock, between a phone and a board in memory. Its policy
// is the one of every desk.
type office struct {
	*world
	bot   *bot.Desk
	clock func() // ends the scheduler
	n     int    // of messages and interactions
}

// staffShelf is the store as the commands want it.
type staffShelf struct{ *store.Store }

func (s staffShelf) Buried(ctx context.Context, offset, limit int) ([]bot.Buried, int, error) {
	page, total, err := s.DeadLetters(ctx, offset, limit)
	out := make([]bot.Buried, len(page))
	for i, b := range page {
		out[i] = bot.Buried(b)
	}
	return out, total, err
}

func (s staffShelf) Rows(ctx context.Context, p bot.Page) ([]ledger.IndexRow, error) {
	return s.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Down: p.Down, Offset: p.Offset, Limit: p.Limit})
}

const managerRole = "role-manager"

// inOffice tells a story that begins at a moment.
func inOffice(t *testing.T, start string, story func(o *office)) {
	t.Helper()
	liveFrom(t, clockTime(start), func(w *world) {
		w.stop()
		w.policy = bridge.Desk{
			Prefix: "HE", Zone: wib, Sentences: ticket.Defaults(), AgentRoles: []string{agentRole}, NotePrefix: "//",
			MessageID: w.policy.MessageID, Members: w.policy.Members, Rows: w.policy.Rows, Calendar: officeHours(t), Policy: ticket.DefaultPolicy(),
			Roles: map[string][]string{bot.Agent: {agentRole}, bot.AssistantManager: {managerRole}},
			Greet: bridge.GreetAlways, Undo: 3 * time.Second, Mode: bridge.Plain, Types: customer.DefaultTypes(), Flood: bridge.Flood{Messages: 30, Within: time.Minute},
			Vault: bridge.NewVault(),
		}
		o := &office{world: w}
		o.open()
		story(o)
		o.settle()
		o.clock()
		o.checkTimers()
	})
}

// open begins a process of the desk.
func (o *office) open() {
	o.restart()
	o.bot = bot.NewDesk(bot.Options{Store: staffShelf{o.store}, Rights: o.policy.Roles, Bridge: o.policy, Log: o.log})
	kinds := map[string]scheduler.Kind{}
	for kind, fire := range o.policy.Timers() {
		kinds[kind] = scheduler.Kind{Fire: fire}
	}
	s := scheduler.New(o.store, kinds, time.Now, func() bool { return true }, o.log)
	ctx, cancel := context.WithCancel(o.t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := s.Run(ctx); err != nil {
			o.t.Errorf("scheduler: %v", err)
		}
	})
	o.clock = func() { cancel(); work.Wait() }
}

// closes ends the process; open begins another.
func (o *office) closes() {
	o.clock()
	o.stop()
}

// busy reports whether something is on its way out.
func (o *office) busy() bool {
	lanes, err := o.store.Lanes(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return len(lanes) > 0
}

// until lets the desk work until a moment. Where nothing is due for a while it is ended
// and begun anew, so that virtual time passes at once.
func (o *office) until(at string) { o.t.Helper(); o.till(clockTime(at)) }

func (o *office) till(to time.Time) {
	o.t.Helper()
	if to.Before(time.Now()) {
		o.t.Fatalf("%s is past: it is %s", to, time.Now().In(wib))
	}
	for time.Now().Before(to) {
		synctest.Wait()
		_, next, err := o.store.Due(o.t.Context(), time.Now(), 1)
		if err != nil {
			o.t.Fatal(err)
		}
		if next.IsZero() || next.After(to) {
			next = to
		}
		switch {
		case o.busy():
			next = time.Now().Add(min(time.Second, time.Until(next)))
		case time.Until(next) > time.Minute:
			o.closes()
			time.Sleep(time.Until(next) - time.Second)
			o.open()
		}
		time.Sleep(time.Until(next))
	}
	synctest.Wait()
}

// A guest is a client of the office.
type guest struct {
	o       *office
	name    string
	address bridge.Address
	phone   string
}

func (o *office) guest(n int, name string) *guest {
	phone := fmt.Sprintf("62812345670%02d", n)
	return &guest{o, name, bridge.Address(phone + "@s.whatsapp.net"), phone}
}

func (g *guest) says(text string) {
	g.o.t.Helper()
	g.o.n++
	m := bridge.ClientMessage{
		ID: fmt.Sprint("C", g.o.n), Chat: g.address, Phone: g.phone, Name: g.name, Text: text, Kind: bridge.KindPlainText, At: time.Now(),
	}
	if err := g.o.relay.Receive(g.o.t.Context(), m); err != nil {
		g.o.t.Errorf("%s says %q: %v", g.name, text, err)
	}
	synctest.Wait()
}

// sees is what stands on the client's phone, from us.
func (g *guest) sees() (all []string) {
	g.o.phone.mu.Lock()
	defer g.o.phone.mu.Unlock()
	for _, line := range g.o.phone.shown {
		if text, ok := strings.CutPrefix(line, string(g.address)+": "); ok {
			all = append(all, text)
		}
	}
	return all
}

// open is the number of the open ticket, last that of the one before.
func (g *guest) conversation() (c ticket.Conversation) {
	g.o.t.Helper()
	g.o.look(func(tx *ledger.Tx) (err error) {
		c, _, err = ticket.ByAddress(tx, string(g.address))
		return err
	})
	return c
}

func (o *office) look(fn func(tx *ledger.Tx) error) {
	o.t.Helper()
	if _, err := o.store.Update(o.t.Context(), ledger.Cause{}, fn); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) ticket(number string) (t ticket.Ticket) {
	o.t.Helper()
	o.look(func(tx *ledger.Tx) (err error) {
		t, _, err = ticket.Load(tx, number)
		return err
	})
	return t
}

// ask is an interaction of a member of the staff in the thread of a ticket.
func (o *office) ask(user, number string, i bot.Interaction) string {
	o.t.Helper()
	o.n++
	i.ID, i.User, i.Name, i.At, i.Locale = snow(time.Now())+fmt.Sprintf("%05d", o.n), user, user, time.Now(), "id"
	i.Channel = o.ticket(number).Thread
	i.Roles = []string{agentRole}
	if user == "andi" {
		i.Roles = []string{managerRole}
	}
	answer := o.bot.Handle(o.t.Context(), i)
	synctest.Wait()
	all := []string{answer.Text}
	for _, f := range answer.Files {
		all = append(all, string(f.Data))
	}
	return strings.Join(all, "\n")
}

func (o *office) presses(user, number, button string) string {
	o.t.Helper()
	return o.ask(user, number, bot.Interaction{Button: button})
}

func (o *office) resolves(user, number, summary, solution string) string {
	o.t.Helper()
	return o.ask(user, number, bot.Interaction{Form: "f:resolve", Fields: map[string]string{"summary": summary, "solution": solution}})
}

// writes is what somebody types in the thread of a ticket.
func (o *office) writes(user, number, text string) {
	o.t.Helper()
	o.n++
	m := bridge.StaffMessage{
		ID: snow(time.Now().Add(time.Duration(o.n%900) * time.Microsecond)), Channel: o.ticket(number).Thread, Author: user, Name: user,
		Roles: []string{agentRole}, Text: text, At: time.Now(),
	}
	if err := o.relay.Reply(o.t.Context(), m); err != nil && !errors.Is(err, bridge.ErrNotOurs) {
		o.t.Errorf("%s writes %q: %v", user, text, err)
	}
	synctest.Wait()
}

// goes is somebody who comes on duty, goes, or takes a break.
func (o *office) goes(user string, to ticket.Presence) {
	o.t.Helper()
	o.look(func(tx *ledger.Tx) error {
		d, err := ticket.LoadDuty(tx, user)
		if err != nil {
			return err
		}
		d.Go(to, user, tx.Now())
		return d.Save(tx)
	})
}

// eventsOf is the whole log of a ticket.
func (o *office) eventsOf(number string) (all []ledger.Event) {
	o.t.Helper()
	for e, err := range o.store.Events(o.t.Context(), number) {
		if err != nil {
			o.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// unheard are events of the log that are no step of the ticket's life.
var unheard = []string{"waited", "client_wrote", "agent_wrote", "identified", "undelivered", "said", "posted"}

// life are the steps of a ticket's life: "23 09:00:00 opened client".
func (o *office) life(number string) (all []string) {
	for _, e := range o.eventsOf(number) {
		if slices.Contains(unheard, e.What) {
			continue
		}
		all = append(all, strings.TrimSuffix(e.At.In(wib).Format("02 15:04:05.000"), ".000")+" "+e.What+" "+e.By)
	}
	return all
}

// checkTimers compares the timers that are set with what the open tickets say.
func (o *office) checkTimers() {
	o.t.Helper()
	if err := o.timersFit(); err != nil {
		o.t.Error(err)
	}
}

func (o *office) timersFit() error {
	got := timersOf(o.t, o.store)
	var want []string
	for _, number := range o.numbers() {
		for _, d := range o.ticket(number).Due(o.policy.Policy, o.policy.Calendar) {
			want = append(want, d.Name()+" "+d.Due.In(wib).Format(time.DateTime))
		}
	}
	for _, r := range o.reports() {
		for _, d := range r.Due(o.policy.Reports, o.policy.Calendar) {
			want = append(want, d.Name()+" "+d.Due.In(wib).Format(time.DateTime))
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("timers set\n%s\nand owed\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return nil
}

// numbers are all tickets that there are.
func (o *office) numbers() (all []string) {
	o.board.mu.Lock()
	defer o.board.mu.Unlock()
	for _, title := range o.board.posts {
		number, _, _ := strings.Cut(strings.TrimLeft(title, "[#"), " ")
		if strings.Contains(number, "-R") {
			continue // a report's
		}
		if !slices.Contains(all, number) {
			all = append(all, number)
		}
	}
	return all
}
