package authress

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// invite gives its statements to who accepts it. The tenant has two names: the
// first is the older SDKs'.
type invite struct {
	TenantID                   string      `json:"tenantId,omitzero"`
	DefaultLoginTenantID       string      `json:"defaultLoginTenantId,omitzero"`
	LinkedUserID               string      `json:"linkedUserId,omitzero"`
	Statements                 []statement `json:"statements"`
	ConflictResolutionStrategy string      `json:"conflictResolutionStrategy,omitzero"`
	ExpiryTime                 string      `json:"expiryTime,omitzero"`
}

// inviteAnswer has the id, which is a secret, because whoever asks has shown it
// or has just made it.
type inviteAnswer struct {
	InviteID string `json:"inviteId"`
	invite
	Links links `json:"links"`
}

func readInvite(r *api.Request) (access.Invite, authz.InviteExpiry, error) {
	var expiry authz.InviteExpiry
	body, err := api.ReadJSON[invite](r)
	if err != nil {
		return access.Invite{}, expiry, err
	}
	if body.Statements == nil {
		return access.Invite{}, expiry, access.Errorf(access.Invalid, "statements must be a list")
	}
	// Accepting makes a record of it, which has a limit.
	if size, err := sizeOf(body); err != nil {
		return access.Invite{}, expiry, err
	} else if size > access.MaxRecordBytes {
		return access.Invite{}, expiry, access.Errorf(access.TooLarge, "the invite takes %d bytes, at most %d are allowed; give less at a time", size, access.MaxRecordBytes)
	}
	out := access.Invite{
		Strategy: access.ConflictStrategy(body.ConflictResolutionStrategy),
		Tenant:   body.DefaultLoginTenantID, LinkedUserID: body.LinkedUserID,
	}
	if out.Tenant == "" {
		out.Tenant = body.TenantID
	}
	if body.TenantID != "" && body.TenantID != out.Tenant {
		return access.Invite{}, expiry, access.Errorf(access.Invalid, "tenantId and defaultLoginTenantId name two tenants")
	}
	if out.Statements, err = readStatements("", body.Statements); err != nil {
		return access.Invite{}, expiry, err
	}
	expiry, err = parseExpiry(body.ExpiryTime)
	return out, expiry, err
}

// parseExpiry reads an ISO 8601 duration or time. Source: the documentation
// says ISO 8601 and not which of the two.
func parseExpiry(s string) (authz.InviteExpiry, error) {
	if s == "" {
		return authz.InviteExpiry{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return authz.InviteExpiry{At: t}, nil
	}
	if d, ok := parseDuration(s); ok {
		return authz.InviteExpiry{After: d}, nil
	}
	return authz.InviteExpiry{}, access.Errorf(access.Invalid, "expiryTime must be a duration like P7D or PT12H, or a time like 2026-01-02T03:04:05Z")
}

// parseDuration reads an ISO 8601 duration in whole weeks, days, hours, minutes
// and seconds. Months and years have no length of their own. It refuses a
// duration of nothing.
func parseDuration(s string) (time.Duration, bool) {
	const day = 24 * time.Hour
	date, clock, timed := strings.Cut(strings.TrimPrefix(s, "P"), "T")
	if s == "" || s[0] != 'P' || timed && clock == "" {
		return 0, false
	}
	days, ok := sumOf(date, "WD", []time.Duration{7 * day, day})
	if !ok {
		return 0, false
	}
	rest, ok := sumOf(clock, "HMS", []time.Duration{time.Hour, time.Minute, time.Second})
	return days + rest, ok && days+rest > 0
}

// sumOf adds up numbers with their units, each unit at most once and in order.
// What is longer than a year counts as one: too long for an invite in any case.
func sumOf(s, units string, lengths []time.Duration) (sum time.Duration, ok bool) {
	const year = 366 * 24 * time.Hour
	for s != "" {
		end := max(0, strings.IndexAny(s, units))
		n, err := strconv.ParseUint(s[:end], 10, 31)
		if err != nil {
			return 0, false
		}
		at := strings.IndexByte(units, s[end])
		sum += time.Duration(min(int64(n), int64(year/lengths[at])) * int64(lengths[at]))
		s, units, lengths = s[end+1:], units[at+1:], lengths[at+1:]
	}
	return sum, true
}

func (h *handler) writeInvite(r *api.Request, in access.Invite, id string) inviteAnswer {
	strategy := in.Strategy
	if strategy == "" {
		strategy = access.GenerateRecord
	}
	return inviteAnswer{
		InviteID: id,
		invite: invite{
			TenantID: in.Tenant, DefaultLoginTenantID: in.Tenant, LinkedUserID: in.LinkedUserID,
			Statements:                 writeStatements(in.Statements),
			ConflictResolutionStrategy: string(strategy),
			ExpiryTime:                 instant(in.Expires),
		},
		Links: h.self(r, "invites", id),
	}
}

func (h *handler) createInvite(w http.ResponseWriter, r *api.Request) error {
	in, expiry, err := readInvite(r)
	if err != nil {
		return err
	}
	out, id, err := h.authz.CreateInvite(r.Context(), r.Caller, in, expiry)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusCreated, h.writeInvite(r, out, id))
}

func (h *handler) getInvite(w http.ResponseWriter, r *api.Request) error {
	id := r.Param("invite")
	out, err := h.authz.Invite(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeInvite(r, out, id))
}

// acceptInvite answers with the account, which older SDKs parse.
func (h *handler) acceptInvite(w http.ResponseWriter, r *api.Request) error {
	realm, err := h.authz.Account(r.Caller)
	if err != nil {
		return err
	}
	if err := h.authz.AcceptInvite(r.Context(), r.Caller, r.Param("invite")); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeAccount(r, realm))
}

func (h *handler) deleteInvite(w http.ResponseWriter, r *api.Request) error {
	if err := h.authz.DeleteInvite(r.Context(), r.Caller, r.Param("invite")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
