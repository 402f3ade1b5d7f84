package bridge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// span is a time of a policy as people say it.
func span(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "jam"}, {time.Minute, "menit"}, {time.Second, "detik"}} {
		if n := d / unit.size; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
			d -= n * unit.size
		}
	}
	return strings.Join(parts, " ")
}

func (s *telling) classified(e ledger.Event) error {
	line := "🏷️ " + by(e.By) + " menetapkan kelas **" + className(ticket.Class(e.Data["class"])) + "**"
	if from := e.Data["from"]; from != "" {
		line = "🏷️ " + by(e.By) + " mengubah kelas dari " + className(ticket.Class(from)) + " menjadi **" + className(ticket.Class(e.Data["class"])) + "**"
	}
	if at, ok := s.desk.target(*s.t); ok {
		line += " · target selesai " + dayTime(at) + " (" + relTime(at) + ")"
	}
	s.line(line+".", Mention{}, s.next()...)
	return nil
}

// next are the steps that usually follow: the card with all of them is far up in a long
// thread.
func (s *telling) next() []Button {
	t := s.t
	if t.State == ticket.Closed || t.State == ticket.Resolved || t.Agent == "" {
		return nil
	}
	if t.Class == "" {
		return []Button{buttonEasy, buttonNormal, buttonHard}
	}
	last := []Button{buttonDone}
	if t.Class == ticket.Hard && t.Escalated.IsZero() {
		last = []Button{buttonReport, buttonRaise}
	}
	if t.Channel != ticket.WhatsApp {
		return last
	}
	return append([]Button{buttonData, buttonAccess, buttonCheck}, last...)
}

func (s *telling) issueSet(e ledger.Event) error {
	s.line("🗂️ Jenis kendala: **"+Clean(e.Data["issue"], 200)+"** ("+by(e.By)+").", Mention{})
	return nil
}

func (s *telling) complaintMarked(e ledger.Event) error {
	s.line("❗ "+by(e.By)+" menandai tiket ini sebagai **keluhan**.", Mention{})
	return nil
}

func (s *telling) complaintUnmarked(e ledger.Event) error {
	s.line("❕ "+by(e.By)+" menghapus tanda keluhan dari tiket ini.", Mention{})
	return nil
}

// dataRequested asks the client for what is missing. Where there is nobody to be written
// to, the line says what to ask for.
func (s *telling) dataRequested(e ledger.Event) error {
	data := ticket.Numbered(strings.Split(e.Data["data"], "\n"))
	if !s.bridged() {
		s.line("📋 "+by(e.By)+" meminta data dari klien."+typed(data), Mention{})
		return nil
	}
	s.line("📋 "+by(e.By)+" meminta data dari klien.", Mention{})
	if err := s.say(ticket.SayRequestData, map[string]string{"data": data}); err != nil {
		return err
	}
	return s.say(ticket.SayWillUpdate, nil)
}

func (s *telling) accessRequested(e ledger.Event) error {
	s.line("🔑 "+by(e.By)+" meminta kode akses dari klien. Kode yang datang tidak tampil di sini; hanya agen tiket ini yang dapat melihatnya, selama 15 menit.", Mention{})
	sentence := ticket.SayRequestAccess
	if e.Data["again"] != "" {
		sentence = ticket.SayAccessAgain
	}
	return s.sayAll(sentence, ticket.SayWillUpdate)
}

func (s *telling) checking(e ledger.Event) error {
	s.line("🔍 "+by(e.By)+" sedang mengecek laporan klien.", Mention{})
	return s.sayAll(ticket.SayChecking, ticket.SayWillUpdate)
}

// escalated tells the client that it is looked into when developers are asked; a
// supervisor is asked inside.
func (s *telling) escalated(e ledger.Event) error {
	if e.Data["to"] == "supervisor" {
		s.call("🆙", s.role(maySupervise), "tiket ini dieskalasi kepada supervisor oleh "+by(e.By)+"."+typed(e.Data["reason"]), buttonAnswer)
		return nil
	}
	team := ""
	if name := Clean(e.Data["team"], 120); name != "" {
		team = " **" + ToDiscord(name) + "**"
	}
	// One that is there already carries this ticket from now on.
	r, carries, err := escalation.Load(s.tx, e.Data["report"])
	if err != nil {
		return err
	}
	if carries {
		team += ": tiket ini ikut menunggu " + s.desk.reportName(r)
	}
	s.line("🛠️ "+by(e.By)+" mengeskalasi tiket ini ke tim developer"+team+".", Mention{})
	return s.sayAll(ticket.SayChecking, ticket.SayWillUpdate)
}

// reportEnded says how a report to developers ended. The client hears of one that passed
// its re-test; of any other the agent tells him himself.
func (s *telling) reportEnded(e ledger.Event) error {
	r, ok, err := escalation.Load(s.tx, e.Data["report"])
	if err != nil || !ok {
		return err
	}
	if e.Data["why"] != "" || r.State != escalation.Closed { // others may wait for it still
		s.line("➖ Tiket ini tidak lagi menunggu "+s.desk.reportName(r)+".", Mention{})
		return nil
	}
	if r.Ending != escalation.EndPassed {
		sign := "✅ "
		if r.Ending == escalation.EndWithdrawn {
			sign = "🗑️ "
		}
		s.line(sign+s.desk.endedLine(r, e.By), one(s.other(e.By)), s.next()...)
		return nil
	}
	line := "✅ " + s.desk.endedLine(r, e.By)
	if !s.bridged() || s.desk.Sentences[ticket.SayAdjusted] == "" {
		line += " Kabari klien; tidak ada yang terkirim otomatis."
	}
	s.line(line, one(s.other(e.By)), append(s.next(), about(r, reportBack))...)
	return s.say(ticket.SayAdjusted, nil)
}

// reportCame says that the ticket waits for a report of another one from now on.
func (s *telling) reportCame(e ledger.Event) error {
	r, ok, err := escalation.Load(s.tx, e.Data["report"])
	if err != nil || !ok {
		return err
	}
	line := "➕ Tiket ini sekarang menunggu " + s.desk.reportName(r) + " (" + partyName(r) + "), dari tiket **" + ToDiscord(e.Data["ticket"]) + "**."
	if r.WithParty() || !slices.Contains(s.t.Back, r.ID) {
		s.line(line, Mention{})
		return nil
	}
	s.line(line+"\n"+capital(s.desk.owed(r))+".", one(s.other(e.By)), owes(r)...)
	return nil
}

// reportReturned says that the ticket waits again for a report that had passed.
func (s *telling) reportReturned(e ledger.Event) error {
	r, ok, err := escalation.Load(s.tx, e.Data["report"])
	if err != nil || !ok {
		return err
	}
	s.line("🔓 "+capital(s.desk.reportName(r))+" dibuka kembali dan developer ("+partyName(r)+") dipanggil: menurut klien kendalanya belum selesai.", Mention{})
	return nil
}

func (s *telling) supervisorAnswered(e ledger.Event) error {
	to := Mention{}
	if s.t.Agent != e.By {
		to = one(s.t.Agent)
	}
	s.call("🆗", to, "Jawaban supervisor ("+by(e.By)+"):"+typed(e.Data["answer"]), s.next()...)
	return nil
}

func (s *telling) snoozed(e ledger.Event) error {
	until := ""
	if at, ok := instant(e, "until"); ok {
		until = " sampai " + dayTime(at)
	}
	s.line("😴 "+by(e.By)+" menunda tiket ini"+until+", atau sampai klien menulis. Target waktunya tetap berjalan.", Mention{})
	return nil
}

// woken calls the agent when the time is over; whoever wakes it sooner knows.
func (s *telling) woken(e ledger.Event) error {
	switch {
	case e.By == "client", s.has("resolved"), s.has("closed"):
		return nil
	case e.By == "halo":
		to, err := s.handler()
		if err != nil {
			return err
		}
		s.call("⏰", to, "waktu tunda tiket ini sudah habis. Silakan dilanjutkan.")
		return nil
	}
	s.line("⏰ "+by(e.By)+" mengakhiri penundaan tiket ini.", Mention{})
	return nil
}

func (s *telling) scheduled(e ledger.Event) error {
	due := ""
	if at, ok := instant(e, "due"); ok {
		due = " untuk dikirim " + dayTime(at) + " (" + relTime(at) + ")"
	}
	for _, m := range s.t.Scheduled {
		if m.ID == e.Ref && m.DropIfClientWrites {
			due += ", kecuali klien menulis lebih dulu"
		}
	}
	s.line("🗓️ "+by(e.By)+" menjadwalkan pesan"+due+":"+typed(e.Data["text"]), Mention{})
	return nil
}

func (s *telling) unscheduled(e ledger.Event) error {
	switch e.By {
	case "client":
		s.call("🗓️", one(e.Data["author"]), "pesan terjadwal ini tidak jadi dikirim karena klien menulis lebih dulu:"+typed(e.Data["text"]))
	case "halo":
		s.call("🗓️", one(e.Data["author"]), "pesan terjadwal ini tidak jadi dikirim karena tiketnya ditutup:"+typed(e.Data["text"]))
	default:
		s.line("🗓️ "+by(e.By)+" membatalkan pesan terjadwal:"+typed(e.Data["text"]), Mention{})
	}
	return nil
}

// scheduledDue sends the message in the name of whoever wrote it. Lines that are notes stay
// inside, as in what he writes in the thread.
func (s *telling) scheduledDue(e ledger.Event) error {
	if !s.bridged() {
		return nil
	}
	words, _ := (&Relay{desk: s.desk}).cutNotes(e.Data["text"])
	parts := SplitPlain(ToWhatsApp(words, s.desk.Names), whatsAppLimit)
	if len(parts) == 0 {
		s.call("🗓️", one(e.Data["author"]), "pesan terjadwal ini tidak dikirim karena seluruhnya catatan:"+typed(e.Data["text"]))
		return nil
	}
	name := saidAs + s.id("scheduled")
	for i, text := range parts {
		id := fmt.Sprintf("%s/%d", name, i)
		l := letter(id, ClientLane(s.c.ID), s.t.Number, kindText, textBody{Text: text, By: e.Data["author"]})
		l.Ext = s.desk.MessageID(id)
		s.tx.Send(l)
		s.tx.Log(s.t.Number, ledger.Event{What: "agent_wrote", By: e.Data["author"], Ref: l.Ext, Data: map[string]string{"text": text, "message": name}})
	}
	s.line("🗓️ Pesan terjadwal dari "+by(e.Data["author"])+" dikirim:"+typed(e.Data["text"]), Mention{})
	return nil
}

func (s *telling) mergedFrom(e ledger.Event) error {
	other, err := elsewhere(s.tx, e.Data["ticket"])
	if err != nil {
		return err
	}
	s.line("🔀 "+by(e.By)+" menggabungkan tiket "+other+" ke tiket ini. Yang ditunggu klien di sana kini dilayani di sini.", one(s.other(e.By)))
	return nil
}

// other is the ticket's agent, unless it was he who did something.
func (s *telling) other(who string) string {
	if s.t.Agent == who {
		return ""
	}
	return s.t.Agent
}
