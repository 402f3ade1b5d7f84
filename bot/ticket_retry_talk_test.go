package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A dead letter of the queue is not sent again by hand, and leaves the list: its card asks
// for it anew. Words in a talk whose client waits for no answer stay dead.
func TestWhatIsSentFirstIsNotRevived(t *testing.T) {
	st, desk := graveyard(t, 0)
	update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
		talk, _ := ticket.OpenTalk("FU-261123-0001", ticket.TalkFollowUp, "Toko Maju", "c1", "", "k1", true, tx.Now())
		return talk.Save(tx)
	})
	lease, err := st.Acquire(t.Context(), "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for id, body := range map[string]string{"outreach/followup/FU-261123-0001/1": `{"text":"Halo kak","outreach":"followup/FU-261123-0001"}`, "d/5001/0.1": `{"text":"Jadi kak?"}`} {
		update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
			tx.Send(ledger.Letter{ID: id, Lane: bridge.ClientLane("c1"), Log: "FU-261123-0001", Kind: "text", Ext: "3EB0" + id[:1], Body: []byte(body)})
			return nil
		})
		l, _, ok, err := st.Begin(t.Context(), lease.Epoch, bridge.ClientLane("c1"))
		if err != nil || !ok {
			t.Fatalf("begin: %v %v", ok, err)
		}
		update(t, st, ledger.Cause{Outcome: &ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Dead, Reason: "the number is not on WhatsApp"}}, func(*ledger.Tx) error { return nil })
	}
	andi := &supervisor{t: t, desk: desk}
	andi.do(bot.Interaction{Command: "dead"})
	andi.want("Halo kak", "Jadi kak?")
	andi.press("1")
	andi.want("Tidak ada yang dikirim ulang")
	andi.do(bot.Interaction{Command: "dead"})
	which := "1"
	if strings.Contains(andi.sees.Text, "Halo kak") {
		which = "2"
	}
	andi.press(which)
	andi.want("Tidak ada yang dikirim ulang")
	l, _, ok, err := st.Begin(t.Context(), lease.Epoch, bridge.ClientLane("c1"))
	if err != nil || !ok || !strings.HasPrefix(l.ID, "outreach/") {
		t.Errorf("in the lane is %q, %v", l.ID, err)
	}
	_, total, err := st.DeadLetters(t.Context(), 0, 5)
	if err != nil || total != 1 {
		t.Errorf("%d dead, %v: want the words in the talk", total, err)
	}
}

// What is on its way shows among what waits.
func TestOutreachOnItsWay(t *testing.T) {
	w, d := newShop(t, nil)
	update(t, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1", Reply: "62811@s.whatsapp.net"}
		f := customer.FollowUp{ID: "FU-261123-0000", Kind: customer.Reorder, State: customer.FollowUpQueued, Customer: "k1", Contact: "p00", Conversation: "c1", Opened: tx.Now()}
		if err := f.Keep(tx, customer.FollowUp{}, nil); err != nil {
			return err
		}
		return c.Save(tx)
	})
	update(t, w.st, ledger.Cause{}, func(tx *ledger.Tx) error { return d.FireOutreach(tx, ledger.Timer{}) })
	maya := seller{w, "100000000000000002", "sales"}
	a := maya.command("desk outreach")
	if !strings.Contains(a.Text, "Sedang dikirim: `FU-261123-0000`") || !strings.Contains(a.Text, "11 menunggu") {
		t.Errorf("%q", a.Text)
	}
}
