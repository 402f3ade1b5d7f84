package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.uber.org/zap"
)

// A link is one life of the library's client: it reconnects by itself until
// something ends it for good. After a failure to store, a logout or a
// replacement a new link is made, so that nothing late of the old one can be
// taken for news of the new one.
type link struct {
	c    *Client
	cli  *whatsmeow.Client
	own  []string // user parts of our own addresses
	over chan ending
	// stopping ends with the context of the caller: from then on nothing new is
	// begun. ctx, which the library has, ends only after it was disconnected;
	// the other way round its goroutines race.
	stopping context.Context
	stop     context.CancelFunc
	ctx      context.Context
	cancel   context.CancelFunc
	// pairing hears of every event while a phone is being linked; such a link
	// takes no messages in, they stay with WhatsApp.
	pairing chan any

	groups groupNames
	live   liveShare
	// self is our own address as clients' phones know it, and media the way to
	// WhatsApp's media hosts.
	self     types.JID
	media    *http.Client
	presence presence

	witness  *witness
	forget   *forgetter // nil while pairing
	poisoned atomic.Bool

	mu        sync.Mutex
	closed    bool
	connected bool
	waiting   bool // for the next attempt to connect
	caughtUp  bool
	served    bool        // was ready once
	quiet     *time.Timer // counts as the end of the offline queue when it fires
	progress  time.Time   // when the connection last got on
	dials     []time.Time // of the last minute
	turn      func()      // ends that of a message sent again, if there is one
	reuploads reuploads
	work      sync.WaitGroup
}

// An ending is why a link is over, and how long to wait before the next.
type ending struct {
	state  State
	reason string
	pause  time.Duration
	served bool // the link was ready once
	fixed  bool // nothing but time ends the pause
}

func (c *Client) newLink(ctx context.Context, device *store.Device, pairing chan any) *link {
	l := &link{c: c, over: make(chan ending, 1), pairing: pairing, progress: time.Now()}
	l.stopping, l.stop = context.WithCancel(ctx)
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, jid := range []types.JID{device.GetJID(), device.GetLID()} {
		if jid.User != "" {
			l.own = append(l.own, jid.User)
			l.self = jid.ToNonAD() // the LID, if there is one
		}
	}
	l.quiet = time.AfterFunc(time.Hour, l.endOfQueue)
	l.quiet.Stop()
	if pairing == nil {
		l.forget = newForgetter(l, device.EventBuffer, device.GetJID())
		device.EventBuffer = &buffer{EventBuffer: device.EventBuffer, link: l, forget: l.forget}
		device.Container = unlinker{DeviceContainer: device.Container, link: l}
	}
	l.witness = &witness{link: l, backlog: newBacklog(c.settings.mostUnsettled, settlePatience), open: make(map[stanzaKey]*waBinary.Node)}
	cli := whatsmeow.NewClient(device, linkLog{libraryLog{c.log}, l.witness})
	l.cli = cli
	set := c.settings
	cli.BackgroundEventCtx = l.ctx
	cli.EnableDecryptedEventBuffer = set.decryptedBuffer
	cli.SynchronousAck = set.synchronousAck
	// What is acknowledged is stored: the client's phone may show it as delivered.
	cli.SetForceActiveDeliveryReceipts(true)
	cli.InitialAutoReconnect = set.initialReconnect && pairing == nil
	cli.AutomaticMessageRerequestFromPhone = set.rerequest
	cli.UseRetryMessageStore = set.retryStore
	if set.retryFromOutbox {
		cli.GetMessageForRetry = l.retried
	}
	cli.ManualHistorySyncDownload = true
	// Two at a time would use the same key of a session twice.
	cli.SetMaxParallelRetryReceiptHandling(1)
	cli.AutoReconnectHook = l.retryConnection
	cli.PreRetryCallback = l.mayRepeat
	socket := c.options.Network.socketClient(l.stopping, l.dialling, l.leads)
	cli.SetPreLoginHTTPClient(socket)
	cli.SetWebsocketHTTPClient(socket)
	l.media = c.options.Network.mediaClient(set.largestFile)
	if set.restrictedMedia {
		cli.SetMediaHTTPClient(c.options.Network.mediaClient(mediaLimit))
	}
	cli.AddEventHandlerWithSuccessStatus(l.handle)
	return l
}

// connect makes the first connection; later ones are made by the library.
func (l *link) connect() {
	if !l.begin() {
		return
	}
	go func() {
		defer l.work.Done()
		if err := l.cli.ConnectContext(l.ctx); err != nil && l.stopping.Err() == nil {
			l.end(ending{state: StateConnecting, reason: "WhatsApp cannot be reached: " + mask(err.Error()), pause: l.c.settings.connectPause})
		}
	}()
}

// close ends the link and returns when nothing of ours is at work any more.
func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	l.quiet.Stop()
	l.mu.Unlock()
	l.stop()
	disconnected := make(chan struct{})
	go func() {
		defer close(disconnected)
		l.cli.Disconnect()
	}()
	// A handshake that hangs holds the library's lock until its context ends.
	select {
	case <-disconnected:
	case <-time.After(time.Second):
	}
	l.cancel()
	<-disconnected
	l.endTurn()
	l.presence.close()
	l.work.Wait()
	l.media.CloseIdleConnections()
	if l.forget != nil {
		l.forget.close(context.WithoutCancel(l.ctx))
	}
}

// begin announces work that close has to wait for, unless it is too late.
func (l *link) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.work.Add(1)
	return true
}

// end says that the link is over. The first reason counts.
func (l *link) end(e ending) {
	select {
	case l.over <- e:
	default:
	}
}

// poison gives the connection up: nothing more of it is acknowledged, so that
// no message overtakes the one that could not be taken.
func (l *link) poison(reason string) {
	if l.poisoned.Swap(true) {
		return
	}
	l.end(ending{state: StateHeld, reason: reason, pause: l.c.settings.holdPause})
}

func (l *link) isOwn(jid types.JID) bool { return slices.Contains(l.own, jid.User) }

func (l *link) wasReady() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.served
}

// ready reports whether messages may be sent. The library is not asked: it holds
// its lock all the time while it connects.
func (l *link) ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connected && l.caughtUp && !l.closed && !l.poisoned.Load()
}

// handle is what the library calls for every event. false leaves a message, a
// receipt or a notification unacknowledged.
func (l *link) handle(event any) (ok bool) {
	if !l.begin() {
		return false
	}
	defer l.work.Done()
	if l.c.settings.ownRecover {
		// The library takes a panic for success.
		defer func() {
			if r := recover(); r != nil {
				ok = l.rescue(event, r)
			}
		}()
	}
	if l.pairing != nil {
		return l.pairingEvent(event)
	}
	switch e := event.(type) {
	case *events.Message:
		l.witness.told(&e.Info)
		l.sawOwn(&e.Info.MessageSource, e.Info.Timestamp)
		return l.onMessage(e)
	case *events.UndecryptableMessage:
		l.witness.told(&e.Info)
		l.sawOwn(&e.Info.MessageSource, e.Info.Timestamp)
		return l.onUndecryptable(e)
	case *events.Receipt:
		l.sawOwn(&e.MessageSource, e.Timestamp)
		return l.onReceipt(e)
	case *events.CallOffer:
		return l.onCall(e.BasicCallMeta)
	case *events.CallOfferNotice:
		return l.onCall(e.BasicCallMeta)
	case *events.CallTerminate:
		return l.onCall(e.BasicCallMeta)
	case *events.IdentityChange:
		return l.onIdentity(e)
	case *events.ChatPresence:
		l.onTyping(e)
		return true
	case *events.MediaRetry:
		l.onMediaRetry(e)
		return true
	case *events.GroupInfo:
		l.onGroup(e)
		return true
	default:
		l.onConnection(event)
		return true
	}
}

func (l *link) pairingEvent(event any) bool {
	switch event.(type) {
	case *events.Message, *events.UndecryptableMessage, *events.Receipt:
		return false
	}
	select {
	case l.pairing <- event:
	default:
	}
	return true
}

func (l *link) onConnection(event any) {
	set := l.c.settings
	switch e := event.(type) {
	case *events.Connected:
		l.onConnected()
		l.presence.anew(l)
	case *events.OfflineSyncCompleted:
		l.endOfQueue()
		l.forget.sweep(l.ctx)
		l.c.pruneChanges(l.ctx)
		l.c.prunePolls(l.ctx)
	case *events.Disconnected:
		l.pause()
	case *events.KeepAliveTimeout:
		l.c.log.Warn("whatsapp does not answer", zap.Int("count", e.ErrorCount))
		l.c.change(func(s *Status) { s.Unanswered = s.State == StateReady || s.State == StateCatchingUp })
	case *events.KeepAliveRestored:
		l.c.change(func(s *Status) { s.Unanswered = false })
	case *events.NotifyAccountReachoutTimelock:
		l.onTimelock(e)
	case *events.AppState:
		l.sawAppState(e)
	case *events.StreamError:
		l.c.log.Warn("whatsapp ended the connection", zap.String("code", e.Code))
	case *events.LoggedOut:
		l.end(ending{state: StateLoggedOut, reason: "the link was ended, pair again"})
	case *events.StreamReplaced:
		l.end(ending{state: StateReplaced, reason: "another program uses this session", pause: set.replacedPause})
	case *events.TemporaryBan:
		pause := e.Expire
		if pause <= 0 {
			pause = set.outdatedPause
		}
		l.end(ending{state: StateBanned, reason: fmt.Sprintf("WhatsApp banned the number for a time (reason %d)", int(e.Code)), pause: pause, fixed: true})
	case *events.ClientOutdated:
		l.end(ending{state: StateOutdated, reason: "WhatsApp wants a newer version of the library", pause: set.outdatedPause})
	case *events.ConnectFailure:
		l.end(ending{state: StateRefused, reason: fmt.Sprintf("WhatsApp refused the connection (reason %d)", int(e.Reason)), pause: set.refusedPause})
	}
}

func (l *link) onConnected() {
	l.mu.Lock()
	l.connected, l.progress = true, time.Now()
	defer l.mu.Unlock() // reports keep their order
	if !l.caughtUp && !l.closed {
		l.quiet.Reset(l.c.settings.readyFallback)
	}
	if l.caughtUp {
		l.report(Status{State: StateReady})
	} else {
		l.report(Status{State: StateCatchingUp})
	}
}

// endOfQueue notes that what waited at WhatsApp has been taken in.
func (l *link) endOfQueue() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.caughtUp, l.progress = true, time.Now()
	l.served = l.served || l.connected && !l.poisoned.Load()
	l.quiet.Stop()
	if l.connected {
		l.report(Status{State: StateReady})
	}
}

// moved notes that a stanza came; the offline queue is not over yet then,
// unless WhatsApp said so.
func (l *link) moved() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress = time.Now()
	if l.connected && !l.caughtUp && !l.closed {
		l.quiet.Reset(l.c.settings.readyFallback)
	}
}

// report passes a status on unless the link is on its way out.
func (l *link) report(s Status) {
	if l.pairing != nil || l.poisoned.Load() || l.stopping.Err() != nil {
		return
	}
	l.c.report(s)
}

// dialling is called before every connection attempt, which follows a loss at
// once: what the last connection had reached counts no more. Many attempts in
// one minute are slowed down.
func (l *link) dialling(ctx context.Context) error {
	const free = 6
	now := time.Now()
	if !l.leads() {
		return errNotLeading
	}
	l.report(Status{State: StateConnecting})
	l.witness.anew()
	l.mu.Lock()
	l.connected, l.caughtUp, l.waiting, l.progress = false, false, true, now
	l.quiet.Stop()
	for len(l.dials) > 0 && now.Sub(l.dials[0]) > time.Minute {
		l.dials = l.dials[1:]
	}
	l.dials = append(l.dials, now)
	many := len(l.dials) - free
	l.mu.Unlock()
	if many > 0 {
		if err := sleep(ctx, min(time.Duration(many)*time.Second, 20*time.Second)); err != nil {
			return err
		}
	}
	l.mu.Lock()
	l.waiting = false
	l.mu.Unlock()
	return nil
}

// pause notes that the library waits before its next attempt to connect.
func (l *link) pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = true
}

// retryConnection runs after each failed reconnection: it caps the library's
// growing delay at half a minute and spreads clients.
func (l *link) retryConnection(error) bool {
	l.pause()
	l.cli.AutoReconnectErrors = min(l.cli.AutoReconnectErrors, 15)
	return sleep(l.stopping, rand.N(l.c.settings.retrySpread)) == nil
}

// stuck reports whether the connection has not got on for too long. The library
// stops trying in a few corners, for example after a failed first login.
func (l *link) stuck() bool {
	if l.ready() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.progress) > l.c.settings.stuckAfter
}

var errStopped = errors.New("stopped")

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", errors.Join(errStopped, context.Cause(ctx)))
	}
}
