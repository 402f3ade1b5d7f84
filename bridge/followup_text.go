package bridge

import (
	"cmp"
	"fmt"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// The topics of a follow-up: what its suggested text is about.
const (
	TopicReminder   = "reminder"
	TopicOffer      = "offer"
	TopicNewProduct = "new_product"
)

// Topics are the topics, in the order people choose from.
func Topics() []string { return []string{TopicReminder, TopicOffer, TopicNewProduct} }

// topicSentences are the standard texts of the topics.
var topicSentences = map[string]string{
	TopicReminder: ticket.SayFollowUpReminder, TopicOffer: ticket.SayFollowUpOffer, TopicNewProduct: ticket.SayFollowUpNewProduct,
}

// topicNames are how people call them.
var topicNames = map[string]string{TopicReminder: "pengingat", TopicOffer: "penawaran khusus", TopicNewProduct: "produk baru"}

// followUpText is a standard sentence filled in for whom it is sent to. What is not known
// is said in words that fit everybody; a sentence that the desk has left empty is "".
func (d Desk) followUpText(tx *ledger.Tx, key string, c customer.Customer, to customer.Contact, owner string) (string, error) {
	if d.Sentences[key] == "" {
		return "", nil
	}
	sales, err := d.facing(tx, owner)
	if err != nil {
		return "", err
	}
	product := ""
	for _, o := range c.Orders {
		if !o.Void && o.What != "" {
			product = o.What
			break
		}
	}
	text, err := d.Sentences.Render(key, ticket.Indonesian, map[string]string{
		"contact": cmp.Or(Clean(to.Called(), 60), "Bapak/Ibu"), "company": cmp.Or(Clean(c.Name, 120), "perusahaan Anda"),
		"sales": cmp.Or(sales, "tim Sales"), "product": cmp.Or(Clean(product, 120), "produk ERZAP"),
	})
	if err != nil {
		return "", fmt.Errorf("suggest a text: %w", err)
	}
	return text, nil
}

// facing is the name under which clients know one of the staff, "" for none.
func (d Desk) facing(tx *ledger.Tx, user string) (string, error) {
	if user == "" {
		return "", nil
	}
	duty, err := ticket.LoadDuty(tx, user)
	if err != nil || duty.Name != "" {
		return duty.Name, err
	}
	if d.Names.User != nil {
		return Clean(d.Names.User(user), 40), nil
	}
	return "", nil
}

// Retopic gives a follow-up the suggested text of another topic, as long as it is not sent.
// [customer.Refusal] text_missing for a topic that there is none of, and those of
// [customer.FollowUp.Reword].
func (d Desk) Retopic(tx *ledger.Tx, id, topic, by string) error {
	return d.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) {
		c, _, err := customer.LoadCustomer(tx, f.Customer)
		if err != nil {
			return nil, err
		}
		to, _, err := customer.Load(tx, f.Contact)
		if err != nil {
			return nil, err
		}
		text, err := d.followUpText(tx, topicSentences[topic], c, to, cmp.Or(f.Owner, by))
		if err != nil {
			return nil, err
		}
		if f.State == customer.FollowUpQueued {
			return nil, &customer.Refusal{Key: "followup_queued"}
		}
		events, err := f.Reword(text, by, tx.Now())
		if err == nil {
			f.Topic = topic
		}
		return events, err
	})
}

// suggest fills in whom a follow-up turns to and what it suggests; to says nothing of who
// is known for a company of nobody.
func (d Desk) suggest(tx *ledger.Tx, f *customer.FollowUp, c customer.Customer, to turnTo, key string) (err error) {
	f.Customer, f.Contact, f.Conversation = c.ID, to.Contact.ID, to.Conversation
	f.Owner = cmp.Or(f.Owner, c.Owner)
	f.Last, f.Late = c.Rhythm.Last, latePercent(c.Rhythm, d.followUps().Usual, tx.Now())
	if f.Text == "" {
		f.Text, err = d.followUpText(tx, key, c, to.Contact, f.Owner)
	}
	return err
}

// latePercent is how long ago the last order was, in percent of the customer's rhythm; 0
// for who never bought.
func latePercent(r customer.Rhythm, usual time.Duration, now time.Time) int {
	gap := r.Gap(usual)
	if r.Last.IsZero() || gap <= 0 || now.Before(r.Last) {
		return 0
	}
	return int(min(now.Sub(r.Last)*100/gap, 100_000))
}
