package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

// The keys of halo.yaml about who writes that are read against each other.
const (
	accessKey = "access"
	typesKey  = "user_types"
)

// The longest time a figure may have.
const longestFigure = 366 * 24 * time.Hour

// lifeSettings are the keys that a policy of tickets is made of.
func lifeSettings() []setting {
	return []setting{
		figure("targets.easy", func(p *ticket.Policy) *time.Duration { return &p.Easy }),
		figure("targets.normal", func(p *ticket.Policy) *time.Duration { return &p.Normal }),
		figure("targets.hard", func(p *ticket.Policy) *time.Duration { return &p.Hard }),
		whole("targets.warn", "1 to 99, in percent", 1, 99, func(c *Config) *int { return &c.Policy.Warn }),
		figure("reminders.first_reminder", func(p *ticket.Policy) *time.Duration { return &p.FirstReminder }),
		figure("reminders.first_response", func(p *ticket.Policy) *time.Duration { return &p.FirstResponse }),
		figure("reminders.reply", func(p *ticket.Policy) *time.Duration { return &p.ReplyReminder }),
		figure("reminders.news", func(p *ticket.Policy) *time.Duration { return &p.NewsReminder }),
		figure("reminders.offer_again", func(p *ticket.Policy) *time.Duration { return &p.OfferAgain }),
		figure("reminders.silent_agent", func(p *ticket.Policy) *time.Duration { return &p.SilentAgent }),
		figure("closing.silence", func(p *ticket.Policy) *time.Duration { return &p.Silence }),
		figure("closing.reopen_within", func(p *ticket.Policy) *time.Duration { return &p.ReopenWithin }),
		figure("rating.valid", func(p *ticket.Policy) *time.Duration { return &p.RatingValid }),
		figure("rating.comment_within", func(p *ticket.Policy) *time.Duration { return &p.CommentWithin }),
		span("rating.gap", "0s to 8784h, a time such as 720h", 0, longestFigure, func(c *Config) *time.Duration { return &c.Policy.RatingGap }),
		whole("rating.low", "0 to 5 stars", 0, 5, func(c *Config) *int { return &c.Policy.LowRating }),
		whole("limits.backlog", "1 to 100000 tickets", 1, 100_000, func(c *Config) *int { return &c.Policy.Backlog }),
		whole("limits.capacity", "1 to 100000 tickets", 1, 100_000, func(c *Config) *int { return &c.Policy.Capacity }),
		figure("limits.snooze", func(p *ticket.Policy) *time.Duration { return &p.LongestSnooze }),
		figure("limits.schedule", func(p *ticket.Policy) *time.Duration { return &p.LongestSchedule }),
		{key: "greet", expected: "always, button or never", set: func(c *Config, v string) bool {
			c.Greet = bridge.Greet(v)
			return slices.Contains([]bridge.Greet{bridge.GreetAlways, bridge.GreetButton, bridge.GreetNever}, c.Greet)
		}},
		{key: "panel", expected: "on or off", set: func(c *Config, v string) bool {
			c.Panel = v == "on"
			return c.Panel || v == off
		}},
		span("undo", "0s to 30s", 0, 30*time.Second, func(c *Config) *time.Duration { return &c.Undo }),
		{key: "mode", expected: "plain or command", set: func(c *Config, v string) bool {
			c.Mode = bridge.Mode(v)
			return c.Mode == bridge.Plain || c.Mode == bridge.Command
		}},
		{key: "flood.messages", expected: "1 to 10000 messages, or off", set: func(c *Config, v string) bool {
			if c.Flood.Messages = 0; v == off {
				return true
			}
			n, err := strconv.Atoi(v)
			c.Flood.Messages = n
			return err == nil && n >= 1 && n <= 10_000
		}},
		span("flood.within", "1s to 1h", time.Second, time.Hour, func(c *Config) *time.Duration { return &c.Flood.Within }),
		{key: typesKey},
		{key: accessKey, expected: "open, registered, or a list of user types", setList: func(c *Config, values []string) bool {
			c.Access = accessOf(values)
			return len(values) > 0
		}},
	}
}

// figure is a time of a ticket's life.
func figure(key string, field func(*ticket.Policy) *time.Duration) setting {
	return span(key, "1s to 8784h, a time such as 90s, 30m or 2h", time.Second, longestFigure, func(c *Config) *time.Duration { return field(&c.Policy) })
}

// span is a setting that is a time.
func span(key, expected string, least, most time.Duration, field func(*Config) *time.Duration) setting {
	return setting{key: key, expected: expected, set: func(c *Config, v string) bool {
		d, err := time.ParseDuration(v)
		*field(c) = d
		// Timers are kept in milliseconds.
		return err == nil && d >= least && d <= most && d == d.Truncate(time.Millisecond)
	}}
}

// whole is a setting that is a whole number.
func whole(key, expected string, least, most int, field func(*Config) *int) setting {
	return setting{key: key, expected: expected, set: func(c *Config, v string) bool {
		n, err := strconv.Atoi(v)
		*field(c) = n
		return err == nil && n >= least && n <= most
	}}
}

func accessOf(values []string) customer.Policy {
	if len(values) == 1 {
		switch values[0] {
		case string(customer.Everyone):
			return customer.Policy{}
		case string(customer.Registered):
			return customer.Policy{Mode: customer.Registered}
		}
	}
	return customer.Policy{Mode: customer.ByType, Types: values}
}

// readPeople fills in the user types, and finds what they and who may write say against
// each other.
func (c *Config) readPeople(values []yamlValue, line map[string]int) Problems {
	var found Problems
	for _, v := range values {
		switch v.key {
		case typesKey:
			found = append(found, c.readTypes(v)...)
		case teamsKey:
			found = append(found, c.readTeams(v)...)
		}
	}
	if len(found) == 0 {
		found = faults(Problem{Where: at(c.PolicyFile, line[typesKey]), Field: typesKey, Expected: typesWanted}, c.Types.Check())
	}
	if len(found) == 0 && len(c.Access.Types) > 0 {
		found = faults(Problem{Where: at(c.PolicyFile, line[accessKey]), Field: accessKey, Expected: "open, registered, or keys of user_types"}, c.Access.Check(c.Types))
	}
	return found
}

// faults are problems like one, for each line of what a check of the domain said.
func faults(one Problem, err error) (found Problems) {
	if err == nil {
		return nil
	}
	for fault := range strings.Lines(err.Error()) {
		one.Read = strings.TrimSpace(fault)
		found = append(found, one)
	}
	return found
}

const (
	typesExpected = "a name in Indonesian, or a list of two, Indonesian and English, such as [Pemilik, Owner]"
	typesWanted   = "at most 24 keys of 1 to 20 of a-z, 0-9 and _, lainnya and prospek among them, with names of at most 40 bytes"
)

func (c *Config) readTypes(v yamlValue) Problems {
	if v.form == oneValue && v.values[0] == "" {
		return nil
	}
	if v.form != manyKeys {
		return Problems{{Where: at(c.PolicyFile, v.line), Field: typesKey, Read: v.shown(), Expected: "keys with their names, such as pemilik: [Pemilik, Owner]"}}
	}
	var found Problems
	c.Types = nil
	for _, part := range v.parts {
		switch {
		case part.form == oneValue && part.values[0] != "":
			c.Types = append(c.Types, customer.UserType{Key: part.key, ID: part.values[0], EN: part.values[0]})
		case part.form == severalValues && len(part.values) == 2:
			c.Types = append(c.Types, customer.UserType{Key: part.key, ID: part.values[0], EN: part.values[1]})
		default:
			found = append(found, Problem{Where: at(c.PolicyFile, part.line), Field: typesKey + "." + part.key, Read: part.shown(), Expected: typesExpected})
		}
	}
	return found
}
