package sqlite

import (
	"fmt"
	"testing"

	"github.com/reeve-authz/reeve/internal/store"
)

// BenchmarkManyPuts measures a document of 250 bytes with three index entries
// among 5,000 new ones of a transaction.
func BenchmarkManyPuts(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	body := make([]byte, 250)
	n := 0
	for b.Loop() {
		_, err := s.Update(b.Context(), realm, func(tx store.Tx) error {
			for i := range 5000 {
				n++
				_, err := tx.Put("note", fmt.Sprintf("rec_%026d", n), body, []store.IndexEntry{
					{Index: "subject", Value: fmt.Sprintf("user:o%d-u%d", n/5000, i*7919%1000)},
					{Index: "resource", Value: fmt.Sprintf("orgs/o%d/projects/p%d/documents/d%d", n/5000, i%10, i*7907%2000)},
					{Index: "role", Value: "viewer"},
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(5000*b.N), "ns/document")
}
