package authz

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// CreateAuditExport keeps what is asked of an organization's log. It is for who
// may read the organization: nothing of that changes.
func (s *Service) CreateAuditExport(ctx context.Context, c access.Caller, x access.AuditExport) (access.AuditExport, error) {
	x.ID = access.AuditExportID(s.newID("audit_log_export_"))
	x.Created = s.now()
	x.Key = make([]byte, sha256.Size)
	_, _ = rand.Read(x.Key) // never fails
	err := s.update(ctx, c, action{"create", store.AuditExports.Kind, string(x.ID)}, func(w *write) error {
		if _, err := organizationFor(w, w.snap, c, read, x.Organization); err != nil {
			return err
		}
		if err := x.Validate(); err != nil {
			return err
		}
		return put(w, store.AuditExports, string(x.ID), &x)
	})
	return x, err
}

// AuditExport returns an export, and a secret with which it can be read for a
// while: see OpenAuditExport.
func (s *Service) AuditExport(ctx context.Context, c access.Caller, id access.AuditExportID) (x access.AuditExport, secret string, err error) {
	claims := exportClaims{Realm: c.Realm, For: c.Subject, Expires: s.clock().Add(exportSecretLife).Unix()}
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if x, err = auditExportFor(r, snap, c, id); err != nil {
			return err
		}
		key, _, err := find(r, store.APIKeys, c.Credential)
		claims.Key = key.ID
		return err
	})
	if err != nil {
		return access.AuditExport{}, "", err
	}
	secret, err = claims.sign(&x)
	return x, secret, err
}

func auditExportFor(r store.Reader, snap *engine.Snapshot, c access.Caller, id access.AuditExportID) (access.AuditExport, error) {
	return belonging(r, snap, c, read, store.AuditExports, "Audit Log Export", string(id),
		func(x *access.AuditExport) access.OrganizationID { return x.Organization })
}

// exportSecretLife is how long the secret of an export is good. Source: the
// OpenAPI document of WorkOS.
const exportSecretLife = 10 * time.Minute

// exportClaims is what the secret of an export says, under a signature that the
// export's key makes. Whoever shows it reads what the one may who asked for it,
// and no more than that one may by then.
type exportClaims struct {
	Realm   access.RealmID  `json:"r"`
	For     access.Subject  `json:"s"`
	Key     access.APIKeyID `json:"k,omitzero"` // which proved that one, if an API key did
	Expires int64           `json:"e"`          // Unix seconds
}

func (e exportClaims) sign(x *access.AuditExport) (string, error) {
	claims, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encoding the secret of the export %s: %w", x.ID, err)
	}
	text := base64.RawURLEncoding.EncodeToString(claims)
	return text + "." + signExport(x, text), nil
}

// lapsed reports whether the secret holds no longer, by itself or because its API
// key has gone or ended.
func (e exportClaims) lapsed(r store.Reader, now time.Time) (bool, error) {
	if now.Unix() >= e.Expires {
		return true, nil
	}
	if e.Key == "" {
		return false, nil
	}
	key, exists, err := find(r, store.APIKeys, string(e.Key))
	return !exists || key.Expired(now), err
}

// signExport makes the signature as it is written. The text is what is compared:
// a decoder that ignores spare bits would take four spellings for one signature.
func signExport(x *access.AuditExport, claims string) string {
	mac := hmac.New(sha256.New, x.Key)
	mac.Write([]byte(claims))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// AuditExtract reads the events of an export.
type AuditExtract struct {
	service *Service
	realm   access.RealmID
	export  access.AuditExport
	after   string // the place of what was read last
	end     string // the place behind the range
}

// OpenAuditExport begins to read an export for who shows its secret, and has no
// other credential. It is a NotFound error if the secret does not hold, or holds
// no longer, and whatever the one who asked for it would be told now.
func (s *Service) OpenAuditExport(ctx context.Context, id access.AuditExportID, secret string) (*AuditExtract, error) {
	invalid := access.Errorf(access.NotFound, "the link has expired or was never made; get the export again for a new one")
	text, signature, _ := strings.Cut(secret, ".")
	encoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, invalid
	}
	var claims exportClaims // not believed until the signature is
	if err := json.Unmarshal(encoded, &claims); err != nil || s.dir.Realm(claims.Realm) == nil {
		return nil, invalid
	}
	x := &AuditExtract{service: s, realm: claims.Realm}
	err = s.view(ctx, access.Caller{Realm: claims.Realm}, func(r store.Reader, snap *engine.Snapshot) error {
		export, exists, err := find(r, store.AuditExports, string(id))
		if err != nil {
			return err
		}
		if !exists || !hmac.Equal([]byte(signature), []byte(signExport(&export, text))) {
			return invalid
		}
		if lapsed, err := claims.lapsed(r, s.clock()); err != nil {
			return err
		} else if lapsed {
			return invalid
		}
		if x.export, err = auditExportFor(r, snap, access.Caller{Realm: claims.Realm, Subject: claims.For}, id); err != nil {
			return err
		}
		settings, err := auditSettings(r, export.Organization)
		if err != nil {
			return err
		}
		x.after = max(access.AuditEventPlace(export.From), access.AuditEventPlace(settings.Since(s.now())))
		x.end = access.AuditEventPlace(export.Until.Add(time.Millisecond))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// auditChunk is how many events are in memory at a time.
const auditChunk = 32

// Next returns some more events, in the order in which they occurred, perhaps
// none of those that it looked at, and whether there is more to look at. What is
// written meanwhile may be among them.
func (x *AuditExtract) Next(ctx context.Context) (events []access.AuditEvent, more bool, err error) {
	var rows []store.Row[access.AuditEvent]
	err = x.service.store.View(ctx, x.realm, 0, func(r store.Reader) error {
		rows, err = store.AuditEvents.List(r, store.ListQuery{
			Index: store.ByOrganization, Value: string(x.export.Organization), After: x.after, Limit: auditChunk,
		})
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("reading the export %s: %w", x.export.ID, err)
	}
	for i := range rows {
		if rows[i].ID > x.end {
			return events, false, nil
		}
		x.after = rows[i].ID
		if x.selects(&rows[i].Doc) {
			events = append(events, rows[i].Doc)
		}
	}
	return events, len(rows) == auditChunk, nil
}

func (x *AuditExtract) selects(e *access.AuditEvent) bool {
	among := func(filter []string, s string) bool { return len(filter) == 0 || slices.Contains(filter, s) }
	return among(x.export.Actions, e.Action) && among(x.export.ActorNames, e.Actor.Name) && among(x.export.ActorIDs, e.Actor.ID) &&
		(len(x.export.TargetTypes) == 0 || slices.ContainsFunc(e.Targets, func(t access.AuditParty) bool { return slices.Contains(x.export.TargetTypes, t.Type) }))
}
