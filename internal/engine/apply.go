package engine

import (
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
)

// statement is a statement of an active record, or an assignment, made ready:
// subjects of the record and its own in one, resources in normal form, each
// once.
type statement struct {
	source    *source
	roles     roleList
	subjects  []access.Subject
	resources []access.ResourceURI
	crowd     []access.Subject // one, for a wide statement; else empty
}

// crowdKind is the kind of a crowd: the subjects of one wide statement as if
// they were a group, so that a record costs memory for its subjects and its
// resources, and not for every pair of them. A check looks at each crowd that
// the subject is in, so only wide statements have one, and none that has few
// resources: records with one resource and many users are many.
const crowdKind access.SubjectKind = "crowd"

// Apply returns the snapshot after the changes of one or more commits, the
// last of them rev. The old snapshot stays as it is, and the two share what did
// not change. Documents of kinds that grant nothing are ignored.
//
// It panics if a change holds a document of another type than its id says.
func (s *Snapshot) Apply(rev access.Revision, changes []access.Change) *Snapshot {
	next := *s
	next.revision = rev
	e := newEdit(&next)
	for _, c := range changes {
		switch id := c.ID.(type) {
		case access.RoleID:
			e.putRole(id, document[access.Role](c))
		case access.GroupID:
			e.putGroup(id, document[access.Group](c))
		case access.GroupMemberID:
			e.putGroupMember(id, document[access.GroupMember](c))
		case access.MembershipID:
			e.putMembership(id, document[access.Membership](c))
		case access.ResourceID:
			e.putResource(id, document[access.Resource](c))
		case access.RecordID:
			e.putRecord(id, document[access.Record](c))
		case access.AssignmentID:
			e.putAssignment(id, document[access.Assignment](c))
		case access.ResourceURI:
			e.putSettings(id, document[access.ResourceSettings](c))
		case access.RealmID:
			e.putRealm(document[access.Realm](c))
		}
	}
	e.finish()
	return &next
}

// finish puts what was copied into the snapshot.
func (e *edit) finish() {
	next := e.next
	for who, h := range e.holders {
		if len(h.groups) == 0 && h.statements == 0 && h.grants == nil {
			next.holders.remove(who)
		} else {
			next.holders.set(who, h)
		}
	}
	for uri, by := range e.named {
		if len(by) == 0 {
			next.named = next.named.Delete(uri)
		} else {
			next.named = next.named.Set(uri, by)
		}
	}
}

// document is nil for a deleted one. A document of the wrong type must not
// pass for a deleted one.
func document[T any](c access.Change) *T {
	if c.Document == nil {
		return nil
	}
	return c.Document.(*T)
}

// edit is an Apply at work.
type edit struct {
	next    *Snapshot
	owner   *owner
	holders map[subject]*holder              // copies, to be put into next at the end
	named   map[access.ResourceURI][]*source // likewise
}

func newEdit(next *Snapshot) *edit {
	return &edit{
		next: next, owner: new(owner),
		holders: map[subject]*holder{}, named: map[access.ResourceURI][]*source{},
	}
}

// Kinds of documents in the base, for their digests.
const (
	recordKind     = 'r'
	assignmentKind = 'a'
)

// replaceInBase ends what a document gives by the base.
func (e *edit) replaceInBase(kind byte, id string) {
	if d := e.next.base.Digest(kind, id); e.next.base.May(d) {
		e.next.replaced = e.next.replaced.Set(d, struct{}{})
	}
}

// putRole replaces a role. Nobody can replace a built-in one.
func (e *edit) putRole(id access.RoleID, doc *access.Role) {
	switch {
	case id.Reserved(), id == publicRole:
	case doc == nil:
		e.next.roles = e.next.roles.Delete(id)
	default:
		e.next.roles = e.next.roles.Set(id, compile(doc))
	}
}

func (e *edit) putRealm(doc *access.Realm) {
	var more []access.Permission
	if doc != nil {
		more = doc.PublicPermissions
	}
	e.next.roles = e.next.roles.Set(publicRole, publicPermissions(more))
}

// putSettings makes a resource public, or not public any more. The resource is
// read as a grant: "documents/*" makes public what is below documents.
func (e *edit) putSettings(id access.ResourceURI, doc *access.ResourceSettings) {
	uri, err := access.ParseResourceURI(string(id))
	if err != nil || uri != id { // a grant on it might not mean the same
		return
	}
	path, below := pathTo(uri)
	was, is := len(e.next.public.grants.at(path, below)) > 0, doc != nil && doc.Public
	switch grants := e.next.public.grants; {
	case is && !was:
		e.next.public = &holder{grants: e.owner.add(grants, path, below, publicRoles, publicSource)}
	case was && !is:
		e.next.public = &holder{grants: e.owner.remove(grants, path, below, publicRoles, publicSource)}
	}
}

var (
	publicRoles  = roleList(publicRole)
	publicSource = &source{} // one for all: each resource is public once
)

// putRecord replaces what a record gives, statement by statement, so that an
// edit costs what it changes. Source: a record grants only while its status is
// ACTIVE.
func (e *edit) putRecord(id access.RecordID, doc *access.Record) {
	old, outside := e.next.records.Get(id)
	if !outside {
		e.replaceInBase(recordKind, string(id))
	}
	fresh := e.next.prepareRecord(id, doc)
	for i := range max(len(old), len(fresh)) {
		var was, is statement
		if i < len(old) {
			was = old[i]
		}
		if i < len(fresh) {
			is = fresh[i]
		}
		e.replace(&was, &is)
		if i < len(fresh) {
			fresh[i] = is
		}
	}
	if len(fresh) == 0 {
		e.next.records = e.next.records.Delete(id)
	} else {
		e.next.records = e.next.records.Set(id, fresh)
	}
}

// giveRecord gives what a record gives that neither the base nor the maps have.
func (e *edit) giveRecord(id access.RecordID, statements []statement) {
	for i := range statements {
		e.replace(&statement{}, &statements[i])
	}
	e.next.records = e.next.records.Set(id, statements)
}

// prepareRecord makes the statements of a record ready, those that it has while it
// is active; a nil record has none.
func (s *Snapshot) prepareRecord(id access.RecordID, doc *access.Record) []statement {
	if doc == nil || doc.Status != access.RecordActive {
		return nil
	}
	ready := make([]statement, len(doc.Statements))
	for i := range ready {
		ready[i] = s.prepare(id, doc, i)
	}
	return ready
}

func (s *Snapshot) prepare(id access.RecordID, doc *access.Record, i int) statement {
	st := &doc.Statements[i]
	var uris []access.ResourceURI
	for _, r := range st.Resources {
		if uri, err := access.ParseResourceURI(r); err == nil { // Validate lets no other through
			uris = append(uris, uri)
		}
	}
	is := statement{
		source:    &source{id: string(id), statement: i},
		roles:     listOf(st.Roles),
		subjects:  distinct(slices.Concat(doc.Subjects, st.Subjects)),
		resources: distinct(uris),
	}
	if len(is.resources) > s.long && len(is.subjects)*len(is.resources) > s.wide {
		is.crowd = []access.Subject{{Kind: crowdKind, ID: fmt.Sprintf("%s %d", id, i)}} // ids have no space
	}
	return is
}

// replace takes what was given and not is, and gives what is and was not.
func (e *edit) replace(was, is *statement) {
	var stay []access.Subject // in both, and so keep the grants that are in both
	if was.source != nil && is.source != nil && was.roles == is.roles && len(was.crowd) == len(is.crowd) {
		is.source = was.source
		stay = minus(is.subjects, minus(is.subjects, was.subjects))
	}
	e.index(was, is)
	gone, come := minus(was.subjects, stay), minus(is.subjects, stay)
	for _, sub := range gone {
		e.holder(sub).statements--
	}
	for _, sub := range come {
		e.holder(sub).statements++
	}
	for _, crowd := range was.crowd {
		for _, sub := range gone {
			e.exit(crowd, sub)
		}
	}
	for _, crowd := range is.crowd {
		for _, sub := range come {
			e.enter(crowd, sub)
		}
	}
	if is.source != was.source { // nothing stays
		e.change(was, was.holders(gone), was.resources, e.owner.remove)
		e.change(is, is.holders(come), is.resources, e.owner.add)
		return
	}
	if len(is.crowd) > 0 { // who holds the grants stays, whoever comes and goes
		gone, stay, come = nil, is.crowd, nil
	}
	e.change(was, gone, was.resources, e.owner.remove)
	e.change(was, stay, minus(was.resources, is.resources), e.owner.remove)
	e.change(is, stay, minus(is.resources, was.resources), e.owner.add)
	e.change(is, come, is.resources, e.owner.add)
}

// index notes which resources the statement names now. Only the statement's
// place counts there, and that is the same whatever it gives to whom.
func (e *edit) index(was, is *statement) {
	for _, uri := range minus(was.resources, is.resources) {
		e.named[uri] = slices.DeleteFunc(e.naming(uri), func(src *source) bool { return *src == *was.source })
	}
	for _, uri := range minus(is.resources, was.resources) {
		e.named[uri] = append(e.naming(uri), is.source)
	}
	gone, come := was.resources, is.resources
	if was.source == is.source {
		gone, come = minus(was.resources, is.resources), minus(is.resources, was.resources)
	}
	e.next.patterns = e.changePatterns(e.next.patterns, was, gone, e.owner.remove)
	e.next.patterns = e.changePatterns(e.next.patterns, is, come, e.owner.add)
}

// changePatterns adds to or removes from a trie the statement's grants on those of
// the resources that are patterns.
func (e *edit) changePatterns(patterns *node, st *statement, uris []access.ResourceURI,
	how func(*node, []step, bool, roleList, *source) *node) *node {
	for _, uri := range uris {
		if isPattern(uri) {
			path, below := pathTo(uri)
			patterns = how(patterns, path, below, st.roles, st.source)
		}
	}
	return patterns
}

// naming returns the statements that name the resource, in a slice that this
// edit may change.
func (e *edit) naming(uri access.ResourceURI) []*source {
	by, ok := e.named[uri]
	if !ok {
		by, _ = e.next.named.Get(uri)
		by = slices.Clone(by)
	}
	return by
}

// holders are those whose tries hold the statement's grants.
func (st *statement) holders(subs []access.Subject) []access.Subject {
	if len(st.crowd) > 0 {
		return st.crowd
	}
	return subs
}

// change adds to or removes from the trie of each subject the statement's
// grants on the resources.
func (e *edit) change(st *statement, subs []access.Subject, uris []access.ResourceURI,
	how func(*node, []step, bool, roleList, *source) *node) {
	if len(subs) == 0 {
		return
	}
	for _, uri := range uris {
		path, below := pathTo(uri)
		for _, sub := range subs {
			h := e.holder(sub)
			h.grants = how(h.grants, path, below, st.roles, st.source)
		}
	}
}

// holder returns the subject's holder, which this edit may change.
func (e *edit) holder(sub access.Subject) *holder {
	who := e.next.subject(sub)
	if h, ok := e.holders[who]; ok {
		return h
	}
	h := &holder{}
	if old, ok := e.next.holders.get(who); ok {
		*h = *old
		h.groups = slices.Clone(old.groups)
	}
	e.holders[who] = h
	return h
}

// minus returns the elements of a that are not in b, in a's order.
func minus[T comparable](a, b []T) []T {
	if len(a) == 0 || len(b) == 0 {
		return a
	}
	in := setOf(b)
	var left []T
	for _, v := range a {
		if !in[v] {
			left = append(left, v)
		}
	}
	return left
}

// distinct returns the elements of a, each once, in a slice of its own.
func distinct[T comparable](a []T) []T {
	if len(a) < 2 {
		return slices.Clone(a)
	}
	seen := make(map[T]bool, len(a))
	var once []T
	for _, v := range a {
		if !seen[v] {
			seen[v] = true
			once = append(once, v)
		}
	}
	return once
}

func setOf[T comparable](a []T) map[T]bool {
	set := make(map[T]bool, len(a))
	for _, v := range a {
		set[v] = true
	}
	return set
}
