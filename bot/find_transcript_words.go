package bot

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// A teller puts the events of a ticket into words.
type teller struct {
	english bool
	zone    *time.Location
	client  string                   // his name
	name    func(user string) string // of a member of the staff
	became  map[string]fate          // by the message it happened to
}

// A fate is what became of a message later.
type fate struct{ edited, deleted bool }

// mostFates bounds what is remembered of a log.
const mostFates = 20_000

func (w *teller) say(id, en string) string {
	if w.english {
		return en
	}
	return id
}

// heed notes what an event does to an earlier message.
func (w *teller) heed(e ledger.Event) {
	id, change := "", fate{}
	switch e.What {
	case "client_wrote", "phone_wrote":
		switch e.Data["kind"] {
		case bridge.KindEdit:
			id, change.edited = e.Data["target"], true
		case bridge.KindDelete:
			id, change.deleted = e.Data["target"], true
		}
	case "agent_edited", "note_edited", "developer_edited":
		id, change.edited = e.Ref, true
	case "agent_deleted", "note_deleted", "developer_deleted":
		id, change.deleted = e.Ref, true
	}
	if id == "" || len(w.became) >= mostFates {
		return
	}
	f := w.became[id]
	w.became[id] = fate{f.edited || change.edited, f.deleted || change.deleted}
}

// entry is an event in words.
func (w *teller) entry(e ledger.Event) entry {
	out := entry{At: e.At.In(w.zone), Who: w.who(e.By), Text: e.Data["text"]}
	switch e.What {
	case "client_wrote":
		out.Side = fromClient
		w.message(&out, e)
	case "phone_wrote":
		out.Side = fromStaff
		w.message(&out, e)
	case "agent_wrote", "agent_sent_file", "agent_asked":
		out.Side = fromStaff
		out.Marks = append(w.fates(e.Data["message"]), w.kind(map[string]string{"agent_asked": bridge.KindPoll}[e.What])...)
		out.Files = w.files(e)
	case "agent_edited":
		out.Side = fromStaff
		out.Marks = []string{w.say("mengubah pesannya menjadi", "changed his message to")}
		switch e.Data["why"] {
		case "":
		case "undone":
			out.Side = fromInside
			out.Marks = []string{w.say("mengubah pesannya sebelum terkirim", "changed his message before it left")}
		default:
			out.Side = fromInside
			out.Marks = []string{w.say("mengubah pesannya di Discord saja; klien melihat teks semula", "changed his message in Discord only; the client sees the first words")}
		}
	case "agent_reacted":
		out.Side, out.Text, out.Marks = fromStaff, e.Data["emoji"], []string{w.say("reaksi", "reaction")}
	case "said":
		out.Side, out.Marks = fromHalo, []string{w.say("teks otomatis", "automatic text")}
	case "note":
		out.Side, out.Marks = fromInside, append([]string{w.internal()}, w.fates(e.Ref)...)
	case "held":
		out.Side, out.Marks = fromInside, append([]string{w.say("ditahan, belum dikirim ke klien", "held, not sent to the client")}, w.fates(e.Ref)...)
	case "held_edited":
		out.Side, out.Marks = fromInside, []string{w.say("pesan yang ditahan diubah menjadi", "held message changed to")}
	case "note_edited":
		out.Side, out.Marks = fromInside, []string{w.internal(), w.say("catatan diubah menjadi", "note changed to")}
	case "developer_wrote":
		out.Side, out.Marks = fromInside, append([]string{w.internal(), w.inReport(e)}, w.fates(e.Ref)...)
		out.Files = w.files(e)
	case "developer_edited":
		out.Side, out.Marks = fromInside, []string{w.internal(), w.inReport(e), w.say("diubah menjadi", "changed to")}
	default:
		out.Side, out.Text = happening, w.step(e)
	}
	return out
}

func (w *teller) internal() string {
	return w.say("internal, tidak dilihat klien", "internal, not seen by the client")
}

// inReport says in the post of which report something was written.
func (w *teller) inReport(e ledger.Event) string {
	return w.say("di laporan ", "in report ") + e.Data["report"]
}

// message fills in what somebody wrote on WhatsApp.
func (w *teller) message(out *entry, e ledger.Event) {
	if name := e.Data["sender_name"]; name != "" {
		out.Who = name
	}
	out.Marks = append(w.kind(e.Data["kind"]), w.fates(e.Ref)...)
	out.Files = w.files(e)
	for _, key := range slices.Sorted(maps.Keys(e.Data)) {
		switch value := e.Data[key]; {
		case key == "votes" || key == "place" || key == "poll":
			out.Text = strings.TrimSpace(out.Text + "\n" + value)
		case strings.HasPrefix(key, "contact"):
			out.Text = strings.TrimSpace(out.Text + "\n" + w.say("Kontak: ", "Contact: ") + value)
		case key == "unreadable" && value != "":
			out.Marks = append(out.Marks, w.say("isinya tidak dapat dibaca", "could not be read"))
		}
	}
}

// kind marks what is no plain text.
func (w *teller) kind(kind string) []string {
	words, ok := kindWords[kind]
	switch {
	case ok:
		return []string{w.say(words[0], words[1])}
	case kind == "" || kind == bridge.KindPlainText:
		return nil
	}
	return []string{kind}
}

// kindWords are the kinds of messages, in both languages.
var kindWords = map[string][2]string{
	bridge.KindImage: {"gambar", "picture"}, bridge.KindVideo: {"video", "video"}, bridge.KindGIF: {"GIF", "GIF"},
	bridge.KindVoice: {"pesan suara", "voice note"}, bridge.KindAudio: {"audio", "audio"}, bridge.KindDocument: {"dokumen", "document"},
	bridge.KindSticker: {"stiker", "sticker"}, bridge.KindLocation: {"lokasi", "location"}, bridge.KindContact: {"kontak", "contact"},
	bridge.KindPoll: {"polling", "poll"}, bridge.KindVote: {"suara polling", "vote"}, bridge.KindReaction: {"reaksi", "reaction"},
	bridge.KindEdit: {"mengubah pesannya menjadi", "changed the message to"}, bridge.KindDelete: {"menghapus pesannya", "deleted the message"},
	bridge.KindCall: {"menelepon", "called"},
}

func (w *teller) fates(message string) (out []string) {
	f := w.became[message]
	if message == "" {
		return nil
	}
	if f.edited {
		out = append(out, w.say("diubah kemudian", "edited later"))
	}
	if f.deleted {
		out = append(out, w.say("dihapus kemudian", "deleted later"))
	}
	return out
}

// files are an event's files by name and size.
func (w *teller) files(e ledger.Event) []string {
	mime, size := e.Data["mime"], e.Data["size"]
	if mime == "" && size == "" && e.Data["file"] == "" {
		return nil
	}
	name := e.Data["file"]
	if name == "" {
		name = w.say("berkas tanpa nama", "file without a name")
	}
	if mime != "" {
		name += " (" + mime + ")"
	}
	if n, err := strconv.ParseInt(size, 10, 64); err == nil {
		name += ", " + sizeWords(n)
	}
	if length := e.Data["length"]; length != "" {
		name += ", " + length
	}
	return []string{name}
}

func sizeWords(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f kB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// who is the name of who did something.
func (w *teller) who(by string) string {
	switch by {
	case "client":
		return w.client
	case "phone":
		return w.say("Ponsel yang ditautkan", "Linked phone")
	case "halo":
		return "Halo"
	case "", "discord":
		return "Discord"
	}
	if words, ok := bridge.NoStaff(by, w.english); ok {
		return words
	}
	return w.name(by)
}

// step is what happened, in words: the event, and what it says besides.
func (w *teller) step(e ledger.Event) string {
	what := strings.ReplaceAll(e.What, "_", " ")
	if words, ok := stepWords[e.What]; ok {
		what = w.say(words[0], words[1])
	}
	var more []string
	for _, key := range slices.Sorted(maps.Keys(e.Data)) {
		label, ok := dataWords[key]
		value := e.Data[key]
		if !ok || value == "" {
			continue
		}
		switch key {
		case "why", "how", "for", "who":
			if words, ok := valueWords[value]; ok {
				value = w.say(words[0], words[1])
			}
		case "to", "agent", "from":
			value = w.person(value)
		case "due", "until", "since", "last":
			if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
				value = at.In(w.zone).Format("02.01.2006 15:04")
			}
		}
		more = append(more, w.say(label[0], label[1])+": "+value)
	}
	if len(more) == 0 {
		return what
	}
	return what + " · " + strings.Join(more, " · ")
}

// person is a value that may be somebody's id.
func (w *teller) person(value string) string {
	if len(value) >= 15 && strings.Trim(value, "0123456789") == "" {
		return w.name(value)
	}
	return value
}
