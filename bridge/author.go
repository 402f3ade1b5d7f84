package bridge

import (
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// An author is who wrote something on WhatsApp. Whatever changes, takes back or counts
// anew what was written is heeded only when it comes from the same one.
type author struct {
	// By is "client", "phone" for the desk (also what its agents write), or, in a group,
	// the member's address.
	By string `json:"by"`
	// Phone is a member's number, "" when only a LID is known: it tells him again under
	// his other address.
	Phone string `json:"p,omitzero"`
}

var (
	theClient = author{By: "client"}
	theDesk   = author{By: "phone"}
)

func authorOf(m ClientMessage) author {
	switch {
	case m.Own:
		return theDesk
	case m.Group != nil:
		return author{By: string(m.Group.Sender), Phone: m.Group.SenderPhone}
	}
	return theClient
}

func (a author) same(b author) bool {
	return a.By == b.By || a.Phone != "" && a.Phone == b.Phone
}

// Kinds of an edit and of a deletion whose sender did not write what they are about.
const (
	kindOthersEdit   = "others_edit"
	kindOthersDelete = "others_delete"
)

// ofAnother makes of an edit or a deletion the line that somebody tried it on what he
// did not write. WhatsApp's apps heed no such edit, and such a deletion from an
// administrator of the group alone; here the message stays as it is.
func ofAnother(m ClientMessage) ClientMessage {
	switch m.Kind {
	case KindEdit:
		m.Kind = kindOthersEdit
	case KindDelete:
		m.Kind = kindOthersDelete
	}
	return m
}

// ownID gives a member's message another id here when its own is a different member's
// already: senders choose their ids, and none is to take the place of a message that
// somebody else wrote and that could not be read yet.
func ownID(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (ClientMessage, error) {
	if m.Group == nil || m.Own {
		return m, nil
	}
	readable := m
	readable.Unreadable = ""
	h, taken, err := loadHeard(tx, heardRef(c.ID, inboxRef(readable)))
	if err != nil {
		return m, err
	}
	holder := h.author(false)
	if !taken {
		var p placeholder
		if p, _, taken, err = placeholderOf(tx, c, m); err != nil {
			return m, err
		}
		holder = p.By
	}
	if taken && !holder.same(authorOf(m)) {
		m.ID += "~" + sum(string(m.Group.Sender))
	}
	return m, nil
}
