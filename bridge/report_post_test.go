package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// vanishes is somebody who deletes the report's post by hand.
func (b *bench) vanishes() {
	b.t.Helper()
	thread := b.report(b.id).Thread
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	delete(b.board.threads, thread)
}

// waiting are the letters in the report's lane.
func (b *bench) waiting() int {
	b.t.Helper()
	letters, err := b.store.Waiting(b.t.Context(), bridge.ReportLane(b.id), 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return len(letters)
}

func (b *bench) reportPosts() (titles []string) {
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	for _, title := range b.board.posts {
		if strings.HasPrefix(title, b.id) {
			titles = append(titles, title)
		}
	}
	return titles
}

// The post is deleted by hand: the ticket says so and a lead is called, who has another one
// made. What was written meanwhile stands in it, and nothing is made without a word.
func TestAPostDeletedByHand(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.vanishes()
		m := len(b.shown())
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.NeedData("Nota?", "bayu", at)
		})
		b.does(quietly(func(r *escalation.Report, at time.Time) []ledger.Event { return r.DataCame("sari", at) }))
		b.pause(10 * time.Minute)
		if r := b.report(b.id); !r.Lost || r.Thread != "" || len(b.reportPosts()) != 1 || b.waiting() == 0 {
			t.Fatalf("lost %v, thread %q, posts %q, %d letters wait", r.Lost, r.Thread, b.reportPosts(), b.waiting())
		}
		lost := "🚨 <@&" + leadRole + "> <@&" + managerRole + "> post laporan **" + b.id + "** (Back End) dihapus di Discord. Laporannya sendiri masih tersimpan dan tetap terbuka." +
			"|Putuskan: buat post baru, atau tarik laporannya. → [" + leadRole + " " + managerRole + "] [r:again:" + b.id + "] [r:withdraw:" + b.id + "]"
		if said := b.shown()[m:]; count(said, lost) != 1 {
			t.Errorf("the thread says %q", said)
		}

		b.restart()
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain("joko", at) })
		b.pause(time.Minute)
		if posts := b.reportPosts(); len(posts) != 2 || !strings.HasPrefix(posts[1], b.id+" (2) · Back End · Stok minus") {
			t.Errorf("posts %q", posts)
		}
		if got := b.posted(); len(got) != 3 || !strings.HasPrefix(got[0], "❓ ") || !strings.HasPrefix(got[1], "📥 ") || !strings.HasPrefix(got[2], "📎 ") {
			t.Errorf("the new post says %q", got)
		}
		if b.waiting() != 0 {
			t.Errorf("%d letters wait", b.waiting())
		}
		b.passes()
		b.wantPost(closedPost)
	})
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// A lead asks for another post before anything was met by the loss, and the other way
// round: nothing waits for ever, and the report has one post.
func TestAPostIsAskedForInAnEmptyLane(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.vanishes()
		b.look(func(tx *ledger.Tx) error { // the head of the post is all that is to be shown
			bridge.RefreshReport(tx, b.id)
			return b.policy.Change(tx, b.number, func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
				return tk.Classify(ticket.Normal, "sari", tx.Now())
			})
		})
		b.pause(time.Minute)
		if !b.report(b.id).Lost {
			t.Fatal("nobody noticed")
		}
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain("joko", at) })
		b.pause(time.Minute)
		if r := b.report(b.id); r.Thread == "" || len(b.reportPosts()) != 2 {
			t.Errorf("thread %q, posts %q", r.Thread, b.reportPosts())
		}
	})
}

// A lead withdraws a report whose post is gone: what was to be said there is dropped, the
// ticket waits for it no more.
func TestALostReportIsWithdrawn(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.vanishes()
		b.takes("bayu")
		b.pause(time.Minute)
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Withdraw("dikerjakan di tempat lain", "joko", at)
		})
		b.pause(time.Minute)
		if tk := b.ticket(b.number); b.waiting() != 0 || len(tk.Reports) > 0 || len(b.reportPosts()) != 1 {
			t.Errorf("%d letters wait, the ticket for %q, posts %q", b.waiting(), tk.Reports, b.reportPosts())
		}
		if said := b.shown(); !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "🗑️ Laporan **"+b.id+"** ditarik") }) {
			t.Errorf("the thread says %q", said)
		}
	})
}

// A post deleted after its end is missed only when the client says that it is not mended.
func TestAPostDeletedAfterItsEnd(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.passes()
		b.vanishes()
		b.look(func(tx *ledger.Tx) error { bridge.RefreshReport(tx, b.id); return nil })
		b.pause(time.Minute)
		if r := b.report(b.id); r.Lost {
			t.Error("a closed report's post is missed")
		}
		b.look(func(tx *ledger.Tx) error { return b.policy.ReturnReport(tx, b.id, b.number, "sari") })
		b.pause(time.Minute)
		if r := b.report(b.id); !r.Lost {
			t.Errorf("the post is %q", r.Thread)
		}
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain("joko", at) })
		b.pause(time.Minute)
		if got := b.posted(); len(got) == 0 || b.waiting() != 0 {
			t.Errorf("the post says %q, %d wait", got, b.waiting())
		}
	})
}

// A report that is withdrawn before Discord could make its post has none; one whose post
// may be there is looked for.
func TestAReportWithdrawnBeforeItsPost(t *testing.T) {
	t.Parallel()
	for _, made := range []bool{false, true} {
		aReport(t, func(b *bench) {
			b.board.fail = func(what string, _ int) (bool, error) {
				return what != "post" || made, faultOf(what == "post")
			}
			b.id = b.opens(escalation.Developers, "POS")
			b.pause(5 * time.Second)
			b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
				return r.Withdraw("salah tiket", "sari", at)
			})
			b.board.mu.Lock()
			b.board.fail = nil
			b.board.mu.Unlock()
			b.pause(2 * time.Minute)
			if n := len(b.reportPosts()); b.waiting() != 0 || made && n != 1 || !made && n != 0 {
				t.Errorf("made %v: %d letters wait, posts %q", made, b.waiting(), b.reportPosts())
			}
			if made {
				b.wantPost(bridge.PostState{Tags: []string{"POS", "closed"}, Archived: true, Locked: true})
			}
		})
	}
}

// faultOf is an outage without an answer.
func faultOf(on bool) error {
	if !on {
		return nil
	}
	return &bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "no answer"}
}

// plays brings a report from its opening to a pass, with a further report that is closed
// without change, and returns all that is shown in the end.
func (b *bench) plays() string {
	b.t.Helper()
	b.takes("bayu")
	b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return r.NeedData("Nota?", "bayu", at)
	})
	b.does(quietly(func(r *escalation.Report, at time.Time) []ledger.Event { return r.DataCame("sari", at) }))
	b.adjusts("bayu", "satu")
	b.verifies(false, "belum")
	b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return r.Move("POS", "bukan kami", "bayu", at)
	})
	b.adjusts("rudi", "dua")
	b.verifies(true, "")
	b.pause(3 * time.Minute)
	r := b.report(b.id)
	b.board.mu.Lock()
	heads := b.board.cards[r.Thread]
	state, head := b.board.arranged[r.Thread], heads[len(heads)-1].Card.Title
	b.board.mu.Unlock()
	if !slices.Equal(state.Tags, []string{"POS", "closed"}) || !state.Archived || !state.Locked || !strings.HasSuffix(head, "lolos uji ulang") {
		b.t.Errorf("the post stands as %+v, its head says %s", state, head)
	}
	all := strings.Join(slices.Concat(b.reportPosts(), b.posted(), b.shown(), b.ana.sees()), "\n")
	return strings.ReplaceAll(strings.ReplaceAll(all, r.Thread, "POST"), b.ticket(b.number).Thread, "THREAD")
}

// Whatever goes wrong with Discord, in the end everybody reads the same, once.
func TestAReportThroughOutages(t *testing.T) {
	t.Parallel()
	var calm string
	aReport(t, func(b *bench) { calm = b.plays() })
	if !strings.Contains(calm, "lolos uji ulang") {
		t.Fatal(calm)
	}
	for name, fault := range map[string]func(what string, attempt int) (bool, error){
		"every first answer is lost":      func(_ string, n int) (bool, error) { return true, faultOf(n == 1) },
		"every first attempt fails":       func(_ string, n int) (bool, error) { return n > 1, faultOf(n == 1) },
		"every second answer is lost too": func(_ string, n int) (bool, error) { return true, faultOf(n <= 2) },
		"limits": func(_ string, n int) (bool, error) {
			if n == 1 {
				return false, &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: 700 * time.Millisecond, Reason: "limit"}
			}
			return true, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			aReport(t, func(b *bench) {
				b.board.mu.Lock()
				b.board.fail = fault
				b.board.mu.Unlock()
				if got := b.plays(); got != calm {
					t.Errorf("shown is\n%s\nwant\n%s", got, calm)
				}
			})
		})
	}
	t.Run("away at every step", func(t *testing.T) {
		aReport(t, func(b *bench) {
			away := time.Now()
			b.board.mu.Lock()
			b.board.fail = func(string, int) (bool, error) { // four seconds of six
				if time.Since(away)%(6*time.Second) < 4*time.Second {
					return false, &bridge.SendError{Certainty: bridge.Blocked, Outage: true, Reason: "no link"}
				}
				return true, nil
			}
			b.board.mu.Unlock()
			if got := b.plays(); got != calm {
				t.Errorf("shown is\n%s\nwant\n%s", got, calm)
			}
		})
	})
	for _, step := range []string{"d.claimed", "d.begun", "d.pre-post", "d.posted", "d.committed"} {
		t.Run("crash at "+step, func(t *testing.T) {
			aReport(t, func(b *bench) {
				if got := b.crashes(step, b.plays); got != calm {
					t.Errorf("shown is\n%s\nwant\n%s", got, calm)
				}
			})
		})
	}
}

// crashes plays a story in which the courier dies after each step of it, and another
// takes over.
func (b *bench) crashes(step string, story func() string) string {
	b.t.Helper()
	b.dying = func() { // between two steps of the story
		b.leaseMu.Lock()
		b.crashAt = map[string]bool{step: true}
		b.leaseMu.Unlock()
	}
	died := 0
	b.alive = func() {
		b.leaseMu.Lock()
		if b.lease.Until.IsZero() {
			died++
		}
		b.crashAt = nil
		b.leaseMu.Unlock()
		b.restart()
	}
	defer func() {
		if b.dying, b.alive = nil, nil; died < 5 {
			b.t.Errorf("it died %d times", died)
		}
	}()
	return story()
}

// What cannot be done is refused with a reason, and then nothing was written.
func TestAReportThatCannotBe(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		for key, o := range map[string]bridge.NewReport{
			"no_team":     {Party: escalation.Developers, Team: "Gudang", Ticket: b.number, Form: formOf(escalation.Developers), By: "sari"},
			"no_evidence": {Party: escalation.Developers, Team: "POS", Ticket: b.number, Form: escalation.Form{Place: "x", Detail: "y", Reproduction: "z"}, By: "sari"},
			"no_party":    {Party: "owner", Ticket: b.number, Form: formOf(escalation.Sales), By: "sari"},
		} {
			err := b.tries(func(tx *ledger.Tx) error { _, err := b.policy.OpenReport(tx, o); return err })
			if refusal, ok := errors.AsType[*escalation.Refusal](err); !ok || refusal.Key != key {
				t.Errorf("want %s, got %v", key, err)
			}
		}
		err := b.tries(func(tx *ledger.Tx) error {
			return b.policy.ChangeReport(tx, "HE-0-R1", func(*escalation.Report) ([]ledger.Event, error) { return nil, nil })
		})
		if !errors.Is(err, bridge.ErrNoReport) {
			t.Errorf("a report that there is not: %v", err)
		}
		if r := b.report(b.number + "-R2"); r.ID != "" {
			t.Errorf("it was written: %+v", r)
		}
	})
}
