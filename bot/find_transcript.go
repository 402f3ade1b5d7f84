package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// mostTranscript is how many bytes either file of a transcript has at most: both pass as
// one answer also where Discord takes the least.
const mostTranscript = 4 << 20

// transcript shows a ticket's whole log as two files, to who asked.
func (d *Desk) transcript(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.byNumber(ctx, i, i.Options["number"])
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	w := &teller{english: i.English(), zone: d.zone(), name: d.callers(ctx), became: map[string]fate{}}
	head := transcriptHead{English: w.english, Number: t.Number}
	if head.Facts, w.client, err = d.facts(ctx, i, t, w); err != nil {
		return Answer{}, err
	}
	head.Made = fmt.Sprintf(head.say("Dibuat %s untuk %s. Berisi data pribadi: simpan seperlunya.", "Made %s for %s. It holds personal data: keep it no longer than needed."),
		i.At.In(w.zone).Format("02.01.2006 15:04 MST"), cmp.Or(bridge.Clean(i.Name, 60), w.name(i.User)))
	events := 0
	for e, err := range d.store.Events(ctx, t.Number) {
		if err != nil {
			return Answer{}, err
		}
		w.heed(e)
		events++
	}
	out, err := newTranscript(head, mostTranscript)
	if err != nil {
		return Answer{}, err
	}
	n := 0
	for e, err := range d.store.Events(ctx, t.Number) {
		if err != nil {
			return Answer{}, err
		}
		if n++; n > events {
			break // it came after the first look
		}
		if err := out.add(w.entry(e)); err != nil {
			return Answer{}, err
		}
	}
	page, plain, err := out.done()
	if err != nil {
		return Answer{}, err
	}
	text := fmt.Sprintf(i.say("📄 Transkrip tiket %s, %d baris. Buka berkas HTML di peramban untuk membaca atau mencetaknya.",
		"📄 Transcript of ticket %s, %d entries. Open the HTML file in a browser to read or print it."), t.Number, events)
	if left := max(out.page.left, out.plain.left); left > 0 {
		text += "\n⚠️ " + fmt.Sprintf(i.say("Sampai %d baris terakhir tidak muat dan ditandai di akhir berkas.", "Up to %d entries at the end did not fit; the files say so."), left)
	}
	return Answer{Text: text, Files: []File{
		{Name: t.Number + ".html", Type: "text/html; charset=utf-8", Description: i.say("Transkrip untuk dibaca dan dicetak", "Transcript to read and print"), Data: page},
		{Name: t.Number + ".txt", Type: "text/plain; charset=utf-8", Description: i.say("Transkrip sebagai teks", "Transcript as text"), Data: plain},
	}}, nil
}

// byNumber is a ticket by the number somebody typed, or that of the thread without one.
func (d *Desk) byNumber(ctx context.Context, i Interaction, number string) (ticket.Ticket, error) {
	if number = strings.ToUpper(strings.TrimSpace(number)); number == "" {
		return d.threadTicket(ctx, i)
	}
	if len(number) > 60 {
		return ticket.Ticket{}, bridge.ErrNoTicket
	}
	return d.ticket(ctx, number)
}

// facts are what stands above a transcript, and the client's name.
func (d *Desk) facts(ctx context.Context, i Interaction, t ticket.Ticket, w *teller) (facts [][2]string, client string, err error) {
	p, err := d.personOf(ctx, t)
	if err != nil {
		return nil, "", err
	}
	client = cmp.Or(p.Called(), w.say("Klien", "Client"))
	add := func(id, en, value string) {
		if value != "" {
			facts = append(facts, [2]string{w.say(id, en), value})
		}
	}
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.In(w.zone).Format("02.01.2006 15:04 MST")
	}
	add("Klien", "Client", client)
	add("Nomor", "Number", p.Number())
	company, err := d.company(ctx, cmp.Or(p.Customer, t.Customer))
	if err != nil {
		return nil, "", err
	}
	add("Perusahaan", "Company", company.Name)
	add("Keadaan", "State", stateWords(i, t.State))
	add("Kelas", "Class", string(t.Class))
	if t.Agent != "" {
		add("Agen", "Agent", w.name(t.Agent))
	}
	add("Dibuka", "Opened", day(t.Opened))
	add("Diselesaikan", "Resolved", day(t.ResolvedAt))
	add("Ditutup", "Closed", day(t.ClosedAt))
	add("Ringkasan", "Summary", t.Summary)
	add("Solusi", "Solution", t.Solution)
	if t.Rating.Stars > 0 {
		add("Penilaian", "Rating", fmt.Sprintf("%d/5 %s", t.Rating.Stars, t.Rating.Comment))
	}
	return facts, client, nil
}

// zone is where the times are read that stand in files.
func (d *Desk) zone() *time.Location {
	if d.bridge.Zone == nil {
		return time.UTC
	}
	return d.bridge.Zone
}

// callers tells the names of the staff, each looked up once.
func (d *Desk) callers(ctx context.Context) func(user string) string {
	known := map[string]string{}
	return func(user string) string {
		if name, ok := known[user]; ok {
			return name
		}
		name := ""
		if d.bridge.Names.User != nil {
			name = bridge.Clean(d.bridge.Names.User(user), 60)
		}
		if duty, err := d.duty(ctx, user); err == nil && duty.Name != "" && duty.Name != name {
			name = strings.TrimSpace(duty.Name + " " + parenthesis(name))
		}
		known[user] = cmp.Or(name, user)
		return known[user]
	}
}

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// company is a company by its id, the zero one if there is none.
func (d *Desk) company(ctx context.Context, id string) (customer.Customer, error) {
	if id == "" {
		return customer.Customer{}, nil
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindCustomer, ID: id})
	if err != nil || doc.Data == nil {
		return customer.Customer{}, err
	}
	return customer.DecodeCustomer(doc.Data)
}

// contact is a person by id, or who goes on for him; ok is false if there is none.
func (d *Desk) contact(ctx context.Context, id string) (c customer.Contact, ok bool, err error) {
	for range 10 { // as long as they were merged, one into the next
		if id == "" {
			return customer.Contact{}, false, nil
		}
		doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindContact, ID: id})
		if err != nil || doc.Data == nil {
			return customer.Contact{}, false, err
		}
		if c, err = customer.Decode(doc.Data); err != nil || c.Into == "" {
			return c, err == nil, err
		}
		id = c.Into
	}
	return c, false, nil
}

// personOf is the person of a ticket as far as he is known: of one whom nobody entered,
// what the chat says of him.
func (d *Desk) personOf(ctx context.Context, t ticket.Ticket) (customer.Contact, error) {
	c, ok, err := d.contact(ctx, t.Contact)
	if err != nil || ok {
		return c, err
	}
	if t.Conversation == "" {
		_, name, _ := strings.Cut(t.Title, " · ")
		return customer.Contact{Push: name}, nil
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindWriter, ID: t.Conversation})
	if err != nil {
		return customer.Contact{}, err
	}
	if c, ok, err = d.contact(ctx, string(doc.Data)); err != nil || ok {
		return c, err
	}
	conv, err := d.talk(ctx, t.Conversation)
	if err != nil {
		return customer.Contact{}, err
	}
	c = customer.Contact{Push: conv.Name}
	if p, err := customer.ParsePhone("+" + conv.Phone); conv.Phone != "" && err == nil {
		c.Phones = []customer.Phone{p}
	}
	return c, nil
}

// stateWords are a state in words.
func stateWords(i Interaction, s ticket.State) string {
	words, ok := map[ticket.State][2]string{
		ticket.New: {"baru", "new"}, ticket.Assigned: {"dikerjakan", "assigned"}, ticket.WaitingClient: {"menunggu klien", "waiting for the client"},
		ticket.WaitingDeveloper: {"menunggu developer", "waiting for a developer"}, ticket.Resolved: {"diselesaikan", "resolved"}, ticket.Closed: {"ditutup", "closed"},
	}[s]
	if !ok {
		return string(s)
	}
	return i.say(words[0], words[1])
}
