package workos_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/workos/workos-go/v9"
)

func keys(w world) {
	ctx, k := w.Context(), w.APIKeys()
	member := w.member(w.organization())
	org, permission := member.OrganizationID, w.permission("go:key", organization)
	made := must(k.CreateOrganizationAPIKey(ctx, org, &workos.APIKeysCreateOrganizationAPIKeyParams{Name: "CI", Permissions: []string{permission}}))(w)
	w.hasID("api_key", made.ID)
	valid := must(k.CreateValidation(ctx, &workos.APIKeysCreateValidationParams{Value: made.Value}))(w)
	if valid.APIKey == nil || valid.APIKey.ID != made.ID {
		w.Fatalf("got %+v, want the key %s", valid.APIKey, made.ID)
	}
	w.equal("permissions", valid.APIKey.Permissions, []string{permission})
	listed := all(w, k.ListOrganizationAPIKeys(ctx, org, &workos.APIKeysListOrganizationAPIKeysParams{}))
	w.equal("list", names(listed, func(k workos.OrganizationAPIKey) string { return k.ID }), []string{made.ID})
	w.ok(k.Delete(ctx, made.ID))
	w.refused(k.Delete(ctx, made.ID), notFound, noEntity)
	if valid := must(k.CreateValidation(ctx, &workos.APIKeysCreateValidationParams{Value: made.Value}))(w); valid.APIKey != nil {
		w.Error("a deleted key is valid")
	}

	u := w.UserManagement()
	own := must(u.CreateAPIKey(ctx, member.UserID, &workos.UserManagementCreateAPIKeyParams{Name: "Mine", OrganizationID: org}))(w)
	mine := all(w, u.ListAPIKeys(ctx, member.UserID, &workos.UserManagementListAPIKeysParams{OrganizationID: &org}))
	w.equal("list of the user", names(mine, func(k workos.UserAPIKey) string { return k.ID }), []string{own.ID})
	w.equal("expired", must(k.CreateExpire(ctx, own.ID, &workos.APIKeysCreateExpireParams{}))(w).ID, own.ID)
	_, err := k.CreateExpire(ctx, own.ID, &workos.APIKeysCreateExpireParams{})
	w.refused(err, conflict, "api_key_already_expired")
}

func events(w world) {
	ctx, e := w.Context(), w.Events()
	org := w.organization()
	group := w.group(org, w.member(org).ID)
	w.ok(w.Groups().DeleteOrganizationGroup(ctx, org, group))
	want := []string{"group.created", "group.member_added", "group.deleted"}
	for _, limit := range []int{1, 100} {
		got := all(w, e.List(ctx, &workos.EventsListParams{
			PaginationParams: workos.PaginationParams{Limit: &limit, Order: workos.Ptr("asc")}, Events: want, OrganizationID: &org,
			RangeEnd: workos.Ptr(time.Now().Add(time.Hour).UTC().Format(time.RFC3339)),
		}))
		w.equal("events", names(got, func(e workos.EventSchema) string { return e.Event }), want)
	}
}

func webhooks(w world) {
	ctx, h := w.Context(), w.Webhooks()
	type delivery struct{ signature, body string }
	deliveries := make(chan delivery, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		deliveries <- delivery{r.Header.Get("WorkOS-Signature"), string(body)}
	}))
	defer receiver.Close()

	made := must(h.CreateEndpoint(ctx, &workos.WebhooksCreateEndpointParams{EndpointURL: receiver.URL + "/hook", Events: []workos.CreateWebhookEndpointEvents{"organization.created"}}))(w)
	w.hasID("we", made.ID)
	org := w.organization()
	select {
	case got := <-deliveries:
		event, err := workos.NewWebhookVerifier(made.Secret).ConstructEvent(got.signature, got.body)
		w.ok(err)
		w.equal("event", []any{event.Event, event.Data["id"]}, []any{"organization.created", org})
		if _, err := workos.NewWebhookVerifier("another").ConstructEvent(got.signature, got.body); err == nil {
			w.Error("the signature holds under another secret")
		}
	case <-time.After(time.Minute):
		w.Fatal("no delivery")
	}

	disabled := workos.UpdateWebhookEndpointStatus("disabled")
	w.equal("status", must(h.UpdateEndpoint(ctx, made.ID, &workos.WebhooksUpdateEndpointParams{Status: &disabled}))(w).Status, "disabled")
	listed := all(w, h.ListEndpoints(ctx, &workos.WebhooksListEndpointsParams{}))
	w.equal("list", names(listed, func(e workos.WebhookEndpoint) string { return e.ID }), []string{made.ID})
	_, err := h.CreateEndpoint(ctx, &workos.WebhooksCreateEndpointParams{EndpointURL: "no url", Events: []workos.CreateWebhookEndpointEvents{"organization.created"}})
	w.refused(err, unprocessed, "invalid_url")
	w.ok(h.DeleteEndpoint(ctx, made.ID))
	w.refused(h.DeleteEndpoint(ctx, made.ID), notFound, noEntity)
}

func auditLogs(w world) {
	ctx, l := w.Context(), w.AuditLogs()
	org, action := w.organization(), w.unique("go.opened")
	schema := must(l.CreateSchema(ctx, action, &workos.AuditLogsCreateSchemaParams{Targets: []*workos.AuditLogSchemaTargetInput{{Type: "document"}}}))(w)
	w.equal("version", schema.Version, 1)
	w.equal("schemas", len(all(w, l.ListActionSchemas(ctx, action, &workos.AuditLogsListActionSchemasParams{}))), 1)
	actions := all(w, l.ListActions(ctx, &workos.AuditLogsListActionsParams{}))
	w.equal("actions", names(actions, func(a workos.AuditLogAction) string { return a.Name }), []string{action})

	now := time.Now().UTC()
	stored := must(l.CreateEvent(ctx, &workos.AuditLogsCreateEventParams{OrganizationID: org, Event: &workos.AuditLogEvent{
		Action: action, OccurredAt: now.Format(time.RFC3339), Actor: &workos.AuditLogEventActor{ID: "u", Type: "user"},
		Targets: []*workos.AuditLogEventTarget{{ID: "d", Type: "document"}}, Context: &workos.AuditLogEventContext{Location: "203.0.113.7"},
	}}))(w)
	w.equal("stored", stored.Success, true)

	export := must(l.CreateExport(ctx, &workos.AuditLogsCreateExportParams{OrganizationID: org, RangeStart: now.Add(-time.Hour).Format(time.RFC3339), RangeEnd: now.Add(time.Hour).Format(time.RFC3339)}))(w)
	for export.State == "pending" {
		export = must(l.GetExport(ctx, export.ID))(w)
	}
	if export.URL == nil {
		w.Fatalf("the export is %s and has no URL", export.State)
	}
	res, err := http.Get(*export.URL)
	w.ok(err)
	defer res.Body.Close()
	if csv, _ := io.ReadAll(res.Body); !strings.Contains(string(csv), action) {
		w.Errorf("got %d %s, want a line of %s", res.StatusCode, csv, action)
	}
	must(l.GetExport(ctx, export.ID))(w)

	w.equal("retention", must(l.UpdateOrganizationAuditLogsRetention(ctx, org, &workos.AuditLogsUpdateOrganizationAuditLogsRetentionParams{RetentionPeriodInDays: 90}))(w).RetentionPeriodInDays, 90)
	w.equal("retention", must(l.GetOrganizationAuditLogsRetention(ctx, org))(w).RetentionPeriodInDays, 90)
}

func refusals(w world) {
	ctx := w.Context()
	_, err := w.client("sk_wrong").Authorization().ListEnvironmentRoles(ctx)
	w.refused(err, http.StatusUnauthorized, "unauthorized")
	name := w.unique("Once")
	one := must(w.Organizations().Create(ctx, &workos.OrganizationsCreateParams{Name: name}, workos.WithIdempotencyKey(name)))(w)
	two := must(w.Organizations().Create(ctx, &workos.OrganizationsCreateParams{Name: name}, workos.WithIdempotencyKey(name)))(w)
	w.equal("what is sent twice under one idempotency key", two, one)
}
