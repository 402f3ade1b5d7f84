package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// sniffed is how many bytes are looked at to find out how a text is written.
const sniffed = 64 << 10

// A text is a CSV. Cells that are no UTF-8 are Windows-1252, which only a cell can tell:
// a file may be plain for megabytes.
type text struct {
	in    *bufio.Reader
	comma byte
	line  int
	read  atomic.Int64
	size  int64
}

func openText(r io.ReaderAt, size int64, head []byte) (*text, error) {
	t := &text{size: size, line: 1}
	raw := io.Reader(&counted{io.NewSectionReader(r, 0, size), &t.read})
	if e, wide := wideness(head); wide {
		d := unicode.UTF16(e, unicode.UseBOM)
		raw = d.NewDecoder().Reader(raw)
		var err error
		if head, err = d.NewDecoder().Bytes(head[:len(head)&^1]); err != nil {
			return nil, unfit("this is neither CSV nor XLSX: save it as one of them")
		}
	}
	if i := bytes.IndexByte(head, 0); i >= 0 {
		return nil, unfit("this is neither CSV nor XLSX: save it as one of them")
	}
	t.in = bufio.NewReaderSize(raw, 64<<10)
	if bom, err := t.in.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = t.in.Discard(3) // it was peeked
	}
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	t.comma = delimiter(head)
	if line, _, _ := bytes.Cut(head, []byte("\n")); len(line) < 8 && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) && len(line) > 4 {
		t.comma = line[4]
		if _, err := t.in.ReadSlice('\n'); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read table: %w", err)
		}
		t.line++
	}
	return t, nil
}

type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// wideness finds UTF-16 by its mark, or by zeros in every other place.
func wideness(head []byte) (unicode.Endianness, bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return unicode.BigEndian, true
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(head) / 2
	switch {
	case half > 1 && zeros[1] > half/2 && zeros[0] <= half/10:
		return unicode.LittleEndian, true
	case half > 1 && zeros[0] > half/2 && zeros[1] <= half/10:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// delimiter is the sign that parts the most rows of a text's beginning like its first one
// with two cells.
func delimiter(head []byte) byte {
	best, most := byte(','), 0
	for _, comma := range []byte(";\t|,") {
		counts := cellCounts(head, comma, 25)
		for i, n := range counts {
			if n < 2 {
				continue
			}
			same := 0
			for _, other := range counts[i:] {
				if other == n {
					same++
				}
			}
			// Rows that agree count more than many cells: a comma also parts figures.
			if score := same*100 + min(n, 99); score > most {
				best, most = comma, score
			}
			break
		}
	}
	return best
}

// cellCounts is how many cells the first rows have if they are parted by comma.
func cellCounts(head []byte, comma byte, most int) (counts []int) {
	cells, quoted, any := 1, false, false
	for i, b := range head {
		start := i == 0 || head[i-1] == comma || head[i-1] == '\n' || head[i-1] == '\r'
		switch {
		case b == '"' && (quoted || start):
			quoted, any = !quoted, true
		case quoted:
		case b == comma:
			cells++
			any = true
		case b == '\n' || b == '\r':
			if any {
				counts = append(counts, cells)
			}
			if cells, any = 1, false; len(counts) == most {
				return counts
			}
		default:
			any = true
		}
	}
	if any && !quoted {
		counts = append(counts, cells)
	}
	return counts
}

func (t *text) close() error { return nil }
func (t *text) early() bool  { return false }

func (t *text) done() float64 {
	if t.size == 0 {
		return 1
	}
	return float64(t.read.Load()) / float64(t.size)
}

func (t *text) rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := t.next()
			if errors.Is(err, io.EOF) {
				return
			}
			_, bad := errors.AsType[*RowError](err)
			if err != nil && !bad {
				err = fmt.Errorf("read table: line %d: %w", t.line, err)
			}
			if !yield(row, err) || err != nil && !bad {
				return
			}
		}
	}
}

// next reads a row; [io.EOF] when there is none. A row that is too large is read to its
// end, and forgotten.
func (t *text) next() (Row, error) {
	r := &record{Row: Row{Line: t.line}}
	quoted, after := false, false // inside quotes, behind the closing one
	for {
		b, err := t.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && quoted:
			r.fail("quote_open")
			return r.Row, r.bad
		case errors.Is(err, io.EOF) && len(r.Cells) == 0 && len(r.cell) == 0 && !after && r.bad == nil:
			return Row{}, io.EOF
		case errors.Is(err, io.EOF):
			return r.finish()
		case err != nil:
			return r.Row, err
		}
		if b == '\n' || b == '\r' && !t.peeks('\n') {
			t.line++
		}
		switch {
		case quoted && b == '"' && t.peeks('"'):
			_, _ = t.in.Discard(1) // it was peeked
			r.add('"')
		case quoted && b == '"':
			quoted, after = false, true
		case quoted:
			r.add(b)
		case b == '"' && len(r.cell) == 0 && !after:
			quoted = true
		case b == t.comma:
			r.end()
			after = false
		case b == '\n' || b == '\r' && !t.peeks('\n'):
			return r.finish()
		case b == '\r': // the next sign ends the row
		default:
			r.add(b)
		}
	}
}

func (t *text) peeks(want byte) bool {
	b, err := t.in.Peek(1)
	return err == nil && b[0] == want
}

// A record is a row while it is read.
type record struct {
	Row
	cell  []byte
	size  int
	count int
	bad   error // a *RowError, or nil
}

func (r *record) fail(key string) {
	if r.bad == nil {
		r.bad = &RowError{Line: r.Line, Column: r.count + 1, Key: key}
	}
	r.cell = r.cell[:0]
}

func (r *record) add(b byte) {
	if r.bad != nil {
		return
	}
	switch {
	case len(r.cell) >= MaxCell:
		r.fail("cell_huge")
	case r.size >= MaxRow:
		r.fail("row_huge")
	default:
		r.cell = append(r.cell, b)
		r.size++
	}
}

func (r *record) end() {
	if r.bad == nil && r.count == MaxCells {
		r.fail("cells_many")
	}
	if r.bad == nil {
		r.Cells = append(r.Cells, utf8Of(r.cell))
	}
	r.count++
	r.cell = r.cell[:0]
}

func (r *record) finish() (Row, error) {
	r.end()
	return r.Row, r.bad
}

// utf8Of is a cell as UTF-8, without signs that no text has.
func utf8Of(cell []byte) string {
	s := string(cell)
	if !utf8.Valid(cell) {
		if wide, err := charmap.Windows1252.NewDecoder().Bytes(cell); err == nil {
			s = string(wide)
		}
		s = strings.ToValidUTF8(s, "")
	}
	return strings.ReplaceAll(s, "\x00", "")
}
