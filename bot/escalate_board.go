package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ticket"
)

// A shot is a picture or video to choose from, with the number it is shown under.
type shot struct {
	bridge.TicketFile
	number int
}

// value names it in a select: a key may be longer than Discord takes.
func (s shot) value() string { return bridge.Nonce(s.Key) }

// shots are the pictures and videos of a ticket, the oldest first, and those chosen that
// came another way.
func (d *Desk) shots(ctx context.Context, number string, chosen []string) (all []bridge.TicketFile, err error) {
	files, err := bridge.TicketFiles(ctx, d.store, number)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Picture || f.Video {
			all = append(all, f)
		}
	}
	for _, key := range chosen {
		if slices.ContainsFunc(all, func(f bridge.TicketFile) bool { return f.Key == key }) {
			continue
		}
		f, ok, err := bridge.FileOf(ctx, d.store, key)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, f)
		}
	}
	return all, nil
}

// offeredShots are those that a list has room for: the newest.
func offeredShots(all []bridge.TicketFile) (out []shot) {
	all = all[max(0, len(all)-mostChoices):]
	for n, f := range all {
		out = append(out, shot{f, n + 1})
	}
	return out
}

// board shows a draft: what developers will read, what is missing, and the ways to fill it
// in and to send it.
func (d *Desk) board(ctx context.Context, i Interaction, t ticket.Ticket, draft escalation.Draft, say string) (Answer, error) {
	all, err := d.shots(ctx, t.Number, draft.Form.Evidence)
	if err != nil {
		return Answer{}, err
	}
	if len(t.Reports) > 0 {
		say += "\n" + i.say("ℹ️ Sudah ada laporan yang terbuka: ", "ℹ️ There is an open report already: ") + "`" + strings.Join(t.Reports, "`, `") + "`" +
			i.say(". Untuk kendala yang sama, teruskan pesannya ke sana.", ". For the same problem, forward the messages to it.")
	}
	shots, missing := offeredShots(all), draft.Missing()
	out := Answer{Text: d.boardText(i, draft, shots, missing, say), Selects: []Select{d.teamSelect(i, draft)}}
	if len(shots) > 0 {
		out.Selects = append(out.Selects, shotSelect(i, d.zone(), draft, shots))
		if sheet, ok := d.sheet(ctx, i, shots); ok {
			out.Files = []File{sheet}
		}
	}
	out.Buttons = boardButtons(i, draft, missing)
	return out, nil
}

func (d *Desk) teamSelect(i Interaction, draft escalation.Draft) Select {
	choose := Select{ID: buttonReportTeam, Hint: i.say("Tim developer yang dituju", "The developer team")}
	for _, team := range d.teams[:min(len(d.teams), mostChoices)] {
		choose.Options = append(choose.Options, Choice{Value: team, Emoji: "👥", Given: team == draft.Team})
	}
	return choose
}

func shotSelect(i Interaction, zone *time.Location, draft escalation.Draft, shots []shot) Select {
	choose := Select{ID: buttonReportProof, Most: min(len(shots), escalation.MostEvidence), Hint: i.say("Screenshot dan video untuk laporan", "Screenshots and videos of the report")}
	for _, s := range shots {
		what, emoji := i.say("gambar", "picture"), "🖼️"
		if s.Video {
			what, emoji = i.say("video", "video"), "🎬"
		}
		who := i.say("dari tim", "by the team")
		if s.Client {
			who = i.say("dari klien", "by the client")
		}
		label := fmt.Sprintf("%d · %s %s", s.number, what, who)
		var more []string
		if !s.At.IsZero() {
			more = append(more, s.At.In(zone).Format("02.01. 15:04"))
		}
		if s.Size > 0 {
			more = append(more, sizeWords(s.Size))
		}
		if name := bridge.Clean(s.Name, 50); name != "" {
			more = append(more, name)
		}
		if s.Hash == "" {
			more = append(more, i.say("sedang diunduh", "being fetched"))
		}
		choose.Options = append(choose.Options, Choice{Value: s.value(), Label: both(label, label), Hint: bridge.Clean(strings.Join(more, " · "), 100), Emoji: emoji, Given: slices.Contains(draft.Form.Evidence, s.Key)})
	}
	return choose
}

// boardButtons are the ways on, the one that is next in front.
func boardButtons(i Interaction, draft escalation.Draft, missing []string) (all []Button) {
	text := slices.DeleteFunc(slices.Clone(missing), func(key string) bool { return key == "no_team" || key == "no_evidence" })
	if len(missing) == 0 {
		all = append(all, Button{ID: buttonReportSend, Label: i.say("Kirim laporan", "Send the report"), Emoji: "📤", Style: "success"})
	}
	switch {
	case len(text) > 0 && draft.Form.Detail != "":
		all = append(all, Button{ID: buttonReportText + ":missing", Label: i.say("Lengkapi yang kurang", "Fill in what is missing"), Emoji: "✏️", Style: "primary"},
			Button{ID: buttonReportText, Label: i.say("Ubah isi", "Change the text"), Emoji: "📝"})
	case len(text) > 0:
		all = append(all, Button{ID: buttonReportText, Label: i.say("Isi laporan", "Write the report"), Emoji: "✏️", Style: "primary"})
	default:
		all = append(all, Button{ID: buttonReportText, Label: i.say("Ubah isi", "Change the text"), Emoji: "📝"})
	}
	return append(all, Button{ID: buttonCarry, Label: i.say("Gabung ke laporan yang ada", "Join an open report"), Emoji: "🔗"},
		Button{ID: buttonReportDrop, Label: i.say("Buang draf", "Throw the draft away"), Emoji: "🗑️"})
}

// missingWords name what is missing.
var missingWords = map[string][2]string{
	"no_team": {"tim developer", "developer team"}, "no_place": {"grup outlet / domain", "outlet group / domain"}, "no_detail": {"detail kendala", "detail of the problem"},
	"no_reproduction": {"reproduksi di akun demo, atau alasan mengapa tidak bisa", "reproduction in the demo account, or why there is none"},
	"no_evidence":     {"screenshot atau video", "screenshot or video"},
}

// mostBoard is how many characters a board has: an answer has 2000, and a line may come on top.
const mostBoard = 1850

// boardText is what a draft says, shortened as far as it must be.
func (d *Desk) boardText(i Interaction, draft escalation.Draft, shots []shot, missing []string, say string) (text string) {
	for _, most := range []int{500, 250, 100, 30} {
		text = strings.TrimSpace(say + "\n" + d.boardLines(i, draft, shots, missing, most))
		if utf8.RuneCountInString(text) <= mostBoard {
			break
		}
	}
	return text
}

func (d *Desk) boardLines(i Interaction, draft escalation.Draft, shots []shot, missing []string, most int) string {
	var b strings.Builder
	b.WriteString(i.say("🛠️ **Laporan ke developer untuk "+draft.Ticket+"**\n", "🛠️ **Report to developers for "+draft.Ticket+"**\n"))
	line := func(key, id, en, value string) {
		sign := "✅"
		if value == "" {
			sign, value = "⬜", "-"
		}
		if key != "" && slices.Contains(missing, key) {
			sign = "⬜"
		}
		fmt.Fprintf(&b, "%s **%s:** %s\n", sign, i.say(id, en), value)
	}
	f := draft.Form
	line("no_team", "Tim", "Team", bridge.ToDiscord(draft.Team))
	line("no_evidence", "Screenshot/Video", "Screenshot/Video", chosenShots(i, draft, shots))
	place := placeLabel(i, f.System)
	line("no_place", place, place, excerpted(f.Place, most))
	line("no_detail", "Detail kendala", "Detail of the problem", excerpted(f.Detail, most))
	if f.Reproduction != "" || f.NotReproducible == "" {
		line("no_reproduction", "Reproduksi di akun demo", "Reproduction in the demo account", excerpted(f.Reproduction, most))
	}
	if f.NotReproducible != "" {
		line("", "Tidak dapat direproduksi", "Not reproducible", excerpted(f.NotReproducible, most))
	}
	if len(missing) == 0 {
		b.WriteString(i.say("Lengkap. Periksa, lalu kirim.", "Complete. Have a look, then send it."))
		return b.String()
	}
	var lacking []string
	for _, key := range missing {
		lacking = append(lacking, i.say(missingWords[key][0], missingWords[key][1]))
	}
	b.WriteString(i.say("**Masih kurang:** ", "**Still missing:** ") + strings.Join(lacking, "; ") + i.say(". Yang sudah diisi tersimpan.", ". What is there is kept."))
	if slices.Contains(missing, "no_evidence") && len(shots) == 0 {
		b.WriteString(d.howToAttach(i))
	}
	return b.String()
}

// howToAttach says how a picture gets into the report of a ticket that has none.
func (d *Desk) howToAttach(i Interaction) string {
	note := ""
	if d.bridge.NotePrefix != "" && d.bridge.Mode != bridge.Command {
		note = i.say(" dengan kata pertama `"+d.bridge.NotePrefix+"` (klien tidak menerimanya)", " with `"+d.bridge.NotePrefix+"` as the first word (the client does not get it)")
	}
	return i.say("\n📎 Belum ada gambar atau video di tiket ini. Unggah di thread ini"+note+", lalu buka menu pesannya: Aplikasi → *Kirim ke laporan*.",
		"\n📎 There is no picture or video in this ticket yet. Upload one in this thread"+note+", then open the menu of the message: Apps → *Send to report*.")
}

// chosenShots names the evidence by the numbers of the sheet.
func chosenShots(i Interaction, draft escalation.Draft, shots []shot) string {
	n := len(draft.Form.Evidence)
	if n == 0 {
		return ""
	}
	var numbers []string
	for _, s := range shots {
		if slices.Contains(draft.Form.Evidence, s.Key) {
			numbers = append(numbers, count(s.number))
		}
	}
	return fmt.Sprintf(i.say("%d berkas (nomor %s)", "%d files (number %s)"), n, strings.Join(numbers, ", "))
}

func placeLabel(i Interaction, system string) string {
	switch system {
	case "panel":
		return i.say("Grup outlet (panel)", "Outlet group (panel)")
	case "private":
		return "Domain (private)"
	}
	return i.say("Grup outlet (panel) / domain (private)", "Outlet group (panel) / domain (private)")
}

// excerpted is a text in Discord, on one line and shortened.
func excerpted(s string, most int) string { return bridge.ToDiscord(bridge.Clean(s, most)) }
