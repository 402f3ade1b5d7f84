package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/sheet"
	"github.com/haloerzap/halo/store"
)

// A List is what a file lists.
type List string

// The lists.
const (
	ListCustomers List = "customers"
	ListOrders    List = "orders"
)

// An Import is a list to take in.
type Import struct {
	List  List
	Path  string // of a CSV or XLSX file
	Sheet string // of a workbook; "" for the first
	// Errors is where the bad rows go; "" for beside the file, as FILE.errors.csv, of a dry
	// run FILE.dry-run.errors.csv.
	Errors string
	// DryRun takes nothing in: it says what would become of each row.
	DryRun bool
	// Told hears how far it is, from time to time; nil for nobody.
	Told func(Imported)
}

// Imported is what became of a list's rows so far.
type Imported struct {
	Rows    int     // read, without empty ones
	New     int     // that made something
	Changed int     // that changed what was known
	Same    int     // that said nothing new
	Bad     int     // that were not taken in
	Share   float64 // of the file, 0 to 1; below 0 when nobody can tell
	// Unknown are the names of columns that nobody knows, Errors the file with the bad
	// rows, "" for none.
	Unknown []string
	Errors  string
	// First are the first bad rows, for people who read a terminal.
	First []string
}

// ErrStopped means that an import was told to stop: what was taken in stays.
var ErrStopped = errors.New("the import was stopped")

// RunImport takes a list in, beside a running desk or without one: good rows are taken in,
// each once however often it comes, and bad ones go to a file with the reason. It returns
// [ErrStopped] when ctx ends before the file does. The result holds also with an error.
func RunImport(ctx context.Context, cfg Config, o Options, what Import) (Imported, error) {
	table, err := sheet.Open(what.Path, sheet.Options{Sheet: what.Sheet})
	if err != nil {
		return Imported{}, err
	}
	defer table.Close()
	st, _, shut, err := openBeside(ctx, cfg, o)
	if err != nil {
		return Imported{}, err
	}
	defer shut()
	if err := answers(ctx, cfg, st); err != nil {
		return Imported{}, err
	}
	if err := leadAll(ctx, st, !what.DryRun); err != nil {
		return Imported{}, fmt.Errorf("make the companies of an older halo found: %w", err)
	}
	r, err := newIntake(st, cfg, what)
	if err != nil {
		return Imported{}, err
	}
	if o.Now != nil {
		r.policy.Now = o.Now
	}
	r.done.Share = table.Done()
	err = r.run(ctx, table)
	if closed := errors.Join(r.bad.close(), r.dry.close()); err == nil {
		err = closed
	}
	if ctx.Err() != nil && err != nil {
		err = ErrStopped
	}
	r.done.Errors = r.bad.path
	return r.done, err
}

// answers makes sure that the store is there: nobody waits half a minute to hear that a
// name is wrong.
func answers(ctx context.Context, cfg Config, st *store.Store) error {
	asked, enough := context.WithTimeout(ctx, 5*time.Second)
	defer enough()
	_, err := st.Doc(asked, ledger.Ref{Kind: kindDesk, ID: "network"})
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case cfg.RedisURL.Reveal() == "":
		return fmt.Errorf("the redis-server in %s does not answer (%w): if another halo uses the folder, try again when it is up, or stop it", cfg.Data, err)
	}
	return fmt.Errorf("the Redis of HALO_REDIS_URL does not answer (%w): start it, or correct HALO_REDIS_URL", err)
}

// window is how many rows are put in order, so that those of one company are taken in
// together.
const window = 2000

// An intake takes a list in.
type intake struct {
	store  *store.Store
	what   Import
	policy bridge.Desk
	header customer.Header
	last   *lastSaid
	dry    *dryStore // what a dry run would have written, nil for none
	bad    *badRows
	done   Imported
	size   int // rows to try in one commit
	from4  bool
	told   time.Time
}

func newIntake(st *store.Store, cfg Config, what Import) (*intake, error) {
	policy, err := cfg.policyFor(st)
	if err != nil {
		return nil, err
	}
	r := &intake{store: st, what: what, policy: policy, last: newLastSaid(), size: 20, bad: &badRows{path: what.Errors}}
	if r.bad.path == "" {
		r.bad.path = what.Path + ".errors.csv"
		if what.DryRun { // somebody may be mending those of the real one
			r.bad.path = what.Path + ".dry-run.errors.csv"
		}
	}
	if same(r.bad.path, what.Path) {
		return nil, fmt.Errorf("the bad rows cannot go to %s, the list itself: name another file", what.Path)
	}
	if what.DryRun {
		r.dry, err = newDryStore()
	}
	return r, err
}

// A listed is a row of the list on its way in.
type listed struct {
	row   sheet.Row
	entry customer.Entry
	order customer.OrderEntry
	group string // the same for rows of one company
}

// headerWithin is in how many rows the names of the columns are looked for: titles stand
// above them.
const headerWithin = 10

func (r *intake) run(ctx context.Context, table *sheet.Table) error {
	r.from4 = table.From1904()
	if err := r.lookAhead(ctx); err != nil {
		return err
	}
	var above []sheet.Row
	var waiting []listed
	known := false
	for row, err := range table.Rows() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if bad, ok := errors.AsType[*sheet.RowError](err); ok && known {
			r.done.Rows++
			if err := r.refuse(row, []trouble{{column: bad.Column - 1, why: bad.Say("id")}}); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if !known {
			above = append(above, row)
			if known = r.readHeader(row.Cells) == nil; !known && len(above) == headerWithin {
				break
			}
			continue
		}
		r.done.Rows++
		waiting = append(waiting, r.settle(r.listed(row)))
		if r.done.Share = table.Done(); len(waiting) >= window {
			if err := r.takeAll(ctx, waiting); err != nil {
				return err
			}
			waiting = waiting[:0]
		}
	}
	if !known {
		return r.noHeader(above)
	}
	r.done.Share = 1
	return r.takeAll(ctx, waiting)
}

func (r *intake) columns() []customer.Column {
	if r.what.List == ListOrders {
		return customer.OrderColumns()
	}
	return customer.EntryColumns()
}

// readHeader takes a row for the names of the columns, if it can be.
func (r *intake) readHeader(cells []string) error {
	h := customer.ReadHeader(cells, r.columns())
	err := h.CheckEntries()
	if r.what.List == ListOrders {
		err = h.CheckOrders()
	}
	if err != nil {
		return err
	}
	r.header, r.done.Unknown = h, h.Unknown()
	r.bad.header = cells
	return nil
}

// noHeader says what is missing in the row that comes nearest.
func (r *intake) noHeader(above []sheet.Row) error {
	if len(above) == 0 {
		return &sheet.FormatError{Why: "the list is empty"}
	}
	best := slices.MaxFunc(above, func(a, b sheet.Row) int {
		return customer.ReadHeader(a.Cells, r.columns()).Known() - customer.ReadHeader(b.Cells, r.columns()).Known()
	})
	return fmt.Errorf("row %d: %w", best.Line, r.readHeader(best.Cells))
}

func (r *intake) listed(row sheet.Row) listed {
	for i, c := range row.Cells {
		row.Cells[i] = sheet.Unsafe(c)
	}
	l := listed{row: row}
	if r.what.List == ListOrders {
		l.order = r.header.Order(row.Cells)
		if r.from4 {
			l.order.Placed, l.order.Done = customer.Since1904(l.order.Placed), customer.Since1904(l.order.Done)
		}
		l.group = rowsOf(l.order.Key, l.order.Place, l.order.Name, l.order.Phone)
		return l
	}
	l.entry = r.header.Entry(row.Cells)
	l.group = rowsOf(l.entry.Key, l.entry.Place, l.entry.Name)
	return l
}

// rowsOf is what rows of one company have in common: its key, else all they say of whom
// they are.
func rowsOf(key string, others ...string) string {
	if key = strings.ToLower(strings.TrimSpace(key)); key != "" {
		return key
	}
	return "|" + strings.ToLower(strings.Join(others, "|"))
}

// takeAll takes rows in, those of one company together and in their order.
func (r *intake) takeAll(ctx context.Context, all []listed) error {
	slices.SortStableFunc(all, func(a, b listed) int { return strings.Compare(a.group, b.group) })
	for len(all) > 0 {
		n, err := r.take(ctx, all)
		if err != nil {
			return err
		}
		all = all[n:]
		r.tell()
	}
	return nil
}

// tell says how far it is, a few times a second.
func (r *intake) tell() {
	if now := time.Now(); r.what.Told != nil && now.Sub(r.told) > 200*time.Millisecond {
		r.told = now
		r.what.Told(r.done)
	}
}
