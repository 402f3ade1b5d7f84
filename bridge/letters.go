package bridge

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/ledger"
)

// Kinds of letters. A kind, once written to a store, keeps its meaning.
const (
	kindPost = "post" // open the forum post of the ticket; no body, rendered when sent
	kindSay  = "say"  // write in a thread or channel: sayBody
	kindText = "text" // write to the client: textBody
	kindTags = "tags" // set the post's tags and archive it or not: tagsBody
	kindEdit = "edit" // change an earlier message of the same Discord lane: editBody

	// Change what an earlier text of the same lane became, or take it back: changeBody.
	kindChange = "change"
	kindRevoke = "revoke"

	kindFetch = "fetch" // bring a file into the library: fetchBody
	kindMedia = "media" // send a file to the client: mediaBody
	kindPoll  = "poll"  // ask the client: pollBody
	kindReact = "react" // put a sign on a message at the client's: reactBody
	kindRead  = "read"  // show the client that his messages were read: readBody
	kindSign  = "sign"  // put a sign on a message in Discord: signBody
)

type sayBody struct {
	Content string   `json:"content"`
	ReplyTo string   `json:"reply_to,omitzero"` // Discord message id
	Buttons []Button `json:"buttons,omitzero"`
	Card    *Card    `json:"card,omitzero"`
	// Answers is the letter of the same lane whose message this one answers, when
	// ReplyTo is not known yet.
	Answers   *reference `json:"answers,omitzero"`
	PingUsers []string   `json:"ping_users,omitzero"` // Discord user ids
	PingRoles []string   `json:"ping_roles,omitzero"` // Discord role ids
	Files     []fileRef  `json:"files,omitzero"`
	Album     bool       `json:"album,omitzero"` // the letter's album has content and files
}

// A reference is a letter in a message table.
type reference struct {
	Log    string `json:"log"`
	Letter string `json:"letter"`
}

type textBody struct {
	Text  string `json:"text"`
	Say   string `json:"say,omitzero"` // key of the standard sentence it is
	By    string `json:"by,omitzero"`  // Discord user id of the agent; empty for halo itself
	Quote *Quote `json:"quote,omitzero"`
	// Outreach is the message of the queue of what is sent first that it is, "" for none:
	// the courier asks for it before it leaves.
	Outreach string `json:"outreach,omitzero"`
}

type mediaBody struct {
	Key   string `json:"key"`           // of the file
	Text  string `json:"text,omitzero"` // caption
	By    string `json:"by,omitzero"`
	Quote *Quote `json:"quote,omitzero"`
}

type pollBody struct {
	Poll  Poll   `json:"poll"`
	Say   string `json:"say,omitzero"` // key of the standard sentence it asks
	By    string `json:"by,omitzero"`
	Quote *Quote `json:"quote,omitzero"`
}

type reactBody struct {
	Reaction Reaction `json:"reaction"`
	Message  string   `json:"message"` // Discord message that has it
	By       string   `json:"by,omitzero"`
}

type readBody struct {
	IDs []string `json:"ids"`
}

type signBody struct {
	Message string     `json:"message,omitzero"` // Discord message id, or
	Of      *reference `json:"of,omitzero"`      // the letter that became it
	Emoji   string     `json:"emoji"`
	On      bool       `json:"on"`
}

type tagsBody struct {
	Tag      string `json:"tag"`
	Archived bool   `json:"archived,omitzero"`
}

type editBody struct {
	Of      string `json:"of"` // letter
	Content string `json:"content"`
	Over    bool   `json:"over,omitzero"` // its buttons are taken away
}

type changeBody struct {
	Of      string `json:"of"`      // letter of the part that is meant
	Message string `json:"message"` // Discord message it is a part of
	Part    int    `json:"part,omitzero"`
	Text    string `json:"text,omitzero"` // the new words; of a revoke: how the message began
	By      string `json:"by,omitzero"`
	Deleted bool   `json:"deleted,omitzero"` // the whole message was deleted in Discord
	Note    bool   `json:"note,omitzero"`    // the whole message was made a note
}

// Lanes name destinations symbolically; they are resolved when a letter leaves.
const (
	laneThread  = "dc/" // + ticket number
	laneChannel = "ch/" // + the channel's part in the desk, e.g. "ops"
	laneClient  = "wa/" // + conversation id
)

// ThreadLane is the lane of a ticket's Discord thread.
func ThreadLane(number string) string { return laneThread + number }

// ClientLane is the lane of a client's WhatsApp chat.
func ClientLane(conversation string) string { return laneClient + conversation }

// ChannelLane is the lane of a staff channel, by its part in the desk ("ops", "intake").
func ChannelLane(part string) string { return laneChannel + part }

func letter(id, lane, log, kind string, body any) ledger.Letter {
	l := ledger.Letter{ID: id, Lane: lane, Log: log, Kind: kind}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			panic(fmt.Sprintf("bridge: body of a %s letter cannot be JSON: %v", kind, err)) // the types above always can
		}
		l.Body = data
	}
	return l
}

// Note writes a line for staff into a ticket's thread.
func Note(number, id, content string) ledger.Letter {
	return letter(id, ThreadLane(number), number, kindSay, sayBody{Content: content})
}

// OpsNote writes a line into the ops channel.
func OpsNote(id, content string) ledger.Letter {
	return letter(id, ChannelLane("ops"), ledger.DeskLog, kindSay, sayBody{Content: content})
}

// OpsCall is OpsNote that calls the holders of roles.
func OpsCall(id, content string, roles []string) ledger.Letter {
	return letter(id, ChannelLane("ops"), ledger.DeskLog, kindSay, sayBody{Content: strings.TrimSpace(Mention{Roles: roles}.String() + " " + content), PingRoles: roles})
}

// Rewrite changes the words of the message that an earlier say letter of the same
// lane and log became, or that an earlier rewrite left behind. When there is no such
// message (it could not be written, or somebody deleted it), content becomes a new one.
// Rewriting the same message again, of may be the first letter or the last rewrite.
func Rewrite(id, lane, log, of, content string) ledger.Letter {
	return letter(id, lane, log, kindEdit, editBody{Of: of, Content: content})
}

// conclude is [Rewrite] of a message whose buttons have done their work: they are taken
// away.
func conclude(id, lane, log, of, content string) ledger.Letter {
	return letter(id, lane, log, kindEdit, editBody{Of: of, Content: content, Over: true})
}

// noticeOn answers a message in a ticket's thread with a line for staff.
func noticeOn(number, id, message, content string) ledger.Letter {
	return letter(id, ThreadLane(number), number, kindSay, sayBody{Content: content, ReplyTo: message})
}

// OpenPost opens the ticket's forum post for the nth time; everything else in the
// lane waits for it.
func OpenPost(number string, n int) ledger.Letter {
	return letter(fmt.Sprintf("p/%s/%d", number, n), ThreadLane(number), number, kindPost, nil)
}

// Tags sets the state tag of the ticket's post and archives it or not.
func Tags(number, id, tag string, archived bool) ledger.Letter {
	return letter(id, ThreadLane(number), number, kindTags, tagsBody{Tag: tag, Archived: archived})
}

// Nonce is the letter's identity at Discord: 22 characters, the same at every attempt.
func Nonce(letterID string) string {
	sum := sha256.Sum256([]byte(letterID))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// An agentPart is one part of an agent's message, as its letter is named.
type agentPart struct {
	Message string // Discord's id
	Part    int    // counted from 0
	Parts   int    // of the message
	Turn    int    // how often the message was taken back and sent anew before
}

// id is the letter's name.
func (p agentPart) id() string {
	id := fmt.Sprintf("d/%s/%d.%d", p.Message, p.Part, p.Parts)
	if p.Turn > 0 {
		id += "~" + strconv.Itoa(p.Turn)
	}
	return id
}

// staffPart reads back what [agentPart.id] wrote; ok is false for other letters.
func staffPart(letterID string) (p agentPart, ok bool) {
	rest, ok := strings.CutPrefix(letterID, "d/")
	if !ok {
		return p, false
	}
	message, which, ok := strings.Cut(rest, "/")
	if !ok {
		return p, false
	}
	which, turn, again := strings.Cut(which, "~")
	i, n, ok := strings.Cut(which, ".")
	if !ok {
		return p, false
	}
	p.Message = message
	var err, err2, err3 error
	p.Part, err = strconv.Atoi(i)
	p.Parts, err2 = strconv.Atoi(n)
	if again {
		p.Turn, err3 = strconv.Atoi(turn)
	}
	return p, err == nil && err2 == nil && err3 == nil && p.Part >= 0 && p.Part < p.Parts && p.Turn >= 0
}

// staffMessageOf is the Discord message that a letter is a part of, and its number of
// parts.
func staffMessageOf(letterID string) (message string, parts int, ok bool) {
	p, ok := staffPart(letterID)
	return p.Message, p.Parts, ok
}

// Views are rendered from what is stored whenever it changed.
const (
	viewState  = "state/"  // + ticket/channel/message/parts: how far an agent's message has come
	viewInside = "inside/" // + channel/message/why: a message that stays inside, and why
	viewKept   = "kept/"   // + channel/message: a message that is held, or was
)

func stateView(number, channel, message string, parts int) string {
	return fmt.Sprintf("%s%s/%s/%s/%d", viewState, number, channel, message, parts)
}

func insideView(channel, message, why string) string {
	return viewInside + channel + "/" + message + "/" + why
}

func keptView(channel, message string) string { return viewKept + channel + "/" + message }
