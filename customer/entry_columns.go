package customer

import (
	"fmt"
	"slices"
	"strings"
)

// A Column is a field of a list by the names people give it.
type Column struct {
	Field  string // the Go name of the field of the Entry, lower case
	ID, EN string // the name in a template, in Indonesian and English
	Also   []string
	// Last are names that mean the field only when no other column does.
	Last []string
}

// EntryColumns are the columns of a list of customers, in the order of a template.
func EntryColumns() []Column {
	return []Column{
		{Field: "key", ID: "Kode Pelanggan", EN: "Customer Code", Also: []string{"kode", "kode customer", "kode klien", "id pelanggan", "id customer", "customer id", "customer key", "customer no", "no pelanggan", "nomor pelanggan", "client id", "client code", "id klien", "code", "key"}, Last: []string{"id"}},
		{Field: "name", ID: "Nama Perusahaan", EN: "Company", Also: []string{"perusahaan", "company name", "nama pelanggan", "pelanggan", "customer", "customer name", "nama customer", "nama toko", "toko", "nama usaha", "usaha", "nama klien", "klien", "client", "client name", "nama bisnis", "business name", "business", "instansi", "organization"}, Last: []string{"nama", "name"}},
		{Field: "system", ID: "Sistem", EN: "System", Also: []string{"jenis sistem", "tipe sistem", "system type", "panel private", "panel atau private", "hosting"}},
		{Field: "place", ID: "Grup Outlet/Domain", EN: "Outlet Group/Domain", Also: []string{"grup outlet", "group outlet", "outlet group", "outlet", "domain", "place", "nama grup", "website", "situs", "subdomain", "alamat sistem", "url", "grup outlet atau domain"}},
		{Field: "market", ID: "Pasar", EN: "Market", Also: []string{"lokal internasional", "local international", "wilayah pasar", "lokal atau internasional", "jenis pasar"}},
		{Field: "modules", ID: "Modul", EN: "Modules", Also: []string{"module", "modul yang dipakai", "modul erp", "produk", "products", "fitur"}},
		{Field: "scheme", ID: "Skema", EN: "Scheme", Also: []string{"skema pemakaian", "skema penggunaan", "cara pakai", "usage", "mapping", "alur"}},
		{Field: "owner", ID: "Pemilik Sales (ID Discord)", EN: "Sales Owner (Discord ID)", Also: []string{"pemilik sales", "sales owner", "owner", "sales", "account manager", "am", "pic sales", "sales pic", "id discord sales"}},
		{Field: "aliases", ID: "Nama Lain", EN: "Aliases", Also: []string{"alias", "other names", "sebutan", "nama panggilan perusahaan", "also known as", "aka", "singkatan"}},
		{Field: "person", ID: "Nama Kontak", EN: "Contact", Also: []string{"kontak", "contact name", "contact person", "person", "pic", "nama pic", "cp", "narahubung", "orang", "nama orang", "up"}, Last: []string{"nama", "name"}},
		{Field: "phone", ID: "No. HP", EN: "Phone", Also: phoneNames},
		{Field: "type", ID: "Tipe Kontak", EN: "Contact Type", Also: []string{"tipe pengguna", "jabatan", "posisi", "position", "role", "peran", "user type", "tipe", "type", "bagian", "divisi", "title", "job title"}},
		{Field: "note", ID: "Catatan", EN: "Note", Also: []string{"notes", "keterangan", "remark", "remarks", "memo", "ket"}},
		{Field: "consent", ID: "Setuju Dihubungi", EN: "Consent", Also: []string{"persetujuan", "setuju", "bersedia dihubungi", "opt in", "optin", "consent to messages", "boleh dihubungi", "setuju pesan"}},
	}
}

var phoneNames = []string{
	"hp", "no hp", "nomor hp", "handphone", "no handphone", "telepon", "no telepon", "nomor telepon", "telp", "no telp", "tlp", "no tlp", "phone number",
	"phone no", "mobile", "mobile phone", "mobile number", "wa", "no wa", "nomor wa", "whatsapp", "no whatsapp", "nomor whatsapp", "whatsapp number",
	"cell", "cellphone", "hp wa", "no hp wa", "nomor", "nomor kontak", "no kontak", "contact number", "kontak wa", "tel",
}

// OrderColumns are the columns of a list of orders, in the order of a template.
func OrderColumns() []Column {
	return []Column{
		{Field: "number", ID: "No. Pesanan", EN: "Order Number", Also: []string{"nomor pesanan", "no order", "nomor order", "order no", "order id", "id pesanan", "no invoice", "nomor invoice", "invoice", "invoice number", "invoice no", "no faktur", "nomor faktur", "faktur", "no so", "nomor so", "so", "no transaksi", "nomor transaksi", "no nota", "nota", "kode pesanan", "order"}, Last: []string{"no", "nomor", "number", "id"}},
		{Field: "key", ID: "Kode Pelanggan", EN: "Customer Code", Also: []string{"kode", "kode customer", "kode klien", "id pelanggan", "id customer", "customer id", "customer key", "customer no", "no pelanggan", "nomor pelanggan", "client id", "client code", "key"}},
		{Field: "name", ID: "Nama Perusahaan", EN: "Company", Also: []string{"perusahaan", "company name", "nama pelanggan", "pelanggan", "customer", "customer name", "nama customer", "nama toko", "toko", "nama usaha", "nama klien", "klien", "client", "client name", "pembeli", "buyer", "bill to", "nama", "name"}},
		{Field: "place", ID: "Grup Outlet/Domain", EN: "Outlet Group/Domain", Also: []string{"grup outlet", "group outlet", "outlet group", "outlet", "domain", "place", "nama grup", "website", "grup outlet atau domain"}},
		{Field: "phone", ID: "No. HP", EN: "Phone", Also: phoneNames},
		{Field: "placed", ID: "Tgl Pesan", EN: "Order Date", Also: []string{"tanggal pesan", "tanggal pesanan", "tgl pesanan", "tgl order", "tanggal order", "date ordered", "ordered", "ordered at", "order placed", "placed", "tgl faktur", "tanggal faktur", "tgl invoice", "tanggal invoice", "invoice date", "tgl transaksi", "tanggal transaksi", "transaction date", "po date", "tanggal po"}, Last: []string{"tanggal", "tgl", "date"}},
		{Field: "done", ID: "Tgl Selesai", EN: "Completed Date", Also: []string{"tanggal selesai", "tgl kirim", "tanggal kirim", "tgl terkirim", "tanggal terkirim", "delivery date", "delivered", "delivered at", "completed", "completed at", "completion date", "date completed", "done", "tgl terima", "tanggal terima", "selesai", "tgl serah terima", "tanggal serah terima", "shipped", "ship date"}},
		{Field: "status", ID: "Status", EN: "Status", Also: []string{"status pesanan", "order status", "status order", "keadaan", "state"}},
		{Field: "what", ID: "Barang/Jasa", EN: "What", Also: []string{"barang", "jasa", "produk", "product", "products", "item", "items", "deskripsi", "description", "uraian", "nama barang", "paket", "keterangan", "isi pesanan"}},
		{Field: "amount", ID: "Jumlah", EN: "Amount", Also: []string{"total", "nilai", "nominal", "harga", "grand total", "total harga", "total amount", "nilai pesanan", "order value", "value", "price", "subtotal", "jumlah rp", "total rp", "amount idr", "total bayar"}},
		{Field: "currency", ID: "Mata Uang", EN: "Currency", Also: []string{"matauang", "kurs", "curr", "ccy", "currency code", "valuta"}},
	}
}

// own are the columns that a list of bad rows has beside those of its list: they are
// read over.
var own = []string{"baris", "kolom", "alasan", "line", "column", "reason"}

// A Header says which cell of a row is which field.
type Header struct {
	names  []string // as they stand in the list
	fields []string // by cell, "" for one that nobody knows
}

// ReadHeader understands the names of a list's columns, in Indonesian or English, however
// they are spelled. Of two columns of one field the first that says something counts; of
// numbers all do.
func ReadHeader(cells []string, columns []Column) Header {
	h := Header{names: cells, fields: make([]string, len(cells))}
	taken := map[string]bool{}
	mark := func(names func(Column) []string, free bool) {
		for i, cell := range cells {
			word := said(cell)
			for _, c := range columns {
				if h.fields[i] == "" && word != "" && !(free && taken[c.Field]) && slices.Contains(names(c), word) {
					h.fields[i], taken[c.Field] = c.Field, true
				}
			}
		}
	}
	mark(func(c Column) []string { return c.names() }, false)
	mark(func(c Column) []string { return c.Last }, true)
	return h
}

func (c Column) names() []string {
	all := []string{said(c.ID), said(c.EN), c.Field}
	return append(all, c.Also...)
}

// Unknown are the names of columns that nobody knows: what stands in them is left out.
func (h Header) Unknown() (all []string) {
	for i, f := range h.fields {
		if name := line(h.names[i], longName); f == "" && name != "" && !slices.Contains(own, said(name)) {
			all = append(all, name)
		}
	}
	return all
}

// Has reports whether one of the fields has a column.
func (h Header) Has(fields ...string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(h.fields, f) })
}

// Known is how many columns are known.
func (h Header) Known() (n int) {
	for _, f := range h.fields {
		if f != "" {
			n++
		}
	}
	return n
}

// At is the place of a field's column, from 0, and its name; -1 for one that has none.
func (h Header) At(field string) (at int, name string) {
	if at = slices.Index(h.fields, field); at >= 0 {
		name = line(h.names[at], longName)
	}
	return at, name
}

// Own reports which columns are those of a list of bad rows, and no part of the list.
func (h Header) Own(at int) bool {
	return at < len(h.fields) && h.fields[at] == "" && slices.Contains(own, said(h.names[at]))
}

// value is what a row says of a field.
func (h Header) value(row []string, field string) string {
	value := ""
	for i, f := range h.fields {
		switch {
		case f != field || i >= len(row) || silent(row[i]):
		case value == "":
			value = row[i]
		case field == "phone":
			value += ", " + row[i]
		}
	}
	return value
}

// Entry is a row of a list of customers.
func (h Header) Entry(row []string) Entry {
	v := func(field string) string { return h.value(row, field) }
	return Entry{
		Key: v("key"), Name: v("name"), System: v("system"), Place: v("place"), Market: v("market"), Modules: v("modules"), Scheme: v("scheme"),
		Owner: v("owner"), Aliases: v("aliases"), Person: v("person"), Phone: v("phone"), Type: v("type"), Note: v("note"), Consent: v("consent"),
	}
}

// Order is a row of a list of orders.
func (h Header) Order(row []string) OrderEntry {
	v := func(field string) string { return h.value(row, field) }
	return OrderEntry{
		Number: v("number"), Key: v("key"), Name: v("name"), Place: v("place"), Phone: v("phone"), Placed: v("placed"), Done: v("done"),
		Status: v("status"), What: v("what"), Amount: v("amount"), Currency: v("currency"),
	}
}

// A HeaderError says which columns a list lacks, and all it may have.
type HeaderError struct {
	Missing []string // the columns, or the choices for one, as in a template
	Found   []string // what stands there
	Columns []Column
}

func (e *HeaderError) Error() string {
	all := make([]string, len(e.Columns))
	for i, c := range e.Columns {
		all[i] = fmt.Sprintf("%s (%s)", c.ID, c.EN)
	}
	return fmt.Sprintf("the list has no column %s; it has %s. Columns that are known, in Indonesian or English: %s",
		strings.Join(e.Missing, ", and none of "), headings(e.Found), strings.Join(all, ", "))
}

func headings(names []string) string {
	if names = lines(names, longAlias, mostModules); len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// CheckEntries returns what a list of customers with this header lacks, nil for nothing.
func (h Header) CheckEntries() error {
	return h.lacks(EntryColumns(), []string{"name", "key", "place", "phone"})
}

// CheckOrders returns what a list of orders with this header lacks, nil for nothing.
func (h Header) CheckOrders() error {
	return h.lacks(OrderColumns(), []string{"number"}, []string{"placed"}, []string{"key", "name", "place", "phone"})
}

func (h Header) lacks(columns []Column, needed ...[]string) error {
	var missing []string
	for _, choice := range needed {
		if h.Has(choice...) {
			continue
		}
		var names []string
		for _, c := range columns {
			if slices.Contains(choice, c.Field) {
				names = append(names, fmt.Sprintf("%q", c.ID))
			}
		}
		missing = append(missing, strings.Join(names, " or "))
	}
	if len(missing) == 0 {
		return nil
	}
	return &HeaderError{Missing: missing, Found: h.names, Columns: columns}
}
