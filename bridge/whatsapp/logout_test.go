package whatsapp

import (
	"fmt"
	"sync"
	"testing"

	"github.com/haloerzap/halo/bridge"
)

// The session is deleted under the hands of whoever uses it, so that nothing may be on its
// way through it then.
func TestLogoutAmidSends(t *testing.T) {
	t.Parallel()
	for round := range 3 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			d := linked(t, quick())
			budi := d.talking("Budi")
			under, over := make(chan struct{}, 1), make(chan struct{})
			var senders sync.WaitGroup
			for n := range 4 {
				senders.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-over:
							return
						default:
						}
						err := d.Send(soon(t), addressOf(budi), MessageID(fmt.Sprint(n), fmt.Sprint(i)), bridge.Outgoing{Text: "ya"})
						if err == nil {
							select {
							case under <- struct{}{}:
							default:
							}
						} else if e := sendError(t, err); e.Certainty == bridge.Refused {
							t.Errorf("the end of the link is taken for the client's: %v", err)
						}
					}
				})
			}
			<-under
			d.net.Unlink()
			d.awaitState(StateLoggedOut)
			close(over)
			senders.Wait()
			if logged := d.errorsLogged(); len(logged) > 0 {
				t.Errorf("logged %v", logged)
			}
			d.pair()
			d.awaitReady()
		})
	}
}
