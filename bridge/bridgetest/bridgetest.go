// Package bridgetest judges whether a bridge kept its promise: what people wrote on
// one side stands on the other side once, in order, and nothing else does. It looks
// at what the networks show, never at what the product believes.
package bridgetest

import (
	"fmt"
	"slices"
	"strings"
)

// Kinds of violations.
const (
	Lost  = "LOST"  // written, and not there
	Dup   = "DUP"   // there more often than written
	Order = "ORDER" // there, and not in the order of writing
	Alien = "ALIEN" // there, and never written, at least not in this conversation
)

// A Violation is a broken promise.
type Violation struct {
	Kind  string // one of those above
	Where string // e.g. "thread of Ana"
	What  string // the text, or for Order what it stands after
}

func (v Violation) String() string { return v.Kind + " in the " + v.Where + ": " + v.What }

// Compare returns how what is shown differs from what was written. Texts are
// compared whole; want may hold a text twice, when it was written twice.
func Compare(where string, want, shown []string) (found []Violation) {
	left := map[string]int{}
	for _, s := range want {
		left[s]++
	}
	for _, s := range shown {
		switch n, written := left[s]; {
		case !written:
			found = append(found, Violation{Alien, where, s})
		case n == 0:
			found = append(found, Violation{Dup, where, s})
		default:
			left[s]--
		}
	}
	for _, s := range slices.Compact(slices.Clone(want)) {
		if left[s] > 0 {
			found = append(found, Violation{Lost, where, s})
			left[s] = 0
		}
	}
	return append(found, order(where, want, shown)...)
}

// order compares the sequence of first appearances of what both have.
func order(where string, want, shown []string) []Violation {
	w := once(want, shown)
	s := once(shown, want)
	for i := range min(len(w), len(s)) {
		if w[i] != s[i] {
			return []Violation{{Order, where, fmt.Sprintf("%q stands where %q was due", s[i], w[i])}}
		}
	}
	return nil
}

func once(all, of []string) (kept []string) {
	wanted := map[string]bool{}
	for _, s := range of {
		wanted[s] = true
	}
	for _, s := range all {
		if wanted[s] {
			kept = append(kept, s)
			delete(wanted, s)
		}
	}
	return kept
}

// A Talk is one client's conversation: what both sides wrote, and what both see.
type Talk struct {
	Client   string   // a name for reports
	Said     []string // what the client wrote, in order
	Answered []string // what agents wrote for the client, in order
	Posts    int      // forum posts about the client
	Thread   []string // what the posts show of the client's words
	Phone    []string // what the phone shows that it did not write itself
}

// Check returns what is wrong with a talk in which one ticket was opened by its
// first message. auto is the text every client gets first.
func (t Talk) Check(auto string) (found []Violation) {
	switch {
	case t.Posts == 0:
		found = append(found, Violation{Lost, "forum", "the post of " + t.Client})
	case t.Posts > 1:
		found = append(found, Violation{Dup, "forum", fmt.Sprintf("%d posts of %s", t.Posts, t.Client)})
	}
	found = append(found, Compare("thread of "+t.Client, t.Said, t.Thread)...)
	var answers, autos []string
	for _, s := range t.Phone {
		if s == auto {
			autos = append(autos, s)
		} else {
			answers = append(answers, s)
		}
	}
	found = append(found, Compare("phone of "+t.Client, []string{auto}, autos)...)
	return append(found, Compare("phone of "+t.Client, t.Answered, answers)...)
}

// Report puts violations one a line.
func Report(found []Violation) string {
	lines := make([]string, len(found))
	for i, v := range found {
		lines[i] = v.String()
	}
	return strings.Join(lines, "\n")
}
