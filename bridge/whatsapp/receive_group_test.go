package whatsapp

import (
	"slices"
	"testing"

	"github.com/haloerzap/halo/bridge"
)

// Groups are heard when they are on the list, with who wrote.
func TestListedGroupsAreHeard(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	budi, sari := d.customer("Budi"), d.customer("Sari")
	ours, others := d.net.AddGroup("Proyek", budi, sari), d.net.AddGroup("Arisan", budi, sari)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d.options.Groups = []string{ours.JID().String()}
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	must(budi.SendToGroup(others, "bukan untuk desk"))
	id := must(budi.SendToGroup(ours, "untuk desk"))
	m := d.next(0)
	if m.ID != id || m.Text != "untuk desk" || m.Chat != bridge.Address(ours.JID().String()) || m.Phone != "" || m.Name != "Proyek" {
		t.Fatalf("%+v", m)
	}
	if g := m.Group; g == nil || g.Name != "Proyek" || g.SenderName != "Budi" || g.SenderPhone != budi.Number() || g.Sender != addressOf(budi) {
		t.Fatalf("group %+v", m.Group)
	}
	must(sari.SendToGroup(ours, "dua"))
	if m := d.next(1); m.Group == nil || m.Group.SenderName != "Sari" {
		t.Fatalf("%+v", m)
	}
	d.acked()
	if got := texts(d.inbox.all()); !slices.Equal(got, []string{"untuk desk", "dua"}) {
		t.Fatalf("heard %q", got)
	}
}
