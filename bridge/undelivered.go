package bridge

import (
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// TimerUndelivered is the kind of timer that runs while a text was taken by WhatsApp
// and not delivered to the client's phone; its receipt cancels it. Its handler is
// [Undelivered].
const TimerUndelivered = "undelivered"

const undeliveredAfter = 24 * time.Hour

// Undelivered is called when a text has not reached the client's phone for a day: an
// open ticket's thread gets a line on it, one for each message.
func Undelivered(tx *ledger.Tx, t ledger.Timer) error {
	number, id, _ := strings.Cut(t.ID, "/")
	st, ok, err := tx.Status(number, id)
	if err != nil || !ok || st.State != ledger.Sent {
		return err
	}
	message, _, byAgent := staffMessageOf(id)
	if byAgent {
		if w, ok, err := loadWords(tx, message); err != nil || ok && w.Gone {
			return err
		}
	}
	tx.Log(number, ledger.Event{What: "undelivered", By: "halo", Ref: id})
	tk, ok, err := ticket.Load(tx, number)
	if err != nil || !ok || tk.State == ticket.Closed || tk.IsTalk() && tk.Posts == 0 {
		return err
	}
	notice := "undelivered/" + id
	if byAgent {
		notice = "undelivered/" + message // its parts share one line
	}
	tx.Send(noticeOn(number, notice, message, "⏳ Sudah 24 jam diterima WhatsApp, tetapi belum sampai di ponsel klien. "+
		"Mungkin ponselnya mati atau nomor ini diblokir; bila mendesak, hubungi klien lewat jalan lain."))
	return nil
}
