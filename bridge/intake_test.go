package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

const monday = "2026-11-23 09:00"

// What somebody writes after his ticket closed goes to the first place that takes it.
func TestWhereAMessageGoesAfterClosing(t *testing.T) {
	const again, thanks, comment = "Terima kasih kak. Mohon dibantu balas", "Terima kasih atas penilaian", "Terima kasih kak. Ada komentar"
	reopened := "Baik kak, laporan kakak kami buka kembali"
	for _, test := range []struct {
		name    string
		after   time.Duration
		message func(d *door)
		state   ticket.State // of the closed ticket, "" for closed
		tickets int          // 0 for one
		stars   int
		says    string // the comment
		phone   []string
		thread  string // a line of the closed ticket
	}{
		{name: "vote", message: func(d *door) { d.votes("Seberapa puas", "4 ⭐⭐⭐⭐") }, stars: 4, phone: []string{comment}, thread: "4 dari 5"},
		{name: "number", message: func(d *door) { d.writes("5") }, stars: 5, phone: []string{comment}, thread: "**Ana:** 5"},
		{name: "stars", message: func(d *door) { d.writes("⭐⭐⭐") }, stars: 3, phone: []string{comment}, thread: "3 dari 5"},
		{name: "word", message: func(d *door) { d.writes("lima") }, stars: 5, phone: []string{comment}, thread: "5 dari 5"},
		{name: "sign of stars", message: func(d *door) { d.reacts("Seberapa puas", "5️⃣") }, stars: 5, phone: []string{comment}, thread: "5 dari 5"},
		{name: "stars and comment", message: func(d *door) { d.writes("4, agak lama") }, stars: 4, says: "agak lama", phone: []string{thanks}, thread: "agak lama"},
		{name: "quoted", message: func(d *door) { d.quotes("Seberapa puas", "empat") }, stars: 4, phone: []string{comment}, thread: "4 dari 5"},
		{name: "comment", message: func(d *door) { d.writes("5"); d.news(); d.writes("adminnya ramah sekali") }, stars: 5, says: "adminnya ramah sekali", phone: []string{thanks}, thread: "ramah"},
		{name: "another mind", message: func(d *door) {
			d.votes("Seberapa puas", "5 ⭐⭐⭐⭐⭐")
			d.news()
			d.votes("Seberapa puas", "3 ⭐⭐⭐")
		}, stars: 3, thread: "sebelumnya 5"},
		{name: "low", message: func(d *door) { d.writes("1") }, stars: 1, phone: []string{comment}, thread: "peninjauan"},
		{name: "strange number", message: func(d *door) { d.writes("7"); d.writes("4.5") }, phone: []string{again}, thread: "**Ana:** 7"},
		{name: "strange words in a quote", message: func(d *door) { d.quotes("Seberapa puas", "masih error kak") }, phone: []string{again}, thread: "masih error kak"},
		{name: "strange sign", message: func(d *door) { d.reacts("Seberapa puas", "😀") }},
		{name: "late number", after: 25 * time.Hour, message: func(d *door) { d.writes("5") }, thread: "**Ana:** 5"},
		{name: "late vote", after: 25 * time.Hour, message: func(d *door) { d.votes("Seberapa puas", "5 ⭐⭐⭐⭐⭐") }, thread: "Memilih"},
		{name: "late vote after weeks", after: 500 * time.Hour, message: func(d *door) { d.votes("Seberapa puas", "2 ⭐⭐") }, thread: "Memilih"},
		{name: "thanks", message: func(d *door) { d.writes("makasih kak 🙏") }, thread: "makasih kak"},
		{name: "emoji", message: func(d *door) { d.writes("👍") }, thread: "👍"},
		{name: "sticker", message: func(d *door) {
			d.phone.put("s1", "WEBP stiker")
			d.comes(bridge.ClientMessage{ID: "s1", Kind: bridge.KindSticker, Media: &bridge.Media{Kind: bridge.KindSticker, MIME: "image/webp", Ref: refTo("s1")}})
		}, thread: "Stiker"},
		{name: "late thanks", after: 300 * time.Hour, message: func(d *door) { d.writes("ok makasih") }, thread: "ok makasih"},
		{name: "words", message: func(d *door) { d.writes("stoknya salah lagi") }, state: ticket.Assigned, phone: []string{reopened}, thread: "stoknya salah lagi"},
		{name: "words just in time", after: 24*time.Hour - time.Minute, message: func(d *door) { d.writes("stoknya salah lagi") }, state: ticket.Assigned, phone: []string{reopened}, thread: "dibuka kembali"},
		{name: "words after a day", after: 24 * time.Hour, message: func(d *door) { d.writes("stoknya salah lagi") }, tickets: 2, phone: []string{"Selamat datang"}},
		{name: "comment too late", message: func(d *door) { d.writes("5"); d.news(); time.Sleep(11 * time.Minute); d.writes("stoknya salah lagi") }, stars: 5, state: ticket.Assigned, phone: []string{reopened}},
		{name: "stop", message: func(d *door) { d.writes("BERHENTI"); d.writes("stop") }, phone: []string{"Baik kak, kami tidak akan mengirim"}, thread: "BERHENTI"},
		{name: "late yes to the poll", message: func(d *door) { d.votes("Apakah laporan kakak", "Sudah sesuai") }, thread: "Sudah sesuai"},
		{name: "late no to the poll", message: func(d *door) { d.votes("Apakah laporan kakak", "Belum sesuai") }, state: ticket.Assigned, phone: []string{reopened}, thread: "Belum sesuai"},
		{name: "no to the poll after a day", after: 25 * time.Hour, message: func(d *door) { d.votes("Apakah laporan kakak", "Belum sesuai") }, thread: "Belum sesuai"},
		{name: "sign on the closing sentence", message: func(d *door) { d.reacts("Kami mohon maaf atas", "👎") }},
		{name: "from the linked phone", message: func(d *door) { d.comes(bridge.ClientMessage{Text: "sama-sama kak", Own: true}) }, thread: "Dari ponsel desk:** sama-sama"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			atDoor(t, monday, nil, func(d *door) {
				first := d.closed(ticket.Normal)
				d.rest(test.after)
				test.message(d)
				d.wantNews(test.phone...)
				all := d.tickets()
				if len(all) != max(1, test.tickets) {
					t.Errorf("%d tickets", len(all))
				}
				got := all[0]
				state := test.state
				if state == "" {
					state = ticket.Closed
				}
				if got.State != state || got.Rating.Stars != test.stars || got.Rating.Comment != test.says {
					t.Errorf("%s: %s, %d stars, comment %q; want %s, %d, %q", got.Number, got.State, got.Rating.Stars, got.Rating.Comment, state, test.stars, test.says)
				}
				if test.thread != "" {
					d.lastLine(first, test.thread)
				}
				if wants := map[bool]int{true: 1}[state != ticket.Closed]; got.Reopened != wants || d.events(got.Number)["reopened"] != wants {
					t.Errorf("re-opened %d times, want %d", got.Reopened, wants)
				}
			})
		})
	}
}

// A comment is shown with a way to take the work up again, a low rating calls somebody.
func TestRatingIsSeen(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Easy)
		d.writes("2")
		alert := d.lastLine(first, "nilai rendah")
		if got := d.board.pings[alert.id]; !slices.Equal(got, []string{"role-am"}) {
			t.Errorf("a low rating calls %q", got)
		}
		d.writes("jawabannya berbelit")
		comment := d.lastLine(first, "Komentar klien").id
		if got := d.buttonsOf(comment); !slices.Equal(got, []string{"t:reopen"}) || !slices.Equal(d.board.pings[comment], []string{"sari"}) {
			t.Errorf("buttons below the comment: %q, it calls %q", got, d.board.pings[comment])
		}
		d.quotes("Seberapa puas", "masih belum jelas juga")
		if got := d.the(); got.State != ticket.Closed || got.Rating.Comment != "jawabannya berbelit" || got.Rating.Review != ticket.ReviewOpen {
			t.Errorf("%+v", got.Rating)
		}
		if got := d.buttonsOf(d.lastLine(first, "masih belum jelas").id); !slices.Equal(got, []string{"t:reopen"}) {
			t.Errorf("buttons below words that come too late: %q", got)
		}
		if c := d.contact(); c.Figures.Stars != 2 || c.Figures.Rated != 1 || c.Figures.Tickets != 1 {
			t.Errorf("figures of the person: %+v", c.Figures)
		}
	})
}

// Words that quote the rating of an old ticket belong to the open one; stars do not.
func TestQuotesOfARatingWhileATicketIsOpen(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Easy)
		d.do(first.Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return t.Reopen("lupa", "sari", at) })
		d.do(first.Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return t.Drop("", "sari", at) })
		d.rest(23 * time.Hour)
		d.writes("makasih")
		d.rest(2 * time.Hour)
		d.writes("sekarang laporan kosong")
		d.quotes("Seberapa puas", "yang ini juga belum")
		d.votes("Seberapa puas", "5 ⭐⭐⭐⭐⭐") // late, and the question of another ticket
		all := d.tickets()
		if len(all) != 2 || all[1].State != ticket.New {
			d.t.Fatalf("tickets: %+v", all)
		}
		d.lastLine(all[1], "yang ini juga belum")
		d.lastLine(all[0], "Memilih")
	})
}

// The answer to the closing sentence closes, re-opens the work, or is for the agent.
func TestConfirmations(t *testing.T) {
	closing, ask, again := "Saya izin untuk menutup", "?Seberapa puas", "Baik kak, laporan kakak kami buka kembali"
	for _, test := range []struct {
		name    string
		class   ticket.Class
		message func(d *door)
		state   ticket.State
		phone   []string
		unclear bool
	}{
		{"sudah", ticket.Normal, func(d *door) { d.writes("sudah") }, ticket.Closed, []string{closing, ask}, false},
		{"ok makasih", ticket.Normal, func(d *door) { d.writes("ok makasih") }, ticket.Closed, []string{closing, ask}, false},
		{"belum bisa", ticket.Normal, func(d *door) { d.writes("belum bisa") }, ticket.Assigned, []string{again}, false},
		{"vote yes", ticket.Normal, func(d *door) { d.votes("Apakah laporan kakak", "Sudah sesuai") }, ticket.Closed, []string{closing, ask}, false},
		{"vote no", ticket.Normal, func(d *door) { d.votes("Apakah laporan kakak", "Belum sesuai") }, ticket.Assigned, []string{again}, false},
		{"vote taken back", ticket.Normal, func(d *door) { d.votes("Apakah laporan kakak") }, ticket.Resolved, nil, false},
		{"thumbs-up", ticket.Normal, func(d *door) { d.reacts("Kami mohon maaf atas", "👍") }, ticket.Closed, []string{closing, ask}, false},
		{"tick", ticket.Normal, func(d *door) { d.reacts("Kami mohon maaf atas", "✅") }, ticket.Closed, []string{closing, ask}, false},
		{"thumbs-down", ticket.Normal, func(d *door) { d.reacts("Kami mohon maaf atas", "👎") }, ticket.Assigned, []string{again}, false},
		{"unclear sign", ticket.Normal, func(d *door) { d.reacts("Kami mohon maaf atas", "😢") }, ticket.Resolved, nil, true},
		{"sign on something else", ticket.Normal, func(d *door) { d.reacts("Selamat datang", "👍") }, ticket.Resolved, nil, false},
		{"question", ticket.Normal, func(d *door) { d.writes("kalau retur bagaimana?") }, ticket.Resolved, nil, true},
		{"thanks alone", ticket.Normal, func(d *door) { d.writes("makasih") }, ticket.Resolved, nil, true},
		{"thanks to an easy one", ticket.Easy, func(d *door) { d.writes("makasih") }, ticket.Closed, []string{ask}, false},
		{"picture", ticket.Normal, func(d *door) { d.comes(d.picture("g1", "JPEG satu", "")) }, ticket.Resolved, nil, true},
		{"picture with words", ticket.Normal, func(d *door) { d.comes(d.picture("g1", "JPEG satu", "masih error")) }, ticket.Assigned, []string{again}, false},
		{"edit", ticket.Normal, func(d *door) { d.comes(bridge.ClientMessage{Kind: bridge.KindEdit, Target: "M001", Text: "sudah"}) }, ticket.Resolved, nil, true},
		{"silence", ticket.Normal, func(*door) { time.Sleep(21 * time.Minute) }, ticket.Closed, []string{ask}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			atDoor(t, monday, nil, func(d *door) {
				d.writes("stok tidak cocok")
				d.resolves(d.the().Number, test.class)
				test.message(d)
				got := d.the()
				d.wantNews(test.phone...)
				if got.State != test.state || got.Unclear != test.unclear {
					t.Errorf("%s, unclear %v; want %s, %v", got.State, got.Unclear, test.state, test.unclear)
				}
				if calls := strings.Count(d.all(got), "belum jelas"); calls > 1 || calls != map[bool]int{true: 1}[test.unclear] {
					t.Errorf("the agent was called %d times", calls)
				}
			})
		})
	}
}

// The first words open one ticket with one greeting, whatever comes how often.
func TestNewTicket(t *testing.T) {
	atDoor(t, "2026-11-23 06:30", nil, func(d *door) {
		d.writes("stok tidak cocok")
		d.wantNews("Selamat datang di HaloERZAP.")
		if got := d.sentText("Selamat datang"); !strings.HasSuffix(got, "\n\nSaat ini di luar jam operasional kami. Laporan kakak akan kami respons mulai hari ini pukul 08.00 WIB.") {
			t.Errorf("greeting: %q", got)
		}
		d.writes("halo?")
		d.wantNews()
		got, who := d.the(), d.contact()
		if got.Contact != who.ID || !got.FirstWord.Equal(got.Opened) || who.Wrote.IsZero() || who.Push != "Ana" {
			t.Errorf("ticket %+v of %+v", got, who)
		}
		if _, waits := got.Waiting(ticket.Client, ticket.Staff); !waits {
			t.Error("the client waits for nothing")
		}
		if events := d.events(got.Number); events["opened"] != 1 || events["client_wrote"] != 2 || events["identified"] != 1 {
			t.Errorf("events: %v", events)
		}
		time.Sleep(time.Until(clockTime("2026-11-23 08:02:01")))
		ticks()
		if events := d.events(got.Number); events["first_response_breached"] != 1 || events["nobody_to_offer"] != 1 {
			t.Errorf("two minutes after opening: %v", events)
		}
	})
}

// A notice that something is down stands in the greeting while it is in force; a desk
// that never opens promises no opening.
func TestGreetingSaysWhatIsOutOfOrder(t *testing.T) {
	atDoor(t, monday, func(p *bridge.Desk) { p.Calendar = nil }, func(d *door) {
		d.update(func(tx *ledgerTx) error {
			_, err := bridge.SetOutage(tx, "Server cabang sedang gangguan.", "sari")
			return err
		})
		d.writes("tidak bisa masuk")
		if got := d.sentText("Selamat datang"); !strings.HasSuffix(got, "Terima kasih.\n\nInformasi untuk kakak: Server cabang sedang gangguan.") {
			t.Errorf("greeting: %q", got)
		}
	})
}

// An answer typed on the linked phone is a human sign: it ends the client's wait.
func TestAnswerFromThePhoneEndsTheWait(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.writes("stok tidak cocok")
		time.Sleep(30 * time.Second)
		d.comes(bridge.ClientMessage{Text: "sebentar ya kak", Own: true})
		got := d.the()
		if _, waits := got.Waiting(ticket.Client, ticket.Staff); waits || got.State != ticket.Assigned || got.Responded.IsZero() || !got.OnPhone {
			t.Errorf("%+v", got)
		}
		if events := d.events(got.Number); events["responded"] != 1 || events["phone_wrote"] != 1 {
			t.Errorf("events: %v", events)
		}
	})
}

// What was written while the desk was down counts from when it was written; a ticket that
// closed meanwhile is re-opened by it.
func TestMessagesOfAnOutageKeepTheirTime(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		wrote := time.Now()
		d.rest(90 * time.Minute)
		for range 2 {
			m := bridge.ClientMessage{ID: "M1", Chat: byLID, Alt: byNumber, Phone: "628123456001", Name: "Ana", Kind: bridge.KindPlainText, Text: "tidak bisa masuk", At: wrote.Truncate(time.Second)}
			if err := d.relay.Receive(d.t.Context(), m); err != nil {
				d.t.Fatal(err)
			}
		}
		ticks()
		got := d.the()
		if !got.FirstWord.Equal(wrote) || d.events(got.Number)["first_response_breached"] != 1 {
			t.Errorf("first word at %s, want %s; %v", got.FirstWord, wrote, d.events(got.Number))
		}
	})
}

// A long text is one message: its pieces stay together wherever the first one went.
func TestLongTextStaysTogether(t *testing.T) {
	long := strings.Repeat("panjang sekali ceritanya ", 400)
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Easy)
		d.writes("5")
		d.news()
		d.writes(long)
		d.wantNews("Terima kasih atas penilaian")
		if got := d.the(); got.State != ticket.Closed || !strings.HasPrefix(got.Rating.Comment, "panjang sekali") {
			t.Errorf("%s, comment %q", got.State, got.Rating.Comment)
		}
		if n := strings.Count(d.all(first), "ceritanya"); n < 400 {
			t.Errorf("%d of 400 words are shown", n)
		}
	})
	atDoor(t, monday, nil, func(d *door) {
		d.writes("stok tidak cocok")
		d.resolves(d.the().Number, ticket.Normal)
		d.writes(long)
		if got := d.the(); got.State != ticket.Resolved || !got.Unclear {
			t.Errorf("%s, unclear %v", got.State, got.Unclear)
		}
	})
}

// A placeholder that turns out to be an answer is one.
func TestAnswerThatWasUnreadableAtFirst(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.writes("stok tidak cocok")
		d.resolves(d.the().Number, ticket.Normal)
		d.comes(bridge.ClientMessage{ID: "U1", Unreadable: "no session"})
		if got := d.the(); got.State != ticket.Resolved || !got.Unclear {
			t.Errorf("before: %s, unclear %v", got.State, got.Unclear)
		}
		d.comes(bridge.ClientMessage{ID: "U1", Text: "belum bisa"})
		if got := d.the(); got.State != ticket.Assigned {
			t.Errorf("after: %s", got.State)
		}
	})
}

// What cannot be read after closing opens nothing yet: the agent is called, and once it can
// be read it goes where it belongs.
func TestUnreadableAfterClosing(t *testing.T) {
	reopened := "Baik kak, laporan kakak kami buka kembali"
	for _, test := range []struct {
		name, text string
		late       time.Duration // until it can be read
		state      ticket.State
		stars      int
		phone      []string
	}{
		{"stars", "5", time.Second, ticket.Closed, 5, []string{"Terima kasih kak. Ada komentar"}},
		{"thanks", "makasih kak", time.Second, ticket.Closed, 0, nil},
		{"a concern", "stoknya salah lagi", time.Second, ticket.Assigned, 0, []string{reopened}},
		{"a concern after an hour", "stoknya salah lagi", time.Hour, ticket.Assigned, 0, []string{reopened}},
		{"a concern of old", "stoknya salah lagi", 25 * time.Hour, ticket.Closed, 0, nil},
		{"never", "", 0, ticket.Closed, 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			atDoor(t, monday, nil, func(d *door) {
				first := d.closed(ticket.Normal)
				d.comes(bridge.ClientMessage{ID: "U1", Unreadable: "no session"})
				if got := d.the(); got.State != ticket.Closed {
					t.Errorf("unread it is %s", got.State)
				}
				if call := d.lastLine(first, "belum terbaca"); !slices.Equal(d.board.pings[call.id], []string{"sari"}) {
					t.Errorf("it calls %q", d.board.pings[call.id])
				}
				d.wantNews()
				if test.text != "" {
					d.rest(test.late)
					d.comes(bridge.ClientMessage{ID: "U1", Text: test.text, At: time.Now()})
				}
				d.wantNews(test.phone...)
				got := d.the()
				if got.State != test.state || got.Rating.Stars != test.stars {
					t.Errorf("%s, %d stars; want %s, %d", got.State, got.Rating.Stars, test.state, test.stars)
				}
				if n := strings.Count(d.all(got), "**Ana:** "+test.text); test.text != "" && n != 1 {
					t.Errorf("it stands %d times in\n%s", n, d.all(got))
				}
			})
		})
	}
}

// An unreadable message of an open ticket that is closed in the meantime, and turns out to
// be a concern, re-opens it.
func TestUnreadableWhileItsTicketCloses(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.writes("stok tidak cocok")
		d.comes(bridge.ClientMessage{ID: "U1", Unreadable: "no session"})
		d.do(d.the().Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return t.Drop("dobel", "sari", at) })
		ticks()
		d.news()
		d.comes(bridge.ClientMessage{ID: "U1", Text: "kasir juga tidak bisa masuk", At: time.Now()})
		d.wantNews("Baik kak, laporan kakak kami buka kembali")
		if got := d.the(); got.State != ticket.New || got.Reopened != 1 {
			t.Errorf("%s, re-opened %d times", got.State, got.Reopened)
		}
	})
}

// An opt-out word is a client's message as well: it ends the clock of his silence, and the
// agent sees what is to become of the ticket.
func TestAWishStopsTheClockOfSilence(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.writes("stok tidak cocok")
		d.resolves(d.the().Number, ticket.Normal)
		d.writes("STOP")
		d.wantNews("Baik kak, kami tidak akan mengirim")
		d.rest(time.Hour)
		got := d.the()
		if got.State != ticket.Resolved || !got.Unclear || d.contact().Consent.Choice != customer.Declined {
			t.Errorf("%s, unclear %v, %+v", got.State, got.Unclear, d.contact().Consent)
		}
		d.lastLine(got, "belum jelas")
	})
}

// Words that quote a rating which was given go into the open ticket, also into the rated
// one when it is open again; as a comment they still count within its time.
func TestQuotesOfAGivenRating(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Easy)
		d.writes("5")
		d.do(first.Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return t.Reopen("lupa", "sari", at) })
		ticks()
		d.quotes("Seberapa puas", "masih ada yang salah")
		got := d.the()
		if since, waits := got.Waiting(ticket.Client, ticket.Staff); !waits || got.Rating.Comment != "" {
			t.Errorf("the client waits %v since %v, comment %q", waits, since, got.Rating.Comment)
		}
	})
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Easy)
		d.rest(23 * time.Hour)
		d.writes("4")
		d.do(first.Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return nil, nil })
		d.rest(2 * time.Hour)
		d.writes("ada soal lain")
		d.quotes("Seberapa puas", "yang ini juga")
		all := d.tickets()
		if len(all) != 2 {
			d.t.Fatalf("%d tickets", len(all))
		}
		d.lastLine(all[1], "yang ini juga")
		if all[0].Rating.Comment != "" {
			t.Errorf("comment %q", all[0].Rating.Comment)
		}
	})
}

// Words about a rating that come too late open nothing, and somebody hears of them.
func TestLateWordsAboutARatingCallTheAgent(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Easy)
		d.writes("5")
		d.rest(time.Hour)
		d.quotes("Seberapa puas", "laporannya kosong lagi")
		d.quotes("Seberapa puas", "makasih kak")
		call := d.lastLine(first, "menulis tentang penilaiannya")
		if n := strings.Count(d.all(first), "menulis tentang penilaiannya"); n != 1 {
			t.Errorf("the agent is called %d times", n)
		}
		if !slices.Equal(d.board.pings[call.id], []string{"sari"}) || !slices.Equal(d.buttonsOf(d.lastLine(first, "kosong lagi").id), []string{"t:reopen"}) {
			t.Errorf("it calls %q", d.board.pings[call.id])
		}
	})
}

// Groups get no greeting and no question for stars, and nobody speaks for all of them.
func TestGroupsAtTheDoor(t *testing.T) {
	atDoor(t, monday, func(p *bridge.Desk) { p.Groups = []string{string(group)} }, func(d *door) {
		say := func(by member, id, text string) { d.world.writes(by, bridge.ClientMessage{ID: id, Text: text}) }
		say(budi, "1", "stok habis")
		d.wantNews()
		got := d.the()
		d.resolves(got.Number, ticket.Easy)
		d.do(got.Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return t.Close("sari", at) })
		ticks()
		say(joko, "2", "stop")
		d.wantNews("Baik kak, laporan kakak kami buka kembali")
		if got = d.the(); got.Reopened != 1 || got.Contact != "" {
			t.Errorf("%+v", got)
		}
	})
}

// Words that can be read at last are to be answered, whatever was answered meanwhile.
func TestWordsReadAtLastWaitForAnAnswer(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.comes(bridge.ClientMessage{ID: "U1", Unreadable: "no session"})
		d.do(d.the().Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return t.StaffWrote("sari", at), nil })
		time.Sleep(5 * time.Minute)
		if _, waits := d.the().Waiting(ticket.Client, ticket.Staff); waits {
			t.Fatal("he waits although he was answered")
		}
		d.comes(bridge.ClientMessage{ID: "U1", Text: "kasir tidak bisa dibuka"})
		got := d.the()
		if _, waits := got.Waiting(ticket.Client, ticket.Staff); !waits || got.Gist != "kasir tidak bisa dibuka" {
			t.Errorf("he waits %v, his words began %q", waits, got.Gist)
		}
		if c := d.conversation(); !slices.Contains(c.Unread, "U1") {
			t.Errorf("unread are %q", c.Unread)
		}
	})
}

// What can be read only after its ticket was merged calls whoever goes on with it.
func TestWordsReadAfterTheirTicketWasMerged(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		d.receive(bridge.ClientMessage{ID: "U1", Chat: byNumber, Unreadable: "no session"})
		ticks()
		d.receive(bridge.ClientMessage{ID: "M1", Chat: byLID, Text: "stok tidak cocok"})
		d.receive(bridge.ClientMessage{ID: "M2", Text: "ini nomor saya juga"})
		ticks()
		all := d.tickets()
		if len(all) != 2 {
			t.Fatalf("%d tickets, want two", len(all))
		}
		d.do(all[1].Number, func(t *ticket.Ticket, at time.Time) ([]ledgerEvent, error) { return t.Accept("sari", at) })
		d.update(func(tx *ledgerTx) error {
			_, err := d.policy.Merge(tx, all[1].Number, all[0].Number, "sari")
			return err
		})
		ticks()
		d.comes(bridge.ClientMessage{ID: "U1", Text: "kasir tidak bisa dibuka"})
		d.lastLine(all[0], "kasir tidak bisa dibuka")
		call := d.lastLine(all[1], "sudah digabungkan ke sini")
		if !strings.Contains(call.content, "**"+all[0].Number+"** (<#"+all[0].Thread+">)") || !slices.Equal(d.board.pings[call.id], []string{"sari"}) {
			t.Errorf("it says %q and calls %q", call.content, d.board.pings[call.id])
		}
	})
}

// New words of an old message are seen by somebody, also when its ticket is closed; new
// thanks are not.
func TestWordsChangedAfterClosing(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Normal)
		edit := func(text string) {
			d.comes(bridge.ClientMessage{Kind: bridge.KindEdit, Target: "M001", Text: text})
		}
		edit("makasih kak")
		if strings.Contains(d.all(first), "mengubah pesannya") {
			t.Error("thanks call the agent")
		}
		edit("stok tidak cocok, dan sekarang kasir juga")
		call := d.lastLine(first, "mengubah pesannya setelah tiket ini ditutup")
		if !slices.Equal(d.board.pings[call.id], []string{"sari"}) || !slices.Equal(d.buttonsOf(call.id), []string{"t:reopen"}) {
			t.Errorf("it calls %q with %q", d.board.pings[call.id], d.buttonsOf(call.id))
		}
		if n := strings.Count(d.all(first), "mengubah pesannya"); n != 1 || d.the().State != ticket.Closed {
			t.Errorf("%d calls, and the ticket is %s", n, d.the().State)
		}
	})
}

// A late yes is known by the poll's own words, whatever the desk made of them.
func TestALateYesInTheDesksOwnWords(t *testing.T) {
	own := func(p *bridge.Desk) { p.Sentences[ticket.SayConfirmYes] = "Nota sudah keluar" }
	atDoor(t, monday, own, func(d *door) {
		first := d.closed(ticket.Normal)
		d.votes("Apakah laporan kakak", "Nota sudah keluar")
		d.lastLine(first, "Nota sudah keluar")
		d.wantNews()
		if got := d.the(); got.State != ticket.Closed || got.Reopened != 0 {
			t.Errorf("%s, re-opened %d times", got.State, got.Reopened)
		}
	})
}

// Stars that come too late count no more, but what was said with them is read.
func TestWordsWithLateStarsCallTheAgent(t *testing.T) {
	atDoor(t, monday, nil, func(d *door) {
		first := d.closed(ticket.Easy)
		d.rest(25 * time.Hour)
		d.quotes("Seberapa puas", "1, laporannya kosong lagi")
		call := d.lastLine(first, "menulis tentang penilaiannya")
		if got := d.the(); !slices.Equal(d.board.pings[call.id], []string{"sari"}) || got.Rating.Stars != 0 {
			t.Errorf("it calls %q, %d stars", d.board.pings[call.id], got.Rating.Stars)
		}
	})
}

// An answer typed on the linked phone counts when it can be read at last; what the client
// wrote since it does not answer.
func TestAnswerFromThePhoneThatWasUnreadableAtFirst(t *testing.T) {
	for _, since := range []string{"", "satu lagi kak"} {
		atDoor(t, monday, nil, func(d *door) {
			d.writes("stok tidak cocok")
			time.Sleep(30 * time.Second)
			written := time.Now()
			d.comes(bridge.ClientMessage{ID: "P1", Own: true, Unreadable: "no session"})
			if since != "" {
				time.Sleep(time.Minute)
				d.writes(since)
			}
			late := bridge.ClientMessage{ID: "P1", Chat: byLID, Alt: byNumber, Own: true, Kind: bridge.KindPlainText, Text: "sebentar ya kak", At: written}
			for range 2 {
				if err := d.relay.Receive(d.t.Context(), late); err != nil {
					t.Fatal(err)
				}
			}
			ticks()
			got := d.the()
			if from, waits := got.Waiting(ticket.Client, ticket.Staff); waits != (since != "") || waits && !from.Equal(got.LastClient) || !got.OnPhone || d.events(got.Number)["responded"] != 1 {
				t.Errorf("after %q he waits %v since %s: %+v", since, waits, from, got)
			}
		})
	}
}
