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
			"are of the Authress dialect, and apply leaves them alone.",
		Example: "  reeve export > model.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := connect(cmd)
			if err != nil {
				return err
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
	connectionFlags(cmd.Flags())
	return cmd
}
