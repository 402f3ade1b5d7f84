package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A step is one transition of the ticket of a thread, and how it is answered.
type step struct {
	do   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)
	done string // to whom the thread does not show it at once
	was  string // when nothing had to change
}

// take takes a step of the ticket in whose thread it was asked for. What was done by a
// button below a message of the thread shows there; a command is answered.
func (d *Desk) take(ctx context.Context, i Interaction, s step) (Answer, error) {
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return s.do(t, tx.Now())
	})
	if err != nil {
		return Answer{}, err
	}
	return s.answer(i, t), nil
}

func (s step) answer(i Interaction, t changed) Answer {
	switch {
	case len(t.Events) == 0:
		return Answer{Text: s.was}
	case i.shows():
		return Answer{}
	}
	return Answer{Text: s.done}
}

// aside ends the id of a button that stands below an answer, which only one person sees,
// and of the form it opens: what it does is said there, so that the answer does not stay
// with buttons that are over.
const aside = ":aside"

// shows reports whether the person looks at the thread, in which the outcome appears.
func (i Interaction) shows() bool {
	return i.Message != "" && !strings.HasSuffix(i.Button, aside) && !strings.HasSuffix(i.Form, aside)
}

// formID is the id of the form that an interaction opens.
func (i Interaction) formID(id string) string {
	if strings.HasSuffix(i.Button, aside) {
		return id + aside
	}
	return id
}

// arg is what an id says beyond the beginning that names the action: "easy" of
// "t:class:easy".
func arg(id, name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(id, aside), name), ":")
}

// meant is what an interaction names: in the id of the form that was filled in or the button
// that was pressed, or in an option of the command. "" for nothing.
func (i Interaction) meant(form, button, option string) string {
	switch {
	case i.Form != "":
		return arg(i.Form, form)
	case i.Button != "":
		return arg(i.Button, button)
	}
	return i.Options[option]
}

// glance bounds the look at a ticket before a form opens, so that it opens also when the
// store is slow.
const glance = 400 * time.Millisecond

// before looks whether a step may be taken, before its form opens: whoever fills one in
// should not do so in vain. It returns the ticket as it stands, or an empty one when the
// store does not say in time; then what was filled in is refused, if need be.
func (d *Desk) before(ctx context.Context, i Interaction, do func(t *ticket.Ticket) ([]ledger.Event, error)) (ticket.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	t, err := d.here(ctx, i)
	if _, refused := errors.AsType[Refusal](err); refused {
		return t, err
	}
	if err != nil {
		return ticket.Ticket{}, nil // the form opens all the same
	}
	tried := t
	_, err = do(&tried)
	return t, d.led(i, err)
}

// A wayOn is a refusal with the buttons that lead on.
type wayOn struct {
	Refusal
	buttons []Button
}

func (w wayOn) Unwrap() error { return w.Refusal }

// led is said, with the buttons of the way on, as far as the person may use them. It is
// for the ticket in whose thread something was asked for.
func (d *Desk) led(i Interaction, err error) error {
	said := d.said(i, err)
	r, ok := errors.AsType[*ticket.Refusal](err)
	if !ok {
		return said
	}
	buttons := d.answerable(i, ways(i, r.Key))
	if text, ok := errors.AsType[Refusal](said); ok && len(buttons) > 0 {
		return wayOn{text, buttons}
	}
	return said
}

// ways are the steps that make what a rule forbids possible, by the rule.
func ways(i Interaction, rule string) []Button {
	switch rule {
	case "not_accepted":
		return []Button{{ID: buttonAccept + aside, Label: i.say("Terima", "Accept"), Emoji: "✋", Style: "success"}}
	case "not_classified":
		return classButtons(":resolve" + aside)
	case "not_escalated":
		report := Button{ID: buttonReport, Label: i.say("Eskalasi ke developer", "Escalate to developers"), Emoji: "🛠️", Style: "primary"}
		return append([]Button{report}, raiseButtons(i)...)
	case "report_open":
		return []Button{reportsButton(i)}
	case "not_resolved":
		return []Button{
			{ID: buttonResolve + aside, Label: i.say("Selesaikan", "Resolve"), Emoji: "✅", Style: "success"},
			{ID: buttonDrop + aside, Label: i.say("Tutup tanpa penyelesaian", "Close without a resolution"), Emoji: "🗑️"},
		}
	case "resolved":
		return []Button{
			{ID: buttonReopen + aside, Label: i.say("Buka kembali", "Re-open"), Emoji: "🔓", Style: "primary"},
			{ID: buttonClose + aside, Label: i.say("Tutup", "Close"), Emoji: "🔒"},
		}
	case "closed":
		return []Button{{ID: buttonReopen + aside, Label: i.say("Buka kembali", "Re-open"), Emoji: "🔓", Style: "primary"}}
	case "taken":
		return []Button{{ID: buttonTakeOver, Label: i.say("Ambil alih", "Take over"), Emoji: "🔁"}}
	case "schedule_full":
		return []Button{{ID: buttonScheduled, Label: i.say("Terjadwal", "Scheduled"), Emoji: "📋"}}
	case "no_claim":
		return []Button{{ID: buttonWarranty + ":" + warrantyClaim + aside, Label: i.say("Catat klaim garansi", "Record a warranty claim"), Emoji: "🛡️", Style: "primary"}}
	case "claim_open":
		return decideButtons(i, aside)
	}
	return nil
}

// typedMost is how many runes of what was typed are given back: an answer has 2000.
const typedMost = 1700

// shortTyped is how many bytes of a command's option are typed again without a sigh.
const shortTyped = 30

// typed gives back what was filled into a form that came to nothing, and what is long of
// a command: Discord forgets it.
func typed(i Interaction) string {
	fields, least := i.Fields, 1
	if i.Form == "" {
		fields, least = i.Options, shortTyped
	}
	var all []string
	for _, id := range slices.Sorted(maps.Keys(fields)) {
		if text := strings.TrimSpace(fields[id]); len(text) >= least {
			all = append(all, strings.ReplaceAll(text, "```", "'''"))
		}
	}
	if len(all) == 0 {
		return ""
	}
	text := []rune(strings.Join(all, "\n\n"))
	return i.say("\n\nYang sudah ditulis, untuk disalin:", "\n\nWhat you wrote, to be copied:") + "\n```\n" + string(text[:min(len(text), typedMost)]) + "\n```"
}

// tooLong refuses a text that no rule of package ticket bounds, because it stays in the log.
func tooLong(text string) error {
	if len(text) > mostWords {
		return &ticket.Refusal{Key: "too_long"}
	}
	return nil
}

// mostWords is how long such a text may be, in bytes.
const mostWords = 2000
