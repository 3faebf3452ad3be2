package authz_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
	"github.com/reeve-authz/reeve/internal/store"
)

// must returns what was made, and ends the test that could not make it.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("preparing a test: %v", err))
	}
	return v
}

// naming lists the kinds of the documents that exist and contain the text; the
// audit trail keeps what has been.
func (f *fixture) naming(t *testing.T, text string) []string {
	t.Helper()
	newest := map[string]store.Document{}
	err := f.store.View(t.Context(), access.DefaultRealm, 0, func(r store.Reader) error {
		docs, err := r.Changes(0)
		for _, d := range docs {
			newest[string(d.Kind)+"/"+d.ID] = d
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for name, d := range newest {
		if d.Body != nil && d.Kind != store.Audit.Kind && strings.Contains(name+string(d.Body), text) {
			kinds = append(kinds, name)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// reasonOf is the reason of an error for callers.
func reasonOf(err error) access.Reason {
	var e *access.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Reason
}

// organized is a world with one of everything that an organization can have, and
// a second organization beside it.
type organized struct {
	*fixture
	org, other access.Organization
	ana, ben   authz.Member // of the first organization; ana also of the second
	group      access.Group
	project    access.Resource
	keys       []access.CustomerKeyID // of the organization, and of ana
}

func newOrganized(t *testing.T) organized {
	t.Helper()
	ctx := t.Context()
	w := organized{fixture: newFixture(t, nil)}
	must(w.CreateResourceType(ctx, w.owner, access.ResourceType{ID: "project", Name: "x"}))
	must(w.CreatePermission(ctx, w.owner, access.PermissionDefinition{Permission: "docs:read", Name: "x", Type: "project"}))
	must(w.CreateEnvironmentRole(ctx, w.owner, "reader", access.Role{Name: "x", Type: "project"}))
	must(w.SetRolePermissions(ctx, w.owner, "reader", []string{"docs:read"}))
	w.org = must(w.CreateOrganization(ctx, w.owner, access.Organization{ID: "org_1", Name: "A", Domains: []access.Domain{{Name: "a.example"}}}))
	w.other = must(w.CreateOrganization(ctx, w.owner, access.Organization{ID: "org_2", Name: "B"}))
	must(w.CreateOrganizationRole(ctx, w.owner, w.org.ID, "org-own", access.Role{Name: "x"}))
	users := []access.User{
		must(w.CreateUser(ctx, w.owner, access.User{Email: "ana@example.com"})), must(w.CreateUser(ctx, w.owner, access.User{Email: "ben@example.com"})),
	}
	w.ana = must(w.CreateMembership(ctx, w.owner, w.org.ID, users[0].ID, nil))
	w.ben = must(w.CreateMembership(ctx, w.owner, w.org.ID, users[1].ID, []string{"org-own"}))
	must(w.CreateMembership(ctx, w.owner, w.other.ID, users[0].ID, nil))
	w.project = must(w.CreateResource(ctx, w.owner, access.Resource{ExternalID: "p", Name: "P", Type: "project", Organization: w.org.ID}, authz.ResourceTarget{}))
	target := authz.ResourceTarget{ID: w.project.ID}
	must(w.AssignRole(ctx, w.owner, w.ana.ID, "reader", target))
	w.group = must(w.CreateOrganizationGroup(ctx, w.owner, w.org.ID, "G", ""))
	must(w.AddGroupMember(ctx, w.owner, w.org.ID, w.group.ID, w.ana.ID))
	must(w.AssignGroupRole(ctx, w.owner, w.group.ID, authz.GroupRole{Slug: "reader", Target: target}))
	for _, user := range []string{"", users[0].ID} {
		key, _, err := w.CreateCustomerKey(ctx, w.owner, access.CustomerKey{Name: "k", Organization: w.org.ID, User: user})
		w.keys = append(w.keys, must(key, err).ID)
	}
	return w
}

// TestDeletedOrganizationLeavesNothing: no document names it, nor anything that
// was in it, and its members stay users.
func TestDeletedOrganizationLeavesNothing(t *testing.T) {
	w := newOrganized(t)
	reads := access.Query{Subject: w.ana.UserSubject(), Permission: "docs:read", Resource: w.project.URI()}
	if d := must(w.Check(t.Context(), w.owner, reads)); !d.Allowed {
		t.Fatal("ana cannot read what she was given")
	}
	gone := []string{
		string(w.org.ID), string(w.org.Root), string(w.ana.ID), string(w.ben.ID), string(w.group.ID), string(w.project.ID), string(w.keys[0]), string(w.keys[1]),
	}
	for _, name := range gone {
		if len(w.naming(t, name)) == 0 {
			t.Errorf("nothing names %s to begin with", name)
		}
	}
	before := len(w.entries(t))
	if err := w.DeleteOrganization(t.Context(), w.owner, w.org.ID); err != nil {
		t.Fatal(err)
	}
	if n := len(w.entries(t)); n != before+1 {
		t.Errorf("it took %d commits, want one", n-before)
	}
	for _, name := range gone {
		if left := w.naming(t, name); len(left) > 0 {
			t.Errorf("%s is still named by %v", name, left)
		}
	}
	if d := must(w.Check(t.Context(), w.owner, reads)); d.Allowed {
		t.Error("ana reads what is gone")
	}
	if got := w.naming(t, string(w.other.ID)); len(got) < 4 { // itself, its root, a membership, an assignment
		t.Errorf("of the other organization only %v are left", got)
	}
	must(w.User(t.Context(), w.owner, w.ana.UserSubject()))
}

// TestDeletedMembersLeaveNothing: neither a membership nor a user leaves anything
// that names it.
func TestDeletedMembersLeaveNothing(t *testing.T) {
	for name, remove := range map[string]func(organized) error{
		"membership": func(w organized) error { return w.DeleteMembership(t.Context(), w.owner, w.ana.ID) },
		"user":       func(w organized) error { return w.DeleteUser(t.Context(), w.owner, w.ana.UserSubject()) },
	} {
		w := newOrganized(t)
		if err := remove(w); err != nil {
			t.Fatal(err)
		}
		gone := []string{string(w.ana.ID), string(w.keys[1])}
		if name == "user" {
			gone = append(gone, w.ana.User)
		}
		for _, id := range gone {
			if left := w.naming(t, id); len(left) > 0 {
				t.Errorf("deleted a %s: %s is still named by %v", name, id, left)
			}
		}
		if got := must(w.Membership(t.Context(), w.owner, w.ben.ID)); len(got.Roles) != 1 {
			t.Errorf("deleted a %s: another member has the roles %v", name, got.Roles)
		}
	}
}

// TestUnchangedMembershipsAreNotWritten: a request that changes nothing leaves no
// entry, and so no event.
func TestUnchangedMembershipsAreNotWritten(t *testing.T) {
	w := newOrganized(t)
	ctx := t.Context()
	before := len(w.entries(t))
	for range 2 {
		must(w.SetMembershipRoles(ctx, w.owner, w.ben.ID, nil))
		must(w.SetMembershipRoles(ctx, w.owner, w.ben.ID, []string{"org-own"}))
		must(w.SetMembershipRoles(ctx, w.owner, w.ana.ID, []string{}))
		must(w.ReactivateMembership(ctx, w.owner, w.ana.ID))
	}
	if n := len(w.entries(t)); n != before {
		t.Errorf("%d commits for no change", n-before)
	}
	must(w.DeactivateMembership(ctx, w.owner, w.ana.ID))
	if n := len(w.entries(t)); n != before+1 {
		t.Errorf("%d commits for a change, want one", n-before)
	}
}

// TestPendingMemberships: nothing here makes them, and a store may have them.
func TestPendingMemberships(t *testing.T) {
	w := newOrganized(t)
	ctx := t.Context()
	pending := access.Membership{ID: w.ana.ID, Organization: w.org.ID, User: w.ana.User, Status: access.MembershipPending, Created: time.Now()}
	_, err := w.store.Update(ctx, access.DefaultRealm, func(tx store.Tx) error {
		_, err := store.Memberships.Put(tx, string(pending.ID), &pending)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for want, do := range map[access.Reason]func() (authz.Member, error){
		authz.PendingNotDeactivatable: func() (authz.Member, error) { return w.DeactivateMembership(ctx, w.owner, w.ana.ID) },
		authz.PendingNotReactivatable: func() (authz.Member, error) { return w.ReactivateMembership(ctx, w.owner, w.ana.ID) },
	} {
		if _, err := do(); wants(err, access.Invalid) != nil || reasonOf(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := w.CreateMembership(ctx, w.owner, w.org.ID, w.ana.User, nil); reasonOf(err) != authz.PendingNotReactivatable {
		t.Errorf("made again: %v, want %s", err, authz.PendingNotReactivatable)
	}
}

// TestRightsOnOneOrganization: what belongs to an organization is for who may
// read or change that organization, and others learn nothing by asking.
func TestRightsOnOneOrganization(t *testing.T) {
	w := newOrganized(t)
	ctx := t.Context()
	domain := w.org.Domains[0].ID
	give := func(user, permission, resource string) {
		role := access.RoleID("ro_" + user)
		must(w.CreateRole(ctx, w.owner, access.Role{ID: role, Name: "x", Permissions: []access.RolePermission{{Action: permission, Allow: true}}}))
		must(w.CreateRecord(ctx, w.owner, access.Record{
			Name: "x", Subjects: []access.Subject{{Kind: access.UserKind, ID: user}}, Statements: []access.Statement{{Roles: []access.RoleID{role}, Resources: []string{resource}}},
		}))
	}
	give("reads", "read", "Authress:Connections/org_1")
	give("writes", "update", "Authress:Connections/org_1")
	give("elsewhere", "*", "Authress:Connections/org_2")
	win := authz.Window{Limit: 10}
	active := []access.MembershipStatus{access.MembershipActive}
	for name, tt := range map[string]struct {
		right string // that it takes
		do    func(access.Caller) error
	}{
		"organization": {"read", func(c access.Caller) error { _, err := w.Organization(ctx, c, "org_1"); return err }},
		"membership":   {"read", func(c access.Caller) error { _, err := w.Membership(ctx, c, w.ben.ID); return err }},
		"memberships": {"read", func(c access.Caller) error {
			_, err := w.FindMemberships(ctx, c, authz.MembershipQuery{Organization: "org_1", Statuses: active}, win)
			return err
		}},
		"domain": {"read", func(c access.Caller) error { _, _, err := w.Domain(ctx, c, domain); return err }},
		"edit": {"update", func(c access.Caller) error {
			_, err := w.EditOrganization(ctx, c, "org_1", func(*access.Organization) {})
			return err
		}},
		"set roles":     {"update", func(c access.Caller) error { _, err := w.SetMembershipRoles(ctx, c, w.ben.ID, nil); return err }},
		"reactivate":    {"update", func(c access.Caller) error { _, err := w.ReactivateMembership(ctx, c, w.ben.ID); return err }},
		"verify domain": {"update", func(c access.Caller) error { _, _, err := w.VerifyDomain(ctx, c, domain); return err }},
	} {
		for user, want := range map[string]access.Kind{"reads": access.Forbidden, "writes": access.Forbidden, "elsewhere": access.Forbidden, "nobody": access.NotFound} {
			if user == "reads" && tt.right == "read" || user == "writes" && tt.right == "update" {
				want = ""
			}
			if err := tt.do(as(user)); want == "" && err != nil || want != "" && wants(err, want) != nil {
				t.Errorf("%s as %s: %v, want %v", name, user, err, want)
			}
		}
	}
	// What does not exist is refused as what one may not see.
	for name, do := range map[string]func(access.Caller) error{
		"membership":  func(c access.Caller) error { _, err := w.Membership(ctx, c, "om_none"); return err },
		"domain":      func(c access.Caller) error { _, _, err := w.Domain(ctx, c, "org_domain_none"); return err },
		"external id": func(c access.Caller) error { _, err := w.OrganizationByExternalID(ctx, c, "none"); return err },
		"user":        func(c access.Caller) error { _, err := w.UserByExternalID(ctx, c, "none"); return err },
	} {
		if err := wants(do(as("elsewhere")), access.Forbidden); err != nil {
			t.Errorf("no such %s: %v", name, err)
		}
		if err := wants(do(w.owner), access.NotFound); err != nil {
			t.Errorf("no such %s for the owner: %v", name, err)
		}
	}
	// Lists show what one may read.
	got := must(w.FindMemberships(ctx, as("elsewhere"), authz.MembershipQuery{User: w.ana.User, Statuses: active}, win))
	if len(got.Items) != 1 || got.Items[0].Organization != "org_2" {
		t.Errorf("ana's memberships are %+v for who may read one", got.Items)
	}
	orgs := must(w.FindOrganizations(ctx, as("reads"), authz.OrganizationQuery{}, win))
	if len(orgs.Items) != 1 || orgs.Items[0].ID != "org_1" {
		t.Errorf("the organizations are %+v for who may read one", orgs.Items)
	}
	_, err := w.FindUsers(ctx, as("reads"), authz.UserQuery{Organization: "org_1"}, win)
	if err := wants(err, access.Forbidden); err != nil {
		t.Errorf("users for who may read organizations: %v", err)
	}
	// To give a role takes the authority to grant what it contains.
	must(w.CreateEnvironmentRole(ctx, w.owner, "strong", access.Role{Name: "x"}))
	must(w.SetRolePermissions(ctx, w.owner, "strong", []string{"docs:read"}))
	_, err = w.SetMembershipRoles(ctx, as("writes"), w.ben.ID, []string{"strong"})
	if err := wants(err, access.Forbidden); err != nil {
		t.Errorf("a role beyond the caller's authority: %v", err)
	}
	if _, err := w.SetMembershipRoles(ctx, as("writes"), w.ben.ID, []string{"member"}); err != nil {
		t.Errorf("a role that gives nothing: %v", err)
	}
}

// TestNothingCrossesRealms: the ids of one realm are unknown in another, and the
// unique ones free.
func TestNothingCrossesRealms(t *testing.T) {
	w := newOrganized(t)
	ctx := t.Context()
	b := must(w.NewBootstrap(authz.Bootstrap{AccountID: "acc_other"}))
	if err := w.CreateRealm(ctx, "other", b); err != nil {
		t.Fatal(err)
	}
	client, _, _ := strings.Cut(b.AccessKey, ".")
	c := access.Caller{Realm: "other", Subject: access.Subject{Kind: access.ClientKind, ID: client}}
	for name, do := range map[string]func() error{
		"organization": func() error { _, err := w.Organization(ctx, c, w.org.ID); return err },
		"membership":   func() error { _, err := w.Membership(ctx, c, w.ana.ID); return err },
		"domain":       func() error { _, _, err := w.Domain(ctx, c, w.org.Domains[0].ID); return err },
		"user":         func() error { _, err := w.User(ctx, c, w.ana.UserSubject()); return err },
		"member":       func() error { _, err := w.CreateMembership(ctx, c, w.org.ID, w.ana.User, nil); return err },
		"deletion":     func() error { return w.DeleteOrganization(ctx, c, w.org.ID) },
	} {
		if err := wants(do(), access.NotFound); err != nil {
			t.Errorf("%s of another realm: %v", name, err)
		}
	}
	must(w.CreateUser(ctx, c, access.User{Email: "ana@example.com"}))
	if got := must(w.FindOrganizations(ctx, c, authz.OrganizationQuery{}, authz.Window{Limit: 10})); len(got.Items) != 0 {
		t.Errorf("the other realm has the organizations %+v", got.Items)
	}
}

// TestEditKeepsWhatIsNotToEdit: whatever edit does to an organization or a user,
// it stays the same one.
func TestEditKeepsWhatIsNotToEdit(t *testing.T) {
	w := newOrganized(t)
	ctx := t.Context()
	before := must(w.Organization(ctx, w.owner, w.org.ID))
	if before.Roles.Default == "" {
		t.Fatal("the organization has no order of roles to keep")
	}
	must(w.EditOrganization(ctx, w.owner, w.org.ID, func(o *access.Organization) {
		*o = access.Organization{ID: "org_2", Name: "new", Root: "x", Created: time.Now()}
	}))
	after := must(w.Organization(ctx, w.owner, w.org.ID))
	if after.Name != "new" || after.Root != before.Root || !after.Created.Equal(before.Created) || after.Roles.Default != before.Roles.Default || len(after.Domains) != 0 {
		t.Errorf("it was %+v and is %+v", before, after)
	}
	if other := must(w.Organization(ctx, w.owner, "org_2")); other.Name != "B" {
		t.Errorf("another organization became %+v", other)
	}
	user := must(w.User(ctx, w.owner, w.ana.UserSubject()))
	must(w.EditUser(ctx, w.owner, w.ana.User, func(u *access.User) {
		*u = access.User{ID: w.ben.User, Email: "new@example.com", Created: time.Now()}
	}))
	if now := must(w.User(ctx, w.owner, w.ana.UserSubject())); now.Email != "new@example.com" || !now.Created.Equal(user.Created) || now.ID != user.ID {
		t.Errorf("the user was %+v and is %+v", user, now)
	}
	if other := must(w.User(ctx, w.owner, w.ben.UserSubject())); other.Email != "ben@example.com" {
		t.Errorf("another user became %+v", other)
	}
}

// TestSeenUsers: users whom tokens name are users like others; what is verified
// was of the address that it was verified of.
func TestSeenUsers(t *testing.T) {
	w := newOrganized(t)
	ctx := t.Context()
	w.SawUser(ctx, access.DefaultRealm, access.User{ID: "auth0|cat", Email: "cat@example.com", Name: "Cat"})
	w.SawUser(ctx, access.DefaultRealm, access.User{ID: "google|cat", Email: "Cat@Example.com"}) // an issuer may know the address, too
	found := must(w.FindUsers(ctx, w.owner, authz.UserQuery{Email: "CAT@example.com"}, authz.Window{Limit: 10}))
	if len(found.Items) != 2 || found.Items[0].ID != "auth0|cat" || found.Items[0].Updated.IsZero() {
		t.Errorf("found %+v", found.Items)
	}
	if _, err := w.CreateUser(ctx, w.owner, access.User{Email: "cat@example.com"}); reasonOf(err) != authz.UserCreationError {
		t.Errorf("made a user of a taken address: %v", err)
	}
	must(w.CreateMembership(ctx, w.owner, w.org.ID, "auth0|cat", nil))
	must(w.EditUser(ctx, w.owner, "auth0|cat", func(u *access.User) { u.FirstName = "C" })) // which leaves the address as it is
	if _, err := w.EditUser(ctx, w.owner, w.ben.User, func(u *access.User) { u.Email = "CAT@example.com" }); reasonOf(err) != authz.EmailUnavailable {
		t.Errorf("changed to a shared address: %v", err)
	}
	must(w.EditUser(ctx, w.owner, w.ana.User, func(u *access.User) { u.EmailVerified = true }))
	w.SawUser(ctx, access.DefaultRealm, access.User{ID: w.ana.User, Email: "ana@example.org"})
	if now := must(w.User(ctx, w.owner, w.ana.UserSubject())); now.Email != "ana@example.org" || now.EmailVerified {
		t.Errorf("a new address is verified as the old one was: %+v", now)
	}
}
