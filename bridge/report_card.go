package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// viewReport is the first message of a report's post: + its identifier.
const viewReport = "report/"

// RefreshReport asks that the head of a report's post be shown anew. What would look the
// same is not sent.
func RefreshReport(tx *ledger.Tx, id string) { tx.Refresh(viewReport + id) }

// refreshReports asks for the heads of the reports a ticket waits for, when what they show
// of it changed.
func refreshReports(tx *ledger.Tx, before, t ticket.Ticket) {
	missed := len(before.Reminders.Missed) != len(t.Reminders.Missed)
	if before.Class == t.Class && before.Thread == t.Thread && before.Agent == t.Agent && !missed {
		return
	}
	for _, id := range t.Reports {
		RefreshReport(tx, id)
	}
}

// Bounds of a report's head, in UTF-16 units: Discord allows 6000 in all, and 1024 in one
// field.
const (
	reportField = 1000
	reportLines = 10
)

// reportStates are how people call a report's states.
var reportStates = map[escalation.State]string{
	escalation.Open: "Menunggu diambil", escalation.Taken: "Dikerjakan", escalation.NeedsData: "Butuh data",
	escalation.Adjusted: "Disesuaikan, menunggu uji ulang", escalation.Rejected: "Tanpa perubahan, menunggu persetujuan", escalation.Closed: "Ditutup",
}

func reportState(r escalation.Report) string {
	switch {
	case r.Party != escalation.Developers && r.State == escalation.Adjusted:
		return "Dijawab"
	case r.State == escalation.Closed && r.Ending == escalation.EndPassed && r.Party == escalation.Developers:
		return "Ditutup, lolos uji ulang"
	case r.State == escalation.Closed && r.Ending == escalation.EndAccepted:
		return "Ditutup tanpa perubahan"
	case r.State == escalation.Closed && r.Ending == escalation.EndWithdrawn:
		return "Ditarik"
	}
	return reportStates[r.State]
}

func reportColor(r escalation.Report) int {
	switch r.State {
	case escalation.Open:
		return colorNew
	case escalation.NeedsData:
		return colorWaits
	case escalation.Adjusted, escalation.Rejected:
		return colorSolved
	case escalation.Closed:
		return colorClosed
	}
	return brand
}

// placeName is the developers' word for where the problem is.
func placeName(f escalation.Form) string {
	switch f.System {
	case "panel":
		return "Grup Outlet (panel)"
	case "private":
		return "Domain (private)"
	}
	return "Grup Outlet (panel) / Domain (private)"
}

// A longText is a part of the form, by its name in the template.
type longText struct{ name, text string }

func formParts(f escalation.Form) []longText {
	return []longText{
		{"Detail Kendala", f.Detail}, {"Reproduksi di akun demo", f.Reproduction}, {"Tidak dapat direproduksi karena", f.NotReproducible},
	}
}

// longParts are the parts of a form that do not fit into the head of the post.
func longParts(f escalation.Form) (long []longText) {
	for _, p := range formParts(f) {
		if splitUnits(inert(p.text)) > reportField {
			long = append(long, p)
		}
	}
	return long
}

// fits is a part as the head shows it: what is cut stands below.
func (p longText) fits() string {
	text := inert(p.text)
	if splitUnits(text) <= reportField {
		return text
	}
	return fmtCut(text, reportField-40) + "\n-# Selengkapnya di bawah."
}

// reportCard is the first message of a report's post: what the party is told, how it
// stands, and what can be done next. t is the first ticket.
func reportCard(r escalation.Report, t ticket.Ticket, desk Desk) (*Card, []Button) {
	card := &Card{Title: r.ID + " · " + reportState(r), Color: reportColor(r), Text: reportHint(r)}
	fields := []Field{wide(placeName(r.Form), inert(r.Form.Place))}
	for _, p := range formParts(r.Form) {
		fields = append(fields, wide(p.name, p.fits()))
	}
	evidence := ""
	if n := len(r.Form.Evidence); n > 0 {
		evidence = fmt.Sprintf("%d berkas, di bawah", n)
	}
	fields = append(fields, field("Screenshot/Video", evidence), field("Untuk", partyName(r)), field("Pemegang", reportOwner(r)))
	fields = append(fields, ticketFields(r, t, desk)...)
	fields = append(fields,
		field("Pelapor", user(r.By)+"\n"+dayTime(r.Opened)),
		field("Status sejak", dayTime(r.Since)), field("Lama tiap status", spentShown(r)), field("Hitungan", countsShown(r)),
		wide("Pertanyaan", inert(r.Question)), wide(resultName(r), resultText(r)),
	)
	left := 5500 - splitUnits(card.Title+card.Text)
	for _, f := range fields {
		if f.Value == "" || left <= 0 {
			continue
		}
		f.Value = fmtCut(f.Value, min(reportField, left))
		left -= splitUnits(f.Name + f.Value)
		card.Fields = append(card.Fields, f)
	}
	return card, reportButtons(r)
}

// reportHint says what is written where.
func reportHint(r escalation.Report) string {
	if r.State == escalation.Closed {
		return "Laporan ini sudah selesai."
	}
	return "Tulisan di post ini tampil sebagai catatan internal di thread tiket; klien tidak membacanya."
}

func reportOwner(r escalation.Report) string {
	if r.Owner == "" {
		return "belum ada"
	}
	return user(r.Owner)
}

// ticketFields are what the head shows of the tickets that wait.
func ticketFields(r escalation.Report, t ticket.Ticket, desk Desk) []Field {
	var waiting []string
	for _, number := range r.Tickets[:min(len(r.Tickets), reportLines)] {
		waiting = append(waiting, ticketShown(number, t, desk))
	}
	if more := len(r.Tickets) - reportLines; more > 0 {
		waiting = append(waiting, fmt.Sprintf("… dan %d lagi", more))
	}
	fields := []Field{field("Tiket", strings.Join(waiting, "\n"))}
	if t.Agent != "" {
		fields = append(fields, field("Agen", user(t.Agent)))
	}
	if t.Class == "" {
		return fields
	}
	class := className(t.Class)
	if at, ok := desk.target(t); ok {
		class += "\nbatas " + dayTime(at) + " (" + relTime(at) + ")"
	} else if slices.Contains(t.Reminders.Missed, t.Class) {
		class += "\n🚨 target terlewati"
	}
	return append(fields, field("Kelas", class))
}

// ticketShown is a ticket with the way to it, of the first one.
func ticketShown(number string, t ticket.Ticket, desk Desk) string {
	name := ToDiscord(number)
	if number != t.Number || t.Thread == "" {
		return name
	}
	if desk.Guild == "" {
		return name + " (<#" + t.Thread + ">)"
	}
	return "[" + name + "](https://discord.com/channels/" + desk.Guild + "/" + t.Thread + ")"
}

// spentShown is how long earlier stays in each state took, by the wall clock.
func spentShown(r escalation.Report) string {
	var out []string
	for _, s := range []escalation.State{escalation.Open, escalation.Taken, escalation.NeedsData, escalation.Adjusted, escalation.Rejected} {
		if d := r.Spent[s].Truncate(time.Minute); d > 0 {
			name, _, _ := strings.Cut(reportStates[s], ",")
			out = append(out, name+": "+span(d))
		}
	}
	return strings.Join(out, "\n")
}

func countsShown(r escalation.Report) string {
	var out []string
	for _, c := range []struct {
		n    int
		name string
	}{{r.Failed, "uji ulang gagal"}, {r.Objected, "keberatan"}, {r.Reopened, "dibuka kembali"}, {r.Moved, "dipindahkan"}} {
		if c.n > 0 {
			out = append(out, fmt.Sprintf("%s %d×", c.name, c.n))
		}
	}
	return strings.Join(out, "\n")
}

func resultName(r escalation.Report) string {
	switch {
	case r.Cause != "":
		return "Tanpa perubahan: " + causeNames[r.Cause]
	case r.Party == escalation.Developers:
		return "Penyesuaian"
	}
	return "Jawaban"
}

func resultText(r escalation.Report) string { return inert(r.Result) }

// reportButtons are the steps that fit the state, in rows: the work, the verdict.
func reportButtons(r escalation.Report) []Button {
	var out []Button
	add := func(row int, buttons ...Button) {
		for _, b := range buttons {
			b.Row = row
			out = append(out, b)
		}
	}
	done, other := reportDone, []Button{reportReject, reportMove}
	if r.Party != escalation.Developers {
		done, other = reportReply, nil
	}
	switch r.State {
	case escalation.Open:
		add(0, reportTake)
	case escalation.Taken, escalation.NeedsData:
		if r.Owner == "" {
			add(0, reportTake)
		} else {
			add(0, reportOver)
		}
	default:
		add(0, verdict(r)...)
		return out
	}
	add(0, reportData, done)
	add(1, other...)
	return out
}

// reportMessage is the head of a report's post as it has to be now, and a sum of it.
func (c *Courier) reportMessage(ctx context.Context, r escalation.Report) (m Message, check string, err error) {
	var t ticket.Ticket
	_, err = c.maybe(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: r.First()}, func(data []byte) (err error) {
		t, err = ticket.Decode(data)
		return err
	})
	if err != nil {
		return m, "", err
	}
	m.Channel = r.Thread
	m.Content = c.desk.holder(r).String()
	m.Card, m.Buttons = reportCard(r, t, c.desk)
	data, err := json.Marshal([]any{m.Content, m.Card, m.Buttons})
	if err != nil {
		return m, "", fmt.Errorf("encode head of %s: %w", r.ID, err)
	}
	return m, sum(string(data)), nil
}

// showReport makes the head of a report's post show how things stand.
func (c *Courier) showReport(ctx context.Context, id string) error {
	r, err := c.report(ctx, id)
	if err != nil || r.Thread == "" {
		return err // the post shows it when it is made
	}
	m, check, err := c.reportMessage(ctx, r)
	if err != nil {
		return err
	}
	err = c.showHead(ctx, id, shownCard{V: 1, Thread: r.Thread, Sum: check}, m)
	if se, ok := errors.AsType[*SendError](err); !ok || !se.Gone {
		return err
	}
	_, err = c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { return c.desk.losePost(tx, id, r.Thread) })
	return err
}
