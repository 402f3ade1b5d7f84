package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
)

// An answering shows one interaction's answer, and what takes its place. It is
// used by one goroutine.
type answering struct {
	c    *Client
	i    interaction
	base string // of the routes of the interaction's token
	// message is what is edited: "@original", or the id of an answer that stands
	// below the message whose button was pressed; "" until there is one.
	message string
}

const (
	original = "@original"
	// Showing one answer takes no longer, with everything that is repeated.
	showTime = 10 * time.Second
)

func (c *Client) newAnswering(i interaction) *answering {
	a := &answering{c: c, i: i, base: "/webhooks/" + i.App + "/" + i.Token}
	if i.Type == pressCommand || i.Type == pressForm && i.Message == nil || i.onAnswer() {
		a.message = original
	}
	return a
}

// show makes an answer what the person sees. Who ends ctx does not end it: what
// was done is done, and its answer is still given.
func (a *answering) show(ctx context.Context, answer bot.Answer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), showTime)
	defer cancel()
	answer.Text = clip(strings.TrimSpace(answer.Text), mostAnswerText)
	if answer.Empty() {
		return a.withdraw(ctx)
	}
	kind, body, err := encode(answer, a.message == "", a.i.Locale)
	if err != nil {
		return err
	}
	if a.message != "" {
		return a.repeat(ctx, func() error {
			return a.c.rest.send(ctx, "change answer", http.MethodPatch, a.base+"/messages/"+a.message, kind, body, nil)
		})
	}
	var out struct {
		ID string `json:"id"`
	}
	// Not repeated: a second one would stand beside the first.
	if err := a.c.rest.send(ctx, "answer button", http.MethodPost, a.base, kind, body, &out); err != nil {
		return err
	}
	a.message = out.ID
	return nil
}

// withdraw takes away what is shown. The answer a button was on stays: what
// happened shows by itself.
func (a *answering) withdraw(ctx context.Context) error {
	if a.message == "" || a.i.onAnswer() {
		return nil
	}
	err := a.repeat(ctx, func() error {
		return a.c.rest.do(ctx, "withdraw answer", http.MethodDelete, a.base+"/messages/"+a.message, nil, nil)
	})
	if isCode(err, codeUnknownMessage) {
		return nil
	}
	return err
}

// repeat tries something harmless to repeat until Discord gives a clear answer or
// ctx ends.
func (a *answering) repeat(ctx context.Context, ask func() error) error {
	for wait := 200 * time.Millisecond; ; wait *= 2 {
		err := ask()
		if err == nil || ctx.Err() != nil || isStatus(err, 400, 401, 403, 404, 413) {
			return err
		}
		if sleep(ctx, wait, "showing the answer again") != nil {
			return err
		}
	}
}

// follow lets an answer go on until its token ends or the program does.
func (a *answering) follow(ctx context.Context, answer bot.Answer) {
	defer func() {
		if v := recover(); v != nil {
			a.c.log.Error("an interaction broke", zap.Error(panicked("follow", v)), zap.String("interaction", a.i.ID))
			_ = a.show(ctx, bot.Answer{Text: broken(a.i.ID)}) // nobody else could be told either
		}
	}()
	ctx, cancel := context.WithDeadline(ctx, a.i.at.Add(handlingTime))
	defer cancel()
	answer.Follow(ctx, func(next bot.Answer) error { return a.show(ctx, next) })
}

// answerBody is an answer as Discord takes it. Nothing is left out when empty:
// what a later answer does not have must go.
type answerBody struct {
	Content     string       `json:"content"`
	Mentions    mentions     `json:"allowed_mentions"`
	Components  []component  `json:"components"`
	Attachments []attachment `json:"attachments"`
	Flags       int          `json:"flags,omitempty"`
}

// attachment names an uploaded file by its place in the request.
type attachment struct {
	ID          string `json:"id"`
	Name        string `json:"filename"`
	Description string `json:"description,omitempty"`
	// Of a voice message: how long it is, and its picture in base64.
	Seconds  float64 `json:"duration_secs,omitempty"`
	Waveform *string `json:"waveform,omitempty"`
}

// encode is the body of a request that shows an answer.
func encode(answer bot.Answer, first bool, locale string) (kind string, body []byte, err error) {
	rows := append(selectRows(answer.Selects, locale), answerRows(answer.Buttons)...)
	in := answerBody{Content: answer.Text, Mentions: silent(), Components: rows[:min(len(rows), mostRows)], Attachments: []attachment{}}
	if first {
		in.Flags = flagEphemeral
	}
	for i, f := range answer.Files {
		in.Attachments = append(in.Attachments, attachment{ID: strconv.Itoa(i), Name: f.Name, Description: f.Description})
	}
	data, err := json.Marshal(in)
	if err != nil {
		return "", nil, fmt.Errorf("write answer: %w", err)
	}
	if len(answer.Files) == 0 {
		return "application/json", data, nil
	}
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	write := func(disposition, kind string, data []byte) {
		header := textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}}
		part, e := parts.CreatePart(header)
		if e == nil {
			_, e = part.Write(data)
		}
		if err == nil {
			err = e
		}
	}
	write(`form-data; name="payload_json"`, "application/json", data)
	for i, f := range answer.Files {
		write(`form-data; name="files[`+strconv.Itoa(i)+`]"; filename=`+strconv.Quote(f.Name), f.Type, f.Data)
	}
	if e := parts.Close(); err == nil {
		err = e
	}
	if err != nil {
		return "", nil, fmt.Errorf("write answer: %w", err)
	}
	return parts.FormDataContentType(), form.Bytes(), nil
}

// answerRows lays buttons out; empty and not null when there is none.
func answerRows(buttons []bot.Button) []component {
	out := []component{}
	var row []bridge.Button
	for i, b := range buttons {
		if b.Row && len(row) > 0 {
			out = append(out, rows(row)...)
			row = nil
		}
		row = append(row, bridge.Button{ID: b.ID, Label: b.Label, Emoji: b.Emoji, Style: b.Style})
		if i == len(buttons)-1 {
			out = append(out, rows(row)...)
		}
	}
	return out
}
