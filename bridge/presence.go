package bridge

import "context"

// Reacted takes in that a person put a sign on a message in a thread, or took it off.
// A channel that is no ticket's thread gives [ErrNotOurs].
func (r *Relay) Reacted(context.Context, StaffReaction) error { return nil }

// ClientTyping hears that a client writes, or no longer. Nothing of it is kept.
func (r *Relay) ClientTyping(context.Context, Address, Address, bool) {}

// StaffTyping hears that somebody writes in a thread. Nothing of it is kept.
func (r *Relay) StaffTyping(context.Context, string, string) {}
