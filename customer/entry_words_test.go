package customer

import (
	"testing"
	"time"
)

func TestDatesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	jakarta := time.FixedZone("WIB", 7*3600)
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, jakarta)
	for text, want := range map[string]time.Time{
		"2026-11-23": day, "23/11/2026": day, "23-11-26": day, "23.11.2026": day, "23 Nov 2026": day, "23 November 2026": day,
		"23-Nov-26": day, "23 nopember 2026": day, "Senin, 23 November 2026": day, "November 23, 2026": day, "20261123": day,
		"2026/11/23": day, "46349": day, " 23/11/2026\u00a0": day, "'23/11/2026": day, "46349,5": day.Add(12 * time.Hour),
		"46349.58680555555": day.Add(14*time.Hour + 5*time.Minute), "23/11/2026 14:05": day.Add(14*time.Hour + 5*time.Minute),
		"23/11/2026 14.05": day.Add(14*time.Hour + 5*time.Minute), "23 Nov 2026 2:05 PM": day.Add(14*time.Hour + 5*time.Minute),
		"2026-11-23T14:05:06": day.Add(14*time.Hour + 5*time.Minute + 6*time.Second), "2026-11-23T07:05:00Z": day.Add(14*time.Hour + 5*time.Minute),
		"2026-11-23 14:05:00+07:00": day.Add(14*time.Hour + 5*time.Minute), "2026-11-23 15:05 WITA": day.Add(14*time.Hour + 5*time.Minute),
		"03/04/2026": time.Date(2026, 4, 3, 0, 0, 0, 0, jakarta), "29/02/2028": time.Date(2028, 2, 29, 0, 0, 0, 0, jakarta),
		"1 Mei 70": time.Date(1970, 5, 1, 0, 0, 0, 0, jakarta), "17 Agustus 2045": time.Date(2045, 8, 17, 0, 0, 0, 0, jakarta),
		"5 Sept 2026": time.Date(2026, 9, 5, 0, 0, 0, 0, jakarta), "2026-11-23T14:05:06.123Z": day.Add(21*time.Hour + 5*time.Minute + 6*time.Second),
	} {
		got, ok := ParseDate(text, jakarta)
		if !ok || !got.Equal(want) {
			t.Errorf("%q is %v (%v), want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "-", "besok", "11/23/2026", "31/02/2026", "29/02/2026", "00/01/2026", "23/11", "23/11/202", "1", "99999999", "=TODAY()",
		"23/11/2026 25:00", "23/11/2026 kemarin", "23 Nop-ember 2026", "23 Janner 2026", "2026-11-23T14:05:00+99:00", "1e5", "46349.",
		"23/11/1969", "13 PM", "2026-11-23 13:00 PM", "109999",
	} {
		if got, ok := ParseDate(text, jakarta); ok {
			t.Errorf("%q is %v, want none", text, got)
		}
	}
}

func TestAmountsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, currency string
		want           int64
		code, why      string
	}{
		{"Rp 1.250.000,00", "", 125000000, "IDR", ""},
		{"Rp1.250.000,-", "", 125000000, "IDR", ""},
		{"Rp. 1.250.000", "IDR", 125000000, "IDR", ""},
		{"1.250.000", "", 125000000, "IDR", ""},
		{"1,250,000.50", "", 125000050, "IDR", ""},
		{"1250000", "", 125000000, "IDR", ""},
		{"1 250 000", "", 125000000, "IDR", ""},
		{"1.250", "", 125000, "IDR", ""},
		{"1,250", "USD", 125000, "USD", ""},
		{"99.50", "usd", 9950, "USD", ""},
		{"99,5", "USD", 9950, "USD", ""},
		{"US$ 99.50", "", 9950, "USD", ""},
		{"$99.50", "SGD", 9950, "SGD", ""},
		{"99.50 EUR", "", 9950, "EUR", ""},
		{"1000", "JPY", 1000, "JPY", ""},
		{"1.000", "KWD", 1000, "KWD", ""},
		{"1.25E+06", "", 0, "IDR", "amount_invalid"},
		{"1.250000E+06", "", 125000000, "IDR", ""},
		{"", "USD", 0, "", ""},
		{"-", "", 0, "", ""},
		{"0", "", 0, "IDR", ""},
		{"0,00", "", 0, "IDR", ""},
		{"92233720368547", "", 9223372036854700, "IDR", ""},
		{"-5", "", 0, "IDR", "amount_negative"},
		{"(5)", "", 0, "IDR", "amount_negative"},
		{"Rp -5.000", "", 0, "IDR", "amount_negative"},
		{"99999999999999999999", "", 0, "IDR", "amount_large"},
		{"9223372036854775807", "", 0, "IDR", "amount_large"},
		{"1.234.56", "", 0, "IDR", "amount_invalid"},
		{"12.34.567", "", 0, "IDR", "amount_invalid"},
		{"1,2,3", "", 0, "IDR", "amount_invalid"},
		{"99.505", "USD", 9950500, "USD", ""},
		{"0.505", "USD", 0, "USD", "amount_fine"},
		{"10.5", "JPY", 0, "JPY", "amount_fine"},
		{"=1+1", "", 0, "IDR", "amount_invalid"},
		{"seribu", "", 0, "IDR", "amount_invalid"},
		{"Rp 5", "USD", 0, "USD", "currency_other"},
		{"5", "XXZ", 0, "", "currency_unknown"},
	} {
		got, code, why := parseAmount(test.text, test.currency)
		if got != test.want || code != test.code || why != test.why {
			t.Errorf("%q %q is %d %s %q, want %d %s %q", test.text, test.currency, got, code, why, test.want, test.code, test.why)
		}
	}
}

func TestNumbersOfACell(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want []Phone
		why  string
	}{
		{"0812-3456-7890", []Phone{"6281234567890"}, ""},
		{"81234567890", []Phone{"6281234567890"}, ""},
		{"'081234567890", []Phone{"6281234567890"}, ""},
		{"6281234567890.0", []Phone{"6281234567890"}, ""},
		{"6,281234567890E+12", []Phone{"6281234567890"}, ""},
		{"6,28E+12", nil, "number_cut"},
		{"0812-3456-7890 / 0857 1234 5678", []Phone{"6281234567890", "6285712345678"}, ""},
		{"081234567890, 081234567890", []Phone{"6281234567890"}, ""},
		{"081234567890; kantor", nil, "number_letters"},
		{"-", nil, ""},
		{"", nil, ""},
		{"12", nil, "number_invalid"},
		{"=HYPERLINK(1)", nil, "number_letters"},
	} {
		got, why := phonesOf(test.text)
		if why != test.why || len(got) != len(test.want) {
			t.Errorf("%q is %v %q, want %v %q", test.text, got, why, test.want, test.why)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%q is %v, want %v", test.text, got, test.want)
			}
		}
	}
}

func TestNamesThatAreOne(t *testing.T) {
	t.Parallel()
	bare, form := foldName("PT. Maju Jaya")
	for _, same := range []string{"P.T. MAJU  JAYA", "Maju Jaya, PT", "pt maju-jaya Tbk", "PT Maju Jaya (Persero)"} {
		if b, f := foldName(same); b != bare || f != form {
			t.Errorf("%q is %q %q, want %q %q", same, b, f, bare, form)
		}
	}
	if _, f := foldName("CV Maju Jaya"); f == form {
		t.Error("a CV is a PT")
	}
	for _, odd := range []string{"PT", "CV PT", "•••", "https://www.com"} {
		if b, _ := foldName(odd); b == "" {
			t.Errorf("%q has no name", odd)
		}
	}
}

// Every fault a row can have says in both languages what to do.
func TestFaultsAreSaid(t *testing.T) {
	t.Parallel()
	for key, words := range faults {
		if words.id == "" || words.en == "" || words.id == words.en {
			t.Errorf("%s: %+v", key, words)
		}
		if (Fault{Why: key}).Say("id") != words.id || (Fault{Why: key}).Say("en") != words.en {
			t.Errorf("%s is not said", key)
		}
	}
	if got := (Fault{Why: "number_letters"}).Say("id"); got != refusals["number_letters"].id {
		t.Errorf("a refusal is said %q", got)
	}
}
