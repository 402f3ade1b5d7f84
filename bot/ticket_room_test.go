package bot_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// everyRight gives each capability to the role of its name.
var everyRight = func() bot.Rights {
	out := bot.Rights{}
	for _, c := range []string{bot.Agent, bot.AssistantManager, bot.Manager, bot.Developer, bot.DeveloperLead, bot.Sales, bot.AfterSales, bot.QA, bot.Engineering} {
		out[c] = []string{c}
	}
	return out
}()

// A room is the thread 77 of ticket HE-1, whose client wrote a moment ago, with people
// in it.
type room struct {
	t    *testing.T
	st   *store.Store
	desk *bot.Desk
	// files are those of the media library.
	files library
	n     int
}

func newRoom(t *testing.T) *room {
	t.Helper()
	client := storetest.Memory(t)
	r := &room{t: t, st: store.New(client, store.Options{Desk: "test"}), files: library{}}
	update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1", Reply: "628@s.whatsapp.net", Phone: "628123456789", Name: "Budi"}
		tk := ticket.Open(&c, "HE-1", tx.Now())
		tk.Thread = "77"
		if _, err := tk.ClientWrote(tx.Now(), false); err != nil {
			return err
		}
		if err := c.Save(tx); err != nil {
			return err
		}
		if err := (ticket.Thread{ID: "77", Ticket: "HE-1", Cursor: "77"}).Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	r.restart()
	t.Cleanup(func() {
		r.checkShown()
		storetest.Check(t, client, "test")
	})
	return r
}

// checkShown checks that every button below a line in the thread is known.
func (r *room) checkShown() {
	r.t.Helper()
	var lines []ledger.Letter
	for _, lane := range []string{bridge.ThreadLane("HE-1"), bridge.ReportLane("HE-1-R1")} {
		all, err := r.st.Waiting(context.WithoutCancel(r.t.Context()), lane, 0)
		if err != nil {
			r.t.Fatal(err)
		}
		lines = append(lines, all...)
	}
	for _, l := range lines {
		var body struct {
			Buttons []bridge.Button `json:"buttons"`
		}
		if json.Unmarshal(l.Body, &body) != nil {
			continue // of another kind
		}
		for _, b := range body.Buttons {
			r.known(b.ID)
		}
	}
}

// known checks that there is an action for a button.
func (r *room) known(id string) {
	r.t.Helper()
	for name := range bot.Table() {
		if strings.HasPrefix(id, name) {
			return
		}
	}
	r.t.Errorf("a button %q is shown, and nothing answers it", id)
}

// handle lets the desk handle an interaction, and checks what it is answered.
func (r *room) handle(i bot.Interaction) bot.Answer {
	r.t.Helper()
	a := r.desk.Handle(r.t.Context(), i)
	for _, b := range a.Buttons {
		r.known(b.ID)
	}
	for _, s := range a.Selects {
		r.known(s.ID)
	}
	if n := utf8.RuneCountInString(a.Text); n > 2000 {
		r.t.Errorf("an answer has %d characters: %q", n, a.Text)
	}
	return a
}

// restart starts the desk anew: what was shown before it works on.
func (r *room) restart() {
	r.desk = bot.NewDesk(bot.Options{Store: kept{r.st}, Rights: everyRight, Bridge: quietBridge, Files: r.files, Log: zaptest.NewLogger(r.t)})
}

var quietBridge = bridge.Desk{
	Prefix: "HE", Zone: time.UTC, Sentences: ticket.Defaults(), Policy: ticket.DefaultPolicy(), Greet: bridge.GreetAlways,
	MessageID: func(letter string) string { return "3EB0" + bridge.Nonce(letter) }, NotePrefix: "//", Teams: everyTeam,
}

// everyTeam has a role of its name, and leads of its own.
var everyTeam = func() (all []bridge.Team) {
	for _, name := range []string{"Back End", "POS", "Smart Repair", "BI", "Teams", "Sinkronisasi"} {
		all = append(all, bridge.Team{Name: name, Roles: []string{name}, Leads: []string{name + " lead"}})
	}
	return all
}()

// A person uses the desk in one room.
type person struct {
	*room
	user   string
	roles  []string
	locale string
	knows  map[string][]string // roles of those whom an option names
	at     string              // the channel, "" for the ticket's thread
}

func (r *room) as(user string, roles ...string) *person {
	return &person{room: r, user: user, roles: roles}
}

func (p *person) ask(i bot.Interaction) bot.Interaction {
	p.n++
	i.ID, i.User, i.Name, i.Roles, i.Locale, i.Channel, i.At = fmt.Sprintf("i%d", p.n), p.user, p.user, p.roles, p.locale, cmp.Or(p.at, "77"), time.Now()
	i.Members = p.knows
	return i
}

// button is a press of a button under a message of the thread.
func (p *person) button(id string) bot.Answer {
	return p.handle(p.ask(bot.Interaction{Button: id, Message: "9"}))
}

func (p *person) command(name string, options ...string) bot.Answer {
	return p.handle(p.ask(bot.Interaction{Command: name, Options: pairs(options)}))
}

// form is what a button or command opens.
func (p *person) form(i bot.Interaction) bot.Form {
	p.t.Helper()
	i = p.ask(i)
	f, ok := p.desk.Form(p.t.Context(), i)
	if !ok {
		p.t.Fatalf("%s%s opens no form: %q", i.Command, i.Button, p.desk.Handle(p.t.Context(), i).Text)
	}
	return f
}

// fill presses a button, fills in the form that opens and sends it.
func (p *person) fill(button string, fields ...string) bot.Answer {
	p.t.Helper()
	f := p.form(bot.Interaction{Button: button, Message: "9"})
	return p.send(f.ID, fields...)
}

func (p *person) send(form string, fields ...string) bot.Answer {
	return p.handle(p.ask(bot.Interaction{Form: form, Message: "9", Fields: pairs(fields)}))
}

func pairs(all []string) map[string]string {
	out := map[string]string{}
	for n := 0; n+1 < len(all); n += 2 {
		out[all[n]] = all[n+1]
	}
	return out
}

// change makes a transition that no button is for.
func (r *room) change(fn func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)) {
	r.t.Helper()
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		return quietBridge.Change(tx, "HE-1", func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t, tx.Now()) })
	})
}

func (r *room) ticket() ticket.Ticket {
	r.t.Helper()
	doc, err := r.st.Doc(r.t.Context(), ledger.Ref{Kind: ticket.KindTicket, ID: "HE-1"})
	if err != nil {
		r.t.Fatal(err)
	}
	tk, err := ticket.Decode(doc.Data)
	if err != nil {
		r.t.Fatal(err)
	}
	return tk
}

// events are the names of what was logged, without the ends of waits.
func (r *room) events() (out []string) {
	r.t.Helper()
	for e, err := range r.st.Events(r.t.Context(), "HE-1") {
		if err != nil {
			r.t.Fatal(err)
		}
		if e.What != "waited" {
			out = append(out, e.What)
		}
	}
	return out
}

// event is the last one of a name.
func (r *room) event(what string) (last ledger.Event) {
	r.t.Helper()
	for e, err := range r.st.Events(r.t.Context(), "HE-1") {
		if err != nil {
			r.t.Fatal(err)
		}
		if e.What == what {
			last = e
		}
	}
	return last
}

func (r *room) silent(a bot.Answer) {
	r.t.Helper()
	if !a.Empty() {
		r.t.Errorf("answered %q %v, want nothing: the thread shows it", a.Text, a.Buttons)
	}
}

func (r *room) says(a bot.Answer, want string) {
	r.t.Helper()
	if !strings.Contains(a.Text, want) {
		r.t.Errorf("answered %q, want %q in it", a.Text, want)
	}
}

// offers checks the buttons of an answer, by what their ids begin with.
func (r *room) offers(a bot.Answer, want ...string) {
	r.t.Helper()
	ok := len(a.Buttons) == len(want)
	for n := range min(len(a.Buttons), len(want)) {
		ok = ok && strings.HasPrefix(a.Buttons[n].ID, want[n])
	}
	if !ok {
		r.t.Errorf("%q offers %v, want %v", a.Text, a.Buttons, want)
	}
}
