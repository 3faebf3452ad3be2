// Roles of the environment and roles of one organization.

import assert from 'node:assert/strict';

import { isID, isTime, native, newMembership, newOrganization, newPermission, newResource, newRole, refused, slugs, test, w } from '../world.mjs';

test('environment roles', async () => {
  const { authorization } = w.sdk;
  const full = await authorization.createEnvironmentRole({ slug: 'editor_1', name: 'Editor', description: 'Edits.', resourceTypeSlug: 'project' });
  const { id, createdAt, updatedAt, ...rest } = full;
  assert.deepEqual(rest, {
    object: 'role', slug: 'editor_1', name: 'Editor', description: 'Edits.', resourceTypeSlug: 'project', type: 'EnvironmentRole', permissions: [],
  });
  assert.ok(isID('role', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.deepEqual(await authorization.getEnvironmentRole('editor_1'), full);
  await refused(authorization.createEnvironmentRole({ slug: 'editor_1', name: 'Again' }), 'ConflictException', 'role_slug_conflict');
  await refused(authorization.createEnvironmentRole({ slug: 'editor_2', name: 'E', resourceTypeSlug: 'spaceship' }), 'NotFoundException');
  for (const slug of ['Editor', 'a:b', 'a.b', 'a b', '', 'e'.repeat(49)]) {
    await refused(authorization.createEnvironmentRole({ slug, name: 'E' }), 'UnprocessableEntityException');
  }
  await refused(authorization.createEnvironmentRole({ slug: 'editor_2', name: 'n'.repeat(49) }), 'UnprocessableEntityException');
  await refused(authorization.createEnvironmentRole({ slug: 'editor_2', name: 'n', description: 'd'.repeat(151) }), 'UnprocessableEntityException');
  await refused(authorization.getEnvironmentRole('nobody'), 'NotFoundException', 'entity_not_found');

  const least = await authorization.createEnvironmentRole({ slug: 'least-1', name: 'Least' });
  assert.equal(least.description, null);
  assert.equal(least.resourceTypeSlug, 'organization');

  const renamed = await authorization.updateEnvironmentRole('editor_1', { name: 'Writer' });
  assert.deepEqual({ ...renamed, updatedAt }, { ...full, name: 'Writer' });
  assert.equal((await authorization.updateEnvironmentRole('editor_1', { description: null })).description, null);
  assert.equal((await authorization.updateEnvironmentRole('editor_1', { description: '' })).name, 'Writer', 'Terraform clears with ""');
  await refused(authorization.updateEnvironmentRole('editor_1', { name: '' }), 'UnprocessableEntityException');
  await refused(authorization.updateEnvironmentRole('nobody', { name: 'n' }), 'NotFoundException');
});

test('environment roles are listed in priority order, new ones last, from member on', async () => {
  const { authorization } = w.sdk;
  const before = await authorization.listEnvironmentRoles();
  assert.deepEqual(Object.keys(before), ['object', 'data']);
  assert.equal(before.data[0].slug, 'member', 'every environment starts with it');
  const role = await newRole('last', 'organization');
  assert.deepEqual(slugs(await authorization.listEnvironmentRoles()), [...slugs(before), role.slug]);

  const order = [role.slug, ...slugs(before)];
  await native('PUT', '/api/v1/roles/priority', { roles: order });
  assert.deepEqual(slugs(await authorization.listEnvironmentRoles()), order);
  await native('PUT', '/api/v1/roles/priority', { roles: [...slugs(before), role.slug] });
});

test('permissions of an environment role', async () => {
  const { authorization } = w.sdk;
  const [a, b, c] = [await newPermission('role:a'), await newPermission('role:b'), await newPermission('role:c')];
  const { slug } = await newRole('holder', 'organization');
  const permissions = async () => (await authorization.getEnvironmentRole(slug)).permissions.toSorted();

  assert.deepEqual((await authorization.addEnvironmentRolePermission(slug, { permissionSlug: a.slug })).permissions, [a.slug]);
  assert.deepEqual((await authorization.addEnvironmentRolePermission(slug, { permissionSlug: a.slug })).permissions, [a.slug], 'a second time changes nothing');
  assert.deepEqual((await authorization.setEnvironmentRolePermissions(slug, { permissions: [b.slug, c.slug] })).permissions.toSorted(), [b.slug, c.slug]);
  await refused(authorization.addEnvironmentRolePermission(slug, { permissionSlug: 'role:nowhere' }), 'NotFoundException');
  await refused(authorization.setEnvironmentRolePermissions(slug, { permissions: [a.slug, 'role:nowhere'] }), 'NotFoundException');
  assert.deepEqual(await permissions(), [b.slug, c.slug], 'a refused set leaves the old one');
  assert.deepEqual((await authorization.setEnvironmentRolePermissions(slug, { permissions: [] })).permissions, []);
  assert.deepEqual(await permissions(), []);
  await refused(authorization.addEnvironmentRolePermission('nobody', { permissionSlug: a.slug }), 'NotFoundException');
  await refused(authorization.setEnvironmentRolePermissions('nobody', { permissions: [] }), 'NotFoundException');

  // A role has permissions of its own type and of those below, none of those above.
  const above = await newPermission('role:above', 'workspace');
  const below = await newPermission('role:below', 'document');
  const project = await newRole('project', 'project');
  assert.deepEqual((await authorization.addEnvironmentRolePermission(project.slug, { permissionSlug: below.slug })).permissions, [below.slug]);
  await refused(authorization.addEnvironmentRolePermission(project.slug, { permissionSlug: above.slug }), 'UnprocessableEntityException');
  await refused(authorization.setEnvironmentRolePermissions(project.slug, { permissions: [above.slug] }), 'UnprocessableEntityException');
});

test('roles of an organization', async () => {
  const { authorization } = w.sdk;
  const [organization, other] = [await newOrganization(), await newOrganization()];
  const full = await authorization.createOrganizationRole(organization.id, { slug: 'org-buyer', name: 'Buyer', description: 'Buys.', resourceTypeSlug: 'project' });
  const { id, createdAt, updatedAt, ...rest } = full;
  assert.deepEqual(rest, {
    object: 'role', slug: 'org-buyer', name: 'Buyer', description: 'Buys.', resourceTypeSlug: 'project', type: 'OrganizationRole', permissions: [],
  });
  assert.ok(isID('role', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.deepEqual(await authorization.getOrganizationRole(organization.id, 'org-buyer'), full);
  await refused(authorization.getOrganizationRole(other.id, 'org-buyer'), 'NotFoundException');
  await refused(authorization.createOrganizationRole(organization.id, { slug: 'org-buyer', name: 'B' }), 'ConflictException', 'organization_role_slug_conflict');
  assert.notEqual((await authorization.createOrganizationRole(other.id, { slug: 'org-buyer', name: 'B' })).id, id, 'the same slug in another organization is another role');
  await refused(authorization.createOrganizationRole(organization.id, { name: 'B', resourceTypeSlug: 'spaceship' }), 'NotFoundException');
  await refused(authorization.createOrganizationRole('org_nobody', { name: 'B' }), 'NotFoundException');
  for (const slug of ['buyer', 'org-Buyer', 'org-a:b', `org-${'b'.repeat(45)}`]) {
    await refused(authorization.createOrganizationRole(organization.id, { slug, name: 'B' }), 'UnprocessableEntityException');
  }
  const derived = await authorization.createOrganizationRole(organization.id, { name: 'Größter Käufer, Ltd.' });
  assert.match(derived.slug, /^org-[a-z0-9_-]{1,44}$/);
  assert.notEqual((await authorization.createOrganizationRole(organization.id, { name: 'Größter Käufer, Ltd.' })).slug, derived.slug);

  const renamed = await authorization.updateOrganizationRole(organization.id, 'org-buyer', { name: 'Purchaser', description: null });
  assert.deepEqual({ ...renamed, updatedAt }, { ...full, name: 'Purchaser', description: null });
  await refused(authorization.updateOrganizationRole(organization.id, 'org-nobody', { name: 'P' }), 'NotFoundException');
  await refused(authorization.updateOrganizationRole(organization.id, 'member', { name: 'P' }), '400', 'bad_request');
  await refused(authorization.updateOrganizationRole(organization.id, 'org-buyer', { name: '' }), 'UnprocessableEntityException');

  const list = await authorization.listOrganizationRoles(organization.id);
  assert.deepEqual(Object.keys(list), ['object', 'data']);
  const environment = slugs(await authorization.listEnvironmentRoles());
  assert.deepEqual(slugs(list).slice(0, environment.length), environment, 'those of the environment, too');
  assert.equal(list.data.find(r => r.slug === 'member').type, 'EnvironmentRole');
  assert.equal(list.data.find(r => r.slug === 'org-buyer').type, 'OrganizationRole');
  assert.equal((await authorization.getOrganizationRole(organization.id, 'member')).slug, 'member');
  await refused(authorization.listOrganizationRoles('org_nobody'), 'NotFoundException');

  await authorization.deleteOrganizationRole(organization.id, 'org-buyer');
  await refused(authorization.getOrganizationRole(organization.id, 'org-buyer'), 'NotFoundException');
  await refused(authorization.deleteOrganizationRole(organization.id, 'org-buyer'), 'NotFoundException');
  await refused(authorization.deleteOrganizationRole(organization.id, 'member'), '400', 'bad_request');
  assert.equal((await authorization.getOrganizationRole(other.id, 'org-buyer')).slug, 'org-buyer');
});

test('permissions of an organization\'s role', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const [a, b] = [await newPermission('org:a'), await newPermission('org:b')];
  const { slug } = await authorization.createOrganizationRole(organization.id, { name: 'Holder' });
  assert.deepEqual((await authorization.addOrganizationRolePermission(organization.id, slug, { permissionSlug: a.slug })).permissions, [a.slug]);
  assert.deepEqual((await authorization.addOrganizationRolePermission(organization.id, slug, { permissionSlug: a.slug })).permissions, [a.slug]);
  assert.deepEqual((await authorization.setOrganizationRolePermissions(organization.id, slug, { permissions: [a.slug, b.slug] })).permissions.toSorted(), [a.slug, b.slug]);
  await authorization.removeOrganizationRolePermission(organization.id, slug, { permissionSlug: a.slug });
  assert.deepEqual((await authorization.getOrganizationRole(organization.id, slug)).permissions, [b.slug]);
  await refused(authorization.removeOrganizationRolePermission(organization.id, slug, { permissionSlug: 'org:nowhere' }), 'NotFoundException');
  await refused(authorization.addOrganizationRolePermission(organization.id, slug, { permissionSlug: 'org:nowhere' }), 'NotFoundException');
  await refused(authorization.setOrganizationRolePermissions(organization.id, slug, { permissions: [a.slug, 'org:nowhere'] }), 'NotFoundException');
  assert.deepEqual((await authorization.getOrganizationRole(organization.id, slug)).permissions, [b.slug]);
  const elsewhere = await newPermission('org:project', 'project');
  const { slug: below } = await authorization.createOrganizationRole(organization.id, { name: 'Below', resourceTypeSlug: 'document' });
  await refused(authorization.addOrganizationRolePermission(organization.id, below, { permissionSlug: elsewhere.slug }), 'UnprocessableEntityException');
  await refused(authorization.setOrganizationRolePermissions(organization.id, below, { permissions: [elsewhere.slug] }), 'UnprocessableEntityException');
  await refused(authorization.addOrganizationRolePermission(organization.id, 'member', { permissionSlug: a.slug }), '400', 'bad_request');
});

test('a role of an organization is not deleted while somebody has it', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const membership = await newMembership(organization);
  const workspace = await newResource(organization, 'workspace');
  const { slug } = await authorization.createOrganizationRole(organization.id, { name: 'Held', resourceTypeSlug: 'workspace' });
  const target = { organizationMembershipId: membership.id, roleSlug: slug, resourceId: workspace.id };
  await authorization.assignRole(target);
  await refused(authorization.deleteOrganizationRole(organization.id, slug), 'ConflictException', 'role_has_assignments');
  await authorization.removeRole(target);

  const group = await w.sdk.groups.createGroup({ organizationId: organization.id, name: 'G' });
  const given = await authorization.createGroupRoleAssignment({ groupId: group.id, roleSlug: slug, resourceId: workspace.id });
  await refused(authorization.deleteOrganizationRole(organization.id, slug), 'ConflictException', 'role_has_assignments');
  await authorization.removeGroupRoleAssignment({ groupId: group.id, roleAssignmentId: given.id });
  await authorization.deleteOrganizationRole(organization.id, slug);
});

test('an organization has its own order and default once it has a role of its own', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const own = await authorization.createOrganizationRole(organization.id, { name: 'First' });
  const added = await newRole('later', 'organization');
  const all = slugs(await authorization.listOrganizationRoles(organization.id));
  assert.ok(all.indexOf(own.slug) < all.indexOf(added.slug), 'a role of the environment that is made later comes last here');

  const order = [own.slug, ...all.filter(s => s !== own.slug)];
  await native('PUT', `/api/v1/organizations/${organization.id}/roles/priority`, { roles: order });
  assert.deepEqual(slugs(await authorization.listOrganizationRoles(organization.id)), order);
  await native('PUT', `/api/v1/organizations/${organization.id}/roles/default`, { role: own.slug });
  assert.deepEqual((await newMembership(organization)).role, { slug: own.slug });
  assert.deepEqual((await newMembership(await newOrganization())).role, { slug: 'member' });
});

test('an environment role is deleted with a replacement', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const [goes, comes] = [await newRole('goes', 'organization'), await newRole('comes', 'organization')];
  const membership = await newMembership(organization, { roleSlug: goes.slug });
  await native('DELETE', `/api/v1/roles/${goes.slug}?replacement=${comes.slug}`);
  await refused(authorization.getEnvironmentRole(goes.slug), 'NotFoundException');
  assert.deepEqual((await w.sdk.userManagement.getOrganizationMembership(membership.id)).role, { slug: comes.slug });
});
