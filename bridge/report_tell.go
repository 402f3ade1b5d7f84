package bridge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A reportTelling is one change of a report being told: to the party in its post, to the
// desk in the threads of its tickets. Developers' words reach no client.
type reportTelling struct {
	desk    Desk
	tx      *ledger.Tx
	before  escalation.Report
	r       *escalation.Report
	events  []ledger.Event
	n       int                 // things said so far in the post: names them
	lines   int                 // of them that are lines
	told    bool                // the ticket that comes first now knows it
	threads map[string]*telling // of its tickets, by number
}

// tellReport says what events of a report mean, and arranges its post.
func (d Desk) tellReport(tx *ledger.Tx, before escalation.Report, r *escalation.Report, events []ledger.Event) error {
	s := &reportTelling{desk: d, tx: tx, before: before, r: r, events: events, threads: map[string]*telling{}}
	for _, e := range events {
		if what, ok := reportTellings[e.What]; ok {
			if err := what(s, e); err != nil {
				return fmt.Errorf("tell %s of report %s: %w", e.What, r.ID, err)
			}
		}
	}
	for _, number := range slices.Sorted(maps.Keys(s.threads)) {
		s.threads[number].putBack()
	}
	closed := r.State == escalation.Closed
	if before.ID == "" || len(events) == 0 {
		return nil // the post is made with its tags
	}
	// A line opens a post in the archive: it goes back there.
	if r.Tag() != before.Tag() || r.TeamTag() != before.TeamTag() || closed != (before.State == escalation.Closed) || closed && s.lines > 0 {
		return arrange(tx, r.ID, s.id("arrange"))
	}
	return nil
}

// id names the next thing said by this change.
func (s *reportTelling) id(what string) string {
	s.n++
	return fmt.Sprintf("rt/%s/%d/%d.%s", s.r.ID, s.r.Step, s.n, what)
}

// has reports whether an event of a name belongs to the change.
func (s *reportTelling) has(what string) bool {
	return slices.ContainsFunc(s.events, func(e ledger.Event) bool { return e.What == what })
}

// post writes a line into the report's post, and calls whom it has to reach.
func (s *reportTelling) post(sign string, to Mention, content string, buttons ...Button) {
	if called := to.String(); called != "" {
		sign += " " + called
	}
	s.lines++
	parts := Split(sign+" "+content, discordLimit)
	for i, part := range parts {
		body := sayBody{Content: part, PingUsers: to.Users, PingRoles: to.Roles}
		if i == len(parts)-1 {
			body.Buttons = buttons
		} else {
			to = Mention{} // the first part rings
		}
		s.tx.Send(letter(s.id("line"), ReportLane(s.r.ID), s.r.ID, kindSay, body))
	}
}

// in is a ticket's thread to be written in, nil when there is no such ticket.
func (s *reportTelling) in(number string) (*telling, error) {
	if t, ok := s.threads[number]; ok {
		return t, nil
	}
	t, ok, err := ticket.Load(s.tx, number)
	if err != nil || !ok {
		return nil, err
	}
	tl := &telling{desk: s.desk, tx: s.tx, before: t, t: &t, c: &ticket.Conversation{},
		base: fmt.Sprintf("rt/%s/%d/%s", s.r.ID, s.r.Step, number)}
	s.threads[number] = tl
	return tl, nil
}

// desks writes a line into the first ticket's thread that calls nobody.
func (s *reportTelling) desks(line string, buttons ...Button) error {
	t, err := s.in(s.r.First())
	if err != nil || t == nil {
		return err
	}
	t.line(line, Mention{}, buttons...)
	return nil
}

// agent writes a line into the first ticket's thread that calls who has the ticket.
func (s *reportTelling) agent(sign, line string, buttons ...Button) error {
	t, err := s.in(s.r.First())
	if err != nil || t == nil {
		return err
	}
	to, err := t.handler()
	if err != nil {
		return err
	}
	t.call(sign, to, line, buttons...)
	return nil
}

// party calls all of the report's party.
func (s *reportTelling) party() Mention { return s.desk.party(*s.r) }

// holder calls who of the party has the report, else all of it.
func (s *reportTelling) holder() Mention { return s.desk.holder(*s.r) }

// party are those who a report goes to.
func (d Desk) party(r escalation.Report) Mention {
	if r.Party != escalation.Developers {
		return Mention{Roles: d.Roles[string(r.Party)]}
	}
	if t, ok := d.team(r.Team); ok && len(t.Roles) > 0 {
		return Mention{Roles: t.Roles}
	}
	if len(d.Teams) > 0 {
		return d.lead(r) // a team that is no more: who leads moves it
	}
	return Mention{Roles: d.Roles[string(escalation.Developers)]}
}

// lead are those who lead a report's party; supervisors where nobody does.
func (d Desk) lead(r escalation.Report) Mention {
	var roles []string
	if r.Party == escalation.Developers {
		if t, ok := d.team(r.Team); ok {
			roles = t.Leads
		}
		if len(roles) == 0 {
			roles = d.Roles[mayLead]
		}
	}
	if len(roles) == 0 {
		roles = d.Roles[maySupervise]
	}
	return Mention{Roles: roles}
}

// holder is who has a report, else its party.
func (d Desk) holder(r escalation.Report) Mention {
	if r.Owner != "" {
		return one(r.Owner)
	}
	return d.party(r)
}

// team finds a developer team by its name.
func (d Desk) team(name string) (Team, bool) {
	i := slices.IndexFunc(d.Teams, func(t Team) bool { return t.Name == name })
	if i < 0 {
		return Team{}, false
	}
	return d.Teams[i], true
}

// hasTeam reports whether there is a developer team of a name.
func (d Desk) hasTeam(name string) bool { _, ok := d.team(name); return ok }

// reportName is a report in a sentence, with the way to its post where there is one. A
// mention of the post would show the whole title each time.
func (d Desk) reportName(r escalation.Report) string {
	name := "**" + ToDiscord(r.ID) + "**"
	switch {
	case r.Thread == "":
		return "laporan " + name
	case d.Guild == "":
		return "laporan " + name + " (<#" + r.Thread + ">)"
	}
	return "laporan [" + name + "](https://discord.com/channels/" + d.Guild + "/" + r.Thread + ")"
}

// partyName is how staff call who a report goes to.
func partyName(r escalation.Report) string {
	switch r.Party {
	case escalation.Developers:
		return ToDiscord(Clean(cmp.Or(r.Team, "developer"), 60))
	case escalation.Sales:
		return "Sales"
	case escalation.QA:
		return "QA"
	case escalation.Engineering:
		return "Engineering"
	}
	return ToDiscord(Clean(string(r.Party), 40))
}

// causeNames are why a report changes nothing.
var causeNames = map[escalation.Cause]string{
	escalation.Duplicate: "duplikat", escalation.AsDesigned: "sesuai rancangan", escalation.NotReproducible: "tidak dapat direproduksi",
}

// about makes a button of a ticket's thread that means a report.
func about(r escalation.Report, b Button) Button {
	b.ID += ":" + r.ID
	return b
}

// The buttons of a report, as the post shows them.
var (
	reportTake   = Button{ID: buttonReportTake, Label: "Ambil", Emoji: "🙋", Style: "success"}
	reportOver   = Button{ID: buttonReportOver, Label: "Ambil alih", Emoji: "🔁", Style: "secondary"}
	reportData   = Button{ID: buttonReportData, Label: "Butuh data", Emoji: "❓", Style: "secondary"}
	reportDone   = Button{ID: buttonReportDone, Label: "Sudah disesuaikan", Emoji: "🛠️", Style: "success"}
	reportReply  = Button{ID: buttonReportDone, Label: "Jawab", Emoji: "💬", Style: "success"}
	reportReject = Button{ID: buttonReportReject, Label: "Tutup tanpa perubahan", Emoji: "🚫", Style: "danger"}
	reportMove   = Button{ID: buttonReportMove, Label: "Pindahkan tim", Emoji: "↪️", Style: "secondary"}
	reportPass   = Button{ID: buttonReportPass, Label: "Lolos", Emoji: "✅", Style: "success"}
	reportFail   = Button{ID: buttonReportFail, Label: "Belum sesuai", Emoji: "❌", Style: "danger"}
	reportEnough = Button{ID: buttonReportPass, Label: "Cukup", Emoji: "✅", Style: "success"}
	reportMore   = Button{ID: buttonReportFail, Label: "Belum cukup", Emoji: "❌", Style: "danger"}
	reportAgree  = Button{ID: buttonReportAgree, Label: "Terima", Emoji: "✅", Style: "success"}
	reportObject = Button{ID: buttonReportObject, Label: "Keberatan", Emoji: "✋", Style: "danger"}
	reportWords  = Button{ID: buttonReportWords, Label: "Teruskan ke laporan", Emoji: "📨", Style: "primary"}
	reportAgain  = Button{ID: buttonReportAgain, Label: "Buat post baru", Emoji: "🆕", Style: "primary"}
	reportDrop   = Button{ID: buttonReportDrop, Label: "Tarik laporan", Emoji: "🗑️", Style: "danger"}
	reportBack   = Button{ID: buttonReportBack, Label: "Klien: belum sesuai", Emoji: "🔓", Style: "secondary"}
)

// verdict are the buttons for what the desk says to what the party did.
func verdict(r escalation.Report) []Button {
	switch {
	case r.State == escalation.Adjusted && r.Party == escalation.Developers:
		return []Button{reportPass, reportFail}
	case r.State == escalation.Adjusted:
		return []Button{reportEnough, reportMore}
	case r.State == escalation.Rejected:
		return []Button{reportAgree, reportObject}
	}
	return nil
}

// verdictHere is verdict for a ticket's thread.
func verdictHere(r escalation.Report) []Button {
	var out []Button
	for _, b := range verdict(r) {
		out = append(out, about(r, b))
	}
	return out
}
