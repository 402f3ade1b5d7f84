package customer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// bought is the rhythm of who ordered on these days, one order each, in the order they
// came in.
func bought(days ...int) (r Rhythm) {
	for i, d := range days {
		r.add(Order{Number: fmt.Sprint("O", i), At: nine.Add(time.Duration(d) * day)})
	}
	return r
}

func TestGap(t *testing.T) {
	const usual = 30 * day
	for _, test := range []struct {
		name string
		days []int
		want int
	}{
		{"nothing", nil, 30},
		{"one order", []int{0}, 30},
		{"several on one day", []int{0, 0, 0}, 30},
		{"two orders: between the gap and what is usual", []int{0, 10}, 20},
		{"two orders after years", []int{0, 730}, 380},
		{"three orders: the middle of both gaps and what is usual", []int{0, 10, 20}, 10},
		{"three orders, one pause", []int{0, 10, 730}, 30},
		{"three orders, long gaps", []int{0, 90, 180}, 90},
		{"four orders: its own", []int{0, 7, 14, 21}, 7},
		{"a huge pause spoils nothing", []int{0, 7, 14, 21, 1021, 1028, 1035}, 7},
		{"an even number of gaps", []int{0, 5, 15, 20, 30}, 7},
		{"every day", []int{0, 1, 2, 3, 4, 5}, 1},
		{"out of order", []int{21, 0, 14, 7}, 7},
		{"a new habit of the last twelve gaps", append(every(100, 10), from(1000, every(14, 13))...), 14},
	} {
		if got := int(bought(test.days...).Gap(usual) / day); got != test.want {
			t.Errorf("%s: %d days, want %d", test.name, got, test.want)
		}
	}
	if got := bought(0).Gap(0); got != day {
		t.Errorf("without a usual gap: %v", got)
	}
	if got := bought(0, 10).Next(usual); !got.Equal(nine.Add(30 * day)) {
		t.Errorf("the next order is expected at %v", got)
	}
	if !bought().Next(usual).IsZero() {
		t.Error("who never bought is expected to buy")
	}
}

func every(gap, n int) (days []int) {
	for i := range n {
		days = append(days, i*gap)
	}
	return days
}

func from(start int, days []int) []int {
	for i := range days {
		days[i] += start
	}
	return days
}

// The rows rank as the customers do, whatever is usual when they are read.
func TestBuyersRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := nine.Add(400 * day)
		usual := time.Duration(rapid.IntRange(0, 90).Draw(t, "usual")) * day
		var rows []Buyer
		for i := range rapid.IntRange(0, 20).Draw(t, "customers") {
			c := Customer{ID: fmt.Sprint("k", i), Rhythm: bought(rapid.SliceOfN(rapid.IntRange(0, 300), 0, 16).Draw(t, "days")...)}
			all := c.buyer()
			if (len(all) == 0) != (c.Rhythm.Orders == 0) {
				t.Fatalf("%+v has the rows %v", c.Rhythm, all)
			}
			for _, row := range all {
				b, ok := ParseBuyer(row.Member, row.Score, usual)
				if want := (Buyer{Customer: c.ID, Last: c.Rhythm.Last, Gap: c.Rhythm.Gap(usual)}); !ok || b != want {
					t.Fatalf("%s reads as %+v %v, want %+v", row.Member, b, ok, want)
				}
				rows = append(rows, b)
			}
		}
		ranked := Rank(slices.Clone(rows), now)
		for i := range ranked {
			if i > 0 && min(ranked[i-1].Late(now), LongLate) < min(ranked[i].Late(now), LongLate) {
				t.Fatalf("%+v is before %+v", ranked[i-1], ranked[i])
			}
		}
		slices.Reverse(rows)
		if !slices.Equal(Rank(rows, now), ranked) {
			t.Fatal("the order they are read in matters")
		}
	})
	b := Buyer{Customer: "k1", Last: nine, Gap: 10 * day}
	for after, want := range map[time.Duration]float64{0: 0, 5 * day: 0.5, 10 * day: 1, 20 * day: 2} {
		if got := b.Late(nine.Add(after)); got != want {
			t.Errorf("%v after the last order: %v gaps late, want %v", after, got, want)
		}
	}
}

// Who bought once, years ago, is not first on every list: once somebody turned to him,
// those come before him who are lost as well, and then he whose turn was longest ago. Who
// is late and not lost has his place by lateness alone.
func TestLostBuyersTakeTurns(t *testing.T) {
	lost := func(id string, gaps, turned int) Customer {
		c := Customer{ID: id, Rhythm: Rhythm{Orders: 1, First: nine.AddDate(0, 0, -90*gaps), Last: nine.AddDate(0, 0, -90*gaps), Days: []Day{{dayOf(nine) - 90*gaps, 1}}}}
		if turned > 0 {
			c.Contacted = nine.AddDate(0, 0, -turned)
		}
		return c
	}
	var all []Buyer
	for _, c := range []Customer{
		lost("eleven, turned to two months ago", 11, 60), lost("ten, turned to a year ago", 10, 365), lost("eight", 8, 0), lost("nine", 9, 0),
		lost("five, turned to", 5, 40), lost("four", 4, 0), lost("seven, ordered after the turn", 7, 7*90+5),
	} {
		row := c.buyer()[0]
		b, ok := ParseBuyer(row.Member, row.Score, 90*day)
		if !ok {
			t.Fatalf("%q is not read", row.Member)
		}
		all = append(all, b)
	}
	var got []string
	for _, b := range Rank(all, nine) {
		got = append(got, b.Customer)
	}
	want := []string{"nine", "eight", "seven, ordered after the turn", "ten, turned to a year ago", "eleven, turned to two months ago", "five, turned to", "four"}
	if !slices.Equal(got, want) {
		t.Errorf("ranked\n%q, want\n%q", got, want)
	}
}

func TestParseBuyerRefuses(t *testing.T) {
	for _, member := range []string{"k1|5@", "k1|5@x", "k1|5@-3", "k1|@7", "k1|5@99999999999", "", "k1", "|5", "k1|", "k1|x", "k1|-5", "k1|5-", "k1|9-5", "k1|5-9?", "k1|??"} {
		if b, ok := ParseBuyer(member, 1, day); ok {
			t.Errorf("%q reads as %+v", member, b)
		}
	}
}

func FuzzParseBuyer(f *testing.F) {
	for _, member := range []string{"k1|0", "k1|30", "k1|30?", "k1|20-40", "k1|20-40@20412", "a|b|1", "k1|99999999999999999999"} {
		f.Add(member, int64(1795399200000))
	}
	f.Fuzz(func(t *testing.T, member string, score int64) {
		if b, ok := ParseBuyer(member, score, 30*day); ok && (b.Customer == "" || b.Gap < day || b.Gap%day != 0) {
			t.Errorf("%q reads as %+v", member, b)
		}
	})
}

// From rows to the monthly list: 100,000 customers.
func BenchmarkRank(b *testing.B) {
	type row struct {
		member string
		score  int64
	}
	var rows []row
	for i := range 100_000 {
		gap := fmt.Sprint(7 + i*7919%200)
		if i%5 == 0 {
			gap = "0"
		}
		rows = append(rows, row{fmt.Sprintf("k%07d|%s", i, gap), nine.Add(-time.Duration(i*6151%400) * day).UnixMilli()})
	}
	b.ReportAllocs()
	for b.Loop() {
		all := make([]Buyer, 0, len(rows))
		for _, r := range rows {
			if buyer, ok := ParseBuyer(r.member, r.score, 30*day); ok {
				all = append(all, buyer)
			}
		}
		if Rank(all, nine); len(all) != len(rows) || all[0].Late(nine) < all[1].Late(nine) {
			b.Fatal("not ranked")
		}
	}
}
