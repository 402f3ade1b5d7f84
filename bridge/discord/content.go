package discord

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/haloerzap/halo/bridge"
)

// What a message holds beside words. Each part is read for itself: one that makes no
// sense spoils nothing else.

type attachmentInfo struct {
	ID      string
	Name    string
	Type    string
	URL     string
	Size    int64
	Seconds float64
}

func (a *attachmentInfo) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil //nolint:nilerr // it is then a file without a name or an address
	}
	read := func(name string, into any) { _ = json.Unmarshal(fields[name], into) }
	read("id", &a.ID)
	read("filename", &a.Name)
	var title string // the name before Discord took out what it does not like
	if read("title", &title); title != "" {
		a.Name = strings.TrimSuffix(title, extension(a.Name)) + extension(a.Name)
	}
	read("content_type", &a.Type)
	read("url", &a.URL)
	read("size", &a.Size)
	read("duration_secs", &a.Seconds)
	a.Size = max(a.Size, 0)
	return nil
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i:]
	}
	return ""
}

type stickerInfo struct {
	Name string `json:"name"`
}

type pollInfo struct {
	Question pollText `json:"question"`
	Answers  []struct {
		Media pollText `json:"poll_media"`
	} `json:"answers"`
	Many bool `json:"allow_multiselect"`
}

type pollText struct {
	Text  string `json:"text"`
	Emoji *struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"emoji"`
}

type snapshotInfo struct {
	Message struct {
		Content     string           `json:"content"`
		Flags       int              `json:"flags"`
		Attachments []attachmentInfo `json:"attachments"`
		Stickers    []stickerInfo    `json:"sticker_items"`
	} `json:"message"`
}

// referenceInfo is the message that this one answers, or forwards.
type referenceInfo struct {
	Type    int    `json:"type"`
	Message string `json:"message_id"`
	Channel string `json:"channel_id"`
}

const (
	referenceReply   = 0
	referenceForward = 1

	mostSnapshots = 10
	mostOptions   = 25
)

// each reads the parts of a list, as many as are wanted; what cannot be read is the zero
// value.
func each[T any](raw []json.RawMessage, most int) []T {
	var out []T
	for _, part := range raw[:min(len(raw), most)] {
		var v T
		_ = json.Unmarshal(part, &v)
		out = append(out, v)
	}
	return out
}

// everyFile are all files that the message names, those of what it forwards included.
func (m message) everyFile() []attachmentInfo {
	all := each[attachmentInfo](m.Attachments, mostFiles)
	for _, s := range each[snapshotInfo](m.Snapshots, mostSnapshots) {
		all = append(all, s.Message.Attachments[:min(len(s.Message.Attachments), mostFiles)]...)
	}
	return all
}

// staffFiles are the message's own files. More than a message can have stand in as one
// that cannot be fetched.
func (m message) staffFiles() []bridge.StaffFile {
	out := m.files(each[attachmentInfo](m.Attachments, mostFiles), m.Flags)
	if more := len(m.Attachments) - mostFiles; more > 0 {
		out = append(out, bridge.StaffFile{ID: m.ID, Name: fmt.Sprintf("%d berkas lagi", more)})
	}
	return out
}

func (m message) files(all []attachmentInfo, flags int) []bridge.StaffFile {
	var out []bridge.StaffFile
	for _, a := range all {
		ref, err := json.Marshal(fileRef{Channel: m.Channel, Message: m.ID, ID: a.ID, URL: a.URL, Size: a.Size})
		if err != nil {
			continue
		}
		seconds := min(max(a.Seconds, 0), 24*3600)
		out = append(out, bridge.StaffFile{ID: a.ID, Name: clip(printable(a.Name), 255), MIME: fileType(a.Type), Size: a.Size,
			Length: time.Duration(seconds * float64(time.Second)), Voice: flags&flagVoice != 0, Ref: ref})
	}
	return out
}

func names(stickers []stickerInfo) []string {
	var out []string
	for _, s := range stickers {
		out = append(out, clip(printable(s.Name), 60))
	}
	return out
}

func (m message) snapshots() []bridge.Snapshot {
	var out []bridge.Snapshot
	for _, s := range each[snapshotInfo](m.Snapshots, mostSnapshots) {
		in := s.Message
		out = append(out, bridge.Snapshot{Text: in.Content, Stickers: names(in.Stickers[:min(len(in.Stickers), mostFiles)]),
			Files: m.files(in.Attachments[:min(len(in.Attachments), mostFiles)], in.Flags)})
	}
	return out
}

func (m message) question() *bridge.Poll {
	var in pollInfo
	if len(m.Poll) == 0 || string(m.Poll) == "null" || json.Unmarshal(m.Poll, &in) != nil {
		return nil
	}
	out := &bridge.Poll{Question: in.Question.String()}
	for _, a := range in.Answers[:min(len(in.Answers), mostOptions)] {
		out.Options = append(out.Options, a.Media.String())
	}
	if !in.Many {
		out.Choices = 1
	}
	return out
}

// String is the words with their emoji; one of the server's own is its name.
func (t pollText) String() string {
	if t.Emoji == nil || t.Emoji.Name == "" {
		return t.Text
	}
	sign := t.Emoji.Name
	if t.Emoji.ID != "" {
		sign = ":" + sign + ":"
	}
	return strings.TrimSpace(sign + " " + t.Text)
}

// replyTo is the message of the same channel that this one answers, "" for none.
func (m message) replyTo() string {
	r := m.Reference
	if r == nil || r.Type != referenceReply || m.Type != messageReply || r.Channel != "" && r.Channel != m.Channel || !isID(r.Message) {
		return ""
	}
	return r.Message
}

// origin is where what this message forwards stands.
func (m message) origin() bridge.Origin {
	r := m.Reference
	if r == nil || r.Type != referenceForward || !isID(r.Channel) || !isID(r.Message) {
		return bridge.Origin{}
	}
	return bridge.Origin{Channel: r.Channel, Message: r.Message}
}

// printable is text without control characters and signs that turn the direction of
// writing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u061c' || r >= '\u200e' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
