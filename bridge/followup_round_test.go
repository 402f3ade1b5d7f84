package bridge_test

import (
	"strings"
	"testing"
	"time"
)

// A month's list leads to the post of each card, also of one that is made long after it:
// Discord was away, and let posts through one at a time.
func TestAListLeadsToItsCards(t *testing.T) {
	inShop(t, "2026-12-01 08:30", func(s shop) {
		for n := range 3 {
			s.company(n+1, 6, 30, 90+n, wrote)
		}
		s.down(true)
		s.runs("followups")
		s.till(time.Now().Add(time.Minute))
		s.down(false)
		s.till(time.Now().Add(10 * time.Minute))
		heads := s.heads("FU-2612")
		last := heads[len(heads)-1]
		for _, company := range []string{"k01", "k02", "k03"} {
			for _, f := range s.follows(company) {
				post := "(https://discord.com/channels/77/" + s.office.ticket(f.ID).Thread + ")"
				if f.Round == "FU-2612" && !strings.Contains(last, post) {
					t.Errorf("the list does not lead to %s of %s:\n%s", post, company, last)
				}
			}
		}
		if n := strings.Count(last, "](https://discord.com/channels/77/1"); n != 3 {
			t.Errorf("%d cards are linked:\n%s", n, last)
		}
	})
}

// down makes Discord go away, or come back.
func (s shop) down(away bool) {
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	s.board.up = !away
}
