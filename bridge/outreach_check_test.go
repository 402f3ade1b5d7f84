package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// contact changes a person.
func (f *first) contact(id string, fn func(tx *ledger.Tx, c *customer.Contact) error) {
	f.t.Helper()
	f.does(func(tx *ledger.Tx) error {
		c, ok, err := customer.Load(tx, id)
		if err != nil || !ok {
			return fmt.Errorf("contact %s: %v %w", id, ok, err)
		}
		if err := fn(tx, &c); err != nil {
			return err
		}
		return c.Save(tx)
	})
}

// logged are the events of a log by what they say.
func (f *first) logged(log, what string) (all []ledger.Event) {
	f.t.Helper()
	for e, err := range f.store.Events(f.t.Context(), log) {
		if err != nil {
			f.t.Fatal(err)
		}
		if e.What == what {
			all = append(all, e)
		}
	}
	return all
}

// A check is why a message may not be sent, and how that comes to be while it waits.
type check struct {
	name, why string
	ask       func(f *first, o *customer.Outreach)
	then      func(f *first)
}

var checks = []check{
	{name: "opted out", why: "opted_out", then: func(f *first) {
		f.contact("p000", func(tx *ledger.Tx, c *customer.Contact) error { c.Decline("client", "STOP", tx.Now()); return nil })
	}},
	{name: "blocked", why: "blocked", then: func(f *first) {
		f.contact("p000", func(tx *ledger.Tx, c *customer.Contact) error {
			_, err := c.Shut("andi", "spam", tx.Now())
			return err
		})
	}},
	{name: "never wrote", why: "never_wrote", then: func(f *first) {
		f.contact("p000", func(_ *ledger.Tx, c *customer.Contact) error { c.Wrote = time.Time{}; return nil })
	}},
	{name: "nobody", why: "contact_gone", ask: func(_ *first, o *customer.Outreach) { o.Contact = "p999" }},
	{name: "merged into who declined", why: "opted_out", then: func(f *first) {
		f.person(2)
		f.contact("p002", func(tx *ledger.Tx, c *customer.Contact) error { c.Decline("client", "STOP", tx.Now()); return nil })
		f.does(func(tx *ledger.Tx) error { _, err := customer.Merge(tx, "p002", "p000", "maya"); return err })
	}},
	{name: "the chat is somebody else's", why: "contact_changed", ask: func(f *first, o *customer.Outreach) {
		f.person(2)
		o.Conversation = "c002"
	}},
	{name: "no chat", why: "conversation_gone", ask: func(_ *first, o *customer.Outreach) { o.Conversation = "" }},
	{name: "the chat is gone", why: "conversation_gone", ask: func(_ *first, o *customer.Outreach) { o.Conversation = "c999" }},
	{name: "too late", why: "too_late", ask: func(_ *first, o *customer.Outreach) { o.Until = firstMonday.Add(30 * time.Second) }},
	{name: "the follow-up is over", why: "over", then: func(f *first) {
		f.does(func(tx *ledger.Tx) error {
			fu, _, err := customer.LoadFollowUp(tx, "FU-261123-0000")
			if err != nil {
				return err
			}
			before := fu
			events, err := fu.Record(customer.Response{Way: customer.WayPhone, Result: customer.Later}, "maya", tx.Now())
			if err != nil {
				return err
			}
			return fu.Keep(tx, before, events)
		})
	}},
	{name: "the survey is not there", why: "over", ask: func(_ *first, o *customer.Outreach) {
		o.ID, o.Kind, o.Ref, o.Log = "survey/SV-2612-0001", customer.OutreachSurvey, "SV-2612-0001", "SV-2612-0001"
	}},
	{name: "a reminder not agreed to", why: "not_agreed", ask: func(_ *first, o *customer.Outreach) { o.Kind = customer.OutreachReminder }},
	{name: "a reminder and a complaint", why: "complaint", ask: func(f *first, o *customer.Outreach) {
		o.Kind = customer.OutreachReminder
		f.contact("p000", func(tx *ledger.Tx, c *customer.Contact) error { c.Agree("client", "ya", tx.Now()); return nil })
	}, then: func(f *first) {
		f.does(func(tx *ledger.Tx) error {
			c, _, err := ticket.LoadConversation(tx, "c000")
			if err != nil {
				return err
			}
			t := ticket.Open(&c, "HE-261123-0009", tx.Now())
			t.Complaint = true
			if err := c.Save(tx); err != nil {
				return err
			}
			return t.Save(tx)
		})
	}},
}

// What may not be sent when its turn comes is dropped for its reason, in the commit that
// would have written its letter; who asked for it is told, the reason is counted, and the
// one behind it goes in its place. A job that asks again is not heard, a person is.
func TestOutreachChecks(t *testing.T) {
	t.Parallel()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tellFirst(t, func(f *first) {
				f.pauses("maya", bridge.PausePerson)
				f.person(0)
				f.person(1)
				id := f.asks(0, func(o *customer.Outreach) {
					if c.ask != nil {
						c.ask(f, o)
					}
				})
				f.waits(time.Second)
				if c.then != nil {
					c.then(f)
				}
				next := f.asks(1)
				f.waits(time.Minute)
				f.resumes()
				f.waits(10 * time.Second)
				o := f.outreach(id)
				if o.State != customer.OutreachDropped || o.Why != c.why || o.Turn != 0 || o.Ended.IsZero() {
					t.Errorf("%+v", o)
				}
				if events := f.logged(o.Log, "outreach_dropped"); len(events) != 1 || events[0].Data["why"] != c.why {
					t.Errorf("logged %v", events)
				}
				if !f.channelSays("intake", "<@maya>", o.Ref, bridge.WhyNotSent(c.why, "id")) {
					t.Errorf("who asked was not told: %q", f.board.threads["intake"])
				}
				if got := f.sent(); len(got) != 1 || got[0].id != "ID-outreach/"+next {
					t.Errorf("sent %v, want the one behind it at once", got)
				}
				f.does(func(tx *ledger.Tx) error { o := o; o.By = "halo"; return f.d.Approach(tx, o) })
				if again := f.outreach(id); again.State != customer.OutreachDropped {
					t.Errorf("a job asked again: %+v", again)
				}
				f.does(func(tx *ledger.Tx) error { o := o; o.By = "maya"; o.Asked = time.Time{}; return f.d.Approach(tx, o) })
				if again := f.outreach(id); again.State != customer.OutreachWaiting {
					t.Errorf("a person asked again: %+v", again)
				}
				f.does(func(tx *ledger.Tx) error { return f.d.DropOutreach(tx, id, "test over") })
			})
		})
	}
}

// A contact and a chat that go on in others are written to there.
func TestOutreachFollowsWhoGoesOn(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		f.pauses("maya", bridge.PausePerson)
		f.person(0)
		f.person(1)
		f.asks(0)
		f.does(func(tx *ledger.Tx) error {
			if _, err := customer.Merge(tx, "p001", "p000", "maya"); err != nil {
				return err
			}
			c, err := ticket.Find(tx, "c001", "62812000001@s.whatsapp.net", "62812000000@s.whatsapp.net")
			if err != nil {
				return err
			}
			return c.Save(tx)
		})
		f.resumes()
		f.waits(10 * time.Second)
		if f.phone.mu.Lock(); len(f.phone.shown) != 1 || !strings.HasPrefix(f.phone.shown[0], "62812000001@") {
			t.Errorf("%q", f.phone.shown)
		}
		f.phone.mu.Unlock()
	})
}

// An opt-out word takes everything that waits for the person out of the queue in the same
// commit, also what stands in his lane; other people's messages stay.
func TestOptOutDropsWhatWaits(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		contact, conversation := "", ""
		f.client("m1", "Halo")
		f.waits(time.Minute)
		f.does(func(tx *ledger.Tx) error {
			c, ok, err := ticket.ByAddress(tx, "99@lid")
			if err != nil || !ok {
				return fmt.Errorf("no conversation: %w", err)
			}
			who, _, err := customer.ByChat(tx, c.ID)
			conversation, contact = c.ID, who.ID
			return err
		})
		f.person(5)
		f.link(false)
		mine := func(o *customer.Outreach) { o.Contact, o.Conversation = contact, conversation }
		inLane := f.asks(0, mine)
		f.waits(time.Minute)
		if o := f.outreach(inLane); o.State != customer.OutreachLeaving {
			t.Fatalf("%+v", o)
		}
		waiting := f.asks(1, mine)
		other := f.asks(5)
		f.client("m2", "  *Berhenti!* ")
		for _, id := range []string{inLane, waiting} {
			if o := f.outreach(id); o.State != customer.OutreachDropped || o.Why != "opted_out" {
				t.Errorf("at once: %+v", o)
			}
		}
		f.client("m2", "Berhenti") // WhatsApp brings it again
		f.link(true)
		f.waits(time.Hour)
		if got := f.sent(); len(got) != 1 || got[0].id != "ID-outreach/"+other {
			t.Errorf("sent %v", got)
		}
		confirmed := 0
		f.phone.mu.Lock()
		for _, s := range f.phone.shown {
			confirmed += strings.Count(s, "Baik kak.")
		}
		f.phone.mu.Unlock()
		if confirmed != 1 {
			t.Errorf("confirmed %d times", confirmed)
		}
		if events := f.logged("FU-261123-0001", "outreach_dropped"); len(events) != 1 {
			t.Errorf("%v", events)
		}
	})
}

// The block list does the same, and everything done again changes nothing.
func TestOutreachTwice(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		f.pauses("maya", bridge.PausePerson)
		f.person(0)
		f.person(1)
		id := f.asks(0)
		f.asks(0) // for the same reason
		f.asks(1)
		if rows, err := f.store.Index(f.t.Context(), customer.IndexOutreach, store.Range{}); err != nil || len(rows) != 2 {
			t.Errorf("%v %v", rows, err)
		}
		if events := f.logged("FU-261123-0000", "outreach_asked"); len(events) != 1 {
			t.Errorf("%v", events)
		}
		for range 2 {
			f.does(func(tx *ledger.Tx) error {
				c, _, err := customer.Load(tx, "p000")
				if err != nil {
					return err
				}
				if _, err := c.Shut("andi", "spam", tx.Now()); err != nil {
					return err
				}
				if err := c.Save(tx); err != nil {
					return err
				}
				return f.d.PersonChanged(tx, c, "andi")
			})
		}
		if o := f.outreach(id); o.Why != "blocked" || len(f.logged("FU-261123-0000", "outreach_dropped")) != 1 {
			t.Errorf("%+v", o)
		}
		f.resumes()
		f.waits(time.Second)
		for range 3 { // a timer that fires late, and again
			f.does(func(tx *ledger.Tx) error { return f.d.FireOutreach(tx, ledger.Timer{}) })
		}
		f.waits(10 * time.Minute)
		for range 3 {
			f.does(func(tx *ledger.Tx) error { return f.d.FireOutreach(tx, ledger.Timer{}) })
		}
		f.waits(10 * time.Minute)
		if got := f.sent(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
		f.asks(1) // it was sent: never again
		f.waits(time.Hour)
		if got, o := f.sent(), f.outreach("followup/FU-261123-0001"); len(got) != 1 || o.State != customer.OutreachSent {
			t.Errorf("sent %v, %+v", got, o)
		}
		if rows, err := f.store.Index(f.t.Context(), "outreach-to/p001", store.Range{}); err != nil || len(rows) != 0 {
			t.Errorf("rows left: %v %v", rows, err)
		}
	})
}
