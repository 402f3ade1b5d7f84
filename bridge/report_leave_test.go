package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

func (b *bench) drops(number string) {
	b.t.Helper()
	for range 2 {
		b.look(func(tx *ledger.Tx) error {
			return b.policy.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
				return t.Drop("salah sambung", "sari", tx.Now())
			})
		})
	}
	b.pause(10 * time.Second)
}

// has reports whether one of the lines begins so.
func has(lines []string, beginning string) bool {
	return slices.ContainsFunc(lines, func(s string) bool { return strings.HasPrefix(s, beginning) })
}

// A ticket that is dropped lets its reports go: one that others wait for goes on with the
// next ticket first, one that nobody waits for is withdrawn, and its post says so.
func TestADroppedTicketLetsItsReportsGo(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		_, numbers := b.carried(1)
		sales := b.opens(escalation.Sales, "")
		b.pause(10 * time.Second)
		b.takes("bayu")
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.NeedData("Nota?", "bayu", at)
		})
		heard := len(b.ana.sees())
		b.drops(b.number)
		r := b.report(b.id)
		if !slices.Equal(r.Tickets, numbers) || r.State != escalation.NeedsData || !has(b.posted(), "➖ tiket **"+b.number+"** tidak lagi menunggu laporan ini.") {
			t.Errorf("the report is %s of %q; the post says %q", r.State, r.Tickets, b.posted())
		}
		if tk := b.ticket(numbers[0]); !slices.Equal(tk.Back, []string{b.id}) {
			t.Errorf("the next ticket's back are %q", tk.Back)
		}
		if r := b.report(sales); r.Ending != escalation.EndWithdrawn || !has(b.lines(r.Thread), "🗑️ laporan ini ditarik: tiket yang menunggunya ditutup") {
			t.Errorf("the question to sales ended %q: %q", r.Ending, b.lines(r.Thread))
		}
		tk := b.ticket(b.number)
		b.board.mu.Lock()
		archived := b.board.archived[tk.Thread]
		b.board.mu.Unlock()
		if tk.State != ticket.Closed || !has(b.shown(), "➖ Tiket ini tidak lagi menunggu laporan [**"+b.id) || !archived {
			t.Errorf("the ticket is %s, in the archive %v: %q", tk.State, archived, b.shown())
		}
		if len(b.ana.sees()) != heard {
			t.Errorf("the client heard %q", b.ana.sees()[heard:])
		}

		b.drops(numbers[0])
		if r := b.report(b.id); r.State != escalation.Closed || r.Ending != escalation.EndWithdrawn || !has(b.posted(), "🗑️ <@bayu> laporan ini ditarik") {
			t.Errorf("the report is %s, %s: %q", r.State, r.Ending, b.posted())
		}
		b.wantPost(closedPost)
	})
}

// Two tickets of one person are merged: the report goes on with the other one, in the state
// it has, and the re-test is asked for there.
func TestAReportGoesOnInAnotherTicket(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		ani := b.guest(2, "Ani")
		ani.says("ini Ana dari nomor lain")
		other := ani.conversation().Open
		b.presses("sari", other, "t:accept")
		sales := b.opens(escalation.Sales, "")
		b.pause(10 * time.Second)
		b.adjusts("bayu", "beres")
		b.look(func(tx *ledger.Tx) error {
			for _, number := range []string{b.number, other} {
				err := b.policy.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
					return t.Identify("p1", "", "sari", tx.Now()), nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		for range 2 {
			b.look(func(tx *ledger.Tx) error { _, err := b.policy.Merge(tx, other, b.number, "sari"); return err })
		}
		b.pause(10 * time.Second)
		from, into := b.ticket(b.number), b.ticket(other)
		if from.State != ticket.Closed || len(from.Reports) > 0 || !slices.Equal(into.Reports, []string{b.id}) || !slices.Equal(into.Back, []string{b.id}) {
			t.Errorf("from %s with %q, into has %q, back %q", from.State, from.Reports, into.Reports, into.Back)
		}
		for id, says := range map[string]string{b.id: "➕ Tiket ini sekarang menunggu laporan", sales: "➕ Jawaban atas laporan"} {
			r := b.report(id)
			if !slices.Equal(r.Tickets, []string{other}) || !has(b.lines(r.Thread), "➖ tiket **"+b.number+"** digabungkan; yang menunggu laporan ini sekarang tiket **"+other) || !has(b.lines(into.Thread), says) {
				t.Errorf("%s is of %q: %q, the ticket says %q", id, r.Tickets, b.lines(r.Thread), b.lines(into.Thread))
			}
		}
		b.verifies(true, "")
		b.pause(5 * time.Second)
		adjusted := ticket.Defaults()[ticket.SayAdjusted]
		if tk := b.ticket(other); len(tk.Reports) > 0 || !slices.Contains(ani.sees(), adjusted) || slices.Contains(b.ana.sees(), adjusted) {
			t.Errorf("it waits for %q; Ani heard %q, Ana %q", tk.Reports, ani.sees(), b.ana.sees())
		}
	})
}

// Nobody takes the report: the team is called after 30 minutes of work, its lead after two
// hours, each once, over lunch and the night and with the desk down. A question that is
// not answered calls the agent, then the assistant manager.
func TestTheLadderOfAReport(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		m := len(b.posted())
		b.until("2026-11-23 10:55")
		if got := b.posted()[m:]; len(got) != 1 || !strings.HasPrefix(got[0], "⏰ <@&"+backRole+"> laporan ini belum diambil siapa pun sejak <t:") || !strings.HasSuffix(got[0], "→ ["+backRole+"] [r:take]") {
			t.Errorf("by 10:55 the post says %q", got)
		}
		b.closes()
		time.Sleep(time.Hour + 30*time.Minute)
		b.open()
		b.until("2026-11-23 13:30")
		if got := b.posted()[m:]; len(got) != 2 || !strings.HasPrefix(got[1], "🚨 <@&"+leadRole+"> laporan untuk **Back End** ini belum diambil siapa pun") {
			t.Errorf("by 13:30 the post says %q", got)
		}
		b.until("2026-11-23 16:45")
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.NeedData("Nota?", "bayu", at)
		})
		thread := len(b.shown())
		calls := func() (all []string) {
			for _, s := range b.shown()[thread:] {
				if strings.Contains(s, "menunggu data untuk laporan") {
					all = append(all, s)
				}
			}
			return all
		}
		b.until("2026-11-24 08:14")
		if got := calls(); len(got) > 0 {
			t.Errorf("by 08:14 the thread says %q", got)
		}
		b.until("2026-11-24 08:20")
		if got := calls(); len(got) != 1 || !strings.HasPrefix(got[0], "⏰ <@sari> Back End menunggu data") || !strings.Contains(got[0], "> Nota?|belum dijawab sejak <t:") {
			t.Errorf("by 08:20 the thread says %q", got)
		}
		b.until("2026-11-24 11:00")
		if got := calls(); len(got) != 2 || !strings.HasPrefix(got[1], "🚨 <@&"+managerRole+"> Back End menunggu data") {
			t.Errorf("by 11:00 the thread says %q", got)
		}
		if got := len(b.posted()[m:]); got != 3 {
			t.Errorf("the post says %q", b.posted()[m:])
		}
	})
}

// The evidence is attached, one message a file; a file that comes late follows in the post,
// and what does not fit into the head stands whole beneath it.
func TestWhatComesWithAReport(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.board.put("one", "JPEG layar")
		b.board.put("two", "MP4 video")
		b.board.takes = map[string]time.Duration{"two": 3 * time.Minute}
		form := formOf(escalation.Developers)
		form.Detail = strings.Repeat("stok minus <@5> ", 90)
		b.look(func(tx *ledger.Tx) (err error) {
			form.Evidence, err = b.policy.KeepFiles(tx, b.number, "555", []bridge.StaffFile{
				{ID: "1", Name: "layar.jpg", MIME: "image/jpeg", Size: 10, Ref: refTo("one")}, {ID: "2", Name: "layar.mp4", MIME: "video/mp4", Size: 9, Ref: refTo("two")},
			})
			if err != nil {
				return err
			}
			b.id, err = b.policy.OpenReport(tx, bridge.NewReport{Party: escalation.Developers, Team: "POS", Ticket: b.number, Form: form, By: "sari"})
			return err
		})
		b.pause(2 * time.Minute)
		got := b.posted()
		if len(got) != 3 || !strings.HasPrefix(got[0], "📄 **Detail Kendala**|> stok minus <") || strings.Contains(got[0], "<@5>") || strings.Count(got[0], "stok minus") != 90 {
			t.Errorf("the post says %q", got)
		}
		if got[1] != "📎 **Screenshot/Video** <layar.jpg JPEG layar>" || !strings.Contains(got[2], "layar.mp4") || !strings.Contains(got[2], "masih diunduh") {
			t.Errorf("the evidence is %q", got[1:])
		}
		b.pause(2 * time.Minute)
		if got := b.posted(); len(got) != 4 || !strings.Contains(got[3], "<layar.mp4 MP4 video>") {
			t.Errorf("what came late: %q", got)
		}
		b.board.mu.Lock()
		head := b.board.cards[b.report(b.id).Thread][0].Card
		b.board.mu.Unlock()
		total := len([]rune(head.Title + head.Text))
		for _, f := range head.Fields {
			total += len([]rune(f.Name + f.Value))
			if len([]rune(f.Value)) > 1024 {
				t.Errorf("%s has %d characters", f.Name, len([]rune(f.Value)))
			}
		}
		if total > 6000 || !strings.HasSuffix(head.Fields[1].Value, "Selengkapnya di bawah.") {
			t.Errorf("the head has %d characters, its detail is %q", total, head.Fields[1].Value)
		}

		// Another class is another deadline, and the head shows it.
		b.presses("sari", b.number, "t:class:normal")
		b.pause(10 * time.Second)
		if f := b.headField("Kelas"); !strings.HasPrefix(f, "Normal\nbatas <t:") {
			t.Errorf("the class is %q", f)
		}
	})
}

// headField is what the head of the report's post shows now.
func (b *bench) headField(name string) string {
	b.t.Helper()
	thread := b.report(b.id).Thread
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	heads := b.board.cards[thread]
	for _, f := range heads[len(heads)-1].Card.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// How long each state took is on the head, by the wall clock.
func TestTimeInStates(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.until("2026-11-23 09:20:30")
		b.takes("bayu")
		b.until("2026-11-23 10:30:40")
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.NeedData("Nota?", "bayu", at)
		})
		b.until("2026-11-23 10:45:50")
		b.does(quietly(func(r *escalation.Report, at time.Time) []ledger.Event { return r.DataCame("sari", at) }))
		b.until("2026-11-23 11:00")
		b.adjusts("bayu", "beres")
		b.verifies(false, "belum")
		if got, want := b.headField("Lama tiap status"), "Menunggu diambil: 20 menit\nDikerjakan: 1 jam 24 menit\nButuh data: 15 menit"; got != want {
			t.Errorf("time in states is %q, want %q", got, want)
		}
		if got := b.headField("Hitungan"); got != "uji ulang gagal 1×" {
			t.Errorf("counted is %q", got)
		}
	})
}

// Two of the team press the button at one moment: one has it, the other is told who.
func TestTwoTakeAReportAtOnce(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		var work sync.WaitGroup
		errs := make(chan error, 8)
		for _, who := range []string{"bayu", "dodi", "eko", "fajar", "bayu", "dodi", "eko", "fajar"} {
			work.Go(func() {
				_, err := b.store.Update(b.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
					return b.policy.ChangeReport(tx, b.id, func(r *escalation.Report) ([]ledger.Event, error) { return r.Take(who, false, tx.Now()) })
				})
				errs <- err
			})
		}
		work.Wait()
		close(errs)
		b.pause(5 * time.Second)
		owner, told := b.report(b.id).Owner, 0
		for err := range errs {
			if refusal, ok := errors.AsType[*escalation.Refusal](err); ok && refusal.Key == "taken" && refusal.Who == owner {
				told++
			} else if err != nil {
				t.Error(err)
			}
		}
		if said := strings.Count(strings.Join(b.posted(), "|"), "🙋"); owner == "" || told != 6 || said != 1 {
			t.Errorf("%q has it, %d were told, the post says it %d times", owner, told, said)
		}
	})
}
