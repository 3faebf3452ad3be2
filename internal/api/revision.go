package api

import (
	"net/http"
	"strconv"

	"github.com/reeve-authz/reeve/internal/access"
)

// revisionHeader carries a revision of the caller's realm. An answer to a write
// names the commit that it tells of; a request names the revision that its
// answer must not be older than, on whatever node it is answered.
const revisionHeader = "Reeve-Revision"

// revisionNamed returns the revision that a request names; zero if it names
// none. It is an Invalid error if that is not one number from 1 to 2^63-1.
func revisionNamed(h http.Header) (access.Revision, error) {
	values := h[revisionHeader]
	if len(values) == 0 {
		return 0, nil
	}
	rev, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil || rev == 0 || len(values) > 1 {
		return 0, access.Errorf(access.Invalid, "%s must be one revision, a number from 1 to 2^63-1", revisionHeader)
	}
	return access.Revision(rev), nil
}

// prove finds out who is calling, and returns once this node shows the revision
// that the request names.
func (h *handler) prove(r *Request) error {
	c, err := h.authenticate(r.Context(), r.Header)
	if err != nil {
		return err
	}
	rev, err := revisionNamed(r.Header)
	if err != nil {
		return err
	}
	if rev != 0 {
		waited, err := h.await(r.Context(), c.Realm, rev)
		if err != nil {
			return err
		}
		if waited { // what came meanwhile may have ended the credential
			if c, err = h.authenticate(r.Context(), r.Header); err != nil {
				return err
			}
		}
	}
	c.Request, c.Committed = r.ID, &r.committed
	r.Caller = c
	return nil
}
