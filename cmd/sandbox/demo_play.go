package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/desk"
)

// before is how long before the start of the desk the company wrote to its customers.
const before = 21 * 24 * time.Hour

// announce lets the company's phone write to the buyers by hand, before there is a desk:
// the desk never hears of it.
func (s *sandbox) announce() error {
	for _, c := range customers {
		s.whatsapp.AddCustomer(c)
	}
	for _, b := range buyers {
		p := s.whatsapp.AddCustomer(whatsapptest.Customer{Phone: b.phone, Name: b.person})
		name, _, _ := strings.Cut(b.person, " ")
		if _, err := s.whatsapp.Business().Send(p, "Halo kak "+name+", ini nomor HaloERZAP untuk bantuan dan pemesanan. Mohon disimpan ya kak 🙏"); err != nil {
			return fmt.Errorf("announce the number: %w", err)
		}
	}
	return nil
}

// stock takes in the lists of customers and orders of the company, by the desk's own
// import.
func (s *sandbox) stock(ctx context.Context) error {
	maya, err := s.colleague("maya")
	if err != nil {
		return err
	}
	shop := newShop(s.options.Start, s.config.Zone, maya.ID())
	if err := s.takeIn(ctx, desk.ListCustomers, shop.writeCompanies); err != nil {
		return err
	}
	return s.takeIn(ctx, desk.ListOrders, shop.writeOrders)
}

func (s *sandbox) takeIn(ctx context.Context, list desk.List, write func(io.Writer) error) error {
	dir, err := os.MkdirTemp("", "halo-sandbox-list-")
	if err != nil {
		return fmt.Errorf("make folder for a list: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, string(list)+".csv")
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("make the list of %s: %w", list, err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return err
	}
	done, err := desk.RunImport(ctx, s.config, s.kept, desk.Import{List: list, Path: path})
	if err == nil && done.Bad > 0 {
		err = fmt.Errorf("%d bad rows: %s", done.Bad, strings.Join(done.First, "; "))
	}
	if err != nil {
		return fmt.Errorf("take in the list of %s: %w", list, err)
	}
	return nil
}

// greetBack lets the buyers answer what the company wrote, so that the desk knows their
// chats: a sign opens no ticket. One of them wants no messages.
func (s *sandbox) greetBack(ctx context.Context) error {
	for _, b := range buyers {
		p := s.whatsapp.Phone(b.phone)
		all := p.Screen()
		if _, err := p.React(all[0].ID, "👍"); err != nil {
			return fmt.Errorf("answer the announcement: %w", err)
		}
	}
	return s.whatsapp.WaitAcked(ctx)
}

// decline lets who wants no messages say so.
func (s *sandbox) decline(ctx context.Context) error {
	i := slices.IndexFunc(buyers, func(b buyer) bool { return b.person == declines })
	p := s.whatsapp.Phone(buyers[i].phone)
	if _, err := p.Send("STOP"); err != nil {
		return fmt.Errorf("decline messages: %w", err)
	}
	return p.WaitFor(ctx, func(screen []whatsapptest.Message) bool { return len(screen) > 2 })
}
