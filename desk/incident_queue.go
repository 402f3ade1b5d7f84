package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// A scan looks at the outbox from time to time.
type scan struct {
	at    time.Time
	found queue
	heads map[string]head // by lane
	stuck time.Duration   // how long a head may stay
}

// A head is the letter at the front of a lane, and since when it is there while the
// network of its lane is ready.
type head struct {
	letter string
	since  time.Time
}

// lanesLooked bounds the lanes that are looked into; of more only the number counts.
const lanesLooked = 250

// A waitingLane is one lane as a scan saw it.
type waitingLane struct {
	name   string
	first  ledger.Letter
	length int64
}

// look counts what waits. On an error what was found before stays.
func (s *scan) look(ctx context.Context, st *store.Store, now, deskNow time.Time, onWhatsApp, onDiscord bool) error {
	s.at = now
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	heads, err := st.Lanes(ctx)
	if err != nil {
		return err
	}
	var lanes []waitingLane
	for _, h := range heads[:min(lanesLooked, len(heads))] {
		first, err := st.Waiting(ctx, h.Lane, 1)
		if err != nil {
			return err
		}
		if len(first) == 0 {
			continue // emptied meanwhile
		}
		length, err := st.LaneLen(ctx, h.Lane)
		if err != nil {
			return err
		}
		lanes = append(lanes, waitingLane{h.Lane, first[0], length})
	}
	_, dead, err := st.DeadLetters(ctx, 0, 1)
	if err != nil {
		return err
	}
	s.found, s.heads = countQueue(lanes, s.heads, now, deskNow, s.stuck, onWhatsApp, onDiscord)
	s.found.lanes, s.found.dead = len(heads), dead
	return nil
}

// countQueue says what is late and what is stuck, given the heads of the scan before.
func countQueue(lanes []waitingLane, before map[string]head, now, deskNow time.Time, stuck time.Duration, onWhatsApp, onDiscord bool) (queue, map[string]head) {
	var q queue
	heads := map[string]head{}
	for _, l := range lanes {
		q.letters += l.length
		if q.oldest.IsZero() || l.first.At.Before(q.oldest) {
			q.oldest = l.first.At
		}
		toClient := strings.HasPrefix(l.name, "wa/")
		if toClient && deskNow.Sub(l.first.At) >= lateAfter {
			q.late++
			if q.since.IsZero() || l.first.At.Before(q.since) {
				q.since = l.first.At
			}
		}
		viaWhatsApp := toClient || strings.HasPrefix(l.name, "md/wa/") // files are fetched there
		if viaWhatsApp && !onWhatsApp || !viaWhatsApp && !onDiscord {
			continue
		}
		h := before[l.name]
		if h.letter != l.first.ID {
			h = head{l.first.ID, now}
		}
		heads[l.name] = h
		if now.Sub(h.since) >= stuck {
			q.stuck = append(q.stuck, placeOf(l.first))
		}
	}
	slices.Sort(q.stuck)
	return q, heads
}

// placeOf names what a letter belongs to, for staff.
func placeOf(l ledger.Letter) string {
	if l.Log == ledger.DeskLog {
		return "kanal halo"
	}
	return "tiket " + l.Log
}
