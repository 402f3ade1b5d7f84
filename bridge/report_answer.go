package bridge

import (
	"strings"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// moreWords marks the name of a client's answer that the thread shows in several messages.
const moreWords = "+"

// answers keeps what a client wrote for the reports of his ticket that wait for data: the
// agent is asked whether to forward it.
func (a *arrival) answers(number string) error {
	if !a.m.speaks() || a.m.Own || a.m.Unreadable != "" {
		return nil
	}
	t, ok, err := ticket.Load(a.tx, number)
	if err != nil || !ok {
		return err
	}
	for _, id := range t.Back {
		r, ok, err := escalation.Load(a.tx, id)
		if err != nil {
			return err
		}
		if !ok || r.State != escalation.NeedsData {
			continue
		}
		err = a.r.desk.ChangeReport(a.tx, id, func(r *escalation.Report) (events []ledger.Event, _ error) {
			for _, m := range a.materials() {
				events = append(events, r.ClientAnswered(m, a.tx.Now())...)
			}
			return events, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// materials are what a client's message brings, in pieces that are kept whole.
func (a *arrival) materials() (all []escalation.Material) {
	at := a.at
	if at.IsZero() {
		at = a.tx.Now()
	}
	parts := SplitPlain(plainWords(a.m), escalation.LongText)
	if len(parts) == 0 {
		parts = []string{""}
	}
	name := clientLetterID(a.c.ID, a.m, a.piece, 0)
	if len(parts) > 1 {
		name += moreWords
	}
	for i, text := range parts {
		m := escalation.Material{From: name, Text: text, At: at.Truncate(time.Millisecond)}
		if i > 0 {
			m.From = strings.TrimSuffix(clientLetterID(a.c.ID, a.m, a.piece, i), moreWords) + moreWords
		}
		if i == 0 && a.piece == 0 && a.m.Media != nil {
			m.Keys = []string{clientKey(a.c.ID, a.m)}
		}
		if text != "" || len(m.Keys) > 0 {
			all = append(all, m)
		}
	}
	return all
}

// plainWords are a client's message in words, in WhatsApp's dialect.
func plainWords(m ClientMessage) string {
	var lines []string
	add := func(line string) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if p := m.Place; p != nil {
		add("📍 " + Clean(p.Name+" "+p.Address, 500))
		add(mapLink(*p))
	}
	for _, contact := range m.Contacts[:min(len(m.Contacts), contactsShown)] {
		known := []string{"👤 " + contactName(contact)}
		for _, phone := range ParseVCard(contact.Card).Phones {
			known = append(known, phone.Text)
		}
		add(strings.Join(known, " · "))
	}
	if p := m.Poll; p != nil {
		add("📊 " + Clean(p.Question, 300) + ": " + Clean(strings.Join(p.Options, " / "), 800))
	}
	if len(m.Votes) > 0 {
		add("🗳️ " + Clean(strings.Join(m.Votes, ", "), 800))
	}
	add(m.Text)
	return strings.Join(lines, "\n")
}
