package desk

import (
	"time"

	"github.com/haloerzap/halo/bridge"
)

// surveySettings are the keys of surveys.
func surveySettings() []setting {
	days := func(key string, field func(*bridge.Surveys) *time.Duration) setting {
		return span(key, "24h to 4320h, a time such as 2160h", 24*time.Hour, 180*24*time.Hour, func(c *Config) *time.Duration { return field(&c.Surveys) })
	}
	return []setting{
		days("surveys.from", func(s *bridge.Surveys) *time.Duration { return &s.From }),
		days("surveys.to", func(s *bridge.Surveys) *time.Duration { return &s.To }),
		span("surveys.wait", "24h to 2160h, a time such as 336h", 24*time.Hour, 90*24*time.Hour, func(c *Config) *time.Duration { return &c.Surveys.Wait }),
		span("surveys.action", "1h to 240h, a time such as 24h", time.Hour, 240*time.Hour, func(c *Config) *time.Duration { return &c.Surveys.Action }),
	}
}

// surveyProblems finds what the keys of surveys say against each other.
func (c *Config) surveyProblems(line map[string]int) Problems {
	if c.Surveys.To > c.Surveys.From {
		return nil
	}
	key := "surveys.to"
	if line[key] == 0 {
		key = "surveys.from"
	}
	return Problems{{Where: at(c.PolicyFile, line[key]), Field: key, Read: c.Surveys.To.String() + " beside from " + c.Surveys.From.String(), Expected: "surveys.to longer than surveys.from"}}
}
