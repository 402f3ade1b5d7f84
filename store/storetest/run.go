package storetest

import (
	"testing"

	"github.com/redis/go-redis/v9"
)

// Run is the conformance suite: what a store must do on any server. open returns a
// client of an empty one.
func Run(t *testing.T, open func(testing.TB) redis.UniversalClient) {
	client := open(t)
	for _, s := range []struct {
		name string
		run  func(*testing.T, redis.UniversalClient)
	}{
		{"twenty goroutines, one conversation, one ticket, nothing lost", oneTicket},
		{"a letter from begin to sent", letterSent},
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
