package authz

import (
	"fmt"
	"slices"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// TestIDsOfWhatGroupsGive: each member has a group's assignment under an id of
// its own, the same at every request, that sorts by the time of the group's.
func TestIDsOfWhatGroupsGive(t *testing.T) {
	s := New(Config{})
	early := access.Assignment{ID: access.AssignmentID(groupAssignmentPrefix + s.ids.next(s.clock()).String())}
	late := access.Assignment{ID: access.AssignmentID(groupAssignmentPrefix + s.ids.next(s.clock().Add(1_000_000_000)).String())}
	var before, after []string
	for i := range 2000 {
		m := access.MembershipID(fmt.Sprintf("om_%d", i))
		h := through(&early, m)
		if again := through(&early, m); h.id != again.id || h.direct() {
			t.Fatalf("%s is %s, and then %s", m, h.id, again.id)
		}
		if !alike(string(h.id), assignmentPrefix) {
			t.Fatalf("%s is no id of ours", h.id)
		}
		before, after = append(before, string(h.id)), append(after, string(through(&late, m).id))
	}
	slices.Sort(before)
	if distinct := slices.Compact(slices.Clone(before)); len(distinct) != len(before) {
		t.Errorf("%d members have %d ids", len(before), len(distinct))
	}
	if slices.Max(before) >= slices.Min(after) {
		t.Errorf("%s is of an earlier assignment than %s", slices.Max(before), slices.Min(after))
	}
}
