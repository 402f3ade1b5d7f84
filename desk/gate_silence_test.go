package desk

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"

	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// TestMain has the library ask WhatsApp for a sign of life more often than twice a
// minute, and lets more stories be told at a time than there are cores, unless it is
// told how many: a story is mostly waiting.
func TestMain(m *testing.M) {
	flag.Parse()
	if at := flag.Lookup("test.parallel"); at.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = at.Value.Set("5")
	}
	whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = 500*time.Millisecond, time.Second
	whatsmeow.KeepAliveResponseDeadline = 2 * time.Second
	os.Exit(m.Run())
}

// WhatsApp answers no keepalive: staff hear of it, words go both ways as long as they
// can, and the end of the silence is told.
func TestSilentWhatsAppIsAnIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, thread := w.conversation()
	w.whatsapp.SetFaults(whatsapptest.Faults{IgnorePings: true})
	w.told("WhatsApp tidak tersambung")
	if s := w.desk.Status().WhatsApp; s.State != whatsapp.StateReady || !s.Unanswered {
		t.Errorf("it is told of while the link is %+v", s)
	}
	w.says(ana, "masih di sana?")
	w.answers(thread, "masih kak")
	w.bridged(ana, thread, []string{"halo", "masih di sana?"}, []string{"baik kak", "masih kak"})
	w.whatsapp.ClearFaults()
	w.resolved("WhatsApp tidak tersambung")
}

// An answer stays the first of its queue although WhatsApp is connected: staff hear
// whose it is, and that it is over when it has gone out.
func TestStuckQueueIsAnIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, thread := w.conversation()
	w.stop()
	w.haste = 200
	w.start()
	w.whatsapp.RefuseMessages(1000, 503)
	w.answers(thread, "tersendat")
	if said := w.told("Antrean pesan tersendat"); !strings.Contains(said, "tiket HE-") {
		t.Errorf("the ops channel says %q", said)
	}
	w.whatsapp.ClearFaults()
	w.desk.Poke()
	w.bridged(ana, thread, []string{"halo"}, []string{"baik kak", "tersendat"})
	w.resolved("Antrean pesan tersendat")
}
