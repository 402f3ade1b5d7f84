package bridge_test

import (
	"errors"
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

// looks is a card as people meet it: a line for each field, a line for each row of
// buttons.
func looks(card *bridge.Card, buttons []bridge.Button) []string {
	out := []string{card.Title}
	for _, f := range card.Fields {
		out = append(out, f.Name+": "+strings.ReplaceAll(f.Value, "\n", "|"))
	}
	return append(out, rowsOf(buttons)...)
}

func rowsOf(buttons []bridge.Button) []string {
	rows := map[int][]string{}
	for _, b := range buttons {
		id := strings.TrimPrefix(b.ID, "t:")
		if b.Style == "primary" {
			id = "*" + id
		}
		rows[b.Row] = append(rows[b.Row], id)
	}
	var out []string
	for i := range 5 {
		if len(rows[i]) > 0 {
			out = append(out, "["+strings.Join(rows[i], " ")+"]")
		}
	}
	return out
}

// Everything that is known of who writes stands in the head of the post, and nothing of a
// client's words means anything to Discord.
func TestTheCardShowsWhoWrites(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 7, 3, 0, 0, 0, time.UTC)
	conv := ticket.Conversation{ID: "c1", Name: "Budi @everyone", Phone: "6281234567890", Reply: "1@lid"}
	tk := ticket.Open(&conv, taleNumber, at)
	who := customer.Card{
		Contact: "p1", Name: "Budi **Santoso**", Push: "Bos <@1>", Number: "+62 812-3456-7890", Numbers: []string{"+62 811-222-333"}, Type: "kasir",
		Note: "panggil Pak\n\nsuka foto", Declined: true, Customer: "k1", Company: "Toko [Maju](http://x.id)", System: customer.Panel, Place: "Maju Group",
		Modules: []string{"POS", "Stok"}, Scheme: "dua gudang", Owner: "7", Tickets: 4, Rated: 2, Average: 4.5,
		Orders: []customer.Order{{Number: "SO-1", At: at, What: "lisensi"}},
		Last:   []customer.Ticket{{Number: "HE-260101-0003", Title: "nota *hilang*", Stars: 4}},
	}
	card, buttons := bridge.HeaderCard(tk, conv, who, bridge.Desk{NotePrefix: "//"})
	want := []string{
		"HE-260107-0001 · Baru",
		`Nama: Budi \*\*Santoso\*\*|menyebut diri Bos <` + "\u200b" + `@1>`,
		"WhatsApp: +62 812-3456-7890|+62 811-222-333",
		"Tipe: Kasir|🔕 tidak mau menerima info dan penawaran",
		"Catatan: panggil Pak|suka foto",
		`Perusahaan: Toko \[Maju](http://x.id)`,
		"Grup outlet (panel): Maju Group", "Sales: <@7>", "Modul: POS, Stok", "Skema: dua gudang",
		"Dibuka: <t:1767754800:f>", "Agen: belum ada", "Kelas: belum ditetapkan",
		"Pesanan terakhir: <t:1767754800:d> SO-1 lisensi",
		"Tiket sebelumnya: HE-260101-0003 · nota **hilang** · ⭐4",
		"Rata-rata nilai: ⭐ 4,5 dari 5 (2 penilaian, 4 tiket)",
		"[accept]", "[class:easy class:normal class:hard]", "[more]",
	}
	if got := looks(card, buttons); !slices.Equal(got, want) {
		t.Errorf("the card shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// A card is never more than Discord takes, whatever people write.
	long := strings.Repeat("*_`~|>", 400)
	who.Name, who.Push, who.Note, who.Company, who.Place, who.Scheme = long, long, long, long, long, long
	who.Modules = slices.Repeat([]string{long}, 30)
	who.Last = slices.Repeat([]customer.Ticket{{Number: long, Title: long, Stars: 5}}, 5)
	who.Note, who.Scheme = long+"\n"+long+"\n"+long, long+"\n"+long+"\n"+long
	who.Orders = slices.Repeat([]customer.Order{{Number: long, At: at, What: long}}, 5)
	who.Block = customer.Block{Why: long, By: "7", At: at}
	tk.Issue, tk.Team, tk.Summary, tk.State = long, long, long, ticket.Closed
	card, buttons = bridge.HeaderCard(tk, conv, who, bridge.Desk{NotePrefix: "//"})
	total := len([]rune(card.Title + card.Text))
	for _, f := range card.Fields {
		if n := len([]rune(f.Value)); n > 1024 || n == 0 {
			t.Errorf("field %s has %d characters", f.Name, n)
		}
		total += len([]rune(f.Name + f.Value))
	}
	if total > 6000 || len(card.Fields) > 25 || len(buttons) > 25 {
		t.Errorf("the card has %d characters in %d fields, %d buttons", total, len(card.Fields), len(buttons))
	}
}

// Each state has its words and the steps that fit it.
func TestTheCardInEachState(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 7, 3, 0, 0, 0, time.UTC)
	p := ticket.DefaultPolicy()
	must := func(_ []ledger.Event, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	conv := ticket.Conversation{ID: "c1", Name: "Budi"}
	tk := ticket.Open(&conv, taleNumber, at)
	when := fmt.Sprintf("<t:%d:R>", at.Unix())
	for _, step := range []struct {
		do     func()
		title  string
		fields []string
		rows   string
	}{
		{func() { must(tk.Offer("sari", at)) }, "Baru", []string{"Agen: belum ada|ditawarkan kepada <@sari>"}, "[accept] [class:easy class:normal class:hard] [more]"},
		{func() { must(tk.Accept("sari", at)) }, "Ditangani", []string{"Agen: <@sari> sejak " + when},
			"[class:easy class:normal class:hard] [data access check] [resolve takeover more]"},
		{func() { must(tk.Classify(ticket.Normal, "sari", at)) }, "Ditangani", []string{"Kelas: Normal"},
			"[class:easy *class:normal class:hard] [data access check] [resolve takeover more]"},
		{func() { must(tk.RequestData([]string{"nota"}, "sari", at)) }, "Menunggu klien", []string{"Menunggu: klien, sejak " + when},
			"[class:easy *class:normal class:hard] [data access check] [resolve takeover more]"},
		{func() {
			must(tk.ClientWrote(at, false))
			must(tk.MarkComplaint(true, "sari", at))
			must(tk.ClaimWarranty("sari", at))
			must(tk.Escalate("R1", "POS", "sari", at))
		}, "Menunggu developer", []string{"Menunggu: developer POS, sejak " + when, "Tanda: ❗ keluhan · 🛡️ garansi diajukan · 🆙 dieskalasi"},
			"[class:easy *class:normal class:hard] [data access check] [resolve takeover more]"},
		{func() {
			tk.ReportEnded("R1", false, "sari", at)
			must(tk.Resolve("stok salah", "hitung ulang", "sari", at))
		}, "Selesai, menunggu konfirmasi", []string{"Hasil: stok salah"}, "[close reopen takeover more]"},
		{func() {
			must(tk.Confirm(ticket.Yes, at))
			must(tk.AskRating(time.Time{}, at, p))
			must(tk.Rate(1, at, p))
		}, "Ditutup", []string{fmt.Sprintf("Hasil: dikonfirmasi klien, <t:%d:f>|stok salah|⭐ · peninjauan terbuka", at.Unix())}, "[reopen *review]"},
		{func() { must(tk.Reopen("", "sari", at)) }, "Ditangani", []string{"Tanda: ❗ keluhan · 🛡️ garansi diajukan · 🆙 dieskalasi · 🔓 dibuka kembali 1×"},
			"[class:easy *class:normal class:hard] [data access check] [resolve *review takeover more]"},
	} {
		step.do()
		card, buttons := bridge.HeaderCard(tk, conv, customer.Card{}, bridge.Desk{NotePrefix: "//"})
		got := looks(card, nil)
		if want := taleNumber + " · " + step.title; got[0] != want {
			t.Errorf("the title is %q, want %q", got[0], want)
		}
		for _, f := range step.fields {
			if !slices.Contains(got, f) {
				t.Errorf("%s: no field %q in\n%s", step.title, f, strings.Join(got, "\n"))
			}
		}
		if rows := strings.Join(rowsOf(buttons), " "); rows != step.rows {
			t.Errorf("%s: buttons %s, want %s", step.title, rows, step.rows)
		}
	}
}

// change makes a transition of the first ticket, through the store.
func (w *world) change(number string, fn func(t *ticket.Ticket) ([]ledger.Event, error)) {
	w.t.Helper()
	_, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		return w.policy.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t) })
	})
	if err != nil {
		w.t.Fatalf("change %s: %v", number, err)
	}
}

// cards are the titles that the head of a post had, oldest first.
func (w *world) cards(thread string) (titles []string) {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for _, m := range w.board.cards[thread] {
		titles = append(titles, m.Card.Title)
	}
	return titles
}

func (w *world) wantCards(thread string, want ...string) {
	w.t.Helper()
	if got := w.cards(thread); !slices.Equal(got, want) {
		w.t.Errorf("the head of the post showed %q, want %q", got, want)
	}
}

// firstNumber is the number of the first ticket of a day of a bubble.
func (w *world) firstNumber() string {
	return "HE-" + time.Now().In(w.policy.Zone).Format("060102") + "-0001"
}

// The head of a post follows the ticket: it is right from the beginning, changes with what
// it shows, is left alone by what it does not, and what comes while it cannot be changed
// shows later, once.
func TestTheHeadOfAPostFollowsTheTicket(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		number := w.firstNumber()
		w.client("m1", "stok tidak cocok")
		w.settle()
		th := w.thread()
		w.wantCards(th, number+" · Baru")
		for range 2 {
			w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Accept("sari", time.Now()) })
			w.settle()
		}
		w.wantCards(th, number+" · Baru", number+" · Ditangani")
		w.client("m2", "masih")
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
			return tk.Schedule(ticket.Scheduled{ID: "x", Text: "halo", Due: time.Now().Add(time.Hour), By: "sari"}, time.Now(), ticket.DefaultPolicy())
		})
		w.settle()
		w.wantCards(th, number+" · Baru", number+" · Ditangani")

		// Discord allows no edits of old messages for a while; other marks still come.
		w.board.mu.Lock()
		w.board.fail = func(what string, _ int) (bool, error) {
			if what == "update "+th {
				return false, &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: 20 * time.Minute, Reason: "old"}
			}
			return true, nil
		}
		w.board.mu.Unlock()
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
			return tk.Classify(ticket.Easy, "sari", time.Now())
		})
		w.settle()
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
			return tk.RequestData([]string{"nota"}, "sari", time.Now())
		})
		w.staff(th, "777001", "mohon ditunggu")
		w.settle()
		w.wantMark("777001", "☑️")
		w.wantCards(th, number+" · Baru", number+" · Ditangani")
		w.board.mu.Lock()
		if n := w.board.tries["update "+th]; n > 3 {
			t.Errorf("%d attempts at what has to wait", n)
		}
		w.board.fail = nil
		w.board.mu.Unlock()
		time.Sleep(30 * time.Minute)
		w.wantCards(th, number+" · Baru", number+" · Ditangani", number+" · Menunggu klien")

		// What a new instance finds to show is shown already.
		w.restart()
		_, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { bridge.RefreshCard(tx, number); return nil })
		if err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.wantCards(th, number+" · Baru", number+" · Ditangani", number+" · Menunggu klien")
	})
}

// Who writes comes from the person's and the company's own data, also when they change.
func TestTheHeadOfAPostKnowsThePerson(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		number := w.firstNumber()
		w.client("m1", "stok tidak cocok")
		w.settle()
		th := w.thread()
		name := func() string {
			w.board.mu.Lock()
			defer w.board.mu.Unlock()
			all := w.board.cards[th]
			return all[len(all)-1].Card.Fields[0].Value
		}
		if got := name(); got != "Ana" {
			t.Errorf("the card calls the person %q", got)
		}
		var contact string
		update := func(fn func(tx *ledger.Tx) error) {
			t.Helper()
			if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, fn); err != nil {
				t.Fatal(err)
			}
			w.settle()
		}
		update(func(tx *ledger.Tx) error {
			c, _, err := customer.Find(tx, "p9", customer.Who{Phone: "628123456001", Push: "Ana"})
			contact = c.ID
			return err
		})
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
			return tk.Identify(contact, "", "halo", time.Now()), nil
		})
		update(func(tx *ledger.Tx) error {
			c, _, err := customer.Load(tx, contact)
			if err != nil {
				return err
			}
			if _, err := c.Rename("Ana Wijaya", "sari", time.Now()); err != nil {
				return err
			}
			bridge.RefreshCard(tx, number)
			return c.Save(tx)
		})
		if got := name(); got != "Ana Wijaya\nmenyebut diri Ana" {
			t.Errorf("the card calls the person %q", got)
		}
		var company customer.Customer
		update(func(tx *ledger.Tx) (err error) {
			if company, _, err = customer.Create("k1", "Maju", "sari", time.Now()); err != nil {
				return err
			}
			return company.Save(tx)
		})
		w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
			return tk.Identify(contact, "k1", "halo", time.Now()), nil
		})
		w.settle()
		for range 2 { // of whom it was edited does not matter, nor how often
			update(func(tx *ledger.Tx) error {
				if _, err := company.Rename("PT Maju Jaya", "sari", time.Now()); err != nil {
					return err
				}
				return errors.Join(company.Save(tx), w.policy.CompanyChanged(tx, "k1"))
			})
		}
		w.board.mu.Lock()
		defer w.board.mu.Unlock()
		all := w.board.cards[th]
		if last := fmt.Sprint(all[len(all)-1].Card.Fields); len(all) != 4 || !strings.Contains(last, "PT Maju Jaya") {
			t.Errorf("the card was shown %d times, the last one %s", len(all), last)
		}
	})
}

// A target that is missed after another class' shows too.
func TestTheHeadOfAPostShowsEachMissedTarget(t *testing.T) {
	t.Parallel()
	live(t, func(w *world) {
		number := w.firstNumber()
		w.client("m1", "stok tidak cocok")
		w.settle()
		th := w.thread()
		class := func() string {
			w.settle()
			w.board.mu.Lock()
			defer w.board.mu.Unlock()
			all := w.board.cards[th]
			fields := all[len(all)-1].Card.Fields
			return fields[slices.IndexFunc(fields, func(f bridge.Field) bool { return f.Name == "Kelas" })].Value
		}
		for _, c := range []ticket.Class{ticket.Easy, ticket.Normal} {
			w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Classify(c, "sari", time.Now()) })
			if got := class(); strings.Contains(got, "terlewati") {
				t.Errorf("%s: %q before it was missed", c, got)
			}
			w.change(number, func(tk *ticket.Ticket) ([]ledger.Event, error) {
				tk.Reminders.Missed = append(slices.Clone(tk.Reminders.Missed), c)
				return nil, nil
			})
			if got := class(); !strings.Contains(got, "terlewati") {
				t.Errorf("%s: %q after it was missed", c, got)
			}
		}
	})
}
