package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/ledger"
)

// bury ends a letter that will not get through, visibly: where a client's words
// cannot be shown, a placeholder takes their place; where an agent's words
// cannot be sent, the message itself gets the reason and a way to retry.
func (c *Courier) bury(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status, se *SendError) error {
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Dead, Reason: se.Reason}
	_, err := c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		id := fmt.Sprintf("dead/%s/%d", l.ID, st.Attempts)
		tx.Log(l.Log, ledger.Event{What: "undeliverable", By: "halo", Ref: l.ID, Data: map[string]string{"reason": se.Reason}})
		why := reasonForStaff(se.Reason)
		switch {
		case strings.HasPrefix(l.ID, "dead/"):
			return nil // the notice itself failed: the list of dead letters still shows it
		case outreachOf(l) != "":
			return c.desk.outreachLost(tx, l, outreachOf(l), why)
		case l.Kind == kindText || l.Kind == kindMedia || l.Kind == kindPoll:
			if err := diedOfFile(tx, l); err != nil {
				return err
			}
			if err := buryText(tx, l, id, why, isLost(se.Reason)); err != nil {
				return err
			}
			return c.desk.lost(tx, l)
		case l.Kind == kindFetch:
			return buryFetch(tx, l, se.Reason)
		case l.Kind == kindReact:
			return buryReact(tx, l, id, why)
		case l.Kind == kindSign:
			return burySign(tx, l, id)
		case l.Kind == kindChange || l.Kind == kindRevoke:
			return buryChange(tx, l, id, why)
		case l.Kind == kindSay || l.Kind == kindEdit:
			tx.SendFirst(letter(id, l.Lane, l.Log, kindSay, sayBody{
				Content: "⚠️ Pesan `" + Clean(l.ID, 80) + "` tidak dapat ditampilkan: " + why + ".",
			}))
		case l.Kind == kindArrange:
			tx.Send(OpsNote(id, "⚠️ Tanda pada post laporan "+l.Log+" tidak dapat diubah: "+why+". Ubahlah dengan tangan."))
		case l.Kind == kindTags:
			tx.Send(OpsNote(id, "⚠️ Tanda pada post tiket "+l.Log+" tidak dapat diubah: "+why+". Ubahlah dengan tangan."))
		}
		return nil
	})
	return err
}

// isLost reports whether a file's letter died because there is no file: to send it
// again would end the same way.
func isLost(reason string) bool {
	for fault, r := range fileRefusals {
		if fault != "" && r == reason && r != reasonNotFetched {
			return true
		}
	}
	return false
}

func buryText(tx *ledger.Tx, l ledger.Letter, id, why string, lost bool) error {
	if l.Log == ledger.DeskLog { // it belongs to no ticket
		tx.Send(OpsNote(id, "❌ Teks otomatis untuk seorang klien tanpa tiket tidak terkirim: "+why+"."))
		return nil
	}
	if isSurvey(l.Log) { // it has no thread
		tx.Send(letter(id, ChannelLane("intake"), ledger.DeskLog, kindSay, sayBody{Content: "❌ Pesan survei `" + l.Log + "` tidak terkirim ke klien: " + why + ". Bila perlu, tanyakan lewat telepon dan catat dengan `/survey enter`."}))
		return nil
	}
	message, _, _ := staffMessageOf(l.ID)
	content := "❌ Tidak terkirim ke klien: " + why + ". *Kirim ulang* mengirimnya sekali lagi, dengan teks terbaru bila pesan ini diubah."
	if words := excerpt(wordsOf(l), 60); message == "" && words != "" { // no message shows which one is meant
		content = "❌ Tidak terkirim ke klien: “" + words + "”, karena " + why + ". *Kirim ulang* mengirimnya sekali lagi."
	}
	n := noticeWithRetry(l, id, message, content)
	if lost {
		n = noticeOn(l.Log, id, message, "❌ Berkas "+fileNameOf(tx, l)+"tidak terkirim ke klien: "+why+". Bila perlu, kirimkan dalam bentuk lain sebagai pesan baru.")
	}
	tx.Send(n)
	if err := notify(tx, l, n); err != nil {
		return err
	}
	return RefreshMark(tx, l.Log, l.ID)
}

// fileNameOf is the name of a letter's file for a sentence, "" for none.
func fileNameOf(tx *ledger.Tx, l ledger.Letter) string {
	var body mediaBody
	if json.Unmarshal(l.Body, &body) != nil {
		return ""
	}
	f, ok, err := loadFile(tx, body.Key)
	if err != nil || !ok || f.Name == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(Clean(f.Name, 80), "`", "'") + "` "
}

// buryFetch records that a file was given up.
func buryFetch(tx *ledger.Tx, l ledger.Letter, reason string) error {
	var body fetchBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	return closeFile(tx, body.Key, func(f *filed) { f.State, f.Reason, f.Dead = fileFailed, reason, l.ID })
}

// diedOfFile notes on a file that was given up that its message is dead too.
func diedOfFile(tx *ledger.Tx, l ledger.Letter) error {
	var body mediaBody
	if l.Kind != kindMedia || json.Unmarshal(l.Body, &body) != nil {
		return nil
	}
	f, ok, err := loadFile(tx, body.Key)
	if err != nil || !ok || f.State != fileFailed || f.Dead == "" {
		return err
	}
	f.Told = true
	return f.save(tx, body.Key)
}

func buryReact(tx *ledger.Tx, l ledger.Letter, id, why string) error {
	var body reactBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	tx.Send(noticeOn(l.Log, id, body.Message, "⚠️ Reaksi "+ToDiscord(Clean(body.Reaction.Emoji, 20))+" tidak sampai ke klien: "+why+"."))
	return nil
}

// burySign says in words what could not be shown as a sign.
func burySign(tx *ledger.Tx, l ledger.Letter, id string) error {
	var body signBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	if !body.On || body.Emoji == signDeleted {
		return nil
	}
	tx.SendFirst(letter(id, l.Lane, l.Log, kindSay, sayBody{
		Content: "💬 *Reaksi dari WhatsApp:* " + ToDiscord(Clean(body.Emoji, 20)), ReplyTo: body.Message, Answers: body.Of,
	}))
	return nil
}

func buryChange(tx *ledger.Tx, l ledger.Letter, id, why string) error {
	var body changeBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	content := "❌ Perubahan pesan ini tidak sampai ke klien: " + why + ". Klien masih melihat teks semula."
	if l.Kind == kindRevoke {
		content = "❌ Pesan “" + ToDiscord(body.Text) + "” tidak dapat ditarik dari klien: " + why + ". Klien masih melihatnya."
	}
	n := noticeWithRetry(l, id, body.Message, content)
	tx.Send(n)
	return notify(tx, l, n)
}

// RetryPrefix starts the custom id of every Retry button; the letter's id follows.
const RetryPrefix = "retry:"

func noticeWithRetry(l ledger.Letter, id, message, content string) ledger.Letter {
	return letter(id, ThreadLane(l.Log), l.Log, kindSay, sayBody{
		Content: content,
		ReplyTo: message,
		Buttons: []Button{{ID: RetryPrefix + l.ID, Label: "Kirim ulang", Emoji: "🔁", Style: "primary"}},
	})
}

// kindNotices documents list, by letter, the notices that say that it died.
const kindNotices ledger.Kind = "notices"

// notify remembers that a notice tells of a letter's death.
func notify(tx *ledger.Tx, l, notice ledger.Letter) error {
	ref := ledger.Ref{Kind: kindNotices, ID: l.ID}
	all, err := noticesOf(tx, ref)
	if err != nil {
		return err
	}
	data, err := json.Marshal(append(all, notice.ID))
	if err != nil {
		return fmt.Errorf("encode notices of letter %s: %w", l.ID, err)
	}
	return tx.Put(ref, data)
}

func noticesOf(tx *ledger.Tx, ref ledger.Ref) (all []string, err error) {
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
	}
	return all, nil
}

// overcome makes the notices of a letter's death say that it arrived after all.
func overcome(tx *ledger.Tx, l ledger.Letter) error {
	ref := ledger.Ref{Kind: kindNotices, ID: l.ID}
	all, err := noticesOf(tx, ref)
	if err != nil || all == nil {
		return err
	}
	said := "✅ Terkirim ke klien setelah dikirim ulang."
	if l.Kind == kindChange || l.Kind == kindRevoke {
		said = "✅ Perubahannya sampai ke klien setelah dikirim ulang."
	}
	for _, n := range all {
		tx.Send(conclude(n+"/sent", ThreadLane(l.Log), l.Log, n, said))
	}
	return tx.Put(ref, nil)
}
