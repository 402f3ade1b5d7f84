package whatsapp

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// An unlinker lets the library delete the session of a link, after a logout, when
// nothing is being sent any more: the library takes the session away from under its
// own sends, which would go on with half of it.
type unlinker struct {
	store.DeviceContainer
	link *link
}

// DeleteDevice implements [store.DeviceContainer].
func (u unlinker) DeleteDevice(ctx context.Context, device *store.Device) error {
	l := u.link
	l.poisoned.Store(true) // nothing new is sent from here on
	l.stop()               // what is being sent ends soon
	select {
	case <-l.c.sender:
		l.c.sender <- struct{}{}
	case <-ctx.Done():
		return fmt.Errorf("wait for what is being sent: %w", context.Cause(ctx))
	}
	return u.DeviceContainer.DeleteDevice(ctx, device)
}

// forget waits until the session of a number is deleted, and helps if need be. The
// device itself is the library's, which changes it meanwhile.
func (c *Client) forget(ctx context.Context, jid types.JID) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for range 60 {
		if stored, err := c.container.GetDevice(ctx, jid); err == nil && stored == nil {
			c.setNumber("")
			return
		}
		if sleep(ctx, 50*time.Millisecond) != nil {
			break
		}
	}
	if err := c.container.DeleteDevice(ctx, &store.Device{ID: &jid}); err != nil {
		c.log.Error("delete session", logged(err))
	}
	c.setNumber("")
}
