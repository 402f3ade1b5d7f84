package bot

// workSubs are the commands of /ticket for who works on what, and when.
func workSubs() []Command {
	return []Command{
		{Name: "take-over", Names: named("ambil-alih", "take-over"), Description: both("Ambil alih tiket ini dari agennya", "Take this ticket over from its agent")},
		{Name: "transfer", Names: named("alihkan", "transfer"), Description: both("Alihkan tiket ini ke anggota tim lain", "Give this ticket to another member of the team"), Options: []Option{
			{Name: "to", Names: named("kepada", "to"), Description: both("Kepada siapa", "To whom"), Kind: OptionUser, Required: true},
			{Name: "note", Names: named("catatan", "note"), Description: both("Catatan untuk yang melanjutkan", "A note for who goes on")},
		}},
		{Name: "snooze", Names: named("tunda", "snooze"), Description: both("Tunda pengingat tiket ini sampai suatu waktu, atau sampai klien menulis", "Let this ticket rest until a time, or until the client writes"), Options: []Option{
			{Name: "until", Names: named("sampai", "until"), Description: both("Misalnya 30m, 2 jam, besok 09:00, senin 08:00, 2026-11-24 09:00; off untuk mengakhiri", "Such as 30m, 2h, tomorrow 09:00, monday 08:00, 2026-11-24 09:00; off ends it"), Required: true},
		}},
		{Name: "schedule", Names: named("jadwalkan", "schedule"), Description: both("Jadwalkan pesan untuk klien; daftarnya ada di menu Lainnya", "Schedule a message to the client; the list is in the menu")},
		{Name: "merge", Names: named("gabungkan", "merge"), Description: both("Gabungkan tiket ini ke tiket lain dari kontak yang sama", "Merge this ticket into another one of the same contact"), Options: []Option{
			{Name: "into", Names: named("ke", "into"), Description: both("Nomor tiket yang berlanjut; tanpa isian, daftar pilihannya muncul", "Number of the ticket that goes on; without it a list appears")},
		}},
		{Name: "ask-sales", Names: named("tanya-sales", "ask-sales"), Description: both("Tanya sales di thread ini; klien tidak membacanya", "Ask sales in this thread; the client does not read it")},
		{Name: "new", Names: named("baru", "new"), Description: both("Catat tiket untuk klien yang menelepon, mengirim SMS atau e-mail, atau datang", "Register a ticket for a client who phoned, sent SMS or e-mail, or came"), Options: []Option{
			{Name: "channel", Names: named("kanal", "channel"), Description: both("Lewat apa klien menghubungi", "How the client got in touch"), Required: true, Choices: []Choice{
				{Value: "phone", Label: both("Telepon", "Phone")}, {Value: "sms", Label: both("SMS", "SMS")},
				{Value: "email", Label: both("E-mail", "E-mail")}, {Value: "in_person", Label: both("Tatap muka", "In person")},
			}},
			{Name: "name", Names: named("nama", "name"), Description: both("Nama klien", "Name of the client"), Required: true},
			{Name: "summary", Names: named("ringkasan", "summary"), Description: both("Apa yang ditanyakan atau dikeluhkan", "What it is about"), Required: true},
			{Name: "phone", Names: named("telepon", "phone"), Description: both("Nomor klien, misalnya 0812 3456 7890", "Number of the client, such as 0812 3456 7890")},
		}},
	}
}

// workCommands are further commands for them.
func workCommands() []Command {
	whom := Option{Name: "user", Names: named("anggota", "user"), Description: both("Untuk anggota lain (hanya supervisor)", "For somebody else (supervisors only)"), Kind: OptionUser}
	return []Command{
		{Name: "duty", Names: named("tugas", "duty"), Description: both("Siapa yang bertugas", "Who is on duty"), Sub: []Command{
			{Name: "on", Names: named("mulai", "on"), Description: both("Mulai bertugas: tawaran tiket datang kepada Anda", "Come on duty: tickets are offered to you"), Options: []Option{whom}},
			{Name: "off", Names: named("selesai", "off"), Description: both("Selesai bertugas, dengan serah terima tiket yang masih terbuka", "Go off duty, and hand over the tickets that are open"), Options: []Option{whom}},
			{Name: "break", Names: named("istirahat", "break"), Description: both("Istirahat: tawaran baru lewat, tiket Anda tetap Anda", "Take a break: new offers pass by, your tickets stay yours"), Options: []Option{whom}},
			{Name: "status", Names: named("status", "status"), Description: both("Siapa yang bertugas, dengan tiketnya", "Who is on duty, with their tickets")},
			{Name: "name", Names: named("nama", "name"), Description: both("Nama Anda di mata klien", "What clients call you"), Options: []Option{
				{Name: "name", Names: named("nama", "name"), Description: both("Misalnya Sari; - untuk memakai nama Discord", "Such as Sari; - for the name in Discord"), Required: true}, whom,
			}},
			{Name: "shift", Names: named("jadwal", "shift"), Description: both("Jadwal mingguan: mulai dan selesai bertugas dengan sendirinya", "Weekly hours: on and off duty by themselves"), Options: []Option{
				{Name: "hours", Names: named("jam", "hours"), Description: both("Misalnya senin-jumat 08:00-16:00, sabtu 08:00-12:00; none untuk menghapus", "Such as mon-fri 08:00-16:00, sat 08:00-12:00; none for none"), Required: true}, whom,
			}},
		}},
		{Name: "queue", Names: named("antrean", "queue"), Description: both("Siapa yang menunggu jawaban, dan berapa lama", "Who waits for an answer, and how long")},
	}
}
