package bridge

import (
	"slices"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// resolved sends the closing sentence of the class, and asks for a confirmation where it
// needs one.
func (s *telling) resolved(e ledger.Event) error {
	s.line("✅ "+by(e.By)+" menyelesaikan tiket ini.\n**Ringkasan:**"+typed(s.t.Summary)+"\n**Solusi:**"+typed(s.t.Solution), one(s.other(e.By)))
	key := ticket.SayClosingConfirm
	if s.t.Class == ticket.Easy {
		key = ticket.SayClosingEasy
	}
	if !s.bridged() || s.desk.Sentences[key] == "" {
		s.follow(s.t.ClosingAccepted(s.at())) // nothing will be accepted
	}
	if s.t.Class == ticket.Easy {
		return s.say(key, nil)
	}
	if err := s.say(key, nil); err != nil {
		return err
	}
	s.ask(ticket.SayConfirmQuestion, []string{s.desk.Sentences[ticket.SayConfirmYes], s.desk.Sentences[ticket.SayConfirmNo]})
	return nil
}

func (s *telling) confirmationUnclear(ledger.Event) error {
	to, err := s.handler()
	if err != nil {
		return err
	}
	s.call("❔", to, "jawaban klien atas penutupan belum jelas. Tutup tiketnya, atau buka kembali pekerjaannya.", buttonClose, buttonReopen)
	return nil
}

func (s *telling) closingFailed(ledger.Event) error {
	to, err := s.handler()
	if err != nil {
		return err
	}
	s.call("❌", to, "kalimat penutup tidak sampai ke klien, jadi tiket ini tidak tertutup dengan sendirinya. Kirim ulang, tulis sendiri kepada klien, atau tutup tiketnya.", buttonClose, buttonReopen)
	return nil
}

// closed says by whom or why, and asks for a rating where that is due.
func (s *telling) closed(e ledger.Event) error {
	why := ticket.Ending(e.Data["why"])
	switch why {
	case ticket.EndConfirmed:
		s.line("🔒 Tiket ditutup: klien mengonfirmasi bahwa laporannya sudah sesuai.", Mention{})
		if s.t.Class != ticket.Easy {
			if err := s.say(ticket.SayClosingEasy, nil); err != nil {
				return err
			}
		}
	case ticket.EndSilence:
		s.line("🔒 Tiket ditutup: klien tidak membalas selama "+span(s.desk.policy().Silence)+".", Mention{})
	case ticket.EndDropped:
		s.line("🗑️ Tiket ditutup tanpa penyelesaian oleh "+by(e.By)+"."+typed(e.Data["reason"]), one(s.other(e.By)))
	case ticket.EndMerged:
		other, err := elsewhere(s.tx, e.Data["into"])
		if err != nil {
			return err
		}
		s.line("🔀 "+by(e.By)+" menggabungkan tiket ini ke tiket "+other+". Lanjutkan di sana.", one(s.other(e.By)))
	default:
		s.line("🔒 Tiket ditutup oleh "+by(e.By)+".", Mention{})
	}
	if !s.bridged() || s.desk.Sentences[ticket.SayRating] == "" || slices.Contains(s.desk.Groups, s.c.Reply) {
		return nil
	}
	events, err := s.t.AskRating(s.c.RatedAt, s.at(), s.desk.policy())
	s.follow(events)
	return err
}

// ratingAsked asks for stars. Whoever asks notes the question with the person.
func (s *telling) ratingAsked(ledger.Event) error {
	s.c.Rated, s.c.RatedAt = s.t.Number, s.at()
	s.ask(ticket.SayRating, ticket.RatingOptions())
	return nil
}

// reopened calls the agent. The client hears of it when it was he who asked for it.
func (s *telling) reopened(e ledger.Event) error {
	switch e.Data["why"] {
	case "not_yet":
		s.call("🔓", one(s.t.Agent), "dibuka kembali: menurut klien laporannya belum sesuai.")
	case "client":
		s.call("🔓", one(s.t.Agent), "dibuka kembali: klien menulis lagi setelah tiket ditutup.")
	default:
		s.line("🔓 "+by(e.By)+" membuka kembali tiket ini."+typed(e.Data["reason"]), one(s.other(e.By)))
		return nil
	}
	return s.say(ticket.SayReopened, nil)
}

// rated thanks by asking for a comment, once.
func (s *telling) rated(e ledger.Event) error {
	n, err := strconv.Atoi(e.Data["stars"])
	if err != nil || n < 1 || n > 5 {
		return nil // written by a newer halo
	}
	line := strings.Repeat("⭐", n) + " Klien memberi nilai **" + strconv.Itoa(n) + " dari 5**"
	if was := e.Data["was"]; was != "" {
		line += " (sebelumnya " + ToDiscord(was) + ")"
	}
	s.line(line+".", Mention{})
	if e.Data["was"] != "" || s.has("commented") {
		return nil
	}
	return s.say(ticket.SayRatingComment, nil)
}

func (s *telling) reviewOpened(ledger.Event) error {
	s.call("🚨", s.role(maySupervise), "nilai rendah: peninjauan tiket ini dibuka. Catat hasilnya dengan tombol di bawah.", buttonReview)
	return nil
}

func (s *telling) reviewDone(e ledger.Event) error {
	s.line("🔎 Hasil peninjauan oleh "+by(e.By)+":"+typed(e.Data["finding"]), one(s.other(e.By)))
	return nil
}

func (s *telling) commented(e ledger.Event) error {
	to := Mention{}
	if !ticket.IsThanks(e.Data["text"]) { // it may be a concern: the ticket stays closed
		to = one(s.t.Agent)
	}
	s.call("💬", to, "Komentar klien atas penilaiannya:"+told(e.Data["text"]), buttonReopen)
	return s.say(ticket.SayRatingThanks, nil)
}
