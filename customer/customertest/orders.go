package customertest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
)

// The habits with their shares of a hundred, and how much those who have them order.
var (
	habits       = []Habit{Regular, Irregular, Newcomer, Stopped, Once, Seasonal, Never}
	shares       = []int{38, 20, 10, 10, 10, 7, 5}
	habitWeights = []int{10, 7, 3, 5, 0, 4, 0}
)

func key(n int) string { return fmt.Sprintf("K-%06d", n+1) }

// orders are those of the nth company, the first of which is the numberth of all.
func (w *World) orders(n, number int, c Company) []customer.Order {
	random := w.random(n, drawOrders)
	count := int(w.counts[n])
	if count == 0 {
		return nil
	}
	times := w.times(random, c.Habit, count)
	price := 1 + random.IntN(40)
	all := make([]customer.Order, count)
	for i, at := range times {
		o := &all[i]
		*o = customer.Order{
			Number: fmt.Sprintf("SO-%s-%06d", at.In(w.o.Zone).Format("0601"), number+i+1), At: at, Customer: c.Key,
			What: goods[random.IntN(len(goods))], Currency: "IDR", Amount: int64(price*(80+random.IntN(60))) * 50_000 * 100,
		}
		if c.Market == customer.International {
			o.Currency, o.Amount = "USD", int64(price*(80+random.IntN(60)))*100+int64(random.IntN(4))*25
		}
		o.Void = random.IntN(100) < 2
		if done := w.office(at.AddDate(0, 0, 2+random.IntN(12)), random); !o.Void && done.Before(w.o.To) {
			o.Done = done
		}
	}
	return all
}

// times are when a company with a habit ordered, the first one first.
func (w *World) times(random *rand.Rand, h Habit, count int) []time.Time {
	from, span := 0.0, 1.0
	switch h {
	case Newcomer:
		from = 0.66 + 0.3*random.Float64()
		span = 1 - from
	case Stopped:
		span = 0.2 + 0.4*random.Float64()
	case Once:
		from = random.Float64()
		span = 1 - from
	}
	places := make([]float64, count)
	step, phase := span/float64(count), random.Float64()
	for i := range places {
		switch h {
		case Irregular:
			places[i] = random.Float64()
		case Seasonal:
			places[i] = w.season(random)
		default:
			places[i] = from + step*(float64(i)+phase*0.7+0.3*random.Float64())
		}
	}
	slices.Sort(places)
	length := float64(w.o.To.Sub(w.o.From))
	times := make([]time.Time, count)
	for i, p := range places {
		times[i] = w.office(w.o.From.Add(time.Duration(p*length)), random)
		if !times[i].Before(w.o.To) || times[i].Before(w.o.From) {
			times[i] = w.o.From.Add(time.Duration(p * length)).Truncate(time.Minute)
		}
		if times[i].Before(w.o.From) {
			times[i] = w.o.From
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// seasons are the weeks before feasts: days of the year, about, and how many.
var seasons = [][2]int{{35, 25}, {200, 20}, {325, 30}}

// season is a moment before a feast, as a part of the whole time.
func (w *World) season(random *rand.Rand) float64 {
	years := max(1, int(w.o.To.Sub(w.o.From)/(365*24*time.Hour)))
	for range 8 {
		s := seasons[random.IntN(len(seasons))]
		first := time.Date(w.o.From.In(w.o.Zone).Year()+random.IntN(years+1), 1, 1, 9, 0, 0, 0, w.o.Zone)
		at := first.AddDate(0, 0, s[0]+random.IntN(s[1]))
		if !at.Before(w.o.From) && at.Before(w.o.To) {
			return float64(at.Sub(w.o.From)) / float64(w.o.To.Sub(w.o.From))
		}
	}
	return random.Float64()
}

// office is a moment of the working time of that day, to the minute; of a Sunday, of the
// day before.
func (w *World) office(at time.Time, random *rand.Rand) time.Time {
	at = at.In(w.o.Zone)
	if at.Weekday() == time.Sunday {
		at = at.AddDate(0, 0, -1)
	}
	return time.Date(at.Year(), at.Month(), at.Day(), 8, random.IntN(9*60), 0, 0, w.o.Zone)
}
