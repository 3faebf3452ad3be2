package native_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/reeve-authz/reeve/internal/api/native"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// start runs a server whose answers are held against the document.
func start(t testing.TB) *servertest.Server {
	t.Helper()
	s := servertest.Start(t)
	s.Inspect = inDocument
	return s
}

// document is openapi.yaml. OpenAPI 3.1 describes bodies with JSON Schema
// 2020-12.
type document struct {
	paths    map[string]any
	root     any
	compiler *jsonschema.Compiler
	mu       sync.Mutex // guards the compiler
}

const documentURL = "openapi.json" // what schemas are found under; nothing is fetched

var theDocument = sync.OnceValues(func() (*document, error) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &document{paths: at(root, "paths").(map[string]any), root: root, compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	closeObjects(root)
	return d, d.compiler.AddResource(documentURL, root)
})

// at follows names into nested objects; nil if one is missing.
func at(v any, names ...string) any {
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// closeObjects lets answers have no member that the document does not name.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, isObject := v["properties"]; isObject && v["type"] == "object" {
			v["additionalProperties"] = false
		}
		for _, below := range v {
			closeObjects(below)
		}
	case []any:
		for _, below := range v {
			closeObjects(below)
		}
	}
}

// operation finds the operation of a method on a path, with the template that it
// has in the document: the one with the fewest names left open.
func (d *document) operation(method, path string) (template string, op map[string]any) {
	segments := strings.Split(path, "/")
	for candidate := range d.paths {
		found, has := at(d.paths, candidate, strings.ToLower(method)).(map[string]any)
		fits := slices.EqualFunc(strings.Split(candidate, "/"), segments, func(t, s string) bool { return t[:min(1, len(t))] == "{" || t == s })
		if has && fits && (op == nil || strings.Count(candidate, "{") < strings.Count(template, "{")) {
			template, op = candidate, found
		}
	}
	return template, op
}

// schema compiles the schema of an answer; nil if it has no body.
func (d *document) schema(template, method string, status int) (*jsonschema.Schema, error) {
	pointer := []string{"paths", template, strings.ToLower(method), "responses", fmt.Sprint(status)}
	response := at(d.root, pointer...)
	if ref, ok := at(response, "$ref").(string); ok {
		pointer = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		response = at(d.root, pointer...)
	}
	if at(response, "content", "application/json") == nil {
		return nil, nil
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	url := documentURL + "#"
	for _, name := range append(pointer, "content", "application/json", "schema") {
		url += "/" + escape.Replace(name)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.compiler.Compile(url)
}

// anywhere are the errors that every operation may answer with.
var anywhere = []int{401, 405, 413, 429, 500, 503}

// inDocument fails the test unless the document lets the operation answer so.
func inDocument(t testing.TB, method, target string, a servertest.Answer) {
	t.Helper()
	path, _, _ := strings.Cut(target, "?")
	if !strings.HasPrefix(path, "/api/") && path != "/healthz" && path != "/readyz" {
		return
	}
	d, err := theDocument()
	if err != nil {
		t.Fatalf("reading the document: %v", err)
	}
	template, op := d.operation(method, path)
	if op == nil {
		if a.Status != 405 && a.Status != 404 {
			t.Errorf("%s %s: %d, and the document has no such operation", method, target, a.Status)
		}
		return
	}
	var schema *jsonschema.Schema
	switch _, listed := at(op, "responses").(map[string]any)[fmt.Sprint(a.Status)]; {
	case listed:
		schema, err = d.schema(template, method, a.Status)
	case slices.Contains(anywhere, a.Status):
		d.mu.Lock()
		schema, err = d.compiler.Compile(documentURL + "#/components/schemas/Error")
		d.mu.Unlock()
	default:
		t.Errorf("%s %s: %d %s, which the document does not list", method, target, a.Status, a.Body)
		return
	}
	if err != nil {
		t.Fatalf("%s %s %d: %v", method, template, a.Status, err)
	}
	if schema == nil {
		if a.Body != "" && !slices.Contains([]string{"application/yaml", "application/jsonl"}, a.Header.Get("Content-Type")) {
			t.Errorf("%s %s: %d has the body %s, and none in the document", method, target, a.Status, a.Body)
		}
		return
	}
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(a.Body))
	if err == nil {
		err = schema.Validate(body)
	}
	if err != nil {
		t.Errorf("%s %s: %d %s: %v", method, target, a.Status, a.Body, err)
	}
}

// TestDocumentHasEveryRoute with the right that it needs, and nothing else.
func TestDocumentHasEveryRoute(t *testing.T) {
	d, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, route := range native.New(native.Config{}).Routes {
		template, op := d.operation(route.Method, route.Path)
		if op == nil {
			t.Errorf("the document has no %s %s", route.Method, route.Path)
			continue
		}
		used[route.Method+" "+template] = true
		if needs, _ := op["x-needs"].(string); needs != route.Needs {
			t.Errorf("%s %s needs %q, and by the document %q", route.Method, route.Path, route.Needs, needs)
		}
		if security, ok := op["security"].([]any); (ok && len(security) == 0) != route.Public {
			t.Errorf("%s %s is public: %t, and not so in the document", route.Method, route.Path, route.Public)
		}
		if route.Needs == "" && !route.Public {
			t.Errorf("%s %s needs no right", route.Method, route.Path)
		}
	}
	ids := map[any]bool{}
	for path, item := range d.paths {
		for method, op := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			if name := strings.ToUpper(method) + " " + path; !used[name] {
				t.Errorf("the document has %s, which is no route", name)
			}
			if id := at(op, "operationId"); id == nil || ids[id] || at(op, "summary") == nil || at(op, "tags") == nil {
				t.Errorf("%s %s has the operationId %v, a summary %v and tags %v", method, path, id, at(op, "summary"), at(op, "tags"))
			}
			ids[at(op, "operationId")] = true
			for status := range at(op, "responses").(map[string]any) {
				var n int
				if _, err := fmt.Sscan(status, &n); err != nil {
					t.Fatal(err)
				}
				if _, err := d.schema(path, method, n); err != nil {
					t.Errorf("%s %s %s: %v", method, path, status, err)
				}
			}
		}
	}
	checkReferences(t, d.root, d.root)
}

// checkReferences demands of every $ref that it leads somewhere.
func checkReferences(t *testing.T, root, v any) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && at(root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
			t.Errorf("%s leads nowhere", ref)
		}
		for _, below := range v {
			checkReferences(t, root, below)
		}
	case []any:
		for _, below := range v {
			checkReferences(t, root, below)
		}
	}
}

func TestDocumentIsServed(t *testing.T) {
	s := start(t)
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := s.As(t, "", "GET", "/api/v1/openapi.yaml", "")
	if got.Status != 200 || got.Body != string(text) || got.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("%d %v, want the document", got.Status, got.Header)
	}
	for path, want := range map[string]string{"/healthz": `{"status":"ok"}`, "/readyz": `{"status":"ready"}`} {
		if got := s.As(t, "", "GET", path, ""); got.Status != 200 || got.Body != want {
			t.Errorf("%s: %d %s, want %s", path, got.Status, got.Body, want)
		}
	}
	if got := s.As(t, "", "GET", "/api/v1/settings", ""); got.Status != 401 {
		t.Errorf("without a credential: %d, want 401", got.Status)
	}
}
