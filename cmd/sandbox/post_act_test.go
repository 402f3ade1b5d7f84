package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A desker is a member of the staff at a bench.
type desker struct {
	*bench
	as string
}

// press uses a button or a select that a message of a channel has, and fills in the form
// that it opens.
func (d desker) press(channel, id string, values []string, fields obj) seen {
	d.t.Helper()
	var on string
	d.eventually(d.as+" sees "+id, func() bool {
		var all []discordtest.Message
		d.get("discord/channels/"+channel+"/messages?as="+d.as, &all)
		for _, m := range all {
			for _, row := range m.Components {
				for _, c := range row.Components {
					if c.CustomID == id {
						on = m.ID
					}
				}
			}
		}
		return on != ""
	})
	ask := obj{"as": d.as, "message": on, "custom_id": id}
	if len(values) > 0 {
		ask["values"] = values
	}
	var answer seen
	d.post("discord/interactions", ask, &answer)
	if answer.Modal != nil {
		d.post("discord/interactions", obj{"as": d.as, "modal": answer.Modal.CustomID, "fields": fields}, &answer)
	}
	return answer
}

// escalated is a bench with one ticket of Ana's and its report to Back End, and the posts
// of both.
func escalated(t *testing.T) (b *bench, ticket, report string) {
	t.Helper()
	b = start(t, options{Empty: true})
	b.write("stok minus semua")
	ticket = b.thread().ID
	b.put("customers/"+ana+"/messages", map[string]string{"caption": "layarnya"}, sent{"layar.png", "image/png", picture(40, 30)})
	b.settle()
	sari := desker{b, "sari"}
	sari.press(ticket, "t:accept", nil, nil)
	sari.press(ticket, "t:class:hard", nil, nil)
	sari.press(ticket, "t:report", nil, nil)
	sari.press(ticket, "t:report-team", []string{"Back End"}, nil)
	sari.press(ticket, "t:report-text", nil, obj{"place": "Grup Ana", "detail": "Stok minus setelah opname", "reproduction": "Opname di akun demo"})
	sari.press(ticket, "t:report-send", nil, nil)
	b.settle()
	b.eventually("the report has a post", func() bool {
		var all []discordtest.Channel
		b.get("discord/channels", &all)
		for _, c := range all {
			if strings.Contains(c.Name, "-R1 ·") {
				report = c.ID
			}
		}
		return report != ""
	})
	return b, ticket, report
}

func (b *bench) says(channel, part string) bool {
	b.t.Helper()
	return slices.ContainsFunc(b.channel(channel), func(m inChannel) bool { return strings.Contains(m.Content, part) })
}

// What a developer writes reaches the agent and never the client; what a lead changes in
// the post by hand is put back, and one that he deletes is missed.
func TestAReportsPostIsHeardAndKept(t *testing.T) {
	t.Parallel()
	b, ticket, report := escalated(t)
	stands := func(archived, locked bool, tags ...string) bool {
		c, _ := b.s.discord.Channel(report)
		slices.Sort(c.Tags)
		return c.Archived == archived && c.Locked == locked && slices.Equal(c.Tags, tags)
	}
	b.eventually("the post stands open", func() bool { return stands(false, false, "Back End", "open") })
	var note idOf
	b.post("discord/channels/"+report+"/messages", obj{"as": "bayu", "content": "versi aplikasinya berapa?"}, &note)
	b.eventually("the agent reads the developer", func() bool { return b.says(ticket, "versi aplikasinya berapa?") })
	b.post("discord/channels/"+report+"/messages", obj{"as": "bayu", "edit": note.ID, "content": "versi kasirnya berapa?"}, nil)
	b.eventually("the edit follows", func() bool {
		return b.says(ticket, "versi kasirnya berapa?") && !b.says(ticket, "versi aplikasinya")
	})
	b.post("discord/channels/"+report+"/messages", obj{"as": "bayu", "delete": note.ID}, nil)
	b.eventually("the deletion follows", func() bool { return b.says(ticket, "~~versi kasirnya berapa?~~") })

	desker{b, "bayu"}.press(report, "r:take", nil, nil)
	b.eventually("it is taken", func() bool { return stands(false, false, "Back End", "taken") })
	b.post("discord/channels/"+report, obj{"as": "joko", "tags": []string{"POS", "closed"}, "locked": true, "archived": true}, nil)
	b.eventually("it is put back", func() bool { return stands(false, false, "Back End", "taken") })
	b.settle()
	var lines []string
	for _, m := range b.channel(report) {
		if strings.HasPrefix(m.Content, "🗂️") {
			lines = append(lines, m.Content)
		}
	}
	if len(lines) != 1 {
		t.Errorf("the bot says of it %q", lines)
	}
	b.post("discord/channels/"+report, obj{"as": "joko", "delete": true}, nil)
	b.eventually("it is missed", func() bool { return b.says(ticket, "dihapus di Discord") })
	c, _ := b.s.discord.Channel(ticket)
	number, _, _ := strings.Cut(c.Name, " ")
	desker{b, "andi"}.press(ticket, "r:again:"+number+"-R1", nil, nil)
	b.eventually("there is another post", func() bool {
		var all []discordtest.Channel
		b.get("discord/channels", &all)
		return slices.ContainsFunc(all, func(c discordtest.Channel) bool { return strings.HasPrefix(c.Name, number+"-R1 (2) ·") })
	})
	for _, m := range b.screen(ana) {
		if strings.Contains(m.Text, "versi") || strings.Contains(m.Text, "bayu") {
			t.Errorf("the client reads %q", m.Text)
		}
	}
}
