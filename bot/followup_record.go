package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

var waysEnglish = map[customer.Way]string{customer.WayWhatsApp: "WhatsApp", customer.WayPhone: "phone", customer.WayEmail: "e-mail", customer.WayVisit: "visit"}

var resultsEnglish = map[customer.Result]string{
	customer.Ordered: "ordered", customer.Interested: "interested", customer.Later: "later", customer.NotNeeded: "not needed",
	customer.Unreachable: "unreachable", customer.NoAnswer: "no answer", customer.Fine: "fine", customer.Unusual: "unusual",
}

func wayLabel(w customer.Way, english bool) string {
	if english {
		return waysEnglish[w]
	}
	return bridge.WayName(w)
}

func resultLabel(r customer.Result, english bool) string {
	if english {
		return resultsEnglish[r]
	}
	return bridge.ResultName(r)
}

// choicesText is what can be written in a field of a form.
func choicesText[T any](all []T, label func(T, bool) string, english bool) string {
	var out []string
	for _, one := range all {
		out = append(out, label(one, english))
	}
	return strings.Join(out, " · ")
}

// chosenBy is the choice that somebody wrote: its key or name in either language, or how
// one of them begins and no other.
func chosenBy[T ~string](all []T, label func(T, bool) string, text string) T {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return ""
	}
	var begin []T
	for _, one := range all {
		names := []string{string(one), strings.ToLower(label(one, false)), strings.ToLower(label(one, true))}
		if slices.Contains(names, text) {
			return one
		}
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, text) }) {
			begin = append(begin, one)
		}
	}
	if len(begin) == 1 {
		return begin[0]
	}
	return ""
}

func (d *Desk) followRecordForm(ctx context.Context, i Interaction) (Form, error) {
	ctx, cancel := context.WithTimeout(ctx, formPatience)
	defer cancel()
	f, err := d.followHere(ctx, i)
	if err != nil {
		return Form{}, d.saidOf(i, err)
	}
	way, result := f.Response.Way, ""
	if way == "" {
		if way = customer.WayPhone; !f.Sent.IsZero() {
			way = customer.WayWhatsApp
		}
	}
	if f.Response.Result != "" {
		result = resultLabel(f.Response.Result, i.English())
	}
	return Form{ID: formFollowRecord, Title: i.say("Catat hasil", "Record what came of it"), Fields: []Field{
		{ID: "way", Label: i.say("Dihubungi lewat", "Turned to by"), Value: wayLabel(way, i.English()), Hint: short(choicesText(customer.Ways(), wayLabel, i.English()), 100), Least: 1, Most: 30},
		{ID: "result", Label: i.say("Hasil", "Result"), Value: result, Hint: short(choicesText(f.Kind.Results(), resultLabel, i.English()), 100), Least: 1, Most: 40},
		{ID: "note", Label: i.say("Catatan", "Note"), Value: f.Response.Note, Long: true, Optional: true, Most: 2000},
	}}, nil
}

// response is what a form or a command says came of it.
func response(i Interaction, kind customer.FollowUpKind, way, result, note string) (customer.Response, error) {
	r := customer.Response{Way: chosenBy(customer.Ways(), wayLabel, way), Result: chosenBy(kind.Results(), resultLabel, result), Note: note}
	switch {
	case r.Way == "":
		return r, Refusal(i.say("Cara “"+bridge.Clean(way, 40)+"” tidak dikenal. Tulis salah satu: ", "The way “"+bridge.Clean(way, 40)+"” is not known. Write one of: ") + choicesText(customer.Ways(), wayLabel, i.English()) + ".")
	case r.Result == "":
		return r, Refusal(i.say("Hasil “"+bridge.Clean(result, 40)+"” tidak dikenal. Tulis salah satu: ", "The result “"+bridge.Clean(result, 40)+"” is not known. Write one of: ") + choicesText(kind.Results(), resultLabel, i.English()) + ".")
	}
	return r, nil
}

// followRecorded takes in the form.
func (d *Desk) followRecorded(ctx context.Context, i Interaction) (Answer, error) {
	return d.recorded(ctx, i, func(f *customer.FollowUp) (customer.Response, error) {
		return response(i, f.Kind, i.Fields["way"], i.Fields["result"], i.Fields["note"])
	})
}

// recorded records what came of the follow-up of this thread.
func (d *Desk) recorded(ctx context.Context, i Interaction, of func(f *customer.FollowUp) (customer.Response, error)) (Answer, error) {
	_, changed, err := d.changeFollow(ctx, i, func(tx *ledger.Tx, f *customer.FollowUp) ([]ledger.Event, error) {
		r, err := of(f)
		if err != nil {
			return nil, err
		}
		events, err := f.Record(r, i.User, tx.Now())
		if err == nil && len(events) == 0 {
			return nil, d.bridge.EndTalk(tx, f.ID, i.User) // the client may have opened it again
		}
		return events, err
	})
	switch {
	case err != nil:
		return Answer{}, err
	case !changed:
		return Answer{Text: i.say("Hasil ini sudah tercatat.", "That is recorded already.")}, nil
	}
	return Answer{Text: i.say("📝 Hasil tercatat. Terima kasih.", "📝 Recorded. Thank you.")}, nil
}

// satisfactionForm is the Customer Satisfaction Report of a call to a new customer; with a
// party chosen, what is forwarded to it.
func (d *Desk) satisfactionForm(_ context.Context, i Interaction) (Form, error) {
	form := Form{ID: formFollowFine, Title: i.say("Laporan kepuasan pelanggan", "Customer Satisfaction Report"), Fields: []Field{
		{ID: "score", Label: i.say("Seberapa puas? 1 sampai 5", "How satisfied? 1 to 5"), Least: 1, Most: 1},
		{ID: "arrived", Label: i.say("Produk datang sesuai pesanan?", "Did the product come as ordered?"), Hint: i.say("ya / tidak, dan apa yang kurang", "yes / no, and what was missing"), Least: 1, Most: 300},
		{ID: "problems", Label: i.say("Kendala", "Problems"), Long: true, Optional: true, Most: 500},
		{ID: "note", Label: i.say("Catatan", "Note"), Long: true, Optional: true, Most: 400},
	}}
	if i.Button == followFine {
		return form, nil
	}
	if len(i.Values) != 1 {
		return Form{}, Refusal(i.say("Pilih dulu pihak yang perlu tahu.", "Choose the party concerned first."))
	}
	form.ID, form.Fields[2].Optional, form.Fields[2].Least = formFollowUnusual+i.Values[0], false, 1
	form.Fields[2].Label = i.say("Apa yang tidak biasa?", "What is unusual?")
	return form, nil
}

// satisfaction reads the report.
func satisfaction(i Interaction) (s bridge.Satisfaction, err error) {
	s = bridge.Satisfaction{Arrived: i.Fields["arrived"], Problems: i.Fields["problems"], Note: i.Fields["note"]}
	if s.Score, err = strconv.Atoi(strings.TrimSpace(i.Fields["score"])); err != nil || s.Score < 1 || s.Score > 5 {
		return s, Refusal(i.say("Kepuasan ditulis sebagai angka 1 sampai 5.", "Write how satisfied the customer is as a number from 1 to 5."))
	}
	return s, nil
}

// followFineRecorded takes in a report in which all is well.
func (d *Desk) followFineRecorded(ctx context.Context, i Interaction) (Answer, error) {
	s, err := satisfaction(i)
	if err != nil {
		return Answer{}, err
	}
	return d.recorded(ctx, i, func(*customer.FollowUp) (customer.Response, error) {
		return customer.Response{Way: customer.WayPhone, Result: customer.Fine, Note: s.String()}, nil
	})
}

// followParties lets choose who has to hear of something unusual.
func (d *Desk) followParties(_ context.Context, i Interaction) (Answer, error) {
	choose := Select{ID: followParty, Hint: i.say("Siapa yang perlu tahu?", "Who has to know?")}
	for _, p := range []escalation.Party{escalation.Sales, escalation.QA, escalation.Engineering} {
		choose.Options = append(choose.Options, Choice{Value: string(p), Label: both(partyName(p), partyName(p))})
	}
	return Answer{Text: i.say("Pilih pihaknya; setelah itu formulir laporannya terbuka. Temuannya dicatat sebagai tiket dan diteruskan.",
		"Choose the party; the form of the report opens then. The finding becomes a ticket and is forwarded."), Selects: []Select{choose}}, nil
}

// followForwarded takes in a report with something unusual.
func (d *Desk) followForwarded(ctx context.Context, i Interaction) (Answer, error) {
	s, err := satisfaction(i)
	if err != nil {
		return Answer{}, err
	}
	number := ""
	err = d.once(ctx, i, "", func(tx *ledger.Tx) error {
		id, err := d.followID(tx, i)
		if err != nil {
			return err
		}
		number, err = d.bridge.ForwardUnusual(tx, id, escalation.Party(strings.TrimPrefix(i.Form, formFollowUnusual)), s, i.User)
		return err
	})
	switch {
	case err != nil:
		return Answer{}, d.saidOf(i, err)
	case number == "":
		return Answer{Text: i.say("Temuan ini sudah diteruskan.", "This finding was forwarded already.")}, nil
	}
	return Answer{Text: i.say("📨 Tercatat sebagai tiket "+number+" dan diteruskan.", "📨 Registered as ticket "+number+" and forwarded.")}, nil
}

func (d *Desk) followNobodyForm(_ context.Context, i Interaction) (Form, error) {
	return Form{ID: formFollowNobody, Title: i.say("Tidak dapat dihubungi", "Unreachable"), Fields: []Field{
		{ID: "note", Label: i.say("Kapan dan bagaimana dicoba?", "When and how was it tried?"), Long: true, Least: 1, Most: 500},
	}}, nil
}

func (d *Desk) followNobodyRecorded(ctx context.Context, i Interaction) (Answer, error) {
	return d.recorded(ctx, i, func(*customer.FollowUp) (customer.Response, error) {
		return customer.Response{Way: customer.WayPhone, Result: customer.Unreachable, Note: i.Fields["note"]}, nil
	})
}

// followActionForm is the call and the corrective action after low answers. What was
// recorded stands in it, to be corrected.
func (d *Desk) followActionForm(ctx context.Context, i Interaction) (Form, error) {
	ctx, cancel := context.WithTimeout(ctx, formPatience)
	defer cancel()
	f, err := d.followHere(ctx, i)
	if err != nil {
		return Form{}, d.saidOf(i, err)
	}
	if f.Kind != customer.Callback {
		return Form{}, noCard(i)
	}
	outcome := ""
	if f.Response.Result != "" {
		outcome = resultLabel(f.Response.Result, i.English())
	}
	a := actionOf(f.Response.Note)
	return Form{ID: formFollowAction, Title: i.say("Telepon & tindakan perbaikan", "Call and corrective action"), Fields: []Field{
		{ID: "outcome", Label: i.say("Hasil telepon", "What came of the call"), Value: outcome, Hint: short(choicesText(f.Kind.Results(), resultLabel, i.English()), 100), Least: 1, Most: 40},
		{ID: "cause", Label: i.say("Penyebab", "Cause"), Value: a.cause, Long: true, Least: 1, Most: 500},
		{ID: "action", Label: i.say("Tindakan perbaikan", "Corrective action"), Value: a.action, Long: true, Least: 1, Most: 500},
		{ID: "result", Label: i.say("Tanggapan pelanggan", "What the customer says"), Value: a.said, Long: true, Optional: true, Most: 500},
	}}, nil
}

// A correction is what is done about low answers.
type correction struct{ cause, action, said string }

const (
	noteCause  = "Penyebab: "
	noteAction = "\nTindakan: "
	noteSaid   = "\nTanggapan: "
)

// String is the correction as it is kept.
func (c correction) String() string {
	note := noteCause + c.cause + noteAction + c.action
	if c.said != "" {
		note += noteSaid + c.said
	}
	return note
}

// actionOf reads a correction as it is kept; other words are the cause.
func actionOf(note string) (c correction) {
	note = strings.TrimPrefix(note, noteCause)
	note, c.said, _ = strings.Cut(note, noteSaid)
	c.cause, c.action, _ = strings.Cut(note, noteAction)
	return c
}

func (d *Desk) followActed(ctx context.Context, i Interaction) (Answer, error) {
	return d.recorded(ctx, i, func(f *customer.FollowUp) (customer.Response, error) {
		if f.Kind != customer.Callback {
			return customer.Response{}, noCard(i)
		}
		of := func(field string) string { return strings.TrimSpace(i.Fields[field]) }
		if of("cause") == "" || of("action") == "" {
			return customer.Response{}, Refusal(i.say("Penyebab dan tindakan perbaikannya belum diisi.", "The cause and the corrective action are missing."))
		}
		note := correction{of("cause"), of("action"), of("result")}
		return response(i, f.Kind, string(customer.WayPhone), of("outcome"), note.String())
	})
}
