package main

import (
	"context"
	"fmt"

	"github.com/mdp/qrterminal/v3"
	"github.com/spf13/cobra"

	"github.com/haloerzap/halo/desk"
)

func (p program) pairCommand() *cobra.Command {
	var text bool
	var phone string
	c := &cobra.Command{
		Use: "pair", Short: "Link the WhatsApp number, by QR code or by a code for its phone", Args: usage(cobra.NoArgs),
	}
	c.Flags().BoolVar(&text, "text", false, "print the raw text of each QR code, one line a code")
	c.Flags().StringVar(&phone, "phone", "", "the number to link, digits with country code: print a code to type on that phone instead of a QR code")
	c.MarkFlagsMutuallyExclusive("text", "phone")
	c.RunE = p.withConfig(func(ctx context.Context, cfg desk.Config, o desk.Options) error {
		if phone != "" {
			return desk.PairPhone(ctx, cfg, o, phone, func(code string) {
				fmt.Fprintf(p.out, "On the phone: WhatsApp, Linked devices, Link a device, Link with phone number instead. Code: %s\n", code)
			})
		}
		if text {
			return desk.Pair(ctx, cfg, o, func(code string) { fmt.Fprintln(p.out, code) })
		}
		fmt.Fprintln(p.out, "On the phone: WhatsApp, Linked devices, Link a device. Then scan:")
		err := desk.Pair(ctx, cfg, o, func(code string) {
			qrterminal.GenerateHalfBlock(code, qrterminal.L, p.out)
		})
		if err == nil {
			fmt.Fprintln(p.out, "Linked. Start the desk with: halo run")
		}
		return err
	})
	return c
}
