package bot

import (
	"context"
	"fmt"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// outage sets the notice that whoever opens a ticket reads, or ends the one there is.
func (d *Desk) outage(ctx context.Context, i Interaction) (Answer, error) {
	text := legible(i.Options["text"])
	if len(text) > bridge.LongestOutage {
		return Answer{}, Refusal(fmt.Sprintf(i.say("Pemberitahuannya terlalu panjang: paling banyak %d huruf.", "The notice is too long: at most %d letters."), bridge.LongestOutage))
	}
	changed := false
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		changed, err = bridge.SetOutage(tx, text, i.User)
		return err
	})
	switch {
	case err != nil:
		return Answer{}, err
	case text == "" && !changed:
		return Answer{Text: i.say("Tidak ada pemberitahuan gangguan yang terpasang.", "No outage notice is in force.")}, nil
	case text == "":
		return Answer{Text: i.say("✅ Pemberitahuan gangguan dicabut.", "✅ The outage notice has ended.")}, nil
	}
	return Answer{Text: i.say("📢 Terpasang. Siapa pun yang membuka tiket membaca ini di belakang teks otomatis; jalankan `/desk outage` tanpa teks untuk mencabutnya.",
		"📢 In force. Whoever opens a ticket reads this behind the automatic text; `/desk outage` without a text ends it.") + "\n>>> " + bridge.ToDiscord(text)}, nil
}

// outageLines say which notice is in force, for the state of the desk.
func (d *Desk) outageLines(ctx context.Context, i Interaction) []string {
	doc, err := d.store.Doc(ctx, bridge.OutageRef)
	if err != nil {
		return nil // the store's own line says so
	}
	o, err := bridge.DecodeOutage(doc.Data)
	if err != nil || !o.On() {
		return nil
	}
	return []string{i.say("📢 Pemberitahuan gangguan", "📢 Outage notice") + " · <@" + o.By + "> " + relative(o.At) + ": " + bridge.ToDiscord(bridge.Clean(o.Text, 160))}
}
