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
				if want := (Buyer{c.ID, c.Rhythm.Last, c.Rhythm.Gap(usual)}); !ok || b != want {
					t.Fatalf("%s reads as %+v %v, want %+v", row.Member, b, ok, want)
				}
				rows = append(rows, b)
			}
		}
		ranked := Rank(slices.Clone(rows), now)
		for i := range ranked {
			if i > 0 && ranked[i-1].Late(now) < ranked[i].Late(now) {
				t.Fatalf("%+v is before %+v", ranked[i-1], ranked[i])
			}
		}
		slices.Reverse(rows)
		if !slices.Equal(Rank(rows, now), ranked) {
			t.Fatal("the order they are read in matters")
		}
	})
	b := Buyer{"k1", nine, 10 * day}
	for after, want := range map[time.Duration]float64{0: 0, 5 * day: 0.5, 10 * day: 1, 20 * day: 2} {
		if got := b.Late(nine.Add(after)); got != want {
			t.Errorf("%v after the last order: %v gaps late, want %v", after, got, want)
		}
	}
}

func TestParseBuyerRefuses(t *testing.T) {
	for _, member := range []string{"", "k1", "|5", "k1|", "k1|x", "k1|-5", "k1|5-", "k1|9-5", "k1|5-9?", "k1|??"} {
		if b, ok := ParseBuyer(member, 1, day); ok {
			t.Errorf("%q reads as %+v", member, b)
		}
	}
}

func FuzzParseBuyer(f *testing.F) {
	for _, member := range []string{"k1|0", "k1|30", "k1|30?", "k1|20-40", "a|b|1", "k1|99999999999999999999"} {
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
