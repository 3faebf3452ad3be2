package authress

import (
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

const maxGroupsPage = 20

// group has users only: the groups that the core lets be members have no place
// in this API. What is read-only stands in groupAnswer.
type group struct {
	GroupID string            `json:"groupId,omitzero"`
	Name    string            `json:"name"`
	Users   []user            `json:"users"`
	Admins  []user            `json:"admins"`
	Tags    map[string]string `json:"tags,omitzero"`
}

type groupAnswer struct {
	group
	LastUpdated string `json:"lastUpdated"`
	Links       links  `json:"links"`
}

type groupCollection struct {
	Groups     []groupAnswer `json:"groups"`
	Pagination pagination    `json:"pagination"`
	Links      links         `json:"links"`
}

// readGroup reads the body into a group of the id; an empty id leaves the
// body's. Admins stay nil when the body does not set them: the Go SDK sends
// null for a list that its caller left out.
func readGroup(r *api.Request, id string) (access.Group, error) {
	body, err := api.ReadJSON[group](r)
	if err != nil {
		return access.Group{}, err
	}
	if body.GroupID, err = pathID("groupId", id, body.GroupID); err != nil {
		return access.Group{}, err
	}
	if size, err := sizeOf(body); err != nil {
		return access.Group{}, err
	} else if size > access.MaxGroupBytes {
		return access.Group{}, access.Errorf(access.TooLarge, "the group takes %d bytes, at most %d are allowed; spread its users over several", size, access.MaxGroupBytes)
	}
	out := access.Group{ID: access.GroupID(body.GroupID), Name: body.Name, Tags: body.Tags}
	if out.Members, err = readSubjects("", body.Users, nil); err != nil {
		return access.Group{}, err
	}
	out.Admins, err = readAdmins(body.Admins)
	return out, err
}

// readAdmins keeps no list (nil) apart from an empty one.
func readAdmins(admins []user) ([]access.Subject, error) {
	if admins == nil {
		return nil, nil
	}
	subjects, err := readSubjects("admins: ", admins, nil)
	if subjects == nil {
		subjects = []access.Subject{}
	}
	return subjects, err
}

// sizeOf is the length of a value as JSON, to which size limits apply.
func sizeOf(v any) (int, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("measuring a body: %w", err)
	}
	return len(body), nil
}

func (h *handler) writeGroup(r *api.Request, in access.Group) groupAnswer {
	out := group{GroupID: string(in.ID), Name: in.Name, Tags: in.Tags}
	out.Users, _ = writeSubjects(in.Members)
	out.Admins, _ = writeSubjects(in.Admins)
	return groupAnswer{out, instant(in.Updated), h.self(r, "groups", string(in.ID))}
}

// answerGroup writes a group with its Last-Modified, as answerRecord does.
func (h *handler) answerGroup(w http.ResponseWriter, r *api.Request, status int, in access.Group) error {
	out := h.writeGroup(r, in)
	w.Header().Set("Last-Modified", out.LastUpdated)
	return writeLinks(w, status, out)
}

func (h *handler) listGroups(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxGroupsPage)
	if err != nil {
		return err
	}
	filter, err := l.query.filter(maxFilter)
	if err != nil {
		return err
	}
	groups, next, err := h.authz.Groups(r.Context(), r.Caller, filter, l.Page)
	if err != nil {
		return err
	}
	out := groupCollection{Groups: []groupAnswer{}}
	for _, in := range groups {
		out.Groups = append(out.Groups, h.writeGroup(r, in))
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

func (h *handler) createGroup(w http.ResponseWriter, r *api.Request) error {
	in, err := readGroup(r, "")
	if err != nil {
		return err
	}
	out, err := h.authz.CreateGroup(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return h.answerGroup(w, r, http.StatusCreated, out)
}

func (h *handler) getGroup(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseGroupID(r.Param("group"))
	if err != nil {
		return err
	}
	out, err := h.authz.Group(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return h.answerGroup(w, r, http.StatusOK, out)
}

func (h *handler) updateGroup(w http.ResponseWriter, r *api.Request) error {
	in, err := readGroup(r, r.Param("group"))
	if err != nil {
		return err
	}
	when, err := unmodifiedSince(r)
	if err != nil {
		return err
	}
	out, err := h.authz.UpdateGroup(r.Context(), r.Caller, in, authz.GroupUpdate{When: when, KeepGroups: true})
	if err != nil {
		return withLastModified(w, err)
	}
	return h.answerGroup(w, r, http.StatusOK, out)
}

func (h *handler) deleteGroup(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseGroupID(r.Param("group"))
	if err != nil {
		return err
	}
	if err := h.authz.DeleteGroup(r.Context(), r.Caller, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
