package feed

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
	"github.com/reeve-authz/reeve/internal/durable"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// A saved snapshot is a file of
//
//	the line of format
//	a line of JSON: the header
//	what Snapshot.Save writes
//	the SHA-256 of everything before it
//
// It can be deleted at any time. The checksum is a strong one, as decisions
// rest on what it passes; it takes about a millisecond a megabyte.
const format = "reeve snapshot 1\n" // changes with everything that the file holds

const maxHeader = 4096 // bytes

// header says to which realm, at which point of which history, a snapshot
// belongs.
type header struct {
	Realm    access.RealmID  `json:"realm"`
	Revision access.Revision `json:"revision"`
	History  string          `json:"history"` // see historyOf
}

// historyOf identifies what led to a revision: by the newest audit entry up to
// it, since entries are never rewritten, and what is written without one is in
// no snapshot. A store that was restored from a backup and then went another way
// has another history as of its next entry. It is empty if there is no entry.
func historyOf(rd store.Reader, rev access.Revision) (string, error) {
	docs, err := rd.List(store.ListQuery{Kind: store.Audit.Kind, After: audit.ID(rev + 1), Limit: 1, Descending: true})
	if err != nil || len(docs) == 0 {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, docs[0].Revision)
	sum.Write(docs[0].Body)
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// belongsTo returns an error that says why the snapshot is not one of the
// realm's past.
func (h header) belongsTo(realm access.RealmID, rd store.Reader) error {
	if h.Realm != realm {
		return fmt.Errorf("it is of realm %s", h.Realm)
	}
	if h.Revision > rd.Revision() {
		return fmt.Errorf("it is of revision %d, and the store has only %d", h.Revision, rd.Revision())
	}
	history, err := historyOf(rd, h.Revision)
	if err != nil {
		return err
	}
	if h.History == "" || h.History != history {
		return fmt.Errorf("it is of another store: this one has another history up to revision %d", h.Revision)
	}
	return nil
}

// fileOf is where the realm's snapshot is saved.
func fileOf(folder string, realm access.RealmID) string {
	return filepath.Join(folder, url.PathEscape(string(realm))+".snap")
}

// removeLeftovers removes what a killed process was writing. Only one process
// uses the folder.
func removeLeftovers(folder string) {
	entries, _ := os.ReadDir(folder) // none if there is no folder
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tmp") {
			os.Remove(filepath.Join(folder, e.Name())) // one that stays is in nobody's way
		}
	}
}

// write saves a packed snapshot of the realm. There is nothing to bind it to,
// and it is not saved, while the realm has no audit entry.
func (f *Feed) write(ctx context.Context, realm access.RealmID, snap *engine.Snapshot) error {
	h := header{Realm: realm, Revision: snap.Revision()}
	err := f.store.View(ctx, realm, 0, func(rd store.Reader) (err error) {
		h.History, err = historyOf(rd, h.Revision)
		return err
	})
	if err != nil || h.History == "" {
		return err
	}
	if err := os.MkdirAll(f.folder, 0o700); err != nil {
		return err
	}
	return durable.Replace(fileOf(f.folder, realm), func(out io.Writer) error {
		return writeSnapshot(out, h, snap)
	})
}

func writeSnapshot(w io.Writer, h header, snap *engine.Snapshot) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<16)
	if _, err := fmt.Fprintf(out, "%s%s\n", format, line); err != nil {
		return err
	}
	if err := snap.Save(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// readSnapshot returns the snapshot that a file holds, with the ids of the
// documents that it lacks, if check passes its header. It is fs.ErrNotExist if
// there is no file.
func readSnapshot(path string, check func(header) error) (snap *engine.Snapshot, loose []any, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	content, err := passed(f)
	if err != nil {
		return nil, nil, err
	}
	in := bufio.NewReaderSize(content, 1<<16)
	if _, err := in.Discard(len(format)); err != nil {
		return nil, nil, err
	}
	line, err := in.ReadSlice('\n')
	if err != nil || len(line) > maxHeader {
		return nil, nil, errDamaged
	}
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, nil, fmt.Errorf("its header: %w", err)
	}
	if err := check(h); err != nil {
		return nil, nil, err
	}
	if snap, loose, err = engine.Load(in); err != nil {
		return nil, nil, err
	}
	if snap.Revision() != h.Revision {
		return nil, nil, fmt.Errorf("it holds revision %d, and its header says %d", snap.Revision(), h.Revision)
	}
	return snap, loose, nil
}

var errDamaged = errors.New("it is damaged")

// passed returns what a file holds before its checksum, once that was compared:
// nothing is made of a damaged file.
func passed(f *os.File) (io.Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size() - sha256.Size
	start := make([]byte, len(format))
	if _, err := f.ReadAt(start, 0); err != nil || string(start) != format {
		return nil, errors.New("it is not of the format that this program reads")
	}
	if size < int64(len(format)) {
		return nil, errDamaged
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, size)); err != nil {
		return nil, err
	}
	want := make([]byte, sha256.Size)
	if _, err := f.ReadAt(want, size); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return nil, errDamaged
	}
	return io.NewSectionReader(f, 0, size), nil
}
