package whatsapp

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge"
)

const (
	mostContacts = 50
	cardLimit    = 8 << 10 // bytes of one vCard; pictures make them larger
	mostOptions  = 100     // of a poll; apps stop at 12
	optionLimit  = 200     // characters of an option
	pollLimit    = 1000    // characters of a question
)

func (r *reading) place(m *waE2E.Message) bool {
	switch {
	case m.GetLocationMessage() != nil:
		p := m.GetLocationMessage()
		r.m.Live = p.GetIsLive()
		r.m.Place = placeOf(p.GetDegreesLatitude(), p.GetDegreesLongitude())
		r.m.Place.Name, r.m.Place.Address = cleanLine(p.GetName(), 200), cleanLine(p.GetAddress(), 400)
		r.m.Place.URL = cleanLine(p.GetURL(), 500)
		return r.is(bridge.KindLocation, p.GetComment())
	case m.GetLiveLocationMessage() != nil:
		p := m.GetLiveLocationMessage()
		r.m.Live = true
		r.m.Place = placeOf(p.GetDegreesLatitude(), p.GetDegreesLongitude())
		return r.is(bridge.KindLocation, p.GetCaption())
	}
	return false
}

// placeOf is a point on earth; what is none becomes the nearest.
func placeOf(latitude, longitude float64) *bridge.Place {
	onEarth := func(degrees, most float64) float64 {
		if math.IsNaN(degrees) {
			return 0
		}
		return max(-most, min(most, degrees))
	}
	return &bridge.Place{Latitude: onEarth(latitude, 90), Longitude: onEarth(longitude, 180)}
}

func (r *reading) cards(m *waE2E.Message) bool {
	if c := m.GetContactMessage(); c != nil {
		r.m.Contacts = []bridge.Contact{contactOf(c)}
		return r.is(bridge.KindContact, "")
	}
	array := m.GetContactsArrayMessage()
	if array == nil {
		return false
	}
	all := array.GetContacts()
	for _, c := range firstOf(all, mostContacts) {
		r.m.Contacts = append(r.m.Contacts, contactOf(c))
	}
	text := ""
	if len(all) > mostContacts {
		text = fmt.Sprintf("[+%d]", len(all)-mostContacts)
	}
	return r.is(bridge.KindContact, text)
}

// contactOf reads a card. A card that is longer than any needs to be, because of a
// picture mostly, is written anew from what people read in it.
func contactOf(c *waE2E.ContactMessage) bridge.Contact {
	card := strings.ToValidUTF8(c.GetVcard(), "\uFFFD")
	if len(card) > cardLimit {
		card = bridge.ShortVCard(card, cardLimit)
	}
	return bridge.Contact{Name: cleanName(c.GetDisplayName()), Card: card}
}

func (r *reading) poll(m *waE2E.Message) bool {
	for _, poll := range []*waE2E.PollCreationMessage{
		m.GetPollCreationMessage(), m.GetPollCreationMessageV2(), m.GetPollCreationMessageV3(),
		m.GetPollCreationMessageV5(), m.GetPollCreationMessageV6(),
	} {
		if poll == nil {
			continue
		}
		r.m.Poll = &bridge.Poll{Question: cleanLine(poll.GetName(), pollLimit), Choices: int(min(poll.GetSelectableOptionsCount(), mostOptions))}
		for _, option := range firstOf(poll.GetOptions(), mostOptions) {
			r.m.Poll.Options = append(r.m.Poll.Options, optionName(option.GetOptionName()))
		}
		return r.is(bridge.KindPoll, "")
	}
	for _, result := range []*waE2E.PollResultSnapshotMessage{m.GetPollResultSnapshotMessage(), m.GetPollResultSnapshotMessageV3()} {
		if result == nil {
			continue
		}
		parts := []string{result.GetName()}
		for _, vote := range firstOf(result.GetPollVotes(), mostOptions) {
			parts = append(parts, fmt.Sprintf("• %s: %d", optionName(vote.GetOptionName()), vote.GetOptionVoteCount()))
		}
		return r.is(kindPollResult, joined(parts...))
	}
	return false
}

// optionName is what a poll's option is called here: in its message, and in votes
// for it.
func optionName(name string) string { return cleanLine(name, optionLimit) }

// optionSums are what votes call the options of a message's poll, with their names
// here.
func optionSums(m *waE2E.Message) map[[sha256.Size]byte]string {
	sums := map[[sha256.Size]byte]string{}
	for range mostNested + 1 {
		for _, poll := range []*waE2E.PollCreationMessage{
			m.GetPollCreationMessage(), m.GetPollCreationMessageV2(), m.GetPollCreationMessageV3(),
			m.GetPollCreationMessageV5(), m.GetPollCreationMessageV6(),
		} {
			for _, option := range firstOf(poll.GetOptions(), mostOptions) {
				sums[sha256.Sum256([]byte(option.GetOptionName()))] = optionName(option.GetOptionName())
			}
		}
		inner := wrapped(m)
		if len(sums) > 0 || len(inner) == 0 {
			break
		}
		m = inner[0]
	}
	return sums
}

// moment writes a time of a message's content; "" for none.
func moment(unix int64) string {
	if unix <= 0 || unix > 1<<40 {
		return ""
	}
	return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04 UTC")
}
