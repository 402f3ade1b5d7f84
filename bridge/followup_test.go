package bridge_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A shop is an office whose sales turn to customers.
type shop struct{ *office }

// inShop tells a story of sales that begins at a moment.
func inShop(t *testing.T, start string, story func(s shop)) {
	t.Helper()
	inOffice(t, start, func(o *office) {
		o.closes()
		o.policy.Roles = map[string][]string{bot.Agent: {agentRole}, bot.AssistantManager: {managerRole}, bot.Sales: {salesRole}}
		o.policy.Rates = customer.Rates{Least: time.Minute, Most: 3 * time.Minute, Hour: 20, Day: 60, NewDay: 20, New: 720 * time.Hour}
		o.policy.Guild = "77"
		o.open()
		story(shop{o})
	})
}

// company makes a company that orders every gap days, last so many days ago, and one
// person of it who wrote before.
func (s shop) company(n, orders, gap, ago int, person ...func(c *customer.Contact)) string {
	s.t.Helper()
	id := fmt.Sprintf("k%02d", n)
	s.does(func(tx *ledger.Tx) error {
		c, events, err := customer.Create(id, fmt.Sprintf("Toko Maju %d", n), "import", tx.Now())
		if err != nil {
			return err
		}
		for _, e := range events {
			tx.Log(customer.CustomerLog(id), e)
		}
		return c.Save(tx)
	})
	for i := range orders {
		at := time.Now().AddDate(0, 0, -ago-gap*(orders-1-i))
		s.orders(id, fmt.Sprintf("SO-%d-%d", n, i+1), at, at.AddDate(0, 0, 3))
	}
	if len(person) > 0 {
		s.person(n, id, person...)
	}
	return id
}

// orders places an order through the desk.
func (s shop) orders(company, number string, at, done time.Time) (p customer.Placed) {
	s.t.Helper()
	s.does(func(tx *ledger.Tx) (err error) {
		p, err = s.policy.PlaceOrder(tx, customer.Order{Number: number, At: at, Done: done, What: "Kertas printer", Amount: 125_000_000, Currency: "IDR", Customer: company}, "import")
		return err
	})
	return p
}

// person is somebody of a company with a chat.
func (s shop) person(n int, company string, change ...func(c *customer.Contact)) {
	s.t.Helper()
	g := s.guest(n, "Ana")
	conversation := fmt.Sprintf("c%02d", n)
	s.does(func(tx *ledger.Tx) error {
		if err := tx.Put(ledger.Ref{Kind: ticket.KindAlias, ID: string(g.address)}, []byte(conversation)); err != nil {
			return err
		}
		conv := ticket.Conversation{ID: conversation, Addresses: []string{string(g.address)}, Reply: string(g.address), Phone: g.phone}
		if err := conv.Save(tx); err != nil {
			return err
		}
		c, _, err := customer.Find(tx, fmt.Sprintf("p%02d", n), customer.Who{Chats: []string{conversation}, Phone: customer.Phone(g.phone), Push: "Ana"})
		if err != nil {
			return err
		}
		if _, err := c.Join(company, "import", tx.Now()); err != nil {
			return err
		}
		c.HasWritten(tx.Now().AddDate(-1, 0, 0))
		for _, fn := range change {
			fn(&c)
		}
		return c.Save(tx)
	})
}

// runs runs a job.
func (s shop) runs(name string) (result string) {
	s.t.Helper()
	s.does(func(tx *ledger.Tx) (err error) {
		result, err = s.policy.Jobs()[name](tx, tx.Now())
		return err
	})
	s.settle()
	return result
}

// follows are all follow-ups of a company, the oldest first.
func (s shop) follows(company string) (all []customer.FollowUp) {
	s.t.Helper()
	ids, err := s.policy.Members(s.t.Context(), customer.FollowUpsOf(company), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, id := range ids {
		s.look(func(tx *ledger.Tx) error {
			f, _, err := customer.LoadFollowUp(tx, id)
			all = append(all, f)
			return err
		})
	}
	return all
}

// twice makes a transition of a follow-up two times: the second changes nothing.
func (s shop) twice(id string, fn func(f *customer.FollowUp, at time.Time) ([]ledger.Event, error)) {
	s.t.Helper()
	s.does(func(tx *ledger.Tx) error {
		for i := range 2 {
			if err := s.policy.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) {
				events, err := fn(f, tx.Now())
				if i > 0 && len(events) > 0 {
					s.t.Errorf("%s changed again: %v", id, events)
				}
				return events, err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	s.settle()
}

// thread is what stands in the thread of a card.
func (s shop) thread(number string) string {
	s.t.Helper()
	return s.saidIn(number)
}

// what are the names of a log's events.
func (s shop) what(log string) (all []string) {
	s.t.Helper()
	for _, e := range s.office.eventsOf(log) {
		all = append(all, e.What)
	}
	return all
}

func wrote(*customer.Contact) {}

func TestMonthlyListLeavesOutWhomItMust(t *testing.T) {
	inShop(t, "2026-11-30 08:30", func(s shop) {
		s.company(1, 6, 30, 90, wrote)
		s.company(2, 6, 30, 300, func(c *customer.Contact) { c.Decline("client", "BERHENTI", time.Now()) })
		s.company(3, 6, 30, 60) // nobody is known
		s.company(4, 6, 30, 200, wrote)
		s.company(5, 6, 30, 250, func(c *customer.Contact) { c.Wrote = time.Time{} })
		s.company(6, 0, 0, 0, wrote) // never bought
		s.company(7, 6, 30, 400, wrote)
		s.guest(4, "Ana").says("keluhan besar")
		s.settle()
		s.does(func(tx *ledger.Tx) error {
			return s.policy.Change(tx, s.numbers()[0], func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
				return t.MarkComplaint(true, "sari", tx.Now())
			})
		})
		s.does(func(tx *ledger.Tx) error { // somebody phoned them yesterday
			c, _, err := customer.LoadCustomer(tx, "k07")
			if err != nil {
				return err
			}
			c.Turned("FU-old", tx.Now().AddDate(0, 0, -1))
			return c.Save(tx)
		})
		if got := s.runs("followups"); !strings.Contains(got, "sudah") && !strings.Contains(got, "mulai disusun") {
			t.Logf("on the last of November: %s", got)
		}
		s.until("2026-12-01 07:00")
		first, again := s.runs("followups"), s.runs("followups")
		s.until("2026-12-01 07:05")
		if !strings.Contains(first, "Desember 2026 mulai") || !strings.Contains(again, "Desember 2026") {
			t.Errorf("the job said %q, then %q", first, again)
		}
		var on []string
		for n := range 7 {
			for _, f := range s.follows(fmt.Sprintf("k%02d", n+1)) {
				if f.Round == "FU-2612" {
					on = append(on, f.Customer+" "+f.Contact+" "+f.Conversation)
				}
			}
		}
		if want := []string{"k01 p01 c01", "k03  ", "k05 p05 "}; !slices.Equal(on, want) {
			t.Errorf("on the list are %q, want %q", on, want)
		}
		s.look(func(tx *ledger.Tx) error {
			r, ok, err := customer.LoadRound(tx, "FU-2612")
			if !ok || !r.Done || r.Made != 3 {
				t.Errorf("the list is %+v", r)
			}
			return err
		})
		if got := s.thread("FU-2612"); strings.Count(got, "daftar Desember 2026 siap: 3 kartu") != 1 {
			t.Errorf("the list's thread has\n%s", got)
		}
		if got := s.runs("followups"); got != "daftar Desember 2026 sudah ada: 3 kartu" {
			t.Errorf("again: %s", got)
		}
	})
}

func TestFollowUpIsSentAnsweredAndWon(t *testing.T) {
	inShop(t, "2026-12-01 08:30", func(s shop) {
		s.company(1, 6, 30, 90, wrote)
		s.runs("followups")
		s.till(time.Now().Add(time.Minute))
		f := s.follows("k01")[0]
		queue := func(f *customer.FollowUp, at time.Time) ([]ledger.Event, error) { return f.Queue("dewi", at) }
		s.twice(f.ID, queue)
		s.till(time.Now().Add(10 * time.Minute))
		ana := s.guest(1, "Ana")
		if got := ana.sees(); len(got) != 1 || !strings.Contains(got[0], "Toko Maju 1") {
			t.Fatalf("the customer sees %q", got)
		}
		if f = s.follows("k01")[0]; f.State != customer.FollowUpSent || f.Sent.IsZero() || f.Remind.IsZero() {
			t.Fatalf("after it was sent: %+v", f)
		}
		ana.says("boleh, pesan lagi ya")
		ana.says("yang seperti kemarin")
		s.settle()
		if f = s.follows("k01")[0]; f.State != customer.FollowUpAnswered {
			t.Errorf("after the answer: %+v", f)
		}
		if got := s.thread(f.ID); strings.Count(got, "klien membalas") != 1 || !strings.Contains(got, "boleh, pesan lagi ya") || !strings.Contains(got, "<@&"+salesRole+">") {
			t.Errorf("the card's thread has\n%s", got)
		}
		if n := len(s.numbers()); n != 2 { // the card and the list
			t.Errorf("%d posts: %q", n, s.numbers())
		}
		for range 2 {
			s.orders("k01", "SO-new", time.Now(), time.Time{})
		}
		s.settle()
		if f = s.follows("k01")[0]; f.Won != "SO-new" || f.State != customer.FollowUpDone || f.Response.Result != customer.Ordered {
			t.Errorf("after the order: %+v", f)
		}
		want := []string{"followup_opened", "followup_queued", "followup_sent", "followup_answered", "followup_won", "followup_recorded"}
		if got := slices.DeleteFunc(s.what(f.ID), func(e string) bool { return !strings.HasPrefix(e, "followup_") }); !slices.Equal(got, want) {
			t.Errorf("the log has %q", got)
		}
		if got := slices.DeleteFunc(s.what(customer.CustomerLog("k01")), func(e string) bool { return !strings.HasPrefix(e, "followup_") }); !slices.Equal(got, want) {
			t.Errorf("the company's log has %q", got)
		}
		if got := s.office.ticket(f.ID); got.State != ticket.Closed {
			t.Errorf("the talk is %s", got.State)
		}
		s.does(func(tx *ledger.Tx) error {
			c, _, err := customer.LoadCustomer(tx, "k01")
			if c.FollowUp != f.ID || c.Contacted.IsZero() {
				t.Errorf("the company was turned to at %s by %q", c.Contacted, c.FollowUp)
			}
			return err
		})
	})
}

// An order that is cancelled is no order of the follow-up: another one that came in time
// takes its place, else sales are told to ask.
func TestCancelledOrderIsNotWon(t *testing.T) {
	inShop(t, "2026-12-01 08:30", func(s shop) {
		s.company(1, 6, 30, 90, wrote)
		s.runs("followups")
		s.till(time.Now().Add(time.Minute))
		id := s.follows("k01")[0].ID
		s.twice(id, func(f *customer.FollowUp, at time.Time) ([]ledger.Event, error) { return f.Queue("dewi", at) })
		s.till(time.Now().Add(10 * time.Minute))
		for n := range 2 {
			at := time.Now().Add(time.Duration(n+1) * time.Minute)
			s.till(at.Add(time.Second))
			s.orders("k01", fmt.Sprintf("SO-new-%d", n), at, time.Time{})
		}
		s.guest(1, "Ana").says("kapan dikirim?") // opens the talk again
		s.settle()
		cancel := func(number string) {
			for range 2 {
				s.does(func(tx *ledger.Tx) error {
					_, err := s.policy.PlaceOrder(tx, customer.Order{Number: number, Void: true}, "import")
					return err
				})
			}
			s.settle()
		}
		if f := s.follows("k01")[0]; f.Won != "SO-new-0" {
			t.Fatalf("before: %+v", f)
		}
		cancel("SO-new-0")
		if f := s.follows("k01")[0]; f.Won != "SO-new-1" || f.WonAt.IsZero() || f.State != customer.FollowUpDone {
			t.Errorf("one is left: %+v", f)
		}
		cancel("SO-new-1")
		if f := s.follows("k01")[0]; f.Won != "" || !f.WonAt.IsZero() || f.Response.Result != customer.Ordered {
			t.Errorf("none is left: %+v", f)
		}
		if got := s.thread(id); strings.Count(got, "dibatalkan dan tidak lagi dihitung") != 2 || strings.Count(got, "Tanyakan alasannya") != 1 {
			t.Errorf("the card's thread has\n%s", got)
		}
		if got := s.office.ticket(id); got.State == ticket.Closed {
			t.Errorf("the talk that the client opened again is %s", got.State)
		}
		if got := strings.Join(s.what(id), " "); !strings.Contains(got, "followup_won") || strings.Count(got, "followup_lost") != 2 {
			t.Errorf("the log has %s", got)
		}
		s.does(func(tx *ledger.Tx) error { // it was a mistake: the order stands
			_, err := s.policy.PlaceOrder(tx, customer.Order{Number: "SO-new-1"}, "import")
			return err
		})
		if f := s.follows("k01")[0]; f.Won != "SO-new-1" {
			t.Errorf("restored: %+v", f)
		}
	})
}

// heads are the texts that the head of a card had, the oldest first.
func (s shop) heads(number string) (all []string) {
	s.t.Helper()
	thread := s.office.ticket(number).Thread
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	for _, m := range s.board.cards[thread] {
		all = append(all, m.Card.Text)
	}
	return all
}

// A card says when its message will go, and that there is a pause.
func TestCardSaysWhenItsMessageGoes(t *testing.T) {
	inShop(t, "2026-12-01 16:58", func(s shop) {
		for n := range 3 {
			s.company(n+1, 6, 30, 90+n, wrote)
		}
		s.runs("followups")
		s.till(time.Now().Add(10 * time.Second))
		ids := []string{s.follows("k01")[0].ID, s.follows("k02")[0].ID, s.follows("k03")[0].ID}
		for _, id := range ids {
			s.twice(id, func(f *customer.FollowUp, at time.Time) ([]ledger.Event, error) { return f.Queue("dewi", at) })
		}
		last := func(id string) string { all := s.heads(id); return all[len(all)-1] }
		said := last(ids[2])
		_, after, _ := strings.Cut(said, "perkiraan terkirim **<t:")
		stamp, _, _ := strings.Cut(after, ":f>")
		unix, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil {
			t.Fatalf("the third card says %q", said)
		}
		expected := time.Unix(unix, 0)
		s.does(func(tx *ledger.Tx) error { return s.policy.PauseOutreach(tx, "dewi", "libur") })
		s.does(func(tx *ledger.Tx) error { bridge.RefreshCard(tx, ids[1]); return nil })
		s.settle()
		if got := last(ids[1]); s.follows("k02")[0].State == customer.FollowUpQueued && !strings.Contains(got, "dijeda") {
			t.Errorf("in a pause the card says %q", got)
		}
		s.does(func(tx *ledger.Tx) error { return s.policy.ResumeOutreach(tx, "dewi") })
		s.until("2026-12-02 09:00")
		if f := s.follows("k03")[0]; f.Sent.Sub(expected).Abs() > 5*time.Minute {
			t.Errorf("it was to go at %v and went at %v", expected, f.Sent)
		}
	})
}

func TestSilentCustomerIsPhonedAndTheMonthEnds(t *testing.T) {
	inShop(t, "2026-12-01 08:30", func(s shop) {
		s.company(1, 6, 30, 90, wrote)
		s.company(2, 6, 30, 90, wrote)
		s.runs("followups")
		s.till(time.Now().Add(time.Minute))
		f := s.follows("k01")[0]
		s.twice(f.ID, func(f *customer.FollowUp, at time.Time) ([]ledger.Event, error) { return f.Queue("dewi", at) })
		s.until("2026-12-05 13:00")
		if got := s.thread(f.ID); strings.Count(got, "Coba telepon") != 1 {
			t.Errorf("the card's thread has\n%s", got)
		}
		s.until("2027-01-04 08:00")
		if got := s.follows("k01")[0]; got.State != customer.FollowUpDone || got.Response.Result != customer.NoAnswer {
			t.Errorf("after the month: %+v", got)
		}
		if got := s.follows("k02")[0]; got.State != customer.FollowUpSkipped {
			t.Errorf("what nobody did: %+v", got)
		}
		if got := s.thread(f.ID); strings.Count(got, "Coba telepon") != 1 {
			t.Errorf("the card's thread has\n%s", got)
		}
	})
}

func TestOrderDropsWhatWaits(t *testing.T) {
	inShop(t, "2026-12-01 18:30", func(s shop) { // closed: nothing is sent
		s.company(1, 6, 30, 90, wrote)
		s.runs("followups")
		s.till(time.Now().Add(time.Minute))
		f := s.follows("k01")[0]
		s.twice(f.ID, func(f *customer.FollowUp, at time.Time) ([]ledger.Event, error) { return f.Queue("dewi", at) })
		for range 2 {
			s.orders("k01", "SO-now", time.Now(), time.Time{})
		}
		s.until("2026-12-02 12:00")
		if got := s.guest(1, "Ana").sees(); len(got) != 0 {
			t.Errorf("the customer was sent %q", got)
		}
		if got := s.follows("k01"); len(got) != 1 || got[0].State != customer.FollowUpSkipped || !strings.Contains(got[0].Why, "SO-now") || got[0].Won != "" {
			t.Errorf("after the order: %+v", got)
		}
	})
}

func TestReorderReminderToWhoAgreed(t *testing.T) {
	agreed := func(c *customer.Contact) { c.Agree("client", "ya", time.Now()) }
	inShop(t, "2026-12-01 08:30", func(s shop) {
		s.company(1, 6, 30, 27, agreed)
		s.company(2, 6, 30, 27, wrote)
		s.company(3, 6, 30, 27, agreed)
		s.until("2026-12-02 12:00")
		s.orders("k03", "SO-early", time.Now(), time.Time{})
		s.until("2026-12-08 12:00")
		if got := s.guest(1, "Ana").sees(); len(got) != 1 || !strings.Contains(got[0], "pengingat dari ERZAP") {
			t.Errorf("who agreed sees %q", got)
		}
		for _, n := range []int{2, 3} {
			if got := s.guest(n, "Ana").sees(); len(got) != 0 {
				t.Errorf("customer %d sees %q", n, got)
			}
		}
		if n := len(s.numbers()); n != 0 {
			t.Errorf("a reminder has a post before it is answered: %q", s.numbers())
		}
		s.guest(1, "Ana").says("ya tolong siapkan")
		s.settle()
		f := s.follows("k01")
		if len(f) != 1 || f[0].State != customer.FollowUpAnswered || !strings.Contains(s.thread(f[0].ID), "klien membalas") {
			t.Errorf("after the answer: %+v\n%s", f, s.thread(f[0].ID))
		}
	})
}

func TestNewCustomerIsPhonedInTime(t *testing.T) {
	inShop(t, "2026-12-01 08:30", func(s shop) {
		s.company(1, 1, 0, 200, wrote) // history
		s.company(2, 0, 0, 0, wrote)
		s.orders("k02", "SO-1", time.Now().AddDate(0, 0, -2), time.Now())
		s.until("2026-12-06 12:00") // Saturdays are working days: Wed 1, Thu 2, Fri 3, Sat 4
		if n := len(s.follows("k02")); n != 0 {
			t.Errorf("%d tasks before day 5", n)
		}
		s.until("2026-12-07 08:10")
		all := s.follows("k02")
		if len(all) != 1 || all[0].Kind != customer.NewCustomer {
			t.Fatalf("on day 5: %+v", all)
		}
		s.until("2026-12-10 08:10")
		if got := s.thread(all[0].ID); strings.Count(got, "hari kerja ke-8") != 1 {
			t.Errorf("on day 8:\n%s", got)
		}
		s.until("2026-12-14 08:10")
		if got := s.thread(all[0].ID); strings.Count(got, "lewat hari kerja ke-10") != 1 || !strings.Contains(got, "<@&"+managerRole+">") {
			t.Errorf("after day 10:\n%s", got)
		}
		if n := len(s.follows("k01")); n != 0 {
			t.Errorf("history made %d tasks", n)
		}
	})
}

// A new customer who wants no offers is phoned all the same: the card says who he is, and
// that; nothing can be sent from it.
func TestNewCustomerWhoDeclinedIsPhoned(t *testing.T) {
	inShop(t, "2026-12-01 08:30", func(s shop) {
		s.company(1, 0, 0, 0, func(c *customer.Contact) { c.Decline("client", "BERHENTI", time.Now()) })
		s.orders("k01", "SO-1", time.Now().AddDate(0, 0, -2), time.Now())
		s.until("2026-12-07 08:10")
		all := s.follows("k01")
		if len(all) != 1 || all[0].Contact != "p01" || all[0].Conversation != "" {
			t.Fatalf("%+v", all)
		}
		s.does(func(tx *ledger.Tx) error {
			if _, _, err := s.policy.AddFollowUp(tx, "k01", "dewi"); err == nil {
				t.Error("a card to send is made for who declined")
			}
			return nil
		})
	})
}

func TestMoneyIsShownInItsUnits(t *testing.T) {
	for _, one := range []struct {
		minor    int64
		currency string
		want     string
	}{
		{125_000_000, "IDR", "Rp 1.250.000"}, {50, "", "Rp 0,50"}, {9950, "USD", "USD 99,50"}, {-100_005, "EUR", "-EUR 1.000,05"},
		{5000, "JPY", "JPY 5.000"}, {1_250_500, "KWD", "KWD 1.250,500"}, {-7, "KWD", "-KWD 0,007"},
	} {
		if got := bridge.Money(one.minor, one.currency); got != one.want {
			t.Errorf("%d %s is %q, want %q", one.minor, one.currency, got, one.want)
		}
	}
}

func TestSalesAreNudgedOnceADay(t *testing.T) {
	inShop(t, "2026-12-01 08:30", func(s shop) {
		for n := range 4 {
			s.company(n+1, 6, 30, 90, wrote)
		}
		s.runs("followups")
		s.until("2026-12-13 09:00") // a Sunday
		if got := s.runs("nudge"); got != "bukan hari kerja" {
			t.Errorf("on Sunday: %s", got)
		}
		s.until("2026-12-14 09:00")
		for range 2 {
			s.runs("nudge")
		}
		if got := s.thread("FU-2612"); strings.Count(got, "menurut rencana seharusnya sudah") != 1 {
			t.Errorf("the list's thread has\n%s", got)
		}
		s.until("2026-12-15 09:00")
		if got := s.runs("nudge"); !strings.HasPrefix(got, "sales diingatkan: 0 dari 15, ") {
			t.Errorf("the next day: %s", got)
		}
	})
}

// Every event of a follow-up is told, or there is a reason why not.
func TestEveryEventOfAFollowUpIsTold(t *testing.T) {
	for _, e := range []string{
		"followup_opened", "followup_reworded", "followup_taken", "followup_queued", "followup_returned", "followup_sent", "followup_answered",
		"followup_recorded", "followup_corrected", "followup_skipped", "followup_won", "followup_lost", "followup_forwarded", "followup_reminded", "followup_missed",
	} {
		if told, untold := bridge.FollowUpTold(e); told == untold {
			t.Errorf("%s: told %v, untold %v", e, told, untold)
		}
	}
}
