package ticket

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a word does in an answer. A word that is not in the vocabulary is strange.
const (
	wDone     = 'S' // sudah
	wGood     = 'P' // bisa, normal, sesuai
	wFixed    = 'f' // selesai, fixed: good also right after a trouble
	wFine     = 'p' // ok, sip: good, but weaker
	wTrouble  = 'T' // error, kendala
	wNot      = 'N' // tidak
	wNotYet   = 'B' // belum
	wStill    = 'M' // masih
	wSame     = 'E' // sama
	wTried    = 'R' // dicoba, dicek
	wResult   = 'V' // muncul, tersimpan: good after sudah
	wPassed   = 'o' // masuk, keluar: of data or of a person
	wUse      = 'v' // login, cetak: what one can do
	wClose    = 'X' // ditutup
	wYa       = 'G' // ya: yes at the beginning, else nothing
	wYes      = 'g' // iya, yes
	wAck      = 'A' // baik, siap: heard, which says nothing of the work
	wThanks   = 'K'
	wFiller   = 'F'
	wGreeting = 'H'
	wPerson   = 'I' // saya
	wThing    = 'O' // datanya
	wBut      = 'C'
	wAnd      = 'c'
	wAgain    = 'L' // lagi
	wExists   = 'D' // ada
	wOnly     = 'j' // aja, saja
	wLater    = 'W' // nanti, besok, tadi: not about now
	wAsk      = 'Q' // kenapa, berapa
	wStrange  = 'U'
)

// rows are the words by what they do; fused words do several things in turn. No word
// is in two rows.
var rows = map[string]string{
	"S": "sudah sampun sudahh sudh suda sdh sdah shdah udah udh uda udha udhh dah dh wis wes uwis uwes already",
	"P": "bisa bisa2 bs bsa bisaa biisa isa iso saged normal lancar aman berhasil jalan berjalan berfungsi sesuai sesuia sesui benar bener betul cocok " +
		"teratasi works work working worked correct can could stabil jelas sinkron normalnya",
	"f": "selesai slesai selesei beres kelar tuntas rampung fixed solved resolved done clear",
	"p": "ok oke okay okey okeh okei okk okkk oks okelah okedeh oky okie ok2 oke2 sip siip sipp sippp sips mantap mantab mantul mantep mantaps okesip top jos joss good great nice perfect " +
		"excellent awesome cool bagus keren boleh silakan silahkan silahkn silakn monggo mangga cukup deal sepakat setuju agree agreed fine acc " +
		"👍 👌 ✅ 🆗 💯 ☑ ✔ 🤙",
	"T": "error eror erorr errors errornya erornya gagal salah rusak macet lemot lambat lelet ngelag lag bug buggy stuck freeze hang ngehang nyangkut " +
		"masalah masalahnya kendala kendalanya problem problems problemnya issue issues isu trouble failed fails fail wrong broken down crash kosong blank ngadat loading muter " +
		"selisih trobel troble bermasalah terkendala gangguan minus mati offline disconnect dobel double",
	"N": "tidak tdk tidk tdak tak ga gak gk g nggak ngga enggak engga gag kaga kagak kgk ora mboten ndak nda nggk ngak ndk bukan bkn jangan jgn no not nope doesnt dont isnt didnt wasnt arent hasnt havent tanpa kurang 👎 ❌",
	"B": "belum belom blum blom blm bloman belumm belon lom durung dereng",
	"M": "masih msh masi msih mash mase tetap tetep ttp ttep still",
	"E": "sama same begitu gitu begini gini gt",
	"R": "coba dicoba nyoba mencoba cobain dicobain cb cek dicek cekk ngecek mengecek check checked tes dites test tested try tried periksa diperiksa konfirmasi",
	"V": "muncul tampil tersimpan terkirim tersinkron terinput terupdate terbaca connect konek nyala terhubung tampak tercetak",
	"o": "masuk msk keluar klr",
	"v": "login buka dibuka kebuka terbuka cetak dicetak print ngeprint input diinput simpan disimpan save akses diakses transaksi bertransaksi digunakan dipakai dipake pakai pake jualan " +
		"open access use export import upload download sync",
	"X": "tutup ditutup close closed",
	"G": "ya y yaa ya2 yah iy",
	"g": "iya iyaa iyah iyes iyup iye iyoi yes yess yep yup yoi yoa yeah ye yap yapp betul2 iya2 inggih injih nggih sure",
	"A": "baik baiklah bae siap siapp siappp siyap noted dimengerti mengerti paham understood roger laksanakan 🫡",
	"K": "sama2 samasama alhamdulillah alhamdulilah makasih makasi makasii makaci maksih maksi mksh mksih mkasih mks makasiih makasihh mkasi mksi makasiy trims trimss trim trimakasih trimaksih trimakasi terimakasih terimakasi terimaksih terimkasih tks thx thxx thks thanks thank thankyou thanku thnks thanx thnx ty tyvm tq tqvm " +
		"tengkyu tengkiu tenkyu suwun nuhun hatur maturnuwun nuwun kamsia terimakasihh tysm thankies tengs trmksh matursuwun syukron appreciate appreciated 🙏 🤝 🫶",
	"F": "kak ka kakak kk kaka kka min admin mimin mas mba mbak mbk pak bpk bapak bu ibu bun om tante gan agan bro sis bang bg bos boss bosku cs team tim sir mam miss mr deh dong doong dng sih nih ni tuh ternyata lho loh  " +
		"lah banget bgt bgtt bngt bener2 sekali skali sangat semua semuanya smua semua2 sekarang skrg skrng skarang skr now it its this the is all very so much more longer any everything just has have been does do am are  " +
		"to for your my our me dari untuk utk atas dengan dgn di ini itu oh ohh o oalah owalah owh ah nah wah wow haha hahaha hehe hehehe hihi he wkwk wkwkwk wk eh puji tuhan syukur aamiin amin " +
		"bantuannya kesabarannya bantuanya bntuannya infonya informasinya responnya responsnya penjelasannya penjelasan kerjasamanya kerjasama supportnya waktunya atensinya " +
		"perhatiannya layanannya pelayanannya pelayanan solusinya banyak bnyk byk many lot a halo hallo hai hi hello permisi " +
		"😊 🙂 😀 😃 😄 😁 😆 😍 🥰 😘 🤗 ❤ 💕 💖 💙 💚 💛 🧡 💜 ♥ 👏 🙌 🎉 🔥 💪 ✨ 😎 😇 ☺ 🌹 🌸 💐 🎊 🥳 😉 😂 🤣 😅 ⭐ 🌟 🤲 🙇 🤩 🥹 😌 👋 ✌ 🫰 🌷 🌻 🌺 ♂ ♀",
	"H": "pagi siang sore malam selamat slmt met assalamualaikum waalaikumsalam morning afternoon evening",
	"I": "saya sy aku ku kami kita i ive we gw gue",
	"O": "aplikasi aplikasinya app appnya sistem sistemnya data datanya stok stoknya stock stocknya laporan laporannya lapornya menu menunya printer printernya nota notanya struk struknya harganya harga hasil hasilnya " +
		"program programnya webnya kasirnya saldo saldonya akun akunnya erzap halaman halamannya system",
	"C": "tapi tp tpi tetapi namun cuma cm cuman hanya kecuali padahal but however except though only tapinya cmn",
	"c": "dan dn and trus terus lalu lalu2 n",
	"L": "lagi lg lgi again",
	"D": "ada adanya there",
	"j": "aja saja ja aj sj",
	"W": "atau or kadang kadang2 sometimes kadangkala nanti nnt ntar nt ntr besok bsk lusa akan mau mo pengen ingin tunggu ditunggu nunggu menunggu sebentar bentar bntr sbntr dulu dlu sek kalau kalo klau kalu klo klu klw kl jika bila apabila andai seandainya misal misalnya semisal takut takutnya khawatir ketemu nemu ditemukan agar supaya biar if will later tomorrow wait waiting let lets soon tonight  " +
		"tadi td tadinya did was hilang ilang lenyap were sebelumnya kemarin kmrn kmren kemaren sebelum before yesterday sempat sempet pernah semalam semoga moga hopefully mungkin maybe kayaknya sepertinya kayanya harusnya seharusnya should perhaps",
	"Q": "apa apakah apkh kenapa knp kenpa knapa gimana gmn gmana bagaimana bgmn kapan kpn kapankah berapa brp brapa mana dimana dmn siapa how when why what where who which bisakah sudahkah udahkah bolehkah adakah tau tahu tanya nanya penyebab penyebabnya",

	"NP": "gabisa gbisa gakbisa gkbisa gabs gbs tidakbisa tdkbisa gaiso gabsa nggabisa cant cannot cantt couldnt raiso gabisaa",
	"BP": "blmbisa belumbisa blmbs belombisa",
	"ND": "gada gaada gakada nggada",
	"SP": "udahbisa sudahbisa udhbisa sdhbisa udhbs sdhbs",
}

// vocabulary is rows by word.
var vocabulary = func() map[string]string {
	m := make(map[string]string)
	for does, words := range rows {
		for w := range strings.FieldsSeq(words) {
			m[w] = does
		}
	}
	return m
}()

// spellings are the ways to write the words of phrases.
var spellings = func() map[string]string {
	m := make(map[string]string)
	for w, others := range map[string]string{
		"sudah":  "sudahh sudh suda sdh sdah udah udh uda udha dah dh",
		"tidak":  "tdk tidk tdak ga gak gk nggak ngga enggak engga gag ndak",
		"belum":  "belom blum blom blm",
		"masih":  "msh masi msih",
		"saja":   "aja aj ja sj",
		"sama":   "sm",
		"saya":   "sy",
		"yang":   "yg",
		"terima": "trima terimah trma",
		"kasih":  "kasi ksh",
		"sampai": "sampe smp",
	} {
		for other := range strings.FieldsSeq(others) {
			m[other] = w
		}
	}
	return m
}()

// phrases are words that together do something else than each alone; the longest
// wins. Each word stands here as [spellings] has it.
var phrases = map[string]string{
	"terima kasih": "K", "thank you": "K", "thank u": "K", "many thanks": "K",
	"matur nuwun": "K", "matur suwun": "K", "hatur nuhun": "K",
	"sama sama": "K", "sami sami": "K", "youre welcome": "K", "god bless": "K",
	"sudah dibantu": "K", "sudah membantu": "K", "sudah bantu": "K", "sudah direspon": "K", "sudah merespon": "K", "telah membantu": "K", "telah dibantu": "K",
	"sudah mau bantu": "K", "sudah mau membantu": "K", "sudah sabar": "K",
	"fast respon": "K", "fast response": "K", "sukses selalu": "K", "sukses terus": "K", "sehat selalu": "K", "selamat beristirahat": "K", "terima kasih kembali": "K", "pelayanannya memuaskan": "K", "sangat memuaskan": "K",
	"fast responnya": "F", "fast responsenya": "F", "quick response": "F", "quick respon": "F", "atas bantuan": "F", "atas kerjasama": "F", "atas perhatian": "F", "atas info": "F", "atas informasi": "F",
	"not yet": "B", "can not": "NP", "could not": "NP", "no longer": "N", "no more": "N",
	"no problem": "U", "no worries": "U", "tidak masalah": "U", "bukan masalah": "U", "tidak apa apa": "U",
	"masih bisa": "U", "bisa jadi": "U", "bisa tolong": "QU", "bisa minta": "QU", "bisa bantu": "QU", "bisa dibantu": "QU", "bisa kah": "Q", "sudah kah": "Q", "kata siapa": "Q",
	"your help": "F", "the help": "F", "for helping": "F", "your support": "F", "the support": "F", "kembali kasih": "K", "good night": "H", "good morning": "H", "good afternoon": "H", "good evening": "H", "good day": "H", "normal kembali": "P", "bisa bisa": "P",
	"jalan keluar": "U", "kembali normal": "P", "kembali lagi": "U", "keluar lagi": "U",
	"setelah dicoba": "SR", "setelah dicek": "SR", "setelah saya coba": "SR", "setelah saya cek": "SR", "telah dicoba": "SR", "telah dicek": "SR",
	"telah selesai": "Sf", "telah sesuai": "SP", "telah normal": "SP",
	"dari tadi": "F", "dari kemarin": "F",
	"ya sudah": "U", "sudah lah": "U",
	"ya sudah bisa": "SP", "ya sudah ok": "Sp", "ya sudah oke": "Sp", "ya sudah normal": "SP", "ya sudah sesuai": "SP",
	"salah kirim": "U", "salah chat": "U", "salah orang": "U", "salah nomor": "U", "salah sambung": "U", "salah saya": "U", "salah input": "U", "salah ketik": "U", "salah klik": "U", "salah setting": "U", "wrong chat": "U", "wrong number": "U",
	"tidak ada yang": "ND", "jangan sampai": "W", "jgn sampai": "W",
	"respon cepatnya": "F", "respon cepat": "F", "info nya": "F", "sangat membantu": "K", "bantuan nya": "F",
	"aman terkendali": "P", "lancar jaya": "P", "aman jaya": "P", "sudah fix": "Sf", "belum fix": "Bf",
	"oh iya": "F", "oh ya": "F", "o iya": "F", "o ya": "F", "eh iya": "F", // there is more to come
	"mantap jiwa": "p",
	"force close": "T", "jadi begitu": "A", "oh begitu": "A", "oh gitu": "A", "ooh gitu": "A", "o gitu": "A", "ok gitu": "A",
	"up to date": "P", "log in": "v", "sign in": "v",
	"all good": "P", "looks good": "P", "all set": "P", "good job": "p",
	"sama saja": "ME", "masih sama": "ME", "the same": "E",
	"tidak ada masalah": "NT",
	"tidak ada":         "ND", "tidak jadi": "U", "belum tentu": "U", "kurang lebih": "U", "sudah tutup": "U",
	"bisa ditutup": "X", "bisa close": "X", "bisa tutup": "X", "bisa diclose": "X", "sudah boleh": "p",
	"sudah bisa ditutup": "X", "sudah bisa close": "X", "sudah bisa tutup": "X", "sudah bisa diclose": "X",
}

// inversions begin a question in English.
var inversions = strings.Fields("is are")

// honorifics stand before a name.
var honorifics = strings.Fields("kak ka kakak kk kaka mas mba mbak mbk pak bpk bapak bu ibu bun om tante min admin cs mr miss bro sis")

// wants are words that ask for something, and so are no names.
var wants = strings.Fields("tolong tlg mohon mhn minta bantu bantuin dibantu kirim kirimin dikirim kirimkan info infoin kabarin kabari update balas bales dibalas jawab dijawab " +
	"proses diproses lanjut lanjutkan urgent segera cepat lama lambat maaf invoice order orderan pesanan invoicenya help please pls")

// named reports a word that may be a name.
func named(w string) bool {
	n := utf8.RuneCountInString(w)
	return n >= 3 && n <= 12 && does(w) == string(wStrange) && !slices.Contains(wants, w) && strings.IndexFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }) < 0 &&
		!strings.HasSuffix(w, "nya") && !strings.HasSuffix(w, "kan")
}

// longestPhrase is the most words a phrase has.
const longestPhrase = 4

// does returns what a word does, drawn out or not.
func does(w string) string {
	if d, ok := vocabulary[w]; ok {
		return d
	}
	if d, ok := vocabulary[squeezed(w)]; ok {
		return d
	}
	return string(wStrange)
}

// common reports a word that people use in any answer.
func common(w string) bool { return does(w) != string(wStrange) }
