package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// The buttons and the select of the canned answers.
const (
	cannedPrefix = "ans:"
	cannedPage   = cannedPrefix + "page:" // + the place of the first one
	cannedPick   = cannedPrefix + "pick:" // the select; one is chosen
	cannedSend   = cannedPrefix + "send:" // + name:sum of the text:interaction that showed it
)

// cannedShown is how many answers a page has: as many as a select takes.
const cannedShown = 25

// answers lists the canned answers.
func (d *Desk) answers(_ context.Context, i Interaction) (Answer, error) {
	start, err := strconv.Atoi(cmp.Or(strings.TrimPrefix(i.Button, cannedPage), "0"))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
	}
	all := d.bridge.Sentences.Canned()
	if len(all) == 0 {
		return Answer{Text: i.say("Belum ada jawaban siap pakai. Pengelola menambahkannya di bagian `canned` pada texts.yaml.",
			"There are no canned answers yet. The operator adds them under `canned` in texts.yaml.")}, nil
	}
	start = min(max(start, 0), (len(all)-1)/cannedShown*cannedShown)
	page := all[start:min(len(all), start+cannedShown)]
	pick := Select{ID: cannedPick, Hint: i.say("Pilih untuk melihat pratinjau", "Choose one to see a preview")}
	var b strings.Builder
	fmt.Fprintf(&b, i.say("**Jawaban siap pakai** · %d–%d dari %d\nPilih satu di thread tiket: Anda melihat teksnya dulu sebelum dikirim.\n",
		"**Canned answers** · %d–%d of %d\nChoose one in a ticket's thread: you see its words before they go out.\n"), start+1, start+len(page), len(all))
	for _, name := range page {
		words := bridge.Clean(d.bridge.Sentences[ticket.CannedKey(name)], 45)
		fmt.Fprintf(&b, "- `%s` %s\n", name, bridge.ToDiscord(words))
		pick.Options = append(pick.Options, Choice{Value: name, Hint: bridge.Clean(words, 100)})
	}
	var buttons []Button
	if start > 0 {
		buttons = append(buttons, Button{ID: cannedPage + strconv.Itoa(start-cannedShown), Label: i.say("Sebelumnya", "Previous"), Emoji: "◀️"})
	}
	if start+len(page) < len(all) {
		buttons = append(buttons, Button{ID: cannedPage + strconv.Itoa(start+cannedShown), Label: i.say("Berikutnya", "Next"), Emoji: "▶️"})
	}
	text := b.String()
	if len(text) > mostAnswer {
		text = i.say("**Jawaban siap pakai**\n", "**Canned answers**\n") + "`" + strings.Join(page, "` `") + "`"
	}
	return Answer{Text: text, Selects: []Select{pick}, Buttons: buttons}, nil
}

// canned shows what an answer would say to the client of this thread.
func (d *Desk) canned(ctx context.Context, i Interaction) (Answer, error) {
	name := strings.ToLower(strings.TrimSpace(i.Options["name"]))
	if len(i.Values) > 0 {
		name = i.Values[0]
	}
	return d.cannedPreview(ctx, i, name, "")
}

func (d *Desk) cannedPreview(ctx context.Context, i Interaction, name, said string) (Answer, error) {
	t, text, err := d.cannedText(ctx, i, name)
	if err != nil {
		return Answer{}, err
	}
	head := said + i.say("**Pratinjau**: pesan ini dikirim ke klien tiket `"+t.Number+"` begitu Anda menekan *Kirim*.", "**Preview**: this goes to the client of ticket `"+t.Number+"` once you press *Send*.")
	if t.Agent != "" && t.Agent != i.User {
		head += "\n" + i.say("⚠️ Tiket ini ditangani oleh <@"+t.Agent+">.", "⚠️ <@"+t.Agent+"> has this ticket.")
	}
	out := Answer{Buttons: []Button{{ID: cannedSend + name + ":" + cannedSum(text) + ":" + i.ID, Label: i.say("Kirim", "Send"), Emoji: "📤", Style: "success"}}}
	out.Text = head + "\n>>> " + bridge.ToDiscord(text)
	if len(out.Text) > mostAnswer {
		out.Text = head + "\n" + i.say("Teksnya panjang: bacalah berkas di bawah.", "It is long: read the file below.")
		out.Files = []File{{Name: name + ".txt", Type: "text/plain; charset=utf-8", Description: i.say("Teks yang akan dikirim", "What will be sent"), Data: []byte(text)}}
	}
	return out, nil
}

// cannedSum tells one text from another.
func cannedSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// cannedButton sends what was shown, once, whoever presses how often.
func (d *Desk) cannedButton(ctx context.Context, i Interaction) (Answer, error) {
	f := strings.Split(strings.TrimPrefix(i.Button, cannedSend), ":")
	if len(f) != 3 {
		return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
	}
	name, sum, shown := f[0], f[1], f[2]
	t, text, err := d.cannedText(ctx, i, name)
	if err != nil {
		return Answer{}, err
	}
	if cannedSum(text) != sum {
		return d.cannedPreview(ctx, i, name, i.say("✏️ Isinya berubah sejak tadi, jadi belum dikirim.\n", "✏️ The words have changed since, so nothing was sent.\n"))
	}
	in := ledger.Inbox{Source: "answer", ID: shown, At: shownAt(shown, i.At)}
	applied, err := d.store.Update(ctx, ledger.Cause{Inbox: &in}, func(tx *ledger.Tx) error {
		return d.bridge.SayAs(tx, t.Number, i.User, text, "answer/"+shown)
	})
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if !applied {
		return Answer{Text: i.say("Jawaban `"+name+"` ini sudah dikirim.", "This answer `"+name+"` was sent already.")}, nil
	}
	return Answer{Text: i.say("📤 Jawaban `"+name+"` dikirim ke klien; isinya tampil di thread.", "📤 The answer `"+name+"` goes to the client; the thread shows it.")}, nil
}

// shownAt is when an interaction took place by its id, else when it is pressed now: both
// presses of a button have to look in the same place.
func shownAt(id string, now time.Time) time.Time {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1<<22 {
		return now
	}
	return time.UnixMilli(n>>22 + 1_420_070_400_000) // Discord's first moment
}

// cannedText is an answer filled in for the ticket of this thread.
func (d *Desk) cannedText(ctx context.Context, i Interaction, name string) (t ticket.Ticket, text string, err error) {
	if !ticket.CannedName(name) || !slices.Contains(d.bridge.Sentences.Canned(), name) {
		return t, "", Refusal(i.say("Tidak ada jawaban siap pakai bernama itu. Lihat daftarnya dengan /answers list.", "There is no canned answer of that name. See them with /answers list."))
	}
	if t, err = d.here(ctx, i); err != nil {
		return t, "", err
	}
	switch {
	case t.State == ticket.Closed:
		return t, "", d.said(i, &ticket.Refusal{Key: "closed"})
	case t.Channel != ticket.WhatsApp || t.Conversation == "":
		return t, "", d.said(i, &ticket.Refusal{Key: "no_bridge"})
	}
	p, err := d.personOf(ctx, t)
	if err != nil {
		return t, "", err
	}
	company, err := d.company(ctx, cmp.Or(p.Customer, t.Customer))
	if err != nil {
		return t, "", err
	}
	agent, err := d.agentName(ctx, i.User)
	if err != nil {
		return t, "", err
	}
	text, err = d.bridge.Sentences.Render(ticket.CannedKey(name), ticket.Indonesian, map[string]string{
		"name": bridge.Clean(p.Called(), 60), "agent": agent, "ticket": t.Number, "company": bridge.Clean(company.Name, 80),
	})
	if u, ok := errors.AsType[*ticket.Unfilled](err); ok {
		return t, "", Refusal(unfilled(i, name, u.Names))
	}
	return t, text, err
}

// unfilled says what an answer lacks, and how to enter it.
func unfilled(i Interaction, name string, lacks []string) string {
	var what []string
	for _, l := range lacks {
		switch l {
		case "name":
			what = append(what, i.say("nama klien (isi dengan `/customer edit`)", "the client's name (enter it with `/customer edit`)"))
		case "company":
			what = append(what, i.say("perusahaan klien (isi dengan `/customer company`)", "the client's company (enter it with `/customer company`)"))
		default:
			what = append(what, "`"+bridge.Clean(l, 30)+"`")
		}
	}
	return fmt.Sprintf(i.say("Jawaban `%s` belum dapat dikirim karena ada yang belum diketahui: %s.", "The answer `%s` cannot be sent yet, because something is not known: %s."), name, strings.Join(what, ", "))
}

// agentName is what clients call a member of the staff.
func (d *Desk) agentName(ctx context.Context, user string) (string, error) {
	duty, err := d.duty(ctx, user)
	if err != nil || duty.Name != "" {
		return duty.Name, err
	}
	if d.bridge.Names.User != nil {
		if name := bridge.Clean(d.bridge.Names.User(user), longestName); name != "" {
			return name, nil
		}
	}
	return "Customer Service", nil
}
