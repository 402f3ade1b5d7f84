package discordtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Modal is a form shown to one person.
type Modal struct {
	CustomID string  `json:"custom_id"`
	Title    string  `json:"title"`
	Fields   []Field `json:"fields"`

	components []any
}

// Field is one input of a modal.
type Field struct {
	CustomID    string   `json:"custom_id"`
	Label       string   `json:"label"`
	Description string   `json:"description,omitempty"`
	Type        int      `json:"type"` // 4 text, 3 and 5..8 selects, others as in Discord
	Style       int      `json:"style,omitempty"`
	Value       string   `json:"value,omitempty"` // filled in beforehand
	Placeholder string   `json:"placeholder,omitempty"`
	Required    bool     `json:"required"`
	MinLength   int      `json:"min_length,omitempty"`
	MaxLength   int      `json:"max_length,omitempty"`
	Options     []Choice `json:"options,omitempty"`
}

// answerModal shows a form; it waits for SubmitModal.
func (s *Server) answerModal(it *interaction, data []byte) *reply {
	var body struct {
		CustomID   string `json:"custom_id"`
		Title      string `json:"title"`
		Components []any  `json:"components"`
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return new(invalid("data", "INVALID", err.Error()))
	}
	if bad := checkCustomID(body.CustomID); bad != nil {
		return bad
	}
	if n := utf8.RuneCountInString(body.Title); n < 1 || n > 45 {
		return new(invalid("data.title", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length."))
	}
	if n := len(body.Components); n < 1 || n > 5 {
		return new(invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."))
	}
	m := &Modal{CustomID: body.CustomID, Title: body.Title, components: normalComponents(body.Components)}
	seen := map[string]bool{}
	for _, c := range decodeComponents(m.components) {
		f, isField := fieldOf(c)
		if !isField {
			continue
		}
		if bad := checkCustomID(f.CustomID); bad != nil {
			return bad
		}
		if n := utf8.RuneCountInString(f.Label); seen[f.CustomID] || n < 1 || n > 45 {
			return new(invalid("data.components", "BASE_TYPE_BAD_LENGTH", "a field needs a custom_id of its own and a label of 1 to 45 characters: "+f.CustomID))
		}
		seen[f.CustomID] = true
		m.Fields = append(m.Fields, f)
	}
	it.modal = m
	s.modals[it.by.user.id+" "+m.CustomID] = it
	s.show(it, Answer{Kind: "modal", Modal: m})
	return nil
}

// fieldOf reads an action row with a text input, or a label with any input.
func fieldOf(c Component) (Field, bool) {
	input, label := c, c.Label
	switch {
	case c.Type == componentRow && len(c.Components) == 1:
		input = c.Components[0]
		label = input.Label
	case c.Type == componentLabel && c.Component != nil:
		input = *c.Component
	default:
		return Field{}, false
	}
	return Field{CustomID: input.CustomID, Label: label, Description: c.Description, Type: input.Type, Style: input.Style,
		Value: input.Value, Placeholder: input.Placeholder, Required: input.Required == nil || *input.Required,
		MinLength: input.MinLength, MaxLength: input.MaxLength, Options: input.Options}, true
}

// fill checks what a person typed against the form and renders it as the
// submit carries it; problems are the person's, found before anything is sent.
func (m *Modal) fill(values map[string]any) ([]any, error) {
	typed := map[string][]string{}
	for id, v := range values {
		if !slices.ContainsFunc(m.Fields, func(f Field) bool { return f.CustomID == id }) {
			return nil, fmt.Errorf("fill modal %q: no field %q", m.CustomID, id)
		}
		typed[id] = textsOf(v)
	}
	for _, f := range m.Fields {
		if _, sent := typed[f.CustomID]; !sent && f.Value != "" {
			typed[f.CustomID] = []string{f.Value}
		}
		if err := f.check(typed[f.CustomID]); err != nil {
			return nil, fmt.Errorf("fill modal %q: %w", m.CustomID, err)
		}
	}
	var out []any
	for _, raw := range m.components {
		c, isObj := raw.(obj)
		if !isObj {
			continue
		}
		if kindOf(c) == componentLabel {
			out = append(out, obj{"type": componentLabel, "id": c["id"], "component": submitted(c["component"], typed)})
			continue
		}
		var inner []any
		for _, input := range anyList(c["components"]) {
			inner = append(inner, submitted(input, typed))
		}
		out = append(out, obj{"type": c["type"], "id": c["id"], "components": inner})
	}
	return out, nil
}

func submitted(raw any, typed map[string][]string) obj {
	id, _ := dig(raw, "custom_id").(string)
	out := obj{"type": kindOf(raw), "id": dig(raw, "id"), "custom_id": id}
	if kindOf(raw) != componentTextInput {
		out["values"] = append([]string{}, typed[id]...)
		return out
	}
	out["value"] = ""
	if len(typed[id]) > 0 {
		out["value"] = typed[id][0]
	}
	return out
}

func (f Field) check(values []string) error {
	empty := len(values) == 0 || len(values) == 1 && values[0] == ""
	if empty {
		if f.Required {
			return fmt.Errorf("field %q is required", f.CustomID)
		}
		return nil
	}
	if f.Type == componentTextInput {
		n := utf8.RuneCountInString(values[0])
		if f.MinLength > 0 && n < f.MinLength || f.MaxLength > 0 && n > f.MaxLength || n > 4000 {
			return fmt.Errorf("field %q: %d characters, permitted are %d to %d", f.CustomID, n, f.MinLength, f.MaxLength)
		}
		return nil
	}
	if len(f.Options) > 0 {
		return checkChosen(f.CustomID, f.Options, values)
	}
	return nil
}

func checkChosen(id string, options []Choice, values []string) error {
	for _, v := range values {
		if !slices.ContainsFunc(options, func(o Choice) bool { return o.Value == v }) {
			return fmt.Errorf("field %q has no option %q", id, v)
		}
	}
	return nil
}

// textsOf reads a value or a list of values, also as JSON decodes them.
func textsOf(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case []string:
		return v
	case []any:
		return list(v, func(one any) string { return fmt.Sprint(one) })
	default:
		return []string{fmt.Sprint(v)}
	}
}
