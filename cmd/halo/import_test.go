package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/desk"
)

func TestProgressOfAnImport(t *testing.T) {
	t.Parallel()
	got := progress(desk.Imported{New: 12000, Same: 300, Bad: 45, Share: 0.5}, 10*time.Second)
	if want := "[##########----------]  50% 12,345 rows, 1,234 rows/s, 45 bad, 10s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := progress(desk.Imported{New: 7, Share: -1}, 0); got != "7 rows" {
		t.Errorf("%q", got)
	}
	if b := newBar(&bytes.Buffer{}); b.out != nil {
		t.Error("a bar without a terminal")
	}
}

// Every way to begin an import ends with its exit code, and a template goes over no file.
func TestImportCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	template := filepath.Join(dir, "orders.xlsx")
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"import orders", 2, "accepts 1 arg"},
		{"import orders a b", 2, "accepts 1 arg"},
		{"import fish a", 2, "unknown command"},
		{"import orders --template " + template, 0, "halo import orders orders.xlsx"},
		{"import orders --template " + template, 1, "exists"},
		{"import orders " + filepath.Join(dir, "none.csv"), 1, "no such file"},
	} {
		var out bytes.Buffer
		p := program{getenv: func(string) string { return "" }, readFile: func(string) ([]byte, error) { return nil, os.ErrNotExist }, out: &out, err: &out}
		if code := p.run(t.Context(), strings.Fields(test.args)); code != test.code || !strings.Contains(out.String(), test.want) {
			t.Errorf("%s: %d\n%s\nwant %d, %s", test.args, code, out.String(), test.code, test.want)
		}
	}
}
