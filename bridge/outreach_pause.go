package bridge

import (
	"strconv"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Why a pause began.
const (
	PausePerson   = "person"
	PauseBan      = "ban"
	PauseTimeLock = "time_lock"
	Pause463      = "463" // a message was refused because it was the first
)

// PauseByWhatsApp reports whether a pause is WhatsApp's doing, and why it ends is to be
// decided by who answers for the number.
func PauseByWhatsApp(p customer.Pause) bool { return p.On() && p.Why != PausePerson }

// PauseOutreach holds everything back that would be sent first, and says so in the ops
// channel: what stands in a lane is taken out unsent. by is a Discord user id, or "halo";
// why one of the reasons above. A pause by WhatsApp takes the place of one by a person;
// otherwise the one that stands stays.
func (d Desk) PauseOutreach(tx *ledger.Tx, by, why string) error {
	pace, err := customer.LoadPace(tx)
	if err != nil {
		return err
	}
	if pace.Paused.Why == PausePerson && why != PausePerson {
		pace.Paused = customer.Pause{}
	}
	events := pace.Stop(by, why, tx.Now())
	if len(events) == 0 {
		return nil
	}
	for _, e := range events {
		tx.Log(ledger.DeskLog, e)
	}
	tx.Cancel(customer.TimerOutreach, "desk")
	tx.Send(OpsNote("outreach/pause/"+why+"/"+strconv.FormatInt(tx.Now().UnixMilli(), 10), pausedText(by, why)))
	return pace.Save(tx)
}

// pausedText says that there is a pause, and what ends it.
func pausedText(by, why string) string {
	said := "⏸️ **Pesan proaktif dijeda** "
	switch why {
	case PauseBan:
		return said + "karena nomor ini diblokir WhatsApp untuk sementara. Setelah blokir berakhir dan nomornya aman, asisten manajer atau manajer melanjutkan dengan `/desk resume`. Balasan kepada klien tidak terpengaruh jeda ini."
	case PauseTimeLock:
		return said + "karena WhatsApp tidak mengizinkan nomor ini menulis lebih dulu. Setelah pembatasan berakhir, asisten manajer atau manajer melanjutkan dengan `/desk resume`. Balasan kepada klien tetap jalan."
	case Pause463:
		return said + "karena WhatsApp menolak pesan yang ditulis lebih dulu (kode 463). Tunggulah, lalu asisten manajer atau manajer melanjutkan dengan `/desk resume`. Balasan kepada klien tetap jalan."
	}
	if isPerson(by) {
		said += "oleh <@" + by + ">"
	}
	return said + ". Yang menunggu tetap dalam antrean; lanjutkan dengan `/desk resume`. Balasan kepada klien tetap jalan."
}

// ResumeOutreach ends a pause, and says so in the ops channel. Without one nothing happens.
func (d Desk) ResumeOutreach(tx *ledger.Tx, by string) error {
	pace, err := customer.LoadPace(tx)
	if err != nil {
		return err
	}
	events := pace.Resume(by, tx.Now())
	if len(events) == 0 {
		return nil
	}
	for _, e := range events {
		tx.Log(ledger.DeskLog, e)
	}
	if err := pace.Save(tx); err != nil {
		return err
	}
	who := ""
	if isPerson(by) {
		who = " oleh <@" + by + ">"
	}
	tx.Send(OpsNote("outreach/resume/"+strconv.FormatInt(tx.Now().UnixMilli(), 10), "▶️ **Pesan proaktif dilanjutkan**"+who+", satu per satu dalam jam kerja. `/desk outreach` menunjukkan antreannya."))
	return d.wakeOutreach(tx)
}

// LinkNumber notes which number is linked, for the lower cap of its first month: number in
// digits, of which only as much is kept as tells it from others. The same one again changes nothing.
func (d Desk) LinkNumber(tx *ledger.Tx, number string) error {
	if number == "" {
		return nil
	}
	pace, err := customer.LoadPace(tx)
	if err != nil {
		return err
	}
	events := pace.Link(number, tx.Now())
	if len(events) == 0 {
		return nil
	}
	for _, e := range events {
		tx.Log(ledger.DeskLog, e)
	}
	return pace.Save(tx)
}
