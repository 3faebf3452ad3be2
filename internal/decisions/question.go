package decisions

import (
	"errors"
	"fmt"
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
	want := map[Kind]int{Check: 3, Holds: 4, Permissions: 2, Roles: 2}[kind]
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
	if kind == Check || kind == Holds {
		q.Permission = w[len(w)-2]
	}
	q.Resource = w[len(w)-1]
	return p.answer(q, w[0], strings.Fields(answer))
}

// answer completes the question and puts it in the case.
func (p *parser) answer(q Question, subject string, answer []string) error {
	sub, err := parseSubject(subject)
	if err != nil {
		return err
	}
	q.Query.Subject = sub
	c := p.current()
	if len(answer) == 1 && answer[0] == "refused" {
		q.Refused = true
		c.Questions = append(c.Questions, q)
		return nil
	}
	if q.Query.Resource, err = access.ParseResourceURI(q.Resource); err != nil {
		return err
	}
	if q.Permission != "" {
		if q.Query.Permission, err = access.ParsePermission(q.Permission); err != nil {
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
	case q.Kind == Check || q.Kind == Holds:
		if q.Yes = answer[0] == "yes"; len(answer) > 1 || !q.Yes && answer[0] != "no" {
			return fmt.Errorf("the answer is yes, no or refused, not %q", strings.Join(answer, " "))
		}
	case len(answer) > 1:
		return errors.New("none stands alone")
	}
	c.Questions = append(c.Questions, q)
	return nil
}
