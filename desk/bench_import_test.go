package desk

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/sheet"
	"github.com/haloerzap/halo/store/storetest"
)

// A list of 100,000 orders of 5,000 customers is taken in by a desk that nobody runs, into
// a redis-server with appendfsync always: once when all are new, and once more when all
// are known. The memory is the most that Go's heap held, without the server.
func BenchmarkImportOrders(b *testing.B) {
	for _, kind := range []string{"csv", "xlsx"} {
		b.Run(kind, func(b *testing.B) {
			const orders, customers = 100_000, 5_000
			path := manyOrders(b, kind, orders, customers)
			for b.Loop() {
				o := Options{Log: zap.NewNop(), Redis: storetest.Durable(b)}
				runtime.GC()
				debug.FreeOSMemory()
				high := watchHeap(b)
				for _, round := range []string{"new", "again"} {
					start := time.Now()
					done, err := RunImport(b.Context(), Default(), o, Import{List: ListOrders, Path: path})
					if err != nil || done.New+done.Same != orders || done.New > 0 != (round == "new") {
						b.Fatalf("%+v: %v", done, err)
					}
					b.ReportMetric(time.Since(start).Seconds(), round+"-s")
					b.ReportMetric(orders/time.Since(start).Seconds(), round+"-rows/s")
				}
				b.ReportMetric(float64(high())/(1<<20), "heap-MB")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// watchHeap looks at the heap until the function returned is called, which tells the most.
func watchHeap(b *testing.B) func() uint64 {
	var high atomic.Uint64
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			high.Store(max(high.Load(), m.HeapInuse))
			select {
			case <-over:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(over)
		<-ended
		return high.Load()
	}
}

// manyOrders writes a list, by the time of the orders, as a file of a kind.
func manyOrders(b *testing.B, kind string, orders, customers int) string {
	b.Helper()
	rows := [][]string{{"No. Pesanan", "Kode Pelanggan", "Nama Perusahaan", "Tgl Pesan", "Tgl Selesai", "Barang", "Jumlah", "Mata Uang"}}
	first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range orders {
		at := first.AddDate(0, 0, n*900/orders)
		k := n * 7919 % customers
		rows = append(rows, []string{
			fmt.Sprintf("INV-%06d", n), fmt.Sprintf("K-%04d", k), fmt.Sprintf("PT Contoh Nomor %d", k), at.Format("02/01/2006"),
			at.AddDate(0, 0, 5).Format("2006-01-02"), "Kertas struk 80 mm", fmt.Sprintf("%d.000", 100+n%900), "IDR",
		})
	}
	var out bytes.Buffer
	var err error
	if kind == "xlsx" {
		err = sheet.WriteBook(&out, "Pesanan", rows)
	} else {
		err = csv.NewWriter(&out).WriteAll(rows)
	}
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "orders."+kind)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
