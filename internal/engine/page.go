package engine

import "slices"

// page keeps the first so many of what it is given, in order.
type page[T any] struct {
	limit   int
	compare func(a, b T) int
	all     []T
	most    bool // the first limit of all are in order, and what is behind the last of them need not be kept
}

// add keeps the element if it may be one of the first.
func (p *page[T]) add(v T) {
	if p.most && p.compare(v, p.all[p.limit-1]) >= 0 {
		return
	}
	p.all = append(p.all, v)
	if len(p.all) >= 1000 && len(p.all)/2 >= p.limit {
		p.all = p.first()
		p.most = true
	}
}

// first returns the elements in order, at most limit.
func (p *page[T]) first() []T {
	slices.SortFunc(p.all, p.compare)
	return p.all[:min(p.limit, len(p.all))]
}
