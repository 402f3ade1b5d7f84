package desk

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A phone is unlinked; the assistant manager links it again from Discord, by the
// picture and by the code that only he sees, and what waited is sent once.
func TestPairingFromDiscord(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"qr", "code"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			pairFromDiscord(t, method)
		})
	}
}

func pairFromDiscord(t *testing.T, method string) {
	w := newWorld(t)
	andi := w.discord.AddMember("andi", "Assistant Manager")
	ops := w.discord.ChannelID("halo-ops")
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	if _, err := ana.Send("halo"); err != nil {
		t.Fatal(err)
	}
	thread := w.post()
	w.eventually("the message in the thread", func() bool { return slices.Contains(w.thread(thread), "**Ana:** halo") })
	w.whatsapp.Unlink()
	w.eventually("the end of the link", func() bool { return w.desk.Status().WhatsApp.State == whatsapp.StateLoggedOut })
	said, err := w.sari.Post(thread, "sebentar ya kak", discordtest.PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("the mark of waiting", func() bool { return marked(w, said.ID, "🕓") })

	options := map[string]any{"method": method}
	if method == "code" {
		options["phone"] = "+" + w.whatsapp.Business().Number()
	}
	if a, err := w.sari.Command(t.Context(), thread, "desk pair", options); err != nil || !strings.HasPrefix(a.Message.Content, "Hanya ") {
		t.Errorf("an agent is answered %+v, %v", a.Message, err)
	}
	if _, err := andi.Command(t.Context(), ops, "desk pair", options); err != nil {
		t.Fatal(err)
	}
	var code string
	w.eventually("a code", func() bool {
		code = w.codeOf(andi.Whispers(ops))
		return code != ""
	})
	if method == "code" {
		err = w.whatsapp.EnterCode(t.Context(), code)
	} else {
		err = w.whatsapp.Pair(t.Context(), code)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("the word that it is linked", func() bool {
		seen := andi.Whispers(ops)
		return len(seen) == 1 && strings.Contains(seen[0].Content, "WhatsApp tertaut") && len(seen[0].Attachments) == 0
	})
	w.eventually("what waited", func() bool { return slices.Contains(screen(ana), "halo: sebentar ya kak") })
	w.eventually("its mark", func() bool {
		return !marked(w, said.ID, "🕓") && (marked(w, said.ID, "☑️") || marked(w, said.ID, "✅"))
	})
	if n := strings.Count(strings.Join(screen(ana), "\n"), "sebentar ya kak"); n != 1 {
		t.Errorf("the client has it %d times", n)
	}
	w.keptSecret(code)
}

// codeOf is the code that the newest answer shows, "" for none.
func (w *world) codeOf(seen []discordtest.Message) string {
	w.t.Helper()
	if len(seen) == 0 {
		return ""
	}
	m := seen[len(seen)-1]
	if found := regexp.MustCompile("`([A-Z0-9]{4}-[A-Z0-9]{4})`").FindStringSubmatch(m.Content); found != nil {
		return found[1]
	}
	if len(m.Attachments) == 0 {
		return ""
	}
	data, _ := w.discord.File(m.Attachments[0].ID)
	text, err := whatsapptest.Scan(data)
	if err != nil {
		w.t.Fatalf("scan the picture: %v", err)
	}
	return text
}

// keptSecret checks that a code stands neither in the log nor in a channel, and no
// picture of it either.
func (w *world) keptSecret(code string) {
	w.t.Helper()
	secret := strings.Split(code, ",")[0]
	for _, e := range w.logs.All() {
		line := fmt.Sprint(e.Message, e.ContextMap())
		if strings.Contains(line, secret) || strings.Contains(line, strings.ReplaceAll(secret, "-", "")) {
			w.t.Errorf("the code is in the log: %s", line)
		}
	}
	for _, c := range w.discord.Channels() {
		for _, m := range w.discord.History(c.ID) {
			if len(m.Attachments) > 0 || strings.Contains(m.Content, secret) {
				w.t.Errorf("the code is in %s: %+v", c.Name, m)
			}
		}
	}
}
