package whatsapp

import (
	"context"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestEditsAndRevokesReachThePhone(t *testing.T) {
	t.Parallel()
	for _, addressing := range []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber} {
		d := linked(t, quick())
		budi := d.net.AddCustomer(whatsapptest.Customer{Phone: "628120000001", Name: "Budi", Devices: 2, Addressing: addressing})
		must(budi.Send("halo"))
		m := d.awaitMessages(1)[0]
		// One of the two may be the other address of the same person.
		for i, to := range []bridge.Address{m.Chat, m.Alt} {
			target, change, gone := MessageID("a", numbers(i, i)[0]), MessageID("e", numbers(i, i)[0]), MessageID("r", numbers(i, i)[0])
			for range 2 { // each is tried again under its id
				if err := d.Send(soon(t), to, target, bridge.Outgoing{Text: "alamat lama"}); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if err := d.EditText(soon(t), to, change, target, "alamat baru"); err != nil {
					t.Fatal(err)
				}
			}
			if got := budi.Received()[i]; got.Text != "alamat baru" || !got.Edited || got.Devices != 2 {
				t.Fatalf("phone shows %+v", got)
			}
			if got := d.net.Business().Screen(budi); got[len(got)-1].Text != "alamat baru" {
				t.Fatalf("our own phone shows %+v", got)
			}
			for range 2 {
				if err := d.Revoke(soon(t), to, gone, target); err != nil {
					t.Fatal(err)
				}
			}
			if got := budi.Received(); len(got) != i+1 || !got[i].Deleted || got[i].Text != "" {
				t.Fatalf("phone shows %+v", got)
			}
		}
		d.acked()
		if e := d.errorsLogged(); len(e) > 0 {
			t.Fatalf("logged %+v", e)
		}
	}
}

func TestRefusedChangesSayWhy(t *testing.T) {
	t.Parallel()
	set := quick()
	set.sendTimeout = 2 * time.Second
	d := linked(t, set)
	budi := d.talking("Budi")
	to, target := addressOf(budi), MessageID("warm", "Budi")
	for name, change := range map[string]func(id string) error{
		"edit":   func(id string) error { return d.EditText(soon(t), to, id, target, "lain") },
		"revoke": func(id string) error { return d.Revoke(soon(t), to, id, target) },
	} {
		for code, want := range map[int]bridge.SendError{
			400: {Certainty: bridge.Refused}, 401: {Certainty: bridge.Refused}, 409: {Certainty: bridge.Refused}, 499: {Certainty: bridge.Refused},
			429: {Certainty: bridge.Blocked, RetryAfter: 5 * time.Minute},
			500: {Certainty: bridge.Unknown, Outage: true},
		} {
			d.net.RefuseMessages(1, code)
			e := sendError(t, change("3EB0"+name))
			if e.Certainty != want.Certainty || e.RetryAfter != want.RetryAfter || e.Outage != want.Outage || e.Reason == "" {
				t.Errorf("%s, %d: %+v", name, code, e)
			}
		}
		d.net.LoseAcks(1)
		if e := sendError(t, change("3EB0"+name)); e.Certainty != bridge.Unknown || !e.Outage {
			t.Errorf("%s without an answer: %+v", name, e)
		}
		if err := change("3EB0" + name); err != nil {
			t.Errorf("%s again: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"no target":     d.EditText(soon(t), to, "3EB0A", "", "lain"),
		"its own":       d.Revoke(soon(t), to, "3EB0A", "3EB0A"),
		"no words":      d.EditText(soon(t), to, "3EB0A", target, " \n"),
		"no person":     d.Revoke(soon(t), "123@g.us", "3EB0A", target),
		"no such chat":  d.EditText(soon(t), "628999999999@s.whatsapp.net", "3EB0A", target, "lain"),
		"nobody's chat": d.Revoke(soon(t), "x", "3EB0A", target),
	} {
		if e := sendError(t, err); e.Certainty != bridge.Refused || e.Reason == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	d.stop()
	if e := sendError(t, d.Revoke(soon(t), to, "3EB0A", target)); e.Certainty != bridge.Blocked {
		t.Errorf("stopped: %+v", e)
	}
}

// A phone that could not read an edit or a revoke gets it again, also after a
// restart, but never as a message of its own; and nobody gets what was taken back.
func TestPhoneThatLostItsKeysGetsChangesAgain(t *testing.T) {
	t.Parallel()
	const target, change = "3EB0ABCDEF0123456789AB", "3EB0ABCDEF0123456789AC"
	story := func(t *testing.T, act func(d *desk, to bridge.Address) error, old bool) (*desk, *whatsapptest.Phone) {
		d := newDesk(t, quick())
		d.end()
		// An outbox that does not tell edits from messages.
		d.options.Sent = func(context.Context, bridge.Address, string) (string, bool, error) { return "teks", true, nil }
		d.open()
		d.pair()
		d.run()
		d.awaitReady()
		budi := d.talking("Budi")
		if err := d.Send(soon(t), addressOf(budi), target, bridge.Outgoing{Text: "alamat lama"}); err != nil {
			t.Fatal(err)
		}
		budi.SetOnline(false)
		if err := act(d, addressOf(budi)); err != nil {
			t.Fatal(err)
		}
		d.end()
		d.open()
		if old {
			if _, err := d.db.Exec(`DELETE FROM whatsmeow_retry_buffer`); err != nil {
				t.Fatal(err)
			}
		}
		d.run()
		d.awaitReady()
		budi.SetAddressing(whatsapptest.ByPhoneNumber) // it asks from its other address
		budi.LoseSessions()
		budi.SetOnline(true)
		d.acked()
		return d, budi
	}
	edit := func(d *desk, to bridge.Address) error {
		return d.EditText(soon(d.t), to, change, target, "alamat baru")
	}
	revoke := func(d *desk, to bridge.Address) error { return d.Revoke(soon(d.t), to, change, target) }
	t.Run("edit", func(t *testing.T) {
		_, budi := story(t, edit, false)
		if err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[2].Text == "alamat baru" && s[2].Edited }); err != nil {
			t.Fatalf("phone shows %+v", budi.Screen())
		}
	})
	t.Run("revoke", func(t *testing.T) {
		_, budi := story(t, revoke, false)
		if err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[2].Deleted }); err != nil {
			t.Fatalf("phone shows %+v", budi.Screen())
		}
	})
	t.Run("edit, too old", func(t *testing.T) {
		d, budi := story(t, edit, true)
		// What is sent after it shows that nothing came of it.
		if err := d.Send(soon(t), addressOf(budi), "3EB0LAST", bridge.Outgoing{Text: "lagi"}); err != nil {
			t.Fatal(err)
		}
		if err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[len(s)-1].Text == "lagi" }); err != nil {
			t.Fatalf("phone shows %+v", budi.Screen())
		}
		if got := budi.Received(); len(got) != 3 || got[1].Text != "alamat lama" {
			t.Fatalf("phone shows %+v", got)
		}
	})
}

func TestNobodyGetsWhatWasTakenBack(t *testing.T) {
	t.Parallel()
	const target, gone = "3EB0ABCDEF0123456789AB", "3EB0ABCDEF0123456789AC"
	for name, restart := range map[string]bool{"at once": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			d := linked(t, quick())
			budi := d.talking("Budi")
			budi.SetOnline(false)
			if err := d.Send(soon(t), addressOf(budi), target, bridge.Outgoing{Text: "nomor rekening yang salah"}); err != nil {
				t.Fatal(err)
			}
			if err := d.Revoke(soon(t), addressOf(budi), gone, target); err != nil {
				t.Fatal(err)
			}
			if restart {
				d.restart()
				d.awaitReady()
			}
			budi.LoseSessions()
			budi.SetOnline(true)
			if err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[len(s)-1].Deleted }); err != nil {
				t.Fatalf("phone shows %+v", budi.Screen())
			}
			d.acked()
			if got := budi.Received()[1]; got.Text != "" || got.Kind != whatsapptest.KindUnreadable {
				t.Fatalf("phone shows %+v", got)
			}
		})
	}
}

func TestChangesAreForgottenWhenNobodyAsksForThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	for _, err := range []error{d.noteChange(t.Context(), "E", "A", false), d.noteChange(t.Context(), "R", "B", true), d.noteChange(t.Context(), "R", "B", true)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if ctx := t.Context(); !d.isChange(ctx, "E") || !d.isChange(ctx, "R") || d.isChange(ctx, "A") || d.isRevoked(ctx, "A") || !d.isRevoked(ctx, "B") {
		t.Fatal("not told apart")
	}
	if _, err := d.db.Exec(`UPDATE halo_changes SET at = at - 61*24*3600 WHERE id = 'R'`); err != nil {
		t.Fatal(err)
	}
	d.pruneChanges(t.Context())
	if ctx := t.Context(); !d.isChange(ctx, "E") || d.isChange(ctx, "R") {
		t.Fatal("the wrong one was forgotten")
	}
}

// An edit that cannot look up what it changes is not sent: it might take a file's
// place.
func TestEditNeedsTheDatabase(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := d.link.Load().edited(ctx, budi.LID(), draft{id: "3EB0B", target: MessageID("warm", "Budi"), out: bridge.Outgoing{Text: "lain"}})
	if e := sendError(t, err); e.Certainty != bridge.NotSent || !e.Outage {
		t.Fatalf("%+v", e)
	}
}
