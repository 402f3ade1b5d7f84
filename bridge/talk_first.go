package bridge

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// What staff write in a talk is a reply while its client waits for one; everything else
// would be sent first, and what is sent first goes by the queue, which asks for his
// consent, the hours and the caps. So it is held (hold.go), with the way to the queue.

// heldFirst: the client of the talk has not written in it lately, or never. The other
// reasons are [unfitOptedOut] and [unfitBlocked].
const heldFirst = "first"

// isHeldFirst reports whether words are held because they would be the first ones.
func isHeldFirst(why string) bool {
	return why == heldFirst || why == unfitOptedOut || why == unfitBlocked
}

// HoldQueue starts the custom id of the button under words that are held because they
// would be the first ones; the message's id follows.
const HoldQueue = "hold:queue:"

// unasked is why words to the client of a talk would be sent first, "" when they answer
// him: he wrote in the talk within the days of a follow-up, put a sign on its message, or gave
// the low answers that a call is about.
//
// An opt-out concerns what is sent first, and not the answer to a question. But who wrote
// and then said stop has said the last word: only what he wrote after it is a question
// that waits. The word itself, like the vote of a survey, is no message of the talk. Of
// who is blocked no message is taken in, so that nothing can be an answer.
func (d Desk) unasked(tx *ledger.Tx, t ticket.Ticket) (why string, err error) {
	if !t.IsTalk() || t.Conversation == "" {
		return "", nil
	}
	who, ok, err := customer.Contact{}, false, error(nil)
	if t.Contact != "" {
		who, ok, err = customer.Load(tx, t.Contact)
	}
	if err == nil && !ok {
		who, _, err = customer.ByChat(tx, t.Conversation)
	}
	if err != nil {
		return "", err
	}
	f, _, err := customer.LoadFollowUp(tx, t.Number)
	if err != nil {
		return "", err
	}
	answers := []time.Time{t.LastClient, f.Answered} // a sign on the message is an answer too
	if t.Talk == ticket.TalkCallback {
		answers = append(answers, t.Opened)
	}
	wrote := slices.MaxFunc(answers, time.Time.Compare)
	switch {
	case who.Block.On():
		return unfitBlocked, nil
	case who.Consent.Choice == customer.Declined && !t.LastClient.After(who.Consent.At):
		return unfitOptedOut, nil
	case wrote.IsZero() || tx.Now().Sub(wrote) >= ticket.FollowUpWithin:
		return heldFirst, nil
	}
	return "", nil
}

// answers refuses words to the client of a talk that would be sent first.
func (d Desk) answers(tx *ledger.Tx, t ticket.Ticket) error {
	why, err := d.unasked(tx, t)
	if err != nil || why == "" {
		return err
	}
	return &ticket.Refusal{Key: map[string]string{unfitOptedOut: "talk_opted_out", unfitBlocked: "talk_blocked", heldFirst: "talk_first"}[why]}
}

// queueable reports whether the message of a follow-up can still be sent by the queue.
func queueable(f customer.FollowUp) bool {
	return f.Sent.IsZero() && !f.Kind.Calls() && f.Conversation != "" && (f.State == customer.FollowUpOpen || f.State == customer.FollowUpQueued)
}

// firstText says why words in a talk are held, and what to do, with the buttons for it.
func (d Desk) firstText(tx *ledger.Tx, t ticket.Ticket, message, why string) (string, []Button, error) {
	note := Button{ID: HoldNote + message, Label: "Jadikan catatan", Emoji: "📝", Style: "secondary"}
	f, ok, err := customer.LoadFollowUp(tx, t.Number)
	if err != nil {
		return "", nil, err
	}
	const head, then = "⏸️ Belum dikirim ke klien: ", " Setelah klien menulis di sini, kirim lewat menu pesan *Kirim ke klien*."
	switch {
	case why == unfitOptedOut:
		return head + WhyNotSent(why, "id") + " dan belum menulis lagi di sini sejak itu. " + whatNow(why) + then, []Button{note}, nil
	case why == unfitBlocked:
		return head + WhyNotSent(why, "id") + ". " + whatNow(why), []Button{note}, nil
	case !ok || f.Kind.Calls():
		return head + "kartu ini untuk telepon, dan klien belum menulis di sini dalam 7 hari terakhir. Telepon kliennya, lalu catat hasilnya di kartu." + then, []Button{note}, nil
	case queueable(f):
		said := head + "klien belum menulis di sini dalam 7 hari terakhir, jadi ini pesan proaktif. *Kirim lewat antrean* menjadikannya pesan kartu ini"
		if f.State == customer.FollowUpQueued {
			said += ", menggantikan yang sedang menunggu"
		}
		return said + ": dikirim pada jam kerja, berjarak dari pesan lain. Bila hanya untuk tim, *Jadikan catatan*.",
			[]Button{{ID: HoldQueue + message, Label: "Kirim lewat antrean", Emoji: "📬", Style: "primary"}, note}, nil
	case f.Over():
		return head + "kartu ini sudah selesai, dan klien belum menulis di sini dalam 7 hari terakhir. Untuk menghubunginya lagi, telepon, atau buat kartu baru dengan `/followup add`." + then, []Button{note}, nil
	}
	return head + "pesan kartu ini sudah dikirim, dan klien belum menulis di sini dalam 7 hari terakhir. Telepon kliennya, lalu catat hasilnya di kartu." + then, []Button{note}, nil
}

// SendFollowUp queues a follow-up's message in these words. One that waits already is
// asked for anew with them; changed is false when it waits in just these. The errors are
// those of [customer.FollowUp.Reword] and [customer.FollowUp.Queue], and [ErrNoFollowUp].
func (d Desk) SendFollowUp(tx *ledger.Tx, id, text, by string) (changed bool, err error) {
	f, _, err := customer.LoadFollowUp(tx, id)
	if err != nil {
		return false, err
	}
	if f.State == customer.FollowUpQueued && strings.TrimSpace(text) == f.Text {
		return false, nil
	}
	for _, fn := range []FollowUpTransition{
		func(f *customer.FollowUp) ([]ledger.Event, error) {
			events := f.Return(by, "-", tx.Now())
			f.Failed = ""
			return events, nil
		},
		func(f *customer.FollowUp) ([]ledger.Event, error) { return f.Reword(text, by, tx.Now()) },
		func(f *customer.FollowUp) ([]ledger.Event, error) { return f.Queue(by, tx.Now()) },
	} {
		if err := d.ChangeFollowUp(tx, id, fn); err != nil {
			return false, err
		}
	}
	return true, nil
}

// mostQueued is how long the message of a follow-up may be, in characters: the same as in
// its form.
const mostQueued = 3000

// QueueKept makes a message that was held because it would have been the first one the
// text of its follow-up, and queues that. Where the client has written meanwhile it is sent
// as an answer, and where it may not be sent at all a [*ticket.Refusal] says so. by is who
// asked for it; asking twice is asking once. The errors are those of [Desk.SendKept] and
// [Desk.SendFollowUp].
func (d Desk) QueueKept(tx *ledger.Tx, thread, message, by string) (Verdict, error) {
	s, v, err := d.decidable(tx, thread, message)
	if err != nil || v != "" {
		return v, err
	}
	why, err := d.unasked(tx, s.t)
	switch {
	case err != nil:
		return "", err
	case why == "":
		return d.SendKept(tx, thread, message, by)
	case why != heldFirst:
		return "", d.answers(tx, s.t)
	}
	text := strings.Join((&Relay{desk: d}).parts(s.shown), "\n")
	switch {
	case len(s.shown.allFiles()) > 0 || s.shown.Poll != nil:
		return VerdictWordsOnly, nil
	case text == "":
		return VerdictEmpty, nil
	case utf8.RuneCountInString(text) > mostQueued:
		return "", &ticket.Refusal{Key: "too_long"}
	}
	if changed, err := d.SendFollowUp(tx, s.t.Number, text, by); err != nil {
		return "", err
	} else if !changed && s.k.State == keptQueued {
		return VerdictQueuedAlready, nil
	}
	s.k.State = keptQueued
	tx.Log(s.k.Ticket, ledger.Event{What: "held_queued", By: by, Ref: message, Data: map[string]string{"why": s.k.Why}})
	s.k.decided(tx, message, "📬 Menjadi pesan kartu ini atas permintaan <@"+by+">: dikirim pada jam kerja sesuai antrean. Ubah atau batalkan dengan tombol kartu.")
	return VerdictQueued, s.k.save(tx, message)
}

// Resendable says why a dead letter is not sent again by hand, "" when it is: "queue" for
// one of the queue, which is asked for anew from its card, and "talk" for words in a talk
// that nobody waits for any more.
func (d Desk) Resendable(tx *ledger.Tx, l ledger.Letter) (why string, err error) {
	if outreachOf(l) != "" {
		return "queue", nil
	}
	if !slices.Contains([]string{kindText, kindMedia, kindPoll}, l.Kind) || !strings.HasPrefix(l.Lane, laneClient) {
		return "", nil
	}
	t, ok, err := ticket.Load(tx, l.Log)
	if err != nil || !ok {
		return "", err
	}
	if why, err = d.unasked(tx, t); why != "" {
		why = "talk"
	}
	return why, err
}

// unqueue takes the message of a talk's follow-up out of the queue, because who had it
// queued wants it inside. [customer.Refusal] followup_sent when it left.
func (d Desk) unqueue(tx *ledger.Tx, number, by string) error {
	return d.ChangeFollowUp(tx, number, func(f *customer.FollowUp) ([]ledger.Event, error) {
		if !f.Sent.IsZero() {
			return nil, &customer.Refusal{Key: "followup_sent"}
		}
		events := f.Return(by, "-", tx.Now())
		f.Failed = ""
		return events, nil
	})
}
