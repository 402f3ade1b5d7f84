package customer

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// said is a short answer as it is looked up: folded words with single spaces.
func said(s string) string { return strings.Join(Words(s), " ") }

// systemOf understands what kind of system a company uses. Without a word of it a place
// that looks like a domain is one.
func systemOf(s, place string) (System, bool) {
	switch said(s) {
	case "panel", "shared", "outlet", "outlet group", "grup outlet", "saas", "cloud":
		return Panel, true
	case "private", "privat", "pribadi", "dedicated", "domain", "server sendiri", "domain sendiri", "on premise":
		return Private, true
	case "":
		switch {
		case strings.TrimSpace(s) != "" && s != "-":
			return "", false
		case place == "":
			return "", true
		case looksLikeDomain(place):
			return Private, true
		}
		return Panel, true
	}
	return "", false
}

var domainLike = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$`)

func looksLikeDomain(place string) bool { return domainLike.MatchString(domain(place)) }

// marketOf understands where a customer belongs; "" for a text that says nothing.
func marketOf(s string) (Market, bool) {
	switch said(s) {
	case "lokal", "local", "domestik", "domestic", "dalam negeri", "indonesia", "id", "l", "nasional":
		return Local, true
	case "internasional", "international", "ekspor", "export", "luar negeri", "overseas", "abroad", "intl", "i", "global", "foreign":
		return International, true
	}
	return "", silent(s)
}

// choiceOf understands what somebody said about messages that the desk sends first.
func choiceOf(s string) (Choice, bool) {
	switch said(s) {
	case "ya", "y", "iya", "yes", "setuju", "boleh", "mau", "ok", "oke", "true", "1", "agreed", "agree", "opt in", "in", "bersedia":
		return Agreed, true
	case "tidak", "t", "n", "no", "tdk", "jangan", "menolak", "tolak", "stop", "berhenti", "false", "0", "declined", "opt out", "out", "tidak setuju", "tidak mau", "tidak boleh", "tidak bersedia":
		return Declined, true
	case "belum", "belum ditanya", "unknown", "unasked", "belum tahu":
		return Unasked, true
	}
	return Unasked, silent(s)
}

// voidOf reports whether the status of an order says that it was cancelled. Every
// company has words of its own for the others.
func voidOf(s string) bool {
	for _, w := range Words(s) {
		switch w {
		case "batal", "dibatalkan", "cancel", "canceled", "cancelled", "cancelation", "cancellation", "void", "voided", "pembatalan", "btl":
			return true
		}
	}
	return false
}

// silent reports whether a cell says nothing: empty, or a dash in its place.
func silent(s string) bool { return strings.Trim(s, "-–—.?/ \t\r\n\u00a0") == "" }

// entered is the key of a user type by its key or one of its labels, "" for a text that
// says nothing.
func (t Types) entered(s string) (key string, ok bool) {
	if silent(s) {
		return "", true
	}
	want := said(s)
	i := slices.IndexFunc(t, func(u UserType) bool {
		return u.Key == strings.TrimSpace(s) || said(u.Key) == want || said(u.ID) == want || said(u.EN) == want
	})
	if i < 0 {
		return "", false
	}
	return t[i].Key, true
}

// phonesOf understands one or several numbers of a cell; why is the key of a fault, "" for
// none.
func phonesOf(s string) (all []Phone, why string) {
	s = strings.Trim(s, " \t\r\n\u00a0'`")
	if silent(s) {
		return nil, ""
	}
	if whole, short := plainNumber(s); short {
		return nil, "number_cut"
	} else if whole != "" {
		s = whole
	}
	p, err := ParsePhone(s)
	if err == nil {
		return []Phone{p}, ""
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;/|\n", r) })
	if len(parts) < 2 || strings.Contains(s, "wa.me") || len(parts) > mostPhones {
		return nil, refusalKey(err)
	}
	for _, part := range parts {
		p, err := ParsePhone(strings.TrimSpace(part))
		if err != nil {
			return nil, refusalKey(err)
		}
		all = append(all, p)
	}
	return first(mostPhones, all), ""
}

var powered = regexp.MustCompile(`^([1-9])(?:[.,](\d+))?[eE]\+?(\d{1,2})$`)

// plainNumber undoes what spreadsheets make of long numbers: 6,281234567890E+12 and
// 6281234567890.0. cut says that digits were lost.
func plainNumber(s string) (whole string, cut bool) {
	if digits, zeros, ok := strings.Cut(s, "."); ok && digitsOnly(digits) && len(digits) > 8 && strings.Trim(zeros, "0") == "" {
		return digits, false
	}
	m := powered.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	power, err := strconv.Atoi(m[3])
	if err != nil || power > 20 {
		return "", true
	}
	// A number that ends in several zeros is one that was cut for show.
	if len(m[2]) < power-2 || len(m[2]) > power {
		return "", true
	}
	return m[1] + m[2] + strings.Repeat("0", power-len(m[2])), false
}
