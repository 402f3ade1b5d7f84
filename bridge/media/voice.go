package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// ErrNoFFmpeg means that ffmpeg is not installed, so recordings stay what they are.
var ErrNoFFmpeg = errors.New("ffmpeg is not installed")

// A Transcoder makes voice notes: OGG/Opus, one channel, 48 kHz.
type Transcoder struct {
	// FFmpeg is the program, looked for in PATH when empty.
	FFmpeg string
	// Timeout is how long one recording may take, two minutes when 0.
	Timeout time.Duration
	// Most is the largest result in bytes, 16 MiB when 0.
	Most int64
}

// demuxers are the types that hold sound, and what ffmpeg calls them. It is told and
// does not guess: some formats it could guess read other files.
var demuxers = map[string]string{
	Opus: "ogg", "audio/ogg": "ogg", "video/ogg": "ogg",
	"audio/mpeg": "mp3", "audio/aac": "aac", "audio/wav": "wav", "audio/flac": "flac", "audio/amr": "amr",
	"audio/mp4": "mov", "video/mp4": "mov", "video/quicktime": "mov", "video/3gpp": "mov",
	"video/webm": "matroska", "video/x-matroska": "matroska",
}

// Voice stores the sound of a stored file as a voice note and returns that; a file
// that is one already is returned as it is. Errors are [ErrNoFFmpeg], a [*Refusal] of
// the result, or that the file holds no sound that can be read.
func (s *Store) Voice(ctx context.Context, hash string, with Transcoder) (Stored, error) {
	have, err := s.Stat(hash)
	if err != nil {
		return Stored{}, err
	}
	if have.MIME == Opus && have.Mono {
		return have, nil
	}
	demuxer, ok := demuxers[have.MIME]
	if !ok {
		return Stored{}, fmt.Errorf("make voice note of %s: no sound in %s", hash, have.MIME)
	}
	program := with.FFmpeg
	if program == "" {
		program = "ffmpeg"
	}
	if program, err = exec.LookPath(program); err != nil {
		return Stored{}, ErrNoFFmpeg
	}
	if with.Timeout == 0 {
		with.Timeout = 2 * time.Minute
	}
	if with.Most == 0 {
		with.Most = 16 << 20
	}
	ctx, cancel := context.WithTimeout(ctx, with.Timeout)
	defer cancel()
	f, err := s.Open(hash)
	if err != nil {
		return Stored{}, err
	}
	defer f.Close()
	made, err := s.Fill(ctx, with.Most, func(w io.Writer) error { return transcode(ctx, program, demuxer, f, w) })
	if err == nil && made.MIME != Opus {
		err = fmt.Errorf("ffmpeg made %s", made.MIME)
	}
	if err != nil {
		return Stored{}, fmt.Errorf("make voice note of %s: %w", hash, err)
	}
	return made, nil
}

// largestBlock is what ffmpeg may allocate at once, in bytes: files promise tables of
// any size.
const largestBlock = "268435456"

// transcode runs ffmpeg as a child of low priority that can read its standard input
// and nothing else. Its input is the open file itself, so it can seek in it.
func transcode(ctx context.Context, program, demuxer string, in *os.File, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, program,
		"-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-max_alloc", largestBlock,
		"-protocol_whitelist", "file,pipe,fd", "-f", demuxer, "-i", input(in),
		"-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-t", "7200",
		"-c:a", "libopus", "-b:a", "32k", "-vbr", "on", "-application", "voip", "-ac", "1", "-ar", "48000",
		"-f", "ogg", "pipe:1")
	cmd.Env = []string{"LC_ALL=C"}
	var said tail
	cmd.Stderr = &said
	cmd.Stdin = in
	cmd.WaitDelay = 5 * time.Second
	result, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("run ffmpeg: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run ffmpeg: %w", err)
	}
	lower(cmd.Process.Pid)
	_, copied := io.Copy(out, result)
	if copied != nil {
		cancel() // it would wait for ever to be read
	}
	err = cmd.Wait()
	switch {
	case copied != nil:
		return copied
	case ctx.Err() != nil:
		return fmt.Errorf("run ffmpeg: %w", ctx.Err())
	case err != nil:
		return fmt.Errorf("run ffmpeg: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return nil
}

// A tail keeps the first words a program says.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p[:min(len(p), max(0, 500-t.Len()))])
	return len(p), nil
}
