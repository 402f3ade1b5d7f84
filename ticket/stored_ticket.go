package ticket

import (
	"cmp"
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// storedTicket is version 2. Version 1 ends at Closed; its tickets are of WhatsApp, and
// began with the client's first message.
type storedTicket struct {
	V            int    `json:"v"`
	Number       string `json:"number"`
	Conversation string `json:"conv,omitzero"`
	State        string `json:"state"`
	Title        string `json:"title"`
	Thread       string `json:"thread,omitzero"`
	Posts        int    `json:"posts,omitzero"`
	Step         int    `json:"step,omitzero"`
	Agent        string `json:"agent,omitzero"`
	Opened       int64  `json:"opened"`
	Responded    int64  `json:"responded,omitzero"`
	Closed       int64  `json:"closed,omitzero"`

	Gist       string         `json:"gist,omitzero"`
	Channel    string         `json:"channel,omitzero"`
	Contact    string         `json:"contact,omitzero"`
	Customer   string         `json:"customer,omitzero"`
	Agents     []string       `json:"agents,omitzero"`
	AgentSince int64          `json:"agentSince,omitzero"`
	OnPhone    bool           `json:"onPhone,omitzero"`
	Offering   storedOffering `json:"offering,omitzero"`

	FirstWord  int64        `json:"firstWord,omitzero"`
	LastClient int64        `json:"lastClient,omitzero"`
	LastStaff  int64        `json:"lastStaff,omitzero"`
	LastNews   int64        `json:"lastNews,omitzero"`
	Waits      []storedWait `json:"waits,omitzero"`
	Asked      string       `json:"asked,omitzero"`
	AccessFrom int64        `json:"accessFrom,omitzero"`
	SecretsTo  int64        `json:"secretsTo,omitzero"`
	Told       int64        `json:"told,omitzero"`

	Class      string          `json:"class,omitzero"`
	Classes    []storedClassed `json:"classes,omitzero"`
	Issue      string          `json:"issue,omitzero"`
	Talk       string          `json:"talk,omitzero"`
	Complaint  bool            `json:"complaint,omitzero"`
	Team       string          `json:"team,omitzero"`
	Reports    []string        `json:"reports,omitzero"`
	Back       []string        `json:"back,omitzero"`
	Passed     []string        `json:"passed,omitzero"`
	Escalated  int64           `json:"escalated,omitzero"`
	Supervisor string          `json:"supervisor,omitzero"`

	Summary     string   `json:"summary,omitzero"`
	Solution    string   `json:"solution,omitzero"`
	Resolved    int64    `json:"resolved,omitzero"`
	ClosingSent int64    `json:"closingSent,omitzero"`
	SilentFrom  int64    `json:"silentFrom,omitzero"`
	Unclear     bool     `json:"unclear,omitzero"`
	Ending      string   `json:"ending,omitzero"`
	Pauses      []int64s `json:"pauses,omitzero"`
	Reopened    int      `json:"reopened,omitzero"`

	Rating     storedRating      `json:"rating,omitzero"`
	Snoozed    int64             `json:"snoozed,omitzero"`
	Woken      int64             `json:"woken,omitzero"`
	Scheduled  []storedScheduled `json:"scheduled,omitzero"`
	MergedInto string            `json:"mergedInto,omitzero"`
	MergedFrom []string          `json:"mergedFrom,omitzero"`
	Warranty   storedWarranty    `json:"warranty,omitzero"`
	Reminders  storedReminders   `json:"reminders,omitzero"`
}

type int64s [2]int64

type storedOffering struct {
	Wanted    int64         `json:"wanted,omitzero"`
	Tried     int64         `json:"tried,omitzero"`
	OfferedTo string        `json:"to,omitzero"`
	Offers    []storedOffer `json:"made,omitzero"`
	Silent    bool          `json:"silent,omitzero"`
	Nobody    bool          `json:"nobody,omitzero"`
}

type storedOffer struct {
	To    string `json:"to"`
	At    int64  `json:"at"`
	LetGo bool   `json:"letGo,omitzero"`
}

type storedWait struct {
	Who   string `json:"who"`
	For   string `json:"for"`
	Since int64  `json:"since"`
}

type storedClassed struct {
	Class string `json:"class"`
	By    string `json:"by"`
	At    int64  `json:"at"`
}

type storedRating struct {
	Asked     int64  `json:"asked,omitzero"`
	Skipped   bool   `json:"skipped,omitzero"`
	Lapsed    bool   `json:"lapsed,omitzero"`
	Given     int64  `json:"given,omitzero"`
	Stars     int    `json:"stars,omitzero"`
	Comment   string `json:"comment,omitzero"`
	Commented int64  `json:"commented,omitzero"`
	Review    string `json:"review,omitzero"`
}

type storedScheduled struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Due  int64  `json:"due"`
	By   string `json:"by"`
	Drop bool   `json:"drop,omitzero"`
}

type storedWarranty struct {
	Claim     string `json:"claim,omitzero"`
	At        int64  `json:"at,omitzero"`
	Reason    string `json:"reason,omitzero"`
	Product   string `json:"product,omitzero"`
	Serial    string `json:"serial,omitzero"`
	Purchased string `json:"purchased,omitzero"`
	Status    string `json:"status,omitzero"`
	Complaint string `json:"complaint,omitzero"`
	Action    string `json:"action,omitzero"`
	Outcome   string `json:"outcome,omitzero"`
}

type storedReminders struct {
	First    bool    `json:"first,omitzero"`
	Breached bool    `json:"breached,omitzero"`
	Reply    int64   `json:"reply,omitzero"`
	News     int64   `json:"news,omitzero"`
	Near     []Class `json:"near,omitzero"`
	Missed   []Class `json:"missed,omitzero"`
}

// Save writes the ticket and keeps the indexes of open tickets right, those of who has
// it, or its offer, and of who waits too.
// A talk is in none of them.
func (t Ticket) Save(tx *ledger.Tx) error {
	if !t.IsTalk() {
		t.index(tx)
	}
	t.indexSecrets(tx)
	return put(tx, ledger.Ref{Kind: KindTicket, ID: t.Number}, t.stored())
}

func (t Ticket) index(tx *ledger.Tx) {
	holder := cmp.Or(t.Agent, t.OfferedTo)
	if t.kept != holder || t.State == Closed {
		for _, user := range filled(append([]string{t.kept}, t.Agents...)) {
			tx.Unindex(IndexAgent(user), t.Number)
		}
	}
	since, waits := t.Waiting(Client, Staff)
	if waits && t.State != Closed {
		tx.Index(IndexWaiting, t.Number, since.UnixMilli())
	} else {
		tx.Unindex(IndexWaiting, t.Number)
	}
	if !t.Wanted.IsZero() && t.OfferedTo == "" && t.working() == nil {
		tx.Index(IndexNobody, t.Number, t.Wanted.UnixMilli())
	} else {
		tx.Unindex(IndexNobody, t.Number)
	}
	switch {
	case t.State == Closed:
		tx.Unindex(IndexOpen, t.Number)
		tx.Index(IndexClosed, t.Number, t.ClosedAt.UnixMilli())
		if holder != "" {
			tx.Unindex(IndexAgent(holder), t.Number)
		}
	default:
		tx.Index(IndexOpen, t.Number, t.Opened.UnixMilli())
		tx.Unindex(IndexClosed, t.Number)
		if holder != "" {
			tx.Index(IndexAgent(holder), t.Number, t.Opened.UnixMilli())
		}
	}
}

func (t Ticket) stored() storedTicket {
	return storedTicket{
		V: 2, Number: t.Number, Conversation: t.Conversation, State: string(t.State), Title: t.Title,
		Thread: t.Thread, Posts: t.Posts, Step: t.Step, Agent: t.Agent,
		Opened: millis(t.Opened), Responded: millis(t.Responded), Closed: millis(t.ClosedAt),

		Gist: t.Gist, Talk: string(t.Talk), Channel: string(t.Channel), Contact: t.Contact, Customer: t.Customer,
		Agents: t.Agents, AgentSince: millis(t.AgentSince), OnPhone: t.OnPhone,
		Offering: storedOffering{
			Wanted: millis(t.Wanted), Tried: millis(t.Tried), OfferedTo: t.OfferedTo, Silent: t.Silent, Nobody: t.Nobody,
			Offers: each(t.Offers, func(o Offered) storedOffer { return storedOffer{o.To, millis(o.At), o.LetGo} }),
		},

		FirstWord: millis(t.FirstWord), LastClient: millis(t.LastClient), LastStaff: millis(t.LastStaff), LastNews: millis(t.LastNews),
		Waits: each(t.Waits, func(w Wait) storedWait { return storedWait{string(w.Who), string(w.For), millis(w.Since)} }),
		Asked: t.Asked, AccessFrom: millis(t.AccessFrom), SecretsTo: millis(t.SecretsTo), Told: millis(t.Told),

		Class:   string(t.Class),
		Classes: each(t.Classes, func(c Classed) storedClassed { return storedClassed{string(c.Class), c.By, millis(c.At)} }),
		Issue:   t.Issue, Complaint: t.Complaint, Team: t.Team, Reports: t.Reports, Back: t.Back, Passed: t.Passed, Escalated: millis(t.Escalated), Supervisor: t.Supervisor,

		Summary: t.Summary, Solution: t.Solution, Resolved: millis(t.ResolvedAt), ClosingSent: millis(t.ClosingSent),
		SilentFrom: millis(t.SilentFrom), Unclear: t.Unclear, Ending: string(t.Ending), Reopened: t.Reopened,
		Pauses: each(t.Pauses, func(p Pause) int64s { return int64s{millis(p.From), millis(p.To)} }),

		Rating: storedRating{
			millis(t.Rating.Asked), t.Rating.Skipped, t.Rating.Lapsed, millis(t.Rating.Given), t.Rating.Stars,
			t.Rating.Comment, millis(t.Rating.Commented), string(t.Rating.Review),
		},
		Snoozed: millis(t.Snoozed), Woken: millis(t.Woken), MergedInto: t.MergedInto, MergedFrom: t.MergedFrom,
		Scheduled: each(t.Scheduled, func(s Scheduled) storedScheduled {
			return storedScheduled{s.ID, s.Text, millis(s.Due), s.By, s.DropIfClientWrites}
		}),
		Warranty: storedWarranty{
			string(t.Warranty.Claim), millis(t.Warranty.At), t.Warranty.Reason, t.Warranty.Form.Product, t.Warranty.Form.Serial,
			t.Warranty.Form.Purchased, t.Warranty.Form.Status, t.Warranty.Form.Complaint, t.Warranty.Form.Action, t.Warranty.Outcome,
		},
		Reminders: storedReminders{
			t.Reminders.First, t.Reminders.Breached, millis(t.Reminders.Reply), millis(t.Reminders.News), t.Reminders.Near, t.Reminders.Missed,
		},
	}
}

// Load reads a ticket; ok is false when there is none of that number.
func Load(tx *ledger.Tx, number string) (t Ticket, ok bool, err error) {
	data, err := tx.Doc(ledger.Ref{Kind: KindTicket, ID: number})
	if err != nil || data == nil {
		return Ticket{}, false, err
	}
	t, err = Decode(data)
	return t, err == nil, err
}

// Decode reads a stored ticket of any version.
func Decode(data []byte) (Ticket, error) {
	var s storedTicket
	if err := decode(data, &s, &s.V, 2); err != nil {
		return Ticket{}, fmt.Errorf("decode ticket: %w", err)
	}
	t := s.ticket()
	if s.V == 1 {
		t.Channel = WhatsApp
		t.FirstWord = t.Opened
		switch {
		case t.State == New:
			t.Wanted = t.Opened
			t.Waits = []Wait{{Client, Staff, t.Opened}}
		case t.State == Assigned && t.Agent == "":
			t.OnPhone = true
		}
		t.AgentSince, t.LastStaff, t.LastNews = t.Responded, t.Responded, t.Responded
		if t.State == Closed {
			t.Ending = EndDropped
		}
	}
	return t, nil
}

func (s storedTicket) ticket() Ticket {
	w := s.Warranty
	return Ticket{
		Number: s.Number, Conversation: s.Conversation, State: State(s.State), Title: s.Title,
		Thread: s.Thread, Posts: s.Posts, Step: s.Step, Agent: s.Agent, kept: cmp.Or(s.Agent, s.Offering.OfferedTo), watched: s.AccessFrom != 0 || s.SecretsTo != 0,
		Opened: fromMillis(s.Opened), Responded: fromMillis(s.Responded), ClosedAt: fromMillis(s.Closed),

		Gist: s.Gist, Talk: Talk(s.Talk), Channel: Channel(s.Channel), Contact: s.Contact, Customer: s.Customer,
		Agents: s.Agents, AgentSince: fromMillis(s.AgentSince), OnPhone: s.OnPhone,
		Offering: Offering{
			Wanted: fromMillis(s.Offering.Wanted), Tried: fromMillis(s.Offering.Tried), OfferedTo: s.Offering.OfferedTo,
			Silent: s.Offering.Silent, Nobody: s.Offering.Nobody,
			Offers: each(s.Offering.Offers, func(o storedOffer) Offered { return Offered{o.To, fromMillis(o.At), o.LetGo} }),
		},

		FirstWord: fromMillis(s.FirstWord), LastClient: fromMillis(s.LastClient), LastStaff: fromMillis(s.LastStaff), LastNews: fromMillis(s.LastNews),
		Waits: each(s.Waits, func(w storedWait) Wait { return Wait{Party(w.Who), Party(w.For), fromMillis(w.Since)} }),
		Asked: s.Asked, AccessFrom: fromMillis(s.AccessFrom), SecretsTo: fromMillis(s.SecretsTo), Told: fromMillis(s.Told),

		Class:   Class(s.Class),
		Classes: each(s.Classes, func(c storedClassed) Classed { return Classed{Class(c.Class), c.By, fromMillis(c.At)} }),
		Issue:   s.Issue, Complaint: s.Complaint, Team: s.Team, Reports: s.Reports, Back: s.Back, Passed: s.Passed, Escalated: fromMillis(s.Escalated), Supervisor: s.Supervisor,

		Summary: s.Summary, Solution: s.Solution, ResolvedAt: fromMillis(s.Resolved), ClosingSent: fromMillis(s.ClosingSent),
		SilentFrom: fromMillis(s.SilentFrom), Unclear: s.Unclear, Ending: Ending(s.Ending), Reopened: s.Reopened,
		Pauses: each(s.Pauses, func(p int64s) Pause { return Pause{fromMillis(p[0]), fromMillis(p[1])} }),

		Rating: Opinion{
			fromMillis(s.Rating.Asked), s.Rating.Skipped, s.Rating.Lapsed, fromMillis(s.Rating.Given), s.Rating.Stars,
			s.Rating.Comment, fromMillis(s.Rating.Commented), Review(s.Rating.Review),
		},
		Snoozed: fromMillis(s.Snoozed), Woken: fromMillis(s.Woken), MergedInto: s.MergedInto, MergedFrom: s.MergedFrom,
		Scheduled: each(s.Scheduled, func(m storedScheduled) Scheduled {
			return Scheduled{m.ID, m.Text, fromMillis(m.Due), m.By, m.Drop}
		}),
		Warranty: Warranty{
			Claim: Claim(w.Claim), At: fromMillis(w.At), Reason: w.Reason, Outcome: w.Outcome,
			Form: WarrantyForm{w.Product, w.Serial, w.Purchased, w.Status, w.Complaint, w.Action},
		},
		Reminders: Reminders{
			s.Reminders.First, s.Reminders.Breached, fromMillis(s.Reminders.Reply), fromMillis(s.Reminders.News), s.Reminders.Near, s.Reminders.Missed,
		},
	}
}

func each[A, B any](list []A, f func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
