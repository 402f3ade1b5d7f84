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
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

const (
	card     = "FU-261123-0003"
	salesMan = "role-sales"
)

// A talker is a desk with one customer who has written before and a follow-up's card of his.
type talker struct{ *door }

// inTalk tells a story that begins on a Monday morning, long after the client's ticket was
// closed, with the card's talk.
func inTalk(t *testing.T, post bool, story func(d *talker)) {
	t.Helper()
	atDoor(t, "2026-11-20 09:00", func(p *bridge.Desk) {
		p.Roles["manager"] = []string{"role-manager"}
		p.Undo = 3 * time.Second
		p.Rates = customer.Rates{Least: time.Minute, Most: time.Minute, Hour: 20, Day: 60, NewDay: 60}
	}, func(d *door) {
		d.closed(ticket.Easy)
		d.rest(72*time.Hour + time.Hour)
		w := &talker{d}
		w.begins(ticket.TalkFollowUp, post)
		ticks()
		story(w)
	})
}

func (d *talker) begins(kind ticket.Talk, post bool) {
	d.t.Helper()
	d.update(func(tx *ledger.Tx) error {
		c := d.conversation()
		t, events := ticket.OpenTalk(card, kind, "Toko Maju", c.ID, d.contact().ID, "", post, tx.Now())
		for range 2 {
			if err := d.policy.BeginTalk(tx, t, events); err != nil {
				return err
			}
		}
		return nil
	})
}

// talk is the card's talk as it stands.
func (d *talker) talk() (t ticket.Ticket) {
	d.t.Helper()
	d.update(func(tx *ledger.Tx) (err error) {
		t, _, err = ticket.Load(tx, card)
		return err
	})
	return t
}

// says is what somebody writes in the card's thread, read twice; then the time to undo it
// is over.
func (d *talker) says(text string, roles ...string) (message string) {
	d.t.Helper()
	message = snow(time.Now())
	for range 2 {
		d.staff(d.talk().Thread, message, text, roles...)
	}
	ticks()
	return message
}

// sendsFirst sends a text by the queue of what the desk sends first.
func (d *talker) sendsFirst(text string) {
	d.t.Helper()
	d.update(func(tx *ledger.Tx) error {
		f := customer.FollowUp{ID: card, Kind: customer.Reorder, State: customer.FollowUpQueued, Customer: "k1", Contact: d.contact().ID, Conversation: d.conversation().ID, Text: text, Opened: tx.Now(), Queued: tx.Now(), By: "rina"}
		if err := f.Keep(tx, customer.FollowUp{}, nil); err != nil {
			return err
		}
		return d.policy.Approach(tx, customer.Outreach{
			ID: "followup/" + card, Kind: customer.OutreachFollowUp, Contact: d.contact().ID, Conversation: d.conversation().ID,
			Ref: card, Log: card, Text: text, By: "rina",
		})
	})
	d.settle()
}

func (d *talker) wantIn(t ticket.Ticket, want ...string) {
	d.t.Helper()
	shown := d.all(t)
	for _, words := range want {
		if !strings.Contains(shown, words) {
			d.t.Errorf("%s does not show %q:\n%s", t.Number, words, shown)
		}
	}
}

// noTicket checks that no list or figure of tickets knows the talk.
func (d *talker) noTicket() {
	d.t.Helper()
	t := d.talk()
	for _, index := range []string{
		ticket.IndexOpen, ticket.IndexClosed, ticket.IndexWaiting, ticket.IndexNobody, ticket.IndexAgent("sari"), ticket.IndexUnposted,
		bridge.TicketsOf(t.Contact), bridge.TicketsOfCompany("k1"), bridge.IndexEnds,
	} {
		rows, err := d.store.Index(d.t.Context(), index, store.Range{})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, row := range rows {
			if row.Member == card {
				d.t.Errorf("the index %s has the talk", index)
			}
		}
	}
	for _, line := range d.contact().Figures.Recent {
		if line.Number == card {
			d.t.Error("the person's figures count the talk")
		}
	}
	for what := range d.events(card) {
		if slices.Contains([]string{"opened", "accepted", "responded", "offered", "waited", "closed", "reopened", "first_reminder", "first_response_breached"}, what) {
			d.t.Errorf("the talk's log has %q", what)
		}
	}
	if c := d.conversation(); slices.Contains(append(append([]string{c.Open, c.Last}, c.Also...), c.Past...), card) {
		d.t.Errorf("the conversation takes the talk for a ticket: %+v", c)
	}
	if d.policy.Members != nil {
		for _, timer := range t.Due(d.policy.Policy, officeHours(d.t)) {
			d.t.Errorf("the talk has the timer %+v", timer)
		}
	}
}

func (d *talker) forumOf(thread string) string {
	d.board.mu.Lock()
	defer d.board.mu.Unlock()
	if i := slices.Index(d.board.made, thread); i >= 0 {
		return d.board.forums[i] + ": " + d.board.posts[i]
	}
	return ""
}

// Sales write to the client in the card's thread, edit and delete, and he answers there: no
// ticket, no sentence of the desk. What agents write there stays inside.
func TestWordsInATalk(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		if got := d.forumOf(d.talk().Thread); got != "followups: FU-261123-0003 · Toko Maju" {
			t.Errorf("the post is %q", got)
		}
		d.sendsFirst("Halo kak, apa kabar?")
		d.wantNews("Halo kak, apa kabar?")
		d.quotes("apa kabar?", "baik kak, ada apa?")
		first := d.says("Halo kak, stok kertasnya masih cukup?", salesMan)
		d.wantNews("Halo kak, stok kertasnya masih cukup?")
		d.says("// ragu", salesMan)
		d.says("saya bantu jawab ya", agentRole)
		d.wantNews()
		d.wantIn(d.talk(), "klien hanya dibalas oleh sales dan manager")
		if c := d.conversation(); c.Talk != card || c.TalkAt.IsZero() {
			t.Errorf("the conversation does not know the talk: %+v", c)
		}
		m := bridge.StaffMessage{ID: first, Channel: d.talk().Thread, Author: "sari", Roles: []string{salesMan}, Text: "Halo kak, stok tintanya masih cukup?", Edited: time.Now()}
		for range 2 {
			if err := d.relay.Edited(d.t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		ticks()
		if got := d.sentText("stok"); got != "Halo kak, stok tintanya masih cukup?" {
			t.Errorf("the client has %q", got)
		}
		d.writes("masih kak, minggu depan saya pesan")
		line := d.lastLine(d.talk(), "minggu depan saya pesan")
		if got := d.buttonsOf(line.id); !slices.Equal(got, []string{bridge.TalkTicket}) {
			t.Errorf("below the client's first words: %q", got)
		}
		d.writes("terima kasih")
		if got := d.buttonsOf(d.lastLine(d.talk(), "terima kasih").id); got != nil {
			t.Errorf("below further words: %q", got)
		}
		d.says("Siap kak", salesMan)
		d.wantNews("Siap kak")
		d.receipts(bridge.Receipt{Chat: byLID, IDs: []string{d.sent("Siap kak")}, Read: true, At: time.Now()})
		d.wantMark(d.lastStaff(), "👀")
		d.reacts("Siap kak", "🙏")
		gone := d.says("salah kirim", "role-manager")
		d.news()
		for range 2 {
			if err := d.relay.Deleted(d.t.Context(), d.talk().Thread, gone, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		ticks()
		if got := d.sentText("ditarik"); got != "(ditarik)" {
			t.Errorf("the deleted message is %q", got)
		}
		if all := d.tickets(); len(all) != 2 {
			t.Errorf("%d threads, want the closed ticket's and the card's", len(all))
		}
		if got := d.events(card); got["client_wrote"] != 4 || got["agent_wrote"] != 3 {
			t.Errorf("events %v", got)
		}
		d.noTicket()
	})
}

func (d *talker) receipts(rc bridge.Receipt) {
	d.t.Helper()
	for range 2 {
		if err := d.relay.Receipts(d.t.Context(), rc); err != nil {
			d.t.Fatal(err)
		}
	}
	d.settle()
}

// lastStaff is the message that has the mark of having been read, or the last one.
func (d *talker) lastStaff() (id string) {
	d.board.mu.Lock()
	defer d.board.mu.Unlock()
	for message, marks := range d.board.reactions {
		if slices.Contains(marks, "👀") {
			return message
		}
	}
	return ""
}

// What was sent first shows in the thread, and is quoted, after an outage of either side
// too. A deleted post comes anew, and goes on.
func TestATalkThroughOutagesAndADeletedPost(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		d.sendsFirst("Halo kak, saatnya pesan tinta lagi?")
		d.wantNews("Halo kak, saatnya pesan tinta lagi?")
		d.wantIn(d.talk(), "atas permintaan", "saatnya pesan tinta lagi?")
		d.board.mu.Lock()
		d.board.up = false
		d.board.mu.Unlock()
		d.quotes("saatnya pesan tinta", "boleh kak")
		d.rest(3 * time.Hour)
		d.board.mu.Lock()
		d.board.up = true
		thread := d.talk().Thread
		delete(d.board.threads, thread)
		d.board.mu.Unlock()
		d.courier.Poke()
		d.settle()
		again := d.talk()
		if again.Thread == thread || again.Posts != 2 {
			t.Errorf("the post was deleted: %+v", again)
		}
		if got := d.forumOf(again.Thread); got != "followups: FU-261123-0003 (2) · Toko Maju" {
			t.Errorf("the post is %q", got)
		}
		d.wantIn(again, "boleh kak")
		d.says("Siap kak, berapa dus?", salesMan)
		d.wantNews("Siap kak, berapa dus?")
		d.noTicket()
	})
}

// A talk without a post gets one when the client writes; what was sent stands first in it.
// Once it is ended its post is in the archive, until he writes again.
func TestATalkWithoutAPost(t *testing.T) {
	for name, answers := range map[string]func(d *talker){
		"words": func(d *talker) { d.writes("boleh kak, 2 dus") },
		"sign":  func(d *talker) { d.reacts("saatnya pesan tinta", "👍") },
	} {
		t.Run(name, func(t *testing.T) {
			inTalk(t, false, func(d *talker) {
				d.sendsFirst("Halo kak, saatnya pesan tinta lagi?")
				if got := d.talk(); got.Posts != 0 || len(d.tickets()) != 1 {
					t.Errorf("there is a post already: %+v", got)
				}
				answers(d)
				d.settle()
				talk := d.talk()
				lines := d.threadOf(talk)
				if len(lines) == 0 || !strings.Contains(lines[0].content, "saatnya pesan tinta lagi?") {
					t.Fatalf("the thread begins with %q", lines)
				}
				if name == "words" {
					d.wantIn(talk, "boleh kak, 2 dus")
				} else {
					d.wantMark(lines[0].id, "👍")
				}
				for range 2 {
					d.update(func(tx *ledger.Tx) error { return d.policy.EndTalk(tx, card, "rina") })
				}
				ticks()
				d.wantPost(true)
				d.writes("jadi 3 dus saja")
				d.wantPost(false)
				d.wantIn(talk, "jadi 3 dus saja")
				if got := d.events(card); got["talk_ended"] != 1 || got["talk_resumed"] != 1 {
					t.Errorf("events %v", got)
				}
				d.noTicket()
			})
		})
	}
}

// wantPost checks the card's post: its kind is always a tag of it.
func (d *talker) wantPost(archived bool) {
	d.t.Helper()
	d.board.mu.Lock()
	defer d.board.mu.Unlock()
	thread := d.talkThread()
	if got := d.board.arranged[thread]; len(got.Tags) != 2 || got.Tags[1] != "re-order" || got.Archived != archived || d.board.archived[thread] != archived {
		d.t.Errorf("the post stands as %+v, archived %v, want %v", got, d.board.archived[thread], archived)
	}
}

// talkThread is the card's thread; d.board.mu is held.
func (d *talker) talkThread() string {
	for i := len(d.board.posts) - 1; i >= 0; i-- {
		if strings.HasPrefix(d.board.posts[i], card) {
			return d.board.made[i]
		}
	}
	return ""
}

// Which place an answer goes to: an open ticket keeps its own, but for a quote of the
// follow-up, however old; after seven days it is nobody's answer.
func TestWhereAnAnswerToAFollowUpGoes(t *testing.T) {
	const sent = "Halo kak, saatnya pesan tinta lagi?"
	for _, test := range []struct {
		name   string
		before time.Duration
		ticket bool // one is open when he writes
		writes func(d *talker)
		talk   string // the words stand in the talk
		other  string // or in the ticket
		phone  []string
		count  int // tickets in the end
	}{
		{name: "words in time", before: 6*24*time.Hour + 23*time.Hour, writes: func(d *talker) { d.writes("boleh kak") }, talk: "boleh kak", count: 1},
		{name: "a week later", before: 7 * 24 * time.Hour, writes: func(d *talker) { d.writes("printer rusak") }, other: "printer rusak", phone: []string{"Selamat datang"}, count: 2},
		{name: "an open ticket", ticket: true, writes: func(d *talker) { d.writes("ini fotonya") }, other: "ini fotonya", count: 2},
		{name: "a quote with an open ticket, late", before: 20 * 24 * time.Hour, ticket: true, writes: func(d *talker) { d.quotes("saatnya pesan", "boleh kak, 2 dus") }, talk: "boleh kak, 2 dus", count: 2},
		{name: "a sign with an open ticket", ticket: true, writes: func(d *talker) { d.reacts("saatnya pesan", "⏳") }, talk: "⏳", count: 2},
		{name: "stop", writes: func(d *talker) { d.writes("BERHENTI") }, talk: "BERHENTI", phone: []string{"Baik kak, kami tidak akan mengirim"}, count: 1},
		{name: "thanks", writes: func(d *talker) { d.writes("terima kasih") }, talk: "terima kasih", count: 1},
		{name: "from the linked phone", writes: func(d *talker) { d.comes(bridge.ClientMessage{Text: "kami tunggu kak", Own: true}) }, talk: "kami tunggu kak", count: 1},
		{name: "read at last", writes: func(d *talker) {
			d.comes(bridge.ClientMessage{ID: "U1", Unreadable: "no key"})
			d.comes(bridge.ClientMessage{ID: "U1", Text: "boleh kak, 5 dus"})
		}, talk: "boleh kak, 5 dus", count: 1},
		{name: "a call", writes: func(d *talker) { d.comes(bridge.ClientMessage{Kind: bridge.KindCall}) }, talk: "Menelepon", phone: []string{"Mohon maaf kak, kami belum bisa menerima panggilan"}, count: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inTalk(t, true, func(d *talker) {
				d.sendsFirst(sent)
				d.rest(test.before)
				if test.ticket {
					d.rest(max(0, 8*24*time.Hour-test.before))
					d.writes("aplikasi tidak bisa dibuka")
				}
				d.news()
				test.writes(d)
				d.settle()
				d.wantNews(test.phone...)
				var tickets []ticket.Ticket
				for _, tk := range d.tickets() {
					if !tk.IsTalk() {
						tickets = append(tickets, tk)
					}
				}
				if len(tickets) != test.count {
					t.Errorf("%d tickets, want %d", len(tickets), test.count)
				}
				if test.talk != "" {
					d.wantIn(d.talk(), test.talk)
				} else if strings.Contains(d.all(d.talk()), test.other) {
					t.Errorf("the talk shows it:\n%s", d.all(d.talk()))
				}
				if test.other != "" {
					d.wantIn(tickets[len(tickets)-1], test.other)
				} else if last := d.all(tickets[len(tickets)-1]); strings.Contains(last, test.talk) {
					t.Errorf("a ticket shows it:\n%s", last)
				}
				d.noTicket()
			})
		})
	}
}

// Two numbers turn out to be one person: the talk goes with him, and what was sent in
// either is known.
func TestATalkOfMergedConversations(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		d.sendsFirst("Halo kak, saatnya pesan tinta lagi?")
		d.quotes("saatnya pesan tinta", "boleh kak")
		other := bridge.ClientMessage{ID: "X1", Chat: "555@lid", Text: "halo, saya Ana dari nomor lain"}
		d.comes(other)
		joined := other
		joined.ID, joined.Alt, joined.Text = "X2", "628123456001@s.whatsapp.net", "ini nomor saya juga"
		d.comes(joined)
		c := d.conversation()
		if c.Into != "" {
			d.update(func(tx *ledger.Tx) (err error) {
				c, _, err = ticket.LoadConversation(tx, c.Into)
				return err
			})
		}
		if c.Talk != card || !slices.Contains(c.Latest(), card) {
			t.Errorf("the one that goes on does not know the talk: %+v", c)
		}
		d.news()
		d.says("Halo kak Ana, jadi pesan?", salesMan)
		d.wantNews("Halo kak Ana, jadi pesan?")
		quote := bridge.ClientMessage{ID: "X3", Chat: "555@lid", Text: "jadi kak", Quote: &bridge.Quote{ID: d.sent("jadi pesan?"), Own: true}}
		d.comes(quote)
		d.wantIn(d.talk(), "jadi kak")
		d.noTicket()
	})
}

// What a client reports in a talk becomes a ticket, once a message, with all that he wrote
// from there on, and the desk's first sentence; what he writes next goes there.
func TestATicketOfATalk(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		d.sendsFirst("Halo kak, jadi pesan?")
		d.writes("belum kak")
		d.writes("aplikasinya malah tidak bisa dibuka")
		d.phone.put("f1", "JPEG layar")
		d.comes(bridge.ClientMessage{ID: "F1", Kind: bridge.KindImage, Text: "begini layarnya", Media: &bridge.Media{Kind: bridge.KindImage, MIME: "image/jpeg", Ref: refTo("f1")}})
		from := d.lastLine(d.talk(), "tidak bisa dibuka").id
		d.news()
		var made []string
		for range 2 {
			words, err := bridge.TalkWords(d.t.Context(), d.store, card)
			if err != nil {
				t.Fatal(err)
			}
			d.update(func(tx *ledger.Tx) error {
				tk, fresh, err := d.policy.TicketOfTalk(tx, card, from, "rina", words)
				made = append(made, fmt.Sprint(tk.Number, fresh))
				return err
			})
		}
		d.settle()
		number := d.conversation().Open
		if !slices.Equal(made, []string{number + "true", number + "false"}) {
			t.Errorf("made %q, open is %q", made, number)
		}
		d.wantNews("Selamat datang")
		tk := d.tickets()[2]
		d.wantIn(tk, "tidak bisa dibuka", "begini layarnya", "JPEG layar", "dari jawaban klien atas tindak lanjut")
		if strings.Contains(d.all(tk), "belum kak") {
			t.Error("what he wrote before went over too")
		}
		d.wantIn(d.talk(), "menjadikan pesan ini tiket **"+number+"**")
		if tk.Number != number || tk.Contact == "" || tk.FirstWord.IsZero() || tk.Gist == "" || tk.State == ticket.Closed {
			t.Errorf("the ticket is %+v", tk)
		}
		d.writes("tolong segera ya")
		d.wantIn(tk, "tolong segera ya")
		if got := d.events(card); got["talk_ticket"] != 1 {
			t.Errorf("events %v", got)
		}
		d.noTicket()
	})
}

// A step of a ticket is refused in a talk, and leaves nothing.
func TestStepsOfATicketInATalk(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		for name, step := range map[string]func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error){
			"accept":   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) },
			"transfer": func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Transfer("sari", "dewi", at) },
			"classify": func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
				return t.Classify(ticket.Easy, "sari", at)
			},
			"complaint": func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.MarkComplaint(true, "sari", at) },
			"drop":      func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Drop("spam", "sari", at) },
			"offer":     func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Offer("sari", at) },
		} {
			_, err := d.store.Update(d.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
				return d.policy.Change(tx, card, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return step(t, tx.Now()) })
			})
			if err == nil || !strings.Contains(err.Error(), "follow-up, not a ticket") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := d.talk(); got.Agent != "" || got.Class != "" || got.Complaint || got.State == ticket.Closed {
			t.Errorf("the talk is %+v", got)
		}
		d.noTicket()
	})
}
