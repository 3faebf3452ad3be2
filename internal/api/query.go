package api

import (
	"net/url"
	"strconv"

	"github.com/reeve-authz/reeve/internal/access"
)

// Query reads the query string. It is an Invalid error if an escape is broken.
func (r *Request) Query() (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, access.Errorf(access.Invalid, "the query string is malformed: %v", err)
	}
	return q, nil
}

// ParseLimit reads the size of a page: the largest when s is empty, and no more
// than that when it asks for more. It is an Invalid error unless s is a
// positive whole number.
func ParseLimit(s string, largest int) (int, error) {
	if s == "" {
		return largest, nil
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 1 {
		return 0, access.Errorf(access.Invalid, "limit must be a whole number from 1 to %d", largest)
	}
	return min(int(n), largest), nil
}
