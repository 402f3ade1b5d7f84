package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Buttons and forms of surveys; the id of a round or a survey follows. Those under a list's
// card are bridge.SurveyFile and bridge.SurveyShow.
const (
	surveyPage  = "sv:page:" // + round:page
	surveyEnter = "sv:enter:"
	surveyStop  = "sv:stop:"

	formSurveyEnter = "f:sv:enter:"
	formSurveyStop  = "f:sv:stop:"
)

// surveyors may see surveys and enter answers.
var surveyors = []string{Sales, QA, AssistantManager, Manager}

func surveyActions() actions {
	return actions{
		commands: map[string]action{
			"survey list":  {may: surveyors, do: (*Desk).surveyRounds},
			"survey show":  {may: surveyors, do: (*Desk).surveyShown},
			"survey enter": {may: surveyors, form: (*Desk).surveyForm},
			"survey stop":  {may: surveyors, form: (*Desk).surveyStopForm, do: (*Desk).surveyStopped},
		},
		buttons: map[string]action{
			bridge.SurveyFile: {may: surveyors, do: (*Desk).surveyFile},
			bridge.SurveyShow: {may: surveyors, do: (*Desk).surveyShown},
			surveyPage:        {may: surveyors, do: (*Desk).surveyShown},
			surveyEnter:       {may: surveyors, form: (*Desk).surveyForm},
			surveyStop:        {may: surveyors, form: (*Desk).surveyStopForm},
			historyPage:       {may: historians, do: (*Desk).history},
		},
		forms: map[string]action{
			formSurveyEnter: {may: surveyors, do: (*Desk).surveyEntered},
			formSurveyStop:  {may: surveyors, do: (*Desk).surveyStopped},
		},
	}
}

func surveyCommands() []Command {
	id := Option{Name: "id", Names: named("nomor", "id"), Required: true, Description: both("Nomor surveinya, misalnya SV-2612-0012", "The survey, such as SV-2612-0012"), Complete: FromSurveysAsked}
	any := id
	any.Required, any.Complete, any.Description = false, FromSurveys, both("Nomor daftar atau survei; tanpa ini daftar terbaru", "A list or a survey; without it the latest list")
	return []Command{{Name: "survey", Names: named("survei", "survey"), Description: both("Survei pelanggan", "Surveys of customers"), Sub: []Command{
		{Name: "list", Names: named("daftar", "list"), Description: both("Survei tiap bulan dengan tingkat pengembaliannya", "The surveys of each month with their return rate")},
		{Name: "show", Names: named("lihat", "show"), Description: both("Satu daftar, atau satu survei", "One list, or one survey"), Options: []Option{any}},
		{Name: "enter", Names: named("isi", "enter"), Description: both("Catat jawaban dari telepon atau kertas", "Enter answers given on the phone or on paper"), Options: []Option{id}},
		{Name: "stop", Names: named("hentikan", "stop"), Description: both("Hentikan satu survei, dengan alasan", "Stop one survey, for a reason"), Options: []Option{
			id, {Name: "reason", Names: named("alasan", "reason"), Description: both("Mengapa; kosongkan untuk menulisnya di formulir", "Why; leave it empty to write it in a form")},
		}},
	}}}
}

// round is a month's list by its id, the latest one for "".
func (d *Desk) round(ctx context.Context, i Interaction, id string) (r customer.Round, err error) {
	if id == "" {
		rows, err := d.store.Rows(ctx, Page{Index: bridge.SurveyRounds, Down: true, Limit: 1})
		if err != nil {
			return r, err
		}
		if len(rows) == 0 {
			return r, Refusal(i.say("Belum ada survei. Daftar pertama dibuat pada hari kerja pertama bulan depan.", "There is no survey yet. The first list is made on the first working day of next month."))
		}
		id = rows[0].Member
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindRound, ID: id})
	if err != nil {
		return r, err
	}
	if doc.Data == nil || !bridge.IsSurveyRound(id) {
		return r, d.noSurvey(i)
	}
	return customer.DecodeRound(doc.Data)
}

func (d *Desk) noSurvey(i Interaction) Refusal {
	return Refusal(i.say("Survei itu tidak ditemukan. Lihat nomornya dengan /survey list.", "There is no such survey. See its number with /survey list."))
}

// surveyOf is a survey by its id.
func (d *Desk) surveyOf(ctx context.Context, i Interaction, id string) (s customer.Survey, err error) {
	if id == "" || len(id) > 60 {
		return s, d.noSurvey(i)
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindSurvey, ID: id})
	if err != nil || doc.Data == nil {
		return s, cmp.Or(err, error(d.noSurvey(i)))
	}
	return customer.DecodeSurvey(doc.Data)
}

// surveyNamed is the id that an interaction names.
func surveyNamed(i Interaction, prefixes ...string) string {
	for _, from := range []string{i.Button, i.Form} {
		for _, prefix := range prefixes {
			if id, ok := strings.CutPrefix(from, prefix); ok {
				return id
			}
		}
	}
	return strings.ToUpper(strings.TrimSpace(i.Options["id"]))
}

// surveyRounds lists the months with their return rates and means.
func (d *Desk) surveyRounds(ctx context.Context, i Interaction) (Answer, error) {
	rows, err := d.store.Rows(ctx, Page{Index: bridge.SurveyRounds, Down: true, Limit: 12})
	if err != nil {
		return Answer{}, err
	}
	if len(rows) == 0 {
		_, err := d.round(ctx, i, "")
		return Answer{}, err
	}
	lines := []string{i.say("📋 **Survei tiap bulan**", "📋 **Surveys of each month**")}
	for _, row := range rows {
		r, err := d.round(ctx, i, row.Member)
		if err != nil {
			return Answer{}, err
		}
		lines = append(lines, "- "+roundLine(i, r))
	}
	return Answer{Text: strings.Join(lines, "\n"), Buttons: []Button{
		{ID: bridge.SurveyShow + rows[0].Member, Label: i.say("Lihat yang terbaru", "Show the latest"), Emoji: "📋"},
		{ID: bridge.SurveyFile + rows[0].Member, Label: "CSV", Emoji: "📄"},
	}}, nil
}

// roundLine is a month in a line.
func roundLine(i Interaction, r customer.Round) string {
	t := r.Tally
	returned, sent := t.Rate()
	line := fmt.Sprintf(i.say("`%s` %d pesanan, %d pelanggan · ditanya %d (%.0f %%) · kembali %d (%.0f %%)", "`%s` %d orders, %d customers · asked %d (%.0f %%) · returned %d (%.0f %%)"),
		r.ID, t.Orders, t.Customers, t.Sent, 100*sent, t.Returned, 100*returned)
	var means []string
	for q := range customer.Promotion {
		if mean, ok := t.Mean(q); ok {
			means = append(means, fmt.Sprintf("%s %.1f", bridge.QuestionName(q, i.English()), mean))
		}
	}
	if score, ok := t.Promotion(); ok {
		means = append(means, fmt.Sprintf("NPS %+.0f", score))
	}
	if len(means) > 0 {
		line += "\n  -# " + strings.Join(means, " · ")
	}
	return line
}

// surveysShown is how many surveys one answer lists.
const surveysShown = 12

// surveyShown shows a month's surveys, or one of them.
func (d *Desk) surveyShown(ctx context.Context, i Interaction) (Answer, error) {
	id, page := surveyNamed(i, bridge.SurveyShow, surveyPage), 0
	if before, after, ok := strings.Cut(id, ":"); ok {
		n, err := strconv.Atoi(after)
		if err != nil || n < 0 || n > 10_000 {
			return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
		}
		id, page = before, n
	}
	if id != "" && !bridge.IsSurveyRound(id) {
		return d.surveyCard(ctx, i, id, "")
	}
	r, err := d.round(ctx, i, id)
	if err != nil {
		return Answer{}, err
	}
	rows, err := d.store.Rows(ctx, Page{Index: customer.SurveysIn(r.ID), Offset: int64(page) * surveysShown, Limit: surveysShown + 1})
	if err != nil {
		return Answer{}, err
	}
	lines := []string{roundLine(i, r)}
	for _, row := range rows[:min(len(rows), surveysShown)] {
		s, err := d.surveyOf(ctx, i, row.Member)
		if err != nil {
			return Answer{}, err
		}
		company, err := d.company(ctx, s.Customer)
		if err != nil {
			return Answer{}, err
		}
		lines = append(lines, "- `"+s.ID+"` "+bridge.ToDiscord(bridge.Clean(company.Name, 40))+" · "+surveyState(i, s))
	}
	out := Answer{Text: strings.Join(lines, "\n")}
	if page > 0 {
		out.Buttons = append(out.Buttons, Button{ID: fmt.Sprintf("%s%s:%d", surveyPage, r.ID, page-1), Label: i.say("Sebelumnya", "Back"), Emoji: "◀️"})
	}
	if len(rows) > surveysShown {
		out.Buttons = append(out.Buttons, Button{ID: fmt.Sprintf("%s%s:%d", surveyPage, r.ID, page+1), Label: i.say("Berikutnya", "Next"), Emoji: "▶️"})
	}
	out.Buttons = append(out.Buttons, Button{ID: bridge.SurveyFile + r.ID, Label: "CSV", Emoji: "📄"})
	return out, nil
}

// surveyState is how a survey stands, in a few words.
func surveyState(i Interaction, s customer.Survey) string {
	switch s.State {
	case customer.SurveyPlanned:
		if s.Conversation == "" {
			return i.say("📞 belum ditelepon", "📞 to be phoned")
		}
		return i.say("menunggu giliran", "waits for its turn")
	case customer.SurveyAsked:
		return fmt.Sprintf(i.say("ditanya, %d dari 5 nilai", "asked, %d of 5 numbers"), len(s.Answers))
	case customer.SurveyRests:
		return i.say("istirahat selama ada tiket", "rests while there is a ticket")
	case customer.SurveyDone:
		return "✅ " + answersLine(s)
	}
	line := i.say("berakhir: ", "ended: ") + bridge.WhyNotAsked(s.Why, i.English())
	if len(s.Answers) > 0 {
		line += " · " + answersLine(s)
	}
	return line
}

// answersLine is the numbers of a survey in the order asked.
func answersLine(s customer.Survey) string {
	var all []string
	for q := customer.Performance; q <= customer.Promotion; q++ {
		if v, ok := s.Answers[q]; ok {
			all = append(all, strconv.Itoa(v))
		} else {
			all = append(all, "–")
		}
	}
	line := strings.Join(all, " ")
	if len(s.Low()) > 0 {
		line += " 🚨"
	}
	return line
}

// surveyCard is one survey with what may be done, below what was just done.
func (d *Desk) surveyCard(ctx context.Context, i Interaction, id, said string) (Answer, error) {
	s, err := d.surveyOf(ctx, i, id)
	if err != nil {
		return Answer{}, err
	}
	company, err := d.company(ctx, s.Customer)
	if err != nil {
		return Answer{}, err
	}
	who, _, err := d.contact(ctx, s.Contact)
	if err != nil {
		return Answer{}, err
	}
	show := func(text string, most int) string { return bridge.ToDiscord(bridge.Clean(text, most)) }
	lines := []string{"📋 **" + s.ID + "** · **" + show(company.Name, 80) + "** · " + surveyState(i, s)}
	if said != "" {
		lines = append([]string{said, ""}, lines...)
	}
	if who.ID != "" {
		lines = append(lines, "👤 "+cmp.Or(show(who.Called(), 60), "?")+" "+who.Number())
	}
	lines = append(lines, "🧾 "+show(strings.Join(s.Orders, ", "), 300))
	for q := customer.Performance; q <= customer.Promotion; q++ {
		lines = append(lines, "**"+bridge.QuestionName(q, i.English())+"**: "+bridge.AnswerBar(s, q))
	}
	if s.Comment != "" {
		lines = append(lines, "💬 "+show(s.Comment, 500))
	}
	if s.FollowUp != "" {
		lines = append(lines, i.say("📞 Telepon dan tindakan: ", "📞 Call and action: ")+"`"+bridge.Clean(s.FollowUp, 40)+"`")
	}
	out := Answer{Text: strings.Join(lines, "\n")}
	if s.State != customer.SurveyDone {
		out.Buttons = append(out.Buttons, Button{ID: surveyEnter + s.ID, Label: i.say("Isi jawaban", "Enter answers"), Emoji: "✏️", Style: "primary"})
	}
	if !s.Over() {
		out.Buttons = append(out.Buttons, Button{ID: surveyStop + s.ID, Label: i.say("Hentikan", "Stop"), Emoji: "🛑", Style: "danger"})
	}
	return out, nil
}

// changeSurvey changes a survey, once an interaction, and shows it.
func (d *Desk) changeSurvey(ctx context.Context, i Interaction, id, said string, fn func(s *customer.Survey, at time.Time) ([]ledger.Event, error)) (Answer, error) {
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		return d.bridge.ChangeSurvey(tx, id, func(s *customer.Survey) ([]ledger.Event, error) { return fn(s, tx.Now()) })
	})
	if errors.Is(err, bridge.ErrNoSurvey) {
		return Answer{}, d.noSurvey(i)
	}
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	return d.surveyCard(ctx, i, id, said)
}
