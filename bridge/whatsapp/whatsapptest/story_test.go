package whatsapptest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestPairedClientComesBackWithItsSession(t *testing.T) {
	for name, test := range map[string]struct {
		bare, few bool
		keys      int
	}{"link": {keys: 812}, "bare, few keys": {true, true, 50}} {
		t.Run(name, func(t *testing.T) {
			n := whatsapptest.Start(t, whatsapptest.Options{FewKeys: test.few})
			b := newBot(t, n, filepath.Join(t.TempDir(), "session.db"))
			b.pair(test.bare)
			if n.Companions() != 1 {
				t.Fatalf("%d companions", n.Companions())
			}
			if keys, err := b.Store.PreKeys.UploadedPreKeyCount(t.Context()); err != nil || keys != test.keys {
				t.Fatalf("%d keys: %v", keys, err)
			}
			b = b.restart()
			check(t, n.WaitConnected(soon(t)))
			if got := b.Store.GetLID(); got.User != n.Business().LID().User || got.Device != 1 {
				t.Fatalf("LID %s", got)
			}
		})
	}
}

func TestWordsTravelBothWays(t *testing.T) {
	for _, addressing := range []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber} {
		for _, devices := range []int{1, 3} {
			t.Run(fmt.Sprintf("%d-%d", addressing, devices), func(t *testing.T) {
				n, b := linked(t, whatsapptest.Options{})
				budi := n.AddCustomer(whatsapptest.Customer{
					Phone: "+62 812-0000-0001", Name: "Budi", Devices: devices, Addressing: addressing,
				})
				first := must(t)(budi.Send("halo"))
				got := waitFor[*events.Message](b, 1)[0]
				if got.Info.ID != first || got.Info.PushName != "Budi" || got.Info.Chat != budi.Address() || got.Info.SenderAlt.User == "" {
					t.Fatalf("info %+v", got.Info)
				}
				check(t, n.WaitAcked(soon(t)))

				answer := b.say(got.Info.Chat, "selamat pagi")
				check(t, budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return len(s) == 2 }))
				want := budi.Screen()[1]
				if want.ID != answer || want.Text != "selamat pagi" || want.Deliveries != 1 || want.Devices != devices || want.FromMe {
					t.Fatalf("screen %+v", want)
				}
				receipt := waitFor[*events.Receipt](b, 1)[0]
				if !slices.Equal(receipt.MessageIDs, []string{answer}) || receipt.Type != "" {
					t.Fatalf("receipt %+v", receipt)
				}
				budi.MarkRead()
				receipt = waitFor[*events.Receipt](b, 2)[1]
				if receipt.Type != "read" || budi.Screen()[1].Status != whatsapptest.StatusRead {
					t.Fatalf("receipt %+v", receipt)
				}
				for i := range devices {
					must(t)(budi.Do(whatsapptest.Draft{Text: "dua", Device: i}))
				}
				waitFor[*events.Message](b, 1+devices)
				b.say(budi.PN(), "by number")
				b.say(budi.LID(), "by LID")
				if got := len(budi.Received()); got != 3 {
					t.Fatalf("%d messages", got)
				}
				if got := n.Business().Screen(budi); len(got) != 4+devices || got[1].Text != "selamat pagi" || !got[1].FromMe {
					t.Fatalf("own phone shows %+v", got)
				}
				check(t, n.WaitAcked(soon(t)))
			})
		}
	}
}

func TestEditsRepliesReactionsAndDeletions(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)

	// The customer's side.
	first := must(t)(budi.Send("helo"))
	must(t)(budi.Edit(first, "halo"))
	must(t)(budi.Reply(first, "ada orang?"))
	must(t)(budi.React(first, "👍"))
	must(t)(budi.Delete(first))
	got := waitFor[*events.Message](b, 5)
	if edit := got[1]; !edit.IsEdit || edit.Message.GetProtocolMessage().GetKey().GetID() != first ||
		edit.Message.GetProtocolMessage().GetEditedMessage().GetConversation() != "halo" {
		t.Errorf("edit %+v", edit)
	}
	if quote := got[2].Message.GetExtendedTextMessage(); quote.GetContextInfo().GetStanzaID() != first || quote.GetText() != "ada orang?" {
		t.Errorf("quote %+v", quote)
	}
	if reaction := got[3].Message.GetReactionMessage(); got[3].Info.Type != "reaction" || reaction.GetText() != "👍" || reaction.GetKey().GetID() != first {
		t.Errorf("reaction %+v", reaction)
	}
	if revoke := got[4]; revoke.Info.Edit != "7" || revoke.Message.GetProtocolMessage().GetKey().GetID() != first {
		t.Errorf("revoke %+v", revoke)
	}

	// The business's side.
	chat := got[0].Info.Chat
	send := func(message *waE2E.Message) {
		t.Helper()
		_, err := b.SendMessage(t.Context(), chat, message)
		check(t, err)
	}
	answer := b.say(chat, "selmat")
	send(b.BuildEdit(chat, answer, &waE2E.Message{Conversation: new("selamat")}))
	send(b.BuildReaction(chat, chat, got[2].Info.ID, "🙏"))
	gone := b.say(chat, "oops")
	send(b.BuildRevoke(chat, types.EmptyJID, gone))
	send(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: new("ya"), ContextInfo: &waE2E.ContextInfo{
			StanzaID: new(got[2].Info.ID), Participant: new(chat.String()), QuotedMessage: got[2].Message,
		},
	}})
	want := []string{
		`{"from_me":true,"kind":"text","edited":true,"deleted":true,"reactions":{"me":"👍"},"status":"sent","deliveries":1,"devices":1}`,
		`{"from_me":true,"kind":"text","text":"ada orang?","reply_to":"#0","reactions":{"them":"🙏"},"status":"sent","quote":"halo","deliveries":1,"devices":1}`,
		`{"from_me":false,"kind":"text","text":"selamat","edited":true,"status":"delivered","deliveries":1,"devices":1}`,
		`{"from_me":false,"kind":"text","deleted":true,"status":"delivered","deliveries":1,"devices":1}`,
		`{"from_me":false,"kind":"text","text":"ya","reply_to":"#1","status":"delivered","quote":"ada orang?","deliveries":1,"devices":1}`,
	}
	if got := describe(t, budi.Screen()); !slices.Equal(got, want) {
		t.Errorf("screen\n%s", strings.Join(got, "\n"))
	}
	if _, err := budi.Edit(answer, "mine now"); !errors.Is(err, whatsapptest.ErrUnknownMessage) {
		t.Errorf("edit of a foreign message: %v", err)
	}
	check(t, n.WaitAcked(soon(t)))
}

// describe renders a screen without what differs from run to run.
func describe(t *testing.T, screen []whatsapptest.Message) (lines []string) {
	t.Helper()
	position := map[string]string{"": ""}
	for i, message := range screen {
		position[message.ID] = fmt.Sprint("#", i)
		raw, err := json.Marshal(message)
		check(t, err)
		var fields map[string]any
		check(t, json.Unmarshal(raw, &fields))
		line := string(raw)
		line = strings.Replace(line, fmt.Sprintf(`"id":%q,`, message.ID), "", 1)
		line = strings.Replace(line, fmt.Sprintf(`"time":%q,`, fields["time"]), "", 1)
		line = strings.Replace(line, message.ReplyTo, position[message.ReplyTo], 1)
		lines = append(lines, line)
	}
	return lines
}

func TestBusinessPhoneWritesItself(t *testing.T) {
	for _, addressing := range []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber} {
		t.Run(fmt.Sprint(addressing), func(t *testing.T) {
			n, b := linked(t, whatsapptest.Options{})
			budi := n.AddCustomer(whatsapptest.Customer{Phone: "6281200000001", Addressing: addressing})
			id := must(t)(n.Business().Send(budi, "from the phone"))
			got := waitFor[*events.Message](b, 1)[0]
			if !got.Info.IsFromMe || got.Info.Chat != budi.Address() || got.Info.ID != id || got.Message.GetConversation() != "from the phone" {
				t.Fatalf("event %+v", got)
			}
			if screen := budi.Screen(); len(screen) != 1 || screen[0].FromMe || screen[0].Text != "from the phone" {
				t.Fatalf("screen %+v", screen)
			}
			b.say(budi.PN(), "from the companion")
			if screen := n.Business().Screen(budi); len(screen) != 2 || screen[1].Status != whatsapptest.StatusDelivered {
				t.Fatalf("own screen %+v", screen)
			}
			check(t, n.WaitAcked(soon(t)))
		})
	}
}

func TestTypingReadMarksAndAbsence(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := n.AddCustomer(whatsapptest.Customer{Phone: "6281200000001", ManualReceipts: true})
	budi.Compose(true)
	if typing := waitFor[*events.ChatPresence](b, 1)[0]; typing.State != types.ChatPresenceComposing || typing.Chat != budi.Address() {
		t.Fatalf("typing %+v", typing)
	}
	id := must(t)(budi.Send("halo"))
	waitFor[*events.Message](b, 1)
	check(t, b.SendChatPresence(t.Context(), budi.LID(), types.ChatPresenceComposing, ""))
	check(t, n.WaitFor(soon(t), func() bool { return budi.Typing() == "composing" }))
	check(t, b.MarkRead(t.Context(), []types.MessageID{id}, time.Now(), budi.LID(), types.EmptyJID))
	check(t, budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[0].Status == whatsapptest.StatusRead }))

	budi.SetOnline(false)
	answer := b.say(budi.PN(), "waits at the server")
	if len(budi.Received()) != 0 {
		t.Fatal("delivered to a phone that is off")
	}
	budi.SetOnline(true)
	if len(budi.Received()) != 1 || len(of[*events.Receipt](b.seen())) != 0 {
		t.Fatal("not delivered, or receipt without being asked")
	}
	budi.MarkDelivered(answer)
	budi.MarkRead(answer)
	receipts := waitFor[*events.Receipt](b, 2)
	if receipts[0].Type != "" || receipts[1].Type != "read" {
		t.Fatalf("receipts %+v", receipts)
	}
	budi.Remove()
	found, err := b.IsOnWhatsApp(t.Context(), []string{"+6281200000001", "+" + n.Business().Number()})
	check(t, err)
	if len(found) != 2 || found[0].IsIn || !found[1].IsIn {
		t.Fatalf("found %+v", found)
	}
}

func TestChangesWakeSubscribers(t *testing.T) {
	n := whatsapptest.Start(t, whatsapptest.Options{})
	woken, end := n.Subscribe()
	defer end()
	budi := customer(n)
	<-woken
	must(t)(budi.Send("nobody is linked"))
	<-woken
	if got := n.Business().Screen(budi); len(got) != 1 || got[0].FromMe {
		t.Fatalf("own screen %+v", got)
	}
}
