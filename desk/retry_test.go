package desk

import (
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A message that WhatsApp refuses says so below the agent's own message; the
// button there sends it, once, however often it is pressed.
func TestRetryButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	if _, err := ana.Send("halo"); err != nil {
		t.Fatal(err)
	}
	id := w.post()
	w.eventually("the auto-text", func() bool { return len(screen(ana)) == 2 })
	w.whatsapp.RefuseMessages(1, 403)
	m, err := w.sari.Post(id, "baik kak", discordtest.PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var notice discordtest.Message
	w.eventually("the reason below the message", func() bool {
		for _, n := range w.discord.Messages(id) {
			if n.ReplyTo == m.ID {
				notice = n
			}
		}
		return notice.ID != "" && marked(w, m.ID, "❌")
	})
	if !strings.Contains(notice.Content, "403") || !notice.Pings.None() {
		t.Errorf("the notice says %q and pings %+v", notice.Content, notice.Pings)
	}
	button, ok := notice.Button("Kirim ulang")
	if !ok {
		t.Fatal("the notice has no button")
	}
	if _, err := w.sari.Click(t.Context(), notice.ID, button.CustomID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sari.Click(t.Context(), notice.ID, button.CustomID); err != nil {
		// The second press may come when the button is gone already.
		if now, _ := w.discord.Message(notice.ID); len(now.Components) > 0 {
			t.Fatal(err)
		}
	}
	w.eventually("the message on the phone", func() bool { return slices.Contains(screen(ana), "halo: baik kak") })
	w.eventually("the mark", func() bool { return !marked(w, m.ID, "❌") && (marked(w, m.ID, "☑️") || marked(w, m.ID, "✅")) })
	if n := strings.Count(strings.Join(screen(ana), "\n"), "baik kak"); n != 1 {
		t.Errorf("the phone shows it %d times", n)
	}
	for _, s := range ana.Screen() {
		if s.Deliveries > 1 {
			t.Errorf("%q was delivered %d times", s.Text, s.Deliveries)
		}
	}
}
