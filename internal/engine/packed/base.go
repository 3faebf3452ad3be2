// Package packed keeps what a realm grants in a few flat arrays of numbers: some
// thirty bytes a grant, and nothing in them for the garbage collector to follow.
// It knows subjects, resources and who holds what where, and decides nothing.
package packed

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// Base is a packed state. It never changes; a Builder makes the next one.
//
// Subjects and resources have numbers from 1 on; 0 is one that the Base does not
// have. A resource is a Node under the node of the path above it, and the root is
// above all. The texts that methods return keep the whole Base in memory.
type Base struct {
	key      [16]byte // of the digests
	subjects names    // tagged with their kinds
	nodes    names    // segments, tagged with the nodes above
	roles    []string // the role lists that rows name
	kinds    []Kind   // what registered resources are; the first is empty

	holds []holding // by subject
	rows  rows      // by subject, then by node
	in    []uint32  // by subject: what it is in
	has   lists     // by subject: what is in it

	on   lists    // by node: the subjects with rows there, each once
	up   []uint32 // by node, not of the last ones: the parent that is stored
	kind []uint32 // by node, likewise: of a registered resource one more than the index of its Kind; 0 for none
	kids lists    // by node, likewise: the registered resources whose stored parent it is

	known filter // of the documents in rows
}

// holding is what a check needs of a subject, in one place because that is what
// it waits for: each look at another array of a large realm is one at memory.
type holding struct {
	rows, in uint32 // where its rows and its places end, which begin where those of the subject before end
	state    uint32
}

// rows are columns. A row gives a subject roles on a node.
type rows struct {
	node  []uint32
	gives []uint32 // index of the role list, whether below the node only, index of the statement
	doc   []Digest
}

// Bounds of what a row can say.
const (
	statementBits = 9
	MaxStatements = 1 << statementBits
	maxLists      = 1 << (32 - 1 - statementBits)
)

// Rows are consecutive rows of one subject, in the order of their nodes.
type Rows struct{ From, To uint32 }

// Empty reports whether there is none.
func (r Rows) Empty() bool { return r.From >= r.To }

// Rows are those of a subject.
func (b *Base) Rows(subject uint32) Rows {
	if subject == 0 {
		return Rows{}
	}
	return Rows{b.holds[subject-1].rows, b.holds[subject].rows}
}

// few rows are looked at one by one.
const few = 16

// On are those of the rows that are on one node.
func (b *Base) On(rows Rows, node uint32) Rows {
	for rows.To-rows.From > few && b.rows.node[rows.From] < node { // To stays behind the last on the node or before
		if mid := rows.From + (rows.To-rows.From)/2; b.rows.node[mid] < node {
			rows.From = mid
		} else if b.rows.node[mid] > node {
			rows.To = mid
		} else {
			return b.around(rows, mid)
		}
	}
	for rows.From < rows.To && b.rows.node[rows.From] < node {
		rows.From++
	}
	to := rows.From
	for to < rows.To && b.rows.node[to] == node {
		to++
	}
	return Rows{rows.From, to}
}

// around are those of the rows that are on the node of one of them.
func (b *Base) around(rows Rows, mid uint32) Rows {
	from, to, node := mid, mid+1, b.rows.node[mid]
	for from > rows.From && b.rows.node[from-1] == node {
		from--
	}
	for to < rows.To && b.rows.node[to] == node {
		to++
	}
	return Rows{from, to}
}

// NodeOf is the node of a row.
func (b *Base) NodeOf(row uint32) uint32 { return b.rows.node[row] }

// Statement is the index of a row's statement in its document.
func (b *Base) Statement(row uint32) int { return int(b.rows.gives[row] & (MaxStatements - 1)) }

// Below reports whether a row is for what is below its node only.
func (b *Base) Below(row uint32) bool { return b.rows.gives[row]>>statementBits&1 != 0 }

// Roles is a row's role list, as Grant got it.
func (b *Base) Roles(row uint32) string { return b.roles[b.rows.gives[row]>>(statementBits+1)] }

// Doc stands for a row's document.
func (b *Base) Doc(row uint32) Digest { return b.rows.doc[row] }

// Digest stands for the document of a row. It has 96 bits of a hash that nobody
// outside can compute, so that two documents never share one.
type Digest [3]uint32

// Digest returns what stands for a document of the kind.
func (b *Base) Digest(kind byte, id string) Digest {
	var buf [128]byte
	sum := sha256.Sum256(append(append(append(buf[:0], b.key[:]...), kind), id...))
	var d Digest
	for i := range d {
		d[i] = binary.LittleEndian.Uint32(sum[4*i:])
	}
	return d
}

// Kind is what a registered resource is.
type Kind struct {
	Organization access.OrganizationID
	Type         access.ResourceTypeID
}

// lists are a list of numbers for each number.
type lists struct {
	end []uint32 // where the list ends, which begins where the one before ends
	all []uint32
}

func (l *lists) of(n uint32) []uint32 {
	if int(n) >= len(l.end) || n == 0 {
		return nil
	}
	return l.all[l.end[n-1]:l.end[n]]
}

// Root is the node that is above all others. Its name is one that no resource
// has: its tag is no node.
const (
	Root   = 1
	noNode = 0
)

// Empty returns a Base without anything.
func Empty() *Base {
	b := &Base{subjects: noNames(), nodes: noNames(), kinds: make([]Kind, 1)}
	_, _ = rand.Read(b.key[:]) // never fails
	nodes := b.nodes.extend(1)
	nodes.add(noNode, "")
	b.nodes = nodes.names
	b.holds = make([]holding, 1)
	return b
}

// Len is the number of rows, places of subjects in groups, memberships and
// registered resources.
func (b *Base) Len() int { return len(b.rows.node) + len(b.in) + len(b.kids.all) }

// Numbers of kinds, as tags of subjects.
var kinds = [...]access.SubjectKind{access.UserKind, access.ClientKind, access.GroupKind, access.MembershipKind}

// kindTag is the tag of subjects of the kind.
func kindTag(k access.SubjectKind) (tag uint32, ok bool) {
	switch k {
	case access.UserKind:
		return 0, true
	case access.ClientKind:
		return 1, true
	case access.GroupKind:
		return 2, true
	case access.MembershipKind:
		return 3, true
	}
	return 0, false
}

// Subject returns the number of a subject.
func (b *Base) Subject(s access.Subject) uint32 {
	if tag, ok := kindTag(s.Kind); ok {
		return b.subjects.find(tag, s.ID)
	}
	return 0
}

// SubjectKind is the kind of a subject.
func (b *Base) SubjectKind(n uint32) access.SubjectKind { return kinds[b.holds[n].state&stateKind] }

// SubjectAt returns the subject of a number.
func (b *Base) SubjectAt(n uint32) access.Subject {
	return access.Subject{Kind: kinds[b.subjects.entries[n].tag], ID: b.subjects.at(n)}
}

// Subjects is the greatest number of a subject.
func (b *Base) Subjects() uint32 { return b.subjects.last() }

// Holders are the subjects with rows on a node, each once.
func (b *Base) Holders(node uint32) []uint32 { return b.on.of(node) }

// Node returns the number of a resource in normal form without a "*".
func (b *Base) Node(uri access.ResourceURI) uint32 {
	n := uint32(Root)
	for rest := string(uri); rest != "" && n != 0; {
		var seg string
		seg, rest, _ = strings.Cut(rest, "/")
		n = b.nodes.find(n, seg)
	}
	return n
}

// Path appends the nodes on the way from the root to a resource, both included,
// as far as there are nodes, and reports whether there were all.
func (b *Base) Path(uri access.ResourceURI, found []uint32) (path []uint32, all bool) {
	n := uint32(Root)
	found = append(found, n)
	for rest := string(uri); rest != ""; {
		var seg string
		seg, rest, _ = strings.Cut(rest, "/")
		if n = b.nodes.find(n, seg); n == 0 {
			return found, false
		}
		found = append(found, n)
	}
	return found, true
}

// Above is the node of the path above; 0 above the root.
func (b *Base) Above(node uint32) uint32 { return b.nodes.entries[node].tag }

// URI returns the resource of a node, "" of the root.
func (b *Base) URI(node uint32) access.ResourceURI {
	if above := b.Above(node); above == Root || node == Root {
		return access.ResourceURI(b.nodes.at(node))
	}
	var buf [16]string
	segs := buf[:0]
	for n := node; n != Root; n = b.Above(n) {
		segs = append(segs, b.nodes.at(n))
	}
	slices.Reverse(segs)
	return access.ResourceURI(strings.Join(segs, "/"))
}

// Parent is the stored parent of a registered resource; 0 if it has none.
func (b *Base) Parent(node uint32) uint32 {
	if int(node) >= len(b.up) {
		return 0
	}
	return b.up[node]
}

// Registered returns what a registered resource is; false if it is none.
func (b *Base) Registered(node uint32) (Kind, bool) {
	if int(node) >= len(b.kind) || b.kind[node] == 0 {
		return Kind{}, false
	}
	return b.kinds[b.kind[node]-1], true
}

// Registerable is one more than the greatest number of a registered resource.
func (b *Base) Registerable() uint32 { return uint32(len(b.kind)) } //nolint:gosec // numbers are bounded

// Children are the registered resources whose stored parent the node is.
func (b *Base) Children(node uint32) []uint32 { return b.kids.of(node) }
