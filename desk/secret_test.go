package desk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store/storetest"
)

// A vaultWorld is a desk all of whose traces can be searched: its Redis, its data folder
// also as a kill would leave it at any message, its logs, and what it told Discord.
type vaultWorld struct {
	*world
	node *storetest.Node
	tap  *tap
	ana  *whatsapptest.Phone
	id   string // of the thread

	mu      sync.Mutex
	crash   bool     // while a message was decrypted and is not stored
	moments haystack // the session database at each of these points since the last search
	crashes int
}

func newVaultWorld(t *testing.T) *vaultWorld {
	t.Helper()
	v := &vaultWorld{moments: haystack{}}
	on := newStage(t, discordtest.Options{})
	on.cfg.DiscordEndpoint, v.tap = tapped(t, on.cfg.DiscordEndpoint)
	v.node = storetest.StartNode(t, "--appendonly", "yes", "--appendfsync", "always")
	v.world = newWorldOn(t, on, v.node.Client(t), true, func(step string) error {
		if step != "wa.decrypted" {
			return nil
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if data, err := os.ReadFile(filepath.Join(on.cfg.Data, "whatsapp.db"+suffix)); err == nil {
				v.moments[fmt.Sprintf("killed at %s %d%s", step, len(v.moments), suffix)] = data
			}
		}
		if v.crash {
			v.crashes++
			return errors.New("a crash here")
		}
		return nil
	})
	v.expected = append(v.expected, "nothing more is taken in", "given up")
	v.ana = v.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	v.says(v.ana, "halo, data kami tidak tampil")
	v.id = v.post()
	v.eventually("the first message", func() bool { return strings.Contains(v.shown(), "data kami tidak tampil") })
	return v
}

func (v *vaultWorld) shown() string { return strings.Join(v.thread(v.id), "\n") }

// command uses a command in the thread and returns what its user sees.
func (v *vaultWorld) command(p *discordtest.Member, name string) string {
	v.t.Helper()
	a, err := p.Command(v.t.Context(), v.id, name, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	if a.Message == nil {
		return ""
	}
	return a.Message.Content
}

// buttons are those that show a secret, by the message they stand on, oldest first.
func (v *vaultWorld) buttons() (messages, ids []string) {
	for _, m := range v.discord.Messages(v.id) {
		if b, ok := m.Button("Lihat kode"); ok && !m.Deleted {
			messages, ids = append(messages, m.ID), append(ids, b.CustomID)
		}
	}
	return messages, ids
}

func (v *vaultWorld) sealed(n int) {
	v.t.Helper()
	v.eventually(fmt.Sprint(n, " sealed messages"), func() bool {
		messages, _ := v.buttons()
		return len(messages) >= n
	})
	if messages, _ := v.buttons(); len(messages) != n {
		v.t.Errorf("%d messages were sealed, want %d:\n%s", len(messages), n, v.shown())
	}
}

// look presses the button of the nth secret.
func (v *vaultWorld) look(p *discordtest.Member, n int) *discordtest.Message {
	v.t.Helper()
	messages, ids := v.buttons()
	return v.press(p, messages[n], ids[n])
}

func (v *vaultWorld) press(p *discordtest.Member, message, id string) *discordtest.Message {
	v.t.Helper()
	a, err := p.Click(v.t.Context(), message, id)
	for err == nil && (a.Message == nil || a.Message.Thinking || a.Message.Content == "") {
		a, err = a.Next(v.t.Context())
	}
	if err != nil {
		v.t.Fatal(err)
	}
	if !a.Message.Ephemeral {
		v.t.Errorf("everybody sees %q", a.Message.Content)
	}
	return a.Message
}

// everything is all that lies about while Redis runs, and what lay about since it was
// asked for last.
func (v *vaultWorld) everything() haystack {
	v.t.Helper()
	v.mu.Lock()
	h := v.moments
	v.moments = haystack{}
	v.mu.Unlock()
	h.redis(v.t, v.node.Client(v.t), v.node)
	h.folder(v.t, "data", v.cfg.Data)
	h.logs(v.t, "log", v.world)
	h.world(v.t, v.world)
	h["http"] = v.tap.bytes()
	return h
}

func (v *vaultWorld) nowhere(when string, h haystack, secrets []string) {
	v.t.Helper()
	for _, secret := range secrets {
		for _, place := range h.find(secret) {
			v.t.Errorf("%s: %q lies in %s", when, secret, place)
		}
	}
}

// sendSecrets lets the client send codes and passwords in every shape.
func (v *vaultWorld) sendSecrets() (secrets []string) {
	v.t.Helper()
	do := func(id string, err error) string {
		v.t.Helper()
		if err != nil {
			v.t.Fatal(err)
		}
		return id
	}
	long := strings.Repeat("Kemarin kami sudah mencoba masuk lewat ponsel di outlet pusat. ", 70)
	n := 0
	next := func(secret string) {
		v.t.Helper()
		n++
		secrets = append(secrets, secret)
		v.sealed(n)
	}
	do(v.ana.Send("kode OTP nya 73918455 ya kak"))
	next("73918455")
	lone := do(v.ana.Send("62091548"))
	next("62091548")
	do(v.ana.SendImage(photo(v.t, 7), "pass: Zq8vWk#12"))
	next("Zq8vWk#12")
	do(v.ana.SendDocument([]byte("isi"), "password Nv5tRw88.txt", "text/plain", "terlampir"))
	next("Nv5tRw88")
	draft := do(v.ana.Send("sebentar ya kak"))
	v.eventually("the draft", func() bool { return strings.Contains(v.shown(), "sebentar ya kak") })
	do(v.ana.Edit(draft, "pw nya Hx7mTr$55ab"))
	next("Hx7mTr$55ab")
	do(v.ana.Reply(lone, "itu kodenya kak"))
	v.eventually("the reply", func() bool { return strings.Contains(v.shown(), "itu kodenya kak") })
	do(v.ana.SendPoll("Kata sandi yang mana?", 1, "Gp4kLd!77x", "Uw9sBn!31c"))
	secrets = append(secrets, "Uw9sBn!31c")
	next("Gp4kLd!77x")
	do(v.ana.SendContacts(whatsapptest.Contact{Name: "OTP 50187732", VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:OTP 50187732\nTEL:50187732\nNOTE:sandi Rt6yMq@90\nEND:VCARD"}))
	secrets = append(secrets, "Rt6yMq@90")
	next("50187732")
	do(v.ana.Send(long + "Kode OTP nya 94820163 ya kak, mohon dibantu."))
	next("94820163")
	do(v.ana.Send("user: admin.toko\npassword: Kopi77#rahasia"))
	next("Kopi77#rahasia")
	do(v.ana.Send(`kata sandinya "Ab<7>&\zü" ya`))
	next(`Ab<7>&\zü`)
	return secrets
}

// Whatever shape a code has, it is nowhere: not while the desk runs, not in what a kill
// leaves, not after its end. Its agent alone can see it, until it ends.
func TestSecretsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	v := newVaultWorld(t)
	dewi, andi := v.discord.AddMember("dewi", "CS Agent"), v.discord.AddMember("andi", "Assistant Manager")

	// Nobody asked for it: it stays as it is, and the search finds it everywhere.
	v.says(v.ana, "kode barang kami 55501234")
	v.eventually("words in clear", func() bool { return strings.Contains(v.shown(), "55501234") })
	v.desk.log.Info("planted", zap.String("words", "tertanam-di-log"))
	open := v.everything()
	if found := strings.Join(open.find("55501234"), "\n"); !strings.Contains(found, "killed at wa.decrypted") || !strings.Contains(found, "redis") ||
		!strings.Contains(found, "dump ") || !strings.Contains(found, ".aof") || !strings.Contains(found, "http") || !strings.Contains(found, "discord ") {
		t.Errorf("the search is blind: it finds an open number only in\n%s", found)
	}
	if found := open.find("tertanam-di-log"); len(found) == 0 {
		t.Error("the search is blind for logs")
	}

	v.command(v.sari, "ticket accept")
	v.command(v.sari, "ticket request-access")
	v.eventually("the request", func() bool { return slices.Contains(screen(v.ana), "halo: "+v.cfg.Texts["request_access"]) })
	secrets := v.sendSecrets()
	v.quietLanes()
	v.nowhere("while it runs", v.everything(), secrets)

	for _, p := range []*discordtest.Member{dewi, andi} {
		if m := v.look(p, 0); strings.Contains(m.Content, secrets[0]) || !strings.Contains(m.Content, v.sari.Mention()) {
			t.Errorf("%s sees %q", p.Name(), m.Content)
		}
	}
	for range 2 {
		if m := v.look(v.sari, 0); !strings.Contains(m.Content, secrets[0]) {
			t.Errorf("the agent sees %q", m.Content)
		}
	}
	h := v.everything()
	delete(h, "http") // it was shown to her
	v.nowhere("after it was shown", h, secrets)

	// Killed while one was on its way: the phone is asked for it again.
	v.mu.Lock()
	v.crash = true
	v.mu.Unlock()
	before, _ := v.buttons()
	v.says(v.ana, "kode barunya 31770952")
	secrets = append(secrets, "31770952")
	v.eventually("a crash", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.crashes > 0 })
	v.stop()
	h = v.everything()
	delete(h, "http")
	v.nowhere("when it was killed", h, secrets)
	v.mu.Lock()
	v.crash = false
	v.mu.Unlock()
	v.start()
	v.sealed(len(before) + 1)
	if len(v.whatsapp.Retries()) == 0 {
		t.Error("the phone was not asked again")
	}
	if m := v.look(v.sari, len(before)); !strings.Contains(m.Content, "31770952") {
		t.Errorf("the agent sees %q", m.Content)
	}

	// What was sealed before cannot be read any more; the client is asked again.
	gone := v.look(v.sari, 0)
	again, ok := gone.Button("Minta kode lagi")
	if strings.Contains(gone.Content, secrets[0]) || !ok {
		t.Fatalf("after a restart the agent sees %q", gone.Content)
	}
	v.press(v.sari, gone.ID, again.CustomID)
	v.eventually("the request", func() bool { return slices.Contains(screen(v.ana), "halo: "+v.cfg.Texts["access_again"]) })
	v.quietLanes()
	h = v.everything()
	delete(h, "http")
	v.nowhere("after a restart", h, secrets)
	v.stop()
	h = v.everything()
	delete(h, "http")
	v.nowhere("after the end", h, secrets)
	v.node.Kill()
	left := haystack{}
	left.folder(t, "redis", v.node.Dir)
	left.folder(t, "data", v.cfg.Data)
	v.nowhere("in what is left", left, secrets)
	v.node.Start(t)
	v.node.Client(t) // answers
}
