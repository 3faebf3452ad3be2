// The classes that the SDK throws, and what it repeats by itself.

import assert from 'node:assert/strict';

import { BadRequestException, RateLimitExceededException } from '@workos-inc/node';

import { client, newOrganization, newUser, refused, test, unique, w } from '../world.mjs';

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

test('exceptions: those that this server gives no cause for, in the form that it has for them', async () => {
  const { authorization } = w.sdk;
  w.proxy.answerNext(429, { message: 'Too many requests.', code: 'rate_limit_exceeded' }, { 'retry-after': '7', 'x-request-id': 'req_1' });
  const limited = await refused(authorization.listEnvironmentRoles(), 'RateLimitExceededException');
  assert.ok(limited instanceof RateLimitExceededException && limited.retryAfter === 7);
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
