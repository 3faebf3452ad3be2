package authress

import (
	"net/http"
	"net/url"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// user is a user or a service client.
type user struct {
	UserID string `json:"userId"`
}

type linkedGroup struct {
	GroupID string `json:"groupId"`
}

type link struct {
	Href string `json:"href"`
	Rel  string `json:"rel,omitzero"`
}

// links go out with every object and collection.
type links struct {
	Self link  `json:"self"`
	Next *link `json:"next,omitzero"`
}

// pagination carries the cursor of the next page; it is empty on the last one.
type pagination struct {
	Next *nextPage `json:"next,omitzero"`
}

type nextPage struct {
	Cursor string `json:"cursor"`
}

type account struct {
	AccountID string `json:"accountId"`
}

// instant is a time as this API writes it, in UTC to the millisecond.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// readSubjects reads users and groups, in this order.
func readSubjects(field string, users []user, groups []linkedGroup) ([]access.Subject, error) {
	var subjects []access.Subject
	for _, u := range users {
		s, err := access.ParseUser(u.UserID)
		if err != nil {
			return nil, access.Errorf(access.Invalid, "%susers: %v", field, err)
		}
		subjects = append(subjects, s)
	}
	for _, g := range groups {
		id, err := access.ParseGroupID(g.GroupID)
		if err != nil {
			return nil, access.Errorf(access.Invalid, "%sgroups: %v", field, err)
		}
		subjects = append(subjects, access.Subject{Kind: access.GroupKind, ID: string(id)})
	}
	return subjects, nil
}

// writeSubjects is the inverse of readSubjects. The lists are never nil.
func writeSubjects(subjects []access.Subject) ([]user, []linkedGroup) {
	users, groups := []user{}, []linkedGroup{}
	for _, s := range subjects {
		if s.Kind == access.GroupKind {
			groups = append(groups, linkedGroup{s.ID})
		} else {
			users = append(users, user{s.ID})
		}
	}
	return users, groups
}

func (h *handler) link(r *api.Request, path string, query url.Values) link {
	l := link{Href: r.Base(h.publicURL) + path}
	if len(query) > 0 {
		l.Href += "?" + query.Encode()
	}
	return l
}

// self links to an object. segments are put into the path escaped.
func (h *handler) self(r *api.Request, segments ...string) links {
	path := "/v1"
	for _, s := range segments {
		path += "/" + url.PathEscape(s)
	}
	l := h.link(r, path, nil)
	l.Rel = "self"
	return links{Self: l}
}

// page is what a collection says beside its elements. next is where the next
// page begins, "" at the end.
func (h *handler) page(r *api.Request, l listing, next string) (pagination, links, error) {
	here := l.query.present()
	path := r.URL.EscapedPath()
	ls := links{Self: h.link(r, path, here)}
	if next == "" {
		return pagination{}, ls, nil
	}
	cursor, err := h.authz.SealCursor(r.Caller, l.scope, next)
	if err != nil {
		return pagination{}, links{}, err
	}
	here.Set("cursor", cursor)
	nextLink := h.link(r, path, here)
	ls.Next = &nextLink
	return pagination{Next: &nextPage{cursor}}, ls, nil
}

func writeLinks(w http.ResponseWriter, status int, v any) error {
	return api.WriteJSON(w, status, linksJSON, v)
}
