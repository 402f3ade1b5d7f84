package bot

import (
	"context"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

const (
	personConsent = personPrefix + "consent:"
	formConsent   = "f:consent:"
)

// consentForm asks what a person wishes about messages that the desk sends first, as staff
// heard it.
func (d *Desk) consentForm(ctx context.Context, i Interaction) (Form, error) {
	id := strings.TrimPrefix(i.Button, personConsent)
	c, _, err := d.contact(ctx, id)
	if err != nil {
		return Form{}, err
	}
	is := ""
	switch c.Consent.Choice {
	case customer.Agreed:
		is = i.say("ya", "yes")
	case customer.Declined:
		is = i.say("tidak", "no")
	}
	return Form{ID: formConsent + id, Title: i.say("Info dan penawaran", "Information and offers"), Fields: []Field{
		{ID: "wish", Label: i.say("Mau menerimanya? ya / tidak", "Does he want them? yes / no"), Most: 10, Value: is},
		{ID: "reason", Label: i.say("Bagaimana Anda tahu, misalnya: lewat telepon", "How you know, e.g. on the phone"), Most: 200},
	}}, nil
}

// consent notes a wish that staff heard.
func (d *Desk) consent(ctx context.Context, i Interaction) (Answer, error) {
	id, wish, reason := strings.TrimPrefix(i.Form, formConsent), i.Fields["wish"], i.Fields["reason"]
	if i.Form == "" {
		who, err := d.whom(ctx, i, i.Options["who"])
		if err != nil {
			return Answer{}, d.saidOf(i, err)
		}
		id, wish, reason = who.ID, i.Options["wish"], i.Options["reason"]
	}
	agrees, ok := map[string]bool{"ya": true, "yes": true, "y": true, "tidak": false, "no": false, "tdk": false, "n": false}[strings.ToLower(strings.TrimSpace(wish))]
	if !ok {
		return Answer{}, Refusal(i.say("Tuliskan `ya` bila klien mau menerima info dan penawaran, `tidak` bila tidak mau.", "Write `yes` if the client wants information and offers, `no` if not."))
	}
	if strings.TrimSpace(reason) == "" {
		return Answer{}, Refusal(i.say("Tuliskan bagaimana Anda mengetahuinya, misalnya: lewat telepon.", "Write how you know, for example: on the phone."))
	}
	c, changed, err := d.amend(ctx, i, id, "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		if agrees {
			return c.Agree(i.User, reason, tx.Now()), nil
		}
		return c.Decline(i.User, reason, tx.Now()), nil
	})
	return d.amended(ctx, i, c, changed, err)
}

// consentLine is the last wish of a person with when, by whom and why, "" for none.
func consentLine(i Interaction, c customer.Consent) string {
	said := ""
	switch c.Choice {
	case customer.Agreed:
		said = i.say("🔔 mau dikirimi", "🔔 wants them")
	case customer.Declined:
		said = i.say("🔕 tidak mau dikirimi", "🔕 does not want any")
	default:
		return ""
	}
	if c.By == "client" {
		said += i.say(" · ditulis klien sendiri", " · in the client's own words")
	} else if c.By != "" {
		said += i.say(" · dicatat ", " · noted by ") + bridge.By(c.By, i.English())
	}
	if !c.At.IsZero() {
		said += " " + stamp(c.At, "d")
	}
	if why := bridge.ToDiscord(bridge.Clean(c.Why, 120)); why != "" {
		said += ": “" + why + "”"
	}
	return said
}
