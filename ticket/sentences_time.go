package ticket

import (
	"fmt"
	"strings"
	"time"
)

var (
	hari  = []string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
	bulan = []string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"}
)

// Opening returns when the desk opens again as a client reads it, for {{opening}}:
// "hari ini pukul 13.00 WIB", "besok, Selasa, pukul 08.00 WIB", "Senin, 20 Januari,
// pukul 08.00 WIB". Both times are in the desk's zone.
func Opening(now, at time.Time, l Language) string {
	at = at.In(now.Location())
	clock, today, tomorrow, on := "pukul "+at.Format("15.04"), "hari ini", "besok", hari[at.Weekday()]
	date := fmt.Sprintf("%d %s", at.Day(), bulan[at.Month()-1])
	if l == English {
		clock, today, tomorrow, on = "at "+at.Format("15:04"), "today", "tomorrow", at.Weekday().String()
		date = at.Format("2 January")
	}
	// Zones without a name of their own call themselves by numbers.
	if zone, _ := at.Zone(); zone != "" && !strings.ContainsAny(zone, "+-0123456789") {
		clock += " " + zone
	}
	switch {
	case sameDay(now, at):
		return today + " " + clock
	case sameDay(now.AddDate(0, 0, 1), at):
		return tomorrow + ", " + on + ", " + clock
	}
	if at.Year() != now.Year() {
		date += at.Format(" 2006")
	}
	return on + ", " + date + ", " + clock
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}
