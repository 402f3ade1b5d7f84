package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// stands is Discord's word on how the report's post stands now.
func (b *bench) stands(s bridge.PostState) {
	b.t.Helper()
	if err := b.relay.PostChanged(b.t.Context(), b.report(b.id).Thread, s); err != nil {
		b.t.Errorf("post changed to %+v: %v", s, err)
	}
	synctest.Wait()
}

// discord takes the board down, or up again.
func (b *bench) discord(up bool) {
	b.board.mu.Lock()
	b.board.up = up
	b.board.mu.Unlock()
	if up {
		b.courier.Poke()
	}
	b.pause(5 * time.Second)
}

// What somebody changes in a post by hand is put back, once, with a line that offers the
// button for what he seems to have meant.
func TestAPostChangedByHandIsPutBack(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		m := b.mark()
		taken := bridge.PostState{Tags: []string{"Back End", "taken"}}
		b.stands(taken)
		b.stands(bridge.PostState{Tags: []string{"taken", "back end"}}) // in any order
		b.wantSince(m, []string{}, []string{}, []string{})
		line := "🗂️ Tag, kunci, dan arsip post ini diatur oleh bot mengikuti keadaan laporan; perubahan tadi dikembalikan. Gunakan tombol "
		for state, want := range map[*bridge.PostState]string{
			{Tags: []string{"Back End", "adjusted"}}:                      "**Sudah disesuaikan** agar agen ikut tahu. [r:adjusted]",
			{Tags: []string{"Back End", "needs data"}}:                    "**Butuh data** agar agen ikut tahu. [r:data]",
			{Tags: []string{"Back End", "no change"}}:                     "**Tutup tanpa perubahan** agar agen ikut tahu. [r:reject]",
			{Tags: []string{"POS", "taken"}}:                              "**Pindahkan tim** agar agen ikut tahu. [r:move]",
			{Tags: []string{"Back End", "taken"}, Locked: true}:           "**Sudah disesuaikan** agar agen ikut tahu. [r:adjusted]",
			{Tags: []string{"Back End"}}:                                  "pada pesan pertama post ini agar agen ikut tahu.",
			{Tags: []string{"Back End", "taken", "closed"}, Locked: true}: "**Sudah disesuaikan** agar agen ikut tahu. [r:adjusted]",
		} {
			m = b.mark()
			b.discord(false)
			b.stands(*state)
			b.stands(*state) // the same, told again before it was put back
			b.discord(true)
			b.wantSince(m, []string{line + want}, []string{}, []string{})
			b.wantPost(bridge.PostState{Tags: []string{"Back End", "taken"}})
			b.stands(taken) // our own change comes back to us
			b.wantSince(m, []string{line + want}, []string{}, []string{})
		}
	})
}

// Discord archives a post where nothing was said for days: that is no change of anybody's,
// and it happens again.
func TestASilentPostComesOutOfTheArchive(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		line := "🗂️ Post ini masuk arsip, oleh seseorang atau oleh Discord karena lama sepi, padahal laporannya masih terbuka; bot mengeluarkannya lagi. "
		for range 2 {
			m := b.mark()
			b.stands(bridge.PostState{Tags: []string{"Back End", "taken"}, Archived: true})
			b.pause(5 * time.Second)
			b.wantSince(m, []string{line + "Sudah selesai? Gunakan tombol **Sudah disesuaikan** agar agen ikut tahu. [r:adjusted]"}, []string{}, []string{})
		}
		b.adjusts("bayu", "beres")
		m := b.mark()
		b.stands(bridge.PostState{Tags: []string{"Back End", "adjusted"}, Archived: true})
		b.pause(5 * time.Second)
		b.wantSince(m, []string{line + "Agen yang mengambil langkah berikutnya, di thread tiketnya."}, []string{}, []string{})
		b.wantPost(bridge.PostState{Tags: []string{"Back End", "adjusted"}})
	})
}

// A forum that lacks a tag cannot have it put back: that is said once, not at every look.
func TestATagThatTheForumLacksIsSaidOnce(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		m := b.mark()
		for range 3 {
			b.stands(bridge.PostState{Tags: []string{"taken"}})
			b.pause(5 * time.Second)
		}
		if got := b.posted()[m.post:]; len(got) != 1 {
			t.Errorf("the post shows %q", got)
		}
	})
}

// What Discord tells of a change of our own that is still on its way calls for nothing:
// neither a line nor a second change.
func TestAChangeUnderWayIsNotTakenForAStrangers(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.discord(false)
		b.takes("bayu")
		b.asks("nomor nota?")
		for _, tag := range []string{"open", "taken"} {
			b.stands(bridge.PostState{Tags: []string{"Back End", tag}})
		}
		b.discord(true)
		b.stands(bridge.PostState{Tags: []string{"Back End", "needs data"}})
		b.pause(10 * time.Second)
		b.wantPost(bridge.PostState{Tags: []string{"Back End", "needs data"}})
		if all := b.posted(); slices.ContainsFunc(all, func(line string) bool { return strings.HasPrefix(line, "🗂️") }) {
			t.Errorf("the post shows %q", all)
		}
		// A stranger's change while ours is on its way ends with ours.
		b.discord(false)
		b.adjusts("bayu", "beres")
		b.stands(bridge.PostState{Tags: []string{"POS"}, Archived: true})
		b.discord(true)
		b.wantPost(bridge.PostState{Tags: []string{"Back End", "adjusted"}})
	})
}

// The post of a closed report that somebody opens again goes back into the archive.
func TestAClosedPostIsShutAgain(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.verifyAll()
		m := b.mark()
		b.stands(bridge.PostState{Tags: []string{"Back End", "closed"}})
		b.pause(5 * time.Second)
		b.wantSince(m, []string{"🗂️ Laporan ini sudah ditutup, jadi post ini dikunci dan diarsipkan lagi oleh bot. Bila kendalanya ternyata belum selesai, agen membukanya kembali dari thread tiketnya."},
			[]string{}, []string{})
		b.wantPost(bridge.PostState{Tags: []string{"Back End", "closed"}, Archived: true, Locked: true})
		if posts, err := b.relay.KeptPosts(b.t.Context()); err != nil || len(posts) > 0 {
			t.Errorf("kept are %q, %v", posts, err)
		}
	})
}

// A post that is deleted is missed at once: a lead is asked, in the ticket's thread. Other
// channels concern nobody.
func TestADeletedPostIsMissed(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		post := b.report(b.id).Thread
		for _, other := range []string{"4711", b.ticket(b.number).Thread} {
			changed, gone := b.relay.PostChanged(b.t.Context(), other, bridge.PostState{}), b.relay.PostDeleted(b.t.Context(), other)
			kept, err := b.relay.Keeps(b.t.Context(), other)
			if !errors.Is(changed, bridge.ErrNotOurs) || !errors.Is(gone, bridge.ErrNotOurs) || kept || err != nil {
				t.Errorf("of %s: %v, %v, %v, %v", other, changed, gone, kept, err)
			}
		}
		kept, err := b.relay.Keeps(b.t.Context(), post)
		posts, err2 := b.relay.KeptPosts(b.t.Context())
		if !kept || err != nil || !slices.Equal(posts, []string{post}) || err2 != nil {
			t.Errorf("kept %v, %v; %q, %v", kept, err, posts, err2)
		}
		m := b.mark()
		b.board.mu.Lock()
		delete(b.board.threads, post)
		b.board.mu.Unlock()
		for range 2 {
			if err := b.relay.PostDeleted(b.t.Context(), post); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		b.pause(5 * time.Second)
		if got := b.shown()[m.thread:]; len(got) != 1 || !strings.HasSuffix(got[0], "[r:again:"+b.id+"] [r:withdraw:"+b.id+"]") || !strings.Contains(got[0], leadRole) {
			t.Errorf("the thread shows %q", got)
		}
		if r := b.report(b.id); !r.Lost || r.Thread != "" {
			t.Errorf("the report is %+v", r)
		}
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain("joko", at) })
		b.pause(10 * time.Second)
		r := b.report(b.id)
		if r.Lost || r.Thread == "" || r.Thread == post {
			t.Errorf("after another post was asked for the report is %+v", r)
		}
		// The old post is nobody's any more.
		if err := b.relay.PostDeleted(b.t.Context(), post); err != nil {
			t.Error(err)
		}
		if now := b.report(b.id); now.Lost {
			t.Error("the second post is taken for the first")
		}
	})
}
