package authz

import (
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// The names of what a plan changes.
const (
	settingsPart     = "settings"
	resourceTypePart = "resource_type"
	permissionPart   = "permission"
	rolePart         = "role"
	roleOrderPart    = "role_order"
)

// settings notes all that changes of the settings, and makes what other steps
// may need; defaultRole and lowerDepth make the rest.
func (a *applying) settings() error {
	realm, err := realmByID(a.w, a.c.Realm)
	if err != nil {
		return err
	}
	want, has := a.model.Settings, settingsOf(&realm)
	var changes fields
	if want.MultipleRoles != nil && *want.MultipleRoles != has.MultipleRoles {
		changes = append(changes, access.FieldChange{Field: "multiple_roles", From: has.MultipleRoles, To: *want.MultipleRoles})
	}
	if want.MaxResourceDepth != nil && *want.MaxResourceDepth != has.MaxResourceDepth {
		changes = append(changes, access.FieldChange{Field: "max_resource_depth", From: has.MaxResourceDepth, To: *want.MaxResourceDepth})
	}
	changes.text("default_role", string(has.DefaultRole), want.DefaultRole)
	if len(changes) == 0 {
		return nil
	}
	a.did("update", settingsPart, "", changes...)
	single := want.MultipleRoles != nil && !*want.MultipleRoles && has.MultipleRoles
	replace(&realm.MultipleRoles, want.MultipleRoles)
	if want.MaxResourceDepth != nil && *want.MaxResourceDepth > has.MaxResourceDepth {
		if err := setResourceDepth(a.w, &realm, *want.MaxResourceDepth); err != nil {
			return about("the", settingsPart, err)
		}
	}
	if err := put(a.w, store.Realms, string(realm.ID), &realm); err != nil || !single {
		return err
	}
	return keepOneRole(a.w, a.c.Realm)
}

func (a *applying) defaultRole() error {
	return a.changeSettings(func(realm *access.Realm) (bool, error) {
		slug := a.model.Settings.DefaultRole
		if slug == nil || *slug == string(realm.Roles.Default) {
			return false, nil
		}
		return true, setDefaultRole(a.w, a.c, realm, *slug)
	})
}

// lowerDepth comes last: what stood deeper may have gone.
func (a *applying) lowerDepth() error {
	return a.changeSettings(func(realm *access.Realm) (bool, error) {
		depth := a.model.Settings.MaxResourceDepth
		if depth == nil || *depth == resourceDepth(realm) {
			return false, nil
		}
		return true, setResourceDepth(a.w, realm, *depth)
	})
}

func (a *applying) changeSettings(do func(*access.Realm) (changed bool, err error)) error {
	realm, err := realmByID(a.w, a.c.Realm)
	if err != nil {
		return err
	}
	if changed, err := do(&realm); err != nil || !changed {
		return about("the", settingsPart, err)
	}
	return put(a.w, store.Realms, string(realm.ID), &realm)
}

// resourceTypes writes all types that change at once, so that their order in the
// model means nothing.
func (a *applying) resourceTypes() error {
	var types []access.ResourceType
	before := map[access.ResourceTypeID][]access.ResourceTypeID{}
	for _, want := range a.model.ResourceTypes {
		t, changed, err := a.resourceType(want, before)
		if err != nil {
			return about("resource type", want.Slug, err)
		}
		if changed {
			types = append(types, t)
		}
	}
	if err := putResourceTypes(a.w, a.c.Realm, types); err != nil {
		return err
	}
	for i := range types {
		if err := refuseMisplaced(a.w, &types[i], before[types[i].ID]); err != nil {
			return about("resource type", string(types[i].ID), err)
		}
	}
	return nil
}

// resourceType is what a type becomes. It notes the parents that it had.
func (a *applying) resourceType(want access.ModelResourceType, before map[access.ResourceTypeID][]access.ResourceTypeID) (t access.ResourceType, changed bool, err error) {
	id := access.ResourceTypeID(want.Slug)
	if id == access.OrganizationType {
		return t, false, access.FieldErrorf("resource_types", "built_in", "it is built in and has no place in a model")
	}
	t, exists, err := find(a.w, store.ResourceTypes, want.Slug)
	if err != nil {
		return t, false, err
	}
	now := a.s.now()
	if !exists {
		t = access.ResourceType{ID: id, Name: nameOr(want.Name, want.Slug), Description: textOr(want.Description), Parents: []access.ResourceTypeID{access.OrganizationType}, Created: now}
		a.did("create", resourceTypePart, want.Slug)
	} else {
		before[id] = t.Parents
		var changes fields
		changes.text("name", t.Name, want.Name)
		changes.text("description", t.Description, want.Description)
		changes.set("parents", texts(t.Parents), want.Parents)
		if len(changes) == 0 {
			return t, false, nil
		}
		a.did("update", resourceTypePart, want.Slug, changes...)
		replace(&t.Name, want.Name)
		replace(&t.Description, want.Description)
	}
	if want.Parents != nil {
		t.Parents = t.Parents[:0:0]
		for _, p := range once(want.Parents) {
			t.Parents = append(t.Parents, access.ResourceTypeID(p))
		}
	}
	t.Updated = now
	err = t.Validate()
	return t, true, err
}

func (a *applying) permissions() error {
	for _, want := range a.model.Permissions {
		if err := a.permission(want); err != nil {
			return about(permissionPart, want.Slug, err)
		}
	}
	return nil
}

func (a *applying) permission(want access.ModelPermission) error {
	d, exists, err := findPermission(a.w, a.c.Realm, want.Slug)
	if err != nil {
		return err
	}
	if !exists {
		a.did("create", permissionPart, want.Slug)
		d = access.PermissionDefinition{
			Permission: access.Permission(want.Slug), Name: nameOr(want.Name, want.Slug), Description: textOr(want.Description), Type: access.ResourceTypeID(want.ResourceType),
		}
		if err := d.Validate(); err != nil {
			return err
		}
		if err := need(a.w.snap, a.c, create, rolesArea, ""); err != nil {
			return err
		}
		return a.s.addPermission(a.w, a.c.Realm, &d)
	}
	if d.System {
		return access.FieldErrorf("permissions", "built_in", "it is built in and has no place in a model")
	}
	if err := immutable(d.Type, want.ResourceType); err != nil {
		return err
	}
	var changes fields
	changes.text("name", d.Name, want.Name)
	changes.text("description", d.Description, want.Description)
	if len(changes) == 0 {
		return nil
	}
	a.did("update", permissionPart, want.Slug, changes...)
	if err := need(a.w.snap, a.c, change, rolesArea, ""); err != nil {
		return err
	}
	if _, err := (LabelUpdate{want.Name, want.Description}).apply(&d.Name, &d.Description); err != nil {
		return err
	}
	d.Updated = a.s.after(d.Updated)
	return put(a.w, store.Permissions, d.UID, &d)
}

func (a *applying) roles() error {
	for _, want := range a.model.Roles {
		if err := a.role(want); err != nil {
			return about(rolePart, want.Slug, err)
		}
	}
	return nil
}

func (a *applying) role(want access.ModelRole) error {
	id, err := access.ParseRoleSlug(want.Slug)
	if err != nil {
		return err
	}
	role, exists, err := find(a.w, store.Roles, want.Slug)
	if err != nil {
		return err
	}
	if !exists {
		return a.newRole(id, want)
	}
	if err := immutable(role.ResourceType(), want.ResourceType); err != nil {
		return err
	}
	var changes fields
	changes.text("name", role.Name, want.Name)
	changes.text("description", role.Description, want.Description)
	if err := a.s.relabel(a.w, &role, LabelUpdate{want.Name, want.Description}); err != nil {
		return err
	}
	if want.Permissions != nil {
		before, from := role.Permissions, texts(role.Slugs())
		if err := a.s.setPermissions(a.w, a.c, &role, want.Permissions); err != nil {
			return err
		}
		if !slices.Equal(before, role.Permissions) {
			changes = append(changes, access.FieldChange{Field: "permissions", From: from, To: want.Permissions})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	a.did("update", rolePart, want.Slug, changes...)
	return need(a.w.snap, a.c, change, rolesArea, want.Slug)
}

func (a *applying) newRole(id access.RoleID, want access.ModelRole) error {
	a.did("create", rolePart, want.Slug)
	if err := need(a.w.snap, a.c, create, rolesArea, ""); err != nil {
		return err
	}
	role := access.Role{ID: id, Name: nameOr(want.Name, want.Slug), Description: textOr(want.Description), Type: access.ResourceTypeID(want.ResourceType)}
	if err := role.ValidateLabel(); err != nil {
		return err
	}
	if err := a.s.addRole(a.w, a.c, &role, RoleSlugConflict); err != nil || len(want.Permissions) == 0 {
		return err
	}
	return a.s.setPermissions(a.w, a.c, &role, want.Permissions)
}

// order gives the roles that the model lists its order, in the places that they
// have among all: those that it does not list stay where they are.
func (a *applying) order() error {
	roles, byDefault, err := rolesOf(a.w, a.c.Realm, "")
	if err != nil {
		return err
	}
	before := idsOf(roles)
	now := slices.Clone(before)
	next := 0
	for i, id := range before {
		if a.listsRole(id) {
			now[i] = access.RoleID(a.model.Roles[next].Slug)
			next++
		}
	}
	if slices.Equal(before, now) {
		return nil
	}
	a.did("update", roleOrderPart, "", access.FieldChange{Field: "roles", From: texts(before), To: texts(now)})
	if err := need(a.w.snap, a.c, change, rolesArea, ""); err != nil {
		return err
	}
	return setOrder(a.w, a.c.Realm, "", access.RoleOrder{Default: byDefault, Priority: now})
}

func (a *applying) listsRole(id access.RoleID) bool {
	return slices.ContainsFunc(a.model.Roles, func(r access.ModelRole) bool { return r.Slug == string(id) })
}
