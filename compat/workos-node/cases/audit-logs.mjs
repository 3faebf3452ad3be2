// The audit log that an application keeps for its customers.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { isID, isTime, newOrganization, raw, refused, test, unique, w } from '../world.mjs';

const event = (action, options) => ({
  action, occurredAt: new Date(), actor: { id: 'user_1', type: 'user', name: 'Ana', metadata: { role: 'admin' } },
  targets: [{ id: 'doc_1', type: 'document' }], context: { location: '203.0.113.7', userAgent: 'test' }, ...options,
});

test('audit logs: schemas', async () => {
  const { auditLogs } = w.sdk;
  const action = unique('document.opened');
  const schema = options => auditLogs.createSchema({ action, actor: { metadata: { role: 'string' } }, targets: [{ type: 'document', metadata: { pages: 'number' } }], metadata: { ok: 'boolean' }, ...options });
  const made = await schema({});
  assert.ok(isTime(made.createdAt));
  assert.deepEqual([made.object, made.version, made.targets, made.metadata], ['audit_log_schema', 1, [{ type: 'document', metadata: { pages: 'number' } }], { ok: 'boolean' }]);
  assert.deepEqual(made.actor, { metadata: { role: 'string' } });
  assert.equal((await schema({})).version, 2);
  assert.equal((await schema({ metadata: undefined })).version, 3);
  const list = await auditLogs.listSchemas(action, { order: 'asc' });
  assert.deepEqual(list.data.map(s => s.version), [1, 2, 3]);
  assert.deepEqual((await (await auditLogs.listSchemas(action)).autoPagination()).length, 3);
  await refused(schema({ targets: [] }), 'UnprocessableEntityException');
  await refused(auditLogs.listSchemas(unique('no.action')), 'NotFoundException');

  const actions = (await raw('GET', '/audit_logs/actions?limit=100')).body.data;
  assert.equal(actions.find(a => a.name === action).schema.version, 3, 'the newest');
});

test('audit logs: events and exports', async () => {
  const { auditLogs } = w.sdk;
  const organization = await newOrganization();
  const action = unique('document.shared');
  await auditLogs.createSchema({ action, actor: { metadata: { role: 'string' } }, targets: [{ type: 'document' }] });
  await auditLogs.createEvent(organization.id, event(action));
  const twice = event(action, { actor: { id: 'user_2', type: 'user', name: '=cmd|calc' } });
  await auditLogs.createEvent(organization.id, twice, { idempotencyKey: 'once' });
  await auditLogs.createEvent(organization.id, twice, { idempotencyKey: 'once' });
  await refused(auditLogs.createEvent('org_nobody', event(action)), 'NotFoundException');
  assert.ok([400, 422].includes((await auditLogs.createEvent(organization.id, event(action, { targets: [] })).catch(e => e)).status));
  assert.ok([400, 422].includes((await auditLogs.createEvent(organization.id, event(action, { metadata: { k: 'v'.repeat(501) } })).catch(e => e)).status));

  const range = { organizationId: organization.id, rangeStart: new Date(Date.now() - 3_600_000), rangeEnd: new Date(Date.now() + 3_600_000) };
  let made = await auditLogs.createExport(range);
  assert.deepEqual([made.object, isID('audit_log_export', made.id)], ['audit_log_export', true], made.id);
  while (made.state === 'pending') {
    await sleep(20);
    made = await auditLogs.getExport(made.id);
  }
  assert.equal(made.state, 'ready');
  const link = made.url.replace(w.proxy.url, w.server.url); // the file is no part of the contract
  const csv = await (await fetch(link)).text();
  const lines = csv.trim().split('\n');
  assert.equal(lines.length, 3, csv);
  assert.ok(csv.includes(action) && csv.includes('203.0.113.7'), csv);
  assert.ok(!/(^|,)=cmd/m.test(csv) && !/(^|,)"=cmd/m.test(csv), 'what a spreadsheet would run is made harmless');
  assert.equal((await fetch(link.slice(0, -1) + (link.endsWith('A') ? 'B' : 'A'))).ok, false, 'the link is the credential');
  await refused(auditLogs.getExport('audit_log_export_nobody'), 'NotFoundException');
  assert.equal((await auditLogs.createExport({ ...range, rangeEnd: new Date(0) }).catch(e => e)).status, 400);
});

test('audit logs: how long they are kept', async () => {
  const { auditLogs } = w.sdk;
  const { id } = await newOrganization();
  const before = await auditLogs.getOrganizationAuditLogsRetention({ id });
  assert.ok(before.retentionPeriodInDays === null || before.retentionPeriodInDays > 0);
  // What this SDK sends is newer than the contract.
  assert.deepEqual(await auditLogs.updateOrganizationAuditLogsRetention({ id, retentionPeriod: '1_YEAR' }), { retentionPeriodInDays: 365 });
  assert.deepEqual(await auditLogs.updateOrganizationAuditLogsRetention({ id, retentionPeriod: '1_MONTH' }), { retentionPeriodInDays: 30 });
  assert.deepEqual((await raw('PUT', `/organizations/${id}/audit_logs_retention`, { retention_period_in_days: 90 })).body, { retention_period_in_days: 90 });
  assert.deepEqual(await auditLogs.getOrganizationAuditLogsRetention({ id }), { retentionPeriodInDays: 90 });
  const { body } = await raw('GET', `/organizations/${id}/audit_log_configuration`);
  assert.deepEqual([body.organization_id, body.retention_period_in_days], [id, 90]);
  await refused(auditLogs.updateOrganizationAuditLogsRetention({ id, retentionPeriod: 'for ever' }), 'UnprocessableEntityException');
  await refused(auditLogs.updateOrganizationAuditLogsRetention({ id: 'org_nobody', retentionPeriod: '1_YEAR' }), 'NotFoundException');
  await refused(auditLogs.getOrganizationAuditLogsRetention({ id: 'org_nobody' }), 'NotFoundException');
});
