package whatsapp

import (
	"crypto/aes"
	"errors"
	"fmt"
	"sync"

	"go.mau.fi/libsignal/ecc"
	signalLog "go.mau.fi/libsignal/logger"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/store"
)

var libraryPrepared sync.Once

// prepareLibrary sets what whatsmeow keeps for the whole process. The first
// call of a process counts.
func prepareLibrary(deviceName string, set settings) {
	libraryPrepared.Do(func() {
		store.DeviceProps.Os = new(deviceName)
		store.DeviceProps.PlatformType = waCompanionReg.DeviceProps_CHROME.Enum()
		store.DeviceProps.RequireFullSync = new(false)
		if set.hardParsers {
			hardenParsers()
		}
	})
}

// libsignal makes a logger at its first use, unguarded, that prints to standard
// output. What it would say comes back as errors.
func init() {
	var mute signalLog.Loggable = silent{}
	signalLog.Setup(&mute)
}

type silent struct{}

func (silent) Debug(_, _ string)   {}
func (silent) Info(_, _ string)    {}
func (silent) Warning(_, _ string) {}
func (silent) Error(_, _ string)   {}
func (silent) Configure(string)    {}

// hardenParsers puts checks before the four parsers of libsignal that a sender
// with an app of his own can reach: without them three kinds of ciphertext make
// the library panic.
func hardenParsers() {
	s := store.SignalProtobufSerializer
	s.PreKeySignalMessage = firstContacts{s.PreKeySignalMessage}
	s.SignalMessage = messages{s.SignalMessage}
	s.SenderKeyMessage = groupMessages{s.SenderKeyMessage}
	s.SenderKeyDistributionMessage = groupKeys{s.SenderKeyDistributionMessage}
}

var errMalformed = errors.New("malformed ciphertext")

// parse runs a parser of the library; what it cannot stand is an error.
func parse[T any](data []byte, parser func([]byte) (*T, error), check func(*T) bool) (parsed *T, err error) {
	defer func() {
		if r := recover(); r != nil {
			parsed, err = nil, fmt.Errorf("%w: %v", errMalformed, r)
		}
	}()
	// A version byte and a little more: the parsers cut without looking.
	if len(data) < 2 {
		return nil, errMalformed
	}
	parsed, err = parser(data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("parse ciphertext: %w", err)
	case parsed == nil || !check(parsed):
		return nil, errMalformed
	}
	return parsed, nil
}

func isKey(data []byte) bool { return len(data) == 33 && data[0] == ecc.DjbType }

func isBlocks(data []byte) bool { return len(data) > 0 && len(data)%aes.BlockSize == 0 }

type firstContacts struct {
	protocol.PreKeySignalMessageSerializer
}

func (s firstContacts) Deserialize(data []byte) (*protocol.PreKeySignalMessageStructure, error) {
	return parse(data, s.PreKeySignalMessageSerializer.Deserialize, func(m *protocol.PreKeySignalMessageStructure) bool {
		return isKey(m.BaseKey) && isKey(m.IdentityKey) && len(m.Message) > 1+protocol.MacLength
	})
}

type messages struct {
	protocol.SignalMessageSerializer
}

func (s messages) Deserialize(data []byte) (*protocol.SignalMessageStructure, error) {
	if len(data) <= 1+protocol.MacLength {
		return nil, errMalformed
	}
	return parse(data, s.SignalMessageSerializer.Deserialize, func(m *protocol.SignalMessageStructure) bool {
		return isKey(m.RatchetKey) && isBlocks(m.CipherText)
	})
}

type groupMessages struct {
	protocol.SenderKeyMessageSerializer
}

func (s groupMessages) Deserialize(data []byte) (*protocol.SenderKeyMessageStructure, error) {
	return parse(data, s.SenderKeyMessageSerializer.Deserialize, func(m *protocol.SenderKeyMessageStructure) bool {
		return isBlocks(m.CipherText) && len(m.Signature) == 64
	})
}

type groupKeys struct {
	protocol.SenderKeyDistributionMessageSerializer
}

func (s groupKeys) Deserialize(data []byte) (*protocol.SenderKeyDistributionMessageStructure, error) {
	return parse(data, s.SenderKeyDistributionMessageSerializer.Deserialize, func(m *protocol.SenderKeyDistributionMessageStructure) bool {
		return len(m.ChainKey) == 32 && isKey(m.SigningKey)
	})
}
