package bridgetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kinds of violations of what is promised of messages that a desk sends first.
const (
	Unwanted   = "UNWANTED" // to somebody who declined, is blocked, never wrote, or did not agree to reminders
	OverCap    = "OVER CAP" // more than may go in an hour or a day
	OutOfHours = "OUT OF HOURS"
	Hasty      = "HASTY"       // too soon after the one before
	Double     = "DOUBLE"      // again for the same reason
	DuringStop = "DURING STOP" // between a ban and the word of a person
	WrongList  = "WRONG LIST"  // a month's list is another than it ought to be
	Unasked    = "UNASKED"     // an order that is on no list of surveys, or on two
	WrongWin   = "WRONG WIN"   // an order is tied to another follow-up than it belongs to
	NoTask     = "NO TASK"     // the check of a new customer is missing, or at another time
	Idle       = "IDLE"        // nothing of a kind was seen, so that nothing was proved
)

// A Promise is what a year of messages is measured by, in words of its own.
type Promise struct {
	Zone     *time.Location
	Open     map[time.Weekday][2]int // minutes of the day
	Holidays []string                // days, "2028-02-25"

	Least     time.Duration // between two messages
	Hour, Day int
	NewDay    int
	New       time.Duration
	Linked    time.Time
	List      int           // cards on a month's list
	Rest      time.Duration // who was turned to within it is not on it
	Attribute time.Duration
	Usual     int    // days from order to order of who bought once
	Oldest    int    // days since their completion of the orders on a list of surveys, at most
	Youngest  int    // and at least
	Call      [3]int // working days after a first delivery: the task appears, reminds, is late after
}

// Why a message was sent first.
const (
	ForFollowUp = "follow-up"
	ForReminder = "reminder"
	ForSurvey   = "survey"
	ForRest     = "survey's rest" // the open question again, after something else came in between
)

// A First is a message on a phone that the desk sent first.
type First struct {
	At       time.Time
	To       string // the phone
	Customer string
	Why      string // one of those above
	Ref      string // of a survey its list, as the message's id tells
}

// What happened to a person.
const (
	Wrote     = "wrote"
	Declined  = "declined"
	Agreed    = "agreed"
	Blocked   = "blocked"
	Unblocked = "unblocked"
	Asked     = "asked" // entered without having said anything
)

// A Step is one thing that happened to a person.
type Step struct {
	At   time.Time
	To   string // the phone
	What string // one of those above
}

// A Bought is an order as the desk heard of it.
type Bought struct {
	Number, Customer string
	At               time.Time // placed
	Came             time.Time // the desk heard of it
	Done             time.Time // delivered, zero for never
	Delivered        time.Time // the desk heard of that
	Void             bool
	Old              bool // told when the books were taken over
}

// A Turn is a follow-up that reached a customer, or was tried by telephone.
type Turn struct {
	ID, Customer string
	At           time.Time
	Call         bool   // of a new customer, or after low answers: no order is tied to it
	Won          string // the order that is tied to it
}

// A Card is a follow-up from when somebody is to act on it until it is over. Somebody
// turns to the customer while it waits, and while his answer is talked about; one that
// nobody ended for two months keeps nobody from being turned to again.
type Card struct {
	Customer             string
	List                 string // the month's list it is on, "" for none
	From, Sent, Answered time.Time
	To                   time.Time
}

// forgotten is after which a card that is not over counts no more.
const forgotten = 62 * 24 * time.Hour

func (c Card) busy(at time.Time) bool {
	waits := c.Sent.IsZero() || at.Before(c.Sent)
	talks := !c.Answered.IsZero() && !at.Before(c.Answered)
	return c.From.Before(at) && at.Sub(c.From) < forgotten && (c.To.IsZero() || at.Before(c.To)) && (waits || talks)
}

// A Month is a month's list of follow-ups.
type Month struct {
	ID        string
	At        time.Time
	Customers []string // in their order
}

// A Return is a month's list of surveys.
type Return struct {
	ID     string
	At     time.Time
	Orders []string
}

// A Task is the call to a new customer.
type Task struct {
	Customer               string
	Opened, Reminded, Late time.Time
	Ended                  time.Time
}

// A Span is a time in which something held.
type Span struct {
	Customer string    // whose; "" for all
	From, To time.Time // To zero: to the end
}

func (s Span) holds(at time.Time) bool {
	return !at.Before(s.From) && (s.To.IsZero() || at.Before(s.To))
}

// A Year is everything that was seen of one.
type Year struct {
	Promise
	Until      time.Time
	Firsts     []First
	Steps      []Step
	People     map[string]string // phone to customer
	Bought     []Bought
	Turns      []Turn
	Months     []Month
	Returns    []Return
	Tasks      []Task
	Complaints []Span
	Stops      []Span
	Cards      []Card
	Again      []string // ids of messages that reached a phone a second time
	Away       []Span   // nobody was at work: the program was down
}

// Judge returns every promise that was broken.
func (y *Year) Judge() (found []Violation) {
	slices.SortStableFunc(y.Firsts, func(a, b First) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(y.Steps, func(a, b Step) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(y.Bought, func(a, b Bought) int { return a.Came.Compare(b.Came) })
	for _, judge := range []func() []Violation{
		y.wanted, y.caps, y.hours, y.gaps, y.doubles, y.stops, y.lists, y.returns, y.wins, y.tasks,
	} {
		found = append(found, judge()...)
	}
	return found
}

func (y *Year) say(at time.Time) string { return at.In(y.Zone).Format("2006-01-02 15:04:05") }

func (y *Year) broken(kind string, f First, why string, args ...any) Violation {
	return Violation{kind, "phone of " + f.To, fmt.Sprintf("%s at %s: ", f.Why, y.say(f.At)) + fmt.Sprintf(why, args...)}
}

// A standing is what is known of a person at a moment.
type standing struct{ wrote, declined, agreed, blocked bool }

func (s *standing) take(what string) {
	switch what {
	case Wrote:
		s.wrote = true
	case Declined:
		s.declined, s.agreed = true, false
	case Agreed:
		s.declined, s.agreed = false, true
	case Blocked:
		s.blocked = true
	case Unblocked:
		s.blocked = false
	}
}

// wanted: nobody who declined, is blocked or never wrote hears from the desk first, and
// only who agreed is reminded.
func (y *Year) wanted() (found []Violation) {
	people, next := map[string]*standing{}, 0
	for _, f := range y.Firsts {
		// What was said at the very moment may have come after.
		for ; next < len(y.Steps) && y.Steps[next].At.Before(f.At); next++ {
			y.stand(people, y.Steps[next].To).take(y.Steps[next].What)
		}
		switch s := y.stand(people, f.To); {
		case s.declined:
			found = append(found, y.broken(Unwanted, f, "he declined"))
		case s.blocked:
			found = append(found, y.broken(Unwanted, f, "he is blocked"))
		case !s.wrote:
			found = append(found, y.broken(Unwanted, f, "he never wrote"))
		case f.Why == ForReminder && !s.agreed:
			found = append(found, y.broken(Unwanted, f, "he did not agree to reminders"))
		}
	}
	return found
}

func (y *Year) stand(people map[string]*standing, who string) *standing {
	if people[who] == nil {
		people[who] = &standing{}
	}
	return people[who]
}

// caps: neither sixty minutes nor a local day has more than it may.
func (y *Year) caps() (found []Violation) {
	days := map[string]int{}
	for i, f := range y.Firsts {
		first := i
		for first > 0 && f.At.Sub(y.Firsts[first-1].At) < time.Hour {
			first--
		}
		if n := i - first + 1; n > y.Hour {
			found = append(found, y.broken(OverCap, f, "the %dth within an hour, of %d", n, y.Hour))
		}
		day := f.At.In(y.Zone).Format(time.DateOnly)
		days[day]++
		most := y.Day
		if f.At.Sub(y.Linked) < y.New {
			most = y.NewDay
		}
		if days[day] > most {
			found = append(found, y.broken(OverCap, f, "the %dth of the day, of %d", days[day], most))
		}
	}
	return found
}

// Works reports whether a day is one of work.
func (y *Year) Works(day time.Time) bool {
	_, open := y.Open[day.Weekday()]
	return open && !slices.Contains(y.Holidays, day.Format(time.DateOnly))
}

// hours: nothing goes outside of working time, or on a holiday.
func (y *Year) hours() (found []Violation) {
	for _, f := range y.Firsts {
		at := f.At.In(y.Zone)
		second := at.Hour()*3600 + at.Minute()*60 + at.Second()
		hours := y.Open[at.Weekday()]
		if !y.Works(at) || second < hours[0]*60 || second >= hours[1]*60 {
			found = append(found, y.broken(OutOfHours, f, "on a %s", at.Weekday()))
		}
	}
	return found
}

func (y *Year) gaps() (found []Violation) {
	for i, f := range y.Firsts {
		if i > 0 && f.At.Sub(y.Firsts[i-1].At) < y.Least {
			found = append(found, y.broken(Hasty, f, "%s after the one before", f.At.Sub(y.Firsts[i-1].At)))
		}
	}
	return found
}

// doubles: one follow-up for each customer in thirty days, one reminder for each last
// order, one survey for each customer on a list.
func (y *Year) doubles() (found []Violation) {
	seen, last := map[string]time.Time{}, map[string]string{}
	next := 0
	for _, f := range y.Firsts {
		for ; next < len(y.Bought) && y.Bought[next].Came.Before(f.At); next++ {
			if o := y.Bought[next]; !o.Void {
				last[o.Customer] = o.Number
			}
		}
		reason := f.Why + "|" + f.Customer
		switch f.Why {
		case ForSurvey, ForRest:
			reason += "|" + f.Ref
		case ForReminder:
			reason += "|" + last[f.Customer]
		}
		before, again := seen[reason]
		if again && (f.Why != ForFollowUp || f.At.Sub(before) < y.Rest) {
			found = append(found, y.broken(Double, f, "%s, which it had at %s", reason, y.say(before)))
		}
		seen[reason] = f.At
	}
	return found
}

// stops: nothing between a ban and the word of a person.
func (y *Year) stops() (found []Violation) {
	for _, f := range y.Firsts {
		if slices.ContainsFunc(y.Stops, func(s Span) bool { return s.holds(f.At) && f.At.After(s.From) }) {
			found = append(found, y.broken(DuringStop, f, "nobody had resumed"))
		}
	}
	return found
}

// Count tells how many messages went for each reason.
func (y *Year) Count() string {
	n := map[string]int{}
	for _, f := range y.Firsts {
		n[f.Why]++
	}
	var all []string
	for _, why := range []string{ForFollowUp, ForReminder, ForSurvey, ForRest} {
		all = append(all, fmt.Sprintf("%d of %s", n[why], why))
	}
	return strings.Join(all, ", ")
}
