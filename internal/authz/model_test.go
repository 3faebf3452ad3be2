package authz_test

import (
	"errors"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
)

// TestModelIsOneCommit: whatever it changes; and none, where it changes nothing
// or only says what it would.
func TestModelIsOneCommit(t *testing.T) {
	c := newClocked(t)
	ctx := t.Context()
	m := access.Model{
		ResourceTypes: []access.ModelResourceType{{Slug: "project"}, {Slug: "task", Parents: []string{"project"}}},
		Permissions:   []access.ModelPermission{{Slug: "task:do", ResourceType: "task"}},
		Roles:         []access.ModelRole{{Slug: "doer", ResourceType: "project", Permissions: []string{"task:do"}}, {Slug: "member"}},
	}
	broken := m
	broken.Roles = []access.ModelRole{{Slug: "doer", Permissions: []string{"none"}}}
	for _, tt := range []struct {
		name           string
		model          access.Model
		how            authz.Application
		steps          int
		fails          access.Kind
		commits, audit int
	}{
		{"a dry run", m, authz.Application{DryRun: true}, 5, "", 0, 0},
		{"what is broken", broken, authz.Application{}, 0, access.NotFound, 1, 1}, // the refusal
		{"the first time", m, authz.Application{}, 5, "", 1, 1},
		{"the second time", m, authz.Application{}, 0, "", 0, 0},
		{"pruning nothing", m, authz.Application{Prune: true}, 0, "", 0, 0},
	} {
		rev, entries := c.revision(t), len(c.entries(t))
		plan, err := c.ApplyModel(ctx, c.owner, tt.model, tt.how)
		if (err != nil) != (tt.fails != "") || err != nil && !errors.Is(err, tt.fails) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.fails)
		}
		if got := int(c.revision(t) - rev); got != tt.commits {
			t.Errorf("%s: %d commits, want %d", tt.name, got, tt.commits)
		}
		if got := len(c.entries(t)) - entries; got != tt.audit {
			t.Errorf("%s: %d audit entries, want %d", tt.name, got, tt.audit)
		}
		if len(plan) != tt.steps || err == nil && plan == nil {
			t.Errorf("%s: the plan is %v, want %d steps", tt.name, plan, tt.steps)
		}
	}
}
