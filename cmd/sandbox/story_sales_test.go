package main

import (
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// known makes the phones of the demonstration those of the story, by first names.
func (s *story) known() {
	for _, b := range buyers {
		name, _, _ := strings.Cut(strings.ToLower(b.person), " ")
		s.phones[name] = b.phone
	}
}

// named are the channels and posts whose name holds a part, the oldest first; those of
// tickets are not among them, for people may be called like companies.
func (s *story) named(ts *testscript.TestScript, part string) (all []channelView) {
	s.get("discord/channels", &all)
	tickets := s.room(ts, "halo-desk")
	all = slices.DeleteFunc(all, func(c channelView) bool {
		return !strings.Contains(c.Name, part) || c.Parent == tickets && !strings.HasPrefix(c.Name, "FU-")
	})
	slices.SortFunc(all, func(a, b channelView) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// cardPlace is the newest place with the name at which the staff act, once there is one.
func (s *story) cardPlace(ts *testscript.TestScript) string {
	s.settle()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		all := s.named(ts, s.card)
		if len(all) > 0 {
			return all[len(all)-1].ID
		}
		if time.Now().After(end) {
			ts.Fatalf("no post is called %q", s.card)
		}
	}
}

func (s *story) here(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	s.reads(ts, neg, s.place(ts), args[0])
}

func (s *story) countPosts(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2)
	s.until(ts, neg, args[0]+" posts "+args[1], func() bool { return len(s.named(ts, args[1])) == number(ts, args[0]) }, func() string {
		var names []string
		for _, c := range s.named(ts, "") {
			names = append(names, c.Name)
		}
		return strings.Join(names, "\n")
	})
}
