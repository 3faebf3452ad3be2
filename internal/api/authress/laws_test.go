package authress_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// TestLaws makes small random states and holds, after every record that is
// added, what must be true of the answers about them whatever they are:
//
//   - a check, the permission list and the list of resources agree;
//   - what is allowed on a resource is allowed on what is below;
//   - an added record takes nothing away;
//   - pages of any size make the same whole.
func TestLaws(t *testing.T) {
	s := servertest.Start(t)
	for id, actions := range map[string][]string{"ro_reader": {"docs:read"}, "ro_docs": {"docs"}, "ro_gives": {"docs:read=grant"}, "ro_all": {"*"}} {
		role(t, s, id, actions...)
	}
	for seed := range uint64(8) {
		l := laws{Rand: rand.New(rand.NewPCG(seed, 0)), s: s, world: fmt.Sprint("w", seed)}
		s.Want(t, 201, "POST", "/v1/groups", groupBody("grp_"+l.world, l.world+"ana"))
		s.Want(t, 200, "PUT", "/v1/resources/"+url.PathEscape(l.uri()), settings("PUBLIC"))
		for range 5 {
			l.add(t)
			l.hold(t)
		}
	}
}

type laws struct {
	*rand.Rand
	s       *servertest.Server
	world   string
	granted []string        // by records, to ana
	yes     map[string]bool // checks that were answered with yes
}

// uri is a resource of this world, or a pattern of several.
func (l *laws) uri() string {
	uri := []string{l.world}
	for range 1 + l.IntN(3) {
		uri = append(uri, pick(l.Rand, "1", "2", "ns:1", "ns:2", "10", "*", "ns:*"))
	}
	return strings.Join(uri, "/")
}

func (l *laws) add(t *testing.T) {
	t.Helper()
	uris := []string{l.uri(), l.uri()}
	role := pick(l.Rand, "ro_reader", "ro_reader", "ro_docs", "ro_gives", "ro_all", "ro_none")
	if l.IntN(3) == 0 {
		for _, uri := range uris {
			groupRecord(t, l.s, "grp_"+l.world, role, uri)
		}
	} else {
		give(t, l.s, l.world+"ana", role, uris...)
	}
	l.granted = append(l.granted, uris...)
}

// hold asks for everything, and compares.
func (l *laws) hold(t *testing.T) {
	t.Helper()
	yes := map[string]bool{}
	for _, user := range []string{l.world + "ana", l.world + "ben"} {
		for _, do := range []string{"docs:read", "docs:write", "public"} {
			all := l.list(t, user, "", do, true)
			for _, uri := range l.universe() {
				ok := allowed(t, l.s, user, uri, do)
				yes[user+do+uri] = ok
				if l.yes[user+do+uri] && !ok {
					t.Errorf("%s: %s on %s is lost with an added record", user, do, uri)
				}
				if parent := uri[:strings.LastIndexByte(uri, '/')]; yes[user+do+parent] && !ok {
					t.Errorf("%s: %s on %s is allowed, and not below, on %s", user, do, parent, uri)
				}
				if got := l.permitted(t, user, uri, do); got != ok {
					t.Errorf("%s: %s on %s is %v, and %v by the permission list", user, do, uri, ok, got)
				}
				if got := slices.ContainsFunc(all, func(p string) bool { return stands(p, uri) }); got != ok {
					t.Errorf("%s: %s on %s is %v, and %v by the list %v", user, do, uri, ok, got, all)
				}
			}
			for _, uri := range all { // patterns too
				if strings.HasPrefix(uri, l.world) && !allowed(t, l.s, user, uri, do) {
					t.Errorf("%s: %s on %s is listed and denied", user, do, uri)
				}
			}
		}
	}
	for _, uri := range l.granted {
		user, in := l.world+"ana", uri[:strings.LastIndexByte(uri, '/')]
		if strings.Contains(uri, "*") {
			continue
		}
		for _, nested := range []bool{true, false} {
			if got, want := slices.Contains(l.list(t, user, in, "docs:read", nested), uri), allowed(t, l.s, user, uri, "docs:read"); got != want {
				t.Errorf("%s: in the list of %s (nested %v) %s is %v; want %v as by the check", user, in, nested, uri, got, want)
			}
		}
	}
	l.yes = yes
}

// universe are resources, parents first.
func (l *laws) universe() []string {
	var all []string
	for _, a := range []string{"1", "2", "ns:1", "ns:2", "10", "x"} {
		all = append(all, l.world+"/"+a, l.world+"/"+a+"/1", l.world+"/"+a+"/ns:1", l.world+"/"+a+"/1/x")
	}
	return all
}

// list is what a user's list says, in pages of one size and of another.
func (l *laws) list(t *testing.T, user, in, permission string, nested bool) []string {
	t.Helper()
	query := []string{"resourceUri", in, "permissions", permission, "limit", fmt.Sprint(1 + l.IntN(4))}
	if nested {
		query = append(query, "collectionConfiguration", "INCLUDE_NESTED")
	}
	some := walkList(t, l.s, resourcesOf(user, query...))
	query[5] = "20"
	if all := walkList(t, l.s, resourcesOf(user, query...)); !slices.Equal(some, all) {
		t.Errorf("%v: %v in small pages, %v in large ones", query, some, all)
	}
	return some
}

// permitted reports what the permission list says of an action.
func (l *laws) permitted(t *testing.T, user, uri, do string) bool {
	t.Helper()
	got := l.s.Do(t, "GET", "/v1/users/"+user+"/resources/"+url.PathEscape(uri)+"/permissions", "")
	if got.Status == 404 {
		return false
	}
	var body struct {
		Permissions []struct {
			Action string `json:"action"`
			Allow  bool   `json:"allow"`
		} `json:"permissions"`
	}
	got.JSON(t, &body)
	for _, p := range body.Permissions {
		if p.Allow && (p.Action == "*" || strings.HasPrefix(do+":", p.Action+":")) {
			return true
		}
	}
	return false
}

// stands reports whether a listed pattern stands for the resource.
func stands(pattern, uri string) bool {
	p, u := strings.Split(pattern, "/"), strings.Split(uri, "/")
	if len(p) > len(u) {
		return false
	}
	for i := range p {
		ns, star := strings.CutSuffix(p[i], "*")
		if p[i] != u[i] && (!star || !strings.HasPrefix(u[i], ns)) {
			return false
		}
	}
	return true
}
