package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// send queues letters without a cause.
func send(t *testing.T, s *store.Store, letters ...ledger.Letter) {
	t.Helper()
	_, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		for _, l := range letters {
			tx.Send(l)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("send letters: %v", err)
	}
}

func acquire(t *testing.T, s *store.Store, owner string) int64 {
	t.Helper()
	l, err := s.Acquire(t.Context(), owner, time.Minute)
	if err != nil {
		t.Fatalf("acquire lease: %v", err)
	}
	return l.Epoch
}

func begin(t *testing.T, s *store.Store, epoch int64, lane string) (ledger.Letter, ledger.Status) {
	t.Helper()
	l, st, ok, err := s.Begin(t.Context(), epoch, lane)
	if err != nil || !ok {
		t.Fatalf("begin lane %s: ok %v, error %v", lane, ok, err)
	}
	return l, st
}

func outcome(t *testing.T, s *store.Store, o ledger.Outcome, fn func(*ledger.Tx) error) (bool, error) {
	t.Helper()
	if fn == nil {
		fn = func(*ledger.Tx) error { return nil }
	}
	return s.Update(t.Context(), ledger.Cause{Outcome: &o}, fn)
}

// A letter is not begun before its own time, nor is what stands behind it; looking costs
// nothing. Once it leads its lane at its time, it goes.
func letterEarly(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	late, ripe := letter("2", "wa:1"), letter("1", "wa:1")
	late.NotBefore, ripe.NotBefore = noon.Add(time.Second), noon
	send(t, s, ripe, late, letter("3", "wa:1"))
	l, st := begin(t, s, epoch, "wa:1")
	if l.ID != "1" || st.Attempts != 1 {
		t.Errorf("begun at its very time: letter %s, %+v", l.ID, st)
	}
	if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent}, nil); err != nil {
		t.Fatalf("outcome: %v", err)
	}
	for range 2 {
		_, _, ok, err := s.Begin(t.Context(), epoch, "wa:1")
		e, early := errors.AsType[*ledger.EarlyError](err)
		if ok || !early || !e.Until.Equal(noon.Add(time.Second)) {
			t.Errorf("begun a second too early: ok %v, error %v", ok, err)
		}
	}
	if st, ok, err := s.Status(t.Context(), "T-1", "2"); err != nil || !ok || st.State != ledger.Queued || st.Attempts != 0 || !st.First.IsZero() {
		t.Errorf("looking left %+v (ok %v, error %v)", st, ok, err)
	}
	if n, err := s.LaneLen(t.Context(), "wa:1"); err != nil || n != 2 {
		t.Errorf("%d letters wait, error %v; want 2", n, err)
	}
}

func letterSent(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	send(t, s, letter("1", "wa:1"), letter("2", "wa:1"))
	l, st := begin(t, s, epoch, "wa:1")
	if l.ID != "1" || st.State != ledger.Sending || st.Attempts != 1 || st.First.IsZero() {
		t.Errorf("begun: letter %s, %+v", l.ID, st)
	}
	if err := s.Nack(t.Context(), epoch, l, noon.Add(time.Minute), "no link", true); err != nil {
		t.Fatalf("nack: %v", err)
	}
	lanes, err := s.Lanes(t.Context())
	if err != nil || len(lanes) != 1 || !lanes[0].NotBefore.Equal(noon.Add(time.Minute)) {
		t.Errorf("lanes are %+v (error %v)", lanes, err)
	}
	l, again := begin(t, s, epoch, "wa:1")
	if l.ID != "1" || again.Attempts != 2 || !again.First.Equal(st.First) {
		t.Errorf("begun again: letter %s, %+v; first was %v", l.ID, again, st.First)
	}
	applied, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent, Ext: "X1"}, nil)
	if err != nil || !applied {
		t.Fatalf("outcome: applied %v, error %v", applied, err)
	}
	st, ok, err := s.Status(t.Context(), "T-1", "1")
	if err != nil || !ok || st.State != ledger.Sent || st.Ext != "X1" || st.Reason != "" || !st.First.IsZero() {
		t.Errorf("sent: %+v, %v, %v", st, ok, err)
	}
	if id, ok, err := s.LetterByExt(t.Context(), "T-1", "X1"); err != nil || !ok || id != "1" {
		t.Errorf("letter by ext: %q, %v, %v", id, ok, err)
	}
	if l, _ := begin(t, s, epoch, "wa:1"); l.ID != "2" {
		t.Errorf("then comes letter %s, want 2", l.ID)
	}
}

func status(t *testing.T, s *store.Store, id string) ledger.Status {
	t.Helper()
	st, ok, err := s.Status(t.Context(), "T-1", id)
	if err != nil || !ok {
		t.Fatalf("status of letter %s: known %v, error %v", id, ok, err)
	}
	return st
}

func waiting(t *testing.T, s *store.Store, lane string) (ids []string) {
	t.Helper()
	letters, err := s.Waiting(t.Context(), lane, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		ids = append(ids, l.ID)
	}
	return ids
}

// A buried letter leaves a note in its place and comes back when somebody asks.
func buriedAndRevived(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	send(t, s, letter("1", "dc:1"), letter("2", "dc:1"))
	l, _ := begin(t, s, epoch, "dc:1")
	applied, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Dead, Reason: "thread is gone"}, func(tx *ledger.Tx) error {
		tx.SendFirst(letter("note b", "dc:1"))
		tx.SendFirst(letter("note a", "dc:1"))
		return nil
	})
	if err != nil || !applied {
		t.Fatalf("bury: %v, %v", applied, err)
	}
	if ids := waiting(t, s, "dc:1"); !slices.Equal(ids, []string{"note a", "note b", "2"}) {
		t.Errorf("lane holds %q", ids)
	}
	if st := status(t, s, "1"); st.State != ledger.Dead || st.Reason != "thread is gone" || st.Attempts != 1 {
		t.Errorf("status %+v", st)
	}
	var dead []string
	for l, err := range s.Dead(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		dead = append(dead, l.ID)
	}
	if !slices.Equal(dead, []string{"1"}) {
		t.Errorf("dead are %q", dead)
	}
	// The words are those in the lane, whatever the caller's copy says.
	if kept, ok, err := s.DeadLetter(t.Context(), "1"); !ok || err != nil || string(kept.Body) != string(l.Body) {
		t.Errorf("kept %+v, %v, %v", kept, ok, err)
	}
	Check(t, client, desk)

	for n := range 2 {
		update(t, s, inbox(fmt.Sprint("click", n)), func(tx *ledger.Tx) error {
			_, ok, err := tx.Revive("1")
			if ok != (n == 0) {
				t.Errorf("click %d: revived %v", n, ok)
			}
			if n == 0 { // a double click within one change
				_, _, err2 := tx.Revive("1")
				err = errors.Join(err, err2)
			}
			return err
		})
	}
	if ids := waiting(t, s, "dc:1"); !slices.Equal(ids, []string{"note a", "note b", "2", "1"}) {
		t.Errorf("lane holds %q", ids)
	}
	if st := status(t, s, "1"); st.State != ledger.Queued || st.Reason != "" || st.Attempts != 1 || st.First.IsZero() {
		t.Errorf("revived: %+v; its attempts are remembered, for they may have arrived", st)
	}
}

// Two people press Retry at the same time.
func revivedByTwo(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	send(t, s, letter("1", "dc:1"))
	l, _ := begin(t, s, epoch, "dc:1")
	if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Dead}, nil); err != nil {
		t.Fatal(err)
	}
	runs := 0
	update(t, s, inbox("click1"), func(tx *ledger.Tx) error {
		runs++
		_, _, err := tx.Revive("1")
		if runs == 1 {
			update(t, s, inbox("click2"), func(tx *ledger.Tx) error { _, _, err := tx.Revive("1"); return err })
		}
		return err
	})
	if ids := waiting(t, s, "dc:1"); runs != 2 || !slices.Equal(ids, []string{"1"}) {
		t.Errorf("after %d runs the lane holds %q", runs, ids)
	}
}

// Who has lost the lease can do nothing, whatever he still believes.
func staleEpoch(t *testing.T, client store.Client) {
	s := newStore(client)
	old := acquire(t, s, "a")
	send(t, s, letter("1", "wa:1"))
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error { tx.Refresh("card"); return nil })
	l, _ := begin(t, s, old, "wa:1")
	views, err := s.Views(t.Context(), 10)
	if err != nil || len(views) != 1 {
		t.Fatalf("views %v, %v", views, err)
	}
	epoch := acquire(t, s, "a")
	before := Dump(t.Context(), client)
	nothing := func(*ledger.Tx) error { return nil }
	_, _, _, beginErr := s.Begin(t.Context(), old, "wa:1")
	_, sentErr := outcome(t, s, ledger.Outcome{Letter: l, Epoch: old, State: ledger.Sent}, nil)
	_, fnErr := outcome(t, s, ledger.Outcome{Letter: l, Epoch: old, State: ledger.Sent}, func(*ledger.Tx) error { return errors.New("no") })
	_, holdErr := s.Update(t.Context(), ledger.Cause{Hold: &ledger.Hold{Letter: l, Epoch: old}}, nothing)
	for name, err := range map[string]error{
		"begin": beginErr, "sent": sentErr, "sent with error": fnErr, "hold": holdErr,
		"nack":   s.Nack(t.Context(), old, l, noon, "", true),
		"viewed": s.Viewed(t.Context(), old, views[0]),
	} {
		if !errors.Is(err, ledger.ErrStale) {
			t.Errorf("%s: error %v, want ErrStale", name, err)
		}
	}
	if after := Dump(t.Context(), client); after != before {
		t.Errorf("a stale epoch changed something:\n%s\nwas:\n%s", after, before)
	}
	if l, st := begin(t, s, epoch, "wa:1"); l.ID != "1" || st.Attempts != 2 {
		t.Errorf("the new one begins %s, %+v", l.ID, st)
	}
}

// Only the head of a lane can be finished, put back, or held.
func notHead(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	send(t, s, letter("1", "wa:1"), letter("2", "wa:1"))
	other := letter("2", "wa:1")
	if _, err := outcome(t, s, ledger.Outcome{Letter: other, Epoch: epoch, State: ledger.Sent}, nil); !errors.Is(err, ledger.ErrNotHead) {
		t.Errorf("outcome: %v", err)
	}
	if err := s.Nack(t.Context(), epoch, other, noon, "", true); !errors.Is(err, ledger.ErrNotHead) {
		t.Errorf("nack: %v", err)
	}
	hold := func(l ledger.Letter) error {
		_, err := s.Update(t.Context(), ledger.Cause{Hold: &ledger.Hold{Letter: l, Epoch: epoch}}, func(tx *ledger.Tx) error {
			tx.SendFirst(letter("0", "wa:1"))
			return nil
		})
		return err
	}
	if err := hold(other); !errors.Is(err, ledger.ErrNotHead) {
		t.Errorf("hold: %v", err)
	}
	l, _ := begin(t, s, epoch, "wa:1")
	if err := hold(l); err != nil {
		t.Errorf("hold the head: %v", err)
	}
	if ids := waiting(t, s, "wa:1"); !slices.Equal(ids, []string{"0", "1", "2"}) {
		t.Errorf("lane holds %q", ids)
	}
}

// An attempt that does not count is given back, once.
func nackGivesBack(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	send(t, s, letter("1", "wa:1"))
	l, _ := begin(t, s, epoch, "wa:1")
	for range 3 {
		if err := s.Nack(t.Context(), epoch, l, noon, "rate limit", false); err != nil {
			t.Fatal(err)
		}
	}
	if st := status(t, s, "1"); st.Attempts != 0 || st.State != ledger.Waiting || st.Reason != "rate limit" {
		t.Errorf("status %+v", st)
	}
	begin(t, s, epoch, "wa:1")
	if err := s.Nack(t.Context(), epoch, l, noon, "no answer", true); err != nil {
		t.Fatal(err)
	}
	if st := status(t, s, "1"); st.Attempts != 1 || st.State != ledger.Waiting {
		t.Errorf("status %+v", st)
	}
	// After the outcome the lane may go on at once.
	send(t, s, letter("2", "wa:1"))
	if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent}, nil); err != nil {
		t.Fatal(err)
	}
	if lanes, err := s.Lanes(t.Context()); err != nil || len(lanes) != 1 || !lanes[0].NotBefore.IsZero() {
		t.Errorf("lanes %+v, %v", lanes, err)
	}
}

// A letter's state only rises; a receipt may be faster than our own outcome.
func statesRise(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	raise := func(id string, to ledger.State) {
		t.Helper()
		update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error { tx.Raise("T-1", id, to); return nil })
	}
	l := letter("1", "wa:1")
	l.Ext = "3EB01"
	send(t, s, l, letter("2", "wa:1"))
	if id, ok, err := s.LetterByExt(t.Context(), "T-1", "3EB01"); id != "1" || !ok || err != nil {
		t.Errorf("a chosen identifier leads to %q, %v, %v before it is sent", id, ok, err)
	}
	begin(t, s, epoch, "wa:1")
	raise("1", ledger.Delivered)
	if err := s.Nack(t.Context(), epoch, l, noon, "no answer", true); err != nil {
		t.Fatal(err)
	}
	if _, st := begin(t, s, epoch, "wa:1"); st.State != ledger.Delivered {
		t.Errorf("begun again: %s, want to be told that it was delivered", st.State)
	}
	if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent, Ext: l.Ext}, nil); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ to, want ledger.State }{
		{ledger.Sent, ledger.Delivered}, {ledger.Read, ledger.Read}, {ledger.Delivered, ledger.Read},
	} {
		raise("1", step.to)
		if st := status(t, s, "1"); st.State != step.want {
			t.Errorf("raised to %s: %s, want %s", step.to, st.State, step.want)
		}
	}
	two, _ := begin(t, s, epoch, "wa:1")
	if _, err := outcome(t, s, ledger.Outcome{Letter: two, Epoch: epoch, State: ledger.Dead, Reason: "no"}, nil); err != nil {
		t.Fatal(err)
	}
	raise("2", ledger.Read)
	raise("nobody", ledger.Read)
	all, err := s.Statuses(t.Context(), "T-1")
	if err != nil || len(all) != 2 || all["2"].State != ledger.Dead || all["1"].State != ledger.Read {
		t.Errorf("statuses %+v, %v", all, err)
	}
}

// A view asked for while it is rendered is rendered again.
func viewsCoalesce(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	refresh := func(names ...string) {
		update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
			for _, n := range names {
				tx.Refresh(n)
			}
			return nil
		})
	}
	refresh("card", "panel", "card")
	refresh("card")
	views, err := s.Views(t.Context(), 10)
	if err != nil || len(views) != 2 || views[0].Name != "panel" || views[1].Name != "card" {
		t.Fatalf("views %v, %v; want panel, card", views, err)
	}
	if first, err := s.Views(t.Context(), 1); err != nil || len(first) != 1 || first[0] != views[0] {
		t.Errorf("the first view is %v, %v", first, err)
	}
	refresh("card")
	for _, v := range slices.Concat(views, views) {
		if err := s.Viewed(t.Context(), epoch, v); err != nil {
			t.Fatal(err)
		}
	}
	if views, err := s.Views(t.Context(), 10); err != nil || len(views) != 1 || views[0].Name != "card" {
		t.Errorf("views %v, %v; want card again", views, err)
	}
}
