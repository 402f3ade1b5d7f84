package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// An album is pictures that were sent as one: the first waits a moment for the others,
// then all are one message. It is a document by the letter that will show it.
type album struct {
	V       int       `json:"v"`
	Shut    bool      `json:"shut,omitzero"` // it goes out as it is: what comes later begins another
	Bytes   int64     `json:"b,omitzero"`    // as announced
	Content string    `json:"c"`
	Files   []fileRef `json:"f"`
}

// kindAlbum documents are albums by their letter, and, by conversation and WhatsApp's
// name of an album, the letter that is gathering it.
const kindAlbum ledger.Kind = "album"

// albumWait is how long the first picture of an album waits for the others.
const albumWait = 2 * time.Second

func loadAlbum(tx *ledger.Tx, letter string) (a album, err error) {
	ref := ledger.Ref{Kind: kindAlbum, ID: letter}
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
	}
	return a, nil
}

func (a album) save(tx *ledger.Tx, letter string) error {
	a.V = 1
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode album of letter %s: %w", letter, err)
	}
	return tx.Put(ledger.Ref{Kind: kindAlbum, ID: letter}, data)
}

// joinAlbum puts a picture into the album that is being gathered, or begins one. It
// returns the letter that shows it and whether that letter is still to be sent.
// The first one brings content, each further one its caption.
func joinAlbum(tx *ledger.Tx, name, own, content, caption string, file fileRef, size int64) (letter string, begun bool, err error) {
	current := ledger.Ref{Kind: kindAlbum, ID: name}
	data, err := tx.Doc(current)
	if err != nil {
		return "", false, err
	}
	if data != nil {
		a, err := loadAlbum(tx, string(data))
		if err != nil {
			return "", false, err
		}
		if !a.Shut && len(a.Files) > 0 && a.room(caption, size) {
			a.Files, a.Bytes = append(a.Files, file), a.Bytes+size
			if caption != "" {
				a.Content += "\n" + caption
			}
			return string(data), false, a.save(tx, string(data))
		}
	}
	if err := tx.Put(current, []byte(own)); err != nil {
		return "", false, err
	}
	return own, true, album{Content: content, Files: []fileRef{file}, Bytes: size}.save(tx, own)
}

// room reports whether another picture fits: a message has its bounds, and some of
// its words are left for files that cannot be shown.
func (a album) room(caption string, size int64) bool {
	return len(a.Files) < filesAtOnce && a.Bytes+size <= bytesAtOnce && splitUnits(a.Content+"\n"+caption) <= discordLimit*3/4
}

// gather closes an album that has waited and returns what it holds.
func (c *Courier) gather(ctx context.Context, l ledger.Letter, st ledger.Status, body sayBody) (sayBody, error) {
	if wait := albumWait - c.desk.now().Sub(l.At); wait > 0 && (st.First.IsZero() || time.Since(st.First) < albumWait) {
		return body, &SendError{Certainty: Blocked, RetryAfter: min(wait, albumWait), Reason: "it waits for the other pictures of its album"}
	}
	var a album
	hold := ledger.Hold{Letter: l, Epoch: c.lease().Epoch}
	_, err := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) (err error) {
		if a, err = loadAlbum(tx, l.ID); err != nil || a.Shut {
			return err
		}
		a.Shut = true
		return a.save(tx, l.ID)
	})
	if err != nil {
		return body, &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	body.Content, body.Files = a.Content, a.Files
	return body, nil
}
