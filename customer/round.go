package customer

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// KindRound documents are the monthly lists.
const KindRound ledger.Kind = "round"

// A Round is one monthly list: of follow-ups ("FU-2612") or of surveys ("SV-2612"). Its ID
// is also the number of the talk that shows it.
type Round struct {
	ID     string
	Opened time.Time
	// Chosen are the customers on a list of follow-ups whose cards are still to be made,
	// in their order, at most 200.
	Chosen []string
	Made   int // cards or surveys made so far
	// From and To bound the completion of the orders on a list of surveys; Cursor is the
	// score up to which they were taken.
	From, To time.Time
	Cursor   int64
	// Last is the order taken last: of those completed at one time the next ones follow it.
	// Walked says that all were taken, Caught that those recorded late were too, and Invited
	// how many of the surveys were asked to be sent since.
	Last    string
	Walked  bool
	Caught  bool
	Invited int
	Tally   Tally // what came of a list of surveys so far
	Done    bool  // everything on it was made
}

type storedRound struct {
	V       int          `json:"v"`
	ID      string       `json:"id"`
	Opened  int64        `json:"opened"`
	Chosen  []string     `json:"chosen,omitzero"`
	Made    int          `json:"made,omitzero"`
	From    int64        `json:"from,omitzero"`
	To      int64        `json:"to,omitzero"`
	Cursor  int64        `json:"cursor,omitzero"`
	Last    string       `json:"last,omitzero"`
	Walked  bool         `json:"walked,omitzero"`
	Caught  bool         `json:"caught,omitzero"`
	Invited int          `json:"invited,omitzero"`
	Tally   *storedTally `json:"tally,omitzero"`
	Done    bool         `json:"done,omitzero"`
}

// Save writes the round.
func (r Round) Save(tx *ledger.Tx) error {
	if err := checkID("round", r.ID); err != nil {
		return err
	}
	return put(tx, ledger.Ref{Kind: KindRound, ID: r.ID}, storedRound{
		V: 1, ID: r.ID, Opened: millis(r.Opened), Chosen: r.Chosen[:min(len(r.Chosen), mostChosen)], Made: r.Made,
		From: millis(r.From), To: millis(r.To), Cursor: r.Cursor, Done: r.Done,
		Last: r.Last, Walked: r.Walked, Caught: r.Caught, Invited: r.Invited, Tally: r.Tally.stored(),
	})
}

// LoadRound reads one; ok is false when there is none.
func LoadRound(tx *ledger.Tx, id string) (r Round, ok bool, err error) {
	if id == "" {
		return Round{}, false, nil
	}
	data, err := tx.Doc(ledger.Ref{Kind: KindRound, ID: id})
	if err != nil || data == nil {
		return Round{}, false, err
	}
	r, err = DecodeRound(data)
	return r, err == nil, err
}

// DecodeRound reads one as stored, of any version.
func DecodeRound(data []byte) (Round, error) {
	var s storedRound
	if err := decodeAs("round", data, &s, &s.V); err != nil {
		return Round{}, err
	}
	return Round{
		ID: s.ID, Opened: fromMillis(s.Opened), Chosen: s.Chosen, Made: s.Made,
		From: fromMillis(s.From), To: fromMillis(s.To), Cursor: s.Cursor, Done: s.Done,
		Last: s.Last, Walked: s.Walked, Caught: s.Caught, Invited: s.Invited, Tally: s.Tally.tally(),
	}, nil
}
