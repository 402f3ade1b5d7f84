package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
)

func TestMirrorRemembers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "commits")
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	m, err := openMirror(path)
	if err != nil {
		t.Fatal(err)
	}
	if m.last() != (mark{}) {
		t.Errorf("a new mirror remembers %v", m.last())
	}
	// Two a minute for two days: twice around.
	for n := range 2 * 2 * 24 * 60 {
		if err := m.note(mark{int64(n + 1), start.Add(time.Duration(n) * 30 * time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	m.close()
	if m, err = openMirror(path); err != nil {
		t.Fatal(err)
	}
	last := m.last()
	if last.number != 5760 || !last.at.Equal(start.Add(5759*30*time.Second)) {
		t.Errorf("remembers %v", last)
	}
	if k, ok := m.before(5701); !ok || k.number > 5701 || k.number < 5699 {
		t.Errorf("before 5701 is %v, %v", k, ok)
	}
	if k, ok := m.before(100); ok {
		t.Errorf("two days ago is %v", k)
	}
	m.close()

	// Rows that were torn count as empty, whichever they are.
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(text, "9999999")
	if err := os.WriteFile(path, text[:len(text)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err = openMirror(path); err != nil {
		t.Fatal(err)
	}
	defer m.close()
	if last := m.last(); last.number < 5758 || last.number > 5760 {
		t.Errorf("a torn mirror remembers %v", last)
	}
}

// numbers is a store that may be taken back.
type numbers struct {
	now, skipped int64
	err          error
}

func (n *numbers) HighWater(context.Context) (int64, error) { return n.now, n.err }
func (n *numbers) RaiseHighWater(_ context.Context, atLeast, skip int64) error {
	n.now, n.skipped = max(n.now, atLeast), skip
	return n.err
}

// A store that is behind its mirror is told of before the numbers leap, each time it
// is found so until both succeeded, and never again afterwards.
func TestSentryFindsARollBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "commits")
	m, err := openMirror(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	st := &numbers{now: 10}
	var told []int64
	fail := errors.New("down")
	var failing error
	s := &sentry{store: st, mirror: m, log: zap.NewNop(), lost: func(_ context.Context, have, had mark) error {
		if st.now >= had.number {
			t.Error("the numbers leapt before anybody was told")
		}
		told = append(told, have.number, had.number)
		return failing
	}}
	compare := func(wantBack bool, wantErr error) {
		t.Helper()
		back, err := s.compare(t.Context())
		if back != wantBack || !errors.Is(err, wantErr) {
			t.Errorf("back %v, %v; want %v, %v", back, err, wantBack, wantErr)
		}
	}
	compare(false, nil)
	st.err = fail
	compare(false, fail)
	st.now, st.err = 20, nil
	compare(false, nil)
	st.now, failing = 12, fail
	compare(true, fail)
	failing = nil
	compare(true, nil)
	if st.now != 20+roundUp {
		t.Errorf("the numbers go on at %d", st.now)
	}
	if st.skipped != 8+spare {
		t.Errorf("series leave out %d numbers after 8 commits were lost", st.skipped)
	}
	compare(false, nil)
	if len(told) != 4 || told[2] != 12 || told[3] != 20 {
		t.Errorf("told %v", told)
	}

	// With replicas a number is copied only when they must have confirmed it.
	s.lag = time.Hour
	st.now++
	compare(false, nil)
	if m.last().number == st.now {
		t.Error("the mirror is ahead of what was confirmed")
	}
}
