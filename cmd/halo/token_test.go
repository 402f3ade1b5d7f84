package main

import (
	"strings"
	"testing"
)

// Tokens are made, listed and revoked without a running desk, and jobs listed; a token is
// printed once.
func TestTokensAndJobsOnTheCommandLine(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	code, made := c.halo(nil, "token", "new", "erp")
	if code != 0 || !strings.Contains(made, "halo_") {
		t.Fatalf("token new ended with %d:\n%s", code, made)
	}
	if code, out := c.halo(nil, "token", "new", "erp"); code != 1 || !strings.Contains(out, "already") {
		t.Errorf("the second of one name ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "token", "list"); code != 0 || !strings.Contains(out, "erp") || strings.Contains(out, "halo_") {
		t.Errorf("token list ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "token", "revoke", "erp"); code != 0 || !strings.Contains(out, "revoked erp") {
		t.Errorf("token revoke ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "token", "revoke", "erp"); code != 1 || !strings.Contains(out, "no token") {
		t.Errorf("the second token revoke ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "jobs"); code != 0 || !strings.Contains(out, "LAST RUN") || !strings.Contains(out, "0 8 1-10 * *") {
		t.Errorf("jobs ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "jobs", "run", "nudge"); code != 0 || !strings.Contains(out, "as soon as a desk leads") {
		t.Errorf("jobs run ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "jobs", "run", "backup"); code != 1 || !strings.Contains(out, "no job") && !strings.Contains(out, "no such job") {
		t.Errorf("an unknown job ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "jobs", "run"); code != 2 {
		t.Errorf("without a name it ended with %d:\n%s", code, out)
	}
}
