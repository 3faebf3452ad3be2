// Who may do what, asked from both ends.

import assert from 'node:assert/strict';

import { checkPages, ids, newMembership, newOrganization, newPermission, newResource, newRole, refused, root, slugs, test, w } from '../world.mjs';

/** tree is an organization with a workspace, two projects below it and a document, and a role for each type. */
async function tree() {
  const organization = await newOrganization();
  const top = await root(organization);
  const workspace = await newResource(organization, 'workspace');
  const project = await newResource(organization, 'project', workspace);
  const sibling = await newResource(organization, 'project', workspace);
  const document = await newResource(organization, 'document', project);
  const read = await newPermission('read', 'document');
  const roles = {};
  for (const type of ['organization', 'workspace', 'project', 'document']) {
    roles[type] = (await newRole(`${type}-reader`, type, read)).slug;
  }
  return { organization, top, workspace, project, sibling, document, read: read.slug, roles };
}

const check = (membership, permissionSlug, resource) => w.sdk.authorization.check({ organizationMembershipId: membership.id, permissionSlug, resourceId: resource.id });

test('a check: inherited downward, never upward or sideways', async () => {
  const { authorization } = w.sdk;
  const t = await tree();
  const all = [t.top, t.workspace, t.project, t.sibling, t.document];
  for (const [where, want] of [
    [t.top, all],
    [t.workspace, [t.workspace, t.project, t.sibling, t.document]],
    [t.project, [t.project, t.document]],
    [t.sibling, [t.sibling]],
    [t.document, [t.document]],
  ]) {
    const membership = await newMembership(t.organization);
    await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: t.roles[where.resourceTypeSlug], resourceId: where.id });
    for (const resource of all) {
      assert.deepEqual(await check(membership, t.read, resource), { authorized: want.includes(resource) }, `role on the ${where.resourceTypeSlug}, asked about the ${resource.resourceTypeSlug}`);
      assert.deepEqual(await authorization.check({
        organizationMembershipId: membership.id, permissionSlug: t.read, resourceExternalId: resource.externalId, resourceTypeSlug: resource.resourceTypeSlug,
      }), { authorized: want.includes(resource) });
    }
  }
});

test('a check: what it answers to odd questions', async () => {
  const { authorization } = w.sdk;
  const t = await tree();
  const membership = await newMembership(t.organization);
  const om = { organizationMembershipId: membership.id };
  assert.deepEqual(await check(membership, 'nowhere:defined', t.project), { authorized: false });
  await refused(check({ id: 'om_nobody' }, t.read, t.project), 'NotFoundException');
  await refused(check(membership, t.read, { id: 'authz_resource_nowhere' }), 'NotFoundException');
  await refused(check(membership, t.read, await newResource(await newOrganization(), 'workspace')), 'NotFoundException');
  await refused(authorization.check({ ...om, permissionSlug: t.read, resourceExternalId: 'x', resourceTypeSlug: 'spaceship' }), 'NotFoundException');
  await refused(authorization.check({ ...om, permissionSlug: t.read }), 'UnprocessableEntityException');
  await refused(authorization.check({ ...om, permissionSlug: t.read, resourceExternalId: t.project.externalId }), 'UnprocessableEntityException');
  await refused(authorization.check({ ...om, permissionSlug: t.read, resourceId: t.project.id, resourceExternalId: t.project.externalId, resourceTypeSlug: 'project' }), 'UnprocessableEntityException');
  await refused(authorization.check({ ...om, permissionSlug: '', resourceId: t.project.id }), 'UnprocessableEntityException');
  // The organization by both its names.
  for (const resourceExternalId of [t.organization.id, t.top.externalId]) {
    assert.deepEqual(await authorization.check({ ...om, permissionSlug: t.read, resourceExternalId, resourceTypeSlug: 'organization' }), { authorized: false });
  }
});

test('slugs are flat: no permission covers another', async () => {
  const { authorization } = w.sdk;
  const t = await tree();
  const role = await newRole('flat', 'workspace');
  for (const slug of ['flat', 'flat:*']) {
    await authorization.createPermission({ slug, name: slug, resourceTypeSlug: 'workspace' });
  }
  await authorization.setEnvironmentRolePermissions(role.slug, { permissions: ['flat', 'flat:*'] });
  const membership = await newMembership(t.organization);
  await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: role.slug, resourceId: t.workspace.id });
  for (const [slug, authorized] of [['flat', true], ['flat:*', true], ['flat:read', false], ['fla', false], ['flat:', false]]) {
    assert.deepEqual(await check(membership, slug, t.workspace), { authorized }, slug);
  }
});

test('an inactive membership has nothing, and has it back when it is active', async () => {
  const { authorization, userManagement } = w.sdk;
  const t = await tree();
  const membership = await newMembership(t.organization);
  await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: t.roles.workspace, resourceId: t.workspace.id });
  assert.deepEqual(await check(membership, t.read, t.document), { authorized: true });
  await userManagement.deactivateOrganizationMembership(membership.id);
  assert.deepEqual(await check(membership, t.read, t.document), { authorized: false });
  const om = { organizationMembershipId: membership.id };
  assert.deepEqual((await authorization.listResourcesForMembership({ ...om, permissionSlug: t.read, parentResourceId: t.workspace.id })).data, []);
  assert.deepEqual((await authorization.listEffectivePermissions({ ...om, resourceId: t.document.id })).data, []);
  assert.deepEqual((await authorization.listMembershipsForResource({ resourceId: t.document.id, permissionSlug: t.read, assignment: 'indirect' })).data, []);
  await userManagement.reactivateOrganizationMembership(membership.id);
  assert.deepEqual(await check(membership, t.read, t.document), { authorized: true });
});

test('resources of a membership: the children that it may', async () => {
  const { authorization } = w.sdk;
  const t = await tree();
  const membership = await newMembership(t.organization);
  const om = { organizationMembershipId: membership.id, permissionSlug: t.read };
  const list = options => authorization.listResourcesForMembership({ ...om, ...options });
  await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: t.roles.project, resourceId: t.sibling.id });
  assert.deepEqual((await list({ parentResourceId: t.workspace.id })).data, [t.sibling]);
  assert.deepEqual((await list({ parentResourceTypeSlug: 'workspace', parentResourceExternalId: t.workspace.externalId })).data, [t.sibling]);
  assert.deepEqual((await list({ parentResourceId: t.top.id })).data, [], 'immediate children only');
  assert.deepEqual((await list({ permissionSlug: 'nowhere:defined', parentResourceId: t.workspace.id })).data, []);

  await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: t.roles.workspace, resourceId: t.workspace.id });
  const more = [t.project, t.sibling, await newResource(t.organization, 'project', t.workspace), await newResource(t.organization, 'project', t.workspace)];
  assert.deepEqual(await checkPages(options => list({ parentResourceId: t.workspace.id, ...options })), ids(more));
  assert.deepEqual(ids(await list({ parentResourceId: t.top.id })), [t.workspace.id]);

  await refused(list({}), 'UnprocessableEntityException');
  await refused(list({ parentResourceId: t.workspace.id, parentResourceTypeSlug: 'workspace', parentResourceExternalId: t.workspace.externalId }), 'UnprocessableEntityException');
  await refused(list({ permissionSlug: undefined, parentResourceId: t.workspace.id }), 'UnprocessableEntityException');
  await refused(list({ parentResourceId: 'authz_resource_nowhere' }), 'NotFoundException');
  await refused(list({ organizationMembershipId: 'om_nobody', parentResourceId: t.workspace.id }), 'NotFoundException');
});

test('memberships of a resource: direct, and all', async () => {
  const { authorization, groups } = w.sdk;
  const t = await tree();
  const members = {};
  for (const name of ['onProject', 'onWorkspace', 'onTop', 'byGroup', 'nothing']) {
    members[name] = await newMembership(t.organization);
  }
  const give = (m, role, resource) => authorization.assignRole({ organizationMembershipId: m.id, roleSlug: role, resourceId: resource.id });
  await give(members.onProject, t.roles.project, t.project);
  await give(members.onWorkspace, t.roles.workspace, t.workspace);
  await give(members.onTop, t.roles.organization, t.top);
  const group = await groups.createGroup({ organizationId: t.organization.id, name: 'G' });
  await groups.addOrganizationMembership({ organizationId: t.organization.id, groupId: group.id, organizationMembershipId: members.byGroup.id });
  await authorization.createGroupRoleAssignment({ groupId: group.id, roleSlug: t.roles.project, resourceId: t.project.id });

  for (const list of [
    options => authorization.listMembershipsForResource({ resourceId: t.project.id, permissionSlug: t.read, ...options }),
    options => authorization.listMembershipsForResourceByExternalId({
      organizationId: t.organization.id, resourceTypeSlug: 'project', externalId: t.project.externalId, permissionSlug: t.read, ...options,
    }),
  ]) {
    const got = async options => ids(await list(options)).toSorted();
    assert.deepEqual(await got({}), ids([members.onProject, members.byGroup]).toSorted(), 'direct where nothing is said');
    assert.deepEqual(await got({ assignment: 'direct' }), await got({}));
    assert.deepEqual(await checkPages(options => list({ assignment: 'indirect', ...options })),
      ids([members.onProject, members.onWorkspace, members.onTop, members.byGroup]));
    assert.deepEqual(await got({ permissionSlug: 'nowhere:defined', assignment: 'indirect' }), []);
    await refused(list({ permissionSlug: undefined }), 'UnprocessableEntityException');
    const shown = (await list({})).data[0];
    assert.deepEqual([shown.object, shown.organizationId, shown.status], ['organization_membership', t.organization.id, 'active']);
    for (const m of Object.values(members)) {
      assert.equal((await check(m, t.read, t.project)).authorized, (await got({ assignment: 'indirect' })).includes(m.id));
    }
  }
  await refused(authorization.listMembershipsForResource({ resourceId: 'authz_resource_nowhere', permissionSlug: t.read }), 'NotFoundException');
  await refused(authorization.listMembershipsForResourceByExternalId({ organizationId: t.organization.id, resourceTypeSlug: 'project', externalId: 'nowhere', permissionSlug: t.read }), 'NotFoundException');
});

test('effective permissions', async () => {
  const { authorization } = w.sdk;
  const t = await tree();
  const membership = await newMembership(t.organization);
  const [edit, remove] = [await newPermission('edit', 'project'), await newPermission('remove', 'project')];
  const role = await newRole('editor', 'project', edit, remove);
  const give = (roleSlug, resource) => authorization.assignRole({ organizationMembershipId: membership.id, roleSlug, resourceId: resource.id });
  await give(t.roles.workspace, t.workspace);
  await give(t.roles.project, t.project); // once more what the workspace gives
  await give(role.slug, t.project);
  const om = { organizationMembershipId: membership.id };

  for (const list of [
    options => authorization.listEffectivePermissions({ ...om, resourceId: t.project.id, ...options }),
    options => authorization.listEffectivePermissionsByExternalId({ ...om, resourceTypeSlug: 'project', externalId: t.project.externalId, ...options }),
  ]) {
    await checkPages(list);
    assert.deepEqual(slugs(await list({ order: 'asc' })), [t.read, edit.slug, remove.slug]);
    assert.deepEqual((await list({ order: 'asc' })).data[1], edit);
  }
  assert.deepEqual(slugs(await authorization.listEffectivePermissions({ ...om, resourceId: t.sibling.id })), [t.read]);
  assert.deepEqual(slugs(await authorization.listEffectivePermissions({ ...om, resourceId: t.top.id })), []);
  const { data } = await w.sdk.get(`/authorization/organization_memberships/${membership.id}/resources/${t.project.id}/permissions`);
  assert.deepEqual(slugs(data).toSorted(), [t.read, edit.slug, remove.slug].toSorted(), 'the path of the contract, which this SDK does not call');

  await refused(authorization.listEffectivePermissions({ ...om, resourceId: 'authz_resource_nowhere' }), 'NotFoundException');
  await refused(authorization.listEffectivePermissions({ organizationMembershipId: 'om_nobody', resourceId: t.project.id }), 'NotFoundException');
  await refused(authorization.listEffectivePermissionsByExternalId({ ...om, resourceTypeSlug: 'project', externalId: 'nowhere' }), 'NotFoundException');
});
