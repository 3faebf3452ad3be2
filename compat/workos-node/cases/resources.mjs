// Registered resources: what they are, where they stand, and how they go.

import assert from 'node:assert/strict';

import { checkPages, ids, isID, isTime, newMembership, newOrganization, newPermission, newResource, newRole, raw, refused, root, test, unique, w } from '../world.mjs';

test('resources: create, get, update', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const top = await root(organization);
  const full = await authorization.createResource({
    organizationId: organization.id, resourceTypeSlug: 'workspace', externalId: 'a/b c?d#e%', name: 'W', description: 'A workspace.',
  });
  const { id, createdAt, updatedAt, ...rest } = full;
  assert.deepEqual(rest, {
    object: 'authorization_resource', externalId: 'a/b c?d#e%', name: 'W', description: 'A workspace.', resourceTypeSlug: 'workspace',
    organizationId: organization.id, parentResourceId: top.id,
  });
  assert.ok(isID('authz_resource', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  const named = { organizationId: organization.id, resourceTypeSlug: 'workspace', externalId: 'a/b c?d#e%' };
  assert.deepEqual(await authorization.getResource(id), full);
  assert.deepEqual(await authorization.getResourceByExternalId(named), full);
  await refused(authorization.createResource({ ...named, name: 'W' }), 'ConflictException', 'authorization_resource_external_id_conflict');

  assert.deepEqual({ ...await authorization.updateResource({ resourceId: id, name: 'N' }), updatedAt }, { ...full, name: 'N' });
  assert.deepEqual({ ...await authorization.updateResourceByExternalId({ ...named, description: null }), updatedAt }, { ...full, name: 'N', description: null });
  await refused(authorization.updateResource({ resourceId: id, name: '' }), 'UnprocessableEntityException');
  await refused(authorization.updateResourceByExternalId({ ...named, name: 'n'.repeat(49) }), 'UnprocessableEntityException');
  await refused(authorization.getResource('authz_resource_nowhere'), 'NotFoundException', 'entity_not_found');
  await refused(authorization.getResourceByExternalId({ ...named, externalId: 'nowhere' }), 'NotFoundException');
  await refused(authorization.getResourceByExternalId({ ...named, organizationId: (await newOrganization()).id }), 'NotFoundException');
  await refused(authorization.updateResource({ resourceId: 'authz_resource_nowhere', name: 'n' }), 'NotFoundException');
  await refused(authorization.updateResourceByExternalId({ ...named, externalId: 'nowhere', name: 'n' }), 'NotFoundException');
});

test('resources: three ways to name a parent', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const top = await root(organization);
  const workspace = await newResource(organization, 'workspace');
  const make = options => authorization.createResource({ organizationId: organization.id, resourceTypeSlug: 'project', externalId: unique('p'), name: 'P', ...options });
  assert.equal((await make({ parentResourceId: workspace.id })).parentResourceId, workspace.id);
  assert.equal((await make({ parentResourceExternalId: workspace.externalId, parentResourceTypeSlug: 'workspace' })).parentResourceId, workspace.id);
  const second = await authorization.createResource({ organizationId: organization.id, resourceTypeSlug: 'workspace', externalId: unique('w'), name: 'W', parentResourceId: null });
  assert.equal(second.parentResourceId, top.id);
  assert.equal((await authorization.createResource({
    organizationId: organization.id, resourceTypeSlug: 'workspace', externalId: unique('w'), name: 'W', parentResourceId: top.id,
  })).parentResourceId, top.id);

  await refused(make({ parentResourceId: 'authz_resource_nowhere' }), 'NotFoundException');
  await refused(make({ parentResourceExternalId: 'nowhere', parentResourceTypeSlug: 'workspace' }), 'NotFoundException');
  await refused(make({ parentResourceExternalId: workspace.externalId }), 'UnprocessableEntityException');
  await refused(make({ parentResourceId: workspace.id, parentResourceExternalId: workspace.externalId, parentResourceTypeSlug: 'workspace' }), 'UnprocessableEntityException');
  await refused(make({}), 'UnprocessableEntityException'); // a project does not stand under an organization
  const elsewhere = await newResource(await newOrganization(), 'workspace');
  await refused(make({ parentResourceId: elsewhere.id }), 'NotFoundException');

  await refused(make({ resourceTypeSlug: 'spaceship' }), 'NotFoundException');
  await refused(make({ organizationId: 'org_nobody' }), 'NotFoundException');
  await refused(make({ resourceTypeSlug: 'organization' }), '400', 'bad_request');
  for (const externalId of ['', 'ü', 'x'.repeat(129)]) {
    await refused(make({ parentResourceId: workspace.id, externalId }), 'UnprocessableEntityException');
  }
});

test('the organization is a resource, that only the organization changes', async () => {
  const { authorization, organizations } = w.sdk;
  const organization = await newOrganization({ externalId: unique('acme') });
  const top = await root(organization);
  assert.equal(top.resourceTypeSlug, 'organization');
  assert.equal(top.parentResourceId, null);
  assert.equal(top.name, organization.name);
  assert.equal(top.externalId, organization.externalId);
  assert.deepEqual(await authorization.getResourceByExternalId({ organizationId: organization.id, resourceTypeSlug: 'organization', externalId: organization.externalId }), top);

  await organizations.updateOrganization({ organization: organization.id, name: 'Renamed', externalId: null });
  const after = await authorization.getResource(top.id);
  assert.equal(after.name, 'Renamed');
  assert.equal(after.externalId, organization.id, 'the id stands for an external id that is not there');

  const named = { organizationId: organization.id, resourceTypeSlug: 'organization', externalId: organization.id };
  await refused(authorization.updateResource({ resourceId: top.id, name: 'n' }), '400', 'bad_request');
  await refused(authorization.updateResourceByExternalId({ ...named, name: 'n' }), '400', 'bad_request');
  await refused(authorization.deleteResource({ resourceId: top.id, cascadeDelete: true }), '400', 'bad_request');
  await refused(authorization.deleteResourceByExternalId({ ...named, cascadeDelete: true }), '400', 'bad_request');

  await organizations.deleteOrganization(organization.id);
  await refused(authorization.getResource(top.id), 'NotFoundException');
});

test('resources: list', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const [one, two] = [await newResource(organization, 'workspace'), await newResource(organization, 'workspace')];
  const projects = [];
  for (let i = 0; i < 5; i++) {
    projects.push(await newResource(organization, 'project', i < 4 ? one : two));
  }
  const list = options => authorization.listResources({ organizationId: organization.id, ...options });
  const all = await checkPages(list);
  assert.deepEqual(all, [(await root(organization)).id, one.id, two.id, ...ids(projects)]);
  await checkPages(options => list({ resourceTypeSlug: 'project', parentResourceId: one.id, ...options }));

  const got = async options => ids(await list({ order: 'asc', ...options }));
  assert.deepEqual(await got({ resourceTypeSlug: 'project' }), ids(projects));
  assert.deepEqual(await got({ resourceTypeSlug: 'project', parentResourceId: two.id }), [projects[4].id]);
  assert.deepEqual(await got({ parentResourceTypeSlug: 'workspace', parentExternalId: two.externalId }), [projects[4].id]);
  const { body } = await raw('GET', `/authorization/resources?organization_id=${organization.id}&resource_external_id=${projects[1].externalId}`);
  assert.deepEqual(ids(body), [projects[1].id]);

  await refused(authorization.listResources(), '400', 'missing_organization_id_or_resource_type_slug');
  await refused(list({ parentResourceTypeSlug: 'workspace' }), 'UnprocessableEntityException');
  await refused(list({ parentResourceId: one.id, parentResourceTypeSlug: 'workspace', parentExternalId: one.externalId }), 'UnprocessableEntityException');
});

test('resources: a new parent counts at once', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const [here, there] = [await newResource(organization, 'workspace'), await newResource(organization, 'workspace')];
  const project = await newResource(organization, 'project', here);
  const document = await newResource(organization, 'document', project);
  const permission = await newPermission('move', 'document');
  const role = await newRole('mover', 'workspace', permission);
  const membership = await newMembership(organization);
  await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: role.slug, resourceId: there.id });
  const may = async () => (await authorization.check({ organizationMembershipId: membership.id, permissionSlug: permission.slug, resourceId: document.id })).authorized;
  const move = (id, body) => raw('PATCH', `/authorization/resources/${id}`, body);

  assert.equal(await may(), false);
  const { status, body } = await move(project.id, { parent_resource_id: there.id });
  assert.equal(status, 200);
  assert.equal(body.parent_resource_id, there.id);
  assert.equal(await may(), true);
  const back = await raw('PATCH', `/authorization/organizations/${organization.id}/resources/project/${project.externalId}`,
    { parent_resource_external_id: here.externalId, parent_resource_type_slug: 'workspace' });
  assert.equal(back.body.parent_resource_id, here.id);
  assert.equal(await may(), false);

  assert.equal((await move(project.id, { parent_resource_id: project.id })).status, 422);
  assert.equal((await move(project.id, { parent_resource_id: document.id })).status, 422);
  assert.equal((await move(project.id, { parent_resource_id: (await root(organization)).id })).status, 422);
  assert.equal((await move(project.id, { parent_resource_id: (await newResource(await newOrganization(), 'workspace')).id })).status, 404);
  assert.equal((await move(project.id, { parent_resource_id: here.id, parent_resource_external_id: here.externalId, parent_resource_type_slug: 'workspace' })).status, 422);
  assert.equal((await authorization.getResource(project.id)).parentResourceId, here.id);
});

test('resources: delete, with all below only if asked', async () => {
  const { authorization } = w.sdk;
  const organization = await newOrganization();
  const workspace = await newResource(organization, 'workspace');
  const project = await newResource(organization, 'project', workspace);
  const document = await newResource(organization, 'document', project);
  const role = await newRole('deleted', 'document');
  const membership = await newMembership(organization);
  await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: role.slug, resourceId: document.id });

  const named = r => ({ organizationId: organization.id, resourceTypeSlug: r.resourceTypeSlug, externalId: r.externalId });
  await refused(authorization.deleteResource({ resourceId: workspace.id }), 'ConflictException', 'resource_has_dependents');
  await refused(authorization.deleteResourceByExternalId({ ...named(project), cascadeDelete: false }), 'ConflictException', 'resource_has_dependents');
  await refused(authorization.deleteResource({ resourceId: document.id }), 'ConflictException', 'resource_has_dependents'); // it has an assignment
  await authorization.deleteResource({ resourceId: workspace.id, cascadeDelete: true });
  for (const r of [workspace, project, document]) {
    await refused(authorization.getResource(r.id), 'NotFoundException');
  }
  const left = await authorization.listRoleAssignments({ organizationMembershipId: membership.id });
  assert.deepEqual(left.data.map(a => a.role.slug), ['member']);

  const again = await newResource(organization, 'workspace');
  await authorization.deleteResourceByExternalId(named(again));
  await refused(authorization.deleteResourceByExternalId(named(again)), 'NotFoundException');
  await refused(authorization.deleteResource({ resourceId: again.id }), 'NotFoundException');
});
