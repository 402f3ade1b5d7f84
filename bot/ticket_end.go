package bot

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// How long a summary and a solution may be, in characters (see package ticket).
const (
	mostSummary  = 600
	mostSolution = 1200
)

// resolveForm asks for summary and solution, unless both are given. What is there already
// is in it.
func (d *Desk) resolveForm(ctx context.Context, i Interaction) (Form, error) {
	summary, solution := strings.TrimSpace(i.Options["summary"]), strings.TrimSpace(i.Options["solution"])
	if summary != "" && solution != "" {
		return Form{}, nil
	}
	t, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
		if t.State == ticket.Resolved {
			return nil, &ticket.Refusal{Key: "resolved"}
		}
		return t.Resolve("-", "-", i.User, i.At)
	})
	if err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formResolve), Title: i.say("Selesaikan tiket", "Resolve the ticket"), Fields: []Field{
		{ID: "summary", Label: i.say("Ringkasan kendala", "Summary of the concern"), Value: cmp.Or(summary, t.Summary), Long: true, Least: 1, Most: mostSummary},
		{ID: "solution", Label: i.say("Solusi yang diberikan", "Solution that was given"), Value: cmp.Or(solution, t.Solution), Long: true, Least: 1, Most: mostSolution},
	}}, nil
}

// resolve ends the work.
func (d *Desk) resolve(ctx context.Context, i Interaction) (Answer, error) {
	summary, solution := cmp.Or(i.Options["summary"], i.Fields["summary"]), cmp.Or(i.Options["solution"], i.Fields["solution"])
	return d.take(ctx, i, step{
		do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return t.Resolve(summary, solution, i.User, at)
		},
		done: i.say("✅ Tiket ini diselesaikan. Klien menerima kalimat penutupnya.", "✅ This ticket is resolved. The client gets the closing sentence."),
		was:  i.say("Tiket ini sudah diselesaikan.", "This ticket is resolved already."),
	})
}

// close closes the ticket of the thread: a resolved one, or one that needs no resolution.
func (d *Desk) close(ctx context.Context, i Interaction) (Answer, error) {
	reason := cmp.Or(i.Options["reason"], i.Fields["reason"])
	return d.end(ctx, i, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Drop(reason, i.User, at) })
}

// closeResolved closes a resolved ticket without waiting for the client.
func (d *Desk) closeResolved(ctx context.Context, i Interaction) (Answer, error) {
	return d.end(ctx, i, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Close(i.User, at) })
}

func (d *Desk) end(ctx context.Context, i Interaction, do func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)) (Answer, error) {
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return do(t, tx.Now())
	})
	if err != nil {
		return Answer{}, err
	}
	s := step{
		done: i.say("Tiket "+t.Number+" ditutup.", "Ticket "+t.Number+" is closed."),
		was:  i.say("Tiket "+t.Number+" sudah ditutup.", "Ticket "+t.Number+" is closed already."),
	}
	return s.answer(i, t), nil
}

// dropForm asks why a ticket needs no resolution.
func (d *Desk) dropForm(ctx context.Context, i Interaction) (Form, error) {
	_, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
		if t.State == ticket.Closed {
			return nil, &ticket.Refusal{Key: "closed"}
		}
		return t.Drop("-", i.User, i.At)
	})
	if err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formDrop), Title: i.say("Tutup tanpa penyelesaian", "Close without a resolution"), Fields: []Field{
		{ID: "reason", Label: i.say("Alasan", "Reason"), Hint: i.say("Misalnya: spam, salah kirim", "Such as: spam, a slip"), Least: 1, Most: 200},
	}}, nil
}

// reopen takes the work up again.
func (d *Desk) reopen(ctx context.Context, i Interaction) (Answer, error) {
	return d.take(ctx, i, step{
		do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
			return t.Reopen(i.Options["reason"], i.User, at)
		},
		done: i.say("🔓 Tiket ini dibuka kembali.", "🔓 This ticket is open again."),
		was:  i.say("Tiket ini memang masih terbuka.", "This ticket is open."),
	})
}

// reviewForm asks what the review of a low rating found.
func (d *Desk) reviewForm(ctx context.Context, i Interaction) (Form, error) {
	number := arg(i.Button, buttonReview)
	id := formReview
	if number != "" {
		id += ":" + number
	} else if _, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
		if t.Rating.Review == ticket.ReviewDone {
			return nil, &ticket.Refusal{Key: "no_review"}
		}
		return t.FinishReview("-", i.User, i.At)
	}); err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(id), Title: i.say("Tinjauan penilaian rendah", "Review of a low rating"), Fields: []Field{
		{ID: "finding", Label: i.say("Temuan dan tindak lanjut", "Finding, and what is done about it"), Long: true, Least: 1, Most: 1000},
	}}, nil
}

// review ends the review of a low rating.
func (d *Desk) review(ctx context.Context, i Interaction) (Answer, error) {
	finding := i.Fields["finding"]
	fn := func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if err := tooLong(finding); err != nil {
			return nil, err
		}
		return t.FinishReview(finding, i.User, tx.Now())
	}
	s := step{
		done: i.say("Tinjauan tercatat.", "The review is recorded."),
		was:  i.say("Tinjauan ini sudah selesai.", "This review is done already."),
	}
	var t changed
	var err error
	if number := arg(i.Form, formReview); number != "" {
		t, err = d.changeOf(ctx, i, number, "", fn)
	} else {
		t, err = d.change(ctx, i, "", fn)
	}
	if err != nil {
		return Answer{}, err
	}
	return s.answer(i, t), nil
}
