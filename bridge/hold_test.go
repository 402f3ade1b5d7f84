package bridge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// writtenBy is what somebody writes in the first thread, twice, as a redelivery would.
func (w *world) writtenBy(author, id, text string, files ...bridge.StaffFile) {
	w.t.Helper()
	m := bridge.StaffMessage{ID: id, Channel: w.thread(), Author: author, Name: author, Roles: []string{agentRole}, Text: text, Files: files, At: w.now()}
	for range 2 {
		if err := w.relay.Reply(w.t.Context(), m); err != nil {
			w.t.Fatalf("reply %s: %v", id, err)
		}
	}
}

// changedBy is an edit of it.
func (w *world) changedBy(author, id, text string, files ...bridge.StaffFile) {
	w.t.Helper()
	m := bridge.StaffMessage{ID: id, Channel: w.thread(), Author: author, Name: author, Roles: []string{agentRole}, Text: text, Files: files, At: w.now(), Edited: w.now()}
	for range 2 {
		if err := w.relay.Edited(w.t.Context(), m); err != nil {
			w.t.Fatalf("edit %s: %v", id, err)
		}
	}
}

var pressed int

// decide is somebody pressing a button: what it answers.
func (w *world) decide(fn func(tx *ledger.Tx) (bridge.Verdict, error)) bridge.Verdict {
	w.t.Helper()
	pressed++
	var v bridge.Verdict
	cause := ledger.Cause{Inbox: &ledger.Inbox{Source: "dci", ID: fmt.Sprint("press", pressed), At: w.now()}}
	_, err := w.store.Update(w.t.Context(), cause, func(tx *ledger.Tx) (err error) {
		v, err = fn(tx)
		return err
	})
	if r, ok := errors.AsType[*ticket.Refusal](err); ok {
		return bridge.Verdict(r.Key)
	} else if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) sendKept(message string) bridge.Verdict {
	w.t.Helper()
	return w.decide(func(tx *ledger.Tx) (bridge.Verdict, error) { return w.policy.SendKept(tx, w.thread(), message, "rina") })
}

func (w *world) keepInside(message, text string, files int) bridge.Verdict {
	w.t.Helper()
	m := bridge.StaffMessage{ID: message, Author: "sari", Text: text, At: w.now()}
	return w.decide(func(tx *ledger.Tx) (bridge.Verdict, error) {
		return w.policy.KeepInside(tx, w.thread(), m, files, "rina")
	})
}

func (w *world) wantVerdicts(got []bridge.Verdict, want ...bridge.Verdict) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("answered %q, want %q", got, want)
	}
}

// buttonsUnder are the ids of the buttons in the lines that answer a message.
func (w *world) buttonsUnder(message string) (ids []string) {
	id := w.thread()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for _, s := range w.board.threads[id] {
		if s.replyTo != message {
			continue
		}
		for _, b := range w.board.buttons[s.id] {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

// ticketNow is the first ticket as it stands.
func (w *world) ticketNow() ticket.Ticket {
	w.t.Helper()
	d, err := w.store.Doc(w.t.Context(), ledger.Ref{Kind: ticket.KindTicket, ID: w.number()})
	if err != nil {
		w.t.Fatal(err)
	}
	t, err := ticket.Decode(d.Data)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// desk changes the policy: the next process has it.
func (w *world) desk(change func(d *bridge.Desk)) {
	w.t.Helper()
	change(&w.policy)
	w.restart()
}

func (w *world) eventsOf(names ...string) (count int) {
	w.t.Helper()
	for e, err := range w.store.Events(w.t.Context(), w.number()) {
		if err != nil {
			w.t.Fatal(err)
		}
		if slices.Contains(names, e.What) {
			count++
		}
	}
	return count
}

// Another agent's words wait under the ticket's thread for somebody to decide, hours and
// a restart long, and change with an edit; sent twice they are sent once, files too.
func TestAnotherAgentsWordsAreHeld(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "Saya cek ya kak")
		w.settle()
		shot := w.attach("a.png", "image/png", "PNG layar")
		w.writtenBy("budi", "5002", "Coba klik simpan dulu", shot)
		w.settle()
		w.greeted("99@lid: Saya cek ya kak")
		w.wantMark("5002", "⏸️")
		w.wantLineOn("5002", "Belum dikirim ke klien: tiket ini sedang ditangani <@sari>, bukan <@budi>")
		if got := w.buttonsUnder("5002"); !slices.Equal(got, []string{"hold:send:5002", "hold:note:5002"}) {
			t.Errorf("buttons %q", got)
		}
		w.changedBy("budi", "5002", "Coba klik *simpan*\n// semoga bisa", shot)
		w.away(5 * time.Hour)
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5002"), w.sendKept("5002")}, bridge.VerdictSent, bridge.VerdictAlready)
		w.settle()
		w.greeted("99@lid: Saya cek ya kak", "99@lid: <document a.png PNG layar> Coba klik _simpan_")
		w.wantMark("5002", "📝", "☑️")
		w.wantLineOn("5002", "✅ Dikirim ke klien oleh <@rina>")
		if tk := w.ticketNow(); tk.Agent != "sari" {
			t.Errorf("the ticket is %s's", tk.Agent)
		}
		w.changedBy("budi", "5002", "Coba klik *simpan* saja", shot) // follows, as any edit
		w.settle()
		w.greeted("99@lid: Saya cek ya kak", "99@lid: Coba klik _simpan_ saja")
		if n := w.eventsOf("held", "held_edited", "held_sent"); n != 3 {
			t.Errorf("%d events of holding, want 3", n)
		}
	})
}

// Words that call a colleague are held, and read as words by the client if they are sent;
// what is called in a note is nobody's business.
func TestWordsThatCallStaffAreHeld(t *testing.T) {
	live(t, func(w *world) {
		w.desk(func(d *bridge.Desk) {
			d.Names = bridge.Names{User: func(string) string { return "Tono" }, Role: func(string) string { return "Gudang" }}
		})
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "Nanti <@77> dan <@&88> yang bantu")
		w.writtenBy("sari", "5002", "Baik kak\n// <@77> tolong dicek")
		w.writtenBy("sari", "5003", "@everyone rapat")
		w.settle()
		w.wantPhone(greeting, "99@lid: Baik kak")
		w.wantLineOn("5001", "> Nanti @Tono dan @Gudang yang bantu")
		w.wantMark("5002", "📝", "☑️")
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001"), w.keepInside("5003", "", 0), w.keepInside("5003", "", 0)},
			bridge.VerdictSent, bridge.VerdictNote, bridge.VerdictAlready)
		w.settle()
		w.wantPhone(greeting, "99@lid: Baik kak", "99@lid: Nanti @Tono dan @Gudang yang bantu")
		w.wantMark("5001", "☑️")
		w.wantMark("5003", "📝")
		w.wantLineOn("5003", "📝 Dijadikan catatan oleh <@rina>")
	})
}

// An edit does not bring the client the name of a colleague, unless somebody has decided
// that he may read it.
func TestEditThatCallsStaff(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "Nanti dibantu")
		w.writtenBy("sari", "5002", "Nanti <@77> bantu")
		w.settle()
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5002")}, bridge.VerdictSent)
		w.settle()
		w.changedBy("sari", "5001", "Nanti dibantu <@77>")
		w.changedBy("sari", "5002", "Nanti <@77> yang bantu")
		w.settle()
		w.wantPhone(greeting, "99@lid: Nanti dibantu", "99@lid: Nanti @seseorang yang bantu")
		w.wantLineOn("5001", "tidak dikirim ke klien karena menyebut rekan kerja")
		w.changedBy("sari", "5001", "Nanti dibantu teknisi\n// <@77> tolong")
		w.settle()
		w.wantPhone(greeting, "99@lid: Nanti dibantu teknisi", "99@lid: Nanti @seseorang yang bantu")
	})
}

// A held message whose reason is gone stays held, and its line no longer claims it.
func TestHeldMessageWhoseReasonIsGone(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "cek <@77>")
		w.writtenBy("sari", "5002", "sebentar")
		w.writtenBy("budi", "5003", "dari budi")
		w.settle()
		w.wantLineOn("5001", "menyebut rekan kerja")
		w.wantLineOn("5003", "sedang ditangani <@sari>, bukan <@budi>")
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) { return t.TakeOver("budi", tx.Now()) })
		w.changedBy("sari", "5001", "cek dulu")
		w.changedBy("budi", "5003", "dari budi juga")
		w.settle()
		w.wantPhone(greeting, "99@lid: sebentar")
		w.wantLineOn("5001", "Tekan *Kirim ke klien*")
		w.wantLineOn("5003", "Tekan *Kirim ke klien*")
	})
}

// A held message that is deleted is dropped, and its buttons do nothing any more.
func TestHeldMessageThatIsDeleted(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "cek <@77>")
		w.settle()
		if r, err := w.relay.Recent(w.t.Context(), w.thread()); err != nil || len(r) != 1 || r[0].ID != "5001" {
			t.Errorf("the catch-up looks at %v, %v", r, err)
		}
		w.remove("5001")
		w.settle()
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001"), w.keepInside("5001", "", 0), w.sendKept("9999")},
			bridge.VerdictGone, bridge.VerdictGone, bridge.VerdictUnknown)
		w.settle()
		w.wantPhone(greeting)
		w.wantLineOn("5001", "sudah dihapus")
		if tk := w.ticketNow(); tk.Agent != "" || tk.State != ticket.New {
			t.Errorf("somebody has the ticket: %+v", tk)
		}
	})
}

// Messages of two agents at once: one has the ticket, the other's is held.
func TestTwoAgentsAnswerAtOnce(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		thread := w.thread()
		var both sync.WaitGroup
		for i, author := range []string{"sari", "budi"} {
			both.Go(func() {
				m := bridge.StaffMessage{ID: fmt.Sprint(5001 + i), Channel: thread, Author: author, Roles: []string{agentRole}, Text: "dari " + author, At: time.Now()}
				if err := w.relay.Reply(w.t.Context(), m); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		w.settle()
		agent := w.ticketNow().Agent
		held := map[string]string{"sari": "5002", "budi": "5001"}[agent]
		w.wantPhone(greeting, "99@lid: dari "+agent)
		w.wantLineOn(held, "sedang ditangani <@"+agent+">")
		if n := w.eventsOf("accepted"); n != 1 {
			t.Errorf("accepted %d times", n)
		}
	})
}

// The first reply accepts: the greeting stands above it on the client's screen, and the
// client's wait ends when WhatsApp took it.
func TestFirstReplyAcceptsAndGreets(t *testing.T) {
	live(t, func(w *world) {
		w.desk(func(d *bridge.Desk) {
			d.Greet, d.Undo = bridge.GreetAlways, 3*time.Second
			d.Sentences = ticket.Sentences{ticket.AutoText: "Selamat datang.", ticket.SayGreeting: "Saya {{agent}}.", ticket.SayReceived: "Diterima."}
		})
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "Baik kak")
		w.writtenBy("sari", "5002", "Sebentar")
		time.Sleep(time.Second)
		if tk := w.ticketNow(); tk.Agent != "sari" || !tk.Responded.IsZero() {
			t.Errorf("after a second: agent %q, responded %s", tk.Agent, tk.Responded)
		}
		w.settle()
		w.wantPhone(greeting, "99@lid: Saya Customer Service.", "99@lid: Diterima.", "99@lid: Baik kak", "99@lid: Sebentar")
		tk := w.ticketNow()
		if tk.Agent != "sari" || tk.Responded.IsZero() || tk.LastStaff.IsZero() || len(tk.Waits) != 0 {
			t.Errorf("ticket %+v", tk)
		}
		if n := w.eventsOf("accepted"); n != 1 {
			t.Errorf("accepted %d times", n)
		}
		if w.board.tags[w.thread()] != "assigned" {
			t.Errorf("tagged %q", w.board.tags[w.thread()])
		}
	})
}

// In command mode every message is a note until the menu sends it; notes of before go
// without their mark.
func TestCommandMode(t *testing.T) {
	live(t, func(w *world) {
		w.desk(func(d *bridge.Desk) { d.Mode = bridge.Command })
		w.client("m1", "halo")
		w.settle()
		shot := w.attach("a.jpg", "image/jpeg", "JPEG layar")
		w.writtenBy("sari", "5001", "Begini kak", shot)
		w.writtenBy("sari", "5002", "// jangan lupa diskon\n//dua baris")
		w.settle()
		w.changedBy("sari", "5001", "Begini ya kak", shot)
		w.settle()
		w.wantPhone(greeting)
		w.wantMark("5001", "📝")
		w.wantLineOn("5001")
		if tk := w.ticketNow(); tk.Agent != "" {
			t.Errorf("a note accepted the ticket for %s", tk.Agent)
		}
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001"), w.sendKept("5002"), w.sendKept("5001")}, bridge.VerdictSent, bridge.VerdictSent, bridge.VerdictAlready)
		w.settle()
		w.wantPhone(greeting, "99@lid: <image a.jpg JPEG layar> Begini ya kak", "99@lid: jangan lupa diskon\ndua baris")
		w.wantMark("5001", "☑️")
		w.wantMark("5002", "☑️")
		if tk := w.ticketNow(); tk.Agent != "sari" {
			t.Errorf("the ticket is %q's", tk.Agent)
		}
	})
}

// What was sent becomes a note: it is taken back as by a deletion, said if that is too
// late; and it may be sent once more.
func TestSentMessageBecomesANote(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "rahasia dapur")
		w.writtenBy("sari", "5002", "berkas", w.attach("a.jpg", "image/jpeg", "JPEG"))
		w.settle()
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001"), w.keepInside("5001", "rahasia dapur", 0), w.keepInside("5001", "rahasia dapur", 0), w.keepInside("5002", "berkas", 1), w.sendKept("5002")},
			bridge.VerdictAlready, bridge.VerdictBack, bridge.VerdictAlready, bridge.VerdictBack, bridge.VerdictFiles)
		w.settle()
		w.wantPhone(greeting, "99@lid: (ditarik)", "99@lid: (ditarik)")
		w.wantMark("5001", "📝")
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001")}, bridge.VerdictSent)
		w.settle()
		w.wantPhone(greeting, "99@lid: (ditarik)", "99@lid: (ditarik)", "99@lid: rahasia dapur")
		w.wantMark("5001", "☑️")
		w.remove("5001")
		w.settle()
		w.wantPhone(greeting, "99@lid: (ditarik)", "99@lid: (ditarik)", "99@lid: (ditarik)")
		w.writtenBy("sari", "5003", "lama")
		w.settle()
		w.away(49 * time.Hour)
		w.wantVerdicts([]bridge.Verdict{w.keepInside("5003", "lama", 0)}, bridge.VerdictBack)
		w.settle()
		w.wantLineOn("5003", "dijadikan catatan ini tidak dapat ditarik lagi")
	})
}

// What is written in a closed ticket can be sent after it was opened again.
func TestClosedTicketKeepsWhatIsWritten(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		change := func(fn bridge.Transition) {
			if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return w.policy.Change(tx, w.number(), fn) }); err != nil {
				t.Fatal(err)
			}
		}
		change(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return tk.Drop("", "sari", w.now())
		})
		w.settle()
		w.writtenBy("sari", "5001", "terlambat")
		w.settle()
		w.wantLineOn("5001", "sudah ditutup")
		if got := w.buttonsUnder("5001"); !slices.Equal(got, []string{"t:reopen"}) {
			t.Errorf("buttons %q", got)
		}
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001")}, "closed")
		change(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return tk.Reopen("keliru", "sari", w.now())
		})
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001")}, bridge.VerdictSent)
		w.settle()
		w.wantPhone(greeting, "99@lid: terlambat")
	})
}

// A message that is too long for one document is held and sent whole.
func TestHeldMessageIsKeptWhole(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		long := strings.Repeat("😀", 3900)
		w.writtenBy("sari", "5001", long+" <@77>")
		w.changedBy("sari", "5001", long[:4*3000]+" <@77> akhir")
		w.away(time.Hour)
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001")}, bridge.VerdictSent)
		w.settle()
		synctest.Wait()
		all := strings.Join(w.phone.shown[1:], "")
		if strings.Count(all, "😀") != 3000 || !strings.HasSuffix(all, "akhir") {
			t.Errorf("the client reads %d signs, and at last %q", strings.Count(all, "😀"), all[len(all)-20:])
		}
	})
}

// A scheduled message leaves at its time, as its author's words, once.
func TestScheduledMessageLeaves(t *testing.T) {
	live(t, func(w *world) {
		w.desk(func(d *bridge.Desk) { d.Undo = 3 * time.Second })
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "Besok ya kak")
		w.settle()
		answered := w.ticketNow().LastStaff
		s := ticket.Scheduled{ID: "i7", Text: "Sudah **selesai** kak", Due: w.now().Add(time.Hour), By: "sari"}
		change := func(fn bridge.Transition) {
			if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return w.policy.Change(tx, w.number(), fn) }); err != nil {
				t.Fatal(err)
			}
		}
		change(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return tk.Schedule(s, w.now(), ticket.DefaultPolicy())
		})
		w.away(time.Hour)
		for range 2 {
			if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
				return w.policy.Fire(tx, ledger.Timer{Kind: ticket.TimerScheduled, ID: w.number(), Due: s.Due})
			}); err != nil {
				t.Fatal(err)
			}
		}
		w.settle()
		w.wantPhone(greeting, "99@lid: Besok ya kak", "99@lid: Sudah *selesai* kak")
		if tk := w.ticketNow(); !tk.LastStaff.After(answered) || len(tk.Scheduled) != 0 {
			t.Errorf("after it: last words at %s, scheduled %v", tk.LastStaff, tk.Scheduled)
		}
	})
}
