// Package bot is what staff can ask of the desk inside Discord: the commands,
// buttons and what answers them. It knows no Discord library; bridge/discord
// translates.
package bot

import (
	"context"
	"time"
)

// An Interaction is one use of a command or button. Discord never repeats one,
// but a person may press twice: acting on it is idempotent by what it names.
type Interaction struct {
	ID      string // snowflake
	User    string // user id
	Name    string // display name
	Roles   []string
	Channel string // where it was used: a thread or a channel
	Message string // the message a button belongs to, "" for commands
	// Command is the full name, words separated by one blank ("ticket close"); ""
	// for a button.
	Command string
	Options map[string]string
	// Button is the custom id of the pressed button, "" for commands.
	Button string
	Locale string // of the person, e.g. "id", "en-US"
	At     time.Time
}

// An Answer is what the person who asked sees, and nobody else. An empty Text
// means that what happened shows by itself.
type Answer struct {
	Text string
}

// A Handler answers interactions. It is called after Discord has been told to
// wait, so it may take seconds; ctx ends before the interaction's token does.
type Handler interface {
	Handle(ctx context.Context, i Interaction) Answer
}

// A Command is one slash command as Discord shows it. A command with Sub is a
// group and not usable by itself.
type Command struct {
	Name        string            // base name, lower case
	Description map[string]string // by locale; "id" is the default
	Sub         []Command
	Options     []Option
}

// An Option is one argument of a command.
type Option struct {
	Name        string
	Description map[string]string
	Required    bool
	Choices     []string
}
