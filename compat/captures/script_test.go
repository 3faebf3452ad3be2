package captures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/compat/process"
)

// exchange is one request of a script, and what the client needs back.
type exchange struct {
	line    int
	title   string
	request string // as it stands in the script, with line feeds
	status  int
	header  []string // "Name: value", or "!Name" for one that must not be there
	body    string   // JSON, "(empty)", or "" for whatever comes
}

// A script is a text file of exchanges:
//
//	### what happens
//	POST /v1/roles HTTP/1.1
//	Host: localhost:8899
//	Content-Length: ${length}
//
//	{"roleId":"ro_test"}
//	=> 201
//	Content-Type: application/links+json
//
//	{"roleId": "ro_test", "links": {"self": {"href": "<text>"}}}
//
// The request goes out byte for byte, but for line ends (CR LF in its head, none
// after its body) and for ${name}: a credential, the length of the body, or
// what an earlier answer bound.
//
// The answer's body must have every member of the expected one; its lists must
// be equal in length and order. A text in angle brackets stands for any value
// of a sort: <text> (not empty), <string>, <time>, <number>, <bool>, <any>. A
// text ${name} binds what stands there, or, bound already, must equal it.
func readScript(t *testing.T, name string) []exchange {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []exchange
	var e *exchange
	var part *[]string // where lines go now
	var request, answer []string
	finish := func() {
		if e == nil {
			return
		}
		e.request = strings.Join(trimBlank(request), "\n")
		head, body, _ := cutBlank(trimBlank(answer))
		e.header, e.body = head, strings.Join(body, "\n")
		if e.status == 0 {
			t.Fatalf("%s:%d: the exchange has no => line", name, e.line)
		}
		all = append(all, *e)
	}
	for i, line := range strings.Split(string(file), "\n") {
		title, isTitle := strings.CutPrefix(line, "### ")
		status, isStatus := strings.CutPrefix(line, "=> ")
		switch {
		case isTitle:
			finish()
			e = &exchange{line: i + 1, title: title}
			request, answer = nil, nil
			part = &request
		case isStatus && e != nil:
			if e.status, err = strconv.Atoi(status); err != nil {
				t.Fatalf("%s:%d: %v", name, i+1, err)
			}
			part = &answer
		case part != nil:
			*part = append(*part, line)
		case line != "" && !strings.HasPrefix(line, "#"):
			t.Fatalf("%s:%d: text before the first ###", name, i+1)
		}
	}
	finish()
	return all
}

// trimBlank drops the blank lines at the end.
func trimBlank(lines []string) []string {
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func cutBlank(lines []string) (head, body []string, found bool) {
	if i := slices.Index(lines, ""); i >= 0 {
		return lines[:i], lines[i+1:], true
	}
	return lines, nil, false
}

// wire is the request as it goes out.
func (e *exchange) wire(vars map[string]string) (string, error) {
	head, body, _ := cutBlank(strings.Split(e.request, "\n"))
	sent, err := expand(strings.Join(body, "\n"), vars)
	if err != nil {
		return "", err
	}
	vars["length"] = strconv.Itoa(len(sent))
	start, err := expand(strings.Join(head, "\r\n"), vars)
	return start + "\r\n\r\n" + sent, err
}

var variable = regexp.MustCompile(`\$\{(\w+)\}`)

// expand replaces each ${name} by its value.
func expand(s string, vars map[string]string) (string, error) {
	var missing []string
	out := variable.ReplaceAllStringFunc(s, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value, ok := vars[name]
		if !ok {
			missing = append(missing, name)
		}
		return value
	})
	if missing != nil {
		return "", fmt.Errorf("nothing is bound to %v", missing)
	}
	return out, nil
}

// check compares the answer with what the client needs.
func (e *exchange) check(a process.Answer, vars map[string]string) []string {
	var wrong []string
	if a.Status != e.status {
		wrong = append(wrong, fmt.Sprintf("status %d, want %d", a.Status, e.status))
	}
	for _, h := range e.header {
		if name, absent := strings.CutPrefix(h, "!"); absent {
			if got := a.Header.Values(name); len(got) > 0 {
				wrong = append(wrong, fmt.Sprintf("header %s: %q, want none", name, got))
			}
			continue
		}
		name, want, _ := strings.Cut(h, ": ")
		if got := a.Header.Get(name); !matches(got, want, vars) {
			wrong = append(wrong, fmt.Sprintf("header %s: %q, want %s", name, got, want))
		}
	}
	switch e.body {
	case "":
	case "(empty)":
		if len(a.Body) > 0 {
			wrong = append(wrong, "a body, want none")
		}
	default:
		var got, want any
		if err := json.Unmarshal([]byte(e.body), &want); err != nil {
			return append(wrong, fmt.Sprintf("the script's own JSON: %v", err))
		}
		dec := json.NewDecoder(bytes.NewReader(a.Body))
		if err := dec.Decode(&got); err != nil {
			return append(wrong, fmt.Sprintf("the body is not JSON: %v", err))
		}
		// Members are compared in any order, so that one may name what another
		// binds: the first round binds.
		differ("", got, want, vars)
		wrong = append(wrong, differ("", got, want, vars)...)
	}
	return wrong
}

// differ lists where got lacks something of want.
func differ(at string, got, want any, vars map[string]string) []string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: %v, want an object", at, got)}
		}
		var wrong []string
		for name, w := range want {
			g, ok := object[name]
			if !ok {
				wrong = append(wrong, fmt.Sprintf("%s/%s is missing", at, name))
				continue
			}
			wrong = append(wrong, differ(at+"/"+name, g, w, vars)...)
		}
		return wrong
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return []string{fmt.Sprintf("%s: %v, want %d elements", at, got, len(want))}
		}
		var wrong []string
		for i := range want {
			wrong = append(wrong, differ(fmt.Sprintf("%s/%d", at, i), list[i], want[i], vars)...)
		}
		return wrong
	case string:
		if !matches(got, want, vars) {
			return []string{fmt.Sprintf("%s: %#v, want %s", at, got, want)}
		}
		return nil
	default: // a number, true, false or null
		if got != want {
			return []string{fmt.Sprintf("%s: %#v, want %#v", at, got, want)}
		}
		return nil
	}
}

var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

// matches compares a value with a text, a sort in angle brackets, or a ${name}.
func matches(got any, want string, vars map[string]string) bool {
	text, isText := got.(string)
	switch want {
	case "<any>":
		return true
	case "<text>":
		return text != ""
	case "<string>":
		return isText
	case "<time>":
		return timestamp.MatchString(text)
	case "<number>":
		_, ok := got.(float64)
		return ok
	case "<bool>":
		_, ok := got.(bool)
		return ok
	}
	if m := variable.FindStringSubmatch(want); m != nil && m[0] == want {
		if _, bound := vars[m[1]]; !bound {
			vars[m[1]] = text
			return text != ""
		}
	}
	expected, err := expand(want, vars)
	return err == nil && isText && text == expected
}
