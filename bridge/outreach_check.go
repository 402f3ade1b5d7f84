package bridge

import (
	"strconv"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Why a message of the queue may not be sent: kept as Why, counted in the events
// "outreach_dropped".
const (
	unfitOptedOut   = "opted_out"
	unfitBlocked    = "blocked"
	unfitNeverWrote = "never_wrote"
	unfitNobody     = "contact_gone"      // the contact is not there
	unfitOther      = "contact_changed"   // the chat is another person's now
	unfitNoChat     = "conversation_gone" // there is no chat to write in
	unfitLate       = "too_late"
	unfitOver       = "over" // the follow-up or survey does not want it any more
	unfitNotAgreed  = "not_agreed"
	unfitComplaint  = "complaint"
	// DroppedByStaff is a person's decision.
	DroppedByStaff = "withdrawn"
	unfitFailed    = "failed" // WhatsApp did not take it
)

// unfit is why a message may not be sent as things stand in tx, "" when it may. A contact
// or chat that goes on in another one is looked at there.
func (d Desk) unfit(tx *ledger.Tx, o customer.Outreach) (why string, err error) {
	tx.Expect(ledger.Ref{Kind: customer.KindContact, ID: o.Contact}, ledger.Ref{Kind: ticket.KindConversation, ID: o.Conversation})
	if !o.Until.IsZero() && !tx.Now().Before(o.Until) {
		return unfitLate, nil
	}
	if why, err := d.unwanted(tx, o); err != nil || why != "" {
		return why, err
	}
	who, ok, err := customer.Load(tx, o.Contact)
	if err != nil || !ok {
		return unfitNobody, err
	}
	if why := unfitPerson(who, o.Kind); why != "" {
		return why, nil
	}
	if o.Conversation == "" {
		return unfitNoChat, nil
	}
	c, ok, err := ticket.LoadConversation(tx, o.Conversation)
	if err != nil || !ok || c.Reply == "" {
		return unfitNoChat, err
	}
	reads, ok, err := customer.ByChat(tx, c.ID)
	if err != nil {
		return "", err
	}
	if ok && reads.ID != who.ID {
		return unfitOther, nil
	}
	if o.Kind == customer.OutreachReminder {
		return d.complaint(tx, who.Customer, c)
	}
	return "", nil
}

// unfitPerson is why a person may not be written to first, "" when he may.
func unfitPerson(who customer.Contact, kind customer.OutreachKind) string {
	switch {
	case who.Block.On():
		return unfitBlocked
	case who.Consent.Choice == customer.Declined:
		return unfitOptedOut
	case !who.Proactive():
		return unfitNeverWrote
	case kind == customer.OutreachReminder && who.Consent.Choice != customer.Agreed:
		return unfitNotAgreed
	}
	return ""
}

// unwanted is why the follow-up or survey of a message does not wait for it any more, ""
// while it does.
func (d Desk) unwanted(tx *ledger.Tx, o customer.Outreach) (why string, err error) {
	if o.Kind == customer.OutreachSurvey {
		return d.surveyUnwanted(tx, o)
	}
	f, ok, err := customer.LoadFollowUp(tx, o.Ref)
	if err != nil || ok && f.State == customer.FollowUpQueued {
		return "", err
	}
	return unfitOver, nil
}

// complaint is [unfitComplaint] when the person, or the company, has an open complaint.
func (d Desk) complaint(tx *ledger.Tx, company string, c ticket.Conversation) (string, error) {
	if company != "" {
		if open, err := d.openComplaint(tx, company); err != nil || open {
			return unfitComplaint, err
		}
	}
	for _, number := range append([]string{c.Open}, c.Also...) {
		if number == "" {
			continue
		}
		t, ok, err := ticket.Load(tx, number)
		if err != nil {
			return "", err
		}
		if ok && complains(t) {
			return unfitComplaint, nil
		}
	}
	return "", nil
}

// unfitWords are the reasons as staff read them, in Indonesian and English.
var unfitWords = map[string][2]string{
	unfitOptedOut:   {"klien tidak ingin menerima info seperti ini", "the client does not want messages like this"},
	unfitBlocked:    {"kontaknya diblokir", "the contact is blocked"},
	unfitNeverWrote: {"klien belum pernah menulis ke nomor ini", "the client has never written to this number"},
	unfitNobody:     {"kontaknya tidak ada lagi", "the contact is no longer there"},
	unfitOther:      {"nomor itu sekarang dipakai orang lain", "the number is another person's now"},
	unfitNoChat:     {"tidak ada percakapan WhatsApp untuk kontak ini", "there is no WhatsApp chat with this contact"},
	unfitLate:       {"waktunya sudah lewat", "its time has passed"},
	unfitOver:       {"sudah tidak diperlukan", "it is no longer needed"},
	unfitNotAgreed:  {"klien belum menyetujui pengingat", "the client has not agreed to reminders"},
	unfitComplaint:  {"klien punya keluhan yang belum selesai", "the client has an open complaint"},
	"answered":      {"klien sudah menulis, jadi dijawab dulu", "the client has written, and is answered first"},
	"ordered":       {"klien sudah memesan", "the client has ordered"},
	DroppedByStaff:  {"dikeluarkan dari antrean oleh tim", "somebody took it out of the queue"},
	unfitFailed:     {"WhatsApp tidak menerimanya", "WhatsApp did not take it"},
}

// WhyNotSent says why a message of the queue was not sent, for people: why is an
// [customer.Outreach]'s Why, language "id" or "en". A reason of somebody else's is said as
// it is.
func WhyNotSent(why, language string) string {
	words, ok := unfitWords[why]
	switch {
	case !ok:
		return why
	case language == "en":
		return words[1]
	}
	return words[0]
}

// tellRefused tells who asked for a message that it was not sent: in the thread of its
// card, and where that has no post, a person in the intake channel. Of what a job asked
// for without a post its follow-up or survey says it.
func (d Desk) tellRefused(tx *ledger.Tx, o customer.Outreach, why, detail string) error {
	said := "⚠️ Pesan ini tidak jadi dikirim ke klien: " + WhyNotSent(why, "id") + "."
	if detail != "" {
		said = "⚠️ Pesan ini tidak sampai ke klien: " + detail + "."
	}
	said += " " + whatNow(why)
	body := sayBody{Content: said}
	if isPerson(o.By) {
		body.Content, body.PingUsers = "<@"+o.By+"> "+said, []string{o.By}
	}
	id := outreachLetter(o) + "/" + why + "/" + strconv.FormatInt(tx.Now().UnixMilli(), 10)
	t, ok, err := ticket.Load(tx, o.Log)
	switch {
	case err != nil:
		return err
	case ok && t.Thread != "":
		tx.Send(letter(id, ThreadLane(o.Log), o.Log, kindSay, body))
	case isPerson(o.By):
		body.Content = strings.Replace(body.Content, "Pesan ini", "Pesan `"+o.Ref+"`", 1)
		tx.Send(letter(id, ChannelLane("intake"), ledger.DeskLog, kindSay, body))
	}
	return nil
}

// whatNow says what whoever asked for a message can do.
func whatNow(why string) string {
	switch why {
	case unfitOptedOut, unfitBlocked, unfitNotAgreed:
		return "Jangan menghubunginya lewat WhatsApp; bila perlu, hubungi orang lain di perusahaan itu."
	case unfitNeverWrote, unfitNobody, unfitOther, unfitNoChat:
		return "Hubungi lewat telepon atau e-mail, lalu catat hasilnya di kartunya."
	case unfitComplaint:
		return "Selesaikan keluhannya lebih dulu."
	case unfitFailed:
		return "Periksa nomornya, lalu kirim lagi dari kartunya atau hubungi lewat telepon."
	}
	return "Lihat kartunya untuk langkah berikutnya."
}
