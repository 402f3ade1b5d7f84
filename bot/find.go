package bot

import (
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
)

// findActions are those that find and show what there is, and look after people.
func findActions() actions {
	return actions{
		commands: map[string]action{
			"ticket find":       {may: staff, do: (*Desk).find},
			"ticket transcript": {may: staff, do: (*Desk).transcript},
			"answers list":      {may: staff, do: (*Desk).answers},
			"answers send":      {may: staff, do: (*Desk).canned},
			"customer show":     {may: clientele, do: (*Desk).person},
			"customer history":  {may: historians, do: (*Desk).history},
			"customer edit":     {may: clientele, form: (*Desk).personForm},
			"customer type":     {may: clientele, do: (*Desk).typed},
			"customer note":     {may: clientele, do: (*Desk).noted},
			"customer company":  {may: clientele, do: (*Desk).companies},
			"customer merge":    {may: clientele, do: (*Desk).mergeShow},
			"customer register": {may: clientele, do: (*Desk).register},
			"customer block":    {may: supervisors, do: (*Desk).block},
			"customer unblock":  {may: supervisors, do: (*Desk).unblock},
			"desk outage":       {may: supervisors, do: (*Desk).outage},
		},
		buttons: map[string]action{
			findPrefix:            {may: staff, do: (*Desk).findButton},
			cannedPage:            {may: staff, do: (*Desk).answers},
			cannedPick:            {may: staff, do: (*Desk).canned},
			cannedSend:            {may: staff, do: (*Desk).cannedButton},
			personShow:            {may: clientele, do: (*Desk).personButton},
			personChoose:          {may: clientele, do: (*Desk).personButton},
			personEdit:            {may: clientele, form: (*Desk).personForm},
			personType:            {may: clientele, do: (*Desk).typeSelect},
			personAs:              {may: clientele, do: (*Desk).typed},
			personCompany:         {may: clientele, form: (*Desk).companyForm},
			companyJoin:           {may: clientele, do: (*Desk).joined},
			companyNew:            {may: clientele, form: (*Desk).companyForm},
			personMerge:           {may: clientele, do: (*Desk).merge},
			personBlock:           {may: supervisors, form: (*Desk).blockForm},
			personUnblock:         {may: supervisors, do: (*Desk).unblock},
			bridge.ProspectPrefix: {may: clientele, form: (*Desk).prospectForm},
		},
		forms: map[string]action{
			formPerson:   {may: clientele, do: (*Desk).personEdited},
			formCompany:  {may: clientele, do: (*Desk).companyEdited},
			formBlock:    {may: supervisors, do: (*Desk).block},
			formProspect: {may: clientele, do: (*Desk).enrolled},
		},
	}
}

// findSubs are the commands of /ticket for them.
func findSubs() []Command {
	return []Command{
		{Name: "find", Names: named("cari", "find"), Description: both("Cari tiket, juga yang sudah ditutup", "Find tickets, closed ones too"), Options: []Option{
			{Name: "text", Names: named("teks", "text"), Required: true, Description: both("Nomor tiket, nomor telepon, nama klien atau perusahaan, atau kata dari ringkasannya", "Ticket number, phone number, name of client or company, or words of the summary")},
		}},
		{Name: "transcript", Names: named("transkrip", "transcript"), Description: both("Seluruh catatan tiket ini sebagai HTML dan teks", "The whole log of this ticket as HTML and text"), Options: []Option{
			{Name: "number", Names: named("nomor", "number"), Description: both("Tiket lain, misalnya HE-250114-0007", "Another ticket, such as HE-250114-0007")},
		}},
	}
}

// findCommands are further commands for them.
func findCommands() []Command {
	who := Option{Name: "who", Names: named("siapa", "who"), Description: both("Nomor atau nama; tanpa ini orang di thread ini", "Number or name; without it the person of this thread"), Complete: FromPeople}
	kind := Option{Name: "type", Names: named("tipe", "type"), Description: both("Apa tugasnya di perusahaan", "What the person does at the company")}
	for _, t := range customer.DefaultTypes() {
		kind.Choices = append(kind.Choices, Choice{Value: t.Key, Label: both(t.ID, t.EN)})
	}
	must := kind
	must.Required = true
	return []Command{
		{Name: "answers", Names: named("jawaban", "answers"), Description: both("Jawaban siap pakai", "Canned answers"), Sub: []Command{
			{Name: "list", Names: named("daftar", "list"), Description: both("Lihat semua jawaban siap pakai", "See all canned answers")},
			{Name: "send", Names: named("kirim", "send"), Description: both("Lihat satu jawaban, lalu kirim ke klien", "See one answer, then send it to the client"), Options: []Option{
				{Name: "name", Names: named("nama", "name"), Required: true, Description: both("Nama jawabannya, lihat /answers list", "The answer's name, see /answers list")},
			}},
		}},
		{Name: "customer", Names: named("pelanggan", "customer"), Description: both("Orang di thread ini dan perusahaannya", "The person of this thread and his company"), Sub: []Command{
			{Name: "show", Names: named("lihat", "show"), Description: both("Siapa orang ini", "Who this person is"), Options: []Option{who}},
			{Name: "history", Names: named("riwayat", "history"), Description: both("Semua kontak dengan perusahaannya setelah penjualan", "Every contact with the company after a sale"), Options: []Option{who}},
			{Name: "edit", Names: named("ubah", "edit"), Description: both("Ubah nama, nomor, dan catatan", "Change name, numbers and note"), Options: []Option{who}},
			{Name: "type", Names: named("tipe", "type"), Description: both("Tetapkan tipe pengguna", "Set the user type"), Options: []Option{must, who}},
			{Name: "note", Names: named("catatan", "note"), Description: both("Tulis catatan tentang orang ini", "Write a note about this person"), Options: []Option{
				{Name: "text", Names: named("teks", "text"), Description: both("Catatannya; kosong untuk menghapus", "The note; empty to remove it")}, who,
			}},
			{Name: "company", Names: named("perusahaan", "company"), Description: both("Pilih atau buat perusahaannya, atau tetapkan sales-nya", "Choose or make the company, or set its owner in sales"), Options: []Option{
				{Name: "name", Names: named("nama", "name"), Description: both("Kata dari nama perusahaan", "Words of the company's name"), Complete: FromCompanies},
				{Name: "owner", Names: named("sales", "owner"), Kind: OptionUser, Description: both("Penanggung jawab di sales", "The owner in sales")}, who,
			}},
			{Name: "consent", Names: named("persetujuan", "consent"), Description: both("Catat apakah orang ini mau menerima info dan penawaran", "Note whether this person wants information and offers"), Options: []Option{
				{Name: "wish", Names: named("mau", "wish"), Required: true, Description: both("Mau atau tidak", "Wants them or not"), Choices: []Choice{{Value: "ya", Label: both("ya", "yes")}, {Value: "tidak", Label: both("tidak", "no")}}},
				{Name: "reason", Names: named("alasan", "reason"), Required: true, Description: both("Bagaimana Anda tahu, misalnya: lewat telepon", "How you know, such as: on the phone")}, who,
			}},
			{Name: "block", Names: named("blokir", "block"), Description: both("Blokir: pesannya tidak lagi masuk", "Block: what this person writes no longer comes in"), Options: []Option{
				{Name: "reason", Names: named("alasan", "reason"), Required: true, Description: both("Alasan, dibaca rekan tim", "Reason, read by the team")}, who,
			}},
			{Name: "unblock", Names: named("buka-blokir", "unblock"), Description: both("Buka blokir", "Take off the block list"), Options: []Option{who}},
			{Name: "merge", Names: named("gabung", "merge"), Description: both("Gabungkan dengan orang lain yang ternyata sama", "Merge with another one who is the same person"), Options: []Option{
				{Name: "with", Names: named("dengan", "with"), Required: true, Description: both("Nomor atau nama yang satunya", "Number or name of the other one"), Complete: FromPeople}, who,
			}},
			{Name: "register", Names: named("daftar", "register"), Description: both("Daftarkan orang baru", "Register a new person"), Options: []Option{
				{Name: "number", Names: named("nomor", "number"), Required: true, Description: both("Nomor telepon, misalnya 0812 3456 7890", "Phone number, such as 0812 3456 7890")},
				{Name: "name", Names: named("nama", "name"), Required: true, Description: both("Nama orangnya", "The person's name")}, kind,
				{Name: "company", Names: named("perusahaan", "company"), Description: both("Nama perusahaan; dibuat bila belum ada", "Name of the company; made if there is none"), Complete: FromCompanies},
			}},
		}},
	}
}

// Commands is [Commands] with what this desk lets choose from: its user types, its developer
// teams, and its canned answers if all of them can be shown.
func (d *Desk) Commands() []Command {
	kinds, answers, teams := []Choice{}, []Choice{}, []Choice{}
	for _, name := range d.teams[:min(len(d.teams), mostOffered)] {
		teams = append(teams, Choice{Value: name})
	}
	for _, t := range d.types() {
		kinds = append(kinds, Choice{Value: t.Key, Label: both(t.ID, t.EN)})
	}
	for _, name := range d.bridge.Sentences.Canned() {
		answers = append(answers, Choice{Value: name})
	}
	if len(answers) > mostOffered {
		answers = nil
	}
	all := Commands()
	for _, c := range all {
		for _, sub := range c.Sub {
			for n := range sub.Options {
				switch o := &sub.Options[n]; c.Name + " " + sub.Name + " " + o.Name {
				case "customer type type", "customer register type":
					o.Choices = kinds
				case "report move team":
					o.Choices = teams
				case "answers send name":
					o.Choices = answers
				}
			}
		}
	}
	return all
}

// mostOffered is how many choices an option may have.
const mostOffered = 25
