package whatsapp

import (
	"fmt"
	"strings"
	"unicode"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/haloerzap/halo/bridge"
)

func (r *reading) words(m *waE2E.Message) bool {
	switch {
	case m.Conversation != nil:
		return r.is(bridge.KindPlainText, m.GetConversation())
	case m.GetExtendedTextMessage() != nil:
		text := m.GetExtendedTextMessage()
		r.m.Link = preview(text)
		r.m.ViewOnce = r.m.ViewOnce || text.GetViewOnce()
		return r.is(bridge.KindPlainText, text.GetText())
	case m.GetButtonsResponseMessage() != nil:
		return r.is(bridge.KindPlainText, m.GetButtonsResponseMessage().GetSelectedDisplayText())
	case m.GetListResponseMessage() != nil:
		return r.is(bridge.KindPlainText, m.GetListResponseMessage().GetTitle())
	case m.GetTemplateButtonReplyMessage() != nil:
		return r.is(bridge.KindPlainText, m.GetTemplateButtonReplyMessage().GetSelectedDisplayText())
	case m.GetInteractiveResponseMessage() != nil:
		return r.is(bridge.KindPlainText, m.GetInteractiveResponseMessage().GetBody().GetText())
	}
	return false
}

// preview is the link preview that came with a text.
func preview(text *waE2E.ExtendedTextMessage) *bridge.Link {
	if text.GetMatchedText() == "" || text.GetTitle() == "" && text.GetDescription() == "" {
		return nil
	}
	return &bridge.Link{
		URL: cleanLine(text.GetMatchedText(), 500), Title: cleanLine(text.GetTitle(), 200), Text: cleanLine(text.GetDescription(), 300),
	}
}

// business reads what firms send: words with things to press, of which only the
// words can be had.
func (r *reading) business(m *waE2E.Message) bool {
	switch {
	case m.GetButtonsMessage() != nil:
		b := m.GetButtonsMessage()
		parts := []string{b.GetText(), b.GetContentText(), b.GetFooterText()}
		for _, button := range firstOf(b.GetButtons(), 20) {
			parts = append(parts, "• "+button.GetButtonText().GetDisplayText())
		}
		return r.is(bridge.KindPlainText, joined(parts...))
	case m.GetListMessage() != nil:
		l := m.GetListMessage()
		parts := []string{l.GetTitle(), l.GetDescription(), l.GetFooterText()}
		for _, section := range firstOf(l.GetSections(), 20) {
			for _, row := range firstOf(section.GetRows(), 20) {
				parts = append(parts, "• "+row.GetTitle())
			}
		}
		return r.is(bridge.KindPlainText, joined(parts...))
	case m.GetTemplateMessage() != nil:
		t := m.GetTemplateMessage().GetHydratedTemplate()
		if t == nil {
			t = m.GetTemplateMessage().GetHydratedFourRowTemplate()
		}
		if t == nil {
			return false
		}
		return r.is(bridge.KindPlainText, joined(t.GetHydratedTitleText(), t.GetHydratedContentText(), t.GetHydratedFooterText()))
	case m.GetInteractiveMessage() != nil:
		i := m.GetInteractiveMessage()
		return r.is(bridge.KindPlainText, joined(i.GetHeader().GetTitle(), i.GetBody().GetText(), i.GetFooter().GetText()))
	}
	return false
}

// trade reads what is bought, sold and arranged.
func (r *reading) trade(m *waE2E.Message) bool {
	switch {
	case m.GetEventMessage() != nil:
		e := m.GetEventMessage()
		return r.is(kindEvent, joined(e.GetName(), moment(e.GetStartTime()), e.GetDescription(), e.GetLocation().GetName(), e.GetJoinLink()))
	case m.GetEventInviteMessage() != nil:
		e := m.GetEventInviteMessage()
		return r.is(kindEvent, joined(e.GetEventTitle(), moment(e.GetStartTime()), e.GetCaption(), e.GetCallLink()))
	case m.GetGroupInviteMessage() != nil:
		return r.is(kindInvite, joined(m.GetGroupInviteMessage().GetGroupName(), m.GetGroupInviteMessage().GetCaption()))
	case m.GetOrderMessage() != nil:
		o := m.GetOrderMessage()
		return r.is(kindOrder, joined(o.GetOrderTitle(), o.GetMessage(), amount(o.GetTotalCurrencyCode(), o.GetTotalAmount1000())))
	case m.GetProductMessage() != nil:
		p := m.GetProductMessage().GetProduct()
		return r.is(kindProduct, joined(p.GetTitle(), amount(p.GetCurrencyCode(), p.GetPriceAmount1000()), p.GetDescription(), p.GetURL()))
	case m.GetSendPaymentMessage() != nil:
		return r.is(kindPayment, note(m.GetSendPaymentMessage().GetNoteMessage()))
	case m.GetRequestPaymentMessage() != nil:
		p := m.GetRequestPaymentMessage()
		return r.is(kindPayment, joined(amount(p.GetCurrencyCodeIso4217(), int64(min(p.GetAmount1000(), 1<<62))), note(p.GetNoteMessage())))
	case m.GetCallLogMesssage() != nil, m.GetBcallMessage() != nil:
		return r.is(bridge.KindCall, "")
	case m.GetScheduledCallCreationMessage() != nil:
		c := m.GetScheduledCallCreationMessage()
		return r.is(kindEvent, joined(c.GetTitle(), moment(c.GetScheduledTimestampMS()/1000)))
	case m.GetStickerPackMessage() != nil:
		p := m.GetStickerPackMessage()
		return r.is(kindPack, joined(p.GetName(), p.GetPublisher(), p.GetCaption()))
	}
	return false
}

func note(m *waE2E.Message) string {
	if m.GetExtendedTextMessage() != nil {
		return m.GetExtendedTextMessage().GetText()
	}
	return m.GetConversation()
}

// amount is a sum of money that is given in thousandths.
func amount(currency string, thousandths int64) string {
	if currency == "" || thousandths <= 0 {
		return ""
	}
	return fmt.Sprintf("%s %d.%02d", cleanLine(currency, 10), thousandths/1000, thousandths%1000/10)
}

// rest names what nobody asked about: the field's name, and whatever words are in
// it, are better than nothing.
func (r *reading) rest(m *waE2E.Message) bool {
	if m == nil {
		return r.unreadable(kindUnknown, "it is empty")
	}
	var silent bool
	var found protoreflect.FieldDescriptor
	var inside protoreflect.Value
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch field.Name() {
		case "messageContextInfo":
		case "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "groupRootKeyShare", "rootSecretDistributeMessage":
			silent = true
		default:
			found, inside = field, value
		}
		return found == nil
	})
	switch {
	case found != nil:
		return r.is(kindName(string(found.Name())), wordsIn(found, inside))
	case len(m.ProtoReflect().GetUnknown()) > 0:
		return r.is(kindUnknown, "")
	case silent:
		return false
	default:
		return r.unreadable(kindUnknown, "it is empty")
	}
}

// kindName turns the protocol's name of a field into a kind: "invoiceMessage"
// becomes "invoice".
func kindName(field string) string {
	var b strings.Builder
	for _, c := range strings.TrimSuffix(field, "Message") {
		if unicode.IsUpper(c) && b.Len() > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// wordsIn are the words in a message of an unknown kind: what its fields that
// usually hold some say.
func wordsIn(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if field.Kind() != protoreflect.MessageKind || field.IsList() || field.IsMap() {
		return ""
	}
	var parts []string
	for _, name := range []protoreflect.Name{"title", "name", "text", "note", "caption", "contentText", "description", "message", "songTitle"} {
		inner := field.Message().Fields().ByName(name)
		if inner != nil && inner.Kind() == protoreflect.StringKind && !inner.IsList() && value.Message().Has(inner) {
			parts = append(parts, value.Message().Get(inner).String())
		}
	}
	return joined(parts...)
}

// firstOf is at most the first n of all.
func firstOf[T any](all []T, n int) []T { return all[:min(n, len(all))] }

func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "\n")
}
