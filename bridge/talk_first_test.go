package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// hasCard keeps the follow-up of the card, as it is before anything was sent.
func (d *talker) hasCard(change ...func(f *customer.FollowUp)) {
	d.t.Helper()
	d.update(func(tx *ledger.Tx) error {
		f := customer.FollowUp{ID: card, Kind: customer.Reorder, State: customer.FollowUpOpen, Customer: "k1", Contact: d.contact().ID, Conversation: d.conversation().ID, Text: "Usulan", Opened: tx.Now()}
		for _, fn := range change {
			fn(&f)
		}
		return f.Keep(tx, customer.FollowUp{}, nil)
	})
}

func (d *talker) followUp() (f customer.FollowUp) {
	d.t.Helper()
	d.update(func(tx *ledger.Tx) (err error) {
		f, _, err = customer.LoadFollowUp(tx, card)
		return err
	})
	return f
}

// decides decides about a message of the card's thread, twice: what comes of it first, and
// then.
func (d *talker) decides(decide func(tx *ledger.Tx, thread, message, by string) (bridge.Verdict, error), message string) (got []string) {
	d.t.Helper()
	for range 2 {
		v := bridge.Verdict("")
		_, err := d.store.Update(d.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) (err error) {
			v, err = decide(tx, d.talk().Thread, message, "rina")
			return err
		})
		said := string(v)
		if refusal, ok := errors.AsType[*ticket.Refusal](err); ok {
			said = refusal.Key
		} else if refusal, ok := errors.AsType[*customer.Refusal](err); ok {
			said = refusal.Key
		} else if err != nil {
			d.t.Fatal(err)
		}
		got = append(got, said)
	}
	ticks()
	return got
}

// wantHeld checks that what was written last did not go to the client, and how it is said.
func (d *talker) wantHeld(queue bool, words ...string) {
	d.t.Helper()
	d.wantNews()
	line := d.lastLine(d.talk(), "Belum dikirim ke klien")
	for _, w := range words {
		if !strings.Contains(line.content, w) {
			d.t.Errorf("it says %q, without %q", line.content, w)
		}
	}
	queued := slices.ContainsFunc(d.buttonsOf(line.id), func(id string) bool { return strings.HasPrefix(id, bridge.HoldQueue) })
	sends := slices.ContainsFunc(d.buttonsOf(line.id), func(id string) bool { return strings.HasPrefix(id, bridge.HoldSend) })
	if queued != queue || sends {
		d.t.Errorf("the buttons are %q", d.buttonsOf(line.id))
	}
}

// Before the client has written in a talk, words of sales are the first ones: they are
// held, go by the queue, and nothing else sends them. After his answer they are replies.
func TestFirstWordsInATalkGoByTheQueue(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		d.hasCard()
		m := d.says("Halo kak, **tinta** sudah ada lagi", salesMan)
		d.wantHeld(true, "pesan proaktif", "Kirim lewat antrean")
		note := d.says("// tanya bosnya dulu", salesMan)
		for _, message := range []string{m, note} {
			if got := d.decides(d.policy.SendKept, message); got[0] != "talk_first" {
				t.Errorf("sent from the menu: %q", got)
			}
		}
		d.wantNews()
		if got := d.decides(d.policy.QueueKept, m); !slices.Equal(got, []string{"queued", "queued_already"}) {
			t.Errorf("queued: %q", got)
		}
		d.settle()
		d.wantNews("Halo kak, *tinta* sudah ada lagi")
		if f := d.followUp(); f.State != customer.FollowUpSent || f.By != "rina" {
			t.Errorf("the follow-up is %+v", f)
		}
		d.wantIn(d.talk(), "Menjadi pesan kartu ini")
		d.says("Bagaimana kak?", salesMan)
		d.wantHeld(false, "sudah dikirim", "Telepon kliennya")
		if got := d.decides(d.policy.QueueKept, d.says("Jadi kak?", salesMan)); got[0] != "followup_sent" {
			t.Errorf("queued after it was sent: %q", got)
		}
		d.writes("boleh kak, 2 dus")
		d.says("Siap kak", salesMan)
		d.wantNews("Siap kak")
		d.rest(8 * 24 * time.Hour)
		d.says("Masih perlu kak?", salesMan)
		d.wantHeld(false, "7 hari terakhir")
	})
}

// What waits already is replaced by held words, and is taken out when they become a note.
// The button sends an answer, when the client has written meanwhile.
func TestHeldFirstWordsAndTheQueue(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		d.hasCard()
		d.update(func(tx *ledger.Tx) error { return d.policy.PauseOutreach(tx, "lina", bridge.PausePerson) })
		d.news()
		d.update(func(tx *ledger.Tx) error {
			_, err := d.policy.SendFollowUp(tx, card, "Usulan lama", "dewi")
			return err
		})
		m := d.says("Halo kak, tinta baru", salesMan)
		d.wantHeld(true, "menggantikan yang sedang menunggu")
		d.decides(d.policy.QueueKept, m)
		waits := func() (o customer.Outreach) {
			d.update(func(tx *ledger.Tx) (err error) {
				o, _, err = customer.LoadOutreach(tx, "followup/"+card)
				return err
			})
			return o
		}
		if o := waits(); o.State != customer.OutreachWaiting || o.Text != "Halo kak, tinta baru" || o.By != "rina" {
			t.Errorf("it waits as %+v", o)
		}
		edit := bridge.StaffMessage{ID: m, Channel: d.talk().Thread, Author: "sari", Roles: []string{salesMan}, Text: "lain", Edited: time.Now()}
		for range 2 {
			if err := d.relay.Edited(d.t.Context(), edit); err != nil {
				t.Fatal(err)
			}
		}
		ticks()
		d.wantIn(d.talk(), "tidak mengubah yang dikirim")
		inside := func(tx *ledger.Tx, thread, message, by string) (bridge.Verdict, error) {
			return d.policy.KeepInside(tx, thread, bridge.StaffMessage{ID: message, Author: "sari"}, 0, by)
		}
		if got := d.decides(inside, m); !slices.Equal(got, []string{"undone", "already"}) {
			t.Errorf("made a note: %q", got)
		}
		if o := waits(); o.State != customer.OutreachDropped || d.followUp().State != customer.FollowUpOpen {
			t.Errorf("it waits still: %+v %+v", o, d.followUp())
		}
		again := d.says("Halo lagi kak", salesMan)
		d.update(func(tx *ledger.Tx) error {
			c, _, err := ticket.LoadConversation(tx, d.conversation().ID)
			if err != nil {
				return err
			}
			c.TalkSent(card, tx.Now())
			return c.Save(tx)
		})
		d.writes("ada apa kak?")
		if got := d.decides(d.policy.QueueKept, again); !slices.Equal(got, []string{"sent", "already"}) {
			t.Errorf("after the answer: %q", got)
		}
		d.wantNews("Halo lagi kak")
	})
}

// Who said stop, or is blocked, gets no word in a talk until he writes there again; a sign
// on the follow-up is an answer. A word to stop is itself heard by sales.
func TestTalkOfWhoOptedOut(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		d.sendsFirst("Halo kak, saatnya pesan tinta lagi?")
		d.reacts("saatnya pesan", "👍")
		d.news()
		d.says("Siap kak, berapa dus?", salesMan)
		d.wantNews("Siap kak, berapa dus?")
		d.writes("2 dus. oh ya, yang A4 berapa?")
		d.writes("BERHENTI")
		d.news()
		m := d.says("Yang A4 50 ribu kak", salesMan)
		d.wantHeld(false, "tidak ingin menerima info seperti ini", "belum menulis lagi")
		for _, way := range []func(tx *ledger.Tx, thread, message, by string) (bridge.Verdict, error){d.policy.SendKept, d.policy.QueueKept} {
			if got := d.decides(way, m); got[0] != "talk_opted_out" {
				t.Errorf("sent: %q", got)
			}
		}
		d.writes("eh, yang A4 berapa jadinya?")
		d.says("Yang A4 50 ribu ya kak", salesMan)
		d.wantNews("Yang A4 50 ribu ya kak")
		d.update(func(tx *ledger.Tx) error {
			c, _, err := customer.Load(tx, d.contact().ID)
			if err != nil {
				return err
			}
			if _, err := c.Shut("lina", "spam", tx.Now()); err != nil {
				return err
			}
			return c.Save(tx)
		})
		d.says("Jadi kak?", salesMan)
		d.wantHeld(false, "kontaknya diblokir")
	})
}

// A word to stop that answers a follow-up is its answer: nobody is asked to phone him.
func TestStopIsAnAnswer(t *testing.T) {
	inTalk(t, true, func(d *talker) {
		d.sendsFirst("Halo kak, saatnya pesan tinta lagi?")
		d.news()
		d.writes("STOP")
		d.wantNews("Baik kak, kami tidak akan mengirim info")
		if f := d.followUp(); f.State != customer.FollowUpAnswered || f.Answered.IsZero() {
			t.Errorf("the follow-up is %+v", f)
		}
		d.wantIn(d.talk(), "STOP", "klien membalas")
		d.says("Baik kak", salesMan)
		d.wantHeld(false, "belum menulis lagi")
	})
}
