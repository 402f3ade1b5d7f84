package desk

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

// Every figure has a key of its own, and lands where it belongs.
func TestEveryFigureCanBeSet(t *testing.T) {
	c := mustLoad(t, nil, map[string]string{"halo.yaml": `
targets: {easy: 31m, normal: 121m, hard: 721m, warn: 80}
reminders: {first_reminder: 61s, first_response: 121s, reply: 11m, news: 3h, offer_again: 6m, silent_agent: 32m}
closing: {silence: 21m, reopen_within: 25h}
rating: {valid: 26h, comment_within: 12m, gap: 168h, low: 3}
limits: {backlog: 16, capacity: 9, snooze: 48h, schedule: 49h}
greet: button
panel: off
undo: 1500ms
mode: command
access: [pemilik, mitra]
user_types:
  pemilik: [Pemilik, Owner]
  mitra: Mitra
  lainnya: [Lainnya, Other]
  prospek: [Prospek, Prospect]
flood: {messages: 60, within: 30s}
`})
	const m = time.Minute
	policy := ticket.Policy{
		FirstReminder: 61 * time.Second, FirstResponse: 121 * time.Second, ReplyReminder: 11 * m, NewsReminder: 180 * m, OfferAgain: 6 * m, SilentAgent: 32 * m,
		Easy: 31 * m, Normal: 121 * m, Hard: 721 * m, Warn: 80,
		Silence: 21 * m, ReopenWithin: 1500 * m, RatingValid: 1560 * m, CommentWithin: 12 * m, RatingGap: 168 * time.Hour, LowRating: 3,
		LongestSnooze: 48 * time.Hour, LongestSchedule: 49 * time.Hour, Backlog: 16, Capacity: 9,
	}
	if c.Policy != policy {
		t.Errorf("read %+v\nwant %+v", c.Policy, policy)
	}
	for i := range reflect.TypeFor[ticket.Policy]().NumField() {
		if reflect.ValueOf(c.Policy).Field(i).Equal(reflect.ValueOf(Default().Policy).Field(i)) {
			t.Errorf("no key sets %s", reflect.TypeFor[ticket.Policy]().Field(i).Name)
		}
	}
	if err := c.Policy.Check(); err != nil {
		t.Error(err)
	}
	if c.Greet != bridge.GreetButton || c.Panel || c.Undo != 1500*time.Millisecond || c.Mode != bridge.Command || c.Flood != (bridge.Flood{Messages: 60, Within: 30 * time.Second}) {
		t.Errorf("read %s, %s, %s, %+v", c.Greet, c.Undo, c.Mode, c.Flood)
	}
	if !reflect.DeepEqual(c.Access, customer.Policy{Mode: customer.ByType, Types: []string{"pemilik", "mitra"}}) {
		t.Errorf("access is %+v", c.Access)
	}
	if c.Types.Label("mitra", "en") != "Mitra" || c.Types.Label("pemilik", "en") != "Owner" || len(c.Types) != 4 {
		t.Errorf("types are %+v", c.Types)
	}
}

func TestWhoMayWrite(t *testing.T) {
	for text, want := range map[string]customer.Policy{
		"access: open\n":       {},
		"access: registered\n": {Mode: customer.Registered},
		"access: pemilik\n":    {Mode: customer.ByType, Types: []string{"pemilik"}},
	} {
		if c := mustLoad(t, nil, map[string]string{"halo.yaml": text}); !reflect.DeepEqual(c.Access, want) {
			t.Errorf("%q is %+v", text, c.Access)
		}
	}
	if c := mustLoad(t, nil, map[string]string{"halo.yaml": "flood: {messages: off}\nundo: 0s\nuser_types:\n"}); c.Flood.Messages != 0 || c.Undo != 0 || !slices.Equal(c.Types, customer.DefaultTypes()) {
		t.Errorf("read %+v, %s, %+v", c.Flood, c.Undo, c.Types)
	}
}

// What the compiled-in figures are, the rules of the domain accept.
func TestDefaultsPassTheirChecks(t *testing.T) {
	c := Default()
	for _, err := range []error{c.Policy.Check(), c.Types.Check(), c.Access.Check(c.Types)} {
		if err != nil {
			t.Error(err)
		}
	}
}

var badLife = []slip{
	{"a time without unit", nil, map[string]string{"halo.yaml": "targets:\n  easy: 30\n"},
		`halo.yaml:2: targets.easy: read "30", expected 1s to 8784h, a time such as 90s, 30m or 2h`},
	{"a time in words", nil, map[string]string{"halo.yaml": "closing: {silence: 20 menit}\n"},
		`halo.yaml:1: closing.silence: read "20 menit", expected 1s to 8784h, a time such as 90s, 30m or 2h`},
	{"no time at all", nil, map[string]string{"halo.yaml": "reminders: {reply: 0s}\n"},
		`halo.yaml:1: reminders.reply: read "0s", expected 1s to 8784h, a time such as 90s, 30m or 2h`},
	{"a fraction of a millisecond", nil, map[string]string{"halo.yaml": "reminders: {reply: 1.0001s}\n"},
		`halo.yaml:1: reminders.reply: read "1.0001s", expected 1s to 8784h, a time such as 90s, 30m or 2h`},
	{"a century", nil, map[string]string{"halo.yaml": "rating: {gap: 876000h}\n"},
		`halo.yaml:1: rating.gap: read "876000h", expected 0s to 8784h, a time such as 720h`},
	{"a warning after the fact", nil, map[string]string{"halo.yaml": "targets: {warn: 100}\n"},
		`halo.yaml:1: targets.warn: read "100", expected 1 to 99, in percent`},
	{"percent signs", nil, map[string]string{"halo.yaml": "targets: {warn: 75%}\n"},
		`halo.yaml:1: targets.warn: read "75%", expected 1 to 99, in percent`},
	{"six stars", nil, map[string]string{"halo.yaml": "rating: {low: 6}\n"},
		`halo.yaml:1: rating.low: read "6", expected 0 to 5 stars`},
	{"a backlog of none", nil, map[string]string{"halo.yaml": "limits: {backlog: 0}\n"},
		`halo.yaml:1: limits.backlog: read "0", expected 1 to 100000 tickets`},
	{"an unknown figure", nil, map[string]string{"halo.yaml": "closing:\n  silent: 20m\n"},
		`halo.yaml:2: closing.silent: read an unknown key, expected one of closing.silence, closing.reopen_within`},
	{"greeting", nil, map[string]string{"halo.yaml": "greet: true\n"},
		`halo.yaml:1: greet: read "true", expected always, button or never`},
	{"a long wait", nil, map[string]string{"halo.yaml": "undo: 31s\n"},
		`halo.yaml:1: undo: read "31s", expected 0s to 30s`},
	{"mode", nil, map[string]string{"halo.yaml": "mode: quiet\n"},
		`halo.yaml:1: mode: read "quiet", expected plain or command`},
	{"flood of none", nil, map[string]string{"halo.yaml": "flood: {messages: 0}\n"},
		`halo.yaml:1: flood.messages: read "0", expected 1 to 10000 messages, or off`},
	{"nobody may write", nil, map[string]string{"halo.yaml": "access: []\n"},
		`halo.yaml:1: access: read an empty list, expected open, registered, or a list of user types`},
	{"a type that is none", nil, map[string]string{"halo.yaml": "greet: never\naccess: [pemilik, bos]\n"},
		`halo.yaml:2: access: read access: user type "bos" is not on the list, expected open, registered, or keys of user_types`},
	{"a type taken off the list", nil, map[string]string{"halo.yaml": "user_types: {lainnya: Lain, prospek: Prospek}\naccess: kasir\n"},
		`halo.yaml:2: access: read access: user type "kasir" is not on the list, expected open, registered, or keys of user_types`},
	{"no types", nil, map[string]string{"halo.yaml": "user_types: [pemilik]\n"},
		`halo.yaml:1: user_types: read a list of 1 ("pemilik"), expected keys with their names, such as pemilik: [Pemilik, Owner]`},
	{"three names", nil, map[string]string{"halo.yaml": "user_types:\n  prospek: Prospek\n  lainnya: [a, b, c]\n"},
		`halo.yaml:3: user_types.lainnya: read a list of 3 ("a, b, c"), expected ` + typesExpected},
	{"a type that every desk has", nil, map[string]string{"halo.yaml": "\nuser_types:\n  lainnya: Lain\n"},
		`halo.yaml:2: user_types: read user type "prospek" is missing, expected ` + typesWanted},
	{"a key nobody can store", nil, map[string]string{"halo.yaml": "user_types:\n  lainnya: Lain\n  prospek: Prospek\n  Kasir 1: Kasir\n"},
		`halo.yaml:1: user_types: read user type 3: key "Kasir 1", want 1 to 20 of a-z, 0-9, _, expected ` + typesWanted},
}

// A file with several slips names each.
func TestAllSlipsOfALifeAtOnce(t *testing.T) {
	_, err := load(nil, map[string]string{"halo.yaml": "targets: {easy: x, warn: 0}\nundo: y\nuser_types: {a b: [A, B], c: []}\n"})
	if n := strings.Count(err.Error(), "halo.yaml:"); n != 4 {
		t.Errorf("%d problems:\n%v", n, err)
	}
}
