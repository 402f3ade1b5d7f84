package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

// Colours of the desk's cards.
const (
	brand       = 0x2F7D6B // at work
	colorNew    = 0xD9822B
	colorWaits  = 0x5B6EAE
	colorSolved = 0x6FA35A
	colorClosed = 0x6B7280
)

// Bounds of what a card shows, in characters before escaping: Discord allows 1024 in a
// field and 6000 in all.
const (
	cardWords  = 80
	cardNote   = 200
	cardLines  = 3
	cardField  = 1000
	fieldsMost = 25
)

// headerCard is the first message of a ticket's post: who writes, how the work stands,
// and what can be done next. A LID is never shown as a phone number.
func headerCard(t ticket.Ticket, c ticket.Conversation, who customer.Card, desk Desk) (*Card, []Button) {
	card := &Card{Title: t.Number + " · " + stateName(t), Text: cardHint(t, desk), Color: stateColor(t)}
	fields := append(personFields(t, c, who, desk), companyFields(who)...)
	fields = append(fields, workFields(t, desk)...)
	fields = append(fields, historyFields(c, who)...)
	for _, f := range fields {
		if f.Value != "" && len(card.Fields) < fieldsMost {
			f.Value = fmtCut(f.Value, cardField)
			card.Fields = append(card.Fields, f)
		}
	}
	return card, cardButtons(t)
}

// cardHint says how the client is answered.
func cardHint(t ticket.Ticket, desk Desk) string {
	switch {
	case t.Channel != ticket.WhatsApp:
		return "Tiket ini datang lewat " + channelName(t.Channel) + ": yang ditulis di sini tidak terkirim kepada klien."
	case desk.Mode == Command:
		return "Yang ditulis di thread ini tetap di dalam. Jawab klien dengan perintah, atau dengan menu pesan *Kirim ke klien*."
	}
	return "Tulis di thread ini untuk menjawab klien di WhatsApp. Baris yang diawali `" + desk.NotePrefix + "` tetap di dalam."
}

func channelName(c ticket.Channel) string {
	switch c {
	case ticket.WhatsApp:
		return "WhatsApp"
	case ticket.Phone:
		return "telepon"
	case ticket.SMS:
		return "SMS"
	case ticket.Email:
		return "e-mail"
	case ticket.InPerson:
		return "tatap muka"
	}
	return ToDiscord(Clean(string(c), 20))
}

func stateName(t ticket.Ticket) string {
	switch t.State {
	case ticket.New:
		return "Baru"
	case ticket.Assigned:
		return "Ditangani"
	case ticket.WaitingClient:
		return "Menunggu klien"
	case ticket.WaitingDeveloper:
		return "Menunggu developer"
	case ticket.Resolved:
		return "Selesai, menunggu konfirmasi"
	case ticket.Closed:
		return "Ditutup"
	}
	return string(t.State)
}

func stateColor(t ticket.Ticket) int {
	switch t.State {
	case ticket.New:
		return colorNew
	case ticket.WaitingClient, ticket.WaitingDeveloper:
		return colorWaits
	case ticket.Resolved:
		return colorSolved
	case ticket.Closed:
		return colorClosed
	}
	return brand
}

// cardLine is a client's or a colleague's words on one line of a card.
func cardLine(s string, most int) string { return ToDiscord(Clean(s, most)) }

// cardNotes is words in several lines, a few of them.
func cardNotes(s string, most int) string {
	var out []string
	for line := range strings.Lines(s) {
		if line = cardLine(line, most); line != "" && len(out) < cardLines {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func field(name, value string) Field { return Field{Name: name, Value: value, Inline: true} }
func wide(name, value string) Field  { return Field{Name: name, Value: value} }

func personFields(t ticket.Ticket, c ticket.Conversation, who customer.Card, desk Desk) []Field {
	number := "belum diketahui"
	switch {
	case slices.Contains(desk.Groups, c.Reply) && c.Reply != "":
		number = "grup"
	case who.Number != "":
		number = who.Number
	case c.Phone != "":
		number = "+" + c.Phone
	}
	name := cardLine(cmp.Or(who.Name, c.Name), cardWords)
	if push := cardLine(cmp.Or(who.Push, c.Name), cardWords); push != "" && name != push && name != "" {
		name += "\nmenyebut diri " + push
	}
	if n := len(who.Numbers); n > 0 {
		number += "\n" + strings.Join(who.Numbers[:min(n, cardLines)], "\n")
	}
	label := "WhatsApp"
	if t.Channel != ticket.WhatsApp {
		label = "Nomor"
	}
	fields := []Field{field("Nama", cmp.Or(name, "Tanpa nama")), field(label, number)}
	if who.Contact == "" {
		return fields
	}
	types := desk.Types
	if len(types) == 0 {
		types = customer.DefaultTypes()
	}
	kind := cardLine(types.Label(who.Type, "id"), cardWords)
	if who.Declined {
		kind += "\n🔕 tidak mau menerima info dan penawaran"
	}
	if who.Block.On() {
		kind += "\n⛔ diblokir: " + cardLine(who.Block.Why, cardWords)
	}
	return append(fields, field("Tipe", kind), wide("Catatan", cardNotes(who.Note, cardNote)))
}

func companyFields(who customer.Card) []Field {
	if who.Customer == "" {
		return nil
	}
	place := map[customer.System]string{customer.Panel: "Grup outlet (panel)", customer.Private: "Domain (private)"}[who.System]
	fields := []Field{field("Perusahaan", cardLine(who.Company, cardWords)), field(cmp.Or(place, "Grup outlet / domain"), cardLine(who.Place, cardWords))}
	if who.Owner != "" {
		fields = append(fields, field("Sales", user(who.Owner)))
	}
	var modules []string
	for _, m := range who.Modules {
		modules = append(modules, cardLine(m, 40))
	}
	return append(fields, wide("Modul", strings.Join(modules, ", ")), wide("Skema", cardNotes(who.Scheme, cardNote)))
}

// workFields say how the work stands. A client who waits for an answer is left to the
// panel and the reminders: he does at every other message, and Discord counts the edits.
func workFields(t ticket.Ticket, desk Desk) []Field {
	agent := "belum ada"
	switch {
	case t.Agent != "":
		agent = user(t.Agent) + " sejak " + relTime(t.AgentSince)
		if t.Silent {
			agent += "\n🔕 belum menjawab, sedang ditawarkan"
		}
	case t.OnPhone:
		agent = "dijawab dari ponsel tertaut"
	}
	if t.OfferedTo != "" {
		agent += "\nditawarkan kepada " + user(t.OfferedTo)
	}
	class := "belum ditetapkan"
	if t.Class != "" {
		class = className(t.Class)
		if at, ok := desk.target(t); ok {
			class += "\ntarget " + dayTime(at)
		} else if slices.Contains(t.Reminders.Missed, t.Class) {
			class += "\n🚨 target terlewati"
		}
	}
	fields := []Field{field("Dibuka", dayTime(t.Opened)), field("Agen", agent), field("Kelas", class)}
	return append(fields, wide("Jenis kendala", cardLine(t.Issue, cardWords)), wide("Menunggu", waitsShown(t)), wide("Tanda", marksShown(t)), wide("Hasil", resultShown(t)))
}

func waitsShown(t ticket.Ticket) string {
	var out []string
	if at, ok := t.Waiting(ticket.Staff, ticket.Client); ok {
		out = append(out, "klien, sejak "+relTime(at))
	}
	if at, ok := t.Waiting(ticket.Staff, ticket.Developer); ok {
		out = append(out, strings.TrimSpace("developer "+cardLine(t.Team, 60))+", sejak "+relTime(at))
	}
	if t.Supervisor != "" {
		out = append(out, "supervisor")
	}
	if !t.Snoozed.IsZero() {
		out = append(out, "😴 ditunda sampai "+dayTime(t.Snoozed))
	}
	return strings.Join(out, "\n")
}

var claimNames = map[ticket.Claim]string{
	ticket.Claimed: "diajukan", ticket.ClaimRefused: "ditolak", ticket.ClaimAccepted: "diterima", ticket.ClaimClosed: "selesai",
}

func marksShown(t ticket.Ticket) string {
	var out []string
	if t.Complaint {
		out = append(out, "❗ keluhan")
	}
	if t.Warranty.Claim != "" {
		out = append(out, "🛡️ garansi "+claimNames[t.Warranty.Claim])
	}
	if !t.Escalated.IsZero() {
		out = append(out, "🆙 dieskalasi")
	}
	if t.Reopened > 0 {
		out = append(out, fmt.Sprintf("🔓 dibuka kembali %d×", t.Reopened))
	}
	return strings.Join(out, " · ")
}

var endings = map[ticket.Ending]string{
	ticket.EndConfirmed: "dikonfirmasi klien", ticket.EndSilence: "klien tidak membalas", ticket.EndStaff: "ditutup agen",
	ticket.EndDropped: "tanpa penyelesaian", ticket.EndMerged: "digabungkan",
}

// resultShown is what came of the work, once it is over.
func resultShown(t ticket.Ticket) string {
	var out []string
	if t.State == ticket.Closed {
		end := endings[t.Ending]
		if t.MergedInto != "" {
			end += " ke " + ToDiscord(t.MergedInto)
		}
		out = append(out, strings.TrimPrefix(end+", "+dayTime(t.ClosedAt), ", "))
	}
	if t.State == ticket.Closed || t.State == ticket.Resolved {
		out = append(out, Clean(t.Summary, cardNote))
	}
	if n := t.Rating.Stars; n > 0 {
		out = append(out, strings.Repeat("⭐", n)+map[ticket.Review]string{ticket.ReviewOpen: " · peninjauan terbuka", ticket.ReviewDone: " · sudah ditinjau"}[t.Rating.Review])
	}
	return strings.Join(slices.DeleteFunc(out, func(s string) bool { return s == "" }), "\n")
}

// historyFields are what was before this ticket.
func historyFields(c ticket.Conversation, who customer.Card) []Field {
	var orders, tickets []string
	for _, o := range who.Orders[:min(len(who.Orders), cardLines)] {
		orders = append(orders, strings.TrimSpace(dateOf(o.At)+" "+cardLine(o.Number+" "+o.What, cardWords)))
	}
	for _, t := range who.Last {
		line := cardLine(t.Number, 40)
		if title := cardLine(t.Title, 60); title != "" {
			line += " · " + title
		}
		if t.Stars > 0 {
			line += fmt.Sprintf(" · ⭐%d", t.Stars)
		}
		tickets = append(tickets, line)
	}
	if len(tickets) == 0 && c.Last != "" {
		tickets = []string{ToDiscord(c.Last)}
	}
	rated := ""
	if who.Rated > 0 {
		rated = strings.ReplaceAll(fmt.Sprintf("⭐ %.1f", who.Average), ".", ",") + fmt.Sprintf(" dari 5 (%d penilaian, %d tiket)", who.Rated, who.Tickets)
	}
	return []Field{wide("Pesanan terakhir", strings.Join(orders, "\n")), wide("Tiket sebelumnya", strings.Join(tickets, "\n")), field("Rata-rata nilai", rated)}
}

func dateOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf("<t:%d:d>", at.Unix())
}

// cardButtons are the steps that fit the state, in rows: who has it, the class, what the
// client is asked for, the end.
func cardButtons(t ticket.Ticket) []Button {
	var out []Button
	add := func(row int, buttons ...Button) {
		for _, b := range buttons {
			b.Row = row
			out = append(out, b)
		}
	}
	open := t.State != ticket.Closed
	working := open && t.State != ticket.Resolved
	if open && (t.Agent == "" || t.Silent) {
		add(0, buttonAccept)
	}
	if working {
		for _, b := range []Button{buttonEasy, buttonNormal, buttonHard} {
			if strings.HasSuffix(b.ID, ":"+string(t.Class)) {
				b.Style = "primary"
			}
			add(1, b)
		}
	}
	if working && t.Agent != "" && t.Channel == ticket.WhatsApp {
		add(2, buttonData, buttonAccess, buttonCheck)
	}
	switch {
	case working && t.Agent != "" && t.Class == ticket.Hard && t.Escalated.IsZero():
		add(3, buttonReport, buttonRaise, buttonDone)
	case working && t.Agent != "":
		add(3, buttonDone)
	case t.State == ticket.Resolved:
		add(3, buttonClose, buttonReopen)
	case !open && t.MergedInto == "":
		add(3, buttonReopen)
	}
	if t.Rating.Review == ticket.ReviewOpen {
		add(3, buttonReview)
	}
	if open && t.Agent != "" {
		add(3, buttonTake)
	}
	if open {
		add(3, buttonMore)
	}
	return out
}
