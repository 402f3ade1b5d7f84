package customer

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// Home is the region in which a number without country code is understood.
const Home = "ID"

// longPhone bounds what is looked at for a number, in bytes: more is no number.
const longPhone = 80

// A Phone is a telephone number: the digits of E.164 without "+", 7 to 15 of them,
// e.g. "6281234567890". It is how a person is known and shown, never an address to
// send to: WhatsApp's addresses are kept with the conversation.
type Phone string

// ParsePhone understands a number as people write it: "0812-3456-7890", "+62 812 ...",
// "62812...", "812...", a link of wa.me. One that nobody can have is refused; with a
// country code in front its length decides alone, because new ranges are given out
// faster than they become known. [Refusal] number_missing, number_letters,
// number_invalid.
func ParsePhone(text string) (Phone, error) {
	text, err := dialled(text)
	if err != nil {
		return "", err
	}
	// WhatsApp keeps the "1" of Mexico's mobiles, which nobody dials any more.
	if rest, ok := strings.CutPrefix(text, "+521"); ok && len(rest) == 10 {
		text = "+52" + rest
	}
	region := Home
	if strings.HasPrefix(text, "+") {
		region = "ZZ"
	}
	n, err := phonenumbers.Parse(text, region)
	if err != nil {
		return "", refuse("number_invalid")
	}
	explicit := region != Home || strings.HasPrefix(text, homeCode)
	if !phonenumbers.IsValidNumber(n) && (!explicit || !possible(n)) {
		return "", refuse("number_invalid")
	}
	p := digits(n)
	// A number has one form: what the plan of its country still takes off (a "0" too
	// many) would make two of it.
	for range 3 {
		again, err := phonenumbers.Parse("+"+string(p), "ZZ")
		if err != nil {
			return "", refuse("number_invalid")
		}
		q := digits(again)
		if q == p {
			if len(p) < 7 || len(p) > 15 || !phonenumbers.IsValidNumber(again) && !possible(again) {
				return "", refuse("number_invalid")
			}
			return p, nil
		}
		p = q
	}
	return "", refuse("number_invalid")
}

// homeCode is the calling code of Home.
const homeCode = "62"

func possible(n *phonenumbers.PhoneNumber) bool {
	return phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE
}

func digits(n *phonenumbers.PhoneNumber) Phone {
	return Phone(strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+"))
}

// dialled is what a telephone would be given: "+" and a country code, or digits as
// dialled at home.
func dialled(text string) (string, error) {
	keys, err := pressed(text)
	if err != nil {
		return "", err
	}
	if strings.Trim(keys, "+0") == "" {
		return "", refuse("number_missing")
	}
	// "00" before the country code is how other countries dial abroad, and many here
	// write it so.
	if after, ok := strings.CutPrefix(keys, "00"); ok {
		return "+" + after, nil
	}
	return keys, nil
}

// pressed are the keys of a telephone in a text: "+" in front, and ASCII digits.
func pressed(text string) (string, error) {
	if len(text) > longPhone {
		return "", refuse("number_letters")
	}
	text = strings.ToLower(strings.TrimSpace(text))
	if _, after, ok := strings.Cut(text, "wa.me/"); ok {
		text, _, _ = strings.Cut(after, "?")
	}
	text = strings.TrimPrefix(text, "tel:")
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			b.WriteByte(digit(r))
		case (r == '+' || r == '＋') && b.Len() == 0:
			b.WriteByte('+')
		case strings.ContainsRune("()-./ ", r), unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r):
		default:
			return "", refuse("number_letters")
		}
	}
	return b.String(), nil
}

// digit is the ASCII digit of a decimal digit of any script: they stand in tens.
func digit(r rune) byte {
	n := r
	for n > 0 && unicode.IsDigit(n-1) {
		n--
	}
	return byte('0' + int(r-n)%10)
}

// PhoneOf is the number in an address of WhatsApp. ok is false for an address that
// has none: a LID looks like a number and never is one.
func PhoneOf(address string) (p Phone, ok bool) {
	user, server, _ := strings.Cut(address, "@")
	if server != "s.whatsapp.net" && server != "c.us" {
		return "", false
	}
	user, _, _ = strings.Cut(user, ":")
	if !digitsOnly(user) || len(user) < 7 || len(user) > 15 || user[0] == '0' {
		return "", false
	}
	// The account exists, whatever the plan of its country says.
	if p, err := ParsePhone("+" + user); err == nil {
		return p, true
	}
	return Phone(user), true
}

// String shows the number for people, e.g. "+62 812-3456-7890"; "" stays "".
func (p Phone) String() string {
	if p == "" {
		return ""
	}
	n, err := phonenumbers.Parse("+"+string(p), "ZZ")
	if err != nil {
		return "+" + string(p)
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// Masked is for logs: the last four digits.
func (p Phone) Masked() string {
	if p == "" {
		return ""
	}
	return "…" + string(p[max(0, len(p)-4):])
}
