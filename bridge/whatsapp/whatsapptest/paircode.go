package whatsapptest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	crand "crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/hkdf"
)

// codeRequest is a client that wants to be linked by an eight-character code
// it shows, instead of a picture.
type codeRequest struct {
	ref       string
	wrapped   []byte // salt 32, iv 16, encrypted ephemeral key 32
	ephemeral *keys.KeyPair
	theirs    []byte
}

const codeRounds = 131072

// answerLinkCode takes the two requests of linking by code.
func (n *Network) answerLinkCode(c *conn, node *waBinary.Node) ([]waBinary.Node, bool) {
	p := c.pairing
	if p == nil {
		return nil, false
	}
	switch attr(node, "stage") {
	case "companion_hello":
		wrapped := childContent(node, "link_code_pairing_wrapped_companion_ephemeral_pub")
		if len(wrapped) != 80 {
			return nil, false
		}
		if jid := attrJID(node, "jid"); jid != n.business.PN() {
			return []waBinary.Node{iqError(400, "bad-request")}, true
		}
		p.code = &codeRequest{ref: crand.Text(), wrapped: wrapped}
		n.touch()
		return []waBinary.Node{{Tag: "link_code_companion_reg", Content: []waBinary.Node{
			{Tag: "link_code_pairing_ref", Content: []byte(p.code.ref)},
		}}}, true
	case "companion_finish":
		if p.code == nil || p.code.ephemeral == nil || string(childContent(node, "link_code_pairing_ref")) != p.code.ref {
			return nil, false
		}
		secret, err := p.code.advSecret(n.business.self, childContent(node, "link_code_pairing_wrapped_key_bundle"), p.identity)
		if err == nil {
			err = n.link(p, secret)
		}
		if err != nil {
			// A wrong code shows here first; the server just stays silent.
			p.code.theirs = nil
			p.fail(fmt.Errorf("open key bundle: %w", err))
		}
		return nil, true
	}
	return nil, false
}

// EnterCode types the code a client shows, with or without its dash, into the
// business phone, and returns when the client confirmed the link. It waits for
// a client to ask for a code.
func (n *Network) EnterCode(ctx context.Context, code string) error {
	code = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), "-", ""))
	if len(code) != 8 {
		return errors.New("enter code: want eight characters")
	}
	var p *pairing
	err := n.WaitFor(ctx, func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		p = n.pairingBy(func(p *pairing) bool { return p.code != nil })
		return p != nil
	})
	if err != nil {
		return fmt.Errorf("enter code: %w", err)
	}
	ephemeral := keys.NewKeyPair()
	n.mu.Lock()
	wrapped, ref := p.code.wrapped, p.code.ref
	n.mu.Unlock()
	theirs, err := wrapKey(code, wrapped[:48], wrapped[48:])
	if err != nil {
		return fmt.Errorf("enter code: %w", err)
	}
	header := make([]byte, 48)
	_, _ = crand.Read(header)
	ours, err := wrapKey(code, header, ephemeral.Pub[:])
	if err != nil {
		return fmt.Errorf("enter code: %w", err)
	}
	own := n.business.self.identityPublic()
	n.mu.Lock()
	p.code.ephemeral, p.code.theirs = ephemeral, theirs
	p.conn.send(answers, waBinary.Node{
		Tag:   "notification",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "type": "link_code_companion_reg", "id": n.nextID(), "t": n.unix()},
		Content: []waBinary.Node{{
			Tag: "link_code_companion_reg", Attrs: waBinary.Attrs{"stage": "primary_hello"},
			Content: []waBinary.Node{
				{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: slices.Concat(header, ours)},
				{Tag: "primary_identity_pub", Content: own[:]},
				{Tag: "link_code_pairing_ref", Content: []byte(ref)},
			},
		}},
	})
	n.mu.Unlock()
	return p.wait(ctx)
}

// wrapKey encrypts or decrypts a key with a code; header is salt and iv.
func wrapKey(code string, header, key []byte) ([]byte, error) {
	secret, err := pbkdf2.Key(sha256.New, code, header[:32], codeRounds, 32)
	if err != nil {
		return nil, fmt.Errorf("stretch code: %w", err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("set up cipher: %w", err)
	}
	out := make([]byte, len(key))
	cipher.NewCTR(block, header[32:48]).XORKeyStream(out, key)
	return out, nil
}

// advSecret opens the client's key bundle and derives the secret that proves
// the link to it.
func (r *codeRequest) advSecret(self *device, bundle []byte, companion [32]byte) ([]byte, error) {
	if len(bundle) < 44 {
		return nil, errors.New("bundle is too short")
	}
	shared, err := curve25519.X25519(r.ephemeral.Priv[:], r.theirs)
	if err != nil {
		return nil, fmt.Errorf("agree on key: %w", err)
	}
	key := make([]byte, 32)
	if _, err := io.ReadFull(hkdf.New(sha256.New, shared, bundle[:32], []byte("link_code_pairing_key_bundle_encryption_key")), key); err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	opened, err := aead.Open(nil, bundle[32:44], bundle[44:], nil)
	if err != nil {
		return nil, errors.New("wrong code")
	}
	own := self.identityPublic()
	if len(opened) != 96 || [32]byte(opened[:32]) != companion || [32]byte(opened[32:64]) != own {
		return nil, errors.New("bundle with other identities")
	}
	identities, err := curve25519.X25519(self.identity.Priv[:], companion[:])
	if err != nil {
		return nil, fmt.Errorf("agree on key: %w", err)
	}
	secret := make([]byte, 32)
	from := hkdf.New(sha256.New, slices.Concat(shared, identities, opened[64:]), nil, []byte("adv_secret"))
	if _, err := io.ReadFull(from, secret); err != nil {
		return nil, fmt.Errorf("derive secret: %w", err)
	}
	return secret, nil
}
