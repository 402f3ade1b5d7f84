package bridge

import "testing"

// Who acted is a mention where it is a person of the staff, and words else.
func TestWhoActed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		who, id, en string
		person      bool
	}{
		{"223344556677889900", "<@223344556677889900>", "<@223344556677889900>", true},
		{"", "sistem", "the system", false},
		{"halo", "sistem", "the system", false},
		{"client", "klien", "the client", false},
		{"import", "impor daftar", "the import of a list", false},
		{"api:erp-2", "API erp-2", "API erp-2", false},
	} {
		if got := By(test.who, false); got != test.id {
			t.Errorf("%q is shown as %q, want %q", test.who, got, test.id)
		}
		if got := By(test.who, true); got != test.en {
			t.Errorf("%q is shown as %q in English, want %q", test.who, got, test.en)
		}
		if got := isPerson(test.who); got != test.person {
			t.Errorf("%q is a person: %v", test.who, got)
		}
	}
}
