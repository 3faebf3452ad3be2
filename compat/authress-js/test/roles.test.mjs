// Roles through the SDK, and the list that the SDK has no method for.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { newClient, refused, startServer } from '../server.mjs';

const allow = action => ({ action, allow: true, grant: false, delegate: false });

let server, admin;

before(async () => {
  server = await startServer();
  admin = server.client();
});
after(() => server?.stop());

test('create, read, update and delete a role', async () => {
  const role = { roleId: 'ro_test', name: 'T', permissions: [allow('documents:write'), { action: 'Documents:Read', allow: true, grant: true, delegate: true }, allow('a')] };

  const created = await admin.roles.createRole(role);
  assert.equal(created.status, 201);
  assert.equal(created.data.roleId, 'ro_test');
  assert.equal(created.data.name, 'T');
  assert.equal(created.data.description, '', 'a description that was not given');
  assert.deepEqual(created.data.permissions, role.permissions, 'order and text are kept');

  const got = await admin.roles.getRole('ro_test');
  assert.equal(got.status, 200);
  assert.deepEqual(got.data, created.data);

  const updated = await admin.roles.updateRole('ro_test', { ...got.data, name: 'T2', description: 'what it is for' });
  assert.equal(updated.status, 200);
  assert.equal(updated.data.name, 'T2');
  assert.equal(updated.data.description, 'what it is for');
  assert.deepEqual((await admin.roles.getRole('ro_test')).data, updated.data);

  const deleted = await admin.roles.deleteRole('ro_test');
  assert.equal(deleted.status, 204);
  await refused(admin.roles.getRole('ro_test'), 404, 'NotFound');
  await refused(admin.roles.updateRole('ro_test', role), 404, 'NotFound');
  await refused(admin.roles.deleteRole('ro_test'), 404, 'NotFound');

  const again = await admin.roles.createRole(role);
  assert.equal(again.status, 201, 'an id is free again once its role is deleted');
});

test('a role without an id gets one', async () => {
  const { data } = await admin.roles.createRole({ name: 'no id', permissions: [allow('x')] });
  assert.match(data.roleId, /^ro_/);
  assert.equal((await admin.roles.getRole(data.roleId)).data.name, 'no id');
});

test('an id that is taken is a conflict', async () => {
  await admin.roles.createRole({ roleId: 'ro_taken', name: 'first', permissions: [allow('x')] });
  await refused(admin.roles.createRole({ roleId: 'ro_taken', name: 'second', permissions: [allow('x')] }), 409, 'RoleAlreadyExists');
  assert.equal((await admin.roles.getRole('ro_taken')).data.name, 'first');
});

test('the built-in role can be read and not be changed', async () => {
  const { data } = await admin.roles.getRole('Authress:Owner');
  assert.equal(data.roleId, 'Authress:Owner');
  assert.deepEqual(data.permissions, [{ action: '*', allow: true, grant: true, delegate: true }]);
  await refused(admin.roles.updateRole('Authress:Owner', { name: 'mine', permissions: [allow('x')] }), 403);
  await refused(admin.roles.deleteRole('Authress:Owner'), 403);
  await refused(admin.roles.createRole({ roleId: 'Authress:Mine', name: 'mine', permissions: [allow('x')] }), 403);
});

test('what is no role is refused', async () => {
  for (const body of [
    { permissions: [allow('x')] },
    { name: '', permissions: [allow('x')] },
    { name: 'n'.repeat(129), permissions: [allow('x')] },
    { name: 'x' },
    { name: 'x', permissions: [allow('do*')] },
    { name: 'x', permissions: [allow('')] },
    { name: 'x', permissions: [allow('a'.repeat(65))] },
    { name: 'x', permissions: [{ action: 'x', allow: 'yes', grant: false, delegate: false }] },
    { name: 'x', permissions: Array.from({ length: 101 }, (_, i) => allow(`p${i}`)) },
    { roleId: 'ro with space', name: 'x', permissions: [allow('x')] },
    { roleId: 'r'.repeat(65), name: 'x', permissions: [allow('x')] },
    [],
    'text',
  ]) {
    await refused(admin.roles.createRole(body), 400).catch(error => {
      throw new Error(`${JSON.stringify(body).slice(0, 200)}: ${error.message}`);
    });
  }
});

test('the list of roles, by pages', async () => {
  for (const n of [1, 2, 3]) {
    await admin.roles.createRole({ roleId: `ro_page${n}`, name: `page ${n}`, permissions: [allow('x')] });
  }
  const token = await server.client().tokenProvider();
  const get = async href => {
    const response = await fetch(href, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200, `GET ${href}`);
    return response.json();
  };

  const all = await get(`${server.url}/v1/roles`);
  const ids = all.roles.map(r => r.roleId);
  for (const id of ['Authress:Owner', 'ro_page1', 'ro_page2', 'ro_page3']) {
    assert.ok(ids.includes(id), `${id} in ${ids}`);
  }
  assert.equal(all.links.self.href, `${server.url}/v1/roles`);
  assert.equal(all.links.next, undefined);
  assert.equal(all.pagination?.next, undefined);

  // Both ways of paging, the link and the cursor, reach every role once.
  const byLink = [];
  for (let href = `${server.url}/v1/roles?limit=2`; href;) {
    const page = await get(href);
    assert.ok(page.roles.length <= 2, `${page.roles.length} roles on a page of 2`);
    byLink.push(...page.roles.map(r => r.roleId));
    href = page.links.next?.href;
    const cursor = page.pagination?.next?.cursor;
    assert.equal(!!href, !!cursor, 'a next link and a next cursor come together');
    if (href) {
      assert.equal(new URL(href).searchParams.get('cursor'), cursor);
      assert.equal(new URL(href).searchParams.get('limit'), '2');
    }
  }
  assert.deepEqual(byLink.sort(), ids.sort());
});

test('a client without rights sees and changes no role', async () => {
  await admin.roles.createRole({ roleId: 'ro_secret', name: 'secret', permissions: [allow('x')] });
  const { sdk } = await newClient(server);
  await refused(sdk.roles.getRole('ro_secret'), 403, 'Forbidden');
  await refused(sdk.roles.createRole({ roleId: 'ro_new', name: 'n', permissions: [allow('x')] }), 403, 'Forbidden');
  await refused(sdk.roles.updateRole('ro_secret', { name: 'n', permissions: [allow('y')] }), 403, 'Forbidden');
  await refused(sdk.roles.deleteRole('ro_secret'), 403, 'Forbidden');
  assert.deepEqual((await admin.roles.getRole('ro_secret')).data.permissions, [allow('x')]);
});
