package customer

import (
	"strconv"
	"strings"

	"github.com/haloerzap/halo/ledger"
)

// Indexes of a desk that this package owns, beside [PeopleOf] and the shelves.
const (
	// IndexDigits has, for each place in a number that at least four digits follow,
	// the member "number:place", scored by those digits: see [DigitsRange].
	IndexDigits = "digits"
	// IndexBlocked holds the ids of blocked contacts, scored by when they were blocked in
	// UTC milliseconds.
	IndexBlocked = "blocked"
)

// PeopleOf is the index of the contacts of a company: ids, scored by when they were
// created in UTC milliseconds.
func PeopleOf(customer string) string { return "people/" + customer }

// A Shelf is an index of things found by words: a row for each word of a thing, with
// the member "word|id|all words", scored so that words with the same beginning stand
// together. [Shelf.On] searches it. Others may have shelves of their own, for things
// with ids of at most 40 bytes and without "|".
type Shelf string

// The shelves of this package.
const (
	Contacts  Shelf = "words/contact"
	Customers Shelf = "words/customer"
)

// longShown bounds each word of "all words", in bytes, so that a member stays short;
// a longer one loses its end to the sign cut.
const (
	longShown = 10
	cut       = "*"
)

// Place puts a thing where the texts it has now are looked for, and takes it away from
// where those were that it had before; nil for none.
func (s Shelf) Place(tx *ledger.Tx, id string, before, after []string) error {
	if err := checkID("shelf", id); err != nil {
		return err
	}
	relist(tx, s.rows(id, before...), s.rows(id, after...))
	return nil
}

// rows are the rows of a thing with these texts: at most 12 words of all of them, those
// of the first text first.
func (s Shelf) rows(id string, texts ...string) []ledger.IndexRow {
	var words []string
	for _, text := range texts {
		for _, w := range Words(text) {
			words = append(words, w)
			if m := Modern(w); m != w {
				words = append(words, m)
			}
		}
	}
	words = first(mostWords, words)
	shown := make([]string, len(words))
	for i, w := range words {
		if shown[i] = w; len(w) > longShown {
			shown[i] = clip(w, longShown-len(cut)) + cut
		}
	}
	all := strings.Join(first(mostWords, shown), " ")
	rows := make([]ledger.IndexRow, len(words))
	for i, w := range words {
		from, _ := beginning(w)
		rows[i] = ledger.IndexRow{Index: string(s), Member: w + "|" + id + "|" + all, Score: from}
	}
	return rows
}

// Scores are exact in Redis up to 2^53: ten signs of 37, or fifteen of 11.
const (
	signs      = 10
	ofWords    = 37
	digitSigns = 15
	ofDigits   = 11
)

// beginning is the range of scores of all words that begin like this one; the first of
// it is the word's own score.
func beginning(word string) (from, to int64) {
	n := 0
	for _, r := range word {
		if n == signs {
			break
		}
		from = from*ofWords + sign(r)
		n++
	}
	width := int64(1)
	for ; n < signs; n++ {
		from *= ofWords
		width *= ofWords
	}
	return from, from + width - 1
}

// sign is the place of a letter or digit among 1 to 36. Of other scripts several share
// one, and the words themselves are compared.
func sign(r rune) int64 {
	switch {
	case r >= '0' && r <= '9':
		return 1 + int64(r-'0')
	case r >= 'a' && r <= 'z':
		return 11 + int64(r-'a')
	}
	return 1 + int64(r)%36
}

// DigitsRange is the range of scores in [IndexDigits] of numbers in which these digits
// stand somewhere, 4 to 15 of them.
func DigitsRange(digits string) (from, to int64) {
	n := 0
	for ; n < len(digits) && n < digitSigns; n++ {
		from = from*ofDigits + int64(digits[n]-'0')%10 + 1
	}
	width := int64(1)
	for ; n < digitSigns; n++ {
		from *= ofDigits
		width *= ofDigits
	}
	return from, from + width - 1
}

// leastDigits is the fewest digits a number is looked for by.
const leastDigits = 4

func (p Phone) rows() (rows []ledger.IndexRow) {
	for i := 0; i+leastDigits <= len(p); i++ {
		from, _ := DigitsRange(string(p[i:]))
		rows = append(rows, ledger.IndexRow{Index: IndexDigits, Member: string(p) + ":" + strconv.Itoa(i), Score: from})
	}
	return rows
}

// rows are all a contact is found by: none for one that goes on in another.
func (c Contact) rows() (rows []ledger.IndexRow) {
	if c.Into != "" || c.ID == "" {
		return nil
	}
	for _, p := range c.Phones {
		rows = append(rows, p.rows()...)
	}
	rows = append(rows, Contacts.rows(c.ID, append([]string{c.Name, c.Push}, c.Former...)...)...)
	if c.Block.On() {
		rows = append(rows, ledger.IndexRow{Index: IndexBlocked, Member: c.ID, Score: millis(c.Block.At)})
	}
	if c.Customer != "" {
		rows = append(rows, ledger.IndexRow{Index: PeopleOf(c.Customer), Member: c.ID, Score: millis(c.Created)})
	}
	return rows
}

func (c Customer) rows() []ledger.IndexRow {
	if c.ID == "" {
		return nil
	}
	return append(Customers.rows(c.ID, append([]string{c.Name, c.Place}, c.Aliases...)...), c.buyer()...)
}

// relist writes the rows that are new or scored anew, and takes out those that are
// gone.
func relist(tx *ledger.Tx, before, after []ledger.IndexRow) {
	type place struct{ index, member string }
	stood := map[place]int64{}
	for _, r := range before {
		stood[place{r.Index, r.Member}] = r.Score
	}
	stays := map[place]bool{}
	for _, r := range after {
		at := place{r.Index, r.Member}
		stays[at] = true
		if score, ok := stood[at]; !ok || score != r.Score {
			tx.Index(r.Index, r.Member, r.Score)
		}
	}
	for _, r := range before {
		if !stays[place{r.Index, r.Member}] {
			tx.Unindex(r.Index, r.Member)
		}
	}
}
