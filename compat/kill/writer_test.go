package kill

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// writer writes to objects that are its own: records, a role, and the keys of a
// client that holds nothing.
type writer struct {
	n       int
	random  *rand.Rand
	version int // of the next write; no two writes have the same content

	records []*record
	role    state
	client  string
	keys    map[string]*key // by key id
	other   string          // a key of the client that is never deleted

	acknowledged, refused, cut int
	wrong                      []string // answers that are wrong by themselves
}

// state is what an object must be: what was acknowledged last. If a write was
// cut off, maybe is what it asked for.
type state struct {
	is    content
	maybe *content
}

// content of an object in short: "" is not there, "deleted …" a deleted record.
type content struct {
	text     string
	modified string // lastUpdated of a record; "" if no answer told
}

type record struct {
	id string
	state
}

type key struct {
	secret  string
	deleted bool
	maybe   bool // its deletion was cut off
}

// recordBody is a record on the wire, as far as it matters here.
type recordBody struct {
	RecordID    string          `json:"recordId,omitempty"`
	Name        string          `json:"name"`
	Status      string          `json:"status,omitempty"`
	LastUpdated string          `json:"lastUpdated,omitempty"`
	Users       []userBody      `json:"users"`
	Statements  []statementBody `json:"statements"`
}

type userBody struct {
	UserID string `json:"userId"`
}

type statementBody struct {
	Roles     []string       `json:"roles"`
	Resources []resourceBody `json:"resources"`
}

type resourceBody struct {
	ResourceURI string `json:"resourceUri"`
}

type roleBody struct {
	RoleID      string           `json:"roleId,omitempty"`
	Name        string           `json:"name"`
	Permissions []permissionBody `json:"permissions"`
}

type permissionBody struct {
	Action   string `json:"action"`
	Allow    bool   `json:"allow"`
	Grant    bool   `json:"grant"`
	Delegate bool   `json:"delegate"`
}

func newWriter(t *testing.T, c *conn, n int, seed uint64) *writer {
	t.Helper()
	w := &writer{n: n, random: rand.New(rand.NewPCG(seed, uint64(n))), keys: map[string]*key{}}
	for i := range records {
		w.records = append(w.records, &record{id: name("rec", n, i)})
	}
	if a := c.do("POST", "/v1/roles", nil, w.roleOf("use:0")); a.status != http.StatusCreated {
		t.Fatalf("creating a role: %d %s", a.status, a.body)
	}
	w.role.is.text = "use:0"
	a := c.do("POST", "/v1/clients", nil, map[string]string{"name": "nobody"})
	var client struct{ ClientID string }
	if err := json.Unmarshal(a.body, &client); err != nil || a.status != http.StatusCreated {
		t.Fatalf("creating a client: %d %s", a.status, a.body)
	}
	w.client = client.ClientID
	id, secret := parseKey(c.do("POST", "/v1/clients/"+w.client+"/access-keys", nil, nil))
	if secret == "" {
		t.Fatal("no access key")
	}
	w.keys[id], w.other = &key{secret: secret}, secret
	return w
}

func (w *writer) roleID() string   { return name("ro", w.n, 0) }
func (w *writer) user() string     { return fmt.Sprintf("user_%d", w.n) }
func (w *writer) next() string     { w.version++; return fmt.Sprintf("%d", w.version) }
func (w *writer) chance(n int) int { return w.random.IntN(n) }

// uri is what a record of that version is about.
func (w *writer) uri(r *record, version string) string { return r.id + "/" + version }

func (w *writer) recordOf(r *record, version string) recordBody {
	return recordBody{
		RecordID: r.id, Name: version, Users: []userBody{{w.user()}},
		Statements: []statementBody{{[]string{w.roleID()}, []resourceBody{{w.uri(r, version)}}}},
	}
}

// roleOf is a role that allows "use" or "other", and names its version.
func (w *writer) roleOf(text string) roleBody {
	action, _, _ := strings.Cut(text, ":")
	return roleBody{w.roleID(), text, []permissionBody{{Action: action, Allow: true}}}
}

// write writes until the server no longer answers.
func (w *writer) write(c *conn) {
	for alive := true; alive; {
		switch w.chance(10) {
		case 0:
			alive = w.writeRole(c)
		case 1:
			alive = w.writeKey(c)
		case 2, 3:
			alive = w.tryRefused(c)
		default:
			alive = w.writeRecord(c, w.records[w.chance(len(w.records))])
		}
	}
}

// settle notes what became of a write that asked for the content.
func (w *writer) settle(s *state, a answer, want int, asked content) (alive bool) {
	switch a.status {
	case 0:
		s.maybe = &asked
		w.cut++
		return false
	case want:
		s.is = asked
		w.acknowledged++
	case http.StatusServiceUnavailable: // it may say so while it dies; not written
	default:
		w.wrong = append(w.wrong, fmt.Sprintf("a write to %+v for %+v: %d, want %d: %s", s.is, asked, a.status, want, a.body))
		return false
	}
	return true
}

func (w *writer) writeRecord(c *conn, r *record) (alive bool) {
	path := "/v1/records/" + r.id
	if r.is.text == "" || strings.HasPrefix(r.is.text, "deleted ") {
		version := w.next()
		a := c.do("POST", "/v1/records", nil, w.recordOf(r, version))
		return w.settle(&r.state, a, http.StatusCreated, content{version, a.modified})
	}
	if w.chance(4) == 0 {
		a := c.do("DELETE", path, nil, nil)
		return w.settle(&r.state, a, http.StatusNoContent, content{text: "deleted " + r.is.text})
	}
	version := w.next()
	header := map[string]string{}
	if r.is.modified != "" && w.chance(2) == 0 {
		header["If-Unmodified-Since"] = r.is.modified
	}
	a := c.do("PUT", path, header, w.recordOf(r, version))
	return w.settle(&r.state, a, http.StatusAccepted, content{version, a.modified})
}

func (w *writer) writeRole(c *conn) (alive bool) {
	text := []string{"use", "other"}[w.chance(2)] + ":" + w.next()
	return w.settle(&w.role, c.do("PUT", "/v1/roles/"+w.roleID(), nil, w.roleOf(text)), http.StatusOK, content{text: text})
}

// writeKey makes a key, or deletes one.
func (w *writer) writeKey(c *conn) (alive bool) {
	for id, k := range w.keys {
		if k.deleted || k.secret == w.other {
			continue
		}
		a := c.do("DELETE", "/v1/clients/"+w.client+"/access-keys/"+id, nil, nil)
		switch a.status {
		case 0:
			k.maybe = true
			w.cut++
			return false
		case http.StatusNoContent:
			k.deleted = true
			w.acknowledged++
		default:
			w.wrong = append(w.wrong, fmt.Sprintf("deleting the key %s: %d: %s", id, a.status, a.body))
			return false
		}
		return true
	}
	a := c.do("POST", "/v1/clients/"+w.client+"/access-keys", nil, nil)
	if a.status == 0 {
		w.cut++
		return false // there may be a key that nobody holds
	}
	id, secret := parseKey(a)
	if secret == "" {
		if a.status == http.StatusCreated { // the answer was cut off
			w.cut++
			return false
		}
		w.wrong = append(w.wrong, fmt.Sprintf("making a key: %d: %s", a.status, a.body))
		return false
	}
	w.keys[id] = &key{secret: secret}
	w.acknowledged++
	return true
}

func parseKey(a answer) (id, secret string) {
	var k struct{ KeyID, AccessKey string }
	if json.Unmarshal(a.body, &k) != nil || a.status != http.StatusCreated {
		return "", ""
	}
	return k.KeyID, k.AccessKey
}

// tryRefused attempts a write that must be refused, with content that must
// never be seen.
func (w *writer) tryRefused(c *conn) (alive bool) {
	r := w.records[w.chance(len(w.records))]
	active := r.is.text != "" && !strings.HasPrefix(r.is.text, "deleted ")
	path, body := "/v1/records/"+r.id, w.recordOf(r, "refused"+w.next())
	stranger := &record{id: name("rec_refused", w.n, w.version)}
	var a answer
	var want int
	switch w.chance(5) {
	case 0:
		if !active {
			return true
		}
		a, want = c.do("PUT", path, map[string]string{"If-Unmodified-Since": "2001-01-01T00:00:00Z"}, body), http.StatusPreconditionFailed
	case 1:
		if !active {
			return true
		}
		a, want = c.do("POST", "/v1/records", nil, body), http.StatusConflict
	case 2:
		a, want = c.as(w.other).do("POST", "/v1/records", nil, w.recordOf(stranger, "refused")), http.StatusForbidden
	case 3:
		a, want = c.as(w.other).do("PUT", "/v1/roles/"+w.roleID(), nil, w.roleOf("use:refused")), http.StatusForbidden
	case 4:
		wrong := w.recordOf(stranger, "refused")
		wrong.Statements = nil
		a, want = c.do("POST", "/v1/records", nil, wrong), http.StatusBadRequest
	}
	switch a.status {
	case 0:
		return false
	case want:
		w.refused++
		return true
	}
	w.wrong = append(w.wrong, fmt.Sprintf("what must be refused with %d is answered with %d: %s", want, a.status, a.body))
	return false
}

// check compares what the server shows with what it must be, and what it
// decides with what it shows. What is shown is what the objects are from now.
func (w *writer) check(t *testing.T, c *conn, listed map[string]recordBody) {
	t.Helper()
	allows := w.checkRole(t, c)
	for _, r := range w.records {
		w.checkRecord(t, c, r, listed, allows)
	}
	w.checkKeys(t, c)
}

func (w *writer) checkRole(t *testing.T, c *conn) (allows string) {
	t.Helper()
	a := c.do("GET", "/v1/roles/"+w.roleID(), nil, nil)
	var shown roleBody
	if err := json.Unmarshal(a.body, &shown); err != nil || a.status != http.StatusOK || len(shown.Permissions) != 1 {
		t.Fatalf("the role %s: %d, %v: %s", w.roleID(), a.status, err, a.body)
	}
	w.role.see(t, w.roleID(), content{text: shown.Name})
	return shown.Permissions[0].Action
}

func (w *writer) checkRecord(t *testing.T, c *conn, r *record, listed map[string]recordBody, allows string) {
	t.Helper()
	a := c.do("GET", "/v1/records/"+r.id, nil, nil)
	var shown recordBody
	var now content
	switch a.status {
	case http.StatusOK:
		if err := json.Unmarshal(a.body, &shown); err != nil {
			t.Fatalf("the record %s: %v: %s", r.id, err, a.body)
		}
		now = content{shown.Name, shown.LastUpdated}
		if shown.Status == "DELETED" {
			now.text = "deleted " + now.text
		}
	case http.StatusNotFound:
	default:
		t.Fatalf("the record %s: %d: %s", r.id, a.status, a.body)
	}
	if inList, ok := listed[r.id]; ok != (a.status == http.StatusOK) || inList.Name != shown.Name || inList.Status != shown.Status {
		t.Errorf("the record %s is %q %s, in the list %q %s", r.id, shown.Name, shown.Status, inList.Name, inList.Status)
	}
	was := r.state
	r.see(t, r.id, now)

	// It decides by what it shows, for every version that could be meant.
	versions := []string{shown.Name, strings.TrimPrefix(was.is.text, "deleted ")}
	if was.maybe != nil {
		versions = append(versions, strings.TrimPrefix(was.maybe.text, "deleted "))
	}
	slices.Sort(versions)
	for _, version := range slices.Compact(versions) {
		if version == "" {
			continue
		}
		for _, action := range []string{"use", "other"} {
			want := http.StatusNotFound
			if shown.Status == "ACTIVE" && version == shown.Name && action == allows {
				want = http.StatusOK
			}
			resource := strings.ReplaceAll(w.uri(r, version), "/", "%2F")
			got := c.status(t, "GET", "/v1/users/"+w.user()+"/resources/"+resource+"/permissions/"+action, nil)
			if got != want {
				t.Errorf("may %s %s %s: %d, want %d by record %q %s and a role that allows %s",
					w.user(), action, w.uri(r, version), got, want, shown.Name, shown.Status, allows)
			}
		}
	}
}

// see asserts that the object may be what is shown, and settles on it.
func (s *state) see(t *testing.T, id string, shown content) {
	t.Helper()
	same := func(c content) bool {
		return c.text == shown.text && (c.modified == "" || c.modified == shown.modified)
	}
	switch {
	case same(s.is):
	case s.maybe != nil && same(*s.maybe):
	case s.maybe != nil:
		t.Errorf("%s is %+v; acknowledged was %+v, cut off %+v", id, shown, s.is, *s.maybe)
	default:
		t.Errorf("%s is %+v; acknowledged was %+v", id, shown, s.is)
	}
	*s = state{is: shown}
}

// checkKeys asserts that a deleted key is refused and every other one is good.
// A key whose deletion was cut off must be what the client's list says. A key
// whose making was cut off is nobody's; it is deleted, to make room.
func (w *writer) checkKeys(t *testing.T, c *conn) {
	t.Helper()
	a := c.do("GET", "/v1/clients/"+w.client, nil, nil)
	var client struct {
		VerificationKeys []struct{ KeyID string }
	}
	if err := json.Unmarshal(a.body, &client); err != nil || a.status != http.StatusOK {
		t.Fatalf("the client %s: %d, %v: %s", w.client, a.status, err, a.body)
	}
	shown := map[string]bool{}
	for _, k := range client.VerificationKeys {
		shown[k.KeyID] = true
	}
	for id, k := range w.keys {
		if !k.maybe && shown[id] == k.deleted {
			t.Errorf("the key %s: shown %t, but deleted %t", id, shown[id], k.deleted)
		}
		want := http.StatusUnauthorized
		if shown[id] {
			want = http.StatusNotFound // of a check: who asks is known
		}
		if got := c.as(k.secret).status(t, "GET", "/v1/users/"+w.client+"/resources/x/permissions/y", nil); got != want {
			t.Errorf("a request with the key %s: %d, want %d; shown %t", id, got, want, shown[id])
		}
		if !shown[id] {
			delete(w.keys, id)
		}
		k.maybe = false
	}
	for id := range shown {
		if w.keys[id] == nil {
			if status := c.status(t, "DELETE", "/v1/clients/"+w.client+"/access-keys/"+id, nil); status != http.StatusNoContent {
				t.Errorf("deleting the key %s: %d", id, status)
			}
		}
	}
}
