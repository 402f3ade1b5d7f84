package desk

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

func (c Config) whatsAppNetwork() (whatsapp.Network, error) {
	return whatsapp.ParseNetwork(c.WhatsAppEndpoint, hex.EncodeToString(c.WhatsAppRootKey))
}

func (c Config) discordNetwork() (discord.Network, error) {
	if c.DiscordEndpoint == "" {
		return discord.Network{}, nil
	}
	return discord.Loopback(c.DiscordEndpoint)
}

// plan is what the desk's Discord server needs. The desk can run with less: see required.
func (c Config) plan() discord.Plan {
	p := discord.StandardPlan(c.teamNames())
	p.Forums[0].Name, p.Forums[1].Name = c.Channels.Tickets, c.Channels.Reports
	p.Forums[0].Tags = []string{string(ticket.New), string(ticket.Assigned), "waiting", "developer", "resolved", string(ticket.Closed)}
	p.Forums[2].Name = c.Channels.FollowUps
	p.Channels[0].Name, p.Channels[1].Name, p.Channels[2].Name = c.Channels.Intake, c.Channels.Ops, c.Channels.QA
	for _, capability := range Capabilities() {
		for _, name := range c.Roles[capability] {
			p.Roles = append(p.Roles, discord.RolePlan{Name: name, Mentionable: true}) // reminders and alerts call them
		}
	}
	_, leads := c.teamRoles()
	for _, name := range leads {
		if !slices.ContainsFunc(p.Roles, func(r discord.RolePlan) bool { return r.Name == name }) {
			p.Roles = append(p.Roles, discord.RolePlan{Name: name, Mentionable: true})
		}
	}
	c.seclude(&p)
	return p
}

// seclude says who sees what: everybody no more than the work takes.
func (c Config) seclude(p *discord.Plan) {
	roles := func(capabilities ...string) (names []string) {
		for _, one := range capabilities {
			names = append(names, c.Roles[one]...)
		}
		return names
	}
	tickets := []string{"agent", "assistant_manager", "manager", "sales", "after_sales", "qa"}
	p.Forums[0].VisibleTo = roles(tickets...)
	_, leads := c.teamRoles()
	p.Forums[1].VisibleTo = append(roles(append(tickets, "developer", "developer_lead", "engineering")...), leads...)
	p.Channels[0].VisibleTo = roles("agent", "assistant_manager", "manager")
	p.Channels[1].VisibleTo = roles("agent", "assistant_manager", "manager")
	p.Forums[2].VisibleTo = roles("sales", "manager", "assistant_manager")
	p.Channels[2].VisibleTo = roles("qa", "manager", "assistant_manager")
	p.Channels[3].VisibleTo = roles("head_of_marketing", "manager")
}

// required is the part of the plan without which no ticket can be worked on. Who
// sees too much is for [Check] to say: the desk works all the same.
func (c Config) required() discord.Plan {
	p := c.plan()
	p.Channels, p.Roles = p.Channels[:3], nil
	// Without these no client waits; what was meant for them does.
	p.Forums[2] = discord.ForumPlan{Name: p.Forums[2].Name, Optional: true}
	p.Channels[2] = discord.ChannelPlan{Name: p.Channels[2].Name, Optional: true}
	p.Forums[1].Tags = nil // a team or a state without its tag keeps no client waiting
	p.Forums[0].VisibleTo, p.Forums[1].VisibleTo, p.Channels[0].VisibleTo, p.Channels[1].VisibleTo = nil, nil, nil, nil
	for _, name := range c.Roles["agent"] {
		p.Roles = append(p.Roles, discord.RolePlan{Name: name})
	}
	return p
}

// layout is where the desk's places are in Discord.
type layout struct {
	channels map[string]string // part in the desk -> channel id
	rights   bot.Rights
	teams    []bridge.Team
}

// storedLayout is the form in which a layout is remembered.
type storedLayout struct {
	V        int               `json:"v"`
	Guild    string            `json:"guild"`
	Channels map[string]string `json:"channels"`
	Agents   []string          `json:"agents"` // what there was before Rights
	Rights   bot.Rights        `json:"rights,omitzero"`
	Teams    []bridge.Team     `json:"teams,omitzero"`
}

var layoutRef = ledger.Ref{Kind: kindDesk, ID: "layout"}

func (d *Desk) rememberLayout(ctx context.Context, st *store.Store, l layout) error {
	data, err := json.Marshal(storedLayout{V: 1, Guild: d.cfg.DiscordGuild, Channels: l.channels, Agents: l.rights[bot.Agent], Rights: l.rights, Teams: l.teams})
	if err != nil {
		return fmt.Errorf("encode layout: %w", err)
	}
	_, err = st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		if before, err := tx.Doc(layoutRef); err != nil || bytes.Equal(before, data) {
			return err
		}
		return tx.Put(layoutRef, data)
	})
	if err != nil {
		return fmt.Errorf("remember where things are in Discord: %w", err)
	}
	return nil
}

func (d *Desk) lastLayout(ctx context.Context, st *store.Store) (layout, bool) {
	doc, err := st.Doc(ctx, layoutRef)
	if err != nil || doc.Data == nil {
		return layout{}, false
	}
	var s storedLayout
	if err := json.Unmarshal(doc.Data, &s); err != nil || s.V != 1 || s.Guild != d.cfg.DiscordGuild {
		return layout{}, false
	}
	if s.Rights == nil {
		s.Rights = bot.Rights{bot.Agent: s.Agents}
	}
	return layout{channels: s.Channels, rights: s.Rights, teams: s.Teams}, true
}

// A SetupProblem lists what has to be mended before the desk can run.
type SetupProblem []string

func (p SetupProblem) Error() string {
	return "the desk cannot run yet:\n  - " + strings.Join(p, "\n  - ")
}

// layout asks Discord where everything is. While Discord does not answer, what it
// said last time holds: the desk takes in what clients write all the same.
func (d *Desk) layout(ctx context.Context, st *store.Store) (layout, error) {
	network, err := d.cfg.discordNetwork()
	if err != nil {
		return layout{}, err
	}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		problems, found, err := discord.Inspect(ctx, discord.InspectOptions{
			Token: d.cfg.DiscordToken.Reveal(), Guild: d.cfg.DiscordGuild, Network: network, Plan: d.cfg.required(),
		})
		if err == nil && len(problems) > 0 {
			var list SetupProblem
			for _, p := range problems {
				list = append(list, p.String())
			}
			return layout{}, list
		}
		if err == nil {
			l := d.cfg.place(found)
			return l, d.rememberLayout(ctx, st, l)
		}
		if l, ok := d.lastLayout(ctx, st); ok {
			d.log.Warn("Discord does not answer; its channels are taken to be where they were", zap.Error(err))
			return l, nil
		}
		d.log.Warn("Discord does not answer yet", zap.Error(err), zap.Duration("next attempt in", wait))
		select {
		case <-ctx.Done():
			return layout{}, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (c Config) place(found discord.Layout) layout {
	l := layout{channels: map[string]string{
		"forum":   found.Channels[c.Channels.Tickets],
		"reports": found.Channels[c.Channels.Reports],
		"intake":  found.Channels[c.Channels.Intake],
		"ops":     found.Channels[c.Channels.Ops],

		"followups": found.Channels[c.Channels.FollowUps],
		"qa":        found.Channels[c.Channels.QA],
	}, teams: c.teams(found.Roles)}
	l.rights = bot.Rights{}
	for capability, names := range c.Roles {
		for _, name := range names {
			if id := found.Roles[name]; id != "" {
				l.rights[capability] = append(l.rights[capability], id)
			}
		}
	}
	return l
}

// Setup creates what the desk needs in Discord, or finds it; doing it again
// changes nothing. report gets a line for each thing.
func Setup(ctx context.Context, cfg Config, report func(line string)) error {
	if err := cfg.NeedDiscord(); err != nil {
		return err
	}
	network, err := cfg.discordNetwork()
	if err != nil {
		return err
	}
	_, err = discord.Setup(ctx, discord.SetupOptions{
		Token: cfg.DiscordToken.Reveal(), Guild: cfg.DiscordGuild, Network: network, Plan: cfg.plan(),
		Did: func(s discord.Step) { report(s.String()) },
	})
	return err
}

// Check says what is missing or wrong for a desk to run safely, one line each,
// and returns an error when anything is.
func Check(ctx context.Context, cfg Config, o Options, report func(line string)) error {
	bad := 0
	say := func(part string, problems []string, err error, good string) {
		if list, ok := errors.AsType[Problems](err); ok {
			for _, p := range list {
				problems = append(problems, p.String())
			}
		} else if err != nil {
			problems = append([]string{err.Error()}, problems...)
		}
		for _, p := range problems {
			bad++
			report("✗ " + part + ": " + p)
		}
		if len(problems) == 0 {
			report("✓ " + part + ": " + good)
		}
	}
	problems, err := checkDiscord(ctx, cfg)
	say("Discord", problems, err, "token, intents, permissions, channels and roles are in order")
	problems, promise, err := checkStore(ctx, cfg, o)
	say("Store", problems, err, promise)
	problems, err = checkWhatsApp(ctx, cfg, o)
	say("WhatsApp", problems, err, "a number is linked")
	if bad > 0 {
		return fmt.Errorf("%d to mend, see above", bad)
	}
	return nil
}

func checkDiscord(ctx context.Context, cfg Config) ([]string, error) {
	if err := cfg.NeedDiscord(); err != nil {
		return nil, err
	}
	network, err := cfg.discordNetwork()
	if err != nil {
		return nil, err
	}
	problems, _, err := discord.Inspect(ctx, discord.InspectOptions{
		Token: cfg.DiscordToken.Reveal(), Guild: cfg.DiscordGuild, Network: network, Plan: cfg.plan(),
	})
	var list []string
	for _, p := range problems {
		list = append(list, p.String())
	}
	return list, err
}

func checkWhatsApp(ctx context.Context, cfg Config, o Options) ([]string, error) {
	c, err := openPhone(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, ok := c.Paired(); !ok {
		return []string{"no number is linked: run halo pair"}, nil
	}
	return nil, nil
}

// openPhone opens the WhatsApp session of the data folder without running it.
func openPhone(ctx context.Context, cfg Config, o Options) (*whatsapp.Client, error) {
	network, err := cfg.whatsAppNetwork()
	if err != nil {
		return nil, err
	}
	return whatsapp.Open(ctx, whatsapp.Options{Dir: cfg.Data, Network: network, Log: o.Log})
}

// Pair links the WhatsApp number: show gets the text of one QR code after the
// other until the phone has scanned one.
func Pair(ctx context.Context, cfg Config, o Options, show func(code string)) error {
	return pairWith(ctx, cfg, o, func(c *whatsapp.Client) error { return c.Pair(ctx, show) })
}

// PairPhone links the WhatsApp number by a code that is typed on its phone.
func PairPhone(ctx context.Context, cfg Config, o Options, number string, show func(code string)) error {
	digits := strings.Map(func(r rune) rune {
		if slices.Contains([]rune(" +-()."), r) {
			return -1
		}
		return r
	}, number)
	return pairWith(ctx, cfg, o, func(c *whatsapp.Client) error { return c.PairPhone(ctx, digits, show) })
}

func pairWith(ctx context.Context, cfg Config, o Options, pair func(*whatsapp.Client) error) error {
	h, err := holdHome(cfg.Data, forPair)
	if err != nil {
		return err
	}
	defer h.letGo()
	c, err := openPhone(ctx, cfg, o)
	if err != nil {
		return err
	}
	err = pair(c)
	if errors.Is(err, whatsapp.ErrPaired) {
		number, _ := c.Paired()
		err = fmt.Errorf("%w (…%s): to link another one, remove Halo under Linked devices on that phone first", err, last4(number))
	}
	return errors.Join(err, c.Close())
}

func last4(s string) string { return s[max(0, len(s)-4):] }
