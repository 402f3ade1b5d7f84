package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/haloerzap/halo/bridge"
)

// rest asks Discord over HTTP, through a Session that is never opened.
type rest struct {
	session *discordgo.Session
	// refused is called when Discord does not accept the token.
	refused func()
}

// An apiError is a request that did not succeed. It holds neither the address
// nor the token: both may be secrets.
type apiError struct {
	op      string
	Status  int // 0 when there was no answer
	Code    int // Discord's own number, 0 for none
	Message string
	page    bool // not Discord's words but, say, a proxy's
	retry   time.Duration
	held    bool // never left this machine
	cause   error
}

func (e *apiError) Error() string {
	switch {
	case e.Status == 0:
		return fmt.Sprintf("%s: %v", e.op, e.cause)
	case e.Code != 0:
		return fmt.Sprintf("%s: HTTP %d, %s (code %d)", e.op, e.Status, e.Message, e.Code)
	}
	return fmt.Sprintf("%s: HTTP %d %s", e.op, e.Status, e.Message)
}

func (e *apiError) Unwrap() error { return e.cause }

// isCode reports whether err is one of Discord's numbered errors.
func isCode(err error, codes ...int) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Status != 0 && slices.Contains(codes, e.Code)
}

func isStatus(err error, status ...int) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && slices.Contains(status, e.Status)
}

// isTokenRefused reports that Discord itself does not accept the bot's token: not a
// page of a proxy, and not an interaction's token.
func isTokenRefused(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.Status == http.StatusUnauthorized && !e.page && e.Code != codeInvalidWebhookToken
}

func newRest(token string, n Network, s settings) (*rest, error) {
	session, err := newSession(token, s)
	if err != nil {
		return nil, err
	}
	session.Client = &http.Client{
		Transport:     newTransport(n, s),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &rest{session: session, refused: func() {}}, nil
}

func newSession(token string, s settings) (*discordgo.Session, error) {
	session, err := discordgo.New("Bot " + token)
	if err != nil {
		return nil, fmt.Errorf("make session: %w", err)
	}
	session.LogLevel = -1 // its lines hold secrets; what matters comes back as an error
	session.StateEnabled = false
	session.ShouldRetryOnRateLimit = s.retryLimits
	session.MaxRestRetries = s.retries
	session.ShouldReconnectOnError = false
	session.ShouldReconnectVoiceOnSessionError = false
	session.SyncEvents = s.inOrder
	session.Identify.Intents = s.intents
	return session, nil
}

// do asks one thing. op says what, for people ("write message"); in and out are
// JSON, either may be nil. Its error is an *apiError.
func (r *rest) do(ctx context.Context, op, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	return r.send(ctx, op, method, path, "application/json", body, out)
}

// send is do with a body of any kind, nil for none.
func (r *rest) send(ctx context.Context, op, method, path, kind string, body []byte, out any) error {
	x := new(exchange)
	// The library's own limiter sleeps without ctx and forgets nothing: every
	// request gets a bucket that lives as long as it, the transport limits.
	own := discordgo.NewRatelimiter().LockBucket(path)
	raw, err := r.session.RequestWithLockedBucket(method, discordgo.EndpointAPI+strings.TrimPrefix(path, "/"),
		kind, body, own, 0, discordgo.WithContext(context.WithValue(ctx, exchangeKey{}, x)))
	if err != nil {
		e := r.explain(op, x, err)
		if isTokenRefused(e) && !isInteraction(path) {
			r.refused()
		}
		return e
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return &apiError{op: op, cause: fmt.Errorf("read answer: %w", err)}
	}
	return nil
}

func (r *rest) explain(op string, x *exchange, err error) error {
	e := &apiError{op: op, Status: x.status, retry: x.retry, held: !x.sent}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // its address may hold an interaction's token
	}
	if x.broken != nil {
		e.cause = x.broken
		return e
	}
	if h, ok := errors.AsType[*heldError](err); ok {
		e.Status, e.retry = 0, h.wait
	}
	if x.status < 400 {
		e.Status, e.cause = 0, err
		return e
	}
	e.Message, e.page = http.StatusText(x.status), true
	switch said, ok := errors.AsType[*discordgo.RESTError](err); {
	case ok:
		e.Message, e.Code, ok = words(said.ResponseBody, e.Message)
		e.page = !ok
	case x.status == http.StatusTooManyRequests:
		e.page, e.Code = false, x.code // the transport puts it in order
	}
	return e
}

// words are Discord's own words for a refusal, with the first detail it gives; ok
// is false when it is not Discord who speaks.
func words(body []byte, otherwise string) (message string, code int, ok bool) {
	var said struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Errors  json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil || said.Message == "" {
		return otherwise, 0, false
	}
	if detail := firstDetail(said.Errors, "", 0); detail != "" {
		said.Message += " (" + detail + ")"
	}
	return said.Message, said.Code, true
}

func firstDetail(raw json.RawMessage, at string, depth int) string {
	var node map[string]json.RawMessage
	if depth > 12 || json.Unmarshal(raw, &node) != nil {
		return ""
	}
	if list, ok := node["_errors"]; ok {
		var leaf []struct {
			Message string `json:"message"`
		}
		if json.Unmarshal(list, &leaf) == nil && len(leaf) > 0 {
			return strings.TrimPrefix(at, ".") + ": " + leaf[0].Message
		}
	}
	for key, child := range node {
		if d := firstDetail(child, at+"."+key, depth+1); d != "" {
			return d
		}
	}
	return ""
}

// sendError classifies a failed request for the courier. needs names the
// permissions the request takes.
func sendError(err error, needs string) error {
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		return &bridge.SendError{Certainty: bridge.Refused, Reason: "the message could not be made", Err: err}
	}
	out := &bridge.SendError{Err: e, RetryAfter: e.retry}
	if file, ok := errors.AsType[*fileError](err); ok && e.Status == 0 {
		out.Certainty, out.Reason = bridge.NotSent, file.why
		if file.final {
			out.Certainty = bridge.Refused
		}
		return out
	}
	switch {
	case e.held && errors.Is(e.cause, ErrForeignHost):
		out.Certainty, out.Reason = bridge.Refused, "the address is not Discord's"
	case e.held && isHeld(e.cause):
		out.Certainty, out.Reason = bridge.Blocked, "a limit of Discord is used up"
	case e.held:
		out.Certainty, out.Reason = bridge.NotSent, "it was not sent in time"
	case e.Status == 0 && neverConnected(e.cause):
		out.Certainty, out.Reason = bridge.Blocked, "Discord cannot be reached"
	case e.Status == 0 || e.Status >= 500 || e.page:
		out.Certainty, out.Outage, out.Reason = bridge.Unknown, true, "Discord gave no clear answer"
	case e.Code == codeOldEdits: // a 429, but waiting a little does not help
		out.Certainty, out.Reason = bridge.Refused, "Discord allows no more edits of messages older than an hour in this channel for now"
	case e.Status == http.StatusTooManyRequests:
		out.Certainty, out.Reason = bridge.Blocked, "Discord's rate limit"
	case e.Status == http.StatusUnauthorized:
		out.Certainty, out.Reason = bridge.Blocked, "Discord refuses the bot's token"
	case e.Code != 0 && byNumber(e, out):
	case e.Status == http.StatusForbidden:
		denied(e, out, needs)
	case e.Code == 0:
		out.Certainty, out.Outage, out.Reason = bridge.Unknown, true, "Discord gave no clear answer"
	case slices.Contains(final, e.Status):
		out.Certainty, out.Reason = bridge.Refused, "Discord refused: "+e.Message
	default:
		out.Certainty, out.Reason = bridge.Unknown, "Discord refused: "+e.Message
	}
	return out
}

// final are the statuses with which Discord, giving a number, says that the request
// itself is wrong: it would be refused again.
var final = []int{http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge}

// byNumber classifies by Discord's number alone; false: by the status.
func byNumber(e *apiError, out *bridge.SendError) bool {
	switch e.Code {
	case codeThreadsFull:
		out.Certainty, out.Reason = bridge.Blocked, "the server has too many active threads: close some"
		out.RetryAfter = max(out.RetryAfter, time.Minute)
	case codeWriteLimit, codeServerWriteLimit:
		out.Certainty, out.Reason = bridge.Blocked, "Discord's write limit"
		out.RetryAfter = max(out.RetryAfter, 10*time.Second)
	case codeUnknownChannel:
		out.Certainty, out.Gone, out.Reason = bridge.Refused, true, "the thread or channel no longer exists"
	case codeUnknownMessage:
		out.Certainty, out.Reason = bridge.Refused, "the message was deleted in Discord"
	case codeNotAuthor:
		out.Certainty, out.Reason = bridge.Refused, "the message is not the bot's own"
	case codeReactionBlocked:
		out.Certainty, out.Reason = bridge.Refused, "Discord refused: "+e.Message
	default:
		return false
	}
	return true
}

// denied is a right that is missing: a person can give it back, so what was to be
// sent waits.
func denied(e *apiError, out *bridge.SendError, needs string) {
	out.Certainty, out.Denied = bridge.Blocked, true
	out.RetryAfter = max(out.RetryAfter, time.Minute)
	switch e.Code {
	case codeNoAccess:
		out.Reason = "the bot cannot see the channel: it needs View Channel"
	case 0, codeNoPermission:
		out.Reason = "the bot lacks a permission there: " + needs
	default:
		out.Reason = "Discord does not allow it: " + e.Message + " (the bot needs " + needs + ")"
	}
}

// Numbers of Discord's errors that mean something to us.
const (
	codeUnknownChannel      = 10003
	codeUnknownGuild        = 10004
	codeUnknownMember       = 10007
	codeUnknownMessage      = 10008
	codeUnknownUser         = 10013
	codeUnknownEmoji        = 10014
	codeWriteLimit          = 20028
	codeServerWriteLimit    = 20029
	codeOldEdits            = 30046
	codeTooLarge            = 40005
	codeAcknowledged        = 40060
	codeNoAccess            = 50001
	codeNotAuthor           = 50005
	codeNoPermission        = 50013
	codeInvalidWebhookToken = 50027
	codeInvalidForm         = 50035
	codeArchived            = 50083
	codeVoiceContent        = 50159
	codeVoiceAudio          = 50160
	codeVoiceMetadata       = 50161
	codeVoiceForbidden      = 50173
	codeReactionBlocked     = 90001
	codeThreadsFull         = 160006
)

func isHeld(err error) bool {
	_, ok := errors.AsType[*heldError](err)
	return ok
}

// neverConnected reports that not one byte can have arrived.
func neverConnected(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	if ok && op.Op == "dial" {
		return true
	}
	_, ok = errors.AsType[*net.DNSError](err)
	return ok
}
