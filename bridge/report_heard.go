package bridge

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// What people write in a report's post is shown in the thread of the ticket that waits
// for it. It never goes to a client: neither the relay nor anybody else makes a letter to
// WhatsApp of it.

// heardInPost takes in what a person wrote in a report's post. What the desk writes there
// answers the party.
func (r *Relay) heardInPost(tx *ledger.Tx, id string, m StaffMessage, raw map[string]string) error {
	rep, ok, err := escalation.Load(tx, id)
	if err != nil || !ok {
		return err
	}
	t, found, err := ticket.Load(tx, rep.First())
	if err != nil {
		return err
	}
	if m, err = r.repeatedInPost(tx, rep, m, raw); err != nil {
		return err
	}
	text := r.desk.postWords(m)
	tx.Log(id, ledger.Event{What: "report_wrote", By: m.Author, Ref: m.ID, Data: postData(m, text)})
	switch {
	case found && m.Author == t.Agent: // he knows
		tx.Log(t.Number, ledger.Event{What: "developer_wrote", By: m.Author, Ref: m.ID, Data: withReport(postData(m, text), id)})
	case found:
		if err := r.showRemark(tx, rep, t, m, text); err != nil {
			return err
		}
	}
	if rep.State != escalation.NeedsData || !r.speaksForDesk(rep, t, m) {
		return nil
	}
	return r.desk.ChangeReport(tx, id, func(rep *escalation.Report) ([]ledger.Event, error) {
		return rep.DataCame(m.Author, tx.Now()), nil
	})
}

// speaksForDesk reports whether who wrote in a report's post answers its party: the
// ticket's agent, who reported it, or another agent who is none of the party.
func (r *Relay) speaksForDesk(rep escalation.Report, t ticket.Ticket, m StaffMessage) bool {
	if m.Author == t.Agent || m.Author == rep.By {
		return true
	}
	return r.agent(m) && m.Author != rep.Owner && !r.desk.ofParty(rep, m.Roles)
}

// ofParty reports whether one of some roles is of the party of a report, or leads it.
func (d Desk) ofParty(rep escalation.Report, roles []string) bool {
	theirs := slices.Clone(d.Roles[string(rep.Party)])
	for _, team := range d.Teams {
		if rep.Party == escalation.Developers && team.Name == rep.Team {
			theirs = append(append(theirs, team.Roles...), team.Leads...)
		}
	}
	return slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(theirs, role) })
}

// repeatedInPost takes the client's secrets out of what was written in a report's post:
// its writer is asked to delete it.
func (r *Relay) repeatedInPost(tx *ledger.Tx, rep escalation.Report, m StaffMessage, raw map[string]string) (StaffMessage, error) {
	m, was, err := r.desk.unsaid(tx, rep.First(), m)
	if err != nil {
		return m, err
	}
	if raw["text"] = ticket.Mask(m.Text); was {
		tx.Send(letter(fmt.Sprintf("repeated/%s/%d", m.ID, nanos(m.Edited)), ReportLane(rep.ID), rep.ID, kindSay, sayBody{
			Content: "🔐 Pesan ini memuat kode atau kata sandi klien, dan di post ini semua orang dapat membacanya. Hapuslah pesannya dan tulis ulang tanpa kodenya; yang disimpan sudah disamarkan.",
			ReplyTo: m.ID,
		}))
	}
	return m, nil
}

// postData is what the logs keep of a message in a report's post.
func postData(m StaffMessage, text string) map[string]string {
	data := map[string]string{"text": text, "name": Clean(m.Name, 60)}
	if n := len(m.allFiles()); n > 0 {
		data["files"] = fmt.Sprint(n)
	}
	return data
}

// postWords are the words of a message in a report's post as another thread shows them, in
// Discord's dialect: mentions are names and call nobody, and what has no words gets some.
func (d Desk) postWords(m StaffMessage) string {
	parts := []string{d.readable(m.Text)}
	for _, s := range m.Stickers[:min(len(m.Stickers), 10)] {
		parts = append(parts, "🏷️ *Stiker:* "+ToDiscord(Clean(s, 60)))
	}
	if m.Poll != nil {
		lines := []string{"📊 " + d.readable(Clean(m.Poll.Question, 1000))}
		for _, option := range m.Poll.Options {
			lines = append(lines, "▫️ "+d.readable(Clean(option, 200)))
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	for _, s := range m.Snapshots[:min(len(m.Snapshots), 10)] {
		inner := []string{d.readable(s.Text)}
		for _, sticker := range s.Stickers[:min(len(s.Stickers), 10)] {
			inner = append(inner, "🏷️ *Stiker:* "+ToDiscord(Clean(sticker, 60)))
		}
		parts = append(parts, below("↪️ *Diteruskan:*", strings.TrimSpace(below(inner...))))
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return below(parts...)
}

// readable is what somebody typed in Discord, with names in the place of mentions.
func (d Desk) readable(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		n := 0
		if s[i] == '<' {
			n = fmtAtomLen(s[i:])
		}
		if n == 0 {
			out.WriteByte(s[i])
			i++
			continue
		}
		out.WriteString(ToDiscord(d.Names.atom(s[i+1 : i+n-1])))
		i += n
	}
	return inert(out.String())
}

// showRemark shows what was written in a report's post in a ticket's thread.
func (r *Relay) showRemark(tx *ledger.Tx, rep escalation.Report, t ticket.Ticket, m StaffMessage, text string) error {
	if _, known, err := loadRemark(tx, m.ID); err != nil || known {
		return err
	}
	a := remark{Report: rep.ID, Ticket: t.Number, Head: r.remarkHead(rep, t, m), Text: clipped(text, mostRemark), Edited: nanos(m.Edited)}
	refs := []fileRef(nil)
	for _, f := range m.allFiles() {
		key := "rm/" + m.ID + "/" + f.ID
		if err := expectFile(tx, key, t.Number, cmp.Or(t.Conversation, t.Number), fromDiscord, ThreadLane(t.Number), mediaOf(f)); err != nil {
			return err
		}
		refs, a.Files = append(refs, fileRef{Key: key}), append(a.Files, remarkFile{ID: f.ID, Name: Clean(f.Name, 80)})
	}
	about, err := r.answered(tx, rep, t, m.ReplyTo)
	if err != nil {
		return err
	}
	to := one(t.Agent)
	if !asks(m, t.Agent) {
		to = Mention{}
	}
	for i, content := range a.layout(textLimit(refs)) {
		body := sayBody{Content: content}
		if i == 0 {
			body.Answers, body.Files, body.PingUsers = about, refs, to.Users
		}
		a.add(tx, fmt.Sprintf("rm/%s/%d", m.ID, i), body)
	}
	tx.Log(t.Number, ledger.Event{What: "developer_wrote", By: m.Author, Ref: m.ID, Data: withReport(postData(m, text), rep.ID)})
	a.putBack(tx, t, "rm/"+m.ID)
	ms := snowflakeTime(m.ID, m.At).UnixMilli()
	tx.Index(indexRemarks+rep.ID, m.ID, ms)
	tx.Index(indexRecent, m.Channel, ms)
	return a.save(tx, m.ID)
}

func withReport(data map[string]string, id string) map[string]string {
	data["report"] = id
	return data
}

// remarkHead says above somebody's words who wrote them, where, and whom they concern.
func (r *Relay) remarkHead(rep escalation.Report, t ticket.Ticket, m StaffMessage) string {
	who := ToDiscord(Clean(m.Name, 60))
	if who == "" {
		who = user(m.Author)
	}
	head := "💬 **" + who + "**"
	if m.Author == rep.Owner || r.desk.ofParty(rep, m.Roles) {
		head += " · " + partyName(rep)
	}
	where := "`" + rep.ID + "`"
	if r.desk.Guild != "" {
		where = "[" + rep.ID + "](https://discord.com/channels/" + r.desk.Guild + "/" + m.Channel + "/" + m.ID + ")"
	}
	head += " · di laporan " + where
	if t.Agent != "" {
		head += " · " + user(t.Agent)
	}
	return head
}

// addresses may have question marks that ask nothing, at the end excepted.
var addresses = regexp.MustCompile(`https?://\S*[^\s?？]`)

// asks reports whether a message wants an answer of the agent: only then it rings.
func asks(m StaffMessage, agent string) bool {
	if agent == "" {
		return false
	}
	texts := []string{m.Text}
	for _, s := range m.Snapshots {
		texts = append(texts, s.Text)
	}
	all := strings.Join(texts, "\n")
	return m.Poll != nil || strings.ContainsAny(addresses.ReplaceAllString(all, ""), "?？") || strings.Contains(all, "<@"+agent+">") || strings.Contains(all, "<@!"+agent+">")
}

// answered is the letter in a ticket's thread that shows what a message in a report's post
// answers, nil for none.
func (r *Relay) answered(tx *ledger.Tx, rep escalation.Report, t ticket.Ticket, message string) (*reference, error) {
	if message == "" {
		return nil, nil
	}
	a, ok, err := loadRemark(tx, message)
	if err != nil {
		return nil, err
	}
	if ok && a.Ticket == t.Number && len(a.Letters) > 0 {
		return &reference{t.Number, a.Letters[0]}, nil
	}
	letter, ok, err := tx.LetterByExt(rep.ID, message)
	if err != nil || !ok {
		return nil, err
	}
	if name, ok := forwardedName(letter); ok && strings.HasPrefix(name, "w/") {
		return &reference{t.Number, name}, nil
	}
	return nil, nil
}

// mediaOf is a person's file as it is fetched from Discord.
func mediaOf(f StaffFile) Media {
	kind := KindDocument
	switch {
	case f.Voice:
		kind = KindVoice
	case strings.HasPrefix(f.MIME, "image/"):
		kind = KindImage
	case strings.HasPrefix(f.MIME, "video/"):
		kind = KindVideo
	case strings.HasPrefix(f.MIME, "audio/"):
		kind = KindAudio
	}
	return Media{Kind: kind, Name: f.Name, MIME: f.MIME, Size: f.Size, Length: f.Length, Ref: f.Ref}
}
