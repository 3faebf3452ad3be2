// The seed's page on permissions, line by line.

import assert from 'node:assert/strict';

import { checkPages, isID, isTime, newOrganization, newPermission, newRole, refused, slugs, test, unique, w } from '../world.mjs';

const page = 'The seed\'s page on permissions';

test(`${page}: create`, async () => {
  const { authorization } = w.sdk;
  const full = await authorization.createPermission({ slug: 'seed:full', name: 'Full', description: 'All fields.', resourceTypeSlug: 'project' });
  const { id, createdAt, updatedAt, ...rest } = full;
  assert.deepEqual(rest, { object: 'permission', slug: 'seed:full', name: 'Full', description: 'All fields.', resourceTypeSlug: 'project', system: false });
  assert.ok(isID('perm', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt), `${createdAt} ${updatedAt}`);
  assert.deepEqual(await authorization.getPermission('seed:full'), full);

  const least = await authorization.createPermission({ slug: 'seed:least', name: 'Least' });
  assert.equal(least.description, null);
  assert.equal(least.resourceTypeSlug, 'organization', 'the type where none is named');

  await refused(authorization.createPermission({ slug: 'seed:x', name: 'X', resourceTypeSlug: 'spaceship' }), 'NotFoundException');
});

test(`${page}: slugs are lower-case letters, digits, - _ : . *, at most 48 of them, and unique`, async () => {
  const { authorization } = w.sdk;
  for (const slug of ['a', '0', 'video-calls', 'video_calls', 'video:calls', 'video.calls', 'video:*', '*', `seed-${'x'.repeat(43)}`]) {
    assert.equal((await authorization.createPermission({ slug, name: 'n' })).slug, slug);
    assert.equal((await authorization.getPermission(slug)).slug, slug);
    await refused(authorization.createPermission({ slug, name: 'n' }), 'ConflictException', 'permission_slug_conflict');
  }
  for (const slug of ['Video', 'video calls', 'video/calls', 'vidéo', 'a+b', 'a@b', '', `seed-${'x'.repeat(44)}`]) {
    await refused(authorization.createPermission({ slug, name: 'n' }), 'UnprocessableEntityException', 'invalid_request_parameters');
  }
  for (const [name, description] of [['', 'd'], ['n'.repeat(49), 'd'], ['n', 'd'.repeat(151)]]) {
    await refused(authorization.createPermission({ slug: 'seed:label', name, description }), 'UnprocessableEntityException');
  }
  const longest = await authorization.createPermission({ slug: 'seed:label', name: 'é'.repeat(48), description: 'é'.repeat(150) });
  assert.equal(longest.name.length, 48, 'bounds are in characters');
});

test(`${page}: get`, async () => {
  const error = await refused(w.sdk.authorization.getPermission('seed:nowhere'), 'NotFoundException', 'entity_not_found');
  assert.match(error.message, /seed:nowhere/);
});

test(`${page}: list`, async () => {
  const { authorization } = w.sdk;
  await Promise.all(['seed:list:1', 'seed:list:2', 'seed:list:3'].map(slug => authorization.createPermission({ slug, name: slug })));
  await checkPages(options => authorization.listPermissions(options));
  const list = await authorization.listPermissions();
  assert.equal(list.object, 'list');
});

test(`${page}: list, of more than one page of autoPagination`, async () => {
  const { authorization } = w.sdk;
  const before = await (await authorization.listPermissions()).autoPagination();
  for (let i = 0; i < 101; i++) {
    await authorization.createPermission({ slug: `seed:many:${i}`, name: 'one of many' });
  }
  const after = await (await authorization.listPermissions()).autoPagination();
  assert.equal(after.length, before.length + 101);
  assert.equal(new Set(slugs(after)).size, after.length);
  await Promise.all(Array.from({ length: 101 }, (_, i) => authorization.deletePermission(`seed:many:${i}`)));
  assert.deepEqual(await (await authorization.listPermissions()).autoPagination(), before);
});

test(`${page}: update changes the name and the description, and nothing else`, async () => {
  const { authorization } = w.sdk;
  const made = await authorization.createPermission({ slug: 'seed:update', name: 'Before', description: 'before', resourceTypeSlug: 'project' });
  const renamed = await authorization.updatePermission('seed:update', { name: 'After' });
  assert.deepEqual({ ...renamed, updatedAt: made.updatedAt }, { ...made, name: 'After' });
  assert.ok(renamed.updatedAt >= made.updatedAt);
  const cleared = await authorization.updatePermission('seed:update', { description: null });
  assert.equal(cleared.description, null);
  assert.equal(cleared.name, 'After');
  assert.deepEqual(await authorization.getPermission('seed:update'), cleared);

  // A slug and a type are for ever: no method sends them, and who does changes nothing.
  const { updatedAt, ...rest } = await w.sdk.patch('/authorization/permissions/seed:update', { slug: 'seed:other', resource_type_slug: 'workspace' })
    .then(() => authorization.getPermission('seed:update'));
  const { updatedAt: _, ...want } = cleared;
  assert.deepEqual(rest, want);
  await refused(authorization.getPermission('seed:other'), 'NotFoundException');

  await refused(authorization.updatePermission('seed:update', { name: '' }), 'UnprocessableEntityException');
  await refused(authorization.updatePermission('seed:update', { name: 'n'.repeat(49) }), 'UnprocessableEntityException');
  await refused(authorization.updatePermission('seed:nowhere', { name: 'n' }), 'NotFoundException');
});

test(`${page}: delete takes it out of every role`, async () => {
  const { authorization } = w.sdk;
  const [goes, stays] = [await newPermission('seed:goes'), await newPermission('seed:stays')];
  const environment = await newRole('seed', 'organization', goes, stays);
  const organization = await newOrganization();
  const { slug } = await authorization.createOrganizationRole(organization.id, { name: 'Custom' });
  await authorization.setOrganizationRolePermissions(organization.id, slug, { permissions: [goes.slug, stays.slug] });

  await authorization.deletePermission(goes.slug);
  await refused(authorization.getPermission(goes.slug), 'NotFoundException');
  await refused(authorization.deletePermission(goes.slug), 'NotFoundException');
  assert.deepEqual((await authorization.getEnvironmentRole(environment.slug)).permissions, [stays.slug]);
  assert.deepEqual((await authorization.getOrganizationRole(organization.id, slug)).permissions, [stays.slug]);
  assert.ok(!slugs(await (await authorization.listPermissions()).autoPagination()).includes(goes.slug));

  // One that is made anew under the slug is another permission.
  const again = await authorization.createPermission({ slug: goes.slug, name: 'again' });
  assert.notEqual(again.id, goes.id);
  assert.deepEqual((await authorization.getEnvironmentRole(environment.slug)).permissions, [stays.slug]);
});

test(`${page}: system permissions are listed and cannot be changed or deleted`, async () => {
  const { authorization } = w.sdk;
  const system = (await (await authorization.listPermissions()).autoPagination()).filter(p => p.system);
  assert.deepEqual(slugs(system).sort(), [
    'widgets:api-keys:manage', 'widgets:audit-log-streaming:manage', 'widgets:domain-verification:manage',
    'widgets:dsync:manage', 'widgets:sso:manage', 'widgets:users-table:manage',
  ]);
  for (const permission of system) {
    await refused(authorization.updatePermission(permission.slug, { name: 'Mine' }), '403');
    await refused(authorization.deletePermission(permission.slug), '403');
    await refused(authorization.createPermission({ slug: permission.slug, name: 'Mine' }), 'ConflictException', 'permission_slug_conflict');
    assert.deepEqual(await authorization.getPermission(permission.slug), permission);
  }
  const role = await newRole('seed', 'organization', system[0]);
  assert.deepEqual(role.permissions, [system[0].slug], 'a role may have them');
});

test('a cursor that nothing has is passed over', async () => {
  const list = await w.sdk.authorization.listPermissions({ after: unique('perm'), limit: 3 });
  assert.equal(list.data.length, 3);
});
