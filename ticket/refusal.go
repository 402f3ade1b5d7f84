package ticket

import "strings"

// A Refusal is a transition that a rule forbids: nothing changed. Key is stable;
// what staff read is found by [Refusal.Say].
type Refusal struct {
	Key string
	Who string // the Discord user the sentence names, "" for nobody
}

func (r *Refusal) Error() string { return "refused: " + r.Say(true) }

// Say is the sentence for staff: what hinders, and what to do.
func (r *Refusal) Say(english bool) string {
	s, ok := refusals[r.Key]
	if !ok {
		s = [2]string{"Langkah ini belum dapat dilakukan pada tiket ini.", "This step is not possible on this ticket now."}
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
	"talk": {"Kartu ini tindak lanjut, bukan tiket. Bila klien melaporkan kendala, tekan *Jadikan tiket* di bawah pesannya, lalu kerjakan di tiket itu.",
		"This card is a follow-up, not a ticket. If the client reports a problem, press *Make it a ticket* below his message and go on in that ticket."},
	"talk_first": {"Klien belum menulis di kartu ini dalam 7 hari terakhir, jadi pesan ini tidak dapat dikirim sebagai balasan. Kirim dengan tombol *Ubah & kirim* di kartu, atau telepon kliennya lalu catat hasilnya.",
		"The client has not written in this card within the last 7 days, so this cannot be sent as an answer. Send it by the card's button *Edit and send*, or phone the client and record what came of it."},
	"talk_opted_out": {"Klien tidak ingin menerima info seperti ini dan belum menulis lagi di kartu ini sejak itu. Jangan menghubunginya lewat WhatsApp; bila ia menulis lagi, balasan dapat dikirim.",
		"The client does not want messages like this and has not written in this card since he said so. Do not turn to him on WhatsApp; once he writes again he can be answered."},
	"talk_blocked": {"Kontaknya diblokir, jadi pesan ini tidak dikirim. Cabut blokirnya lebih dulu bila memang perlu.",
		"The contact is blocked, so this is not sent. Take him off the block list first if it must be."},
	"closed":           {"Tiket ini sudah ditutup. Buka kembali tiketnya lebih dulu.", "This ticket is closed. Re-open it first."},
	"resolved":         {"Tiket ini sudah diselesaikan. Buka kembali pekerjaannya lebih dulu.", "This ticket is resolved. Re-open the work first."},
	"taken":            {"Tiket ini sudah diterima oleh {{who}}. Gunakan ambil alih bila memang perlu.", "{{who}} has accepted this ticket already. Take it over if you must."},
	"not_accepted":     {"Belum ada yang menangani tiket ini. Tekan Terima lebih dulu.", "Nobody handles this ticket yet. Accept it first."},
	"nobody":           {"Pilih anggota tim yang dituju.", "Choose a member of the team."},
	"no_channel":       {"Pilih kanalnya: telepon, SMS, e-mail, atau tatap muka.", "Choose the channel: phone, SMS, e-mail or in person."},
	"no_bridge":        {"Tiket ini tidak lewat WhatsApp, jadi tidak ada yang dapat dikirim dari sini.", "This ticket is not on WhatsApp, so nothing can be sent from here."},
	"no_data":          {"Tuliskan sedikitnya satu data yang diminta dari klien.", "Write at least one thing that the client is asked for."},
	"no_access":        {"Akses tidak sedang diminta. Minta akses lebih dulu.", "No access has been requested. Request it first."},
	"no_class":         {"Pilih kelas tiket: easy, normal, atau hard.", "Choose the class: easy, normal or hard."},
	"no_issue":         {"Tuliskan jenis kendalanya.", "Write the type of the issue."},
	"not_classified":   {"Tiket ini belum diklasifikasikan. Pilih kelasnya lebih dulu.", "This ticket is not classified. Choose its class first."},
	"no_summary":       {"Tuliskan ringkasan kendalanya.", "Write a summary of the concern."},
	"no_solution":      {"Tuliskan solusi yang diberikan.", "Write the solution that was given."},
	"too_long":         {"Teksnya terlalu panjang. Persingkat, lalu kirim kembali.", "The text is too long. Shorten it and send it again."},
	"not_escalated":    {"Tiket kelas hard harus dieskalasi lebih dulu, ke developer atau ke supervisor.", "A hard ticket must be escalated first, to developers or a supervisor."},
	"no_report":        {"Laporan developer tidak dikenali. Buat laporannya lebih dulu.", "The report is unknown. Write it first."},
	"report_open":      {"Laporan ke developer masih terbuka. Tunggu atau selesaikan laporan itu lebih dulu.", "A report to developers is still open. Wait for it or finish it first."},
	"reports_full":     {"Laporan ke developer yang terbuka sudah terlalu banyak. Selesaikan salah satunya lebih dulu.", "Too many reports are open. Finish one of them first."},
	"not_resolved":     {"Tiket ini belum diselesaikan. Gunakan Selesaikan lebih dulu.", "This ticket is not resolved. Resolve it first."},
	"not_closed":       {"Tiket ini belum ditutup.", "This ticket is not closed yet."},
	"reopen_late":      {"Batas waktu membuka kembali tiket ini sudah lewat. Buat tiket baru.", "It is too late to re-open this ticket. Open a new one."},
	"merged":           {"Tiket ini sudah digabungkan ke tiket lain. Lanjutkan di tiket itu.", "This ticket was merged into another. Go on there."},
	"same_ticket":      {"Sebuah tiket tidak dapat digabungkan dengan dirinya sendiri. Pilih tiket lain.", "A ticket cannot be merged with itself. Choose another one."},
	"other_contact":    {"Kedua tiket berasal dari kontak yang berbeda. Pilih tiket dari kontak yang sama.", "The tickets belong to different contacts. Choose one of the same contact."},
	"merge_bridge":     {"Klien ini menulis lewat WhatsApp, jadi tiket WhatsApp-nya yang harus berlanjut. Gabungkan dari tiket yang lain ke tiket WhatsApp ini.", "This client writes on WhatsApp, so that ticket has to go on. Merge the other one into this one instead."},
	"snooze_past":      {"Waktu tunda harus di masa depan. Pilih waktu lain.", "Snooze until a time in the future."},
	"snooze_long":      {"Waktu tunda terlalu lama. Pilih waktu yang lebih dekat.", "That is too long to snooze. Choose an earlier time."},
	"schedule_empty":   {"Tuliskan pesan yang dijadwalkan.", "Write the message to be scheduled."},
	"schedule_past":    {"Waktu kirim harus di masa depan. Pilih waktu lain.", "Schedule the message for a time in the future."},
	"schedule_long":    {"Waktu kirim terlalu jauh. Pilih waktu yang lebih dekat.", "That is too far ahead. Choose an earlier time."},
	"schedule_full":    {"Pesan terjadwal tiket ini sudah penuh. Batalkan salah satunya lebih dulu.", "This ticket has enough scheduled messages. Cancel one first."},
	"not_rated":        {"Penilaian tidak sedang diminta untuk tiket ini.", "No rating is being asked for on this ticket."},
	"rating_late":      {"Batas waktu penilaian tiket ini sudah lewat.", "It is too late to rate this ticket."},
	"no_stars":         {"Penilaian harus angka 1 sampai 5.", "A rating is a number from 1 to 5."},
	"comment_late":     {"Batas waktu komentar tiket ini sudah lewat.", "It is too late for a comment on this ticket."},
	"no_review":        {"Tidak ada peninjauan yang terbuka untuk tiket ini.", "No review is open on this ticket."},
	"no_claim":         {"Belum ada klaim garansi pada tiket ini. Catat klaimnya lebih dulu.", "No warranty claim on this ticket. Record the claim first."},
	"claim_decided":    {"Klaim garansi ini sudah diputuskan.", "This warranty claim has been decided already."},
	"claim_open":       {"Klaim garansi ini belum diterima. Putuskan klaimnya lebih dulu.", "This warranty claim is not accepted. Decide on it first."},
	"no_reason":        {"Tuliskan alasannya.", "Write the reason."},
	"shift_unreadable": {"Jadwal ini belum terbaca. Contoh: senin-jumat 08:00-16:00, sabtu 08:00-12:00; atau none untuk menghapus jadwal.", "These hours could not be read. For example: mon-fri 08:00-16:00, sat 08:00-12:00; or none to have none."},
	"form_incomplete":  {"Formulir garansi belum lengkap. Isi semua kolomnya.", "The warranty form is not complete. Fill in every field."},
}
