package customer

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParsePhone(t *testing.T) {
	for text, want := range map[string]Phone{
		"0812-3456-7890":                               "6281234567890",
		"0812 3456 7890":                               "6281234567890",
		"+62 812-3456-7890":                            "6281234567890",
		"6281234567890":                                "6281234567890",
		"81234567890":                                  "6281234567890",
		"(0812) 3456.7890":                             "6281234567890",
		"0062 812 3456 7890":                           "6281234567890",
		"+62 0812 3456 7890":                           "6281234567890",
		"tel:+6281234567890":                           "6281234567890",
		"https://wa.me/6281234567890?text=h":           "6281234567890",
		"\u202a+62\u00a0812\u20113456\u20117890\u202c": "6281234567890",
		"０８１２３４５６７８９０":                                 "6281234567890",
		"٠٨١٢٣٤٥٦٧٨٩٠":                                 "6281234567890",
		"021-5551234":                                  "62215551234",
		"+1 (212) 555-2368":                            "12125552368",
		"+65 8123 4567":                                "6581234567",
		"+52 1 55 1234 5678":                           "525512345678",
	} {
		got, err := ParsePhone(text)
		if err != nil || got != want {
			t.Errorf("%q is %q (%v), want %s", text, got, err, want)
		}
	}
	for text, key := range map[string]string{
		"":                         "number_missing",
		" - ":                      "number_missing",
		"0000":                     "number_missing",
		"budi":                     "number_letters",
		"0812 budi":                "number_letters",
		"123456789012345@lid":      "number_letters",
		"0812 3456 7890 ext 5":     "number_letters",
		strings.Repeat("1", 1<<20): "number_letters",
		"112":                      "number_invalid",
		"0812":                     "number_invalid",
		"0812345678901234567":      "number_invalid",
		"+999 1234567890":          "number_invalid",
		"+":                        "number_missing",
	} {
		got, err := ParsePhone(text)
		if got != "" {
			t.Errorf("%.40q is %q", text, got)
		}
		refused(t, err, key)
	}
}

// A LID looks like a number and never is one.
func TestPhoneOfAddress(t *testing.T) {
	for address, want := range map[string]Phone{
		"6281234567890@s.whatsapp.net":    "6281234567890",
		"6281234567890:12@s.whatsapp.net": "6281234567890",
		"5215512345678@s.whatsapp.net":    "525512345678",
		"6289999999999999@s.whatsapp.net": "",
		"123456789012345@lid":             "",
		"123456789012345":                 "",
		"1203630123456789@g.us":           "",
		"0812345678@s.whatsapp.net":       "",
		"status@broadcast":                "",
		"":                                "",
		"99912345678@s.whatsapp.net":      "99912345678", // the account exists, whatever the plan says
	} {
		got, ok := PhoneOf(address)
		if got != want || ok != (want != "") {
			t.Errorf("%q has the number %q %v, want %q", address, got, ok, want)
		}
	}
}

func TestPhoneShown(t *testing.T) {
	for p, want := range map[Phone][2]string{
		"6281234567890": {"+62 812-3456-7890", "…7890"},
		"12125552368":   {"+1 212-555-2368", "…2368"},
		"99912345678":   {"+99912345678", "…5678"},
		"":              {"", ""},
	} {
		if p.String() != want[0] || p.Masked() != want[1] {
			t.Errorf("%q is shown as %q, masked as %q", string(p), p.String(), p.Masked())
		}
	}
}

// checkPhone holds for every text: what is understood has one form, which is
// understood as itself however it is shown.
func checkPhone(t tb, text string) {
	p, err := ParsePhone(text)
	if err != nil {
		if p != "" {
			t.Errorf("%q is refused and gives %s", text, string(p))
		}
		return
	}
	if len(p) < 7 || len(p) > 15 || !digitsOnly(string(p)) || p[0] == '0' {
		t.Errorf("%q became %q", text, string(p))
	}
	for _, form := range []string{"+" + string(p), p.String(), "00" + string(p), " " + p.String() + " "} {
		if again, err := ParsePhone(form); again != p || err != nil {
			t.Errorf("%q became %s; written %q it becomes %s (%v)", text, string(p), form, string(again), err)
		}
	}
	if q, ok := PhoneOf(string(p) + "@s.whatsapp.net"); !ok || q != p {
		t.Errorf("%q became %s; as an address it is %s", text, string(p), string(q))
	}
}

func TestPhoneHasOneForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkPhone(t, rapid.OneOf(
			rapid.StringMatching(`0[2-9][0-9]{6,12}`),
			rapid.StringMatching(`\+?62 ?0?8[0-9]{7,11}`),
			rapid.StringMatching(`\+[1-9][0-9]{6,14}`),
			rapid.StringMatching(`[+0-9() .-]{0,24}`),
		).Draw(t, "text"))
	})
}

// Numbers of mobiles at home are understood however they are written.
func TestPhoneHomeForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rest := rapid.StringMatching(`8(1[1-9]|2[1-3]|5[1-35-9]|7[7-8]|9[5-9])[0-9]{7,8}`).Draw(t, "national")
		for _, form := range []string{"0" + rest, "62" + rest, "+62" + rest, rest, "0" + rest[:3] + "-" + rest[3:7] + "-" + rest[7:]} {
			if p, err := ParsePhone(form); err != nil || string(p) != "62"+rest {
				t.Errorf("%q is %q (%v)", form, string(p), err)
			}
		}
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"0812-3456-7890", "+62 812", "00620812345678", "tel:+1;ext=5", "wa.me/62812?x", "٠٨١٢", "+39 0236618300"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkPhone(t, text)
		PhoneOf(text)
		_ = Phone(text).String()
		Numbers(text, 10).Next()
	})
}
