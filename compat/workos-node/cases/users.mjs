// Users and their memberships of organizations.

import assert from 'node:assert/strict';

import { checkPages, ids, isID, isTime, native, newMembership, newOrganization, newRole, newUser, refused, test, unique, w } from '../world.mjs';

test('users', async () => {
  const { userManagement } = w.sdk;
  const [email, externalId] = [`${unique('ana')}@example.com`, unique('u/1')];
  const full = await userManagement.createUser({ email, firstName: 'Ana', lastName: 'Lopez', emailVerified: true, externalId, metadata: { k: 'v' }, password: 'is not kept' });
  const { id, createdAt, updatedAt, ...rest } = full;
  assert.ok(isID('user', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.deepEqual(
    [rest.object, rest.email, rest.emailVerified, rest.firstName, rest.lastName, rest.externalId, rest.metadata, rest.profilePictureUrl, rest.lastSignInAt],
    ['user', email, true, 'Ana', 'Lopez', externalId, { k: 'v' }, null, null],
  );
  assert.deepEqual(await userManagement.getUser(id), full);
  assert.deepEqual(await userManagement.getUserByExternalId(externalId), full);
  const least = await newUser();
  assert.deepEqual([least.emailVerified, least.firstName, least.lastName, least.externalId, least.metadata], [false, null, null, null, {}]);

  const updated = await userManagement.updateUser({ userId: id, firstName: 'Anna', metadata: { more: 'm' }, externalId: null });
  assert.deepEqual([updated.firstName, updated.lastName, updated.email, updated.externalId], ['Anna', 'Lopez', email, null]);
  assert.equal(updated.metadata.more, 'm');
  await refused(userManagement.getUserByExternalId(externalId), 'NotFoundException');

  assert.ok([400, 422].includes((await userManagement.createUser({ email: email.toUpperCase() }).catch(e => e)).status), 'an e-mail address is one user\'s');
  assert.ok([400, 422].includes((await userManagement.createUser({ email: 'no address' }).catch(e => e)).status));
  await refused(userManagement.getUser('user_nobody'), 'NotFoundException', 'entity_not_found');
  await refused(userManagement.updateUser({ userId: id, externalId: 'x'.repeat(129) }), 'UnprocessableEntityException');
  await refused(userManagement.updateUser({ userId: 'user_nobody', firstName: 'N' }), 'NotFoundException');

  await userManagement.deleteUser(id);
  await refused(userManagement.getUser(id), 'NotFoundException');
  await refused(userManagement.deleteUser(id), 'NotFoundException');
});

test('users: list', async () => {
  const { userManagement } = w.sdk;
  const organization = await newOrganization();
  const users = [];
  for (let i = 0; i < 4; i++) {
    users.push((await newMembership(organization)).userId);
  }
  const list = options => userManagement.listUsers({ organizationId: organization.id, ...options });
  assert.deepEqual(await checkPages(list), users);
  const one = await userManagement.getUser(users[2]);
  assert.deepEqual(ids(await userManagement.listUsers({ email: one.email.toUpperCase() })), [one.id]);
  assert.deepEqual(ids(await list({ email: 'nobody@example.com' })), []);
});

test('memberships', async () => {
  const { userManagement } = w.sdk;
  const organization = await newOrganization();
  const user = await newUser();
  const both = { organizationId: organization.id, userId: user.id };
  const admin = await newRole('admin', 'organization');
  const made = await userManagement.createOrganizationMembership(both);
  const { id, createdAt, updatedAt, ...rest } = made;
  assert.ok(isID('om', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.deepEqual(rest, {
    object: 'organization_membership', userId: user.id, organizationId: organization.id, organizationName: organization.name,
    status: 'active', directoryManaged: false, role: { slug: 'member' }, roles: [{ slug: 'member' }], customAttributes: {},
  });
  assert.deepEqual(await userManagement.getOrganizationMembership(id), made);
  await refused(userManagement.createOrganizationMembership(both), 'ConflictException');

  const promoted = await userManagement.updateOrganizationMembership(id, { roleSlug: admin.slug });
  assert.deepEqual([promoted.role, promoted.roles], [{ slug: admin.slug }, [{ slug: admin.slug }]]);
  assert.deepEqual((await userManagement.updateOrganizationMembership(id, { roleSlugs: ['member'] })).roles, [{ slug: 'member' }]);
  const other = await newUser();
  const withRole = await userManagement.createOrganizationMembership({ organizationId: organization.id, userId: other.id, roleSlug: admin.slug });
  assert.deepEqual(withRole.role, { slug: admin.slug });

  await refused(userManagement.createOrganizationMembership({ ...both, userId: 'user_nobody' }), 'NotFoundException');
  await refused(userManagement.createOrganizationMembership({ ...both, organizationId: 'org_nobody' }), 'NotFoundException');
  await refused(userManagement.updateOrganizationMembership('om_nobody', { roleSlug: 'member' }), 'NotFoundException');
  await refused(userManagement.getOrganizationMembership('om_nobody'), 'NotFoundException', 'entity_not_found');

  await userManagement.deleteOrganizationMembership(id);
  await refused(userManagement.getOrganizationMembership(id), 'NotFoundException');
  await refused(userManagement.deleteOrganizationMembership(id), 'NotFoundException');
  assert.notEqual((await userManagement.createOrganizationMembership(both)).id, id);
});

test('memberships: which roles', async () => {
  const { userManagement } = w.sdk;
  const organization = await newOrganization();
  const project = await newRole('only-projects', 'project');
  const admin = await newRole('admin', 'organization');
  const membership = await newMembership(organization);
  for (const [roles, code] of [
    [{ roleSlug: 'nobody' }, 'invalid_role'],
    [{ roleSlugs: ['nobody'] }, 'invalid_role'],
    [{ roleSlug: project.slug }, 'sub_resource_scoped_role_not_allowed'],
    [{ roleSlugs: ['member', admin.slug] }, 'multiple_roles_not_enabled'],
    [{ roleSlug: 'member', roleSlugs: ['member'] }, 'invalid_request_parameters'],
  ]) {
    const user = await newUser();
    await refused(userManagement.createOrganizationMembership({ organizationId: organization.id, userId: user.id, ...roles }), 'UnprocessableEntityException', code);
    await refused(userManagement.updateOrganizationMembership(membership.id, roles), 'UnprocessableEntityException', code);
  }
  assert.deepEqual(await userManagement.getOrganizationMembership(membership.id), membership, 'what is refused changes nothing');
});

test('memberships: several roles at a time, where that is switched on', async () => {
  const { authorization, userManagement } = w.sdk;
  const organization = await newOrganization();
  const [first, second] = [await newRole('first', 'organization'), await newRole('second', 'organization')];
  await native('PATCH', '/api/v1/settings', { multiple_roles: true });
  try {
    const membership = await newMembership(organization, { roleSlugs: [second.slug, first.slug] });
    assert.deepEqual(membership.roles, [{ slug: first.slug }, { slug: second.slug }], 'by priority');
    assert.deepEqual(membership.role, { slug: first.slug }, 'the first of them');
    const { data } = await authorization.listRoleAssignments({ organizationMembershipId: membership.id });
    assert.deepEqual(data.map(a => a.role.slug).sort(), [first.slug, second.slug].sort());
  } finally {
    await native('PATCH', '/api/v1/settings', { multiple_roles: false });
  }
});

test('memberships: deactivate and reactivate', async () => {
  const { userManagement } = w.sdk;
  const organization = await newOrganization();
  const admin = await newRole('admin', 'organization');
  const membership = await newMembership(organization, { roleSlug: admin.slug });
  const off = await userManagement.deactivateOrganizationMembership(membership.id);
  assert.deepEqual({ ...off, updatedAt: membership.updatedAt }, { ...membership, status: 'inactive' });
  assert.deepEqual(await userManagement.deactivateOrganizationMembership(membership.id), off, 'a second time changes nothing');
  const on = await userManagement.reactivateOrganizationMembership(membership.id);
  assert.deepEqual({ ...on, updatedAt: membership.updatedAt }, membership);
  assert.deepEqual(await userManagement.reactivateOrganizationMembership(membership.id), on);
  await refused(userManagement.deactivateOrganizationMembership('om_nobody'), 'NotFoundException');
  await refused(userManagement.reactivateOrganizationMembership('om_nobody'), 'NotFoundException');

  await userManagement.deactivateOrganizationMembership(membership.id);
  const again = await userManagement.createOrganizationMembership({ organizationId: organization.id, userId: membership.userId, roleSlug: 'member' });
  assert.deepEqual([again.id, again.status, again.role], [membership.id, 'active', { slug: 'member' }], 'to make an inactive one is to have it back');
});

test('memberships: list', async () => {
  const { userManagement } = w.sdk;
  const organization = await newOrganization();
  const all = [await newMembership(organization), await newMembership(organization), await newMembership(organization)];
  const inactive = await newMembership(organization);
  await userManagement.deactivateOrganizationMembership(inactive.id);
  const list = options => userManagement.listOrganizationMemberships({ organizationId: organization.id, ...options });
  assert.deepEqual(await checkPages(list), ids(all), 'active ones where nothing is said');
  assert.deepEqual(ids(await list({ statuses: ['inactive'] })), [inactive.id]);
  assert.deepEqual(await checkPages(options => list({ statuses: ['active', 'inactive', 'pending'], ...options })), [...ids(all), inactive.id]);
  assert.deepEqual(ids(await list({ userId: all[1].userId })), [all[1].id]);
  assert.deepEqual(ids(await userManagement.listOrganizationMemberships({ userId: all[2].userId })), [all[2].id]);
  await refused(userManagement.listOrganizationMemberships({ organizationId: 'org_nobody' }), 'NotFoundException');
  assert.deepEqual((await userManagement.listOrganizationMemberships({ userId: 'user_nobody' })).data, [], 'a user need not be known');
  await refused(userManagement.listOrganizationMemberships({}), '400', 'missing_user_id_or_organization_id');
  assert.ok([400, 422].includes((await list({ statuses: ['asleep'] }).catch(e => e)).status));
});
