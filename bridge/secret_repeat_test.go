package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// An agent who repeats a code is told so; it goes to the client, into a note and among
// what is held without the code. Other numbers stay.
func TestAgentsRepeatASecret(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		w.client("B", "kode 48291377")
		w.settle()
		w.writtenBy("sari", "9001", "kode 48291377 sudah kami pakai untuk nota 99112233 kak")
		w.writtenBy("sari", "9002", "// OTP 48291377")
		w.writtenBy("dewi", "9003", "kodenya 48291377 ya?")
		w.writtenBy("sari", "9004", "sebentar kak")
		w.settle()
		w.changedBy("sari", "9004", "sebentar kak, 48291377")
		w.settle()
		w.sendKept("9003")
		w.settle()
		w.showsNot("48291377")
		w.phone.mu.Lock()
		shown := strings.Join(w.phone.shown, "\n")
		w.phone.mu.Unlock()
		for _, want := range []string{"kode " + ticket.Masked + " sudah kami pakai untuk nota 99112233 kak", "kodenya " + ticket.Masked + " ya?", "sebentar kak, " + ticket.Masked} {
			if !strings.Contains(shown, want) {
				t.Errorf("the client does not read %q:\n%s", want, shown)
			}
		}
		for _, id := range []string{"9001", "9002", "9003", "9004"} {
			if lines := strings.Join(w.linesOn(id), "\n"); strings.Count(lines, "memuat kode atau kata sandi klien") != 1 {
				t.Errorf("%s: its writer is told %q", id, lines)
			}
		}
		time.Sleep(16 * time.Minute)
		w.writtenBy("sari", "9005", "nomor 48291377")
		w.settle()
		if lines := w.linesOn("9005"); len(lines) > 0 {
			t.Errorf("after its end: %q", lines)
		}
	})
}

// A code goes on to be masked in the ticket that its own was merged into.
func TestASecretIsRepeatedAfterAMerge(t *testing.T) {
	live(t, func(w *world) {
		const lid, number = bridge.Address("99@lid"), bridge.Address("628123456001@s.whatsapp.net")
		w.receive(bridge.ClientMessage{ID: "1", Chat: lid, Text: "halo"})
		w.settle()
		w.receive(bridge.ClientMessage{ID: "2", Chat: number, Text: "ini saya lagi"})
		w.settle()
		w.receive(bridge.ClientMessage{ID: "3", Chat: lid, Alt: number, Text: "nomor saya ganti"})
		w.requestAccess()
		w.receive(bridge.ClientMessage{ID: "4", Chat: lid, Text: "kode 48291377"})
		w.settle()
		all := w.open()
		if len(all) != 2 || all[0] != w.number() || len(w.secretIDs()) != 1 {
			t.Fatalf("open: %v, secrets: %v of %s", all, w.secretIDs(), w.number())
		}
		var into ticket.Ticket
		w.does(func(tx *ledger.Tx) (err error) {
			if _, err = w.policy.Merge(tx, all[1], all[0], "sari"); err == nil {
				into, _, err = ticket.Load(tx, all[1])
			}
			return err
		})
		w.settle()
		m := bridge.StaffMessage{ID: "9001", Channel: into.Thread, Author: "sari", Roles: []string{agentRole}, Text: "kode 48291377 sudah kami pakai", At: w.now()}
		if err := w.relay.Reply(w.t.Context(), m); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.phone.mu.Lock()
		shown := strings.Join(w.phone.shown, "\n")
		w.phone.mu.Unlock()
		if strings.Contains(shown, "48291377") || !strings.Contains(shown, ticket.Masked+" sudah kami pakai") {
			t.Errorf("the client reads\n%s", shown)
		}
		for e, err := range w.store.Events(w.t.Context(), into.Number) {
			if err != nil || strings.Contains(fmt.Sprint(e), "48291377") {
				t.Errorf("kept: %v %v", e, err)
			}
		}
	})
}

// However many codes come, the ticket can be worked on; the last ones can be read.
func TestManySecrets(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		const many = 230
		for i := range many {
			w.client(fmt.Sprint("F", i), fmt.Sprintf("kode %d", 48291000+i))
		}
		w.settle()
		w.writtenBy("sari", "9001", "terima kasih, kode 48291229 kami pakai")
		w.settle()
		w.phone.mu.Lock()
		shown := strings.Join(w.phone.shown, "\n")
		w.phone.mu.Unlock()
		if !strings.Contains(shown, "terima kasih, kode "+ticket.Masked+" kami pakai") {
			t.Errorf("the client reads\n%s", shown)
		}
		ids := w.secretIDs()
		if len(ids) != many {
			t.Fatalf("%d were sealed", len(ids))
		}
		if words, ok := w.reveal(ids[many-1]); !ok || words != "kode 48291229" {
			t.Errorf("the last opens as %q %v", words, ok)
		}
		if words, ok := w.reveal(ids[0]); ok {
			t.Errorf("the first opens as %q", words)
		}
	})
}

// A flood of codes is folded with masks, pictures of an album have masked captions, and
// each is sealed.
func TestSecretsInFloodsAndAlbums(t *testing.T) {
	live(t, func(w *world) {
		w.desk(func(d *bridge.Desk) { d.Flood = bridge.Flood{Messages: 4, Within: time.Minute} })
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		for i := range 12 {
			w.client(fmt.Sprint("F", i), fmt.Sprintf("kode OTP ke-%d: 4829%04d", i, 1000+i))
			time.Sleep(50 * time.Millisecond)
		}
		w.away(2 * time.Minute)
		w.does(func(tx *ledger.Tx) error {
			c, _, err := ticket.ByAddress(tx, "99@lid", "")
			if err != nil {
				return err
			}
			return w.policy.Unfold(tx, ledger.Timer{Kind: bridge.TimerFlood, ID: c.ID})
		})
		w.away(2 * time.Minute)
		for i := range 3 {
			m := w.picture(fmt.Sprint("P", i), fmt.Sprint("JPEG ", i), fmt.Sprintf("pw nya Kopi%d#77x", i))
			m.Album = "album"
			w.receive(m)
		}
		w.settle()
		w.settle()
		var secrets []string
		for i := range 12 {
			secrets = append(secrets, fmt.Sprintf("4829%04d", 1000+i))
		}
		for i := range 3 {
			secrets = append(secrets, fmt.Sprintf("Kopi%d#77x", i))
		}
		w.showsNot(secrets...)
		ids := w.secretIDs()
		if len(ids) != len(secrets) {
			t.Fatalf("%d were sealed", len(ids))
		}
		for i, id := range ids {
			if words, ok := w.reveal(id); !ok || !strings.Contains(words, secrets[i]) {
				t.Errorf("%s opens as %q %v", secrets[i], words, ok)
			}
		}
	})
}

// A code that comes after the work was resolved, or in the last hours of a ticket that is
// over, is sealed all the same; so is one that was asked for in a ticket that was merged.
func TestCodesThatComeTooLate(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
			return t.Classify(ticket.Easy, "sari", tx.Now())
		})
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
			return t.Resolve("a", "b", "sari", tx.Now())
		})
		time.Sleep(time.Minute)
		w.client("B", "kode 48291377")
		w.settle()
		w.showsNot("48291377")
		time.Sleep(time.Hour)
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
			return t.Reopen("lupa", "sari", tx.Now())
		})
		w.requestAccess()
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) { return t.Drop("", "sari", tx.Now()) })
		w.away(20 * time.Hour)
		w.client("C", "kode 48291378")
		w.settle()
		w.showsNot("48291377", "48291378")
		ids := w.secretIDs()
		if len(ids) != 2 {
			t.Fatalf("%d were sealed", len(ids))
		}
		if words, ok := w.reveal(ids[1]); !ok || words != "kode 48291378" {
			t.Errorf("it opens as %q %v", words, ok)
		}
	})
}
