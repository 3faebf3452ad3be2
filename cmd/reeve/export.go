package main

import (
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

func exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print resource types, permissions and roles as a file for apply",
		Long: "Print resource types, permissions and roles as a file for reeve apply.\n\n" +
			"Roles that contain more than permissions of the catalogue are left out: those\n" +
			"are of the Authress dialect, and apply leaves them alone.\n\n" +
			"With --all, print everything that is granted as JSON lines for reeve import: also\n" +
			"those roles, organizations, users, groups, resources, records and assignments.",
		Example: "  reeve export > model.yaml\n  reeve export --all > data.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, k, err := connect(cmd)
			if err != nil {
				return err
			}
			if k.Bool("all") {
				return c.Export(cmd.Context(), cmd.OutOrStdout())
			}
			model, err := c.Model(cmd.Context())
			if err != nil {
				return err
			}
			text, err := yaml.MarshalWithOptions(model, yaml.IndentSequence(true))
			if err != nil {
				return fmt.Errorf("writing the model: %w", err)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().Bool("all", false, "print everything that is granted, as lines for reeve import")
	connectionFlags(cmd.Flags())
	return cmd
}
