package authz

import (
	"cmp"
	"context"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// RealmSettings are what a realm says of all its organizations.
type RealmSettings struct {
	MultipleRoles    bool          // a membership may have several roles on its organization
	MaxResourceDepth int           // levels of registered resources below an organization
	DefaultRole      access.RoleID // of memberships that are given none; empty if there is none
}

// RealmSettingsChanges says what of the settings changes: nothing, where it is
// nil.
type RealmSettingsChanges struct {
	MultipleRoles    *bool
	MaxResourceDepth *int
	DefaultRole      *string // its slug
}

// RealmSettings returns the settings of the caller's realm.
func (s *Service) RealmSettings(ctx context.Context, c access.Caller) (RealmSettings, error) {
	var set RealmSettings
	err := s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if err := need(snap, c, read, configurationArea, ""); err != nil {
			return err
		}
		realm, err := realmByID(r, c.Realm)
		set = settingsOf(&realm)
		return err
	})
	return set, err
}

func settingsOf(realm *access.Realm) RealmSettings {
	return RealmSettings{realm.MultipleRoles, resourceDepth(realm), realm.Roles.Default}
}

// UpdateRealmSettings changes the settings of the caller's realm. Another
// default role takes the right to change roles, besides. Without multiple roles,
// a membership that has several on its organization keeps the most important.
// It is a Conflict error if the types of resources need more depth than asked
// for.
func (s *Service) UpdateRealmSettings(ctx context.Context, c access.Caller, with RealmSettingsChanges) (RealmSettings, error) {
	var set RealmSettings
	err := s.update(ctx, c, action{"update settings", store.Realms.Kind, string(c.Realm)}, func(w *write) error {
		if err := need(w.snap, c, change, configurationArea, ""); err != nil {
			return err
		}
		realm, err := realmByID(w, c.Realm)
		if err != nil {
			return err
		}
		if with.DefaultRole != nil {
			if err := setDefaultRole(w, c, &realm, *with.DefaultRole); err != nil {
				return err
			}
		}
		if with.MaxResourceDepth != nil {
			if err := setResourceDepth(w, &realm, *with.MaxResourceDepth); err != nil {
				return err
			}
		}
		single := with.MultipleRoles != nil && !*with.MultipleRoles && realm.MultipleRoles
		replace(&realm.MultipleRoles, with.MultipleRoles)
		if err := put(w, store.Realms, string(realm.ID), &realm); err != nil {
			return err
		}
		set = settingsOf(&realm)
		if single {
			return keepOneRole(w, c.Realm)
		}
		return nil
	})
	return set, err
}

func setDefaultRole(w *write, c access.Caller, realm *access.Realm, slug string) error {
	if err := need(w.snap, c, change, rolesArea, ""); err != nil {
		return err
	}
	role, err := organizationLevelRole(w, "", "default_role", slug)
	if err == nil {
		realm.Roles.Default = role.ID
	}
	return err
}

func setResourceDepth(w *write, realm *access.Realm, depth int) error {
	if depth < 1 || depth > access.MaxResourceDepth {
		return access.FieldErrorf("max_resource_depth", "invalid_depth", "max_resource_depth must be 1 to %d", access.MaxResourceDepth)
	}
	types, err := typesOf(w)
	if err != nil {
		return err
	}
	if deepest := types.levels().deepest(); deepest > depth {
		return access.Errorf(access.Conflict, "resources of the types that are defined can stand %d levels below their organization: change the types first", deepest)
	}
	realm.MaxResourceDepth = depth
	return nil
}

// keepOneRole takes from every membership all roles on its organization but the
// most important one. What groups give stays.
func keepOneRole(w *write, realm access.RealmID) error {
	return eachOf(w, store.Organizations, "", "", func(_ string, org *access.Organization) error {
		roles, _, err := rolesOf(w, realm, org.ID)
		if err != nil {
			return err
		}
		all, err := every(w, store.Assignments, store.ByResource, string(org.Root))
		if err != nil {
			return err
		}
		for _, a := range lesser(all, roles) {
			if err := remove(w, store.Assignments, string(a.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// lesser are the assignments of memberships that have a more important one. The
// roles are in their order; one that is not among them comes last.
func lesser(all []access.Assignment, roles []access.Role) []access.Assignment {
	rank := make(map[access.RoleID]int, len(roles))
	for i := range roles {
		rank[roles[i].ID] = i - len(roles) // so that an unknown one has the greatest, 0
	}
	slices.SortStableFunc(all, func(a, b access.Assignment) int { return cmp.Compare(rank[a.Role], rank[b.Role]) })
	has := map[access.Subject]bool{}
	return slices.DeleteFunc(all, func(a access.Assignment) bool {
		keeps := a.Subject.Kind != access.MembershipKind || !has[a.Subject]
		has[a.Subject] = true
		return keeps
	})
}
