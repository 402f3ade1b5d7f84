// Package whatsapp is the linked WhatsApp number: it takes what clients write
// into an [Inbox] and sends what the desk answers. It is the only importer of
// whatsmeow.
//
// A message is acknowledged only after Inbox said that it is durable. When the
// inbox cannot take one, the whole connection is given up, so that nothing
// later overtakes it: WhatsApp brings everything again on the next connection.
//
// Session keys are in one SQLite file of the folder given. A file belongs to
// one network, the real one or one simulator, for ever.
package whatsapp

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
)

// An Inbox takes in what the network reports. [bridge.Relay] is one.
type Inbox interface {
	// Receive stores a message. nil means that it is durable and may be
	// acknowledged; the same message may come again at any time.
	Receive(ctx context.Context, m bridge.ClientMessage) error
	// Receipts stores news about messages of ours, with the same promise.
	Receipts(ctx context.Context, r bridge.Receipt) error
}

// Options describe a client. Dir is required, Inbox too unless the client is
// only used to pair.
type Options struct {
	// Dir is the folder of whatsapp.db. It is made when missing.
	Dir string
	// Network is the real WhatsApp unless it comes from [ParseNetwork].
	Network Network
	Inbox   Inbox
	// Groups are the addresses of groups whose messages are taken in, as WhatsApp
	// writes them ("12036304@g.us"). Others leave no trace.
	Groups []string
	// Allowed is asked before anything is taken in, sent or connected, from any
	// goroutine; it must answer at once. While it says no the client has no effect:
	// what came is left with WhatsApp and sends are refused. A process that is
	// frozen between the question and the write to the socket, which follows it
	// directly, is the rest that cannot be excluded here. nil means always.
	Allowed func() bool
	// Sent finds the text of a message of ours by its id, for a phone that could
	// not read it and asks again. ok is false for one that was not sent to that
	// chat. It may be nil: messages of the last seven days are also kept beside
	// the session keys. It is not asked for the ids of edits and revokes, which mean
	// nothing to a phone after that time, nor for what was revoked.
	Sent func(ctx context.Context, chat bridge.Address, id string) (text string, ok bool, err error)
	// Secret reports whether a message with these texts, which quotes a message with
	// those (a phone quotes what was sealed weeks ago), may hold a secret that must not
	// be on disk in clear, not even until it is handled. It is asked while a message is
	// decrypted. Such a message cannot be read any more when the process ends before it
	// was handled: the sender's phone is asked for it again then. nil means never.
	Secret func(ctx context.Context, words, quoted []string) bool
	// Log may be nil. Numbers in it are masked to their last four digits.
	Log       *zap.Logger
	Failpoint bridge.Failpoint
	// DeviceName is what the phone's list of linked devices shows, "Halo" when
	// empty. It holds for the whole process.
	DeviceName string
	// Changed hears of every change of the link, one after the other. It must
	// not block and must not call the client.
	Changed func(Status)
}

// A Client is one linked number. Its methods may be called concurrently.
type Client struct {
	options   Options
	settings  settings
	log       *zap.Logger
	db        *sql.DB
	box       box
	container *sqlstore.Container

	// slot holds a token while nobody uses the device: Run and Pair take turns.
	slot chan struct{}
	// sender holds a token while nothing is being sent.
	sender  chan struct{}
	paired  chan struct{} // receives after a pairing
	running atomic.Bool
	link    atomic.Pointer[link]
	panics  panics
	gate    *gate
	pairing atomic.Bool
	// Run has the status of its last pause, and why the phone was last unlinked.
	resting   Status
	loggedOut string

	mu     sync.Mutex
	number string

	statusMu sync.Mutex
	status   Status

	lockMu     sync.Mutex
	lockTimer  *time.Timer // clears Status.Locked
	lockClosed bool
}

// settings decide whether messages are lost. Only tests of this package change
// them, to show what each one is for.
type settings struct {
	// What whatsmeow leaves to its users.
	decryptedBuffer  bool // keep a decrypted message until it was handled
	synchronousAck   bool // acknowledge receipts and notifications after the handler
	initialReconnect bool // keep trying when the first connection cannot be made
	rerequest        bool // ask our own phone for what could not be decrypted
	retryStore       bool // keep sent messages for phones that ask again
	retryFromOutbox  bool // ask Options.Sent for older ones
	ownRecover       bool // a panic while handling does not acknowledge
	fillLIDs         bool // load the address map before the first message
	hardParsers      bool // refuse ciphertexts that make the library panic
	restrictedMedia  bool // fetch media only from WhatsApp, and not endlessly
	durable          bool // wait for the disk: what is acknowledged outlasts a power cut

	mostUnsettled int   // stanzas waiting to be handled before the connection is read on
	largestFile   int64 // bytes read of one file

	storeFor      time.Duration // how long a message is offered to the inbox
	storeGrace    time.Duration // the same, once the client is stopping
	holdPause     time.Duration // before reconnecting after the inbox failed
	readyFallback time.Duration // quiet time that counts as the end of the offline queue
	sendTimeout   time.Duration // how long WhatsApp may take to acknowledge a message
	replacedPause time.Duration // after another connection took ours over; doubles
	refusedPause  time.Duration // after WhatsApp refused us for an unknown reason
	outdatedPause time.Duration // after WhatsApp refused our version
	connectPause  time.Duration // after a first connection that could not be made
	stuckAfter    time.Duration // without progress, a connection is made anew
	retrySpread   time.Duration // longest random wait before the library tries again
	pokeEvery     time.Duration // at most that often Poke does something
	allowedPoll   time.Duration // how often Allowed is asked while it says no
	seenEvery     time.Duration // how exact Status.PhoneSeen is
	lockedFor     time.Duration // of a lock whose end WhatsApp did not tell
	lockWait      time.Duration // how long Open waits for the database
}

func defaultSettings() settings {
	return settings{
		decryptedBuffer: true, synchronousAck: true, initialReconnect: true, rerequest: true,
		retryStore: true, retryFromOutbox: true, ownRecover: true, fillLIDs: true,
		hardParsers: true, restrictedMedia: true, durable: true,

		mostUnsettled: mostUnsettled, largestFile: largestFile,

		storeFor: time.Minute, storeGrace: 5 * time.Second, holdPause: 5 * time.Second,
		readyFallback: 10 * time.Second, sendTimeout: 10 * time.Second,
		replacedPause: 30 * time.Second, refusedPause: 15 * time.Minute,
		outdatedPause: time.Hour, connectPause: 30 * time.Second, stuckAfter: 2 * time.Minute,
		retrySpread: 2 * time.Second, pokeEvery: time.Second, allowedPoll: 500 * time.Millisecond,
		seenEvery: time.Hour, lockedFor: 24 * time.Hour, lockWait: 3 * time.Second,
	}
}

// Open opens the session database and checks that it belongs to the network of
// the options; it connects to nothing. Close must be called. When another
// process keeps the database locked it returns [ErrLocked] after a few seconds.
func Open(ctx context.Context, options Options) (*Client, error) {
	return open(ctx, options, defaultSettings())
}

func open(ctx context.Context, options Options, set settings) (*Client, error) {
	if options.Dir == "" {
		return nil, errors.New("open whatsapp: no folder given")
	}
	if options.Log == nil {
		options.Log = zap.NewNop()
	}
	if options.DeviceName == "" {
		options.DeviceName = "Halo"
	}
	c := &Client{
		options: options, settings: set, log: options.Log, box: newBox(),
		status: Status{State: StateStopped}, gate: newGate(), slot: make(chan struct{}, 1), sender: make(chan struct{}, 1), paired: make(chan struct{}, 1),
	}
	c.slot <- struct{}{}
	c.sender <- struct{}{}
	db, err := openDatabase(ctx, options.Dir, set.durable, set.lockWait)
	if err != nil {
		return nil, fmt.Errorf("open whatsapp: %w", err)
	}
	c.db = db
	if err := c.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open whatsapp: %w", busy(err)), db.Close())
	}
	return c, nil
}

func (c *Client) prepare(ctx context.Context) error {
	if err := claim(ctx, c.db, c.options.Network); err != nil {
		return err
	}
	if err := c.options.Network.trust(); err != nil {
		return err
	}
	if err := c.loadFacts(ctx); err != nil {
		return err
	}
	if err := c.prepareChanges(ctx); err != nil {
		return err
	}
	if err := c.preparePolls(ctx); err != nil {
		return err
	}
	prepareLibrary(c.options.DeviceName, c.settings)
	c.container = sqlstore.NewWithDB(c.db, "sqlite", libraryLog{c.log.Named("db")})
	if err := c.container.Upgrade(ctx); err != nil {
		return fmt.Errorf("upgrade session database: %w", err)
	}
	if c.settings.fillLIDs {
		if err := c.container.LIDMap.FillCache(ctx); err != nil {
			return fmt.Errorf("load address map: %w", err)
		}
	}
	device, err := c.container.GetFirstDevice(ctx)
	if err != nil {
		return fmt.Errorf("read linked device: %w", err)
	}
	c.setNumber(device.GetJID().User)
	return nil
}

// Close closes the session database. Run and Pair must have returned.
func (c *Client) Close() error {
	c.closeLock()
	if err := c.db.Close(); err != nil {
		return fmt.Errorf("close session database: %w", err)
	}
	return nil
}

// Paired returns the linked number in digits, and whether there is one.
func (c *Client) Paired() (number string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number, c.number != ""
}

func (c *Client) setNumber(number string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number = number
}

// MessageID is the id under which the letter ref of an account goes to
// WhatsApp: the same at every attempt, so that a repeated one is not shown
// twice.
func MessageID(account, ref string) string {
	sum := sha256.Sum256([]byte(account + "|" + ref))
	return "3EB0" + strings.ToUpper(hex.EncodeToString(sum[:]))[:18]
}
