package ticket

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStandardSentences(t *testing.T) {
	for _, s := range Standard() {
		for _, text := range []string{s.Text, s.English} {
			if text == "" || text != strings.TrimSpace(text) || len(s.Unknown(text)) > 0 || len(s.Lacks(text)) > 0 || len([]rune(text)) > LongestSentence {
				t.Errorf("sentence %q is not in order: %q", s.Key, text)
			}
		}
		vars := map[string]string{}
		for _, name := range s.Placeholders {
			vars[name] = "[" + name + "]"
		}
		for _, l := range []Language{Indonesian, English, "", "fr"} {
			got, err := Defaults().Render(s.Key, l, vars)
			if err != nil || strings.Contains(got, "{{") {
				t.Errorf("render %s in %q: %q %v", s.Key, l, got, err)
			}
			if inEnglish := strings.HasPrefix(got, firstWords(s.English)); inEnglish != (l == English) && s.Text != s.English {
				t.Errorf("render %s in %q: %q", s.Key, l, got)
			}
			for _, name := range s.Placeholders {
				half := maps.Clone(vars)
				half[name] = " "
				if _, err := Defaults().Render(s.Key, l, half); err == nil {
					t.Errorf("%s without %s goes out", s.Key, name)
				}
			}
		}
	}
}

func firstWords(text string) string {
	words, _, _ := strings.Cut(text, "{{")
	return words
}

// What the desk offers as options is understood when it comes back.
func TestOptionsAreUnderstood(t *testing.T) {
	d := Defaults()
	for key, want := range map[string]Reply{SayConfirmYes: Yes, SayConfirmNo: No} {
		for _, k := range []string{key, EnglishKey(key)} {
			if got := Confirms(d[k]); got != want {
				t.Errorf("%s %q is %s", k, d[k], got)
			}
		}
	}
	for _, key := range []string{SayOptIn, EnglishKey(SayOptIn)} {
		if !slices.ContainsFunc(strings.Fields(d[key]), func(w string) bool { opt, _ := OptWord(w); return opt == OptOut }) {
			t.Errorf("%s does not say how to stop", key)
		}
	}
}

func TestRender(t *testing.T) {
	s := Sentences{"a": "Saya {{agent}}, {{agent}} dan {{name}}.", "b": "Halo", "en.b": "Hello", "c": "Hai", "en.c": "", "canned.jam-buka": "Buka jam 8, kak {{name}}."}
	if got, err := s.Render("a", Indonesian, map[string]string{"agent": " {{name}} ", "name": "$1 Ana\x00", "unused": "x"}); err != nil || got != "Saya {{name}}, {{name}} dan $1 Ana\x00." {
		t.Errorf("%q %v", got, err)
	}
	for _, test := range []struct {
		key  string
		l    Language
		want string
	}{{"b", Indonesian, "Halo"}, {"b", English, "Hello"}, {"c", English, "Hai"}, {"b", "", "Halo"}} {
		if got, err := s.Render(test.key, test.l, nil); err != nil || got != test.want {
			t.Errorf("%s in %q: %q %v", test.key, test.l, got, err)
		}
	}
	_, err := s.Render("a", Indonesian, map[string]string{"name": "Ana"})
	if missing, ok := errors.AsType[*Unfilled](err); !ok || missing.Key != "a" || !slices.Equal(missing.Names, []string{"agent"}) {
		t.Errorf("a missing variable: %v", err)
	}
	if _, err := s.Render("d", Indonesian, nil); err == nil {
		t.Error("a sentence that is not there is rendered")
	}
	if got, err := s.Render(CannedKey("jam-buka"), English, map[string]string{"name": "Ana"}); err != nil || got != "Buka jam 8, kak Ana." {
		t.Errorf("a canned answer: %q %v", got, err)
	}
	if got := s.Canned(); !slices.Equal(got, []string{"jam-buka"}) {
		t.Errorf("canned answers: %v", got)
	}
}

func TestNeeds(t *testing.T) {
	s := Sentence{Placeholders: []string{"reason", "x"}, Needs: []string{"reason"}}
	if got := s.Lacks("karena {{reasons}} {{x}}"); !slices.Equal(got, []string{"reason"}) || s.Lacks("{{reason}}") != nil {
		t.Errorf("lacks %v", got)
	}
}

func TestCannedName(t *testing.T) {
	for name, want := range map[string]bool{"jam-buka": true, "a": true, "1_x": true, strings.Repeat("a", 32): true, "": false, "-a": false, "Jam": false, "a b": false, "a.b": false, "é": false, strings.Repeat("a", 33): false, "a\n": false} {
		if CannedName(name) != want {
			t.Errorf("CannedName(%q) is not %v", name, want)
		}
	}
}

func TestNumbered(t *testing.T) {
	if got := Numbered([]string{" nama outlet ", "", "tangkapan layar"}); got != "1. nama outlet\n2. tangkapan layar" {
		t.Errorf("%q", got)
	}
	if got := Numbered(nil); got != "" {
		t.Errorf("%q", got)
	}
}

func TestOpening(t *testing.T) {
	wib := time.FixedZone("WIB", 7*3600)
	at := func(d, h, m int) time.Time { return time.Date(2025, 12, d, h, m, 0, 0, wib) }
	for _, test := range []struct {
		now, at time.Time
		id, en  string
	}{
		{at(15, 6, 0), at(15, 8, 0), "hari ini pukul 08.00 WIB", "today at 08:00 WIB"},
		{at(15, 20, 0), at(16, 8, 0), "besok, Selasa, pukul 08.00 WIB", "tomorrow, Tuesday, at 08:00 WIB"},
		{at(15, 20, 0), at(16, 8, 0).UTC(), "besok, Selasa, pukul 08.00 WIB", "tomorrow, Tuesday, at 08:00 WIB"},
		{at(20, 15, 0), at(22, 8, 30), "Senin, 22 Desember, pukul 08.30 WIB", "Monday, 22 December, at 08:30 WIB"},
		{at(30, 20, 0), at(33, 8, 0), "Jumat, 2 Januari 2026, pukul 08.00 WIB", "Friday, 2 January 2026, at 08:00 WIB"},
		{at(31, 20, 0), at(32, 8, 0), "besok, Kamis, pukul 08.00 WIB", "tomorrow, Thursday, at 08:00 WIB"},
		{at(15, 6, 0).In(time.FixedZone("+08", 8*3600)), at(15, 8, 0), "hari ini pukul 09.00", "today at 09:00"},
	} {
		if got := Opening(test.now, test.at, Indonesian); got != test.id {
			t.Errorf("%q, want %q", got, test.id)
		}
		if got := Opening(test.now, test.at, English); got != test.en {
			t.Errorf("%q, want %q", got, test.en)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Saya {{agent}}", "Sari")
	f.Add("{{agent}}}} {{", "{{agent}}")
	f.Fuzz(func(t *testing.T, text, value string) {
		rule := Sentence{Placeholders: []string{"agent"}}
		got, err := Sentences{"a": text}.Render("a", Indonesian, map[string]string{"agent": value})
		if len(rule.Unknown(text)) > 0 || text == "" || err != nil {
			return
		}
		if strings.ToValidUTF8(strings.ReplaceAll(text, "{{agent}}", strings.TrimSpace(value)), "\ufffd") != got {
			t.Errorf("%q with %q became %q", text, value, got)
		}
	})
}
