package whatsapp

import (
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge"
)

// about reads what speaks of another message. is tells that a message is of that
// sort, ok that people should hear of it.
func (r *reading) about(m *waE2E.Message, depth int) (ok, is bool) {
	switch {
	case m.GetReactionMessage() != nil:
		r.target(m.GetReactionMessage().GetKey())
		return r.is(bridge.KindReaction, cleanLine(m.GetReactionMessage().GetText(), 32)), true
	case m.GetEncReactionMessage() != nil:
		r.target(m.GetEncReactionMessage().GetTargetMessageKey())
		return r.unreadable(bridge.KindReaction, "it could not be opened"), true
	case m.GetPollUpdateMessage() != nil:
		r.target(m.GetPollUpdateMessage().GetPollCreationMessageKey())
		if r.votes == nil {
			return r.unreadable(bridge.KindVote, "it could not be opened"), true
		}
		r.m.Votes = r.votes
		return r.is(bridge.KindVote, ""), true
	case m.GetSecretEncryptedMessage() != nil:
		r.target(m.GetSecretEncryptedMessage().GetTargetMessageKey())
		kind := kindUnknown
		if m.GetSecretEncryptedMessage().GetSecretEncType() == waE2E.SecretEncryptedMessage_MESSAGE_EDIT {
			kind = bridge.KindEdit
		}
		return r.unreadable(kind, "it could not be opened"), true
	case m.GetCommentMessage() != nil:
		key := m.GetCommentMessage().GetTargetMessageKey()
		ok := r.read(m.GetCommentMessage().GetMessage(), depth+1)
		r.m.Quote = &bridge.Quote{ID: cleanID(key.GetID()), Own: r.byDesk(key)}
		return ok, true
	case m.GetEncCommentMessage() != nil:
		return r.unreadable(bridge.KindPlainText, "it could not be opened"), true
	case m.GetPinInChatMessage() != nil:
		if m.GetPinInChatMessage().GetType() != waE2E.PinInChatMessage_PIN_FOR_ALL {
			return false, true
		}
		r.target(m.GetPinInChatMessage().GetKey())
		return r.is(kindPin, ""), true
	case m.GetPlaceholderMessage() != nil:
		return r.unreadable(kindUnknown, "only the phone can show it"), true
	case m.GetAlbumMessage() != nil, m.GetKeepInChatMessage() != nil:
		// The pictures of an album come one by one; what is kept stays as it is.
		return false, true
	}
	return false, false
}

func (r *reading) protocol(p *waE2E.ProtocolMessage, depth int) bool {
	switch p.GetType() {
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		return r.edit(p.GetKey(), p.GetEditedMessage(), depth)
	case waE2E.ProtocolMessage_REVOKE:
		if p.Type == nil {
			// The zero value is a revocation; a bare protocol message is none.
			return false
		}
		r.target(p.GetKey())
		return r.is(bridge.KindDelete, "")
	case waE2E.ProtocolMessage_EPHEMERAL_SETTING:
		r.m.Fades = seconds(p.GetEphemeralExpiration())
		return r.is(kindTimer, "")
	default:
		return false
	}
}

// edit reads a message's new words. The file that a caption belongs to stays the
// one it was.
func (r *reading) edit(key *waCommon.MessageKey, content *waE2E.Message, depth int) bool {
	if !r.read(content, depth+1) {
		r.m.Unreadable = "the new content is malformed"
	}
	r.m = bridge.ClientMessage{Kind: bridge.KindEdit, Text: r.m.Text, Unreadable: r.m.Unreadable, Fades: r.m.Fades}
	r.target(key)
	return true
}

// target notes which message another one is about.
func (r *reading) target(key *waCommon.MessageKey) {
	r.m.Target, r.m.TargetOwn = cleanID(key.GetID()), r.byDesk(key)
}

// byDesk reports whether the message of a key is one of the desk's. In a chat of
// two a key says whether the one who speaks of it wrote it.
func (r *reading) byDesk(key *waCommon.MessageKey) bool {
	if author, ok := personOf(key.GetParticipant()); ok {
		return r.own(author)
	}
	return key.GetFromMe() == (r.info != nil && r.info.IsFromMe)
}
