package whatsapp

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A box keeps plaintexts with secrets unreadable on disk: its key is in the memory of
// this process only. What it sealed is lost with the process; the sender's phone is
// asked for the message again then.
type box struct{ aead cipher.AEAD }

func newBox() box {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("whatsapp: a key of %d bytes: %v", len(key), err))
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Sprintf("whatsapp: seal: %v", err))
	}
	return box{aead}
}

// sealedMark begins what is sealed. No plaintext begins so: it would be a field of a
// kind that the format does not have.
var sealedMark = []byte("\x07halo sealed 1\x00")

// errSealed means that a message was sealed by a process that is no more.
var errSealed = errors.New("the message was sealed by an earlier process")

func (b box) seal(hash [32]byte, plaintext []byte) []byte {
	return b.aead.Seal(bytes.Clone(sealedMark), nil, plaintext, hash[:])
}

// open returns the plaintext of what seal made, and anything else as it is.
func (b box) open(hash [32]byte, stored []byte) ([]byte, error) {
	sealed, ok := bytes.CutPrefix(stored, sealedMark)
	if !ok {
		return stored, nil
	}
	plaintext, err := b.aead.Open(nil, nil, sealed, hash[:])
	if err != nil {
		return nil, errSealed
	}
	return plaintext, nil
}

// secretWait bounds the question whether a message is secret; without an answer it is.
const secretWait = 2 * time.Second

// secret reports whether a message must not be kept in clear.
func (c *Client) secret(ctx context.Context, m *waE2E.Message) bool {
	if c.options.Secret == nil || m == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, secretWait)
	defer cancel()
	var found wordings
	found.in(m.ProtoReflect(), false)
	return c.options.Secret(ctx, found.said, found.quoted)
}

// wordings are the texts of a message that a person wrote, at any depth, apart from those of
// messages that it quotes.
type wordings struct{ said, quoted []string }

func (t *wordings) in(m protoreflect.Message, quoted bool) {
	for field, value := range m.Range {
		quoted := quoted || strings.EqualFold(string(field.Name()), "quotedMessage")
		switch {
		case field.IsMap(), field.Kind() != protoreflect.StringKind && field.Message() == nil:
		case field.Kind() == protoreflect.StringKind && technical(string(field.Name())):
		case field.IsList():
			for n := range value.List().Len() {
				t.of(field, value.List().Get(n), quoted)
			}
		default:
			t.of(field, value, quoted)
		}
	}
}

func (t *wordings) of(field protoreflect.FieldDescriptor, value protoreflect.Value, quoted bool) {
	switch {
	case field.Kind() != protoreflect.StringKind:
		t.in(value.Message(), quoted)
	case quoted:
		t.quoted = append(t.quoted, value.String())
	default:
		t.said = append(t.said, value.String())
	}
}

// technical reports a field that the phone fills in: addresses, ids, types.
func technical(name string) bool {
	name = strings.ToLower(name)
	for _, end := range []string{"url", "path", "mimetype", "jid", "id", "participant", "hash", "token", "type"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
