package engine

import "github.com/reeve-authz/reeve/internal/access"

// assignment is an assignment made ready. There are many, so that it keeps no
// lists; statement makes them when they are needed.
type assignment struct {
	source   *source
	subject  access.Subject
	roles    roleList
	resource access.ResourceURI // empty if it is none
}

// putAssignment replaces what an assignment gives: what a record would that has
// the one statement.
func (e *edit) putAssignment(id access.AssignmentID, doc *access.Assignment) {
	old, outside := e.next.assignments.Get(id)
	if !outside {
		e.replaceInBase(assignmentKind, string(id))
	}
	var fresh *assignment
	if doc != nil {
		fresh = prepareAssignment(id, doc)
	}
	was, is := old.statement(), fresh.statement()
	e.replace(&was, &is)
	if fresh == nil {
		e.next.assignments = e.next.assignments.Delete(id)
	} else {
		fresh.source = is.source
		e.next.assignments = e.next.assignments.Set(id, fresh)
	}
}

func prepareAssignment(id access.AssignmentID, doc *access.Assignment) *assignment {
	uri, _ := access.ParseResourceURI(string(doc.Resource))
	return &assignment{
		source:  &source{id: string(id), statement: ofAssignment},
		subject: doc.Subject, roles: listOf([]access.RoleID{doc.Role}), resource: uri,
	}
}

// statement is the assignment as a statement, zero for none.
func (a *assignment) statement() statement {
	if a == nil {
		return statement{}
	}
	st := statement{source: a.source, roles: a.roles, subjects: []access.Subject{a.subject}}
	if a.resource != "" {
		st.resources = []access.ResourceURI{a.resource}
	}
	return st
}

// giveAssignment gives what an assignment gives that neither the base nor the maps
// have.
func (e *edit) giveAssignment(id access.AssignmentID, a *assignment) {
	st := a.statement()
	e.replace(&statement{}, &st)
	e.next.assignments = e.next.assignments.Set(id, a)
}
