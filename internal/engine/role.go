package engine

import (
	"slices"
	"strings"
	"unique"

	"github.com/reeve-authz/reeve/internal/access"
)

// role is a role made ready for questions.
type role struct {
	entries  []entry                            // sorted, each once, each with a flag; none that only a literal question asks for
	plain    map[access.Permission]access.Flags // shortest forms without a "*", and everything
	patterns []entry                            // shortest forms with a "*" inside
	exact    map[access.Permission]bool         // allowed, and nothing below; nil for none
}

type entry struct {
	held
	flags access.Flags
}

// held is what a role contains: an action and what that covers, or that action
// alone.
type held struct {
	action access.Permission
	exact  bool
}

// everything is the held action that covers all others.
const everything access.Permission = "*"

func compile(r *access.Role) *role {
	c := &role{plain: map[access.Permission]access.Flags{}}
	merged := map[held]access.Flags{}
	for _, p := range r.Permissions {
		flags := p.Flags()
		if p.Exact {
			flags &= access.Allow // Validate lets no other through
		}
		if action := p.Permission(); action != "" && flags != 0 {
			merged[held{action, p.Exact}] |= flags
		}
	}
	for h, flags := range merged {
		if !h.exact || !hasStar(h.action) {
			c.entries = append(c.entries, entry{h, flags})
		}
		switch short := shortest(h.action); {
		case h.exact && c.exact == nil:
			c.exact = map[access.Permission]bool{h.action: true}
		case h.exact:
			c.exact[h.action] = true
		case short == everything || !hasStar(short):
			c.plain[short] |= flags
		default:
			c.patterns = append(c.patterns, entry{held{action: short}, flags})
		}
	}
	slices.SortFunc(c.entries, func(a, b entry) int { return a.compare(b.held) })
	return c
}

func hasStar(p access.Permission) bool { return strings.Contains(string(p), "*") }

// compare orders by action, an exact one after the other.
func (h held) compare(with held) int {
	switch {
	case h.action != with.action:
		return strings.Compare(string(h.action), string(with.action))
	case h.exact == with.exact:
		return 0
	case with.exact:
		return -1
	}
	return 1
}

// shortest drops a final ":*" of a held action, and another before it: to hold
// "documents:*" is to hold "documents", and to hold "*:*" is to hold "*".
//
// Source: the Authress SDKs say that an action and the action with ":*" imply
// the same sub-actions. That the latter also implies the action itself is our
// reading.
func shortest(action access.Permission) access.Permission {
	for {
		short, ok := strings.CutSuffix(string(action), ":*")
		if !ok {
			return action
		}
		action = access.Permission(short)
	}
}

// flagsOf returns the flags of all entries that cover the permission. An
// action covers itself and every sub-action: "documents" covers
// "documents:read". A "*" in the permission asks for all actions, and only a
// "*" answers it, since no plain action has one. An exact entry covers its very
// action; with a "*" in that, only if the permission is literal, and so asks for
// no more. To the others a literal permission is like any.
//
// Source: the Authress SDKs' description of permissions; for exact entries,
// the WorkOS contract, where a slug is one word.
func (r *role) flagsOf(p access.Permission, literal bool) access.Flags {
	flags := r.plain[everything] | r.plain[p]
	if r.exact[p] && (literal || !hasStar(p)) {
		flags |= access.Allow
	}
	for i := 0; i < len(p); i++ {
		if p[i] == ':' {
			flags |= r.plain[p[:i]]
		}
	}
	for _, e := range r.patterns {
		if coversAction(string(e.action), string(p)) {
			flags |= e.flags
		}
	}
	return flags
}

// coversAction reports whether a held action with a "*" inside covers the
// asked one. A "*" stands for exactly one part.
//
// Source: Authress allows such actions without saying more; our reading.
func coversAction(held, asked string) bool {
	for {
		h, hRest, hMore := strings.Cut(held, ":")
		a, aRest, aMore := strings.Cut(asked, ":")
		if h != "*" && h != a {
			return false
		}
		if !hMore {
			return true
		}
		if !aMore {
			return false
		}
		held, asked = hRest, aRest
	}
}

// roleList is the roles of a statement, sorted, each once, joined by commas,
// which stand in no role id. Equal lists are kept once in memory.
type roleList string

// listOf leaves out what is no role id: nothing can be granted by it.
func listOf(ids []access.RoleID) roleList {
	var valid []string
	for _, id := range ids {
		if isRole(id) {
			valid = append(valid, string(id))
		}
	}
	slices.Sort(valid)
	return roleList(unique.Make(strings.Join(slices.Compact(valid), ",")).Value())
}

// isRole reports whether the id is that of a role of the realm or of an
// organization.
func isRole(id access.RoleID) bool {
	if org, slug, ok := strings.Cut(string(id), "/"); ok {
		_, badOrg := access.ParseOrganizationID(org)
		_, badSlug := access.ParseRoleID(slug)
		return badOrg == nil && badSlug == nil
	}
	_, err := access.ParseRoleID(string(id))
	return err == nil
}

// each calls visit for every role until it returns true, and reports whether
// it did.
func (l roleList) each(visit func(access.RoleID) bool) bool {
	for rest := string(l); rest != ""; {
		var id string
		id, rest, _ = strings.Cut(rest, ",")
		if visit(access.RoleID(id)) {
			return true
		}
	}
	return false
}
