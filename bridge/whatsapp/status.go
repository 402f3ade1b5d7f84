package whatsapp

import "time"

// A State says how the link to WhatsApp stands.
type State string

// The states of a link. Only [StateReady] allows sending.
const (
	StateStopped    State = "stopped"    // Run is not running
	StateNotPaired  State = "not paired" // no phone is linked: pair first
	StateConnecting State = "connecting" // no connection yet, or again
	StateCatchingUp State = "catching up"
	StateReady      State = "ready"
	StateHeld       State = "held"       // disconnected: by Hold, not allowed, or the inbox did not take a message
	StateLoggedOut  State = "logged out" // the phone or WhatsApp ended the link: pair again
	StateReplaced   State = "replaced"   // another program uses the same session
	StateBanned     State = "banned"     // for a time
	StateOutdated   State = "outdated"   // WhatsApp wants a newer version of the library
	StateRefused    State = "refused"    // WhatsApp refused the connection for another reason
)

// A Status is the state of the link and what is known about it. It can be
// compared with ==; its times are in UTC and whole seconds.
type Status struct {
	State State
	// Until is when the next attempt is made, zero when at once or unknown. While
	// banned it is when the ban ends.
	Until time.Time
	// Reason is for people: one clause without numbers or names, may be empty.
	Reason string
	// Unanswered is true while WhatsApp does not answer on a connection that is
	// open. After three minutes of it the connection is made anew.
	Unanswered bool
	// Locked says that WhatsApp does not let the number write to people who did
	// not write first. Zero when it does, as far as is known.
	Locked Lock
	// PhoneSeen is the last sign of life of the linked phone itself, to within an
	// hour, and zero when there was none yet. It outlasts a restart. WhatsApp
	// ends the link when the phone is away for about two weeks.
	PhoneSeen time.Time
}

// A Lock is a ban on writing first. Answers still go out, proactive messages
// must stop.
type Lock struct {
	// Code is WhatsApp's name for it, or "463" when a message was refused so.
	Code string
	// Since is when we learned of it, Until when it ends: a guess after a refused
	// message, which says nothing about it. The lock is cleared then.
	Since, Until time.Time
}

// Active reports whether there is a lock.
func (l Lock) Active() bool { return l != Lock{} }

// Status returns how the link stands.
func (c *Client) Status() Status {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	return c.status
}

// report takes over state, time and reason of a status; the rest stays.
func (c *Client) report(s Status) {
	c.change(func(all *Status) {
		all.State, all.Until, all.Reason = s.State, s.Until, s.Reason
		if s.State != StateReady && s.State != StateCatchingUp {
			all.Unanswered = false
		}
	})
}

func (c *Client) change(do func(*Status)) {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	s := c.status
	do(&s)
	if s == c.status {
		return
	}
	c.status = s
	if c.options.Changed != nil {
		c.options.Changed(s)
	}
}

func wholeSeconds(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return at.UTC().Truncate(time.Second)
}
