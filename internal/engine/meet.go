package engine

import "strings"

// segments calls see with what each next segment has in common with a segment
// that may have stars, and where it leads.
func (n *node) segments(want string, see func(seg string, next *node)) {
	if next := n.star(anySegment); next != nil {
		see(want, next)
	}
	if next := n.star(parts); next != nil {
		next.spell("", func(seg string, next *node) {
			if seg, ok := meet(seg, want); ok {
				see(seg, next)
			}
		})
	}
	if !strings.Contains(want, "*") {
		if next := n.name(want); next != nil {
			see(want, next)
		}
	} else {
		for name, next := range n.names() {
			if seg, ok := meet(name, want); ok {
				see(seg, next)
			}
		}
	}
}

// spell calls see with every segment that ends in the parts after this node,
// and where it leads. so far is what was read of it, with a final colon.
func (n *node) spell(soFar string, see func(seg string, next *node)) {
	if next := n.star(endOfParts); next != nil {
		see(strings.TrimSuffix(soFar, ":"), next)
	}
	if next := n.star(lastParts); next != nil {
		see(soFar+"*", next)
	}
	if next := n.star(anyPart); next != nil {
		next.spell(soFar+"*:", see)
	}
	for name, next := range n.names() {
		next.spell(soFar+name+":", see)
	}
}

// meet returns the segment that stands for what both stand for, and false if
// that is nothing. There always is such a segment: parts are compared in pairs,
// and a "*" that is the last one stands for the rest of the longer segment.
func meet(a, b string) (string, bool) {
	switch {
	case a == b || b == "*":
		return a, true
	case a == "*":
		return b, true
	case !strings.Contains(a, "*") && !strings.Contains(b, "*"):
		return "", false
	}
	p, q := strings.Split(a, ":"), strings.Split(b, ":")
	if len(p) > len(q) {
		p, q = q, p
	}
	if len(p) < len(q) && p[len(p)-1] != "*" {
		return "", false
	}
	for i := range q {
		switch part := p[min(i, len(p)-1)]; {
		case part == q[i] || part == "*" && q[i] != "":
		case q[i] == "*" && part != "":
			q[i] = part
		default:
			return "", false
		}
	}
	return strings.Join(q, ":"), true
}
