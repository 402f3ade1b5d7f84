package whatsapptest

import (
	crand "crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// SendLocation sends a point on the map.
func (p *Phone) SendLocation(place Place) (string, error) { return p.Do(Draft{Place: &place}) }

// SendLiveLocation sends where the person is and goes.
func (p *Phone) SendLiveLocation(place Place, caption string) (string, error) {
	return p.Do(Draft{Place: &place, Live: true, Text: caption})
}

// SendContacts sends cards of the address book, one or several in one message.
func (p *Phone) SendContacts(contacts ...Contact) (string, error) {
	return p.Do(Draft{Contacts: contacts})
}

// SendPoll asks a question.
func (p *Phone) SendPoll(question string, most int, options ...string) (string, error) {
	return p.Do(Draft{Poll: &Poll{Question: question, Options: options, Most: most}})
}

// Vote chooses options of a poll; none takes the vote back.
func (p *Phone) Vote(poll string, options ...string) (string, error) {
	return p.Do(Draft{Vote: poll, Options: options})
}

// Forward sends a text that was forwarded some times.
func (p *Phone) Forward(text string, times int) (string, error) {
	return p.Do(Draft{Text: text, Forwarded: times})
}

// SendFading sends a text that disappears.
func (p *Phone) SendFading(text string, after time.Duration) (string, error) {
	return p.Do(Draft{Text: text, Fades: after})
}

// SetFading switches disappearing messages of the chat on, or off with 0.
func (p *Phone) SetFading(after time.Duration) (string, error) {
	return p.Do(Draft{Message: &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                      waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(),
		EphemeralExpiration:       new(uint32(after / time.Second)),
		EphemeralSettingTimestamp: new(p.net.unix()),
	}}})
}

// SendLink sends a text with the preview of an address in it.
func (p *Phone) SendLink(text string, link Link) (string, error) {
	return p.Do(Draft{Text: text, Link: &link})
}

// SendWithheld sends a view-once message the way companions get it: the server
// keeps the content for the phone.
func (p *Phone) SendWithheld() (string, error) {
	return p.SendNode(waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"type": "media"}, Content: []waBinary.Node{
		{Tag: "unavailable", Attrs: waBinary.Attrs{"type": "view_once"}},
	}})
}

// Record shows the business that the customer is recording a voice message. It
// reaches only companions that are connected.
func (p *Phone) Record() {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.chatState(waBinary.Node{Tag: "composing", Attrs: waBinary.Attrs{"media": "audio"}})
}

// Call rings the business and returns the id of the call.
func (p *Phone) Call(video bool) string {
	id := newMessageID()
	offer := waBinary.Node{Tag: "offer", Content: []waBinary.Node{{Tag: "audio", Attrs: waBinary.Attrs{"enc": "opus", "rate": 16000}}}}
	if video {
		offer.Content = append(offer.GetChildren(), waBinary.Node{Tag: "video", Attrs: waBinary.Attrs{"enc": "vp8"}})
	}
	p.signalCall(id, offer)
	return id
}

// HangUp ends a call that nobody took.
func (p *Phone) HangUp(call string) {
	p.signalCall(call, waBinary.Node{Tag: "terminate", Attrs: waBinary.Attrs{"reason": "timeout"}})
}

func (p *Phone) signalCall(call string, signal waBinary.Node) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	if signal.Attrs == nil {
		signal.Attrs = waBinary.Attrs{}
	}
	signal.Attrs["call-id"], signal.Attrs["call-creator"] = call, p.address(0)
	if p.addressing == ByLID {
		signal.Attrs["caller_pn"] = p.pn()
	} else {
		signal.Attrs["caller_lid"] = p.lid()
	}
	p.net.pushAll(waBinary.Node{
		Tag: "call", Content: []waBinary.Node{signal},
		Attrs: waBinary.Attrs{
			"id": p.net.nextID(), "from": p.address(0), "t": p.net.unix(), "platform": "android", "version": "2.26.1", "notify": p.name,
		},
	})
}

// object is a new message without a file, in the protocol's words.
func (d Draft) object() *waE2E.Message {
	switch {
	case d.Place != nil && d.Live:
		return &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{
			DegreesLatitude: &d.Place.Latitude, DegreesLongitude: &d.Place.Longitude, Caption: &d.Text,
			SequenceNumber: new(d.at.UnixMicro()), AccuracyInMeters: new(uint32(20)),
		}}
	case d.Place != nil:
		place := &waE2E.LocationMessage{DegreesLatitude: &d.Place.Latitude, DegreesLongitude: &d.Place.Longitude}
		for _, part := range []struct {
			to   **string
			text string
		}{{&place.Name, d.Place.Name}, {&place.Address, d.Place.Address}, {&place.URL, d.Place.URL}} {
			if part.text != "" {
				*part.to = new(part.text)
			}
		}
		return &waE2E.Message{LocationMessage: place}
	case len(d.Contacts) == 1:
		return &waE2E.Message{ContactMessage: d.Contacts[0].message()}
	case len(d.Contacts) > 1:
		array := &waE2E.ContactsArrayMessage{DisplayName: new(fmt.Sprintf("%d kontak", len(d.Contacts)))}
		for _, contact := range d.Contacts {
			array.Contacts = append(array.Contacts, contact.message())
		}
		return &waE2E.Message{ContactsArrayMessage: array}
	case d.Poll != nil:
		poll := &waE2E.PollCreationMessage{Name: &d.Poll.Question, SelectableOptionsCount: new(uint32(d.Poll.Most))}
		for _, option := range d.Poll.Options {
			poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: new(option)})
		}
		if d.Poll.Most == 1 {
			return &waE2E.Message{PollCreationMessageV3: poll}
		}
		return &waE2E.Message{PollCreationMessage: poll}
	case d.Link != nil:
		return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: &d.Text, MatchedText: &d.Link.URL, Title: &d.Link.Title, Description: &d.Link.Description,
		}}
	}
	return &waE2E.Message{Conversation: &d.Text}
}

func (c Contact) message() *waE2E.ContactMessage {
	return &waE2E.ContactMessage{DisplayName: new(c.Name), Vcard: new(c.VCard)}
}

func clearField(part protoreflect.Message, field protoreflect.FieldDescriptor) { part.Clear(field) }

// vote composes a choice in a poll.
func (w writer) vote(draft Draft, out *composed) error {
	key, poll, err := w.target(draft.Vote, false)
	if err != nil {
		return err
	}
	choice := &waE2E.PollVoteMessage{}
	for _, option := range draft.Options {
		sum := sha256.Sum256([]byte(option))
		choice.SelectedOptions = append(choice.SelectedOptions, sum[:])
	}
	iv, payload, err := w.encrypt("Poll Vote", poll, poll.raw.GetMessageContextInfo().GetMessageSecret(), choice)
	if err != nil {
		return err
	}
	out.message = &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
		PollCreationMessageKey: key, Vote: &waE2E.PollEncValue{EncIV: iv, EncPayload: payload},
		SenderTimestampMS: new(draft.at.UnixMilli()),
	}}
	out.shown, err = read(out.message)
	out.shown.taken = draft.Options
	out.attrs["type"], out.encAttrs["decrypt-fail"] = "poll", "hide"
	out.beside = []waBinary.Node{{Tag: "meta", Attrs: waBinary.Attrs{"polltype": "vote"}}}
	return err
}

// encrypt seals an addition to a message with the secret that message brought.
func (w writer) encrypt(use string, target *Message, secret []byte, addition proto.Message) (iv, payload []byte, err error) {
	if len(secret) == 0 {
		return nil, nil, fmt.Errorf("%w: %s has no secret", ErrUnknownMessage, target.ID)
	}
	author := w.them
	if target.FromMe {
		author = w.me
	}
	key, beside := secretKey(secret, use, target.ID, author.ToNonAD().String(), w.me.ToNonAD().String())
	plaintext, err := proto.Marshal(addition)
	if err != nil {
		return nil, nil, fmt.Errorf("marshal addition: %w", err)
	}
	iv = make([]byte, 12)
	_, _ = crand.Read(iv)
	payload, err = gcmutil.Encrypt(key, iv, plaintext, beside)
	if err != nil {
		return nil, nil, fmt.Errorf("encrypt addition: %w", err)
	}
	return iv, payload, nil
}

// secretKey derives the key of an addition: a vote or an edit.
func secretKey(secret []byte, use, id, author, writer string) (key, beside []byte) {
	key = hkdfutil.SHA256(secret, nil, []byte(id+author+writer+use), 32)
	if use == "Poll Vote" {
		beside = []byte(id + "\x00" + writer)
	}
	return key, beside
}
