package bot

import (
	"slices"

	"github.com/haloerzap/halo/bridge"
)

// Ids of the buttons and forms about a ticket. Cards and lines show them
// (bridge/tell.go), the thread says which ticket is meant, and what follows an id (see
// [arg]) belongs to it: an old one works like a new one.
const (
	buttonAccept    = "t:accept"
	buttonClass     = "t:class" // t:class:easy, or a select of this id
	buttonIssue     = "t:issue" // a select of this id; without a choice it shows one
	buttonOther     = "t:issue-other"
	buttonNote      = "t:note"
	buttonData      = "t:data"
	buttonAccess    = "t:access"
	buttonCheck     = "t:check"
	buttonResolve   = "t:resolve"
	buttonClose     = "t:close"
	buttonDrop      = "t:drop"
	buttonReopen    = "t:reopen"
	buttonComplaint = "t:complaint" // t:complaint:off takes the mark away
	buttonEscalate  = "t:escalate"
	buttonAnswer    = "t:answer"   // a supervisor's, to an escalation
	buttonReview    = "t:review"   // t:review:NUMBER outside of the ticket's thread
	buttonWarranty  = "t:warranty" // :claim, :refuse, :accept, :accept:STATUS, :close

	formIssue    = "f:issue"
	formNote     = "f:note"
	formData     = "f:data"
	formResolve  = "f:resolve"
	formDrop     = "f:drop"
	formEscalate = "f:escalate"
	formAnswer   = "f:answer"
	formReview   = "f:review"   // f:review:NUMBER
	formWarranty = "f:warranty" // as of the buttons
)

// The people of a ticket beside those of the desk.
var (
	complaintTakers = slices.Concat(staff, []string{Sales, AfterSales})
	noters          = slices.Concat(staff, []string{Sales, AfterSales, QA})
	claimers        = slices.Concat(staff, []string{AfterSales})
	claimDeciders   = slices.Concat([]string{AfterSales}, supervisors)
)

// ticketActions are what is done to a ticket while it is worked on.
func ticketActions() actions {
	return actions{
		commands: map[string]action{
			"ticket accept":            {may: staff, do: (*Desk).accept},
			"ticket classify":          {may: staff, do: (*Desk).classify},
			"ticket issue":             {may: staff, do: (*Desk).issue},
			"ticket note":              {may: noters, form: (*Desk).noteForm, do: (*Desk).note},
			"ticket request-data":      {may: staff, form: (*Desk).dataForm, do: (*Desk).requestData},
			"ticket request-access":    {may: staff, do: (*Desk).requestAccess},
			"ticket checking":          {may: staff, do: (*Desk).checking},
			"ticket resolve":           {may: staff, form: (*Desk).resolveForm, do: (*Desk).resolve},
			"ticket close":             {may: staff, do: (*Desk).close},
			"ticket reopen":            {may: staff, do: (*Desk).reopen},
			"ticket complaint":         {may: complaintTakers, do: (*Desk).complaint},
			"ticket escalate":          {may: staff, form: (*Desk).escalateForm, do: (*Desk).escalate},
			"ticket answer-escalation": {may: supervisors, form: (*Desk).answerForm, do: (*Desk).answerEscalation},
			"ticket warranty":          {may: claimers, form: (*Desk).warrantyForm, do: (*Desk).warranty},
		},
		buttons: map[string]action{
			bridge.RetryPrefix: {may: talkers, do: (*Desk).retry},

			buttonAccept:    {may: staff, do: (*Desk).accept},
			buttonClass:     {may: staff, do: (*Desk).classify},
			buttonIssue:     {may: staff, do: (*Desk).issue},
			buttonOther:     {may: staff, form: (*Desk).issueForm},
			buttonNote:      {may: noters, form: (*Desk).noteForm},
			buttonData:      {may: staff, form: (*Desk).dataForm},
			buttonAccess:    {may: staff, do: (*Desk).requestAccess},
			buttonCheck:     {may: staff, do: (*Desk).checking},
			buttonResolve:   {may: staff, form: (*Desk).resolveForm},
			buttonClose:     {may: staff, do: (*Desk).closeResolved},
			buttonDrop:      {may: staff, form: (*Desk).dropForm},
			buttonReopen:    {may: staff, do: (*Desk).reopen},
			buttonComplaint: {may: complaintTakers, do: (*Desk).complaint},
			buttonEscalate:  {may: staff, form: (*Desk).escalateForm},
			buttonAnswer:    {may: supervisors, form: (*Desk).answerForm},
			buttonReview:    {may: supervisors, form: (*Desk).reviewForm},

			buttonWarranty + ":" + warrantyClaim:  {may: claimers, do: (*Desk).warranty},
			buttonWarranty + ":" + warrantyRefuse: {may: claimDeciders, form: (*Desk).warrantyForm},
			buttonWarranty + ":" + warrantyAccept: {may: claimDeciders, form: (*Desk).warrantyForm, do: (*Desk).warranty},
			buttonWarranty + ":" + warrantyClose:  {may: claimDeciders, form: (*Desk).warrantyForm},
		},
		forms: map[string]action{
			formIssue:    {may: staff, do: (*Desk).issue},
			formNote:     {may: noters, do: (*Desk).note},
			formData:     {may: staff, do: (*Desk).requestData},
			formResolve:  {may: staff, do: (*Desk).resolve},
			formDrop:     {may: staff, do: (*Desk).close},
			formEscalate: {may: staff, do: (*Desk).escalate},
			formAnswer:   {may: supervisors, do: (*Desk).answerEscalation},
			formReview:   {may: supervisors, do: (*Desk).review},
			formWarranty: {may: claimDeciders, do: (*Desk).warranty},
		},
	}
}

// ticketSubs are the commands of /ticket for it.
func ticketSubs() []Command {
	return []Command{
		{Name: "accept", Names: named("terima", "accept"), Description: both("Tangani tiket ini; klien disapa dengan nama Anda", "Handle this ticket; the client is greeted by your name")},
		{Name: "classify", Names: named("klasifikasi", "classify"), Description: both("Tetapkan kelas tiket; target penyelesaiannya mengikuti", "Set the class of the ticket; its target follows"), Options: []Option{
			{Name: "class", Names: named("kelas", "class"), Description: both("Seberapa berat kendalanya", "How heavy the concern is"), Required: true, Choices: classChoices()},
		}},
		{Name: "issue", Names: named("jenis", "issue"), Description: both("Tetapkan jenis kendala; tanpa isian, daftar pilihannya muncul", "Set the type of the issue; without an entry a list appears"), Options: []Option{
			{Name: "type", Names: named("jenis", "type"), Description: both("Jenis kendala, misalnya nama tim developer", "Type of the issue, such as the name of a developer team")},
		}},
		{Name: "note", Names: named("catatan", "note"), Description: both("Catatan untuk tim di thread ini; klien tidak membacanya", "A note for the team in this thread; the client does not read it"), Options: []Option{
			{Name: "text", Names: named("teks", "text"), Description: both("Isi catatan; kosongkan untuk menulis beberapa baris", "The note; leave it empty to write several lines")},
		}},
		{Name: "request-data", Names: named("minta-data", "request-data"), Description: both("Minta data yang kurang kepada klien, sebagai daftar bernomor", "Ask the client for what is missing, as a numbered list")},
		{Name: "request-access", Names: named("minta-akses", "request-access"), Description: both("Minta kode OTP kepada klien; kodenya hanya terlihat oleh Anda", "Ask the client for an OTP code; only you can see it")},
		{Name: "checking", Names: named("cek", "checking"), Description: both("Beri tahu klien bahwa laporannya sedang dicek", "Tell the client that the report is being looked into")},
		{Name: "resolve", Names: named("selesaikan", "resolve"), Description: both("Selesaikan: ringkasan dan solusi, lalu klien menerima kalimat penutup", "Resolve: summary and solution, then the client gets the closing sentence"), Options: []Option{
			{Name: "summary", Names: named("ringkasan", "summary"), Description: both("Ringkasan kendala", "Summary of the concern")},
			{Name: "solution", Names: named("solusi", "solution"), Description: both("Solusi yang diberikan", "The solution that was given")},
		}},
		{Name: "close", Names: named("tutup", "close"), Description: both("Tutup tiket ini dan arsipkan thread-nya", "Close this ticket and archive its thread"), Options: []Option{
			{Name: "reason", Names: named("alasan", "reason"), Description: both("Mengapa ditutup tanpa penyelesaian, misalnya spam atau salah kirim", "Why it closes without a resolution, such as spam or a slip")},
		}},
		{Name: "reopen", Names: named("buka-kembali", "reopen"), Description: both("Buka kembali pekerjaan tiket ini", "Take the work on this ticket up again"), Options: []Option{
			{Name: "reason", Names: named("alasan", "reason"), Description: both("Mengapa dibuka kembali", "Why it is taken up again")},
		}},
		{Name: "complaint", Names: named("keluhan", "complaint"), Description: both("Tandai tiket ini sebagai keluhan, atau lepas tandanya", "Mark this ticket as a complaint, or take the mark away"), Options: []Option{
			{Name: "mark", Names: named("tanda", "mark"), Description: both("Tanpa pilihan: tandai", "Without a choice: mark"), Choices: []Choice{
				{Value: "on", Label: both("Tandai sebagai keluhan", "Mark as a complaint")}, {Value: "off", Label: both("Lepas tanda keluhan", "Take the mark away")},
			}},
		}},
		{Name: "escalate", Names: named("eskalasi", "escalate"), Description: both("Minta keputusan supervisor atau bantuan developer", "Ask for a supervisor's decision or a developer's help"), Options: []Option{
			{Name: "to", Names: named("kepada", "to"), Description: both("Kepada siapa", "To whom"), Required: true, Choices: []Choice{
				{Value: "supervisor", Label: both("Supervisor", "Supervisor")}, {Value: "developer", Label: both("Developer", "Developer")},
			}},
			{Name: "reason", Names: named("alasan", "reason"), Description: both("Apa yang perlu diputuskan", "What has to be decided")},
		}},
		{Name: "answer-escalation", Names: named("jawab-eskalasi", "answer-escalation"), Description: both("Jawab eskalasi tiket ini (supervisor)", "Answer the escalation of this ticket (supervisors)"), Options: []Option{
			{Name: "answer", Names: named("jawaban", "answer"), Description: both("Keputusan atau arahan untuk agen", "The decision or advice for the agent")},
		}},
		warrantySub(),
	}
}

// ticketCommands are further commands for it.
func ticketCommands() []Command { return nil }
