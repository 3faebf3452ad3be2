package workos_test

import (
	"net/http"
	"slices"

	"github.com/workos/workos-go/v9"
)

func permissions(w world) {
	ctx, a := w.Context(), w.Authorization()
	made := must(a.CreatePermission(ctx, &workos.AuthorizationCreatePermissionParams{
		Slug: "go:full", Name: "Full", Description: workos.Ptr("All."), ResourceTypeSlug: workos.Ptr("project"),
	}))(w)
	w.hasID("perm", made.ID)
	got := must(a.GetPermission(ctx, "go:full"))(w)
	w.equal("what get answers", got, made)
	_, err := a.CreatePermission(ctx, &workos.AuthorizationCreatePermissionParams{Slug: "go:full", Name: "Again"})
	w.refused(err, conflict, "permission_slug_conflict")
	_, err = a.CreatePermission(ctx, &workos.AuthorizationCreatePermissionParams{Slug: "Go", Name: "n"})
	w.refused(err, unprocessed, invalid)

	renamed := must(a.UpdatePermission(ctx, "go:full", &workos.AuthorizationUpdatePermissionParams{Name: workos.Ptr("New")}))(w)
	w.equal("what update leaves", []any{renamed.Slug, renamed.Name, renamed.Description, renamed.System, renamed.ResourceTypeSlug}, []any{"go:full", "New", "All.", false, "project"})
	w.ok(a.DeletePermission(ctx, "go:full"))
	_, err = a.GetPermission(ctx, "go:full")
	w.refused(err, notFound, noEntity)
	w.refused(a.DeletePermission(ctx, "widgets:sso:manage"), http.StatusForbidden, "forbidden")

	before := all(w, a.ListPermissions(ctx, &workos.AuthorizationListPermissionsParams{PaginationParams: workos.PaginationParams{Order: workos.Ptr("asc")}}))
	slug := func(p workos.AuthorizationPermission) string { return p.Slug }
	want := names(before, slug)
	for range 12 { // more than a page has where nothing is said
		want = append(want, w.permission("go", organization))
	}
	pages(w, want, slug, func(p workos.PaginationParams) *workos.Iterator[workos.AuthorizationPermission] {
		return a.ListPermissions(ctx, &workos.AuthorizationListPermissionsParams{PaginationParams: p})
	})
}

func roles(w world) {
	ctx, a := w.Context(), w.Authorization()
	made := must(a.CreateEnvironmentRole(ctx, &workos.AuthorizationCreateEnvironmentRoleParams{
		Slug: "go-editor", Name: "Editor", Description: workos.Ptr("Edits."), ResourceTypeSlug: workos.Ptr("project"),
	}))(w)
	w.hasID("role", made.ID)
	w.equal("role", []any{made.Type, made.Permissions, made.ResourceTypeSlug}, []any{"EnvironmentRole", []string{}, "project"})
	w.equal("what get answers", must(a.GetEnvironmentRole(ctx, "go-editor"))(w), made)
	_, err := a.CreateEnvironmentRole(ctx, &workos.AuthorizationCreateEnvironmentRoleParams{Slug: "go-editor", Name: "E"})
	w.refused(err, conflict, "role_slug_conflict")
	_, err = a.GetEnvironmentRole(ctx, "go-nobody")
	w.refused(err, notFound, noEntity)
	renamed := must(a.UpdateEnvironmentRole(ctx, "go-editor", &workos.AuthorizationUpdateEnvironmentRoleParams{Name: workos.Ptr("New")}))(w)
	w.equal("new name", renamed.Name, "New")

	one, two := w.permission("go", "project"), w.permission("go", "project")
	w.equal("set", must(a.SetEnvironmentRolePermissions(ctx, "go-editor", &workos.AuthorizationSetEnvironmentRolePermissionsParams{Permissions: []string{one}}))(w).Permissions, []string{one})
	added := must(a.AddEnvironmentRolePermission(ctx, "go-editor", &workos.AuthorizationAddEnvironmentRolePermissionParams{Slug: two}))(w).Permissions
	slices.Sort(added)
	w.equal("added", added, []string{one, two})
	_, err = a.AddEnvironmentRolePermission(ctx, "go-editor", &workos.AuthorizationAddEnvironmentRolePermissionParams{Slug: "go:nowhere"})
	w.refused(err, notFound, noEntity)

	list := must(a.ListEnvironmentRoles(ctx))(w)
	if len(list.Data) == 0 || list.Data[0].Slug != "member" || list.Data[len(list.Data)-1].Slug != "go-editor" {
		w.Errorf("roles are not listed by priority, from member to the newest")
	}
}

func organizationRoles(w world) {
	ctx, a := w.Context(), w.Authorization()
	org := w.organization()
	made := must(a.CreateOrganizationRole(ctx, org, &workos.AuthorizationCreateOrganizationRoleParams{Slug: workos.Ptr("org-buyer"), Name: "Buyer"}))(w)
	w.equal("type", made.Type, "OrganizationRole")
	w.equal("what get answers", must(a.GetOrganizationRole(ctx, org, "org-buyer"))(w), made)
	_, err := a.CreateOrganizationRole(ctx, org, &workos.AuthorizationCreateOrganizationRoleParams{Slug: workos.Ptr("org-buyer"), Name: "Buyer"})
	w.refused(err, conflict, "organization_role_slug_conflict")
	renamed := must(a.UpdateOrganizationRole(ctx, org, "org-buyer", &workos.AuthorizationUpdateOrganizationRoleParams{Description: workos.Ptr("Buys.")}))(w)
	w.equal("new description", renamed.Description, "Buys.")

	one, two := w.permission("go", organization), w.permission("go", organization)
	must(a.SetOrganizationRolePermissions(ctx, org, "org-buyer", &workos.AuthorizationSetOrganizationRolePermissionsParams{Permissions: []string{one}}))(w)
	must(a.AddOrganizationRolePermission(ctx, org, "org-buyer", &workos.AuthorizationAddOrganizationRolePermissionParams{Slug: two}))(w)
	w.ok(a.RemoveOrganizationRolePermission(ctx, org, "org-buyer", one))
	w.equal("what is left", must(a.GetOrganizationRole(ctx, org, "org-buyer"))(w).Permissions, []string{two})

	list := must(a.ListOrganizationRoles(ctx, org))(w)
	if last := list.Data[len(list.Data)-1]; last.Slug != "org-buyer" || list.Data[0].Type != "EnvironmentRole" {
		w.Errorf("the list does not go from the environment's roles to the organization's")
	}
	w.refused(a.DeleteOrganizationRole(ctx, org, "member"), badRequest, "bad_request")
	w.ok(a.DeleteOrganizationRole(ctx, org, "org-buyer"))
	_, err = a.GetOrganizationRole(ctx, org, "org-buyer")
	w.refused(err, notFound, noEntity)
}

// permission makes one for resources of a type, and returns its slug.
func (w world) permission(prefix, resourceType string) string {
	w.Helper()
	slug := w.unique(prefix)
	must(w.Authorization().CreatePermission(w.Context(), &workos.AuthorizationCreatePermissionParams{Slug: slug, Name: slug, ResourceTypeSlug: &resourceType}))(w)
	return slug
}

// role makes one of the environment with those permissions, and returns its slug.
func (w world) role(resourceType string, permissions ...string) string {
	w.Helper()
	slug := w.unique("role")
	must(w.Authorization().CreateEnvironmentRole(w.Context(), &workos.AuthorizationCreateEnvironmentRoleParams{Slug: slug, Name: slug, ResourceTypeSlug: &resourceType}))(w)
	if len(permissions) > 0 {
		must(w.Authorization().SetEnvironmentRolePermissions(w.Context(), slug, &workos.AuthorizationSetEnvironmentRolePermissionsParams{Permissions: permissions}))(w)
	}
	return slug
}
