package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
)

// carriesFiles reports whether a say letter may have files.
func carriesFiles(l ledger.Letter) bool {
	return bytes.Contains(l.Body, []byte(`"files":`)) || bytes.Contains(l.Body, []byte(`"album":`))
}

// deliverContent sends the client what is not plain words.
func (c *Courier) deliverContent(ctx context.Context, l ledger.Letter, st ledger.Status) error {
	var other rewording
	if st.Tried() || !l.NotBefore.IsZero() {
		// It may have waited, or died, and been retried after its message was changed or deleted.
		var err error
		if other, err = c.reworded(ctx, l.ID); err != nil {
			return err
		}
		if other.Gone {
			return refused(reasonDeleted)
		}
	}
	to, err := c.client(ctx, l)
	if err != nil {
		return err
	}
	if l.Kind == kindRead {
		var body readBody
		if err := json.Unmarshal(l.Body, &body); err != nil {
			return refused("the letter cannot be read: %v", err)
		}
		err := c.phone.MarkRead(ctx, to, body.IDs, l.At)
		if se, ok := errors.AsType[*SendError](err); ok && se.Certainty == Blocked || ctx.Err() != nil {
			return err
		}
		return nil // an answer behind it matters more
	}
	o, err := c.outgoing(ctx, l)
	if err != nil {
		return err
	}
	if o.Quote, err = c.quotable(ctx, o.Quote); err != nil {
		return err
	}
	if o.Media != nil && other.Text != "" {
		o.Text = other.Text
	}
	return c.phone.Send(ctx, to, l.Ext, o)
}

// outgoing is what a letter says on WhatsApp.
func (c *Courier) outgoing(ctx context.Context, l ledger.Letter) (o Outgoing, err error) {
	switch l.Kind {
	case kindPoll:
		var body pollBody
		err = json.Unmarshal(l.Body, &body)
		o.Poll, o.Quote = &body.Poll, body.Quote
	case kindReact:
		var body reactBody
		err = json.Unmarshal(l.Body, &body)
		o.Reaction = &body.Reaction
	case kindMedia:
		var body mediaBody
		if err = json.Unmarshal(l.Body, &body); err != nil {
			break
		}
		f, err := c.file(ctx, body.Key)
		if err != nil {
			return o, err
		}
		if f.Sending == nil {
			return o, refused("its file was not uploaded")
		}
		up := f.Sending
		o.Text, o.Quote = body.Text, body.Quote
		o.Media = &Upload{
			Kind: up.Kind, Name: c.cfg.Library.Name(f.Name, up.File.MIME), MIME: up.File.MIME, Size: up.File.Size,
			Length: up.File.Length, Width: up.File.Width, Height: up.File.Height, Animated: up.File.Animated, Ref: up.Ref,
		}
	}
	if err != nil {
		return o, refused("the letter cannot be read: %v", err)
	}
	return o, nil
}

const (
	// uploadGood is how long an upload is taken to be there: WhatsApp keeps files for
	// weeks, and a letter may have died in between.
	uploadGood = 3 * 24 * time.Hour
	// staffPatience is how long a client's lane waits for a file from Discord.
	staffPatience = 5 * time.Minute
	staffGrace    = 20 * time.Second
	// cutsTake is the least time after which an upload that is cut again and again is
	// given up.
	cutsTake = 3 * time.Minute
)

// upload makes sure that the file of a letter is with WhatsApp, and keeps the answer
// before anything is sent: a retry uses it again.
func (c *Courier) upload(ctx context.Context, l ledger.Letter, st ledger.Status) error {
	var body mediaBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return refused("the letter cannot be read: %v", err)
	}
	f, err := c.file(ctx, body.Key)
	switch {
	case err != nil:
		return err
	case f.State == fileFailed && f.Told:
		return c.fetchAgain(ctx, l, body.Key)
	case f.State == filePending && c.waitedFor(l, st, staffPatience, staffGrace) && c.desk.now().Sub(time.UnixMilli(f.Again)) >= staffPatience:
		return refused(reasonNotFetched)
	case f.State == filePending:
		return errWaitsForFile(fileWait(st.First))
	case f.State == fileFailed:
		return &SendError{Certainty: Refused, Reason: fileRefusals[f.Fault]}
	case f.Sending != nil && c.desk.now().Sub(time.UnixMilli(f.Sending.At)) < uploadGood:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	up, err := c.hand(ctx, f, body.Text != "")
	if err != nil {
		return c.cutOff(l, st, err)
	}
	c.cuts.forget(l.ID)
	hold := ledger.Hold{Letter: l, Epoch: c.lease().Epoch}
	_, err = c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		f, ok, err := loadFile(tx, body.Key)
		if err != nil || !ok {
			return err
		}
		f.Sending = &up
		return f.save(tx, body.Key)
	})
	if err != nil {
		return &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	if err := c.cfg.Failpoint.Hit("w.uploaded"); err != nil {
		return crashError{err}
	}
	return nil
}

// fetchAgain asks once more for a file that was given up: somebody sends its message again.
func (c *Courier) fetchAgain(ctx context.Context, l ledger.Letter, key string) error {
	hold := ledger.Hold{Letter: l, Epoch: c.lease().Epoch}
	_, err := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		f, ok, err := loadFile(tx, key)
		if err != nil || !ok || f.State != fileFailed || !f.Told {
			return err
		}
		f.Told = false
		_, dead, err := tx.Revive(f.Dead)
		if err != nil {
			return err
		}
		if dead {
			f.State, f.Again = filePending, tx.Now().UnixMilli()
		}
		return f.save(tx, key)
	})
	if err != nil {
		return &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	return errWaitsForFile(fileWait(time.Time{}))
}

// cutOff bounds how often an upload may break off while WhatsApp is there otherwise:
// what is behind it in the lane waits.
func (c *Courier) cutOff(l ledger.Letter, st ledger.Status, err error) error {
	se, ok := errors.AsType[*SendError](err)
	if !ok || !se.Outage || !c.phone.Ready() {
		return err
	}
	if !c.cuts.add(l.ID) || st.First.IsZero() || time.Since(st.First) < cutsTake {
		return err
	}
	c.cuts.forget(l.ID)
	return &SendError{Certainty: Refused, Reason: reasonCut, Err: err}
}

// hand gives a file to WhatsApp, in the form in which it goes there.
func (c *Courier) hand(ctx context.Context, f filed, captioned bool) (up sending, err error) {
	up = sending{File: f.Stored, At: c.desk.now().UnixMilli()}
	up.Kind = sendingKind(f, captioned)
	if up.Kind == KindVoice {
		voice, err := c.cfg.Library.Voice(ctx, f.Stored.Hash)
		if err != nil && ctx.Err() != nil {
			return up, &SendError{Certainty: NotSent, Outage: true, Reason: "it took too long to make a voice note", Err: err}
		}
		if up.File = voice; err != nil {
			c.log.Info("no voice note can be made", zap.Error(err))
			up.File, up.Kind, up.Silent = f.Stored, KindAudio, true
		}
	}
	r, err := c.cfg.Library.Open(up.File.Hash)
	if err != nil {
		return up, refused(reasonNotFetched)
	}
	defer r.Close()
	err = c.guarded(func() (err error) {
		up.Ref, err = c.phone.Upload(ctx, up.Kind, r)
		return err
	})
	if fault, ok := errors.AsType[*MediaError](err); ok {
		return up, &SendError{Certainty: Refused, Reason: fileRefusals[fault.Fault], Err: err}
	}
	return up, err
}

// Sizes up to which WhatsApp shows a file as what it is; a larger one goes as a document.
const (
	largestPicture = 16 << 20
	largestVideo   = 64 << 20
	largestSound   = 16 << 20
	largestSticker = 500 << 10
)

// sendingKind is how a file goes to WhatsApp: by its bytes, never by its name.
func sendingKind(f filed, captioned bool) string {
	mime, _, _ := strings.Cut(f.Stored.MIME, ";")
	size := f.Stored.Size
	switch {
	case slices.Contains([]string{"image/jpeg", "image/png"}, mime) && size <= largestPicture:
		return KindImage
	case slices.Contains([]string{"video/mp4", "video/3gpp"}, mime) && size <= largestVideo:
		return KindVideo
	case mime == "image/webp" && size <= largestSticker && !captioned:
		return KindSticker
	case strings.HasPrefix(mime, "audio/") && size <= largestSound && !captioned:
		return KindVoice
	}
	return KindDocument
}

const (
	reasonNotFetched = "its file could not be fetched from Discord"
	reasonCut        = "its file broke off on its way to WhatsApp each time"
)

// fileRefusals are the reasons why an agent's file does not go to the client.
var fileRefusals = map[Fault]string{
	"":         reasonNotFetched,
	Gone:       "its file is no longer at Discord",
	Mismatch:   "its file is not what was announced",
	TooLarge:   "its file is too large",
	Forbidden:  "its file could run a program",
	Swells:     "its picture is far larger than its file",
	Empty:      "its file is empty",
	BadAddress: "its file is not at Discord",
	Malformed:  reasonNotFetched,
}

// deliverSign puts a sign on a message in Discord or takes it off. A message that is
// not there needs none.
func (c *Courier) deliverSign(ctx context.Context, l ledger.Letter) error {
	var body signBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return refused("the letter cannot be read: %v", err)
	}
	channel, err := c.channel(ctx, l.Lane)
	if err != nil {
		return err
	}
	message := body.Message
	if body.Of != nil {
		if message, err = c.messageOf(ctx, *body.Of); err != nil {
			return err
		}
	}
	if message == "" {
		return refused("there is no message to react to")
	}
	return c.board.React(ctx, channel, message, body.Emoji, body.On)
}
