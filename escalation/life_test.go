package escalation

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

var noon = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)

func whole() Form {
	return Form{System: "panel", Place: "Kemang", Detail: "Stok tidak cocok", Reproduction: "Buka stok, tekan hitung", Evidence: []string{"w/c1/A"}}
}

// A desk tells a report's life and checks what was said.
type desk struct {
	*testing.T
	r  Report
	at time.Time
}

func opened(t *testing.T, p Party) *desk {
	t.Helper()
	team := ""
	if p == Developers {
		team = "POS"
	}
	r, events, err := New("HE-1-R1", p, team, "HE-1", whole(), "sari", noon)
	if err != nil || whats(events) != "report_opened" {
		t.Fatalf("opened with %v, %v", events, err)
	}
	return &desk{t, r, noon}
}

func whats(events []ledger.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.What)
	}
	return strings.Join(all, " ")
}

// does makes a step that is said as told; made again, it is not said again.
func (d *desk) does(told string, step func() ([]ledger.Event, error)) {
	d.Helper()
	d.at = d.at.Add(time.Minute)
	events, err := step()
	if err != nil || whats(events) != told {
		d.Fatalf("in %s: said %q, %v, want %q", d.r.State, whats(events), err, told)
	}
	after := d.r
	d.at = d.at.Add(time.Minute)
	again, err := step()
	if _, refused := errors.AsType[*Refusal](err); len(again) > 0 || err != nil && !refused || !reflect.DeepEqual(d.r, after) {
		d.Fatalf("%s twice: said %q, %v\n%+v\n%+v", told, whats(again), err, d.r, after)
	}
}

func (d *desk) refuses(key string, step func() ([]ledger.Event, error)) {
	d.Helper()
	before := d.r
	events, err := step()
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Key != key || len(events) > 0 || !reflect.DeepEqual(d.r, before) {
		d.Fatalf("in %s: %q, %v, want the refusal %s", d.r.State, whats(events), err, key)
	}
}

func (d *desk) stands(s State) {
	d.Helper()
	if d.r.State != s {
		d.Fatalf("it is %s, want %s", d.r.State, s)
	}
}

// The story of the procedure: data is asked for and comes, the re-test fails once, passes,
// and the client says that it is not mended.
func TestAReportToDevelopers(t *testing.T) {
	d := opened(t, Developers)
	d.does("report_taken", func() ([]ledger.Event, error) { return d.r.Take("bayu", false, d.at) })
	d.refuses("taken", func() ([]ledger.Event, error) { return d.r.Take("rudi", false, d.at) })
	d.refuses("no_question", func() ([]ledger.Event, error) { return d.r.NeedData(" ", "bayu", d.at) })
	d.does("report_needs_data", func() ([]ledger.Event, error) { return d.r.NeedData("Video lengkap?", "bayu", d.at) })
	words := Material{From: "w/c1/B", Text: "ini videonya", Keys: []string{"w/c1/B"}, At: d.at}
	d.does("report_answer_proposed", func() ([]ledger.Event, error) { return d.r.ClientAnswered(words, d.at), nil })
	words.From = "w/c1/C"
	d.does("", func() ([]ledger.Event, error) { return d.r.ClientAnswered(words, d.at), nil })
	if len(d.r.Words) != 2 {
		t.Errorf("%d messages wait", len(d.r.Words))
	}
	d.does("report_data_came", func() ([]ledger.Event, error) { return d.r.DataCame("sari", d.at), nil })
	d.stands(Taken)
	d.refuses("not_adjusted", func() ([]ledger.Event, error) { return d.r.Verify(true, "", "sari", d.at) })
	d.does("report_adjusted", func() ([]ledger.Event, error) { return d.r.Adjust("indeks diperbaiki", "bayu", d.at) })
	d.refuses("adjusted", func() ([]ledger.Event, error) { return d.r.Move("BI", "bukan kami", "bayu", d.at) })
	d.refuses("no_reason", func() ([]ledger.Event, error) { return d.r.Verify(false, "", "sari", d.at) })
	d.does("report_failed", func() ([]ledger.Event, error) { return d.r.Verify(false, "masih sama", "sari", d.at) })
	d.stands(Taken)
	d.does("report_adjusted", func() ([]ledger.Event, error) { return d.r.Adjust("", "bayu", d.at) })
	d.does("report_passed", func() ([]ledger.Event, error) { return d.r.Verify(true, "", "sari", d.at) })
	d.refuses("closed", func() ([]ledger.Event, error) { return d.r.Adjust("x", "bayu", d.at) })
	d.refuses("closed", func() ([]ledger.Event, error) { return d.r.Verify(false, "masih sama", "dewi", d.at) })
	d.refuses("closed", func() ([]ledger.Event, error) { return d.r.Accept("dewi", d.at) })
	d.refuses("closed", func() ([]ledger.Event, error) { return d.r.Object("tetap salah", "dewi", d.at) })
	d.does("report_reopened", func() ([]ledger.Event, error) { return d.r.Reopen("HE-1", "client", d.at) })
	d.stands(Taken)
	if d.r.Failed != 1 || d.r.Reopened != 1 || d.r.Owner != "bayu" || !d.r.ClosedAt.IsZero() {
		t.Errorf("ends as %+v", d.r)
	}
	var spent time.Duration
	for _, s := range d.r.Spent {
		spent += s
	}
	if want := d.r.Since.Sub(d.r.Opened); spent != want {
		t.Errorf("%s are accounted for, want %s: %v", spent, want, d.r.Spent)
	}
}

// Closed without change, objected to, then accepted; and the wrong team before that.
func TestWrongTeamAndNoChange(t *testing.T) {
	d := opened(t, Developers)
	d.does("report_needs_data", func() ([]ledger.Event, error) { return d.r.NeedData("Nota mana?", "rudi", d.at) })
	d.refuses("same_team", func() ([]ledger.Event, error) { return d.r.Move("POS", "x", "rudi", d.at) })
	d.refuses("no_reason", func() ([]ledger.Event, error) { return d.r.Move("BI", "", "rudi", d.at) })
	d.does("report_moved", func() ([]ledger.Event, error) { return d.r.Move("BI", "laporan, bukan kasir", "rudi", d.at) })
	if d.r.State != Open || d.r.Owner != "" || d.r.Team != "BI" || d.r.TeamTag() != "BI" {
		t.Errorf("moved: %+v", d.r)
	}
	d.refuses("no_cause", func() ([]ledger.Event, error) { return d.r.Reject("lazy", "x", "wati", d.at) })
	d.refuses("no_reason", func() ([]ledger.Event, error) { return d.r.Reject(AsDesigned, "", "wati", d.at) })
	d.does("report_rejected", func() ([]ledger.Event, error) {
		return d.r.Reject(AsDesigned, "memang per gudang", "wati", d.at)
	})
	d.refuses("rejected", func() ([]ledger.Event, error) { return d.r.Take("rudi", true, d.at) })
	d.does("report_objected", func() ([]ledger.Event, error) { return d.r.Object("klien punya satu gudang", "sari", d.at) })
	d.stands(Taken)
	d.does("report_rejected", func() ([]ledger.Event, error) { return d.r.Reject(Duplicate, "HE-0-R1", "wati", d.at) })
	d.does("report_accepted", func() ([]ledger.Event, error) { return d.r.Accept("sari", d.at) })
	d.refuses("not_closed", func() ([]ledger.Event, error) { return d.r.Reopen("HE-1", "client", d.at) })
}

// Others than developers need no reproduction, and give an answer.
func TestAQuestionToSales(t *testing.T) {
	_, _, err := New("HE-1-R1", Sales, "", "HE-1", Form{}, "sari", noon)
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Key != "no_detail" {
		t.Errorf("without words: %v", err)
	}
	r, _, err := New("HE-1-R1", Sales, "", "HE-1", Form{Detail: "Kontrak sampai kapan?"}, "sari", noon)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t, r, noon}
	d.refuses("no_answer", func() ([]ledger.Event, error) { return d.r.Adjust("", "maya", d.at) })
	d.refuses("no_team", func() ([]ledger.Event, error) { return d.r.Move("BI", "x", "maya", d.at) })
	d.does("report_adjusted", func() ([]ledger.Event, error) { return d.r.Adjust("Sampai Maret", "maya", d.at) })
	d.does("report_passed", func() ([]ledger.Event, error) { return d.r.Verify(true, "", "sari", d.at) })
	if d.r.Owner != "maya" || d.r.TeamTag() != "forwarded" {
		t.Errorf("ends as %+v", d.r)
	}
}

// What is missing is named, all of it, in the order of the form.
func TestMissing(t *testing.T) {
	if got := strings.Join((Form{}).Missing(Developers), " "); got != "no_place no_detail no_reproduction no_evidence" {
		t.Errorf("an empty form lacks %s", got)
	}
	f := whole()
	f.Reproduction, f.NotReproducible = "", "hanya di data klien"
	if got := f.Missing(Developers); len(got) > 0 {
		t.Errorf("a reason in place of the reproduction lacks %v", got)
	}
	f.Detail = strings.Repeat("x", LongText+1)
	if _, _, err := New("R", Developers, "POS", "HE-1", f, "sari", noon); err == nil {
		t.Error("a text without end was taken")
	}
}

// Several tickets wait for one report: the first re-tests, the others are told one by one,
// and the last that leaves withdraws it.
func TestManyTickets(t *testing.T) {
	d := opened(t, Developers)
	d.does("report_carries", func() ([]ledger.Event, error) { return d.r.Carry("HE-2", "dewi", d.at) })
	d.does("report_carries", func() ([]ledger.Event, error) { return d.r.Carry("HE-3", "dewi", d.at) })
	d.does("report_dropped_ticket", func() ([]ledger.Event, error) { return d.r.Drop("HE-1", "HE-2", "sari", d.at), nil })
	if !slices.Equal(d.r.Tickets, []string{"HE-2", "HE-3"}) {
		t.Errorf("after a merge it carries %v", d.r.Tickets)
	}
	d.does("report_adjusted", func() ([]ledger.Event, error) { return d.r.Adjust("", "bayu", d.at) })
	d.does("report_passed", func() ([]ledger.Event, error) { return d.r.Verify(true, "", "dewi", d.at) })
	if due := d.r.Due(DefaultPolicy(), always{}); len(due) != 1 || due[0].Kind != TimerTold {
		t.Errorf("due is %v", due)
	}
	if one, ok := d.r.Told(); one != "HE-3" || !ok {
		t.Errorf("told %q", one)
	}
	if _, ok := d.r.Told(); ok || len(d.r.Due(DefaultPolicy(), always{})) > 0 {
		t.Error("somebody is told again")
	}

	alone := opened(t, Developers)
	alone.does("report_dropped_ticket report_withdrawn", func() ([]ledger.Event, error) { return alone.r.Drop("HE-1", "", "sari", alone.at), nil })
	if alone.r.Ending != EndWithdrawn {
		t.Errorf("ends by %s", alone.r.Ending)
	}
}

// A deleted post stops the ladder until a lead has decided, who is called again.
func TestPostLost(t *testing.T) {
	d := opened(t, Developers)
	d.refuses("not_lost", func() ([]ledger.Event, error) { return d.r.PostAgain("joko", d.at) })
	d.does("report_post_lost", func() ([]ledger.Event, error) { return d.r.PostLost(d.at), nil })
	lost := d.at
	if due := d.r.Due(DefaultPolicy(), always{}); len(due) != 1 || !due[0].Due.Equal(d.r.Called.Add(time.Hour)) || !d.r.Called.After(d.r.Since) {
		t.Errorf("lost at %s, due is %v", lost, due)
	}
	events := d.r.Climb(d.r.Called.Add(5*time.Hour), DefaultPolicy(), always{})
	if len(events) != 1 || events[0].Data["calls"] != string(CallLead) || len(d.r.Due(DefaultPolicy(), always{})) > 0 {
		t.Errorf("called: %v", events)
	}
	if off := (Policy{}); len(d.r.Due(off, always{})) > 0 {
		t.Error("a desk without ladders calls")
	}
	d.does("report_posted_again", func() ([]ledger.Event, error) { return d.r.PostAgain("joko", d.at) })
	if due := d.r.Due(DefaultPolicy(), always{}); d.r.Posts != 2 || len(due) != 1 || !due[0].Due.Equal(d.r.Since.Add(30*time.Minute)) {
		t.Errorf("post %d, due is %v", d.r.Posts, due)
	}
	d.does("report_withdrawn", func() ([]ledger.Event, error) { return d.r.Withdraw("sudah tidak perlu", "joko", d.at) })
}

// Nobody misses the post of a closed report; one that comes back gets a new one.
func TestALostReportPasses(t *testing.T) {
	d := opened(t, Developers)
	d.does("report_adjusted", func() ([]ledger.Event, error) { return d.r.Adjust("", "bayu", d.at) })
	d.does("report_post_lost", func() ([]ledger.Event, error) { return d.r.PostLost(d.at), nil })
	d.does("report_passed", func() ([]ledger.Event, error) { return d.r.Verify(true, "", "sari", d.at) })
	if d.r.Lost {
		t.Error("a lead is waited for")
	}
	d.refuses("not_lost", func() ([]ledger.Event, error) { return d.r.PostAgain("joko", d.at) })
	d.does("report_reopened", func() ([]ledger.Event, error) { return d.r.Reopen("HE-1", "client", d.at) })
	if d.r.Posts != 2 {
		t.Errorf("%d posts were asked for", d.r.Posts)
	}
}

// A ticket that is merged before it heard how the report ended: the other one hears it.
func TestAMergedTicketHearsTheEnd(t *testing.T) {
	for into, want := range map[string][]string{"HE-9": {"HE-3", "HE-9"}, "HE-1": {"HE-3", "HE-1"}, "HE-3": {"HE-3"}, "": {"HE-2", "HE-3"}} {
		d := opened(t, Developers)
		d.does("report_carries", func() ([]ledger.Event, error) { return d.r.Carry("HE-2", "dewi", d.at) })
		d.does("report_carries", func() ([]ledger.Event, error) { return d.r.Carry("HE-3", "dewi", d.at) })
		d.does("report_adjusted", func() ([]ledger.Event, error) { return d.r.Adjust("", "bayu", d.at) })
		d.does("report_passed", func() ([]ledger.Event, error) { return d.r.Verify(true, "", "sari", d.at) })
		for range 2 {
			d.r.Drop("HE-2", into, "halo", d.at)
			if n := len(d.r.Tickets) - len(want); !slices.Equal(d.r.Untold, want) || n < 0 || !slices.Equal(d.r.Tickets[n:], want) {
				t.Errorf("merged into %q: untold are %v of %v", into, d.r.Untold, d.r.Tickets)
			}
		}
	}
}

// Every refusal that the code makes has its sentence in both languages.
func TestRefusalsAreSaid(t *testing.T) {
	for key := range refusals {
		id, en := refuse(key).Say(false), refuse(key).Say(true)
		if id == en || id == "" || !strings.HasSuffix(id, ".") || !strings.HasSuffix(en, ".") {
			t.Errorf("%s: %q, %q", key, id, en)
		}
	}
	if got := (&Refusal{Key: "taken", Who: "77"}).Say(false); !strings.Contains(got, "<@77>") {
		t.Errorf("says %q", got)
	}
}
