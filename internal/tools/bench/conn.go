package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// conn is a connection of HTTP/1.1 that is kept. It is cheap, as it shares the
// processors with the server that it measures: requests are bytes made before,
// and of an answer it looks at the status and at what says where it ends.
type conn struct {
	conn net.Conn
	in   *bufio.Reader
	body []byte // of the last answer
}

// answerWithin bounds the wait for all answers of a connection, so that a
// server that hangs ends a run.
const answerWithin = 10 * time.Minute

func dial(addr string) (*conn, error) {
	c, err := net.Dial("tcp", addr) //nolint:noctx // on this machine
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		c.Close()
		return nil, err
	}
	return &conn{conn: c, in: bufio.NewReaderSize(c, 64<<10)}, nil
}

func (c *conn) close() { c.conn.Close() }

// do sends a request and returns the answer. Its body is good until the next.
func (c *conn) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, fmt.Errorf("sending a request: %w", err)
	}
	status, length, err := c.head()
	if err != nil {
		return 0, nil, fmt.Errorf("reading an answer: %w", err)
	}
	c.body = c.body[:0]
	if length == chunked {
		err = c.chunks()
	} else {
		err = c.more(length)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("reading an answer's body: %w", err)
	}
	return status, c.body, nil
}

// chunked is the length of a body that says at its end where that is.
const chunked = -1

// head reads up to the body, and returns its length.
func (c *conn) head() (status, length int, err error) {
	line, err := c.line()
	if err != nil {
		return 0, 0, err
	}
	const version = "HTTP/1.1 "
	if !bytes.HasPrefix(line, []byte(version)) || len(line) < len(version)+3 {
		return 0, 0, fmt.Errorf("an answer begins with %q", line)
	}
	if status, err = strconv.Atoi(string(line[len(version) : len(version)+3])); err != nil {
		return 0, 0, err
	}
	length = -2 // not said
	for {
		line, err := c.line()
		if err != nil {
			return 0, 0, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = chunked
		case bytes.EqualFold(name, []byte("Connection")):
			return 0, 0, fmt.Errorf("the server says Connection: %s", value)
		}
	}
	switch {
	case status == 204:
		length = 0
	case length < chunked:
		return 0, 0, errors.New("an answer does not say where it ends")
	}
	return status, length, nil
}

// line reads a line, and drops its end. It is good until the next read.
func (c *conn) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

// more appends n bytes to the body.
func (c *conn) more(n int) error {
	from := len(c.body)
	c.body = append(c.body, make([]byte, n)...)
	_, err := io.ReadFull(c.in, c.body[from:])
	return err
}

func (c *conn) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return err
		}
		if err := c.more(int(size)); err != nil {
			return err
		}
		if line, err = c.line(); err != nil || len(line) > 0 {
			return errors.Join(err, errors.New("a chunk does not end where it should"))
		}
		if size == 0 {
			return nil
		}
	}
}
