// Checks and permission lists through the SDK.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { UnauthorizedError } from '@authress/sdk';

import { give, may, newClient, newRole, refused, startServer } from '../server.mjs';

let server, admin;

before(async () => {
  server = await startServer();
  admin = server.client();
});
after(() => server?.stop());

test('a check is denied before there is a record and allowed after', async () => {
  const check = () => admin.userPermissions.authorizeUser('ana', 'documents/1', 'documents:read');

  await assert.rejects(check(), error => {
    assert.ok(error instanceof UnauthorizedError, `${error} is no UnauthorizedError`);
    assert.equal(error.userId, 'ana');
    assert.equal(error.resourceUri, 'documents/1');
    assert.equal(error.permission, 'documents:read');
    return true;
  });

  await newRole(admin, 'ro_reader', 'documents:read');
  await give(admin, 'ana', 'ro_reader', 'documents/1');

  const response = await check();
  assert.equal(response.status, 200);
  assert.ok(!response.data, `body of an allowed check: ${JSON.stringify(response.data)}; want none`);
});

test('what a grant covers', async () => {
  await newRole(admin, 'ro_editor', 'documents:edit');
  await give(admin, 'ben', 'ro_editor', 'projects/1', 'archive/*', 'organizations/*/notes');

  for (const [resource, want] of [
    ['projects/1', true],
    ['/projects/1', true],
    ['projects/1/', true],
    ['projects/1/pages/7', true],
    ['projects/1/*', true],
    ['projects/10', false],
    ['projects', false],
    ['projects/*', false],
    ['archive/2024', true],
    ['archive/2024/06', true],
    ['archive', false],
    ['archive/*', true],
    ['organizations/o1/notes', true],
    ['organizations/o1/notes/1', true],
    ['organizations/o1/users', false],
    ['Projects/1', false], // resources are case-sensitive
  ]) {
    assert.equal(await may(admin, 'ben', 'documents:edit', resource), want, `ben edits ${resource}`);
  }
  for (const [permission, want] of [
    ['documents:edit', true],
    ['DOCUMENTS:Edit', true],
    ['documents:edit:title', true],
    ['documents', false],
    ['documents:*', false],
    ['documents:editor', false],
    ['*', false],
  ]) {
    assert.equal(await may(admin, 'ben', permission, 'projects/1'), want, `ben has ${permission} on projects/1`);
  }
});

test('ids and resources with characters that must be escaped', async () => {
  const user = 'google|a+b@x.io';
  await newRole(admin, 'ro_viewer', 'view');
  await give(admin, user, 'ro_viewer', '/files/a=b~c@d|e+f/ns:1');
  assert.equal(await may(admin, user, 'view', '/files/a=b~c@d|e+f/ns:1'), true);
  assert.equal(await may(admin, user, 'view', '/files/a=b~c@d|e f/ns:1').catch(e => e.status), 400, 'a space in a resource');
  assert.equal(await may(admin, 'google|a b@x.io', 'view', '/files/a=b~c@d|e+f/ns:1'), false, 'a + in a path is no space');

  const slashes = 'auth0/tenants/7 of 9';
  await give(admin, slashes, 'ro_viewer', 'files/9');
  assert.equal(await may(admin, slashes, 'view', 'files/9'), true);
});

test('a check that cannot be made is no denial', async () => {
  for (const [user, resource, permission] of [
    ['ana', 'doc*', 'documents:read'],
    ['ana', 'documents//1', 'documents:read'],
    ['ana', 'documents/a%b', 'documents:read'],
    ['ana', 'x'.repeat(513), 'documents:read'],
    ['ana', 'documents/1', 'documents:re*d'],
    ['ana', 'documents/1', 'p'.repeat(65)],
    ['u'.repeat(129), 'documents/1', 'documents:read'],
  ]) {
    const error = await refused(admin.userPermissions.authorizeUser(user, resource, permission), 400);
    assert.ok(!(error instanceof UnauthorizedError));
  }
});

test('deleting a record takes the permission at the next check', async () => {
  await newRole(admin, 'ro_short', 'short');
  const record = await give(admin, 'cleo', 'ro_short', 'rooms/1');
  assert.equal(await may(admin, 'cleo', 'short', 'rooms/1'), true);
  await admin.accessRecords.deleteRecord(record.recordId);
  assert.equal(await may(admin, 'cleo', 'short', 'rooms/1'), false);
});

test('changing a role acts on every record that names it', async () => {
  await newRole(admin, 'ro_changing', 'walk');
  await give(admin, 'dan', 'ro_changing', 'paths/1');
  assert.equal(await may(admin, 'dan', 'run', 'paths/1'), false);
  await admin.roles.updateRole('ro_changing', { name: 'c', permissions: [{ action: 'run', allow: true, grant: false, delegate: false }] });
  assert.equal(await may(admin, 'dan', 'run', 'paths/1'), true);
  assert.equal(await may(admin, 'dan', 'walk', 'paths/1'), false);
  await admin.roles.deleteRole('ro_changing');
  assert.equal(await may(admin, 'dan', 'run', 'paths/1'), false);
});

test('only allow makes a check pass', async () => {
  await admin.roles.createRole({
    roleId: 'ro_giver', name: 'giver',
    permissions: [{ action: 'give', allow: false, grant: true, delegate: false }, { action: 'hand', allow: false, grant: false, delegate: true }],
  });
  await give(admin, 'eve', 'ro_giver', 'things/1');
  assert.equal(await may(admin, 'eve', 'give', 'things/1'), false);
  assert.equal(await may(admin, 'eve', 'hand', 'things/1'), false);
});

test('the permissions of a user on a resource', async () => {
  await admin.roles.createRole({
    roleId: 'ro_list1', name: 'one',
    permissions: [{ action: 'notes:read', allow: true, grant: false, delegate: false }, { action: 'notes:share', allow: false, grant: true, delegate: false }],
  });
  await admin.roles.createRole({
    roleId: 'ro_list2', name: 'two',
    permissions: [{ action: 'notes:READ', allow: false, grant: true, delegate: true }],
  });
  await give(admin, 'fay', 'ro_list1', 'notes/1');
  await give(admin, 'fay', 'ro_list2', 'notes'); // a parent

  const { status, data } = await admin.userPermissions.getUserPermissionsForResource('fay', 'notes/1');
  assert.equal(status, 200);
  assert.equal(data.userId, 'fay');
  assert.equal(data.account.accountId, server.accountId);
  const permissions = data.permissions.map(p => ({ ...p, action: p.action.toLowerCase() })).sort((a, b) => a.action < b.action ? -1 : 1);
  assert.deepEqual(permissions, [
    { action: 'notes:read', allow: true, grant: true, delegate: true },
    { action: 'notes:share', allow: false, grant: true, delegate: false },
  ]);

  await refused(admin.userPermissions.getUserPermissionsForResource('fay', 'elsewhere/1'), 404);
});

test('without a user id the SDK asks for its own subject', async () => {
  const { clientId, sdk } = await newClient(server);
  assert.equal(await may(sdk, null, 'sing', 'stage'), false);
  await newRole(admin, 'ro_singer', 'sing');
  await give(admin, clientId, 'ro_singer', 'stage');
  assert.equal(await may(sdk, null, 'sing', 'stage'), true);
  assert.equal(await may(sdk, clientId, 'sing', 'stage'), true);
  assert.equal(await may(admin, `Authress:ServiceClients/${clientId}`, 'sing', 'stage'), true);
});

// The SDK answers "access to all" when the check of the collection passes, and
// never lists: a grant on one element must not make that check pass.
test('getUserResources takes a check of the collection for access to all', async () => {
  await newRole(admin, 'ro_collector', 'collect');
  await give(admin, 'gus', 'ro_collector', 'stamps/*');
  const { data } = await admin.userPermissions.getUserResources('gus', 'stamps/*', 10, null, 'collect');
  assert.equal(data.accessToAllSubResources, true);

  await give(admin, 'hal', 'ro_collector', 'stamps/1');
  assert.equal(await may(admin, 'hal', 'collect', 'stamps/*'), false);
  assert.equal(await may(admin, 'hal', 'collect', 'stamps'), false);
});

test('a client without rights may check itself and nobody else', async () => {
  const { sdk } = await newClient(server);
  assert.equal(await may(sdk, null, 'documents:read', 'documents/1'), false);
  await refused(sdk.userPermissions.authorizeUser('ana', 'documents/1', 'documents:read'), 403);
  await refused(sdk.userPermissions.getUserPermissionsForResource('ana', 'documents/1'), 403);
  await refused(sdk.userPermissions.authorizeUser('nobody', 'documents/1', 'documents:read'), 403);
});

test('a client with grantUserPermissionsAccess may check every user', async () => {
  const { sdk } = await newClient(server, { name: 'checker', options: { grantUserPermissionsAccess: true } });
  assert.equal(await may(sdk, 'ana', 'documents:read', 'documents/1'), true);
  assert.equal(await may(sdk, 'nobody', 'documents:read', 'documents/1'), false);
  await refused(sdk.roles.getRole('ro_reader'), 403);
});

test('a client may check the users that a record lets it', async () => {
  const { clientId, sdk } = await newClient(server);
  await newRole(admin, 'ro_checker', 'READ');
  await give(admin, clientId, 'ro_checker', 'Authress:UserPermissions/ana');
  assert.equal(await may(sdk, 'ana', 'documents:read', 'documents/1'), true);
  await refused(sdk.userPermissions.authorizeUser('ben', 'projects/1', 'documents:edit'), 403);
});
