package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// archive enters tickets of people who phoned.
func archive(r *room, tickets ...ticket.Ticket) {
	r.t.Helper()
	for _, tk := range tickets {
		update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
			entered := ticket.Ticket{Number: tk.Number, State: ticket.New, Channel: ticket.Phone, Opened: tx.Now(), Thread: tk.Thread}
			if err := entered.Save(tx); err != nil {
				return err
			}
			return quietBridge.Change(tx, tk.Number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
				t.Summary = tk.Summary
				return append(t.Identify(tk.Contact, tk.Customer, "halo", tx.Now()), t.Take("100", tx.Now())...), nil
			})
		})
	}
}

// people enters Budi, of PT Maju, and Sinta, of nobody.
func people(r *room) {
	r.t.Helper()
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		k, _, err := customer.Create("k1", "PT Maju Jaya", "u", tx.Now())
		if err != nil {
			return err
		}
		if err := k.Save(tx); err != nil {
			return err
		}
		for id, p := range map[string][2]string{"q1": {"6281234567890", "Budi *Santoso* @everyone"}, "q2": {"6285700001111", "Sinta"}} {
			c, _, err := customer.Find(tx, id, customer.Who{Phone: customer.Phone(p[0]), Push: p[1]})
			if err != nil {
				return err
			}
			if id == "q1" {
				if _, err := c.Join("k1", "u", tx.Now()); err != nil {
					return err
				}
			}
			if err := c.Save(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// Tickets are found by their number or its end, a number as dialled, people, companies
// and words; whoever reads it sees whose it is and where.
func TestFind(t *testing.T) {
	r := newRoom(t)
	people(r)
	archive(r,
		ticket.Ticket{Number: "HE-260101-0007", Contact: "q1", Customer: "k1", Summary: "Printer kasir macet"},
		ticket.Ticket{Number: "HE-260102-0007", Contact: "q2", Summary: "Stok gudang [klik](http://x) <@1>"},
		ticket.Ticket{Number: "HE-260103-0012", Contact: "q1", Customer: "k1", Summary: "Laporan laba", Thread: "4711"},
	)
	sari := r.as("sari", bot.Agent)
	for text, want := range map[string]string{
		"HE-260102-0007":        "0007",
		"he-260102-0007":        "HE-260102-0007",
		"0007":                  "HE-260102-0007 HE-260101-0007",
		"7":                     "HE-260102-0007 HE-260101-0007",
		"260101-0007":           "HE-260101-0007",
		"01-0007":               "HE-260101-0007",
		"0812-3456":             "HE-260103-0012 HE-260101-0007",
		"+62 857 0000 1111":     "HE-260102-0007",
		"4567":                  "HE-260103-0012 HE-260101-0007",
		"santoso":               "HE-260103-0012 HE-260101-0007",
		"maju":                  "HE-260103-0012 HE-260101-0007",
		"printer kasir":         "HE-260101-0007",
		"gudang":                "HE-260102-0007",
		"kasir laba":            "",
		"<script>":              "",
		"tidak ada yang begitu": "",
	} {
		a := sari.command("ticket find", "text", text)
		rest := a.Text
		for number := range strings.FieldsSeq(want) {
			_, after, ok := strings.Cut(rest, number)
			if !ok {
				t.Errorf("%q: %s is missing or late in\n%s", text, number, a.Text)
				break
			}
			rest = after
		}
		if found := strings.Count(a.Text, "\n🟢") + strings.Count(a.Text, "\n🔒"); found != len(strings.Fields(want)) {
			t.Errorf("%q finds %d:\n%s", text, found, a.Text)
		}
		if strings.Contains(a.Text, "@everyone") || strings.Contains(a.Text, "<@1>") || strings.Contains(strings.ReplaceAll(a.Text, `\[`, ""), "[klik](") {
			t.Errorf("%q shows\n%s", text, a.Text)
		}
	}
	if a := sari.command("ticket find", "text", "laba"); !strings.Contains(a.Text, "<#4711>") || !strings.Contains(a.Text, "PT Maju Jaya") || !strings.Contains(a.Text, "dikerjakan") {
		t.Errorf("a line says\n%s", a.Text)
	}
	if a := sari.command("ticket find", "text", " \u202E "); !strings.Contains(a.Text, "Tidak ada tiket") && !strings.Contains(a.Text, "Tuliskan") {
		t.Errorf("nothing is answered %q", a.Text)
	}
}

// Many results are turned page by page, newest first, whatever stands in them.
func TestFindPages(t *testing.T) {
	r := newRoom(t)
	people(r)
	var all []ticket.Ticket
	for n := range 23 {
		all = append(all, ticket.Ticket{Number: fmt.Sprintf("HE-2601%02d-%04d", n+1, n+100), Contact: "q1", Customer: "k1", Summary: strings.Repeat("*_~`|>", 30) + " macet"})
	}
	archive(r, all...)
	sari := r.as("sari", bot.Agent)
	text := strings.Repeat("maju ", 40)
	a := sari.command("ticket find", "text", text)
	for _, want := range []string{"1–10 dari 23", "11–20 dari 23", "21–23 dari 23"} {
		if !strings.Contains(a.Text, want) {
			t.Fatalf("%q is not in\n%s", want, a.Text)
		}
		if n := len([]rune(a.Text)); n > 2000 {
			t.Errorf("%d characters", n)
		}
		for _, b := range a.Buttons {
			if len(b.ID) > 100 {
				t.Errorf("button %q is too long", b.ID)
			}
		}
		a = sari.button(a.Buttons[len(a.Buttons)-1].ID)
	}
	for _, wrong := range []string{"find:", "find:x:maju", "find:-5:maju", "find:99999:maju"} {
		if a := sari.button(wrong); a.Text == "" {
			t.Errorf("%q is answered with nothing", wrong)
		}
	}
}

// canned is a room whose desk has canned answers.
func canned(t *testing.T) *room {
	r := newRoom(t)
	b := quietBridge
	b.Sentences = ticket.Defaults()
	b.Sentences[ticket.CannedKey("jam")] = "Halo {{name}}, saya {{agent}}. Kami buka jam 8."
	b.Sentences[ticket.CannedKey("pt")] = "Untuk {{company}}: lihat {{ticket}}."
	r.use(b)
	return r
}

// Who sends a canned answer sees its words first; it goes out once, as his.
func TestCannedAnswer(t *testing.T) {
	r := canned(t)
	sari := r.as("100000000000000001", bot.Agent)
	if a := sari.command("answers list"); !strings.Contains(a.Text, "`jam`") || len(a.Selects) != 1 || len(a.Selects[0].Options) != 2 {
		t.Errorf("the list: %q", a.Text)
	}
	if a := sari.command("answers send", "name", "pt"); !strings.Contains(a.Text, "perusahaan klien") || len(a.Buttons) != 0 {
		t.Errorf("without a company: %q", a.Text)
	}
	if a := sari.command("answers send", "name", "../x"); !strings.Contains(a.Text, "Tidak ada jawaban") {
		t.Errorf("one that there is not: %q", a.Text)
	}
	a := sari.command("answers send", "name", "jam")
	if !strings.Contains(a.Text, "Halo Budi, saya Customer Service") || len(a.Buttons) != 1 {
		t.Fatalf("the preview: %q %v", a.Text, a.Buttons)
	}
	if lane := r.sent(); len(lane) != 0 {
		t.Errorf("sent before anybody pressed: %v", lane)
	}
	for _, want := range []string{"dikirim ke klien", "sudah dikirim"} {
		if b := sari.button(a.Buttons[0].ID); !strings.Contains(b.Text, want) {
			t.Errorf("answered %q, want %q", b.Text, want)
		}
	}
	said := 0
	for _, body := range r.sent() {
		said += strings.Count(body, "Kami buka jam 8")
	}
	if said != 1 || r.ticket().Agent != "100000000000000001" {
		t.Errorf("the client hears it %d times; the ticket is %q's", said, r.ticket().Agent)
	}
	r.change(func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Drop("", "u", at) })
	if a := sari.command("answers send", "name", "jam"); !strings.Contains(a.Text, "ditutup") {
		t.Errorf("on a closed ticket: %q", a.Text)
	}
}

// use gives the room another policy.
func (r *room) use(b bridge.Desk) {
	r.desk = bot.NewDesk(bot.Options{Store: kept{r.st}, Rights: everyRight, Bridge: b, Log: logOf(r.t)})
}

// sent are the letters to the client.
func (r *room) sent() (out []string) {
	r.t.Helper()
	all, err := r.st.Waiting(r.t.Context(), bridge.ClientLane("c1"), 0)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, l := range all {
		out = append(out, string(l.Body))
	}
	return out
}

func TestOutageNotice(t *testing.T) {
	r := newRoom(t)
	andi := r.as("andi", bot.AssistantManager)
	for _, one := range [][2]string{{"", "Tidak ada"}, {"Server @everyone gangguan", "Terpasang"}, {"Server @everyone gangguan", "Terpasang"}, {"", "dicabut"}, {"", "Tidak ada"}} {
		a := andi.command("desk outage", "text", one[0])
		if !strings.Contains(a.Text, one[1]) || strings.Contains(a.Text, "@everyone") {
			t.Errorf("%q is answered %q", one[0], a.Text)
		}
	}
	if a := andi.command("desk outage", "text", strings.Repeat("x", bridge.LongestOutage+1)); !strings.Contains(a.Text, "terlalu panjang") {
		t.Errorf("a long one: %q", a.Text)
	}
}

// A desk's commands offer its own types and answers.
func TestCommandsOfADesk(t *testing.T) {
	r := canned(t)
	var offered []bot.Choice
	for _, c := range r.desk.Commands() {
		for _, sub := range c.Sub {
			for _, o := range sub.Options {
				if c.Name == "answers" {
					offered = append(offered, o.Choices...)
				}
				if len(o.Choices) > 25 {
					t.Errorf("%s %s offers %d", c.Name, sub.Name, len(o.Choices))
				}
			}
		}
	}
	if len(offered) != 2 || offered[0].Value != "jam" {
		t.Errorf("offered: %v", offered)
	}
}

func logOf(t *testing.T) *zap.Logger { return zaptest.NewLogger(t) }

// A log never holds the number that somebody looked for.
func TestTheLogDoesNotSayWhatWasLookedFor(t *testing.T) {
	core, seen := observer.New(zap.DebugLevel)
	desk := bot.NewDesk(bot.Options{Store: failing{}, Rights: everyRight, Log: zap.New(core)})
	desk.Handle(t.Context(), bot.Interaction{ID: "i", Button: "find:0:081234567890", Roles: []string{bot.Agent}, At: time.Now()})
	for _, e := range seen.All() {
		if strings.Contains(fmt.Sprint(e.Message, e.ContextMap()), "0812") {
			t.Errorf("the log says %v", e.ContextMap())
		}
	}
	if seen.Len() == 0 {
		t.Error("nothing was logged")
	}
}
