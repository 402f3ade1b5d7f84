package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// TestMain lets the test binary be the program, so that tests can run it as another
// process and kill it. It lets more stories be told at a time than there are cores,
// unless it is told how many: a story is mostly waiting.
func TestMain(m *testing.M) {
	if os.Getenv("HALO_TEST_PROGRAM") == "1" {
		main()
	}
	flag.Parse()
	if at := flag.Lookup("test.parallel"); at.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = at.Value.Set("4")
	}
	os.Exit(m.Run())
}

// quiet is a desk policy that does nothing by itself and waits for nothing, undo included:
// for stories of the bridge, and for measuring it.
const quiet = `replies: {per_second: off}
hours: {mon-sun: closed}
greet: never
undo: 0s
flood: {messages: off}
closing: {reopen_within: 1s}
`

// A city is both networks, and a data folder for a desk between them.
type city struct {
	t        testing.TB
	whatsapp *whatsapptest.Network
	discord  *discordtest.Server
	data     string // folder of the desk
	env      []string
}

func newCity(t testing.TB) *city {
	t.Helper()
	return newCityOn(t, whatsapptest.Options{}, discordtest.Options{})
}

// newCityOn is newCity with more to say about how the networks start.
func newCityOn(t testing.TB, onWhatsApp whatsapptest.Options, onDiscord discordtest.Options) *city {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed: make tools")
	}
	onWhatsApp.BusinessPhone, onWhatsApp.BusinessName = "6281100000001", "HaloERZAP"
	onDiscord.Limits = discordtest.NoLimits()
	c := &city{
		t:        t,
		whatsapp: whatsapptest.Start(t, onWhatsApp),
		discord:  discordtest.Start(t, onDiscord),
	}
	dir := t.TempDir()
	c.data = filepath.Join(dir, "data")
	policy := filepath.Join(dir, "halo.yaml")
	if err := os.WriteFile(policy, []byte(quiet), 0o600); err != nil {
		t.Fatal(err)
	}
	key := c.whatsapp.RootKey()
	c.env = append(os.Environ(),
		"HALO_TEST_PROGRAM=1",
		"HALO_DATA="+c.data,
		"HALO_CONFIG="+policy,
		"HALO_DISCORD_TOKEN="+c.discord.Token(),
		"HALO_DISCORD_GUILD="+c.discord.GuildID(),
		"HALO_DISCORD_ENDPOINT="+c.discord.URL(),
		"HALO_WHATSAPP_ENDPOINT="+c.whatsapp.URL(),
		"HALO_WHATSAPP_ROOT_KEY="+hex.EncodeToString(key[:]),
	)
	return c
}

// halo runs a command to its end and returns its exit code and output.
func (c *city) halo(each func(line string), args ...string) (code int, out string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), longest)
	defer cancel()
	cmd := c.command(ctx, args...)
	var both bytes.Buffer
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd.Stderr = &both
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	var text strings.Builder
	for lines.Scan() {
		fmt.Fprintln(&text, lines.Text())
		if each != nil {
			each(lines.Text())
		}
	}
	cmd.Wait() // the code says how it went
	return cmd.ProcessState.ExitCode(), text.String() + both.String()
}

func (c *city) command(ctx context.Context, args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = c.env
	cmd.Dir = c.t.TempDir()
	return cmd
}

// A running is a halo run in another process.
type running struct {
	cmd *exec.Cmd
	log *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }
func (s *syncBuffer) Len() int       { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Len() }

// run starts halo run and waits until it is ready.
func (c *city) run() *running {
	c.t.Helper()
	r := &running{cmd: c.command(context.Background(), "run"), log: &syncBuffer{}}
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	r.cmd.Stderr = r.log
	if err := r.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ready := make(chan bool, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		ready <- strings.TrimSpace(line) == "halo ready"
		io.Copy(io.Discard, stdout)
	}()
	ok := false
	if !c.await(func() bool { return heard(ready, &ok) }, r.log) {
		r.kill()
		c.t.Fatalf("halo run does not become ready:\n%s", r.log)
	}
	if !ok {
		c.t.Fatalf("halo run ended before it was ready:\n%s", r.log)
	}
	return r
}

// heard takes what came on a channel, if anything has.
func heard(from <-chan bool, what *bool) bool {
	select {
	case *what = <-from:
		return true
	default:
		return false
	}
}

func (r *running) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}

// stop ends it as systemd would. Its log holds no error but those explained.
func (r *running) stop(t testing.TB, explained ...string) {
	t.Helper()
	r.cmd.Process.Signal(os.Interrupt)
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("halo run ended with %v:\n%s", err, r.log)
	}
	for _, line := range failures(r.log.String(), explained...) {
		t.Errorf("unannounced error in the log: %s", line)
	}
}

// prepare sets up Discord and links the phone, by the program's own commands.
func (c *city) prepare() {
	c.t.Helper()
	if code, out := c.halo(nil, "setup", "discord"); code != 0 {
		c.t.Fatalf("setup ended with %d:\n%s", code, out)
	}
	code, out := c.halo(func(line string) {
		if err := c.whatsapp.Pair(c.t.Context(), line); err != nil {
			c.t.Errorf("scan %q: %v", line, err)
		}
	}, "pair", "--text")
	if code != 0 {
		c.t.Fatalf("pair ended with %d:\n%s", code, out)
	}
}

func TestFromNothingToChecked(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	code, out := c.halo(nil, "check")
	if code != 1 || !strings.Contains(out, "halo setup discord") || !strings.Contains(out, "halo pair") {
		t.Errorf("check on an empty server ended with %d:\n%s", code, out)
	}
	c.prepare()
	code, out = c.halo(nil, "setup", "discord")
	if code != 0 || strings.Contains(out, "created") || strings.Contains(out, "updated") {
		t.Errorf("the second setup changed something (%d):\n%s", code, out)
	}
	code, out = c.halo(nil, "check")
	if code != 0 || strings.Contains(out, "✗") {
		t.Errorf("check ended with %d:\n%s", code, out)
	}
	code, out = c.halo(nil, "pair", "--text")
	if code != 1 || !strings.Contains(out, "linked already") {
		t.Errorf("pairing again ended with %d:\n%s", code, out)
	}
}

func TestWrongCommandLinesAndConfiguration(t *testing.T) {
	run := func(env map[string]string, args ...string) (int, string) {
		var out bytes.Buffer
		p := program{
			getenv:   func(k string) string { return env[k] },
			readFile: func(name string) ([]byte, error) { return nil, os.ErrNotExist },
			out:      &out, err: &out,
		}
		return p.run(t.Context(), args), out.String()
	}
	for _, test := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		want []string
	}{
		{"version", nil, []string{"version"}, 0, []string{"halo " + programVersion()}},
		{"help", nil, nil, 0, []string{"run", "check", "setup", "pair"}},
		{"unknown command", nil, []string{"rum"}, 2, []string{"rum"}},
		{"too many words", nil, []string{"run", "now"}, 2, []string{"--help"}},
		{"unknown flag", nil, []string{"pair", "--qr"}, 2, []string{"--qr", "--help"}},
		{"nothing set", nil, []string{"run"}, 2, []string{"HALO_DISCORD_TOKEN", "HALO_DISCORD_GUILD"}},
		{"everything wrong at once", map[string]string{
			"HALO_DISCORD_GUILD": "halo", "HALO_DESK": "My Desk", "HALO_WHATSAPP_ENDPOINT": "http://192.0.2.1:9", "HALO_LOG": "loud",
		}, []string{"run"}, 2, []string{"HALO_DISCORD_GUILD", "HALO_DESK", "HALO_WHATSAPP_ENDPOINT", "HALO_WHATSAPP_ROOT_KEY", "HALO_LOG"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, out := run(test.env, test.args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, w := range test.want {
				if !strings.Contains(out, w) {
					t.Errorf("%q is not in the output:\n%s", w, out)
				}
			}
		})
	}
}

// kill -9 in the middle of 200 messages each way: all 400 arrive once and in
// order per conversation.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	const clients, each = 5, 40
	c := newCity(t)
	c.prepare()
	sari := c.discord.AddMember("sari", "CS Agent")
	r := c.run()

	var phones []*whatsapptest.Phone
	threads := make([]string, clients)
	for i := range clients {
		p := c.whatsapp.AddCustomer(whatsapptest.Customer{
			Phone: fmt.Sprintf("62812345670%02d", i), Name: fmt.Sprintf("Klien%d", i), Devices: 1 + i%3,
			Addressing: []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber}[i%2],
		})
		phones = append(phones, p)
		if _, err := p.Send("mulai"); err != nil {
			t.Fatal(err)
		}
		c.eventually(r, "a thread for "+p.Name(), func() bool {
			for _, post := range c.discord.Posts(c.discord.ChannelID("halo-desk")) {
				if strings.Contains(post.Name, p.Name()) {
					threads[i] = post.ID
				}
			}
			return threads[i] != "" && len(c.texts(threads[i])) > 0
		})
	}

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	kills := []int{each/4 + random.IntN(5), each/2 + random.IntN(5), 3*each/4 + random.IntN(5)}
	for n := range each {
		for i, p := range phones {
			if _, err := p.Send(fmt.Sprintf("masuk %d", n)); err != nil {
				t.Fatal(err)
			}
			if _, err := sari.Post(threads[i], fmt.Sprintf("keluar %d", n), discordtest.PostOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond) // the moment of the kill is to be arbitrary
		if slices.Contains(kills, n) {
			r.kill()
			r = c.run()
		}
	}
	for i, p := range phones {
		c.eventually(r, "everything of "+p.Name(), func() bool {
			return len(numbered(c.texts(threads[i]), "masuk")) >= each && len(numbered(screenTexts(p), "keluar")) >= each
		})
	}
	r.stop(t)
	var want []string
	for n := range each {
		want = append(want, fmt.Sprint(n))
	}
	for i, p := range phones {
		if got := numbered(c.texts(threads[i]), "masuk"); !slices.Equal(got, want) {
			t.Errorf("the thread of %s shows %v", p.Name(), got)
		}
		if got := numbered(screenTexts(p), "keluar"); !slices.Equal(got, want) {
			t.Errorf("the phone of %s shows %v", p.Name(), got)
		}
	}
}

func (c *city) eventually(r *running, what string, ok func() bool) {
	c.t.Helper()
	if !c.await(ok, r.log) {
		c.t.Fatalf("waited in vain for %s:\n%s", what, r.log)
	}
}

// How long a wait goes on: while something happens, until nothing has for a while. A
// slow machine takes as long as it needs.
const (
	stillness = time.Minute
	longest   = 5 * time.Minute
)

// await asks until ok, as long as something happens on one of the networks or one of
// the logs grows: networks and processes have no signal in common.
func (c *city) await(ok func() bool, logs ...*syncBuffer) bool {
	changes, unsubscribe := c.discord.Subscribe()
	defer unsubscribe()
	phones, unsubscribe2 := c.whatsapp.Subscribe()
	defer unsubscribe2()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	said, since, limit := 0, time.Now(), time.After(longest)
	for asked := false; ; {
		if !asked && ok() {
			return true
		}
		asked = true // until the next tick: much may happen in between
		select {
		case <-limit:
			return false
		case <-changes:
			since = time.Now()
			continue
		case <-phones:
			since = time.Now()
			continue
		case <-tick.C:
			asked = false
		}
		now := 0
		for _, log := range logs {
			now += log.Len()
		}
		if now != said {
			said, since = now, time.Now()
		}
		if time.Since(since) > stillness {
			return false
		}
	}
}

func (c *city) texts(thread string) []string {
	var all []string
	for _, m := range c.discord.Messages(thread) {
		all = append(all, m.Content)
	}
	return all
}

func screenTexts(p *whatsapptest.Phone) []string {
	var all []string
	for _, m := range p.Screen() {
		if !m.FromMe {
			all = append(all, m.Text)
		}
	}
	return all
}

// numbered returns the numbers of the texts that contain word and a number, in order.
func numbered(texts []string, word string) []string {
	var all []string
	for _, s := range texts {
		if _, n, ok := strings.Cut(s, word+" "); ok {
			all = append(all, n)
		}
	}
	return all
}
