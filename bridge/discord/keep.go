package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/haloerzap/halo/bridge"
)

// A Keeper is an [Inbox] that keeps how posts stand: their tags, whether they are in the
// archive and whether they are locked. What changes is told as it is now, however often it
// changed, and by whom: also when it was us. A post that stands as it should is told too.
// nil means that it is durable, [bridge.ErrNotOurs] that nobody keeps that post, and any
// other error that it will be brought again.
type Keeper interface {
	// Keeps reports whether how a post stands is kept.
	Keeps(ctx context.Context, thread string) (bool, error)
	// KeptPosts are the posts to be looked at when changes may have been missed.
	KeptPosts(ctx context.Context) ([]string, error)
	// PostChanged says how a post stands now.
	PostChanged(ctx context.Context, thread string, s bridge.PostState) error
	// PostDeleted says that a post is no more.
	PostDeleted(ctx context.Context, thread string) error
}

// roundOfPost marks, among what is to be amended, posts whose state is to be looked at.
const roundOfPost = "post/"

func (c *Client) onThreadChanged(raw json.RawMessage) {
	var t struct {
		ID    string `json:"id"`
		Guild string `json:"guild_id"`
	}
	if json.Unmarshal(raw, &t) != nil || c.keeper == nil || t.Guild != c.guild || t.ID == "" {
		return
	}
	// The event says how the post stood then: we may have changed it since.
	c.intake.amend(roundOfPost + t.ID)
}

// lookAtPosts makes all posts that are kept be looked at.
func (c *Client) lookAtPosts(ctx context.Context) error {
	if c.keeper == nil {
		return nil
	}
	posts, err := c.keeper.KeptPosts(ctx)
	if err != nil {
		return fmt.Errorf("list posts that are kept: %w", err)
	}
	for _, id := range posts {
		c.intake.amend(roundOfPost + id)
	}
	return nil
}

// lookAtActive makes posts be looked at that are not in the archive: some may belong there.
// Of those that nobody keeps Discord is asked nothing.
func (c *Client) lookAtActive(active []threadInfo) {
	for _, t := range active {
		if c.keeper != nil {
			c.intake.amend(roundOfPost + t.ID)
		}
	}
}

// lookAtPost tells how a post stands.
func (c *Client) lookAtPost(ctx context.Context, thread string) error {
	if c.keeper == nil {
		return nil
	}
	if kept, err := c.keeper.Keeps(ctx, thread); err != nil || !kept {
		return err
	}
	state, err := c.postState(ctx, thread)
	switch {
	case isCode(err, codeUnknownChannel):
		err = c.keeper.PostDeleted(ctx, thread)
	case err == nil:
		err = c.keeper.PostChanged(ctx, thread, state)
	}
	if errors.Is(err, bridge.ErrNotOurs) {
		return nil
	}
	return err
}

// postState reads how a post stands, while nobody here is at changing it.
func (c *Client) postState(ctx context.Context, thread string) (bridge.PostState, error) {
	leave, err := c.shelves.enter(ctx, thread)
	if err != nil {
		return bridge.PostState{}, err
	}
	defer leave()
	info, err := c.thread(ctx, thread)
	if err != nil {
		return bridge.PostState{}, err
	}
	known, err := c.names.tagsOf(ctx, c.rest, info.Parent)
	if err != nil {
		return bridge.PostState{}, err
	}
	state := bridge.PostState{Archived: info.Metadata.Archived, Locked: info.Metadata.Locked}
	for _, id := range info.Tags {
		if name := nameOfTag(known, id); name != "" {
			state.Tags = append(state.Tags, name)
		}
	}
	return state, nil
}

// postGone tells that a post was deleted; false is for one that nobody keeps.
func (c *Client) postGone(ctx context.Context, thread string) (kept bool) {
	if c.keeper == nil {
		return false
	}
	c.insist(ctx, "store deletion of post", thread, func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = panicked("take deletion of post", v)
			}
		}()
		err = c.keeper.PostDeleted(ctx, thread)
		if kept = !errors.Is(err, bridge.ErrNotOurs); !kept {
			return nil
		}
		return err
	})
	return kept
}
