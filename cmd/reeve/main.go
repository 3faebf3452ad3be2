// Command reeve is the Reeve authorization server and its command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the build.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// Exit codes beside 0.
const (
	exitFailed = 1
	exitDenied = 3 // a check was decided: no
)

// errDenied ends a command with exitDenied and no message.
var errDenied = errors.New("denied")

func run(ctx context.Context, args []string) int {
	root := &cobra.Command{
		Use:           "reeve",
		Short:         "Reeve decides who may do what on which resource",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().String("config", "reeve.yaml", "file with settings, by the names of the flags; flags and REEVE_* variables come first; only serve reads the default one")
	root.AddCommand(serveCommand(), checkCommand(), applyCommand(), exportCommand(), importCommand(), recoverCommand(), versionCommand())
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case errors.Is(err, errDenied):
		return exitDenied
	case err != nil:
		fmt.Fprintln(os.Stderr, "reeve:", err)
		return exitFailed
	}
	return 0
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "reeve", buildVersion())
			return err
		},
	}
}

// buildVersion is the version that the build set, or what the Go toolchain
// knows of the source.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
