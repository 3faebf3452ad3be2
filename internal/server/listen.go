package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Bounds on connections, against slow, idle and many peers.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 15 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 32 << 10
	maxConnections    = 16 << 10 // more wait to be accepted
)

// listen returns a server without a handler, and where it listens.
func listen(ctx context.Context, cfg Config, log *slog.Logger) (*http.Server, net.Listener, error) {
	s := &http.Server{
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What net/http has to say (a peer that speaks no TLS, say) is not
		// worth an operator's look, and can hold what a peer sent.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	if cfg.TLSCert != "" {
		cert := &certificate{certFile: cfg.TLSCert, keyFile: cfg.TLSKey, log: log}
		if _, err := cert.get(nil); err != nil {
			return nil, nil, fmt.Errorf("tls-cert and tls-key: %w", err)
		}
		s.TLSConfig = &tls.Config{
			GetCertificate: cert.get,
			MinVersion:     tls.VersionTLS12,
			CipherSuites: []uint16{ // of TLS 1.2: forward secret and authenticated; 1.3 has no others
				tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
				tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
				tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
			},
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("listening: %w", err)
	}
	return s, &limited{Listener: listener, free: make(chan struct{}, maxConnections)}, nil
}

// limited accepts no more connections at a time than its channel has room for.
// The one of golang.org/x/net/netutil will not do: its connections hide
// CloseWrite, without which net/http cuts off the answer to a peer that is still
// sending.
type limited struct {
	net.Listener
	free chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	l.free <- struct{}{}
	conn, err := l.Listener.Accept()
	tcp, ok := conn.(*net.TCPConn)
	if err != nil || !ok {
		<-l.free
		return conn, err
	}
	return &limitedConn{TCPConn: tcp, release: sync.OnceFunc(func() { <-l.free })}, nil
}

type limitedConn struct {
	*net.TCPConn
	release func()
}

func (c *limitedConn) Close() error {
	err := c.TCPConn.Close()
	c.release()
	return err
}

// certificate is what two files hold, read again when one of them has changed,
// so that a renewed certificate needs no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate // nil before the first
	changed [2]time.Time     // when the files were, as loaded or refused
}

// get returns the certificate for a handshake. Files that cannot be read, as
// while they are being replaced, leave the one that was loaded last.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.load()
	if c.loaded == nil {
		return nil, err
	}
	if err != nil {
		c.log.Warn("the changed certificate cannot be used; going on with the one before", "err", err)
	}
	return c.loaded, nil
}

func (c *certificate) load() error {
	certInfo, certErr := os.Stat(c.certFile)
	keyInfo, keyErr := os.Stat(c.keyFile)
	if err := errors.Join(certErr, keyErr); err != nil {
		if c.loaded != nil { // one of them is being replaced
			return nil
		}
		return err
	}
	changed := [2]time.Time{certInfo.ModTime(), keyInfo.ModTime()}
	if c.loaded != nil && changed == c.changed {
		return nil
	}
	c.changed = changed // said once for each change, if it is refused
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.loaded = &pair
	return nil
}
