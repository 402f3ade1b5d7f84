package store_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// commit calls the commit script by hand. Guards and writes are rows of five.
func commit(t *testing.T, client store.Client, types string, keys []string, guards, writes [][]any) ([]string, error) {
	t.Helper()
	args := []any{types, len(guards), len(writes)}
	for _, row := range append(guards, writes...) {
		for len(row) < 5 {
			row = append(row, "")
		}
		args = append(args, row...)
	}
	return client.Eval(t.Context(), store.CommitSource, keys, args...).StringSlice()
}

// Every guard, holding and not holding.
func TestGuards(t *testing.T) {
	for _, server := range storetest.Servers() {
		t.Run(server.Name, func(t *testing.T) {
			client := server.Open(t)
			keys := []string{"{t}:h", "{t}:l", "{t}:z", "{t}:s", "{t}:none"}
			ctx := t.Context()
			client.HSet(ctx, keys[0], "v", 7, "f", "x")
			client.RPush(ctx, keys[1], "12\n{}", "13\n{}")
			client.ZAdd(ctx, keys[2], storetest.Z("m", 1<<53-1))
			client.Set(ctx, keys[3], "5", 0)
			for _, c := range []struct {
				guard  []any
				detail string // "-" when it holds
			}{
				{[]any{"version", 1, 7, "", "no"}, "-"},
				{[]any{"version", 1, 8, "", "no"}, ""},
				{[]any{"version", 5, 0, "", "no"}, "-"},
				{[]any{"version", 1, 0, "", "no"}, ""},
				{[]any{"without", 1, "g", "", "no"}, "-"},
				{[]any{"without", 1, "f", "", "no"}, "x"},
				{[]any{"with", 1, "f", "", "no"}, "-"},
				{[]any{"with", 1, "g", "", "no"}, ""},
				{[]any{"string", 4, 5, "", "no"}, "-"},
				{[]any{"string", 4, 6, "", "no"}, ""},
				{[]any{"string", 5, "", "", "no"}, "-"},
				{[]any{"head", 2, 12, "", "no"}, "-"},
				{[]any{"head", 2, 1, "", "no"}, ""},
				{[]any{"head", 2, 13, "", "no"}, ""},
				{[]any{"head", 5, 12, "", "no"}, ""},
				{[]any{"score", 3, "m", 1<<53 - 1, "no"}, "-"},
				{[]any{"score", 3, "m", 1<<53 - 2, "no"}, ""},
				{[]any{"score", 3, "n", 0, "no"}, ""},
			} {
				reply, err := commit(t, client, "hlzsh", keys, [][]any{c.guard}, nil)
				want := []string{"no", c.detail}
				if c.detail == "-" {
					want = []string{"ok"}
				}
				if err != nil || fmt.Sprint(reply) != fmt.Sprint(want) {
					t.Errorf("%v: %q (error %v), want %q", c.guard, reply, err, want)
				}
			}
		})
	}
}

// What cannot be written whole is not begun: a good write stands before each bad one.
func TestNothingIsWrittenBeforeAllIsChecked(t *testing.T) {
	for _, server := range storetest.Servers() {
		t.Run(server.Name, func(t *testing.T) {
			client := server.Open(t)
			ctx := t.Context()
			keys := []string{"{t}:new", "{t}:text", "{t}:h", "{t}:z", "{t}:series", "{t}:commits"}
			client.Set(ctx, keys[1], "words", 0)
			client.HSet(ctx, keys[2], "n", "words", "big", "9007199254740993")
			before := storetest.Dump(ctx, client)
			good := []any{"rpush", 1, "x"}
			for _, bad := range [][]any{
				{"unheard of", 1},
				{"rpush", 9, "x"},
				{"stamp", 2},
				{"add", 3, "n", 1},
				{"add", 3, "big", 1},
				{"add", 3, "new", "one"},
				{"zadd", 4, "m", "soon"},
				{"zfill", 4, "m", ""},
				{"below", 3, "n", 1, "x"},
				{"once", 3, "new", 1, 1},
				{"when", 3, "new", 1, "all"},
				{"pop", 1, 9, "lane"},
				{"bury", 1, 4, "lane", ""},
				{"raise", 2, 5},
				{"skip", 3, 2, 5, 1}, // the series are no numbers
				{"skip", 5, 2, 5, 1}, // the commits are none
				{"skip", 5, 9, 5, 1},
				{"skip", 5, 6, 5, "some"},
			} {
				if reply, err := commit(t, client, "lshzhs", keys, nil, [][]any{good, bad}); err == nil {
					t.Errorf("%v: answered %q", bad, reply)
				}
				if after := storetest.Dump(ctx, client); after != before {
					t.Fatalf("%v: half was written:\n%s", bad, after)
				}
			}
			for name, types := range map[string]string{"wrong type": "llhzhs", "no type": "l"} {
				if _, err := commit(t, client, types, keys, nil, [][]any{good}); err == nil {
					t.Errorf("%s: no error", name)
				}
			}
			if _, err := client.Eval(ctx, store.CommitSource, keys[:1], "l", 0, 2, "rpush", 1, "x", "", "").Result(); err == nil {
				t.Error("too few arguments: no error")
			}
			if after := storetest.Dump(ctx, client); after != before {
				t.Errorf("half was written:\n%s", after)
			}
		})
	}
}

// What the house forbids in scripts, because it does not run everywhere or bends
// values on the way.
func TestScriptsKeepToTheRules(t *testing.T) {
	code := regexp.MustCompile(`--.*`)
	for name, source := range map[string]string{"commit": store.CommitSource, "lease": store.LeaseSource, "next": store.NextSource} {
		text := code.ReplaceAllString(source, "")
		for _, word := range []string{"unpack", "cjson", "cmsgpack", "EXPIRE", "'PX'", "math.random", "SCAN", "KEYS("} {
			if strings.Contains(text, word) {
				t.Errorf("%s.lua uses %s", name, word)
			}
		}
		if name == "commit" && strings.Contains(text, "TIME") {
			t.Error("commit.lua asks for the time")
		}
	}
}
