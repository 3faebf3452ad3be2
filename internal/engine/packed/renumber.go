package packed

// renumber returns the same Base without the names that nothing needs. Numbers
// keep their order, and so do rows and places.
func (b *Base) renumber() *Base {
	subjects, nodes := b.used()
	s, newSubjects := b.subjects.keep(subjects, nil)
	n, newNodes := b.nodes.keep(nodes, func(tag uint32, to []uint32) uint32 { return to[tag] })
	roles, kinds := internerOf[string](nil), internerOf(b.kinds[:1])
	next := &Base{key: b.key, subjects: s, nodes: n, rows: b.rows}
	for i := range next.rows {
		r := &next.rows[i]
		r.Node = newNodes[r.Node]
		r.gives = roles.add(b.Roles(r))<<(statementBits+1) | r.gives&(1<<(statementBits+1)-1)
	}
	next.rowAt = move(b.rowAt, subjects)
	next.in = lists{end: move(b.in.end, subjects), all: b.in.all}
	for i, p := range next.in.all {
		next.in.all[i] = uint32(placeIn(newSubjects[Place(p).In()], Place(p).Joined()))
	}
	next.state = move(b.state, subjects)
	for i, state := range next.state {
		next.state[i] = kinds.add(b.kinds[state>>stateBits])<<stateBits | state&(1<<stateBits-1)
	}
	next.kind = move(b.kind, nodes[:len(b.kind)])
	next.up = move(b.up, nodes[:len(b.up)])
	for i, up := range next.up {
		next.up[i] = newNodes[up]
		if kind := next.kind[i]; kind != 0 {
			next.kind[i] = kinds.add(b.kinds[kind-1]) + 1
		}
	}
	next.roles, next.kinds = roles.all, kinds.all
	next.index()
	return next
}

// keep returns the names that are used and, by old number, the new ones.
func (t *names) keep(used []bool, tagOf func(tag uint32, to []uint32) uint32) (names, []uint32) {
	kept := noNames()
	into := kept.extend(len(used))
	to := make([]uint32, len(used))
	for n := uint32(1); n <= t.last(); n++ {
		if !used[n] {
			continue
		}
		tag := t.entries[n].tag
		if tagOf != nil {
			tag = tagOf(tag, to)
		}
		to[n] = into.add(tag, t.at(n))
	}
	return into.done(), to
}

// move keeps the values of what is used; the first is nobody's and stays.
func move(values []uint32, used []bool) []uint32 {
	var kept []uint32
	for n, v := range values {
		if n == 0 || used[n] {
			kept = append(kept, v)
		}
	}
	return kept
}
