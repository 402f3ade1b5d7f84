package desk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/web"
)

// An office is a desk that takes in what others send, without networks.
type office struct {
	t      *testing.T
	client store.Client
	store  *store.Store
	ahead  atomic.Int64
	token  string
	*httptest.Server
	desk *Desk
}

func openOffice(t *testing.T) *office {
	o := &office{t: t, client: storetest.Memory(t)}
	o.store = store.New(o.client, store.Options{Desk: "test", Now: o.now})
	token, err := newToken(t.Context(), o.store, "erp")
	if err != nil {
		t.Fatal(err)
	}
	o.token = token.Reveal()
	o.open()
	t.Cleanup(func() {
		o.Close()
		storetest.Check(t, o.client, "test")
	})
	return o
}

func (o *office) now() time.Time {
	return time.Date(2025, 1, 14, 9, 0, 0, 0, time.UTC).Add(time.Duration(o.ahead.Load()))
}

// open begins to answer, with nothing remembered of before.
func (o *office) open() {
	if o.Server != nil {
		o.Close()
	}
	cfg := Default()
	cfg.Desk = "test"
	policy := bridge.Desk{Prefix: "HE", Zone: cfg.Zone, Calendar: cfg.Calendar, Types: cfg.Types, Policy: cfg.Policy, Now: o.now}
	o.desk = &Desk{cfg: cfg, o: Options{Now: o.now}, log: zap.NewNop(), parts: &parts{policy: policy}}
	api := o.desk.api(o.store)
	api.PerSecond, api.Burst = 10_000, 10_000
	o.Server = httptest.NewServer(api.Handler())
}

func (o *office) post(path, body, key string) (status int, answer string) {
	o.t.Helper()
	q, err := http.NewRequestWithContext(o.t.Context(), "POST", o.URL+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+o.token)
	q.Header.Set("Content-Type", "application/json")
	if key != "" {
		q.Header.Set("Idempotency-Key", key)
	}
	a, err := o.Client().Do(q)
	if err != nil {
		o.t.Error(err)
		return 0, ""
	}
	defer a.Body.Close()
	data, err := io.ReadAll(a.Body)
	if err != nil {
		o.t.Error(err)
	}
	return a.StatusCode, string(data)
}

// ordered counts how often an order came in, in the log of its customer.
func (o *office) ordered(number string) (times int) {
	o.t.Helper()
	var order customer.Order
	if _, err := o.store.Update(o.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) (err error) {
		order, _, err = customer.LoadOrder(tx, number)
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
	for e, err := range o.store.Events(o.t.Context(), customer.CustomerLog(order.Customer)) {
		if err != nil {
			o.t.Fatal(err)
		}
		if e.What == "ordered" && e.Data["number"] == number {
			times++
		}
	}
	return times
}

const anOrder = `{"number":"SO-1","name":"Toko Maju","place":"TKMAJU","placed":"2025-01-10","amount":1250000}`

// The same order fifty times at once is one order.
func TestAPIOneOrder(t *testing.T) {
	o := openOffice(t)
	var made, known atomic.Int64
	var work sync.WaitGroup
	for range 50 {
		work.Go(func() {
			for {
				switch status, answer := o.post("/v1/orders", anOrder, ""); {
				case status == 503 && strings.Contains(answer, "busy"):
					continue
				case status == 201:
					made.Add(1)
				case status == 200 && strings.Contains(answer, `"unchanged":1`):
					known.Add(1)
				default:
					t.Errorf("answers %d %s", status, answer)
				}
				return
			}
		})
	}
	work.Wait()
	if made.Load() != 1 || known.Load() != 49 || o.ordered("SO-1") != 1 {
		t.Errorf("made %d times, known %d times, %d in the log", made.Load(), known.Load(), o.ordered("SO-1"))
	}
}

// An answer outlasts the process that gave it, is the same for two at once, and is forgotten
// after a day.
func TestAPIAnswersAreKept(t *testing.T) {
	o := openOffice(t)
	list := "[" + strings.Repeat(`{"number":"SO-2","placed":"soon","what":"`+strings.Repeat("x", 70)+`"},`, 99) + anOrder + "]"
	status, first := o.post("/v1/orders", list, "k1")
	if status != 200 || !strings.Contains(first, `"refused":99`) || !strings.Contains(first, `"created":1`) || len(first) < 2*answerPiece {
		t.Fatalf("answers %d %.300s of %d bytes", status, first, len(first))
	}
	o.open()
	if status, again := o.post("/v1/orders", list, "k1"); status != 200 || again != first {
		t.Errorf("after a restart: %d %.300s", status, again)
	}
	if status, answer := o.post("/v1/orders", anOrder, "k1"); status != 422 || !strings.Contains(answer, "key-reused") {
		t.Errorf("with another body: %d %s", status, answer)
	}
	if status, answer := o.post("/v1/customers", list, "k1"); status != 422 || !strings.Contains(answer, "key-reused") {
		t.Errorf("elsewhere: %d %s", status, answer)
	}

	var mu sync.Mutex
	answers := map[string]int{}
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for {
				status, answer := o.post("/v1/orders", strings.ReplaceAll(anOrder, "SO-1", "SO-3"), "k2")
				if status == 409 {
					continue
				}
				mu.Lock()
				answers[fmt.Sprint(status, answer)]++
				mu.Unlock()
				return
			}
		})
	}
	work.Wait()
	if len(answers) != 1 || !strings.Contains(fmt.Sprint(answers), "created") || o.ordered("SO-3") != 1 {
		t.Errorf("eight at once read %v", answers)
	}

	o.ahead.Store(int64(23 * time.Hour))
	if err := (apiAnswers{o.store}).prune(t.Context(), o.now()); err != nil {
		t.Fatal(err)
	}
	if status, again := o.post("/v1/orders", list, "k1"); status != 200 || again != first {
		t.Errorf("within the day: %d %.300s", status, again)
	}
	o.ahead.Store(int64(24*time.Hour + time.Minute))
	if err := (apiAnswers{o.store}).prune(t.Context(), o.now()); err != nil {
		t.Fatal(err)
	}
	if dump := storetest.Dump(t.Context(), o.client); strings.Contains(dump, "answer") {
		t.Error("answers are kept after their day")
	}
	if status, answer := o.post("/v1/orders", anOrder, "k1"); status != 200 || !strings.Contains(answer, `"unchanged":1`) {
		t.Errorf("a day later: %d %s", status, answer)
	}
}

// A request that a crash broke off keeps its key for a minute, and is then done anew.
func TestAPIBrokenOff(t *testing.T) {
	o := openOffice(t)
	answers := apiAnswers{o.store}
	r := web.Request{Token: "erp", Key: "k", At: o.now()}
	for _, test := range []struct {
		after time.Duration
		want  web.KeptState
	}{{0, web.New}, {time.Second, web.Working}, {web.MostWork, web.New}} {
		r.At = o.now().Add(test.after)
		if kept, err := answers.Begin(t.Context(), r); err != nil || kept.State != test.want {
			t.Errorf("after %s: %+v, %v", test.after, kept, err)
		}
	}
	if err := answers.Forget(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if kept, err := answers.Begin(t.Context(), r); err != nil || kept.State != web.New {
		t.Errorf("what was taken back: %+v, %v", kept, err)
	}
}

// Of a token the store has the hash alone; revoked, it is worth nothing.
func TestAPITokens(t *testing.T) {
	o := openOffice(t)
	secret := o.token[strings.LastIndexByte(o.token, '_')+1:]
	if dump := storetest.Dump(t.Context(), o.client); strings.Contains(dump, secret) || len(secret) < 52 {
		t.Error("the store has the token")
	}
	if _, err := newToken(t.Context(), o.store, "erp"); err == nil {
		t.Error("two tokens have one name")
	}
	if status, _ := o.post("/v1/orders", anOrder, ""); status != 201 {
		t.Errorf("answers %d", status)
	}
	all, err := Tokens(t.Context(), o.desk.cfg, Options{Redis: o.client, Now: o.now})
	if err != nil || len(all) != 1 || all[0].Name != "erp" || !all[0].Used.Equal(o.now()) {
		t.Errorf("tokens %+v, %v", all, err)
	}
	right := o.token
	for _, wrong := range []string{right + "A", right[:len(right)-1], strings.ToLower(right), "halo_" + secret, "halo_ABCDEFGHIJ_" + secret, "x", strings.Repeat("A", 9000)} {
		o.token = wrong
		if status, _ := o.post("/v1/orders", anOrder, ""); status != 401 {
			t.Errorf("%.60s answers %d", wrong, status)
		}
	}
	o.token = right
	if err := revokeToken(t.Context(), o.store, "erp"); err != nil {
		t.Fatal(err)
	}
	if err := revokeToken(t.Context(), o.store, "erp"); err == nil {
		t.Error("it is revoked twice")
	}
	if status, _ := o.post("/v1/orders", anOrder, ""); status != 401 {
		t.Errorf("after it was revoked: %d", status)
	}
}

// A process that does not lead takes nothing in, and says when to come again.
func TestAPIStandsBy(t *testing.T) {
	o := openOffice(t)
	parts := o.desk.parts
	o.desk.parts = nil
	if status, answer := o.post("/v1/orders", anOrder, "k"); status != 503 || !strings.Contains(answer, "unavailable") {
		t.Errorf("answers %d %s", status, answer)
	}
	o.desk.parts = parts
	if status, _ := o.post("/v1/orders", anOrder, "k"); status != 201 {
		t.Errorf("a moment later it answers %d", status)
	}
}

// What docs/api.md shows is what happens.
func TestAPIPage(t *testing.T) {
	o := openOffice(t)
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)<!-- answers (\\d+) -->\n```sh\ncurl -s http://127.0.0.1:8091(\\S+).*?-d '(.*?)'\n```(?:\n\n<!-- gives -->\n```json\n(.*?)\n```)?")
	all := example.FindAllStringSubmatch(string(page), -1)
	if len(all) != 3 || strings.Count(string(page), "curl ") != 3 {
		t.Fatalf("%d examples", len(all))
	}
	key := regexp.MustCompile(`Idempotency-Key: ([^"]+)"`)
	for _, m := range all {
		given := ""
		if k := key.FindStringSubmatch(m[0]); k != nil {
			given = k[1]
		}
		status, answer := o.post(m[2], m[3], given)
		want := strings.Split(regexp.QuoteMeta(m[4]), "…")
		if fmt.Sprint(status) != m[1] || !regexp.MustCompile("^"+strings.Join(want, "[^\"]+")+"\n$").MatchString(answer) {
			t.Errorf("%s answers %d %s\nthe page says %s %s", m[2], status, answer, m[1], m[4])
		}
	}
	for _, fields := range [][]web.Field{orderFields, customerFields} {
		for _, f := range fields {
			if !bytes.Contains(page, []byte("`"+f.Name+"`")) {
				t.Errorf("the page does not speak of %s", f.Name)
			}
		}
	}
}

// Every field of a row reaches its place.
func TestAPIFields(t *testing.T) {
	filled := func(fields []web.Field) map[string]string {
		row := map[string]string{}
		for _, f := range fields {
			row[f.Name] = f.Name
		}
		return row
	}
	for _, entry := range []any{customerEntry(filled(customerFields)), orderEntry(filled(orderFields))} {
		data, err := json.Marshal(entry)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		for field, value := range got {
			if strings.ToLower(field) != value {
				t.Errorf("%s has %q", field, value)
			}
		}
	}
}

// An answer larger than one commit is kept too.
func TestAPIKeepsTheLargestAnswers(t *testing.T) {
	o := openOffice(t)
	row := anOrder[:len(anOrder)-1]
	for n := range 25 {
		row += fmt.Sprintf(`,"%s%d":1`, strings.Repeat("<", 60), n)
	}
	list := "[" + strings.TrimSuffix(strings.Repeat(row+"},", 100), ",") + "]"
	status, first := o.post("/v1/orders", list, "k1")
	if status != 200 || len(first) <= store.MaxCommit {
		t.Fatalf("answers %d %.300s of %d bytes", status, first, len(first))
	}
	if status, again := o.post("/v1/orders", list, "k1"); status != 200 || again != first {
		t.Errorf("again: %d %.300s", status, again)
	}
	o.ahead.Store(int64(25 * time.Hour))
	if err := (apiAnswers{o.store}).prune(t.Context(), o.now()); err != nil {
		t.Error(err)
	}
	if left := storetest.Dump(t.Context(), o.client); strings.Contains(left, "d:answer:") {
		t.Errorf("pieces are left: %.300s", left)
	}
}

// A row that can never be taken in is refused: whoever sent it would send it for ever.
func TestAPIRefusesWhatIsNeverTaken(t *testing.T) {
	o := openOffice(t)
	for _, err := range []error{&customer.Refusal{Key: "order_undated"}, fmt.Errorf("store: %w", ledger.ErrTooLarge)} {
		out, got := o.desk.takeRow(t.Context(), o.store, func(*ledger.Tx, bridge.Desk) (customer.Entered, []customer.Fault, error) {
			return customer.Entered{Customer: "c1"}, nil, err
		})
		if got != nil || out.Outcome != web.Refused || out.Customer != "" || len(out.Errors) != 1 || out.Errors[0].Detail == "" {
			t.Errorf("%v: %+v, %v", err, out, got)
		}
	}
}
