package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

var incidentNow = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// healthySnapshot is a desk without trouble.
func healthySnapshot() snapshot {
	zone := time.FixedZone("WIB", 7*60*60)
	return snapshot{
		now: incidentNow, zone: zone, paired: true, gate: gateState{open: true, last: finding{asked: true, room: 10 << 30}},
		whatsapp: whatsapp.Status{State: whatsapp.StateReady, PhoneSeen: incidentNow.Add(-time.Hour)},
	}
}

// Each row changes one thing and names the kinds that are there, with words that
// tell what to do.
func TestIncidentsOf(t *testing.T) {
	t.Parallel()
	state := func(s whatsapp.State) func(*snapshot) { return func(n *snapshot) { n.whatsapp.State = s } }
	day := 24 * time.Hour
	for _, test := range []struct {
		name   string
		change func(*snapshot)
		there  string
		words  []string
	}{
		{"all is well", func(*snapshot) {}, "", nil},
		{"catching up", state(whatsapp.StateCatchingUp), "", nil},
		{"connecting", state(whatsapp.StateConnecting), "wa-away", []string{"internet"}},
		{"unanswered", func(n *snapshot) { n.whatsapp.Unanswered = true }, "wa-away", nil},
		{"held by the inbox", state(whatsapp.StateHeld), "wa-away", nil},
		{"stopped", state(whatsapp.StateStopped), "", nil},
		{"logged out", state(whatsapp.StateLoggedOut), "wa-logged-out", []string{"/desk pair"}},
		{"not paired", state(whatsapp.StateNotPaired), "wa-not-paired", []string{"/desk pair"}},
		{"never paired", func(n *snapshot) { n.whatsapp.State, n.paired = whatsapp.StateNotPaired, false }, "", nil},
		{"banned", func(n *snapshot) {
			n.whatsapp.State, n.whatsapp.Until = whatsapp.StateBanned, incidentNow.Add(time.Hour)
		}, "wa-banned", []string{"23 November pukul 17.00"}},
		{"banned for ever so long", state(whatsapp.StateBanned), "wa-banned", []string{"belum diketahui"}},
		{"outdated", state(whatsapp.StateOutdated), "wa-outdated", []string{"versi Halo terbaru"}},
		{"refused", func(n *snapshot) {
			n.whatsapp.State, n.whatsapp.Reason = whatsapp.StateRefused, "WhatsApp refused the connection (reason 503)"
		}, "wa-refused", []string{"kode 503."}},
		{"replaced", state(whatsapp.StateReplaced), "wa-replaced", []string{"Hentikan salah satunya"}},
		{"locked", func(n *snapshot) {
			n.whatsapp.Locked = whatsapp.Lock{Code: "463", Since: incidentNow, Until: incidentNow.Add(day)}
		}, "wa-locked", []string{"463", "24 November"}},
		{"no longer locked", func(n *snapshot) { n.whatsapp.Locked = whatsapp.Lock{Code: "463", Until: incidentNow} }, "", nil},
		{"phone away for 10 days", func(n *snapshot) { n.whatsapp.PhoneSeen = incidentNow.Add(-10 * day) }, "phone-unseen", []string{"14 hari"}},
		{"phone away for 13 days", func(n *snapshot) { n.whatsapp.PhoneSeen = incidentNow.Add(-13 * day) }, "phone-unseen phone-unseen-long", nil},
		{"phone never seen", func(n *snapshot) { n.whatsapp.PhoneSeen = time.Time{} }, "", nil},
		{"store down", func(n *snapshot) {
			n.gate, n.whatsapp.State = gateState{last: finding{down: errors.New("x")}}, whatsapp.StateHeld
		}, "store-down", []string{"Jalankan Redis lagi"}},
		{"store unsafe", func(n *snapshot) {
			n.gate = gateState{last: finding{unsafe: []store.Problem{{Setting: "appendfsync"}, {Setting: "odd"}}}}
		}, "store-unsafe", []string{"CONFIG SET appendfsync always", "odd: jalankan `halo check`"}},
		{"disk full", func(n *snapshot) { n.gate = gateState{last: finding{asked: true, room: 1}} }, "disk-full", []string{"64 MB"}},
		{"disk low", func(n *snapshot) { n.gate.last.room = leastRoom }, "disk-low", []string{"512 MB"}},
		{"stuck", func(n *snapshot) { n.queue.stuck = []string{"tiket HE-1"} }, "queue-stuck", []string{"HE-1", "/dead"}},
		{"late", func(n *snapshot) { n.queue.late, n.queue.since = 2, incidentNow }, "queue-late", []string{"2 klien", "16.00"}},
		{"long", func(n *snapshot) { n.queue.lanes = manyLanes }, "queue-long", nil},
		{"dead", func(n *snapshot) { n.queue.dead = 3 }, "dead-letters", []string{"3 pesan", "/dead"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := healthySnapshot()
			test.change(&s)
			var names []string
			var text strings.Builder
			for _, i := range incidentsOf(s) {
				if i.state == there {
					names = append(names, i.kind.name)
					text.WriteString(i.text)
					if len(i.text) > 1900 {
						t.Errorf("%s takes %d bytes", i.kind.name, len(i.text))
					}
				}
			}
			if got := strings.Join(names, " "); got != test.there {
				t.Errorf("there is %q, want %q", got, test.there)
			}
			for _, part := range test.words {
				if !strings.Contains(text.String(), part) {
					t.Errorf("%q does not say %q", text.String(), part)
				}
			}
		})
	}
}

// Trouble that nobody can see the end of stays: the link on its way says nothing of a
// ban or a logout.
func TestIncidentsStayWhileNothingIsKnown(t *testing.T) {
	t.Parallel()
	for _, state := range []whatsapp.State{whatsapp.StateConnecting, whatsapp.StateHeld, whatsapp.StateStopped, ""} {
		s := healthySnapshot()
		s.whatsapp.State = state
		for _, i := range incidentsOf(s) {
			if i.kind.name == "wa-logged-out" && i.state != unclear {
				t.Errorf("in state %q a logout is %d", state, i.state)
			}
		}
	}
}

// Every kind has its row in the book for operators, with the first words of its
// message.
func TestEveryIncidentIsInTheBook(t *testing.T) {
	book, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, k := range incidentKinds {
		names[k.name] = true
		if row := "| `" + k.name + "` | " + k.begins + " |"; !strings.Contains(string(book), row) {
			t.Errorf("docs/operations.md has no row that begins\n%s", row)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| [🔴🟠✅]").FindAllStringSubmatch(string(book), -1) {
		if !names[m[1]] {
			t.Errorf("docs/operations.md has a row for %s, which is no kind", m[1])
		}
	}
}

// An opsBoard is the ops channel as those see it who are told past the store.
type opsBoard struct {
	said, edits []string
	fail        error
}

func (b *opsBoard) Say(_ context.Context, m bridge.Message) (string, error) {
	if b.fail != nil {
		return "", b.fail
	}
	b.said = append(b.said, m.Content)
	return fmt.Sprint(len(b.said)), nil
}

func (b *opsBoard) Edit(_ context.Context, _, _, content string) error {
	b.edits = append(b.edits, content)
	return nil
}

// A teller's desk: a store, and the letters it holds for the ops channel.
type tellersDesk struct {
	*testing.T
	kept  *switchable
	st    *store.Store
	board *opsBoard
	i     *incidents
	now   time.Time
	// frozen takes the lead from the desk.
	frozen bool
}

// switchable is a store that can be taken away.
type switchable struct {
	*store.Store
	fail error
}

func (s *switchable) Update(ctx context.Context, c ledger.Cause, fn func(*ledger.Tx) error) (bool, error) {
	if s.fail != nil {
		return false, s.fail
	}
	return s.Store.Update(ctx, c, fn)
}

func newTellersDesk(t *testing.T) *tellersDesk {
	t.Helper()
	st := store.New(storetest.Memory(t), store.Options{Desk: "halo"})
	d := &tellersDesk{T: t, st: st, kept: &switchable{Store: st}, board: &opsBoard{}, now: incidentNow}
	d.restart()
	return d
}

// restart is another process, or the same anew.
func (d *tellersDesk) restart() {
	d.i = newIncidents(zap.NewNop())
	d.i.bind(d.kept, func() bool { return !d.frozen }, d.board, "ops", 1)
}

func (d *tellersDesk) after(wait time.Duration, changes ...func(*snapshot)) {
	d.Helper()
	d.now = d.now.Add(wait)
	s := healthySnapshot()
	for _, change := range changes {
		change(&s)
	}
	s.now = d.now
	d.i.round(d.Context(), d.now, incidentsOf(s))
}

// letters are what waits for the ops channel: kind and content.
func (d *tellersDesk) letters() []string {
	d.Helper()
	letters, err := d.st.Waiting(d.Context(), opsLane, 0)
	if err != nil {
		d.Fatal(err)
	}
	var all []string
	for _, l := range letters {
		var body struct {
			Content string `json:"content"`
		}
		if err := json.Unmarshal(l.Body, &body); err != nil {
			d.Fatal(err)
		}
		all = append(all, l.Kind+": "+body.Content)
	}
	return all
}

func (d *tellersDesk) want(parts ...string) {
	d.Helper()
	letters := d.letters()
	ok := len(letters) == len(parts)
	for n := range parts {
		ok = ok && strings.Contains(letters[n], parts[n])
	}
	if !ok {
		d.Fatalf("the ops channel gets\n%s\nwant\n%s", strings.Join(letters, "\n"), strings.Join(parts, "\n"))
	}
}

func banned(until time.Duration) func(*snapshot) {
	return func(s *snapshot) {
		s.whatsapp.State, s.whatsapp.Until = whatsapp.StateBanned, incidentNow.Add(until)
	}
}

func connecting(s *snapshot) { s.whatsapp.State = whatsapp.StateConnecting }

// One message for each trouble, rewritten when there is news and when it is over,
// whoever leads meanwhile and however often one looks.
func TestIncidentIsOneMessage(t *testing.T) {
	t.Parallel()
	d := newTellersDesk(t)
	d.after(0)
	d.want()
	for range 3 {
		d.after(time.Second, banned(time.Hour))
	}
	d.want("say: 🔴 **WhatsApp memblokir")
	d.restart()
	d.after(time.Second, connecting)
	d.after(time.Second, banned(time.Hour))
	d.want("say: ")
	d.after(rewriteEvery, banned(2*time.Hour))
	d.after(time.Second, banned(2*time.Hour))
	d.want("say: ", "edit: 🔴 **WhatsApp memblokir")
	d.restart()
	d.after(time.Minute, connecting)
	d.after(time.Hour)
	d.want("say: ", "edit: ") // not over before it is quiet for a while
	for range 3 {
		d.after(calm)
	}
	d.want("say: ", "edit: ", "edit: ✅ Selesai setelah 1 jam 2 menit.\n-# 🔴 **WhatsApp memblokir")
	d.restart()
	d.after(calm)
	d.after(calm)
	if d.want("say: ", "edit: ", "edit: "); len(d.i.known()) != 0 {
		t.Errorf("still open: %v", d.i.known())
	}
	d.after(time.Second, banned(0))
	d.want("say: ", "edit: ", "edit: ", "say: ")
}

// A connection that comes and goes is not worth a word; one that stays away is.
func TestFlappingIsQuiet(t *testing.T) {
	t.Parallel()
	d := newTellersDesk(t)
	for range 20 {
		d.after(50*time.Second, connecting)
		d.after(time.Second)
	}
	d.want()
	d.after(time.Second, connecting)
	d.after(time.Minute, connecting)
	d.want("say: 🟠 **WhatsApp tidak tersambung")
	for range 20 { // over means over for a while
		d.after(time.Second)
		d.after(time.Second, connecting)
	}
	d.want("say: ")
}

// While the store takes nothing the store's own trouble is told past it, once, and
// mended there; everything else waits for the store.
func TestIncidentPastTheStore(t *testing.T) {
	t.Parallel()
	d := newTellersDesk(t)
	away := func(s *snapshot) { s.gate = gateState{last: finding{down: errors.New("x")}} }
	d.after(0)
	d.kept.fail = errors.New("gone")
	d.i.happened(kindTookOver, "7", "Tadi.")
	d.board.fail = errors.New("Discord is away, too")
	d.after(0, away, banned(time.Hour))
	d.after(10*time.Second, away, banned(time.Hour))
	d.board.fail = nil
	for range 3 {
		d.after(time.Second, away, banned(time.Hour))
	}
	if len(d.board.said) != 1 || !strings.HasPrefix(d.board.said[0], "🔴 **Penyimpanan (Redis) tidak menjawab") || len(d.board.edits) != 0 {
		t.Fatalf("said %q, changed %q", d.board.said, d.board.edits)
	}
	d.kept.fail = nil
	d.after(time.Second, banned(time.Hour))
	for range 3 {
		d.after(calm, banned(time.Hour))
	}
	d.want("say: 🔴 **WhatsApp memblokir", "say: 🟠 **Halo cadangan mengambil alih.** Tadi.")
	if len(d.board.edits) != 1 || !strings.HasPrefix(d.board.edits[0], "✅ Selesai setelah ") {
		t.Errorf("changed %q", d.board.edits)
	}
}

// A process that does not lead any more tells nothing, however sure it is.
func TestFrozenProcessIsSilent(t *testing.T) {
	t.Parallel()
	d := newTellersDesk(t)
	d.after(0)
	d.frozen = true
	d.after(time.Second, banned(time.Hour))
	d.want()
	d.frozen = false
	d.after(time.Second, banned(time.Hour))
	d.want("say: ")
}

// What happened once is told once, also by a second process.
func TestHappenedOnce(t *testing.T) {
	t.Parallel()
	d := newTellersDesk(t)
	for range 2 {
		d.i.happened(kindRolledBack, "42", "Periksa.")
		d.after(time.Second)
		d.restart()
	}
	d.want("say: 🔴 **Penyimpanan kehilangan data.** Periksa.")
}

// Others may raise a kind and take it back, from any goroutine.
func TestRaiseAndResolve(t *testing.T) {
	t.Parallel()
	d := newTellersDesk(t)
	d.i.raise(kindClock, "Dua jam.")
	d.i.raise(kindClock, "Tiga jam.")
	d.after(time.Second)
	d.want("say: 🟠 **Jam mesin berubah.** Tiga jam.")
	for range 2 {
		d.i.resolve(kindClock)
	}
	d.after(time.Second)
	d.after(calm)
	d.want("say: ", "edit: ✅ Selesai")
}

func TestAwayText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		away  time.Time
		ready bool
		tell  bool
	}{
		{time.Time{}, true, false},
		{incidentNow.Add(-2 * time.Minute), false, false},
		{incidentNow.Add(-59 * time.Second), true, false},
		{incidentNow.Add(-2 * time.Minute), true, true},
	} {
		text, tell := awayText(test.away, incidentNow, test.ready, time.UTC)
		if tell != test.tell || tell && !strings.Contains(text, "2 menit, sejak 23 November pukul 08.58") {
			t.Errorf("%+v: %v %q", test, tell, text)
		}
	}
}

// A lane is stuck when its head stays although its network is ready, late when its
// head is old.
func TestCountQueue(t *testing.T) {
	t.Parallel()
	at := func(age time.Duration) time.Time { return incidentNow.Add(-age) }
	lanes := []waitingLane{
		{"wa/1", ledger.Letter{ID: "a", Log: "HE-1", At: at(20 * time.Minute)}, 3},
		{"dc/HE-2", ledger.Letter{ID: "b", Log: "HE-2", At: at(time.Minute)}, 1},
		{"ch/ops", ledger.Letter{ID: "c", Log: ledger.DeskLog, At: at(30 * time.Minute)}, 1},
	}
	q, heads := countQueue(lanes, nil, incidentNow, incidentNow, stuckAfter, false, true)
	if q.late != 1 || q.letters != 5 || !q.oldest.Equal(at(30*time.Minute)) || !q.since.Equal(at(20*time.Minute)) || len(q.stuck) != 0 || len(heads) != 2 {
		t.Errorf("counted %+v, %v", q, heads)
	}
	lanes[1].first.ID = "d" // it moved on
	q, heads = countQueue(lanes, heads, incidentNow.Add(stuckAfter), incidentNow, stuckAfter, true, true)
	if !slices.Equal(q.stuck, []string{"kanal halo"}) || len(heads) != 3 {
		t.Errorf("counted %+v, %v", q, heads)
	}
	if q, heads = countQueue(lanes, heads, incidentNow.Add(2*stuckAfter), incidentNow, stuckAfter, true, false); !slices.Equal(q.stuck, []string{"tiket HE-1"}) || len(heads) != 1 {
		t.Errorf("counted %+v, %v", q, heads)
	}
}
