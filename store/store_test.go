package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

func TestConformance(t *testing.T) {
	for _, s := range storetest.Servers() {
		t.Run(s.Name, func(t *testing.T) { storetest.Run(t, s.Open) })
	}
}

// In a bubble the store in this process lives through hours in no time, also a
// second time in the same process.
func TestBubble(t *testing.T) {
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			s := store.New(storetest.Memory(t), store.Options{Desk: "test"})
			ctx := t.Context()
			start := time.Now()
			lease, err := s.Acquire(ctx, "a", 15*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Acquire(ctx, "b", time.Second); err == nil {
				t.Error("two hold the lease")
			}
			for i := range 12 {
				_, err := s.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
					tx.Set(ledger.Timer{Kind: "tick", ID: fmt.Sprint(i), Due: start.Add(time.Duration(i) * time.Hour)})
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			for fired := 0; ; {
				due, next, err := s.Due(ctx, time.Now(), 10)
				if err != nil {
					t.Fatal(err)
				}
				for _, timer := range due {
					if applied, err := s.Update(ctx, ledger.Cause{Timer: &timer}, nothing); !applied || err != nil {
						t.Errorf("fire: %v, %v", applied, err)
					}
					fired++
				}
				if next.IsZero() {
					if fired != 12 || time.Since(start) != 11*time.Hour {
						t.Errorf("%d fired in %v", fired, time.Since(start))
					}
					break
				}
				time.Sleep(time.Until(next))
			}
			if lease.Valid(time.Now()) {
				t.Error("the lease outlived its time")
			}
			if next, err := s.Acquire(ctx, "b", time.Second); err != nil || next.Epoch <= lease.Epoch {
				t.Errorf("taken over: %+v, %v", next, err)
			}
		})
	}
}

// A call gives up when its context ends, and with its patience otherwise.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := storetest.Memory(t)
		storetest.Inject(client).Down(true)
		s := store.New(client, store.Options{Desk: "test"})
		in := ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: "1", At: time.Now()}}
		for _, cause := range []ledger.Cause{in, {}} {
			start := time.Now()
			_, err := s.Update(t.Context(), cause, func(tx *ledger.Tx) error { tx.Refresh("card"); return nil })
			if took := time.Since(start); !errors.Is(err, storetest.ErrLost) || took < 5*time.Second || took > 6*time.Second {
				t.Errorf("gave up with %v after %v", err, took)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := s.Update(ctx, in, nothing); err == nil || time.Since(start) > time.Second {
			t.Errorf("gave up with %v after %v", err, time.Since(start))
		}
	})
}

func TestDialRefuses(t *testing.T) {
	for _, address := range []string{"", "localhost:6379", "http://secret@localhost", "redis://:secret@host:port", "redis://:secret@h/notanumber", "unix:///s?cluster=true", "redis://h:1?cluster=perhaps", "redis://h:1?unheard=of",
		"redis-sentinel://:secret@h:1", "redis-sentinel://:secret@h:1/a/b", "redis-sentinel://h:1/name?replica_only=true", "redis-sentinel://h:1/name?db=x"} {
		c, err := store.Dial(address)
		if err == nil {
			c.Close()
			t.Errorf("%q was accepted", address)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", address, err)
		}
	}
	for _, address := range []string{"redis://localhost:6379/2", "rediss://u:p@h:1", "unix:///run/redis.sock", "redis://h:1?cluster=true", "redis://u:p@h:1,g:2", "redis://h:1?addr=g:2", "redis-sentinel://h:1/desk", "rediss-sentinel://u:p@h:1,g:2/desk?db=3"} {
		c, err := store.Dial(address)
		if err != nil {
			t.Errorf("%q: %v", address, err)
			continue
		}
		c.Close()
	}
}

func TestParseKeyKnowsOnlyOurs(t *testing.T) {
	for _, name := range []string{"", "lanes", "{other}:lanes", "{test}", "{test}:", "{test}:nothing", "{test}:q:", "{test}:z:1", "{test}:lanes2"} {
		if k, ok := store.ParseKey("test", name); ok {
			t.Errorf("%q is taken for %+v", name, k)
		}
	}
	if k, ok := store.ParseKey("test", "{test}:q:wa:1"); !ok || k != (store.Key{Family: "lane", Name: "wa:1", Type: "list"}) {
		t.Errorf("a lane is %+v, %v", k, ok)
	}
}
