package ticket

import (
	"strings"
	"unicode"
)

// What a word says about what follows it.
type cueKind byte

const (
	cueNone cueKind = iota
	cueCode
	cuePassword
	cueUser
)

// secretCues are the words by which a client says what he sends.
var secretCues = func() map[string]cueKind {
	m := make(map[string]cueKind)
	for kind, words := range map[cueKind]string{
		cueCode:     "kode kod code otp verifikasi verivikasi verifikasinya verification verify token pin passcode aktivasi",
		cuePassword: "pass passwd password pasword passwort paswod paswd passw pswd psw pw pwd pwnya sandi katasandi passnya kuncinya",
		cueUser:     "user username usr userid uname login email akun account id",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = kind
			m[w+"nya"] = kind
			m[w+"ku"] = kind
		}
	}
	return m
}()

// cue finds the first word for code, password or user in a chunk, from glyph at on.
func (s *search) cue(c chunk, at int) (from, to int, what cueKind) {
	for at < c.to {
		for at < c.to && !unicode.IsLetter(s.g[at].r) {
			at++
		}
		from = at
		for at < c.to && unicode.IsLetter(s.g[at].r) {
			at++
		}
		if what = secretCues[wordOf(s.g[from:at])]; what != cueNone {
			return from, at, what
		}
	}
	return at, at, cueNone
}

// wordSet makes a set of words.
func wordSet(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

var (
	// beside are further words that stand around a secret and are none.
	beside = wordSet("nya adalah yaitu yakni ialah anda kamu you your is was the for untuk utk buat akun akunnya email emailnya user username usernya wa whatsapp erzap masuk baru lama dari sms " +
		"kode kodenya code otp otpnya verifikasi token pin pass password pw pwd sandi kata katasandi reset ganti diganti ubah minta tolong mohon dibantu kirim dikirim terkirim kirimkan dapat dapet terima yang yg juga " +
		"jadi jangan share bagikan kepada siapapun rahasiakan berlaku terus saat pas waktu ketika katanya silahkan dicek pakai dan atau and or atas nama dengan sama bagaimana caranya cara mau apakah berapa mana mohon maaf maaf sementara setelah")
	// says are words after "password" that speak about it.
	says = wordSet("salah lupa tidak tdk tdak ga gak gk nggak ngga enggak belum blm gagal error expired kadaluarsa masih apa gimana bagaimana kenapa berapa mana wrong forgot invalid reset ganti diganti ubah sama seperti kayak")
	// easy are words that people use in any answer, and some as a password.
	easy = wordSet("admin erzap user owner test")
	// notSecret are what "kode" of is no secret.
	notSecret = wordSet("barang produk item error eror promo outlet cabang nota faktur invoice transaksi voucher pos supplier customer pelanggan akun kasir order pesanan booking unit")
	// counting are words beside a number that count or name something.
	counting = wordSet("rp idr harga harganya total totalnya jumlah jumlahnya stok stock stoknya qty sebesar senilai seharga saldo tgl tanggal tahun jam pukul no nomor nomer nota invoice inv order outlet cabang error eror err sku barcode halaman versi sisa selisih omset modal diskon nominal bulan periode")
)
