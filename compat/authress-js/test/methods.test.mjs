// Every method of the SDK, its success and its refusal. The last test fails if
// a method was left out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ServiceClientTokenProvider, TokenVerifier, UnauthorizedError } from '@authress/sdk';

import { allowIssuers, audience, startIssuer } from '../issuer.mjs';
import { methodsOf, requests, Watch } from '../methods.mjs';
import { give, newClient, newRole, refused, startServer } from '../server.mjs';

const watch = new Watch();

let server, admin; // all rights
let limited; // a client that holds something, so that what it may not do is 403 rather than 404

before(async () => {
  server = await startServer(...allowIssuers);
  admin = watch.client(server.client());
  const client = await newClient(server);
  limited = watch.client(client.sdk);
  await newRole(admin, 'ro_read', 'read');
  await give(admin, client.clientId, 'ro_read', 'somewhere/else');
});
after(() => server?.stop());

const readStatement = (...uris) => ({ roles: ['ro_read'], resources: uris.map(resourceUri => ({ resourceUri })) });

const isTime = text => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text);

test('userPermissions: checks, and what a user holds on a resource', async () => {
  await give(admin, 'ana', 'ro_read', 'documents');
  const { userPermissions } = admin;

  assert.equal((await userPermissions.authorizeUser('ana', 'documents/1', 'read')).status, 200);
  await assert.rejects(userPermissions.authorizeUser('ana', 'documents/1', 'write'), error => error instanceof UnauthorizedError
    && error.code === 'UnauthorizedError' && error.userId === 'ana' && error.permission === 'write' && error.resourceUri === 'documents/1');
  const error = await refused(limited.userPermissions.authorizeUser('ana', 'documents/1', 'read'), 403, 'Forbidden');
  assert.ok(!(error instanceof Error), 'what is no denial is a plain object with url, status, headers and data');
  assert.equal(error.url, '/v1/users/ana/resources/documents%2F1/permissions/read');

  const permissions = await userPermissions.getUserPermissionsForResource('ana', 'documents/1');
  assert.equal(permissions.status, 200);
  assert.deepEqual(permissions.data, {
    account: { accountId: server.accountId }, userId: 'ana', permissions: [{ action: 'read', allow: true, grant: false, delegate: false }],
  });
  await refused(userPermissions.getUserPermissionsForResource('ana', 'elsewhere'), 404, 'NotFound');
  await refused(limited.userPermissions.getUserPermissionsForResource('ana', 'documents'), 403, 'Forbidden');

  // Roles are those on exactly this resource.
  const roles = await userPermissions.getUserRolesForResource('ana', '/documents/');
  assert.equal(roles.status, 200);
  assert.deepEqual(roles.data, { userId: 'ana', roles: [{ roleId: 'ro_read' }] });
  await refused(userPermissions.getUserRolesForResource('ana', 'documents/1'), 404, 'NotFound');
  await refused(userPermissions.getUserRolesForResource('ana', 'documents/*'), 404, 'NotFound');
  await refused(limited.userPermissions.getUserRolesForResource('ana', 'documents'), 403, 'Forbidden');
});

test('userPermissions: scoped tokens are retired', async () => {
  for (const sdk of [admin, limited]) {
    await refused(sdk.userPermissions.requestUserToken('ana', { statements: [readStatement('documents')], expires: '2030-01-01T00:00:00Z' }), 405, 'NotSupported');
    await refused(sdk.userPermissions.disableUserToken('ana', 'tok_1'), 405, 'NotSupported');
  }
});

// Without collectionConfiguration, or with TOP_LEVEL_ONLY, the SDK first checks
// the whole collection, and lists only when that is denied.
test('userPermissions: getUserResources checks, then lists', async () => {
  const sdk = server.client();
  const sent = requests(sdk);
  const { userPermissions } = watch.client(sdk);
  /** resources lists, and compares what was sent for it. */
  const resources = async (args, ...want) => {
    sent.length = 0;
    const { status, data } = await userPermissions.getUserResources(...args);
    assert.equal(status, 200);
    assert.deepEqual(sent, want, `sent for getUserResources(${args})`);
    return data;
  };
  const check = uri => `GET /v1/users/bea/resources/${uri}/permissions/read`;
  const list = query => `GET /v1/users/bea/resources?${query}`;

  await give(admin, 'bea', 'ro_read', 'books/1', 'books/2', 'books/3', 'books/3/pages/7', 'maps/*', 'films');

  // All of a collection: the check passes and nothing is listed.
  for (const uri of ['maps/*', 'films/*', 'films']) {
    assert.deepEqual(await resources(['bea', uri, 10, null, 'read'], check(encodeURIComponent(uri))),
      { userId: 'bea', accessToAllSubResources: true, resources: null }, uri);
  }
  assert.equal((await resources(['bea', 'films/*', 10, null, 'read', 'TOP_LEVEL_ONLY'], check('films%2F*'))).accessToAllSubResources, true);

  // Some of it: the check is denied and the list follows.
  const some = await resources(['bea', '/books/*', 20, null, 'read'], check('%2Fbooks%2F*'), list('resourceUri=%2Fbooks%2F*&limit=20&permissions=read'));
  assert.deepEqual(some.resources, [{ resourceUri: 'books/1' }, { resourceUri: 'books/2' }, { resourceUri: 'books/3' }]);
  assert.equal(some.accessToAllSubResources, undefined);
  assert.equal(some.userId, 'bea');
  assert.equal(some.account.accountId, server.accountId);
  assert.equal(some.links.self.href, `${server.url}/v1/users/bea/resources?limit=20&permissions=read&resourceUri=%2Fbooks%2F%2A`);
  assert.deepEqual(some.pagination, {});

  // A permission that the user does not hold.
  const none = await resources(['bea', 'books/*', 20, null, 'write'], check('books%2F*').replace(/read$/, 'write'), list('resourceUri=books%2F*&limit=20&permissions=write'));
  assert.deepEqual(none.resources, []);

  // Without a permission there is nothing to check: the SDK lists at once.
  assert.deepEqual((await resources(['bea', 'books/*'], list('resourceUri=books%2F*'))).resources.length, 3);

  // Without any argument: "undefined" stands for none, which is everything, at
  // any depth, but for patterns.
  const all = await resources(['bea'], list('resourceUri=undefined'));
  assert.deepEqual(all.resources.map(r => r.resourceUri), ['books/1', 'books/2', 'books/3', 'books/3/pages/7', 'films']);

  // INCLUDE_NESTED lists at once, in the form in which it was granted.
  const nested = await resources(['bea', undefined, 20, null, 'read', 'INCLUDE_NESTED'], list('resourceUri=undefined&limit=20&permissions=read&collectionConfiguration=INCLUDE_NESTED'));
  assert.deepEqual(nested.resources.map(r => r.resourceUri), ['books/1', 'books/2', 'books/3', 'books/3/pages/7', 'films', 'maps/*']);
  const parent = await resources(['bea', 'films/*', 20, null, 'read', 'INCLUDE_NESTED'], list('resourceUri=films%2F*&limit=20&permissions=read&collectionConfiguration=INCLUDE_NESTED'));
  assert.deepEqual(parent.resources, [{ resourceUri: 'films/*' }], 'who holds the parent gets what was asked for');

  // Pages.
  const seen = [];
  for (let cursor; ;) {
    const { data } = await userPermissions.getUserResources('bea', undefined, 4, cursor, 'read', 'INCLUDE_NESTED');
    seen.push(...data.resources.map(r => r.resourceUri));
    cursor = data.pagination.next?.cursor;
    assert.equal(!!data.links.next, !!cursor);
    if (!cursor) {
      break;
    }
    await refused(userPermissions.getUserResources('bob', undefined, 4, cursor, 'read', 'INCLUDE_NESTED'), 400, 'InvalidRequest');
  }
  assert.deepEqual(seen, nested.resources.map(r => r.resourceUri));

  // A user nobody knows has nothing, which is no error.
  assert.deepEqual((await userPermissions.getUserResources('nobody', 'books/*', 20, null, 'read')).data.resources, []);
  // The SDK swallows the refusal of its check, and shows that of the list.
  await refused(limited.userPermissions.getUserResources('bea', 'books/*', 20, null, 'read'), 403, 'Forbidden');
  await refused(userPermissions.getUserResources('bea', 'boo*', 20, null, 'read'), 400, 'InvalidRequest');
  await refused(userPermissions.getUserResources('bea', 'books/*', 20, null, 'read', 'SOMETIMES'), 400, 'InvalidRequest');
  await refused(userPermissions.getUserResources('bea', 'books/*', 20, 'no-cursor', 'read', 'INCLUDE_NESTED'), 400, 'InvalidRequest');
});

test('accessRecords', async () => {
  const { accessRecords } = admin;
  const body = { recordId: 'rec_m', name: 'R', users: [{ userId: 'cy' }], statements: [readStatement('cars/1')] };
  assert.equal((await accessRecords.createRecord(body)).status, 201);
  await refused(accessRecords.createRecord(body), 409, 'AccessRecordAlreadyExists');
  const error = await refused(limited.accessRecords.createRecord({ ...body, recordId: 'rec_n' }), 403, 'Forbidden');
  assert.match(error.data.title, /grant/);

  const { data, headers } = await accessRecords.getRecord('rec_m');
  await refused(accessRecords.getRecord('rec_n'), 404, 'NotFound');
  await refused(limited.accessRecords.getRecord('rec_m'), 403, 'Forbidden');

  assert.equal((await accessRecords.updateRecord('rec_m', data, headers['last-modified'])).status, 202);
  await refused(accessRecords.updateRecord('rec_m', data, '2020-01-01T00:00:00.000Z'), 412, 'PreconditionFailed');
  await refused(limited.accessRecords.updateRecord('rec_m', data), 403, 'Forbidden');

  const list = await accessRecords.getRecords(20, null, 'R', 'ACTIVE');
  assert.ok(list.data.records.some(r => r.recordId === 'rec_m'));
  await refused(accessRecords.getRecords(20, 'no-cursor'), 400, 'InvalidRequest');
  await refused(limited.accessRecords.getRecords(), 403, 'Forbidden');

  await refused(limited.accessRecords.deleteRecord('rec_m'), 403, 'Forbidden');
  assert.equal(await accessRecords.deleteRecord('rec_m'), undefined);
  await refused(accessRecords.deleteRecord('rec_m'), 404, 'NotFound');
});

test('accessRecords: claims', async () => {
  const claim = { collectionResource: 'claims', resourceId: '9' };
  await refused(limited.accessRecords.createClaim(claim), 403, 'Forbidden');
  await admin.resources.updateResourcePermissions('claims/*', { permissions: [{ action: 'CLAIM', allow: true }] });

  const { status, data } = await limited.accessRecords.createClaim(claim);
  assert.equal(status, 201);
  assert.deepEqual(data, {});
  assert.equal((await limited.userPermissions.authorizeUser(null, 'claims/9/anything', 'whatever')).status, 200);
  assert.equal((await limited.accessRecords.createClaim(claim)).status, 201, 'a repetition is no conflict');

  const { sdk } = await newClient(server);
  await refused(sdk.accessRecords.createClaim(claim), 409, 'AlreadyClaimed');
  for (const wrong of [{ collectionResource: 'claims' }, { resourceId: '9' }, { ...claim, resourceId: '9/1' }, { ...claim, resourceId: '*' }, { ...claim, collectionResource: 'cl*' }]) {
    await refused(limited.accessRecords.createClaim(wrong), 400, 'InvalidRequest');
  }
});

test('resources', async () => {
  const { resources } = admin;
  const settings = { permissions: [{ action: 'CLAIM', allow: true }, { action: 'PUBLIC', allow: true }] };
  await refused(resources.getResourcePermissions('shop/*'), 404, 'NotFound');
  const updated = await resources.updateResourcePermissions('shop/*', settings);
  assert.equal(updated.status, 200);
  assert.ok(!updated.data);
  assert.deepEqual((await resources.getResourcePermissions('/shop/*')).data, { resourceUri: 'shop/*', ...settings });

  const list = (await resources.getResources()).data;
  assert.deepEqual(list.resources.find(r => r.resourceUri === 'shop/*')?.permissions, settings.permissions);
  assert.ok(list.links.self.href.startsWith(`${server.url}/v1/resources`));

  // Everybody holds the action "public" there, and nothing else.
  assert.equal((await admin.userPermissions.authorizeUser('whoever', 'shop/window', 'public')).status, 200);
  await assert.rejects(admin.userPermissions.authorizeUser('whoever', 'shop/window', 'read'), UnauthorizedError);

  await resources.updateResourcePermissions('shop/*', { permissions: [{ action: 'CLAIM', allow: false }, { action: 'PUBLIC', allow: false }] });
  await refused(resources.getResourcePermissions('shop/*'), 404, 'NotFound');
  await assert.rejects(admin.userPermissions.authorizeUser('whoever', 'shop/window', 'public'), UnauthorizedError);

  await refused(resources.updateResourcePermissions('shop', { permissions: [] }), 400, 'InvalidRequest');
  await refused(resources.updateResourcePermissions('shop', { permissions: [{ action: 'READ', allow: true }] }), 400, 'InvalidRequest');
  await refused(limited.resources.updateResourcePermissions('shop', settings), 403, 'Forbidden');
  await refused(limited.resources.getResourcePermissions('shop'), 404, 'NotFound'); // set or not, it is not said
  await refused(limited.resources.getResources(), 403, 'Forbidden');
});

test('resources: who has a role on one', async () => {
  await give(admin, 'dee', ['ro_read', 'Authress:Owner'], 'ships/1');
  await give(admin, 'dan', 'ro_read', 'ships/1');
  await give(admin, 'doe', 'ro_read', 'ships');
  await give(admin, 'dot', 'ro_read', 'ships/1/decks/2');
  const { status, data } = await admin.resources.getResourceUsers('/ships/1');
  assert.equal(status, 200);
  assert.deepEqual(data.users, [
    { userId: 'dan', roles: [{ roleId: 'ro_read' }] },
    { userId: 'dee', roles: [{ roleId: 'Authress:Owner' }, { roleId: 'ro_read' }] },
  ]);
  assert.equal(data.links.self.href, `${server.url}/v1/resources/%2Fships%2F1/users`);
  assert.deepEqual((await admin.resources.getResourceUsers('ships/2')).data.users, []);
  await refused(limited.resources.getResourceUsers('ships/1'), 403, 'Forbidden');
  await refused(admin.resources.getResourceUsers('shi*'), 400, 'InvalidRequest');

  // Who owns the resource sees with whom it is shared.
  const owner = await newClient(server);
  await give(admin, owner.clientId, 'Authress:Owner', 'ships/7');
  assert.deepEqual((await owner.sdk.resources.getResourceUsers('ships/7')).data.users, [{ userId: owner.clientId, roles: [{ roleId: 'Authress:Owner' }] }]);
});

test('roles', async () => {
  const { roles } = admin;
  const body = { roleId: 'ro_m', name: 'M', permissions: [{ action: 'm', allow: true, grant: true, delegate: false }] };
  const created = await roles.createRole(body);
  assert.equal(created.status, 201);
  assert.deepEqual(created.data.permissions, body.permissions);
  await refused(roles.createRole(body), 409, 'RoleAlreadyExists');
  await refused(limited.roles.createRole(body), 403, 'Forbidden');
  assert.equal((await roles.getRole('ro_m')).data.name, 'M');
  assert.equal((await roles.getRole('Authress:Owner')).data.roleId, 'Authress:Owner');
  await refused(roles.getRole('ro_none'), 404, 'NotFound');
  assert.equal((await roles.updateRole('ro_m', { ...body, name: 'N' })).data.name, 'N');
  await refused(roles.updateRole('ro_none', { ...body, roleId: 'ro_none' }), 404, 'NotFound');
  await refused(roles.updateRole('Authress:Owner', { name: 'x', permissions: [] }), 403, 'Forbidden');
  assert.equal((await roles.deleteRole('ro_m')).status, 204);
  await refused(roles.deleteRole('ro_m'), 404, 'NotFound');
});

test('serviceClients', async () => {
  const { serviceClients } = admin;
  const created = await serviceClients.createClient({ name: 'C' });
  assert.equal(created.status, 201);
  const { clientId } = created.data;
  await refused(limited.serviceClients.createClient({ name: 'C' }), 403, 'Forbidden');
  assert.equal((await serviceClients.getClient(clientId)).data.name, 'C');
  await refused(serviceClients.getClient('sc_none'), 404, 'NotFound');
  assert.equal((await serviceClients.updateClient(clientId, { name: 'D' })).data.name, 'D');
  await refused(limited.serviceClients.updateClient(clientId, { name: 'D' }), 403, 'Forbidden');

  const { status, data: key } = await serviceClients.requestAccessKey(clientId);
  assert.equal(status, 201);
  assert.ok(key.accessKey.startsWith(`${clientId}.${key.keyId}.${server.accountId}.`));
  await refused(serviceClients.requestAccessKey('sc_none'), 404, 'NotFound');
  assert.equal((await serviceClients.deleteAccessKey(clientId, key.keyId)).status, 204);
  await refused(serviceClients.deleteAccessKey(clientId, key.keyId), 404, 'NotFound');

  assert.ok((await serviceClients.getClients()).data.clients.length >= 2);
  const unknown = watch.client(server.client(key.accessKey)); // its key was deleted
  await refused(unknown.serviceClients.getClients(), 401, 'Unauthorized');
  assert.equal((await serviceClients.deleteClient(clientId)).status, 204);
  await refused(serviceClients.deleteClient(clientId), 404, 'NotFound');
});

test('serviceClients: more than a client may send is too much', async () => {
  const { sdk, clientId } = await newClient(server, { name: 'slow', rateLimits: [{ duration: 'PT5M', quota: 100 }] });
  const sent = requests(sdk);
  const calls = [];
  for (let i = 0; i < 10; i++) {
    calls.push(...await Promise.allSettled(Array.from({ length: 10 }, () => sdk.users.getUser(clientId))));
  }
  assert.ok(calls.every(c => c.status === 'rejected' && c.reason.status === 404 || c.value?.status === 200), 'a hundred calls are served');
  sent.length = 0;
  const error = await refused(sdk.userPermissions.authorizeUser(clientId, 'a', 'b'), 429, 'TooManyRequests');
  assert.match(error.headers['retry-after'], /^[1-9]\d*$/);
  assert.equal(sent.length, 1, 'the SDK does not repeat it');
});

test('accounts', async () => {
  const { accounts } = admin;
  const { data } = await accounts.getAccounts();
  assert.ok(Array.isArray(data.accounts), 'this SDK reads a list');
  const [account] = data.accounts;
  assert.equal(account.accountId, server.accountId);
  assert.ok(isTime(account.createdTime), account.createdTime);
  assert.deepEqual(account.company, {});
  assert.equal(account.links.self.href, `${server.url}/v1/accounts/${server.accountId}`);
  assert.deepEqual((await accounts.getAccount(server.accountId)).data, account);
  assert.equal((await limited.accounts.getAccounts()).data.accounts.length, 1, 'everybody sees the account of their credential');

  await refused(accounts.getAccount('acc_other'), 404, 'NotFound');
  await refused(watch.client(server.as('nonsense')).accounts.getAccounts(), 401, 'Unauthorized');
});

test('accounts: identities', async () => {
  const { accounts } = admin;
  const issuer = await startIssuer();
  try {
    assert.deepEqual((await accounts.getAccountIdentities()).data.identities, []);
    const linked = await accounts.linkIdentity({ issuer: issuer.url, preferredAudience: audience, userIdExpression: 'corp|{sub}' });
    assert.equal(linked.status, 201);
    assert.ok(!linked.data);
    assert.deepEqual((await accounts.getAccountIdentities()).data.identities, [{ issuer: issuer.url, audience, userIdExpression: 'corp|{sub}' }]);

    // A sample token names the issuer and the audience as well.
    await accounts.linkIdentity({ jwt: await issuer.token('x', { aud: 'another' }) });
    const { identities } = (await accounts.getAccountIdentities()).data;
    assert.deepEqual(identities.find(i => i.audience === 'another'), { issuer: issuer.url, audience: 'another', userIdExpression: '{sub}' });
    assert.equal(identities.length, 2);
    assert.deepEqual(issuer.asked, [], 'nothing is fetched before there is a token');
  } finally {
    await issuer.close();
  }

  await refused(accounts.linkIdentity({}), 400, 'InvalidRequest');
  await refused(accounts.linkIdentity({ jwt: 'nonsense' }), 400, 'InvalidRequest');
  await refused(accounts.linkIdentity({ issuer: 'https://10.0.0.1' }), 400, 'InvalidRequest');
  await refused(accounts.linkIdentity({ issuer: 'http://issuer.example' }), 400, 'InvalidRequest');
  await refused(limited.accounts.linkIdentity({ issuer: 'https://issuer.example' }), 403, 'Forbidden');
  await refused(limited.accounts.getAccountIdentities(), 403, 'Forbidden');
});

test('connections and extensions: none, and none can be made', async () => {
  // The SDK asks for both lists with a slash at the end.
  for (const [list, field] of [[sdk => sdk.connections.getConnections(), 'connections'], [sdk => sdk.extensions.getExtensions(), 'extensions']]) {
    const { status, data } = await list(admin);
    assert.equal(status, 200);
    assert.deepEqual(data[field], []);
    assert.equal(data.links.self.href, `${server.url}/v1/${field}`);
    await refused(list(watch.client(server.as('nonsense'))), 401, 'Unauthorized');
  }
  const { connections, extensions } = admin;
  await refused(connections.getConnection('con_1'), 404, 'NotFound');
  await refused(connections.getConnectionCredentials('con_1', 'ana'), 404, 'NotFound');
  await refused(connections.getConnectionCredentials('con_1'), 404, 'NotFound');
  await refused(extensions.getExtension('ext_1'), 404, 'NotFound');
  for (const write of [
    () => connections.createConnection({ type: 'OAUTH2', data: { name: 'C' } }),
    () => connections.updateConnection('con_1', { type: 'OAUTH2' }),
    () => connections.deleteConnection('con_1'),
    () => extensions.createExtension({ name: 'E' }),
    () => extensions.updateExtension('ext_1', { name: 'E' }),
    () => extensions.deleteExtension('ext_1'),
  ]) {
    const error = await refused(write(), 405, 'NotSupported'); // a 5xx would be repeated
    assert.equal(typeof error.headers.allow, 'string');
  }
});

test('invites', async () => {
  const { invites } = admin;
  const statements = [readStatement('guests/1')];
  const created = await invites.createInvite({ statements });
  assert.equal(created.status, 201);
  const { inviteId, expiryTime } = created.data;
  assert.ok(inviteId.length >= 32 && inviteId.length <= 256, 'the id is a secret');
  assert.equal(created.data.statements[0].resources[0].resourceUri, 'guests/1');
  assert.equal(created.data.conflictResolutionStrategy, 'GENERATE_NEW_RECORD');
  assert.ok(Math.abs(Date.parse(expiryTime) - Date.now() - 7 * 86400_000) < 60_000, `expiryTime ${expiryTime} is in a week`);
  assert.deepEqual((await invites.getInvite(inviteId)).data, created.data);
  await refused(limited.invites.createInvite({ statements }), 403, 'Forbidden');
  await refused(invites.createInvite({ statements: [{ ...statements[0], users: [{ userId: 'x' }] }] }), 400, 'InvalidRequest');

  // Who holds the id may accept, not read it or take it away.
  const guest = await newClient(server);
  const sdk = watch.client(guest.sdk);
  await refused(limited.invites.getInvite(inviteId), 403, 'Forbidden');
  await refused(limited.invites.deleteInvite(inviteId), 403, 'Forbidden');
  const accepted = await sdk.invites.respondToInvite(inviteId);
  assert.equal(accepted.status, 200);
  assert.equal(accepted.data.accountId, server.accountId);
  assert.equal((await sdk.userPermissions.authorizeUser(null, 'guests/1', 'read')).status, 200);

  // Once.
  await refused(sdk.invites.respondToInvite(inviteId), 404, 'NotFound');
  await refused(limited.invites.respondToInvite(inviteId), 404, 'NotFound');
  await refused(invites.getInvite(inviteId), 404, 'NotFound');
  await refused(invites.deleteInvite(inviteId), 404, 'NotFound');

  const second = (await invites.createInvite({ statements, expiryTime: 'P1D' })).data;
  assert.equal(await invites.deleteInvite(second.inviteId), undefined);
  await refused(sdk.invites.respondToInvite(second.inviteId), 404, 'NotFound');
});

test('tenants', async () => {
  const { tenants } = admin;
  const created = await tenants.createTenant({
    tenantId: 'acme', tenantLookupIdentifier: 'acme.example', data: { name: 'Acme' }, domains: [{ domain: 'acme.example' }], connection: { connectionId: 'con_1' },
    tokenConfiguration: { accessTokenDuration: 'PT1H', sessionDuration: 'P1D' },
  });
  assert.equal(created.status, 201);
  assert.ok(isTime(created.data.createdTime));
  assert.equal(created.data.data.name, 'Acme');
  assert.deepEqual(created.data.domains, [{ domain: 'acme.example' }]);
  assert.deepEqual(created.data.tokenConfiguration, { accessTokenDuration: 'PT1H', sessionDuration: 'P1D' });
  assert.deepEqual((await tenants.getTenant('acme')).data, created.data);
  await refused(tenants.createTenant({ tenantId: 'acme' }), 409, 'TenantAlreadyExists');
  await refused(limited.tenants.createTenant({ tenantId: 'other' }), 403, 'Forbidden');
  await refused(tenants.getTenant('other'), 404, 'NotFound');

  const updated = await tenants.updateTenant('acme', { ...created.data, data: { name: 'Acme Ltd' } });
  assert.equal(updated.status, 200);
  assert.equal(updated.data.data.name, 'Acme Ltd');
  assert.equal(updated.data.createdTime, created.data.createdTime);
  await refused(tenants.updateTenant('other', { data: { name: 'x' } }), 404, 'NotFound');

  assert.deepEqual((await tenants.getTenants()).data.tenants.map(t => t.tenantId), ['acme']);
  await refused(watch.client(server.as('nonsense')).tenants.getTenants(), 401, 'Unauthorized');
  await refused(limited.tenants.deleteTenant('acme'), 403, 'Forbidden');
  assert.equal((await tenants.deleteTenant('acme')).status, 204);
  await refused(tenants.deleteTenant('acme'), 404, 'NotFound');
});

test('users', async () => {
  const { users } = admin;
  await refused(users.getUser('kim'), 404, 'NotFound');

  // A user is known who has shown a token.
  const issuer = await startIssuer();
  try {
    await admin.accounts.linkIdentity({ issuer: issuer.url });
    const kim = watch.client(server.as(await issuer.token('kim', { name: 'Kim' })));
    await kim.accounts.getAccounts();
    const want = { userId: 'kim', name: 'Kim', linkedIdentities: [] };
    assert.deepEqual((await users.getUser('kim')).data, want);
    assert.deepEqual((await kim.users.getUser('kim')).data, want);
  } finally {
    await issuer.close();
  }
  await refused(users.getUser('a*b'), 400, 'InvalidRequest');
  await refused(limited.users.getUser('kim'), 403, 'Forbidden');
});

test('tokens are verified by published keys', async () => {
  const { sdk, clientId, accessKey } = await newClient(server);
  const token = await new ServiceClientTokenProvider(accessKey, server.url).getToken();
  const client = watch.client(sdk);
  const verify = watch.func(TokenVerifier, 'TokenVerifier');
  assert.equal((await client.verifyToken(token)).sub, clientId);
  assert.equal((await verify(server.url, token)).sub, clientId);

  const [header, payload] = token.split('.');
  const forged = `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`;
  await assert.rejects(client.verifyToken(forged), { code: 'TokenVerificationError' });
  await assert.rejects(verify(server.url, forged), { code: 'TokenVerificationError' });
});

/** These can only be refused: there is no login here, and scoped tokens are retired. */
const notSupported = [
  ...['connections', 'extensions'].flatMap(field => ['create', 'update', 'delete'].map(verb => `${field}.${verb}${field === 'connections' ? 'Connection' : 'Extension'}`)),
  'userPermissions.disableUserToken', 'userPermissions.requestUserToken',
];
const refusedOnly = [...notSupported, 'connections.getConnection', 'connections.getConnectionCredentials', 'extensions.getExtension'];

// By reflection: whatever the arguments, a bad token comes first.
test('every method shows a bad token as 401', async () => {
  const sdk = server.as('nonsense');
  const sub = Buffer.from('{"sub":"ana"}').toString('base64url');
  sdk.setToken(`x.${sub}.x`); // from which the SDK reads its user
  for (const name of methodsOf(sdk).filter(name => name.includes('.'))) {
    const [field, method] = name.split('.');
    const error = await sdk[field][method](...Array(sdk[field][method].length).fill('x')).then(() => null, e => e);
    // A method that no path has needs no token to be refused.
    assert.ok(error?.status === 401 || error?.status === 405 && notSupported.includes(name), `${name}: ${JSON.stringify(error)}`);
    assert.ok(error.data.title && error.data.errorCode && error.data.errorId, `${name}: ${JSON.stringify(error)}`);
  }
});

test('no method of the SDK was left out', () => {
  const names = methodsOf(server.client());
  assert.ok(names.length > 50 && names.includes('roles.getRole') && names.includes('verifyToken') && names.includes('TokenVerifier'), `methods: ${names}`);

  const ends = Object.fromEntries(names.map(name => [name, watch.ends(name)]));
  const want = Object.fromEntries(names.map(name => [name, refusedOnly.includes(name) ? ['refused'] : ['refused', 'succeeded']]));
  assert.deepEqual(ends, want, 'how calls of each method ended in the tests above');
});
