// Command sandbox runs a whole desk on this machine: the real program between a
// simulated WhatsApp and a simulated Discord, a page to try it with, and a
// control API for tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	if err := command(os.Stdout, os.Stderr).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		if _, usage := errors.AsType[usageError](err); usage {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// usageError is a flag that cannot be used as given.
type usageError struct{ error }

// command is the command line of the sandbox.
func command(out, log io.Writer) *cobra.Command {
	var o options
	var listen, start string
	var verbose bool
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "The whole desk on this machine, with both networks simulated",
		Long: "The whole desk on this machine: WhatsApp, Discord and the store are simulated, the program between them is the real one.\n" +
			"Open the address it prints in a browser. Nothing leaves this machine, nothing is kept.",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if start != "" {
				at, err := time.Parse(time.RFC3339, start)
				if err != nil {
					return usageError{fmt.Errorf("read --start %q: want a time such as 2026-11-23T09:00:00+07:00", start)}
				}
				o.Start = at
			}
			o.Log = logger(log, verbose)
			return serve(cmd.Context(), listen, o, out)
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	c.SetOut(out)
	c.SetErr(log)
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "loopback address of the page and the control API; port 0 takes a free one")
	c.Flags().StringVar(&start, "start", "", "desk time to start at, RFC 3339 (default: 09:00 of a working day)")
	c.Flags().BoolVar(&o.Empty, "empty", false, "start without phones and conversations")
	c.Flags().StringVar(&o.Data, "data", "", "empty folder for the desk's data, kept afterwards (default: a temporary one)")
	c.Flags().StringVar(&o.Redis, "redis", "", "URL of a Redis to use instead of the store in this process")
	c.Flags().BoolVar(&verbose, "verbose", false, "log everything the desk does")
	return c
}

// serve runs a sandbox and its page until ctx ends.
func serve(ctx context.Context, listen string, o options, out io.Writer) error {
	listener, err := listenLoopback(listen)
	if err != nil {
		return usageError{err}
	}
	s, err := open(ctx, o)
	if err != nil {
		listener.Close()
		return err
	}
	stopped := ctx
	g, ctx := errgroup.WithContext(ctx)
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, BaseContext: func(net.Listener) context.Context { return ctx }}
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the page: %w", err)
		}
		return nil
	})
	g.Go(func() error { return s.Run(ctx) })
	g.Go(func() error {
		if err := s.prepare(ctx); err != nil {
			return err
		}
		fmt.Fprintf(out, "sandbox ready on http://%s\n", listener.Addr())
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if server.Shutdown(last) != nil {
			server.Close()
		}
		return nil
	})
	err = g.Wait()
	if errors.Is(err, context.Canceled) && stopped.Err() != nil {
		err = nil
	}
	return errors.Join(err, s.Close())
}

// listenLoopback listens, and refuses an address that others could reach: the
// control API asks nobody for a password.
func listenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read --listen %q: want HOST:PORT, such as 127.0.0.1:8080", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("read --listen %q: want a loopback address, such as 127.0.0.1:8080", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w (choose another with --listen, such as --listen 127.0.0.1:0 for any free port)", err)
	}
	return l, nil
}

func logger(w io.Writer, verbose bool) *zap.Logger {
	level := zapcore.ErrorLevel // a desk under faults warns all the time
	if verbose {
		level = zapcore.DebugLevel
	}
	encoder := zap.NewDevelopmentEncoderConfig()
	encoder.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(encoder), zapcore.Lock(zapcore.AddSync(w)), level))
}
