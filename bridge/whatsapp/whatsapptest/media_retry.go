package whatsapptest

import (
	crand "crypto/rand"
	"errors"
	"fmt"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"
)

// SetReuploads decides whether the business phone leaves files with the media
// hosts again when a companion asks, as it does by default; otherwise it says that
// it has them no more.
func (b *Business) SetReuploads(on bool) {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	b.lacksMedia = !on
}

// onMediaRetry gives a companion the new path of a file that expired. Callers hold
// the mutex.
func (b *Business) onMediaRetry(from *companion, node *waBinary.Node) {
	id, where := attr(node, "id"), child(node, "rmr")
	if where == nil {
		b.net.problem("request for media without its message %s", node)
		return
	}
	answer := waBinary.Node{
		Tag:   "notification",
		Attrs: waBinary.Attrs{"from": b.PN(), "type": "mediaretry", "id": id, "t": b.net.unix()},
	}
	content, err := b.reupload(id, where, child(node, "encrypt"))
	if err != nil {
		b.net.problem("request for the media of %s: %v", id, err)
		return
	}
	answer.Content = []waBinary.Node{content, {Tag: "rmr", Attrs: where.Attrs}}
	b.net.push(from, answer)
}

func (b *Business) reupload(id string, where, request *waBinary.Node) (waBinary.Node, error) {
	absent := waBinary.Node{Tag: "error", Attrs: waBinary.Attrs{"code": 2}}
	phone := b.net.user(attrJID(where, "jid"))
	if phone == nil {
		return absent, nil
	}
	message := b.screen(phone).byID[id]
	if message == nil || message.sealed == nil || b.lacksMedia {
		return absent, nil
	}
	if want := fmt.Sprint(message.FromMe); attr(where, "from_me") != want {
		return absent, fmt.Errorf("from_me is %q, want %q", attr(where, "from_me"), want)
	}
	if request == nil {
		return absent, errors.New("it is not encrypted")
	}
	key := hkdfutil.SHA256(message.sealed.key, nil, []byte("WhatsApp Media Retry Notification"), 32)
	plaintext, err := gcmutil.Decrypt(key, childContent(request, "enc_iv"), childContent(request, "enc_p"), []byte(id))
	var asked waMmsRetry.ServerErrorReceipt
	if err == nil {
		err = proto.Unmarshal(plaintext, &asked)
	}
	if err != nil || asked.GetStanzaID() != id {
		return absent, fmt.Errorf("it cannot be read: %w", err)
	}
	kept := b.net.blobs.byPath[pathOf(message.sealed.directPath)]
	if kept == nil {
		return absent, nil
	}
	again := b.net.publish(kept.file, kept.size, kept.sum)
	plaintext, err = proto.Marshal(&waMmsRetry.MediaRetryNotification{
		StanzaID: new(id), DirectPath: new(again.directPath()), Result: waMmsRetry.MediaRetryNotification_SUCCESS.Enum(),
	})
	if err != nil {
		return absent, fmt.Errorf("marshal answer: %w", err)
	}
	iv := make([]byte, 12)
	_, _ = crand.Read(iv)
	sealed, err := gcmutil.Encrypt(key, iv, plaintext, []byte(id))
	if err != nil {
		return absent, fmt.Errorf("encrypt answer: %w", err)
	}
	return waBinary.Node{Tag: "encrypt", Content: []waBinary.Node{{Tag: "enc_p", Content: sealed}, {Tag: "enc_iv", Content: iv}}}, nil
}
