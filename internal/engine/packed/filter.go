package packed

// filter is a Bloom filter of two bits a document: what it does not have, is not
// there. Of what is not there it has about one in twenty.
type filter []uint64

const filterBits = 8 // for each document

func newFilter(documents int) filter { return make(filter, documents*filterBits/64+1) }

func (f filter) bits(d Digest) (a, b uint64) {
	n := uint64(len(f)) * 64
	return (uint64(d[0])<<32 | uint64(d[1])) % n, (uint64(d[1])<<32 | uint64(d[2])) % n
}

func (f filter) add(d Digest) {
	a, b := f.bits(d)
	f[a/64] |= 1 << (a % 64)
	f[b/64] |= 1 << (b % 64)
}

func (f filter) has(d Digest) bool {
	if len(f) == 0 {
		return false
	}
	a, b := f.bits(d)
	return f[a/64]&(1<<(a%64)) != 0 && f[b/64]&(1<<(b%64)) != 0
}

// May reports whether the Base may have rows of a document: it never says no of
// one that it has.
func (b *Base) May(d Digest) bool { return b.known.has(d) }
