package desk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haloerzap/halo/ticket"
)

func loadTexts(text string) (Config, error) {
	return load(nil, map[string]string{"texts.yaml": text})
}

func TestTextsInBothLanguages(t *testing.T) {
	c, err := loadTexts("" +
		"greeting: Halo, saya {{agent}}.\n" +
		"canned:\n" +
		"  jam-buka: >\n    Buka jam 8, kak {{name}}.\n" +
		"  2_nota: Nota {{ticket}} {{company}} {{agent}}\n" +
		"en:\n" +
		"  greeting: Hello, I am {{agent}}.\n" +
		"  canned: {jam-buka: 'We open at 8, {{name}}.'}\n")
	if err != nil {
		t.Fatal(err)
	}
	s := ticket.Sentences(c.Texts)
	vars := map[string]string{"agent": "Sari", "name": "Ana"}
	for _, test := range []struct {
		key  string
		l    ticket.Language
		want string
	}{
		{ticket.SayGreeting, ticket.Indonesian, "Halo, saya Sari."},
		{ticket.SayGreeting, ticket.English, "Hello, I am Sari."},
		{ticket.CannedKey("jam-buka"), ticket.Indonesian, "Buka jam 8, kak Ana."},
		{ticket.CannedKey("jam-buka"), ticket.English, "We open at 8, Ana."},
		{ticket.SayConfirmYes, ticket.English, "Yes, it works"},
	} {
		if got, err := s.Render(test.key, test.l, vars); err != nil || got != test.want {
			t.Errorf("%s in %s: %q %v", test.key, test.l, got, err)
		}
	}
	if got := strings.Join(s.Canned(), " "); got != "2_nota jam-buka" {
		t.Errorf("canned answers: %s", got)
	}
	if got := len(c.Texts); got != 2*len(sentences)+3 {
		t.Errorf("%d texts", got)
	}
}

func TestBadTexts(t *testing.T) {
	keys := strings.Join(textKeys(nil), ", ")
	for _, test := range []struct{ name, text, want string }{
		{"unknown in English", "en:\n\n  greeting: Hello {{agen}}\n", `texts.yaml:3: en.greeting: read "{{agen}}", expected only {{agent}}`},
		{"unknown English key", "en:\n  hello: x\n", `texts.yaml:2: en.hello: read an unknown key, expected one of ` + english()},
		{"unknown in an answer", "canned:\n  jam: |\n    Halo {{name}},\n    {{phone}}\n", `texts.yaml:4: canned.jam: read "{{phone}}", expected only {{name}}, {{agent}}, {{ticket}}, {{company}}`},
		{"unknown in an English answer", "canned: {jam: a}\nen:\n  canned:\n    jam: '{{'\n", `texts.yaml:4: en.canned.jam: read "{{", expected only {{name}}, {{agent}}, {{ticket}}, {{company}}`},
		{"name of an answer", "canned:\n  Jam Buka: a\n", `texts.yaml:2: canned.Jam Buka: read a name that cannot be used, expected 1 to 32 of a-z, 0-9, - and _, a letter or digit first`},
		{"any name", "canned:\n  '*': a\n", `texts.yaml:2: canned.*: read a name that cannot be used, expected 1 to 32 of a-z, 0-9, - and _, a letter or digit first`},
		{"name with a dot", "canned:\n  a.b: a\n", `texts.yaml:2: canned.a.b: read an unknown key, expected one of canned.*`},
		{"empty answer", "canned:\n  jam:\n", `texts.yaml:2: canned.jam: read "", expected a sentence`},
		{"answer that is a list", "canned:\n  jam: [a, b]\n", `texts.yaml:2: canned.jam: read a list of 2 ("a, b"), expected a sentence`},
		{"answer twice", "canned:\n  jam: a\n  jam: b\n", `texts.yaml:3: read something that is no YAML (mapping key "jam" already defined at [2:3]), expected YAML`},
		{"answers without names", "canned: a\n", `texts.yaml:1: canned: read something without keys, expected keys: canned.*`},
		{"English only", "en:\n  canned:\n    jam: a\n", `texts.yaml:3: en.canned.jam: read an answer in English only, expected the same name under canned`},
		{"reason missing", "\nwarranty_refused: Maaf kak.\n", `texts.yaml:2: warranty_refused: read a sentence without {{reason}}, expected {{reason}} in it`},
		{"list missing in English", "en: {request_data: Please send it.}\n", `texts.yaml:1: en.request_data: read a sentence without {{data}}, expected {{data}} in it`},
		{"no yes", "confirm_yes: Nanti\n", `texts.yaml:1: confirm_yes: read "Nanti", expected words that are a clear yes, such as "Sudah sesuai"`},
		{"no no", "en:\n  confirm_no: Perhaps\n", `texts.yaml:2: en.confirm_no: read "Perhaps", expected words that are a clear no, such as "Belum sesuai"`},
		{"too long", "call: " + strings.Repeat("a", 3001) + "\n", `texts.yaml:1: call: read 3001 characters, expected at most 3000`},
		{"too many", "canned:\n" + manyAnswers(201), `texts.yaml: canned: read 201 answers, expected at most 200`},
		{"unknown", "x: y\n", `texts.yaml:1: x: read an unknown key, expected one of ` + keys},
	} {
		if _, err := loadTexts(test.text); err == nil || err.Error() != test.want {
			t.Errorf("%s: said\n%v\nexpected\n%s", test.name, err, test.want)
		}
	}
	for _, fine := range []string{"", "canned:\n", "en:\n", "en:\n  canned:\n", "canned: {}\n"} {
		if c, err := loadTexts(fine); err != nil || len(c.Texts) != 2*len(sentences) {
			t.Errorf("%q: %v", fine, err)
		}
	}
}

func english() string {
	var keys []string
	for _, key := range textKeys(nil) {
		if strings.HasPrefix(key, "en.") {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, ", ")
}

func manyAnswers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  a%d: a\n", i)
	}
	return b.String()
}
