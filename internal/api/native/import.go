package native

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// maxImportLines bounds a batch, and so how long other writers wait for it.
const maxImportLines = 5000

const linesType = "application/jsonl"

func (h *handler) importRoutes() []api.Route {
	const path, owns = "/api/v1/imports/{import}", "delegate *"
	return []api.Route{
		{Method: "GET", Path: path, Needs: owns, Handle: h.lastBatch},
		{Method: "PUT", Path: path + "/batches/{batch}", Needs: owns, Handle: h.importBatch},
		{Method: "GET", Path: "/api/v1/export", Needs: owns, Handle: h.export},
	}
}

// importBatch is the last batch of an import that was applied.
type importBatch struct {
	Import string `json:"import"`
	Batch  int    `json:"batch"`
	SHA256 string `json:"sha256"`
	Lines  int    `json:"lines"`
	Time   string `json:"time"`
}

func writeBatch(w http.ResponseWriter, b access.ImportBatch) error {
	return api.WriteJSON(w, http.StatusOK, contentType, importBatch{
		string(b.Import), b.Number, hex.EncodeToString(b.Digest), b.Lines, instant(b.Time),
	})
}

func (h *handler) lastBatch(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseImportID(r.Param("import"))
	if err != nil {
		return err
	}
	last, err := h.authz.LastImportBatch(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return writeBatch(w, last)
}

// importBatch applies a batch: JSON, a line each. The first line of the first
// batch says which format and version the lines are of.
func (h *handler) importBatch(w http.ResponseWriter, r *api.Request) error {
	b, err := batchNamed(r)
	if err != nil {
		return err
	}
	body, lines, err := api.ReadLines(r)
	if err != nil {
		return err
	}
	if len(lines) == 0 || len(lines) > maxImportLines {
		return access.Errorf(access.Invalid, "a batch has 1 to %d lines", maxImportLines)
	}
	digest := sha256.Sum256(body)
	b.Digest = digest[:]
	if b.Number == 1 {
		if err := readMeta(lines[0]); err != nil {
			return err
		}
		lines = lines[1:]
		b.First++
	}
	b.Lines = make([]any, len(lines))
	for i, text := range lines {
		if b.Lines[i], err = readLine(text); err != nil {
			return access.Errorf(access.Invalid, "line %d: %v", b.First+i, err)
		}
	}
	last, err := h.authz.Import(r.Context(), r.Caller, b)
	if err != nil {
		return err
	}
	return writeBatch(w, last)
}

// batchNamed reads the path, and the line of the whole that the batch begins
// with.
func batchNamed(r *api.Request) (authz.Batch, error) {
	b := authz.Batch{First: 1}
	var err error
	if b.Import, err = access.ParseImportID(r.Param("import")); err != nil {
		return b, err
	}
	if b.Number, err = parsePositive("batch", r.Param("batch")); err != nil {
		return b, err
	}
	q, err := r.Query()
	if err == nil && q.Has("line") {
		b.First, err = parsePositive("line", q.Get("line"))
	}
	return b, err
}

func parsePositive(name, s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 48)
	if err != nil || n < 1 {
		return 0, access.Errorf(access.Invalid, "%s must be a whole number from 1", name)
	}
	return int(n), nil
}

// export writes what importBatch reads. What goes wrong on the way breaks the
// connection off, so that no part passes for the whole.
func (h *handler) export(w http.ResponseWriter, r *api.Request) error {
	out := bufio.NewWriterSize(w, 64<<10)
	w.Header().Set("Content-Type", linesType)
	if err := writeMeta(out); err != nil {
		return err
	}
	if err := h.authz.Export(r.Context(), r.Caller, func(doc any) error { return writeLine(out, doc) }); err != nil {
		return err
	}
	return out.Flush()
}
