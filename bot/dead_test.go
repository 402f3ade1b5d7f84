package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// kept is a store as the desk hands it over.
type kept struct{ *store.Store }

func (k kept) Rows(ctx context.Context, p bot.Page) ([]ledger.IndexRow, error) {
	return k.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Down: p.Down, Offset: p.Offset, Limit: p.Limit})
}

func (k kept) Buried(ctx context.Context, offset, limit int) (out []bot.Buried, total int, err error) {
	page, total, err := k.DeadLetters(ctx, offset, limit)
	for _, b := range page {
		out = append(out, bot.Buried(b))
	}
	return out, total, err
}

// A graveyard is a desk's store with n dead letters of a ticket in thread 77, the
// one of the highest number the newest.
func graveyard(t *testing.T, n int) (*store.Store, *bot.Desk) {
	t.Helper()
	client := storetest.Memory(t)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	st := store.New(client, store.Options{Desk: "test", Now: func() time.Time { return now }})
	lane := bridge.ClientLane("c1")
	update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1"}
		tk := ticket.Open(&c, "HE-1", tx.Now())
		tk.Thread = "77"
		if err := c.Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	lease, err := st.Acquire(t.Context(), "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for k := range n {
		now = now.Add(time.Minute)
		update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
			tx.Send(ledger.Letter{ID: fmt.Sprintf("d/50%02d/0.1", k+1), Lane: lane, Log: "HE-1", Kind: "text",
				Ext: fmt.Sprint("3EB0", k+1), Body: fmt.Appendf(nil, `{"text":"pesan nomor %d @everyone"}`, k+1)})
			return nil
		})
		l, _, ok, err := st.Begin(t.Context(), lease.Epoch, lane)
		if err != nil || !ok {
			t.Fatalf("begin: %v %v", ok, err)
		}
		update(t, st, ledger.Cause{Outcome: &ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Dead, Reason: "the number is not on WhatsApp"}},
			func(*ledger.Tx) error { return nil })
	}
	t.Cleanup(func() { storetest.Check(t, client, "test") })
	return st, bot.NewDesk(bot.Options{Store: kept{st}, Rights: rights, Log: zaptest.NewLogger(t)})
}

// A supervisor sees one person's screen.
type supervisor struct {
	t    *testing.T
	desk *bot.Desk
	n    int
	sees bot.Answer
}

func (s *supervisor) do(i bot.Interaction) {
	s.t.Helper()
	s.n++
	i.ID, i.User, i.Roles, i.At, i.Locale = fmt.Sprint("i", s.n), "u1", []string{"assistant"}, time.Now(), "id"
	s.sees = s.desk.Handle(s.t.Context(), i)
	if n := len([]rune(s.sees.Text)); n > 2000 {
		s.t.Errorf("the answer has %d characters", n)
	}
	ids := map[string]bool{}
	for _, b := range s.sees.Buttons {
		if b.ID == "" || len(b.ID) > 100 || ids[b.ID] {
			s.t.Errorf("button %q cannot be shown", b.ID)
		}
		ids[b.ID] = true
	}
}

// press presses the button whose label contains words.
func (s *supervisor) press(words string) {
	s.t.Helper()
	at := slices.IndexFunc(s.sees.Buttons, func(b bot.Button) bool { return strings.Contains(b.Label, words) })
	if at < 0 {
		s.t.Fatalf("no button %q among %+v", words, s.sees.Buttons)
	}
	s.do(bot.Interaction{Button: s.sees.Buttons[at].ID, Message: "1"})
}

func (s *supervisor) want(words ...string) {
	s.t.Helper()
	for _, w := range words {
		if !strings.Contains(s.sees.Text, w) {
			s.t.Errorf("%q is not in\n%s", w, s.sees.Text)
		}
	}
}

func TestTheListOfDeadLetters(t *testing.T) {
	st, desk := graveyard(t, 12)
	andi := &supervisor{t: t, desk: desk}
	andi.do(bot.Interaction{Command: "dead"})
	andi.want("1–5 dari 12", "`HE-1`", "<#77>", "pesan nomor 12", "pesan nomor 8", "ke klien", "tidak terdaftar di WhatsApp", "<t:")
	if strings.Contains(andi.sees.Text, "nomor 7") || strings.Contains(andi.sees.Text, "@everyone") {
		t.Errorf("the first page shows\n%s", andi.sees.Text)
	}
	andi.press("Lebih lama")
	andi.want("6–10 dari 12", "pesan nomor 7")
	andi.press("Lebih lama")
	andi.want("11–12 dari 12", "pesan nomor 1 ")
	andi.press("Lebih baru")
	andi.want("6–10 dari 12")

	// One is sent again, and the page follows.
	stale := andi.sees.Buttons[0].ID
	andi.press("6")
	andi.want("Satu pesan dikirim ulang", "6–10 dari 11", "pesan nomor 6")
	// The same button on a screen that was not refreshed.
	andi.do(bot.Interaction{Button: stale, Message: "1"})
	andi.want("sudah dikirim ulang", "dari 11")
	waiting, err := st.Waiting(t.Context(), bridge.ClientLane("c1"), 0)
	if err != nil || len(waiting) != 1 || waiting[0].ID != "d/5007/0.1" {
		t.Errorf("waiting: %v %v, want number 7 once", waiting, err)
	}
	views, err := st.Views(t.Context(), 10)
	if err != nil || len(views) != 1 || !strings.Contains(views[0].Name, "/5007/") {
		t.Errorf("marks to show anew: %v %v", views, err)
	}

	// All that is shown, in the order they were written; pressing twice sends once.
	stale = andi.sees.Buttons[5].ID
	andi.press("semua")
	andi.want("5 pesan dikirim ulang", "6–6 dari 6")
	andi.do(bot.Interaction{Button: stale, Message: "1"})
	andi.want("sudah dikirim ulang")
	waiting, err = st.Waiting(t.Context(), bridge.ClientLane("c1"), 0)
	var order []string
	for _, l := range waiting {
		order = append(order, l.ID)
	}
	if want := []string{"d/5007/0.1", "d/5002/0.1", "d/5003/0.1", "d/5004/0.1", "d/5005/0.1", "d/5006/0.1"}; err != nil || !slices.Equal(order, want) {
		t.Errorf("waiting: %v %v, want %v", order, err, want)
	}
}

func TestAnEmptyListSaysSo(t *testing.T) {
	_, desk := graveyard(t, 1)
	andi := &supervisor{t: t, desk: desk}
	andi.do(bot.Interaction{Command: "dead"})
	andi.want("1–1 dari 1")
	andi.press("1")
	andi.want("Satu pesan dikirim ulang", "Tidak ada pesan yang gagal")
	andi.press("Muat ulang")
	andi.want("Tidak ada pesan yang gagal")
	for _, wrong := range []string{"dead:", "dead:page", "dead:page:x", "dead:retry:-9:", "dead:page:999999"} {
		andi.do(bot.Interaction{Button: wrong, Message: "1"}) // whatever it is, it breaks nothing
		if andi.sees.Text == "" {
			t.Errorf("%q is answered with nothing", wrong)
		}
	}
}
