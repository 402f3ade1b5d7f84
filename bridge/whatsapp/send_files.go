package whatsapp

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// Fetch implements [bridge.Phone].
func (c *Client) Fetch(context.Context, json.RawMessage, io.Writer) error {
	return &bridge.MediaError{Fault: bridge.Gone}
}

// Upload implements [bridge.Phone].
func (c *Client) Upload(context.Context, string, io.ReadSeeker) (json.RawMessage, error) {
	return nil, &bridge.MediaError{Fault: bridge.Malformed}
}

// Typing implements [bridge.Phone].
func (c *Client) Typing(context.Context, bridge.Address, bool) error { return nil }

// MarkRead implements [bridge.Phone].
func (c *Client) MarkRead(context.Context, bridge.Address, []string, time.Time) error { return nil }

// Watch implements [bridge.Phone].
func (c *Client) Watch(context.Context, bridge.Address) error { return nil }
