package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// sent records that the network took a letter, with what follows from it.
func (c *Courier) sent(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status, ext string) error {
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent, Ext: ext}
	_, err := c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		switch l.Kind {
		case kindPost:
			return posted(tx, l.Log, ext)
		case kindSay:
			return tx.Put(ledger.Ref{Kind: kindSaidLast, ID: l.Lane}, []byte(ext))
		case kindText:
			return answered(tx, l)
		}
		return nil
	})
	if err == nil && l.Kind == kindPost && st.Tried() {
		c.board.CatchUp(ext) // somebody may have written in it before we knew it
	}
	return err
}

// posted ties the new thread to its ticket.
func posted(tx *ledger.Tx, number, thread string) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok {
		return err
	}
	t.Thread = thread
	// The starter message has the thread's id: reading starts after it.
	if err := (ticket.Thread{ID: thread, Ticket: number, Cursor: thread}).Save(tx); err != nil {
		return err
	}
	if err := tx.Put(ledger.Ref{Kind: kindSaidLast, ID: ThreadLane(number)}, []byte(thread)); err != nil {
		return err
	}
	tx.Log(number, ledger.Event{What: "posted", By: "halo", Ref: thread})
	return t.Save(tx)
}

// answered notes the first human answer that WhatsApp took, and shows how far
// the agent's message has come.
func answered(tx *ledger.Tx, l ledger.Letter) error {
	message, parts, byAgent := staffMessageOf(l.ID)
	if !byAgent {
		return nil
	}
	t, ok, err := ticket.Load(tx, l.Log)
	if err != nil || !ok {
		return err
	}
	tx.Refresh(stateView(t.Number, t.Thread, message, parts))
	if !t.Responded.IsZero() || t.State == ticket.Closed {
		return nil
	}
	var body textBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	t.Respond(body.By, tx.Now())
	tx.Log(t.Number, ledger.Event{What: "responded", By: body.By, Ref: l.Ext})
	tx.Send(Tags(t.Number, "tag/"+t.Number+"/assigned", t.Tag(), false))
	return t.Save(tx)
}

// bury ends a letter that will not get through, visibly: where a client's words
// cannot be shown, a placeholder takes their place; where an agent's words
// cannot be sent, the message itself gets the reason and a way to retry.
func (c *Courier) bury(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status, se *SendError) error {
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Dead, Reason: se.Reason}
	_, err := c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		id := fmt.Sprintf("dead/%s/%d", l.ID, st.Attempts)
		tx.Log(l.Log, ledger.Event{What: "undeliverable", By: "halo", Ref: l.ID, Data: map[string]string{"reason": se.Reason}})
		switch {
		case strings.HasPrefix(l.ID, "dead/"):
			return nil // the notice itself failed: the list of dead letters still shows it
		case l.Kind == kindText:
			return buryText(tx, l, id, se)
		case l.Kind == kindSay:
			tx.SendFirst(letter(id, l.Lane, l.Log, kindSay, sayBody{
				Content: "⚠️ Pesan `" + Clean(l.ID, 80) + "` tidak dapat ditampilkan: " + ToDiscord(se.Reason) + ".",
			}))
		case l.Kind == kindPost:
			tx.Send(letter(id, ChannelLane("ops"), ledger.DeskLog, kindSay, sayBody{
				Content: "⚠️ Post untuk tiket " + l.Log + " tidak dapat dibuat: " + ToDiscord(se.Reason) + ".",
				Buttons: []Button{retryButton(l)},
			}))
		}
		return nil
	})
	return err
}

func buryText(tx *ledger.Tx, l ledger.Letter, id string, se *SendError) error {
	message, parts, byAgent := staffMessageOf(l.ID)
	tx.Send(letter(id, ThreadLane(l.Log), l.Log, kindSay, sayBody{
		Content: "❌ Tidak terkirim ke klien: " + ToDiscord(se.Reason) + ". Perbaiki bila perlu, lalu tekan *Kirim ulang*.",
		ReplyTo: message,
		Buttons: []Button{retryButton(l)},
	}))
	if !byAgent {
		return nil
	}
	t, ok, err := ticket.Load(tx, l.Log)
	if err != nil || !ok {
		return err
	}
	tx.Refresh(stateView(t.Number, t.Thread, message, parts))
	return nil
}

// RetryPrefix starts the custom id of every Retry button; the letter's id follows.
const RetryPrefix = "retry:"

func retryButton(l ledger.Letter) Button {
	return Button{ID: RetryPrefix + l.ID, Label: "Kirim ulang", Emoji: "🔁", Style: "primary"}
}

// reopenThread asks for a new post when somebody deleted the ticket's thread;
// the letter stays in the lane, behind the new post.
func (c *Courier) reopenThread(ctx context.Context, lease ledger.Lease, l ledger.Letter, se *SendError) (more bool, err error) {
	number := strings.TrimPrefix(l.Lane, laneThread)
	if err := c.outbox.Nack(ctx, lease.Epoch, l, time.Now(), se.Reason, false); err != nil {
		return false, fmt.Errorf("put letter %s back: %w", l.ID, err)
	}
	hold := ledger.Hold{Letter: l, Epoch: lease.Epoch}
	_, err = c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		t, ok, err := ticket.Load(tx, number)
		if err != nil || !ok || t.Thread == "" {
			return err
		}
		tx.Log(number, ledger.Event{What: "thread_lost", By: "discord", Ref: t.Thread})
		t.Thread = ""
		t.Posts++
		tx.SendFirst(OpenPost(number, t.Posts))
		return t.Save(tx)
	})
	return err == nil, err
}

// refreshState shows anew how far an agent's message has come.
func (c *Courier) refreshState(ctx context.Context, number, message string, parts int) error {
	_, err := c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		t, ok, err := ticket.Load(tx, number)
		if err != nil || !ok || t.Thread == "" {
			return err
		}
		tx.Refresh(stateView(number, t.Thread, message, parts))
		return nil
	})
	return err
}
