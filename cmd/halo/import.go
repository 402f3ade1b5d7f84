package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/haloerzap/halo/desk"
)

// errBadRows means that a list was taken in but for some rows.
var errBadRows = errors.New("some rows were not taken in")

func (p program) importCommand() *cobra.Command {
	parent := &cobra.Command{Use: "import", Short: "Take in customers or orders from a CSV or XLSX file", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	parent.AddCommand(p.importList(desk.ListCustomers, "companies and their people"), p.importList(desk.ListOrders, "orders"))
	return parent
}

func (p program) importList(list desk.List, of string) *cobra.Command {
	what := desk.Import{List: list}
	template := ""
	c := &cobra.Command{
		Use:   string(list) + " FILE",
		Short: "Take in " + of + " from a CSV or XLSX file",
		Long: "Take in " + of + " from a CSV or XLSX file, beside a running desk or without one.\n" +
			"Importing a file again changes nothing. Rows that are wrong go to FILE.errors.csv with the reason;\n" +
			"mend them there and import that file. Exit codes: 0 all rows are in, 1 some are not, 2 usage.",
		Args: usage(func(c *cobra.Command, args []string) error {
			if template != "" {
				return cobra.NoArgs(c, args)
			}
			return cobra.ExactArgs(1)(c, args)
		}),
		RunE: func(c *cobra.Command, args []string) error {
			if template != "" {
				return p.writeTemplate(list, template)
			}
			what.Path = args[0]
			return p.withConfig(func(ctx context.Context, cfg desk.Config, o desk.Options) error {
				return p.importFile(ctx, cfg, o, what)
			})(c, args)
		},
	}
	c.Flags().BoolVar(&what.DryRun, "dry-run", false, "say what would become of each row, and take nothing in")
	c.Flags().StringVar(&what.Sheet, "sheet", "", "the `name` of the sheet of a workbook (the first)")
	c.Flags().StringVar(&what.Errors, "errors", "", "the `file` for rows that are wrong (FILE.errors.csv)")
	c.Flags().StringVar(&template, "template", "", "write an empty list with two examples to this `file` (.xlsx or .csv)")
	return c
}

// writeTemplate never goes over a file: a list of somebody could have its name.
func (p program) writeTemplate(list desk.List, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	if err := errors.Join(desk.WriteTemplate(f, list, path), f.Close()); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	fmt.Fprintf(p.out, "wrote %s: fill it in, then: halo import %s %s\n", path, list, filepath.Base(path))
	return nil
}

func (p program) importFile(ctx context.Context, cfg desk.Config, o desk.Options, what desk.Import) error {
	bar := newBar(p.err)
	what.Told = bar.show
	began := time.Now()
	done, err := desk.RunImport(ctx, cfg, o, what)
	bar.clear()
	if done.Rows == 0 && err != nil {
		return err
	}
	p.sayImported(what, done, time.Since(began))
	switch {
	case errors.Is(err, desk.ErrStopped):
		return fmt.Errorf("stopped: %s rows are in and stay; run the same command again, nothing counts twice", grouped(done.New+done.Changed+done.Same))
	case err != nil:
		return fmt.Errorf("%w\n  what was taken in stays; run the same command again, nothing counts twice", err)
	case done.Bad > 0:
		return fmt.Errorf("%s of %s: %w; mend them in %s, then: halo import %s %s",
			grouped(done.Bad), grouped(done.Rows), errBadRows, done.Errors, what.List, done.Errors)
	}
	return nil
}

// sayImported says what became of a list.
func (p program) sayImported(what desk.Import, done desk.Imported, took time.Duration) {
	if len(done.Unknown) > 0 {
		fmt.Fprintf(p.out, "left out, nobody knows these columns: %s\n", strings.Join(done.Unknown, ", "))
	}
	for _, line := range done.First {
		fmt.Fprintln(p.out, line)
	}
	if more := done.Bad - len(done.First); more > 0 {
		fmt.Fprintf(p.out, "and %s more, see %s\n", grouped(more), done.Errors)
	}
	verb := "imported"
	if what.DryRun {
		verb = "dry run, nothing was taken in:"
	}
	fmt.Fprintf(p.out, "%s %s rows of %s in %s: %s new, %s changed, %s known already, %s bad\n", verb, grouped(done.Rows), what.List,
		took.Round(100*time.Millisecond), grouped(done.New), grouped(done.Changed), grouped(done.Same), grouped(done.Bad))
	if done.Rows > 0 && done.New+done.Changed+done.Bad == 0 {
		fmt.Fprintln(p.out, "nothing changed: all of it was known")
	}
}

// A bar shows how far an import is, on a terminal; elsewhere it says nothing.
type bar struct {
	out   io.Writer // nil without a terminal
	began time.Time
	wide  int // of what is shown
}

func newBar(out io.Writer) *bar {
	b := &bar{began: time.Now()}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.out = out
		}
	}
	return b
}

func (b *bar) show(done desk.Imported) {
	if b.out == nil {
		return
	}
	line := progress(done, time.Since(b.began))
	fmt.Fprintf(b.out, "\r%-*s", b.wide, line)
	b.wide = max(b.wide, len(line))
}

func (b *bar) clear() {
	if b.out != nil && b.wide > 0 {
		fmt.Fprintf(b.out, "\r%*s\r", b.wide, "")
	}
}

// progress is a line of how far an import is: rows, rows a second, and the time left.
func progress(done desk.Imported, took time.Duration) string {
	rows := done.New + done.Changed + done.Same + done.Bad
	line := fmt.Sprintf("%s rows", grouped(rows))
	if seconds := took.Seconds(); seconds >= 0.5 {
		line += fmt.Sprintf(", %s rows/s", grouped(int(float64(rows)/seconds)))
	}
	if done.Bad > 0 {
		line += fmt.Sprintf(", %s bad", grouped(done.Bad))
	}
	if done.Share > 0 {
		const width = 20
		full := min(width, int(done.Share*width))
		left := time.Duration(float64(took) * (1 - done.Share) / done.Share).Round(time.Second)
		line = fmt.Sprintf("[%s%s] %3.0f%% %s, %s left", strings.Repeat("#", full), strings.Repeat("-", width-full), done.Share*100, line, left)
	}
	return line
}

// grouped is a count with its thousands parted.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
