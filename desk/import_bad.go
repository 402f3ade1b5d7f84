package desk

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/sheet"
)

// A trouble is what is wrong with a row, in a column of it, -1 for none of them.
type trouble struct {
	column int
	why    string
}

// badRows are the rows that were not taken in: a list like the one they came from, with
// line, column and reason, so that it can be mended and imported. The file is made with
// the first of them.
type badRows struct {
	path   string // "" once it is known that there are none
	header []string
	file   *os.File
	out    *sheet.Writer
	own    customer.Header
}

// same reports whether two paths are one file.
func same(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// firstShown is how many bad rows are told at once.
const firstShown = 5

// refuse notes a bad row.
func (r *intake) refuse(row sheet.Row, all []trouble) error {
	r.done.Bad++
	var columns, reasons []string
	for _, t := range all {
		name := ""
		if t.column >= 0 && t.column < len(r.bad.header) {
			name = strings.TrimSpace(r.bad.header[t.column])
		}
		if name == "" && t.column >= 0 {
			name = "kolom " + strconv.Itoa(t.column+1)
		}
		if name != "" && !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
		reasons = append(reasons, t.why)
	}
	column, reason := strings.Join(columns, ", "), strings.Join(reasons, " ")
	if len(r.done.First) < firstShown {
		where := "line " + strconv.Itoa(row.Line)
		if column != "" {
			where += ", " + column
		}
		r.done.First = append(r.done.First, where+": "+reason)
	}
	return r.bad.write(r.header, row, column, reason)
}

func (b *badRows) write(h customer.Header, row sheet.Row, column, reason string) error {
	if b.file == nil {
		f, err := os.OpenFile(b.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("write the bad rows: %w", err)
		}
		b.file, b.out, b.own = f, sheet.NewWriter(f), h
		b.out.Write(append(b.theirs(b.header), "baris", "kolom", "alasan")...)
	}
	cells := make([]string, len(b.header))
	copy(cells, row.Cells)
	b.out.Write(append(b.theirs(cells), strconv.Itoa(row.Line), column, reason)...)
	return b.out.Flush()
}

// theirs are the cells of the list itself, where it is one of bad rows.
func (b *badRows) theirs(cells []string) (out []string) {
	for i, c := range cells {
		if !b.own.Own(i) {
			out = append(out, c)
		}
	}
	return out
}

// close ends the file; without one there is no path to it.
func (b *badRows) close() error {
	if b.file == nil {
		b.path = ""
		return nil
	}
	if err := b.file.Close(); err != nil {
		return fmt.Errorf("write the bad rows: %w", err)
	}
	return nil
}

// WriteTemplate writes an empty list with two examples: a workbook, or a CSV if the name
// ends so.
func WriteTemplate(w io.Writer, list List, name string) error {
	rows := template(list)
	if !strings.HasSuffix(strings.ToLower(name), ".csv") {
		return sheet.WriteBook(w, map[List]string{ListCustomers: "Pelanggan", ListOrders: "Pesanan"}[list], rows)
	}
	out := sheet.NewWriter(w)
	for _, row := range rows {
		out.Write(row...)
	}
	return out.Flush()
}

func template(list List) [][]string {
	columns, examples := customer.EntryColumns(), []map[string]string{
		{
			"key": "C-001", "name": "PT Contoh Jaya", "system": "panel", "place": "Grup Contoh", "market": "lokal", "modules": "POS, Gudang",
			"aliases": "Contoh", "person": "Budi", "phone": "081234567890", "type": "Admin", "note": "Telepon pagi", "consent": "ya",
		},
		{
			"key": "C-002", "name": "Sample Trading Ltd", "system": "private", "place": "erp.sample.example", "market": "internasional",
			"person": "Mei Lin", "phone": "+65 8123 4567", "consent": "tidak",
		},
	}
	if list == ListOrders {
		columns, examples = customer.OrderColumns(), []map[string]string{
			{"number": "INV-2026-001", "key": "C-001", "name": "PT Contoh Jaya", "placed": "23/11/2026", "done": "30/11/2026", "what": "Kasir 2 outlet", "amount": "1.250.000", "currency": "IDR"},
			{"number": "INV-2026-002", "name": "Sample Trading Ltd", "placed": "2026-11-24", "status": "batal", "what": "Scanner", "amount": "99.50", "currency": "USD"},
		}
	}
	rows := make([][]string, 1+len(examples))
	for _, c := range columns {
		rows[0] = append(rows[0], c.ID)
		for i, e := range examples {
			rows[i+1] = append(rows[i+1], e[c.Field])
		}
	}
	return rows
}
