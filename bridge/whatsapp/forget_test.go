package whatsapp

import (
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// plaintexts counts the decrypted messages that are still kept.
func (d *desk) plaintexts() (n int) {
	d.t.Helper()
	row := d.db.QueryRowContext(soon(d.t), "SELECT COUNT(*) FROM whatsmeow_event_buffer WHERE plaintext IS NOT NULL")
	if err := row.Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// What was handled is soon not readable any more, also when nothing follows it
// and when the client stops at once.
func TestHandledMessagesAreForgotten(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	ana := d.customer("Ana")
	for range 5 {
		must(ana.Send("rahasia"))
	}
	d.awaitMessages(5)
	d.acked()
	if n := d.plaintexts(); n > 1 {
		t.Errorf("%d messages are kept beside the last one", n-1)
	}
	for ctx := soon(t); d.plaintexts() > 0; {
		select {
		case <-ctx.Done():
			t.Fatal("the last message is kept")
		case <-time.After(20 * time.Millisecond):
		}
	}
	must(ana.Send("terakhir"))
	d.acked()
	d.stop()
	if n := d.plaintexts(); n != 0 {
		t.Errorf("%d messages are kept after the end", n)
	}
}

// leave puts the plaintexts of handled messages back, as if the process had been
// killed before they were cleared, that long ago.
func (d *desk) leave(text string, ago time.Duration) {
	d.t.Helper()
	at := time.Now().Add(-ago).UnixMilli()
	if _, err := d.db.ExecContext(soon(d.t), `UPDATE whatsmeow_event_buffer SET plaintext = ?, insert_timestamp = ? WHERE plaintext IS NULL`, []byte(text), at); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) awaitPlaintexts(want int) {
	d.t.Helper()
	ctx := soon(d.t)
	for d.plaintexts() != want {
		if sleep(ctx, 5*time.Millisecond) != nil {
			d.t.Fatalf("%d messages are kept, want %d", d.plaintexts(), want)
		}
	}
}

// What a killed process had handled and not cleared is cleared once WhatsApp has
// offered again whatever was not acknowledged, and not before.
func TestPlaintextsOfAnEarlierLifeAreSwept(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	d.awaitMessages(1)
	d.acked()
	d.awaitPlaintexts(0)
	d.inbox.setRefuse(func(*bridge.ClientMessage, *bridge.Receipt) error { return bridge.ErrNotStored })
	must(budi.Send("2"))
	d.awaitState(StateHeld)
	d.stop()
	d.leave("rahasia", time.Hour)
	if _, err := d.db.ExecContext(soon(t), `UPDATE whatsmeow_event_buffer SET insert_timestamp = ?`, time.Now().Add(-time.Hour).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	d.forgetStates()
	d.run()
	d.awaitState(StateHeld)
	if n := d.plaintexts(); n != 2 {
		t.Fatalf("%d messages are kept while one is still to come", n)
	}
	d.inbox.setRefuse(nil)
	d.awaitReady()
	d.acked()
	sameTexts(t, d.awaitMessages(2), numbers(1, 2))
	d.awaitPlaintexts(0)
	d.stop()
	d.leave("baru saja", time.Minute)
	d.run()
	d.awaitReady()
	d.forgetStates()
	d.net.DropSocket()
	d.awaitState(StateReady)
	if n := d.plaintexts(); n != 2 {
		t.Fatalf("%d messages are kept of those just handled", n)
	}
}

// The library may finish a message after the link has cleared the last ones.
func TestWhatIsHandledAfterTheEndIsForgottenAtOnce(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	d.awaitMessages(1)
	d.acked()
	l := d.link.Load()
	d.stop()
	d.leave("terakhir", 0)
	var hash []byte
	if err := d.db.QueryRowContext(soon(t), `SELECT ciphertext_hash FROM whatsmeow_event_buffer WHERE plaintext IS NOT NULL`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if err := l.forget.add(l.ctx, [32]byte(hash)); err != nil {
		t.Fatal(err)
	}
	if n := d.plaintexts(); n != 0 {
		t.Errorf("%d messages are kept", n)
	}
}
