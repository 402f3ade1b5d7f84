package desk

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store/storetest"
)

// Every kind of content a person can send, over both wires. The rows of
// docs/bridge.md name these stories.
type story struct {
	name string
	tell func(c *chat)
}

func TestFidelityIn(t *testing.T)      { tellAll(t, fidelityIn) }
func TestFidelityOut(t *testing.T)     { tellAll(t, fidelityOut) }
func TestFidelityHostile(t *testing.T) { tellAll(t, fidelityHostile) }

// tellAll tells stories on one desk, each with a client of its own. Discord limits
// sizes and not rates: those have stories elsewhere, and here they are only waiting.
func tellAll(t *testing.T, stories []story) {
	t.Parallel()
	on := newStage(t, discordtest.Options{Limits: discordtest.NoLimits()})
	member := on.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281299990001", Name: "Budi"})
	group := on.whatsapp.AddGroup("Toko Sinar", member)
	on.cfg.Groups = []string{group.JID().String()}
	on.cfg.LargestFile = 20
	client, shut := storetest.NewMemory()
	t.Cleanup(shut)
	w := newWorldOn(t, on, client, false, nil)
	for i, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			sub := *w
			sub.t = t
			c := newChat(&sub, i)
			c.group, c.member = group, member
			s.tell(c)
			c.over()
		})
	}
}

// A chat is a client with an open ticket, whose agent is Sari.
type chat struct {
	*world
	name   string
	phone  *whatsapptest.Phone
	thread string
	hello  string              // the client's first message, WhatsApp's id
	answer string              // Sari's first, Discord's id
	group  *whatsapptest.Group // that the desk listens to
	member *whatsapptest.Phone // of it

	looked map[string]bool   // messages on either side that the story has looked at
	marks  map[string]string // how each message of Sari's ends, by its id
}

func newChat(w *world, n int) *chat {
	w.t.Helper()
	c := &chat{world: w, name: fmt.Sprint("Klien ", 100+n), looked: map[string]bool{}, marks: map[string]string{}}
	c.phone = w.whatsapp.AddCustomer(whatsapptest.Customer{
		Phone: fmt.Sprint(6281234567100 + n), Name: c.name,
		Addressing: []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber}[n%2],
	})
	w.t.Cleanup(c.show)
	c.hello = c.did(c.phone.Send("halo"))
	c.opens("")
	c.shows("the first words", said("halo"))
	c.answer = c.post("Baik kak", discordtest.PostOptions{})
	c.gets("the first answer", text("Baik kak"))
	c.shows("who has the ticket", said("menangani tiket ini"))
	return c
}

// opens waits for the client's ticket, another one than before: its post, and the
// greeting on both sides.
func (c *chat) opens(before string) {
	c.t.Helper()
	c.eventually("a post of "+c.name, func() bool {
		for _, p := range c.discord.Posts(c.discord.ChannelID("halo-desk")) {
			if strings.Contains(p.Name, c.name) && p.ID != before {
				c.thread = p.ID
			}
		}
		return c.thread != before
	})
	c.looked[c.thread] = true // its first message has its id
	c.gets("the greeting", func(m whatsapptest.Message) bool { return !c.looked[m.ID] && m.Text == c.cfg.Texts["auto_text"] })
	c.shows("the greeting", said("Teks otomatis"))
}

// The signs that say what became of an agent's message.
var signs = []string{"🕓", "☑️", "✅", "👀", "❌", "📝", "🔒"}

// over ends a story: when nothing is under way any more, every message of Sari's has
// the one sign it should, the phone shows each message once, and neither side shows
// what nobody has looked for.
func (c *chat) over() {
	c.t.Helper()
	c.quietLanes()
	for id, want := range c.marks {
		m, _ := c.discord.Message(id)
		if m.Deleted {
			continue
		}
		c.eventually(fmt.Sprintf("the sign %q on %q", want, m.Content), func() bool {
			m, _ := c.discord.Message(id)
			return slices.Equal(slices.DeleteFunc(slices.Clone(signs), func(s string) bool { return !m.Reacted(s, "halo") }), strings.Fields(want))
		})
	}
	for _, m := range c.discord.Messages(c.thread) {
		if m.Author.Name == "halo" && !c.looked[m.ID] {
			c.t.Errorf("the thread also shows %q with %d files", m.Content, len(m.Attachments))
		}
	}
	for _, m := range c.phone.Received() {
		if !c.looked[m.ID] {
			c.t.Errorf("the phone also shows %+v", m)
		}
		if m.Deliveries != 1 {
			c.t.Errorf("%q was delivered %d times", m.Text, m.Deliveries)
		}
	}
}

// ends says which signs a message of Sari's has in the end; without a word it is that
// it is on the phone.
func (c *chat) ends(message, signs string) { c.marks[message] = signs }

// show logs what both see, of a story that went wrong.
func (c *chat) show() {
	if !c.t.Failed() {
		return
	}
	for _, m := range c.discord.History(c.thread) {
		c.t.Logf("thread: %s: %q, %d files, reactions %v, answers %q", m.Author.Name, m.Content, len(m.Attachments), m.Reactions, m.ReplyTo)
	}
	for _, m := range c.phone.Screen() {
		c.t.Logf("phone: %+v %+v", m, m.Media)
	}
}

// did is the id of what a phone did.
func (c *chat) did(id string, err error) string {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	c.looked[id] = true
	return id
}

// post writes as Sari.
func (c *chat) post(text string, o discordtest.PostOptions) string {
	c.t.Helper()
	m, err := c.sari.Post(c.thread, text, o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.ends(m.ID, "✅")
	return m.ID
}

// shows waits for a message in the thread; the newest that fits.
func (c *chat) shows(what string, fits func(discordtest.Message) bool) (found discordtest.Message) {
	c.t.Helper()
	c.eventually(what+" in the thread", func() bool {
		for _, m := range c.discord.Messages(c.thread) {
			if fits(m) {
				found = m
			}
		}
		return found.ID != ""
	})
	c.looked[found.ID] = true
	return found
}

// answered waits for the line below a message that says what became of it.
func (c *chat) answered(message string, words ...string) discordtest.Message {
	c.t.Helper()
	return c.shows("a line on the message", func(m discordtest.Message) bool { return m.ReplyTo == message && said(words...)(m) })
}

// showsAll waits until a word stands so many times in the thread, in however many
// messages.
func (c *chat) showsAll(what, word string, times int) {
	c.t.Helper()
	c.eventually(what+" in the thread", func() bool {
		n := 0
		for _, m := range c.discord.Messages(c.thread) {
			if k := strings.Count(m.Content, word); k > 0 {
				c.looked[m.ID], n = true, n+k
			}
		}
		return n == times
	})
}

// gets waits for a message on the phone; the newest that fits.
func (c *chat) gets(what string, fits func(whatsapptest.Message) bool) (found whatsapptest.Message) {
	c.t.Helper()
	c.eventually(what+" on the phone", func() bool {
		for _, m := range c.phone.Received() {
			if fits(m) {
				found = m
			}
		}
		return found.ID != ""
	})
	c.looked[found.ID] = true
	return found
}

// said is a message that holds all these words, in its text or a card.
func said(words ...string) func(discordtest.Message) bool {
	return func(m discordtest.Message) bool {
		var all strings.Builder
		all.WriteString(m.Content)
		for _, e := range m.Embeds {
			all.WriteString("\n" + e.Title + "\n" + e.Description)
			for _, f := range e.Fields {
				all.WriteString("\n" + f.Name + "\n" + f.Value)
			}
		}
		for _, w := range words {
			if !strings.Contains(all.String(), w) {
				return false
			}
		}
		return true
	}
}

// holds is a message with a file of just these bytes.
func (c *chat) holds(content []byte) func(discordtest.Message) bool {
	return func(m discordtest.Message) bool {
		for _, a := range m.Attachments {
			if b, ok := c.discord.File(a.ID); ok && bytes.Equal(b, content) {
				return true
			}
		}
		return false
	}
}

// both is a message that fits in two ways.
func both(one, other func(discordtest.Message) bool) func(discordtest.Message) bool {
	return func(m discordtest.Message) bool { return one(m) && other(m) }
}

// never holds what must not happen: it is asked at the end of a story, after
// something later has come through.
func (c *chat) never(what string, fits func(discordtest.Message) bool) {
	c.t.Helper()
	c.did(c.phone.Send("penutup"))
	c.shows("the last words", func(m discordtest.Message) bool { return !c.looked[m.ID] && said("penutup")(m) })
	for _, m := range c.discord.History(c.thread) {
		if fits(m) {
			c.t.Errorf("%s: %q with %d files", what, m.Content, len(m.Attachments))
		}
	}
}

// reactionOn reports whether the bot or a person put a sign on a message.
func (c *chat) reactionOn(message, emoji string) func() bool {
	return func() bool {
		m, ok := c.discord.Message(message)
		return ok && m.Reacted(emoji, "halo")
	}
}
