package desk

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord"
	"github.com/haloerzap/halo/escalation"
)

// Teams come with the roles of their members and leads, and make the developers.
func TestTeams(t *testing.T) {
	c := mustLoad(t, nil, map[string]string{"halo.yaml": `
teams:
  Back End: Developer Back End
  POS: [Developer POS, Lead POS]
reports:
  untaken: [team 15m, lead 1h, manager 2h]
  unanswered: off
  repeat: 4h
`})
	if want := []Team{{"Back End", "Developer Back End", ""}, {"POS", "Developer POS", "Lead POS"}}; !slices.Equal(c.Teams, want) {
		t.Errorf("teams are %v", c.Teams)
	}
	want := escalation.Policy{Untaken: escalation.Ladder{{After: 15 * time.Minute, Calls: escalation.CallTeam}, {After: time.Hour, Calls: escalation.CallLead}, {After: 2 * time.Hour, Calls: escalation.CallManager}}, Repeat: 4 * time.Hour}
	if !reflect.DeepEqual(c.Reports, want) {
		t.Errorf("reports are %+v", c.Reports)
	}
	if !slices.Equal(c.Roles["developer"], []string{"Developer Back End", "Developer POS"}) {
		t.Errorf("developers are %v", c.Roles["developer"])
	}
	ids := map[string]string{"Developer Back End": "1", "Developer POS": "2", "Lead POS": "3", "Developer Lead": "4"}
	if got, want := c.teams(ids), []bridge.Team{{Name: "Back End", Roles: []string{"1"}, Leads: []string{"4"}}, {Name: "POS", Roles: []string{"2"}, Leads: []string{"3", "4"}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("in Discord they are %v", got)
	}
	p := c.plan()
	if !slices.Contains(p.Forums[1].Tags, "POS") || len(p.Forums[1].Tags) > 20 || !slices.Contains(p.Forums[1].VisibleTo, "Lead POS") ||
		!slices.Contains(p.Roles, discord.RolePlan{Name: "Lead POS", Mentionable: true}) {
		t.Errorf("the forum is %+v", p.Forums[1])
	}
	if !reflect.DeepEqual(Default().Reports, escalation.DefaultPolicy()) || len(Default().Teams) != 6 {
		t.Error("the defaults are others")
	}
}

func manyTeams(n int) string {
	var b strings.Builder
	b.WriteString("teams:\n")
	for i := range n {
		b.WriteString("  Tim " + string(rune('A'+i)) + ": Developer\n")
	}
	return b.String()
}

var badTeams = []slip{
	{"teams as a list", nil, map[string]string{"halo.yaml": "teams: [POS, BI]\n"},
		`halo.yaml:1: teams: read a list of 2 ("POS, BI"), expected names of teams with their roles, such as POS: Developer POS`},
	{"a team without a role", nil, map[string]string{"halo.yaml": "teams:\n  POS: [A, B, C]\n"},
		`halo.yaml:2: teams.POS: read a list of 3 ("A, B, C"), expected ` + teamsExpected},
	{"a team called like a state", nil, map[string]string{"halo.yaml": "teams:\n  Closed: Developer\n"},
		`halo.yaml:2: teams.Closed: read "Closed", expected a name of 1 to 50 bytes that is neither another team's nor a state's`},
	{"one team too many", nil, map[string]string{"halo.yaml": manyTeams(13)},
		`halo.yaml:1: teams: read 13 teams, expected at most 12: the tags of a Discord forum end there`},
	{"a ladder that falls", nil, map[string]string{"halo.yaml": "reports:\n  untaken: [team 2h, lead 1h]\n"},
		`halo.yaml:2: reports.untaken: read a list of 2 ("team 2h, lead 1h"), expected off, or a list of who is called after how long, the sooner first, such as [team 30m, lead 2h]; who is team, lead, agent or manager, the time 1m to 8784h`},
	{"a ladder that calls nobody", nil, map[string]string{"halo.yaml": "reports: {unanswered: boss 2h}\n"},
		`halo.yaml:1: reports.unanswered: read "boss 2h", expected off, or a list of who is called after how long, the sooner first, such as [team 30m, lead 2h]; who is team, lead, agent or manager, the time 1m to 8784h`},
	{"a repeat too soon", nil, map[string]string{"halo.yaml": "reports: {repeat: 5s}\n"},
		`halo.yaml:1: reports.repeat: read "5s", expected 1m to 8784h, a time such as 2h, or off`},
}
