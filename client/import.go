package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Bounds of a batch. Source: the server's own.
const (
	maxBatchLines = 5000
	maxBatchBytes = 1 << 20
)

// batchTimeout is how long the server may take for one batch.
const batchTimeout = time.Minute

// ImportOptions say how an import is made.
type ImportOptions struct {
	// ID names the import: 1 to 64 letters, digits, - and _. NewImportID makes one.
	ID string
	// Resume goes on behind the last batch of that import that the server has
	// applied. What is read must be the same as at first.
	Resume bool
	// Progress is called after every batch, also those that are skipped; nil if
	// nobody wants to know.
	Progress func(ImportProgress)
}

// ImportProgress is how far an import has come.
type ImportProgress struct {
	Batches, Lines int
	Bytes          int64
}

// NewImportID makes an id for an import that no other import has.
func NewImportID() string {
	var random [10]byte
	_, _ = rand.Read(random[:]) // never fails
	return "imp_" + hex.EncodeToString(random[:])
}

// Import sends what it reads to the server, in batches: lines of the format that
// Export writes. A batch is applied all or not at all. After an error what the
// answer counts is applied, and Import with Resume goes on behind it.
func (c *Client) Import(ctx context.Context, from io.Reader, opt ImportOptions) (done ImportProgress, err error) {
	if opt.ID == "" {
		return done, errors.New("an import needs an id")
	}
	var last importBatch
	if opt.Resume {
		if err := c.native(ctx, http.MethodGet, importPath(opt.ID), nil, &last); err != nil {
			return done, fmt.Errorf("resuming the import %s: %w", opt.ID, err)
		}
	}
	in := batches{from: bufio.NewReaderSize(from, 64<<10)}
	for {
		body, lines, err := in.next()
		if err != nil {
			return done, err
		}
		if lines == 0 {
			break
		}
		number := done.Batches + 1
		switch {
		case number > last.Batch:
			err = c.sendBatch(ctx, opt.ID, number, done.Lines+1, body)
		case number == last.Batch && !last.is(body):
			err = fmt.Errorf("this is not what the import %s began with", opt.ID)
		}
		if err != nil {
			return done, err
		}
		done.Batches, done.Lines, done.Bytes = number, done.Lines+lines, done.Bytes+int64(len(body))
		if opt.Progress != nil {
			opt.Progress(done)
		}
	}
	switch {
	case done.Batches == 0:
		return done, errors.New("what is to be imported is empty")
	case done.Batches < last.Batch:
		return done, fmt.Errorf("this is not what the import %s began with: it is shorter", opt.ID)
	}
	return done, nil
}

// importBatch is what the server says of a batch.
type importBatch struct {
	Batch  int    `json:"batch"`
	SHA256 string `json:"sha256"`
}

func (b importBatch) is(body []byte) bool {
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:]) == b.SHA256
}

func importPath(id string) string { return "/api/v1/imports/" + url.PathEscape(id) }

func (c *Client) sendBatch(ctx context.Context, id string, number, line int, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	path := importPath(id) + "/batches/" + strconv.Itoa(number) + "?line=" + strconv.Itoa(line)
	resp, err := c.stream(ctx, http.MethodPut, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var applied importBatch
	if err := json.NewDecoder(resp.Body).Decode(&applied); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	if applied.Batch < number {
		return errors.New("the server did not apply the batch")
	}
	return nil
}

// Export writes everything that the realm grants, as lines that Import reads, as
// of one revision. After an error what was written is not the whole.
func (c *Client) Export(ctx context.Context, to io.Writer) error {
	resp, err := c.stream(ctx, http.MethodGet, "/api/v1/export", http.NoBody)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("the export broke off: %w", err)
	}
	return nil
}

// stream sends a request that may take long: the context alone ends it. The
// answer is a success, and the caller closes its body.
func (c *Client) stream(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.credential)
	req.Header.Set("Content-Type", "application/jsonl")
	patient := *c.http
	patient.Timeout = 0
	resp, err := patient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", c.url, err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, nativeError(resp)
	}
	return resp, nil
}

// batches cuts lines into batches, the same lines always into the same ones.
type batches struct {
	from    *bufio.Reader
	waiting []byte // a line that the last batch had no room for
	lines   int    // read so far
}

// next returns the next batch; it has no line at the end.
func (b *batches) next() (body []byte, lines int, err error) {
	body = make([]byte, 0, 512<<10)
	for lines < maxBatchLines {
		line := b.waiting
		b.waiting = nil
		if line == nil {
			if line, err = b.line(); err != nil {
				return nil, 0, err
			}
		}
		if line == nil {
			break
		}
		if len(body)+len(line) > maxBatchBytes {
			b.waiting = line
			break
		}
		body, lines = append(body, line...), lines+1
	}
	return body, lines, nil
}

// line reads one with its end; nil if there is none.
func (b *batches) line() ([]byte, error) {
	var line []byte
	b.lines++
	for {
		part, err := b.from.ReadSlice('\n')
		if line = append(line, part...); len(line) >= maxBatchBytes {
			return nil, fmt.Errorf("line %d is longer than %d bytes", b.lines, maxBatchBytes)
		}
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF):
			if len(line) == 0 {
				return nil, nil
			}
			return append(line, '\n'), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("reading line %d: %w", b.lines, err)
		}
	}
}
