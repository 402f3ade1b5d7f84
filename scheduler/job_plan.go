package scheduler

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Off is the specification of a job that the clock does not start.
const Off = "off"

// leastEvery is the shortest time of an @every.
const leastEvery = time.Minute

// A Plan says when a job is due. The zero value is [Off].
//
// It counts by the clock on the wall of its zone. A time of day that a change of clocks
// leaves out is due as much later as the clock was moved; one that comes twice is due the
// first time only.
type Plan struct {
	spec     string
	schedule cron.Schedule
	zone     *time.Location
}

// ParsePlan reads a specification: five fields (minute, hour, day of the month, month, day
// of the week), @hourly, @daily, @weekly, @monthly, @yearly, or @every with a time of at
// least a minute; "CRON_TZ=Asia/Makassar " in front names another zone than the given one.
// Days of the month and of the week, when both are limited, each make it due. One that is
// never due is refused.
func ParsePlan(spec string, zone *time.Location) (Plan, error) {
	spec = strings.TrimSpace(spec)
	if spec == Off {
		return Plan{}, nil
	}
	name, rest, err := cutZone(spec)
	if err != nil {
		return Plan{}, err
	}
	if name != "" {
		if zone, err = time.LoadLocation(name); err != nil || name == "Local" { // that is another on every machine
			return Plan{}, fmt.Errorf("there is no zone %q", name)
		}
	}
	schedule, err := cron.ParseStandard(rest)
	if err != nil {
		return Plan{}, fmt.Errorf("parse %q: %w", rest, err)
	}
	switch s := schedule.(type) {
	case *cron.SpecSchedule:
		s.Location = time.UTC // see Next
	case cron.ConstantDelaySchedule:
		if every, err := time.ParseDuration(strings.TrimPrefix(rest, "@every ")); err != nil || every < leastEvery {
			return Plan{}, fmt.Errorf("%q is more often than every minute", rest)
		}
	}
	p := Plan{spec: spec, schedule: schedule, zone: zone}
	if p.Next(time.Unix(0, 0)).IsZero() {
		return Plan{}, errors.New("it is never due")
	}
	return p, nil
}

// cutZone takes the zone off the beginning, "" when none is named.
func cutZone(spec string) (name, rest string, err error) {
	for _, prefix := range []string{"CRON_TZ=", "TZ="} {
		named, found := strings.CutPrefix(spec, prefix)
		if !found {
			continue
		}
		name, rest, found = strings.Cut(named, " ")
		rest = strings.TrimSpace(rest)
		if !found || name == "" || strings.HasPrefix(rest, "TZ=") || strings.HasPrefix(rest, "CRON_TZ=") {
			return "", "", fmt.Errorf("expected %sZONE and then the fields", prefix)
		}
		return name, rest, nil
	}
	return "", spec, nil
}

// Off reports whether the clock never starts it.
func (p Plan) Off() bool { return p.schedule == nil }

// String is the specification as it was written.
func (p Plan) String() string {
	if p.Off() {
		return Off
	}
	return p.spec
}

// key tells plans apart: the same fields in another zone are another plan.
func (p Plan) key() string {
	if p.Off() {
		return Off
	}
	return p.spec + " " + p.zone.String()
}

// Next is the first time after t at which it is due; zero for never.
func (p Plan) Next(t time.Time) time.Time {
	if p.Off() {
		return time.Time{}
	}
	if _, every := p.schedule.(cron.ConstantDelaySchedule); every {
		return p.schedule.Next(t).UTC()
	}
	// The library goes through the hours that pass, and so leaves out what a change of
	// clocks skips and does twice what it repeats. It is asked about the clock on the
	// wall, as if that of a zone without changes.
	here := t.In(p.zone)
	wall := time.Date(here.Year(), here.Month(), here.Day(), here.Hour(), here.Minute(), here.Second(), 0, time.UTC)
	wall = wall.Add(-mostChange)
	for {
		if wall = p.nextOnWall(wall); wall.IsZero() {
			return time.Time{}
		}
		if at := moment(wall, p.zone); at.After(t) {
			return at.UTC()
		}
	}
}

// mostChange is how far clocks are moved at most: who looks from after a change may have
// to find what stands before it on the wall.
const mostChange = 3 * time.Hour

// nextOnWall is the next time on the wall. The library looks five years ahead, and between
// two leap days there may be eight.
func (p Plan) nextOnWall(wall time.Time) time.Time {
	if next := p.schedule.Next(wall); !next.IsZero() {
		return next
	}
	return p.schedule.Next(wall.AddDate(4, 0, 0))
}

// moment is when clocks in a zone show what wall shows in UTC.
func moment(wall time.Time, zone *time.Location) time.Time {
	near := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	_, before := near.Add(-12 * time.Hour).Zone()
	_, after := near.Add(12 * time.Hour).Zone()
	first := wall.Add(-time.Duration(before) * time.Second).In(zone)
	second := wall.Add(-time.Duration(after) * time.Second).In(zone)
	if !shows(first, wall) && shows(second, wall) {
		return second
	}
	return first
}

func shows(t, wall time.Time) bool {
	return t.Day() == wall.Day() && t.Hour() == wall.Hour() && t.Minute() == wall.Minute()
}

// last is the latest time not after now at which it was due, from due on, which is one.
func (p Plan) last(due, now time.Time) time.Time {
	for back := time.Minute; ; back *= 2 {
		from := now.Add(-back)
		if !from.After(due) {
			from = due
		}
		found := from.Equal(due)
		at := due
		for next := p.Next(from); !next.IsZero() && !next.After(now); next = p.Next(next) {
			at, found = next, true
		}
		if found {
			return at
		}
	}
}
