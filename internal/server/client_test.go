package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// asClient in the environment makes the test binary a client of benchmarks.
const asClient = "REEVE_TEST_CLIENT"

func TestMain(m *testing.M) {
	if os.Getenv(asClient) != "" {
		if err := runClient(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// load is what a client is to send: Request, Count times over the connections,
// on each the next one when the one before is answered with Status.
type load struct {
	Address     string
	Request     []byte
	Status      int
	Connections int
	Count       int
}

// sent is how long that took.
type sent struct {
	Elapsed, Median time.Duration // of all requests, of one
}

// client is another process that sends requests.
type client struct {
	in  *json.Encoder
	out *json.Decoder
}

func startClient(b *testing.B) *client {
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0])
	cmd.Env = append(os.Environ(), asClient+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			b.Errorf("the client: %v", err)
		}
	})
	return &client{json.NewEncoder(in), json.NewDecoder(out)}
}

// send has the client send count requests.
func (c *client) send(b *testing.B, l load, count int) cost {
	l.Count = count
	before := cpuTime(b)
	if err := c.in.Encode(l); err != nil {
		b.Fatal(err)
	}
	var s sent
	if err := c.out.Decode(&s); err != nil {
		b.Fatal(err)
	}
	return cost{requests: count, cpu: cpuTime(b) - before, elapsed: s.Elapsed, median: s.Median}
}

// runClient is the other process: it reads loads, and writes how long each took.
func runClient(in io.Reader, out io.Writer) error {
	loads, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var l load
		if err := loads.Decode(&l); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		s, err := l.run()
		if err != nil {
			return err
		}
		if err := answers.Encode(s); err != nil {
			return err
		}
	}
}

func (l load) run() (sent, error) {
	var all sync.WaitGroup
	times := make([]time.Duration, l.Count)
	errs := make([]error, l.Connections)
	began := time.Now()
	for i := range l.Connections {
		part := times[i*l.Count/l.Connections : (i+1)*l.Count/l.Connections]
		all.Go(func() { errs[i] = l.converse(part) })
	}
	all.Wait()
	elapsed := time.Since(began)
	slices.Sort(times)
	return sent{elapsed, times[len(times)/2]}, errors.Join(errs...)
}

// converse sends as many requests as there are times, one after the other, over
// one connection.
func (l load) converse(times []time.Duration) error {
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for i := range times {
		began := time.Now()
		if _, err := conn.Write(l.Request); err != nil {
			return err
		}
		if err := readAnswer(in, l.Status); err != nil {
			return err
		}
		times[i] = time.Since(began)
	}
	return nil
}

// readAnswer reads an answer that names its length. It is cheap: the machine is
// the server's.
func readAnswer(in *bufio.Reader, status int) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if want := fmt.Appendf(nil, "HTTP/1.1 %d ", status); !bytes.HasPrefix(line, want) {
		return fmt.Errorf("answered with %q, want %q", line, want)
	}
	length := -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("the answer does not name its length")
	}
	_, err = in.Discard(length)
	return err
}
