package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func (s *sandbox) postCustomer(r *http.Request) (any, error) {
	var body struct {
		Phone string `json:"phone"`
		Name  string `json:"name"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	number := strings.TrimPrefix(body.Phone, "+")
	if len(number) < 8 || len(number) > 15 || strings.Trim(number, "0123456789") != "" {
		return nil, badRequest("phone is %q: want 8 to 15 digits, country code first", body.Phone)
	}
	if number == s.whatsapp.Business().Number() {
		return nil, problem{http.StatusConflict, "that number is the desk's own"}
	}
	if n := utf8.RuneCountInString(body.Name); n < 1 || n > 100 {
		return nil, badRequest("name has %d characters: want 1 to 100", n)
	}
	p := s.whatsapp.AddCustomer(whatsapptest.Customer{Phone: number, Name: body.Name})
	return customerView{Phone: p.Number(), Name: p.Name()}, nil
}

func (s *sandbox) phone(r *http.Request) (*whatsapptest.Phone, error) {
	number := strings.TrimPrefix(r.PathValue("phone"), "+")
	if p := s.whatsapp.Phone(number); p != nil {
		return p, nil
	}
	return nil, notFound("no phone has the number %s", number)
}

func (s *sandbox) getScreen(r *http.Request) (any, error) {
	p, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	return listed(p.Screen()), nil
}

// listed is never null in JSON.
func listed[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// clientAct is what a client can do in a chat; exactly one of the acts is named.
type clientAct struct {
	Text     *string         `json:"text"` // new text, or the one an edit brings
	ReplyTo  string          `json:"reply_to"`
	Edit     string          `json:"edit"`
	Delete   string          `json:"delete"`
	React    *string         `json:"react"` // "" takes a reaction back
	To       string          `json:"to"`
	Vote     json.RawMessage `json:"vote"`
	Location json.RawMessage `json:"location"`
	Contact  json.RawMessage `json:"contact"`
}

// draft turns the act into what the phone carries out.
func (a clientAct) draft() (whatsapptest.Draft, error) {
	for name, given := range map[string]json.RawMessage{"vote": a.Vote, "location": a.Location, "contact": a.Contact} {
		if given != nil {
			return whatsapptest.Draft{}, badRequest("the simulated phone cannot send a %s yet", name)
		}
	}
	text := ""
	if a.Text != nil {
		text = *a.Text
	}
	wantsText := a.React == nil && a.Delete == ""
	switch {
	case wantsText && text == "":
		return whatsapptest.Draft{}, badRequest("text is missing")
	case !utf8.ValidString(text):
		return whatsapptest.Draft{}, badRequest("text is not UTF-8")
	case !wantsText && (a.Text != nil || a.ReplyTo != "" || a.Edit != "") || a.React != nil && a.Delete != "" || a.Edit != "" && a.ReplyTo != "":
		return whatsapptest.Draft{}, badRequest("do one thing at a time: a text, a reply, an edit, a deletion or a reaction")
	case a.React != nil && a.To == "":
		return whatsapptest.Draft{}, badRequest("to is missing: the message the reaction is for")
	case a.React == nil && a.To != "":
		return whatsapptest.Draft{}, badRequest("to belongs to react")
	case a.React != nil && len(*a.React) > 64:
		return whatsapptest.Draft{}, badRequest("react is no emoji")
	case a.React != nil:
		return whatsapptest.Draft{React: a.To, Emoji: *a.React}, nil
	case a.Delete != "":
		return whatsapptest.Draft{Delete: a.Delete}, nil
	default:
		return whatsapptest.Draft{Text: text, ReplyTo: a.ReplyTo, Edit: a.Edit}, nil
	}
}

func (s *sandbox) postCustomerMessage(r *http.Request) (any, error) {
	p, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	var act clientAct
	if err := read(r, &act); err != nil {
		return nil, err
	}
	draft, err := act.draft()
	if err != nil {
		return nil, err
	}
	p.Compose(false)
	id, err := p.Do(draft)
	if errors.Is(err, whatsapptest.ErrUnknownMessage) {
		return nil, notFound("no such message on this phone, or not one to change: %s", draft.Edit+draft.Delete+draft.React+draft.ReplyTo)
	}
	if err != nil {
		return nil, refused(err)
	}
	return map[string]string{"id": id}, nil
}

// postPresence is what a phone shows without writing: typing, having read
// everything, having a network.
func (s *sandbox) postPresence(r *http.Request) (any, error) {
	p, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Typing *bool `json:"typing"`
		Read   bool  `json:"read"`
		Online *bool `json:"online"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if body.Typing != nil {
		p.Compose(*body.Typing)
	}
	if body.Online != nil {
		p.SetOnline(*body.Online)
	}
	if body.Read {
		p.MarkRead()
	}
	return struct{}{}, nil
}
