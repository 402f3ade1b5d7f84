package bridge

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// mostStrange is how often an answer that is none is asked for again: the next one is
// taken for a concern, and becomes a ticket in which a person asks.
const mostStrange = 2

// whyDeclined is the reason of a survey that its client did not want.
const whyDeclined = "declined"

// A surveyAnswer is what a message says about an open question.
type surveyAnswer struct {
	kind  answerKind
	value int
	words string // beside a number, or the comment
}

type answerKind int

const (
	noAnswer answerKind = iota // it is about something else
	answers
	strange   // it sounds like an answer, and is none
	asksToo   // an answer, and a question of his own
	postpones // he has no time now
	declines  // he does not want to
)

// readAnswer reads what a message says about the open question of a survey.
func readAnswer(s customer.Survey, m ClientMessage) surveyAnswer {
	text := strings.TrimSpace(m.Text)
	if m.Kind == KindVote {
		text = strings.Join(m.Votes, ", ")
	}
	if content := contentOf(m); m.Own || m.Group != nil || text == "" || content != ticket.ContentText && content != ticket.ContentVote {
		return surveyAnswer{}
	}
	least, most, numeric := s.At.Bounds()
	if numeric {
		if value, rest, ok := ticket.Score(text, least, most); ok {
			return surveyAnswer{answers, value, rest}
		}
		if value, ok := ticket.ScoreBeside(text, least, most); ok {
			return surveyAnswer{kind: asksToo, value: value}
		}
	}
	switch {
	case ticket.Declines(text):
		return surveyAnswer{kind: declines}
	case ticket.Postpones(text):
		return surveyAnswer{kind: postpones}
	case numeric && ticket.SoundsScored(text) && s.Again < mostStrange:
		return surveyAnswer{kind: strange}
	case numeric, strings.Contains(text, "?"):
		return surveyAnswer{}
	case ticket.Skip(text):
		return surveyAnswer{kind: answers}
	}
	return surveyAnswer{kind: answers, words: text}
}

// surveyParses reports whether a message answers the open question of the survey that runs
// in a conversation (c.Survey is not ""). It reads and changes nothing.
func (d Desk) surveyParses(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (bool, error) {
	s, ok, err := customer.LoadSurvey(tx, c.Survey)
	if err != nil || !ok || s.Over() || s.State == customer.SurveyPlanned {
		return false, err
	}
	kind := readAnswer(s, m).kind
	return kind != noAnswer && kind != asksToo, nil
}

// surveyHeard takes in a message for a survey (to.ID): an answer to its open question, or
// to an earlier one that it quotes. taken is false when it is to go where it would go
// without a survey. The conversation is saved by the caller.
func (d Desk) surveyHeard(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage, to ticket.Destination) (taken bool, err error) {
	id := to.ID
	s, ok, err := customer.LoadSurvey(tx, id)
	if err != nil || !ok {
		return false, err
	}
	if q, ok, err := quotedQuestion(tx, s, m); err != nil || ok {
		if err != nil {
			return false, err
		}
		return d.surveyCorrected(tx, c, m, s, q)
	}
	if s.Over() || s.State == customer.SurveyPlanned {
		return false, nil
	}
	a := readAnswer(s, m)
	if a.kind == noAnswer || a.kind == asksToo { // see surveyOverhears
		return false, nil
	}
	return true, d.surveyAnswers(tx, c, s, a, m, m.ID)
}

// surveyAnswers takes in what a message says about the open question, and remembers the
// message by its id, so that an edit of it is understood.
func (d Desk) surveyAnswers(tx *ledger.Tx, c *ticket.Conversation, s customer.Survey, a surveyAnswer, m ClientMessage, id string) error {
	err := d.changeSurveyIn(tx, c, s.ID, func(s *customer.Survey) ([]ledger.Event, error) { return a.apply(tx, s, c.Open) })
	if err != nil {
		return err
	}
	if a.kind != asksToo { // the ticket has it
		logWrote(tx, s.ID, m)
	}
	if a.kind == declines || a.kind == postpones {
		return nil
	}
	return rememberAnswer(tx, s.ID, id, s.At)
}

// surveyOverhears takes the answer out of a message that asks something too, and goes where
// it would go without a survey: into a ticket, behind which the survey goes on, or, if
// talks, into a follow-up's thread.
func (d Desk) surveyOverhears(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage, talks bool) error {
	s, ok, err := customer.LoadSurvey(tx, c.Survey)
	if err != nil || !ok || s.State != customer.SurveyAsked {
		return err
	}
	a := readAnswer(s, m)
	if a.kind != asksToo {
		return nil
	}
	if m.Quote != nil { // of another message, or an earlier question, it is no answer to this one
		if _, ours, err := tx.LetterByExt(s.ID, m.Quote.ID); err != nil || !ours {
			return err
		}
		if _, earlier, err := quotedQuestion(tx, s, m); err != nil || earlier {
			return err
		}
	}
	if talks {
		a.kind = answers
	}
	return d.surveyAnswers(tx, c, s, a, m, m.ID)
}

// askedBeside is what an event of an answer says of a client who asks something as well.
const askedBeside = "beside"

// apply makes of an answer what it means. One that comes while the survey rests ends the
// rest for its question; open is the ticket that is open all the same, "" for none.
func (a surveyAnswer) apply(tx *ledger.Tx, s *customer.Survey, open string) (events []ledger.Event, err error) {
	now := tx.Now()
	switch a.kind {
	case declines:
		return s.Lapse(whyDeclined, now), nil
	case postpones:
		return []ledger.Event{{At: now, What: "survey_postponed", By: "client", Data: map[string]string{"question": s.At.Key()}}}, nil
	}
	events = s.Resume(now)
	if a.kind == strange {
		events = append(events, s.Repeat(now)...)
	} else {
		more, err := s.Answer(a.value, a.words, "client", now)
		if err != nil {
			return nil, err
		}
		if a.kind == asksToo {
			more[0].Data[askedBeside] = "yes"
		}
		events = append(events, more...)
	}
	if open != "" {
		events = append(events, s.Rest(open, now)...)
	}
	return events, nil
}

// quotedQuestion is the question, answered before, that a message quotes.
func quotedQuestion(tx *ledger.Tx, s customer.Survey, m ClientMessage) (q customer.Question, ok bool, err error) {
	if m.Quote == nil || !m.Quote.Own || m.Target != "" {
		return 0, false, nil
	}
	letter, ok, err := tx.LetterByExt(s.ID, m.Quote.ID)
	if err != nil || !ok {
		return 0, false, err
	}
	_, key, _ := strings.Cut(letter, ".survey_")
	if strings.HasPrefix(letter, "outreach/"+inviteID(s.ID)+"/") && !strings.Contains(letter, againPart) {
		key = customer.Performance.Key() // it stood below the invitation
	}
	q, ok = customer.QuestionOf(key)
	_, answered := s.Answers[q]
	return q, ok && answered && (q != s.At || s.Over()), nil
}

// surveyCorrected takes in another answer to a question that was answered.
func (d Desk) surveyCorrected(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage, s customer.Survey, q customer.Question) (taken bool, err error) {
	least, most, _ := q.Bounds()
	value, words, ok := ticket.Score(m.Text, least, most)
	if !ok {
		return false, nil
	}
	err = d.changeSurveyIn(tx, c, s.ID, func(s *customer.Survey) ([]ledger.Event, error) {
		events, err := s.Correct(q, value, "client", tx.Now())
		if err == nil && words != "" {
			s.Comment = strings.TrimSpace(s.Comment + "\n" + words)
		}
		return events, err
	})
	if _, refused := errors.AsType[*customer.Refusal](err); refused { // all was over
		err = d.surveyAside(tx, s, m, q)
	}
	if err != nil {
		return false, err
	}
	logWrote(tx, s.ID, m)
	return true, rememberAnswer(tx, s.ID, m.ID, q)
}

// kindSurveyWords documents say, by survey, which messages of the client answered which
// question, so that an edit corrects the answer.
const kindSurveyWords ledger.Kind = "survey_words"

type surveyWords struct {
	V       int               `json:"v"`
	Answers map[string]string `json:"answers"` // WhatsApp's id to the question's key
}

func loadSurveyWords(tx *ledger.Tx, id string) (w surveyWords, err error) {
	ref := ledger.Ref{Kind: kindSurveyWords, ID: id}
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return w, err
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return w, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
	}
	return w, nil
}

// mostRemembered bounds the messages that are remembered of a survey.
const mostRemembered = 30

func rememberAnswer(tx *ledger.Tx, survey, message string, q customer.Question) error {
	w, err := loadSurveyWords(tx, survey)
	if err != nil || len(w.Answers) >= mostRemembered {
		return err
	}
	w.V, w.Answers = 1, maps.Clone(w.Answers)
	if w.Answers == nil {
		w.Answers = map[string]string{}
	}
	w.Answers[message] = q.Key()
	data, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode the answers of %s: %w", survey, err)
	}
	return tx.Put(ledger.Ref{Kind: kindSurveyWords, ID: survey}, data)
}

// surveyEdited takes in that the client edited a message that had answered a question.
// done is false when it was none.
func (d Desk) surveyEdited(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage) (done bool, err error) {
	if m.Kind != KindEdit || m.Own || m.Target == "" {
		return false, nil
	}
	for _, id := range append([]string{c.Survey}, c.Told...) {
		if !isSurvey(id) {
			continue
		}
		w, err := loadSurveyWords(tx, id)
		if err != nil {
			return false, err
		}
		q, ok := customer.QuestionOf(w.Answers[m.Target])
		if !ok {
			continue
		}
		s, ok, err := customer.LoadSurvey(tx, id)
		if err != nil || !ok {
			return false, err
		}
		return true, d.answerEdited(tx, c, m, s, q)
	}
	return false, nil
}

// answerEdited takes in other words of the client in a message that answered a question,
// or was to answer the open one. What is no answer is read by a person.
func (d Desk) answerEdited(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage, s customer.Survey, q customer.Question) error {
	fresh := m
	fresh.Kind, fresh.Target = KindPlainText, ""
	if _, answered := s.Answers[q]; q == s.At && !answered && !s.Over() {
		if a := readAnswer(s, fresh); a.kind == answers {
			return d.surveyAnswers(tx, c, s, a, m, m.Target)
		}
	} else if done, err := d.surveyCorrected(tx, c, m, s, q); err != nil || done {
		return err
	}
	logWrote(tx, s.ID, m)
	return d.surveyAside(tx, s, m, q)
}

// surveyAside shows staff what a client says of an answer when no question waits for it:
// the result was shown before, or an edit took the answer away.
func (d Desk) surveyAside(tx *ledger.Tx, s customer.Survey, m ClientMessage, q customer.Question) error {
	company, _, err := customer.LoadCustomer(tx, s.Customer)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("📋 **%s** menulis lagi tentang jawabannya pada survei `%s` (%s):\n%s\nNilai yang tercatat tidak berubah. Bila perlu ditanggapi, hubungi pelanggan lewat tiket atau telepon.",
		cmp.Or(cardLine(company.Name, 60), "?"), s.ID, questionName(q, false), quote(ToDiscord(Clean(m.Text, 600))))
	tx.Send(letter("sv/"+s.ID+"/aside/"+inboxRef(m), ChannelLane("intake"), ledger.DeskLog, kindSay, sayBody{Content: text}))
	return nil
}

// surveyStops ends the survey that runs in a conversation, because its client wants no
// more messages.
func (d Desk) surveyStops(tx *ledger.Tx, c *ticket.Conversation, why string) error {
	if c.Survey == "" {
		return nil
	}
	return knownSurvey(d.changeSurveyIn(tx, c, c.Survey, func(s *customer.Survey) ([]ledger.Event, error) { return s.Lapse(why, tx.Now()), nil }))
}

// surveyRests makes the survey of a conversation rest for a ticket that opened, or opened
// again. The conversation is saved by the caller.
func (d Desk) surveyRests(tx *ledger.Tx, c *ticket.Conversation, number string) error {
	return knownSurvey(d.changeSurveyIn(tx, c, c.Survey, func(s *customer.Survey) ([]ledger.Event, error) {
		if s.State == customer.SurveyRests && !slices.Contains([]string{"", number}, s.Ticket) {
			s.Ticket = number // the one before is over
			return nil, nil
		}
		return s.Rest(number, tx.Now()), nil
	}))
}
