package workos_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// judge is a transport that holds every request and every answer to the
// vendor's OpenAPI document, and remembers how each operation ended.
type judge struct {
	routes []route // those with the fewest parameters first

	mu       sync.Mutex
	seen     map[string][]int // statuses by route name; guarded by mu
	problems []string         // guarded by mu
}

type route struct {
	name    string // "GET /path/{x}"
	pattern *regexp.Regexp
	op      *openapi3.Operation
}

// newJudge reads the document, which stands in ../shared beside the repository,
// or where WORKOS_CONTRACT says. The test fails without it.
func newJudge(t testing.TB) *judge {
	t.Helper()
	file := os.Getenv("WORKOS_CONTRACT")
	if file == "" {
		file = filepath.Join("..", "..", "..", "shared", "contracts", "workos-authorization.openapi.yaml")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("the contract is missing: %v; it is a cut of spec/open-api-spec.yaml of github.com/workos/openapi-spec: put it there, or name it in WORKOS_CONTRACT", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatalf("reading %s: %v", file, err)
	}
	j := &judge{seen: map[string][]int{}}
	parameter := regexp.MustCompile(`\\\{[^/]*\\\}`)
	for path, item := range doc.Paths.Map() {
		pattern := regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
		for method, op := range item.Operations() {
			j.routes = append(j.routes, route{method + " " + path, pattern, op})
		}
	}
	slices.SortFunc(j.routes, func(a, b route) int { return strings.Count(a.name, "{") - strings.Count(b.name, "{") })
	closeAnswers(doc)
	return j
}

// closeAnswers lets objects in successful answers have no property that the
// document does not name. What is a part of another object by allOf and the like
// is left open, as it is the whole that is closed.
func closeAnswers(doc *openapi3.T) {
	parts := map[*openapi3.Schema]bool{}
	closed := map[*openapi3.Schema]bool{}
	var visit func(ref *openapi3.SchemaRef)
	visit = func(ref *openapi3.SchemaRef) {
		if ref == nil || closed[ref.Value] {
			return
		}
		s := ref.Value
		closed[s] = true
		for _, part := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
			parts[part.Value] = len(s.AllOf) > 0 || len(s.Properties) > 0
			visit(part)
		}
		for _, p := range s.Properties {
			visit(p)
		}
		visit(s.Items)
		visit(s.AdditionalProperties.Schema)
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status, response := range op.Responses.Map() {
				if media := response.Value.Content.Get("application/json"); media != nil && status < "400" {
					visit(media.Schema)
				}
			}
		}
	}
	no := false
	for s := range closed {
		open := s.AdditionalProperties.Has != nil || s.AdditionalProperties.Schema != nil
		if object := len(s.Properties) > 0 || len(s.AllOf) > 0; object && !open && !parts[s] {
			s.UnevaluatedProperties.Has = &no
		}
	}
}

// general are the refusals that any operation may answer with: the document
// does not repeat for each what is said of credentials, rights and ids.
var general = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests}

// also are statuses of single operations that the document lacks.
var also = map[string]int{
	"POST /user_management/organization_memberships": http.StatusConflict, // the user has an active one; so does the vendor's emulator
}

// ofRoots refuse what is asked of the resource that stands for an organization
// with the code bad_request, for good. The only code that the document has for
// them, lock_timeout, would have it tried again.
var ofRoots = []string{
	"PATCH /authorization/resources/{resource_id}",
	"DELETE /authorization/resources/{resource_id}",
	"PATCH /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}",
	"DELETE /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}",
}

func (j *judge) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(got))

	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range j.judge(req, sent, res, got) {
		j.problems = append(j.problems, fmt.Sprintf("%s %s %s\n  answered %d %s\n  %s", req.Method, req.URL.RequestURI(), sent, res.StatusCode, got, p))
	}
	return res, nil
}

func (j *judge) judge(req *http.Request, sent []byte, res *http.Response, got []byte) []string {
	method, path := req.Method, req.URL.EscapedPath()
	i := slices.IndexFunc(j.routes, func(r route) bool { return strings.HasPrefix(r.name, method+" ") && r.pattern.MatchString(path) })
	if i < 0 {
		return []string{"the contract has no such operation"}
	}
	r := j.routes[i]
	j.seen[r.name] = append(j.seen[r.name], res.StatusCode)
	wrong := r.requestProblems(req.URL.Query(), sent)
	var problems []string
	if len(wrong) > 0 && res.StatusCode < 400 {
		problems = append(problems, "accepted, although "+strings.Join(wrong, "; "))
	}
	if res.Header.Get("X-Request-Id") == "" {
		problems = append(problems, "no X-Request-Id")
	}
	response := r.op.Responses.Status(res.StatusCode)
	if response == nil && !slices.Contains(general, res.StatusCode) && also[r.name] != res.StatusCode && (len(wrong) == 0 || res.StatusCode >= 500) {
		return append(problems, "the contract has no such status here")
	}
	if res.StatusCode >= 400 {
		problems = append(problems, refusalProblems(got)...)
	}
	if response == nil || res.StatusCode == badRequest && slices.Contains(ofRoots, r.name) {
		return problems
	}
	media := response.Value.Content.Get("application/json")
	switch {
	case media != nil:
		problems = append(problems, check("the answer", media.Schema, got)...)
	case len(got) > 0 && res.StatusCode < 400:
		problems = append(problems, "a body where the contract has none")
	}
	return problems
}

// requestProblems says what the contract finds wrong with a request.
func (r route) requestProblems(query url.Values, body []byte) []string {
	var problems []string
	for name := range query {
		p := r.op.Parameters.GetByInAndName("query", name)
		if p == nil {
			problems = append(problems, "the contract has no query parameter "+name)
			continue
		}
		if err := visit(p.Schema, typed(query[name], p.Schema.Value)); err != nil {
			problems = append(problems, fmt.Sprintf("query parameter %s: %v", name, err))
		}
	}
	for _, p := range r.op.Parameters {
		if p.Value.In == "query" && p.Value.Required && !query.Has(p.Value.Name) {
			problems = append(problems, "query parameter "+p.Value.Name+" is missing")
		}
	}
	if r.op.RequestBody == nil {
		return problems
	}
	if len(body) == 0 {
		if r.op.RequestBody.Value.Required {
			problems = append(problems, "the body is missing")
		}
		return problems
	}
	return append(problems, check("the body", r.op.RequestBody.Value.Content.Get("application/json").Schema, body)...)
}

// typed reads a query parameter as its schema means it.
func typed(texts []string, s *openapi3.Schema) any {
	switch {
	case s.Type.Is("array"):
		var all []any
		for _, text := range texts {
			for part := range strings.SplitSeq(text, ",") {
				all = append(all, part)
			}
		}
		return all
	case s.Type.Is("integer"):
		if n, err := strconv.ParseFloat(texts[0], 64); err == nil {
			return n
		}
	case s.Type.Is("boolean"):
		if b, err := strconv.ParseBool(texts[0]); err == nil {
			return b
		}
	}
	return texts[0]
}

// refusalProblems demands of every refusal what the SDKs rely on.
func refusalProblems(body []byte) []string {
	var refusal map[string]any
	if err := json.Unmarshal(body, &refusal); err != nil {
		return []string{"the refusal is no JSON: " + err.Error()}
	}
	var problems []string
	for _, name := range []string{"message", "code"} {
		if text, _ := refusal[name].(string); text == "" {
			problems = append(problems, "the refusal has no "+name)
		}
	}
	for name := range maps.Keys(refusal) {
		if !slices.Contains([]string{"message", "code", "errors", "entity_id", "role_slug"}, name) {
			problems = append(problems, "the refusal has a member "+name)
		}
	}
	return problems
}

func check(what string, schema *openapi3.SchemaRef, body []byte) []string {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return []string{what + " is no JSON: " + err.Error()}
	}
	if err := visit(schema, v); err != nil {
		return []string{what + ": " + err.Error()}
	}
	return nil
}

func visit(schema *openapi3.SchemaRef, v any) error {
	return schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation(), openapi3.MultiErrors())
}

// takeProblems returns what was found wrong since it was last called.
func (j *judge) takeProblems() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.problems
	j.problems = nil
	return p
}

// outOfScope are operations for a service that signs users in.
var outOfScope = []string{"GET /sso/jwks/{clientId}", "GET /user_management/jwt_template", "PUT /user_management/jwt_template"}

// left names the operations that never succeeded.
func (j *judge) left() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var names []string
	for _, r := range j.routes {
		succeeded := slices.ContainsFunc(j.seen[r.name], func(status int) bool { return status < 300 })
		if !succeeded && !slices.Contains(outOfScope, r.name) {
			names = append(names, r.name)
		}
	}
	slices.Sort(names)
	return names
}
