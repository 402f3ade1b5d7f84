package desk

import (
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// Every figure of surveys can be set, and a window that ends before it begins is refused.
func TestSurveysCanBeSet(t *testing.T) {
	c := mustLoad(t, nil, map[string]string{"halo.yaml": "surveys: {from: 1440h, to: 2400h, wait: 504h, action: 16h}\n"})
	want := bridge.Surveys{From: 1440 * time.Hour, To: 2400 * time.Hour, Wait: 504 * time.Hour, Action: 16 * time.Hour}
	if c.Surveys != want {
		t.Errorf("read %+v", c.Surveys)
	}
	if got := Default().Surveys; got != bridge.StandardSurveys() {
		t.Errorf("the default is %+v", got)
	}
	for text, problem := range map[string]string{
		"surveys:\n  to: 2000h\n":   `halo.yaml:2: surveys.to: read 2000h0m0s beside from 2160h0m0s, expected surveys.to longer than surveys.from`,
		"surveys:\n  from: 2880h\n": `halo.yaml:2: surveys.from: read 2880h0m0s beside from 2880h0m0s, expected surveys.to longer than surveys.from`,
		"surveys: {wait: 1h}\n":     `halo.yaml:1: surveys.wait: read "1h", expected 24h to 2160h, a time such as 336h`,
	} {
		if _, err := load(nil, map[string]string{"halo.yaml": text}); err == nil || err.Error() != problem {
			t.Errorf("%q gives\n%v\nwant\n%s", text, err, problem)
		}
	}
}
