package bridge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/ledger"
)

// Describe says in one line of Discord what a letter was: whose ticket, to whom, how
// it began and when it was written. Nothing in it pings or formats.
func Describe(l ledger.Letter) string {
	var parts []string
	if l.Log != ledger.DeskLog {
		parts = append(parts, "`"+Clean(l.Log, 40)+"`")
	}
	parts = append(parts, errand(l))
	if words := excerpt(wordsOf(l), 80); words != "" {
		parts = append(parts, "“"+words+"”")
	}
	if !l.At.IsZero() {
		parts = append(parts, fmt.Sprintf("<t:%d:f>", l.At.Unix()))
	}
	return strings.Join(parts, " · ")
}

// Resend says what a dead letter sends when it is revived: how its words begin, in one
// line of Discord, "" for none. changed: they are newer than those it died with, because
// its message was changed since. gone: nothing is sent, its message was deleted since.
func Resend(tx *ledger.Tx, l ledger.Letter) (words string, changed, gone bool, err error) {
	text := wordsOf(l)
	ref := ledger.Ref{Kind: kindReworded, ID: l.ID}
	data, err := tx.Doc(ref)
	if err != nil {
		return "", false, false, err
	}
	if data != nil {
		var w rewording
		if err := json.Unmarshal(data, &w); err != nil {
			return "", false, false, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
		}
		if w.Gone {
			return "", false, true, nil
		}
		changed = w.Text != "" && w.Text != text
		text = cmp.Or(w.Text, text)
	}
	return excerpt(text, 80), changed, false, nil
}

// Why says in the desk's language why a letter waits or died.
func Why(st ledger.Status) string { return reasonForStaff(st.Reason) }

func errand(l ledger.Letter) string {
	switch l.Kind {
	case kindText:
		return "ke klien"
	case kindChange:
		return "perubahan pesan di klien"
	case kindRevoke:
		return "penarikan pesan dari klien"
	case kindMedia:
		return "berkas ke klien"
	case kindPoll:
		return "polling ke klien"
	case kindReact:
		return "reaksi ke klien"
	case kindRead:
		return "tanda dibaca ke klien"
	case kindFetch:
		return "unduhan berkas"
	case kindSign:
		return "reaksi di thread"
	case kindPost:
		return "post baru"
	case kindTags:
		return "tanda pada post"
	}
	if part, ok := strings.CutPrefix(l.Lane, laneChannel); ok {
		return "ke kanal " + Clean(part, 40)
	}
	return "ke thread"
}

// wordsOf is the text that a letter carries, "" for none.
func wordsOf(l ledger.Letter) string {
	var body struct {
		Text    string `json:"text"`
		Content string `json:"content"`
		Poll    Poll   `json:"poll"`
	}
	if len(l.Body) == 0 || json.Unmarshal(l.Body, &body) != nil {
		return ""
	}
	return body.Text + body.Content + body.Poll.Question
}

// excerpt is the beginning of a text in at most max characters and one line, without
// formatting: a cut would leave half of it open.
func excerpt(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("\\*_~`|>", r) {
			return -1
		}
		return r
	}, s)
	return ToDiscord(Clean(s, max))
}
