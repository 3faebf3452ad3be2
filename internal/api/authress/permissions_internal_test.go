package authress

import (
	"reflect"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestActionsStandOnce(t *testing.T) {
	got := writePermissions([]access.RolePermission{
		{Action: "docs", Allow: true, Exact: true}, {Action: "docs:read", Allow: true, Exact: true}, {Action: "docs", Grant: true},
	})
	want := []permissionObject{{"docs", true, true, false}, {"docs:read", true, false, false}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
