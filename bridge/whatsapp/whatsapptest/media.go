package whatsapptest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	crand "crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.mau.fi/whatsmeow/util/cbcutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
)

const (
	mediaHost = "mmg.whatsapp.net"
	mediaRoot = "/v/t62.7118-24/"
	macLength = 10
)

// blobs are the encrypted files of the media hosts. They are on disk, so that
// large ones do not count as memory of whoever runs the network. The network's
// mutex guards it; the files are written without it.
type blobs struct {
	dir     string
	byPath  map[string]*blob
	faults  mediaFaults
	uploads []Upload
}

type blob struct {
	path   string // of the URL
	file   string
	size   int64
	sum    [32]byte
	status int // what requests for it get; 0 means the file
}

// folder makes the folder of the files at the first use. Callers hold the mutex.
func (n *Network) folder() (string, error) {
	if n.blobs.dir != "" {
		return n.blobs.dir, nil
	}
	dir, err := os.MkdirTemp("", "whatsapptest-media-")
	if err != nil {
		return "", fmt.Errorf("make media folder: %w", err)
	}
	n.blobs.dir, n.blobs.byPath = dir, make(map[string]*blob)
	return dir, nil
}

// newFile opens a file for an encrypted blob. Callers do not hold the mutex.
func (n *Network) newFile() (*os.File, error) {
	n.mu.Lock()
	dir, err := n.folder()
	n.mu.Unlock()
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, "blob-")
	if err != nil {
		return nil, fmt.Errorf("make media file: %w", err)
	}
	return file, nil
}

// publish gives a file its path on the media hosts. Callers hold the mutex.
func (n *Network) publish(file string, size int64, sum [32]byte) *blob {
	kept := &blob{path: mediaRoot + filepath.Base(file) + "_n.enc", file: file, size: size, sum: sum}
	for n.blobs.byPath[kept.path] != nil {
		kept.path = mediaRoot + filepath.Base(file) + "_" + newMessageID() + ".enc"
	}
	n.blobs.byPath[kept.path] = kept
	n.touch()
	return kept
}

func (b *blob) directPath() string {
	return b.path + "?ccb=11-4&oh=01_Sim&oe=7FFFFFFF&_nc_sid=5e03e0"
}

// sealed is what a message tells about its encrypted file.
type sealed struct {
	url, directPath  string
	key, sum, encSum []byte
	length           uint64
}

// mediaKeys stretch the key of a file.
func mediaKeys(key []byte, use string) (iv, cipherKey, macKey []byte) {
	long := hkdfutil.SHA256(key, nil, []byte(use), 112)
	return long[:16], long[16:48], long[48:80]
}

// mediaUse is what the keys of a kind of file are derived for.
func mediaUse(kind string) string {
	switch kind {
	case KindImage, KindSticker:
		return "WhatsApp Image Keys"
	case KindVideo, KindGIF:
		return "WhatsApp Video Keys"
	case KindVoice, KindAudio:
		return "WhatsApp Audio Keys"
	}
	return "WhatsApp Document Keys"
}

// seal encrypts a file as the app does and leaves it with the media hosts.
func (n *Network) seal(media *Media) (sealed, error) {
	out := sealed{key: make([]byte, 32)}
	_, _ = crand.Read(out.key)
	file, err := n.newFile()
	if err != nil {
		return sealed{}, err
	}
	defer func() { _ = file.Close() }()
	content := media.Content
	if content == nil {
		content = bytes.NewReader(media.Data)
	}
	iv, cipherKey, macKey := mediaKeys(out.key, mediaUse(media.Kind))
	var size uint64
	if media.Odd {
		out.sum, out.encSum, out.length, size, err = sealOddly(cipherKey, iv, macKey, content, file)
	} else {
		out.sum, out.encSum, out.length, size, err = cbcutil.EncryptStream(cipherKey, iv, macKey, content, file)
	}
	if err != nil {
		return sealed{}, fmt.Errorf("encrypt media: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	kept := n.publish(file.Name(), int64(size), [32]byte(out.encSum))
	out.directPath, out.url = kept.directPath(), "https://"+mediaHost+kept.directPath()
	return out, nil
}

// sealOddly makes a file whose MAC is right and whose length is not a whole
// number of blocks.
func sealOddly(cipherKey, iv, macKey []byte, content io.Reader, to io.Writer) (sum, encSum []byte, length, size uint64, err error) {
	plaintext, err := io.ReadAll(content)
	if err != nil {
		return nil, nil, 0, 0, err
	}
	body, err := cbcutil.Encrypt(cipherKey, iv, plaintext)
	if err != nil {
		return nil, nil, 0, 0, err
	}
	body = append(body, 1, 2, 3)
	mac := hmac.New(sha256.New, macKey)
	mac.Write(iv)
	mac.Write(body)
	body = append(body, mac.Sum(nil)[:macLength]...)
	plainSum, bodySum := sha256.Sum256(plaintext), sha256.Sum256(body)
	_, err = to.Write(body)
	return plainSum[:], bodySum[:], uint64(len(plaintext)), uint64(len(body)), err
}

// unseal writes the content of a file as the app does: everything a message
// says about it must be right.
func unseal(file string, use string, what sealed, to io.Writer) error {
	if len(what.key) != 32 || len(what.sum) != 32 || len(what.encSum) != 32 {
		return errors.New("its keys are not complete")
	}
	iv, cipherKey, macKey := mediaKeys(what.key, use)
	in, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("open media: %w", err)
	}
	defer func() { _ = in.Close() }()
	size, err := checkSealed(in, iv, macKey, what.encSum)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(cipherKey)
	if err != nil {
		return fmt.Errorf("open media: %w", err)
	}
	sum := sha256.New()
	length, err := decryptBlocks(cipher.NewCBCDecrypter(block, iv), io.NewSectionReader(in, 0, size), size, io.MultiWriter(to, sum))
	switch {
	case err != nil:
		return err
	case !bytes.Equal(sum.Sum(nil), what.sum):
		return errors.New("its content has another hash")
	case uint64(length) != what.length:
		return fmt.Errorf("it is %d bytes long, not %d", length, what.length)
	}
	return nil
}

// checkSealed checks the hash and the MAC and returns the length of what is encrypted.
func checkSealed(in *os.File, iv, macKey, encSum []byte) (int64, error) {
	info, err := in.Stat()
	if err != nil {
		return 0, fmt.Errorf("open media: %w", err)
	}
	size := info.Size() - macLength
	if size <= 0 || size%aes.BlockSize != 0 {
		return 0, fmt.Errorf("its length %d is odd", info.Size())
	}
	sum, mac := sha256.New(), hmac.New(sha256.New, macKey)
	mac.Write(iv)
	if _, err := io.Copy(io.MultiWriter(sum, mac), io.NewSectionReader(in, 0, size)); err != nil {
		return 0, fmt.Errorf("read media: %w", err)
	}
	var tail [macLength]byte
	if _, err := in.ReadAt(tail[:], size); err != nil {
		return 0, fmt.Errorf("read media: %w", err)
	}
	sum.Write(tail[:])
	if !bytes.Equal(sum.Sum(nil), encSum) {
		return 0, errors.New("the encrypted file has another hash")
	}
	if !hmac.Equal(mac.Sum(nil)[:macLength], tail[:]) {
		return 0, errors.New("the MAC is wrong")
	}
	return size, nil
}

// decryptBlocks writes size encrypted bytes without the padding of the last block.
func decryptBlocks(mode cipher.BlockMode, from io.Reader, size int64, to io.Writer) (length int64, err error) {
	chunk := make([]byte, 64<<10)
	for left := size; left > 0; {
		part := chunk[:min(int64(len(chunk)), left)]
		if _, err := io.ReadFull(from, part); err != nil {
			return 0, fmt.Errorf("read media: %w", err)
		}
		mode.CryptBlocks(part, part)
		if left -= int64(len(part)); left == 0 {
			padding := int(part[len(part)-1])
			if padding == 0 || padding > aes.BlockSize {
				return 0, errors.New("its padding is wrong")
			}
			part = part[:len(part)-padding]
		}
		if _, err := to.Write(part); err != nil {
			return 0, fmt.Errorf("write media: %w", err)
		}
		length += int64(len(part))
	}
	return length, nil
}
