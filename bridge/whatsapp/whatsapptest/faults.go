package whatsapptest

import (
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// Faults are the lasting troubles of a network. The zero value is a healthy
// one.
type Faults struct {
	// Outage cuts every connection and lets no new one answer.
	Outage bool
	// RefuseHTTP is the status every HTTP request gets; 0 for none.
	RefuseHTTP int
	// RefuseLogin turns every client away after the handshake.
	RefuseLogin *Refusal
	// HoldPush keeps stanzas for clients back; they wait and count as unacked.
	HoldPush bool
	// IgnorePings leaves keepalives unanswered; everything else works.
	IgnorePings bool
	// LostAcks is the probability, 0 to 1, that the answer to a delivered
	// message is not sent.
	LostAcks float64
	// AckDelay postpones answers to messages, DeliveryDelay stanzas for the
	// client, AnswerDelay answers to its requests. Each kind stays in order.
	AckDelay, DeliveryDelay, AnswerDelay time.Duration
}

// Refusal is a refused login.
type Refusal struct {
	// Reason is WhatsApp's number: 401, 403 and 406 end the session, 402 is a
	// temporary ban, 405 an outdated client, 500 and 503 pass.
	Reason int
	// Code and Expire tell the reason and the rest of a temporary ban.
	Code   int
	Expire time.Duration
}

func (r Refusal) node() waBinary.Node {
	attrs := waBinary.Attrs{"reason": r.Reason, "location": "sim"}
	if r.Code != 0 {
		attrs["code"] = r.Code
	}
	if r.Expire != 0 {
		attrs["expire"] = int(r.Expire / time.Second)
	}
	return waBinary.Node{Tag: "failure", Attrs: attrs}
}

// MessageFault is what becomes of one message a client sends.
type MessageFault struct {
	// Deliver tells whether the customer gets it all the same.
	Deliver bool
	// Code is the error of the acknowledgement. 0 means none is sent.
	Code int
	// Drop cuts the socket instead of answering.
	Drop bool
}

// faultState is the set faults and the single ones still to come. The
// network's mutex guards it.
type faultState struct {
	set  Faults
	next []MessageFault
}

func (f *faultState) delay(q queue) time.Duration {
	switch q {
	case acks:
		return f.set.AckDelay
	case pushes:
		return f.set.DeliveryDelay
	default:
		return f.set.AnswerDelay
	}
}

// Faults returns the lasting faults in force.
func (n *Network) Faults() Faults {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.faults.set
}

// SetFaults replaces the lasting faults. An outage cuts connections at once;
// the end of a hold releases what waited.
func (n *Network) SetFaults(faults Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	held := n.faults.set.HoldPush
	n.faults.set = faults
	if faults.Outage {
		for c := range n.conns {
			c.abort()
		}
	}
	if held && !faults.HoldPush {
		for _, device := range n.business.companions {
			n.flush(device)
		}
	}
	n.touch()
}

// FailMessages decides the fate of the next messages a client sends, one each.
func (n *Network) FailMessages(faults ...MessageFault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.next = append(n.faults.next, faults...)
}

// LoseAcks delivers the next count messages without acknowledging them.
func (n *Network) LoseAcks(count int) {
	for range count {
		n.FailMessages(MessageFault{Deliver: true})
	}
}

// RefuseMessages answers the next count messages with an error and delivers
// none.
func (n *Network) RefuseMessages(count, code int) {
	for range count {
		n.FailMessages(MessageFault{Code: code})
	}
}

// ClearFaults makes the network healthy.
func (n *Network) ClearFaults() {
	n.SetFaults(Faults{})
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.next = nil
}

// DropSocket cuts every connection once, without a word.
func (n *Network) DropSocket() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		c.abort()
	}
}

// StreamError ends every logged-in connection with a stream error. A code of 0
// and an empty conflict are left out: "replaced" and "device_removed" are the
// conflicts clients know. It does not unlink; see Unlink.
func (n *Network) StreamError(code int, conflict string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		if c.companion != nil {
			c.finish(streamError(code, conflict))
		}
	}
}

func streamError(code int, conflict string) waBinary.Node {
	node := waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{}}
	if code != 0 {
		node.Attrs["code"] = code
	}
	if conflict != "" {
		node.Content = []waBinary.Node{{Tag: "conflict", Attrs: waBinary.Attrs{"type": conflict}}}
	}
	return node
}

// fate takes the fate of the message at hand. Callers hold the mutex.
func (n *Network) fate() (MessageFault, bool) {
	if len(n.faults.next) > 0 {
		fault := n.faults.next[0]
		n.faults.next = n.faults.next[1:]
		return fault, true
	}
	if lost := n.faults.set.LostAcks; lost > 0 && n.random.Float64() < lost {
		return MessageFault{Deliver: true}, true
	}
	return MessageFault{}, false
}
