package api

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/reeve-authz/reeve/internal/access"
)

// KeyReused is the reason of an Unprocessable error: the request's key stood in
// another request.
const KeyReused access.Reason = "idempotency_key_reused"

// maxIdempotencyKey bounds a key, in characters. The official SDKs send a UUID.
const maxIdempotencyKey = 255

// Answers keeps answers durably.
type Answers interface {
	// KeptAnswer returns the answer under a key, if one is kept.
	KeptAnswer(ctx context.Context, c access.Caller, key []byte) (access.Answer, bool, error)
	// KeepAnswer keeps an answer, unless there is one under its key.
	KeepAnswer(ctx context.Context, c access.Caller, a access.Answer)
}

// Replay gives the first answer again when a POST is repeated with the same
// Idempotency-Key: the official WorkOS SDKs repeat a request under its key when
// an answer does not reach them.
//
// Kept is the first answer of the classes 2xx and 4xx to a credential, key,
// method, path and query, for access.AnswersKept. Not kept are those by which
// the request was not judged at all (401, 408, 413, 429) and all of 5xx: a
// repeat is carried out. A repeat that comes while the first is in hand waits
// for it; on another node it would be carried out beside it, and the rules of
// the objects themselves decide. The key with another body is Unprocessable with
// the reason KeyReused. The credential of a repeat must be good, and gets nothing
// that it was not told before; what it may do now is not asked again.
func (d *Dialect) Replay(answers Answers) {
	in := &inHand{done: map[[sha256.Size]byte]chan struct{}{}}
	for i, route := range d.Routes {
		if route.Method == http.MethodPost && !route.NoReplay && !route.Public {
			d.Routes[i].Handle = replaying{answers, in, d, route.Handle}.handle
		}
	}
}

// replaying is a handler whose answers are given again.
type replaying struct {
	answers Answers
	in      *inHand
	dialect *Dialect
	next    Handler
}

func (h replaying) handle(w http.ResponseWriter, r *Request) error {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return h.next(w, r)
	}
	if len(key) > maxIdempotencyKey {
		return access.Errorf(access.Invalid, "Idempotency-Key must be at most %d characters long", maxIdempotencyKey)
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	id, sum := keyOf(r, key), sumOf(key, body)
	if err := h.in.enter(r.Context(), id); err != nil {
		return err
	}
	defer h.in.leave(id)
	kept, ok, err := h.answers.KeptAnswer(r.Context(), r.Caller, id[:])
	if err != nil {
		return err
	}
	if !ok {
		return h.first(w, r, id, sum)
	}
	if !bytes.Equal(kept.Request, sum[:]) {
		return access.Errorf(access.Unprocessable, "Idempotency-Key: the key stood in a request with another body; use a new one").Because(KeyReused)
	}
	w.Header().Set("Idempotent-Replayed", "true")
	r.committed = kept.Revision
	give(w, kept)
	return nil
}

// first carries the request out, and keeps the answer.
func (h replaying) first(w http.ResponseWriter, r *Request, key, request [sha256.Size]byte) error {
	rec := &recorder{header: w.Header()}
	if err := h.next(rec, r); err != nil {
		var e *access.Error
		if !errors.As(err, &e) || !keeps(Status(e.Kind)) {
			return err
		}
		h.dialect.WriteError(rec, r, e)
	}
	answer := access.Answer{
		Key: key[:], Request: request[:], Status: rec.status, Type: w.Header().Get("Content-Type"),
		Revision: r.committed, Body: rec.body.Bytes(),
	}
	if keeps(answer.Status) {
		h.answers.KeepAnswer(r.Context(), r.Caller, answer)
	}
	if answer.Status != 0 { // silence is for the frame to answer
		give(w, answer)
	}
	return nil
}

// keeps reports whether an answer of the status is kept.
func keeps(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return false
	}
	return status >= 200 && status < 300 || status >= 400 && status < 500
}

func give(w http.ResponseWriter, a access.Answer) {
	if a.Type != "" {
		w.Header().Set("Content-Type", a.Type)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // a caller that has gone away is no error
}

// keyOf is different for different callers, keys and targets.
func keyOf(r *Request, key string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range []string{string(r.Caller.Realm), r.Caller.Subject.String(), r.Caller.Credential, key, r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		_, _ = h.Write([]byte(part))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// sumOf tells bodies apart. It is keyed by what is kept nowhere: a body may hold
// a password that is easily guessed.
func sumOf(key string, body []byte) [sha256.Size]byte {
	h := hmac.New(sha256.New, []byte(key))
	_, _ = h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// recorder holds an answer back until it is known and kept.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// inHand are the requests that this process is carrying out, by their keys.
type inHand struct {
	mu   sync.Mutex
	done map[[sha256.Size]byte]chan struct{}
}

// enter waits until no request of the key is in hand, and takes its place. It
// fails when the caller stops waiting.
func (in *inHand) enter(ctx context.Context, key [sha256.Size]byte) error {
	for {
		in.mu.Lock()
		busy := in.done[key]
		if busy == nil {
			in.done[key] = make(chan struct{})
			in.mu.Unlock()
			return nil
		}
		in.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the first of the request: %w", ctx.Err())
		}
	}
}

func (in *inHand) leave(key [sha256.Size]byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	close(in.done[key])
	delete(in.done, key)
}
