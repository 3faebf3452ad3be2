// Roles given to memberships and to groups.

import assert from 'node:assert/strict';

import { checkPages, ids, isID, isTime, newMembership, newOrganization, newPermission, newResource, newRole, raw, refused, root, test, w } from '../world.mjs';

test('role assignments of a membership', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const top = await root(organization);
  const membership = await newMembership(organization);
  const workspace = await newResource(organization, 'workspace');
  const project = await newResource(organization, 'project', workspace);
  const [reader, writer] = [await newRole('reader', 'workspace'), await newRole('writer', 'project')];
  const om = { organizationMembershipId: membership.id };

  const given = await authorization.assignRole({ ...om, roleSlug: reader.slug, resourceId: workspace.id });
  const { id, createdAt, updatedAt, ...rest } = given;
  assert.deepEqual(rest, {
    object: 'role_assignment', organizationMembershipId: membership.id, role: { slug: reader.slug },
    resource: { id: workspace.id, externalId: workspace.externalId, resourceTypeSlug: 'workspace' },
    source: { type: 'direct', groupRoleAssignmentId: null },
  });
  assert.ok(isID('role_assignment', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.deepEqual(await authorization.assignRole({ ...om, roleSlug: reader.slug, resourceId: workspace.id }), given, 'a second time is the first');
  const named = await authorization.assignRole({ ...om, roleSlug: writer.slug, resourceExternalId: project.externalId, resourceTypeSlug: 'project' });
  assert.equal(named.resource.id, project.id);

  const list = options => authorization.listRoleAssignments({ ...om, ...options });
  const all = await checkPages(list);
  assert.deepEqual(all.slice(-2), [given.id, named.id]);
  const member = (await list({ order: 'asc' })).data[0];
  assert.deepEqual([member.role.slug, member.resource.id, member.resource.resourceTypeSlug], ['member', top.id, 'organization'], 'the roles of the membership, too');
  assert.deepEqual(ids(await list({ resourceId: project.id })), [named.id]);
  assert.deepEqual(ids(await list({ resourceExternalId: workspace.externalId, resourceTypeSlug: 'workspace' })), [given.id]);
  assert.deepEqual(ids(await list({ resourceTypeSlug: 'project' })), [named.id]);

  for (const call of [
    options => authorization.listRoleAssignmentsForResource({ resourceId: project.id, ...options }),
    options => authorization.listResourceRoleAssignments({ organizationId: organization.id, resourceTypeSlug: 'project', externalId: project.externalId, ...options }),
  ]) {
    assert.deepEqual((await call({})).data, [named], 'what is on the parent is not here');
    assert.deepEqual((await call({ roleSlug: writer.slug })).data, [named]);
    assert.deepEqual((await call({ roleSlug: reader.slug })).data, []);
  }
  await refused(authorization.listRoleAssignmentsForResource({ resourceId: 'authz_resource_nowhere' }), 'NotFoundException');
  await refused(authorization.listResourceRoleAssignments({ organizationId: organization.id, resourceTypeSlug: 'project', externalId: 'nowhere' }), 'NotFoundException');

  const stranger = { organizationMembershipId: 'om_nobody' };
  const elsewhere = await newResource(await newOrganization(), 'workspace');
  await refused(authorization.assignRole({ ...stranger, roleSlug: reader.slug, resourceId: workspace.id }), 'NotFoundException');
  await refused(authorization.assignRole({ ...om, roleSlug: 'nobody', resourceId: workspace.id }), 'NotFoundException');
  await refused(authorization.assignRole({ ...om, roleSlug: reader.slug, resourceId: elsewhere.id }), 'NotFoundException');
  await refused(authorization.assignRole({ ...om, roleSlug: reader.slug, resourceId: project.id }), 'UnprocessableEntityException'); // a role for workspaces
  await refused(authorization.assignRole({ ...om, roleSlug: reader.slug }), 'UnprocessableEntityException');
  await refused(authorization.assignRole({ ...om, roleSlug: reader.slug, resourceExternalId: workspace.externalId }), 'UnprocessableEntityException');
  await refused(authorization.assignRole({ ...om, roleSlug: reader.slug, resourceId: workspace.id, resourceExternalId: workspace.externalId, resourceTypeSlug: 'workspace' }), 'UnprocessableEntityException');
  await refused(authorization.listRoleAssignments(stranger), 'NotFoundException');

  await authorization.removeRole({ ...om, roleSlug: reader.slug, resourceId: workspace.id });
  await refused(authorization.removeRole({ ...om, roleSlug: reader.slug, resourceId: workspace.id }), 'NotFoundException');
  await refused(authorization.removeRole({ ...om, roleSlug: writer.slug }), 'UnprocessableEntityException');
  await authorization.removeRoleAssignment({ ...om, roleAssignmentId: named.id });
  await refused(authorization.removeRoleAssignment({ ...om, roleAssignmentId: named.id }), 'NotFoundException');
  const last = await authorization.assignRole({ ...om, roleSlug: writer.slug, resourceId: project.id });
  assert.notEqual(last.id, named.id);
  await authorization.removeRole({ ...om, roleSlug: writer.slug, resourceExternalId: project.externalId, resourceTypeSlug: 'project' });
  assert.deepEqual(ids(await list({})), [all[0]]);
});

test('a role on the organization is a role of the membership', async () => {
  const { authorization, userManagement } = w.sdk;
  const organization = await newOrganization();
  const top = await root(organization);
  const membership = await newMembership(organization);
  const admin = await newRole('admin', 'organization');
  const om = { organizationMembershipId: membership.id };
  const role = async () => (await userManagement.getOrganizationMembership(membership.id)).role.slug;

  const given = await authorization.assignRole({ ...om, roleSlug: admin.slug, resourceId: top.id });
  assert.equal(await role(), admin.slug, 'it replaces the one that was, as there is one at a time');
  assert.deepEqual(ids(await authorization.listRoleAssignments(om)), [given.id]);
  await authorization.removeRoleAssignment({ ...om, roleAssignmentId: given.id });
  assert.equal(await role(), 'member', 'there is always one: the default comes back');
});

test('role assignments of a group', async () => {
  const { authorization, groups } = w.sdk;
  const organization = await newOrganization();
  const top = await root(organization);
  const membership = await newMembership(organization);
  const workspace = await newResource(organization, 'workspace');
  const project = await newResource(organization, 'project', workspace);
  const [reader, writer, staff] = [await newRole('reader', 'workspace'), await newRole('writer', 'project'), await newRole('staff', 'organization')];
  const group = await groups.createGroup({ organizationId: organization.id, name: 'G' });
  const gr = { groupId: group.id };

  const given = await authorization.createGroupRoleAssignment({ ...gr, roleSlug: reader.slug, resourceId: workspace.id });
  const { id, createdAt, updatedAt, ...rest } = given;
  assert.deepEqual(rest, {
    object: 'group_role_assignment', groupId: group.id, role: { slug: reader.slug },
    resource: { id: workspace.id, externalId: workspace.externalId, resourceTypeSlug: 'workspace' },
  });
  assert.ok(isID('gra', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  await refused(authorization.createGroupRoleAssignment({ ...gr, roleSlug: reader.slug, resourceId: workspace.id }), 'ConflictException', 'duplicate_group_role_assignment');
  const named = await authorization.createGroupRoleAssignment({ ...gr, roleSlug: writer.slug, resourceExternalId: project.externalId, resourceTypeSlug: 'project' });
  assert.equal(named.resource.id, project.id);
  const whole = await authorization.createGroupRoleAssignment({ ...gr, roleSlug: staff.slug });
  assert.equal(whole.resource.id, top.id, 'the organization where nothing is named');
  assert.deepEqual(await authorization.getGroupRoleAssignment({ ...gr, roleAssignmentId: id }), given);
  assert.deepEqual(await checkPages(options => authorization.listGroupRoleAssignments({ ...gr, ...options })), [id, named.id, whole.id]);

  // What a member has from it.
  const om = { organizationMembershipId: membership.id };
  const fromGroup = async () => (await authorization.listRoleAssignments({ ...om, order: 'asc' })).data.filter(a => a.source.type === 'group');
  assert.deepEqual(await fromGroup(), []);
  await groups.addOrganizationMembership({ organizationId: organization.id, groupId: group.id, organizationMembershipId: membership.id });
  const mine = await fromGroup();
  assert.deepEqual(mine.map(a => a.source.groupRoleAssignmentId).sort(), [id, named.id, whole.id].sort());
  const onWorkspace = mine.find(a => a.resource.id === workspace.id);
  assert.deepEqual((await authorization.listRoleAssignmentsForResource({ resourceId: workspace.id })).data, [onWorkspace]);
  await refused(authorization.removeRoleAssignment({ ...om, roleAssignmentId: onWorkspace.id }), '403');

  await refused(authorization.createGroupRoleAssignment({ groupId: 'group_nobody', roleSlug: reader.slug }), 'NotFoundException');
  await refused(authorization.createGroupRoleAssignment({ ...gr, roleSlug: 'nobody' }), 'NotFoundException');
  await refused(authorization.createGroupRoleAssignment({ ...gr, roleSlug: reader.slug, resourceId: 'authz_resource_nowhere' }), 'NotFoundException');
  await refused(authorization.createGroupRoleAssignment({ ...gr, roleSlug: reader.slug, resourceId: project.id }), 'UnprocessableEntityException');
  await refused(authorization.createGroupRoleAssignment({ ...gr, roleSlug: reader.slug, resourceExternalId: workspace.externalId }), 'UnprocessableEntityException');
  await refused(authorization.getGroupRoleAssignment({ ...gr, roleAssignmentId: 'gra_nowhere' }), 'NotFoundException');
  await refused(authorization.listGroupRoleAssignments({ groupId: 'group_nobody' }), 'NotFoundException');

  // Replace: the resulting set, what stays being the same.
  const replaced = await authorization.replaceGroupRoleAssignments({ ...gr, roleAssignments: [
    { roleSlug: reader.slug, resourceId: workspace.id }, { roleSlug: staff.slug },
  ] });
  assert.deepEqual(ids(replaced).sort(), [id, whole.id].sort());
  await refused(authorization.replaceGroupRoleAssignments({ ...gr, roleAssignments: [{ roleSlug: writer.slug, resourceId: workspace.id }] }), 'UnprocessableEntityException');
  await refused(authorization.replaceGroupRoleAssignments({ ...gr, roleAssignments: [{ roleSlug: 'nobody' }] }), 'NotFoundException');
  await refused(authorization.replaceGroupRoleAssignments({ ...gr, roleAssignments: Array(101).fill({ roleSlug: staff.slug }) }), 'UnprocessableEntityException');
  assert.equal((await fromGroup()).length, 2, 'a refused replacement changes nothing');

  await authorization.removeGroupRoleAssignments({ ...gr, roleSlug: staff.slug });
  await refused(authorization.removeGroupRoleAssignments({ ...gr, roleSlug: staff.slug }), 'NotFoundException');
  await refused(authorization.removeGroupRoleAssignments({ ...gr, roleSlug: reader.slug, resourceExternalId: workspace.externalId }), 'UnprocessableEntityException');
  await authorization.removeGroupRoleAssignment({ ...gr, roleAssignmentId: id });
  await refused(authorization.removeGroupRoleAssignment({ ...gr, roleAssignmentId: id }), 'NotFoundException');
  assert.deepEqual(await fromGroup(), []);
  assert.deepEqual((await authorization.replaceGroupRoleAssignments({ ...gr, roleAssignments: [{ roleSlug: staff.slug }] })).data.length, 1);
  assert.deepEqual((await authorization.replaceGroupRoleAssignments({ ...gr, roleAssignments: [] })).data, []);
});

test('groups and their members', async () => {
  const { groups, userManagement } = w.sdk;
  const organization = await newOrganization();
  const org = { organizationId: organization.id };
  const full = await groups.createGroup({ ...org, name: 'Buyers', description: 'They buy.' });
  const { id, createdAt, updatedAt, ...rest } = full;
  assert.deepEqual(rest, { object: 'group', organizationId: organization.id, name: 'Buyers', description: 'They buy.' });
  assert.ok(isID('group', id), id);
  assert.ok(createdAt instanceof Date && updatedAt instanceof Date, 'this module of the SDK makes dates of times');
  assert.deepEqual(await groups.getGroup({ ...org, groupId: id }), full);
  const others = [await groups.createGroup({ ...org, name: 'Buyers' }), await groups.createGroup({ ...org, name: 'n'.repeat(256) })];
  assert.equal(others[0].description, null);
  assert.deepEqual(await checkPages(options => groups.listGroups({ ...org, ...options })), [id, ...ids(others)]);
  await refused(groups.createGroup({ ...org, name: '' }), 'UnprocessableEntityException');
  await refused(groups.createGroup({ ...org, name: 'n'.repeat(257) }), 'UnprocessableEntityException');
  await refused(groups.createGroup({ ...org, name: 'n', description: 'd'.repeat(151) }), 'UnprocessableEntityException');
  await refused(groups.createGroup({ organizationId: 'org_nobody', name: 'n' }), 'NotFoundException');
  await refused(groups.listGroups({ organizationId: 'org_nobody' }), 'NotFoundException');
  await refused(groups.getGroup({ ...org, groupId: 'group_nobody' }), 'NotFoundException');
  await refused(groups.getGroup({ organizationId: (await newOrganization()).id, groupId: id }), 'NotFoundException');

  // This SDK clears a description that it is not given.
  assert.deepEqual({ ...await groups.updateGroup({ ...org, groupId: id, name: 'Sellers' }), updatedAt }, { ...full, name: 'Sellers', description: null });
  const { body } = await raw('PATCH', `/organizations/${organization.id}/groups/${id}`, { description: 'They sell.' });
  assert.deepEqual([body.name, body.description], ['Sellers', 'They sell.']);
  await refused(groups.updateGroup({ ...org, groupId: id, name: '' }), 'UnprocessableEntityException');
  await refused(groups.updateGroup({ ...org, groupId: 'group_nobody', name: 'n' }), 'NotFoundException');

  const members = [await newMembership(organization), await newMembership(organization), await newMembership(organization)];
  const gr = { ...org, groupId: id };
  for (const m of members) {
    const group = await groups.addOrganizationMembership({ ...gr, organizationMembershipId: m.id });
    assert.equal(group.id, id, 'it answers the group');
  }
  await groups.addOrganizationMembership({ ...gr, organizationMembershipId: members[0].id }); // a second time changes nothing
  const listed = await checkPages(options => groups.listOrganizationMemberships({ ...gr, ...options }));
  assert.deepEqual(listed.toSorted(), ids(members).toSorted());
  const shown = (await groups.listOrganizationMemberships(gr)).data.find(m => m.id === members[0].id);
  assert.deepEqual([shown.userId, shown.organizationId, shown.status, shown.directoryManaged], [members[0].userId, organization.id, 'active', false]);
  await refused(groups.addOrganizationMembership({ ...gr, organizationMembershipId: 'om_nobody' }), 'NotFoundException');
  await refused(groups.addOrganizationMembership({ ...gr, organizationMembershipId: (await newMembership(await newOrganization())).id }), 'NotFoundException');
  await refused(groups.addOrganizationMembership({ ...gr, groupId: 'group_nobody', organizationMembershipId: members[0].id }), 'NotFoundException');
  await refused(groups.listOrganizationMemberships({ ...gr, groupId: 'group_nobody' }), 'NotFoundException');

  for (const other of others) {
    await groups.addOrganizationMembership({ ...org, groupId: other.id, organizationMembershipId: members[0].id });
  }
  const of = options => userManagement.listGroupsForOrganizationMembership({ organizationMembershipId: members[0].id, ...options });
  assert.deepEqual((await checkPages(of)).toSorted(), [id, ...ids(others)].toSorted());
  await refused(userManagement.listGroupsForOrganizationMembership({ organizationMembershipId: 'om_nobody' }), 'NotFoundException');

  await groups.removeOrganizationMembership({ ...gr, organizationMembershipId: members[0].id });
  await refused(groups.removeOrganizationMembership({ ...gr, organizationMembershipId: members[0].id }), 'NotFoundException');
  assert.deepEqual(ids(await groups.listOrganizationMemberships(gr)).toSorted(), ids(members.slice(1)).toSorted());
  await groups.deleteGroup(gr);
  await refused(groups.deleteGroup(gr), 'NotFoundException');
  await refused(groups.getGroup(gr), 'NotFoundException');
});

test('deleting a group, or a membership, takes what came by it', async () => {
  const { authorization, groups, userManagement } = w.sdk;
  const organization = await newOrganization();
  const workspace = await newResource(organization, 'workspace');
  const permission = await newPermission('by-group', 'workspace');
  const role = await newRole('by-group', 'workspace', permission);
  const membership = await newMembership(organization);
  const group = await groups.createGroup({ organizationId: organization.id, name: 'G' });
  const gr = { organizationId: organization.id, groupId: group.id };
  await authorization.createGroupRoleAssignment({ groupId: group.id, roleSlug: role.slug, resourceId: workspace.id });
  const may = async () => (await authorization.check({ organizationMembershipId: membership.id, permissionSlug: permission.slug, resourceId: workspace.id })).authorized;
  assert.equal(await may(), false);
  await groups.addOrganizationMembership({ ...gr, organizationMembershipId: membership.id });
  assert.equal(await may(), true);
  await groups.deleteGroup(gr);
  assert.equal(await may(), false);
  await userManagement.deleteOrganizationMembership(membership.id);
  await refused(may(), 'NotFoundException');
});
