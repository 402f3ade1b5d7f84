package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		ts.Fatalf("%v", err)
	}
	return n
}

// numbers are the tickets in the order in which they opened.
func (s *story) numbers() []string {
	var all []ticketView
	s.get("tickets", &all)
	slices.SortFunc(all, func(a, b ticketView) int {
		if c := a.Opened.Compare(b.Opened); c != 0 {
			return c
		}
		return strings.Compare(a.Number, b.Number)
	})
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = t.Number
	}
	return out
}

// meant is the ticket that the story is about now.
func (s *story) meant(ts *testscript.TestScript) (t ticketView) {
	all := s.numbers()
	i := s.ticket
	if i == 0 {
		i = len(all)
	}
	if i < 1 || i > len(all) {
		ts.Fatalf("there are %d tickets", len(all))
	}
	s.get("tickets/"+all[i-1], &t)
	return t
}

// thread is the one of the ticket, once it is open.
func (s *story) thread(ts *testscript.TestScript) string {
	s.settle()
	t := s.meant(ts)
	if t.Thread == "" {
		ts.Fatalf("ticket %s has no thread", t.Number)
	}
	return t.Thread
}

func (s *story) room(ts *testscript.TestScript, name string) string {
	var all []channelView
	s.get("discord/channels", &all)
	for _, c := range all {
		if c.Name == name {
			return c.ID
		}
	}
	ts.Fatalf("no channel is called %s", name)
	return ""
}

// readable is everything that can be read in a message.
func readable(m discordtest.Message) string {
	parts := []string{m.Content}
	for _, e := range m.Embeds {
		data, err := json.Marshal(e)
		if err == nil {
			parts = append(parts, string(data))
		}
	}
	for _, a := range m.Attachments {
		parts = append(parts, a.Filename)
	}
	for _, row := range m.Components {
		for _, c := range row.Components {
			parts = append(parts, "["+c.Label+c.Placeholder+"]")
		}
	}
	return strings.Join(parts, " ")
}

// said are the messages of a channel that stand, as one person sees them.
func (s *story) said(channel, as string) (all []discordtest.Message) {
	path := "discord/channels/" + channel + "/messages"
	if as != "" {
		path += "?as=" + as
	}
	s.get(path, &all)
	return slices.DeleteFunc(all, func(m discordtest.Message) bool { return m.Deleted })
}

func listing(all []discordtest.Message) string {
	var b strings.Builder
	for _, m := range all {
		b.WriteString(m.Author.Name + ": " + readable(m) + "\n")
	}
	return b.String()
}

func (s *story) agent(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3)
	if s.card == "" || strings.HasPrefix(args[2], "//") { // sales write to the client in a card
		s.keepInside(args[0], args[2:]...)
	}
	if args[1] == "writes" && s.card != "" {
		s.post("discord/channels/"+s.place(ts)+"/messages", obj{"as": args[0], "content": args[2]}, nil)
		return
	}
	place := s.meant(ts).Thread
	if s.inPost || args[1] == "writes" || args[1] == "sends" {
		// Changing and deleting does not wait until what was written has left.
		place = s.place(ts)
	}
	path := "discord/channels/" + place + "/messages"
	own := func(part string) string {
		for _, m := range slices.Backward(s.said(place, "")) {
			if m.Author.Name == args[0] && strings.Contains(m.Content, part) {
				return m.ID
			}
		}
		ts.Fatalf("%s wrote no such message", args[0])
		return ""
	}
	switch args[1] {
	case "writes":
		s.post(path, obj{"as": args[0], "content": args[2]}, nil)
		return // undoing must be possible: who looks at the result settles
	case "edits":
		need(ts, args, 4)
		s.post(path, obj{"as": args[0], "edit": own(args[2]), "content": args[3]}, nil)
	case "deletes":
		s.post(path, obj{"as": args[0], "delete": own(args[2])}, nil)
	case "sends":
		need(ts, args, 4)
		s.put(path, map[string]string{"as": args[0], "content": args[3]}, shot(args[2]))
	default:
		ts.Fatalf("an agent does not %q", args[1])
	}
}

// interact does something in a channel and keeps what came of it.
func (s *story) interact(as, channel string, body obj) {
	s.answer, s.as, s.where = seen{}, as, channel
	s.whispered = s.whispers(channel, as)
	body["as"] = as
	s.post("discord/interactions", body, &s.answer)
	s.settle()
}

// whispers are the messages of a channel that one person alone sees. What comes of a
// button may take longer than the API waits for it; then it is among them.
func (b *bench) whispers(channel, as string) []discordtest.Message {
	var all []discordtest.Message
	b.get("discord/channels/"+channel+"/messages?as="+as, &all)
	return slices.DeleteFunc(all, func(m discordtest.Message) bool { return !m.Ephemeral || m.Deleted })
}

// component finds the newest part of a message with a label or hint.
func (s *story) component(ts *testscript.TestScript, as, label string) (channel, message string, part discordtest.Component) {
	var all []discordtest.Message
	s.until(ts, false, as+" sees "+label, func() bool {
		all = nil
		for _, channel = range []string{s.place(ts), s.room(ts, "halo-ops"), s.room(ts, "halo-intake")} {
			here := s.said(channel, as)
			for _, m := range slices.Backward(here) {
				for _, row := range m.Components {
					for _, c := range row.Components {
						if c.Label == label || c.Placeholder == label {
							message, part = m.ID, c
							return true
						}
					}
				}
			}
			all = append(all, here...)
		}
		return false
	}, func() string { return listing(all) })
	return channel, message, part
}

func (s *story) press(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	channel, message, button := s.component(ts, args[0], args[1])
	s.interact(args[0], channel, obj{"message": message, "custom_id": button.CustomID})
}

func (s *story) choose(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3)
	channel, message, list := s.component(ts, args[0], args[1])
	var values []string
	for _, want := range args[2:] {
		i := slices.IndexFunc(list.Options, func(o discordtest.Choice) bool { return o.Value == want })
		if i < 0 {
			i = slices.IndexFunc(list.Options, func(o discordtest.Choice) bool { return strings.Contains(o.Label+" "+o.Description, want) })
		}
		if i < 0 {
			ts.Fatalf("%q offers no %q: %+v", args[1], want, list.Options)
		}
		values = append(values, list.Options[i].Value)
	}
	s.interact(args[0], channel, obj{"message": message, "custom_id": list.CustomID, "values": values})
}

func (s *story) menu(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 3)
	place := s.place(ts)
	for _, m := range slices.Backward(s.said(place, "")) {
		if strings.Contains(readable(m), args[2]) {
			s.interact(args[0], place, obj{"message": m.ID, "context": args[1]})
			return
		}
	}
	ts.Fatalf("no message holds %q", args[2])
}

func (s *story) command(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	options := pairs(ts, args[2:])
	where := ""
	if name, ok := options["in"].(string); ok {
		where = s.room(ts, name)
		delete(options, "in")
	} else {
		where = s.place(ts)
	}
	for _, value := range options {
		if !strings.HasPrefix(args[1], "order ") { // clients know what they ordered
			s.keepInside(args[0], fmt.Sprint(value))
		}
	}
	s.interact(args[0], where, obj{"channel": where, "command": args[1], "options": options})
}

func (s *story) fill(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2)
	if s.answer.Modal == nil {
		ts.Fatalf("no form is open: %s", s.shows())
	}
	fields := pairs(ts, args[1:])
	for name, value := range fields {
		if s.card == "" || name != "text" {
			s.keepInside(args[0], fmt.Sprint(value))
		}
	}
	s.interact(args[0], s.where, obj{"modal": s.answer.Modal.CustomID, "fields": fields})
}

// shows is what the last interaction showed.
func (s *story) shows() string {
	switch {
	case s.answer.Modal != nil:
		data, err := json.Marshal(s.answer.Modal)
		if err != nil {
			return err.Error()
		}
		return string(data)
	case s.answer.Message != nil:
		return readable(*s.answer.Message)
	}
	return listing(slices.DeleteFunc(s.whispers(s.where, s.as), func(m discordtest.Message) bool {
		return slices.ContainsFunc(s.whispered, func(old discordtest.Message) bool { return old.ID == m.ID })
	}))
}

func (s *story) sees(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	s.until(ts, neg, args[0], func() bool { return strings.Contains(s.shows(), args[0]) }, s.shows)
}

func (s *story) inThread(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	s.reads(ts, neg, s.thread(ts), args[0])
}

func (s *story) inChannel(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2)
	s.reads(ts, neg, s.room(ts, args[0]), args[1])
}

func (s *story) reads(ts *testscript.TestScript, neg bool, channel, part string) {
	s.until(ts, neg, part, func() bool {
		return slices.ContainsFunc(s.said(channel, ""), func(m discordtest.Message) bool { return strings.Contains(readable(m), part) })
	}, func() string { return listing(s.said(channel, "")) })
}

func (s *story) pings(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2)
	var all []discordtest.Message
	find := func() bool {
		all = nil
		for _, c := range append(s.posts(ts), s.thread(ts), s.place(ts), s.room(ts, "halo-intake"), s.room(ts, "halo-ops"), s.room(ts, "halo-qa")) {
			all = append(all, s.said(c, "")...)
		}
		return slices.ContainsFunc(all, func(m discordtest.Message) bool {
			return strings.Contains(readable(m), args[1]) && slices.Contains(s.called(m), args[0])
		})
	}
	s.until(ts, neg, args[0]+" called by "+args[1], find, func() string {
		for _, m := range all {
			ts.Logf("%v: %s", s.called(m), readable(m))
		}
		return ""
	})
}

// called are the names of the people and roles that a message pings.
func (s *story) called(m discordtest.Message) (names []string) {
	for _, one := range staff {
		if who, err := s.s.discord.Member(one.name); err == nil && slices.Contains(m.Pings.Users, who.ID()) {
			names = append(names, one.name)
		}
		for _, role := range one.roles {
			if slices.Contains(m.Pings.Roles, s.s.discord.RoleID(role)) {
				names = append(names, role)
			}
		}
	}
	return names
}

func (s *story) state(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	s.until(ts, neg, "state "+args[0], func() bool { return string(s.meant(ts).State) == args[0] }, func() string { return string(s.meant(ts).State) })
}

func (s *story) tag(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	s.until(ts, neg, "tag "+args[0], func() bool {
		c, _ := s.s.discord.Channel(s.place(ts))
		return slices.Contains(c.Tags, args[0])
	}, func() string {
		c, _ := s.s.discord.Channel(s.place(ts))
		return strings.Join(c.Tags, ", ")
	})
}

func (s *story) archived(ts *testscript.TestScript, neg bool, _ []string) {
	s.until(ts, neg, "archived", func() bool {
		c, _ := s.s.discord.Channel(s.place(ts))
		return c.Archived
	}, func() string { return "" })
}

func (s *story) event(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	want := pairs(ts, args[1:])
	s.until(ts, neg, "event "+strings.Join(args, " "), func() bool {
		for _, e := range s.meant(ts).Events {
			fits := e.What == args[0]
			for name, value := range want {
				fits = fits && e.Data[name] == value
			}
			if fits {
				return true
			}
		}
		return false
	}, func() string {
		var b strings.Builder
		for _, e := range s.meant(ts).Events {
			b.WriteString(e.What + " " + e.By + " " + keys(e.Data) + "\n")
		}
		return b.String()
	})
}

func (s *story) tickets(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1)
	s.until(ts, neg, args[0]+" tickets", func() bool { return len(s.numbers()) == number(ts, args[0]) }, func() string { return strings.Join(s.numbers(), " ") })
}

func (s *story) choosesTicket(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 1)
	s.ticket = number(ts, args[0])
}
