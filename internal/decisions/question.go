package decisions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// question reads "may ana documents:read documents/1 ? yes" and the like; text
// is what follows the first word.
func (p *parser) question(kind Kind, line, text string) error {
	words, answer, ok := strings.Cut(text, " ? ")
	if !ok {
		return errors.New("neither a line of the state nor a question with an answer after ?")
	}
	q := Question{Line: p.line, Text: line, Kind: kind}
	w := strings.Fields(words)
	if kind == Resources {
		w = q.readList(w)
	}
	want := map[Kind]int{Check: 3, Directly: 3, Holds: 4, Permissions: 2, Roles: 2, Resources: 2, Users: 1}[kind]
	if want == 0 {
		return fmt.Errorf("no such line: %q", kind)
	}
	if len(w) != want {
		return fmt.Errorf("%s takes %d words before the ?, not %d", kind, want, len(w))
	}
	if kind == Holds {
		flag, err := parsePermission(w[1] + "=" + w[1])
		if err != nil {
			return err
		}
		q.Need = flag.Flags()
	}
	if kind == Check || kind == Directly || kind == Holds {
		q.Permission = w[len(w)-2]
		q.readLiteral()
	}
	q.Resource = w[len(w)-1]
	if kind != Users {
		sub, err := parseSubject(w[0])
		if err != nil {
			return err
		}
		q.Query.Subject = sub
	}
	return p.answer(q, strings.Fields(answer))
}

// readLiteral takes the quotes off a permission that is asked for literally.
func (q *Question) readLiteral() {
	if len(q.Permission) > 2 && strings.HasPrefix(q.Permission, `"`) && strings.HasSuffix(q.Permission, `"`) {
		q.Permission, q.Query.Literal = q.Permission[1:len(q.Permission)-1], true
	}
}

// readList takes what a list may say after its two words: "nested" and a
// permission.
func (q *Question) readList(w []string) []string {
	if len(w) > 2 && w[2] == "nested" {
		q.Nested = true
		w = slices.Delete(w, 2, 3)
	}
	if len(w) == 3 {
		q.Permission = w[2]
		w = w[:2]
	}
	return w
}

// answer completes the question and puts it in the case.
func (p *parser) answer(q Question, answer []string) error {
	c := p.current()
	if len(answer) == 1 && answer[0] == "refused" {
		q.Refused = true
		c.Questions = append(c.Questions, q)
		return nil
	}
	var err error
	if q.Query.Resource, err = access.ParseResourceURI(q.Resource); err != nil {
		return err
	}
	if q.Permission != "" {
		if q.Query.Permission, err = parseAsked(q.Permission, q.Query.Literal); err != nil {
			return err
		}
	}
	switch {
	case len(answer) == 0:
		return errors.New("no answer after ?")
	case q.Kind == Permissions && answer[0] != "none":
		for _, a := range answer {
			perm, err := parsePermission(a)
			if err != nil {
				return err
			}
			q.Permissions = append(q.Permissions, perm)
		}
	case q.Kind == Roles && answer[0] != "none":
		for _, id := range answer {
			q.Roles = append(q.Roles, access.RoleID(id))
		}
	case q.Kind == Resources && answer[0] != "none":
		for _, a := range answer {
			uri, err := access.ParseResourceURI(a)
			if err != nil {
				return err
			}
			q.Resources = append(q.Resources, uri)
		}
	case q.Kind == Users && answer[0] != "none":
		for _, a := range answer {
			user, err := parseHolder(a)
			if err != nil {
				return err
			}
			q.Users = append(q.Users, user)
		}
	case q.Kind == Check || q.Kind == Directly || q.Kind == Holds:
		if q.Yes = answer[0] == "yes"; len(answer) > 1 || !q.Yes && answer[0] != "no" {
			return fmt.Errorf("the answer is yes, no or refused, not %q", strings.Join(answer, " "))
		}
	case len(answer) > 1:
		return errors.New("none stands alone")
	}
	c.Questions = append(c.Questions, q)
	return nil
}

// parseAsked reads a permission as one of the dialects writes it; a literal one
// is a slug.
func parseAsked(text string, literal bool) (access.Permission, error) {
	if literal {
		return access.ParsePermissionSlug(text)
	}
	perm, err := access.ParsePermission(text)
	if err == nil {
		return perm, nil
	}
	if slug, bad := access.ParsePermissionSlug(text); bad == nil {
		return slug, nil
	}
	return "", err
}

// parseHolder reads "ana=reader,writer".
func parseHolder(text string) (access.Holder, error) {
	id, roles, ok := strings.Cut(text, "=")
	if !ok {
		return access.Holder{}, fmt.Errorf("%q does not say which roles: ana=reader,writer", text)
	}
	sub, err := parseSubject(id)
	h := access.Holder{Subject: sub}
	for _, role := range strings.Split(roles, ",") {
		h.Roles = append(h.Roles, access.RoleID(role))
	}
	return h, err
}
