package access_test

import (
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestCountPermissions(t *testing.T) {
	plain := func(action string) access.RolePermission { return access.RolePermission{Action: action, Grant: true} }
	exact := func(action string) access.RolePermission {
		return access.RolePermission{Action: action, Allow: true, Exact: true}
	}
	for _, tt := range []struct {
		what  string
		perms []access.RolePermission
		want  int
	}{
		{"none", nil, 0},
		{"two", []access.RolePermission{plain("a"), exact("b")}, 2},
		{"a pair", []access.RolePermission{exact("a"), plain("a")}, 1},
		{"a pair the other way round, and another", []access.RolePermission{plain("a"), plain("b"), exact("a")}, 2},
		{"one twice", []access.RolePermission{plain("a"), plain("a")}, 2},
		{"a pair, and one of it again", []access.RolePermission{plain("a"), exact("a"), plain("a"), plain("a")}, 3},
	} {
		if got := access.CountPermissions(tt.perms); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, got, tt.want)
		}
	}
}
