package bridge

import (
	"slices"
	"strings"

	"github.com/haloerzap/halo/ticket"
)

// A wording is one text of a message in which a secret may stand.
type wording struct {
	text *string
	// aside is a text that only accompanies: a name of a file, an address. Numbers in it
	// are no codes unless a word says so.
	aside bool
}

// withoutSecrets returns the message with its secrets masked, and the texts that had
// any, as they were. The message itself stays as it is.
func (m ClientMessage) withoutSecrets() (ClientMessage, []string) {
	words := m.wordings() // of copies: m is changed, what it points at is not
	var secrets []string
	if masked := m.maskPiece(); masked != m.Text {
		secrets = append(secrets, m.Text)
		m.Text = masked
	}
	for _, w := range words {
		if masked := w.masked(); masked != *w.text {
			secrets = append(secrets, *w.text)
			*w.text = masked
		}
	}
	for i := range m.Contacts {
		if masked, was := maskCard(m.Contacts[i].Card); len(was) > 0 {
			secrets = append(secrets, was...)
			m.Contacts[i].Card = masked
		}
	}
	if len(secrets) > 0 || ticket.Mask(m.whole) != m.whole {
		m.hasSecret = true
	}
	return m, secrets
}

// wordings replaces what the message points at by copies, and returns the texts in it
// but Text.
func (m *ClientMessage) wordings() (all []wording) {
	if m.Quote != nil {
		q := *m.Quote
		if m.Quote = &q; !q.Own {
			all = append(all, wording{text: &q.Text})
		}
	}
	if m.Media != nil {
		f := *m.Media
		m.Media = &f
		all = append(all, wording{&f.Name, true})
	}
	if m.Place != nil {
		p := *m.Place
		m.Place = &p
		all = append(all, wording{&p.Name, true}, wording{&p.Address, true}, wording{&p.URL, true})
	}
	if m.Link != nil {
		l := *m.Link
		m.Link = &l
		all = append(all, wording{&l.Title, true}, wording{&l.Text, true}, wording{&l.URL, true})
	}
	if m.Poll != nil {
		p := *m.Poll
		p.Options = slices.Clone(p.Options)
		m.Poll = &p
		all = append(all, wording{text: &p.Question})
		for i := range p.Options {
			all = append(all, wording{text: &p.Options[i]})
		}
	}
	m.Votes = slices.Clone(m.Votes)
	for i := range m.Votes {
		all = append(all, wording{text: &m.Votes[i]})
	}
	m.Contacts = slices.Clone(m.Contacts)
	for i := range m.Contacts {
		all = append(all, wording{text: &m.Contacts[i].Name})
	}
	return all
}

// preface is what stands before a text that only accompanies, so that it is no short one.
var preface = strings.Repeat("yang ini ", 10)

func (w wording) masked() string {
	if !w.aside {
		return ticket.Mask(*w.text)
	}
	// Names join words by signs; each stands for one blank, so that ranges stay.
	spaced := strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-.", r) {
			return ' '
		}
		return r
	}, *w.text)
	if !slices.ContainsFunc(ticket.FindSecrets(preface+spaced), func(s ticket.Span) bool { return s.To > len(preface) }) {
		return *w.text
	}
	return ticket.Masked
}

// maskPiece masks the piece of a long text that m has: by itself, and by what the whole
// text says.
func (m ClientMessage) maskPiece() string {
	text := ticket.Mask(m.Text)
	if m.whole == "" || m.whole == m.Text {
		return text
	}
	at := strings.Index(m.whole, m.Text)
	if at < 0 || m.Text == "" {
		return text
	}
	var b strings.Builder
	last := 0
	for _, s := range ticket.FindSecrets(m.whole) {
		from, to := max(s.From-at, 0), min(s.To-at, len(m.Text))
		if from >= to || from < last {
			continue
		}
		b.WriteString(m.Text[last:from])
		b.WriteString(ticket.Masked)
		last = to
	}
	b.WriteString(m.Text[last:])
	return ticket.Mask(b.String())
}

// maskCard masks a contact's card line by line: its form stays. Lines in an encoding of
// their own are left out when anything else may be in them than a picture.
func maskCard(card string) (masked string, secrets []string) {
	unfolded := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(card)
	lines := strings.Split(unfolded, "\n")
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		name, value, ok := strings.Cut(line, ":")
		key, _, _ := strings.Cut(strings.ToUpper(name), ";")
		key = key[strings.LastIndexByte(key, '.')+1:]
		switch {
		case !ok || value == ticket.Masked || key == "BEGIN" || key == "END" || key == "VERSION" || key == "PHOTO" || key == "REV":
			continue
		case key == "TEL":
			if n := digitsIn(value); n < 4 || n > 8 {
				continue
			}
		case strings.Contains(strings.ToUpper(name), "ENCODING="):
		case ticket.Mask(value) == value:
			continue
		}
		secrets = append(secrets, value)
		kept := ticket.Mask(value)
		if kept == value {
			kept = ticket.Masked
		}
		lines[i] = name + ":" + kept
	}
	if len(secrets) == 0 {
		return card, nil
	}
	return strings.Join(lines, "\n"), secrets
}

func digitsIn(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// MayHoldSecret reports whether one of the texts of a message has a secret in it, by its
// look alone: most are none.
func MayHoldSecret(texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		_, inCard := maskCard(text)
		return len(inCard) > 0 || ticket.Mask(text) != text || wording{&text, true}.masked() != text
	})
}
