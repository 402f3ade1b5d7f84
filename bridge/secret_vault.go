package bridge

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"sync"
)

// A Vault seals what only one person may read, with a key that is held in the memory of
// this process and nowhere else: what it sealed cannot be read after its end. Its methods
// are safe for concurrent use.
type Vault struct{ aead cipher.AEAD }

// NewVault makes a vault with a key of its own.
func NewVault() *Vault {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("bridge: a key of %d bytes: %v", len(key), err))
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Sprintf("bridge: seal: %v", err))
	}
	return &Vault{aead}
}

// seal encrypts words; only the same label opens them.
func (v *Vault) seal(label string, words []byte) []byte {
	return v.aead.Seal(nil, nil, words, []byte(label))
}

// open is false for what this vault did not seal under that label.
func (v *Vault) open(label string, box []byte) (words []byte, ok bool) {
	words, err := v.aead.Open(nil, nil, box, []byte(label))
	return words, err == nil
}

// ofProcess is the vault of a desk that was given none.
var ofProcess = sync.OnceValue(NewVault)

func (d Desk) vault() *Vault {
	if d.Vault == nil {
		return ofProcess()
	}
	return d.Vault
}
