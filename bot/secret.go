package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// secretActions are those about codes and passwords that clients sent. Who may look is
// decided by the ticket alone, and whoever tries is recorded.
func secretActions() actions {
	return actions{buttons: map[string]action{
		bridge.SecretPrefix:      {anybody: true, do: (*Desk).secret},
		bridge.SecretAgainPrefix: {may: staff, do: (*Desk).secretAgain},
	}}
}

// secret shows what the client sent, to the ticket's agent and nobody else.
func (d *Desk) secret(ctx context.Context, i Interaction) (Answer, error) {
	number, id, ok := strings.Cut(strings.TrimPrefix(i.Button, bridge.SecretPrefix), ":")
	if !ok {
		return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
	}
	var look struct {
		refused, shown, done bool
		agent                string
		words                []string
		until                time.Time
		left                 time.Duration
	}
	_, err := d.changeOf(ctx, i, number, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) (_ []ledger.Event, err error) {
		e := ledger.Event{At: tx.Now(), What: "secret_shown", By: i.User, Ref: id}
		look.agent, look.refused, look.shown, look.done = t.Agent, false, false, true
		if holder, err := d.holder(tx, *t); err != nil {
			return nil, err
		} else if holder == "" || holder != i.User || !d.may(i, staff) {
			e.What, look.agent, look.refused = "secret_refused", holder, true
			return []ledger.Event{e}, nil
		}
		if look.words, look.until, look.shown, err = d.bridge.Reveal(tx, number, id); err != nil || !look.shown {
			return nil, err
		}
		look.left = look.until.Sub(tx.Now())
		return []ledger.Event{e}, nil
	})
	again := []Button{{ID: bridge.SecretAgainPrefix + number, Label: i.say("Minta kode lagi", "Ask again"), Emoji: "🔁", Style: "primary"}}
	switch {
	case err != nil:
		return Answer{}, err
	case !look.done:
		return Answer{}, Refusal(i.say("Tekan tombolnya sekali lagi.", "Please press the button once more."))
	case look.refused && look.agent == "":
		return Answer{}, Refusal(i.say("Belum ada yang menangani tiket ini. Hanya agen yang menanganinya dapat melihat kode ini; tekan Terima lebih dulu. Percobaan ini dicatat.",
			"Nobody handles this ticket yet. Only the agent who does can see this code; accept the ticket first. This attempt is recorded."))
	case look.refused:
		return Answer{}, Refusal(i.say("Hanya <@"+look.agent+"> yang dapat melihat kode ini. Mintalah tiketnya dialihkan bila perlu. Percobaan ini dicatat.",
			"Only <@"+look.agent+"> can see this code. Ask for the ticket to be handed over if you need it. This attempt is recorded."))
	case !look.shown:
		return Answer{
			Text: i.say("🔒 Kode ini tidak dapat dibaca lagi: waktunya habis, atau sistem baru dinyalakan ulang. Mintalah klien mengirimnya kembali.",
				"🔒 This code can no longer be read: its time is over, or the system was restarted. Ask the client to send it again."),
			Buttons: again,
		}, nil
	}
	return Answer{
		Text: i.say("🔑 Hanya Anda yang melihat ini, sampai ", "🔑 Only you see this, until ") + stamp(look.until, "t") + ".\n" + shown(look.words),
		Follow: covered(look.left, Answer{
			Text: i.say("🔒 Kode ini sudah ditutup. Bila masih diperlukan, mintalah klien mengirimnya kembali.", "🔒 This code is covered again. If it is still needed, ask the client to send it again."), Buttons: again,
		}),
	}, nil
}

// covered shows another answer in the place of one that may be seen for so long, or for
// as long as it can be changed.
func covered(left time.Duration, over Answer) func(ctx context.Context, show func(Answer) error) {
	return func(ctx context.Context, show func(Answer) error) {
		ctx, cancel := context.WithTimeout(ctx, left)
		defer cancel()
		<-ctx.Done()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) { // else the program ends, and does not wait for this
			_ = show(over) // what was dismissed meanwhile cannot be changed
		}
	}
}

// holder is who has a ticket, or the one it was merged into.
func (d *Desk) holder(tx *ledger.Tx, t ticket.Ticket) (string, error) {
	for range 8 { // merged tickets of tickets
		if t.MergedInto == "" {
			break
		}
		next, ok, err := ticket.Load(tx, t.MergedInto)
		if err != nil {
			return "", err
		}
		if !ok {
			break
		}
		t = next
	}
	return t.Agent, nil
}

// mostShown is how much of the words an answer has room for, in bytes.
const mostShown = 1700

// shown are the words of a client as they are, ready to be copied. Of long ones only the
// secrets themselves are shown.
func shown(words []string) string {
	all := strings.Join(words, "\n")
	if len(all) > mostShown {
		var found []string
		for _, w := range words {
			spans := ticket.FindSecrets(w)
			for _, s := range spans {
				found = append(found, w[s.From:s.To])
			}
			if len(spans) == 0 {
				found = append(found, w)
			}
		}
		all = strings.Join(found, "\n")
	}
	for len(all) > mostShown {
		all = strings.ToValidUTF8(all[:mostShown], "") // beyond it there is no code
	}
	if strings.Contains(all, "```") {
		return bridge.ToDiscord(all)
	}
	return "```\n" + all + "\n```"
}

// secretAgain asks the client for a code that can be read no more.
func (d *Desk) secretAgain(ctx context.Context, i Interaction) (Answer, error) {
	number := strings.TrimPrefix(i.Button, bridge.SecretAgainPrefix)
	asked, err := d.changeOf(ctx, i, number, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if t.Agent != "" && t.Agent != i.User {
			return nil, errNotHis(t.Agent)
		}
		events, err := t.RequestAccess(i.User, tx.Now())
		for n := range events {
			events[n].Data = map[string]string{"again": "yes"}
		}
		return events, err
	})
	if his, ok := errors.AsType[errNotHis](err); ok {
		return Answer{}, Refusal(i.say("Hanya <@"+string(his)+">, agen tiket ini, yang dapat meminta kodenya.", "Only <@"+string(his)+">, this ticket's agent, can ask for the code."))
	}
	switch {
	case err != nil:
		return Answer{}, err
	case len(asked.Events) == 0:
		return Answer{Text: i.say("Kodenya sudah diminta. Begitu klien mengirimnya, tombolnya muncul di thread ini.", "The code has been asked for. Once the client sends it, its button appears in this thread.")}, nil
	}
	return Answer{Text: i.say("🔁 Klien diminta mengirim kodenya lagi.", "🔁 The client is asked to send the code again.")}, nil
}

// errNotHis is a ticket that somebody else has.
type errNotHis string

func (e errNotHis) Error() string { return "somebody else has the ticket" }
