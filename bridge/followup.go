package bridge

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// FollowUps is every figure of turning to customers. What is zero is the standard figure.
type FollowUps struct {
	Target    int           // customers followed up in a month; 15
	List      int           // cards on a month's list, at least Target; 20
	Rest      time.Duration // who was turned to within it is left out; 720h
	Attribute time.Duration // an order within it after a follow-up is its; 720h
	Usual     time.Duration // from order to order, of who bought once; 2160h
	Silent    time.Duration // working time without an answer after which sales are asked to phone; 18h
}

// DefaultFollowUps are the standard figures. Silent is two working days of nine hours.
func DefaultFollowUps() FollowUps {
	return FollowUps{Target: 15, List: 20, Rest: 720 * time.Hour, Attribute: 720 * time.Hour, Usual: 2160 * time.Hour, Silent: 18 * time.Hour}
}

// followUps are the figures in force.
func (d Desk) followUps() FollowUps {
	f, standard := d.FollowUps, DefaultFollowUps()
	for _, n := range []struct{ is, or *int }{{&f.Target, &standard.Target}, {&f.List, &standard.List}} {
		if *n.is == 0 {
			*n.is = *n.or
		}
	}
	for _, n := range []struct{ is, or *time.Duration }{
		{&f.Rest, &standard.Rest}, {&f.Attribute, &standard.Attribute}, {&f.Usual, &standard.Usual}, {&f.Silent, &standard.Silent},
	} {
		if *n.is == 0 {
			*n.is = *n.or
		}
	}
	f.List = max(f.List, f.Target)
	return f
}

// A FollowUpTransition changes a follow-up by the rules of package customer.
type FollowUpTransition = func(f *customer.FollowUp) ([]ledger.Event, error)

// ErrNoFollowUp means that there is no follow-up of an identifier.
var ErrNoFollowUp = errors.New("no such follow-up")

// ChangeFollowUp makes a transition of a follow-up with all that follows: its events are
// logged, to its own log and shortly to the company's, its timers set, what waits to be
// sent asked for or dropped, its talk told, ended and shown anew, and the list it is on
// too. It is the only way one changes. The error of the transition comes back as it is (a
// [*customer.Refusal], mostly), and then nothing was written; [ErrNoFollowUp] when there
// is none.
func (d Desk) ChangeFollowUp(tx *ledger.Tx, id string, fn FollowUpTransition) error {
	before, ok, err := customer.LoadFollowUp(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoFollowUp, id)
	}
	f := before
	events, err := fn(&f)
	if err != nil {
		return err
	}
	return d.keepFollowUp(tx, before, &f, events)
}

// knownFollowUp makes nothing of a follow-up that is not there any more.
func knownFollowUp(err error) error {
	if errors.Is(err, ErrNoFollowUp) {
		return nil
	}
	return err
}

// OpenFollowUp begins one: it gets an id ("FU-", the local date and a counter), its talk
// and, but for a Reminder, its post. [customer.Refusal] customer_unknown.
func (d Desk) OpenFollowUp(tx *ledger.Tx, f customer.FollowUp, by string) (id string, err error) {
	company, ok, err := customer.LoadCustomer(tx, f.Customer)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", &customer.Refusal{Key: "customer_unknown", Ref: f.Customer}
	}
	day := tx.Now().In(d.Zone).Format("060102")
	n, err := tx.Next("followup-" + day)
	if err != nil {
		return "", fmt.Errorf("number a follow-up: %w", err)
	}
	f.ID = fmt.Sprintf("FU-%s-%04d", day, n)
	f, events, err := customer.NewFollowUp(f, by, tx.Now())
	if err != nil {
		return "", err
	}
	t, begun := ticket.OpenTalk(f.ID, talkKind(f.Kind), Clean(company.Name, 60), f.Conversation, f.Contact, f.Customer, f.Kind != customer.Reminder, tx.Now())
	if err := d.BeginTalk(tx, t, begun); err != nil {
		return "", err
	}
	return f.ID, d.keepFollowUp(tx, customer.FollowUp{}, &f, events)
}

// talkKind is whose thread the card of a follow-up has.
func talkKind(k customer.FollowUpKind) ticket.Talk {
	switch k {
	case customer.Callback:
		return ticket.TalkCallback
	case customer.NewCustomer:
		return ticket.TalkCall
	}
	return ticket.TalkFollowUp
}

// keepFollowUp writes a follow-up that was changed and lets everything follow it. before
// is what was loaded, zero for a new one.
func (d Desk) keepFollowUp(tx *ledger.Tx, before customer.FollowUp, f *customer.FollowUp, events []ledger.Event) error {
	if len(events) == 0 && reflect.DeepEqual(before, *f) {
		return nil
	}
	if len(events) > 0 {
		f.Step++
	}
	if err := f.Keep(tx, before, events); err != nil {
		return err
	}
	for _, e := range events {
		tx.Log(customer.CustomerLog(f.Customer), brief(*f, e))
	}
	if err := d.turned(tx, before, *f); err != nil {
		return err
	}
	if err := d.sendFollowUp(tx, before, *f); err != nil {
		return err
	}
	if err := d.tellFollowUp(tx, before, f, events); err != nil {
		return err
	}
	return d.showFollowUp(tx, before, *f)
}

// brief is what the company's log says of an event of a follow-up.
func brief(f customer.FollowUp, e ledger.Event) ledger.Event {
	data := map[string]string{"kind": string(f.Kind)}
	for _, key := range []string{"way", "result", "order"} {
		if v := e.Data[key]; v != "" {
			data[key] = v
		}
	}
	return ledger.Event{At: e.At, What: e.What, By: e.By, Ref: f.ID, Data: data}
}

// turned notes with the company that somebody turned to it.
func (d Desk) turned(tx *ledger.Tx, before, f customer.FollowUp) error {
	if before.Made() || !f.Made() {
		return nil
	}
	c, ok, err := customer.LoadCustomer(tx, f.Customer)
	if err != nil || !ok || !c.Turned(f.ID, made(f)) {
		return err
	}
	return c.Save(tx)
}

// made is when the customer was turned to, zero for not yet.
func made(f customer.FollowUp) time.Time {
	switch {
	case !f.Sent.IsZero():
		return f.Sent
	case f.State == customer.FollowUpDone:
		return f.Ended
	}
	return time.Time{}
}

// showFollowUp lets the talk, its head and its tags, and the list, show how it stands.
func (d Desk) showFollowUp(tx *ledger.Tx, before, f customer.FollowUp) error {
	// An order that comes later does not end a talk that the client has opened again.
	if f.Over() && (!before.Over() || before.Response != f.Response) {
		if err := d.EndTalk(tx, f.ID, f.By); err != nil {
			return err
		}
	}
	if before.ID != "" { // a new post is made with its tags
		if err := ShowTalk(tx, f.ID, fmt.Sprint(f.Step)); err != nil {
			return err
		}
	}
	if f.Round != "" && shownOf(before) != shownOf(f) {
		RefreshCard(tx, f.Round)
	}
	return nil
}

// shownOf is what a list shows of a follow-up.
func shownOf(f customer.FollowUp) [4]string {
	return [4]string{string(f.State), string(f.Response.Result), f.Won, f.Owner}
}

// followUpsOf are the last follow-ups of a company that began at from or later, the newest
// first, at most most.
func (d Desk) followUpsOf(tx *ledger.Tx, company string, from time.Time, most int) (all []customer.FollowUp, err error) {
	if d.Members == nil {
		return nil, nil
	}
	ids, err := d.since(customer.FollowUpsOf(company), from)
	if err != nil {
		return nil, fmt.Errorf("look for the follow-ups of a company: %w", err)
	}
	for _, id := range slices.Backward(ids) {
		f, ok, err := customer.LoadFollowUp(tx, id)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, f)
		}
		if len(all) == most {
			break
		}
	}
	return all, nil
}
