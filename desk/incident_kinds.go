package desk

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/store"
)

// A snapshot is all that incidents are told from.
type snapshot struct {
	now      time.Time // real time
	zone     *time.Location
	gate     gateState
	whatsapp whatsapp.Status
	paired   bool // the number was ready at some time
	queue    queue
}

// A queue is what waits in the outbox, as far as it was looked at.
type queue struct {
	lanes   int       // that are not empty
	letters int64     // in those that were looked at
	oldest  time.Time // desk time; zero when nothing waits
	late    int       // lanes to clients whose head is old
	since   time.Time // of the oldest of them
	stuck   []string  // lanes whose head does not move although their network is ready: their tickets
	dead    int
}

// What is late, stuck and much.
const (
	lateAfter  = 15 * time.Minute
	stuckAfter = 5 * time.Minute
	manyLanes  = 200
)

// A standing is whether an incident is there.
type standing int

const (
	over    standing = iota // it is not
	there                   // it is
	unclear                 // nobody can tell at the moment: it stays as it was
)

// An incidentKind is one sort of trouble that the ops channel is told of.
type incidentKind struct {
	name   string
	begins string        // of its message; docs/operations.md lists it
	grace  time.Duration // it is told when it was there for that long
	urgent bool          // told past the store when that takes nothing
	// look is nil for what happens in a moment and is told once.
	look func(s snapshot) (rest string, _ standing)
}

// An incident is trouble as it stands.
type incident struct {
	kind  *incidentKind
	text  string
	state standing
}

// incidentsOf says how each lasting kind stands.
func incidentsOf(s snapshot) []incident {
	var all []incident
	for i := range incidentKinds {
		k := &incidentKinds[i]
		if k.look == nil {
			continue
		}
		rest, state := k.look(s)
		all = append(all, incident{kind: k, text: k.begins + " " + rest, state: state})
	}
	return all
}

// Kinds that happen in a moment.
const (
	kindRolledBack  = "store-rolled-back"
	kindRestarted   = "store-restarted"
	kindTookOver    = "took-over"
	kindDiscordAway = "discord-away"
	kindClock       = "clock"
)

const keptMeanwhile = "Balasan tim tersimpan dan dikirim sendiri sesudahnya."

const pausedFirst = " Pesan proaktif dijeda; sesudahnya asisten manajer atau manajer melanjutkannya dengan `/desk resume`."

// incidentKinds are all kinds; those of the store come first.
var incidentKinds = []incidentKind{
	{name: "store-down", begins: "🔴 **Penyimpanan (Redis) tidak menjawab; WhatsApp diputus.**", grace: 10 * time.Second, urgent: true, look: lookStoreDown},
	{name: "store-unsafe", begins: "🔴 **Penyimpanan tidak aman; WhatsApp diputus.**", urgent: true, look: lookStoreUnsafe},
	{name: "disk-full", begins: "🔴 **Disk hampir penuh; WhatsApp diputus.**", urgent: true, look: lookDiskFull},
	{name: "disk-low", begins: "🟠 **Ruang disk menipis.**", grace: time.Minute, look: lookDiskLow},
	{name: kindRolledBack, begins: "🔴 **Penyimpanan kehilangan data.**"},
	{name: kindRestarted, begins: "🟠 **Redis berhenti dan dijalankan lagi.**"},
	{name: kindTookOver, begins: "🟠 **Halo cadangan mengambil alih.**"},
	{name: "wa-logged-out", begins: "🔴 **WhatsApp terputus: nomor tidak tertaut lagi.**", look: lookState(whatsapp.StateLoggedOut, func(snapshot) string {
		return "Tautan diputus dari ponsel atau oleh WhatsApp. Tautkan lagi dengan `/desk pair`. " + keptMeanwhile +
			" Yang ditulis klien sampai tertaut lagi hanya ada di ponsel: bacalah di sana."
	})},
	{name: "wa-not-paired", begins: "🔴 **Nomor WhatsApp belum ditautkan.**", grace: 5 * time.Second, look: lookNotPaired},
	{name: "wa-banned", begins: "🔴 **WhatsApp memblokir nomor ini untuk sementara.**", look: lookState(whatsapp.StateBanned, func(s snapshot) string {
		return "Blokir berakhir " + s.until(s.whatsapp.Until) + "; Halo menyambung lagi sendiri. Jangan menautkan ulang dan jangan mengirim massal dari ponsel. " + keptMeanwhile + pausedFirst
	})},
	{name: "wa-outdated", begins: "🔴 **WhatsApp meminta versi yang lebih baru.**", grace: 30 * time.Second, look: lookState(whatsapp.StateOutdated, func(snapshot) string {
		return "Pasang versi Halo terbaru (`halo version` menunjukkan yang sekarang), lalu jalankan ulang. " + keptMeanwhile
	})},
	{name: "wa-refused", begins: "🔴 **WhatsApp menolak sambungan.**", grace: 30 * time.Second, look: lookState(whatsapp.StateRefused, func(s snapshot) string {
		code := strings.NewReplacer("WhatsApp refused the connection (reason ", "kode ", ")", "").Replace(s.whatsapp.Reason)
		return "Alasannya: " + code + ". Halo mencoba lagi sendiri. Bila lebih dari satu jam, periksa nomor itu di ponselnya. " + keptMeanwhile
	})},
	{name: "wa-replaced", begins: "🔴 **Sesi WhatsApp dipakai program lain.**", grace: 10 * time.Second, look: lookState(whatsapp.StateReplaced, func(snapshot) string {
		return "Ada dua Halo dengan salinan folder data yang sama. Hentikan salah satunya; Halo ini mencoba lagi sendiri. " + keptMeanwhile
	})},
	{name: "wa-away", begins: "🟠 **WhatsApp tidak tersambung.**", grace: time.Minute, look: lookAway},
	{name: "wa-locked", begins: "🟠 **WhatsApp membatasi nomor ini.**", look: lookLocked},
	{name: "phone-unseen", begins: "🟠 **Ponsel nomor ini lama tidak aktif.**", look: lookPhone(10 * 24 * time.Hour)},
	{name: "phone-unseen-long", begins: "🔴 **Ponsel nomor ini harus dinyalakan hari ini.**", look: lookPhone(13 * 24 * time.Hour)},
	{name: kindDiscordAway, begins: "✅ **Discord tersambung lagi.**"},
	{name: kindClock, begins: "🟠 **Jam mesin berubah.**"},
	{name: "queue-stuck", begins: "🟠 **Antrean pesan tersendat.**", grace: 10 * time.Second, look: lookStuck},
	{name: "queue-late", begins: "🟠 **Balasan ke klien tertunda.**", grace: 10 * time.Second, look: lookLate},
	{name: "queue-long", begins: "🟠 **Antrean pesan panjang.**", grace: time.Minute, look: lookLong},
	{name: "dead-letters", begins: "🟠 **Ada pesan yang tidak dapat dikirim.**", grace: 10 * time.Second, look: lookDead},
}

func lookStoreDown(s snapshot) (string, standing) {
	if s.gate.last.down == nil {
		return "", over
	}
	return "Jalankan Redis lagi dan periksa mesinnya. Tidak ada yang hilang: pesan klien ditahan WhatsApp, tulisan tim dibaca ulang dari Discord. " +
		"Halo menyambung lagi sendiri.", there
}

func lookStoreUnsafe(s snapshot) (string, standing) {
	if s.gate.last.down != nil {
		return "", unclear
	}
	if len(s.gate.last.unsafe) == 0 {
		return "", over
	}
	var lines strings.Builder
	for _, p := range s.gate.last.unsafe {
		lines.WriteString("\n- " + problemForStaff(p))
	}
	return "Yang sudah diterima bisa hilang bila mesin mati. Pesan klien ditahan WhatsApp sampai ini diperbaiki; Halo menyambung lagi sendiri." + lines.String(), there
}

// problemForStaff says what is wrong with the store in the desk's language.
func problemForStaff(p store.Problem) string {
	said := map[string]string{
		"appendonly":                "Redis tidak mencatat perubahan ke disk: `CONFIG SET appendonly yes`",
		"aof_enabled":               "Redis tidak mencatat perubahan ke disk: `CONFIG SET appendonly yes`",
		"appendfsync":               "Redis menjawab sebelum data sampai di disk: `CONFIG SET appendfsync always`",
		"no-appendfsync-on-rewrite": "Redis menunda disk saat menulis ulang catatannya: `CONFIG SET no-appendfsync-on-rewrite no`",
		"maxmemory-policy":          "Redis membuang data saat memori penuh: `CONFIG SET maxmemory-policy noeviction`",
		"used_memory":               "memori Redis hampir penuh: naikkan `maxmemory`",
		"TIME":                      "jam mesin Redis dan mesin ini berbeda: nyalakan NTP di keduanya",
		"connected_slaves":          "replika Redis kurang: nyalakan replikanya, atau sesuaikan `HALO_REDIS_REPLICAS`",
		"role":                      "Redis ini hanya salinan: pakai alamat primary di `HALO_REDIS_URL`",
		"redis_version":             "Redis terlalu lama: pasang 6.2 atau lebih baru",
		"aof_last_write_status":     "Redis gagal menulis ke disk: kosongkan ruang disknya",
		"aof_last_bgrewrite_status": "Redis gagal menulis ulang catatannya: kosongkan ruang disknya, lalu `BGREWRITEAOF`",
		"rdb_last_bgsave_status":    "Redis gagal menulis snapshot: kosongkan ruang disknya, atau `CONFIG SET save \"\"`",
		"loading":                   "Redis masih membaca datanya: tunggu",
		"async_loading":             "Redis masih membaca datanya: tunggu",
		"CONFIG":                    "Redis tidak memberi tahu setelannya: izinkan `CONFIG GET`, atau pilih `HALO_REDIS_PROMISE=unchecked`",
		"INFO":                      "Redis tidak memberi tahu keadaannya: izinkan `INFO`, atau pilih `HALO_REDIS_PROMISE=unchecked`",
	}
	return cmp.Or(said[p.Setting], p.Setting+": jalankan `halo check`")
}

func lookDiskFull(s snapshot) (string, standing) {
	if !s.gate.last.full() {
		return "", known(s.gate.last)
	}
	return fmt.Sprintf("Tersisa kurang dari %d MB. Kosongkan disk mesin ini; Halo menyambung lagi sendiri. Pesan klien ditahan WhatsApp.", leastRoom>>20), there
}

func lookDiskLow(s snapshot) (string, standing) {
	if !s.gate.last.scarce() {
		return "", known(s.gate.last)
	}
	return fmt.Sprintf("Tersisa kurang dari %d MB; di bawah %d MB WhatsApp diputus. Kosongkan disk mesin ini.", scarceRoom>>20, leastRoom>>20), there
}

// known is over when the disks were looked at.
func known(f finding) standing {
	if f.down != nil {
		return unclear
	}
	return over
}

// lookState tells of a state of the link. While the link is on its way nobody knows
// whether the trouble is over.
func lookState(state whatsapp.State, rest func(snapshot) string) func(snapshot) (string, standing) {
	return func(s snapshot) (string, standing) {
		switch s.whatsapp.State {
		case state:
			return rest(s), there
		case whatsapp.StateStopped, whatsapp.StateConnecting, whatsapp.StateHeld, "":
			return "", unclear
		}
		return "", over
	}
}

func lookNotPaired(s snapshot) (string, standing) {
	rest, state := lookState(whatsapp.StateNotPaired, func(snapshot) string {
		return "Tautannya hilang dari folder data mesin ini. Tautkan dengan `/desk pair`. " + keptMeanwhile
	})(s)
	if state == there && !s.paired {
		return "", over // a new desk: whoever sets it up knows
	}
	return rest, state
}

func lookAway(s snapshot) (string, standing) {
	switch s.whatsapp.State {
	case whatsapp.StateReady:
		if !s.whatsapp.Unanswered {
			return "", over
		}
	case whatsapp.StateConnecting:
	case whatsapp.StateHeld:
		if !s.gate.open {
			return "", over // the store's incident says it
		}
	case whatsapp.StateStopped, "":
		return "", unclear
	default:
		return "", over
	}
	return "Halo mencoba terus. Periksa internet mesin ini dan ponsel nomor itu. " + keptMeanwhile, there
}

func lookLocked(s snapshot) (string, standing) {
	lock := s.whatsapp.Locked
	if !lock.Active() || !lock.Until.IsZero() && !s.now.Before(lock.Until) {
		return "", over
	}
	return "Untuk sementara nomor ini tidak boleh menulis lebih dulu (kode " + lock.Code + "), sampai " + s.until(lock.Until) +
		". Balasan kepada klien yang menulis tetap jalan. Jangan mengirim ke kontak baru dari ponsel." + pausedFirst, there
}

// lookPhone tells of a phone that was not seen for so long. WhatsApp ends the link
// after two weeks.
func lookPhone(silence time.Duration) func(snapshot) (string, standing) {
	return func(s snapshot) (string, standing) {
		seen := s.whatsapp.PhoneSeen
		switch s.whatsapp.State {
		case whatsapp.StateLoggedOut, whatsapp.StateNotPaired:
			return "", over
		}
		if seen.IsZero() || s.now.Sub(seen) < silence {
			return "", over
		}
		return "Terakhir terlihat " + s.clock(seen) + ". Nyalakan ponselnya dan buka WhatsApp: setelah 14 hari WhatsApp memutus semua perangkat tertaut.", there
	}
}

func lookStuck(s snapshot) (string, standing) {
	if len(s.queue.stuck) == 0 {
		return "", over
	}
	named := s.queue.stuck[:min(5, len(s.queue.stuck))]
	return fmt.Sprintf("%d antrean tidak bergerak lebih dari %d menit walaupun sambungannya baik, a.l. %s. Lihat tanda pada pesannya dan `/dead`; bila perlu jalankan ulang Halo.",
		len(s.queue.stuck), int(stuckAfter.Minutes()), strings.Join(named, ", ")), there
}

func lookLate(s snapshot) (string, standing) {
	if s.queue.late == 0 {
		return "", over
	}
	return fmt.Sprintf("%d klien menunggu lebih dari %d menit, paling lama sejak %s. Balasan tersimpan. Periksa sambungan WhatsApp di kanal ini; bila mendesak, teleponlah kliennya.",
		s.queue.late, int(lateAfter.Minutes()), s.clock(s.queue.since)), there
}

func lookLong(s snapshot) (string, standing) {
	if s.queue.lanes < manyLanes {
		return "", over
	}
	return fmt.Sprintf("Lebih dari %d tujuan menunggu giliran. Halo mengejar sendiri; bila tidak berkurang dalam 15 menit, periksa mesin dan Discord.", manyLanes), there
}

func lookDead(s snapshot) (string, standing) {
	if s.queue.dead == 0 {
		return "", over
	}
	return fmt.Sprintf("%d pesan berhenti dicoba. `/dead` menunjukkan sebabnya; Asisten Manajer dapat mengirim ulang di sana.", s.queue.dead), there
}

// until names an end that may be unknown.
func (s snapshot) until(at time.Time) string {
	if at.IsZero() {
		return "pada waktu yang belum diketahui"
	}
	return s.clock(at)
}

// clock names a time for people of the desk.
func (s snapshot) clock(at time.Time) string { return clockIn(s.zone, at) }

func clockIn(zone *time.Location, at time.Time) string {
	at = at.In(zone)
	months := []string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"}
	return fmt.Sprintf("%d %s pukul %s", at.Day(), months[at.Month()-1], at.Format("15.04"))
}

// lasted says a length of time in words.
func lasted(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d detik", max(1, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d menit", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d jam %d menit", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d hari", int(d.Hours())/24)
}
