package authress

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

const (
	maxRecordsPage = 20
	maxFilter      = 64
)

// record is an access record. What is read-only stands in recordAnswer, so that
// a body which carries it, as the SDKs send it back, changes nothing.
type record struct {
	RecordID    string            `json:"recordId,omitzero"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitzero"`
	Users       []user            `json:"users"`
	Admins      []user            `json:"admins"`
	Groups      []linkedGroup     `json:"groups"`
	Statements  []statement       `json:"statements"`
	Tags        map[string]string `json:"tags,omitzero"`
}

type statement struct {
	Roles     []string      `json:"roles"`
	Resources []resource    `json:"resources"`
	Users     []user        `json:"users,omitempty"`
	Groups    []linkedGroup `json:"groups,omitempty"`
}

type resource struct {
	ResourceURI string `json:"resourceUri"`
}

type recordAnswer struct {
	record
	Status      string  `json:"status"`
	LastUpdated string  `json:"lastUpdated"`
	Capacity    float64 `json:"capacity"` // the part of the size limit that is used
	Account     account `json:"account"`
	Links       links   `json:"links"`
}

type recordCollection struct {
	Records    []recordAnswer `json:"records"`
	Pagination pagination     `json:"pagination"`
	Links      links          `json:"links"`
}

// readRecord reads the body into a record of the id; an empty id leaves the
// body's. Admins stay nil when the body does not set them.
func readRecord(r *api.Request, id string) (access.Record, error) {
	body, err := api.ReadJSON[record](r)
	if err != nil {
		return access.Record{}, err
	}
	if body.RecordID, err = pathID("recordId", id, body.RecordID); err != nil {
		return access.Record{}, err
	}
	if size, err := sizeOf(body); err != nil {
		return access.Record{}, err
	} else if size > access.MaxRecordBytes {
		return access.Record{}, access.Errorf(access.TooLarge, "the record takes %d bytes, at most %d are allowed; spread it over several", size, access.MaxRecordBytes)
	}
	out := access.Record{ID: access.RecordID(body.RecordID), Name: body.Name, Description: body.Description, Tags: body.Tags}
	if out.Subjects, err = readSubjects("", body.Users, body.Groups); err != nil {
		return access.Record{}, err
	}
	if out.Admins, err = readAdmins(body.Admins); err != nil {
		return access.Record{}, err
	}
	out.Statements, err = readStatements("", body.Statements)
	return out, err
}

// readStatements reads statements; field is put before the names in errors.
func readStatements(field string, statements []statement) ([]access.Statement, error) {
	var out []access.Statement
	for i, st := range statements {
		read, err := st.read(fmt.Sprintf("%sstatements[%d].", field, i))
		if err != nil {
			return nil, err
		}
		out = append(out, read)
	}
	return out, nil
}

func (st statement) read(field string) (access.Statement, error) {
	var out access.Statement
	for _, id := range st.Roles {
		out.Roles = append(out.Roles, access.RoleID(id))
	}
	for _, res := range st.Resources {
		out.Resources = append(out.Resources, res.ResourceURI)
	}
	var err error
	out.Subjects, err = readSubjects(field, st.Users, st.Groups)
	return out, err
}

// writeStatements is the inverse of readStatements. The list is never nil.
func writeStatements(statements []access.Statement) []statement {
	list := []statement{}
	for _, st := range statements {
		out := statement{Roles: []string{}, Resources: []resource{}}
		for _, id := range st.Roles {
			out.Roles = append(out.Roles, string(id))
		}
		for _, uri := range st.Resources {
			out.Resources = append(out.Resources, resource{uri})
		}
		out.Users, out.Groups = writeSubjects(st.Subjects)
		list = append(list, out)
	}
	return list
}

func (h *handler) writeRecord(r *api.Request, in access.Record) (recordAnswer, error) {
	rec := record{RecordID: string(in.ID), Name: in.Name, Description: in.Description, Statements: writeStatements(in.Statements), Tags: in.Tags}
	rec.Users, rec.Groups = writeSubjects(in.Subjects)
	rec.Admins, _ = writeSubjects(in.Admins)
	size, err := sizeOf(rec)
	return recordAnswer{
		record:      rec,
		Status:      string(in.Status),
		LastUpdated: instant(in.Updated),
		Capacity:    min(1, float64(size)/access.MaxRecordBytes),
		Account:     account{h.authz.AccountID(r.Caller)},
		Links:       h.self(r, "records", string(in.ID)),
	}, err
}

// answerRecord writes a record with its Last-Modified, which here is the same
// ISO 8601 text as lastUpdated: callers send it back in If-Unmodified-Since.
func (h *handler) answerRecord(w http.ResponseWriter, r *api.Request, status int, in access.Record) error {
	out, err := h.writeRecord(r, in)
	if err != nil {
		return err
	}
	w.Header().Set("Last-Modified", out.LastUpdated)
	return writeLinks(w, status, out)
}

func (h *handler) listRecords(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxRecordsPage)
	if err != nil {
		return err
	}
	f := authz.RecordFilter{Status: access.RecordStatus(l.query.get("status"))}
	if f.Status != "" && f.Status != access.RecordActive && f.Status != access.RecordDeleted {
		return access.Errorf(access.Invalid, "status must be ACTIVE or DELETED")
	}
	if f.Text, err = l.query.filter(maxFilter); err != nil {
		return err
	}
	recs, next, err := h.authz.Records(r.Context(), r.Caller, f, l.Page)
	if err != nil {
		return err
	}
	out := recordCollection{Records: []recordAnswer{}}
	for _, in := range recs {
		rec, err := h.writeRecord(r, in)
		if err != nil {
			return err
		}
		out.Records = append(out.Records, rec)
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

func (h *handler) createRecord(w http.ResponseWriter, r *api.Request) error {
	in, err := readRecord(r, "")
	if err != nil {
		return err
	}
	out, err := h.authz.CreateRecord(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return h.answerRecord(w, r, http.StatusCreated, out)
}

func (h *handler) getRecord(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseRecordID(r.Param("record"))
	if err != nil {
		return err
	}
	out, err := h.authz.Record(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return h.answerRecord(w, r, http.StatusOK, out)
}

// updateRecord answers 202 without a body, as the documentation has it.
func (h *handler) updateRecord(w http.ResponseWriter, r *api.Request) error {
	in, err := readRecord(r, r.Param("record"))
	if err != nil {
		return err
	}
	when, err := unmodifiedSince(r)
	if err != nil {
		return err
	}
	out, err := h.authz.UpdateRecord(r.Context(), r.Caller, in, when)
	if err != nil {
		return withLastModified(w, err)
	}
	w.Header().Set("Last-Modified", instant(out.Updated))
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// withLastModified tells the caller of a stale write when the object changed.
func withLastModified(w http.ResponseWriter, err error) error {
	var stale *authz.StaleError
	if errors.As(err, &stale) {
		w.Header().Set("Last-Modified", instant(stale.Updated))
	}
	return err
}

func (h *handler) deleteRecord(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseRecordID(r.Param("record"))
	if err != nil {
		return err
	}
	if err := h.authz.DeleteRecord(r.Context(), r.Caller, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
