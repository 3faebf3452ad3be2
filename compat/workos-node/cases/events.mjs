// Events, as a list and as webhooks.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { SignatureVerificationException } from '@workos-inc/node';

import { checkPages, ids, isID, isTime, newMembership, newOrganization, newPermission, newRole, newUser, raw, refused, test, unique, w } from '../world.mjs';

test('events: what happens to an organization is listed, in order', async () => {
  const { authorization, events, groups, organizations, userManagement } = w.sdk;
  const organization = await newOrganization();
  const permission = await newPermission('event');
  const membership = await newMembership(organization);
  const { slug } = await authorization.createOrganizationRole(organization.id, { name: 'R' });
  await authorization.addOrganizationRolePermission(organization.id, slug, { permissionSlug: permission.slug });
  await authorization.addOrganizationRolePermission(organization.id, slug, { permissionSlug: permission.slug }); // changes nothing, so it is no event
  await userManagement.updateOrganizationMembership(membership.id, { roleSlug: slug });
  const group = await groups.createGroup({ organizationId: organization.id, name: 'G' });
  const member = { organizationId: organization.id, groupId: group.id, organizationMembershipId: membership.id };
  await groups.addOrganizationMembership(member);
  await groups.removeOrganizationMembership(member);
  await groups.updateGroup({ organizationId: organization.id, groupId: group.id, name: 'H' });
  await groups.deleteGroup({ organizationId: organization.id, groupId: group.id });
  await userManagement.deactivateOrganizationMembership(membership.id);
  await userManagement.deactivateOrganizationMembership(membership.id); // nor this
  await userManagement.deleteOrganizationMembership(membership.id);
  await authorization.deleteOrganizationRole(organization.id, slug);
  await organizations.updateOrganization({ organization: organization.id, name: 'New' });
  await organizations.deleteOrganization(organization.id);

  const names = [
    'organization.created', 'organization_membership.created', 'organization_role.created', 'organization_role.updated',
    'organization_membership.updated', 'group.created', 'group.member_added', 'group.member_removed', 'group.updated', 'group.deleted',
    'organization_membership.updated', 'organization_membership.deleted', 'organization_role.deleted', 'organization.updated', 'organization.deleted',
  ];
  const list = options => events.listEvents({ events: [...new Set(names)], organizationId: organization.id, limit: 100, order: 'asc', ...options });
  const { data } = await list({});
  assert.deepEqual(data.map(e => e.event), names);
  assert.ok(data.every(e => isID('event', e.id) && isTime(e.createdAt)), JSON.stringify(data[0]));
  assert.equal(new Set(ids(data)).size, names.length);
  assert.equal(data[0].data.id, organization.id);
  assert.deepEqual([data[1].data.id, data[1].data.role], [membership.id, { slug: 'member' }]);
  assert.deepEqual([data[3].data.slug, data[3].data.permissions], [slug, [permission.slug]]);
  assert.deepEqual(data[6].data, { groupId: group.id, organizationMembershipId: membership.id });
  assert.equal(data[0].context.actor.source, 'api');

  assert.deepEqual(ids((await list({ order: 'desc' })).data), ids(data).toReversed());
  assert.deepEqual((await list({ events: ['group.created'] })).data, [data[5]]);
  const got = [];
  for (let after; ;) {
    const page = await list({ limit: 4, after });
    got.push(...ids(page));
    after = page.listMetadata.after;
    assert.equal(after, got.length < data.length ? got.at(-1) : null);
    if (!after) {
      break;
    }
  }
  assert.deepEqual(got, ids(data));
  assert.deepEqual((await list({ rangeStart: new Date(Date.now() + 60_000).toISOString() })).data, []);
  assert.deepEqual((await list({ rangeEnd: new Date(Date.now() - 3_600_000).toISOString() })).data, []);
  assert.equal((await list({ rangeStart: new Date(Date.now() - 3_600_000).toISOString() })).data.length, data.length);
});

test('events: what happens to the environment', async () => {
  const { authorization, events, userManagement } = w.sdk;
  const user = await newUser();
  const permission = await newPermission('event');
  const role = await newRole('event', 'organization', permission);
  await authorization.updatePermission(permission.slug, { name: 'N' });
  await authorization.deletePermission(permission.slug);
  await userManagement.updateUser({ userId: user.id, firstName: 'N' });
  await userManagement.deleteUser(user.id);
  const names = ['permission.created', 'permission.updated', 'permission.deleted', 'role.created', 'role.updated', 'user.created', 'user.updated', 'user.deleted'];
  const { data } = await events.listEvents({ events: names, limit: 100, order: 'desc' });
  const of = data.filter(e => [user.id, permission.id].includes(e.data.id) || e.data.slug === role.slug).toReversed();
  assert.deepEqual(of.filter(e => e.data.id === permission.id).map(e => e.event), ['permission.created', 'permission.updated', 'permission.deleted']);
  assert.deepEqual(of.filter(e => e.data.id === user.id).map(e => e.event), ['user.created', 'user.updated', 'user.deleted']);
  assert.deepEqual(of.filter(e => e.data.slug === role.slug && e.event.startsWith('role.')).map(e => e.event), ['role.created', 'role.updated', 'role.updated']);
});

test('events: odd questions', async () => {
  for (const query of ['range_start=yesterday', 'limit=0', 'limit=101', 'order=up']) {
    const { status } = await raw('GET', `/events?events=role.created&${query}`);
    assert.ok([400, 422].includes(status), `${query} = ${status}`);
  }
});

/** receiver takes webhooks and resolves next() with {headers, body} of the oldest that was not asked for yet. */
async function receiver() {
  const [got, waiting] = [[], []];
  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) {
      chunks.push(chunk);
    }
    res.end();
    const delivery = { headers: req.headers, body: Buffer.concat(chunks).toString() };
    const next = waiting.shift();
    next ? next(delivery) : got.push(delivery);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    next: () => (got.length > 0 ? Promise.resolve(got.shift()) : new Promise(resolve => waiting.push(resolve))),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('webhooks: endpoints', async () => {
  const { webhooks } = w.sdk;
  const url = () => `http://127.0.0.1:9/${unique('hook')}`;
  const made = await webhooks.createWebhookEndpoint({ endpointUrl: url(), events: ['role.created', 'role.updated'] });
  assert.ok(isID('we', made.id), made.id);
  assert.deepEqual([made.object, made.status, made.events], ['webhook_endpoint', 'enabled', ['role.created', 'role.updated']]);
  assert.ok(made.secret.length >= 16);
  await refused(webhooks.createWebhookEndpoint({ endpointUrl: made.endpointUrl, events: ['role.created'] }), 'ConflictException', 'duplicate_endpoint');
  await refused(webhooks.createWebhookEndpoint({ endpointUrl: 'no url', events: ['role.created'] }), 'UnprocessableEntityException', 'invalid_url');
  await refused(webhooks.createWebhookEndpoint({ endpointUrl: 'http://example.com/hook', events: ['role.created'] }), 'UnprocessableEntityException', 'invalid_url');
  await refused(webhooks.createWebhookEndpoint({ endpointUrl: url(), events: ['no.such.event'] }), 'UnprocessableEntityException', 'invalid_request_parameters');

  const others = [await webhooks.createWebhookEndpoint({ endpointUrl: url(), events: ['user.created'] }), await webhooks.createWebhookEndpoint({ endpointUrl: url(), events: ['user.created'] })];
  assert.deepEqual(await checkPages(options => webhooks.listWebhookEndpoints(options)), [made.id, ...ids(others)]);

  const updated = await webhooks.updateWebhookEndpoint({ id: made.id, status: 'disabled', events: ['user.created'] });
  assert.deepEqual([updated.id, updated.endpointUrl, updated.status, updated.events], [made.id, made.endpointUrl, 'disabled', ['user.created']]);
  await refused(webhooks.updateWebhookEndpoint({ id: made.id, endpointUrl: others[0].endpointUrl }), 'ConflictException', 'duplicate_endpoint');
  await refused(webhooks.updateWebhookEndpoint({ id: made.id, endpointUrl: 'no url' }), 'UnprocessableEntityException', 'invalid_url');
  await refused(webhooks.updateWebhookEndpoint({ id: 'we_nobody', status: 'enabled' }), 'NotFoundException', 'entity_not_found');
  for (const id of [made.id, ...ids(others)]) {
    await webhooks.deleteWebhookEndpoint({ id });
  }
  await refused(webhooks.deleteWebhookEndpoint({ id: made.id }), 'NotFoundException', 'entity_not_found');
});

test('webhooks: deliveries are signed, and are the events of the list', async () => {
  const { events, webhooks } = w.sdk;
  const to = await receiver();
  try {
    const { id, secret } = await webhooks.createWebhookEndpoint({ endpointUrl: to.url, events: ['organization.created'] });
    await newUser(); // not asked for
    const organization = await newOrganization({ name: 'A & B <c>' });
    const { headers, body } = await to.next();
    const sigHeader = headers['workos-signature'];
    const event = await webhooks.constructEvent({ payload: body, sigHeader, secret });
    assert.deepEqual([event.event, event.data.id, event.data.name], ['organization.created', organization.id, 'A & B <c>']);
    const parsed = await webhooks.constructEvent({ payload: JSON.parse(body), sigHeader, secret });
    assert.deepEqual(parsed, event, 'callers commonly hand over what they parsed');
    await assert.rejects(webhooks.constructEvent({ payload: `${body} `, sigHeader, secret }), SignatureVerificationException);
    await assert.rejects(webhooks.constructEvent({ payload: body, sigHeader, secret: `${secret}x` }), SignatureVerificationException);
    const { data } = await events.listEvents({ events: ['organization.created'], organizationId: organization.id });
    assert.deepEqual(data, [event]);
    await webhooks.deleteWebhookEndpoint({ id });
  } finally {
    to.stop();
  }
});
