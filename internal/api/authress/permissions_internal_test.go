package authress

import (
	"reflect"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

func TestHeldActionsStandOnce(t *testing.T) {
	got := writeHeld([]access.RolePermission{
		{Action: "docs", Grant: true}, {Action: "docs", Allow: true, Exact: true}, {Action: "docs:read", Allow: true, Exact: true},
	})
	want := []permissionObject{{"docs", true, true, false}, {"docs:read", true, false, false}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
