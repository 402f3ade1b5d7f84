package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// person is who somebody is now.
func (r *room) person(id string) customer.Contact {
	r.t.Helper()
	doc, err := r.st.Doc(r.t.Context(), ledger.Ref{Kind: customer.KindContact, ID: id})
	if err != nil || doc.Data == nil {
		r.t.Fatalf("person %s: %v", id, err)
	}
	c, err := customer.Decode(doc.Data)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// logged are the events of a log.
func (r *room) logged(log string) (out []string) {
	r.t.Helper()
	for e, err := range r.st.Events(r.t.Context(), log) {
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, e.What)
	}
	return out
}

// The person of a thread becomes known by what staff enter, and the ticket follows.
func TestThePersonOfAThread(t *testing.T) {
	r := newRoom(t)
	maya := r.as("100000000000000002", bot.Sales)
	if a := maya.command("customer show"); !strings.Contains(a.Text, "Budi") || !strings.Contains(a.Text, "belum") {
		t.Errorf("before: %q", a.Text)
	}
	f := maya.form(bot.Interaction{Command: "customer edit"})
	checkFilled(t, f)
	if a := maya.send(f.ID, "name", "Budi *Santoso* <@&1>", "number", "0857 0000 1111", "note", "suka pagi"); !strings.Contains(a.Text, "Tersimpan") || strings.Contains(a.Text, "<@&1>") {
		t.Errorf("edited: %q", a.Text)
	}
	id := r.ticket().Contact
	if c := r.person(id); c.Name != "Budi *Santoso* <@&1>" || c.Note != "suka pagi" || len(c.Phones) != 2 || !c.Known() {
		t.Errorf("stored: %+v", c)
	}
	had := r.logged(customer.Log(id))
	if a := maya.send(f.ID, "name", "Budi *Santoso* <@&1>", "number", "0857 0000 1111", "note", "suka pagi"); !strings.Contains(a.Text, "Tidak ada yang berubah") {
		t.Errorf("twice: %q", a.Text)
	}
	if now := r.logged(customer.Log(id)); !slices.Equal(now, had) {
		t.Errorf("twice logs %v, was %v", now, had)
	}
	if a := maya.send(f.ID, "name", "  "); !strings.Contains(a.Text, "Namanya kosong") {
		t.Errorf("no name: %q", a.Text)
	}
	if a := maya.command("customer type", "type", "kasir"); !strings.Contains(a.Text, "Kasir") || r.person(id).Type != "kasir" {
		t.Errorf("type: %q", a.Text)
	}
	if a := maya.command("customer type", "type", "raja"); !strings.Contains(a.Text, "tidak ada di daftar") {
		t.Errorf("an unknown type: %q", a.Text)
	}
	if a := maya.command("customer note", "text", "baru"); r.person(id).Note != "baru" {
		t.Errorf("note: %q", a.Text)
	}
	for _, e := range r.logged(customer.Log(id)) {
		if strings.Contains(e, "812") {
			t.Errorf("a number stands in the log: %s", e)
		}
	}
}

// A company is made once, found again by its words, and its people's tickets follow.
func TestTheCompany(t *testing.T) {
	r := newRoom(t)
	sari := r.as("100000000000000001", bot.Agent)
	if a := sari.command("customer company"); !strings.Contains(a.Text, "belum punya perusahaan") {
		t.Errorf("without one: %q", a.Text)
	}
	a := sari.command("customer company", "name", "Maju Jaya")
	if len(a.Buttons) != 1 || len(a.Selects) != 0 {
		t.Fatalf("search: %q %v", a.Text, a.Buttons)
	}
	f := sari.form(bot.Interaction{Button: a.Buttons[0].ID, Message: "9"})
	if f.Fields[0].Value != "Maju Jaya" {
		t.Errorf("the form begins with %q", f.Fields[0].Value)
	}
	made := sari.send(f.ID, "name", "PT Maju Jaya", "place", "private: https://maju.example.com/x", "modules", "POS, Stok", "scheme", "satu\ndua", "aliases", "mj")
	if !strings.Contains(made.Text, "PT Maju Jaya") || !strings.Contains(made.Text, "maju.example.com") {
		t.Errorf("made: %q", made.Text)
	}
	id := r.ticket().Customer
	if id == "" || r.person(r.ticket().Contact).Customer != id {
		t.Fatal("neither ticket nor person belongs to it")
	}
	if a := sari.command("customer company", "owner", "100000000000000009"); !strings.Contains(a.Text, "tidak memiliki peran sales") {
		t.Errorf("an owner from outside: %q", a.Text)
	}
	sari.knows = map[string][]string{"100000000000000002": {bot.Sales}}
	if a := sari.command("customer company", "owner", "100000000000000002"); !strings.Contains(a.Text, "<@100000000000000002>") {
		t.Errorf("owner: %q", a.Text)
	}
	change := sari.form(bot.Interaction{Button: "cu:company:" + r.ticket().Contact, Message: "9"})
	if change.Fields[1].Value != "private: maju.example.com" || change.Fields[2].Value != "POS, Stok" {
		t.Errorf("the form holds %+v", change.Fields)
	}
	if a := sari.send(change.ID, "name", "PT Maju", "place", "Grup Maju", "modules", "POS"); !strings.Contains(a.Text, "Grup outlet") {
		t.Errorf("changed: %q", a.Text)
	}
	found := sari.command("customer company", "name", "maju")
	if len(found.Selects) != 1 || found.Selects[0].Options[0].Value != id {
		t.Fatalf("found again: %+v", found.Selects)
	}
	leave := sari.ask(bot.Interaction{Button: found.Selects[0].ID, Values: []string{"-"}, Message: "9"})
	for range 2 {
		r.desk.Handle(t.Context(), leave)
	}
	if r.ticket().Customer != "" {
		t.Error("the ticket did not leave it")
	}
	gone := sari.ask(bot.Interaction{Button: found.Selects[0].ID, Values: []string{"k404"}, Message: "9"})
	if a := r.desk.Handle(t.Context(), gone); !strings.Contains(a.Text, "tidak ditemukan") {
		t.Errorf("one that there is not: %q", a.Text)
	}
	if n := len(r.logged(customer.CustomerLog(id))); n < 4 {
		t.Errorf("%d events of the company", n)
	}
}

// A form holds all that is known: what would be cut off in it would be lost by sending it.
func TestFormsHoldAllThatIsKnown(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	long := strings.Repeat("catatan panjang ", 200)
	sari.command("customer note", "text", long)
	id := r.ticket().Contact
	note := r.person(id).Note
	person := sari.form(bot.Interaction{Button: "cu:edit:" + id, Message: "9"})
	if got := person.Fields[2].Value; len(note) < 1900 || got != note {
		t.Errorf("of a note of %d bytes %d are in the form", len(note), len(got))
	}
	checkFilled(t, person)

	var modules, aliases []string
	for n := range 30 {
		modules = append(modules, fmt.Sprintf("%02d%s", n, strings.Repeat("m", 38)))
		aliases = append(aliases, fmt.Sprintf("%02d%s", n, strings.Repeat("a", 38)))
	}
	company := sari.form(bot.Interaction{Button: "cu:company:" + id, Message: "9"})
	sari.send(company.ID, "name", strings.Repeat("n", 120), "place", "private: "+strings.Repeat("d", 108)+".example.com",
		"modules", strings.Join(modules, ","), "scheme", strings.Repeat("s", 3000), "aliases", strings.Join(aliases, ","))
	company = sari.form(bot.Interaction{Button: "cu:company:" + id, Message: "9"})
	for n, least := range []int{120, 129, 1258, 3000, 418} {
		if got := len(company.Fields[n].Value); got != least {
			t.Errorf("%s holds %d bytes, want %d", company.Fields[n].ID, got, least)
		}
	}
	checkFilled(t, company)
}

func TestPlaceOf(t *testing.T) {
	for text, want := range map[string]string{
		"": "|", "panel: Grup A": "panel|Grup A", "PRIVATE:a.co": "private|a.co", "a.co.id": "private|a.co.id",
		"https://a.co": "private|https://a.co", "Grup A": "panel|Grup A", "CV. Maju": "panel|CV. Maju",
	} {
		if got := bot.PlaceOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// Supervisors block and unblock, with a reason; agents see no button for it.
func TestBlocking(t *testing.T) {
	r := newRoom(t)
	people(r)
	andi, sari := r.as("andi", bot.AssistantManager), r.as("sari", bot.Agent)
	show := andi.command("customer show", "who", "santoso")
	at := slices.IndexFunc(show.Buttons, func(b bot.Button) bool { return strings.HasPrefix(b.ID, "cu:block:") })
	if at < 0 {
		t.Fatalf("no button: %+v", show.Buttons)
	}
	if a := andi.fill(show.Buttons[at].ID, "reason", " "); !strings.Contains(a.Text, "Alasannya kosong") {
		t.Errorf("without a reason: %q", a.Text)
	}
	if a := andi.fill(show.Buttons[at].ID, "reason", "spam @everyone"); !strings.Contains(a.Text, "Diblokir") || strings.Contains(a.Text, "@everyone") || !r.person("q1").Block.On() {
		t.Errorf("blocked: %q", a.Text)
	}
	if a := andi.command("customer block", "who", "santoso", "reason", "lagi"); !strings.Contains(a.Text, "Tidak ada yang berubah") {
		t.Errorf("twice: %q", a.Text)
	}
	if a := sari.command("customer show", "who", "0812 3456 7890"); slices.ContainsFunc(a.Buttons, func(b bot.Button) bool { return strings.Contains(b.ID, "block") }) {
		t.Error("an agent is shown a button that is not for him")
	}
	if a := andi.command("customer unblock", "who", "santoso"); !strings.Contains(a.Text, "Tersimpan") || r.person("q1").Block.On() {
		t.Errorf("unblocked: %q", a.Text)
	}
	if a := andi.command("customer show", "who", "0899999"); !strings.Contains(a.Text, "Tidak ada orang") {
		t.Errorf("somebody unknown: %q", a.Text)
	}
}

// Two people become one when somebody has seen both and says so, once.
func TestMergingPeople(t *testing.T) {
	r := newRoom(t)
	people(r)
	sari := r.as("sari", bot.Agent)
	if a := sari.command("customer merge", "who", "sinta", "with", "sinta"); !strings.Contains(a.Text, "orang yang sama") {
		t.Errorf("with himself: %q", a.Text)
	}
	a := sari.command("customer merge", "who", "santoso", "with", "0857 0000 1111")
	if len(a.Buttons) != 1 || !strings.Contains(a.Text, "Sinta") || r.person("q2").Into != "" {
		t.Fatalf("the preview: %q", a.Text)
	}
	for range 2 {
		if a := sari.button(a.Buttons[0].ID); !strings.Contains(a.Text, "satu orang") {
			t.Errorf("merged: %q", a.Text)
		}
	}
	if r.person("q2").Into != "q1" || len(r.person("q1").Phones) != 2 || !slices.Equal(r.person("q1").Was, []string{"q2"}) {
		t.Errorf("stored: %+v", r.person("q1"))
	}
	// Whoever is in the thread may be one of the two.
	if a := sari.command("customer merge", "with", "santoso"); len(a.Buttons) != 1 || !strings.Contains(a.Text, "**Budi**") {
		t.Errorf("of the thread: %q", a.Text)
	}
	for _, wrong := range []string{"cu:merge:q1:p404", "cu:show:p404"} {
		if a := sari.button(wrong); a.Text == "" {
			t.Errorf("%q is answered with nothing", wrong)
		}
	}
}

// A refused person is registered by the form, and everybody in the channel is told once;
// somebody new is registered by number.
func TestRegistering(t *testing.T) {
	r := newRoom(t)
	people(r)
	maya := r.as("maya", bot.Sales)
	f := maya.form(bot.Interaction{Button: "prospect:q2", Message: "9"})
	checkFilled(t, f)
	if a := maya.send(f.ID, "name", "Sinta", "type", "raja"); !strings.Contains(a.Text, "Kasir") || r.person("q2").Known() {
		t.Errorf("an unknown type: %q", a.Text)
	}
	for _, want := range []string{"Terdaftar", "Tidak ada yang berubah"} {
		if a := maya.send(f.ID, "name", "Sinta *X*", "type", "Kasir", "company", "pt maju jaya"); !strings.Contains(a.Text, want) {
			t.Errorf("answered %q, want %q", a.Text, want)
		}
	}
	if c := r.person("q2"); c.Customer != "k1" || c.Type != "kasir" || !c.Known() {
		t.Errorf("stored: %+v", c)
	}
	told, err := r.st.Waiting(t.Context(), bridge.ChannelLane("intake"), 0)
	if err != nil || len(told) != 1 || !strings.Contains(string(told[0].Body), "Sinta") {
		t.Errorf("the channel hears %v, %v", told, err)
	}
	if a := maya.command("customer register", "number", "0813 1111 2222", "name", "Tono", "company", "CV Baru"); !strings.Contains(a.Text, "CV Baru") {
		t.Errorf("by number: %q", a.Text)
	}
	const long = "Sumber Rejeki Makmur Sejahtera Abadi Internasional Indonesia Nusantara Cabang Surabaya Barat Daya"
	var belongs []string
	for n, number := range []string{"0813 1111 3333", "0813 1111 4444"} {
		a := maya.command("customer register", "number", number, "name", fmt.Sprint("Orang ", n), "company", long)
		if len(a.Buttons) == 0 {
			t.Fatalf("registered: %q", a.Text)
		}
		belongs = append(belongs, r.person(strings.TrimPrefix(a.Buttons[0].ID, "cu:edit:")).Customer)
	}
	doc, err := r.st.Doc(t.Context(), ledger.Ref{Kind: customer.KindCustomer, ID: belongs[0]})
	if company, bad := customer.DecodeCustomer(doc.Data); err != nil || bad != nil || company.Name != long || belongs[1] != belongs[0] {
		t.Errorf("two of one company belong to %q, which is called %q: %v %v", belongs, company.Name, err, bad)
	}
	for number, want := range map[string]string{"halo": "bukan nomor", "": "Nomornya kosong", "08": "tidak lengkap"} {
		if a := maya.command("customer register", "number", number, "name", "X"); !strings.Contains(a.Text, want) {
			t.Errorf("%q is answered %q", number, a.Text)
		}
	}
	if a := maya.command("customer show", "who", "tono"); !strings.Contains(a.Text, "+62 813-1111-2222") {
		t.Errorf("found again: %q", a.Text)
	}
}

// checkFilled is checkForm for one that holds what is known.
func checkFilled(t *testing.T, f bot.Form) {
	t.Helper()
	for n, field := range f.Fields {
		if field.Most < len(field.Value) {
			t.Errorf("%s: %q does not fit", f.ID, field.Value)
		}
		f.Fields[n].Value = ""
	}
	checkForm(t, f)
}
