package whatsapptest_test

import (
	"errors"
	"fmt"

	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/whatsmeow/store"
)

// harden makes the client's parsers refuse what would make it panic later.
// Without it one message with a broken body leaves a database transaction
// open, and the client deaf for ever.
func harden() {
	store.SignalProtobufSerializer.SignalMessage = messages{store.SignalProtobufSerializer.SignalMessage}
	store.SignalProtobufSerializer.PreKeySignalMessage = preKeyMessages{store.SignalProtobufSerializer.PreKeySignalMessage}
}

var errMalformed = errors.New("malformed ciphertext")

type messages struct {
	protocol.SignalMessageSerializer
}

func (m messages) Deserialize(data []byte) (out *protocol.SignalMessageStructure, err error) {
	defer guard(&err)
	out, err = m.SignalMessageSerializer.Deserialize(data)
	if err == nil && (len(out.RatchetKey) != 33 || len(out.CipherText) == 0 || len(out.CipherText)%16 != 0) {
		return nil, errMalformed
	}
	return out, err
}

type preKeyMessages struct {
	protocol.PreKeySignalMessageSerializer
}

func (m preKeyMessages) Deserialize(data []byte) (out *protocol.PreKeySignalMessageStructure, err error) {
	defer guard(&err)
	out, err = m.PreKeySignalMessageSerializer.Deserialize(data)
	if err == nil && (len(out.BaseKey) != 33 || len(out.IdentityKey) != 33) {
		return nil, errMalformed
	}
	return out, err
}

func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("parse ciphertext: %v", r)
	}
}
