// One request for every operation of the contract that would succeed, so that
// it can be refused for one reason at a time.

import { newMembership, newOrganization, newPermission, newResource, newRole, unique, w } from './world.mjs';

/**
 * newSamples makes one thing of each kind and returns a map from an operation's
 * name to {params, query, body}: what stands for the path's parameters, in their
 * order, and what is sent. Nothing of it is what the operation needs to succeed
 * twice: it is there to be refused.
 */
export async function newSamples() {
  const { apiKeys, authorization, auditLogs, groups, organizationDomains, organizations, userManagement, webhooks } = w.sdk;
  const externalId = unique('sample');
  const organization = await newOrganization({ externalId });
  const user = await userManagement.createUser({ email: `${externalId}@example.com`, externalId });
  const membership = await userManagement.createOrganizationMembership({ organizationId: organization.id, userId: user.id });
  const workspace = await newResource(organization, 'workspace');
  const [permission, role] = [await newPermission('sample', 'workspace'), await newRole('sample', 'workspace')];
  await authorization.addEnvironmentRolePermission(role.slug, { permissionSlug: permission.slug });
  const own = await authorization.createOrganizationRole(organization.id, { name: 'Sample', resourceTypeSlug: 'workspace' });
  await authorization.addOrganizationRolePermission(organization.id, own.slug, { permissionSlug: permission.slug });
  const group = await groups.createGroup({ organizationId: organization.id, name: 'Sample' });
  await groups.addOrganizationMembership({ organizationId: organization.id, groupId: group.id, organizationMembershipId: membership.id });
  const target = { role_slug: role.slug, resource_id: workspace.id };
  const assignment = await authorization.assignRole({ organizationMembershipId: membership.id, roleSlug: role.slug, resourceId: workspace.id });
  const given = await authorization.createGroupRoleAssignment({ groupId: group.id, roleSlug: role.slug, resourceId: workspace.id });
  const domain = await organizationDomains.createOrganizationDomain({ organizationId: organization.id, domain: `${externalId}.example` });
  const key = await apiKeys.createOrganizationApiKey({ organizationId: organization.id, name: 'Sample' });
  const endpoint = await webhooks.createWebhookEndpoint({ endpointUrl: `http://127.0.0.1:9/${externalId}`, events: ['role.created'] });
  const action = unique('sample.action');
  const schema = { targets: [{ type: 'document' }] };
  await auditLogs.createSchema({ action, ...schema });
  const range = { range_start: new Date(Date.now() - 60_000).toISOString(), range_end: new Date(Date.now() + 60_000).toISOString() };
  const exported = await auditLogs.createExport({ organizationId: organization.id, rangeStart: new Date(range.range_start), rangeEnd: new Date(range.range_end) });
  const stranger = await newMembership(await newOrganization());
  await organizations.getOrganization(organization.id);

  const named = [organization.id, 'workspace', workspace.externalId];
  const may = { query: { permission_slug: permission.slug } };
  const groupAt = [organization.id, group.id];
  return {
    'POST /api_keys/validations': { body: { value: key.value } },
    'DELETE /api_keys/{id}': { params: [key.id] },
    'POST /api_keys/{id}/expire': { params: [key.id], body: {} },
    'GET /audit_logs/actions': {},
    'POST /audit_logs/actions/{actionName}/schemas': { params: [action], body: schema },
    'GET /audit_logs/actions/{actionName}/schemas': { params: [action] },
    'POST /audit_logs/events': {
      body: {
        organization_id: organization.id,
        event: { action, occurred_at: range.range_start, actor: { id: 'a', type: 'user' }, targets: [{ id: 't', type: 'document' }], context: { location: '203.0.113.7' } },
      },
    },
    'POST /audit_logs/exports': { body: { organization_id: organization.id, ...range } },
    'GET /audit_logs/exports/{auditLogExportId}': { params: [exported.id] },
    'GET /authorization/groups/{group_id}/role_assignments': { params: [group.id] },
    'POST /authorization/groups/{group_id}/role_assignments': { params: [group.id], body: { role_slug: own.slug, resource_id: workspace.id } },
    'PUT /authorization/groups/{group_id}/role_assignments': { params: [group.id], body: { role_assignments: [target] } },
    'DELETE /authorization/groups/{group_id}/role_assignments': { params: [group.id], body: target },
    'GET /authorization/groups/{group_id}/role_assignments/{role_assignment_id}': { params: [group.id, given.id] },
    'DELETE /authorization/groups/{group_id}/role_assignments/{role_assignment_id}': { params: [group.id, given.id] },
    'POST /authorization/organization_memberships/{organization_membership_id}/check': { params: [membership.id], body: { permission_slug: permission.slug, resource_id: workspace.id } },
    'GET /authorization/organization_memberships/{organization_membership_id}/resources': {
      params: [membership.id], query: { permission_slug: permission.slug, parent_resource_id: workspace.id },
    },
    'GET /authorization/organization_memberships/{organization_membership_id}/resources/{resource_id}/permissions': { params: [membership.id, workspace.id] },
    'GET /authorization/organization_memberships/{organization_membership_id}/resources/{resource_type_slug}/{external_id}/permissions': { params: [membership.id, 'workspace', workspace.externalId] },
    'GET /authorization/organization_memberships/{organization_membership_id}/role_assignments': { params: [membership.id] },
    'POST /authorization/organization_memberships/{organization_membership_id}/role_assignments': { params: [membership.id], body: target },
    'DELETE /authorization/organization_memberships/{organization_membership_id}/role_assignments': { params: [membership.id], body: target },
    'DELETE /authorization/organization_memberships/{organization_membership_id}/role_assignments/{role_assignment_id}': { params: [membership.id, assignment.id] },
    'POST /authorization/organizations/{organizationId}/roles': { params: [organization.id], body: { name: 'New' } },
    'GET /authorization/organizations/{organizationId}/roles': { params: [organization.id] },
    'GET /authorization/organizations/{organizationId}/roles/{slug}': { params: [organization.id, own.slug] },
    'PATCH /authorization/organizations/{organizationId}/roles/{slug}': { params: [organization.id, own.slug], body: { name: 'New' } },
    'DELETE /authorization/organizations/{organizationId}/roles/{slug}': { params: [organization.id, own.slug] },
    'PUT /authorization/organizations/{organizationId}/roles/{slug}/permissions': { params: [organization.id, own.slug], body: { permissions: [permission.slug] } },
    'POST /authorization/organizations/{organizationId}/roles/{slug}/permissions': { params: [organization.id, own.slug], body: { slug: permission.slug } },
    'DELETE /authorization/organizations/{organizationId}/roles/{slug}/permissions/{permissionSlug}': { params: [organization.id, own.slug, permission.slug] },
    'GET /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}': { params: named },
    'PATCH /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}': { params: named, body: { name: 'New' } },
    'DELETE /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}': { params: named },
    'GET /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}/organization_memberships': { params: named, ...may },
    'GET /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}/role_assignments': { params: named },
    'GET /authorization/permissions': {},
    'POST /authorization/permissions': { body: { slug: unique('sample'), name: 'New' } },
    'GET /authorization/permissions/{slug}': { params: [permission.slug] },
    'PATCH /authorization/permissions/{slug}': { params: [permission.slug], body: { name: 'New' } },
    'DELETE /authorization/permissions/{slug}': { params: [permission.slug] },
    'GET /authorization/resources': { query: { organization_id: organization.id } },
    'POST /authorization/resources': { body: { organization_id: organization.id, resource_type_slug: 'workspace', external_id: unique('sample'), name: 'New' } },
    'GET /authorization/resources/{resource_id}': { params: [workspace.id] },
    'PATCH /authorization/resources/{resource_id}': { params: [workspace.id], body: { name: 'New' } },
    'DELETE /authorization/resources/{resource_id}': { params: [workspace.id] },
    'GET /authorization/resources/{resource_id}/organization_memberships': { params: [workspace.id], ...may },
    'GET /authorization/resources/{resource_id}/organization_memberships/{organization_membership_id}/permissions': { params: [workspace.id, membership.id] },
    'GET /authorization/resources/{resource_id}/role_assignments': { params: [workspace.id] },
    'POST /authorization/roles': { body: { slug: unique('sample'), name: 'New' } },
    'GET /authorization/roles': {},
    'GET /authorization/roles/{slug}': { params: [role.slug] },
    'PATCH /authorization/roles/{slug}': { params: [role.slug], body: { name: 'New' } },
    'PUT /authorization/roles/{slug}/permissions': { params: [role.slug], body: { permissions: [permission.slug] } },
    'POST /authorization/roles/{slug}/permissions': { params: [role.slug], body: { slug: permission.slug } },
    'GET /events': { query: { events: 'role.created' } },
    'POST /organization_domains': { body: { organization_id: organization.id, domain: `new.${externalId}.example` } },
    'GET /organization_domains/{id}': { params: [domain.id] },
    'DELETE /organization_domains/{id}': { params: [domain.id] },
    'POST /organization_domains/{id}/verify': { params: [domain.id] },
    'GET /organizations': {},
    'POST /organizations': { body: { name: 'New' } },
    'GET /organizations/external_id/{external_id}': { params: [externalId] },
    'GET /organizations/{id}': { params: [organization.id] },
    'PUT /organizations/{id}': { params: [organization.id], body: { name: 'New' } },
    'DELETE /organizations/{id}': { params: [organization.id] },
    'GET /organizations/{id}/audit_log_configuration': { params: [organization.id] },
    'GET /organizations/{id}/audit_logs_retention': { params: [organization.id] },
    'PUT /organizations/{id}/audit_logs_retention': { params: [organization.id], body: { retention_period_in_days: 30 } },
    'GET /organizations/{organizationId}/api_keys': { params: [organization.id] },
    'POST /organizations/{organizationId}/api_keys': { params: [organization.id], body: { name: 'New' } },
    'POST /organizations/{organizationId}/groups': { params: [organization.id], body: { name: 'New' } },
    'GET /organizations/{organizationId}/groups': { params: [organization.id] },
    'GET /organizations/{organizationId}/groups/{groupId}': { params: groupAt },
    'PATCH /organizations/{organizationId}/groups/{groupId}': { params: groupAt, body: { name: 'New' } },
    'DELETE /organizations/{organizationId}/groups/{groupId}': { params: groupAt },
    'POST /organizations/{organizationId}/groups/{groupId}/organization-memberships': { params: groupAt, body: { organization_membership_id: membership.id } },
    'GET /organizations/{organizationId}/groups/{groupId}/organization-memberships': { params: groupAt },
    'DELETE /organizations/{organizationId}/groups/{groupId}/organization-memberships/{omId}': { params: [...groupAt, membership.id] },
    'GET /user_management/organization_memberships': { query: { organization_id: organization.id } },
    'POST /user_management/organization_memberships': { body: { organization_id: organization.id, user_id: stranger.userId } },
    'GET /user_management/organization_memberships/{id}': { params: [membership.id] },
    'DELETE /user_management/organization_memberships/{id}': { params: [membership.id] },
    'PUT /user_management/organization_memberships/{id}': { params: [membership.id], body: { role_slug: 'member' } },
    'PUT /user_management/organization_memberships/{id}/deactivate': { params: [membership.id] },
    'PUT /user_management/organization_memberships/{id}/reactivate': { params: [membership.id] },
    'GET /user_management/organization_memberships/{omId}/groups': { params: [membership.id] },
    'GET /user_management/users': {},
    'POST /user_management/users': { body: { email: `new-${externalId}@example.com` } },
    'GET /user_management/users/external_id/{external_id}': { params: [externalId] },
    'PUT /user_management/users/{id}': { params: [user.id], body: { first_name: 'New' } },
    'GET /user_management/users/{id}': { params: [user.id] },
    'DELETE /user_management/users/{id}': { params: [user.id] },
    'GET /user_management/users/{userId}/api_keys': { params: [user.id] },
    'POST /user_management/users/{userId}/api_keys': { params: [user.id], body: { name: 'New', organization_id: organization.id } },
    'GET /webhook_endpoints': {},
    'POST /webhook_endpoints': { body: { endpoint_url: `http://127.0.0.1:9/new-${externalId}`, events: ['role.created'] } },
    'PATCH /webhook_endpoints/{id}': { params: [endpoint.id], body: { status: 'disabled' } },
    'DELETE /webhook_endpoints/{id}': { params: [endpoint.id] },
  };
}

/** path fills an operation's path with params, and adds the query. */
export function path(name, params = [], query = {}) {
  const rest = [...params];
  const filled = name.split(' ')[1].replace(/\{[^}]*\}/g, () => encodeURIComponent(rest.shift()));
  const search = new URLSearchParams(query).toString();
  return search ? `${filled}?${search}` : filled;
}
