package bot_test

import (
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/haloerzap/halo/bot"
)

// commandName is what Discord takes as the name of a command or option, of those scripts
// that the desk speaks.
var commandName = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

var locales = []string{"id", "en-US", "en-GB"}

// Every name and number is within Discord's rules: it takes all commands or none.
func TestCommandsKeepDiscordsRules(t *testing.T) {
	all := bot.Commands()
	if len(all) > 100 {
		t.Errorf("%d commands", len(all))
	}
	checkNames(t, "", slices.DeleteFunc(slices.Clone(all), func(c bot.Command) bool { return c.OnMessage }))
	for _, c := range all {
		if n := letters(c); n > 8000 {
			t.Errorf("/%s has %d characters in all, at most 8000", c.Name, n)
		}
	}
}

// checkNames checks commands side by side: no two are called the same in one language.
func checkNames(t *testing.T, path string, all []bot.Command) {
	t.Helper()
	if len(all) > 25 && path != "" {
		t.Errorf("/%s has %d commands", path, len(all))
	}
	taken := map[string]string{}
	for _, c := range all {
		checkName(t, path+c.Name, c.Name, c.Names, taken)
		if len(c.Sub) > 0 {
			checkNames(t, path+c.Name+" ", c.Sub)
		}
		if len(c.Options) > 25 {
			t.Errorf("/%s has %d options", path+c.Name, len(c.Options))
		}
		options := map[string]string{}
		for _, o := range c.Options {
			checkName(t, path+c.Name+" "+o.Name, o.Name, o.Names, options)
			if len(o.Choices) > 25 {
				t.Errorf("%s has %d choices", o.Name, len(o.Choices))
			}
			for _, choice := range o.Choices {
				for locale, label := range choice.Label {
					if n := utf8.RuneCountInString(label); n < 1 || n > 100 {
						t.Errorf("%s %s: choice %q in %s has %d characters", c.Name, o.Name, label, locale, n)
					}
				}
				if len(choice.Value) > 100 {
					t.Errorf("%s: value %q is too long", o.Name, choice.Value)
				}
			}
		}
	}
}

func checkName(t *testing.T, path, name string, names, taken map[string]string) {
	t.Helper()
	if !commandName.MatchString(name) {
		t.Errorf("%s is no name for Discord", path)
	}
	for locale := range names {
		if !slices.Contains(locales, locale) {
			t.Errorf("%s has a name in %s", path, locale)
		}
	}
	for _, locale := range locales {
		called := names[locale]
		if !commandName.MatchString(called) {
			t.Errorf("%s is called %q in %s", path, called, locale)
		}
		if other := taken[locale+called]; other != "" {
			t.Errorf("%s is called %q in %s, like %s", path, called, locale, other)
		}
		taken[locale+called] = path
	}
}

// letters counts a command as Discord does: the longest text of each field.
func letters(c bot.Command) int {
	n := longest(c.Name, c.Names) + longest("", c.Description)
	for _, sub := range c.Sub {
		n += letters(sub)
	}
	for _, o := range c.Options {
		n += longest(o.Name, o.Names) + longest("", o.Description)
		for _, choice := range o.Choices {
			n += longest(choice.Value, choice.Label) + len(choice.Value)
		}
	}
	return n
}

func longest(text string, by map[string]string) int {
	most := utf8.RuneCountInString(text)
	for _, other := range by {
		most = max(most, utf8.RuneCountInString(other))
	}
	return most
}
