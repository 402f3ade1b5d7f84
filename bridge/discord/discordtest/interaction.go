package discordtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
	"unicode/utf8"
)

// Kinds of interaction.
const (
	interactionCommand      = 2
	interactionComponent    = 3
	interactionAutocomplete = 4
	interactionModal        = 5
)

// Kinds of first answer.
const (
	callbackPong         = 1
	callbackMessage      = 4
	callbackDefer        = 5
	callbackDeferUpdate  = 6
	callbackUpdate       = 7
	callbackAutocomplete = 8
	callbackModal        = 9
)

// interaction is one use of a command, component or modal.
type interaction struct {
	id, token string
	kind      int
	by        *member
	channel   *channel
	message   *message  // whose component was used
	at        time.Time // real time
	answered  int       // kind of first answer, 0 for none yet
	original  *message
	modal     *Modal
	choices   []Choice
	seen      []Answer
	failed    bool // the person was told that the interaction failed
}

// newInteraction makes an interaction and dispatches it to the bot.
func (s *Server) newInteraction(kind int, by *member, c *channel, source *message, data obj) *interaction {
	it := &interaction{id: s.id(), kind: kind, by: by, channel: c, message: source, at: time.Now(),
		token: fmt.Sprintf("i%016x%016x", s.random.Uint64(), s.random.Uint64())}
	s.interactions[it.id], s.tokens[it.token] = it, it
	who := by.render()
	who["permissions"] = fmt.Sprint(int64(s.permissions(by, c)))
	payload := obj{
		"id": it.id, "application_id": s.appID, "type": kind, "token": it.token, "version": 1, "guild_id": s.guildID,
		"channel_id": c.id, "channel": s.renderChannel(c), "member": who, "data": data, "locale": "id", "guild_locale": "en-US",
		"app_permissions": fmt.Sprint(int64(s.permissions(s.bot, c))), "entitlements": []any{}, "context": 0,
		"authorizing_integration_owners": obj{"0": s.guildID}, "attachment_size_limit": s.limits.AttachmentBytes,
		"guild": obj{"id": s.guildID, "locale": "en-US", "features": []any{}},
	}
	if source != nil {
		payload["message"] = s.renderMessage(source)
	}
	s.dispatch(event{name: "INTERACTION_CREATE", data: payload})
	s.touch(Change{Kind: "interaction", Channel: c.id})
	return it
}

// show adds to what the person sees.
func (s *Server) show(it *interaction, a Answer) {
	a.s, a.it, a.index = s, it, len(it.seen)+1
	it.seen = append(it.seen, a)
	s.touch(Change{Kind: "answer", Channel: it.channel.id})
}

var interactionRoutes = []route{
	{method: "POST", path: "/interactions/{interaction_id}/{interaction_token}/callback", do: (*Server).postCallback, bucket: bucketInteraction, open: true, schema: callbackSchema},
	{method: "POST", path: "/webhooks/{webhook_id}/{webhook_token}", do: withToken((*Server).postFollowup), bucket: bucketInteraction, open: true},
	{method: "GET", path: "/webhooks/{webhook_id}/{webhook_token}/messages/@original", do: withToken((*Server).getAnswer), bucket: bucketInteraction, open: true},
	{method: "PATCH", path: "/webhooks/{webhook_id}/{webhook_token}/messages/@original", do: withToken((*Server).patchAnswer), bucket: bucketInteraction, open: true},
	{method: "DELETE", path: "/webhooks/{webhook_id}/{webhook_token}/messages/@original", do: withToken((*Server).deleteAnswer), bucket: bucketInteraction, open: true},
	{method: "GET", path: "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", do: withToken((*Server).getAnswer), bucket: bucketInteraction, open: true},
	{method: "PATCH", path: "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", do: withToken((*Server).patchAnswer), bucket: bucketInteraction, open: true},
	{method: "DELETE", path: "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", do: withToken((*Server).deleteAnswer), bucket: bucketInteraction, open: true},
}

type callbackBody struct {
	Type int             `json:"type"`
	Data json.RawMessage `json:"data"`
}

func callbackSchema(_ *Server, c *call) string {
	var body callbackBody
	if json.Unmarshal(c.body, &body) != nil {
		return ""
	}
	return map[int]string{
		callbackMessage: "CreateMessageInteractionCallbackRequest", callbackDefer: "CreateMessageInteractionCallbackRequest",
		callbackDeferUpdate: "UpdateMessageInteractionCallbackRequest", callbackUpdate: "UpdateMessageInteractionCallbackRequest",
		callbackAutocomplete: "ApplicationCommandAutocompleteCallbackRequest", callbackModal: "ModalInteractionCallbackRequest",
	}[body.Type]
}

// postCallback takes the first answer: within the deadline, and only one.
func (s *Server) postCallback(c *call) reply {
	it := s.interactions[c.path("interaction_id")]
	switch {
	case it == nil || it.token != c.path("interaction_token"):
		return unknownInteraction()
	case it.answered != 0:
		return fail(400, 40060, "Interaction has already been acknowledged.")
	case time.Since(it.at) >= s.limits.FirstAnswer:
		return unknownInteraction()
	}
	var body callbackBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	refusal := s.firstAnswer(it, body, c.files)
	if refusal != nil {
		return *refusal
	}
	it.answered = body.Type
	s.touch(Change{Kind: "answer", Channel: it.channel.id})
	if c.query("with_response") == "true" {
		return ok(s.renderCallback(it, body.Type))
	}
	return noContent()
}

func (s *Server) renderCallback(it *interaction, kind int) obj {
	out := obj{"interaction": obj{"id": it.id, "type": it.kind}}
	if it.original != nil {
		out["interaction"].(obj)["response_message_id"] = it.original.id
		out["interaction"].(obj)["response_message_loading"] = it.original.flags&flagLoading != 0
		out["interaction"].(obj)["response_message_ephemeral"] = it.original.flags&flagEphemeral != 0
	}
	if it.original != nil && (kind == callbackMessage || kind == callbackUpdate) {
		out["resource"] = obj{"type": kind, "message": s.renderMessage(it.original)}
	}
	return out
}

func (s *Server) firstAnswer(it *interaction, body callbackBody, files []upload) *reply {
	fromMessage := it.message != nil
	autocomplete := it.kind == interactionAutocomplete
	switch {
	case body.Type == callbackMessage && !autocomplete:
		return s.answerWith(it, body.Data, files)
	case body.Type == callbackDefer && !autocomplete:
		return s.answerLater(it, body.Data)
	case body.Type == callbackDeferUpdate && fromMessage:
		it.original = it.message
		s.show(it, Answer{Kind: "deferred"})
		return nil
	case body.Type == callbackUpdate && fromMessage:
		return s.answerUpdate(it, body.Data, files)
	case body.Type == callbackAutocomplete && autocomplete:
		return s.answerChoices(it, body.Data)
	case body.Type == callbackModal && it.kind != interactionModal && !autocomplete:
		return s.answerModal(it, body.Data)
	}
	return new(invalid("type", "BASE_TYPE_CHOICES", fmt.Sprintf("answer of type %d to an interaction of type %d", body.Type, it.kind)))
}

// answerWith shows a new message.
func (s *Server) answerWith(it *interaction, data []byte, files []upload) *reply {
	m, bad := s.answerMessageOf(it, data, files)
	if bad != nil {
		return bad
	}
	it.original = m
	return nil
}

// answerMessageOf makes and shows a message that answers an interaction.
func (s *Server) answerMessageOf(it *interaction, data []byte, files []upload) (*message, *reply) {
	d, bad := readDraft(data, files)
	if bad == nil {
		bad = d.checkShape()
	}
	if bad == nil && d.empty() {
		bad = new(malformed(fail(400, 50006, "Cannot send an empty message"), "empty answer"))
	}
	if bad != nil {
		return nil, bad
	}
	m := s.makeMessage(d, s.bot, it.channel)
	m.interaction = it.id
	if it.kind == interactionCommand {
		m.kind = 20
	}
	if m.flags&flagEphemeral != 0 {
		m.viewer = it.by.user.id
	} else {
		s.wake(it.channel)
	}
	s.keepMessage(m)
	s.announce(m)
	s.show(it, Answer{Kind: "message", Message: s.see(m)})
	return m, nil
}

// answerLater shows "thinking..." until the original is edited.
func (s *Server) answerLater(it *interaction, data []byte) *reply {
	d, bad := readDraft(data, nil)
	if bad != nil {
		return bad
	}
	m := &message{id: s.id(), channel: it.channel, author: s.bot.user, at: s.now(), interaction: it.id,
		flags: flagLoading | d.flags()&flagEphemeral}
	if it.kind == interactionCommand {
		m.kind = 20
	}
	if m.flags&flagEphemeral != 0 {
		m.viewer = it.by.user.id
	}
	s.keepMessage(m)
	s.announce(m)
	it.original = m
	return nil
}

// answerUpdate changes the message whose component was used.
func (s *Server) answerUpdate(it *interaction, data []byte, files []upload) *reply {
	d, bad := readDraft(data, files)
	if bad == nil {
		bad = s.checkEdit(it.message, d)
	}
	if bad != nil {
		return bad
	}
	it.original = it.message
	s.change(it.message, d, s.bot)
	s.show(it, Answer{Kind: "update", Message: s.see(it.message)})
	return nil
}

func (s *Server) answerChoices(it *interaction, data []byte) *reply {
	var body struct {
		Choices []struct {
			Name  string `json:"name"`
			Value any    `json:"value"`
		} `json:"choices"`
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return new(invalid("data", "INVALID", err.Error()))
	}
	if len(body.Choices) > 25 {
		return new(invalid("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."))
	}
	for i, c := range body.Choices {
		if bad := checkChoice(fmt.Sprintf("data.choices.%d", i), c.Name, c.Value); bad != nil {
			return bad
		}
		it.choices = append(it.choices, Choice{Label: c.Name, Value: fmt.Sprint(c.Value)})
	}
	s.show(it, Answer{Kind: "choices", Choices: it.choices})
	return nil
}

// mostChoice is how many characters a choice shows, and brings, at most.
const mostChoice = 100

// checkChoice refuses a choice that Discord refuses, and all others with it.
func checkChoice(field, name string, value any) *reply {
	if n := utf8.RuneCountInString(name); n < 1 || n > mostChoice {
		return new(invalid(field+".name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."))
	}
	switch v := value.(type) {
	case string:
		if utf8.RuneCountInString(v) > mostChoice {
			return new(invalid(field+".value", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length."))
		}
	case float64:
	default:
		return new(invalid(field+".value", "BASE_TYPE_REQUIRED", "This field is required"))
	}
	return nil
}

// withToken finds the interaction of a webhook route; its token lives 15
// minutes.
func withToken(do func(*Server, *call, *interaction) reply) func(*Server, *call) reply {
	return func(s *Server, c *call) reply {
		it := s.tokens[c.path("webhook_token")]
		switch {
		case c.path("webhook_id") != s.appID, it == nil:
			return unknownWebhook()
		case time.Since(it.at) > s.limits.TokenLife:
			return fail(401, 50027, "Invalid Webhook Token")
		case it.answered == 0:
			return unknownWebhook()
		}
		return do(s, c, it)
	}
}

func (s *Server) postFollowup(c *call, it *interaction) reply {
	// The first follow-up to a deferred answer takes its place.
	if it.original != nil && it.original.flags&flagLoading != 0 {
		return s.patchAnswer(c, it)
	}
	m, bad := s.answerMessageOf(it, c.body, c.files)
	if bad != nil {
		return *bad
	}
	return ok(s.renderMessage(m))
}

// answered finds the message a webhook route names; @original needs a first
// answer that has a message.
func (s *Server) answered(c *call, it *interaction) *message {
	id := c.path("message_id")
	if id == "" {
		if it.original == nil || it.original.deleted {
			return nil
		}
		return it.original
	}
	m := s.message(it.channel.id, id)
	if m == nil || m.interaction != it.id && m != it.original {
		return nil
	}
	return m
}

func (s *Server) getAnswer(c *call, it *interaction) reply {
	if m := s.answered(c, it); m != nil {
		return ok(s.renderMessage(m))
	}
	return unknownMessage()
}

func (s *Server) patchAnswer(c *call, it *interaction) reply {
	m := s.answered(c, it)
	if m == nil {
		return unknownMessage()
	}
	d, bad := readDraft(c.body, c.files)
	if bad == nil {
		bad = s.checkEdit(m, d)
	}
	if bad != nil {
		return *bad
	}
	kind := "edit"
	if m.flags&flagLoading != 0 {
		kind = "message"
	} else if m == it.message {
		kind = "update"
	}
	s.change(m, d, s.bot)
	s.show(it, Answer{Kind: kind, Message: s.see(m)})
	return ok(s.renderMessage(m))
}

func (s *Server) deleteAnswer(c *call, it *interaction) reply {
	m := s.answered(c, it)
	if m == nil {
		return unknownMessage()
	}
	s.erase(m)
	s.show(it, Answer{Kind: "deleted", Message: s.see(m)})
	return noContent()
}

// forgetOld drops interactions whose token is long dead.
func (s *Server) forgetOld() {
	maps.DeleteFunc(s.interactions, func(_ string, it *interaction) bool {
		old := time.Since(it.at) > 2*s.limits.TokenLife
		if old {
			delete(s.tokens, it.token)
		}
		return old
	})
}
