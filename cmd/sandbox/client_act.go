package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// clientAct is what a client can do in a chat; exactly one of the acts is named.
type clientAct struct {
	Text      *string `json:"text"` // new text, or the one an edit brings
	ReplyTo   string  `json:"reply_to"`
	Forwarded int     `json:"forwarded"` // how often something new was forwarded before it came here

	Disappearing *int64 `json:"disappearing"` // seconds that new messages of the chat last, 0 for ever

	Edit   string    `json:"edit"`
	Delete string    `json:"delete"`
	React  *string   `json:"react"` // "" takes a reaction back
	Vote   *[]string `json:"vote"`  // none takes the vote back
	To     string    `json:"to"`    // the message that React or Vote is for

	Location *struct {
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
		Name      string   `json:"name"`
		Address   string   `json:"address"`
		URL       string   `json:"url"`
		Live      bool     `json:"live"`
	} `json:"location"`
	Contact *struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
	} `json:"contact"`
	Poll *struct {
		Question string   `json:"question"`
		Options  []string `json:"options"`
		Most     int      `json:"most"` // options a person may choose; 0 for any number
	} `json:"poll"`
}

// on is the message that the act is done to, "" for something new.
func (a clientAct) on() string {
	if a.Edit != "" || a.Delete != "" {
		return a.Edit + a.Delete
	}
	return a.To
}

// isNew reports a message, as opposed to a change of what is there.
func (a clientAct) isNew() bool {
	return a.Edit == "" && a.Delete == "" && a.React == nil && a.Vote == nil && a.Disappearing == nil
}

// draft turns the act into what the phone carries out.
func (a clientAct) draft() (whatsapptest.Draft, error) {
	d := whatsapptest.Draft{ReplyTo: a.ReplyTo, Forwarded: a.Forwarded}
	acts := 0
	for _, named := range []bool{a.Delete != "", a.React != nil, a.Vote != nil, a.Location != nil, a.Contact != nil, a.Poll != nil, a.Text != nil, a.Disappearing != nil} {
		if named {
			acts++
		}
	}
	switch {
	case acts > 1 || a.Edit != "" && (a.Text == nil || a.To != ""):
		return d, badRequest("do one thing at a time: a text, an edit with its text, a deletion, a reaction, a vote, a location, a contact, a poll or the setting of disappearing messages")
	case acts == 0:
		return d, badRequest("text is missing")
	case !a.isNew() && (a.ReplyTo != "" || a.Forwarded != 0):
		return d, badRequest("reply_to and forwarded belong to something new")
	case (a.React != nil || a.Vote != nil) != (a.To != ""):
		return d, badRequest("to belongs to react and vote: the message they are for")
	}
	return d, a.fill(&d)
}

// fill writes the one act into the draft.
func (a clientAct) fill(d *whatsapptest.Draft) error {
	if err := checkForwarded(a.Forwarded); err != nil {
		return err
	}
	switch {
	case a.Disappearing != nil:
		if *a.Disappearing < 0 || *a.Disappearing > mostFading {
			return badRequest("disappearing is %d: want 0 to %d seconds", *a.Disappearing, mostFading)
		}
	case a.Delete != "":
		d.Delete = a.Delete
	case a.React != nil:
		if len(*a.React) > 64 || !utf8.ValidString(*a.React) {
			return badRequest("react is no emoji")
		}
		d.React, d.Emoji = a.To, *a.React
	case a.Vote != nil:
		d.Vote, d.Options = a.To, *a.Vote
	case a.Location != nil:
		return a.fillPlace(d)
	case a.Contact != nil:
		return a.fillContact(d)
	case a.Poll != nil:
		return a.fillPoll(d)
	default:
		if *a.Text == "" {
			return badRequest("text is missing")
		}
		if !utf8.ValidString(*a.Text) {
			return badRequest("text is not UTF-8")
		}
		d.Text, d.Edit = *a.Text, a.Edit
	}
	return nil
}

func (a clientAct) fillPlace(d *whatsapptest.Draft) error {
	l := a.Location
	if l.Latitude == nil || l.Longitude == nil || math.Abs(*l.Latitude) > 90 || math.Abs(*l.Longitude) > 180 {
		return badRequest("location needs a latitude of -90 to 90 and a longitude of -180 to 180")
	}
	d.Place = &whatsapptest.Place{Latitude: *l.Latitude, Longitude: *l.Longitude, Name: l.Name, Address: l.Address, URL: l.URL}
	if d.Live = l.Live; d.Live {
		d.Text = l.Name // the app shows it as a caption
	}
	return nil
}

func (a clientAct) fillContact(d *whatsapptest.Draft) error {
	name, number := a.Contact.Name, strings.Map(onlyDigits, a.Contact.Phone)
	if home, national := strings.CutPrefix(number, "0"); national && !strings.HasPrefix(home, "0") {
		number = "62" + home // as people here write their numbers
	}
	if name == "" || utf8.RuneCountInString(name) > 200 || len(number) < 3 || len(number) > 20 {
		return badRequest("contact needs a name of at most 200 characters and a phone of 3 to 20 digits")
	}
	d.Contacts = []whatsapptest.Contact{{Name: name, VCard: card(name, number)}}
	return nil
}

func onlyDigits(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// card is a vCard as the app makes it from an address book.
func card(name, number string) string {
	name = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r", "", "\n", `\n`).Replace(name)
	return fmt.Sprintf("BEGIN:VCARD\nVERSION:3.0\nN:;%s;;;\nFN:%[1]s\nTEL;type=CELL;waid=%s:+%[2]s\nEND:VCARD", name, number)
}

// mostOptions is how many answers a poll on WhatsApp offers.
const mostOptions = 12

func (a clientAct) fillPoll(d *whatsapptest.Draft) error {
	p := a.Poll
	distinct := slices.Compact(slices.Sorted(slices.Values(p.Options)))
	if p.Question == "" || len(p.Options) < 2 || len(p.Options) > mostOptions || len(distinct) < len(p.Options) || distinct[0] == "" ||
		p.Most < 0 || p.Most > len(p.Options) {
		return badRequest("poll needs a question and 2 to %d different options, of which most may be chosen", mostOptions)
	}
	d.Poll = &whatsapptest.Poll{Question: p.Question, Options: p.Options, Most: p.Most}
	return nil
}

// check finds fault with an act in the light of what the screen shows.
func (a clientAct) check(screen []whatsapptest.Message) error {
	for _, id := range []string{a.on(), a.ReplyTo} {
		i := slices.IndexFunc(screen, func(m whatsapptest.Message) bool { return m.ID == id })
		switch {
		case id == "":
		case i < 0 || screen[i].Deleted:
			return notFound("no message on this phone has the id %q", id)
		case (a.Edit != "" || a.Delete != "") && !screen[i].FromMe:
			return notFound("%s was not written on this phone", id)
		case a.Vote != nil:
			return checkVote(screen[i], *a.Vote)
		}
	}
	return nil
}

func checkVote(m whatsapptest.Message, taken []string) error {
	if m.Poll == nil {
		return badRequest("%s is no poll", m.ID)
	}
	for i, option := range taken {
		if !slices.Contains(m.Poll.Options, option) || slices.Contains(taken[:i], option) {
			return badRequest("vote is %q: want some of %q, each once", taken, m.Poll.Options)
		}
	}
	if m.Poll.Most > 0 && len(taken) > m.Poll.Most {
		return badRequest("vote takes %d options: %d may be chosen", len(taken), m.Poll.Most)
	}
	return nil
}
