package whatsapp

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge"
)

// onDisk reports whether the session database holds some words, in any of its files.
func (d *desk) onDisk(words string) bool {
	d.t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		data, err := os.ReadFile(filepath.Join(d.options.Dir, "whatsapp.db"+suffix))
		if err == nil && bytes.Contains(data, []byte(words)) {
			return true
		}
	}
	return false
}

// What may hold a secret is never on disk in clear. The process that sealed it reads it
// again; after its end the phone is asked for it. Everything else is kept as it is.
func TestSecretsAreSealedUntilTheyAreHandled(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.end()
	d.options.Secret = func(_ context.Context, words, _ []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, "rahasia") })
	}
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	budi := d.customer("Budi")
	must(budi.Send("terbuka satu"))
	d.awaitMessages(1)
	d.acked()
	refuse := func(*bridge.ClientMessage, *bridge.Receipt) error { return bridge.ErrNotStored }
	d.inbox.setRefuse(refuse)
	must(budi.Send("terbuka dua"))
	d.awaitState(StateHeld)
	if !d.onDisk("terbuka dua") {
		t.Error("an open message is not kept, or the search is blind")
	}
	d.inbox.setRefuse(nil)
	d.awaitReady()
	d.awaitMessages(2)
	d.acked()

	d.forgetStates()
	d.inbox.setRefuse(refuse)
	must(budi.Send("rahasia satu"))
	d.awaitState(StateHeld)
	if d.onDisk("rahasia satu") {
		t.Error("it is on disk in clear")
	}
	d.inbox.setRefuse(nil)
	d.awaitReady()
	if got := d.awaitMessages(3); got[2].Text != "rahasia satu" || len(d.net.Retries()) != 0 {
		t.Errorf("the same process read %+v and asked %d times", got[2], len(d.net.Retries()))
	}
	d.acked()

	d.forgetStates()
	d.inbox.setRefuse(refuse)
	must(budi.Send("rahasia dua"))
	d.awaitState(StateHeld)
	d.end()
	if d.onDisk("rahasia dua") {
		t.Error("it is on disk in clear after the end")
	}
	d.inbox.setRefuse(nil)
	d.open()
	d.run()
	d.awaitReady()
	got, err := d.inbox.wait(soon(t), func(m []bridge.ClientMessage, _ []bridge.Receipt) bool {
		return len(m) > 0 && m[len(m)-1].Text == "rahasia dua"
	})
	if err != nil {
		t.Fatalf("never readable again: %+v", got)
	}
	d.acked()
	if d.onDisk("rahasia") || len(d.net.Retries()) == 0 {
		t.Errorf("on disk: %v; the phone was asked %d times", d.onDisk("rahasia"), len(d.net.Retries()))
	}
}

// A quote is told from what is said, however deep either stands.
func TestTextsOfAMessage(t *testing.T) {
	var found wordings
	found.in((&waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		Caption: new("keterangan"), Mimetype: new("image/jpeg"),
		ContextInfo: &waE2E.ContextInfo{StanzaID: new("A"), QuotedMessage: &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{Caption: new("dulu")}}},
	}}}}).ProtoReflect(), false)
	if !slices.Equal(found.said, []string{"keterangan"}) || !slices.Equal(found.quoted, []string{"dulu"}) {
		t.Errorf("found %+v", found)
	}
}

func TestBox(t *testing.T) {
	b, other := newBox(), newBox()
	hash := [32]byte{1}
	sealed := b.seal(hash, []byte("rahasia"))
	if got, err := b.open(hash, sealed); err != nil || string(got) != "rahasia" {
		t.Errorf("opened %q %v", got, err)
	}
	if got, err := b.open(hash, []byte("terbuka")); err != nil || string(got) != "terbuka" {
		t.Errorf("what is open came as %q %v", got, err)
	}
	if _, err := other.open(hash, sealed); !errors.Is(err, errSealed) {
		t.Errorf("another process got %v", err)
	}
	if _, err := b.open([32]byte{2}, sealed); !errors.Is(err, errSealed) {
		t.Errorf("as another message it gives %v", err)
	}
}
