package desk

import (
	"context"
	"errors"

	"github.com/haloerzap/halo/store"
)

// forCommand is what a command holds the data folder for while it works on the store.
const forCommand = "command"

// openBeside opens the store for a command that works beside a running desk, or without
// one; the function returned closes it. alone reports that no desk can be running: the
// redis-server in the data folder was started for this.
func openBeside(ctx context.Context, cfg Config, o Options) (st *store.Store, alone bool, shut func(), err error) {
	if o.Redis != nil {
		return store.New(o.Redis, store.Options{Desk: cfg.Desk, Now: o.Now, Log: o.Log, Replicas: cfg.RedisReplicas}), false, func() {}, nil
	}
	letGo := func() {}
	if cfg.RedisURL.Reveal() == "" {
		h, err := holdHome(cfg.Data, forCommand)
		switch {
		case errors.Is(err, errHomeInUse):
			if cfg.RedisURL, err = runningServer(cfg); err != nil {
				return nil, false, nil, err
			}
		case err != nil:
			return nil, false, nil, err
		default:
			alone = true
			letGo = func() { _ = h.letGo() } // its lock ends either way
		}
	}
	st, closed, err := openStore(ctx, cfg, o)
	if err != nil {
		letGo()
		return nil, false, nil, err
	}
	return st, alone, func() { closed(); letGo() }, nil
}
