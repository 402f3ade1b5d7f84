package bridge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// viewCard is the first message of a ticket's post: + ticket.
const viewCard = "card/"

// RefreshCard asks that the card at the head of a ticket's post be shown anew: something
// of the ticket, or of who writes in it, changed. What would look the same is not sent.
func RefreshCard(tx *ledger.Tx, number string) { tx.Refresh(viewCard + number) }

// kindCard documents are what the head of a post shows, by ticket or report.
const kindCard ledger.Kind = "card"

type shownCard struct {
	V      int    `json:"v"`
	Thread string `json:"thread"` // whose first message it is
	Sum    string `json:"sum"`    // of what it shows
}

func cardRef(number string) ledger.Ref { return ledger.Ref{Kind: kindCard, ID: number} }

// save notes what a card shows.
func (s shownCard) save(tx *ledger.Tx, number string) error {
	if _, err := tx.Doc(cardRef(number)); err != nil {
		return err
	}
	s.V = 1
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode card of %s: %w", number, err)
	}
	return tx.Put(cardRef(number), data)
}

// facts are what the card shows of a ticket.
type facts struct {
	state                                ticket.State
	agent, offered, issue, team          string
	since, client, developer, snoozed    time.Time
	class                                ticket.Class
	complaint, silent, phone, supervised bool
	escalated, missed                    bool
	reopened, stars                      int
	ending                               ticket.Ending
	claim                                ticket.Claim
	review                               ticket.Review
	contact, company, merged             string
}

func factsOf(t ticket.Ticket) facts {
	f := facts{
		state: t.State, agent: t.Agent, offered: t.OfferedTo, issue: t.Issue, team: t.Team, since: t.AgentSince, snoozed: t.Snoozed,
		class: t.Class, complaint: t.Complaint, silent: t.Silent, phone: t.OnPhone, supervised: t.Supervisor != "",
		escalated: !t.Escalated.IsZero(), missed: slices.Contains(t.Reminders.Missed, t.Class), reopened: t.Reopened, stars: t.Rating.Stars,
		ending: t.Ending, claim: t.Warranty.Claim, review: t.Rating.Review, contact: t.Contact, company: t.Customer, merged: t.MergedInto,
	}
	f.client, _ = t.Waiting(ticket.Staff, ticket.Client)
	f.developer, _ = t.Waiting(ticket.Staff, ticket.Developer)
	return f
}

// cardMessage is the card of a ticket as it has to be now, and a sum of it.
func (c *Courier) cardMessage(ctx context.Context, t ticket.Ticket) (m Message, check string, err error) {
	var conv ticket.Conversation
	if t.Conversation != "" {
		if conv, err = c.conversation(ctx, t.Conversation); err != nil {
			return m, "", err
		}
	}
	who, err := c.who(ctx, t)
	if err != nil {
		return m, "", err
	}
	m.Channel = t.Thread
	if t.IsTalk() {
		return c.talkMessage(ctx, t, conv, who)
	}
	m.Card, m.Buttons = headerCard(t, conv, who, c.desk)
	data, err := json.Marshal([]any{m.Card, m.Buttons})
	if err != nil {
		return m, "", fmt.Errorf("encode card of %s: %w", t.Number, err)
	}
	return m, sum(string(data)), nil
}

// who is the person of a ticket, the zero Card while nobody is known. What cannot be read
// is left out: the work does not wait for it.
func (c *Courier) who(ctx context.Context, t ticket.Ticket) (customer.Card, error) {
	var contact customer.Contact
	for id, hops := t.Contact, 0; id != "" && hops < 10; id, hops = contact.Into, hops+1 {
		found, err := c.maybe(ctx, ledger.Ref{Kind: customer.KindContact, ID: id}, func(data []byte) (err error) {
			contact, err = customer.Decode(data)
			return err
		})
		if err != nil || !found {
			return customer.Card{}, err
		}
	}
	if contact.ID == "" {
		return customer.Card{}, nil
	}
	var company customer.Customer
	if id := cmp.Or(contact.Customer, t.Customer); id != "" {
		_, err := c.maybe(ctx, ledger.Ref{Kind: customer.KindCustomer, ID: id}, func(data []byte) (err error) {
			company, err = customer.DecodeCustomer(data)
			return err
		})
		if err != nil {
			return customer.Card{}, err
		}
	}
	return customer.NewCard(contact, company, t.Number), nil
}

// maybe reads a document that need not exist; found is false for one that is not there or
// cannot be read.
func (c *Courier) maybe(ctx context.Context, ref ledger.Ref, decode func([]byte) error) (found bool, err error) {
	err = c.read(ctx, ref, decode)
	if se, ok := errors.AsType[*SendError](err); ok && se.Certainty == Refused {
		return false, nil
	}
	return err == nil, err
}

// showCard makes the head of a ticket's post show how things stand.
func (c *Courier) showCard(ctx context.Context, number string) error {
	t, err := c.ticket(ctx, number)
	if err != nil || t.Thread == "" {
		return err // the post shows it when it is made
	}
	m, check, err := c.cardMessage(ctx, t)
	if err != nil {
		return err
	}
	return c.showHead(ctx, number, shownCard{V: 1, Thread: t.Thread, Sum: check}, m)
}

// showHead makes the head of a post show m, unless it does already. id is the ticket's or
// report's.
func (c *Courier) showHead(ctx context.Context, id string, want shownCard, m Message) error {
	d, err := c.outbox.Doc(ctx, cardRef(id))
	if err != nil {
		return err
	}
	var shown shownCard
	if d.Data != nil && json.Unmarshal(d.Data, &shown) == nil && shown == want {
		return nil
	}
	// The first message of a post has the id of its thread.
	if err := c.board.Update(ctx, want.Thread, m); err != nil {
		return err
	}
	_, err = c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { return want.save(tx, id) })
	return err
}
