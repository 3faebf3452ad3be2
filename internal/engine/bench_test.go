package engine_test

import (
	"fmt"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// load makes records of one grant each, ten for each user, and puts each user
// in three groups.
func load(records int) []access.Change {
	changes := []access.Change{role("reader", "docs:read", "docs:list"), role("writer", "docs:write")}
	groups := make([][]access.Subject, 100)
	for i := range records {
		u := user(fmt.Sprint("user-", i/10))
		if i%10 == 0 {
			for j := range 3 {
				g := (i/10*7 + j*31) % len(groups)
				groups[g] = append(groups[g], u)
			}
		}
		uri := fmt.Sprintf("orgs/o%d/docs/%d", i%1000, i)
		changes = append(changes, record(access.RecordID(fmt.Sprint("rec-", i)), "reader", uri, u))
	}
	for i, subs := range groups {
		id := fmt.Sprint("grp_", i)
		changes = append(changes, members(access.GroupID(id), subs...),
			record(access.RecordID(id), "writer", fmt.Sprintf("orgs/o%d/shared/*", i), group(id)))
	}
	return changes
}

func BenchmarkCheck(b *testing.B) {
	for _, size := range []int{10_000, 1_000_000} {
		snap := engine.New().Apply(1, load(size))
		i := size/20*10 + 3 // a grant of a user in the middle
		u := user(fmt.Sprint("user-", i/10))
		own := fmt.Sprintf("orgs/o%d/docs/%d", i%1000, i)
		shared := fmt.Sprintf("orgs/o%d/shared/x", (i/10*7)%100)
		for _, bb := range []struct {
			what string
			q    access.Query
			want bool
		}{
			{"exact", access.Query{Subject: u, Permission: "docs:read", Resource: access.ResourceURI(own)}, true},
			{"cascade", access.Query{Subject: u, Permission: "docs:read", Resource: access.ResourceURI(own + "/pages/7")}, true},
			{"group", access.Query{Subject: u, Permission: "docs:write", Resource: access.ResourceURI(shared)}, true},
			{"denied", access.Query{Subject: u, Permission: "docs:write", Resource: access.ResourceURI(own)}, false},
		} {
			b.Run(fmt.Sprintf("%s/%d", bb.what, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if snap.Check(bb.q) != bb.want {
						b.Fatal("wrong")
					}
				}
			})
		}
		b.Run(fmt.Sprintf("spread/%d", size), func(b *testing.B) { // over all users, as nothing stays in the processor's cache
			qs := make([]access.Query, 1<<14)
			for n := range qs {
				i := n * 7919 % size
				qs[n] = access.Query{
					Subject: user(fmt.Sprint("user-", i/10)), Permission: "docs:read",
					Resource: access.ResourceURI(fmt.Sprintf("orgs/o%d/docs/%d", i%1000, i)),
				}
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if !snap.Check(qs[n%len(qs)]) {
					b.Fatal("wrong")
				}
				n++
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	changes := load(10_000)
	b.ReportAllocs()
	for b.Loop() {
		engine.New().Apply(1, changes)
	}
}

func BenchmarkApplyOne(b *testing.B) {
	snap := engine.New().Apply(1, load(100_000))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		snap.Apply(2, []access.Change{record("new", "reader", "orgs/o1/docs/1", user(fmt.Sprint("user-", i%1000)))})
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
