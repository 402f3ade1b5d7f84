package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// surveyed is a room whose desk has a list of two surveys.
func surveyed(t *testing.T) *room {
	t.Helper()
	r := newRoom(t)
	update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		round := customer.Round{ID: "SV-2612", Opened: tx.Now(), From: tx.Now().AddDate(0, 0, -120), To: tx.Now().AddDate(0, 0, -90), Made: 2, Done: true}
		for n, name := range []string{"=HYPERLINK(\"x\")", "Toko Budi"} {
			id := fmt.Sprintf("k%d", n+1)
			c, _, err := customer.Create(id, name, "sari", tx.Now())
			if err != nil {
				return err
			}
			if err := c.Save(tx); err != nil {
				return err
			}
			number := fmt.Sprintf("PO-%d", n+1)
			done := tx.Now().AddDate(0, 0, -100)
			if _, err := customer.Place(tx, customer.Order{Number: number, At: done, Done: done, Customer: id}, "sari"); err != nil {
				return err
			}
			s, events, err := customer.NewSurvey(customer.Survey{ID: fmt.Sprintf("SV-2612-%04d", n+1), Round: round.ID, Customer: id, Orders: []string{number}}, "halo", tx.Now())
			if err != nil {
				return err
			}
			if err := s.Keep(tx, customer.Survey{}, events); err != nil {
				return err
			}
			round.Tally.Recount(customer.Survey{}, s)
			round.Tally.Orders++
			tx.Index(bridge.SurveyListed(round.ID), number+"|"+s.ID+"|", done.UnixMilli())
		}
		tx.Index(bridge.SurveyRounds, round.ID, tx.Now().UnixMilli())
		return round.Save(tx)
	})
	return r
}

// What the list holds is seen by those whom it concerns, answers heard on the phone are
// entered in one form, and a survey can be stopped.
func TestSurveysInDiscord(t *testing.T) {
	r := newRoom(t)
	if a := r.as("100000000000000002", bot.Sales).command("survey list"); !strings.Contains(a.Text, "Belum ada survei") {
		t.Errorf("before the first list: %q", a.Text)
	}
	r = surveyed(t)
	maya, sari := r.as("100000000000000002", bot.Sales), r.as("100000000000000001", bot.Agent)
	if a := sari.command("survey list"); !strings.Contains(a.Text, "Hanya") {
		t.Errorf("an agent sees %q", a.Text)
	}
	if a := maya.command("survey list"); !strings.Contains(a.Text, "`SV-2612` 2 pesanan, 2 pelanggan · ditanya 0 (0 %)") {
		t.Errorf("list: %q", a.Text)
	}
	if a := maya.command("survey show"); !strings.Contains(a.Text, "Toko Budi · 📞 belum ditelepon") {
		t.Errorf("show: %q", a.Text)
	}
	f := maya.form(bot.Interaction{Command: "survey enter", Options: map[string]string{"id": "sv-2612-0002"}})
	if a := maya.send(f.ID, "marks", "5 4 9 3", "promotion", "8", "comment", ""); !strings.Contains(a.Text, "Tidak ada yang tersimpan") {
		t.Errorf("a strange mark: %q", a.Text)
	}
	a := maya.send(f.ID, "marks", "5, 4, 2, 3", "promotion", "10", "comment", "kirimnya *lama*")
	if !strings.Contains(a.Text, "✅") || !strings.Contains(a.Text, "★★☆☆☆ 2/5") || !strings.Contains(a.Text, "10/10") || !strings.Contains(a.Text, "FU-") {
		t.Errorf("entered: %q", a.Text)
	}
	if a := maya.send(f.ID, "marks", "1 1 1 1", "promotion", "0"); strings.Contains(a.Text, "✅") {
		t.Errorf("entered twice: %q", a.Text)
	}
	if a := maya.command("survey stop", "id", "SV-2612-0001", "reason", "toko tutup"); !strings.Contains(a.Text, "dihentikan") || !strings.Contains(a.Text, "toko tutup") {
		t.Errorf("stopped: %q", a.Text)
	}
	if a := maya.command("survey list"); !strings.Contains(a.Text, "ditanya 1 (50 %) · kembali 1 (100 %)") || !strings.Contains(a.Text, "Kesesuaian 2.0") || !strings.Contains(a.Text, "NPS +100") {
		t.Errorf("list: %q", a.Text)
	}
	a = maya.button(bridge.SurveyFile + "SV-2612")
	if len(a.Files) != 1 || a.Files[0].Name != "survei-2026-12.csv" {
		t.Fatalf("file: %+v", a)
	}
	table := string(a.Files[0].Data)
	if !strings.Contains(table, "PO-2;") || !strings.Contains(table, "5;4;2;3;10;kirimnya *lama*") || strings.Contains(table, ";=") || !strings.Contains(table, "'=HYPERLINK") {
		t.Errorf("the file:\n%s", table)
	}
	if a := maya.command("survey show", "id", "SV-2612-9999"); !strings.Contains(a.Text, "tidak ditemukan") {
		t.Errorf("no such survey: %q", a.Text)
	}
	f = maya.form(bot.Interaction{Command: "survey enter", Options: map[string]string{"id": "SV-2612-0001"}})
	if a := maya.send(f.ID, "marks", "5 5 5 5", "promotion", "9"); !strings.Contains(a.Text, "✅") {
		t.Errorf("answers on paper after it was stopped: %q", a.Text)
	}
}

// Every contact with a company is listed, the newest first, page by page.
func TestTheHistoryOfACustomer(t *testing.T) {
	r := surveyed(t)
	maya := r.as("100000000000000002", bot.Sales)
	if a := maya.command("customer history"); !strings.Contains(a.Text, "belum") {
		t.Errorf("nobody's history: %q", a.Text)
	}
	f := maya.form(bot.Interaction{Command: "survey enter", Options: map[string]string{"id": "SV-2612-0002"}})
	maya.send(f.ID, "marks", "5 4 4 4", "promotion", "10")
	maya.send(maya.form(bot.Interaction{Command: "customer edit"}).ID, "name", "Budi")
	update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c, _, err := customer.Load(tx, r.ticket().Contact)
		if err != nil {
			return err
		}
		if _, err := c.Join("k2", "sari", tx.Now()); err != nil {
			return err
		}
		if err := c.Save(tx); err != nil {
			return err
		}
		if err := quietBridge.PersonChanged(tx, c, "sari"); err != nil {
			return err
		}
		for n := range 15 {
			at := tx.Now().Add(time.Duration(n-40) * time.Hour)
			if _, err := customer.Place(tx, customer.Order{Number: fmt.Sprintf("PO-9%02d", n), At: at, Customer: "k2"}, "sari"); err != nil {
				return err
			}
		}
		return quietBridge.Change(tx, "HE-1", func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return nil, nil })
	})
	a := maya.command("customer history")
	if !strings.Contains(a.Text, "Toko Budi") || !strings.Contains(a.Text, "🧾 Pesanan PO-9") || len(a.Buttons) != 1 {
		t.Fatalf("history: %q %v", a.Text, a.Buttons)
	}
	var all strings.Builder
	all.WriteString(a.Text)
	for len(a.Buttons) > 0 && strings.Contains(a.Buttons[len(a.Buttons)-1].Label, "lama") {
		a = maya.button(a.Buttons[len(a.Buttons)-1].ID)
		all.WriteString("\n" + a.Text)
	}
	for _, part := range []string{"Survei dijawab `SV-2612-0002`", "📦 Pesanan selesai PO-2", "PO-900", "PO-914"} {
		if strings.Count(all.String(), part) != 1 {
			t.Errorf("%q stands %d times in the history:\n%s", part, strings.Count(all.String(), part), all.String())
		}
	}
}
