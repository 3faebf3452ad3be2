package packed

// renumber returns the same Base without the names that nothing needs. Numbers
// keep their order, and so do rows and places.
func (b *Base) renumber() *Base {
	subjects, nodes := b.used()
	s, newSubjects := b.subjects.keep(subjects, nil)
	n, newNodes := b.nodes.keep(nodes, func(tag uint32, to []uint32) uint32 { return to[tag] })
	roles, kinds := internerOf[string](nil), internerOf(b.kinds[:1])
	next := &Base{key: b.key, subjects: s, nodes: n, rows: b.rows}
	for i, gives := range next.rows.gives {
		next.rows.node[i] = newNodes[next.rows.node[i]]
		next.rows.gives[i] = roles.add(b.Roles(uint32(i)))<<(statementBits+1) | gives&(1<<(statementBits+1)-1) //nolint:gosec // numbers of rows fit
	}
	next.in = b.in
	for i, p := range next.in {
		next.in[i] = uint32(placeIn(newSubjects[Place(p).In()], Place(p).Joined()))
	}
	next.holds = move(b.holds, subjects)
	for i := range next.holds {
		state := &next.holds[i].state
		*state = kinds.add(b.kinds[*state>>stateBits])<<stateBits | *state&(1<<stateBits-1)
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
func move[T any](values []T, used []bool) []T {
	var kept []T
	for n, v := range values {
		if n == 0 || used[n] {
			kept = append(kept, v)
		}
	}
	return kept
}
