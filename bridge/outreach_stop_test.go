package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// link sets whether WhatsApp is reachable.
func (f *first) link(up bool) {
	f.phone.mu.Lock()
	f.phone.up = up
	f.phone.mu.Unlock()
	if up {
		f.courier.Poke()
	}
}

func (f *first) pauses(by, why string) {
	f.t.Helper()
	f.does(func(tx *ledger.Tx) error { return f.d.PauseOutreach(tx, by, why) })
}

func (f *first) resumes() {
	f.t.Helper()
	f.does(func(tx *ledger.Tx) error { return f.d.ResumeOutreach(tx, "lina") })
}

func (f *first) pace() (p customer.Pace) {
	f.t.Helper()
	f.does(func(tx *ledger.Tx) (err error) {
		p, err = customer.LoadPace(tx)
		return err
	})
	return p
}

// channelSays reports whether a line of a channel has every one of some words.
func (f *first) channelSays(channel string, words ...string) bool {
	f.board.mu.Lock()
	defer f.board.mu.Unlock()
	return slices.ContainsFunc(f.board.threads[channel], func(s said) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(s.content, w) })
	})
}

// says sends an answer to a client through the lane of his chat.
func (f *first) says(conversation, id, text string) {
	f.t.Helper()
	f.does(func(tx *ledger.Tx) error {
		l := ledger.Letter{ID: id, Lane: bridge.ClientLane(conversation), Log: ledger.DeskLog, Kind: "text", Ext: "ID-" + id, Body: fmt.Appendf(nil, `{"text":%q}`, text)}
		tx.Send(l)
		return nil
	})
}

func (f *first) phoneShows(text string) bool {
	f.phone.mu.Lock()
	defer f.phone.mu.Unlock()
	return slices.ContainsFunc(f.phone.shown, func(s string) bool { return strings.Contains(s, text) })
}

// A message that stands in a lane when the pause begins is taken out of it and not sent;
// what answers the client behind it goes; after the pause it goes once, and so do the rest.
func TestPauseTakesBackWhatStandsInALane(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		for n := range 3 {
			f.person(n)
			f.asks(n)
			f.waits(10 * time.Millisecond)
		}
		f.link(false)
		f.waits(5 * time.Minute) // whatever left before
		before := len(f.sent())
		f.link(true)
		f.waits(time.Second)
		f.link(false)
		f.waits(10 * time.Minute) // one stands in its lane
		last := fmt.Sprintf("followup/FU-261123-%04d", len(f.sent()))
		if o := f.outreach(last); o.State != customer.OutreachLeaving {
			t.Fatalf("before the pause: %+v (%d sent, %d before)", o, len(f.sent()), before)
		}
		sent := len(f.sent())
		f.pauses("lina", bridge.PausePerson)
		f.pauses("maya", bridge.PausePerson) // again: the one that stands stays
		f.says(f.outreach(last).Conversation, "answer", "Jawaban kami")
		f.link(true)
		f.waits(time.Minute)
		if !f.phoneShows("Jawaban kami") {
			t.Error("the answer behind it waits")
		}
		if o := f.outreach(last); o.State != customer.OutreachWaiting || o.Turn != 1 {
			t.Errorf("it was not taken back: %+v", o)
		}
		f.waits(24 * time.Hour)
		if len(f.sent()) != sent {
			t.Errorf("%d left during the pause", len(f.sent())-sent)
		}
		if p := f.pace(); p.Paused.By != "lina" || !f.channelSays("ops", "dijeda", "<@lina>", "/desk resume") {
			t.Errorf("%+v", p)
		}
		f.resumes()
		f.resumes()
		f.waits(time.Hour)
		if len(f.sent()) != 3 || !f.channelSays("ops", "dilanjutkan", "<@lina>") {
			t.Errorf("after the pause: %v", f.sent())
		}
		f.wantQuiet()
	})
}

// A ban in the middle of a queue: the courier hears of it before the store does, nothing
// leaves any more, also after a restart, until a person resumes.
func TestBanInTheMiddle(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		var banned atomic.Bool
		f.world.forbidden = func() string {
			if banned.Load() {
				return bridge.PauseBan
			}
			return ""
		}
		f.restart()
		for n := range 10 {
			f.person(n)
			f.asks(n)
			f.waits(10 * time.Millisecond)
		}
		f.pauses("maya", bridge.PausePerson)
		f.resumes()
		f.waits(8 * time.Minute)
		banned.Store(true)
		sent := len(f.sent())
		if sent < 2 {
			t.Fatalf("%d sent", sent)
		}
		f.waits(10 * time.Minute)
		f.restart()
		f.waits(24 * time.Hour)
		p := f.pace()
		if len(f.sent()) != sent || p.Paused.Why != bridge.PauseBan || !bridge.PauseByWhatsApp(p.Paused) || !f.channelSays("ops", "dijeda", "diblokir") {
			t.Errorf("%d sent after the ban; %+v", len(f.sent())-sent, p.Paused)
		}
		banned.Store(false)
		f.waits(time.Hour)
		if len(f.sent()) != sent {
			t.Error("it went on by itself")
		}
		f.resumes()
		f.waits(time.Hour)
		if len(f.sent()) != 10 {
			t.Errorf("%d of 10 sent", len(f.sent()))
		}
		f.wantQuiet()
	})
}

// WhatsApp's pause takes the place of a person's, not the other way round.
func TestWhatsAppPauseOverPersons(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		f.pauses("maya", bridge.PausePerson)
		f.pauses("halo", bridge.PauseTimeLock)
		f.pauses("maya", bridge.PausePerson)
		f.pauses("halo", bridge.PauseBan)
		f.waits(time.Minute)
		if p := f.pace(); p.Paused.Why != bridge.PauseTimeLock || !f.channelSays("ops", "dijeda", "tidak mengizinkan") {
			t.Errorf("%+v", p.Paused)
		}
		f.does(func(tx *ledger.Tx) error { return f.d.LinkNumber(tx, "628111222333") })
		f.does(func(tx *ledger.Tx) error { return f.d.LinkNumber(tx, "628111222333") })
		since := f.pace().Since
		f.waits(time.Hour)
		f.does(func(tx *ledger.Tx) error { return f.d.LinkNumber(tx, "628111222333") })
		if p := f.pace(); !p.Since.Equal(since) || strings.Contains(p.Number, "11122") {
			t.Errorf("%+v", p)
		}
	})
}

// Error 463 on one of them: it waits again, everything pauses, and the answer behind it in
// its lane goes at once.
func TestRefusedAsTheFirst(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		f.person(0)
		f.person(1)
		refuse := true
		f.phone.fail = func(id string, _ int) (bool, error) {
			if refuse && strings.Contains(id, "outreach") {
				return false, &bridge.SendError{Certainty: bridge.NotSent, RetryAfter: 30 * time.Minute, First: true, Reason: "WhatsApp does not let this number write first at the moment"}
			}
			f.arrives(id)
			return true, nil
		}
		id := f.asks(0)
		f.asks(1)
		f.says("c000", "answer", "Jawaban kami")
		f.waits(20 * time.Minute)
		if o, p := f.outreach(id), f.pace(); o.State != customer.OutreachWaiting || p.Paused.Why != bridge.Pause463 || p.Paused.By != "halo" || !f.channelSays("ops", "463") {
			t.Errorf("%+v %+v", o, p.Paused)
		}
		if !f.phoneShows("Jawaban kami") || len(f.sent()) > 0 {
			t.Errorf("sent %v", f.sent())
		}
		f.phone.mu.Lock()
		refuse = false
		f.phone.mu.Unlock()
		f.resumes()
		f.waits(time.Hour)
		if got := f.sent(); len(got) != 2 || got[0].id != "ID-outreach/"+id {
			t.Errorf("sent %v", got)
		}
	})
}

// What WhatsApp refuses for good is given up for a reason, told to who asked, without a
// way to send it past the checks; what it asks to wait for waits outside the lane.
func TestRefusedAndDelayed(t *testing.T) {
	t.Parallel()
	tellFirst(t, func(f *first) {
		for n := range 3 {
			f.person(n)
		}
		f.phone.fail = func(id string, attempt int) (bool, error) {
			switch {
			case strings.Contains(id, "-0000"):
				return false, &bridge.SendError{Certainty: bridge.Refused, Reason: "WhatsApp refused the message (error 404)"}
			case strings.Contains(id, "-0001") && attempt == 1:
				return false, &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: 5 * time.Minute, Reason: "WhatsApp asks us to slow down"}
			case strings.Contains(id, "-0002"):
				return false, &bridge.SendError{Certainty: bridge.NotSent, RetryAfter: time.Minute, Reason: "WhatsApp gave no address for the number"}
			}
			f.arrives(id)
			return true, nil
		}
		dead := f.asks(0)
		slow := f.asks(1)
		never := f.asks(2)
		f.says("c001", "answer", "Jawaban kami")
		f.waits(2 * time.Hour)
		if o := f.outreach(dead); o.State != customer.OutreachDropped || o.Why != "failed" || o.Turn != 1 {
			t.Errorf("refused: %+v", o)
		}
		if !f.channelSays("intake", "<@maya>", "FU-261123-0000", "tidak sampai") {
			t.Errorf("who asked was not told: %q", f.board.threads["intake"])
		}
		if o := f.outreach(slow); o.State != customer.OutreachSent || o.Turn != 2 {
			t.Errorf("delayed: %+v", o)
		}
		if o := f.outreach(never); o.State != customer.OutreachDropped || o.Turn != 6 {
			t.Errorf("never taken: %+v", o)
		}
		f.board.mu.Lock()
		for message, buttons := range f.board.buttons {
			for _, b := range buttons {
				if strings.HasPrefix(b.ID, bridge.RetryPrefix) {
					t.Errorf("message %s offers %s", message, b.ID)
				}
			}
		}
		f.board.mu.Unlock()
		// Somebody sends the dead letter again all the same: it does not leave.
		f.does(func(tx *ledger.Tx) error {
			_, _, err := tx.Revive("outreach/" + dead + "/1")
			return err
		})
		f.waits(time.Hour)
		f.phone.mu.Lock()
		defer f.phone.mu.Unlock()
		if n := f.phone.tries["ID-outreach/"+dead]; n != 1 {
			t.Errorf("a message that was given up was tried %d times", n)
		}
	})
}

// Everything stops at each step of sending one, is paused or goes on, and starts anew: it
// arrives once, and not at all while there is a pause unless it had left before.
func TestOutreachThroughCrash(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"w.claimed", "w.begun", "w.first", "w.pre-post", "w.posted", "w.committed"} {
		for _, pause := range []bool{false, true} {
			t.Run(fmt.Sprint(step, " ", pause), func(t *testing.T) {
				t.Parallel()
				tellFirst(t, func(f *first) {
					f.person(0)
					f.arm(step)
					id := f.asks(0)
					f.waits(10 * time.Minute)
					if pause {
						f.pauses("lina", bridge.PausePerson)
					}
					f.arm("")
					had := len(f.sent())
					f.restart()
					f.says("c000", "answer", "Jawaban kami")
					f.waits(30 * time.Minute)
					if pause && len(f.sent()) != had {
						t.Errorf("%d left after the pause", len(f.sent())-had)
					}
					if !f.phoneShows("Jawaban kami") {
						t.Error("the answer behind it waits")
					}
					f.resumes()
					f.waits(time.Hour)
					if got := f.sent(); len(got) != 1 {
						t.Errorf("arrived: %v", got)
					}
					if o := f.outreach(id); o.State != customer.OutreachSent {
						t.Errorf("%+v", o)
					}
					var conv ticket.Conversation
					f.does(func(tx *ledger.Tx) (err error) {
						conv, _, err = ticket.LoadConversation(tx, "c000")
						return err
					})
					if conv.Talk != "FU-261123-0000" || conv.TalkAt.IsZero() {
						t.Errorf("%+v", conv)
					}
				})
			})
		}
	}
}
