package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// A counter is where sales stand: a room whose desk knows companies, one of which has a
// person who wrote, and whose cards are in threads from 88 on.
type counter struct {
	*room
	d     bridge.Desk
	cards int
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{room: newRoom(t), d: quietBridge}
	week := calendar.Hours{}
	for d := time.Sunday; d <= time.Saturday; d++ {
		week[d] = []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}
	}
	var err error
	if c.d.Calendar, err = calendar.New(calendar.Plan{Zone: time.UTC, Week: week}); err != nil {
		t.Fatal(err)
	}
	c.d.Rates = customer.Rates{Least: time.Minute, Most: 3 * time.Minute, Hour: 20, Day: 60, NewDay: 20, New: 720 * time.Hour}
	c.d.Roles = everyRight
	c.d.Members = func(ctx context.Context, index string, from int64) (all []string, err error) {
		rows, err := c.st.Index(ctx, index, store.Range{Min: &from})
		for _, r := range rows {
			all = append(all, r.Member)
		}
		return all, err
	}
	c.d.Rows = func(ctx context.Context, p bridge.Page) ([]ledger.IndexRow, error) {
		return c.st.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Offset: p.Offset, Limit: p.Limit})
	}
	c.use(c.d)
	for n, name := range []string{"Toko Maju", "Toko Budi"} {
		c.does(func(tx *ledger.Tx) error {
			k, _, err := customer.Create(fmt.Sprintf("k%d", n+1), name, "import", tx.Now())
			if err != nil {
				return err
			}
			return k.Save(tx)
		})
	}
	c.does(func(tx *ledger.Tx) error {
		who, _, err := customer.Find(tx, "p1", customer.Who{Chats: []string{"c1"}, Phone: "628123456789", Push: "Ana"})
		if err != nil {
			return err
		}
		if _, err := who.Join("k1", "import", tx.Now()); err != nil {
			return err
		}
		who.HasWritten(tx.Now().AddDate(0, -2, 0))
		if err := who.Save(tx); err != nil {
			return err
		}
		at := tx.Now().AddDate(0, 0, -90)
		_, err = c.d.PlaceOrder(tx, customer.Order{Number: "SO-1", At: at, Done: at, What: "Kertas", Amount: 125_000_000, Currency: "IDR", Customer: "k1"}, "import")
		return err
	})
	return c
}

func (c *counter) does(fn func(tx *ledger.Tx) error) {
	c.t.Helper()
	update(c.t, c.st, ledger.Cause{}, fn)
}

// card makes a follow-up, and its thread; the buttons shown there are known.
func (c *counter) card(kind customer.FollowUpKind, company string) (id, thread string) {
	c.t.Helper()
	c.does(func(tx *ledger.Tx) (err error) {
		f := customer.FollowUp{Kind: kind, Customer: company, Text: "Halo, pesan lagi?"}
		if company == "k1" {
			f.Contact, f.Conversation = "p1", "c1"
		}
		id, err = c.d.OpenFollowUp(tx, f, "halo")
		return err
	})
	return id, c.posted(id)
}

// posted gives a card its thread.
func (c *counter) posted(id string) (thread string) {
	c.t.Helper()
	thread = fmt.Sprint(88 + c.cards)
	c.cards++
	c.does(func(tx *ledger.Tx) error {
		t, _, err := ticket.Load(tx, id)
		if err != nil {
			return err
		}
		t.Thread = thread
		if err := (ticket.Thread{ID: thread, Ticket: id, Cursor: thread}).Save(tx); err != nil {
			return err
		}
		return t.Save(tx)
	})
	return thread
}

// in is a person in a thread.
func (c *counter) in(thread, user string, roles ...string) *person {
	p := c.as(user, roles...)
	p.at = thread
	return p
}

func (c *counter) follow(id string) (f customer.FollowUp) {
	c.t.Helper()
	c.does(func(tx *ledger.Tx) (err error) {
		f, _, err = customer.LoadFollowUp(tx, id)
		return err
	})
	return f
}

// waits is the text of a card's message in the queue, "" for none.
func (c *counter) waits(id string) (text string) {
	c.t.Helper()
	c.does(func(tx *ledger.Tx) error {
		o, ok, err := customer.LoadOutreach(tx, "followup/"+id)
		if ok && o.State == customer.OutreachWaiting {
			text = o.Text
		}
		return err
	})
	return text
}

// Sales send a card's message, in other words too, think better of it, skip it and record
// what came of it; every step a second time, and by a second person, changes nothing more.
func TestStepsOfACard(t *testing.T) {
	c := newCounter(t)
	office := c.as("maya", bot.Sales)
	c.says(office.command("followup add", "company", "maju"), "✅ Kartu untuk **Toko Maju**")
	ids := c.cardsOf("k1")
	if len(ids) != 1 {
		t.Fatalf("cards %v", ids)
	}
	id := ids[0]
	thread := c.posted(id)
	maya, dewi := c.in(thread, "maya", bot.Sales), c.in(thread, "dewi", bot.Manager)
	c.says(dewi.command("followup add", "company", "k1"), "sudah punya kartu yang belum selesai: <#"+thread+">")
	c.says(dewi.command("followup card", "company", "maju"), "menunggu ditangani")

	c.says(maya.button("f:take"), "sudah Anda tangani") // who makes a card has it
	c.silent(dewi.button("f:take"))
	c.says(dewi.button("f:take"), "sudah Anda tangani")
	for range 2 {
		c.says(maya.button("f:topic:offer"), "Usulan pesannya diganti")
	}
	if f := c.follow(id); f.Topic != bridge.TopicOffer || f.Owner != "dewi" {
		t.Errorf("%+v", f)
	}
	c.says(maya.button("f:topic:nothing"), "kosong")

	f := maya.form(bot.Interaction{Button: "f:edit"})
	if f.Fields[0].Value != c.follow(id).Text || f.Fields[0].Value == "" {
		t.Errorf("the form has %q", f.Fields[0].Value)
	}
	c.says(maya.send(f.ID, "text", "  "), "kosong")
	for n, p := range []*person{maya, maya, dewi} {
		want := "Masuk antrean. Perkiraan terkirim <t:"
		if n > 0 {
			want = "sudah ada di antrean. Perkiraan terkirim <t:"
		}
		c.says(p.button("f:send"), want)
	}
	c.says(dewi.send(f.ID, "text", "Ada *promo* untuk Ibu"), "Masuk antrean")
	c.says(dewi.send(f.ID, "text", "Ada *promo* untuk Ibu "), "sudah ada di antrean")
	if got := c.waits(id); got != "Ada *promo* untuk Ibu" {
		t.Errorf("%q waits", got)
	}
	c.says(maya.button("f:topic:reminder"), "menunggu giliran")
	c.says(maya.button("f:return"), "Pengiriman dibatalkan")
	c.says(maya.button("f:return"), "tidak ada di antrean")
	if got := c.waits(id); got != "" {
		t.Errorf("%q waits", got)
	}
	c.does(func(tx *ledger.Tx) error { return c.d.PauseOutreach(tx, "maya", "libur") })
	c.says(maya.button("f:send"), "sedang dijeda")

	c.says(maya.send("ff:skip", "reason", " "), "Alasannya kosong")
	c.says(maya.fill("f:skip", "reason", "toko tutup"), "Dilewati")
	c.says(dewi.send("ff:skip", "reason", "pindah"), "sudah dilewati")
	if f := c.follow(id); f.State != customer.FollowUpSkipped || f.Why != "toko tutup" || c.waits(id) != "" {
		t.Errorf("skipped: %+v, %q waits", f, c.waits(id))
	}
	for _, button := range []string{"f:send", "f:take"} {
		if a := c.in(thread, "rudi", bot.Sales).button(button); a.Text == "" {
			t.Errorf("%s of a card that is over is not refused", button)
		}
	}

	c.says(maya.send("ff:record", "way", "burung", "result", "memesan"), "“burung” tidak dikenal")
	c.says(maya.send("ff:record", "way", "telepon", "result", "tidak"), "“tidak” tidak dikenal") // which one?
	c.says(maya.fill("f:record", "way", "Tele", "result", "nanti", "note", "bulan depan"), "Hasil tercatat")
	c.says(maya.send("ff:record", "way", "phone", "result", "later", "note", "bulan depan"), "sudah tercatat")
	if g := dewi.form(bot.Interaction{Button: "f:record"}); g.Fields[0].Value != "telepon" || g.Fields[1].Value != "nanti dulu" || g.Fields[2].Value != "bulan depan" {
		t.Errorf("to correct it: %+v", g.Fields)
	}
	c.says(dewi.send("ff:record", "way", "telepon", "result", "tertarik"), "Hasil tercatat")
	if f := c.follow(id); f.State != customer.FollowUpDone || f.Response.Result != customer.Interested || f.By != "dewi" {
		t.Errorf("corrected: %+v", f)
	}
	want := []string{"followup_opened", "followup_taken", "followup_reworded", "followup_queued", "followup_returned", "followup_reworded", "followup_queued",
		"followup_returned", "followup_queued", "followup_skipped", "followup_recorded", "followup_corrected"}
	if got := c.told(id); !slices.Equal(got, want) {
		t.Errorf("the log has\n%q, want\n%q", got, want)
	}
}

// cardsOf are the ids of a company's follow-ups.
func (c *counter) cardsOf(company string) []string {
	c.t.Helper()
	all, err := c.d.Members(c.t.Context(), customer.FollowUpsOf(company), 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

// told are the events of a follow-up, and not those of its talk.
func (c *counter) told(id string) (out []string) {
	c.t.Helper()
	for e, err := range c.st.Events(c.t.Context(), id) {
		if err != nil {
			c.t.Fatal(err)
		}
		if strings.HasPrefix(e.What, "followup_") {
			out = append(out, e.What)
		}
	}
	return out
}

// Whose the card is decides, also of a button under an old message; in a ticket's thread
// and in none there is no card.
func TestWhoMayUseACard(t *testing.T) {
	c := newCounter(t)
	id, sales := c.card(customer.Reorder, "k1")
	call, calls := c.card(customer.Callback, "k1")
	fields := []string{"text", "x", "reason", "x", "way", "telepon", "result", "tertarik", "note", "x", "score", "5", "arrived", "ya", "problems", "x", "cause", "x", "action", "x", "outcome", "fine"}
	buttons := []string{"f:send", "f:edit", "f:return", "f:skip", "f:record", "f:take", "f:topic:offer", "f:fine", "f:nobody", "f:action", "f:unusual", "f:party"}
	forms := []string{"ff:edit", "ff:skip", "ff:record", "ff:fine", "ff:unusual:qa", "ff:nobody", "ff:action"}
	uses := func(p *person, button string) string {
		i := p.ask(bot.Interaction{Button: button, Message: "9", Values: []string{"qa"}})
		if f, ok := p.desk.Form(t.Context(), i); ok {
			return "a form " + f.ID
		}
		return p.handle(i).Text
	}
	for _, one := range []struct {
		who    *person
		refuse string
	}{
		{c.in(sales, "toni", bot.Developer), "Hanya"},
		{c.in(calls, "toni", bot.QA), "Hanya"},
		{c.in(sales, "sari", bot.Agent), "Hanya"},
		{c.in("77", "maya", bot.Manager), "thread sebuah kartu"},
		{c.in("999", "maya", bot.Manager), "thread"},
	} {
		for _, button := range buttons {
			got := uses(one.who, button)
			if strings.HasPrefix(got, "a form") || button == "f:unusual" && one.refuse != "Hanya" {
				continue // nothing of the card is shown, and the form is refused
			}
			if !strings.Contains(got, one.refuse) {
				t.Errorf("%s in %s: %s is answered %q", one.who.user, one.who.at, button, got)
			}
		}
		for _, form := range forms {
			if a := one.who.send(form, fields...); !strings.Contains(a.Text, one.refuse) {
				t.Errorf("%s in %s: %s is answered %q", one.who.user, one.who.at, form, a.Text)
			}
		}
	}
	// Sales do not record the calls of agents, and cards of sales take no report of a call.
	for _, form := range forms {
		if a := c.in(calls, "maya", bot.Sales).send(form, fields...); !strings.Contains(a.Text, "Hanya") {
			t.Errorf("sales in a call of agents: %s is answered %q", form, a.Text)
		}
	}
	for _, form := range []string{"ff:fine", "ff:unusual:qa", "ff:action"} {
		if a := c.in(sales, "lina", bot.Manager).send(form, fields...); a.Text == "" || strings.Contains(a.Text, "tercatat.") {
			t.Errorf("%s of a card to send is answered %q", form, a.Text)
		}
	}
	for _, id := range []string{id, call} {
		if f := c.follow(id); f.State != customer.FollowUpOpen || f.Owner != "" || len(c.told(id)) != 1 {
			t.Errorf("it changed: %+v", f)
		}
	}
	for _, command := range []string{"followup list", "followup add", "followup record"} {
		if a := c.as("sari", bot.Agent).command(command, "company", "k1", "way", "phone", "result", "later"); !strings.Contains(a.Text, "Hanya") {
			t.Errorf("an agent: /%s is answered %q", command, a.Text)
		}
	}
}

// Of two who act at the same moment one wins, and the other is told how it stands.
func TestTwoAtOneCard(t *testing.T) {
	for _, buttons := range [][2]bot.Interaction{
		{{Button: "f:send"}, {Button: "f:send"}},
		{{Button: "f:send"}, {Form: "ff:skip", Fields: map[string]string{"reason": "tutup"}}},
		{{Form: "ff:record", Fields: map[string]string{"way": "telepon", "result": "tertarik"}}, {Form: "ff:skip", Fields: map[string]string{"reason": "tutup"}}},
	} {
		c := newCounter(t)
		id, thread := c.card(customer.Reorder, "k1")
		var both sync.WaitGroup
		answers := [2]bot.Answer{}
		for n, user := range []string{"maya", "dewi"} {
			i := c.in(thread, user, bot.Sales).ask(buttons[n])
			both.Go(func() { answers[n] = c.desk.Handle(t.Context(), i) })
		}
		both.Wait()
		f := c.follow(id)
		if answers[0].Text == "" || answers[1].Text == "" {
			t.Errorf("somebody is not answered: %+v", answers)
		}
		if (c.waits(id) != "") != (f.State == customer.FollowUpQueued) || f.State == customer.FollowUpOpen {
			t.Errorf("%s, and %q waits", f.State, c.waits(id))
		}
		if got := c.told(id); len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("told twice: %q", got)
		}
	}
}
