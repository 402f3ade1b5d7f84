package bridge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// mostCalled is how many people one line calls; Discord pings at most 100.
const mostCalled = 50

// Capabilities whose holders are called; see [Desk.Roles].
const (
	mayAnswer    = "agent"
	maySupervise = "assistant_manager"
	mayWarrant   = "after_sales"
	mayLead      = "developer_lead"
)

// user shows a member of the staff.
func user(id string) string { return "<@" + id + ">" }

// by shows who did something: a member of the staff, or whoever acts when nobody of them
// does.
func by(who string) string { return By(who, false) }

// By shows in Discord who did something: a member of the staff by a mention, whoever else
// acts in words. It is Indonesian unless english.
func By(who string, english bool) string {
	if words, ok := NoStaff(who, english); ok {
		return ToDiscord(words)
	}
	return user(who)
}

// NoStaff names in plain words who did something and is no member of the staff: the desk,
// the client, the linked phone, an import, or who hands rows in over HTTP ("api:NAME"). ok
// is false for everybody else.
func NoStaff(who string, english bool) (words string, ok bool) {
	if name, ok := strings.CutPrefix(who, "api:"); ok {
		return strings.TrimSpace("API " + Clean(name, 40)), true
	}
	all, ok := map[string][2]string{
		"": {"sistem", "the system"}, "halo": {"sistem", "the system"}, "client": {"klien", "the client"},
		"phone": {"ponsel tertaut", "the linked phone"}, "import": {"impor daftar", "the import of a list"},
	}[who]
	if english {
		return all[1], ok
	}
	return all[0], ok
}

// one calls a person, nobody for "".
func one(id string) Mention {
	if id == "" {
		return Mention{}
	}
	return Mention{Users: []string{id}}
}

// and calls both.
func (m Mention) and(o Mention) Mention {
	return Mention{Users: union(m.Users, o.Users), Roles: union(m.Roles, o.Roles)}
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// String is the mention as it has to stand in a message to ring, "" for nobody.
func (m Mention) String() string {
	var all []string
	for _, id := range m.Users {
		all = append(all, user(id))
	}
	for _, id := range m.Roles {
		all = append(all, "<@&"+id+">")
	}
	return strings.Join(all, " ")
}

// role calls everybody with a capability.
func (s *telling) role(capability string) Mention {
	return Mention{Roles: s.desk.Roles[capability]}
}

// onDuty calls everybody on duty, and all agents when nobody is.
func (s *telling) onDuty() (Mention, error) {
	members, err := s.desk.members(ticket.IndexDuty)
	if err != nil {
		return Mention{}, fmt.Errorf("list who is on duty: %w", err)
	}
	var m Mention
	for _, id := range members {
		d, err := ticket.LoadDuty(s.tx, id)
		if err != nil {
			return Mention{}, err
		}
		if d.Presence == ticket.OnDuty && len(m.Users) < mostCalled {
			m.Users = append(m.Users, id)
		}
	}
	if len(m.Users) == 0 {
		return s.role(mayAnswer), nil
	}
	return m, nil
}

// handler calls who has the ticket, else who has its offer, else all on duty.
func (s *telling) handler() (Mention, error) {
	switch {
	case s.t.Agent != "":
		return one(s.t.Agent), nil
	case s.t.OfferedTo != "":
		return one(s.t.OfferedTo), nil
	}
	return s.onDuty()
}

// call writes a line that begins with whom it calls.
func (s *telling) call(sign string, to Mention, content string, buttons ...Button) {
	if called := to.String(); called != "" {
		sign += " " + called
	}
	s.line(sign+" "+content, to, buttons...)
}

// elsewhere shows another ticket, see [placeOf].
func elsewhere(tx *ledger.Tx, number string) (string, error) {
	t, _, err := ticket.Load(tx, number)
	t.Number = number
	return placeOf(t), err
}

// placeOf shows a ticket, as a way to it where it has a thread.
func placeOf(t ticket.Ticket) string {
	if t.Thread == "" {
		return "**" + ToDiscord(t.Number) + "**"
	}
	return "**" + ToDiscord(t.Number) + "** (<#" + t.Thread + ">)"
}

// target is when the ticket has to be resolved; ok is false once that is over, or before
// it is classified.
func (d Desk) target(t ticket.Ticket) (at time.Time, ok bool) {
	for _, timer := range t.Due(d.policy(), d.hours()) {
		if timer.Kind == ticket.TimerTarget {
			return timer.Due, true
		}
	}
	return time.Time{}, false
}

// Times as each reader sees them in his own zone.
func clockTime(at time.Time) string { return fmt.Sprintf("<t:%d:t>", at.Unix()) }
func dayTime(at time.Time) string   { return fmt.Sprintf("<t:%d:f>", at.Unix()) }
func relTime(at time.Time) string   { return fmt.Sprintf("<t:%d:R>", at.Unix()) }

// instant reads a time inside an event.
func instant(e ledger.Event, key string) (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339Nano, e.Data[key])
	return at, err == nil
}

// since says for how long, "" when the event does not.
func since(e ledger.Event) string {
	if at, ok := instant(e, "since"); ok {
		return " sejak " + relTime(at)
	}
	return ""
}

// told shows what a client wrote beneath a line, "" for nothing.
func told(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return "\n" + quote(ToDiscord(text))
}

// typed shows what a colleague wrote beneath a line, "" for nothing: in Discord's own
// dialect, as he typed it, but it calls nobody.
func typed(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return "\n" + quote(inert(text))
}

// className is how staff call a class.
func className(c ticket.Class) string {
	switch c {
	case ticket.Easy:
		return "Easy"
	case ticket.Normal:
		return "Normal"
	case ticket.Hard:
		return "Hard"
	}
	return ToDiscord(Clean(string(c), 40))
}

// The buttons of a ticket.
var (
	buttonAccept = Button{ID: "t:accept", Label: "Terima", Emoji: "✋", Style: "success"}
	buttonEasy   = Button{ID: "t:class:easy", Label: "Easy", Emoji: "🟢", Style: "secondary"}
	buttonNormal = Button{ID: "t:class:normal", Label: "Normal", Emoji: "🟡", Style: "secondary"}
	buttonHard   = Button{ID: "t:class:hard", Label: "Hard", Emoji: "🔴", Style: "secondary"}
	buttonData   = Button{ID: "t:data", Label: "Minta data", Emoji: "📋", Style: "secondary"}
	buttonAccess = Button{ID: "t:access", Label: "Minta akses", Emoji: "🔑", Style: "secondary"}
	buttonCheck  = Button{ID: "t:check", Label: "Sedang dicek", Emoji: "🔍", Style: "secondary"}
	buttonDone   = Button{ID: "t:resolve", Label: "Selesaikan", Emoji: "✅", Style: "success"}
	buttonRaise  = Button{ID: "t:escalate", Label: "Eskalasi ke supervisor", Emoji: "🆙", Style: "secondary"}
	buttonReport = Button{ID: "t:report", Label: "Eskalasi ke developer", Emoji: "🛠️", Style: "primary"}
	buttonClose  = Button{ID: "t:close", Label: "Tutup", Emoji: "🔒", Style: "secondary"}
	buttonReopen = Button{ID: "t:reopen", Label: "Buka kembali", Emoji: "🔓", Style: "secondary"}
	buttonAnswer = Button{ID: "t:answer", Label: "Jawab", Emoji: "🆗", Style: "primary"}
	buttonReview = Button{ID: "t:review", Label: "Tinjau", Emoji: "🔎", Style: "primary"}
	buttonTake   = Button{ID: "t:takeover", Label: "Ambil alih", Emoji: "🔁", Style: "secondary"}
	buttonMore   = Button{ID: "t:more", Label: "Lainnya", Emoji: "➕", Style: "secondary"}

	buttonDuty  = Button{ID: "duty:on", Label: "Mulai bertugas", Emoji: "🟢", Style: "secondary"}
	buttonBreak = Button{ID: "duty:break", Label: "Istirahat", Emoji: "☕", Style: "secondary"}
	buttonHome  = Button{ID: "duty:off", Label: "Selesai bertugas", Emoji: "⚪", Style: "secondary"}

	buttonWarrantyYes = Button{ID: "t:warranty:accept", Label: "Terima klaim", Emoji: "✅", Style: "success"}
	buttonWarrantyNo  = Button{ID: "t:warranty:refuse", Label: "Tolak klaim", Emoji: "❌", Style: "danger"}
	buttonWarrantyEnd = Button{ID: "t:warranty:close", Label: "Tutup klaim", Emoji: "🏁", Style: "secondary"}
)
