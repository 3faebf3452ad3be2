package sqlite

import (
	"fmt"
	"sync"
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

// BenchmarkUpdate measures an update that writes one new document of 500 bytes
// with one index entry.
func BenchmarkUpdate(b *testing.B) {
	body := string(make([]byte, 500))
	b.Run("alone", func(b *testing.B) {
		s := open(b, Config{Dir: b.TempDir()})
		for i := range b.N {
			put(b, s, fmt.Sprint(i), body)
		}
	})
	b.Run("alone in memory", func(b *testing.B) { // what it costs above the disk
		s := open(b, Config{Memory: true})
		for i := range b.N {
			put(b, s, fmt.Sprint(i), body)
		}
	})
	b.Run("64 at once", func(b *testing.B) {
		s := open(b, Config{Dir: b.TempDir()})
		var wg sync.WaitGroup
		for w := range 64 {
			wg.Go(func() {
				for i := w; i < b.N; i += 64 {
					put(b, s, fmt.Sprint(i), body)
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
	})
}

// BenchmarkGet measures a view of one document among 10,000.
func BenchmarkGet(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	_, err := s.Update(b.Context(), realm, func(tx store.Tx) error {
		for i := range 10_000 {
			if _, err := tx.Put("note", fmt.Sprint(i), make([]byte, 500), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		err := s.View(b.Context(), realm, 0, func(r store.Reader) error {
			_, err := r.Get("note", fmt.Sprint(i%10_000))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
