package workos

import (
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authz"
)

// target is how a body names a registered resource. A member that is null is as
// good as left out; an empty one is refused, as it must not be taken for the
// organization.
type target struct {
	ResourceID         *string `json:"resource_id"`
	ResourceExternalID *string `json:"resource_external_id"`
	ResourceTypeSlug   *string `json:"resource_type_slug"`
}

// resource is the target; whether it names exactly one resource is for authz to
// say.
func (t target) resource() (authz.ResourceTarget, error) {
	return resourceTarget("", t.ResourceID, t.ResourceExternalID, t.ResourceTypeSlug)
}

// resourceTarget reads the three members that name a resource, whose names begin
// with the prefix.
func resourceTarget(prefix string, id, externalID, typeSlug *string) (authz.ResourceTarget, error) {
	texts := [3]string{}
	for i, m := range []struct {
		name  string
		value *string
	}{{"resource_id", id}, {"resource_external_id", externalID}, {"resource_type_slug", typeSlug}} {
		if m.value == nil {
			continue
		}
		if *m.value == "" {
			return authz.ResourceTarget{}, access.FieldErrorf(prefix+m.name, "invalid_resource_target", "%s%s must not be empty", prefix, m.name)
		}
		texts[i] = *m.value
	}
	return authz.ResourceTarget{ID: access.ResourceID(texts[0]), ExternalID: texts[1], Type: access.ResourceTypeID(texts[2])}, nil
}
