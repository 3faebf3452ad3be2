package authress_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/naive"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// hostile are pieces of identifiers that some server, proxy or store has taken
// for something else: separators in every spelling, steps up, wildcards, what
// folds or vanishes when normalised, what ends or splits a text.
var hostile = []string{
	"/", "%2F", "%2f", "%252F", "%5C", "\\", "..", "%2E%2E", "%2e%2e", ".", "%2E", "//", "%2F%2F", ";", ";a=b", "%3B", "?", "%3F", "#", "%23",
	"*", "%2A", "**", "*:*", ":*", ":", "%3A", "+", "%2B", "%20", " ", "%09", "%0A", "%0D%0A", "%00", "%7F", "%80", "%C0%AF", "%C0%80", "%FF", "%E2%80%AE",
	"%EF%BC%8F", "%E2%88%95", "%C4%B1", "%E2%84%AA", "%CC%81", "%C3%A9", "%EF%BB%BF", "%E2%80%8B", "%ED%A0%80", "%u002f", "%zz", "%", "%2", "%%", "&", "=", "'", "\"", "%22", "<", ">", "|", "~", "@", ",", "{}", "[]", "$", "!",
	"undefined", "null", "true", "-1", "0", strings.Repeat("a", 600), strings.Repeat("a/", 40), strings.Repeat("%2Fa", 17),
}

// spell writes a name so that it should not, but might, be taken for the name.
func spell(r *rand.Rand, name string) string {
	switch r.IntN(8) {
	case 0:
		return name
	case 1:
		return strings.ToUpper(name)
	case 2:
		return url.PathEscape(name)
	case 3: // every character escaped, in one of two cases
		var b strings.Builder
		for _, c := range []byte(name) {
			fmt.Fprintf(&b, []string{"%%%02X", "%%%02x"}[r.IntN(2)], c)
		}
		return b.String()
	}
	at := r.IntN(len(name) + 1)
	return name[:at] + hostile[r.IntN(len(hostile))] + name[at:]
}

// TestTenThousandHostileSpellings sends names spelt in hostile ways through
// every place that takes one. No answer is a 5xx, no check allows what the naive
// evaluator does not, and no object is touched but by its own name.
func TestTenThousandHostileSpellings(t *testing.T) {
	w := newHostileWorld(t)
	before := w.state(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		switch r.IntN(10) {
		default:
			w.check(t, spell(r, pick(r, "ana", "ben", "cleo")), spell(r, pick(r, "documents/1", "documents", "orgs/a/documents/1", "ns:1/x")), spell(r, "documents:read"))
		case 5:
			w.remove(t, pick(r, "/v1/records/", "/v1/roles/", "/v1/groups/"), spell(r, pick(r, "r1", "ro_docs", "ro_read")))
		case 6:
			w.create(t, spell(r, "r1"), spell(r, "ana"), spell(r, "ro_docs"), spell(r, "documents/1"))
		case 7:
			w.list(t, spell(r, w.cursor), spell(r, "2"), spell(r, "x"))
		case 8:
			w.credential(t, spell(r, w.APIKey))
		case 9:
			w.credential(t, spell(r, w.Owner))
		}
	}
	if after := w.state(t); after != before {
		t.Errorf("the objects became\n%s\nwant\n%s", after, before)
	}
	if w.allowed < 100 {
		t.Errorf("%d checks were allowed: the questions are too far from what is granted", w.allowed)
	}
	if logged := w.Log.String(); strings.Contains(logged, "level=ERROR") {
		t.Errorf("requests were logged as failures of the server:\n%s", logged)
	}
}

func pick(r *rand.Rand, names ...string) string { return names[r.IntN(len(names))] }

// hostileWorld is a server, what the naive evaluator knows of it, and a
// connection that sends request targets as they are.
type hostileWorld struct {
	*servertest.Server
	naive   *naive.State
	allowed int // checks, to know that the questions are near the answers
	cursor  string
	conn    net.Conn
	reader  *bufio.Reader
}

func newHostileWorld(t *testing.T) *hostileWorld {
	w := &hostileWorld{Server: servertest.Start(t), naive: &naive.State{}}
	for id, action := range map[string]string{"ro_docs": "documents:*", "ro_read": "documents:read"} {
		role(t, w.Server, id, action)
		w.naive.AllRoles = append(w.naive.AllRoles, &access.Role{ID: access.RoleID(id), Permissions: []access.RolePermission{{Action: action, Allow: true}}})
	}
	for id, holds := range map[string][]string{
		"r1": {"ana", "ro_docs", "documents/1"}, "r2": {"ben", "ro_read", "documents/*"}, "r3": {"cleo", "ro_read", "orgs/*/documents", "ns:*/x"},
	} {
		var list []string
		for _, uri := range holds[2:] {
			list = append(list, fmt.Sprintf(`{"resourceUri":%q}`, uri))
		}
		w.Want(t, 201, "POST", "/v1/records", fmt.Sprintf(`{"recordId":%q,"name":"x","users":[{"userId":%q}],"statements":[{"roles":[%q],"resources":[%s]}]}`,
			id, holds[0], holds[1], strings.Join(list, ",")))
		w.naive.AllRecords = append(w.naive.AllRecords, &access.Record{
			ID: access.RecordID(id), Status: access.RecordActive, Subjects: []access.Subject{{Kind: access.UserKind, ID: holds[0]}},
			Statements: []access.Statement{{Roles: []access.RoleID{access.RoleID(holds[1])}, Resources: holds[2:]}},
		})
	}
	var p page
	w.Want(t, 200, "GET", "/v1/roles?limit=2", "").JSON(t, &p)
	w.cursor = p.Pagination.Next.Cursor
	t.Cleanup(func() {
		if w.conn != nil {
			w.conn.Close()
		}
	})
	return w
}

// state is what the named objects say.
func (w *hostileWorld) state(t *testing.T) string {
	t.Helper()
	var all []string
	for _, path := range []string{"/v1/records/r1", "/v1/records/r2", "/v1/records/r3", "/v1/roles/ro_docs", "/v1/roles/ro_read"} {
		all = append(all, w.Want(t, 200, "GET", path, "").Body)
	}
	return strings.Join(all, "\n")
}

// send writes a request as it is and returns the status.
func (w *hostileWorld) send(t *testing.T, method, target, credential, body string) int {
	t.Helper()
	if w.conn == nil {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		w.conn, w.reader = conn, bufio.NewReader(conn)
	}
	fmt.Fprintf(w.conn, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", method, target, credential, len(body), body)
	resp, err := http.ReadResponse(w.reader, nil)
	if err != nil {
		t.Fatalf("%s %q: %v", method, target, err)
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %q: %v", method, target, err)
	}
	resp.Body.Close()
	if resp.Close {
		w.conn.Close()
		w.conn = nil
	}
	if resp.StatusCode >= 500 {
		t.Errorf("%s %q %s: %d %s, want no 5xx", method, target, body, resp.StatusCode, answer)
	}
	return resp.StatusCode
}

// check asks, and reads an allow as the naive evaluator would have it.
func (w *hostileWorld) check(t *testing.T, user, resource, permission string) {
	t.Helper()
	target := "/v1/users/" + user + "/resources/" + resource + "/permissions/" + permission
	if status := w.send(t, "GET", target, w.Owner, ""); status != 200 {
		return
	}
	path, _, _ := strings.Cut(target, "?")
	user, rest, _ := strings.Cut(strings.TrimPrefix(path, "/v1/users/"), "/resources/")
	if !strings.Contains(rest, "/permissions") {
		return // cut short by a question mark: a list
	}
	marker := strings.LastIndex(rest, "/permissions/")
	if marker < 0 || strings.HasSuffix(rest, "/permissions/") {
		return // the list of permissions
	}
	w.allowed++
	q, err := readQuery(user, rest[:marker], strings.TrimSuffix(rest[marker+len("/permissions/"):], "/"))
	if err != nil || !w.naive.Check(q) {
		t.Errorf("GET %q is allowed; the naive evaluator reads %+v, %v and denies", target, q, err)
	}
}

func readQuery(user, resource, permission string) (q access.Query, err error) {
	for _, s := range []*string{&user, &resource, &permission} {
		if *s, err = url.PathUnescape(*s); err != nil {
			return q, err
		}
	}
	if q.Subject, err = access.ParseUser(user); err != nil {
		return q, err
	}
	if q.Resource, err = access.ParseResourceURI(resource); err != nil {
		return q, err
	}
	q.Permission, err = access.ParsePermission(permission)
	return q, err
}

// remove deletes by a name that is none, unless it names an object for good.
func (w *hostileWorld) remove(t *testing.T, list, name string) {
	t.Helper()
	path, _, _ := strings.Cut(name, "?")
	if decoded, err := url.PathUnescape(strings.TrimSuffix(path, "/")); err == nil && (decoded == "r1" || decoded == "ro_docs" || decoded == "ro_read" || decoded == "") {
		return
	}
	w.send(t, "DELETE", list+name, w.Owner, "") // what it may have deleted, the state tells
}

// create makes a record of the names, as they are, unless its id is taken.
func (w *hostileWorld) create(t *testing.T, id, user, role, resource string) {
	t.Helper()
	body := strings.NewReplacer("ID", id, "USER", user, "ROLE", role, "RESOURCE", resource).Replace( // as they are, not quoted
		`{"recordId":"ID","name":"x","users":[{"userId":"USER"}],"statements":[{"roles":["ROLE"],"resources":[{"resourceUri":"RESOURCE"}]}]}`)
	switch status := w.send(t, "POST", "/v1/records", w.Owner, body); status {
	case 201:
		// A new record, which might make a later check right: the evaluator
		// learns of it, or it goes away again.
		if got := w.send(t, "DELETE", "/v1/records/"+url.PathEscape(id), w.Owner, ""); got != 204 {
			t.Errorf("POST %s made a record that DELETE by its id answers with %d", body, got)
		}
	case 400, 409, 413:
	default:
		t.Errorf("POST %s: %d, want 201 or a refusal", body, status)
	}
}

func (w *hostileWorld) list(t *testing.T, cursor, limit, filter string) {
	t.Helper()
	status := w.send(t, "GET", "/v1/roles?limit="+limit+"&cursor="+cursor+"&filter="+filter, w.Owner, "")
	if status != 200 && status != 400 && status != 404 {
		t.Errorf("listing with limit %q, cursor %q, filter %q: %d, want 200 or 400", limit, cursor, filter, status)
	}
}

// credential sends a credential that is not quite one.
func (w *hostileWorld) credential(t *testing.T, credential string) {
	t.Helper()
	status := w.send(t, "GET", "/v1/roles", strings.NewReplacer("\r", "", "\n", "").Replace(credential), "")
	whole := strings.Trim(credential, " ")
	if status == 200 && whole != w.APIKey && whole != w.Owner {
		t.Errorf("the credential %q is accepted", credential)
	}
}
