package media

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestVoiceNoteStaysAsItIs(t *testing.T) {
	s, _ := open(t)
	kept, err := s.Put(t.Context(), bytes.NewReader(opus(1, bytesOf(50, 40)...)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Voice(t.Context(), kept.Hash, Transcoder{FFmpeg: "not-installed"}); err != nil || got != kept {
		t.Errorf("Voice says %+v, %v, want %+v", got, err, kept)
	}
}

func TestVoiceWithoutFFmpeg(t *testing.T) {
	s, _ := open(t)
	kept, err := s.Put(t.Context(), bytes.NewReader(wav(1)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Voice(t.Context(), kept.Hash, Transcoder{FFmpeg: "not-installed"}); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("Voice says %v", err)
	}
	words := put(t, s, "bukan suara")
	if _, err := s.Voice(t.Context(), words.Hash, Transcoder{FFmpeg: "not-installed"}); err == nil || errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("Voice of words says %v", err)
	}
}

// With the real program, from a file whose directory comes last too.
func TestVoiceByFFmpeg(t *testing.T) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	s, dir := open(t)
	m4a := filepath.Join(t.TempDir(), "tone.m4a")
	if out, err := exec.CommandContext(t.Context(), program, "-loglevel", "error", "-f", "lavfi", "-i", "sine=d=2", "-ac", "2", "-c:a", "aac", m4a).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	tone, err := os.ReadFile(m4a)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"wav": wav(2), "m4a": tone} {
		kept, err := s.Put(t.Context(), bytes.NewReader(file), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		made, err := s.Voice(t.Context(), kept.Hash, Transcoder{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if made.MIME != Opus || !made.Mono || made.Length < 1900*time.Millisecond || made.Length > 2200*time.Millisecond {
			t.Errorf("%s became %+v", name, made)
		}
	}
	if got := files(t, dir); len(got) != 4 {
		t.Errorf("the folder holds %q", got)
	}
}

// Whatever the program does, it ends, and nothing half-made is stored.
func TestVoiceOfATroubledProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	s, dir := open(t)
	kept, err := s.Put(t.Context(), bytes.NewReader(wav(1)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		script  string
		timeout time.Duration
		check   func(error) bool
	}{
		"hangs":     {"exec sleep 600", 50 * time.Millisecond, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		"fails":     {"echo broken header >&2; exit 1", 0, func(err error) bool { return strings.Contains(err.Error(), "broken header") }},
		"no end":    {"exec cat /dev/zero", 0, func(err error) bool { r, ok := errors.AsType[*Refusal](err); return ok && r.Reason == TooLarge }},
		"nothing":   {"exit 0", 0, func(err error) bool { r, ok := errors.AsType[*Refusal](err); return ok && r.Reason == Empty }},
		"not opus":  {"echo words", 0, func(err error) bool { return strings.Contains(err.Error(), "text/plain") }},
		"malicious": {`printf 'MZ\000\001'`, 0, func(err error) bool { r, ok := errors.AsType[*Refusal](err); return ok && r.Reason == Executable }},
	} {
		program := filepath.Join(t.TempDir(), "ffmpeg")
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Voice(t.Context(), kept.Hash, Transcoder{FFmpeg: program, Timeout: c.timeout, Most: 1 << 16}); err == nil || !c.check(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range files(t, dir) {
		if strings.HasPrefix(name, unfinished) {
			t.Errorf("left behind: %s", name)
		}
	}
}
