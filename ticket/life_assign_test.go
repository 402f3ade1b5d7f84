package ticket

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Two press the button at once: one wins, the other reads who.
func TestAcceptOnce(t *testing.T) {
	s := tells(t)
	s.state(New)
	s.twice("accepted responded", func() ([]ledger.Event, error) { return s.tk.Accept("sari", s.at) })
	s.state(Assigned)
	before := s.tk
	_, err := s.tk.Accept("dewi", s.at)
	r, _ := err.(*Refusal)
	if r == nil || r.Key != "taken" || r.Who != "sari" || s.tk.Agent != before.Agent {
		t.Errorf("the second one was told %v", err)
	}
	if !strings.Contains(r.Say(false), "<@sari>") || !strings.Contains(r.Say(true), "<@sari>") {
		t.Errorf("the refusal does not name the winner: %q", r.Say(false))
	}
	s.refused("nobody", func() ([]ledger.Event, error) { return s.tk.Accept("", s.at) })
}

// The first reply accepts as the button does.
func TestFirstReplyAccepts(t *testing.T) {
	s := tells(t)
	s.said("accepted responded waited")(s.tk.StaffWrote("sari", s.at))
	if s.tk.Agent != "sari" || s.tk.Responded.IsZero() {
		t.Errorf("after the first reply: %+v", s.tk)
	}
	// Somebody else's held message that was sent is an answer, no take-over.
	s.did("", "")(s.tk.ClientWrote(s.at, false))
	s.said("waited")(s.tk.StaffWrote("dewi", s.at))
	if s.tk.Agent != "sari" {
		t.Errorf("the ticket is %s's", s.tk.Agent)
	}
}

// Words that arrive after their writer let the ticket go answer the client, and give it
// to nobody.
func TestWordsOfWhoLetGo(t *testing.T) {
	s := tells(t)
	s.said("accepted")(s.tk.Take("sari", s.at))
	written := s.at
	s.did("released", "")(s.tk.Release("sari", "", s.at))
	s.said("responded waited")(s.tk.WordsArrived("sari", written, s.at.Add(3*time.Second)))
	if s.tk.Agent != "" || s.tk.Wanted.IsZero() {
		t.Errorf("the ticket is %q's, looked for since %s", s.tk.Agent, s.tk.Wanted)
	}
	s.state(New)
}

// What the client wrote while words were on their way to him is not answered by them.
func TestWordsThatCross(t *testing.T) {
	s := tells(t)
	s.said("accepted")(s.tk.Take("sari", s.at))
	written := s.at
	s.did("", "")(s.tk.ClientWrote(written.Add(2*time.Second), false))
	s.said("responded waited")(s.tk.WordsArrived("sari", written, written.Add(3*time.Second)))
	if since, waits := s.tk.Waiting(Client, Staff); !waits || !since.Equal(written.Add(2*time.Second)) {
		t.Errorf("the client waits since %s", since)
	}
	s.said("waited")(s.tk.WordsArrived("sari", written.Add(4*time.Second), written.Add(7*time.Second)))

	written = written.Add(8 * time.Second)
	s.did("", "")(s.tk.ClientWrote(written.Add(time.Second), false))
	s.did("", "")(s.tk.ClientWrote(written.Add(2*time.Second), true))
	s.said("")(s.tk.WordsArrived("sari", written, written.Add(3*time.Second)))
	if since, _ := s.tk.Waiting(Client, Staff); !since.Equal(written.Add(time.Second)) {
		t.Errorf("the client waits since %s", since)
	}
}

// Who answers from the linked phone has no name; the ticket can still be accepted.
func TestAnswerFromThePhone(t *testing.T) {
	s := tells(t)
	s.said("responded waited")(s.tk.StaffWrote("", s.at))
	s.state(Assigned)
	if s.tk.Agent != "" {
		t.Errorf("agent %q", s.tk.Agent)
	}
	s.did("accepted", "")(s.tk.Accept("sari", s.at))
}

func TestTransferAndTakeOver(t *testing.T) {
	s := tells(t)
	s.twice("transferred", func() ([]ledger.Event, error) { return s.tk.Transfer("sari", "andi", s.at) })
	if !s.tk.Responded.IsZero() {
		t.Error("a transfer is no sign the client gets")
	}
	// Who was given it accepts it: that is one.
	s.twice("responded", func() ([]ledger.Event, error) { return s.tk.Accept("sari", s.at) })
	s.twice("taken_over", func() ([]ledger.Event, error) { return s.tk.TakeOver("dewi", s.at) })
	s.twice("transferred", func() ([]ledger.Event, error) { return s.tk.Transfer("sari", "dewi", s.at) })
	if !slices.Equal(s.tk.Agents, []string{"dewi", "sari"}) && !slices.Equal(s.tk.Agents, []string{"dewi"}) && !slices.Equal(s.tk.Agents, []string{"sari", "dewi"}) {
		t.Errorf("earlier agents %q", s.tk.Agents)
	}
	s.refused("nobody", func() ([]ledger.Event, error) { return s.tk.Transfer("", "dewi", s.at) })
	s.did("released", "")(s.tk.Release("sari", "", s.at))
	s.did("accepted", "")(s.tk.TakeOver("dewi", s.at))
}

// Whoever goes off duty leaves his tickets, and is not offered them again.
func TestRelease(t *testing.T) {
	s := tells(t)
	s.did("offered", "")(s.tk.Offer("sari", s.at))
	s.twice("offer_declined", func() ([]ledger.Event, error) { return s.tk.Release("sari", "busy", s.at) })
	s.did("accepted responded", "")(s.tk.Accept("dewi", s.at))
	s.did("", "")(s.tk.Release("sari", "", s.at)) // has nothing of it
	s.twice("released", func() ([]ledger.Event, error) { return s.tk.Release("dewi", "off", s.at) })
	s.state(New)
	both := []Candidate{{User: "sari", Presence: OnDuty, Capacity: 1}, {User: "dewi", Presence: OnDuty, Capacity: 1}}
	if user, ok := s.tk.Pick(both); ok {
		t.Errorf("offered again to %s", user)
	}
	// He may still change his mind, and then it was not let go.
	s.did("accepted", "")(s.tk.Accept("dewi", s.at))
	if s.tk.LetGo("dewi") || !s.tk.LetGo("sari") {
		t.Errorf("offers: %+v", s.tk.Offers)
	}
}

// An offer that nobody accepts goes on to the next, until there is nobody left.
func TestOffersGoRound(t *testing.T) {
	s := tells(t)
	staff := []Candidate{
		{User: "sari", Presence: OnDuty, Capacity: 10},
		{User: "dewi", Presence: OnDuty, Capacity: 10, Open: 1},
	}
	var to []string
	for range 4 {
		s.runs(s.at.Add(s.p.OfferAgain))
		if user, ok := s.tk.Pick(staff); ok {
			to = append(to, user)
			s.did("offered", "")(s.tk.Offer(user, s.at))
			s.did("", "")(s.tk.Offer(user, s.at))
		} else {
			events, err := s.tk.NobodyToOffer(s.at)
			s.log = append(s.log, events...)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if !slices.Equal(to, []string{"sari", "dewi"}) {
		t.Errorf("offered to %q", to)
	}
	if told := s.times("nobody_to_offer"); len(told) != 1 {
		t.Errorf("told %d times that there is nobody", len(told))
	}
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.refused("taken", func() ([]ledger.Event, error) { return s.tk.Offer("dewi", s.at) })
	s.refused("taken", func() ([]ledger.Event, error) { return s.tk.NobodyToOffer(s.at) })
}

// A ticket whose agent is silent is offered again; it stays his until somebody accepts,
// and so when he speaks up.
func TestSilentAgent(t *testing.T) {
	for _, speaks := range []bool{false, true} {
		s := tells(t)
		s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
		s.runs(s.at.Add(s.p.SilentAgent))
		if n := len(s.times("agent_silent")); n != 1 || s.tk.Agent != "sari" {
			t.Fatalf("%d times silent, agent %q", n, s.tk.Agent)
		}
		s.did("offered", "")(s.tk.Offer("dewi", s.at))
		if speaks {
			s.said("waited")(s.tk.StaffWrote("sari", s.at))
			s.refused("taken", func() ([]ledger.Event, error) { return s.tk.Accept("dewi", s.at) })
			if s.tk.LetGo("sari") {
				t.Error("who spoke up has not let it go")
			}
		} else {
			s.did("accepted", "")(s.tk.Accept("dewi", s.at))
			if s.tk.Agent != "dewi" || !slices.Equal(s.tk.Agents, []string{"sari"}) {
				t.Errorf("agent %s after %q", s.tk.Agent, s.tk.Agents)
			}
		}
		if s.tk.Silent || s.tk.OfferedTo != "" {
			t.Errorf("still offered: %+v", s.tk.Offering)
		}
	}
}

func TestPick(t *testing.T) {
	on := func(user string, open int, offered time.Time) Candidate {
		return Candidate{User: user, Presence: OnDuty, Open: open, Capacity: 3, Offered: offered}
	}
	with := func(c Candidate, change func(*Candidate)) Candidate { change(&c); return c }
	for name, test := range map[string]struct {
		candidates []Candidate
		want       string
	}{
		"nobody":                     {nil, ""},
		"the fewest":                 {[]Candidate{on("a", 2, time.Time{}), on("b", 1, noon)}, "b"},
		"then the longest without":   {[]Candidate{on("a", 1, noon), on("b", 1, noon.Add(-1))}, "b"},
		"never offered comes first":  {[]Candidate{on("a", 1, noon), on("b", 1, time.Time{})}, "b"},
		"then by id":                 {[]Candidate{on("b", 1, noon), on("a", 1, noon)}, "a"},
		"under capacity":             {[]Candidate{on("a", 3, noon)}, ""},
		"just under capacity":        {[]Candidate{on("a", 2, noon)}, "a"},
		"off duty":                   {[]Candidate{with(on("a", 0, noon), func(c *Candidate) { c.Presence = OffDuty }), on("b", 2, noon)}, "b"},
		"on a break":                 {[]Candidate{with(on("a", 0, noon), func(c *Candidate) { c.Presence = OnBreak })}, ""},
		"never heard of":             {[]Candidate{with(on("a", 0, noon), func(c *Candidate) { c.Presence = "" })}, ""},
		"who let it go":              {[]Candidate{with(on("a", 0, noon), func(c *Candidate) { c.LetGo = true }), on("b", 2, noon)}, "b"},
		"no capacity":                {[]Candidate{with(on("a", 0, noon), func(c *Candidate) { c.Capacity = 0 })}, ""},
		"a person without a name":    {[]Candidate{on("", 0, noon)}, ""},
		"fewest before longest wait": {[]Candidate{on("a", 1, noon), on("b", 2, time.Time{})}, "a"},
	} {
		if user, ok := Pick(test.candidates); user != test.want || ok != (test.want != "") {
			t.Errorf("%s: picked %q %v, want %q", name, user, ok, test.want)
		}
		slices.Reverse(test.candidates)
		if user, _ := Pick(test.candidates); user != test.want {
			t.Errorf("%s, in other order: picked %q, want %q", name, user, test.want)
		}
	}
}

func TestDuty(t *testing.T) {
	d, err := LoadDuty(ledger.NewTx(noon, shelf{}), "sari")
	if err != nil || d.Presence != OffDuty {
		t.Fatalf("never heard of: %+v %v", d, err)
	}
	for _, step := range []struct {
		to   Presence
		want string
	}{
		{OffDuty, ""}, {OnDuty, "came_on_duty"}, {OnDuty, ""}, {OnBreak, "took_break"}, {OnBreak, ""},
		{OnDuty, "came_on_duty"}, {OffDuty, "went_off_duty"}, {"lunch", ""}, {OnDuty, "came_on_duty"},
	} {
		if got := whats(d.Go(step.to, "sari", noon)); got != step.want {
			t.Errorf("going %s: %q, want %q", step.to, got, step.want)
		}
	}
	d.Offered, d.Capacity = noon, 3
	s := shelf{}
	s.do(t, func(tx *ledger.Tx) error { return d.Save(tx) })
	s.do(t, func(tx *ledger.Tx) error {
		got, err := LoadDuty(tx, "sari")
		if got != d {
			t.Errorf("loaded %+v, want %+v", got, d)
		}
		return err
	})
	if c := d.Candidate(2, DefaultPolicy()); c != (Candidate{User: "sari", Presence: OnDuty, Open: 2, Capacity: 3, Offered: noon}) {
		t.Errorf("candidate %+v", c)
	}
	d.Capacity = 0
	if c := d.Candidate(2, DefaultPolicy()); c.Capacity != DefaultPolicy().Capacity {
		t.Errorf("capacity %d", c.Capacity)
	}
}
