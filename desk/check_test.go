package desk

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
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
