package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// How a report's post stands follows from the report, and the desk alone changes it: what
// somebody changes by hand is put back, and a line says which button does it.

// Keeps reports whether a Discord channel is the post of a report.
func (r *Relay) Keeps(ctx context.Context, thread string) (bool, error) {
	_, ok, err := r.reportOf(ctx, thread)
	if err != nil {
		return false, fmt.Errorf("look up post %s: %w", thread, err)
	}
	return ok, nil
}

// KeptPosts lists the posts of open reports.
func (r *Relay) KeptPosts(ctx context.Context) ([]string, error) {
	if r.desk.Members == nil {
		return nil, nil
	}
	ids, err := r.desk.Members(ctx, escalation.IndexOpen, 0)
	if err != nil {
		return nil, fmt.Errorf("list open reports: %w", err)
	}
	var posts []string
	for _, id := range ids {
		d, err := r.store.Doc(ctx, ledger.Ref{Kind: escalation.KindReport, ID: id})
		if err != nil {
			return nil, fmt.Errorf("list open reports: %w", err)
		}
		if d.Data == nil {
			continue
		}
		rep, err := escalation.Decode(d.Data)
		if err != nil {
			return nil, fmt.Errorf("list open reports: %w", err)
		}
		if rep.Thread != "" {
			posts = append(posts, rep.Thread)
		}
	}
	return posts, nil
}

// PostChanged takes in how a post stands now. A report's post that stands otherwise than
// its report is put back, unless that is on its way already. What is no report's post
// gives [ErrNotOurs].
func (r *Relay) PostChanged(ctx context.Context, thread string, s PostState) error {
	return r.keepPost(ctx, "take in change of post "+thread, thread, func(tx *ledger.Tx, rep escalation.Report) error {
		return r.desk.putBack(tx, rep, s)
	})
}

// PostDeleted takes in that a post was deleted: a lead decides what becomes of an open
// report without one. What is no report's post gives [ErrNotOurs].
func (r *Relay) PostDeleted(ctx context.Context, thread string) error {
	return r.keepPost(ctx, "take in deletion of post "+thread, thread, func(tx *ledger.Tx, rep escalation.Report) error {
		return r.desk.losePost(tx, rep.ID, thread)
	})
}

// keepPost runs fn for the report whose post a channel is. That post may have another one
// in its place already: then nothing is to be done.
func (r *Relay) keepPost(ctx context.Context, what, thread string, fn func(*ledger.Tx, escalation.Report) error) error {
	_, err := r.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		th, ok, err := ticket.LoadThread(tx, thread)
		if err != nil {
			return err
		}
		if !ok || th.Report == "" {
			return ErrNotOurs
		}
		rep, ok, err := escalation.Load(tx, th.Report)
		if err != nil || !ok || rep.Thread != thread {
			return err
		}
		return fn(tx, rep)
	})
	switch {
	case errors.Is(err, ledger.ErrCorrupt), errors.Is(err, ledger.ErrInvalid), errors.Is(err, ledger.ErrTooLarge):
		r.log.Error("state of a post set aside: " + firstLine(err.Error())) // it would come again
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// kindArranging documents name, by report, the last letter that arranges its post.
const kindArranging ledger.Kind = "arranging"

// arrange makes a report's post stand as the report does when the letter is sent.
func arrange(tx *ledger.Tx, id, letterID string) error {
	tx.Send(arrangePost(id, letterID))
	return tx.Put(ledger.Ref{Kind: kindArranging, ID: id}, []byte(letterID))
}

// arranging reports whether a letter is on its way that arranges a report's post.
func arranging(tx *ledger.Tx, id string) (bool, error) {
	last, err := tx.Doc(ledger.Ref{Kind: kindArranging, ID: id})
	if err != nil || last == nil {
		return false, err
	}
	st, ok, err := tx.Status(id, string(last))
	return ok && st.State < ledger.Sent, err
}

// putBack makes a report's post stand as it should, and says who keeps it.
func (d Desk) putBack(tx *ledger.Tx, r escalation.Report, is PostState) error {
	want := postState(r)
	if sameTags(is.Tags, want.Tags) && is.Archived == want.Archived && is.Locked == want.Locked {
		return nil
	}
	if underWay, err := arranging(tx, r.ID); err != nil || underWay {
		return err
	}
	n, err := tx.Next("kept/" + r.ID)
	if err != nil {
		return err
	}
	id := fmt.Sprintf("rk/%s/%d", r.ID, n)
	// A tag that the forum does not have cannot be put back: that is said once.
	again, err := sameAgain(tx, r.ID, is, want)
	if err != nil {
		return err
	}
	if again && is.Archived == want.Archived && is.Locked == want.Locked && within(is.Tags, want.Tags) {
		return arrange(tx, r.ID, id+".arrange")
	}
	text, button := d.keptLine(r, is)
	body := sayBody{Content: text}
	if button.ID != "" {
		body.Buttons = []Button{button}
	}
	// The line stands in front: it takes a post out of the archive.
	tx.Send(letter(id, ReportLane(r.ID), r.ID, kindSay, body))
	tx.Log(r.ID, ledger.Event{What: "report_post_put_back", By: "discord", Data: map[string]string{
		"tags": strings.Join(is.Tags, ", "), "archived": fmt.Sprint(is.Archived), "locked": fmt.Sprint(is.Locked),
	}})
	return arrange(tx, r.ID, id+".arrange")
}

// kindPutBack documents are, by report, how its post stood when it was put back last.
const kindPutBack ledger.Kind = "put_back"

// sameAgain notes how a post stands that is to be put back, and reports whether it stood
// so the last time too.
func sameAgain(tx *ledger.Tx, id string, is, want PostState) (bool, error) {
	ref := ledger.Ref{Kind: kindPutBack, ID: id}
	now := sum(fmt.Sprint(slices.Sorted(slices.Values(is.Tags)), is.Archived, is.Locked, want))
	last, err := tx.Doc(ref)
	if err != nil || string(last) == now {
		return err == nil, err
	}
	return false, tx.Put(ref, []byte(now))
}

func sameTags(a, b []string) bool { return within(a, b) && within(b, a) }

// within reports whether tags are all among others.
func within(tags, others []string) bool {
	return !slices.ContainsFunc(tags, func(tag string) bool {
		return !slices.ContainsFunc(others, func(s string) bool { return strings.EqualFold(s, tag) })
	})
}

// keptLine says that the bot keeps how a post stands, and what to press instead.
func (d Desk) keptLine(r escalation.Report, is PostState) (line string, instead Button) {
	if r.State == escalation.Closed {
		return "🗂️ Laporan ini sudah ditutup, jadi post ini dikunci dan diarsipkan lagi oleh bot. " +
			"Bila kendalanya ternyata belum selesai, agen membukanya kembali dari thread tiketnya.", Button{}
	}
	if is.Archived && !is.Locked && sameTags(is.Tags, postState(r).Tags) {
		line = "🗂️ Post ini masuk arsip, oleh seseorang atau oleh Discord karena lama sepi, padahal laporannya masih terbuka; bot mengeluarkannya lagi. "
		if b, ok := d.meantBy(r, is); ok {
			return line + "Sudah selesai? Gunakan tombol **" + b.Label + "** agar agen ikut tahu.", b
		}
		return line + "Agen yang mengambil langkah berikutnya, di thread tiketnya.", Button{}
	}
	line = "🗂️ Tag, kunci, dan arsip post ini diatur oleh bot mengikuti keadaan laporan; perubahan tadi dikembalikan."
	if b, ok := d.meantBy(r, is); ok {
		return line + " Gunakan tombol **" + b.Label + "** agar agen ikut tahu.", b
	}
	return line + " Gunakan tombol pada pesan pertama post ini agar agen ikut tahu.", Button{}
}

// meantBy is the button for what somebody seems to have meant by changing a post by hand.
func (d Desk) meantBy(r escalation.Report, is PostState) (Button, bool) {
	workable := r.State == escalation.Open || r.State == escalation.Taken || r.State == escalation.NeedsData
	if !workable {
		return Button{}, false // the desk has the next word
	}
	tagged := func(tag string) bool {
		return !strings.EqualFold(tag, r.Tag()) && slices.ContainsFunc(is.Tags, func(s string) bool { return strings.EqualFold(s, tag) })
	}
	other := func(t Team) bool { return t.Name != r.Team && tagged(t.Name) }
	switch {
	case tagged(escalation.Report{State: escalation.Adjusted}.Tag()):
		return reportDone, true
	case tagged(escalation.Report{State: escalation.NeedsData}.Tag()):
		return reportData, true
	case tagged(escalation.Report{State: escalation.Rejected}.Tag()):
		return reportReject, true
	case r.State == escalation.Open && tagged(escalation.Report{State: escalation.Taken}.Tag()):
		return reportTake, true
	case r.Party == escalation.Developers && slices.ContainsFunc(d.Teams, other):
		return reportMove, true
	case is.Archived || is.Locked || tagged(escalation.Report{State: escalation.Closed}.Tag()):
		if r.Party != escalation.Developers {
			return reportReply, true
		}
		return reportDone, true
	}
	return Button{}, false
}
