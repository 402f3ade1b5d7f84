package desk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/haloerzap/halo/store"
)

// checkStore says what is wrong with the store, or which promise it holds.
func checkStore(ctx context.Context, cfg Config, o Options) (problems []string, promise string, err error) {
	mend := "start it, or correct HALO_REDIS_URL"
	if cfg.RedisURL.Reveal() == "" {
		h, err := holdHome(cfg.Data, forCheck)
		switch {
		case errors.Is(err, errHomeInUse):
			// A running halo has its server there: that one is looked at.
			if cfg.RedisURL, err = runningServer(cfg); err != nil {
				return nil, "", err
			}
			mend = "another halo uses the data folder; try again when it is up, or stop it"
		case err != nil:
			return nil, "", err
		default:
			mend = ""
			defer h.letGo()
		}
	}
	st, shut, err := openStore(ctx, cfg, o)
	if err != nil {
		return nil, "", err
	}
	defer shut()
	all, err := st.Durability(ctx)
	if err != nil {
		// What was found before only repeats that nobody answers.
		if mend != "" {
			err = fmt.Errorf("%w: %s", err, mend)
		}
		return nil, "", err
	}
	left := cfg.RedisPromise.unforgiven(all)
	for _, p := range left {
		problems = append(problems, p.String())
	}
	problems = append(problems, checkRoom(cfg)...)
	return problems, cfg.promised(len(all) - len(left)), nil
}

// runningServer is where the redis-server of the halo that holds the data folder answers.
func runningServer(cfg Config) (RedisURL, error) {
	dir, err := serverDir(cfg)
	if err != nil {
		return RedisURL{}, err
	}
	address, err := store.ServerAddress(dir)
	return NewRedisURL(address), err
}

// checkRoom looks at the disks; where the system does not tell, all is well.
func checkRoom(cfg Config) (problems []string) {
	for _, dir := range cfg.folders() {
		room, _, err := store.DiskFree(dir)
		if err == nil && room < scarceRoom {
			problems = append(problems, fmt.Sprintf("only %d MB are free in %s: make room, below %d MB WhatsApp is disconnected",
				room>>20, filepath.Clean(dir), leastRoom>>20))
		}
	}
	return problems
}

// promised says what a store holds of which so many problems were forgiven.
func (c Config) promised(forgiven int) string {
	switch {
	case forgiven > 0 && c.RedisPromise == Second:
		return "durable but for the last second: a power cut may lose what was acknowledged in it (HALO_REDIS_PROMISE=second)"
	case forgiven > 0 && c.RedisPromise == Unchecked:
		return "taken on trust: it does not tell how it is set (HALO_REDIS_PROMISE=unchecked)"
	case c.RedisReplicas > 0:
		return fmt.Sprintf("durable: nothing that was acknowledged is lost, also when the primary is; %d more have every change before it counts", c.RedisReplicas)
	}
	return "durable: nothing that was acknowledged is lost, also in a power cut, on one primary that writes before it answers"
}
