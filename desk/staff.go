package desk

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// staff is what the commands in Discord need of the rest.
func (d *Desk) staff(st *store.Store, rights bot.Rights, policy bridge.Desk, p *parts) bot.Options {
	phone := p.whatsapp
	return bot.Options{
		Store: staffStore{st}, Rights: rights, Bridge: policy, Phone: phone, Files: p.library, Jobs: staffJobs{st, p.jobs}, Teams: d.cfg.teamNames(), Log: d.log,
		Health: func(ctx context.Context) bot.Health { return d.healthForStaff(ctx, st, phone) },
	}
}

// staffStore is the store as bot wants it.
type staffStore struct{ *store.Store }

func (s staffStore) Buried(ctx context.Context, offset, limit int) ([]bot.Buried, int, error) {
	page, total, err := s.DeadLetters(ctx, offset, limit)
	out := make([]bot.Buried, len(page))
	for i, b := range page {
		out[i] = bot.Buried(b)
	}
	return out, total, err
}

func (s staffStore) Rows(ctx context.Context, p bot.Page) ([]ledger.IndexRow, error) {
	return s.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Down: p.Down, Offset: p.Offset, Limit: p.Limit})
}

// healthForStaff is the state of the desk for /desk status: first what is known
// without asking, then what the store says within ctx.
func (d *Desk) healthForStaff(ctx context.Context, st *store.Store, phone *whatsapp.Client) bot.Health {
	s := d.Status()
	number, _ := phone.Paired()
	onWhatsApp, onDiscord := s.Links()
	h := bot.Health{
		Instance: instance(), Number: number,
		WhatsApp: bot.Link{
			Ready: onWhatsApp, State: string(s.WhatsApp.State), Reason: s.WhatsApp.Reason, Until: s.WhatsApp.Until,
			Locked: s.WhatsApp.Locked.Code, LockedUntil: s.WhatsApp.Locked.Until, PhoneSeen: s.WhatsApp.PhoneSeen,
		},
		Discord: bot.Link{Ready: onDiscord, Reason: s.Discord.Reason},
	}
	gate := d.Health().Gate
	if !gate.Open {
		h.Store = cmp.Or(strings.Join(gate.Why, "; "), "?")
	}
	h.Incidents = d.incidents.forStaff()
	h.Unknown = d.countForStaff(ctx, st, &h) != nil
	return h
}

// forStaff are the open incidents as the ops channel was told of them, oldest first.
func (i *incidents) forStaff() []bot.Incident {
	i.mu.Lock()
	defer i.mu.Unlock()
	var all []bot.Incident
	for kind, s := range i.open {
		all = append(all, bot.Incident{Kind: kind, Text: s.Text, Since: s.Since})
	}
	for kind, s := range i.spoken {
		all = append(all, bot.Incident{Kind: kind, Text: s.text, Since: s.since})
	}
	slices.SortFunc(all, func(a, b bot.Incident) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Kind, b.Kind)) })
	return all
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
	if _, h.Dead, err = st.DeadLetters(ctx, 0, 1); err != nil {
		return err
	}
	_, h.Timer, err = st.Due(ctx, d.o.Now(), 1)
	return err
}

// instance names this process for people.
func instance() string {
	process := "process " + strconv.Itoa(os.Getpid())
	if host, err := os.Hostname(); err == nil {
		return host + ", " + process
	}
	return process
}
