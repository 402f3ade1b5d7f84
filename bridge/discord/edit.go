package discord

import (
	"context"
	"net/http"
)

// editMessage changes the words alone: what is left out of it stays as it is.
type editMessage struct {
	Content  string   `json:"content"`
	Mentions mentions `json:"allowed_mentions"`
}

// Edit changes the words of a message of ours and nothing else of it; nobody is
// pinged. Repeating it is harmless. A message that was deleted, or that is too old to
// be changed again for now (Discord caps the edits of messages older than an hour in a
// channel), is refused. A post in the archive is opened for it, and archived again.
func (c *Client) Edit(ctx context.Context, channel, message, content string) error {
	const needs = "View Channel, Read Message History and Manage Threads"
	in := editMessage{Content: normal(content), Mentions: silent()}
	err := c.edit(ctx, channel, message, in)
	if err == nil {
		return nil
	}
	if !isCode(err, codeArchived) {
		return sendError(err, needs)
	}
	info, err := c.thread(ctx, channel)
	if err != nil {
		return sendError(err, needs)
	}
	if err := c.patch(ctx, channel, patchThread{Archived: new(false)}); err != nil {
		return sendError(err, needs)
	}
	err = c.edit(ctx, channel, message, in)
	if again := c.patch(ctx, channel, patchThread{Archived: new(true), Locked: &info.Metadata.Locked}); err == nil {
		err = again
	}
	if err != nil {
		return sendError(err, needs)
	}
	return nil
}

func (c *Client) edit(ctx context.Context, channel, message string, in editMessage) error {
	return c.rest.do(ctx, "edit message", http.MethodPatch, "/channels/"+channel+"/messages/"+message, in, nil)
}
