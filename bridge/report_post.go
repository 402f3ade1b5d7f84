package bridge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// kindArrange makes a report's post stand as the report does when it is sent: tags, lock
// and archive; no body.
const kindArrange = "arrange"

// longestTitle bounds a post's title, in UTF-16 units.
const longestTitle = 100

// reportTitle is the title of a report's post: its number, whom it is for, and how its
// detail begins.
func reportTitle(r escalation.Report) string {
	to := r.Team
	if r.Party != escalation.Developers {
		to = partyName(r)
	}
	return Clean(r.ID+" · "+Clean(to, 30)+" · "+Clean(r.Form.Detail, longestTitle), longestTitle-5) // a count may come in
}

// reportPrefix makes a report's post recognisable among all: its number, and which of its
// posts it is when one was deleted.
func reportPrefix(r escalation.Report) string {
	if r.Posts > 1 {
		return fmt.Sprintf("%s (%d) ·", r.ID, r.Posts)
	}
	return r.ID + " ·"
}

// openReport opens the nth post of a report; everything else in the lane waits for it.
func openReport(id string, n int) ledger.Letter {
	return letter(fmt.Sprintf("rp/%s/%d", id, n), ReportLane(id), id, kindPost, nil)
}

// arrangePost makes a report's post stand as the report does.
func arrangePost(id, letterID string) ledger.Letter {
	return letter(letterID, ReportLane(id), id, kindArrange, nil)
}

func (c *Courier) report(ctx context.Context, id string) (r escalation.Report, err error) {
	err = c.read(ctx, ledger.Ref{Kind: escalation.KindReport, ID: id}, func(data []byte) (err error) {
		r, err = escalation.Decode(data)
		return err
	})
	return r, err
}

// reportPost is the thread of a report. Letters to a post that was deleted wait until a
// lead has decided; those to a closed report that has no post have nothing to do.
func (c *Courier) reportPost(ctx context.Context, id string) (string, error) {
	r, err := c.report(ctx, id)
	switch {
	case err != nil:
		return "", err
	case r.Thread != "":
		return r.Thread, nil
	case r.Lost:
		return "", &SendError{Certainty: Blocked, RetryAfter: 2 * time.Second, Reason: reasonPostLost}
	case r.State == escalation.Closed:
		return "", &mootError{nowhere: true}
	}
	return "", &SendError{Certainty: Blocked, Reason: reasonNoPost, noPost: true}
}

const (
	reasonPostLost = "the report's post was deleted, a lead decides what becomes of it"
	reasonNoPost   = "the report's post is not there yet"
)

func (c *Courier) deliverReport(ctx context.Context, l ledger.Letter, st ledger.Status) (string, error) {
	r, err := c.report(ctx, l.Log)
	switch {
	case err != nil:
		return "", err
	case r.Thread != "":
		return r.Thread, nil // an earlier attempt was recorded
	case r.Lost:
		return "", &SendError{Certainty: Blocked, RetryAfter: 2 * time.Second, Reason: reasonPostLost}
	}
	forum := c.cfg.Channels["reports"]
	if forum == "" {
		return "", &SendError{Certainty: Blocked, Reason: "the desk has no report forum"}
	}
	if c.certain.mayBeThere(l.ID, st) {
		if err := c.cfg.Failpoint.Hit("d.pre-lookup"); err != nil {
			return "", crashError{err}
		}
		id, err := c.board.FindPost(ctx, forum, reportPrefix(r))
		if err != nil || id != "" {
			return id, err
		}
	}
	if r.State == escalation.Closed {
		return "", &mootError{nowhere: true} // it was withdrawn before anybody saw it
	}
	m, check, err := c.reportMessage(ctx, r)
	if err != nil {
		return "", err
	}
	to := c.desk.holder(r)
	m.PingUsers, m.PingRoles = to.Users, to.Roles
	title := reportPrefix(r) + strings.TrimPrefix(r.Title, r.ID+" ·")
	id, err := c.board.CreatePost(ctx, Post{Forum: forum, Title: title, Tags: postState(r).Tags, Message: m})
	if err == nil {
		c.cards.Store(l.ID, check)
	}
	return id, err
}

// postState is how a report's post has to stand.
func postState(r escalation.Report) PostState {
	closed := r.State == escalation.Closed
	return PostState{Tags: []string{r.TeamTag(), r.Tag()}, Archived: closed, Locked: closed}
}

func (c *Courier) deliverArrange(ctx context.Context, l ledger.Letter) error {
	id := strings.TrimPrefix(l.Lane, laneReport)
	r, err := c.report(ctx, id)
	if err != nil {
		return err
	}
	thread, err := c.reportPost(ctx, id)
	if err != nil {
		return err
	}
	return c.board.Arrange(ctx, thread, postState(r))
}

// reportPosted ties a new thread to its report, and shows the first ticket the way to it.
func reportPosted(tx *ledger.Tx, id, thread, check string) error {
	r, ok, err := escalation.Load(tx, id)
	if err != nil || !ok || r.Thread == thread {
		return err
	}
	r.Thread, r.Lost = thread, false
	// The starter message has the thread's id: reading starts after it.
	if err := (ticket.Thread{ID: thread, Report: id, Cursor: thread}).Save(tx); err != nil {
		return err
	}
	if err := tx.Put(ledger.Ref{Kind: kindSaidLast, ID: ReportLane(id)}, []byte(thread)); err != nil {
		return err
	}
	if err := (shownCard{Thread: thread, Sum: check}).save(tx, id); err != nil {
		return err
	}
	RefreshReport(tx, id) // it may have changed meanwhile
	tx.Log(id, ledger.Event{What: "posted", By: "halo", Ref: thread})
	if err := r.Save(tx); err != nil {
		return err
	}
	t, ok, err := ticket.Load(tx, r.First())
	if err != nil || !ok || t.State == ticket.Closed {
		return err
	}
	tx.Send(Note(t.Number, fmt.Sprintf("rt/%s/posted/%d", id, r.Posts), "🧵 Post laporan **"+ToDiscord(r.ID)+"** (<#"+thread+">) untuk "+partyName(r)+" sudah dibuka."))
	return nil
}

// firstPost puts the making of a post in front of a letter that found none: a lead asked
// for another one of a report while the letter waited, or it is the first for a talk.
func (c *Courier) firstPost(ctx context.Context, lease ledger.Lease, l ledger.Letter, se *SendError) error {
	if err := c.outbox.Nack(ctx, lease.Epoch, l, time.Now(), se.Reason, false); err != nil {
		return fmt.Errorf("put letter %s back: %w", l.ID, err)
	}
	hold := ledger.Hold{Letter: l, Epoch: lease.Epoch}
	if number, ok := strings.CutPrefix(l.Lane, laneThread); ok {
		_, err := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error { return firstOfTalk(tx, number) })
		return err
	}
	id := strings.TrimPrefix(l.Lane, laneReport)
	_, err := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		r, ok, err := escalation.Load(tx, id)
		if err != nil || !ok || r.Thread != "" || r.Lost || r.State == escalation.Closed {
			return err
		}
		first := openReport(id, r.Posts)
		first.ID += "/first"
		tx.SendFirst(first)
		return nil
	})
	return err
}

// lostPost notes that a letter found its report's post deleted. The letter waits.
func (c *Courier) lostPost(ctx context.Context, lease ledger.Lease, l ledger.Letter, se *SendError) error {
	if err := c.outbox.Nack(ctx, lease.Epoch, l, time.Now(), se.Reason, false); err != nil {
		return fmt.Errorf("put letter %s back: %w", l.ID, err)
	}
	hold := ledger.Hold{Letter: l, Epoch: lease.Epoch}
	id := strings.TrimPrefix(l.Lane, laneReport)
	_, err := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		r, ok, err := escalation.Load(tx, id) // the letter leads its lane: no other post can have come
		if err != nil || !ok {
			return err
		}
		return c.desk.losePost(tx, id, r.Thread)
	})
	return err
}

// losePost notes that a thread, the post of a report, is gone. Of a closed one nobody
// misses it.
func (d Desk) losePost(tx *ledger.Tx, id, thread string) error {
	return d.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) {
		switch {
		case thread == "" || r.Thread != thread:
			return nil, nil
		case r.State == escalation.Closed:
			r.Thread = ""
			return nil, nil
		}
		return r.PostLost(tx.Now()), nil
	})
}
