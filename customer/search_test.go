package customer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/ledger"
)

// shelf is a world with these people and companies.
func shelf(t *testing.T, people map[string]string, companies ...string) *world {
	w := newWorld()
	for number, name := range people {
		w.do(t, func(tx *ledger.Tx) error {
			_, _, err := Find(tx, "c"+number, Who{Phone: Phone(number), Push: name})
			return err
		})
	}
	for i, name := range companies {
		w.do(t, func(tx *ledger.Tx) error {
			c, _, err := Create(fmt.Sprintf("k%d", i), name, "maya", tx.Now())
			if err != nil {
				return err
			}
			return c.Save(tx)
		})
	}
	w.check(t)
	return w
}

func TestSearch(t *testing.T) {
	w := shelf(t, map[string]string{
		"6281234567890": "Budi Santoso", "6281234500001": "Boedi Tjahja", "6285700001234": "Sari", "6281200000000": "Budiman",
	}, "Toko Budi Jaya", "PT Jaya Abadi Sentosa Makmur", "Toko Jaya", "Warung Soeharto", "Gudangnya", "Gudangnya Nusantarajaya", "Perusahaankeluarga Nusantarajaya")
	for _, test := range []struct {
		shelf Shelf
		text  string
		want  string
	}{
		{Contacts, "budi", "c6281234500001 c6281234567890 c6281200000000"}, // whole words first
		{Contacts, "boedi", "c6281234500001 c6281234567890 c6281200000000"},
		{Contacts, "SANT bud", "c6281234567890"},
		{Contacts, "cahja", "c6281234500001"},
		{Contacts, "budi sari", ""},
		{Contacts, "", ""},
		{Contacts, "!?", ""},
		{Customers, "jaya toko", "k0 k2"},
		{Customers, "makmur sentosa", "k1"},
		{Customers, "suharto", "k3"},
		{Customers, "soeh", "k3"},
		{Customers, "jaya", "k1 k0 k2"},
		{Customers, "gudangnyapunya", ""},
		{Customers, "nusantarajay gud", "k5"},
		{Customers, "nusantaraz", ""},
		{Customers, "nusantarajay perusahaankel", "k6"},
		{Customers, "nusantaz perusahaankel", ""},
		{Customers, "perusahaax nusantarajay", ""},
	} {
		if got := strings.Join(found(w, test.shelf.On(test.text, 10)), " "); got != test.want {
			t.Errorf("%s on %s finds %q, want %q", test.text, test.shelf, got, test.want)
		}
	}
	for text, want := range map[string]string{
		"4567":                 "6281234567890",
		"0812":                 "6281200000000 6281234500001 6281234567890",
		"0812-3456":            "6281234567890",
		"+62 857":              "6285700001234",
		"1234":                 "6281234500001 6281234567890 6285700001234",
		"0000":                 "6281200000000 6281234500001 6285700001234",
		"00001":                "6281234500001 6285700001234",
		"6281234567890":        "6281234567890",
		"006281234567890":      "6281234567890",
		"081":                  "",
		"9999":                 "",
		"budi":                 "",
		"12345678901234567890": "",
	} {
		if got := strings.Join(found(w, Numbers(text, 10)), " "); got != want {
			t.Errorf("%s finds the numbers %q, want %q", text, got, want)
		}
	}
	one := Customers.On("jaya", 1)
	if ids := found(w, one); len(ids) != 1 || !one.More() {
		t.Errorf("of three, one was asked for: %v, more: %v", ids, one.More())
	}
	if all := Customers.On("jaya", 3); len(found(w, all)) != 3 || all.More() {
		t.Error("three of three, and more are said to be")
	}
	if few := Numbers("0812", 2); len(found(w, few)) != 2 || !few.More() {
		t.Error("of three numbers, two were asked for, and there are no more")
	}
	if all := Numbers("0812", 3); len(found(w, all)) != 3 || all.More() {
		t.Error("three of three numbers, and more are said to be")
	}
	if none := Customers.On("jaya", -1); len(found(w, none)) != 0 {
		t.Error("fewer than none were found")
	}
}

// Whoever remembers any four digits of a number, or the beginning of any word of a
// name, finds it.
func TestSearchFindsEverything(t *testing.T) {
	people := map[string]string{}
	for i := range 300 {
		people[fmt.Sprintf("62%d", 81100000000+int64(i)*7919171)] = strings.Join([]string{names[i%24], names[(i+5)%24], names[(i+11)%24]}, " ")
	}
	w := shelf(t, people)
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
			for n := range people {
				if !yield(n) {
					return
				}
			}
		})).Draw(rt, "number")
		from := rapid.IntRange(0, len(number)-leastDigits).Draw(rt, "from")
		to := rapid.IntRange(from+leastDigits, len(number)).Draw(rt, "to")
		if got := found(w, Numbers(number[from:to], 300)); !slices.Contains(got, number) {
			rt.Errorf("%s does not find %s, but %v", number[from:to], number, got)
		}
		var asked []string
		for _, word := range rapid.SliceOfNDistinct(rapid.SampledFrom(strings.Fields(people[number])), 1, 3, rapid.ID).Draw(rt, "words") {
			signs := []rune(word)
			asked = append(asked, string(signs[:rapid.IntRange(1, len(signs)).Draw(rt, "signs")]))
		}
		if got := found(w, Contacts.On(strings.Join(asked, " "), 300)); !slices.Contains(got, "c"+number) {
			rt.Errorf("%q does not find %s", asked, people[number])
		}
	})
}

var names = []string{
	"Budi", "Siti", "Djoko", "Sari", "Tjandra", "Agus", "Wulandari", "Soetrisno", "Dewi", "Élodie", "陈大文", "Ma'ruf",
	"Nusantarajaya", "Rizky", "Łukasz", "Putri", "Hendra", "Toko", "Jaya", "Abadi", "Sentosa", "Makmur", "Berkah", "Sinar",
}

// A hundred thousand companies: a few pages lead to the one, also by words that a third
// of them have; only a question of nothing but common words ends unanswered, and says
// so.
func TestSearchReadsLittle(t *testing.T) {
	const n = 100_000
	var rows []ledger.IndexRow
	for i := range n {
		rows = append(rows, Customers.rows(fmt.Sprintf("k%d", i), fmt.Sprintf("Toko %s %s %d", names[i%20], names[i/7%20], i))...)
	}
	slices.SortFunc(rows, byScore)
	for _, test := range []struct {
		text  string
		want  int
		pages int
		more  bool
	}{
		{"toko 77777", 1, 1, false},
		{"budi sari toko", 25, 4, true},
		{"toko", 25, 1, true},
		{"toko zebra", 0, 1, false},
		{"budi siti 77777", 0, 1, false},
		{"toko nusantarajaya", 25, 1, true},
	} {
		s := Customers.On(test.text, 25)
		pages := 0
		for p, ok := s.Next(); ok; p, ok = s.Next() {
			from, _ := slices.BinarySearchFunc(rows, p.Min, func(r ledger.IndexRow, min int64) int { return int(r.Score - min) })
			to, _ := slices.BinarySearchFunc(rows, p.Max+1, func(r ledger.IndexRow, min int64) int { return int(r.Score - min) })
			all := rows[from:to]
			all = all[min(p.Offset, int64(len(all))):]
			s.Take(all[:min(p.Limit, int64(len(all)))])
			pages++
		}
		if got := len(s.Hits()); got != test.want || pages > test.pages || s.More() != test.more {
			t.Errorf("%q: %d found on %d pages, more %v; want %d on %d, more %v", test.text, got, pages, s.More(), test.want, test.pages, test.more)
		}
	}
}

func TestSearchTakesNothingUnasked(t *testing.T) {
	s := Contacts.On("budi", 5)
	s.Take([]ledger.IndexRow{{Member: "budi|c1|budi"}})
	if len(s.Hits()) != 0 {
		t.Error("rows nobody asked for were taken")
	}
	s.Next()
	s.Take([]ledger.IndexRow{{Member: "strange"}, {Member: ""}, {Member: "budi|c1|budi"}})
	if len(s.Hits()) != 1 {
		t.Errorf("found %v", s.Hits())
	}
}

// Things of other folders stand on shelves of their own.
func TestShelfOfOthers(t *testing.T) {
	w := newWorld()
	tickets := Shelf("words/ticket")
	place := func(before, after []string) int {
		return w.do(t, func(tx *ledger.Tx) error { return tickets.Place(tx, "HE-1", before, after) })
	}
	if n := place(nil, []string{"Printer kasir mati", "kabel"}); n != 4 {
		t.Errorf("four words are %d rows", n)
	}
	if n := place([]string{"Printer kasir mati", "kabel"}, []string{"kabel kasir mati printer"}); n != 8 {
		t.Errorf("other words: %d rows", n)
	}
	if got := found(w, tickets.On("kasir prin", 5)); !slices.Equal(got, []string{"HE-1"}) {
		t.Errorf("found %v", got)
	}
	if n := place([]string{"kabel kasir mati printer"}, nil); n != 4 || len(found(w, tickets.On("kasir", 5))) != 0 {
		t.Errorf("taken away: %d rows", n)
	}
	if _, err := w.try(func(tx *ledger.Tx) error { return tickets.Place(tx, "a|b", nil, nil) }); err == nil {
		t.Error("an id that is none was placed")
	}
}
