package engine_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// estate makes realms of many like organizations: in each 1,000 users, 50 groups
// that nest three deep, 10 projects of 10 folders of 20 documents, and 5,000
// records of one subject, one role and one resource, most on documents, a fifth
// for groups. Its resources are paths, or registered ones whose parents are stored.
type estate struct {
	*rand.Rand
	registered bool
	records    int
}

const (
	estateUsers  = 1000
	estateGroups = 50
	estateGrants = 5000
)

func (e *estate) user(org, u int) access.Subject { return user(fmt.Sprintf("o%d-u%d", org, u)) }

// resource is one of an organization's: the organization itself, a project, a
// folder or a document; below 0 there is no part.
func (e *estate) resource(org, p, f, d int) access.ResourceURI {
	parts := []string{"%[1]so%[2]d", "%[3]sp%[4]d", "%[5]sf%[6]d", "%[7]sd%[8]d"}
	args := []any{"orgs/", org, "/projects/", p, "/folders/", f, "/documents/", d}
	if e.registered {
		args[0], args[2], args[4], args[6] = access.ResourcePrefix, "", "", ""
	}
	text := ""
	for i, n := range []int{org, p, f, d} {
		if n >= 0 {
			text += fmt.Sprintf(parts[i], args...)
		}
	}
	return access.ResourceURI(text)
}

func (e *estate) organization(org int) []access.Change {
	var changes []access.Change
	if e.registered {
		changes = append(changes, e.resources(org)...)
	}
	groups := make([][]access.Subject, estateGroups)
	for g := 10; g < estateGroups; g++ {
		up := e.IntN(10)
		if g >= 30 {
			up = 10 + e.IntN(20)
		}
		groups[up] = append(groups[up], group(fmt.Sprintf("grp_o%d-g%d", org, g)))
	}
	for u := range estateUsers {
		for range 1 + e.IntN(3) {
			g := e.IntN(estateGroups)
			groups[g] = append(groups[g], e.user(org, u))
		}
	}
	for g, subs := range groups {
		changes = append(changes, members(access.GroupID(fmt.Sprintf("grp_o%d-g%d", org, g)), subs...))
	}
	for range estateGrants {
		e.records++
		p, f, d := e.IntN(10), e.IntN(10), e.IntN(20)
		switch n := e.IntN(1000); {
		case n < 1:
			p, f, d = -1, -1, -1
		case n < 21:
			f, d = -1, -1
		case n < 200:
			d = -1
		}
		who := e.user(org, e.IntN(estateUsers))
		if p >= 0 && e.IntN(5) == 0 {
			who = group(fmt.Sprintf("grp_o%d-g%d", org, e.IntN(estateGroups)))
		}
		role := access.RoleID([]string{"viewer", "viewer", "editor"}[e.IntN(3)])
		id := access.RecordID(fmt.Sprintf("rec_%026d", e.records))
		changes = append(changes, record(id, role, string(e.resource(org, p, f, d)), who))
	}
	return changes
}

func (e *estate) resources(org int) []access.Change {
	var changes []access.Change
	add := func(kind access.ResourceTypeID, parent access.ResourceURI, p, f, d int) access.ResourceURI {
		uri := e.resource(org, p, f, d)
		r := &access.Resource{ID: access.ResourceID(uri), Type: kind, Parent: access.ResourceID(parent), Organization: access.OrganizationID(fmt.Sprint("org_", org))}
		changes = append(changes, access.Change{ID: r.ID, Document: r})
		return uri
	}
	root := add(access.OrganizationType, "", -1, -1, -1)
	for p := range 10 {
		project := add("project", root, p, -1, -1)
		for f := range 10 {
			folder := add("folder", project, p, f, -1)
			for d := range 20 {
				add("document", folder, p, f, d)
			}
		}
	}
	return changes
}

// build packs an estate of so many records.
func (e *estate) build(records int) *engine.Snapshot {
	snap := engine.New().Apply(1, []access.Change{role("viewer", "read"), role("editor", "read", "comment", "write")})
	for org := range records / estateGrants {
		snap = snap.Apply(1, e.organization(org))
		if snap.Unpacked() > 20_000+snap.Packed()/4 {
			snap = snap.Pack()
		}
	}
	return snap.Pack()
}

func newEstate(registered bool) *estate {
	return &estate{Rand: rand.New(rand.NewPCG(1, 2)), registered: registered}
}

// questions are about users of an organization and documents of it: some asked for
// much more than others, as in life, or all alike, so that nothing stays in the
// processor's cache.
func (e *estate) questions(records int, alike bool) []access.Query {
	draw := func(n int) func() int {
		if alike || n < 2 {
			return func() int { return e.IntN(n) }
		}
		zipf, places := rand.NewZipf(e.Rand, 1.1, 4, uint64(n-1)), e.Perm(n)
		return func() int { return places[zipf.Uint64()] }
	}
	orgs, users, documents := draw(records/estateGrants), draw(estateUsers), draw(2000)
	qs := make([]access.Query, 1<<16)
	for i := range qs {
		org, doc := orgs(), documents()
		qs[i] = access.Query{
			Subject: e.user(org, users()), Permission: []access.Permission{"read", "read", "write"}[e.IntN(3)],
			Resource: e.resource(org, doc/200, doc/20%10, doc%20),
		}
	}
	return qs
}

var sizes = []int{10_000, 1_000_000, 10_000_000}

// BenchmarkCheck asks questions of estates. It also says what the snapshot takes in
// memory, for each record with what belongs to it.
func BenchmarkCheck(b *testing.B) {
	for _, registered := range []bool{false, true} {
		for _, size := range sizes {
			if size > 1_000_000 && testing.Short() {
				continue // takes minutes and gigabytes
			}
			b.Run(fmt.Sprintf("registered=%t/%d", registered, size), func(b *testing.B) {
				e := newEstate(registered)
				before := heap()
				snap := e.build(size)
				memory := float64(heap()-before) / float64(size)
				for _, alike := range []bool{false, true} {
					b.Run(fmt.Sprintf("alike=%t", alike), func(b *testing.B) {
						benchmarkCheck(b, snap, e.questions(size, alike))
						b.ReportMetric(memory, "B/record")
					})
				}
			})
		}
	}
}

func benchmarkCheck(b *testing.B, snap *engine.Snapshot, qs []access.Query) {
	b.ReportAllocs()
	allowed, i := 0, 0
	spent := processor()
	for b.Loop() {
		if snap.Check(qs[i%len(qs)]) {
			allowed++
		}
		i++
	}
	b.ReportMetric(float64(processor()-spent)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(allowed)/float64(b.N), "allowed")
}

// processor is the time that processors worked for this process, which says more
// than the clock on a machine that has other work.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// heap is the memory that is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkLists asks for whole lists.
func BenchmarkLists(b *testing.B) {
	const size = 1_000_000
	e := newEstate(true)
	snap := e.build(size)
	qs := e.questions(size, false)
	b.Run("Registered", func(b *testing.B) {
		b.ReportAllocs()
		found, i := 0, 0
		spent := processor()
		for b.Loop() {
			q := &qs[i%len(qs)]
			i++
			found += len(snap.Registered(access.RegisteredQuery{Subject: q.Subject, Permission: q.Permission, Type: "document"}, "", 10_000))
		}
		b.ReportMetric(float64(processor()-spent)/float64(b.N), "cpu-ns/op")
		b.ReportMetric(float64(found)/float64(b.N), "found")
	})
	b.Run("Holders", func(b *testing.B) {
		b.ReportAllocs()
		found, i := 0, 0
		spent := processor()
		for b.Loop() {
			q := &qs[i%len(qs)]
			i++
			found += len(snap.Holders(access.HolderQuery{Permission: q.Permission, Resource: q.Resource}, access.Subject{}, 10_000))
		}
		b.ReportMetric(float64(processor()-spent)/float64(b.N), "cpu-ns/op")
		b.ReportMetric(float64(found)/float64(b.N), "found")
	})
}

// BenchmarkPack packs a snapshot of a million records in which thirty thousand
// have changed.
func BenchmarkPack(b *testing.B) {
	e := newEstate(true)
	snap := e.build(1_000_000)
	for org := range 6 {
		snap = snap.Apply(2, e.organization(org))
	}
	b.ReportAllocs()
	for b.Loop() {
		snap.Pack()
	}
}

func BenchmarkApplyOne(b *testing.B) {
	e := newEstate(true)
	snap := e.build(100_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		snap.Apply(2, []access.Change{record("new", "viewer", string(e.resource(1, 2, 3, 4)), e.user(1, i%1000))})
	}
}

// BenchmarkWarm checks many questions with a look ahead, as a batch does.
func BenchmarkWarm(b *testing.B) {
	const size = 1_000_000
	e := newEstate(true)
	snap := e.build(size)
	for _, alike := range []bool{false, true} {
		b.Run(fmt.Sprintf("alike=%t", alike), func(b *testing.B) {
			qs := e.questions(size, alike)
			qs = qs[:len(qs)/engine.WarmAtOnce*engine.WarmAtOnce]
			b.ReportAllocs()
			i, spent := 0, processor()
			for b.Loop() {
				if i %= len(qs); i%engine.WarmAtOnce == 0 {
					snap.Warm(qs[i : i+engine.WarmAtOnce])
				}
				snap.Check(qs[i])
				i++
			}
			b.ReportMetric(float64(processor()-spent)/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkApplyWorst writes and removes one of the widest records that the
// limit on a record's size admits.
func BenchmarkApplyWorst(b *testing.B) {
	rec := &access.Record{ID: "wide", Status: access.RecordActive}
	for i := range 1000 {
		rec.Subjects = append(rec.Subjects, user(fmt.Sprint("u", i)))
	}
	for i := range 20 {
		st := access.Statement{Roles: []access.RoleID{"reader"}}
		for j := range 100 {
			st.Resources = append(st.Resources, fmt.Sprintf("d/%d", i*100+j))
		}
		rec.Statements = append(rec.Statements, st)
	}
	snap := engine.New()
	for b.Loop() {
		snap.Apply(1, []access.Change{{ID: rec.ID, Document: rec}})
	}
}
