package bot

import (
	"context"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Ids of the buttons and forms of a follow-up's card: its thread says which one is meant.
const (
	followPrefix  = "f:"
	followSend    = followPrefix + "send"
	followEdit    = followPrefix + "edit"
	followReturn  = followPrefix + "return"
	followSkip    = followPrefix + "skip"
	followRecord  = followPrefix + "record"
	followTake    = followPrefix + "take"
	followTopic   = followPrefix + "topic:"
	followFine    = followPrefix + "fine"
	followUnusual = followPrefix + "unusual"
	followParty   = followPrefix + "party" // the select of parties opens the form
	followNobody  = followPrefix + "nobody"
	followAction  = followPrefix + "action"
	followAdd     = followPrefix + "add" // the select of companies

	formFollowEdit    = "ff:edit"
	formFollowSkip    = "ff:skip"
	formFollowRecord  = "ff:record"
	formFollowFine    = "ff:fine"
	formFollowUnusual = "ff:unusual:" // + party
	formFollowNobody  = "ff:nobody"
	formFollowAction  = "ff:action"
)

// callers make the calls after low answers to a survey, which agents do.
var callers = []string{Agent, AssistantManager, Manager}

// followers use the buttons that both kinds of cards have; whose the card is decides.
var followers = []string{Sales, Manager, Agent, AssistantManager}

// followActions are what is done to follow-ups.
func followActions() actions {
	return actions{
		commands: map[string]action{
			"followup list":   {may: sellers, do: (*Desk).followList},
			"followup add":    {may: sellers, do: (*Desk).followAdded},
			"followup record": {may: sellers, do: (*Desk).followContact},
			"followup card":   {may: followers, do: (*Desk).followCard},
		},
		buttons: map[string]action{
			followSend:    {may: sellers, do: (*Desk).followSent},
			followEdit:    {may: sellers, form: (*Desk).followEditForm},
			followReturn:  {may: sellers, do: (*Desk).followReturned},
			followSkip:    {may: sellers, form: (*Desk).followSkipForm},
			followRecord:  {may: sellers, form: (*Desk).followRecordForm},
			followTake:    {may: followers, do: (*Desk).followTaken},
			followTopic:   {may: sellers, do: (*Desk).followRetopic},
			followFine:    {may: sellers, form: (*Desk).satisfactionForm},
			followUnusual: {may: sellers, do: (*Desk).followParties},
			followParty:   {may: sellers, form: (*Desk).satisfactionForm},
			followNobody:  {may: sellers, form: (*Desk).followNobodyForm},
			followAction:  {may: callers, form: (*Desk).followActionForm},
			followAdd:     {may: sellers, do: (*Desk).followAdded},
		},
		forms: map[string]action{
			formFollowEdit:    {may: sellers, do: (*Desk).followEdited},
			formFollowSkip:    {may: sellers, do: (*Desk).followSkipped},
			formFollowRecord:  {may: sellers, do: (*Desk).followRecorded},
			formFollowFine:    {may: sellers, do: (*Desk).followFineRecorded},
			formFollowUnusual: {may: sellers, do: (*Desk).followForwarded},
			formFollowNobody:  {may: sellers, do: (*Desk).followNobodyRecorded},
			formFollowAction:  {may: callers, do: (*Desk).followActed},
		},
	}
}

// followCommands are the commands of follow-ups.
func followCommands() []Command {
	company := Option{Name: "company", Names: named("perusahaan", "company"), Description: both("Nama, grup outlet atau domainnya", "Its name, outlet group or domain"), Required: true, Complete: FromCompanies}
	way := Option{Name: "way", Names: named("cara", "way"), Description: both("Bagaimana dihubungi", "How it was turned to"), Required: true}
	for _, w := range customer.Ways() {
		way.Choices = append(way.Choices, Choice{Value: string(w), Label: both(wayLabel(w, false), wayLabel(w, true))})
	}
	result := Option{Name: "result", Names: named("hasil", "result"), Description: both("Apa hasilnya", "What came of it"), Required: true}
	for _, r := range customer.Reorder.Results() {
		result.Choices = append(result.Choices, Choice{Value: string(r), Label: both(resultLabel(r, false), resultLabel(r, true))})
	}
	return []Command{{Name: "followup", Names: named("tindak-lanjut", "follow-up"), Description: both("Tindak lanjut pelanggan", "Follow-ups of customers"), Sub: []Command{
		{Name: "list", Names: named("daftar", "list"), Description: both("Daftar bulan ini dan kemajuannya", "This month's list and how far it is")},
		{Name: "add", Names: named("tambah", "add"), Description: both("Buat kartu untuk sebuah perusahaan", "Make a card for a company"), Options: []Option{company}},
		{Name: "record", Names: named("catat", "record"), Description: both("Catat tindak lanjut lewat telepon, e-mail atau kunjungan", "Record a turn by phone, e-mail or visit"), Options: []Option{
			company, way, result,
			{Name: "note", Names: named("catatan", "note"), Description: both("Catatan", "A note")},
		}},
		{Name: "card", Names: named("kartu", "card"), Description: both("Kartu terakhir sebuah perusahaan", "A company's last cards"), Options: []Option{company}},
	}}}
}

// followHere is the follow-up in whose thread something was asked for.
func (d *Desk) followHere(ctx context.Context, i Interaction) (f customer.FollowUp, err error) {
	t, err := d.threadTicket(ctx, i)
	if err != nil {
		return f, err
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindFollowUp, ID: t.Number})
	if err != nil {
		return f, err
	}
	if doc.Data == nil {
		return f, noCard(i)
	}
	if f, err = customer.DecodeFollowUp(doc.Data); err != nil {
		return f, err
	}
	return f, d.mayFollow(i, f)
}

func noCard(i Interaction) Refusal {
	return Refusal(i.say("Ini hanya berlaku di thread sebuah kartu tindak lanjut.", "This works only in the thread of a follow-up's card."))
}

// mayFollow refuses who has no part in a follow-up.
func (d *Desk) mayFollow(i Interaction, f customer.FollowUp) error {
	may := sellers
	if f.Kind == customer.Callback {
		may = callers
	}
	if !d.may(i, may) {
		return Refusal(d.refusal(i, may))
	}
	return nil
}

// changeFollow makes a transition of the follow-up of this thread, once an interaction.
// changed is false when nothing had to change.
func (d *Desk) changeFollow(ctx context.Context, i Interaction, fn func(tx *ledger.Tx, f *customer.FollowUp) ([]ledger.Event, error)) (f customer.FollowUp, changed bool, err error) {
	err = d.once(ctx, i, "", func(tx *ledger.Tx) error {
		id, err := d.followID(tx, i)
		if err != nil {
			return err
		}
		return d.bridge.ChangeFollowUp(tx, id, func(in *customer.FollowUp) ([]ledger.Event, error) {
			events, err := fn(tx, in)
			f, changed = *in, len(events) > 0
			return events, err
		})
	})
	return f, changed, d.saidOf(i, err)
}

// followID is the id of the follow-up in whose thread something was asked for, if the
// person has a part in it.
func (d *Desk) followID(tx *ledger.Tx, i Interaction) (string, error) {
	number, err := d.threadHere(tx, i)
	if err != nil {
		return "", err
	}
	f, ok, err := customer.LoadFollowUp(tx, number)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", noCard(i)
	}
	return number, d.mayFollow(i, f)
}

// followSent queues the message as it stands.
func (d *Desk) followSent(ctx context.Context, i Interaction) (Answer, error) {
	f, changed, err := d.changeFollow(ctx, i, func(tx *ledger.Tx, f *customer.FollowUp) ([]ledger.Event, error) {
		return f.Queue(i.User, tx.Now())
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Text: d.queuedText(ctx, i, f.ID, changed)}, nil
}

// queuedText says that a message waits, and when it will go as far as that is known.
func (d *Desk) queuedText(ctx context.Context, i Interaction, id string, changed bool) string {
	text := i.say("⏳ Masuk antrean. ", "⏳ In the queue. ")
	if !changed {
		text = i.say("Pesan ini sudah ada di antrean. ", "This message is in the queue already. ")
	}
	pace, err := d.pace(ctx)
	if err != nil {
		pace = customer.Pace{}
	}
	if pace.Paused.On() {
		return text + i.say("⏸️ Pesan proaktif sedang dijeda; `/desk resume` melanjutkannya.", "⏸️ What the desk sends first is paused; `/desk resume` resumes it.")
	}
	if rows, rowsErr := d.store.Rows(ctx, Page{Index: customer.IndexOutreach, Limit: 200}); err == nil && rowsErr == nil {
		if at, ok := d.bridge.FollowUpGoes(pace, rows, id, d.now()); ok {
			return text + i.say("Perkiraan terkirim ", "It is expected to go ") + stamp(at, "f") + i.say("; `/desk outreach` menunjukkan yang terkini.", "; `/desk outreach` shows how it stands.")
		}
	}
	return text + i.say("Pesan dikirim pada jam kerja, berjarak dari pesan lain; `/desk outreach` menunjukkan kapan.",
		"It is sent in working hours, at a distance from other messages; `/desk outreach` shows when.")
}

// followReturned takes the message out of the queue.
func (d *Desk) followReturned(ctx context.Context, i Interaction) (Answer, error) {
	f, changed, err := d.changeFollow(ctx, i, func(tx *ledger.Tx, f *customer.FollowUp) ([]ledger.Event, error) {
		events := f.Return(i.User, i.say("dibatalkan", "withdrawn"), tx.Now())
		f.Failed = ""
		return events, nil
	})
	switch {
	case err != nil:
		return Answer{}, err
	case changed:
		return Answer{Text: i.say("↩️ Pengiriman dibatalkan.", "↩️ It is not sent.")}, nil
	case !f.Sent.IsZero():
		return Answer{}, Refusal(i.say("Terlambat: pesannya sudah terkirim.", "Too late: the message was sent."))
	}
	return Answer{Text: i.say("Pesan ini tidak ada di antrean.", "This message is not in the queue.")}, nil
}

func (d *Desk) followEditForm(ctx context.Context, i Interaction) (Form, error) {
	ctx, cancel := context.WithTimeout(ctx, formPatience)
	defer cancel()
	f, err := d.followHere(ctx, i)
	if err != nil {
		return Form{}, d.saidOf(i, err)
	}
	return Form{ID: formFollowEdit, Title: i.say("Ubah & kirim", "Edit and send"), Fields: []Field{
		{ID: "text", Label: i.say("Pesan untuk pelanggan", "The message to the customer"), Value: f.Text, Long: true, Least: 1, Most: 3000},
	}}, nil
}

// followEdited sends other words. What waits already is asked for anew with them.
func (d *Desk) followEdited(ctx context.Context, i Interaction) (Answer, error) {
	text := i.Fields["text"]
	if err := d.forClient(i, text); err != nil {
		return Answer{}, err
	}
	id, changed := "", false
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		changed = false
		id, err = d.followID(tx, i)
		if err != nil {
			return err
		}
		changed, err = d.bridge.SendFollowUp(tx, id, text, i.User)
		return err
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	return Answer{Text: d.queuedText(ctx, i, id, changed)}, nil
}

// followRetopic suggests the text of another topic.
func (d *Desk) followRetopic(ctx context.Context, i Interaction) (Answer, error) {
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		id, err := d.followID(tx, i)
		if err != nil {
			return err
		}
		return d.bridge.Retopic(tx, id, strings.TrimPrefix(i.Button, followTopic), i.User)
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	return Answer{Text: i.say("💡 Usulan pesannya diganti; lihat kartunya.", "💡 Another text is suggested; see the card.")}, nil
}

// followTaken makes the person the owner.
func (d *Desk) followTaken(ctx context.Context, i Interaction) (Answer, error) {
	_, changed, err := d.changeFollow(ctx, i, func(tx *ledger.Tx, f *customer.FollowUp) ([]ledger.Event, error) { return f.Take(i.User, tx.Now()) })
	switch {
	case err != nil:
		return Answer{}, err
	case !changed:
		return Answer{Text: i.say("Kartu ini sudah Anda tangani.", "You have this card already.")}, nil
	}
	return Answer{}, nil
}

func (d *Desk) followSkipForm(_ context.Context, i Interaction) (Form, error) {
	return Form{ID: formFollowSkip, Title: i.say("Lewati pelanggan ini", "Skip this customer"), Fields: []Field{
		{ID: "reason", Label: i.say("Alasan, dibaca rekan tim", "Reason, read by the team"), Least: 1, Most: 200},
	}}, nil
}

func (d *Desk) followSkipped(ctx context.Context, i Interaction) (Answer, error) {
	_, changed, err := d.changeFollow(ctx, i, func(tx *ledger.Tx, f *customer.FollowUp) ([]ledger.Event, error) {
		return f.Skip(i.Fields["reason"], i.User, tx.Now())
	})
	switch {
	case err != nil:
		return Answer{}, err
	case !changed:
		return Answer{Text: i.say("Kartu ini sudah dilewati.", "This card is skipped already.")}, nil
	}
	return Answer{Text: i.say("⏭️ Dilewati.", "⏭️ Skipped.")}, nil
}
