package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// orderList writes a list of so many orders and, among the first of them, a bad one; it
// returns its path.
func orderList(t *testing.T, name string, orders int) string {
	t.Helper()
	day := time.Now().AddDate(0, 0, -40).Format("2006-01-02")
	var list strings.Builder
	list.WriteString("No. Pesanan;Nama Perusahaan;Tgl Pesan;Jumlah\n")
	for n := range orders {
		fmt.Fprintf(&list, "%s-%d;Toko %03d;%s;%d\n", name, n, n%200, day, 1000+n)
	}
	fmt.Fprintf(&list, "%s-x;Toko 000;kemarin;5\n", name)
	path := filepath.Join(t.TempDir(), name+".csv")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var importedLine = regexp.MustCompile(`([\d,]+) new, ([\d,]+) changed, ([\d,]+) known already, ([\d,]+) bad`)

// imports runs an import to its end and returns what it said of the rows.
func (c *city) imports(path string) (made, changed, known, bad int) {
	c.t.Helper()
	code, out := c.halo(nil, "import", "orders", path)
	said := importedLine.FindStringSubmatch(out)
	if code != 1 || said == nil {
		c.t.Fatalf("import ended with %d:\n%s", code, out)
	}
	for n, to := range []*int{&made, &changed, &known, &bad} {
		*to, _ = strconv.Atoi(strings.ReplaceAll(said[n+1], ",", "")) // digits
	}
	return made, changed, known, bad
}

// killedImport imports a list twice: the first is killed as soon as some of its rows are in,
// the second takes in the rest, and a third has nothing to do.
func (c *city) killedImport(path string, rows int) {
	c.t.Helper()
	first := c.command(context.Background(), "import", "orders", path)
	if err := first.Start(); err != nil {
		c.t.Fatal(err)
	}
	begun := c.await(func() bool { // the bad row is told of after those beside it are in
		info, err := os.Stat(path + ".errors.csv")
		return err == nil && info.Size() > 0
	})
	first.Process.Kill()
	first.Wait()
	if !begun {
		c.t.Fatalf("the import of %s does not begin", path)
	}
	made, changed, known, bad := c.imports(path)
	if made == 0 || known == 0 || made+known != rows || changed != 0 || bad != 1 {
		c.t.Errorf("after the kill: %d new, %d changed, %d known, %d bad of %d", made, changed, known, bad, rows)
	}
	if made, changed, known, bad := c.imports(path); made != 0 || changed != 0 || known != rows || bad != 1 {
		c.t.Errorf("the third time: %d new, %d changed, %d known, %d bad of %d", made, changed, known, bad, rows)
	}
}

// Beside a desk that runs with its own redis-server, lists are imported, jobs run and
// tokens made, and what is posted over HTTP is known to all of them. An import that is
// killed goes on where it was, beside the desk and without one.
func TestCommandsBesideARunningDesk(t *testing.T) {
	t.Parallel()
	const rows = 3000
	c := newCity(t)
	c.prepare()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	c.env = append(c.env, "HALO_API_LISTEN="+address)
	r := c.run()

	token := ""
	if code, out := c.halo(func(line string) { token = strings.TrimSpace(line) }, "token", "new", "erp"); code != 0 || !strings.HasPrefix(token, "halo_") {
		t.Fatalf("token new ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "jobs", "run", "nudge"); code != 0 || !strings.Contains(out, "nudge ran: ") {
		t.Errorf("jobs run ended with %d:\n%s", code, out)
	}
	if code, out := c.halo(nil, "jobs"); code != 0 || !regexp.MustCompile(`(?m)^nudge .*20\d\d-.*20\d\d-`).MatchString(out) {
		t.Errorf("jobs ended with %d:\n%s", code, out)
	}

	post := func(token, number string) (status int) {
		body := fmt.Sprintf(`{"number":%q,"name":"Toko 007","placed":%q,"amount":5000}`, number, time.Now().AddDate(0, 0, -3).Format("2006-01-02"))
		q, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+address+"/v1/orders", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Authorization", "Bearer "+token)
		q.Header.Set("Content-Type", "application/json")
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			return 0
		}
		defer a.Body.Close()
		io.Copy(io.Discard, a.Body)
		return a.StatusCode
	}
	status := 0
	c.eventually(r, "the API to take an order in", func() bool { status = post(token, "WEB-1"); return status == 201 || status == 200 })
	if again := post(token, "WEB-1"); again != 200 {
		t.Errorf("the order once more: %d after %d", again, status)
	}
	if status := post(token[:len(token)-1]+"A", "WEB-2"); status != 401 && token[len(token)-1] != 'A' {
		t.Errorf("a wrong token: %d", status)
	}

	c.killedImport(orderList(t, "beside", rows), rows)
	if code, out := c.halo(nil, "token", "revoke", "erp"); code != 0 {
		t.Errorf("token revoke ended with %d:\n%s", code, out)
	}
	if status := post(token, "WEB-3"); status != 401 {
		t.Errorf("a token that was revoked: %d", status)
	}
	r.stop(t)
	c.killedImport(orderList(t, "alone", rows), rows)
}
