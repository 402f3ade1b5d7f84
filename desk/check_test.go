package desk

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store/storetest"
)

// Each fault is one line, and the count at the end is theirs.
func TestCheckSaysEachFaultOnce(t *testing.T) {
	t.Parallel()
	cfg := Default()
	cfg.Data = t.TempDir()
	root := whatsapptest.SharedRoot().PublicKey() // the one network of this process; nobody connects
	cfg.WhatsAppEndpoint, cfg.WhatsAppRootKey = "http://127.0.0.1:9", root[:]
	cfg.RedisURL = NewRedisURL("unix://" + filepath.Join(cfg.Data, "nobody.sock"))
	var lines []string
	err := Check(t.Context(), cfg, Options{}, func(line string) { lines = append(lines, line) })
	if err == nil || !strings.HasPrefix(err.Error(), "4 to mend") {
		t.Errorf("check ends with %v", err)
	}
	want := []struct{ begins, holds string }{
		{"✗ Discord: ", "HALO_DISCORD_TOKEN"},
		{"✗ Discord: ", "HALO_DISCORD_GUILD"},
		{"✗ Store: ", "start it, or correct HALO_REDIS_URL"},
		{"✗ WhatsApp: ", "halo pair"},
	}
	if len(lines) != len(want) {
		t.Fatalf("says\n%s", strings.Join(lines, "\n"))
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w.begins) || !strings.Contains(lines[i], w.holds) || strings.Contains(lines[i], "\n") {
			t.Errorf("line %d is %q, want %s…%s", i+1, lines[i], w.begins, w.holds)
		}
	}
}

// The check says which promise the store holds, not more.
func TestCheckSaysWhatIsPromised(t *testing.T) {
	t.Parallel()
	node := storetest.StartNode(t, "--appendonly", "yes", "--appendfsync", "everysec")
	redis := node.Client(t)
	for _, test := range []struct {
		set     map[string]string
		promise Promise
		problem string // "" for none
		says    string
	}{
		{nil, Strict, "appendfsync", ""},
		{nil, Unchecked, "appendfsync", ""},
		{nil, Second, "", "last second"},
		{map[string]string{"appendfsync": "no"}, Second, "appendfsync", ""},
		{map[string]string{"appendfsync": "always"}, Strict, "", "in a power cut"},
		{nil, Second, "", "in a power cut"},
	} {
		for name, value := range test.set {
			if err := redis.ConfigSet(t.Context(), name, value).Err(); err != nil {
				t.Fatal(err)
			}
		}
		cfg := Default()
		cfg.Data, cfg.RedisURL, cfg.RedisPromise = t.TempDir(), NewRedisURL("redis://"+node.Address()), test.promise
		problems, says, err := checkStore(t.Context(), cfg, Options{})
		if err != nil || (len(problems) > 0) != (test.problem != "") || !strings.Contains(strings.Join(problems, "\n"), test.problem) {
			t.Errorf("%s: %q, %v; want %q", test.promise, problems, err, test.problem)
		}
		if test.problem == "" && !strings.Contains(says, test.says) {
			t.Errorf("%s: says %q, want %q in it", test.promise, says, test.says)
		}
	}
	cfg := Default()
	cfg.RedisReplicas = 2
	if says := cfg.promised(0); !strings.Contains(says, "when the primary is; 2 more") {
		t.Errorf("with replicas: %q", says)
	}
	cfg = Default()
	cfg.RedisPromise = Unchecked
	if says := cfg.promised(1); !strings.Contains(says, "on trust") {
		t.Errorf("unchecked: %q", says)
	}
}

// A running desk's own redis-server is looked at, and left alone.
func TestCheckLooksAtTheServerOfARunningDesk(t *testing.T) {
	t.Parallel()
	storetest.Binary(t)
	cfg := Default()
	cfg.Data = t.TempDir()
	running, err := holdHome(cfg.Data, forRun)
	if err != nil {
		t.Fatal(err)
	}
	defer running.letGo()
	if _, _, err := checkStore(t.Context(), cfg, Options{}); err == nil || !strings.Contains(err.Error(), "another halo uses the data folder") {
		t.Errorf("while it starts: %v", err)
	}
	st, shut, err := openStore(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer shut()
	for range 2 {
		if problems, says, err := checkStore(t.Context(), cfg, Options{}); err != nil || len(problems) > 0 || !strings.Contains(says, "in a power cut") {
			t.Errorf("check says %q, %q, %v", problems, says, err)
		}
	}
	if err := st.Ping(t.Context()); err != nil {
		t.Errorf("after the check the desk's server does not answer: %v", err)
	}
}
