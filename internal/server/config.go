package server

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/reeve-authz/reeve/internal/outbound"
)

// Config says how to run the server. Its zero value is not ready to use: Data
// or Dev must be set, and Listen.
type Config struct {
	Data          string   // folder of the store, of what makes its start fast, and bootstrap.json; unused with Dev
	Listen        string   // host:port; port 0 lets the system choose
	Dev           bool     // keep everything in memory; loopback only
	Insecure      bool     // allow plain HTTP beyond loopback
	TLSCert       string   // file; both or neither
	TLSKey        string   // file
	PublicURLs    []string // scheme://host[:port] under which clients know the server; links name the first
	CORSOrigins   []string // scheme://host[:port] of pages whose scripts may call; none if empty
	OutboundAllow []string // host names and networks, beside the public addresses, that issuers and webhooks may be at
	// PublicPermissions are what a public resource of the default realm gives
	// every user, beside the permission "public".
	PublicPermissions []string
	AccountID         string // of the realm that the first start makes
	AccessKeyFile     string // presets the first owner's access key
	APIKeyFile        string // presets the first owner's API key
	Version           string
}

// validate returns an error that says what to set otherwise.
func (c Config) validate() error {
	if !c.Dev && c.Data == "" {
		return errors.New("data: name a folder to keep the store in")
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is not host:port: %w", c.Listen, err)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls-cert and tls-key: set both or neither")
	}
	if !loopback(host) {
		if c.Dev {
			return fmt.Errorf("listen: --dev serves the loopback interface only, not %q", c.Listen)
		}
		if c.TLSCert == "" && !c.Insecure {
			return fmt.Errorf("listen: %q can be reached from other machines and would carry keys in plain text; set tls-cert and tls-key, or insecure if something in front adds TLS", c.Listen)
		}
	}
	for _, u := range c.PublicURLs {
		if !isOrigin(strings.TrimSuffix(u, "/")) {
			return fmt.Errorf("public-url: %q is not scheme://host[:port]; clients find the API at the root of its host only", u)
		}
	}
	if _, err := outbound.New(c.OutboundAllow); err != nil {
		return fmt.Errorf("outbound-allow: %w", err)
	}
	for _, o := range c.CORSOrigins {
		if !isOrigin(o) {
			return fmt.Errorf("cors-origin: %q is not scheme://host[:port]; name each origin, wildcards are not supported", o)
		}
	}
	return nil
}

// isOrigin reports whether s is scheme://host[:port] and nothing more.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && !strings.Contains(s, "*") &&
		(u.Scheme == "http" || u.Scheme == "https") && s == u.Scheme+"://"+u.Host
}

// origins are the public URLs without a trailing slash.
func (c Config) origins() []string {
	out := make([]string, len(c.PublicURLs))
	for i, u := range c.PublicURLs {
		out[i] = strings.TrimSuffix(u, "/")
	}
	return out
}

// snapshots is the folder of what makes a start fast; empty for none.
func (c Config) snapshots() string {
	if c.Dev {
		return ""
	}
	return filepath.Join(c.Data, "snapshots")
}

// loopback reports whether an address of this host is reachable from this
// machine only. An empty host means every interface.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// readSecretFile returns a credential kept in a file, "" if there is no file to
// read. A file that others can read is refused.
func readSecretFile(what, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s: %s can be read by others (mode %04o); make it 0600", what, path, info.Mode().Perm())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	return strings.TrimSpace(string(content)), nil
}
