package packed

import (
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// names numbers texts: 1, 2, 3 in the order in which they came. A tag sets equal
// texts apart.
type names struct {
	text    string       // all of them, one after the other
	entries []entry      // by number; the first is nobody's
	slots   []uint32     // by hash: a number, and above its bits as much of the hash as there is room for; 0 for none
	seed    maphash.Seed // makes it impossible to choose names whose hashes collide
}

// entry is where a name's text ends, which begins where the one before ends, and
// its tag.
type entry struct{ end, tag uint32 }

func noNames() names {
	t := names{entries: make([]entry, 1), seed: maphash.MakeSeed()}
	t.index(4)
	return t
}

// last is the greatest number, and how many names there are.
func (t *names) last() uint32 { return uint32(len(t.entries) - 1) } //nolint:gosec // add keeps it in bounds

// at returns the text of a number. It keeps all texts in memory.
func (t *names) at(n uint32) string { return t.text[t.entries[n-1].end:t.entries[n].end] }

// find returns the number of a name, 0 if it has none. What costs is to look at
// entries and texts, so that the hash in the slot rules out most others first.
func (t *names) find(tag uint32, text string) uint32 {
	h, mask, bits := t.hash(tag, text), uint64(len(t.slots)-1), t.bits()
	for i := h; ; i++ {
		slot := t.slots[i&mask]
		if slot == 0 {
			return 0
		}
		if uint64(slot>>bits) != h>>(32+bits) {
			continue
		}
		if n := slot & uint32(mask); t.entries[n].tag == tag && t.at(n) == text { //nolint:gosec // there are at most 2^31 slots
			return n
		}
	}
}

// guess is what find returns of most names that there are, without a look at
// entries or texts; else any other number that there is, or 0.
func (t *names) guess(tag uint32, text string) uint32 {
	h, mask, bits := t.hash(tag, text), uint64(len(t.slots)-1), t.bits()
	for i := h; ; i++ {
		slot := t.slots[i&mask]
		if slot == 0 || uint64(slot>>bits) == h>>(32+bits) {
			return slot & uint32(mask) //nolint:gosec // there are at most 2^31 slots
		}
	}
}

// first is the first byte of a name; 0 of none.
func (t *names) first(n uint32) uint32 {
	if n == 0 || t.entries[n-1].end == t.entries[n].end {
		return 0
	}
	return uint32(t.text[t.entries[n-1].end])
}

// bits is how many bits of a slot its number has: there are fewer numbers than
// slots.
func (t *names) bits() int { return bits.TrailingZeros(uint(len(t.slots))) }

func (t *names) hash(tag uint32, text string) uint64 {
	const spread = 0x9e3779b97f4a7c15 // odd, so that neighbouring tags fall far apart
	return maphash.String(t.seed, text) ^ uint64(tag)*spread
}

// slot puts a number where find looks for it. At least a third of the slots stay
// free.
func (t *names) slot(n uint32) {
	h, mask := t.hash(t.entries[n].tag, t.at(n)), uint64(len(t.slots)-1)
	i := h
	for t.slots[i&mask] != 0 {
		i++
	}
	t.slots[i&mask] = uint32(h>>(32+t.bits()))<<t.bits() | n //nolint:gosec // as many bits as there is room for
}

// index makes the slots for so many names, and fills them.
func (t *names) index(count int) {
	size := 8
	for size < count+count/2 {
		size *= 2
	}
	t.slots = make([]uint32, size)
	for n := uint32(1); n <= t.last(); n++ {
		t.slot(n)
	}
}

// namer adds names to a copy.
type namer struct {
	names
	all  strings.Builder
	full bool // there were more than numbers can count, or texts than they can address
}

// maxNames leaves a bit of a number free.
const maxNames = math.MaxInt32

// extend returns a namer that knows these names, with room for some more.
func (t *names) extend(more int) *namer {
	n := &namer{names: *t}
	n.all.Grow(len(t.text) + 16*more)
	n.all.WriteString(t.text)
	n.text = n.all.String()
	n.entries = make([]entry, len(t.entries), len(t.entries)+more)
	copy(n.entries, t.entries)
	n.slots = append([]uint32(nil), t.slots...)
	return n
}

// add returns the number of a name, a new one if it has none.
func (t *namer) add(tag uint32, text string) uint32 {
	if n := t.find(tag, text); n != 0 {
		return n
	}
	if len(t.text)+len(text) > math.MaxUint32 || len(t.entries) > maxNames {
		t.full = true
		return 0
	}
	t.all.WriteString(text)
	t.text = t.all.String()
	t.entries = append(t.entries, entry{uint32(len(t.text)), tag}) //nolint:gosec // checked above
	if count := len(t.entries) - 1; count+count/2 >= len(t.slots) {
		t.index(2 * count)
	} else {
		t.slot(t.last())
	}
	return t.last()
}

// done returns the names, in no more memory than they need.
func (t *namer) done() names {
	if spare := t.all.Cap() - len(t.text); spare > len(t.text)/16 {
		t.text = strings.Clone(t.text)
	}
	if cap(t.entries)-len(t.entries) > len(t.entries)/16 {
		t.entries = slices.Clone(t.entries)
	}
	return t.names
}
