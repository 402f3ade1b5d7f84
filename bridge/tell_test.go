package bridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// tale is one ticket whose changes are told to nobody but the test.
type tale struct {
	t    *testing.T
	desk bridge.Desk
	docs map[ledger.Ref]ledger.Doc
	now  time.Time
	duty []string // who is in the index of duty
	all  []ledger.Letter
}

func (s *tale) Doc(ref ledger.Ref) (ledger.Doc, error) { return s.docs[ref], nil }
func (s *tale) Next(string) (int64, error)             { return 1, nil }
func (s *tale) Status(string, string) (st ledger.Status, ok bool, err error) {
	return st, false, nil
}
func (s *tale) LetterByExt(string, string) (string, bool, error) { return "", false, nil }
func (s *tale) DeadLetter(string) (l ledger.Letter, ok bool, err error) {
	return l, false, nil
}

const taleNumber = "HE-260107-0001"

func newTale(t *testing.T) *tale {
	t.Helper()
	s := &tale{t: t, docs: map[ledger.Ref]ledger.Doc{}, now: time.Date(2026, 1, 7, 3, 0, 0, 0, time.UTC)}
	s.desk = bridge.Desk{
		Prefix: "HE", Zone: time.UTC, Sentences: ticket.Defaults(), NotePrefix: "//", Greet: bridge.GreetAlways,
		MessageID: func(letter string) string { return "ID-" + letter },
		Roles:     map[string][]string{"agent": {"ra"}, "assistant_manager": {"rm"}, "after_sales": {"rs"}},
		Members:   func(context.Context, string, int64) ([]string, error) { return s.duty, nil },
	}
	s.run(func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1", Name: "Budi", Reply: "1@s.whatsapp.net"}
		tk := ticket.Open(&c, taleNumber, tx.Now())
		tk.Thread = "900"
		for user, name := range map[string]string{"sari": "Sari", "budi": "Budi CS"} {
			if err := (ticket.Duty{User: user, Presence: ticket.OnDuty, Since: tx.Now(), Name: name}).Save(tx); err != nil {
				return err
			}
		}
		if err := c.Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	return s
}

// run commits a change in memory and returns its letters.
func (s *tale) run(fn func(tx *ledger.Tx) error) []ledger.Letter {
	s.t.Helper()
	tx := ledger.NewTx(s.now, s)
	if err := fn(tx); err != nil {
		s.t.Fatal(err)
	}
	change := tx.Finish()
	for _, p := range change.Puts {
		s.docs[p.Ref] = ledger.Doc{Version: s.docs[p.Ref].Version + 1, Data: p.Data}
	}
	s.all = append(s.all, change.Letters...)
	return change.Letters
}

// tells makes a transition and compares everything that is said with want, in order:
// "wa: text", "dc: line → users +roles [buttons]", "tag: name".
func (s *tale) tells(fn bridge.Transition, want ...string) {
	s.t.Helper()
	s.now = s.now.Add(time.Minute)
	var got []string
	for _, l := range s.run(func(tx *ledger.Tx) error { return s.desk.Change(tx, taleNumber, fn) }) {
		got = append(got, shows(s.t, l))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// shows is a letter as people meet it.
func shows(t *testing.T, l ledger.Letter) string {
	t.Helper()
	var b struct {
		Content, Text, Tag string
		Archived           bool
		PingUsers          []string `json:"ping_users"`
		PingRoles          []string `json:"ping_roles"`
		Buttons            []bridge.Button
		Poll               bridge.Poll
	}
	if l.Body == nil {
		return l.Kind
	}
	if err := json.Unmarshal(l.Body, &b); err != nil {
		t.Fatal(err)
	}
	switch l.Kind {
	case "text":
		return "wa: " + b.Text
	case "poll":
		return fmt.Sprintf("wa? %s %q", b.Poll.Question, b.Poll.Options)
	case "tags":
		return fmt.Sprintf("tag: %s %v", b.Tag, b.Archived)
	case "say":
		if auto, ok := strings.CutPrefix(b.Content, "-# 🤖 "); ok {
			return "note: " + strings.ReplaceAll(strings.TrimPrefix(auto, "Teks otomatis kepada klien:\n"), "\n", "|")
		}
		var out strings.Builder
		out.WriteString("dc: " + strings.ReplaceAll(b.Content, "\n", "|"))
		if len(b.PingUsers)+len(b.PingRoles) > 0 {
			fmt.Fprintf(&out, " → %s +%s", b.PingUsers, b.PingRoles)
		}
		for _, x := range b.Buttons {
			out.WriteString(" [" + x.ID + "]")
		}
		return out.String()
	}
	return l.Kind
}

// std is a standard sentence as it arrives and as the thread shows it.
func std(key string, vars map[string]string) []string {
	text, err := ticket.Defaults().Render(key, ticket.Indonesian, vars)
	if err != nil {
		panic(err)
	}
	return []string{"wa: " + text, "note: " + "> " + strings.ReplaceAll(bridge.ToDiscord(text), "\n", "|> ")}
}

// of is a list of lines, some of which come in pairs.
func of(parts ...any) (out []string) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			out = append(out, p)
		case []string:
			out = append(out, p...)
		}
	}
	return out
}

func unix(at time.Time) int64 { return at.Unix() }

// A hard ticket from its first offer to a review of its rating: who is called, what the
// client reads, what the post shows.
func TestWhatIsToldOfAHardTicket(t *testing.T) {
	t.Parallel()
	s := newTale(t)
	s.duty = []string{"sari", "budi"}
	opened := s.now
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if _, err := tk.ClientWrote(s.now, false); err != nil {
			return nil, err
		}
		return tk.Offer("sari", s.now)
	}, "dc: 🔔 <@sari> tiket ini ditawarkan kepada Anda. Tekan **Terima**, atau langsung balas klien. → [sari] +[] [t:accept]")
	first := s.now
	event := func(what, by string, data ...string) bridge.Transition {
		return func(*ticket.Ticket, *ticket.Conversation) ([]ledger.Event, error) {
			e := ledger.Event{What: what, By: by, Data: map[string]string{}}
			for i := 0; i < len(data); i += 2 {
				e.Data[data[i]] = data[i+1]
			}
			return []ledger.Event{e}, nil
		}
	}
	s.tells(event("first_reminder", "halo"),
		fmt.Sprintf("dc: ⏰ <@sari> <@budi> klien menunggu respons pertama sejak <t:%d:R>. Tekan **Terima**, atau langsung balas klien. → [sari budi] +[] [t:accept]", unix(first)))
	s.tells(event("first_response_breached", "halo"),
		fmt.Sprintf("dc: 🚨 <@&rm> target respons pertama (2 menit) terlewati: klien menunggu sejak <t:%d:R>. Tiket ini ada pada <@sari>. → [] +[rm] [t:accept]", unix(first)))
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Accept("sari", s.now)
	}, of(
		"dc: ✋ <@sari> menangani tiket ini. [t:class:easy] [t:class:normal] [t:class:hard]", std(ticket.SayGreeting, map[string]string{"agent": "Sari"}), std(ticket.SayReceived, nil), "tag: assigned false")...)
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Accept("sari", s.now)
	})
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Transfer("budi", "sari", s.now)
	}, of("dc: ➡️ <@sari> mengalihkan tiket ini kepada <@budi>. → [budi] +[]", std(ticket.SayNewAgent, map[string]string{"agent": "Budi CS"}))...)
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Classify(ticket.Normal, "budi", s.now)
	}, "dc: 🏷️ <@budi> menetapkan kelas **Normal**. [t:data] [t:access] [t:check] [t:resolve]")
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.RequestData([]string{"Foto *nota*", "Nomor @everyone"}, "budi", s.now)
	}, of("dc: 📋 <@budi> meminta data dari klien.", std(ticket.SayRequestData, map[string]string{"data": "1. Foto *nota*\n2. Nomor @everyone"}),
		std(ticket.SayWillUpdate, nil), "tag: waiting false")...)
	s.tells(event("target_near", "halo", "class", "hard", "percent", "75"), "dc: ⏳ <@budi> 75% waktu target kelas Hard sudah terpakai. → [budi] +[]")
	s.tells(event("target_missed", "halo", "class", "hard"), "dc: 🚨 <@budi> <@&rm> target kelas Hard (12 jam) terlewati dan tiket ini belum selesai. → [budi] +[rm]")
	s.tells(event("news_reminder", "halo", "since", opened.Format(time.RFC3339Nano)),
		fmt.Sprintf("dc: 📣 <@budi> klien tiket Hard ini belum mendapat kabar sejak <t:%d:R>. Kabari perkembangannya, walaupun belum selesai. → [budi] +[]", unix(opened)))
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.EscalateToSupervisor("perlu izin <@&1>", "budi", s.now)
	}, "dc: 🆙 <@&rm> tiket ini dieskalasi kepada supervisor oleh <@budi>.|> perlu izin <\u200b@&1> → [] +[rm] [t:answer]")
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Resolve("stok *salah*", "hitung ulang", "budi", s.now)
	}, of("dc: ✅ <@budi> menyelesaikan tiket ini.|**Ringkasan:**|> stok *salah*|**Solusi:**|> hitung ulang", std(ticket.SayClosingConfirm, nil),
		`wa? Apakah laporan kakak sudah sesuai? ["Sudah sesuai" "Belum sesuai"]`,
		"note: Pertanyaan otomatis kepada klien:|> Apakah laporan kakak sudah sesuai?|> ▫️ Sudah sesuai|> ▫️ Belum sesuai", "tag: resolved false")...)
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Confirm(ticket.Unclear, s.now)
	},
		"dc: ❔ <@budi> jawaban klien atas penutupan belum jelas. Tutup tiketnya, atau buka kembali pekerjaannya. → [budi] +[] [t:close] [t:reopen]")
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Confirm(ticket.Yes, s.now)
	}, of(
		"dc: 🔒 Tiket ditutup: klien mengonfirmasi bahwa laporannya sudah sesuai.", std(ticket.SayClosingEasy, nil),
		fmt.Sprintf("wa? Seberapa puas Anda dengan layanan kami? (1-5 bintang) %q", ticket.RatingOptions()),
		"note: Pertanyaan otomatis kepada klien:|> Seberapa puas Anda dengan layanan kami? (1-5 bintang)|> ▫️ "+strings.Join(ticket.RatingOptions(), "|> ▫️ "),
		"tag: closed true")...)
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Rate(2, s.now, ticket.DefaultPolicy())
	}, of(
		"dc: ⭐⭐ Klien memberi nilai **2 dari 5**.", std(ticket.SayRatingComment, nil),
		"dc: 🚨 <@&rm> nilai rendah: peninjauan tiket ini dibuka. Catat hasilnya dengan tombol di bawah. → [] +[rm] [t:review]", "tag: closed true")...)
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.Comment("lama @here", s.now, ticket.DefaultPolicy())
	}, of("dc: 💬 <@budi> Komentar klien atas penilaiannya:|> lama @\u200bhere → [budi] +[] [t:reopen]", std(ticket.SayRatingThanks, nil), "tag: closed true")...)
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.ReopenByClient(s.now, ticket.DefaultPolicy())
	}, of("dc: 🔓 <@budi> dibuka kembali: klien menulis lagi setelah tiket ditutup. → [budi] +[]", std(ticket.SayReopened, nil), "tag: assigned false")...)
	s.once()
}

// Whoever nobody has is offered, and nobody on duty is for the assistant manager.
func TestNobodyOnDutyCallsTheRoles(t *testing.T) {
	t.Parallel()
	s := newTale(t)
	s.duty = []string{"absent"}
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return tk.NobodyToOffer(s.now)
	},
		"dc: 🚨 <@&rm> tidak ada anggota tim yang dapat ditawari tiket ini. Tekan **Terima**, atau minta seseorang bertugas (`/duty on`). → [] +[rm] [t:accept] [duty:on]")
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if _, err := tk.ClientWrote(s.now, false); err != nil {
			return nil, err
		}
		return []ledger.Event{{What: "first_reminder", By: "halo"}}, nil
	}, fmt.Sprintf("dc: ⏰ <@&ra> klien menunggu respons pertama sejak <t:%d:R>. Tekan **Terima**, atau langsung balas klien. → [] +[ra] [t:accept]", unix(s.now.Add(time.Minute))))
	s.once()
}

// The rarer steps, each in its words.
func TestWhatIsToldOfTheRarerSteps(t *testing.T) {
	t.Parallel()
	s := newTale(t)
	p := ticket.DefaultPolicy()
	due := s.now.Add(48 * time.Hour)
	do := func(fn func(tk *ticket.Ticket) ([]ledger.Event, error)) bridge.Transition {
		return func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(tk) }
	}
	s.desk.Greet = bridge.GreetButton
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Take("sari", s.now), nil }),
		"dc: ✋ <@sari> menangani tiket ini. [t:class:easy] [t:class:normal] [t:class:hard]", "tag: assigned false") // who writes greets himself
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.StaffWrote("sari", s.now), nil }))
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Snooze(due, "sari", s.now, p) }),
		fmt.Sprintf("dc: 😴 <@sari> menunda tiket ini sampai <t:%d:f>, atau sampai klien menulis. Target waktunya tetap berjalan.", unix(due)))
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Wake("halo", s.now), nil }),
		"dc: ⏰ <@sari> waktu tunda tiket ini sudah habis. Silakan dilanjutkan. → [sari] +[]")
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) {
		return tk.Schedule(ticket.Scheduled{ID: "s1", Text: "sudah **bisa**?", Due: due, By: "budi", DropIfClientWrites: true}, s.now, p)
	}), fmt.Sprintf("dc: 🗓️ <@budi> menjadwalkan pesan untuk dikirim <t:%d:f> (<t:%d:R>), kecuali klien menulis lebih dulu:|> sudah **bisa**?", unix(due), unix(due)))
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.ClientWrote(s.now, false) }),
		"dc: 🗓️ <@budi> pesan terjadwal ini tidak jadi dikirim karena klien menulis lebih dulu:|> sudah **bisa**? → [budi] +[]")
	s.tells(do(func(*ticket.Ticket) ([]ledger.Event, error) {
		return []ledger.Event{{What: "scheduled_due", By: "halo", Ref: "s2", Data: map[string]string{"text": "sudah **bisa**?", "author": "budi"}}}, nil
	}), "wa: sudah *bisa*?", "dc: 🗓️ Pesan terjadwal dari <@budi> dikirim:|> sudah **bisa**?")
	dueNow := func(text string) bridge.Transition {
		return do(func(*ticket.Ticket) ([]ledger.Event, error) {
			return []ledger.Event{{What: "scheduled_due", By: "halo", Ref: "s3", Data: map[string]string{"text": text, "author": "budi"}}}, nil
		})
	}
	s.tells(dueNow("sudah bisa?\n// dia cerewet"), "wa: sudah bisa?", "dc: 🗓️ Pesan terjadwal dari <@budi> dikirim:|> sudah bisa?|> // dia cerewet")
	s.tells(dueNow("// dia cerewet"), "dc: 🗓️ <@budi> pesan terjadwal ini tidak dikirim karena seluruhnya catatan:|> // dia cerewet → [budi] +[]")
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.MarkComplaint(true, "sari", s.now) }),
		"dc: ❗ <@sari> menandai tiket ini sebagai **keluhan**.")
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Checking("sari", s.now) }), of(
		"dc: 🔍 <@sari> sedang mengecek laporan klien.", std(ticket.SayChecking, nil), std(ticket.SayWillUpdate, nil))...)
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.ClaimWarranty("sari", s.now) }),
		"dc: 🛡️ <@&rs> klaim garansi dicatat oleh <@sari>. Periksa syaratnya, lalu terima atau tolak. → [] +[rs] [t:warranty:accept] [t:warranty:refuse]")
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) {
		return tk.RefuseWarranty("segelnya rusak", "nita", s.now)
	}), of(
		"dc: 🛡️ <@nita> menolak klaim garansi, dengan alasan:|> segelnya rusak → [sari] +[]", std(ticket.SayWarrantyRefused, map[string]string{"reason": "segelnya rusak"}))...)
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Release("sari", "lanjutkan besok", s.now) }),
		"dc: ↩️ <@sari> melepas tiket ini; penggantinya sedang dicari.|> lanjutkan besok", "tag: new false")
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Accept("budi", s.now) }), of(
		"dc: ✋ <@budi> menangani tiket ini. [t:class:easy] [t:class:normal] [t:class:hard]", std(ticket.SayNewAgent, map[string]string{"agent": "Budi CS"}), "tag: assigned false")...)
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Drop("salah kirim", "sari", s.now) }),
		"dc: 🗑️ Tiket ditutup tanpa penyelesaian oleh <@sari>.|> salah kirim → [budi] +[]", "tag: closed true")
	s.tells(do(func(tk *ticket.Ticket) ([]ledger.Event, error) { return tk.Reopen("ternyata benar", "sari", s.now) }),
		"dc: 🔓 <@sari> membuka kembali tiket ini.|> ternyata benar → [budi] +[]", "tag: assigned false")
	s.once()
}

// The owner in sales hears how a claim of his customer ended.
func TestTheOwnerInSalesHearsOfAClaimsEnd(t *testing.T) {
	t.Parallel()
	s := newTale(t)
	s.run(func(tx *ledger.Tx) error {
		c, _, err := customer.Create("k1", "Toko Maju", "sari", tx.Now())
		if err != nil {
			return err
		}
		if _, err := c.Assign("200000000000000001", "sari", tx.Now()); err != nil {
			return err
		}
		return c.Save(tx)
	})
	s.tells(func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		tk.Identify("p1", "k1", "halo", s.now)
		tk.Warranty.Claim = ticket.ClaimAccepted
		return tk.CloseWarranty("unit diganti", "nita", s.now)
	}, "dc: 🛡️ <@nita> menutup klaim garansi. Sales pemilik klien: <@200000000000000001>.|> unit diganti → [200000000000000001] +[]")
	s.once()
}

// once checks that everything said has a name of its own, which makes a repetition of
// the change say nothing anew, and that only the lines that call somebody ping.
func (s *tale) once() {
	s.t.Helper()
	ids := map[string]bool{}
	for _, l := range s.all {
		if ids[l.ID] {
			s.t.Errorf("two letters are called %s", l.ID)
		}
		ids[l.ID] = true
		shown := shows(s.t, l)
		if at, _, pings := strings.Cut(shown, " → "); pings && !strings.Contains(at, "<@") {
			s.t.Errorf("it calls somebody it does not name: %s", shown)
		}
	}
}

// No event of package ticket is forgotten: each is told or on the list of those that need
// no words, and none is on both.
func TestEveryEventOfATicketIsTold(t *testing.T) {
	t.Parallel()
	names := eventNames(t, "../ticket")
	if len(names) < 45 {
		t.Fatalf("only %d events were found: %q", len(names), names)
	}
	told, untold := bridge.Told()
	for _, name := range names {
		if slices.Contains(told, name) == slices.Contains(untold, name) {
			t.Errorf("%s is told: %v, on the list of the untold: %v; want one of them", name, slices.Contains(told, name), slices.Contains(untold, name))
		}
	}
	for _, name := range told {
		if !slices.Contains(names, name) {
			t.Errorf("%s is told, and no event of a ticket", name)
		}
	}
}

// ofDuty are events of a person, not of a ticket.
var ofDuty = []string{"came_on_duty", "went_off_duty", "took_break"}

// eventNames are the names given to events in a package's source: the words handed to
// event, and to the functions that hand theirs on.
func eventNames(t *testing.T, dir string) []string {
	t.Helper()
	set := token.NewFileSet()
	files, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(errors.Join(err, fs.ErrNotExist))
	}
	names := map[string]bool{}
	add := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if ok && lit.Kind == token.STRING {
			if name, err := strconv.Unquote(lit.Value); err == nil && name != "" && !slices.Contains(ofDuty, name) {
				names[name] = true
			}
		}
	}
	place := map[string]int{"event": 1, "move": 0, "takeScheduled": 0}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, dir+"/"+name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				fun := n.Fun
				if sel, ok := fun.(*ast.SelectorExpr); ok {
					fun = sel.Sel
				}
				if id, ok := fun.(*ast.Ident); ok {
					if i, ok := place[id.Name]; ok && i < len(n.Args) {
						add(n.Args[i])
					}
				}
			case *ast.AssignStmt:
				if id, ok := n.Lhs[0].(*ast.Ident); ok && id.Name == "what" {
					add(n.Rhs[0])
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(names))
}
