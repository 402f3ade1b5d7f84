package bridge

import (
	"strings"
	"unicode/utf8"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// reportTellings are what is said of a report's event, by its name. What is in neither
// this table nor [reportUntold] belongs to no report's life.
var reportTellings = map[string]func(*reportTelling, ledger.Event) error{
	"report_opened":          (*reportTelling).opened,
	"report_taken":           (*reportTelling).taken,
	"report_needs_data":      (*reportTelling).needsData,
	"report_data_came":       (*reportTelling).dataCame,
	"report_answer_proposed": (*reportTelling).answerProposed,
	"report_adjusted":        (*reportTelling).adjusted,
	"report_rejected":        (*reportTelling).rejected,
	"report_moved":           (*reportTelling).moved,
	"report_passed":          (*reportTelling).passed,
	"report_failed":          (*reportTelling).failed,
	"report_accepted":        (*reportTelling).accepted,
	"report_objected":        (*reportTelling).objected,
	"report_withdrawn":       (*reportTelling).withdrawn,
	"report_reopened":        (*reportTelling).reopened,
	"report_carries":         (*reportTelling).carries,
	"report_dropped_ticket":  (*reportTelling).droppedTicket,
	"report_post_lost":       (*reportTelling).postLost,
	"report_posted_again":    (*reportTelling).postedAgain,
	"report_waits":           (*reportTelling).waits,
}

// reportUntold are the events that need no words, and why.
var reportUntold = map[string]string{
	"posted":           "the post is there, and the ticket shows the way to it",
	"report_forwarded": "what was forwarded shows who did",
}

// opened makes the post. Of a party beside developers the ticket hears it here.
func (s *reportTelling) opened(e ledger.Event) error {
	s.openPost()
	if s.r.Party == escalation.Developers {
		return nil // the ticket tells its escalation
	}
	return s.desks("📤 " + by(e.By) + " meneruskan hal ini kepada **" + partyName(*s.r) + "** (" + s.desk.reportName(*s.r) + ")." + typed(s.r.Form.Detail))
}

// openPost asks for the post, with what does not fit into its head, and the evidence.
func (s *reportTelling) openPost() {
	s.tx.Send(openReport(s.r.ID, s.r.Posts))
	for _, long := range longParts(s.r.Form) {
		for _, part := range Split("📄 **"+long.name+"**"+typed(long.text), discordLimit) {
			s.tx.Send(letter(s.id("whole"), ReportLane(s.r.ID), s.r.ID, kindSay, sayBody{Content: part}))
		}
	}
	for i, key := range s.r.Form.Evidence {
		content := ""
		if i == 0 {
			content = "📎 **Screenshot/Video**"
		}
		s.tx.Send(letter(s.id("evidence"), ReportLane(s.r.ID), s.r.ID, kindSay, sayBody{Content: content, Files: []fileRef{{Key: key}}}))
	}
}

func (s *reportTelling) taken(e ledger.Event) error {
	line := "🙋 " + by(e.By) + " menangani "
	from := ""
	if before := e.Data["from"]; before != "" {
		line, from = "🔁 "+by(e.By)+" mengambil alih ", " dari "+user(before)
	}
	s.lines++
	s.tx.Send(letter(s.id("line"), ReportLane(s.r.ID), s.r.ID, kindSay, sayBody{Content: line + "laporan ini" + from + ".", PingUsers: one(e.Data["from"]).Users}))
	return s.desks(line + s.desk.reportName(*s.r) + from + ".")
}

func (s *reportTelling) needsData(e ledger.Event) error {
	s.post("❓", Mention{}, by(e.By)+" membutuhkan data:"+typed(e.Data["question"])+"\n-# Agen sudah dipanggil di thread tiketnya.")
	t, err := s.in(s.r.First())
	if err != nil || t == nil {
		return err
	}
	var buttons []Button
	if t.t.Channel == ticket.WhatsApp {
		buttons = []Button{buttonData, buttonAccess}
	}
	return s.agent("❓", partyName(*s.r)+" ("+by(e.By)+") membutuhkan data untuk "+s.desk.reportName(*s.r)+":"+typed(e.Data["question"])+
		"\nMintalah kepada klien bila perlu, lalu teruskan jawabannya dengan menu pesan *Kirim ke laporan*.", buttons...)
}

func (s *reportTelling) dataCame(e ledger.Event) error {
	s.post("📥", s.holder(), "data yang diminta sudah datang dari "+by(e.By)+".")
	return s.desks("📤 Jawaban sudah diteruskan ke " + s.desk.reportName(*s.r) + " oleh " + by(e.By) + ".")
}

func (s *reportTelling) answerProposed(ledger.Event) error {
	return s.agent("📨", "klien menulis setelah "+partyName(*s.r)+" meminta data untuk "+s.desk.reportName(*s.r)+":"+typed(s.r.Question)+
		"\nBila itu jawabannya, teruskan ke laporan.", about(*s.r, reportWords))
}

func (s *reportTelling) adjusted(e ledger.Event) error {
	result := typed(e.Data["result"])
	if s.r.Party != escalation.Developers {
		s.post("💬", Mention{}, by(e.By)+" menjawab:"+result+"\n-# Agen sudah dipanggil di thread tiketnya.")
		return s.agent("💬", "jawaban "+partyName(*s.r)+" ("+by(e.By)+") atas "+s.desk.reportName(*s.r)+":"+result+"\nSudah cukup?", verdictHere(*s.r)...)
	}
	s.post("🛠️", Mention{}, by(e.By)+" menyatakan laporan ini sudah disesuaikan."+result+"\n-# Agen diminta menguji ulang di akun demo.", verdict(*s.r)...)
	return s.agent("🛠️", partyName(*s.r)+" ("+by(e.By)+") menyatakan "+s.desk.reportName(*s.r)+" sudah disesuaikan."+result+
		"\nUji ulang di akun demo, lalu tekan hasilnya.", verdictHere(*s.r)...)
}

func (s *reportTelling) rejected(e ledger.Event) error {
	why := "tanpa perubahan (" + causeNames[escalation.Cause(e.Data["cause"])] + "):" + typed(e.Data["reason"])
	s.post("🚫", Mention{}, by(e.By)+" menutup laporan ini "+why+"\n-# Menunggu persetujuan agen.", verdict(*s.r)...)
	return s.agent("🚫", partyName(*s.r)+" ("+by(e.By)+") menutup "+s.desk.reportName(*s.r)+" "+why+
		"\n**Terima**, lalu jelaskan sendiri kepada klien; atau ajukan **keberatan** dengan alasannya.", verdictHere(*s.r)...)
}

// moved calls the new team; the one before has no further part in it.
func (s *reportTelling) moved(e ledger.Event) error {
	line := " memindahkan laporan ini dari " + ToDiscord(Clean(e.Data["from"], 60)) + " ke **" + partyName(*s.r) + "**."
	s.post("↪️", s.party(), by(e.By)+line+typed(e.Data["reason"]), reportTake)
	return s.desks("↪️ " + by(e.By) + " memindahkan " + s.desk.reportName(*s.r) + " dari " + ToDiscord(Clean(e.Data["from"], 60)) + " ke **" + partyName(*s.r) + "**." + typed(e.Data["reason"]))
}

func (s *reportTelling) passed(e ledger.Event) error {
	if s.r.Party != escalation.Developers {
		s.post("✅", Mention{}, by(e.By)+" menyatakan jawabannya cukup. Terima kasih."+typed(e.Data["note"]))
		return s.desks("✅ " + s.desk.endedLine(*s.r, e.By))
	}
	s.post("✅", Mention{}, by(e.By)+" menguji ulang: lolos. Laporan ini ditutup, terima kasih."+typed(e.Data["note"]))
	return nil // the ticket tells it, and its client
}

func (s *reportTelling) failed(e ledger.Event) error {
	if s.r.Party != escalation.Developers {
		s.post("❌", s.holder(), "menurut "+by(e.By)+" jawabannya belum cukup:"+typed(e.Data["reason"]))
		return s.desks("❌ " + by(e.By) + " meminta jawaban yang lebih lengkap untuk " + s.desk.reportName(*s.r) + ":" + typed(e.Data["reason"]))
	}
	s.post("❌", s.holder(), "uji ulang oleh "+by(e.By)+" belum lolos (ke-"+e.Data["times"]+"):"+typed(e.Data["reason"]))
	return s.desks("❌ " + by(e.By) + " menguji ulang " + s.desk.reportName(*s.r) + ": belum lolos (ke-" + e.Data["times"] + "). Laporan kembali ke developer." + typed(e.Data["reason"]))
}

func (s *reportTelling) accepted(e ledger.Event) error {
	s.post("✅", Mention{}, by(e.By)+" menerima penutupan tanpa perubahan ini.")
	if s.r.Party != escalation.Developers {
		return s.desks("✅ " + s.desk.endedLine(*s.r, e.By))
	}
	return nil
}

func (s *reportTelling) objected(e ledger.Event) error {
	s.post("✋", s.holder(), by(e.By)+" keberatan atas penutupan tanpa perubahan (ke-"+e.Data["times"]+"):"+typed(e.Data["reason"]))
	return s.desks("✋ " + by(e.By) + " keberatan; " + s.desk.reportName(*s.r) + " kembali ke " + partyName(*s.r) + "." + typed(e.Data["reason"]))
}

func (s *reportTelling) withdrawn(e ledger.Event) error {
	if s.has("report_dropped_ticket") {
		s.post("🗑️", one(s.r.Owner), "laporan ini ditarik: tiket yang menunggunya ditutup tanpa penyelesaian.")
	} else {
		s.post("🗑️", one(s.r.Owner), "laporan ini ditarik oleh "+by(e.By)+"."+typed(e.Data["reason"]))
	}
	if s.r.Party != escalation.Developers {
		return s.desks("🗑️ " + s.desk.endedLine(*s.r, e.By) + typed(e.Data["reason"]))
	}
	return nil
}

// endedLine says in a ticket's thread how a report ended.
func (d Desk) endedLine(r escalation.Report, who string) string {
	name := capital(d.reportName(r))
	switch r.Ending {
	case escalation.EndPassed:
		if r.Party != escalation.Developers {
			return name + " ditutup: jawabannya cukup (" + by(who) + ")."
		}
		return name + " lolos uji ulang dan ditutup."
	case escalation.EndAccepted:
		return name + " ditutup tanpa perubahan (" + causeNames[r.Cause] + "). Jelaskan sendiri kepada klien; tidak ada yang terkirim otomatis."
	}
	return name + " ditarik dan tidak ditunggu lagi."
}

// capital begins a sentence.
func capital(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

// reopened calls who had it: the client says that it is not mended.
func (s *reportTelling) reopened(e ledger.Event) error {
	to := s.holder()
	if s.r.Thread == "" {
		s.openPost() // calls him too
		to = Mention{}
	}
	s.post("🔓", to, "laporan ini dibuka kembali (ke-"+e.Data["times"]+"): menurut klien tiket **"+ToDiscord(e.Data["ticket"])+"** kendalanya belum selesai.")
	return nil // the ticket tells that it waits for it again
}

func (s *reportTelling) carries(e ledger.Event) error {
	s.post("➕", Mention{}, "tiket **"+ToDiscord(e.Data["ticket"])+"** juga menunggu laporan ini ("+by(e.By)+").")
	return nil // the ticket tells its escalation
}

func (s *reportTelling) droppedTicket(e ledger.Event) error {
	if s.r.State == escalation.Closed {
		return nil // the line of the withdrawal says it, or nobody waited any more
	}
	line := "tiket **" + ToDiscord(e.Data["ticket"]) + "** tidak lagi menunggu laporan ini."
	if into := e.Data["into"]; into != "" {
		line = "tiket **" + ToDiscord(e.Data["ticket"]) + "** digabungkan; yang menunggu laporan ini sekarang tiket **" + ToDiscord(into) + "**."
	}
	s.post("➖", Mention{}, line)
	into := e.Data["into"]
	switch {
	case into == "":
		return s.nextFirst()
	case s.r.Party == escalation.Developers:
		return nil // the ticket tells it
	}
	t, err := s.in(into)
	if err != nil || t == nil {
		return err
	}
	text := "➕ Jawaban atas " + s.desk.reportName(*s.r) + " (" + partyName(*s.r) + ") akan tampil di tiket ini."
	if !s.r.WithParty() {
		text += "\n" + capital(s.desk.owed(*s.r)) + "."
	}
	t.line(text, Mention{}, owes(*s.r)...)
	return nil
}

// nextFirst tells the ticket that comes first now what its agent has to do.
func (s *reportTelling) nextFirst() error {
	switch {
	case s.told || s.r.First() == s.before.First():
		return nil
	case s.r.WithParty():
		s.told = true
		return s.desks("👉 Tiket ini sekarang tiket pertama " + s.desk.reportName(*s.r) + ": pertanyaan developer dan permintaan uji ulang datang ke sini.")
	}
	s.told = true
	return s.agent("👉", "tiket ini sekarang tiket pertama "+s.desk.reportName(*s.r)+". "+capital(s.desk.owed(*s.r))+".", owes(*s.r)...)
}

// postLost is said in the ticket, for there is nowhere else: a lead decides.
func (s *reportTelling) postLost(ledger.Event) error { return s.lost(" dihapus di Discord.") }

// lost calls who decides about a report without its post.
func (s *reportTelling) lost(what string) error {
	t, err := s.in(s.r.First())
	if err != nil || t == nil {
		return err
	}
	t.call("🚨", s.desk.lead(*s.r).and(t.role(maySupervise)), "post "+s.desk.reportName(*s.r)+" ("+partyName(*s.r)+")"+what+" Laporannya sendiri masih tersimpan dan tetap terbuka."+
		"\nPutuskan: buat post baru, atau tarik laporannya.", about(*s.r, reportAgain), about(*s.r, reportDrop))
	return nil
}

func (s *reportTelling) postedAgain(e ledger.Event) error {
	s.openPost()
	return s.desks("🆕 " + by(e.By) + " meminta post baru untuk " + s.desk.reportName(*s.r) + ".")
}

// waits calls who lets a report wait, where he can answer it.
func (s *reportTelling) waits(e ledger.Event) error {
	caller, untaken := escalation.Caller(e.Data["calls"]), s.r.State == escalation.Open
	switch {
	case s.r.Lost:
		return s.lost(" dihapus di Discord dan belum ada yang memutuskan kelanjutannya.")
	case caller == escalation.CallTeam && !untaken:
		s.post("⏰", s.party(), "laporan ini masih menunggu agen"+since(e)+".")
		return nil
	case caller == escalation.CallLead && !untaken:
		s.post("🚨", s.desk.lead(*s.r), "laporan untuk **"+partyName(*s.r)+"** ini masih menunggu agen"+since(e)+".")
		return nil
	case caller == escalation.CallTeam:
		s.post("⏰", s.party(), "laporan ini belum diambil siapa pun"+since(e)+".", reportTake)
		return nil
	case caller == escalation.CallLead:
		s.post("🚨", s.desk.lead(*s.r), "laporan untuk **"+partyName(*s.r)+"** ini belum diambil siapa pun"+since(e)+". Tentukan siapa yang menanganinya.", reportTake)
		return nil
	case caller == escalation.CallManager:
		t, err := s.in(s.r.First())
		if err != nil || t == nil {
			return err
		}
		t.call("🚨", t.role(maySupervise), s.desk.owed(*s.r)+since(e)+".", owes(*s.r)...)
		return nil
	}
	return s.agent("⏰", s.desk.owed(*s.r)+since(e)+".", owes(*s.r)...)
}

// owed is what a report waits for, as it continues with since when.
func (d Desk) owed(r escalation.Report) string {
	switch {
	case r.State == escalation.Open:
		return d.reportName(r) + " untuk " + partyName(r) + " belum diambil siapa pun"
	case r.State == escalation.NeedsData:
		return partyName(r) + " menunggu data untuk " + d.reportName(r) + ":" + typed(r.Question) + "\nbelum dijawab"
	case r.State == escalation.Adjusted && r.Party == escalation.Developers:
		return d.reportName(r) + " sudah disesuaikan dan menunggu uji ulang"
	case r.State == escalation.Adjusted:
		return d.reportName(r) + " sudah dijawab dan menunggu kata Anda"
	}
	return d.reportName(r) + " ditutup tanpa perubahan dan menunggu persetujuan"
}

// owes are the buttons with which the desk answers it.
func owes(r escalation.Report) []Button {
	if len(r.Words) > 0 {
		return []Button{about(r, reportWords)}
	}
	return verdictHere(r)
}
