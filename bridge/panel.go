package bridge

import (
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// The live panel is one message in the intake channel: whose clients wait for an answer,
// and who is there to give it.

// PanelView is the view of the panel.
const PanelView = "panel"

// RefreshPanel asks that the live panel be shown anew: who is on duty changed. Changes of
// tickets ask for it themselves.
func (d Desk) RefreshPanel(tx *ledger.Tx) {
	if d.Panel {
		tx.Refresh(PanelView)
	}
}

// queued are what the panel shows of a ticket.
type queued struct {
	open, nobody           bool
	since, snoozed         time.Time
	agent, offered, thread string
	class                  ticket.Class
}

func queuedOf(t ticket.Ticket) queued {
	if t.State == ticket.Closed || t.State == "" {
		return queued{}
	}
	q := queued{open: true, nobody: t.Agent == "" && !t.OnPhone, agent: t.Agent, offered: t.OfferedTo, thread: t.Thread, class: t.Class, snoozed: t.Snoozed}
	q.since, _ = t.Waiting(ticket.Client, ticket.Staff)
	return q
}

// A lineup is what the panel shows.
type lineup struct {
	waiting []ticket.Ticket // whose clients wait, the longest first, the first few
	all     int             // that wait
	open    int             // tickets
	nobody  int             // of them without an agent or an offer
	backlog int             // open tickets at which the alarm goes
	duty    []present
}

// A present is somebody on duty or on a break, with his open tickets.
type present struct {
	ticket.Duty
	open int
}

// panelRows is how many waiting clients the panel shows.
const panelRows = 15

// card is the panel. Times in it go on by themselves, so that it changes only when the
// work does.
func (l lineup) card() *Card {
	card := &Card{Title: "Klien yang menunggu jawaban", Color: brand}
	var rows []string
	for _, t := range l.waiting {
		rows = append(rows, waitingRow(t))
	}
	if more := l.all - len(l.waiting); more > 0 {
		rows = append(rows, fmt.Sprintf("… dan %d lagi; `/queue` menunjukkan semuanya", more))
	}
	card.Text = strings.Join(rows, "\n")
	if len(rows) == 0 {
		card.Text = "✅ Tidak ada klien yang menunggu jawaban."
	}
	open := fmt.Sprintf("%d dari batas %d", l.open, l.backlog)
	if l.open >= l.backlog {
		card.Color, open = colorNew, "🚨 "+open
	}
	card.Fields = []Field{field("Tiket terbuka", open), field("Sedang dicarikan agen", fmt.Sprint(l.nobody)), field("Menunggu jawaban", fmt.Sprint(l.all))}
	var duty []string
	for _, p := range l.duty {
		line := fmt.Sprintf("%s · %d tiket", user(p.User), p.open)
		if p.Presence == ticket.OnBreak {
			line += " · ☕ istirahat"
		}
		duty = append(duty, line)
	}
	if len(duty) == 0 {
		duty = []string{"Belum ada. Tekan **Mulai bertugas**, dan tiket ditawarkan kepada Anda."}
	}
	card.Fields = append(card.Fields, wide("Bertugas", fitting(duty, cardField)))
	return card
}

// fitting are as many lines as there is room for, and how many more there are.
func fitting(lines []string, most int) string {
	text := strings.Join(lines, "\n")
	for n := len(lines) - 1; n > 0 && splitUnits(text) > most; n-- {
		text = strings.Join(lines[:n], "\n") + fmt.Sprintf("\n… dan %d lagi", len(lines)-n)
	}
	return text
}

// waitingRow is one client who waits: for how long, where, and for whom.
func waitingRow(t ticket.Ticket) string {
	since, _ := t.Waiting(ticket.Client, ticket.Staff)
	where := "**" + ToDiscord(t.Number) + "**"
	if t.Thread != "" {
		where = "<#" + t.Thread + ">"
	}
	who := "belum ada agen"
	switch {
	case t.Agent != "":
		who = user(t.Agent)
	case t.OfferedTo != "":
		who = "ditawarkan kepada " + user(t.OfferedTo)
	case t.OnPhone:
		who = "ponsel tertaut"
	}
	row := "⏳ " + relTime(since) + " · " + where + " · " + who
	if t.Class != "" {
		row += " · " + className(t.Class)
	}
	if !t.Snoozed.IsZero() {
		row += " · 😴"
	}
	return row
}
