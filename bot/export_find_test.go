package bot

import (
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Transcribe renders a log as a transcript of at most most bytes a file.
func Transcribe(english bool, most int, events []ledger.Event) (page, plain string, err error) {
	w := &teller{english: english, zone: time.FixedZone("WIB", 7*3600), client: "Budi <b>", became: map[string]fate{},
		name: func(user string) string { return "Sari (" + user + ")" }}
	for _, e := range events {
		w.heed(e)
	}
	head := transcriptHead{English: english, Number: "HE-261123-0001", Made: "Dibuat 23.11.2026", Facts: [][2]string{{"Klien", "Budi <b>"}, {"Ringkasan", "satu\ndua"}}}
	t, err := newTranscript(head, most)
	if err != nil {
		return "", "", err
	}
	for _, e := range events {
		if err := t.add(w.entry(e)); err != nil {
			return "", "", err
		}
	}
	a, b, err := t.done()
	return string(a), string(b), err
}

// StepWords are the names of events that have words.
func StepWords() map[string][2]string { return stepWords }

// PlaceOf is how a place is read.
func PlaceOf(text string) string {
	system, place := placeOf(text)
	return fmt.Sprintf("%s|%s", system, place)
}
