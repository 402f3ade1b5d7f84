package bridge

import (
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

func (s *telling) warrantyClaimed(e ledger.Event) error {
	s.call("🛡️", s.role(mayWarrant), "klaim garansi dicatat oleh "+by(e.By)+". Periksa syaratnya, lalu terima atau tolak.", buttonWarrantyYes, buttonWarrantyNo)
	return nil
}

func (s *telling) warrantyRefused(e ledger.Event) error {
	s.line("🛡️ "+by(e.By)+" menolak klaim garansi, dengan alasan:"+typed(e.Data["reason"]), one(s.other(e.By)))
	return s.say(ticket.SayWarrantyRefused, map[string]string{"reason": e.Data["reason"]})
}

func (s *telling) warrantyAccepted(e ledger.Event) error {
	f := s.t.Warranty.Form
	s.line("🛡️ "+by(e.By)+" menerima klaim garansi."+typed("Produk: "+f.Product+"\nNomor seri: "+f.Serial+"\nTanggal pembelian: "+f.Purchased+
		"\nStatus garansi: "+f.Status+"\nKeluhan: "+f.Complaint+"\nTindakan yang diminta: "+f.Action), one(s.other(e.By)), buttonWarrantyEnd)
	return s.say(ticket.SayWarrantyTaken, map[string]string{"product": e.Data["product"]})
}

// warrantyClosed tells the owner in sales, too.
func (s *telling) warrantyClosed(e ledger.Event) error {
	to := one(s.other(e.By))
	owner := ""
	if s.t.Customer != "" {
		c, ok, err := customer.LoadCustomer(s.tx, s.t.Customer)
		if err != nil {
			return err
		}
		if ok && c.Owner != "" {
			to, owner = to.and(one(c.Owner)), " Sales pemilik klien: "+user(c.Owner)+"."
		}
	}
	s.line("🛡️ "+by(e.By)+" menutup klaim garansi."+owner+typed(e.Data["outcome"]), to)
	return nil
}
