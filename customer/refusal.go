package customer

// A Refusal is why a transition may not happen, for people. Nothing was changed.
type Refusal struct {
	Key string // stable, e.g. "number_taken"
	Ref string // whom it concerns, e.g. the id of another contact; may be ""
}

func (r *Refusal) Error() string {
	return "refused: " + r.Key
}

// Say is what staff read: what is the matter and what to do next. Any language but
// "en" reads Indonesian.
func (r *Refusal) Say(language string) string {
	words, ok := refusals[r.Key]
	if !ok {
		words = refusals[""]
	}
	if language == "en" {
		return words.en
	}
	return words.id
}

func refuse(key string) *Refusal { return &Refusal{Key: key} }

type words struct{ id, en string }

// refusals has every key this package refuses with; "" is for a key it does not know.
var refusals = map[string]words{
	"": {
		"Tidak bisa dilakukan. Periksa lagi isiannya.",
		"This cannot be done. Check what you entered.",
	},
	"name_missing": {
		"Namanya kosong. Isi nama yang bisa dibaca.",
		"The name is empty. Enter one that can be read.",
	},
	"place_missing": {
		"Isi keduanya: jenis sistem (panel atau private) dan nama grup outlet atau domainnya.",
		"Enter both: the kind of system (panel or private) and the outlet group or domain.",
	},
	"system_unknown": {
		"Jenis sistem tidak dikenal. Pilih panel (grup outlet) atau private (domain).",
		"Unknown kind of system. Choose panel (outlet group) or private (domain).",
	},
	"user_unknown": {
		"Pengguna Discord itu tidak dikenal. Pilih orangnya dari daftar.",
		"That Discord user is not known. Pick the person from the list.",
	},
	"type_unknown": {
		"Tipe pengguna itu tidak ada di daftar. Pilih salah satu dari daftar.",
		"That user type is not on the list. Choose one that is.",
	},
	"reason_missing": {
		"Alasannya kosong. Tulis alasan singkat supaya rekan lain paham.",
		"The reason is empty. Write a short one for your colleagues.",
	},
	"number_missing": {
		"Nomornya kosong. Isi nomor telepon, misalnya 0812 3456 7890.",
		"The number is empty. Enter a phone number, e.g. 0812 3456 7890.",
	},
	"number_letters": {
		"Ini bukan nomor telepon. Isi angkanya saja, misalnya 0812 3456 7890.",
		"This is no phone number. Enter digits only, e.g. 0812 3456 7890.",
	},
	"number_invalid": {
		"Nomor ini tidak lengkap atau salah. Periksa lagi; untuk nomor luar negeri awali dengan + dan kode negara.",
		"This number is incomplete or wrong. Check it; begin foreign numbers with + and the country code.",
	},
	"number_taken": {
		"Nomor ini sudah milik kontak lain. Buka kontak itu, atau gabungkan keduanya bila orangnya sama.",
		"This number belongs to another contact. Open that one, or merge both if it is the same person.",
	},
	"numbers_full": {
		"Kontak ini sudah punya 8 nomor. Hapus dulu nomor yang tidak dipakai.",
		"This contact has 8 numbers. Remove one that is no longer used first.",
	},
	"contact_unknown": {
		"Kontak itu tidak ditemukan. Cari lagi dengan nama atau nomornya.",
		"That contact was not found. Search again by name or number.",
	},
	"customer_unknown": {
		"Pelanggan itu tidak ditemukan. Cari lagi dengan nama, grup outlet, atau domainnya, atau daftarkan dulu.",
		"That customer was not found. Search again by name, outlet group or domain, or enter it first.",
	},
	"market_unknown": {
		"Pasar itu tidak dikenal. Pilih lokal atau internasional.",
		"Unknown market. Choose local or international.",
	},
	"order_missing": {
		"Nomor pesanannya kosong atau tidak bisa dipakai. Isi nomor dari perusahaan, satu baris, paling banyak 40 karakter, tanpa tanda |.",
		"The order number is empty or cannot be used. Enter the company's own, one line of at most 40 characters without |.",
	},
	"order_undated": {
		"Tanggal pesanannya kosong. Isi tanggal pesanan dibuat, misalnya 2026-11-23.",
		"The order has no date. Enter when it was placed, e.g. 2026-11-23.",
	},
	"order_elsewhere": {
		"Nomor pesanan ini sudah tercatat untuk pelanggan lain. Periksa nomornya; bila pesanan lama salah, batalkan dulu dan pakai nomor baru.",
		"This order number belongs to another customer. Check it; if the old order is wrong, cancel that one and use a new number.",
	},
	"text_missing": {
		"Pesannya kosong. Tulis dulu teks yang akan dikirim.",
		"The message is empty. Write what is to be sent first.",
	},
	"followup_sent": {
		"Pesan tindak lanjut ini sudah terkirim, jadi tidak bisa diubah, dikirim lagi, atau dilewati. Catat hasilnya; kata tambahan bisa ditulis di utas ini.",
		"This follow-up was sent, so it cannot be changed, sent again or skipped. Record what came of it; further words can be written in its thread.",
	},
	"followup_over": {
		"Tindak lanjut ini sudah selesai. Bila hasilnya perlu diperbaiki, catat ulang hasilnya.",
		"This follow-up is over. If what was recorded is wrong, record it again.",
	},
	"followup_queued": {
		"Pesan tindak lanjut ini sedang menunggu giliran. Tekan *Batal kirim* dulu bila ingin mengganti topiknya.",
		"This follow-up waits for its turn. Press *Batal kirim* first to change its topic.",
	},
	"contact_barred": {
		"Semua kontak perusahaan ini menolak info dan penawaran atau diblokir. Jangan hubungi mereka untuk tindak lanjut.",
		"All people of this company declined offers or are blocked. Do not turn to them.",
	},
	"no_chat": {
		"Pelanggan ini belum pernah menulis ke nomor kita, jadi tidak boleh dikirimi pesan lebih dulu. Hubungi lewat telepon atau e-mail, lalu catat hasilnya.",
		"This customer never wrote to our number, so nothing may be sent first. Phone or e-mail, then record what came of it.",
	},
	"is_a_call": {
		"Kartu ini tugas menelepon, bukan pesan. Telepon pelanggannya, lalu catat hasilnya.",
		"This card is a call to make, not a message. Phone the customer, then record what came of it.",
	},
	"way_unknown": {
		"Cara menghubunginya tidak dikenal. Pilih WhatsApp, telepon, e-mail, atau kunjungan.",
		"Unknown way of turning to a customer. Choose WhatsApp, phone, e-mail or visit.",
	},
	"result_unknown": {
		"Hasil itu tidak ada di daftar untuk kartu ini. Pilih salah satu dari daftar.",
		"That result is not on the list for this card. Choose one that is.",
	},
	"note_missing": {
		"Catatannya kosong. Tulis apa yang ditemukan dan apa tindak lanjutnya.",
		"The note is empty. Write what was found and what is done about it.",
	},
	"answer_strange": {
		"Nilai itu di luar pilihan untuk pertanyaan ini. Isi 1 sampai 5, atau 0 sampai 10 untuk kesediaan merekomendasikan.",
		"That value is out of bounds for this question. Enter 1 to 5, or 0 to 10 for whether they would recommend us.",
	},
	"survey_over": {
		"Survei ini sudah selesai atau kedaluwarsa, jadi jawabannya tidak bisa diubah lagi.",
		"This survey is done or lapsed, so its answers can no longer be changed.",
	},
}
