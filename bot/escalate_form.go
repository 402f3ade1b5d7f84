package bot

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Fields of the report's form.
const (
	fieldPlace  = "place"
	fieldDetail = "detail"
	fieldRepro  = "reproduction"
	fieldNot    = "not-reproducible"
)

// What stands behind the id of a report's form: how each field opened. An empty field says
// something only where the form showed a text that was taken out: what somebody else wrote
// meanwhile stays.
const (
	blind = "blind" // none showed what is written already
	had   = "had:"  // + those that did, with a comma between
)

// reportForm asks for the texts of a report, with what is there already. Behind :missing it
// asks for what is missing alone.
func (d *Desk) reportForm(ctx context.Context, i Interaction) (Form, error) {
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	draft, t, err := d.draftHere(ctx, i)
	if err != nil {
		if r, refused := errors.AsType[Refusal](err); refused {
			return Form{}, r
		}
		draft = escalation.Draft{} // the form opens all the same
	}
	f := draft.Form
	id := i.formID(formReport + ":" + shownFields(f))
	if f.Detail == "" {
		f.Detail = unmarked(t.Gist)
	}
	missing := draft.Missing()
	only := strings.TrimSuffix(i.Button, aside) == buttonReportText+":missing" && err == nil
	form := Form{ID: id, Title: i.say("Laporan ke developer", "Report to developers")}
	add := func(key string, field Field) {
		if only && !slices.Contains(missing, key) {
			return
		}
		form.Fields = append(form.Fields, field)
	}
	add("no_place", Field{ID: fieldPlace, Label: placeLabel(i, f.System), Value: f.Place, Optional: true, Most: escalation.LongPlace})
	add("no_detail", Field{ID: fieldDetail, Label: i.say("Detail kendala", "Detail of the problem"), Value: f.Detail, Long: true, Optional: true, Most: escalation.LongText})
	add("no_reproduction", Field{ID: fieldRepro, Label: i.say("Reproduksi di akun demo (langkah, hasil)", "Reproduction in the demo account"), Value: f.Reproduction, Long: true, Optional: true, Most: escalation.LongText})
	add("no_reproduction", Field{ID: fieldNot, Label: i.say("Bila tidak dapat direproduksi: alasannya", "If it cannot be reproduced: why"), Value: f.NotReproducible, Long: true, Optional: true, Most: escalation.LongText})
	if len(form.Fields) == 0 { // somebody else was faster
		return Form{}, Refusal(i.say("Isinya sudah lengkap. Tekan tombolnya sekali lagi untuk melihatnya.", "The text is complete. Press the button once more to see it."))
	}
	return form, nil
}

// textsOf are the texts of a form by their fields.
func textsOf(f *escalation.Form) map[string]*string {
	return map[string]*string{fieldPlace: &f.Place, fieldDetail: &f.Detail, fieldRepro: &f.Reproduction, fieldNot: &f.NotReproducible}
}

// shownFields says in the id of a form which fields open with a text.
func shownFields(f escalation.Form) string {
	texts := textsOf(&f)
	filled := slices.DeleteFunc(slices.Sorted(maps.Keys(texts)), func(id string) bool { return *texts[id] == "" })
	if len(filled) == 0 {
		return blind
	}
	return had + strings.Join(filled, ",")
}

// emptied reports whether an empty field of a form that came back means that its text is to
// go.
func emptied(i Interaction, field string) bool {
	shown, ok := strings.CutPrefix(arg(i.Form, formReport), had)
	return ok && slices.Contains(strings.Split(shown, ","), field)
}

// draftHere is the draft of the thread's ticket as it stands, begun with what is known.
func (d *Desk) draftHere(ctx context.Context, i Interaction) (escalation.Draft, ticket.Ticket, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return escalation.Draft{}, t, err
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: escalation.KindDraft, ID: t.Number})
	if err != nil {
		return escalation.Draft{}, t, err
	}
	if doc.Data != nil {
		draft, err := escalation.DecodeDraft(doc.Data)
		return draft, t, err
	}
	draft := escalation.Draft{Ticket: t.Number}
	draft.Form.System, draft.Form.Place, err = d.placeOfTicket(ctx, t)
	return draft, t, err
}

// writtenReport puts what was typed into the draft.
func (d *Desk) writtenReport(ctx context.Context, i Interaction) (Answer, error) {
	return d.drafting(ctx, i, "", func(draft *escalation.Draft) error {
		f := draft.Form
		for id, into := range textsOf(&f) {
			text, typed := i.Fields[id]
			if typed && (strings.TrimSpace(text) != "" || emptied(i, id)) {
				*into = text
			}
		}
		f = f.Trimmed()
		if f.Place != draft.Form.Place {
			system, place := placeOf(f.Place)
			if f.System == "" || system == customer.Private {
				f.System, f.Place = string(system), clippedRunes(place, escalation.LongPlace)
			}
		}
		draft.Form = f
		return nil
	})
}

// emphases are WhatsApp's marks around words.
var emphases = []*regexp.Regexp{emphasis(`\*`), emphasis(`_`), emphasis(`~`)}

func emphasis(mark string) *regexp.Regexp {
	return regexp.MustCompile(`(^|[\s(])` + mark + `([^\s` + mark + `](?:[^` + mark + `\n]*[^\s` + mark + `])?)` + mark + `($|[\s.,:;!?)])`)
}

// unmarked is how a client's words begin a text in Discord: without WhatsApp's emphasis.
func unmarked(text string) string {
	for _, e := range emphases {
		text = e.ReplaceAllString(text, "$1$2$3")
	}
	return clippedRunes(text, escalation.LongText)
}

// partyChoices are the parties beside developers.
func partyChoices() (all []Choice) {
	for _, p := range escalation.Parties() {
		all = append(all, Choice{Value: string(p), Label: both(partyName(p), partyName(p))})
	}
	return all
}

// capabilityOf is what the people of a party may do.
var capabilityOf = map[escalation.Party]string{escalation.Sales: Sales, escalation.QA: QA, escalation.Engineering: Engineering}

// partyMeant is the party that an interaction names, "" for none.
func partyMeant(i Interaction) escalation.Party {
	return escalation.Party(i.meant(formForward, buttonForward, "to"))
}

// partyForm asks what a party is to be told; without a party there is none, and those to
// choose from are shown.
func (d *Desk) partyForm(ctx context.Context, i Interaction) (Form, error) {
	party := partyMeant(i)
	if party == "" {
		return Form{}, nil
	}
	if len(d.rights[capabilityOf[party]]) == 0 {
		return Form{}, Refusal(i.say("Belum ada peran Discord untuk "+partyName(party)+": pengelola menetapkannya di `roles` pada halo.yaml.",
			"There is no Discord role for "+partyName(party)+" yet: the operator names one under `roles` in halo.yaml."))
	}
	t, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
		if t.State == ticket.Closed {
			return nil, &ticket.Refusal{Key: "closed"}
		}
		return nil, nil
	})
	if err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formForward + ":" + string(party)), Title: i.say("Teruskan ke ", "Forward to ") + partyName(party), Fields: []Field{{
		ID: fieldDetail, Label: i.say("Apa yang perlu diketahui atau dijawab?", "What has to be known or answered?"),
		Value: unmarked(t.Gist), Long: true, Least: 1, Most: escalation.LongText,
	}}}, nil
}

// forwardTo forwards the ticket's concern to a party, or shows to whom it can go.
func (d *Desk) forwardTo(ctx context.Context, i Interaction) (Answer, error) {
	party := partyMeant(i)
	if party == "" {
		return d.forwardMenu(ctx, i)
	}
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if t.State == ticket.Closed {
		return Answer{}, d.led(i, &ticket.Refusal{Key: "closed"})
	}
	form := escalation.Form{Detail: i.Fields[fieldDetail]}
	if form.System, form.Place, err = d.placeOfTicket(ctx, t); err != nil {
		return Answer{}, err
	}
	id := ""
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		id, err = d.bridge.OpenReport(tx, bridge.NewReport{Party: party, Ticket: t.Number, Form: form, By: i.User})
		return err
	})
	if err != nil {
		return Answer{}, d.led(i, err)
	}
	return Answer{Text: i.say("📨 Diteruskan ke **"+partyName(party)+"** sebagai `"+id+"`. Jawabannya muncul di thread ini, dan tiket ini tetap dapat diselesaikan.",
		"📨 Forwarded to **"+partyName(party)+"** as `"+id+"`. The answer appears in this thread, and the ticket can be resolved meanwhile.")}, nil
}

// forwardMenu offers those to whom a ticket can go.
func (d *Desk) forwardMenu(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	buttons := []Button{{ID: buttonReport, Label: "Developer", Emoji: "🛠️", Style: "primary"}}
	for _, p := range escalation.Parties() {
		if len(d.rights[capabilityOf[p]]) > 0 {
			buttons = append(buttons, Button{ID: buttonForward + ":" + string(p) + aside, Label: partyName(p), Emoji: "📨"})
		}
	}
	open, err := d.reportsOf(ctx, t)
	if err != nil {
		return Answer{}, err
	}
	if len(open) > 0 {
		buttons = append(buttons, reportsButton(i))
	}
	return Answer{Text: i.say("Ke mana tiket "+t.Number+" diteruskan? Klien tidak membacanya.", "Where is ticket "+t.Number+" to go? The client does not read it."),
		Buttons: d.answerable(i, buttons)}, nil
}
