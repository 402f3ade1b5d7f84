package main

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

const (
	// mostFile bounds a file of a phone, in bytes: it is far more than Discord takes.
	mostFile = 100 << 20
	// mostUpload bounds a request that carries files, in bytes.
	mostUpload = mostFile + 64<<10
	// inMemory is how much of its files is not put on disk.
	inMemory = 1 << 20
	// mostDrained is how much of a request that is too large is still read, so that
	// the caller gets to the answer.
	mostDrained = 1 << 30
)

// carriesFiles reports a request of the content type of forms with files.
func carriesFiles(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "multipart/form-data"
}

// bound limits how much of a request is read. The returned function is called with
// what the call came to.
func bound(w http.ResponseWriter, r *http.Request) (finish func(error)) {
	if !carriesFiles(r) {
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		return func(error) {}
	}
	body, told := r.Body, r.Header.Get("Expect") != ""
	r.Body = http.MaxBytesReader(nil, body, mostUpload)
	return func(err error) {
		p, known := errors.AsType[problem](err)
		if known && p.status == http.StatusRequestEntityTooLarge && !told {
			_, _ = io.CopyN(io.Discard, body, mostDrained) // whoever stops sending has read the answer
		}
	}
}

// tooLarge is the answer to a request with more than most bytes.
func tooLarge(most int64) error {
	return problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes", most)}
}

// A form is a request that carries files.
type form struct {
	values map[string]string
	files  []received
	inner  *multipart.Form
}

// received is a file as its sender describes it.
type received struct {
	*multipart.FileHeader
	name, mime string // mime is "" when nothing is said of it
}

// readForm reads a request with at least one file and no field but those named.
// The caller closes the form.
func readForm(r *http.Request, fields ...string) (*form, error) {
	if r.ContentLength > mostUpload {
		return nil, tooLarge(mostUpload)
	}
	// The body is bounded: see bound.
	err := r.ParseMultipartForm(inMemory)
	if _, large := errors.AsType[*http.MaxBytesError](err); large || errors.Is(err, multipart.ErrMessageTooLarge) {
		return nil, tooLarge(mostUpload)
	}
	if err != nil {
		return nil, badRequest("read form: %v", err)
	}
	f := &form{values: map[string]string{}, inner: r.MultipartForm}
	for name, all := range f.inner.Value {
		if !slices.Contains(fields, name) || len(all) != 1 {
			f.close()
			return nil, badRequest("read form: field %q is unknown, or there twice: want file, %s", name, strings.Join(fields, ", "))
		}
		f.values[name] = all[0]
	}
	for _, headers := range f.inner.File {
		for _, h := range headers {
			f.files = append(f.files, describe(h))
		}
	}
	if len(f.files) == 0 {
		f.close()
		return nil, badRequest("read form: file is missing")
	}
	return f, nil
}

// describe reads what a part says of itself; the package leaves folders out of names,
// which a sender may well put there.
func describe(h *multipart.FileHeader) received {
	f := received{FileHeader: h, name: h.Filename}
	if _, params, err := mime.ParseMediaType(h.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		f.name = params["filename"]
	}
	if f.mime = h.Header.Get("Content-Type"); f.mime == "application/octet-stream" {
		f.mime = ""
	}
	return f
}

// close removes what the files left on disk.
func (f *form) close() { _ = f.inner.RemoveAll() }

// flag reads a field that is true or false; one that is not there is false.
func (f *form) flag(name string) (bool, error) {
	switch f.values[name] {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, badRequest("%s is %q: want true or false", name, f.values[name])
}
