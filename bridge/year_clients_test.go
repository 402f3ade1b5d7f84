package bridge_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A person is a client with habits of his own.
type person struct {
	y        *year
	random   *rand.Rand
	number   string
	name     string
	customer string
	mood     mood
	heard    int // messages that the desk sent first
	out      bool
	angry    bool // what he writes next is a complaint
	question int  // of the survey that he read last, 1 to 6; 0 for none
}

// A mood is how somebody treats what the desk sends first.
type mood struct {
	answers  bool // what sales write
	leaves   int  // he opts out at the so manieth message; 0 for never
	returns  bool // and comes back after some weeks
	surveys  survey
	asks     bool // a question in the middle of a survey
	complain bool
}

// A survey is how somebody treats one.
type survey int

const (
	ignores survey = iota
	wholly
	partly
	strangely
)

func (y *year) meet(number, name, company string) *person {
	p := &person{y: y, number: number, name: name, customer: company}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		y.t.Fatal(err)
	}
	p.random = rand.New(rand.NewPCG(y.plan.seed, n))
	p.mood = mood{answers: p.lot(45), returns: p.lot(50), asks: p.lot(12), complain: p.lot(6)}
	if p.lot(cmp.Or(y.plan.leaves, 12)) {
		p.mood.leaves = 1 + p.random.IntN(6)
	}
	switch n := p.random.IntN(100); {
	case n < 20:
		p.mood.surveys = wholly
	case n < 30:
		p.mood.surveys = partly
	case n < 40:
		p.mood.surveys = strangely
	}
	y.clients[number] = p
	return p
}

func (p *person) lot(percent int) bool { return p.random.IntN(100) < percent }

func (p *person) address() bridge.Address { return bridge.Address(p.number + "@s.whatsapp.net") }

// soon is a moment later, mostly by minutes, at times by days.
func (p *person) soon() time.Time {
	minutes := 1 + p.random.IntN(90)
	if p.lot(20) {
		minutes += p.random.IntN(4 * 24 * 60)
	}
	return p.y.now().Add(time.Duration(minutes) * time.Minute)
}

// later has the person write something, then or, while the desk is down, when WhatsApp can
// bring it.
func (p *person) later(at time.Time, text string) { p.y.at(at, func() { p.says(text) }) }

func (p *person) says(text string) {
	y := p.y
	if y.stop == nil || !y.phone.Ready() {
		y.at(y.now().Add(6*time.Hour), func() { p.says(text) })
		return
	}
	y.n++
	m := bridge.ClientMessage{
		ID: fmt.Sprint("C", y.n), Chat: p.address(), Phone: p.number, Name: p.name, Text: text, Kind: bridge.KindPlainText, At: y.now(),
	}
	if err := y.relay.Receive(y.t.Context(), m); err != nil {
		y.t.Errorf("%s says %q: %v", p.name, text, err)
	}
	y.step(p.number, bridgetest.Wrote)
	y.at(y.now().Add(10*time.Minute), func() { y.tends(p) })
	switch text {
	case "BERHENTI":
		p.out = true
		y.figures.optOuts++
		y.step(p.number, bridgetest.Declined)
		if y.plan.without.optOut {
			y.forget(p.number)
		}
	case "MULAI":
		p.out = false
		y.figures.optIns++
		y.step(p.number, bridgetest.Agreed)
	}
}

func (y *year) step(number, what string) {
	y.seen.Steps = append(y.seen.Steps, bridgetest.Step{At: y.now(), To: number, What: what})
}

// asks is a client with a question of his own, or a complaint.
func (p *person) asks(text string, angry bool) {
	p.angry = p.angry || angry
	p.says(text)
}

// tends is an agent who looks after what a client wrote, if that is a ticket: he answers by
// telephone, and ends it after an hour, a complaint after days.
func (y *year) tends(p *person) {
	if y.stop == nil {
		y.at(y.now().Add(6*time.Hour), func() { y.tends(p) })
		return
	}
	number := p.conversation().Open
	if number == "" || y.tended[number] {
		return
	}
	y.tended[number] = true
	y.figures.tickets++
	y.change(number, func(t *ticket.Ticket) ([]ledger.Event, error) { return t.Accept("dewi", y.now()) })
	if !p.angry {
		y.at(y.now().Add(time.Hour), func() { y.closes(number, nil) })
		return
	}
	p.angry = false
	y.figures.complaints++
	y.change(number, func(t *ticket.Ticket) ([]ledger.Event, error) { return t.MarkComplaint(true, "dewi", y.now()) })
	ends := y.now().AddDate(0, 0, 2+p.random.IntN(5))
	y.change(number, func(t *ticket.Ticket) ([]ledger.Event, error) {
		return t.Snooze(ends, "dewi", y.now(), y.policy.Policy)
	})
	at := len(y.seen.Complaints)
	y.seen.Complaints = append(y.seen.Complaints, bridgetest.Span{Customer: p.customer, From: y.now()})
	y.at(ends, func() {
		y.closes(number, func() { y.seen.Complaints[at].To = y.now() })
	})
}

// closes ends a ticket, when the desk is there.
func (y *year) closes(number string, after func()) {
	if y.stop == nil {
		y.at(y.now().Add(6*time.Hour), func() { y.closes(number, after) })
		return
	}
	y.change(number, func(t *ticket.Ticket) ([]ledger.Event, error) {
		return t.Drop("selesai lewat telepon", "dewi", y.now())
	})
	delete(y.tended, number) // he may write again
	if after != nil {
		after()
	}
}

func (y *year) change(number string, fn func(t *ticket.Ticket) ([]ledger.Event, error)) {
	y.commit(func(tx *ledger.Tx) error {
		return y.policy.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t) })
	})
}

func (p *person) conversation() (c ticket.Conversation) {
	p.y.commit(func(tx *ledger.Tx) (err error) {
		c, _, err = ticket.ByAddress(tx, string(p.address()))
		return err
	})
	return c
}

// What stands on a phone, told by its words.
var (
	invites   = regexp.MustCompile(`minta pendapat kakak|ask for your opinion`)
	resumes   = regexp.MustCompile(`survei yang tadi|continue with our short survey`)
	questions = regexp.MustCompile(`\((\d) (?:dari|of) 6\)`)
	reminds   = regexp.MustCompile(`ini pengingat dari ERZAP|a reminder from ERZAP`)
	suggests  = regexp.MustCompile(`^\[sales\] |dari ERZAP\. Semoga usaha|of ERZAP\. We hope all is well`)
)

// why says for what reason a message was sent first, "" for an answer.
func why(text string) string {
	switch {
	case invites.MatchString(text):
		return bridgetest.ForSurvey
	case resumes.MatchString(text):
		return bridgetest.ForRest
	case reminds.MatchString(text):
		return bridgetest.ForReminder
	case suggests.MatchString(text):
		return bridgetest.ForFollowUp
	}
	return ""
}

// shows is a message that the client sees.
func (y *year) shows(m arrived) {
	y.figures.phone++
	p := y.clients[m.to]
	if p == nil {
		y.t.Fatalf("%q went to %s, who is nobody", m.text, m.to)
	}
	if m.again {
		y.seen.Again = append(y.seen.Again, m.id)
		return
	}
	reason := why(m.text)
	if reason != "" {
		y.seen.Firsts = append(y.seen.Firsts, bridgetest.First{At: m.at, To: m.to, Customer: p.customer, Why: reason, Ref: y.reference(reason, p.customer, m)})
		p.heard++
		if p.heard == p.mood.leaves && !p.out {
			p.opts()
			return
		}
	}
	if q := questions.FindStringSubmatch(m.text); q != nil {
		p.question, _ = strconv.Atoi(q[1])
		p.answersSurvey()
	} else if reason == bridgetest.ForFollowUp && p.mood.answers {
		y.figures.answered++
		p.later(p.soon(), []string{"boleh kak, minta penawarannya", "nanti dulu ya", "siap, kami order minggu depan", "stok masih banyak kak"}[p.random.IntN(4)])
	}
}

// opts is a client who has had enough, and perhaps thinks better of it.
func (p *person) opts() {
	p.later(p.soon(), "BERHENTI")
	if p.mood.returns {
		p.later(p.y.now().AddDate(0, 0, 20+p.random.IntN(60)), "MULAI")
	}
}

// answersSurvey answers the question that was read last, in one's own way.
func (p *person) answersSurvey() {
	asked := p.question
	p.y.at(p.soon(), func() {
		if p.question != asked {
			return
		}
		switch {
		case p.mood.surveys == ignores:
		case p.mood.asks && asked == 3:
			p.mood.asks = false
			p.asks("kak, kenapa laporan stok saya tidak cocok dengan kasir?", false)
		case p.mood.surveys == partly && asked > 2:
		case p.mood.surveys == strangely && p.lot(60):
			p.says([]string{"lumayan", "empat kak", "4/5", "bagus banget, 5", "⭐⭐⭐⭐", "sama saja", "nanti ya"}[p.random.IntN(7)])
		case asked == 6:
			p.says([]string{"tidak ada", "pertahankan pelayanannya kak"}[p.random.IntN(2)])
		case asked == 5:
			p.says(strconv.Itoa(6 + p.random.IntN(5)))
		case p.lot(4):
			p.says(strconv.Itoa(1 + p.random.IntN(2)))
		default:
			p.says(strconv.Itoa(3 + p.random.IntN(3)))
		}
	})
}
