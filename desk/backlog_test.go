package desk

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// The alarm goes when the limit is reached, once, whoever leads, and is over a minute
// after it was below.
func TestBacklogAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, shut := storetest.NewMemory()
		defer shut()
		st := store.New(client, store.Options{Desk: "test"})
		leads := func() *backlog {
			return &backlog{store: st, limit: 3, roles: []string{"77"}, now: time.Now, log: zap.NewNop()}
		}
		b, n := leads(), 0
		tickets := func(open int) {
			t.Helper()
			if _, err := st.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
				for ; n < open; n++ {
					tx.Index(ticket.IndexOpen, fmt.Sprint(n), 1)
				}
				for ; n > open; n-- {
					tx.Unindex(ticket.IndexOpen, fmt.Sprint(n-1))
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		told := func(want ...string) {
			t.Helper()
			for range 2 { // looking again tells nothing more
				if err := b.look(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			letters, err := st.Waiting(t.Context(), bridge.ChannelLane("ops"), 0)
			if err != nil || len(letters) != len(want) {
				t.Fatalf("%d lines, want %d (%v)", len(letters), len(want), err)
			}
			for i, l := range letters {
				if !strings.Contains(string(l.Body), want[i]) {
					t.Errorf("line %d is %s, want %q", i, l.Body, want[i])
				}
			}
		}
		tickets(2)
		told()
		tickets(3)
		told("3 tiket terbuka")
		b = leads() // another process
		told("3 tiket terbuka")
		tickets(5)
		told("3 tiket terbuka")
		tickets(2)
		told("3 tiket terbuka") // not yet
		time.Sleep(30 * time.Second)
		tickets(3)
		told("3 tiket terbuka")
		tickets(2)
		told("3 tiket terbuka")
		time.Sleep(time.Minute)
		told(`"ping_roles":["77"]`, "di bawah 3: 2 tiket")
		tickets(4)
		told("3 tiket terbuka", "di bawah 3", "4 tiket terbuka")
		storetest.Check(t, client, "test")
	})
}

// The ops channel hears of it on the wire, with the assistant managers called.
func TestBacklogAlarmOverTheWire(t *testing.T) {
	t.Parallel()
	on := newStage(t, discordtest.Options{})
	on.cfg.Policy.Backlog = 2
	on.discord.AddMember("andi", "Assistant Manager")
	client, shut := storetest.NewMemory()
	t.Cleanup(shut)
	w := newWorldOn(t, on, client, false, nil)
	for i, name := range []string{"Ana", "Budi"} {
		c := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: fmt.Sprint("628123456700", i), Name: name})
		if _, err := c.Send("halo"); err != nil {
			t.Fatal(err)
		}
	}
	ops := w.discord.ChannelID(w.cfg.Channels.Ops)
	alarms := func() (n int) {
		for _, m := range w.discord.Messages(ops) {
			if strings.Contains(m.Content, "2 tiket terbuka") && len(m.Pings.Roles) == 1 {
				n++
			}
		}
		return n
	}
	w.eventually("the alarm", func() bool { return alarms() == 1 })
	w.stop()
	w.start()
	if n := alarms(); n != 1 {
		t.Errorf("%d alarms after a restart", n)
	}
}
