package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

func guard(p *bridge.Desk) { p.Flood = bridge.Flood{Messages: 20, Within: time.Minute} }

// Two hundred messages at once are twenty, and one line with all the others word for word.
// Their files follow it, whatever answers one of them points at it, and every one of them
// is stored.
func TestFloodOfTwoHundred(t *testing.T) {
	atDoor(t, monday, guard, func(d *door) {
		for i := range 200 {
			m := bridge.ClientMessage{ID: fmt.Sprintf("F%03d", i), Text: fmt.Sprintf("pesan *ke* %d @everyone", i)}
			if i%50 == 49 {
				m = d.picture(m.ID, fmt.Sprintf("JPEG %d", i), m.Text)
			}
			d.receive(m)
			d.receive(m)
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(15 * time.Second)
		ticks()
		got := d.the()
		lines := d.threadOf(got)
		if len(lines) != 20+2+2 { // the greeting, nobody is there; the notice and its files
			d.t.Fatalf("thread shows %d lines: %q", len(lines), lines)
		}
		notice, files := lines[22], lines[23]
		if !strings.HasPrefix(notice.content, "🌊 **Ana** mengirim banyak pesan sekaligus: 180 pesan") || strings.Count(notice.content, ".txt ") > 2 {
			t.Errorf("notice: %q", notice.content)
		}
		for i := range 200 {
			if n := strings.Count(d.all(got), fmt.Sprintf("pesan *ke* %d @everyone", i)) + strings.Count(d.all(got), fmt.Sprintf("pesan **ke** %d ", i)); n != 1 {
				t.Errorf("message %d stands %d times", i, n)
			}
		}
		if strings.Count(files.content, "<F") != 4 || !strings.Contains(files.content, "JPEG 199") {
			t.Errorf("files: %q", files.content)
		}
		if n := d.events(got.Number)["client_wrote"]; n != 200 {
			t.Errorf("%d messages were logged", n)
		}
		d.wantNews("Selamat datang")

		time.Sleep(2 * time.Minute)
		d.comes(bridge.ClientMessage{Text: "yang ini maksud saya", Quote: &bridge.Quote{ID: "F150", Text: "pesan ke 150"}})
		d.comes(bridge.ClientMessage{Text: "gambar ini", Quote: &bridge.Quote{ID: "F149", Text: "pesan ke 149"}})
		d.comes(bridge.ClientMessage{Kind: bridge.KindReaction, Target: "F151", Text: "🔥"})
		if d.lastLine(got, "maksud saya").replyTo != notice.id || d.lastLine(got, "gambar ini").replyTo != files.id {
			t.Errorf("quotes of folded messages: %q", d.threadOf(got)[24:])
		}
		d.wantMark(notice.id, "🔥")
	})
}

// Whoever goes on and on is shown in parts, in the order he wrote; what follows a flood
// stands below it.
func TestFloodsKeepTheirOrder(t *testing.T) {
	atDoor(t, monday, guard, func(d *door) {
		var want []string
		for i := range 120 { // five minutes
			text := fmt.Sprintf("baris-%03d-", i)
			want = append(want, text)
			d.receive(bridge.ClientMessage{ID: fmt.Sprintf("F%03d", i), Text: text})
			time.Sleep(2500 * time.Millisecond)
			if i == 60 {
				d.restart() // a timer fires all the same
			}
		}
		time.Sleep(3 * time.Minute)
		d.writes("baris-terakhir-")
		all, at := d.all(d.the()), 0
		for _, text := range append(want, "baris-terakhir-") {
			i := strings.Index(all[at:], text)
			if i < 0 || strings.Count(all, text) != 1 {
				d.t.Fatalf("%s does not follow in\n%s", text, all)
			}
			at += i
		}
		if n := strings.Count(all, "🌊"); n < 3 || n > 8 {
			t.Errorf("%d notices", n)
		}
	})
}

// Words beyond one file stand in several, also the longest and strangest ones.
func TestFloodOfLongTexts(t *testing.T) {
	atDoor(t, monday, func(p *bridge.Desk) { p.Flood = bridge.Flood{Messages: 1, Within: time.Hour} }, func(d *door) {
		d.writes("halo")
		for i := range 12 {
			d.receive(bridge.ClientMessage{ID: fmt.Sprintf("F%03d", i), Text: fmt.Sprintf("<%02d>", i) + strings.Repeat("<\u2028&😀ﷺ", 700)})
		}
		time.Sleep(2 * time.Minute)
		ticks()
		all := d.all(d.the())
		if n := strings.Count(all, "ﷺ"); n != 12*700 {
			t.Errorf("%d of %d signs arrived", n, 12*700)
		}
		if strings.Count(all, ".txt") < 3 {
			t.Error("the words stand in one file")
		}
		if rows := d.events("stuck"); len(rows) > 0 {
			t.Errorf("set aside: %v", rows)
		}
	})
}

// What was folded when its ticket was closed by somebody who could not see it yet calls
// the agent.
func TestClosedBeforeAFloodIsShown(t *testing.T) {
	atDoor(t, monday, guard, func(d *door) {
		for i := range 30 {
			d.receive(bridge.ClientMessage{ID: fmt.Sprintf("F%03d", i), Text: fmt.Sprintf("baris %d", i)})
		}
		ticks()
		number := d.conversation().Open
		d.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
		d.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Drop("spam", "sari", at) })
		time.Sleep(15 * time.Second)
		ticks()
		call := d.lastLine(d.the(), "masuk sebelum tiket ini ditutup")
		if !slices.Equal(d.board.pings[call.id], []string{"sari"}) || !slices.Equal(d.buttonsOf(call.id), []string{"t:reopen"}) {
			t.Errorf("it calls %q with %q", d.board.pings[call.id], d.buttonsOf(call.id))
		}
	})
}

// A flood changes nothing about what the messages mean.
func TestAnswersInAFlood(t *testing.T) {
	atDoor(t, monday, func(p *bridge.Desk) { p.Flood = bridge.Flood{Messages: 1, Within: time.Hour} }, func(d *door) {
		d.writes("stok tidak cocok")
		d.resolves(d.the().Number, ticket.Easy)
		d.writes("sudah")
		if got := d.the(); got.State != ticket.Closed {
			t.Errorf("%s", got.State)
		}
		d.writes("5")
		time.Sleep(time.Minute)
		if got := d.the(); got.Rating.Stars != 5 || !strings.Contains(d.all(got), "2. ") && !strings.Contains(d.all(got), "] 5") {
			t.Errorf("%+v\n%s", got.Rating, d.all(got))
		}
	})
}

// Somebody on the block list is not there: nothing is shown, answered or kept of what he
// writes, and it is counted.
func TestBlocked(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.writes("halo")
		d.news()
		number := d.the().Number
		before := len(d.threadOf(d.the()))
		d.update(func(tx *ledger.Tx) error {
			who, _, err := customer.ByPhone(tx, "628123456001")
			if err != nil {
				return err
			}
			if _, err := who.Shut("andi", "spam", tx.Now()); err != nil {
				return err
			}
			return who.Save(tx)
		})
		for range 3 {
			d.writes("promo murah")
		}
		d.writes("BERHENTI")
		d.comes(d.picture("g1", "JPEG satu", "promo"))
		d.wantNews()
		who := d.contact()
		if n := d.events(customer.Log(who.ID))["message_dropped"]; n != 5 {
			t.Errorf("%d messages were counted, want 5", n)
		}
		if got := d.threadOf(d.the()); len(got) != before || d.events(number)["client_wrote"] != 1 || len(d.phone.asked) > 0 || who.Consent.Choice != customer.Unasked {
			t.Errorf("thread shows %q", got)
		}
		d.update(func(tx *ledger.Tx) error {
			who, _, err := customer.ByPhone(tx, "628123456001")
			if err != nil {
				return err
			}
			who.Admit("andi", tx.Now())
			return who.Save(tx)
		})
		d.writes("maaf kak, ini serius")
		d.lastLine(d.the(), "ini serius")
	})
}

// Somebody on the block list is not heard in a group either; the others are.
func TestBlockedInAGroup(t *testing.T) {
	atDoor(t, monday, func(p *bridge.Desk) { p.Groups = []string{string(group)} }, func(d *door) {
		var id string
		d.update(func(tx *ledger.Tx) error {
			who, _, err := customer.Find(tx, "p1", customer.Who{Phone: "628122222222", Push: "Joko"})
			if err != nil {
				return err
			}
			if _, err := who.Shut("andi", "spam", tx.Now()); err != nil {
				return err
			}
			id = who.ID
			return who.Save(tx)
		})
		spammer := member{joko.address, joko.name, "628122222222"}
		d.world.writes(budi, bridge.ClientMessage{ID: "1", Text: "stok habis"})
		d.world.writes(spammer, bridge.ClientMessage{ID: "2", Text: "promo murah"})
		ticks()
		got := d.the()
		if all := d.all(got); !strings.Contains(all, "stok habis") || strings.Contains(all, "promo") || d.events(customer.Log(id))["message_dropped"] != 1 {
			t.Errorf("%v\n%s", d.events(customer.Log(id)), all)
		}
	})
}

// Who is not let in hears it once a day; staff and sales see him, with a way to register
// him, and then he is let in.
func TestProspects(t *testing.T) {
	atDoor(t, monday, func(p *bridge.Desk) { p.Access = customer.Policy{Mode: customer.Registered} }, func(d *door) {
		d.writes("mau tanya *harga* @everyone")
		d.writes("halo?")
		d.comes(d.picture("g1", "JPEG satu", ""))
		sorry := "Mohon maaf kak, nomor ini belum terdaftar"
		d.wantNews(sorry)
		who, shown := d.contact(), d.board.threads["intake"]
		if len(shown) != 1 || !strings.Contains(shown[0].content, "**Ana** (+62 812-3456-001, Prospek) menulis, tetapi belum terdaftar") || !strings.Contains(shown[0].content, "> mau tanya") ||
			!slices.Equal(d.buttonsOf(shown[0].id), []string{"prospect:" + who.ID}) || !slices.Equal(d.board.pings[shown[0].id], []string{"role-sales"}) {
			d.t.Fatalf("intake shows %q with %q for %q", shown, d.buttonsOf(shown[0].id), d.board.pings[shown[0].id])
		}
		if who.Refused.Count != 3 || len(d.tickets()) != 0 {
			t.Errorf("%+v, %d tickets", who.Refused, len(d.tickets()))
		}
		d.rest(24 * time.Hour)
		d.writes("masih mau tanya")
		d.wantNews(sorry)
		if shown = d.board.threads["intake"]; len(shown) != 2 || !strings.Contains(shown[1].content, "Pesan ke-4") {
			t.Errorf("intake shows %q", shown)
		}
		d.writes("stop")
		d.writes("stop")
		d.wantNews("Baik kak, kami tidak akan mengirim info")
		d.update(func(tx *ledger.Tx) error {
			who, _, err := customer.ByPhone(tx, "628123456001")
			if err != nil {
				return err
			}
			who.Register("maya", tx.Now())
			return who.Save(tx)
		})
		d.writes("stok tidak cocok")
		d.wantNews("Selamat datang")
		if got := d.the(); got.Contact != who.ID || d.events(customer.Log(who.ID))["attempt_refused"] != 2 {
			t.Errorf("%+v", got)
		}
	})
}

// The owner in sales is called by name, and a type that is not served is told apart.
func TestProspectOfACompany(t *testing.T) {
	atDoor(t, monday, func(p *bridge.Desk) { p.Access = customer.Policy{Mode: customer.ByType, Types: []string{"pemilik"}} }, func(d *door) {
		d.update(func(tx *ledger.Tx) error {
			company, _, err := customer.Create("toko-ana", "Toko Ana", "maya", tx.Now())
			if err != nil {
				return err
			}
			if _, err := company.Assign("10000000000000001", "maya", tx.Now()); err != nil {
				return err
			}
			who, _, err := customer.Find(tx, "pana", customer.Who{Phone: "628123456001", Push: "Ana"})
			if err != nil {
				return err
			}
			if _, err := who.Join(company.ID, "maya", tx.Now()); err != nil {
				return err
			}
			if err := who.Save(tx); err != nil {
				return err
			}
			return company.Save(tx)
		})
		d.comes(bridge.ClientMessage{Kind: bridge.KindCall})
		d.wantNews("Mohon maaf kak, nomor ini belum terdaftar")
		shown := d.board.threads["intake"]
		if len(shown) != 1 || !strings.Contains(shown[0].content, "(+62 812-3456-001, Toko Ana, Lainnya)") || !strings.Contains(shown[0].content, "tidak dilayani di sini. <@10000000000000001>") || !strings.Contains(shown[0].content, "> (panggilan)") ||
			!slices.Equal(d.board.pings[shown[0].id], []string{"10000000000000001"}) {
			t.Errorf("intake shows %q for %q", shown, d.board.pings[shown[0].id])
		}
	})
}

// One wish, one confirmation, also in the middle of a ticket; it is no word about the
// ticket, and can be taken back.
func TestWishesAboutOffers(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.writes("Stop!")
		d.wantNews("Baik kak, kami tidak akan mengirim info")
		if len(d.tickets()) != 0 || d.contact().Consent.Choice != customer.Declined || d.contact().Proactive() {
			t.Errorf("%d tickets, %+v", len(d.tickets()), d.contact().Consent)
		}
		d.writes("stok tidak cocok")
		d.wantNews("Selamat datang")
		d.writes("berhenti")
		d.writes("mulai")
		d.writes("MULAI")
		d.wantNews("Baik kak, kakak akan kembali menerima")
		got := d.the()
		d.lastLine(got, "MULAI")
		if d.contact().Consent.Choice != customer.Agreed || got.State != ticket.New {
			t.Errorf("%s, %+v", got.State, d.contact().Consent)
		}
		d.writes("apakah harus berhenti dulu?")
		d.wantNews()
	})
}

// A commit whose answer was lost, and a process that died before it acknowledged, bring
// the message again: it has been taken in.
func TestRedeliveryAtTheDoor(t *testing.T) {
	atDoor(t, monday, guard, func(d *door) {
		first := d.closed(ticket.Normal)
		messages := []bridge.ClientMessage{
			{ID: "A", Text: "5"}, {ID: "B", Text: "ramah sekali"}, {ID: "C", Text: "makasih"},
			{ID: "D", Text: "stoknya salah lagi"}, {ID: "E", Text: "STOP"},
		}
		for _, m := range messages {
			d.receive(m)
		}
		ticks()
		want, events, news := d.all(first), d.events(first.Number), len(d.news())
		for range 2 {
			for _, m := range slices.Backward(messages) {
				d.receive(m)
			}
			d.restart()
		}
		ticks()
		got := d.the()
		if d.all(first) != want || news != 4 || len(d.news()) != 0 || fmt.Sprint(d.events(first.Number)) != fmt.Sprint(events) {
			t.Errorf("after redelivery the thread shows\n%s\nwant\n%s", d.all(first), want)
		}
		if got.State != ticket.Assigned || got.Rating.Comment != "ramah sekali" || got.Reopened != 1 {
			t.Errorf("%s %+v", got.State, got.Rating)
		}
	})
}
