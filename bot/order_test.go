package bot_test

import (
	"strings"
	"testing"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

func (c *counter) order(number string) (o customer.Order) {
	c.t.Helper()
	c.does(func(tx *ledger.Tx) (err error) {
		o, _, err = customer.LoadOrder(tx, number)
		return err
	})
	return o
}

// Orders are entered, delivered and cancelled by those who may, each step once; what cannot
// be entered is said, and nothing is kept.
func TestOrdersInDiscord(t *testing.T) {
	c := newCounter(t)
	maya, sari := c.as("maya", bot.Sales), c.as("sari", bot.Agent)
	for _, command := range []string{"order add", "order done", "order cancel"} {
		c.says(sari.command(command, "company", "maju", "number", "SO-1"), "Hanya")
	}
	if o := c.order("SO-1"); o.Void || o.Number == "" {
		t.Errorf("an agent changed %+v", o)
	}
	add := []string{"company", "maju", "number", "SO-2", "placed", "2026-01-05", "what", "Tinta *hitam* @everyone", "amount", "1.250.000"}
	a := maya.command("order add", add...)
	c.says(a, "✅ Pesanan tercatat untuk **Toko Maju**")
	c.says(a, "Rp 1.250.000")
	if strings.Contains(a.Text, "@everyone") {
		t.Errorf("it pings: %q", a.Text)
	}
	c.says(maya.command("order add", add...), "sudah tercatat persis begitu")
	c.says(maya.command("order add", append(add, "what", "Tinta")...), "Pesanan diperbarui")
	if o := c.order("SO-2"); o.Amount != 125_000_000 || o.Currency != "IDR" || o.What != "Tinta" || o.Customer != "k1" {
		t.Errorf("kept: %+v", o)
	}
	for _, wrong := range [][]string{
		{"company", "maju", "number", "SO-3", "placed", "31/02/2026"},
		{"company", "maju", "number", "SO-3", "placed", "2026-01-05", "amount", "banyak"},
		{"company", "maju", "number", "SO-3", "placed", "2026-01-05", "amount", "5", "currency", "XXQ"},
		{"company", "maju", "number", " ", "placed", "2026-01-05"},
	} {
		c.says(maya.command("order add", wrong...), "Pesanan ini belum bisa dicatat:\n• ")
	}
	c.says(maya.command("order add", "company", "toko", "number", "SO-3"), "Beberapa perusahaan cocok")
	if a := maya.command("order add", "company", "budi", "number", "SO-2", "placed", "2026-01-05"); strings.Contains(a.Text, "✅") || a.Text == "" {
		t.Errorf("another company's order: %q", a.Text)
	}
	if o := c.order("SO-3"); o.Number != "" || c.order("SO-2").Customer != "k1" {
		t.Errorf("refused and kept: %+v", o)
	}

	c.says(maya.command("order done", "number", "SO-9"), "Tidak ada pesanan bernomor itu")
	c.says(maya.command("order done", "number", "SO-2", "date", "kemarin dulu"), "belum bisa dicatat")
	c.says(maya.command("order done", "number", " SO-2 ", "date", "2026-01-09"), "✅ Diterima")
	c.says(maya.command("order done", "number", "SO-2", "date", "2026-01-09"), "sudah tercatat diterima")
	c.says(maya.command("order cancel", "number", "SO-2"), "✅ Dibatalkan")
	c.says(maya.command("order cancel", "number", "SO-2"), "sudah dibatalkan")
	c.says(maya.command("order done", "number", "SO-2", "date", "2026-01-10"), "tidak bisa diterima")
	a = sari.command("order list", "company", "maju")
	c.says(a, "**SO-2** Tinta · Rp 1.250.000 · batal")
	c.says(a, "baru sekali memesan")
	c.says(sari.command("order list", "company", "budi"), "Belum ada pesanan")
}
