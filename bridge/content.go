package bridge

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// The kinds of content that a [ClientMessage] may name. Others are shown by their
// name: a kind that this version does not know stands in for itself.
const (
	KindImage    = "image"
	KindVideo    = "video"
	KindGIF      = "gif"
	KindVoice    = "voice"
	KindAudio    = "audio"
	KindDocument = "document"
	KindSticker  = "sticker"
	KindLocation = "location"
	KindContact  = "contact"
	KindPoll     = "poll"
	KindVote     = "vote"     // Target is the poll
	KindReaction = "reaction" // Text is the emoji, "" when it was taken back
	KindEdit     = "edit"     // Text is all of the new words
	KindDelete   = "delete"
	KindCall     = "call"
)

// Media describes a file without its bytes. Everything but Ref is the sender's word.
type Media struct {
	Kind     string          `json:"kind"`
	Name     string          `json:"name,omitzero"`
	MIME     string          `json:"mime,omitzero"`
	Size     int64           `json:"size,omitzero"` // bytes, 0 for not said
	Length   time.Duration   `json:"length,omitzero"`
	Animated bool            `json:"animated,omitzero"`
	Sum      []byte          `json:"sum,omitzero"` // SHA-256 of the content
	Ref      json.RawMessage `json:"ref,omitzero"` // what the network's adapter needs to fetch it, also after a restart
}

// A Quote is the message that another one answers.
type Quote struct {
	ID     string  `json:"id"`              // WhatsApp's
	Own    bool    `json:"own,omitzero"`    // the desk wrote it
	Sender Address `json:"sender,omitzero"` // who wrote it, in a group
	Kind   string  `json:"kind,omitzero"`
	Text   string  `json:"text,omitzero"` // its words as the quoting side shows them: untrusted
	// Message is Discord's id of an agent's message, for one that may yet be taken back.
	Message string `json:"message,omitzero"`
}

// A Place is a point on the map.
type Place struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lon"`
	Name      string  `json:"name,omitzero"`
	Address   string  `json:"address,omitzero"`
	URL       string  `json:"url,omitzero"`
}

// A Contact is a person's card.
type Contact struct {
	Name string `json:"name,omitzero"`
	Card string `json:"card,omitzero"` // vCard, untrusted
}

// A Poll is a question with its options.
type Poll struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	// Choices is how many options one may choose, 0 for any number.
	Choices int `json:"choices,omitzero"`
}

// A Link is the preview that came with a text.
type Link struct {
	URL, Title, Text string
}

// A Group is where a message was written when it was not written to the desk alone.
// The message's Chat is the group then.
type Group struct {
	Name        string // untrusted
	Sender      Address
	SenderName  string // push name: untrusted
	SenderPhone string // digits, "" when only a LID is known
}

// An Outgoing message is what the desk says on WhatsApp: exactly one of Media,
// Reaction, Place, Contact and Poll, or Text alone. With Media, Text is the caption.
type Outgoing struct {
	Text     string
	Quote    *Quote
	Media    *Upload
	Reaction *Reaction
	Place    *Place
	Contact  *Contact
	Poll     *Poll
}

// An Upload is a file that WhatsApp has taken; Ref is what [Phone.Upload] returned.
type Upload struct {
	Kind          string
	Name          string
	MIME          string
	Size          int64
	Length        time.Duration
	Width, Height int // pixels, 0 for unknown
	Animated      bool
	Ref           json.RawMessage
}

// A Reaction is a sign on a message. An empty Emoji takes it back.
type Reaction struct {
	Target string  `json:"target"`          // WhatsApp's id
	Own    bool    `json:"own,omitzero"`    // the target is the desk's
	Sender Address `json:"sender,omitzero"` // who wrote the target, in a group
	Emoji  string  `json:"emoji,omitzero"`
}

// A File is what the bot puts into a message.
type File struct {
	Name   string
	Size   int64 // bytes
	Open   func() (io.ReadCloser, error)
	Voice  bool // shown as a voice message, when the message holds nothing else
	Length time.Duration
	MIME   string
}

// A StaffFile is a file of a message in Discord.
type StaffFile struct {
	ID     string
	Name   string // untrusted
	MIME   string // the uploader's word
	Size   int64
	Length time.Duration
	Voice  bool
	Ref    json.RawMessage // for [Board.Fetch]
}

// A Snapshot is a message that was forwarded within Discord.
type Snapshot struct {
	Text     string
	Files    []StaffFile
	Stickers []string
}

// A StaffReaction is a sign that a person in Discord put on a message, or took off.
type StaffReaction struct {
	Thread, Message, User string
	Ours                  bool // the message is the bot's; told only when a sign is put on
	Roles                 []string
	Emoji                 string // unicode, or the name of a custom one
	Custom                bool
	On                    bool
	At                    time.Time
}

// A Fault is why a file cannot be had, for good.
type Fault string

const (
	Gone       Fault = "gone"        // the network no longer has it
	Mismatch   Fault = "mismatch"    // what came is not what was announced
	TooLarge   Fault = "too_large"   // beyond what one side takes, or what the desk stores
	Forbidden  Fault = "forbidden"   // a type that is not passed on (programs)
	Swells     Fault = "swells"      // a picture that fills the memory of who looks at it
	Empty      Fault = "empty"       // no bytes in it
	BadAddress Fault = "bad_address" // a host that is none of the network's
	Malformed  Fault = "malformed"   // the reference makes no sense
)

// A MediaError is a file that cannot be had: trying again will not help. Everything
// else that goes wrong with a file is a [SendError], or temporary.
type MediaError struct {
	Fault Fault
	Err   error
}

func (e *MediaError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("the file cannot be had: %s", string(e.Fault))
	}
	return fmt.Sprintf("the file cannot be had: %s: %v", string(e.Fault), e.Err)
}

func (e *MediaError) Unwrap() error { return e.Err }
