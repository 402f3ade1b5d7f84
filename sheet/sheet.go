// Package sheet reads tables as people keep them: CSV in whatever way a program wrote it,
// and XLSX. Rows are read one by one, in bounded memory; formulas are what they last
// showed, and nothing in a file is ever executed. It knows nothing of what a table means.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// What a file may hold.
const (
	MaxFile  = 256 << 20 // bytes of a file
	MaxCell  = 64 << 10  // bytes of a cell
	MaxRow   = 1 << 20   // bytes of a row
	MaxCells = 1000      // cells of a row
	MaxRows  = 1 << 20   // rows of a table, as in a spreadsheet
)

// A Row is a row of a table.
type Row struct {
	Line  int // where it begins in the file, from 1
	Cells []string
}

// Empty reports whether nothing stands in the row.
func (r Row) Empty() bool {
	for _, c := range r.Cells {
		if len(bytes.TrimSpace([]byte(c))) > 0 {
			return false
		}
	}
	return true
}

// A RowError is a row that cannot be read; those after it can.
type RowError struct {
	Line   int
	Column int    // from 1
	Key    string // stable: "cell_huge", "row_huge", "cells_many", "quote_open"
}

var rowErrors = map[string][2]string{
	"cell_huge":  {"Sel ini lebih dari 64 KB. Periksa tanda kutip yang tidak ditutup, atau ringkas isinya.", "this cell has over 64 KB: look for a quote that is not closed, or shorten it"},
	"row_huge":   {"Baris ini lebih dari 1 MB. Periksa tanda kutip yang tidak ditutup.", "this row has over 1 MB: look for a quote that is not closed"},
	"cells_many": {"Baris ini punya lebih dari 1.000 kolom. Periksa pemisah kolomnya.", "this row has over 1,000 columns: look at what parts them"},
	"quote_open": {"Tanda kutip di sel ini tidak pernah ditutup, jadi semua baris sesudahnya tidak terbaca. Tutup kutipnya lalu impor lagi.", "the quote in this cell is never closed, so that nothing behind it could be read: close it and import again"},
}

// Say is what people read: what is the matter and what to do. Any language but "en" reads
// Indonesian.
func (e *RowError) Say(language string) string {
	if language == "en" {
		return rowErrors[e.Key][1]
	}
	return rowErrors[e.Key][0]
}

func (e *RowError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Say("en"))
}

// A FormatError is a file that is no table this package reads, with what to do.
type FormatError struct{ Why string }

func (e *FormatError) Error() string { return e.Why }

func unfit(format string, args ...any) error { return &FormatError{fmt.Sprintf(format, args...)} }

// Options say what to read. The zero value is good.
type Options struct {
	Sheet string // of a workbook; "" for the first
}

// A Table is an open file.
type Table struct {
	source
	file io.Closer
}

type source interface {
	rows() iter.Seq2[Row, error]
	// done is how much has been read, 0 to 1, or below 0 if nobody can tell.
	done() float64
	// early says that days are counted from 1904.
	early() bool
	close() error
}

// Open opens a file; close it when done. [FormatError] for one that cannot be read.
func Open(path string, o Options) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = unfit("%s is no file", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t, err := New(f, info.Size(), o)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t.file = f
	return t, nil
}

// New is [Open] for what is not in the file system.
func New(r io.ReaderAt, size int64, o Options) (*Table, error) {
	if size > MaxFile {
		return nil, unfit("the file has %d MB, at most %d: part it", size>>20, MaxFile>>20)
	}
	head := make([]byte, min(size, sniffed))
	if n, err := r.ReadAt(head, 0); err != nil && !(errors.Is(err, io.EOF) && n == len(head)) {
		return nil, fmt.Errorf("read table: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		s, err := openBook(r, size, o.Sheet)
		if err != nil {
			return nil, err
		}
		return &Table{source: s}, nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return nil, unfit("this is an old .xls, or a workbook with a password: save it as .xlsx without one, or as CSV")
	case bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff \t\r\n"), []byte("<")):
		return nil, unfit("this is a page or XML under another name: open it in a spreadsheet and save it as .xlsx or CSV")
	case bytes.HasPrefix(head, []byte("%PDF")):
		return nil, unfit("this is a PDF: export the list as .xlsx or CSV")
	case o.Sheet != "":
		return nil, unfit("a CSV has no sheet %q: leave --sheet out", o.Sheet)
	}
	s, err := openText(r, size, head)
	if err != nil {
		return nil, err
	}
	return &Table{source: s}, nil
}

// Rows are the rows, without empty ones, once. A [RowError] stands for one that cannot be
// read, and others follow it; any other error is the last.
func (t *Table) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		n := 0
		for row, err := range t.rows() {
			if err == nil && row.Empty() {
				continue
			}
			if n++; n > MaxRows {
				yield(Row{}, unfit("the table has more than %d rows: part it", MaxRows))
				return
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// Done is how much has been read, 0 to 1, or below 0 if nobody can tell.
func (t *Table) Done() float64 { return t.done() }

// From1904 reports whether days that are numbers are counted from 1 January 1904 instead
// of 30 December 1899.
func (t *Table) From1904() bool { return t.early() }

// Close closes the file.
func (t *Table) Close() error {
	err := t.close()
	if t.file != nil {
		err = errors.Join(err, t.file.Close())
	}
	return err
}
