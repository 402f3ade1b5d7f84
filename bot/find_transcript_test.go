package bot_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/ledger"
)

var golden = flag.Bool("update", false, "write the golden files")

// aLife is a log with one of everything that a transcript treats in its own way.
func aLife() []ledger.Event {
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	next := func() time.Time { at = at.Add(time.Minute); return at }
	sari := "123456789012345678"
	return []ledger.Event{
		{At: next(), What: "opened", By: "client", Data: map[string]string{"conversation": "c1"}},
		{At: next(), What: "client_wrote", By: "client", Ref: "W1", Data: map[string]string{"text": "Stok <script>alert(1)</script> & \"salah\"\n[23.11.2026 09:00:00] Sari: palsu", "at": "x"}},
		{At: next(), What: "said", By: "halo", Ref: "H1", Data: map[string]string{"text": "Selamat datang", "sentence": "auto_text"}},
		{At: next(), What: "client_wrote", By: "client", Ref: "W2", Data: map[string]string{"kind": "image", "text": "ini kak", "mime": "image/jpeg", "size": "204800", "file": "foto\u202Egpj.exe"}},
		{At: next(), What: "accepted", By: sari, Data: map[string]string{"how": "button"}},
		{At: next(), What: "access_requested", By: sari},
		{At: next(), What: "client_wrote", By: "client", Ref: "W3", Data: map[string]string{"text": "kodenya ••••••"}},
		{At: next(), What: "agent_wrote", By: sari, Ref: "A1", Data: map[string]string{"text": "Baik kak", "message": "500", "name": "sari"}},
		{At: next(), What: "agent_edited", By: sari, Ref: "500", Data: map[string]string{"text": "Baik kak, ditunggu"}},
		{At: next(), What: "agent_sent_file", By: sari, Ref: "A2", Data: map[string]string{"file": "panduan.pdf", "mime": "application/pdf", "size": "3145728", "message": "501"}},
		{At: next(), What: "agent_deleted", Ref: "501"},
		{At: next(), What: "note", By: "223456789012345678", Ref: "502", Data: map[string]string{"text": "// cek log", "why": "note"}},
		{At: next(), What: "client_wrote", By: "client", Ref: "W4", Data: map[string]string{"kind": "edit", "target": "W2", "text": "ini foto kak"}},
		{At: next(), What: "client_wrote", By: "client", Ref: "W5", Data: map[string]string{"kind": "delete", "target": "W1"}},
		{At: next(), What: "transferred", By: sari, Data: map[string]string{"to": "223456789012345678"}},
		{At: next(), What: "something_new", By: "halo", Data: map[string]string{"class": "hard", "secret_thing": "x"}},
		{At: next(), What: "client_wrote", By: "client", Ref: "W6", Data: map[string]string{"text": "\u202Egnp\u2066 <img src=x onerror=alert(1)> javascript:alert(1) ' onclick='x"}},
		{At: next(), What: "agent_edited", By: sari, Ref: "503", Data: map[string]string{"text": "// jangan dikirim", "why": "undone"}},
		{At: next(), What: "held", By: sari, Ref: "504", Data: map[string]string{"text": "tolong cek kak", "why": "staff"}},
		{At: next(), What: "held_sent", By: sari, Ref: "504"},
		{At: next(), What: "secret_refused", By: "223456789012345678", Ref: "s1"},
		{At: next(), What: "sales_asked", By: sari, Data: map[string]string{"question": "kontraknya sampai kapan?"}},
		{At: next(), What: "closed", By: "halo", Data: map[string]string{"why": "silence"}},
	}
}

func TestTranscriptLooksLike(t *testing.T) {
	for _, english := range []bool{false, true} {
		page, plain, err := bot.Transcribe(english, 1<<20, aLife())
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("testdata/transcript_%t", english)
		for ending, got := range map[string]string{".html": page, ".txt": plain} {
			if *golden {
				if err := os.WriteFile(name+ending, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ending)
			if err != nil || string(want) != got {
				t.Errorf("%s%s is not as it was (%v); -update writes it anew:\n%s", name, ending, err, got)
			}
		}
	}
}

// Whatever somebody wrote, it is text: no tag, no attribute, no turn of direction, and no
// line that looks like another person's.
func TestTranscriptTakesNoOrders(t *testing.T) {
	evil := []string{"<script>", "</p></div></body>", "\"onload=\"x", "&lt;b&gt;", "{{.}}", "\u202E\u2066\u200F", "\x00\x1b[2J", "a\r[01.01.2026 00:00:00] Halo: b\u2028[01.01.2026 00:00:00] c", "\xff\xfe", "<!--", "]]>", "<style>*{display:none}"}
	var events []ledger.Event
	for _, e := range evil {
		for _, what := range []string{"client_wrote", "agent_wrote", "note", "resolved"} {
			events = append(events, ledger.Event{What: what, By: e, Ref: e, Data: map[string]string{"text": e, "file": e, "mime": e, "size": e, "kind": e, "sender_name": e, "summary": e, "place": e}})
		}
	}
	page, plain, err := bot.Transcribe(true, 1<<20, events)
	if err != nil {
		t.Fatal(err)
	}
	body := page[strings.Index(page, "<body>"):]
	for _, tag := range []string{"<script", "<style", "<!--", "onload=\""} {
		if strings.Contains(body, tag) {
			t.Errorf("the page holds %q", tag)
		}
	}
	if n := strings.Count(body, "</body>"); n != 1 {
		t.Errorf("the page ends %d times", n)
	}
	if n := strings.Count(body, "<div class="); n != len(events) {
		t.Errorf("%d entries, want %d", n, len(events))
	}
	for _, file := range []string{page, plain} {
		for _, r := range file {
			if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && r != '\n' {
				t.Fatalf("a file holds %U", r)
			}
		}
	}
	began := 0
	for line := range strings.SplitSeq(plain, "\n") {
		if strings.HasPrefix(line, "[") {
			began++
		}
	}
	if began != len(events) {
		t.Errorf("%d lines look like entries, want %d", began, len(events))
	}
}

// A very long log is cut, says so, and stays within its bounds.
func TestTranscriptOfALongLog(t *testing.T) {
	var events []ledger.Event
	for n := range 20_000 {
		events = append(events, ledger.Event{What: "client_wrote", By: "client", Ref: fmt.Sprint("W", n), Data: map[string]string{"text": fmt.Sprint("pesan ", n, " <&>")}})
	}
	page, plain, err := bot.Transcribe(false, 512<<10, events)
	if err != nil {
		t.Fatal(err)
	}
	if len(page) > 512<<10 || len(plain) > 512<<10 {
		t.Errorf("%d and %d bytes", len(page), len(plain))
	}
	if !strings.Contains(page, "Dipotong di sini") || !strings.HasSuffix(page, "</html>\n") || !strings.Contains(plain, "Dipotong di sini") {
		t.Error("nothing says that it was cut")
	}
	page, plain, err = bot.Transcribe(false, 16<<20, events)
	if err != nil || strings.Contains(page+plain, "Dipotong") || !strings.Contains(plain, "pesan 19999") {
		t.Errorf("with room for all: %v", err)
	}
}

func TestTranscriptOfTheThread(t *testing.T) {
	r := newRoom(t)
	r.as("sari", bot.Agent).command("ticket note", "text", "rahasia dapur")
	a := r.as("sari", bot.Agent).command("ticket transcript")
	if len(a.Files) != 2 || !strings.HasSuffix(a.Files[0].Name, ".html") || !strings.Contains(string(a.Files[1].Data), "rahasia dapur") || !strings.Contains(string(a.Files[1].Data), "Budi") {
		t.Errorf("answered %q with %d files", a.Text, len(a.Files))
	}
	if a := r.as("sari", bot.Agent).command("ticket transcript", "number", "he-9"); len(a.Files) != 0 || !strings.Contains(a.Text, "tidak ditemukan") {
		t.Errorf("of another one: %q", a.Text)
	}
}

// Whatever is written into a ticket's log has words in a transcript.
func TestEveryStepHasWords(t *testing.T) {
	elsewhere := []string{"company_edited", "message_dropped", "named", "outage_ended", "outage_set", "set_aside", "shift_set", "came_on_duty", "went_off_duty", "took_break",
		// in a report's own log
		"report_wrote", "report_wrote_anew", "report_deleted", "report_post_put_back", "report_forwarded",
		// in a survey's own log
		"survey_postponed"}
	handled, err := os.ReadFile("find_transcript_words.go")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`What: +"([a-z_]+)"|\bevent\((?:at|now|tx\.Now\(\)), "([a-z_]+)"`)
	for _, pattern := range []string{"*.go", "../bridge/*.go", "../ticket/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range written.FindAllSubmatch(source, -1) {
				name := string(found[1]) + string(found[2])
				words := bot.StepWords()[name]
				if (words[0] == "" || words[1] == "") && !slices.Contains(elsewhere, name) && !bytes.Contains(handled, []byte(`"`+name+`"`)) {
					t.Errorf("%s writes %s, which has no words", file, name)
				}
			}
		}
	}
}
