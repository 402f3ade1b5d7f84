package bridge

import (
	"cmp"
	"fmt"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

func (s *telling) offered(e ledger.Event) error {
	to := one(e.Data["to"])
	if s.t.Agent != "" {
		s.call("🔔", to, "tiket ini ditawarkan kepada Anda karena "+user(s.t.Agent)+" belum menjawab klien. Tekan **Terima**, atau langsung balas klien.", buttonAccept)
		return nil
	}
	s.call("🔔", to, "tiket ini ditawarkan kepada Anda. Tekan **Terima**, atau langsung balas klien.", buttonAccept)
	return nil
}

func (s *telling) offerDeclined(e ledger.Event) error {
	s.line("↩️ "+by(e.By)+" tidak dapat menerima tawaran tiket ini."+typed(e.Data["note"]), Mention{})
	return nil
}

func (s *telling) nobodyToOffer(ledger.Event) error {
	s.call("🚨", s.role(maySupervise), "tidak ada anggota tim yang dapat ditawari tiket ini. Tekan **Terima**, atau minta seseorang bertugas (`/duty on`).", buttonAccept, buttonDuty)
	return nil
}

// accepted greets the client, and says in the thread who has it.
func (s *telling) accepted(e ledger.Event) error {
	line := "✋ " + by(e.By) + " menangani tiket ini."
	if from := e.Data["from"]; from != "" {
		line = "✋ " + by(e.By) + " melanjutkan tiket ini dari " + user(from) + "."
	}
	s.line(line, one(e.Data["from"]), s.next()...)
	return s.introduce(e.By, e.Data["how"])
}

// introduce tells the client who writes from now on: a greeting if he is the first, his
// name if another human goes on. how is that of an accepted event, "" for a hand-over.
func (s *telling) introduce(who, how string) error {
	greet := s.desk.Greet
	if how == "merge" || greet == GreetNever || greet == "" || greet == GreetButton && how == "reply" {
		return nil
	}
	first := s.before.Responded.IsZero()
	last := s.before.Agent
	if n := len(s.before.Agents); last == "" && n > 0 {
		last = s.before.Agents[n-1]
	}
	if !first && last == who || first && how == "" {
		return nil // the client knows him, or nobody yet: the greeting comes with the first sign
	}
	name, err := s.agent(who)
	if err != nil {
		return err
	}
	vars := map[string]string{"agent": name}
	if !first {
		return s.say(ticket.SayNewAgent, vars)
	}
	if err := s.say(ticket.SayGreeting, vars); err != nil {
		return err
	}
	return s.say(ticket.SayReceived, nil)
}

func (s *telling) transferred(e ledger.Event) error {
	to := e.Data["to"]
	line := by(e.By) + " mengalihkan tiket ini"
	if from := e.Data["from"]; from != "" && from != e.By {
		line += " dari " + user(from)
	}
	s.line("➡️ "+line+" kepada "+user(to)+"."+typed(e.Data["note"]), one(to))
	return s.introduce(to, "")
}

func (s *telling) takenOver(e ledger.Event) error {
	from := e.Data["from"]
	s.line("🔁 "+by(e.By)+" mengambil alih tiket ini dari "+user(from)+"."+typed(e.Data["note"]), one(from))
	return s.introduce(e.Data["to"], "")
}

func (s *telling) released(e ledger.Event) error {
	s.line("↩️ "+by(e.By)+" melepas tiket ini; penggantinya sedang dicari."+typed(e.Data["note"]), Mention{})
	return nil
}

func (s *telling) agentSilent(e ledger.Event) error {
	waits := ""
	if at, ok := s.t.Waiting(ticket.Client, ticket.Staff); ok {
		waits = " Klien menunggu sejak " + relTime(at) + "."
	}
	s.call("🔕", one(e.Data["agent"]), "belum menjawab, jadi tiket ini ditawarkan kembali."+waits)
	return nil
}

func (s *telling) firstReminder(ledger.Event) error {
	to, err := s.onDuty()
	if err != nil {
		return err
	}
	s.call("⏰", to, "klien menunggu respons pertama sejak "+relTime(s.t.FirstWord)+". Tekan **Terima**, atau langsung balas klien.", s.acceptable()...)
	return nil
}

func (s *telling) firstResponseBreached(ledger.Event) error {
	has := "Belum ada yang menangani tiket ini."
	if who := cmp.Or(s.t.Agent, s.t.OfferedTo); who != "" {
		has = "Tiket ini ada pada " + user(who) + "."
	}
	s.call("🚨", s.role(maySupervise), fmt.Sprintf("target respons pertama (%s) terlewati: klien menunggu sejak %s. %s",
		span(s.desk.policy().FirstResponse), relTime(s.t.FirstWord), has), s.acceptable()...)
	return nil
}

// acceptable is the button to accept, while that is possible.
func (s *telling) acceptable() []Button {
	if s.t.Agent == "" || s.t.Silent {
		return []Button{buttonAccept}
	}
	return nil
}

func (s *telling) replyReminder(e ledger.Event) error {
	to, err := s.handler()
	if err != nil {
		return err
	}
	s.call("⏰", to, "klien menunggu jawaban"+since(e)+".", s.acceptable()...)
	return nil
}

func (s *telling) newsReminder(e ledger.Event) error {
	to, err := s.handler()
	if err != nil {
		return err
	}
	s.call("📣", to, "klien tiket Hard ini belum mendapat kabar"+since(e)+". Kabari perkembangannya, walaupun belum selesai.")
	return nil
}

func (s *telling) targetNear(e ledger.Event) error {
	to, err := s.handler()
	if err != nil {
		return err
	}
	left := ""
	if at, ok := s.desk.target(*s.t); ok {
		left = ": batasnya " + clockTime(at) + " (" + relTime(at) + ")"
	}
	s.call("⏳", to, fmt.Sprintf("%s%% waktu target kelas %s sudah terpakai%s.", e.Data["percent"], className(ticket.Class(e.Data["class"])), left))
	return nil
}

func (s *telling) targetMissed(e ledger.Event) error {
	class := ticket.Class(e.Data["class"])
	target, _ := s.desk.policy().Target(class)
	s.call("🚨", one(s.t.Agent).and(s.role(maySupervise)), fmt.Sprintf("target kelas %s (%s) terlewati dan tiket ini belum selesai.", className(class), span(target)))
	return nil
}
