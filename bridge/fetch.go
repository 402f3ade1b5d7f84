package bridge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// fileTimeout bounds one attempt to move a file.
const fileTimeout = 10 * time.Minute

// fetch brings the file of a letter into the library and records what came of it.
// Reading changes nothing in the world, so that only the record needs the lease.
func (c *Courier) fetch(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status) (more bool, err error) {
	var body fetchBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return c.failed(ctx, lease, l, st, refused("the letter cannot be read: %v", err))
	}
	moving, stop := context.WithTimeout(ctx, fileTimeout)
	stored, err := c.bring(moving, body)
	stop()
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	fault, faulty := errors.AsType[*MediaError](err)
	switch {
	case err == nil:
		if err := c.cfg.Failpoint.Hit("md.fetched"); err != nil {
			return false, err
		}
	case faulty:
		c.log.Info("file cannot be had", zap.String("letter", l.ID), zap.String("fault", string(fault.Fault)), zap.Error(fault.Err))
	case ctx.Err() != nil:
		return false, ctx.Err()
	default:
		return c.missed(after, lease, l, st, body, err)
	}
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent}
	_, err = c.outbox.Update(after, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		return closeFile(tx, body.Key, func(f *filed) {
			if faulty {
				f.State, f.Fault = fileFailed, fault.Fault
			} else {
				f.State, f.Stored, f.Fault, f.Reason = fileStored, stored, "", ""
			}
		})
	})
	if err != nil {
		return false, fmt.Errorf("record letter %s: %w", l.ID, err)
	}
	c.wake(body.Wakes)
	return true, c.cfg.Failpoint.Hit(point(l.Lane, "committed"))
}

// bring streams a file from its network into the library.
func (c *Courier) bring(ctx context.Context, body fetchBody) (Stored, error) {
	if c.cfg.Library == nil {
		return Stored{}, refused("there is no place for files")
	}
	limit := cmp.Or(c.cfg.LargestFile, defaultLargestFile)
	if body.Size > limit {
		return Stored{}, &MediaError{Fault: TooLarge, Err: fmt.Errorf("%d bytes are announced", body.Size)}
	}
	from := c.phone.Fetch
	if body.From == fromDiscord {
		from = c.board.Fetch
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	fetched := make(chan error, 1)
	go func() {
		err := c.guarded(func() error { return from(ctx, body.Ref, w) })
		_ = w.CloseWithError(err) // never fails
		fetched <- err
	}()
	stored, err := c.cfg.Library.Put(ctx, r, limit)
	_ = r.CloseWithError(cmp.Or(err, io.ErrClosedPipe)) // never fails; ends a fetch that still writes
	if err != nil {
		cancel()
	}
	fetchErr := <-fetched
	// The library's own refusal ends the fetch with an error that only repeats it.
	if _, ok := errors.AsType[*MediaError](err); ok || fetchErr == nil {
		return stored, err
	}
	return stored, fetchErr
}

const defaultLargestFile = 100 << 20

// guarded turns a panic into an error.
func (c *Courier) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("moving a file panicked", zap.Any("panic", p), zap.Stack("stack"))
			err = &SendError{Certainty: Unknown, Reason: "an internal error, see the log", Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	return f()
}

// closeFile records how the fetching of a file ended. When a line stands in for it,
// the file follows.
func closeFile(tx *ledger.Tx, key string, end func(*filed)) error {
	f, ok, err := loadFile(tx, key)
	if err != nil || !ok {
		return err
	}
	before := f.State
	end(&f)
	if f.State != before {
		again := ""
		if f.State == fileStored && before == fileFailed {
			again = "/again"
		}
		if f.Late != "" {
			tx.Send(lateLetter(lateFile+key+again, ThreadLane(f.Ticket), f.Ticket, f.Late, key))
		}
		for _, l := range f.Elsewhere {
			id := lateFile + sum(l.Letter) + "/" + key + again
			tx.Send(lateLetter(id, l.Lane, l.Log, l.Letter, key))
			if err := shutAgain(tx, l, id); err != nil {
				return err
			}
		}
	}
	return f.save(tx, key)
}

// shutAgain lets the post of a closed report go back into the archive: a late file takes
// it out.
func shutAgain(tx *ledger.Tx, l lateness, id string) error {
	r, ok, err := escalation.Load(tx, strings.TrimPrefix(l.Lane, laneReport))
	if err != nil || !ok || r.State != escalation.Closed {
		return err
	}
	return arrange(tx, r.ID, id+".arrange")
}

// lateLetter shows a file below the line that stood for it.
func lateLetter(id, lane, log, of, key string) ledger.Letter {
	return letter(id, lane, log, kindSay, sayBody{
		Content: "⬆️ Berkas yang tadi belum dapat ditampilkan:", Answers: &reference{log, of}, Files: []fileRef{{Key: key}},
	})
}

// wake lets a lane try again at once what waits there for a file.
func (c *Courier) wake(lane string) {
	select {
	case c.woken <- lane:
	default: // its own wait is short
	}
}

// file reads what is known of a file.
func (c *Courier) file(ctx context.Context, key string) (f filed, err error) {
	d, err := c.outbox.Doc(ctx, fileRefOf(key))
	if err != nil {
		return f, &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	if d.Data == nil {
		return filed{State: fileFailed, Fault: Gone}, nil
	}
	if f, err = decodeFile(d.Data); err != nil {
		return f, refused("a file's record cannot be read: %v", err)
	}
	return f, nil
}

// errWaitsForFile puts a letter back until its file was fetched.
func errWaitsForFile(after time.Duration) error {
	return &SendError{Certainty: Blocked, RetryAfter: after, Reason: reasonFetching}
}

const reasonFetching = "its file is still being fetched"
