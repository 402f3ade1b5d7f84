package bot_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// types is what somebody is offered for an option; it checks that Discord would take it.
func (p *person) types(command, option, typed string) []bot.Choice {
	p.t.Helper()
	i := p.ask(bot.Interaction{Command: command, Options: map[string]string{}})
	found := p.desk.Complete(p.t.Context(), i, option, typed)
	if len(found) > 25 {
		p.t.Errorf("/%s %s:%s offers %d", command, option, typed, len(found))
	}
	for _, c := range found {
		for locale, label := range c.Label {
			if n := utf8.RuneCountInString(label); n < 1 || n > 100 || strings.ContainsAny(label, "\n\r\u202E\u200F\u0000") || strings.Contains(label, "@everyone") {
				p.t.Errorf("in %s it is called %q, %d characters", locale, label, n)
			}
		}
		if n := utf8.RuneCountInString(c.Value); n < 1 || n > 100 {
			p.t.Errorf("value %q", c.Value)
		}
	}
	return found
}

func values(all []bot.Choice) string {
	var out []string
	for _, c := range all {
		out = append(out, c.Value)
	}
	return strings.Join(out, " ")
}

// shop enters companies with awkward names, and orders.
func shop(r *room) {
	r.t.Helper()
	people(r)
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		for id, name := range map[string]string{
			"k2": "Toko \u202EMaju\n@everyone Bersama <@1> `x` " + strings.Repeat("😀", 40), "k3": "CV Soeharto", "k4": "=HYPERLINK(\"x\")",
		} {
			c, _, err := customer.Create(id, name, "maya", tx.Now())
			if err != nil {
				return err
			}
			c.Aliases, c.Place = []string{"Simaju"}, "Grup Timur"
			if err := c.Save(tx); err != nil {
				return err
			}
		}
		for n, o := range []customer.Order{
			{Number: "PO-2026/0001", Customer: "k1", Amount: 125000000, Currency: "IDR"}, {Number: "PO-2026/0002", Customer: "k3", Void: true},
			{Number: "PO-2026/0003", Customer: "k3", Done: tx.Now().Add(-time.Hour)}, {Number: "SO @everyone *x*", Customer: "k2", What: "Lisensi"},
		} {
			o.At = tx.Now().AddDate(0, 0, -10+n)
			if _, err := customer.Place(tx, o, "maya"); err != nil {
				return err
			}
		}
		return nil
	})
}

// Whoever types the beginning of a word is offered the companies, people and orders that
// have it; what is chosen is what the command means, and typing freely works on.
func TestChoicesWhileTyping(t *testing.T) {
	r := newRoom(t)
	shop(r)
	maya := r.as("100000000000000002", bot.Sales)
	for _, test := range []struct{ command, option, typed, want string }{
		{"order add", "company", "maj", "k1 k2"},
		{"order list", "company", "MAJU jaya", "k1"},
		{"followup add", "company", "suhar", "k3"},
		{"followup card", "company", "hyper", "k4"},
		{"followup record", "company", "simaju timur", "k4 k3 k2"},
		{"followup record", "company", "", ""},
		{"customer company", "name", "maju j", "k1"},
		{"customer register", "company", "jaya", "k1"},
		{"customer show", "who", "budi", "q1"},
		{"customer edit", "who", "0812-3456", "q1"},
		{"customer merge", "with", "sin", "q2"},
		{"customer history", "who", "0000", "q2"},
		{"order done", "number", "0001", "PO-2026/0001"},
		{"order done", "number", "po-2026", "PO-2026/0001"},
		{"order done", "number", "PO-2026/0003", ""}, // delivered
		{"order done", "number", "soeharto", ""},
		{"order done", "number", "", "SO @everyone *x* PO-2026/0001"},
		{"order cancel", "number", "suharto", "PO-2026/0003"},
		{"order cancel", "number", "PO-2026/0003", "PO-2026/0003"},
		{"order cancel", "number", "PO-2026/0002", ""}, // cancelled
		{"order cancel", "number", "so", "SO @everyone *x* PO-2026/0003"},
		{"order cancel", "number", "tidak ada", ""},
		{"order add", "number", "0001", ""}, // a new one has no choices
		{"order add", "nothing", "0001", ""},
		{"nothing", "company", "maju", ""},
		{"order add", "company", "", ""},
		{"order add", "company", "words/customer|*?[\x00]", ""},
		{"order add", "company", strings.Repeat("maju ", 900), "k1 k2"},
	} {
		if got := values(maya.types(test.command, test.option, test.typed)); !sameWords(got, test.want) {
			t.Errorf("/%s %s:%.20q offers %q, want %q", test.command, test.option, test.typed, got, test.want)
		}
	}
	if label := maya.types("order done", "number", "0001")[0].Label["id"]; !strings.HasPrefix(label, "PO-2026/0001 · PT Maju Jaya · ") || !strings.Contains(label, "1.250.000") {
		t.Errorf("an order is called %q", label)
	}
	if label := maya.types("customer show", "who", "budi")[0].Label["id"]; !strings.Contains(label, "+62 812-3456-7890") || !strings.Contains(label, "PT Maju Jaya") {
		t.Errorf("a person is called %q", label)
	}
	if label := r.as("7", bot.QA).types("customer history", "who", "budi")[0].Label["id"]; strings.Contains(label, "3456") {
		t.Errorf("QA, who see no numbers, see %q", label)
	}
	before := r.logged(customer.CustomerLog("k2"))
	for _, step := range []struct {
		say  bot.Answer
		want string
	}{
		{maya.command("order list", "company", "k2"), "Lisensi"},
		{maya.command("order list", "company", "suharto"), "PO-2026/0003"},
		{maya.command("customer show", "who", "q1"), "PT Maju Jaya"},
		{maya.command("customer show", "who", "sinta"), "Sinta"},
		{maya.command("customer company", "who", "q2", "name", "k3"), "pilih untuk menetapkannya"},
		{maya.command("customer register", "number", "0812 9999 8888", "name", "Dewi", "company", "k3"), "CV Soeharto"},
		{maya.command("customer register", "number", "0812 9999 7777", "name", "Dewa", "company", "Toko Baru"), "Toko Baru"},
		{maya.command("order done", "number", "PO-2026/0001"), "Diterima"},
		{maya.command("order cancel", "number", "SO @everyone *x*"), "Dibatalkan"},
	} {
		r.says(step.say, step.want)
	}
	if got := values(maya.types("order done", "number", "")); got != "" {
		t.Errorf("nothing is awaited, and it offers %q", got)
	}
	if after := r.logged(customer.CustomerLog("k2")); len(after) != len(before)+1 {
		t.Errorf("beside the cancelling the log says %v, was %v", after, before)
	}
}

// sameWords compares what is offered, in any order.
func sameWords(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values(strings.Fields(a))), slices.Sorted(slices.Values(strings.Fields(b))))
}

// Whoever may not use a command learns nothing by typing it, and what is typed changes
// nothing.
func TestTypingTellsNobodyWhoMayNot(t *testing.T) {
	r := surveyed(t)
	shop(r)
	may, all := bot.Table(), map[string]bot.Option{}
	var walk func(prefix string, commands []bot.Command)
	walk = func(prefix string, commands []bot.Command) {
		for _, c := range commands {
			walk(prefix+c.Name+" ", c.Sub)
			for _, o := range c.Options {
				if o.Complete == "" {
					continue
				}
				all[prefix+c.Name+"|"+o.Name] = o
				if len(o.Choices) > 0 || o.Kind != bot.OptionText {
					t.Errorf("/%s%s %s offers choices of two kinds", prefix, c.Name, o.Name)
				}
			}
		}
	}
	walk("", bot.Commands())
	if len(all) < 20 {
		t.Errorf("only %v offer anything", slices.Sorted(maps.Keys(all)))
	}
	typed := map[bot.Source]string{bot.FromCompanies: "maju", bot.FromPeople: "budi", bot.FromOrders: "po", bot.FromUndelivered: "po", bot.FromSurveys: "SV", bot.FromSurveysAsked: "sv-2612"}
	for name, option := range all {
		command, _, _ := strings.Cut(name, "|")
		for _, role := range []string{bot.Agent, bot.AssistantManager, bot.Manager, bot.Developer, bot.Sales, bot.AfterSales, bot.QA, bot.Engineering, "none"} {
			got := r.as("100000000000000009", role).types(command, option.Name, typed[option.Complete])
			if allowed := slices.Contains(may["/"+command], role); option.Complete != bot.FromJobs && (len(got) > 0) != allowed {
				t.Errorf("%s is offered %q for %s", role, values(got), name)
			}
		}
	}
	for name, want := range map[string]string{
		"SV-2612-0002": "SV-2612-0002", "0002": "SV-2612-0002", "bersama": "SV-2612-0002", "jaya": "SV-2612-0001", "": "SV-2612-0001 SV-2612-0002", "SV-9": "", "kosong": "",
	} {
		if got := values(r.as("1", bot.QA).types("survey enter", "id", name)); !sameWords(got, want) {
			t.Errorf("survey enter id:%s offers %q, want %q", name, got, want)
		}
	}
	if got := values(r.as("1", bot.Manager).types("survey show", "id", "sv-2612")); !strings.HasPrefix(got, "SV-2612 SV-2612-") {
		t.Errorf("survey show offers %q", got)
	}
}

// A job is named by what it is called; who may not run it is not offered it.
func TestJobsByName(t *testing.T) {
	jobs := &clockwork{all: []bot.Job{{Name: "followups"}, {Name: "nudge"}, {Name: "surveys"}}}
	desk := bot.NewDesk(bot.Options{Store: kept{store.New(storetest.Memory(t), store.Options{Desk: "test"})}, Rights: everyRight, Jobs: jobs, Log: zaptest.NewLogger(t)})
	ask := func(role, typed string) string {
		return values(desk.Complete(t.Context(), bot.Interaction{Command: "jobs", Roles: []string{role}, At: time.Now()}, "run", typed))
	}
	for _, test := range [][3]string{
		{bot.Manager, "", "followups nudge surveys"}, {bot.Sales, "", "followups nudge"}, {bot.Manager, "surv", "surveys"}, {bot.Manager, "bulanan", "followups surveys"},
		{bot.Sales, "SURVEI", ""}, {bot.Agent, "", ""}, {bot.Manager, "plan", "nudge"},
	} {
		if got := ask(test[0], test[1]); got != test[2] {
			t.Errorf("%s typing %q is offered %q, want %q", test[0], test[1], got, test[2])
		}
	}
	run := func(id, role, name string) bot.Answer {
		return desk.Handle(t.Context(), bot.Interaction{ID: id, User: "u1", Roles: []string{role}, Command: "jobs", Options: map[string]string{"run": name}, At: time.Now()})
	}
	if a := run("1", bot.Sales, "nudge"); a.Follow == nil || len(jobs.by) != 1 {
		t.Errorf("run by name: %q, %v", a.Text, jobs.by)
	}
	if a := run("2", bot.Sales, "Reminder of the sales plan"); !strings.Contains(a.Text, "baru saja dijalankan") {
		t.Errorf("again, by what it is called: %q", a.Text)
	}
	for _, a := range []bot.Answer{run("3", bot.Sales, "surveys"), run("4", bot.Manager, "gone"), run("5", bot.Agent, "nudge")} {
		if a.Follow != nil || a.Text == "" || len(jobs.by) != 1 {
			t.Errorf("not refused: %q", a.Text)
		}
	}
}

// counting counts the reads of a store and refuses everything else.
type counting struct {
	bot.Store
	reads *atomic.Int64
}

func (c counting) Rows(ctx context.Context, p bot.Page) ([]ledger.IndexRow, error) {
	c.reads.Add(1)
	return c.Store.Rows(ctx, p)
}

func (c counting) Doc(ctx context.Context, ref ledger.Ref) (ledger.Doc, error) {
	c.reads.Add(1)
	return c.Store.Doc(ctx, ref)
}

func (counting) Update(context.Context, ledger.Cause, func(*ledger.Tx) error) (bool, error) {
	panic("typing writes")
}

// Among many companies a keystroke takes a few dozen reads, whatever is typed, and writes
// nothing.
func TestTypingIsQuick(t *testing.T) {
	r := newRoom(t)
	many := 3_000
	if testing.Short() {
		many = 300
	}
	for from := 0; from < many; from += 30 {
		update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
			for n := range 30 {
				c, _, err := customer.Create(fmt.Sprintf("k%d", from+n), fmt.Sprintf("PT Toko Maju %d", from+n), "maya", tx.Now())
				if err != nil {
					return err
				}
				if err := c.Save(tx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var reads atomic.Int64
	desk := bot.NewDesk(bot.Options{Store: counting{kept{r.st}, &reads}, Rights: everyRight, Bridge: quietBridge, Log: zaptest.NewLogger(t)})
	for typed, want := range map[string]int{"p": 25, "pt toko": 25, "pt toko maju 29": 25, "maju 299": 11, "zzz": 0, "": 0, "pt zzz": 0} {
		if many < 3_000 && typed == "maju 299" {
			want = 1
		}
		if many < 3_000 && typed == "pt toko maju 29" {
			want = 11
		}
		reads.Store(0)
		i := bot.Interaction{Command: "order add", Channel: "5", Roles: []string{bot.Sales}, At: time.Now()}
		got := desk.Complete(t.Context(), i, "company", typed)
		if n := reads.Load(); len(got) != want || n > 60 {
			t.Errorf("%q offers %d after %d reads, want %d", typed, len(got), n, want)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if got := desk.Complete(gone, bot.Interaction{Command: "order add", Roles: []string{bot.Sales}, At: time.Now()}, "company", "maju"); len(got) != 0 {
		t.Errorf("after its time it offers %v", got)
	}
}
