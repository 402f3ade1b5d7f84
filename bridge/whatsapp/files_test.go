package whatsapp

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow/util/cbcutil"
)

// fetched is what Fetch gives for a reference.
func (d *desk) fetched(ref json.RawMessage) ([]byte, error) {
	var content bytes.Buffer
	err := d.Fetch(soon(d.t), ref, &content)
	return content.Bytes(), err
}

// picture makes a customer send a picture and returns its reference.
func (d *desk) picture(phone *whatsapptest.Phone, draft whatsapptest.Draft) (id string, ref json.RawMessage) {
	d.t.Helper()
	before := len(d.inbox.all())
	id = must(phone.Do(draft))
	m := d.awaitMessages(before + 1)[before]
	if m.Media == nil {
		d.t.Fatalf("no file in %+v", m)
	}
	return id, m.Media.Ref
}

func image(data []byte) *whatsapptest.Media {
	return &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: data}
}

// A file that cannot be had for good says why; all other trouble passes and is tried
// again. Nothing that is not what was announced is taken for it.
func TestFilesThatCannotBeHadSayWhy(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	d.net.Business().SetReuploads(false)
	budi := d.customer("Budi")
	data := bytes.Repeat([]byte("0123456789"), 20000)
	id, ref := d.picture(budi, whatsapptest.Draft{Media: image(data)})
	if got, err := d.fetched(ref); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	for name, test := range map[string]struct {
		fault     whatsapptest.MediaFault
		want      bridge.Fault
		certainty bridge.Certainty
		outage    bool
	}{
		"another byte": {whatsapptest.MediaFault{Spoil: true}, bridge.Mismatch, 0, false},
		"no end":       {whatsapptest.MediaFault{Endless: true}, bridge.TooLarge, 0, false},
		"forbidden":    {whatsapptest.MediaFault{Status: 403}, bridge.Gone, 0, false},
		"not found":    {whatsapptest.MediaFault{Status: 404}, bridge.Gone, 0, false},
		"expired":      {whatsapptest.MediaFault{Status: 410}, bridge.Gone, 0, false},
		"cut":          {whatsapptest.MediaFault{Cut: true}, "", bridge.NotSent, true},
		"failing":      {whatsapptest.MediaFault{Status: 503}, "", bridge.NotSent, true},
		"too fast":     {whatsapptest.MediaFault{Status: 429}, "", bridge.Blocked, false},
	} {
		d.net.FailDownloads(test.fault)
		_, err := d.fetched(ref)
		if test.want != "" {
			if mediaFault(err) != test.want {
				t.Errorf("%s: %v", name, err)
			}
		} else if e := sendError(t, err); e.Certainty != test.certainty || e.Outage != test.outage || e.Reason == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if err := d.net.ExpireMedia(id, 410); err != nil {
		t.Fatal(err)
	}
	if _, err := d.fetched(ref); mediaFault(err) != bridge.Gone {
		t.Errorf("expired: %v", err)
	}
	if err := d.net.ExpireMedia(id, 0); err != nil {
		t.Fatal(err)
	}
	if got, err := d.fetched(ref); err != nil || !bytes.Equal(got, data) {
		t.Errorf("after all that: %d bytes, %v", len(got), err)
	}
}

// What a sender lies about its file shows when it is fetched, and takes nothing
// down.
func TestLiesAboutFilesAreFoundOut(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	d.net.Business().SetReuploads(false)
	budi := d.customer("Budi")
	lie := func(change func(*uploadRef)) json.RawMessage {
		_, data := d.picture(budi, whatsapptest.Draft{Media: image([]byte("isi"))})
		var ref uploadRef
		if err := json.Unmarshal(data, &ref); err != nil {
			t.Fatal(err)
		}
		change(&ref)
		return must(json.Marshal(ref))
	}
	_, odd := d.picture(budi, whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: []byte("isi"), Odd: true}})
	_, empty := d.picture(budi, whatsapptest.Draft{Media: image(nil)})
	for name, test := range map[string]struct {
		ref  json.RawMessage
		want bridge.Fault
	}{
		"odd length":    {odd, bridge.Mismatch},
		"empty":         {empty, bridge.Empty},
		"other content": {lie(func(r *uploadRef) { r.Sum[0] ^= 1 }), bridge.Mismatch},
		"other key":     {lie(func(r *uploadRef) { r.Key[0] ^= 1 }), bridge.Mismatch},
		"other type":    {lie(func(r *uploadRef) { r.Type = "video" }), bridge.Mismatch},
		"no type":       {lie(func(r *uploadRef) { r.Type = "history" }), bridge.Malformed},
		"short key":     {lie(func(r *uploadRef) { r.Key = r.Key[1:] }), bridge.Malformed},
		"no hash":       {lie(func(r *uploadRef) { r.EncSum = nil }), bridge.Malformed},
		"no path":       {lie(func(r *uploadRef) { r.Path = "" }), bridge.Malformed},
		"another host":  {lie(func(r *uploadRef) { r.Path = ".evil.example/x?y" }), bridge.BadAddress},
		"a port":        {lie(func(r *uploadRef) { r.Path = ":8080/x?y" }), bridge.BadAddress},
		"a user":        {lie(func(r *uploadRef) { r.Path = "@evil.example/x?y" }), bridge.BadAddress},
		"no address":    {lie(func(r *uploadRef) { r.Path = "/%zz" }), bridge.Malformed},
		"nonsense":      {json.RawMessage(`[1]`), bridge.Malformed},
		"nothing":       {nil, bridge.Malformed},
	} {
		if _, err := d.fetched(test.ref); mediaFault(err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := d.errorsLogged(); len(got) != 0 {
		t.Errorf("logged %v", got)
	}
}

// The linked phone leaves a file that expired with WhatsApp again; a phone that is
// off is asked another time.
func TestExpiredFilesAreAskedOfThePhone(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	id, ref := d.picture(budi, whatsapptest.Draft{Media: image([]byte("isi"))})
	if err := d.net.ExpireMedia(id, 404); err != nil {
		t.Fatal(err)
	}
	if got, err := d.fetched(ref); err != nil || string(got) != "isi" {
		t.Errorf("%q, %v", got, err)
	}
	d.net.SetFaults(whatsapptest.Faults{HoldPush: true})
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error, 1)
	go func() {
		asked <- d.net.WaitFor(soon(t), func() bool { return d.net.Unacked() > 0 })
		cancel()
	}()
	if e := sendError(t, d.Fetch(ctx, ref, io.Discard)); e.Certainty != bridge.Blocked {
		t.Errorf("phone is off: %+v", e)
	}
	if err := <-asked; err != nil {
		t.Errorf("the phone was not asked: %v", err)
	}
	d.net.ClearFaults()
	if got, err := d.fetched(ref); err != nil || string(got) != "isi" {
		t.Errorf("%q, %v", got, err)
	}
}

// A reference counts after a restart, for sending to several and for fetching.
func TestUploadsOutliveARestart(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, ani := d.talking("Budi"), d.talking("Ani")
	ref := d.upload(bridge.KindImage, []byte("isi"))
	_, theirs := d.picture(budi, whatsapptest.Draft{Media: image([]byte("gambar"))})
	d.restart()
	d.awaitReady()
	for _, phone := range []*whatsapptest.Phone{budi, ani} {
		id := MessageID("again", phone.Name())
		if err := d.Send(soon(t), addressOf(phone), id, bridge.Outgoing{Media: &bridge.Upload{Kind: bridge.KindImage, Ref: ref}}); err != nil {
			t.Fatal(err)
		}
		if got, err := phone.File(id); err != nil || string(got) != "isi" {
			t.Errorf("%s has %q, %v", phone.Name(), got, err)
		}
	}
	if got := d.net.Uploads(); len(got) != 1 || got[0].Kind != "image" {
		t.Errorf("uploads are %+v", got)
	}
	if got, err := d.fetched(theirs); err != nil || string(got) != "gambar" {
		t.Errorf("theirs is %q, %v", got, err)
	}
	if got, err := d.fetched(ref); err != nil || string(got) != "isi" {
		t.Errorf("ours is %q, %v", got, err)
	}
}

func TestUploadsThatFailAreTriedAgain(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	data := bytes.Repeat([]byte{7}, 1<<20)
	for name, test := range map[string]struct {
		fault     whatsapptest.MediaFault
		want      bridge.Fault
		certainty bridge.Certainty
		outage    bool
	}{
		"cut":       {whatsapptest.MediaFault{Cut: true}, "", bridge.NotSent, true},
		"failing":   {whatsapptest.MediaFault{Status: 500}, "", bridge.NotSent, true},
		"too fast":  {whatsapptest.MediaFault{Status: 429}, "", bridge.Blocked, false},
		"not found": {whatsapptest.MediaFault{Status: 404}, "", bridge.NotSent, false},
		"too large": {whatsapptest.MediaFault{Status: 413}, bridge.TooLarge, 0, false},
	} {
		d.net.FailUploads(test.fault)
		_, err := d.Upload(soon(t), bridge.KindDocument, bytes.NewReader(data))
		if test.want != "" {
			if mediaFault(err) != test.want {
				t.Errorf("%s: %v", name, err)
			}
		} else if e := sendError(t, err); e.Certainty != test.certainty || e.Outage != test.outage || e.Reason == "" {
			t.Errorf("%s: %+v", name, e)
		}
	}
	// An old pass is renewed at once.
	d.net.FailUploads(whatsapptest.MediaFault{Status: 401})
	ref, err := d.Upload(soon(t), bridge.KindDocument, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.fetched(ref); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := d.Upload(soon(t), bridge.KindDocument, broken{bytes.NewReader(data)}); err == nil {
		t.Error("a file that cannot be read was uploaded")
	}
}

// broken is a file on a bad disk.
type broken struct{ io.ReadSeeker }

func (b broken) Read([]byte) (int, error) { return 0, errors.New("bad disk") }

// Whoever waits for a file is not kept when the client stops, and nothing is
// fetched without a connection or the lead.
func TestMovingFilesEndsWithTheClient(t *testing.T) {
	t.Parallel()
	leads := true
	d := newDesk(t, quick())
	d.end()
	d.options.Allowed = func() bool { return leads }
	d.open()
	d.pair()
	if e := sendError(t, d.Fetch(soon(t), whole(), io.Discard)); e.Certainty != bridge.Blocked {
		t.Errorf("before the connection: %+v", e)
	}
	d.run()
	d.awaitReady()
	_, ref := d.picture(d.customer("Budi"), whatsapptest.Draft{Media: image(make([]byte, 1<<20))})
	d.net.SetMediaFaults(whatsapptest.MediaFault{Pause: time.Hour}, whatsapptest.MediaFault{Pause: time.Hour})
	over := make(chan error, 2)
	go func() { over <- d.Fetch(context.Background(), ref, io.Discard) }()
	go func() {
		_, err := d.Upload(context.Background(), bridge.KindImage, strings.NewReader("x"))
		over <- err
	}()
	select {
	case err := <-over:
		t.Fatalf("not slow: %v", err)
	case <-time.After(aWhile):
	}
	d.stop()
	for range 2 {
		if e := sendError(t, <-over); e.Certainty == bridge.Refused || e.Certainty == bridge.Unknown {
			t.Errorf("stopped: %+v", e)
		}
	}
	leads = false
	if e := sendError(t, d.Fetch(soon(t), ref, io.Discard)); e.Certainty != bridge.Blocked {
		t.Errorf("without the lead: %+v", e)
	}
}

func whole() json.RawMessage {
	sum := make([]byte, 32)
	return must(json.Marshal(mediaRef{Type: "image", Path: "/x", Key: sum, Sum: sum, EncSum: sum}))
}

// Memory does not grow with a file, in either direction.
func TestLargeFilesStream(t *testing.T) {
	d := linked(t, quick())
	const size = 48 << 20
	file := must(os.Create(filepath.Join(t.TempDir(), "film")))
	defer func() { _ = file.Close() }()
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	spent := func(what string, f func()) {
		t.Helper()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		if all := after.TotalAlloc - before.TotalAlloc; all > size/8 {
			t.Errorf("%s allocated %d bytes in all for a file of %d", what, all, size)
		}
	}
	var ref json.RawMessage
	spent("upload", func() {
		ref = must(d.Upload(soon(t), bridge.KindVideo, file))
	})
	sum := sha256.New()
	spent("fetch", func() {
		if err := d.Fetch(soon(t), ref, sum); err != nil {
			t.Fatal(err)
		}
	})
	want := sha256.New()
	_, _ = file.Seek(0, io.SeekStart)
	_, _ = io.Copy(want, file)
	if !bytes.Equal(sum.Sum(nil), want.Sum(nil)) {
		t.Error("another film came back")
	}
}

// The stream is the one the library writes and reads, for every length and however
// it is read.
func TestFilesAreEncryptedAsTheLibraryDoes(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{9}, fileKeySize)
	keys := must(newFileKeys(key, "document"))
	long := bytes.Repeat([]byte("abcdefghij"), 14000)
	for _, size := range []int{1, 15, 16, 17, 31, 32, 33, fileChunk - 1, fileChunk, fileChunk + 1, fileChunk + 26, 2*fileChunk - 10, 2 * fileChunk, len(long)} {
		plain := long[:size]
		sealed := must(io.ReadAll(newSealer(bytes.NewReader(plain), keys)))
		var theirs bytes.Buffer
		_, encSum, _, _, err := cbcutil.EncryptStream(librarysKey(t, key), keys.iv, keys.mac, bytes.NewReader(plain), &theirs)
		if err != nil || !bytes.Equal(theirs.Bytes(), sealed) {
			t.Fatalf("%d bytes are encrypted differently: %v", size, err)
		}
		sum := sha256.Sum256(plain)
		ref := mediaRef{Type: "document", Key: key, Sum: sum[:], EncSum: encSum}
		for _, from := range []io.Reader{bytes.NewReader(sealed), iotest.HalfReader(bytes.NewReader(sealed)), iotest.DataErrReader(bytes.NewReader(sealed))} {
			var got bytes.Buffer
			if err := unseal(&got, from, ref); err != nil || !bytes.Equal(got.Bytes(), plain) {
				t.Fatalf("%d bytes come back as %d: %v", size, got.Len(), err)
			}
		}
		for _, cut := range []int{1, fileMACSize, len(sealed) / 2} {
			if err := unseal(io.Discard, bytes.NewReader(sealed[:len(sealed)-cut]), ref); err == nil {
				t.Errorf("%d bytes less of %d are taken", cut, size)
			}
		}
		if err := unseal(io.Discard, iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(sealed))), ref); !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("a broken connection is %v", err)
		}
	}
}

func FuzzUnseal(f *testing.F) {
	key := bytes.Repeat([]byte{9}, fileKeySize)
	keys := must(newFileKeys(key, "image"))
	f.Add([]byte("isi"), 0, byte(1))
	f.Add(bytes.Repeat([]byte{1}, 100), 50, byte(0))
	f.Fuzz(func(t *testing.T, plain []byte, at int, change byte) {
		sealed := must(io.ReadAll(newSealer(bytes.NewReader(plain), keys)))
		sum, encSum := sha256.Sum256(plain), sha256.Sum256(sealed)
		if at = max(at, 0); at < len(sealed) {
			sealed[at] ^= change
		} else {
			change = 0
		}
		for _, enc := range [][]byte{encSum[:], sumOf(sealed)} { // the sender may lie
			var got bytes.Buffer
			err := unseal(&got, bytes.NewReader(sealed), mediaRef{Type: "image", Key: key, Sum: sum[:], EncSum: enc})
			if change == 0 && (err != nil || !bytes.Equal(got.Bytes(), plain)) || change != 0 && err == nil {
				t.Fatalf("change %d at %d of %d: %v", change, at, len(plain), err)
			}
		}
	})
}

func sumOf(data []byte) []byte {
	sum := sha256.Sum256(data)
	return sum[:]
}

func FuzzOggScan(f *testing.F) {
	f.Add(oggPages(10, 300, 600), 7)
	f.Add([]byte("OggS"), 1)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		var whole, parts oggScan
		_, _ = whole.Write(data)
		for part := range slices.Chunk(data, max(step, 1)) {
			if n, err := parts.Write(part); n != len(part) || err != nil {
				t.Fatalf("wrote %d, %v", n, err)
			}
		}
		if whole.seconds() != parts.seconds() || !bytes.Equal(whole.wave(), parts.wave()) {
			t.Fatal("it matters how a file is cut")
		}
		for _, point := range whole.wave() {
			if point > 100 {
				t.Fatalf("%d of 100", point)
			}
		}
	})
}

// librarysKey is the encryption key that the library derives for documents.
func librarysKey(t *testing.T, key []byte) []byte {
	t.Helper()
	return must(hkdf.Key(sha256.New, key, nil, "WhatsApp Document Keys", 112))[16:48]
}
