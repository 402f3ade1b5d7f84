package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/haloerzap/halo/desk"
)

func (p program) tokenCommand() *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Tokens for the HTTP API", Args: usage(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	named := func(use, short string, do func(context.Context, desk.Config, desk.Options, string) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: usage(cobra.ExactArgs(1)), RunE: func(c *cobra.Command, args []string) error {
			return p.withConfig(func(ctx context.Context, cfg desk.Config, o desk.Options) error { return do(ctx, cfg, o, args[0]) })(c, nil)
		}}
	}
	c.AddCommand(
		named("new NAME", "Make a token and print it, this once", func(ctx context.Context, cfg desk.Config, o desk.Options, name string) error {
			token, err := desk.NewToken(ctx, cfg, o, name)
			if err != nil {
				return err
			}
			fmt.Fprintln(p.out, token.Reveal())
			fmt.Fprintln(p.err, "It is shown this once; only its hash is stored.")
			return nil
		}),
		&cobra.Command{Use: "list", Short: "List the tokens by their names", Args: usage(cobra.NoArgs), RunE: p.withConfig(p.listTokens)},
		named("revoke NAME", "Make a token worthless from now on", func(ctx context.Context, cfg desk.Config, o desk.Options, name string) error {
			if err := desk.RevokeToken(ctx, cfg, o, name); err != nil {
				return err
			}
			fmt.Fprintln(p.out, "revoked", name)
			return nil
		}),
	)
	return c
}

func (p program) listTokens(ctx context.Context, cfg desk.Config, o desk.Options) error {
	all, err := desk.Tokens(ctx, cfg, o)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tMADE\tLAST USED")
	for _, t := range all {
		used := t.Used
		if !used.IsZero() {
			used = used.In(cfg.Zone)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", t.Name, moment(t.Made.In(cfg.Zone)), moment(used))
	}
	return table.Flush()
}
