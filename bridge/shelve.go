package bridge

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Tickets are found again, open or closed, by rows of indexes: about ten a ticket, at
// most twelve, and no document.
const (
	// TicketWords is the shelf of what tickets are about.
	TicketWords customer.Shelf = "words/ticket"
	// IndexEnds holds all tickets by the end of their number, scored by [EndScore].
	IndexEnds = "ends"
)

// TicketsOf is the index of all tickets of a person, scored by their opening in UTC
// milliseconds. One who goes on in another keeps his own.
func TicketsOf(contact string) string { return "tickets/" + contact }

// TicketsOfCompany is the same for a company.
func TicketsOfCompany(customer string) string { return "tickets-of/" + customer }

// ComplaintsOf is the index of what a company complains about and is not settled: its open
// tickets that are marked complaints, and warranty claims that are asked or accepted, also
// of closed ones. Scored as [TicketsOfCompany].
func ComplaintsOf(customer string) string { return "complaints-of/" + customer }

// EndScore orders tickets by the counter in their number, then by its date: date is
// YYMMDD.
func EndScore(date, counter int64) int64 { return counter*1_000_000 + date }

// mostShelved is how many words a ticket is found by: a million tickets are kept.
const mostShelved = 8

// shelve keeps the rows by which a ticket is found; before is the ticket as it was, zero
// for a new one. With each new state all are placed, whatever stood there before: tickets
// of an older halo have none.
func shelve(tx *ledger.Tx, before, t ticket.Ticket) error {
	had, has := shelfRows(before), shelfRows(t)
	for _, r := range had {
		if !slices.ContainsFunc(has, func(now ledger.IndexRow) bool { return now.Index == r.Index }) {
			tx.Unindex(r.Index, r.Member)
		}
	}
	for _, r := range has {
		if t.State != before.State || !slices.Contains(had, r) {
			tx.Index(r.Index, r.Member, r.Score)
		}
	}
	was, is := shelfWords(before), shelfWords(t)
	if err := TicketWords.Place(tx, t.Number, was, is); err != nil || t.State == before.State {
		return err
	}
	return TicketWords.Place(tx, t.Number, nil, is)
}

var numberForm = regexp.MustCompile(`-(\d{6})-(\d{1,12})$`)

// shelfRows are a ticket's rows in the indexes above.
func shelfRows(t ticket.Ticket) (rows []ledger.IndexRow) {
	if m := numberForm.FindStringSubmatch(t.Number); m != nil {
		date, _ := strconv.ParseInt(m[1], 10, 64) // digits
		counter, _ := strconv.ParseInt(m[2], 10, 64)
		rows = append(rows, ledger.IndexRow{Index: IndexEnds, Member: t.Number, Score: EndScore(date, counter)})
	}
	if t.Contact != "" {
		rows = append(rows, ledger.IndexRow{Index: TicketsOf(t.Contact), Member: t.Number, Score: t.Opened.UnixMilli()})
	}
	if t.Customer != "" {
		rows = append(rows, ledger.IndexRow{Index: TicketsOfCompany(t.Customer), Member: t.Number, Score: t.Opened.UnixMilli()})
		if complains(t) {
			rows = append(rows, ledger.IndexRow{Index: ComplaintsOf(t.Customer), Member: t.Number, Score: t.Opened.UnixMilli()})
		}
	}
	return rows
}

// complains reports whether a ticket is a complaint, or has a claim, that is not settled.
func complains(t ticket.Ticket) bool {
	claim := t.Warranty.Claim
	return t.Complaint && t.State != ticket.Closed || claim == ticket.Claimed || claim == ticket.ClaimAccepted
}

// openComplaint reports whether a company has a complaint, or a warranty claim, that is not
// settled: then nobody offers it anything.
func (d Desk) openComplaint(tx *ledger.Tx, company string) (bool, error) {
	numbers, err := d.members(ComplaintsOf(company))
	if err != nil {
		return false, fmt.Errorf("look for the complaints of a company: %w", err)
	}
	for _, number := range numbers {
		t, ok, err := ticket.Load(tx, number)
		if err != nil || ok && t.Customer == company && complains(t) {
			return err == nil, err
		}
	}
	return false, nil
}

// shelfWords are the words of a ticket's summary, issue, first words and title, without those that tell
// no ticket from another.
func shelfWords(t ticket.Ticket) []string {
	if t.Number == "" {
		return nil
	}
	_, title, _ := strings.Cut(t.Title, " · ") // its number has an index of its own
	words := customer.Words(t.Summary + " " + t.Issue + " " + t.Gist + " " + title)
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) < 2 || slices.Contains(commonWords, w) })
	if len(words) == 0 {
		return nil
	}
	return []string{strings.Join(words[:min(len(words), mostShelved)], " ")}
}

// commonWords stand in every summary.
var commonWords = []string{
	"selamat", "pagi", "siang", "sore", "malam", "halo", "kak", "mau", "saya", "mohon", "min", "tolong",
	"ada", "agar", "akan", "atau", "bisa", "dan", "dari", "dengan", "di", "dapat", "ini", "itu", "karena", "ke", "klien", "nya", "oleh",
	"pada", "saat", "sudah", "tapi", "tidak", "untuk", "yang", "an", "and", "at", "by", "for", "in", "is", "no", "not", "of", "on", "or", "the", "to", "with",
}
