package sheet

import (
	"archive/zip"
	"fmt"
	"io"
	"iter"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/xuri/excelize/v2"
)

// What a workbook may unpack to.
const (
	mostUnpacked = 768 << 20 // all of it: what is large lies in temporary files
	mostPart     = 16 << 20  // a part that is no table: it lies in memory
	mostParts    = 5000
	mostAside    = 64 << 20 // all parts that are no tables
	inMemory     = 16 << 20 // a table or its texts; larger ones lie in temporary files
)

// A book is a sheet of a workbook.
type book struct {
	file  *excelize.File
	sheet string
	from4 bool
	total int64 // rows, as the sheet says; 0 if it does not
	line  atomic.Int64
}

func openBook(r io.ReaderAt, size int64, name string) (b *book, err error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, unfit("the workbook is damaged (%v): save it anew", err)
	}
	if err := checkParts(z); err != nil {
		return nil, err
	}
	// A damaged workbook is a fault of the file, whatever the library makes of it.
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, unfit("the workbook is damaged: save it anew")
		}
	}()
	f, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: inMemory,
	})
	if err != nil {
		return nil, unfit("the workbook cannot be read (%v): save it anew as .xlsx, without a password", err)
	}
	b = &book{file: f}
	if b.sheet, err = pickSheet(f.GetSheetList(), name); err != nil {
		_ = f.Close()
		return nil, err
	}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		b.from4 = *props.Date1904
	}
	b.total = dimension(z, slices.Index(f.GetSheetList(), b.sheet)+1)
	return b, nil
}

func pickSheet(all []string, name string) (string, error) {
	if len(all) == 0 {
		return "", unfit("the workbook has no sheet")
	}
	if name == "" {
		return all[0], nil
	}
	for _, s := range all {
		if strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(name)) {
			return s, nil
		}
	}
	return "", unfit("the workbook has no sheet %q; it has %s", name, strings.Join(quoted(all), ", "))
}

func quoted(all []string) []string {
	out := make([]string, 0, len(all))
	for _, s := range all[:min(len(all), 20)] {
		out = append(out, strconv.Quote(s))
	}
	return out
}

// checkParts refuses what would fill the memory or the disk.
func checkParts(z *zip.Reader) error {
	if len(z.File) > mostParts {
		return unfit("the workbook has %d parts, at most %d: save only the list in a new one", len(z.File), mostParts)
	}
	var all, aside uint64
	sheets := false
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		table := strings.HasPrefix(strings.TrimPrefix(name, "/"), "xl/worksheets/") || strings.HasSuffix(name, "xl/sharedstrings.xml")
		sheets = sheets || strings.HasSuffix(name, "xl/workbook.xml")
		size := f.UncompressedSize64
		if size > mostUnpacked || !table && size > mostPart {
			return unfit("the part %q of the workbook unpacks to %d MB: save only the list in a new one", f.Name, size>>20)
		}
		if all += size; !table {
			aside += size
		}
		if all > mostUnpacked || aside > mostAside {
			return unfit("the workbook unpacks to more than %d MB (%d MB without its tables): save only the list in a new one", mostUnpacked>>20, mostAside>>20)
		}
	}
	if !sheets {
		return unfit("this is a packed file and no workbook (.xlsx): unpack it, or save the list as .xlsx or CSV")
	}
	return nil
}

var dimensionOf = regexp.MustCompile(`<(?:\w+:)?dimension ref="[A-Z]+\d+:[A-Z]+(\d{1,8})"`)

// dimension is how many rows the nth sheet says it has, 0 if it does not.
func dimension(z *zip.Reader, n int) int64 {
	f, err := z.Open(fmt.Sprintf("xl/worksheets/sheet%d.xml", n))
	if err != nil {
		return 0
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 4<<10))
	if m := dimensionOf.FindSubmatch(head); err == nil && m != nil {
		rows, _ := strconv.ParseInt(string(m[1]), 10, 64) // digits
		return rows
	}
	return 0
}

func (b *book) early() bool { return b.from4 }

func (b *book) close() error {
	if err := b.file.Close(); err != nil {
		return fmt.Errorf("close workbook: %w", err)
	}
	return nil
}

func (b *book) done() float64 {
	if b.total == 0 {
		return -1
	}
	return math.Min(1, float64(b.line.Load())/float64(b.total))
}

func (b *book) rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows, err := b.file.Rows(b.sheet)
		if err != nil {
			yield(Row{}, unfit("the sheet %q cannot be read: %v", b.sheet, err))
			return
		}
		defer rows.Close()
		for line := 1; ; line++ {
			cells, more, err := columns(rows)
			b.line.Store(int64(line))
			switch {
			case err != nil:
				yield(Row{Line: line}, unfit("the sheet %q is damaged at row %d: save it anew", b.sheet, line))
				return
			case !more:
				return
			case line > MaxRows:
				yield(Row{}, unfit("the sheet has more than %d rows: part it", MaxRows))
				return
			}
			row, err := checkRow(line, cells)
			if !yield(row, err) {
				return
			}
		}
	}
}

// columns reads the next row; a panic of the library is a damaged sheet.
func columns(rows *excelize.Rows) (cells []string, more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read row: %v", p)
		}
	}()
	if !rows.Next() {
		return nil, false, rows.Error()
	}
	cells, err = rows.Columns()
	return cells, true, err
}

func checkRow(line int, cells []string) (Row, error) {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	r := Row{Line: line, Cells: cells}
	if len(cells) > MaxCells {
		return Row{Line: line}, &RowError{Line: line, Column: MaxCells + 1, Key: "cells_many"}
	}
	size := 0
	for i, c := range cells {
		if size += len(c); len(c) > MaxCell {
			return Row{Line: line}, &RowError{Line: line, Column: i + 1, Key: "cell_huge"}
		}
		if size > MaxRow {
			return Row{Line: line}, &RowError{Line: line, Column: i + 1, Key: "row_huge"}
		}
		cells[i] = strings.ReplaceAll(strings.ToValidUTF8(plain(c), ""), "\x00", "")
	}
	return r, nil
}

// longFigure is a number with more digits than a spreadsheet shows: what is left of
// reckoning in twos, or a long number in powers of ten.
var longFigure = regexp.MustCompile(`^-?\d+(\.\d+)?([eE][+-]?\d{1,2})?$`)

// plain is a number as the spreadsheet would show it in a wide column: 15 digits, no
// powers of ten. What is too short for its power is left: it was typed, and cut.
func plain(c string) string {
	if len(c) < 8 || len(c) > 40 || !longFigure.MatchString(c) {
		return c
	}
	mantissa, power, powered := strings.Cut(strings.ToLower(c), "e")
	whole, part, broken := strings.Cut(mantissa, ".")
	if powered {
		n, err := strconv.Atoi(strings.TrimPrefix(power, "+"))
		if err != nil || n > 0 && len(part) < n-2 {
			return c
		}
	} else if !broken || len(whole)+len(part) < 16 {
		return c
	}
	f, err := strconv.ParseFloat(c, 64)
	if err != nil || math.Abs(f) >= 1e15 {
		return c
	}
	f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		return c
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
