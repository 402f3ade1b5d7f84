package ticket

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// full is a ticket in which every list and every text is as long as it can become.
func full() Ticket {
	id := "1234567890123456789"
	at := noon.Add(time.Millisecond)
	text := func(most int) string { return strings.Repeat("<", most/6) } // six bytes each
	t := Ticket{
		Number: "HE-250114-123456", Conversation: "c0123456789abcdef", State: Closed, Title: strings.Repeat("<", 100), Thread: id, Posts: 9, Step: 9, Gist: text(longGist),
		Channel: WhatsApp, Talk: TalkFollowUp, Contact: text(longID), Customer: text(longID), Agent: id, AgentSince: at, OnPhone: true,
		Offering: Offering{Wanted: at, Tried: at, OfferedTo: id, Silent: true, Nobody: true},
		Opened:   at, FirstWord: at, Responded: at, LastClient: at, LastStaff: at, LastNews: at,
		Waits: []Wait{{Client, Staff, at}, {Staff, Client, at}, {Staff, Developer, at}},
		Asked: text(longAsked), AccessFrom: at, SecretsTo: at, Told: at,
		Class: Normal, Issue: text(longName), Complaint: true, Team: text(longName), Escalated: at, Supervisor: id,
		Summary: text(longSummary), Solution: text(longSolution), ResolvedAt: at, ClosingSent: at, SilentFrom: at, Unclear: true,
		ClosedAt: at, Ending: EndConfirmed, Reopened: 99,
		Rating:  Opinion{at, true, true, at, 1, text(longComment), at, ReviewOpen},
		Snoozed: at, Woken: at, MergedInto: "HE-250114-123456",
		Warranty:  Warranty{ClaimAccepted, at, text(longReason), WarrantyForm{text(longField), text(longField), text(longField), text(longField), text(longField), text(longField)}, text(longReason)},
		Reminders: Reminders{true, true, at, at, Classes(), Classes()},
		kept:      id, watched: true,
	}
	t.Agents = slices.Repeat([]string{id}, mostAgents)
	t.Offers = slices.Repeat([]Offered{{id, at, true}}, mostOffers)
	t.Classes = slices.Repeat([]Classed{{Normal, id, at}}, mostClasses)
	t.Reports = slices.Repeat([]string{text(longID)}, mostReports)
	t.Back, t.Passed = t.Reports, slices.Repeat([]string{text(longID)}, mostPassed)
	t.Pauses = slices.Repeat([]Pause{{at, at}}, mostPauses)
	t.Scheduled = slices.Repeat([]Scheduled{{text(longID), text(longScheduled), at, id, true}}, mostScheduled)
	t.MergedFrom = slices.Repeat([]string{"HE-250114-123456"}, mostMerged)
	return t
}

// Whatever people write, the document fits, and comes back as it was.
func TestFullTicket(t *testing.T) {
	tk := full()
	v := reflect.ValueOf(tk)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not filled", v.Type().Field(i).Name)
		}
	}
	data, err := json.Marshal(tk.stored())
	if err != nil || len(data) > 16<<10 {
		t.Errorf("a full ticket takes %d bytes: %v", len(data), err)
	}
	got, err := Decode(data)
	if err != nil || !reflect.DeepEqual(got, tk) {
		t.Errorf("came back as\n%+v, want\n%+v (%v)", got, tk, err)
	}
	t.Logf("%d bytes", len(data))
}

// Version 1, byte for byte: open ones go on, closed ones stay closed.
func TestVersion1(t *testing.T) {
	p := DefaultPolicy()
	for doc, check := range map[string]func(Ticket) bool{
		`{"v":1,"number":"HE-1","conv":"c1","state":"new","title":"HE-1 · Ana","posts":1,"opened":1736856000000}`: func(tk Ticket) bool {
			kinds := []string{}
			for _, d := range tk.Due(p, always{}) {
				kinds = append(kinds, d.Kind)
			}
			return slices.Equal(kinds, []string{TimerFirstReminder, TimerFirstResponse, TimerOffer}) && tk.FirstWord.Equal(noon)
		},
		`{"v":1,"number":"HE-1","conv":"c1","state":"assigned","title":"HE-1","thread":"77","posts":1,"agent":"sari","opened":1736856000000,"responded":1736856060000}`: func(tk Ticket) bool {
			return tk.Agent == "sari" && tk.Tag() == "assigned" && len(tk.Due(p, always{})) == 0
		},
		`{"v":1,"number":"HE-1","conv":"c1","state":"assigned","title":"HE-1","posts":1,"opened":1736856000000,"responded":1736856060000}`: func(tk Ticket) bool {
			return tk.Agent == "" && tk.OnPhone && tk.Tag() == "assigned"
		},
		`{"v":1,"number":"HE-1","conv":"c1","state":"closed","title":"HE-1","posts":1,"agent":"sari","opened":1736856000000,"responded":1736856060000,"closed":1736859600000}`: func(tk Ticket) bool {
			_, err := tk.AskRating(time.Time{}, noon.Add(48*time.Hour), p)
			return tk.Reopenable(noon.Add(24*time.Hour), p) && err == nil && tk.Rating.Asked.IsZero() && len(tk.Due(p, always{})) == 0
		},
	} {
		tk, err := Decode([]byte(doc))
		if err != nil || tk.Channel != WhatsApp || !check(tk) {
			t.Errorf("%s became %+v, %v", doc, tk, err)
		}
		state := tk.State
		if tk.settle(); tk.State != state {
			t.Errorf("%s is %s by its own facts", doc, tk.State)
		}
	}
}

// The indexes follow the ticket from agent to agent, until it closes.
func TestIndexes(t *testing.T) {
	s := shelf{}
	rows := map[string]bool{}
	change := func(fn func(tk *Ticket)) {
		t.Helper()
		tx := ledger.NewTx(noon, s)
		tk, ok, err := Load(tx, "HE-1")
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			tk = Open(&Conversation{ID: "c1"}, "HE-1", noon)
		}
		fn(&tk)
		if err := tk.Save(tx); err != nil {
			t.Fatal(err)
		}
		c := tx.Finish()
		for _, r := range c.Unindexed {
			delete(rows, r.Index)
		}
		for _, r := range c.Indexed {
			rows[r.Index] = true
		}
		for _, p := range c.Puts {
			s[p.Ref] = p.Data
		}
	}
	step := func(want string, fn func(tk *Ticket) error) {
		t.Helper()
		change(func(tk *Ticket) {
			if err := fn(tk); err != nil {
				t.Fatal(err)
			}
		})
		have := []string{}
		for r := range rows {
			have = append(have, r)
		}
		slices.Sort(have)
		if got := strings.Join(have, " "); got != want {
			t.Errorf("indexes %q, want %q", got, want)
		}
	}
	step("nobody open", func(*Ticket) error { return nil })
	step("agent/sari open", func(tk *Ticket) error { _, err := tk.Accept("sari", noon); return err })
	step("agent/dewi open", func(tk *Ticket) error { _, err := tk.TakeOver("dewi", noon); return err })
	step("nobody open", func(tk *Ticket) error { _, err := tk.Release("dewi", "", noon); return err })
	step("agent/joko open", func(tk *Ticket) error {
		for _, user := range []string{"sari", "dewi", "joko"} {
			if _, err := tk.Transfer(user, "andi", noon); err != nil {
				return err
			}
		}
		return nil
	})
	step("closed", func(tk *Ticket) error { _, err := tk.Drop("", "joko", noon); return err })
	step("agent/joko open", func(tk *Ticket) error { _, err := tk.Reopen("", "andi", noon); return err })
}

func TestCut(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("x", 50), strings.Repeat("<é", 50), strings.Repeat("\U0001F600", 20), "\xff\xfe" + strings.Repeat("a", 40)} {
		got := cut(text, 30)
		if stored(got) > 30 || !tooLong(text, 30) && got != text || tooLong(text, 30) && !strings.HasSuffix(got, "…") {
			t.Errorf("%q was cut to %q, %d bytes", text, got, stored(got))
		}
	}
}
