package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// deliver resolves where a letter goes and hands it to the network. It returns
// the identifier the network gave it.
func (c *Courier) deliver(ctx context.Context, l ledger.Letter, st ledger.Status) (ext string, err error) {
	switch l.Kind {
	case kindText:
		return l.Ext, c.deliverText(ctx, l, st)
	case kindChange, kindRevoke:
		return l.Ext, c.deliverChange(ctx, l)
	case kindEdit:
		return c.deliverEdit(ctx, l, st)
	case kindSay:
		return c.deliverSay(ctx, l, st)
	case kindPost:
		if strings.HasPrefix(l.Lane, laneReport) {
			return c.deliverReport(ctx, l, st)
		}
		return c.deliverPost(ctx, l, st)
	case kindTags:
		return "", c.deliverTags(ctx, l)
	case kindArrange:
		return "", c.deliverArrange(ctx, l)
	case kindMedia, kindPoll, kindReact, kindRead:
		return l.Ext, c.deliverContent(ctx, l, st)
	case kindSign:
		return "", c.deliverSign(ctx, l)
	}
	return "", refused("a letter of a newer halo, update this program: %s", l.Kind)
}

func refused(format string, args ...any) error {
	return &SendError{Certainty: Refused, Reason: fmt.Sprintf(format, args...)}
}

func (c *Courier) deliverText(ctx context.Context, l ledger.Letter, st ledger.Status) error {
	var body textBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return refused("the letter cannot be read: %v", err)
	}
	if st.Tried() || !l.NotBefore.IsZero() {
		// It may have waited, or died, and been retried after its message was changed.
		other, err := c.reworded(ctx, l.ID)
		switch {
		case err != nil:
			return err
		case other.Gone:
			return refused(reasonDeleted)
		case other.Text != "":
			body.Text = other.Text
		}
	}
	to, err := c.client(ctx, l)
	if err != nil {
		return err
	}
	quote, err := c.quotable(ctx, body.Quote)
	if err != nil {
		return err
	}
	return c.phone.Send(ctx, to, l.Ext, Outgoing{Text: body.Text, Quote: quote})
}

// client resolves a client's lane: the address to write to, also when the person
// goes on under another conversation.
func (c *Courier) client(ctx context.Context, l ledger.Letter) (Address, error) {
	conv, err := c.conversation(ctx, strings.TrimPrefix(l.Lane, laneClient))
	return Address(conv.Reply), err
}

func (c *Courier) conversation(ctx context.Context, id string) (conv ticket.Conversation, err error) {
	for range 10 { // a person has a handful of addresses at most
		err := c.read(ctx, ledger.Ref{Kind: ticket.KindConversation, ID: id}, func(data []byte) (err error) {
			conv, err = ticket.DecodeConversation(data)
			return err
		})
		if err != nil || conv.Into == "" {
			return conv, err
		}
		id = conv.Into
	}
	return conv, refused("the conversation goes on in a circle: %s", id)
}

// nonceWindow is how long Discord surely remembers a nonce. Its true length is
// not published (reference DISCORD.md section 4).
const nonceWindow = time.Minute

func (c *Courier) deliverSay(ctx context.Context, l ledger.Letter, st ledger.Status) (string, error) {
	var body sayBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return "", refused("the letter cannot be read: %v", err)
	}
	channel, err := c.channel(ctx, l.Lane)
	if err != nil {
		return "", err
	}
	if body.Album {
		if body, err = c.gather(ctx, l, st, body); err != nil {
			return "", err
		}
	}
	content, files, err := c.compose(ctx, l, st, body)
	if err != nil {
		return "", err
	}
	// After the nonce window only the channel itself can tell whether an earlier
	// attempt arrived. Nobody but this lane writes as the bot here, one letter at a
	// time, so an equal message after the last known one is this letter.
	sure := false
	if c.certain.mayBeThere(l.ID, st) && time.Since(st.First) > nonceWindow {
		if err := c.cfg.Failpoint.Hit("d.pre-lookup"); err != nil {
			return "", crashError{err}
		}
		id, err := c.find(ctx, l, channel, content)
		if err != nil || id != "" {
			return id, err
		}
		if sure = true; len(files) > 0 && c.cuts.tooMany(l.ID) {
			if err := c.leaveOut(ctx, l, body, unfitCut, nil); err != nil {
				return "", err
			}
		}
	}
	if body.Answers != nil {
		if body.ReplyTo, err = c.messageOf(ctx, *body.Answers); err != nil {
			return "", err
		}
	}
	id, err := c.board.Say(ctx, Message{
		Channel: channel, Nonce: Nonce(l.ID), Content: content,
		ReplyTo: body.ReplyTo, Buttons: body.Buttons, Card: body.Card, Files: files,
		PingUsers: body.PingUsers, PingRoles: body.PingRoles,
	})
	if len(files) > 0 {
		err = c.shown(ctx, l, st, body, sure, err)
	}
	return id, err
}

// messageOf is the Discord message that a letter became, "" for none.
func (c *Courier) messageOf(ctx context.Context, of reference) (string, error) {
	st, ok, err := c.outbox.Status(ctx, of.Log, of.Letter)
	if err != nil {
		return "", &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	if !ok || st.State < ledger.Sent || st.State == ledger.Dead {
		return "", nil
	}
	return st.Ext, nil
}

// channel resolves a lane of Discord.
func (c *Courier) channel(ctx context.Context, lane string) (id string, err error) {
	if part, ok := strings.CutPrefix(lane, laneChannel); ok {
		id := c.cfg.Channels[part]
		if id == "" {
			return "", &SendError{Certainty: Blocked, Reason: "the desk has no channel " + part}
		}
		return id, nil
	}
	if report, ok := strings.CutPrefix(lane, laneReport); ok {
		return c.reportPost(ctx, report)
	}
	t, err := c.ticket(ctx, strings.TrimPrefix(lane, laneThread))
	if err != nil {
		return "", err
	}
	if t.Thread == "" && t.IsTalk() && t.Posts == 0 {
		return "", &SendError{Certainty: Blocked, Reason: reasonNoTalk, noPost: true}
	}
	if t.Thread == "" {
		return "", &SendError{Certainty: Blocked, RetryAfter: 5 * time.Second, Reason: "the ticket's post is not there yet"}
	}
	return t.Thread, nil
}

// kindSaidLast documents hold, per lane, the identifier of the last message known to
// have arrived there: a later search for a doubtful one starts after it.
const kindSaidLast ledger.Kind = "said"

// find looks for a message of an earlier attempt whose fate is unknown.
func (c *Courier) find(ctx context.Context, l ledger.Letter, channel, content string) (id string, err error) {
	d, err := c.outbox.Doc(ctx, ledger.Ref{Kind: kindSaidLast, ID: l.Lane})
	if err != nil {
		return "", &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	after := string(d.Data)
	if after == "" {
		after = snowflake(l.At.Add(-time.Minute)) // nothing of ours is known there: it cannot be older than its letter
	}
	return c.board.FindMessage(ctx, channel, after, content)
}

// snowflake is the least id Discord gives at a time: milliseconds since the first
// second of 2015, shifted by 22 bits (Discord's documentation, "Snowflakes").
func snowflake(at time.Time) string {
	return strconv.FormatInt(max(0, at.UnixMilli()-1420070400000)<<22, 10)
}

func (c *Courier) deliverPost(ctx context.Context, l ledger.Letter, st ledger.Status) (string, error) {
	t, err := c.ticket(ctx, l.Log)
	if err != nil {
		return "", err
	}
	if t.Thread != "" {
		return t.Thread, nil // an earlier attempt was recorded
	}
	forum, err := c.forumOf(t)
	if err != nil {
		return "", err
	}
	// Opening a post is not idempotent: look for the orphan of an earlier attempt.
	if c.certain.mayBeThere(l.ID, st) {
		if err := c.cfg.Failpoint.Hit("d.pre-lookup"); err != nil {
			return "", crashError{err}
		}
		id, err := c.board.FindPost(ctx, forum, postPrefix(t))
		if err != nil || id != "" {
			return id, err
		}
	}
	m, check, err := c.cardMessage(ctx, t)
	if err != nil {
		return "", err
	}
	stands, err := c.standing(ctx, t)
	if err != nil {
		return "", err
	}
	id, err := c.board.CreatePost(ctx, Post{Forum: forum, Title: postTitle(t), Tags: stands.Tags, Message: m})
	if err == nil {
		c.cards.Store(l.ID, check)
	}
	return id, err
}

// postPrefix is what makes a ticket's post recognisable among all: its number,
// and which of its posts it is when the first one was deleted.
func postPrefix(t ticket.Ticket) string {
	if t.Posts > 1 {
		return fmt.Sprintf("%s (%d)", t.Number, t.Posts)
	}
	return t.Number + " ·"
}

func postTitle(t ticket.Ticket) string {
	rest := strings.TrimPrefix(t.Title, t.Number)
	rest = strings.TrimPrefix(rest, " ·")
	return strings.TrimSpace(strings.TrimSuffix(postPrefix(t), " ·") + " ·" + rest)
}

func (c *Courier) deliverTags(ctx context.Context, l ledger.Letter) error {
	var body tagsBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return refused("the letter cannot be read: %v", err)
	}
	t, err := c.ticket(ctx, l.Log)
	if err != nil {
		return err
	}
	if t.IsTalk() {
		return c.arrangeTalk(ctx, t)
	}
	return c.board.Settle(ctx, t.Thread, body.Tag, body.Archived)
}

func (c *Courier) ticket(ctx context.Context, number string) (t ticket.Ticket, err error) {
	err = c.read(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: number}, func(data []byte) (err error) {
		t, err = ticket.Decode(data)
		return err
	})
	return t, err
}

// read gets a document that must exist for a letter to be delivered.
func (c *Courier) read(ctx context.Context, ref ledger.Ref, decode func([]byte) error) error {
	d, err := c.outbox.Doc(ctx, ref)
	if err != nil {
		return &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	if d.Data == nil {
		return refused("what it belongs to no longer exists: %s", ref)
	}
	if err := decode(d.Data); err != nil {
		if errors.Is(err, ledger.ErrCorrupt) {
			return refused("what it belongs to cannot be read: %s: %v", ref, err)
		}
		return err
	}
	return nil
}
