package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// Everything that is pressed or sent twice happens once, and the second time is answered.
func TestTwiceIsOnce(t *testing.T) {
	resolved := []string{"t:accept", "t:class:easy", "f:resolve"}
	for _, one := range []struct {
		before []string
		what   string
	}{
		{nil, "t:accept"},
		{nil, "t:class:easy"},
		{nil, "t:complaint"},
		{[]string{"t:complaint"}, "t:complaint:off"},
		{nil, "t:warranty:claim"},
		{[]string{"t:warranty:claim"}, "f:warranty:refuse"},
		{[]string{"t:warranty:claim"}, "f:warranty:accept:valid"},
		{[]string{"t:warranty:claim", "f:warranty:accept:valid"}, "f:warranty:close"},
		{nil, "f:issue"},
		{[]string{"t:accept"}, "f:data"},
		{[]string{"t:accept"}, "t:access"},
		{[]string{"t:accept"}, "t:check"},
		{[]string{"t:accept"}, "f:escalate"},
		{[]string{"t:accept", "f:escalate"}, "f:answer"},
		{[]string{"t:accept", "t:class:easy"}, "f:resolve"},
		{resolved, "t:close"},
		{resolved, "t:reopen"},
		{nil, "f:drop"},
		{[]string{"f:drop"}, "t:reopen"},
	} {
		t.Run(one.what, func(t *testing.T) {
			r := newRoom(t)
			andi := r.as("andi", bot.AssistantManager)
			use := func(id string) bot.Answer {
				if strings.HasPrefix(id, "f:") {
					text := []string{}
					for _, field := range []string{"reason", "product", "serial", "purchased", "complaint", "action", "outcome", "type", "data", "answer", "summary", "solution"} {
						text = append(text, field, "x")
					}
					return andi.send(id, text...)
				}
				return andi.button(id)
			}
			for _, id := range one.before {
				r.silent(use(id))
			}
			had := len(r.events())
			r.silent(use(one.what))
			once, events := r.ticket(), r.events()
			if len(events) == had {
				t.Fatal("nothing happened")
			}
			if a := use(one.what); a.Text == "" {
				t.Error("the second time is not answered")
			}
			if twice := r.ticket(); twice.Step != once.Step || !slices.Equal(r.events(), events) {
				t.Errorf("twice: %v, want %v", r.events(), events)
			}
		})
	}
}

// An interaction that is given to us again, as after a crash, does nothing again.
func TestAnInteractionCountsOnce(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	i := sari.ask(bot.Interaction{Command: "ticket note", Options: map[string]string{"text": "sekali"}})
	for range 2 {
		r.silent(r.desk.Handle(t.Context(), i))
	}
	if n := count(r.events(), "note"); n != 1 {
		t.Errorf("%d notes", n)
	}
}

// Everything that can be asked for is somebody's, everybody else is refused on the
// server, and then nothing has changed.
func TestRights(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	sari.button("t:accept")
	was, events := r.ticket(), len(r.events())
	for name, may := range bot.Table() {
		if name == bridge.SecretPrefix {
			continue // it decides itself, by the ticket, and keeps account of who tries
		}
		if len(may) == 0 {
			t.Errorf("%s is nobody's", name)
		}
		i := bot.Interaction{Options: map[string]string{"class": "hard", "text": "x", "summary": "x", "solution": "x", "step": "claim", "to": "supervisor", "reason": "x", "answer": "x"},
			Fields: map[string]string{"text": "x", "data": "x", "reason": "x"}}
		switch command, isCommand := strings.CutPrefix(name, "/"); {
		case isCommand:
			i.Command = command
		case strings.HasPrefix(name, "form "):
			i.Form, i.Message = strings.TrimPrefix(name, "form "), "9"
		default:
			i.Button, i.Message = name, "9"
		}
		for capability := range everyRight {
			if slices.Contains(may, capability) {
				continue
			}
			p := r.as("somebody", capability)
			asked := p.ask(i)
			if _, ok := r.desk.Form(t.Context(), asked); ok {
				t.Errorf("%s opens its form for %s", name, capability)
			}
			if a := r.desk.Handle(t.Context(), asked); !strings.HasPrefix(a.Text, "Hanya ") {
				t.Errorf("%s is answered to %s with %q", name, capability, a.Text)
			}
		}
		if a := r.desk.Handle(t.Context(), r.as("nobody").ask(i)); !strings.HasPrefix(a.Text, "Hanya ") {
			t.Errorf("%s is answered to nobody in particular with %q", name, a.Text)
		}
	}
	if now := r.ticket(); now.Step != was.Step || len(r.events()) != events {
		t.Errorf("it has changed: %v", r.events())
	}
}

// slow is a store that does not answer a question in time; its updates are not asked.
type slow struct{ bot.Store }

func (slow) Doc(ctx context.Context, _ ledger.Ref) (ledger.Doc, error) {
	<-ctx.Done()
	return ledger.Doc{}, ctx.Err()
}

type failing struct{ bot.Store }

func (failing) Doc(context.Context, ledger.Ref) (ledger.Doc, error) {
	return ledger.Doc{}, errors.New("no connection")
}

// Forms open within the time that Discord gives, also when the store is slow or down,
// and nothing in them is cut off.
func TestFormsOpenWithoutTheStore(t *testing.T) {
	buttons := []string{"t:issue-other", "t:note", "t:data", "t:resolve", "t:drop", "t:escalate", "t:answer", "t:review", "t:review:HE-1", "t:warranty:refuse", "t:warranty:accept:valid", "t:warranty:close", "t:resolve:aside", "more:sales",
		"t:report-text", "t:report-text:missing", "t:carry-find", "more:forward:sales",
		"r:data", "r:adjusted", "r:reject:duplicate", "r:reject:not_reproducible:aside", "r:fail", "r:fail:HE-261123-0001-R1", "r:object:HE-1-R1:aside", "r:withdraw"}
	for name, st := range map[string]bot.Store{"slow": slow{}, "failing": failing{}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				desk := bot.NewDesk(bot.Options{Store: st, Rights: everyRight, Log: zap.NewNop()})
				for _, button := range buttons {
					for _, locale := range []string{"id", "en-US"} {
						began := time.Now()
						f, ok := desk.Form(t.Context(), bot.Interaction{ID: "i", Button: button, Channel: "77", Locale: locale, Roles: []string{bot.Manager, bot.Developer}, At: began})
						if took := time.Since(began); !ok || took > 500*time.Millisecond {
							t.Errorf("%s: %v after %s", button, ok, took)
						}
						checkForm(t, f)
					}
				}
			})
		})
	}
}

func checkForm(t *testing.T, f bot.Form) {
	t.Helper()
	fits := func(what, text string, most int) {
		if n := utf8.RuneCountInString(text); n < 1 || n > most {
			t.Errorf("%s: %s %q has %d characters", f.ID, what, text, n)
		}
	}
	fits("id", f.ID, 100)
	fits("title", f.Title, 45)
	if len(f.Fields) < 1 || len(f.Fields) > 5 {
		t.Errorf("%s has %d fields", f.ID, len(f.Fields))
	}
	for _, field := range f.Fields {
		fits("label", field.Label, 45)
		// What is asked for is a list to choose from; everything else is looked up.
		if n := utf8.RuneCountInString(field.Value); utf8.RuneCountInString(field.Hint) > 100 || n > field.Most || n > 0 && f.ID != "f:data" {
			t.Errorf("%s: field %+v", f.ID, field)
		}
	}
}
