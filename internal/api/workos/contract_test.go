package workos_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the vendor's OpenAPI document. Its version, 3.1, describes bodies
// with JSON Schema 2020-12, so any validator of that reads it.
type contract struct {
	operations map[string][]operation // by method
	compiler   *jsonschema.Compiler
	mu         sync.Mutex // guards the compiler
}

type operation struct {
	path     string
	segments []string
	statuses []string
}

// contractURL is what schemas are found under; nothing is fetched from there.
const contractURL = "contract.json"

// theContract reads the contract once, or is nil where it does not lie beside
// the repository.
var theContract = sync.OnceValues(func() (*contract, error) {
	file := os.Getenv("WORKOS_CONTRACT")
	if file == "" {
		file = filepath.Join("..", "..", "..", "..", "shared", "contracts", "workos-authorization.openapi.yaml")
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, err = yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := &contract{operations: map[string][]operation{}, compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	root := doc.(map[string]any)
	requireOnce(root)
	for path, item := range root["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			if responses, ok := member(op, "responses").(map[string]any); ok {
				c.add(strings.ToUpper(method), path, responses)
			}
		}
	}
	for name, schema := range member(root, "components", "schemas").(map[string]any) {
		if !mixedIn(root, "#/components/schemas/"+name) {
			closeObjects(schema)
		}
	}
	return c, c.compiler.AddResource(contractURL, doc)
})

// add notes an operation, and lets its successes have no property that the
// contract does not know.
func (c *contract) add(method, path string, responses map[string]any) {
	op := operation{path: path, segments: strings.Split(path, "/")}
	for status, response := range responses {
		op.statuses = append(op.statuses, status)
		if status[0] == '2' {
			closeObjects(member(response, "content", "application/json", "schema"))
		}
	}
	c.operations[method] = append(c.operations[method], op)
}

// requireOnce mends schemas that require a property twice, as the vendor's list
// of organizations does: JSON Schema forbids that.
func requireOnce(v any) {
	switch v := v.(type) {
	case map[string]any:
		if names, ok := v["required"].([]any); ok {
			slices.SortFunc(names, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			v["required"] = slices.Compact(names)
		}
		for _, below := range v {
			requireOnce(below)
		}
	case []any:
		for _, below := range v {
			requireOnce(below)
		}
	}
}

// member follows names into nested objects; nil if one is missing.
func member(v any, names ...string) any {
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// closeObjects forbids properties that a schema does not name, in it and below,
// unless it says what others may be. Where schemas are put together, the whole
// is closed and not each part.
func closeObjects(v any) {
	schema, ok := v.(map[string]any)
	if !ok {
		return
	}
	_, named := schema["properties"]
	_, mixed := schema["allOf"]
	_, open := schema["additionalProperties"]
	if (named || mixed) && !open {
		schema["unevaluatedProperties"] = false
	}
	for _, key := range []string{"oneOf", "anyOf", "allOf"} {
		parts, _ := schema[key].([]any)
		for _, part := range parts {
			if !named && !mixed {
				closeObjects(part)
				continue
			}
			closeProperties(part)
		}
	}
	closeProperties(schema)
}

// closeProperties closes what lies below a schema.
func closeProperties(v any) {
	properties, _ := member(v, "properties").(map[string]any)
	for _, p := range properties {
		closeObjects(p)
	}
	closeObjects(member(v, "items"))
	closeObjects(member(v, "additionalProperties"))
}

// mixedIn reports whether an allOf below v refers to the schema.
func mixedIn(v any, ref string) bool {
	switch v := v.(type) {
	case map[string]any:
		parts, _ := v["allOf"].([]any)
		for _, part := range parts {
			if member(part, "$ref") == ref {
				return true
			}
		}
		for _, below := range v {
			if mixedIn(below, ref) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(below any) bool { return mixedIn(below, ref) })
	}
	return false
}

// aliases are paths that the contract lacks and a client sends.
var aliases = map[string]string{
	// listEffectivePermissions of the Node SDK.
	"/authorization/resources/{}/organization_memberships/{}/permissions": "/authorization/organization_memberships/{}/resources/{}/permissions",
}

// find returns the operation of a path, still escaped and without a query: the
// one with the fewest parameters that fits.
func (c *contract) find(method, path string) (operation, bool) {
	segments := strings.Split(path, "/")
	for alias, target := range aliases {
		if fits(strings.Split(alias, "/"), segments) {
			segments = strings.Split(target, "/")
		}
	}
	best, fewest := operation{}, len(segments)+1
	for _, op := range c.operations[method] {
		if params := strings.Count(op.path, "{"); fits(op.segments, segments) && params < fewest {
			best, fewest = op, params
		}
	}
	return best, fewest <= len(segments)
}

func fits(template, segments []string) bool {
	return slices.EqualFunc(template, segments, func(t, s string) bool { return strings.HasPrefix(t, "{") || t == s })
}

// generalCodes are the errors that any operation may answer with: what is said
// of credentials, limits and broken requests is not repeated in the contract for
// every operation.
var generalCodes = map[int][]string{
	400: {"bad_request"},
	401: {"unauthorized"},
	403: {"forbidden"},
	404: {"entity_not_found"},
	405: {"method_not_allowed"},
	413: {"payload_too_large"},
	422: {"invalid_request_parameters"},
	429: {"rate_limit_exceeded"},
	500: {"server_error"},
	503: {"service_unavailable"},
}

// check returns an error unless the contract lets the operation answer so.
func (c *contract) check(method, path string, status int, body string) error {
	if status == 405 {
		return checkError(status, body)
	}
	op, ok := c.find(method, path)
	if !ok {
		return fmt.Errorf("the contract has no operation %s %s", method, path)
	}
	if status >= 400 {
		if err := checkError(status, body); err != nil {
			return err
		}
		if code, _ := decoded(body).(map[string]any)["code"].(string); slices.Contains(generalCodes[status], code) {
			return nil
		}
	}
	if !slices.Contains(op.statuses, fmt.Sprint(status)) {
		return fmt.Errorf("the contract of %s %s has %v, and not %d", method, op.path, op.statuses, status)
	}
	schema, err := c.schema(method, op.path, status)
	switch {
	case err != nil:
		return err
	case schema == nil && body != "":
		return fmt.Errorf("the contract of %s %s has no body for %d", method, op.path, status)
	case schema == nil:
		return nil
	}
	if err := schema.Validate(decoded(body)); err != nil {
		return fmt.Errorf("the contract of %s %s for %d: %w", method, op.path, status, err)
	}
	return nil
}

// schema is that of a body; nil if there is none.
func (c *contract) schema(method, path string, status int) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pointer := fmt.Sprintf("/paths/%s/%s/responses/%d/content/application~1json/schema", strings.ReplaceAll(path, "/", "~1"), strings.ToLower(method), status)
	schema, err := c.compiler.Compile(contractURL + "#" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer))
	var missing *jsonschema.JSONPointerNotFoundError
	if errors.As(err, &missing) {
		return nil, nil
	}
	return schema, err
}

// checkError demands of every error what both SDKs rely on.
func checkError(status int, body string) error {
	object, _ := decoded(body).(map[string]any)
	for _, name := range []string{"message", "code"} {
		if text, _ := object[name].(string); text == "" {
			return fmt.Errorf("an error of status %d has no %s", status, name)
		}
	}
	if _, has := object["error"]; has {
		return errors.New(`an error has a member "error", which the Node SDK takes for one of OAuth`)
	}
	fields, _ := object["errors"].([]any)
	for _, f := range fields {
		if code, _ := member(f, "code").(string); code == "" {
			return errors.New("one of the errors has no code")
		}
	}
	return nil
}

// decoded is a JSON value, nil if the text is none.
func decoded(body string) any {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return nil
	}
	return v
}

// inContract fails the test unless the contract lets the operation answer so.
// What is below /v1 and /api is of other dialects.
func inContract(t testing.TB, method, target string, status int, body string) {
	t.Helper()
	path, _, _ := strings.Cut(target, "?")
	if strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/api/") {
		return
	}
	c, err := theContract()
	if err != nil {
		t.Fatalf("reading the contract: %v", err)
	}
	if c == nil {
		return
	}
	if err := c.check(method, path, status, body); err != nil {
		t.Errorf("%s %s: %d %s: %v", method, target, status, body, err)
	}
}

// TestContract checks the checker.
func TestContract(t *testing.T) {
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skip("the contract does not lie beside the repository")
	}
	for method, ops := range c.operations { // every schema can be read
		for _, op := range ops {
			for _, status := range op.statuses {
				var n int
				if _, err := fmt.Sscan(status, &n); err != nil {
					t.Fatal(err)
				}
				if _, err := c.schema(method, op.path, n); err != nil {
					t.Errorf("%s %s %s: %v", method, op.path, status, err)
				}
			}
		}
	}
	const resource = `{"object":"authorization_resource","name":"n","description":null,"organization_id":"o","parent_resource_id":null,` +
		`"id":"i","external_id":"e","resource_type_slug":"t","created_at":"2026-01-15T12:00:00.000Z","updated_at":"2026-01-15T12:00:00.000Z"}`
	const list = `{"object":"list","data":[` + resource + `],"list_metadata":{"before":null,"after":null}}`
	for _, tt := range []struct {
		method, path string
		status       int
		body         string
		ok           bool
	}{
		{"POST", "/authorization/resources", 201, resource, true},
		{"POST", "/authorization/resources", 200, resource, false},
		{"POST", "/authorization/resources", 201, strings.Replace(resource, `"name":"n",`, "", 1), false},
		{"POST", "/authorization/resources", 201, strings.Replace(resource, `"name"`, `"extra":1,"name"`, 1), false},
		{"POST", "/authorization/resources", 201, strings.Replace(resource, `.000Z`, "", 1), false},
		{"POST", "/authorization/resources", 201, "", false},
		{"GET", "/authorization/resources", 200, list, true},
		{"GET", "/authorization/resources", 200, strings.Replace(list, `"name"`, `"extra":1,"name"`, 1), false},
		{"GET", "/authorization/resources/x%2Fy", 200, resource, true},
		{"DELETE", "/authorization/resources/x", 204, "", true},
		{"DELETE", "/authorization/resources/x", 204, "{}", false},
		{"DELETE", "/authorization/resources/x", 409, `{"code":"resource_has_dependents","message":"m"}`, true},
		{"DELETE", "/authorization/resources/x", 409, `{"code":"another_reason","message":"m"}`, false},
		{"GET", "/authorization/resources/x", 404, `{"code":"entity_not_found","message":"m"}`, true},
		{"GET", "/authorization/resources/x", 404, `{"message":"m"}`, false},
		{"GET", "/authorization/resources/x", 401, `{"code":"unauthorized","message":"m","error":"e"}`, false},
		{"GET", "/authorization/resources/x", 422, `{"code":"invalid_request_parameters","message":"m","errors":[{"code":"c"}]}`, true},
		{"GET", "/authorization/resources/x", 422, `{"code":"invalid_request_parameters","message":"m","errors":["c"]}`, false},
		{"GET", "/authorization/resources/x", 409, `{"code":"conflict","message":"m"}`, false},
		{"GET", "/authorization/nothing", 200, "{}", false},
		{"GET", "/authorization/resources/x/organization_memberships/y/permissions", 404, `{"code":"entity_not_found","message":"m"}`, true},
	} {
		if err := c.check(tt.method, tt.path, tt.status, tt.body); (err == nil) != tt.ok {
			t.Errorf("%s %s %d %s: got %v, want it to pass: %t", tt.method, tt.path, tt.status, tt.body, err, tt.ok)
		}
	}
}
