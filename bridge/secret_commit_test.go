package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A paper is a store that keeps every byte it was ever told to write.
type paper struct {
	docs  map[ledger.Ref]ledger.Doc
	seen  map[string]bool
	next  int64
	now   time.Time
	trace bytes.Buffer
	seald []ledger.LoggedEvent
}

type page struct{ *paper }

func (p page) Doc(ref ledger.Ref) (ledger.Doc, error)                    { return p.docs[ref], nil }
func (p page) Next(string) (int64, error)                                { p.next++; return p.next, nil }
func (p page) Status(string, string) (ledger.Status, bool, error)        { return ledger.Status{}, false, nil }
func (p page) LetterByExt(string, string) (string, bool, error)          { return "", false, nil }
func (p page) DeadLetter(string) (l ledger.Letter, ok bool, err error)   { return l, false, nil }
func (p *paper) Doc(_ context.Context, r ledger.Ref) (ledger.Doc, error) { return p.docs[r], nil }

func (p *paper) Update(_ context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (bool, error) {
	if in := cause.Inbox; in != nil && p.seen[in.Source+in.ID] {
		return false, nil
	}
	tx := ledger.NewTx(p.now, page{p})
	if err := fn(tx); err != nil {
		return false, err
	}
	if in := cause.Inbox; in != nil {
		p.seen[in.Source+in.ID] = true
		fmt.Fprintln(&p.trace, in.Source, in.ID)
	}
	change := tx.Finish()
	for _, put := range change.Puts {
		p.docs[put.Ref] = ledger.Doc{Version: p.docs[put.Ref].Version + 1, Data: put.Data}
		fmt.Fprintf(&p.trace, "put %s %s\n", put.Ref, put.Data)
	}
	for _, l := range slices.Concat(change.Letters, change.First) {
		fmt.Fprintf(&p.trace, "letter %+v %s\n", l, l.Body)
	}
	for _, e := range change.Events {
		fmt.Fprintf(&p.trace, "event %+v\n", e)
		if e.Event.What == "secret_sealed" {
			p.seald = append(p.seald, e)
		}
	}
	fmt.Fprintf(&p.trace, "rest %+v %+v %+v %+v %+v %q\n", change.Timers, change.Cancelled, change.Raised, change.Indexed, change.Unindexed, change.Views)
	return true, nil
}

// holds reports whether it was ever told to write something, as a word of its own.
func (p *paper) holds(secret string) bool {
	part := func(b byte) bool { return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }
	all := p.trace.Bytes()
	for at := 0; ; at++ {
		i := bytes.Index(all[at:], []byte(secret))
		if i < 0 {
			return false
		}
		if at += i; !part(all[at-1]) && !part(all[at+len(secret)]) {
			return true
		}
	}
}

// An asked is a person of whom codes are asked, on paper.
type asked struct {
	*rapid.T
	*paper
	r       *Relay
	n       int
	secrets []string
	sealed  []Quote // what he sent with a secret in it, as his phone quotes it
	plain   []string
}

func newAsked(t *rapid.T) *asked {
	p := &paper{docs: map[ledger.Ref]ledger.Doc{}, seen: map[string]bool{}, now: time.Date(2026, 1, 7, 3, 0, 0, 0, time.UTC)}
	s := &asked{T: t, paper: p}
	s.r = NewRelay(p, Desk{
		Now: func() time.Time { return p.now }, Prefix: "HE", Zone: time.UTC, Sentences: ticket.Defaults(), NotePrefix: "//", AgentRoles: []string{"ra"},
		Flood: Flood{Messages: 3, Within: time.Minute}, Vault: NewVault(), MessageID: func(letter string) string { return "ID-" + letter },
		Members: func(context.Context, string, int64) ([]string, error) { return nil, nil },
	}, zap.NewNop())
	s.receive(ClientMessage{Text: "halo"})
	return s
}

func (s *asked) receive(m ClientMessage) (id string) {
	s.Helper()
	if s.n++; m.ID == "" {
		m.ID = fmt.Sprintf("M%04d", s.n)
	}
	m.Chat, m.Name, m.At = "6281@s.whatsapp.net", "Ana", s.now
	for range 2 {
		if err := s.r.Receive(context.Background(), m); err != nil {
			s.Fatal(err)
		}
	}
	return m.ID
}

func (s *asked) conversation() ticket.Conversation {
	s.Helper()
	var c ticket.Conversation
	if _, err := s.Update(context.Background(), ledger.Cause{}, func(tx *ledger.Tx) (err error) {
		c, _, err = ticket.ByAddress(tx, "6281@s.whatsapp.net", "")
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return c
}

// step makes a transition of the open ticket; what is refused does not happen.
func (s *asked) step(fn Transition) {
	s.Helper()
	if number := s.conversation().Open; number != "" {
		_, _ = s.Update(context.Background(), ledger.Cause{}, func(tx *ledger.Tx) error { return s.r.desk.Change(tx, number, fn) })
	}
}

// ask asks for a code; false when that cannot be.
func (s *asked) ask() (ok bool) {
	s.step(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return t.Accept("sari", s.now) })
	s.step(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		events, err := t.RequestAccess("sari", s.now)
		ok = err == nil
		return events, err
	})
	return ok
}

// ends resolves or drops the ticket before the code came.
func (s *asked) ends() {
	s.step(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Classify(ticket.Easy, "sari", s.now)
	})
	if rapid.Bool().Draw(s.T, "resolve") {
		s.step(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return t.Resolve("a", "b", "sari", s.now)
		})
	} else {
		s.step(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return t.Drop("a", "sari", s.now)
		})
	}
}

// says are words with a new secret in them, or a secret that is said to be one where
// numbers are common.
func (s *asked) says(loud bool) string {
	code, word := fmt.Sprintf("%08d", 73000000+131*s.n), fmt.Sprintf("Kp%d#rahasia", s.n)
	long := strings.Repeat("Kemarin kami sudah mencoba masuk lewat ponsel di outlet pusat. ", 63)
	shapes := []string{"kode OTP nya " + code, "pw nya " + word, "user: admin\npassword: " + word, long + "Kode OTP nya " + code + " ya kak. " + long}
	if !loud {
		shapes = append(shapes, code, word, "ini kak "+code+" 🙏", "*"+code+"*")
	}
	text := rapid.SampledFrom(shapes).Draw(s.T, "words")
	for _, one := range []string{code, word} {
		if strings.Contains(text, one) {
			s.secrets = append(s.secrets, one)
		}
	}
	return text
}

// tells sends a secret in one shape or another.
func (s *asked) tells() {
	text := s.says(false)
	id := ""
	switch shape := rapid.SampledFrom([]string{"text", "caption", "album", "name", "edit", "quote", "poll", "vote", "card", "place", "link", "late", "reaction"}).Draw(s.T, "shape"); shape {
	case "caption", "album":
		m := ClientMessage{Kind: KindImage, Text: text, Media: &Media{Kind: KindImage, MIME: "image/jpeg", Ref: json.RawMessage(`{}`)}}
		if shape == "album" {
			m.Album = "A1"
		}
		id = s.receive(m)
	case "name":
		s.receive(ClientMessage{Kind: KindDocument, Media: &Media{Kind: KindDocument, Name: s.says(true) + ".txt", MIME: "text/plain", Ref: json.RawMessage(`{}`)}})
	case "edit":
		if len(s.plain) > 0 {
			id = rapid.SampledFrom(s.plain).Draw(s.T, "edited")
			s.receive(ClientMessage{Kind: KindEdit, Target: id, Text: text})
		}
	case "quote":
		s.receive(ClientMessage{Text: "itu kak", Quote: &Quote{ID: "unknown", Text: text}})
	case "poll":
		s.receive(ClientMessage{Kind: KindPoll, Poll: &Poll{Question: s.says(true), Options: []string{"ya", text}}})
	case "vote":
		s.receive(ClientMessage{Kind: KindVote, Target: "unknown", Votes: []string{text}})
	case "card":
		s.receive(ClientMessage{Kind: KindContact, Contacts: []Contact{{Name: s.says(true), Card: "BEGIN:VCARD\nNOTE:" + strings.ReplaceAll(text, "\n", " ") + "\nEND:VCARD"}}})
	case "place":
		s.receive(ClientMessage{Kind: KindLocation, Place: &Place{Name: s.says(true), Address: s.says(true)}})
	case "link":
		s.receive(ClientMessage{Text: text, Link: &Link{Title: s.says(true), Text: s.says(true), URL: "https://a.example"}})
	case "late":
		id = s.receive(ClientMessage{Unreadable: "it could not be decrypted"})
		s.receive(ClientMessage{ID: id, Text: text})
	case "reaction":
		s.receive(ClientMessage{Kind: KindReaction, Target: "unknown", Text: text})
	default:
		id = s.receive(ClientMessage{Text: text})
	}
	if id != "" {
		s.sealed = append(s.sealed, Quote{ID: id, Kind: KindPlainText, Text: text})
	}
}

// repeats speaks of a message with a secret, by whatever way the phone does.
func (s *asked) repeats() {
	if len(s.sealed) == 0 {
		return
	}
	q := rapid.SampledFrom(s.sealed).Draw(s.T, "of")
	switch rapid.IntRange(0, 2).Draw(s.T, "how") {
	case 0:
		s.receive(ClientMessage{Text: "yang itu", Quote: &q})
	case 1:
		s.receive(ClientMessage{Own: true, Text: "baik kak", Quote: &q})
	case 2:
		s.receive(ClientMessage{Kind: KindEdit, Target: q.ID, Text: q.Text + " kak"})
	}
}

// agentRepeats lets somebody of the staff say again what a client sent a moment ago.
func (s *asked) agentRepeats() {
	ctx, said := context.Background(), ""
	if len(s.seald) == 0 {
		return
	}
	e := s.seald[len(s.seald)-1]
	_, _ = s.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		words, _, _, _ := s.r.desk.Reveal(tx, e.Log, e.Event.Data["secret"])
		said = strings.Join(words, " dan ")
		t, ok, err := ticket.Load(tx, e.Log)
		if err != nil || !ok {
			return err
		}
		t.Thread = "900" + e.Log[len(e.Log)-4:]
		if err := t.Save(tx); err != nil {
			return err
		}
		th, _, _ := ticket.LoadThread(tx, t.Thread)
		th.ID, th.Ticket = t.Thread, t.Number
		return th.Save(tx)
	})
	if said == "" {
		return // its time is over
	}
	s.n++
	m := StaffMessage{ID: fmt.Sprint(1400000000000000000 + s.n), Channel: "900" + e.Log[len(e.Log)-4:], Roles: []string{"ra"}, At: s.now}
	m.Author = rapid.SampledFrom([]string{"sari", "dewi"}).Draw(s.T, "author")
	said = rapid.SampledFrom([]string{"", "// ", "<@1> "}).Draw(s.T, "mark") + said
	switch rapid.SampledFrom([]string{"text", "poll", "forwarded", "later"}).Draw(s.T, "repeats") {
	case "poll":
		m.Poll = &Poll{Question: said, Options: []string{said, "ya"}}
	case "forwarded":
		m.Snapshots = []Snapshot{{Text: said}}
	case "later":
		m.Text = "baik kak"
	default:
		m.Text = said
	}
	if err := s.r.Reply(ctx, m); err != nil {
		s.Fatal(err)
	}
	if rapid.Bool().Draw(s.T, "changed") {
		m.Text, m.Edited = said, s.now
		if err := s.r.Edited(ctx, m); err != nil {
			s.Fatal(err)
		}
	}
	if _, err := s.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		_, err := s.r.desk.KeepInside(tx, m.Channel, StaffMessage{ID: m.ID, Author: m.Author, Text: said, At: s.now}, 0, "sari")
		return err
	}); err != nil {
		s.Fatal(err)
	}
}

// Whatever a client sends, in whatever order, nothing of a secret is in what is
// committed: no document, no event, no letter, no name of anything, also when staff repeat it while it
// can be read. All of it can be read
// by whom it is for.
func TestNoSecretIsCommitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newAsked(t)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			s.now = s.now.Add(time.Duration(rapid.IntRange(1, 50000).Draw(t, "pause")) * time.Millisecond)
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0, 1:
				if !s.ask() {
					continue
				}
				if rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
					s.ends()
					s.now = s.now.Add(time.Duration(rapid.IntRange(1, 23*60).Draw(t, "later")) * time.Minute)
				}
				s.tells()
			case 2:
				for n := rapid.SampledFrom([]int{1, 6}).Draw(t, "flood"); n > 0 && s.ask(); n-- {
					s.tells()
				}
			case 3:
				s.repeats()
			case 4:
				s.now = s.now.Add(time.Duration(rapid.IntRange(1, 3*60).Draw(t, "rest")) * time.Minute)
			case 6, 7:
				s.agentRepeats()
			case 5:
				s.plain = append(s.plain, s.receive(ClientMessage{Text: "sebentar ya kak"}))
			}
		}
		for _, secret := range s.secrets {
			if s.holds(secret) {
				i := bytes.Index(s.trace.Bytes(), []byte(secret))
				all := s.trace.Bytes()
				t.Fatalf("%q is written: %s", secret, all[max(0, i-900):min(len(all), i+200)])
			}
		}
		s.opens()
	})
}

// opens checks that what was sealed last can be read, until its time is over.
func (s *asked) opens() {
	for i, e := range s.seald {
		_, _ = s.Update(context.Background(), ledger.Cause{}, func(tx *ledger.Tx) error {
			words, until, ok, err := s.r.desk.Reveal(tx, e.Log, e.Event.Data["secret"])
			if err != nil || ok != s.now.Before(e.Event.At.Add(ticket.SecretKept)) || ok && (len(words) == 0 || !until.Equal(e.Event.At.Add(ticket.SecretKept))) {
				s.Errorf("secret %d opens: %v %v, %d words until %s", i, ok, err, len(words), until)
			}
			return nil
		})
	}
}

// notWords are the texts of a message that nobody writes words in, and why.
var notWords = map[string]string{
	"ID": "an id", "Chat": "an address", "Alt": "an address", "Phone": "digits of a number", "Target": "an id", "Album": "an id", "Kind": "ours", "Unreadable": "ours",
	"Name": "a person's name is no message", "Group.Name": "a group's name is no message", "Group.SenderName": "a person's name is no message",
	"Group.Sender": "an address", "Group.SenderPhone": "digits of a number", "Quote.ID": "an id", "Quote.Sender": "an address", "Quote.Kind": "ours", "Quote.Message": "an id, and ours",
	"Media.Kind": "ours", "Media.MIME": "a type of files", "Media.Sum": "a sum", "Media.Ref": "keys and addresses of a file",
}

// Every text that a message has is looked at, also those that it will have one day.
func TestEveryTextOfAMessageIsMasked(t *testing.T) {
	const secret = "password: Kopi#77x"
	var walk func(at reflect.Type, path []int, name string)
	walk = func(at reflect.Type, path []int, name string) {
		for i := range at.NumField() {
			f := at.Field(i)
			field := strings.TrimPrefix(name+"."+f.Name, ".")
			inner := f.Type
			for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			where := append(slices.Clone(path), i)
			switch {
			case !f.IsExported() || inner == reflect.TypeFor[time.Time]() || notWords[field] != "":
			case inner.Kind() == reflect.Struct:
				walk(inner, where, field)
			case inner.Kind() == reflect.String:
				m := ClientMessage{}
				fill(reflect.ValueOf(&m).Elem(), where, secret)
				masked, secrets := m.withoutSecrets()
				if now, _ := json.Marshal(masked); strings.Contains(string(now), "77x") || len(secrets) == 0 || !strings.Contains(strings.Join(secrets, " "), "Kopi#77x") {
					t.Errorf("%s keeps it: %s", field, now)
				}
			case inner.Kind() == reflect.Uint8:
				t.Errorf("%s: are these words?", field)
			}
		}
	}
	walk(reflect.TypeFor[ClientMessage](), nil, "")
}

// fill puts a text where a path of fields leads.
func fill(v reflect.Value, path []int, text string) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			v = v.Index(0)
			continue
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if len(path) == 0 {
		v.SetString(text)
		return
	}
	fill(v.Field(path[0]), path[1:], text)
}
