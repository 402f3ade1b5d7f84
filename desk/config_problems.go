package desk

import (
	"fmt"
	"strings"
)

// Problems is everything that is wrong with a configuration. A program ends
// with exit code 2 on it.
type Problems []Problem

// A Problem is one setting that cannot be used.
type Problem struct {
	Where    string // "environment", or the file with its line: "halo.yaml:4"
	Field    string // the variable or key, "" for a file as a whole
	Read     string // what was found there, secrets masked
	Expected string // what would be right
}

// Error returns one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// String returns the problem as a sentence.
func (p Problem) String() string {
	where := p.Where
	if p.Field != "" {
		// A key comes from a file and may hold anything.
		where += ": " + strings.Trim(quoted(p.Field), `"`)
	}
	return fmt.Sprintf("%s: read %s, expected %s", where, p.Read, p.Expected)
}

// quoted makes a value fit to print: one line, no control signs, not endless.
func quoted(value string) string {
	const most = 80
	if runes := []rune(value); len(runes) > most {
		value = string(runes[:most]) + "..."
	}
	return fmt.Sprintf("%q", value)
}

// masked says of a secret only how long it is.
func masked(value string) string {
	return fmt.Sprintf("*** (%d characters)", len([]rune(value)))
}

func at(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}
