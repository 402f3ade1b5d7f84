package discordtest

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Kinds of component, with Discord's numbers.
const (
	componentRow        = 1
	componentButton     = 2
	componentSelect     = 3
	componentTextInput  = 4
	componentUserSelect = 5
	componentMentions   = 7
	componentChannels   = 8
	componentLabel      = 18
)

const styleLink = 5

// Component is a part of a message or modal as a person sees it.
type Component struct {
	Type        int         `json:"type"`
	CustomID    string      `json:"custom_id,omitempty"`
	Label       string      `json:"label,omitempty"`
	Description string      `json:"description,omitempty"`
	Style       int         `json:"style,omitempty"`
	Disabled    bool        `json:"disabled,omitempty"`
	URL         string      `json:"url,omitempty"`
	Placeholder string      `json:"placeholder,omitempty"`
	Content     string      `json:"content,omitempty"`
	Value       string      `json:"value,omitempty"`
	Required    *bool       `json:"required,omitempty"`
	MinLength   int         `json:"min_length,omitempty"`
	MaxLength   int         `json:"max_length,omitempty"`
	MinValues   *int        `json:"min_values,omitempty"`
	MaxValues   *int        `json:"max_values,omitempty"`
	Options     []Choice    `json:"options,omitempty"`
	Emoji       *Emoji      `json:"emoji,omitempty"`
	Components  []Component `json:"components,omitempty"`
	Component   *Component  `json:"component,omitempty"` // inside a label
}

// Emoji stands on a button or option.
type Emoji struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// Choice is one option of a select.
type Choice struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
	Default     bool   `json:"default,omitempty"`
}

// decodeComponents turns raw components into what a person sees.
func decodeComponents(raw []any) []Component {
	data, err := json.Marshal(raw)
	if err != nil {
		return nil
	}
	var out []Component
	if json.Unmarshal(data, &out) != nil || len(out) == 0 {
		return nil
	}
	return out
}

// walkComponents visits every component, outer ones first, until visit says
// stop by returning false.
func walkComponents(raw []any, visit func(obj) bool) bool {
	for _, v := range raw {
		c, isObj := v.(obj)
		if !isObj {
			continue
		}
		if !visit(c) || !walkComponents(anyList(c["components"]), visit) {
			return false
		}
		for _, key := range []string{"component", "accessory"} {
			if inner, isObj := c[key].(obj); isObj && !walkComponents([]any{inner}, visit) {
				return false
			}
		}
	}
	return true
}

// kindOf is the type of a component; 0 when v is none.
func kindOf(v any) int {
	n, _ := dig(v, "type").(float64)
	return int(n)
}

func isSelect(kind int) bool {
	return kind == componentSelect || kind >= componentUserSelect && kind <= componentChannels
}

// checkComponents enforces the shape of a message's components.
func checkComponents(raw []any, v2 bool) *reply {
	if !v2 && len(raw) > 5 {
		return new(invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."))
	}
	var bad *reply
	seen, count := map[string]bool{}, 0
	walkComponents(raw, func(c obj) bool {
		count++
		kind := kindOf(c)
		switch {
		case kind == componentRow:
			bad = checkRow(c)
		case kind == componentButton:
			bad = checkButton(c)
		case isSelect(kind):
			bad = checkSelect(c)
		case !v2:
			bad = new(invalid("components", "UNION_TYPE_CHOICES", fmt.Sprintf("component type %d needs the components v2 flag", kind)))
		}
		if id, _ := c["custom_id"].(string); id != "" && bad == nil {
			if seen[id] {
				bad = new(invalid("components.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated: "+id))
			}
			seen[id] = true
		}
		return bad == nil
	})
	if bad == nil && !v2 {
		for _, top := range raw {
			if kindOf(top) != componentRow {
				return new(invalid("components", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,)."))
			}
		}
	}
	if bad == nil && count > 40 {
		return new(invalid("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The maximum number of components is 40"))
	}
	return bad
}

func checkRow(c obj) *reply {
	inner := anyList(c["components"])
	if len(inner) < 1 || len(inner) > 5 {
		return new(invalid("components.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."))
	}
	for _, v := range inner {
		kind := kindOf(v)
		if kind != componentButton && !isSelect(kind) || isSelect(kind) && len(inner) > 1 {
			return new(invalid("components.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "an action row holds up to five buttons or one select"))
		}
	}
	return nil
}

func checkButton(c obj) *reply {
	label, _ := c["label"].(string)
	id, _ := c["custom_id"].(string)
	url, _ := c["url"].(string)
	style, _ := c["style"].(float64)
	switch {
	case utf8.RuneCountInString(label) > 80:
		return new(invalid("components.label", "BASE_TYPE_MAX_LENGTH", "Must be 80 or fewer in length."))
	case label == "" && c["emoji"] == nil:
		return new(invalid("components.label", "BUTTON_COMPONENT_REQUIRES_LABEL", "a button needs a label or an emoji"))
	case style == styleLink && (url == "" || id != ""):
		return new(invalid("components.url", "BASE_TYPE_REQUIRED", "a link button has a url and no custom_id"))
	case style != styleLink:
		return checkCustomID(id)
	}
	return nil
}

func checkCustomID(id string) *reply {
	if n := utf8.RuneCountInString(id); n < 1 || n > 100 {
		return new(invalid("components.custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."))
	}
	return nil
}

func checkSelect(c obj) *reply {
	id, _ := c["custom_id"].(string)
	if bad := checkCustomID(id); bad != nil {
		return bad
	}
	if kindOf(c) != componentSelect {
		return nil
	}
	options := anyList(c["options"])
	if len(options) < 1 || len(options) > 25 {
		return new(invalid("components.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length."))
	}
	values := map[string]bool{}
	for _, o := range options {
		label, _ := dig(o, "label").(string)
		value, _ := dig(o, "value").(string)
		if label == "" || value == "" || utf8.RuneCountInString(label) > 100 || utf8.RuneCountInString(value) > 100 {
			return new(invalid("components.options", "BASE_TYPE_BAD_LENGTH", "label and value must be between 1 and 100 in length."))
		}
		if values[value] {
			return new(invalid("components.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used"))
		}
		values[value] = true
	}
	return nil
}

// normalComponents numbers components and adds the defaults that Discord's
// answers carry.
func normalComponents(raw []any) []any {
	next := 0
	walkComponents(raw, func(c obj) bool {
		next++
		dropNulls(c)
		if id, isNumber := c["id"].(float64); !isNumber || id == 0 {
			c["id"] = next
		}
		if isSelect(kindOf(c)) {
			byDefault(c, "min_values", 1)
			byDefault(c, "max_values", 1)
		}
		return true
	})
	return raw
}

func byDefault(c obj, key string, value any) {
	if c[key] == nil {
		c[key] = value
	}
}

// findComponent finds an interactive component by custom_id.
func findComponent(raw []any, customID string) obj {
	var found obj
	walkComponents(raw, func(c obj) bool {
		if c["custom_id"] == customID {
			found = c
		}
		return found == nil
	})
	return found
}
