package desk

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tables of docs/bridge.md have no empty cell, every row names a story that is
// told, and every story has its row.
func TestFidelityTable(t *testing.T) {
	page, err := os.ReadFile("../docs/bridge.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for test, stories := range map[string][]story{"TestFidelityIn": fidelityIn, "TestFidelityOut": fidelityOut, "TestFidelityHostile": fidelityHostile} {
		for _, s := range stories {
			told[test+"/"+s.name] = 0
		}
	}
	named := regexp.MustCompile("`(Test[A-Za-z]+/[a-z0-9_]+)`")
	rows := 0
	for number, line := range strings.Split(string(page), "\n") {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") || strings.HasSuffix(line, "| Test |") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 5 || slices.ContainsFunc(cells, func(c string) bool { return strings.Trim(c, " -–—?") == "" }) {
			t.Errorf("line %d has an empty cell, or not five: %s", number+1, line)
		}
		tests := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(tests) == 0 {
			t.Errorf("line %d names no test: %s", number+1, line)
		}
		for _, m := range tests {
			if _, ok := told[m[1]]; !ok {
				t.Errorf("line %d names %s, which there is not", number+1, m[1])
			}
			told[m[1]]++
		}
	}
	for name, n := range told {
		if n == 0 {
			t.Errorf("%s has no row", name)
		}
	}
	if rows < 60 {
		t.Errorf("%d rows were found", rows)
	}
}
