package workos_test

import (
	"slices"

	"github.com/workos/workos-go/v9"
)

// organization makes one, and returns its id.
func (w world) organization() string {
	w.Helper()
	return must(w.Organizations().Create(w.Context(), &workos.OrganizationsCreateParams{Name: w.unique("Organization")}))(w).ID
}

// user makes one, and returns its id.
func (w world) user() string {
	w.Helper()
	return must(w.UserManagement().Create(w.Context(), &workos.UserManagementCreateParams{Email: w.unique("user") + "@example.com"}))(w).ID
}

// member makes a user and its membership.
func (w world) member(org string) *workos.OrganizationMembership {
	w.Helper()
	return must(w.OrganizationMembership().Create(w.Context(), &workos.OrganizationMembershipCreateParams{OrganizationID: org, UserID: w.user()}))(w)
}

func organizations(w world) {
	ctx, o := w.Context(), w.Organizations()
	external, domain := w.unique("go/acme"), w.unique("go")+".example"
	made := must(o.Create(ctx, &workos.OrganizationsCreateParams{
		Name: "Acme", ExternalID: &external, Metadata: map[string]string{"plan": "gold"},
		DomainData: []*workos.OrganizationDomainData{{Domain: domain, State: "verified"}},
	}))(w)
	w.hasID("org", made.ID)
	w.equal("what get answers", must(o.Get(ctx, made.ID))(w), made)
	w.equal("what get by external id answers", must(o.GetByExternalID(ctx, external))(w), made)
	updated := must(o.Update(ctx, made.ID, &workos.OrganizationsUpdateParams{Name: workos.Ptr("New"), Metadata: map[string]string{"seats": "5"}}))(w)
	w.equal("metadata, merged", updated.Metadata, map[string]string{"plan": "gold", "seats": "5"})
	found := all(w, o.List(ctx, &workos.OrganizationsListParams{Domains: []string{domain, "nobody.example"}}))
	w.equal("by domain", names(found, func(o workos.Organization) string { return o.ID }), []string{made.ID})
	w.equal("configuration", must(o.GetAuditLogConfiguration(ctx, made.ID))(w).OrganizationID, made.ID)

	d := w.OrganizationDomains()
	added := must(d.Create(ctx, &workos.OrganizationDomainsCreateParams{OrganizationID: made.ID, Domain: "more." + domain}))(w)
	w.equal("domain", must(d.Get(ctx, added.ID))(w).Domain, "more."+domain)
	_, err := d.Create(ctx, &workos.OrganizationDomainsCreateParams{OrganizationID: made.ID, Domain: "more." + domain})
	w.refused(err, conflict, "domain_already_exists")
	w.equal("verify answers", must(d.Verify(ctx, added.ID))(w).ID, added.ID)
	_, err = d.Verify(ctx, made.Domains[0].ID)
	w.refused(err, badRequest, "domain_already_verified")
	w.ok(d.Delete(ctx, added.ID))
	_, err = d.Get(ctx, added.ID)
	w.refused(err, notFound, noEntity)

	w.ok(o.Delete(ctx, made.ID))
	_, err = o.Get(ctx, made.ID)
	w.refused(err, notFound, noEntity)

	search := w.unique("Pages")
	var want []string
	for range 5 {
		want = append(want, must(o.Create(ctx, &workos.OrganizationsCreateParams{Name: search}))(w).ID)
	}
	pages(w, want, func(o workos.Organization) string { return o.ID }, func(p workos.PaginationParams) *workos.Iterator[workos.Organization] {
		return o.List(ctx, &workos.OrganizationsListParams{PaginationParams: p, Search: &search})
	})
}

func users(w world) {
	ctx, u := w.Context(), w.UserManagement()
	email, external := w.unique("ana")+"@example.com", w.unique("go/u")
	made := must(u.Create(ctx, &workos.UserManagementCreateParams{Email: email, FirstName: workos.Ptr("Ana"), ExternalID: &external}))(w)
	w.hasID("user", made.ID)
	got := must(u.Get(ctx, made.ID))(w)
	w.equal("user", []any{got.Email, got.FirstName, got.ExternalID}, []any{email, "Ana", external})
	w.equal("by external id", must(u.GetByExternalID(ctx, external))(w), got)
	w.equal("new name", must(u.Update(ctx, made.ID, &workos.UserManagementUpdateParams{FirstName: workos.Ptr("Anna")}))(w).FirstName, "Anna")
	found := all(w, u.List(ctx, &workos.UserManagementListParams{Email: &email}))
	w.equal("by e-mail", names(found, userID), []string{made.ID})
	w.ok(u.Delete(ctx, made.ID))
	_, err := u.Get(ctx, made.ID)
	w.refused(err, notFound, noEntity)

	org := w.organization()
	var want []string
	for range 4 {
		want = append(want, w.member(org).UserID)
	}
	pages(w, want, userID, func(p workos.PaginationParams) *workos.Iterator[workos.User] {
		return u.List(ctx, &workos.UserManagementListParams{PaginationParams: p, OrganizationID: &org})
	})
}

func userID(u workos.User) string { return u.ID }

func memberships(w world) {
	ctx, m := w.Context(), w.OrganizationMembership()
	org, admin := w.organization(), w.role(organization)
	made := w.member(org)
	w.hasID("om", made.ID)
	w.equal("membership", []any{made.Status, made.Role, made.Roles, made.User.ID}, []any{"active", workos.SlimRole{Slug: "member"}, []workos.SlimRole{{Slug: "member"}}, made.UserID})
	w.equal("what get answers", must(m.Get(ctx, made.ID))(w), made)
	w.equal("new role", must(m.Update(ctx, made.ID, &workos.OrganizationMembershipUpdateParams{Role: workos.OrganizationMembershipRoleSingle{Slug: admin}}))(w).Role.Slug, admin)
	w.equal("without a role", must(m.Update(ctx, made.ID, &workos.OrganizationMembershipUpdateParams{}))(w).Role.Slug, admin)
	_, err := m.Update(ctx, made.ID, &workos.OrganizationMembershipUpdateParams{Role: workos.OrganizationMembershipRoleMultiple{Slugs: []string{"member", admin}}})
	w.refused(err, unprocessed, "multiple_roles_not_enabled")
	_, err = m.Update(ctx, made.ID, &workos.OrganizationMembershipUpdateParams{Role: workos.OrganizationMembershipRoleSingle{Slug: "nobody"}})
	w.refused(err, unprocessed, "invalid_role")

	w.equal("deactivated", must(m.Deactivate(ctx, made.ID))(w).Status, "inactive")
	active := all(w, m.List(ctx, &workos.OrganizationMembershipListParams{OrganizationID: &org}))
	w.equal("active ones", len(active), 0)
	either := all(w, m.List(ctx, &workos.OrganizationMembershipListParams{OrganizationID: &org, Statuses: []workos.UserManagementOrganizationMembershipStatuses{"inactive", "active"}}))
	w.equal("of both states", len(either), 1)
	w.equal("reactivated", must(m.Reactivate(ctx, made.ID))(w).Status, "active")
	w.refused(first(m.List(ctx, &workos.OrganizationMembershipListParams{})), badRequest, "missing_user_id_or_organization_id")

	want := []string{made.ID, w.member(org).ID, w.member(org).ID}
	pages(w, want, func(m workos.UserOrganizationMembership) string { return m.ID }, func(p workos.PaginationParams) *workos.Iterator[workos.UserOrganizationMembership] {
		return m.List(ctx, &workos.OrganizationMembershipListParams{PaginationParams: p, OrganizationID: &org})
	})
	w.ok(m.Delete(ctx, made.ID))
	_, err = m.Get(ctx, made.ID)
	w.refused(err, notFound, noEntity)
}

func groups(w world) {
	ctx, g := w.Context(), w.Groups()
	org := w.organization()
	made := must(g.CreateOrganizationGroup(ctx, org, &workos.GroupsCreateOrganizationGroupParams{Name: "Buyers", Description: workos.Ptr("They buy.")}))(w)
	w.hasID("group", made.ID)
	w.equal("what get answers", must(g.GetOrganizationGroup(ctx, org, made.ID))(w), made)
	renamed := must(g.UpdateOrganizationGroup(ctx, org, made.ID, &workos.GroupsUpdateOrganizationGroupParams{Name: workos.Ptr("Sellers")}))(w)
	w.equal("what update leaves", renamed.Description, "They buy.")

	want := []string{made.ID}
	for range 3 {
		want = append(want, w.group(org))
	}
	groupID := func(g workos.Group) string { return g.ID }
	pages(w, want, groupID, func(p workos.PaginationParams) *workos.Iterator[workos.Group] {
		return g.ListOrganizationGroups(ctx, org, &workos.GroupsListOrganizationGroupsParams{PaginationParams: p})
	})

	var members []string
	for range 3 {
		om := w.member(org).ID
		members = append(members, om)
		w.equal("it answers the group", must(g.CreateOrganizationMembership(ctx, org, made.ID, &workos.GroupsCreateOrganizationMembershipParams{OrganizationMembershipID: om}))(w).ID, made.ID)
	}
	pages(w, members, baseMembershipID, func(p workos.PaginationParams) *workos.Iterator[workos.UserOrganizationMembershipBaseListData] {
		return g.ListOrganizationMemberships(ctx, org, made.ID, &workos.GroupsListOrganizationMembershipsParams{PaginationParams: p})
	})
	of := all(w, w.OrganizationMembership().ListGroups(ctx, members[0], &workos.OrganizationMembershipListGroupsParams{}))
	w.equal("groups of a membership", names(of, groupID), []string{made.ID})
	w.ok(g.DeleteOrganizationMembership(ctx, org, made.ID, members[0]))
	w.refused(g.DeleteOrganizationMembership(ctx, org, made.ID, members[0]), notFound, noEntity)
	w.ok(g.DeleteOrganizationGroup(ctx, org, made.ID))
	_, err := g.GetOrganizationGroup(ctx, org, made.ID)
	w.refused(err, notFound, noEntity)
}

func baseMembershipID(m workos.UserOrganizationMembershipBaseListData) string { return m.ID }

// group makes one with those memberships, and returns its id.
func (w world) group(org string, members ...string) string {
	w.Helper()
	g := must(w.Groups().CreateOrganizationGroup(w.Context(), org, &workos.GroupsCreateOrganizationGroupParams{Name: "G"}))(w)
	for _, om := range members {
		must(w.Groups().CreateOrganizationMembership(w.Context(), org, g.ID, &workos.GroupsCreateOrganizationMembershipParams{OrganizationMembershipID: om}))(w)
	}
	return g.ID
}

// sorted is a copy of s in order.
func sorted(s ...string) []string { return slices.Sorted(slices.Values(s)) }
