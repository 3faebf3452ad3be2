package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
)

// Recover makes a new owner of the account that a stopped server keeps in the
// folder. It fails while a server holds the folder, and makes no store where
// there is none.
func Recover(ctx context.Context, data string, log *slog.Logger) (_ authz.Recovered, err error) {
	if _, err := os.Stat(filepath.Join(data, "reeve.db")); errors.Is(err, fs.ErrNotExist) {
		return authz.Recovered{}, fmt.Errorf("data: %s keeps no store; name the folder of the server", data)
	}
	st, err := sqlite.Open(ctx, sqlite.Config{Dir: data})
	if err != nil {
		return authz.Recovered{}, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	dir := authn.NewDirectory()
	f, err := feed.Open(ctx, feed.Config{Store: st, Log: log, Listeners: []feed.Listener{dir.Update}})
	if err != nil {
		return authz.Recovered{}, err
	}
	svc := authz.New(authz.Config{Store: st, Feed: f, Directory: dir, Log: log})
	return svc.Recover(ctx, access.DefaultRealm)
}
