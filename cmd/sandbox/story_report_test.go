package main

import (
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// posts are the reports' posts in the order in which they were made.
func (s *story) posts(ts *testscript.TestScript) (all []string) {
	for _, post := range s.s.discord.Posts(s.room(ts, "inquiry-reports")) {
		all = append(all, post.ID)
	}
	slices.Sort(all)
	return all
}

// place is where the staff act: the post of the report that is meant, or the ticket's thread.
func (s *story) place(ts *testscript.TestScript) string {
	if s.card != "" {
		return s.cardPlace(ts)
	}
	if !s.inPost {
		return s.thread(ts)
	}
	s.settle()
	all := s.posts(ts)
	i := s.report
	if i == 0 {
		i = len(all)
	}
	if i < 1 || i > len(all) {
		ts.Fatalf("there are %d posts of reports", len(all))
	}
	return all[i-1]
}

func (s *story) at(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	s.card, s.inPost = "", args[0] == "post"
	if args[0] != "post" && args[0] != "thread" {
		s.card = args[0]
	}
}

func (s *story) readsPost(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	was, card := s.inPost, s.card
	s.inPost, s.card = true, ""
	post := s.place(ts)
	s.inPost, s.card = was, card
	s.reads(ts, neg, post, args[0])
}

func (s *story) locked(ts *testscript.TestScript, neg bool, _ []string) {
	s.until(ts, neg, "locked", func() bool {
		c, _ := s.s.discord.Channel(s.place(ts))
		return c.Locked
	}, func() string { return "" })
}

func (s *story) choosesReport(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	s.report = number(ts, args[0])
}

func (s *story) hand(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	act := obj{"as": args[0]}
	switch args[1] {
	case "deletes":
		act["delete"] = true
	case "archives":
		act["archived"] = true
	case "unlocks":
		act["archived"], act["locked"] = false, false
	case "tags":
		act["tags"] = args[2:]
	default:
		ts.Fatalf("nobody %q a post by hand", args[1])
	}
	s.post("discord/channels/"+s.place(ts), act, nil)
	s.settle()
}

func (s *story) fault(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	body := obj{"discord": obj{}, "whatsapp": obj{}, "store": obj{}}
	switch part := args[0]; part {
	case "discord", "whatsapp":
		body[part] = obj{"outage": true}
	case "store":
		body[part] = obj{"down": true}
	case "none":
	default:
		ts.Fatalf("there is no %q to be away", part)
	}
	s.post("faults", body, nil)
	s.settle()
}

func (s *story) restart(*testscript.TestScript, bool, []string) {
	s.settle()
	s.post("restart", obj{}, nil)
	s.settle()
}

// shot is a picture or a film, by its name.
func shot(name string) sent {
	if strings.HasSuffix(name, ".mp4") {
		return sent{name, "video/mp4", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")}
	}
	return sent{name, "image/png", picture(160, 120)}
}

// outsiders are the people whose words no client ever reads.
var outsiders = []string{"bayu", "rudi", "joko", "maya", "wati", "hadi"}

// shortWord is what may well stand in a sentence to a client by chance, in bytes.
const shortWord = 8

// keepInside notes what somebody wrote whom no client reads.
func (s *story) keepInside(name string, words ...string) {
	if !slices.Contains(outsiders, name) {
		return
	}
	for _, text := range words {
		if len(text) > shortWord {
			s.inside = append(s.inside, text)
		}
	}
}

// checkInside fails when a phone shows a word of theirs.
func (s *story) checkInside() {
	s.t.Helper()
	s.giveUp = s.t.Errorf // the story is over
	for name, phone := range s.phones {
		for _, m := range s.screen(phone) {
			for _, text := range s.inside {
				if !m.FromMe && strings.Contains(m.saying(), text) {
					s.t.Errorf("%s reads what stays inside: %q", name, m.saying())
				}
			}
		}
	}
}
