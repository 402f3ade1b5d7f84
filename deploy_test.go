package halo_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// durable is what the desk asks of Redis, as CONFIG GET answers it.
var durable = map[string]string{
	"appendonly":                "yes",
	"appendfsync":               "always",
	"no-appendfsync-on-rewrite": "no",
	"maxmemory-policy":          "noeviction",
	"save":                      "",
}

func TestRedisConfIsDurable(t *testing.T) {
	found := make(map[string]string)
	for _, line := range lines(t, "deploy/redis.conf") {
		if name, value, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			if _, twice := found[name]; twice {
				t.Errorf("%s stands there twice", name)
			}
			found[name] = strings.Trim(value, `" `)
		}
	}
	for name, value := range durable {
		if got, ok := found[name]; !ok || got != value {
			t.Errorf("deploy/redis.conf: %s is %q, expected %q", name, got, value)
		}
	}
}

// A Redis started with the file says the same of itself.
func TestRedisTakesTheFile(t *testing.T) {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server on this machine")
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "redis.sock")
	cmd := exec.Command(server, "deploy/redis.conf", "--port", "0", "--unixsocket", socket, "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	conn := dialSoon(t, socket)
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for name, value := range durable {
		fmt.Fprintf(conn, "CONFIG GET %s\r\n", name)
		if got := secondOfPair(t, answers); got != value {
			t.Errorf("CONFIG GET %s says %q, expected %q", name, got, value)
		}
	}
}

func dialSoon(t *testing.T, socket string) net.Conn {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.SetDeadline(deadline)
			return conn
		}
		if time.Now().After(deadline) {
			t.Fatalf("reach Redis: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// secondOfPair reads an array of two strings and returns the second.
func secondOfPair(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	header, err := r.ReadString('\n')
	if err != nil || strings.TrimSpace(header) != "*2" {
		t.Fatalf("Redis answers %q (%v)", header, err)
	}
	var value string
	for range 2 {
		var size int
		if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
			t.Fatal(err)
		}
		text := make([]byte, size+2)
		if _, err := io.ReadFull(r, text); err != nil {
			t.Fatal(err)
		}
		value = string(text[:size])
	}
	return value
}

// What keeps the program and its keys apart from everything else.
func TestDeployIsClosed(t *testing.T) {
	for name, needed := range map[string][]string{
		"deploy/Dockerfile": {"FROM scratch", "USER 65532:65532"},
		"deploy/halo.service": {
			"DynamicUser=yes", "StateDirectory=halo", "ProtectSystem=strict", "NoNewPrivileges=yes", "Restart=always", "StartLimitIntervalSec=0",
		},
		"deploy/compose.yaml": {"    internal: true", "    read_only: true", "    restart: always"},
		".dockerignore":       {".env", "halo-data"},
		".gitignore":          {"/.env", "/halo-data/"},
	} {
		have := lines(t, name)
		for _, line := range needed {
			if !slices.Contains(have, line) {
				t.Errorf("%s has no line %q", name, line)
			}
		}
	}
	if build := strings.Join(lines(t, "deploy/Dockerfile"), "\n"); !strings.Contains(build, "CGO_ENABLED=0") {
		t.Error("deploy/Dockerfile does not build a static program")
	}
}

// The commands before the first start run as the service does.
func TestServiceHeaderMatchesTheService(t *testing.T) {
	have := lines(t, "deploy/halo.service")
	at := slices.IndexFunc(have, func(line string) bool { return strings.Contains(line, "systemd-run ") })
	if at < 0 {
		t.Fatal("deploy/halo.service does not say how to run a command before the first start")
	}
	words := strings.Fields(have[at])
	checked := 0
	for i, word := range words[:len(words)-1] {
		line := words[i+1]
		switch word {
		case "-E":
			line = "Environment=" + line
		case "-p":
		default:
			continue
		}
		checked++
		if !slices.Contains(have, line) {
			t.Errorf("the command runs with %s, the service does not", line)
		}
	}
	if checked < 8 {
		t.Errorf("only %d settings were looked at", checked)
	}
}
