package whatsapptest_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow/types/events"
)

func TestPairedClientComesBackWithItsSession(t *testing.T) {
	for name, bare := range map[string]bool{"link": false, "bare": true} {
		t.Run(name, func(t *testing.T) {
			n := whatsapptest.Start(t, whatsapptest.Options{})
			b := newBot(t, n, filepath.Join(t.TempDir(), "session.db"))
			b.pair(bare)
			if n.Companions() != 1 {
				t.Fatalf("%d companions", n.Companions())
			}
			b = b.restart()
			check(t, n.WaitConnected(soon(t)))
			if got := b.Store.GetLID(); got.User != n.Business().LID().User || got.Device != 1 {
				t.Fatalf("LID %s", got)
			}
		})
	}
}

func TestWordsTravelBothWays(t *testing.T) {
	for _, addressing := range []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber} {
		for _, devices := range []int{1, 3} {
			t.Run(fmt.Sprintf("%d-%d", addressing, devices), func(t *testing.T) {
				n, b := linked(t, whatsapptest.Options{})
				budi := n.AddCustomer(whatsapptest.Customer{
					Phone: "+62 812-0000-0001", Name: "Budi", Devices: devices, Addressing: addressing,
				})
				first := must(t)(budi.Send("halo"))
				got := waitFor[*events.Message](b, 1)[0]
				if got.Info.ID != first || got.Info.PushName != "Budi" || got.Info.Chat != budi.Address() || got.Info.SenderAlt.User == "" {
					t.Fatalf("info %+v", got.Info)
				}
				check(t, n.WaitAcked(soon(t)))

				answer := b.say(got.Info.Chat, "selamat pagi")
				check(t, budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return len(s) == 2 }))
				want := budi.Screen()[1]
				if want.ID != answer || want.Text != "selamat pagi" || want.Deliveries != 1 || want.Devices != devices || want.FromMe {
					t.Fatalf("screen %+v", want)
				}
				receipt := waitFor[*events.Receipt](b, 1)[0]
				if !slices.Equal(receipt.MessageIDs, []string{answer}) || receipt.Type != "" {
					t.Fatalf("receipt %+v", receipt)
				}
				budi.MarkRead()
				receipt = waitFor[*events.Receipt](b, 2)[1]
				if receipt.Type != "read" || budi.Screen()[1].Status != whatsapptest.StatusRead {
					t.Fatalf("receipt %+v", receipt)
				}
				for i := range devices {
					must(t)(budi.Do(whatsapptest.Draft{Text: "dua", Device: i}))
				}
				waitFor[*events.Message](b, 1+devices)
				b.say(budi.PN(), "by number")
				b.say(budi.LID(), "by LID")
				if got := len(budi.Received()); got != 3 {
					t.Fatalf("%d messages", got)
				}
				if got := n.Business().Screen(budi); len(got) != 4+devices || got[1].Text != "selamat pagi" || !got[1].FromMe {
					t.Fatalf("own phone shows %+v", got)
				}
				check(t, n.WaitAcked(soon(t)))
			})
		}
	}
}
