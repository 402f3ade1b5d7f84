package customer

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Timers of a follow-up; their ID is the follow-up's.
const (
	TimerFollowUpRemind = "followup_remind"
	TimerFollowUpDue    = "followup_due"
)

// Keep writes it with its events (to the log with its ID), index rows and timers; before
// is what was loaded, zero for a new one.
func (f FollowUp) Keep(tx *ledger.Tx, before FollowUp, events []ledger.Event) error {
	if err := checkID("follow-up", f.ID); err != nil {
		return err
	}
	for _, e := range events {
		tx.Log(f.ID, e)
	}
	f = f.bounded()
	relist(tx, before.rows(), f.rows())
	for _, b := range before.timers() {
		tx.Cancel(b.Kind, b.ID)
	}
	for _, a := range f.timers() {
		tx.Set(a)
	}
	return put(tx, ledger.Ref{Kind: KindFollowUp, ID: f.ID}, f.stored())
}

func (f FollowUp) rows() (rows []ledger.IndexRow) {
	if f.ID == "" {
		return nil
	}
	row := func(index string) {
		rows = append(rows, ledger.IndexRow{Index: index, Member: f.ID, Score: millis(f.Opened)})
	}
	if !f.Over() {
		row(IndexFollowUps)
	}
	row(FollowUpsOf(f.Customer))
	if f.Round != "" {
		row(FollowUpsIn(f.Round))
	}
	return rows
}

func (f FollowUp) timers() (all []ledger.Timer) {
	if f.Over() {
		return nil
	}
	if !f.Remind.IsZero() && f.Reminded.IsZero() {
		all = append(all, ledger.Timer{Kind: TimerFollowUpRemind, ID: f.ID, Due: f.Remind})
	}
	if !f.Due.IsZero() && f.Missed.IsZero() {
		all = append(all, ledger.Timer{Kind: TimerFollowUpDue, ID: f.ID, Due: f.Due})
	}
	return all
}

type storedFollowUp struct {
	V            int            `json:"v"`
	ID           string         `json:"id"`
	Kind         string         `json:"kind"`
	State        string         `json:"state"`
	Step         int            `json:"step,omitzero"`
	Customer     string         `json:"customer"`
	Contact      string         `json:"contact,omitzero"`
	Conversation string         `json:"conversation,omitzero"`
	Round        string         `json:"round,omitzero"`
	Survey       string         `json:"survey,omitzero"`
	Owner        string         `json:"owner,omitzero"`
	Topic        string         `json:"topic,omitzero"`
	Text         string         `json:"text,omitzero"`
	Last         int64          `json:"last,omitzero"`
	Late         int            `json:"late,omitzero"`
	Opened       int64          `json:"opened"`
	Remind       int64          `json:"remind,omitzero"`
	Due          int64          `json:"due,omitzero"`
	Reminded     int64          `json:"reminded,omitzero"`
	Missed       int64          `json:"missed,omitzero"`
	By           string         `json:"by,omitzero"`
	Queued       int64          `json:"queued,omitzero"`
	Sent         int64          `json:"sent,omitzero"`
	Answered     int64          `json:"answered,omitzero"`
	Ended        int64          `json:"ended,omitzero"`
	Failed       string         `json:"failed,omitzero"`
	Response     storedResponse `json:"response,omitzero"`
	Why          string         `json:"why,omitzero"`
	Won          string         `json:"won,omitzero"`
	WonAt        int64          `json:"wonAt,omitzero"`
	Forwarded    []string       `json:"forwarded,omitzero"`
}

type storedResponse struct {
	Way    string `json:"way,omitzero"`
	Result string `json:"result,omitzero"`
	Note   string `json:"note,omitzero"`
}

// bounded is the follow-up as it may be stored.
func (f FollowUp) bounded() FollowUp {
	for _, id := range []*string{&f.Customer, &f.Contact, &f.Round, &f.Survey, &f.Owner, &f.By, &f.Won} {
		*id = line(*id, mostID)
	}
	f.Kind, f.State = FollowUpKind(line(string(f.Kind), mostID)), FollowUpState(line(string(f.State), mostID))
	f.Conversation, f.Topic = line(f.Conversation, longConversation), line(f.Topic, longTopic)
	f.Text, f.Failed, f.Why = block(f.Text, longFollowUp), line(f.Failed, longReason), line(f.Why, longReason)
	f.Response.Way, f.Response.Result = Way(line(string(f.Response.Way), mostID)), Result(line(string(f.Response.Result), mostID))
	f.Response.Note = block(f.Response.Note, longNote)
	f.Forwarded = lines(f.Forwarded, mostID, mostForwarded)
	for _, t := range []*time.Time{
		&f.Last, &f.Opened, &f.Remind, &f.Due, &f.Reminded, &f.Missed, &f.Queued, &f.Sent, &f.Answered, &f.Ended, &f.WonAt,
	} {
		*t = millisecond(*t)
	}
	return f
}

func (f FollowUp) stored() storedFollowUp {
	return storedFollowUp{
		V: 1, ID: f.ID, Kind: string(f.Kind), State: string(f.State), Step: f.Step,
		Customer: f.Customer, Contact: f.Contact, Conversation: f.Conversation, Round: f.Round, Survey: f.Survey, Owner: f.Owner,
		Topic: f.Topic, Text: f.Text, Last: millis(f.Last), Late: f.Late,
		Opened: millis(f.Opened), Remind: millis(f.Remind), Due: millis(f.Due), Reminded: millis(f.Reminded), Missed: millis(f.Missed),
		By: f.By, Queued: millis(f.Queued), Sent: millis(f.Sent), Answered: millis(f.Answered), Ended: millis(f.Ended), Failed: f.Failed,
		Response: storedResponse{string(f.Response.Way), string(f.Response.Result), f.Response.Note},
		Why:      f.Why, Won: f.Won, WonAt: millis(f.WonAt), Forwarded: f.Forwarded,
	}
}

// LoadFollowUp reads one; ok is false when there is none.
func LoadFollowUp(tx *ledger.Tx, id string) (f FollowUp, ok bool, err error) {
	if id == "" {
		return FollowUp{}, false, nil
	}
	data, err := tx.Doc(ledger.Ref{Kind: KindFollowUp, ID: id})
	if err != nil || data == nil {
		return FollowUp{}, false, err
	}
	f, err = DecodeFollowUp(data)
	return f, err == nil, err
}

// DecodeFollowUp reads one as stored, of any version.
func DecodeFollowUp(data []byte) (FollowUp, error) {
	var s storedFollowUp
	if err := decodeAs("follow-up", data, &s, &s.V); err != nil {
		return FollowUp{}, err
	}
	return FollowUp{
		ID: s.ID, Kind: FollowUpKind(s.Kind), State: FollowUpState(s.State), Step: s.Step,
		Customer: s.Customer, Contact: s.Contact, Conversation: s.Conversation, Round: s.Round, Survey: s.Survey, Owner: s.Owner,
		Topic: s.Topic, Text: s.Text, Last: fromMillis(s.Last), Late: s.Late,
		Opened: fromMillis(s.Opened), Remind: fromMillis(s.Remind), Due: fromMillis(s.Due), Reminded: fromMillis(s.Reminded), Missed: fromMillis(s.Missed),
		By: s.By, Queued: fromMillis(s.Queued), Sent: fromMillis(s.Sent), Answered: fromMillis(s.Answered), Ended: fromMillis(s.Ended), Failed: s.Failed,
		Response: Response{Way(s.Response.Way), Result(s.Response.Result), s.Response.Note},
		Why:      s.Why, Won: s.Won, WonAt: fromMillis(s.WonAt), Forwarded: s.Forwarded,
	}, nil
}
