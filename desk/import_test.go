package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"go.uber.org/zap"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// An importing is a desk that nobody runs, and a folder of lists.
type importing struct {
	t   *testing.T
	dir string
	cfg Config
	o   Options
	st  *store.Store
}

func newImporting(t *testing.T) *importing {
	t.Helper()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	i := &importing{t: t, dir: t.TempDir(), cfg: Default()}
	i.o = Options{Log: zap.NewNop(), Now: func() time.Time { return now }, Redis: storetest.Memory(t)}
	i.st = store.New(i.o.Redis, store.Options{Desk: i.cfg.Desk, Now: i.o.Now})
	t.Cleanup(func() { storetest.Check(t, i.o.Redis, i.cfg.Desk) })
	return i
}

// list writes a file and returns its path.
func (i *importing) list(name, text string) string {
	i.t.Helper()
	path := filepath.Join(i.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return path
}

// takes imports a file and expects so many rows new, changed, known and bad.
func (i *importing) takes(what Import, made, changed, same, bad int) Imported {
	i.t.Helper()
	done, err := RunImport(i.t.Context(), i.cfg, i.o, what)
	if err != nil {
		i.t.Fatalf("import %s: %v", what.Path, err)
	}
	if done.New != made || done.Changed != changed || done.Same != same || done.Bad != bad || done.Rows != made+changed+same+bad {
		i.t.Errorf("import %s: %+v, want %d new, %d changed, %d known, %d bad", filepath.Base(what.Path), done, made, changed, same, bad)
	}
	return done
}

func (i *importing) read(path string) string {
	i.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(data)
}

// company is the company of a key.
func (i *importing) company(key string) (c customer.Customer) {
	i.t.Helper()
	_, err := i.st.Update(i.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) (err error) {
		var ok bool
		if c, ok, _, err = (customer.OrderEntry{Key: key}).Find(tx); err == nil && !ok {
			err = errors.New("no company " + key)
		}
		return err
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return c
}

func (i *importing) order(number string) (o customer.Order, ok bool) {
	i.t.Helper()
	_, err := i.st.Update(i.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) (err error) {
		o, ok, err = customer.LoadOrder(tx, number)
		return err
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return o, ok
}

// Good rows are taken in and bad ones come back with the reason; mended there they are
// taken in too; and all of it once more changes nothing.
func TestImportStory(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	people := i.list("pelanggan.csv", "Daftar pelanggan 2026\n\nKode;Nama Perusahaan;Nama;No. HP;Warna\n"+
		"C-1;PT Maju Jaya;Budi;0812-3456-7890;merah\nC-2;=CMD()Toko;Siti;12;biru\nC-3;Toko Tiga;Ani;+62 813 0000 1111;\n")
	done := i.takes(Import{List: ListCustomers, Path: people}, 2, 0, 0, 1)
	if len(done.Unknown) != 1 || done.Unknown[0] != "Warna" || done.Errors != people+".errors.csv" || !strings.Contains(done.First[0], "line 5, No. HP: Nomor ini") {
		t.Errorf("told %+v", done)
	}
	bad := i.read(done.Errors)
	if !strings.HasPrefix(bad, "\ufeff\"Kode\";") || !strings.Contains(bad, `"'=CMD()Toko";"Siti";"12";"biru";"5";"No. HP";"Nomor ini`) || strings.Count(bad, "\n") != 2 {
		t.Errorf("bad rows\n%s", bad)
	}
	mended := i.list("mended.csv", strings.Replace(bad, `"12"`, `"081234567891"`, 1))
	if done := i.takes(Import{List: ListCustomers, Path: mended}, 1, 0, 0, 0); done.Errors != "" || len(done.Unknown) != 1 {
		t.Errorf("told %+v", done)
	}
	if c := i.company("C-2"); c.Name != "=CMD()Toko" {
		t.Errorf("company %+v", c)
	}

	orders := i.list("orders.csv", "Invoice,Date,Customer,Customer Code,Amount\nA1,20/11/2026,,C-1,\"1.250.000\"\nA2,2026-11-21,Toko Baru,,99\nA3,kemarin,,C-1,-5\nA4,19/11/2026,,C-9,1\n")
	done = i.takes(Import{List: ListOrders, Path: orders}, 2, 0, 0, 2)
	bad = i.read(done.Errors)
	if !strings.Contains(bad, `"4";"Date, Amount";"Tanggal ini`) || !strings.Contains(bad, `"5";"Customer Code";"Pelanggan ini`) {
		t.Errorf("bad rows\n%s", bad)
	}
	before := storetest.Dump(t.Context(), i.o.Redis)
	i.takes(Import{List: ListCustomers, Path: people}, 0, 0, 2, 1)
	i.takes(Import{List: ListCustomers, Path: mended}, 0, 0, 1, 0)
	i.takes(Import{List: ListOrders, Path: orders}, 0, 0, 2, 2)
	if storetest.Dump(t.Context(), i.o.Redis) != before {
		t.Error("the second time changed the store")
	}
	if o, ok := i.order("A1"); !ok || o.Amount != 125000000 || o.Customer != i.company("C-1").ID {
		t.Errorf("order %+v", o)
	}
}

// A list as an old spreadsheet saves it in Indonesia.
func TestImportOldSpreadsheet(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	path := i.list("a.csv", "\ufeffKode;Nama Toko;WA\r\nC-1;Caf\xe9 \x93Ana\x94;6281234567890\r\n\r\nC-2;\"Toko; Dua\";'081234567891\r\n")
	i.takes(Import{List: ListCustomers, Path: path}, 2, 0, 0, 0)
	if c := i.company("C-1"); c.Name != "Café “Ana”" {
		t.Errorf("company %+v", c)
	}
	if c := i.company("C-2"); c.Name != "Toko; Dua" {
		t.Errorf("company %+v", c)
	}
}

func TestImportWorkbookDates(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	for _, early := range []bool{false, true} {
		f := excelize.NewFile()
		defer f.Close()
		if early {
			if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &early}); err != nil {
				t.Fatal(err)
			}
		}
		day := 46349.5
		if early {
			day -= 1462
		}
		for k, row := range [][]any{{"No Faktur", "Tgl", "Pelanggan", "Total"}, {fmt.Sprint("D", early), day - 2, "Toko", 1250000.5}, {fmt.Sprint("E", early), "21/11/2026", "Toko", "Rp 5.000"}} {
			if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", k+1), &row); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		i.takes(Import{List: ListOrders, Path: i.list(fmt.Sprint(early, ".xlsx"), b.String()), Sheet: "sheet1"}, 2, 0, 0, 0)
		o, _ := i.order(fmt.Sprint("D", early))
		if want := time.Date(2026, 11, 21, 12, 0, 0, 0, i.cfg.Zone); !o.At.Equal(want) || o.Amount != 125000050 {
			t.Errorf("order %+v, want %v", o, want)
		}
	}
}

// many is a list of orders of some companies, with a bad row in every hundred.
func many(n int) string {
	var b strings.Builder
	b.WriteString("Invoice,Date,Customer Code,Customer,Amount,Completed\n")
	for k := range n {
		amount := fmt.Sprint(k * 1000)
		if k%100 == 99 {
			amount = "lima"
		}
		fmt.Fprintf(&b, "N%d,%d/10/2026,K%d,Toko %d,%s,\n", k, 1+k%28, k%37, k%37, amount)
	}
	return b.String()
}

// A dry run says what the real one then does, and writes nothing.
func TestImportDryRun(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	path := i.list("many.csv", many(2500)+"N1,2/10/2026,K1,Toko 1,1000,\n")
	before := storetest.Dump(t.Context(), i.o.Redis)
	i.takes(Import{List: ListOrders, Path: path, DryRun: true}, 2475, 0, 1, 25)
	if after := storetest.Dump(t.Context(), i.o.Redis); after != before {
		t.Errorf("the dry run wrote %.500s", after)
	}
	i.takes(Import{List: ListOrders, Path: path}, 2475, 0, 1, 25)
	i.takes(Import{List: ListOrders, Path: path, DryRun: true}, 0, 0, 2476, 25)
}

// An import that is stopped somewhere goes on where it was, and nothing counts twice.
func TestImportStopped(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	path := i.list("many.csv", many(1000))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done, err := RunImport(ctx, i.cfg, i.o, Import{List: ListOrders, Path: path, Told: func(Imported) { stop() }})
	if !errors.Is(err, ErrStopped) || done.New == 0 || done.New > 900 {
		t.Fatalf("stopped: %+v, %v", done, err)
	}
	again, err := RunImport(t.Context(), i.cfg, i.o, Import{List: ListOrders, Path: path})
	if err != nil || again.New+again.Same != 990 || again.Same < done.New || again.Changed != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	i.all(990)
}

// all checks that every order counts once for its company.
func (i *importing) all(orders int) {
	i.t.Helper()
	total := 0
	for k := range 37 {
		total += i.company(fmt.Sprint("K", k)).Rhythm.Orders
	}
	if total != orders {
		i.t.Errorf("%d orders count, want %d", total, orders)
	}
}

// Two imports of one list at once take every row in once.
func TestImportTwiceAtOnce(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	var done [2]Imported
	var errs [2]error
	var both sync.WaitGroup
	for k := range done {
		path := i.list(fmt.Sprint(k, ".csv"), many(1000))
		both.Go(func() {
			done[k], errs[k] = RunImport(t.Context(), i.cfg, i.o, Import{List: ListOrders, Path: path})
		})
	}
	both.Wait()
	if err := errors.Join(errs[:]...); err != nil || done[0].New+done[1].New != 990 || done[0].Same+done[1].Same != 990 || done[0].Bad+done[1].Bad != 20 {
		t.Errorf("%+v %+v: %v", done[0], done[1], err)
	}
	i.all(990)
}

// A file that is no list says what is missing.
func TestImportRefusesFiles(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	for text, want := range map[string]string{
		"":                      "the list is empty",
		"a;b\n1;2\n":            `no column "No. Pesanan", and none of "Tgl Pesan", and none of "Kode Pelanggan" or`,
		"Invoice,Pelanggan\n1,": `no column "Tgl Pesan"; it has Invoice, Pelanggan. Columns that are known`,
		"<html>":                "save it as .xlsx or CSV",
	} {
		_, err := RunImport(t.Context(), i.cfg, i.o, Import{List: ListOrders, Path: i.list("x.csv", text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(i.dir, "x.csv.errors.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file of bad rows: %v", err)
	}
}

// Every template can be imported as it is.
func TestImportTemplates(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	i.o.Now = func() time.Time { return time.Date(2026, 12, 24, 2, 0, 0, 0, time.UTC) }
	for _, list := range []List{ListCustomers, ListOrders} {
		for k, name := range []string{"t.xlsx", "t.csv"} {
			var b bytes.Buffer
			if err := WriteTemplate(&b, list, name); err != nil {
				t.Fatal(err)
			}
			i.takes(Import{List: list, Path: i.list(name, b.String())}, 2-2*k, 0, 2*k, 0)
		}
	}
}

// Rows of one company or order that say different things do not take turns: the last one
// wins, at once, wherever it stands, and a repeat changes nothing. One that is refused has
// no say.
func TestImportLastRowWins(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	var list strings.Builder
	list.WriteString("Kode;Nama Perusahaan;Pasar;Modul;Nama;No. HP\nC-1;PT Satu;internasional;POS;Budi;0812000001\n")
	for n := range window + 1 { // the rows of the company are not taken in together
		fmt.Fprintf(&list, "D-%d;Toko %d;;;;\n", n, n)
	}
	list.WriteString("C-1;PT Dua;;Gudang;Siti;0812000002\nC-1;PT Tiga;pasar malam;;Ani;0812000003\n")
	people := Import{List: ListCustomers, Path: i.list("pelanggan.csv", list.String())}
	i.takes(people, 1+window+1+1, 0, 0, 1)
	if c := i.company("C-1"); c.Name != "PT Dua" || c.Market != customer.International || len(c.Modules) != 1 || c.Modules[0] != "Gudang" {
		t.Errorf("company %+v", c)
	}
	i.takes(people, 0, 0, 1+window+1+1, 1)

	orders := Import{List: ListOrders, Path: i.list("pesanan.csv", "No. Pesanan;Kode;Tgl Pesan;Jumlah;Barang\nA-1;C-1;2026-11-02;100;meja\n"+
		"A-1;D-1;2026-11-02;300;\nA-1;C-1;2026-11-02;200;\n")}
	i.takes(orders, 1, 0, 1, 1)
	if o, _ := i.order("A-1"); o.Amount != 20000 || o.What != "meja" {
		t.Errorf("order %+v", o)
	}
	i.takes(orders, 0, 0, 2, 1)
}

// The bad rows of a dry run leave those of the real one alone, which somebody may be
// mending, and bad rows never go over the list itself.
func TestImportBadRowsGoOverNothing(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	path := i.list("pesanan.csv", "No. Pesanan;Nama Perusahaan;Tgl Pesan\nA-1;Toko;kemarin\n")
	mending := i.list("pesanan.csv.errors.csv", "half mended")
	if done := i.takes(Import{List: ListOrders, Path: path, DryRun: true}, 0, 0, 0, 1); done.Errors != path+".dry-run.errors.csv" || i.read(mending) != "half mended" {
		t.Errorf("the dry run wrote %s, and %q stands in the other", done.Errors, i.read(mending))
	}
	before := i.read(path)
	if _, err := RunImport(t.Context(), i.cfg, i.o, Import{List: ListOrders, Path: path, Errors: path}); err == nil || !strings.Contains(err.Error(), "the list itself") || i.read(path) != before {
		t.Errorf("bad rows over the list: %v\n%s", err, i.read(path))
	}
}
