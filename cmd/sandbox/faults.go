package main

import (
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// faults are what is wrong with each part, as the control API says it.
type faults struct {
	Discord  discordFaults  `json:"discord"`
	WhatsApp whatsappFaults `json:"whatsapp"`
	Store    storeFaults    `json:"store"`
}

type discordFaults struct {
	Outage       bool    `json:"outage,omitempty"`
	LatencyMS    int     `json:"latency_ms,omitempty"`
	LostAnswers  float64 `json:"lost_answers,omitempty"`
	ServerErrors float64 `json:"server_errors,omitempty"`
	RateLimited  bool    `json:"rate_limited,omitempty"`
}

type whatsappFaults struct {
	Outage     bool    `json:"outage,omitempty"`
	LatencyMS  int     `json:"latency_ms,omitempty"`
	DropSocket bool    `json:"drop_socket,omitempty"` // happens once, is never in force
	LostAcks   float64 `json:"lost_acks,omitempty"`
	Unlink     bool    `json:"unlink,omitempty"`      // the phone removes the desk; happens once, is never in force
	RefuseNext int     `json:"refuse_next,omitempty"` // so many messages, in addition to those before; never in force
}

type storeFaults struct {
	Down bool `json:"down,omitempty"`
}

// faultsWanted names the parts to be changed; a part that is left out stays.
type faultsWanted struct {
	Discord  *discordFaults  `json:"discord"`
	WhatsApp *whatsappFaults `json:"whatsapp"`
	Store    *storeFaults    `json:"store"`
}

// block reports whether some part lets nothing through; the other faults only
// make things take longer.
func (f faults) block() bool { return f.Discord.block() || f.WhatsApp.block() || f.Store.Down }

const (
	// refusal is what WhatsApp answers to a message it does not take, ever.
	refusal = 400
	// mostRefused is how many messages one call may have refused.
	mostRefused = 100
)

// hopeless is the share of failures from which retrying gets nowhere soon.
const hopeless = 0.9

func (f discordFaults) block() bool {
	return f.Outage || f.RateLimited || f.LostAnswers >= hopeless || f.ServerErrors >= hopeless
}

func (f whatsappFaults) block() bool { return f.Outage || f.LostAcks >= hopeless }

func (s *sandbox) currentFaults() faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// setFaults puts the faults of each named part in force and returns all.
func (s *sandbox) setFaults(want faultsWanted) (faults, error) {
	if err := want.check(); err != nil {
		return faults{}, err
	}
	s.mu.Lock()
	if d := want.Discord; d != nil {
		s.faults.Discord = *d
		s.discord.SetFaults(discordtest.Faults{
			Outage: d.Outage, Latency: milliseconds(d.LatencyMS), LostAnswers: d.LostAnswers, ServerErrors: d.ServerErrors, RateLimited: d.RateLimited,
		})
	}
	if w := want.WhatsApp; w != nil {
		s.faults.WhatsApp = *w
		s.faults.WhatsApp.DropSocket, s.faults.WhatsApp.Unlink, s.faults.WhatsApp.RefuseNext = false, false, 0
		delay := milliseconds(w.LatencyMS)
		if *w == (whatsappFaults{}) {
			s.whatsapp.ClearFaults() // what was to be refused, too
		}
		s.whatsapp.RefuseMessages(w.RefuseNext, refusal)
		s.whatsapp.SetFaults(whatsapptest.Faults{Outage: w.Outage, LostAcks: w.LostAcks, AckDelay: delay, DeliveryDelay: delay, AnswerDelay: delay})
		if w.DropSocket {
			s.whatsapp.DropSocket()
		}
		if w.Unlink {
			s.whatsapp.Unlink()
		}
	}
	if st := want.Store; st != nil {
		s.faults.Store = *st
		s.store.Down(st.Down)
	}
	now := s.faults
	s.mu.Unlock()
	// What waited because of a fault that is gone need not wait any longer.
	s.desk().Poke()
	s.hub.changed(allOfState)
	return now, nil
}

func (w faultsWanted) check() error {
	if d := w.Discord; d != nil {
		if err := checkFault("discord", d.LatencyMS, map[string]float64{"lost_answers": d.LostAnswers, "server_errors": d.ServerErrors}); err != nil {
			return err
		}
	}
	if p := w.WhatsApp; p != nil {
		if p.RefuseNext < 0 || p.RefuseNext > mostRefused {
			return badRequest("whatsapp.refuse_next is %d: want 0 to %d", p.RefuseNext, mostRefused)
		}
		return checkFault("whatsapp", p.LatencyMS, map[string]float64{"lost_acks": p.LostAcks})
	}
	return nil
}

func checkFault(part string, latency int, shares map[string]float64) error {
	if latency < 0 || latency > 60_000 {
		return badRequest("%s.latency_ms is %d: want 0 to 60000", part, latency)
	}
	for name, share := range shares {
		if share < 0 || share > 1 {
			return badRequest("%s.%s is %v: want 0 to 1", part, name, share)
		}
	}
	return nil
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }
