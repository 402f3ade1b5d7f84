package main

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/desk"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// stateView is the sandbox at a glance.
type stateView struct {
	Desk      deskView       `json:"desk"`
	Clock     clockView      `json:"clock"`
	Links     linksView      `json:"links"`
	Ready     bool           `json:"ready"`  // both links are up
	Health    desk.Health    `json:"health"` // as the desk itself says it
	Customers []customerView `json:"customers"`
	Staff     []staffView    `json:"staff"`
	Roles     []roleView     `json:"roles"`
	Commands  []commandView  `json:"commands"`
	Faults    faults         `json:"faults"`
	Limits    limitsView     `json:"limits"`
	Channels  []channelView  `json:"channels,omitempty"`
}

type deskView struct {
	Name     string           `json:"name"`
	Business string           `json:"business"`
	Number   string           `json:"number"`
	Zone     string           `json:"zone"`
	Guild    string           `json:"guild"`
	Bot      discordtest.User `json:"bot"`
}

// limitsView is how many bytes a file may have.
type limitsView struct {
	Phone   int64 `json:"phone"`
	Discord int64 `json:"discord"`
}

type clockView struct {
	Now   time.Time `json:"now"`
	Start time.Time `json:"start"`
}

type linksView struct {
	WhatsApp bool `json:"whatsapp"`
	Discord  bool `json:"discord"`
}

type customerView struct {
	Phone  string `json:"phone"`
	Name   string `json:"name"`
	Typing string `json:"typing,omitempty"` // what the desk is seen doing: composing, paused
	// Disappearing is how long new messages last, in seconds; 0 for ever.
	Disappearing float64 `json:"disappearing,omitempty"`
}

type staffView struct {
	Name    string   `json:"name"`
	Display string   `json:"display"`
	ID      string   `json:"id"`
	Roles   []string `json:"roles"`
}

type roleView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type commandView struct {
	Name        string       `json:"name"` // full, words separated by a blank
	Description string       `json:"description"`
	Options     []optionView `json:"options"`
	OnMessage   bool         `json:"on_message,omitempty"` // it is in the menu of a message, under its label
	Label       string       `json:"label,omitempty"`
}

type optionView struct {
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Required    bool         `json:"required"`
	Kind        string       `json:"kind,omitempty"` // user or number; text otherwise
	Choices     []choiceView `json:"choices,omitempty"`
	Completes   bool         `json:"completes,omitempty"` // choices are offered while it is typed
}

type choiceView struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

func (s *sandbox) getState(*http.Request) (any, error) {
	state := s.state()
	state.Channels = s.channels()
	return state, nil
}

// state is everything but the channels.
func (s *sandbox) state() stateView {
	onWhatsApp, onDiscord := s.links()
	v := stateView{
		Desk: deskView{
			Name: s.config.Desk, Business: "HaloERZAP", Number: s.whatsapp.Business().Number(), Zone: s.config.Zone.String(),
			Guild: "HaloERZAP", Bot: discordtest.User{ID: s.discord.BotID(), Name: "Halo", Bot: true},
		},
		Clock: clockView{s.clock.Now().In(s.config.Zone), s.options.Start.In(s.config.Zone)},
		Links: linksView{onWhatsApp, onDiscord}, Ready: onWhatsApp && onDiscord,
		Customers: []customerView{}, Staff: []staffView{}, Roles: []roleView{},
		Commands: commands("", bot.Commands()), Faults: s.currentFaults(),
		Limits: limitsView{mostFile, s.discord.Limits().AttachmentBytes},
	}
	v.Health = s.desk().Health()
	v.Health.Letters.Oldest = 0 // it grows by itself, which is no news
	if v.Health.Incidents == nil {
		v.Health.Incidents = slices.Grow(v.Health.Incidents, 1) // none, and not null
	}
	for _, p := range s.whatsapp.Phones() {
		v.Customers = append(v.Customers, customerView{p.Number(), p.Name(), p.Typing(), s.fading(p).Seconds()})
	}
	known := map[string]bool{}
	for _, one := range staff {
		m, err := s.discord.Member(one.name)
		if err != nil {
			continue
		}
		v.Staff = append(v.Staff, staffView{one.name, strings.ToUpper(one.name[:1]) + one.name[1:], m.ID(), s.discord.RolesOf(m.ID())})
		for _, name := range one.roles {
			if !known[name] {
				known[name] = true
				v.Roles = append(v.Roles, roleView{s.discord.RoleID(name), name})
			}
		}
	}
	return v
}

// commands flattens the table of commands to full names.
func commands(prefix string, all []bot.Command) []commandView {
	out := []commandView{}
	for _, c := range all {
		if len(c.Sub) > 0 {
			out = append(out, commands(prefix+c.Name+" ", c.Sub)...)
			continue
		}
		v := commandView{Name: prefix + c.Name, Description: c.Description["id"], Options: []optionView{}, OnMessage: c.OnMessage}
		if c.OnMessage {
			v.Label = cmp.Or(c.Names["id"], c.Name)
		}
		for _, o := range c.Options {
			v.Options = append(v.Options, optionView{o.Name, o.Description["id"], o.Required, string(o.Kind), choices(o.Choices), o.Complete != ""})
		}
		out = append(out, v)
	}
	return out
}

// ticketView is a ticket as stored.
type ticketView struct {
	Number       string         `json:"number"`
	State        ticket.State   `json:"state"`
	Title        string         `json:"title"`
	Conversation string         `json:"conversation"`
	Thread       string         `json:"thread,omitempty"`
	Agent        string         `json:"agent,omitempty"` // Discord user id
	Opened       time.Time      `json:"opened"`
	Responded    time.Time      `json:"responded,omitzero"`
	Closed       time.Time      `json:"closed,omitzero"`
	Events       []ledger.Event `json:"events,omitempty"`
}

func viewTicket(t ticket.Ticket) ticketView {
	return ticketView{
		Number: t.Number, State: t.State, Title: t.Title, Conversation: t.Conversation, Thread: t.Thread, Agent: t.Agent,
		Opened: t.Opened, Responded: t.Responded, Closed: t.ClosedAt,
	}
}

func (s *sandbox) getTickets(r *http.Request) (any, error) {
	tickets, err := s.desk().Tickets(r.Context())
	if err != nil {
		return nil, err
	}
	out := make([]ticketView, len(tickets))
	for i, t := range tickets {
		out[i] = viewTicket(t)
	}
	return out, nil
}

func (s *sandbox) getTicket(r *http.Request) (any, error) {
	number := r.PathValue("number")
	t, events, known, err := s.desk().Ticket(r.Context(), number)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, notFound("no ticket has the number %q", number)
	}
	v := viewTicket(t)
	v.Events = listed(events)
	return v, nil
}

// choices are what may be chosen.
func choices(all []bot.Choice) (out []choiceView) {
	for _, c := range all {
		out = append(out, choiceView{c.Value, cmp.Or(c.Label["id"], c.Value)})
	}
	return out
}
