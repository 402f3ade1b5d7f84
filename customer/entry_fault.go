package customer

import (
	"errors"
	"maps"
	"slices"
)

// A Fault is what is wrong with one field of a row.
type Fault struct {
	Field string // the Go name of the field of the Entry, lower case, e.g. "phone"
	Why   string // stable key, e.g. "number_invalid"; see [Fault.Say]
	Value string // what stood there, its beginning
}

// longValue bounds what a Fault shows of a field, in bytes.
const longValue = 80

func fault(field, why, value string) Fault {
	return Fault{Field: field, Why: why, Value: line(value, longValue)}
}

// Say is what people read: what is the matter and what to write instead. Any language but
// "en" reads Indonesian.
func (f Fault) Say(language string) string {
	words, ok := faults[f.Why]
	if !ok {
		return refuse(f.Why).Say(language)
	}
	if language == "en" {
		return words.en
	}
	return words.id
}

// faultOf makes a fault of a refusal; ok is false for any other error.
func faultOf(field, value string, err error) (f Fault, ok bool) {
	r, ok := errors.AsType[*Refusal](err)
	if !ok {
		return Fault{}, false
	}
	return fault(field, r.Key, value), true
}

func refusalKey(err error) string {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Key
	}
	return "number_invalid"
}

// tooLong are the faults of fields that are no text for a row any more, in order.
func tooLong(fields map[string]string) (all []Fault) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if len(fields[name]) > mostEntered {
			all = append(all, fault(name, "field_long", fields[name]))
		}
	}
	return all
}

// faults has the keys that only rows of lists have; the others are refusals.
var faults = map[string]words{
	"field_long": {
		"Isinya terlalu panjang (lebih dari 8.000 huruf). Periksa tanda kutip yang tidak ditutup, atau ringkas isinya.",
		"This is too long (over 8,000 letters). Look for a quote that is not closed, or shorten it.",
	},
	"row_empty": {
		"Baris ini tidak menyebut siapa pun. Isi nama perusahaan, kode pelanggan, atau nomor teleponnya.",
		"This row names nobody. Enter a company, a customer code or a phone number.",
	},
	"key_long": {
		"Kode pelanggan terlalu panjang. Pakai paling banyak 60 huruf.",
		"The customer code is too long. Use at most 60 letters.",
	},
	"market_unknown": {
		"Pasar tidak dikenal. Isi lokal atau internasional, atau kosongkan.",
		"Unknown market. Write local or international, or leave it empty.",
	},
	"consent_unknown": {
		"Persetujuan tidak terbaca. Isi ya atau tidak, atau kosongkan bila belum ditanya.",
		"The consent cannot be read. Write yes or no, or leave it empty if nobody asked.",
	},
	"number_needed": {
		"Kontak ini tanpa nomor telepon. Isi nomornya, atau kosongkan nama, tipe, catatan, dan persetujuannya.",
		"This contact has no phone number. Enter one, or leave name, type, note and consent empty.",
	},
	"number_cut": {
		"Nomor ini sudah dipotong Excel (misalnya 6,28E+12), jadi angkanya hilang. Ubah kolomnya menjadi Teks lalu ketik ulang nomornya.",
		"The spreadsheet cut this number (such as 6.28E+12), so its digits are lost. Make the column Text and enter the number again.",
	},
	"number_elsewhere": {
		"Nomor ini milik kontak dari perusahaan lain. Periksa nama perusahaannya, atau pindahkan kontaknya dulu di Discord.",
		"This number is of another company's contact. Check the company, or move the contact in Discord first.",
	},
	"customer_unknown": {
		"Pelanggan ini belum dikenal. Isi juga nama perusahaannya supaya bisa dicatat.",
		"This customer is not known. Enter the company's name as well, so that it can be made.",
	},
	"customer_missing": {
		"Tidak jelas ini pesanan siapa. Isi kode pelanggan, nama perusahaan, grup outlet/domain, atau nomor teleponnya.",
		"It does not say whose order this is. Enter the customer code, company, outlet group/domain or phone number.",
	},
	"name_ambiguous": {
		"Ada beberapa perusahaan dengan nama ini. Isi juga kode pelanggan atau grup outlet/domainnya.",
		"Several companies have this name. Enter the customer code or the outlet group/domain as well.",
	},
	"place_ambiguous": {
		"Beberapa perusahaan memakai grup outlet/domain ini. Isi juga kode pelanggan atau nama perusahaannya.",
		"Several companies use this outlet group/domain. Enter the customer code or the company as well.",
	},
	"order_missing": {
		"Nomor pesanannya kosong. Isi nomor pesanan atau faktur; tanpa itu pesanan bisa tercatat dua kali.",
		"The order number is empty. Enter the number of the order or invoice; without it an order could count twice.",
	},
	"order_long": {
		"Nomor pesanan terlalu panjang atau memakai tanda |. Pakai paling banyak 40 huruf.",
		"The order number is too long or holds a |. Use at most 40 letters.",
	},
	"order_elsewhere": {
		"Nomor pesanan ini sudah tercatat untuk pelanggan lain. Periksa nomor pesanan atau pelanggannya.",
		"This order number is known for another customer. Check the number or the customer.",
	},
	"date_missing": {
		"Tanggal pesannya kosong. Isi tanggalnya, misalnya 23/11/2026.",
		"The order date is empty. Enter it, e.g. 23/11/2026.",
	},
	"date_invalid": {
		"Tanggal ini tidak terbaca. Tulis hari dulu, misalnya 23/11/2026, 23 November 2026, atau 2026-11-23.",
		"This date cannot be read. Write the day first, e.g. 23/11/2026, 23 November 2026 or 2026-11-23.",
	},
	"date_future": {
		"Tanggal ini masih di masa depan. Periksa tahun dan urutan hari/bulannya.",
		"This date is in the future. Check the year and the order of day and month.",
	},
	"done_early": {
		"Tanggal selesainya sebelum tanggal pesan. Periksa kedua tanggalnya.",
		"The order was completed before it was placed. Check both dates.",
	},
	"amount_invalid": {
		"Jumlah ini tidak terbaca. Tulis angkanya saja, misalnya 1250000, 1.250.000, atau 1.250.000,50.",
		"This amount cannot be read. Write the figure alone, e.g. 1250000, 1.250.000 or 1,250,000.50.",
	},
	"amount_negative": {
		"Jumlahnya minus. Untuk pesanan yang batal, isi kolom status dengan batal dan biarkan jumlah aslinya.",
		"The amount is negative. For a cancelled order write cancelled as its status and leave the amount as it was.",
	},
	"amount_large": {
		"Jumlah ini terlalu besar untuk dicatat. Periksa titik dan komanya.",
		"This amount is too large to be kept. Check its points and commas.",
	},
	"amount_fine": {
		"Angka di belakang koma terlalu banyak untuk mata uang ini. Bulatkan jumlahnya.",
		"There are more decimals than this currency has. Round the amount.",
	},
	"currency_unknown": {
		"Mata uang tidak dikenal. Pakai kode tiga huruf, misalnya IDR, USD, atau SGD.",
		"Unknown currency. Use its three letters, e.g. IDR, USD or SGD.",
	},
	"currency_other": {
		"Mata uang di kolom jumlah berbeda dengan kolom mata uang. Samakan keduanya.",
		"The amount names another currency than the currency column. Make both the same.",
	},
}
