package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Safe is a cell that no spreadsheet takes for a formula. [Unsafe] undoes it.
func Safe(cell string) string {
	if formula(cell) || strings.HasPrefix(cell, "'") && formula(cell[1:]) {
		return "'" + cell
	}
	return cell
}

// Unsafe is a cell as it was before [Safe].
func Unsafe(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && (formula(rest) || strings.HasPrefix(rest, "'")) {
		return rest
	}
	return cell
}

func formula(cell string) bool {
	return cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0])
}

// A Writer writes a CSV that spreadsheets read as it is meant: with a mark of UTF-8,
// parted by semicolons, and without formulas. [New] reads it again.
type Writer struct{ out *bufio.Writer }

// NewWriter begins a CSV.
func NewWriter(w io.Writer) *Writer {
	out := bufio.NewWriter(w)
	_, _ = out.WriteString("\ufeff") // Flush has the error
	return &Writer{out}
}

// Write writes a row; [Writer.Flush] has its error.
func (w *Writer) Write(cells ...string) {
	for i, c := range cells {
		if i > 0 {
			_ = w.out.WriteByte(';')
		}
		_, _ = w.out.WriteString(`"` + strings.ReplaceAll(Safe(c), `"`, `""`) + `"`)
	}
	_, _ = w.out.WriteString("\r\n")
}

// Flush hands on what was written.
func (w *Writer) Flush() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// WriteBook writes a workbook of one sheet: bold names of columns, and cells that are all
// text, so that no number loses its zeros.
func WriteBook(w io.Writer, sheet string, rows [][]string) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closed := f.Close(); err == nil && closed != nil {
			err = fmt.Errorf("close workbook: %w", closed)
		}
	}()
	if err := fill(f, sheet, rows); err != nil {
		return fmt.Errorf("fill workbook: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

func fill(f *excelize.File, sheet string, rows [][]string) error {
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	plain, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	out, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i := range rows[0] {
		if err := out.SetColStyle(i+1, i+1, plain); err != nil {
			return err
		}
		if err := out.SetColWidth(i+1, i+1, 22); err != nil {
			return err
		}
	}
	for i, row := range rows {
		style := plain
		if i == 0 {
			style = bold
		}
		cells := make([]any, len(row))
		for k, c := range row {
			cells[k] = excelize.Cell{StyleID: style, Value: c}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := out.SetRow(at, cells); err != nil {
			return err
		}
	}
	return out.Flush()
}
