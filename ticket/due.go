package ticket

import (
	"slices"
	"strconv"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// The timers of a ticket, by their kind; a timer's id is the ticket's number.
const (
	TimerFirstReminder = "ticket_first_reminder" // no answer yet: remind all on duty
	TimerFirstResponse = "ticket_first_response" // no answer in time: a breach
	TimerReply         = "ticket_reply"          // the client waits for an answer
	TimerNews          = "ticket_news"           // the client of a hard ticket is without news
	TimerOffer         = "ticket_offer"          // somebody has to be found
	TimerSilentAgent   = "ticket_silent_agent"   // the agent is silent: offer it again
	TimerTargetNear    = "ticket_target_near"    // the target to resolution comes near
	TimerTarget        = "ticket_target"         // and is missed
	TimerSilence       = "ticket_silence"        // the client is silent: close
	TimerWake          = "ticket_wake"           // it has rested long enough
	TimerScheduled     = "ticket_scheduled"      // a message is due
	TimerRating        = "ticket_rating"         // it is too late to rate
)

// Reminders are what has been said already.
type Reminders struct {
	First    bool      // all on duty were reminded
	Breached bool      // the first response came too late
	Reply    time.Time // last reminder of the present wait
	News     time.Time // last reminder since the client had news
	Near     []Class   // targets that were announced
	Missed   []Class   // and those that were missed
}

// Due is what the clock owes the ticket: at most one timer of each kind.
func (t Ticket) Due(p Policy, c Clock) []ledger.Timer {
	var due []ledger.Timer
	add := func(kind string, at time.Time) {
		if !at.IsZero() {
			due = append(due, ledger.Timer{Kind: kind, ID: t.Number, Due: at.UTC()})
		}
	}
	if t.IsTalk() {
		t.dueScheduled(add)
		return due
	}
	switch t.State {
	case Closed:
		if r := t.Rating; !r.Asked.IsZero() && r.Given.IsZero() && !r.Lapsed {
			add(TimerRating, r.Asked.Add(p.RatingValid))
		}
		return due
	case Resolved:
		if !t.SilentFrom.IsZero() {
			add(TimerSilence, t.SilentFrom.Add(p.Silence))
		}
	case New, Assigned, WaitingClient, WaitingDeveloper:
		t.dueFirst(p, c, add)
		t.dueSearch(p, c, add)
		t.dueTarget(p, c, add)
		add(TimerWake, t.Snoozed)
	default:
		return nil
	}
	t.dueReminders(p, c, add)
	t.dueScheduled(add)
	return due
}

// dueScheduled is the timer of the message that is due first. Nothing else is owed to a
// talk.
func (t Ticket) dueScheduled(add func(string, time.Time)) {
	for i, s := range slices.SortedFunc(slices.Values(t.Scheduled), func(a, b Scheduled) int { return a.Due.Compare(b.Due) }) {
		if i == 0 {
			add(TimerScheduled, s.Due)
		}
	}
}

// dueFirst are the timers until the first human sign.
func (t Ticket) dueFirst(p Policy, c Clock, add func(string, time.Time)) {
	if t.Channel != WhatsApp || t.FirstWord.IsZero() || !t.Responded.IsZero() {
		return
	}
	if !t.Reminders.First {
		add(TimerFirstReminder, after(c, t.FirstWord, p.FirstReminder))
	}
	if !t.Reminders.Breached {
		// An answer after exactly the target is in time.
		add(TimerFirstResponse, after(c, t.FirstWord, p.FirstResponse+time.Millisecond))
	}
}

// dueSearch are the timers of a ticket that nobody has, or whose agent is silent.
func (t Ticket) dueSearch(p Policy, c Clock, add func(string, time.Time)) {
	if t.Agent != "" && !t.Silent {
		return
	}
	switch {
	case t.Wanted.IsZero():
	case !t.Tried.IsZero():
		add(TimerOffer, after(c, t.Tried, p.OfferAgain))
	default:
		if opening, ok := c.Next(t.Wanted); ok {
			add(TimerOffer, opening)
		}
	}
}

// dueTarget are the timers until resolution. They stop for nothing.
func (t Ticket) dueTarget(p Policy, c Clock, add func(string, time.Time)) {
	target, ok := p.Target(t.Class)
	if !ok || slices.Contains(t.Reminders.Missed, t.Class) {
		return
	}
	if !slices.Contains(t.Reminders.Near, t.Class) {
		add(TimerTargetNear, t.reaches(target*time.Duration(p.Warn)/100, c))
	}
	add(TimerTarget, t.reaches(target, c))
}

// dueReminders are the timers of a client who waits.
func (t Ticket) dueReminders(p Policy, c Clock, add func(string, time.Time)) {
	if !t.Snoozed.IsZero() {
		return
	}
	since, waits := t.Waiting(Client, Staff)
	// Until the first response the other reminders run.
	if waits && t.answered() {
		add(TimerReply, after(c, later(since, t.Reminders.Reply), p.ReplyReminder))
	}
	if waits && t.Agent != "" && !t.Silent && t.State != Resolved {
		add(TimerSilentAgent, after(c, later(later(since, t.AgentSince), t.Woken), p.SilentAgent))
	}
	if t.Class == Hard && t.State != Resolved && t.answered() {
		add(TimerNews, after(c, later(t.news(), t.Reminders.News), p.NewsReminder))
	}
}

// answered reports whether the first response is behind the ticket.
func (t Ticket) answered() bool { return t.Channel != WhatsApp || !t.Responded.IsZero() }

// news is when the client last had news, or the work began anew.
func (t Ticket) news() time.Time {
	last := later(later(t.Opened, t.Responded), t.LastNews)
	if n := len(t.Pauses); n > 0 {
		last = later(last, t.Pauses[n-1].To)
	}
	return last
}

// after is when d of working time has passed since t; zero for never.
func after(c Clock, t time.Time, d time.Duration) time.Time {
	at := c.Add(t, d)
	// Working time is no faster than time, and nobody waits for a century: a clock
	// without hours ahead has no answer.
	if at.Before(t.Add(d)) || at.After(t.AddDate(100, 0, 0)) {
		return time.Time{}
	}
	return at
}

// Fire takes in that a timer of the ticket is due. One that is not owed (any more), or
// not yet, changes nothing. What is to be said is for the caller to tell from the
// events; [TimerOffer] asks it for [Ticket.Pick] and an offer.
func (t *Ticket) Fire(kind string, at time.Time, p Policy, c Clock) []ledger.Event {
	if !t.owes(kind, at, p, c) {
		return nil
	}
	class := string(t.Class)
	switch kind {
	case TimerFirstReminder:
		t.Reminders.First = true
		// After an outage the breach says it all.
		if t.owes(TimerFirstResponse, at, p, c) {
			return nil
		}
		return []ledger.Event{event(at, "first_reminder", byHalo)}
	case TimerFirstResponse:
		t.Reminders.First, t.Reminders.Breached = true, true
		return []ledger.Event{event(at, "first_response_breached", byHalo)}
	case TimerReply:
		since, _ := t.Waiting(Client, Staff)
		t.Reminders.Reply = at
		return []ledger.Event{event(at, "reply_reminder", byHalo, "since", moment(since), "agent", t.Agent)}
	case TimerNews:
		t.Reminders.News = at
		return []ledger.Event{event(at, "news_reminder", byHalo, "since", moment(t.news()), "agent", t.Agent)}
	case TimerOffer:
		t.Tried = at
		return []ledger.Event{event(at, "offer_due", byHalo)}
	case TimerSilentAgent:
		t.letGo(t.Agent, at)
		t.want(at)
		t.Silent = true
		return []ledger.Event{event(at, "agent_silent", byHalo, "agent", t.Agent)}
	case TimerTargetNear:
		t.Reminders.Near = append(slices.Clone(t.Reminders.Near), t.Class)
		if t.owes(TimerTarget, at, p, c) {
			return nil
		}
		return []ledger.Event{event(at, "target_near", byHalo, "class", class, "percent", strconv.Itoa(p.Warn), "agent", t.Agent)}
	case TimerTarget:
		t.Reminders.Missed = append(slices.Clone(t.Reminders.Missed), t.Class)
		return []ledger.Event{event(at, "target_missed", byHalo, "class", class, "agent", t.Agent)}
	case TimerSilence:
		// A resolved ticket has no open report, so nothing forbids it.
		events, _ := t.end(EndSilence, byHalo, at)
		return events
	case TimerWake:
		return t.wake(byHalo, at)
	case TimerScheduled:
		return t.takeScheduled("scheduled_due", byHalo, at, func(s Scheduled) bool { return !s.Due.After(at) })
	case TimerRating:
		t.Rating.Lapsed = true
		return []ledger.Event{event(at, "rating_lapsed", byHalo)}
	}
	return nil
}

func (t Ticket) owes(kind string, at time.Time, p Policy, c Clock) bool {
	return slices.ContainsFunc(t.Due(p, c), func(d ledger.Timer) bool { return d.Kind == kind && !d.Due.After(at) })
}

// Reset sets a ticket's timers to those that are due after a change and takes away
// those that were due before it and are no more.
func Reset(tx *ledger.Tx, before, after []ledger.Timer) {
	for _, b := range before {
		if !slices.ContainsFunc(after, func(a ledger.Timer) bool { return a.Name() == b.Name() }) {
			tx.Cancel(b.Kind, b.ID)
		}
	}
	// All of them: the one that has just fired is set no longer, whatever was due before.
	for _, a := range after {
		tx.Set(a)
	}
}

// Keep writes a change of a ticket: the ticket, its events and its timers. before is
// the ticket as loaded, zero for a new one. A conversation that has to follow is the
// caller's.
func (t Ticket) Keep(tx *ledger.Tx, before Ticket, events []ledger.Event, p Policy, c Clock) error {
	for _, e := range events {
		tx.Log(t.Number, e)
	}
	Reset(tx, before.Due(p, c), t.Due(p, c))
	return t.Save(tx)
}
