package main

import (
	"errors"
	"runtime/debug"
	"testing"

	"github.com/haloerzap/halo/desk"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	built := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	for _, test := range []struct {
		set   string
		build *debug.BuildInfo
		want  string
	}{
		{"1.2.0", built("v1.1.0", revision), "1.2.0"},
		{"", built("v1.1.0", revision), "v1.1.0"},
		{"", built("(devel)", revision), "0123456789ab"},
		{"", built("", revision, debug.BuildSetting{Key: "vcs.modified", Value: "true"}), "0123456789ab+dirty"},
		{"", built("(devel)"), "devel"},
		{"", nil, "devel"},
	} {
		if got := versionOf(test.set, test.build); got != test.want {
			t.Errorf("set %q, built as %v: %s, want %s", test.set, test.build, got, test.want)
		}
	}
}

// An error of several lines is one block, its first line with our name.
func TestErrorsAreOneBlock(t *testing.T) {
	t.Parallel()
	slip := desk.Problem{Where: "environment", Field: "A", Read: "nothing", Expected: "b"}
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("no"), "no"},
		{desk.Problems{slip}, "environment: A: read nothing, expected b"},
		{desk.Problems{slip, slip}, "2 settings to mend:\n  - environment: A: read nothing, expected b\n  - environment: A: read nothing, expected b"},
		{desk.SetupProblem{"x", "y"}, "the desk cannot run yet:\n  - x\n  - y"},
		{errors.Join(errors.New("one"), errors.New("two")), "one\n  - two"},
	} {
		if got := block(test.err); got != test.want {
			t.Errorf("%#v is\n%s\nwant\n%s", test.err, got, test.want)
		}
	}
}
