package api

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/reeve-authz/reeve/internal/access"
)

// Config is what NewHandler needs.
type Config struct {
	Dialects []*Dialect // at least one of the prefix "/"
	// Authenticate returns who sends a request with these headers, or an
	// Unauthenticated, TooMany or Unavailable error.
	Authenticate func(context.Context, http.Header) (access.Caller, error)
	// Await returns once answers show a realm as of a revision, whether that
	// was not so at once, and an Unavailable error if it does not come about.
	Await func(context.Context, access.RealmID, access.Revision) (waited bool, err error)
	// Compress is around the routes whose answers can be long; none if nil.
	Compress func(http.Handler) http.Handler
	Log      *slog.Logger
}

// NewHandler serves the routes of every dialect on one port.
func NewHandler(cfg Config) http.Handler {
	h := &handler{
		authenticate: cfg.Authenticate, await: cfg.Await, compress: cfg.Compress, log: cfg.Log, dialects: slices.Clone(cfg.Dialects),
	}
	slices.SortStableFunc(h.dialects, func(a, b *Dialect) int { return len(b.Prefix) - len(a.Prefix) })
	for _, d := range cfg.Dialects {
		for _, r := range d.Routes {
			h.routes.add(d, r)
		}
	}
	return h
}

type handler struct {
	routes       router
	authenticate func(context.Context, http.Header) (access.Caller, error)
	await        func(context.Context, access.RealmID, access.Revision) (bool, error)
	compress     func(http.Handler) http.Handler
	log          *slog.Logger
	dialects     []*Dialect // the longest prefix first
}

// dialectOf is whose path it is.
func (h *handler) dialectOf(path string) *Dialect {
	for _, d := range h.dialects {
		if rest, ok := strings.CutPrefix(path, d.Prefix); ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(d.Prefix, "/")) {
			return d
		}
	}
	return h.dialects[len(h.dialects)-1]
}

// ServeHTTP finds the route, and compresses the answer where that can pay.
func (h *handler) ServeHTTP(rw http.ResponseWriter, hr *http.Request) {
	r := &Request{Request: hr, ID: requestID(hr), logged: hr.URL.Path}
	route, err := h.find(rw.Header(), r)
	if h.compress == nil || route != nil && route.Short {
		h.frame(rw, r, route, err)
		return
	}
	h.compress(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		h.frame(rw, r, route, err)
	})).ServeHTTP(rw, hr)
}

// find returns the route of a request, and notes in it what the path says. The
// dialect that is to write an error is the route's, or else the path's.
func (h *handler) find(answer http.Header, r *Request) (*target, error) {
	path := r.URL.EscapedPath()
	place, params, err := h.routes.find(path, r.room[:0])
	if place == nil || !visible(r.Host) {
		r.dialect = h.dialectOf(path)
	}
	switch {
	case !visible(r.Host):
		return nil, access.Errorf(access.Invalid, "Host: only visible ASCII is allowed")
	case err != nil:
		return nil, err
	case place == nil:
		return nil, access.Errorf(access.NotFound, "no such path").Because(access.NoSuchPath)
	}
	method := r.Method
	if method == http.MethodHead { // net/http leaves the body out
		method = http.MethodGet
	}
	route := place.methods[method]
	if route == nil {
		allowed := place.allowed()
		answer.Set("Allow", strings.Join(allowed, ", "))
		r.dialect = place.methods[allowed[0]].dialect
		return nil, access.Errorf(access.NotSupported, "the path does not support the method %s", r.Method)
	}
	r.dialect, r.params = route.dialect, params
	if route.Secret {
		r.logged = route.Path
	}
	if route.Exact && strings.HasSuffix(path, "/") {
		return nil, access.Errorf(access.Invalid, "the path ends in a slash where a name is missing")
	}
	return route, nil
}

// What every answer says, unless it says otherwise. Nobody changes these.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

// frame is around every request: everything that is the same for all routes
// happens here. err is why there is no route.
func (h *handler) frame(rw http.ResponseWriter, r *Request, route *target, err error) {
	r.answer = answer{ResponseWriter: rw, committed: &r.committed}
	w := &r.answer
	header := w.Header()
	header["X-Request-Id"] = []string{r.ID}
	header["X-Content-Type-Options"] = noSniff
	header["Cache-Control"] = noStore
	if len(r.TransferEncoding) > 0 {
		// net/http keeps the connection of a request that names its length
		// twice, and would serve what a smuggler put behind it.
		header.Set("Connection", "close")
	}
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint // a sentinel that is compared as it is
				panic(v)
			}
			h.log.Error("a request panicked", "request", r.ID, "panic", v, "stack", string(debug.Stack()))
			r.dialect.WriteError(w, r, errInternal())
		}
	}()
	if err == nil {
		err = h.serve(w, r, route)
	}
	if err == nil && !w.began {
		err = errors.New("the handler answered nothing")
	}
	switch {
	case err == nil:
	case w.began:
		// What was sent looks like an answer; only a broken connection tells the
		// caller that it is not the whole.
		if r.Context().Err() == nil {
			h.log.Error("an answer broke off", "request", r.ID, "method", r.Method, "path", r.logged, "err", err)
		}
		panic(http.ErrAbortHandler)
	default:
		h.writeError(w, r, err)
	}
}

// serve proves the caller and runs the route's handler.
func (h *handler) serve(w *answer, r *Request, route *target) error {
	if r.Header.Get("Content-Encoding") != "" {
		return access.Errorf(access.Invalid, "Content-Encoding: send the body as it is")
	}
	if r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(route.MaxBody, maxBody))
	}
	if !route.Public {
		if err := h.prove(r); err != nil {
			return err
		}
	}
	return route.Handle(w, r)
}

// answer names the revision of what the request committed, and notes whether
// anything was answered. net/http takes silence for 200, which here would mean
// yes.
type answer struct {
	http.ResponseWriter
	committed *access.Revision // the Request's
	began     bool
}

func (a *answer) WriteHeader(status int) {
	if !a.began && *a.committed != 0 {
		a.Header().Set(revisionHeader, strconv.FormatInt(int64(*a.committed), 10))
	}
	a.began = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if !a.began {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController find what it needs.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// writeError answers with an error, and logs it if it is the operator's.
func (h *handler) writeError(w http.ResponseWriter, r *Request, err error) {
	e, ours := errors.AsType[*access.Error](err)
	switch {
	case ours:
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		// The caller has closed its side, and may still read what comes.
		e = access.Errorf(access.Unavailable, "the request was cancelled before it was carried out")
	default:
		h.log.Error("a request failed", "request", r.ID, "method", r.Method, "path", r.logged, "err", err)
		e = errInternal()
	}
	w.Header()["Cache-Control"] = noStore // whatever the answer was going to be
	switch e.Kind {
	case access.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case access.TooMany, access.Unavailable:
		seconds := max(1, math.Ceil(e.RetryAfter.Seconds()))
		w.Header().Set("Retry-After", strconv.FormatFloat(seconds, 'f', 0, 64))
	}
	r.dialect.WriteError(w, r, e)
}

// internalError is the kind of every error that is not the caller's. No caller
// is told more.
const internalError access.Kind = "internal"

func errInternal() *access.Error { return access.Errorf(internalError, "internal error") }

// Status is the HTTP status of an error of the kind, the same in every dialect
// that does not say otherwise.
func Status(k access.Kind) int {
	switch k {
	case access.Invalid:
		return http.StatusBadRequest
	case access.Unauthenticated:
		return http.StatusUnauthorized
	case access.Forbidden:
		return http.StatusForbidden
	case access.NotFound:
		return http.StatusNotFound
	case access.NotSupported:
		return http.StatusMethodNotAllowed
	case access.Conflict:
		return http.StatusConflict
	case access.Unprocessable:
		return http.StatusUnprocessableEntity
	case access.Stale:
		return http.StatusPreconditionFailed
	case access.TooLarge:
		return http.StatusRequestEntityTooLarge
	case access.TooMany:
		return http.StatusTooManyRequests
	case access.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// requestID takes the caller's X-Request-Id if it is harmless to echo and to
// log, and makes one otherwise.
func requestID(r *http.Request) string {
	const maxLen = 256
	id := r.Header.Get("X-Request-Id")
	if id == "" || len(id) > maxLen || !visible(id) {
		return newRequestID()
	}
	return id
}

// visible reports whether the text is visible ASCII, and so harmless wherever it
// is put.
func visible(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// newRequestID makes an id that nobody has to be kept from guessing: it names a
// request, and gives nothing.
func newRequestID() string {
	const prefix = "req_"
	var id ulid.ULID
	_ = id.SetTime(ulid.Now()) // fails in the year 10889
	binary.BigEndian.PutUint16(id[6:], uint16(rand.Uint32()))
	binary.BigEndian.PutUint64(id[8:], rand.Uint64())
	var text [len(prefix) + ulid.EncodedSize]byte
	copy(text[:], prefix)
	_ = id.MarshalTextTo(text[len(prefix):]) // which is long enough
	return string(text[:])
}
