package customer

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

var nine = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// world is what is stored: commits succeed at once.
type world struct {
	docs  map[ledger.Ref]ledger.Doc
	index map[string]map[string]int64
	log   map[string][]ledger.Event
	timer map[string]time.Time
	now   time.Time
}

func newWorld() *world {
	return &world{docs: map[ledger.Ref]ledger.Doc{}, index: map[string]map[string]int64{}, log: map[string][]ledger.Event{}, timer: map[string]time.Time{}, now: nine}
}

func (w *world) Doc(r ledger.Ref) (ledger.Doc, error)                      { return w.docs[r], nil }
func (w *world) Next(string) (int64, error)                                { return 1, nil }
func (w *world) Status(string, string) (s ledger.Status, ok bool, _ error) { return s, false, nil }
func (w *world) LetterByExt(string, string) (string, bool, error)          { return "", false, nil }
func (w *world) DeadLetter(string) (l ledger.Letter, ok bool, _ error)     { return l, false, nil }

// tb is what stories and properties have in common.
type tb interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

// do commits a change, and reports how many rows it wrote.
func (w *world) do(t tb, change func(*ledger.Tx) error) int {
	t.Helper()
	n, err := w.try(change)
	if err != nil {
		t.Fatalf("commit: %v", err)
	}
	return n
}

func (w *world) try(change func(*ledger.Tx) error) (rows int, err error) {
	tx := ledger.NewTx(w.now, w)
	if err := change(tx); err != nil {
		return 0, err
	}
	c := tx.Finish()
	rows = len(c.Puts) + len(c.Events) + len(c.Indexed) + len(c.Unindexed)
	if rows > 200 {
		return rows, fmt.Errorf("%d rows: %w", rows, ledger.ErrTooLarge)
	}
	for _, p := range c.Puts {
		if p.Data == nil {
			delete(w.docs, p.Ref)
			continue
		}
		if len(p.Data) > 16<<10 {
			return rows, fmt.Errorf("%s of %d bytes: %w", p.Ref, len(p.Data), ledger.ErrTooLarge)
		}
		w.docs[p.Ref] = ledger.Doc{Version: w.docs[p.Ref].Version + 1, Data: p.Data}
	}
	for _, e := range c.Events {
		w.log[e.Log] = append(w.log[e.Log], e.Event)
	}
	for _, t := range c.Cancelled {
		delete(w.timer, t.Name())
	}
	for _, t := range c.Timers {
		w.timer[t.Name()] = t.Due
	}
	for _, r := range c.Unindexed {
		delete(w.index[r.Index], r.Member)
	}
	for _, r := range c.Indexed {
		if len(r.Member) > 200 || r.Score < 0 || r.Score > 1<<53 {
			return rows, fmt.Errorf("row %+v: %w", r, ledger.ErrInvalid)
		}
		if w.index[r.Index] == nil {
			w.index[r.Index] = map[string]int64{}
		}
		w.index[r.Index][r.Member] = r.Score
	}
	return rows, nil
}

// contact is a contact as stored, without following it.
func (w *world) contact(t tb, id string) Contact {
	t.Helper()
	c, err := Decode(w.docs[ledger.Ref{Kind: KindContact, ID: id}].Data)
	if err != nil {
		t.Fatalf("contact %s: %v", id, err)
	}
	return c
}

// check proves that what is stored is consistent: indexes are exactly those of the
// documents, and every number and conversation a contact lists leads to it.
func (w *world) check(t tb) {
	t.Helper()
	want, due := map[string]map[string]int64{}, map[string]time.Time{}
	for ref, doc := range w.docs {
		var rows []ledger.IndexRow
		switch ref.Kind {
		case KindContact:
			c := w.contact(t, ref.ID)
			rows = c.rows()
			w.checkContact(t, c)
		case KindCustomer:
			c, err := DecodeCustomer(doc.Data)
			if err != nil {
				t.Fatalf("customer %s: %v", ref.ID, err)
			}
			rows = c.rows()
		case KindPhone, KindWriter:
			if _, ok := w.docs[ledger.Ref{Kind: KindContact, ID: string(doc.Data)}]; !ok {
				t.Errorf("%s leads nowhere", ref)
			}
		default:
			var timers []ledger.Timer
			rows, timers = w.sold(t, ref, doc.Data)
			for _, timer := range timers {
				due[timer.Name()] = timer.Due
			}
		}
		for _, r := range rows {
			if want[r.Index] == nil {
				want[r.Index] = map[string]int64{}
			}
			want[r.Index][r.Member] = r.Score
		}
	}
	if !maps.EqualFunc(due, w.timer, time.Time.Equal) {
		t.Errorf("timers %v, want %v", w.timer, due)
	}
	for name := range maps.Keys(w.index) {
		if len(w.index[name]) > 0 && !maps.Equal(want[name], w.index[name]) {
			t.Errorf("index %s: %v, want %v", name, w.index[name], want[name])
		}
	}
	for name := range want {
		if !maps.Equal(want[name], w.index[name]) {
			t.Errorf("index %s: %v, want %v", name, w.index[name], want[name])
		}
	}
}

// sold are the rows and timers of a document of what is sold and asked.
func (w *world) sold(t tb, ref ledger.Ref, data []byte) (rows []ledger.IndexRow, timers []ledger.Timer) {
	t.Helper()
	var err error
	switch ref.Kind {
	case KindOrder:
		var o Order
		o, err = DecodeOrder(data)
		rows = append(o.kept(w.now), o.waiting(w.now)...)
	case KindFollowUp:
		var f FollowUp
		f, err = DecodeFollowUp(data)
		rows, timers = f.rows(), f.timers()
	case KindSurvey:
		var s Survey
		s, err = DecodeSurvey(data)
		rows, timers = s.rows(), s.timers()
	case KindOutreach:
		var o Outreach
		if o, err = DecodeOutreach(data); o.State == OutreachWaiting {
			rows = []ledger.IndexRow{{Index: IndexOutreach, Member: o.ID, Score: o.Asked.UnixMilli()}}
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", ref, err)
	}
	return rows, timers
}

func (w *world) checkContact(t tb, c Contact) {
	t.Helper()
	for _, ref := range pointers(c) {
		var to Contact
		var ok bool
		if _, err := w.try(func(tx *ledger.Tx) (err error) { to, ok, err = led(tx, ref); return err }); err != nil || !ok {
			t.Errorf("%s of contact %s leads nowhere: %v", ref, c.ID, err)
		}
		if c.Into == "" && to.ID != c.ID {
			t.Errorf("%s of contact %s leads to %s", ref, c.ID, to.ID)
		}
	}
	if c.Figures.Tickets < len(c.Figures.Recent) || c.Figures.Rated > c.Figures.Tickets || c.Figures.Stars > 5*c.Figures.Rated || c.Figures.Stars < c.Figures.Rated {
		t.Errorf("contact %s: figures %+v", c.ID, c.Figures)
	}
}

// read answers a page as the store does.
func (w *world) read(p Page) []ledger.IndexRow {
	var rows []ledger.IndexRow
	for member, score := range w.index[p.Index] {
		if score >= p.Min && score <= p.Max {
			rows = append(rows, ledger.IndexRow{Index: p.Index, Member: member, Score: score})
		}
	}
	slices.SortFunc(rows, byScore)
	rows = rows[min(p.Offset, int64(len(rows))):]
	return rows[:min(p.Limit, int64(len(rows)))]
}

func byScore(a, b ledger.IndexRow) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
}

func found(w *world, s *Search) (ids []string) {
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		s.Take(w.read(p))
	}
	for _, h := range s.Hits() {
		ids = append(ids, h.ID)
	}
	return ids
}

func refused(t *testing.T, err error, key string) {
	t.Helper()
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Key != key {
		t.Errorf("got %v, want the refusal %s", err, key)
	}
}
