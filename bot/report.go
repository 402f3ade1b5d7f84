package bot

import "slices"

// Ids of the buttons and forms of a report. Its post says which one is meant; in a ticket's
// thread and in answers its identifier follows (bridge/report.go).
const (
	buttonTake      = "r:take"
	buttonOver      = "r:over"
	buttonNeedData  = "r:data"
	buttonAdjusted  = "r:adjusted"
	buttonReject    = "r:reject" // r:reject:CAUSE opens the form
	buttonMove      = "r:move"   // a select of this id opens the form
	buttonPass      = "r:pass"
	buttonFail      = "r:fail"
	buttonAgree     = "r:accept"
	buttonObject    = "r:object"
	buttonWords     = "r:forward"
	buttonPostAgain = "r:again"
	buttonWithdraw  = "r:withdraw"
	buttonLetGo     = "r:leave"  // for one of several tickets that wait
	buttonPutBack   = "r:reopen" // after it had passed

	formNeedData = "fr:data"
	formAdjusted = "fr:adjusted"
	formReject   = "fr:reject" // :CAUSE
	formMove     = "fr:move"   // :TEAM
	formFail     = "fr:fail"
	formObject   = "fr:object"
	formWithdraw = "fr:withdraw"
)

// The people of reports. Which report is whose is decided at the report.
var (
	parties     = []string{Developer, DeveloperLead, Sales, QA, Engineering}
	withdrawers = slices.Concat(staff, []string{Developer, DeveloperLead})
	reposters   = slices.Concat(supervisors, []string{Developer, DeveloperLead})
)

// reportActions are what is done to a report.
func reportActions() actions {
	return actions{
		commands: map[string]action{
			"report take":      {may: parties, do: (*Desk).takeReport},
			"report need-data": {may: parties, form: (*Desk).needDataForm, do: (*Desk).needData},
			"report adjusted":  {may: parties, form: (*Desk).adjustedForm, do: (*Desk).adjusted},
			"report close":     {may: parties, form: (*Desk).rejectForm, do: (*Desk).reject},
			"report move":      {may: parties, form: (*Desk).moveForm, do: (*Desk).move},
			"report verify":    {may: staff, form: (*Desk).failForm, do: (*Desk).verify},
		},
		buttons: map[string]action{
			buttonTake:      {may: parties, do: (*Desk).takeReport},
			buttonOver:      {may: parties, do: (*Desk).takeReport},
			buttonNeedData:  {may: parties, form: (*Desk).needDataForm},
			buttonAdjusted:  {may: parties, form: (*Desk).adjustedForm},
			buttonReject:    {may: parties, form: (*Desk).rejectForm, do: (*Desk).reject},
			buttonMove:      {may: parties, form: (*Desk).moveForm, do: (*Desk).move},
			buttonPass:      {may: staff, do: (*Desk).verify},
			buttonFail:      {may: staff, form: (*Desk).failForm},
			buttonAgree:     {may: staff, do: (*Desk).agree},
			buttonObject:    {may: staff, form: (*Desk).objectForm},
			buttonWords:     {may: staff, do: (*Desk).forwardWords},
			buttonPostAgain: {may: reposters, do: (*Desk).postAgain},
			buttonPutBack:   {may: staff, do: (*Desk).putBack},
			buttonWithdraw:  {may: withdrawers, form: (*Desk).withdrawForm},
			buttonLetGo:     {may: staff, do: (*Desk).leaveReport},
		},
		forms: map[string]action{
			formNeedData: {may: parties, do: (*Desk).needData},
			formAdjusted: {may: parties, do: (*Desk).adjusted},
			formReject:   {may: parties, do: (*Desk).reject},
			formMove:     {may: parties, do: (*Desk).move},
			formFail:     {may: staff, do: (*Desk).verify},
			formObject:   {may: staff, do: (*Desk).object},
			formWithdraw: {may: withdrawers, do: (*Desk).withdraw},
		},
	}
}

// reportCommands are the commands of a report's post.
func reportCommands() []Command {
	return []Command{{Name: "report", Names: named("laporan", "report"), Description: both("Laporan di post ini", "The report of this post"), Sub: []Command{
		{Name: "take", Names: named("ambil", "take"), Description: both("Ambil laporan ini untuk dikerjakan", "Take this report to work on it")},
		{Name: "need-data", Names: named("butuh-data", "need-data"), Description: both("Minta data yang dibutuhkan kepada agen", "Ask the agent for the data that is needed"), Options: []Option{
			{Name: "question", Names: named("pertanyaan", "question"), Description: both("Data apa yang dibutuhkan; kosongkan untuk menulis beberapa baris", "Which data is needed; leave it empty to write several lines")},
		}},
		{Name: "adjusted", Names: named("disesuaikan", "adjusted"), Description: both("Sudah disesuaikan: agen menguji ulang. Pihak lain: jawabannya", "It is adjusted: the agent re-tests. Of other parties: the answer"), Options: []Option{
			{Name: "result", Names: named("hasil", "result"), Description: both("Apa yang disesuaikan; kosongkan untuk menulis beberapa baris", "What was adjusted; leave it empty to write several lines")},
		}},
		{Name: "close", Names: named("tutup", "close"), Description: both("Tutup tanpa perubahan; agen menyetujui atau berkeberatan", "Close without change; the agent accepts or objects"), Options: []Option{
			{Name: "cause", Names: named("sebab", "cause"), Description: both("Sebabnya; tanpa isian, pilihannya muncul", "The cause; without it the choices appear"), Choices: causeChoices()},
			{Name: "reason", Names: named("alasan", "reason"), Description: both("Penjelasan untuk agen", "What the agent has to know")},
		}},
		{Name: "move", Names: named("pindah", "move"), Description: both("Pindahkan ke tim developer lain", "Move it to another developer team"), Options: []Option{
			{Name: "team", Names: named("tim", "team"), Description: both("Tim yang dituju; tanpa isian, daftarnya muncul", "The team; without it a list appears")},
			{Name: "reason", Names: named("alasan", "reason"), Description: both("Mengapa tim itu", "Why that team")},
		}},
		{Name: "verify", Names: named("uji", "verify"), Description: both("Hasil uji ulang laporan yang sudah disesuaikan", "The outcome of the re-test of what was adjusted"), Options: []Option{
			{Name: "result", Names: named("hasil", "result"), Description: both("Lolos, atau belum sesuai", "Pass or fail"), Required: true, Choices: []Choice{
				{Value: resultPass, Label: both("Lolos: kendalanya hilang", "Pass: the problem is gone")}, {Value: resultFail, Label: both("Belum sesuai: kendalanya masih ada", "Fail: the problem is still there")},
			}},
			{Name: "note", Names: named("catatan", "note"), Description: both("Catatan; bila belum sesuai, apa yang masih salah", "A note; of a fail, what is still wrong")},
		}},
	}}}
}
