package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"sync"

	"github.com/haloerzap/halo/bridge"
)

// What one request may hold.
const (
	mostFiles   = 10
	mostRequest = 25 << 20 // bytes, with everything around the files
	// requestRest is kept free in a request for the words and the headers of files.
	requestRest = 64 << 10

	uploadsAtOnce   = 3
	downloadsAtOnce = 4
)

// A fileError is a file that is not what its message says, or that cannot be read now.
// What was sent of it is worth nothing to Discord.
type fileError struct {
	why   string
	final bool // trying again will not help
	cause error
}

func (e *fileError) Error() string {
	if e.cause == nil {
		return e.why
	}
	return e.why + ": " + e.cause.Error()
}

func (e *fileError) Unwrap() error { return e.cause }

// doFiles is do, with files beside the JSON, which are read while they are sent.
func (r *rest) doFiles(ctx context.Context, op, path string, in any, files []bridge.File, out any) error {
	if len(files) == 0 {
		return r.do(ctx, op, http.MethodPost, path, in, out)
	}
	f, err := newForm(in, files)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return r.send(context.WithValue(ctx, formKey{}, f), op, http.MethodPost, path, f.kind, []byte{}, out)
}

// A form is the body of a request with files. Its length is known before a byte of them
// is read, and no more than a buffer of them is in memory.
type form struct {
	kind   string   // Content-Type
	texts  [][]byte // what stands before each file, and at the end
	files  []bridge.File
	length int64
}

type formKey struct{}

func newForm(payload any, files []bridge.File) (*form, error) {
	data, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	parts := multipart.NewWriter(&text)
	f := &form{kind: parts.FormDataContentType(), files: files}
	begin := func(disposition, kind string) {
		_, e := parts.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}})
		err = errors.Join(err, e)
	}
	cut := func() {
		f.texts = append(f.texts, bytes.Clone(text.Bytes()))
		f.length += int64(text.Len())
		text.Reset()
	}
	begin(`form-data; name="payload_json"`, "application/json")
	text.Write(data)
	for i, file := range files {
		begin(`form-data; name="files[`+strconv.Itoa(i)+`]"; filename="`+fileName(file.Name)+`"`, fileType(file.MIME))
		cut()
		f.length += file.Size
	}
	if e := parts.Close(); e != nil || err != nil {
		return nil, errors.Join(err, e)
	}
	cut()
	return f, nil
}

// body begins a reading of the form. moved is told each time that some of it was read,
// and whether that was the last of it.
func (f *form) body(moved func(last bool)) *formBody {
	return &formBody{form: f, text: f.texts[0], moved: moved}
}

// A formBody is read by one goroutine; it may be closed by another.
type formBody struct {
	form  *form
	moved func(last bool)
	text  []byte // still to be read of a text
	next  int    // file to come, or open
	left  int64  // of the open one

	mu     sync.Mutex
	file   io.ReadCloser
	closed bool
	fault  error
}

// Read fails with a [fileError] when a file is not as long as was said: the request
// then ends before it is whole.
func (b *formBody) Read(p []byte) (int, error) {
	for len(b.text) == 0 {
		if b.next == len(b.form.files) {
			return 0, io.EOF
		}
		file, err := b.open()
		if err != nil {
			return 0, b.fail(err)
		}
		if b.left == 0 {
			if err := b.end(file); err != nil {
				return 0, b.fail(err)
			}
			continue
		}
		n, err := file.Read(p[:min(int64(len(p)), b.left)])
		b.left -= int64(n)
		switch {
		case n > 0 || err == nil:
			b.moved(false)
			return n, nil
		case errors.Is(err, io.EOF):
			return 0, b.fail(&fileError{why: "a file is shorter than was said", final: true})
		}
		return 0, b.fail(&fileError{why: "a file cannot be read", cause: err})
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	last := len(b.text) == 0 && b.next == len(b.form.files)
	b.moved(last)
	return n, nil
}

var errOver = errors.New("the request is over")

// open is the file being read, opened if it was not.
func (b *formBody) open() (io.ReadCloser, error) {
	b.mu.Lock()
	file, closed := b.file, b.closed
	b.mu.Unlock()
	if closed {
		return nil, errOver
	}
	if file != nil {
		return file, nil
	}
	file, err := b.form.files[b.next].Open()
	if err != nil {
		return nil, &fileError{why: "a file cannot be opened", cause: err}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		file.Close()
		return nil, errOver
	}
	b.file, b.left = file, b.form.files[b.next].Size
	return file, nil
}

// end closes a file that was read as far as it is long.
func (b *formBody) end(file io.Reader) error {
	var more [1]byte
	if n, err := io.ReadFull(file, more[:]); n > 0 {
		return &fileError{why: "a file is longer than was said", final: true}
	} else if !errors.Is(err, io.EOF) {
		return &fileError{why: "a file cannot be read", cause: err}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file != nil {
		b.file.Close()
		b.file = nil
	}
	b.next++
	b.text = b.form.texts[b.next]
	return nil
}

// fail notes why the form cannot be read. Once the request is over, that is all there is to
// say: a file that was closed under the reader is no fault of the file.
func (b *formBody) fail(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errOver
	}
	if b.fault == nil {
		b.fault = err
	}
	return err
}

// broken is why the form could not be read to its end, nil if it could.
func (b *formBody) broken() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}

func (b *formBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}
