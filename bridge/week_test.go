package bridge_test

import (
	"strings"
	"testing"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// A week of a desk: Monday the 23rd to Monday the 30th of November, with a holiday on
// Wednesday, a half day on Thursday and lunch from 12 to 13, with everything at work.
// At its end the log of every ticket stands against times worked out by hand.
func TestAWholeWeek(t *testing.T) {
	inOffice(t, "2026-11-23 07:30", func(o *office) {
		o.goes("sari", ticket.OnDuty)
		o.until("2026-11-23 07:31")
		o.goes("dewi", ticket.OnDuty)
		ana, budi, cici, dodi, eka := o.guest(1, "Ana"), o.guest(2, "Budi"), o.guest(3, "Cici"), o.guest(4, "Dodi"), o.guest(5, "Eka")

		// Monday. Ana has an easy question: answered, closed by silence, rated.
		o.until("2026-11-23 09:00")
		ana.says("bagaimana cara retur barang?")
		o.until("2026-11-23 09:00:45")
		easy := ana.conversation().Open
		o.presses("dewi", easy, "t:accept")
		o.until("2026-11-23 09:03")
		o.writes("dewi", easy, "Baik kak, lewat menu Retur")
		o.until("2026-11-23 09:05")
		o.presses("dewi", easy, "t:class:easy")
		o.until("2026-11-23 09:18")
		o.resolves("dewi", easy, "cara retur", "dijelaskan")
		o.until("2026-11-23 09:41")
		ana.says("5")
		o.until("2026-11-23 09:42")
		ana.says("mantap sekali kak")

		// Budi writes a minute before lunch, and nobody sees it.
		o.until("2026-11-23 11:59")
		budi.says("nota tidak bisa dicetak")
		o.until("2026-11-23 13:02")
		normal := budi.conversation().Open
		o.writes("sari", normal, "Maaf menunggu kak, saya cek dulu")
		o.until("2026-11-23 13:10")
		o.presses("sari", normal, "t:class:normal")
		o.until("2026-11-23 14:30")
		o.resolves("sari", normal, "nota", "printer diatur ulang")
		o.until("2026-11-23 14:40")
		budi.says("belum bisa kak")
		o.until("2026-11-23 14:45")
		o.writes("sari", normal, "Baik kak, kami cek lagi")
		o.until("2026-11-23 15:05")
		o.resolves("sari", normal, "nota", "driver diperbarui")
		o.until("2026-11-23 15:06")
		budi.says("sudah bisa, terima kasih")

		// Tuesday evening: Cici's cash desk stands still, over the holiday.
		o.until("2026-11-24 08:30")
		ana.says("kak, returnya masih gagal")
		o.until("2026-11-24 08:31")
		o.writes("dewi", easy, "Boleh kirim fotonya kak?")
		o.until("2026-11-24 08:35")
		o.resolves("dewi", easy, "cara retur", "dipandu sampai selesai")
		o.until("2026-11-24 16:50")
		cici.says("kasir tidak bisa transaksi sama sekali")
		o.until("2026-11-24 16:50:30")
		hard := cici.conversation().Open
		o.presses("sari", hard, "t:accept")
		o.until("2026-11-24 16:51")
		o.presses("sari", hard, "t:class:hard")
		o.until("2026-11-24 16:52")
		o.ask("sari", hard, bot.Interaction{Command: "ticket escalate", Options: map[string]string{"to": "supervisor", "reason": "kasir berhenti"}})
		o.until("2026-11-24 16:54")
		o.writes("sari", hard, "Tim kami sedang memeriksanya kak")

		// Dodi writes on the holiday, and is accepted before Thursday opens.
		o.until("2026-11-25 10:00")
		dodi.says("minta harga modul gudang")
		o.until("2026-11-26 07:50")
		fair := dodi.conversation().Open
		o.presses("dewi", fair, "t:accept")
		o.until("2026-11-26 08:03")
		o.writes("dewi", fair, "Nanti sales yang menghubungi ya kak")
		o.until("2026-11-26 08:04")
		o.ask("dewi", fair, bot.Interaction{Form: "f:drop", Fields: map[string]string{"reason": "diteruskan ke sales"}})

		// Friday: Cici is helped after ten, 240 and 410 minutes of work.
		o.until("2026-11-27 15:50")
		o.resolves("sari", hard, "kasir", "basis data dipulihkan")

		// Saturday: Eka writes half a minute before the desk closes.
		o.until("2026-11-28 13:59:30")
		eka.says("laporan bulanan kosong")
		o.until("2026-11-28 14:00:30")
		o.goes("sari", ticket.OffDuty)
		o.goes("dewi", ticket.OffDuty)
		o.until("2026-11-30 08:03")
		last := eka.conversation().Open
		o.goes("sari", ticket.OnDuty)
		o.presses("sari", last, "t:accept")
		o.until("2026-11-30 08:04")
		o.writes("sari", last, "Selamat pagi kak, saya cek")
		o.until("2026-11-30 08:30")

		for number, want := range map[string]string{easy: `
23 09:00:00 opened client
23 09:00:00 offered halo
23 09:00:45 accepted dewi
23 09:00:45 responded dewi
23 09:05:00 classified dewi
23 09:18:00 resolved dewi
23 09:18:00 closing_sent halo
23 09:38:00 closed halo
23 09:38:00 rating_asked halo
23 09:41:00 rated client
23 09:42:00 commented client
24 08:30:00 reopened client
24 08:34:30 target_near halo
24 08:35:00 resolved dewi
24 08:35:00 closing_sent halo
24 08:55:00 closed halo`, normal: `
23 11:59:00 opened client
23 11:59:00 offered halo
23 12:00:00 first_reminder halo
23 13:01:00.001 first_response_breached halo
23 13:02:00 accepted sari
23 13:02:03 responded sari
23 13:10:00 classified sari
23 14:29:00 target_near halo
23 14:30:00 resolved sari
23 14:30:00 closing_sent halo
23 14:40:00 reopened client
23 15:05:00 resolved sari
23 15:05:00 closing_sent halo
23 15:06:00 closed client
23 15:06:00 rating_asked halo
24 15:06:00 rating_lapsed halo`, hard: `
24 16:50:00 opened client
24 16:50:00 offered halo
24 16:50:30 accepted sari
24 16:50:30 responded sari
24 16:51:00 classified sari
24 16:52:00 escalated sari
26 09:54:03 news_reminder halo
26 11:54:03 news_reminder halo
27 09:54:03 news_reminder halo
27 11:54:03 news_reminder halo
27 13:50:00 target_near halo
27 14:54:03 news_reminder halo
27 15:50:00 resolved sari
27 15:50:00 closing_sent halo
27 16:10:00 closed halo
27 16:10:00 rating_asked halo
28 16:10:00 rating_lapsed halo`, fair: `
25 10:00:00 opened client
26 07:50:00 accepted dewi
26 07:50:00 responded dewi
26 08:04:00 closed dewi`, last: `
28 13:59:30 opened client
28 13:59:30 offered halo
30 08:00:30 first_reminder halo
30 08:01:30.001 first_response_breached halo
30 08:03:00 accepted sari
30 08:03:00 responded sari`} {
			if got := "\n" + strings.Join(o.life(number), "\n"); got != want {
				t.Errorf("%s:%s\nwant%s", number, got, want)
			}
		}

		// And what is left of the week.
		for g, number := range map[*guest]string{ana: easy, budi: normal, cici: hard, dodi: fair} {
			if c := g.conversation(); c.Open != "" || c.Last != number || o.ticket(number).State != ticket.Closed {
				t.Errorf("%s: open %q, last %q, %s", g.name, c.Open, c.Last, o.ticket(number).State)
			}
		}
		rows, err := o.store.Index(o.t.Context(), ticket.IndexOpen, store.Range{})
		if err != nil || len(rows) != 1 || rows[0].Member != last {
			t.Errorf("open are %v (%v)", rows, err)
		}
		if tk := o.ticket(easy); tk.Rating.Stars != 5 || tk.Rating.Comment != "mantap sekali kak" || tk.Reopened != 1 {
			t.Errorf("Ana's opinion is %+v, reopened %d", tk.Rating, tk.Reopened)
		}
		for g, part := range map[*guest]string{dodi: "pukul 08.00 WIB", eka: "Saya "} {
			if !strings.Contains(strings.Join(g.sees(), "\n"), part) {
				t.Errorf("%s reads %q, without %q", g.name, g.sees(), part)
			}
		}
		if n := strings.Count(strings.Join(ana.sees(), "\n"), "bintang"); n != 1 {
			t.Errorf("Ana was asked for stars %d times", n)
		}
	})
}
