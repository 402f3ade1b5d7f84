package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/haloerzap/halo/desk"
)

func (p program) jobsCommand() *cobra.Command {
	c := &cobra.Command{Use: "jobs", Short: "List the jobs that the clock starts", Args: usage(cobra.NoArgs), RunE: p.withConfig(p.listJobs)}
	c.AddCommand(&cobra.Command{
		Use: "run NAME", Short: "Run one of them now; its plan stays", Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withConfig(func(ctx context.Context, cfg desk.Config, o desk.Options) error {
				return p.runJob(ctx, cfg, o, args[0])
			})(c, nil)
		},
	})
	return c
}

func (p program) listJobs(ctx context.Context, cfg desk.Config, o desk.Options) error {
	all, err := desk.ListJobs(ctx, cfg, o)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSPEC\tLAST RUN\tRESULT\tNEXT")
	for _, one := range all {
		result := one.Result
		switch {
		case one.Waits:
			result = "asked for, not run yet"
		case one.Failed:
			result = "failed: " + result
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", one.Name, one.Spec, moment(one.Ran), cmp.Or(plainText(result), "-"), moment(one.Next))
	}
	return table.Flush()
}

func (p program) runJob(ctx context.Context, cfg desk.Config, o desk.Options, name string) error {
	one, err := desk.RunJob(ctx, cfg, o, name)
	switch {
	case err != nil:
		return err
	case one.Waits:
		fmt.Fprintf(p.out, "%s is asked for; it runs as soon as a desk leads\n", name)
	case one.Failed:
		return fmt.Errorf("%s failed: %s", name, plainText(one.Result))
	default:
		fmt.Fprintf(p.out, "%s ran: %s\n", name, cmp.Or(plainText(one.Result), "done"))
	}
	return nil
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format("2006-01-02 15:04 MST")
}

// plainText keeps a cell of a table in its line and its column.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
