package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/web"
)

// kindAnswer documents are what was answered to requests of the HTTP API, by the hash of
// token and key; a long answer goes on in documents ID/1, ID/2, ...
const kindAnswer ledger.Kind = "answer"

// indexAnswers holds their ids, scored by when the request came (ms).
const indexAnswers = "answers"

const (
	answerKept = 24 * time.Hour
	// answerPiece is as much of an answer as one document takes: JSON makes it a third longer.
	answerPiece = 10_000
	// piecesTogether go into one commit.
	piecesTogether = 15
)

// storedAnswer is the stored form.
type storedAnswer struct {
	V      int       `json:"v"`
	Body   []byte    `json:"body"` // hash of the request
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"` // 0 while it is worked on
	Type   string    `json:"type,omitempty"`
	Pieces int       `json:"pieces,omitempty"`
	Answer []byte    `json:"answer,omitempty"` // its first piece
}

// apiAnswers implement [web.Answers].
type apiAnswers struct{ store *store.Store }

func answerID(r web.Request) string {
	sum := sha256.Sum256([]byte(r.Token + "\n" + r.Key))
	return hex.EncodeToString(sum[:16])
}

func answerRef(id string, piece int) ledger.Ref {
	if piece > 0 {
		id = fmt.Sprintf("%s/%d", id, piece)
	}
	return ledger.Ref{Kind: kindAnswer, ID: id}
}

func loadAnswer(tx *ledger.Tx, id string) (a storedAnswer, ok bool, err error) {
	data, err := tx.Doc(answerRef(id, 0))
	if err != nil || data == nil {
		return a, false, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, false, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, answerRef(id, 0), err)
	}
	return a, true, nil
}

func (a storedAnswer) save(tx *ledger.Tx, id string) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode %s: %w", answerRef(id, 0), err)
	}
	return tx.Put(answerRef(id, 0), data)
}

// Begin implements [web.Answers].
func (k apiAnswers) Begin(ctx context.Context, r web.Request) (kept web.Kept, err error) {
	id := answerID(r)
	_, err = k.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		kept = web.Kept{}
		a, known, err := loadAnswer(tx, id)
		if err != nil {
			return err
		}
		age := r.At.Sub(a.At)
		switch {
		case !known || age >= answerKept || a.Status == 0 && age >= web.MostWork:
			if err := dropPieces(tx, id, a.Pieces); err != nil {
				return err
			}
			tx.Index(indexAnswers, id, r.At.UnixMilli())
			return storedAnswer{V: 1, Body: r.Body[:], At: r.At}.save(tx, id)
		case !bytes.Equal(a.Body, r.Body[:]):
			kept.State = web.Other
		case a.Status == 0:
			kept.State = web.Working
		default:
			kept.State = web.Done
			kept.Answer, err = a.whole(tx, id)
		}
		return err
	})
	return kept, err
}

func (a storedAnswer) whole(tx *ledger.Tx, id string) (web.Answer, error) {
	body := slices.Clone(a.Answer)
	for n := range a.Pieces {
		more, err := tx.Doc(answerRef(id, n+1))
		if err != nil {
			return web.Answer{}, err
		}
		body = append(body, more...)
	}
	return web.Answer{Status: a.Status, Type: a.Type, Body: body}, nil
}

// End implements [web.Answers]. A long answer takes several commits; it is given again only
// when the last of them is there.
func (k apiAnswers) End(ctx context.Context, r web.Request, answer web.Answer) error {
	pieces := slices.Collect(slices.Chunk(answer.Body, answerPiece))
	rest := pieces[min(1, len(pieces)):]
	if len(rest) > 0 {
		// First how many there are, so that none is forgotten should this break off.
		err := k.mine(ctx, r, func(_ *ledger.Tx, a *storedAnswer) error { a.Pieces = len(rest); return nil })
		if err != nil {
			return err
		}
	}
	for n := 0; n < len(rest); n += piecesTogether {
		err := k.mine(ctx, r, func(tx *ledger.Tx, _ *storedAnswer) (err error) {
			for m, piece := range rest[n:min(n+piecesTogether, len(rest))] {
				err = errors.Join(err, tx.Put(answerRef(answerID(r), n+m+1), piece))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return k.mine(ctx, r, func(_ *ledger.Tx, a *storedAnswer) error {
		a.Status, a.Type = answer.Status, answer.Type
		if len(pieces) > 0 {
			a.Answer = pieces[0]
		}
		return nil
	})
}

// mine changes what is stored of a request that is worked on; nothing once somebody else
// has gone on with it.
func (k apiAnswers) mine(ctx context.Context, r web.Request, change func(*ledger.Tx, *storedAnswer) error) error {
	id := answerID(r)
	_, err := k.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		a, known, err := loadAnswer(tx, id)
		if err != nil || !known || a.Status != 0 || !a.At.Equal(r.At) || !bytes.Equal(a.Body, r.Body[:]) {
			return err
		}
		return errors.Join(change(tx, &a), a.save(tx, id))
	})
	return err
}

// Forget implements [web.Answers].
func (k apiAnswers) Forget(ctx context.Context, r web.Request) error {
	id := answerID(r)
	_, err := k.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		a, known, err := loadAnswer(tx, id)
		if err != nil || !known || a.Status != 0 || !bytes.Equal(a.Body, r.Body[:]) {
			return err
		}
		return dropAnswer(tx, id)
	})
	return err
}

// prune forgets what was kept long enough at now.
func (k apiAnswers) prune(ctx context.Context, now time.Time) error {
	most := now.Add(-answerKept).UnixMilli()
	rows, err := k.store.Index(ctx, indexAnswers, store.Range{Max: &most})
	if err != nil {
		return err
	}
	for _, row := range rows {
		_, err := k.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
			if a, known, err := loadAnswer(tx, row.Member); err != nil || known && a.At.UnixMilli() > most {
				return err // it has begun anew
			}
			return dropAnswer(tx, row.Member)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func dropAnswer(tx *ledger.Tx, id string) error {
	a, _, err := loadAnswer(tx, id)
	if err != nil {
		return err
	}
	tx.Unindex(indexAnswers, id)
	if err := dropPieces(tx, id, a.Pieces); err != nil {
		return err
	}
	return tx.Put(answerRef(id, 0), nil)
}

func dropPieces(tx *ledger.Tx, id string, pieces int) error {
	for n := range pieces {
		if err := tx.Put(answerRef(id, n+1), nil); err != nil {
			return err
		}
	}
	return nil
}
