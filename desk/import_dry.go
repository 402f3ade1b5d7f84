package desk

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// A dryStore is what a dry run would have written so far. It lies in a temporary file: a
// list of a million rows would fill the memory.
type dryStore struct {
	file  *os.File
	size  int64
	docs  map[[16]byte]extent // by the hash of their ref
	given map[string]int64
}

// An extent is where a document lies in the file.
type extent struct {
	at   int64
	size int32 // below 0 for a document that was deleted
}

func newDryStore() (*dryStore, error) {
	f, err := os.CreateTemp("", "halo-dry-run-*")
	if err != nil {
		return nil, fmt.Errorf("keep what a dry run would write: %w", err)
	}
	return &dryStore{file: f, docs: map[[16]byte]extent{}, given: map[string]int64{}}, nil
}

// close forgets everything. A nil one is none.
func (d *dryStore) close() error {
	if d == nil {
		return nil
	}
	if err := errors.Join(d.file.Close(), os.Remove(d.file.Name())); err != nil {
		return fmt.Errorf("forget what a dry run would write: %w", err)
	}
	return nil
}

func hashed(ref ledger.Ref) [16]byte {
	sum := sha256.Sum256([]byte(ref.String()))
	return [16]byte(sum[:16])
}

// keep notes what a commit would have written, under the bounds of a real one.
func (d *dryStore) keep(c ledger.Change) error {
	for _, p := range c.Puts {
		if len(p.Data) > store.MaxDoc {
			return fmt.Errorf("%w: %s has %d bytes", ledger.ErrTooLarge, p.Ref, len(p.Data))
		}
	}
	for _, p := range c.Puts {
		if p.Data == nil {
			d.docs[hashed(p.Ref)] = extent{size: -1}
			continue
		}
		if _, err := d.file.WriteAt(p.Data, d.size); err != nil {
			return fmt.Errorf("keep what a dry run would write: %w", err)
		}
		d.docs[hashed(p.Ref)] = extent{d.size, int32(len(p.Data))}
		d.size += int64(len(p.Data))
	}
	return nil
}

// doc is what would have been written; ok is false for what would not.
func (d *dryStore) doc(ref ledger.Ref) (data []byte, ok bool, err error) {
	at, ok := d.docs[hashed(ref)]
	if !ok || at.size < 0 {
		return nil, ok, nil
	}
	data = make([]byte, at.size)
	if _, err := d.file.ReadAt(data, at.at); err != nil {
		return nil, false, fmt.Errorf("look at what a dry run would write: %w", err)
	}
	return data, true, nil
}

// A dryReader answers from what a dry run would have written, else from what is stored.
type dryReader struct {
	*dryStore
	tx *ledger.Tx
}

func (d *dryReader) Doc(ref ledger.Ref) (ledger.Doc, error) {
	if data, ok, err := d.doc(ref); ok || err != nil {
		return ledger.Doc{Version: 1, Data: data}, err
	}
	data, err := d.tx.Doc(ref)
	return ledger.Doc{Data: data}, err
}

// Next gives numbers that are nobody's: a dry run uses none up.
func (d *dryReader) Next(series string) (int64, error) {
	d.given[series]++
	return 1_000_000 + d.given[series], nil
}

func (d *dryReader) Status(log, letter string) (ledger.Status, bool, error) {
	return d.tx.Status(log, letter)
}

func (d *dryReader) LetterByExt(log, ext string) (string, bool, error) {
	return d.tx.LetterByExt(log, ext)
}

func (d *dryReader) DeadLetter(id string) (ledger.Letter, bool, error) { return d.tx.DeadLetter(id) }

func (d *dryReader) Expect(refs []ledger.Ref) { d.tx.Expect(refs...) }
