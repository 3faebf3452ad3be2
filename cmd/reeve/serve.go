package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reeve-authz/reeve/internal/server"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := serveConfig(cmd)
			if err != nil {
				return err
			}
			log := logger()
			if unknown := unknownVariables(cmd.Root()); len(unknown) > 0 {
				log.Warn("variables that look like settings and are none", "names", unknown)
			}
			return serve(cmd.Context(), cfg, log)
		},
	}
	f := cmd.Flags()
	f.String("data", "./reeve-data", "folder that keeps the store")
	f.String("listen", "127.0.0.1:8700", "host:port to listen on")
	f.Bool("dev", false, "keep everything in memory, on the loopback interface only")
	f.Bool("insecure", false, "allow plain HTTP beyond the loopback interface, where something in front adds TLS")
	f.String("tls-cert", "", "file with the TLS certificate chain (PEM)")
	f.String("tls-key", "", "file with the TLS private key (PEM)")
	f.StringSlice("public-url", nil, "scheme://host[:port] under which clients know the server; may be repeated, links name the first")
	f.StringSlice("cors-origin", nil, "scheme://host[:port] of pages whose scripts may call the API; may be repeated")
	f.StringSlice("outbound-allow", nil, "host name, address or network, beside public addresses, where identity providers and webhooks may be; may be repeated")
	f.StringSlice("public-permission", nil, "permission that a PUBLIC resource gives every user, beside \"public\"; may be repeated")
	f.String("account-id", "", "account id of the first start's realm (default acc_default)")
	f.String("access-key-file", "", "file with the access key of the first start's owner")
	f.String("api-key-file", "", "file with the API key of the first start's owner")
	return cmd
}

func serveConfig(cmd *cobra.Command) (server.Config, error) {
	k, err := settings(cmd)
	if err != nil {
		return server.Config{}, err
	}
	return server.Config{
		Data:              k.String("data"),
		Listen:            k.String("listen"),
		Dev:               k.Bool("dev"),
		Insecure:          k.Bool("insecure"),
		TLSCert:           k.String("tls-cert"),
		TLSKey:            k.String("tls-key"),
		PublicURLs:        list(k, "public-url"),
		CORSOrigins:       list(k, "cors-origin"),
		OutboundAllow:     list(k, "outbound-allow"),
		PublicPermissions: list(k, "public-permission"),
		AccountID:         k.String("account-id"),
		AccessKeyFile:     k.String("access-key-file"),
		APIKeyFile:        k.String("api-key-file"),
		Version:           buildVersion(),
	}, nil
}

// list reads a setting that may be repeated as a flag, is a list in a file, and
// separated by commas in the environment.
func list(k *koanf.Koanf, name string) []string {
	if s, ok := k.Get(name).(string); ok {
		return strings.Split(s, ",")
	}
	return k.Strings(name)
}

func serve(ctx context.Context, cfg server.Config, log *slog.Logger) (err error) {
	s, err := server.Open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	defer s.BoundMemory()()
	s.Greet(os.Stdout)
	return s.Serve(ctx)
}

// logger writes text to a terminal and JSON to everything else.
func logger() *slog.Logger {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, nil))
}

// knownSettings are the names of all flags of all commands.
func knownSettings(root *cobra.Command) []string {
	var names []string
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(names, f.Name) && f.Name != "help" && f.Name != "config" {
				names = append(names, f.Name)
			}
		})
	}
	slices.Sort(names)
	return names
}
