package discord

import (
	"context"
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
)

// An Observer is an [Inbox] that also wants to know what people do in threads beside
// writing.
type Observer interface {
	// Reacted says that a person put a reaction on a message, or took it off. It comes in
	// order with that thread's messages and may come twice; nil means that it is durable,
	// [bridge.ErrNotOurs] that the channel does not concern the desk, and any other error
	// that it will be brought again. When a moderator cleared reactions, On is false and
	// User is "": everybody's; an Emoji of "" then is every emoji. Roles are known only
	// when one was put on. What people do while nobody listens is not told later.
	Reacted(ctx context.Context, r bridge.StaffReaction) error
	// StaffTyping says that somebody writes in a channel, perhaps none of ours.
	StaffTyping(ctx context.Context, thread, user string)
}

// reactionInfo is an event about reactions.
type reactionInfo struct {
	Channel string  `json:"channel_id"`
	Message string  `json:"message_id"`
	Guild   string  `json:"guild_id"`
	User    string  `json:"user_id"`
	Author  string  `json:"message_author_id"` // of the message, when a reaction is put on
	Member  *member `json:"member"`
	Emoji   struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"emoji"`
}

func (c *Client) onReaction(kind string, raw json.RawMessage) {
	var e reactionInfo
	if err := json.Unmarshal(raw, &e); err != nil {
		c.log.Error("discord reaction could not be read", zap.String("type", kind), errField(err))
	}
	if c.observer == nil || e.Guild != c.guild || e.Channel == "" || e.Message == "" {
		return
	}
	cleared := kind == "MESSAGE_REACTION_REMOVE_ALL" || kind == "MESSAGE_REACTION_REMOVE_EMOJI"
	if !cleared && !c.isPerson(e) {
		return
	}
	r := bridge.StaffReaction{Thread: e.Channel, Message: e.Message, User: e.User, Emoji: clip(printable(e.Emoji.Name), 100),
		Ours: c.isMe(e.Author), Custom: e.Emoji.ID != "", On: kind == "MESSAGE_REACTION_ADD", At: c.now()}
	if e.Member != nil {
		r.Roles = e.Member.Roles
		if e.Member.User != nil {
			c.names.user(*e.Member.User, e.Member)
		}
	}
	if c.intake.reaction(r) {
		c.changeStatus(func(s *Status) { s.Overflowed++ })
	}
}

// isPerson reports that it was not us who reacted, nor, as far as the event says so,
// another bot.
func (c *Client) isPerson(e reactionInfo) bool {
	if e.User == "" || c.isMe(e.User) {
		return false
	}
	return e.Member == nil || e.Member.User == nil || !e.Member.User.Bot
}

// isMe reports whether a user is the bot itself, as far as that is known.
func (c *Client) isMe(user string) bool {
	me := c.me.Load()
	return me != nil && user == *me
}

// reaction queues a reaction behind what was written before it. In a channel that is
// behind it waits until that has caught up. It reports one that had to be forgotten for
// want of memory.
func (q *intake) reaction(r bridge.StaffReaction) (forgotten bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.strangers[r.Thread] {
		return false
	}
	it := item{reaction: &r, size: 512}
	if q.bytes+it.size > q.most {
		return true
	}
	if _, late := q.behind[r.Thread]; (late || q.blind) && q.holdBack {
		q.held[r.Thread] = append(q.held[r.Thread], it)
		q.bytes += it.size
		return false
	}
	q.add(it)
	return false
}

// keepBack reports whether a reaction waits for its channel to catch up.
func (q *intake) keepBack(it item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	thread := it.reaction.Thread
	if _, late := q.behind[thread]; !late || !q.holdBack {
		return false
	}
	q.held[thread] = append(q.held[thread], it)
	q.bytes += it.size
	return true
}

// letGo queues the reactions that waited for a channel, which has caught up. It is
// called with the lock held.
func (q *intake) letGo(channel string) {
	held := q.held[channel]
	delete(q.held, channel)
	for _, it := range held {
		q.bytes -= it.size
		if !q.strangers[channel] {
			q.add(it)
		}
	}
}

// letAllGo is letGo for every channel that is not behind.
func (q *intake) letAllGo() {
	for channel := range q.held {
		if _, late := q.behind[channel]; !late {
			q.letGo(channel)
		}
	}
}

// observe hands a reaction on, and does not give up before it is stored.
func (c *Client) observe(ctx context.Context, it item) {
	r := *it.reaction
	if c.intake.keepBack(it) {
		return
	}
	c.handOn(ctx, r.Thread, "dc.reaction", func() error { return c.observer.Reacted(ctx, r) })
}

// A typist is somebody who writes somewhere.
type typist struct{ thread, user string }

func (c *Client) onTyping(raw json.RawMessage) {
	var e struct {
		Channel string  `json:"channel_id"`
		Guild   string  `json:"guild_id"`
		User    string  `json:"user_id"`
		Member  *member `json:"member"`
	}
	if json.Unmarshal(raw, &e) != nil || c.observer == nil || e.Guild != c.guild || e.Channel == "" || e.User == "" {
		return
	}
	if !c.isPerson(reactionInfo{User: e.User, Member: e.Member}) || c.intake.isStranger(e.Channel) {
		return
	}
	select {
	case c.typing <- typist{e.Channel, e.User}:
	default: // they will write on
	}
}

func (q *intake) isStranger(channel string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.strangers[channel]
}

// tellTyping tells who writes until ctx ends.
func (c *Client) tellTyping(ctx context.Context) {
	for {
		select {
		case t := <-c.typing:
			c.tellOneTyping(ctx, t)
		case <-ctx.Done():
			return
		}
	}
}

const typingPatience = 5 * time.Second

func (c *Client) tellOneTyping(ctx context.Context, t typist) {
	defer func() {
		if v := recover(); v != nil {
			c.log.Error("typing could not be told", errField(panicked("tell typing", v)))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, typingPatience)
	defer cancel()
	c.observer.StaffTyping(ctx, t.thread, t.user)
}
