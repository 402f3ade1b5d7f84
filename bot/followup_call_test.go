package bot_test

import (
	"strings"
	"testing"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A turn by phone is recorded without a card: one is made, and listed; where one is open it
// is recorded there.
func TestRecordWithoutACard(t *testing.T) {
	c := newCounter(t)
	maya := c.as("maya", bot.Sales)
	c.says(maya.command("followup card", "company", "budi"), "belum pernah ditindaklanjuti")
	i := maya.ask(bot.Interaction{Command: "followup record", Options: pairs([]string{"company", "budi", "way", "phone", "result", "interested", "note", "minta brosur"})})
	for range 2 { // Discord gives it to us again
		c.says(c.handle(i), "Tercatat untuk **Toko Budi**: telepon, tertarik.")
	}
	ids := c.cardsOf("k2")
	if len(ids) != 1 {
		t.Fatalf("cards %v", ids)
	}
	f := c.follow(ids[0])
	if f.State != customer.FollowUpDone || f.Response != (customer.Response{Way: customer.WayPhone, Result: customer.Interested, Note: "minta brosur"}) || f.By != "maya" {
		t.Errorf("recorded: %+v", f)
	}
	c.does(func(tx *ledger.Tx) error {
		k, _, err := customer.LoadCustomer(tx, "k2")
		if k.FollowUp != f.ID || k.Contacted.IsZero() {
			t.Errorf("the company was turned to at %v by %q", k.Contacted, k.FollowUp)
		}
		return err
	})
	open, _ := c.card(customer.Reorder, "k2")
	c.says(maya.command("followup record", "company", "k2", "way", "visit", "result", "ordered"), "kunjungan, memesan")
	if f := c.follow(open); f.State != customer.FollowUpDone || len(c.cardsOf("k2")) != 2 {
		t.Errorf("with an open card: %+v of %v", f, c.cardsOf("k2"))
	}
	for options, want := range map[[3]string]string{
		{"toko", "phone", "later"}:         "Beberapa perusahaan cocok",
		{"nusantara", "phone", "later"}:    "Perusahaan itu tidak ditemukan",
		{"budi", "burung", "later"}:        "“burung” tidak dikenal",
		{"budi", "phone", "fine"}:          "“fine” tidak dikenal",
		{"budi", "phone", "unusual @here"}: "tidak dikenal",
	} {
		if a := maya.command("followup record", "company", options[0], "way", options[1], "result", options[2]); !strings.Contains(a.Text, want) {
			t.Errorf("%v is answered %q", options, a.Text)
		}
	}
	c.says(maya.command("followup list"), "belum ada")
	if n := len(c.cardsOf("k2")); n != 2 {
		t.Errorf("%d cards", n)
	}
}

// The call to a new customer ends in a report of satisfaction, or in that nobody was
// reached.
func TestCallToANewCustomer(t *testing.T) {
	c := newCounter(t)
	id, thread := c.card(customer.NewCustomer, "k1")
	maya, dewi := c.in(thread, "maya", bot.Sales), c.in(thread, "dewi", bot.Sales)
	if a := maya.button("f:send"); a.Text == "" || c.follow(id).State != customer.FollowUpOpen {
		t.Errorf("a call is sent: %q", a.Text)
	}
	c.says(maya.fill("f:nobody", "note", "dua kali, sore"), "Hasil tercatat")
	if f := c.follow(id); f.Response.Result != customer.Unreachable || f.Response.Note != "dua kali, sore" {
		t.Errorf("nobody: %+v", f.Response)
	}
	for _, score := range []string{"6", "0", "lima", ""} {
		c.says(dewi.send("ff:fine", "score", score, "arrived", "ya"), "angka 1 sampai 5")
	}
	c.says(dewi.fill("f:fine", "score", " 5 ", "arrived", "ya", "note", "ramah"), "Hasil tercatat")
	c.says(maya.send("ff:fine", "score", "5", "arrived", "ya", "note", "ramah"), "sudah tercatat")
	f := c.follow(id)
	if f.Response.Result != customer.Fine || f.Response.Note != "Kepuasan: 5 dari 5\nProduk datang sesuai pesanan: ya\nCatatan: ramah" || f.By != "dewi" {
		t.Errorf("fine: %+v", f)
	}
}

// What is unusual becomes a ticket of the customer and a report to the party concerned,
// once, however often and by whomever it is sent.
func TestUnusualIsForwardedOnce(t *testing.T) {
	for _, party := range []escalation.Party{escalation.Sales, escalation.QA, escalation.Engineering} {
		c := newCounter(t)
		id, thread := c.card(customer.NewCustomer, "k1")
		maya, dewi := c.in(thread, "maya", bot.Sales), c.in(thread, "dewi", bot.Sales)
		a := maya.button("f:unusual")
		if len(a.Selects) != 1 || len(a.Selects[0].Options) != 3 {
			t.Fatalf("parties: %+v", a)
		}
		fields := []string{"score", "2", "arrived", "tidak, kurang satu", "problems", "printer @everyone macet"}
		for _, other := range []string{"developers", "supervisors", "x", ""} {
			if a := maya.send("ff:unusual:"+other, fields...); a.Text == "" || c.follow(id).State != customer.FollowUpOpen {
				t.Errorf("to %q it is answered %q", other, a.Text)
			}
		}
		f := maya.form(bot.Interaction{Button: a.Selects[0].ID, Values: []string{string(party)}})
		if f.Fields[2].Optional {
			t.Errorf("what is unusual may be left out")
		}
		c.says(maya.send(f.ID, append(fields, "score", "9")...), "angka 1 sampai 5")
		c.says(maya.send(f.ID, fields...), "Tercatat sebagai tiket HE-")
		for _, p := range []*person{maya, dewi} {
			c.says(p.send(f.ID, fields...), "sudah diteruskan")
		}
		card := c.follow(id)
		if card.State != customer.FollowUpDone || card.Response.Result != customer.Unusual || len(card.Forwarded) != 1 {
			t.Fatalf("to %s: %+v", party, card)
		}
		rep := c.report(card.Forwarded[0])
		if rep.Party != party || !strings.Contains(rep.Form.Detail, "printer @everyone macet") || !strings.Contains(rep.Form.Detail, id) || rep.By != "maya" {
			t.Errorf("the report: %+v", rep)
		}
		made := c.numbered(rep.Tickets[0])
		if made.Customer != "k1" || made.Contact != "p1" || made.Channel != ticket.Phone || made.State == ticket.Closed {
			t.Errorf("the ticket: %+v", made)
		}
		if lane := c.lane(bridge.ThreadLane(id)); !strings.Contains(lane, "Diteruskan sebagai laporan") {
			t.Errorf("the card's thread gets %s", lane)
		}
	}
}

// The call after low answers is an agent's: cause, action and what came of it are kept as
// they were chosen, and stand in the form to be corrected.
func TestCallAfterLowAnswers(t *testing.T) {
	c := newCounter(t)
	id, thread := c.card(customer.Callback, "k1")
	sari, andi := c.in(thread, "sari", bot.Agent), c.in(thread, "andi", bot.AssistantManager)
	c.silent(sari.button("f:take"))
	f := sari.form(bot.Interaction{Button: "f:action"})
	if f.Fields[0].Value != "" || !strings.Contains(f.Fields[0].Hint, "tidak dapat dihubungi") {
		t.Errorf("the form: %+v", f.Fields)
	}
	c.says(sari.send(f.ID, "outcome", "bagus", "cause", "x", "action", "y"), "“bagus” tidak dikenal")
	c.says(sari.send(f.ID, "outcome", "memesan", "cause", "x", "action", "y"), "“memesan” tidak dikenal")
	c.says(sari.send(f.ID, "outcome", "semua baik", "cause", " ", "action", "y"), "belum diisi")
	if got := c.follow(id); got.State != customer.FollowUpOpen {
		t.Fatalf("refused and recorded: %+v", got)
	}
	for n, p := range []*person{sari, sari, andi} {
		want := []string{"Hasil tercatat", "sudah tercatat", "sudah tercatat"}[n]
		c.says(p.send(f.ID, "outcome", "tidak dapat", "cause", "kirim lambat", "action", "ganti kurir"), want)
	}
	if got := c.follow(id); got.State != customer.FollowUpDone || got.Response.Result != customer.Unreachable || got.By != "sari" {
		t.Errorf("unreachable: %+v", got)
	}
	f = andi.form(bot.Interaction{Button: "f:action"})
	if f.Fields[0].Value != "tidak dapat dihubungi" || f.Fields[1].Value != "kirim lambat" || f.Fields[2].Value != "ganti kurir" || f.Fields[3].Value != "" {
		t.Errorf("to correct it: %+v", f.Fields)
	}
	c.says(andi.send(f.ID, "outcome", "semua baik", "cause", "kirim lambat", "action", "ganti kurir", "result", "puas sekarang"), "Hasil tercatat")
	want := customer.Response{Way: customer.WayPhone, Result: customer.Fine, Note: "Penyebab: kirim lambat\nTindakan: ganti kurir\nTanggapan: puas sekarang"}
	if got := c.follow(id); got.Response != want {
		t.Errorf("corrected: %+v", got.Response)
	}
}
