package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// companyNamed is the company that words mean: its id, name, place or a part of one. Where
// several may be meant they are returned to choose from.
func (d *Desk) companyNamed(ctx context.Context, i Interaction, words string) (c customer.Customer, several []customer.Customer, err error) {
	words = question(words)
	if c, err = d.company(ctx, words); err != nil || c.ID != "" {
		return c, nil, err
	}
	hits, more, err := d.search(ctx, customer.Customers.On(words, 20))
	if err != nil {
		return c, nil, err
	}
	for _, h := range hits {
		found, err := d.company(ctx, h.ID)
		if err != nil {
			return c, nil, err
		}
		if found.ID != "" {
			several = append(several, found)
		}
	}
	// Who wrote a whole name means that one.
	if n := slices.IndexFunc(several, func(c customer.Customer) bool { return strings.EqualFold(c.Name, words) }); n >= 0 && !more {
		several = append([]customer.Customer{several[n]}, slices.DeleteFunc(several[n+1:], func(c customer.Customer) bool { return !strings.EqualFold(c.Name, words) })...)
	}
	switch len(several) {
	case 0:
		return c, nil, d.noCompany(i)
	case 1:
		return several[0], nil, nil
	}
	return c, several, nil
}

// chooseCompany lets choose one of several, by a select.
func chooseCompany(i Interaction, id string, several []customer.Customer) Answer {
	choose := Select{ID: id, Hint: i.say("Pilih perusahaannya", "Choose the company")}
	for _, c := range several[:min(len(several), 25)] {
		label := bridge.Clean(c.Name, 80)
		choose.Options = append(choose.Options, Choice{Value: c.ID, Label: both(label, label), Hint: bridge.Clean(c.Place, 100)})
	}
	return Answer{Text: i.say("Beberapa perusahaan cocok. Pilih salah satu:", "Several companies match. Choose one:"), Selects: []Select{choose}}
}

// oneCompany is the company that words mean; several are refused, with their names.
func (d *Desk) oneCompany(ctx context.Context, i Interaction, words string) (customer.Customer, error) {
	c, several, err := d.companyNamed(ctx, i, words)
	if err != nil || len(several) == 0 {
		return c, err
	}
	var names []string
	for _, c := range several[:min(len(several), 8)] {
		names = append(names, bridge.ToDiscord(bridge.Clean(strings.TrimSuffix(c.Name+" ("+c.Place, " ("), 60)))
	}
	return c, Refusal(i.say("Beberapa perusahaan cocok; tulis nama atau tempatnya lebih lengkap: ", "Several companies match; write more of the name or place: ") + strings.Join(names, "; ") + ".")
}

// followAdded makes a card for a company by hand.
func (d *Desk) followAdded(ctx context.Context, i Interaction) (Answer, error) {
	words := i.Options["company"]
	if len(i.Values) == 1 {
		words = i.Values[0]
	}
	c, several, err := d.companyNamed(ctx, i, words)
	switch {
	case err != nil:
		return Answer{}, d.saidOf(i, err)
	case len(several) > 0:
		return chooseCompany(i, followAdd, several), nil
	}
	id, fresh := "", false
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		id, fresh, err = d.bridge.AddFollowUp(tx, c.ID, i.User)
		return err
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	name := bridge.ToDiscord(bridge.Clean(c.Name, 80))
	if !fresh {
		return Answer{Text: i.say("**"+name+"** sudah punya kartu yang belum selesai: ", "**"+name+"** has a card that is not over: ") + d.cardPlace(ctx, id)}, nil
	}
	return Answer{Text: i.say("✅ Kartu untuk **"+name+"** dibuat: ", "✅ A card for **"+name+"** is made: ") + d.cardPlace(ctx, id)}, nil
}

// cardPlace leads to a card: its thread once there is one.
func (d *Desk) cardPlace(ctx context.Context, id string) string {
	if t, err := d.ticket(ctx, id); err == nil && t.Thread != "" {
		return "<#" + t.Thread + ">"
	}
	return "`" + id + "`"
}

// followContact records a turn to a company that was made without a card.
func (d *Desk) followContact(ctx context.Context, i Interaction) (Answer, error) {
	c, err := d.oneCompany(ctx, i, i.Options["company"])
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	r, err := response(i, customer.Reorder, i.Options["way"], i.Options["result"], i.Options["note"])
	if err != nil {
		return Answer{}, err
	}
	id := ""
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		id, err = d.bridge.RecordContact(tx, c.ID, r, i.User)
		return err
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	return Answer{Text: i.say("📝 Tercatat untuk **", "📝 Recorded for **") + bridge.ToDiscord(bridge.Clean(c.Name, 80)) + "**: " +
		wayLabel(r.Way, i.English()) + ", " + resultLabel(r.Result, i.English()) + ". " + d.cardPlace(ctx, id)}, nil
}

// shownFollows is how many follow-ups a list of a company shows.
const shownFollows = 5

// followCard leads to the last cards of a company.
func (d *Desk) followCard(ctx context.Context, i Interaction) (Answer, error) {
	c, err := d.oneCompany(ctx, i, i.Options["company"])
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	lines, err := d.followLines(ctx, i, c.ID, shownFollows)
	if err != nil {
		return Answer{}, err
	}
	name := bridge.ToDiscord(bridge.Clean(c.Name, 80))
	if len(lines) == 0 {
		return Answer{Text: i.say("**"+name+"** belum pernah ditindaklanjuti. Buat kartunya dengan `/followup add`.", "**"+name+"** was never followed up. Make a card with `/followup add`.")}, nil
	}
	return Answer{Text: "**" + name + "** · " + bridge.RhythmShown(c.Rhythm, d.bridge.Usual(), i.At) + "\n" + strings.Join(lines, "\n")}, nil
}

// followLines are the last follow-ups of a company, the newest first, one a line.
func (d *Desk) followLines(ctx context.Context, i Interaction, company string, most int) (lines []string, err error) {
	rows, err := d.store.Rows(ctx, Page{Index: customer.FollowUpsOf(company), Down: true, Limit: int64(most)})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		f, ok, err := d.followUp(ctx, row.Member)
		if err != nil {
			return nil, err
		}
		if ok {
			lines = append(lines, d.followLine(ctx, i, f))
		}
	}
	return lines, nil
}

// buyingLines are how a company buys, in which market, and how it was turned to last.
func (d *Desk) buyingLines(ctx context.Context, i Interaction, c customer.Customer) ([]string, error) {
	market := i.say("lokal", "local")
	if c.Market == customer.International {
		market = i.say("internasional", "international")
	}
	lines := []string{"**" + i.say("Pasar", "Market") + "**: " + market}
	if !c.Rhythm.Last.IsZero() {
		lines = append(lines, "**"+i.say("Irama", "Rhythm")+"**: "+bridge.RhythmShown(c.Rhythm, d.bridge.Usual(), i.At))
	}
	turns, err := d.followLines(ctx, i, c.ID, 3)
	if err != nil || len(turns) == 0 {
		return lines, err
	}
	return append(lines, "**"+i.say("Tindak lanjut", "Follow-ups")+"**: "+strings.Join(turns, "\n")), nil
}

// followLine is a follow-up on one line.
func (d *Desk) followLine(ctx context.Context, i Interaction, f customer.FollowUp) string {
	line := stamp(f.Opened, "d") + " " + bridge.FollowUpName(f.Kind) + ": " + bridge.FollowUpStateName(f.State)
	if f.State == customer.FollowUpDone {
		line += " (" + wayLabel(f.Response.Way, i.English()) + ", " + resultLabel(f.Response.Result, i.English()) + ")"
	}
	if f.Won != "" {
		line += " 🎉 " + bridge.ToDiscord(bridge.Clean(f.Won, 40))
	}
	if f.Owner != "" {
		line += " · <@" + f.Owner + ">"
	}
	return line + " " + d.cardPlace(ctx, f.ID)
}

// followUp is a follow-up as it stands.
func (d *Desk) followUp(ctx context.Context, id string) (f customer.FollowUp, ok bool, err error) {
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindFollowUp, ID: id})
	if err != nil || doc.Data == nil {
		return f, false, err
	}
	f, err = customer.DecodeFollowUp(doc.Data)
	return f, err == nil, err
}

// followList shows how far this month's list is, and what nobody did yet.
func (d *Desk) followList(ctx context.Context, i Interaction) (Answer, error) {
	id := d.bridge.RoundOf(i.At)
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindRound, ID: id})
	if err != nil {
		return Answer{}, err
	}
	if doc.Data == nil {
		return Answer{Text: i.say("Daftar bulan ini belum ada. Halo menyusunnya pada hari kerja pertama; `/jobs` menunjukkan kapan.", "There is no list of this month yet. It is made on the first working day; `/jobs` shows when.")}, nil
	}
	rows, err := d.store.Rows(ctx, Page{Index: customer.FollowUpsIn(id), Limit: 400})
	if err != nil {
		return Answer{}, err
	}
	made, open := map[string]bool{}, []customer.FollowUp{}
	for _, row := range rows {
		f, ok, err := d.followUp(ctx, row.Member)
		if err != nil {
			return Answer{}, err
		}
		switch {
		case !ok:
		case f.Made():
			made[f.Customer] = true
		case !f.Over():
			open = append(open, f)
		}
	}
	text := fmt.Sprintf(i.say("📋 **%d dari %d** tindak lanjut bulan ini. Daftar: %s", "📋 **%d of %d** follow-ups this month. The list: %s"), len(made), d.bridge.MonthTarget(), d.cardPlace(ctx, id))
	for n, f := range open {
		c, err := d.company(ctx, f.Customer)
		if err != nil {
			return Answer{}, err
		}
		line := "\n• " + bridge.ToDiscord(bridge.Clean(cmp.Or(c.Name, f.Customer), 60)) + " · " + bridge.FollowUpStateName(f.State) + " " + d.cardPlace(ctx, f.ID)
		if len(text)+len(line) > mostAnswer-60 {
			text += fmt.Sprintf(i.say("\n… dan %d lagi", "\n… and %d more"), len(open)-n)
			break
		}
		text += line
	}
	return Answer{Text: text}, nil
}
