package desk

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/web"
)

// newDurableWorld is a desk on a redis-server of its own, which holds the promise.
func newDurableWorld(t *testing.T) (*world, *storetest.Node) {
	t.Helper()
	node := storetest.StartNode(t, "--appendonly", "yes", "--appendfsync", "always")
	return newWorldOn(t, newStage(t, discordtest.Options{}), node.Client(t), true, nil), node
}

// ops are the messages in the ops channel, oldest first.
func (w *world) ops() []string {
	var all []string
	for _, m := range w.discord.Messages(w.discord.ChannelID("halo-ops")) {
		if !m.Deleted {
			all = append(all, m.Content)
		}
	}
	return all
}

// told waits until the ops channel has one message with these words, however it
// begins, and returns it.
func (w *world) told(words string) (message string) {
	w.t.Helper()
	w.eventually("the ops channel to say: "+words, func() bool {
		found := slices.DeleteFunc(w.ops(), func(s string) bool { return !strings.Contains(s, words) })
		if len(found) > 1 {
			w.t.Errorf("the ops channel says it %d times: %q", len(found), found)
		}
		if len(found) > 0 {
			message = found[0]
		}
		return len(found) > 0
	})
	return message
}

// resolved waits until the only message with these words is marked as over.
func (w *world) resolved(words string) {
	w.t.Helper()
	w.eventually("the end of: "+words, func() bool {
		return strings.HasPrefix(w.told(words), "✅ Selesai setelah ")
	})
}

// conversation opens a ticket for a client and waits until both sides talked and
// nothing is being sent any more.
func (w *world) conversation() (ana *whatsapptest.Phone, thread string) {
	w.t.Helper()
	ana = w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	w.says(ana, "halo")
	thread = w.post()
	w.answers(thread, "baik kak")
	w.bridged(ana, thread, []string{"halo"}, []string{"baik kak"})
	w.eventually("an empty outbox", func() bool {
		left, err := w.desk.Waiting(w.t.Context())
		return err == nil && left == (Backlog{})
	})
	return ana, thread
}

func (w *world) says(p *whatsapptest.Phone, text string) {
	w.t.Helper()
	if _, err := p.Send(text); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) answers(thread, text string) {
	w.t.Helper()
	if _, err := w.sari.Post(thread, text, discordtest.PostOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// bridged waits until exactly these words of the client and of the agent stand on
// the other side, once each and in order.
func (w *world) bridged(p *whatsapptest.Phone, thread string, in, out []string) {
	w.t.Helper()
	shows := func() (gotIn, gotOut []string) {
		for _, s := range w.thread(thread) {
			if rest, ok := strings.CutPrefix(s, "**Ana:** "); ok {
				gotIn = append(gotIn, rest)
			}
		}
		for _, m := range p.Screen() {
			if !m.FromMe && m.Text != w.cfg.Texts["auto_text"] {
				gotOut = append(gotOut, m.Text)
			}
		}
		return gotIn, gotOut
	}
	w.eventually("all words on the other side", func() bool {
		gotIn, gotOut := shows()
		return len(gotIn) >= len(in) && len(gotOut) >= len(out)
	})
	if gotIn, gotOut := shows(); !slices.Equal(gotIn, in) || !slices.Equal(gotOut, out) {
		w.t.Errorf("the thread shows %q, want %q; the phone %q, want %q", gotIn, in, gotOut, out)
	}
}

// health asks a desk over HTTP.
func (w *world) health() (status int, h Health) {
	w.t.Helper()
	answer, err := http.Get("http://" + w.cfg.Listen + "/readyz")
	if err != nil {
		return 0, h
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&h); err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, h
}

// freeAddress is where nobody listens, at a port below those that systems give to
// connections: no other story gets it by chance.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 15_000+rand.IntN(15_000))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no free port was found")
	return ""
}

// Redis stops being durable: WhatsApp is let go, the ops channel and health say why,
// the client's words wait at WhatsApp. Redis is durable again: all comes by itself.
func TestGateLetsGoOfANumberWhoseStoreIsNotDurable(t *testing.T) {
	t.Parallel()
	w, node := newDurableWorld(t)
	w.stop()
	w.cfg.Listen = freeAddress(t)
	w.start()
	ana, thread := w.conversation()
	w.eventually("a ready desk", func() bool { status, h := w.health(); return status == 200 && h.Gate.Open && h.Role == "leading" })

	redis := node.Client(t)
	if err := redis.ConfigSet(t.Context(), "appendfsync", "everysec").Err(); err != nil {
		t.Fatal(err)
	}
	w.eventually("the end of the connection, in the health too", func() bool {
		_, h := w.health()
		return !w.whatsapp.Connected() && h.WhatsApp.State == "held"
	})
	if said := w.told("Penyimpanan tidak aman"); !strings.HasPrefix(said, "🔴") || !strings.Contains(said, "CONFIG SET appendfsync always") {
		t.Errorf("the ops channel says %q", said)
	}
	status, h := w.health()
	if status != 503 || h.Gate.Open || h.Ready || !strings.Contains(strings.Join(h.Gate.Why, ""), "appendfsync") ||
		h.WhatsApp.State != "held" || !slices.ContainsFunc(h.Incidents, func(i web.Incident) bool { return i.Kind == "store-unsafe" }) {
		t.Errorf("health says %d %+v", status, h)
	}
	w.says(ana, "masih di sana?")
	w.answers(thread, "masih kak")
	if err := redis.ConfigSet(t.Context(), "appendfsync", "always").Err(); err != nil {
		t.Fatal(err)
	}
	w.bridged(ana, thread, []string{"halo", "masih di sana?"}, []string{"baik kak", "masih kak"})
	w.resolved("Penyimpanan tidak aman")
	w.eventually("a ready desk", func() bool { status, _ := w.health(); return status == 200 })
}

// A store that may lose its last second is enough when the operator says so.
func TestGateKeepsThePromiseThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w, node := newDurableWorld(t)
	w.stop()
	w.cfg.RedisPromise = Second
	if err := node.Client(t).ConfigSet(t.Context(), "appendfsync", "everysec").Err(); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.conversation()
	for _, said := range w.ops() { // a slow machine may be told of, too
		if strings.Contains(said, "Penyimpanan") {
			t.Errorf("the ops channel says %q", said)
		}
	}
}

// Redis dies and comes back with all it had: said past the store, mended there.
func TestStoreStopsAndComesBack(t *testing.T) {
	t.Parallel()
	w, node := newDurableWorld(t)
	w.expected = append(w.expected, "nothing more is taken in")
	ana, thread := w.conversation()
	node.Kill()
	w.eventually("the end of the connection", func() bool { return !w.whatsapp.Connected() })
	w.told("Penyimpanan (Redis) tidak menjawab")
	w.says(ana, "halo?")
	w.answers(thread, "sebentar")
	node.Start(t)
	w.bridged(ana, thread, []string{"halo", "halo?"}, []string{"baik kak", "sebentar"})
	w.resolved("Penyimpanan (Redis) tidak menjawab")
}

// copyLog copies the append-only files of a server, which may be running.
func copyLog(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// Redis comes back as it was a while ago, under a running desk and before it starts:
// the ops channel is told which time is lost, once; numbers leap; what the agent wrote
// is read from Discord again and reaches the client once.
func TestStoreGoesBackInTime(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprint("running ", running), func(t *testing.T) {
			t.Parallel()
			w, node := newDurableWorld(t)
			w.expected = append(w.expected, "the store went back in time", "nothing more is taken in")
			ana, thread := w.conversation()
			aof, kept := filepath.Join(node.Dir, "appendonlydir"), filepath.Join(t.TempDir(), "aof")
			w.quietLanes()
			copyLog(t, aof, kept)
			w.says(ana, "hilang")
			w.answers(thread, "tidak hilang")
			w.bridged(ana, thread, []string{"halo", "hilang"}, []string{"baik kak", "tidak hilang"})
			w.quietLanes()
			before, err := w.desk.store.HighWater(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			// A receipt may still come and commit one more.
			w.eventually("the mirror", func() bool { return mirrored(t, w.cfg) >= before })

			if !running {
				w.stop()
			}
			node.Kill()
			if err := os.RemoveAll(aof); err != nil {
				t.Fatal(err)
			}
			copyLog(t, kept, aof)
			node.Start(t)
			if !running {
				node.Client(t)
				w.start()
			}
			if said := w.told("Penyimpanan kehilangan data"); !strings.Contains(said, "Yang tercatat antara ") || !strings.Contains(said, "Bandingkan obrolan") {
				t.Errorf("the ops channel says %q", said)
			}
			w.says(ana, "lagi")
			w.answers(thread, "lagi juga")
			w.eventually("the talk to go on", func() bool {
				return slices.Contains(w.thread(thread), "**Ana:** lagi") && slices.Contains(screen(ana), "halo: lagi juga")
			})
			if n := strings.Count(strings.Join(screen(ana), "\n"), "halo: tidak hilang"); n != 1 {
				t.Errorf("the phone shows the answer of the lost time %d times", n)
			}
			after, err := w.desk.store.HighWater(t.Context())
			if err != nil || after <= before+roundUp {
				t.Errorf("numbers go on at %d after %d (%v)", after, before, err)
			}
			w.told("Penyimpanan kehilangan data")
		})
	}
}

// quietLanes waits until nothing is left to be told.
func (w *world) quietLanes() {
	w.t.Helper()
	w.eventually("empty lanes", func() bool {
		left, err := w.desk.Waiting(w.t.Context())
		return err == nil && left == Backlog{} && w.whatsapp.Unacked() == 0
	})
}

// mirrored is the number in the mirror of a desk's data folder.
func mirrored(t *testing.T, cfg Config) int64 {
	t.Helper()
	m, err := openMirror(filepath.Join(cfg.Data, "commits-"+cfg.Desk))
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	return m.last().number
}

// Each trouble of the link is one message that says what to do, and is over by itself
// when WhatsApp lets us in again. What an agent wrote meanwhile waits and goes out.
func TestTroubleOfWhatsAppIsAnIncident(t *testing.T) {
	t.Parallel()
	hour := func() string { return "pukul " + time.Now().Add(time.Hour).In(Default().Zone).Format("15.") }
	for _, test := range []struct {
		name    string
		refusal whatsapptest.Refusal
		words   []string
		ready   func(t *testing.T, w *world)
	}{
		{"banned", whatsapptest.Refusal{Reason: 402, Code: 101, Expire: time.Hour},
			[]string{"memblokir nomor ini", "pukul "}, nil},
		{"outdated", whatsapptest.Refusal{Reason: 405}, []string{"versi yang lebih baru", "halo version"}, nil},
		{"logged out", whatsapptest.Refusal{Reason: 401}, []string{"tidak tertaut lagi", "/desk pair"}, pairAgain},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ana, thread := w.conversation()
			before := hour()
			w.whatsapp.SetFaults(whatsapptest.Faults{RefuseLogin: &test.refusal})
			w.whatsapp.DropSocket()
			said := w.told(test.words[0])
			if test.refusal.Expire > 0 && !strings.Contains(said, before) && !strings.Contains(said, hour()) {
				t.Errorf("the ops channel says %q, want %q in it", said, hour())
			}
			for _, part := range test.words {
				if !strings.HasPrefix(said, "🔴") || !strings.Contains(said, part) {
					t.Errorf("the ops channel says %q, want %q in it", said, part)
				}
			}
			w.answers(thread, "menunggu")
			// The same message stands after a restart, and no second one.
			w.stop()
			w.whatsapp.ClearFaults()
			if test.ready == nil {
				w.start()
			} else {
				w.begin()
				test.ready(t, w)
			}
			w.bridged(ana, thread, []string{"halo"}, []string{"baik kak", "menunggu"})
			w.resolved(test.words[0])
			// What is sent first stays paused after a ban, until somebody resumes it.
			if paused := w.pace().Paused; (test.name == "banned") != paused.On() || paused.On() && (paused.Why != bridge.PauseBan || !bridge.PauseByWhatsApp(paused)) {
				t.Errorf("pause: %+v", paused)
			}
		})
	}
}

// pace is what is noted of what the desk sends first.
func (w *world) pace() customer.Pace {
	w.t.Helper()
	doc, err := store.New(w.redis, store.Options{Desk: w.cfg.Desk}).Doc(w.t.Context(), ledger.Ref{Kind: customer.KindPace, ID: "desk"})
	if err != nil {
		w.t.Fatal(err)
	}
	if doc.Data == nil {
		return customer.Pace{}
	}
	p, err := customer.DecodePace(doc.Data)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// pairAgain links the phone while the desk runs.
func pairAgain(t *testing.T, w *world) {
	t.Helper()
	w.eventually("a link that waits for its phone", func() bool { return w.desk.Status().WhatsApp.State == whatsapp.StateNotPaired })
	w.desk.mu.Lock()
	phone := w.desk.parts.whatsapp
	w.desk.mu.Unlock()
	if err := phone.Pair(t.Context(), func(code string) {
		if err := w.whatsapp.Pair(t.Context(), code); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// A time-lock stops nobody who answers; it is told of with its end, and when it ends.
func TestTimeLockIsAnIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana, thread := w.conversation()
	until := time.Now().Add(50 * time.Hour)
	w.whatsapp.Business().Restrict("RESTRICT_ALL_COMPANIONS", until)
	said := w.told("membatasi nomor ini")
	if !strings.HasPrefix(said, "🟠") || !strings.Contains(said, clockIn(w.cfg.Zone, until)) {
		t.Errorf("the ops channel says %q", said)
	}
	w.eventually("the pause of what is sent first", func() bool { return w.pace().Paused.Why == bridge.PauseTimeLock })
	if p := w.pace(); p.Since.IsZero() || !strings.Contains(p.Number, "…") {
		t.Errorf("the linked number is not noted: %+v", p)
	}
	w.answers(thread, "tetap jalan")
	w.bridged(ana, thread, []string{"halo"}, []string{"baik kak", "tetap jalan"})
	w.whatsapp.Business().Unrestrict("RESTRICT_ALL_COMPANIONS")
	w.resolved("membatasi nomor ini")
}

// A standby is healthy while it waits, and the ops channel hears that it took over.
func TestTakeOverIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	first := w.join(w.cfg, nil)
	first.untilUp()
	second := w.join(w.cfg, nil)
	second.untilStandby()
	if h := second.Health(); !h.Ready || h.Role != "standing by" {
		t.Errorf("the standby says %+v", h)
	}
	if h := first.Health(); h.Role != "leading" || !h.Gate.Open {
		t.Errorf("the leader says %+v", h)
	}
	first.stop()
	second.untilUp()
	if said := w.told("cadangan mengambil alih"); !strings.Contains(said, "berhenti") {
		t.Errorf("the ops channel says %q", said)
	}
}

// The desk's own redis-server dies: it is started again, nothing is lost, and the ops
// channel hears of it.
func TestOwnServerDiesAndIsTold(t *testing.T) {
	t.Parallel()
	storetest.Binary(t)
	w := newWorldOn(t, newStage(t, discordtest.Options{}), nil, true, nil)
	w.expected = append(w.expected, "redis-server died", "nothing more is taken in")
	ana, thread := w.conversation()
	address, err := store.ServerAddress(filepath.Join(w.cfg.Data, "redis"))
	if err != nil {
		t.Fatal(err)
	}
	redis, err := store.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer redis.Close()
	info, err := redis.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, "process_id:")
	pid, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.says(ana, "lalu?")
	w.answers(thread, "sudah")
	w.bridged(ana, thread, []string{"halo", "lalu?"}, []string{"baik kak", "sudah"})
	if said := w.told("Redis berhenti dan dijalankan lagi"); !strings.HasPrefix(said, "🟠") {
		t.Errorf("the ops channel says %q", said)
	}
}
