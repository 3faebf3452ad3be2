package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/reeve-authz/reeve/client"
)

func importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Load users, groups, roles, resources and who holds what from a file",
		Long: "Load users, groups, roles, resources and who holds what from a file of JSON lines,\n" +
			"as reeve export --all writes it; - is the standard input.\n\n" +
			"The file is sent in batches of at most 5,000 lines, each applied as a whole or not\n" +
			"at all. What was applied stays when an import ends early: --resume goes on behind it.",
		Example: "  reeve import data.jsonl",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, k, err := connect(cmd)
			if err != nil {
				return err
			}
			in, size, err := openLines(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			defer in.Close()
			how := client.ImportOptions{ID: k.String("resume"), Resume: k.String("resume") != ""}
			if !how.Resume {
				how.ID = client.NewImportID()
			}
			bar := newBar(cmd.ErrOrStderr(), size)
			how.Progress = func(p client.ImportProgress) { _ = bar.Set64(p.Bytes) } // it only shows
			done, err := c.Import(cmd.Context(), in, how)
			_ = bar.Exit()
			if err != nil {
				return fmt.Errorf("%w\n%d lines are applied; to go on behind them: reeve import --resume %s %s", err, done.Lines, how.ID, args[0])
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d lines imported in %d batches (%s).\n", done.Lines, done.Batches, how.ID)
			return err
		},
	}
	f := cmd.Flags()
	f.String("resume", "", "id of an import that ended early; the file must be the same")
	connectionFlags(f)
	return cmd
}

// openLines opens a file and says how long it is, in bytes; -1 if that is not
// known.
func openLines(path string, stdin io.Reader) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(stdin), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("reading the lines: %w", err)
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return f, info.Size(), nil
	}
	return f, -1, nil
}

// newBar shows progress on a terminal, and nothing anywhere else.
func newBar(w io.Writer, size int64) *progressbar.ProgressBar {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		w = io.Discard
	}
	return progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(30),
		progressbar.OptionSetDescription("Importing"), progressbar.OptionClearOnFinish())
}
