package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store"
)

// A pair is several halo run of one desk, and clients who write all the while.
type pair struct {
	*city
	sari    *discordtest.Member
	phones  []*whatsapptest.Phone
	threads []string
	sent    int // messages each way of each client
}

// newPair pairs a phone. The desk's Redis is a server beside the processes if
// shared, else the child of the one that leads.
func newPair(t testing.TB, shared bool) *pair {
	t.Helper()
	p := &pair{city: newCity(t)}
	if shared {
		server, err := store.StartServer(t.Context(), t.TempDir(), store.ServerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		p.env = append(p.env, "HALO_REDIS_URL="+server.Address())
	}
	p.prepare()
	p.sari = p.discord.AddMember("sari", "CS Agent")
	return p
}

// start starts halo run and waits until it says so often what is to be heard.
func (p *pair) start(heard string) *running {
	p.t.Helper()
	r := &running{cmd: p.command(context.Background(), "run"), log: &syncBuffer{}}
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	r.cmd.Stderr = r.log
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if r.cmd.ProcessState == nil {
			r.kill()
		}
	})
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			fmt.Fprintln(r.log, lines.Text())
		}
		io.Copy(io.Discard, stdout)
	}()
	p.hear(r, heard, 1)
	return r
}

const (
	isReady   = "halo ready"
	standsBy  = "standing by: "
	leads     = "leading the desk"
	lease     = 15 * time.Second
	tolerance = 10 * time.Second // of a machine that has more to do; less than a lease
)

// hear waits until a process has said something n times, as long as it says anything,
// and returns how long that took.
func (p *pair) hear(r *running, what string, n int) time.Duration {
	p.t.Helper()
	return p.listen(r, what, n, func() { time.Sleep(2 * time.Millisecond) })
}

// listen is hear with something to do meanwhile.
func (p *pair) listen(r *running, what string, n int, meanwhile func()) time.Duration {
	p.t.Helper()
	began := time.Now()
	said, since := 0, began
	for strings.Count(r.log.String(), what) < n {
		if now := r.log.Len(); now != said {
			said, since = now, time.Now()
		}
		if time.Since(since) > stillness+lease {
			p.t.Fatalf("waited in vain for %q, %d times:\n%s", what, n, r.log)
		}
		meanwhile()
	}
	return time.Since(began)
}

func (p *pair) signal(r *running, s syscall.Signal) {
	p.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// freeze stops a process where it keeps nobody from the session database: one that
// does is killed for it.
func (p *pair) freeze(r *running) {
	p.t.Helper()
	pid := fmt.Sprint(r.cmd.Process.Pid)
	for {
		p.signal(r, syscall.SIGSTOP)
		locks, err := os.ReadFile("/proc/locks")
		if err != nil {
			return
		}
		writes := false
		for line := range strings.Lines(string(locks)) {
			f := strings.Fields(line) // 3: POSIX  ADVISORY  WRITE 4711 08:01:131 120 120
			writes = writes || len(f) > 4 && f[1] == "POSIX" && f[3] == "WRITE" && f[4] == pid
		}
		if !writes {
			return
		}
		p.signal(r, syscall.SIGCONT)
		time.Sleep(time.Millisecond)
	}
}

// greet makes clients, each with a ticket.
func (p *pair) greet(r *running, clients int) {
	p.t.Helper()
	for i := range clients {
		phone := p.whatsapp.AddCustomer(whatsapptest.Customer{
			Phone: fmt.Sprintf("62812345670%02d", i), Name: fmt.Sprint("Klien", i), Devices: 1 + i%2,
			Addressing: []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber}[i%2],
		})
		if _, err := phone.Send("mulai"); err != nil {
			p.t.Fatal(err)
		}
		var thread string
		p.eventually(r, "a thread for "+phone.Name(), func() bool {
			for _, post := range p.discord.Posts(p.discord.ChannelID("halo-desk")) {
				if strings.Contains(post.Name, phone.Name()) {
					thread = post.ID
				}
			}
			return thread != "" && len(p.texts(thread)) > 0
		})
		p.phones, p.threads = append(p.phones, phone), append(p.threads, thread)
	}
}

// talk writes one more message each way for each client, whoever leads.
func (p *pair) talk() {
	p.t.Helper()
	for i, phone := range p.phones {
		if _, err := phone.Send(fmt.Sprintf("masuk %d", p.sent)); err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.sari.Post(p.threads[i], fmt.Sprintf("keluar %d", p.sent), discordtest.PostOptions{}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.sent++
}

// talkUntil keeps the clients writing until a process has said something n times.
func (p *pair) talkUntil(r *running, what string, n int) time.Duration {
	p.t.Helper()
	return p.listen(r, what, n, func() {
		p.talk()
		time.Sleep(250 * time.Millisecond) // the load
	})
}

// arrived waits until everything of a client has arrived both ways, as long as more of
// it comes.
func (p *pair) arrived(r *running, client int, phone *whatsapptest.Phone) {
	p.t.Helper()
	most, since := -1, time.Now()
	for {
		in := len(numbered(p.texts(p.threads[client]), "masuk"))
		out := len(numbered(screenTexts(phone), "keluar"))
		switch {
		case in >= p.sent && out >= p.sent:
			return
		case in+out > most:
			most, since = in+out, time.Now()
		case time.Since(since) > stillness:
			p.t.Fatalf("of %d messages each way with %s, %d are in the thread and %d on the phone:\n%s", p.sent, phone.Name(), in, out, r.log)
		}
		time.Sleep(20 * time.Millisecond) // both networks are other parties: there is no one signal to wait for
	}
}

// settled waits until everything has arrived and checks that it did once, in order.
func (p *pair) settled(r *running) {
	p.t.Helper()
	var want []string
	for n := range p.sent {
		want = append(want, fmt.Sprint(n))
	}
	for i, phone := range p.phones {
		p.arrived(r, i, phone)
	}
	for i, phone := range p.phones {
		if got := numbered(p.texts(p.threads[i]), "masuk"); !slices.Equal(got, want) {
			p.t.Errorf("the thread of %s shows %v", phone.Name(), got)
		}
		if got := numbered(screenTexts(phone), "keluar"); !slices.Equal(got, want) {
			p.t.Errorf("the phone of %s shows %v", phone.Name(), got)
		}
	}
	p.eventually(r, "every acknowledgement", func() bool { return p.whatsapp.Unacked() == 0 })
}

// idle checks that a process has no connection to a network and no session open.
func (p *pair) idle(r *running) {
	p.t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", r.cmd.Process.Pid)
	files, err := os.ReadDir(folder)
	if err != nil {
		p.t.Log("the system does not say what a process has open: ", err)
		return
	}
	tcp, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range files {
		target, err := os.Readlink(filepath.Join(folder, f.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		if strings.Contains(target, "whatsapp.db") {
			p.t.Errorf("the standby has %s open", target)
		}
		inode, ok := strings.CutPrefix(strings.TrimSuffix(target, "]"), "socket:[")
		if ok && strings.Contains(string(tcp), " "+inode+" ") {
			p.t.Errorf("the standby has a connection to a network")
		}
	}
}

var stores = map[string]bool{"own redis-server": false, "shared Redis": true}

// The one that stands by says so, touches nothing, and takes over at once when the
// leader is killed, and when it ends.
func TestStandbyTakesOver(t *testing.T) {
	t.Parallel()
	for name, shared := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, shared)
			first := p.start(isReady)
			p.greet(first, 2)
			second := p.start(standsBy)
			if want := fmt.Sprintf("halo run (process %d) leads this desk from the same data folder", first.cmd.Process.Pid); strings.Count(second.log.String(), want) != 1 {
				t.Errorf("%q is not said once:\n%s", want, second.log)
			}
			p.talk()
			p.settled(first)
			p.idle(second)

			first.kill()
			took := p.hear(second, leads, 1)
			ready := took + p.talkUntil(second, isReady, 1)
			t.Logf("after kill -9: leads after %s, ready after %s", took.Round(time.Millisecond), ready.Round(time.Millisecond))
			if took > 2*time.Second+tolerance {
				t.Errorf("it took %s to lead", took)
			}
			p.settled(second)

			third := p.start(standsBy)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				second.stop(t)
			}()
			took = p.hear(third, leads, 1)
			ready = took + p.talkUntil(third, isReady, 1)
			t.Logf("after SIGINT: leads after %s, ready after %s", took.Round(time.Millisecond), ready.Round(time.Millisecond))
			if took > 2*time.Second+tolerance {
				t.Errorf("it took %s to lead", took)
			}
			<-ended
			p.settled(third)
			third.stop(t)
		})
	}
}

// A leader that is frozen loses the lead within one lease. When it wakes up it has no
// effect, stands by, and leads again when the other is killed. Its redis-server goes
// on while it is frozen and is handed over when it wakes up.
func TestFrozenLeaderWakesUp(t *testing.T) {
	t.Parallel()
	frozenLeaderWakesUp(t, false)
}

// The same with a Redis beside both.
func TestSoakFrozenLeaderWakesUp(t *testing.T) {
	if os.Getenv("HALO_TEST_SOAK") == "" {
		t.Skip("make soak runs this")
	}
	frozenLeaderWakesUp(t, true)
}

func frozenLeaderWakesUp(t *testing.T, shared bool) {
	t.Helper()
	p := newPair(t, shared)
	first := p.start(isReady)
	p.greet(first, 2)
	second := p.start(standsBy)
	p.talk()
	p.freeze(first)
	took := p.talkUntil(second, leads, 1)
	ready := took + p.talkUntil(second, isReady, 1)
	t.Logf("after kill -STOP: leads after %s, ready after %s", took.Round(time.Millisecond), ready.Round(time.Millisecond))
	if took > lease+tolerance {
		t.Errorf("it took %s to lead", took)
	}
	p.settled(second)

	p.talk()
	p.signal(first, syscall.SIGCONT)
	back := p.talkUntil(first, standsBy, 1)
	t.Logf("stands by %s after kill -CONT", back.Round(time.Millisecond))
	p.hear(second, "has let the data folder go", 1)
	p.hear(first, "leads this desk from the same data folder", 1)
	p.settled(second)
	p.idle(first)
	if strings.Contains(second.log.String(), "another program uses this session") {
		t.Errorf("the one that woke up fights for the number:\n%s", second.log)
	}

	second.kill()
	took = p.talkUntil(first, leads, 2)
	t.Logf("leads again %s after kill -9 of the other", took.Round(time.Millisecond))
	if took > 2*time.Second+tolerance {
		t.Errorf("it took %s to lead again", took)
	}
	p.settled(first)
	// It may wake up in the middle of taking something in, far past its deadline.
	first.stop(t, "nothing more is taken in")
}

// A frozen leader that is killed, and with it its redis-server, is not missed.
func TestFrozenLeaderIsKilled(t *testing.T) {
	t.Parallel()
	p := newPair(t, false)
	first := p.start(isReady)
	p.greet(first, 2)
	second := p.start(standsBy)
	p.signal(first, syscall.SIGSTOP)
	p.talkUntil(second, isReady, 1)
	p.talk()
	first.kill()
	p.talkUntil(second, "has let the data folder go", 1)
	p.talk()
	p.settled(second)

	third := p.start(standsBy)
	second.kill()
	if took := p.talkUntil(third, leads, 1); took > 2*time.Second+tolerance {
		t.Errorf("it took %s to lead", took)
	}
	p.settled(third)
	third.stop(t)
}

// A standby whose folder has no WhatsApp session says so and leaves the lead alone.
func TestStandbyNeedsTheFolder(t *testing.T) {
	t.Parallel()
	p := newPair(t, true)
	first := p.start(isReady)
	p.greet(first, 1)
	env := p.env
	p.env = append(slices.Clone(env), "HALO_DATA="+t.TempDir())
	second := p.start("not paired: the WhatsApp session of this desk is in another data folder")
	p.env = env
	p.talk()
	first.stop(t)
	p.talk()
	third := p.start(isReady)
	p.settled(third)
	if strings.Contains(second.log.String(), leads) {
		t.Errorf("it took the lead without a session:\n%s", second.log)
	}
	second.stop(t)
	third.stop(t)
}

// How long the desk is away when its leader is killed, told to end, or frozen: until
// another leads, and until both links are up and everything missed was taken in.
func BenchmarkTakeover(b *testing.B) {
	const rounds = 5
	for _, how := range []struct {
		name   string
		signal syscall.Signal
	}{{"Killed", syscall.SIGKILL}, {"Ended", syscall.SIGTERM}, {"Frozen", syscall.SIGSTOP}} {
		b.Run(how.name, func(b *testing.B) {
			p := newPair(b, false)
			leader := p.start(isReady)
			p.greet(leader, 2)
			for b.Loop() {
				var lead, up []time.Duration
				for range rounds {
					next := p.start(standsBy)
					p.talk()
					began := time.Now()
					p.signal(leader, how.signal)
					p.hear(next, leads, 1)
					lead = append(lead, time.Since(began))
					p.hear(next, isReady, 1)
					up = append(up, time.Since(began))
					p.settled(next)
					leader.kill()
					if how.signal == syscall.SIGSTOP {
						p.hear(next, "has let the data folder go", 1) // and the redis-server runs again
					}
					leader = next
				}
				slices.Sort(lead)
				slices.Sort(up)
				b.ReportMetric(lead[rounds/2].Seconds(), "lead-s")
				b.ReportMetric(up[rounds/2].Seconds(), "ready-s")
				b.ReportMetric(up[rounds-1].Seconds(), "worst-s")
				b.ReportMetric(0, "ns/op")
			}
			leader.kill()
		})
	}
}
