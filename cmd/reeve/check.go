package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reeve-authz/reeve/client"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check USER RESOURCE PERMISSION",
		Short: "Ask a running server whether a user may do something",
		Long: "Ask a running server whether a user may do something.\n\n" +
			"Exits with 0 if it may, with 3 if it may not, and with 1 if the question was not decided.",
		Example: "  reeve check ana documents/1 documents:read",
		Args:    cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := connect(cmd)
			if err != nil {
				return err
			}
			allowed, err := c.Check(cmd.Context(), args[0], args[1], args[2])
			if err != nil {
				return err
			}
			if !allowed {
				fmt.Fprintln(cmd.OutOrStdout(), "denied")
				return errDenied
			}
			fmt.Fprintln(cmd.OutOrStdout(), "allowed")
			return nil
		},
	}
	connectionFlags(cmd.Flags())
	return cmd
}

// connectionFlags are the settings of every command that asks a server.
func connectionFlags(f *pflag.FlagSet) {
	f.String("url", "http://127.0.0.1:8700", "where the server is")
	f.String("key", "", "access key or API key; better in REEVE_KEY, as other users see flags (default: from bootstrap.json in the data folder)")
	f.String("data", "./reeve-data", "the server's data folder, if it is on this machine")
	f.Bool("insecure", false, "send the key in plain HTTP to another machine")
}

// connect returns a client of the server that the settings name, and the
// settings.
func connect(cmd *cobra.Command) (*client.Client, *koanf.Koanf, error) {
	k, err := settings(cmd)
	if err != nil {
		return nil, nil, err
	}
	credential, err := credential(k)
	if err != nil {
		return nil, nil, err
	}
	if err := confidential(k.String("url"), k.Bool("insecure")); err != nil {
		return nil, nil, err
	}
	c, err := client.New(k.String("url"), credential)
	return c, k, err
}

// confidential refuses to send a key in plain text to another machine.
func confidential(server string, insecure bool) error {
	u, err := url.Parse(server)
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	if u.Scheme != "http" || insecure {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s would carry the key in plain text; use https, or set insecure", server)
}

// credential is the key that was set, or the one that the server's first start
// left in its data folder.
func credential(k *koanf.Koanf) (string, error) {
	if key := k.String("key"); key != "" {
		return key, nil
	}
	path := filepath.Join(k.String("data"), "bootstrap.json")
	body, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("no credential: set REEVE_KEY, or name the server's data folder: %w", err)
	}
	var bootstrap struct {
		AccessKey string `json:"accessKey"`
	}
	if err := json.Unmarshal(body, &bootstrap); err != nil || bootstrap.AccessKey == "" {
		return "", errors.New(path + " holds no access key")
	}
	return bootstrap.AccessKey, nil
}
