package workos_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// depth of the tree of types: of the type t3, resources stand under one of t2, t1
// or under the organization.
const depth = 5

func typeOf(level int) string {
	if level == 0 {
		return "organization"
	}
	return fmt.Sprintf("t%d", level)
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{server: newServer(t), rand: rand.New(rand.NewPCG(seed, 0)), multiple: seed%2 == 0}
	w.want(t, 200, "PATCH", "/api/v1/settings", fmt.Sprintf(`{"multiple_roles":%v}`, w.multiple))
	parents := []string{typeOf(0)}
	for level := 1; level <= depth; level++ {
		w.resourceType(t, typeOf(level), parents...)
		parents = append(parents, typeOf(level))
	}
	w.permissions = []string{"docs", "docs:read", "docs:*", "docs:read:all", "do.cs", "*"}
	for _, p := range w.permissions {
		w.permission(t, p, typeOf(depth)) // so that every role may have it
	}
	w.member = &worldRole{slug: "member", typ: typeOf(0)}
	w.roles = []*worldRole{w.member}
	for level := range depth + 1 {
		for range 2 {
			w.newRole(t, nil, level)
		}
	}
	for i := range 4 {
		w.users = append(w.users, w.user(t, fmt.Sprintf("u%d@example.com", i)))
	}
	for i := range 2 {
		o := &worldOrg{id: w.organization(t, fmt.Sprintf("Org %d", i))}
		o.root = &worldResource{typ: typeOf(0), external: o.id}
		o.root.id = id(w.want(t, 200, "GET", "/authorization/organizations/"+o.id+"/resources/organization/"+o.id, ""))
		o.all = []*worldResource{o.root}
		w.orgs = append(w.orgs, o)
		for range 3 {
			w.join(t, o)
		}
		for range 4 {
			w.register(t, o)
		}
	}
	return w
}

// change makes one random change, if the one that chance chose can be made.
func (w *world) change(t *testing.T) {
	t.Helper()
	changes := []func(*testing.T, *worldOrg){
		w.register, w.register, w.register, w.register, w.move, w.move, w.unregister, w.join, w.join, w.expel, w.suspend, w.found, w.disband,
		w.enter, w.enter, w.enter, w.leave, w.assign, w.assign, w.assign, w.assign, w.assign, w.assign, w.take, w.rewrite,
		func(t *testing.T, o *worldOrg) { w.newRole(t, o, w.rand.IntN(depth+1)) },
	}
	pick(w.rand, changes)(t, pick(w.rand, w.orgs))
}

func (w *world) newRole(t *testing.T, o *worldOrg, level int) {
	t.Helper()
	w.made++
	r := &worldRole{slug: fmt.Sprintf("org-r%d", w.made%17), typ: typeOf(level)} // the same slugs here and there
	path, of := "/authorization/roles", &w.roles
	if o != nil {
		path, of = "/authorization/organizations/"+o.id+"/roles", &o.roles
	}
	if slices.ContainsFunc(*of, func(other *worldRole) bool { return other.slug == r.slug }) {
		return
	}
	w.want(t, 201, "POST", path, fmt.Sprintf(`{"slug":%q,"name":"x","resource_type_slug":%q}`, r.slug, r.typ))
	*of = append(*of, r)
	w.set(t, path+"/"+r.slug, r)
}

// set gives a role random permissions.
func (w *world) set(t *testing.T, path string, r *worldRole) {
	t.Helper()
	r.permissions = map[string]bool{}
	list := []string{}
	for _, p := range w.permissions {
		if w.rand.IntN(3) == 0 {
			r.permissions[p] = true
			list = append(list, p)
		}
	}
	w.want(t, 200, "PUT", path+"/permissions", fmt.Sprintf(`{"permissions":%s}`, encode(t, list)))
}

func (w *world) rewrite(t *testing.T, o *worldOrg) {
	if r := pick(w.rand, o.roles); r != nil && w.rand.IntN(2) == 0 {
		w.set(t, "/authorization/organizations/"+o.id+"/roles/"+r.slug, r)
		return
	}
	r := pick(w.rand, w.roles)
	w.set(t, "/authorization/roles/"+r.slug, r)
}

func level(r *worldResource) int {
	return slices.Index([]string{"organization", "t1", "t2", "t3", "t4", "t5"}, r.typ)
}

// above are the resources that one of the level may stand under.
func (o *worldOrg) above(of int) []*worldResource {
	return slices.DeleteFunc(slices.Clone(o.all), func(r *worldResource) bool { return level(r) >= of })
}

func (w *world) register(t *testing.T, o *worldOrg) {
	if len(o.all) > 14 {
		return
	}
	w.made++
	of := 1 + w.rand.IntN(depth)
	r := &worldResource{typ: typeOf(of), external: fmt.Sprintf("a/b c%d%%", w.made), parent: pick(w.rand, o.above(of))}
	r.id = w.resource(t, o.id, r.typ, r.external, r.parent.id)
	o.all = append(o.all, r)
}

func (w *world) move(t *testing.T, o *worldOrg) {
	r := pick(w.rand, o.all)
	if r == o.root {
		return
	}
	r.parent = pick(w.rand, o.above(level(r)))
	w.want(t, 200, "PATCH", "/authorization/resources/"+r.id, fmt.Sprintf(`{"parent_resource_id":%q}`, r.parent.id))
}

func (w *world) unregister(t *testing.T, o *worldOrg) {
	gone := pick(w.rand, o.all)
	if gone == o.root {
		return
	}
	w.want(t, 204, "DELETE", "/authorization/resources/"+gone.id+"?cascade_delete=true", "")
	below := func(r *worldResource) bool {
		for ; r != nil; r = r.parent {
			if r == gone {
				return true
			}
		}
		return false
	}
	o.given = slices.DeleteFunc(o.given, func(a worldAssignment) bool { return below(a.on) })
	o.all = slices.DeleteFunc(o.all, below)
}

func (w *world) join(t *testing.T, o *worldOrg) {
	user := pick(w.rand, w.users)
	if slices.ContainsFunc(o.members, func(m *worldMember) bool { return m.user == user }) {
		return
	}
	m := &worldMember{id: w.membership(t, o.id, user), user: user, active: true}
	o.members = append(o.members, m)
	o.given = append(o.given, worldAssignment{member: m, role: w.member, on: o.root})
}

func (w *world) expel(t *testing.T, o *worldOrg) {
	m := pick(w.rand, o.members)
	if m == nil {
		return
	}
	w.want(t, 200, "DELETE", "/user_management/organization_memberships/"+m.id, "")
	o.members = slices.DeleteFunc(o.members, func(x *worldMember) bool { return x == m })
	o.given = slices.DeleteFunc(o.given, func(a worldAssignment) bool { return a.member == m })
	for _, g := range o.groups {
		g.in = slices.DeleteFunc(g.in, func(x *worldMember) bool { return x == m })
	}
}

func (w *world) suspend(t *testing.T, o *worldOrg) {
	if m := pick(w.rand, o.members); m != nil && (!m.active || w.rand.IntN(2) == 0) {
		m.active = !m.active
		w.want(t, 200, "PUT", "/user_management/organization_memberships/"+m.id+map[bool]string{true: "/reactivate", false: "/deactivate"}[m.active], "")
	}
}

func (w *world) found(t *testing.T, o *worldOrg) {
	if len(o.groups) < 4 {
		o.groups = append(o.groups, &worldGroup{id: w.group(t, o.id, "g")})
	}
}

func (w *world) disband(t *testing.T, o *worldOrg) {
	if g := pick(w.rand, o.groups); g != nil {
		w.want(t, 204, "DELETE", "/organizations/"+o.id+"/groups/"+g.id, "")
		o.groups = slices.DeleteFunc(o.groups, func(x *worldGroup) bool { return x == g })
		o.given = slices.DeleteFunc(o.given, func(a worldAssignment) bool { return a.group == g })
	}
}

func (w *world) enter(t *testing.T, o *worldOrg) {
	if g, m := pick(w.rand, o.groups), pick(w.rand, o.members); g != nil && m != nil {
		w.server.join(t, o.id, g.id, m.id)
		if !slices.Contains(g.in, m) {
			g.in = append(g.in, m)
		}
	}
}

func (w *world) leave(t *testing.T, o *worldOrg) {
	g := pick(w.rand, o.groups)
	if g == nil || len(g.in) == 0 {
		return
	}
	m := pick(w.rand, g.in)
	w.want(t, 204, "DELETE", "/organizations/"+o.id+"/groups/"+g.id+"/organization-memberships/"+m.id, "")
	g.in = slices.DeleteFunc(g.in, func(x *worldMember) bool { return x == m })
}

// holds reports whether the assignments have this very one.
func (o *worldOrg) holds(a worldAssignment) bool { return slices.Contains(o.given, a) }

func (w *world) assign(t *testing.T, o *worldOrg) {
	a := worldAssignment{on: pick(w.rand, o.all)}
	fits := slices.DeleteFunc(slices.Concat(o.roles, w.roles), func(r *worldRole) bool { return r.typ != a.on.typ || w.role(o, r.slug) != r })
	if a.role = pick(w.rand, fits); a.role == nil {
		return
	}
	body := onResource(a.role.slug, a.on.id)
	if w.rand.IntN(2) == 0 {
		body = onExternal(a.role.slug, a.on.typ, a.on.external)
	}
	if a.group = pick(w.rand, o.groups); a.group != nil && w.rand.IntN(2) == 0 {
		status := 201
		if o.holds(a) {
			status = 409
		}
		w.want(t, status, "POST", "/authorization/groups/"+a.group.id+"/role_assignments", body)
	} else {
		a.group = nil
		if a.member = pick(w.rand, o.members); a.member == nil {
			return
		}
		w.want(t, 201, "POST", assignmentsOf(a.member.id), body)
		if a.on == o.root && !w.multiple {
			o.given = slices.DeleteFunc(o.given, func(x worldAssignment) bool { return x.member == a.member && x.on == o.root })
		}
	}
	if !o.holds(a) {
		o.given = append(o.given, a)
	}
}

func (w *world) take(t *testing.T, o *worldOrg) {
	a := pick(w.rand, o.given)
	if a.role == nil || w.role(o, a.role.slug) != a.role { // hidden by the organization's own
		return
	}
	var path string
	switch {
	case a.member != nil:
		path = assignmentsOf(a.member.id)
	case a.group != nil:
		path = "/authorization/groups/" + a.group.id + "/role_assignments"
	}
	w.want(t, 204, "DELETE", path, onResource(a.role.slug, a.on.id))
	o.given = slices.DeleteFunc(o.given, func(x worldAssignment) bool { return x == a })
	if left := func(x worldAssignment) bool { return x.member == a.member && x.on == o.root }; a.member != nil && a.on == o.root && !slices.ContainsFunc(o.given, left) {
		o.given = append(o.given, worldAssignment{member: a.member, role: w.member, on: o.root})
	}
}
