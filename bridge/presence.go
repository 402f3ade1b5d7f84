package bridge

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Presence shows each side that the other is writing. It promises nothing: what cannot
// be shown at once is left out.
type Presence struct {
	store Updater
	phone Phone
	board Board
	lease func() ledger.Lease
	log   *zap.Logger
	heard chan typing

	shown map[string]time.Time // by destination, when it was shown last; owned by Run
	over  map[Address]time.Time
	watch map[Address]time.Time
}

type typing struct {
	thread    string // or
	chat, alt Address
	on        bool
}

// NewPresence makes a Presence; lease is asked before anything is shown.
func NewPresence(store Updater, phone Phone, board Board, lease func() ledger.Lease, log *zap.Logger) *Presence {
	return &Presence{
		store: store, phone: phone, board: board, lease: lease, log: log.Named("presence"), heard: make(chan typing, 64),
		shown: map[string]time.Time{}, over: map[Address]time.Time{}, watch: map[Address]time.Time{},
	}
}

// How long the networks show a sign, and so how often it is worth giving.
const (
	typingInDiscord  = 8 * time.Second
	typingOnWhatsApp = 8 * time.Second
	typingEnds       = 12 * time.Second // without a further sign
	watchEvery       = 10 * time.Minute
	presenceTimeout  = 5 * time.Second
)

// ClientTyping hears that a client writes, or no longer. Nothing of it is kept.
func (r *Relay) ClientTyping(_ context.Context, chat, alt Address, on bool) {
	if r.Presence != nil && on {
		r.Presence.hear(typing{chat: chat, alt: alt, on: on})
	}
}

// StaffTyping hears that somebody writes in a thread. Nothing of it is kept.
func (r *Relay) StaffTyping(_ context.Context, thread, _ string) {
	if r.Presence != nil {
		r.Presence.hear(typing{thread: thread, on: true})
	}
}

func (p *Presence) hear(t typing) {
	select {
	case p.heard <- t:
	default:
	}
}

// Run shows signs until ctx ends.
func (p *Presence) Run(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case t := <-p.heard:
			if err := p.show(ctx, t); err != nil && ctx.Err() == nil {
				p.log.Debug("show who is writing", zap.Error(err))
			}
		case now := <-tick.C:
			p.forget(ctx, now)
		}
	}
}

func (p *Presence) show(ctx context.Context, t typing) error {
	ctx, cancel := context.WithTimeout(ctx, presenceTimeout)
	defer cancel()
	if !p.lease().Valid(time.Now()) {
		return nil
	}
	if t.thread != "" {
		return p.toClient(ctx, t.thread)
	}
	return p.toThread(ctx, t)
}

// toThread shows in the ticket's thread that its client is writing.
func (p *Presence) toThread(ctx context.Context, t typing) error {
	conv, ok, err := p.conversationOf(ctx, t.chat, t.alt)
	if err != nil || !ok || conv.Open == "" || p.recently("dc/"+conv.Open, typingInDiscord) || !p.board.Ready() {
		return err
	}
	d, err := p.store.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: conv.Open})
	if err != nil || d.Data == nil {
		return err
	}
	tk, err := ticket.Decode(d.Data)
	if err != nil || tk.Thread == "" {
		return err
	}
	return p.board.Typing(ctx, tk.Thread)
}

// toClient shows the client that somebody answers, and listens for his own signs.
func (p *Presence) toClient(ctx context.Context, thread string) error {
	to, err := p.addressOf(ctx, thread)
	if err != nil || to == "" || !p.phone.Ready() {
		return err
	}
	if time.Since(p.watch[to]) > watchEvery {
		p.watch[to] = time.Now()
		if err := p.phone.Watch(ctx, to); err != nil {
			return err
		}
	}
	p.over[to] = time.Now().Add(typingEnds)
	if p.recently("wa/"+string(to), typingOnWhatsApp) {
		return nil
	}
	return p.phone.Typing(ctx, to, true)
}

// addressOf is the client of an open ticket's thread.
func (p *Presence) addressOf(ctx context.Context, thread string) (Address, error) {
	d, err := p.store.Doc(ctx, ledger.Ref{Kind: ticket.KindThread, ID: thread})
	if err != nil || d.Data == nil {
		return "", err
	}
	th, err := ticket.DecodeThread(thread, d.Data)
	if err != nil || th.Ticket == "" {
		return "", err
	}
	if d, err = p.store.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: th.Ticket}); err != nil || d.Data == nil {
		return "", err
	}
	tk, err := ticket.Decode(d.Data)
	if err != nil || tk.State == ticket.Closed || tk.IsTalk() && tk.LastClient.IsZero() { // what is written there is no answer
		return "", err
	}
	conv, err := p.conversation(ctx, tk.Conversation)
	return Address(conv.Reply), err
}

func (p *Presence) conversation(ctx context.Context, id string) (c ticket.Conversation, err error) {
	for range 10 { // a person has a handful of addresses at most
		d, err := p.store.Doc(ctx, ledger.Ref{Kind: ticket.KindConversation, ID: id})
		if err != nil || d.Data == nil {
			return c, err
		}
		if c, err = ticket.DecodeConversation(d.Data); err != nil || c.Into == "" {
			return c, err
		}
		id = c.Into
	}
	return c, nil
}

func (p *Presence) conversationOf(ctx context.Context, addresses ...Address) (c ticket.Conversation, ok bool, err error) {
	for _, a := range addresses {
		if a == "" {
			continue
		}
		d, err := p.store.Doc(ctx, ledger.Ref{Kind: ticket.KindAlias, ID: string(a)})
		if err != nil || d.Data == nil {
			continue
		}
		c, err = p.conversation(ctx, string(d.Data))
		return c, err == nil && c.ID != "", err
	}
	return c, false, nil
}

// recently reports whether a sign was given within a time, and else notes this one.
func (p *Presence) recently(to string, within time.Duration) bool {
	if time.Since(p.shown[to]) < within {
		return true
	}
	p.shown[to] = time.Now()
	return false
}

// forget ends what nobody goes on with, and keeps the maps small.
func (p *Presence) forget(ctx context.Context, now time.Time) {
	for to, at := range p.over {
		if now.Before(at) {
			continue
		}
		delete(p.over, to)
		delete(p.shown, "wa/"+string(to))
		if !p.lease().Valid(now) || !p.phone.Ready() {
			continue
		}
		quiet, cancel := context.WithTimeout(ctx, presenceTimeout)
		if err := p.phone.Typing(quiet, to, false); err != nil {
			p.log.Debug("show that nobody writes any more", zap.Error(err))
		}
		cancel()
	}
	old := func(at time.Time) bool { return now.Sub(at) > watchEvery }
	for to, at := range p.shown {
		if old(at) {
			delete(p.shown, to)
		}
	}
	for to, at := range p.watch {
		if old(at) {
			delete(p.watch, to)
		}
	}
}

// MarkRead owes the client the sign that an agent has read what he wrote: somebody
// took the ticket or answers. Nothing happens when all of it is read.
func MarkRead(tx *ledger.Tx, t ticket.Ticket) error {
	c, ok, err := ticket.LoadConversation(tx, t.Conversation)
	if err != nil || !ok || len(c.Unread) == 0 {
		return err
	}
	ids := slices.Clone(c.Unread)
	c.Unread = nil
	tx.Send(letter("read/"+c.ID+"/"+ids[len(ids)-1], ClientLane(t.Conversation), t.Number, kindRead, readBody{IDs: ids}))
	return c.Save(tx)
}
