// Package outbound fetches small documents from addresses that callers name, and
// posts to them, without letting them reach what only this host can: the address
// that a name resolves to is judged at the moment of the connection.
package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Bounds of a request.
const (
	Timeout        = 5 * time.Second // from the name's lookup to the last byte
	MaxBody        = 1 << 20         // bytes
	maxURL         = 2048            // characters; an issuer names its own
	maxHeaderBytes = 64 << 10
)

// Client makes requests. It sends nothing but the request: no cookies, no
// credentials, not through a proxy that the environment names.
type Client struct {
	names    map[string]bool // hosts whose addresses are not judged, in lower case
	networks []netip.Prefix  // addresses that are allowed beside the public ones
	http     *http.Client
}

// New returns a Client that reaches public addresses, and those that allow
// names: host names, IP addresses and networks ("10.0.0.0/8").
func New(allow []string) (*Client, error) {
	c := &Client{names: map[string]bool{}}
	for _, entry := range allow {
		if err := c.allow(strings.TrimSpace(entry)); err != nil {
			return nil, err
		}
	}
	c.http = &http.Client{
		Timeout:       Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            c.dial,
			DisableKeepAlives:      true, // requests are rare, and each connection is judged anew
			DisableCompression:     true, // what is cut at MaxBody is what was sent
			MaxResponseHeaderBytes: maxHeaderBytes,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		},
	}
	return c, nil
}

func (c *Client) allow(entry string) error {
	if network, err := netip.ParsePrefix(entry); err == nil {
		c.networks = append(c.networks, network.Masked())
		return nil
	}
	if addr, err := netip.ParseAddr(entry); err == nil {
		addr = addr.Unmap()
		c.networks = append(c.networks, netip.PrefixFrom(addr, addr.BitLen()))
		return nil
	}
	if entry == "" || strings.ContainsAny(entry, "/:@*? ") {
		return fmt.Errorf("%q is neither a host name nor a network like 10.0.0.0/8", entry)
	}
	c.names[strings.ToLower(entry)] = true
	return nil
}

// Check returns an error that says why Get and Post would not even try the URL. Plain
// HTTP is for hosts that are allowed by name or address: anybody on the way
// could answer in the place of another.
func (c *Client) Check(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return errors.New("it is not an absolute URL")
	}
	if u.User != nil {
		return errors.New("a URL may not carry a user and password")
	}
	host := strings.ToLower(u.Hostname())
	addr, notLiteral := netip.ParseAddr(host)
	named := c.names[host] || notLiteral == nil && c.inNetworks(addr.Unmap())
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the URL must begin with https://")
	case u.Scheme == "http" && !named:
		return fmt.Errorf("the URL must begin with https://, unless the setting outbound-allow names %s", u.Hostname())
	case notLiteral == nil && !named && !public(addr.Unmap()):
		return errAddress(addr)
	}
	return nil
}

func errAddress(addr netip.Addr) error {
	return fmt.Errorf("%s is not a public address, and the setting outbound-allow does not name it", addr)
}

// Get returns the body of a 200 answer. A redirect is an error, as is a body
// longer than MaxBody, or an answer that is not complete within Timeout.
func (c *Client) Get(ctx context.Context, rawURL string) ([]byte, error) {
	resp, err := c.do(ctx, http.MethodGet, rawURL, http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", rawURL[:min(len(rawURL), maxURL)], err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching %s: the answer is %d; redirects are not followed", rawURL, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("fetching %s: reading the answer: %w", rawURL, err)
	}
	if len(body) > MaxBody {
		return nil, fmt.Errorf("fetching %s: the answer is longer than %d bytes", rawURL, MaxBody)
	}
	return body, nil
}

// Post sends a body and returns the status of the answer, which is all that is
// read of it; a redirect is an answer like any other. Its errors do not name the
// URL, which may hold a secret.
func (c *Client) Post(ctx context.Context, rawURL string, header http.Header, body []byte) (status int, err error) {
	resp, err := c.do(ctx, http.MethodPost, rawURL, header, body)
	if err != nil {
		return 0, fmt.Errorf("posting: %w", err)
	}
	return resp.StatusCode, resp.Body.Close()
}

// do sends a request that passes Check. Its errors do not name the URL.
func (c *Client) do(ctx context.Context, method, rawURL string, header http.Header, body []byte) (*http.Response, error) {
	if len(rawURL) > maxURL {
		return nil, fmt.Errorf("the URL has %d characters: at most %d are allowed", len(rawURL), maxURL)
	}
	if err := c.Check(rawURL); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, rawURL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("it is not a URL to send a request to")
	}
	maps.Copy(req.Header, header)
	req.Header.Set("User-Agent", "reeve")
	resp, err := c.http.Do(req)
	if named := new(url.Error); errors.As(err, &named) {
		err = named.Err
	}
	return resp, err
}

// dial connects to an address once it is resolved and judged. A name cannot
// answer otherwise between the two: Control sees the very address.
func (c *Client) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	d := net.Dialer{Timeout: Timeout}
	if !c.names[strings.ToLower(host)] {
		d.Control = func(_, address string, _ syscall.RawConn) error { return c.judge(address) }
	}
	return d.DialContext(ctx, network, hostPort)
}

func (c *Client) judge(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connecting to %q: %w", address, err)
	}
	addr := at.Addr().Unmap()
	if !public(addr) && !c.inNetworks(addr) {
		return errAddress(addr)
	}
	return nil
}

func (c *Client) inNetworks(addr netip.Addr) bool {
	for _, n := range c.networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}
