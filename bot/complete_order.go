package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

func (d *Desk) likelyOrders(ctx context.Context, i Interaction, words string) ([]Choice, error) {
	return d.ordersLike(ctx, i, words, func(o customer.Order) bool { return !o.Void })
}

func (d *Desk) likelyUndelivered(ctx context.Context, i Interaction, words string) ([]Choice, error) {
	return d.ordersLike(ctx, i, words, func(o customer.Order) bool { return !o.Void && o.Done.IsZero() })
}

// ordersLike are the orders that words may mean: one of that very number, awaited ones by
// the words of their numbers, and the last ones of companies. Without words they are those
// of this thread's company, or elsewhere those awaited.
func (d *Desk) ordersLike(ctx context.Context, i Interaction, words string, fits func(customer.Order) bool) (out []Choice, err error) {
	seen := map[string]bool{}
	add := func(o customer.Order, whose customer.Customer) {
		if o.Number != "" && !seen[o.Number] && fits(o) && len(out) < mostOffered {
			seen[o.Number] = true
			out = append(out, d.orderChoice(o, whose))
		}
	}
	numbers, err := d.awaited(ctx, words)
	if err != nil {
		return nil, err
	}
	companies, err := d.companiesLike(ctx, i, words, 8)
	if err != nil {
		return nil, err
	}
	if words == "" {
		for _, c := range companies {
			for _, o := range c.Orders {
				add(o, c)
			}
		}
	} else {
		numbers = append([]string{words}, numbers...)
	}
	for _, number := range numbers {
		if seen[number] || len(out) >= mostOffered {
			continue
		}
		o, whose, err := d.order(ctx, number)
		if err != nil {
			return out, err
		}
		add(o, whose)
	}
	for _, c := range companies {
		for _, o := range c.Orders {
			add(o, c)
		}
	}
	return out, nil
}

// order is an order by its number with whose it is, zero if there is none.
func (d *Desk) order(ctx context.Context, number string) (o customer.Order, whose customer.Customer, err error) {
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindOrder, ID: number})
	if err != nil || doc.Data == nil {
		return o, whose, err
	}
	if o, err = customer.DecodeOrder(doc.Data); err != nil {
		return o, whose, err
	}
	whose, err = d.company(ctx, o.Customer)
	return o, whose, err
}

// awaited are numbers of orders that are not delivered: those that words begin, or without
// words those with the highest ones.
func (d *Desk) awaited(ctx context.Context, words string) (numbers []string, err error) {
	if words == "" {
		rows, err := d.store.Rows(ctx, Page{Index: string(customer.Awaited), Down: true, Limit: 4 * mostOffered})
		for _, r := range rows {
			if parts := strings.SplitN(r.Member, "|", 3); len(parts) == 3 && !slices.Contains(numbers, parts[1]) {
				numbers = append(numbers, parts[1])
			}
		}
		return numbers, err
	}
	hits, _, err := d.search(ctx, customer.Awaited.On(words, mostOffered))
	for _, h := range hits {
		numbers = append(numbers, h.ID)
	}
	return numbers, err
}

// orderChoice is an order by its number, with whose it is and of what day.
func (d *Desk) orderChoice(o customer.Order, whose customer.Customer) Choice {
	value := ""
	if o.Amount != 0 {
		value = bridge.Clean(bridge.Money(o.Amount, o.Currency), 20)
	}
	return labelled(o.Number, bridge.Clean(o.Number, 30), bridge.Clean(whose.Name, 28), o.At.In(d.bridge.Zone).Format("02.01.2006"), value)
}
