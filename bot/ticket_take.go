package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// accept gives the ticket to who asked. Of two at once one has it, and the other is told.
func (d *Desk) accept(ctx context.Context, i Interaction) (Answer, error) {
	return d.take(ctx, i, step{
		do:   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept(i.User, at) },
		done: i.say("✋ Tiket ini Anda tangani. Tulis di thread ini untuk menjawab klien.", "✋ You handle this ticket. Write in this thread to answer the client."),
		was:  i.say("Tiket ini sudah Anda tangani.", "You handle this ticket already."),
	})
}

var classEmoji = map[ticket.Class]string{ticket.Easy: "🟢", ticket.Normal: "🟡", ticket.Hard: "🔴"}

func className(c ticket.Class) string { return strings.ToUpper(string(c[:1])) + string(c[1:]) }

// classButtons are the classes to choose from; what follows the class in the id says what
// is next.
func classButtons(next string) []Button {
	var out []Button
	for _, c := range ticket.Classes() {
		out = append(out, Button{ID: buttonClass + ":" + string(c) + next, Label: className(c), Emoji: classEmoji[c]})
	}
	return out
}

func classChoices() []Choice {
	return []Choice{
		{Value: string(ticket.Easy), Label: both("Easy: pertanyaan umum, edukasi fitur, masukan", "Easy: general question, feature education, feedback")},
		{Value: string(ticket.Normal), Label: both("Normal: data tidak kritis, kesalahan pengguna", "Normal: non-critical data error, user error")},
		{Value: string(ticket.Hard), Label: both("Hard: bug atau gangguan sistem yang menghentikan operasional", "Hard: bug or system error that stops operations")},
	}
}

// classify sets the class, by option, button or select. Behind "not classified" it leads
// on to the resolution.
func (d *Desk) classify(ctx context.Context, i Interaction) (Answer, error) {
	name := i.Options["class"]
	if i.Button != "" {
		name = arg(i.Button, buttonClass)
	}
	if len(i.Values) > 0 {
		name = i.Values[0]
	}
	name, next, _ := strings.Cut(name, ":")
	class := ticket.Class(name)
	var after ticket.Ticket
	answer, err := d.take(ctx, i, step{
		do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			events, err := t.Classify(class, i.User, at)
			after = *t
			return events, err
		},
		done: i.say("Kelas tiket ini ", "The class of this ticket is ") + d.classTarget(i, class),
		was:  i.say("Kelas tiket ini sudah ", "The class of this ticket is already ") + d.classTarget(i, class),
	})
	if err != nil || next == "" {
		return answer, err
	}
	if class == ticket.Hard && after.Escalated.IsZero() {
		answer.Buttons = ways(i, "not_escalated")
		answer.Text += i.say(" Sebelum diselesaikan, tiket ini perlu dieskalasi.", " Before it is resolved it has to be escalated.")
		return answer, nil
	}
	answer.Buttons = ways(i, "not_resolved")[:1]
	return answer, nil
}

// classTarget names a class and its target.
func (d *Desk) classTarget(i Interaction, c ticket.Class) string {
	target, ok := d.policy().Target(c)
	if !ok {
		return ""
	}
	return fmt.Sprintf(i.say("%s: target selesai %d menit kerja.", "%s: to be resolved within %d working minutes."), className(c), int(target.Minutes()))
}

// usualTeams are the developer teams of a desk that names none.
var usualTeams = []string{"Back End", "POS", "Smart Repair", "BI", "Teams", "Sinkronisasi"}

// issue sets the type of the issue; without one it shows those to choose from.
func (d *Desk) issue(ctx context.Context, i Interaction) (Answer, error) {
	name := cmp.Or(strings.TrimSpace(i.Options["type"]), strings.TrimSpace(i.Fields["type"]))
	if len(i.Values) > 0 {
		name = i.Values[0]
	}
	if name == "" && i.Form == "" {
		return d.issueList(ctx, i)
	}
	return d.take(ctx, i, step{
		do:   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.SetIssue(name, i.User, at) },
		done: i.say("Jenis kendala: ", "Type of the issue: ") + bridge.Clean(name, 120) + ".",
		was:  i.say("Jenis kendalanya sudah ", "The type of the issue is already ") + bridge.Clean(name, 120) + ".",
	})
}

// mostChoices is how many a select shows.
const mostChoices = 25

func (d *Desk) issueList(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, err
	}
	choices := Select{ID: buttonIssue + aside, Hint: i.say("Pilih jenis kendala", "Choose the type of the issue")}
	for _, team := range d.teams[:min(len(d.teams), mostChoices)] {
		choices.Options = append(choices.Options, Choice{Value: team, Given: team == t.Issue})
	}
	answer := Answer{
		Text:    i.say("Jenis kendala apa?", "What type of issue is it?"),
		Buttons: []Button{{ID: buttonOther + aside, Label: i.say("Jenis lain…", "Another type…"), Emoji: "✏️"}},
	}
	if t.Issue != "" && !slices.Contains(d.teams, t.Issue) {
		answer.Text += i.say(" Saat ini: ", " At the moment: ") + bridge.ToDiscord(bridge.Clean(t.Issue, 120)) + "."
	}
	if len(choices.Options) > 0 {
		answer.Selects = []Select{choices}
	}
	return answer, nil
}

func (d *Desk) issueForm(ctx context.Context, i Interaction) (Form, error) {
	t, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) { return t.SetIssue("-", i.User, i.At) })
	if err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formIssue), Title: i.say("Jenis kendala", "Type of the issue"), Fields: []Field{
		{ID: "type", Label: i.say("Jenis kendala", "Type of the issue"), Value: t.Issue, Least: 1, Most: 120},
	}}, nil
}

// note writes a note into the thread. It is nobody's but the team's.
func (d *Desk) note(ctx context.Context, i Interaction) (Answer, error) {
	text := strings.TrimSpace(cmp.Or(i.Options["text"], i.Fields["text"]))
	if text == "" {
		return Answer{}, Refusal(i.say("Tuliskan isi catatannya.", "Write the note."))
	}
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		number, err := d.threadHere(tx, i)
		if err != nil {
			return err
		}
		return d.bridge.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			for n, part := range bridge.Split("📝 <@"+i.User+">: "+text, mostNote) {
				tx.Send(bridge.Note(t.Number, fmt.Sprintf("note/%s/%d", i.ID, n), part))
			}
			if t.State == ticket.Closed {
				// Writing in it takes the post out of the archive.
				tx.Send(bridge.Tags(t.Number, "tag/"+t.Number+"/note/"+i.ID, t.Tag(), true))
			}
			return []ledger.Event{{At: tx.Now(), What: "note", By: i.User, Data: map[string]string{"text": text, "why": "command"}}}, nil
		})
	})
	return Answer{}, d.led(i, err)
}

// mostNote is how much of a note one message holds.
const mostNote = 2000

func (d *Desk) noteForm(_ context.Context, i Interaction) (Form, error) {
	if strings.TrimSpace(i.Options["text"]) != "" {
		return Form{}, nil
	}
	return Form{ID: i.formID(formNote), Title: i.say("Catatan untuk tim", "Note for the team"), Fields: []Field{
		{ID: "text", Label: i.say("Catatan", "Note"), Hint: i.say("Klien tidak membacanya", "The client does not read it"), Long: true, Least: 1, Most: 4000},
	}}, nil
}

// complaint marks the ticket as a complaint, or takes the mark away.
func (d *Desk) complaint(ctx context.Context, i Interaction) (Answer, error) {
	mark := cmp.Or(i.Options["mark"], arg(i.Button, buttonComplaint)) != "off"
	s := step{
		do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.MarkComplaint(mark, i.User, at) },
	}
	if mark {
		s.done = i.say("Tiket ini ditandai sebagai keluhan.", "This ticket is marked as a complaint.")
		s.was = i.say("Tiket ini sudah ditandai sebagai keluhan. Untuk melepasnya: /ticket complaint, Lepas tanda keluhan.", "This ticket is marked as a complaint already. To take the mark away: /ticket complaint, Take the mark away.")
	} else {
		s.done = i.say("Tanda keluhan dilepas.", "The mark of a complaint is taken away.")
		s.was = i.say("Tiket ini tidak ditandai sebagai keluhan.", "This ticket is not marked as a complaint.")
	}
	return d.take(ctx, i, s)
}
