package whatsapptest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// ReadSelf tells companions that messages of a customer were read on the business
// phone, which does not show that to the customer.
func (b *Business) ReadSelf(with *Phone, ids ...string) { b.ownReceipt(with, "read-self", ids) }

// ConfirmSelf tells companions that the business phone has a message that one of
// them sent.
func (b *Business) ConfirmSelf(with *Phone, id string) { b.ownReceipt(with, "sender", []string{id}) }

func (b *Business) ownReceipt(with *Phone, kind string, ids []string) {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	for _, id := range ids {
		attrs := waBinary.Attrs{"id": id, "from": b.addressFor(with), "recipient": with.address(0), "t": b.net.unix(), "type": kind}
		with.alternative(attrs, "peer_recipient")
		b.net.pushAll(waBinary.Node{Tag: "receipt", Attrs: attrs})
	}
}

// Tell sends companions a message of the phone's own protocol, which is no part
// of a chat.
func (b *Business) Tell(message *waE2E.ProtocolMessage) error {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	for _, receiver := range b.companions {
		if err := b.tell(receiver, message); err != nil {
			return err
		}
	}
	return nil
}

func (b *Business) tell(receiver *companion, message *waE2E.ProtocolMessage) error {
	plaintext, err := proto.Marshal(&waE2E.Message{ProtocolMessage: message})
	if err != nil {
		return fmt.Errorf("marshal peer message: %w", err)
	}
	kind, ciphertext, err := b.self.encrypt(receiver, pad(plaintext))
	if err != nil {
		return fmt.Errorf("send peer message: %w", err)
	}
	b.net.push(receiver, waBinary.Node{
		Tag: "message",
		Attrs: waBinary.Attrs{
			"id": newMessageID(), "from": b.PN(), "t": b.net.unix(), "type": "peer_msg", "category": "peer",
		},
		Content: []waBinary.Node{{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: ciphertext}},
	})
	return nil
}

// SetResends lets the business phone give companions the content of messages that
// they could not read, as far as it has it. By default it leaves their requests
// alone.
func (b *Business) SetResends(on bool) {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.resends = on
}

// Resend gives companions the content of a customer's message as if they had
// asked for it just now.
func (b *Business) Resend(from *Phone, id string) error {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	asked := &waE2E.ProtocolMessage{PeerDataOperationRequestMessage: &waE2E.PeerDataOperationRequestMessage{
		PeerDataOperationRequestType: waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND.Enum(),
		PlaceholderMessageResendRequest: []*waE2E.PeerDataOperationRequestMessage_PlaceholderMessageResendRequest{
			{MessageKey: &waCommon.MessageKey{ID: new(id), RemoteJID: new(from.address(0).String())}},
		},
	}}
	for _, receiver := range b.companions {
		if err := b.resend(receiver, newMessageID(), asked); err != nil {
			return err
		}
	}
	return nil
}

// resend answers a companion's request for content. Callers hold the mutex.
func (b *Business) resend(to *companion, request string, message *waE2E.ProtocolMessage) error {
	const kind = waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND
	asked := message.GetPeerDataOperationRequestMessage()
	if asked.GetPeerDataOperationRequestType() != kind {
		return nil
	}
	response := &waE2E.PeerDataOperationRequestResponseMessage{PeerDataOperationRequestType: kind.Enum(), StanzaID: new(request)}
	for _, wanted := range asked.GetPlaceholderMessageResendRequest() {
		content, err := b.found(wanted.GetMessageKey())
		if err != nil {
			return err
		}
		if content == nil {
			continue
		}
		response.PeerDataOperationResult = append(response.PeerDataOperationResult, &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult{
			PlaceholderMessageResendResponse: &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_PlaceholderMessageResendResponse{
				WebMessageInfoBytes: content,
			},
		})
	}
	return b.tell(to, &waE2E.ProtocolMessage{
		Type:                                    waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum(),
		PeerDataOperationRequestResponseMessage: response,
	})
}

// found is a message of a customer as the business phone stores it, nil when it
// has none.
func (b *Business) found(key *waCommon.MessageKey) ([]byte, error) {
	chat, err := types.ParseJID(key.GetRemoteJID())
	if err != nil {
		return nil, fmt.Errorf("parse chat of request: %w", err)
	}
	phone := b.net.user(chat)
	if phone == nil {
		return nil, nil
	}
	sent, known := phone.sent[key.GetID()]
	shown := phone.screen.byID[key.GetID()]
	if !known || shown == nil {
		return nil, nil
	}
	data, err := proto.Marshal(&waWeb.WebMessageInfo{
		Key:     &waCommon.MessageKey{ID: new(key.GetID()), FromMe: new(false), RemoteJID: new(phone.address(0).String())},
		Message: sent.message.message, MessageTimestamp: new(uint64(shown.Time.Unix())), PushName: new(phone.name),
	})
	if err != nil {
		return nil, fmt.Errorf("marshal stored message: %w", err)
	}
	return data, nil
}

// A restriction keeps the business from writing to people who did not write
// first.
type restriction struct {
	active bool
	until  time.Time
}

// Restrict forbids the business to write first until a time, and tells
// companions. Messages to strangers are refused with 463 meanwhile; that code, and
// that answers pass, is what people report, not what WhatsApp documents.
func (b *Business) Restrict(kind string, until time.Time) {
	b.restrict(restriction{active: true, until: until}, kind)
}

// Unrestrict ends a restriction before its time, and tells companions.
func (b *Business) Unrestrict(kind string) { b.restrict(restriction{}, kind) }

func (b *Business) restrict(lock restriction, kind string) {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.lock = lock
	ends := "0"
	if !lock.until.IsZero() {
		ends = strconv.FormatInt(lock.until.Unix(), 10)
	}
	content, err := json.Marshal(map[string]any{"data": map[string]any{"xwa2_notify_account_reachout_timelock": map[string]any{
		"enforcement_type": kind, "is_active": lock.active, "time_enforcement_ends": ends,
	}}})
	if err != nil {
		b.net.problem("restriction: %v", err)
		return
	}
	for _, receiver := range b.companions {
		b.net.push(receiver, waBinary.Node{
			Tag:     "notification",
			Attrs:   waBinary.Attrs{"from": types.ServerJID, "type": "mex", "id": b.net.nextID(), "t": b.net.unix()},
			Content: []waBinary.Node{{Tag: "update", Attrs: waBinary.Attrs{"op_name": "NotificationAccountReachoutTimelockUpdate"}, Content: content}},
		})
	}
	b.net.touch()
}

// forbids reports whether a message to a customer would be writing first.
func (b *Business) forbids(to *Phone) bool {
	if !b.lock.active || !b.lock.until.IsZero() && b.net.now().After(b.lock.until) {
		return false
	}
	return !slices.ContainsFunc(to.screen.list, func(m *Message) bool { return m.FromMe })
}
