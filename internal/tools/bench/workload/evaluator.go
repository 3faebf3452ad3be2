package workload

import "slices"

// Evaluator answers questions about the lines that it was given, by walking
// them: slow, and easily seen to be right.
type Evaluator struct {
	roles   map[string][]string // permissions
	parents map[string]string   // of resources; "" for those without
	groups  map[string][]string // that a subject is in directly
	grants  map[string][]Line   // assignments of a subject
}

// NewEvaluator returns one that knows nothing.
func NewEvaluator() *Evaluator {
	return &Evaluator{map[string][]string{}, map[string]string{}, map[string][]string{}, map[string][]Line{}}
}

// Add takes a line of data.jsonl.
func (e *Evaluator) Add(l Line) {
	switch l.T {
	case "role":
		e.roles[l.ID] = l.Permissions
	case "resource":
		e.parents[l.ID] = l.Parent
	case "member":
		e.groups[l.Subject] = append(e.groups[l.Subject], l.Group)
	case "assign":
		e.grants[l.Subject] = append(e.grants[l.Subject], l)
	}
}

// Allowed reports whether the user, or a group that it is in by whatever way,
// has a role with the permission on the resource or above it.
func (e *Evaluator) Allowed(user, permission, resource string) bool {
	reach := []string{user} // grows while it is walked
	for i := 0; i < len(reach); i++ {
		for _, grant := range e.grants[reach[i]] {
			if slices.Contains(e.roles[grant.Role], permission) && e.under(resource, grant.Resource) {
				return true
			}
		}
		for _, group := range e.groups[reach[i]] {
			if !slices.Contains(reach, group) {
				reach = append(reach, group)
			}
		}
	}
	return false
}

func (e *Evaluator) under(resource, top string) bool {
	for resource != "" && resource != top {
		resource = e.parents[resource]
	}
	return resource == top
}

// Resources are those of the list on which the user has the permission.
func (e *Evaluator) Resources(user, permission string, of []string) (held []string) {
	for _, resource := range of {
		if e.Allowed(user, permission, resource) {
			held = append(held, resource)
		}
	}
	return held
}

// Users are those of the list who have the permission on the resource.
func (e *Evaluator) Users(permission, resource string, of []string) (holders []string) {
	for _, user := range of {
		if e.Allowed(user, permission, resource) {
			holders = append(holders, user)
		}
	}
	return holders
}
