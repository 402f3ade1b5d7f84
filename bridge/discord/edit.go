package discord

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// editMessage changes the words alone: what is left out of it stays as it is.
type editMessage struct {
	Content  string   `json:"content"`
	Mentions mentions `json:"allowed_mentions"`
}

// concludeMessage takes the buttons away, too.
type concludeMessage struct {
	editMessage
	Components []component `json:"components"` // empty
}

// updateMessage changes everything that a message of ours shows, files apart. Empty
// lists take away what was there.
type updateMessage struct {
	editMessage
	Embeds     []embed     `json:"embeds"`
	Components []component `json:"components"`
}

const (
	needsToEdit = "View Channel, Read Message History and Manage Threads"
	// oldEditsPause is how long an edit waits at least when Discord allows no more of
	// messages older than an hour; how many it allows is not published.
	oldEditsPause = 5 * time.Minute
)

// Edit changes the words of a message of ours and nothing else of it; nobody is
// pinged. Repeating it is harmless. A message that was deleted, or that is too old to
// be changed again for now (Discord caps the edits of messages older than an hour in a
// channel), is refused. A post in the archive is opened for it, and archived again.
func (c *Client) Edit(ctx context.Context, channel, message, content string) error {
	err := c.edit(ctx, channel, message, editMessage{Content: normal(content), Mentions: silent()})
	if err != nil {
		return sendError(err, needsToEdit)
	}
	return nil
}

// Conclude is [Client.Edit] that takes the message's buttons away.
func (c *Client) Conclude(ctx context.Context, channel, message, content string) error {
	in := concludeMessage{editMessage{Content: normal(content), Mentions: silent()}, []component{}}
	if err := c.edit(ctx, channel, message, in); err != nil {
		return sendError(err, needsToEdit)
	}
	return nil
}

// Update makes a message of ours show the words, card and buttons of m; nobody is
// pinged. Repeating it is harmless. It is of little weight: it yields to everything else,
// and a message that is too old to be changed again for now is left for later
// ([bridge.Blocked]). A post in the archive is opened for it, and archived again.
func (c *Client) Update(ctx context.Context, message string, m bridge.Message) error {
	in := updateMessage{editMessage: editMessage{Content: normal(m.Content), Mentions: silent()}, Embeds: []embed{}, Components: rows(m.Buttons)}
	if m.Card != nil {
		in.Embeds = append(in.Embeds, card(*m.Card))
	}
	if in.Components == nil {
		in.Components = []component{}
	}
	err := c.edit(yielding(ctx), m.Channel, message, in)
	switch {
	case err == nil:
		return nil
	case isCode(err, codeOldEdits):
		late := &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: oldEditsPause, Err: err,
			Reason: "Discord allows no more edits of messages older than an hour in this channel for now"}
		if e, ok := errors.AsType[*apiError](err); ok {
			late.RetryAfter = max(late.RetryAfter, e.retry)
		}
		return late
	}
	return sendError(err, needsToEdit)
}

// Delete takes a message of ours away. One that is not there is fine.
func (c *Client) Delete(ctx context.Context, channel, message string) error {
	err := c.rest.do(ctx, "delete message", http.MethodDelete, "/channels/"+channel+"/messages/"+message, nil, nil)
	if err == nil || isCode(err, codeUnknownMessage, codeUnknownChannel) {
		return nil
	}
	return sendError(err, "View Channel")
}

// edit changes a message. A post in the archive is opened for it, and archived again.
func (c *Client) edit(ctx context.Context, channel, message string, in any) error {
	do := func() error {
		return c.rest.do(ctx, "edit message", http.MethodPatch, "/channels/"+channel+"/messages/"+message, in, nil)
	}
	err := do()
	if !isCode(err, codeArchived) {
		return err
	}
	leave, err := c.shelves.enter(ctx, channel)
	if err != nil {
		return err
	}
	defer leave()
	info, err := c.thread(ctx, channel)
	if err != nil {
		return err
	}
	if !info.Metadata.Archived { // somebody re-opened it meanwhile: it stays open
		return do()
	}
	if err = c.patch(ctx, channel, patchThread{Archived: new(false)}); isStatus(err, 400, 401, 403, 404) {
		return err
	}
	if err == nil {
		err = do()
	}
	// It goes back whatever came of it, also when the time for it is over, and ahead of
	// what it yielded to: an attempt to come would find it open and leave it so.
	back, cancel := context.WithTimeout(unyielding(context.WithoutCancel(ctx)), c.set.back)
	defer cancel()
	if again := c.patch(back, channel, patchThread{Archived: new(true), Locked: &info.Metadata.Locked}); err == nil {
		err = again
	}
	return err
}
