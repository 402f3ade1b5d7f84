package bot_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// A crew is a desk whose people work on tickets, on a Monday at ten.
type crew struct {
	*testing.T
	st     *store.Store
	bridge bridge.Desk
	desk   *bot.Desk

	mu  sync.Mutex
	now time.Time
	n   int
}

var wib = time.FixedZone("WIB", 7*3600)

func newCrew(t *testing.T) *crew {
	t.Helper()
	w := &crew{T: t, now: time.Date(2026, 11, 23, 10, 0, 0, 0, wib)}
	client := storetest.Memory(t)
	clock := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	w.st = store.New(client, store.Options{Desk: "test", Now: clock})
	week := calendar.Hours{}
	for d := time.Monday; d <= time.Friday; d++ {
		week[d] = []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}
	}
	christmas := calendar.Date{Year: 2026, Month: 12, Day: 25}
	hours, err := calendar.New(calendar.Plan{Zone: wib, Week: week, Holidays: []calendar.Holiday{{Days: calendar.Span{First: christmas, Last: christmas}, Name: "Natal"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.bridge = bridge.Desk{
		Prefix: "HE", Zone: wib, Now: clock, Calendar: hours, Roles: rights,
		MessageID: func(letter string) string { return "3EB0" + letter },
		Members: func(ctx context.Context, index string, from int64) (all []string, err error) {
			rows, err := w.st.Index(ctx, index, store.Range{Min: &from})
			for _, r := range rows {
				all = append(all, r.Member)
			}
			return all, err
		},
	}
	w.desk = bot.NewDesk(bot.Options{Store: kept{w.st}, Rights: rights, Bridge: w.bridge, Log: zaptest.NewLogger(t)})
	t.Cleanup(func() { storetest.Check(t, client, "test") })
	return w
}

func (w *crew) passes(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// client opens a ticket of a person in a thread: the client has written and waits.
func (w *crew) client(number, conversation, thread string) {
	w.Helper()
	update(w.T, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c, ok, err := ticket.LoadConversation(tx, conversation)
		if err != nil {
			return err
		}
		if !ok {
			c = ticket.Conversation{ID: conversation, Name: "Ana " + conversation}
		}
		open := c.Open
		tk := ticket.Open(&c, number, tx.Now())
		if open != "" {
			c.Open, c.Also = open, append(c.Also, number)
		}
		tk.Thread, tk.Contact = thread, "p-"+conversation
		events, err := tk.ClientWrote(tx.Now(), false)
		if err != nil {
			return err
		}
		if err := (ticket.Thread{ID: thread, Ticket: number, Cursor: thread}).Save(tx); err != nil {
			return err
		}
		if err := c.Save(tx); err != nil {
			return err
		}
		return tk.Keep(tx, ticket.Ticket{}, events, ticket.DefaultPolicy(), w.bridge.Calendar)
	})
}

// change makes a transition behind the scenes.
func (w *crew) change(number string, fn func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)) {
	w.Helper()
	update(w.T, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		return w.bridge.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t, tx.Now()) })
	})
}

func (w *crew) ticket(number string) ticket.Ticket {
	w.Helper()
	doc, err := w.st.Doc(w.Context(), ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || doc.Data == nil {
		w.Fatalf("%s: %v", number, err)
	}
	t, err := ticket.Decode(doc.Data)
	if err != nil {
		w.Fatal(err)
	}
	return t
}

func (w *crew) duty(user string) ticket.Duty {
	w.Helper()
	doc, err := w.st.Doc(w.Context(), ledger.Ref{Kind: ticket.KindDuty, ID: user})
	if err != nil || doc.Data == nil {
		w.Fatalf("%s: %v", user, err)
	}
	d, err := ticket.DecodeDuty(doc.Data)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// asks lets somebody ask; andi is the supervisor, everybody else an agent.
func (w *crew) asks(user string, i bot.Interaction) bot.Answer {
	w.mu.Lock()
	w.n++
	i.ID, i.At = fmt.Sprint("i", w.n), w.now
	w.mu.Unlock()
	i.User, i.Roles = user, []string{"agent"}
	if user == "andi" {
		i.Roles = []string{"assistant"}
	}
	return w.desk.Handle(w.Context(), i)
}

func (w *crew) want(a bot.Answer, words ...string) {
	w.Helper()
	for _, word := range words {
		if !strings.Contains(a.Text, word) {
			w.Errorf("%q is not in\n%s", word, a.Text)
		}
	}
	if n := len([]rune(a.Text)); n > 2000 {
		w.Errorf("the answer has %d characters", n)
	}
}

func (w *crew) command(user, name string, options ...string) bot.Answer {
	i := bot.Interaction{Command: name, Channel: "77", Options: map[string]string{}}
	for n := 0; n+1 < len(options); n += 2 {
		i.Options[options[n]] = options[n+1]
	}
	return w.asks(user, i)
}

func (w *crew) events(log string) (all []string) {
	w.Helper()
	for e, err := range w.st.Events(w.Context(), log) {
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, e.What)
	}
	return all
}

// lane is what is to be said in a ticket's thread.
func (w *crew) lane(number string) string {
	w.Helper()
	letters, err := w.st.Waiting(w.Context(), bridge.ThreadLane(number), 0)
	if err != nil {
		w.Fatal(err)
	}
	var all []string
	for _, l := range letters {
		all = append(all, string(l.Body))
	}
	return strings.Join(all, "\n")
}

// due are the timers that are due by now.
func (w *crew) due() (all []string) {
	w.Helper()
	timers, _, err := w.st.Due(w.Context(), w.now, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, t := range timers {
		all = append(all, t.Kind+" "+t.ID)
	}
	return all
}
