package storetest

import (
	"testing"

	"github.com/haloerzap/halo/store"
)

// Run is the conformance suite: what a store must do on any server. open returns a
// client of an empty one.
func Run(t *testing.T, open func(testing.TB) store.Client) {
	client := open(t)
	for _, s := range []struct {
		name string
		run  func(*testing.T, store.Client)
	}{
		{"twenty goroutines, one conversation, one ticket, nothing lost", oneTicket},
		{"every cause twice", everyCauseTwice},
		{"conflicts", conflicts},
		{"reads are guarded", readsAreGuarded},
		{"errors of fn", errorsOfFn},
		{"too large", tooLarge},
		{"bad input", badInput},
		{"all or nothing", allOrNothing},
		{"a letter is written once", letterOnce},
		{"a letter from begin to sent", letterSent},
		{"a letter that is not to leave yet", letterEarly},
		{"buried and revived", buriedAndRevived},
		{"revived by two", revivedByTwo},
		{"a list of the dead", deadByPage},
		{"the dead of old", deadOfOld},
		{"stale epoch", staleEpoch},
		{"not the head", notHead},
		{"nack gives an attempt back", nackGivesBack},
		{"states rise", statesRise},
		{"views coalesce", viewsCoalesce},
		{"timers", timers},
		{"indexes", indexes},
		{"a long log", longLog},
		{"prune", prune},
		{"lease", lease},
		{"after a rollback", rollback},
		{"series after a rollback", rollbackOfSeries},
		{"commits wake", wakes},
		{"every call fails once", everyCallFails},
		{"lost answers", lostAnswers},
		{"the store is down", storeDown},
	} {
		t.Run(s.name, func(t *testing.T) {
			if err := client.FlushDB(t.Context()).Err(); err != nil {
				t.Fatalf("empty the server: %v", err)
			}
			s.run(t, client)
			Check(t, client, desk)
		})
	}
}

const desk = "test"
