package server

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/durable"
)

// bootstrap makes the realm and its first owner when the store is empty, and
// returns their credentials; nil when there is a realm already. The file with
// the credentials is on disk before the realm is, so that no crash leaves a
// realm whose owner nobody knows.
func bootstrap(ctx context.Context, cfg Config, svc *authz.Service) (*authz.Bootstrap, error) {
	empty, err := svc.Empty(ctx)
	if err != nil || !empty {
		return nil, err
	}
	presets := authz.Bootstrap{AccountID: cfg.AccountID}
	if presets.AccessKey, err = readSecretFile("access-key-file", cfg.AccessKeyFile); err != nil {
		return nil, err
	}
	if presets.APIKey, err = readSecretFile("api-key-file", cfg.APIKeyFile); err != nil {
		return nil, err
	}
	b, err := svc.NewBootstrap(presets)
	if err != nil {
		return nil, err
	}
	if !cfg.Dev {
		if err := writeBootstrap(filepath.Join(cfg.Data, "bootstrap.json"), b); err != nil {
			return nil, err
		}
	}
	if err := svc.CreateRealm(ctx, access.DefaultRealm, b); err != nil {
		return nil, fmt.Errorf("making the first realm: %w", err)
	}
	return &b, nil
}

// writeBootstrap replaces the file at once, readable by its owner only.
func writeBootstrap(path string, b authz.Bootstrap) error {
	body, err := json.Marshal(b, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("encoding the first owner's credentials: %w", err)
	}
	err = durable.Replace(path, func(w io.Writer) error {
		_, err := w.Write(append(body, '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the first owner's credentials: %w", err)
	}
	return nil
}

// greet prints the credentials of a first start, once, with lines to paste.
func greet(out io.Writer, cfg Config, url string, b authz.Bootstrap) {
	kept := "They are also in " + filepath.Join(cfg.Data, "bootstrap.json") + ", for its owner only. Nothing shows them again."
	if cfg.Dev {
		kept = "They end with this process."
	}
	fmt.Fprintf(out, `
Reeve made the account %s with one client that owns it. Its credentials:

  access key  %s
  API key     %s

%s

A first check (200 is yes, 404 is no):

  export REEVE_URL=%s
  export REEVE_KEY=%s
  curl -i -H "Authorization: Bearer $REEVE_KEY" "$REEVE_URL/v1/users/ana/resources/documents%%2F1/permissions/documents:read"

`, b.AccountID, b.AccessKey, b.APIKey, kept, url, b.APIKey)
}

const devBanner = `
  ############################################################
  #  DEVELOPMENT MODE: everything is in memory and is lost   #
  #  when this process ends. Do not put real data in here.   #
  ############################################################
`
