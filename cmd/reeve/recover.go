package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/reeve-authz/reeve/internal/server"
)

func recoverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Make a new owner of a stopped server's account",
		Long: "Make a new owner of a stopped server's account: a service client that holds\n" +
			"everything, whose access key is printed once. Nothing else changes, and the\n" +
			"audit trail says that an operator did it. Delete what is not needed any more\n" +
			"with the new key.",
		Example: "  reeve recover --data ./reeve-data",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := settings(cmd)
			if err != nil {
				return err
			}
			made, err := server.Recover(cmd.Context(), k.String("data"), logger())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Reeve made a new owner of the account %s, the client %s. Its credential:\n\n"+
				"  access key  %s\n\nNothing shows it again.\n", made.AccountID, made.Client, made.AccessKey)
			return err
		},
	}
	cmd.Flags().String("data", "./reeve-data", "the server's data folder")
	return cmd
}
