package bot

// deskActions are those about the desk itself.
func deskActions() actions {
	return actions{
		commands: map[string]action{
			"dead":        {may: supervisors, do: (*Desk).dead},
			"desk status": {may: supervisors, do: (*Desk).status},
			"desk pair":   {may: supervisors, do: (*Desk).pair},
		},
		buttons: map[string]action{
			deadPrefix:   {may: supervisors, do: (*Desk).deadButton},
			pairPrefix:   {may: supervisors, do: (*Desk).pairButton},
			statusPrefix: {may: supervisors, do: (*Desk).status},
		},
	}
}

// deskCommands are the commands for them.
func deskCommands() []Command {
	return []Command{
		{Name: "dead", Names: named("gagal", "dead"), Description: both("Pesan yang tidak terkirim, dengan tombol kirim ulang", "Messages that were not delivered, with a button to send them again")},
		{Name: "desk", Names: named("desk", "desk"), Description: both("Keadaan desk ini", "The state of this desk"), Sub: append([]Command{
			{Name: "status", Names: named("status", "status"), Description: both("Sambungan, penyimpanan, antrean, dan gangguan saat ini", "Links, store, queue and incidents at the moment")},
			{Name: "outage", Names: named("gangguan", "outage"), Description: both("Pasang pemberitahuan gangguan, atau cabut tanpa teks", "Set the outage notice, or end it without a text"), Options: []Option{
				{Name: "text", Names: named("teks", "text"), Description: both("Yang dibaca klien saat membuka tiket", "What clients read when they open a ticket")},
			}},
			{Name: "pair", Names: named("tautkan", "pair"), Description: both("Tautkan nomor WhatsApp bila tautannya terputus", "Link the WhatsApp number when it is not linked"), Options: []Option{
				{Name: "method", Names: named("cara", "method"), Description: both("qr: pindai gambar; code: ketik kode di ponsel", "qr: scan a picture; code: type a code on the phone"), Choices: []Choice{{Value: methodQR}, {Value: methodCode}}},
				{Name: "phone", Names: named("nomor", "phone"), Description: both("Nomor yang ditautkan, misalnya +62 812 3456 7890 (hanya untuk code)", "The number to link, such as +62 812 3456 7890 (for code only)")},
			}},
		}, outreachSubs()...)},
	}
}
