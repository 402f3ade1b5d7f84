// Command halo is a customer-service desk between WhatsApp and Discord.
//
//	halo run             work: take in what clients write, deliver what agents answer
//	halo check           say what is missing or wrong, and how to mend it
//	halo setup discord   create or find the channels, tags and roles the desk needs
//	halo pair            link the WhatsApp number
//	halo import          take in customers or orders from a CSV or XLSX file
//	halo jobs            list what the clock starts; halo jobs run NAME starts it now
//	halo token           make, list and revoke tokens for the HTTP API
//	halo version         print the version
//
// Configuration: the environment and .env (secrets, addresses), halo.yaml (desk
// policy), texts.yaml (sentences). Exit codes: 0 done, 1 failed, 2 the
// configuration or the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/haloerzap/halo/desk"
)

// version is set at build time: -ldflags "-X main.version=...". Without it, what
// the build noted of itself holds.
var version string

func main() {
	p := program{getenv: os.Getenv, readFile: os.ReadFile, out: os.Stdout, err: os.Stderr}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

// program is everything the commands take from outside.
type program struct {
	getenv   func(string) string
	readFile func(string) ([]byte, error)
	out, err io.Writer
}

// run executes one command line and returns the exit code.
func (p program) run(ctx context.Context, args []string) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	root := p.commands()
	root.SetArgs(args)
	root.SetOut(p.out)
	root.SetErr(p.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(p.err, "halo:", block(err))
	if _, ok := errors.AsType[desk.Problems](err); ok {
		return 2
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return 2
	}
	return 1
}

// block returns an error as one line, or as a line with an indented list below.
func block(err error) string {
	text := err.Error()
	if problems, ok := errors.AsType[desk.Problems](err); ok && len(problems) > 1 {
		text = fmt.Sprintf("%d settings to mend:\n", len(problems)) + text
	}
	first, rest, _ := strings.Cut(text, "\n")
	for line := range strings.SplitSeq(rest, "\n") {
		if line = strings.TrimPrefix(strings.TrimSpace(line), "- "); line != "" {
			first += "\n  - " + line
		}
	}
	return first
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func (p program) commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "halo",
		Short:         "A customer-service desk between WhatsApp and Discord",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          usage(cobra.NoArgs),
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	setup := &cobra.Command{Use: "setup", Short: "Prepare what the desk needs", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	setup.AddCommand(&cobra.Command{
		Use: "discord", Short: "Create or find the channels, tags and roles in Discord", Args: usage(cobra.NoArgs),
		RunE: p.withConfig(p.setupDiscord),
	})
	root.AddCommand(
		&cobra.Command{Use: "run", Short: "Work until told to stop", Args: usage(cobra.NoArgs), RunE: p.withConfig(p.runDesk)},
		&cobra.Command{Use: "check", Short: "Say what is missing or wrong, and how to mend it", Args: usage(cobra.NoArgs), RunE: p.withConfig(p.check)},
		setup, p.pairCommand(), p.importCommand(), p.jobsCommand(), p.tokenCommand(),
		&cobra.Command{Use: "version", Short: "Print the version", Args: usage(cobra.NoArgs), Run: func(*cobra.Command, []string) {
			fmt.Fprintln(p.out, "halo", programVersion())
		}},
	)
	return root
}

// usage makes wrong arguments a usage error.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
		}
		return nil
	}
}

// withConfig loads the configuration before a command runs.
func (p program) withConfig(do func(context.Context, desk.Config, desk.Options) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		cfg, err := desk.Load(p.getenv, p.readFile)
		if err != nil {
			return err
		}
		log := p.logger(cfg.Log)
		defer log.Sync() // standard error cannot always be synced, and that is no error
		return do(c.Context(), cfg, desk.Options{Log: log})
	}
}

// logger writes JSON lines to standard error.
func (p program) logger(level zapcore.Level) *zap.Logger {
	encoder := zap.NewProductionEncoderConfig()
	encoder.EncodeTime = zapcore.ISO8601TimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoder), zapcore.Lock(zapcore.AddSync(p.err)), level))
}

func (p program) runDesk(ctx context.Context, cfg desk.Config, o desk.Options) error {
	d, err := desk.New(cfg, o)
	if err != nil {
		return err
	}
	o.Log.Info("halo starts", zap.String("version", programVersion()), zap.String("desk", cfg.Desk))
	var ready sync.WaitGroup
	waiting, over := context.WithCancel(ctx)
	ready.Go(func() {
		if d.Ready(waiting) == nil {
			fmt.Fprintln(p.out, "halo ready")
		}
	})
	err = d.Run(ctx)
	over()
	ready.Wait()
	if ctx.Err() != nil {
		o.Log.Info("halo stops", zap.String("why", context.Cause(ctx).Error()))
	}
	return err
}

func programVersion() string {
	build, _ := debug.ReadBuildInfo()
	return versionOf(version, build)
}

// versionOf is the version that was set, else that of the module, else the
// commit it was built from, shortened; "devel" when nothing is known.
func versionOf(set string, build *debug.BuildInfo) string {
	switch {
	case set != "":
		return set
	case build == nil:
		return "devel"
	case build.Main.Version != "" && build.Main.Version != "(devel)":
		return build.Main.Version
	}
	noted := make(map[string]string)
	for _, s := range build.Settings {
		noted[s.Key] = s.Value
	}
	revision := noted["vcs.revision"]
	switch {
	case revision == "":
		return "devel"
	case noted["vcs.modified"] == "true":
		return revision[:min(12, len(revision))] + "+dirty"
	}
	return revision[:min(12, len(revision))]
}

func (p program) check(ctx context.Context, cfg desk.Config, o desk.Options) error {
	return desk.Check(ctx, cfg, o, func(line string) { fmt.Fprintln(p.out, line) })
}

func (p program) setupDiscord(ctx context.Context, cfg desk.Config, _ desk.Options) error {
	return desk.Setup(ctx, cfg, func(line string) { fmt.Fprintln(p.out, line) })
}
