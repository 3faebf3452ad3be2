// Organizations and their domains.

import assert from 'node:assert/strict';

import { checkPages, ids, isID, isTime, newMembership, newOrganization, newResource, raw, refused, root, test, unique, w } from '../world.mjs';

test('organizations', async () => {
  const { organizations } = w.sdk;
  const externalId = unique('acme/1');
  const full = await organizations.createOrganization({
    name: 'Acme', externalId, metadata: { plan: 'gold', seats: '5' },
    domainData: [{ domain: 'acme.example', state: 'verified' }, { domain: 'acme.test', state: 'pending' }],
  });
  const { id, createdAt, updatedAt, domains, ...rest } = full;
  assert.deepEqual({ ...rest, allowProfilesOutsideOrganization: undefined }, {
    object: 'organization', name: 'Acme', externalId, metadata: { plan: 'gold', seats: '5' }, allowProfilesOutsideOrganization: undefined,
  });
  assert.ok(isID('org', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.deepEqual(domains.map(d => [d.object, d.domain, d.state, d.organizationId]), [
    ['organization_domain', 'acme.example', 'verified', id], ['organization_domain', 'acme.test', 'pending', id],
  ]);
  assert.deepEqual(await organizations.getOrganization(id), full);
  assert.deepEqual(await organizations.getOrganizationByExternalId(externalId), full);

  // Metadata is merged, and null takes away.
  const updated = await organizations.updateOrganization({ organization: id, name: 'Acme 2', metadata: { plan: null, region: 'eu' }, stripeCustomerId: unique('cus') });
  assert.deepEqual([updated.name, updated.metadata, updated.externalId], ['Acme 2', { seats: '5', region: 'eu' }, externalId]);
  assert.match(updated.stripeCustomerId, /^cus/);
  assert.deepEqual(updated.domains, domains);
  assert.equal((await organizations.updateOrganization({ organization: id, externalId: null })).externalId, null);
  await refused(organizations.getOrganizationByExternalId(externalId), 'NotFoundException');

  const other = await newOrganization({ externalId });
  await refused(organizations.updateOrganization({ organization: id, externalId }), '400', 'external_id_already_used');
  await refused(organizations.updateOrganization({ organization: other.id, stripeCustomerId: updated.stripeCustomerId }), '400', 'stripe_customer_id_already_used');
  await refused(newOrganization({ externalId }), '400', 'external_id_already_used');
  await refused(newOrganization({ name: '' }), 'UnprocessableEntityException');
  await refused(newOrganization({ externalId: 'ü' }), 'UnprocessableEntityException');
  await refused(newOrganization({ externalId: 'x'.repeat(129) }), 'UnprocessableEntityException');
  await refused(organizations.updateOrganization({ organization: id, name: '' }), 'UnprocessableEntityException');
  const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v'.repeat(600)]));
  assert.deepEqual((await newOrganization({ metadata: fifty })).metadata, fifty);
  for (const metadata of [{ ...fifty, more: 'v' }, { ['k'.repeat(41)]: 'v' }, { k: 'v'.repeat(601) }]) {
    await refused(newOrganization({ metadata }), '400', 'invalid_metadata');
    await refused(organizations.updateOrganization({ organization: id, metadata }), '400', 'invalid_metadata');
  }
  await refused(organizations.getOrganization('org_nobody'), 'NotFoundException', 'entity_not_found');
  await refused(organizations.updateOrganization({ organization: 'org_nobody', name: 'n' }), 'NotFoundException');

  await organizations.deleteOrganization(id);
  await refused(organizations.getOrganization(id), 'NotFoundException');
  await refused(organizations.deleteOrganization(id), 'NotFoundException');
});

test('organizations: list', async () => {
  const { organizations } = w.sdk;
  const name = unique('Pages');
  const domain = `${name.toLowerCase()}.example`;
  const all = [];
  for (let i = 0; i < 4; i++) {
    all.push(await newOrganization({ name: `${name} Nr ${i}`, domainData: i < 2 ? [{ domain: i ? domain : `www.${domain}`, state: 'verified' }] : undefined }));
  }
  assert.deepEqual(await checkPages(options => organizations.listOrganizations({ search: name, ...options })), ids(all));
  await checkPages(options => organizations.listOrganizations(options));
  const got = async options => ids(await organizations.listOrganizations({ order: 'asc', ...options }));
  assert.deepEqual(await got({ domains: [domain] }), [all[1].id]);
  assert.deepEqual(await got({ domains: [domain, `www.${domain}`] }), [all[0].id, all[1].id]);
  assert.deepEqual(await got({ domains: [domain], search: 'nobody' }), []);
  assert.deepEqual(await got({ search: `${name.toUpperCase()} NR 3` }), [all[3].id]);
});

test('deleting an organization takes all that is below it', async () => {
  const { authorization, groups, organizations, userManagement } = w.sdk;
  const organization = await newOrganization();
  const membership = await newMembership(organization);
  const resource = await newResource(organization, 'workspace');
  const top = await root(organization);
  const group = await groups.createGroup({ organizationId: organization.id, name: 'G' });
  const { slug } = await authorization.createOrganizationRole(organization.id, { name: 'R' });
  await organizations.deleteOrganization(organization.id);
  for (const call of [
    userManagement.getOrganizationMembership(membership.id), authorization.getResource(resource.id), authorization.getResource(top.id),
    authorization.listGroupRoleAssignments({ groupId: group.id }), authorization.getOrganizationRole(organization.id, slug),
  ]) {
    await refused(call, 'NotFoundException');
  }
  assert.equal((await userManagement.getUser(membership.userId)).id, membership.userId, 'its users stay');
});

test('domains of an organization', async () => {
  const { organizationDomains, organizations } = w.sdk;
  const organization = await newOrganization();
  const domain = `${unique('domain')}.example`;
  const made = await organizationDomains.createOrganizationDomain({ organizationId: organization.id, domain });
  const { id, createdAt, updatedAt, ...rest } = made;
  assert.ok(isID('org_domain', id), id);
  assert.ok(isTime(createdAt) && isTime(updatedAt));
  assert.deepEqual([rest.object, rest.domain, rest.organizationId, rest.state], ['organization_domain', domain, organization.id, 'pending']);
  assert.ok(rest.verificationToken);
  assert.deepEqual(await organizationDomains.getOrganizationDomain(id), made);
  assert.deepEqual(ids((await organizations.getOrganization(organization.id)).domains), [id]);
  await refused(organizationDomains.createOrganizationDomain({ organizationId: organization.id, domain }), 'ConflictException', 'domain_already_exists');
  await refused(organizationDomains.createOrganizationDomain({ organizationId: 'org_nobody', domain }), 'NotFoundException');
  const second = await organizationDomains.createOrganizationDomain({ organizationId: (await newOrganization()).id, domain });
  assert.notEqual(second.id, id, 'several organizations may have one domain');

  const verified = (await organizations.createOrganization({ name: 'V', domainData: [{ domain, state: 'verified' }] })).domains[0];
  await refused(organizationDomains.verifyOrganizationDomain(verified.id), '400', 'domain_already_verified');
  const verifying = await organizationDomains.verifyOrganizationDomain(id);
  assert.equal(verifying.id, id);
  await refused(organizationDomains.verifyOrganizationDomain('org_domain_nobody'), 'NotFoundException');

  await organizationDomains.deleteOrganizationDomain(id);
  await refused(organizationDomains.getOrganizationDomain(id), 'NotFoundException');
  await refused(organizationDomains.deleteOrganizationDomain(id), 'NotFoundException');
  assert.deepEqual((await organizations.getOrganization(organization.id)).domains, []);
});

test('lists of texts in a query may be written in three ways', async () => {
  const domain = `${unique('three')}.example`;
  const { id } = await newOrganization({ domainData: [{ domain, state: 'verified' }] });
  for (const query of [`domains=${domain},other.example`, `domains=${domain}&domains=other.example`]) {
    assert.deepEqual(ids((await raw('GET', `/organizations?${query}`)).body), [id], query);
  }
  // The emulator's way, which the contract does not have.
  const response = await fetch(`${w.server.url}/organizations?domains[]=${domain}&domains[]=other.example`, { headers: { authorization: `Bearer ${w.server.apiKey}` } });
  assert.deepEqual(ids(await response.json()), [id]);
});
