package desk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

// What bounds the messages that the desk sends first can be set, and so can the words by
// which clients decline them.
func TestOutreachSettings(t *testing.T) {
	c := mustLoad(t, nil, map[string]string{"halo.yaml": `
outreach: {gap: [90s, 4m], per_hour: 12, per_day: 40, new_per_day: 10, new_for: 336h}
opt_out: {words: [Berhenti, "CUKUP SUDAH."]}
opt_in: {words: lanjut}
`})
	want := customer.Rates{Least: 90 * time.Second, Most: 4 * time.Minute, Hour: 12, Day: 40, NewDay: 10, New: 336 * time.Hour}
	if c.Outreach != want {
		t.Errorf("read %+v", c.Outreach)
	}
	words, err := c.optWords()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]ticket.Opt{"cukup  sudah": ticket.OptOut, "*BERHENTI*": ticket.OptOut, "Lanjut!": ticket.OptIn, "stop": "", "berhenti dulu": ""} {
		if opt, ok := words.Read(text); opt != want || ok != (want != "") {
			t.Errorf("%q is %q %v", text, opt, ok)
		}
	}
	standard := Default()
	words, err = standard.optWords()
	if opt, ok := words.Read("STOP"); err != nil || !ok || opt != ticket.OptOut || len(words) != len(standard.OptOut)+len(standard.OptIn) {
		t.Errorf("%v %v", words, err)
	}
}

func TestOutreachSettingsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"outreach: {gap: 60s}\n":                    `halo.yaml:1: outreach.gap: read "60s", expected a list of two times`,
		"outreach: {gap: [3m, 1m]}\n":               "the least and the most between two messages",
		"outreach: {gap: [1s, 1m]}\n":               "10s to 1h",
		"outreach: {per_hour: 0}\n":                 "1 to 500 messages",
		"outreach: {per_day: 801}\n":                "1 to 800 messages",
		"outreach: {new_for: soon}\n":               "such as 720h",
		"opt_out: {words: []}\n":                    "opt_out.words",
		"opt_out: {words: [stop, STOP]}\n":          `"STOP" stands twice`,
		"opt_out: {words: [stop, \"🙏\"]}\n":         "is not a message of plain words",
		"opt_out: {words: [stop, \"berhenti?\"]}\n": "is not a message of plain words",
		"opt_in: {words: [mulai, berhenti]}\n":      `"berhenti" means both`,
		"opt_out: {words: [mulai]}\n":               `"mulai" means both`,
	} {
		_, err := load(nil, map[string]string{"halo.yaml": text})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if words := ticket.BuiltInOptWords(ticket.OptOut); !slices.IsSorted(words) || !slices.Contains(words, "berhenti") {
		t.Errorf("%q", words)
	}
}
