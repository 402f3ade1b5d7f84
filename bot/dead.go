package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// The buttons of the list. After the verb stands where the page starts, and for a
// retry the marks of the letters meant: the list may have changed since it was shown.
const (
	deadPrefix = "dead:"
	deadPage   = "page" // dead:page:5
	deadRetry  = "retry"
)

const (
	deadShown = 5 // letters on a page
	// markLength is how much of a letter's nonce names it in a button: 60 bits.
	markLength = 10
	mostReason = 80 // five letters fit into one message, whatever they hold
)

func markOf(l ledger.Letter) string { return bridge.Nonce(l.ID)[:markLength] }

func (d *Desk) dead(ctx context.Context, i Interaction) (Answer, error) {
	return d.deadList(ctx, i, 0, "")
}

// deadButton turns a page, or sends letters again and shows what is left.
func (d *Desk) deadButton(ctx context.Context, i Interaction) (Answer, error) {
	f := strings.Split(strings.TrimPrefix(i.Button, deadPrefix), ":")
	if len(f) < 2 {
		return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
	}
	start, err := strconv.Atoi(f[1])
	if err != nil {
		return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
	}
	said := ""
	if f[0] == deadRetry && len(f) == 3 {
		if said, err = d.reviveAll(ctx, i, strings.Split(f[2], ".")); err != nil {
			return Answer{}, err
		}
	}
	return d.deadList(ctx, i, start, said)
}

// reviveAll sends the letters of these marks again, oldest first, and says how many
// there were.
func (d *Desk) reviveAll(ctx context.Context, i Interaction, marks []string) (string, error) {
	letters, err := d.marked(ctx, marks)
	if err != nil {
		return "", err
	}
	sent, gone, first := 0, 0, 0
	for _, l := range letters {
		r, err := d.revive(ctx, i, l.ID)
		if err != nil {
			return "", err
		}
		if r.ok {
			sent++
		}
		if r.gone {
			gone++
		}
		if r.first || r.unasked {
			first++
		}
	}
	switch n := strconv.Itoa(sent); {
	case sent == 0 && first > 0:
		return i.say("Tidak ada yang dikirim ulang: pesan proaktif, atau klien tidak lagi menunggu balasan. Kirim lagi lewat kartunya, bila klien masih boleh dihubungi.",
			"Nothing is sent again: it is what the desk sends first, or the client no longer waits for an answer. Send it again by its card, if the client may still be turned to."), nil
	case sent == 0 && gone > 0:
		return i.say("Tidak ada yang dikirim ulang: pesan aslinya sudah dihapus di Discord.", "Nothing is sent again: the original was deleted in Discord."), nil
	case sent == 0 && len(marks) == 1:
		return i.say("Pesan itu sudah dikirim ulang sebelumnya.", "That message was sent again before."), nil
	case sent == 0:
		return i.say("Pesan-pesan itu sudah dikirim ulang sebelumnya.", "Those messages were sent again before."), nil
	case sent == 1:
		return i.say("🔁 Satu pesan dikirim ulang. Tandanya muncul di pesan aslinya.", "🔁 One message is sent again. Its mark appears at the original message."), nil
	default:
		return i.say("🔁 "+n+" pesan dikirim ulang. Tandanya muncul di pesan aslinya.", "🔁 "+n+" messages are sent again. Their marks appear at the original messages."), nil
	}
}

// marked are the dead letters of these marks, oldest first.
func (d *Desk) marked(ctx context.Context, marks []string) ([]ledger.Letter, error) {
	var all []ledger.Letter
	for l, err := range d.store.Dead(ctx) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(marks, markOf(l)) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b ledger.Letter) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// deadList is the page that starts at a letter, or the last one, below what was just
// done.
func (d *Desk) deadList(ctx context.Context, i Interaction, start int, said string) (Answer, error) {
	start = max(start, 0)
	page, total, err := d.store.Buried(ctx, start, deadShown)
	if err == nil && len(page) == 0 && total > 0 {
		start = (total - 1) / deadShown * deadShown
		page, total, err = d.store.Buried(ctx, start, deadShown)
	}
	if err != nil {
		return Answer{}, err
	}
	if said != "" {
		said += "\n\n"
	}
	if len(page) == 0 {
		return Answer{Text: said + i.say("✅ Tidak ada pesan yang gagal terkirim.", "✅ No message failed to be delivered."), Buttons: []Button{refresh(i, 0)}}, nil
	}
	var text strings.Builder
	text.WriteString(said)
	fmt.Fprintf(&text, i.say("**Pesan yang gagal terkirim** · %d–%d dari %d, terbaru dulu\n", "**Messages that were not delivered** · %d–%d of %d, newest first\n"), start+1, start+len(page), total)
	for n, l := range page {
		line, err := d.deadLine(ctx, i, l)
		if err != nil {
			return Answer{}, err
		}
		fmt.Fprintf(&text, "\n**%d.** %s", start+n+1, line)
	}
	return Answer{Text: text.String(), Buttons: deadButtons(i, start, page, total)}, nil
}

func deadButtons(i Interaction, start int, page []Buried, total int) []Button {
	var out []Button
	var marks []string
	for n, l := range page {
		marks = append(marks, markOf(l.Letter))
		out = append(out, Button{ID: fmt.Sprintf("%s%s:%d:%s", deadPrefix, deadRetry, start, marks[n]),
			Label: strconv.Itoa(start + n + 1), Emoji: "🔁", Style: "primary"})
	}
	row := len(out)
	if len(page) > 1 {
		out = append(out, Button{ID: fmt.Sprintf("%s%s:%d:%s", deadPrefix, deadRetry, start, strings.Join(marks, ".")),
			Label: i.say("Kirim ulang semua di halaman ini", "Send all on this page again"), Emoji: "🔁"})
	}
	if start > 0 {
		out = append(out, turn(start-deadShown, i.say("Lebih baru", "Newer"), "◀️"))
	}
	if start+len(page) < total {
		out = append(out, turn(start+deadShown, i.say("Lebih lama", "Older"), "▶️"))
	}
	out = append(out, refresh(i, start))
	out[row].Row = true
	return out
}

func turn(start int, label, emoji string) Button {
	return Button{ID: fmt.Sprintf("%s%s:%d", deadPrefix, deadPage, start), Label: label, Emoji: emoji}
}

// refresh shows the page anew. Its id differs from a page turned to, which may stand
// beside it.
func refresh(i Interaction, start int) Button {
	return Button{ID: fmt.Sprintf("%snow:%d", deadPrefix, start), Label: i.say("Muat ulang", "Refresh"), Emoji: "🔄"}
}

// deadLine is one letter: what it was and for whom, its thread, why and when it died.
func (d *Desk) deadLine(ctx context.Context, i Interaction, b Buried) (string, error) {
	line := bridge.Describe(b.Letter)
	thread, err := d.threadOf(ctx, b.Letter)
	if err != nil {
		return "", err
	}
	if thread != "" {
		line += " · <#" + thread + ">"
	}
	why := bridge.Clean(b.Reason, mostReason)
	if !i.English() {
		why = bridge.Clean(bridge.Why(ledger.Status{Reason: b.Reason}), mostReason)
	}
	line += "\n-# ❌ " + stamp(b.At, "R")
	if why != "" {
		line += ": " + why
	}
	return line + "\n", nil
}

// threadOf is the Discord thread of a letter's ticket, "" for none.
func (d *Desk) threadOf(ctx context.Context, l ledger.Letter) (string, error) {
	if l.Log == ledger.DeskLog {
		return "", nil
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: l.Log})
	if err != nil || doc.Data == nil {
		return "", err
	}
	t, err := ticket.Decode(doc.Data)
	return t.Thread, err
}
