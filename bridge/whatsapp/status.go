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
	StateHeld       State = "held"       // the inbox did not take a message: disconnected for a while
	StateLoggedOut  State = "logged out" // the phone or WhatsApp ended the link: pair again
	StateReplaced   State = "replaced"   // another program uses the same session
	StateBanned     State = "banned"     // for a time
	StateOutdated   State = "outdated"   // WhatsApp wants a newer version of the library
	StateRefused    State = "refused"    // WhatsApp refused the connection for another reason
)

// A Status is the state of the link and what is known about it.
type Status struct {
	State State
	// Until is when the next attempt is made, zero when at once or unknown.
	Until time.Time
	// Reason is for people: one clause without numbers or names, may be empty.
	Reason string
}

// Status returns how the link stands.
func (c *Client) Status() Status {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	return c.status
}

func (c *Client) report(s Status) {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	if s == c.status {
		return
	}
	c.status = s
	if c.options.Changed != nil {
		c.options.Changed(s)
	}
}
