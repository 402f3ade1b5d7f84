package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A ticket that joined a report by mistake leaves it, and the others wait on. Taken up
// again by one client alone, the report ends when his ticket leaves: nobody is left who
// would re-test it. Clients hear nothing of either.
func TestATicketLeavesAReport(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		guests, numbers := b.carried(2)
		leaves := func(number string) {
			for range 2 {
				b.look(func(tx *ledger.Tx) error { return b.policy.LeaveReport(tx, b.id, number, "sari") })
			}
			b.pause(5 * time.Second)
		}
		said := func(number, words string) int {
			return strings.Count(strings.Join(b.lines(b.ticket(number).Thread), "\n"), words)
		}
		leaves(numbers[0])
		if r, tk := b.report(b.id), b.ticket(numbers[0]); r.State == escalation.Closed || !slices.Equal(r.Tickets, []string{b.number, numbers[1]}) || len(tk.Reports) > 0 || tk.State != ticket.Assigned {
			t.Errorf("report %s with %q; the ticket is %s and waits for %q", r.State, r.Tickets, tk.State, tk.Reports)
		}
		if n, drawn := said(numbers[0], "tidak lagi menunggu"), said(numbers[0], "ditarik"); n != 1 || drawn != 0 {
			t.Errorf("the ticket that left is told %d times, %d times that it is withdrawn", n, drawn)
		}

		b.passes()
		b.pause(10 * time.Second)
		adjusted := ticket.Defaults()[ticket.SayAdjusted]
		b.look(func(tx *ledger.Tx) error { return b.policy.ReturnReport(tx, b.id, numbers[1], "sari") })
		b.pause(5 * time.Second)
		heard := [][]string{b.ana.sees(), guests[0].sees(), guests[1].sees()}
		leaves(numbers[1])
		if r, tk := b.report(b.id), b.ticket(numbers[1]); r.State != escalation.Closed || r.Ending != escalation.EndWithdrawn || len(r.Untold) > 0 || len(tk.Reports) > 0 || tk.State != ticket.Assigned {
			t.Errorf("report %s %s with %q; the ticket is %s and waits for %q", r.State, r.Ending, r.Tickets, tk.State, tk.Reports)
		}
		if n := said(numbers[1], "ditarik dan tidak ditunggu lagi"); n != 1 {
			t.Errorf("the ticket that left is told %d times that it is withdrawn", n)
		}
		for n, want := range []int{1, 0, 1} {
			now := [][]string{b.ana.sees(), guests[0].sees(), guests[1].sees()}[n]
			if !slices.Equal(now, heard[n]) || strings.Count(strings.Join(now, "\n"), adjusted) != want {
				t.Errorf("client %d reads %q", n, now)
			}
		}
	})
}
