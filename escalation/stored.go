package escalation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// The stored form is separate from the struct the program works with: its JSON names and
// meanings stay readable for ever, whatever the domain becomes.
type storedReport struct {
	V        int              `json:"v"`
	ID       string           `json:"id"`
	Party    string           `json:"party"`
	Team     string           `json:"team,omitzero"`
	State    string           `json:"state"`
	Title    string           `json:"title"`
	Thread   string           `json:"thread,omitzero"`
	Posts    int              `json:"posts,omitzero"`
	Step     int              `json:"step,omitzero"`
	Lost     bool             `json:"lost,omitzero"`
	Form     storedForm       `json:"form"`
	By       string           `json:"by"`
	Opened   int64            `json:"opened"`
	Tickets  []string         `json:"tickets,omitzero"`
	Untold   int              `json:"untold,omitzero"` // the last so many of Tickets
	Owner    string           `json:"owner,omitzero"`
	Since    int64            `json:"since"`
	Spent    map[string]int64 `json:"spent,omitzero"` // milliseconds
	Rungs    int              `json:"rungs,omitzero"`
	Called   int64            `json:"called,omitzero"`
	Question string           `json:"question,omitzero"`
	Proposed bool             `json:"proposed,omitzero"`
	Result   string           `json:"result,omitzero"`
	Cause    string           `json:"cause,omitzero"`
	Failed   int              `json:"failed,omitzero"`
	Objected int              `json:"objected,omitzero"`
	Reopened int              `json:"reopened,omitzero"`
	Moved    int              `json:"moved,omitzero"`
	Ending   string           `json:"ending,omitzero"`
	Closed   int64            `json:"closed,omitzero"`
}

type storedWords struct {
	V     int              `json:"v"`
	Words []storedMaterial `json:"words"`
}

type storedForm struct {
	System          string   `json:"system,omitzero"`
	Place           string   `json:"place,omitzero"`
	Detail          string   `json:"detail"`
	Reproduction    string   `json:"reproduction,omitzero"`
	NotReproducible string   `json:"notReproducible,omitzero"`
	Evidence        []string `json:"evidence,omitzero"`
}

type storedMaterial struct {
	From string   `json:"from"`
	Text string   `json:"text,omitzero"`
	Keys []string `json:"keys,omitzero"`
	At   int64    `json:"at"`
}

// Keep writes a change of a report: the report, its events and its timers. before is the
// report as loaded, zero for a new one.
func (r Report) Keep(tx *ledger.Tx, before Report, events []ledger.Event, p Policy, c Clock) error {
	for _, e := range events {
		tx.Log(r.ID, e)
	}
	after := r.Due(p, c)
	for _, b := range before.Due(p, c) {
		tx.Cancel(b.Kind, b.ID)
	}
	for _, a := range after {
		tx.Set(a)
	}
	return r.Save(tx)
}

// Save writes the report and keeps the index of open ones right.
func (r Report) Save(tx *ledger.Tx) error {
	if r.State == Closed {
		tx.Unindex(IndexOpen, r.ID)
	} else {
		tx.Index(IndexOpen, r.ID, r.Opened.UnixMilli())
	}
	data, err := encode(r.stored())
	if err != nil {
		return fmt.Errorf("encode report %s: %w", r.ID, err)
	}
	if err := r.saveWords(tx); err != nil {
		return err
	}
	return tx.Put(ledger.Ref{Kind: KindReport, ID: r.ID}, data)
}

// KindWords documents hold, by report, what the client wrote that waits to be forwarded:
// beside the report, for a document is small.
const KindWords ledger.Kind = "report_words"

func (r Report) saveWords(tx *ledger.Tx) error {
	ref := ledger.Ref{Kind: KindWords, ID: r.ID}
	was, err := tx.Doc(ref)
	if err != nil || was == nil && len(r.Words) == 0 {
		return err
	}
	if len(r.Words) == 0 {
		return tx.Put(ref, nil)
	}
	s := storedWords{V: 1}
	for _, w := range r.Words {
		s.Words = append(s.Words, storedMaterial{w.From, w.Text, w.Keys, millis(w.At)})
	}
	data, err := encode(s)
	if err != nil {
		return fmt.Errorf("encode words for report %s: %w", r.ID, err)
	}
	if bytes.Equal(data, was) {
		return nil
	}
	return tx.Put(ref, data)
}

func (r *Report) loadWords(tx *ledger.Tx) error {
	data, err := tx.Doc(ledger.Ref{Kind: KindWords, ID: r.ID})
	if err != nil || data == nil {
		return err
	}
	var s storedWords
	if err := json.Unmarshal(data, &s); err != nil || s.V != 1 {
		return fmt.Errorf("decode words for report %s: %w: version %d: %w", r.ID, ledger.ErrCorrupt, s.V, err)
	}
	for _, w := range s.Words {
		r.Words = append(r.Words, Material{w.From, w.Text, w.Keys, fromMillis(w.At)})
	}
	return nil
}

// encode is JSON without the escapes that only HTML needs: they are six bytes each.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// Load reads a report; ok is false when there is none of that identifier.
func Load(tx *ledger.Tx, id string) (r Report, ok bool, err error) {
	data, err := tx.Doc(ledger.Ref{Kind: KindReport, ID: id})
	if err != nil || data == nil {
		return Report{}, false, err
	}
	if r, err = Decode(data); err != nil {
		return Report{}, false, err
	}
	// Only while the client's words wait is there anything to read.
	if r.Proposed {
		err = r.loadWords(tx)
	}
	return r, err == nil, err
}

// Decode reads a stored report of any version, without the client's words that wait to be
// forwarded; that there are some says Proposed.
func Decode(data []byte) (Report, error) {
	var s storedReport
	if err := json.Unmarshal(data, &s); err != nil {
		return Report{}, fmt.Errorf("decode report: %w: %w", ledger.ErrCorrupt, err)
	}
	if s.V != 1 {
		return Report{}, fmt.Errorf("decode report: %w: version %d was written by a newer halo, update this program", ledger.ErrCorrupt, s.V)
	}
	return s.report(), nil
}

func (r Report) stored() storedReport {
	s := storedReport{
		V: 1, ID: r.ID, Party: string(r.Party), Team: r.Team, State: string(r.State), Title: r.Title,
		Thread: r.Thread, Posts: r.Posts, Step: r.Step, Lost: r.Lost,
		Form: storedForm(r.Form), By: r.By, Opened: millis(r.Opened), Tickets: r.Tickets, Untold: len(r.Untold),
		Owner: r.Owner, Since: millis(r.Since), Rungs: r.Rungs, Called: millis(r.Called),
		Question: r.Question, Proposed: r.Proposed, Result: r.Result, Cause: string(r.Cause),
		Failed: r.Failed, Objected: r.Objected, Reopened: r.Reopened, Moved: r.Moved,
		Ending: string(r.Ending), Closed: millis(r.ClosedAt),
	}
	for state, d := range r.Spent {
		if s.Spent == nil {
			s.Spent = map[string]int64{}
		}
		s.Spent[string(state)] = d.Milliseconds()
	}
	return s
}

func (s storedReport) report() Report {
	r := Report{
		ID: s.ID, Party: Party(s.Party), Team: s.Team, State: State(s.State), Title: s.Title,
		Thread: s.Thread, Posts: s.Posts, Step: s.Step, Lost: s.Lost,
		Form: Form(s.Form), By: s.By, Opened: fromMillis(s.Opened), Tickets: s.Tickets,
		Owner: s.Owner, Since: fromMillis(s.Since), Rungs: s.Rungs, Called: fromMillis(s.Called),
		Question: s.Question, Proposed: s.Proposed, Result: s.Result, Cause: Cause(s.Cause),
		Failed: s.Failed, Objected: s.Objected, Reopened: s.Reopened, Moved: s.Moved,
		Ending: Ending(s.Ending), ClosedAt: fromMillis(s.Closed),
	}
	for state, ms := range s.Spent {
		if r.Spent == nil {
			r.Spent = map[State]time.Duration{}
		}
		r.Spent[State(state)] = time.Duration(ms) * time.Millisecond
	}
	if n := min(max(s.Untold, 0), len(s.Tickets)); n > 0 {
		r.Untold = s.Tickets[len(s.Tickets)-n:]
	}
	return r
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
