package main

import (
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

// listed is never null in JSON.
func listed[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

func (s *sandbox) postCustomerMessage(r *http.Request) (any, error) {
	p, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	if carriesFiles(r) {
		return s.postCustomerFiles(r, p)
	}
	var act clientAct
	if err := read(r, &act); err != nil {
		return nil, err
	}
	draft, err := act.draft()
	if err != nil {
		return nil, err
	}
	if err := act.check(p.Screen()); err != nil {
		return nil, err
	}
	p.Compose(false)
	id, err := s.carryOut(p, act, draft)
	if errors.Is(err, whatsapptest.ErrUnknownMessage) {
		return nil, notFound("no such message on this phone, or not one to change: %s", act.on()+act.ReplyTo)
	}
	if err != nil {
		return nil, refused(err)
	}
	return map[string]string{"id": id}, nil
}

// postPresence is what a phone shows without writing: typing, recording, having
// read everything, having a network.
func (s *sandbox) postPresence(r *http.Request) (any, error) {
	p, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Typing    *bool `json:"typing"`
		Recording bool  `json:"recording"`
		Read      bool  `json:"read"`
		Online    *bool `json:"online"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if body.Typing != nil {
		p.Compose(*body.Typing)
	}
	if body.Recording {
		p.Record()
	}
	if body.Online != nil {
		p.SetOnline(*body.Online)
	}
	if body.Read {
		p.MarkRead()
	}
	return struct{}{}, nil
}
