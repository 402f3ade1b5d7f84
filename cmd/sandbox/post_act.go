package main

import (
	"net/http"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// postPost lets a member of staff change a forum post by hand, or delete it: who has the
// right to manage threads does so in Discord past the desk's buttons.
func (s *sandbox) postPost(r *http.Request) (any, error) {
	c, err := s.channel(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	var body struct {
		As       string    `json:"as"`
		Archived *bool     `json:"archived"`
		Locked   *bool     `json:"locked"`
		Tags     *[]string `json:"tags"` // names: exactly these
		Delete   bool      `json:"delete"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	changes := body.Archived != nil || body.Locked != nil || body.Tags != nil
	if c.Kind != discordtest.KindThread || body.Delete == changes {
		return nil, badRequest("name a post, and either delete or some of archived, locked and tags")
	}
	who, err := s.colleagueIn(body.As, c)
	if err != nil {
		return nil, err
	}
	if body.Delete {
		err = who.DeleteThread(c.ID)
	} else {
		err = who.SetThread(c.ID, discordtest.ThreadState{Archived: body.Archived, Locked: body.Locked, Tags: body.Tags})
	}
	if err != nil {
		return nil, refused(err)
	}
	return struct{}{}, nil
}
