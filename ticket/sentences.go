package ticket

import (
	"regexp"
	"slices"
	"strings"
)

// A Sentence is one standard text a client reads: its key in texts.yaml, the
// default, and the names that may stand in it between double braces.
type Sentence struct {
	Key, Text    string
	Placeholders []string
}

var placeholder = regexp.MustCompile(`\{\{[^{}\n]*\}\}|\{\{|\}\}`)

// Unknown returns each thing in braces that would reach a client as it is: a
// name that is not filled in, or braces that do not close.
func (s Sentence) Unknown(text string) []string {
	var bad []string
	for _, found := range placeholder.FindAllString(text, -1) {
		name := strings.TrimSuffix(strings.TrimPrefix(found, "{{"), "}}")
		if !slices.Contains(s.Placeholders, name) && !slices.Contains(bad, found) {
			bad = append(bad, found)
		}
	}
	return bad
}

// Sentences are a desk's standard texts by key.
type Sentences map[string]string

// AutoText is the key of the greeting every new ticket owes its client.
const AutoText = "auto_text"

// Standard returns every sentence with its default. request_data,
// request_access and checking are followed by will_update when they are sent.
func Standard() []Sentence {
	return []Sentence{
		{"auto_text", "Selamat datang di HaloERZAP. Mohon menginformasikan secara detail pertanyaan atau kendala Anda. Sertakan video/foto full halaman ERZAP terkait pertanyaan atau kendala yang dialami. Customer Service yang bertugas akan segera merespons pertanyaan atau kendala Anda. Terima kasih.", nil},
		{"out_of_hours", "Saat ini di luar jam operasional kami. Laporan kakak akan kami respons mulai {{opening}}.", []string{"opening"}},
		{"not_registered", "Mohon maaf kak, nomor ini belum terdaftar di HaloERZAP. Silakan hubungi Sales ERZAP.", nil},
		{"greeting", "Halo kak, terima kasih sudah menghubungi HaloERZAP. Saya {{agent}} yang akan bantu kakak hari ini.", []string{"agent"}},
		{"received", "Laporan kakak telah kami terima dan akan segera kami tindak lanjuti.", nil},
		{"new_agent", "Halo kak, saya {{agent}} yang akan melanjutkan bantuan untuk kakak.", []string{"agent"}},
		{"checking", "Baik kak, mohon ditunggu ya kak. Saat ini kami sedang melakukan pengecekan lebih lanjut terkait laporan kakak.", nil},
		{"will_update", "Kami akan segera menginfokan kakak kembali setelah ada update terbaru.", nil},
		{"request_data", "Mohon maaf kak, terkait laporannya, kami perlu data yang lebih detail. Bisa dibantu untuk kirimkan data berikut ya kak:\n{{data}}\nTerima kasih kak.", []string{"data"}},
		{"request_access", "Mohon maaf kak, terkait laporannya, kami perlu akses ke sistem. Bisa dibantu untuk kirimkan kode OTP-nya. Terima kasih kak.", nil},
		{"adjusted", "Terima kasih telah menunggu kak. Laporan kakak sudah kami sesuaikan dan bisa kakak cek atau coba kembali.", nil},
		{"closing_easy", "Saya izin untuk menutup laporan ini ya kak. Jika masih ada yang ingin ditanyakan, silakan hubungi kami kembali. Terima kasih.", nil},
		{"closing_confirm", "Kami mohon maaf atas ketidaknyamanannya dan terima kasih sudah menunggu. Laporan kakak sudah kami selesaikan dan saat ini bisa dicoba kembali, mohon dibantu konfirmasi jika sudah sesuai ya kak. Terima kasih.", nil},
		{"rating", "Seberapa puas Anda dengan layanan kami? (1-5 bintang)", nil},
		{"rating_comment", "Terima kasih kak. Ada komentar atau saran untuk kami?", nil},
		{"opt_out", "Baik kak, kami tidak akan mengirim info dan penawaran lagi. Kakak tetap bisa menghubungi kami kapan saja.", nil},
		{"call", "Mohon maaf kak, kami belum bisa menerima panggilan di nomor ini. Mohon tuliskan kendalanya di sini ya kak.", nil},
		{"warranty_refused", "Mohon maaf kak, klaim garansinya belum dapat kami proses karena {{reason}}.", []string{"reason"}},
	}
}
