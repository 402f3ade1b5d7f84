package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// personForm is what is entered about a person: of the button's, else whom the command
// names.
func (d *Desk) personForm(ctx context.Context, i Interaction) (Form, error) {
	c, err := d.formPerson(ctx, i, personEdit)
	if err != nil {
		return Form{}, err
	}
	return Form{ID: formPerson + c.ID, Title: i.say("Data orang", "About the person"), Fields: []Field{
		{ID: "name", Label: i.say("Nama", "Name"), Value: c.Called(), Most: 80},
		{ID: "number", Label: i.say("Nomor tambahan", "A further number"), Hint: i.say("0812 3456 7890; awali - untuk melepas nomor", "0812 3456 7890; begin with - to take one away"), Optional: true, Most: 30},
		{ID: "note", Label: i.say("Catatan untuk tim", "Note for the team"), Value: c.Note, Long: true, Optional: true, Most: 2000},
	}}, nil
}

// formPatience is how long a form waits for what stands in it.
const formPatience = 600 * time.Millisecond

// formPerson is the person that a form is about, or a word to try again: a form that
// opened empty would overwrite what is known.
func (d *Desk) formPerson(ctx context.Context, i Interaction, prefix string) (customer.Contact, error) {
	ctx, cancel := context.WithTimeout(ctx, formPatience)
	defer cancel()
	if id := strings.TrimPrefix(i.Button, prefix); i.Button != "" && id != "" {
		c, ok, err := d.contact(ctx, id)
		if err == nil && !ok {
			err = &customer.Refusal{Key: "contact_unknown"}
		}
		return c, d.saidOf(i, err)
	}
	c, err := d.whom(ctx, i, i.Options["who"])
	return c, d.saidOf(i, err)
}

// personEdited takes in the form.
func (d *Desk) personEdited(ctx context.Context, i Interaction) (Answer, error) {
	c, changed, err := d.amend(ctx, i, strings.TrimPrefix(i.Form, formPerson), "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		events, err := c.Rename(i.Fields["name"], i.User, tx.Now())
		if err != nil {
			return nil, err
		}
		events = append(events, c.Annotate(i.Fields["note"], i.User, tx.Now())...)
		if len(events) > 0 {
			events = append(c.Register(i.User, tx.Now()), events...)
		}
		return events, renumber(tx, c, i, i.Fields["number"])
	})
	return d.amended(ctx, i, c, changed, err)
}

// renumber gives a person a further number, or takes one away that begins with "-".
func renumber(tx *ledger.Tx, c *customer.Contact, i Interaction, text string) error {
	text, away := strings.CutPrefix(strings.TrimSpace(text), "-")
	if text == "" {
		return nil
	}
	p, err := customer.ParsePhone(text)
	if err != nil {
		return err
	}
	if away {
		return customer.Detach(tx, c, p, i.User)
	}
	return customer.Attach(tx, c, p, i.User)
}

// amended is the person's card below what was just done.
func (d *Desk) amended(ctx context.Context, i Interaction, c customer.Contact, changed bool, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	said := i.say("✅ Tersimpan.", "✅ Saved.")
	if !changed {
		said = i.say("Tidak ada yang berubah.", "Nothing has changed.")
	}
	return d.shown(ctx, i, c.ID, said)
}

// typeSelect lets choose what a person does.
func (d *Desk) typeSelect(_ context.Context, i Interaction) (Answer, error) {
	choose := Select{ID: personAs + strings.TrimPrefix(i.Button, personType), Hint: i.say("Pilih tipe pengguna", "Choose the user type")}
	for _, t := range d.types() {
		choose.Options = append(choose.Options, Choice{Value: t.Key, Label: both(t.ID, t.EN)})
	}
	return Answer{Text: i.say("Apa tugas orang ini di perusahaannya?", "What does this person do at the company?"), Selects: []Select{choose}}, nil
}

// typed says what a person does: chosen from the select, or by the command.
func (d *Desk) typed(ctx context.Context, i Interaction) (Answer, error) {
	id, key := strings.TrimPrefix(i.Button, personAs), i.Options["type"]
	if len(i.Values) > 0 {
		key = i.Values[0]
	} else {
		c, err := d.whom(ctx, i, i.Options["who"])
		if err != nil {
			return Answer{}, d.saidOf(i, err)
		}
		id = c.ID
	}
	c, changed, err := d.amend(ctx, i, id, "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		events, err := c.Become(d.types(), d.typeKey(key), i.User, tx.Now())
		if err != nil || len(events) == 0 {
			return nil, err
		}
		return append(c.Register(i.User, tx.Now()), events...), nil
	})
	return d.amended(ctx, i, c, changed, err)
}

// typeKey is the key of a user type by its key or one of its labels.
func (d *Desk) typeKey(text string) string {
	text = strings.TrimSpace(text)
	for _, t := range d.types() {
		if strings.EqualFold(text, t.Key) || strings.EqualFold(text, t.ID) || strings.EqualFold(text, t.EN) {
			return t.Key
		}
	}
	return text
}

// noted replaces the note about a person.
func (d *Desk) noted(ctx context.Context, i Interaction) (Answer, error) {
	who, err := d.whom(ctx, i, i.Options["who"])
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	c, changed, err := d.amend(ctx, i, who.ID, "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		return c.Annotate(i.Options["text"], i.User, tx.Now()), nil
	})
	return d.amended(ctx, i, c, changed, err)
}

// blockForm asks why.
func (d *Desk) blockForm(_ context.Context, i Interaction) (Form, error) {
	return Form{ID: formBlock + strings.TrimPrefix(i.Button, personBlock), Title: i.say("Blokir orang ini", "Block this person"), Fields: []Field{
		{ID: "reason", Label: i.say("Alasan, dibaca rekan tim", "Reason, read by the team"), Most: 200},
	}}, nil
}

// block puts a person on the block list.
func (d *Desk) block(ctx context.Context, i Interaction) (Answer, error) {
	id, reason := strings.TrimPrefix(i.Form, formBlock), i.Fields["reason"]
	if i.Form == "" {
		who, err := d.whom(ctx, i, i.Options["who"])
		if err != nil {
			return Answer{}, d.saidOf(i, err)
		}
		id, reason = who.ID, i.Options["reason"]
	}
	c, changed, err := d.amend(ctx, i, id, "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		return c.Shut(i.User, reason, tx.Now())
	})
	if err != nil || !changed {
		return d.amended(ctx, i, c, changed, err)
	}
	return d.shown(ctx, i, c.ID, i.say("⛔ Diblokir: pesannya tidak lagi masuk, dan ia tidak diberi tahu.", "⛔ Blocked: what this person writes no longer comes in, and nobody tells him."))
}

// unblock takes a person off the block list.
func (d *Desk) unblock(ctx context.Context, i Interaction) (Answer, error) {
	id := strings.TrimPrefix(i.Button, personUnblock)
	if i.Button == "" {
		who, err := d.whom(ctx, i, i.Options["who"])
		if err != nil {
			return Answer{}, d.saidOf(i, err)
		}
		id = who.ID
	}
	c, changed, err := d.amend(ctx, i, id, "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		return c.Admit(i.User, tx.Now()), nil
	})
	return d.amended(ctx, i, c, changed, err)
}

// mergeShow shows whom a merge would make one.
func (d *Desk) mergeShow(ctx context.Context, i Interaction) (Answer, error) {
	keep, err := d.known(ctx, i, i.Options["who"])
	if err != nil {
		return Answer{}, err
	}
	other, err := d.known(ctx, i, cmp.Or(i.Options["with"], " ?"))
	if err != nil {
		return Answer{}, err
	}
	if keep.ID == other.ID {
		return Answer{}, Refusal(i.say("Itu orang yang sama. Sebutkan nomor orang yang lain.", "That is the same person. Name the number of the other one."))
	}
	text := strings.Join([]string{
		i.say("Keduanya akan menjadi satu orang; riwayat keduanya tetap ada. Chat WhatsApp masing-masing tetap berjalan di tiketnya sendiri. Ini tidak dapat dibatalkan.",
			"Both become one person; the history of both stays. Their WhatsApp chats go on apart, each in its own tickets. This cannot be undone."),
		i.say("**Tetap**: ", "**Stays**: ") + d.brief(i, keep), i.say("**Digabungkan ke dalamnya**: ", "**Goes on in it**: ") + d.brief(i, other),
	}, "\n")
	return Answer{Text: text, Buttons: []Button{{ID: personMerge + keep.ID + ":" + other.ID, Label: i.say("Gabungkan", "Merge"), Emoji: "🔗", Style: "danger"}}}, nil
}

// known is whom for a person that has an id.
func (d *Desk) known(ctx context.Context, i Interaction, who string) (customer.Contact, error) {
	c, err := d.whom(ctx, i, who)
	if err == nil && c.ID == "" {
		c, _, err = d.amend(ctx, i, "", "/known", func(*ledger.Tx, *customer.Contact) ([]ledger.Event, error) { return nil, nil })
	}
	return c, d.saidOf(i, err)
}

// brief is a person in a line.
func (d *Desk) brief(i Interaction, c customer.Contact) string {
	parts := []string{"**" + cmp.Or(bridge.ToDiscord(bridge.Clean(c.Called(), 60)), "?") + "**"}
	if n := c.Number(); n != "" {
		parts = append(parts, n)
	}
	return strings.Join(append(parts, fmt.Sprintf(i.say("%d tiket", "%d tickets"), c.Figures.Tickets)), " · ")
}

// merge makes two people one.
func (d *Desk) merge(ctx context.Context, i Interaction) (Answer, error) {
	keep, other, ok := strings.Cut(strings.TrimPrefix(i.Button, personMerge), ":")
	if !ok {
		return Answer{}, fmt.Errorf("%w: button %q", ledger.ErrInvalid, i.Button)
	}
	var c customer.Contact
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		if c, err = customer.Merge(tx, keep, other, i.User); err != nil {
			return err
		}
		return d.bridge.PersonChanged(tx, c, i.User)
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	return d.shown(ctx, i, c.ID, i.say("🔗 Keduanya sekarang satu orang.", "🔗 They are one person now."))
}
