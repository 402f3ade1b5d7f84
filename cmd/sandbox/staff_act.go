package main

import (
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// staffAct is what a member of staff can do in a channel; exactly one of the
// acts is named.
type staffAct struct {
	As       string            `json:"as"`
	Content  *string           `json:"content"`
	ReplyTo  string            `json:"reply_to"`
	Stickers []string          `json:"stickers"` // names
	Poll     *discordtest.Poll `json:"poll"`

	Edit    string `json:"edit"`
	Delete  string `json:"delete"`
	React   string `json:"react"`
	Unreact string `json:"unreact"`
	To      string `json:"to"`
	Forward string `json:"forward"` // a message of any channel

	files []discordtest.File
	voice *discordtest.Voice
}

// mostContent is how many characters a message in Discord has.
const mostContent = 2000

func (a staffAct) check() error {
	acts := 0
	for _, named := range []bool{a.Edit != "", a.Delete != "", a.React != "", a.Unreact != "", a.Forward != ""} {
		if named {
			acts++
		}
	}
	content := ""
	if a.Content != nil {
		content = *a.Content
	}
	more := len(a.Stickers) > 0 || a.Poll != nil || len(a.files) > 0 || a.voice != nil
	writes := acts == 0 || a.Edit != ""
	switch {
	case acts > 1 || !writes && a.Content != nil || acts > 0 && (a.ReplyTo != "" || more):
		return badRequest("do one thing at a time: a message, an edit, a deletion, a reaction or a forwarding")
	case writes && content == "" && !more:
		return badRequest("content is missing")
	case utf8.RuneCountInString(content) > mostContent:
		return badRequest("content has %d characters: Discord takes %d", utf8.RuneCountInString(content), mostContent)
	case (a.React != "" || a.Unreact != "") != (a.To != ""):
		return badRequest("react and to belong together")
	case a.voice != nil && content != "":
		return badRequest("a voice message has no content beside it")
	}
	return nil
}

func (s *sandbox) postStaffMessage(r *http.Request) (any, error) {
	c, err := s.channel(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	act, err := s.staffAct(r)
	if err != nil {
		return nil, err
	}
	if err := act.check(); err != nil {
		return nil, err
	}
	who, err := s.colleagueIn(act.As, c)
	if err != nil {
		return nil, err
	}
	for _, id := range []string{act.ReplyTo, act.Edit, act.Delete, act.To} {
		if m, known := s.discord.Message(id); id != "" && (!known || m.Deleted || m.Channel != c.ID) {
			return nil, notFound("no message in this channel has the id %q", id)
		}
	}
	if m, known := s.discord.Message(act.Forward); act.Forward != "" && (!known || m.Deleted) {
		return nil, notFound("no message has the id %q", act.Forward)
	}
	id, err := act.do(who, c.ID)
	if err != nil {
		return nil, refused(err)
	}
	return map[string]string{"id": id}, nil
}

// colleagueIn is a member of staff who sees the channel.
func (s *sandbox) colleagueIn(name string, c discordtest.Channel) (*discordtest.Member, error) {
	who, err := s.colleague(name)
	if err != nil {
		return nil, err
	}
	if !who.Sees(c.ID) {
		return nil, problem{http.StatusForbidden, fmt.Sprintf("%s does not see %s on Discord: act as somebody who does", name, c.Name)}
	}
	return who, nil
}

// staffAct reads an act, which may come with files.
func (s *sandbox) staffAct(r *http.Request) (a staffAct, err error) {
	if !carriesFiles(r) {
		return a, read(r, &a)
	}
	f, err := readForm(r, "as", "content", "reply_to", "voice")
	if err != nil {
		return a, err
	}
	defer f.close()
	a.As, a.ReplyTo = f.values["as"], f.values["reply_to"]
	if content := f.values["content"]; content != "" {
		a.Content = &content
	}
	voice, err := f.flag("voice")
	if err != nil {
		return a, err
	}
	if err := s.checkSizes(f); err != nil {
		return a, err
	}
	for _, one := range f.files {
		file, err := one.whole()
		if err != nil {
			return a, err
		}
		a.files = append(a.files, file)
	}
	if voice {
		return a, a.speak(f.files[0])
	}
	return a, nil
}

// speak makes a voice message of the one file.
func (a *staffAct) speak(from received) error {
	if len(a.files) != 1 {
		return badRequest("a voice message is one file")
	}
	content, err := from.Open()
	if err != nil {
		return badRequest("read file: %v", err)
	}
	defer content.Close()
	length := opusLength(content)
	if length == 0 {
		return badRequest("a voice message is OGG with Opus")
	}
	a.voice, a.files = &discordtest.Voice{Data: a.files[0].Data, Length: length, Waveform: wave(255)}, nil
	return nil
}

// checkSizes holds files against what Discord takes.
func (s *sandbox) checkSizes(f *form) error {
	limits, all := s.discord.Limits(), int64(0)
	for _, one := range f.files {
		if one.Size > limits.AttachmentBytes {
			return problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("%q has %d bytes: Discord takes %d", one.name, one.Size, limits.AttachmentBytes)}
		}
		all += one.Size
	}
	if all > limits.RequestBytes {
		return problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the files have %d bytes: Discord takes %d at once", all, limits.RequestBytes)}
	}
	return nil
}

// whole reads a file for Discord, which keeps it in memory.
func (f received) whole() (discordtest.File, error) {
	content, err := f.Open()
	if err != nil {
		return discordtest.File{}, badRequest("read file: %v", err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		return discordtest.File{}, badRequest("read file: %v", err)
	}
	return discordtest.File{Name: f.name, ContentType: f.mime, Data: data}, nil
}

// do carries the act out and returns the id of the message concerned.
func (a staffAct) do(who *discordtest.Member, channel string) (string, error) {
	switch {
	case a.Edit != "":
		return a.Edit, who.Edit(a.Edit, *a.Content)
	case a.Delete != "":
		return a.Delete, who.Delete(a.Delete)
	case a.React != "":
		return a.To, who.React(a.To, a.React)
	case a.Unreact != "":
		return a.To, who.Unreact(a.To, a.Unreact)
	case a.Forward != "":
		m, err := who.Forward(a.Forward, channel)
		return m.ID, err
	}
	content := ""
	if a.Content != nil {
		content = *a.Content
	}
	m, err := who.Post(channel, content, discordtest.PostOptions{
		ReplyTo: a.ReplyTo, Files: a.files, Stickers: a.Stickers, Poll: a.Poll, Voice: a.voice,
	})
	return m.ID, err
}

// postStaffTyping shows that somebody types in a channel.
func (s *sandbox) postStaffTyping(r *http.Request) (any, error) {
	c, err := s.channel(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	var body struct {
		As string `json:"as"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	who, err := s.colleagueIn(body.As, c)
	if err != nil {
		return nil, err
	}
	if err := who.Type(c.ID); err != nil {
		return nil, refused(err)
	}
	return struct{}{}, nil
}
