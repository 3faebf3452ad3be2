package engine_test

import (
	"fmt"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// city is a world of a village's names and many more, so that subjects have many
// groups and many rows, some of those many on one resource.
func city() cast {
	c := village
	for i := range 30 {
		c.groups = append(c.groups, access.GroupID(fmt.Sprint("grp_", i)))
		c.memberships = append(c.memberships, access.MembershipID(fmt.Sprint("om_", i)))
		c.subjects = append(c.subjects, ana, user(fmt.Sprint("u", i)), group(fmt.Sprint("grp_", i)), group(fmt.Sprint("grp_", i)), member(fmt.Sprint("om_", i)))
	}
	for i := range 60 {
		c.resources = append(c.resources, access.ResourceID(fmt.Sprint("x", i)), access.ResourceID(fmt.Sprint("y", i)))
		c.parents = append(c.parents, access.ResourceID(fmt.Sprint("x", i%12)))
		c.segments = append(c.segments, fmt.Sprint("x", i), fmt.Sprint(i%12))
		c.records = append(c.records, access.RecordID(fmt.Sprint("r", i)))
		c.assignments = append(c.assignments, access.AssignmentID(fmt.Sprint("r", i)), access.AssignmentID(fmt.Sprint("a", i)))
	}
	c.first, c.most = 300, 12
	return c
}

// TestCityAgreesWithNaive does what TestAgreesWithNaive does, in a few worlds that
// are larger, and slow to ask.
func TestCityAgreesWithNaive(t *testing.T) {
	worlds := max(1, *questions/1_000_000)
	for i := range worlds {
		newWorld(t, *firstSeed+uint64(i), city()).live() //nolint:gosec // flags are not negative
	}
}
