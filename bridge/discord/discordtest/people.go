package discordtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Member is a person of the guild who can act. What Discord's own client would
// not let that person do is an error.
type Member struct {
	s *Server
	m *member
}

// ID is the user id.
func (p *Member) ID() string { return p.m.user.id }

// Name is the user name.
func (p *Member) Name() string { return p.m.user.name }

// Mention is what others write to mention this person.
func (p *Member) Mention() string { return "<@" + p.m.user.id + ">" }

// Sees says whether this person sees a channel or thread.
func (p *Member) Sees(channelID string) bool {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	c := p.s.channels[channelID]
	return c != nil && p.s.permissions(p.m, c).has(PermissionViewChannel)
}

// SetRoles replaces the person's roles (names or ids; unknown names become
// roles).
func (p *Member) SetRoles(roles ...string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.m.roles = p.s.roleIDs(roles)
	data := p.m.render()
	data["guild_id"] = p.s.guildID
	p.s.dispatch(event{name: "GUILD_MEMBER_UPDATE", intent: IntentGuildMembers, data: data})
	p.s.touch(Change{Kind: "member"})
}

// File is a file a person sends.
type File struct {
	Name        string
	ContentType string // default: by looking at the data
	Data        []byte
}

// PostOptions are the extras of Post.
type PostOptions struct {
	ReplyTo  string // message id
	Files    []File
	Stickers []string // names, 3 at most
	Poll     *Poll
	Voice    *Voice // a recording, and nothing else
}

// refused turns an answer of the rules into an error for the person.
func refused(what string, r *reply) error {
	if r == nil {
		return nil
	}
	return fmt.Errorf("%s: %d %s", what, r.status, r.encode())
}

// Post writes a message.
func (p *Member) Post(channelID, content string, opts PostOptions) (Message, error) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channelID]
	if c == nil {
		return Message{}, fmt.Errorf("post in %s: no such channel", channelID)
	}
	body := obj{"content": content}
	if opts.ReplyTo != "" {
		body["message_reference"] = obj{"message_id": opts.ReplyTo}
	}
	files := opts.Files
	if v := opts.Voice; v != nil {
		maps.Copy(body, v.fields())
		files = append(slices.Clone(files), File{Name: "voice-message.ogg", ContentType: "audio/ogg", Data: v.Data})
	}
	d, err := p.draft(body, files)
	if err != nil {
		return Message{}, err
	}
	d.extras = &extras{stickers: opts.Stickers, poll: opts.Poll}
	if err := d.extras.check(); err != nil {
		return Message{}, err
	}
	m, refusal := s.send(d, p.m, c)
	if refusal != nil {
		return Message{}, refused("post in "+c.name, refusal)
	}
	return *s.see(m), nil
}

// Forward shows a message that this person sees in another channel (or the same).
func (p *Member) Forward(messageID, channelID string) (Message, error) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	first, err := p.visible(messageID)
	if err != nil {
		return Message{}, fmt.Errorf("forward message: %w", err)
	}
	c := s.channels[channelID]
	if c == nil {
		return Message{}, fmt.Errorf("forward to %s: no such channel", channelID)
	}
	d, err := p.draft(obj{}, nil)
	if err != nil {
		return Message{}, err
	}
	d.extras = &extras{forward: first}
	m, refusal := s.send(d, p.m, c)
	if refusal != nil {
		return Message{}, refused("forward to "+c.name, refusal)
	}
	return *s.see(m), nil
}

func (p *Member) draft(body obj, files []File) (*draft, error) {
	var uploads []upload
	for i, f := range files {
		uploads = append(uploads, upload{index: i, name: f.Name, contentType: f.ContentType, data: f.Data})
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	d, refusal := readDraft(data, uploads)
	return d, refused("write message", refusal)
}

// Type shows that this person types in a channel.
func (p *Member) Type(channelID string) error {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channelID]
	if c == nil {
		return fmt.Errorf("type in %s: no such channel", channelID)
	}
	if refusal := s.need(p.m, c, sendPermission(c)); refusal != nil {
		return refused("type in "+c.name, refusal)
	}
	s.dispatch(event{name: "TYPING_START", intent: IntentGuildMessageTyping, channel: c, data: obj{"channel_id": c.id,
		"guild_id": s.guildID, "user_id": p.m.user.id, "timestamp": s.now().Unix(), "member": p.m.render()}})
	return nil
}

// OpenPost makes a forum post with a first message; tags are names.
func (p *Member) OpenPost(forumID, title, content string, tags ...string) (Channel, error) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	forum := s.channels[forumID]
	if forum == nil {
		return Channel{}, fmt.Errorf("open post in %s: no such forum", forumID)
	}
	if refusal := s.need(p.m, forum, PermissionSendMessages); refusal != nil {
		return Channel{}, refused("open post", refusal)
	}
	ids, err := tagIDs(forum, tags)
	if err != nil {
		return Channel{}, err
	}
	d, err := p.draft(obj{"content": content}, nil)
	if err != nil {
		return Channel{}, err
	}
	thread, refusal := s.newThread(forum, threadBody{Name: title, AppliedTags: ids}, p.m)
	if refusal == nil {
		refusal = s.checkDraft(d, p.m, thread)
	}
	if refusal != nil {
		return Channel{}, refused("open post", refusal)
	}
	s.openThread(thread, forum, p.m, d)
	return s.seeChannel(thread), nil
}

func tagIDs(forum *channel, names []string) ([]string, error) {
	var ids []string
	for _, name := range names {
		i := slices.IndexFunc(forum.tags, func(t tag) bool { return t.name == name })
		if i < 0 {
			return nil, fmt.Errorf("find tag %q: forum %s has none of that name", name, forum.name)
		}
		ids = append(ids, forum.tags[i].id)
	}
	return ids, nil
}

// ThreadState is how SetThread leaves a thread; nil fields stay.
type ThreadState struct {
	Archived, Locked *bool
	Tags             *[]string // names
}

// SetThread archives, locks or tags a thread.
func (p *Member) SetThread(threadID string, state ThreadState) error {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.channels[threadID]
	if t == nil || !t.isThread() {
		return fmt.Errorf("change thread %s: no such thread", threadID)
	}
	patch := threadPatch{Archived: state.Archived, Locked: state.Locked}
	if state.Tags != nil {
		ids, err := tagIDs(s.channels[t.parent], *state.Tags)
		if err != nil {
			return err
		}
		patch.AppliedTags = &ids
	}
	return refused("change thread "+t.name, s.changeThread(t, patch, p.m))
}

// DeleteThread takes a thread away with all that is in it, which takes MANAGE_THREADS.
func (p *Member) DeleteThread(threadID string) error {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.channels[threadID]
	if t == nil || !t.isThread() {
		return fmt.Errorf("delete thread %s: no such thread", threadID)
	}
	if refusal := s.need(p.m, t, PermissionManageThreads); refusal != nil {
		return refused("delete thread "+t.name, refusal)
	}
	s.removeChannel(t)
	return nil
}

// visible finds a message this person can see.
func (p *Member) visible(messageID string) (*message, error) {
	m := p.s.messages[messageID]
	if m == nil || m.deleted || m.viewer != "" && m.viewer != p.m.user.id || m.channel.deleted {
		return nil, fmt.Errorf("find message %s: not there for %s", messageID, p.m.user.name)
	}
	if !p.s.permissions(p.m, m.channel).has(PermissionViewChannel) {
		return nil, fmt.Errorf("find message %s: %s does not see the channel", messageID, p.m.user.name)
	}
	return m, nil
}

// onMessage runs an action on a message this person sees.
func (p *Member) onMessage(what, messageID string, act func(*message) *reply) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m, err := p.visible(messageID)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return refused(what+" "+messageID, act(m))
}

// Edit changes the text of an own message.
func (p *Member) Edit(messageID, content string) error {
	d, err := p.draft(obj{"content": content}, nil)
	if err != nil {
		return err
	}
	return p.onMessage("edit message", messageID, func(m *message) *reply { return p.s.edit(m, d, p.m) })
}

// Delete removes a message: an own one, or any with MANAGE_MESSAGES.
func (p *Member) Delete(messageID string) error {
	return p.onMessage("delete message", messageID, func(m *message) *reply { return p.s.remove(m, p.m) })
}

// React adds a reaction, "✅" or "name:id".
func (p *Member) React(messageID, emoji string) error {
	return p.onMessage("react to message", messageID, func(m *message) *reply { return p.s.react(m, emoji, p.m) })
}

// Unreact takes an own reaction back.
func (p *Member) Unreact(messageID, emoji string) error {
	return p.onMessage("take back reaction", messageID, func(m *message) *reply { return p.s.unreact(m, emoji, p.m.user.id) })
}

// ClearReactions takes away all reactions with an emoji ("": with any), which takes
// MANAGE_MESSAGES.
func (p *Member) ClearReactions(messageID, emoji string) error {
	return p.onMessage("clear reactions of message", messageID, func(m *message) *reply { return p.s.clearReactions(m, emoji, p.m) })
}
