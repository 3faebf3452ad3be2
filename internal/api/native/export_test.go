package native_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// TestExportOfEverySort: what was imported is exported, line by line, with what
// the server added; and what is exported is exported again from where it was
// imported.
func TestExportOfEverySort(t *testing.T) {
	s, other := start(t), start(t)
	if got := sendLines(t, s, batchOne, everySort); got != "200" {
		t.Fatal(got)
	}
	first := export(t, s)
	for text := range strings.Lines(everySort) {
		sort, rest, _ := strings.Cut(strings.TrimPrefix(text, `{"t":"`), `"`)
		id, _, _ := strings.Cut(strings.TrimPrefix(rest, `,"id":`), `,`)
		if sort != "assign" && !slices.ContainsFunc(first, func(l string) bool {
			return strings.HasPrefix(l, `{"t":"`+sort+`"`) && (!strings.HasPrefix(rest, `,"id"`) || strings.Contains(l, id))
		}) {
			t.Errorf("no line is of %s", text)
		}
	}
	if got := sendLines(t, other, batchOne, strings.Join(first, "")); got != "200" {
		t.Fatal(got)
	}
	if a, b := plain(first), plain(export(t, other)); !slices.Equal(a, b) {
		t.Errorf("exported again:\n%s\nwant\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
	}
}

func export(t *testing.T, s *servertest.Server) []string {
	t.Helper()
	a := s.As(t, s.APIKey, "GET", "/api/v1/export", "")
	if a.Status != 200 || !strings.HasPrefix(a.Body, importMeta) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	return slices.Collect(strings.Lines(a.Body))
}

// plain are the lines without what every realm says for itself: times, the
// owner's record, and ids that are made anew.
func plain(lines []string) []string {
	var out []string
	for _, l := range lines {
		if strings.Contains(l, "Owner of the account") {
			continue
		}
		for _, name := range []string{"created", "updated", "id"} {
			if before, after, ok := strings.Cut(l, `"`+name+`":"`); ok && (name != "id" || strings.HasPrefix(l, `{"t":"assignment`)) {
				_, after, _ = strings.Cut(after, `"`)
				l = before + after
			}
		}
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// TestImportedRealmDecidesTheSame: a realm that the dialects have written at
// random is exported and imported into an empty one, and every question has the
// same answer there.
func TestImportedRealmDecidesTheSame(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s, other := start(t), start(t)
			w := newWorld(t, s, seed)
			lines := export(t, s)
			for n := 1; len(lines) > 0; n++ { // in small batches
				k := min(len(lines), 7)
				target := fmt.Sprintf("/api/v1/imports/all/batches/%d", n)
				if got := sendLines(t, other, target, strings.Join(lines[:k], "")); got != "200" {
					t.Fatalf("%s\n%s", got, strings.Join(lines[:k], ""))
				}
				lines = lines[k:]
			}
			w.compare(t, s, other)
		})
	}
}

// world is a random realm of a few users, resources and roles, made through the
// dialects.
type world struct {
	*rand.Rand
	users, memberships, paths, resources []string
}

func (w *world) of(list []string) string { return list[w.IntN(len(list))] }

var worldPermissions = []string{"doc:read", "doc:edit", "doc"}

func newWorld(t *testing.T, s *servertest.Server, seed uint64) *world {
	w := &world{
		Rand:  rand.New(rand.NewPCG(seed, 1)),
		paths: []string{"docs", "docs/1", "docs/1/a", "docs/2", "plans/1"},
	}
	id := func(method, path, body string) string {
		t.Helper()
		a := s.As(t, s.APIKey, method, path, body)
		var made struct {
			ID string `json:"id"`
		}
		if a.Status > 299 {
			t.Fatalf("%s %s %s: %d %s", method, path, body, a.Status, a.Body)
		}
		if strings.HasPrefix(a.Body, "{") {
			a.JSON(t, &made)
		}
		return made.ID
	}
	id("PUT", "/api/v1/model", `{"settings":{"multiple_roles":true},"resource_types":[{"slug":"folder","parents":["organization","shelf"]},{"slug":"shelf"}],`+
		`"permissions":[{"slug":"doc:read","resource_type":"folder"},{"slug":"doc:edit","resource_type":"folder"}],`+
		`"roles":[{"slug":"reader","permissions":["doc:read"]},{"slug":"f-reader","resource_type":"folder","permissions":["doc:read"]},{"slug":"f-editor","resource_type":"folder","permissions":["doc:edit"]}]}`)
	for _, r := range []string{`"ro_r","name":"R","permissions":[{"action":"doc:read","allow":true}]`, `"ro_all","name":"A","permissions":[{"action":"doc","allow":true},{"action":"x","delegate":true}]`} {
		id("POST", "/v1/roles", `{"roleId":`+r+`}`)
	}
	for i := range 6 {
		w.users = append(w.users, id("POST", "/user_management/users", fmt.Sprintf(`{"email":"u%d@example.com"}`, i)))
	}
	for o := range 2 {
		w.organization(id, o)
	}
	for i := range 3 {
		id("POST", "/v1/groups", fmt.Sprintf(`{"groupId":"grp_%d","name":"G","users":[{"userId":%q},{"userId":%q}]}`, i, w.of(w.users), w.of(w.users)))
	}
	for i := range 8 {
		who := fmt.Sprintf(`"users":[{"userId":%q}]`, w.of(w.users))
		if w.IntN(2) == 0 {
			who = fmt.Sprintf(`"groups":[{"groupId":"grp_%d"}]`, w.IntN(4))
		}
		on := w.of(slices.Concat(w.paths, w.resources, []string{"docs/*", "*"}))
		id("POST", "/v1/records", fmt.Sprintf(`{"recordId":"r%d","name":"r",%s,"statements":[{"roles":[%q],"resources":[{"resourceUri":%q}]}]}`, i, who, w.of([]string{"ro_r", "ro_all", "reader", "none"}), on))
	}
	id("DELETE", "/v1/records/r0", "")
	id("PUT", "/v1/resources/"+w.of([]string{"docs", "plans"}), `{"permissions":[{"action":"PUBLIC","allow":true}]}`)
	return w
}

func (w *world) organization(id func(method, path, body string) string, n int) {
	org := id("POST", "/organizations", fmt.Sprintf(`{"name":"O%d"}`, n))
	var oms, folders, shelves []string
	for _, u := range w.users[n : n+4] {
		oms = append(oms, id("POST", "/user_management/organization_memberships", fmt.Sprintf(`{"organization_id":%q,"user_id":%q}`, org, u)))
	}
	resource := func(kind string, i int) string {
		return id("POST", "/authorization/resources", fmt.Sprintf(`{"organization_id":%q,"resource_type_slug":%q,"external_id":"%s%d","name":"x"}`, org, kind, kind, i))
	}
	for i := range 3 {
		folders = append(folders, resource("folder", i))
	}
	for i := range 2 {
		shelves = append(shelves, resource("shelf", i))
	}
	// A parent that is younger than what is below it.
	id("PATCH", "/authorization/resources/"+folders[0], fmt.Sprintf(`{"parent_resource_id":%q}`, w.of(shelves)))
	group := id("POST", "/organizations/"+org+"/groups", `{"name":"G"}`)
	id("POST", "/organizations/"+org+"/groups/"+group+"/organization-memberships", fmt.Sprintf(`{"organization_membership_id":%q}`, w.of(oms)))
	id("POST", "/authorization/groups/"+group+"/role_assignments", fmt.Sprintf(`{"role_slug":"f-editor","resource_id":%q}`, w.of(folders)))
	for range 4 {
		id("POST", "/authorization/organization_memberships/"+w.of(oms)+"/role_assignments", fmt.Sprintf(`{"role_slug":%q,"resource_id":%q}`, w.of([]string{"f-reader", "f-editor"}), w.of(folders)))
	}
	id("PUT", "/user_management/organization_memberships/"+w.of(oms)+"/deactivate", "")
	w.memberships = append(w.memberships, oms...)
	w.resources = append(append(w.resources, folders...), shelves...)
}

func (w *world) compare(t *testing.T, s, other *servertest.Server) {
	asked, allowed := 0, 0
	same := func(method, path, body string) {
		t.Helper()
		a, b := s.As(t, s.APIKey, method, path, body), other.As(t, other.APIKey, method, path, body)
		if a.Status != b.Status || method == "POST" && a.Body != b.Body {
			t.Errorf("%s %s %s: %d %s, after the import %d %s", method, path, body, a.Status, a.Body, b.Status, b.Body)
		}
		asked++
		if a.Status == 200 && !strings.Contains(a.Body, "false") {
			allowed++
		}
	}
	for _, p := range worldPermissions {
		for _, res := range slices.Concat(w.paths, w.resources) {
			for _, u := range append(w.users, "nobody") {
				same("GET", fmt.Sprintf("/v1/users/%s/resources/%s/permissions/%s", u, strings.ReplaceAll(res, "/", "%2F"), p), "")
			}
		}
		for _, res := range w.resources {
			for _, om := range w.memberships {
				same("POST", "/authorization/organization_memberships/"+om+"/check", fmt.Sprintf(`{"permission_slug":%q,"resource_id":%q}`, p, res))
			}
		}
	}
	if allowed < 20 || allowed > asked-20 {
		t.Errorf("%d of %d questions are answered yes: the world tells little", allowed, asked)
	}
}
