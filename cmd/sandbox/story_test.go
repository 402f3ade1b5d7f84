package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/desk"
)

// TestStories plays the procedure as people do, through the control API: a file of
// testdata/stories is one story, a line one step. docs of the steps: [story.commands].
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "stories", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			// Stories of sales begin with companies that have bought.
			sales := strings.HasPrefix(filepath.Base(file), "sales")
			s := &story{bench: start(t, options{Empty: !sales, Policy: func(*desk.Config) {}}), phones: map[string]string{}}
			if sales {
				s.known()
			}
			testscript.Run(t, testscript.Params{Files: []string{file}, Cmds: s.commands(), Setup: func(e *testscript.Env) error {
				e.Defer(s.checkInside) // at the end of the story
				return nil
			}})
		})
	}
}

// A story is one being played.
type story struct {
	*bench
	phones map[string]string // by the name of its owner
	ticket int               // which of the tickets is meant, counted from 1 as they opened; 0 for the newest
	report int               // which of the reports' posts, likewise
	inPost bool              // the staff act in that post, not in the ticket's thread
	card   string            // they act in the newest post of a follow-up or survey of this name, or in a channel of it; "" for not
	inside []string          // what those wrote whom no client reads
	answer seen              // what the last interaction showed

	as, where string                // who used it, and in which channel
	whispered []discordtest.Message // what this person alone saw there before
}

// commands are the steps that a story may take; ! before one that looks at something says
// that it must not be so.
//
//	client ana says TEXT            a client writes; a new name is a new phone
//	client ana votes OPTION         on the last poll
//	client ana reacts EMOJI         to the last message of the desk
//	client ana quotes PART TEXT     answers the message that holds PART
//	client ana edits PART TEXT      changes an own message
//	client ana sends NAME CAPTION   a picture (.png) or a film (.mp4)
//	phone ana PART                  the phone shows it
//	count ana N PART                it shows N such messages
//	at post | thread | PART         the staff act in the report's post, in the ticket's thread, or in the channel or
//	                                newest post below another forum whose name holds PART
//	agent sari writes TEXT          there; whoever it is
//	agent sari sends NAME TEXT      a picture or a film
//	agent sari edits|deletes PART   what she wrote
//	press sari LABEL                a button, the newest with this label
//	choose sari HINT VALUE...       from a list, by values or parts of what it shows
//	menu sari NAME PART             from the menu of a message
//	hand joko deletes | archives | unlocks | tags NAME...  changes the post or thread by hand
//	command sari NAME [OPTION=VALUE]...  there, or with in=CHANNEL in a channel
//	fill sari FIELD=VALUE...        the form that is open
//	sees PART                       what the last of these four showed
//	thread PART                     somebody can read it in the ticket's thread
//	post PART                       or in the report's post
//	channel NAME PART               or in a channel
//	here PART                       or where the staff act
//	posts N PART                    so many posts have a name that holds PART
//	pings WHO PART                  the message that holds PART calls this person or role
//	state STATE                     the ticket stands so
//	tag TAG, archived, locked       the thread or post does
//	event NAME [KEY=VALUE]          it is in the ticket's log
//	tickets N                       so many there are
//	ticket N, report N              the Nth is meant from now on
//	fault PART | none               Discord, WhatsApp or the store is away, or all is well again
//	restart                         the desk is started anew
//	clock 20m | 2026-11-24T08:00    the clock goes on
func (s *story) commands() map[string]func(*testscript.TestScript, bool, []string) {
	steps := map[string]func(*testscript.TestScript, bool, []string){
		"client": s.client, "phone": s.onPhone, "count": s.count, "agent": s.agent, "press": s.press, "choose": s.choose,
		"menu": s.menu, "command": s.command, "fill": s.fill, "sees": s.sees, "thread": s.inThread, "channel": s.inChannel,
		"here": s.here, "posts": s.countPosts, "pings": s.pings, "state": s.state, "tag": s.tag, "archived": s.archived, "event": s.event, "tickets": s.tickets,
		"ticket": s.choosesTicket, "clock": s.clock,
		"at": s.at, "post": s.readsPost, "locked": s.locked, "report": s.choosesReport, "hand": s.hand, "fault": s.fault, "restart": s.restart,
	}
	for name, step := range steps {
		steps[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg && !slices.Contains(canBeDenied, name) {
				ts.Fatalf("! says nothing about %s", name)
			}
			s.giveUp = ts.Fatalf
			step(ts, neg, args)
		}
	}
	return steps
}

// canBeDenied are the steps that look at something: with !, it must not be so.
var canBeDenied = []string{"phone", "count", "sees", "thread", "post", "channel", "here", "posts", "pings", "state", "tag", "archived", "locked", "event", "tickets"}

// need ends the story when a step has too few words.
func need(ts *testscript.TestScript, args []string, n int) {
	if len(args) < n {
		ts.Fatalf("%d words are needed here, not %d", n, len(args))
	}
}

// until waits for something to be so, or not to be: what must not be is looked for once
// everything has settled.
func (s *story) until(ts *testscript.TestScript, neg bool, what string, ok func() bool, dump func() string) {
	s.settle()
	for end := time.Now().Add(time.Minute); !neg && !ok(); {
		if time.Now().After(end) {
			ts.Fatalf("%s: not there\n%s", what, dump())
		}
		time.Sleep(20 * time.Millisecond)
	}
	if neg && ok() {
		ts.Fatalf("%s: there\n%s", what, dump())
	}
}

func (s *story) client(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3)
	name := args[0]
	phone, known := s.phones[name]
	if !known {
		phone = "62812345670" + string(rune('1'+len(s.phones)/10)) + string(rune('0'+len(s.phones)%10))
		s.phones[name] = phone
		s.post("customers", obj{"phone": phone, "name": strings.ToUpper(name[:1]) + name[1:]}, nil)
	}
	path := "customers/" + phone + "/messages"
	last := func(ok func(onPhone) bool) string {
		all := s.screen(phone)
		for _, m := range slices.Backward(all) {
			if ok(m) {
				return m.ID
			}
		}
		ts.Fatalf("%s has no such message:\n%s", name, phoneText(all))
		return ""
	}
	switch verb, rest := args[1], args[2:]; verb {
	case "says":
		s.post(path, obj{"text": rest[0]}, nil)
	case "votes":
		s.settle()
		s.post(path, obj{"vote": rest[:1], "to": last(func(m onPhone) bool { return m.Poll != nil })}, nil)
	case "reacts":
		s.settle()
		s.post(path, obj{"react": rest[0], "to": last(func(m onPhone) bool { return !m.FromMe })}, nil)
	case "quotes":
		need(ts, args, 4)
		s.settle()
		s.post(path, obj{"text": rest[1], "reply_to": last(func(m onPhone) bool { return strings.Contains(m.Text, rest[0]) })}, nil)
	case "edits":
		need(ts, args, 4)
		s.post(path, obj{"text": rest[1], "edit": last(func(m onPhone) bool { return m.FromMe && strings.Contains(m.Text, rest[0]) })}, nil)
	case "sends":
		need(ts, args, 4)
		s.put(path, map[string]string{"caption": rest[1]}, shot(rest[0]))
	default:
		ts.Fatalf("a client does not %q", verb)
	}
	s.settle()
}

func (s *story) screen(phone string) (all []onPhone) {
	s.get("customers/"+phone+"/messages", &all)
	return all
}

// saying is everything that can be read in a message on a phone.
func (m onPhone) saying() string {
	if m.Poll != nil {
		return m.Text + " " + m.Poll.Question + " " + strings.Join(m.Poll.Options, " | ")
	}
	return m.Text
}

func phoneText(all []onPhone) string {
	var b strings.Builder
	for _, m := range all {
		who := "desk"
		if m.FromMe {
			who = "client"
		}
		b.WriteString(who + ": " + m.saying() + "\n")
	}
	return b.String()
}

func (s *story) onPhone(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2)
	phone := s.phones[args[0]]
	s.until(ts, neg, args[1]+" on the phone of "+args[0], func() bool {
		return slices.ContainsFunc(s.screen(phone), func(m onPhone) bool { return !m.FromMe && !m.Deleted && strings.Contains(m.saying(), args[1]) })
	}, func() string { return phoneText(s.screen(phone)) })
}

func (s *story) count(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 3)
	phone := s.phones[args[0]]
	s.until(ts, neg, args[1]+" times "+args[2], func() bool {
		n := 0
		for _, m := range s.screen(phone) {
			if !m.FromMe && strings.Contains(m.saying(), args[2]) {
				n++
			}
		}
		return n == number(ts, args[1])
	}, func() string { return phoneText(s.screen(phone)) })
}

// pairs reads NAME=VALUE; \n in a value is a new line.
func pairs(ts *testscript.TestScript, args []string) obj {
	out := obj{}
	for _, one := range args {
		name, value, ok := strings.Cut(one, "=")
		if !ok {
			ts.Fatalf("%q is no NAME=VALUE", one)
		}
		out[name] = strings.ReplaceAll(value, `\n`, "\n")
	}
	return out
}

func (s *story) clock(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	body := obj{"advance": args[0]}
	if strings.Contains(args[0], "T") {
		at, err := time.ParseInLocation("2006-01-02T15:04:05", args[0], jakarta())
		if err != nil {
			if at, err = time.ParseInLocation("2006-01-02T15:04", args[0], jakarta()); err != nil {
				ts.Fatalf("%v", err)
			}
		}
		body = obj{"to": at.Format(time.RFC3339)}
	}
	s.settle()
	s.post("clock", body, nil)
}

// keys are the names in a map, in order.
func keys[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }
