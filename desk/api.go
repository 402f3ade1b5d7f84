package desk

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/web"
)

const (
	apiPerSecond = 5
	apiBurst     = 20
)

// serveAPI takes in what the company's other systems send, if an address is set, until the
// function returned is called or ctx ends.
func (d *Desk) serveAPI(ctx context.Context, st *store.Store) (stop func()) {
	if d.cfg.APIListen == "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := web.ServeAPI(ctx, d.cfg.APIListen, d.api(st)); err != nil && ctx.Err() == nil {
			d.log.Error("customers and orders cannot be taken in over HTTP", zap.Error(err))
		}
	}()
	return func() { cancel(); <-over }
}

// api is what answers over HTTP. Rows are taken in while this process leads: only then is
// it known how the world is told what follows from them.
func (d *Desk) api(st *store.Store) *web.API {
	return &web.API{
		Resources: map[string]web.Resource{
			"customers": {Fields: customerFields, Take: func(ctx context.Context, row map[string]string, by string) (web.Outcome, error) {
				return d.takeRow(ctx, st, func(tx *ledger.Tx, policy bridge.Desk) (customer.Entered, []customer.Fault, error) {
					return customerEntry(row).Enter(tx, policy.Types, apiBy(by))
				})
			}},
			"orders": {Fields: orderFields, Take: func(ctx context.Context, row map[string]string, by string) (web.Outcome, error) {
				return d.takeRow(ctx, st, func(tx *ledger.Tx, policy bridge.Desk) (customer.Entered, []customer.Fault, error) {
					return orderEntry(row).Enter(tx, policy.Zone, apiBy(by), policy.PlaceOrder)
				})
			}},
		},
		Tokens: apiTokens{store: st, now: d.o.Now, log: d.log}, Answers: apiAnswers{store: st},
		Log: d.log.Named("api"), Now: d.o.Now, PerSecond: apiPerSecond, Burst: apiBurst,
	}
}

// apiBy names in events who handed something in.
func apiBy(token string) string { return "api:" + token }

// takeRow takes one row in, in a commit of its own.
func (d *Desk) takeRow(ctx context.Context, st *store.Store, enter func(*ledger.Tx, bridge.Desk) (customer.Entered, []customer.Fault, error)) (web.Outcome, error) {
	policy, ok := d.leadingPolicy()
	if !ok {
		return web.Outcome{}, web.ErrAway
	}
	if err := d.led(ctx, st); err != nil {
		return web.Outcome{}, err
	}
	var out web.Outcome
	_, err := st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		done, bad, err := enter(tx, policy)
		out = outcome(done, bad)
		return err
	})
	if why, ok := neverTaken(err); ok {
		return web.Outcome{Outcome: web.Refused, Errors: []web.Reason{why}}, nil
	}
	return out, err
}

// neverTaken is the reason for a row that is refused however often it comes.
func neverTaken(err error) (why web.Reason, ok bool) {
	if refusal, ok := errors.AsType[*customer.Refusal](err); ok {
		return web.Reason{Why: refusal.Key, Detail: refusal.Say("en")}, true
	}
	if errors.Is(err, ledger.ErrTooLarge) {
		return web.Reason{Why: "row_large", Detail: "The row is too large to be kept. Shorten its texts."}, true
	}
	return web.Reason{}, false
}

// leadingPolicy is what changes the desk; ok is false while this process does not lead.
func (d *Desk) leadingPolicy() (policy bridge.Desk, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.parts == nil {
		return bridge.Desk{}, false
	}
	return d.parts.policy, true
}

func outcome(done customer.Entered, bad []customer.Fault) web.Outcome {
	o := web.Outcome{Outcome: web.Unchanged, Customer: done.Customer, Contact: done.Contact, Order: done.Order}
	switch {
	case len(bad) > 0:
		o.Outcome = web.Refused
	case done.New:
		o.Outcome = web.Created
	case done.Changed:
		o.Outcome = web.Changed
	}
	for _, f := range bad {
		o.Errors = append(o.Errors, web.Reason{Field: f.Field, Why: f.Why, Detail: f.Say("en"), Value: f.Value})
	}
	return o
}

// The fields of rows, called as [customer.Fault] calls them.
var (
	customerFields = []web.Field{
		{Name: "key"}, {Name: "name"}, {Name: "system"}, {Name: "place"}, {Name: "market"}, {Name: "modules", Form: web.List},
		{Name: "scheme"}, {Name: "owner"}, {Name: "aliases", Form: web.List}, {Name: "person"}, {Name: "phone"}, {Name: "type"},
		{Name: "note"}, {Name: "consent", Form: web.Yes},
	}
	orderFields = []web.Field{
		{Name: "number"}, {Name: "key"}, {Name: "name"}, {Name: "place"}, {Name: "phone"}, {Name: "placed"}, {Name: "done"},
		{Name: "status"}, {Name: "what"}, {Name: "amount", Form: web.Amount}, {Name: "currency"},
	}
)

func customerEntry(row map[string]string) customer.Entry {
	return customer.Entry{
		Key: row["key"], Name: row["name"], System: row["system"], Place: row["place"], Market: row["market"], Modules: row["modules"],
		Scheme: row["scheme"], Owner: row["owner"], Aliases: row["aliases"], Person: row["person"], Phone: row["phone"], Type: row["type"],
		Note: row["note"], Consent: row["consent"],
	}
}

func orderEntry(row map[string]string) customer.OrderEntry {
	return customer.OrderEntry{
		Number: row["number"], Key: row["key"], Name: row["name"], Place: row["place"], Phone: row["phone"], Placed: row["placed"],
		Done: row["done"], Status: row["status"], What: row["what"], Amount: row["amount"], Currency: row["currency"],
	}
}
