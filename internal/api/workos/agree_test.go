package workos_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestEveryAnswerAgrees changes random organizations through the API, and holds
// checks and every list, through both dialects, against an evaluator that says
// what the vendor's documents say and knows nothing of the server.
func TestEveryAnswerAgrees(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			for range 20 {
				for range 12 {
					w.change(t)
				}
				for _, o := range w.orgs {
					w.ask(t, o)
				}
				if t.Failed() {
					return
				}
			}
			if w.yes < 200 || w.no < 200 {
				t.Errorf("%d answers were yes and %d no: that tests nothing", w.yes, w.no)
			}
		})
	}
}

// What the evaluator knows.
type (
	world struct {
		server
		rand        *rand.Rand
		multiple    bool
		member      *worldRole // the default
		roles       []*worldRole
		users       []string
		orgs        []*worldOrg
		permissions []string // those of the catalogue that a role may have, the oldest first
		made, yes   int
		no          int
	}
	worldRole struct {
		slug, typ   string
		permissions map[string]bool
	}
	worldOrg struct {
		id      string
		root    *worldResource
		roles   []*worldRole
		members []*worldMember
		groups  []*worldGroup
		all     []*worldResource // the root too, the oldest first
		given   []worldAssignment
	}
	worldMember struct {
		id, user string
		active   bool
	}
	worldGroup struct {
		id string
		in []*worldMember
	}
	worldResource struct {
		id, typ, external string
		parent            *worldResource // nil for the root
	}
	worldAssignment struct {
		member *worldMember // or
		group  *worldGroup
		role   *worldRole
		on     *worldResource
	}
)

// may is the vendor's algorithm: some role that is assigned, in whatever way, on
// the resource or above it contains the permission.
func (o *worldOrg) may(m *worldMember, permission string, on *worldResource) bool {
	for at := on; at != nil && m.active; at = at.parent {
		if o.mayDirectly(m, permission, at) {
			return true
		}
	}
	return false
}

func (o *worldOrg) mayDirectly(m *worldMember, permission string, on *worldResource) bool {
	return m.active && slices.ContainsFunc(o.given, func(a worldAssignment) bool {
		return a.on == on && a.role.permissions[permission] && (a.member == m || a.group != nil && slices.Contains(a.group.in, m))
	})
}

// role is the role that a slug names in the organization.
func (w *world) role(o *worldOrg, slug string) *worldRole {
	for _, r := range slices.Concat(o.roles, w.roles) {
		if r.slug == slug {
			return r
		}
	}
	return nil
}

func pick[T any](r *rand.Rand, from []T) (one T) {
	if len(from) > 0 {
		one = from[r.IntN(len(from))]
	}
	return one
}

// assigned is what a membership has, itself and by groups, in words, sorted.
func (o *worldOrg) assigned(m *worldMember) []string {
	var all []string
	for _, a := range o.given {
		if a.member == m || a.group != nil && slices.Contains(a.group.in, m) {
			all = append(all, fmt.Sprintf("%s on %s, direct: %v", a.role.slug, a.on.id, a.member == m))
		}
	}
	slices.Sort(all)
	return all
}

// assignments are what the list says, in the same words.
func (w *world) assignments(t *testing.T, m *worldMember) []string {
	t.Helper()
	var all []string
	for _, a := range w.rows(t, assignmentsOf(m.id)+"?") {
		role, on, source := a["role"].(map[string]any), a["resource"].(map[string]any), a["source"].(map[string]any)
		all = append(all, fmt.Sprintf("%s on %s, direct: %v", role["slug"], on["id"], source["type"] == "direct"))
	}
	slices.Sort(all)
	return all
}

// ask asks everything about an organization.
func (w *world) ask(t *testing.T, o *worldOrg) {
	t.Helper()
	for _, r := range o.all {
		for _, p := range w.permissions {
			w.askAbout(t, o, r, p)
		}
		for _, m := range o.members {
			var want []string
			for _, p := range w.permissions {
				if o.may(m, p, r) {
					want = append(want, p)
				}
			}
			w.listed(t, "slug", "/authorization/organization_memberships/"+m.id+"/resources/"+r.id+"/permissions?", want)
		}
	}
	for _, m := range o.members {
		if got, want := w.assignments(t, m), o.assigned(m); !slices.Equal(got, want) {
			t.Errorf("%s is assigned %v, want %v", m.id, got, want)
		}
		r, p := pick(w.rand, o.all), pick(w.rand, w.permissions)
		var want []string
		for _, child := range o.all {
			if child.parent == r && o.may(m, p, child) {
				want = append(want, child.id)
			}
		}
		w.listed(t, "id", "/authorization/organization_memberships/"+m.id+"/resources?parent_resource_id="+r.id+"&permission_slug="+url.QueryEscape(p), want)
	}
}

// askAbout asks who has a permission on a resource.
func (w *world) askAbout(t *testing.T, o *worldOrg, r *worldResource, p string) {
	t.Helper()
	var direct, indirect []string
	users := map[string]bool{}
	for _, m := range o.members {
		want := o.may(m, p, r)
		if want {
			w.yes++
			indirect = append(indirect, m.id)
			users[m.user] = true
		} else {
			w.no++
		}
		if o.mayDirectly(m, p, r) {
			direct = append(direct, m.id)
		}
		if got := w.As(t, w.APIKey, "POST", checkOf(m.id), asking(p, r.id)); got.Status != 200 || got.Body != fmt.Sprintf(`{"authorized":%v}`, want) {
			t.Errorf("may %s %s on the %s %s: %d %s, want %v", m.id, p, r.typ, r.id, got.Status, got.Body, want)
		}
	}
	if w.rand.IntN(4) == 0 {
		who := "/authorization/resources/" + r.id + "/organization_memberships?permission_slug=" + url.QueryEscape(p)
		if w.rand.IntN(2) == 0 {
			who = "/authorization/organizations/" + o.id + "/resources/" + r.typ + "/" + url.PathEscape(r.external) + "/organization_memberships?permission_slug=" + url.QueryEscape(p)
		}
		w.listed(t, "id", who, direct)
		w.listed(t, "id", who+"&assignment=indirect", indirect)
	}
	user := pick(w.rand, w.users)
	if strings.Contains(p, ".") { // which the other dialect has no word for
		return
	}
	yes := users[user] && !strings.Contains(p, "*") // with a star, it asks there for all that this stands for
	status := map[bool]int{true: 200, false: 404}[yes]
	if got := w.As(t, w.Owner, "GET", "/v1/users/"+user+"/resources/"+r.id+"/permissions/"+url.PathEscape(p), ""); got.Status != status {
		t.Errorf("the user %s asks for %s on the %s %s: %d %s, want %d", user, p, r.typ, r.id, got.Status, got.Body, status)
	}
}

// listed demands a list.
func (w *world) listed(t *testing.T, column, list string, want []string) {
	t.Helper()
	var got []string
	for _, row := range w.rows(t, list) {
		got = append(got, row[column].(string))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s lists %v, want %v", list, got, want)
	}
}

// rows reads a list, the oldest first, by a random page size.
func (w *world) rows(t *testing.T, list string) (all []map[string]any) {
	t.Helper()
	list = fmt.Sprintf("%s&order=asc&limit=%d", list, 1+w.rand.IntN(5))
	for next := ""; ; {
		a := w.As(t, w.APIKey, "GET", list+next, "")
		var v struct {
			Data     []map[string]any   `json:"data"`
			Metadata map[string]*string `json:"list_metadata"`
		}
		a.JSON(t, &v)
		if a.Status != 200 {
			t.Fatalf("%s: %d %s", list, a.Status, a.Body)
		}
		all = append(all, v.Data...)
		if v.Metadata["after"] == nil {
			return all
		}
		next = "&after=" + *v.Metadata["after"]
	}
}
