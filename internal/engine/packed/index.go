package packed

import (
	"iter"
	"strings"
)

// index makes all that follows from the rows, the places and the stored parents.
func (b *Base) index() {
	b.indexMembers()
	b.indexHolders()
	b.indexChildren()
	b.indexDocuments()
}

// ends turns, in place, the lengths of lists into where they end.
func ends(lengths []uint32) (total uint32) {
	for n, length := range lengths {
		total += length
		lengths[n] = total
	}
	return total
}

// fill makes lists out of pairs, which each must call its argument with twice in
// the same order. The numbers go up to last.
func fill(last uint32, each func(put func(n, value uint32))) lists {
	l := lists{end: make([]uint32, last+1)}
	each(func(n, _ uint32) { l.end[n]++ })
	l.all = make([]uint32, ends(l.end))
	next := make([]uint32, last+1) // where each list goes on
	copy(next[1:], l.end)
	each(func(n, value uint32) {
		l.all[next[n]] = value
		next[n]++
	})
	return l
}

func (b *Base) indexMembers() {
	b.has = fill(b.subjects.last(), func(put func(n, value uint32)) {
		for n := uint32(1); n <= b.subjects.last(); n++ {
			for _, p := range b.Places(n) {
				put(p.In(), uint32(placeIn(n, p.Joined())))
			}
		}
	})
}

func (b *Base) indexHolders() {
	b.on = fill(b.nodes.last(), func(put func(n, value uint32)) {
		for n := uint32(1); n <= b.subjects.last(); n++ {
			before := uint32(noNode)
			for i, to := b.Rows(n).From, b.Rows(n).To; i < to; i++ {
				if node := b.rows.node[i]; node != before {
					put(node, n)
					before = node
				}
			}
		}
	})
}

func (b *Base) indexChildren() {
	last := uint32(0)
	for _, up := range b.up {
		last = max(last, up)
	}
	b.kids = fill(last, func(put func(n, value uint32)) {
		for n, up := range b.up {
			if up != noNode {
				put(up, uint32(n)) //nolint:gosec // numbers are bounded
			}
		}
	})
}

func (b *Base) indexDocuments() {
	b.known = newFilter(len(b.rows.doc))
	for _, d := range b.rows.doc {
		b.known.add(d)
	}
}

// names is how many there are.
func (b *Base) names() int { return len(b.subjects.entries) + len(b.nodes.entries) }

// used marks the names that something needs, by number.
func (b *Base) used() (subjects, nodes []bool) {
	subjects, nodes = make([]bool, b.subjects.last()+1), make([]bool, b.nodes.last()+1)
	nodes[Root] = true
	for n := range subjects {
		n := uint32(n) //nolint:gosec // numbers are bounded
		if n == 0 {
			continue
		}
		subjects[n] = subjects[n] || !b.Rows(n).Empty() || b.Exists(n)
		for _, p := range b.Places(n) {
			subjects[n], subjects[p.In()] = true, true
		}
	}
	for n := range nodes {
		n := uint32(n) //nolint:gosec // numbers are bounded
		if _, ok := b.Registered(n); n != 0 && (ok || len(b.Holders(n)) > 0 || len(b.Children(n)) > 0) {
			for at := n; at != noNode && !nodes[at]; at = b.Above(at) {
				nodes[at] = true
			}
		}
	}
	return subjects, nodes
}

// usedValues marks the role lists and the kinds that something needs, by index.
func (b *Base) usedValues() (roles, kinds []bool) {
	roles, kinds = make([]bool, len(b.roles)), make([]bool, len(b.kinds))
	for _, gives := range b.rows.gives {
		roles[gives>>(statementBits+1)] = true
	}
	for _, h := range b.holds {
		kinds[h.state>>stateBits] = true
	}
	for _, kind := range b.kind {
		if kind != 0 {
			kinds[kind-1] = true
		}
	}
	return roles, kinds
}

// wasteful reports whether nothing needs a good part of the names, or of the
// values that rows and states name.
func (b *Base) wasteful() bool {
	subjects, nodes := b.used()
	roles, kinds := b.usedValues()
	return much(unused(subjects[1:])+unused(nodes[1:]), b.names()) ||
		much(unused(roles), len(roles)) || much(unused(kinds), len(kinds))
}

func much(unused, of int) bool { return unused > of/4+16 }

func unused(used []bool) (n int) {
	for _, u := range used {
		if !u {
			n++
		}
	}
	return n
}

// segments are those of a resource in normal form.
func segments(uri string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for uri != "" {
			var seg string
			seg, uri, _ = strings.Cut(uri, "/")
			if !yield(seg) {
				return
			}
		}
	}
}
