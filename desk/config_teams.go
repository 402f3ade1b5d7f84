package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord"
	"github.com/haloerzap/halo/escalation"
)

// The keys of halo.yaml about developer teams and their reports.

// A Team is a developer team: its name, which is a tag of the report forum, and the names
// of the Discord roles of its members and, if it has one, its lead.
type Team struct{ Name, Role, Lead string }

// movedKeys are keys that older files have, with what stands in their place.
var movedKeys = map[string]string{
	"roles.developer": "the developers' roles at the key " + teamsKey + ", a line for each team such as POS: Developer POS",
}

const (
	teamsKey      = "teams"
	teamsExpected = "the name of a Discord role, or a list of two, the members' and the lead's, such as [Developer POS, Lead POS]"
	// The other tags of the report forum leave room for so many.
	mostTeams = 12
	// A tag's name; Discord takes 50 bytes of any text.
	longestTeam = 50
)

func defaultTeams() []Team {
	var all []Team
	for _, name := range []string{"Back End", "POS", "Smart Repair", "BI", "Teams", "Sinkronisasi"} {
		all = append(all, Team{Name: name, Role: "Developer " + name})
	}
	return all
}

// reportSettings are the keys of a report's reminders.
func reportSettings() []setting {
	return []setting{
		{key: teamsKey},
		ladder("reports.untaken", func(p *escalation.Policy) *escalation.Ladder { return &p.Untaken }),
		ladder("reports.unanswered", func(p *escalation.Policy) *escalation.Ladder { return &p.Unanswered }),
		{key: "reports.repeat", expected: "1m to 8784h, a time such as 2h, or off", set: func(c *Config, v string) bool {
			if c.Reports.Repeat = 0; v == off {
				return true
			}
			d, err := time.ParseDuration(v)
			c.Reports.Repeat = d
			return err == nil && d >= time.Minute && d <= longestFigure
		}},
	}
}

var callers = []escalation.Caller{escalation.CallTeam, escalation.CallLead, escalation.CallAgent, escalation.CallManager}

// ladder is a setting of who is called after how long.
func ladder(key string, field func(*escalation.Policy) *escalation.Ladder) setting {
	return setting{
		key: key, expected: "off, or a list of who is called after how long, the sooner first, such as [team 30m, lead 2h]; who is team, lead, agent or manager, the time 1m to 8784h",
		setList: func(c *Config, values []string) bool {
			l := field(&c.Reports)
			if *l = nil; len(values) == 1 && values[0] == off {
				return true
			}
			for _, v := range values {
				who, after, _ := strings.Cut(v, " ")
				d, err := time.ParseDuration(after)
				rung := escalation.Rung{After: d, Calls: escalation.Caller(who)}
				if err != nil || d > longestFigure || !slices.Contains(callers, rung.Calls) {
					return false
				}
				*l = append(*l, rung)
			}
			return len(values) > 0 && len(values) <= 10 && c.Reports.Check() == nil
		},
	}
}

// readTeams fills in the developer teams.
func (c *Config) readTeams(v yamlValue) Problems {
	if v.form == oneValue && v.values[0] == "" {
		return nil
	}
	if v.form != manyKeys {
		return Problems{{Where: at(c.PolicyFile, v.line), Field: teamsKey, Read: v.shown(), Expected: "names of teams with their roles, such as POS: Developer POS"}}
	}
	var found Problems
	c.Teams = nil
	for _, part := range v.parts {
		field := teamsKey + "." + part.key
		t := Team{Name: part.key}
		switch {
		case part.form == oneValue && part.values[0] != "":
			t.Role = part.values[0]
		case part.form == severalValues && len(part.values) == 2 && part.values[0] != "" && part.values[1] != "":
			t.Role, t.Lead = part.values[0], part.values[1]
		default:
			found = append(found, Problem{Where: at(c.PolicyFile, part.line), Field: field, Read: part.shown(), Expected: teamsExpected})
			continue
		}
		if slices.ContainsFunc(c.Teams, func(other Team) bool { return strings.EqualFold(other.Name, t.Name) }) ||
			strings.TrimSpace(t.Name) != t.Name || t.Name == "" || len(t.Name) > longestTeam || slices.Contains(discord.ReportTags(), strings.ToLower(t.Name)) {
			found = append(found, Problem{Where: at(c.PolicyFile, part.line), Field: field, Read: quoted(t.Name),
				Expected: fmt.Sprintf("a name of 1 to %d bytes that is neither another team's nor a state's", longestTeam)})
			continue
		}
		c.Teams = append(c.Teams, t)
	}
	if len(found) == 0 && len(c.Teams) > mostTeams {
		found = append(found, Problem{Where: at(c.PolicyFile, v.line), Field: teamsKey, Read: fmt.Sprintf("%d teams", len(c.Teams)), Expected: fmt.Sprintf("at most %d: the tags of a Discord forum end there", mostTeams)})
	}
	return found
}

// teamRoles are the names of the members' roles, and of the leads'.
func (c Config) teamRoles() (members, leads []string) {
	for _, t := range c.Teams {
		if !slices.Contains(members, t.Role) {
			members = append(members, t.Role)
		}
		if t.Lead != "" && !slices.Contains(leads, t.Lead) {
			leads = append(leads, t.Lead)
		}
	}
	return members, leads
}

// teamNames are the names of the teams.
func (c Config) teamNames() (names []string) {
	for _, t := range c.Teams {
		names = append(names, t.Name)
	}
	return names
}

// teams are the teams with the ids of their roles, as far as Discord has them.
func (c Config) teams(roles map[string]string) (all []bridge.Team) {
	id := func(names ...string) (ids []string) {
		for _, name := range names {
			if id := roles[name]; name != "" && id != "" {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for _, t := range c.Teams {
		all = append(all, bridge.Team{Name: t.Name, Roles: id(t.Role), Leads: id(append([]string{t.Lead}, c.Roles[bot.DeveloperLead]...)...)})
	}
	return all
}
