package bridge

import (
	"context"
	"errors"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// People answer a message of ours as soon as they see it. That may be before Discord's
// answer to us came and was noted: then nobody knows yet what it is that they answer.

// errNotNoted means that a message of ours is spoken of before it was noted.
var errNotNoted = errors.New("the message it is about is not noted yet")

const (
	// notedWithin is how long to wait for that (real time); what comes in behind waits too.
	notedWithin = 3 * time.Second
	// freshFor is how soon after a message (Discord's time) one may be that quick: one
	// that is older and unknown stays unknown.
	freshFor = 10 * time.Second
)

// untilNoted takes something in. While that gives errNotNoted it is tried again, and
// at last with patient false.
func untilNoted(ctx context.Context, take func(patient bool) error) error {
	last := time.Now().Add(notedWithin)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 400*time.Millisecond) {
		err := take(time.Now().Before(last))
		if !errors.Is(err, errNotNoted) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fresh reports whether a message was so new at a time that it may not be noted yet.
func fresh(message string, at time.Time) bool {
	return at.Sub(snowflakeTime(message, at)).Abs() < freshFor
}

// noted checks that it is known what a message in a ticket's thread is.
func noted(tx *ledger.Tx, number, message string) error {
	if _, ok, err := loadWords(tx, message); err != nil || ok {
		return err
	}
	if _, ok, err := tx.LetterByExt(number, message); err != nil || ok {
		return err
	}
	return errNotNoted
}
