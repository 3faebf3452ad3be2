// API keys that an application gives to its customers, and asks about.

import assert from 'node:assert/strict';

import { checkPages, ids, isID, isTime, newMembership, newOrganization, newPermission, raw, refused, test, w } from '../world.mjs';

test('API keys of an organization', async () => {
  const { apiKeys } = w.sdk;
  const organization = await newOrganization();
  const permission = await newPermission('key');
  const made = await apiKeys.createOrganizationApiKey({ organizationId: organization.id, name: 'CI', permissions: [permission.slug] });
  const { id, value, createdAt, updatedAt, ...rest } = made;
  assert.ok(isID('api_key', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.match(value, /^sk_/);
  assert.deepEqual([rest.object, rest.owner, rest.name, rest.permissions, rest.lastUsedAt], ['api_key', { type: 'organization', id: organization.id }, 'CI', [permission.slug], null]);
  assert.ok(rest.obfuscatedValue.endsWith(value.slice(-4)) && !rest.obfuscatedValue.includes(value.slice(3, -4)), rest.obfuscatedValue);

  const { apiKey } = await apiKeys.createValidation({ value });
  assert.deepEqual([apiKey.id, apiKey.owner, apiKey.permissions], [id, rest.owner, [permission.slug]]);
  assert.equal(apiKey.value, undefined);
  for (const other of [value.slice(0, -1), `${value}x`, value.toUpperCase(), 'sk_nothing', w.server.apiKey]) {
    assert.deepEqual(await apiKeys.createValidation({ value: other }), { apiKey: null });
  }
  await refused(apiKeys.createValidation({}), 'UnprocessableEntityException');
  assert.equal((await raw('GET', '/organizations', undefined, value)).status, 401, 'a customer\'s key is none of the server\'s');

  const others = [await apiKeys.createOrganizationApiKey({ organizationId: organization.id, name: 'B' }), await apiKeys.createOrganizationApiKey({ organizationId: organization.id, name: 'C' })];
  const list = options => apiKeys.listOrganizationApiKeys({ organizationId: organization.id, ...options });
  assert.deepEqual(await checkPages(list), [id, ...ids(others)]);
  assert.ok((await list({})).data.every(k => k.value === undefined), 'a value is shown once');
  await refused(list({ organizationId: 'org_nobody' }), 'NotFoundException');
  await refused(apiKeys.createOrganizationApiKey({ organizationId: 'org_nobody', name: 'N' }), 'NotFoundException');
  await refused(apiKeys.createOrganizationApiKey({ organizationId: organization.id, name: '' }), 'UnprocessableEntityException');
  await refused(apiKeys.createOrganizationApiKey({ organizationId: organization.id, name: 'N', permissions: ['key:nowhere'] }), 'UnprocessableEntityException');

  await apiKeys.deleteApiKey(id);
  await refused(apiKeys.deleteApiKey(id), 'NotFoundException');
  assert.deepEqual(await apiKeys.createValidation({ value }), { apiKey: null });
});

test('API keys of a user, and their end', async () => {
  const { apiKeys, userManagement } = w.sdk;
  const organization = await newOrganization();
  const { userId } = await newMembership(organization);
  const expiresAt = new Date(Date.now() + 3_600_000);
  const make = options => userManagement.createUserApiKey(userId, { name: 'K', organizationId: organization.id, ...options });
  const made = await make({ expiresAt });
  assert.deepEqual(made.owner, { type: 'user', id: userId, organizationId: organization.id });
  assert.equal(made.expiresAt, expiresAt.toISOString());
  const others = [await make({}), await make({})];
  assert.equal(others[0].expiresAt, null);
  assert.deepEqual(await checkPages(options => userManagement.listUserApiKeys(userId, options)), [made.id, ...ids(others)]);
  assert.deepEqual(ids(await userManagement.listUserApiKeys(userId, { organizationId: (await newOrganization()).id })), []);
  await refused(userManagement.listUserApiKeys('user_nobody'), 'NotFoundException');
  await refused(userManagement.createUserApiKey('user_nobody', { name: 'K', organizationId: organization.id }), 'NotFoundException');
  await refused(make({ organizationId: 'org_nobody' }), 'NotFoundException');
  await refused(make({ name: '' }), 'UnprocessableEntityException');
  assert.ok([400, 422].includes((await make({ expiresAt: new Date(0) }).catch(e => e)).status));

  // To end a key has no method in this SDK.
  const expire = body => raw('POST', `/api_keys/${made.id}/expire`, body);
  assert.equal((await apiKeys.createValidation({ value: made.value })).apiKey.id, made.id);
  assert.equal((await expire({ expires_at: 'some day' })).status, 422);
  const { status, body } = await expire({});
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.id, made.id);
  assert.deepEqual(await apiKeys.createValidation({ value: made.value }), { apiKey: null });
  const again = await expire({});
  assert.deepEqual([again.status, again.body.code], [409, 'api_key_already_expired']);
  assert.equal((await raw('POST', '/api_keys/api_key_nobody/expire', {})).status, 404);
});
