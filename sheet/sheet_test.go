package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// read reads all of a file: rows as "line:cell|cell", and what stands for those that
// cannot be read.
func read(t *testing.T, data []byte, o Options) (rows []string) {
	t.Helper()
	table, err := New(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer table.Close()
	for row, err := range table.Rows() {
		if bad, ok := errors.AsType[*RowError](err); ok {
			rows = append(rows, fmt.Sprintf("%d,%d:%s", bad.Line, bad.Column, bad.Key))
			continue
		}
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		rows = append(rows, fmt.Sprintf("%d:%s", row.Line, strings.Join(row.Cells, "|")))
	}
	return rows
}

func TestCSVAsProgramsWriteIt(t *testing.T) {
	t.Parallel()
	wide := func(e unicode.Endianness, bom unicode.BOMPolicy, s string) string {
		out, err := unicode.UTF16(e, bom).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	cp1252, err := charmap.Windows1252.NewEncoder().String("Nama;HP\r\nCafé “Ana”;0812\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		data string
		want []string
	}{
		"commas":     {"a,b\n1,2\n", []string{"1:a|b", "2:1|2"}},
		"semicolons": {"\ufeffNama;Jumlah\r\nPT A, Tbk;1,5\r\nB;2\r\n", []string{"1:Nama|Jumlah", "2:PT A, Tbk|1,5", "3:B|2"}},
		"tabs":       {"a\tb\n1;2\t3\n", []string{"1:a|b", "2:1;2|3"}},
		"bars":       {"a|b\n1|2\n", []string{"1:a|b", "2:1|2"}},
		"said":       {"sep=;\na;b\n1;2\n", []string{"2:a|b", "3:1|2"}},
		"one column": {"Nama\nA\nB\n", []string{"1:Nama", "2:A", "3:B"}},
		"a title":    {"Daftar pelanggan\n\na;b\n1;2\n3;4\n", []string{"1:Daftar pelanggan", "3:a|b", "4:1|2", "5:3|4"}},
		"quotes":     {"a,b\n\"x \"\"y\"\", z\",\"two\nlines\"\n3,4\n", []string{"1:a|b", "2:x \"y\", z|two\nlines", "4:3|4"}},
		"stray":      {"a,b\n5\" disk,\"x\"y\n", []string{"1:a|b", "2:5\" disk|xy"}},
		"ragged":     {"a,b,c\n1\n\n1,2,3,4\n ,,\n", []string{"1:a|b|c", "2:1", "4:1|2|3|4"}},
		"old mac":    {"a,b\r1,2\r", []string{"1:a|b", "2:1|2"}},
		"no end":     {"a,b\n1,", []string{"1:a|b", "2:1|"}},
		"empty":      {"", nil},
		"1252":       {cp1252, []string{"1:Nama|HP", "2:Café “Ana”|0812"}},
		"utf16le":    {wide(unicode.LittleEndian, unicode.UseBOM, "a;b\r\né;2\r\n"), []string{"1:a|b", "2:é|2"}},
		"utf16be":    {wide(unicode.BigEndian, unicode.UseBOM, "a\tb\r\né\t2\r\n"), []string{"1:a|b", "2:é|2"}},
		"unmarked":   {wide(unicode.LittleEndian, unicode.IgnoreBOM, "nama,hp\nana,0812\n"), []string{"1:nama|hp", "2:ana|0812"}},
		"huge":       {"a,b\n1," + strings.Repeat("x", MaxCell+1) + "\n3,4\n", []string{"1:a|b", "2,2:cell_huge", "3:3|4"}},
		"many":       {"a,b\n" + strings.Repeat(",", MaxCells) + "\n3,4\n", []string{"1:a|b", "2,1001:cells_many", "3:3|4"}},
		"open":       {"a,b\n1,2\n3,\"4\n5,6\n", []string{"1:a|b", "2:1|2", "3,2:quote_open"}},
		"huge open":  {"a,b\n\"" + strings.Repeat("x\n", MaxCell) + "\",2\n3,4\n", []string{"1:a|b", "2,1:cell_huge", fmt.Sprintf("%d:3|4", MaxCell+3)}},
		"huge row":   {"a,b\n" + strings.Repeat(strings.Repeat("x", MaxCell)+",", 20) + "\n3,4\n", []string{"1:a|b", "2,17:row_huge", "3:3|4"}},
	} {
		if got := read(t, []byte(test.data), Options{}); !slices.Equal(got, test.want) {
			t.Errorf("%s: %.200q, want %.200q", name, got, test.want)
		}
	}
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	set := func(sheet, cell string, v any) {
		if err := f.SetCellValue(sheet, cell, v); err != nil {
			t.Fatal(err)
		}
	}
	set("Sheet1", "A1", "HP")
	set("Sheet1", "B1", "Tgl")
	set("Sheet1", "A3", 6281234567890)
	set("Sheet1", "B3", 46349.5)
	set("Sheet1", "D3", 99.5)
	set("Sheet1", "A4", "=HYPERLINK(\"x\")")
	if err := f.SetCellFormula("Sheet1", "C4", "SUM(1,2)"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("Pesanan"); err != nil {
		t.Fatal(err)
	}
	set("Pesanan", "A1", "dua")
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := []string{"1:HP|Tgl", "3:6281234567890|46349.5||99.5", "4:=HYPERLINK(\"x\")"}
	if got := read(t, b.Bytes(), Options{}); !slices.Equal(got, want) {
		t.Errorf("first sheet %q, want %q", got, want)
	}
	if got := read(t, b.Bytes(), Options{Sheet: "pesanan"}); !slices.Equal(got, []string{"1:dua"}) {
		t.Errorf("second sheet %q", got)
	}
	if _, err := New(bytes.NewReader(b.Bytes()), int64(b.Len()), Options{Sheet: "x"}); err == nil || !strings.Contains(err.Error(), `"Pesanan"`) {
		t.Errorf("a sheet that is not there: %v", err)
	}
}

func TestNumbersAsASpreadsheetShowsThem(t *testing.T) {
	t.Parallel()
	for c, want := range map[string]string{
		"6.281234567890E+12": "6281234567890", "6.2812345678900002E+12": "6281234567890", "6.28E+12": "6.28E+12", "99.500000000000014": "99.5",
		"46349.586805555555": "46349.5868055556", "0812": "0812", "6281234567890": "6281234567890", "123456789012345678": "123456789012345678",
		"abc": "abc", "1E+99": "1E+99", "-12.300000000000001": "-12.3",
	} {
		if got := plain(c); got != want {
			t.Errorf("%s is %s, want %s", c, got, want)
		}
	}
}

func TestFilesThatAreNoTables(t *testing.T) {
	t.Parallel()
	pack := func(name string, size int) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, part := range []string{"xl/workbook.xml", name} {
			w, err := z.Create(part)
			if err != nil {
				t.Fatal(err)
			}
			if part == name {
				for range size >> 20 {
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, data := range map[string]string{
		"old xls":   "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
		"page":      "<html><table>",
		"pdf":       "%PDF-1.7",
		"zeros":     "a,b\n1,\x00\x01\x02\x03\n",
		"not a zip": "PK\x03\x04 nothing",
		"a zip":     strings.Replace(pack("a.txt", 0), "xl/workbook.xml", "xl/workbook.txt", -1),
		"bomb":      pack("xl/media/a.png", 20<<20),
		"no sheets": pack("xl/worksheets/sheet1.xml", 0),
	} {
		table, err := New(strings.NewReader(data), int64(len(data)), Options{})
		if _, ok := errors.AsType[*FormatError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			table.Close()
		}
	}
}

// What is written is read again as it was, and no cell is a formula.
func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	cells := []string{"=1+1", "+62 812", "-5", "@x", "'=x", "a;b", "a\"b", "two\nlines", "", "é", "'x"}
	var b bytes.Buffer
	w := NewWriter(&b)
	w.Write("a", "b")
	w.Write(cells...)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	table, err := New(bytes.NewReader(b.Bytes()), int64(b.Len()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	var last Row
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		last = row
	}
	for i, c := range last.Cells {
		if strings.ContainsAny(c[:min(1, len(c))], "=+-@") {
			t.Errorf("%q is a formula", c)
		}
		if got := Unsafe(c); got != cells[i] {
			t.Errorf("%q became %q", cells[i], got)
		}
	}
	var book bytes.Buffer
	if err := WriteBook(&book, "Pelanggan", [][]string{{"Nama", "HP"}, {"Budi", "0812"}}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, book.Bytes(), Options{}); !slices.Equal(got, []string{"1:Nama|HP", "2:Budi|0812"}) {
		t.Errorf("book %q", got)
	}
}

// Whatever a file holds, it is read to its end within bounds, or refused.
func FuzzTable(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "\ufeffNama;HP\r\n=cmd|' /C calc'!A0;+62\r\n", "a\tb\n\"x\ny\"\tz", "\xff\xfea\x00;\x00", "Caf\xe9;1\n", "sep=|\na|b\n",
		strings.Repeat("x", MaxCell+5), "\"" + strings.Repeat("x", 100), "a;b;c\n" + strings.Repeat(";", 2000), "PK\x03\x04", "\r\r\n\"\"\"\r",
	} {
		f.Add([]byte(s))
	}
	var book bytes.Buffer
	if err := WriteBook(&book, "x", [][]string{{"Nama", "HP"}, {"=1+1", "0812"}}); err != nil {
		f.Fatal(err)
	}
	f.Add(book.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := New(bytes.NewReader(data), int64(len(data)), Options{})
		if err != nil {
			return
		}
		defer table.Close()
		line := 0
		for row, err := range table.Rows() {
			if err != nil {
				if bad, ok := errors.AsType[*RowError](err); ok && (bad.Line < 1 || bad.Column < 1 || bad.Say("id") == "") {
					t.Errorf("%+v", bad)
				}
				continue
			}
			if row.Line <= line || len(row.Cells) > MaxCells {
				t.Fatalf("row %d of %d cells follows row %d", row.Line, len(row.Cells), line)
			}
			line = row.Line
			for _, c := range row.Cells {
				if len(c) > 3*MaxCell || strings.ContainsRune(c, 0) || Unsafe(Safe(c)) != c || strings.ToValidUTF8(c, "") != c {
					t.Fatalf("cell %.100q", c)
				}
			}
		}
	})
}
