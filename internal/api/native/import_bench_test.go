package native_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// BenchmarkImport loads assignments of users to documents, batch by batch, each
// durable before the next. One iteration is one batch of 5,000.
func BenchmarkImport(b *testing.B) {
	s := servertest.Start(b)
	send := func(n int, lines string) {
		if a := s.As(b, s.APIKey, "PUT", fmt.Sprintf("/api/v1/imports/bench/batches/%d", n), lines); a.Status != 200 {
			b.Fatalf("batch %d: %d %s", n, a.Status, a.Body)
		}
	}
	send(1, importMeta+`{"t":"role","id":"viewer","name":"Viewer","permissions":[{"action":"read","allow":true}]}`+"\n")
	const lines = 5000
	var text strings.Builder
	for n := 0; b.Loop(); n++ {
		text.Reset()
		for i := range lines {
			fmt.Fprintf(&text, `{"t":"assign","subject":"user:o%d-u%d","role":"viewer","resource":"orgs/o%[1]d/projects/p%[3]d/documents/d%[4]d"}`+"\n", n, i*7919%1000, i*31%10, i*7907%2000)
		}
		send(n+2, text.String())
	}
	b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "assignments/s")
}
