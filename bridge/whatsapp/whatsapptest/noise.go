package whatsapptest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/hkdf"
	"google.golang.org/protobuf/proto"
)

// Root is the certificate authority of a simulated WhatsApp. A client trusts a
// network when its copy of the 32-byte public key is the one of the network's
// root. The key is process-wide in the client library, so networks of one
// process share a root unless they are told otherwise.
type Root struct {
	key *keys.KeyPair
}

// NewRoot returns a new random authority.
func NewRoot() *Root { return &Root{key: keys.NewKeyPair()} }

// RootFromSeed returns the authority that belongs to a secret of any length.
// Processes that share the seed share the root.
func RootFromSeed(seed []byte) *Root {
	return &Root{key: keys.NewKeyPairFromPrivateKey(sha256.Sum256(seed))}
}

// PublicKey is what a client must trust.
func (r *Root) PublicKey() [32]byte { return *r.key.Pub }

// SharedRoot is the random authority used by every network of this process
// whose options name no other.
var SharedRoot = sync.OnceValue(NewRoot)

// identity is the server's long-lived Noise key with the certificates that
// vouch for it.
type identity struct {
	static *keys.KeyPair
	chain  []byte
}

const (
	intermediateSerial = 1
	leafSerial         = 2
)

func (r *Root) issue(now time.Time) (identity, error) {
	intermediate, static := keys.NewKeyPair(), keys.NewKeyPair()
	from, until := uint64(now.Add(-24*time.Hour).Unix()), uint64(now.AddDate(20, 0, 0).Unix())
	sign := func(by *keys.KeyPair, serial, issuer uint32, key []byte) (*waCert.CertChain_NoiseCertificate, error) {
		details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
			Serial: new(serial), IssuerSerial: new(issuer), Key: key, NotBefore: new(from), NotAfter: new(until),
		})
		if err != nil {
			return nil, fmt.Errorf("marshal certificate: %w", err)
		}
		signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*by.Priv), details)
		return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signature[:]}, nil
	}
	middle, err := sign(r.key, intermediateSerial, 0, intermediate.Pub[:])
	if err != nil {
		return identity{}, err
	}
	leaf, err := sign(intermediate, leafSerial, intermediateSerial, static.Pub[:])
	if err != nil {
		return identity{}, err
	}
	chain, err := proto.Marshal(&waCert.CertChain{Intermediate: middle, Leaf: leaf})
	if err != nil {
		return identity{}, fmt.Errorf("marshal certificate chain: %w", err)
	}
	return identity{static: static, chain: chain}, nil
}

// noiseState is the symmetric state of a Noise_XX_25519_AESGCM_SHA256
// handshake. Not safe for concurrent use.
type noiseState struct {
	hash, chain []byte
	aead        cipher.AEAD
	counter     uint32
}

func newNoiseState(prologue []byte) (*noiseState, error) {
	// The pattern name is exactly as long as the hash, so it is used unhashed.
	start := []byte(socket.NoiseStartPattern)
	aead, err := newGCM(start)
	if err != nil {
		return nil, err
	}
	s := &noiseState{hash: start, chain: start, aead: aead}
	s.mixHash(prologue)
	return s, nil
}

func (s *noiseState) mixHash(data []byte) {
	sum := sha256.New()
	sum.Write(s.hash)
	sum.Write(data)
	s.hash = sum.Sum(nil)
}

func (s *noiseState) mixKey(private *[32]byte, public []byte) error {
	secret, err := curve25519.X25519(private[:], public)
	if err != nil {
		return fmt.Errorf("agree on key: %w", err)
	}
	chain, key, err := expand(s.chain, secret)
	if err != nil {
		return err
	}
	s.chain, s.counter = chain, 0
	s.aead, err = newGCM(key)
	return err
}

func (s *noiseState) seal(plaintext []byte) []byte {
	sealed := s.aead.Seal(nil, nonce(s.counter), plaintext, s.hash)
	s.counter++
	s.mixHash(sealed)
	return sealed
}

func (s *noiseState) open(sealed []byte) ([]byte, error) {
	plaintext, err := s.aead.Open(nil, nonce(s.counter), sealed, s.hash)
	if err != nil {
		return nil, fmt.Errorf("open handshake field: %w", err)
	}
	s.counter++
	s.mixHash(sealed)
	return plaintext, nil
}

// split ends the handshake: the first key reads what the client writes.
func (s *noiseState) split() (read, write cipher.AEAD, err error) {
	fromClient, toClient, err := expand(s.chain, nil)
	if err != nil {
		return nil, nil, err
	}
	if read, err = newGCM(fromClient); err != nil {
		return nil, nil, err
	}
	write, err = newGCM(toClient)
	return read, write, err
}

func expand(salt, secret []byte) (first, second []byte, err error) {
	out := make([]byte, 64)
	if _, err := io.ReadFull(hkdf.New(sha256.New, secret, salt, nil), out); err != nil {
		return nil, nil, fmt.Errorf("derive keys: %w", err)
	}
	return out[:32], out[32:], nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("set up cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

func nonce(counter uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], counter)
	return iv
}

var errShortHandshake = errors.New("handshake message lacks a part")
