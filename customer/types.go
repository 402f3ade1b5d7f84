package customer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The two user types every desk has.
const (
	// TypeProspect is who wrote without anybody having entered him.
	TypeProspect = "prospek"
	// TypeOther is who was entered and of whom nobody said what he does.
	TypeOther = "lainnya"
)

// A UserType is what a person does at the company.
type UserType struct {
	Key string // stored: 1 to 20 of a-z, 0-9, _
	ID  string // what staff read in Indonesian, at most 40 bytes
	EN  string // and in English
}

// Types are the user types of a desk, in the order staff choose from.
type Types []UserType

// mostTypes is what fits into one select of Discord, with a line to spare.
const mostTypes = 24

// DefaultTypes are those of a desk that configures none.
func DefaultTypes() Types {
	return Types{
		{"pemilik", "Pemilik", "Owner"},
		{"admin", "Admin", "Admin"},
		{"kasir", "Kasir", "Cashier"},
		{"gudang", "Gudang", "Warehouse"},
		{"akunting", "Akunting", "Accounting"},
		{TypeOther, "Lainnya", "Other"},
		{TypeProspect, "Prospek", "Prospect"},
	}
}

// Check returns everything that is wrong with a configured list: a key twice or not
// well formed, a label missing or too long, more than 24, one of the two types missing
// that every desk has.
func (t Types) Check() error {
	var wrong []error
	if len(t) > mostTypes {
		wrong = append(wrong, fmt.Errorf("%d user types, at most %d", len(t), mostTypes))
	}
	for i, u := range t {
		if u.Key == "" || len(u.Key) > 20 || strings.Trim(u.Key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			wrong = append(wrong, fmt.Errorf("user type %d: key %q, want 1 to 20 of a-z, 0-9, _", i+1, u.Key))
		}
		if t[:i].Has(u.Key) {
			wrong = append(wrong, fmt.Errorf("user type %d: key %q is there twice", i+1, u.Key))
		}
		for _, label := range []string{u.ID, u.EN} {
			if label == "" || label != line(label, 40) {
				wrong = append(wrong, fmt.Errorf("user type %q: label %q, want one line of 1 to 40 bytes", u.Key, label))
			}
		}
	}
	for _, key := range []string{TypeOther, TypeProspect} {
		if !t.Has(key) {
			wrong = append(wrong, fmt.Errorf("user type %q is missing", key))
		}
	}
	return errors.Join(wrong...)
}

// Has reports whether the key is on the list.
func (t Types) Has(key string) bool {
	return slices.ContainsFunc(t, func(u UserType) bool { return u.Key == key })
}

// Label is what staff read for a key; one that was taken off the list stands for
// itself. Any language but "en" reads Indonesian.
func (t Types) Label(key, language string) string {
	i := slices.IndexFunc(t, func(u UserType) bool { return u.Key == key })
	switch {
	case i < 0:
		return key
	case language == "en":
		return t[i].EN
	}
	return t[i].ID
}
