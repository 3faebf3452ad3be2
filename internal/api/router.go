package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// router finds routes by the path as it was sent, still escaped. The standard
// mux does not serve here: it refuses overlapping patterns that two dialects
// bring, cleans paths by redirects to another resource, and has no wildcard of
// several segments before the end.
type router struct{ root node }

// node is a place in the tree of routes. Nothing changes it once requests are
// served.
type node struct {
	literals map[string]*node
	one      *node // {name}
	many     *node // {name...}
	name     string
	methods  map[string]*target // nil if no route ends here
}

// target is a route with the dialect that it belongs to.
type target struct {
	Route
	dialect *Dialect
}

// add puts in a route. Two routes of the same method and path are a mistake in
// the program.
func (t *router) add(d *Dialect, r Route) {
	n := &t.root
	for seg := range strings.SplitSeq(strings.TrimPrefix(r.Path, "/"), "/") {
		n = n.child(seg)
	}
	if n.methods == nil {
		n.methods = map[string]*target{}
	}
	if n.methods[r.Method] != nil {
		panic(fmt.Sprintf("api: two routes for %s %s", r.Method, r.Path))
	}
	n.methods[r.Method] = &target{r, d}
}

func (n *node) child(seg string) *node {
	name, isParam := strings.CutPrefix(seg, "{")
	if !isParam {
		if n.literals == nil {
			n.literals = map[string]*node{}
		}
		if n.literals[seg] == nil {
			n.literals[seg] = &node{}
		}
		return n.literals[seg]
	}
	name = strings.TrimSuffix(name, "}")
	at := &n.one
	if rest, many := strings.CutSuffix(name, "..."); many {
		name, at = rest, &n.many
	}
	if *at == nil {
		*at = &node{name: name}
	}
	if (*at).name != name {
		panic(fmt.Sprintf("api: the parameters %s and %s stand in the same place", (*at).name, name))
	}
	return *at
}

// maxSegments bounds the segments of a path, and so the work of finding a
// route: a resource of 16 segments, unescaped, with a user id that has slashes.
const maxSegments = 64

// find returns the place of an escaped path, or nil if no route has that path,
// and appends to p what stands in the path for names.
// It is an Invalid error if the path has an empty, "." or ".." segment, too
// many segments, or a broken escape. One trailing slash is ignored.
func (t *router) find(escaped string, p params) (*node, params, error) {
	path := strings.TrimSuffix(strings.TrimPrefix(escaped, "/"), "/")
	if path == "" {
		if escaped == "//" {
			return nil, nil, errPath()
		}
		return t.root.literals[""], p, nil
	}
	if err := checkSegments(path); err != nil {
		return nil, nil, err
	}
	n, p := t.root.find(path, p)
	for i := range p {
		var err error
		if p[i].value, err = url.PathUnescape(p[i].escaped); err != nil {
			return nil, nil, access.Errorf(access.Invalid, "the path has a broken escape in %q", p[i].escaped)
		}
	}
	return n, p, nil
}

func checkSegments(path string) error {
	segments := 0
	for seg := range strings.SplitSeq(path, "/") {
		if segments++; segments > maxSegments {
			return access.Errorf(access.Invalid, "the path has more than %d segments", maxSegments)
		}
		if seg == "" || seg == "." || seg == ".." {
			return errPath()
		}
	}
	return nil
}

func errPath() error {
	return access.Errorf(access.Invalid, "the path may not have an empty, . or .. segment")
}

// find matches the path, still escaped and without empty segments, from this
// node on. Its depth is bounded by the routes' longest path, and only {name...}
// tries several lengths: the longest first, so the last marker after it counts,
// and all that is left only when no marker follows.
func (n *node) find(path string, p params) (*node, params) {
	if path == "" {
		if n.methods == nil {
			return nil, nil
		}
		return n, p
	}
	seg, rest, _ := strings.Cut(path, "/")
	if next := n.literals[seg]; next != nil {
		if found, q := next.find(rest, p); found != nil {
			return found, q
		}
	}
	if n.one != nil {
		if found, q := n.one.find(rest, append(p, param{name: n.one.name, escaped: seg})); found != nil {
			return found, q
		}
	}
	if n.many == nil {
		return nil, nil
	}
	for end := strings.LastIndexByte(path, '/'); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		if found, q := n.many.find(path[end+1:], append(p, param{name: n.many.name, escaped: path[:end]})); found != nil {
			return found, q
		}
	}
	return n.many.find("", append(p, param{name: n.many.name, escaped: path}))
}

// allowed lists the methods of the routes that end here, at least one.
func (n *node) allowed() []string {
	methods := make([]string, 0, len(n.methods))
	for m := range n.methods {
		methods = append(methods, m)
	}
	slices.Sort(methods)
	return methods
}
