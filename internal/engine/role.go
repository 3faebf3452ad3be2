package engine

import (
	"slices"
	"strings"
	"unique"

	"github.com/reeve-authz/reeve/internal/access"
)

// role is a role made ready for questions.
type role struct {
	entries  []entry                            // one an action, sorted; each has a flag
	plain    map[access.Permission]access.Flags // shortest forms without a "*", and everything
	patterns []entry                            // shortest forms with a "*" inside
}

type entry struct {
	action access.Permission
	flags  access.Flags
}

// everything is the held action that covers all others.
const everything access.Permission = "*"

func compile(r *access.Role) *role {
	c := &role{plain: map[access.Permission]access.Flags{}}
	merged := map[access.Permission]access.Flags{}
	for _, p := range r.Permissions {
		if action, flags := p.Permission(), p.Flags(); action != "" && flags != 0 {
			merged[action] |= flags
		}
	}
	for action, flags := range merged {
		c.entries = append(c.entries, entry{action, flags})
		if short := shortest(action); short == everything || !strings.Contains(string(short), "*") {
			c.plain[short] |= flags
		} else {
			c.patterns = append(c.patterns, entry{short, flags})
		}
	}
	slices.SortFunc(c.entries, func(a, b entry) int { return strings.Compare(string(a.action), string(b.action)) })
	return c
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
// "*" answers it, since no plain action has one.
//
// Source: the Authress SDKs' description of permissions.
func (r *role) flagsOf(p access.Permission) access.Flags {
	flags := r.plain[everything] | r.plain[p]
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
type roleList struct{ joined unique.Handle[string] }

// listOf leaves out what is no role id: nothing can be granted by it.
func listOf(ids []access.RoleID) roleList {
	var valid []string
	for _, id := range ids {
		if _, err := access.ParseRoleID(string(id)); err == nil {
			valid = append(valid, string(id))
		}
	}
	slices.Sort(valid)
	return roleList{unique.Make(strings.Join(slices.Compact(valid), ","))}
}

func (l roleList) empty() bool { return l.joined.Value() == "" }

// each calls visit for every role until it returns true, and reports whether
// it did.
func (l roleList) each(visit func(access.RoleID) bool) bool {
	for rest := l.joined.Value(); rest != ""; {
		var id string
		id, rest, _ = strings.Cut(rest, ",")
		if visit(access.RoleID(id)) {
			return true
		}
	}
	return false
}
