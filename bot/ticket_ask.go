package bot

import (
	"cmp"
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// dataForm asks what the client is to be asked for.
func (d *Desk) dataForm(ctx context.Context, i Interaction) (Form, error) {
	_, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) { return t.RequestData([]string{"-"}, i.User, i.At) })
	if err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formData), Title: i.say("Minta data kepada klien", "Ask the client for data"), Fields: []Field{{
		ID: "data", Label: i.say("Satu per baris; hapus yang tidak perlu", "One a line; delete what is not needed"), Long: true, Least: 1, Most: 450,
		Value: i.say("Nama outlet\nFoto halaman penuh\nTanggal kejadian", "Name of the outlet\nPhoto of the full page\nDate it happened"),
	}}}, nil
}

// numbering is what people write in front of the items of a list.
var numbering = regexp.MustCompile(`^\s*(?:\d{1,2}[.)]|[-*•])\s+`)

// requestData asks the client for what the form says, an item a line.
func (d *Desk) requestData(ctx context.Context, i Interaction) (Answer, error) {
	var items []string
	for line := range strings.Lines(i.Fields["data"]) {
		items = append(items, numbering.ReplaceAllString(line, ""))
	}
	if err := d.forClient(i, strings.Join(items, "")); err != nil {
		return Answer{}, err
	}
	return d.ask(ctx, i, step{
		do:   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.RequestData(items, i.User, at) },
		done: i.say("Klien dimintai data ini.", "The client is asked for it."),
		was:  i.say("Data ini sudah diminta dan masih ditunggu dari klien.", "The client was asked for this already, and it is waited for."),
	})
}

// requestAccess asks the client for a code.
func (d *Desk) requestAccess(ctx context.Context, i Interaction) (Answer, error) {
	return d.ask(ctx, i, step{
		do:   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.RequestAccess(i.User, at) },
		done: i.say("Klien dimintai kode OTP. Kodenya nanti tersamar di thread, dan hanya Anda yang dapat membukanya.", "The client is asked for an OTP code. It will be masked in the thread, and only you can reveal it."),
		was:  i.say("Kode OTP sudah diminta dan masih ditunggu dari klien.", "The client was asked for an OTP code already, and it is waited for."),
	})
}

// checking tells the client that it is being looked into.
func (d *Desk) checking(ctx context.Context, i Interaction) (Answer, error) {
	return d.ask(ctx, i, step{
		do:   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Checking(i.User, at) },
		done: i.say("Klien diberi tahu bahwa laporannya sedang dicek.", "The client is told that the report is being looked into."),
		was:  i.say("Klien sudah diberi tahu bahwa laporannya sedang dicek.", "The client was told already that the report is being looked into."),
	})
}

// ask takes a step that tells the client something. Who is not on WhatsApp has to be told
// by a person.
func (d *Desk) ask(ctx context.Context, i Interaction, s step) (Answer, error) {
	var by ticket.Channel
	do := s.do
	s.do = func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		by = t.Channel
		return do(t, at)
	}
	answer, err := d.take(ctx, i, s)
	if err == nil && answer.Text != s.was && by != ticket.WhatsApp {
		answer.Text = i.say("Tercatat. Tiket ini tidak lewat WhatsApp: sampaikan sendiri kepada klien.", "Noted. This ticket is not on WhatsApp: tell the client yourself.")
	}
	return answer, err
}

// toDeveloper is whom an escalation goes to, beside a supervisor.
const toDeveloper = "developer"

// escalateForm asks for the reason, unless it is given.
func (d *Desk) escalateForm(ctx context.Context, i Interaction) (Form, error) {
	if i.Options["to"] == toDeveloper || strings.TrimSpace(i.Options["reason"]) != "" {
		return Form{}, nil
	}
	t, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) { return t.EscalateToSupervisor("-", i.User, i.At) })
	if err != nil {
		return Form{}, err
	}
	if t.Supervisor != "" {
		return Form{}, Refusal(escalatedAlready(i))
	}
	return Form{ID: i.formID(formEscalate), Title: i.say("Eskalasi ke supervisor", "Escalate to a supervisor"), Fields: []Field{
		{ID: "reason", Label: i.say("Apa yang perlu diputuskan?", "What has to be decided?"), Long: true, Least: 1, Most: 1000},
	}}, nil
}

func escalatedAlready(i Interaction) string {
	return i.say("Tiket ini sudah dieskalasi ke supervisor dan menunggu jawabannya.", "This ticket is with a supervisor already, and waits for the answer.")
}

// escalate asks a supervisor, or goes on with the report to developers.
func (d *Desk) escalate(ctx context.Context, i Interaction) (Answer, error) {
	if i.Options["to"] == toDeveloper {
		return d.writeReport(ctx, i)
	}
	reason := cmp.Or(i.Options["reason"], i.Fields["reason"])
	return d.take(ctx, i, step{
		do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			if err := tooLong(reason); err != nil {
				return nil, err
			}
			return t.EscalateToSupervisor(reason, i.User, at)
		},
		done: i.say("Supervisor dipanggil di thread ini. Pekerjaan dapat dilanjutkan sambil menunggu jawabannya.", "A supervisor is called into this thread. The work can go on until the answer comes."),
		was:  escalatedAlready(i),
	})
}

// answerForm asks for the answer to an escalation, unless it is given.
func (d *Desk) answerForm(ctx context.Context, i Interaction) (Form, error) {
	if strings.TrimSpace(i.Options["answer"]) != "" {
		return Form{}, nil
	}
	t, err := d.before(ctx, i, func(*ticket.Ticket) ([]ledger.Event, error) { return nil, nil })
	if err != nil {
		return Form{}, err
	}
	if t.Number != "" && t.Supervisor == "" {
		return Form{}, Refusal(notEscalated(i))
	}
	return Form{ID: i.formID(formAnswer), Title: i.say("Jawab eskalasi", "Answer the escalation"), Fields: []Field{
		{ID: "answer", Label: i.say("Keputusan atau arahan", "Decision or advice"), Long: true, Least: 1, Most: 1000},
	}}, nil
}

func notEscalated(i Interaction) string {
	return i.say("Tidak ada eskalasi yang menunggu jawaban di tiket ini.", "No escalation of this ticket waits for an answer.")
}

// answerEscalation is a supervisor's answer.
func (d *Desk) answerEscalation(ctx context.Context, i Interaction) (Answer, error) {
	answer := strings.TrimSpace(cmp.Or(i.Options["answer"], i.Fields["answer"]))
	if answer == "" {
		return Answer{}, Refusal(i.say("Tuliskan jawabannya.", "Write the answer."))
	}
	return d.take(ctx, i, step{
		do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			if err := tooLong(answer); err != nil {
				return nil, err
			}
			return t.SupervisorAnswered(answer, i.User, at), nil
		},
		done: i.say("Jawaban Anda ada di thread ini.", "Your answer is in this thread."),
		was:  notEscalated(i),
	})
}
