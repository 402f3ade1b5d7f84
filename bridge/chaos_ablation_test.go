package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/ledger"
)

// Each ingredient of the guarantee is needed: without it, some fault loses, repeats
// or reorders a message, and the judge sees it.
func TestEveryIngredientIsNeeded(t *testing.T) {
	for _, test := range []struct {
		left    string // what is left out
		without ablation
		faults  []string // runs that show it; none: drawn by lot
		want    string
	}{
		{
			"dedupe and enqueue in one commit", ablation{update: dedupeFirst},
			[]string{"crash@wa.split#1", "crash@wa.split#2"}, bridgetest.Lost,
		},
		{"persist before acknowledging", ablation{ackFirst: true}, each("crash@wa.acked#%d", 1, 3), bridgetest.Lost},
		{"a nonce", ablation{board: withoutNonce}, each("crash@d.posted#%d", 3, 6), bridgetest.Dup},
		{"the search after the nonce's time", ablation{board: withoutSearch}, append(each("down@d.posted#%d", 3, 6), ";rough=true"), bridgetest.Dup},
		{"the search for an orphaned post", ablation{board: withoutPostSearch}, append(each("crash@d.posted#%d;burst=true", 1, 2), ";rough=true"), bridgetest.Dup},
		{"the same WhatsApp id at every attempt", ablation{phone: freshIDs}, append(each("crash@w.sent#%d", 2, 3), ";rough=true"), bridgetest.Dup},
		{"retry at the head of the queue", ablation{nack: toTheEnd}, []string{";rough=true;burst=true"}, bridgetest.Order},
		{"a commit guarded by epoch and head", ablation{update: unguarded}, append(
			each("stall40@d.posted#%d,down@d.committed#1;burst=true", 3, 5), each("stall40@w.posted#%d,down@w.committed#1;burst=true", 3, 5)...), bridgetest.Lost},
		{"catching up over REST", ablation{noCatchUp: true}, append(each("gap@dc.persisted#%d", 1, 3), "down@dc.recv#2"), bridgetest.Lost},
		{"catching up before listening", ablation{liveFirst: true}, each("gap@dc.persisted#%d;slow=true", 1, 3), bridgetest.Lost},
		{"the lease's local deadline", ablation{noDeadline: true}, each("stall10m@d.pre-post#%d;burst=true", 2, 3), bridgetest.Dup},
	} {
		t.Run(test.left, func(t *testing.T) {
			t.Parallel()
			caught := 0
			test.without.broken = true
			for _, name := range test.faults {
				run, err := parseChaosRun(name)
				if err != nil {
					t.Fatal(err)
				}
				mustHold(t, run, chaos(t, run, ablation{}).found) // as it is, it holds
				if kinds(chaos(t, run, test.without).found)[test.want] {
					caught++
				}
			}
			if caught == 0 {
				t.Errorf("without %s, none of %q showed %s", test.left, test.faults, test.want)
			}
			t.Logf("caught by %d of %d runs", caught, len(test.faults))
		})
	}
}

func each(name string, first, last int) (all []string) {
	for n := first; n <= last; n++ {
		all = append(all, fmt.Sprintf(name, n))
	}
	return all
}

func kinds(found []bridgetest.Violation) map[string]bool {
	all := map[string]bool{}
	for _, v := range found {
		all[v.Kind] = true
	}
	return all
}

// dedupeFirst remembers that a client's message came, and then does what it asks for.
func dedupeFirst(ctx context.Context, g gatedStore, cause ledger.Cause, fn func(*ledger.Tx) error) (bool, error) {
	if cause.Inbox == nil || cause.Inbox.Source != "wa" {
		return g.Store.Update(ctx, cause, fn)
	}
	applied, err := g.Store.Update(ctx, cause, func(*ledger.Tx) error { return nil })
	if err != nil || !applied {
		return applied, err
	}
	if err := g.in.hit("wa.split"); err != nil {
		return false, err
	}
	return g.Store.Update(ctx, ledger.Cause{}, fn)
}

// unguarded takes whatever is at the head of the lane for what was sent.
func unguarded(ctx context.Context, g gatedStore, cause ledger.Cause, fn func(*ledger.Tx) error) (bool, error) {
	ctx = context.WithoutCancel(ctx) // which would protect us, too
	applied, err := g.Store.Update(ctx, cause, fn)
	if cause.Outcome == nil || !errors.Is(err, ledger.ErrStale) {
		return applied, err
	}
	lane := cause.Outcome.Letter.Lane
	if err := g.in.s.client.LPop(ctx, "{test}:q:"+lane).Err(); err != nil {
		return false, err
	}
	if n, err := g.in.s.client.LLen(ctx, "{test}:q:"+lane).Result(); err == nil && n == 0 {
		g.in.s.client.ZRem(ctx, "{test}:lanes", lane)
	}
	return true, nil
}

// toTheEnd puts a letter that failed behind all others of its lane.
func toTheEnd(ctx context.Context, g gatedStore, epoch int64, l ledger.Letter, notBefore time.Time, reason string, counts bool) error {
	if err := g.Store.Nack(ctx, epoch, l, notBefore, reason, counts); err != nil {
		return err
	}
	lane := "{test}:q:" + l.Lane
	return g.in.s.client.LMove(ctx, lane, lane, "left", "right").Err()
}

type nonceless struct{ bridge.Board }

func withoutNonce(b bridge.Board) bridge.Board { return nonceless{b} }

func (b nonceless) Say(ctx context.Context, m bridge.Message) (string, error) {
	m.Nonce = ""
	return b.Board.Say(ctx, m)
}

type blind struct{ bridge.Board }

func withoutSearch(b bridge.Board) bridge.Board { return blind{b} }

func (blind) FindMessage(context.Context, string, string, string) (string, error) { return "", nil }

type forgetful struct{ bridge.Board }

func withoutPostSearch(b bridge.Board) bridge.Board { return forgetful{b} }

func (forgetful) FindPost(context.Context, string, string) (string, error) { return "", nil }

type fickle struct{ bridge.Phone }

var attempts atomic.Int64

func freshIDs(p bridge.Phone) bridge.Phone { return fickle{p} }

func (p fickle) Send(ctx context.Context, to bridge.Address, id string, o bridge.Outgoing) error {
	return p.Phone.Send(ctx, to, fmt.Sprint(id, "-", attempts.Add(1)), o)
}
