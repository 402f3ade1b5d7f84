package discord

import (
	"cmp"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
)

// What is sent to Discord. Own structs: the library's know no nonce.

type createMessage struct {
	Content      string       `json:"content,omitempty"`
	Nonce        string       `json:"nonce,omitempty"`
	EnforceNonce bool         `json:"enforce_nonce,omitempty"`
	Mentions     mentions     `json:"allowed_mentions"`
	Embeds       []embed      `json:"embeds,omitempty"`
	Components   []component  `json:"components,omitempty"`
	Reference    *reference   `json:"message_reference,omitempty"`
	Flags        int          `json:"flags,omitempty"`
	Attachments  []attachment `json:"attachments,omitempty"`
}

// mentions say who may be pinged. Parse is always sent, and always empty: the
// default would ping whatever the text names.
type mentions struct {
	Parse   []string `json:"parse"`
	Roles   []string `json:"roles,omitempty"`
	Users   []string `json:"users,omitempty"`
	Replied bool     `json:"replied_user"`
}

type reference struct {
	Message string `json:"message_id"`
	// FailIfGone false: an answer to a deleted message is still an answer.
	FailIfGone bool `json:"fail_if_not_exists"`
}

type embed struct {
	Title       string       `json:"title,omitempty"`
	Description string       `json:"description,omitempty"`
	Color       int          `json:"color,omitempty"`
	Fields      []embedField `json:"fields,omitempty"`
	Footer      *embedFooter `json:"footer,omitempty"`
}

type embedField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline"`
}

type embedFooter struct {
	Text string `json:"text"`
}

type component struct {
	Type       int         `json:"type"`
	Components []component `json:"components,omitempty"`
	Style      int         `json:"style,omitempty"`
	Label      string      `json:"label,omitempty"`
	Emoji      *emoji      `json:"emoji,omitempty"`
	CustomID   string      `json:"custom_id,omitempty"`

	// Of selects and of the fields of forms.
	Options     []selectOption `json:"options,omitempty"`
	Placeholder string         `json:"placeholder,omitempty"`
	MinValues   int            `json:"min_values,omitempty"`
	MaxValues   int            `json:"max_values,omitempty"`
	Value       string         `json:"value,omitempty"`
	Required    *bool          `json:"required,omitempty"`
	MinLength   int            `json:"min_length,omitempty"`
	MaxLength   int            `json:"max_length,omitempty"`
}

type selectOption struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
	Emoji       *emoji `json:"emoji,omitempty"`
	Default     bool   `json:"default,omitempty"`
}

type emoji struct {
	Name string `json:"name"`
}

const (
	componentRow    = 1
	componentButton = 2
	buttonsPerRow   = 5
	flagEphemeral   = 1 << 6
	mostCalled      = 100 // a message that may ping more is refused whole
)

var buttonStyles = map[string]int{"primary": 1, "secondary": 2, "success": 3, "danger": 4}

func silent() mentions { return mentions{Parse: []string{}} }

// write makes a message; the nonce and the target of a reply are for Say to add.
func write(m bridge.Message) createMessage {
	out := createMessage{Content: normal(m.Content), Mentions: silent(), Components: rows(m.Buttons), Attachments: attachments(m.Files)}
	out.Mentions.Roles, out.Mentions.Users = called(m.PingRoles), called(m.PingUsers)
	if m.Card != nil {
		out.Embeds = []embed{card(*m.Card)}
	}
	return out
}

// called are those who may be pinged as Discord takes them: each once, and not too many.
func called(ids []string) []string {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	return ids[:min(len(ids), mostCalled)]
}

// normal is text as Discord will give it back, so that a message can be found
// again by its words.
func normal(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

func card(c bridge.Card) embed {
	e := embed{Title: c.Title, Description: c.Text, Color: c.Color}
	for _, f := range c.Fields {
		e.Fields = append(e.Fields, embedField(f))
	}
	if c.Footer != "" {
		e.Footer = &embedFooter{Text: c.Footer}
	}
	return e
}

// rows puts buttons into rows: those with the same number beside each other, as many as
// fit.
func rows(buttons []bridge.Button) []component {
	sorted := slices.SortedStableFunc(slices.Values(buttons), func(a, b bridge.Button) int { return cmp.Compare(a.Row, b.Row) })
	var out []component
	for i, b := range sorted {
		if n := len(out); n == 0 || sorted[i-1].Row != b.Row || len(out[n-1].Components) == buttonsPerRow {
			out = append(out, component{Type: componentRow})
		}
		c := component{Type: componentButton, Style: 2, Label: b.Label, CustomID: b.ID}
		if style, ok := buttonStyles[b.Style]; ok {
			c.Style = style
		}
		if b.Emoji != "" {
			c.Emoji = &emoji{Name: b.Emoji}
		}
		row := &out[len(out)-1]
		row.Components = append(row.Components, c)
	}
	return out
}

// clip shortens s to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
