package bot

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// findPrefix starts the button of a page: the place of its first ticket and the question
// follow.
const findPrefix = "find:"

const (
	findShown    = 10  // tickets on a page
	findMost     = 200 // tickets that one question leads to
	findPeople   = 20  // people, and companies, that one question leads to
	findOfEach   = 50  // tickets of each of them
	longQuestion = 80  // bytes: it has to fit into a button
	mostAnswer   = 2000
)

// find looks for tickets, open or closed.
func (d *Desk) find(ctx context.Context, i Interaction) (Answer, error) {
	return d.finds(ctx, i, i.Options["text"], 0)
}

func (d *Desk) findButton(ctx context.Context, i Interaction) (Answer, error) {
	at, text, ok := strings.Cut(strings.TrimPrefix(i.Button, findPrefix), ":")
	start, err := strconv.Atoi(at)
	if !ok || err != nil {
		return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, unasked(i.Button))
	}
	return d.finds(ctx, i, text, start)
}

// unasked is a button for the log, without what somebody looks for: it may be a number.
func unasked(button string) string {
	for _, prefix := range []string{findPrefix, companyNew} {
		if strings.HasPrefix(button, prefix) {
			return prefix + "…"
		}
	}
	return button
}

// question is what somebody looks for, as short as it is kept.
func question(text string) string {
	text = strings.Join(strings.Fields(legible(text)), " ")
	for len(text) > longQuestion {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return strings.TrimSpace(text)
}

func (d *Desk) finds(ctx context.Context, i Interaction, text string, start int) (Answer, error) {
	text = question(text)
	if text == "" {
		return Answer{}, Refusal(i.say("Tuliskan yang dicari: nomor tiket, nomor telepon, nama klien atau perusahaan, atau kata dari ringkasannya.",
			"Write what to look for: a ticket number, a phone number, the name of a client or company, or words of the summary."))
	}
	numbers, more, err := d.lookFor(ctx, text)
	if err != nil {
		return Answer{}, err
	}
	asked := bridge.ToDiscord(text)
	if len(numbers) == 0 {
		return Answer{Text: fmt.Sprintf(i.say("Tidak ada tiket untuk “%s”. Coba akhir nomor tiket, empat angka dari nomor telepon, atau satu kata saja.",
			"No ticket for “%s”. Try the end of a ticket number, four digits of a phone number, or a single word."), asked)}, nil
	}
	start = min(max(start, 0), (len(numbers)-1)/findShown*findShown)
	page := numbers[start:min(len(numbers), start+findShown)]
	head := fmt.Sprintf(i.say("🔎 “%s” · %d–%d dari %d, terbaru dulu", "🔎 “%s” · %d–%d of %d, newest first"), asked, start+1, start+len(page), len(numbers))
	if more {
		head += i.say("\n-# Masih ada yang lain: pakai kata atau nomor yang lebih lengkap.", "\n-# There are others: use more words, or more of the number.")
	}
	list, err := d.foundLines(ctx, i, page, mostAnswer-len(head)-2)
	if err != nil {
		return Answer{}, err
	}
	var buttons []Button
	if start > 0 {
		buttons = append(buttons, Button{ID: fmt.Sprintf("%s%d:%s", findPrefix, start-findShown, text), Label: i.say("Lebih baru", "Newer"), Emoji: "◀️"})
	}
	if start+len(page) < len(numbers) {
		buttons = append(buttons, Button{ID: fmt.Sprintf("%s%d:%s", findPrefix, start+findShown, text), Label: i.say("Lebih lama", "Older"), Emoji: "▶️"})
	}
	return Answer{Text: head + "\n" + list, Buttons: buttons}, nil
}

// foundLines are the lines of a page, with as much of each summary as fits into most
// bytes.
func (d *Desk) foundLines(ctx context.Context, i Interaction, page []string, most int) (string, error) {
	type found struct {
		t       ticket.Ticket
		who, of string
	}
	var all []found
	for _, number := range page {
		t, err := d.ticket(ctx, number)
		if err != nil {
			return "", err
		}
		p, err := d.personOf(ctx, t)
		if err != nil {
			return "", err
		}
		company, err := d.company(ctx, cmp.Or(p.Customer, t.Customer))
		if err != nil {
			return "", err
		}
		all = append(all, found{t, cmp.Or(p.Called(), p.Number()), company.Name})
	}
	list := ""
	for _, long := range []int{80, 50, 25, 0} {
		var b strings.Builder
		for _, f := range all {
			b.WriteString("\n" + foundLine(i, f.t, f.who, f.of, long))
		}
		if list = b.String(); len(list) <= most {
			break
		}
	}
	return list, nil
}

// foundLine is one ticket: state, number, date, person, agent, summary, thread.
func foundLine(i Interaction, t ticket.Ticket, who, company string, long int) string {
	sign := "🟢"
	if t.State == ticket.Closed {
		sign = "🔒"
	}
	parts := []string{sign + " `" + t.Number + "`", stateWords(i, t.State), stamp(t.Opened, "d")}
	name := func(s string, most int) {
		if s = bridge.ToDiscord(bridge.Clean(s, most)); s != "" {
			parts = append(parts, s)
		}
	}
	name(who, 24)
	name(company, 24)
	if t.Agent != "" {
		parts = append(parts, "<@"+t.Agent+">")
	}
	if t.Thread != "" {
		parts = append(parts, "<#"+t.Thread+">")
	}
	name(cmp.Or(t.Summary, t.Issue, t.Gist), long)
	return strings.Join(parts, " · ")
}

// lookFor finds the tickets that a question may mean, the newest first; more says that
// there may be others.
func (d *Desk) lookFor(ctx context.Context, text string) (numbers []string, more bool, err error) {
	add := func(rows []ledger.IndexRow) {
		for _, r := range rows {
			switch {
			case slices.Contains(numbers, r.Member):
			case len(numbers) >= findMost:
				more = true
			default:
				numbers = append(numbers, r.Member)
			}
		}
	}
	if whole := strings.ToUpper(text); !strings.Contains(whole, " ") {
		doc, err := d.store.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: whole})
		if err != nil {
			return nil, false, err
		}
		if doc.Data != nil {
			return []string{whole}, false, nil
		}
	}
	for _, look := range []func(context.Context, string) ([]ledger.IndexRow, bool, error){d.byEnd, d.byPerson, d.byCompany, d.byWords} {
		rows, others, err := look(ctx, text)
		if err != nil {
			return nil, false, err
		}
		more = more || others
		add(rows)
	}
	slices.SortFunc(numbers, func(a, b string) int { return cmp.Or(cmp.Compare(age(b), age(a)), cmp.Compare(b, a)) })
	return numbers, more, nil
}

var endForm = regexp.MustCompile(`^(?:[A-Za-z]+-)?(\d{0,6}?)-?(\d{1,4})$`)

// byEnd finds tickets by the end of their number: the counter, or it and the end of the
// date.
func (d *Desk) byEnd(ctx context.Context, text string) ([]ledger.IndexRow, bool, error) {
	m := endForm.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	if m == nil || m[1] != "" && len(m[2]) != 4 {
		return nil, false, nil
	}
	counter, err := strconv.ParseInt(m[2], 10, 64)
	if err != nil {
		return nil, false, nil
	}
	from, to := bridge.EndScore(0, counter), bridge.EndScore(999_999, counter)
	p := Page{Index: bridge.IndexEnds, Min: &from, Max: &to, Down: true, Limit: findOfEach}
	if m[1] != "" {
		p.Limit = 5000 // years of days
	}
	rows, err := d.store.Rows(ctx, p)
	if err != nil {
		return nil, false, err
	}
	full := int64(len(rows)) == p.Limit
	rows = slices.DeleteFunc(rows, func(r ledger.IndexRow) bool {
		return !strings.HasSuffix(fmt.Sprintf("%06d", r.Score-from), m[1])
	})
	return rows, full, nil
}

// age orders ticket numbers by date and counter.
func age(number string) int64 {
	f := strings.Split(number, "-")
	if len(f) < 3 {
		return 0
	}
	date, _ := strconv.ParseInt(f[len(f)-2], 10, 64) // what is no number is old
	counter, _ := strconv.ParseInt(f[len(f)-1], 10, 64)
	return date*1_000_000 + counter%1_000_000
}

// search runs a search to its end.
func (d *Desk) search(ctx context.Context, s *customer.Search) (hits []customer.Hit, more bool, err error) {
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		rows, err := d.store.Rows(ctx, Page{Index: p.Index, Min: &p.Min, Max: &p.Max, Offset: p.Offset, Limit: p.Limit})
		if err != nil {
			return nil, false, err
		}
		s.Take(rows)
	}
	return s.Hits(), s.More(), nil
}

// people finds people by their number or name, or the one of an id.
func (d *Desk) people(ctx context.Context, text string) (found []customer.Contact, more bool, err error) {
	if c, ok, err := d.contact(ctx, text); err != nil || ok {
		return []customer.Contact{c}, false, err
	}
	numbers, most, err := d.search(ctx, customer.Numbers(text, findPeople))
	if err != nil {
		return nil, false, err
	}
	var ids []string
	for _, h := range numbers {
		doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindPhone, ID: h.ID})
		if err != nil {
			return nil, false, err
		}
		ids = append(ids, string(doc.Data))
	}
	names, mostNames, err := d.search(ctx, customer.Contacts.On(text, findPeople))
	if err != nil {
		return nil, false, err
	}
	for _, h := range names {
		ids = append(ids, h.ID)
	}
	for _, id := range ids {
		c, ok, err := d.contact(ctx, id)
		if err != nil {
			return nil, false, err
		}
		if ok && !slices.ContainsFunc(found, func(f customer.Contact) bool { return f.ID == c.ID }) {
			found = append(found, c)
		}
	}
	return found, most || mostNames, nil
}

// byPerson finds the tickets of people by their number or name.
func (d *Desk) byPerson(ctx context.Context, text string) (rows []ledger.IndexRow, more bool, err error) {
	people, more, err := d.people(ctx, text)
	if err != nil {
		return nil, false, err
	}
	for _, c := range people {
		for _, id := range append([]string{c.ID}, c.Was...) {
			page, others, err := d.latest(ctx, bridge.TicketsOf(id))
			if err != nil {
				return nil, false, err
			}
			rows, more = append(rows, page...), more || others
		}
	}
	return rows, more, nil
}

// byCompany finds the tickets of companies by their words.
func (d *Desk) byCompany(ctx context.Context, text string) (rows []ledger.IndexRow, more bool, err error) {
	hits, more, err := d.search(ctx, customer.Customers.On(text, findPeople))
	if err != nil {
		return nil, false, err
	}
	for _, h := range hits {
		page, others, err := d.latest(ctx, bridge.TicketsOfCompany(h.ID))
		if err != nil {
			return nil, false, err
		}
		rows, more = append(rows, page...), more || others
	}
	return rows, more, nil
}

// latest are the last tickets of an index.
func (d *Desk) latest(ctx context.Context, index string) ([]ledger.IndexRow, bool, error) {
	rows, err := d.store.Rows(ctx, Page{Index: index, Down: true, Limit: findOfEach})
	return rows, len(rows) == findOfEach, err
}

// byWords finds tickets by what they are about.
func (d *Desk) byWords(ctx context.Context, text string) (rows []ledger.IndexRow, more bool, err error) {
	hits, more, err := d.search(ctx, bridge.TicketWords.On(text, findMost))
	for _, h := range hits {
		rows = append(rows, ledger.IndexRow{Member: h.ID})
	}
	return rows, more, err
}
