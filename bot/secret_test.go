package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// Only the ticket's agent sees what a client sent, each look and each attempt is
// recorded, and handing the ticket over hands that over too. Once it ended, the client
// is asked again.
func TestASecretIsItsAgents(t *testing.T) {
	r := newRoom(t)
	sari, dewi := r.as("sari", bot.Agent), r.as("dewi", bot.Agent)
	lina, bayu, nobody := r.as("lina", bot.Manager), r.as("bayu", bot.Developer), r.as("tamu")
	relay := bridge.NewRelay(r.st, quietBridge, zaptest.NewLogger(t))
	write := func(id, text string) {
		t.Helper()
		m := bridge.ClientMessage{ID: id, Chat: "99@lid", Name: "Ana", At: time.Now(), Kind: bridge.KindPlainText, Text: text}
		if err := relay.Receive(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	write("A", "halo")
	open, err := r.st.Index(t.Context(), ticket.IndexOpen, store.Range{})
	if err != nil {
		t.Fatal(err)
	}
	number := open[slices.IndexFunc(open, func(row ledger.IndexRow) bool { return row.Member != "HE-1" })].Member
	step := func(fn func(tx *ledger.Tx, tk *ticket.Ticket) ([]ledger.Event, error)) {
		t.Helper()
		update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
			return quietBridge.Change(tx, number, func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(tx, tk) })
		})
	}
	step(func(tx *ledger.Tx, tk *ticket.Ticket) ([]ledger.Event, error) {
		if _, err := tk.Accept("sari", tx.Now()); err != nil {
			return nil, err
		}
		return tk.RequestAccess("sari", tx.Now())
	})
	write("B", "kode 48291377")
	logged := func() (all []string, id string) {
		for e, err := range r.st.Events(t.Context(), number) {
			if err != nil {
				t.Fatal(err)
			}
			if e.What == "secret_sealed" {
				id = e.Data["secret"]
			}
			if rest, ok := strings.CutPrefix(e.What, "secret_"); ok {
				all = append(all, rest+" "+e.By)
			}
		}
		return all, id
	}
	_, id := logged()
	button := bridge.SecretPrefix + number + ":" + id

	for _, p := range []*person{dewi, lina, bayu, nobody} {
		if a := p.button(button); strings.Contains(a.Text, "48291377") || !strings.Contains(a.Text, "<@sari>") {
			t.Errorf("%s sees %q", p.user, a.Text)
		}
	}
	for range 2 {
		if a := sari.button(button); !strings.Contains(a.Text, "kode 48291377") || a.Follow == nil {
			t.Errorf("the agent sees %+v", a)
		}
	}
	step(func(tx *ledger.Tx, tk *ticket.Ticket) ([]ledger.Event, error) {
		tk.Thread = "78"
		return nil, ticket.Thread{ID: "78", Ticket: number}.Save(tx)
	})
	form := sari.ask(bot.Interaction{Form: "f:data", Fields: map[string]string{"data": "Kode 48291377 ditolak, mohon kode baru"}})
	form.Channel = "78"
	r.handle(form)
	for e, err := range r.st.Events(t.Context(), number) {
		if err != nil || strings.Contains(fmt.Sprint(e), "48291377") {
			t.Errorf("what she repeats in a form is kept: %v %v", e, err)
		} else if e.What == "data_requested" && !strings.Contains(e.Data["data"], ticket.Masked) {
			t.Errorf("what she asked for: %v", e)
		}
	}
	note := sari.ask(bot.Interaction{Command: "customer note", Options: map[string]string{"text": "OTP-nya 48291377"}})
	note.Channel = "78"
	if a := r.handle(note); strings.Contains(a.Text, "48291377") || !strings.Contains(a.Text, ticket.Masked) {
		t.Errorf("what she repeats in a note on the client: %q", a.Text)
	}
	step(func(tx *ledger.Tx, tk *ticket.Ticket) ([]ledger.Event, error) {
		return tk.Transfer("dewi", "sari", tx.Now())
	})
	if a := sari.button(button); strings.Contains(a.Text, "48291377") || !strings.Contains(a.Text, "<@dewi>") {
		t.Errorf("who had it sees %q", a.Text)
	}
	if a := dewi.button(button); !strings.Contains(a.Text, "48291377") {
		t.Errorf("who has it now sees %q", a.Text)
	}
	if got, want := first(logged()), []string{"sealed client", "refused dewi", "refused lina", "refused bayu", "refused tamu", "shown sari", "shown sari", "refused sari", "shown dewi"}; !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}

	update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		return bridge.EndSecret(tx, ledger.Timer{Kind: bridge.TimerSecret, ID: number + "/" + id})
	})
	a := dewi.button(button)
	if strings.Contains(a.Text, "48291377") || len(a.Buttons) != 1 || a.Buttons[0].ID != bridge.SecretAgainPrefix+number {
		t.Fatalf("when it ended she sees %+v", a)
	}
	r.says(sari.button(a.Buttons[0].ID), "Hanya <@dewi>")
	r.says(dewi.button(a.Buttons[0].ID), "Klien diminta")
	r.says(dewi.button(a.Buttons[0].ID), "sudah diminta")
	var said strings.Builder
	for e, err := range r.st.Events(t.Context(), number) {
		if err == nil && e.What == "said" {
			said.WriteString(e.Data["sentence"] + " ")
		}
	}
	if !strings.HasSuffix(said.String(), ticket.SayAccessAgain+" "+ticket.SayWillUpdate+" ") {
		t.Errorf("the client was told %s", said.String())
	}
	for _, odd := range []string{"secret:", "secret:HE-9:x", "secret:" + number, "secret-again:", "secret:" + number + ":other"} {
		if a := dewi.button(odd); strings.Contains(a.Text, "48291377") || a.Text == "" {
			t.Errorf("%s answers %+v", odd, a)
		}
	}
}

func first(all []string, _ string) []string { return all }

// What was shown is covered again when its time is over; the end of the program does not
// wait for that.
func TestAShownSecretIsCovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown []string
		show := func(a bot.Answer) error { shown = append(shown, a.Text); return nil }
		began := time.Now()
		bot.Covered(9*time.Minute, bot.Answer{Text: "over"})(t.Context(), show)
		if took := time.Since(began); took != 9*time.Minute || !slices.Equal(shown, []string{"over"}) {
			t.Errorf("after %s it shows %q", took, shown)
		}
		token, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		bot.Covered(9*time.Minute, bot.Answer{Text: "as late as possible"})(token, show)
		ended, end := context.WithCancel(t.Context())
		end()
		bot.Covered(9*time.Minute, bot.Answer{Text: "ended"})(ended, show)
		if !slices.Equal(shown, []string{"over", "as late as possible"}) {
			t.Errorf("it shows %q", shown)
		}
	})
}
