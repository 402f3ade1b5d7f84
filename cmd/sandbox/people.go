package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A colleague is a member of staff with the Discord roles that go with the job.
type colleague struct {
	name  string
	roles []string
}

// staff works at the sandbox's desk, in the order of the job list.
var staff = []colleague{
	{"sari", []string{"CS Agent"}},
	{"dewi", []string{"CS Agent"}},
	{"bayu", []string{"Developer Back End"}},
	{"rudi", []string{"Developer POS"}},
	{"joko", []string{"Developer Lead", moderator}},
	{"maya", []string{"Sales"}},
	{"tono", []string{"After Sales"}},
	{"wati", []string{"QA"}},
	{"hadi", []string{"Engineering"}},
	{"ratna", []string{"Head of Marketing"}},
	{"andi", []string{"Assistant Manager"}},
	{"lina", []string{"Manager", moderator}},
}

// moderator is the role of those who may change posts by hand: the desk gives it no right.
const moderator = "Moderator"

// populate lets everybody join the Discord server.
func (s *sandbox) populate() {
	for _, one := range staff {
		for _, name := range one.roles {
			if s.discord.RoleID(name) != "" {
				continue
			}
			rights := discordtest.Permission(0)
			if name == moderator {
				rights = discordtest.PermissionManageThreads
			}
			s.discord.AddRole(name, rights, name != moderator)
		}
		s.discord.AddMember(strings.ToUpper(one.name[:1])+one.name[1:], one.roles...)
	}
}

// people are the staff on the Discord server, in the order of the list.
func (s *sandbox) people() []*discordtest.Member {
	var out []*discordtest.Member
	for _, one := range staff {
		if m, err := s.discord.Member(one.name); err == nil {
			out = append(out, m)
		}
	}
	return out
}

// colleague finds a member of staff by name.
func (s *sandbox) colleague(name string) (*discordtest.Member, error) {
	if !slices.ContainsFunc(staff, func(c colleague) bool { return c.name == name }) {
		return nil, notFound("no member of staff is called %q", name)
	}
	return s.discord.Member(name)
}

// customers are the phones of the first conversation: Ana's company is one of the buyers,
// nobody knows Budi.
var customers = []whatsapptest.Customer{
	{Phone: "6281234567001", Name: "Ana Wijaya"},
	{Phone: "6281234567002", Name: "Budi Santoso"},
}

// demonstrate plays a short conversation, so that there is something to see.
func (s *sandbox) demonstrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("the first conversation did not go through in time"))
	defer cancel()
	sari, err := s.colleague("sari")
	if err != nil {
		return err
	}
	if err := s.begin(ctx, sari); err != nil {
		return fmt.Errorf("play the first conversation: %w", err)
	}
	maya, err := s.colleague("maya")
	if err == nil {
		err = s.lookIn(ctx, maya) // from then on the desk knows her name
	}
	if err == nil {
		err = s.greetBack(ctx)
	}
	if err != nil {
		return err
	}
	ana := s.whatsapp.Phone(customers[0].Phone)
	said := []string{
		"Selamat pagi kak, *laporan penjualan* outlet Kemang hari ini tidak muncul di Panel",
		"Filternya sudah saya atur ke `23/11`, tetap kosong 🙏",
	}
	for _, text := range said {
		if _, err := ana.Send(text); err != nil {
			return fmt.Errorf("play the first conversation: %w", err)
		}
	}
	var thread string
	err = s.discord.WaitFor(ctx, func() bool {
		for _, c := range s.discord.Channels() {
			last := slices.ContainsFunc(s.discord.Messages(c.ID), func(m discordtest.Message) bool { return strings.Contains(m.Content, "tetap kosong") })
			if c.Thread() && last {
				thread = c.ID
			}
		}
		return thread != ""
	})
	if err != nil {
		return fmt.Errorf("play the first conversation: %w", err)
	}
	for _, text := range []string{
		"// sepertinya penyimpanan laporan tertunda, saya cek dulu",
		"Selamat pagi kak Ana, saya Sari. Boleh dibantu:\n1. nama pengguna yang membuka laporan\n2. tangkapan layar halamannya",
	} {
		if _, err := sari.Post(thread, text, discordtest.PostOptions{}); err != nil {
			return fmt.Errorf("play the first conversation: %w", err)
		}
	}
	err = ana.WaitFor(ctx, func(screen []whatsapptest.Message) bool {
		return slices.ContainsFunc(screen, func(m whatsapptest.Message) bool {
			return !m.FromMe && strings.Contains(m.Text, "tangkapan layar")
		})
	})
	if err == nil {
		_, err = sari.Command(ctx, thread, "ticket complaint", nil)
	}
	if err != nil {
		return fmt.Errorf("play the first conversation: %w", err)
	}
	return s.decline(ctx)
}

// lookIn lets somebody in sales look at the follow-ups.
func (s *sandbox) lookIn(ctx context.Context, who *discordtest.Member) error {
	for _, c := range s.discord.Channels() {
		if c.Name == "follow-up" {
			_, err := who.Command(ctx, c.ID, "followup list", nil)
			return err
		}
	}
	return errors.New("there is no channel follow-up")
}

// begin lets somebody come on duty.
func (s *sandbox) begin(ctx context.Context, who *discordtest.Member) error {
	all := s.discord.Channels()
	i := slices.IndexFunc(all, func(c discordtest.Channel) bool { return c.Name == "halo-intake" })
	if i < 0 {
		return errors.New("there is no channel halo-intake")
	}
	_, err := who.Command(ctx, all[i].ID, "duty on", nil)
	return err
}
