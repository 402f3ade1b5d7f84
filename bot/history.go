package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// historyPage begins the id of the buttons that page through a company's history; its id
// and the page follow.
const historyPage = "cu:history:"

// historians may read what there was with a customer.
var historians = []string{Agent, Sales, QA, AssistantManager, Manager}

const (
	historyShown   = 12
	historyTickets = 300 // the newest ones that are listed
)

// A contactMade is one contact with a company after a sale.
type contactMade struct {
	at   time.Time
	line string
}

// history lists all contacts with a company after a sale, the newest first: orders,
// follow-ups, reminders, calls, surveys and tickets.
func (d *Desk) history(ctx context.Context, i Interaction) (Answer, error) {
	id, page, err := d.historyOf(ctx, i)
	if err != nil {
		return Answer{}, err
	}
	company, err := d.company(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	if company.ID == "" {
		return Answer{}, d.noCompany(i)
	}
	all, err := d.contactsMade(ctx, i, id)
	if err != nil {
		return Answer{}, err
	}
	lines := []string{fmt.Sprintf(i.say("🗂️ **%s**: %d kontak, yang terbaru lebih dulu", "🗂️ **%s**: %d contacts, the newest first"), bridge.ToDiscord(bridge.Clean(company.Name, 80)), len(all))}
	from := min(page*historyShown, len(all))
	for _, c := range all[from:min(from+historyShown, len(all))] {
		lines = append(lines, "- "+stamp(c.at, "f")+" "+c.line)
	}
	out := Answer{Text: strings.Join(lines, "\n")}
	for len(out.Text) > mostAnswer && len(lines) > 1 {
		lines = lines[:len(lines)-1]
		out.Text = strings.Join(lines, "\n")
	}
	if page > 0 {
		out.Buttons = append(out.Buttons, Button{ID: fmt.Sprintf("%s%s:%d", historyPage, id, page-1), Label: i.say("Lebih baru", "Newer"), Emoji: "◀️"})
	}
	if from+historyShown < len(all) {
		out.Buttons = append(out.Buttons, Button{ID: fmt.Sprintf("%s%s:%d", historyPage, id, page+1), Label: i.say("Lebih lama", "Older"), Emoji: "▶️"})
	}
	return out, nil
}

// historyOf is whose history is asked for, and which page of it.
func (d *Desk) historyOf(ctx context.Context, i Interaction) (company string, page int, err error) {
	if rest, ok := strings.CutPrefix(i.Button, historyPage); ok {
		at := strings.LastIndexByte(rest, ':')
		if at < 0 {
			return "", 0, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
		}
		page, err = strconv.Atoi(rest[at+1:])
		if err != nil || page < 0 || page > 100_000 {
			return "", 0, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
		}
		return rest[:at], page, nil
	}
	c, err := d.whom(ctx, i, i.Options["who"])
	if err != nil {
		return "", 0, d.saidOf(i, err)
	}
	if c.Customer == "" {
		return "", 0, Refusal(i.say("Orang ini belum punya perusahaan. Tetapkan dulu dengan /customer company.", "This person has no company yet. Set it first with /customer company."))
	}
	return c.Customer, 0, nil
}

// contactsMade are the contacts with a company, the newest first.
func (d *Desk) contactsMade(ctx context.Context, i Interaction, company string) (all []contactMade, err error) {
	for e, err := range d.store.Events(ctx, customer.CustomerLog(company)) {
		if err != nil {
			return nil, err
		}
		if line := contactLine(i, e); line != "" {
			all = append(all, contactMade{happened(e), line})
		}
	}
	rows, err := d.store.Rows(ctx, Page{Index: bridge.TicketsOfCompany(company), Down: true, Limit: historyTickets})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		t, err := d.ticket(ctx, row.Member)
		if err != nil {
			return nil, err
		}
		if t.IsTalk() {
			continue
		}
		all = append(all, contactMade{time.UnixMilli(row.Score), "🎫 " + ticketPlace(t) + " " + bridge.ToDiscord(bridge.Clean(t.Title, 60)) + " · " + stateWords(i, t.State)})
	}
	slices.SortStableFunc(all, func(a, b contactMade) int { return b.at.Compare(a.at) })
	return all, nil
}

// happened is when what an event tells of was: of an order that was entered later, the day
// it was placed or completed.
func happened(e ledger.Event) time.Time {
	key := map[string]string{"ordered": "placed", "order_completed": "done"}[e.What]
	if at, err := time.Parse(time.RFC3339, e.Data[key]); err == nil {
		return at
	}
	return e.At
}

func ticketPlace(t ticket.Ticket) string {
	if t.Thread != "" {
		return "<#" + t.Thread + ">"
	}
	return "`" + bridge.Clean(t.Number, 40) + "`"
}

// contactKinds are the events of a company's log that are contacts with it, as they are
// read in Indonesian and English.
var contactKinds = map[string][2]string{
	"ordered":            {"🧾 Pesanan", "🧾 Order"},
	"order_completed":    {"📦 Pesanan selesai", "📦 Order completed"},
	"order_voided":       {"🚫 Pesanan batal", "🚫 Order cancelled"},
	"followup_sent":      {"📤 Tindak lanjut terkirim", "📤 Follow-up sent"},
	"followup_answered":  {"📨 Klien menjawab tindak lanjut", "📨 The client answered a follow-up"},
	"followup_recorded":  {"📝 Hasil tindak lanjut dicatat", "📝 Outcome of a follow-up"},
	"followup_corrected": {"📝 Hasil tindak lanjut diperbaiki", "📝 Outcome corrected"},
	"followup_lost":      {"↩️ Pesanan hasil tindak lanjut dibatalkan", "↩️ The order of a follow-up was cancelled"},
	"followup_won":       {"🏆 Tindak lanjut menghasilkan pesanan", "🏆 A follow-up led to an order"},
	"survey_sent":        {"📋 Survei dikirim", "📋 Survey sent"},
	"survey_done":        {"📋 Survei dijawab", "📋 Survey answered"},
	"survey_lapsed":      {"📋 Survei berakhir tanpa jawaban lengkap", "📋 Survey ended unanswered"},
}

// contactKindsOf are the follow-ups, by their kinds.
var contactKindsOf = map[string][2]string{
	string(customer.Reorder): {"re-order", "re-order"}, string(customer.Reminder): {"pengingat", "reminder"},
	string(customer.NewCustomer): {"telepon pelanggan baru", "call to a new customer"}, string(customer.Callback): {"telepon setelah nilai rendah", "call after low answers"},
}

// contactLine is an event of a company's log as a contact with it, "" for one that is none.
func contactLine(i Interaction, e ledger.Event) string {
	names, ok := contactKinds[e.What]
	if !ok {
		return ""
	}
	line := i.say(names[0], names[1])
	show := func(text string) string { return bridge.ToDiscord(bridge.Clean(text, 60)) }
	if n := e.Data["number"]; n != "" {
		line += " " + show(n)
	}
	if e.Ref != "" {
		line += " `" + bridge.Clean(e.Ref, 40) + "`"
	}
	var more []string
	if kind, ok := contactKindsOf[e.Data["kind"]]; ok {
		more = append(more, i.say(kind[0], kind[1]))
	}
	way, result := e.Data["way"], e.Data["result"]
	way = cmp.Or(wayLabel(customer.Way(way), i.English()), way)
	result = cmp.Or(resultLabel(customer.Result(result), i.English()), result)
	for _, v := range []string{way, result, e.Data["order"]} {
		if v != "" {
			more = append(more, show(v))
		}
	}
	if why := e.Data["why"]; why != "" && e.What == "survey_lapsed" {
		more = append(more, bridge.ToDiscord(bridge.WhyNotAsked(why, i.English())))
	}
	if len(more) > 0 {
		line += " · " + strings.Join(more, ", ")
	}
	if by := e.By; by != "" && by != "halo" && by != "client" {
		line += " · " + bridge.By(by, i.English())
	}
	return line
}
