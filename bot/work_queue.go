package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

const queueShown = 10

// queue shows whose clients wait for an answer, the longest first.
func (d *Desk) queue(ctx context.Context, i Interaction) (Answer, error) {
	start := 0
	if i.Button != "" {
		_, offset, _ := strings.Cut(strings.TrimPrefix(i.Button, buttonQueue), ":")
		if n, err := strconv.Atoi(offset); err == nil && n > 0 {
			start = n / queueShown * queueShown
		}
	}
	waiting, err := d.store.Rows(ctx, Page{Index: ticket.IndexWaiting})
	if err != nil {
		return Answer{}, err
	}
	open, err := d.store.Rows(ctx, Page{Index: ticket.IndexOpen})
	if err != nil {
		return Answer{}, err
	}
	last := max(0, (len(waiting)-1)/queueShown*queueShown)
	start = min(start, last)
	page := waiting[start:min(len(waiting), start+queueShown)]
	var text strings.Builder
	if len(page) == 0 {
		text.WriteString(i.say("✅ Tidak ada klien yang menunggu jawaban.", "✅ No client waits for an answer."))
	} else {
		fmt.Fprintf(&text, i.say("**Klien yang menunggu jawaban** · %d–%d dari %d, terlama dulu", "**Clients who wait for an answer** · %d–%d of %d, the longest first"), start+1, start+len(page), len(waiting))
	}
	for _, row := range page {
		line, err := d.queueLine(ctx, i, row)
		if err != nil {
			return Answer{}, err
		}
		text.WriteString(line)
	}
	fmt.Fprintf(&text, i.say("\n-# Tiket terbuka seluruhnya: %d", "\n-# Open tickets in all: %d"), len(open))
	return Answer{Text: clip(text.String()), Buttons: queueButtons(i, start, len(waiting))}, nil
}

// queueLine is one ticket of the queue, "" when it is gone.
func (d *Desk) queueLine(ctx context.Context, i Interaction, row ledger.IndexRow) (string, error) {
	t, err := d.ticket(ctx, row.Member)
	if errors.Is(err, bridge.ErrNoTicket) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	since, ok := t.Waiting(ticket.Client, ticket.Staff)
	if !ok {
		return "", nil
	}
	who := i.say("belum ada agen", "nobody has it")
	switch {
	case t.Agent != "":
		who = "<@" + t.Agent + ">"
	case t.OfferedTo != "":
		who = i.say("ditawarkan kepada <@", "offered to <@") + t.OfferedTo + ">"
	}
	line := "\n- ⏳ " + relative(since) + " · " + link(t) + " · " + who
	if t.Class != "" {
		line += " · " + string(t.Class)
	}
	if !t.Snoozed.IsZero() {
		line += " · 😴"
	}
	return line, nil
}

func queueButtons(i Interaction, start, total int) (all []Button) {
	if start > 0 {
		all = append(all, Button{ID: buttonQueue + "page:" + count(start-queueShown), Label: i.say("Sebelumnya", "Back"), Emoji: "◀️"})
	}
	if start+queueShown < total {
		all = append(all, Button{ID: buttonQueue + "page:" + count(start+queueShown), Label: i.say("Berikutnya", "Next"), Emoji: "▶️"})
	}
	return append(all, Button{ID: buttonQueue + "now:" + count(start), Label: i.say("Muat ulang", "Refresh"), Emoji: "🔄"})
}
