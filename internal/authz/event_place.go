package authz

import (
	"cmp"
	"encoding/binary"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/reeve-authz/reeve/internal/access"
)

const eventPrefix = "event_"

// eventPlace is where an event stands in the history of its realm: the commit,
// the write among those that the commit's audit entry lists, and the event among
// those that the write is. An EventID spells it, so an id finds its event, and a
// page or a delivery goes on behind any.
type eventPlace struct {
	time     time.Time // of the commit, in milliseconds
	revision access.Revision
	write    int
	part     int
}

// Bounds of a place, as an id keeps it in the 80 bits behind the time: 40 for
// the revision, 28 for the write and 12 for the part.
const (
	maxEventRevision = 1<<40 - 1
	maxEventWrite    = 1<<28 - 1
	maxEventPart     = 1<<12 - 1 // of no event: the end of the write
)

func (p eventPlace) id() access.EventID {
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(p.time)) // fails in the year 10889
	place := uint64(min(p.revision, maxEventRevision))
	for i := range 5 {
		id[6+i] = byte(place >> (8 * (4 - i)))
	}
	rest := uint64(min(p.write, maxEventWrite))<<12 | uint64(min(p.part, maxEventPart))
	for i := range 5 {
		id[11+i] = byte(rest >> (8 * (4 - i)))
	}
	return access.EventID(eventPrefix + id.String())
}

// parseEventID returns the place that an id spells, unless it is of no event's
// form.
func parseEventID(s access.EventID) (eventPlace, bool) {
	text, ok := strings.CutPrefix(string(s), eventPrefix)
	if !ok {
		return eventPlace{}, false
	}
	id, err := ulid.ParseStrict(text)
	if err != nil || id.String() != text {
		return eventPlace{}, false
	}
	high := binary.BigEndian.Uint64(append([]byte{0, 0, 0}, id[6:11]...))
	low := binary.BigEndian.Uint64(append([]byte{0, 0, 0}, id[11:16]...))
	return eventPlace{
		time: ulid.Time(id.Time()).UTC(), revision: access.Revision(high), //nolint:gosec // 40 bits
		write: int(low >> 12), part: int(low & maxEventPart), //nolint:gosec // 28 and 12 bits
	}, true
}

// compare is by the place alone: clocks are set back at times.
func (p eventPlace) compare(other eventPlace) int {
	return cmp.Or(cmp.Compare(p.revision, other.revision), cmp.Compare(p.write, other.write), cmp.Compare(p.part, other.part))
}

// endOf is the place behind every event of a commit.
func endOf(rev access.Revision, at time.Time) eventPlace {
	return eventPlace{time: at, revision: rev, write: maxEventWrite, part: maxEventPart}
}
