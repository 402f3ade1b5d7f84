// Package media keeps the files that pass through the bridge, each once, under the
// hash of its bytes, and says what they are by looking at those bytes.
//
// Nothing a sender declares is believed: not the name, not the MIME type, not the
// size. What could run on somebody's computer, and pictures made to fill its
// memory, are refused with a [Refusal].
package media

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

// A Store is a folder of files named by their content. All methods may be called
// from several goroutines; only one process may use a folder at a time.
type Store struct {
	root *os.Root
	// moving is held while a file takes its place or is swept, so that a file that
	// is stored again is never swept in the same moment.
	moving sync.Mutex
}

// Stored is a file in the store and what its bytes say about it.
type Stored struct {
	Hash string // SHA-256 of the bytes, 64 hex digits
	Size int64
	Type
}

// The folder of files not yet complete. Hashes are sorted into folders of two
// digits, so none of them meets it.
const unfinished = "unfinished"

// OpenStore opens the store in a folder, which is made when it is missing.
func OpenStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make media folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open media folder: %w", err)
	}
	if err := root.MkdirAll(unfinished, 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("make media folder: %w", err), root.Close())
	}
	return &Store{root: root}, nil
}

// Close ends the use of the folder; files opened before stay readable.
func (s *Store) Close() error { return s.root.Close() }

// Put stores what r gives, at most limit bytes. When it returns, the file is safe
// on disk. Its error is a [*Refusal] for content that will never be taken. Memory
// does not grow with the size; the same content twice is one file.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (Stored, error) {
	return s.Fill(ctx, limit, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// Fill is Put for a source that writes: what fill writes is stored when it returns
// nil. Its error is passed on, wrapped. After a write was refused, fill should
// return that error.
func (s *Store) Fill(ctx context.Context, limit int64, fill func(io.Writer) error) (Stored, error) {
	name := path.Join(unfinished, rand.Text())
	f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Stored{}, fmt.Errorf("create media file: %w", err)
	}
	kept, err := s.take(ctx, f, limit, fill)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = s.place(name, kept.Hash)
	}
	if err != nil {
		// What cannot be removed now is swept later.
		_ = s.root.Remove(name)
		return Stored{}, err
	}
	return kept, nil
}

// take fills f, looks at it and makes it durable.
func (s *Store) take(ctx context.Context, f *os.File, limit int64, fill func(io.Writer) error) (Stored, error) {
	w := &meter{ctx: ctx, file: f, limit: limit}
	sum := sha256.New()
	err := fill(io.MultiWriter(w, sum))
	switch {
	case w.refused != nil: // whatever fill made of it
		return Stored{}, w.refused
	case err != nil:
		return Stored{}, fmt.Errorf("fill media file: %w", err)
	case w.size == 0:
		return Stored{}, &Refusal{Reason: Empty}
	}
	kind, err := Sniff(f, w.size)
	if err != nil {
		return Stored{}, err
	}
	if err := f.Sync(); err != nil {
		return Stored{}, fmt.Errorf("sync media file: %w", err)
	}
	return Stored{Hash: hex.EncodeToString(sum.Sum(nil)), Size: w.size, Type: kind}, nil
}

// place moves a complete file to where its hash says. A file that is there already
// has the same bytes; replacing it makes it young again and heals a damaged one.
func (s *Store) place(name, hash string) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	home := address(hash)
	if err := s.root.MkdirAll(path.Dir(home), 0o700); err != nil {
		return fmt.Errorf("make media folder: %w", err)
	}
	if err := s.root.Rename(name, home); err != nil {
		return fmt.Errorf("name media file: %w", err)
	}
	for _, dir := range []string{path.Dir(home), path.Dir(path.Dir(home)), "."} {
		if err := s.syncFolder(dir); err != nil {
			return fmt.Errorf("sync media folder: %w", err)
		}
	}
	return nil
}

func (s *Store) syncFolder(name string) error {
	d, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens a stored file for reading. The error for a hash that is not there is
// fs.ErrNotExist.
func (s *Store) Open(hash string) (*os.File, error) {
	if !isHash(hash) {
		return nil, fmt.Errorf("open media %.80q: %w", hash, fs.ErrNotExist)
	}
	f, err := s.root.Open(address(hash))
	if err != nil {
		return nil, fmt.Errorf("open media %s: %w", hash, err)
	}
	return f, nil
}

// Stat says what is stored under a hash, by looking at it again. The error for a
// hash that is not there is fs.ErrNotExist.
func (s *Store) Stat(hash string) (Stored, error) {
	f, err := s.Open(hash)
	if err != nil {
		return Stored{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Stored{}, fmt.Errorf("look at media %s: %w", hash, err)
	}
	kind, err := Sniff(f, info.Size())
	if err != nil {
		return Stored{}, err
	}
	return Stored{Hash: hash, Size: info.Size(), Type: kind}, nil
}

// Remove forgets a file. One that is not there is no error.
func (s *Store) Remove(hash string) error {
	if !isHash(hash) {
		return nil
	}
	if err := s.root.Remove(address(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove media %s: %w", hash, err)
	}
	return nil
}

// address is where the file of a hash is.
func address(hash string) string { return path.Join(hash[:2], hash[2:4], hash) }

func isHash(s string) bool {
	if len(s) != sha256.Size*2 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// A meter passes on at most limit bytes.
type meter struct {
	ctx     context.Context
	file    io.Writer
	limit   int64
	size    int64
	refused error
}

func (m *meter) Write(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	if m.refused == nil && m.size+int64(len(p)) > m.limit {
		m.refused = &Refusal{Reason: TooLarge, Limit: m.limit}
	}
	if m.refused != nil {
		return 0, m.refused
	}
	n, err := m.file.Write(p)
	m.size += int64(n)
	return n, err
}

// A Sweep is what a sweep removed.
type Sweep struct {
	Files int // nobody's
	Bytes int64
	Parts int // of writes that never ended
}

// The least age of an unfinished file to be called abandoned: a write that goes on
// touches its file.
const abandoned = time.Hour

// Sweep removes files older than age that keep does not want, and what broken
// writes left behind. now is compared with file times. It ends at the first error
// of keep; what it cannot remove is left for the next time and reported.
func (s *Store) Sweep(ctx context.Context, now time.Time, age time.Duration, keep func(hash string) (bool, error)) (Sweep, error) {
	var done Sweep
	var left []error
	err := fs.WalkDir(s.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		part := path.Dir(name) == unfinished
		hash := d.Name()
		if !part && (!isHash(hash) || name != address(hash)) {
			return ctx.Err() // not ours
		}
		size, err := s.sweepOne(name, now, age, part, keep)
		switch {
		case errors.Is(err, errKeep):
			return err
		case err != nil:
			left = append(left, err)
		case size < 0:
		case part:
			done.Parts++
		default:
			done.Files++
			done.Bytes += size
		}
		return ctx.Err()
	})
	if err = errors.Join(append(left, err)...); err != nil {
		return done, fmt.Errorf("sweep media: %w", err)
	}
	return done, nil
}

var errKeep = errors.New("ask who refers to it")

// sweepOne removes one file if it may go; its size, or -1 when it stays.
func (s *Store) sweepOne(name string, now time.Time, age time.Duration, part bool, keep func(hash string) (bool, error)) (int64, error) {
	if part {
		age = abandoned
	}
	info, err := s.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && now.Sub(info.ModTime()) < age {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	if !part {
		if wanted, err := keep(path.Base(name)); err != nil {
			return -1, errors.Join(errKeep, err)
		} else if wanted {
			return -1, nil
		}
	}
	s.moving.Lock()
	defer s.moving.Unlock()
	// Stored again meanwhile?
	if info, err = s.root.Stat(name); err != nil || now.Sub(info.ModTime()) < age {
		return -1, nil
	}
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return -1, err
	}
	return info.Size(), nil
}
