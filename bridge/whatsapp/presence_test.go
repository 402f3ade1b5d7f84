package whatsapp

import (
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A client sees that somebody writes, and that his messages were read; the ids may
// be many.
func TestTypingAndReadMarksReachThePhone(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, to, first := talkTo(t, d)
	for on, want := range map[bool]string{true: "composing", false: "paused"} {
		if err := d.Typing(soon(t), to, on); err != nil {
			t.Fatal(err)
		}
		if err := d.net.WaitFor(soon(t), func() bool { return budi.Typing() == want }); err != nil {
			t.Errorf("phone shows %q, want %q", budi.Typing(), want)
		}
	}
	ids := []string{first}
	for range mostRead {
		ids = append(ids, must(budi.Send("lagi")))
	}
	d.awaitMessages(len(ids))
	d.acked()
	if got := budi.Screen()[0].Status; got != whatsapptest.StatusDelivered {
		t.Fatalf("status is %s before", got)
	}
	if err := d.MarkRead(soon(t), to, append(ids, "", "odd-1234"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := budi.WaitFor(soon(t), func(screen []whatsapptest.Message) bool {
		for _, m := range screen {
			if m.Status != whatsapptest.StatusRead {
				return false
			}
		}
		return true
	}); err != nil {
		t.Error("not everything is shown as read")
	}
	if err := d.MarkRead(soon(t), to, nil, time.Now()); err != nil {
		t.Error(err)
	}
	if e := sendError(t, d.Typing(soon(t), "x@g.us", true)); e.Certainty != bridge.Refused {
		t.Errorf("typing to a group: %+v", e)
	}
}

// Who is watched is watched once a connection, and again on the next one; we are
// online meanwhile.
func TestWatchingOutlivesAReconnection(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, to, _ := talkTo(t, d)
	d.nameItself()
	for range 3 {
		if err := d.Watch(soon(t), to); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.net.WaitFor(soon(t), func() bool { return budi.Watched() == 1 }); err != nil {
		t.Fatalf("watched %d times", budi.Watched())
	}
	if online, name := d.net.Available(); !online || name != "HaloERZAP" {
		t.Errorf("online %t as %q", online, name)
	}
	d.net.DropSocket()
	if err := d.net.WaitFor(soon(t), func() bool { return budi.Watched() == 2 }); err != nil {
		t.Fatalf("watched %d times", budi.Watched())
	}
	l := d.link.Load()
	l.presence.hide(l)
	if err := d.net.WaitFor(soon(t), func() bool { online, _ := d.net.Available(); return !online }); err != nil {
		t.Error("still online")
	}
}

// nameItself plays the phone telling its name, some time after it was linked.
func (d *desk) nameItself() { d.link.Load().cli.Store.PushName = "HaloERZAP" }

// Without a connection these are not kept for later.
func TestSignalsAreNotKept(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	_, to, _ := talkTo(t, d)
	d.stop()
	for name, err := range map[string]error{
		"typing": d.Typing(soon(t), to, true), "watch": d.Watch(soon(t), to), "read": d.MarkRead(soon(t), to, []string{"A"}, time.Now()),
	} {
		if e := sendError(t, err); e.Certainty != bridge.Blocked {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
