package main

import (
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A screenMessage is an entry of a phone's screen in the words of the control API.
type screenMessage struct {
	whatsapptest.Message
	File     *fileView           `json:"file,omitempty"`
	Location *whatsapptest.Place `json:"location,omitempty"`
	Contacts []contactView       `json:"contacts,omitempty"`
	Fades    float64             `json:"fades,omitempty"` // seconds after which it disappears

	// The simulator's own names for what stands above.
	Media *struct{} `json:"media,omitempty"`
	Place *struct{} `json:"place,omitempty"`
}

// fileView is the file of a message. Path is where it can be had.
type fileView struct {
	Name     string  `json:"name,omitempty"`
	MIME     string  `json:"mime,omitempty"`
	Size     int64   `json:"size"`
	Seconds  float64 `json:"seconds,omitempty"`
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
	Animated bool    `json:"animated,omitempty"`
	Waveform []byte  `json:"waveform,omitempty"`
	SHA256   string  `json:"sha256"`            // of the content, hex
	Problem  string  `json:"problem,omitempty"` // why the phone cannot show it
	Path     string  `json:"path"`
}

// contactView is a card with the first number in it.
type contactView struct {
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"`
	VCard string `json:"vcard"`
}

var telLine = regexp.MustCompile(`(?im)^(?:[\w-]+\.)?TEL[^:\r\n]*:(?:tel:)?([^\r\n]*)`)

func (s *sandbox) getScreen(r *http.Request) (any, error) {
	p, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	out := []screenMessage{}
	for _, m := range p.Screen() {
		out = append(out, onScreen(p.Number(), m))
	}
	return out, nil
}

// onScreen shows a message; of one that was deleted only that it was there.
func onScreen(number string, m whatsapptest.Message) screenMessage {
	v := screenMessage{Message: m, Fades: m.Fades.Seconds()}
	if m.Deleted {
		v.Poll, v.Link = nil, nil
		return v
	}
	v.Location = m.Place
	for _, c := range m.Contacts {
		one := contactView{Name: c.Name, VCard: c.VCard}
		if found := telLine.FindStringSubmatch(c.VCard); found != nil {
			one.Phone = found[1]
		}
		v.Contacts = append(v.Contacts, one)
	}
	if a := m.Media; a != nil {
		v.File = &fileView{
			Name: a.Name, MIME: a.MIME, Size: a.Size, Seconds: seconds(a.Length), Width: a.Width, Height: a.Height,
			Animated: a.Animated, Waveform: a.Waveform, SHA256: a.SHA256, Problem: a.Problem,
			Path: "/sandbox/customers/" + number + "/files/" + url.PathEscape(m.ID),
		}
	}
	return v
}

// seconds are whole milliseconds.
func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
