package desk

import (
	"slices"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// Who speaks: a group, the desk's own phone, a person with a new phone or number.

// Groups speak with the sender's name; those that are not listened to are silent.
func inGroup(c *chat) {
	other := c.whatsapp.AddGroup("Arisan", c.phone)
	c.did(c.phone.SendToGroup(other, "bukan urusan desk"))
	c.did(c.member.SendToGroup(c.group, "pesan dari grup"))
	found := c.inGroup("pesan dari grup")
	if found.Channel == c.thread || !said("Budi")(found) {
		c.t.Errorf("the group's message is %q in %s", found.Content, found.Channel)
	}
	for _, p := range c.discord.Posts(c.discord.ChannelID("halo-desk")) {
		for _, m := range c.discord.History(p.ID) {
			if said("bukan urusan desk")(m) {
				c.t.Errorf("a group that is not listened to speaks in %s", p.Name)
			}
		}
	}
}

// inGroup waits for a message in the group's ticket; the newest that fits.
func (c *chat) inGroup(words string) (found discordtest.Message) {
	c.t.Helper()
	c.eventually(words+" in the group's thread", func() bool {
		for _, p := range c.discord.Posts(c.discord.ChannelID("halo-desk")) {
			for _, m := range c.discord.Messages(p.ID) {
				if strings.Contains(p.Name, "Toko Sinar") && said(words)(m) {
					found = m
				}
			}
		}
		return found.ID != ""
	})
	return found
}

// What a member of a group changes is told in the group's thread, in his name.
func inGroupEdit(c *chat) {
	id := c.did(c.member.SendToGroup(c.group, "besok jam 9"))
	first := c.inGroup("besok jam 9")
	c.did(c.member.Do(whatsapptest.Draft{Edit: id, Text: "besok jam 10", Group: c.group}))
	if m := c.inGroup("besok jam 10"); m.ReplyTo != first.ID || m.Channel != first.Channel || !said("Budi", "Mengubah")(m) {
		c.t.Errorf("the edit is %q and answers %q, want %q", m.Content, m.ReplyTo, first.ID)
	}
}

// Who has a new phone may be somebody else: the agents are told.
func inNewPhone(c *chat) {
	c.did(c.phone.SendNode(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{"type": "encrypt", "from": c.phone.PN()},
		Content: []waBinary.Node{{Tag: "identity"}}}))
	c.shows("the notice", said("Kode keamanan klien berubah"))
}

// The person with a new number is the same: the thread goes on, and answers go to the
// new number.
func inNewNumber(c *chat) {
	after := c.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "62899" + c.phone.Number()[5:], Name: c.name, Addressing: whatsapptest.ByPhoneNumber})
	c.did(c.phone.SendNode(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{"type": "contacts", "from": types.ServerJID},
		Content: []waBinary.Node{{Tag: "modify", Attrs: waBinary.Attrs{"old": c.phone.PN(), "new": after.PN()}}}}))
	c.shows("the notice", said("Klien berganti nomor", "+"+c.phone.Number()))
	c.did(after.Send("masih saya"))
	c.shows("the words from the new number", said(":** masih saya"))
	c.post("baik, kami catat", discordtest.PostOptions{})
	c.eventually("the answer on the new phone", func() bool {
		return slices.ContainsFunc(after.Received(), text("baik, kami catat"))
	})
}

func inTyping(c *chat) {
	before := c.discord.TypingCount(c.thread)
	c.eventually("that the client types", func() bool {
		c.phone.Compose(true)
		return c.discord.TypingCount(c.thread) > before
	})
}

func inOwnPhone(c *chat) {
	c.did(c.whatsapp.Business().Send(c.phone, "saya jawab dari ponsel"))
	c.shows("the answer of the phone", said("onsel desk", "saya jawab dari ponsel"))
}

func inOwnPhoneFile(c *chat) {
	picture := photo(c.t, 40)
	c.did(c.whatsapp.Business().Do(c.phone, whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: picture}, Text: "fotonya"}))
	c.shows("the picture of the phone", both(c.holds(picture), said("onsel desk", "fotonya")))
}
