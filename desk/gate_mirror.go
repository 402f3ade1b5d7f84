package desk

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"time"
)

// A mark says which commit was the last one at a time.
type mark struct {
	number int64
	at     time.Time
}

// A mirror is the number of the store's last commit, kept in a file outside the
// store: a store that is behind its mirror has lost what it had acknowledged. It is
// written after the store has answered, so it is never ahead, and without fsync: a
// power cut may put it behind, which only makes it notice less.
//
// The file is a table of fixed rows, written in place: the newest mark, then one a
// minute of the last day, so that one can tell from when on something is lost.
// A mirror is used by one goroutine.
type mirror struct {
	file *os.File
	rows [mirrorRows]mark
}

const (
	mirrorRows = 1 + 24*60
	mirrorRow  = 64 // bytes; a row never lies on two pages
)

// openMirror reads the file, or makes it. Rows that cannot be read count as empty.
func openMirror(path string) (*mirror, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open mirror of the store: %w", err)
	}
	m := &mirror{file: file}
	text, err := io.ReadAll(io.LimitReader(file, mirrorRows*mirrorRow))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read mirror of the store: %w", err), file.Close())
	}
	for i := range m.rows {
		if end := (i + 1) * mirrorRow; end <= len(text) {
			m.rows[i] = parseMark(string(text[i*mirrorRow : end]))
		}
	}
	return m, nil
}

func (m *mirror) close() error { return m.file.Close() }

// last is the newest mark, the zero mark when there is none.
func (m *mirror) last() mark {
	var newest mark
	for _, row := range m.rows {
		if row.number > newest.number || row.number == newest.number && row.at.After(newest.at) {
			newest = row
		}
	}
	return newest
}

// before is the newest mark of a commit not after number; ok is false when the file
// does not go back that far.
func (m *mirror) before(number int64) (found mark, ok bool) {
	for _, row := range m.rows {
		if !row.at.IsZero() && row.number <= number && row.at.After(found.at) {
			found, ok = row, true
		}
	}
	return found, ok
}

// note writes a mark, unless its commit is known already.
func (m *mirror) note(k mark) error {
	if k.number == m.rows[0].number {
		return nil
	}
	minute := 1 + int(k.at.Unix()/60%(mirrorRows-1))
	for _, i := range []int{minute, 0} {
		m.rows[i] = k
		if _, err := m.file.WriteAt([]byte(k.row()), int64(i*mirrorRow)); err != nil {
			return fmt.Errorf("write mirror of the store: %w", err)
		}
	}
	return nil
}

// row is the stored form: number, time (ms), checksum, blanks, end of line.
func (k mark) row() string {
	text := fmt.Sprintf("%d %d", k.number, k.at.UnixMilli())
	return fmt.Sprintf("%-*s\n", mirrorRow-1, fmt.Sprintf("%s %08x", text, crc32.ChecksumIEEE([]byte(text))))
}

func parseMark(row string) mark {
	var number, ms int64
	var sum uint32
	if _, err := fmt.Sscanf(strings.TrimSpace(row), "%d %d %x", &number, &ms, &sum); err != nil {
		return mark{}
	}
	k := mark{number: number, at: time.UnixMilli(ms)}
	if k.row() != row {
		return mark{}
	}
	return k
}
