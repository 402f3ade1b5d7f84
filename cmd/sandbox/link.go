package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// linkBound is how long the phone tries to link the desk.
const linkBound = 20 * time.Second

// postLink lets the phone of the desk's number link the desk: it scans the picture
// at a message, or gets a code typed in.
func (s *sandbox) postLink(r *http.Request) (any, error) {
	var body struct {
		Scan string `json:"scan"` // message id
		Code string `json:"code"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if (body.Scan == "") == (body.Code == "") {
		return nil, badRequest("name either scan (a message with a picture) or code")
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), linkBound, errors.New("the desk did not confirm the link in time"))
	defer cancel()
	link, code := s.whatsapp.EnterCode, body.Code
	if body.Scan != "" {
		m, known := s.discord.Message(body.Scan)
		if !known || m.Deleted || len(m.Attachments) == 0 {
			return nil, notFound("no message with a picture has the id %q", body.Scan)
		}
		data, _ := s.discord.File(m.Attachments[0].ID)
		text, err := whatsapptest.Scan(data)
		if err != nil {
			return nil, badRequest("scan the picture: %v", err)
		}
		link, code = s.whatsapp.Pair, text
	}
	if err := link(ctx, code); err != nil {
		return nil, problem{http.StatusConflict, err.Error()}
	}
	return struct{}{}, nil
}
