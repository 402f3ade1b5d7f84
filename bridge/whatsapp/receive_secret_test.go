package whatsapp

import (
	"reflect"
	"slices"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestPollsAndVotesComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	for _, addressing := range []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber} {
		budi := d.customer("Budi")
		budi.SetAddressing(addressing)
		at := len(d.inbox.all())
		poll := must(budi.SendPoll("Kapan?", 1, "Besok", "Lusa"))
		m := d.next(at)
		if m.Kind != bridge.KindPoll || m.Poll == nil || !reflect.DeepEqual(*m.Poll, bridge.Poll{Question: "Kapan?", Options: []string{"Besok", "Lusa"}, Choices: 1}) {
			t.Fatalf("%+v", m)
		}
		must(budi.Vote(poll, "Lusa"))
		if m := d.next(at + 1); m.Kind != bridge.KindVote || m.Target != poll || m.TargetOwn || !slices.Equal(m.Votes, []string{"Lusa"}) || m.Unreadable != "" {
			t.Fatalf("vote %+v", m)
		}
		must(budi.Vote(poll))
		if m := d.next(at + 2); m.Kind != bridge.KindVote || len(m.Votes) != 0 || m.Unreadable != "" {
			t.Fatalf("vote taken back %+v", m)
		}
		d.acked()
		ours := MessageID("acc", "poll"+budi.Number())
		err := d.Send(soon(t), addressOf(budi), ours, bridge.Outgoing{Poll: &bridge.Poll{Question: "Warna?", Options: []string{"Merah", "Biru"}}})
		if err != nil {
			t.Fatal(err)
		}
		must(budi.Vote(ours, "Merah", "Biru"))
		if m := d.next(at + 3); m.Kind != bridge.KindVote || m.Target != ours || !m.TargetOwn || !slices.Equal(m.Votes, []string{"Merah", "Biru"}) {
			t.Fatalf("vote in ours %+v", m)
		}
	}
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}

// Votes for a poll from before the restart are named; for one that nobody knows they
// are told as unreadable.
func TestVotesOutliveARestart(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	poll := must(budi.SendPoll("Kapan?", 0, "Besok", "Lusa"))
	d.awaitMessages(1)
	d.acked()
	d.restart()
	d.awaitReady()
	must(budi.Vote(poll, "Besok"))
	if m := d.next(1); !slices.Equal(m.Votes, []string{"Besok"}) {
		t.Fatalf("%+v", m)
	}
	if _, err := d.db.Exec(`DELETE FROM halo_polls`); err != nil {
		t.Fatal(err)
	}
	must(budi.Vote(poll, "Lusa"))
	if m := d.next(2); m.Kind != bridge.KindVote || m.Target != poll || m.Unreadable == "" {
		t.Fatalf("%+v", m)
	}
	d.acked()
}

// Edits of texts and captions, also in the new, encrypted form, and reactions and
// deletions name the message that they are about.
func TestChangesNameTheirTarget(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	ours := budi.Received()[0].ID
	picture := must(budi.SendImage([]byte("x"), "struk"))
	secret := must(budi.Do(whatsapptest.Draft{Text: "salah", Secret: true}))
	must(budi.Edit(picture, "struk baru"))
	must(budi.Edit(secret, "benar"))
	must(budi.React(ours, "👍🏽"))
	must(budi.React(ours, ""))
	must(budi.Delete(picture))
	got := d.awaitMessages(8)[3:]
	for i, want := range []bridge.ClientMessage{
		{Kind: bridge.KindEdit, Text: "struk baru", Target: picture},
		{Kind: bridge.KindEdit, Text: "benar", Target: secret},
		{Kind: bridge.KindReaction, Text: "👍🏽", Target: ours, TargetOwn: true},
		{Kind: bridge.KindReaction, Target: ours, TargetOwn: true},
		{Kind: bridge.KindDelete, Target: picture},
	} {
		if m := got[i]; m.Kind != want.Kind || m.Text != want.Text || m.Target != want.Target || m.TargetOwn != want.TargetOwn || m.Unreadable != "" || m.Media != nil {
			t.Errorf("%d: %+v, want %+v", i, m, want)
		}
	}
	d.acked()
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}

// A poll that a client sends under the id of ours names none of our options, and a
// vote counts once for each.
func TestPollsKeepTheirOptions(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	poll := func(options ...string) *waE2E.Message {
		p := &waE2E.PollCreationMessage{}
		for _, option := range options {
			p.Options = append(p.Options, &waE2E.PollCreationMessage_Option{OptionName: &option})
		}
		return &waE2E.Message{PollCreationMessage: p}
	}
	note := func(own bool, options ...string) {
		t.Helper()
		if err := d.notePoll(t.Context(), "A1", poll(options...), own); err != nil {
			t.Fatal(err)
		}
	}
	note(false, "palsu")
	note(true, "ya", "tidak")
	note(true, "ya", "tidak") // sent again
	note(false, "palsu", "ya")
	sum := func(option string) []byte { return sumOf([]byte(option)) }
	names, ok, err := d.chosen(t.Context(), "A1", [][]byte{sum("ya"), sum("palsu"), sum("ya"), sum("tidak"), nil})
	if err != nil || !ok || !slices.Equal(names, []string{"ya", "tidak"}) {
		t.Fatalf("%q %v %v", names, ok, err)
	}
}

// Somebody votes on the linked phone itself, in a poll of the client.
func TestVoteOfOurPhoneIsNamed(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	poll := must(budi.SendPoll("Kapan?", 1, "Besok", "Lusa"))
	d.awaitMessages(2)
	d.net.ExpectProblem("a vote of the business is not read yet") // by the client's simulated phone
	must(d.net.Business().Do(budi, whatsapptest.Draft{Vote: poll, Options: []string{"Besok"}}))
	if m := d.next(2); m.Kind != bridge.KindVote || !m.Own || m.Target != poll || m.TargetOwn || !slices.Equal(m.Votes, []string{"Besok"}) || m.Phone != budi.Number() {
		t.Fatalf("%+v", m)
	}
	d.acked()
}
