package main

import (
	"net/http"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// postAct is what a member of staff can do to a thread or post by hand; what is left out
// stays.
type postAct struct {
	As       string    `json:"as"`
	Archived *bool     `json:"archived"`
	Locked   *bool     `json:"locked"`
	Tags     *[]string `json:"tags"` // names
	Delete   bool      `json:"delete"`
}

func (s *sandbox) postChannel(r *http.Request) (any, error) {
	c, err := s.channel(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	var act postAct
	if err := read(r, &act); err != nil {
		return nil, err
	}
	changes := act.Archived != nil || act.Locked != nil || act.Tags != nil
	switch {
	case !c.Thread():
		return nil, badRequest("%s is a channel: only posts and threads are changed by hand", c.Name)
	case changes == act.Delete:
		return nil, badRequest("give either delete, or some of archived, locked and tags")
	}
	who, err := s.colleagueIn(act.As, c)
	if err != nil {
		return nil, err
	}
	if act.Delete {
		err = who.DeleteThread(c.ID)
	} else {
		err = who.SetThread(c.ID, discordtest.ThreadState{Archived: act.Archived, Locked: act.Locked, Tags: act.Tags})
	}
	if err != nil {
		return nil, refused(err)
	}
	return struct{}{}, nil
}
