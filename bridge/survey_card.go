package bridge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/customer"
)

// questionNames are the questions as staff read them.
var questionNames = [customer.Questions][2]string{
	{"Kinerja produk", "Performance"}, {"Kualitas produk", "Quality"}, {"Kesesuaian", "Conformity"},
	{"Pelayanan", "Service"}, {"Rekomendasi", "Recommendation"}, {"Komentar", "Comment"},
}

func questionName(q customer.Question, english bool) string {
	switch {
	case q < 0 || q >= customer.Questions:
		return ""
	case english:
		return questionNames[q][1]
	}
	return questionNames[q][0]
}

// QuestionName is a question as staff read it.
func QuestionName(q customer.Question, english bool) string { return questionName(q, english) }

// AnswerBar draws an answer: stars of five, or a bar of ten; "–" for none.
func AnswerBar(s customer.Survey, q customer.Question) string {
	value, ok := s.Answers[q]
	_, most, numeric := q.Bounds()
	switch {
	case !ok || !numeric || value < 0 || value > most:
		return "–"
	case most == 5:
		return strings.Repeat("★", value) + strings.Repeat("☆", most-value) + fmt.Sprintf(" %d/5", value)
	}
	return strings.Repeat("▰", value) + strings.Repeat("▱", most-value) + fmt.Sprintf(" %d/%d", value, most)
}

// surveyCard is a survey's result without the person: what the statistics need.
func (d Desk) surveyCard(s customer.Survey, company customer.Customer) *Card {
	card := &Card{Title: "📋 Survei " + s.ID, Color: brand}
	if len(s.Low()) > 0 {
		card.Color = colorNew
	}
	orders := make([]string, 0, len(s.Orders))
	for _, number := range s.Orders {
		orders = append(orders, cardLine(number, 40))
	}
	add := func(f Field) {
		if f.Value != "" {
			f.Value = fmtCut(f.Value, cardField)
			card.Fields = append(card.Fields, f)
		}
	}
	add(field("Perusahaan", cmp.Or(cardLine(company.Name, cardWords), "?")))
	add(field("Pesanan", strings.Join(orders, ", ")))
	for q := customer.Performance; q <= customer.Promotion; q++ {
		if _, ok := s.Answers[q]; ok {
			add(field(questionName(q, false), AnswerBar(s, q)))
		}
	}
	if s.Comment != "" {
		add(wide("Komentar", quote(ToDiscord(Clean(s.Comment, 600)))))
	}
	if s.State == customer.SurveyLapsed {
		card.Text = "Tidak dijawab sampai selesai: " + ToDiscord(WhyNotAsked(s.Why, false)) + "."
	}
	return card
}

// surveyOriginal adds to a copy of the card who answered, and where to go on.
func (d Desk) surveyOriginal(card *Card, s customer.Survey, company customer.Customer, who customer.Contact, places []string) *Card {
	original := *card
	original.Fields = append([]Field(nil), card.Fields...)
	name := strings.TrimSpace(cmp.Or(cardLine(who.Called(), cardWords), "Tanpa nama") + " " + masked(who))
	original.Fields = append(original.Fields, field("Dijawab oleh", name))
	if owner := cmp.Or(company.Owner, s.Owner); owner != "" {
		original.Fields = append(original.Fields, field("Sales", user(owner)))
	}
	if len(places) > 0 {
		original.Fields = append(original.Fields, wide("Tiket terakhir", fmtCut(strings.Join(places, "\n"), cardField)))
	}
	if s.FollowUp != "" {
		original.Fields = append(original.Fields, field("Tindakan", "telepon dan perbaikan: `"+Clean(s.FollowUp, 40)+"`"))
	}
	return &original
}

// surveyRoundCard is the head of the post of a month's list.
func (d Desk) surveyRoundCard(r customer.Round) (*Card, []Button) {
	t := r.Tally
	title := r.ID
	if !r.Opened.IsZero() {
		title += " · Survei " + monthName(r.Opened.In(d.zone()))
	}
	card := &Card{Title: title, Color: brand, Text: "Pesanan yang selesai " + d.daysOf(r) + ". Setiap pelanggan ditanya satu kali, satu pertanyaan demi satu."}
	if !r.Done {
		card.Color = colorWaits
		card.Text += "\nDaftar ini sedang disusun."
	}
	returned, sent := t.Rate()
	card.Fields = []Field{
		field("Pesanan", fmt.Sprint(t.Orders)), field("Pelanggan", fmt.Sprint(t.Customers)),
		field("Ditanya", fmt.Sprintf("%d dari %d (%.0f %%)", t.Sent, t.Customers, 100*sent)),
		field("Kembali", fmt.Sprintf("%d dari %d (%.0f %%)", t.Returned, t.Sent, 100*returned)),
		field("Nilai rendah", fmt.Sprint(t.Low)),
	}
	for q := range customer.Promotion {
		if mean, ok := t.Mean(q); ok {
			card.Fields = append(card.Fields, field(questionName(q, false), fmt.Sprintf("⌀ %.1f dari 5", mean)))
		}
	}
	if score, ok := t.Promotion(); ok {
		card.Fields = append(card.Fields, field("NPS", fmt.Sprintf("%+.0f (%d jawaban)", score, t.Asked)))
	}
	return card, []Button{{ID: SurveyFile + r.ID, Label: "Unduh daftar (CSV)", Emoji: "📄", Style: "secondary"}, {ID: SurveyShow + r.ID, Label: "Hasil per pelanggan", Emoji: "📋", Style: "secondary"}}
}

// SurveyShow begins the id of the button that shows a round's surveys; the round's id follows.
const SurveyShow = "sv:show:"
