package discordtest

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Poll is a question with answers to choose from.
type Poll struct {
	Question string   `json:"question"`
	Answers  []string `json:"answers"`
	Many     bool     `json:"many,omitempty"` // several may be chosen
}

// A Voice is a voice message: the recording, how long it is, and its picture of up to
// 256 loudnesses.
type Voice struct {
	Data     []byte
	Length   time.Duration
	Waveform []byte
}

// A Snapshot is what a forwarded message held when it was forwarded.
type Snapshot struct {
	Content     string       `json:"content"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Stickers    []string     `json:"stickers,omitempty"`
}

// content is what a message may hold beside words, embeds and files.
type content struct {
	stickers  []sticker
	poll      *Poll
	snapshots []*message // copies that are in no channel
}

type sticker struct{ id, name string }

// extras are what people's clients send and a bot's request here cannot.
type extras struct {
	stickers []string
	poll     *Poll
	forward  *message
}

func (e *extras) empty() bool {
	return e == nil || len(e.stickers) == 0 && e.poll == nil && e.forward == nil
}

func (e *extras) check() error {
	switch {
	case e == nil:
	case len(e.stickers) > 3:
		return fmt.Errorf("send %d stickers: 3 at most", len(e.stickers))
	case e.poll != nil && (e.poll.Question == "" || len([]rune(e.poll.Question)) > 300):
		return fmt.Errorf("ask %q: a question has 1 to 300 characters", e.poll.Question)
	case e.poll != nil && (len(e.poll.Answers) == 0 || len(e.poll.Answers) > 10):
		return fmt.Errorf("offer %d answers: 1 to 10", len(e.poll.Answers))
	case e.poll != nil && slices.ContainsFunc(e.poll.Answers, func(a string) bool { return a == "" || len([]rune(a)) > 55 }):
		return fmt.Errorf("offer %q: an answer has 1 to 55 characters", e.poll.Answers)
	}
	return nil
}

// add puts the extras into a message.
func (s *Server) add(e *extras, m *message) {
	if e == nil {
		return
	}
	for _, name := range e.stickers {
		m.more.stickers = append(m.more.stickers, sticker{id: s.id(), name: name})
	}
	m.more.poll = e.poll
	if e.forward == nil {
		return
	}
	first := *e.forward
	first.attachments = nil
	for _, a := range e.forward.attachments {
		copied := *a
		copied.id, copied.channel = s.id(), m.channel.id
		s.attachments[copied.id] = &copied
		first.attachments = append(first.attachments, &copied)
	}
	m.more.snapshots = []*message{&first}
	m.flags |= flagSnapshot
	m.forwardOf, m.forwardIn = e.forward.id, e.forward.channel.id
}

// attached are all files that vanish with a message.
func (m *message) attached() []*attachment {
	all := slices.Clone(m.attachments)
	for _, snap := range m.more.snapshots {
		all = append(all, snap.attachments...)
	}
	return all
}

func (s *Server) renderContent(m *message, out obj) {
	if len(m.more.stickers) > 0 {
		out["sticker_items"] = list(m.more.stickers, sticker.render)
	}
	if m.more.poll != nil {
		out["poll"] = m.more.poll.render(m.at)
	}
	if len(m.more.snapshots) > 0 {
		out["message_reference"] = obj{"type": 1, "channel_id": m.forwardIn, "guild_id": s.guildID, "message_id": m.forwardOf}
		out["message_snapshots"] = list(m.more.snapshots, func(snap *message) obj { return obj{"message": s.renderSnapshot(snap)} })
	}
}

// renderSnapshot leaves out who wrote it, as Discord does.
func (s *Server) renderSnapshot(m *message) obj {
	out := s.renderBare(m)
	for _, key := range []string{"id", "channel_id", "author", "pinned", "mention_everyone", "tts", "reactions", "message_reference", "message_snapshots", "poll"} {
		delete(out, key)
	}
	return out
}

func (k sticker) render() obj { return obj{"id": k.id, "name": k.name, "format_type": 1} }

func (p *Poll) render(at time.Time) obj {
	answers := []obj{}
	for i, text := range p.Answers {
		answers = append(answers, obj{"answer_id": i + 1, "poll_media": obj{"text": text}})
	}
	return obj{
		"question": obj{"text": p.Question}, "answers": answers, "expiry": stamp(at.Add(24 * time.Hour)),
		"allow_multiselect": p.Many, "layout_type": 1, "results": obj{"answer_counts": []any{}, "is_finalized": false},
	}
}

// see adds what a person sees of a message beside words, embeds and files.
func (s *Server) seeContent(m *message, out *Message) {
	out.Voice, out.Poll = m.flags&flagVoice != 0, m.more.poll
	for _, k := range m.more.stickers {
		out.Stickers = append(out.Stickers, k.name)
	}
	for _, snap := range m.more.snapshots {
		seen := s.see(snap)
		out.Forwarded = append(out.Forwarded, Snapshot{Content: seen.Content, Attachments: seen.Attachments, Stickers: seen.Stickers})
	}
}

func (s *Server) seeAttachment(a *attachment) Attachment {
	return Attachment{ID: a.id, Filename: a.name, ContentType: a.contentType, Size: len(a.data), Description: a.description,
		Seconds: a.seconds, Waveform: a.waveform, Width: a.width, Height: a.height, URL: "https://cdn.discordapp.com" + s.signedPath(a)}
}

// checkVoice enforces what a voice message is: one recording and nothing else.
func (d *draft) checkVoice() *reply {
	if d.flags()&flagVoice == 0 {
		return nil
	}
	if d.text() != "" || len(listOf(d.Embeds)) > 0 || len(listOf(d.Components)) > 0 || !d.extras.empty() {
		return new(malformed(fail(400, 50159, "Voice messages do not support additional content."), "voice message with more than a recording"))
	}
	if len(d.files) != 1 || !strings.HasPrefix(d.files[0].contentType, "audio/") {
		return new(malformed(fail(400, 50160, "Voice messages must have a single audio attachment."), "voice message without one audio file"))
	}
	i := -1
	if d.Attachments != nil {
		i = slices.IndexFunc(*d.Attachments, func(b attachmentBody) bool { return b.id() == fmt.Sprint(d.files[0].index) })
	}
	if i < 0 || (*d.Attachments)[i].Seconds == nil || (*d.Attachments)[i].Waveform == nil {
		return new(malformed(fail(400, 50161, "Voice messages must have supporting metadata."), "voice message without length or waveform"))
	}
	if wave, err := base64.StdEncoding.DecodeString(*(*d.Attachments)[i].Waveform); err != nil || len(wave) > 256 {
		return new(invalid("attachments.waveform", "INVALID", "a waveform is at most 256 bytes in base64"))
	}
	return nil
}

// checkAttachments finds fault with what a request says of its files.
func (d *draft) checkAttachments() *reply {
	seen := map[int]bool{}
	for _, f := range d.files {
		switch {
		case f.index > 9 || seen[f.index]:
			return new(invalid("files", "INVALID", fmt.Sprintf("field %s: there are files[0] to files[9], each once", f.field)))
		case f.name == "":
			return new(invalid("files", "INVALID", fmt.Sprintf("field %s has no file name", f.field)))
		}
		seen[f.index] = true
	}
	if d.Attachments != nil && len(*d.Attachments) > 10 {
		return new(invalid("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."))
	}
	return nil
}

// checkNamed finds attachments that a new message names and does not bring.
func (d *draft) checkNamed() *reply {
	if d.Attachments == nil {
		return nil
	}
	for _, b := range *d.Attachments {
		if !slices.ContainsFunc(d.files, func(f upload) bool { return fmt.Sprint(f.index) == b.id() }) {
			return new(invalid("attachments", "ATTACHMENT_NOT_FOUND", "Attachment data not found"))
		}
	}
	return nil
}

// dropEmpty leaves out files without content, as Discord does.
func (d *draft) dropEmpty() {
	d.files = slices.DeleteFunc(d.files, func(f upload) bool { return len(f.data) == 0 })
}

// voiceDraft is what a person's client sends for a recording.
func (v Voice) fields() obj {
	return obj{"flags": flagVoice, "attachments": []obj{{"id": 0, "filename": "voice-message.ogg",
		"duration_secs": math.Round(v.Length.Seconds()*1000) / 1000, "waveform": base64.StdEncoding.EncodeToString(v.Waveform)}}}
}
