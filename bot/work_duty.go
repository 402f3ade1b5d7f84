package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

func count(n int) string { return strconv.Itoa(n) }

// whose is whose duty a command is about: one's own, or for supervisors another's.
func (d *Desk) whose(i Interaction) (string, error) {
	user := i.Options["user"]
	if user == "" || user == i.User {
		return i.User, nil
	}
	if !d.may(i, supervisors) {
		return "", Refusal(d.refusal(i, supervisors))
	}
	return user, nil
}

// goes changes a presence.
func (d *Desk) goes(ctx context.Context, i Interaction, to ticket.Presence) (user string, changed bool, err error) {
	if user, err = d.whose(i); err != nil {
		return "", false, err
	}
	if to != ticket.OffDuty { // who left the team can still be taken off
		if err := d.stranger(i, user); err != nil {
			return "", false, err
		}
	}
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		changed, err = d.bridge.Go(tx, user, to, i.User)
		return err
	})
	return user, changed, d.said(i, err)
}

func (d *Desk) dutyOn(ctx context.Context, i Interaction) (Answer, error) {
	user, changed, err := d.goes(ctx, i, ticket.OnDuty)
	if err != nil {
		return Answer{}, err
	}
	said := i.say("🟢 <@"+user+"> bertugas. Tiket yang menunggu orang ditawarkan sekarang juga.", "🟢 <@"+user+"> is on duty. Tickets that wait for somebody are offered at once.")
	if !changed {
		said = i.say("🟢 <@"+user+"> sudah bertugas.", "🟢 <@"+user+"> is on duty already.")
	}
	held, err := d.held(ctx, user)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Text: said + d.listed(i, held)}, nil
}

func (d *Desk) dutyBreak(ctx context.Context, i Interaction) (Answer, error) {
	user, changed, err := d.goes(ctx, i, ticket.OnBreak)
	if err != nil {
		return Answer{}, err
	}
	if !changed {
		return Answer{Text: i.say("☕ <@"+user+"> sudah istirahat. Kembali dengan /duty on.", "☕ <@"+user+"> is on a break already. Come back with /duty on.")}, nil
	}
	return Answer{Text: i.say("☕ <@"+user+"> istirahat: tawaran baru lewat, tiketnya tetap. Kembali dengan /duty on.",
		"☕ <@"+user+"> takes a break: new offers pass by, the tickets stay. Come back with /duty on.")}, nil
}

func (d *Desk) dutyOff(ctx context.Context, i Interaction) (Answer, error) {
	user, changed, err := d.goes(ctx, i, ticket.OffDuty)
	if err != nil {
		return Answer{}, err
	}
	said := i.say("⚪ <@"+user+"> selesai bertugas.", "⚪ <@"+user+"> is off duty.")
	if !changed {
		said = i.say("⚪ <@"+user+"> memang tidak sedang bertugas.", "⚪ <@"+user+"> was not on duty.")
	}
	return d.handOver(ctx, i, user, said)
}

func (d *Desk) dutyStatus(ctx context.Context, i Interaction) (Answer, error) {
	people, err := d.present(ctx)
	if err != nil {
		return Answer{}, err
	}
	own, err := d.duty(ctx, i.User)
	if err != nil {
		return Answer{}, err
	}
	var text strings.Builder
	text.WriteString(i.say("**Yang bertugas**", "**On duty**"))
	if len(people) == 0 {
		text.WriteString(i.say("\nBelum ada. Mulai dengan /duty on.", "\nNobody. Begin with /duty on."))
	}
	for n, p := range people {
		if n == mostStatus {
			fmt.Fprintf(&text, i.say("\ndan %d lagi", "\nand %d more"), len(people)-n)
			break
		}
		sign := "🟢"
		if p.Presence == ticket.OnBreak {
			sign = "☕"
		}
		fmt.Fprintf(&text, i.say("\n%s <@%s> · %d tiket · sejak %s", "\n%s <@%s> · %d tickets · since %s"), sign, p.User, p.open, relative(p.Since))
		if p.Shift != "" {
			text.WriteString(" · 🗓️ " + p.Shift.Say(i.English()))
		}
	}
	text.WriteString("\n-# " + i.say("Nama Anda untuk klien: ", "Clients call you: ") + bridge.ToDiscord(d.named(i.User, own.Name)))
	if own.Shift != "" {
		text.WriteString(i.say(" · jadwal: ", " · weekly hours: ") + own.Shift.Say(i.English()))
	}
	return Answer{Text: clip(text.String())}, nil
}

const mostStatus = 20

// clip keeps an answer within what Discord shows.
func clip(text string) string {
	if r := []rune(text); len(r) > mostAnswer {
		return string(r[:mostAnswer-1]) + "…"
	}
	return text
}

// longestName is how many signs a client-facing name has at most.
const longestName = 40

func (d *Desk) dutyName(ctx context.Context, i Interaction) (Answer, error) {
	user, err := d.whose(i)
	if err != nil {
		return Answer{}, err
	}
	name := bridge.Clean(strings.TrimSpace(i.Options["name"]), longestName)
	switch {
	case name == "-":
		name = ""
	case name == "" || strings.ContainsAny(name, "{}"):
		return Answer{}, Refusal(i.say("Tulis nama yang bisa dibaca klien, misalnya Sari.", "Write a name that clients can read, such as Sari."))
	}
	err = d.once(ctx, i, "", func(tx *ledger.Tx) error {
		duty, err := ticket.LoadDuty(tx, user)
		if err != nil || duty.Name == name {
			return err
		}
		tx.Log(ticket.DutyLog(user), ledger.Event{What: "named", By: i.User, Data: map[string]string{"user": user, "name": name, "from": duty.Name}})
		duty.Name = name
		return duty.Save(tx)
	})
	if err != nil {
		return Answer{}, err
	}
	shown := bridge.ToDiscord(d.named(user, name))
	return Answer{Text: i.say("Klien kini mengenal <@"+user+"> sebagai “"+shown+"”.", "Clients now know <@"+user+"> as “"+shown+"”.")}, nil
}

func (d *Desk) dutyShift(ctx context.Context, i Interaction) (Answer, error) {
	user, err := d.whose(i)
	if err != nil {
		return Answer{}, err
	}
	shift, err := ticket.ParseShift(i.Options["hours"])
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if shift != "" {
		if err := d.stranger(i, user); err != nil {
			return Answer{}, err
		}
	}
	if err := d.once(ctx, i, "", func(tx *ledger.Tx) error { return d.bridge.Roster(tx, user, shift, i.User) }); err != nil {
		return Answer{}, err
	}
	if shift == "" {
		return Answer{Text: i.say("🗓️ <@"+user+"> tidak memakai jadwal; mulai dan selesai dengan /duty on dan /duty off.", "🗓️ <@"+user+"> has no weekly hours; /duty on and /duty off begin and end the work.")}, nil
	}
	return Answer{Text: i.say("🗓️ Jadwal <@"+user+">: "+shift.Say(false)+".\n-# Mulai dan selesai bertugas mengikuti jadwal ini, di luar hari libur. /duty on, off, dan break tetap bisa dipakai dan berlaku sampai pergantian berikutnya.",
		"🗓️ Weekly hours of <@"+user+">: "+shift.Say(true)+".\n-# Coming on and going off duty follow them, except on holidays. /duty on, off and break still work, and hold until the next change.")}, nil
}

// held are the open tickets somebody has, the oldest first.
func (d *Desk) held(ctx context.Context, user string) (all []ticket.Ticket, err error) {
	rows, err := d.store.Rows(ctx, Page{Index: ticket.IndexAgent(user)})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		t, err := d.ticket(ctx, row.Member)
		if errors.Is(err, bridge.ErrNoTicket) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.Agent == user && t.State != ticket.Closed {
			all = append(all, t)
		}
	}
	return all, nil
}

const mostListed = 12

// listed are tickets as lines below a sentence, "" for none.
func (d *Desk) listed(i Interaction, all []ticket.Ticket) string {
	if len(all) == 0 {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, i.say("\n**Tiket terbuka: %d**", "\n**Open tickets: %d**"), len(all))
	for n, t := range all {
		if n == mostListed {
			fmt.Fprintf(&text, i.say("\ndan %d lagi", "\nand %d more"), len(all)-n)
			break
		}
		text.WriteString("\n- " + link(t))
		if since, ok := t.Waiting(ticket.Client, ticket.Staff); ok {
			text.WriteString(i.say(" · ⏳ klien menunggu sejak ", " · ⏳ the client waits since ") + relative(since))
		}
	}
	return text.String()
}
