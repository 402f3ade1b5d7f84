package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t testing.TB) (*Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "media")
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, dir
}

// files are the names below a folder, with slashes.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func put(t testing.TB, s *Store, content string) Stored {
	t.Helper()
	kept, err := s.Put(t.Context(), strings.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestPutTwiceIsOneFile(t *testing.T) {
	s, dir := open(t)
	kept := put(t, s, "halo dunia")
	sum := sha256.Sum256([]byte("halo dunia"))
	hash := hex.EncodeToString(sum[:])
	want := Stored{Hash: hash, Size: 10, Type: Type{MIME: Plain}}
	if kept != want {
		t.Errorf("stored %+v, want %+v", kept, want)
	}
	if again := put(t, s, "halo dunia"); again != want {
		t.Errorf("stored %+v the second time", again)
	}
	if got, want := files(t, dir), []string{hash[:2] + "/" + hash[2:4] + "/" + hash}; !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
	f, err := s.Open(hash)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := io.ReadAll(f); err != nil || string(b) != "halo dunia" {
		t.Errorf("read %q, %v", b, err)
	}
	if got, err := s.Stat(hash); err != nil || got != want {
		t.Errorf("Stat says %+v, %v", got, err)
	}
	for range 2 {
		if err := s.Remove(hash); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(hash); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened what was removed: %v", err)
	}
}

// Whatever a put ends with, only whole files remain.
func TestRefusedAndBrokenPutsLeaveNothing(t *testing.T) {
	s, dir := open(t)
	broken := errors.New("the line broke")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		r      io.Reader
		reason Reason
		is     error
	}{
		"too large":  {t.Context(), strings.NewReader("eleven char"), TooLarge, nil},
		"empty":      {t.Context(), strings.NewReader(""), Empty, nil},
		"executable": {t.Context(), strings.NewReader("MZ\x00\x01"), Executable, nil},
		"broken":     {t.Context(), io.MultiReader(strings.NewReader("abc"), errReader{broken}), "", broken},
		"cancelled":  {cancelled, strings.NewReader("abc"), "", context.Canceled},
	} {
		_, err := s.Put(c.ctx, c.r, 10)
		r, ok := errors.AsType[*Refusal](err)
		if ok != (c.reason != "") || ok && r.Reason != c.reason || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
	if _, err := s.Put(t.Context(), strings.NewReader("exactly 10"), 10); err != nil {
		t.Errorf("the limit itself is refused: %v", err)
	}
}

// A source that hides that its write was refused does not get a cut file stored.
func TestFillThatHidesTheRefusal(t *testing.T) {
	s, dir := open(t)
	_, err := s.Fill(t.Context(), 4, func(w io.Writer) error {
		for range 3 {
			_, _ = w.Write([]byte("abc"))
		}
		return nil
	})
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Reason != TooLarge || r.Limit != 4 {
		t.Errorf("Fill says %v", err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left behind: %q", got)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// A hash leads nowhere else.
func TestOpenOfNames(t *testing.T) {
	s, dir := open(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	hash := strings.Repeat("ab", 32)
	if err := os.MkdirAll(filepath.Join(dir, "ab", "ab"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(filepath.Dir(dir), "secret"), filepath.Join(dir, "ab", "ab", hash)); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"", "../secret", strings.ToUpper(hash), hash + "a", strings.Repeat("../", 21) + "x", hash} {
		if f, err := s.Open(name); err == nil {
			t.Errorf("opened %q", name)
			_ = f.Close()
		}
	}
}

func TestSweepKeepsWhatIsWanted(t *testing.T) {
	s, dir := open(t)
	wanted, nobodys, young := put(t, s, "dipakai"), put(t, s, "tidak dipakai"), put(t, s, "baru")
	now := time.Now()
	old := now.Add(-31 * 24 * time.Hour)
	foreign := filepath.Join(dir, "README")
	for name, at := range map[string]time.Time{
		foreign:                                old,
		filepath.Join(dir, unfinished, "dead"): now.Add(-2 * time.Hour),
		filepath.Join(dir, unfinished, "at work"): now,
	} {
		if err := errors.Join(os.WriteFile(name, []byte("part"), 0o600), os.Chtimes(name, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []Stored{wanted, nobodys} {
		if err := os.Chtimes(filepath.Join(dir, address(k.Hash)), old, old); err != nil {
			t.Fatal(err)
		}
	}
	keep := func(hash string) (bool, error) { return hash == wanted.Hash, nil }
	for i, want := range []Sweep{{Files: 1, Bytes: 13, Parts: 1}, {}} {
		if got, err := s.Sweep(t.Context(), now, 30*24*time.Hour, keep); err != nil || got != want {
			t.Errorf("sweep %d: %+v, %v, want %+v", i, got, err, want)
		}
	}
	want := []string{"README", address(wanted.Hash), address(young.Hash), unfinished + "/at work"}
	slices.Sort(want)
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("left %q\nwant %q", got, want)
	}
	// Who cannot be asked is taken to want it.
	if err := os.Chtimes(filepath.Join(dir, address(wanted.Hash)), old, old); err != nil {
		t.Fatal(err)
	}
	away := errors.New("away")
	if _, err := s.Sweep(t.Context(), now, time.Hour, func(string) (bool, error) { return false, away }); !errors.Is(err, away) {
		t.Errorf("Sweep says %v", err)
	}
	if _, err := s.Stat(wanted.Hash); err != nil {
		t.Error(err)
	}
}

// A file that is stored again while the sweep asks about it stays.
func TestStoredAgainDuringTheSweep(t *testing.T) {
	s, dir := open(t)
	kept := put(t, s, "lagi")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, address(kept.Hash)), old, old); err != nil {
		t.Fatal(err)
	}
	got, err := s.Sweep(t.Context(), time.Now(), time.Minute, func(string) (bool, error) {
		put(t, s, "lagi")
		return false, nil
	})
	if err != nil || got != (Sweep{}) {
		t.Errorf("swept %+v, %v", got, err)
	}
	if _, err := s.Stat(kept.Hash); err != nil {
		t.Error(err)
	}
}

func TestManyPutsAtOnce(t *testing.T) {
	s, dir := open(t)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), strings.NewReader(fmt.Sprintf("berkas %d", i%10)), 100); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := files(t, dir); len(got) != 10 {
		t.Errorf("%d files, want 10: %q", len(got), got)
	}
}

// Memory does not grow with the size of a file.
func TestPutInConstantMemory(t *testing.T) {
	s, _ := open(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	video := io.MultiReader(bytes.NewReader(mp4("mp42", "vide")), io.LimitReader(zeros{}, 64<<20))
	kept, err := s.Put(t.Context(), video, 100<<20)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if kept.MIME != "video/mp4" || kept.Size < 64<<20 {
		t.Errorf("stored %+v", kept)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated for %d", n, kept.Size)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func BenchmarkPut64MiB(b *testing.B) {
	s, _ := open(b)
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Put(b.Context(), io.LimitReader(zeros{}, 64<<20), 64<<20); err != nil {
			b.Fatal(err)
		}
	}
}
