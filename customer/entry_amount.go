package customer

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Minor is how many decimals a currency has by ISO 4217; ok is false for a code that is
// none of its. People may write fewer.
func Minor(currency string) (decimals int, ok bool) {
	if len(currency) != 3 || !strings.Contains(currencies, " "+currency+" ") {
		return 0, false
	}
	switch {
	case strings.Contains(noMinor, currency):
		return 0, true
	case strings.Contains(threeMinor, currency):
		return 3, true
	case currency == "CLF" || currency == "UYW":
		return 4, true
	}
	return 2, true
}

// currencies are the codes of ISO 4217 for money that is paid with.
const currencies = " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK " +
	"DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT " +
	"LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF " +
	"SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG "

const (
	noMinor    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	threeMinor = "BHD IQD JOD KWD LYD OMR TND"
)

// signs of money that people write instead of a code. A dollar alone is that of the
// United States.
var moneySigns = map[string]string{
	"RP": "IDR", "RUPIAH": "IDR", "$": "USD", "US$": "USD", "S$": "SGD", "A$": "AUD", "AU$": "AUD", "HK$": "HKD", "NT$": "TWD",
	"RM": "MYR", "€": "EUR", "£": "GBP", "¥": "JPY", "฿": "THB", "₫": "VND", "₱": "PHP", "₩": "KRW", "₹": "INR", "DOLLAR": "USD",
}

func currencyOf(s string) (code string, ok bool) {
	s = strings.ToUpper(strings.Trim(line(s, 20), ". "))
	if code, ok = moneySigns[s]; ok {
		return code, true
	}
	_, ok = Minor(s)
	return s, ok
}

// parseAmount understands an amount of money; why is the key of a fault. Nothing is
// an amount that nobody has said: 0 of no currency.
func parseAmount(text, currency string) (minor int64, code, why string) {
	code = "IDR"
	ok := true
	if !silent(currency) {
		if code, ok = currencyOf(currency); !ok {
			return 0, "", "currency_unknown"
		}
	}
	if silent(text) {
		return 0, "", ""
	}
	s := strings.TrimSpace(line(text, longPerson+1))
	if len(s) > longPerson {
		return 0, code, "amount_invalid"
	}
	s, sign, negative := moneyParts(s)
	if sign != "" {
		named, known := currencyOf(sign)
		switch {
		case !known:
			return 0, code, "amount_invalid"
		case !silent(currency) && named != code && sign != "$":
			return 0, code, "currency_other"
		case silent(currency):
			code = named
		}
	}
	if negative {
		return 0, code, "amount_negative"
	}
	minor, why = minorUnits(s, code)
	return minor, code, why
}

// moneyParts takes the sign of the money and the "-" from a figure.
func moneyParts(s string) (figure, sign string, negative bool) {
	if inner, ok := strings.CutPrefix(s, "("); ok && strings.HasSuffix(inner, ")") {
		s, negative = strings.TrimSuffix(inner, ")"), true
	}
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(s, ",-"), ".-"))
	if after, ok := strings.CutPrefix(s, "-"); ok {
		s, negative = strings.TrimSpace(after), true
	}
	is := func(r rune) bool { return unicode.IsDigit(r) || r == '-' || r == '+' }
	from := strings.IndexFunc(s, is)
	to := strings.LastIndexFunc(s, is)
	if from < 0 {
		return "", s, negative
	}
	to += len(string([]rune(s[to:])[:1]))
	before, after := strings.Trim(s[:from], ". "), strings.Trim(s[to:], " ")
	figure = s[from:to]
	if strings.Trim(after, ",-.") == "" {
		after = ""
	}
	if rest, ok := strings.CutPrefix(figure, "-"); ok {
		figure, negative = rest, true
	}
	if before != "" && after != "" {
		return "", before + after, negative
	}
	return strings.TrimPrefix(figure, "+"), before + after, negative
}

// minorUnits reads a figure in the minor units of a currency. One "." or "," with three
// digits behind it parts thousands, unless the currency has three decimals.
func minorUnits(s, code string) (int64, string) {
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "’", "").Replace(s)
	if whole, cut := plainNumber(s); cut {
		return 0, "amount_invalid"
	} else if whole != "" {
		s = whole
	}
	decimals, _ := Minor(code)
	whole, part, ok := figureParts(s, decimals)
	if !ok {
		return 0, "amount_invalid"
	}
	part = strings.TrimRight(part, "0")
	if len(part) > decimals {
		return 0, "amount_fine"
	}
	whole = strings.TrimLeft(whole, "0") + part + strings.Repeat("0", decimals-len(part))
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		return 0, ""
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64/1000 {
		return 0, "amount_large"
	}
	return n, ""
}

// figureParts parts a figure at its decimal sign and takes out what parts thousands.
func figureParts(s string, decimals int) (whole, part string, ok bool) {
	point, comma := strings.Count(s, "."), strings.Count(s, ",")
	decimal := ""
	switch {
	case point > 0 && comma > 0:
		decimal = "."
		if strings.LastIndex(s, ",") > strings.LastIndex(s, ".") {
			decimal = ","
		}
	case point == 1 && !thousand(s, ".", decimals):
		decimal = "."
	case comma == 1 && !thousand(s, ",", decimals):
		decimal = ","
	}
	whole = s
	if decimal != "" {
		if strings.Count(s, decimal) > 1 {
			return "", "", false
		}
		whole, part, _ = strings.Cut(s, decimal)
		if !digitsOnly(part) {
			return "", "", false
		}
	}
	sep := "."
	if strings.Contains(whole, ",") {
		sep = ","
	}
	groups := strings.Split(whole, sep)
	for i, g := range groups {
		if !digitsOnly(g) || i > 0 && len(g) != 3 || len(groups) > 1 && i == 0 && len(g) > 3 {
			return "", "", false
		}
	}
	return strings.Join(groups, ""), part, true
}

// thousand reports whether the only separator of a figure parts thousands.
func thousand(s, sep string, decimals int) bool {
	before, after, _ := strings.Cut(s, sep)
	return decimals != 3 && len(after) == 3 && len(before) >= 1 && len(before) <= 3 && before[0] != '0'
}
