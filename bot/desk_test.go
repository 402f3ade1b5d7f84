package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// rights of the tests: the id of each role is the capability it gives.
var rights = bot.Rights{bot.Agent: {"agent"}, bot.AssistantManager: {"assistant"}, bot.Manager: {"manager"}}

// An office is a desk's store with one ticket in thread 77 and one dead letter.
func office(t *testing.T) (*store.Store, *bot.Desk, ledger.Letter) {
	t.Helper()
	client := storetest.Memory(t)
	st := store.New(client, store.Options{Desk: "test"})
	dead := ledger.Letter{ID: "d/5001/0.1", Lane: bridge.ClientLane("c1"), Log: "HE-1", Kind: "text", Ext: "3EB0", Body: []byte(`{"text":"x"}`)}
	update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1"}
		tk := ticket.Open(&c, "HE-1", tx.Now())
		tk.Thread = "77"
		tx.Send(dead)
		if err := c.Save(tx); err != nil {
			return err
		}
		if err := (ticket.Thread{ID: "77", Ticket: "HE-1", Cursor: "77"}).Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	lease, err := st.Acquire(t.Context(), "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	l, _, ok, err := st.Begin(t.Context(), lease.Epoch, dead.Lane)
	if err != nil || !ok {
		t.Fatalf("begin: %v %v", ok, err)
	}
	update(t, st, ledger.Cause{Outcome: &ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Dead, Reason: "no"}}, func(*ledger.Tx) error { return nil })
	t.Cleanup(func() { storetest.Check(t, client, "test") })
	return st, bot.NewDesk(bot.Options{Store: kept{st}, Rights: rights, Log: zaptest.NewLogger(t)}), l
}

func update(t *testing.T, st *store.Store, cause ledger.Cause, fn func(*ledger.Tx) error) {
	t.Helper()
	if _, err := st.Update(t.Context(), cause, fn); err != nil {
		t.Fatal(err)
	}
}

func press(id, button string, roles ...string) bot.Interaction {
	return bot.Interaction{ID: id, User: "u1", Roles: roles, Channel: "77", Button: button, At: time.Now()}
}

func TestRetryTwiceSendsOnce(t *testing.T) {
	st, desk, l := office(t)
	for i, want := range []string{"Dikirim ulang", "sudah dikirim ulang"} {
		a := desk.Handle(t.Context(), press([]string{"i1", "i2"}[i], bridge.RetryPrefix+l.ID, "agent"))
		if !strings.Contains(a.Text, want) {
			t.Errorf("press %d is answered %q, want %q", i+1, a.Text, want)
		}
	}
	waiting, err := st.Waiting(t.Context(), l.Lane, 0)
	if err != nil || len(waiting) != 1 || waiting[0].ID != l.ID {
		t.Errorf("waiting: %v %v, want the letter once", waiting, err)
	}
}

// The words that go out are those that the message has now; a deleted one is not sent.
func TestRetrySaysWhichWordsAreSent(t *testing.T) {
	for instead, want := range map[string]string{
		``:                         "Dikirim ulang: “x”",
		`{"text":"besok *pagi*"}`:  "teks terbaru: “besok pagi”",
		`{"text":"x"}`:             "Dikirim ulang: “x”",
		`{"text":"y","gone":true}`: "pesan aslinya sudah dihapus",
	} {
		st, desk, l := office(t)
		if instead != "" {
			update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
				return tx.Put(ledger.Ref{Kind: "reworded", ID: l.ID}, []byte(instead))
			})
		}
		a := desk.Handle(t.Context(), press("i1", bridge.RetryPrefix+l.ID, "agent"))
		if !strings.Contains(a.Text, want) {
			t.Errorf("%s: answered %q, want %q", instead, a.Text, want)
		}
		waiting, err := st.Waiting(t.Context(), l.Lane, 0)
		if sent := len(waiting) == 1; err != nil || sent == strings.Contains(instead, "gone") {
			t.Errorf("%s: waiting %v, %v", instead, waiting, err)
		}
	}
}

func TestCloseTwice(t *testing.T) {
	st, desk, _ := office(t)
	closing := bot.Interaction{ID: "i1", User: "u1", Roles: []string{"agent"}, Channel: "77", Command: "ticket close", At: time.Now()}
	for i, want := range []string{"Tiket HE-1 ditutup.", "sudah ditutup"} {
		closing.ID = []string{"i1", "i2"}[i]
		if a := desk.Handle(t.Context(), closing); !strings.Contains(a.Text, want) {
			t.Errorf("close %d is answered %q, want %q", i+1, a.Text, want)
		}
	}
	var events []string
	for e, err := range st.Events(t.Context(), "HE-1") {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e.What)
	}
	if !slices.Equal(events, []string{"closed"}) {
		t.Errorf("events: %v", events)
	}
	if rows, err := st.Index(t.Context(), ticket.IndexOpen, store.Range{}); err != nil || len(rows) != 0 {
		t.Errorf("open tickets: %v %v", rows, err)
	}
	closing.ID, closing.Channel = "i3", "another"
	if a := desk.Handle(t.Context(), closing); !strings.Contains(a.Text, "hanya berlaku di thread") {
		t.Errorf("outside a ticket it is answered %q", a.Text)
	}
}

// Whoever lacks the role is told who may, whatever is asked, and nothing happens:
// every command that Discord shows is checked, and every button.
func TestRefusals(t *testing.T) {
	st, desk, l := office(t)
	var asked []bot.Interaction
	for _, name := range names("", bot.Commands()) {
		if !slices.Contains(bot.Table()["/"+name], bot.Manager) {
			continue // the parties' own: see TestRights
		}
		asked = append(asked, bot.Interaction{Command: name})
	}
	for _, button := range []string{bridge.RetryPrefix + l.ID, "dead:page:0", "dead:retry:0:" + bridge.Nonce(l.ID)[:10], "pair:qr", "status:now",
		bridge.HoldSend + "1", bridge.HoldNote + "1"} {
		asked = append(asked, bot.Interaction{Button: button})
	}
	for n, i := range asked {
		i.ID, i.Channel, i.At, i.Roles = fmt.Sprint("i", n), "77", time.Now(), []string{"developer"}
		if a := desk.Handle(t.Context(), i); !strings.HasPrefix(a.Text, "Hanya ") || !strings.Contains(a.Text, "<@&manager>") {
			t.Errorf("%s%s is answered %q", i.Command, i.Button, a.Text)
		}
		i.Locale = "en-US"
		if a := desk.Handle(t.Context(), i); !strings.HasPrefix(a.Text, "Only ") {
			t.Errorf("%s%s is answered %q in English", i.Command, i.Button, a.Text)
		}
	}
	for _, command := range []string{"dead", "desk status", "desk pair"} {
		i := bot.Interaction{ID: "x" + command, Command: command, Roles: []string{"agent"}, At: time.Now()}
		if a := desk.Handle(t.Context(), i); a.Text != "Hanya <@&assistant> atau <@&manager> yang dapat memakai ini." {
			t.Errorf("an agent's /%s is answered %q", command, a.Text)
		}
	}
	if a := desk.Handle(t.Context(), press("i4", "retry?", "agent")); !strings.Contains(a.Text, "tidak dikenal") {
		t.Errorf("an unknown button is answered %q", a.Text)
	}
	if waiting, err := st.Waiting(t.Context(), l.Lane, 0); err != nil || len(waiting) != 0 {
		t.Errorf("waiting: %v %v, want nothing", waiting, err)
	}
	nobody := bot.NewDesk(bot.Options{Store: kept{st}, Log: zaptest.NewLogger(t)})
	if a := nobody.Handle(t.Context(), press("i5", "dead:page:0", "manager")); !strings.Contains(a.Text, "halo.yaml") {
		t.Errorf("without any role configured it is answered %q", a.Text)
	}
}

// names are the full names of the commands that can be used.
func names(prefix string, all []bot.Command) (out []string) {
	for _, c := range all {
		if len(c.Sub) > 0 {
			out = append(out, names(prefix+c.Name+" ", c.Sub)...)
			continue
		}
		out = append(out, prefix+c.Name)
	}
	return out
}

// Every text that Discord shows of a command is there in both languages and short
// enough.
func TestCommandsAreInBothLanguages(t *testing.T) {
	check := func(name string, by map[string]string) {
		for _, locale := range []string{"id", "en-US"} {
			if n := utf8.RuneCountInString(by[locale]); n < 1 || n > 100 {
				t.Errorf("%s has %d characters in %s", name, n, locale)
			}
		}
	}
	var walk func(all []bot.Command)
	walk = func(all []bot.Command) {
		for _, c := range all {
			if c.OnMessage { // it is its name
				check(c.Name, c.Names)
			} else {
				check(c.Name, c.Description)
			}
			for _, o := range c.Options {
				check(c.Name+" "+o.Name, o.Description)
			}
			walk(c.Sub)
		}
	}
	walk(bot.Commands())
}

// A store that does not answer is said so in time, and trying again is harmless.
func TestAStoreThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		desk := bot.NewDesk(bot.Options{Store: silent{}, Rights: rights, Log: zap.NewNop()})
		began := time.Now()
		a := desk.Handle(t.Context(), press("i1", bridge.RetryPrefix+"x", "agent"))
		if took := time.Since(began); !strings.Contains(a.Text, "coba sekali lagi") || took > 30*time.Second {
			t.Errorf("answered %q after %s", a.Text, took)
		}
	})
}

// silent is a store that never answers.
type silent struct{ bot.Store }

func (silent) Update(ctx context.Context, _ ledger.Cause, _ func(*ledger.Tx) error) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}
