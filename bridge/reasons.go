package bridge

import "strings"

// reasons are the clauses that staff meet on a message that did not get through, in the
// desk's language. What follows one that ends in a blank (a code, a
// permission) is kept.
var reasons = []struct{ clause, said string }{
	{"the number is not on WhatsApp", "nomor ini tidak terdaftar di WhatsApp"},
	{"the account is not on WhatsApp", "akun ini tidak ada lagi di WhatsApp"},
	{"the address is not one of WhatsApp", "alamat ini bukan alamat WhatsApp"},
	{"WhatsApp refused the message (error ", "WhatsApp menolak pesan ini (kode "},
	{"WhatsApp refused to change the message (error ", "WhatsApp menolak mengubah pesan ini (kode "},
	{"WhatsApp refused a question about the client's phone", "WhatsApp menolak pertanyaan tentang ponsel klien"},
	{"WhatsApp answered with error ", "WhatsApp menjawab dengan kode "},
	{"WhatsApp found the message malformed for the client's phone", "ponsel klien tidak dapat membaca pesan ini"},
	{"WhatsApp knows no phone of this client at the moment", "WhatsApp tidak menemukan ponsel klien saat ini"},
	{"WhatsApp gave no keys for the client's phone", "WhatsApp tidak memberi kunci untuk ponsel klien"},
	{"the desk has no report forum", "forum laporan belum ada di Discord"},
	{reasonPostLost, "post laporannya dihapus; seorang pimpinan memutuskan"},
	{reasonNoPost, "post laporannya belum ada"},
	{reasonFetching, "berkasnya masih diunduh"},
	{"its file is no longer at Discord", "berkasnya sudah tidak ada di Discord"},
	{"its file is not what was announced", "isi berkasnya tidak dapat dipastikan keasliannya"},
	{"its file is too large", "berkasnya terlalu besar"},
	{"its file could run a program", "jenis berkas ini dapat menjalankan program"},
	{"its picture is far larger than its file", "gambarnya membengkak tak wajar saat dibuka"},
	{"its file is empty", "berkasnya kosong"},
	{"its file is not at Discord", "alamat berkasnya bukan milik Discord"},
	{reasonNotFetched, "berkasnya belum dapat diunduh dari Discord"},
	{reasonCut, "unggahan berkasnya ke WhatsApp selalu terputus"},
	{reasonDeleted, "pesannya sudah dihapus di Discord"},
	{"its file was not uploaded", "berkasnya belum terunggah ke WhatsApp"},
	{"it took too long to make a voice note", "pembuatan pesan suaranya terlalu lama"},
	{"a file's record cannot be read: ", "catatan berkasnya rusak: "},
	{"there is no place for files", "tidak ada tempat menyimpan berkas; lihat log"},
	{"a file is left out", "satu berkas ditinggalkan; sisanya segera dikirim"},
	{"it waits for the other pictures of its album", "menunggu gambar lain dari albumnya"},
	{"there is no message to react to", "pesan yang hendak diberi reaksi tidak ditemukan"},

	{"WhatsApp's media host answered with status ", "tempat berkas WhatsApp menjawab dengan kode "},
	{"WhatsApp's media host cannot be reached", "tempat berkas WhatsApp tidak dapat dihubungi"},
	{"WhatsApp's media host did not say where the file is", "tempat berkas WhatsApp tidak memberi alamat berkasnya"},
	{"WhatsApp names no media host", "WhatsApp belum memberi tempat berkas"},
	{"the linked phone was asked for the file", "berkasnya sedang diminta dari ponsel yang tertaut"},
	{"the file expired and the linked phone does not answer", "berkasnya kedaluwarsa dan ponsel yang tertaut tidak menjawab; nyalakan ponsel itu"},
	{"the file broke off on its way", "pemindahan berkasnya terputus di tengah jalan"},
	{"moving the file broke off", "pemindahan berkasnya terputus; lihat log"},
	{"the reference to the file makes no sense", "catatan berkasnya di WhatsApp rusak; kirim berkasnya sekali lagi"},
	{"the file was left with WhatsApp as another kind", "berkasnya tersimpan di WhatsApp sebagai jenis lain; kirim berkasnya sekali lagi"},
	{"a file cannot be sent as ", "berkas tidak dapat dikirim sebagai "},
	{"this kind of file cannot have words beside it", "berkas jenis ini tidak dapat diberi teks; kirim teksnya tersendiri"},
	{"this kind cannot have words beside it", "pesan jenis ini tidak dapat diberi teks; kirim teksnya tersendiri"},
	{"a message is one thing only", "isi pesan ini bercampur; kirim satu per satu"},
	{"the place is not on the map", "letak ini tidak ada di peta"},
	{"the contact is empty", "kartu kontaknya kosong"},
	{"the poll has no question", "polling ini tanpa pertanyaan"},
	{"the options of a poll must differ, and none be empty", "pilihan polling harus berbeda-beda dan tidak boleh kosong"},
	{"a poll has 2 to", "polling WhatsApp berisi 2 sampai 12 pilihan"},
	{"a message of this kind cannot be changed", "pesan jenis ini tidak dapat diubah di WhatsApp"},
	{"WhatsApp gave no address for the number", "WhatsApp tidak memberi alamat untuk nomor ini"},
	{"WhatsApp does not say whether it knows the number", "WhatsApp belum memberi tahu apakah nomor ini terdaftar"},
	{"WhatsApp does not answer", "WhatsApp tidak menjawab"},
	{"WhatsApp did not", "WhatsApp tidak menjawab pada waktunya"},
	{"WhatsApp is not connected", "WhatsApp sedang tidak tersambung"},
	{"WhatsApp asks us to slow down", "WhatsApp meminta kita menunggu sebentar"},
	{"WhatsApp does not let this number write first at the moment", "WhatsApp belum mengizinkan nomor ini menulis lebih dulu"},
	{"another message is still being sent", "pesan lain masih sedang dikirim"},
	{"the connection was lost while sending", "sambungan terputus saat mengirim"},
	{"sending broke off", "pengiriman terputus di tengah jalan; lihat log"},
	{"the session database failed", "penyimpanan sesi WhatsApp bermasalah; lihat log"},
	{"the new text is empty", "teks barunya kosong"},
	{"there is no message to change", "pesan yang hendak diubah tidak ditemukan"},

	{"the bot cannot see the channel: it needs ", "bot tidak dapat melihat kanalnya; beri izin "},
	{"the bot lacks a permission there: ", "bot tidak punya izin "},
	{"the server has too many active threads: close some", "terlalu banyak thread aktif di server; tutup beberapa"},
	{"the thread or channel no longer exists", "thread atau kanalnya sudah tidak ada"},
	{"the message is not the bot's own", "pesan itu bukan milik bot"},
	{"Discord does not give the file out", "Discord tidak memberikan berkasnya"},
	{"other files came first", "menunggu giliran sesudah berkas lain"},
	{"the file is larger than", "berkasnya melebihi batas Discord"},
	{"the file is empty", "berkasnya kosong"},
	{"a message in Discord holds at most", "satu pesan Discord memuat paling banyak sepuluh berkas"},
	{"a request to Discord holds at most", "berkas-berkasnya bersama terlalu besar untuk satu pesan Discord"},
	{"a file is shorter than was said", "berkas yang tersimpan tidak utuh; minta klien mengirim ulang"},
	{"a file is longer than was said", "berkas yang tersimpan tidak utuh; minta klien mengirim ulang"},
	{"a file cannot be read", "berkas yang tersimpan tidak dapat dibaca; lihat log"},
	{"a file cannot be opened", "berkas yang tersimpan tidak dapat dibuka; lihat log"},
	{"the message could not be made", "pesannya tidak dapat disusun; lihat log"},
	{"the address is not Discord's", "alamatnya bukan milik Discord"},
	{"a limit of Discord is used up", "batas kirim Discord sedang habis"},
	{"it was not sent in time", "tidak sempat terkirim pada waktunya"},
	{"Discord cannot be reached", "Discord tidak dapat dihubungi"},
	{"Discord gave no clear answer", "Discord tidak memberi jawaban yang jelas"},
	{"Discord allows no more edits of messages older than an hour in this channel for now", "Discord untuk sementara tidak mengizinkan perubahan pesan yang lebih tua dari satu jam di kanal ini"},
	{"Discord's rate limit", "batas kirim Discord sedang habis"},
	{"Discord's write limit", "batas kirim Discord sedang habis"},
	{"Discord refuses the bot's token", "Discord menolak token bot; periksa HALO_DISCORD_TOKEN"},
	{"Discord refused: ", "Discord menolak: "},
	{"Discord does not allow it: ", "Discord tidak mengizinkan: "},

	{"this instance no longer leads the desk", "proses ini tidak lagi memegang desk; penggantinya akan mengirim"},
	{"the desk has no channel ", "jalankan halo setup discord; desk belum punya kanal "},
	{"the desk has no ticket forum", "desk belum punya forum tiket; jalankan halo setup discord"},
	{"the desk has no forum of follow-ups", "desk belum punya forum tindak lanjut; halo check menunjukkan apa yang perlu dilakukan"},
	{"the post of the card is not there yet", "post kartunya belum ada"},
	{"the ticket's post is not there yet", "post tiketnya belum ada"},
	{"the store does not answer", "penyimpanan tidak menjawab"},
	{"the letter cannot be read", "isi pesan ini rusak; lihat log"},
	{"the letter's new words cannot be read", "isi baru pesan ini rusak; lihat log"},
	{"a letter of a newer halo, update this program: ", "pesan ini dibuat oleh Halo yang lebih baru; perbarui program ini: "},
	{"what it belongs to no longer exists: ", "tiket atau kliennya tidak ada lagi: "},
	{"what it belongs to cannot be read: ", "data tiket atau kliennya rusak: "},
	{"the conversation goes on in a circle: ", "data kliennya rusak: "},
	{"an internal error, see the log", "ada kesalahan di dalam program; lihat log"},
	{"no answer", "tidak ada jawaban"},
}

// reasonForStaff says a reason in the desk's language, made safe to show; one
// that has no translation is shown as it is.
func reasonForStaff(reason string) string {
	for _, r := range reasons {
		rest, ok := strings.CutPrefix(reason, r.clause)
		if !ok {
			continue
		}
		if !strings.HasSuffix(r.clause, " ") {
			rest = ""
		}
		return ToDiscord(r.said + rest)
	}
	return ToDiscord(reason)
}
