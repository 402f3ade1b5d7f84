package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// orderClerks may enter orders.
var orderClerks = []string{Sales, Manager, AssistantManager}

// orderActions are what is done to orders.
func orderActions() actions {
	return actions{commands: map[string]action{
		"order add":    {may: orderClerks, do: (*Desk).orderAdded},
		"order done":   {may: orderClerks, do: (*Desk).orderDone},
		"order cancel": {may: orderClerks, do: (*Desk).orderCancelled},
		"order list":   {may: clientele, do: (*Desk).orderList},
	}}
}

// orderCommands are the commands of orders.
func orderCommands() []Command {
	text := func(name, id, description, english string, required bool) Option {
		return Option{Name: name, Names: named(id, name), Description: both(description, english), Required: required}
	}
	number := text("number", "nomor", "Nomor pesanan", "Number of the order", true)
	company := text("company", "perusahaan", "Nama, grup outlet atau domainnya", "Its name, outlet group or domain", true)
	company.Complete = FromCompanies
	awaited, any := number, number
	awaited.Complete, any.Complete = FromUndelivered, FromOrders
	return []Command{{Name: "order", Names: named("pesanan", "order"), Description: both("Pesanan pelanggan", "Orders of customers"), Sub: []Command{
		{Name: "add", Names: named("tambah", "add"), Description: both("Catat sebuah pesanan", "Enter an order"), Options: []Option{
			company, number,
			text("placed", "tanggal", "Tanggal pesanan; kosong untuk hari ini", "Date of the order; empty for today", false),
			text("what", "isi", "Apa yang dipesan", "What was ordered", false),
			text("amount", "nilai", "Nilainya, misalnya 1.250.000", "Its value, e.g. 1.250.000", false),
			text("currency", "mata-uang", "Mata uang, misalnya USD; kosong untuk rupiah", "Currency, e.g. USD; empty for rupiah", false),
			text("done", "diterima", "Tanggal diterima, bila sudah", "Date of delivery, if it was delivered", false),
		}},
		{Name: "done", Names: named("diterima", "done"), Description: both("Pesanan sudah diterima pelanggan", "An order was delivered"), Options: []Option{
			awaited, text("date", "tanggal", "Tanggal diterima; kosong untuk hari ini", "Date of delivery; empty for today", false),
		}},
		{Name: "cancel", Names: named("batal", "cancel"), Description: both("Batalkan sebuah pesanan", "Cancel an order"), Options: []Option{any}},
		{Name: "list", Names: named("daftar", "list"), Description: both("Pesanan terakhir sebuah perusahaan", "Last orders of a company"), Options: []Option{company}},
	}}}
}

// faulty says all that is wrong with what was entered.
func faulty(i Interaction, faults []customer.Fault) Refusal {
	var lines []string
	for _, f := range faults {
		lines = append(lines, "• "+f.Say(language(i)))
	}
	return Refusal(i.say("Pesanan ini belum bisa dicatat:\n", "This order cannot be entered:\n") + strings.Join(lines, "\n"))
}

// today is the local date of an interaction, as entries write it.
func (d *Desk) today(i Interaction) string { return i.At.In(d.bridge.Zone).Format("2006-01-02") }

// orderAdded enters an order.
func (d *Desk) orderAdded(ctx context.Context, i Interaction) (Answer, error) {
	c, err := d.oneCompany(ctx, i, i.Options["company"])
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	placed := i.Options["placed"]
	if strings.TrimSpace(placed) == "" {
		placed = d.today(i)
	}
	e := customer.OrderEntry{
		Number: i.Options["number"], Placed: placed, Done: i.Options["done"], What: i.Options["what"],
		Amount: i.Options["amount"], Currency: i.Options["currency"],
	}
	out, o, err := d.placedFor(ctx, i, c, e)
	switch {
	case err != nil:
		return Answer{}, err
	case !out.New && !out.Changed:
		return Answer{Text: i.say("Pesanan ini sudah tercatat persis begitu: ", "This order is entered just so: ") + orderLine(o)}, nil
	case !out.New:
		return Answer{Text: i.say("✅ Pesanan diperbarui: ", "✅ The order is changed: ") + orderLine(o)}, nil
	}
	return Answer{Text: i.say("✅ Pesanan tercatat untuk **", "✅ The order is entered for **") + bridge.ToDiscord(bridge.Clean(c.Name, 80)) + "**: " + orderLine(o)}, nil
}

// placedFor places an order of a company that is known by its id.
func (d *Desk) placedFor(ctx context.Context, i Interaction, c customer.Customer, e customer.OrderEntry) (out customer.Entered, o customer.Order, err error) {
	o, faults := e.Order(c.ID, d.bridge.Zone)
	if faults = unique(append(e.Check(), faults...)); len(faults) > 0 {
		return out, o, faulty(i, faults)
	}
	err = d.once(ctx, i, "", func(tx *ledger.Tx) error {
		p, err := d.bridge.PlaceOrder(tx, o, i.User)
		if err != nil {
			return err
		}
		out = customer.Entered{Customer: c.ID, Order: p.Order.Number, New: p.New(), Changed: p.Changed()}
		o = p.Order
		return nil
	})
	return out, o, d.saidOf(i, err)
}

// unique are faults, each once: what needs no company is checked on two ways.
func unique(all []customer.Fault) (out []customer.Fault) {
	seen := map[customer.Fault]bool{}
	for _, f := range all {
		if key := (customer.Fault{Field: f.Field, Why: f.Why}); !seen[key] && f.Field != "key" && f.Field != "name" && f.Field != "phone" && f.Field != "place" {
			seen[key] = true
			out = append(out, f)
		}
	}
	return out
}

// changedOrder changes an order that is known by its number.
func (d *Desk) changedOrder(ctx context.Context, i Interaction, change func(o *customer.Order) error) (p customer.Placed, err error) {
	number := strings.TrimSpace(i.Options["number"])
	err = d.once(ctx, i, "", func(tx *ledger.Tx) error {
		o, ok, err := customer.LoadOrder(tx, number)
		if err != nil {
			return err
		}
		if !ok {
			return Refusal(i.say("Tidak ada pesanan bernomor itu. Periksa nomornya dengan `/order list`.", "There is no order of that number. Check it with `/order list`."))
		}
		if err := change(&o); err != nil {
			return err
		}
		p, err = d.bridge.PlaceOrder(tx, o, i.User)
		return err
	})
	return p, d.saidOf(i, err)
}

// orderDone notes that an order was delivered.
func (d *Desk) orderDone(ctx context.Context, i Interaction) (Answer, error) {
	date := i.Options["date"]
	if strings.TrimSpace(date) == "" {
		date = d.today(i)
	}
	p, err := d.changedOrder(ctx, i, func(o *customer.Order) error {
		if o.Void {
			return Refusal(i.say("Pesanan ini dibatalkan, jadi tidak bisa diterima.", "This order is cancelled and cannot be delivered."))
		}
		e := customer.OrderEntry{Number: o.Number, Placed: o.At.In(d.bridge.Zone).Format("2006-01-02"), Done: date}
		read, faults := e.Order(o.Customer, d.bridge.Zone)
		if faults = unique(append(e.Check(), faults...)); len(faults) > 0 {
			return faulty(i, faults)
		}
		o.Done = read.Done
		return nil
	})
	switch {
	case err != nil:
		return Answer{}, err
	case !p.Changed():
		return Answer{Text: i.say("Pesanan ini sudah tercatat diterima: ", "This order is delivered already: ") + orderLine(p.Order)}, nil
	}
	return Answer{Text: i.say("✅ Diterima: ", "✅ Delivered: ") + orderLine(p.Order)}, nil
}

// orderCancelled makes an order void.
func (d *Desk) orderCancelled(ctx context.Context, i Interaction) (Answer, error) {
	p, err := d.changedOrder(ctx, i, func(o *customer.Order) error { o.Void = true; return nil })
	switch {
	case err != nil:
		return Answer{}, err
	case !p.Changed():
		return Answer{Text: i.say("Pesanan ini sudah dibatalkan: ", "This order is cancelled already: ") + orderLine(p.Order)}, nil
	}
	return Answer{Text: i.say("✅ Dibatalkan: ", "✅ Cancelled: ") + orderLine(p.Order)}, nil
}

// orderList shows a company's last orders.
func (d *Desk) orderList(ctx context.Context, i Interaction) (Answer, error) {
	c, err := d.oneCompany(ctx, i, i.Options["company"])
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	lines := []string{fmt.Sprintf("**%s** · %s", bridge.ToDiscord(bridge.Clean(c.Name, 80)), bridge.RhythmShown(c.Rhythm, d.bridge.Usual(), i.At))}
	for _, o := range c.Orders {
		lines = append(lines, "• "+orderLine(o))
	}
	if len(c.Orders) == 0 {
		lines = append(lines, i.say("Belum ada pesanan. Catat dengan `/order add`.", "No orders yet. Enter one with `/order add`."))
	}
	return Answer{Text: strings.Join(lines, "\n")}, nil
}

// orderLine is an order on one line.
func orderLine(o customer.Order) string {
	line := strings.TrimSpace(stamp(o.At, "d") + " **" + bridge.ToDiscord(bridge.Clean(o.Number, 40)) + "** " + bridge.ToDiscord(bridge.Clean(o.What, 60)))
	if o.Amount != 0 {
		line += " · " + bridge.Money(o.Amount, o.Currency)
	}
	switch {
	case o.Void:
		line += " · batal"
	case !o.Done.IsZero():
		line += " · ✅ " + stamp(o.Done, "d")
	}
	return line
}
