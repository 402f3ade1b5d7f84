package main

import (
	"testing"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// While a command is typed the sandbox shows what Discord offers for it, to who may use it.
func TestChoicesAreOffered(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	b.write("halo")
	ask := obj{"as": "sari", "channel": b.thread().ID, "command": "customer show", "option": "who", "typed": ""}
	var seen struct{ Choices []discordtest.Choice }
	use := obj{"as": "sari", "channel": b.thread().ID, "command": "customer register", "options": obj{"number": "0812 3456 0000", "name": "Dewi Lestari", "company": "PT Maju Jaya"}}
	b.post("discord/interactions", use, nil)
	for typed, want := range map[string]int{"dewi": 1, "0812 3456 0000": 1, "zzz": 0} {
		ask["typed"] = typed
		b.post("discord/completions", ask, &seen)
		if len(seen.Choices) != want {
			t.Errorf("%q offers %+v", typed, seen.Choices)
		}
	}
	ask["typed"], ask["option"], ask["command"] = "ma", "name", "customer company"
	if b.post("discord/completions", ask, &seen); len(seen.Choices) != 1 || seen.Choices[0].Label != "PT Maju Jaya" {
		t.Errorf("the company is offered as %+v", seen.Choices)
	}
	ask["option"], ask["command"] = "company", "order add" // agents enter no orders
	if b.post("discord/completions", ask, &seen); len(seen.Choices) != 0 {
		t.Errorf("who may not is offered %+v", seen.Choices)
	}
}
