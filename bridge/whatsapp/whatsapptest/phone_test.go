package whatsapptest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestSignsOfTheBusinessPhoneComeFromIt(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)
	id := must(t)(budi.Send("halo"))
	waitFor[*events.Message](b, 1)
	answer := b.say(budi.LID(), "ya")
	waitFor[*events.Receipt](b, 1)
	n.Business().ReadSelf(budi, id)
	n.Business().ConfirmSelf(budi, answer)
	for i, kind := range []types.ReceiptType{types.ReceiptTypeReadSelf, types.ReceiptTypeSender} {
		r := waitFor[*events.Receipt](b, 2+i)[1+i]
		if r.Type != kind || !r.IsFromMe || r.Sender.Device != 0 || r.Chat != budi.LID() {
			t.Errorf("receipt %+v", r)
		}
	}
	check(t, n.Business().Tell(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_SHARE_PHONE_NUMBER.Enum()}))
	if m := waitFor[*events.Message](b, 2)[1]; !m.Info.IsFromMe || m.Info.Category != "peer" || m.Info.Sender.Device != 0 {
		t.Errorf("protocol message %+v", m.Info)
	}
	check(t, n.WaitAcked(soon(t)))
}

func TestRestrictionForbidsWritingFirst(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi, sari := customer(n), n.AddCustomer(whatsapptest.Customer{Phone: "628120000009", Name: "Sari"})
	must(t)(budi.Send("halo"))
	waitFor[*events.Message](b, 1)
	until := time.Now().Add(time.Hour)
	n.Business().Restrict("RESTRICT_ALL_COMPANIONS", until)
	lock := waitFor[*events.NotifyAccountReachoutTimelock](b, 1)[0]
	if !lock.IsActive || lock.EnforcementType != "RESTRICT_ALL_COMPANIONS" || lock.TimeEnforcementEnds.Unix() != until.Unix() {
		t.Fatalf("notification %+v", lock)
	}
	b.say(budi.LID(), "jawaban")
	_, err := b.SendMessage(t.Context(), sari.LID(), &waE2E.Message{Conversation: new("promo")})
	if !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.HasSuffix(err.Error(), "463") || len(sari.Received()) != 0 {
		t.Fatalf("got %v", err)
	}
	n.Business().Unrestrict("RESTRICT_ALL_COMPANIONS")
	if lock := waitFor[*events.NotifyAccountReachoutTimelock](b, 2)[1]; lock.IsActive {
		t.Fatalf("notification %+v", lock)
	}
	b.say(sari.LID(), "promo")
	n.Business().Restrict("X", time.Now().Add(-time.Second))
	b.say(n.AddCustomer(whatsapptest.Customer{Phone: "628120000010"}).LID(), "promo")
	check(t, n.WaitAcked(soon(t)))
}

// A phone that cannot read an edit shows nothing of it, and one that comes before
// its message is kept for it.
func TestEditThatComesBeforeItsMessage(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)
	must(t)(budi.Send("halo"))
	waitFor[*events.Message](b, 1)
	b.say(budi.LID(), "ya")
	budi.SetOnline(false)
	id := b.say(budi.LID(), "lama")
	_, err := b.SendMessage(t.Context(), budi.LID(), b.BuildEdit(budi.LID(), id, &waE2E.Message{Conversation: new("baru")}))
	check(t, err)
	budi.LoseSessions()
	budi.SetOnline(true)
	check(t, budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool {
		return len(s) == 3 && s[2].Kind == whatsapptest.KindText && s[2].Edited
	}))
	if got := budi.Screen(); len(got) != 3 || got[2].Text != "baru" {
		t.Fatalf("screen %+v", got)
	}
}

func TestPhoneAnswersRetriesWhenItIsToldTo(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)
	n.Business().SetResends(true)
	must(t)(budi.Send("halo"))
	waitFor[*events.Message](b, 1)
	b.say(budi.LID(), "ya")
	budi.SetAnswersRetries(false)
	check(t, b.Store.Sessions.DeleteAllSessions(t.Context(), budi.LID().SignalAddressUser()))
	id := must(t)(budi.Send("penting"))
	waitFor[*events.UndecryptableMessage](b, 1)
	check(t, n.WaitFor(soon(t), func() bool { return budi.Asked() == 1 }))
	// The business phone has it all the same.
	b.wait("the phone's copy", func(list []any) bool {
		for _, m := range of[*events.Message](list) {
			if m.Info.ID == id && m.UnavailableRequestID != "" && m.Message.GetConversation() == "penting" {
				return true
			}
		}
		return false
	})
	budi.SetAnswersRetries(true)
	b.wait("the customer's copy", func(list []any) bool {
		for _, m := range of[*events.Message](list) {
			if m.Info.ID == id && m.RetryCount == 1 && m.Message.GetConversation() == "penting" {
				return true
			}
		}
		return false
	})
	check(t, n.Business().Resend(budi, "3EB0UNKNOWN"))
	check(t, n.WaitAcked(soon(t)))
}
