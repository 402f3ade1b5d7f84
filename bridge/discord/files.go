package discord

import (
	"context"
	"encoding/json"
	"io"

	"github.com/haloerzap/halo/bridge"
)

// Fetch implements [bridge.Board].
func (c *Client) Fetch(context.Context, json.RawMessage, io.Writer) error {
	return &bridge.MediaError{Fault: bridge.Gone}
}

// Limit implements [bridge.Board].
func (c *Client) Limit() int64 { return 10 << 20 }

// Typing implements [bridge.Board].
func (c *Client) Typing(context.Context, string) error { return nil }
