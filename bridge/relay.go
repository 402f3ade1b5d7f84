package bridge

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// An Updater commits a change once per cause.
type Updater interface {
	// Update runs fn and commits what it asked for, all or nothing. It reports
	// false when the cause had taken effect before. fn may run several times.
	Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (applied bool, err error)
	// Doc reads one document; version 0 when there is none.
	Doc(ctx context.Context, ref ledger.Ref) (ledger.Doc, error)
}

// A Relay takes in what the networks report. Every method returns nil only when
// the report is durable: the caller acknowledges then, and never before. Methods
// may be called concurrently; order is kept per caller.
type Relay struct {
	store Updater
	desk  Desk
	log   *zap.Logger
	seen  seen
	// Presence shows who is writing, to whom it concerns; nil for nobody. It is set
	// before the first report comes.
	Presence *Presence
}

// NewRelay makes a relay that commits to store.
func NewRelay(store Updater, desk Desk, log *zap.Logger) *Relay {
	return &Relay{store: store, desk: desk, log: log.Named("relay")}
}

func (r *Relay) now() time.Time { return r.desk.now() }

// Cursor returns the last message of a thread that was taken in; known is false
// for channels that are no ticket's thread.
func (r *Relay) Cursor(ctx context.Context, thread string) (last string, known bool, err error) {
	d, err := r.store.Doc(ctx, ledger.Ref{Kind: ticket.KindThread, ID: thread})
	if err != nil || d.Version == 0 || d.Data == nil {
		return "", false, err
	}
	th, err := ticket.DecodeThread(thread, d.Data)
	return th.Cursor, err == nil, err
}

// newer compares two snowflakes.
func newer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// A stuck error is one that another attempt would meet again.
type stuckError struct{ err error }

func (e *stuckError) Error() string { return e.err.Error() }
func (e *stuckError) Unwrap() error { return e.err }

// once commits fn for a cause. What fails for a reason that would come again
// must not block the network behind it: the cause is committed all the same,
// with the failure and what came (raw) in the stuck log and a visible line in the
// ops channel.
func (r *Relay) once(ctx context.Context, in ledger.Inbox, raw map[string]string, fn func(*ledger.Tx) error) error {
	if len(in.ID) > 150 {
		in.ID = shortID(in.ID)
	}
	_, err := r.store.Update(ctx, ledger.Cause{Inbox: &in}, func(tx *ledger.Tx) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &stuckError{fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
			}
		}()
		return fn(tx)
	})
	_, panicked := errors.AsType[*stuckError](err)
	if !panicked && !errors.Is(err, ledger.ErrCorrupt) && !errors.Is(err, ledger.ErrTooLarge) && !errors.Is(err, ledger.ErrInvalid) {
		return err
	}
	id := shortID(in.ID[strings.LastIndexByte(in.ID, '|')+1:]) // what stands before is an address
	r.log.Error("message set aside", zap.String("source", in.Source), zap.String("id", id), zap.Error(err))
	_, err2 := r.store.Update(ctx, ledger.Cause{Inbox: &in}, func(tx *ledger.Tx) error {
		raw["error"] = firstLine(err.Error())
		tx.Log(StuckLog, ledger.Event{What: "set_aside", By: in.Source, Ref: id, Data: raw})
		tx.Send(letter("stuck/"+in.Source+"/"+conversationID(Address(in.ID)), ChannelLane("ops"), ledger.DeskLog, kindSay, sayBody{
			Content: "🧱 Sebuah pesan tidak dapat diproses dan disisihkan (`" + in.Source + " " + firstLine(id) + "`). Periksa log, lalu tanyakan kembali kepada pengirimnya.",
		}))
		return nil
	})
	return err2
}

// StuckLog keeps what could not be handled, for a person to look at.
const StuckLog = "stuck"

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return Clean(s, 200)
}
