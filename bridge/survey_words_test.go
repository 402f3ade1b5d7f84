package bridge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// asked is the id of the last message of the desk with some words on it.
func (p *poll) asked(words string) (id string) {
	p.t.Helper()
	p.phone.mu.Lock()
	defer p.phone.mu.Unlock()
	for i, text := range p.phone.shown {
		if strings.Contains(text, words) {
			id = p.phone.order[i]
		}
	}
	if id == "" {
		p.t.Errorf("nobody was asked %q", words)
	}
	return id
}

// Of a message that answers and asks, the answer is kept; the question opens a ticket, and
// behind it the survey goes on with the next one.
func TestAnAnswerThatAsksToo(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "5, kapan fitur kasir baru rilis?")
		number := ana.conversation().Open
		s := p.survey(theOne)
		if number == "" || s.Answers[customer.Performance] != 5 || s.At != customer.Quality || s.State != customer.SurveyRests || s.Ticket != number {
			p.t.Fatalf("open %q, the survey is %+v", number, s)
		}
		wantHas(p.t, "the ticket", strings.Join(p.lines(p.ticket(number).Thread), "\n"), "5, kapan fitur kasir baru rilis?")
		for _, text := range ana.sees() {
			if strings.Contains(text, "(2 dari 6)") {
				p.t.Errorf("the next question came into the ticket: %q", text)
			}
		}
		p.presses("sari", number, "t:accept")
		p.presses("sari", number, "t:class:easy")
		p.resolves("sari", number, "fitur", "bulan depan")
		p.pause(30 * time.Minute)
		p.answers(ana, "5", "mantap kak")
		p.pause(10 * time.Minute)
		if _, last := ana.seen(); !strings.Contains(last, "(2 dari 6)") {
			p.t.Errorf("the survey went on with %q", last)
		}
		p.answers(ana, "4")
		if s := p.survey(theOne); s.Answers[customer.Performance] != 5 || s.Answers[customer.Quality] != 4 {
			p.t.Errorf("the survey is %+v", s)
		}
	})
}

// Beside a follow-up of the last days the question goes into its thread, and the next
// question of the survey comes at once.
func TestAnAnswerThatAsksBesideAFollowUp(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		r := &routed{guest: ana, n: 1}
		r.followed()
		p.pause(time.Minute)
		r.begun = time.Now()
		p.answers(ana, "4, bisa kirim daftar harga baru?")
		p.wantLast(ana, 2, "(2 dari 6)")
		if s := p.survey(theOne); s.Answers[customer.Performance] != 4 || ana.conversation().Open != "" {
			p.t.Errorf("the survey is %+v", s)
		}
		wantHas(p.t, "the card", strings.Join(p.lines(p.ticket(r.id("talk")).Thread), "\n"), "bisa kirim daftar harga baru?")
	})
}

// What a client says of an answer later, by an edit or by quoting the question, changes it
// or is read by a person; a survey that ends with words is shown, however few the answers.
func TestNoWordsOfASurveyAreLost(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "7") // C1, no answer
		ana.sends("E1", bridge.ClientMessage{Kind: bridge.KindEdit, Target: "C1", Text: "4"})
		p.pause(20 * time.Second)
		p.wantLast(ana, 3, "(2 dari 6)")
		p.answers(ana, "3") // C2
		ana.sends("Q1", bridge.ClientMessage{Kind: bridge.KindPlainText, Text: "2, kemasannya sobek", Quote: &bridge.Quote{ID: p.asked("(2 dari 6)"), Own: true}})
		p.pause(20 * time.Second)
		s := p.survey(theOne)
		if s.Answers[customer.Performance] != 4 || s.Answers[customer.Quality] != 2 || s.Comment != "kemasannya sobek" || s.At != customer.Conformity {
			p.t.Fatalf("the survey is %+v", s)
		}
		ana.sends("E2", bridge.ClientMessage{Kind: bridge.KindEdit, Target: "C2", Text: "kurirnya *kasar* @everyone"})
		p.pause(20 * time.Second)
		wantHas(p.t, "what the edit says", strings.Join(p.channel("intake"), "\n"), "Toko Ana", "Kualitas produk", "kurirnya", "tidak berubah")
		p.answers(ana, "5", "5", "10", "bagus") // the comment is C6
		if s := p.survey(theOne); s.State != customer.SurveyDone {
			p.t.Fatalf("the survey is %+v", s)
		}
		ana.sends("E3", bridge.ClientMessage{Kind: bridge.KindEdit, Target: "C6", Text: "bagus, tetapi tagihannya salah"})
		ana.sends("Q2", bridge.ClientMessage{Kind: bridge.KindPlainText, Text: "1, ternyata rusak", Quote: &bridge.Quote{ID: p.asked("(1 dari 6)"), Own: true}})
		p.pause(20 * time.Second)
		said := strings.Join(p.channel("intake"), "\n")
		wantHas(p.t, "what came after the end", said, "tagihannya salah", "ternyata rusak")
		if n := strings.Count(said, "@everyone"); n != 0 && !strings.Contains(said, "@\u200beveryone") {
			p.t.Errorf("somebody is pinged: %s", said)
		}
		if c := ana.conversation(); c.Open != "" || p.survey(theOne).Answers[customer.Performance] != 4 {
			p.t.Errorf("the conversation is %+v", c)
		}
	})
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "4, tolong printernya jangan macet")
		p.pause(15 * 24 * time.Hour)
		if s := p.survey(theOne); s.State != customer.SurveyLapsed {
			p.t.Fatalf("the survey is %+v", s)
		}
		wantHas(p.t, "the result", strings.Join(p.channel("intake"), "\n"), "jangan macet", "tidak menjawab")
	})
}

// A survey does not rest for ever behind a ticket that never ends: the next list asks again.
func TestARestEnds(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		p.answers(ana, "kak stok saya minus semua, kenapa ya?")
		if s := p.survey(theOne); s.State != customer.SurveyRests {
			p.t.Fatalf("the survey is %+v", s)
		}
		timer := ledger.Timer{Kind: customer.TimerSurvey, ID: theOne}
		p.look(func(tx *ledger.Tx) error { return p.policy.LapseSurvey(tx, timer) })
		if s := p.survey(theOne); s.State != customer.SurveyRests {
			p.t.Errorf("it ended too early: %+v", s)
		}
		p.look(func(tx *ledger.Tx) error { // its question was asked long ago
			s, _, err := customer.LoadSurvey(tx, theOne)
			before := s
			s.Asked = s.Asked.Add(-75 * 24 * time.Hour)
			return errorOr(err, s.Keep(tx, before, nil))
		})
		p.look(func(tx *ledger.Tx) error { return p.policy.LapseSurvey(tx, timer) })
		if s := p.survey(theOne); s.State != customer.SurveyLapsed || ana.conversation().Survey != "" {
			p.t.Errorf("it rests for ever: %+v", s)
		}
	})
}

// Customers abroad are asked in English; who cannot be written to is phoned, and what he
// said is entered, in time or later.
func TestAbroadAndByPhone(t *testing.T) {
	t.Parallel()
	aPoll(t, "2026-12-01 08:30", func(p *poll) {
		p.company("ana", "Ana Pte Ltd")
		p.company("budi", "Toko Budi")
		p.company("citra", "Toko Citra")
		p.look(func(tx *ledger.Tx) error {
			c, _, err := customer.LoadCustomer(tx, "ana")
			if err != nil {
				return err
			}
			if _, err := c.Mark(customer.International, "sari", tx.Now()); err != nil {
				return err
			}
			return c.Save(tx)
		})
		ana := p.person(1, "Ana", "ana")
		for n, company := range []string{"budi", "citra"} {
			p.person(n+2, company, company)
			p.contact(n+2, func(c *customer.Contact, _ time.Time) { c.Wrote, c.Chats = time.Time{}, nil })
		}
		p.ordered("PO-1", "ana", 118)
		p.ordered("PO-2", "ana", 117)
		p.ordered("PO-3", "budi", 100)
		p.ordered("PO-4", "citra", 99)
		p.job()
		p.pause(10 * time.Minute)
		p.wantLast(ana, 1, "thank you for your order PO-1 and PO-2 with ERZAP")
		p.wantLast(ana, 1, "(1 of 6)")
		p.answers(ana, "7")
		p.wantLast(ana, 2, "from 1 to 5")
		p.answers(ana, "five", "later please", "4", "4", "4", "10", "none")
		p.wantLast(ana, 9, "Thank you very much")
		for _, text := range ana.sees() {
			if strings.Contains(text, "kak") || strings.Contains(text, " dari 6") {
				p.t.Errorf("to a customer abroad: %q", text)
			}
		}
		wantHas(p.t, "the list", strings.Join(p.lines(p.ticket("SV-2612").Thread), "\n"), "**Toko Budi** · 📞 telepon budi", "`/survey enter`")
		enter := func(id string) error {
			return p.tries(func(tx *ledger.Tx) error {
				return p.policy.ChangeSurvey(tx, id, func(s *customer.Survey) ([]ledger.Event, error) {
					return s.Enter([customer.Promotion + 1]int{5, 2, 4, 4, 9}, "kirimnya lama", "100000000000000002", tx.Now())
				})
			})
		}
		if err := enter("SV-2612-0002"); err != nil {
			p.t.Fatal(err)
		}
		if err := enter("SV-2612-0002"); err == nil {
			p.t.Error("entered twice")
		}
		p.pause(31 * 24 * time.Hour) // nobody phones Citra
		if s := p.survey("SV-2612-0003"); s.State != customer.SurveyLapsed || s.Why != "silence" {
			p.t.Errorf("nobody phoned: %+v", s)
		}
		if err := enter("SV-2612-0003"); err != nil {
			p.t.Fatal(err)
		}
		p.pause(time.Minute)
		if tally := p.round("SV-2612").Tally; tally.Returned != 3 || tally.Ended != 3 || tally.Low != 2 || tally.Sent != 3 {
			p.t.Errorf("the tally is %+v", tally)
		}
		wantHas(p.t, "the originals", strings.Join(p.channel("intake"), "\n"), "Toko Budi", "Toko Citra", "kirimnya lama", "Tugas telepon")
		if n := len(p.phone.shown); n != 9 {
			p.t.Errorf("%d messages went out; who was phoned gets none", n)
		}
	})
}

// A survey goes on where the conversation goes on, and what waits for a person who turns
// out to be one who wants nothing is not sent.
func TestASurveyAndMergers(t *testing.T) {
	t.Parallel()
	aQuestion(t, func(p *poll, ana *guest) {
		lid := bridge.Address("99887766@lid")
		receive := func(m bridge.ClientMessage) {
			m.Kind, m.Name, m.At = bridge.KindPlainText, "Ana", time.Now()
			if err := p.relay.Receive(p.t.Context(), m); err != nil {
				p.t.Error(err)
			}
			p.pause(20 * time.Second)
		}
		receive(bridge.ClientMessage{ID: "L1", Chat: lid, Text: "printer tidak jalan"})
		receive(bridge.ClientMessage{ID: "L2", Chat: lid, Alt: ana.address, Phone: ana.phone, Text: "tolong ya"})
		c := ana.conversation()
		if c.Open == "" || c.Survey != theOne {
			p.t.Fatalf("the conversation is %+v", c)
		}
		number := c.Open
		p.presses("sari", number, "t:accept")
		p.presses("sari", number, "t:class:easy")
		p.resolves("sari", number, "printer", "nyala")
		p.pause(26 * time.Hour)
		receive(bridge.ClientMessage{ID: "L3", Chat: lid, Text: "5"})
		if s := p.survey(theOne); s.Answers[customer.Performance] != 5 || s.At != customer.Quality || p.ticket(number).State != ticket.Closed {
			p.t.Errorf("the survey is %+v", s)
		}
		if id := p.asked("(2 dari 6)"); id == "" {
			p.t.Error("the next question went nowhere")
		}
	})
	aPoll(t, "2026-12-01 08:30", func(p *poll) {
		p.company("ana", "Toko Ana")
		ana := p.person(1, "Ana", "ana")
		p.company("budi", "Toko Budi")
		p.person(2, "Ana juga", "budi")
		p.contact(2, func(c *customer.Contact, at time.Time) { c.Decline("client", "STOP", at) })
		p.ordered("PO-1", "ana", 100)
		p.look(func(tx *ledger.Tx) error { return p.policy.PauseOutreach(tx, "sari", "tes") })
		p.job()
		p.pause(time.Minute)
		p.look(func(tx *ledger.Tx) error {
			_, err := customer.Merge(tx, "person02", "person01", "sari")
			return err
		})
		p.look(func(tx *ledger.Tx) error { return p.policy.ResumeOutreach(tx, "sari") })
		p.pause(10 * time.Minute)
		if s := p.survey(theOne); s.State != customer.SurveyLapsed || s.Why != "opted_out" {
			p.t.Errorf("the survey is %+v", s)
		}
		if n, _ := ana.seen(); n != 0 {
			p.t.Errorf("he wants nothing, and got %q", ana.sees())
		}
	})
}
