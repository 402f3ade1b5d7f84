package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/libsignal/signalerror"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"
	"modernc.org/sqlite"

	"github.com/haloerzap/halo/bridge"
)

// buffer stands before the library's own: decryption and the copy of the
// plaintext are one transaction there. Here is decided what the library makes
// of its failures, which it would otherwise acknowledge without a word.
type buffer struct {
	store.EventBuffer
	link   *link
	forget *forgetter
}

// errNotNow makes the library leave a message alone, unacknowledged: it takes it
// for the end of the connection.
var errNotNow = fmt.Errorf("connection is given up: %w", context.Canceled)

var errUndecodable = errors.New("decrypted content is not a message")

func (b *buffer) GetBufferedEvent(ctx context.Context, hash [32]byte) (*store.BufferedEvent, error) {
	b.link.moved()
	if b.link.poisoned.Load() || b.link.stopping.Err() != nil || !b.link.leads() {
		return nil, errNotNow
	}
	if err := b.link.c.options.Failpoint.Hit("wa.recv"); err != nil {
		b.link.poison("a test stopped here")
		return nil, errNotNow
	}
	event, err := b.EventBuffer.GetBufferedEvent(ctx, hash)
	if err != nil {
		return nil, b.broken(err)
	}
	if event != nil && event.Plaintext == nil {
		b.link.witness.repeated()
		return event, nil
	}
	if event != nil {
		// The library asks the phone for what cannot be opened.
		if event.Plaintext, err = b.link.c.box.open(hash, event.Plaintext); err != nil {
			return nil, err
		}
	}
	return event, nil
}

// PutBufferedEvent refuses what cannot be decoded: the transaction is undone and
// the library reports the message as undecryptable, not as nothing at all. What may
// hold a secret is sealed.
func (b *buffer) PutBufferedEvent(ctx context.Context, hash [32]byte, plaintext []byte, at time.Time) error {
	message, ok := decoded(plaintext)
	if !ok {
		return errUndecodable
	}
	if b.link.c.secret(ctx, message) {
		plaintext = b.link.c.box.seal(hash, plaintext)
	}
	return b.EventBuffer.PutBufferedEvent(ctx, hash, plaintext, at)
}

func (b *buffer) DoDecryptionTxn(ctx context.Context, decrypt func(context.Context) error) error {
	var inside error
	var cleared [][32]byte
	err := b.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) (err error) {
		if cleared, err = b.forget.clear(ctx); err != nil {
			return err
		}
		inside = decrypt(ctx)
		return inside
	})
	if err == nil {
		b.forget.done(cleared)
		return nil
	}
	if errors.Is(err, signalerror.ErrOldCounter) {
		b.link.witness.repeated()
	}
	if _, ours := errors.AsType[*sqlite.Error](err); ours || inside == nil {
		return b.broken(err)
	}
	return err
}

// ClearBufferedEventPlaintext is called when a message was handled.
func (b *buffer) ClearBufferedEventPlaintext(ctx context.Context, hash [32]byte) error {
	if b.link.poisoned.Load() {
		// The library takes a phone's answer for handled even when it was not.
		return nil
	}
	return b.forget.add(ctx, hash)
}

// broken is for a database that fails: the message is not at fault and must
// come again.
func (b *buffer) broken(err error) error {
	if b.link.stopping.Err() == nil {
		b.link.c.log.Error("session database failed", logged(err))
	}
	b.link.poison("the session database failed")
	return errNotNow
}

// decoded reads a padded plaintext; ok is false when it is no message. What is wrongly
// padded is left to the library, which reports it: nil.
func decoded(plaintext []byte) (m *waE2E.Message, ok bool) {
	if len(plaintext) == 0 {
		return nil, true
	}
	padding := int(plaintext[len(plaintext)-1])
	if padding > len(plaintext) {
		return nil, true
	}
	m = new(waE2E.Message)
	err := proto.Unmarshal(plaintext[:len(plaintext)-padding], m)
	return m, err == nil
}

// GetOutgoingEvent finds a message of ours for a phone that asks again: among
// those kept here, else in the outbox.
func (b *buffer) GetOutgoingEvent(ctx context.Context, chat, alt types.JID, id types.MessageID) (string, []byte, error) {
	format, data, err := b.EventBuffer.GetOutgoingEvent(ctx, chat, alt, id)
	if err == nil && format != "" {
		return format, data, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", nil, fmt.Errorf("find sent message: %w", err)
	}
	if !b.link.c.settings.retryFromOutbox {
		return "", nil, sql.ErrNoRows
	}
	message := b.link.sent(ctx, id, chat, alt)
	if message == nil {
		return "", nil, sql.ErrNoRows
	}
	if data, err = proto.Marshal(message); err != nil {
		return "", nil, fmt.Errorf("marshal sent message: %w", err)
	}
	return "wa", data, nil
}

// retried is asked by the library when it keeps no messages itself.
func (l *link) retried(_, to types.JID, id types.MessageID) *waE2E.Message {
	alt, _ := l.alternative(l.ctx, to)
	return l.sent(l.ctx, id, to, alt)
}

func (l *link) sent(ctx context.Context, id string, chats ...types.JID) *waE2E.Message {
	find := l.c.options.Sent
	if find == nil || l.c.isChange(ctx, id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.c.settings.sendTimeout)
	defer cancel()
	for _, chat := range chats {
		if chat.IsEmpty() {
			continue
		}
		text, ok, err := find(ctx, bridge.Address(chat.ToNonAD().String()), id)
		if err != nil {
			l.c.log.Warn("find sent message", zap.String("id", id), logged(err))
			continue
		}
		if ok {
			return textMessage(text)
		}
	}
	return nil
}

func textMessage(text string) *waE2E.Message { return &waE2E.Message{Conversation: new(text)} }
