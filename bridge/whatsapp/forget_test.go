package whatsapp

import (
	"testing"
	"time"
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
