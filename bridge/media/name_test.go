package media

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestName(t *testing.T) {
	for _, c := range []struct{ in, mime, want string }{
		{"Laporan Stok.pdf", "application/pdf", "Laporan Stok.pdf"},
		{"foto.JPG", "image/jpeg", "foto.jpg"},
		{"foto.jpeg", "image/jpeg", "foto.jpeg"},
		{"faktur.pdf.exe", "application/pdf", "faktur.pdf"},
		{"foto.exe", "image/jpeg", "foto.jpg"},
		{"setup.exe", Unknown, "setup.bin"},
		{"buka.html", Plain, "buka.txt"},
		{"data.csv", Plain, "data.csv"},
		{"v1.2 final", "application/pdf", "v1.2 final.pdf"},
		{"../../etc/passwd", Plain, "passwd.txt"},
		{`C:\Windows\a.docx`, officePrefix + "wordprocessingml.document", "a.docx"},
		{"gambar\u202egpj.exe", "image/png", "gambargpj.png"},
		{"a\x00b\r\nc\td.png", "image/png", "ab c d.png"},
		{"\u200b\u2066\u3164", "image/png", "gambar.png"},
		{"", "audio/ogg; codecs=opus", "audio.ogg"},
		{"...", "application/pdf", "dokumen.pdf"},
		{".htaccess", Plain, "htaccess.txt"},
		{"CON.txt", Plain, "_CON.txt"},
		{"com1.anything.png", "image/png", "_com1.anything.png"},
		{"COM¹.png", "image/png", "_COM¹.png"},
		{"aux .png", "image/png", "_aux.png"},
		{"console.png", "image/png", "console.png"},
		{`a<b>c:d"e|f?g*h.png`, "image/png", "a_b_c_d_e_f_g_h.png"},
		{"invalid\xff\xfe.png", "image/png", "invalid.png"},
		{strings.Repeat("a", 300) + ".png", "image/png", strings.Repeat("a", 96) + ".png"},
		{"z" + strings.Repeat("\u0301", 40) + ".png", "image/png", "z\u0301\u0301\u0301.png"},
		{"什么 🌾.mp4", "video/mp4", "什么 🌾.mp4"},
		{"x.png", "something/else", "x.bin"},
	} {
		if got := Name(c.in, c.mime); got != c.want {
			t.Errorf("Name(%q, %s) = %q, want %q", c.in, c.mime, got, c.want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"a.png", "CON", "..", "a/b\\c", "\u202egpj.exe", strings.Repeat("字", 300), "\xff", "COM1.", "a.exe.exe.exe", " . . .~"} {
		for _, m := range []string{"image/png", Plain, Unknown, Opus, ""} {
			f.Add(s, m)
		}
	}
	f.Fuzz(func(t *testing.T, in, mime string) {
		name := Name(in, mime)
		stem, dot := name, strings.LastIndexByte(name, '.')
		if dot > 0 {
			stem = name[:dot]
		}
		switch {
		case dot <= 0 || stem == "":
			t.Fatalf("%q has no stem or no extension", name)
		case !utf8.ValidString(name) || utf8.RuneCountInString(name) > longestName || len(name) > longestBytes:
			t.Fatalf("%q is too long or broken", name)
		case strings.ContainsAny(name, "/\\:*?\"<>|") || name[0] == '.' || name[0] == ' ' || strings.HasSuffix(stem, " ") || strings.HasSuffix(stem, "."):
			t.Fatalf("%q has characters of paths", name)
		case reserved(name):
			t.Fatalf("%q is reserved", name)
		case known[strings.ToLower(name[dot:])] && Ending(mime) != ".bin" && strings.ToLower(name[dot:]) == ".exe":
			t.Fatalf("%q runs", name)
		}
		for _, r := range name {
			if !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q has %U", name, r)
			}
		}
		if again := Name(name, mime); again != name {
			t.Fatalf("Name(%q) = %q, and of that %q", in, name, again)
		}
	})
}
