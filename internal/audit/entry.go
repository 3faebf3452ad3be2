// Package audit says what the audit trail holds: one entry for every commit,
// whether a write that was made or one that was refused.
package audit

import (
	"fmt"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
)

// Outcome says what became of a write.
type Outcome string

// The outcomes of a write.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // the caller may not, or the object's state forbids it
)

// Entry records one write, or the refusal of one. It holds no secret.
type Entry struct {
	Revision   access.Revision `json:"revision"` // of the commit that holds the entry
	Time       time.Time       `json:"time"`
	Actor      access.Subject  `json:"actor"`
	Authority  access.Subject  `json:"authority,omitzero"`  // whose authority the write rests on, if not the actor's: an accepted invite's creator
	Credential string          `json:"credential,omitzero"` // id of the key or token that proved the actor
	Request    string          `json:"request,omitzero"`    // id of the request
	Verb       string          `json:"verb"`                // what was to be done: "create", "update", "delete", …
	Object     Object          `json:"object"`              // on what
	Writes     []Write         `json:"writes,omitempty"`    // every document the commit wrote; none when refused
	Outcome    Outcome         `json:"outcome"`
	Reason     string          `json:"reason,omitzero"` // why it was refused, as the caller was told
}

// Object is what a write is about. ID is empty when a refused caller did not
// name one.
type Object struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Write is one document's change of version. A version is the revision that
// wrote it: From is zero when the document is new, To is zero when it is gone.
type Write struct {
	Kind string          `json:"kind"`
	ID   string          `json:"id"`
	From access.Revision `json:"from,omitzero"`
	To   access.Revision `json:"to,omitzero"`
}

// ID is the id of the entry that belongs to a revision: entries in the order
// of their ids are in the order of their revisions.
func ID(rev access.Revision) string { return fmt.Sprintf("%016x", int64(rev)) }
