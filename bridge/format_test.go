package bridge

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

const zw = "\u200b"

func TestToDiscord(t *testing.T) {
	for _, c := range [][2]string{
		// What WhatsApp formats.
		{"*tebal*", "**tebal**"},
		{"_miring_", "_miring_"},
		{"~coret~", "~~coret~~"},
		{"*_dua_*", "**_dua_**"},
		{"_*dua*_", "_**dua**_"},
		{"~*_tiga_*~", "~~**_tiga_**~~"},
		{"(*a*), _b_!", "(**a**), _b_!"},
		{"`kode`", "`kode`"},
		{"```mono```", "`mono`"},
		{"```a`b```", "```\na`b\n```"},
		{"```js\nx := 1\n```", "```\njs\nx := 1\n```"},
		{"*a* b *c*", "**a** b **c**"},
		{"> kutipan", "> kutipan"},
		{"> - *a*", "> - **a**"},
		{"- satu\n* dua", "- satu\n* dua"},
		{"1. a\n2. b", "1. a\n2. b"},
		{"3. a\n7. b", "3. a\n7\\. b"},
		{"  - dalam", "  - dalam"},
		{"*`x`*", "**`x`**"},
		{"```a``````b```", "`a`" + zw + "`b`"},

		// What WhatsApp does not format.
		{"2*3*4", `2\*3\*4`},
		{"* a*", `* a\*`},
		{"*a *", `\*a \*`},
		{"**a**", `\*\*a\*\*`},
		{"*a\nb*", "\\*a\nb\\*"},
		{"a*b* c", `a\*b\* c`},
		{"*a*b", `\*a\*b`},
		{"~5 menit", `\~5 menit`},
		{"``", "\\`\\`"},
		{"```  ```", "\\`\\`\\`  \\`\\`\\`"},
		{"`a\nb`", "\\`a\nb\\`"},
		{"> ```a\nb```", "> \\`\\`\\`a\nb\\`\\`\\`"},

		// What only Discord would format.
		{"# judul", `\# judul`},
		{"  ## judul", `  \## judul`},
		{"- # judul", `- \# judul`},
		{"> # judul", `> \# judul`},
		{"-# kecil", `\-# kecil`},
		{">>> semua", `\>>> semua`},
		{"> > dua", `> \> dua`},
		{"- - dua", `- \- dua`},
		{"- 1. dua", `- 1\. dua`},
		{"||rahasia||", `\|\|rahasia\|\|`},
		{"a | b", "a | b"},
		{"[bank](https://evil.example)", `\[bank](https://evil.example)`},
		{"__a__", `\_\_a\_\_`},
		{`a\*b`, `a\\\*b`},
		{`C:\Users`, `C:\\Users`},
		{":tada: 10:30:15", `\:tada: 10:30:15`},
		{":thumbs_up:", `:thumbs\_up:`},

		// Mentions.
		{"@everyone", "@" + zw + "everyone"},
		{"a@Here.com", "a@" + zw + "Here.com"},
		{"<@123>", "<" + zw + "@123>"},
		{"<@!123> <@&5> <#7>", "<" + zw + "@!123> <" + zw + "@&5> <" + zw + "#7>"},
		{"</a b:1>", "<" + zw + "/a b:1>"},
		{"<t:1:R> <id:home>", "<" + zw + "t:1:R> <" + zw + "id:home>"},
		{"<:x:1><a:x:1>", "<" + zw + `\:x:1><` + zw + `a\:x:1>`},
		{"`@everyone`", "`@" + zw + "everyone`"},
		{"```<@1>\n```", "```\n<" + zw + "@1>\n```"},
		{"a < b", "a < b"},
		{"<b>", "<b>"},

		// What must stay as it is.
		{"john_doe@example.com", "john_doe@example.com"},
		{"+62 812-3456-7890", "+62 812-3456-7890"},
		{"john_d@x.id _a_", `john\_d@x.id _a_`},
		{"https://x.id/a_b_c?d=*e*&f=~g~", "https://x.id/a_b_c?d=*e*&f=~g~"},
		{"(https://x.id/a)", "(https://x.id/a)"},
		{"https://x.id/a_(b).", "https://x.id/a_(b)."},
		{"<https://x.id>", "<https://x.id>"},
		{"*https://x.id*", "**https://x.id**"},
		{"_https://x.id/a_b_", "*https://x.id/a_b*"},
		{"*https://x.id/*b ok*", `\*https://x.id/*b ok\*`},
		{"*https://a.id/*b https://x.id*", `\*https://a.id/*b https://x.id*`},
		{"https://x.id*", "https://x.id*"},
		{"https://x.id _a_", "https://x.id _a_"},
		{"Https://X.id/A", "https://X.id/A"},
		{"https://x.id/@everyone", "https://x.id/%40everyone"},
		{"https://x@here.id/", "https://x@" + zw + "here.id/"},
		{"https://", "https://"},

		// Characters.
		{"a\x00b\x1bc", "a\ufffdb\ufffdc"},
		{"a\xffb", "a\ufffdb"},
		{"\u202eevil\u202c \u2066x\u2069", "\ufffdevil\ufffd \ufffdx\ufffd"},
		{"a\u200eb\u200fc\ufeff", "abc"},
		{"a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		{"a" + strings.Repeat("\u0301", 50) + "b", "a" + strings.Repeat("\u0301", MaxMarks) + "b"},
		{"👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 กี่", "👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 กี่"},
		{"", ""},
	} {
		if got := ToDiscord(c[0]); got != c[1] {
			t.Errorf("ToDiscord(%q)\n got %q\nwant %q", c[0], got, c[1])
		}
	}
}

var testNames = Names{
	User:    func(id string) string { return map[string]string{"1": "Sari"}[id] },
	Role:    func(id string) string { return map[string]string{"2": "Gudang"}[id] },
	Channel: func(id string) string { return map[string]string{"3": "retur"}[id] },
	Zone:    time.FixedZone("WIB", 7*3600),
}

func TestToWhatsApp(t *testing.T) {
	for _, c := range [][2]string{
		{"**tebal**", "*tebal*"},
		{"*miring* _miring_", "_miring_ _miring_"},
		{"***dua***", "_*dua*_"},
		{"***a* b**", "*_a_ b*"},
		{"***a** b*", "_*a* b_"},
		{"**a *b***", "*a _b_*"},
		{"*a **b***", "_a *b*_"},
		{"~~coret~~", "~coret~"},
		{"__garis__ ||rahasia||", "garis rahasia"},
		{"__*a*__", "_a_"},
		{"# Judul\nisi", "*Judul*\nisi"},
		{"## **Judul** _x_", "*Judul _x_*"},
		{"-# kecil", "kecil"},
		{"#bukan", "#bukan"},
		{"[toko](https://x.id/a)", "toko (https://x.id/a)"},
		{"[**toko**](<https://x.id> \"judul\")!", "*toko* (https://x.id)!"},
		{"[https://x.id](https://x.id)", "https://x.id"},
		{"[a](b)", "[a](b)"},
		{"<https://x.id/a_b>", "https://x.id/a_b"},
		{"**https://x.id/a_b**", "*https://x.id/a_b*"},
		{"```go\nx := 1\n```", "```x := 1```"},
		{"```x```", "```x```"},
		{"`x` ``a`b``", "`x` ```a`b```"},
		{"`*x*`", "`*x*`"},
		{"> a\n> b", "> a\n> b"},
		{">>> a\nb", "> a\n> b"},
		{"> ```\n> x\n> y\n> ```", "> `x`\n> `y`\n> "},
		{"- a\n  - b\n1. c", "- a\n  - b\n1. c"},
		{"- **a**", "- *a*"},
		{"**a\nb**", "*a*\n*b*"},
		{"** a **", " *a* "},
		{"**a** **b**", "*a* *b*"},
		{"**a**__**b**__", "*a*" + zw + "*b*"},
		{"`a`**`b`**", "`a`*`b`*"},
		{"`a`__`b`__", "`a`" + zw + "`b`"},
		{"**ke**luar", "*ke*" + zw + "luar"},
		{"ter**buka**", "ter" + zw + "*buka*"},
		{"snake_case_name 2*3*4", "snake_case_name 2" + zw + "_3_" + zw + "4"},

		// Literal characters.
		{`\*a\*`, "*" + zw + "a" + zw + "*"},
		{`\*a`, "*a"},
		{`2 \* 3`, "2 * 3"},
		{`a\_b`, "a_b"},
		{"\\`\\`\\`", "`" + zw + "`" + zw + "`"},
		{`\> a`, zw + "> a"},
		{`\- a`, zw + "- a"},
		{`C:\Users \\ \😀`, `C:\Users \ 😀`},
		{"*a", "*a"},
		{"****", "****"},

		// What only Discord knows.
		{"<@1> <@!1> <@9>", "@Sari @Sari @seseorang"},
		{"<@&2> <@&9>", "@Gudang @tim"},
		{"<#3> <#9> <id:browse>", "#retur #saluran #saluran"},
		{"<:ok_:12> <a:ok:12>", ":ok_: :ok:"},
		{"</kirim pesan:12>", "/kirim pesan"},
		{"<t:1618953630>", "21 April 2021 04:20 WIB"},
		{"<t:1618953630:F>", "Rabu, 21 April 2021 04:20 WIB"},
		{"<t:1618953630:t> <t:1618953630:d>", "04:20 WIB 21/04/2021"},
		{"<t:99999999999999999>", "<t:99999999999999999>"},
		{"<@x> <x>", "<@x> <x>"},
	} {
		if got := ToWhatsApp(c[0], testNames); got != c[1] {
			t.Errorf("ToWhatsApp(%q)\n got %q\nwant %q", c[0], got, c[1])
		}
	}
	if got := ToWhatsApp("<@1> <t:0>", Names{}); got != "@seseorang 1 Januari 1970 00:00 UTC" {
		t.Errorf("without names: %q", got)
	}
}

func TestMentions(t *testing.T) {
	got := strings.Join(Mentions("<@1> `<@2>` <@!3> **<@&4>** \\<@5> a@everyone @here <#6> https://x.id/@here"), " ")
	if want := "1 3 4 everyone here"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"  Ana \n\t Putri ", 80, "Ana Putri"},
		{"\u202eana", 80, "\ufffdana"},
		{"@everyone", 80, "@" + zw + "everyone"},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"abcd efg", 6, "abcd…"},
		{"👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 15, "👨‍👩‍👧‍👦…"},
		{"👨‍👩‍👧‍👦", 5, "…"},
		{"a", 0, ""},
		{" \u200b\u200d \n", 80, ""},
		{"", 80, ""},
	} {
		if got := Clean(c.in, c.max); got != c.want {
			t.Errorf("Clean(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

// live is Discord's syntax for what pings or is replaced, written down apart from
// the code under test.
var live = regexp.MustCompile(`(?i)@everyone|@here|<@[!&]?\d+>|<#\d+>|</[^:\n]+:\d+>|<t:-?\d+(:\w)?>|<id:\w+>|<a?:\w+:\d+>`)

// unsafe returns what is wrong with text for Discord, or "".
func unsafe(s string) string {
	if m := live.FindString(s); m != "" {
		return "live mention " + m
	}
	if !utf8.ValidString(s) {
		return "invalid UTF-8"
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return "character " + string([]rune{r})
		}
	}
	return ""
}

// pieces draws text rich in what matters to both dialects.
func pieces() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
		"*", "_", "~", "`", "```", "**", "~~", "||", "\\", "\n", " ", "a", "kata", "é", "9", ".", ",", "(", ")", "[", "](",
		"> ", "- ", "1. ", "2. ", "# ", "-# ", ">>> ", "<", ">", "@", "everyone", "here", "<@1>", "<@&2>", "<:x:1>", "<t:1>", ":", ":tada:",
		"https://x.id", "/a_b", "x_y@z.id", "👍🏽", "❤️", "\u0301", "\u200b", "\u202e", "\x00", "\xff", "\r", "  ",
	}), 0, 40), func(p []string) string { return strings.Join(p, "") })
}

func TestToDiscordIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := pieces().Draw(t, "text")
		out := ToDiscord(in)
		if why := unsafe(out); why != "" {
			t.Fatalf("ToDiscord(%q) = %q: %s", in, out, why)
		}
		if len(Mentions(out)) > 0 {
			t.Fatalf("ToDiscord(%q) = %q mentions %q", in, out, Mentions(out))
		}
	})
}

// What a client typed, sent to Discord and back, reads the same on WhatsApp, but
// for invisible separators, the choice between ``` and ` around code, and blank
// lines at the edges of code.
func TestRoundTrip(t *testing.T) {
	plain := strings.NewReplacer(zw, "", "`", "", "%40", "@")
	strip := func(s string) string {
		lines := strings.Split(plain.Replace(s), "\n")
		kept := lines[:0]
		for _, l := range lines {
			if l = strings.TrimSpace(l); l != "" {
				kept = append(kept, l)
			}
		}
		return strings.Join(kept, "\n")
	}
	rapid.Check(t, func(t *rapid.T) {
		in := pieces().Draw(t, "text")
		if strings.Contains(in, "<https") || strings.Contains(in, "<\u200bhttps") {
			t.Skip("angles around an address are lost")
		}
		board := ToDiscord(in)
		got, want := strip(ToWhatsApp(board, Names{})), strip(fmtSanitize(in))
		if strings.Contains(in, "```") {
			got, want = strings.Join(strings.Fields(got), ""), strings.Join(strings.Fields(want), "")
		}
		if got != want {
			t.Fatalf("%q\nin Discord %q\n got %q\nwant %q", in, board, got, want)
		}
	})
}

// The worst of every awkward pattern: how many times longer sixteen times the
// text takes. Linear work gives about 16, quadratic work 256.
func BenchmarkFormatGrowth(b *testing.B) {
	worst := 0.0
	for b.Loop() {
		for _, unit := range []string{"*_~", "*a ", "_*~a ", "`", "` a", "``a```", "```", "[", "[a](", "[a](https://", "<", "<@1", "<https://",
			"https://", "https://x*", "||a", "**a", "***a", "> ", "\\", ":a", "- ", "1. ", "a\u0301\u0301", "*https://x_* "} {
			small := min(everything(unit, 12_500), everything(unit, 12_500), everything(unit, 12_500))
			worst = max(worst, float64(everything(unit, 200_000))/float64(small))
		}
	}
	b.ReportMetric(worst, "growth")
}

// everything returns how long all conversions take for size bytes of unit.
func everything(unit string, size int) time.Duration {
	s := strings.Repeat(unit, size/len(unit))
	begin := time.Now()
	ToDiscord(s)
	ToWhatsApp(s, Names{})
	Split(s, 2000)
	SplitPlain(s, 4096)
	return time.Since(begin)
}

func BenchmarkFormat(b *testing.B) {
	s := strings.Repeat("*_~a `b` https://x.id/a_b [c](d) ", 3200)
	b.SetBytes(int64(len(s)))
	b.Run("ToDiscord", func(b *testing.B) {
		b.SetBytes(int64(len(s)))
		for b.Loop() {
			ToDiscord(s)
		}
	})
	b.Run("ToWhatsApp", func(b *testing.B) {
		b.SetBytes(int64(len(s)))
		for b.Loop() {
			ToWhatsApp(s, Names{})
		}
	})
}

func FuzzToDiscord(f *testing.F) {
	for _, s := range []string{"*a* _b_ ~c~ ```d``` `e`", "<@1> @everyone <:x:1>", "> - 1. # x", "*https://x.id/a_b*", "\u202e\x00\xff", "a\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := ToDiscord(s)
		if why := unsafe(out); why != "" {
			t.Errorf("ToDiscord(%q) = %q: %s", s, out, why)
		}
	})
}

func FuzzToWhatsApp(f *testing.F) {
	for _, s := range []string{"***a* b** __c__ ~~d~~ ||e||", "```go\nx\n```", "<@1> <t:1:R> </a:1> <a:b:1>", "[a](https://b) # c", "\\* \\`", ">>> a\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := ToWhatsApp(s, testNames)
		if !utf8.ValidString(out) {
			t.Errorf("ToWhatsApp(%q) = %q: invalid UTF-8", s, out)
		}
	})
}
