package customer

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/haloerzap/halo/ledger"
)

// What the first version wrote of orders and what is sent first is read for ever, and kept
// as it was.
func TestOldSalesDocuments(t *testing.T) {
	data, err := os.ReadFile("testdata/sales_v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	for name, keep := range map[string]func(*ledger.Tx, []byte) (any, error){
		"order": func(tx *ledger.Tx, d []byte) (any, error) {
			o, err := DecodeOrder(d)
			if err != nil {
				return o, err
			}
			return o, o.save(tx, Order{})
		},
		"followup": func(tx *ledger.Tx, d []byte) (any, error) {
			f, err := DecodeFollowUp(d)
			if err != nil {
				return f, err
			}
			return f, f.Keep(tx, FollowUp{}, nil)
		},
		"outreach": func(tx *ledger.Tx, d []byte) (any, error) {
			o, err := DecodeOutreach(d)
			if err != nil {
				return o, err
			}
			return o, o.Save(tx)
		},
		"pace": func(tx *ledger.Tx, d []byte) (any, error) {
			p, err := DecodePace(d)
			if err != nil {
				return p, err
			}
			return p, p.Save(tx)
		},
		"survey": func(tx *ledger.Tx, d []byte) (any, error) {
			s, err := DecodeSurvey(d)
			if err != nil {
				return s, err
			}
			return s, s.Keep(tx, Survey{}, nil)
		},
	} {
		w.do(t, func(tx *ledger.Tx) error {
			v, err := keep(tx, all[name])
			allSet(t, v)
			return err
		})
		for ref, doc := range w.docs {
			var a, b any
			if string(ref.Kind) == name && (json.Unmarshal(all[name], &a) != nil || json.Unmarshal(doc.Data, &b) != nil || !reflect.DeepEqual(a, b)) {
				t.Errorf("%s: %s became %s", name, all[name], doc.Data)
			}
		}
	}
	if len(w.docs) != len(all) {
		t.Errorf("%d documents became %d", len(all), len(w.docs))
	}
	w.check(t)
}
