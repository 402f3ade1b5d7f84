package bot

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// Health is how the desk stands, as far as it is known.
type Health struct {
	// Instance names the process that leads the desk: the one that answers.
	Instance string
	Number   string // the linked number, shown but for its last four digits; "" for none
	WhatsApp Link
	Discord  Link
	// Store is "" when what is stored is safe, else why it is not, for people.
	Store string
	// Unknown says that the store did not answer: the four below mean nothing.
	Unknown bool
	Waiting int       // letters in the outbox
	Oldest  time.Time // when the one waiting longest was written, zero for none
	Dead    int       // letters that need a person
	Timer   time.Time // when the next timer is due, zero for none
	// Incidents are open, oldest first.
	Incidents []Incident
}

// Link is how one network stands.
type Link struct {
	Ready  bool
	State  string    // e.g. "logged out", "" when there is nothing more to say
	Reason string    // one clause for people, may be empty
	Until  time.Time // when it is tried again, zero when unknown
	// Locked is why nobody may be written to first, "" when that is allowed; until
	// LockedUntil, if that is known.
	Locked      string
	LockedUntil time.Time
	// PhoneSeen is when the linked phone itself was last heard of, zero when unknown.
	PhoneSeen time.Time
}

// An Incident is trouble that the ops channel was told of.
type Incident struct {
	Kind, Text string
	Since      time.Time
}

const statusPrefix = "status:"

// statusTime bounds what is asked of the store: the rest is known without it.
const statusTime = 3 * time.Second

func (d *Desk) status(ctx context.Context, i Interaction) (Answer, error) {
	again := Button{ID: statusPrefix + "now", Label: i.say("Muat ulang", "Refresh"), Emoji: "🔄"}
	if d.health == nil {
		return Answer{}, Refusal(i.say("Keadaan desk ini tidak tersedia.", "The state of this desk is not available."))
	}
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	h := d.health(ctx)
	lines := []string{
		i.say("**Keadaan desk**", "**State of the desk**"),
		i.say("🖥️ Dipegang oleh ", "🖥️ Led by ") + "`" + bridge.Clean(h.Instance, 60) + "`",
		linkLine(i, "WhatsApp"+numberEnd(h.Number), h.WhatsApp),
	}
	lines = append(lines, phoneLines(i, h.WhatsApp)...)
	lines = append(lines, linkLine(i, "Discord", h.Discord), storeLine(i, h))
	lines = append(lines, queueLines(i, h)...)
	if !h.Unknown {
		lines = append(lines, d.outageLines(ctx, i)...)
	}
	lines = append(lines, incidentLines(i, h.Incidents)...)
	return Answer{Text: strings.Join(lines, "\n"), Buttons: []Button{again}}, nil
}

func numberEnd(number string) string {
	if number == "" {
		return ""
	}
	return " (…" + number[max(0, len(number)-4):] + ")"
}

func linkLine(i Interaction, name string, l Link) string {
	if l.Ready {
		return "🟢 " + name + ": " + i.say("tersambung", "connected")
	}
	state := l.State
	if s, ok := linkStates[state]; ok {
		state = i.say(s[0], s[1])
	} else if state == "" {
		state = i.say("terputus", "not connected")
	}
	line := "🔴 " + name + ": " + bridge.Clean(state, 60)
	if l.Reason != "" {
		line += " (" + bridge.Clean(l.Reason, 200) + ")"
	}
	if !l.Until.IsZero() {
		line += i.say(", dicoba lagi ", ", tried again ") + relative(l.Until)
	}
	return line
}

// linkStates are the words for what a link says of itself, in both languages.
var linkStates = map[string][2]string{
	"stopped":     {"berhenti", "stopped"},
	"not paired":  {"belum ditautkan, pakai `/desk pair`", "not linked yet, use `/desk pair`"},
	"connecting":  {"sedang menyambung", "connecting"},
	"catching up": {"menerima pesan yang tertinggal", "taking in what was missed"},
	"held":        {"sengaja diputus, pesan aman menunggu di WhatsApp", "disconnected on purpose, messages wait safely at WhatsApp"},
	"logged out":  {"tautan dicabut, pakai `/desk pair`", "logged out, use `/desk pair`"},
	"replaced":    {"sesi dipakai program lain", "another program uses the session"},
	"banned":      {"nomor diblokir WhatsApp", "the number is banned by WhatsApp"},
	"outdated":    {"WhatsApp meminta versi Halo yang lebih baru", "WhatsApp wants a newer version of Halo"},
	"refused":     {"WhatsApp menolak sambungan", "WhatsApp refuses the connection"},
}

// phoneSilent is how long the phone may be unseen before that is worth a line:
// WhatsApp unlinks after 14 days.
const phoneSilent = 24 * time.Hour

func phoneLines(i Interaction, l Link) []string {
	var out []string
	if l.Locked != "" {
		line := i.say("🟠 Menulis lebih dulu dikunci oleh WhatsApp; balasan tetap jalan", "🟠 WhatsApp does not let us write first; replies still go out") + " (" + bridge.Clean(l.Locked, 80) + ")"
		if !l.LockedUntil.IsZero() {
			line += i.say(", sampai ", ", until ") + stamp(l.LockedUntil, "f")
		}
		out = append(out, line)
	}
	if !l.PhoneSeen.IsZero() && time.Since(l.PhoneSeen) > phoneSilent {
		out = append(out, i.say("🟠 Ponsel yang ditautkan terakhir terlihat ", "🟠 The linked phone was last seen ")+relative(l.PhoneSeen)+
			i.say("; buka WhatsApp di ponsel itu", "; open WhatsApp on that phone"))
	}
	return out
}

func storeLine(i Interaction, h Health) string {
	switch {
	case h.Store != "":
		return i.say("🔴 Penyimpanan: ", "🔴 Store: ") + bridge.Clean(h.Store, 300)
	case h.Unknown:
		return i.say("🔴 Penyimpanan: tidak menjawab", "🔴 Store: does not answer")
	}
	return i.say("🟢 Penyimpanan: aman", "🟢 Store: safe")
}

func queueLines(i Interaction, h Health) []string {
	if h.Unknown {
		return nil
	}
	queue := i.say("📭 Antrean kosong", "📭 The queue is empty")
	if h.Waiting > 0 {
		queue = "📬 " + strconv.Itoa(h.Waiting) + i.say(" menunggu dikirim", " waiting to be sent")
		if !h.Oldest.IsZero() {
			queue += i.say(", terlama sejak ", ", the oldest since ") + relative(h.Oldest)
		}
	}
	dead := i.say("✅ Tidak ada pesan gagal", "✅ No failed messages")
	if h.Dead > 0 {
		dead = fmt.Sprintf(i.say("❌ %d pesan gagal terkirim: lihat `/dead`", "❌ %d messages were not delivered: see `/dead`"), h.Dead)
	}
	out := []string{queue, dead}
	if !h.Timer.IsZero() {
		out = append(out, i.say("⏰ Pengingat berikutnya ", "⏰ Next timer ")+relative(h.Timer))
	}
	return out
}

const mostIncidents = 6

func incidentLines(i Interaction, all []Incident) []string {
	if len(all) == 0 {
		return []string{i.say("✅ Tidak ada gangguan", "✅ No incidents")}
	}
	out := []string{i.say("**Gangguan yang masih berlangsung**", "**Open incidents**")}
	for _, one := range all[:min(len(all), mostIncidents)] {
		out = append(out, "- "+relative(one.Since)+": "+bridge.Clean(one.Text, 140))
	}
	if more := len(all) - mostIncidents; more > 0 {
		out = append(out, fmt.Sprintf(i.say("- dan %d lagi", "- and %d more"), more))
	}
	return out
}

// relative is a moment as Discord shows it to each person: "5 minutes ago".
func relative(t time.Time) string { return stamp(t, "R") }

func stamp(t time.Time, form string) string {
	return "<t:" + strconv.FormatInt(t.Unix(), 10) + ":" + form + ">"
}
