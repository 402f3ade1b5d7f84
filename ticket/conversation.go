package ticket

import (
	"cmp"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Conversation is one person's 1:1 chat with the desk, whatever addresses
// WhatsApp shows that person under. It points at the open ticket, so that two
// first messages make one ticket.
type Conversation struct {
	ID        string
	Addresses []string // every WhatsApp address known, oldest first
	Reply     string   // the address the person wrote from last: answers go there
	Phone     string   // digits, "" while only a LID is known; a LID is never shown as a number
	Name      string   // cleaned push name
	Open      string   // number of the open ticket, "" for none
	Also      []string // further open tickets, of conversations that turned out to be the same person's
	Last      string   // number of the ticket closed last
	Past      []string // closed before Last, or by another conversation of the person, newest first, a few
	Tickets   int
	Rated     string    // number of the ticket the person was asked to rate last, "" for none
	RatedAt   time.Time // when
	Talk      string    // number of the talk whose message was sent last (see [OpenTalk]), "" for none
	TalkAt    time.Time // when it was
	Survey    string    // id of the survey that waits for an answer, "" for none
	// Told are talks and surveys of before whose messages may still be spoken of, the
	// newest first, a few.
	Told []string
	// Unread are the person's messages that no agent has read yet, oldest first, by
	// WhatsApp's id: the last few.
	Unread []string
	// Into is the conversation that goes on for this one, "" if this one does.
	Into string
	// Was are the conversations that go on in this one.
	Was []string
}

// mostPast bounds Past: what was sent in older tickets gets no receipts any more.
const mostPast = 5

// mostUnread bounds Unread.
const mostUnread = 50

// Wrote notes that a message of the person waits to be read.
func (c *Conversation) Wrote(id string) {
	if !slices.Contains(c.Unread, id) {
		c.Unread = append(c.Unread, id)
	}
	c.Unread = c.Unread[max(0, len(c.Unread)-mostUnread):]
}

// Latest are the tickets that messages of the person may still concern.
func (c Conversation) Latest() []string {
	return filled(slices.Concat([]string{c.Open, c.Last}, c.Also, c.Past, []string{c.Talk, c.Survey}, c.Told))
}

// mostTold bounds Told.
const mostTold = 5

// TalkSent notes that WhatsApp took a message of a talk: what the person writes next may
// be his answer.
func (c *Conversation) TalkSent(number string, at time.Time) {
	if c.Talk != number {
		c.told(c.Talk)
		c.Told = without(c.Told, number)
	}
	c.Talk, c.TalkAt = number, later(c.TalkAt, at)
}

// AskSurvey makes a survey the one that waits for an answer; "" for none. Messages of the
// one before may still be spoken of.
func (c *Conversation) AskSurvey(id string) {
	if c.Survey != id {
		c.told(c.Survey)
		c.Told = without(c.Told, id)
	}
	c.Survey = id
}

func (c *Conversation) told(numbers ...string) {
	c.Told = filled(slices.Concat(numbers, c.Told))
	c.Told = c.Told[:min(len(c.Told), mostTold)]
}

// filled are the strings that are not empty, each once.
func filled(all []string) (out []string) {
	for _, s := range all {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// absorb makes c go on for another conversation of the same person, which keeps its
// documents and its lane: what its tickets owe the person leaves in the order written.
func (c *Conversation) absorb(other Conversation) {
	c.Also = filled(slices.Concat(c.Also, []string{other.Open}, other.Also))
	if c.Open == "" && len(c.Also) > 0 {
		c.Open, c.Also = c.Also[0], c.Also[1:]
	}
	last := []string{c.Last, other.Last}
	if other.Last > c.Last { // numbers begin with the date
		slices.Reverse(last)
	}
	c.Last, c.Past = first(filled(slices.Concat(last, c.Past, other.Past)))
	c.Past = c.Past[:min(len(c.Past), mostPast)]
	c.Tickets += other.Tickets
	if other.RatedAt.After(c.RatedAt) {
		c.Rated, c.RatedAt = other.Rated, other.RatedAt
	}
	c.told(other.Told...)
	if other.TalkAt.After(c.TalkAt) {
		c.TalkSent(other.Talk, other.TalkAt)
	} else {
		c.told(other.Talk)
	}
	if c.Survey == "" {
		c.AskSurvey(other.Survey)
	} else {
		c.told(other.Survey)
	}
	c.Reply = cmp.Or(c.Reply, other.Reply)
	c.Phone, c.Name = cmp.Or(c.Phone, other.Phone), cmp.Or(c.Name, other.Name)
	c.Unread = filled(slices.Concat(other.Unread, c.Unread))
	c.Unread = c.Unread[max(0, len(c.Unread)-mostUnread):]
	c.Was = filled(slices.Concat(c.Was, []string{other.ID}, other.Was))
}

// Follow makes the conversation point where the ticket's state says: at an open one,
// past a closed one. Every change that opens or closes a ticket needs it; doing it
// again changes nothing. Another conversation's ticket is left alone, and a talk.
func (c *Conversation) Follow(t Ticket) {
	if !c.Has(t) || t.IsTalk() {
		return
	}
	open := filled(slices.Concat([]string{c.Open}, c.Also))
	past := filled(slices.Concat([]string{c.Last}, c.Past))
	if t.State == Closed {
		if !slices.Contains(open, t.Number) && slices.Contains(past, t.Number) {
			return
		}
		open = without(open, t.Number)
		past = slices.Insert(without(past, t.Number), 0, t.Number)
	} else {
		if !slices.Contains(open, t.Number) {
			open = append(open, t.Number)
		}
		past = without(past, t.Number)
	}
	c.Open, c.Also = first(open)
	c.Last, c.Past = first(past)
	c.Past = c.Past[:min(len(c.Past), mostPast)]
}

// Has reports whether a ticket is of this conversation, or of one it goes on for.
func (c Conversation) Has(t Ticket) bool {
	return t.Conversation != "" && (t.Conversation == c.ID || slices.Contains(c.Was, t.Conversation))
}

func first(list []string) (string, []string) {
	if len(list) == 0 {
		return "", nil
	}
	return list[0], list[1:]
}

// Find returns the conversation of a person, by any of the addresses, or a new
// one, and ties every address to it. When two conversations turn out to be one
// person, the one with an open ticket (else the older address) goes on; the
// other keeps its history under its own id.
func Find(tx *ledger.Tx, newID string, addresses ...string) (Conversation, error) {
	addresses = slices.DeleteFunc(slices.Clone(addresses), func(a string) bool { return a == "" })
	var found []Conversation
	missing := []string{}
	for _, a := range addresses {
		id, err := tx.Doc(ledger.Ref{Kind: KindAlias, ID: a})
		if err != nil {
			return Conversation{}, err
		}
		if id == nil {
			missing = append(missing, a)
			continue
		}
		c, ok, err := LoadConversation(tx, string(id))
		if err != nil {
			return Conversation{}, err
		}
		if !ok {
			missing = append(missing, a)
		} else if !slices.ContainsFunc(found, func(f Conversation) bool { return f.ID == c.ID }) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		found = []Conversation{{ID: newID}}
	}
	c := found[0]
	if c.Open == "" {
		if i := slices.IndexFunc(found, func(f Conversation) bool { return f.Open != "" }); i > 0 {
			c = found[i]
		}
	}
	for _, other := range found {
		if other.ID == c.ID {
			continue
		}
		missing = append(missing, other.Addresses...)
		c.absorb(other)
		other.Open, other.Also, other.Into = "", nil, c.ID
		if err := other.Save(tx); err != nil {
			return Conversation{}, err
		}
	}
	for _, a := range missing {
		if err := tx.Put(ledger.Ref{Kind: KindAlias, ID: a}, []byte(c.ID)); err != nil {
			return Conversation{}, err
		}
		if !slices.Contains(c.Addresses, a) {
			c.Addresses = append(c.Addresses, a)
		}
	}
	return c, nil
}

// ByAddress returns the conversation of an address that has written before.
func ByAddress(tx *ledger.Tx, addresses ...string) (Conversation, bool, error) {
	for _, a := range addresses {
		if a == "" {
			continue
		}
		id, err := tx.Doc(ledger.Ref{Kind: KindAlias, ID: a})
		if err != nil {
			return Conversation{}, false, err
		}
		if id != nil {
			return LoadConversation(tx, string(id))
		}
	}
	return Conversation{}, false, nil
}
