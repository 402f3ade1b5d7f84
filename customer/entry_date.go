package customer

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Years that a date may have.
const (
	firstYear = 1970
	lastYear  = 2199
)

// months are the beginnings of their names in Indonesian and English.
var months = map[string]time.Month{
	"jan": 1, "feb": 2, "peb": 2, "mar": 3, "mrt": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "agu": 8, "agt": 8,
	"ags": 8, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "nop": 11, "des": 12, "dec": 12,
}

var (
	yearFirst = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:t|\s+|$)`)
	dayFirst  = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:\s+|$)`)
	dayNamed  = regexp.MustCompile(`^(\d{1,2})[-/.\s]*([a-z]{3,9})[-/.,\s]*(\d{4}|\d{2})(?:\s+|$)`)
	monNamed  = regexp.MustCompile(`^([a-z]{3,9})[.\s]+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:\s+|$)`)
	compact   = regexp.MustCompile(`^((?:19|20|21)\d{2})(\d{2})(\d{2})$`)
	serial    = regexp.MustCompile(`^\d{5}(?:[.,]\d{1,15})?$`)
	clock     = regexp.MustCompile(`^(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?\s*(am|pm)?\s*(wib|wita|wit|z|[+-]\d{2}:?\d{2})?$`)
	weekday   = regexp.MustCompile(`^(senin|selasa|rabu|kamis|jumat|jum'at|sabtu|minggu|ahad|mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]?\s+`)
)

// ParseDate understands a day as people and spreadsheets write it, with or without a time
// of day: "2026-11-23", "23/11/2026", "23-11-26", "23 Nov 2026", "23 November 2026",
// "20261123", 46349 (what a spreadsheet keeps of a day), "2026-11-23T14:05:00Z". Of two
// numbers the day comes first. A day, and a time without a zone of its own, is of zone; a
// day is its first moment. Two digits of a year are 1970 to 2069.
func ParseDate(text string, zone *time.Location) (time.Time, bool) {
	s := strings.ToLower(strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\'' || r == '\ufeff' }))
	if len(s) > 60 {
		return time.Time{}, false
	}
	if serial.MatchString(s) {
		return serialDate(s, zone)
	}
	s = weekday.ReplaceAllString(strings.ReplaceAll(s, "\u00a0", " "), "")
	var year, month, day, rest string
	switch m := []string(nil); {
	case match(yearFirst, s, &m):
		year, month, day = m[1], m[2], m[3]
		rest = s[len(m[0]):]
	case match(compact, s, &m):
		year, month, day = m[1], m[2], m[3]
	case match(dayFirst, s, &m):
		day, month, year = m[1], m[2], m[3]
		rest = s[len(m[0]):]
	case match(dayNamed, s, &m):
		day, month, year = m[1], m[2], m[3]
		rest = s[len(m[0]):]
	case match(monNamed, s, &m):
		month, day, year = m[1], m[2], m[3]
		rest = s[len(m[0]):]
	default:
		return time.Time{}, false
	}
	return dated(year, month, day, rest, zone)
}

func match(re *regexp.Regexp, s string, m *[]string) bool {
	*m = re.FindStringSubmatch(s)
	return *m != nil
}

func dated(year, month, day, rest string, zone *time.Location) (time.Time, bool) {
	y, d, mon := number0(year), number0(day), time.Month(number0(month))
	if !digitsOnly(month) {
		mon = monthOf(month)
	}
	if len(year) == 2 {
		if y += 1900; y < firstYear {
			y += 100
		}
	}
	t := time.Date(y, mon, d, 0, 0, 0, 0, zone)
	if y < firstYear || y > lastYear || mon < 1 || mon > 12 || d < 1 || d > 31 || time.Date(y, mon, d, 12, 0, 0, 0, time.UTC).Day() != d {
		return time.Time{}, false
	}
	if rest = strings.TrimSpace(rest); rest == "" {
		return t, true
	}
	return timed(y, mon, d, strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(rest, "pukul "), "jam ")), zone)
}

// monthOf is the month of a name that may be shortened.
func monthOf(name string) time.Month {
	if name == "sept" {
		return time.September
	}
	mon := months[name[:3]]
	for _, whole := range []string{
		"januari", "january", "februari", "february", "pebruari", "maret", "march", "april", "mei", "may", "juni", "june", "juli", "july",
		"agustus", "august", "agt", "ags", "september", "oktober", "october", "november", "nopember", "desember", "december", "mrt",
	} {
		if strings.HasPrefix(whole, name) {
			return mon
		}
	}
	return 0
}

// timed is a time of a day, with the zone it may name.
func timed(y int, mon time.Month, d int, rest string, zone *time.Location) (time.Time, bool) {
	var m []string
	if !match(clock, rest, &m) {
		return time.Time{}, false
	}
	hour, minute, second := number0(m[1]), number0(m[2]), number0(m[3])
	if m[4] != "" {
		if hour < 1 || hour > 12 {
			return time.Time{}, false
		}
		hour %= 12
		if m[4] == "pm" {
			hour += 12
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	switch away := m[5]; away {
	case "":
	case "z":
		zone = time.UTC
	case "wib", "wita", "wit":
		zone = time.FixedZone(away, map[string]int{"wib": 7, "wita": 8, "wit": 9}[away]*3600)
	default:
		digits := strings.ReplaceAll(away[1:], ":", "")
		seconds := number0(digits[:2])*3600 + number0(digits[2:])*60
		if seconds > 14*3600 || number0(digits[2:]) > 59 {
			return time.Time{}, false
		}
		if away[0] == '-' {
			seconds = -seconds
		}
		zone = time.FixedZone("", seconds)
	}
	return time.Date(y, mon, d, hour, minute, second, 0, zone), true
}

// serialDate is a day as spreadsheets count them: days since 30 December 1899, the time
// of day as a fraction.
func serialDate(s string, zone *time.Location) (time.Time, bool) {
	n, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || n < 25569 || n >= 109575 { // 1970 to 2199
		return time.Time{}, false
	}
	days, part := math.Modf(n)
	seconds := int(math.Round(part * 24 * 3600))
	return time.Date(1899, 12, 30+int(days), 0, 0, seconds, 0, zone), true
}

func number0(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// Since1904 is a day as it is counted by a spreadsheet that begins in 1904, as the others
// count it; any other text is left.
func Since1904(text string) string {
	s := strings.TrimSpace(text)
	if !serial.MatchString(s) {
		return text
	}
	days, rest := number0(s[:5]), s[5:]
	return strconv.Itoa(days+1462) + rest
}
