package bridge

import (
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// followUpTellings are what is said of an event of a follow-up, by its name. What is in
// neither this table nor [followUpUntold] belongs to no follow-up's life.
var followUpTellings map[string]func(*followUpTelling, ledger.Event) error

// An initialisation cycle forbids the table in the declaration.
func init() {
	followUpTellings = map[string]func(*followUpTelling, ledger.Event) error{
		"followup_taken":     (*followUpTelling).taken,
		"followup_queued":    (*followUpTelling).queued,
		"followup_returned":  (*followUpTelling).returned,
		"followup_answered":  (*followUpTelling).answered,
		"followup_recorded":  (*followUpTelling).recorded,
		"followup_corrected": (*followUpTelling).recorded,
		"followup_skipped":   (*followUpTelling).skipped,
		"followup_won":       (*followUpTelling).won,
		"followup_lost":      (*followUpTelling).lost,
		"followup_forwarded": (*followUpTelling).forwarded,
		"followup_reminded":  (*followUpTelling).reminded,
		"followup_missed":    (*followUpTelling).missed,
	}
}

// followUpUntold are the events that need no words, and why.
var followUpUntold = map[string]string{
	"followup_opened":   "the post says it",
	"followup_reworded": "the card shows the text",
	"followup_sent":     "the message itself is in the thread, with its mark",
}

func (s *followUpTelling) taken(e ledger.Event) error {
	from := ""
	if before := e.Data["from"]; before != "" {
		from = " dari " + user(before)
	}
	s.line("🙋 " + by(e.By) + " menangani kartu ini" + from + ".")
	return nil
}

func (s *followUpTelling) queued(e ledger.Event) error {
	s.line("⏳ Pesan masuk antrean atas permintaan " + by(e.By) + ". Halo mengirimnya pada jam kerja, berjarak dari pesan lain.")
	return nil
}

func (s *followUpTelling) returned(e ledger.Event) error {
	if e.By == "halo" {
		return nil // who asked for it is told why it was dropped
	}
	s.line("↩️ " + by(e.By) + " membatalkan pengiriman; kartu ini terbuka lagi.")
	return nil
}

// answered calls whose the customer is: he answers in the thread.
func (s *followUpTelling) answered(ledger.Event) error {
	s.call("💬", s.holder(), "klien membalas. Jawab di thread ini; semua pesan lain untuknya yang masih antre sudah dibatalkan.\nCatat hasilnya bila sudah jelas.", followRecord)
	return nil
}

func (s *followUpTelling) recorded(e ledger.Event) error {
	line := "📝 " + by(e.By) + " mencatat hasil: " + responseShown(s.f.Response) + "."
	if e.What == "followup_corrected" {
		line = "📝 " + by(e.By) + " memperbaiki hasil: " + responseShown(s.f.Response) + "."
	}
	s.line(line + typed(s.f.Response.Note))
	return nil
}

func (s *followUpTelling) skipped(e ledger.Event) error {
	s.line("⏭️ Dilewati oleh " + by(e.By) + ":" + typed(s.f.Why))
	return nil
}

func (s *followUpTelling) won(e ledger.Event) error {
	s.line("🎉 Pesanan **" + ToDiscord(Clean(e.Data["order"], 40)) + "** masuk setelah tindak lanjut ini.")
	return nil
}

// lost calls who has it, unless another order came in the place of the cancelled one.
func (s *followUpTelling) lost(e ledger.Event) error {
	line := "pesanan **" + ToDiscord(Clean(e.Data["order"], 40)) + "** dibatalkan dan tidak lagi dihitung sebagai hasil kartu ini."
	switch {
	case s.quiet:
	case s.has("followup_won"):
		s.line("↩️ " + capital(line))
	default:
		s.call("↩️", s.holder(), line+" Tanyakan alasannya kepada pelanggan, lalu perbaiki hasilnya.", followCorrect)
	}
	return nil
}

func (s *followUpTelling) forwarded(e ledger.Event) error {
	s.line("📨 Diteruskan sebagai laporan **" + ToDiscord(Clean(e.Data["report"], 60)) + "** oleh " + by(e.By) + ".")
	return nil
}

// reminded calls who has to act.
func (s *followUpTelling) reminded(ledger.Event) error {
	switch s.f.Kind {
	case customer.NewCustomer:
		s.call("⏰", s.holder(), "pelanggan baru ini belum ditelepon. Hari ini hari kerja ke-8 sejak pesanan pertamanya diterima; paling lambat hari kerja ke-10.", followFine, followUnusual)
	case customer.Callback:
		s.call("⏰", s.holder(), "panggilan dan tindakan perbaikan ini belum dicatat.", followAction)
	default:
		s.call("☎️", s.holder(), "belum ada balasan atas pesan "+relTime(s.f.Sent)+". Coba telepon, lalu catat hasilnya.", followRecord)
	}
	return nil
}

// missed calls who watches over it.
func (s *followUpTelling) missed(ledger.Event) error {
	over := Mention{Roles: s.desk.Roles[maySupervise]}
	switch s.f.Kind {
	case customer.NewCustomer:
		s.call("🚨", over.and(s.holder()), "lewat hari kerja ke-10: pelanggan baru ini belum ditelepon. Telepon sekarang dan catat hasilnya.", followFine, followUnusual)
	case customer.Callback:
		s.call("🚨", over.and(s.holder()), "tenggat panggilan dan tindakan perbaikan ini sudah lewat.", followAction)
	default:
		s.call("📅", s.holder(), "bulan daftar ini sudah selesai dan hasilnya belum dicatat.", followRecord)
	}
	return nil
}
