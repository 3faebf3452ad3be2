// Package access holds the nouns of access: who may do what on which resource,
// and the grammar of their names. It knows no store, no network and no dialect.
package access

import (
	"fmt"
	"time"
)

// Kind classifies an Error by what the caller can do about it. A Kind is
// itself an error, so that errors.Is(err, access.NotFound) asks for the class.
type Kind string

// The classes of errors that callers of the API see. Everything that is not an
// *Error is internal: it is logged once and answered as "internal error".
const (
	Invalid         Kind = "invalid"         // the request is malformed or breaks a rule of its grammar
	Unauthenticated Kind = "unauthenticated" // no credential, or one that does not hold
	Forbidden       Kind = "forbidden"       // the caller may not do this
	NotFound        Kind = "not found"       // no such object, or none that the caller may know of
	NotSupported    Kind = "not supported"   // the path exists, the method on it does not
	Conflict        Kind = "conflict"        // the object's state forbids it
	Unprocessable   Kind = "unprocessable"   // well-formed, and means nothing here
	Stale           Kind = "stale"           // the object changed since the caller read it
	TooLarge        Kind = "too large"       // more than a limit allows
	TooMany         Kind = "too many"        // more requests than the caller's limit allows
	Unavailable     Kind = "unavailable"     // cannot be answered now; a later try may succeed
)

func (k Kind) Error() string { return string(k) }

// Reason names an exact cause where a Kind is too coarse for a caller that
// must tell two causes apart. Dialects turn it into their own error codes.
type Reason string

// Reasons that dialects tell apart.
const (
	RecordExists Reason = "record exists"
	RoleExists   Reason = "role exists"
	TenantExists Reason = "tenant exists"
	GroupExists  Reason = "group exists"
	Claimed      Reason = "claimed"    // by somebody else, or given to somebody
	LastOwner    Reason = "last owner" // nobody would own the realm
	NoSuchPath   Reason = "no such path"
	TooManyKeys  Reason = "too many keys"
)

// Error is an error whose message is meant for the caller of the API.
type Error struct {
	Kind    Kind
	Reason  Reason // often empty
	Message string // names the field, and what would be right
	Field   string // that is wrong; empty where the message alone says so
	Entity  string // the id or slug of what the error is about; often empty
	// Causes are what is wrong in particular, where a dialect tells several
	// things in one error.
	Causes []*Error
	// RetryAfter is how long a caller should wait before it tries again; zero
	// where that is not known.
	RetryAfter time.Duration
}

func (e *Error) Error() string { return e.Message }

// Is reports whether target is the error's Kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Errorf returns an Error of the given kind.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Because returns the error with a Reason.
func (e *Error) Because(r Reason) *Error {
	because := *e
	because.Reason = r
	return &because
}

// About returns the error with the id or slug of what it is about.
func (e *Error) About(entity string) *Error {
	about := *e
	about.Entity = entity
	return &about
}

// FieldErrorf returns an Unprocessable error about one field of a request.
func FieldErrorf(field string, r Reason, format string, args ...any) *Error {
	return &Error{Kind: Unprocessable, Reason: r, Field: field, Message: fmt.Sprintf(format, args...)}
}

// in returns err, an *Error, with the field that holds the offending value put
// before its message.
func in(field string, err error) error {
	if err == nil {
		return nil
	}
	e := err.(*Error) //nolint:errorlint // every validation in this package returns *Error
	return &Error{Kind: e.Kind, Reason: e.Reason, Field: e.Field, Message: field + ": " + e.Message}
}
