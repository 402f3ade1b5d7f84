package desk

import (
	"maps"
	"testing"
)

const jobExpected = `expected a cron specification that comes true, such as "0 8 1-10 * *" or @monthly, or off`

var badJobs = []slip{
	{"a job of four fields", nil, map[string]string{"halo.yaml": "jobs:\n  followups: 0 8 1-10 *\n"},
		`halo.yaml:2: jobs.followups: read "0 8 1-10 *", ` + jobExpected},
	{"a job that never comes", nil, map[string]string{"halo.yaml": "desk: {prefix: HE}\njobs:\n  nudge: 0 8 30 2 *\n"},
		`halo.yaml:3: jobs.nudge: read "0 8 30 2 *", ` + jobExpected},
	{"a job in no zone", nil, map[string]string{"halo.yaml": "jobs: {surveys: CRON_TZ=Asia/Bandung 0 8 * * *}\n"},
		`halo.yaml:1: jobs.surveys: read "CRON_TZ=Asia/Bandung 0 8 * * *", ` + jobExpected},
	{"a job of two", nil, map[string]string{"halo.yaml": "jobs: {surveys: [a, b]}\n"},
		`halo.yaml:1: jobs.surveys: read a list of 2 ("a, b"), ` + jobExpected},
	{"an unknown job", nil, map[string]string{"halo.yaml": "jobs: {survey: off}\n"},
		`halo.yaml:1: jobs.survey: read an unknown key, expected one of jobs.followups, jobs.surveys, jobs.nudge`},
}

func TestJobsCanBeSet(t *testing.T) {
	c := mustLoad(t, nil, map[string]string{"halo.yaml": "jobs:\n  followups: \"@monthly\"\n  surveys: off\n  nudge: CRON_TZ=Asia/Makassar  0 9 * * mon-fri\n"})
	want := map[string]string{"followups": "@monthly", "surveys": "off", "nudge": "CRON_TZ=Asia/Makassar  0 9 * * mon-fri"}
	if !maps.Equal(c.Jobs, want) {
		t.Errorf("read %q", c.Jobs)
	}
	if !maps.Equal(mustLoad(t, nil, nil).Jobs, defaultJobs()) {
		t.Error("what one configuration says stays for the next")
	}
}
