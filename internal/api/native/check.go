package native

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

const (
	maxChecks = 10_000
	// maxChecksBody takes that many questions of the longest names: 128 characters
	// of a user id, 64 of a permission and 512 of a resource.
	maxChecksBody = 8 << 20 // bytes
)

func (h *handler) checkRoutes() []api.Route {
	return []api.Route{
		{Method: "POST", Path: "/api/v1/check", Needs: "read Authress:UserPermissions/{user}", NoReplay: true, MaxBody: maxChecksBody, Handle: h.check},
	}
}

// check answers many questions by one snapshot, in order. Whether the caller may
// ask is found out for each by itself, as if it were the only one.
func (h *handler) check(w http.ResponseWriter, r *api.Request) error {
	qs, err := readChecks(r)
	if err != nil {
		return err
	}
	answers, rev, err := h.authz.CheckAll(r.Context(), r.Caller, qs.queries)
	if err != nil {
		return err
	}
	for i, err := range qs.malformed {
		answers[i] = authz.Checked{Err: err}
	}
	api.Write(w, http.StatusOK, contentType, writeChecks(answers, rev))
	return nil
}

// checks are the questions of a request, in order. Those that mean nothing have
// a query that is answered with nothing.
type checks struct {
	queries   []access.Query
	malformed map[int]*access.Error // by their place; often nil
}

// readChecks reads {"checks":[question…]}.
func readChecks(r *api.Request) (checks, error) {
	in, err := api.OpenStream(r)
	if err != nil {
		return checks{}, err
	}
	var qs checks
	err = in.Object([]string{"checks"}, func(int) error {
		return in.Array(func() error { return qs.read(in) })
	})
	if err != nil {
		return checks{}, err
	}
	if len(qs.queries) == 0 {
		return checks{}, errCount()
	}
	return qs, in.End()
}

func errCount() error {
	return access.Errorf(access.Invalid, "checks must be a list of 1 to %d questions", maxChecks)
}

// question is what is asked about a user or, as the WorkOS dialect does, about a
// membership.
type question struct{ user, membership, permission, resource string }

var questionMembers = []string{"user", "membership", "permission", "resource"}

// read reads the next question.
func (qs *checks) read(in *api.Stream) error {
	if len(qs.queries) == maxChecks {
		return errCount()
	}
	var q question
	err := in.Object(questionMembers, func(i int) (err error) {
		*[...]*string{&q.user, &q.membership, &q.permission, &q.resource}[i], err = in.String()
		return err
	})
	if err != nil {
		return err
	}
	query, err := q.query()
	if err != nil {
		err = qs.refuse(err)
	}
	qs.queries = append(qs.queries, query)
	return err
}

// refuse notes that the next question is malformed.
func (qs *checks) refuse(err error) error {
	var malformed *access.Error
	if !errors.As(err, &malformed) {
		return err
	}
	if qs.malformed == nil {
		qs.malformed = map[int]*access.Error{}
	}
	qs.malformed[len(qs.queries)] = malformed
	return nil
}

// query is the question in the core's words.
func (q question) query() (access.Query, error) {
	if (q.user == "") == (q.membership == "") {
		return access.Query{}, access.Errorf(access.Invalid, "a question names either a user or a membership")
	}
	if q.membership != "" {
		return authz.AskMembership(access.MembershipID(q.membership), q.permission, access.ResourceID(q.resource))
	}
	user, err := access.ParseUser(q.user)
	if err != nil {
		return access.Query{}, err
	}
	resource, err := access.ParseResourceURI(q.resource)
	if err != nil {
		return access.Query{}, err
	}
	permission, err := access.ParsePermission(q.permission)
	if err != nil {
		return access.Query{}, err
	}
	return access.Query{Subject: user, Permission: permission, Resource: resource}, nil
}

// writeChecks is {"revision":N,"results":[answer…]}, an answer being
// {"allowed":true}, {"allowed":false} or {"error":{"kind":…,"message":…}}.
func writeChecks(answers []authz.Checked, rev access.Revision) []byte {
	const perAnswer = len(`{"allowed":false},`)
	out := make([]byte, 0, len(`{"revision":,"results":[]}`)+20+perAnswer*len(answers))
	out = append(out, `{"revision":`...)
	out = strconv.AppendInt(out, int64(rev), 10)
	out = append(out, `,"results":[`...)
	for i := range answers {
		if i > 0 {
			out = append(out, ',')
		}
		out = writeChecked(out, &answers[i])
	}
	return append(out, "]}"...)
}

func writeChecked(out []byte, a *authz.Checked) []byte {
	switch {
	case a.Err != nil:
		out = append(out, `{"error":{"kind":`...)
		out = api.AppendString(out, string(a.Err.Kind))
		out = append(out, `,"message":`...)
		out = api.AppendString(out, a.Err.Message)
		return append(out, "}}"...)
	case a.Allowed:
		return append(out, `{"allowed":true}`...)
	}
	return append(out, `{"allowed":false}`...)
}
