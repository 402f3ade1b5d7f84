package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
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

// SendText implements [bridge.Phone]. Calls wait for each other, as long as
// their contexts allow.
func (c *Client) SendText(ctx context.Context, to bridge.Address, id, text string) error {
	jid, err := parseAddress(to)
	if err != nil {
		return &bridge.SendError{Certainty: bridge.Refused, Reason: "the address is not one of WhatsApp", Err: maskedError{err}}
	}
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	l := c.link.Load()
	if l == nil || !l.ready() {
		cancel()
		return &bridge.SendError{Certainty: bridge.Blocked, Reason: "WhatsApp is not connected"}
	}
	select {
	case <-c.sender:
	case <-ctx.Done():
		cancel()
		return &bridge.SendError{Certainty: bridge.Blocked, Reason: "another message is still being sent", Err: context.Cause(ctx)}
	}
	if !l.begin() {
		cancel()
		c.sender <- struct{}{}
		return &bridge.SendError{Certainty: bridge.Blocked, Reason: "WhatsApp is not connected"}
	}
	// The library waits for its own lock without looking at the context, so the
	// caller waits beside it. A send under way is not broken off with the caller: the
	// library may panic when that meets WhatsApp's answer (request.go,
	// receiveResponse against cancelResponse), so the answer gets its time.
	end, _ := ctx.Deadline()
	sending, breakOff := context.WithDeadline(context.WithoutCancel(ctx), end.Add(answerGrace))
	stop := context.AfterFunc(l.stopping, func() { time.AfterFunc(answerGrace, breakOff) })
	result := make(chan error, 1)
	go func() {
		defer l.work.Done()
		defer func() { c.sender <- struct{}{} }()
		defer stop()
		result <- l.sendSafely(sending, jid, id, text)
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

func (l *link) sendSafely(ctx context.Context, to types.JID, id, text string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			l.c.log.Error("sending panicked", zap.String("panic", mask(fmt.Sprint(r))))
			err = &bridge.SendError{Certainty: bridge.Unknown, Reason: "sending broke off"}
		}
	}()
	err = l.send(ctx, to, id, text)
	if e, ok := errors.AsType[*bridge.SendError](err); ok && e.Err != nil {
		e.Err = maskedError{e.Err} // others log it
	}
	return err
}

func (l *link) send(ctx context.Context, to types.JID, id, text string) error {
	devices, err := l.reach(ctx, to)
	if err != nil {
		return err
	}
	if err := l.c.options.Failpoint.Hit("w.pre-send"); err != nil {
		return err
	}
	_, err = l.cli.SendMessage(ctx, to, textMessage(cleanText(text)), whatsmeow.SendRequestExtra{ID: id, Timeout: l.c.settings.sendTimeout})
	if err != nil {
		return classify(err)
	}
	if err := l.c.options.Failpoint.Hit("w.sent"); err != nil {
		return err
	}
	return l.readable(ctx, devices)
}

// reach finds the devices of a person. The library would send to a person
// without any and call it a success.
func (l *link) reach(ctx context.Context, to types.JID) ([]types.JID, error) {
	lid := to
	if to.Server == types.DefaultUserServer {
		var err error
		if lid, err = l.lookUp(ctx, to); err != nil {
			return nil, err
		}
	}
	devices, err := l.cli.GetUserDevices(ctx, []types.JID{lid})
	if err != nil {
		return nil, unanswered(err)
	}
	if len(devices) > 0 {
		return devices, nil
	}
	number := to
	if to.Server == types.HiddenUserServer {
		number, _ = l.alternative(ctx, to)
	}
	if !number.IsEmpty() {
		if err := l.onWhatsApp(ctx, number); err != nil {
			return nil, err
		}
		return nil, &bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp knows no phone of this client at the moment"}
	}
	return nil, &bridge.SendError{Certainty: bridge.Refused, Reason: "the account is not on WhatsApp"}
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
	return types.EmptyJID, &bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp gave no address for the number"}
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
	e := &bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp refused a question about the client's phone", Err: err}
	switch {
	case errors.Is(err, whatsmeow.ErrIQRateOverLimit):
		e.Certainty, e.RetryAfter, e.Reason = bridge.Blocked, 5*time.Minute, "WhatsApp asks us to slow down"
	case disconnected(err), errors.Is(err, whatsmeow.ErrIQTimedOut), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		e.Certainty, e.Reason = bridge.Blocked, "WhatsApp does not answer"
	case databaseFailed(err):
		e.Outage, e.Reason = true, "the session database failed"
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

// classify says what a failed send means. Whatever is not known for certain may
// have arrived: it is tried again under the same id.
func classify(err error) *bridge.SendError {
	e := &bridge.SendError{Certainty: bridge.Unknown, Reason: "WhatsApp did not confirm the message", Err: err}
	switch {
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		text := err.Error()
		code, _ := strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
		return classifyCode(code, err)
	case errors.Is(err, whatsmeow.ErrNotConnected), errors.Is(err, whatsmeow.ErrNotLoggedIn):
		e.Certainty, e.Reason = bridge.Blocked, "WhatsApp is not connected"
	case errors.Is(err, whatsmeow.ErrMessageTimedOut), errors.Is(err, context.DeadlineExceeded):
		e.Outage, e.Reason = true, "WhatsApp did not answer in time"
	case errors.Is(err, whatsmeow.ErrIQRateOverLimit):
		e.Certainty, e.RetryAfter, e.Reason = bridge.Blocked, 5*time.Minute, "WhatsApp asks us to slow down"
	case errors.Is(err, whatsmeow.ErrIQTimedOut):
		e.Outage, e.Reason = true, "WhatsApp did not answer in time"
	case errors.Is(err, whatsmeow.ErrIQDisconnected), errors.Is(err, socket.ErrSocketClosed), errors.Is(err, context.Canceled):
		e.Outage, e.Reason = true, "the connection was lost while sending"
	case databaseFailed(err):
		e.Outage, e.Reason = true, "the session database failed"
	}
	return e
}

func classifyCode(code int, err error) *bridge.SendError {
	e := &bridge.SendError{Err: err}
	switch code {
	case 400, 403, 404, 405, 406, 410:
		e.Certainty, e.Reason = bridge.Refused, fmt.Sprintf("WhatsApp refused the message (error %d)", code)
	case 429:
		e.Certainty, e.RetryAfter, e.Reason = bridge.Blocked, 5*time.Minute, "WhatsApp asks us to slow down"
	case 463:
		e.Certainty, e.RetryAfter, e.Reason = bridge.Blocked, 30*time.Minute, "WhatsApp does not let this number write first at the moment"
	case 479:
		e.RetryAfter, e.Reason = time.Minute, "WhatsApp found the message malformed for the client's phone"
	default:
		e.Certainty, e.Reason = bridge.Unknown, fmt.Sprintf("WhatsApp answered with error %d", code)
	}
	return e
}

// EditText implements [bridge.Phone].
func (c *Client) EditText(ctx context.Context, to bridge.Address, id, target, text string) error {
	return errors.New("edit whatsapp message: not carried yet")
}

// Revoke implements [bridge.Phone].
func (c *Client) Revoke(ctx context.Context, to bridge.Address, id, target string) error {
	return errors.New("revoke whatsapp message: not carried yet")
}
