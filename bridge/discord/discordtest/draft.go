package discordtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	_ "image/gif"  // sizes of uploads
	_ "image/jpeg" // sizes of uploads
	_ "image/png"  // sizes of uploads
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// draft is a message as a client sends it, for creating or editing.
type draft struct {
	Content         *string          `json:"content"`
	Embeds          *[]any           `json:"embeds"`
	Components      *[]any           `json:"components"`
	Flags           *int             `json:"flags"`
	Nonce           any              `json:"nonce"`
	EnforceNonce    bool             `json:"enforce_nonce"`
	AllowedMentions *allowedMentions `json:"allowed_mentions"`
	Reference       *struct {
		MessageID       string `json:"message_id"`
		ChannelID       string `json:"channel_id"`
		FailIfNotExists *bool  `json:"fail_if_not_exists"`
		Type            int    `json:"type"`
	} `json:"message_reference"`
	Attachments *[]attachmentBody `json:"attachments"`
	StickerIDs  []string          `json:"sticker_ids"`
	Poll        any               `json:"poll"`

	sent  map[string]json.RawMessage // to tell null from absent
	files []upload
	*extras
}

type allowedMentions struct {
	Parse       *[]string `json:"parse"`
	Users       []string  `json:"users"`
	Roles       []string  `json:"roles"`
	RepliedUser bool      `json:"replied_user"`
}

// attachmentBody names an upload by its number or a kept attachment by its id.
type attachmentBody struct {
	ID          any      `json:"id"`
	Filename    string   `json:"filename"`
	Description string   `json:"description"`
	Seconds     *float64 `json:"duration_secs"`
	Waveform    *string  `json:"waveform"`
}

func (a attachmentBody) id() string { return strings.TrimSuffix(fmt.Sprint(a.ID), ".0") }

func readDraft(body []byte, files []upload) (*draft, *reply) {
	d := &draft{files: files}
	if len(body) == 0 {
		return d, nil
	}
	if err := json.Unmarshal(body, d); err != nil {
		return nil, new(invalid("_body", "INVALID", err.Error()))
	}
	if err := json.Unmarshal(body, &d.sent); err != nil {
		return nil, new(invalid("_body", "INVALID", err.Error()))
	}
	if number, isNumber := d.Nonce.(float64); isNumber {
		d.Nonce = json.Number(fmt.Sprintf("%.0f", number))
	}
	return d, nil
}

func (d *draft) text() string {
	if d.Content == nil {
		return ""
	}
	return strings.TrimSpace(*d.Content)
}

func (d *draft) flags() int {
	if d.Flags == nil {
		return 0
	}
	return *d.Flags
}

func listOf(field *[]any) []any {
	if field == nil {
		return nil
	}
	return *field
}

// empty says whether nothing would be seen.
func (d *draft) empty() bool {
	return d.text() == "" && len(listOf(d.Embeds)) == 0 && len(listOf(d.Components)) == 0 && len(d.files) == 0 && len(d.StickerIDs) == 0 && d.extras.empty()
}

// checkShape enforces the sizes and forms that do not depend on a place.
func (d *draft) checkShape() *reply {
	if utf8.RuneCountInString(d.text()) > 2000 {
		return new(invalid("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length."))
	}
	if nonce, isText := d.Nonce.(string); isText && len(nonce) > 25 {
		return new(invalid("nonce", "NONCE_TYPE_TOO_LONG", "Nonce is too long"))
	}
	if d.Poll != nil || len(d.StickerIDs) > 0 {
		return new(invalid("poll", "UNSUPPORTED", "this Discord has no polls or stickers"))
	}
	if len(d.files) > 10 {
		return new(invalid("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."))
	}
	if bad := d.checkAttachments(); bad != nil {
		return bad
	}
	if bad := d.checkVoice(); bad != nil {
		return bad
	}
	if bad := checkEmbeds(listOf(d.Embeds)); bad != nil {
		return bad
	}
	if bad := checkComponents(listOf(d.Components), d.flags()&flagComponentsV2 != 0); bad != nil {
		return bad
	}
	if a := d.AllowedMentions; a != nil && a.Parse != nil {
		if slices.Contains(*a.Parse, "users") && len(a.Users) > 0 || slices.Contains(*a.Parse, "roles") && len(a.Roles) > 0 {
			return new(invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", "parse and the list of the same kind are mutually exclusive"))
		}
	}
	return nil
}

// checkDraft adds what depends on who writes where.
func (s *Server) checkDraft(d *draft, by *member, c *channel) *reply {
	if bad := d.checkShape(); bad != nil {
		return bad
	}
	if bad := d.checkNamed(); bad != nil {
		return bad
	}
	d.dropEmpty()
	if d.empty() {
		return new(malformed(fail(400, 50006, "Cannot send an empty message"), "empty message"))
	}
	p := s.permissions(by, c)
	if d.flags()&flagVoice != 0 {
		if !p.has(PermissionSendVoiceMessages) {
			return new(fail(403, 50173, "Cannot send voice messages in this channel"))
		}
		return nil
	}
	if len(d.files) > 0 && !p.has(PermissionAttachFiles) || len(listOf(d.Embeds)) > 0 && !p.has(PermissionEmbedLinks) {
		return new(missingPermission())
	}
	return nil
}

// boundedText is one text of an embed and how many characters it may have.
type boundedText struct {
	name string
	text any
	most int
}

// checkEmbeds bounds each embed and the 6000 characters of all together.
func checkEmbeds(embeds []any) *reply {
	if len(embeds) > 10 {
		return new(invalid("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."))
	}
	total := 0
	for _, raw := range embeds {
		e, isObj := raw.(obj)
		if !isObj {
			return new(invalid("embeds", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"))
		}
		texts := []boundedText{
			{"title", e["title"], 256}, {"description", e["description"], 4096},
			{"footer.text", dig(e, "footer", "text"), 2048}, {"author.name", dig(e, "author", "name"), 256},
		}
		fields := anyList(e["fields"])
		if len(fields) > 25 {
			return new(invalid("embeds.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."))
		}
		for _, f := range fields {
			name, value := dig(f, "name"), dig(f, "value")
			if name == nil || value == nil || name == "" || value == "" {
				return new(invalid("embeds.fields", "BASE_TYPE_REQUIRED", "This field is required"))
			}
			texts = append(texts, boundedText{"fields.name", name, 256}, boundedText{"fields.value", value, 1024})
		}
		for _, t := range texts {
			text, _ := t.text.(string)
			n := utf8.RuneCountInString(text)
			if total += n; n > t.most {
				return new(invalid("embeds."+t.name, "BASE_TYPE_MAX_LENGTH", fmt.Sprintf("Must be %d or fewer in length.", t.most)))
			}
		}
	}
	if total > 6000 {
		return new(invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000"))
	}
	return nil
}

// dig walks into nested objects; nil when something is missing.
func dig(v any, keys ...string) any {
	for _, key := range keys {
		o, isObj := v.(obj)
		if !isObj {
			return nil
		}
		v = o[key]
	}
	return v
}

// normalEmbeds gives embeds the fields that Discord adds.
func normalEmbeds(embeds []any) []any {
	for _, raw := range embeds {
		if e, isObj := raw.(obj); isObj {
			e["type"] = "rich"
			dropNulls(e)
			for _, f := range anyList(e["fields"]) {
				if field, isObj := f.(obj); isObj && field["inline"] == nil {
					field["inline"] = false
				}
			}
		}
	}
	return embeds
}

func anyList(v any) []any {
	l, _ := v.([]any)
	return l
}

// dropNulls removes null fields at any depth.
func dropNulls(v any) {
	switch v := v.(type) {
	case obj:
		for key, inner := range v {
			if inner == nil {
				delete(v, key)
			} else {
				dropNulls(inner)
			}
		}
	case []any:
		for _, inner := range v {
			dropNulls(inner)
		}
	}
}

// attach stores the uploads of a draft.
func (s *Server) attach(d *draft, c *channel, ephemeral bool) []*attachment {
	var out []*attachment
	for _, f := range d.files {
		a := &attachment{id: s.id(), name: safeName(f.name), channel: c.id, data: f.data, ephemeral: ephemeral,
			contentType: cmp.Or(f.contentType, http.DetectContentType(f.data))}
		if d.Attachments != nil {
			for _, meta := range *d.Attachments {
				if meta.id() == fmt.Sprint(f.index) {
					a.name, a.description = safeName(cmp.Or(meta.Filename, f.name)), meta.Description
					if d.flags()&flagVoice != 0 {
						a.seconds, a.waveform = *meta.Seconds, *meta.Waveform
					}
				}
			}
		}
		if size, _, err := image.DecodeConfig(bytes.NewReader(f.data)); err == nil {
			a.width, a.height = size.Width, size.Height
		}
		s.attachments[a.id] = a
		out = append(out, a)
	}
	return out
}

var unsafeName = regexp.MustCompile(`[^\pL\pN._-]+`)

// safeName is a file name as Discord keeps it.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	return cmp.Or(unsafeName.ReplaceAllString(name, "_"), "unknown")
}
