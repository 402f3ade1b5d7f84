package ticket

import (
	"testing"
	"time"

	"github.com/haloerzap/halo/calendar"
)

var _ Clock = (*calendar.Calendar)(nil)

// jakarta are the default hours: Monday to Friday 08:00-17:00, Saturday 08:00-14:00.
func jakarta(t *testing.T) *calendar.Calendar {
	t.Helper()
	day := []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}
	c, err := calendar.New(calendar.Plan{Zone: time.FixedZone("WIB", 7*3600), Week: calendar.Hours{
		time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day, time.Friday: day,
		time.Saturday: {{Open: 8 * 60, Close: 14 * 60}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A weekend on the desk's own calendar: a first response that begins on Saturday ends on
// Monday, and so does a target; a closing by silence does not wait.
func TestWeekend(t *testing.T) {
	c := jakarta(t)
	saturday := time.Date(2025, 1, 18, 13, 59, 30, 0, c.Zone())
	monday := time.Date(2025, 1, 20, 8, 0, 0, 0, c.Zone())
	s := &story{T: t, at: saturday, p: DefaultPolicy(), c: c, conv: Conversation{ID: "c1"}}
	s.tk = Open(&s.conv, "HE-1", s.at)
	s.did("", "")(s.tk.ClientWrote(s.at, false))
	s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
	for _, d := range s.tk.Due(s.p, c) {
		want := map[string]time.Time{
			TimerFirstReminder: monday.Add(30 * time.Second),
			TimerFirstResponse: monday.Add(90*time.Second + ms),
			TimerOffer:         saturday,
			TimerTargetNear:    monday.Add(22 * time.Minute),
			TimerTarget:        monday.Add(29*time.Minute + 30*time.Second),
		}[d.Kind]
		if !d.Due.Equal(want) {
			t.Errorf("%s at %s, want %s", d.Kind, d.Due, want)
		}
	}
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", saturday.Add(5*time.Minute)))
	s.said("closing_sent")(s.tk.ClosingAccepted(saturday.Add(5 * time.Minute)))
	s.runs(saturday.Add(25 * time.Minute))
	s.state(Closed)
	if got := s.tk.Worked(monday, c); got != 30*time.Second {
		t.Errorf("worked on it for %s", got)
	}
}

func TestTag(t *testing.T) {
	// The tags of the forum.
	for state, want := range map[State]string{
		New: "new", Assigned: "assigned", WaitingClient: "waiting", WaitingDeveloper: "developer", Resolved: "resolved", Closed: "closed",
	} {
		if got := (Ticket{State: state}).Tag(); got != want {
			t.Errorf("%s is tagged %s, want %s", state, got, want)
		}
	}
}
