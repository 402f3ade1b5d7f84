package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// SurveyListed is the index of the orders on a round's list, scored by their completion:
// see [ParseListed].
func SurveyListed(round string) string { return "survey-list/" + round }

// A Listed is an order on a month's list.
type Listed struct {
	Order  string // number
	Survey string // of its customer, "" for none
	// Why says why the customer is not asked, "" when the survey does: see [WhyNotAsked].
	Why string
}

// Reasons on a list why nobody is asked, beside those of a survey that lapsed.
const (
	listedVoid    = "void"    // the order was cancelled
	listedRunning = "running" // the last survey is not over
	listedRecent  = "recent"  // the last one was only days ago: its list was late
	listedUnknown = "unknown" // the customer is not known any more
)

func (l Listed) member() string { return l.Order + "|" + l.Survey + "|" + l.Why }

// ParseListed reads a row of [SurveyListed].
func ParseListed(member string) (l Listed, ok bool) {
	rest, why, ok := cutLast(member)
	if !ok {
		return l, false
	}
	order, survey, ok := cutLast(rest)
	return Listed{Order: order, Survey: survey, Why: why}, ok
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '|')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// surveyRest is how soon after a survey a customer is not asked again: lists are a month
// apart, unless one was late.
const surveyRest = 21 * 24 * time.Hour

// listOrder puts an order on a round's list, and makes the survey of its customer if he
// has none. made are the surveys that this commit made, by customer. The line is "" for
// an order that does not belong on it.
func (d Desk) listOrder(tx *ledger.Tx, r customer.Round, row ledger.IndexRow, made map[string]string) (line string, err error) {
	o, ok, err := customer.LoadOrder(tx, row.Member)
	if err != nil || !ok || o.Listed != "" || o.Done.IsZero() && !o.Void || !o.Void && o.Done.UnixMilli() != row.Score {
		return "", err // it was changed since the index was read, or its date since it was on a list
	}
	l := Listed{Order: o.Number}
	company, known, err := customer.LoadCustomer(tx, o.Customer)
	if err != nil {
		return "", err
	}
	var s customer.Survey
	switch {
	case o.Void:
		l.Why = listedVoid
	case !known:
		l.Why = listedUnknown
	default:
		if s, l, err = d.listCustomer(tx, r.ID, o, company, made); err != nil {
			return "", err
		}
	}
	tx.Index(SurveyListed(r.ID), l.member(), row.Score)
	if err := o.List(tx, r.ID); err != nil {
		return "", err
	}
	line, err = d.listLine(tx, o, company, s, l)
	if err == nil && IsLate(r, row.Score) {
		line += " · ⏱️ terlambat dicatat"
	}
	return line, err
}

// listCustomer finds or makes the survey of an order's customer in a round.
func (d Desk) listCustomer(tx *ledger.Tx, round string, o customer.Order, company customer.Customer, made map[string]string) (customer.Survey, Listed, error) {
	l := Listed{Order: o.Number}
	s, ok, err := d.surveyBefore(tx, company.ID, made)
	switch {
	case err != nil:
		return s, l, err
	case ok && s.Round == round:
		l.Survey = s.ID
		err := d.ChangeSurvey(tx, s.ID, func(in *customer.Survey) ([]ledger.Event, error) {
			if len(in.Orders) < mostOrdersAsked && !slices.Contains(in.Orders, o.Number) {
				in.Orders = append(slices.Clone(in.Orders), o.Number)
			}
			s = *in
			return nil, nil
		})
		return s, l, err
	case ok && !s.Over() && (s.State != customer.SurveyPlanned || s.Conversation != ""):
		l.Why = listedRunning
		return customer.Survey{}, l, nil
	case ok && s.Reached() && tx.Now().Sub(s.Opened) < surveyRest:
		l.Why = listedRecent
		return customer.Survey{}, l, nil
	}
	s, err = d.planSurvey(tx, round, o.Number, company)
	l.Survey, made[company.ID] = s.ID, s.ID
	return s, l, err
}

// mostOrdersAsked bounds the orders that a survey names.
const mostOrdersAsked = 50

// surveyBefore is the survey that a customer got last. The caller has read the round
// first: whoever made one meanwhile has changed that.
func (d Desk) surveyBefore(tx *ledger.Tx, company string, made map[string]string) (s customer.Survey, ok bool, err error) {
	id := made[company]
	if id == "" {
		ids, err := d.members(customer.SurveysOf(company))
		if err != nil || len(ids) == 0 {
			return s, false, err
		}
		id = ids[len(ids)-1]
	}
	return customer.LoadSurvey(tx, id)
}

// planSurvey makes the survey of a customer. One of whom nobody can be asked is over at
// once, so that it counts on the list.
func (d Desk) planSurvey(tx *ledger.Tx, round, order string, company customer.Customer) (customer.Survey, error) {
	r, ok, err := customer.LoadRound(tx, round)
	if err != nil || !ok {
		return customer.Survey{}, cmp.Or(err, fmt.Errorf("%w: round %s is gone", ledger.ErrCorrupt, round))
	}
	r.Made++
	if err := r.Save(tx); err != nil {
		return customer.Survey{}, err
	}
	who, why, err := d.askable(tx, company.ID)
	if err != nil {
		return customer.Survey{}, err
	}
	s, events, err := customer.NewSurvey(customer.Survey{
		ID: surveyID(round, r.Made), Round: round, Customer: company.ID, Contact: who.contact.ID,
		Conversation: who.chat, Owner: company.Owner, Orders: []string{order},
	}, "halo", tx.Now())
	if err != nil {
		return s, err
	}
	if why != "" {
		events = append(events, s.Lapse(why, tx.Now())...)
	}
	return s, d.keepSurvey(tx, customer.Survey{}, &s, &ticket.Conversation{}, events)
}

// A respondent is who is asked for a company: in the chat, by phone when there is none.
type respondent struct {
	contact customer.Contact
	chat    string
}

// mostPeople bounds how many people of a company are looked at.
const mostPeople = 50

// askable is who of a company is asked: who wrote last of those who may be written to,
// else the person responsible, by phone. Otherwise why says that nobody is: "no_contact",
// "opted_out" or "blocked".
func (d Desk) askable(tx *ledger.Tx, company string) (who respondent, why string, err error) {
	ids, err := d.members(customer.PeopleOf(company))
	if err != nil {
		return respondent{}, "", err
	}
	why = "no_contact"
	var heard, at time.Time
	for _, id := range ids[:min(len(ids), mostPeople)] {
		c, ok, err := customer.Load(tx, id)
		if err != nil {
			return respondent{}, "", err
		}
		if !ok || c.Into != "" || c.Customer != company {
			continue
		}
		chat := ""
		switch {
		case c.Block.On():
			why = cmp.Or(map[bool]string{true: "blocked"}[why == "no_contact"], why)
			continue
		case c.Consent.Choice == customer.Declined:
			why = "opted_out"
			continue
		case c.Proactive():
			if chat, err = chatOf(tx, c); err != nil {
				return respondent{}, "", err
			}
		}
		if at = lastWrote(c); who.contact.ID == "" || chat != "" && (who.chat == "" || at.After(heard)) {
			who, heard = respondent{c, chat}, at
		}
	}
	if who.contact.ID != "" {
		why = ""
	}
	return who, why, nil
}

// lastWrote is when a person wrote last, as far as the figures tell.
func lastWrote(c customer.Contact) time.Time {
	at := c.Wrote
	for _, t := range c.Figures.Recent {
		if t.Opened.After(at) {
			at = t.Opened
		}
	}
	return at
}

// chatOf is the conversation in which a person wrote last, "" when there is none.
func chatOf(tx *ledger.Tx, c customer.Contact) (string, error) {
	best := ticket.Conversation{}
	for _, id := range c.Chats {
		conv, err := goesOnIn(tx, id)
		if err != nil {
			return "", err
		}
		if conv.ID != "" && (best.ID == "" || max(conv.Last, conv.Open) >= max(best.Last, best.Open)) { // numbers begin with the date
			best = conv
		}
	}
	return best.ID, nil
}

// WhyNotAsked says why nobody of a customer is asked, or why a survey ended, "" for a
// reason that is none.
func WhyNotAsked(why string, english bool) string {
	language := "id"
	if english {
		language = "en"
	}
	reason, ok := notAsked[why]
	switch {
	case !ok:
		return Clean(WhyNotSent(why, language), 100)
	case english:
		return reason[1]
	}
	return reason[0]
}

var notAsked = map[string][2]string{
	"":            {"", ""},
	listedVoid:    {"pesanan batal", "order cancelled"},
	listedRunning: {"survei sebelumnya masih berjalan", "the survey before is still running"},
	listedRecent:  {"baru saja disurvei", "surveyed only days ago"},
	listedUnknown: {"pelanggan tidak dikenal lagi", "customer not known any more"},
	"no_contact":  {"tidak ada kontak", "no contact"},
	"opted_out":   {"tidak mau menerima pesan", "opted out"},
	"blocked":     {"diblokir", "blocked"},
	"never_wrote": {"belum pernah menulis", "never wrote"},
	"silence":     {"tidak menjawab", "no answer"},
	"declined":    {"tidak bersedia", "did not want to"},
}

// listShown is how many orders of a list are written in its post; the file has all.
const listShown = 100

// listLine is an order as a list shows it: number, day, customer, and who is asked or why
// nobody is.
func (d Desk) listLine(tx *ledger.Tx, o customer.Order, company customer.Customer, s customer.Survey, l Listed) (string, error) {
	who := ""
	switch why := cmp.Or(l.Why, s.Why); {
	case why != "":
		who = "🔕 " + ToDiscord(WhyNotAsked(why, false))
	default:
		c, err := respondentOf(tx, s)
		if err != nil {
			return "", err
		}
		sign := "💬 "
		if s.Conversation == "" {
			sign = "📞 telepon "
		}
		who = sign + strings.TrimSpace(cmp.Or(cardLine(c.Called(), 40), "tanpa nama")+" "+masked(c))
	}
	day := "tanpa tanggal"
	if !o.Done.IsZero() {
		day = o.Done.In(d.zone()).Format("02.01.2006")
	}
	return "- " + cardLine(o.Number, 40) + " · " + day + " · **" + cmp.Or(cardLine(company.Name, 60), "?") + "** · " + who, nil
}

// respondentOf is the person of a survey, the zero Contact for nobody.
func respondentOf(tx *ledger.Tx, s customer.Survey) (customer.Contact, error) {
	if s.Contact == "" {
		return customer.Contact{}, nil
	}
	c, _, err := customer.Load(tx, s.Contact)
	return c, err
}

// masked is a person's number as it is shown where not everybody needs it.
func masked(c customer.Contact) string {
	if len(c.Phones) == 0 {
		return ""
	}
	return c.Phones[0].Masked()
}

// showList writes the next lines of a list into its post. shown orders stand there before.
func (d Desk) showList(tx *ledger.Tx, r customer.Round, shown int, lines []string) {
	if len(lines) == 0 || shown >= listShown {
		return
	}
	text := strings.Join(lines[:min(len(lines), listShown-shown)], "\n")
	for i, part := range Split(text, discordLimit) {
		tx.Send(Note(r.ID, fmt.Sprintf("%s/list/%d.%d", r.ID, shown, i), part))
	}
}

// listDone says below a list that it is whole.
func (d Desk) listDone(tx *ledger.Tx, r customer.Round) {
	text := fmt.Sprintf("📋 Daftar ini lengkap: %d pesanan dari %d pelanggan, selesai %s.", r.Tally.Orders, r.Tally.Customers, d.daysOf(r))
	if r.Tally.Orders > listShown {
		text += fmt.Sprintf(" Di atas tampil %d pesanan pertama; berkasnya memuat semua.", listShown)
	}
	text += "\nPelanggan bertanda 💬 ditanya lewat WhatsApp pada gilirannya. Telepon pelanggan bertanda 📞, lalu catat jawabannya dengan `/survey enter`."
	tx.Send(letter(r.ID+"/list/done", ThreadLane(r.ID), r.ID, kindSay, sayBody{Content: text, Buttons: []Button{{ID: SurveyFile + r.ID, Label: "Unduh daftar (CSV)", Emoji: "📄", Style: "secondary"}}}))
	RefreshCard(tx, r.ID)
}

// SurveyFile begins the id of the button that makes a list's file; the round's id follows.
const SurveyFile = "sv:file:"
