package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/web"
)

// ledRef is written once every company is found by its key, place and names.
var ledRef = ledger.Ref{Kind: "led", ID: "customers"}

const (
	leadPage = 1000 // rows of an index in one read
	leadLook = 20 * time.Millisecond
)

// leadAll makes the companies that an older halo stored found by key, place and name, so
// that lists do not make them anew. It is done once, unless noted is false; begun again it goes
// on.
func leadAll(ctx context.Context, st *store.Store, noted bool) error {
	if doc, err := st.Doc(ctx, ledRef); err != nil || doc.Data != nil {
		return err
	}
	seen := map[string]bool{}
	var least int64
	for at := (store.Range{Limit: leadPage}); ; {
		rows, err := st.Index(ctx, string(customer.Customers), at)
		if err != nil {
			return fmt.Errorf("look for companies: %w", err)
		}
		var ids []string
		for _, row := range rows {
			if id := customer.OnShelf(row.Member); id != "" && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
			if at.Min == nil || row.Score != least {
				least, at.Offset = row.Score, 0
				at.Min = &least
			}
			at.Offset++
		}
		for few := range slices.Chunk(ids, askedTogether) {
			if err := lead(ctx, st, few); err != nil {
				return err
			}
		}
		if len(rows) < leadPage {
			break
		}
	}
	if !noted {
		return nil
	}
	_, err := st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { return tx.Put(ledRef, []byte(`{"v":1}`)) })
	return err
}

// lead makes some companies found, as many in one commit as it takes.
func lead(ctx context.Context, st *store.Store, ids []string) error {
	for len(ids) > 0 {
		done := 0
		_, err := st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
			refs := make([]ledger.Ref, len(ids))
			for n, id := range ids {
				refs[n] = ledger.Ref{Kind: customer.KindCustomer, ID: id}
			}
			tx.Expect(refs...)
			for done = 0; done < len(ids); {
				if _, err := customer.Lead(tx, ids[done]); err != nil {
					return fmt.Errorf("make company %s found: %w", ids[done], err)
				}
				if done++; full(tx.Finish()) {
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		ids = ids[done:]
	}
	return nil
}

// led makes sure that all companies are found before rows of them are taken in.
// It waits for somebody else who does it; [web.ErrAway] if ctx ends first.
func (d *Desk) led(ctx context.Context, st *store.Store) error {
	for !d.leading.TryLock() {
		if pause(ctx, leadLook) != nil {
			return web.ErrAway
		}
	}
	defer d.leading.Unlock()
	if d.allLed {
		return nil
	}
	err := leadAll(ctx, st, true)
	d.allLed = err == nil
	return err
}

// findCompanies makes all companies found as soon as the store lets it, and then waits for
// the end of ctx.
func (d *Desk) findCompanies(ctx context.Context, st *store.Store) error {
	for {
		err := d.led(ctx, st)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			d.log.Warn("make companies of an older halo found", zap.Error(err))
		}
		if pause(ctx, d.rhythm.retry) != nil {
			return nil
		}
	}
	<-ctx.Done()
	return nil
}
