package authz

import "github.com/reeve-authz/reeve/internal/access"

// LabelUpdate changes the name and the description of what has a slug; nil
// leaves one as it is.
type LabelUpdate struct {
	Name        *string
	Description *string
}

// apply changes the name and the description, and reports whether one of them is
// another now. It is an Unprocessable error if a new one is out of bounds.
func (u LabelUpdate) apply(name, description *string) (changed bool, err error) {
	was := [2]string{*name, *description}
	if u.Name != nil {
		if err := access.ValidateSlugName(*u.Name); err != nil {
			return false, err
		}
		*name = *u.Name
	}
	if u.Description != nil {
		if err := access.ValidateSlugDescription(*u.Description); err != nil {
			return false, err
		}
		*description = *u.Description
	}
	return was != [2]string{*name, *description}, nil
}
