package bot

import (
	"context"

	"github.com/haloerzap/halo/bridge"
)

// A Form is what a person fills in before something is done. Discord shows it at once
// or not at all: it opens before anything is looked up.
type Form struct {
	// ID comes back with what was filled in, as [Interaction.Form]: everything that the
	// form is about is in it. At most 100 characters.
	ID     string
	Title  string  // at most 45 characters
	Fields []Field // 1 to 5
}

// A Field is one input of a form.
type Field struct {
	ID       string // names it in [Interaction.Fields]
	Label    string // at most 45 characters
	Hint     string // stands in it until something is typed; at most 100 characters
	Value    string // is in it already
	Long     bool   // several lines
	Optional bool
	Least    int // characters, 0 for any
	Most     int // characters up to 4000, 0 for 4000
}

// A Select is a list of which a person chooses.
type Select struct {
	ID      string // at most 100 characters; comes back as [Interaction.Button]
	Hint    string // stands in it until something is chosen; at most 150 characters
	Options []Choice
	// Least and Most are how many may be chosen: 0 stands for 1. Nothing happens until
	// the person leaves the list.
	Least, Most int
}

// A Choice is one of the things to choose from.
type Choice struct {
	Value string // what comes back; at most 100 characters
	// Label is shown, by locale; "id" is the default, and without any Value is shown.
	Label map[string]string
	Hint  string // a second line, of a select only
	Emoji string // unicode, "" for none; of a select only
	Given bool   // chosen already; of a select only
}

// A Target is the message that a message command was used on.
type Target struct {
	ID     string
	Author string // user id
	Bot    bool   // the author is a program
	Text   string
	Files  []bridge.StaffFile
}

// A Former opens forms.
type Former interface {
	// Form is the form that an interaction opens; ok is false when it opens none, and
	// then it is handled. It is asked before Discord is told to wait, so ctx ends after
	// less than a second: what could not be looked up until then stays empty.
	Form(ctx context.Context, i Interaction) (f Form, ok bool)
}

// forClient refuses words for a client with a line in them that is marked to stay inside.
func (d *Desk) forClient(i Interaction, text string) error {
	if !d.bridge.StaysInside(text) {
		return nil
	}
	mark := "`" + bridge.Clean(d.bridge.NotePrefix, 20) + "`"
	return Refusal(i.say("Ini dibaca klien, padahal ada baris yang diawali "+mark+", tanda catatan untuk tim. Hapus barisnya atau tandanya, lalu kirim lagi.",
		"The client reads this, and a line in it begins with "+mark+", which marks a note for the team. Take out the line or the mark, then send it again."))
}
