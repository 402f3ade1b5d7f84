package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A talk is the thread of a follow-up's or a round's card, see [ticket.OpenTalk]. Here is
// what is different about it: which forum its post is in, what stands at its head, who may
// be heard, and that none of the lists and figures of tickets know it.

// isTalkOfSales reports whether a kind of talk belongs to sales: the others are agents'.
func isTalkOfSales(k ticket.Talk) bool { return k != "" && k != ticket.TalkCallback }

const (
	maySell   = "sales"
	mayManage = "manager"
)

// MayBeHeard reports whether who has some Discord roles may be heard by the client of a
// talk, "" for a ticket: sales and managers in their own, agents elsewhere.
func (d Desk) MayBeHeard(talk ticket.Talk, roles []string) bool {
	heard := d.AgentRoles
	if isTalkOfSales(talk) {
		heard = slices.Concat(d.Roles[maySell], d.Roles[mayManage])
	}
	return slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(heard, role) })
}

// talkOf is what a thread is for, "" for a ticket's.
func talkOf(tx *ledger.Tx, number string) (ticket.Talk, error) {
	t, _, err := ticket.Load(tx, number)
	return t.Talk, err
}

// BeginTalk stores a new talk, as [ticket.OpenTalk] made it, and asks for its post if that
// is wanted at once.
func (d Desk) BeginTalk(tx *ledger.Tx, t ticket.Ticket, events []ledger.Event) error {
	if _, ok, err := ticket.Load(tx, t.Number); err != nil || ok {
		return err
	}
	if t.Posts > 0 {
		tx.Send(OpenPost(t.Number, t.Posts))
	}
	return d.keepTalk(tx, ticket.Ticket{}, &t, &ticket.Conversation{}, events)
}

// keepTalk is [Desk.keep] for a talk. What only a ticket can go through is refused.
func (d Desk) keepTalk(tx *ledger.Tx, before ticket.Ticket, t *ticket.Ticket, c *ticket.Conversation, events []ledger.Event) error {
	if err := t.Fits(events); err != nil {
		return err
	}
	if len(events) > 0 {
		t.Step++
		told, err := d.tell(tx, before, t, c, events)
		if err != nil {
			return err
		}
		events = told
	}
	if t.Thread != "" && factsOf(before) != factsOf(*t) {
		RefreshCard(tx, t.Number)
	}
	return t.Keep(tx, before, events, d.policy(), d.hours())
}

// EndTalk ends the talk of a card, and puts its post into the archive. Without a talk of
// that number nothing happens.
func (d Desk) EndTalk(tx *ledger.Tx, number, by string) error {
	return d.turnTalk(tx, number, func(t *ticket.Ticket) ([]ledger.Event, error) { return t.EndTalk(by, tx.Now()), nil })
}

// ResumeTalk opens the talk of a card again. It makes sure of its post.
func (d Desk) ResumeTalk(tx *ledger.Tx, number, by string) error {
	return d.turnTalk(tx, number, func(t *ticket.Ticket) ([]ledger.Event, error) {
		if t.WantPost() {
			lines, err := saidBefore(tx, number)
			if err != nil {
				return nil, err
			}
			for _, l := range append([]ledger.Letter{OpenPost(number, t.Posts)}, lines...) {
				tx.Send(l)
			}
		}
		return t.ResumeTalk(by, tx.Now()), nil
	})
}

func (d Desk) turnTalk(tx *ledger.Tx, number string, fn func(*ticket.Ticket) ([]ledger.Event, error)) error {
	err := d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t) })
	if errors.Is(err, ErrNoTicket) {
		return nil
	}
	return err
}

// resumeTalk opens a talk that was ended because somebody goes on in it.
func (d Desk) resumeTalk(tx *ledger.Tx, t ticket.Ticket, by string) error {
	if !t.IsTalk() || t.State != ticket.Closed {
		return nil
	}
	return d.ResumeTalk(tx, t.Number, by)
}

// ShowTalk asks that the card at the head of a talk's post, and the post's tags, show how
// what it is about stands: whatever changes that calls it, under a name of its own each
// time. A talk without a post shows nothing.
func ShowTalk(tx *ledger.Tx, number, change string) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok || t.Posts == 0 {
		return err
	}
	RefreshCard(tx, number)
	tx.Send(Tags(number, "tag/"+number+"/"+change, "", t.State == ticket.Closed))
	return nil
}

// talkBegan is what it means for a talk that WhatsApp took a message of the queue: what the
// client writes next may be his answer, and the thread shows what he got.
func (d Desk) talkBegan(tx *ledger.Tx, l ledger.Letter, outreach string) error {
	err := d.Change(tx, l.Log, func(t *ticket.Ticket, c *ticket.Conversation) ([]ledger.Event, error) {
		if t.IsTalk() && c.ID != "" {
			t.LastStaff = tx.Now()
			c.TalkSent(t.Number, tx.Now())
		}
		return nil, nil
	})
	if errors.Is(err, ErrNoTicket) { // a survey's
		return nil
	}
	if err != nil {
		return err
	}
	var body textBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	o, _, err := customer.LoadOutreach(tx, outreach)
	if err != nil {
		return err
	}
	return d.showFirst(tx, l, body.Text, o.By)
}

// kindSaidFirst documents are what was sent first in a talk that has no post yet: its
// lines stand first when it gets one.
const kindSaidFirst ledger.Kind = "saidfirst"

type saidFirst struct {
	V      int    `json:"v"`
	Letter string `json:"letter"`
	Text   string `json:"text"`
	By     string `json:"by,omitzero"`
}

// showFirst shows in a talk what the client got by a letter of it, and logs it. by is who
// asked for it, "halo" for nobody. While the talk has no post it waits for one.
func (d Desk) showFirst(tx *ledger.Tx, l ledger.Letter, text, by string) error {
	number := l.Log
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok || !t.IsTalk() {
		return err
	}
	tx.Log(number, ledger.Event{What: "said", By: by, Ref: l.Ext, Data: map[string]string{"text": text}})
	s := saidFirst{V: 1, Letter: l.ID, Text: text, By: by}
	if t.Posts > 0 {
		for _, line := range s.lines(number) {
			tx.Send(line)
		}
		return nil
	}
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode what was said first in %s: %w", number, err)
	}
	return tx.Put(ledger.Ref{Kind: kindSaidFirst, ID: number}, data)
}

// lines are what a talk shows of it. They are named as those of a standard sentence, so
// that a quote of it finds them.
func (s saidFirst) lines(number string) (lines []ledger.Letter) {
	head := "-# 📤 Pesan kepada klien, atas permintaan " + by(s.By) + ":\n"
	if s.By == "halo" || s.By == "" {
		head = "-# 🤖 Pesan otomatis kepada klien:\n"
	}
	for i, part := range Split(head+quote(ToDiscord(s.Text)), discordLimit) {
		lines = append(lines, Note(number, fmt.Sprintf("%s/note/%d", s.Letter, i), part))
	}
	return lines
}

const reasonNoTalk = "the post of the card is not there yet"

// firstOfTalk puts the making of a talk's post in front of its lane, and what was sent
// first behind it.
func firstOfTalk(tx *ledger.Tx, number string) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok || !t.WantPost() {
		return err
	}
	lines, err := saidBefore(tx, number)
	if err != nil {
		return err
	}
	for _, l := range slices.Backward(lines) { // the last one put first leaves first
		tx.SendFirst(l)
	}
	tx.SendFirst(OpenPost(number, t.Posts))
	return t.Save(tx)
}

// saidBefore takes the lines that wait for a talk's post.
func saidBefore(tx *ledger.Tx, number string) ([]ledger.Letter, error) {
	ref := ledger.Ref{Kind: kindSaidFirst, ID: number}
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return nil, err
	}
	var s saidFirst
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
	}
	return s.lines(number), tx.Put(ref, nil)
}

// forumOf is the forum of a post.
func (c *Courier) forumOf(t ticket.Ticket) (string, error) {
	if isTalkOfSales(t.Talk) {
		if id := c.cfg.Channels["followups"]; id != "" {
			return id, nil
		}
		return "", &SendError{Certainty: Blocked, Reason: "the desk has no forum of follow-ups"}
	}
	if id := c.cfg.Channels["forum"]; id != "" {
		return id, nil
	}
	return "", &SendError{Certainty: Blocked, Reason: "the desk has no ticket forum"}
}

// standing is how a post has to stand.
func (c *Courier) standing(ctx context.Context, t ticket.Ticket) (PostState, error) {
	if !t.IsTalk() {
		return PostState{Tags: []string{t.Tag()}, Archived: t.State == ticket.Closed}, nil
	}
	about, err := c.aboutTalk(ctx, t)
	if err != nil {
		return PostState{}, err
	}
	return PostState{Tags: talkTags(t, about), Archived: t.State == ticket.Closed}, nil
}

// arrangeTalk makes the post of a talk stand as it has to now.
func (c *Courier) arrangeTalk(ctx context.Context, t ticket.Ticket) error {
	stands, err := c.standing(ctx, t)
	if err != nil {
		return err
	}
	if t.Thread == "" {
		return &SendError{Certainty: Blocked, Reason: reasonNoTalk, noPost: t.Posts == 0}
	}
	return c.board.Arrange(ctx, t.Thread, stands)
}

// A talkAbout is what a talk is about, as far as it can be read: one of them.
type talkAbout struct {
	FollowUp *customer.FollowUp
	Round    *customer.Round
}

// aboutTalk reads the document of a talk's number.
func (c *Courier) aboutTalk(ctx context.Context, t ticket.Ticket) (about talkAbout, err error) {
	if t.Talk == ticket.TalkList {
		var r customer.Round
		found, err := c.maybe(ctx, ledger.Ref{Kind: customer.KindRound, ID: t.Number}, func(data []byte) (err error) {
			r, err = customer.DecodeRound(data)
			return err
		})
		if found {
			about.Round = &r
		}
		return about, err
	}
	var f customer.FollowUp
	found, err := c.maybe(ctx, ledger.Ref{Kind: customer.KindFollowUp, ID: t.Number}, func(data []byte) (err error) {
		f, err = customer.DecodeFollowUp(data)
		return err
	})
	if found {
		about.FollowUp = &f
	}
	return about, err
}

// talkMessage is the head of a talk's post as it has to be now, and a sum of it.
func (c *Courier) talkMessage(ctx context.Context, t ticket.Ticket, conv ticket.Conversation, who customer.Card) (m Message, check string, err error) {
	about, err := c.aboutTalk(ctx, t)
	if err != nil {
		return m, "", err
	}
	m.Channel = t.Thread
	if m.Card, m.Buttons, err = c.talkCard(ctx, t, about, conv, who); err != nil {
		return m, "", err
	}
	data, err := json.Marshal([]any{m.Card, m.Buttons})
	if err != nil {
		return m, "", fmt.Errorf("encode card of %s: %w", t.Number, err)
	}
	return m, sum(string(data)), nil
}
