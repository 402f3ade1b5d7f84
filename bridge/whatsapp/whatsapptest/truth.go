package whatsapptest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Status is how far a message got, as its ticks show.
type Status string

// The ticks of a message, in their order.
const (
	StatusSent      Status = "sent"
	StatusDelivered Status = "delivered"
	StatusRead      Status = "read"
)

func (s Status) rank() int { return slices.Index([]Status{StatusSent, StatusDelivered, StatusRead}, s) }

// Message is one entry of a phone's screen.
type Message struct {
	ID      string `json:"id"`
	FromMe  bool   `json:"from_me"` // written by the owner of this screen
	Kind    string `json:"kind"`
	Text    string `json:"text,omitempty"` // text or caption, as last edited
	ReplyTo string `json:"reply_to,omitempty"`
	Edited  bool   `json:"edited,omitempty"`
	Deleted bool   `json:"deleted,omitempty"`
	// Reactions are the emoji by who placed them: "me" or "them".
	Reactions map[string]string `json:"reactions,omitempty"`
	Status    Status            `json:"status"`
	Time      time.Time         `json:"time"`
	// What kinds other than text carry.
	Media    *Attachment `json:"media,omitempty"`
	Place    *Place      `json:"place,omitempty"`
	Contacts []Contact   `json:"contacts,omitempty"`
	Poll     *Poll       `json:"poll,omitempty"`
	Link     *Link       `json:"link,omitempty"`
	// Quote is what the screen shows above a reply: the text or caption quoted, or
	// the kind of what has none.
	Quote     string        `json:"quote,omitempty"`
	Forwarded int           `json:"forwarded,omitempty"` // times, 0 for never
	ViewOnce  bool          `json:"view_once,omitempty"`
	Fades     time.Duration `json:"fades,omitempty"` // after which it disappears, 0 for never
	Album     string        `json:"album,omitempty"` // id of the album it belongs to
	Group     string        `json:"group,omitempty"` // address of the group it was written in
	// Deliveries counts how often the phone was given this message: 1 is right,
	// more are repetitions the app hides.
	Deliveries int `json:"deliveries"`
	// Devices is how many of the phone's devices could read it.
	Devices int `json:"devices"`

	raw    *waE2E.Message // without envelopes
	sealed *sealed
	secret bool // edits are encrypted with the message's secret
}

// screen is the chat as one phone shows it. The network's mutex guards it.
type screen struct {
	list []*Message
	byID map[string]*Message
	// actions counts deliveries of stanzas that change another message.
	actions map[string]int
}

func newScreen() screen {
	return screen{byID: make(map[string]*Message), actions: make(map[string]int)}
}

func (s *screen) copy() []Message {
	out := make([]Message, len(s.list))
	for i, message := range s.list {
		out[i] = *message
		out[i].Reactions = maps.Clone(message.Reactions)
		if message.Media != nil {
			out[i].Media = new(*message.Media)
		}
		if message.Poll != nil {
			out[i].Poll = new(*message.Poll)
			out[i].Poll.Votes = maps.Clone(message.Poll.Votes)
		}
	}
	return out
}

func (s *screen) add(message *Message) {
	s.list = append(s.list, message)
	s.byID[message.ID] = message
}

// shown is a plaintext in the words of a screen.
type shown struct {
	kind, text, replyTo string
	// target is the message that is edited, deleted or reacted to.
	target string
	action action
	// ours tells, for a target, that the author of the action wrote it.
	ours bool

	media     *Attachment
	sealed    *sealed
	place     *Place
	contacts  []Contact
	poll      *Poll
	link      *Link
	forwarded int
	viewOnce  bool
	fades     time.Duration
	album     string
	group     string
	secret    bool
	vote      *waE2E.PollUpdateMessage
	taken     []string // the options of a vote
	context   *waE2E.ContextInfo
	raw       *waE2E.Message
}

type action int

const (
	actNone action = iota
	actEdit
	actDelete
	actReact
	actVote
	actSetting // of the chat; nothing on the screen changes
)

// edit is the mark that a stanza with such a message bears.
func (s shown) edit() string {
	switch {
	case s.action == actEdit:
		return string(types.EditAttributeMessageEdit)
	case s.action == actDelete, s.action == actReact && s.text == "":
		return string(types.EditAttributeSenderRevoke)
	}
	return ""
}

// read turns a plaintext into what it does to a screen.
func read(message *waE2E.Message) (shown, error) {
	if sent := message.GetDeviceSentMessage().GetMessage(); sent != nil {
		message = sent
	}
	outer, once := message, false
	for _, wrapped := range []*waE2E.FutureProofMessage{
		message.GetEditedMessage(), message.GetEphemeralMessage(), message.GetDocumentWithCaptionMessage(),
		message.GetViewOnceMessage(), message.GetViewOnceMessageV2(), message.GetAssociatedChildMessage(),
	} {
		if inner := wrapped.GetMessage(); inner != nil {
			once = outer.GetViewOnceMessage() != nil || outer.GetViewOnceMessageV2() != nil
			message = inner
		}
	}
	if protocol := message.GetProtocolMessage(); protocol != nil {
		return readProtocol(protocol)
	}
	if reaction := message.GetReactionMessage(); reaction != nil {
		return shown{
			action: actReact, target: reaction.GetKey().GetID(),
			ours: reaction.GetKey().GetFromMe(), text: reaction.GetText(),
		}, nil
	}
	if vote := message.GetPollUpdateMessage(); vote != nil {
		key := vote.GetPollCreationMessageKey()
		return shown{action: actVote, target: key.GetID(), ours: key.GetFromMe(), vote: vote}, nil
	}
	what, err := contentOf(message)
	what.viewOnce = what.viewOnce || once
	what.album = outer.GetMessageContextInfo().GetMessageAssociation().GetParentMessageKey().GetID()
	if what.raw != nil && what.raw.MessageContextInfo == nil && outer.MessageContextInfo != nil {
		what.raw = proto.CloneOf(what.raw)
		what.raw.MessageContextInfo = outer.MessageContextInfo
	}
	return what, err
}

func readProtocol(protocol *waE2E.ProtocolMessage) (shown, error) {
	target := shown{target: protocol.GetKey().GetID(), ours: protocol.GetKey().GetFromMe()}
	switch protocol.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		target.action = actDelete
		return target, nil
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		inner, err := read(protocol.GetEditedMessage())
		target.action, target.text, target.kind = actEdit, inner.text, inner.kind
		return target, err
	case waE2E.ProtocolMessage_EPHEMERAL_SETTING:
		return shown{action: actSetting, fades: time.Duration(protocol.GetEphemeralExpiration()) * time.Second}, nil
	}
	return shown{}, fmt.Errorf("unknown protocol message %s", protocol.GetType())
}

// show applies a stanza to the screen. fromMe tells that the owner of the
// screen wrote it. A stanza that comes again is only counted. The error names
// what a real app could make no sense of.
func (s *screen) show(id string, what shown, fromMe bool, at time.Time, devices int) error {
	if what.action != actNone {
		s.actions[id]++
		if s.actions[id] > 1 {
			return nil
		}
		return s.change(what, fromMe)
	}
	if known := s.byID[id]; known != nil && known.Kind != KindUnreadable {
		known.Deliveries++
		if known.Kind != what.kind || !known.Edited && !known.Deleted && known.Text != what.text || known.FromMe != fromMe {
			return fmt.Errorf("message %s came again with other content", id)
		}
		return nil
	} else if known != nil {
		s.fill(known, what)
		if !known.Edited && !known.Deleted { // an edit may have come before its message
			known.Text = what.text
		}
		known.Deliveries++
		known.Devices = devices
		return nil
	}
	var err error
	if what.replyTo != "" && s.byID[what.replyTo] == nil {
		err = fmt.Errorf("message %s quotes unknown %s", id, what.replyTo)
	}
	message := &Message{
		ID: id, FromMe: fromMe, Text: what.text,
		Status: StatusSent, Time: at, Deliveries: 1, Devices: devices,
	}
	s.fill(message, what)
	s.add(message)
	return err
}

// fill puts everything but the text on the screen.
func (s *screen) fill(message *Message, what shown) {
	message.Kind, message.ReplyTo = what.kind, what.replyTo
	message.sealed, message.raw = what.sealed, what.raw
	message.Place, message.Contacts, message.Link = what.place, what.contacts, what.link
	if what.media != nil { // two phones show it, each for itself
		message.Media = new(*what.media)
	}
	if what.poll != nil {
		message.Poll = new(*what.poll)
	}
	message.Forwarded, message.ViewOnce, message.Fades = what.forwarded, what.viewOnce, what.fades
	message.Album, message.Group, message.secret = what.album, what.group, what.secret
	if quoted := what.context.GetQuotedMessage(); what.replyTo != "" && quoted != nil {
		if inner, err := read(quoted); err == nil {
			message.Quote = cmp.Or(inner.text, inner.kind)
		}
	}
}

func (s *screen) change(what shown, fromMe bool) error {
	if what.action == actSetting {
		return nil
	}
	target := s.byID[what.target]
	if target == nil {
		return fmt.Errorf("change of unknown message %s", what.target)
	}
	who := "them"
	if fromMe {
		who = "me"
	}
	// Seen from the author of the action, the target is theirs or the other's.
	if theirs := target.FromMe == fromMe; theirs != what.ours && target.Group == "" {
		return fmt.Errorf("change of message %s with the wrong author", what.target)
	}
	switch what.action {
	case actEdit, actDelete:
		if !what.ours {
			return fmt.Errorf("change of foreign message %s", what.target)
		}
		if what.action == actEdit {
			if what.kind != target.Kind && target.Kind != KindUnreadable {
				return fmt.Errorf("edit of message %s makes a %s of a %s", what.target, what.kind, target.Kind)
			}
			target.Text, target.Edited = what.text, true
		} else {
			target.Text, target.Deleted = "", true
		}
	case actVote:
		if target.Poll == nil {
			return fmt.Errorf("vote on %s, which is no poll", what.target)
		}
		if target.Poll.Votes == nil {
			target.Poll.Votes = make(map[string][]string)
		}
		target.Poll.Votes[who] = what.taken
	case actReact:
		if what.text == "" {
			delete(target.Reactions, who)
			break
		}
		if target.Reactions == nil {
			target.Reactions = make(map[string]string)
		}
		target.Reactions[who] = what.text
	}
	return nil
}

// mark raises the status of messages; it never lowers it.
func (s *screen) mark(ids []string, fromMe bool, status Status) {
	for _, id := range ids {
		if message := s.byID[id]; message != nil && message.FromMe == fromMe && status.rank() > message.Status.rank() {
			message.Status = status
		}
	}
}
