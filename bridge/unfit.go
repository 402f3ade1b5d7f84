package bridge

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"github.com/haloerzap/halo/ledger"
)

// An unfit file is one that Discord will not take, as far as can be known: a line
// stands in for it, so that the words and the other files arrive.
type unfit string

const (
	unfitRefused unfit = "refused"
	unfitCut     unfit = "cut"
)

// unfitText says why a file is not shown and what to do.
var unfitText = map[unfit]string{
	unfitRefused: "tidak diterima Discord; lihat di ponsel desk",
	unfitCut:     "tidak dapat diunggah ke Discord karena terputus berkali-kali; lihat di ponsel desk",
}

// mostCuts is how often the moving of a file may break off, while the network answers
// otherwise: servers cut what is too large for them without a word.
const mostCuts = 8

// cuts counts, by letter, how often its files broke off. It forgets with the process:
// the count begins anew then.
type cuts struct {
	mu    sync.Mutex
	count map[string]int // guarded by mu
}

// add counts one more and reports whether that was the last that is allowed.
func (c *cuts) add(letter string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil || len(c.count) > 10_000 {
		c.count = map[string]int{}
	}
	c.count[letter]++
	return c.count[letter] >= mostCuts
}

func (c *cuts) tooMany(letter string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count[letter] >= mostCuts
}

func (c *cuts) forget(letter string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.count, letter)
}

// shown judges how an attempt to show files ended. When the files may be the cause, the
// next attempt goes without them. sure is true when Discord had just been asked for the
// message, and answered that it is not there.
func (c *Courier) shown(ctx context.Context, l ledger.Letter, st ledger.Status, body sayBody, sure bool, err error) error {
	se, ok := errors.AsType[*SendError](err)
	switch {
	case err == nil:
		c.cuts.forget(l.ID)
	case !ok || se.Denied || se.Gone || se.Certainty == Blocked:
	case se.Outage:
		if sure && se.Certainty == Unknown {
			c.cuts.add(l.ID)
		}
	case se.Certainty == Refused || exhausted(st):
		return c.leaveOut(ctx, l, body, unfitRefused, err)
	}
	return err
}

// leaveOut records that lines stand in for files of a letter from now on: for the
// largest one that was cut off, for all that were refused. The letter is tried again
// then; err is returned when there is nothing to leave out.
func (c *Courier) leaveOut(ctx context.Context, l ledger.Letter, body sayBody, why unfit, err error) error {
	left := 0
	hold := ledger.Hold{Letter: l, Epoch: c.lease().Epoch}
	_, failed := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		var fit []string
		files := map[string]filed{}
		for _, ref := range body.Files {
			f, ok, err := loadFile(tx, ref.Key)
			if err != nil {
				return err
			}
			_, shows := f.gaveWay(l.ID)
			if !ok || f.State != fileStored || shows || f.Unfit != "" || c.missing(f) {
				continue
			}
			if why == unfitCut && len(fit) > 0 && f.Stored.Size <= files[fit[0]].Stored.Size {
				continue
			}
			if why == unfitCut {
				fit = nil
			}
			fit, files[ref.Key] = append(fit, ref.Key), f
		}
		left = len(fit)
		for _, key := range fit {
			f := files[key]
			f.Unfit = why
			if err := f.save(tx, key); err != nil {
				return err
			}
		}
		return nil
	})
	if failed != nil {
		return &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: failed}
	}
	c.cuts.forget(l.ID)
	if left == 0 {
		return err
	}
	return &SendError{Certainty: Blocked, Reason: "a file is left out", Err: err}
}

// missing reports that a stored file is not on this machine's disk.
func (c *Courier) missing(f filed) bool {
	if c.cfg.Library == nil {
		return true
	}
	r, err := c.cfg.Library.Open(f.Stored.Hash)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	_ = r.Close() // nothing was read
	return false
}
