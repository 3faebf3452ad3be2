package workos

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// instant is a time as this API writes it: UTC, to the millisecond.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// readInstant reads a point in time of a request. It is an Unprocessable error
// that names the field if s is none.
func readInstant(field, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.IsZero() {
		return time.Time{}, access.FieldErrorf(field, "invalid_date", "%s must be a time such as 2030-01-01T00:00:00.000Z", field)
	}
	return t, nil
}

// nullable is the text, or null where there is none.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Sizes of a page.
const (
	defaultPage = 10
	largestPage = 100
)

// list is a page of a list.
type list[T any] struct {
	Object       string       `json:"object"`
	Data         []T          `json:"data"`
	ListMetadata listMetadata `json:"list_metadata"`
}

type listMetadata struct {
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// query is the query string.
type query url.Values

func queryOf(r *api.Request) (query, error) {
	values, err := r.Query()
	return query(values), err
}

func (q query) get(name string) string { return url.Values(q).Get(name) }

// all returns the elements of a list in the query: comma-joined as the Node SDK
// writes it, the name repeated as the Go SDK does, or with [] behind the name.
func (q query) all(name string) []string {
	var elements []string
	for _, values := range [][]string{q[name], q[name+"[]"]} {
		for _, v := range values {
			for _, element := range strings.Split(v, ",") {
				if element != "" {
					elements = append(elements, element)
				}
			}
		}
	}
	return elements
}

// flag reads true or false; left out, it is false.
func (q query) flag(name string) (bool, error) {
	switch q.get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, access.FieldErrorf(name, "invalid_boolean", "%s must be true or false", name)
}

// page is a request for a page of a list.
type page struct {
	authz.Window
	swapped bool // the cursors mean the opposite
}

// page reads limit, before, after and order. By "normal" the newest come first,
// before fetches what is older and after what is newer. Source: the vendor's
// OpenAPI document.
func (q query) page() (page, error) {
	p := page{Window: authz.Window{After: q.get("after"), Before: q.get("before"), Limit: defaultPage}}
	if s := q.get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > largestPage {
			return page{}, access.FieldErrorf("limit", "invalid_limit", "limit must be a whole number from 1 to %d", largestPage)
		}
		p.Limit = n
	}
	switch q.get("order") {
	case "", "desc":
		p.Descending = true
	case "asc":
	case "normal":
		p.Descending, p.swapped = true, true
		p.After, p.Before = p.Before, p.After
	default:
		return page{}, access.FieldErrorf("order", "invalid_order", "order must be asc, desc or normal")
	}
	return p, nil
}

// pageOf reads the page that a request asks for.
func pageOf(r *api.Request) (page, query, error) {
	q, err := queryOf(r)
	if err != nil {
		return page{}, nil, err
	}
	p, err := q.page()
	return p, q, err
}

// writeList answers with a part of a list, each item written by write.
func writeList[In, Out any](w http.ResponseWriter, p page, in authz.Slice[In], write func(In) Out) error {
	out := list[Out]{Object: "list", Data: make([]Out, len(in.Items))}
	for i, item := range in.Items {
		out.Data[i] = write(item)
	}
	out.ListMetadata = listMetadata{Before: nullable(in.Previous), After: nullable(in.Next)}
	if p.swapped {
		out.ListMetadata = listMetadata{Before: nullable(in.Next), After: nullable(in.Previous)}
	}
	return writeJSON(w, http.StatusOK, out)
}
