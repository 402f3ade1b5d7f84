package desk

import (
	"context"
	"os"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/store"
)

// staff is what the commands in Discord need of the rest.
func (d *Desk) staff(st *store.Store, rights bot.Rights, phone *whatsapp.Client) bot.Options {
	return bot.Options{
		Store: st, Rights: rights, Phone: phone, Log: d.log,
		Health: func(ctx context.Context) bot.Health { return d.healthForStaff(ctx, st, phone) },
	}
}

// healthForStaff is the state of the desk for /desk status: first what is known
// without asking, then what the store says within ctx.
func (d *Desk) healthForStaff(ctx context.Context, st *store.Store, phone *whatsapp.Client) bot.Health {
	s := d.Status()
	number, _ := phone.Paired()
	onWhatsApp, onDiscord := s.Links()
	h := bot.Health{
		Instance: instance(), Number: number,
		WhatsApp: bot.Link{Ready: onWhatsApp, State: string(s.WhatsApp.State), Reason: s.WhatsApp.Reason, Until: s.WhatsApp.Until},
		Discord:  bot.Link{Ready: onDiscord, Reason: s.Discord.Reason},
	}
	h.Unknown = d.countForStaff(ctx, st, &h) != nil
	return h
}

// mostLanes bounds how many lanes are looked into for the oldest letter: those that
// were to leave first come first.
const mostLanes = 50

func (d *Desk) countForStaff(ctx context.Context, st *store.Store, h *bot.Health) error {
	lanes, err := st.Lanes(ctx)
	if err != nil {
		return err
	}
	for n, lane := range lanes {
		if n >= mostLanes {
			break
		}
		length, err := st.LaneLen(ctx, lane.Lane)
		if err != nil {
			return err
		}
		h.Waiting += int(length)
		first, err := st.Waiting(ctx, lane.Lane, 1)
		if err != nil {
			return err
		}
		for _, l := range first {
			if h.Oldest.IsZero() || l.At.Before(h.Oldest) {
				h.Oldest = l.At
			}
		}
	}
	for _, err := range st.Dead(ctx) {
		if err != nil {
			return err
		}
		h.Dead++
	}
	_, h.Timer, err = st.Due(ctx, d.o.Now(), 1)
	return err
}

// instance names this process for people.
func instance() string {
	host, err := os.Hostname()
	if err != nil {
		return "halo"
	}
	return host
}

