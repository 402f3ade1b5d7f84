package bridge

import (
	"context"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// roundCard is the head of a month's list: of follow-ups or of surveys.
func (c *Courier) roundCard(ctx context.Context, _ ticket.Ticket, r customer.Round) (*Card, []Button, error) {
	if IsSurveyRound(r.ID) {
		card, buttons := c.desk.surveyRoundCard(r)
		return card, buttons, nil
	}
	all, err := c.desk.onList(r, func(id string) (f customer.FollowUp, ok bool, err error) {
		ok, err = c.maybe(ctx, ledger.Ref{Kind: customer.KindFollowUp, ID: id}, func(data []byte) (err error) {
			f, err = customer.DecodeFollowUp(data)
			return err
		})
		return f, ok, err
	})
	if err != nil {
		return nil, nil, err
	}
	card := &Card{Title: "Daftar tindak lanjut " + c.desk.monthName(r.Opened), Color: brand, Footer: r.ID}
	p := c.desk.progressOf(r, all, c.desk.now())
	card.Text = "**" + p.String() + "**"
	switch {
	case !r.Done:
		card.Text += "\nDaftar sedang disusun …"
	case p.Made >= p.Target:
		card.Text += " · target tercapai 🎉"
		card.Color = colorSolved
	case p.behind():
		card.Text += fmt.Sprintf(" · menurut rencana seharusnya %d", p.Expected)
		card.Color = colorNew
	}
	lines, err := c.cardsOnList(ctx, all)
	if err != nil {
		return nil, nil, err
	}
	card.Text += "\n" + countsOn(all) + "\n\n" + lines
	card.Text = strings.TrimSpace(card.Text)
	return card, nil, nil
}

// countsOn is how many cards of a list stand in each state.
func countsOn(all []customer.FollowUp) string {
	n, won := map[customer.FollowUpState]int{}, 0
	for _, f := range all {
		n[f.State]++
		if f.Won != "" {
			won++
		}
	}
	var out []string
	for _, s := range []customer.FollowUpState{customer.FollowUpOpen, customer.FollowUpQueued, customer.FollowUpSent, customer.FollowUpAnswered, customer.FollowUpDone, customer.FollowUpSkipped} {
		if n[s] > 0 {
			out = append(out, fmt.Sprintf("%s %d", followUpStates[s], n[s]))
		}
	}
	if won > 0 {
		out = append(out, fmt.Sprintf("🎉 pesanan %d", won))
	}
	return strings.Join(out, " · ")
}

var followUpSigns = map[customer.FollowUpState]string{
	customer.FollowUpOpen: "⬜", customer.FollowUpQueued: "⏳", customer.FollowUpSent: "📤",
	customer.FollowUpAnswered: "💬", customer.FollowUpDone: "✅", customer.FollowUpSkipped: "⏭️",
}

// listText bounds the lines of a list's card, in UTF-16 units.
const listText = 3600

// cardsOnList are the cards of a list with the ways to them, one a line; those that do not
// fit are counted.
func (c *Courier) cardsOnList(ctx context.Context, all []customer.FollowUp) (string, error) {
	var out strings.Builder
	for i, f := range all {
		var company customer.Customer
		if _, err := c.maybe(ctx, ledger.Ref{Kind: customer.KindCustomer, ID: f.Customer}, func(data []byte) (err error) {
			company, err = customer.DecodeCustomer(data)
			return err
		}); err != nil {
			return "", err
		}
		var t ticket.Ticket
		if _, err := c.maybe(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: f.ID}, func(data []byte) (err error) {
			t, err = ticket.Decode(data)
			return err
		}); err != nil {
			return "", err
		}
		name := cardLine(company.Name, 40)
		if t.Thread != "" && c.desk.Guild != "" {
			name = "[" + name + "](https://discord.com/channels/" + c.desk.Guild + "/" + t.Thread + ")"
		} else if t.Thread != "" {
			name = "<#" + t.Thread + ">"
		}
		line := fmt.Sprintf("%s %d. %s", followUpSigns[f.State], i+1, name)
		if f.Owner != "" {
			line += " " + user(f.Owner)
		}
		if f.State == customer.FollowUpDone {
			line += " · " + resultNames[f.Response.Result]
		}
		if splitUnits(out.String()+line) > listText {
			fmt.Fprintf(&out, "… dan %d lagi: `/followup list`", len(all)-i)
			break
		}
		out.WriteString(line + "\n")
	}
	return strings.TrimSpace(out.String()), nil
}
