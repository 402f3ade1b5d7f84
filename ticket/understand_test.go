package ticket

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// phrasebook reads a table of testdata: an expectation, a tab, a text in which \n is
// a line break.
func phrasebook(t testing.TB, name string) (all []struct{ want, text string }) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if want, text, ok := strings.Cut(lines.Text(), "\t"); ok {
			all = append(all, struct{ want, text string }{want, strings.ReplaceAll(text, `\n`, "\n")})
		} else if want != "" && !strings.HasPrefix(want, "#") {
			t.Errorf("testdata/%s: no tab in %q", name, want)
		}
	}
	if len(all) < 20 {
		t.Errorf("testdata/%s has only %d phrases", name, len(all))
	}
	return all
}

func TestConfirms(t *testing.T) {
	seen := map[Reply]int{}
	for _, p := range phrasebook(t, "confirms.txt") {
		if got := Confirms(p.text); got != Reply(p.want) {
			t.Errorf("Confirms(%q) = %s, want %s", p.text, got, p.want)
		}
		seen[Reply(p.want)]++
	}
	if seen[Yes] < 100 || seen[No] < 80 || seen[Unclear] < 100 {
		t.Errorf("the table is thin: %v", seen)
	}
}

// Whatever makes a text uncertain makes any answer unclear.
func TestNothingClearSurvivesDoubt(t *testing.T) {
	for _, p := range phrasebook(t, "confirms.txt") {
		for _, doubt := range []string{p.text + "?", "> " + p.text, "apakah " + p.text, p.text + "\nkenapa ya", p.text + strings.Repeat(" kak", 300)} {
			if got := Confirms(doubt); got != Unclear {
				t.Errorf("Confirms(%q) = %s, want unclear", doubt, got)
			}
		}
		if Confirms(p.text) == Yes {
			for _, doubt := range []string{p.text + ", tapi masih error", p.text + ", belum bisa", p.text + " 5", p.text + ", mau tanya", "kalau " + p.text, "belum dicoba, " + p.text, p.text + " https://example.com"} {
				if got := Confirms(doubt); got == Yes {
					t.Errorf("Confirms(%q) is a yes", doubt)
				}
			}
		}
	}
}

// What nobody sees, and how wide letters are, changes nothing.
func TestConfirmsFolds(t *testing.T) {
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7F {
				return r + 0xFEE0
			}
			return r
		}, s)
	}
	hidden := func(s string) string { return strings.ReplaceAll(s, "a", "a\u200b\u2060\ufeff") }
	for _, p := range phrasebook(t, "confirms.txt") {
		for _, same := range []string{wide(p.text), hidden(p.text), strings.ToUpper(p.text), " " + p.text + " \u00a0", "\u202e" + p.text} {
			if got := Confirms(same); len(same) <= mostAnswer && got != Reply(p.want) {
				t.Errorf("Confirms(%q) = %s, want %s", same, got, p.want)
			}
		}
	}
}

func TestIsThanks(t *testing.T) {
	for _, p := range phrasebook(t, "thanks.txt") {
		if got := IsThanks(p.text); got != (p.want == "yes") {
			t.Errorf("IsThanks(%q) = %v", p.text, got)
		}
	}
	// Whoever confirms brings nothing new; whoever denies does.
	for _, p := range phrasebook(t, "confirms.txt") {
		if got := IsThanks(p.text); (p.want == "yes" || p.want == "thanks") && !got {
			t.Errorf("IsThanks(%q) is false", p.text)
		}
		if IsThanks(p.text) && p.want == "no" && strings.IndexFunc(p.text, func(r rune) bool { return r >= 'a' && r <= 'z' }) >= 0 {
			t.Errorf("IsThanks(%q) is true", p.text)
		}
		if IsThanks(p.text + "?") {
			t.Errorf("a question is thanks: %q", p.text+"?")
		}
	}
}

func TestOptWord(t *testing.T) {
	for _, p := range phrasebook(t, "opt.txt") {
		got, ok := OptWord(p.text)
		if string(got) != strings.TrimSuffix(p.want, "none") || ok != (p.want != "none") {
			t.Errorf("OptWord(%q) = %q %v, want %s", p.text, got, ok, p.want)
		}
	}
}

func TestVocabulary(t *testing.T) {
	for w := range vocabulary {
		if w != strings.ToLower(w) || strings.ContainsAny(w, " ,.-'") {
			t.Errorf("%q can never be read", w)
		}
	}
	for phrase := range phrases {
		if n := len(strings.Fields(phrase)); n < 2 || n > longestPhrase {
			t.Errorf("%q has %d words", phrase, n)
		}
		for w := range strings.FieldsSeq(phrase) {
			if other, ok := spellings[w]; ok {
				t.Errorf("%q can never be read: %q is read as %q", phrase, w, other)
			}
		}
	}
	row := map[string]string{}
	for w, as := range spellings {
		if does(w) != string(wStrange) && does(w) != does(as) {
			t.Errorf("%q alone does %s, as %q %s", w, does(w), as, does(as))
		}
	}
	for does, words := range rows {
		for w := range strings.FieldsSeq(words) {
			if row[w] != "" {
				t.Errorf("%q is in the rows %s and %s", w, row[w], does)
			}
			row[w] = does
		}
	}
	if vocabulary["sudah"] != "S" || does("sudaaaahhh") != "S" || does("sudahkan") != "U" {
		t.Error("the vocabulary is off")
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, name := range []string{"confirms.txt", "thanks.txt", "opt.txt", "ratings.txt"} {
		for _, p := range phrasebook(f, name) {
			f.Add(p.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		reply := Confirms(text)
		if again := Confirms(text); again != reply {
			t.Fatalf("%q is %s, then %s", text, reply, again)
		}
		if reply != Unclear && len(text) > mostAnswer {
			t.Errorf("%q is %s", text, reply)
		}
		if reply != Unclear && Confirms(text+"?") != Unclear {
			t.Errorf("%q with a question mark is %s", text, Confirms(text+"?"))
		}
		if reply == Yes && !IsThanks(text) {
			t.Errorf("%q confirms and brings something new", text)
		}
		if _, ok := OptWord(text); ok && len(text) > mostAnswer {
			t.Errorf("a long text is an opt word: %q", text)
		}
		stars, comment, ok := Rating(text)
		if ok != (stars >= 1 && stars <= 5) || !ok && comment != "" || len([]rune(comment)) > mostComment {
			t.Errorf("Rating(%q) = %d %q %v", text, stars, comment, ok)
		}
		if utf8.ValidString(text) && !utf8.ValidString(comment) {
			t.Errorf("Rating(%q) cuts a rune: %q", text, comment)
		}
	})
}

func TestReadsRatings(t *testing.T) {
	for _, p := range phrasebook(t, "ratings.txt") {
		stars, comment, ok := Rating(p.text)
		got := "none"
		if ok {
			got = strings.TrimSuffix(string(rune('0'+stars))+"|"+strings.ReplaceAll(comment, "\n", `\n`), "|")
		}
		if got != p.want {
			t.Errorf("Rating(%q) = %s, want %s", p.text, got, p.want)
		}
	}
}

func TestRatingOptions(t *testing.T) {
	for i, option := range RatingOptions() {
		if stars, comment, ok := Rating(option); !ok || stars != 5-i || comment != "" {
			t.Errorf("Rating(%q) = %d %q %v", option, stars, comment, ok)
		}
	}
}

// Nothing but a rating, taken or not, is no new matter.
func TestSoundsRated(t *testing.T) {
	for text, want := range map[string]bool{
		"5": true, "0": true, "7": true, "10": true, "10/10": true, "4.5": true, "⭐⭐⭐⭐⭐⭐": true, "bintang 4": true, "bintang 6": true, "5!!": true, "lima kak": true, "5 ": true,
		"": false, "5, mantap": false, "jam 5": false, "5 outlet": false, "123456": false, "masih error": false, "5?": false, "081234567890": false,
	} {
		if got := soundsRated(text); got != want {
			t.Errorf("soundsRated(%q) = %v", text, got)
		}
	}
}
