package store

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
)

// Table gives the documents of one kind their Go type and their indexes.
type Table[T any] struct {
	Kind    Kind
	Indexes []Index[T]
}

// Index holds documents under values that it takes from them.
type Index[T any] struct {
	Name   string
	Values func(id string, doc *T) []string
}

// Row is a document of a table.
type Row[T any] struct {
	ID       string
	Revision access.Revision
	Doc      T
}

// Get returns the document with its version, or a NotFound error.
func (t Table[T]) Get(r Reader, id string) (Row[T], error) {
	d, err := r.Get(t.Kind, id)
	if err != nil {
		return Row[T]{}, err
	}
	return t.row(d)
}

// List returns the documents that q selects; q's Kind is the table's.
func (t Table[T]) List(r Reader, q ListQuery) ([]Row[T], error) {
	q.Kind = t.Kind
	docs, err := r.List(q)
	if err != nil {
		return nil, err
	}
	rows := make([]Row[T], len(docs))
	for i, d := range docs {
		if rows[i], err = t.row(d); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Put writes the document; see Tx.Put.
func (t Table[T]) Put(tx Tx, id string, doc *T) (replaced access.Revision, err error) {
	body, err := json.Marshal(doc, json.Deterministic(true))
	if err != nil {
		return 0, fmt.Errorf("encoding %s %q: %w", t.Kind, id, err)
	}
	var entries []IndexEntry
	for _, ix := range t.Indexes {
		for _, v := range ix.Values(id, doc) {
			entries = append(entries, IndexEntry{Index: ix.Name, Value: v})
		}
	}
	return tx.Put(t.Kind, id, body, entries)
}

// Delete removes the document; see Tx.Delete.
func (t Table[T]) Delete(tx Tx, id string) (removed access.Revision, err error) {
	return tx.Delete(t.Kind, id)
}

// Decode returns the document of a version, or nil if the version is a
// deletion.
func (t Table[T]) Decode(d Document) (*T, error) {
	if d.Body == nil {
		return nil, nil
	}
	doc := new(T)
	if err := json.Unmarshal(d.Body, doc); err != nil {
		return nil, fmt.Errorf("decoding %s %q: %w", t.Kind, d.ID, err)
	}
	return doc, nil
}

func (t Table[T]) row(d Document) (Row[T], error) {
	doc, err := t.Decode(d)
	if err != nil {
		return Row[T]{}, err
	}
	return Row[T]{ID: d.ID, Revision: d.Revision, Doc: *doc}, nil
}
