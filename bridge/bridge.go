// Package bridge carries words between a client's WhatsApp and a Discord thread.
//
// [Relay] goes inward: what a network reports becomes one commit, and only then
// is the network told that we have it. [Courier] goes outward: it takes letters
// from the outbox, one lane a destination, and tells the world. The networks
// themselves are behind [Phone] and [Board], implemented in bridge/whatsapp and
// bridge/discord.
package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/haloerzap/halo/ticket"
)

// An Address is a WhatsApp user as the network writes it, without a device:
// "628123@s.whatsapp.net" or "99123@lid". Only bridge/whatsapp makes and reads them.
type Address string

// A ClientMessage is something that appeared in a chat on WhatsApp: with one person,
// or in a group that the desk listens to.
type ClientMessage struct {
	ID   string
	Chat Address // the address to answer to
	// Alt is the same person's other address (phone number beside LID), if known.
	Alt Address
	// Phone is the person's number in digits, "" when only a LID is known.
	Phone string
	Name  string // push name: untrusted
	At    time.Time
	// Own is true for a message typed on the linked phone itself.
	Own bool
	// Text is the words, or the caption of Media.
	Text string
	// Kind names the content: [KindPlainText], [KindImage], ...
	Kind string

	Media *Media
	Quote *Quote
	// Target is the message that an edit, deletion, reaction or vote is about;
	// TargetOwn says that the desk wrote it.
	Target    string
	TargetOwn bool
	Place     *Place
	Live      bool // Place moves on
	Contacts  []Contact
	Poll      *Poll
	Votes     []string // options that are chosen now, in the poll's words
	Forwarded int      // how often, as far as WhatsApp tells
	ViewOnce  bool
	Fades     time.Duration // disappears after that long, 0 for never
	Album     string        // equal for pictures that were sent as one
	Link      *Link
	Group     *Group // nil for a chat with one person
	// Unreadable is why the content could not be had: it could not be decrypted or decoded.
	Unreadable string

	whole     string            // of a long text, all of it: Text is a piece
	piece     int               // which one
	aside     map[string]string // what is stored of it when it cannot be handled
	hasSecret bool              // its secrets are masked
}

// A Receipt is WhatsApp's word that messages of ours were delivered or read.
type Receipt struct {
	Chat Address
	Alt  Address
	IDs  []string
	Read bool
	At   time.Time
}

// A StaffMessage is something written in a Discord thread.
type StaffMessage struct {
	ID      string // snowflake
	Channel string
	Author  string // user id
	Name    string // display name
	Roles   []string
	Text    string
	Files   []StaffFile
	// ReplyTo is the message of the same thread that this one answers, "" for none.
	ReplyTo   string
	ReplyOurs bool     // that message is the bot's
	Stickers  []string // names
	Poll      *Poll
	Snapshots []Snapshot // what was forwarded
	Forwarded Origin     // where that stands, zero for nowhere that is known
	At        time.Time
	// Edited is when it was last changed, zero for never.
	Edited time.Time

	talk ticket.Talk // what it was written in, "" for a ticket
}

// An Origin is a message in a Discord channel.
type Origin struct{ Channel, Message string }

// A Recent message is an agent's that the client has and that can still be changed
// or taken back there.
type Recent struct {
	ID     string    // snowflake
	Edited time.Time // of the version the desk knows, zero for the first
}

// A Phone sends as the linked WhatsApp number.
type Phone interface {
	// Send sends a message to a chat under the given message id, which is the same
	// at every attempt. Its error is a [SendError] or means: outcome unknown.
	// At most one call is under way at a time; it honours the deadline of ctx.
	Send(ctx context.Context, to Address, id string, o Outgoing) error
	// EditText changes the words of a text message of ours, sent as target. id is the
	// change's own id, the same at every attempt; errors are those of Send.
	EditText(ctx context.Context, to Address, id, target, text string) error
	// Revoke takes a message of ours, sent as target, back for everybody. id and
	// errors are as for EditText.
	Revoke(ctx context.Context, to Address, id, target string) error
	// Fetch writes the content of a client's file to w, decrypted and checked against
	// what was announced; w may have got bytes when it fails. Errors are a
	// [MediaError] or a [SendError], or temporary.
	Fetch(ctx context.Context, ref json.RawMessage, w io.Writer) error
	// Upload encrypts a file of the given kind and gives it to WhatsApp. The answer can
	// be sent for days, any number of times. Errors are those of Fetch.
	Upload(ctx context.Context, kind string, r io.ReadSeeker) (ref json.RawMessage, err error)
	// Typing shows the client that somebody is writing, or no longer.
	Typing(ctx context.Context, to Address, on bool) error
	// MarkRead shows the client that his messages were read.
	MarkRead(ctx context.Context, chat Address, ids []string, at time.Time) error
	// Watch asks WhatsApp to tell when the client is writing.
	Watch(ctx context.Context, to Address) error
	// Ready reports whether the link is up and the offline queue has been taken in.
	Ready() bool
}

// A Board posts and reads as the Discord bot.
type Board interface {
	// CreatePost opens a forum post and returns the thread's id.
	CreatePost(ctx context.Context, p Post) (thread string, err error)
	// FindPost looks for a post whose title starts with prefix, made by us, in the
	// active and recently archived posts of the forum; "" when there is none.
	FindPost(ctx context.Context, forum, prefix string) (thread string, err error)
	// Say writes a message and returns its id. nonce (at most 25 characters) makes
	// immediate repetition harmless.
	Say(ctx context.Context, m Message) (id string, err error)
	// Edit changes the words of a message of ours and nothing else of it. Repeating it
	// is harmless; one that was deleted is refused.
	Edit(ctx context.Context, channel, message, content string) error
	// Conclude is Edit that takes the message's buttons away.
	Conclude(ctx context.Context, channel, message, content string) error
	// Update makes a message of ours say what m says: words, card and buttons. What else m
	// holds does not count, and nobody is pinged. Repeating it is harmless; one that was
	// deleted is refused. It may have to wait for long ([Blocked], with the time).
	Update(ctx context.Context, message string, m Message) error
	// Delete takes a message of ours away. One that is not there is fine.
	Delete(ctx context.Context, channel, message string) error
	// FindMessage looks in a channel, after message id after, for a message of ours
	// with exactly this content; "" when there is none.
	FindMessage(ctx context.Context, channel, after, content string) (id string, err error)
	// Settle sets the state tag of a post (by name, keeping tags that are no state)
	// and archives or re-opens it. Repeating it is harmless.
	Settle(ctx context.Context, thread, tag string, archived bool) error
	// Arrange makes a post stand as p says: exactly these tags (unknown names are left
	// out), archived and locked or not. Repeating it is harmless.
	Arrange(ctx context.Context, thread string, p PostState) error
	// Fetch writes the content of a person's file to w; an expired address is asked for
	// anew. Errors are those of [Phone.Fetch].
	Fetch(ctx context.Context, ref json.RawMessage, w io.Writer) error
	// Limit is the largest file that Discord takes, in bytes, as far as it is known: a
	// Say that was refused for its size has lowered it and is [NotSent].
	Limit() int64
	// Typing shows in a thread that somebody is writing, for about ten seconds.
	Typing(ctx context.Context, thread string) error
	// React puts or removes a reaction of our own. Repeating either is harmless.
	React(ctx context.Context, channel, message, emoji string, on bool) error
	// CatchUp brings what was written in a thread since its cursor, by and by: the
	// thread was not known as ours until now.
	CatchUp(thread string)
	// Ready reports whether the gateway is up and the catch-up is over.
	Ready() bool
}

// A Post is a new forum post: its title and first message.
type Post struct {
	Forum   string   // channel id
	Title   string   // at most 100 characters
	Tags    []string // tag names; unknown ones are left out
	Message Message  // Channel is empty
}

// A PostState is how a forum post stands.
type PostState struct {
	Tags     []string // names
	Archived bool
	Locked   bool // only who manages threads can write in it
}

// A Message is what the bot writes in Discord. Nothing in it pings anybody but Ping.
type Message struct {
	Channel   string
	Nonce     string
	Content   string // at most 2000 characters
	ReplyTo   string // message id, "" for none; a deleted target is no error
	Card      *Card
	Buttons   []Button
	Files     []File   // at most 10
	PingRoles []string // role ids
	PingUsers []string // user ids
}

// A Card is an embed.
type Card struct {
	Title, Text string
	Color       int // 0xRRGGBB
	Fields      []Field
	Footer      string
}

// A Field is one line of a card.
type Field struct {
	Name, Value string
	Inline      bool
}

// A Button acts when pressed, also after a restart: everything it needs is in ID.
type Button struct {
	ID    string // at most 100 characters
	Label string
	Emoji string // unicode, "" for none
	Style string // "primary", "secondary", "success", "danger"
	// Row orders buttons into rows, the smallest on top; those of one row keep their order.
	// A message has at most five rows of five.
	Row int `json:",omitzero"`
}

// A Certainty says what a failed send means for the one waiting.
type Certainty int

const (
	// Unknown: the other side may or may not have it. Try again with the same id.
	Unknown Certainty = iota
	// NotSent: it certainly was not taken; try again later.
	NotSent
	// Refused: it was not taken and never will be in this form.
	Refused
	// Blocked: nothing can be sent at all for now (no link, outage, rate limit).
	// It never counts towards giving up.
	Blocked
)

// A SendError is a failed send, classified.
type SendError struct {
	Certainty Certainty
	// RetryAfter is the least time to wait, 0 when the network did not say.
	RetryAfter time.Duration
	// Reason is for people: one clause, e.g. "the number is not on WhatsApp".
	Reason string
	// Outage is true when the network as a whole has trouble (5xx, no answer, cut):
	// the attempt does not count towards giving up.
	Outage bool
	// Denied is true when a right is missing that a person can give back: the letter
	// waits, and the ops channel is told once.
	Denied bool
	// First is true when it was refused because the desk wrote first (463): nothing that
	// the desk sends first may leave for now.
	First bool
	// Gone is true when the destination itself no longer exists (thread deleted).
	Gone bool
	Err  error

	noPost bool // the post of the report, or talk, has to be made first
}

func (e *SendError) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

// ErrNotStored means that the store could not take a message: do not acknowledge
// it, the network will bring it again.
var ErrNotStored = errors.New("not stored")

// A Failpoint is called at the named steps of reference order ("d.begun",
// "d.pre-post", "w.sent", ...). An error stops the step there, as a crash would.
// It is nil outside crash tests.
type Failpoint func(step string) error

// Hit calls f, if there is one.
func (f Failpoint) Hit(step string) error {
	if f == nil {
		return nil
	}
	return f(step)
}
