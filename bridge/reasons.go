package bridge

import "strings"

// reasons are the clauses that staff meet on a message that did not get through,
// in the desk's language. What follows a clause (a code, a permission) is kept.
var reasons = []struct{ clause, said string }{
	{"the number is not on WhatsApp", "nomor ini tidak terdaftar di WhatsApp"},
	{"the account is not on WhatsApp", "akun ini tidak ada lagi di WhatsApp"},
	{"the address is not one of WhatsApp", "alamat ini bukan alamat WhatsApp"},
	{"WhatsApp refused the message (error ", "WhatsApp menolak pesan ini (kode "},
	{"WhatsApp answered with error ", "WhatsApp menjawab dengan kode "},
	{"WhatsApp found the message malformed for the client's phone", "ponsel klien tidak dapat membaca pesan ini"},
	{"WhatsApp knows no phone of this client at the moment", "WhatsApp tidak menemukan ponsel klien saat ini"},
	{"WhatsApp gave no keys for the client's phone", "WhatsApp tidak memberi kunci untuk ponsel klien"},
	{reasonFetching, "berkasnya masih diunduh"},
	{"its file is no longer at Discord", "berkasnya sudah tidak ada di Discord"},
	{"its file is not what was announced", "isi berkasnya tidak dapat dipastikan keasliannya"},
	{"its file is too large", "berkasnya terlalu besar"},
	{"its file could run a program", "jenis berkas ini dapat menjalankan program"},
	{"its file is empty", "berkasnya kosong"},
	{"its file is not at Discord", "alamat berkasnya bukan milik Discord"},
	{reasonNotFetched, "berkasnya belum dapat diunduh dari Discord"},
	{reasonCut, "unggahan berkasnya ke WhatsApp selalu terputus"},
	{reasonDeleted, "pesannya sudah dihapus di Discord"},
	{"WhatsApp did not", "WhatsApp tidak menjawab pada waktunya"},
	{"WhatsApp is not connected", "WhatsApp sedang tidak tersambung"},
	{"WhatsApp asks us to slow down", "WhatsApp meminta kita menunggu sebentar"},
	{"WhatsApp does not let this number write first at the moment", "WhatsApp belum mengizinkan nomor ini menulis lebih dulu"},
	{"the connection was lost while sending", "sambungan terputus saat mengirim"},
	{"the session database failed", "penyimpanan sesi WhatsApp bermasalah; lihat log"},
	{"an internal error, see the log", "ada kesalahan di dalam program; lihat log"},
	{"the bot cannot see the channel: it needs ", "bot tidak dapat melihat kanalnya; beri izin "},
	{"the bot lacks a permission there: ", "bot tidak punya izin "},
	{"the server has too many active threads: close some", "terlalu banyak thread aktif di server; tutup beberapa"},
	{"Discord refused: ", "Discord menolak: "},
	{"Discord does not allow it: ", "Discord tidak mengizinkan: "},
}

// reasonForStaff says a reason in the desk's language, made safe to show; one
// that has no translation is shown as it is.
func reasonForStaff(reason string) string {
	for _, r := range reasons {
		if rest, ok := strings.CutPrefix(reason, r.clause); ok {
			if strings.HasPrefix(r.clause, "WhatsApp did not") {
				rest = ""
			}
			return ToDiscord(r.said + rest)
		}
	}
	return ToDiscord(reason)
}
