package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A reader reads a document as it stands, nil for none.
type reader func(ref ledger.Ref) ([]byte, error)

func (d *Desk) reader(ctx context.Context) reader {
	return func(ref ledger.Ref) ([]byte, error) {
		doc, err := d.store.Doc(ctx, ref)
		return doc.Data, err
	}
}

// A meantReport is the one that an interaction is about.
type meantReport struct {
	escalation.Report
	post   bool   // it was asked for in its post
	thread bool   // or in the thread of a ticket that waits for it
	agent  string // of the ticket that counts, "" for nobody
	number string // that ticket: the first
}

// reportMeant finds the report: by the identifier in an id, by the post, or by the ticket
// of the thread, of whose reports the one is meant that fits.
func (d *Desk) reportMeant(read reader, i Interaction, id string, fits func(escalation.Report) bool) (m meantReport, err error) {
	th, known, err := threadAt(read, i.Channel)
	if err != nil {
		return m, err
	}
	switch {
	case id != "":
	case !known:
		return m, Refusal(i.say("Ini hanya berlaku di post sebuah laporan.", "This works only in the post of a report."))
	case th.Report != "":
		id = th.Report
	default:
		if id, err = d.ofTicket(read, i, th.Ticket, fits); err != nil {
			return m, err
		}
	}
	r, ok, err := readReport(read, id)
	if err != nil {
		return m, err
	}
	if !ok {
		return m, Refusal(i.say("Laporan itu tidak ditemukan.", "There is no such report."))
	}
	m = meantReport{Report: r, post: known && th.Report == r.ID, thread: known && th.Ticket != "" && slices.Contains(r.Tickets, th.Ticket)}
	m.number = r.First()
	m.agent, err = agentOf(read, m.number)
	return m, err
}

func threadAt(read reader, channel string) (th ticket.Thread, ok bool, err error) {
	data, err := read(ledger.Ref{Kind: ticket.KindThread, ID: channel})
	if err != nil || data == nil || channel == "" {
		return th, false, err
	}
	th, err = ticket.DecodeThread(channel, data)
	return th, err == nil, err
}

func readReport(read reader, id string) (r escalation.Report, ok bool, err error) {
	data, err := read(ledger.Ref{Kind: escalation.KindReport, ID: clipped(id, 100)})
	if err != nil || data == nil {
		return r, false, err
	}
	r, err = escalation.Decode(data)
	return r, err == nil, err
}

func agentOf(read reader, number string) (string, error) {
	if number == "" {
		return "", nil
	}
	data, err := read(ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || data == nil {
		return "", err
	}
	t, err := ticket.Decode(data)
	return t.Agent, err
}

// mostOwn is how many reports that began with a ticket are looked at.
const mostOwn = 30

// ofTicket is the one report of a ticket that fits. Of none or several it refuses, with the
// way to them.
func (d *Desk) ofTicket(read reader, i Interaction, number string, fits func(escalation.Report) bool) (string, error) {
	data, err := read(ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || data == nil {
		return "", err
	}
	t, err := ticket.Decode(data)
	if err != nil {
		return "", err
	}
	var all, fitting, decide []string // decide waits for another word of the agent
	one := ""
	ids := t.Reports
	for n := range int64(mostOwn) { // those to other parties are not in the ticket
		id := escalation.ID(number, n+1)
		if _, ok, err := readReport(read, id); err != nil {
			return "", err
		} else if !ok {
			break
		}
		ids = together(ids, []string{id})
	}
	for _, id := range ids {
		r, ok, err := readReport(read, id)
		if err != nil {
			return "", err
		}
		if !ok || r.State == escalation.Closed {
			continue
		}
		all = append(all, reportLink(r))
		if fits != nil && fits(r) {
			fitting, one = append(fitting, reportLink(r)), id
		} else if r.State == escalation.Rejected {
			decide = append(decide, id)
		}
	}
	switch {
	case len(fitting) == 0 && len(decide) == 1 && fits != nil:
		return decide[0], nil // what can be done about it is said there
	case len(fitting) == 1:
		return one, nil
	case len(fitting) > 1:
		return "", wayOn{Refusal(i.say("Beberapa laporan tiket ini menunggu: "+strings.Join(fitting, ", ")+". Pakai tombol masing-masing, atau lakukan ini di post-nya.",
			"Several reports of this ticket wait: "+strings.Join(fitting, ", ")+". Use the buttons of each, or do this in its post.")), d.answerable(i, []Button{reportsButton(i)})}
	case len(all) == 0:
		return "", Refusal(i.say("Tiket ini tidak punya laporan yang terbuka.", "This ticket has no open report."))
	case fits != nil:
		return "", Refusal(i.say("Belum ada yang dapat diuji: laporan tiket ini masih dikerjakan ("+strings.Join(all, ", ")+").",
			"There is nothing to test yet: the report of this ticket is still worked on ("+strings.Join(all, ", ")+")."))
	}
	return "", Refusal(i.say("Ini hanya berlaku di post laporannya: "+strings.Join(all, ", ")+".", "This works only in the post of the report: "+strings.Join(all, ", ")+"."))
}

// A reportRule refuses who may not do something to a report.
type reportRule func(d *Desk, i Interaction, m meantReport) error

// byParty lets the people do it who work on the report: the developers of its team, its
// leads, or the party; in its post alone.
func (d *Desk) byParty(i Interaction, m meantReport) error {
	if !d.ofParty(i, m.Report) {
		return Refusal(d.onlyParty(i, m.Report))
	}
	if !m.post {
		return Refusal(i.say("Ini hanya berlaku di post laporannya: "+reportLink(m.Report)+".", "This works only in the post of the report: "+reportLink(m.Report)+"."))
	}
	return nil
}

func (d *Desk) ofParty(i Interaction, r escalation.Report) bool {
	if r.Party != escalation.Developers {
		return d.may(i, []string{capabilityOf[r.Party]})
	}
	return holds(i, d.teamRoles(r.Team)) || d.leads(i, r)
}

// leads reports whether somebody leads the developers of a report.
func (d *Desk) leads(i Interaction, r escalation.Report) bool {
	if r.Party != escalation.Developers {
		return false
	}
	for _, team := range d.bridge.Teams {
		if team.Name == r.Team && holds(i, team.Leads) {
			return true
		}
	}
	return d.may(i, []string{DeveloperLead})
}

func (d *Desk) teamRoles(name string) []string {
	for _, team := range d.bridge.Teams {
		if team.Name == name {
			return slices.Concat(team.Roles, team.Leads)
		}
	}
	return nil
}

func holds(i Interaction, roles []string) bool {
	return slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(i.Roles, role) })
}

func (d *Desk) onlyParty(i Interaction, r escalation.Report) string {
	if r.Party != escalation.Developers {
		return d.refusal(i, []string{capabilityOf[r.Party]})
	}
	var who []string
	for _, role := range together(d.teamRoles(r.Team), d.rights[DeveloperLead]) {
		who = append(who, "<@&"+role+">")
	}
	return i.say("Laporan ini ada pada tim "+bridgeName(r.Team)+": hanya "+strings.Join(who, ", ")+" yang dapat mengerjakannya. Bila memang untuk tim lain, minta mereka memindahkannya.",
		"This report is with the team "+bridgeName(r.Team)+": only "+strings.Join(who, ", ")+" can work on it. If it is for another team, ask them to move it.")
}

// byDesk lets the agent of the report's first ticket do it, and supervisors; of a ticket
// that nobody has, any agent.
func (d *Desk) byDesk(i Interaction, m meantReport) error {
	if d.may(i, supervisors) || d.may(i, staff) && (m.agent == i.User || m.agent == "") {
		return nil
	}
	only := Refusal(i.say("Hanya <@"+m.agent+">, agen tiket "+m.number+", atau supervisor yang dapat memutuskannya. Ambil alih tiketnya bila memang perlu.",
		"Only <@"+m.agent+">, the agent of ticket "+m.number+", or a supervisor can decide that. Take the ticket over if you must."))
	if !m.thread || !d.may(i, staff) {
		return only
	}
	return wayOn{only, ways(i, "taken")}
}

// byLeads lets those do it who answer for the work: leads and supervisors.
func (d *Desk) byLeads(i Interaction, m meantReport) error {
	if d.leads(i, m.Report) || d.may(i, supervisors) {
		return nil
	}
	return Refusal(d.refusal(i, slices.Concat([]string{DeveloperLead}, supervisors)))
}

// byReporter lets leads and supervisors do it, the agent who reported it, and who has its
// ticket now.
func (d *Desk) byReporter(i Interaction, m meantReport) error {
	if (i.User == m.By || i.User == m.agent) && d.may(i, staff) {
		return nil
	}
	return d.byLeads(i, m)
}

// A reportStep is one transition of a report, and how it is answered.
type reportStep struct {
	id   string // of the report, when it is known
	fits func(escalation.Report) bool
	by   reportRule
	do   func(r *escalation.Report, at time.Time) ([]ledger.Event, error)
	done string // to whom neither post nor thread shows it at once
	was  string // when nothing had to change
	// answer are done and was for parties beside developers, where they differ.
	answer [2]string
}

// takeStep takes a step of a report. What was done by a button below a message of its post,
// or of a ticket's thread, shows there; everything else is answered.
func (d *Desk) takeStep(ctx context.Context, i Interaction, s reportStep) (Answer, error) {
	var m meantReport
	var events []ledger.Event
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		events = nil
		if m, err = d.reportMeant(tx.Doc, i, s.id, s.fits); err != nil {
			return err
		}
		if err := s.by(d, i, m); err != nil {
			return err
		}
		return d.bridge.ChangeReport(tx, m.ID, func(r *escalation.Report) ([]ledger.Event, error) {
			var err error
			events, err = s.do(r, tx.Now())
			return events, err
		})
	})
	if m.Party != escalation.Developers && s.answer[0] != "" {
		s.done, s.was = s.answer[0], s.answer[1]
	}
	switch {
	case err != nil:
		return Answer{}, d.ledReport(i, m.Report, err)
	case len(events) == 0:
		return Answer{Text: s.was}, nil
	case i.shows() && (m.post || m.thread):
		return Answer{}, nil
	}
	return Answer{Text: s.done}, nil
}

// beforeStep looks whether a step may be taken, before its form opens. It returns the report
// as it stands, or an empty one when the store does not say in time; then what was filled in
// is refused, if need be.
func (d *Desk) beforeStep(ctx context.Context, i Interaction, s reportStep) (escalation.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	m, err := d.reportMeant(d.reader(ctx), i, s.id, s.fits)
	if err == nil {
		err = s.by(d, i, m)
	}
	if _, refused := errors.AsType[Refusal](err); refused {
		return m.Report, err
	}
	if err != nil {
		return escalation.Report{}, nil // the form opens all the same
	}
	tried := m.Report
	_, err = s.do(&tried, i.At)
	return m.Report, d.ledReport(i, m.Report, err)
}

// ledReport is said, with the buttons of the way on.
func (d *Desk) ledReport(i Interaction, r escalation.Report, err error) error {
	said := d.led(i, err)
	rule, ok := errors.AsType[*escalation.Refusal](err)
	if !ok {
		return said
	}
	text, ok := errors.AsType[Refusal](said)
	if buttons := d.answerable(i, reportWays(i, r, rule.Key)); ok && len(buttons) > 0 {
		return wayOn{text, buttons}
	}
	return said
}

// reportWays are the steps that make what a rule forbids possible, by the rule.
func reportWays(i Interaction, r escalation.Report, rule string) []Button {
	switch rule {
	case "taken":
		return []Button{{ID: buttonOver + aside, Label: i.say("Ambil alih", "Take over"), Emoji: "🔁"}}
	case "no_cause":
		return causeButtons(i)
	case "not_adjusted", "not_rejected":
		return verdictWays(i, r)
	}
	return nil
}

// verdictWays are the desk's words on what the party did, nil while it is still at it.
func verdictWays(i Interaction, r escalation.Report) []Button {
	with := ":" + r.ID + aside
	switch {
	case r.State == escalation.Rejected:
		return []Button{{ID: buttonAgree + with, Label: i.say("Terima", "Accept"), Emoji: "✅", Style: "success"},
			{ID: buttonObject + with, Label: i.say("Keberatan", "Object"), Emoji: "✋"}}
	case r.State == escalation.Adjusted && r.Party != escalation.Developers:
		return []Button{{ID: buttonPass + with, Label: i.say("Cukup", "Enough"), Emoji: "✅", Style: "success"},
			{ID: buttonFail + with, Label: i.say("Belum cukup", "Not enough"), Emoji: "❌"}}
	case r.State == escalation.Adjusted:
		return []Button{{ID: buttonPass + with, Label: i.say("Lolos", "Pass"), Emoji: "✅", Style: "success"},
			{ID: buttonFail + with, Label: i.say("Belum sesuai", "Fail"), Emoji: "❌"}}
	}
	return nil
}
