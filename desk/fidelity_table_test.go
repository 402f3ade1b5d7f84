package desk

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	testNamed    = regexp.MustCompile("`((?:Test|Fuzz)\\w+(?:/\\w+)?)`")
)

// The tables of docs/bridge.md have no empty cell, every test that they name is there,
// and every story has its row.
func TestFidelityTable(t *testing.T) {
	page, err := os.ReadFile("../docs/bridge.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{} // by test; those of stories are to have one at least
	for test, stories := range map[string][]story{"TestFidelityIn": fidelityIn, "TestFidelityOut": fidelityOut, "TestFidelityHostile": fidelityHostile} {
		for _, s := range stories {
			rows[test+"/"+s.name] = 0
		}
	}
	tests := testsOfTheTree(t)
	count := 0
	for number, line := range strings.Split(string(page), "\n") {
		for _, m := range testNamed.FindAllStringSubmatch(line, -1) {
			_, told := rows[m[1]]
			if !told && !tests[m[1]] {
				t.Errorf("line %d names %s, which there is not", number+1, m[1])
			}
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") || strings.HasSuffix(line, "| Test |") {
			continue
		}
		count++
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 5 || slices.ContainsFunc(cells, func(c string) bool { return strings.Trim(c, " -–—?") == "" }) {
			t.Errorf("line %d has an empty cell, or not five: %s", number+1, line)
		}
		named := testNamed.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(named) == 0 {
			t.Errorf("line %d names no test: %s", number+1, line)
		}
		for _, m := range named {
			rows[m[1]]++
		}
	}
	for name, n := range rows {
		if n == 0 {
			t.Errorf("%s has no row", name)
		}
	}
	if count < 100 {
		t.Errorf("%d rows were found", count)
	}
}

// testsOfTheTree are the names of all tests and fuzz targets, and of the sandbox's stories.
func testsOfTheTree(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range testFunction.FindAllStringSubmatch(string(source), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stories, err := filepath.Glob("../cmd/sandbox/testdata/stories/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stories {
		names["TestStories/"+strings.TrimSuffix(filepath.Base(file), ".txtar")] = true
	}
	return names
}
