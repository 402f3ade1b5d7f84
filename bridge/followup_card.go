package bridge

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// followUpKinds are how people call the kinds of follow-ups.
var followUpKinds = map[customer.FollowUpKind]string{
	customer.Reorder: "Tindak lanjut", customer.Reminder: "Pengingat pesanan", customer.NewCustomer: "Pelanggan baru", customer.Callback: "Telepon setelah survei",
}

// followUpStates are how people call their states.
var followUpStates = map[customer.FollowUpState]string{
	customer.FollowUpOpen: "menunggu ditangani", customer.FollowUpQueued: "dalam antrean", customer.FollowUpSent: "terkirim",
	customer.FollowUpAnswered: "klien membalas", customer.FollowUpDone: "selesai", customer.FollowUpSkipped: "dilewati",
}

var followUpColors = map[customer.FollowUpState]int{
	customer.FollowUpOpen: colorNew, customer.FollowUpQueued: colorWaits, customer.FollowUpSent: brand,
	customer.FollowUpAnswered: colorSolved, customer.FollowUpDone: colorClosed, customer.FollowUpSkipped: colorClosed,
}

// FollowUpName and FollowUpStateName are what staff call a kind and a state.
func FollowUpName(k customer.FollowUpKind) string       { return followUpKinds[k] }
func FollowUpStateName(s customer.FollowUpState) string { return followUpStates[s] }

// followUpCard is the head of a follow-up's post: whom it is about and how he buys, what
// is suggested, how it stands and what came of it.
func (c *Courier) followUpCard(ctx context.Context, t ticket.Ticket, f customer.FollowUp, conv ticket.Conversation, who customer.Card) (*Card, []Button, error) {
	var company customer.Customer
	_, err := c.maybe(ctx, ledger.Ref{Kind: customer.KindCustomer, ID: f.Customer}, func(data []byte) (err error) {
		company, err = customer.DecodeCustomer(data)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	waits := ""
	if f.State == customer.FollowUpQueued {
		if waits, err = c.queuedHint(ctx, f); err != nil {
			return nil, nil, err
		}
	}
	card := &Card{
		Title: fmtCut(followUpKinds[f.Kind]+" · "+cmp.Or(Clean(company.Name, 80), f.Customer)+" · "+followUpStates[f.State], 250),
		Text:  followUpHint(t, f, c.desk, waits), Color: followUpColors[f.State], Footer: f.ID,
	}
	fields := append(c.desk.buyerFields(f, company), contactFields(f, conv, who)...)
	switch {
	case f.Kind == customer.Callback:
		fields = append(fields, wide("Alasan", inert(f.Text)))
	case !f.Kind.Calls():
		name := "Usulan pesan"
		if topic := topicNames[f.Topic]; topic != "" {
			name += " (" + topic + ")"
		}
		if !f.Sent.IsZero() {
			name = "Pesan"
		}
		fields = append(fields, wide(name, ToDiscord(f.Text)))
	}
	fields = append(fields, standFields(f)...)
	left := 5500 - splitUnits(card.Title+card.Text)
	for _, field := range fields {
		if field.Value == "" || left <= 0 || len(card.Fields) == fieldsMost {
			continue
		}
		field.Value = fmtCut(field.Value, min(cardField, left))
		left -= splitUnits(field.Name + field.Value)
		card.Fields = append(card.Fields, field)
	}
	return card, followUpButtons(f), nil
}

// followUpHint says what is to be done next; waits is what is said of one in the queue.
func followUpHint(t ticket.Ticket, f customer.FollowUp, desk Desk, waits string) string {
	switch {
	case f.Over():
		return "Kartu ini sudah selesai."
	case f.Kind == customer.NewCustomer:
		return "Telepon pelanggan baru ini: puaskah ia, dan apakah pesanannya datang sesuai? Lalu catat hasilnya."
	case f.Kind == customer.Callback:
		return "Telepon pelanggan ini sesuai prosedur keluhan: cari penyebab nilai rendahnya, tentukan tindakan perbaikan, lalu catat."
	case f.State == customer.FollowUpQueued:
		return waits
	case f.State == customer.FollowUpSent, f.State == customer.FollowUpAnswered:
		return talkHint(t, desk) + " Catat hasilnya bila sudah jelas."
	case f.Conversation == "":
		return "☎️ **Telepon atau e-mail**: belum ada yang menulis ke nomor kita, jadi Halo tidak boleh mengirim pesan lebih dulu. Catat hasilnya di sini."
	}
	return "Kirim usulannya, ubah lebih dulu, atau hubungi dengan cara lain dan catat hasilnya."
}

// buyerFields are the company and how it buys.
func (d Desk) buyerFields(f customer.FollowUp, c customer.Customer) []Field {
	place := map[customer.System]string{customer.Panel: "Grup outlet (panel)", customer.Private: "Domain (private)"}[c.System]
	var modules, orders []string
	for _, m := range c.Modules {
		modules = append(modules, cardLine(m, 40))
	}
	for _, o := range c.Orders[:min(len(c.Orders), 5)] {
		line := strings.TrimSpace(dateOf(o.At) + " " + cardLine(o.Number+" "+o.What, cardWords))
		if o.Amount != 0 {
			line += " · " + Money(o.Amount, o.Currency)
		}
		if o.Void {
			line = "~~" + line + "~~ batal"
		}
		orders = append(orders, line)
	}
	owner := "belum ada"
	if f.Owner != "" {
		owner = user(f.Owner)
	}
	market := ""
	if c.Market == customer.International {
		market = "internasional"
	}
	return []Field{
		field(cmp.Or(place, "Grup outlet / domain"), cardLine(c.Place, cardWords)), field("Sales", owner), field("Pasar", market),
		wide("Modul", strings.Join(modules, ", ")), wide("Pesanan terakhir", strings.Join(orders, "\n")), wide("Irama", RhythmShown(c.Rhythm, d.followUps().Usual, cmp.Or(f.Ended, d.now()))),
	}
}

// RhythmShown is how a customer buys, in words: "biasanya tiap 60 hari, terakhir 120 hari
// lalu".
func RhythmShown(r customer.Rhythm, usual time.Duration, now time.Time) string {
	if r.Last.IsZero() {
		return "belum pernah memesan"
	}
	gap, ago := int(r.Gap(usual)/day), int(now.Sub(r.Last)/day)
	last := "terakhir " + strconv.Itoa(max(0, ago)) + " hari lalu"
	if ago <= 0 {
		last = "terakhir hari ini"
	}
	how := "biasanya tiap " + strconv.Itoa(gap) + " hari, "
	if r.Orders < 2 {
		how = "baru sekali memesan, "
	}
	return how + last
}

const day = 24 * time.Hour

// Money is an amount in the minor units of its currency (ISO 4217) as people write it:
// "Rp 1.250.000", "USD 99,50", "JPY 5.000".
func Money(minor int64, currency string) string {
	sign := ""
	if minor < 0 {
		sign = "-"
	}
	decimals, ok := customer.Minor(cmp.Or(currency, "IDR"))
	if !ok {
		decimals = 2
	}
	unit := int64(1)
	for range decimals {
		unit *= 10
	}
	whole, rest := minor/unit, minor%unit
	digits := strings.TrimPrefix(strconv.FormatInt(whole, 10), "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "." + digits[i:]
	}
	if rest != 0 {
		digits += fmt.Sprintf(",%0*d", decimals, max(rest, -rest))
	}
	if currency == "IDR" || currency == "" {
		return sign + "Rp " + digits
	}
	return sign + ToDiscord(Clean(currency, 3)) + " " + digits
}

// contactFields are whom to turn to, and how.
func contactFields(f customer.FollowUp, conv ticket.Conversation, who customer.Card) []Field {
	name := cardLine(cmp.Or(who.Name, conv.Name), cardWords)
	if f.Contact == "" {
		name = "belum ada kontak yang dikenal"
	}
	way := "WhatsApp"
	switch {
	case f.Kind.Calls():
		way = "telepon"
	case f.Conversation == "":
		way = "telepon atau e-mail"
	}
	if who.Declined {
		way += "\n🔕 tidak mau menerima info dan penawaran"
	}
	return []Field{field("Kontak", cmp.Or(name, "Tanpa nama")), field("Nomor", strings.Join(append([]string{cmp.Or(who.Number, "belum diketahui")}, who.Numbers...), "\n")), field("Jalan", way), wide("Catatan", cardNotes(who.Note, cardNote))}
}

// standFields are how it stands and what came of it.
func standFields(f customer.FollowUp) []Field {
	var out []string
	add := func(at time.Time, what string) {
		if !at.IsZero() {
			out = append(out, what+" "+dayTime(at))
		}
	}
	add(f.Opened, "dibuat")
	if f.State == customer.FollowUpQueued {
		add(f.Queued, "masuk antrean oleh "+by(f.By))
	}
	add(f.Sent, "terkirim")
	add(f.Answered, "klien membalas")
	add(f.Missed, "🚨 lewat tenggat")
	if !f.Over() && f.Kind.Calls() {
		add(f.Due, "paling lambat")
	}
	fields := []Field{wide("Perjalanan", strings.Join(out, "\n"))}
	if f.Failed != "" {
		fields = append(fields, wide("⚠️ Tidak terkirim", inert(f.Failed)))
	}
	switch f.State {
	case customer.FollowUpDone:
		result := responseShown(f.Response) + "\n" + by(f.By) + ", " + dayTime(f.Ended)
		if f.Response.Note != "" {
			result += "\n" + quote(inert(f.Response.Note))
		}
		fields = append(fields, wide("Hasil", result))
	case customer.FollowUpSkipped:
		fields = append(fields, wide("Dilewati", by(f.By)+", "+dayTime(f.Ended)+"\n"+quote(inert(f.Why))))
	}
	if len(f.Forwarded) > 0 {
		var all []string
		for _, id := range f.Forwarded {
			all = append(all, ToDiscord(id))
		}
		fields = append(fields, field("Diteruskan", strings.Join(all, "\n")))
	}
	if f.Won != "" {
		fields = append(fields, field("🎉 Pesanan", cardLine(f.Won, 40)+"\n"+dayTime(f.WonAt)))
	}
	return fields
}

// followUpButtons are the steps that fit the state, in rows: the work, the topic.
func followUpButtons(f customer.FollowUp) []Button {
	switch {
	case f.State == customer.FollowUpSkipped:
		return []Button{followRecord}
	case f.Kind == customer.Callback && f.Over():
		return []Button{{ID: followAction.ID, Label: followCorrect.Label, Emoji: followCorrect.Emoji, Style: followCorrect.Style}}
	case f.Over():
		return []Button{followCorrect}
	case f.Kind == customer.Callback:
		return []Button{followAction, followTake}
	case f.Kind == customer.NewCustomer:
		return []Button{followFine, followUnusual, followMissed, followTake}
	case f.State == customer.FollowUpQueued:
		return []Button{followBack, followEdit, followRecord, followSkip, followTake}
	case f.State != customer.FollowUpOpen:
		return []Button{followRecord, followTake}
	case f.Conversation == "":
		return []Button{followRecord, followSkip, followTake}
	}
	out := []Button{followSend, followEdit, followSkip, followRecord, followTake}
	for _, topic := range Topics() {
		b := Button{ID: "f:topic:" + topic, Label: capital(topicNames[topic]), Emoji: "💡", Style: "secondary", Row: 1}
		if topic == f.Topic {
			b.Style = "primary"
		}
		out = append(out, b)
	}
	return out
}
