package authn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/outbound"
)

// How long an issuer's keys are kept, and how often it is asked for them. What
// arrives in tokens never makes this server ask more often.
const (
	keysFresh   = 15 * time.Minute // then they are fetched again, beside the requests
	keysUsable  = 24 * time.Hour   // then, with the issuer out of reach, they are not trusted any more
	keysPause   = 30 * time.Second // between two fetches, however many unknown keys tokens name
	firstPause  = time.Second      // after a failure; it doubles with each one that follows
	longestWait = time.Minute
)

// discoveryPath is where an issuer says where its keys are. Source: OpenID
// Connect Discovery 1.0, section 4.
const discoveryPath = "/.well-known/openid-configuration"

// issuers holds the public keys of the issuers that realms trust. Nothing that
// a request brings names what is fetched: only the URL of a registered issuer,
// and what the issuer itself answers.
type issuers struct {
	outbound *outbound.Client
	log      *slog.Logger
	now      func() time.Time
	ctx      context.Context //nolint:containedctx // ends the fetches, which outlive the requests that began them
	stop     context.CancelFunc
	running  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	known  map[keySource]*issuerState // bounded by what realms ever registered
}

// keySource is a realm's issuer. Realms share no keys: what one realm's trust
// has fetched is nothing to another.
type keySource struct {
	realm access.RealmID
	url   string
}

// issuerState is what is known of an issuer. issuers.mu guards it.
type issuerState struct {
	keys     *keySet       // nil: none was ever fetched
	fetched  time.Time     // when the fetch began that brought them
	next     time.Time     // no fetch begins before
	failures int           // in a row
	flight   chan struct{} // closed when the fetch that runs has ended; nil if none runs
}

func newIssuers(out *outbound.Client, log *slog.Logger, now func() time.Time) *issuers {
	ctx, stop := context.WithCancel(context.Background())
	return &issuers{outbound: out, log: log, now: now, ctx: ctx, stop: stop, known: map[keySource]*issuerState{}}
}

func (s *issuers) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
}

// errNoKeys is Unavailable rather than Unauthenticated: the token was not
// found wanting, it was not judged.
func errNoKeys() error {
	return access.Errorf(access.Unavailable, "the keys of the token's issuer cannot be fetched at the moment; try again")
}

// keys returns the set of keys to judge a token by that names the key kid. It
// waits for a fetch only if it has none that can do so: with no key of that
// name, one fetch may bring it. It is an Unavailable error if there are no keys
// at all.
func (s *issuers) keys(ctx context.Context, src keySource, kid string) (*keySet, error) {
	for waited := false; ; waited = true {
		set, flight := s.look(src, kid)
		if set.has(kid) || flight == nil || waited {
			if set == nil {
				return nil, errNoKeys()
			}
			return set, nil
		}
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, errNoKeys()
		}
	}
}

// look returns the keys that are trusted now, nil if there are none, and the
// fetch that runs. It begins one if it is time to.
func (s *issuers) look(src keySource, kid string) (*keySet, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.known[src]
	if st == nil {
		st = &issuerState{}
		s.known[src] = st
	}
	now := s.now()
	set := st.keys
	if set != nil && now.Sub(st.fetched) >= keysUsable {
		set = nil
	}
	wanted := !set.has(kid) || now.Sub(st.fetched) >= keysFresh
	if wanted && st.flight == nil && !now.Before(st.next) && !s.closed && s.outbound != nil {
		st.flight = make(chan struct{})
		s.running.Go(func() { s.refresh(src, st, now) })
	}
	return set, st.flight
}

// refresh fetches the keys of an issuer once; began is when.
func (s *issuers) refresh(src keySource, st *issuerState, began time.Time) {
	ctx, cancel := context.WithTimeout(s.ctx, outbound.Timeout)
	defer cancel()
	set, err := s.fetch(ctx, src.url)
	if err != nil && s.ctx.Err() == nil {
		s.log.Warn("an issuer's keys could not be fetched", "realm", src.realm, "issuer", src.url, "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		st.next = began.Add(min(firstPause<<min(st.failures, 10), longestWait))
		st.failures++
	} else {
		// The same keys stay the same set, so that what was verified by them
		// need not be verified again.
		if st.keys == nil || !bytes.Equal(st.keys.source, set.source) {
			st.keys = set
		}
		st.fetched, st.failures, st.next = began, 0, began.Add(keysPause)
	}
	close(st.flight)
	st.flight = nil
}

// fetch asks the issuer where its keys are, and for the keys. Whatever it
// answers must not end the process, so a panic of a parser is an error here.
func (s *issuers) fetch(ctx context.Context, issuer string) (set *keySet, err error) {
	defer func() {
		if v := recover(); v != nil {
			set, err = nil, fmt.Errorf("reading what the issuer answered: panic: %v", v)
		}
	}()
	body, err := s.outbound.Get(ctx, strings.TrimSuffix(issuer, "/")+discoveryPath)
	if err != nil {
		return nil, err
	}
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("the discovery document: %w", err)
	}
	if document.Issuer != issuer {
		return nil, fmt.Errorf("the discovery document is of the issuer %.200q", document.Issuer)
	}
	if document.JWKSURI == "" {
		return nil, errors.New("the discovery document has no jwks_uri")
	}
	if body, err = s.outbound.Get(ctx, document.JWKSURI); err != nil {
		return nil, err
	}
	return parseKeySet(body)
}
