package whatsapptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/reflect/protoreflect"
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

// Kinds of messages. Others are named after their field in the protocol.
const (
	KindText       = "text"
	KindUnreadable = "unreadable" // "Waiting for this message": no device could open it
)

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
	// Deliveries counts how often the phone was given this message: 1 is right,
	// more are repetitions the app hides.
	Deliveries int `json:"deliveries"`
	// Devices is how many of the phone's devices could read it.
	Devices int `json:"devices"`
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
}

type action int

const (
	actNone action = iota
	actEdit
	actDelete
	actReact
)

// edit is the mark that a stanza with such a message bears.
func (a action) edit() string {
	switch a {
	case actEdit:
		return string(types.EditAttributeMessageEdit)
	case actDelete:
		return string(types.EditAttributeSenderRevoke)
	}
	return ""
}

// read turns a plaintext into what it does to a screen.
func read(message *waE2E.Message) (shown, error) {
	if sent := message.GetDeviceSentMessage().GetMessage(); sent != nil {
		message = sent
	}
	for _, wrapped := range []*waE2E.FutureProofMessage{
		message.GetEditedMessage(), message.GetEphemeralMessage(), message.GetDocumentWithCaptionMessage(),
	} {
		if inner := wrapped.GetMessage(); inner != nil {
			message = inner
		}
	}
	if protocol := message.GetProtocolMessage(); protocol != nil {
		target := shown{target: protocol.GetKey().GetID(), ours: protocol.GetKey().GetFromMe()}
		switch protocol.GetType() {
		case waE2E.ProtocolMessage_REVOKE:
			target.action = actDelete
			return target, nil
		case waE2E.ProtocolMessage_MESSAGE_EDIT:
			inner, err := read(protocol.GetEditedMessage())
			target.action, target.text = actEdit, inner.text
			return target, err
		}
		return shown{}, fmt.Errorf("unknown protocol message %s", protocol.GetType())
	}
	if reaction := message.GetReactionMessage(); reaction != nil {
		return shown{
			action: actReact, target: reaction.GetKey().GetID(),
			ours: reaction.GetKey().GetFromMe(), text: reaction.GetText(),
		}, nil
	}
	return readContent(message)
}

func readContent(message *waE2E.Message) (shown, error) {
	if message.Conversation != nil {
		return shown{kind: KindText, text: message.GetConversation()}, nil
	}
	if text := message.GetExtendedTextMessage(); text != nil {
		return shown{kind: KindText, text: text.GetText(), replyTo: text.GetContextInfo().GetStanzaID()}, nil
	}
	type captioned interface {
		GetCaption() string
		GetContextInfo() *waE2E.ContextInfo
	}
	for _, media := range []struct {
		kind    string
		present bool
		message captioned
	}{
		{"image", message.ImageMessage != nil, message.GetImageMessage()},
		{"video", message.VideoMessage != nil, message.GetVideoMessage()},
		{"document", message.DocumentMessage != nil, message.GetDocumentMessage()},
	} {
		if media.present {
			return shown{kind: media.kind, text: media.message.GetCaption(), replyTo: media.message.GetContextInfo().GetStanzaID()}, nil
		}
	}
	kind := ""
	message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if name := string(field.Name()); name != "messageContextInfo" && kind == "" {
			kind = strings.TrimSuffix(name, "Message")
		}
		return true
	})
	if kind == "" {
		return shown{}, fmt.Errorf("empty message")
	}
	return shown{kind: kind}, nil
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
		known.Kind, known.ReplyTo = what.kind, what.replyTo
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
	s.add(&Message{
		ID: id, FromMe: fromMe, Kind: what.kind, Text: what.text, ReplyTo: what.replyTo,
		Status: StatusSent, Time: at, Deliveries: 1, Devices: devices,
	})
	return err
}

func (s *screen) change(what shown, fromMe bool) error {
	target := s.byID[what.target]
	if target == nil {
		return fmt.Errorf("change of unknown message %s", what.target)
	}
	// Seen from the author of the action, the target is theirs or the other's.
	if theirs := target.FromMe == fromMe; theirs != what.ours {
		return fmt.Errorf("change of message %s with the wrong author", what.target)
	}
	switch what.action {
	case actEdit, actDelete:
		if !what.ours {
			return fmt.Errorf("change of foreign message %s", what.target)
		}
		if what.action == actEdit {
			target.Text, target.Edited = what.text, true
		} else {
			target.Text, target.Deleted = "", true
		}
	case actReact:
		who := "them"
		if fromMe {
			who = "me"
		}
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
