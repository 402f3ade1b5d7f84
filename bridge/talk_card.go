package bridge

import (
	"context"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

// talkCard is what stands at the head of a talk's post: the follow-up, or the list.
func (c *Courier) talkCard(ctx context.Context, t ticket.Ticket, about talkAbout, conv ticket.Conversation, who customer.Card) (*Card, []Button, error) {
	switch {
	case about.FollowUp != nil:
		return c.followUpCard(ctx, t, *about.FollowUp, conv, who)
	case about.Round != nil:
		return c.roundCard(ctx, t, *about.Round)
	}
	return c.plainCard(t, conv, who), nil, nil
}

// plainCard says who it is about and how he is answered.
func (c *Courier) plainCard(t ticket.Ticket, conv ticket.Conversation, who customer.Card) *Card {
	card := &Card{Title: Clean(t.Title, 200), Text: talkHint(t, c.desk), Color: 0x5865F2}
	for _, f := range append(personFields(t, conv, who, c.desk), companyFields(who)...) {
		if f.Value != "" && len(card.Fields) < fieldsMost {
			f.Value = fmtCut(f.Value, cardField)
			card.Fields = append(card.Fields, f)
		}
	}
	return card
}

// talkHint says what becomes of what is written in a talk.
func talkHint(t ticket.Ticket, desk Desk) string {
	switch {
	case t.Conversation == "":
		return "Yang ditulis di thread ini tetap di dalam."
	case desk.Mode == Command:
		return "Yang ditulis di thread ini tetap di dalam. Setelah klien menulis, kirim balasan dengan menu pesan *Kirim ke klien*."
	case isTalkOfSales(t.Talk):
		return "Setelah klien menulis, yang ditulis sales di thread ini terkirim kepadanya di WhatsApp; sebelum itu ditahan. Baris yang diawali `" + desk.NotePrefix + "` tetap di dalam."
	}
	return "Yang ditulis agen di thread ini terkirim kepada klien di WhatsApp selama ia menunggu jawaban. Baris yang diawali `" + desk.NotePrefix + "` tetap di dalam."
}

// Tags of the forum of follow-ups beside the states of a follow-up.
const (
	tagReorder  = "re-order"
	tagReminder = "reminder"
	tagNew      = "new customer"
	tagList     = "list"
)

// talkTags are the tags of a talk's post. In the tickets' forum they are a ticket's.
func talkTags(t ticket.Ticket, about talkAbout) []string {
	f := about.FollowUp
	if !isTalkOfSales(t.Talk) {
		switch {
		case t.State == ticket.Closed || f != nil && f.Over():
			return []string{string(ticket.Closed)}
		case f != nil && f.Owner != "":
			return []string{string(ticket.Assigned)}
		}
		return []string{string(ticket.New)}
	}
	state := string(customer.FollowUpOpen)
	if f != nil && f.State != "" {
		state = string(f.State)
	} else if t.State == ticket.Closed {
		state = string(customer.FollowUpDone)
	}
	kind := tagReorder
	switch {
	case t.Talk == ticket.TalkList:
		kind = tagList
	case t.Talk == ticket.TalkCall:
		kind = tagNew
	case f != nil && f.Kind == customer.Reminder:
		kind = tagReminder
	}
	return []string{state, kind}
}
