package authress_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-authz/reeve/internal/server/servertest"
)

// BenchmarkCreateRecord makes records of one subject, one role and one resource
// over HTTP, each on disk before its answer. CPU is that of the whole process:
// server and load.
func BenchmarkCreateRecord(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprint(writers, " writers"), func(b *testing.B) {
			s := servertest.Start(b)
			before, begun := cpu(b), b.N
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					if err := createRecords(s, w, writers, begun); err != nil {
						b.Error(err)
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/write")
		})
	}
}

// createRecords makes every n-th record over a connection of its own, with as
// little work as can be: it shares the processor with the server.
func createRecords(s *servertest.Server, first, step, count int) error {
	host := strings.TrimPrefix(s.URL, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for i := first; i < count; i += step {
		body := fmt.Sprintf(`{"name":"Load","users":[{"userId":"o%d-u%d"}],"statements":[{"roles":["Authress:Viewer"],"resources":[{"resourceUri":"orgs/o%[1]d/documents/d%d"}]}]}`, i/5000, i*7919%1000, i)
		_, err := fmt.Fprintf(conn, "POST /v1/records HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", host, s.APIKey, len(body), body)
		if err != nil {
			return err
		}
		if err := readCreated(in); err != nil {
			return err
		}
	}
	return nil
}

// readCreated reads an answer, which has to be 201.
func readCreated(in *bufio.Reader) error {
	length, status := 0, ""
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if status == "" {
			status = string(bytes.TrimSpace(line))
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
		if len(line) <= 2 {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(in, body); err != nil {
		return err
	}
	if status != "HTTP/1.1 201 Created" {
		return fmt.Errorf("%s: %s", status, body)
	}
	return nil
}

// cpu is what the process has used of the processors.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
