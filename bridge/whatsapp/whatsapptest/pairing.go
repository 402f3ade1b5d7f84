package whatsapptest

import (
	"context"
	"crypto/hmac"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mau.fi/libsignal/ecc"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

const qrRefs = 6

var (
	signAccount = []byte{6, 0}
	signDevice  = []byte{6, 1}
)

// pairing is a connection that waits to be linked. The network's mutex guards
// it.
type pairing struct {
	conn         *conn
	noise        [32]byte
	identity     [32]byte
	registration [4]byte
	signed       publicPreKey
	refs         []string
	code         *codeRequest

	successID string
	details   []byte
	device    uint16
	keyIndex  uint32
	err       error
	done      chan struct{}
	over      bool
}

func (p *pairing) fail(err error) {
	if p.over {
		return
	}
	p.over, p.err = true, err
	close(p.done)
}

// offerPairing shows a client that has no session its QR codes. Callers hold
// the mutex.
func (n *Network) offerPairing(c *conn, payload *waWa6.ClientPayload, noise [32]byte) {
	data := payload.GetDevicePairingData()
	if len(data.GetEIdent()) != 32 || len(data.GetERegid()) != 4 || len(data.GetESkeyVal()) != 32 || len(data.GetESkeySig()) != 64 {
		n.problem("login without user name and without pairing data")
		c.finish(Refusal{Reason: 400}.node())
		return
	}
	p := &pairing{
		conn: c, noise: noise, identity: [32]byte(data.GetEIdent()), registration: [4]byte(data.GetERegid()),
		signed: publicPreKey{id: bigEndian(data.GetESkeyID()), key: [32]byte(data.GetESkeyVal()), signature: data.GetESkeySig()},
		done:   make(chan struct{}),
	}
	if !p.signed.signedBy(p.identity) {
		n.problem("pairing data with a wrong signature")
	}
	c.pairing = p
	list := make([]waBinary.Node, qrRefs)
	for i := range list {
		ref := "2@" + crand.Text()
		p.refs = append(p.refs, ref)
		list[i] = waBinary.Node{Tag: "ref", Content: []byte(ref)}
	}
	c.send(answers, waBinary.Node{
		Tag:     "iq",
		Attrs:   waBinary.Attrs{"from": types.ServerJID, "type": "set", "id": n.nextID(), "xmlns": "md"},
		Content: []waBinary.Node{{Tag: "pair-device", Content: list}},
	})
}

// qrCode is what a client shows to be scanned.
type qrCode struct {
	ref                       string
	noise, identity, advBytes []byte
}

func parseQR(text string) (qrCode, error) {
	text = strings.TrimSpace(text)
	if _, after, found := strings.Cut(text, "#"); found && strings.HasPrefix(text, "https://") {
		text = after
	}
	parts := strings.Split(text, ",")
	if len(parts) != 4 && len(parts) != 5 {
		return qrCode{}, fmt.Errorf("QR text has %d parts, want 4 or 5", len(parts))
	}
	code := qrCode{ref: parts[0]}
	for i, into := range []*[]byte{&code.noise, &code.identity, &code.advBytes} {
		value, err := base64.StdEncoding.DecodeString(parts[i+1])
		if err != nil || len(value) != 32 {
			return qrCode{}, fmt.Errorf("QR text part %d is no 32-byte key", i+2)
		}
		*into = value
	}
	return code, nil
}

// Pair scans the text of a QR code with the business phone, in the form with a
// link before '#' or without, and returns when the client confirmed the link.
func (n *Network) Pair(ctx context.Context, text string) error {
	code, err := parseQR(text)
	if err != nil {
		return fmt.Errorf("scan QR code: %w", err)
	}
	n.mu.Lock()
	p := n.pairingBy(func(p *pairing) bool { return slices.Contains(p.refs, code.ref) })
	switch {
	case p == nil:
		err = errors.New("reference is not known or has expired")
	case string(p.noise[:]) != string(code.noise) || string(p.identity[:]) != string(code.identity):
		err = errors.New("keys differ from those of the connection")
	default:
		err = n.link(p, code.advBytes)
	}
	n.mu.Unlock()
	if err != nil {
		return fmt.Errorf("scan QR code: %w", err)
	}
	return p.wait(ctx)
}

func (p *pairing) wait(ctx context.Context) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("wait for the client to confirm: %w", context.Cause(ctx))
	}
	p.conn.net.mu.Lock()
	defer p.conn.net.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("link client: %w", p.err)
	}
	return nil
}

func (n *Network) pairingBy(match func(*pairing) bool) *pairing {
	for c := range n.conns {
		if c.pairing != nil && !c.pairing.over && match(c.pairing) {
			return c.pairing
		}
	}
	return nil
}

// link signs the client's identity with the phone's and tells it. Callers hold
// the mutex.
func (n *Network) link(p *pairing, advSecret []byte) error {
	b := n.business
	b.lastDevice++
	p.device, p.keyIndex = b.lastDevice, uint32(b.lastDevice)
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: new(uint32(p.device)), Timestamp: new(uint64(n.unix())), KeyIndex: new(p.keyIndex),
		AccountType: waAdv.ADVEncryptionType_E2EE.Enum(), DeviceType: waAdv.ADVEncryptionType_E2EE.Enum(),
	})
	if err != nil {
		return fmt.Errorf("marshal device identity: %w", err)
	}
	p.details = details
	own := b.self.identityPublic()
	signature := b.self.sign(slices.Concat(signAccount, details, p.identity[:]))
	signed, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentity{
		Details: details, AccountSignatureKey: own[:], AccountSignature: signature[:],
	})
	if err != nil {
		return fmt.Errorf("marshal signed identity: %w", err)
	}
	mac := hmac.New(sha256.New, advSecret)
	mac.Write(signed)
	box, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: signed, HMAC: mac.Sum(nil)})
	if err != nil {
		return fmt.Errorf("marshal identity box: %w", err)
	}
	p.successID = n.nextID()
	p.conn.send(answers, waBinary.Node{
		Tag:   "iq",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "type": "set", "id": p.successID, "xmlns": "md", "t": n.unix()},
		Content: []waBinary.Node{{Tag: "pair-success", Content: []waBinary.Node{
			{Tag: "device-identity", Content: box},
			{Tag: "biz", Attrs: waBinary.Attrs{"name": b.name}},
			{Tag: "device", Attrs: waBinary.Attrs{"jid": b.devicePN(p.device), "lid": b.deviceLID(p.device)}},
			{Tag: "platform", Attrs: waBinary.Attrs{"name": "android"}},
		}}},
	})
	return nil
}

// onPairAnswer takes the client's answer to one of our requests.
func (n *Network) onPairAnswer(c *conn, node *waBinary.Node) {
	p := c.pairing
	if p == nil || p.successID == "" || attr(node, "id") != p.successID {
		return
	}
	if attr(node, "type") == "error" {
		text := "refused"
		if refusal := child(node, "error"); refusal != nil {
			text = attr(refusal, "code") + " " + attr(refusal, "text")
		}
		p.fail(fmt.Errorf("client answered %s", text))
		return
	}
	account := &waAdv.ADVSignedDeviceIdentity{}
	if err := proto.Unmarshal(childContent(node, "pair-device-sign", "device-identity"), account); err != nil {
		n.problem("pair-device-sign: %v", err)
		p.fail(err)
		return
	}
	own := n.business.self.identityPublic()
	message := slices.Concat(signDevice, p.details, p.identity[:], own[:])
	if len(account.GetDeviceSignature()) != 64 || !ecc.VerifySignature(ecc.NewDjbECPublicKey(p.identity), message, [64]byte(account.GetDeviceSignature())) {
		n.problem("pair-device-sign with a wrong signature")
		p.fail(errors.New("wrong device signature"))
		return
	}
	account.AccountSignatureKey = own[:]
	n.business.companions = append(n.business.companions, &companion{
		device: p.device, noise: p.noise, identity: p.identity, registration: p.registration,
		signed: p.signed, account: account,
	})
	// Even a client on the same socket now has a session: it comes back with it.
	c.finish(streamError(515, ""))
	p.over = true
	close(p.done)
	n.touch()
}
