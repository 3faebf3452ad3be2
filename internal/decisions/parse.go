package decisions

import (
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// parser holds what lines before the current one began.
type parser struct {
	file   string
	line   int
	cases  []Case
	record *access.Record // which a line that begins with "and" continues; nil after other lines
	refuse bool           // that record
}

func (p *parser) read(line string) error {
	line, _, _ = strings.Cut(strings.TrimSpace(line), "# ")
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return nil
	}
	word, rest, _ := strings.Cut(line, " ")
	if word == "and" {
		return p.and(rest)
	}
	p.record = nil
	if word == "==" {
		p.cases = append(p.cases, Case{File: p.file, Line: p.line, Title: rest})
		return nil
	}
	if len(p.cases) == 0 {
		return errors.New("the file must begin with a title: == What is decided")
	}
	if p.refuse = word == "refuse"; p.refuse {
		word, rest, _ = strings.Cut(rest, " ")
	}
	switch {
	case word == "role":
		return p.role(rest)
	case word == "record":
		return p.newRecord(rest)
	case word == "group" && !p.refuse:
		return p.group(rest)
	case word == "public" && !p.refuse:
		return p.public(rest)
	case word == "membership" && !p.refuse:
		return p.membership(rest)
	case word == "resource" && !p.refuse:
		return p.resource(rest)
	case word == "move" && !p.refuse:
		return p.move(rest)
	case word == "assignment" && !p.refuse:
		return p.assignment(rest)
	case !p.refuse:
		return p.question(Kind(word), line, rest)
	}
	return fmt.Errorf("refuse stands before record or role, not before %q", word)
}

func (p *parser) current() *Case { return &p.cases[len(p.cases)-1] }

// role reads "reader: documents:read documents:write=allow,grant", where the id
// may be "org_x/reader", and a note (for document).
func (p *parser) role(text string) error {
	id, actions, notes := cutHead(text)
	r := &access.Role{ID: access.RoleID(id), Name: id}
	if org, _, ok := strings.Cut(id, "/"); ok {
		r.Organization = access.OrganizationID(org)
	}
	for _, note := range notes {
		typ, ok := strings.CutPrefix(note, "for ")
		if !ok {
			return fmt.Errorf("no note (%s): (for …)", note)
		}
		r.Type = access.ResourceTypeID(typ)
	}
	for _, a := range strings.Fields(actions) {
		perm, err := parsePermission(a)
		if err != nil {
			return err
		}
		r.Permissions = append(r.Permissions, perm)
	}
	c := p.current()
	if p.refuse {
		c.Refused = append(c.Refused, Refused{Line: p.line, Role: r})
		return nil
	}
	c.Roles = append(c.Roles, r)
	return r.Validate()
}

// parsePermission reads "documents:read", which allows, or
// "documents:read=allow,grant". After "=none" the action has no flag; after
// "=exact" it allows, and covers nothing below it.
func parsePermission(text string) (access.RolePermission, error) {
	action, flags, given := strings.Cut(text, "=")
	perm := access.RolePermission{Action: action, Allow: !given}
	for _, f := range strings.Split(flags, ",") {
		switch {
		case !given, f == "none":
		case f == "allow":
			perm.Allow = true
		case f == "grant":
			perm.Grant = true
		case f == "delegate":
			perm.Delegate = true
		case f == "exact":
			perm.Exact, perm.Allow = true, true
		default:
			return perm, fmt.Errorf("no flag %q: allow, grant, delegate, exact or none", f)
		}
	}
	return perm, nil
}

// group reads "grp_x: ana ben grp_y".
func (p *parser) group(text string) error {
	id, members, notes := cutHead(text)
	if id, org, ok := strings.Cut(id, " in "); ok {
		return p.organizationGroup(id, org, members)
	}
	g := &access.Group{ID: access.GroupID(id), Name: id}
	var err error
	for _, m := range strings.Fields(members) {
		sub, err := parseSubject(m)
		if err != nil {
			return err
		}
		g.Members = append(g.Members, sub)
	}
	for _, note := range notes {
		if g.Admins, err = parseAdmins(note); err != nil {
			return err
		}
	}
	c := p.current()
	c.Groups = append(c.Groups, g)
	return g.Validate()
}

// public reads "documents/1, docs/*".
func (p *parser) public(text string) error {
	for _, written := range strings.Split(text, ", ") {
		uri, err := access.ParseResourceURI(written)
		if err != nil {
			return err
		}
		c := p.current()
		c.Public = append(c.Public, uri)
	}
	return nil
}

// newRecord reads "r1: ana, grp_x are reader on documents/1", whose subjects
// are the statement's, or "r1 for ana, grp_x: reader on documents/1", whose
// subjects are the record's.
func (p *parser) newRecord(text string) error {
	head, statement, notes := cutHead(text)
	id, subjects, forAll := strings.Cut(head, " for ")
	r := &access.Record{ID: access.RecordID(id), Name: id, Status: access.RecordActive}
	var err error
	if forAll {
		if r.Subjects, err = parseSubjects(subjects); err != nil {
			return err
		}
	}
	for _, note := range notes {
		if note == "deleted" {
			r.Status = access.RecordDeleted
		} else if r.Admins, err = parseAdmins(note); err != nil {
			return err
		}
	}
	c := p.current()
	if p.refuse {
		c.Refused = append(c.Refused, Refused{Line: p.line, Record: r})
	} else {
		c.Records = append(c.Records, r)
	}
	p.record = r
	return p.statement(statement, forAll)
}

// and reads one more statement of the record that the lines before began.
func (p *parser) and(text string) error {
	if p.record == nil {
		return errors.New("and must follow a record")
	}
	return p.statement(text, len(p.record.Subjects) > 0)
}

// statement reads "ana, grp_x are reader, writer on documents/1, documents/2".
// Only in a record for somebody may the subjects be missing.
func (p *parser) statement(text string, forAll bool) error {
	who, what, ok := strings.Cut(text, " is ")
	if !ok {
		who, what, ok = strings.Cut(text, " are ")
	}
	var st access.Statement
	var err error
	switch {
	case ok:
		if st.Subjects, err = parseSubjects(who); err != nil {
			return err
		}
	case forAll:
		what = text
	default:
		return errors.New("a statement says who is which role on what")
	}
	roles, resources, ok := strings.Cut(what, " on ")
	if !ok {
		return errors.New("a statement says who is which role on what")
	}
	for _, id := range strings.Split(roles, ", ") {
		st.Roles = append(st.Roles, access.RoleID(id))
	}
	st.Resources = strings.Split(resources, ", ")
	p.record.Statements = append(p.record.Statements, st)
	if p.refuse {
		return nil
	}
	return p.record.Validate()
}

// cutHead cuts "name (note) (note): rest" in three. Names may contain colons,
// but no colon and space.
func cutHead(text string) (name, rest string, notes []string) {
	name, rest, ok := strings.Cut(text, ": ")
	if !ok {
		name = strings.TrimSuffix(name, ":")
	}
	name, inside, _ := strings.Cut(name, " (")
	for inside != "" {
		var note string
		note, inside, _ = strings.Cut(strings.TrimSuffix(inside, ")"), ") (")
		notes = append(notes, note)
	}
	return name, strings.TrimSpace(rest), notes
}

// parseAdmins reads "admins ana, ben".
func parseAdmins(note string) ([]access.Subject, error) {
	word, who, _ := strings.Cut(note, " ")
	if word != "admin" && word != "admins" {
		return nil, fmt.Errorf("no note (%s): (deleted) or (admins …)", note)
	}
	return parseSubjects(who)
}

// parseSubjects reads "ana, grp_x", or "nobody".
func parseSubjects(text string) ([]access.Subject, error) {
	if text == "nobody" {
		return nil, nil
	}
	var all []access.Subject
	for _, id := range strings.Split(text, ", ") {
		sub, err := parseSubject(id)
		if err != nil {
			return nil, err
		}
		all = append(all, sub)
	}
	return all, nil
}

// parseSubject tells groups and memberships by how their ids begin.
func parseSubject(id string) (access.Subject, error) {
	switch {
	case strings.HasPrefix(id, membershipPrefix):
		return access.Subject{Kind: access.MembershipKind, ID: id}, nil
	case strings.HasPrefix(id, organizationGroupPrefix):
		return access.Subject{Kind: access.GroupKind, ID: id}, nil
	case strings.HasPrefix(id, "grp_"):
		group, err := access.ParseGroupID(id)
		return access.Subject{Kind: access.GroupKind, ID: string(group)}, err
	}
	return access.ParseUser(id)
}
