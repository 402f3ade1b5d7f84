package desk

import (
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

// The keys of halo.yaml about what clients write to have no more of what is sent first.
const (
	optOutKey = "opt_out.words"
	optInKey  = "opt_in.words"
)

// standardRates are the rates of what is sent first unless halo.yaml says otherwise.
func standardRates() customer.Rates {
	return customer.Rates{Least: time.Minute, Most: 3 * time.Minute, Hour: 20, Day: 60, NewDay: 20, New: 720 * time.Hour}
}

// The bounds of the rates.
const (
	leastGap = 10 * time.Second
	mostGap  = time.Hour
)

// outreachSettings are the keys about what the desk sends first.
func outreachSettings() []setting {
	return []setting{
		{key: "outreach.gap", expected: "a list of two times, the least and the most between two messages, 10s to 1h, such as [60s, 180s]", setList: func(c *Config, values []string) bool {
			if len(values) != 2 {
				return false
			}
			least, err := time.ParseDuration(values[0])
			most, again := time.ParseDuration(values[1])
			c.Outreach.Least, c.Outreach.Most = least, most
			return err == nil && again == nil && least >= leastGap && least <= most && most <= mostGap
		}},
		whole("outreach.per_hour", "1 to 500 messages", 1, 500, func(c *Config) *int { return &c.Outreach.Hour }),
		whole("outreach.per_day", "1 to 800 messages", 1, 800, func(c *Config) *int { return &c.Outreach.Day }),
		whole("outreach.new_per_day", "1 to 800 messages", 1, 800, func(c *Config) *int { return &c.Outreach.NewDay }),
		span("outreach.new_for", "0s to 8784h, a time such as 720h", 0, longestFigure, func(c *Config) *time.Duration { return &c.Outreach.New }),
		{key: optOutKey, expected: optExpected, setList: func(c *Config, words []string) bool {
			c.OptOut = words
			return len(words) > 0
		}},
		{key: optInKey, expected: optExpected, setList: func(c *Config, words []string) bool {
			c.OptIn = words
			return len(words) > 0
		}},
	}
}

const optExpected = "a list of whole messages of plain words, each once and in one list only"

// optWords are the words of the configuration.
func (c Config) optWords() (ticket.OptWords, error) { return ticket.NewOptWords(c.OptOut, c.OptIn) }

// checkOptWords finds what the two lists of words say against each other.
func (c *Config) checkOptWords(line map[string]int) Problems {
	if len(c.OptOut) == 0 || len(c.OptIn) == 0 {
		return nil // said already
	}
	_, err := c.optWords()
	key := optOutKey
	if line[key] == 0 {
		key = optInKey
	}
	return faults(Problem{Where: at(c.PolicyFile, line[key]), Field: key, Expected: optExpected}, err)
}
