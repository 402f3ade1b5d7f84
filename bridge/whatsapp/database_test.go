package whatsapp

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a copy or an older version left open is closed again.
func TestTheSessionIsOnDiskAndOnlyTheOwnerMayReadIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "whatsapp.db")
	check := func() {
		t.Helper()
		db, err := openDatabase(t.Context(), dir, defaultSettings().durable, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS t (x)"); err != nil {
			t.Fatal(err)
		}
		var synchronous int
		if err := db.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous); err != nil || synchronous != 2 {
			t.Errorf("does not wait for the disk: %d, %v", synchronous, err)
		}
		for at, want := range map[string]os.FileMode{dir: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
			info, err := os.Stat(at)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s has the rights %o, want %o", filepath.Base(at), got, want)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	check()
	for at, rights := range map[string]os.FileMode{dir: 0o755, path: 0o644} {
		if err := os.Chmod(at, rights); err != nil {
			t.Fatal(err)
		}
	}
	check()
}
