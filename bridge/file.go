package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Library keeps files by the hash of their content. What it tells of a file it has
// seen in the bytes themselves.
type Library interface {
	// Put keeps what r gives, at most limit bytes; it is durable then. What is never
	// taken is a [MediaError].
	Put(ctx context.Context, r io.Reader, limit int64) (Stored, error)
	// Open opens a file that was put.
	Open(hash string) (io.ReadSeekCloser, error)
	// Voice makes a voice note of the sound in a file and keeps it too. Any error means
	// that there will be none.
	Voice(ctx context.Context, hash string) (Stored, error)
	// Name makes a name that is safe to show and fits the type.
	Name(untrusted, mime string) string
}

// Stored is a file in the library.
type Stored struct {
	Hash          string        `json:"h"`
	Size          int64         `json:"s"`
	MIME          string        `json:"m,omitzero"`
	Width, Height int           `json:",omitzero"`
	Animated      bool          `json:"a,omitzero"`
	Length        time.Duration `json:"l,omitzero"`
}

// kindFile documents are the files of messages by their key: a client's message, or a
// message in Discord and the attachment.
const kindFile ledger.Kind = "media"

// A filed document says what became of a file.
type filed struct {
	V      int           `json:"v"`
	State  fileState     `json:"st"`
	Ticket string        `json:"t"`
	Kind   string        `json:"k"`
	Name   string        `json:"n,omitzero"`
	MIME   string        `json:"m,omitzero"` // the sender's word
	Size   int64         `json:"s,omitzero"` // the sender's word
	Length time.Duration `json:"l,omitzero"` // the sender's word
	Stored Stored        `json:"f,omitzero"`
	Fault  Fault         `json:"e,omitzero"`
	Reason string        `json:"why,omitzero"` // of a failure that is no fault of the file
	// Late is the letter that went out with a line in the file's place: the file
	// follows when it comes.
	Late string `json:"late,omitzero"`
	Line string `json:"line,omitzero"` // that line: it stays the same
	// Elsewhere are letters of other lanes that went out like that: reports' posts.
	Elsewhere []lateness `json:"also,omitzero"`
	// Unfit is why Discord is not given the file any more.
	Unfit unfit `json:"unfit,omitzero"`
	// Dead is the letter that was to fetch the file and was given up; Told, that its
	// message died of it. Whoever sends that one again has the file fetched again, since
	// Again (desk time, ms).
	Dead  string `json:"dead,omitzero"`
	Told  bool   `json:"told,omitzero"`
	Again int64  `json:"again,omitzero"`
	// What WhatsApp answered when it took the file.
	Sending *sending `json:"up,omitzero"`
}

// A lateness is a letter that shows a line in the place of a file.
type lateness struct {
	Log    string `json:"log"`
	Lane   string `json:"lane"`
	Letter string `json:"l"`
	Line   string `json:"line"`
}

// showsElsewhere reports whether a letter is none of the file's own thread: whether it
// waits for the file is its own business.
func showsElsewhere(l ledger.Letter) bool {
	return strings.HasPrefix(l.Lane, laneReport) && !strings.HasPrefix(l.ID, lateFile)
}

// gaveWay is the line that a letter shows in the file's place; ok is false when it shows
// the file, or has not decided yet.
func (f filed) gaveWay(letter string) (line string, ok bool) {
	if f.Late == letter && letter != "" {
		return f.Line, true
	}
	for _, l := range f.Elsewhere {
		if l.Letter == letter {
			return l.Line, true
		}
	}
	return "", false
}

// lateFile begins the names of letters that bring files for which lines stand.
const lateFile = "late/"

type fileState string

const (
	filePending fileState = "pending"
	fileStored  fileState = "stored"
	fileFailed  fileState = "failed"
)

// sending is how a file goes to WhatsApp.
type sending struct {
	Kind   string          `json:"k"`
	File   Stored          `json:"f"`
	Ref    json.RawMessage `json:"ref"`
	At     int64           `json:"at"`           // desk time, ms
	Silent bool            `json:"nov,omitzero"` // it was to be a voice note and could not
}

func fileRefOf(key string) ledger.Ref { return ledger.Ref{Kind: kindFile, ID: key} }

func decodeFile(data []byte) (f filed, err error) {
	if err := json.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("%w: file: %w", ledger.ErrCorrupt, err)
	}
	if f.V != 1 {
		return f, fmt.Errorf("%w: a file of version %d was written by a newer halo, update this program", ledger.ErrCorrupt, f.V)
	}
	return f, nil
}

func loadFile(tx *ledger.Tx, key string) (f filed, ok bool, err error) {
	data, err := tx.Doc(fileRefOf(key))
	if err != nil || data == nil {
		return f, false, err
	}
	f, err = decodeFile(data)
	return f, err == nil, err
}

func (f filed) save(tx *ledger.Tx, key string) error {
	f.V = 1
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode file %s: %w", key, err)
	}
	return tx.Put(fileRefOf(key), data)
}

// A fileRef names a file in the body of a letter.
type fileRef struct {
	Key  string `json:"key,omitzero"`
	Name string `json:"name,omitzero"` // of Text
	Text string `json:"text,omitzero"` // the content itself, of small files that we made
}

// fetchBody is a file to be fetched from the network it came by.
type fetchBody struct {
	Key   string          `json:"key"`
	From  string          `json:"from"` // laneWhatsApp or laneDiscord
	Size  int64           `json:"size,omitzero"`
	Ref   json.RawMessage `json:"ref,omitzero"`
	Wakes string          `json:"wakes"` // lane that waits for it
	// Of one that stepped aside: when it was tried first (desk time, ms), and how often
	// it was behind the others since.
	Since int64 `json:"since,omitzero"`
	Turn  int   `json:"turn,omitzero"`
}

// Lanes of files: they are fetched in order, a conversation at a time.
const (
	laneFiles     = "md/"
	fromWhatsApp  = "wa"
	fromDiscord   = "dc"
	lanesFetching = 4 // files that are fetched at once
)

func fetchLane(from, conversation string) string { return laneFiles + from + "/" + conversation }

// expectFile notes a file that is to come, and asks for it.
func expectFile(tx *ledger.Tx, key, number, conversation, from, wakes string, m Media) error {
	f := filed{
		State: filePending, Ticket: number, Kind: m.Kind, Name: Clean(m.Name, 200), MIME: Clean(m.MIME, 100),
		Size: max(0, m.Size), Length: max(0, m.Length),
	}
	if len(m.Ref) > 0 && !json.Valid(m.Ref) {
		m.Ref = nil
	}
	tx.Send(letter("f/"+key, fetchLane(from, conversation), number, kindFetch, fetchBody{
		Key: key, From: from, Size: f.Size, Ref: m.Ref, Wakes: wakes,
	}))
	return f.save(tx, key)
}

// standIn is the line that stands for a file that is not there.
func (f filed) standIn(name string) string {
	what := fileNames[f.Kind]
	if what == "" {
		what = "Berkas"
	}
	line := what
	if name != "" {
		line += " `" + strings.ReplaceAll(Clean(name, 80), "`", "'") + "`"
	}
	if size := max(f.Stored.Size, f.Size); size > 0 {
		line += " (" + sizeText(size) + ")"
	}
	return line
}

// fileNames are what staff call a file, at the beginning of a sentence.
var fileNames = map[string]string{
	KindImage: "Gambar", KindVideo: "Video", KindGIF: "GIF", KindVoice: "Pesan suara", KindAudio: "Audio",
	KindDocument: "Dokumen", KindSticker: "Stiker",
}

// faultText says, by the fault, why a client's file is not shown and what to do.
var faultText = map[Fault]string{
	Gone:       "sudah tidak ada di server; mintalah dikirim ulang",
	Mismatch:   "isinya tidak dapat dipastikan keasliannya, jadi tidak ditampilkan; mintalah dikirim ulang",
	TooLarge:   "terlalu besar untuk disimpan; lihat di ponsel desk",
	Forbidden:  "jenis berkas ini dapat menjalankan program, jadi tidak diteruskan",
	Swells:     "gambarnya membengkak tak wajar saat dibuka, jadi tidak diteruskan; mintalah tangkapan layar biasa",
	Empty:      "kosong, tidak ada isinya; mintalah dikirim ulang",
	BadAddress: "alamat unduhannya tidak dikenal, jadi tidak dibuka; mintalah dikirim ulang",
	Malformed:  "keterangannya rusak, jadi tidak dapat diunduh; mintalah dikirim ulang",
}

func (f filed) why() string {
	if text, ok := faultText[f.Fault]; ok {
		return text
	}
	if f.Reason != "" {
		return "tidak dapat diunduh: " + reasonForStaff(f.Reason)
	}
	return "tidak dapat diunduh; mintalah dikirim ulang"
}

// sizeText is a size as people read it.
func sizeText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
