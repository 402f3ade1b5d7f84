package discord

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// What is read of Discord's answers and events: small structs of our own, so
// that a part we do not know (a new kind of component) can break nothing.

type user struct {
	ID     string `json:"id"`
	Name   string `json:"username"`
	Global string `json:"global_name"`
	Bot    bool   `json:"bot"`
	System bool   `json:"system"`
}

type member struct {
	User  *user    `json:"user"`
	Nick  string   `json:"nick"`
	Roles []string `json:"roles"`
}

type mention struct {
	user
	Member *member `json:"member"`
}

type message struct {
	ID          string            `json:"id"`
	Channel     string            `json:"channel_id"`
	Guild       string            `json:"guild_id"`
	Type        int               `json:"type"`
	Author      user              `json:"author"`
	Member      *member           `json:"member"`
	Content     string            `json:"content"`
	Webhook     string            `json:"webhook_id"`
	At          time.Time         `json:"timestamp"`
	Edited      time.Time         `json:"edited_timestamp"` // zero for never
	Mentions    []mention         `json:"mentions"`
	Attachments []json.RawMessage `json:"attachments"`
	Stickers    []json.RawMessage `json:"sticker_items"`
	Poll        json.RawMessage   `json:"poll"`
	Snapshots   []json.RawMessage `json:"message_snapshots"`
	Reference   *referenceInfo    `json:"message_reference"`
	Answers     *repliedTo        `json:"referenced_message"`
	Flags       int               `json:"flags"`
}

// A repliedTo is the message that a reply answers, if it is still there.
type repliedTo struct {
	Author user `json:"author"`
}

const (
	messageDefault = 0
	messageReply   = 19
)

// byStaff reports a message that a person wrote.
func (m message) byStaff() bool {
	return !m.Author.Bot && !m.Author.System && m.Webhook == "" && (m.Type == messageDefault || m.Type == messageReply)
}

// staff is the message as the relay takes it.
func (m message) staff(roles []string) bridge.StaffMessage {
	name := cmp.Or(m.Author.Global, m.Author.Name)
	if m.Member != nil {
		name = cmp.Or(m.Member.Nick, name)
	}
	return bridge.StaffMessage{
		ID: m.ID, Channel: m.Channel, Author: m.Author.ID, Name: name, Roles: slices.Clone(roles), Text: m.Content,
		Files: m.staffFiles(), ReplyTo: m.replyTo(), Stickers: names(each[stickerInfo](m.Stickers, mostFiles)),
		Poll: m.question(), Snapshots: m.snapshots(), Forwarded: m.origin(), At: m.At, Edited: m.Edited,
	}
}

type role struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Permissions string `json:"permissions"`
	Mentionable bool   `json:"mentionable"`
	Managed     bool   `json:"managed"`
}

type tag struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name"`
	Moderated bool   `json:"moderated"`
	// Of a tag that people made, kept when tags are changed.
	EmojiID   *string `json:"emoji_id,omitempty"`
	EmojiName *string `json:"emoji_name,omitempty"`
}

type overwrite struct {
	ID    string `json:"id"`
	Type  int    `json:"type"` // overwriteRole or overwriteMember
	Allow string `json:"allow"`
	Deny  string `json:"deny"`
}

type channel struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Type       int         `json:"type"`
	Parent     string      `json:"parent_id"`
	Topic      string      `json:"topic"`
	Tags       []tag       `json:"available_tags"`
	Overwrites []overwrite `json:"permission_overwrites"`
}

const (
	channelText     = 0
	channelCategory = 4
	channelForum    = 15
)

type threadInfo struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Parent   string   `json:"parent_id"`
	Owner    string   `json:"owner_id"`
	Last     string   `json:"last_message_id"`
	Tags     []string `json:"applied_tags"`
	Metadata struct {
		Archived   bool   `json:"archived"`
		Locked     bool   `json:"locked"`
		ArchivedAt string `json:"archive_timestamp"`
	} `json:"thread_metadata"`
}

type guildCreate struct {
	ID          string       `json:"id"`
	Unavailable bool         `json:"unavailable"`
	Roles       []role       `json:"roles"`
	Channels    []channel    `json:"channels"`
	Threads     []threadInfo `json:"threads"`
	Members     []member     `json:"members"`
}

type ready struct {
	User        user `json:"user"`
	Application struct {
		ID string `json:"id"`
	} `json:"application"`
	Guilds []struct {
		ID string `json:"id"`
	} `json:"guilds"`
}

// compareIDs orders snowflakes by age; "" is the oldest.
func compareIDs(a, b string) int {
	x, errA := strconv.ParseUint(a, 10, 64)
	y, errB := strconv.ParseUint(b, 10, 64)
	if errA != nil || errB != nil {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(x, y)
}
