package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"go.uber.org/zap/zaptest"
)

// newShop is a crew with sales, and messages that wait to be sent first.
func newShop(t *testing.T, health func() bot.Health) (*crew, bridge.Desk) {
	t.Helper()
	w := newCrew(t)
	w.bridge.Rates = customer.Rates{Least: time.Minute, Most: 3 * time.Minute, Hour: 20, Day: 60, NewDay: 20, New: 720 * time.Hour}
	w.bridge.Rows = func(ctx context.Context, p bridge.Page) (all []ledger.IndexRow, err error) {
		rows, err := w.st.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Offset: p.Offset, Limit: p.Limit})
		for _, r := range rows {
			all = append(all, ledger.IndexRow{Index: p.Index, Member: r.Member, Score: r.Score})
		}
		return all, err
	}
	all := bot.Rights{bot.Sales: {"sales"}}
	for capability, roles := range rights {
		all[capability] = roles
	}
	o := bot.Options{Store: kept{w.st}, Rights: all, Bridge: w.bridge, Log: zaptest.NewLogger(t)}
	if health != nil {
		o.Health = func(context.Context) bot.Health { return health() }
	}
	w.desk = bot.NewDesk(o)
	for n := range 12 {
		update(t, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
			c := customer.Contact{ID: fmt.Sprintf("p%02d", n), Push: fmt.Sprintf("Bu *%02d* @everyone", n), Wrote: w.now.Add(-time.Hour)}
			if err := c.Save(tx); err != nil {
				return err
			}
			return w.bridge.Approach(tx, customer.Outreach{
				ID: fmt.Sprintf("followup/FU-261123-%04d", n), Kind: customer.OutreachFollowUp, Contact: c.ID, Conversation: "c1",
				Ref: fmt.Sprintf("FU-261123-%04d", n), Log: fmt.Sprintf("FU-261123-%04d", n), Text: "Halo", By: "100000000000000002",
				Asked: w.now.Add(time.Duration(n) * time.Second),
			})
		})
	}
	return w, w.bridge
}

// A seller asks with one role.
type seller struct {
	*crew
	user, role string
}

func (s seller) ask(i bot.Interaction) bot.Interaction {
	s.n++
	i.ID, i.At, i.User, i.Roles = fmt.Sprint("s", s.n), s.now, s.user, []string{s.role}
	return i
}

func (s seller) command(name string) bot.Answer {
	return s.desk.Handle(s.Context(), s.ask(bot.Interaction{Command: name}))
}

func (w *crew) paused() (p customer.Pause) {
	w.Helper()
	update(w.T, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		pace, err := customer.LoadPace(tx)
		p = pace.Paused
		return err
	})
	return p
}

// Who looks at the queue reads what waits, whose it is and when it goes; sales pause it and
// take one out; a pause of WhatsApp's is ended by a supervisor alone, and not while it lasts.
func TestOutreachInDiscord(t *testing.T) {
	health := bot.Health{}
	w, d := newShop(t, func() bot.Health { return health })
	maya, sari, lina := seller{w, "100000000000000002", "sales"}, seller{w, "100000000000000001", "agent"}, seller{w, "100000000000000009", "manager"}
	if a := sari.command("desk outreach"); !strings.Contains(a.Text, "Hanya") {
		t.Errorf("an agent sees it: %q", a.Text)
	}
	a := maya.command("desk outreach")
	for _, want := range []string{"12 menunggu", "Hari ini 0 dari 20", "nomor masih baru", "FU-261123-0000", "<@100000000000000002>", "<t:", "tindak lanjut", "dan 2 lagi", "Berjalan"} {
		if !strings.Contains(a.Text, want) {
			t.Errorf("%q lacks %q", a.Text, want)
		}
	}
	if strings.Contains(a.Text, "@everyone") || len([]rune(a.Text)) > 2000 || len(a.Selects) != 1 || len(a.Selects[0].Options) != 10 {
		t.Errorf("%d %q %+v", len(a.Text), a.Text, a.Selects)
	}
	gone := maya.ask(bot.Interaction{Button: a.Selects[0].ID, Values: []string{"followup/FU-261123-0003"}, Message: "9"})
	for range 2 {
		if a := w.desk.Handle(t.Context(), gone); strings.Contains(a.Text, "`FU-261123-0003` tindak") {
			t.Errorf("it waits still: %q", a.Text)
		}
	}
	update(t, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		o, _, err := customer.LoadOutreach(tx, "followup/FU-261123-0003")
		if o.State != customer.OutreachDropped || o.Why != bridge.DroppedByStaff {
			t.Errorf("%+v", o)
		}
		return err
	})
	if a := maya.command("desk pause"); !strings.Contains(a.Text, "Dijeda") || w.paused().By != "100000000000000002" {
		t.Errorf("%q", a.Text)
	}
	if a := lina.command("desk pause"); !strings.Contains(a.Text, "Sudah dijeda") || w.paused().By != "100000000000000002" {
		t.Errorf("%q", a.Text)
	}
	if a := maya.command("desk resume"); !strings.Contains(a.Text, "Dilanjutkan") || w.paused().On() {
		t.Errorf("%q", a.Text)
	}
	if a := maya.command("desk resume"); !strings.Contains(a.Text, "tidak sedang dijeda") {
		t.Errorf("%q", a.Text)
	}
	update(t, w.st, ledger.Cause{}, func(tx *ledger.Tx) error { return d.PauseOutreach(tx, "halo", bridge.PauseBan) })
	if a := maya.command("desk resume"); !strings.Contains(a.Text, "Hanya <@&assistant> atau <@&manager>") || !w.paused().On() {
		t.Errorf("%q", a.Text)
	}
	health.WhatsApp = bot.Link{State: "banned", Until: w.now.Add(time.Hour)}
	if a := lina.command("desk resume"); !strings.Contains(a.Text, "masih membatasi") || !w.paused().On() {
		t.Errorf("%q", a.Text)
	}
	health.WhatsApp = bot.Link{State: "ready", Ready: true, Locked: "463", LockedUntil: w.now.Add(time.Hour)}
	if a := lina.command("desk resume"); !strings.Contains(a.Text, "masih membatasi") || !w.paused().On() {
		t.Errorf("%q", a.Text)
	}
	if a := lina.command("desk outreach"); !strings.Contains(a.Text, "memblokir nomor ini") || !strings.Contains(a.Text, "sampai dilanjutkan") {
		t.Errorf("%q", a.Text)
	}
	health.WhatsApp = bot.Link{State: "ready", Ready: true}
	if a := w.desk.Handle(t.Context(), lina.ask(bot.Interaction{Button: "or:resume", Message: "9"})); !strings.Contains(a.Text, "Dilanjutkan") || w.paused().On() {
		t.Errorf("%q", a.Text)
	}
}

// A wish that staff heard is noted with its reason, shown in the profile, and takes what
// waits out of the queue.
func TestConsentHeardByStaff(t *testing.T) {
	r := newRoom(t)
	maya := r.as("100000000000000002", bot.Sales)
	if a := maya.command("customer consent", "wish", "tidak", "reason", "  "); !strings.Contains(a.Text, "bagaimana Anda mengetahuinya") {
		t.Errorf("%q", a.Text)
	}
	if a := maya.command("customer consent", "wish", "mungkin", "reason", "telepon"); !strings.Contains(a.Text, "`ya`") {
		t.Errorf("%q", a.Text)
	}
	a := maya.command("customer consent", "wish", "ya", "reason", "bilang lewat *telepon* <@1>")
	if !strings.Contains(a.Text, "🔔") || !strings.Contains(a.Text, "<@100000000000000002>") || !strings.Contains(a.Text, "telepon") || strings.Contains(a.Text, "<@1>") {
		t.Errorf("%q", a.Text)
	}
	id := r.ticket().Contact
	if c := r.person(id); c.Consent.Choice != customer.Agreed || c.Consent.By != "100000000000000002" || c.Consent.At.IsZero() {
		t.Errorf("%+v", c.Consent)
	}
	f := maya.form(bot.Interaction{Button: "cu:consent:" + id, Message: "9"})
	if f.Fields[0].Value != "ya" {
		t.Errorf("%+v", f.Fields)
	}
	checkFilled(t, f)
	if a := maya.send(f.ID, "wish", "ya", "reason", "lagi"); !strings.Contains(a.Text, "Tidak ada yang berubah") {
		t.Errorf("%q", a.Text)
	}
	if a := maya.send(f.ID, "wish", " Tidak ", "reason", "menelepon lagi"); !strings.Contains(a.Text, "🔕") || r.person(id).Consent.Choice != customer.Declined {
		t.Errorf("%q", a.Text)
	}
}
