package whatsapp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/haloerzap/halo/bridge"
)

// Files lie at WhatsApp encrypted with AES-256 in CBC mode, followed by the first
// bytes of an HMAC. Both directions stream: memory does not grow with the file.
const (
	fileKeySize = 32
	fileMACSize = 10
	fileChunk   = 64 << 10
)

// fileUses are what the keys of the types of files are derived for.
var fileUses = map[string]string{
	"image":    "WhatsApp Image Keys",
	"video":    "WhatsApp Video Keys",
	"audio":    "WhatsApp Audio Keys",
	"document": "WhatsApp Document Keys",
}

// fileType is the type of file, of which WhatsApp has few, that a kind is stored as.
func fileType(kind string) (string, bool) {
	switch kind {
	case bridge.KindImage, bridge.KindSticker:
		return "image", true
	case bridge.KindVideo, bridge.KindGIF:
		return "video", true
	case bridge.KindVoice, bridge.KindAudio:
		return "audio", true
	case bridge.KindDocument:
		return "document", true
	}
	return "", false
}

// fileKeys are what the key of a file is stretched to.
type fileKeys struct {
	iv  []byte
	mac []byte
	aes cipher.Block
}

func newFileKeys(key []byte, kind string) (fileKeys, error) {
	use, known := fileUses[kind]
	if !known || len(key) != fileKeySize {
		return fileKeys{}, fmt.Errorf("derive keys of file: a %q with a key of %d bytes", kind, len(key))
	}
	long, err := hkdf.Key(sha256.New, key, nil, use, 112)
	if err != nil {
		return fileKeys{}, fmt.Errorf("derive keys of file: %w", err)
	}
	block, err := aes.NewCipher(long[16:48])
	if err != nil {
		return fileKeys{}, fmt.Errorf("derive keys of file: %w", err)
	}
	return fileKeys{iv: long[:16], mac: long[48:80], aes: block}, nil
}

// sealer reads a file encrypted.
type sealer struct {
	from  io.Reader
	mode  cipher.BlockMode
	mac   hash.Hash
	plain hash.Hash // of the content
	size  int64     // of the content
	buf   []byte
	ready []byte // encrypted, not yet read; a part of buf
	ended bool
}

func newSealer(from io.Reader, keys fileKeys) *sealer {
	s := &sealer{
		from: from, mode: cipher.NewCBCEncrypter(keys.aes, keys.iv),
		mac: hmac.New(sha256.New, keys.mac), plain: sha256.New(), buf: make([]byte, fileChunk+aes.BlockSize+fileMACSize),
	}
	s.mac.Write(keys.iv)
	return s
}

// Read implements [io.Reader].
func (s *sealer) Read(p []byte) (int, error) {
	if len(s.ready) == 0 {
		if s.ended {
			return 0, io.EOF
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

func (s *sealer) fill() error {
	n, err := io.ReadFull(s.from, s.buf[:fileChunk])
	switch {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		s.ended = true
	case err != nil:
		return fmt.Errorf("read file: %w", err)
	}
	s.plain.Write(s.buf[:n])
	s.size += int64(n)
	if s.ended {
		padding := aes.BlockSize - n%aes.BlockSize
		copy(s.buf[n:], bytes.Repeat([]byte{byte(padding)}, padding))
		n += padding
	}
	s.mode.CryptBlocks(s.buf[:n], s.buf[:n])
	s.mac.Write(s.buf[:n])
	if s.ended {
		n += copy(s.buf[n:], s.mac.Sum(nil)[:fileMACSize])
	}
	s.ready = s.buf[:n]
	return nil
}

// errMismatch is why a file is not the one that was announced.
type errMismatch string

func (e errMismatch) Error() string { return string(e) }

// unseal writes the content of an encrypted file to w and then checks all of it:
// what was written counts for nothing when it fails.
func unseal(w io.Writer, from io.Reader, ref mediaRef) error {
	keys, err := newFileKeys(ref.Key, ref.Type)
	if err != nil {
		return &bridge.MediaError{Fault: bridge.Malformed, Err: err}
	}
	o := &opener{
		to: w, mode: cipher.NewCBCDecrypter(keys.aes, keys.iv),
		mac: hmac.New(sha256.New, keys.mac), plain: sha256.New(), all: sha256.New(),
	}
	o.mac.Write(keys.iv)
	// The MAC and the last block, whose padding goes, are held back.
	const held = fileMACSize + aes.BlockSize
	buf := make([]byte, 0, fileChunk+held)
	for {
		n, err := from.Read(buf[len(buf):cap(buf)])
		o.all.Write(buf[len(buf) : len(buf)+n])
		buf = buf[:len(buf)+n]
		if whole := (len(buf) - held) / aes.BlockSize * aes.BlockSize; whole > 0 && (err != nil || len(buf) == cap(buf)) {
			if err := o.open(buf[:whole], 0); err != nil {
				return err
			}
			buf = buf[:copy(buf, buf[whole:])]
		}
		if err == io.EOF {
			return o.finish(buf, ref)
		}
		if err != nil {
			return fmt.Errorf("download file: %w", err)
		}
	}
}

type opener struct {
	to              io.Writer
	mode            cipher.BlockMode
	mac, plain, all hash.Hash
	size            int64
}

// open decrypts whole blocks and writes them without the last bytes.
func (o *opener) open(blocks []byte, without int) error {
	o.mac.Write(blocks)
	o.mode.CryptBlocks(blocks, blocks)
	if without < 0 {
		without = int(blocks[len(blocks)-1])
		if without == 0 || without > aes.BlockSize {
			return errMismatch("its padding is wrong")
		}
	}
	content := blocks[:len(blocks)-without]
	o.plain.Write(content)
	o.size += int64(len(content))
	if _, err := o.to.Write(content); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}

func (o *opener) finish(rest []byte, ref mediaRef) error {
	last := len(rest) - fileMACSize
	if last < aes.BlockSize || last%aes.BlockSize != 0 {
		return errMismatch("its length is odd")
	}
	if !bytes.Equal(o.all.Sum(nil), ref.EncSum) {
		return errMismatch("the encrypted file has another hash")
	}
	mac := rest[last:]
	if err := o.open(rest[:last], -1); err != nil {
		return err
	}
	switch {
	case !hmac.Equal(o.mac.Sum(nil)[:fileMACSize], mac):
		return errMismatch("its MAC is wrong")
	case !bytes.Equal(o.plain.Sum(nil), ref.Sum):
		return errMismatch("its content has another hash")
	}
	return nil
}
