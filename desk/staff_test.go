package desk

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store/storetest"
)

// What WhatsApp refused stands in the list of the assistant manager with its thread
// and its reason, and a button there sends it, once; its mark follows.
func TestDeadLettersFromDiscord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	andi := w.discord.AddMember("andi", "Assistant Manager")
	ops := w.discord.ChannelID("halo-ops")
	if a, err := andi.Command(t.Context(), ops, "dead", nil); err != nil || !strings.Contains(a.Message.Content, "Tidak ada pesan yang gagal") {
		t.Fatalf("at first /dead answers %+v, %v", a.Message, err)
	}
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	if _, err := ana.Send("halo"); err != nil {
		t.Fatal(err)
	}
	thread := w.post()
	w.eventually("the auto-text", func() bool { return len(screen(ana)) == 2 })
	w.whatsapp.RefuseMessages(2, 403)
	var said []discordtest.Message
	for _, text := range []string{"baik kak", "kami cek dulu"} {
		m, err := w.sari.Post(thread, text, discordtest.PostOptions{})
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, m)
		w.eventually("the mark of death", func() bool { return marked(w, m.ID, "❌") })
	}

	list, err := andi.Command(t.Context(), ops, "dead", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1–2 dari 2", "<#" + thread + ">", "baik kak", "kami cek dulu", "403"} {
		if !strings.Contains(list.Message.Content, want) {
			t.Errorf("%q is not in\n%s", want, list.Message.Content)
		}
	}
	w.stop()
	w.start() // buttons outlast a restart
	all, ok := list.Message.Button("Kirim ulang semua di halaman ini")
	if !ok {
		t.Fatalf("no button for all among %+v", list.Message.Components)
	}
	// A double click: both are under way at the same time.
	presses := make(chan error, 2)
	for range cap(presses) {
		go func() {
			_, err := andi.Click(t.Context(), list.Message.ID, all.CustomID)
			presses <- err
		}()
	}
	for range cap(presses) {
		if err := <-presses; err != nil {
			t.Error(err)
		}
	}
	w.eventually("the empty list", func() bool {
		m, _ := w.discord.Message(list.Message.ID)
		return strings.Contains(m.Content, "Tidak ada pesan yang gagal")
	})
	for _, m := range said {
		w.eventually("the message on the phone", func() bool { return slices.Contains(screen(ana), "halo: "+m.Content) })
		w.eventually("its mark", func() bool { return !marked(w, m.ID, "❌") && (marked(w, m.ID, "☑️") || marked(w, m.ID, "✅")) })
		if n := strings.Count(strings.Join(screen(ana), "\n"), m.Content); n != 1 {
			t.Errorf("the phone shows %q %d times", m.Content, n)
		}
	}
}

// The store does not answer and Discord is slow: a person sees within a second that
// the desk is at work, and then how it stands.
func TestStatusWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lina := w.discord.AddMember("lina", "Manager")
	ops := w.discord.ChannelID("halo-ops")
	w.stop()
	faults := storetest.Inject(w.redis)
	w.start()
	status := func() string {
		t.Helper()
		began := time.Now()
		acked := make(chan time.Duration, 1)
		callbacks := func() int {
			return w.discord.Stats().Requests["POST /interactions/{interaction_id}/{interaction_token}/callback"]
		}
		before := callbacks()
		ctx, stop := context.WithTimeout(t.Context(), stillness)
		defer stop()
		go func() {
			if w.discord.WaitFor(ctx, func() bool { return callbacks() > before }) == nil {
				acked <- time.Since(began)
			}
		}()
		a, err := lina.Command(t.Context(), ops, "desk status", nil)
		if err != nil {
			t.Fatal(err)
		}
		if took, limit := <-acked, max(time.Second, 3*w.oneRequest()); took > limit {
			t.Errorf("acknowledged after %s, want at most %s", took, limit)
		}
		return a.Message.Content
	}
	w.eventually("a good state", func() bool {
		text := status()
		return strings.Contains(text, "🟢 WhatsApp (…0001): tersambung") && strings.Contains(text, "🟢 Discord") &&
			strings.Contains(text, "🟢 Penyimpanan: aman") && strings.Contains(text, "Tidak ada pesan gagal")
	})
	faults.Down(true)
	w.discord.SetFaults(discordtest.Faults{Latency: 300 * time.Millisecond})
	if text := status(); !strings.Contains(text, "🔴 Penyimpanan") || !strings.Contains(text, "Discord: tersambung") {
		t.Errorf("without the store it says\n%s", text)
	}
	w.discord.SetFaults(discordtest.Faults{})
	faults.Down(false)
	w.eventually("the good state again", func() bool { return strings.Contains(status(), "🟢 Penyimpanan: aman") })
}

// oneRequest is how long Discord takes for a plain request now: on a machine that is
// busy itself a second is not a second.
func (w *world) oneRequest() time.Duration {
	w.t.Helper()
	began := time.Now()
	answer, err := http.Get(w.discord.URL() + "/api/v10/gateway")
	if err != nil {
		w.t.Fatal(err)
	}
	answer.Body.Close()
	return time.Since(began)
}
