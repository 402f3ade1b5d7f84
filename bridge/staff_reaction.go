package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// kindReacted documents are the agents' reactions on a message in Discord, the latest
// last: WhatsApp shows one of the desk's.
const kindReacted ledger.Kind = "reacted"

type reacted struct {
	Changes int        `json:"n"`           // letters so far
	Shown   string     `json:"s,omitzero"`  // what the client sees
	By      []reaction `json:"by,omitzero"` // who has put what
}

type reaction struct {
	User  string `json:"u"`
	Emoji string `json:"e"`
}

// Reacted takes in that a person put a sign on a message in a thread, or took it off.
// The client sees the latest of the agents' on what he wrote and on what was written
// to him. Off without a user is everybody's, and of every emoji when none is named.
// The same report may come again. A channel that is no ticket's thread gives
// [ErrNotOurs].
func (r *Relay) Reacted(ctx context.Context, s StaffReaction) error {
	early := s.Ours && fresh(s.Message, s.At)
	err := untilNoted(ctx, func(patient bool) error {
		s.Ours = early && patient
		_, err := r.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { return r.reacted(tx, s) })
		return err
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ledger.ErrCorrupt), errors.Is(err, ledger.ErrInvalid), errors.Is(err, ledger.ErrTooLarge):
		r.log.Error("reaction set aside: " + firstLine(err.Error())) // it would come again
		return nil
	}
	return fmt.Errorf("take in reaction on Discord message %s: %w", s.Message, err)
}

func (r *Relay) reacted(tx *ledger.Tx, s StaffReaction) error {
	th, ok, err := ticket.LoadThread(tx, s.Thread)
	if err != nil {
		return err
	}
	if !ok {
		return ErrNotOurs
	}
	if th.Ticket == "" {
		return nil // a report's post: signs stay there
	}
	t, ok, err := ticket.Load(tx, th.Ticket)
	agent := r.desk.MayBeHeard(t.Talk, s.Roles)
	if err != nil || !ok || t.State == ticket.Closed || s.On && !agent {
		return err
	}
	if s.Ours {
		if err := noted(tx, t.Number, s.Message); err != nil {
			return err
		}
	}
	target, own, h, ok, err := r.meant(tx, t.Number, s.Message)
	if err != nil || !ok {
		return err
	}
	ref := ledger.Ref{Kind: kindReacted, ID: s.Message}
	var all reacted
	data, err := tx.Doc(ref)
	if err != nil {
		return err
	}
	if data != nil && json.Unmarshal(data, &all) != nil {
		return fmt.Errorf("%w: %s", ledger.ErrCorrupt, ref)
	}
	if s.Custom {
		r.customReaction(tx, t, s)
		return nil
	}
	if !all.change(s) {
		return nil
	}
	shows := ""
	if n := len(all.By); n > 0 {
		shows = all.By[n-1].Emoji
	}
	if shows != all.Shown {
		all.Shown = shows
		all.Changes++
		id := fmt.Sprintf("r/%s/%d", s.Message, all.Changes)
		tx.Send(r.toClient(id, t, kindReact, reactBody{
			Reaction: Reaction{Target: target, Own: own, Sender: h.Sender, Emoji: shows}, Message: s.Message, By: s.User,
		}))
		tx.Log(t.Number, ledger.Event{What: "agent_reacted", By: s.User, Ref: s.Message, Data: map[string]string{"emoji": shows}})
		if err := MarkRead(tx, t); err != nil {
			return err
		}
	}
	if data, err = json.Marshal(all); err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	return tx.Put(ref, data)
}

// change takes a report into account; it reports false for one that changes nothing.
func (a *reacted) change(s StaffReaction) bool {
	is := reaction{s.User, Clean(s.Emoji, 40)}
	if s.User == "" && !s.On {
		return a.clear(is.Emoji)
	}
	i := slices.Index(a.By, is)
	switch {
	case s.On == (i >= 0) || is.Emoji == "":
		return false
	case s.On:
		a.By = append(a.By, is)
		a.By = a.By[max(0, len(a.By)-100):]
	default:
		a.By = slices.Delete(a.By, i, i+1)
	}
	return true
}

// clear takes off what everybody put: one emoji, or all of them for "".
func (a *reacted) clear(emoji string) bool {
	before := len(a.By)
	a.By = slices.DeleteFunc(a.By, func(x reaction) bool { return emoji == "" || x.Emoji == emoji })
	return len(a.By) < before
}

// customReaction says once that WhatsApp has no such sign.
func (r *Relay) customReaction(tx *ledger.Tx, t ticket.Ticket, s StaffReaction) {
	if !s.On {
		return
	}
	name := Clean(s.Emoji, 40)
	tx.Send(noticeOn(t.Number, "custom/"+s.Message+"/"+sum(name), s.Message,
		"⚠️ Reaksi :"+ToDiscord(name)+": tidak sampai ke klien: WhatsApp hanya mengenal emoji biasa. Pilihlah emoji biasa bila klien perlu melihatnya."))
}
