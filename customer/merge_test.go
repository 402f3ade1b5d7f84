package customer

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/ledger"
)

// find is a message of a person arriving.
func (w *world) find(t tb, id string, who Who) (c Contact, known bool) {
	t.Helper()
	w.do(t, func(tx *ledger.Tx) (err error) {
		c, known, err = Find(tx, id, who)
		return err
	})
	return c, known
}

// A person first shows only a LID, is known by import under the number, and then turns
// out to be both.
func TestFind(t *testing.T) {
	w := newWorld()
	imported, known := w.find(t, "c1", Who{Phone: "6281234567890"})
	if known || imported.ID != "c1" {
		t.Fatal(imported, known)
	}
	w.do(t, func(tx *ledger.Tx) error {
		if _, err := imported.Join("k1", "import", tx.Now()); err != nil {
			return err
		}
		return imported.Save(tx)
	})
	w.now = nine.Add(time.Hour)
	hidden, _ := w.find(t, "c2", Who{Chats: []string{"chat1"}, Push: "Sari"})
	if hidden.ID != "c2" || hidden.Number() != "" {
		t.Fatal(hidden)
	}
	w.do(t, func(tx *ledger.Tx) error {
		hidden.Track(Ticket{Number: "HE-1", Opened: w.now, Stars: 4}, w.now)
		hidden.HasWritten(w.now)
		return hidden.Save(tx)
	})
	w.check(t)
	if c, known := w.find(t, "c3", Who{Chats: []string{"chat1"}, Push: "Sari"}); !known || c.ID != "c2" {
		t.Errorf("found %+v", c)
	}
	one, known := w.find(t, "c4", Who{Chats: []string{"chat1"}, Phone: "6281234567890", Push: "Sari"})
	if !known || one.ID != "c1" || one.Push != "Sari" || one.Customer != "k1" || one.Figures.Stars != 4 || !one.Wrote.Equal(w.now) {
		t.Errorf("found %+v", one)
	}
	w.check(t)
	if old := w.contact(t, "c2"); old.Into != "c1" || old.Figures.Tickets != 1 || !slices.Equal(old.Chats, []string{"chat1"}) {
		t.Errorf("the history of the other is %+v", old)
	}
	if len(w.log["contact/c2"]) != 2 || w.log["contact/c1"][1].What != "contact_merged" || w.log["contact/c1"][1].Ref != "c2" {
		t.Errorf("logs %v", w.log)
	}
	before := fmt.Sprint(w)
	if n := w.do(t, func(tx *ledger.Tx) error {
		c, _, err := Find(tx, "c5", Who{Chats: []string{"chat1"}, Phone: "6281234567890", Push: "Sari"})
		if c.ID != "c1" {
			t.Errorf("found %+v", c)
		}
		return err
	}); n != 0 || fmt.Sprint(w) != before {
		t.Errorf("the next message wrote %d rows", n)
	}
	for name, by := range map[string]func(*ledger.Tx) (Contact, bool, error){
		"phone": func(tx *ledger.Tx) (Contact, bool, error) { return ByPhone(tx, "6281234567890") },
		"chat":  func(tx *ledger.Tx) (Contact, bool, error) { return ByChat(tx, "chat1") },
		"id":    func(tx *ledger.Tx) (Contact, bool, error) { return Load(tx, "c2") },
	} {
		w.do(t, func(tx *ledger.Tx) error {
			c, ok, err := by(tx)
			if !ok || c.ID != "c1" {
				t.Errorf("by %s: %+v", name, c)
			}
			return err
		})
	}
	w.do(t, func(tx *ledger.Tx) error {
		for _, by := range []func(*ledger.Tx) (Contact, bool, error){
			func(tx *ledger.Tx) (Contact, bool, error) { return ByPhone(tx, "") },
			func(tx *ledger.Tx) (Contact, bool, error) { return ByPhone(tx, "629") },
			func(tx *ledger.Tx) (Contact, bool, error) { return ByChat(tx, "") },
		} {
			if c, ok, err := by(tx); ok || err != nil {
				t.Errorf("nobody is %+v %v", c, err)
			}
		}
		return nil
	})
	for _, bad := range []Who{{}, {Push: "x"}, {Chats: []string{""}}} {
		if _, err := w.try(func(tx *ledger.Tx) error { _, _, err := Find(tx, "c9", bad); return err }); err == nil {
			t.Errorf("%+v was found", bad)
		}
	}
}

func TestMergeByStaff(t *testing.T) {
	w := newWorld()
	w.find(t, "c1", Who{Phone: "6281111111111", Push: "Sari"})
	w.find(t, "c2", Who{Phone: "6282222222222", Push: "Sari W"})
	w.do(t, func(tx *ledger.Tx) error {
		c, _, _ := Load(tx, "c2")
		c.Shut("andi", "spam", tx.Now())
		c.Annotate("likes tea", "andi", tx.Now())
		return c.Save(tx)
	})
	merge := func(keep, other string) (c Contact, n int) {
		n = w.do(t, func(tx *ledger.Tx) (err error) { c, err = Merge(tx, keep, other, "maya"); return err })
		w.check(t)
		return c, n
	}
	c, _ := merge("c1", "c2")
	if c.ID != "c1" || len(c.Phones) != 2 || !c.Block.On() || c.Note != "likes tea" || c.Was[0] != "c2" {
		t.Errorf("%+v", c)
	}
	for _, pair := range [][2]string{{"c1", "c2"}, {"c2", "c1"}, {"c1", "c1"}} {
		if c, n := merge(pair[0], pair[1]); n != 0 || c.ID != "c1" {
			t.Errorf("merging %v again wrote %d rows: %+v", pair, n, c)
		}
	}
	for _, nobody := range []string{"", "c9"} {
		_, err := w.try(func(tx *ledger.Tx) error { _, err := Merge(tx, "c1", nobody, "maya"); return err })
		refused(t, err, "contact_unknown")
	}
	w.docs[ledger.Ref{Kind: KindContact, ID: "a"}] = ledger.Doc{Data: []byte(`{"v":1,"id":"a","into":"a"}`)}
	if _, err := w.try(func(tx *ledger.Tx) error { _, _, err := Load(tx, "a"); return err }); err == nil {
		t.Error("a circle was followed to its end")
	}
}

func TestNumbersOfAContact(t *testing.T) {
	w := newWorld()
	c, _ := w.find(t, "c1", Who{Phone: "6281111111111"})
	w.find(t, "c2", Who{Phone: "6282222222222"})
	attach := func(p Phone) (int, error) {
		return w.try(func(tx *ledger.Tx) error { return Attach(tx, &c, p, "maya") })
	}
	if n, err := attach("6283333333333"); err != nil || n == 0 {
		t.Fatal(err)
	}
	if n, err := attach("6283333333333"); err != nil || n != 0 {
		t.Errorf("a number given twice: %d rows, %v", n, err)
	}
	_, err := attach("6282222222222")
	refused(t, err, "number_taken")
	_, err = attach("")
	refused(t, err, "number_missing")
	w.check(t)
	detach := func(p Phone) int {
		return w.do(t, func(tx *ledger.Tx) error { return Detach(tx, &c, p, "maya") })
	}
	if detach("6281111111111") == 0 || detach("6281111111111") != 0 || detach("6282222222222") != 0 {
		t.Error("a number was taken twice, or from another")
	}
	w.check(t)
	if next, known := w.find(t, "c3", Who{Phone: "6281111111111"}); known || next.ID != "c3" {
		t.Errorf("the number's next owner is %+v", next)
	}
	for i := range mostPhones - 1 {
		if _, err := attach(Phone(fmt.Sprintf("62844444444%02d", i))); err != nil {
			t.Fatal(err)
		}
	}
	_, err = attach("6285555555555")
	refused(t, err, "numbers_full")
	w.check(t)
}

// People are found by any mixture of numbers and conversations, entered, blocked,
// merged by staff: indexes and pointers always fit the documents, nobody is lost, and
// what was counted stays counted.
func TestMergeModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		next, tickets := 0, 0
		pick := func(t *rapid.T) string {
			var ids []string
			for ref := range w.docs {
				if ref.Kind == KindContact {
					ids = append(ids, ref.ID)
				}
			}
			if slices.Sort(ids); len(ids) == 0 {
				t.Skip("nobody is there")
			}
			return rapid.SampledFrom(ids).Draw(t, "contact")
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				next++
				who := Who{Push: rapid.SampledFrom(names).Draw(t, "push"), Chats: []string{fmt.Sprint("chat", rapid.IntRange(0, 12).Draw(t, "chat"))}}
				if rapid.Bool().Draw(t, "number") {
					who.Phone = Phone(fmt.Sprint(628110000000 + rapid.IntRange(0, 12).Draw(t, "phone")))
				}
				c, _ := w.find(t, fmt.Sprint("c", next), who)
				if again, known := w.find(t, "again", who); !known || again.ID != c.ID {
					t.Errorf("%+v is %s, then %s", who, c.ID, again.ID)
				}
			},
			"change": func(t *rapid.T) {
				id := pick(t)
				w.do(t, func(tx *ledger.Tx) error {
					c, _, err := Load(tx, id)
					if err != nil {
						return err
					}
					at := tx.Now()
					switch rapid.IntRange(0, 4).Draw(t, "how") {
					case 0:
						_, err = c.Shut("andi", "spam", at)
					case 1:
						c.Admit("andi", at)
					case 2:
						_, err = c.Join(rapid.SampledFrom([]string{"", "k1", "k2"}).Draw(t, "company"), "maya", at)
					case 3:
						_, err = c.Rename(rapid.SampledFrom(names).Draw(t, "name"), "maya", at)
					case 4:
						tickets++
						c.Track(Ticket{Number: fmt.Sprint("HE-", tickets), Opened: at, Stars: rapid.IntRange(0, 5).Draw(t, "stars")}, at)
					}
					return errors.Join(err, c.Save(tx))
				})
			},
			"merge": func(t *rapid.T) {
				a, b := pick(t), pick(t)
				for i := range 2 {
					n := w.do(t, func(tx *ledger.Tx) error { _, err := Merge(tx, a, b, "maya"); return err })
					if i == 1 && n != 0 {
						t.Errorf("merged twice, %d rows", n)
					}
				}
			},
			"": func(t *rapid.T) {
				w.now = w.now.Add(time.Minute)
				w.check(t)
				counted := 0
				for ref := range w.docs {
					if c := (Contact{}); ref.Kind == KindContact {
						if c = w.contact(t, ref.ID); c.Into == "" {
							counted += c.Figures.Tickets
						}
					}
				}
				if counted != tickets {
					t.Errorf("%d tickets, and %d are counted", tickets, counted)
				}
			},
		})
	})
}

// Which of two goes on decides the id and the order of lists, and nothing that matters.
func TestAbsorbIsFair(t *testing.T) {
	person := rapid.Custom(func(t *rapid.T) Contact {
		at := func(what string) time.Time {
			if n := rapid.IntRange(0, 5).Draw(t, what); n > 0 {
				return nine.Add(time.Duration(n) * time.Hour)
			}
			return time.Time{}
		}
		c := Contact{Wrote: at("wrote"), Registered: at("registered"), Created: at("created")}
		c.Consent = Consent{Choice: rapid.SampledFrom([]Choice{Unasked, Agreed, Declined}).Draw(t, "choice"), At: at("said"), By: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "by")}
		if c.Block = (Block{At: at("blocked"), Why: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "why")}); !c.Block.On() {
			c.Block = Block{}
		}
		for i := range rapid.IntRange(0, 6).Draw(t, "tickets") {
			number := fmt.Sprint("HE-", rapid.IntRange(0, 15).Draw(t, "number"))
			c.Track(Ticket{Number: number, Opened: nine.Add(time.Duration(i) * time.Hour), Stars: rapid.IntRange(0, 5).Draw(t, "stars")}, nine)
		}
		for range rapid.IntRange(0, 5).Draw(t, "phones") {
			c.Phones = first(mostPhones, c.Phones, []Phone{Phone(fmt.Sprint(62811000000 + rapid.IntRange(0, 8).Draw(t, "phone")))})
		}
		return c
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := person.Draw(t, "a"), person.Draw(t, "b")
		a.ID, b.ID = "a", "b"
		ab, ba := a, b
		ab.absorb(b)
		ba.absorb(a)
		again := ab
		again.absorb(b)
		if !reflect.DeepEqual(again, ab) {
			t.Errorf("absorbed twice: %+v, then %+v", ab, again)
		}
		if ab.Block != ba.Block || ab.Consent != ba.Consent || !ab.Wrote.Equal(ba.Wrote) || !ab.Registered.Equal(ba.Registered) || !ab.Created.Equal(ba.Created) {
			t.Errorf("%+v and %+v", ab, ba)
		}
		if !reflect.DeepEqual(ab.Figures, ba.Figures) {
			t.Errorf("figures %+v and %+v", ab.Figures, ba.Figures)
		}
		numbers := func(c Contact) map[Phone]bool {
			all := map[Phone]bool{}
			for _, p := range c.Phones {
				all[p] = true
			}
			return all
		}
		if union := numbers(Contact{Phones: slices.Concat(a.Phones, b.Phones)}); len(union) <= mostPhones && !maps.Equal(numbers(ab), union) {
			t.Errorf("numbers %v, want %v", ab.Phones, union)
		}
		if (a.Block.On() || b.Block.On()) != ab.Block.On() {
			t.Error("a block went away")
		}
		// Nobody who declined last is written to.
		if c := ab.Consent.Choice; a.Consent.Choice == Declined && a.Consent.over(b.Consent) && c != Declined {
			t.Errorf("a no became %s", c)
		}
	})
}

// A store that cannot be read at any one point ends each change with its error.
func TestStoreUnreadable(t *testing.T) {
	w := newWorld()
	a, _ := w.find(t, "a", Who{Phone: "6281111111111", Chats: []string{"chat1"}})
	w.find(t, "b", Who{Phone: "6282222222222"})
	down := errors.New("down")
	for name, change := range map[string]func(*ledger.Tx) error{
		"find": func(tx *ledger.Tx) error {
			_, _, err := Find(tx, "n", Who{Phone: "6281111111111", Chats: []string{"chat2"}})
			return err
		},
		"new": func(tx *ledger.Tx) error { _, _, err := Find(tx, "n", Who{Phone: "6285555555555"}); return err },
		"both": func(tx *ledger.Tx) error {
			_, _, err := Find(tx, "n", Who{Phone: "6282222222222", Chats: []string{"chat1"}})
			return err
		},
		"merge":  func(tx *ledger.Tx) error { _, err := Merge(tx, "a", "b", "maya"); return err },
		"attach": func(tx *ledger.Tx) error { c := a; return Attach(tx, &c, "6284444444444", "maya") },
		"detach": func(tx *ledger.Tx) error { c := a; return Detach(tx, &c, "6281111111111", "maya") },
		"save":   func(tx *ledger.Tx) error { return Customer{ID: "k1"}.Save(tx) },
	} {
		reads := 0
		for ; ; reads++ {
			left := reads
			err := change(ledger.NewTx(w.now, &failing{w, &left, down}))
			if err == nil {
				break
			}
			if !errors.Is(err, down) || reads > 50 {
				t.Fatalf("%s with %d reads: %v", name, reads, err)
			}
		}
		if reads == 0 {
			t.Errorf("%s reads nothing", name)
		}
	}
}

// failing is a world that answers a number of reads.
type failing struct {
	*world
	left *int
	err  error
}

func (f *failing) Doc(r ledger.Ref) (ledger.Doc, error) {
	if *f.left == 0 {
		return ledger.Doc{}, f.err
	}
	*f.left--
	return f.world.Doc(r)
}
