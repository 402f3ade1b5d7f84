package bot

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// surveyForm asks for the answers that somebody gave on the phone or on paper.
func (d *Desk) surveyForm(ctx context.Context, i Interaction) (Form, error) {
	ctx, cancel := context.WithTimeout(ctx, formPatience)
	defer cancel()
	s, err := d.surveyOf(ctx, i, surveyNamed(i, surveyEnter))
	if err != nil {
		return Form{}, err
	}
	if s.State == customer.SurveyDone {
		return Form{}, d.saidOf(i, &customer.Refusal{Key: "survey_over", Ref: s.ID})
	}
	return Form{ID: formSurveyEnter + s.ID, Title: i.say("Jawaban survei ", "Answers of ") + s.ID, Fields: []Field{
		{ID: "marks", Label: i.say("Kinerja, kualitas, kesesuaian, layanan", "Performance, quality, conformity, service"), Hint: i.say("empat angka 1 sampai 5, misalnya: 5 4 5 3", "four numbers from 1 to 5, such as: 5 4 5 3"), Most: 20},
		{ID: "promotion", Label: i.say("Rekomendasi (0 sampai 10)", "Recommendation (0 to 10)"), Most: 3},
		{ID: "comment", Label: i.say("Komentar atau saran", "Comment"), Long: true, Optional: true, Most: 800},
	}}, nil
}

// surveyEntered takes in the form.
func (d *Desk) surveyEntered(ctx context.Context, i Interaction) (Answer, error) {
	values, ok := marksOf(i.Fields["marks"], i.Fields["promotion"])
	if !ok {
		return Answer{}, Refusal(i.say("Tulis empat angka dari 1 sampai 5 (misalnya 5 4 5 3) dan rekomendasi dari 0 sampai 10. Tidak ada yang tersimpan; silakan isi lagi.",
			"Write four numbers from 1 to 5 (such as 5 4 5 3) and the recommendation from 0 to 10. Nothing was saved; please fill it in again."))
	}
	return d.changeSurvey(ctx, i, surveyNamed(i, formSurveyEnter), i.say("✅ Jawabannya tercatat.", "✅ The answers are entered."), func(s *customer.Survey, at time.Time) ([]ledger.Event, error) {
		return s.Enter(values, i.Fields["comment"], i.User, at)
	})
}

// marksOf reads four marks and a recommendation.
func marksOf(marks, promotion string) (values [customer.Promotion + 1]int, ok bool) {
	words := strings.FieldsFunc(marks, func(r rune) bool { return r < '0' || r > '9' })
	words = append(words, strings.TrimSpace(promotion))
	if len(words) != len(values) {
		return values, false
	}
	for q, w := range words {
		n, err := strconv.Atoi(w)
		least, most, _ := customer.Question(q).Bounds()
		if err != nil || n < least || n > most {
			return values, false
		}
		values[q] = n
	}
	return values, true
}

// surveyStopForm asks why, where no reason is given.
func (d *Desk) surveyStopForm(_ context.Context, i Interaction) (Form, error) {
	if strings.TrimSpace(i.Options["reason"]) != "" {
		return Form{}, nil
	}
	id := surveyNamed(i, surveyStop)
	if id == "" || len(id) > 60 {
		return Form{}, d.noSurvey(i)
	}
	return Form{ID: formSurveyStop + id, Title: i.say("Hentikan survei", "Stop the survey"), Fields: []Field{
		{ID: "reason", Label: i.say("Alasan, dibaca rekan tim", "Reason, read by the team"), Most: 200},
	}}, nil
}

// surveyStopped ends a survey for a reason; the client hears nothing of it.
func (d *Desk) surveyStopped(ctx context.Context, i Interaction) (Answer, error) {
	reason := strings.TrimSpace(i.Options["reason"] + i.Fields["reason"])
	if reason == "" {
		return Answer{}, d.saidOf(i, &customer.Refusal{Key: "reason_missing"})
	}
	return d.changeSurvey(ctx, i, surveyNamed(i, formSurveyStop), i.say("🛑 Survei ini dihentikan; klien tidak ditanya lagi.", "🛑 This survey is stopped; the client is asked nothing more."), func(s *customer.Survey, at time.Time) ([]ledger.Event, error) {
		events := s.Lapse(reason, at)
		for n := range events {
			events[n].By = i.User
		}
		return events, nil
	})
}

// mostInFile bounds the orders in a list's file: each takes a few looks at the store.
const mostInFile = 5_000

// surveyFile is a month's list as a table.
func (d *Desk) surveyFile(ctx context.Context, i Interaction) (Answer, error) {
	r, err := d.round(ctx, i, surveyNamed(i, bridge.SurveyFile))
	if err != nil {
		return Answer{}, err
	}
	rows, err := d.store.Rows(ctx, Page{Index: bridge.SurveyListed(r.ID), Limit: mostInFile})
	if err != nil {
		return Answer{}, err
	}
	var file bytes.Buffer
	file.WriteString("\ufeff") // so that spreadsheets read the letters as they are
	w := csv.NewWriter(&file)
	w.Comma = ';'
	head := []string{"Pesanan", "Selesai", "Pelanggan", "Kontak", "Survei", "Keadaan"}
	for q := range customer.Questions {
		head = append(head, bridge.QuestionName(q, false))
	}
	if err := w.Write(head); err != nil {
		return Answer{}, fmt.Errorf("write the list: %w", err)
	}
	for _, row := range rows {
		cells, err := d.listedCells(ctx, i, r, row)
		if err != nil {
			return Answer{}, err
		}
		for n := range cells {
			cells[n] = plainCell(cells[n])
		}
		if err := w.Write(cells); err != nil {
			return Answer{}, fmt.Errorf("write the list: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return Answer{}, fmt.Errorf("write the list: %w", err)
	}
	cut := ""
	if len(rows) == mostInFile {
		cut = i.say(" Berkas ini memuat yang pertama saja.", " The file holds the first ones only.")
	}
	name := "survei-20" + r.ID[3:5] + "-" + r.ID[5:7] + ".csv"
	return Answer{
		Text:  fmt.Sprintf(i.say("📄 Daftar survei `%s`: %d pesanan. Berisi data pribadi: simpan seperlunya.", "📄 List of the surveys `%s`: %d orders. It holds personal data: keep it no longer than needed."), r.ID, len(rows)) + cut,
		Files: []File{{Name: name, Type: "text/csv; charset=utf-8", Description: i.say("Daftar pesanan dan jawaban", "Orders and answers"), Data: file.Bytes()}},
	}, nil
}

// listedCells are an order of a list, its survey and the answers.
func (d *Desk) listedCells(ctx context.Context, i Interaction, r customer.Round, row ledger.IndexRow) ([]string, error) {
	l, _ := bridge.ParseListed(row.Member)
	var s customer.Survey
	var who customer.Contact
	if l.Survey != "" {
		var err error
		if s, err = d.surveyOf(ctx, i, l.Survey); err != nil {
			return nil, err
		}
		if who, _, err = d.contact(ctx, s.Contact); err != nil {
			return nil, err
		}
	}
	of := s.Customer
	if of == "" {
		doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindOrder, ID: l.Order})
		if err != nil {
			return nil, err
		}
		if doc.Data != nil {
			o, err := customer.DecodeOrder(doc.Data)
			if err != nil {
				return nil, err
			}
			of = o.Customer
		}
	}
	company, err := d.company(ctx, of)
	if err != nil {
		return nil, err
	}
	state := bridge.WhyNotAsked(l.Why, false)
	if l.Survey != "" {
		state = surveyState(Interaction{Locale: "id"}, s)
	}
	if bridge.IsLate(r, row.Score) {
		state += " · terlambat dicatat"
	}
	cells := []string{l.Order, time.UnixMilli(row.Score).In(d.zone()).Format("2006-01-02"), company.Name, who.Called(), l.Survey, state}
	for q := customer.Performance; q <= customer.Promotion; q++ {
		value := ""
		if v, ok := s.Answers[q]; ok {
			value = strconv.Itoa(v)
		}
		cells = append(cells, value)
	}
	return append(cells, s.Comment), nil
}

// plainCell is a text that no spreadsheet takes for a formula.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
