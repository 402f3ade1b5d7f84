package bridgetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A buyer is a customer as the books stand at a moment.
type buyer struct {
	id   string
	last time.Time
	days []int // since 1 January 1970 in UTC, on which something was ordered, each once
}

// buyers are all who had ordered, as far as the desk had heard by then.
func (y *Year) buyers(by time.Time) map[string]*buyer {
	all := map[string]*buyer{}
	for _, o := range y.Bought {
		if o.Void || !o.Came.Before(by) {
			continue
		}
		b := all[o.Customer]
		if b == nil {
			b = &buyer{id: o.Customer}
			all[o.Customer] = b
		}
		if o.At.After(b.last) {
			b.last = o.At
		}
		if day := int(o.At.Unix() / 86400); !slices.Contains(b.days, day) {
			b.days = append(b.days, day)
		}
	}
	return all
}

// late is how much of the customer's own rhythm has passed since the last order.
func (b *buyer) late(now time.Time, usual int) float64 {
	slices.Sort(b.days)
	days := b.days[max(0, len(b.days)-13):]
	var gaps []int
	for i := 1; i < len(days); i++ {
		gaps = append(gaps, days[i]-days[i-1])
	}
	slices.Sort(gaps)
	gap := usual
	switch n := len(gaps); n {
	case 0:
	case 1:
		gap = (gaps[0] + usual) / 2
	case 2:
		three := []int{usual, gaps[0], gaps[1]}
		slices.Sort(three)
		gap = three[1]
	default:
		gap = (gaps[(n-1)/2] + gaps[n/2]) / 2
	}
	return now.Sub(b.last).Hours() / 24 / float64(max(gap, 1))
}

// shut are the customers nobody of whom wants to hear from the desk, or may.
func (y *Year) shut(at time.Time) map[string]bool {
	people, open := map[string]*standing{}, map[string]bool{}
	for _, s := range y.Steps {
		if s.At.Before(at) {
			y.stand(people, s.To).take(s.What)
		}
	}
	shut := map[string]bool{}
	for phone, s := range people {
		if c := y.People[phone]; c != "" {
			shut[c] = true
			open[c] = open[c] || !s.declined && !s.blocked
		}
	}
	for c := range open {
		if open[c] {
			delete(shut, c)
		}
	}
	return shut
}

// lists: each month's list is the desk's books in the order of lateness, without those
// who are to be left alone.
func (y *Year) lists() (found []Violation) {
	for _, m := range y.Months {
		either := y.atOnce(m)
		want := slices.DeleteFunc(y.rank(m.At), func(id string) bool { return either[id] && !slices.Contains(m.Customers, id) })
		want = want[:min(len(want), y.List)]
		if !slices.Equal(want, m.Customers) {
			found = append(found, Violation{WrongList, "list " + m.ID, fmt.Sprintf("made at %s: %s", y.say(m.At), y.unlike(m, want))})
		}
	}
	return append(found, y.months()...)
}

// atOnce are the customers to whom a card turned in the very moment of a list, as when the
// desk is back after days: whichever came first, nobody can tell whether they belong on it.
func (y *Year) atOnce(m Month) map[string]bool {
	all := map[string]bool{}
	for _, c := range y.Cards {
		if c.From.Equal(m.At) && c.List != m.ID {
			all[c.Customer] = true
		}
	}
	return all
}

// unlike says how a list differs from what it ought to be.
func (y *Year) unlike(m Month, want []string) string {
	var all []string
	for _, id := range m.Customers {
		if !slices.Contains(want, id) {
			all = append(all, "has "+id+" ("+cmp.Or(y.alone(m.At)(id), "not late enough")+")")
		}
	}
	for _, id := range want {
		if !slices.Contains(m.Customers, id) {
			all = append(all, "lacks "+id)
		}
	}
	if len(all) == 0 {
		return fmt.Sprintf("is in another order, %v, want %v", m.Customers, want)
	}
	return strings.Join(all, ", ")
}

func (y *Year) rank(at time.Time) (all []string) {
	alone, late := y.alone(at), map[string]float64{}
	for id, b := range y.buyers(at) {
		if alone(id) == "" {
			all, late[id] = append(all, id), b.late(at, y.Usual)
		}
	}
	turned := y.turned(at)
	slices.SortFunc(all, func(a, b string) int {
		if late[a] > lost && late[b] > lost && turned[a] != turned[b] {
			return cmp.Compare(turned[a], turned[b])
		}
		return cmp.Or(cmp.Compare(late[b], late[a]), strings.Compare(a, b))
	})
	return all
}

// lost is the lateness beyond which customers take turns.
const lost = 6

// turned are the days, since 1 January 1970 in UTC, on which somebody last turned to those
// who ordered nothing since.
func (y *Year) turned(by time.Time) map[string]int64 {
	all, buyers := map[string]int64{}, y.buyers(by)
	for _, t := range y.Turns {
		if b := buyers[t.Customer]; b != nil && t.At.Before(by) && t.At.After(b.last) {
			all[t.Customer] = max(all[t.Customer], t.At.Unix()/86400)
		}
	}
	return all
}

// alone says why a customer is to be left alone at a moment, "" for no reason.
func (y *Year) alone(at time.Time) func(id string) string {
	shut, why := y.shut(at), map[string]string{}
	for _, c := range y.Cards {
		if c.busy(at) {
			why[c.Customer] = "somebody turns to it already"
		}
	}
	for _, t := range y.Turns {
		if t.At.Before(at) && at.Sub(t.At) < y.Rest {
			why[t.Customer] = "somebody turned to it at " + y.say(t.At)
		}
	}
	for _, s := range y.Complaints {
		if s.holds(at) {
			why[s.Customer] = "it complains"
		}
	}
	return func(id string) string {
		if shut[id] {
			return "all its people declined or are blocked"
		}
		return why[id]
	}
}

// months: every month has its lists, made on its first working day, or when the desk was
// back at work.
func (y *Year) months() (found []Violation) {
	for first := y.Linked.In(y.Zone); first.Before(y.Until); first = first.AddDate(0, 1, 0) {
		day := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, y.Zone)
		for !y.Works(day) {
			day = day.AddDate(0, 0, 1)
		}
		if !day.Before(y.Until) || day.Before(y.Linked) {
			continue
		}
		followups, surveys := 0, 0
		for _, m := range y.Months {
			if at := m.At.In(y.Zone); at.Month() == day.Month() && at.Year() == day.Year() {
				followups++
				found = append(found, y.first("list "+m.ID, day, at)...)
			}
		}
		for _, r := range y.Returns {
			if at := r.At.In(y.Zone); at.Month() == day.Month() && at.Year() == day.Year() {
				surveys++
				found = append(found, y.first("list "+r.ID, day, at)...)
			}
		}
		if followups != 1 || surveys != 1 {
			found = append(found, Violation{WrongList, day.Format("January 2006"), fmt.Sprintf("%d lists of follow-ups and %d of surveys", followups, surveys)})
		}
	}
	return found
}

// first: a list is made on the first working day; where the desk was away then, on the
// first working day on which it was not.
func (y *Year) first(list string, day, at time.Time) []Violation {
	for y.awayAll(day) || !y.Works(day) {
		day = day.AddDate(0, 0, 1)
	}
	if at.Format(time.DateOnly) != day.Format(time.DateOnly) {
		return []Violation{{WrongList, list, "made on " + y.say(at) + ", due on " + day.Format(time.DateOnly)}}
	}
	return nil
}

// awayAll reports whether nobody was at work for a whole day of work.
func (y *Year) awayAll(day time.Time) bool {
	hours := y.Open[day.Weekday()]
	from, to := day.Add(time.Duration(hours[0])*time.Minute), day.Add(time.Duration(hours[1])*time.Minute)
	return slices.ContainsFunc(y.Away, func(s Span) bool { return s.holds(from.Add(-2*time.Hour)) && s.holds(to) })
}

// returns: each order that was delivered is on one list of surveys, the first one made
// when it was old enough.
func (y *Year) returns() (found []Violation) {
	if len(y.Returns) == 0 {
		return nil
	}
	slices.SortFunc(y.Returns, func(a, b Return) int { return a.At.Compare(b.At) })
	on := map[string][]int{}
	for i, r := range y.Returns {
		for _, number := range r.Orders {
			on[number] = append(on[number], i)
		}
	}
	const leeway = 24 * time.Hour // days begin at midnight
	day := 24 * time.Hour
	begin := y.Returns[0].At.Add(-time.Duration(y.Oldest) * day)
	for _, o := range y.Bought {
		lists := on[o.Number]
		delete(on, o.Number)
		if o.Void || o.Done.IsZero() {
			if len(lists) > 0 {
				found = append(found, Violation{Unasked, "order " + o.Number, "is on a list, and was not delivered"})
			}
			continue
		}
		due, sure := -1, o.Done.Sub(begin).Abs() > leeway
		for i, r := range y.Returns {
			ripe := r.At.Add(-time.Duration(y.Youngest) * day).Sub(o.Done)
			if sure = sure && ripe.Abs() > leeway; ripe >= 0 && !o.Done.Before(begin) {
				due = i
				break
			}
		}
		switch {
		case len(lists) > 1:
			found = append(found, Violation{Unasked, "order " + o.Number, fmt.Sprintf("is on %d lists", len(lists))})
		case sure && due < 0 && len(lists) > 0, sure && due >= 0 && (len(lists) == 0 || lists[0] != due):
			found = append(found, Violation{Unasked, "order " + o.Number, fmt.Sprintf("of %s is on list %v, want %d of %d", y.say(o.Done), lists, due, len(y.Returns))})
		}
	}
	for number := range on {
		found = append(found, Violation{Unasked, "order " + number, "is on a list, and nobody placed it"})
	}
	return found
}

// wins: an order is tied to the last follow-up of its customer, if that was within the
// time of attribution, and only the first order is.
func (y *Year) wins() (found []Violation) {
	want, turns := map[string]string{}, map[string][]Turn{}
	for _, t := range y.Turns {
		if t.Call {
			continue
		}
		turns[t.Customer] = append(turns[t.Customer], t)
	}
	for _, o := range y.Bought {
		last := Turn{}
		for _, t := range turns[o.Customer] {
			if !t.At.After(o.At) && t.At.After(last.At) {
				last = t
			}
		}
		if last.ID != "" && !o.Void && !o.Old && want[last.ID] == "" && o.At.Sub(last.At) <= y.Attribute {
			want[last.ID] = o.Number
		}
	}
	for _, t := range y.Turns {
		if t.Won != want[t.ID] {
			found = append(found, Violation{WrongWin, "follow-up " + t.ID, fmt.Sprintf("of %s at %s won %q, want %q", t.Customer, y.say(t.At), t.Won, want[t.ID])})
		}
	}
	return found
}

// workday is the nth working day after a day.
func (y *Year) workday(after time.Time, n int) string {
	day := after.In(y.Zone)
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if y.Works(day) {
			n--
		}
	}
	return day.Format(time.DateOnly)
}

// tasks: the first order a customer ever placed makes one call, on its days.
func (y *Year) tasks() (found []Violation) {
	tasks := map[string][]Task{}
	for _, t := range y.Tasks {
		tasks[t.Customer] = append(tasks[t.Customer], t)
	}
	first := map[string]Bought{}
	for _, o := range y.Bought {
		if f, ok := first[o.Customer]; !o.Void && (!ok || o.At.Before(f.At)) {
			first[o.Customer] = o
		}
	}
	for id, o := range first {
		due := y.workday(o.Done, y.Call[0])
		if o.Old || o.Done.IsZero() || due >= y.Until.In(y.Zone).Format(time.DateOnly) {
			continue
		}
		if len(tasks[id]) != 1 {
			found = append(found, Violation{NoTask, "customer " + id, fmt.Sprintf("%d calls for order %s, delivered %s, due %s", len(tasks[id]), o.Number, y.say(o.Done), due)})
		} else {
			found = append(found, y.task(id, o, tasks[id][0])...)
		}
		delete(tasks, id)
	}
	for id, all := range tasks {
		// What was delivered just before the books were taken over is still to be asked after.
		if o := first[id]; o.Old && y.Linked.Sub(o.Done) > 20*24*time.Hour || o.Done.IsZero() {
			found = append(found, Violation{NoTask, "customer " + id, fmt.Sprintf("%d calls, and no first order", len(all))})
		}
	}
	return found
}

// task: one call appeared, reminded and was late on its days, unless the desk was away.
func (y *Year) task(id string, o Bought, t Task) (found []Violation) {
	late := y.workday(o.Done, y.Call[2]+1)
	for _, step := range []struct {
		what string
		at   time.Time
		from string
		to   string
	}{
		{"appeared", t.Opened, y.workday(o.Done, y.Call[0]), y.workday(o.Done, y.Call[0])},
		{"reminded", t.Reminded, y.workday(o.Done, y.Call[1]), y.workday(o.Done, y.Call[1])},
		{"was late", t.Late, y.workday(o.Done, y.Call[2]), late},
	} {
		on := step.at.In(y.Zone).Format(time.DateOnly)
		over := !t.Ended.IsZero() && t.Ended.In(y.Zone).Format(time.DateOnly) <= step.to || y.Until.In(y.Zone).Format(time.DateOnly) <= step.to
		switch {
		case step.at.IsZero() && over:
		case step.at.IsZero():
			found = append(found, Violation{NoTask, "customer " + id, fmt.Sprintf("the call never %s, due %s", step.what, step.to)})
		case (on < step.from || on > step.to) && !y.awayOn(step.to):
			found = append(found, Violation{NoTask, "customer " + id, fmt.Sprintf("the call %s on %s, due %s", step.what, on, step.to)})
		}
	}
	return found
}

func (y *Year) awayOn(day string) bool {
	return slices.ContainsFunc(y.Away, func(s Span) bool {
		return day >= s.From.In(y.Zone).Format(time.DateOnly) && day <= s.To.In(y.Zone).Format(time.DateOnly)
	})
}
