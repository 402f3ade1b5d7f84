package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A poll is an office that surveys its customers.
type poll struct{ *office }

// aPoll tells a story of surveys that begins at a moment.
func aPoll(t *testing.T, start string, story func(p *poll)) {
	t.Helper()
	inOffice(t, start, func(o *office) {
		o.closes()
		o.policy.Rates = standardRates
		o.policy.Roles = map[string][]string{bot.Agent: {agentRole}, bot.AssistantManager: {managerRole}, "sales": {salesRole}, "qa": {"role-qa"}}
		o.open()
		story(&poll{o})
	})
}

// company makes a company.
func (p *poll) company(id, name string) {
	p.t.Helper()
	p.look(func(tx *ledger.Tx) error {
		c, _, err := customer.Create(id, name, "sari", tx.Now())
		if err != nil {
			return err
		}
		return c.Save(tx)
	})
}

// person is somebody of a company who has written before.
func (p *poll) person(n int, name, company string) *guest {
	p.t.Helper()
	g := p.guest(n, name)
	p.look(func(tx *ledger.Tx) error {
		conv := ticket.Conversation{ID: fmt.Sprintf("conv%02d", n), Addresses: []string{string(g.address)}, Reply: string(g.address), Phone: g.phone, Name: name}
		if err := tx.Put(ledger.Ref{Kind: ticket.KindAlias, ID: string(g.address)}, []byte(conv.ID)); err != nil {
			return err
		}
		if err := conv.Save(tx); err != nil {
			return err
		}
		c, _, err := customer.Find(tx, fmt.Sprintf("person%02d", n), customer.Who{Chats: []string{conv.ID}, Phone: customer.Phone(g.phone), Push: name})
		if err != nil {
			return err
		}
		c.HasWritten(tx.Now().Add(-1000 * time.Hour))
		if _, err := c.Join(company, "sari", tx.Now()); err != nil {
			return err
		}
		return c.Save(tx)
	})
	return g
}

// contact changes a person.
func (p *poll) contact(n int, fn func(c *customer.Contact, at time.Time)) {
	p.t.Helper()
	p.look(func(tx *ledger.Tx) error {
		c, _, err := customer.Load(tx, fmt.Sprintf("person%02d", n))
		if err != nil {
			return err
		}
		fn(&c, tx.Now())
		return c.Save(tx)
	})
}

// ordered is an order of a company, completed so many days ago.
func (p *poll) ordered(number, company string, days int) {
	p.t.Helper()
	p.look(func(tx *ledger.Tx) error {
		done := tx.Now().AddDate(0, 0, -days)
		_, err := customer.Place(tx, customer.Order{Number: number, At: done.AddDate(0, 0, -7), Done: done, Customer: company, What: "Lisensi", Amount: 100, Currency: "IDR"}, "sari")
		return err
	})
}

// job runs the job of the surveys.
func (p *poll) job() (result string) {
	p.t.Helper()
	p.look(func(tx *ledger.Tx) (err error) {
		result, err = p.policy.Jobs()["surveys"](tx, tx.Now())
		return err
	})
	synctest.Wait()
	return result
}

func (p *poll) pause(d time.Duration) { p.t.Helper(); p.till(time.Now().Add(d)) }

func (p *poll) survey(id string) (s customer.Survey) {
	p.t.Helper()
	p.look(func(tx *ledger.Tx) (err error) {
		s, _, err = customer.LoadSurvey(tx, id)
		return err
	})
	return s
}

func (p *poll) round(id string) (r customer.Round) {
	p.t.Helper()
	p.look(func(tx *ledger.Tx) (err error) {
		r, _, err = customer.LoadRound(tx, id)
		return err
	})
	return r
}

// answers lets a client say one thing after the other.
func (p *poll) answers(g *guest, texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		g.says(text)
		p.pause(20 * time.Second)
	}
}

// seen is how many messages of the desk the client got, and the last of them.
func (g *guest) seen() (n int, last string) {
	all := g.sees()
	if len(all) == 0 {
		return 0, ""
	}
	return len(all), all[len(all)-1]
}

func (p *poll) wantLast(g *guest, n int, part string) {
	p.t.Helper()
	if got, last := g.seen(); got != n || !strings.Contains(last, part) {
		p.t.Errorf("%s has %d messages, the last %q; want %d, and %q in it\n%s", g.name, got, last, n, part, strings.Join(g.sees(), "\n"))
	}
}

// channel is what was written in a channel, with its cards.
func (p *poll) channel(name string) (all []string) {
	p.board.mu.Lock()
	defer p.board.mu.Unlock()
	for _, s := range p.board.threads[name] {
		var text strings.Builder
		text.WriteString(s.content)
		for _, m := range p.board.cards[s.id] {
			if m.Card != nil {
				text.WriteString(fmt.Sprintf("\n%s %s %v", m.Card.Title, m.Card.Text, m.Card.Fields))
			}
		}
		all = append(all, text.String())
	}
	return all
}

// listed is what stands on a round's list.
func (p *poll) listed(round string) (all []string) {
	p.t.Helper()
	rows, err := p.policy.Rows(p.t.Context(), bridge.Page{Index: bridge.SurveyListed(round)})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, row := range rows {
		all = append(all, row.Member)
	}
	return all
}

// steps are the events of a survey's log, without what was written and sent.
func (p *poll) steps(id string) (all []string) {
	for _, e := range p.eventsOf(id) {
		if after, ok := strings.CutPrefix(e.What, "survey_"); ok {
			all = append(all, after)
		}
	}
	return all
}

func wantHas(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

// The list of a month names every order of its window with who is asked, or why nobody
// is; the customer answers one question at a time in his own words, and what he said comes
// to those who act on it.
func TestASurveyFromTheListToTheResult(t *testing.T) {
	t.Parallel()
	aPoll(t, "2026-12-01 08:30", func(p *poll) {
		p.company("ana", "Toko Ana")
		p.company("budi", "Toko Budi")
		p.company("citra", "Toko Citra")
		p.company("dedi", "Toko Dedi")
		ana := p.person(1, "Ana", "ana")
		p.person(2, "Budi", "budi")
		p.contact(2, func(c *customer.Contact, at time.Time) { c.Decline("client", "STOP", at) })
		dedi := p.person(3, "Dedi", "dedi")
		p.ordered("PO-1", "ana", 100)
		p.ordered("PO-2", "ana", 95)
		p.ordered("PO-3", "budi", 119)
		p.ordered("PO-4", "citra", 91)
		p.ordered("PO-5", "dedi", 89)  // too young
		p.ordered("PO-6", "dedi", 121) // too old
		wantHas(p.t, "the job", p.job(), "SV-2612", "03.08.2026 sampai 01.09.2026")
		wantHas(p.t, "the job again", p.job(), "sudah dibuat")
		p.pause(10 * time.Minute)
		if got := p.listed("SV-2612"); !slices.Equal(got, []string{"PO-3|SV-2612-0001|", "PO-1|SV-2612-0002|", "PO-2|SV-2612-0002|", "PO-4|SV-2612-0003|"}) {
			p.t.Errorf("listed %q", got)
		}
		list := strings.Join(p.lines(p.ticket("SV-2612").Thread), "\n")
		wantHas(p.t, "the list", list, "PO-3", "tidak mau menerima pesan", "Toko Ana", "…7001", "PO-4", "tidak ada kontak", "4 pesanan dari 3 pelanggan")
		p.wantLast(ana, 1, "pesanan PO-1 dan PO-2")
		p.wantLast(ana, 1, "(1 dari 6)")
		if n, _ := dedi.seen(); n != 0 {
			p.t.Errorf("who is not on the list was asked: %q", dedi.sees())
		}
		p.answers(ana, "5", "4 kak, kemasannya penyok")
		p.wantLast(ana, 3, "(3 dari 6)")
		p.answers(ana, "bintang 2", "empat", "9", "tidak ada")
		p.wantLast(ana, 7, "Terima kasih banyak kak")
		s := p.survey("SV-2612-0002")
		if s.State != customer.SurveyDone || fmt.Sprint(s.Answers) != "map[0:5 1:4 2:2 3:4 4:9]" || !strings.Contains(s.Comment, "kemasannya penyok") {
			p.t.Errorf("the survey is %+v", s)
		}
		p.look(func(tx *ledger.Tx) error {
			f, ok, err := customer.LoadFollowUp(tx, s.FollowUp)
			if due := clockTime("2026-12-04 08:30"); err == nil && (!ok || f.Kind != customer.Callback || f.Survey != s.ID || f.Due.Before(due) || f.Due.After(due.Add(2*time.Hour)) || f.Owner != "" || !strings.Contains(f.Text, "prosedur keluhan")) {
				p.t.Errorf("the call is %+v", f)
			}
			return err
		})
		if c := ana.conversation(); c.Survey != "" || c.Open != "" || c.Tickets != 0 {
			p.t.Errorf("the conversation is %+v", c)
		}
		wantHas(p.t, "the original", strings.Join(p.channel("intake"), "\n"), "🚨 <@&role-manager>", "prosedur keluhan", "Toko Ana", "★★☆☆☆ 2/5", "▰▰▰▰▰▰▰▰▰▱ 9/10", "…7001", "penyok")
		copied := strings.Join(p.channel("qa"), "\n")
		wantHas(p.t, "the copy", copied, "Toko Ana", "★★★★★ 5/5")
		if strings.Contains(copied, "7001") || strings.Contains(copied, "Dijawab oleh") {
			p.t.Errorf("the copy names the person: %s", copied)
		}
		tally := p.round("SV-2612").Tally
		if tally.Orders != 4 || tally.Customers != 3 || tally.Sent != 1 || tally.Returned != 1 || tally.Low != 1 || tally.Promoters != 1 {
			p.t.Errorf("the tally is %+v", tally)
		}
		card := p.board.cards[p.ticket("SV-2612").Thread]
		wantHas(p.t, "the list's card", fmt.Sprintf("%+v", card[len(card)-1].Card), "1 dari 1 (100 %)", "1 dari 3 (33 %)")
	})
}
