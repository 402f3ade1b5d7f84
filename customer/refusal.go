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
}
