package engine

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine/packed"
)

// Save writes the base of the snapshot, which is packed for that if need be, and
// the ids of the documents that are not in it.
func (s *Snapshot) Save(to io.Writer) error {
	if s.Unpacked() > 0 {
		if s = s.Pack(); s.changed() > 0 {
			return errors.New("saving a snapshot: there is more than can be packed")
		}
	}
	head := binary.AppendUvarint(nil, uint64(s.revision)) //nolint:gosec // revisions are not negative
	head = binary.AppendUvarint(head, uint64(s.records.Len()))
	for all := s.records.Iterator(); !all.Done(); {
		id, _, _ := all.Next()
		head = appendText(head, string(id))
	}
	head = binary.AppendUvarint(head, uint64(s.assignments.Len()))
	for all := s.assignments.Iterator(); !all.Done(); {
		id, _, _ := all.Next()
		head = appendText(head, string(id))
	}
	if _, err := to.Write(head); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	if err := s.base.Save(to); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	return nil
}

func appendText(to []byte, s string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}

// Load returns the snapshot that Save wrote: at its revision, and without what is
// never in the base. To be complete it has to be given, by Apply, all roles, all
// settings of resources, the realm, and the documents with the ids in loose, which
// are RecordIDs and AssignmentIDs.
//
// It is an error if the file is damaged so that it cannot be read; only a checksum
// finds all damage.
func Load(from io.Reader) (s *Snapshot, loose []any, err error) {
	r := bufio.NewReaderSize(from, 1<<18)
	revision, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, nil, fmt.Errorf("loading a snapshot: %w", err)
	}
	for _, idOf := range []func(string) any{
		func(id string) any { return access.RecordID(id) },
		func(id string) any { return access.AssignmentID(id) },
	} {
		count, err := binary.ReadUvarint(r)
		for ; count > 0 && err == nil; count-- {
			var id string
			id, err = readText(r)
			loose = append(loose, idOf(id))
		}
		if err != nil {
			return nil, nil, fmt.Errorf("loading a snapshot: %w", err)
		}
	}
	base, err := packed.Load(r)
	if err != nil {
		return nil, nil, fmt.Errorf("loading a snapshot: %w", err)
	}
	s = on(base)
	s.revision = access.Revision(revision) //nolint:gosec // Save wrote one
	return s, loose, nil
}

// maxIDLen is longer than any id.
const maxIDLen = 1 << 12

func readText(r *bufio.Reader) (string, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil || n > maxIDLen {
		return "", errors.Join(err, errors.New("an id is too long"))
	}
	text := make([]byte, n)
	_, err = io.ReadFull(r, text)
	return string(text), err
}
