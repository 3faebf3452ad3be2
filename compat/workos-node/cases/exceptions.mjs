// The classes that the SDK throws, and what it repeats by itself.

import assert from 'node:assert/strict';

import { BadRequestException } from '@workos-inc/node';

import { client, native, newOrganization, newUser, refused, test, unique, w } from '../world.mjs';

test('exceptions: one for each kind of refusal', async () => {
  const { authorization } = w.sdk;
  await refused(client('sk_wrong').authorization.listPermissions(), 'UnauthorizedException');
  await refused(w.limited.authorization.createPermission({ slug: 'x', name: 'x' }), '403', 'forbidden');
  const missing = await refused(authorization.getPermission('exceptions:none'), 'NotFoundException', 'entity_not_found');
  assert.match(missing.message, /exceptions:none/);
  await refused(authorization.createPermission({ slug: 'widgets:sso:manage', name: 'x' }), 'ConflictException', 'permission_slug_conflict');
  const wrong = await refused(authorization.createPermission({ slug: 'NO', name: 'x' }), 'UnprocessableEntityException', 'invalid_request_parameters');
  assert.ok(!wrong.message.includes('undefined'), `the SDK makes the message of the codes of errors: ${wrong.message}`);
  await refused(authorization.listResources(), '400', 'missing_organization_id_or_resource_type_slug');
});

test('exceptions: a client that asks more than it may', async () => {
  const { clientId } = await native('POST', '/v1/clients', { name: 'limited', rateLimits: [{ duration: 'PT5M', quota: 100 }] });
  const { value } = await native('POST', '/api/v1/api-keys', { name: 'limited', client: clientId });
  const { auditLogs } = client(value);
  const event = { action: 'a', occurredAt: new Date(), actor: { id: 'a', type: 'user' }, targets: [], context: { location: 'here' } };
  for (let i = 0; i < 100; i++) {
    await refused(auditLogs.createEvent('org_nobody', event), '403', 'forbidden');
  }
  const error = await refused(auditLogs.createEvent('org_nobody', event), 'RateLimitExceededException');
  // The window of five minutes slides in sixtieths of its length.
  assert.ok(error.retryAfter >= 1 && error.retryAfter <= 305, `retryAfter ${error.retryAfter}`);
});

test('exceptions: the one that this server gives no cause for, in the form that it has for it', async () => {
  const { authorization } = w.sdk;
  w.proxy.answerNext(400, { message: 'Bad.', code: 'bad_request', errors: [{ code: 'bad', field: 'name', message: 'Bad.' }] }, { 'x-request-id': 'req_1' });
  const bad = await refused(authorization.updateEnvironmentRole('member', { name: 'n' }), 'BadRequestException', 'bad_request');
  assert.ok(bad instanceof BadRequestException);
});

test('a request that is sent twice under one idempotency key is done once', async () => {
  const name = unique('Once');
  const key = { idempotencyKey: unique('key') };
  const first = await w.sdk.organizations.createOrganization({ name }, key);
  assert.deepEqual(await w.sdk.organizations.createOrganization({ name }, key), first);
  assert.equal((await w.sdk.organizations.listOrganizations({ search: name })).data.length, 1);
  assert.notEqual((await w.sdk.organizations.createOrganization({ name }, { idempotencyKey: unique('key') })).id, first.id);
});

test('the SDK asks again, by itself, while the server is not ready', async () => {
  const patient = client(w.server.apiKey, { maxRetries: 2 });
  const user = await newUser();
  w.proxy.answerNext(429, { message: 'Too many requests.', code: 'rate_limit_exceeded' }, { 'retry-after': '0' });
  assert.equal((await patient.userManagement.getUser(user.id)).id, user.id);
  assert.ok(await newOrganization());
});
