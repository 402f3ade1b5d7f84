// Package bot is what staff can ask of the desk inside Discord: the commands,
// buttons and what answers them. It knows no Discord library; bridge/discord
// translates.
package bot

import (
	"context"
	"strings"
	"time"
)

// An Interaction is one use of a command, button, select or form. Discord never repeats
// one, but a person may press twice: acting on it is idempotent by what it names.
type Interaction struct {
	ID      string // snowflake
	User    string // user id
	Name    string // display name
	Roles   []string
	Channel string // where it was used: a thread or a channel
	Message string // the message a button belongs to, "" for commands
	// Command is the full name, words separated by one blank ("ticket close"); ""
	// for everything else.
	Command string
	Options map[string]string
	// Members are the roles of the people whom options name, by user id. Who is not in it
	// is no member of the server.
	Members map[string][]string
	// Target is the message that a command from a message's menu was used on.
	Target *Target
	// Button is the custom id of the pressed button or used select, "" for others.
	Button string
	Values []string // chosen in a select
	// Form is the id of the form that was filled in with Fields, "" for others.
	Form   string
	Fields map[string]string
	Locale string // of the person, e.g. "id", "en-US"
	At     time.Time
}

// English reports whether the person reads English; everybody else gets Indonesian.
func (i Interaction) English() bool { return strings.HasPrefix(i.Locale, "en") }

// say is a sentence in the person's language.
func (i Interaction) say(indonesian, english string) string {
	if i.English() {
		return english
	}
	return indonesian
}

// An Answer is what the person who asked sees, and nobody else. An empty one means
// that what happened shows by itself.
//
// The answer to a button of an earlier answer takes that answer's place; the one to
// a button of a message in a channel stands below it.
type Answer struct {
	Text    string // at most 2000 characters
	Files   []File // at most 10
	Buttons []Button
	Selects []Select // each a row above the buttons; five rows in all
	// Follow, if set, runs once the answer is shown, and may show others in its place
	// for as long as it goes on: ctx ends a minute before Discord stops taking them,
	// or when the program ends. show takes its own few seconds whatever became of
	// ctx, so a last word is possible; its error means that the person does not see
	// it. The Follow of an answer that was shown by it is not run.
	Follow func(ctx context.Context, show func(Answer) error)
}

// Empty reports whether there is nothing to see.
func (a Answer) Empty() bool {
	return a.Text == "" && len(a.Files) == 0 && len(a.Buttons) == 0 && len(a.Selects) == 0
}

// A File is shown with an answer.
type File struct {
	Name        string // with its ending, e.g. "qr.png"
	Type        string // e.g. "image/png"
	Description string // what it shows, for who cannot see it
	Data        []byte
}

// A Button of an answer works as long as the answer can be seen, also after a
// restart: everything it needs is in ID.
type Button struct {
	ID    string // at most 100 characters
	Label string // at most 80
	Emoji string // unicode, "" for none
	Style string // "primary", "secondary", "success", "danger"
	// Row starts a new row with this button; otherwise five stand side by side, in at
	// most five rows.
	Row bool
}

// A Handler answers interactions. It is called after Discord has been told to
// wait, so it may take seconds; ctx ends before the interaction's token does. One that
// is a [Former] too is asked for a form first.
type Handler interface {
	Handle(ctx context.Context, i Interaction) Answer
}

// A Command is one command as Discord shows it: to everybody, because Discord
// lets a bot hide one by permissions only, not by roles. Who may use it is checked
// when it is used. A command with Sub is a group and not usable by itself.
type Command struct {
	Name        string            // base name, lower case; of a message command as it is shown
	Names       map[string]string // by locale, where it is called otherwise
	Description map[string]string // by locale; "id" is the default
	// OnMessage makes it an entry in the menu of a message, without description, Sub
	// and Options.
	OnMessage bool
	Sub       []Command
	Options   []Option
}

// An Option is one argument of a command. What comes back is text: of a user the id.
type Option struct {
	Name        string
	Names       map[string]string // by locale, where it is called otherwise
	Description map[string]string
	Kind        OptionKind
	Required    bool
	Choices     []Choice // of texts
	// Complete says where what may be meant is looked for while a text is typed, of an
	// option without Choices; "" for nowhere. Whatever is typed can be sent all the same.
	Complete Source
}

// An OptionKind is what an option takes.
type OptionKind string

// The kinds of options.
const (
	OptionText   OptionKind = "" // any text, or one of the choices
	OptionUser   OptionKind = "user"
	OptionNumber OptionKind = "number" // an integer
)
