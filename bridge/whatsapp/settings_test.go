package whatsapp

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// bothWays runs a story with a setting as delivered and with it off: held is
// whether the promise held, which it must exactly when the setting is on.
func bothWays(t *testing.T, off func(*settings), story func(t *testing.T, set settings) (held bool)) {
	for name, on := range map[string]bool{"on": true, "off": false} {
		t.Run(name, func(t *testing.T) {
			set := quick()
			if !on {
				off(&set)
			}
			if held := story(t, set); held != on {
				t.Fatalf("with the setting %s: promise held %v", name, held)
			}
		})
	}
}

func TestDecryptedBufferKeepsWhatTheInboxRefused(t *testing.T) {
	t.Parallel()
	bothWays(t, func(s *settings) { s.decryptedBuffer = false }, func(t *testing.T, set settings) bool {
		d := linked(t, set)
		budi := d.customer("Budi")
		must(budi.Send("hangat"))
		d.awaitMessages(1)
		d.acked()
		d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error { return bridge.ErrNotStored })
		must(budi.Send("penting"))
		d.awaitState(StateHeld)
		d.inbox.setRefuse(nil)
		d.acked()
		last := d.inbox.all()
		return len(last) == 2 && last[1].Text == "penting"
	})
}

func TestSynchronousAckKeepsReceipts(t *testing.T) {
	t.Parallel()
	bothWays(t, func(s *settings) { s.synchronousAck = false }, func(t *testing.T, set settings) bool {
		d := linked(t, set)
		budi := d.customer("Budi")
		must(budi.Send("halo"))
		d.awaitMessages(1)
		d.acked()
		d.inbox.setRefuse(func(_ *bridge.ClientMessage, r *bridge.Receipt) error {
			if r != nil {
				return bridge.ErrNotStored
			}
			return nil
		})
		if err := d.Send(soon(t), bridge.Address(budi.Address().String()), "3EB0A", bridge.Outgoing{Text: "ya"}); err != nil {
			t.Fatal(err)
		}
		d.awaitState(StateHeld)
		d.inbox.setRefuse(nil)
		d.awaitReady()
		d.acked()
		d.inbox.mu.Lock()
		defer d.inbox.mu.Unlock()
		return len(d.inbox.receipts) == 1
	})
}

func TestInitialReconnectOutlastsAnOutageAtStart(t *testing.T) {
	t.Parallel()
	bothWays(t, func(s *settings) { s.initialReconnect = false }, func(t *testing.T, set settings) bool {
		d := newDesk(t, set)
		d.pair()
		d.net.SetFaults(whatsapptest.Faults{RefuseHTTP: http.StatusServiceUnavailable})
		d.run()
		ctx, cancel := context.WithTimeout(t.Context(), atMost)
		defer cancel()
		if set.initialReconnect {
			// The first retry comes at once, the second after two seconds.
			for d.logs.FilterMessageSnippet("Initial connection failed").Len() == 0 && ctx.Err() == nil {
				_ = sleep(ctx, 5*time.Millisecond)
			}
		} else {
			for d.Status().Until.IsZero() && ctx.Err() == nil {
				_ = sleep(ctx, 5*time.Millisecond)
			}
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), aWhile)
			defer cancel()
		}
		d.net.ClearFaults()
		for !d.Ready() && sleep(ctx, 5*time.Millisecond) == nil {
			continue
		}
		return d.Ready()
	})
}

// With synchronous acknowledgement the library asks the phone in any case; the
// setting carries the promise for the day that it is not.
func TestUndecryptableMessageIsAskedOfOurPhone(t *testing.T) {
	t.Parallel()
	story := func(t *testing.T, set settings) bool {
		d := linked(t, set)
		budi := d.customer("Budi")
		must(budi.Send("halo"))
		d.awaitMessages(1)
		// What we send is copied to our phone, which opens a session with it.
		if err := d.Send(soon(t), bridge.Address(budi.Address().String()), "3EB0A", bridge.Outgoing{Text: "ya"}); err != nil {
			t.Fatal(err)
		}
		must(budi.Attack(whatsapptest.RandomCiphertext))
		if m := d.awaitMessages(2)[1]; m.Unreadable == "" {
			t.Fatalf("message %+v", m)
		}
		ctx, cancel := context.WithTimeout(t.Context(), longIf(set.rerequest || set.synchronousAck))
		defer cancel()
		_ = d.net.WaitFor(ctx, func() bool { return len(d.net.Business().PeerRequests()) > 0 })
		return len(d.net.Business().PeerRequests()) > 0
	}
	t.Run("synchronous", func(t *testing.T) {
		set := quick()
		if !story(t, set) {
			t.Fatal("not asked")
		}
	})
	bothWays(t, func(s *settings) { s.rerequest = false }, func(t *testing.T, set settings) bool {
		if set.rerequest {
			return story(t, set)
		}
		set.synchronousAck = false
		return story(t, set)
	})
}

func TestPhoneThatLostItsKeysReadsOurMessageAfterARestart(t *testing.T) {
	t.Parallel()
	const id = "3EB0ABCDEF0123456789AB"
	text := "alamat kami di Jalan Sudirman"
	story := func(t *testing.T, set settings, sent bool) bool {
		d := newDesk(t, set)
		if sent {
			d.end()
			d.options.Sent = func(_ context.Context, chat bridge.Address, asked string) (string, bool, error) {
				if asked != id || chat == "" {
					return "", false, errors.New("asked for something else")
				}
				return text, true, nil
			}
			d.open()
		}
		d.pair()
		d.run()
		d.awaitReady()
		budi := d.customer("Budi")
		must(budi.Send("halo"))
		d.awaitMessages(1)
		d.acked()
		budi.SetOnline(false)
		if err := d.Send(soon(t), bridge.Address(budi.Address().String()), id, bridge.Outgoing{Text: text}); err != nil {
			t.Fatal(err)
		}
		d.end()
		d.open()
		if set.retryStore && sent {
			// Too old to be kept beside the keys.
			if _, err := d.db.Exec(`DELETE FROM whatsmeow_retry_buffer`); err != nil {
				t.Fatal(err)
			}
		}
		d.run()
		d.awaitReady()
		budi.LoseSessions()
		budi.SetOnline(true)
		d.acked()
		ctx, cancel := context.WithTimeout(t.Context(), longIf(sent && set.retryFromOutbox || !sent && set.retryStore))
		defer cancel()
		read := func(screen []whatsapptest.Message) bool {
			return screen[len(screen)-1].Text == text
		}
		return budi.WaitFor(ctx, read) == nil
	}
	t.Run("kept", func(t *testing.T) {
		bothWays(t, func(s *settings) { s.retryStore = false }, func(t *testing.T, set settings) bool {
			set.retryFromOutbox = false
			return story(t, set, false)
		})
	})
	t.Run("outbox", func(t *testing.T) {
		bothWays(t, func(s *settings) { s.retryFromOutbox = false }, func(t *testing.T, set settings) bool {
			return story(t, set, true)
		})
	})
	t.Run("outbox only", func(t *testing.T) {
		set := quick()
		set.retryStore = false
		if !story(t, set, true) {
			t.Fatal("not readable")
		}
	})
}

func TestPanicDoesNotAcknowledge(t *testing.T) {
	t.Parallel()
	bothWays(t, func(s *settings) { s.ownRecover = false }, func(t *testing.T, set settings) bool {
		d := linked(t, set)
		budi := d.customer("Budi")
		var once atomic.Bool
		d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error {
			if m != nil && !once.Swap(true) {
				panic("nil map")
			}
			return nil
		})
		must(budi.Send("halo"))
		d.acked()
		return len(d.inbox.all()) == 1
	})
}

func TestAddressMapIsInMemoryFromTheStart(t *testing.T) {
	t.Parallel()
	bothWays(t, func(s *settings) { s.fillLIDs = false }, func(t *testing.T, set settings) bool {
		d := linked(t, set)
		budi := d.customer("Budi")
		must(budi.Send("halo"))
		d.awaitMessages(1)
		d.end()
		d.open()
		if err := d.db.Close(); err != nil {
			t.Fatal(err)
		}
		lid, err := d.container.LIDMap.GetLIDForPN(t.Context(), budi.PN())
		return err == nil && lid == budi.LID()
	})
}

func TestMediaComesFromWhatsAppOnly(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer elsewhere.Close()
	bothWays(t, func(s *settings) { s.restrictedMedia = false }, func(t *testing.T, set settings) bool {
		hits.Store(0)
		d := linked(t, set)
		//lint:ignore SA1019 the way the library itself fetches an address it was given
		_, err := d.link.Load().cli.DangerousInternals().DoMediaDownloadRequest(t.Context(), elsewhere.URL+"/secret")
		return errors.Is(err, errForeignHost) && hits.Load() == 0
	})
}
