package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite" // the database of the session keys
)

// openDatabase opens whatsapp.db. Only its owner may read it: who has it is us.
func openDatabase(ctx context.Context, dir string, durable bool, wait time.Duration) (*sql.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	if err := tighten(dir, 0o700); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, "whatsapp.db"))
	if err != nil {
		return nil, fmt.Errorf("find folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make session database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("make session database: %w", err)
	}
	// What a killed process left beside it holds the same secrets.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := tighten(path+suffix, 0o600); err != nil {
			return nil, err
		}
	}
	if err := probe(ctx, path, wait); err != nil {
		return nil, err
	}
	// Without immediate transactions and a busy timeout a message that arrives
	// while another is written counts as undecryptable.
	synchronous := "synchronous(FULL)"
	if !durable {
		synchronous = "synchronous(OFF)"
	}
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(20000)", "journal_mode(WAL)", synchronous, "foreign_keys(1)", "secure_delete(1)",
	}}
	db, err := sql.Open("sqlite", source(path, query))
	if err != nil {
		return nil, fmt.Errorf("open session database: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open session database: %w", busy(err)), db.Close())
	}
	return db, nil
}

func source(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
}

// ErrLocked means that another process keeps the session database locked: it is
// in the middle of a write, perhaps frozen. One that is frozen elsewhere keeps
// nobody out.
var ErrLocked = errors.New("another process keeps the session database locked")

// probe takes the database's write lock for a moment: the client itself would
// wait for it much longer.
func probe(ctx context.Context, path string, wait time.Duration) error {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds())}}
	db, err := sql.Open("sqlite", source(path, query))
	if err != nil {
		return fmt.Errorf("open session database: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err == nil {
		err = tx.Rollback()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("lock session database: %w", busy(err))
	}
	return nil
}

// busy adds ErrLocked to the database's own word for it.
func busy(err error) error {
	const primary, sqliteBusy, sqliteLocked = 0xff, 5, 6
	if e, ok := errors.AsType[*sqlite.Error](err); ok && (e.Code()&primary == sqliteBusy || e.Code()&primary == sqliteLocked) {
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}

// tighten takes the rights of everybody but the owner away, if there are any. A
// missing file is none, and a folder that everybody may write in, such as that
// for temporary files, is not ours to close.
func tighten(path string, rights os.FileMode) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read rights of %s: %w", filepath.Base(path), err)
	case info.Mode().Perm()&0o077 == 0, info.Mode()&os.ModeSticky != 0:
		return nil
	}
	if err := os.Chmod(path, rights); err != nil {
		return fmt.Errorf("take the rights of others on %s away: %w", filepath.Base(path), err)
	}
	return nil
}

// ErrOtherNetwork means that the session database belongs to another network
// than the one to be used.
var ErrOtherNetwork = errors.New("the session database belongs to another WhatsApp network")

// claim writes the identity of the network into a new database and refuses one
// of another network: its server would disown, and so delete, the session.
func claim(ctx context.Context, db *sql.DB, network Network) error {
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS halo_network (
		one INTEGER PRIMARY KEY CHECK (one = 1), identity TEXT NOT NULL)`); err != nil {
		return fmt.Errorf("prepare session database: %w", err)
	}
	if _, err := db.ExecContext(ctx, `INSERT OR IGNORE INTO halo_network (one, identity) VALUES (1, ?)`, network.Identity()); err != nil {
		return fmt.Errorf("claim session database: %w", err)
	}
	var identity string
	if err := db.QueryRowContext(ctx, `SELECT identity FROM halo_network`).Scan(&identity); err != nil {
		return fmt.Errorf("read network of session database: %w", err)
	}
	if identity != network.Identity() {
		return fmt.Errorf("%w: it was made for %s, but the settings say %s; use another folder or correct the endpoint and root key",
			ErrOtherNetwork, describeIdentity(identity), describeIdentity(network.Identity()))
	}
	return nil
}

func describeIdentity(identity string) string {
	if identity == (Network{}).Identity() {
		return "the real WhatsApp"
	}
	return "the simulated network " + identity[:min(len(identity), len("simulated:")+8)]
}
