package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/reeve-authz/reeve/client"
)

func applyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Make resource types, permissions and roles what a file says",
		Long: "Make resource types, permissions and roles what a file says: all of it, or nothing.\n\n" +
			"Prints what changes. What the file does not list stays as it is, unless --prune is\n" +
			"given; then it is deleted, but never while it is in use. To apply a file again\n" +
			"changes nothing. reeve export prints such a file.",
		Example: "  reeve apply -f model.yaml --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, k, err := connect(cmd)
			if err != nil {
				return err
			}
			model, err := readModel(k.String("file"), cmd.InOrStdin())
			if err != nil {
				return err
			}
			how := client.ApplyOptions{DryRun: k.Bool("dry-run"), Prune: k.Bool("prune")}
			plan, err := c.Apply(cmd.Context(), model, how)
			if err != nil {
				return err
			}
			return printPlan(cmd.OutOrStdout(), plan, how.DryRun)
		},
	}
	f := cmd.Flags()
	f.StringP("file", "f", "", "file with the model (YAML); - for the standard input")
	f.Bool("dry-run", false, "print what would change, and change nothing")
	f.Bool("prune", false, "delete what the file's lists lack")
	connectionFlags(f)
	return cmd
}

// readModel reads a file. Its errors name line and column.
func readModel(path string, stdin io.Reader) (client.Model, error) {
	var m client.Model
	body, err := readFile(path, stdin)
	if err != nil {
		return m, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(body), yaml.Strict())
	switch err := dec.Decode(&m); {
	case errors.Is(err, io.EOF):
		return m, fmt.Errorf("%s is empty", path)
	case err != nil:
		return m, fmt.Errorf("%s: %w", path, err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return m, fmt.Errorf("%s: there must be one document in the file", path)
	}
	return m, nil
}

func readFile(path string, stdin io.Reader) ([]byte, error) {
	if path == "" {
		return nil, errors.New("name the file with the model: -f model.yaml")
	}
	var body []byte
	var err error
	if path == "-" {
		body, err = io.ReadAll(stdin)
	} else {
		body, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the model: %w", err)
	}
	return body, nil
}

// printPlan writes a line for each change, and how many there are.
func printPlan(w io.Writer, plan []client.Change, dryRun bool) error {
	signs := map[string]string{"create": "+", "update": "~", "delete": "-"}
	var out strings.Builder
	for _, c := range plan {
		fmt.Fprintln(&out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", signs[c.Action], c.Action, strings.ReplaceAll(c.Kind, "_", " "), c.ID)))
		for _, f := range c.Changes {
			fmt.Fprintf(&out, "    %s: %s -> %s\n", f.Field, plain(f.From), plain(f.To))
		}
	}
	switch n := len(plan); {
	case n == 0:
		fmt.Fprintln(&out, "Nothing to change.")
	case dryRun:
		fmt.Fprintf(&out, "%s would be made.\n", counted(n))
	default:
		fmt.Fprintf(&out, "%s made.\n", counted(n))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func counted(n int) string {
	if n == 1 {
		return "1 change"
	}
	return fmt.Sprintf("%d changes", n)
}

// plain writes a value of a field for people.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []any:
		all := make([]string, len(v))
		for i := range v {
			all[i] = fmt.Sprint(v[i])
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	return fmt.Sprint(v)
}
