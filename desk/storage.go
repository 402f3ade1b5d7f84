package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// connect returns the desk's store and what closes it. It waits for nothing: a
// redis-server of our own is started by whoever holds the data folder.
func (d *Desk) connect(h *home) (*store.Store, func(), error) {
	o := store.Options{Desk: d.cfg.Desk, Now: d.o.Now, Log: d.log, Replicas: d.cfg.RedisReplicas}
	if d.o.Redis != nil {
		return store.New(d.o.Redis, o), func() {}, nil
	}
	address := d.cfg.RedisURL.Reveal()
	if address == "" {
		dir, err := serverDir(d.cfg)
		if err != nil {
			return nil, nil, err
		}
		h.serverDir, h.died = dir, d.tellRestart
		if address, err = store.ServerAddress(dir); err != nil {
			return nil, nil, err
		}
	}
	client, err := store.Dial(address)
	if err != nil {
		return nil, nil, fmt.Errorf("HALO_REDIS_URL: %w", err)
	}
	return store.New(client, o), func() { client.Close() }, nil
}

// serverDir is the folder of a redis-server of our own; it is made when missing.
func serverDir(cfg Config) (string, error) {
	dir := filepath.Join(cfg.Data, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder of redis-server: %w", err)
	}
	return dir, nil
}

// Redis is a connection to a Redis server.
type Redis = store.Client

// DialRedis makes a connection to the Redis at a URL (see HALO_REDIS_URL).
func DialRedis(url string) (Redis, error) { return store.Dial(url) }

// openStore opens the store a configuration names; the function returned closes it.
func openStore(ctx context.Context, cfg Config, o Options) (*store.Store, func(), error) {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	address := cfg.RedisURL.Reveal()
	shut := func() {}
	if address == "" {
		dir, err := serverDir(cfg)
		if err != nil {
			return nil, nil, err
		}
		server, err := store.StartServer(ctx, dir, store.ServerOptions{Log: o.Log})
		if err != nil {
			return nil, nil, err
		}
		address = server.Address()
		shut = func() {
			if err := server.Close(); err != nil {
				o.Log.Warn("stop redis-server", zap.Error(err))
			}
		}
	}
	client, err := store.Dial(address)
	if err != nil {
		shut()
		return nil, nil, fmt.Errorf("HALO_REDIS_URL: %w", err)
	}
	st := store.New(client, store.Options{Desk: cfg.Desk, Now: o.Now, Log: o.Log, Replicas: cfg.RedisReplicas})
	return st, func() {
		client.Close()
		shut()
	}, nil
}

// kindDesk documents say something about the desk as a whole.
const kindDesk ledger.Kind = "desk"

var errOtherNetwork = errors.New("belongs to another WhatsApp network")

// sameNetwork refuses a store that belongs to another network: a stray variable
// must never mix a simulator's tickets with real ones.
func (d *Desk) sameNetwork(ctx context.Context, st *store.Store) error {
	network, err := d.cfg.whatsAppNetwork()
	if err != nil {
		return err
	}
	want := network.Identity()
	var have string
	_, err = st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		ref := ledger.Ref{Kind: kindDesk, ID: "network"}
		data, err := tx.Doc(ref)
		if err != nil || data != nil {
			have = string(data)
			return err
		}
		have = want
		return tx.Put(ref, []byte(want))
	})
	if err != nil {
		return fmt.Errorf("ask the store which network the desk belongs to: %w", err)
	}
	if have != want {
		return fmt.Errorf("the store of desk %q %w (%s) than the one configured (%s): "+
			"unset HALO_WHATSAPP_ENDPOINT, or use another HALO_DESK or HALO_REDIS_URL", d.cfg.Desk, errOtherNetwork, have, want)
	}
	return nil
}

// warnOfLoss says in the log what keeps the store from holding its promise.
func (d *Desk) warnOfLoss(ctx context.Context, st *store.Store) {
	problems, err := st.Durability(ctx)
	if err != nil {
		d.log.Warn("ask the store whether it is durable", zap.Error(err))
	}
	for _, p := range problems {
		d.log.Warn("the store may lose what it acknowledged", zap.String("problem", p.String()))
	}
}

// sentText finds what was sent under a WhatsApp id, for a phone that could not
// read it and asks again, by the log of the chat's latest tickets.
func sentText(st *store.Store) func(context.Context, bridge.Address, string) (string, bool, error) {
	return func(ctx context.Context, chat bridge.Address, id string) (text string, ok bool, err error) {
		alias, err := st.Doc(ctx, ledger.Ref{Kind: ticket.KindAlias, ID: string(chat)})
		if err != nil || alias.Data == nil {
			return "", false, err
		}
		doc, err := st.Doc(ctx, ledger.Ref{Kind: ticket.KindConversation, ID: string(alias.Data)})
		if err != nil || doc.Data == nil {
			return "", false, err
		}
		c, err := ticket.DecodeConversation(doc.Data)
		if err != nil {
			return "", false, err
		}
		for _, number := range c.Latest() {
			for e, err := range st.Events(ctx, number) {
				if err != nil {
					return "", false, err
				}
				if e.Ref == id && (e.What == "agent_wrote" || e.What == "said" || e.What == "auto_text") {
					return e.Data["text"], true, nil
				}
			}
		}
		return "", false, nil
	}
}

var errNotRunning = errors.New("the desk is not running")

func (d *Desk) running() (*store.Store, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.store == nil {
		return nil, errNotRunning
	}
	return d.store, nil
}

// A Backlog is what the desk still owes the world.
type Backlog struct {
	Due     int // lanes and views that can move now, timers overdue
	Blocked int // lanes that wait: a fault, a rate limit, a link that is down
}

// Waiting counts what has not been told yet.
func (d *Desk) Waiting(ctx context.Context) (Backlog, error) {
	st, err := d.running()
	if err != nil {
		return Backlog{}, err
	}
	var b Backlog
	lanes, err := st.Lanes(ctx)
	if err != nil {
		return b, err
	}
	for _, lane := range lanes {
		if lane.NotBefore.After(time.Now()) {
			b.Blocked++
		} else {
			b.Due++
		}
	}
	views, err := st.Views(ctx, 1000)
	if err != nil {
		return b, err
	}
	courier := d.courier()
	due, _, err := st.Due(ctx, d.o.Now(), 1000)
	if err != nil {
		return b, err
	}
	for _, v := range views {
		// What Discord holds back for minutes, or what keeps a pace of its own, is not
		// waited for.
		if courier == nil || !courier.Rests(v.Name) {
			b.Due++
		}
	}
	b.Due += len(due)
	return b, nil
}

// courier is the one at work, nil while this process does not lead.
func (d *Desk) courier() *bridge.Courier {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.parts == nil {
		return nil
	}
	return d.parts.courier
}

// NextTimer returns when the next timer is due; ok is false when none is set.
func (d *Desk) NextTimer(ctx context.Context) (next time.Time, ok bool, err error) {
	st, err := d.running()
	if err != nil {
		return time.Time{}, false, err
	}
	due, next, err := st.Due(ctx, d.o.Now(), 1)
	if err != nil {
		return time.Time{}, false, err
	}
	if len(due) > 0 {
		return due[0].Due, true, nil
	}
	return next, !next.IsZero(), nil
}

// mostClosed bounds the closed tickets of a list.
const mostClosed = 1000

// Tickets returns the open tickets, oldest first, and after them the ones closed last,
// newest first, at most 1,000.
func (d *Desk) Tickets(ctx context.Context) ([]ticket.Ticket, error) {
	st, err := d.running()
	if err != nil {
		return nil, err
	}
	rows, err := st.Index(ctx, ticket.IndexOpen, store.Range{})
	if err != nil {
		return nil, err
	}
	closed, err := st.Index(ctx, ticket.IndexClosed, store.Range{Down: true, Limit: mostClosed})
	if err != nil {
		return nil, err
	}
	rows = append(rows, closed...)
	tickets := make([]ticket.Ticket, 0, len(rows))
	for _, row := range rows {
		t, ok, err := readTicket(ctx, st, row.Member)
		if err != nil {
			return nil, err
		}
		if ok {
			tickets = append(tickets, t)
		}
	}
	return tickets, nil
}

// Ticket returns one ticket, open or closed, and its log; ok is false when there
// is none of that number.
func (d *Desk) Ticket(ctx context.Context, number string) (t ticket.Ticket, log []ledger.Event, ok bool, err error) {
	st, err := d.running()
	if err != nil {
		return t, nil, false, err
	}
	t, ok, err = readTicket(ctx, st, number)
	if err != nil || !ok {
		return t, nil, false, err
	}
	for e, err := range st.Events(ctx, number) {
		if err != nil {
			return t, nil, false, err
		}
		log = append(log, e)
	}
	return t, log, true, nil
}

func readTicket(ctx context.Context, st *store.Store, number string) (t ticket.Ticket, ok bool, err error) {
	doc, err := st.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || doc.Data == nil {
		return t, false, err
	}
	t, err = ticket.Decode(doc.Data)
	return t, err == nil, err
}
