package ticket

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestFindSecrets(t *testing.T) {
	for _, p := range phrasebook(t, "secrets.txt") {
		got := Mask(p.text)
		shown := strings.ReplaceAll(strings.ReplaceAll(got, Masked, "#"), "\n", `\n`)
		want := p.want
		if want == "none" {
			want = strings.ReplaceAll(p.text, "\n", `\n`)
		}
		if shown != want {
			t.Errorf("Mask(%q)\n got %s\nwant %s", p.text, shown, want)
		}
	}
}

// Long stories keep their numbers, but for what is said to be a code.
func TestSecretsInLongTexts(t *testing.T) {
	story := "Halo kak, kemarin kami input penjualan di outlet pusat, harga 150000 untuk barang itu lalu dibayar tunai dan stok menjadi 1250 padahal seharusnya 1300."
	if spans := FindSecrets(story); spans != nil {
		t.Errorf("found %v in %q", spans, story)
	}
	for _, ending := range []string{" Kode OTP nya 482913 ya kak.", "\n482913", " pass: 482913", " 482913 itu kode verifikasinya"} {
		if got := Mask(story + ending); strings.Contains(got, "482913") || !strings.Contains(got, "150000") {
			t.Errorf("Mask(%q) = %q", story+ending, got)
		}
	}
}

// The same secret is hidden wherever it stands.
func TestSecretsAreHiddenEverywhere(t *testing.T) {
	got := Mask("pw nya Kopi#77x kak. Tadi sudah saya coba login pakai admin:Kopi#77x dan xKopi#77xx tetap ditolak, padahal kemarin masih bisa semua")
	if strings.Contains(got, "Kopi#77x") {
		t.Errorf("left over: %q", got)
	}
}

// However hostile a text is, looking through it takes no time to speak of.
func TestSecretsAreBounded(t *testing.T) {
	for _, piece := range []string{"pass a1b2 ", "otp-", "otp=", "pass:", "user:pass", "password\n", "kode ", "1 ", "password:\n", "user/", "aa", "1234 kode ", "pw\u200b", "⭐", "'", "x\n", "kode 123456 pass: y\n"} {
		text := strings.Repeat(piece, 65536/len(piece))
		started := time.Now()
		Mask(text)
		Confirms(text[:mostAnswer])
		Rating(text[:mostRating])
		if took := time.Since(started); took > 20*time.Second {
			t.Errorf("%d bytes of %q took %s", len(text), piece, took)
		}
	}
}

func FuzzSecrets(f *testing.F) {
	for _, p := range phrasebook(f, "secrets.txt") {
		f.Add(p.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spans := FindSecrets(text)
		at := 0
		for i, s := range spans {
			if s.From < at || i > 0 && s.From == at || s.To <= s.From || s.To > len(text) {
				t.Fatalf("%q: ranges %v", text, spans)
			}
			if !utf8.RuneStart(text[s.From]) && utf8.ValidString(text) || s.To < len(text) && !utf8.RuneStart(text[s.To]) && utf8.ValidString(text) {
				t.Fatalf("%q: %v cuts a rune", text, s)
			}
			at = s.To
		}
		masked := Mask(text)
		if utf8.ValidString(text) && !utf8.ValidString(masked) {
			t.Fatalf("Mask(%q) = %q", text, masked)
		}
		if (masked == text) != (len(spans) == 0) {
			t.Fatalf("Mask(%q) = %q with %v", text, masked, spans)
		}
		for _, s := range spans {
			if secret := text[s.From:s.To]; utf8.RuneCountInString(secret) >= leastRepeated && strings.Contains(masked, secret) {
				t.Fatalf("Mask(%q) = %q still holds %q", text, masked, secret)
			}
		}
	})
}

// What clients say while a code is waited for is not taken for one: the look-out would
// end before the code comes.
func TestAnswersAreNoSecrets(t *testing.T) {
	for _, name := range []string{"confirms.txt", "thanks.txt", "opt.txt"} {
		for _, p := range phrasebook(t, name) {
			if spans := FindSecrets(p.text); spans != nil && p.text != "123456" {
				t.Errorf("FindSecrets(%q) = %v", p.text, spans)
			}
		}
	}
}
