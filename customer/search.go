package customer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/haloerzap/halo/ledger"
)

// Bounds of a search.
const (
	mostAsked  = 6      // words of a question
	probe      = 200    // rows of the first page for each word
	page       = 1000   // rows of every further page
	mostLooked = 20_000 // rows in all: a question of only common words ends here
)

// A Page is what a search wants to know of an index: the rows with scores from Min to
// Max, lowest first, without the first Offset, at most Limit.
type Page struct {
	Index         string
	Min, Max      int64
	Offset, Limit int64
}

// A Hit is one thing found.
type Hit struct {
	ID    string // of what the shelf holds; a number's digits
	Words string // what it is found by, folded; "" for a number
	whole int    // words asked for that it has whole
}

// A Search finds things by one index, in a few reads of it. It does no reading: it says
// which page it wants next and is given the rows.
//
//	for p, ok := s.Next(); ok; p, ok = s.Next() {
//		s.Take(rows of p)
//	}
//	s.Hits()
//
// Use it in one goroutine.
type Search struct {
	match  func(member string) (Hit, bool)
	groups []group // each alone leads to everything, unless all is set
	all    bool
	most   int
	hits   []Hit
	looked int64
	asked  *scan
}

// A group is the ranges that hold everything one word, or one number, may mean.
type group struct{ scans []scan }

func (g group) done() bool {
	return !slices.ContainsFunc(g.scans, func(s scan) bool { return !s.done })
}

type scan struct {
	Page
	done bool
}

// On looks on a shelf for things that have all words of a text, each at least its
// beginning, at most most of them; of long words nine letters may decide. Without a
// word there is nothing to find.
func (s Shelf) On(text string, most int) *Search {
	asked := Words(text)
	asked = asked[:min(len(asked), mostAsked)]
	search := &Search{most: most, match: func(member string) (Hit, bool) { return matched(member, asked) }}
	for _, w := range asked {
		var g group
		for _, form := range first(2, []string{w, Modern(w)}) {
			from, to := beginning(form)
			g.scans = append(g.scans, scan{Page: Page{Index: string(s), Min: from, Max: to, Limit: probe}})
		}
		search.groups = append(search.groups, g)
	}
	// Who asks for "toko anugerah" means less by the short word.
	slices.SortStableFunc(search.groups, func(a, b group) int { return cmp.Compare(a.width(), b.width()) })
	return search
}

func (g group) width() int64 { return g.scans[0].Max - g.scans[0].Min }

// Numbers looks for numbers that hold the digits of a text: any four or more that stand
// together, also as dialled ("0812", "+62 812"). The hits' ids are numbers, for
// [ByPhone]. Text that is no part of a number finds nothing.
func Numbers(text string, most int) *Search {
	forms := parts(text)
	s := &Search{most: most, all: true, match: func(member string) (Hit, bool) {
		number, place, ok := strings.Cut(member, ":")
		if !ok || !slices.ContainsFunc(forms, func(f string) bool { return strings.Contains(number, f) }) {
			return Hit{}, false
		}
		return Hit{ID: number}, place != ""
	}}
	for _, form := range forms {
		from, to := DigitsRange(form)
		s.groups = append(s.groups, group{[]scan{{Page: Page{Index: IndexDigits, Min: from, Max: to, Limit: probe}}}})
	}
	return s
}

// parts are the digits a text may mean inside of a number.
func parts(text string) []string {
	keys, err := pressed(text)
	digits := strings.TrimPrefix(keys, "+")
	if err != nil || len(digits) < leastDigits {
		return nil
	}
	forms := []string{digits}
	switch rest := strings.TrimLeft(digits, "0"); len(digits) - len(rest) {
	case 0:
	case 1:
		forms = append(forms, homeCode+rest)
	default:
		forms = append(forms, rest)
	}
	return slices.DeleteFunc(forms, func(f string) bool { return len(f) < leastDigits || len(f) > digitSigns })
}

// matched reads a row of a shelf and compares it with the words asked for.
func matched(member string, asked []string) (Hit, bool) {
	parts := strings.SplitN(member, "|", 3)
	if len(parts) != 3 {
		return Hit{}, false
	}
	hit := Hit{ID: parts[1], Words: parts[2]}
	shown := strings.Fields(parts[2])
	for _, w := range asked {
		// The row's own word is there in full.
		full := append([]string{parts[0]}, shown...)
		switch m := Modern(w); {
		case slices.Contains(full, w) || slices.Contains(full, m):
			hit.whole++
		case !slices.ContainsFunc(full, func(has string) bool { return begins(has, w) || begins(has, m) }):
			return Hit{}, false
		}
	}
	return hit, true
}

// begins reports whether a word shown begins with one asked for, as far as it is shown.
func begins(shown, asked string) bool {
	if head, was := strings.CutSuffix(shown, cut); was && strings.HasPrefix(asked, head) {
		return true
	}
	return strings.HasPrefix(shown, asked)
}

// Next says what to read next; ok is false when the search is over.
func (s *Search) Next() (p Page, ok bool) {
	s.asked = nil
	if len(s.groups) == 0 || len(s.hits) > s.most {
		return Page{}, false
	}
	if !s.all && slices.ContainsFunc(s.groups, group.done) {
		return Page{}, false
	}
	// First a look at every word: one that few have ends the search at once.
	for g := range s.groups {
		for i := range s.groups[g].scans {
			if sc := &s.groups[g].scans[i]; !sc.done && sc.Offset == 0 {
				return s.ask(sc)
			}
		}
	}
	if s.looked >= mostLooked {
		return Page{}, false
	}
	for g := range s.groups {
		for i := range s.groups[g].scans {
			if sc := &s.groups[g].scans[i]; !sc.done {
				return s.ask(sc)
			}
		}
	}
	return Page{}, false
}

func (s *Search) ask(sc *scan) (Page, bool) {
	s.asked = sc
	return sc.Page, true
}

// Take gives the rows of the page asked for last, as read.
func (s *Search) Take(rows []ledger.IndexRow) {
	sc := s.asked
	if sc == nil {
		return
	}
	s.asked = nil
	n := int64(len(rows))
	sc.done = n < sc.Limit
	s.looked += n
	sc.Offset, sc.Limit = sc.Offset+n, page
	for _, r := range rows {
		hit, ok := s.match(r.Member)
		if !ok {
			continue
		}
		i := slices.IndexFunc(s.hits, func(h Hit) bool { return h.ID == hit.ID })
		switch {
		case i < 0 && len(s.hits) <= s.most:
			s.hits = append(s.hits, hit)
		case i >= 0 && hit.whole > s.hits[i].whole:
			s.hits[i] = hit
		}
	}
}

// Hits are what was found, at most as many as wanted: what has more of the words whole
// first, then in the order of the words.
func (s *Search) Hits() []Hit {
	hits := slices.Clone(s.hits)
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.whole, a.whole), compare(a.Words, b.Words), compare(a.ID, b.ID))
	})
	return hits[:min(len(hits), max(0, s.most))]
}

// More reports whether there may be more than the hits: a longer question finds it.
func (s *Search) More() bool {
	if len(s.hits) > s.most {
		return true
	}
	if s.all {
		return slices.ContainsFunc(s.groups, func(g group) bool { return !g.done() })
	}
	return len(s.groups) > 0 && !slices.ContainsFunc(s.groups, group.done)
}
