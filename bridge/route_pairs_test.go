package bridge_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A routed is somebody whose next message may belong to several places.
type routed struct {
	*guest
	n     int
	quote string // WhatsApp's id of what he quotes
	begun time.Time
}

func (r *routed) id(what string) string {
	switch what {
	case "survey":
		return fmt.Sprintf("SV-2612-%04d", r.n)
	case "talk":
		return fmt.Sprintf("FU-261201-%04d", r.n)
	}
	return fmt.Sprintf("HE-%s-%04d", map[string]string{"open": "261130", "rated": "261128", "last": "261129"}[what], r.n)
}

// has puts a ticket of him into a state.
func (r *routed) has(what string, fn func(t *ticket.Ticket, c *ticket.Conversation)) {
	r.o.board.mu.Lock()
	r.o.board.posts = append(r.o.board.posts, r.id(what)+" as if posted")
	r.o.board.mu.Unlock()
	r.o.look(func(tx *ledger.Tx) error {
		c, _, err := ticket.ByAddress(tx, string(r.address))
		if err != nil {
			return err
		}
		t := ticket.Open(&c, r.id(what), tx.Now().Add(-2*time.Hour))
		t.Contact, t.Thread, t.FirstWord, t.LastClient = fmt.Sprintf("person%02d", r.n), "thread-"+t.Number, t.Opened, t.Opened
		if what != "open" {
			c.Open = ""
			t.State, t.Class, t.Agent = ticket.Closed, ticket.Easy, "sari"
			t.ResolvedAt, t.ClosedAt = tx.Now().Add(-time.Hour), tx.Now().Add(-50*time.Minute)
			c.Last = max(c.Last, t.Number)
		}
		fn(&t, &c)
		if err := t.Keep(tx, ticket.Ticket{}, nil, r.o.policy.Policy, r.o.policy.Calendar); err != nil {
			return err
		}
		return c.Save(tx)
	})
}

// gets is a message of the desk on his phone that he will quote.
func (r *routed) gets(log, letter string) {
	r.quote = "EXT-" + log
	r.o.look(func(tx *ledger.Tx) error {
		tx.Send(ledger.Letter{ID: letter, Lane: bridge.ClientLane(fmt.Sprintf("conv%02d", r.n)), Log: log, Kind: "text", Body: []byte(`{"text":"dari kami"}`), Ext: r.quote})
		return nil
	})
}

func (r *routed) surveyed() {
	r.o.look(func(tx *ledger.Tx) error {
		s, events, err := customer.NewSurvey(customer.Survey{ID: r.id("survey"), Customer: "ana", Contact: fmt.Sprintf("person%02d", r.n), Conversation: fmt.Sprintf("conv%02d", r.n), Orders: []string{"PO"}}, "halo", tx.Now())
		if err != nil {
			return err
		}
		events = append(events, s.Leave(tx.Now())...)
		c, _, err := ticket.ByAddress(tx, string(r.address))
		if err != nil {
			return err
		}
		c.AskSurvey(s.ID)
		if err := s.Keep(tx, customer.Survey{}, events); err != nil {
			return err
		}
		return c.Save(tx)
	})
}

func (r *routed) followed() {
	r.o.look(func(tx *ledger.Tx) error {
		c, _, err := ticket.ByAddress(tx, string(r.address))
		if err != nil {
			return err
		}
		t, events := ticket.OpenTalk(r.id("talk"), ticket.TalkFollowUp, "Toko Ana", c.ID, fmt.Sprintf("person%02d", r.n), "", true, tx.Now())
		c.TalkSent(t.Number, tx.Now().Add(-6*24*time.Hour))
		if err := c.Save(tx); err != nil {
			return err
		}
		return r.o.policy.BeginTalk(tx, t, events)
	})
}

// places are where his message went: one of them, if all is well.
func (r *routed) places() (all []string) {
	wrote := func(log string) bool {
		return slices.ContainsFunc(r.o.eventsOf(log), func(e ledger.Event) bool { return e.What == "client_wrote" && !e.At.Before(r.begun) })
	}
	add := func(place string, is bool) {
		if is {
			all = append(all, place)
		}
	}
	c := r.conversation()
	opted, rated, answered := false, false, false
	r.o.look(func(tx *ledger.Tx) error {
		who, _, err := customer.Load(tx, fmt.Sprintf("person%02d", r.n))
		opted = who.Consent.Choice == customer.Declined
		if t, ok, err := ticket.Load(tx, r.id("rated")); err == nil && ok {
			rated = t.Rating.Stars > 0
		}
		if s, ok, err := customer.LoadSurvey(tx, r.id("survey")); err == nil && ok {
			answered = len(s.Answers) > 0
		}
		return err
	})
	add("opt", opted)
	add("rating", rated)
	add("survey", answered)
	add("follow-up", wrote(r.id("talk")) && !opted)
	add("open", wrote(r.id("open")) && !opted)
	reopened := c.Open == r.id("last") || c.Open == r.id("rated")
	add("note", (wrote(r.id("last")) || wrote(r.id("rated"))) && !reopened && !opted && !rated)
	add("reopened", reopened)
	add("new", c.Open != "" && !reopened && c.Open != r.id("open"))
	if len(all) == 0 {
		return []string{"nowhere"}
	}
	return all
}

// The lines of the procedure in their order: what makes a message match, the words it
// needs, and the place it goes to.
var routeLines = []struct {
	name, text, place string
	facts             func(r *routed)
}{
	{"blocked", "", "nowhere", func(r *routed) {
		r.o.look(func(tx *ledger.Tx) error {
			c, _, err := customer.Load(tx, fmt.Sprintf("person%02d", r.n))
			c.Block = customer.Block{At: tx.Now(), Why: "spam", By: "sari"}
			return errorOr(err, c.Save(tx))
		})
	}},
	{"opt word", "STOP", "opt", func(*routed) {}},
	{"quote of a rating", "5", "rating", func(r *routed) {
		r.has("rated", func(t *ticket.Ticket, c *ticket.Conversation) {
			t.Rating.Asked, c.Rated, c.RatedAt = t.ClosedAt, t.Number, t.ClosedAt
		})
		r.gets(r.id("rated"), "t/"+r.id("rated")+"/9.rating")
	}},
	{"quote of a survey", "4", "survey", func(r *routed) {
		r.surveyed()
		r.gets(r.id("survey"), "sv/"+r.id("survey")+"/1.survey_performance")
	}},
	{"quote of a follow-up", "", "follow-up", func(r *routed) {
		r.followed()
		r.gets(r.id("talk"), "followup/"+r.id("talk"))
	}},
	{"open ticket", "", "open", func(r *routed) { r.has("open", func(*ticket.Ticket, *ticket.Conversation) {}) }},
	{"pending rating", "5", "rating", func(r *routed) {
		r.has("rated", func(t *ticket.Ticket, c *ticket.Conversation) {
			t.Rating.Asked, c.Rated, c.RatedAt = t.ClosedAt, t.Number, t.ClosedAt
		})
	}},
	{"running survey", "4", "survey", func(r *routed) { r.surveyed() }},
	{"follow-up of the last days", "", "follow-up", func(r *routed) { r.followed() }},
	{"thanks", "makasih kak", "note", func(r *routed) { r.has("last", func(*ticket.Ticket, *ticket.Conversation) {}) }},
	{"closed lately", "", "reopened", func(r *routed) { r.has("last", func(*ticket.Ticket, *ticket.Conversation) {}) }},
	{"new", "", "new", func(*routed) {}},
}

func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// A message that two lines of the procedure match goes where the first one says, and to no
// other place: all pairs, through the relay and the store as they are.
func TestEveryPairOfRoutes(t *testing.T) {
	t.Parallel()
	for i, first := range routeLines {
		t.Run(first.name, func(t *testing.T) {
			t.Parallel()
			aPoll(t, "2026-12-01 09:00", func(p *poll) {
				p.company("ana", "Toko Ana")
				for j, second := range routeLines[i:] {
					r := &routed{guest: p.person(j+1, fmt.Sprint("Ana ", j), "ana"), n: j + 1}
					text := "printer di outlet kami tidak jalan"
					if second.text != "" {
						text = second.text
					}
					if first.text != "" {
						text = first.text
					}
					if j > 0 {
						second.facts(r)
					}
					first.facts(r) // its quote is the one that counts
					p.pause(time.Second)
					m := bridge.ClientMessage{Kind: bridge.KindPlainText, Text: text}
					if r.quote != "" {
						m.Quote = &bridge.Quote{ID: r.quote, Own: true}
					}
					r.begun = time.Now()
					r.sends(fmt.Sprint("M", j), m)
					p.pause(2 * time.Second)
					if got := r.places(); !slices.Equal(got, []string{first.place}) {
						t.Errorf("%s and %s: %q went to %q, want %s", first.name, second.name, text, got, first.place)
					}
				}
			})
		})
	}
}
