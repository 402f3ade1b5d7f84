package bridge

import (
	"slices"

	"github.com/haloerzap/halo/ticket"
)

// brand is the colour of the desk's cards.
const brand = 0x2F7D6B

// headerCard is the first message of a ticket's post: who writes, and which
// ticket this is. A LID is never shown as a phone number.
func headerCard(t ticket.Ticket, c ticket.Conversation, desk Desk) *Card {
	number := "belum diketahui"
	switch {
	case slices.Contains(desk.Groups, c.Reply):
		number = "grup"
	case c.Phone != "":
		number = "+" + c.Phone
	}
	name := ToDiscord(c.Name)
	if name == "" {
		name = "Tanpa nama"
	}
	card := &Card{
		Title: t.Number,
		Text:  "Tulis di thread ini untuk menjawab klien di WhatsApp. Baris yang diawali `" + desk.NotePrefix + "` tetap di dalam.",
		Color: brand,
		Fields: []Field{
			{Name: "Nama", Value: name, Inline: true},
			{Name: "WhatsApp", Value: number, Inline: true},
			{Name: "Dibuka", Value: t.Opened.In(desk.Zone).Format("02.01.2006 15.04 MST"), Inline: true},
		},
	}
	if c.Last != "" {
		card.Fields = append(card.Fields, Field{Name: "Tiket sebelumnya", Value: c.Last, Inline: true})
	}
	return card
}
