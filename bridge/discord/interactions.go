package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
)

// interaction is what is read of one; it holds a token with which anybody could
// answer it, so it is never logged.
type interaction struct {
	ID      string `json:"id"`
	App     string `json:"application_id"`
	Type    int    `json:"type"`
	Token   string `json:"token"`
	Guild   string `json:"guild_id"`
	Channel string `json:"channel_id"`
	Locale  string `json:"locale"`
	Limit   int64  `json:"attachment_size_limit"` // bytes, 0 when it is not told
	Member  *struct {
		member
	} `json:"member"`
	Message *struct {
		ID    string `json:"id"`
		Flags int    `json:"flags"`
	} `json:"message"`
	Data struct {
		Name       string       `json:"name"`
		CustomID   string       `json:"custom_id"`
		Options    []optionSent `json:"options"`
		Values     []string     `json:"values"`     // of a select
		Components []filled     `json:"components"` // of a form
		Target     string       `json:"target_id"`  // of a message command
		Resolved   struct {
			Messages map[string]message `json:"messages"`
			Members  map[string]member  `json:"members"` // without their user
		} `json:"resolved"`
	} `json:"data"`

	at time.Time // of arrival, by the real clock
}

type optionSent struct {
	Type    int             `json:"type"`
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`
	Focused bool            `json:"focused"` // being typed
	Options []optionSent    `json:"options"`
}

const (
	pressCommand = 2
	pressButton  = 3 // and the use of a select
	pressForm    = 5
	typesOption  = 4 // somebody is typing an option of a command

	answerLaterEphemeral = 5
	answerLaterUpdate    = 6
	answerChoices        = 8
	answerForm           = 9

	optionSub      = 1
	optionGroup    = 2
	optionText     = 3
	optionNumber   = 4
	optionUser     = 6
	mostAnswerText = 2000
	mostRows       = 5 // a message with more is refused whole

	// A token is good for 15 minutes; the handler ends before.
	handlingTime = 14 * time.Minute
	// What is at work when everything ends has this long to finish.
	grace  = 5 * time.Second
	ackers = 64
	atWork = 64
)

func (c *Client) onInteraction(raw json.RawMessage) {
	var i interaction
	if err := json.Unmarshal(raw, &i); err != nil {
		c.log.Error("discord interaction could not be read", zap.Error(err))
	}
	if i.Guild != c.guild || i.Type < pressCommand || i.Type > pressForm || i.ID == "" {
		return
	}
	if i.Member != nil && i.Member.User != nil {
		c.names.user(*i.Member.User, &i.Member.member)
	}
	c.limit.tell(i.Limit)
	i.at = time.Now()
	if i.Type == typesOption {
		select {
		case c.typed <- i:
		default: // the next keystroke asks again
		}
		return
	}
	select {
	case c.pressed <- i:
	default:
		c.log.Error("too many interactions at once, one is dropped")
	}
}

// answerAll acknowledges interactions at once and answers each in a goroutine
// of its own, until ctx ends and all are answered.
func (c *Client) answerAll(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, atWork)
	for range ackers {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case i := <-c.pressed:
					if !c.acknowledge(ctx, i) {
						continue
					}
					// Not wg.Go for all at once: a press beyond the bound stays
					// acknowledged, and waits for its turn without an acker.
					wg.Go(func() {
						var follow func()
						select {
						case slots <- struct{}{}:
							follow = c.answer(ctx, i)
							<-slots
						case <-ctx.Done():
						}
						if follow != nil { // it may take minutes, and does next to nothing
							follow()
						}
					})
				}
			}
		})
	}
}

// acknowledge tells Discord to wait, and reports whether there is something to wait
// for: an interaction that opens a form is answered by it. One repetition is safe: the second answer
// is refused as such.
func (c *Client) acknowledge(ctx context.Context, i interaction) bool {
	if c.bot == nil {
		return false
	}
	ctx, cancel := context.WithDeadline(ctx, i.at.Add(c.set.ack))
	defer cancel()
	type flags struct {
		Flags int `json:"flags,omitempty"`
	}
	in := struct {
		Type int `json:"type"`
		Data any `json:"data,omitempty"`
	}{Type: answerLaterUpdate}
	form, isForm := c.form(ctx, i)
	switch {
	case isForm:
		in.Type, in.Data = answerForm, encodeForm(form)
	case i.Type == pressCommand || i.Type == pressForm && i.Message == nil:
		in.Type, in.Data = answerLaterEphemeral, flags{flagEphemeral}
	}
	if err := c.callBack(ctx, "acknowledge interaction", i, in); err != nil {
		c.log.Warn("an interaction could not be acknowledged", zap.Error(err))
		return false
	}
	return !isForm
}

// callBack gives an interaction its first answer, once however often it is repeated.
func (c *Client) callBack(ctx context.Context, op string, i interaction, in any) (err error) {
	path := "/interactions/" + i.ID + "/" + i.Token + "/callback"
	for range 3 {
		attempt, stop := context.WithTimeout(ctx, c.set.ack/3)
		err = c.rest.do(attempt, op, http.MethodPost, path, in, nil)
		stop()
		if err == nil || isCode(err, codeAcknowledged) {
			return nil
		}
		if ctx.Err() != nil || isStatus(err, 400, 401, 403, 404) {
			break
		}
	}
	return err
}

// answer answers an interaction, and returns how that goes on, nil if it does not.
func (c *Client) answer(ctx context.Context, i interaction) (follow func()) {
	handling, handled := context.WithDeadline(context.WithoutCancel(ctx), i.at.Add(handlingTime))
	defer handled()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, handled) })()
	answer := c.handle(handling, i)
	shown := c.newAnswering(i)
	if err := shown.show(ctx, answer); err != nil {
		c.log.Warn("an interaction could not be answered", zap.Error(err))
		return nil
	}
	if answer.Follow == nil {
		return nil
	}
	return func() { shown.follow(ctx, answer) }
}

func (c *Client) handle(ctx context.Context, i interaction) (answer bot.Answer) {
	defer func() {
		if v := recover(); v != nil {
			c.log.Error("an interaction broke", zap.Error(panicked("handle", v)), zap.String("interaction", i.ID))
			answer = bot.Answer{Text: broken(i.ID)}
		}
	}()
	return c.bot.Handle(ctx, i.forBot(c.now()))
}

// broken is what a person reads of a mistake in the program.
func broken(id string) string { return "⚠️ Terjadi kesalahan / something went wrong (" + id + ")" }

// onAnswer reports a button of an earlier answer, which only this person sees.
func (i interaction) onAnswer() bool { return i.Message != nil && i.Message.Flags&flagEphemeral != 0 }

func (i interaction) forBot(at time.Time) bot.Interaction {
	out := bot.Interaction{ID: i.ID, Channel: i.Channel, Locale: i.Locale, At: at, Options: map[string]string{}}
	if m := i.Member; m != nil {
		out.Roles = m.Roles
		if m.User != nil {
			out.User, out.Name = m.User.ID, cmp.Or(m.Nick, m.User.Global, m.User.Name)
		}
	}
	if i.Message != nil {
		out.Message = i.Message.ID
	}
	switch {
	case i.Type == pressButton:
		out.Button, out.Values = i.Data.CustomID, i.Data.Values
		return out
	case i.Type == pressForm:
		out.Form, out.Fields = i.Data.CustomID, map[string]string{}
		fields(i.Data.Components, out.Fields)
		return out
	case i.Data.Target != "":
		out.Command = i.Data.Name
		m, ok := i.Data.Resolved.Messages[i.Data.Target]
		if !ok {
			m.ID = i.Data.Target
		}
		out.Target = m.target(i.Channel)
		return out
	}
	out.Members = map[string][]string{}
	for id, m := range i.Data.Resolved.Members {
		out.Members[id] = m.Roles
	}
	words, options := []string{i.Data.Name}, i.Data.Options
	for len(options) == 1 && (options[0].Type == optionSub || options[0].Type == optionGroup) {
		words = append(words, options[0].Name)
		options = options[0].Options
	}
	out.Command = strings.Join(words, " ")
	for _, o := range options {
		out.Options[o.Name] = o.text()
	}
	return out
}

func (o optionSent) text() string {
	var s string
	if json.Unmarshal(o.Value, &s) == nil {
		return s
	}
	return string(o.Value)
}
