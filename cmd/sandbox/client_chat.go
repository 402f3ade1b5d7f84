package main

import (
	"net/http"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// What belongs to a phone's chat as a whole: how long its messages last, and calls.

const (
	// mostFading bounds how long disappearing messages last, in seconds. The app offers
	// a day, a week and ninety days.
	mostFading = 365 * 24 * 60 * 60
	// mostForwarded bounds how often a message says that it was forwarded. The app calls
	// five times often.
	mostForwarded = 1000
)

func checkForwarded(times int) error {
	if times < 0 || times > mostForwarded {
		return badRequest("forwarded is %d: want 0 to %d times", times, mostForwarded)
	}
	return nil
}

// fading is how long what this phone writes now lasts, 0 for ever.
func (s *sandbox) fading(p *whatsapptest.Phone) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fades[p.Number()]
}

// carryOut lets the phone do a checked act, and returns the id of what it sent.
func (s *sandbox) carryOut(p *whatsapptest.Phone, act clientAct, draft whatsapptest.Draft) (string, error) {
	if act.Disappearing == nil {
		if act.isNew() {
			draft.Fades = s.fading(p)
		}
		return p.Do(draft)
	}
	after := time.Duration(*act.Disappearing) * time.Second
	id, err := p.SetFading(after)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.fades[p.Number()] = after
	s.mu.Unlock()
	s.hub.changed(allOfState)
	return id, nil
}

// postCall lets a phone ring the desk's number, or end a call that nobody took.
func (s *sandbox) postCall(r *http.Request) (any, error) {
	p, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Video  bool   `json:"video"`
		HangUp string `json:"hang_up"` // id of the call
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if body.HangUp == "" {
		id := p.Call(body.Video)
		s.mu.Lock()
		s.ringing[id] = p.Number()
		s.mu.Unlock()
		return map[string]string{"id": id}, nil
	}
	if body.Video {
		return nil, badRequest("do one thing at a time: a call, or its end")
	}
	s.mu.Lock()
	rings := s.ringing[body.HangUp] == p.Number()
	delete(s.ringing, body.HangUp)
	s.mu.Unlock()
	if !rings {
		return nil, notFound("no call of this phone rings with the id %q", body.HangUp)
	}
	p.HangUp(body.HangUp)
	return map[string]string{"id": body.HangUp}, nil
}
