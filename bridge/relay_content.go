package bridge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// show puts a piece of what somebody wrote on WhatsApp into a ticket's thread.
// Buttons stand below its last words.
func (r *Relay) show(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, number string, piece int, buttons ...Button) error {
	var about aim
	if piece == 0 {
		var err error
		if about, err = r.aimOf(tx, c, m, number); err != nil {
			return err
		}
	}
	own := clientLetterID(c.ID, m, piece, 0)
	files := []fileRef(nil)
	if piece == 0 && m.Unreadable == "" {
		files = filesOf(m, clientKey(c.ID, m))
		if m.Media != nil {
			if err := expectFile(tx, clientKey(c.ID, m), number, c.ID, fromWhatsApp, ThreadLane(number), *m.Media); err != nil {
				return err
			}
		}
		letter, begun, err := r.joined(tx, c, m, number, own, files)
		if err != nil {
			return err
		}
		if err := hear(tx, c, m, number, cmp.Or(letter, own)); err != nil {
			return err
		}
		if letter != "" && !begun {
			return nil // another letter shows it
		}
		if begun {
			tx.Send(sayLetter(own, number, about.put(0, "", sayBody{Album: true})))
			return nil
		}
	}
	text := clientText(m, whose(c, m), piece)
	if stands, err := tally(tx, c, m); err != nil {
		return err
	} else if stands != "" && piece == 0 {
		text += "\n" + stands
	}
	parts := Split(about.above(text), textLimit(files))
	for i, content := range parts {
		body := about.put(i, content, sayBody{})
		if i == 0 {
			body.Files = files
		}
		if i == len(parts)-1 {
			body.Buttons = buttons
		}
		tx.Send(sayLetter(clientLetterID(c.ID, m, piece, i), number, body))
	}
	return nil
}

func sayLetter(id, number string, body sayBody) ledger.Letter {
	return letter(id, ThreadLane(number), number, kindSay, body)
}

// textLimit leaves room below words for lines about files that cannot be shown.
func textLimit(files []fileRef) int {
	if len(files) > 0 {
		return discordLimit - 300
	}
	return discordLimit
}

func (a aim) above(content string) string {
	if a.Line == "" {
		return content
	}
	return a.Line + "\n" + content
}

// whose is the name to put in front of a message.
func whose(c ticket.Conversation, m ClientMessage) string {
	if m.Group == nil {
		return c.Name
	}
	name := Clean(m.Group.SenderName, 60)
	if name == "" && m.Group.SenderPhone != "" {
		name = "+" + m.Group.SenderPhone
	}
	return name
}

// clientKey names the file of a client's message.
func clientKey(conversation string, m ClientMessage) string {
	return "w/" + conversation + "/" + inboxRef(m)
}

const mostCards = 64 << 10 // bytes of contact cards in one file

// filesOf are the files that a message shows.
func filesOf(m ClientMessage, key string) (files []fileRef) {
	if m.Media != nil {
		files = append(files, fileRef{Key: key})
	}
	name, cards := CardFile(m.Contacts, mostCards)
	if len(cards) > 0 {
		files = append(files, fileRef{Name: name, Text: string(cards)})
	}
	return files
}

// joined puts a picture of an album to the others. letter is "" for what is no part of one.
func (r *Relay) joined(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, number, own string, files []fileRef) (letter string, begun bool, err error) {
	if m.Album == "" || m.Media == nil || len(files) != 1 || !slices.Contains([]string{KindImage, KindVideo, KindGIF}, m.Kind) {
		return "", false, nil
	}
	content := clientText(m, whose(c, m), 0)
	if splitUnits(content) > discordLimit/2 {
		return "", false, nil // words enough for a message of its own
	}
	name := c.ID + "/" + number + "/" + shortID(m.Album)
	switch {
	case m.Own:
		name += ownRef
	case m.Group != nil: // another member's picture is none of his
		name += "~" + sum(string(m.Group.Sender))
	}
	return joinAlbum(tx, name, own, content, m.caption(), files[0], m.Media.Size)
}

// caption are the words that a further picture of an album adds.
func (m ClientMessage) caption() string { return strings.TrimSpace(ToDiscord(m.Text)) }

// aimOf points at what a message is about.
func (r *Relay) aimOf(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, number string) (aim, error) {
	id, own, quoted := m.Target, m.TargetOwn, ""
	if m.Quote != nil && id == "" {
		id, own, quoted = m.Quote.ID, m.Quote.Own, quoteGist(*m.Quote)
	}
	if id == "" {
		return aim{}, nil
	}
	s, found, err := spotOf(tx, c, id, own)
	if err != nil {
		return aim{}, err
	}
	return r.aimAt(tx, number, s, found, quoted)
}

// subject finds the earlier message that a message speaks of. ok is false for one that
// speaks of none, or of one that is not known here.
func (r *Relay) subject(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (s spot, ok bool, err error) {
	if m.Target == "" || m.Unreadable != "" || !slices.Contains(echoes, m.Kind) {
		return s, false, nil
	}
	return spotOf(tx, c, m.Target, m.TargetOwn)
}

// about takes in what speaks of an earlier message, which stands at s. done is false
// when it is to be treated as a message of its own.
func (r *Relay) about(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, s spot, piece int) (done bool, err error) {
	talk, err := talkOf(tx, s.Ticket)
	if err != nil {
		return false, err
	}
	switch m.Kind {
	case KindReaction:
		if done, err = r.clientReacted(tx, c, m, s, talk != ""); err != nil || done || talk == "" {
			return done, err
		}
	case KindDelete:
		if s.Ticket == c.Open || talk != "" {
			tx.Send(signLetter("gone/"+clientLetterID(c.ID, m, 0, 0), s, signDeleted, true))
		}
	case KindEdit, kindOthersEdit, kindOthersDelete:
	case KindVote:
		if c.Open != "" || talk != "" {
			return false, nil // an answer that somebody is to see
		}
	default:
		return false, nil
	}
	if s.Ticket == c.Open {
		return false, nil
	}
	// It changes what stands in a closed ticket, or a talk: whoever reads that one has to
	// see it.
	t, ok, err := ticket.Load(tx, s.Ticket)
	if err != nil || !ok {
		return false, err
	}
	if err := r.show(tx, c, m, s.Ticket, piece); err != nil {
		return false, err
	}
	if t.State == ticket.Closed {
		tx.Send(Tags(s.Ticket, "tag/"+s.Ticket+"/about/"+clientLetterID(c.ID, m, piece, 0), t.Tag(), true))
	}
	logWrote(tx, s.Ticket, m)
	return true, nil
}

// signDeleted marks a message that was deleted on WhatsApp: what it said stays.
const signDeleted = "🗑️"

func signLetter(id string, s spot, emoji string, on bool) ledger.Letter {
	return letter(id, ThreadLane(s.Ticket), s.Ticket, kindSign, signBody{Message: s.Message, Of: s.reference(), Emoji: emoji, On: on})
}

// kindSigns documents are the reactions on a message of a conversation, by who put them.
const kindSigns ledger.Kind = "signs"

type sign struct {
	author
	Emoji string `json:"e"`
	At    int64  `json:"at"` // when it was put (the network's time, ms): the latest wins
}

// reserved are the signs that mean something else in a thread.
func reserved(emoji string) bool {
	bare := strings.ReplaceAll(emoji, "\uFE0F", "")
	return slices.ContainsFunc(append(stateMarks, markNote, markStaff, signDeleted), func(m string) bool {
		return strings.ReplaceAll(m, "\uFE0F", "") == bare
	})
}

// clientReacted shows a reaction as one of ours. done is false when it has to be said
// in words: the message stands elsewhere (not in a talk either), or the sign has another meaning here.
func (r *Relay) clientReacted(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, s spot, talk bool) (done bool, err error) {
	ref := ledger.Ref{Kind: kindSigns, ID: c.ID + "/" + shortID(m.Target)}
	var all []sign
	data, err := tx.Doc(ref)
	if err != nil {
		return false, err
	}
	if data != nil && json.Unmarshal(data, &all) != nil {
		return false, fmt.Errorf("%w: %s", ledger.ErrCorrupt, ref)
	}
	by := authorOf(m)
	i := slices.IndexFunc(all, func(x sign) bool { return x.same(by) })
	if i < 0 {
		all, i = append(all, sign{author: by}), len(all)
	}
	if m.At.UnixMilli() < all[i].At {
		return true, nil // a later one was here before
	}
	was, is := all[i].Emoji, Clean(m.Text, 40)
	all[i].Emoji, all[i].At = is, m.At.UnixMilli()
	all = all[max(0, len(all)-200):]
	if data, err = json.Marshal(all); err != nil {
		return false, fmt.Errorf("encode %s: %w", ref, err)
	}
	if err := tx.Put(ref, data); err != nil {
		return false, err
	}
	if s.Ticket != c.Open && !talk {
		return false, nil
	}
	has := func(emoji string) bool {
		return slices.ContainsFunc(all, func(x sign) bool { return x.Emoji == emoji })
	}
	id := clientLetterID(c.ID, m, 0, 0)
	if was != "" && was != is && !reserved(was) && !has(was) {
		tx.Send(signLetter(id+"/off", s, was, false))
	}
	if is != "" && reserved(is) {
		return false, nil
	}
	logWrote(tx, s.Ticket, m)
	if is != "" && is != was {
		tx.Send(signLetter(id+"/on", s, is, true))
	}
	return true, nil
}

// answerCall tells somebody who called that nobody can take calls here, once a call.
func (r *Relay) answerCall(tx *ledger.Tx, c ticket.Conversation, number string, m ClientMessage) {
	text := r.desk.Sentences[ticket.SayCall]
	if m.Kind != KindCall || m.Own || m.Group != nil || text == "" || m.Unreadable != "" {
		return
	}
	r.desk.sentence(tx, c, number, "call/"+c.ID+"/"+inboxRef(m), ticket.SayCall, text)
}

// sentence says a standard text to the client of a ticket, and shows it in the thread.
// key is its name in texts.yaml.
func (d Desk) sentence(tx *ledger.Tx, c ticket.Conversation, number, id, key, text string) {
	l := letter(id, ClientLane(c.ID), number, kindText, textBody{Text: text, Say: key})
	l.Ext = d.MessageID(id)
	tx.Send(l)
	tx.Log(number, ledger.Event{What: "said", By: "halo", Ref: l.Ext, Data: map[string]string{"text": text, "sentence": key}})
	for i, part := range Split("-# 🤖 Teks otomatis kepada klien:\n"+quote(ToDiscord(text)), discordLimit) {
		tx.Send(Note(number, fmt.Sprintf("%s/note/%d", id, i), part))
	}
}

// eventContent adds to an event what a message carries besides words.
func eventContent(d map[string]string, m ClientMessage) {
	put := func(key, value string) {
		if value != "" {
			d[key] = Clean(value, 500)
		}
	}
	put("target", m.Target)
	put("votes", strings.Join(m.Votes, " | "))
	put("album", m.Album)
	if m.Quote != nil {
		put("quote", m.Quote.ID)
	}
	if f := m.Media; f != nil {
		put("file", f.Name)
		put("mime", f.MIME)
		put("size", fmt.Sprint(f.Size))
		if f.Length > 0 {
			put("length", f.Length.Round(time.Second).String())
		}
	}
	if p := m.Place; p != nil {
		put("place", fmt.Sprintf("%.6f,%.6f %s %s", p.Latitude, p.Longitude, p.Name, p.Address))
	}
	if p := m.Poll; p != nil {
		put("poll", p.Question+" | "+strings.Join(p.Options, " | "))
	}
	for i, contact := range m.Contacts[:min(len(m.Contacts), 10)] {
		put(fmt.Sprintf("contact%d", i), contact.Name)
	}
	if m.Group != nil {
		put("sender", string(m.Group.Sender))
		put("sender_name", m.Group.SenderName)
	}
}
