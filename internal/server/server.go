// Package server joins the parts into a running server. It is the only place
// that may.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/api/authress"
	"github.com/reeve-authz/reeve/internal/api/native"
	"github.com/reeve-authz/reeve/internal/api/workos"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/feed"
	"github.com/reeve-authz/reeve/internal/outbound"
	"github.com/reeve-authz/reeve/internal/store"
	"github.com/reeve-authz/reeve/internal/store/sqlite"
	"github.com/reeve-authz/reeve/internal/webhook"
)

// drainTimeout is how long requests in hand may take when the server stops.
const drainTimeout = 20 * time.Second

// Server is a server that listens. Close must be called.
type Server struct {
	// Bootstrap holds the first owner's credentials if this start made them.
	Bootstrap *authz.Bootstrap

	cfg      Config
	log      *slog.Logger
	store    store.Store
	authn    *authn.Authenticator
	http     *http.Server
	listener net.Listener
	memory   memory
	stop     context.CancelFunc // ends what runs beside requests
	running  sync.WaitGroup
}

// Open opens the store, loads its realms, makes the first one if there is none,
// and listens. Requests are answered once Serve is called.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	st, err := sqlite.Open(ctx, sqlite.Config{Dir: cfg.Data, Memory: cfg.Dev})
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: log, store: st}
	if err := s.start(ctx); err != nil {
		if s.listener != nil {
			err = errors.Join(err, s.listener.Close())
		}
		return nil, errors.Join(err, st.Close())
	}
	return s, nil
}

// start listens first: a first start that could not serve must not make, and
// show to nobody, the credentials of an owner.
func (s *Server) start(ctx context.Context) (err error) {
	if s.http, s.listener, err = listen(ctx, s.cfg, s.log); err != nil {
		return err
	}
	dir := authn.NewDirectory()
	out, err := outbound.New(s.cfg.OutboundAllow)
	if err != nil {
		return err
	}
	hooks := webhook.New(webhook.Config{Post: out.Post, Body: workos.EventBody, Log: s.log})
	f, err := feed.Open(ctx, feed.Config{
		Store: s.store, Log: s.log, Listeners: []feed.Listener{dir.Update, hooks.Heard},
		Snapshots: s.cfg.snapshots(), Packed: s.memory.trim,
	})
	if err != nil {
		return err
	}
	svc := authz.New(authz.Config{Store: s.store, Feed: f, Directory: dir, Outbound: out, Log: s.log})
	if s.Bootstrap, err = bootstrap(ctx, s.cfg, svc); err != nil {
		return err
	}
	if err := svc.SetPublicPermissions(ctx, access.DefaultRealm, s.cfg.PublicPermissions); err != nil {
		return fmt.Errorf("public-permission: %w", err)
	}
	s.authn = authn.New(authn.Config{Directory: dir, Origins: s.cfg.origins(), Outbound: out, Saw: svc.SawUser, Log: s.log})
	if s.http.Handler, err = s.handler(svc); err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.running.Go(func() { f.Run(running) })
	s.running.Go(func() { hooks.Run(running, svc) })
	return nil
}

func (s *Server) handler(svc *authz.Service) (http.Handler, error) {
	publicURL := ""
	if origins := s.cfg.origins(); len(origins) > 0 {
		publicURL = origins[0]
	}
	compress, err := compressor()
	if err != nil {
		return nil, err
	}
	return wrap(api.NewHandler(api.Config{
		Dialects: []*api.Dialect{
			authress.New(authress.Config{Authz: svc, PublicURL: publicURL}),
			native.New(native.Config{Authz: svc}),
			workos.New(workos.Config{Authz: svc, PublicURL: publicURL}),
		},
		Authenticate: s.authn.Authenticate,
		Await:        svc.Await,
		Compress:     compress,
		Log:          s.log,
	}), s.cfg), nil
}

// URL is where the server listens.
func (s *Server) URL() string {
	scheme := "http"
	if s.cfg.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + s.listener.Addr().String()
}

// Serve answers requests until ctx ends, then lets those in hand finish.
func (s *Server) Serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		if s.http.TLSConfig != nil {
			done <- s.http.ServeTLS(s.listener, "", "")
		} else {
			done <- s.http.Serve(s.listener)
		}
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	s.log.Info("draining", "timeout", drainTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := s.http.Shutdown(drain); err != nil {
		return fmt.Errorf("draining: %w", err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// Close stops what still runs and closes the store.
func (s *Server) Close() error {
	httpErr := s.http.Close()
	_ = s.listener.Close() // closed already if Serve ran
	s.stop()
	s.running.Wait()
	s.authn.Close()
	return errors.Join(httpErr, s.store.Close())
}

// Greet writes what a person who started the server wants to see.
func (s *Server) Greet(out io.Writer) {
	if s.cfg.Dev {
		fmt.Fprint(out, devBanner)
	}
	if s.Bootstrap != nil {
		greet(out, s.cfg, s.URL(), *s.Bootstrap)
	}
	fmt.Fprintf(out, "Reeve %s listens on %s\n", s.cfg.Version, s.URL())
}
