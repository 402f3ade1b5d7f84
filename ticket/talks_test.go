package ticket

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A talk opens, ends and goes on, each once; nothing of it is a ticket's.
func TestATalkIsNoTicket(t *testing.T) {
	p := DefaultPolicy()
	talk, events := OpenTalk("FU-261201-0003", TalkFollowUp, "Toko Maju", "c1", "p1", "k1", false, noon)
	if talk.Title != "FU-261201-0003 · Toko Maju" || talk.Posts != 0 || len(events) != 1 || events[0].What != "talk_opened" {
		t.Fatalf("%+v, %v", talk, events)
	}
	if !talk.WantPost() || talk.WantPost() || talk.Posts != 1 {
		t.Errorf("its post: %d", talk.Posts)
	}
	if events, err := talk.ClientWrote(noon, false); err != nil || len(events) > 0 || len(talk.Waits) > 0 || talk.LastClient != noon {
		t.Errorf("the client wrote: %v, %v, %+v", events, err, talk)
	}
	for name, events := range map[string][]ledger.Event{
		"answer": talk.StaffWrote("rina", noon), "late answer": talk.WordsArrived("rina", noon, noon.Add(time.Second)),
		"take": talk.Take("rina", noon), "sign": talk.Respond("rina", noon), "resume": talk.ResumeTalk("rina", noon),
	} {
		if len(events) > 0 || talk.Agent != "" || !talk.Responded.IsZero() {
			t.Errorf("%s: %v, %+v", name, events, talk)
		}
	}
	if due := talk.Due(p, always{}); len(due) > 0 {
		t.Errorf("it is owed %v", due)
	}
	if _, err := talk.RequestData([]string{"nota"}, "rina", noon); !refused(err, "talk") {
		t.Errorf("data is asked for: %v", err)
	}
	accepted, err := talk.Accept("rina", noon)
	if err := errors.Join(err, talk.Fits(accepted)); !refused(err, "talk") {
		t.Errorf("it is accepted: %v", err)
	}
	if err := talk.Fits([]ledger.Event{{What: "client_wrote"}, {What: "talk_ended"}, {What: "scheduled_due"}}); err != nil {
		t.Error(err)
	}
	talk.Agent = ""
	for n := range 2 {
		if got := talk.EndTalk("rina", noon.Add(time.Hour)); len(got) != 1-n || talk.State != Closed {
			t.Errorf("it ends: %v, %+v", got, talk)
		}
	}
	for n := range 2 {
		if got := talk.ResumeTalk("client", noon.Add(2*time.Hour)); len(got) != 1-n || talk.State == Closed {
			t.Errorf("it goes on: %v, %+v", got, talk)
		}
	}
	concern := Ticket{Number: "HE-1"}
	if concern.IsTalk() || len(concern.EndTalk("rina", noon)) > 0 || concern.WantPost() || concern.Fits([]ledger.Event{{What: "accepted"}}) != nil {
		t.Error("a ticket is taken for a talk")
	}
}

func refused(err error, key string) bool {
	r, ok := errors.AsType[*Refusal](err)
	return ok && r.Key == key
}

// A conversation knows the talk and the survey of now and those of before, a few; of two
// that are one person's the later talk counts.
func TestTalksOfAConversation(t *testing.T) {
	c := Conversation{ID: "c1", Open: "HE-1"}
	for n, number := range []string{"FU-1", "FU-2", "FU-3", "FU-2", "FU-4", "FU-5", "FU-6", "FU-7"} {
		for range 2 {
			c.TalkSent(number, noon.Add(time.Duration(n)*time.Hour))
		}
	}
	c.AskSurvey("SV-1")
	if want := []string{"HE-1", "FU-7", "SV-1", "FU-6", "FU-5", "FU-4", "FU-2", "FU-3"}; !slices.Equal(c.Latest(), want) {
		t.Errorf("latest %q, want %q", c.Latest(), want)
	}
	c.AskSurvey("")
	if c.Survey != "" || c.Told[0] != "SV-1" || len(c.Told) != mostTold {
		t.Errorf("after the survey: %+v", c)
	}
	other := Conversation{ID: "c2", Talk: "FU-9", TalkAt: noon.Add(24 * time.Hour), Survey: "SV-2"}
	c.absorb(other)
	if c.Talk != "FU-9" || !c.TalkAt.Equal(other.TalkAt) || c.Survey != "SV-2" || c.Told[0] != "FU-7" {
		t.Errorf("merged: %+v", c)
	}
	c.absorb(Conversation{ID: "c3", Talk: "FU-8", TalkAt: noon})
	if c.Talk != "FU-9" || !slices.Contains(c.Told, "FU-8") {
		t.Errorf("merged with an older one: %+v", c)
	}
	talk, _ := OpenTalk("FU-9", TalkFollowUp, "", "c1", "", "", true, noon)
	before := c
	c.Follow(talk)
	if c.Open != before.Open || c.Last != before.Last || len(c.Also) > 0 {
		t.Errorf("it follows a talk: %+v", c)
	}
}
