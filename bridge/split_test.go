package bridge

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	long := strings.Repeat("kata ", 9) + "kata" // 49 characters
	for _, c := range []struct {
		name, in string
		limit    int
		want     []string
	}{
		{"short", " halo ", 10, []string{"halo"}},
		{"nothing", " \n ", 10, nil},
		{"word", "satu dua tiga", 9, []string{"satu dua", "tiga"}},
		{"sentence", "Ini satu. Ini dua lagi", 18, []string{"Ini satu.", "Ini dua lagi"}},
		{"line", "Ini baris satu\nini dua", 18, []string{"Ini baris satu", "ini dua"}},
		{"paragraph", "Ini satu\n\nini\ndua lagi", 15, []string{"Ini satu", "ini\ndua lagi"}},
		{"long word", "aaaaaaaaaaaa", 5, []string{"aaaaa", "aaaaa", "aa"}},
		{"bold", "**satu dua tiga**", 14, []string{"**satu dua**", "**tiga**"}},
		{"nested", "**satu _dua tiga_ x**", 18, []string{"**satu _dua_**", "**_tiga_ x**"}},
		{"strike", "~~satu dua~~ x", 10, []string{"~~satu~~", "~~dua~~ x"}},
		{"block", "```go\na := 1\nb := 2\n```", 20, []string{"```go\na := 1\n```", "```go\nb := 2\n```"}},
		{"indent", "```\na\n  b\n  c\n```", 15, []string{"```\na\n  b\n```", "```\n  c\n```"}},
		{"code", "`satu dua tiga`", 11, []string{"`satu dua`", "`tiga`"}},
		{"quote", "> satu dua tiga", 12, []string{"> satu dua", "> tiga"}},
		{"quote to the end", ">>> satu dua\ntiga", 14, []string{">>> satu dua", ">>> tiga"}},
		{"heading", "# satu dua tiga", 12, []string{"# satu dua", "# tiga"}},
		{"no new heading", "satu dua # tiga", 9, []string{"satu dua", zw + "# tiga"}},
		{"no new list", "satu dua - tiga", 9, []string{"satu dua", zw + "- tiga"}},
		{"address", "lihat https://x.id/aaaa ya", 20, []string{"lihat", "https://x.id/aaaa ya"}},
		{"masked", "lihat [toko ini](https://x.id) ya", 29, []string{"lihat", "[toko ini](https://x.id) ya"}},
		{"mention", "halo <@123456789> ya", 14, []string{"halo", "<@123456789>", "ya"}},
		{"escape", `aaaa\*bbbb`, 5, []string{"aaaa", `\*bbb`, "b"}},
		{"cluster", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 12, []string{"👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"}},
		{"cluster longer than a part", "a\u0301\u0301\u0301\u0301", 3, []string{"a\u0301\u0301", "\u0301\u0301"}},
		{"limit too small", "ab👍", 0, []string{"ab", "👍"}},
		{"UTF-16", strings.Repeat("👍", 4), 4, []string{"👍👍", "👍👍"}},
		{"fits", long, 49, []string{long}},
	} {
		if got := Split(c.in, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%s: Split(%q, %d)\n got %q\nwant %q", c.name, c.in, c.limit, got, c.want)
		}
	}
}

func TestSplitPlain(t *testing.T) {
	for _, c := range []struct {
		name, in string
		limit    int
		want     []string
	}{
		{"bold", "*satu dua tiga*", 12, []string{"*satu dua*", "*tiga*"}},
		{"nested", "*satu _dua tiga_*", 14, []string{"*satu _dua_*", "*_tiga_*"}},
		{"mono", "```satu\ndua```", 11, []string{"```satu```", "```dua```"}},
		{"literal", "2*3 dan 4*5", 8, []string{"2*3 dan", "4*5"}},
		{"list", "- satu\n- dua", 8, []string{"- satu", "- dua"}},
	} {
		if got := SplitPlain(c.in, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%s: SplitPlain(%q, %d)\n got %q\nwant %q", c.name, c.in, c.limit, got, c.want)
		}
	}
}

// checkSplit says what is wrong with the parts of s, or "".
func checkSplit(d splitDialect, s string, limit int) string {
	bounds := map[int]bool{len(s): true}
	pos, longest := 0, 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		bounds[pos] = true
		pos += len(g.Str())
		longest = max(longest, splitUnits(g.Str()))
	}
	at := 0
	for i, p := range d.split(s, limit) {
		whole := p.open + p.body + p.close
		switch {
		case splitUnits(whole) > max(limit, 2):
			return "too long: " + strconv.Quote(whole)
		case strings.TrimSpace(p.body) == "":
			return "empty: " + strconv.Quote(whole)
		case p.start < at || strings.TrimSpace(s[at:p.start]) != "":
			return "lost: " + strconv.Quote(s[at:max(at, p.start)])
		case !strings.HasPrefix(s[p.start:], p.body):
			return "not of the text: " + strconv.Quote(p.body)
		case longest+60 < limit && (!bounds[p.start] && !endsInSpace(s[:p.start]) || !bounds[p.start+len(p.body)]):
			return "cut in a cluster: " + strconv.Quote(p.body)
		case i == 0 && p.open != "":
			return "opened at the beginning: " + p.open
		}
		at = p.start + len(p.body)
	}
	if strings.TrimSpace(s[at:]) != "" {
		return "lost at the end: " + strconv.Quote(s[at:])
	}
	return ""
}

// endsInSpace reports whether only white space, which a cut may drop, is parted
// from a mark on it.
func endsInSpace(s string) bool { return strings.TrimRightFunc(s, unicode.IsSpace) != s }

var testDialects = map[string]splitDialect{
	"discord": {scan: fmtScanDiscord, fence: "\n```",
		sign: func(s string) bool { return fmtPhoneLine(s) || fmtHeading(s) > 0 || strings.HasPrefix(s, ">>> ") }},
	"whatsapp": {scan: fmtScanWhatsApp, fence: "```", sign: fmtPhoneLine},
}

func TestSplitLosesNothing(t *testing.T) {
	for name, d := range testDialects {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s, limit := pieces().Draw(t, "text"), rapid.IntRange(0, 120).Draw(t, "limit")
				if why := checkSplit(d, s, limit); why != "" {
					t.Fatalf("%q at %d: %s\n%q", s, limit, why, splitStrings(d.split(s, limit)))
				}
			})
		})
	}
}

// styled returns each visible character of a text with its formatting.
func styled(toks []fmtToken) []string {
	var out, open []string
	for _, t := range toks {
		switch t.kind {
		case fmtMarker:
			switch {
			case t.pair < 0:
				out = append(out, styledRunes(t.text, open)...)
			case t.opens:
				open = append(open, strconv.Itoa(int(t.style)))
			default:
				open = open[:len(open)-1]
			}
		case fmtText:
			out = append(out, styledRunes(t.text, open)...)
		case fmtCode:
			out = append(out, styledRunes(t.text, append(slices.Clone(open), "code"))...)
		case fmtEscaped, fmtLink, fmtAtom, fmtAddress:
			out = append(out, t.text+strings.Join(open, ","))
		}
	}
	return out
}

func styledRunes(s string, open []string) []string {
	open = slices.Sorted(slices.Values(open))
	var out []string
	for _, r := range s {
		if !unicode.IsSpace(r) && r != '\u200b' {
			out = append(out, string(r)+strings.Join(open, ","))
		}
	}
	return out
}

// story draws text as people write it, with formatting that closes.
func story(d string) *rapid.Generator[string] {
	bold, strike := "**", "~~"
	if d == "whatsapp" {
		bold, strike = "*", "~"
	}
	word := rapid.SampledFrom([]string{"kata", "halo,", "selesai.", "2+2", "https://x.id/a_b", "a_b@x.id", "👍🏽", "é", "# x", "- y", "3. z"})
	words := rapid.Map(rapid.SliceOfN(word, 1, 12), func(w []string) string { return strings.Join(w, " ") })
	span := rapid.Custom(func(t *rapid.T) string {
		in := words.Draw(t, "words")
		switch rapid.IntRange(0, 6).Draw(t, "style") {
		case 0:
			return bold + in + bold
		case 1:
			return "_" + strings.ReplaceAll(in, "_", "-") + "_"
		case 2:
			return strike + in + strike
		case 3:
			return bold + "x " + strike + in + strike + " y" + bold
		case 4:
			return "`" + in + "`"
		case 5:
			return "\n```\n" + strings.ReplaceAll(in, " ", "\n  ") + "\n```"
		}
		return in
	})
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(1, 8).Draw(t, "spans") {
			b.WriteString(span.Draw(t, "span"))
			b.WriteString(rapid.SampledFrom([]string{" ", "\n", "\n\n", "\n> ", "\n- "}).Draw(t, "gap"))
		}
		return strings.TrimSpace(b.String())
	})
}

func TestSplitKeepsFormatting(t *testing.T) {
	for name, d := range testDialects {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s, limit := story(name).Draw(t, "text"), rapid.IntRange(60, 200).Draw(t, "limit")
				want := styled(d.scan(s))
				var got []string
				parts := splitStrings(d.split(s, limit))
				for _, p := range parts {
					got = append(got, styled(d.scan(p))...)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%q at %d became %q\n got %q\nwant %q", s, limit, parts, got, want)
				}
			})
		})
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("**satu _dua_ tiga** `x` ```go\ny\n```", uint8(12))
	f.Add("> a\n>>> b\n# c - d <@1> [x](https://y)", uint8(5))
	f.Add("👨‍👩‍👧‍👦 a\u0301\xff\x00", uint8(2))
	f.Fuzz(func(t *testing.T, s string, limit uint8) {
		for name, d := range testDialects {
			if why := checkSplit(d, s, int(limit)); why != "" {
				t.Errorf("%s: %q at %d: %s", name, s, limit, why)
			}
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	s := strings.Repeat("**satu** _dua_ `tiga` https://x.id/a_b kata. ", 2300)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Split(s, 2000)
	}
}
