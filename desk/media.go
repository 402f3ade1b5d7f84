package desk

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/media"
	"github.com/haloerzap/halo/store"

	"go.uber.org/zap"
)

// A library is the media folder as the bridge sees it.
type library struct{ files *media.Store }

// openLibrary opens the folder of files in the data folder.
func (d *Desk) openLibrary() (library, error) {
	files, err := media.OpenStore(filepath.Join(d.cfg.Data, "media"))
	return library{files}, err
}

// Put implements [bridge.Library].
func (l library) Put(ctx context.Context, r io.Reader, limit int64) (bridge.Stored, error) {
	s, err := l.files.Put(ctx, r, limit)
	if err != nil {
		return bridge.Stored{}, faulty(err)
	}
	return stored(s), nil
}

// Open implements [bridge.Library].
func (l library) Open(hash string) (io.ReadSeekCloser, error) { return l.files.Open(hash) }

// Voice implements [bridge.Library].
func (l library) Voice(ctx context.Context, hash string) (bridge.Stored, error) {
	s, err := l.files.Voice(ctx, hash, media.Transcoder{})
	if err != nil {
		return bridge.Stored{}, err
	}
	return stored(s), nil
}

// Name implements [bridge.Library].
func (l library) Name(untrusted, mime string) string { return media.Name(untrusted, mime) }

func stored(s media.Stored) bridge.Stored {
	return bridge.Stored{
		Hash: s.Hash, Size: s.Size, MIME: s.MIME, Width: s.Width, Height: s.Height, Animated: s.Animated, Length: s.Length,
	}
}

// faulty is a refusal in the bridge's words.
func faulty(err error) error {
	refusal, ok := errors.AsType[*media.Refusal](err)
	if !ok {
		return err
	}
	fault := bridge.Forbidden
	switch refusal.Reason {
	case media.Empty:
		fault = bridge.Empty
	case media.TooLarge:
		fault = bridge.TooLarge
	case media.Bomb:
		fault = bridge.Swells
	}
	return &bridge.MediaError{Fault: fault, Err: err}
}

// sweep forgets what broken writes left in the media folder. Complete files stay:
// they are the only lasting copy.
func (d *Desk) sweep(ctx context.Context, l library) {
	done, err := l.files.Sweep(ctx, time.Now(), 24*time.Hour, func(string) (bool, error) { return true, nil })
	if err != nil && ctx.Err() == nil {
		d.log.Warn("sweep the media folder", zap.Error(err))
	}
	if done.Parts > 0 {
		d.log.Info("unfinished files removed", zap.Int("files", done.Parts))
	}
}

var _ bridge.Library = library{}

// presence shows who is writing.
func (d *Desk) presence(st *store.Store, p *parts) *bridge.Presence {
	return bridge.NewPresence(st, p.whatsapp, p.discord, d.currentLease, d.log)
}
