package whatsapptest

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"fmt"
	"maps"
	"strings"

	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/session"
	waBinary "go.mau.fi/whatsmeow/binary"
)

// Attack is a stanza no honest app sends.
type Attack string

// The attacks a modified app can carry out. Some make client libraries panic.
const (
	EmptyPreKeyMessage  Attack = "pkmsg without a byte"
	BarePreKeyMessage   Attack = "pkmsg of a version byte"
	HollowPreKeyMessage Attack = "pkmsg with empty key fields"
	EmptyCiphertext     Attack = "msg without a byte"
	RandomCiphertext    Attack = "msg of random bytes"
	BrokenBlocks        Attack = "right MAC, body not whole AES blocks"
	UnknownCiphertext   Attack = "unknown ciphertext type"
	NoCiphertext        Attack = "message without ciphertext"
	BadPadding          Attack = "plaintext with wrong padding"
	EmptyPlaintext      Attack = "plaintext without a byte"
	WrongProtobuf       Attack = "plaintext that is no protobuf"
	NoContent           Attack = "message with nothing in it"
)

// Attacks is every attack there is.
var Attacks = []Attack{
	EmptyPreKeyMessage, BarePreKeyMessage, HollowPreKeyMessage, EmptyCiphertext, RandomCiphertext, BrokenBlocks,
	UnknownCiphertext, NoCiphertext, BadPadding, EmptyPlaintext, WrongProtobuf, NoContent,
}

// Attack sends one hostile stanza and returns its id. Retry receipts for it
// are ignored, as by an attacker.
func (p *Phone) Attack(attack Attack) (string, error) {
	switch attack {
	case EmptyPreKeyMessage:
		return p.SendCiphertext("pkmsg", []byte{})
	case BarePreKeyMessage:
		return p.SendCiphertext("pkmsg", []byte{0x33})
	case HollowPreKeyMessage:
		return p.SendCiphertext("pkmsg", hollowPreKeyMessage())
	case EmptyCiphertext:
		return p.SendCiphertext("msg", []byte{})
	case RandomCiphertext:
		noise := make([]byte, 96)
		_, _ = crand.Read(noise)
		return p.SendCiphertext("msg", append([]byte{0x33}, noise...))
	case BrokenBlocks:
		return p.brokenBlocks()
	case UnknownCiphertext:
		return p.SendCiphertext("xmsg", []byte("hello"))
	case NoCiphertext:
		return p.SendNode(waBinary.Node{Tag: "message"})
	case BadPadding:
		return p.SendPlaintext(append(bytes.Repeat([]byte{1}, 20), 9))
	case EmptyPlaintext:
		return p.SendPlaintext(nil)
	case WrongProtobuf:
		return p.SendPlaintext(pad([]byte(strings.Repeat("\xff\x07", 40))))
	case NoContent:
		return p.SendPlaintext(pad(nil))
	}
	return "", fmt.Errorf("unknown attack %q", attack)
}

// hollowPreKeyMessage has every field a parser looks for, all of them empty.
func hollowPreKeyMessage() []byte {
	empty := func(field byte) []byte { return []byte{field<<3 | 2, 0} }
	inner := append([]byte{0x33}, bytes.Join([][]byte{empty(1), empty(4)}, nil)...)
	inner = append(inner, make([]byte, 8)...)
	out := append([]byte{0x33}, bytes.Join([][]byte{empty(2), empty(3)}, nil)...)
	out = append(out, 4<<3|2, byte(len(inner)))
	return append(out, inner...)
}

// SendNode sends a stanza as it is, completed with the attributes every stanza
// of a customer has unless it brings its own, and returns its id.
func (p *Phone) SendNode(node waBinary.Node) (string, error) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	id, _ := node.Attrs["id"].(string)
	if id == "" {
		id = newMessageID()
	}
	p.hostile[id] = true
	full := p.envelope(id, 0, node.Attrs)
	full.Attrs["id"] = id
	full.Tag, full.Content = node.Tag, node.Content
	if _, err := encodeNode(full); err != nil {
		return "", fmt.Errorf("send node: %w", err)
	}
	for _, receiver := range p.net.business.companions {
		copied := full
		copied.Attrs = maps.Clone(full.Attrs)
		p.net.push(receiver, copied)
	}
	return id, nil
}

// SendCiphertext sends bytes as a ciphertext of a type ("pkmsg" or "msg").
func (p *Phone) SendCiphertext(kind string, ciphertext []byte) (string, error) {
	return p.SendNode(waBinary.Node{Tag: "message", Content: []waBinary.Node{
		{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: ciphertext},
	}})
}

// SendPlaintext seals bytes rightly, whatever they are. Padding is the
// caller's.
func (p *Phone) SendPlaintext(plaintext []byte) (string, error) {
	return p.sendSealed(func(d *device, to *companion) (string, []byte, error) { return d.encrypt(to, plaintext) })
}

func (p *Phone) brokenBlocks() (string, error) {
	return p.sendSealed(func(d *device, to *companion) (string, []byte, error) { return d.encryptBroken(to) })
}

func (p *Phone) sendSealed(seal func(*device, *companion) (string, []byte, error)) (string, error) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	id := newMessageID()
	p.hostile[id] = true
	for _, receiver := range p.net.business.companions {
		kind, ciphertext, err := seal(p.devices[0], receiver)
		if err != nil {
			return "", fmt.Errorf("send plaintext: %w", err)
		}
		node := p.envelope(id, 0, nil)
		node.Content = []waBinary.Node{{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: ciphertext}}
		p.net.push(receiver, node)
	}
	return id, nil
}

// encryptBroken makes a message whose MAC is right and whose body is not a
// whole number of cipher blocks.
func (d *device) encryptBroken(to *companion) (kind string, ciphertext []byte, err error) {
	ctx := context.Background()
	if d.sessions[to.address().String()] == nil {
		builder := session.NewBuilderFromSignal(d, to.address(), serializer)
		if err := builder.ProcessBundle(ctx, to.takeBundle()); err != nil {
			return "", nil, fmt.Errorf("open session: %w", err)
		}
	}
	stored, err := d.LoadSession(ctx, to.address())
	if err != nil {
		return "", nil, fmt.Errorf("load session: %w", err)
	}
	state := stored.SessionState()
	chain := state.SenderChainKey()
	message, err := protocol.NewSignalMessage(
		state.Version(), chain.Index(), state.PreviousCounter(), chain.MessageKeys().MacKey(), state.SenderRatchetKey(),
		make([]byte, 33), state.LocalIdentityKey(), state.RemoteIdentityKey(), serializer.SignalMessage)
	if err != nil {
		return "", nil, fmt.Errorf("build message: %w", err)
	}
	sealed := protocol.CiphertextMessage(message)
	if state.HasUnacknowledgedPreKeyMessage() {
		items, err := state.UnackPreKeyMessageItems()
		if err != nil {
			return "", nil, fmt.Errorf("build message: %w", err)
		}
		sealed, err = protocol.NewPreKeySignalMessage(
			state.Version(), state.LocalRegistrationID(), items.PreKeyID(), items.SignedPreKeyID(), items.BaseKey(),
			state.LocalIdentityKey(), message, serializer.PreKeySignalMessage, serializer.SignalMessage)
		if err != nil {
			return "", nil, fmt.Errorf("build message: %w", err)
		}
	}
	state.SetSenderChainKey(chain.NextKey())
	return kindOf(sealed), sealed.Serialize(), d.StoreSession(ctx, to.address(), stored)
}
