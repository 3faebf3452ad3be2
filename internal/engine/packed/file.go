package packed

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/reeve-authz/reeve/internal/access"
)

// The file is the arrays, one after the other, each behind its length, numbers in
// four bytes, the smallest first. What follows from others is left out: the hash
// tables, members, holders, children and the filter.

// Save writes the Base.
func (b *Base) Save(to io.Writer) error {
	w := &writer{to: bufio.NewWriterSize(to, 1<<18)}
	w.bytes(string(b.key[:]))
	for _, t := range []*names{&b.subjects, &b.nodes} {
		w.bytes(t.text)
		w.length(len(t.entries))
		for _, e := range t.entries {
			w.numbers([]uint32{e.end, e.tag})
		}
	}
	w.length(len(b.roles))
	for _, list := range b.roles {
		w.bytes(list)
	}
	w.length(len(b.kinds))
	for _, k := range b.kinds {
		w.bytes(string(k.Organization))
		w.bytes(string(k.Type))
	}
	w.length(len(b.rows.doc))
	for _, d := range b.rows.doc {
		w.numbers(d[:])
	}
	w.length(len(b.holds))
	for _, h := range b.holds {
		w.numbers([]uint32{h.rows, h.in, h.state})
	}
	for _, all := range [][]uint32{b.rows.node, b.rows.gives, b.in, b.up, b.kind} {
		w.length(len(all))
		w.numbers(all)
	}
	if w.err != nil {
		return w.err
	}
	return w.to.Flush()
}

// writer keeps its first error.
type writer struct {
	to  *bufio.Writer
	buf [8]byte
	err error
}

func (w *writer) put(p []byte) {
	if w.err == nil {
		_, w.err = w.to.Write(p)
	}
}

func (w *writer) numbers(all []uint32) {
	for _, n := range all {
		binary.LittleEndian.PutUint32(w.buf[:4], n)
		w.put(w.buf[:4])
	}
}

func (w *writer) length(n int) {
	binary.LittleEndian.PutUint64(w.buf[:], uint64(n)) //nolint:gosec // lengths are not negative
	w.put(w.buf[:])
}

func (w *writer) bytes(s string) {
	w.length(len(s))
	if w.err == nil {
		_, w.err = w.to.WriteString(s)
	}
}

// errDamaged meets a file that Save did not write so.
var errDamaged = errors.New("the packed state is damaged")

// Load reads what Save wrote. It fails, and does not panic, whatever is read; a
// file that was changed on purpose may still load, and decide otherwise, so
// callers keep a checksum.
func Load(from io.Reader) (*Base, error) {
	r := &reader{from: bufio.NewReaderSize(from, 1<<18)}
	b := &Base{}
	copy(b.key[:], r.bytes(len(b.key)))
	for _, t := range []*names{&b.subjects, &b.nodes} {
		*t = noNames()
		t.text = r.bytes(math.MaxUint32)
		t.entries = readAll(r, 8, func(p []byte) entry {
			return entry{binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint32(p[4:])}
		})
	}
	for n := r.length(maxLists); n > 0 && r.err == nil; n-- {
		b.roles = append(b.roles, r.bytes(math.MaxUint32))
	}
	for n := r.length(math.MaxUint32); n > 0 && r.err == nil; n-- {
		k := Kind{access.OrganizationID(r.bytes(math.MaxUint32)), access.ResourceTypeID(r.bytes(math.MaxUint32))}
		b.kinds = append(b.kinds, k)
	}
	b.rows.doc = readAll(r, 12, func(p []byte) Digest {
		return Digest{binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint32(p[4:]), binary.LittleEndian.Uint32(p[8:])}
	})
	b.holds = readAll(r, 12, func(p []byte) holding {
		return holding{binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint32(p[4:]), binary.LittleEndian.Uint32(p[8:])}
	})
	for _, all := range []*[]uint32{&b.rows.node, &b.rows.gives, &b.in, &b.up, &b.kind} {
		*all = readAll(r, 4, binary.LittleEndian.Uint32)
	}
	if r.err != nil {
		return nil, fmt.Errorf("reading the packed state: %w", r.err)
	}
	if !b.sound() {
		return nil, errDamaged
	}
	b.subjects.index(len(b.subjects.entries))
	b.nodes.index(len(b.nodes.entries))
	b.index()
	return b, nil
}

// reader keeps its first error, and returns nothing after it.
type reader struct {
	from *bufio.Reader
	buf  []byte
	err  error
}

// next returns so many bytes, which are good until the next call.
func (r *reader) next(n int) []byte {
	if r.err != nil {
		return nil
	}
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	_, r.err = io.ReadFull(r.from, r.buf[:n])
	if r.err != nil {
		return nil
	}
	return r.buf[:n]
}

func (r *reader) length(most int) int {
	p := r.next(8)
	if p == nil {
		return 0
	}
	n := binary.LittleEndian.Uint64(p)
	if n > uint64(most) { //nolint:gosec // callers give no negative bound
		r.err = errDamaged
		return 0
	}
	return int(n) //nolint:gosec // checked above
}

// piece is how much is read at a time, so that a length that is wrong does not
// take its memory.
const piece = 1 << 16

func (r *reader) bytes(most int) string {
	n := r.length(most)
	all := make([]byte, 0, min(n, piece))
	for n > 0 && r.err == nil {
		p := r.next(min(n, piece))
		all, n = append(all, p...), n-len(p)
	}
	return string(all)
}

// readAll reads a length and as many values of so many bytes.
func readAll[T any](r *reader, size int, value func([]byte) T) []T {
	n := r.length(math.MaxUint32)
	all := make([]T, 0, min(n, piece))
	for len(all) < n && r.err == nil {
		for p := r.next(min(n-len(all), piece/8) * size); len(p) > 0; p = p[size:] {
			all = append(all, value(p))
		}
	}
	return all
}

// sound reports whether all numbers are in their bounds, so that nothing that is
// asked later can go wrong.
func (b *Base) sound() bool {
	subjects, nodes := len(b.subjects.entries), len(b.nodes.entries)
	ok := b.subjects.sound() && b.nodes.sound() && len(b.kinds) > 0 && nodes > Root && b.nodes.entries[Root].tag == noNode &&
		len(b.holds) == subjects && len(b.up) <= nodes && len(b.kind) == len(b.up) &&
		len(b.rows.gives) == len(b.rows.node) && len(b.rows.doc) == len(b.rows.node) &&
		rising(b.holds, len(b.rows.node), func(h holding) uint32 { return h.rows }) &&
		rising(b.holds, len(b.in), func(h holding) uint32 { return h.in })
	if !ok || b.holds[0].state != 0 || len(b.up) > 0 && (b.up[0] != noNode || b.kind[0] != 0) {
		return false
	}
	someone := make([]bool, subjects) // is listed, by number
	for _, p := range b.in {
		in := int(Place(p).In())
		if in == 0 || in >= subjects {
			return false
		}
		someone[in] = someone[in] || !Place(p).Joined()
	}
	for n := 1; n < subjects; n++ {
		tag, state := b.subjects.entries[n].tag, b.holds[n].state
		ok = ok && int(tag) < len(kinds) && state&stateKind == tag && int(state>>stateBits) < len(b.kinds)
		isMembership := ok && kinds[tag] == access.MembershipKind && state&stateExists != 0
		ok = ok && (!isMembership || someone[n]) // its user
	}
	for n := Root + 1; n < nodes; n++ {
		tag := int(b.nodes.entries[n].tag)
		ok = ok && tag != noNode && tag < n // so that the way up ends
	}
	for i, node := range b.rows.node {
		ok = ok && node > 0 && int(node) < nodes && int(b.rows.gives[i]>>(statementBits+1)) < len(b.roles)
	}
	for n := range b.up {
		ok = ok && int(b.up[n]) < nodes && int(b.kind[n]) <= len(b.kinds)
	}
	return ok
}

func (t *names) sound() bool {
	return rising(t.entries, len(t.text), func(e entry) uint32 { return e.end })
}

// rising reports whether these are the ends of lists of so many elements.
func rising[T any](of []T, all int, end func(T) uint32) bool {
	before := uint32(0)
	for _, v := range of {
		if end(v) < before {
			return false
		}
		before = end(v)
	}
	return int(before) == all && len(of) > 0 && end(of[0]) == 0
}
