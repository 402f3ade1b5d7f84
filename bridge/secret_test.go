package bridge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// step makes a transition of the only ticket.
func (w *world) step(fn func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error)) {
	w.t.Helper()
	_, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		return w.policy.Change(tx, w.number(), func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(tx, t) })
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// requestAccess lets Sari accept the ticket, and ask for a code.
func (w *world) requestAccess() {
	w.t.Helper()
	w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
		if t.Agent == "" {
			if _, err := t.Accept("sari", tx.Now()); err != nil {
				return nil, err
			}
		}
		return t.RequestAccess("sari", tx.Now())
	})
	w.settle()
}

// secretIDs are those of what was sealed, oldest first.
func (w *world) secretIDs() (ids []string) {
	w.t.Helper()
	for e, err := range w.store.Events(w.t.Context(), w.number()) {
		if err != nil {
			w.t.Fatal(err)
		}
		if e.What == "secret_sealed" {
			ids = append(ids, e.Data["secret"])
		}
	}
	if lines := w.count("🔐 Klien mengirim"); lines != len(ids) {
		w.t.Errorf("%d lines with a button for %d secrets", lines, len(ids))
	}
	return ids
}

// count counts those of the thread that begin so.
func (w *world) count(beginning string) (n int) {
	id := w.thread()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for _, s := range w.board.threads[id] {
		if strings.HasPrefix(s.content, beginning) {
			n++
		}
	}
	return n
}

// reveal opens a secret as the desk of this moment.
func (w *world) reveal(id string) (words string, ok bool) {
	w.t.Helper()
	_, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		all, _, opened, err := w.policy.Reveal(tx, w.number(), id)
		words, ok = strings.Join(all, "\n"), opened
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return words, ok
}

// showsNot checks the thread and all that the ticket's log and documents hold.
func (w *world) showsNot(secrets ...string) {
	w.t.Helper()
	id := w.thread()
	w.board.mu.Lock()
	thread := fmt.Sprintf("%+v", w.board.threads[id])
	w.board.mu.Unlock()
	var log strings.Builder
	for _, name := range []string{w.number(), bridge.StuckLog} {
		for e, err := range w.store.Events(w.t.Context(), name) {
			if err != nil {
				w.t.Fatal(err)
			}
			line, _ := json.Marshal(e)
			log.Write(line)
		}
	}
	for _, s := range secrets {
		if strings.Contains(thread, s) || strings.Contains(log.String(), s) {
			w.t.Errorf("%q stands in the thread (%v) or in a log (%v)", s, strings.Contains(thread, s), strings.Contains(log.String(), s))
		}
	}
}

func (w *world) shows(text string) bool {
	id := w.thread()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	return strings.Contains(fmt.Sprintf("%+v", w.board.threads[id]), text)
}

// A code that was asked for is masked and can be read for fifteen minutes; others that
// come within this time are too; what nobody asked for stays as it is.
func TestCodesAreSealedAfterTheyWereAskedFor(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "kode 11112222")
		w.settle()
		if !w.shows("11112222") {
			t.Error("masked though nobody asked for it")
		}
		w.requestAccess()
		w.client("B", "baik kak, sebentar")
		w.client("C", "kode OTP nya 48291377")
		w.client("C", "kode OTP nya 48291377") // WhatsApp brings it again
		w.settle()
		w.showsNot("48291377")
		if ids := w.secretIDs(); len(ids) != 1 || !w.shows("kode OTP nya "+ticket.Masked) || !w.shows("baik kak, sebentar") {
			t.Fatalf("buttons %v", ids)
		}
		time.Sleep(10 * time.Minute)
		w.client("D", "passwordnya Kopi#77x")
		w.settle()
		w.showsNot("48291377", "Kopi#77x")
		ids := w.secretIDs()
		if len(ids) != 2 {
			t.Fatalf("buttons %v", ids)
		}
		for i, want := range []string{"kode OTP nya 48291377", "passwordnya Kopi#77x"} {
			if words, ok := w.reveal(ids[i]); !ok || words != want {
				t.Errorf("opened %q %v, want %q", words, ok, want)
			}
		}
		time.Sleep(3 * time.Minute) // fifteen since the first
		if words, ok := w.reveal(ids[0]); ok {
			t.Errorf("after its time it says %q", words)
		}
		if _, ok := w.reveal(ids[1]); !ok {
			t.Error("the second ended with the first")
		}
		w.client("E", "nomor nota 99887766 ya kak")
		w.client("F", "55667788")
		w.settle()
		if !w.shows("55667788") {
			t.Error("masked though the look-out is over")
		}
	})
}

// The document is deleted when it ends, once.
func TestSecretsAreDeleted(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		w.client("B", "48291377")
		w.settle()
		id := w.number() + "/" + w.secretIDs()[0]
		ref := ledger.Ref{Kind: "secret", ID: id}
		d, err := w.store.Doc(w.t.Context(), ref)
		if err != nil || d.Data == nil || strings.Contains(string(d.Data), "48291377") {
			t.Fatalf("stored %s %v", d.Data, err)
		}
		time.Sleep(15 * time.Minute)
		timers, _, err := w.store.Due(w.t.Context(), time.Now(), 100)
		if err != nil {
			t.Fatal(err)
		}
		fired := 0
		for _, timer := range timers {
			if timer.Kind != bridge.TimerSecret {
				continue
			}
			for range 2 {
				applied, err := w.store.Update(w.t.Context(), ledger.Cause{Timer: &timer}, func(tx *ledger.Tx) error { return bridge.EndSecret(tx, timer) })
				if err != nil {
					t.Fatal(err)
				}
				if applied {
					fired++
				}
			}
		}
		if d, err = w.store.Doc(w.t.Context(), ref); err != nil || d.Data != nil || fired != 1 {
			t.Errorf("after %d firings there is %s %v", fired, d.Data, err)
		}
	})
}

// A process that did not seal it cannot open it.
func TestSecretsEndWithTheProcess(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		w.client("B", "48291377")
		w.settle()
		if _, ok := w.reveal(w.secretIDs()[0]); !ok {
			t.Error("not even now")
		}
		w.policy.Vault = bridge.NewVault()
		w.restart()
		if words, ok := w.reveal(w.secretIDs()[0]); ok {
			t.Errorf("after a restart it says %q", words)
		}
		w.requestAccess()
		w.client("C", "48291378")
		w.settle()
		if words, ok := w.reveal(w.secretIDs()[1]); !ok || words != "48291378" {
			t.Errorf("the next one says %q %v", words, ok)
		}
		w.showsNot("48291377", "48291378")
	})
}

// What repeats a sealed message later shows the mask: the client's quote, one typed on
// the desk's phone, and his change of it, which is sealed again.
func TestWhatRepeatsASecretIsMasked(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		w.client("B", "kode 48291377")
		w.client("C", "sebentar")
		w.receive(bridge.ClientMessage{ID: "D", Kind: bridge.KindEdit, Target: "C", Text: "pw nya Kopi#77x"})
		w.settle()
		time.Sleep(time.Hour)
		for i, id := range []string{"B", "C"} {
			text := []string{"kode 48291377", "pw nya Kopi#77x"}[i]
			w.receive(bridge.ClientMessage{ID: "Q" + id, Text: "yang ini", Quote: &bridge.Quote{ID: id, Kind: bridge.KindPlainText, Text: text}})
			w.receive(bridge.ClientMessage{ID: "O" + id, Own: true, Text: "terima kasih", Quote: &bridge.Quote{ID: id, Kind: bridge.KindPlainText, Text: text}})
			w.receive(bridge.ClientMessage{ID: "E" + id, Kind: bridge.KindEdit, Target: id, Text: text + " kak"})
		}
		w.settle()
		w.showsNot("48291377", "Kopi#77x")
		if ids := w.secretIDs(); len(ids) != 4 {
			t.Errorf("%d messages were sealed, want both and their changes", len(ids))
		}
	})
}

// A secret in a message that could not be read at first, and one in a long text.
func TestSecretsThatComeLateOrInPieces(t *testing.T) {
	live(t, func(w *world) {
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		w.receive(bridge.ClientMessage{ID: "B", Unreadable: "it could not be decrypted"})
		w.settle()
		w.client("B", "kode 48291377")
		w.client("C", strings.Repeat("kami sudah mencoba semuanya. ", 131)+"passwordnya: Kopi rahasia#77\n"+strings.Repeat("mohon dibantu. ", 200))
		w.settle()
		w.showsNot("48291377", "rahasia#77")
		if ids := w.secretIDs(); len(ids) < 2 {
			t.Errorf("buttons %v", ids)
		}
	})
}

// A message that cannot be handled is set aside without what may be a secret, and with
// all of it when nobody asked for one.
func TestWhatIsSetAsideHoldsNoSecret(t *testing.T) {
	live(t, func(w *world) {
		w.expect = "message set aside"
		w.client("A", "halo")
		w.settle()
		w.requestAccess()
		number := w.number()
		var kept []byte
		put := func(data []byte) {
			t.Helper()
			if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
				ref := ledger.Ref{Kind: ticket.KindTicket, ID: number}
				was, err := tx.Doc(ref)
				if kept == nil {
					kept = was
				}
				if err != nil {
					return err
				}
				return tx.Put(ref, data)
			}); err != nil {
				t.Fatal(err)
			}
		}
		put([]byte("{"))
		w.client("B", "kode 48291377")
		put(kept)
		w.settle()
		w.showsNot("48291377")
		stuck := 0
		for e, err := range w.store.Events(w.t.Context(), bridge.StuckLog) {
			if stuck++; err != nil || !strings.Contains(e.Data["text"], ticket.Masked) {
				t.Errorf("set aside %+v %v", e, err)
			}
		}
		if stuck != 1 {
			t.Errorf("%d messages were set aside", stuck)
		}
	})
}
