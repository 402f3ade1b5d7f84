package ticket

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadsScores(t *testing.T) {
	for _, p := range phrasebook(t, "scores.txt") {
		least, most, want := 1, 5, p.want
		text, tenths := strings.CutPrefix(p.text, "0-10:")
		if after, ok := strings.CutPrefix(want, "0-10:"); ok || tenths {
			least, most, want = 0, 10, after
		}
		got := "none"
		if value, rest, ok := Score(text, least, most); ok {
			got = strings.TrimSuffix(strconv.Itoa(value)+"|"+rest, "|")
		}
		if got != want {
			t.Errorf("Score(%q, %d, %d) = %s, want %s", text, least, most, got, want)
		}
	}
}

// What people write on a keyboard for each value is read as it, and a rating is a score.
func TestEveryScoreCanBeGiven(t *testing.T) {
	for value := range 11 {
		for _, form := range []string{"#", " # ", "#.", "# kak", "#/10", "# dari 10", "nilai #", "skornya # kak", "# 👍", "*#*"} {
			text := strings.ReplaceAll(form, "#", strconv.Itoa(value))
			if got, rest, ok := Score(text, 0, 10); form != "skornya # kak" && (!ok || got != value || rest != "") {
				t.Errorf("Score(%q) = %d %q %v", text, got, rest, ok)
			}
		}
	}
	for _, p := range phrasebook(t, "ratings.txt") {
		stars, comment, rated := Rating(p.text)
		value, rest, ok := Score(p.text, 1, 5)
		if rated && !strings.Contains(p.text, "?") && (!ok || value != stars || rest != comment) {
			t.Errorf("%q is a rating of %d %q, and a score of %d %q %v", p.text, stars, comment, value, rest, ok)
		}
	}
}

func TestSkip(t *testing.T) {
	for text, want := range map[string]bool{
		"-": true, "--": true, ".": true, "👍": true, "🙏🙏": true, "tidak ada": true, "Tidak ada.": true, "tdk ada kak": true, "gak ada": true, "ga ada kak, makasih": true, "nggak ada": true,
		"belum ada": true, "skip": true, "SKIP": true, "cukup": true, "Cukup kak, terima kasih": true, "sudah cukup": true, "itu saja": true, "tidak": true, "no": true, "none": true,
		"N/A": true, "nothing": true, "no comment": true, "lewati": true, "tidak ada saran": true, "gada": true,
		"": false, " ": false, "?": false, "tidak ada?": false, "tidak ada stok": false, "stok tidak ada": false, "cukup baik": false, "cukup lambat": false, "terima kasih": false,
		"tolong percepat": false, "tidak ada yang membalas": false, "no response": false, "sudah bagus": false, "kak": false, strings.Repeat("-", 200): false,
	} {
		if got := Skip(text); got != want {
			t.Errorf("Skip(%q) = %v", text, got)
		}
	}
}

func FuzzScore(f *testing.F) {
	for _, name := range []string{"scores.txt", "ratings.txt"} {
		for _, p := range phrasebook(f, name) {
			f.Add(strings.TrimPrefix(p.text, "0-10:"))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, bounds := range [][2]int{{1, 5}, {0, 10}} {
			value, rest, ok := Score(text, bounds[0], bounds[1])
			if ok && (value < bounds[0] || value > bounds[1]) || !ok && (value != 0 || rest != "") {
				t.Errorf("Score(%q, %v) = %d %q %v", text, bounds, value, rest, ok)
			}
			if ok && strings.Contains(text, "?") || len([]rune(rest)) > mostComment || utf8.ValidString(text) && !utf8.ValidString(rest) {
				t.Errorf("Score(%q, %v) = %d %q", text, bounds, value, rest)
			}
		}
		if Skip(text) && (len(text) > 120 || strings.Contains(text, "?")) {
			t.Errorf("%q skips", text)
		}
	})
}

// An answer before a question of the client is kept; a numbered question is none.
func TestScoreBeside(t *testing.T) {
	for text, want := range map[string]int{
		"5, kapan fitur baru rilis?": 5, "nilai 4 kak. Oh ya, kapan rilis?": 4, "3\nkapan tim datang ke toko?": 3, "5! bisa tambah user?": 5, "⭐⭐⭐⭐, ada versi baru?": 4,
		"5, kapan fitur baru rilis": 0, "5?": 0, "4,5?": 0, "4, 5 mana yang bagus?": 0, "2. bagaimana cara cetak struk?": 0, "1. kenapa error?\n2. kenapa lambat?": 0,
		"9, kapan rilis?": 0, "halo kak, kapan rilis?": 0, "ada 4 printer rusak, kapan diperbaiki?": 0, "kapan rilis?": 0, "": 0, "4, ya?": 0,
	} {
		if got, ok := ScoreBeside(text, 1, 5); got != want && ok || ok != (want > 0) {
			t.Errorf("ScoreBeside(%q) = %d %v, want %d", text, got, ok, want)
		}
	}
}
