// Package discord is the desk's Discord: it reads what staff write and press,
// and posts as the bot. It is the only importer of discordgo.
//
// [Client] is a [bridge.Board]. The gateway is treated as a hint and REST as the
// truth: whatever an interrupted connection missed is fetched before anything
// that came later is heard. The library's Session is watched, and replaced when
// it has gone deaf.
//
// Files are read while they are sent, and written on while they come; a few at a
// time, so that words wait for none. Reactions and typing are told as they happen:
// what people did so while nobody listened is not found again.
//
// Goroutines: the library's reader only appends to the intake; one goroutine
// stores what is in it, in order; one looks for changes that were missed; one
// tells who types; a few acknowledge interactions, and one for each interaction at
// work answers it; Run itself keeps the link up.
package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
)

// What a person has to mend before Run can work. Each is a sentence that says how.
var (
	ErrToken   = errors.New("the bot token is not accepted by Discord: reset it on the Bot page of the developer portal and set HALO_DISCORD_TOKEN")
	ErrIntents = errors.New("the Message Content intent is off: switch on \"Message Content Intent\" on the Bot page of the developer portal")
	ErrGuild   = errors.New("the bot is not in the Discord server: invite it with the scopes bot and applications.commands, or correct the server's id")
	ErrGateway = errors.New("the gateway refuses the connection for good")
)

// An Inbox takes what staff write.
type Inbox interface {
	// Reply stores a message; nil means that it is durable. [bridge.ErrNotOurs]
	// means that nothing of that channel concerns the desk until
	// [Client.CatchUp] says so. Any other error means that it will be brought
	// again, before anything later of its thread. The same message may come twice.
	Reply(ctx context.Context, m bridge.StaffMessage) error
	// Cursor is the last message of a thread that was taken in, in order ("" for
	// none yet); known is false for what is not a thread of ours.
	Cursor(ctx context.Context, thread string) (last string, known bool, err error)
}

// A Witness is an [Inbox] that also wants to know of messages that need no
// reply (our own, for one): everything of the thread up to id has been seen.
// Its Cursor may then answer id, which spares a request per thread at the next
// start, and lets threads archived meanwhile be looked at too.
type Witness interface {
	Seen(ctx context.Context, thread, id string) error
}

// Options are what a Client needs. Token, Guild and Inbox are required.
type Options struct {
	Token, Guild string
	Network      Network
	Inbox        Inbox
	// Bot answers interactions; nil: they are not answered.
	Bot      bot.Handler
	Commands []bot.Command // of the guild; nil: left as they are
	// States are the names of the tags that Settle replaces; default: those of
	// the desk's forum in [StandardPlan].
	States    []string
	Log       *zap.Logger
	Failpoint bridge.Failpoint
	// FileLimit is the largest file that the server takes, in bytes, as far as its
	// people know; 0: what Discord tells with interactions, and its default for servers
	// without boosts until then. Its refusals lower it.
	FileLimit int64
	// Now is desk time, in which deletions are dated: Discord does not say when; nil:
	// time.Now.
	Now func() time.Time
	// Changed is told each new Status, in order. It must be quick and must not
	// call the Client.
	Changed func(Status)
}

// A Status is how the link to Discord stands.
type Status struct {
	Up    bool // the gateway talks to us
	Ready bool // and everything missed has been taken in
	// Reason says, for people, why it is not up; "" when it is.
	Reason     string
	Since      time.Time // of the last change of Up or Ready
	Identifies int       // sessions begun since the start
	Resumes    int       // sessions taken up again
	Replaced   int       // sessions given up because they were deaf
	Overflowed int       // messages that will be fetched, for want of memory
	Unread     int       // channels with missed messages that cannot be read for now
}

// Client is one bot in one guild. Its methods are safe for concurrent use; Run
// may be called once.
type Client struct {
	guild    string
	token    string
	net      Network
	rest     *rest
	inbox    Inbox
	editor   Editor   // the inbox, nil when it is none
	observer Observer // likewise
	keeper   Keeper   // likewise
	now      func() time.Time
	bot      bot.Handler
	cmds     []bot.Command
	states   []string
	log      *zap.Logger
	fp       bridge.Failpoint
	set      settings

	names     *directory
	intake    *intake
	versions  versions
	limit     limit
	noVoice   atomic.Pointer[time.Time] // until when recordings go as files
	cdn       *http.Transport
	downloads chan struct{} // one for each
	shelves   shelves
	taken     progress
	me        atomic.Pointer[string]
	app       atomic.Pointer[string]
	appSet    chan struct{} // closed when app is known
	appOnce   sync.Once
	mute      sync.Once // an empty message was told of
	pressed   chan interaction
	typed     chan interaction // options of which the beginning is typed
	typing    chan typist
	end       atomic.Pointer[context.CancelCauseFunc] // of Run

	statusMu sync.Mutex
	status   Status
	tell     func(Status)
}

var _ bridge.Board = (*Client)(nil)

// settings are the choices that decide whether messages are lost. They are
// changed by tests only, to show that each is needed.
type settings struct {
	intents      discordgo.Intent
	inOrder      bool // handlers run in the reader, one after the other
	retryLimits  bool // the library repeats a 429
	retries      int  // the library repeats a 5xx
	enforceNonce bool
	perSecond    int // requests of Discord's 50, 0 for no limit
	mostInvalid  int
	exchange     time.Duration // longest wait for an answer
	foresight    bool          // end a connection whose first packet would deadlock the library
	watch        bool          // replace a deaf session
	catchUp      bool
	holdBack     bool // a thread's live events wait until it has caught up
	inSequence   bool // what was lost on the way to us is fetched
	amend        bool // look for edits and deletions that were not heard
	intakeBytes  int
	tick         time.Duration // of the watchdog
	lockPatience time.Duration
	greeting     time.Duration // connecting to READY or RESUMED
	acks         float64       // heartbeat intervals without an ACK
	longGap      time.Duration // after which a resumed session is not trusted
	backoff      time.Duration // first wait before repeating anything
	identifyGap  time.Duration
	ack          time.Duration // for the first answer to an interaction, which must come within 3 seconds
	// back is how long a post takes at most to go back into the archive: less than is left
	// of a lease when nothing new is begun under it.
	back time.Duration
}

func standard() settings {
	return settings{
		intents: discordgo.IntentsGuilds | discordgo.IntentsGuildMessages |
			discordgo.IntentsGuildMessageReactions | discordgo.IntentsGuildMessageTyping | discordgo.IntentMessageContent,
		inOrder:      true,
		enforceNonce: true,
		perSecond:    48,
		mostInvalid:  1000,
		exchange:     15 * time.Second,
		foresight:    true,
		watch:        true,
		catchUp:      true,
		holdBack:     true,
		inSequence:   true,
		amend:        true,
		intakeBytes:  16 << 20,
		tick:         time.Second,
		lockPatience: 6 * time.Second,
		greeting:     time.Minute,
		acks:         1.5,
		longGap:      time.Minute,
		backoff:      time.Second,
		identifyGap:  5 * time.Second,
		ack:          2500 * time.Millisecond,
		back:         2 * time.Second,
	}
}

// New makes a Client; nothing is asked of the network before Run or a method of
// [bridge.Board] is called.
func New(o Options) (*Client, error) { return newClient(o, standard()) }

func newClient(o Options, s settings) (*Client, error) {
	if o.Token == "" || o.Guild == "" || o.Inbox == nil {
		return nil, errors.New("make Discord client: token, guild and inbox are required")
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.States == nil {
		o.States = StandardPlan(nil).Forums[0].Tags
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Changed == nil {
		o.Changed = func(Status) {}
	}
	r, err := newRest(o.Token, o.Network, s)
	if err != nil {
		return nil, fmt.Errorf("make Discord client: %w", err)
	}
	c := &Client{
		shelves: newShelves(),
		guild:   o.Guild, token: o.Token, net: o.Network, rest: r, inbox: o.Inbox, bot: o.Bot, cmds: o.Commands,
		states: o.States, log: o.Log, fp: o.Failpoint, set: s, tell: o.Changed,
		now: o.Now, versions: versions{last: map[string]time.Time{}}, names: newDirectory(), intake: newIntake(s.intakeBytes),
		cdn: o.Network.roundTripper(), downloads: make(chan struct{}, downloadsAtOnce),
		appSet: make(chan struct{}), pressed: make(chan interaction, 256), typed: make(chan interaction, 64), typing: make(chan typist, 64),
		status: Status{Reason: "not started", Since: time.Now()},
	}
	c.intake.holdBack = s.holdBack
	c.limit.given = max(o.FileLimit, 0)
	c.cdn.DisableCompression = true // sizes are those of the files
	c.editor, _ = o.Inbox.(Editor)
	c.observer, _ = o.Inbox.(Observer)
	c.keeper, _ = o.Inbox.(Keeper)
	r.refused = func() { c.giveUp(ErrToken) }
	return c, nil
}

// giveUp ends Run with an error.
func (c *Client) giveUp(err error) {
	if end := c.end.Load(); end != nil {
		(*end)(err)
	}
}

// Run keeps the bot in the guild until ctx ends, and returns only when all its
// work is over. An error is something that a person has to mend: [ErrToken],
// [ErrIntents], [ErrGuild] or [ErrGateway]. It is nil when ctx ended.
func (c *Client) Run(ctx context.Context) error {
	inner, end := context.WithCancelCause(ctx)
	defer end(nil)
	c.end.Store(&end)
	defer c.rest.session.Client.CloseIdleConnections()
	defer c.cdn.CloseIdleConnections()

	notThere := meaning(codeUnknownGuild, codeNoAccess, codeInvalidForm)
	err := c.patiently(inner, func() error { return c.belongs(inner) }, notThere)
	if err != nil && notThere(err) {
		err = ErrGuild
	}
	var wg sync.WaitGroup
	if err == nil {
		wg.Go(func() { c.takeIn(inner) })
		wg.Go(func() { c.amendAll(inner) })
		wg.Go(func() { c.answerAll(inner) })
		wg.Go(func() { c.completeAll(inner) })
		wg.Go(func() { c.tellTyping(inner) })
		wg.Go(func() { c.register(inner) })
		err = c.keepUp(inner)
	}
	end(err)
	wg.Wait()
	if ctx.Err() != nil {
		c.changeStatus(func(s *Status) { s.Up, s.Ready, s.Reason = false, false, "stopped" })
		return nil
	}
	err = context.Cause(inner)
	c.changeStatus(func(s *Status) { s.Up, s.Ready, s.Reason = false, false, err.Error() })
	return fmt.Errorf("run Discord: %w", err)
}

// belongs makes sure that the token is good and the bot is in the guild.
func (c *Client) belongs(ctx context.Context) error {
	if _, err := c.self(ctx); err != nil {
		return err
	}
	return c.rest.do(ctx, "look for the server", "GET", "/guilds/"+c.guild, nil, nil)
}

// Ready reports whether the gateway is up and the catch-up is over.
func (c *Client) Ready() bool {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	return c.status.Ready
}

// Status is how the link stands now.
func (c *Client) Status() Status {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	return c.status
}

func (c *Client) changeStatus(change func(*Status)) {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	old := c.status
	change(&c.status)
	if c.status.Up {
		c.status.Reason = ""
	}
	if c.status.Up != old.Up || c.status.Ready != old.Ready {
		c.status.Since = time.Now()
	}
	if c.status != old {
		c.tell(c.status)
	}
}

func errField(err error) zap.Field    { return zap.Error(err) }
func after(d time.Duration) zap.Field { return zap.Duration("after", d) }
func reason(why string) zap.Field     { return zap.String("reason", why) }
func inChannel(id string) zap.Field   { return zap.String("channel", id) }
func panicked(op string, v any) error { return fmt.Errorf("%s: panic: %v", op, v) }
