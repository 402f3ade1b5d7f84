package bridge

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// An Outage is a notice that something is down: who opens a ticket reads it behind the
// standard greeting. The zero Outage is none.
type Outage struct {
	Text string // as a client reads it
	By   string // Discord user id
	At   time.Time
}

// On reports whether there is a notice.
func (o Outage) On() bool { return o.Text != "" }

// LongestOutage is how many bytes a notice may have.
const LongestOutage = 1000

// OutageRef is the document of the notice in force.
var OutageRef = ledger.Ref{Kind: "desk", ID: "outage"}

type storedOutage struct {
	Text string `json:"text"`
	By   string `json:"by"`
	At   int64  `json:"at"` // UTC milliseconds
}

// OutageOf reads the notice in force, the zero Outage if there is none.
func OutageOf(tx *ledger.Tx) (Outage, error) {
	data, err := tx.Doc(OutageRef)
	if err != nil {
		return Outage{}, err
	}
	return DecodeOutage(data)
}

// DecodeOutage reads a stored notice; no data is none.
func DecodeOutage(data []byte) (Outage, error) {
	if len(data) == 0 {
		return Outage{}, nil
	}
	var s storedOutage
	if err := json.Unmarshal(data, &s); err != nil {
		return Outage{}, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, OutageRef, err)
	}
	return Outage{s.Text, s.By, time.UnixMilli(s.At)}, nil
}

// SetOutage puts a notice in force, or ends the one there is with an empty text, and
// tells the ops channel. It reports whether that changed anything. text longer than
// [LongestOutage] is [ledger.ErrInvalid].
func SetOutage(tx *ledger.Tx, text, by string) (changed bool, err error) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd"))
	if len(text) > LongestOutage {
		return false, fmt.Errorf("%w: an outage notice of %d bytes", ledger.ErrInvalid, len(text))
	}
	now, err := OutageOf(tx)
	if err != nil || now.Text == text {
		return false, err
	}
	at := tx.Now()
	if text == "" {
		tx.Log(ledger.DeskLog, ledger.Event{What: "outage_ended", By: by})
		tx.Send(OpsNote(fmt.Sprintf("outage/%d/end", now.At.UnixMilli()), "✅ <@"+by+"> mencabut pemberitahuan gangguan."))
		return true, tx.Put(OutageRef, nil)
	}
	data, err := json.Marshal(storedOutage{text, by, at.UnixMilli()})
	if err != nil {
		return false, fmt.Errorf("encode %s: %w", OutageRef, err)
	}
	tx.Log(ledger.DeskLog, ledger.Event{What: "outage_set", By: by, Data: map[string]string{"text": text}})
	for i, part := range Split("📢 <@"+by+"> memasang pemberitahuan gangguan. Klien yang membuka tiket membaca:\n"+quote(ToDiscord(text)), discordLimit) {
		tx.Send(OpsNote(fmt.Sprintf("outage/%d/%d", at.UnixMilli(), i), part))
	}
	return true, tx.Put(OutageRef, data)
}
