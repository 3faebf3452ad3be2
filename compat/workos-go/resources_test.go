package workos_test

import (
	"net/http"

	"github.com/workos/workos-go/v9"
)

// resource registers one, below parent if that is not empty.
func (w world) resource(org, resourceType, parent string) *workos.AuthorizationResource {
	w.Helper()
	name := w.unique(resourceType)
	params := &workos.AuthorizationCreateResourceParams{OrganizationID: org, ResourceTypeSlug: resourceType, ExternalID: name, Name: name}
	if parent != "" {
		params.ParentResource = workos.AuthorizationParentResourceByID{ID: parent}
	}
	return must(w.Authorization().CreateResource(w.Context(), params))(w)
}

func resources(w world) {
	ctx, a := w.Context(), w.Authorization()
	org := w.organization()
	root := must(a.GetResourceByExternalID(ctx, org, organization, org))(w)
	made := must(a.CreateResource(ctx, &workos.AuthorizationCreateResourceParams{OrganizationID: org, ResourceTypeSlug: "workspace", ExternalID: "a/b c?d#e%", Name: "W"}))(w)
	w.hasID("authz_resource", made.ID)
	w.equal("parent where none is named", made.ParentResourceID, root.ID)
	w.equal("what get answers", must(a.GetResource(ctx, made.ID))(w), made)
	w.equal("what get by external id answers", must(a.GetResourceByExternalID(ctx, org, "workspace", "a/b c?d#e%"))(w), made)
	_, err := a.CreateResource(ctx, &workos.AuthorizationCreateResourceParams{OrganizationID: org, ResourceTypeSlug: "workspace", ExternalID: "a/b c?d#e%", Name: "W"})
	w.refused(err, conflict, "authorization_resource_external_id_conflict")

	other := w.resource(org, "workspace", "")
	project := w.resource(org, "project", made.ID)
	w.equal("new name", must(a.UpdateResource(ctx, project.ID, &workos.AuthorizationUpdateResourceParams{Name: workos.Ptr("N")}))(w).Name, "N")
	moved := must(a.UpdateResource(ctx, project.ID, &workos.AuthorizationUpdateResourceParams{ParentResource: workos.AuthorizationParentResourceByID{ID: other.ID}}))(w)
	w.equal("new parent", moved.ParentResourceID, other.ID)
	back := must(a.UpdateResourceByExternalID(ctx, org, "project", project.ExternalID, &workos.AuthorizationUpdateResourceByExternalIDParams{
		Name: workos.Ptr("M"), ParentResource: workos.AuthorizationParentResourceByExternalID{TypeSlug: "workspace", ExternalID: made.ExternalID},
	}))(w)
	w.equal("old parent", []any{back.Name, back.ParentResourceID}, []any{"M", made.ID})

	want := []string{project.ID, w.resource(org, "project", made.ID).ID, w.resource(org, "project", made.ID).ID}
	for _, parent := range []workos.AuthorizationParent{
		workos.AuthorizationParentByID{ResourceID: made.ID},
		workos.AuthorizationParentByExternalID{ResourceTypeSlug: "workspace", ExternalID: made.ExternalID},
	} {
		pages(w, want, resourceID, func(p workos.PaginationParams) *workos.Iterator[workos.AuthorizationResource] {
			return a.ListResources(ctx, &workos.AuthorizationListResourcesParams{PaginationParams: p, OrganizationID: &org, Parent: parent})
		})
	}
	found := all(w, a.ListResources(ctx, &workos.AuthorizationListResourcesParams{OrganizationID: &org, ResourceTypeSlug: workos.Ptr("project"), ResourceExternalID: &project.ExternalID}))
	w.equal("by external id", names(found, resourceID), []string{project.ID})
	w.refused(first(a.ListResources(ctx, &workos.AuthorizationListResourcesParams{})), badRequest, "missing_organization_id_or_resource_type_slug")

	w.refused(a.DeleteResource(ctx, made.ID, &workos.AuthorizationDeleteResourceParams{}), conflict, "resource_has_dependents")
	w.refused(a.DeleteResource(ctx, root.ID, &workos.AuthorizationDeleteResourceParams{CascadeDelete: workos.Ptr(true)}), badRequest, "bad_request")
	w.ok(a.DeleteResource(ctx, made.ID, &workos.AuthorizationDeleteResourceParams{CascadeDelete: workos.Ptr(true)}))
	_, err = a.GetResource(ctx, project.ID)
	w.refused(err, notFound, noEntity)
	w.ok(a.DeleteResourceByExternalID(ctx, org, "workspace", other.ExternalID, &workos.AuthorizationDeleteResourceByExternalIDParams{}))
}

func resourceID(r workos.AuthorizationResource) string { return r.ID }

func assignments(w world) {
	ctx, a := w.Context(), w.Authorization()
	org := w.organization()
	om := w.member(org).ID
	workspace := w.resource(org, "workspace", "")
	role := w.role("workspace")
	byID := workos.AuthorizationResourceTargetByID{ResourceID: workspace.ID}
	byName := workos.AuthorizationResourceTargetByExternalID{ResourceTypeSlug: "workspace", ResourceExternalID: workspace.ExternalID}

	made := must(a.AssignRole(ctx, om, &workos.AuthorizationAssignRoleParams{RoleSlug: role, ResourceTarget: byID}))(w)
	w.hasID("role_assignment", made.ID)
	w.equal("assignment", []any{made.OrganizationMembershipID, made.Role.Slug, made.Resource.ID, made.Source}, []any{om, role, workspace.ID, workos.UserRoleAssignmentSource{Type: "direct"}})
	w.equal("a second time", must(a.AssignRole(ctx, om, &workos.AuthorizationAssignRoleParams{RoleSlug: role, ResourceTarget: byName}))(w), made)
	_, err := a.AssignRole(ctx, om, &workos.AuthorizationAssignRoleParams{RoleSlug: role})
	w.refused(err, unprocessed, invalid)

	assignmentID := func(r workos.UserRoleAssignment) string { return r.ID }
	mine := all(w, a.ListRoleAssignments(ctx, om, &workos.AuthorizationListRoleAssignmentsParams{ResourceID: &workspace.ID}))
	w.equal("of the membership on the resource", names(mine, assignmentID), []string{made.ID})
	on := all(w, a.ListRoleAssignmentsForResource(ctx, workspace.ID, &workos.AuthorizationListRoleAssignmentsForResourceParams{RoleSlug: &role}))
	w.equal("on the resource", names(on, assignmentID), []string{made.ID})

	want := []string{made.ID}
	for range 3 {
		want = append(want, must(a.AssignRole(ctx, w.member(org).ID, &workos.AuthorizationAssignRoleParams{RoleSlug: role, ResourceTarget: byID}))(w).ID)
	}
	pages(w, want, assignmentID, func(p workos.PaginationParams) *workos.Iterator[workos.UserRoleAssignment] {
		return a.ListRoleAssignmentsForResourceByExternalID(ctx, org, "workspace", workspace.ExternalID, &workos.AuthorizationListRoleAssignmentsForResourceByExternalIDParams{PaginationParams: p})
	})

	w.ok(a.RemoveRole(ctx, om, &workos.AuthorizationRemoveRoleParams{RoleSlug: role, ResourceTarget: byName}))
	w.refused(a.RemoveRoleAssignment(ctx, om, made.ID), notFound, noEntity)
	again := must(a.AssignRole(ctx, om, &workos.AuthorizationAssignRoleParams{RoleSlug: role, ResourceTarget: byID}))(w)
	w.ok(a.RemoveRoleAssignment(ctx, om, again.ID))
	w.equal("what is left", len(all(w, a.ListRoleAssignments(ctx, om, &workos.AuthorizationListRoleAssignmentsParams{}))), 1)
}

func groupAssignments(w world) {
	ctx, a := w.Context(), w.Authorization()
	org := w.organization()
	om := w.member(org).ID
	group := w.group(org, om)
	workspace := w.resource(org, "workspace", "")
	reader, staff := w.role("workspace"), w.role(organization)

	made := must(a.CreateGroupRoleAssignment(ctx, group, &workos.AuthorizationCreateGroupRoleAssignmentParams{RoleSlug: reader, ResourceID: &workspace.ID}))(w)
	w.hasID("gra", made.ID)
	w.equal("what get answers", must(a.GetGroupRoleAssignment(ctx, group, made.ID))(w), made)
	_, err := a.CreateGroupRoleAssignment(ctx, group, &workos.AuthorizationCreateGroupRoleAssignmentParams{RoleSlug: reader, ResourceID: &workspace.ID})
	w.refused(err, conflict, "duplicate_group_role_assignment")

	var fromGroup []workos.UserRoleAssignment
	for _, r := range all(w, a.ListRoleAssignments(ctx, om, &workos.AuthorizationListRoleAssignmentsParams{ResourceID: &workspace.ID})) {
		if r.Source.Type == "group" && *r.Source.GroupRoleAssignmentID == made.ID {
			fromGroup = append(fromGroup, r)
		}
	}
	if len(fromGroup) != 1 {
		w.Fatalf("got %d assignments of the member from the group, want 1", len(fromGroup))
	}
	w.refused(a.RemoveRoleAssignment(ctx, om, fromGroup[0].ID), http.StatusForbidden, "forbidden")

	set := must(a.UpdateGroupRoleAssignments(ctx, group, &workos.AuthorizationUpdateGroupRoleAssignmentsParams{
		RoleAssignments: []*workos.ReplaceGroupRoleAssignmentEntry{{RoleSlug: reader, ResourceID: &workspace.ID}, {RoleSlug: staff}},
	}))(w)
	var got []string
	for _, g := range set.Data {
		got = append(got, g.Role.Slug)
	}
	w.equal("the resulting set", sorted(got...), sorted(reader, staff))
	listed := all(w, a.ListGroupRoleAssignments(ctx, group, &workos.AuthorizationListGroupRoleAssignmentsParams{PaginationParams: workos.PaginationParams{Limit: workos.Ptr(1)}}))
	w.equal("the list", len(listed), 2)
	w.ok(a.DeleteGroupRoleAssignments(ctx, group, &workos.AuthorizationDeleteGroupRoleAssignmentsParams{RoleSlug: staff}))
	w.refused(a.DeleteGroupRoleAssignments(ctx, group, &workos.AuthorizationDeleteGroupRoleAssignmentsParams{RoleSlug: staff}), notFound, noEntity)
	w.ok(a.DeleteGroupRoleAssignment(ctx, group, made.ID))
	_, err = a.GetGroupRoleAssignment(ctx, group, made.ID)
	w.refused(err, notFound, noEntity)
}

func checks(w world) {
	ctx, a := w.Context(), w.Authorization()
	org := w.organization()
	om := w.member(org).ID
	workspace := w.resource(org, "workspace", "")
	project := w.resource(org, "project", workspace.ID)
	read, edit := w.permission("go:read", "project"), w.permission("go:edit", "project")
	role := w.role("workspace", read, edit)
	check := func(permission string) bool {
		return must(a.Check(ctx, om, &workos.AuthorizationCheckParams{PermissionSlug: permission, ResourceTarget: workos.AuthorizationResourceTargetByID{ResourceID: project.ID}}))(w).Authorized
	}
	w.equal("before", check(read), false)
	must(a.AssignRole(ctx, om, &workos.AuthorizationAssignRoleParams{RoleSlug: role, ResourceTarget: workos.AuthorizationResourceTargetByID{ResourceID: workspace.ID}}))(w)
	w.equal("inherited", check(read), true)
	w.equal("not given", check("go:nowhere"), false)
	byName := workos.AuthorizationResourceTargetByExternalID{ResourceTypeSlug: "project", ResourceExternalID: project.ExternalID}
	w.equal("by external id", must(a.Check(ctx, om, &workos.AuthorizationCheckParams{PermissionSlug: edit, ResourceTarget: byName}))(w).Authorized, true)
	_, err := a.Check(ctx, om, &workos.AuthorizationCheckParams{PermissionSlug: read})
	w.refused(err, unprocessed, invalid)
	_, err = a.Check(ctx, om, &workos.AuthorizationCheckParams{PermissionSlug: read, ResourceTarget: workos.AuthorizationResourceTargetByID{ResourceID: "authz_resource_nowhere"}})
	w.refused(err, notFound, noEntity)

	slug := func(p workos.AuthorizationPermission) string { return p.Slug }
	w.equal("effective", names(all(w, a.ListEffectivePermissions(ctx, om, project.ID, &workos.AuthorizationListEffectivePermissionsParams{})), slug), []string{edit, read})
	w.equal("effective by external id", names(all(w, a.ListEffectivePermissionsByExternalID(ctx, om, "project", project.ExternalID,
		&workos.AuthorizationListEffectivePermissionsByExternalIDParams{PaginationParams: workos.PaginationParams{Limit: workos.Ptr(1)}})), slug), []string{edit, read})

	for _, parent := range []workos.AuthorizationParentResource{
		workos.AuthorizationParentResourceByID{ID: workspace.ID},
		workos.AuthorizationParentResourceByExternalID{TypeSlug: "workspace", ExternalID: workspace.ExternalID},
	} {
		mine := all(w, a.ListResourcesForMembership(ctx, om, &workos.AuthorizationListResourcesForMembershipParams{PermissionSlug: read, ParentResource: parent}))
		w.equal("resources of the membership", names(mine, resourceID), []string{project.ID})
	}
	for assignment, want := range map[workos.AuthorizationAssignment]int{workos.AuthorizationAssignmentDirect: 0, workos.AuthorizationAssignmentIndirect: 1} {
		byID := all(w, a.ListMembershipsForResource(ctx, project.ID, &workos.AuthorizationListMembershipsForResourceParams{PermissionSlug: read, Assignment: &assignment}))
		w.equal(string(assignment), len(byID), want)
		byName := all(w, a.ListMembershipsForResourceByExternalID(ctx, org, "project", project.ExternalID, &workos.AuthorizationListMembershipsForResourceByExternalIDParams{PermissionSlug: read, Assignment: &assignment}))
		w.equal(string(assignment)+" by external id", names(byName, baseMembershipID), names(byID, baseMembershipID))
		for _, m := range byID {
			w.equal("its user", m.User.ID, m.UserID)
		}
	}
}
