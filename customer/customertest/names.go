package customertest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
)

var (
	forms  = []string{"CV", "CV", "CV", "PT", "PT", "UD", "Toko", "Toko", "Apotek", "Koperasi", "Grosir", "Bengkel"}
	firsts = []string{
		"Sumber", "Maju", "Karya", "Mitra", "Sinar", "Anugerah", "Berkah", "Cahaya", "Citra", "Duta", "Eka", "Gemilang",
		"Graha", "Indo", "Inti", "Jaya", "Kencana", "Lestari", "Mandiri", "Mega", "Mulia", "Nusantara", "Putra", "Prima",
		"Rejeki", "Sari", "Sejahtera", "Setia", "Surya", "Tirta", "Tunas", "Usaha", "Wahana", "Warna", "Bintang", "Bumi",
	}
	seconds = []string{
		"Abadi", "Agung", "Bersama", "Bahari", "Gemilang", "Harapan", "Indah", "Jaya", "Lestari", "Makmur", "Mandiri",
		"Mulia", "Perkasa", "Persada", "Pratama", "Raya", "Rejeki", "Santosa", "Sejahtera", "Sentosa", "Subur", "Utama", "Wijaya",
	}
	trades = []string{
		"Elektronik", "Bangunan", "Sembako", "Busana", "Komputer", "Ponsel", "Otomotif", "Furnitur", "Optik", "Buku",
		"Farma", "Kosmetik", "Mainan", "Olahraga", "Plastik", "Tekstil", "Pangan", "Tani", "",
	}
	cities = []string{
		"Jakarta", "Surabaya", "Bandung", "Medan", "Semarang", "Makassar", "Palembang", "Denpasar", "Yogyakarta", "Malang",
		"Bogor", "Bekasi", "Tangerang", "Solo", "Padang", "Pekanbaru", "Balikpapan", "Manado", "Pontianak", "Cirebon",
		"Mataram", "Kupang", "Ambon", "Jayapura", "Banjarmasin", "Cimahi", "Kediri", "Jember",
	}
	abroad   = []string{"Kuala Lumpur", "Johor Bahru", "Penang", "Singapore", "Dili", "Kuching"}
	modules  = []string{"kasir", "gudang", "akunting", "pembelian", "penjualan", "servis", "member", "absensi", "toko online", "produksi"}
	goods    = []string{"Lisensi outlet", "Printer kasir", "Kertas termal", "Barcode scanner", "Laci kasir", "Tablet kasir", "Perpanjangan tahunan", "Pelatihan", "Label barcode", "Modul tambahan"}
	schemes  = []string{"", "", "", "Gudang pusat ke cabang tiap Senin.", "Stok dihitung ulang tiap akhir bulan.", "Harga grosir per tingkat member.", "Kasir tutup per sif."}
	given    = []string{"Agus", "Budi", "Citra", "Dewi", "Eko", "Fitri", "Gilang", "Hendra", "Indah", "Joko", "Kartika", "Lina", "Made", "Nur", "Oki", "Putri", "Rudi", "Siti", "Tono", "Umi", "Vina", "Wahyu", "Yanti", "Zainal", "Ahmad", "Bayu", "Dian", "Endang", "Ketut", "Ratna", "Slamet", "Wulan"}
	families = []string{"Santoso", "Wijaya", "Kusuma", "Pratama", "Hidayat", "Saputra", "Lestari", "Wibowo", "Siregar", "Nasution", "Halim", "Gunawan", "Setiawan", "Rahayu", "Susanto", "Tanjung", "Simanjuntak", "Putra", "Utami", "Suryadi", "Hartono", "Permana", "", ""}
	kinds    = []string{"pemilik", "pemilik", "admin", "admin", "kasir", "gudang", "akunting", "lainnya"}
)

func of(random *rand.Rand, all []string) string { return all[random.IntN(len(all))] }

// name is what a company is called, and how people say it shorter.
func name(random *rand.Rand, market customer.Market) (string, []string) {
	core := of(random, firsts) + " " + of(random, seconds)
	words := []string{core, of(random, trades)}
	if market == customer.International {
		words = append(words, of(random, abroad), "Sdn Bhd")
	} else {
		words = append([]string{of(random, forms)}, append(words, of(random, cities))...)
	}
	var aliases []string
	if random.IntN(5) == 0 {
		var letters strings.Builder
		for w := range strings.FieldsSeq(strings.Join(words, " ")) {
			letters.WriteString(w[:1])
		}
		aliases = []string{letters.String()}
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " "), aliases
}

// place is where the data of the nth company live.
func place(random *rand.Rand, n int, name string, market customer.Market) (customer.System, string) {
	words := strings.Fields(strings.ToLower(name))
	slug := fmt.Sprintf("%s%s%d", words[min(1, len(words)-1)], words[min(2, len(words)-1)], n+1)
	if random.IntN(100) >= 30 {
		return customer.Panel, slug
	}
	if market == customer.International {
		return customer.Private, slug + ".example.com"
	}
	return customer.Private, slug + ".example.co.id"
}

func use(random *rand.Rand) ([]string, string) {
	var all []string
	for _, m := range modules {
		if random.IntN(10) < 4 {
			all = append(all, m)
		}
	}
	return all, of(random, schemes)
}

// people are who works at a company.
func (w *World) people(n int, c Company) []Person {
	random := w.random(n, drawPeople)
	count := [...]int{1, 1, 1, 1, 1, 1, 2, 2, 3, 0}[random.IntN(10)]
	if c.Habit != Never && count == 0 && random.IntN(3) > 0 {
		count = 1
	}
	all := make([]Person, count)
	for i := range all {
		p := &all[i]
		p.Name = strings.TrimSpace(of(random, given) + " " + of(random, families))
		p.Phone = number(random, n*4+i, c.Market)
		p.Type = of(random, kinds)
		if random.IntN(12) == 0 {
			p.Note = "Lebih suka dihubungi pagi."
		}
		p.Consent = []customer.Choice{customer.Agreed, customer.Unasked, customer.Declined}[drawn(random, []int{35, 57, 8})]
		p.Wrote = w.wrote(random)
	}
	return all
}

// wrote is when somebody first wrote to the desk.
func (w *World) wrote(random *rand.Rand) time.Time {
	switch drawn(random, []int{62, 18, 20}) {
	case 0:
		return w.office(w.o.From.AddDate(0, 0, -2-random.IntN(300)), random)
	case 1:
		if at := w.office(w.o.From.Add(time.Duration(random.Float64()*float64(w.o.To.Sub(w.o.From)))), random); at.Before(w.o.To) {
			return at
		}
	}
	return time.Time{}
}

var (
	prefixes = []string{"812", "813", "821", "822", "852", "853", "856", "857", "858", "877", "878", "895", "896", "897"}
	malaysia = []string{"12", "13", "16", "17", "19"}
)

// number is a mobile telephone number: of each person of the world another one.
func number(random *rand.Rand, person int, market customer.Market) string {
	if market == customer.International {
		// As many as there are numbers of seven digits, in no order that shows.
		return fmt.Sprintf("60%s%07d", of(random, malaysia), 2_000_000+person*7%8_000_000)
	}
	return fmt.Sprintf("62%s%08d", of(random, prefixes), 10_000_000+person*77_773%90_000_000)
}
