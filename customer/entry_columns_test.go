package customer

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestHeadersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Nama Perusahaan;No. HP;WA;Nama":                      "name phone phone person",
		"NAMA;no_hp;Kode-Pelanggan;Setuju dihubungi?":         "name phone key consent",
		"Company Name;Contact Person;Mobile Number;Job":       "name person phone ",
		"Kode;Nama Toko;PIC;Telp.;Jabatan;Grup Outlet/Domain": "key name person phone type place",
	} {
		h := ReadHeader(strings.Split(header, ";"), EntryColumns())
		if got := strings.Join(h.fields, " "); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
		if err := h.CheckEntries(); err != nil {
			t.Errorf("%q: %v", header, err)
		}
	}
	for header, want := range map[string]string{
		"No;Tgl Pesan;Pelanggan;Total (Rp)":                    "number placed name amount",
		"No;No. Faktur;Tanggal;Tgl Kirim;Customer;Nilai;Kurs":  " number placed done name amount currency",
		"Order ID;Order Date;Customer ID;Amount;Currency;Memo": "number placed key amount currency ",
	} {
		h := ReadHeader(strings.Split(header, ";"), OrderColumns())
		if got := strings.Join(h.fields, " "); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
		if err := h.CheckOrders(); err != nil {
			t.Errorf("%q: %v", header, err)
		}
	}
	h := ReadHeader([]string{"Nama", "Warna", "alasan"}, OrderColumns())
	if got := h.Unknown(); !slices.Equal(got, []string{"Warna"}) {
		t.Errorf("unknown %v", got)
	}
	err := h.CheckOrders()
	if _, ok := errors.AsType[*HeaderError](err); !ok || !strings.Contains(err.Error(), `"No. Pesanan"`) || !strings.Contains(err.Error(), "Tgl Pesan (Order Date)") || !strings.Contains(err.Error(), "Nama, Warna") {
		t.Errorf("what is missing is said %v", err)
	}
	if got := ReadHeader([]string{"HP", "Nama", "WA"}, EntryColumns()).Entry([]string{"0812", "", "0813"}); got.Phone != "0812, 0813" {
		t.Errorf("numbers %+v", got)
	}
}

// Every name of a column is found, and means one column of its list.
func TestColumnNamesAreClear(t *testing.T) {
	t.Parallel()
	for _, columns := range [][]Column{EntryColumns(), OrderColumns()} {
		seen := map[string]string{}
		for _, c := range columns {
			for _, name := range c.names() {
				if was, ok := seen[name]; ok && was != c.Field {
					t.Errorf("%q means %s and %s", name, was, c.Field)
				}
				if said(name) != name {
					t.Errorf("%q of %s is never found: write %q", name, c.Field, said(name))
				}
				seen[name] = c.Field
			}
		}
	}
}
