package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Group returns a group of the realm to who may read it or administers it.
func (s *Service) Group(ctx context.Context, c access.Caller, id access.GroupID) (access.Group, error) {
	g, err := readable(ctx, s, c, store.Groups, groupsArea, string(id), mayReadGroup)
	if err == nil && g.Organization != "" {
		return access.Group{}, errNoGroup(id)
	}
	return g, err
}

// Groups returns a page of the realm's groups that the caller may read and whose
// id or name contains the filter. It is a Forbidden or NotFound error if the caller
// may read none at all.
func (s *Service) Groups(ctx context.Context, c access.Caller, filter string, p Page) ([]access.Group, string, error) {
	ofRealm := store.ListQuery{Index: store.ByOrganization}
	return listReadableFrom(ctx, s, c, store.Groups, ofRealm, groupsArea, p, mayReadGroup, func(g *access.Group) bool {
		return matches(filter, string(g.ID), g.Name)
	})
}

func mayReadGroup(snap *engine.Snapshot, c access.Caller, g *access.Group) bool {
	return isAdmin(c, g.Admins) || may(snap, c, read, groupsArea, string(g.ID))
}

// CreateGroup makes a group; an empty id is chosen here. Without admins, the
// caller becomes its administrator. It is a Conflict error with the reason
// GroupExists if the id is taken.
//
// Records may name the id already, because they were written first or because a
// group of this id was deleted: the members then hold at once what those
// records give, and making the group takes the right to change it.
func (s *Service) CreateGroup(ctx context.Context, c access.Caller, g access.Group) (access.Group, error) {
	if g.ID == "" {
		g.ID = access.GroupID(s.newID("grp_"))
	}
	if g.Admins == nil {
		g.Admins = []access.Subject{c.Subject}
	}
	if err := g.Validate(); err != nil {
		return access.Group{}, err
	}
	err := s.update(ctx, c, action{"create", store.Groups.Kind, string(g.ID)}, func(w *write) error {
		if !may(w.snap, c, create, groupsArea, string(g.ID)) {
			return deny(w.snap, c)
		}
		if _, exists, err := find(w, store.Groups, string(g.ID)); err != nil {
			return err
		} else if exists {
			return access.Errorf(access.Conflict, "a group with the id %q exists already", g.ID).Because(access.GroupExists)
		}
		if named, err := isNamed(w, access.Subject{Kind: access.GroupKind, ID: string(g.ID)}); err != nil {
			return err
		} else if named && !may(w.snap, c, change, groupsArea, string(g.ID)) {
			return access.Errorf(access.Forbidden, "records or groups name the group %q already: making it takes the right to change it", g.ID)
		}
		g.Updated = s.now()
		return putGroup(w, &g)
	})
	return g, err
}

// isNamed reports whether a record or a group names the subject.
func isNamed(r store.Reader, subject access.Subject) (bool, error) {
	q := store.ListQuery{Index: store.BySubject, Value: subject.String(), Limit: 1}
	records, err := store.Records.List(r, q)
	if err != nil || len(records) > 0 {
		return len(records) > 0, err
	}
	groups, err := store.Groups.List(r, q)
	return len(groups) > 0, err
}

// GroupUpdate says how a group is replaced.
type GroupUpdate struct {
	When Unmodified
	// KeepGroups leaves the groups among the members as they are, for callers
	// whose dialect has no word for them.
	KeepGroups bool
}

// UpdateGroup replaces a group, for its administrators and who may update
// groups. It takes no authority beside that: whoever may change a group is
// trusted with everything that records give it. When g.Admins is nil, the
// administrators stay. It is a Conflict error with the reason LastOwner if
// nobody would own the realm.
func (s *Service) UpdateGroup(ctx context.Context, c access.Caller, g access.Group, how GroupUpdate) (access.Group, error) {
	if err := g.Validate(); err != nil {
		return access.Group{}, err
	}
	members, admins := g.Members, g.Admins
	err := s.update(ctx, c, action{"update", store.Groups.Kind, string(g.ID)}, func(w *write) error {
		old, err := changeableGroup(w, c, g.ID)
		if err != nil {
			return err
		}
		if err := how.When.check(old.Updated); err != nil {
			return err
		}
		g.Members, g.Admins = members, admins
		if how.KeepGroups {
			g.Members = append(slices.Clip(members), groupsIn(old.Members)...)
		}
		if g.Admins == nil {
			g.Admins = old.Admins
		}
		if err := g.Validate(); err != nil { // with what was kept
			return err
		}
		g.Updated = s.after(old.Updated)
		if err := putGroup(w, &g); err != nil {
			return err
		}
		return keepOwner(w)
	})
	return g, err
}

// DeleteGroup removes a group. Records that name it stay as they are and give
// nothing by it, unless somebody makes a group of this id again. It is a
// Conflict error with the reason LastOwner if nobody would own the realm.
func (s *Service) DeleteGroup(ctx context.Context, c access.Caller, id access.GroupID) error {
	return s.update(ctx, c, action{"delete", store.Groups.Kind, string(id)}, func(w *write) error {
		if _, err := changeableGroup(w, c, id); err != nil {
			return err
		}
		if err := remove(w, store.Groups, string(id)); err != nil {
			return err
		}
		return keepOwner(w)
	})
}

// changeableGroup returns a group of the realm that the caller may change.
func changeableGroup(w *write, c access.Caller, id access.GroupID) (access.Group, error) {
	g, exists, err := find(w, store.Groups, string(id))
	if err != nil {
		return access.Group{}, err
	}
	if !isAdmin(c, g.Admins) && !may(w.snap, c, change, groupsArea, string(id)) {
		return access.Group{}, deny(w.snap, c)
	}
	if !exists || g.Organization != "" {
		return access.Group{}, errNoGroup(id)
	}
	return g, nil
}

func errNoGroup(id access.GroupID) error {
	return access.Errorf(access.NotFound, "no group %q", id)
}

// maxNestedGroups bounds how many groups one group may contain, directly and
// through others: so many are read when it is written.
const maxNestedGroups = 1000

// putGroup writes a group. Every writer of groups calls it, and not put: it
// refuses a group that would contain itself, with a Conflict error that names
// the way around.
func putGroup(w *write, g *access.Group) error {
	if err := refuseCycle(w, g); err != nil {
		return err
	}
	return put(w, store.Groups, string(g.ID), g)
}

// refuseCycle looks at every group that g contains, each once. Circles that do
// not pass through g cannot be: their last writer was refused.
func refuseCycle(w *write, g *access.Group) error {
	self := access.Subject{Kind: access.GroupKind, ID: string(g.ID)}
	inside := map[access.Subject]access.Subject{} // by group, the group that contains it
	todo := enter(nil, inside, self, g.Members)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at == self {
			return access.Errorf(access.Conflict, "the group would contain itself: %s", way(inside, self))
		}
		if len(inside) > maxNestedGroups {
			return access.Errorf(access.TooLarge, "the group contains more than %d groups, directly and through others", maxNestedGroups)
		}
		doc, exists, err := find(w, store.Groups, at.ID)
		if err != nil {
			return err
		}
		if exists {
			todo = enter(todo, inside, at, doc.Members)
		}
	}
	return nil
}

// enter notes the groups among the members of a group that are not noted yet,
// and puts them before the rest of what is to be looked at.
func enter(todo []access.Subject, inside map[access.Subject]access.Subject, group access.Subject, members []access.Subject) []access.Subject {
	for _, m := range groupsIn(members) {
		if _, seen := inside[m]; !seen {
			inside[m] = group
			todo = append(todo, m)
		}
	}
	return todo
}

// way spells how the group leads to itself.
func way(inside map[access.Subject]access.Subject, self access.Subject) string {
	ids := []string{self.ID}
	for at := inside[self]; at != self; at = inside[at] {
		ids = append(ids, at.ID)
	}
	slices.Reverse(ids[1:])
	return strings.Join(append(ids, self.ID), " contains ")
}

// groupsIn are the groups among subjects.
func groupsIn(subjects []access.Subject) []access.Subject {
	var groups []access.Subject
	for _, s := range subjects {
		if s.Kind == access.GroupKind {
			groups = append(groups, s)
		}
	}
	return groups
}
