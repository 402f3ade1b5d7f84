package bridge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A followUpTelling is one change of a follow-up being told in its talk. A talk without a
// post is told nothing, but what calls somebody: that opens it.
type followUpTelling struct {
	desk   Desk
	tx     *ledger.Tx
	before customer.FollowUp
	f      *customer.FollowUp
	events []ledger.Event
	quiet  bool // the talk has no post
	n      int  // things said so far: names them
}

// tellFollowUp says what events of a follow-up mean.
func (d Desk) tellFollowUp(tx *ledger.Tx, before customer.FollowUp, f *customer.FollowUp, events []ledger.Event) error {
	if len(events) == 0 {
		return nil
	}
	t, _, err := ticket.Load(tx, f.ID)
	if err != nil {
		return err
	}
	s := &followUpTelling{desk: d, tx: tx, before: before, f: f, events: events, quiet: t.Posts == 0}
	for _, e := range events {
		if what, ok := followUpTellings[e.What]; ok {
			if err := what(s, e); err != nil {
				return fmt.Errorf("tell %s of follow-up %s: %w", e.What, f.ID, err)
			}
		}
	}
	return nil
}

// line writes into the talk; a talk without a post has nobody who reads it.
func (s *followUpTelling) line(content string, buttons ...Button) {
	if !s.quiet {
		s.call("", Mention{}, content, buttons...)
	}
}

// call writes into the talk, and calls whom it has to reach.
func (s *followUpTelling) call(sign string, to Mention, content string, buttons ...Button) {
	if called := to.String(); called != "" {
		sign += " " + called
	}
	parts := Split(strings.TrimSpace(sign+" "+content), discordLimit)
	for i, part := range parts {
		body := sayBody{Content: part, PingUsers: to.Users, PingRoles: to.Roles}
		if i == len(parts)-1 {
			body.Buttons = buttons
		} else {
			to = Mention{} // the first part rings
		}
		s.n++
		id := fmt.Sprintf("fu/%s/%d/%d.line", s.f.ID, s.f.Step, s.n)
		s.tx.Send(letter(id, ThreadLane(s.f.ID), s.f.ID, kindSay, body))
	}
}

// holder calls who has the follow-up, else all whose it is.
func (s *followUpTelling) holder() Mention { return s.desk.holderOf(*s.f) }

// holderOf are who has a follow-up, else all whose it is.
func (d Desk) holderOf(f customer.FollowUp) Mention {
	switch {
	case f.Owner != "":
		return one(f.Owner)
	case f.Kind == customer.Callback:
		return Mention{Roles: d.Roles[mayAnswer]}
	}
	return Mention{Roles: d.Roles[maySell]}
}

// has reports whether an event of a name belongs to the change.
func (s *followUpTelling) has(what string) bool {
	return slices.ContainsFunc(s.events, func(e ledger.Event) bool { return e.What == what })
}

// The buttons of a follow-up's card.
var (
	followSend    = Button{ID: "f:send", Label: "Kirim", Emoji: "📤", Style: "success"}
	followEdit    = Button{ID: "f:edit", Label: "Ubah & kirim", Emoji: "✏️", Style: "primary"}
	followSkip    = Button{ID: "f:skip", Label: "Lewati", Emoji: "⏭️", Style: "secondary"}
	followRecord  = Button{ID: "f:record", Label: "Catat hasil", Emoji: "📝", Style: "secondary"}
	followCorrect = Button{ID: "f:record", Label: "Perbaiki hasil", Emoji: "📝", Style: "secondary"}
	followTake    = Button{ID: "f:take", Label: "Saya tangani", Emoji: "🙋", Style: "secondary"}
	followBack    = Button{ID: "f:return", Label: "Batal kirim", Emoji: "↩️", Style: "secondary"}
	followFine    = Button{ID: "f:fine", Label: "Semua baik", Emoji: "✅", Style: "success"}
	followUnusual = Button{ID: "f:unusual", Label: "Ada yang tidak biasa", Emoji: "⚠️", Style: "primary"}
	followMissed  = Button{ID: "f:nobody", Label: "Tidak dapat dihubungi", Emoji: "📵", Style: "secondary"}
	followAction  = Button{ID: "f:action", Label: "Catat telepon & tindakan", Emoji: "📝", Style: "primary"}
)

// wayNames and resultNames are how people call them.
var (
	wayNames = map[customer.Way]string{
		customer.WayWhatsApp: "WhatsApp", customer.WayPhone: "telepon", customer.WayEmail: "e-mail", customer.WayVisit: "kunjungan",
	}
	resultNames = map[customer.Result]string{
		customer.Ordered: "memesan", customer.Interested: "tertarik", customer.Later: "nanti dulu", customer.NotNeeded: "tidak butuh",
		customer.Unreachable: "tidak dapat dihubungi", customer.NoAnswer: "tidak ada jawaban", customer.Fine: "semua baik", customer.Unusual: "ada yang tidak biasa",
	}
)

// WayName and ResultName are what staff call a way and a result.
func WayName(w customer.Way) string       { return wayNames[w] }
func ResultName(r customer.Result) string { return resultNames[r] }

// responseShown is what came of a follow-up, on one line.
func responseShown(r customer.Response) string {
	return strings.TrimPrefix(strings.Join([]string{wayNames[r.Way], resultNames[r.Result]}, ": "), ": ")
}
