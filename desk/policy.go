package desk

import (
	"fmt"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/store"
)

// policyFor is what the desk of a configuration follows, in a desk that runs and in an
// import beside it. What only a network knows (roles, names, teams) is the caller's.
func (c Config) policyFor(st *store.Store) (bridge.Desk, error) {
	words, err := c.optWords()
	if err != nil {
		return bridge.Desk{}, fmt.Errorf("read the words of clients' wishes: %w", err)
	}
	return bridge.Desk{
		Prefix:     c.Prefix,
		Zone:       c.Zone,
		Sentences:  c.Texts,
		NotePrefix: c.NotePrefix,
		Groups:     c.Groups,
		Guild:      c.DiscordGuild,
		MessageID:  func(letter string) string { return whatsapp.MessageID(c.Desk, letter) },
		Members:    members(st),
		Rows:       rows(st),
		Policy:     c.Policy,
		Calendar:   c.Calendar,
		Reports:    c.Reports,
		Greet:      c.Greet,
		Undo:       c.Undo,
		Mode:       c.Mode,
		Access:     c.Access,
		Types:      c.Types,
		Flood:      c.Flood,
		Rates:      c.Outreach,
		Panel:      c.Panel,
		Surveys:    c.Surveys,
		FollowUps:  c.FollowUps,
		OptWords:   words,
	}, nil
}
