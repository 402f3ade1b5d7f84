package whatsapptest

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	groups "go.mau.fi/libsignal/groups/state/record"
	signalid "go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/logger"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/util/optional"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/util/keys"
)

// serializer is our own: the client library's is a shared pointer that clients
// may wrap with checks of their own.
var serializer = serialize.NewProtoBufSerializer()

// libsignal makes a logger at its first use, unguarded: make it before there are
// goroutines.
func init() {
	var mute logger.Loggable = silent{}
	logger.Setup(&mute)
}

type silent struct{}

func (silent) Debug(_, _ string)   {}
func (silent) Info(_, _ string)    {}
func (silent) Warning(_, _ string) {}
func (silent) Error(_, _ string)   {}
func (silent) Configure(string)    {}

// publicPreKey is a one-time or signed key as uploaded; only signed ones carry
// a signature.
type publicPreKey struct {
	id        uint32
	key       [32]byte
	signature []byte
}

func (k publicPreKey) signedBy(identity [32]byte) bool {
	if len(k.signature) != 64 {
		return false
	}
	message := append([]byte{ecc.DjbType}, k.key[:]...)
	return ecc.VerifySignature(ecc.NewDjbECPublicKey(identity), message, [64]byte(k.signature))
}

func readPreKey(node *waBinary.Node) (publicPreKey, error) {
	id, value := childContent(node, "id"), childContent(node, "value")
	if len(id) != 3 || len(value) != 32 {
		return publicPreKey{}, fmt.Errorf("malformed key in <%s>", node.Tag)
	}
	return publicPreKey{id: bigEndian(id), key: [32]byte(value), signature: childContent(node, "signature")}, nil
}

// device is one of a phone's devices: its keys and its Signal sessions with
// companions. It implements the store the Signal library wants. The network's
// mutex guards it.
type device struct {
	number       uint16
	identity     *keys.KeyPair
	registration uint32
	signed       *keys.PreKey
	oneTime      map[uint32]*keys.PreKey
	nextKey      uint32
	sessions     map[string][]byte
	seen         map[[32]byte]struct{}
	asked        map[string]int // retries asked for, by message
	lost         bool           // sessions were forgotten on purpose
}

func newDevice(number uint16) *device {
	identity := keys.NewKeyPair()
	var registration [4]byte
	_, _ = crand.Read(registration[:])
	return &device{
		number: number, identity: identity, signed: identity.CreateSignedPreKey(1),
		registration: binary.BigEndian.Uint32(registration[:])&0x3fff + 1,
		oneTime:      make(map[uint32]*keys.PreKey), sessions: make(map[string][]byte),
		seen: make(map[[32]byte]struct{}), asked: make(map[string]int),
	}
}

func (d *device) identityPublic() [32]byte { return *d.identity.Pub }

func (d *device) sign(message []byte) [64]byte {
	return ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*d.identity.Priv), message)
}

// freshKey makes a new one-time key.
func (d *device) freshKey() *keys.PreKey {
	d.nextKey++
	key := keys.NewPreKey(d.nextKey)
	d.oneTime[key.KeyID] = key
	return key
}

// keyNodes is what a client needs to open a session with the device.
func (d *device) keyNodes() []waBinary.Node {
	return []waBinary.Node{
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, d.registration)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: d.identity.Pub[:]},
		preKeyNode("skey", d.signed),
		preKeyNode("key", d.freshKey()),
	}
}

func preKeyNode(tag string, key *keys.PreKey) waBinary.Node {
	id := binary.BigEndian.AppendUint32(nil, key.KeyID)
	children := []waBinary.Node{{Tag: "id", Content: id[1:]}, {Tag: "value", Content: key.Pub[:]}}
	if key.Signature != nil {
		children = append(children, waBinary.Node{Tag: "signature", Content: key.Signature[:]})
	}
	return waBinary.Node{Tag: tag, Content: children}
}

// address is where the device keeps its session with a companion.
func (c *companion) address() *protocol.SignalAddress {
	return protocol.NewSignalAddress("business", uint32(c.device))
}

// encrypt seals a padded plaintext for a companion, opening a session when
// there is none.
func (d *device) encrypt(to *companion, plaintext []byte) (kind string, ciphertext []byte, err error) {
	ctx := context.Background()
	builder := session.NewBuilderFromSignal(d, to.address(), serializer)
	if d.sessions[to.address().String()] == nil {
		if err := builder.ProcessBundle(ctx, to.takeBundle()); err != nil {
			return "", nil, fmt.Errorf("open session: %w", err)
		}
	}
	sealed, err := session.NewCipher(builder, to.address()).Encrypt(ctx, plaintext)
	if err != nil {
		return "", nil, fmt.Errorf("encrypt: %w", err)
	}
	return kindOf(sealed), sealed.Serialize(), nil
}

func kindOf(sealed protocol.CiphertextMessage) string {
	if sealed.Type() == protocol.PREKEY_TYPE {
		return "pkmsg"
	}
	return "msg"
}

// errRepeated marks a ciphertext the device has read before.
var errRepeated = errors.New("ciphertext was read before")

// decrypt opens what a companion sealed and takes the padding off.
func (d *device) decrypt(from *companion, kind string, ciphertext []byte) (plaintext []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decrypt: %v", r)
		}
	}()
	hash := sha256.Sum256(ciphertext)
	if _, again := d.seen[hash]; again {
		return nil, errRepeated
	}
	ctx := context.Background()
	builder := session.NewBuilderFromSignal(d, from.address(), serializer)
	cipher := session.NewCipher(builder, from.address())
	switch kind {
	case "pkmsg":
		message, err := protocol.NewPreKeySignalMessageFromBytes(ciphertext, serializer.PreKeySignalMessage, serializer.SignalMessage)
		if err != nil {
			return nil, fmt.Errorf("parse pkmsg: %w", err)
		}
		if message.IdentityKey().PublicKey().PublicKey() != from.identity {
			return nil, errors.New("pkmsg with a foreign identity")
		}
		if plaintext, err = cipher.DecryptMessage(ctx, message); err != nil {
			return nil, fmt.Errorf("decrypt pkmsg: %w", err)
		}
	case "msg":
		message, err := protocol.NewSignalMessageFromBytes(ciphertext, serializer.SignalMessage)
		if err != nil {
			return nil, fmt.Errorf("parse msg: %w", err)
		}
		if plaintext, err = cipher.Decrypt(ctx, message); err != nil {
			return nil, fmt.Errorf("decrypt msg: %w", err)
		}
	default:
		return nil, fmt.Errorf("unknown ciphertext type %q", kind)
	}
	d.seen[hash], d.lost = struct{}{}, false
	return unpad(plaintext)
}

func pad(plaintext []byte) []byte {
	var size [1]byte
	_, _ = crand.Read(size[:])
	n := size[0]&15 + 1
	return append(bytes.Clone(plaintext), bytes.Repeat([]byte{n}, int(n))...)
}

func unpad(plaintext []byte) ([]byte, error) {
	if len(plaintext) == 0 {
		return nil, errors.New("empty plaintext")
	}
	n := int(plaintext[len(plaintext)-1])
	if n == 0 || n > len(plaintext) || !bytes.Equal(plaintext[len(plaintext)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errors.New("wrong padding")
	}
	return plaintext[:len(plaintext)-n], nil
}

// forget drops the session with a companion.
func (d *device) forget(c *companion) { delete(d.sessions, c.address().String()) }

// open starts a session from keys a companion sent along.
func (d *device) open(c *companion, oneTime, signed publicPreKey) error {
	d.forget(c)
	builder := session.NewBuilderFromSignal(d, c.address(), serializer)
	if err := builder.ProcessBundle(context.Background(), c.bundle(&oneTime, signed)); err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	return nil
}

// takeBundle uses up one of the keys the companion uploaded. Without any left
// the signed key alone has to do.
func (c *companion) takeBundle() *prekey.Bundle {
	if len(c.oneTime) == 0 {
		return c.bundle(nil, c.signed)
	}
	key := c.oneTime[0]
	c.oneTime = c.oneTime[1:]
	return c.bundle(&key, c.signed)
}

func (c *companion) bundle(oneTime *publicPreKey, signed publicPreKey) *prekey.Bundle {
	id, key := optional.NewEmptyUint32(), ecc.ECPublicKeyable(nil)
	if oneTime != nil {
		id, key = optional.NewOptionalUint32(oneTime.id), ecc.NewDjbECPublicKey(oneTime.key)
	}
	return prekey.NewBundle(
		binary.BigEndian.Uint32(c.registration[:]), uint32(c.device), id, signed.id, key,
		ecc.NewDjbECPublicKey(signed.key), [64]byte(signed.signature),
		signalid.NewKey(ecc.NewDjbECPublicKey(c.identity)),
	)
}

func (d *device) GetIdentityKeyPair() *signalid.KeyPair {
	return signalid.NewKeyPair(
		signalid.NewKey(ecc.NewDjbECPublicKey(*d.identity.Pub)), ecc.NewDjbECPrivateKey(*d.identity.Priv))
}

func (d *device) GetLocalRegistrationID() uint32 { return d.registration }

// SaveIdentity does nothing: a companion's identity is checked against its
// registration instead.
func (d *device) SaveIdentity(context.Context, *protocol.SignalAddress, *signalid.Key) error {
	return nil
}

func (d *device) IsTrustedIdentity(context.Context, *protocol.SignalAddress, *signalid.Key) (bool, error) {
	return true, nil
}

func (d *device) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	key := d.oneTime[id]
	if key == nil {
		return nil, nil
	}
	return record.NewPreKey(id, pairOf(key), nil), nil
}

func pairOf(key *keys.PreKey) *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey(*key.Pub), ecc.NewDjbECPrivateKey(*key.Priv))
}

func (d *device) StorePreKey(context.Context, uint32, *record.PreKey) error { return errUnused }

func (d *device) ContainsPreKey(_ context.Context, id uint32) (bool, error) {
	return d.oneTime[id] != nil, nil
}

func (d *device) RemovePreKey(_ context.Context, id uint32) error {
	delete(d.oneTime, id)
	return nil
}

func (d *device) LoadSession(_ context.Context, address *protocol.SignalAddress) (*record.Session, error) {
	// A stored copy, not the live record: a failed decryption must leave no
	// trace.
	data := d.sessions[address.String()]
	if data == nil {
		return record.NewSession(serializer.Session, serializer.State), nil
	}
	return record.NewSessionFromBytes(data, serializer.Session, serializer.State)
}

func (d *device) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, errUnused
}

func (d *device) StoreSession(_ context.Context, address *protocol.SignalAddress, session *record.Session) error {
	d.sessions[address.String()] = session.Serialize()
	return nil
}

func (d *device) ContainsSession(_ context.Context, address *protocol.SignalAddress) (bool, error) {
	return d.sessions[address.String()] != nil, nil
}

func (d *device) DeleteSession(_ context.Context, address *protocol.SignalAddress) error {
	delete(d.sessions, address.String())
	return nil
}

func (d *device) DeleteAllSessions(context.Context) error {
	clear(d.sessions)
	return nil
}

func (d *device) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	if id != d.signed.KeyID {
		return nil, nil
	}
	return record.NewSignedPreKey(id, 0, pairOf(d.signed), *d.signed.Signature, nil), nil
}

func (d *device) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) {
	return nil, errUnused
}

func (d *device) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errUnused
}

func (d *device) ContainsSignedPreKey(_ context.Context, id uint32) (bool, error) {
	return id == d.signed.KeyID, nil
}

func (d *device) RemoveSignedPreKey(context.Context, uint32) error { return errUnused }

func (d *device) StoreSenderKey(context.Context, *protocol.SenderKeyName, *groups.SenderKey) error {
	return errUnused
}

func (d *device) LoadSenderKey(context.Context, *protocol.SenderKeyName) (*groups.SenderKey, error) {
	return nil, errUnused
}

var errUnused = errors.New("not part of the simulated device")
