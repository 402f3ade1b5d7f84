package desk

import (
	"iter"
	"regexp"
	"slices"
	"strings"
)

// A sentence is one text that clients read: its key in texts.yaml, the default,
// and the names that may stand in it between double braces.
type sentence struct {
	key          string
	text         string
	placeholders []string
}

// sentences are all keys of texts.yaml. request_data, request_access and
// checking are followed by will_update when they are sent.
var sentences = []sentence{
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

func defaultTexts() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, s := range sentences {
			if !yield(s.key, s.text) {
				return
			}
		}
	}
}

// readTexts fills c from texts.yaml: a sentence that is not there keeps its
// default.
func (c *Config) readTexts(readFile func(string) ([]byte, error)) Problems {
	file := yamlFile{name: c.TextsFile}
	for _, s := range sentences {
		file.keys = append(file.keys, s.key)
	}
	values, found := file.read(readFile, c.TextsFile == Default().TextsFile)
	for _, v := range values {
		if v.form != oneValue || strings.TrimSpace(v.values[0]) == "" {
			found = append(found, Problem{Where: at(file.name, v.line), Field: v.key, Read: v.shown(), Expected: "a sentence"})
			continue
		}
		s := sentences[slices.IndexFunc(sentences, func(s sentence) bool { return s.key == v.key })]
		text := strings.TrimSpace(v.values[0])
		for _, bad := range s.unknownPlaceholders(text) {
			found = append(found, Problem{Where: at(file.name, lineFrom(file.text, v.line, bad)), Field: v.key, Read: quoted(bad), Expected: s.allowed()})
		}
		c.Texts[v.key] = text
	}
	return found
}

var placeholder = regexp.MustCompile(`\{\{[^{}\n]*\}\}|\{\{|\}\}`)

// unknownPlaceholders returns each thing in braces that would reach a client as
// it is: a name that is not filled in, or braces that do not close.
func (s sentence) unknownPlaceholders(text string) []string {
	var bad []string
	for _, found := range placeholder.FindAllString(text, -1) {
		name := strings.TrimSuffix(strings.TrimPrefix(found, "{{"), "}}")
		if !slices.Contains(s.placeholders, name) && !slices.Contains(bad, found) {
			bad = append(bad, found)
		}
	}
	return bad
}

func (s sentence) allowed() string {
	if len(s.placeholders) == 0 {
		return "a sentence without placeholders"
	}
	return "only {{" + strings.Join(s.placeholders, "}}, {{") + "}}"
}

// lineFrom returns the first line, not before from, that contains part.
func lineFrom(text string, from int, part string) int {
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if number >= from && strings.Contains(line, part) {
			return number
		}
	}
	return from
}
