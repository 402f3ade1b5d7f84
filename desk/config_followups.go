package desk

import (
	"time"

	"github.com/haloerzap/halo/bridge"
)

// followUpSettings are the keys of turning to customers.
func followUpSettings() []setting {
	lasts := func(key string, field func(*bridge.FollowUps) *time.Duration) setting {
		return span(key, "1h to 8784h, a time such as 720h", time.Hour, longestFigure, func(c *Config) *time.Duration { return field(&c.FollowUps) })
	}
	return []setting{
		whole("followups.target", "1 to 200 customers", 1, 200, func(c *Config) *int { return &c.FollowUps.Target }),
		whole("followups.list", "1 to 200 cards", 1, 200, func(c *Config) *int { return &c.FollowUps.List }),
		lasts("followups.rest", func(f *bridge.FollowUps) *time.Duration { return &f.Rest }),
		lasts("followups.attribute", func(f *bridge.FollowUps) *time.Duration { return &f.Attribute }),
		lasts("followups.usual", func(f *bridge.FollowUps) *time.Duration { return &f.Usual }),
		lasts("followups.silent", func(f *bridge.FollowUps) *time.Duration { return &f.Silent }),
	}
}
