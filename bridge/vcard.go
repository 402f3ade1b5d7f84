package bridge

import (
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A VCard is what people read in a vCard. Nothing in it is longer than a line, and
// no list longer than an address book would show.
type VCard struct {
	Name      string
	Phones    []VCardLine
	Emails    []VCardLine
	Org       string
	Title     string
	Addresses []VCardLine
	Pages     []VCardLine
	Birthday  string
	Note      string
}

// A VCardLine is one of several entries of a kind, with what it is for.
type VCardLine struct{ Text, Label string }

// Bounds of a card.
const (
	cardReadLimit   = 256 << 10 // bytes looked at
	cardMostLines   = 2000      // lines looked at
	cardMostEntries = 10        // of one kind
	cardLineLimit   = 200       // characters of an entry
)

// ParseVCard reads the first card of a vCard of version 2.1, 3.0 or 4.0, as far as
// it can be understood. It takes time linear in the first 256 KiB.
func ParseVCard(vcard string) VCard {
	var c VCard
	for i, line := range cardUnfold(vcard) {
		name, params, value, ok := cardSplit(line)
		if name == "END" || i >= cardMostLines {
			break
		}
		if ok {
			c.take(name, params, value)
		}
	}
	return c
}

func (c *VCard) take(name string, params []string, value string) {
	switch name {
	case "FN":
		c.Name = cardText(value, params)
	case "N":
		if c.Name == "" {
			c.Name = cardName(value, params)
		}
	case "TEL":
		cardAdd(&c.Phones, strings.TrimPrefix(cardText(value, params), "tel:"), params)
	case "EMAIL":
		cardAdd(&c.Emails, cardText(value, params), params)
	case "ORG":
		c.Org = cardList(value, params, ", ")
	case "TITLE":
		c.Title = cardText(value, params)
	case "ADR":
		cardAdd(&c.Addresses, cardList(value, params, ", "), params)
	case "URL":
		cardAdd(&c.Pages, cardText(value, params), params)
	case "BDAY":
		c.Birthday = cardText(value, params)
	case "NOTE":
		c.Note = cardText(value, params)
	}
}

func cardAdd(to *[]VCardLine, text string, params []string) {
	if text != "" && len(*to) < cardMostEntries {
		*to = append(*to, VCardLine{Text: text, Label: cardLabel(params)})
	}
}

// cardUnfold returns the lines of a vCard, those continued joined.
func cardUnfold(vcard string) []string {
	if len(vcard) > cardReadLimit {
		vcard = vcard[:cardReadLimit]
	}
	vcard = strings.ReplaceAll(strings.ReplaceAll(vcard, "\r\n", "\n"), "\r", "\n")
	var lines []string
	var last strings.Builder
	end := func() {
		if last.Len() > 0 {
			lines = append(lines, last.String())
		}
		last.Reset()
	}
	soft := false
	for line := range strings.SplitSeq(vcard, "\n") {
		if len(lines) > cardMostLines {
			return lines
		}
		switch {
		case strings.HasPrefix(line, " "), strings.HasPrefix(line, "\t"):
			last.WriteString(line[1:])
		case soft:
			last.WriteString("\n" + line)
		default:
			end()
			last.WriteString(line)
		}
		// Quoted-printable goes on after a line that ends in =.
		head, _, _ := strings.Cut(last.String()[:min(last.Len(), 200)], ":")
		soft = strings.HasSuffix(line, "=") && strings.Contains(strings.ToUpper(head), "QUOTED-PRINTABLE")
	}
	end()
	return lines
}

// cardSplit takes a line apart: "item1.TEL;type=CELL:+62" is TEL, [type=CELL], +62.
func cardSplit(line string) (name string, params []string, value string, ok bool) {
	quoted := false
	colon := strings.IndexFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ':' && !quoted
	})
	if colon < 0 {
		return "", nil, "", false
	}
	parts := strings.Split(line[:colon], ";")
	name = strings.ToUpper(strings.TrimSpace(parts[0]))
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = name[dot+1:]
	}
	return name, parts[1:], line[colon+1:], true
}

// cardText is a value as one line.
func cardText(value string, params []string) string {
	value = cardDecode(value, params)
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		i++
		switch value[i] {
		case 'n', 'N':
			b.WriteByte(' ')
		default:
			b.WriteByte(value[i])
		}
	}
	return Clean(b.String(), cardLineLimit)
}

// cardList is a value of several parts as one line.
func cardList(value string, params []string, between string) string {
	var kept []string
	for _, part := range cardParts(cardDecode(value, params)) {
		if part = cardText(part, nil); part != "" && len(kept) < cardMostEntries {
			kept = append(kept, part)
		}
	}
	return Clean(strings.Join(kept, between), cardLineLimit)
}

// cardName is a name given in parts, family name first, as people say it.
func cardName(value string, params []string) string {
	parts := cardParts(cardDecode(value, params))
	var kept []string
	for _, i := range []int{3, 1, 2, 0, 4} {
		if i < len(parts) {
			if part := cardText(parts[i], nil); part != "" {
				kept = append(kept, part)
			}
		}
	}
	return Clean(strings.Join(kept, " "), cardLineLimit)
}

// cardParts splits at semicolons that are not escaped.
func cardParts(value string) (parts []string) {
	start := 0
	for i := 0; i < len(value) && len(parts) < 2*cardMostEntries; i++ {
		switch value[i] {
		case '\\':
			i++
		case ';':
			parts = append(parts, value[start:i])
			start = i + 1
		}
	}
	return append(parts, value[start:])
}

func cardDecode(value string, params []string) string {
	if len(value) > 16*cardLineLimit {
		value = value[:16*cardLineLimit] // no entry needs more; a picture would
	}
	for _, p := range params {
		if strings.Contains(strings.ToUpper(p), "QUOTED-PRINTABLE") {
			if plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value))); err == nil {
				value = string(plain)
			}
		}
	}
	return strings.ToValidUTF8(value, "\uFFFD")
}

// cardLabel is what an entry is for, in the desk's language.
func cardLabel(params []string) string {
	for _, p := range params {
		_, value, named := strings.Cut(p, "=")
		if !named {
			value = p
		}
		for word := range strings.SplitSeq(strings.ToUpper(strings.Trim(value, `"`)), ",") {
			switch word {
			case "CELL", "MOBILE", "IPHONE":
				return "ponsel"
			case "WORK":
				return "kantor"
			case "HOME":
				return "rumah"
			case "FAX":
				return "faks"
			}
		}
	}
	return ""
}

// BuildVCard writes a card as vCard 3.0.
func BuildVCard(c VCard) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCARD\r\nVERSION:3.0\r\n")
	name := c.Name
	if name == "" && len(c.Phones) > 0 {
		name = c.Phones[0].Text // a card must have a name
	}
	cardWrite(&b, "N:;", name, ";;;")
	cardWrite(&b, "FN:", name, "")
	for _, e := range []struct{ key, text string }{{"ORG:", c.Org}, {"TITLE:", c.Title}, {"BDAY:", c.Birthday}, {"NOTE:", c.Note}} {
		if e.text != "" {
			cardWrite(&b, e.key, e.text, "")
		}
	}
	for _, list := range []struct {
		key, before, after string
		lines              []VCardLine
	}{{"TEL", "", "", c.Phones}, {"EMAIL", "", "", c.Emails}, {"ADR", ";;", ";;;;", c.Addresses}, {"URL", "", "", c.Pages}} {
		for _, line := range list.lines {
			cardWrite(&b, list.key+cardType(line.Label)+":"+list.before, line.Text, list.after)
		}
	}
	b.WriteString("END:VCARD\r\n")
	return b.String()
}

func cardType(label string) string {
	if t, ok := map[string]string{"ponsel": "CELL", "kantor": "WORK", "rumah": "HOME", "faks": "FAX"}[label]; ok {
		return ";TYPE=" + t
	}
	return ""
}

// cardWrite writes a line, folded so that none has more than 75 bytes.
func cardWrite(b *strings.Builder, key, value, after string) {
	value = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(fmtSanitize(value))
	line := key + value + after
	for len(line) > 75 {
		at := 75
		for !utf8.RuneStart(line[at]) {
			at--
		}
		b.WriteString(line[:at] + "\r\n")
		line = " " + line[at:]
	}
	b.WriteString(line + "\r\n")
}

// ShortVCard writes a vCard anew with what people read in it, in at most limit
// bytes if that is at least 1 KiB.
func ShortVCard(vcard string, limit int) string {
	return ParseVCard(vcard).short(limit)
}

func (c VCard) short(limit int) string {
	for range 6 * cardMostEntries {
		short := BuildVCard(c)
		if len(short) <= limit {
			return short
		}
		switch {
		case c.Note != "":
			c.Note = ""
		case len(c.Pages) > 0:
			c.Pages = c.Pages[:len(c.Pages)-1]
		case len(c.Addresses) > 0:
			c.Addresses = c.Addresses[:len(c.Addresses)-1]
		case len(c.Emails) > 1:
			c.Emails = c.Emails[:len(c.Emails)-1]
		case len(c.Phones) > 1:
			c.Phones = c.Phones[:len(c.Phones)-1]
		default:
			c.Org, c.Title, c.Birthday, c.Emails = "", "", "", nil
			c.Name = Clean(c.Name, 40)
		}
	}
	return BuildVCard(VCard{Name: Clean(c.Name, 40)})
}

// CardFile puts the cards of a message into one file of at most limit bytes, if
// that leaves 1 KiB for each, with a name for it. Cards that are too long, or none,
// are written anew with what people read in them.
func CardFile(contacts []Contact, limit int) (name string, data []byte) {
	if len(contacts) == 0 {
		return "", nil
	}
	each := max(1<<10, limit/len(contacts))
	var b strings.Builder
	for _, c := range contacts {
		card := cardWhole(c.Card)
		if card == "" || len(card) > each {
			parsed := ParseVCard(c.Card)
			if parsed.Name == "" {
				parsed.Name = Clean(c.Name, cardLineLimit)
			}
			card = parsed.short(each)
		}
		b.WriteString(card)
	}
	title := fileTitle(contactName(contacts[0]))
	if len(contacts) > 1 || title == "" {
		title = "kontak"
	}
	return title + ".vcf", []byte(b.String())
}

// cardWhole returns a card in its own words if it is exactly one card, or "".
func cardWhole(vcard string) string {
	vcard = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(vcard, "\r\n", "\n"), "\r", "\n"))
	upper := strings.ToUpper(vcard)
	switch {
	case len(vcard) > cardReadLimit, !utf8.ValidString(vcard), strings.ContainsRune(vcard, 0),
		!strings.HasPrefix(upper, "BEGIN:VCARD\n"), !strings.HasSuffix(upper, "\nEND:VCARD"),
		strings.Count(upper, "BEGIN:VCARD") != 1, strings.Count(upper, "END:VCARD") != 1:
		return ""
	}
	return strings.ReplaceAll(vcard, "\n", "\r\n") + "\r\n"
}

// contactName is what a contact is called: by the message, or else by the card.
func contactName(c Contact) string {
	if name := Clean(c.Name, 100); name != "" {
		return name
	}
	return Clean(ParseVCard(c.Card).Name, 100)
}

// fileTitle makes words fit for the name of a file, without its end.
func fileTitle(s string) string {
	return Clean(strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r), unicode.IsControl(r), fmtMark(r), r == utf8.RuneError:
			return '_'
		}
		return r
	}, s), ". _"), 60)
}
