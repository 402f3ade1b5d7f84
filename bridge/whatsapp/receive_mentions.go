package whatsapp

import (
	"strings"

	"go.mau.fi/whatsmeow/types"
)

const (
	mostMentions = 1024 // of one message; the largest group has as many
	mostLookedUp = 50   // of them, whose numbers are looked up
)

// mentions are people by what stands for them behind an @ in a text, which for most
// is not their number.
type mentions map[string]types.JID

func (m *mentions) add(address string) {
	jid, ok := personOf(address)
	if !ok {
		return
	}
	if *m == nil {
		*m = mentions{}
	}
	(*m)[jid.User] = jid
}

// personOf reads the address of a person from what a stranger wrote; false for all
// that cannot be one.
func personOf(address string) (types.JID, bool) {
	const longest = 64 // with a device and the server
	if len(address) > longest {
		return types.EmptyJID, false
	}
	jid, err := types.ParseJID(address)
	if err != nil || !isDigits(jid.User) || jid.Server != types.DefaultUserServer && jid.Server != types.HiddenUserServer {
		return types.EmptyJID, false
	}
	return jid.ToNonAD(), true
}

// nameMentions writes whom a text mentions by number, or as somebody.
func (l *link) nameMentions(text string, people mentions) string {
	if len(people) == 0 {
		return text
	}
	names := make(map[string]string)
	var b strings.Builder
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "@")
		b.WriteString(before)
		if !found {
			break
		}
		end := len(after) - len(strings.TrimLeft(after, "0123456789"))
		user := after[:end]
		rest = after[end:]
		jid, mentioned := people[user]
		if !mentioned {
			b.WriteString("@" + user)
			continue
		}
		if _, known := names[user]; !known {
			names[user] = l.nameOf(jid, len(names) < mostLookedUp)
		}
		b.WriteString("@" + names[user])
	}
	if b.Len() <= len(text) {
		return b.String()
	}
	return cleanText(b.String())
}

// nameOf is the number of a person; another word for one whose number is not known.
func (l *link) nameOf(jid types.JID, lookUp bool) string {
	phone := jid.User
	if jid.Server == types.HiddenUserServer {
		phone = ""
		if lookUp {
			_, _, phone = l.addresses(jid, types.EmptyJID)
		}
	}
	if phone == "" {
		return "seseorang"
	}
	return "+" + phone
}
