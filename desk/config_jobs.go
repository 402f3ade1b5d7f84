package desk

import (
	"maps"
	"time"

	"github.com/haloerzap/halo/scheduler"
)

// defaultJobs are when the desk's jobs are due.
func defaultJobs() map[string]string {
	return map[string]string{
		"followups": "0 8 1-10 * *",
		"surveys":   "0 9 1-10 * *",
		"nudge":     "30 8 * * *",
	}
}

// jobSettings are the keys of the jobs' specifications.
func jobSettings() []setting {
	const expected = `a cron specification that comes true, such as "0 8 1-10 * *" or @monthly, or off`
	var all []setting
	for _, name := range []string{"followups", "surveys", "nudge"} {
		all = append(all, setting{key: "jobs." + name, expected: expected, set: func(c *Config, v string) bool {
			// In which zone is not known yet, and does not matter here.
			plan, err := scheduler.ParsePlan(v, time.UTC)
			c.Jobs = maps.Clone(c.Jobs)
			c.Jobs[name] = plan.String()
			return err == nil
		}})
	}
	return all
}
