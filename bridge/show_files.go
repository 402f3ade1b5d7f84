package bridge

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Limits of one Discord message.
const (
	filesAtOnce = 10
	// bytesAtOnce is what all files of a message may have: a request ends at 25 MiB.
	bytesAtOnce = 24 << 20
)

// filePatience is how long a message waits for its files: after it, lines stand in
// for those that have not come, and they follow when they do.
const filePatience = time.Minute

// fileGrace is how long one still waits that has stood behind others for longer than
// that: a row of them is not to stop a lane for a minute each.
const fileGrace = 3 * time.Second

// waitedFor reports whether a letter has waited for a file as long as patience and
// grace allow.
func (c *Courier) waitedFor(l ledger.Letter, st ledger.Status, patience, grace time.Duration) bool {
	if st.First.IsZero() {
		return false
	}
	tried := time.Since(st.First)
	return tried >= patience || tried >= grace && c.desk.now().Sub(l.At) >= patience
}

// compose resolves what a say letter stands for: its words with a line for each file
// that cannot be shown, and the files. It asks for patience while files are on their way.
func (c *Courier) compose(ctx context.Context, l ledger.Letter, st ledger.Status, body sayBody) (content string, files []File, err error) {
	var lines []string
	var bytes int64
	for _, ref := range body.Files {
		if ref.Key == "" {
			text := ref.Text
			files = append(files, File{Name: ref.Name, Size: int64(len(text)), Open: func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(text)), nil
			}})
			continue
		}
		f, err := c.file(ctx, ref.Key)
		if err != nil {
			return "", nil, err
		}
		if f, err = c.awaited(ctx, l, st, ref.Key, f); err != nil {
			return "", nil, err
		}
		line := c.unshown(f, l.ID, len(files), bytes)
		if line != "" {
			lines = append(lines, line)
			continue
		}
		bytes += f.Stored.Size
		files = append(files, c.asFile(f))
	}
	return withLines(body.Content, lines), files, nil
}

// awaited waits for a file to be fetched, up to a point.
func (c *Courier) awaited(ctx context.Context, l ledger.Letter, st ledger.Status, key string, f filed) (filed, error) {
	_, decided := f.gaveWay(l.ID)
	if !showsElsewhere(l) {
		decided = f.Late != ""
	}
	switch {
	case decided:
	case f.State == fileFailed || f.State == filePending && c.waitedFor(l, st, filePatience, fileGrace):
		// From here on this letter shows a line, whatever comes: it must look the same
		// at every attempt.
		return c.giveWay(ctx, l, key)
	case f.State == filePending:
		return f, errWaitsForFile(fileWait(st.First))
	}
	return f, nil
}

// fileWait is short at first and grows with the wait so far.
func fileWait(first time.Time) time.Duration {
	if first.IsZero() {
		return 100 * time.Millisecond
	}
	return min(max(time.Since(first)/8, 100*time.Millisecond), 5*time.Second)
}

// giveWay records that a letter shows a line in the place of a file.
func (c *Courier) giveWay(ctx context.Context, l ledger.Letter, key string) (f filed, err error) {
	hold := ledger.Hold{Letter: l, Epoch: c.lease().Epoch}
	_, err = c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		found, ok, err := loadFile(tx, key)
		if err != nil || !ok {
			return err
		}
		f = found
		_, decided := f.gaveWay(l.ID)
		switch {
		case f.State == fileStored || decided:
			return nil
		case showsElsewhere(l):
			f.Elsewhere = append(f.Elsewhere, lateness{l.Log, l.Lane, l.ID, c.unshown(f, l.ID, 0, 0)})
		case f.Late != "":
			return nil
		default:
			f.Late = l.ID
			f.Line = c.unshown(f, l.ID, 0, 0)
		}
		return f.save(tx, key)
	})
	if err != nil {
		return f, &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	return f, nil
}

// unshown is the line that stands in for a file, "" when it can be shown.
func (c *Courier) unshown(f filed, letter string, count int, bytes int64) string {
	name := f.Name
	if f.State == fileStored && c.cfg.Library != nil {
		name = c.cfg.Library.Name(f.Name, f.Stored.MIME)
	}
	line, late := f.gaveWay(letter)
	switch {
	case line != "":
		return line
	case f.State == fileFailed:
		return "⚠️ *" + f.standIn(name) + " " + f.why() + ".*"
	case f.State == filePending || late:
		return "⏳ *" + f.standIn(name) + " masih diunduh; muncul di bawah bila sudah ada.*"
	case c.missing(f):
		return "⚠️ *" + f.standIn(name) + " tidak ada lagi di penyimpanan desk; lihat di ponsel desk.*"
	case f.Unfit != "":
		return "⚠️ *" + f.standIn(name) + " " + unfitText[f.Unfit] + ".*"
	case f.Stored.Size > c.board.Limit():
		return fmt.Sprintf("⚠️ *%s terlalu besar untuk Discord (batasnya %s); lihat di ponsel desk.*", f.standIn(name), sizeText(c.board.Limit()))
	case count >= filesAtOnce || bytes+f.Stored.Size > bytesAtOnce && count > 0:
		return "⚠️ *" + f.standIn(name) + " tidak muat dalam satu pesan Discord; lihat di ponsel desk.*"
	}
	return ""
}

func (c *Courier) asFile(f filed) File {
	hash := f.Stored.Hash
	length := f.Stored.Length
	if length == 0 {
		length = f.Length
	}
	return File{
		Name: c.cfg.Library.Name(f.Name, f.Stored.MIME), Size: f.Stored.Size, MIME: f.Stored.MIME, Length: length,
		Voice: f.Kind == KindVoice, Open: func() (io.ReadCloser, error) { return c.cfg.Library.Open(hash) },
	}
}

// withLines puts lines below words, as many as fit into a message.
func withLines(content string, lines []string) string {
	for i, line := range lines {
		longer := strings.TrimSpace(content + "\n" + line)
		rest := fmt.Sprintf("\n⚠️ *… dan %d berkas lain tidak dapat ditampilkan.*", len(lines)-i)
		if splitUnits(longer) > discordLimit || i < len(lines)-1 && splitUnits(longer+rest) > discordLimit {
			return content + rest
		}
		content = longer
	}
	return content
}
