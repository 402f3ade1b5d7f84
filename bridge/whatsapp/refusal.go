package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/socket"

	"github.com/haloerzap/halo/bridge"
)

const reasonDatabase = "the session database failed"

// classify says what a failed send means, and notes what it tells about the
// number.
func (l *link) classify(err error, a action) *bridge.SendError {
	if codeOf(err) == 463 {
		l.c.refusedFirst()
	}
	if !l.c.allowed() && codeOf(err) == 0 {
		// The socket refuses to write then, but an earlier attempt of the library may
		// have been written.
		l.poison(reasonNotLeading)
		return &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: reasonNotLeading, Err: err}
	}
	return classify(err, a)
}

// codeOf is the error of WhatsApp's acknowledgement, 0 for another failure. The
// library has it in its text only.
func codeOf(err error) int {
	if !errors.Is(err, whatsmeow.ErrServerReturnedError) {
		return 0
	}
	text := err.Error()
	code, _ := strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
	return code
}

// classify says what a failed send means. Whatever is not known for certain may
// have arrived: it is tried again under the same id.
func classify(err error, a action) *bridge.SendError {
	e := &bridge.SendError{Certainty: bridge.Unknown, Reason: "WhatsApp did not confirm the message", Err: err}
	switch {
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		return classifyCode(codeOf(err), a, err)
	case errors.Is(err, whatsmeow.ErrNotConnected), errors.Is(err, whatsmeow.ErrNotLoggedIn):
		e.Certainty, e.Reason = bridge.Blocked, reasonNotConnected
	case errors.Is(err, whatsmeow.ErrMessageTimedOut), errors.Is(err, context.DeadlineExceeded):
		e.Outage, e.Reason = true, "WhatsApp did not answer in time"
	case errors.Is(err, whatsmeow.ErrIQRateOverLimit):
		e.Certainty, e.RetryAfter, e.Reason = bridge.Blocked, 5*time.Minute, "WhatsApp asks us to slow down"
	case errors.Is(err, whatsmeow.ErrIQTimedOut):
		e.Outage, e.Reason = true, "WhatsApp did not answer in time"
	case errors.Is(err, whatsmeow.ErrIQDisconnected), errors.Is(err, socket.ErrSocketClosed), errors.Is(err, context.Canceled):
		e.Outage, e.Reason = true, "the connection was lost while sending"
	case databaseFailed(err):
		e.Outage, e.Reason = true, reasonDatabase
	case strings.Contains(err.Error(), "no LID found"):
		e.Certainty, e.RetryAfter, e.Reason = bridge.NotSent, time.Minute, reasonNoAddress
	}
	return e
}

const reasonNoAddress = "WhatsApp gave no address for the number"

// classifyCode knows the codes from what people report: WhatsApp documents none.
// 463 and 479 wait, count and end in a visible reason; a rate limit and a failing
// server never count.
func classifyCode(code int, a action, err error) *bridge.SendError {
	e := &bridge.SendError{Err: err}
	switch {
	case code == 429:
		e.Certainty, e.RetryAfter, e.Reason = bridge.Blocked, 5*time.Minute, "WhatsApp asks us to slow down"
	case code == 463:
		e.First = true
		e.Certainty, e.RetryAfter, e.Reason = bridge.NotSent, 30*time.Minute, "WhatsApp does not let this number write first at the moment"
	case code == 479:
		e.Certainty, e.RetryAfter, e.Reason = bridge.NotSent, time.Minute, "WhatsApp found the message malformed for the client's phone"
	case code >= 400 && code < 500 && a != write:
		e.Certainty, e.Reason = bridge.Refused, fmt.Sprintf("WhatsApp refused to change the message (error %d)", code)
	case code == 400, code == 403, code == 404, code == 405, code == 406, code == 410:
		e.Certainty, e.Reason = bridge.Refused, fmt.Sprintf("WhatsApp refused the message (error %d)", code)
	default:
		e.Certainty, e.Outage, e.Reason = bridge.Unknown, code >= 500 && code < 600, fmt.Sprintf("WhatsApp answered with error %d", code)
	}
	return e
}
