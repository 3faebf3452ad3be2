package access

import "time"

// Answer is what was answered to a request that named a key of its own, kept
// so that the request gets the same answer when it comes again.
type Answer struct {
	Key     []byte `json:"key"`     // a hash of who asked, with which key, for what
	Request []byte `json:"request"` // a hash of the request's body
	Status  int    `json:"status"`
	Type    string `json:"type,omitzero"` // the Content-Type
	// Revision is of what the request committed; zero if that was nothing.
	Revision Revision  `json:"revision,omitzero"`
	Body     []byte    `json:"body,omitempty"`
	Created  time.Time `json:"created"`
}

// AnswersKept is how long an Answer is given again. Source: WorkOS documents 24
// hours.
const AnswersKept = 24 * time.Hour
