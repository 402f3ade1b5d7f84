package escalation

import "strings"

// A Refusal is a transition that a rule forbids: nothing changed. Key is stable; what
// staff read is found by [Refusal.Say].
type Refusal struct {
	Key string
	Who string // the Discord user the sentence names, "" for nobody
}

func (r *Refusal) Error() string { return "refused: " + r.Say(true) }

// Say is the sentence for staff: what hinders, and what to do.
func (r *Refusal) Say(english bool) string {
	s, ok := refusals[r.Key]
	if !ok {
		s = [2]string{"Langkah ini belum dapat dilakukan pada laporan ini.", "This step is not possible on this report now."}
	}
	text := s[0]
	if english {
		text = s[1]
	}
	return strings.ReplaceAll(text, "{{who}}", "<@"+r.Who+">")
}

func refuse(key string) *Refusal { return &Refusal{Key: key} }

// refusals are Indonesian and English.
var refusals = map[string][2]string{
	"closed":          {"Laporan ini sudah ditutup. Bila kendalanya masih ada, agen membukanya kembali atau menulis laporan baru dari thread tiketnya.", "This report is closed. If the problem is still there, the agent takes it up again or writes a new one from the ticket's thread."},
	"taken":           {"Laporan ini sudah diambil {{who}}. Tekan Ambil alih bila memang perlu.", "{{who}} has taken this report already. Take it over if you must."},
	"adjusted":        {"Laporan ini sedang diuji ulang oleh agen. Tunggu hasilnya.", "The agent is re-testing this report. Wait for the outcome."},
	"rejected":        {"Laporan ini sudah ditutup tanpa perubahan dan menunggu persetujuan agen.", "This report was closed without change and waits for the agent's word."},
	"not_adjusted":    {"Belum ada yang dapat diuji: laporan ini belum dinyatakan disesuaikan.", "There is nothing to test yet: the report is not said to be adjusted."},
	"not_rejected":    {"Laporan ini tidak sedang menunggu persetujuan atas penutupan tanpa perubahan.", "This report does not wait for agreement to a closing without change."},
	"not_closed":      {"Laporan ini belum ditutup.", "This report is not closed."},
	"no_question":     {"Tuliskan data apa yang dibutuhkan.", "Write which data is needed."},
	"no_reason":       {"Tuliskan alasannya.", "Write the reason."},
	"no_cause":        {"Pilih sebabnya: duplikat, sesuai rancangan, atau tidak dapat direproduksi.", "Choose the cause: duplicate, works as designed, or not reproducible."},
	"no_answer":       {"Tuliskan jawabannya.", "Write the answer."},
	"no_team":         {"Pilih tim developer yang dituju.", "Choose the developer team."},
	"same_team":       {"Laporan ini sudah berada di tim itu.", "This report is with that team already."},
	"no_place":        {"Isi grup outlet (panel) atau domain (private).", "Fill in the outlet group (panel) or domain (private)."},
	"no_detail":       {"Isi detail kendalanya.", "Fill in the detail of the problem."},
	"no_reproduction": {"Isi cara mereproduksinya di akun demo, atau alasan mengapa tidak dapat direproduksi.", "Fill in how it shows in the demo account, or why it does not."},
	"no_evidence":     {"Lampirkan sedikitnya satu tangkapan layar atau video.", "Attach at least one screenshot or video."},
	"too_long":        {"Teksnya terlalu panjang. Ringkaskan, lalu coba lagi.", "The text is too long. Shorten it and try again."},
	"tickets_full":    {"Laporan ini sudah membawa terlalu banyak tiket. Buat laporan baru.", "This report carries too many tickets already. Make a new one."},
	"not_lost":        {"Post laporan ini masih ada.", "The post of this report is still there."},
	"no_words":        {"Tidak ada jawaban klien yang menunggu diteruskan: mungkin sudah diteruskan orang lain.", "No answer of the client waits to be forwarded: perhaps somebody has forwarded it."},
	"no_party":        {"Pilih pihak yang dituju: Sales, QA, atau Engineering.", "Choose the party: Sales, QA or Engineering."},
}
