package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Buttons and the select about what the desk sends first.
const (
	outreachPrefix = "or:"
	outreachPause  = outreachPrefix + "pause"
	outreachResume = outreachPrefix + "resume"
	outreachShow   = outreachPrefix + "show"
	outreachDrop   = outreachPrefix + "drop" // the select of those that wait
)

// reachers may see and hold back what the desk sends first.
var reachers = []string{Sales, AssistantManager, Manager}

// outreachActions are those about what the desk sends first.
func outreachActions() actions {
	return actions{
		commands: map[string]action{
			"desk outreach":    {may: reachers, do: (*Desk).outreach},
			"desk pause":       {may: reachers, do: (*Desk).pauseOutreach},
			"desk resume":      {may: reachers, do: (*Desk).resumeOutreach},
			"customer consent": {may: clientele, do: (*Desk).consent},
		},
		buttons: map[string]action{
			outreachShow:   {may: reachers, do: (*Desk).outreach},
			outreachPause:  {may: reachers, do: (*Desk).pauseOutreach},
			outreachResume: {may: reachers, do: (*Desk).resumeOutreach},
			outreachDrop:   {may: reachers, do: (*Desk).dropOutreach},
			personConsent:  {may: clientele, form: (*Desk).consentForm},
		},
		forms: map[string]action{
			formConsent: {may: clientele, do: (*Desk).consent},
		},
	}
}

// outreachSubs are the commands of /desk for them.
func outreachSubs() []Command {
	return []Command{
		{Name: "outreach", Names: named("proaktif", "outreach"), Description: both("Pesan proaktif: yang menunggu, kapan dikirim, jeda", "What the desk sends first: what waits, when it goes, pauses")},
		{Name: "pause", Names: named("jeda", "pause"), Description: both("Jeda semua pesan proaktif; balasan tetap jalan", "Pause all that the desk sends first; replies go on")},
		{Name: "resume", Names: named("lanjut", "resume"), Description: both("Lanjutkan pesan proaktif", "Resume what the desk sends first")},
	}
}

// outreachShown bounds the messages that are shown, one line each.
const outreachShown = 10

// outreach shows what waits to be sent first, and when it goes.
func (d *Desk) outreach(ctx context.Context, i Interaction) (Answer, error) {
	return d.outreachBelow(ctx, i, "")
}

func (d *Desk) outreachBelow(ctx context.Context, i Interaction, said string) (Answer, error) {
	pace, err := d.pace(ctx)
	if err != nil {
		return Answer{}, err
	}
	rows, err := d.store.Rows(ctx, Page{Index: customer.IndexOutreach})
	if err != nil {
		return Answer{}, err
	}
	queue, err := d.firstOf(ctx, rows)
	if err != nil {
		return Answer{}, err
	}
	now := d.now()
	lines := []string{i.say("**Pesan proaktif**: tindak lanjut, pengingat, survei", "**What the desk sends first**: follow-ups, reminders, surveys")}
	if said != "" {
		lines = append([]string{said, ""}, lines...)
	}
	lines = append(lines, pauseLine(i, pace.Paused), d.capLine(i, pace, now))
	leaves, ok, err := bridge.OutreachUnderway(ctx, d.store.Doc)
	if err != nil {
		return Answer{}, err
	}
	drop := Select{ID: outreachDrop, Hint: i.say("Keluarkan satu dari antrean", "Take one out of the queue")}
	if ok {
		who, err := d.outreachWho(ctx, i, leaves)
		if err != nil {
			return Answer{}, err
		}
		lines = append(lines, fmt.Sprintf(i.say("📤 Sedang dikirim: `%s` %s · **%s**", "📤 On its way: `%s` %s · **%s**"), bridge.Clean(leaves.Ref, 40), outreachKind(i, leaves.Kind), bridge.ToDiscord(who)))
	}
	times := d.bridge.OutreachTimes(pace, queue, now)
	if len(queue) == 0 {
		lines = append(lines, i.say("📭 Tidak ada yang menunggu.", "📭 Nothing waits."))
		return Answer{Text: strings.Join(lines, "\n"), Buttons: outreachButtons(i, pace.Paused)}, nil
	}
	lines = append(lines, fmt.Sprintf(i.say("📬 %d menunggu", "📬 %d waiting"), len(rows))+d.nextLine(i, pace.Paused, times))
	for n, o := range queue {
		who, err := d.outreachWho(ctx, i, o)
		if err != nil {
			return Answer{}, err
		}
		line := fmt.Sprintf("%d. `%s` %s · **%s**", n+1, bridge.Clean(o.Ref, 40), outreachKind(i, o.Kind), bridge.ToDiscord(who))
		if o.By != "" && o.By != "halo" {
			line += i.say(" · diminta ", " · asked by ") + bridge.By(o.By, i.English())
		}
		if n < len(times) && !pace.Paused.On() {
			line += " · " + stamp(times[n], "f")
		}
		lines = append(lines, line)
		label := bridge.Clean(o.Ref+" · "+who, 90)
		drop.Options = append(drop.Options, Choice{Value: o.ID, Label: both(label, label)})
	}
	if more := len(rows) - len(queue); more > 0 {
		lines = append(lines, fmt.Sprintf(i.say("dan %d lagi", "and %d more"), more))
	}
	text := strings.Join(lines, "\n")
	for len(text) > mostAnswer && len(lines) > 1 {
		lines = lines[:len(lines)-1]
		text = strings.Join(lines, "\n")
	}
	return Answer{Text: text, Selects: []Select{drop}, Buttons: outreachButtons(i, pace.Paused)}, nil
}

func outreachButtons(i Interaction, p customer.Pause) []Button {
	hold := Button{ID: outreachPause, Label: i.say("Jeda", "Pause"), Emoji: "⏸️", Style: "danger"}
	if p.On() {
		hold = Button{ID: outreachResume, Label: i.say("Lanjutkan", "Resume"), Emoji: "▶️", Style: "success"}
	}
	return []Button{hold, {ID: outreachShow, Label: i.say("Muat ulang", "Refresh"), Emoji: "🔄"}}
}

// pace is what is known of the number's messages.
func (d *Desk) pace(ctx context.Context) (customer.Pace, error) {
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindPace, ID: "desk"})
	if err != nil || doc.Data == nil {
		return customer.Pace{}, err
	}
	return customer.DecodePace(doc.Data)
}

// firstOf are the first messages of the queue.
func (d *Desk) firstOf(ctx context.Context, rows []ledger.IndexRow) (queue []customer.Outreach, err error) {
	for _, row := range rows[:min(len(rows), outreachShown)] {
		doc, err := d.store.Doc(ctx, ledger.Ref{Kind: customer.KindOutreach, ID: row.Member})
		if err != nil {
			return nil, err
		}
		if doc.Data == nil {
			continue
		}
		o, err := customer.DecodeOutreach(doc.Data)
		if err != nil {
			return nil, err
		}
		queue = append(queue, o)
	}
	return queue, nil
}

// outreachWho is whom a message is for: the company, and the person.
func (d *Desk) outreachWho(ctx context.Context, i Interaction, o customer.Outreach) (string, error) {
	company, err := d.company(ctx, o.Customer)
	if err != nil {
		return "", err
	}
	c, _, err := d.contact(ctx, o.Contact)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, part := range []string{company.Name, c.Called()} {
		if part = bridge.Clean(part, 40); part != "" {
			parts = append(parts, part)
		}
	}
	return cmp.Or(strings.Join(parts, ", "), c.Number(), i.say("tanpa nama", "no name")), nil
}

func outreachKind(i Interaction, k customer.OutreachKind) string {
	switch k {
	case customer.OutreachReminder:
		return i.say("pengingat", "reminder")
	case customer.OutreachSurvey:
		return i.say("survei", "survey")
	}
	return i.say("tindak lanjut", "follow-up")
}

// pauseLine says whether there is a pause, whose and why.
func pauseLine(i Interaction, p customer.Pause) string {
	if !p.On() {
		return i.say("▶️ Berjalan, dalam jam kerja saja", "▶️ Running, in working hours only")
	}
	line := i.say("⏸️ **Dijeda** ", "⏸️ **Paused** ") + relative(p.At)
	if bridge.PauseByWhatsApp(p) {
		why := map[string][2]string{
			bridge.PauseBan:      {"WhatsApp memblokir nomor ini", "WhatsApp banned the number"},
			bridge.PauseTimeLock: {"WhatsApp membatasi nomor ini menulis lebih dulu", "WhatsApp does not let the number write first"},
			bridge.Pause463:      {"WhatsApp menolak pesan yang ditulis lebih dulu (463)", "WhatsApp refused a message that was the first (463)"},
		}[p.Why]
		return line + ": " + cmp.Or(i.say(why[0], why[1]), bridge.Clean(p.Why, 60)) + i.say("; asisten manajer atau manajer melanjutkannya", "; an assistant manager or manager resumes it")
	}
	return line + i.say(" oleh ", " by ") + bridge.By(p.By, i.English())
}

// capLine says how much of the caps is used.
func (d *Desk) capLine(i Interaction, p customer.Pace, now time.Time) string {
	hour, day, most, fresh, until := d.bridge.OutreachToday(p, now)
	line := fmt.Sprintf(i.say("📊 Hari ini %d dari %d · satu jam terakhir %d dari %d", "📊 Today %d of %d · in the last hour %d of %d"), day, most, hour, d.bridge.Rates.Hour)
	if fresh {
		line += i.say(" · nomor masih baru", " · the number is new")
		if !until.IsZero() {
			line += i.say(" sampai ", " until ") + stamp(until, "d")
		}
	}
	return line
}

// nextLine says when the next one goes.
func (d *Desk) nextLine(i Interaction, p customer.Pause, times []time.Time) string {
	switch {
	case p.On():
		return i.say(", sampai dilanjutkan", ", until it is resumed")
	case len(times) == 0:
		return i.say(", tetapi tidak ada jam kerja atau kuota: periksa halo.yaml", ", but there are no working hours or caps: check halo.yaml")
	}
	return i.say(", berikutnya ", ", the next one ") + relative(times[0])
}

// pauseOutreach holds everything back.
func (d *Desk) pauseOutreach(ctx context.Context, i Interaction) (Answer, error) {
	changed := false
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		p, err := customer.LoadPace(tx)
		if err != nil {
			return err
		}
		changed = !p.Paused.On()
		return d.bridge.PauseOutreach(tx, i.User, bridge.PausePerson)
	})
	if err != nil {
		return Answer{}, err
	}
	said := i.say("⏸️ Dijeda. Yang menunggu tetap dalam antrean; balasan kepada klien tetap jalan.", "⏸️ Paused. What waits stays in the queue; replies to clients go on.")
	if !changed {
		said = i.say("Sudah dijeda sebelumnya.", "It was paused before.")
	}
	return d.outreachBelow(ctx, i, said)
}

// resumeOutreach ends a pause; what WhatsApp brought about is ended by a supervisor, and
// not while WhatsApp still forbids to write first.
func (d *Desk) resumeOutreach(ctx context.Context, i Interaction) (Answer, error) {
	if err := d.mayWriteFirst(ctx, i); err != nil {
		return Answer{}, err
	}
	changed := false
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		p, err := customer.LoadPace(tx)
		if err != nil {
			return err
		}
		if bridge.PauseByWhatsApp(p.Paused) && !d.may(i, supervisors) {
			return Refusal(pauseLine(i, p.Paused) + ".\n" + d.refusal(i, supervisors))
		}
		changed = p.Paused.On()
		return d.bridge.ResumeOutreach(tx, i.User)
	})
	if err != nil {
		return Answer{}, err
	}
	said := i.say("▶️ Dilanjutkan, satu per satu dalam jam kerja.", "▶️ Resumed, one at a time in working hours.")
	if !changed {
		said = i.say("Memang tidak sedang dijeda.", "There is no pause.")
	}
	return d.outreachBelow(ctx, i, said)
}

// mayWriteFirst refuses while WhatsApp does not let the desk write first.
func (d *Desk) mayWriteFirst(ctx context.Context, i Interaction) error {
	if d.health == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	l := d.health(ctx).WhatsApp
	until := l.LockedUntil
	switch {
	case l.State == "banned":
		until = l.Until
	case l.Locked == "":
		return nil
	}
	said := i.say("WhatsApp masih membatasi nomor ini", "WhatsApp still restricts the number")
	if !until.IsZero() {
		said += i.say(", sampai ", ", until ") + stamp(until, "f")
	}
	return Refusal(said + i.say(". Lanjutkan setelah itu: yang dikirim sekarang memperberatnya.", ". Resume after that: what is sent now makes it worse."))
}

// dropOutreach takes one message out of the queue.
func (d *Desk) dropOutreach(ctx context.Context, i Interaction) (Answer, error) {
	if len(i.Values) != 1 {
		return Answer{}, fmt.Errorf("%w: %d messages chosen", ledger.ErrInvalid, len(i.Values))
	}
	said := ""
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		o, ok, err := customer.LoadOutreach(tx, i.Values[0])
		if err != nil {
			return err
		}
		if !ok || o.State != customer.OutreachWaiting && o.State != customer.OutreachLeaving {
			said = i.say("Pesan itu sudah terkirim atau sudah dikeluarkan.", "That message was sent or taken out already.")
			return nil
		}
		said = i.say("🗑️ Dikeluarkan dari antrean: `", "🗑️ Taken out of the queue: `") + bridge.Clean(o.Ref, 40) + "`"
		return d.bridge.DropOutreach(tx, o.ID, bridge.DroppedByStaff)
	})
	if err != nil {
		return Answer{}, err
	}
	return d.outreachBelow(ctx, i, said)
}

// now is desk time.
func (d *Desk) now() time.Time {
	if d.bridge.Now == nil {
		return time.Now()
	}
	return d.bridge.Now()
}
