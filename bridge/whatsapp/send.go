package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
	"go.uber.org/zap"
	"modernc.org/sqlite"

	"github.com/haloerzap/halo/bridge"
)

var _ bridge.Phone = (*Client)(nil)

// Ready reports whether the link is up and everything that waited at WhatsApp
// was taken in: what a client wrote while we were away comes before our answer.
func (c *Client) Ready() bool {
	l := c.link.Load()
	return l != nil && l.ready()
}

// answerGrace is how long WhatsApp's answer may still come when nobody waits for
// it any more.
const answerGrace = 500 * time.Millisecond

// sendLimit bounds a send whose context has no deadline.
const sendLimit = 30 * time.Second

// Send implements [bridge.Phone]. Calls wait for each other, as long as
// their contexts allow.
func (c *Client) Send(ctx context.Context, to bridge.Address, id string, o bridge.Outgoing) error {
	o.Text = cleanText(o.Text)
	return c.deliver(ctx, to, draft{id: id, out: o})
}

// EditText implements [bridge.Phone]. The words of a file are its caption. WhatsApp's
// apps take an edit within a quarter of an hour only; later ones are acknowledged and
// not shown, so that the caller has to look at the time. What WhatsApp itself refuses
// is [bridge.Refused].
func (c *Client) EditText(ctx context.Context, to bridge.Address, id, target, text string) error {
	return c.deliver(ctx, to, draft{id: id, out: bridge.Outgoing{Text: cleanText(text)}, target: target, action: edit})
}

// Revoke implements [bridge.Phone]. Phones that have not got the message yet will
// not get it any more.
func (c *Client) Revoke(ctx context.Context, to bridge.Address, id, target string) error {
	return c.deliver(ctx, to, draft{id: id, target: target, action: revoke})
}

// A draft is what is to be sent.
type draft struct {
	id     string
	out    bridge.Outgoing
	target string // the message that is edited or revoked
	action action
}

type action int

const (
	write action = iota
	edit
	revoke
)

func (d draft) valid() error {
	if d.action == write {
		return validate(d.out)
	}
	if d.target == "" || d.target == d.id {
		return refused("there is no message to change")
	}
	return nil
}

func refused(reason string) error {
	return &bridge.SendError{Certainty: bridge.Refused, Reason: reason}
}

func blocked(reason string, err error) error {
	return &bridge.SendError{Certainty: bridge.Blocked, Reason: reason, Err: err}
}

const reasonNotConnected = "WhatsApp is not connected"

func (c *Client) deliver(ctx context.Context, to bridge.Address, d draft) error {
	jid, err := c.chat(to)
	if err != nil {
		return &bridge.SendError{Certainty: bridge.Refused, Reason: "the address is not one of WhatsApp", Err: maskedError{err}}
	}
	if err := d.valid(); err != nil {
		return err
	}
	if !c.allowed() {
		return blocked(reasonNotLeading, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	l := c.link.Load()
	if l == nil || !l.ready() {
		cancel()
		return blocked(reasonNotConnected, nil)
	}
	select {
	case <-c.sender:
	case <-ctx.Done():
		cancel()
		return blocked("another message is still being sent", context.Cause(ctx))
	}
	if !l.ready() || !l.begin() {
		cancel()
		c.sender <- struct{}{}
		return blocked(reasonNotConnected, nil)
	}
	return c.await(ctx, cancel, l, jid, d)
}

// await sends with the token of c.sender and a unit of the link's work in hand.
//
// The library waits for its own lock without looking at the context, so the
// caller waits beside it. A send under way is not broken off with the caller: the
// library may panic when that meets WhatsApp's answer (request.go,
// receiveResponse against cancelResponse), so the answer gets its time.
func (c *Client) await(ctx context.Context, cancel context.CancelFunc, l *link, to types.JID, d draft) error {
	end, _ := ctx.Deadline()
	sending, breakOff := context.WithDeadline(context.WithoutCancel(ctx), end.Add(answerGrace))
	stop := context.AfterFunc(l.stopping, func() { time.AfterFunc(answerGrace, breakOff) })
	result := make(chan error, 1)
	go func() {
		defer l.work.Done()
		defer func() { c.sender <- struct{}{} }()
		defer stop()
		result <- l.sendSafely(sending, to, d)
		breakOff()
		cancel()
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-result:
		return err
	default:
		return &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "WhatsApp did not answer in time", Err: context.Cause(ctx)}
	}
}

// chat is where a message may go: to a person, or to a group that the desk listens
// to.
func (c *Client) chat(address bridge.Address) (types.JID, error) {
	if slices.Contains(c.options.Groups, string(address)) {
		jid, err := types.ParseJID(string(address))
		if err == nil && jid.Server == types.GroupServer {
			return jid, nil
		}
	}
	return parseAddress(address)
}

func parseAddress(address bridge.Address) (types.JID, error) {
	jid, err := types.ParseJID(string(address))
	if err != nil {
		return types.EmptyJID, fmt.Errorf("parse address: %w", err)
	}
	switch {
	case jid.Server != types.DefaultUserServer && jid.Server != types.HiddenUserServer, jid.User == "", jid.Device != 0:
		return types.EmptyJID, errors.New("parse address: not a person's")
	}
	return jid, nil
}

func (l *link) sendSafely(ctx context.Context, to types.JID, d draft) (err error) {
	defer func() {
		if r := recover(); r != nil {
			l.c.log.Error("sending panicked", zap.String("panic", mask(fmt.Sprint(r))))
			err = &bridge.SendError{Certainty: bridge.Unknown, Reason: "sending broke off"}
		}
	}()
	err = l.send(ctx, to, d)
	if e, ok := errors.AsType[*bridge.SendError](err); ok && e.Err != nil {
		e.Err = maskedError{e.Err} // others log it
	}
	return err
}

func (l *link) send(ctx context.Context, to types.JID, d draft) error {
	lid, devices, err := l.reach(ctx, to)
	if err != nil {
		return err
	}
	message, err := l.message(ctx, lid, d)
	if err != nil {
		return err
	}
	if err := l.note(ctx, d, message); err != nil {
		return &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: reasonDatabase, Err: err}
	}
	if err := l.c.options.Failpoint.Hit("w.pre-send"); err != nil {
		return err
	}
	if l.poisoned.Load() {
		return blocked(reasonNotConnected, nil)
	}
	if !l.leads() {
		return blocked(reasonNotLeading, nil)
	}
	_, err = l.cli.SendMessage(ctx, to, message, whatsmeow.SendRequestExtra{ID: d.id, Timeout: l.c.settings.sendTimeout})
	if err != nil {
		return l.classify(err, d.action)
	}
	if err := l.c.options.Failpoint.Hit("w.sent"); err != nil {
		return err
	}
	if to.Server == types.GroupServer {
		return nil
	}
	return l.readable(ctx, devices)
}

// note keeps what must be known of a message once it is out.
func (l *link) note(ctx context.Context, d draft, message *waE2E.Message) error {
	if d.action != write {
		return l.c.noteChange(ctx, d.id, d.target, d.action == revoke)
	}
	return l.c.notePoll(ctx, d.id, message, true)
}

// reach finds the LID and the devices of a person; a group has none. The library
// would send to a person without any and call it a success.
func (l *link) reach(ctx context.Context, to types.JID) (lid types.JID, devices []types.JID, err error) {
	lid = to
	if to.Server == types.GroupServer {
		return to, nil, nil
	}
	if to.Server == types.DefaultUserServer {
		if lid, err = l.lookUp(ctx, to); err != nil {
			return lid, nil, err
		}
	}
	devices, err = l.cli.GetUserDevices(ctx, []types.JID{lid})
	if err != nil {
		return lid, nil, unanswered(err)
	}
	if len(devices) == 0 {
		return lid, nil, l.absent(ctx, to)
	}
	return lid, devices, nil
}

// absent says why a person has no device.
func (l *link) absent(ctx context.Context, to types.JID) error {
	number := to
	if to.Server == types.HiddenUserServer {
		number, _ = l.alternative(ctx, to)
	}
	if !number.IsEmpty() {
		if err := l.onWhatsApp(ctx, number); err != nil {
			return err
		}
		return &bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp knows no phone of this client at the moment"}
	}
	return refused("the account is not on WhatsApp")
}

// lookUp finds the LID to a number.
func (l *link) lookUp(ctx context.Context, number types.JID) (types.JID, error) {
	if lid, err := l.alternative(ctx, number); err == nil && !lid.IsEmpty() {
		return lid, nil
	}
	if err := l.onWhatsApp(ctx, number); err != nil {
		return types.EmptyJID, err
	}
	if lid, err := l.alternative(ctx, number); err == nil && !lid.IsEmpty() {
		return lid, nil
	}
	info, err := l.cli.GetUserInfo(ctx, []types.JID{number})
	if err != nil {
		return types.EmptyJID, unanswered(err)
	}
	if lid := info[number].LID; !lid.IsEmpty() {
		return lid, nil
	}
	return types.EmptyJID, &bridge.SendError{Certainty: bridge.NotSent, RetryAfter: time.Minute, Reason: reasonNoAddress}
}

// onWhatsApp returns an error for a number that has no account.
func (l *link) onWhatsApp(ctx context.Context, number types.JID) error {
	answers, err := l.cli.IsOnWhatsApp(ctx, []string{"+" + number.User})
	if err != nil {
		return unanswered(err)
	}
	for _, answer := range answers {
		if answer.IsIn {
			return nil
		}
	}
	if len(answers) == 0 {
		return &bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp does not say whether it knows the number"}
	}
	return &bridge.SendError{Certainty: bridge.Refused, Reason: "the number is not on WhatsApp"}
}

// readable reports whether one device at least could read what was sent: the
// library leaves those out whose keys it did not get, all of them if need be.
func (l *link) readable(ctx context.Context, devices []types.JID) error {
	for _, device := range devices {
		has, err := l.cli.Store.ContainsSession(ctx, device.SignalAddress())
		if err != nil || has {
			return nil
		}
	}
	return &bridge.SendError{Certainty: bridge.NotSent, RetryAfter: time.Minute, Reason: "WhatsApp gave no keys for the client's phone"}
}

// unanswered is for questions before a message is sent: nothing was taken.
func unanswered(err error) error {
	if errors.Is(err, errNotLeading) {
		return blocked(reasonNotLeading, err)
	}
	e := &bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp refused a question about the client's phone", Err: err}
	switch {
	case errors.Is(err, whatsmeow.ErrIQRateOverLimit):
		e.Certainty, e.RetryAfter, e.Reason = bridge.Blocked, 5*time.Minute, "WhatsApp asks us to slow down"
	case disconnected(err), errors.Is(err, whatsmeow.ErrIQTimedOut), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		e.Certainty, e.Reason = bridge.Blocked, "WhatsApp does not answer"
	case databaseFailed(err):
		e.Outage, e.Reason = true, reasonDatabase
	}
	return e
}

func disconnected(err error) bool {
	return errors.Is(err, whatsmeow.ErrNotConnected) || errors.Is(err, whatsmeow.ErrIQDisconnected) || errors.Is(err, socket.ErrSocketClosed)
}

func databaseFailed(err error) bool {
	_, ours := errors.AsType[*sqlite.Error](err)
	return ours || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone)
}
