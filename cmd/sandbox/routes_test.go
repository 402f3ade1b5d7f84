package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestBadRequestsAreToldApart(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	first := b.write("halo")
	room := "discord/channels/" + b.thread().ID + "/messages"
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "nothing", "", 404},
		{"DELETE", "state", "", 405},
		{"POST", "customers", `{"phone":"12","name":"x"}`, 400},
		{"POST", "customers", `{"phone":"6281234567009","name":""}`, 400},
		{"POST", "customers", `{"phone":"6281100000000","name":"x"}`, 409},
		{"POST", "customers", `{"telephone":"6281234567009"}`, 400},
		{"POST", "customers", `{} {}`, 400},
		{"POST", "customers", `{"name":"` + strings.Repeat("x", mostBody) + `"}`, 413},
		{"GET", "customers/6289999999999/messages", "", 404},
		{"POST", "customers/" + ana + "/messages", `{}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"text":"a","react":"b","to":"c"}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"location":{"latitude":91,"longitude":2}}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"location":{"name":"here"}}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"contact":{"name":"x"}}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"poll":{"question":"?","options":["a","a"]}}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"vote":["a"]}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"vote":["a"],"to":"none"}`, 404},
		{"POST", "customers/" + ana + "/messages", `{"vote":["a"],"to":"` + first + `"}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"react":"a","to":"none"}`, 404},
		{"POST", "customers/" + ana + "/messages", `{"text":"a","reply_to":"none"}`, 404},
		{"POST", "customers/" + ana + "/messages", `{"delete":"none"}`, 404},
		{"POST", "customers/" + ana + "/messages", `{"delete":"none","reply_to":"none"}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"edit":"` + first + `"}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"edit":"none","text":"x"}`, 404},
		{"POST", "customers/" + ana + "/messages", `{"text":"a","forwarded":-1}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"delete":"` + first + `","forwarded":1}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"disappearing":-1}`, 400},
		{"POST", "customers/" + ana + "/messages", `{"disappearing":86400,"text":"a"}`, 400},
		{"POST", "customers/" + ana + "/calls", `{"hang_up":"none"}`, 404},
		{"POST", "customers/" + ana + "/calls", `{"hang_up":"none","video":true}`, 400},
		{"POST", "customers/6289999999999/calls", `{}`, 404},
		{"GET", "discord/channels/7/messages", "", 404},
		{"POST", room, `{"as":"nobody","content":"x"}`, 404},
		{"POST", room, `{"as":"sari"}`, 400},
		{"POST", room, `{"as":"bayu","content":"developers do not see tickets"}`, 403},
		{"POST", room, `{"as":"sari","delete":"1"}`, 404},
		{"POST", room, `{"as":"sari","forward":"1"}`, 404},
		{"POST", room, `{"as":"sari","content":"x","forward":"1"}`, 400},
		{"POST", room, `{"as":"sari","stickers":["a"],"delete":"1"}`, 400},
		{"POST", "discord/channels/" + b.thread().ID + "/typing", `{"as":"bayu"}`, 403},
		{"POST", "discord/channels/7/typing", `{"as":"sari"}`, 404},
		{"POST", "discord/channels/7", `{"as":"lina","archived":true}`, 404},
		{"POST", "discord/channels/" + b.thread().ID, `{"as":"lina"}`, 400},
		{"POST", "discord/channels/" + b.thread().ID, `{"as":"lina","delete":true,"locked":true}`, 400},
		{"POST", "discord/channels/" + b.thread().ID, `{"as":"lina","tags":["nonsense"]}`, 409},
		{"POST", "discord/channels/" + b.thread().ID, `{"as":"sari","locked":true}`, 403},
		{"POST", "discord/channels/" + b.thread().ID, `{"as":"bayu","locked":true}`, 403},
		{"POST", room, `{"as":"sari","content":"` + strings.Repeat("x", 2001) + `"}`, 400},
		{"POST", "discord/interactions", `{"as":"sari"}`, 400},
		{"POST", "discord/interactions", `{"as":"sari","channel":"1","command":"ticket close"}`, 404},
		{"POST", "discord/interactions", `{"as":"sari","channel":"` + b.thread().ID + `","command":"nonsense"}`, 409},
		{"POST", "discord/interactions", `{"as":"sari","message":"1","custom_id":"x"}`, 404},
		{"POST", "discord/completions", `{"as":"sari","channel":"1","command":"order add","option":"company","typed":"x"}`, 404},
		{"POST", "discord/completions", `{"as":"sari","channel":"` + b.thread().ID + `","command":"order add","option":"number","typed":"x"}`, 400},
		{"POST", "discord/completions", `{"as":"bayu","channel":"` + b.thread().ID + `","command":"order add","option":"company","typed":"x"}`, 403},
		{"POST", "faults", `{"discord":{"outrage":true}}`, 400},
		{"POST", "faults", `{"discord":{"lost_answers":2}}`, 400},
		{"POST", "faults", `{"whatsapp":{"latency_ms":-1}}`, 400},
		{"POST", "faults", `{"whatsapp":{"refuse_next":-1}}`, 400},
		{"GET", "tickets/HE-1", "", 404},
	} {
		status, answer := b.do(c.method, c.path, c.body)
		var told struct{ Error string }
		if err := json.Unmarshal(answer, &told); err != nil || told.Error == "" || status != c.status {
			t.Errorf("%s %s %.80s answered %d %s, want %d and an error", c.method, c.path, c.body, status, answer, c.status)
		}
	}
}

func TestForeignPagesAreKeptOut(t *testing.T) {
	t.Parallel()
	b := start(t, options{Empty: true})
	send := func(change func(*http.Request)) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", b.url+"/sandbox/settle", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		change(r)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("other origins are allowed")
		}
		return answer.StatusCode
	}
	if got := send(func(r *http.Request) { r.Host = "evil.example" }); got != http.StatusForbidden {
		t.Errorf("a foreign name got %d", got)
	}
	if got := send(func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }); got != http.StatusForbidden {
		t.Errorf("a foreign page got %d", got)
	}
	if got := send(func(r *http.Request) {
		r.Header.Set("Content-Type", "text/plain") // as a form of another page would
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}); got != http.StatusForbidden {
		t.Errorf("a foreign form got %d", got)
	}
	if got := send(func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }); got != http.StatusOK {
		t.Errorf("curl -d got %d", got)
	}
	if got := send(func(*http.Request) {}); got != http.StatusOK {
		t.Errorf("a friend got %d", got)
	}
	answer, err := http.Get(b.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if policy := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self'") || answer.StatusCode != http.StatusOK {
		t.Errorf("the page came with %d and policy %q", answer.StatusCode, policy)
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":8080", "192.0.2.1:80", "example.org:80", "8080"} {
		if l, err := listenLoopback(address); err == nil {
			l.Close()
			t.Errorf("listens on %s", address)
		}
	}
	l, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if second, err := listenLoopback(l.Addr().String()); err == nil {
		second.Close()
		t.Error("listens twice on one port")
	} else if !strings.Contains(err.Error(), "choose another with --listen") {
		t.Errorf("a port in use is told as %q", err)
	}
}
